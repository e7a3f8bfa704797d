//! What each user was sent, what they did with it, and what they did then: what attribution needs.
//!
//! What it is not: it credits nothing; the rule that does is handed in.

use std::collections::BTreeMap;
use std::ops::Range;

use model::outreach::{CAMPAIGN, CLICKED, MACHINE, MESSAGE, OPENED, SENT, VARIANT};
use model::{Text, Timestamp, Value};

use super::{Goal, key, of, own, text};
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::ranges::add_up;

/// Something that happened with a message that was sent to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// When.
    pub at: Timestamp,
    /// The message: the same number for all that happened with it.
    pub message: u64,
    /// `Message Sent`, `Message Opened` by a person, or `Message Clicked` by a person.
    pub event: &'static str,
    /// Of which campaign.
    pub campaign: Text,
    /// Which of its variants.
    pub variant: Text,
}

/// Something that a user did and that reached a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reached {
    /// When.
    pub at: Timestamp,
    /// What it brought; 0 where the goal has no revenue, or the event no number.
    pub revenue: f64,
}

/// Takes in what one user did for one goal, by its place: touches, and what reached it.
pub type Take<'a, T> = dyn Fn(&mut T, usize, &[Touch], &[Reached]) + Sync + 'a;

/// Folds over the journeys of all users who were sent something and reached a goal: `take` is called once per
/// user and goal with the touches of all campaigns and what reached the goal, both in order of time; what it
/// adds up by ranges of users is brought together by `add`.
///
/// Touches are those up to the evaluator's instant; what reached a goal is from `since` on. What machines did
/// is left out. Cost: one pass over sent, opened and clicked messages and one over the events of each goal.
pub fn journeys<T: Clone + Send + Sync>(
    evaluator: &Evaluator,
    since: Timestamp,
    goals: &[Goal],
    nothing: &T,
    take: &Take<'_, T>,
    add: &(dyn Fn(&mut T, T) + Sync),
) -> Result<T, QueryError> {
    let properties = [MESSAGE, CAMPAIGN, VARIANT, MACHINE];
    let range = (Timestamp::MIN, evaluator.at);
    let touched = evaluator.source(&of(&[SENT, OPENED, CLICKED], None), range, &properties)?;
    let names: Vec<&'static str> =
        touched.parts().iter().map(|part| own(evaluator, part)).collect();
    let reached = |goal: &Goal| {
        let revenue: Vec<&str> = goal.revenue.iter().map(Text::as_str).collect();
        evaluator.source(&goal.of, (since, evaluator.at), &revenue)
    };
    let reached: Vec<Source> = goals.iter().map(reached).collect::<Result<_, _>>()?;
    let count = |users: Range<u32>| {
        let touches = touches(&touched, &names, users.clone());
        let mut own = nothing.clone();
        for (n, (goal, source)) in goals.iter().zip(&reached).enumerate() {
            let mut of_user: BTreeMap<u32, Vec<Reached>> = BTreeMap::new();
            source.each(users.clone(), |hit| {
                if touches.contains_key(&hit.user) {
                    let amount = goal.revenue.as_ref().and_then(|_| hit.number(0));
                    let revenue = amount.unwrap_or(0.0);
                    let reached = Reached { at: Timestamp(hit.time), revenue };
                    of_user.entry(hit.user).or_default().push(reached);
                }
            });
            for (user, mut reached) in of_user {
                reached.sort_by(|a, b| a.at.cmp(&b.at).then(a.revenue.total_cmp(&b.revenue)));
                take(&mut own, n, touches.get(&user).map_or(&[], Vec::as_slice), &reached);
            }
        }
        own
    };
    Ok(add_up(evaluator, nothing.clone(), count, add))
}

/// By user, in order of time.
fn touches(
    source: &Source,
    names: &[&'static str],
    users: Range<u32>,
) -> BTreeMap<u32, Vec<Touch>> {
    let mut touches: BTreeMap<u32, Vec<Touch>> = BTreeMap::new();
    source.each_run(&users, |part, user, rows| {
        let event = names[part.index() as usize];
        for row in rows {
            let value = |property: usize| part.value(property, row);
            if value(3) == Some(Value::Bool(true)) {
                continue;
            }
            let at = Timestamp(part.time(row));
            let (message, campaign, variant) = (key(value(0)), text(value(1)), text(value(2)));
            let touch = Touch { at, message, event, campaign, variant };
            touches.entry(user).or_default().push(touch);
        }
    });
    for of_user in touches.values_mut() {
        of_user.sort_by(|a, b| (a.at, a.event, a.message).cmp(&(b.at, b.event, b.message)));
    }
    touches
}
