//! Daily, weekly and monthly active users as series by day.

use model::Day;
use segment::tree::EventMatch;

use crate::calendar::{PeriodUnit, Periods};
use crate::evaluate::{Evaluator, QueryError};
use crate::groups::UserGroups;
use crate::masks::{Masks, bits};

/// Days of the longest window before its last.
pub(crate) const DAYS_BEFORE: usize = 29;

/// Active users of one local day and of the days that end with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollingDay {
    /// The day.
    pub day: Day,
    /// Distinct users active on it.
    pub daily: u64,
    /// Distinct users active on it or one of the 6 days before.
    pub weekly: u64,
    /// Distinct users active on it or one of the 29 days before.
    pub monthly: u64,
}

impl RollingDay {
    /// Daily ÷ monthly active users; nothing if nobody is active.
    pub fn stickiness(&self) -> Option<f64> {
        (self.monthly > 0).then(|| self.daily as f64 / self.monthly as f64)
    }
}

/// The last `n_days` local days for each group, oldest first. Users are active with a matching
/// event. Cost: one pass over the events of these days and the 29 before.
pub fn rolling(
    evaluator: &Evaluator,
    of: &EventMatch,
    n_days: u32,
    groups: &UserGroups,
) -> Result<Vec<Vec<RollingDay>>, QueryError> {
    let n = n_days.max(1) as usize;
    let (first, periods) = last_days(evaluator, n + DAYS_BEFORE);
    let source = evaluator.source(of, (periods.start(0), evaluator.at), &[])?;
    let ranges = evaluator.by_users(|users| {
        let mut counts = vec![Rolling::new(periods.len()); groups.len()];
        let masks = Masks::of(&source, users.clone(), &periods);
        for user in users {
            if let Some(group) = groups.of(user) {
                counts[group].add(bits(masks.user(user)).map(|bit| bit - 1));
            }
        }
        counts
    });
    let mut all = vec![Rolling::new(periods.len()); groups.len()];
    for range in ranges {
        all.iter_mut().zip(&range).for_each(|(all, more)| all.merge(more));
    }
    let day = |(index, [daily, weekly, monthly]): (usize, [u64; 3])| {
        let day = Day(first.0 + index as i64);
        RollingDay { day, daily, weekly, monthly }
    };
    let series = |counts: Rolling| {
        counts.series().into_iter().enumerate().skip(DAYS_BEFORE).map(day).collect()
    };
    Ok(all.into_iter().map(series).collect())
}

/// The last `n` local days, and the first of them.
pub(crate) fn last_days(evaluator: &Evaluator, n: usize) -> (Day, Periods) {
    let zone = &evaluator.rules.zone;
    let first = Day(zone.day(evaluator.at).0 - n as i64 + 1);
    (first, Periods::new(PeriodUnit::Day, zone, zone.start_of_day(first), evaluator.at))
}

/// By day: how many users more than the day before are active in the window that ends with it.
#[derive(Clone)]
pub(crate) struct Rolling {
    changes: Vec<[i64; 3]>,
}

impl Rolling {
    pub(crate) fn new(n_days: usize) -> Rolling {
        Rolling { changes: vec![[0; 3]; n_days] }
    }

    /// Adds one user with the days on which they were active, ascending.
    pub(crate) fn add(&mut self, days: impl Iterator<Item = usize>) {
        let mut covered = [0; 3];
        for day in days {
            for (window, length) in [1, 7, DAYS_BEFORE + 1].into_iter().enumerate() {
                // Active in the windows that end on this day or up to `length` − 1 days later.
                self.change(day.max(covered[window]), window, 1);
                covered[window] = day + length;
                self.change(covered[window], window, -1);
            }
        }
    }

    fn change(&mut self, day: usize, window: usize, by: i64) {
        if let Some(changes) = self.changes.get_mut(day) {
            changes[window] += by;
        }
    }

    pub(crate) fn merge(&mut self, more: &Rolling) {
        let all = self.changes.iter_mut().flatten();
        all.zip(more.changes.iter().flatten()).for_each(|(all, more)| *all += more);
    }

    /// Daily, weekly and monthly active users by day.
    pub(crate) fn series(&self) -> Vec<[u64; 3]> {
        let mut now = [0; 3];
        let day = |changes: &[i64; 3]| {
            now.iter_mut().zip(changes).for_each(|(now, change)| *now += change);
            now.map(|n: i64| n.unsigned_abs())
        };
        self.changes.iter().map(day).collect()
    }
}
