//! Measures that need no order of a user's events: one pass over the selected rows into arrays
//! with one place per user. First, last, distinct and days collect (user, key) pairs instead.

use model::{ExactSum, Timestamp, UserIndex, Value, Zone};
use segment::evaluate::{CompiledTest, range_at};
use segment::tree::{EventMatch, EventPredicate, Measure, ProfilePredicate, Range, Window};

use super::values::UserValues;
use super::{Evaluator, Matching, QueryError};
use crate::column::Column;
use crate::part::Part;
use crate::set::UserSet;
use crate::snapshot::Snapshot;

/// A window resolved at one instant: selected rows, in which instants, in which zone.
pub(super) struct Scan<'a> {
    snapshot: &'a Snapshot,
    matching: Matching,
    range: Option<(Timestamp, Timestamp)>,
    window: &'a Window,
    zone: Zone,
}

impl Scan<'_> {
    fn rows(&self, visit: impl FnMut(&Part, usize)) {
        if let Some(range) = self.range {
            self.matching.scan(self.snapshot, range, (self.window, &self.zone), visit);
        }
    }

    /// Rows with their column of one property, looked up once per part.
    pub(super) fn values(&self, property: &str, mut visit: impl FnMut(&Part, usize, &Column)) {
        let Some(id) = self.snapshot.names.number(property) else { return };
        self.rows(|part, row| {
            if let Some(column) = part.columns.get(&id) {
                visit(part, row, column);
            }
        });
    }
}

impl Evaluator<'_> {
    /// Whether a predicate is answered by a scan.
    pub(super) fn scans(&self, p: &EventPredicate) -> bool {
        !matches!(p.within.range, Range::After(_) | Range::Before(_))
            && self.common_zone(&p.within).is_some()
            && Matching::of(&p.of, self.rules).is_some()
    }

    pub(super) fn measured(&self, p: &EventPredicate) -> Result<UserSet, QueryError> {
        let Some(values) = self.measure(&p.of, &p.within, &p.measure)? else {
            return self.user_by_user(&segment::Predicate::Event(p.clone()));
        };
        let test = CompiledTest::new(&p.test);
        Ok(match values {
            Measured::Whole(counts) => {
                let most = counts.iter().copied().max().unwrap_or(0) as usize;
                let holds = |n: usize| test.holds(Some(&Value::Int(n as i64)));
                let table: Vec<bool> = (0..=most.min(4_096)).map(holds).collect();
                UserSet::of(counts.len(), |user| {
                    let n = counts[user] as usize;
                    table.get(n).copied().unwrap_or_else(|| holds(n))
                })
            }
            Measured::Values(values) => UserSet::of(values.len(), |user| {
                values[user].as_ref().is_some_and(|value| test.holds(Some(value)))
            }),
        })
    }

    /// Nothing if the window depends on the user's own calendar, or the match on the event before.
    pub(super) fn scan<'s>(
        &'s self,
        of: &EventMatch,
        window: &'s Window,
    ) -> Result<Option<Scan<'s>>, QueryError> {
        let zone = self.common_zone(window);
        let Some((zone, matching)) = zone.zip(Matching::of(of, self.rules)) else {
            return Ok(None);
        };
        let range = range_at(window, self.at, &zone);
        Ok(Some(Scan { snapshot: self.snapshot, matching, range, window, zone }))
    }

    /// The measured value of every user; nothing if it cannot be had by a scan.
    pub(crate) fn measure(
        &self,
        of: &EventMatch,
        window: &Window,
        measure: &Measure,
    ) -> Result<Option<Measured>, QueryError> {
        if let Some(counts) = self.counted(of, window, measure) {
            return Ok(Some(Measured::Whole(counts)));
        }
        let Some(scan) = self.scan(of, window)? else { return Ok(None) };
        let n = self.snapshot.n_places();
        Ok(Some(match measure {
            Measure::Count => {
                let mut counts = vec![0; n];
                scan.rows(|part, row| counts[part.user[row] as usize] += 1);
                Measured::Whole(counts)
            }
            Measure::Sum(property) => Measured::Values(
                sums(&scan, property, n)
                    .into_iter()
                    .map(|(sum, _)| Some(sum.value().into()))
                    .collect(),
            ),
            Measure::Avg(property) => Measured::Values(
                sums(&scan, property, n)
                    .into_iter()
                    .map(|(sum, n)| (n > 0).then(|| (sum.value() / f64::from(n)).into()))
                    .collect(),
            ),
            Measure::Min(property) => picked(&scan, property, n, Pick::Least),
            Measure::Max(property) => picked(&scan, property, n, Pick::Greatest),
            Measure::First(property) => picked(&scan, property, n, Pick::First),
            Measure::Last(property) => picked(&scan, property, n, Pick::Last),
            Measure::Distinct(property) => {
                Measured::Whole(UserValues::of(&scan, property).distinct(n))
            }
            Measure::Days => {
                let (mut pairs, zone) = (Vec::new(), &self.rules.zone);
                scan.rows(|part, row| {
                    pairs.push((part.user[row], zone.day(Timestamp(part.time[row]))))
                });
                Measured::Whole(distinct(pairs, n))
            }
        }))
    }

    /// Counts and days over a plain window, from the times that the snapshot keeps.
    fn counted(&self, of: &EventMatch, window: &Window, measure: &Measure) -> Option<Vec<u32>> {
        let plain = window.hours.is_none() && window.weekdays.is_empty();
        if !plain || !matches!(measure, Measure::Count | Measure::Days) {
            return None;
        }
        let zone = self.common_zone(window)?;
        let Some((from, to)) = range_at(window, self.at, &zone) else {
            return Some(vec![0; self.snapshot.n_places()]);
        };
        let times = self.snapshot.times.of(self.snapshot, of, self.rules, (from, to))?;
        Some(match measure {
            Measure::Days => times.days(from, to),
            _ => times.counts(from, to),
        })
    }

    /// An attribute compares so at the instant.
    pub(super) fn attribute(&self, p: &ProfilePredicate) -> Result<UserSet, QueryError> {
        let test = CompiledTest::new(&p.test);
        let values = self.snapshot.attribute_at(&p.attribute, self.at)?;
        let missing = test.holds(None);
        let n = self.snapshot.n_places();
        Ok(UserSet::of(n, |user| match values.get(&UserIndex(user as u32)) {
            Some(value) => test.holds(Some(value)),
            None => missing,
        }))
    }
}

