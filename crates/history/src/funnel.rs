//! Funnels: how many go how far along steps, how long it takes them, and how often they hesitate.
//!
//! Steps must follow one another strictly by (time, arrival), each its own event. A chain that goes
//! far enough counts wherever it starts. Times come from one chain that is well defined: for each
//! step the chain that gets there earliest, and of those the one whose earlier events, from the
//! last backwards, lie as late as possible.

mod any_order;
mod gather;
mod ordered;
#[cfg(test)]
mod tests;

use model::{Span, Text, Timestamp};
use segment::tree::EventMatch;

use crate::distribution::Distribution;
use crate::evaluate::{Evaluator, QueryError};
use crate::groups::{GroupName, UserGroups};

/// In which order steps must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In theirs; other events may come between.
    Loose,
    /// In theirs, and no other event of the user, of any name, between two of them.
    Strict,
    /// In any: the n-th step is reached with the n-th different one.
    Any,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Funnel {
    /// The steps.
    pub steps: Vec<EventMatch>,
    /// In which order they must come.
    pub order: Order,
    /// From the first event of a chain to its last at the most.
    pub window: Option<Span>,
    /// By step: from the event before to it at the most. Steps without an entry are free; the
    /// first entry has no meaning; none has in any order.
    pub step_windows: Vec<Option<Span>>,
    /// Properties (such as a session) that all events of a chain must have the same value of.
    pub held: Vec<Text>,
    /// Whether each user is counted once for every value of `held`, not once altogether.
    pub per_value: bool,
    /// First and last instant at which a chain may begin.
    pub begins: (Timestamp, Timestamp),
}

/// How many came to one step, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Users, or values.
    pub reached: u64,
    /// Milliseconds from the step before; empty for the first, and in any order.
    pub from_before: Distribution,
    /// Milliseconds from the begin of the chain; empty for the first.
    pub from_start: Distribution,
    /// How often the step before was done, from the begin of the chain until this step; empty for
    /// the first, and in any order.
    pub times_before: Distribution,
}

/// Steps of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversions {
    /// Whose.
    pub group: GroupName,
    /// In order.
    pub steps: Vec<Step>,
}

impl Funnel {
    /// Loose, without windows, for users.
    pub fn of(steps: Vec<EventMatch>) -> Funnel {
        Funnel {
            steps,
            order: Order::Loose,
            window: None,
            step_windows: Vec::new(),
            held: Vec::new(),
            per_value: false,
            begins: (Timestamp::MIN, Timestamp::MAX),
        }
    }
}

/// How many users (or values) reached each step.
pub fn funnel(evaluator: &Evaluator, funnel: &Funnel) -> Result<Vec<u64>, QueryError> {
    let Funnel { steps, order, window, step_windows, held, per_value, begins } = funnel;
    let plain = *order == Order::Loose && step_windows.is_empty() && held.is_empty() && !per_value;
    if plain && let Some(reached) = evaluator.reached(steps, *window, *begins)? {
        return Ok(reached);
    }
    let groups = conversions(evaluator, funnel, &UserGroups::one(None), None)?;
    Ok(groups.into_iter().flat_map(|group| group.steps).map(|step| step.reached).collect())
}

/// Everything about each step. `by_first` breaks down by a property of the event that is the first
/// step, with its most frequent values: one user may be in several of those groups, with a chain
/// in each; `groups` then only says who counts. It has no meaning in any order.
/// Cost: one pass per step (strict: one more over all events), and sorting a few thousand users'
/// events at a time.
pub fn conversions(
    evaluator: &Evaluator,
    funnel: &Funnel,
    groups: &UserGroups,
    by_first: Option<(&str, usize)>,
) -> Result<Vec<Conversions>, QueryError> {
    gather::conversions(evaluator, funnel, groups, by_first)
}

impl Step {
    fn merge(&mut self, more: Step) {
        self.reached += more.reached;
        self.from_before.merge(more.from_before);
        self.from_start.merge(more.from_start);
        self.times_before.merge(more.times_before);
    }

    fn count(&mut self, reached: &Reached) {
        self.reached += 1;
        if let Some(span) = reached.from_start {
            self.from_start.add(span as f64);
        }
        if let Some(span) = reached.from_before {
            self.from_before.add(span as f64);
        }
        if let Some(times) = reached.times_before {
            self.times_before.add(times as f64);
        }
    }
}

/// (time, arrival): events of one user are ordered by it.
type Place = (i64, u64);

/// An event that is a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    user: u32,
    /// Number of the held values.
    held: u32,
    place: Place,
    step: u16,
    /// Group of a first step, where they are told apart.
    group: u16,
    /// How many things the user did before, where steps are strict.
    before: u32,
    /// The same up to and with it.
    with: u32,
}

/// How one step was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reached {
    at: Place,
    from_start: Option<i64>,
    from_before: Option<i64>,
    times_before: Option<u64>,
}
