//! What a journey or a campaign would have done over a past period of what really happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CampaignInput, JourneyInput, JourneyRun, Sentence};

/// Whether people can be reached in a backtest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BacktestReachable {
    /// Where addresses, devices and consent say so.
    #[default]
    Known,
    /// Everybody, whatever is known of them: for data without addresses. Everything else holds as ever: control
    /// groups, caps, quiet hours. `assumed` of the result counts what would not have gone otherwise.
    Assumed,
}

impl BacktestReachable {
    fn is_known(&self) -> bool {
        *self == BacktestReachable::Known
    }
}

/// Which journey is tried on the past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestInput {
    /// People come in from this instant on, as in `2026-03-01` (UTC) or `2026-03-01T00:00:00+03:00`.
    pub from: String,
    /// And before this one; at most now. The period is at most ten years.
    pub to: String,
    /// Another definition than the one that is edited; default: that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub definition: Option<Box<JourneyInput>>,
    /// Whether people can be reached.
    #[serde(default, skip_serializing_if = "BacktestReachable::is_known")]
    #[schema(required = false)]
    pub reachable: BacktestReachable,
}

/// Which campaign is tried on the past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignBacktestInput {
    /// It finds people from this instant on, as if it was started then: `2026-03-01` (UTC) or
    /// `2026-03-01T00:00:00+03:00`.
    pub from: String,
    /// And before this one; at most now. The period is at most ten years.
    pub to: String,
    /// Another definition than the one that is stored; default: that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub definition: Option<Box<CampaignInput>>,
    /// Whether people can be reached.
    #[serde(default, skip_serializing_if = "BacktestReachable::is_known")]
    #[schema(required = false)]
    pub reachable: BacktestReachable,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BacktestKind {
    /// A journey.
    Journey,
    /// A campaign.
    Campaign,
}

/// Whether a backtest goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BacktestStatus {
    /// It does.
    Running,
    /// It has a result.
    Done,
    /// It has ended without one: see `error`.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

/// A backtest. The latest twenty are kept until the server ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Backtest {
    /// Its id.
    pub id: String,
    /// What is tried.
    #[schema(inline)]
    pub kind: BacktestKind,
    /// Id of the journey or the campaign.
    pub of: String,
    /// Whether it goes on.
    #[schema(inline)]
    pub status: BacktestStatus,
    /// How much of it is done, 0 to 1.
    pub progress: f64,
    /// Why it failed.
    #[schema(required = true)]
    pub error: Option<String>,
    /// What came of it, once it is done.
    #[schema(required = true)]
    pub result: Option<BacktestResult>,
}

/// What a journey or a campaign would have done. Nobody was sent anything, so nobody was moved by it either: goals
/// are reached as they really were, by those who would have come in and by those of the control group alike, and no
/// difference between them is an effect. Addresses, devices and the contact policy are those of now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestResult {
    /// The first instant of the period.
    #[schema(format = DateTime)]
    pub from: String,
    /// The first instant after it.
    #[schema(format = DateTime)]
    pub to: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Users whose histories were looked at.
    pub users: u64,
    /// Rows of the history that were read.
    pub rows: u64,
    /// How often somebody came into the journey, or was found by the campaign and not held out.
    pub entered: u64,
    /// How many different users that were.
    pub people: u64,
    /// How often somebody is of a control group instead.
    pub held_out: u64,
    /// By control group: how often.
    pub groups: BTreeMap<String, u64>,
    /// Entries by local day of the workspace; days without any are left out.
    pub days: Vec<BacktestDay>,
    /// Steps in their order: `entered` = all of `moved` + `exited` + `waiting`. A campaign has none.
    pub steps: Vec<BacktestStep>,
    /// By reason: runs that were over at the end of the period.
    pub exits: BTreeMap<String, u64>,
    /// How many of those who came in would have got so many messages in the period.
    pub messages: Vec<BacktestMessages>,
    /// Messages in all.
    pub sent: u64,
    /// Messages that still waited at the end of the period, as for quiet hours.
    pub waiting: u64,
    /// By variant: messages. Those of journeys have one.
    pub variants: Vec<BacktestVariant>,
    /// Whoever would have got most; nothing: nobody any.
    #[schema(required = true)]
    pub worst: Option<BacktestWorst>,
    /// By reason: messages that would not have been sent.
    pub withheld: BTreeMap<String, u64>,
    /// By reason: messages that would have waited, as for quiet hours; each once for every wait.
    pub delayed: BTreeMap<String, u64>,
    /// Whether people were taken to be reachable.
    #[schema(inline)]
    pub reachable: BacktestReachable,
    /// By reason: messages of `sent` that would not have gone, had people not been taken to be reachable.
    pub assumed: BTreeMap<String, u64>,
    /// Limits over all users together that would have been exceeded. Each user is played alone, so that they hold
    /// nobody back here.
    pub limits: Vec<BacktestLimit>,
    /// Goals of a journey, as they were reached without any message.
    pub goals: Vec<BacktestGoal>,
    /// Up to a hundred runs of a journey, spread over all, with the path and why.
    pub sample: Vec<BacktestRun>,
    /// Up to a hundred messages of a campaign, spread over all, with what became of them and why.
    pub found: Vec<BacktestFound>,
    /// Users of whom steps went on for ever at one instant, so that they were given up there.
    pub endless: u64,
    /// Webhooks that would have been sent and whose answer was taken for granted, as the step says it under `assumed`.
    /// None of the webhooks counts as a message to somebody.
    pub answers_assumed: u64,
    /// Webhooks that would have been sent and of which nobody can say the answer: whoever waited for one went by
    /// `failed` when the time was up.
    pub unanswered: u64,
}

