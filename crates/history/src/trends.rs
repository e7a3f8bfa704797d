//! Trends: how much of something happened, period by period, broken down by up to three values.
//!
//! With one period for everything it is a pivot. Groups are the most frequent combinations of
//! values over all series; the rest share one group, counted as exactly as the others.

mod cells;
pub mod formula;
mod keys;
#[cfg(test)]
mod tests;

use model::value::ValueKey;
use model::{Text, Timestamp};
use segment::tree::EventMatch;

use crate::calendar::{PeriodUnit, Periods};
use crate::evaluate::{Evaluator, QueryError};
use crate::groups::{By, UserGroups};
use crate::ranges::add_up;

use cells::Cells;
use keys::Keys;

/// Values by which one trend is broken down at most.
pub const BY_MAX: usize = 3;

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Events.
    Count,
    /// Distinct users.
    Users,
    /// Events per user with any.
    PerUser,
    /// Sum of a numeric property.
    Sum(Text),
    /// Its mean over events that have it.
    Avg(Text),
    /// Its smallest value.
    Min(Text),
    /// Its largest value.
    Max(Text),
    /// Distinct values of a property.
    Distinct(Text),
    /// A quantile of a numeric property, as a share of 1.
    Quantile(Text, f64),
}

/// One line of a trend.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Which events.
    pub of: EventMatch,
    /// What is measured over them.
    pub measure: Measure,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The lines.
    pub series: Vec<Series>,
    /// How long periods are.
    pub unit: PeriodUnit,
    /// First and last instant of events.
    pub range: (Timestamp, Timestamp),
    /// By what it is broken down: at most [`BY_MAX`] values.
    pub by: Vec<By>,
    /// Combinations of values with a group of their own.
    pub top: usize,
}

/// A combination of values, in the order of `by`; nothing: the rest.
pub type Combination = Option<Vec<Option<ValueKey>>>;

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendGroup {
    /// Which values.
    pub of: Combination,
    /// By series, then period, one more than there are periods: the last is over all of them.
    pub values: Vec<Vec<Option<f64>>>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The periods.
    pub periods: Periods,
    /// Most frequent first.
    pub groups: Vec<TrendGroup>,
}

impl Measure {
    /// The property it reads.
    pub fn property(&self) -> Option<&Text> {
        match self {
            Measure::Count | Measure::Users | Measure::PerUser => None,
            Measure::Sum(name)
            | Measure::Avg(name)
            | Measure::Min(name)
            | Measure::Max(name)
            | Measure::Distinct(name)
            | Measure::Quantile(name, _) => Some(name),
        }
    }
}

/// All series of the users in any group of `among`. Cost: one pass per series, another one to rank
/// combinations where the answer is broken down. Quantiles and distinct values hold every distinct
/// value of every cell.
pub fn trend(
    evaluator: &Evaluator,
    question: &Question,
    among: &UserGroups,
) -> Result<Trend, QueryError> {
    let (from, to) = (question.range.0, question.range.1.min(evaluator.at));
    let periods = Periods::new(question.unit, &evaluator.rules.zone, from, to);
    let keys = Keys::rank(evaluator, question, (from, to), among)?;
    let combinations = keys.combinations();
    let mut groups: Vec<TrendGroup> =
        combinations.into_iter().map(|of| TrendGroup { of, values: Vec::new() }).collect();
    for series in &question.series {
        let property = series.measure.property().map(Text::as_str);
        let names: Vec<&str> = property.into_iter().chain(keys.properties()).collect();
        let source = evaluator.source(&series.of, (from, to), &names)?;
        let first_key = usize::from(property.is_some());
        let empty = || Cells::new(&series.measure, groups.len() * (periods.len() + 1));
        let count = |users| {
            let mut cells = empty();
            cells.count(&source, users, &periods, &|hit| {
                among.of(hit.user).map(|_| keys.group(hit, first_key))
            });
            cells
        };
        let all = add_up(evaluator, empty(), count, Cells::merge);
        for (group, values) in groups.iter_mut().zip(all.values().chunks(periods.len() + 1)) {
            group.values.push(values.to_vec());
        }
    }
    Ok(Trend { periods, groups })
}
