//! Flows.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Which way paths go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowDirection {
    /// What happened after the anchor.
    #[default]
    After,
    /// What happened before it, nearest first.
    Before,
}

/// Flows to compute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FlowsInput {
    /// Where paths begin: a name, `*`, or an object with `event` and `where`.
    pub anchor: Value,
    /// Which events are steps; default: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub steps: Option<Value>,
    /// Default `after`.
    #[schema(inline)]
    pub direction: FlowDirection,
    /// Steps beside the anchor; default 4, at most 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub depth: Option<u64>,
    /// A path ends with a silence longer than this duration; default `30m`; `none`: with none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gap: Option<String>,
    /// Steps lie within this duration of the anchor; default: wherever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub window: Option<String>,
    /// Whether events of one name that follow one another are one.
    pub collapse: bool,
    /// Names with a node of their own at each step; default 6, at most 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub top: Option<u64>,
    /// The anchor happened at or after this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub since: Option<String>,
    /// The anchor happened at or before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub until: Option<String>,
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

/// What can stand at a step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// The anchor: step 0.
    Anchor,
    /// An event of one name.
    Event,
    /// An event of one of the less frequent names.
    Other,
    /// Nothing: the path ended with the step before.
    End,
}

/// One stop at one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlowNode {
    /// Number of the node, to which links refer.
    pub id: u64,
    /// 0 is the anchor.
    pub step: u64,
    /// What.
    pub kind: FlowKind,
    /// Name of the event, where it is one.
    #[schema(required = true)]
    pub event: Option<String>,
    /// Distinct users.
    pub users: u64,
    /// Paths.
    pub paths: u64,
}

/// From one stop to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlowLink {
    /// Node at the step before.
    pub from: u64,
    /// Node at the step.
    pub to: u64,
    /// Distinct users.
    pub users: u64,
    /// Paths.
    pub paths: u64,
}

/// All paths, added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Flows {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// By step, most frequent first.
    pub nodes: Vec<FlowNode>,
    /// The same.
    pub links: Vec<FlowLink>,
}
