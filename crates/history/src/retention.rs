//! Who comes back: cohorts by first activity, and the growth accounting of periods.
//!
//! A user belongs to the cohort of the period in which their first event *ever* fell, however the
//! cohorts of a question are bounded. Periods are local to the workspace. Everything is counted by
//! ranges of users, with one bit per user and period; no list of events is ever made.

mod growth;
mod matrix;
mod power;
#[cfg(test)]
mod tests;

use model::{ExactSum, Text, Timestamp};
use segment::tree::{EventMatch, Unit};

use crate::calendar::PeriodUnit;
use crate::evaluate::{Evaluator, QueryError};
use crate::groups::{GroupName, UserGroups};

pub use growth::{Growth, growth, growth_among};
pub use power::power_curve;

/// When a user counts as returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Active in exactly that period (or bracket) after the first.
    Nth,
    /// Active in that period (or from the bracket's begin) or any later one.
    Unbounded,
}

/// What is added up beside the users who return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Nothing.
    Users,
    /// Return events.
    Events,
    /// A numeric property of the return events.
    Sum(Text),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// A user starts with the first of these.
    pub first: EventMatch,
    /// A user returns with one of these.
    pub back: EventMatch,
    /// How long periods are.
    pub unit: PeriodUnit,
    /// Cohorts from the period of this instant on; nothing: from the first event of all.
    pub since: Option<Timestamp>,
    /// Cohorts up to the period of this instant.
    pub until: Option<Timestamp>,
    /// When a user counts as returned.
    pub mode: Mode,
    /// Columns of periods after the first, both ends included; empty: each period is a column.
    pub brackets: Vec<(u32, u32)>,
    /// So many return events make a return.
    pub at_least: u32,
    /// What is added up.
    pub metric: Metric,
}

/// Users whose first activity fell into one period, and how many of them came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    /// When the period begins.
    pub start: Timestamp,
    /// Users.
    pub users: u64,
    /// By column: users who returned. A column for each period up to that of the question, or for
    /// each bracket that has begun by then.
    pub returned: Vec<u64>,
    /// By column: return events; empty unless asked for (also with a sum).
    pub events: Vec<u64>,
    /// By column: the sum; empty unless asked for.
    pub sums: Vec<ExactSum>,
    /// How many columns, from the first on, lie wholly in the past: later ones may still grow.
    pub complete: usize,
}

/// Cohorts of one group, oldest first; only those with users.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Whose.
    pub group: GroupName,
    /// The cohorts.
    pub cohorts: Vec<Cohort>,
}

impl Question {
    /// Every period, from the first event of all to the question.
    pub fn of(first: EventMatch, back: EventMatch, unit: PeriodUnit) -> Question {
        Question {
            first,
            back,
            unit,
            since: None,
            until: None,
            mode: Mode::Nth,
            brackets: Vec::new(),
            at_least: 1,
            metric: Metric::Users,
        }
    }
}

/// Retention by cohort, one table for each group. Cost: one pass over the first events, one over
/// the return events (none if they are the same), another one where events are added up.
pub fn retention(
    evaluator: &Evaluator,
    question: &Question,
    groups: &UserGroups,
) -> Result<Vec<Table>, QueryError> {
    matrix::tables(evaluator, question, groups)
}

/// Cohorts by the first `first` event; a user returns in a period with a `back` event.
pub fn cohorts(
    evaluator: &Evaluator,
    first: &EventMatch,
    back: &EventMatch,
    unit: Unit,
) -> Result<Vec<Cohort>, QueryError> {
    let question = Question::of(first.clone(), back.clone(), unit.into());
    let tables = retention(evaluator, &question, &UserGroups::one(None))?;
    Ok(tables.into_iter().flat_map(|table| table.cohorts).collect())
}
