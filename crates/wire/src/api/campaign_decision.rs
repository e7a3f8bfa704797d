//! What a campaign is judged by: which variant has won, which messages a conversion is credited to, and who
//! approved it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a decision looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionMeasure {
    /// The share of users who reached the goal.
    #[default]
    Rate,
    /// The goal's revenue per user.
    Revenue,
}

/// What becomes of later messages once a variant has won.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnWinner {
    /// Chance goes on to decide between all.
    #[default]
    Keep,
    /// Everybody who is not held out gets the winner.
    SendWinner,
}

/// How it is decided which variant has won. Nothing of it can change after the campaign was started: a rule
/// that is chosen while looking at the numbers proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionInput {
    /// Which goal decides, by its place from 0; default 0.
    #[schema(required = false)]
    pub goal: u32,
    /// What of the goal.
    #[schema(inline, required = false)]
    pub measure: DecisionMeasure,
    /// 1 − the chance of declaring a winner where there is no difference, over all looks together: 0.8 to
    /// 0.999, default 0.95.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub confidence: Option<f64>,
    /// The size of difference that is hoped for, above 0: of rates as a fraction, as in 0.02 (2 points), the
    /// default; of revenue per user, where it must be said. It decides how soon differences of which size are
    /// found, never how often the decision errs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expected: Option<f64>,
    /// Variants that differ by less than this, in the same unit, are as good as each other, which is said as
    /// soon as it is shown; default: ties are declared only when the campaign is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tie_margin: Option<f64>,
    /// What becomes of later messages once a variant has won; only for campaigns that send more than once.
    #[schema(inline, required = false)]
    pub on_winner: OnWinner,
}

impl DecisionInput {
    /// Whether nothing was chosen.
    pub fn is_default(&self) -> bool {
        *self == DecisionInput::default()
    }
}

/// How the messages before a conversion share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributionSplit {
    /// The last one gets all of it.
    #[default]
    Last,
    /// The first one gets all of it.
    First,
    /// All get the same part.
    Linear,
}

/// Which messages a conversion is credited to: of all campaigns, those with a touch in its window before the
/// conversion; of them the ones with the strongest touch there is (a click before an opening before a sending).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttributionInput {
    /// How long after a click a conversion counts, as in `7d`, the default; at most 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub click: Option<String>,
    /// How long after an opening (by a person) it counts, as in `1d`, the default; at most 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub view: Option<String>,
    /// How long after a sending it counts, for channels that tell neither; default: it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sent: Option<String>,
    /// How several messages share a conversion.
    #[schema(inline, required = false)]
    pub split: AttributionSplit,
}

impl AttributionInput {
    /// Whether nothing was chosen.
    pub fn is_default(&self) -> bool {
        *self == AttributionInput::default()
    }
}

/// Which variant people get by the value of one of their attributes, instead of by chance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantByInput {
    /// The attribute, as in `city`.
    pub attribute: String,
    /// Ids of variants by value, at most 200 values; numbers and truth values as they are written.
    pub values: BTreeMap<String, String>,
    /// The variant of whoever has no value, or another one.
    pub default: String,
}

/// Somebody let a version of a campaign go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CampaignApproval {
    /// Which version.
    pub version: String,
    /// Who: the label of their key, or its id.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// The version that somebody approves: the one that they have looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignApprovalInput {
    /// As the campaign says it.
    pub version: String,
}
