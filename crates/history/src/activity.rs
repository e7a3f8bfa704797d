//! How many are active: by day, in rolling windows, and how often the active come (stickiness).

use model::{Day, Span, Timestamp};
use segment::tree::{EventMatch, EventNames, Range, Where, Window};

use crate::evaluate::{Evaluator, QueryError};

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

/// Activity up to the evaluator's instant, with the last `n_days` local days of the workspace.
pub fn activity(evaluator: &Evaluator, n_days: u32) -> Result<Activity, QueryError> {
    let (snapshot, zone, at) = (evaluator.snapshot, &evaluator.rules.zone, evaluator.at);
    let today = zone.day(at);
    let first = Day(today.0 - i64::from(n_days.max(30)) + 1);
    let mut days: Vec<DayActivity> = (first.0..=today.0)
        .map(|day| DayActivity { day: Day(day), active: 0, new: 0, events: 0 })
        .collect();
    let mut pairs = Vec::new();
    each_event(evaluator, Range::Since(zone.start_of_day(first)), |user, time| {
        let at = (zone.day(Timestamp(time)).0 - first.0) as usize;
        if let Some(day) = days.get_mut(at) {
            day.events += 1;
            pairs.push((at as u32, user));
        }
    })?;
    pairs.sort_unstable();
    pairs.dedup();
    pairs.iter().for_each(|(day, _)| days[*day as usize].active += 1);
    let windows = [1, 7, 30].map(Span::days);
    let mut new = [0; 3];
    for user in evaluator.everybody().iter() {
        let seen = Timestamp(snapshot.facts_of(user).first_seen);
        for (count, window) in new.iter_mut().zip(windows) {
            *count += u64::from(seen > at - window);
        }
        let day = usize::try_from(zone.day(seen).0 - first.0).ok();
        if let Some(day) = day.and_then(|day| days.get_mut(day)) {
            day.new += 1;
        }
    }
    let mut active = [0; 3];
    for (count, window) in active.iter_mut().zip(windows) {
        let mut users = crate::UserSet::empty(snapshot.n_places());
        each_event(evaluator, Range::Last(window), |user, _| {
            users.insert(model::UserIndex(user));
        })?;
        *count = users.len();
    }
    let month: u64 = days[days.len() - 30..].iter().map(|day| day.active).sum();
    let stickiness = if active[2] > 0 { month as f64 / 30.0 / active[2] as f64 } else { 0.0 };
    let skip = days.len() - (n_days as usize).min(days.len());
    Ok(Activity { active, new, stickiness, days: days.split_off(skip) })
}

fn each_event(
    evaluator: &Evaluator,
    range: Range,
    mut visit: impl FnMut(u32, i64),
) -> Result<(), QueryError> {
    let any = EventMatch { names: EventNames::Any, filter: Where::ALWAYS };
    let window = Window::range(range);
    let range = segment::evaluate::range_at(&window, evaluator.at, &evaluator.rules.zone);
    let Some(range) = range else { return Ok(()) };
    let source = evaluator.source(&any, range, &[])?;
    source.each(0..evaluator.snapshot.n_places() as u32, |hit| visit(hit.user, hit.time));
    Ok(())
}
