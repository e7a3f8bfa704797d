//! Activity by day, and revenue.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Breakdown, Group, PeriodUnit};

/// Active users by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityInput {
    /// A user is active with one of these: a name, `*`, or an object with `event` and `where`;
    /// default: any event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub event: Option<Value>,
    /// How many local days, up to the one of the instant; default 30, at most 3660.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub days: Option<u64>,
    /// One series for each value of an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<Breakdown>,
    /// Values with a series of their own; default 10, at most 100.
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

/// Active users of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityDay {
    /// Local day of the workspace.
    #[schema(format = Date)]
    pub day: String,
    /// Distinct users active on the day.
    pub daily: u64,
    /// In the 7 days that end with it.
    pub weekly: u64,
    /// In the 30 days that end with it.
    pub monthly: u64,
    /// Daily ÷ monthly; nothing where nobody is active.
    #[schema(required = true)]
    pub stickiness: Option<f64>,
}

/// Active users of one group by day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityGroup {
    /// Whose.
    pub group: Group,
    /// Oldest first.
    pub days: Vec<ActivityDay>,
}

/// Active users by day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityAnswer {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// One for each group.
    pub groups: Vec<ActivityGroup>,
}

/// Revenue by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RevenueInput {
    /// What earns: a name, or an object with `event` and `where`.
    pub event: Value,
    /// The numeric property that says how much.
    pub property: String,
    /// A user is active with one of these; default: any event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub active: Option<Value>,
    /// How many local days, up to the one of the instant; default 30, at most 3660.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub days: Option<u64>,
    /// One series for each value of an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<Breakdown>,
    /// Values with a series of their own; default 10, at most 100.
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

/// Revenue of a day, or of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Earned {
    /// Revenue.
    pub revenue: f64,
    /// Events that earned.
    pub payments: u64,
    /// Distinct users who paid.
    pub payers: u64,
    /// Distinct active users.
    pub active: u64,
    /// Revenue ÷ active users: of a day ARPDAU, of all days ARPU.
    #[schema(required = true)]
    pub per_active: Option<f64>,
    /// Revenue ÷ paying users: of a day ARPDPU.
    #[schema(required = true)]
    pub per_payer: Option<f64>,
}

/// Revenue of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevenueDay {
    /// Local day of the workspace.
    #[schema(format = Date)]
    pub day: String,
    /// What was earned.
    #[serde(flatten)]
    pub earned: Earned,
    /// Distinct users active in the 30 days that end with the day.
    pub monthly_active: u64,
    /// Paying users of the day ÷ those (DPU ÷ MAU).
    #[schema(required = true)]
    pub payers_per_monthly_active: Option<f64>,
}

/// Revenue of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevenueGroup {
    /// Whose.
    pub group: Group,
    /// Oldest first.
    pub days: Vec<RevenueDay>,
    /// All days together.
    pub total: Earned,
}

/// Revenue by day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevenueAnswer {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// One for each group.
    pub groups: Vec<RevenueGroup>,
}

/// What cohorts earn over their life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LifetimeValueInput {
    /// What earns: a name, or an object with `event` and `where`.
    pub event: Value,
    /// The numeric property that says how much.
    pub property: String,
    /// A user's life begins with the first of these; default: any event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first: Option<Value>,
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
    /// One series for each value of an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<Breakdown>,
    /// Values with a series of their own; default 10, at most 100.
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

/// What one cohort earned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LifetimeValueCohort {
    /// First local day of the period; of an hour, its first instant.
    pub start: String,
    /// Users who started in it.
    pub users: u64,
    /// Revenue from the first period up to and including 0, 1, 2… periods after it.
    pub revenue: Vec<f64>,
    /// The same per user of the cohort.
    pub per_user: Vec<f64>,
    /// How many entries, from the first on, are of periods that have passed entirely.
    pub complete: u64,
}

/// Cohorts of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LifetimeValueGroup {
    /// Whose.
    pub group: Group,
    /// Oldest first.
    pub cohorts: Vec<LifetimeValueCohort>,
}

/// What cohorts earn over their life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LifetimeValue {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// One for each group.
    pub groups: Vec<LifetimeValueGroup>,
}
