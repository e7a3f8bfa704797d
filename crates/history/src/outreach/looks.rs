//! What each arm of a campaign had at fixed instants: what a sequential test looks at.
//!
//! The instants are the ends of days in UTC, whoever asks and whenever. A user counts from the first of them
//! after their window is over, and is then settled: converted or not. So the totals at a look follow from the
//! history alone, each user is one observation that never changes, and looking more often changes nothing.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{Span, Text, Timestamp};

use super::effect::{decisions, drawn, in_windows};
use super::{Arm, Goal, Outcome};
use crate::evaluate::{Evaluator, QueryError};
use crate::ranges::add_up;

/// The distance between looks.
const DAY: i64 = Span::days(1).0;

/// The arms of a campaign at its looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looks {
    /// Instants at which something was new, in ascending order, with everything that each arm had by then.
    pub looks: Vec<(Timestamp, BTreeMap<Arm, Outcome>)>,
    /// Users who were drawn and whose window is not over at the latest look.
    pub open: u64,
}

/// By day at whose end users are settled, what they did.
type Days = BTreeMap<(i64, Arm), Outcome>;

/// The looks at a campaign up to the evaluator's instant, of users who were drawn before `until`.
///
/// Cost: one pass over the decisions of the campaign and one over the events of the goal.
pub fn looks(
    evaluator: &Evaluator,
    campaign: &str,
    until: Timestamp,
    goal: &Goal,
) -> Result<Looks, QueryError> {
    let range = (Timestamp::MIN, evaluator.at);
    let drawn_before = (Timestamp::MIN, until.minus(Span(1)).min(evaluator.at));
    let (decisions, held_out) = decisions(evaluator, Some(campaign), drawn_before)?;
    let revenue: Vec<&str> = goal.revenue.iter().map(Text::as_str).collect();
    let reached = evaluator.source(&goal.of, range, &revenue)?;
    let at = evaluator.at;
    let count = |users: Range<u32>| {
        let drawn = drawn(&decisions, &held_out, users.clone());
        let did = in_windows(&drawn, goal, &reached, users);
        let (mut days, mut open) = (Days::new(), 0);
        for (user, (from, arm)) in &drawn {
            let day = from.plus(goal.within).0.div_euclid(DAY);
            if Timestamp(day.saturating_add(1).saturating_mul(DAY)) > at {
                open += 1;
                continue;
            }
            let own = days.entry((day, arm.clone())).or_default();
            own.users += 1;
            own.complete += 1;
            own.reached(did.get(user));
        }
        (days, open)
    };
    let (days, open) = add_up(evaluator, (Days::new(), 0), count, |all, (days, open)| {
        all.1 += open;
        for (key, outcome) in days {
            all.0.entry(key).or_default().merge(&outcome);
        }
    });
    Ok(Looks { looks: summed(days), open })
}

/// Totals since the start, of what was new each day.
fn summed(days: Days) -> Vec<(Timestamp, BTreeMap<Arm, Outcome>)> {
    let mut looks: Vec<(Timestamp, BTreeMap<Arm, Outcome>)> = Vec::new();
    for ((day, arm), outcome) in days {
        let at = Timestamp((day + 1) * DAY);
        if looks.last().is_none_or(|(latest, _)| *latest != at) {
            let before = looks.last().map(|(_, arms)| arms.clone()).unwrap_or_default();
            looks.push((at, before));
        }
        if let Some((_, arms)) = looks.last_mut() {
            arms.entry(arm).or_default().merge(&outcome);
        }
    }
    looks
}
