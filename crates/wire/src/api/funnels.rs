//! Funnels.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Breakdown, Group, Spread};

/// In which order the steps of a funnel must come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelOrder {
    /// In theirs; other events may come between.
    #[default]
    Loose,
    /// In theirs, and no other event of any name between two of them.
    Strict,
    /// In any: the n-th step is reached with the n-th different one.
    Any,
}

/// A funnel to compute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelInput {
    /// Names of events, or objects with `event` and `where`; 1 to 20.
    pub steps: Vec<Value>,
    /// Default `loose`.
    #[serde(default)]
    #[schema(inline)]
    pub order: FunnelOrder,
    /// A duration from the first to the last step; default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub window: Option<String>,
    /// By step: a duration from the step before, or nothing; the first has no meaning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub step_windows: Vec<Option<String>>,
    /// Name of a property whose value must be the same in all steps, as in a session id; each of
    /// its values is then counted, not each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per: Option<String>,
    /// Names of properties whose values must be the same in all steps, while users are counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hold: Vec<String>,
    /// The first step happened at or after this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub since: Option<String>,
    /// The first step happened at or before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub until: Option<String>,
    /// One funnel for each value: of an attribute, or of a property of the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<Breakdown>,
    /// Values with a funnel of their own; default 10, at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub top: Option<u64>,
    /// Only members of this segment: an id, or a definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub segment: Option<String>,
    /// The instant; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// One step of a funnel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunnelStep {
    /// Name of the event; in any order the number of different steps.
    pub name: String,
    /// Users (or sessions, with `per`) who came so far.
    pub users: u64,
    /// Share of those at the first step.
    pub conversion: f64,
    /// Share of those at the step before; 1 for the first.
    pub conversion_from_before: f64,
    /// Those at the step before who did not come so far; 0 for the first.
    pub dropped: u64,
    /// Seconds from the step before, of the chain that got here earliest.
    #[schema(required = true)]
    pub seconds_from_before: Option<Spread>,
    /// Seconds from the first step of that chain.
    #[schema(required = true)]
    pub seconds_from_start: Option<Spread>,
    /// How often the step before was done before this one.
    #[schema(required = true)]
    pub times_before: Option<Spread>,
}

/// The funnel of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunnelGroup {
    /// Whose.
    pub group: Group,
    /// In order.
    pub steps: Vec<FunnelStep>,
}

/// How far users came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Funnel {
    /// In order; empty where the answer is broken down.
    pub steps: Vec<FunnelStep>,
    /// One for each value; empty where the answer is not broken down.
    pub groups: Vec<FunnelGroup>,
    /// Bounds of the histograms of seconds.
    pub seconds_bounds: Vec<f64>,
    /// Bounds of the histograms of how often the step before was done.
    pub times_bounds: Vec<f64>,
}