/// A measured value for every user.
pub(crate) enum Measured {
    /// Whole numbers, 0 where nothing matched.
    Whole(Vec<u32>),
    /// Any values; nothing where the measure has none.
    Values(Vec<Option<Value>>),
}

fn sums(scan: &Scan, property: &str, n: usize) -> Vec<(ExactSum, u32)> {
    let mut sums = vec![(ExactSum::default(), 0); n];
    scan.values(property, |part, row, column| {
        let (sum, count) = &mut sums[part.user[row] as usize];
        match column.get(row) {
            Some(Value::Int(term)) => sum.add_int(term),
            Some(Value::Float(term)) => sum.add(term),
            _ => return,
        }
        *count += 1;
    });
    sums
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

fn picked(scan: &Scan, property: &str, n: usize, pick: Pick) -> Measured {
    let numbers_only = matches!(pick, Pick::Least | Pick::Greatest);
    let mut best: Vec<Option<Placed>> = (0..n).map(|_| None).collect();
    scan.values(property, |part, row, column| {
        let value = column.get(row).filter(|value| !numbers_only || value.number().is_some());
        let Some(value) = value else { return };
        let new = Placed { place: (part.time[row], part.arrival[row]), value };
        let held = &mut best[part.user[row] as usize];
        if held.as_ref().is_none_or(|old| pick.prefers(&new, old)) {
            *held = Some(new);
        }
    });
    Measured::Values(best.into_iter().map(|placed| placed.map(|placed| placed.value)).collect())
}

/// How many distinct keys each user has.
fn distinct<K: Ord>(mut pairs: Vec<(u32, K)>, n: usize) -> Vec<u32> {
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = vec![0; n];
    pairs.iter().for_each(|(user, _)| counts[*user as usize] += 1);
    counts
}
