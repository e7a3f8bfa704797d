//! What analyses share; growth; sessions.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// By what an answer is broken down: `{"property": "country"}` or `{"attribute": "plan"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Breakdown {
    /// A property of the event that the question begins with, or counts.
    Property(String),
    /// An attribute of the user as of the instant.
    Attribute(String),
}

/// What the members of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// Nothing: there is one group for all.
    All,
    /// One value, or having none.
    Value,
    /// One of the less frequent values.
    Other,
}

/// A group of an answer that is broken down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// What its members have in common.
    pub kind: GroupKind,
    /// The value, where it is one.
    #[schema(required = true)]
    pub value: Option<Value>,
}

/// Numbers in brief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Median: the mean of the two middle ones where there is no middle one.
    pub median: f64,
    /// Nine of ten are at most this.
    pub p90: f64,
    /// How many are at most each bound of the answer, and above the bound before; the last: how
    /// many are above all bounds.
    pub histogram: Vec<u64>,
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
    /// Their share of all.
    pub bounce: f64,
    /// Sessions that may still go on at the instant; 0 with ids of the sender.
    pub open: u64,
    /// Sessions by the day of their last activity; only days with any, oldest first.
    pub days: Vec<SessionDay>,
}

/// Sessions whose last activity lies on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionDay {
    /// Local day of the workspace.
    #[schema(format = Date)]
    pub day: String,
    /// How many.
    pub sessions: u64,
    /// Of how many users.
    pub users: u64,
    /// Mean length in seconds.
    pub mean_seconds: f64,
    /// Median length in seconds.
    pub median_seconds: f64,
    /// Sessions of one event.
    pub one_event: u64,
}
