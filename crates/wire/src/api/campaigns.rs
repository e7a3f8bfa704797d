//! Campaigns: to whom, what, when, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    AttributionInput, CampaignApproval, Channel, ContentInput, DecisionInput, Sentence,
    VariantByInput,
};

/// When a campaign sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// Once, to everybody who is in the audience then.
    Once {
        /// When: local time of the zone, as in `2026-12-24T09:00`; default: when it is started.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        at: Option<String>,
    },
    /// At several instants.
    Dates {
        /// Local times of the zone, at most 500.
        at: Vec<String>,
    },
    /// Again and again.
    Recurring(Recurrence),
    /// When a user does something.
    Event {
        /// A name, or an object with `event` and `where`.
        event: Value,
    },
    /// When a user enters a live segment: also after inaction, on a date, at a place.
    Enters {
        /// Its id.
        segment: String,
    },
    /// When a user leaves a live segment.
    Leaves {
        /// Its id.
        segment: String,
    },
    /// When a user comes into a state of a lifecycle.
    State {
        /// Key of the lifecycle; default: the workspace's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        lifecycle: Option<String>,
        /// Only out of these states; default: any.
        #[serde(default)]
        #[schema(required = false)]
        from: Vec<String>,
        /// Into one of these.
        to: Vec<String>,
    },
    /// When a request names it with recipients: `POST /api/campaigns/{id}/send`.
    Api,
}

/// When something happens again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recurrence {
    /// `hour`, `day`, `week` or `month`.
    pub every: String,
    /// Every n-th of them; default 1.
    #[serde(default = "one")]
    #[schema(required = false)]
    pub interval: u32,
    /// Local times of day, as in `09:00`; of hours: the minute alone, as in `00:15`.
    pub at: Vec<String>,
    /// Of weeks: days, as in `monday`.
    #[serde(default)]
    #[schema(required = false)]
    pub weekdays: Vec<String>,
    /// Of months: days from 1; -1 is the last.
    #[serde(default)]
    #[schema(required = false)]
    pub days_of_month: Vec<i8>,
    /// First local day; default: when it is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub start: Option<String>,
    /// Last local day; default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub end: Option<String>,
    /// So often at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<u32>,
    /// Never on these local days.
    #[serde(default)]
    #[schema(required = false)]
    pub except: Vec<String>,
    /// `any`, `never` or `only` on weekends of the country; default `any`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub weekends: Option<String>,
    /// `any`, `never` or `only` on public holidays of the country; default `any`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub holidays: Option<String>,
    /// The country, as in `TR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub country: Option<String>,
}

fn one() -> u32 {
    1
}

/// How often one user gets messages of one campaign.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Again {
    /// Once and never again.
    Once,
    /// With every run, or every trigger.
    #[default]
    Always,
    /// Again after a pause.
    After {
        /// A duration, as in `30d`; at most 90 days.
        pause: String,
    },
}

/// One of the contents between which chance decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantInput {
    /// Stable id: who was drawn for it stays in it whatever it is called.
    pub id: String,
    /// Name for people; default: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Its part of all parts; default 1.
    #[serde(default = "whole")]
    #[schema(required = false)]
    pub share: f64,
    /// By language, as in `tr` or `pt-BR`; `default` is for all others and must be there.
    pub content: BTreeMap<String, ContentInput>,
}

fn whole() -> f64 {
    1.0
}

/// What a campaign is to bring about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalInput {
    /// A name of an event, or an object with `event` and `where`.
    pub event: Value,
    /// How long after the message it counts, as in `7d`; at most 90 days.
    pub within: String,
    /// The property with the revenue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub revenue: Option<String>,
}

/// Local hours, as in `09:00` to `20:00`; `to` before `from` crosses midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalHours {
    /// From this time on.
    pub from: String,
    /// Until just before this time.
    pub to: String,
    /// Days on which it begins, as in `saturday`; default: all.
    #[serde(default)]
    #[schema(required = false)]
    pub weekdays: Vec<String>,
}

/// What becomes of a message whose time is a quiet one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnQuiet {
    /// It waits until the quiet hours end.
    #[default]
    Delay,
    /// It is not sent.
    Discard,
}

/// How messages of a campaign are delivered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryInput {
    /// Times are those of each user's own zone.
    #[schema(required = false)]
    pub user_zone: bool,
    /// Of a user whose local time has passed: `drop` or `next_day`; default `drop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub if_passed: Option<String>,
    /// Only within these local hours of each user; default: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<LocalHours>,
    /// What becomes of a message in quiet hours.
    #[schema(inline, required = false)]
    pub on_quiet: OnQuiet,
    /// Nothing is sent after this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub until: Option<String>,
    /// How long a message may wait for its provider, as in `1d`, the default; in-app messages and inbox cards,
    /// which whoever they are for fetches: `28d`, at most 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires: Option<String>,
    /// Messages in a second at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per_second: Option<u32>,
    /// Messages in all at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub most: Option<u64>,
    /// Messages in a local day at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub most_per_day: Option<u64>,
    /// A run with a larger audience is not begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub safety_stop: Option<u64>,
    /// To every device; default: the one that was active last.
    #[schema(required = false)]
    pub all_devices: bool,
}

