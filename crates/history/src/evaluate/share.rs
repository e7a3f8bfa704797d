//! Work on all users in ranges of them that threads share.
//!
//! The calling thread begins at once and others join it, as waking a thread takes as long as looking
//! at tens of thousands of rows; what is less than that is done alone.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Users handled at a time: several numbers for each fit into a second-level cache. In tests, so few
/// that a handful of users fills several ranges. A multiple of 64 otherwise, as sets are made of words.
pub(crate) const RANGE_USERS: u32 = if cfg!(test) { 3 } else { 16_384 };

/// Work on fewer rows than these (about 50 µs) is not worth another thread.
const ALONE_ROWS: u64 = if cfg!(test) { 8 } else { 32_768 };

/// Runs `work` for ranges of users that together are everybody; answers in order of users. Threads
/// share the ranges, so `work` must not depend on what another range does.
pub(crate) fn by_users<R: Send>(n_users: usize, work: impl Fn(Range<u32>) -> R + Sync) -> Vec<R> {
    by_users_of(n_users, u64::MAX, work)
}

/// The same where so many rows are looked at in all.
pub(crate) fn by_users_of<R: Send>(
    n_users: usize,
    rows: u64,
    work: impl Fn(Range<u32>) -> R + Sync,
) -> Vec<R> {
    let n = n_users as u32;
    let n_ranges = n.div_ceil(RANGE_USERS);
    let range = |at: u32| at * RANGE_USERS..(at + 1).saturating_mul(RANGE_USERS).min(n);
    if n_ranges < 2 || rows < ALONE_ROWS {
        return (0..n_ranges).map(|at| work(range(at))).collect();
    }
    let next = AtomicU32::new(0);
    let found = Mutex::new(Vec::with_capacity(n_ranges as usize));
    let take = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= n_ranges {
                break;
            }
            let one = work(range(at));
            found.lock().unwrap_or_else(PoisonError::into_inner).push((at, one));
        }
    };
    let threads = rayon::current_num_threads().min(n_ranges as usize);
    rayon::in_place_scope(|scope| {
        (1..threads).for_each(|_| scope.spawn(|_| take()));
        take();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, one)| one).collect()
}
