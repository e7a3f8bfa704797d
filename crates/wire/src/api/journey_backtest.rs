//! What a journey would have done over a past period of what really happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{JourneyInput, JourneyRun};

/// What is tried on the past.
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
    /// Id of the journey.
    pub journey: String,
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

/// What a journey would have done. Nobody was sent anything, so nobody was moved by it either: goals are
/// reached as they really were, by those who would have come in and by those of the control group alike, and no
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
    /// How often somebody came in.
    pub entered: u64,
    /// How many different users came in.
    pub people: u64,
    /// How often somebody would have come in and is of a control group.
    pub held_out: u64,
    /// Entries by local day of the workspace; days without any are left out.
    pub days: Vec<BacktestDay>,
    /// Steps in their order: `entered` = all of `moved` + `exited` + `waiting`.
    pub steps: Vec<BacktestStep>,
    /// By reason: runs that were over at the end of the period.
    pub exits: BTreeMap<String, u64>,
    /// How many of those who came in would have got so many messages in the period.
    pub messages: Vec<BacktestMessages>,
    /// Messages in all.
    pub sent: u64,
    /// Whoever would have got most; nothing: nobody any.
    #[schema(required = true)]
    pub worst: Option<BacktestWorst>,
    /// Webhooks that would have been sent and whose answer was taken for granted, as the step says it under `assumed`.
    /// None of the webhooks counts as a message to somebody.
    pub assumed: u64,
    /// Webhooks that would have been sent and of which nobody can say the answer: whoever waited for one went by
    /// `failed` when the time was up.
    pub unanswered: u64,
    /// By reason: messages that would not have been sent.
    pub withheld: BTreeMap<String, u64>,
    /// By reason: messages that would have waited, as for quiet hours; each once for every wait.
    pub delayed: BTreeMap<String, u64>,
    /// Goals, as they were reached without any message.
    pub goals: Vec<BacktestGoal>,
    /// Up to a hundred runs, spread over all, with the path and why.
    pub sample: Vec<BacktestRun>,
    /// Users of whom steps went on for ever at one instant, so that they were given up there.
    pub endless: u64,
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
}
