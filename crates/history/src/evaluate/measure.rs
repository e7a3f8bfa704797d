//! Measures that need no order of a user's events: one pass over the selected rows of a range of
//! users, into arrays with one place per user.

use std::ops::Range;

use model::{Timestamp, Value, Zone};
use segment::evaluate::{CompiledTest, in_hours_and_weekdays, range_at};
use segment::tree::{
    EventMatch, EventPredicate, Measure, Op, ProfilePredicate, Range as WindowRange, Test, Window,
};

use super::share::{RANGE_USERS, by_users_of};
use super::source::{Source, SourcePart, Wanted};
use super::sums::{Sums, mean};
use super::{Evaluator, Matching, QueryError};
use crate::calendar::{PeriodUnit, Periods};
use crate::column::Column;
use crate::set::{UserSet, bits_of};

/// A window resolved at one instant: selected rows, at which hours, in which zone.
pub(super) struct Scan<'a> {
    source: Source,
    window: &'a Window,
    zone: Zone,
}

impl Scan<'_> {
    /// Calls `visit` for runs of selected rows of the users.
    #[inline]
    pub(super) fn runs(
        &self,
        users: &Range<u32>,
        mut visit: impl FnMut(&SourcePart, u32, Range<usize>),
    ) {
        if let Some(source) = self.plain() {
            return source.each_run(users, visit);
        }
        self.source.each_run(users, |part, user, rows| {
            for row in rows {
                if in_hours_and_weekdays(self.window, Timestamp(part.time(row)), &self.zone) {
                    visit(part, user, row..row + 1);
                }
            }
        });
    }

    /// The source, if hours and weekdays do not matter.
    pub(super) fn plain(&self) -> Option<&Source> {
        let anytime = self.window.hours.is_none() && self.window.weekdays.is_empty();
        anytime.then_some(&self.source)
    }

    /// How many selected rows each of the users has.
    pub(super) fn counts(&self, users: &Range<u32>) -> Vec<u32> {
        let mut counts = vec![0; users.len()];
        match self.plain() {
            Some(source) => source.add_counts(users, &mut counts),
            None => self.runs(users, |_, user, rows| {
                counts[(user - users.start) as usize] += rows.len() as u32;
            }),
        }
        counts
    }

    /// Calls `visit` for rows with the column of the property that was wanted.
    pub(super) fn values(
        &self,
        users: &Range<u32>,
        mut visit: impl FnMut(&SourcePart, u32, usize, &Column),
    ) {
        self.runs(users, |part, user, rows| {
            if let Some(column) = part.column(0) {
                rows.for_each(|row| visit(part, user, row, column));
            }
        });
    }
}

