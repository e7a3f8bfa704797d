//! What users do most, least, or in a certain share of cases, by a scan over one property.

use std::ops::Range;

use model::Value;
use segment::evaluate::CompiledTest;
use segment::tree::{AffinityMode, AffinityPredicate, AffinitySubject, Measure};

use super::measure::Scan;
use super::share::{RANGE_USERS, by_users};
use super::values::UserValues;
use super::{Evaluator, QueryError};
use crate::set::UserSet;

/// How often one user had each value.
struct Counts<'a> {
    /// (is it asked for, how often), one entry per value.
    of: &'a [(bool, u64)],
}

impl Evaluator<'_> {
    /// Nothing if it needs the user's own calendar or what came before.
    pub(super) fn affinity(&self, p: &AffinityPredicate) -> Result<Option<UserSet>, QueryError> {
        let AffinitySubject::Property(property) = &p.subject else { return Ok(None) };
        let measure = Measure::Distinct(property.clone());
        let Some(scan) = self.scan(&p.of, &p.within, &measure)? else { return Ok(None) };
        let n = self.snapshot.n_places();
        let sets = by_users(n, |users| inclined(&scan, p, &users));
        Ok(Some(UserSet::of_ranges(n, RANGE_USERS as usize, sets)))
    }
}

/// Who of the users is inclined so.
fn inclined(scan: &Scan, p: &AffinityPredicate, users: &Range<u32>) -> UserSet {
    let UserValues { mut pairs, values } = UserValues::of(scan, users);
    let asked: Vec<bool> =
        values.iter().map(|value| p.is.iter().any(|wanted| wanted.same(value))).collect();
    pairs.sort_unstable();
    let share = match &p.mode {
        AffinityMode::Share(test) => Some(CompiledTest::new(test)),
        AffinityMode::Most | AffinityMode::Least => None,
    };
    let mut set = UserSet::empty(users.len());
    let mut counts = Vec::new();
    for own in pairs.chunk_by(|a, b| a.0 == b.0) {
        counts.clear();
        let runs = own.chunk_by(|a, b| a.1 == b.1);
        counts.extend(runs.map(|run| (asked[run[0].1 as usize], run.len() as u64)));
        let counts = Counts { of: &counts };
        if own.len() >= p.min_events as usize && counts.hold(&p.mode, share.as_ref()) {
            set.insert(model::UserIndex(own[0].0 - users.start));
        }
    }
    set
}

impl Counts<'_> {
    fn hold(&self, mode: &AffinityMode, share: Option<&CompiledTest>) -> bool {
        let all = || self.of.iter().map(|(_, n)| *n);
        let asked =
            |count: Option<u64>| self.of.iter().any(|(asked, n)| *asked && Some(*n) == count);
        match mode {
            AffinityMode::Most => asked(all().max()),
            AffinityMode::Least => asked(all().min()),
            AffinityMode::Share(_) => {
                let hits: u64 = self.of.iter().filter(|(asked, _)| *asked).map(|(_, n)| n).sum();
                let value = Value::Float(hits as f64 / all().sum::<u64>() as f64);
                share.is_some_and(|test| test.holds(Some(&value)))
            }
        }
    }
}
