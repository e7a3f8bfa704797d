//! The overview.

use history::activity::{Activity, activity};
use history::lifecycle;
use model::Span;
use wire::api::{Active, Compare, DayActivity, NewUsers, Overview, OverviewQuery, OverviewState};

use super::{Service, share};
use crate::failure::Failure;

/// Local days shown.
const DAYS: u32 = 90;

impl Service {
    /// Who is in which state, what changed, who is active.
    pub fn overview(&self, query: &OverviewQuery) -> Result<Overview, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let before = view.at - back(query.compare);
        let (evaluator, earlier) = (view.evaluator(), view.evaluator_at(before));
        let (states, states_before) = (evaluator.states()?, earlier.states()?);
        let users = evaluator.everybody().len();
        let (counts, counts_before) = (states.counts(), states_before.counts());
        let state = |(index, state): (usize, &segment::State)| OverviewState {
            key: state.key.to_string(),
            name: state.name.to_string(),
            users: counts[index],
            share: share(counts[index], users),
            before: counts_before[index],
            change: counts[index] as i64 - counts_before[index] as i64,
        };
        let span = view.snapshot.activity_span().filter(|(first, _)| *first <= view.at);
        let activity = activity(&evaluator, DAYS)?;
        let moved = lifecycle::transitions(&states_before, &states);
        Ok(Overview {
            as_of: view.at.to_string(),
            compared_to: before.to_string(),
            users,
            events: view.snapshot.n_events(view.at)?,
            first_event_at: span.map(|(first, _)| first.to_string()),
            last_event_at: span.map(|(_, last)| last.min(view.at).to_string()),
            states: view.rules.lifecycle.states.iter().enumerate().map(state).collect(),
            transitions: super::lifecycle::transitions(&view.rules, before, view.at, moved),
            active: active(&activity),
            new_users: new_users(&activity),
            daily: activity.days.iter().map(day).collect(),
        })
    }
}

fn back(compare: Compare) -> Span {
    Span::days(match compare {
        Compare::Day => 1,
        Compare::Week => 7,
        Compare::Month => 30,
    })
}

fn active(activity: &Activity) -> Active {
    let [day, week, month] = activity.active;
    Active { day, week, month, stickiness: activity.stickiness }
}

fn new_users(activity: &Activity) -> NewUsers {
    let [day, week, month] = activity.new;
    NewUsers { day, week, month }
}

fn day(day: &history::activity::DayActivity) -> DayActivity {
    DayActivity { day: day.day.to_string(), active: day.active, new: day.new, events: day.events }
}
