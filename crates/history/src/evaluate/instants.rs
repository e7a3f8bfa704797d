//! Counts and active days at many instants in one pass over the events: each user's times are
//! brought together in order, and two places move along them from window to window.
//!
//! What it is not: an evaluation. It answers single conditions ahead of the evaluators of the
//! instants, which put them together.

use std::ops::Range;

use model::{Timestamp, UserIndex, Value, Zone};
use segment::evaluate::{CompiledTest, range_at};
use segment::tree::{EventPredicate, Measure};
use segment::{Predicate, Rules};

use super::share::RANGE_USERS;
use super::source::{Source, Wanted};
use super::{Evaluator, Matching, QueryError};
use crate::set::UserSet;

/// Conditions that were answered ahead, each with a set per instant.
pub(crate) struct Ahead {
    answers: Vec<(Predicate, Vec<UserSet>)>,
}

/// A window at each instant, in milliseconds with both ends; nothing where it is empty.
type Windows = Vec<Option<(i64, i64)>>;

impl Ahead {
    /// Answers what can be answered in one pass of the conditions that some predicates, the
    /// segments that they name, and lifecycle states ask for. `instants` ascend.
    pub(crate) fn of(
        like: &Evaluator,
        predicates: &[&Predicate],
        instants: &[Timestamp],
    ) -> Result<Ahead, QueryError> {
        let mut answers = Vec::new();
        let Some(last) = instants.iter().max() else { return Ok(Ahead { answers }) };
        let evaluator = like.at(*last);
        for p in conditions(predicates, like.rules) {
            if let Some(sets) = evaluator.at_instants(p, instants)? {
                answers.push((Predicate::Event(p.clone()), sets));
            }
        }
        Ok(Ahead { answers })
    }

    /// Tells the evaluator of the n-th instant.
    pub(crate) fn tell(&self, nth: usize, evaluator: &Evaluator) {
        for (predicate, sets) in &self.answers {
            let mut set = sets[nth].clone();
            set.and(&evaluator.everybody);
            evaluator.known.borrow_mut().push((predicate.clone(), set));
        }
    }
}

/// How many conditions of events the predicates have that may be answered ahead.
pub(crate) fn n_conditions(predicates: &[&Predicate], rules: &Rules) -> usize {
    conditions(predicates, rules).len()
}

/// Counts and active days that predicates ask for, each once.
fn conditions<'p>(predicates: &[&'p Predicate], rules: &'p Rules) -> Vec<&'p EventPredicate> {
    let (mut found, mut segments) = (Vec::new(), Vec::new());
    let mut states = false;
    let mut open: Vec<&Predicate> = predicates.to_vec();
    while let Some(predicate) = open.pop() {
        match predicate {
            Predicate::All(of) | Predicate::Any(of) => open.extend(of),
            Predicate::Not(of) => open.push(of),
            Predicate::Segment(id) if !segments.contains(&id) => {
                segments.push(id);
                open.extend(rules.segments.get(id));
            }
            Predicate::Lifecycle(_) if !states => {
                states = true;
                open.extend(rules.lifecycle.states.iter().map(|state| &state.predicate));
            }
            Predicate::Event(p) if plain(p) && !found.contains(&p) => found.push(p),
            _ => {}
        }
    }
    found
}

fn plain(p: &EventPredicate) -> bool {
    matches!(p.measure, Measure::Count | Measure::Days)
        && p.within.hours.is_none()
        && p.within.weekdays.is_empty()
}

