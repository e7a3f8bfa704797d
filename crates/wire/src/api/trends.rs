//! Trends and pivots.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Breakdown;

/// What a series measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrendMeasure {
    /// Events.
    #[default]
    Count,
    /// Distinct users.
    Users,
    /// Events per user with any.
    PerUser,
    /// Sum of a numeric property.
    Sum,
    /// Its mean over the events that have it.
    Avg,
    /// Its smallest value.
    Min,
    /// Its largest value.
    Max,
    /// Its median.
    Median,
    /// Its quantile `quantile`.
    Quantile,
    /// Distinct values of a property.
    Distinct,
}

/// How long the periods of a trend are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrendUnit {
    /// Hours from local midnight.
    Hour,
    /// Days.
    #[default]
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    Month,
    /// One period for everything: a pivot.
    All,
}

/// One line of a trend.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrendSeriesInput {
    /// A name, `*`, or an object with `event` and `where`.
    pub event: Value,
    /// Default `count`.
    #[schema(inline)]
    pub measure: TrendMeasure,
    /// The property that is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property: Option<String>,
    /// Of the measure `quantile`: which share of values is at most it, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantile: Option<f64>,
}

/// A trend to compute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrendsInput {
    /// The lines, called A, B, C… in formulas; 1 to 10.
    pub series: Vec<TrendSeriesInput>,
    /// Arithmetic over the series, as in `A / B * 100`; at most 10.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub formulas: Vec<String>,
    /// Default `day`.
    #[schema(inline)]
    pub unit: TrendUnit,
    /// From this instant on; default: 30 days before `until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub since: Option<String>,
    /// Up to this instant; default: `as_of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub until: Option<String>,
    /// One group for each combination of values, of up to 3 properties of the counted events or
    /// attributes of their users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Breakdown>,
    /// Combinations with a group of their own; default 10, at most 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub top: Option<u64>,
    /// Only members of this segment: an id, or a definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub segment: Option<String>,
    /// The instant; default: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// One line: a series or a formula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendLine {
    /// By period; nothing where there is no value, as after a division by zero.
    pub values: Vec<Option<f64>>,
    /// Over all periods.
    #[schema(required = true)]
    pub total: Option<f64>,
}

/// Lines of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendGroup {
    /// Its values in the order of `by`, `null` for having none.
    pub values: Vec<Value>,
    /// Whether it is all other combinations together.
    pub other: bool,
    /// In the order of the question.
    pub series: Vec<TrendLine>,
    /// In the order of the question.
    pub formulas: Vec<TrendLine>,
}

/// A trend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trends {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// First local day of each period; of hours and of one period for all, the first instant.
    pub periods: Vec<String>,
    /// How many periods, from the first on, have passed entirely.
    pub complete: u64,
    /// Most frequent first, the others last.
    pub groups: Vec<TrendGroup>,
}
