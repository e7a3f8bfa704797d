//! How many are active: by day, in rolling windows, and how often the active come (stickiness).

mod rolling;
#[cfg(test)]
mod tests;

use std::ops::Range;

use model::{Day, Span, Timestamp};
use segment::tree::{EventMatch, EventNames, Where};

use crate::calendar::{PeriodUnit, Periods};
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::masks::{Masks, bits};

pub(crate) use rolling::{DAYS_BEFORE, Rolling, last_days};
pub use rolling::{RollingDay, rolling};

/// Distinct users with any event, and new users, at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Active in the last 24 hours, 7 days and 30 days.
    pub active: [u64; 3],
    /// First seen in the last 24 hours, 7 days and 30 days.
    pub new: [u64; 3],
    /// Mean of the daily active users of the last 30 local days ÷ active in 30 days; 0 without any.
    pub stickiness: f64,
    /// The last `n` local days up to the instant, oldest first.
    pub days: Vec<DayActivity>,
}

/// One local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayActivity {
    /// The day.
    pub day: Day,
    /// Distinct users with any event.
    pub active: u64,
    /// Users first seen on it.
    pub new: u64,
    /// Events.
    pub events: u64,
}

/// The windows of [`Activity::active`].
const WINDOWS: [Span; 3] = [Span::DAY, Span::days(7), Span::days(30)];

/// What one range of users did.
struct Counted {
    active: [u64; 3],
    /// By day: active users and events.
    days: Vec<(u64, u64)>,
}

/// Activity up to the evaluator's instant, with the last `n_days` local days of the workspace.
/// Cost: one pass over the events of these days (at least 30).
pub fn activity(evaluator: &Evaluator, n_days: u32) -> Result<Activity, QueryError> {
    let (zone, at) = (&evaluator.rules.zone, evaluator.at);
    let today = zone.day(at);
    let first = Day(today.0 - i64::from(n_days.max(30)) + 1);
    let periods = Periods::new(PeriodUnit::Day, zone, zone.start_of_day(first), at);
    let since = periods.start(0).min(at - WINDOWS[2] + Span(1));
    let source = evaluator.source(&every_event(), (since, at), &[])?;
    let ranges = evaluator.by_users(|users| count(&source, users, &periods, at));
    let mut days: Vec<DayActivity> = (first.0..=today.0)
        .map(|day| DayActivity { day: Day(day), active: 0, new: 0, events: 0 })
        .collect();
    let mut active = [0; 3];
    for range in ranges {
        active.iter_mut().zip(range.active).for_each(|(all, more)| *all += more);
        for (day, (active, events)) in days.iter_mut().zip(range.days) {
            day.active += active;
            day.events += events;
        }
    }
    let new = new_users(evaluator, &periods, &mut days);
    let month: u64 = days[days.len() - 30..].iter().map(|day| day.active).sum();
    let stickiness = if active[2] > 0 { month as f64 / 30.0 / active[2] as f64 } else { 0.0 };
    let skip = days.len() - (n_days as usize).min(days.len());
    Ok(Activity { active, new, stickiness, days: days.split_off(skip) })
}

/// Events of every name.
pub(crate) fn every_event() -> EventMatch {
    EventMatch { names: EventNames::Any, filter: Where::ALWAYS }
}

fn count(source: &Source, users: Range<u32>, periods: &Periods, at: Timestamp) -> Counted {
    let from = users.start;
    let mut days = vec![(0, 0); periods.len()];
    let mut masks = Masks::empty(&users, periods);
    let mut last = vec![i64::MIN; users.len()];
    source.each(users.clone(), |hit| {
        let held = &mut last[(hit.user - from) as usize];
        *held = hit.time.max(*held);
        if let Some(day) = periods.of(hit.time) {
            days[day].1 += 1;
            masks.set(hit.user, day);
        }
    });
    for user in users {
        bits(masks.user(user)).for_each(|day| days[day].0 += 1);
    }
    let active = WINDOWS.map(|window| {
        let since = (at - window).0;
        last.iter().filter(|time| **time > since).count() as u64
    });
    Counted { active, days }
}

/// Who was first seen when: in the windows, and by day.
fn new_users(evaluator: &Evaluator, periods: &Periods, days: &mut [DayActivity]) -> [u64; 3] {
    let mut new = [0; 3];
    for user in evaluator.everybody().iter() {
        let seen = Timestamp(evaluator.snapshot.facts_of(user).first_seen);
        for (count, window) in new.iter_mut().zip(WINDOWS) {
            *count += u64::from(seen > evaluator.at - window);
        }
        if let Some(day) = periods.of(seen.0).and_then(|day| days.get_mut(day)) {
            day.new += 1;
        }
    }
    new
}
