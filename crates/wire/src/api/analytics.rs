//! Retention, growth, funnels and sessions.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

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
}

/// Retention by cohort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retention {
    /// `day`, `week` or `month`.
    pub unit: String,
    /// Oldest first.
    pub cohorts: Vec<Cohort>,
}

/// What happened to active users in one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GrowthPeriod {
    /// First local day of the period.
    #[schema(format = Date)]
    pub start: String,
    /// Distinct users with the event.
    pub active: u64,
    /// Of them, for the first time ever.
    pub new: u64,
    /// Of them, active in the period before too.
    pub retained: u64,
    /// Of them, active earlier but not in the period before.
    pub resurrected: u64,
    /// Active in the period before and not in this one.
    pub churned: u64,
    /// (new + resurrected) ÷ churned; nothing where nobody churned.
    #[schema(required = true)]
    pub quick_ratio: Option<f64>,
}

/// Growth accounting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Growth {
    /// Oldest first.
    pub periods: Vec<GrowthPeriod>,
}

/// A funnel to compute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelInput {
    /// Names of events, or objects with `event` and `where`; 1 to 20.
    pub steps: Vec<Value>,
    /// A duration from the first to the last step; default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub window: Option<String>,
    /// Name of a property whose value must be the same in all steps, as in a session id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per: Option<String>,
    /// The instant; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
}

/// One step of a funnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FunnelStep {
    /// Name of the event.
    pub name: String,
    /// Users (or sessions, with `per`) who came so far.
    pub users: u64,
}

/// How far users came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Funnel {
    /// In order.
    pub steps: Vec<FunnelStep>,
}

/// Sessions: runs of a user's events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// How many.
    pub sessions: u64,
    /// Of how many users.
    pub users: u64,
    /// Mean events of a session.
    pub mean_events: f64,
    /// Median events of a session.
    pub median_events: f64,
    /// Mean length in seconds.
    pub mean_seconds: f64,
    /// Median length in seconds.
    pub median_seconds: f64,
    /// Sessions of one event.
    pub one_event: u64,
}