/// A campaign to make or to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignInput {
    /// Stable id: letters, digits, `-` and `_`; default: made of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Name for people.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(required = false)]
    pub description: String,
    /// How messages reach people.
    #[schema(inline)]
    pub channel: Channel,
    /// Id of the provider; default: the oldest of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provider: Option<String>,
    /// When it sends.
    pub trigger: Trigger,
    /// Only members of this segment: an id, or a definition; default: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub audience: Option<Value>,
    /// How often one user gets its messages.
    #[serde(default)]
    #[schema(required = false)]
    pub again: Again,
    /// At least one.
    pub variants: Vec<VariantInput>,
    /// Which variant goes to whom by what they are; default: chance decides, by the shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub variant_by: Option<VariantByInput>,
    /// Words by which caps and reports tell campaigns apart, at most 8.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Vec<String>,
    /// Id of the topic; who is not subscribed to it gets nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub topic: Option<String>,
    /// About something that the user asked for: no control group, no caps, no quiet hours.
    #[serde(default)]
    #[schema(required = false)]
    pub transactional: bool,
    /// Of several that are due at once the greater goes first and takes the cap; 0 to 100, default 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub priority: Option<u8>,
    /// Share of the audience that gets nothing, so that the effect can be told: 0 to 0.99, default 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub control: Option<f64>,
    /// What it is to bring about; the first is the one that decides, unless `decision` names another.
    #[serde(default)]
    #[schema(required = false)]
    pub goals: Vec<GoalInput>,
    /// How it is decided which variant has won.
    #[serde(default, skip_serializing_if = "DecisionInput::is_default")]
    #[schema(required = false)]
    pub decision: DecisionInput,
    /// Which messages a conversion is credited to.
    #[serde(default, skip_serializing_if = "AttributionInput::is_default")]
    #[schema(required = false)]
    pub attribution: AttributionInput,
    /// Ids of the contact policy's control groups whose members get nothing of this campaign, at most 16; of
    /// several that have somebody, the first named counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub control_groups: Vec<String>,
    /// How messages are delivered.
    #[serde(default)]
    #[schema(required = false)]
    pub delivery: DeliveryInput,
}

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// It can be changed, and does nothing.
    Draft,
    /// It waits for its first instant.
    Scheduled,
    /// It sends, or waits for triggers.
    Running,
    /// Nothing is sent; whoever it had reached for keeps their place.
    Paused,
    /// It was ended by somebody.
    Stopped,
    /// It has nothing left to do.
    Ended,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Campaign {
    /// Stable id.
    pub id: String,
    /// Where it stands.
    #[schema(inline)]
    pub status: CampaignStatus,
    /// What it is.
    pub definition: CampaignInput,
    /// The version of the definition: another text after every change.
    pub version: String,
    /// Who made it.
    pub created_by: String,
    /// Who changed it last.
    pub edited_by: String,
    /// Campaigns of this workspace need the approval of somebody else before they send.
    pub approval_needed: bool,
    /// The approval of this very version; nothing: it has none.
    #[schema(required = true)]
    pub approval: Option<CampaignApproval>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was changed last.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it was started.
    #[schema(required = true, format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(required = true, format = DateTime)]
    pub ended_at: Option<String>,
    /// The next instant at which it is due; nothing: none, or it waits for triggers.
    #[schema(required = true, format = DateTime)]
    pub next_at: Option<String>,
    /// Runs of a campaign on a schedule, newest first, at most 100.
    pub runs: Vec<CampaignRun>,
    /// What is wrong or unwise about it; nothing of it keeps it from being saved.
    pub problems: Vec<ContentProblem>,
}

/// One run of a campaign on a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CampaignRun {
    /// Which.
    pub run: String,
    /// When it was due; its audience is that of this instant.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// When everybody had been decided; nothing: it goes on.
    #[schema(required = true, format = DateTime)]
    pub ended_at: Option<String>,
    /// Members of the audience.
    pub audience: u64,
    /// Why it ended otherwise than planned.
    #[schema(required = true)]
    pub note: Option<String>,
}

/// Something wrong or unwise in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContentProblem {
    /// It keeps the campaign from being started.
    pub error: bool,
    /// A stable code.
    pub code: String,
    /// Where: variant, language and field.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// The same as data; nothing: there is only the English.
    #[schema(required = true)]
    pub message_code: Option<Sentence>,
    /// How to mend it.
    pub hint: String,
    /// The same as data; nothing: there is only the English, or nothing to say.
    #[schema(required = true)]
    pub hint_code: Option<Sentence>,
}

