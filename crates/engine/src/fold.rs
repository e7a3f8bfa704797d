//! One step of the fold. It holds the state that decides about a record before it is kept: the set
//! of deliveries already counted, and who is who.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashSet;
use model::{EventId, Record, UserIndex, What};

use crate::codec::{self, Damaged};
use crate::identity::{Identity, Merge, Person};

/// The state of a workspace as far as accepting records needs it.
#[derive(Default)]
pub struct Fold {
    identity: Identity,
    seen: HashSet<EventId, TakeLowBits>,
}

/// What one record did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whose record it is. After a merge: the user that remains.
    pub user: UserIndex,
    /// The user did not exist before.
    pub created: bool,
    /// Users that turned out to be one.
    pub merged: Option<Merge>,
    /// The public id of `user` is new or has changed.
    pub renamed: bool,
}

impl Fold {
    /// An empty workspace.
    pub fn new() -> Fold {
        Fold::default()
    }

    /// Whether a delivery has been counted already.
    pub fn seen(&self, id: EventId) -> bool {
        self.seen.contains(&id)
    }

    /// Marks a delivery as counted; false if it was already.
    pub fn mark(&mut self, id: EventId) -> bool {
        self.seen.insert(id)
    }

    /// Makes room for so many further deliveries.
    pub fn reserve(&mut self, n: usize) {
        self.seen.reserve(n);
    }

    /// Folds one record that counts: marks its delivery and finds its user.
    pub fn step(&mut self, record: &Record) -> Step {
        match &record.what {
            What::Event(event) => {
                self.seen.insert(event.id);
                self.identity.resolve(&record.who)
            }
            What::Identify(change) => {
                self.seen.insert(change.id);
                self.identity.resolve(&record.who)
            }
            What::Alias { previous } => self.identity.alias(&record.who, previous),
        }
    }

    /// Everything known of a user's identities.
    pub fn person(&self, user: UserIndex) -> &Person {
        self.identity.person(user)
    }

    /// The user that an id stands for now: a known user's id first, then an anonymous one.
    pub fn find(&self, id: &str) -> Option<UserIndex> {
        self.identity.find(id)
    }

    /// Users ever created, merged ones included.
    pub fn n_users(&self) -> usize {
        self.identity.n_users()
    }

    /// The identity state as bytes. The set of counted deliveries is not in it: the history holds
    /// every id and feeds them back through [`Fold::mark`].
    pub fn snapshot(&self) -> Vec<u8> {
        codec::encode(&self.identity)
    }

    /// Restores what [`Fold::snapshot`] wrote.
    pub fn restore(bytes: &[u8]) -> Result<Fold, Damaged> {
        Ok(Fold { identity: codec::decode(bytes)?, seen: HashSet::default() })
    }
}

/// Ids are hashes already, so their low bits serve as they are.
#[derive(Clone, Copy, Default)]
struct TakeLowBits;

#[derive(Default)]
struct LowBits(u64);

impl BuildHasher for TakeLowBits {
    type Hasher = LowBits;
    fn build_hasher(&self) -> LowBits {
        LowBits::default()
    }
}

impl Hasher for LowBits {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = self.0.rotate_left(5) ^ u64::from_le_bytes(word);
        }
    }
    fn write_u128(&mut self, id: u128) {
        self.0 = (id as u64) ^ ((id >> 64) as u64);
    }
}
