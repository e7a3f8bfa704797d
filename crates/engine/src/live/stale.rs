//! Users whose past changes in bulk: each is built anew once, not once for every record.
//!
//! What it is: an import of old records marks users ([`Live::mark_stale`] inside the fold); from then
//! on nothing of theirs is evaluated until somebody else has read their history ([`Rebuild::of`],
//! pure, on any thread) and [`Live::install`] has put it in place, with everything that should have
//! been told. What it is not: it reads no history.
//!
//! Invariant: a record that arrives while a user is being built makes the user stale again.

use model::{Text, Timestamp, UserIndex};
use segment::evaluate::UserHistory;
use segment::live::{Correction as ToldCorrection, Program, Scratch, Stepped, Told};

use super::fold::Live;
use super::transition::Transition;

/// Builds users anew, for a thread that reads the history of the position at which it was begun.
pub struct Rebuild {
    program: Program,
    users: Vec<(UserIndex, bool)>,
    at: Timestamp,
    since: Vec<i64>,
    replaces: Vec<bool>,
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

impl Rebuild {
    /// Who is built anew, ascending, and whether anything was told of them before.
    pub fn users(&self) -> &[(UserIndex, bool)] {
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
        user: UserIndex,
        (history, first_seen): (&UserHistory, Timestamp),
        known: &[Known],
    ) -> Rebuilt {
        let were = known.iter().filter_map(|known| {
            let watch = self.program.watch(&known.key)?;
            let since = self.since.get(watch as usize).copied().unwrap_or(i64::MIN);
            let replaces = self.replaces.get(watch as usize).copied().unwrap_or(false);
            // What was told under the key before goes on only in a watch that took its place.
            if known.at.0 < since && !replaces {
                return None;
            }
            Some(Told {
                at: known.at.0,
                watch,
                from: known.from,
                to: known.to,
                arrived: true,
                correction: ToldCorrection::None,
            })
        });
        let were: Vec<Told> = were.collect();
        let mut told = Vec::new();
        let (of, when) = ((history, first_seen), (self.at, &self.since[..]));
        let stepped = self.program.rebuild(scratch, of, when, &were, &mut told);
        let bytes = scratch.bytes.as_slice().into();
        Rebuilt { user, bytes, stepped, told, at: self.at }
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
        let told = |user: &UserIndex| self.users.get(user.at()).is_some_and(|b| !b.is_empty());
        let users = users.iter().map(|user| (*user, told(user))).collect();
        let (program, at) = (self.program.clone(), self.now);
        let (since, replaces) = (self.since.clone(), self.replaces.clone());
        Some(Rebuild { program, users, at, since, replaces })
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
            self.users.push(Box::default());
        }
        // What was told of them is behind; the clock may be ahead, and timers see to the rest.
        debug_assert!(at <= self.now);
        let counted = self.program.places(&self.users[user.at()]);
        self.take(user, stepped);
        self.told = told;
        let counts = self.counts.clone();
        self.tell(user, None, transitions);
        self.told.clear();
        // Where the user is counts, not what was told: who was found by a definition was not told.
        self.counts = counts;
        let places = self.program.places(&self.users[user.at()]);
        for (counts, (from, to)) in self.counts.iter_mut().zip(counted.into_iter().zip(places)) {
            if let Some(to) = counts.get_mut(usize::from(to)) {
                *to += 1;
            }
            if let Some(from) = counts.get_mut(usize::from(from)) {
                *from -= 1;
            }
        }
    }

    /// Users that could not be built: they wait again.
    pub fn abandon_rebuild(&mut self) {
        let building = std::mem::take(&mut self.building);
        self.stale.extend(building);
    }
}
