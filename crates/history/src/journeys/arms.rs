//! What those did who came into a journey, or went one way out of a step, and those who were held out.
//!
//! **Intention to treat.** A user belongs to the arm of their first run of a range, from the instant at which
//! they came in, or were held out; of a step that divides people, to the path that they took there first, from
//! that instant.

use std::collections::BTreeMap;
use std::ops::Range;

use model::journey::{ENTERED, HELD_OUT, path};
use model::{EventId, Span, Text, Timestamp};

use super::{Told, Wish, fold};
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::outreach::effect::{Did, Drawn, enrolled, in_windows, settle};
use crate::outreach::{self, Arm, Arms};
use crate::ranges::add_up;

/// The name of the arm of those who came in.
const CAME_IN: &str = "journey";

/// What a journey is to bring about.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// Somebody does something.
    Event(outreach::Goal),
    /// Somebody goes from one place of a watched definition to another.
    Moves(Reach),
}

/// Places that somebody goes from and to.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// The key of the watched definition.
    pub watch: Text,
    /// From one of these; empty: any.
    pub from: Vec<u8>,
    /// To one of these.
    pub to: Vec<u8>,
    /// How long it counts; the end itself does.
    pub within: Span,
}

impl Goal {
    /// How long it counts.
    pub fn within(&self) -> Span {
        match self {
            Goal::Event(goal) => goal.within,
            Goal::Moves(reach) => reach.within,
        }
    }
}

/// By step that divides people, one outcome per goal and path.
pub type SplitArms = BTreeMap<Text, Arms>;

/// Steps that divide people.
pub type Splits<'a> = [&'a str];

/// By context in which a learning split found users, one outcome per goal and path; of those who were found in
/// none, under an empty name.
pub type ContextArms = BTreeMap<Text, Arms>;

/// What users did after they came into a journey first, or were held out first: [`Arm::Variant`] of the name
/// `journey`, and a control group each. Users whose window is over at the evaluator's instant are complete.
///
/// Cost: one pass over the events of the journey, and one over those of each goal.
pub fn arms(evaluator: &Evaluator, wish: Wish, goals: &[Goal]) -> Result<Arms, QueryError> {
    let take = |drawn: &mut Drawn, _: EventId, run: &[Told]| {
        let Some(first) = run.first() else { return };
        let arm = match first.name {
            ENTERED => Arm::Variant(Text::const_new(CAME_IN)),
            HELD_OUT => Arm::Control(first.reason.clone()),
            _ => return,
        };
        first_of(drawn, first.user.0, first.at, arm);
    };
    let drawn = fold(evaluator, wish, &Drawn::new(), &take, &unite)?;
    outcomes(evaluator, &drawn, goals)
}

