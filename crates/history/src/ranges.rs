//! Ranges of users: in pieces so small that all their events can be held, and added up.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::evaluate::Evaluator;

/// Users whose events are held at a time: some ten megabytes of them.
const USERS: u32 = if cfg!(test) { 2 } else { 8_192 };

/// The pieces of a range, in order.
pub(crate) fn pieces(users: Range<u32>) -> impl Iterator<Item = Range<u32>> {
    let end = users.end;
    users.step_by(USERS as usize).map(move |from| from..end.min(from.saturating_add(USERS)))
}

/// What ranges of users that together are everybody contribute, added up as they get ready, in
/// whatever order: only the sum and the two ranges under way are held.
pub(crate) fn add_up<T: Send>(
    evaluator: &Evaluator,
    nothing: T,
    count: impl Fn(Range<u32>) -> T + Sync,
    add: impl Fn(&mut T, T) + Sync,
) -> T {
    let all = Mutex::new(nothing);
    evaluator.by_users(|users| {
        let more = count(users);
        add(&mut all.lock().unwrap_or_else(PoisonError::into_inner), more);
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}
