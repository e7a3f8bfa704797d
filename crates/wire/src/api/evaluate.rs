//! Several segments counted at once, and what the conditions of a question cost.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Definition;

/// One segment of several: either a definition or the id of a saved one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateItem {
    /// A definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub definition: Option<Definition>,
    /// Id of a saved segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub segment: Option<String>,
}

/// Segments to count; conditions that several have are answered once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateInput {
    /// 1 to 200 segments.
    pub segments: Vec<EvaluateItem>,
    /// The instant; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// One counted segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvaluatedSegment {
    /// Users.
    pub count: u64,
    /// Of all users; 0 to 1.
    pub share: f64,
    /// Text form, printed canonically.
    pub text: String,
}

/// Counted segments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evaluated {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Users who exist then.
    pub users: u64,
    /// In the order of the question.
    pub segments: Vec<EvaluatedSegment>,
    /// Milliseconds of computing.
    pub took_ms: f64,
}

/// How a condition was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionAnswered {
    /// For everybody.
    Everybody,
    /// For some: other conditions had decided about the rest.
    Candidates,
    /// Not at all: an equal condition had been answered before.
    Remembered,
}

/// What one condition cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConditionCost {
    /// Text form.
    pub text: String,
    /// How many segments and lifecycle conditions it stands below; what it cost is part of what
    /// the nearest one before it with a lesser depth did.
    pub depth: u32,
    /// How it was answered.
    pub answered: ConditionAnswered,
    /// Users about whom it was asked; `null`: everybody.
    #[schema(required = true)]
    pub candidates: Option<u64>,
    /// Users for whom it holds.
    pub users: u64,
    /// Parts read.
    pub parts: u64,
    /// Rows in those parts.
    pub rows: u64,
    /// Bytes of the columns read, in memory.
    pub bytes: u64,
    /// Milliseconds.
    pub took_ms: f64,
}

/// What a question cost, condition by condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Analysis {
    /// In the order in which they were begun.
    pub conditions: Vec<ConditionCost>,
    /// Parts read.
    pub parts: u64,
    /// Rows in those parts.
    pub rows: u64,
    /// Bytes of the columns read, in memory.
    pub bytes: u64,
}
