//! Who comes back: cohorts by first activity, and the growth accounting of periods.

use std::collections::BTreeMap;

use model::{Day, Timestamp};
use segment::tree::{EventMatch, Unit};

use crate::evaluate::{Evaluator, QueryError};

/// Users whose first activity fell into one period, and how many of them were active in the
/// periods after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// First local day of the period.
    pub start: Day,
    /// Users.
    pub users: u64,
    /// Active users 0, 1, 2… periods after the first, up to the period of the question.
    pub returned: Vec<u64>,
}

/// What happened to the active users of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// First local day of the period.
    pub start: Day,
    /// Users with activity in it.
    pub active: u64,
    /// For whom it is the first period with activity.
    pub new: u64,
    /// Also active in the period before.
    pub retained: u64,
    /// Active before, but not in the period before.
    pub resurrected: u64,
    /// Active in the period before, and not in this one.
    pub churned: u64,
}

impl Growth {
    /// (new + resurrected) ÷ churned; nothing if nobody churned.
    pub fn quick_ratio(&self) -> Option<f64> {
        (self.churned > 0).then(|| (self.new + self.resurrected) as f64 / self.churned as f64)
    }
}

/// Cohorts by the first `first` event; a user returns in a period with a `back` event. Periods are
/// local to the workspace. Cost: one pass over the matching events and one sort.
pub fn cohorts(
    evaluator: &Evaluator,
    first: &EventMatch,
    back: &EventMatch,
    unit: Unit,
) -> Result<Vec<Cohort>, QueryError> {
    let last = period_of(evaluator.rules.zone.day(evaluator.at), unit);
    let mut start: BTreeMap<u32, i64> = BTreeMap::new();
    for (user, period) in periods(evaluator, first, unit)? {
        start.entry(user).or_insert(period);
    }
    let mut cohorts: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    let mut sizes: BTreeMap<i64, u64> = BTreeMap::new();
    for period in start.values() {
        *sizes.entry(*period).or_default() += 1;
        cohorts.entry(*period).or_insert_with(|| vec![0; (last - period + 1) as usize]);
    }
    for (user, period) in periods(evaluator, back, unit)? {
        let Some(first) = start.get(&user).filter(|first| **first <= period) else { continue };
        if let Some(returned) = cohorts.get_mut(first) {
            returned[(period - first) as usize] += 1;
        }
    }
    let cohort = |(period, returned)| Cohort {
        start: day_of(period, unit),
        users: sizes[&period],
        returned,
    };
    Ok(cohorts.into_iter().map(cohort).collect())
}

/// Growth accounting of every period from the first activity to the question.
pub fn growth(
    evaluator: &Evaluator,
    of: &EventMatch,
    unit: Unit,
) -> Result<Vec<Growth>, QueryError> {
    let active = periods(evaluator, of, unit)?;
    let Some(first) = active.iter().map(|(_, period)| *period).min() else {
        return Ok(Vec::new());
    };
    let last = period_of(evaluator.rules.zone.day(evaluator.at), unit);
    let empty = |period| Growth {
        start: day_of(period, unit),
        active: 0,
        new: 0,
        retained: 0,
        resurrected: 0,
        churned: 0,
    };
    let mut growth: Vec<Growth> = (first..=last).map(empty).collect();
    for own in active.chunk_by(|a, b| a.0 == b.0) {
        for (index, (_, period)) in own.iter().enumerate() {
            let at = (period - first) as usize;
            growth[at].active += 1;
            match index.checked_sub(1).map(|before| own[before].1) {
                None => growth[at].new += 1,
                Some(before) if before == period - 1 => growth[at].retained += 1,
                Some(_) => growth[at].resurrected += 1,
            }
            let next = own.get(index + 1).map(|(_, next)| *next);
            if next != Some(period + 1)
                && let Some(after) = growth.get_mut(at + 1)
            {
                after.churned += 1;
            }
        }
    }
    Ok(growth)
}

/// (user, period) of every matching event up to the instant, sorted, each once.
fn periods(
    evaluator: &Evaluator,
    of: &EventMatch,
    unit: Unit,
) -> Result<Vec<(u32, i64)>, QueryError> {
    let zone = &evaluator.rules.zone;
    let mut periods = Vec::new();
    let source = evaluator.source(of, (Timestamp::MIN, evaluator.at), &[])?;
    source.each(0..evaluator.snapshot.n_places() as u32, |hit| {
        periods.push((hit.user, period_of(zone.day(Timestamp(hit.time)), unit)));
    });
    periods.sort_unstable();
    periods.dedup();
    Ok(periods)
}

/// The number of a period, so that neighbours differ by one.
fn period_of(day: Day, unit: Unit) -> i64 {
    match unit {
        Unit::Day => day.0,
        Unit::Week => (day.0 + 3).div_euclid(7),
        Unit::Month => {
            let (year, month, _) = day.civil();
            year * 12 + month - 1
        }
    }
}

fn day_of(period: i64, unit: Unit) -> Day {
    match unit {
        Unit::Day => Day(period),
        Unit::Week => Day(period * 7 - 3),
        Unit::Month => Day(0).month_plus(period - 1970 * 12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_and_their_first_days_are_inverse() {
        for day in -800..20_000 {
            for unit in [Unit::Day, Unit::Week, Unit::Month] {
                let start = day_of(period_of(Day(day), unit), unit);
                assert!(start.0 <= day && day - start.0 < 31, "{day} {unit:?}");
                assert_eq!(period_of(start, unit), period_of(Day(day), unit));
            }
        }
        assert_eq!(
            day_of(period_of(Day::parse("2026-11-25").unwrap(), Unit::Week), Unit::Week)
                .to_string(),
            "2026-11-23"
        );
    }
}
