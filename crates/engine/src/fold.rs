//! One step of the fold. It holds the state that decides about a record before it is kept: who is
//! who. Whether a record's delivery counts is decided before, by the owner of the history and of
//! [`crate::Deliveries`].

use model::{Record, UserIndex, What};

use crate::codec::{self, Damaged};
use crate::identity::{Identity, Merge, Person};

/// The state of a workspace as far as accepting records needs it.
#[derive(Default)]
pub struct Fold {
    identity: Identity,
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

    /// Folds one record that counts: finds its user.
    pub fn step(&mut self, record: &Record) -> Step {
        match &record.what {
            What::Event(_) | What::Identify(_) => self.identity.resolve(&record.who),
            What::Alias { previous } => self.identity.alias(&record.who, previous),
        }
    }

    /// Finds or creates the user of an event, as [`Fold::step`] does: for events that come many at a
    /// time.
    pub fn resolve(&mut self, who: &model::Who) -> Step {
        self.identity.resolve(who)
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

    /// The identity state as bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        codec::encode(&self.identity)
    }

    /// Restores what [`Fold::snapshot`] wrote.
    pub fn restore(bytes: &[u8]) -> Result<Fold, Damaged> {
        Ok(Fold { identity: codec::decode(bytes)? })
    }
}
