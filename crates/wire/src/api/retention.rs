//! Retention and the power curve.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{Breakdown, CalendarUnit, Group};

/// How long periods are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodUnit {
    /// Hours from local midnight.
    Hour,
    /// Days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    #[default]
    Month,
}

/// Retention by cohort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RetentionQuery {
    /// A user starts with the first event of this name.
    pub event: String,
    /// A user returns with an event of this name; default: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub return_event: Option<String>,
    /// Default `month`.
    #[serde(default)]
    #[param(inline, required = false)]
    pub unit: CalendarUnit,
    /// Cohorts from the period of this instant on; a user's first event ever still decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub since: Option<String>,
    /// Cohorts up to the period of this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub until: Option<String>,
    /// Only members of this segment: an id, or a definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub segment: Option<String>,
    /// Default: the workspace’s now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// Users who started in one period, and how many of them returned in later ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cohort {
    /// First local day of the period.
    #[schema(format = Date)]
    pub start: String,
    /// Users who started in it.
    pub users: u64,
    /// Distinct users with a return event in the same period, the next one, and so on.
    pub returned: Vec<u64>,
    /// How many entries, from the first on, are of periods that have passed entirely.
    pub complete: u64,
}

/// Retention by cohort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retention {
    /// `day`, `week` or `month`.
    pub unit: String,
    /// Oldest first.
    pub cohorts: Vec<Cohort>,
}

/// When a user counts as returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionMode {
    /// Active in exactly that period or bracket.
    #[default]
    Nth,
    /// Active in that period, or from the begin of the bracket, or later.
    Unbounded,
}

/// What is added up beside users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionMetric {
    /// Nothing.
    #[default]
    Users,
    /// Return events.
    Events,
    /// The property `property` of return events.
    Sum,
}

/// A retention question with everything that can be asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionInput {
    /// A user starts with the first of these: a name, `*`, or an object with `event` and `where`.
    pub event: Value,
    /// A user returns with one of these; default: the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub return_event: Option<Value>,
    /// Default `month`.
    #[schema(inline)]
    pub unit: PeriodUnit,
    /// Cohorts from the period of this instant on; a user's first event ever still decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub since: Option<String>,
    /// Cohorts up to the period of this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub until: Option<String>,
    /// Default `nth`.
    #[schema(inline)]
    pub mode: RetentionMode,
    /// Columns as first and last period after the first, as in `[[0,0],[1,3],[4,7]]`; default:
    /// every period is a column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brackets: Vec<[u32; 2]>,
    /// So many return events make a return; default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at_least: Option<u32>,
    /// Default `users`.
    #[schema(inline)]
    pub metric: RetentionMetric,
    /// The numeric property of the metric `sum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property: Option<String>,
    /// One table for each value: of an attribute, or of a property of a user's first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<Breakdown>,
    /// Values with a table of their own; default 10, at most 100.
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

/// One cohort, by column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CohortRow {
    /// First local day of the period; of an hour, its first instant.
    pub start: String,
    /// Users who started in it.
    pub users: u64,
    /// Users who returned.
    pub returned: Vec<u64>,
    /// The same as a share of all users.
    pub share: Vec<f64>,
    /// Return events; empty unless events or a sum are asked for.
    pub events: Vec<u64>,
    /// The sum; empty unless asked for.
    pub sums: Vec<f64>,
    /// Events or sum per user of the cohort, whichever is asked for.
    pub per_user: Vec<f64>,
    /// How many columns, from the first on, have passed entirely: later ones may still grow.
    pub complete: u64,
}

/// Cohorts of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetentionTable {
    /// Whose.
    pub group: Group,
    /// Oldest first; only those with users.
    pub cohorts: Vec<CohortRow>,
}

/// Retention by cohort and group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetentionAnswer {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// How long periods are.
    #[schema(inline)]
    pub unit: PeriodUnit,
    /// One for each group.
    pub tables: Vec<RetentionTable>,
}

/// In how many periods people come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PowerCurveInput {
    /// A user is active with one of these: a name, `*`, or an object with `event` and `where`.
    pub event: Value,
    /// Default `month`.
    #[schema(inline)]
    pub unit: PeriodUnit,
    /// How many periods, up to that of the instant; default 30, at most 366.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub periods: Option<u64>,
    /// One curve for each value of an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<Breakdown>,
    /// Values with a curve of their own; default 10, at most 100.
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

/// The curve of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PowerCurveGroup {
    /// Whose.
    pub group: Group,
    /// Users who were active in exactly 0, 1, 2… of the periods.
    pub users: Vec<u64>,
}

/// In how many periods people come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PowerCurve {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// One for each group.
    pub groups: Vec<PowerCurveGroup>,
}
