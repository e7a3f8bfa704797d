//! Columns of stored parts that are held in memory, up to a bound.
//!
//! What was not asked for since the last round goes first (second chance). Once it is full, only one
//! in eight of what it does not hold is let in: whoever goes round and round through a little more
//! than fits would else find nothing, ever, as each comes back just after it was let go (bimodal
//! insertion: Qureshi and others, "Adaptive insertion policies for high performance caching", 2007).
//! A column that is being read stays alive for its readers; its memory returns when the last of them
//! is done.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Bytes held without a wish.
pub const MEMORY_DEFAULT: usize = 1 << 30;

/// A bound on the memory of all columns that it holds.
pub struct Cache {
    limit: AtomicUsize,
    used: AtomicUsize,
    read_bytes: AtomicU64,
    /// How often something was to be let in that does not fit beside what is held.
    asked: AtomicU64,
    entries: Mutex<VecDeque<Entry>>,
}

struct Entry {
    slot: Weak<dyn Evict>,
    bytes: usize,
}

/// A place for something that can be read again.
pub(crate) struct Slot<T> {
    held: Mutex<Option<Arc<T>>>,
    touched: AtomicBool,
}

trait Evict: Send + Sync {
    /// Whether it was asked for since this was asked last.
    fn touched(&self) -> bool;
    /// Lets go.
    fn empty(&self);
}

/// What a cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheUse {
    /// Bytes held.
    pub used: usize,
    /// Bytes that may be held.
    pub limit: usize,
    /// Bytes read from files so far.
    pub read: u64,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            limit: AtomicUsize::new(MEMORY_DEFAULT),
            used: AtomicUsize::new(0),
            read_bytes: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            entries: Mutex::default(),
        }
    }
}

impl Cache {
    /// Sets how many bytes may be held.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes, Ordering::Relaxed);
    }

    /// What it holds now.
    pub fn in_use(&self) -> CacheUse {
        CacheUse {
            used: self.used.load(Ordering::Relaxed),
            limit: self.limit.load(Ordering::Relaxed),
            read: self.read_bytes.load(Ordering::Relaxed),
        }
    }

    /// What stands in a slot; `load` gives it, with its size in memory and in the file, where the
    /// slot is empty. Two readers at once may both load; what is not let in, only its reader holds.
    pub(crate) fn get<T: Send + Sync + 'static, E>(
        &self,
        slot: &Arc<Slot<T>>,
        load: impl FnOnce() -> Result<(T, usize, usize), E>,
    ) -> Result<Arc<T>, E> {
        slot.touched.store(true, Ordering::Relaxed);
        if let Some(held) = &*lock(&slot.held) {
            return Ok(Arc::clone(held));
        }
        let (value, bytes, read) = load()?;
        self.read_bytes.fetch_add(read as u64, Ordering::Relaxed);
        let value = Arc::new(value);
        if !self.lets_in(bytes) {
            return Ok(value);
        }
        let mut held = lock(&slot.held);
        if let Some(other) = &*held {
            return Ok(Arc::clone(other));
        }
        *held = Some(Arc::clone(&value));
        drop(held);
        self.admit(Arc::downgrade(slot) as Weak<dyn Evict>, bytes);
        Ok(value)
    }

    /// Whether something is let in: as long as there is room, and then one in eight, in no order that
    /// whoever asks could have, too (the high bits of multiples of the golden ratio).
    fn lets_in(&self, bytes: usize) -> bool {
        if self.used.load(Ordering::Relaxed) + bytes <= self.limit.load(Ordering::Relaxed) {
            return true;
        }
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        asked.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61 == 0
    }

    fn admit(&self, slot: Weak<dyn Evict>, bytes: usize) {
        let mut entries = lock(&self.entries);
        entries.push_back(Entry { slot, bytes });
        let mut used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let limit = self.limit.load(Ordering::Relaxed);
        // The newest is kept: it is about to be used.
        let mut rounds = 2 * entries.len();
        while used > limit && rounds > 0 && entries.len() > 1 {
            rounds -= 1;
            let Some(entry) = entries.pop_front() else { break };
            match entry.slot.upgrade() {
                Some(slot) if slot.touched() => entries.push_back(entry),
                slot => {
                    if let Some(slot) = slot {
                        slot.empty();
                    }
                    used = self.used.fetch_sub(entry.bytes, Ordering::Relaxed) - entry.bytes;
                }
            }
        }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot { held: Mutex::new(None), touched: AtomicBool::new(false) }
    }
}

impl<T: Send + Sync> Evict for Slot<T> {
    fn touched(&self) -> bool {
        self.touched.swap(false, Ordering::Relaxed)
    }

    fn empty(&self) {
        *lock(&self.held) = None;
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_its_bound_and_reads_again() {
        let cache = Cache::default();
        cache.set_limit(100);
        let slots: Vec<Arc<Slot<usize>>> = (0..20).map(|_| Arc::default()).collect();
        for round in 0..3 {
            for (place, slot) in slots.iter().enumerate() {
                let got = cache.get(slot, || Ok::<_, ()>((place, 30, 7))).unwrap();
                assert_eq!(*got, place);
                assert!(cache.in_use().used <= 100, "round {round}");
            }
        }
        assert!(cache.in_use().read >= 3 * 17 * 7);
        let held = slots.iter().filter(|slot| lock(&slot.held).is_some()).count();
        assert_eq!(held, 3);
    }

    #[test]
    fn going_round_through_more_than_fits_finds_some_of_it() {
        let cache = Cache::default();
        cache.set_limit(1_000);
        let slots: Vec<Arc<Slot<()>>> = (0..150).map(|_| Arc::default()).collect();
        let round = || {
            let before = cache.in_use().read;
            for slot in &slots {
                cache.get(slot, || Ok::<_, ()>(((), 10, 1))).unwrap();
            }
            150 - (cache.in_use().read - before)
        };
        round();
        let found: u64 = (0..20).map(|_| round()).sum();
        // With everything let in, each would be gone just before it is asked for again.
        assert!(found > 20 * 40, "{found}");
    }

    #[test]
    fn what_cannot_be_read_is_not_held() {
        let (cache, slot) = (Cache::default(), Arc::<Slot<u8>>::default());
        assert_eq!(cache.get(&slot, || Err(4)), Err(4));
        assert_eq!(cache.get(&slot, || Ok::<_, u8>((5, 1, 1))).as_deref(), Ok(&5));
    }
}
