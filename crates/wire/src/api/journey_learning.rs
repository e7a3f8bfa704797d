//! What learning splits have learned, and how they divide people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{LearningMode, Sentence};

/// The learning splits of a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyLearning {
    /// In the order of its steps.
    pub steps: Vec<LearningStep>,
}

/// One learning split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearningStep {
    /// Id of the step.
    pub step: String,
    /// By what it divides people.
    #[schema(inline)]
    pub mode: LearningMode,
    /// The part that every path keeps.
    pub floor: f64,
    /// How long after the split rewards count, in milliseconds: only whoever was split longer ago is counted, so
    /// that a path that brings something about sooner has no advantage.
    pub window_ms: i64,
    /// What is learned, by context; without a context one for everybody.
    pub contexts: Vec<ContextLearning>,
    /// The path that has won in every context, so that one sentence says it for all; nothing: there is none.
    #[schema(required = true)]
    pub won: Option<String>,
    /// The probability that what has won is wrong anywhere: those of all contexts with a winner, added up.
    pub wrong: f64,
}

/// What a learning split has learned of the people of one context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContextLearning {
    /// A state, a value, a segment, or `others`; nothing: everybody, as the split tells nobody apart.
    #[schema(required = true)]
    pub context: Option<String>,
    /// The path that everybody takes, as somebody said that it has won.
    #[schema(required = true)]
    pub winner: Option<String>,
    /// How it has divided people, newest first: at most 100 in all contexts of the step.
    pub allocations: Vec<LearningAllocation>,
    /// Whether a path has won; nothing: nobody was counted yet.
    #[schema(required = true)]
    pub verdict: Option<LearningVerdict>,
}

/// How people were divided from an instant on, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearningAllocation {
    /// From when on.
    #[schema(format = DateTime)]
    pub at: String,
    /// `start` (nobody was counted, and all paths are equal) or `learnt`.
    pub why: String,
    /// What paths are judged by: `rate` or `amount`.
    pub reward: String,
    /// In the order of the step.
    pub paths: Vec<LearningPath>,
}

/// The share of one path, with what it stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearningPath {
    /// Id of the path.
    pub path: String,
    /// Users who were counted.
    pub runs: u64,
    /// Of them, those who brought a reward.
    pub rewarded: u64,
    /// So many users of other contexts count, too, with what they brought at the level of this one: at most 100.
    /// They are a hint for the shares and say nothing about a winner.
    #[serde(default)]
    #[schema(required = true)]
    pub borrowed: f64,
    /// The expected rate, or the amount per user.
    pub mean: f64,
    /// The lower end of its interval of 95 %.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The probability that no other path is better.
    pub best: f64,
    /// The share before the floor.
    pub before_floor: f64,
    /// Its part of everybody.
    pub share: f64,
    /// All that in a sentence.
    pub said: String,
}

/// Whether a path has won. By the rule, it is the best with a probability of 95 %, stands against each other one by
/// evidence that holds however often it is looked at, and every path has 100 users counted. Of K contexts each may
/// be wrong with a K-th of the 5 %, so that several of them make no error more likely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearningVerdict {
    /// The probability that is needed.
    pub level: f64,
    /// The path that is the best with the highest probability.
    pub leader: String,
    /// Whether it has won.
    pub won: bool,
    /// The probability that it is the best.
    pub best: f64,
    /// The probability that another one is.
    pub wrong: f64,
    /// What choosing it loses in expectation, as a rate or an amount per user.
    pub expected_loss: f64,
    /// What it still needs, in words.
    pub missing: Vec<String>,
    /// The same as data, in the same order.
    #[serde(default)]
    #[schema(required = true)]
    pub missing_code: Vec<Sentence>,
}
