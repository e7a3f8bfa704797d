//! What became of a campaign's messages, and what they caused.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ReasonCount;

/// Of when a report is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignReportQuery {
    /// Only what was decided at or after this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub since: Option<String>,
    /// The instant; default: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub as_of: Option<String>,
    /// The confidence of intervals, 0.5 to 0.999; default 0.95.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub confidence: Option<f64>,
}

/// What became of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CampaignReport {
    /// Up to this instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// All messages together.
    pub funnel: DeliveryFunnel,
    /// By variant, with a draw.
    pub variants: Vec<VariantFunnel>,
    /// Goals, the deciding one first.
    pub goals: Vec<GoalReport>,
    /// Whether users fell into the arms as the shares say; nothing: too few, or no control group.
    #[schema(required = true)]
    pub sample_ratio: Option<SampleRatioReport>,
    /// Days with their messages, oldest first, at most 366.
    pub days: Vec<CampaignDay>,
}

/// Messages at every step. `decided` = `held_out` + `withheld` + `queued`; `queued` = `sent` + `failed` +
/// `waiting`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryFunnel {
    /// Decided.
    pub decided: u64,
    /// Wait for a later decision, as in quiet hours.
    pub planned: u64,
    /// Nothing was sent, so that the effect can be told.
    pub held_out: u64,
    /// Of them, by control group.
    pub held_out_by_group: Vec<ReasonCount>,
    /// Nothing was sent, for a reason.
    pub withheld: u64,
    /// Of them, by reason.
    pub withheld_by_reason: Vec<ReasonCount>,
    /// Handed to the channel.
    pub queued: u64,
    /// Wait for their channel.
    pub waiting: u64,
    /// Taken by the provider.
    pub sent: u64,
    /// Not taken.
    pub failed: u64,
    /// Of them, by code.
    pub failed_by_code: Vec<ReasonCount>,
    /// Known to have arrived.
    pub delivered: u64,
    /// Opened by people.
    pub opened: u64,
    /// Opened by machines alone, as far as is known.
    pub opened_by_machine: u64,
    /// Clicked.
    pub clicked: u64,
    /// Came back after they were taken.
    pub bounced: u64,
    /// Reported as unwanted.
    pub complained: u64,
}

/// Messages of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariantFunnel {
    /// The variant.
    pub variant: String,
    /// Its messages.
    pub funnel: DeliveryFunnel,
}

/// A number with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WithInterval {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What a campaign did for one goal. Users count from the draw on, whether or not a message reached them
/// (intention to treat).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GoalReport {
    /// The event.
    pub event: String,
    /// How long after the draw it counts.
    pub within: String,
    /// Arms: control first, then variants by id.
    pub arms: Vec<ArmReport>,
    /// All variants together against control; nothing: there is no control group.
    #[schema(required = true)]
    pub effect: Option<EffectReport>,
    /// By variant against control. Where there are several, p-values are adjusted (Holm).
    pub variants: Vec<EffectReport>,
    /// Why there is no effect, in words.
    #[schema(required = true)]
    pub no_effect_because: Option<String>,
}

/// Users of one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ArmReport {
    /// `control`, or the variant.
    pub arm: String,
    /// Users.
    pub users: u64,
    /// Of them, those whose window is over.
    pub complete: u64,
    /// Of the users, those who reached the goal.
    pub converted: u64,
    /// Their share, with its interval (Wilson); nothing: no users.
    #[schema(required = true)]
    pub rate: Option<WithInterval>,
    /// Events that reached the goal.
    pub events: u64,
    /// Their revenue; nothing: the goal has none.
    #[schema(required = true)]
    pub revenue: Option<f64>,
    /// Revenue per user of the arm.
    #[schema(required = true)]
    pub revenue_per_user: Option<f64>,
}

/// A difference between an arm and control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EffectReport {
    /// The arm: a variant, or `all`.
    pub arm: String,
    /// Difference of the rates, as a fraction (0.012 is 1.2 points), with its interval (Newcombe).
    pub difference: WithInterval,
    /// Relative to control's rate (0.1 is 10 % more); nothing: control’s rate is too near zero to tell.
    #[schema(required = true)]
    pub lift: Option<WithInterval>,
    /// How probable a difference at least this large were if there was none, adjusted for several arms.
    pub p_value: f64,
    /// The interval does not contain zero.
    pub significant: bool,
    /// Users who reached the goal because of the campaign: the difference times the users of the arm.
    pub extra_converted: WithInterval,
    /// Difference of revenue per user (Welch); nothing: the goal has no revenue, or too few users.
    #[schema(required = true)]
    pub revenue_per_user: Option<WithInterval>,
    /// Revenue because of the campaign.
    #[schema(required = true)]
    pub extra_revenue: Option<WithInterval>,
}

/// Whether users fell into the arms as the shares say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleRatioReport {
    /// How probable counts at least this far off were.
    pub p_value: f64,
    /// They are too far off (below 0.001): do not trust the effect before the reason is known.
    pub mismatch: bool,
}

/// Messages of one local day, by the day of the step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CampaignDay {
    /// The day.
    #[schema(format = Date)]
    pub day: String,
    /// Taken by the provider.
    pub sent: u64,
    /// Opened by people.
    pub opened: u64,
    /// Clicked.
    pub clicked: u64,
    /// Not taken.
    pub failed: u64,
}
