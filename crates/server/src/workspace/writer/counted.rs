//! Which deliveries have been counted, as the writer must know it before it takes a record.
//!
//! What it is: the compact set of all ids, which mostly answers "no", the exact answer of the store
//! where it does not, and the ids that are taken and not yet applied. The set is built when it is
//! first needed: whoever opens a directory to ask questions does not read the ids.
//! Invariant: once built, every delivery that was applied or waits to be is found.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use engine::{Deliveries, Fold};
use history::{Asked, Store};
use model::{EventId, Record};

/// Ids that are put into the set at once while it is built.
const AT_ONCE: usize = 4_096;

/// The deliveries that have been counted.
pub(super) struct Counted {
    set: Deliveries,
    built: bool,
    /// Taken since the last call of [`Counted::applied`]: the store does not hold them yet.
    waiting: HashSet<EventId>,
}

impl Counted {
    /// Nothing is known yet.
    pub fn new() -> Counted {
        // The keys of the standard library's hash maps come from the operating system's randomness.
        let set = Deliveries::new(RandomState::new().build_hasher().finish());
        Counted { set, built: false, waiting: HashSet::new() }
    }

    /// Makes sure that the set is built and has room for so many more. Cost: reads all ids when it is
    /// built, once.
    pub fn prepare(&mut self, store: &Store, more: usize) -> Result<(), history::Error> {
        let more = more as u64;
        if self.built {
            if !self.set.has_room(more) {
                self.set.grow(more);
            }
            return Ok(());
        }
        self.set.restart(store.n_rows() + self.waiting.len() as u64 + more);
        let mut ids = Vec::with_capacity(AT_ONCE);
        ids.extend(&self.waiting);
        store.each_event_id(&mut |id| {
            ids.push(id);
            if ids.len() >= AT_ONCE {
                self.set.insert_all(&ids);
                ids.clear();
            }
        })?;
        self.set.insert_all(&ids);
        self.built = true;
        Ok(())
    }

    /// Which deliveries of a batch the store holds; asked before any of the batch is taken.
    pub fn held(
        &mut self,
        store: &Store,
        fold: &Fold,
        records: &[Record],
    ) -> Result<HashSet<EventId>, history::Error> {
        self.prepare(store, records.len())?;
        let asked = records.iter().filter_map(|record| {
            let id = record.delivery()?;
            let maybe = self.set.maybe_seen(id) && !self.waiting.contains(&id);
            let named = || record.who.user_id.as_ref().or(record.who.anonymous_id.as_ref());
            maybe.then(|| Asked { id, record, user: named().and_then(|name| fold.find(name)) })
        });
        let asked: Vec<Asked<'_>> = asked.collect();
        if asked.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(store.held_deliveries(&asked)?.into_iter().collect())
    }

    /// Takes a delivery that the store does not hold; `false` if it waits already.
    pub fn take(&mut self, id: EventId) -> bool {
        self.set.insert(id);
        self.waiting.insert(id)
    }

    /// Whether a delivery was taken and is not in the store yet.
    pub fn waits(&self, id: EventId) -> bool {
        self.waiting.contains(&id)
    }

    /// Everything taken is in the store now.
    pub fn applied(&mut self) {
        self.waiting.clear();
    }
}