/// What users did after they went out of steps first, by path, of those who did so at an instant or before. Ways
/// that are nobody's path do not count.
///
/// Cost: one pass over the events of the journey, and one over those of each goal and step.
pub fn splits(
    evaluator: &Evaluator,
    wish: Wish,
    (steps, until): (&Splits<'_>, Timestamp),
    goals: &[Goal],
) -> Result<SplitArms, QueryError> {
    type All = BTreeMap<Text, Drawn>;
    let take = |all: &mut All, _: EventId, run: &[Told]| {
        let split = |told: &&Told| is_split(told, steps);
        for told in run.iter().filter(split) {
            let drawn = all.entry(told.from.clone()).or_default();
            first_of(drawn, told.user.0, told.at, Arm::Variant(told.path.clone()));
        }
    };
    let add = |all: &mut All, more: All| {
        more.into_iter().for_each(|(step, more)| unite(all.entry(step).or_default(), more));
    };
    let all = fold(evaluator, wish, &All::new(), &take, &add)?;
    let counted = all.into_iter().map(|(step, mut drawn)| {
        drawn.retain(|_, (at, _)| *at <= until);
        Ok((step, outcomes(evaluator, &drawn, goals)?))
    });
    counted.collect()
}

/// The same of one step, of users apart by the context in which they were found there first.
///
/// Cost: as of [`splits`], however many contexts there are.
pub fn learning(
    evaluator: &Evaluator,
    wish: Wish,
    (step, until): (&str, Timestamp),
    goals: &[Goal],
) -> Result<ContextArms, QueryError> {
    // Paths have ids without a slash, so that context and path are one arm while outcomes are counted.
    let arm = |told: &Told| Arm::Variant(Text::from(format!("{}/{}", told.context, told.path)));
    let take = |drawn: &mut Drawn, _: EventId, run: &[Told]| {
        for told in run.iter().filter(|told| is_split(told, &[step])) {
            first_of(drawn, told.user.0, told.at, arm(told));
        }
    };
    let mut drawn = fold(evaluator, wish, &Drawn::new(), &take, &unite)?;
    drawn.retain(|_, (at, _)| *at <= until);
    let mut apart = ContextArms::new();
    for (arm, outcomes) in outcomes(evaluator, &drawn, goals)? {
        let Arm::Variant(name) = &arm else { continue };
        let Some((context, path)) = name.rsplit_once('/') else { continue };
        let own = apart.entry(Text::new(context)).or_default();
        own.insert(Arm::Variant(Text::new(path)), outcomes);
    }
    Ok(apart)
}

/// Whether somebody went one of the ways out of a step that divides people.
fn is_split(told: &Told, steps: &Splits<'_>) -> bool {
    let nobodys = [path::NEXT, path::OTHERWISE, path::UNREACHABLE, path::MISSING, path::PUBLISHED];
    steps.contains(&told.from.as_str())
        && !told.path.is_empty()
        && !nobodys.contains(&told.path.as_str())
}

/// Takes in that somebody was drawn, if it was before all that is known of them.
fn first_of(drawn: &mut Drawn, user: u32, at: Timestamp, arm: Arm) {
    let new = (at, arm);
    match drawn.get_mut(&user) {
        Some(own) if *own <= new => {}
        Some(own) => *own = new,
        None => _ = drawn.insert(user, new),
    }
}

fn unite(all: &mut Drawn, more: Drawn) {
    more.into_iter().for_each(|(user, (at, arm))| first_of(all, user, at, arm));
}

/// What drawn users did in the windows of goals.
fn outcomes(evaluator: &Evaluator, drawn: &Drawn, goals: &[Goal]) -> Result<Arms, QueryError> {
    let mut all = enrolled(drawn, goals.len());
    let Some(earliest) = drawn.values().map(|(at, _)| *at).min() else { return Ok(all) };
    for (n, goal) in goals.iter().enumerate() {
        let did = match goal {
            Goal::Event(goal) => by_events(evaluator, drawn, earliest, goal)?,
            Goal::Moves(reach) => by_moves(evaluator, drawn, earliest, reach)?,
        };
        settle(&mut all, n, drawn, goal.within(), &did, evaluator.at);
    }
    Ok(all)
}

fn by_events(
    evaluator: &Evaluator,
    drawn: &Drawn,
    earliest: Timestamp,
    goal: &outreach::Goal,
) -> Result<BTreeMap<u32, Did>, QueryError> {
    let revenue: Vec<&str> = goal.revenue.iter().map(Text::as_str).collect();
    let source: Source = evaluator.source(&goal.of, (earliest, evaluator.at), &revenue)?;
    let count = |users: Range<u32>| in_windows(drawn, goal, &source, users);
    Ok(add_up(evaluator, BTreeMap::new(), count, |all, more| all.extend(more)))
}

fn by_moves(
    evaluator: &Evaluator,
    drawn: &Drawn,
    earliest: Timestamp,
    reach: &Reach,
) -> Result<BTreeMap<u32, Did>, QueryError> {
    let wanted = |from: u8, to: u8| {
        reach.to.contains(&to) && (reach.from.is_empty() || reach.from.contains(&from))
    };
    let range = (earliest, evaluator.at);
    let mut did: BTreeMap<u32, Did> = BTreeMap::new();
    for (user, at) in evaluator.snapshot.happened(&reach.watch, range, &wanted)? {
        let inside = drawn
            .get(&user.0)
            .is_some_and(|(from, _)| *from <= at && at <= from.plus(reach.within));
        if inside {
            did.entry(user.0).or_default().0 += 1;
        }
    }
    Ok(did)
}
