//! The cohort matrix: counted for ranges of users, then added up.

use std::ops::Range;
use std::sync::Arc;

use model::{ExactSum, Timestamp, UserIndex};

use super::{Cohort, Metric, Mode, Question, Table};
use crate::calendar::{PeriodUnit, Periods};
use crate::evaluate::{ActiveMonth, Evaluator, Matching, QueryError, Source};
use crate::groups::UserGroups;
use crate::masks::{Masks, Tables, any, bits, last};
use crate::ranges::add_up;
use crate::snapshot::Snapshot;

/// Counts of single events held at a time, where a return takes several.
const HELD_COUNTS: usize = if cfg!(test) { 40 } else { 1 << 20 };

/// Users in no cohort of the question.
const NONE: u32 = u32::MAX;

struct Matrix<'q> {
    question: &'q Question,
    periods: Periods,
    /// Cohorts: the first so many periods.
    n_cohorts: usize,
    n_columns: usize,
    first: First<'q>,
    /// Nothing: the same events.
    back: Option<Source>,
    /// Months whose returns are read from active days, and not from `back`.
    active: Vec<Arc<ActiveMonth>>,
    groups: &'q UserGroups,
    /// Of the source from which cohorts, or without one returns, are read.
    tables: Tables,
}

/// Where a user's first event is found.
enum First<'q> {
    /// Among these.
    Among(Source),
    /// It is the first event of all, which is kept for every user.
    Kept(&'q Snapshot, Timestamp),
}

/// What one range of users contributes to one group; cells by cohort, then column.
#[derive(Clone)]
struct Counts {
    users: Vec<u64>,
    returned: Vec<u64>,
    events: Vec<u64>,
    sums: Vec<ExactSum>,
}

pub(super) fn tables<'q>(
    evaluator: &Evaluator<'q>,
    question: &'q Question,
    groups: &'q UserGroups,
) -> Result<Vec<Table>, QueryError> {
    let Some(begin) = begin(evaluator, question) else { return Ok(no_cohorts(groups)) };
    let periods = Periods::new(question.unit, &evaluator.rules.zone, begin, evaluator.at);
    let n = periods.len();
    if periods.start(0) > evaluator.at {
        return Ok(no_cohorts(groups));
    }
    let until = question.until.map_or(Some(n - 1), |until| match until < periods.start(0) {
        true => None,
        false => Some(periods.of(until.0).unwrap_or(n - 1)),
    });
    let Some(until) = until else { return Ok(no_cohorts(groups)) };
    let adds = question.metric != Metric::Users;
    let same = question.first == question.back;
    let properties: Vec<&str> = match &question.metric {
        Metric::Sum(property) => vec![property],
        _ => Vec::new(),
    };
    let kept = evaluator.keeps_first(&question.first);
    let range = (periods.start(0), evaluator.at);
    let active = match kept && !adds && question.at_least <= 1 {
        true => active_months(evaluator, question, range)?,
        false => Vec::new(),
    };
    let back = match same && !adds && !kept {
        true => None,
        false => Some(match properties.is_empty() {
            true => evaluator.times_besides(&question.back, range, &active)?,
            false => evaluator.source(&question.back, range, &properties)?,
        }),
    };
    let first = match kept {
        true => First::Kept(evaluator.snapshot, evaluator.at),
        false => {
            let range = (Timestamp::MIN, evaluator.at);
            First::Among(evaluator.times(&question.first, range)?)
        }
    };
    let tables = match (&first, &back) {
        (First::Among(source), _) => Tables::of(source, &periods),
        (First::Kept(..), Some(back)) => Tables::of(back, &periods),
        (First::Kept(..), None) => Tables::none(),
    };
    let matrix = Matrix {
        n_cohorts: until + 1,
        n_columns: if question.brackets.is_empty() { n } else { question.brackets.len() },
        first,
        tables,
        back,
        active,
        periods,
        question,
        groups,
    };
    let nothing = vec![matrix.empty(); groups.len()];
    let all = add_up(
        evaluator,
        nothing,
        |users| matrix.count(users),
        |all, more| {
            all.iter_mut().zip(more).for_each(|(all, more)| all.add(&more));
        },
    );
    let named = groups.names().iter().zip(all);
    let table = |(name, counts): (&_, _)| Table {
        group: Clone::clone(name),
        cohorts: matrix.cohorts(counts, evaluator.at),
    };
    Ok(named.map(table).collect())
}

/// Months in a range of time from whose active days returns can be read: those of any event, in
/// periods made of days, where no event of the month is later than the instant.
fn active_months(
    evaluator: &Evaluator,
    question: &Question,
    range: (Timestamp, Timestamp),
) -> Result<Vec<Arc<ActiveMonth>>, QueryError> {
    let in_days = matches!(question.unit, PeriodUnit::Day | PeriodUnit::Week | PeriodUnit::Month);
    let any = Matching::of(&question.back, evaluator.rules).is_some_and(|of| of.everything());
    if !in_days || !any {
        return Ok(Vec::new());
    }
    let mut months = evaluator.active_months(range)?.unwrap_or_default();
    months.retain(|month| month.last_at <= evaluator.at.0);
    Ok(months)
}