/// All campaigns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CampaignList {
    /// Newest first.
    pub campaigns: Vec<CampaignSummary>,
}

/// A campaign in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CampaignSummary {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// How messages reach people.
    #[schema(inline)]
    pub channel: Channel,
    /// Where it stands.
    #[schema(inline)]
    pub status: CampaignStatus,
    /// Which kind of trigger.
    pub trigger: String,
    /// Labels.
    pub labels: Vec<String>,
    /// When it was changed last.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it was started.
    #[schema(required = true, format = DateTime)]
    pub started_at: Option<String>,
    /// The next instant at which it is due.
    #[schema(required = true, format = DateTime)]
    pub next_at: Option<String>,
    /// Messages that a provider took.
    pub sent: u64,
}

/// What to do with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignAction {
    /// Begin: at once, or wait for its first instant.
    Start,
    /// Send nothing for now.
    Pause,
    /// Go on.
    Resume,
    /// End for good.
    Stop,
}

/// What to do with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignActionInput {
    /// What.
    #[schema(inline)]
    pub action: CampaignAction,
}

/// Recipients of a campaign that is triggered by requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignSend {
    /// Ids of users, at most 1,000.
    pub users: Vec<String>,
    /// Two requests with the same key send once; default: each request sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// What templates find under `event`.
    #[serde(default)]
    #[schema(required = false)]
    pub properties: BTreeMap<String, Value>,
}

/// What became of a request to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CampaignSendAccepted {
    /// Recipients that are decided from now on.
    pub accepted: u64,
    /// Ids that nobody has.
    pub unknown: Vec<String>,
}

/// Who a campaign would reach.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CampaignReach {
    /// Members of the audience.
    pub audience: u64,
    /// Of them, those who can get a message on the channel.
    pub reachable: u64,
    /// Those who cannot, by reason.
    pub excluded: Vec<ReasonCount>,
    /// Of the reachable, those who would be in a control group.
    pub control: u64,
    /// Of these, by group: `workspace`, `campaign`, or the id of a named one.
    pub control_by_group: Vec<ReasonCount>,
    /// The rest: messages before caps and quiet hours.
    pub messages: u64,
    /// The smallest difference of the deciding goal's rate that such a campaign would probably show (80 %) at
    /// its confidence, with the control groups as they were counted, in rate points as a fraction; nothing: no
    /// goal, no control group, or nobody or everybody reached the goal before.
    #[schema(required = true)]
    pub detectable: Option<f64>,
    /// The share of the audience that reached the deciding goal in the window before now, without a message.
    #[schema(required = true)]
    pub base_rate: Option<f64>,
}

/// How many for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReasonCount {
    /// A stable word.
    pub reason: String,
    /// Messages, or users.
    pub count: u64,
}

/// A message to be shown as a user would see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagePreviewInput {
    /// The content by language.
    pub content: BTreeMap<String, ContentInput>,
    /// As this user; default: nobody, all fallbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<String>,
    /// In this language; default: the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub locale: Option<String>,
    /// What templates find under `event`.
    #[serde(default)]
    #[schema(required = false)]
    pub properties: BTreeMap<String, Value>,
    /// What templates find under `answer`: by the id of a step that asks a server, the object that the server would
    /// answer.
    #[serde(default)]
    #[schema(required = false)]
    pub answers: BTreeMap<String, Value>,
}

/// A message as a user would see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessagePreview {
    /// The fields of the channel, by name, as they would be sent; nothing: it cannot be rendered.
    #[schema(required = true)]
    pub rendered: Option<BTreeMap<String, Value>>,
    /// Which language was taken.
    pub locale: String,
    /// Which of the contents is shown: a language that has one of its own, or `default`.
    pub content: String,
    /// It is written from right to left.
    pub right_to_left: bool,
    /// Why a template stopped, in words; nothing: it did not.
    #[schema(required = true)]
    pub stopped: Option<String>,
    /// What is wrong or unwise.
    pub problems: Vec<ContentProblem>,
    /// How long a text message is.
    #[schema(required = true)]
    pub sms: Option<SmsLength>,
}

/// How long a text message is, as networks count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SmsLength {
    /// `gsm7`: seven bits a character, or `ucs2`: sixteen.
    pub encoding: String,
    /// Septets of `gsm7`, or units of sixteen bits.
    pub units: u32,
    /// Messages that are paid for.
    pub parts: u32,
    /// Units that still fit into the last of them.
    pub left: u32,
    /// Characters that `gsm7` does not have, each once: without them it would be `gsm7`.
    pub forced_by: Vec<String>,
}

/// A test message of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignTest {
    /// Which variant; default: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub variant: Option<String>,
    /// A test user: their data, and their address.
    pub user: String,
}
