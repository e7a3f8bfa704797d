//! Lifecycle states, their definition, and the thresholds that the data proposes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Key;

/// One lifecycle state with its users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LifecycleState {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Users in it.
    pub users: u64,
    /// Of all users; 0 to 1.
    pub share: f64,
    /// Text form of the segment language.
    pub definition: String,
}

/// All lifecycle states at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Lifecycle {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Users who exist at `as_of`.
    pub users: u64,
    /// In order of precedence.
    pub states: Vec<LifecycleState>,
    /// Users in no state.
    pub unassigned: u64,
}

/// Sizes of all states day by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trend {
    /// The states.
    pub states: Vec<Key>,
    /// Oldest first.
    pub days: Vec<TrendDay>,
}

/// Sizes of all states at the end of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrendDay {
    /// Local day of the workspace.
    #[schema(format = Date)]
    pub day: String,
    /// One per state, in their order.
    pub counts: Vec<u64>,
}

/// One state as it is defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateDefinition {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Text form of the segment language.
    pub definition: String,
}

/// The whole lifecycle as it is defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleDefinition {
    /// The first that holds wins.
    pub states: Vec<StateDefinition>,
}

/// One point of the return curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CurvePoint {
    /// Silence so far, in days.
    pub gap_days: f64,
    /// Chance of an event within the horizon; 0 to 1.
    pub return_probability: f64,
}

/// A threshold that the data proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// Key of a state.
    pub state: String,
    /// Return probability that defines it.
    pub level: f64,
    /// Nothing: the level is never crossed.
    #[schema(required = true)]
    pub gap_days: Option<f64>,
}

/// Thresholds of silence, estimated from the gaps between events with censoring handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Thresholds {
    /// Nothing: any event.
    #[schema(required = true)]
    pub event: Option<String>,
    /// A duration, like `30d`.
    pub horizon: String,
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Users with at least one event.
    pub users: u64,
    /// Gaps observed.
    pub gaps: u64,
    /// Gaps still open at `as_of`.
    pub censored: u64,
    /// The chance of returning after each length of silence.
    pub curve: Vec<CurvePoint>,
    /// One per state that a silence defines.
    pub proposals: Vec<Proposal>,
    /// The lifecycle that these thresholds make.
    pub definition: LifecycleDefinition,
}
