//! Who was drawn into which arm, and what they did after it.

use std::collections::BTreeMap;
use std::ops::Range;

use model::outreach::{GROUP, HELD_OUT, PLANNED, QUEUED, VARIANT, WITHHELD};
use model::{ExactSum, Span, Text, Timestamp};
use segment::tree::EventMatch;

use super::{of, own, text};
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::ranges::add_up;

/// What a campaign is to bring about.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Which events reach it.
    pub of: EventMatch,
    /// How long after the draw they count; the end itself does.
    pub within: Span,
    /// The property with the revenue; an event without a number in it reaches the goal and adds nothing.
    pub revenue: Option<Text>,
}

/// An arm by how it was told: the name of a variant, or of a control group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// A control group: `workspace` or `campaign`.
    Control(Text),
    /// A variant.
    Variant(Text),
}

/// What the users of one arm did, for one goal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Users in the arm.
    pub users: u64,
    /// Of them, those whose window is over: only these can be compared.
    pub complete: u64,
    /// Of the users, those who reached the goal in the window.
    pub converted: u64,
    /// Events that reached it.
    pub events: u64,
    /// Users with revenue that is not 0.
    pub payers: u64,
    /// Their revenue.
    pub revenue: ExactSum,
    /// The sum of the squares of each user's revenue.
    pub revenue_squares: ExactSum,
}

impl Outcome {
    /// Takes in what one of its users did, if anything; the user is counted elsewhere.
    pub(super) fn reached(&mut self, did: Option<&Did>) {
        let Some((events, revenue)) = did else { return };
        self.converted += 1;
        self.events += events;
        self.payers += u64::from(revenue.value() != 0.0);
        self.revenue.merge(revenue);
        self.revenue_squares.add(revenue.value() * revenue.value());
    }

    /// Takes in the users of another arm.
    pub fn merge(&mut self, more: &Outcome) {
        let Outcome { users, complete, converted, events, payers, revenue, revenue_squares } = more;
        self.users += users;
        self.complete += complete;
        self.converted += converted;
        self.events += events;
        self.payers += payers;
        self.revenue.merge(revenue);
        self.revenue_squares.merge(revenue_squares);
    }
}

/// By arm, one outcome per goal.
pub type Arms = BTreeMap<Arm, Vec<Outcome>>;

/// Who of a campaign's users was drawn into which arm from one instant to another (both included), and what
/// they did in the windows after it up to the evaluator's instant. Of a campaign that draws again with every
/// run, a user's first draw counts: draws of one user are always the same.
///
/// Cost: one pass over the decisions of the campaign and one over the events of each goal.
pub fn effect(
    evaluator: &Evaluator,
    campaign: Option<&str>,
    (since, until): (Timestamp, Timestamp),
    goals: &[Goal],
) -> Result<Arms, QueryError> {
    let (decisions, held_out) = decisions(evaluator, campaign, (since, until.min(evaluator.at)))?;
    let reached = |goal: &Goal| {
        let revenue: Vec<&str> = goal.revenue.iter().map(Text::as_str).collect();
        evaluator.source(&goal.of, (since, evaluator.at), &revenue)
    };
    let reached: Vec<Source> = goals.iter().map(reached).collect::<Result<_, _>>()?;
    let at = evaluator.at;
    let count = |users: Range<u32>| {
        let drawn = drawn(&decisions, &held_out, users.clone());
        count(&drawn, goals, &reached, (users, at))
    };
    Ok(add_up(evaluator, Arms::new(), count, |all, more| {
        for (arm, outcomes) in more {
            let own =
                all.entry(arm).or_insert_with(|| vec![Outcome::default(); goals.len().max(1)]);
            own.iter_mut().zip(&outcomes).for_each(|(own, more)| own.merge(more));
        }
    }))
}

/// The events that tell a draw, of a campaign in a range of time, and which of their parts tell that somebody
/// was held out.
pub(super) fn decisions(
    evaluator: &Evaluator,
    campaign: Option<&str>,
    range: (Timestamp, Timestamp),
) -> Result<(Source, Vec<bool>), QueryError> {
    let names = [HELD_OUT, WITHHELD, QUEUED, PLANNED];
    let decisions = evaluator.source(&of(&names, campaign), range, &[VARIANT, GROUP])?;
    let held_out = decisions.parts().iter().map(|part| own(evaluator, part) == HELD_OUT).collect();
    Ok((decisions, held_out))
}

/// By user: when they were drawn first, and into which arm.
pub(crate) type Drawn = BTreeMap<u32, (Timestamp, Arm)>;

/// Whom decisions tell of.
pub(super) fn drawn(decisions: &Source, held_out: &[bool], users: Range<u32>) -> Drawn {
    let mut drawn = Drawn::new();
    decisions.each_run(&users, |part, user, rows| {
        for row in rows {
            let time = Timestamp(part.time(row));
            let arm = match held_out[part.index() as usize] {
                true => Arm::Control(text(part.value(1, row))),
                false => match text(part.value(0, row)) {
                    variant if variant.is_empty() => continue,
                    variant => Arm::Variant(variant),
                },
            };
            let own = drawn.entry(user).or_insert_with(|| (time, arm.clone()));
            if time < own.0 {
                *own = (time, arm);
            }
        }
    });
    drawn
}

fn count(
    drawn: &Drawn,
    goals: &[Goal],
    reached: &[Source],
    (users, at): (Range<u32>, Timestamp),
) -> Arms {
    let mut arms = enrolled(drawn, goals.len());
    for (n, (goal, source)) in goals.iter().zip(reached).enumerate() {
        let of_user = in_windows(drawn, goal, source, users.clone());
        settle(&mut arms, n, drawn, goal.within, &of_user, at);
    }
    arms
}

/// The arms of drawn users, who did nothing yet; without goals, one outcome that counts users.
pub(crate) fn enrolled(drawn: &Drawn, n_goals: usize) -> Arms {
    let mut arms = Arms::new();
    for (_, arm) in drawn.values() {
        let own =
            arms.entry(arm.clone()).or_insert_with(|| vec![Outcome::default(); n_goals.max(1)]);
        own.iter_mut().for_each(|outcome| outcome.users += 1);
    }
    arms
}

/// Takes in what drawn users did for the `n`-th goal in its windows, as known at an instant.
pub(crate) fn settle(
    arms: &mut Arms,
    n: usize,
    drawn: &Drawn,
    within: Span,
    did: &BTreeMap<u32, Did>,
    at: Timestamp,
) {
    for (user, (from, arm)) in drawn {
        let Some(own) = arms.get_mut(arm).and_then(|own| own.get_mut(n)) else { continue };
        own.complete += u64::from(from.plus(within) < at);
        own.reached(did.get(user));
    }
}

/// What one user did in the window of a goal: events that reached it, and their revenue.
pub(crate) type Did = (u64, ExactSum);

/// What users did in the windows after their draws.
pub(crate) fn in_windows(
    drawn: &Drawn,
    goal: &Goal,
    reached: &Source,
    users: Range<u32>,
) -> BTreeMap<u32, Did> {
    let mut of_user: BTreeMap<u32, Did> = BTreeMap::new();
    reached.each(users, |hit| {
        let Some((from, _)) = drawn.get(&hit.user) else { return };
        let time = Timestamp(hit.time);
        if time < *from || time > from.plus(goal.within) {
            return;
        }
        let own = of_user.entry(hit.user).or_default();
        own.0 += 1;
        let amount = goal.revenue.as_ref().and_then(|_| hit.number(0));
        own.1.add(amount.unwrap_or(0.0));
    });
    of_user
}
