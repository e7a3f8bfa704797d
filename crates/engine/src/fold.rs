//! One step of the fold. It holds the state that decides about a record before it is kept: who is
//! who. Whether a record's delivery counts is decided before, by the owner of the history and of
//! [`crate::Deliveries`].

use model::{Record, UserIndex, What};

use crate::codec::{Damaged, Frozen, Restoring};
use crate::identity::{Identity, Merge, Person};

/// The state of a workspace as far as accepting records needs it.
#[derive(Debug, Default)]
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
            What::Separate { .. } => self.identity.resolve(&record.who),
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

    /// The state as it is now, for another thread to encode. Cost: microseconds; what changes while
    /// it lives is copied then, a thousand users at a time.
    pub fn freeze(&self) -> Frozen {
        Frozen::of(&self.identity)
    }

    /// Restores what [`Frozen::pieces`] gave; see [`Restoring`] for pieces that come one by one.
    pub fn restore<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Result<Fold, Damaged> {
        let mut restoring = Restoring::default();
        pieces.into_iter().try_for_each(|piece| restoring.take(piece.as_ref()))?;
        restoring.finish()
    }

    pub(crate) fn of(identity: Identity) -> Fold {
        Fold { identity }
    }

    #[cfg(test)]
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }
}