impl Evaluator<'_> {
    /// For whom a condition holds at each instant; nothing if one pass cannot tell.
    fn at_instants(
        &self,
        p: &EventPredicate,
        instants: &[Timestamp],
    ) -> Result<Option<Vec<UserSet>>, QueryError> {
        let Some(zone) = self.common_zone(&p.within).filter(|_| self.scans(p)) else {
            return Ok(None);
        };
        let Some(matching) = Matching::of(&p.of, self.rules) else { return Ok(None) };
        let window = |at: &Timestamp| range_at(&p.within, *at, &zone);
        let windows: Windows =
            instants.iter().map(|at| window(at).map(|(from, to)| (from.0, to.0))).collect();
        let ends = || windows.iter().flatten();
        let ascend = ends().zip(ends().skip(1)).all(|(a, b)| a.0 <= b.0 && a.1 <= b.1);
        if !ascend {
            return Ok(None);
        }
        let source = match (ends().next(), ends().last()) {
            (Some((from, _)), Some((_, to))) => {
                let wanted = Wanted { times: true, ..Wanted::default() };
                self.select(&matching, (Timestamp(*from), Timestamp(*to)), &wanted)?
            }
            _ => Source::empty(),
        };
        let test = CompiledTest::new(&p.test);
        let days = (p.measure == Measure::Days).then_some(&self.rules.zone);
        let ranges =
            self.by_users(|users| Times::of(&source, &users).sets(&windows, days, &test, &users));
        Ok(Some(joined(ranges, instants.len(), self.snapshot.n_places())))
    }
}

/// The sets of all ranges of users, instant by instant.
fn joined(ranges: Vec<Vec<UserSet>>, n_instants: usize, n_users: usize) -> Vec<UserSet> {
    let mut ranges: Vec<_> = ranges.into_iter().map(Vec::into_iter).collect();
    let mut next = || ranges.iter_mut().filter_map(Iterator::next).collect();
    (0..n_instants).map(|_| UserSet::of_ranges(n_users, RANGE_USERS as usize, next())).collect()
}

/// Times of selected events of some users, each user's in order.
struct Times {
    /// Where each user's begin, and at last where all end.
    starts: Vec<usize>,
    times: Vec<i64>,
}

impl Times {
    fn of(source: &Source, users: &Range<u32>) -> Times {
        let mut starts = vec![0; users.len() + 1];
        source.each_run(users, |_, user, rows| {
            starts[(user - users.start) as usize + 1] += rows.len();
        });
        for user in 0..users.len() {
            starts[user + 1] += starts[user];
        }
        let (mut places, mut times) = (starts.clone(), vec![0; starts[users.len()]]);
        source.each_run(users, |part, user, rows| {
            let place = &mut places[(user - users.start) as usize];
            for row in rows {
                times[*place] = part.time(row);
                *place += 1;
            }
        });
        for user in 0..users.len() {
            times[starts[user]..starts[user + 1]].sort_unstable();
        }
        Times { starts, times }
    }

    /// Who passes the test in each window: by events, or by local days of a zone.
    fn sets(
        &self,
        windows: &Windows,
        days: Option<&Zone>,
        test: &CompiledTest,
        users: &Range<u32>,
    ) -> Vec<UserSet> {
        let holds = |n: usize| test.holds(Some(&Value::Int(n as i64)));
        let idle = holds(0);
        let mut sets = vec![UserSet::of(users.len(), |_| idle); windows.len()];
        let mut ordinals = Vec::new();
        for user in 0..users.len() {
            let own = &self.times[self.starts[user]..self.starts[user + 1]];
            if own.is_empty() {
                continue;
            }
            if let Some(zone) = days {
                number_days(own, zone, &mut ordinals);
            }
            let (mut from, mut to, mut before) = (0, 0, (0, idle));
            for (set, window) in sets.iter_mut().zip(windows) {
                let Some((first, last)) = window else { continue };
                from += own[from..].iter().take_while(|time| *time < first).count();
                to += own[to..].iter().take_while(|time| *time <= last).count();
                let n = match (to.saturating_sub(from), days) {
                    (0, _) => 0,
                    (events, None) => events,
                    (_, Some(_)) => ordinals[to - 1] - ordinals[from] + 1,
                };
                if n != before.0 {
                    before = (n, holds(n));
                }
                if before.1 != idle {
                    set.put(UserIndex(user as u32), before.1);
                }
            }
        }
        sets
    }
}

/// The number of each time's day among the days of the times.
fn number_days(times: &[i64], zone: &Zone, ordinals: &mut Vec<usize>) {
    ordinals.clear();
    let mut before = None;
    let mut number = 0;
    for time in times {
        let day = zone.day(Timestamp(*time));
        number += usize::from(before.is_some_and(|before| before != day));
        before = Some(day);
        ordinals.push(number);
    }
}
