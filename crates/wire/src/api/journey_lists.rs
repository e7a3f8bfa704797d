//! Lists about journeys: what is wrong with one, its versions, who waits in it, and journeys to begin with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ContentProblem, JourneyInput, PlaySegment, StepMove};

/// What is wrong or unwise about a journey. `place` is the id of the step and the field, as in `wait-a-day for`;
/// of what belongs to no step the field alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyChecked {
    /// Those of the journey first, then by step in their order. None of them is an error: it can be published.
    pub problems: Vec<ContentProblem>,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyVersion {
    /// From 1.
    pub number: u32,
    /// The version of what was edited at that time.
    pub version: String,
    /// When.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Who.
    pub published_by: String,
    /// By step of an earlier version: where those went who waited there.
    pub moves: BTreeMap<String, StepMove>,
    /// What whoever came in by it goes through.
    pub definition: JourneyInput,
}

/// Versions of a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyVersionList {
    /// Newest first.
    pub versions: Vec<JourneyVersion>,
}

/// Who waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JourneyWaitingQuery {
    /// Only at this step; default: at any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub step: Option<String>,
    /// How many, 1 to 1,000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
    /// Go on after the last one of a page: what it said under `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub after: Option<String>,
}

/// Somebody who is in a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyWaiter {
    /// Who.
    pub user: String,
    /// Id of the run.
    pub run: String,
    /// At which step.
    pub step: String,
    /// The number of the version by which they go on.
    pub version: u32,
    /// When they came in.
    #[schema(format = DateTime)]
    pub entered_at: String,
    /// When they came to the step.
    #[schema(format = DateTime)]
    pub since: String,
}

/// People who are in a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyWaiting {
    /// Those who have waited longest first.
    pub waiting: Vec<JourneyWaiter>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins; nothing: this is the last.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// Journeys to begin with, which come with the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyPlayList {
    /// In the order in which a user would meet them.
    pub plays: Vec<JourneyPlay>,
}

/// A ready journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyPlay {
    /// Stable id, as in `cart-24h`.
    pub id: String,
    /// Name for people, in English.
    pub name: String,
    /// What it is for, in English.
    pub description: String,
    /// The journey, as `POST /api/journeys` takes it. It has no id: one is made of its name.
    pub definition: JourneyInput,
    /// The saved segments that it names.
    pub segments: Vec<PlaySegment>,
}
