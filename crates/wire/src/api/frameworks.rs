//! Stage frameworks: further lifecycles, each an ordered list of states with a key of its own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::StateDefinition;

/// A stage framework to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameworkInput {
    /// Name for people.
    pub name: String,
    /// The first that holds wins.
    pub states: Vec<StateDefinition>,
}

/// A stage framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Framework {
    /// Stable key; it is watched as `lifecycle/KEY`.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// The first that holds wins.
    pub states: Vec<StateDefinition>,
}

/// All stage frameworks, and ready ones to begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FrameworkList {
    /// By key.
    pub frameworks: Vec<Framework>,
    /// Written for a shop; change the names of events and write them with PUT.
    pub templates: Vec<Framework>,
}
