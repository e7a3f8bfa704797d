//! The overview: who is in which state, what changed, who is active.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Key;

/// One lifecycle state now and before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OverviewState {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Users in it at `as_of`.
    pub users: u64,
    /// Of all users at `as_of`; 0 to 1.
    pub share: f64,
    /// Users in it at `compared_to`.
    pub before: u64,
    /// Users − before.
    pub change: i64,
}

/// Who moved from which state to which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transitions {
    /// The earlier instant.
    #[schema(format = DateTime)]
    pub from_at: String,
    /// The later instant.
    #[schema(format = DateTime)]
    pub to_at: String,
    /// The last one has key `none`: not yet a user, or in no state.
    pub states: Vec<Key>,
    /// Rows: state at `from_at`; columns: state at `to_at`.
    pub matrix: Vec<Vec<u64>>,
}

/// Distinct users with any event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Active {
    /// In the last 24 hours.
    pub day: u64,
    /// In the last 7 days of 24 hours.
    pub week: u64,
    /// In the last 30 days of 24 hours.
    pub month: u64,
    /// Mean daily active users of the last 30 days, divided by `month`; 0 to 1.
    pub stickiness: f64,
}

/// Users seen for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewUsers {
    /// In the last 24 hours.
    pub day: u64,
    /// In the last 7 days of 24 hours.
    pub week: u64,
    /// In the last 30 days of 24 hours.
    pub month: u64,
}

/// Activity of one local day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayActivity {
    /// Local day of the workspace.
    #[schema(format = Date)]
    pub day: String,
    /// Distinct users with an event.
    pub active: u64,
    /// Users seen for the first time.
    pub new: u64,
    /// Events.
    pub events: u64,
}

/// What a retention team asks every morning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// The instant of the answer.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The instant it is compared with.
    #[schema(format = DateTime)]
    pub compared_to: String,
    /// Users who exist at `as_of`.
    pub users: u64,
    /// Events up to `as_of`.
    pub events: u64,
    /// Time of the first event.
    #[schema(required = true, format = DateTime)]
    pub first_event_at: Option<String>,
    /// Time of the last event.
    #[schema(required = true, format = DateTime)]
    pub last_event_at: Option<String>,
    /// Lifecycle states in order of precedence.
    pub states: Vec<OverviewState>,
    /// From `compared_to` to `as_of`.
    pub transitions: Transitions,
    /// Active users.
    pub active: Active,
    /// New users.
    pub new_users: NewUsers,
    /// The last 90 local days up to `as_of`, oldest first.
    pub daily: Vec<DayActivity>,
}
