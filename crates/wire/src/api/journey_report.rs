//! What became of those who came into a journey, and what it caused.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ArmReport, DeliveryFunnel, EffectReport, ReasonCount, Sentence};

/// Of whom and when a report is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JourneyReportQuery {
    /// Only who came in, or was held out, at or after this instant; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub from: Option<String>,
    /// Only who came in, or was held out, before this instant; default: all. What became of them counts up to
    /// `as_of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub to: Option<String>,
    /// The instant; default: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub as_of: Option<String>,
    /// The confidence of intervals, 0.5 to 0.999; default 0.95.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub confidence: Option<f64>,
}

/// What became of a journey. One user who came in several times counts as often, but for `users`, `goals` and
/// `paths`. `entered` = `waiting` + all of `exited`, and of each step `entered` = all of `moved` + all of
/// `exited` + `waiting`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyReport {
    /// Up to this instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Came in.
    pub entered: u64,
    /// Users who came in.
    pub users: u64,
    /// Would have come in and did not, so that the effect can be told.
    pub held_out: u64,
    /// Of them, by control group.
    pub held_out_by_group: Vec<ReasonCount>,
    /// Are in.
    pub waiting: u64,
    /// Are out, by reason.
    pub exited: Vec<ReasonCount>,
    /// Steps of the published version in its order, then those of earlier ones.
    pub steps: Vec<StepReport>,
    /// Goals, the deciding one first: who came in against who was held out.
    pub goals: Vec<JourneyGoalReport>,
    /// By step at which people are divided by chance, or by what was learned: goals by path.
    pub paths: Vec<PathsReport>,
    /// How many steps' numbers do not add up. Always 0, unless events of the journey were deleted.
    pub unaccounted: u64,
}

/// What became of those who came to a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepReport {
    /// Its id.
    pub step: String,
    /// Its name for people.
    pub name: String,
    /// What it does, as in `wait_for`; empty: no version that is known has it.
    pub kind: String,
    /// It is part of the published version.
    pub published: bool,
    /// Came to it.
    pub entered: u64,
    /// Went on, by path and where to.
    pub moved: Vec<StepMoved>,
    /// Are there.
    pub waiting: u64,
    /// Went out of the journey from there, by reason.
    pub exited: Vec<ReasonCount>,
    /// What became of its messages; nothing: it sends none.
    #[schema(required = true)]
    pub message: Option<DeliveryFunnel>,
}

/// Those who went one way out of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepMoved {
    /// The path.
    pub path: String,
    /// Its name for people.
    pub name: String,
    /// The step that they went to.
    pub to: String,
    /// How many.
    pub count: u64,
}

/// What a journey did for one goal. Users count from the instant on at which they came in, or were held out,
/// first, whatever they went through (intention to treat).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyGoalReport {
    /// Id of the goal.
    pub goal: String,
    /// Its name for people.
    pub name: String,
    /// How long it counts.
    pub within: String,
    /// `control` first, then `journey`; of paths: each path.
    pub arms: Vec<ArmReport>,
    /// The arms against the first one: `journey` against control; of paths each against the first, with p-values
    /// that are adjusted for several (Holm).
    pub effects: Vec<EffectReport>,
    /// Why there is no effect, in words.
    #[schema(required = true)]
    pub no_effect_because: Option<String>,
    /// The same as data.
    #[schema(required = true)]
    pub no_effect_because_code: Option<Sentence>,
}

/// The paths out of a step that divides people. Users count from the instant of their first division there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PathsReport {
    /// Id of the step.
    pub step: String,
    /// Its name for people.
    pub name: String,
    /// `random` or `learn`.
    pub kind: String,
    /// Goals by path. What was learned changes who goes where over time, so of a learning split the differences
    /// are no comparison of like with like, and `effects` is empty.
    pub goals: Vec<JourneyGoalReport>,
}