impl Evaluator<'_> {
    /// Whether a predicate is answered by a scan.
    pub(super) fn scans(&self, p: &EventPredicate) -> bool {
        !matches!(p.within.range, WindowRange::After(_) | WindowRange::Before(_))
            && self.common_zone(&p.within).is_some()
            && Matching::of(&p.of, self.rules).is_some()
    }

    pub(super) fn measured(&self, p: &EventPredicate) -> Result<UserSet, QueryError> {
        let bound = match p.measure {
            Measure::Count => Bound::of(&p.test),
            _ => None,
        };
        if let Some(bound) = bound {
            return self.counted(p, bound);
        }
        let n = self.snapshot.n_places();
        let Some(scan) = self.scan(&p.of, &p.within, &p.measure)? else {
            return self.user_by_user(&segment::Predicate::Event(p.clone()), None);
        };
        let test = CompiledTest::new(&p.test);
        let zone = &self.rules.zone;
        let sets = by_users_of(n, scan.source.n_rows(), |users| match &p.measure {
            Measure::Sum(_) => Sums::of(&scan, &users).test(&test, |sum, _| sum, Some(0.0)),
            Measure::Avg(_) => Sums::of(&scan, &users).test(&test, mean, None),
            other => measure(&scan, other, &users, zone).test(&test),
        });
        Ok(UserSet::of_ranges(n, RANGE_USERS as usize, sets))
    }

    /// Who did something at least so often, or less often.
    fn counted(&self, p: &EventPredicate, bound: Bound) -> Result<UserSet, QueryError> {
        let n = self.snapshot.n_places();
        let set = match self.scan(&p.of, &p.within, &p.measure)? {
            _ if bound.at_least == 0 => UserSet::of(n, |_| true),
            Some(scan) => {
                let rows = scan.source.n_rows();
                let sets = by_users_of(n, rows, |users| at_least(&scan, &users, bound.at_least));
                UserSet::of_ranges(n, RANGE_USERS as usize, sets)
            }
            None => UserSet::empty(n),
        };
        if !bound.negated {
            return Ok(set);
        }
        let mut others = self.everybody().clone();
        others.minus(&set);
        Ok(others)
    }

    /// Nothing if the window depends on the user's own calendar, or the match on the event before.
    pub(super) fn scan<'s>(
        &'s self,
        of: &EventMatch,
        window: &'s Window,
        measure: &Measure,
    ) -> Result<Option<Scan<'s>>, QueryError> {
        let zone = self.common_zone(window);
        let Some((zone, matching)) = zone.zip(Matching::of(of, self.rules)) else {
            return Ok(None);
        };
        let property = property(measure);
        let anytime = window.hours.is_none() && window.weekdays.is_empty();
        let ordered = matches!(measure, Measure::First(_) | Measure::Last(_));
        let wanted = Wanted {
            times: !anytime || ordered || matches!(measure, Measure::Days),
            order: ordered,
            properties: property.as_slice(),
        };
        let source = match range_at(window, self.at, &zone) {
            Some(range) => self.select(&matching, range, &wanted)?,
            None => Source::empty(),
        };
        Ok(Some(Scan { source, window, zone }))
    }

    /// The measured value of every user; nothing if it cannot be had by a scan.
    pub(crate) fn measure(
        &self,
        of: &EventMatch,
        window: &Window,
        what: &Measure,
    ) -> Result<Option<Measured>, QueryError> {
        let Some(scan) = self.scan(of, window, what)? else { return Ok(None) };
        let zone = &self.rules.zone;
        let n = self.snapshot.n_places();
        let rows = scan.source.n_rows();
        let parts = by_users_of(n, rows, |users| measure(&scan, what, &users, zone));
        Ok(Some(Measured::joined(parts)))
    }

    /// An attribute compares so at the instant.
    pub(super) fn attribute(&self, p: &ProfilePredicate) -> Result<UserSet, QueryError> {
        let test = CompiledTest::new(&p.test);
        let values = self.snapshot.attribute_at(&p.attribute, self.at)?;
        let missing = test.holds(None);
        let n = self.snapshot.n_places();
        let mut set = UserSet::of(n, |_| missing);
        for (user, value) in &values {
            set.put(*user, test.holds(Some(value)));
        }
        Ok(set)
    }
}

/// A test of a count that is one bound.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) at_least: u32,
    pub(super) negated: bool,
}

impl Bound {
    pub(super) fn of(test: &Test) -> Option<Bound> {
        let whole = |value: &Value| match value {
            Value::Int(n) => Some((*n).clamp(0, i64::from(u32::MAX)) as u32),
            _ => None,
        };
        let (at_least, negated) = match &test.op {
            Op::Ge(value) => (whole(value)?, false),
            Op::Gt(value) => (above(value)?, false),
            Op::Lt(value) => (whole(value)?, true),
            Op::Le(value) => (above(value)?, true),
            _ => return None,
        };
        Some(Bound { at_least, negated })
    }
}

/// The least count greater than a whole number.
fn above(value: &Value) -> Option<u32> {
    match value {
        Value::Int(n) => Some(n.saturating_add(1).clamp(0, i64::from(u32::MAX)) as u32),
        _ => None,
    }
}

/// Who of the users has at least so many selected rows.
fn at_least(scan: &Scan, users: &Range<u32>, bound: u32) -> UserSet {
    if let Some(source) = scan.plain().filter(|_| bound == 1) {
        return source.have(users);
    }
    let counts = scan.counts(users);
    let words = counts.chunks(64).map(|counts| bits_of(counts, |count| *count >= bound));
    UserSet::of_words(users.len(), words)
}

/// The property that a measure reads.
fn property(measure: &Measure) -> Option<&str> {
    match measure {
        Measure::Count | Measure::Days => None,
        Measure::Sum(property)
        | Measure::Avg(property)
        | Measure::Min(property)
        | Measure::Max(property)
        | Measure::Distinct(property)
        | Measure::First(property)
        | Measure::Last(property) => Some(property),
    }
}

/// A measured value for every user of a range.
pub(crate) enum Measured {
    /// Whole numbers, 0 where nothing matched.
    Whole(Vec<u32>),
    /// Floats; nothing (not a number) where the measure has none.
    Floats(Vec<f64>),
    /// Any values; nothing where the measure has none.
    Values(Vec<Option<Value>>),
}

impl Measured {
    /// One array of the values of neighbouring ranges.
    fn joined(parts: Vec<Measured>) -> Measured {
        let mut parts = parts.into_iter();
        let Some(mut all) = parts.next() else { return Measured::Whole(Vec::new()) };
        for part in parts {
            match (&mut all, part) {
                (Measured::Whole(all), Measured::Whole(part)) => all.extend(part),
                (Measured::Floats(all), Measured::Floats(part)) => all.extend(part),
                (Measured::Values(all), Measured::Values(part)) => all.extend(part),
                _ => unreachable!("one measure has values of one kind"),
            }
        }
        all
    }

