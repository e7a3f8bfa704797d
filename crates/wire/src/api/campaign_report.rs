//! What became of a campaign's messages, and what they caused.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ReasonCount, Sentence};

/// Of when a report is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignReportQuery {
    /// Only users who were drawn, and messages that were decided, at or after this instant; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub since: Option<String>,
    /// Only users who were drawn, and messages that were decided, before this instant; default: all. What
    /// became of them counts up to `as_of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub until: Option<String>,
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
    /// Whether a variant has won, by the campaign's own rule; it does not depend on when or how often it is
    /// asked, nor on `since` and `confidence`.
    pub verdict: VerdictReport,
    /// What keeps the messages or their numbers from being what they could be.
    pub warnings: Vec<ReportWarning>,
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
    /// The same as data.
    #[schema(required = true)]
    pub no_effect_because_code: Option<Sentence>,
    /// All variants together against each control group alone, where there are several groups: a group that
    /// several campaigns name shows what all of them did.
    pub groups: Vec<EffectReport>,
    /// What is credited to the campaign's messages, which says that they were there before, not that they
    /// caused it: that is `effect`.
    pub credited: CreditReport,
}

/// Conversions that are credited to messages of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreditReport {
    /// Conversions, in parts where several messages share one.
    pub conversions: f64,
    /// Their revenue; nothing: the goal has none.
    #[schema(required = true)]
    pub revenue: Option<f64>,
    /// By the strongest touch: `click`, `view`, `sent`.
    pub through: Vec<CreditPart>,
    /// By variant.
    pub variants: Vec<CreditPart>,
    /// How long after a click it counts.
    pub click: String,
    /// How long after an opening it counts.
    pub view: String,
    /// How long after a sending it counts; nothing: it does not.
    #[schema(required = true)]
    pub sent: Option<String>,
    /// Credited and caused in one sentence, with the difference between them.
    pub sentence: String,
}

/// A part of what is credited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreditPart {
    /// Of which touch, or which variant.
    pub of: String,
    /// Conversions.
    pub conversions: f64,
    /// Their revenue; nothing: the goal has none.
    #[schema(required = true)]
    pub revenue: Option<f64>,
}

/// What can be said of variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// One is better than every other.
    Winner,
    /// Several are as good as each other, or could not be told apart until the campaign was over.
    Tie,
    /// Nothing yet.
    Undecided,
    /// There is nothing to compare: no goal, or neither a second variant nor a control group.
    Nothing,
}

/// Whether a variant has won. Variants are compared with each other; if there is only one, with control. Users
/// count once their window is over, at the end of each day (UTC), with the mixture sequential probability ratio
/// test: its error holds over all looks together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictReport {
    /// What can be said.
    #[schema(inline)]
    pub verdict: VerdictKind,
    /// The arm that has won: a variant's id, or `control`.
    #[schema(required = true)]
    pub winner: Option<String>,
    /// Arms that tie.
    pub tied: Vec<String>,
    /// At which look it was decided.
    #[schema(required = true, format = DateTime)]
    pub decided_at: Option<String>,
    /// The event of the goal that decides; empty without a goal.
    pub goal: String,
    /// `rate` or `revenue`.
    pub measure: String,
    /// The confidence.
    pub confidence: f64,
    /// Differences below this are a tie; nothing: ties are declared at the end.
    #[schema(required = true)]
    pub tie_margin: Option<f64>,
    /// Looks so far at which something was new.
    pub looks: u64,
    /// The latest of them.
    #[schema(required = true, format = DateTime)]
    pub looked_at: Option<String>,
    /// Users who were drawn and do not count yet, as their window is not over.
    pub open: u64,
    /// What each arm had at the latest look.
    pub arms: Vec<VerdictArm>,
    /// Arms in pairs.
    pub pairs: Vec<VerdictPair>,
    /// Later messages draw the winner only since this instant; nothing: they do not.
    #[schema(required = true, format = DateTime)]
    pub winner_sent_since: Option<String>,
    /// The same in words: the rule, the numbers, and what is missing.
    pub sentence: String,
}

/// An arm at a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictArm {
    /// `control`, or the variant's id.
    pub arm: String,
    /// What it is called.
    pub name: String,
    /// Users whose window is over.
    pub users: u64,
    /// Of them, those who reached the goal.
    pub converted: u64,
}

/// Two arms, compared over all looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictPair {
    /// The one.
    pub first: String,
    /// The other.
    pub second: String,
    /// Second − first at the latest look, with an interval that holds at all looks together; nothing: one has
    /// too few.
    #[schema(required = true)]
    pub difference: Option<WithInterval>,
    /// The smallest always-valid p-value of any look, adjusted for all arms.
    pub p_value: f64,
    /// Which of the two is better, once that is shown.
    #[schema(required = true)]
    pub better: Option<String>,
}

/// Something that keeps messages or numbers from being what they could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportWarning {
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

/// Users of one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ArmReport {
    /// `control`, or the variant's id.
    pub arm: String,
    /// What it is called.
    pub name: String,
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
    /// The arm: a variant's id, or `all`.
    pub arm: String,
    /// What it is called; of a comparison with one control group, the name of the group.
    pub name: String,
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
