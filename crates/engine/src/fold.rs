//! One step of the fold. It holds the state that decides about a record before it is kept: who is
//! who; and what is known of devices and addresses. Whether a record's delivery counts is decided before, by the owner of the history and of
//! [`crate::Deliveries`].

use model::{Record, Text, UserIndex, What};

use crate::codec::{Damaged, Frozen, Restoring};
use crate::facts::{Subject, Subjects};
use crate::identity::{Identity, IdentityGraph, Merge, Person, Plan};

/// The state of a workspace as far as accepting records needs it.
#[derive(Debug, Default)]
pub struct Fold {
    identity: Identity,
    subjects: Subjects,
}

/// What one record did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whose record it is. After a merge: the user that remains.
    pub user: UserIndex,
    /// The person of that user under whose id it came: who gets it if they are separated.
    pub origin: UserIndex,
    /// The user did not exist before.
    pub created: bool,
    /// Users that turned out to be one, in this order.
    pub merged: Vec<Merge>,
    /// Who was part of `user` and is a user of their own again.
    pub separated: Option<Separation>,
    /// The public id of `user` is new or has changed.
    pub renamed: bool,
}

/// Somebody who is a user of their own again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Separation {
    /// Who.
    pub user: UserIndex,
    /// Their public id from now on.
    pub public_id: Text,
}

impl Step {
    /// A record of a user that changes nothing about who is who.
    pub fn of(user: UserIndex) -> Step {
        let (created, renamed) = (false, false);
        Step { user, origin: user, created, merged: Vec::new(), separated: None, renamed }
    }
}

impl Fold {
    /// An empty workspace.
    pub fn new() -> Fold {
        Fold::default()
    }

    /// Folds one record that counts: finds its user. Of a record that concerns nobody, the user is
    /// [`UserIndex::NOBODY`]; it is for nothing else than this and the log.
    pub fn step(&mut self, record: &Record) -> Step {
        match &record.what {
            What::Event(_) | What::Identify(_) => self.identity.resolve(&record.who),
            What::Alias { previous } => self.identity.alias(&record.who, previous),
            What::Separate { separated } => self.identity.separate(&record.who, separated),
            What::Facts(facts) => {
                self.subjects.take(record.who.anonymous_id.as_ref(), facts);
                match record.concerns_nobody() {
                    true => Step::of(UserIndex::NOBODY),
                    false => self.identity.resolve(&record.who),
                }
            }
        }
    }

    /// Finds or creates the user of an event, as [`Fold::step`] does: for events that come many at a
    /// time.
    pub fn resolve(&mut self, who: &model::Who) -> Step {
        self.identity.resolve(who)
    }

    /// What a record would do to the identity graph.
    pub fn plan(&self, record: &Record) -> Plan {
        match &record.what {
            What::Alias { previous } => self.identity.plan_alias(&record.who, previous),
            _ => self.identity.plan(&record.who),
        }
    }

    /// Forgets the person that a user is, with everybody merged into them: whose numbers they had.
    /// Nothing of them is in the state from now on, and an id that was theirs is a new user's when it
    /// comes again.
    pub fn forget(&mut self, user: UserIndex) -> Vec<UserIndex> {
        for id in self.identity.devices(user) {
            self.subjects.forget_device(id);
        }
        for identity in self.identity.graph(user).identities() {
            self.subjects.forget_address(&identity.value);
        }
        self.identity.forget(user)
    }

    /// The anonymous ids of a user that were nobody else's before and are nobody else's now.
    pub fn own_devices(&self, user: UserIndex) -> Vec<Text> {
        self.identity.own_devices(user)
    }

    /// Every id that anybody has now, as people write it, with its user; of an identity the value alone,
    /// too. Cost: linear in the ids.
    pub fn each_id(&self, take: &mut dyn FnMut(UserIndex, &str)) {
        self.identity.each_id(take);
    }

    /// The ids of one person, without those of persons merged into them.
    pub fn person(&self, user: UserIndex) -> &Person {
        self.identity.person(user)
    }

    /// Everything known of a user's identities.
    pub fn graph(&self, user: UserIndex) -> IdentityGraph {
        self.identity.graph(user)
    }

    /// The devices of a user, who last had their ids: at most so many, those that were told of last
    /// first; and how many there are.
    pub fn devices(&self, user: UserIndex, most: usize) -> (Vec<Subject>, usize) {
        let ids = self.identity.devices(user);
        let mut found: Vec<Subject> = ids.filter_map(|id| self.subjects.device(id)).collect();
        found.sort_by(|a, b| b.last_at.cmp(&a.last_at).then_with(|| a.id.cmp(&b.id)));
        let n = found.len();
        found.truncate(most);
        (found, n)
    }

    /// What is known of an address on a channel.
    pub fn address(&self, channel: &str, address: &str) -> Option<Subject> {
        self.subjects.address(channel, address)
    }

    /// Whether a user has an id that a sender's own system gave.
    pub fn has_user_id(&self, user: UserIndex) -> bool {
        self.identity.has_user_id(user)
    }

    /// The user that an id stands for now: a user id first, then an anonymous one, then an identity
    /// written as `label:value`.
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
        Frozen::of(&self.identity, &self.subjects)
    }

    /// Restores what [`Frozen::pieces`] gave; see [`Restoring`] for pieces that come one by one.
    pub fn restore<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Result<Fold, Damaged> {
        let mut restoring = Restoring::default();
        pieces.into_iter().try_for_each(|piece| restoring.take(piece.as_ref()))?;
        restoring.finish()
    }

    pub(crate) fn of(identity: Identity, subjects: Subjects) -> Fold {
        Fold { identity, subjects }
    }

    #[cfg(test)]
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }
}