/// Entries of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestDay {
    /// The local day of the workspace.
    #[schema(format = Date)]
    pub day: String,
    /// How often somebody came in.
    pub entered: u64,
    /// How often somebody was held out.
    pub held_out: u64,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestStep {
    /// Its id.
    pub step: String,
    /// Its name for people.
    pub name: String,
    /// How often somebody came to it.
    pub entered: u64,
    /// By path: how often somebody went on to another step.
    pub moved: BTreeMap<String, u64>,
    /// How often somebody went out of the journey here.
    pub exited: u64,
    /// How many wait here at the end of the period.
    pub waiting: u64,
    /// Messages that it would have sent.
    pub sent: u64,
}

/// How many people got how many messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestMessages {
    /// So many messages.
    pub messages: u64,
    /// So many users.
    pub users: u64,
}

/// Whoever got most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestWorst {
    /// Their id.
    pub user: String,
    /// How many messages.
    pub messages: u64,
}

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestGoal {
    /// Its id.
    pub goal: String,
    /// Runs of those who came in, after which it was reached in its time.
    pub entered: u64,
    /// The same of those who were held out.
    pub held_out: u64,
}

/// A run, and whose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestRun {
    /// Id of the user.
    pub user: String,
    /// The run.
    #[serde(flatten)]
    pub run: JourneyRun,
    /// What was decided about its messages, in order.
    pub messages: Vec<BacktestDecision>,
}

/// Somebody whom a campaign found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestFound {
    /// Id of the user.
    pub user: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// By what: an event, a change of what they are, or the run.
    pub why: String,
    /// The same as data.
    #[schema(required = true)]
    pub why_code: Option<Sentence>,
    /// What was decided about the message, in order.
    pub messages: Vec<BacktestDecision>,
}

/// What became of a message when it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BacktestOutcome {
    /// It would have been handed over.
    Queued,
    /// It would have waited, and was decided again then.
    Planned,
    /// It would not have been sent.
    Withheld,
    /// The user is of a control group.
    HeldOut,
}

/// A decision about a message. A message that waits is decided several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestDecision {
    /// Id of the message: that of the real one, if there was one for the same cause.
    pub message: String,
    /// Id of the campaign; of a message of a step `JOURNEY/STEP`.
    pub campaign: String,
    /// When it was decided.
    #[schema(format = DateTime)]
    pub at: String,
    /// What became of it.
    #[schema(inline)]
    pub outcome: BacktestOutcome,
    /// Why it was not sent, or waited; the control group.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// What else there is to say about that.
    #[schema(required = true)]
    pub detail: Option<String>,
    /// The variant that was drawn.
    #[schema(required = true)]
    pub variant: Option<String>,
    /// When it is decided again.
    #[schema(required = true, format = DateTime)]
    pub due: Option<String>,
    /// Why it would not have gone, had people not been taken to be reachable.
    #[schema(required = true)]
    pub assumed: Option<String>,
}

/// Messages of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestVariant {
    /// Its id.
    pub variant: String,
    /// Its name for people.
    pub name: String,
    /// Messages that would have been sent.
    pub sent: u64,
}

/// A limit over all users together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestLimit {
    /// `campaign_limit`: messages in all. `daily_limit`: messages in a local day. `safety_stop`: the audience of a
    /// run, which is not begun if it is larger.
    pub limit: String,
    /// How many are allowed.
    pub most: u64,
    /// How many messages were beyond it; of `safety_stop`, how many runs would not have begun.
    pub over: u64,
}
