//! The journeys that act on the states of a lifecycle, and whether they move people.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{JourneyGoalReport, JourneyStatus};

/// Of which lifecycle, and over how long a time people are followed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LifecycleJourneysQuery {
    /// Key of a lifecycle: `default`, the workspace's, or a stage framework; default: the workspace's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub lifecycle: Option<String>,
    /// How long after they came in, or were held out, a move counts, as in `30d`, the default; at most 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub within: Option<String>,
    /// The confidence of intervals, 0.5 to 0.999; default 0.95.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub confidence: Option<f64>,
}

/// By state of a lifecycle, the journeys into which people come when they come into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LifecycleJourneys {
    /// Up to this instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Key of the lifecycle: `default` is the workspace's.
    pub lifecycle: String,
    /// How long a move counts.
    pub within: String,
    /// In the order of the lifecycle.
    pub states: Vec<StateJourneys>,
}

/// The journeys that act on one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateJourneys {
    /// Its key.
    pub state: String,
    /// Its name for people.
    pub name: String,
    /// Users in it now.
    pub users: u64,
    /// Journeys, those that were changed last first.
    pub journeys: Vec<StateJourney>,
}

/// A journey that acts on a state, and where people went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateJourney {
    /// Its id.
    pub journey: String,
    /// Its name for people.
    pub name: String,
    /// Where it stands.
    #[schema(inline)]
    pub status: JourneyStatus,
    /// The part of those who would come in that does; the rest is its control group.
    pub rolled_out: f64,
    /// Into a state that stands before this one in the lifecycle, against the control group; nothing: there is none.
    #[schema(required = true)]
    pub up: Option<JourneyGoalReport>,
    /// Into a state that stands after it; nothing: there is none.
    #[schema(required = true)]
    pub down: Option<JourneyGoalReport>,
}