/// Where periods begin; nothing if there is nothing to count.
fn begin(evaluator: &Evaluator, question: &Question) -> Option<Timestamp> {
    let (first, _) = evaluator.snapshot.span()?;
    (first <= evaluator.at).then(|| question.since.map_or(first, |since| since.max(first)))
}

fn no_cohorts(groups: &UserGroups) -> Vec<Table> {
    let names = groups.names().iter();
    names.map(|name| Table { group: name.clone(), cohorts: Vec::new() }).collect()
}

impl Matrix<'_> {
    fn count(&self, users: Range<u32>) -> Vec<Counts> {
        let mut counts = vec![self.empty(); self.groups.len()];
        let firsts = match &self.first {
            First::Among(source) => {
                Some(Masks::with((source, &self.tables), users.clone(), &self.periods))
            }
            First::Kept(..) => None,
        };
        let cohorts: Vec<u32> = match (&firsts, &self.first) {
            (None, First::Kept(snapshot, at)) => {
                users.clone().map(|user| self.kept_cohort(snapshot, *at, user)).collect()
            }
            (Some(firsts), _) => users.clone().map(|user| self.cohort(firsts, user)).collect(),
            (None, First::Among(_)) => Vec::new(),
        };
        for (user, cohort) in users.clone().zip(&cohorts) {
            if let Some(group) = self.groups.of(user).filter(|_| *cohort != NONE) {
                counts[group].users[*cohort as usize] += 1;
            }
        }
        if self.question.at_least > 1 {
            self.frequent(&users, &cohorts, &mut counts);
        } else {
            let mut own = match (&self.back, &self.first) {
                (Some(back), First::Kept(..)) => {
                    Masks::with((back, &self.tables), users.clone(), &self.periods)
                }
                (Some(back), _) => Masks::of(back, users.clone(), &self.periods),
                (None, _) => firsts.unwrap_or_else(|| Masks::empty(&users, &self.periods)),
            };
            for month in &self.active {
                own.add_active(month, &users, &self.periods);
            }
            for (user, cohort) in users.clone().zip(&cohorts) {
                if let Some(group) = self.groups.of(user).filter(|_| *cohort != NONE) {
                    self.returns(own.user(user), *cohort as usize, &mut counts[group]);
                }
            }
        }
        if self.question.metric != Metric::Users {
            self.add_up(&users, &cohorts, &mut counts);
        }
        counts
    }

    fn empty(&self) -> Counts {
        let cells = self.n_cohorts * self.n_columns;
        let adds = self.question.metric != Metric::Users;
        let sums = matches!(self.question.metric, Metric::Sum(_));
        Counts {
            users: vec![0; self.n_cohorts],
            returned: vec![0; cells],
            events: vec![0; if adds { cells } else { 0 }],
            sums: vec![ExactSum::default(); if sums { cells } else { 0 }],
        }
    }

    /// The period of a user's first event ever, if it is a cohort of the question.
    fn cohort(&self, firsts: &Masks, user: u32) -> u32 {
        match bits(firsts.user(user)).next() {
            Some(bit) if bit > 0 && bit <= self.n_cohorts => bit as u32 - 1,
            _ => NONE,
        }
    }

    /// The same from what is kept of the user.
    fn kept_cohort(&self, snapshot: &Snapshot, at: Timestamp, user: u32) -> u32 {
        let first = snapshot.users.first_event(UserIndex(user));
        if first > at.0 {
            return NONE;
        }
        let period = self.periods.of(first).filter(|period| *period < self.n_cohorts);
        period.map_or(NONE, |period| period as u32)
    }

    /// Counts a user in every column in which they returned.
    fn returns(&self, own: &[u64], cohort: usize, counts: &mut Counts) {
        let row = &mut counts.returned[cohort * self.n_columns..][..self.n_columns];
        let (begin, end) = (cohort + 1, self.periods.len());
        match (self.question.mode, self.question.brackets.is_empty()) {
            (Mode::Nth, true) => {
                let after = bits(own).skip_while(|bit| *bit < begin);
                after.for_each(|bit| row[bit - begin] += 1);
            }
            (Mode::Unbounded, true) => {
                let columns = last(own).map_or(0, |last| (last + 1).saturating_sub(begin));
                row[..columns].iter_mut().for_each(|count| *count += 1);
            }
            (mode, false) => {
                for (count, (from, to)) in row.iter_mut().zip(&self.question.brackets) {
                    let to = if mode == Mode::Nth { begin + *to as usize } else { end };
                    *count += u64::from(any(own, begin + *from as usize, to.min(end)));
                }
            }
        }
    }

    /// The same where a return takes several events: counted for a few users at a time.
    fn frequent(&self, users: &Range<u32>, cohorts: &[u32], counts: &mut [Counts]) {
        let n = self.periods.len();
        let at_a_time = (HELD_COUNTS / n).max(1) as u32;
        let source = match (&self.back, &self.first) {
            (Some(back), _) => back,
            (None, First::Among(first)) => first,
            (None, First::Kept(..)) => return,
        };
        let mut held: Vec<u32> = Vec::new();
        for start in users.clone().step_by(at_a_time as usize) {
            let some = start..users.end.min(start.saturating_add(at_a_time));
            held.clear();
            held.resize(n * some.len(), 0);
            source.each(some.clone(), |hit| {
                if let Some(period) = self.periods.of(hit.time) {
                    let count = &mut held[(hit.user - start) as usize * n + period];
                    *count = count.saturating_add(1);
                }
            });
            for (user, own) in some.zip(held.chunks(n)) {
                let cohort = cohorts[(user - users.start) as usize];
                if let Some(group) = self.groups.of(user).filter(|_| cohort != NONE) {
                    self.returns_often(
                        &own[cohort as usize..],
                        cohort as usize,
                        &mut counts[group],
                    );
                }
            }
        }
    }

    /// `own`: events from the period of the cohort on.
    fn returns_often(&self, own: &[u32], cohort: usize, counts: &mut Counts) {
        let row = &mut counts.returned[cohort * self.n_columns..][..self.n_columns];
        for (column, count) in row.iter_mut().enumerate() {
            let (from, to) = self.column(column);
            let events = own.iter().skip(from).take(to.saturating_add(1).saturating_sub(from));
            let events: u64 = events.map(|n| u64::from(*n)).sum();
            *count += u64::from(events >= u64::from(self.question.at_least));
        }
    }

    /// First and last period of a column, counted from the cohort's own.
    fn column(&self, column: usize) -> (usize, usize) {
        let (from, to) = match self.question.brackets.get(column) {
            Some((from, to)) => (*from as usize, *to as usize),
            None => (column, column),
        };
        match self.question.mode {
            Mode::Nth => (from, to),
            Mode::Unbounded => (from, usize::MAX),
        }
    }

    /// Adds up events, and their property.
    fn add_up(&self, users: &Range<u32>, cohorts: &[u32], counts: &mut [Counts]) {
        let Some(source) = &self.back else { return };
        let sums = matches!(self.question.metric, Metric::Sum(_));
        source.each(users.clone(), |hit| {
            let cohort = cohorts[(hit.user - users.start) as usize];
            let Some(group) = self.groups.of(hit.user).filter(|_| cohort != NONE) else { return };
            let Some(period) = self.periods.of(hit.time) else { return };
            let Some(after) = period.checked_sub(cohort as usize) else { return };
            let term = if sums { hit.number(0) } else { None };
            let mut add = |column: usize| {
                let cell = cohort as usize * self.n_columns + column;
                counts[group].events[cell] += 1;
                if let Some(term) = term {
                    counts[group].sums[cell].add(term);
                }
            };
            match self.question.brackets.is_empty() {
                true => add(after),
                false => (0..self.n_columns)
                    .filter(|column| {
                        let (from, to) = self.column(*column);
                        from <= after && after <= to
                    })
                    .for_each(add),
            }
        });
    }

    fn cohorts(&self, counts: Counts, at: Timestamp) -> Vec<Cohort> {
        let complete = self.periods.complete(at);
        let cohort = |index: usize| {
            let n = self.columns_of(index);
            let cells = index * self.n_columns..index * self.n_columns + n;
            let mut events = counts.events.get(cells.clone()).map_or(Vec::new(), <[u64]>::to_vec);
            let mut sums = counts.sums.get(cells.clone()).map_or(Vec::new(), <[_]>::to_vec);
            if self.question.mode == Mode::Unbounded && self.question.brackets.is_empty() {
                (1..events.len()).rev().for_each(|column| events[column - 1] += events[column]);
                for column in (1..sums.len()).rev() {
                    let later = sums[column];
                    sums[column - 1].merge(&later);
                }
            }
            let passed = |column: &usize| match self.question.brackets.get(*column) {
                Some((_, to)) => index + (*to as usize) < complete,
                None => index + column < complete,
            };
            Cohort {
                start: self.periods.start(index),
                users: counts.users[index],
                returned: counts.returned[cells].to_vec(),
                events,
                sums,
                complete: (0..n).take_while(passed).count(),
            }
        };
        (0..self.n_cohorts).filter(|index| counts.users[*index] > 0).map(cohort).collect()
    }

    /// How many columns a cohort has: what has begun by the question.
    fn columns_of(&self, cohort: usize) -> usize {
        let after = self.periods.len() - cohort;
        match self.question.brackets.is_empty() {
            true => after,
            false => {
                let begun = |(from, _): &&(u32, u32)| (*from as usize) < after;
                self.question.brackets.iter().take_while(begun).count()
            }
        }
    }
}

impl Counts {
    fn add(&mut self, more: &Counts) {
        let sides = [
            (&mut self.users, &more.users),
            (&mut self.returned, &more.returned),
            (&mut self.events, &more.events),
        ];
        for (all, more) in sides {
            all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        }
        self.sums.iter_mut().zip(&more.sums).for_each(|(all, more)| all.merge(more));
    }
}
