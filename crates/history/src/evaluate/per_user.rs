//! Conditions that need a user's events in order: ranges of users at a time, their events and
//! attribute changes are brought together from all parts, with only the properties that the
//! condition names, and [`segment::evaluate`] decides.

use std::sync::atomic::AtomicBool;

use model::{Text, Timestamp, UserIndex};
use segment::Rules;
use segment::evaluate::{Context, NoPopulation, UserHistory, holds};
use segment::tree::Predicate;

use super::needs::Needs;
use super::share::{RANGE_USERS, by_users};
use super::{Evaluator, QueryError, ScoresOf};
use crate::gather::{Gathering, Visited, since_first_seen};
use crate::set::UserSet;
use crate::snapshot::Snapshot;

/// What deciding needs of an evaluator: shared by the threads that share the users.
#[derive(Clone, Copy)]
struct Decide<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    at: Timestamp,
    among: &'a UserSet,
    stop: Option<&'a AtomicBool>,
}

impl Evaluator<'_> {
    /// Users without any of the events and attributes concerned are all alike: they are decided
    /// once. Threads share the users; each user's answer depends on nobody else. The answer is
    /// right for the users `among`; nothing: for everybody.
    pub(super) fn user_by_user(
        &self,
        leaf: &Predicate,
        among: Option<&UserSet>,
    ) -> Result<UserSet, QueryError> {
        let decide = self.decide(among.unwrap_or(&self.everybody));
        let gathering = decide.gathering(leaf)?;
        self.note_sources(&gathering);
        let n = self.snapshot.n_places();
        let sets = by_users(n, |users| decide.range(leaf, &gathering, users));
        let sets = sets.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.go_on()?;
        Ok(UserSet::of_ranges(n, RANGE_USERS as usize, sets))
    }

    /// A lifecycle condition about the past, for those whose present state fits.
    pub(super) fn lifecycle_history(
        &self,
        leaf: &Predicate,
        now: &UserSet,
    ) -> Result<UserSet, QueryError> {
        let decide = self.decide(now);
        let gathering = decide.gathering(leaf)?;
        self.note_sources(&gathering);
        let mut set = UserSet::empty(self.snapshot.n_places());
        let scores = ScoresOf::new(self);
        let ctx = Context { rules: self.rules, population: &scores };
        let everybody = 0..self.snapshot.n_places() as u32;
        let visited = Visited { among: Some(now), nothing: true, stop: self.stop };
        gathering.visit(everybody, visited, |user, history| {
            scores.user.set(user);
            if holds(leaf, history, self.at, &ctx) {
                set.insert(user);
            }
        })?;
        scores.checked()?;
        self.go_on()?;
        Ok(set)
    }

    fn decide<'a>(&'a self, among: &'a UserSet) -> Decide<'a> {
        let (snapshot, rules, at, stop) = (self.snapshot, self.rules, self.at, self.stop);
        Decide { snapshot, rules, at, among, stop }
    }
}

impl<'a> Decide<'a> {
    fn gathering(self, leaf: &Predicate) -> Result<Gathering<'a>, QueryError> {
        let needs = Needs::of(&[leaf], self.rules);
        Ok(Gathering::new(self.snapshot, &needs, (self.at, self.at))?.without_ids())
    }

    fn range(
        self,
        leaf: &Predicate,
        gathering: &Gathering,
        users: std::ops::Range<u32>,
    ) -> Result<UserSet, QueryError> {
        let start = users.start;
        let mut set = UserSet::empty(users.len());
        let nothing = UserHistory {
            id: Text::default(),
            events: Vec::new(),
            attributes: since_first_seen(Timestamp::MIN),
        };
        // Leaves that are decided here never ask for scores.
        let ctx = Context { rules: self.rules, population: &NoPopulation };
        if holds(leaf, &nothing, self.at, &ctx) {
            let among = users.clone().filter(|user| self.among.contains(UserIndex(*user)));
            among.for_each(|user| set.insert(UserIndex(user - start)));
        }
        let visited = Visited { among: Some(self.among), nothing: false, stop: self.stop };
        gathering.visit(users, visited, |user, history| {
            set.put(UserIndex(user.0 - start), holds(leaf, history, self.at, &ctx));
        })?;
        Ok(set)
    }
}
