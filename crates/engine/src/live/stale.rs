//! Users whose past changes in bulk: each is built anew once, not once for every record.
//!
//! What it is: an import of old records marks users ([`Live::mark_stale`] inside the fold); from then
//! on nothing of theirs is evaluated until somebody else has read their history ([`Rebuild::of`],
//! pure, on any thread) and [`Live::install`] has put it in place, with everything that should have
//! been told. What it is not: it reads no history.
//!
//! Invariant: a record that arrives while a user is being built makes the user stale again.

use std::sync::Arc;

use model::{Text, Timestamp, UserIndex};
use segment::evaluate::UserHistory;
use segment::live::{Correction as ToldCorrection, Program, Scratch, Stepped, Told};

use super::fold::Live;
use super::transition::Transition;

/// Builds users anew, for a thread that reads the history of the position at which it was begun.
pub struct Rebuild {
    program: Program,
    users: Vec<Waiting>,
    at: Timestamp,
    since: Vec<i64>,
}

/// A user who is to be built anew.
pub struct Waiting {
    user: UserIndex,
    /// As everything that was told says.
    bytes: Arc<[u8]>,
}

/// A user, built anew.
pub struct Rebuilt {
    user: UserIndex,
    bytes: Box<[u8]>,
    stepped: Stepped,
    told: Vec<Told>,
    at: Timestamp,
}

/// A transition that was told, as the history keeps it: by key, and net of corrections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// `segment/ID` or `lifecycle/KEY`.
    pub key: Text,
    /// When.
    pub at: Timestamp,
    /// The place before.
    pub from: u8,
    /// The place after.
    pub to: u8,
}

impl Waiting {
    /// Who.
    pub fn user(&self) -> UserIndex {
        self.user
    }

    /// Whether anything may have been told of them.
    pub fn told(&self) -> bool {
        !self.bytes.is_empty()
    }
}

impl Rebuild {
    /// Who is built anew, ascending.
    pub fn users(&self) -> &[Waiting] {
        &self.users
    }

    /// The program, whose definitions say what of a history is needed.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Builds a user of this history. `first_seen`: when the user did anything at all; `known`: what
    /// was told of them, by instant.
    pub fn of(
        &self,
        scratch: &mut Scratch,
        waiting: &Waiting,
        (history, first_seen): (&UserHistory, Timestamp),
        known: &[Known],
    ) -> Rebuilt {
        let were = known.iter().filter_map(|known| {
            Some(Told {
                at: known.at.0,
                watch: self.program.watch(&known.key)?,
                from: known.from,
                to: known.to,
                arrived: true,
                correction: ToldCorrection::None,
            })
        });
        let were: Vec<Told> = were.collect();
        let mut told = Vec::new();
        let (of, when) = ((history, first_seen), (self.at, &self.since[..]));
        let before = (&waiting.bytes[..], &were[..]);
        let stepped = self.program.rebuild(scratch, of, when, before, &mut told);
        let bytes = scratch.bytes.as_slice().into();
        Rebuilt { user: waiting.user, bytes, stepped, told, at: self.at }
    }
}

impl Live {
    /// Nothing of the user is evaluated until they were built anew.
    pub(super) fn mark_stale(&mut self, user: UserIndex) {
        self.building.remove(&user);
        if self.stale.insert(user) {
            self.timers.clear(user);
        }
    }

    /// Something of these users' past is gone: nothing of theirs is evaluated until they were built
    /// anew.
    pub fn doubt(&mut self, users: &[UserIndex]) {
        users.iter().for_each(|user| self.mark_stale(*user));
    }

    pub(super) fn is_stale(&self, user: UserIndex) -> bool {
        (!self.stale.is_empty() || !self.building.is_empty())
            && (self.stale.contains(&user) || self.building.contains(&user))
    }

    /// How many users wait to be built anew, or are being built.
    pub fn n_stale(&self) -> usize {
        self.stale.len() + self.building.len()
    }

    /// Takes users that are to be built anew, at most so many. What is needed of their past is in
    /// the history at this very position. `None` if there are none, if some are being built, or
    /// while definitions join.
    pub fn begin_rebuild(&mut self, users_max: usize) -> Option<Rebuild> {
        if self.stale.is_empty() || !self.building.is_empty() || self.joining.is_some() {
            return None;
        }
        let users: Vec<UserIndex> = self.stale.iter().take(users_max).copied().collect();
        for user in &users {
            self.stale.remove(user);
        }
        self.building.extend(&users);
        let waiting = |user: &UserIndex| Waiting {
            user: *user,
            bytes: self.users.get(user.at()).cloned().unwrap_or_default(),
        };
        let users = users.iter().map(waiting).collect();
        let (program, at, since) = (self.program.clone(), self.now, self.since.clone());
        Some(Rebuild { program, users, at, since })
    }

    /// Puts a user in place, unless something arrived meanwhile.
    pub fn install(&mut self, rebuilt: Rebuilt, transitions: &mut Vec<Transition>) {
        let Rebuilt { user, bytes, stepped, told, at } = rebuilt;
        if !self.building.remove(&user) {
            return;
        }
        self.scratch.bytes.clear();
        self.scratch.bytes.extend_from_slice(&bytes);
        while self.users.len() <= user.at() {
            self.users.push(Arc::default());
        }
        // What was told of them is behind; the clock may be ahead, and timers see to the rest.
        debug_assert!(at <= self.now);
        self.take(user, stepped);
        self.told = told;
        let before = transitions.len();
        self.tell(user, None, transitions);
        self.told.clear();
        // Nobody knew before.
        for transition in &mut transitions[before..] {
            transition.recorded_at = self.now;
        }
    }

    /// Users that could not be built: they wait again.
    pub fn abandon_rebuild(&mut self) {
        let building = std::mem::take(&mut self.building);
        self.stale.extend(building);
    }
}