    fn test(&self, test: &CompiledTest) -> UserSet {
        match self {
            Measured::Whole(counts) => {
                let most = counts.iter().copied().max().unwrap_or(0) as usize;
                let holds = |n: usize| test.holds(Some(&Value::Int(n as i64)));
                let table: Vec<bool> = (0..=most.min(4_096)).map(holds).collect();
                UserSet::of(counts.len(), |user| {
                    let n = counts[user] as usize;
                    table.get(n).copied().unwrap_or_else(|| holds(n))
                })
            }
            Measured::Floats(values) => UserSet::of(values.len(), |user| {
                !values[user].is_nan() && test.holds_float(values[user])
            }),
            Measured::Values(values) => UserSet::of(values.len(), |user| {
                values[user].as_ref().is_some_and(|value| test.holds(Some(value)))
            }),
        }
    }
}

fn measure(scan: &Scan, measure: &Measure, users: &Range<u32>, zone: &Zone) -> Measured {
    match measure {
        Measure::Count => Measured::Whole(scan.counts(users)),
        Measure::Sum(_) => Measured::Floats(Sums::of(scan, users).values(|sum, _| sum, 0.0)),
        Measure::Avg(_) => Measured::Floats(Sums::of(scan, users).values(mean, f64::NAN)),
        Measure::Min(_) => picked(scan, users, Pick::Least),
        Measure::Max(_) => picked(scan, users, Pick::Greatest),
        Measure::First(_) => picked(scan, users, Pick::First),
        Measure::Last(_) => picked(scan, users, Pick::Last),
        Measure::Distinct(_) => Measured::Whole(super::values::distinct(scan, users)),
        Measure::Days => Measured::Whole(days(scan, users, zone)),
    }
}

/// A value with the place of its event in the user's order.
struct Placed {
    place: (i64, u64),
    value: Value,
}

/// Which of a user's values is wanted; least and greatest are among numbers only.
#[derive(Clone, Copy, PartialEq)]
enum Pick {
    Least,
    Greatest,
    First,
    Last,
}

impl Pick {
    fn prefers(self, new: &Placed, old: &Placed) -> bool {
        let order = || new.value.compare(&old.value);
        match self {
            Pick::Least => order().is_some_and(|order| order.is_lt()),
            Pick::Greatest => order().is_some_and(|order| order.is_gt()),
            Pick::First => new.place < old.place,
            Pick::Last => new.place > old.place,
        }
    }
}

fn picked(scan: &Scan, users: &Range<u32>, pick: Pick) -> Measured {
    let numbers_only = matches!(pick, Pick::Least | Pick::Greatest);
    let mut best: Vec<Option<Placed>> = users.clone().map(|_| None).collect();
    scan.values(users, |part, user, row, column| {
        let value = column.get(row).filter(|value| !numbers_only || value.number().is_some());
        let Some(value) = value else { return };
        let place = if numbers_only { (0, 0) } else { (part.time(row), part.arrival(row)) };
        let new = Placed { place, value };
        let held = &mut best[(user - users.start) as usize];
        if held.as_ref().is_none_or(|old| pick.prefers(&new, old)) {
            *held = Some(new);
        }
    });
    Measured::Values(best.into_iter().map(|placed| placed.map(|placed| placed.value)).collect())
}

/// On how many local days each of the users has a selected row.
fn days(scan: &Scan, users: &Range<u32>, zone: &Zone) -> Vec<u32> {
    let Some((from, to)) = scan.source.span() else { return vec![0; users.len()] };
    let days = Periods::new(PeriodUnit::Day, zone, from, to);
    let mut masks = vec![0u64; if days.len() <= 64 { users.len() } else { 0 }];
    let mut pairs = Vec::new();
    scan.runs(users, |part, user, rows| {
        let local = user - users.start;
        for row in rows {
            let Some(day) = days.of(part.time(row)) else { continue };
            match masks.get_mut(local as usize) {
                Some(mask) => *mask |= 1 << day,
                None => {
                    if pairs.last() != Some(&(local, day)) {
                        pairs.push((local, day));
                    }
                }
            }
        }
    });
    match masks.is_empty() {
        true => distinct(pairs, users.len()),
        false => masks.into_iter().map(u64::count_ones).collect(),
    }
}

/// How many distinct keys each user has.
fn distinct<K: Ord>(mut pairs: Vec<(u32, K)>, n: usize) -> Vec<u32> {
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = vec![0; n];
    pairs.iter().for_each(|(user, _)| counts[*user as usize] += 1);
    counts
}
