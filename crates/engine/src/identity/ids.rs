//! Which user an id stands for.
//!
//! What it is: a hash table of places in the lists of ids that persons have, 13 bytes a place. What
//! it is not: it does not hold the ids; whoever asks hands in the lists, and every answer is
//! compared with the text.
//!
//! Invariant: a place that was set has the text that it was set for: lists only grow, until all of a
//! person's ids are removed here and forgotten there.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use model::{Text, UserIndex};

/// Where an id stands: the `at`th of a user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) user: UserIndex,
    pub(super) at: u32,
}

/// A place, and enough of the hash that a growing table looks at no text.
#[derive(Debug)]
struct Entry {
    hash: u32,
    place: Place,
}

/// Places of ids.
#[derive(Debug, Default)]
pub(super) struct Ids {
    table: HashTable<Entry>,
    hasher: DefaultHashBuilder,
}

impl Ids {
    /// Room for so many.
    pub(super) fn reserve(&mut self, n: usize) {
        self.table.reserve(n, |entry| spread(entry.hash));
    }

    /// Where an id stands. `ids_of` gives the list of a user.
    pub(super) fn find<'a>(
        &self,
        id: &str,
        ids_of: impl Fn(UserIndex) -> &'a [Text],
    ) -> Option<Place> {
        let hash = self.hash(id);
        let found = self.table.find(spread(hash), |entry| entry.names(hash, id, &ids_of));
        found.map(|entry| entry.place)
    }

    /// The id stands there from now on; where it stood before.
    pub(super) fn set<'a>(
        &mut self,
        id: &str,
        place: Place,
        ids_of: impl Fn(UserIndex) -> &'a [Text],
    ) -> Option<Place> {
        let hash = self.hash(id);
        match self.table.find_mut(spread(hash), |entry| entry.names(hash, id, &ids_of)) {
            Some(entry) => Some(std::mem::replace(&mut entry.place, place)),
            None => {
                let entry = Entry { hash, place };
                self.table.insert_unique(spread(hash), entry, |entry| spread(entry.hash));
                None
            }
        }
    }

    /// The id stands nowhere from now on, if it stood there. Its text is still in the list.
    pub(super) fn remove<'a>(
        &mut self,
        id: &str,
        place: Place,
        ids_of: impl Fn(UserIndex) -> &'a [Text],
    ) {
        let hash = self.hash(id);
        let there = |entry: &Entry| entry.place == place && entry.names(hash, id, &ids_of);
        if let Ok(entry) = self.table.find_entry(spread(hash), there) {
            entry.remove();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    fn hash(&self, id: &str) -> u32 {
        self.hasher.hash_one(id) as u32
    }
}

impl Entry {
    fn names<'a>(&self, hash: u32, id: &str, ids_of: impl Fn(UserIndex) -> &'a [Text]) -> bool {
        self.hash == hash && ids_of(self.place.user)[self.place.at as usize] == id
    }
}

/// The table takes its bits from both ends of 64.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
