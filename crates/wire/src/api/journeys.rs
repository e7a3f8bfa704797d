//! Journeys: who comes in, what happens to them step by step, and when they are out again.
//!
//! The form below is the file of a journey, what the canvas edits, and what the server stores: one thing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Again, Channel, ContentInput, ContentProblem, LocalHours, OnQuiet, Sentence, Trigger};

/// Something that can happen to a user, for which a step waits, that ends a journey, or that is its goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Happening {
    /// The user does something.
    Event {
        /// A name, or an object with `event` and `where`.
        event: Value,
    },
    /// The user enters a live segment.
    Enters {
        /// Its id.
        segment: String,
    },
    /// The user leaves a live segment.
    Leaves {
        /// Its id.
        segment: String,
    },
    /// The user comes into a state of a lifecycle.
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
    /// Something became of the message that a step of this journey sent to the user.
    Message {
        /// Id of the step.
        step: String,
        /// `sent`, `failed`, `delivered`, `opened`, `clicked`, `bounced` or `dismissed`.
        did: String,
    },
}

/// One of the ways out of a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitPath {
    /// Stable id, unique in the step: reports name it.
    pub id: String,
    /// Name for people; default: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// What lets people go this way.
    pub when: Happening,
    /// Id of the step that follows; default: the journey is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// One of the ways out of a split, for whom a condition holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitPath {
    /// Stable id, unique in the step: reports name it.
    pub id: String,
    /// Name for people; default: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Members of this segment: an id, or a definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub segment: Option<Value>,
    /// The event that brought them in, or that last let them go on, is one of these: a name, or an object with
    /// `event` and `where`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub event: Option<Value>,
    /// The server that an earlier step of the kind `webhook` asked has answered so, in this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub answer: Option<AnswerCondition>,
    /// Id of the step that follows; default: the journey is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// What is asked of the answer to a webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerCondition {
    /// Id of the step that asked.
    pub step: String,
    /// What its fields are, as the `where` of an event says it of properties; default: there is an answer, whatever
    /// it says.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub filter: Option<Value>,
}

/// One of the ways between which chance decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomPath {
    /// Stable id, unique in the step: who was drawn for it stays in it whatever it is called.
    pub id: String,
    /// Name for people; default: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Its part of all parts; default 1.
    #[serde(default = "whole")]
    #[schema(required = false)]
    pub share: f64,
    /// Id of the step that follows; default: the journey is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

fn whole() -> f64 {
    1.0
}

/// What a learning split rewards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LearningGoal {
    /// A name of an event, or an object with `event` and `where`.
    pub event: Value,
    /// How long after the split it counts, as in `7d`; at most 90 days.
    pub within: String,
    /// The property with the revenue; without it the first event within the time counts, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub revenue: Option<String>,
    /// What it is worth beside other goals; default 1. Of revenue: a factor.
    #[serde(default = "whole")]
    #[schema(required = false)]
    pub value: f64,
}

/// What tells people apart of whom a learning split learns, each group for itself; whoever is in none is in
/// `others`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LearningContext {
    /// Their state in a lifecycle; a context is the key of a state.
    State {
        /// Key of the lifecycle; default: the workspace's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        lifecycle: Option<String>,
        /// Only these states, at most seven, all others together; default: all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        states: Vec<String>,
    },
    /// The value of an attribute; a context is the value as a text.
    Attribute {
        /// Its name. It must not be personal, as events say in which context somebody was found.
        attribute: String,
        /// Texts, numbers or truth values: one to seven.
        values: Vec<Value>,
    },
    /// Membership in saved segments; a context is the id of the first that holds.
    Segments {
        /// Ids: one to seven.
        segments: Vec<String>,
    },
}

/// How a learning split divides people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LearningMode {
    /// By what was learned; every path keeps its floor.
    #[default]
    Automatic,
    /// By the shares of the paths.
    Manual,
}

/// Of several messages, which is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChooseChannel {
    /// On the channel on which the user opened or clicked last within 90 days, of those that reach the user;
    /// of users who did neither: the first that reaches them.
    #[default]
    Engaged,
    /// The first that reaches the user.
    First,
}

/// What a message of a step says and how it goes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepMessage {
    /// How it reaches people.
    #[schema(inline)]
    pub channel: Channel,
    /// Id of the provider; default: the oldest of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provider: Option<String>,
    /// Id of the topic; who is not subscribed to it gets nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub topic: Option<String>,
    /// By language, as in `tr` or `pt-BR`; `default` is for all others and must be there.
    pub content: BTreeMap<String, ContentInput>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum StepAction {
    /// Waits for a time: `for` a while, `until` a local time, both (first the one, then the other), a `date`, or
    /// the date in an `attribute`.
    Wait {
        /// How long, as in `24h`, `90s` or `3d`; at most 365 days.
        #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        how_long: Option<String>,
        /// Until this local time of day of the user, as in `09:00`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        until: Option<String>,
        /// Of `until`: only on these days, as in `monday`; default: any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        weekdays: Vec<String>,
        /// Until this local time of the user, as in `2026-12-24T09:00`; if it has passed, nobody waits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        date: Option<String>,
        /// Until the instant in this attribute of the user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        attribute: Option<String>,
        /// Of `attribute`: so much later, or earlier, as in `-2d`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        offset: Option<String>,
        /// Of `attribute`: step of whoever has none, or one that is no instant; default: out of the journey.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        missing: Option<String>,
    },
    /// Waits until one of several things happens, or the time is up.
    WaitFor {
        /// What lets people go; of several at one instant the first listed.
        any: Vec<WaitPath>,
        /// How long it waits, as in `2m` or `3d`; at most 365 days. What happens at the very end is too late.
        within: String,
        /// Step of whoever waited in vain; default: the journey is completed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        otherwise: Option<String>,
        /// What happened before people came here counts, too: `entry` (since they came into the journey), or so
        /// long before, as in `10m`; default: only what happens from then on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        since: Option<String>,
    },
    /// The first path whose condition holds.
    Split {
        /// At least one.
        paths: Vec<SplitPath>,
        /// Step of all others; default: the journey is completed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        otherwise: Option<String>,
    },
    /// Chance decides; the report compares the paths.
    Random {
        /// At least two.
        paths: Vec<RandomPath>,
        /// Draws anew whenever somebody comes in again; default: everybody stays in their path.
        #[serde(default)]
        #[schema(required = false)]
        anew: bool,
    },
    /// Sends more and more people down the path that brings about most.
    Learn {
        /// At least two.
        paths: Vec<RandomPath>,
        /// What is to be brought about: at least one.
        goals: Vec<LearningGoal>,
        /// By what was learned, or by the shares.
        #[serde(default)]
        #[schema(inline, required = false)]
        mode: LearningMode,
        /// The part that every path keeps: 0.01 to 1 / number of paths; default 0.05.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        floor: Option<f64>,
        /// The path that everybody takes from now on, as it has won; of contexts, all that `winners` does not name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        winner: Option<String>,
        /// What tells people apart, each group learned about for itself; default: nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        context: Option<LearningContext>,
        /// By context, the path that everybody in it takes from now on, as it has won there.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        winners: BTreeMap<String, String>,
    },
    /// Sends a message.
    Message {
        /// What and how.
        message: Box<StepMessage>,
        /// Step of whoever could not be sent it; default: the same as for the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        unreachable: Option<String>,
    },
    /// Sends one of several messages, each on a channel of its own.
    BestChannel {
        /// At least two.
        messages: Vec<StepMessage>,
        /// Which of them.
        #[serde(default)]
        #[schema(inline, required = false)]
        choose: ChooseChannel,
        /// Step of whoever could be sent none; default: the same as for the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        unreachable: Option<String>,
    },
    /// Asks a server, and waits for its answer: `next` of whoever has one.
    Webhook {
        /// What is asked: of the channel `webhook`.
        message: Box<StepMessage>,
        /// How long it waits, as in `30s`, at most a day; so long it is tried again, too.
        within: String,
        /// Step of whoever has no answer: it could not be sent, was refused for good, or there was none in time;
        /// default: the journey is completed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        failed: Option<String>,
        /// The answer that a backtest takes for granted, as nobody is asked then: an object. Without one everybody
        /// goes by `failed` there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false, value_type = Option<Object>)]
        assumed: Option<Value>,
    },
    /// Changes attributes of the user.
    Update {
        /// New values; `null` takes one away. `{"answer": "score.limit"}` for a field of the answer to a step, and
        /// `{"profile": "plan"}` or `{"event": "amount"}`; what is not there changes nothing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        #[schema(value_type = Object)]
        set: BTreeMap<String, Value>,
        /// Numbers to add.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        add: BTreeMap<String, f64>,
        /// Texts to put into lists.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        append: BTreeMap<String, Vec<String>>,
        /// Texts to take out of lists.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        remove: BTreeMap<String, Vec<String>>,
    },
    /// Writes an event of the user.
    Emit {
        /// Its name.
        event: String,
        /// Its properties: values, or `{"profile": "plan"}`, `{"event": "amount"}` and `{"answer": "score.limit"}`
        /// for a value of the user's, of the event that brought them in, or of the answer to a step.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        #[schema(value_type = Object)]
        properties: BTreeMap<String, Value>,
    },
    /// Lets the user into another journey, too.
    Journey {
        /// Its id.
        journey: String,
    },
    /// Ends the journey.
    Exit {
        /// A word for the report; default: `completed`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        reason: Option<String>,
    },
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JourneyStep {
    /// Stable id, unique in the journey: letters, digits, `-` and `_`.
    pub id: String,
    /// Name for people; default: what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// A note for colleagues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<String>,
    /// What it does.
    #[serde(rename = "do")]
    pub action: StepAction,
    /// Id of the step that follows, where the action has no paths of its own; default: the journey is
    /// completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// What a journey is to bring about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JourneyGoal {
    /// Stable id, unique in the journey.
    pub id: String,
    /// Name for people; default: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// What happens. A message is none.
    pub when: Happening,
    /// How long after somebody came in it counts, as in `14d`; at most 90 days.
    pub within: String,
    /// Of an event: the property with the revenue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub revenue: Option<String>,
    /// Whoever reaches it is out of the journey.
    #[serde(default)]
    #[schema(required = false)]
    pub exits: bool,
}

/// A journey to make or to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JourneyInput {
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
    /// When somebody comes in. With `api`: by `POST /api/journeys/{id}/enter`, a list, or another journey.
    pub entry: Trigger,
    /// Only members of this segment: an id, or a definition; default: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub audience: Option<Value>,
    /// How often one user comes in. Nobody is in twice at a time; with `after`, the pause counts from the last
    /// entry.
    #[serde(default)]
    #[schema(required = false)]
    pub again: Again,
    /// Of entry by an event: the property by whose values one user can be in several times, as an order's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// Share of those who would come in that does not, so that the effect can be told: 0 to 0.99, default 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub control: Option<f64>,
    /// Ids of the contact policy's control groups whose members do not come in, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub control_groups: Vec<String>,
    /// What it is to bring about; the first is the one that decides.
    #[serde(default)]
    #[schema(required = false)]
    pub goals: Vec<JourneyGoal>,
    /// Whoever this happens to is out.
    #[serde(default)]
    #[schema(required = false)]
    pub exits: Vec<Happening>,
    /// Whoever is in for so long is out, as in `30d`, at most 365 days; default: 90 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub timeout: Option<String>,
    /// Of several messages that are due at once the greater goes first and takes the cap; 0 to 100, default 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub priority: Option<u8>,
    /// Words by which caps and reports tell messages apart, at most 8.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Vec<String>,
    /// About something that the user asked for: no control group, no caps, no quiet hours.
    #[serde(default)]
    #[schema(required = false)]
    pub transactional: bool,
    /// Messages only within these local hours of each user; default: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub hours: Vec<LocalHours>,
    /// What becomes of a message in quiet hours; with `delay`, people wait at their step.
    #[serde(default)]
    #[schema(inline, required = false)]
    pub on_quiet: OnQuiet,
    /// The first is where people begin. At least one.
    pub steps: Vec<JourneyStep>,
}

/// Where a journey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JourneyStatus {
    /// It does nothing.
    Draft,
    /// People come in and go on.
    Running,
    /// Nobody comes in; whoever is in keeps their place, and their time runs on when it does.
    Paused,
    /// Nobody is in any more; it can be started anew.
    Stopped,
}

/// Where somebody goes who waits at a step when another version is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum StepMove {
    /// They go on by the version by which they came in.
    Finish,
    /// They go on at this step of the new version: where it is the same one, with the time that they waited.
    To {
        /// Its id.
        step: String,
    },
    /// They are out.
    Exit,
}

/// What is published.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PublishInput {
    /// The version of the draft that was reviewed; default: whatever it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub version: Option<String>,
    /// By step of an earlier version: where those go who wait there; default: as the review proposes.
    #[schema(required = false)]
    pub moves: BTreeMap<String, StepMove>,
}

/// A journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Journey {
    /// Stable id.
    pub id: String,
    /// Where it stands.
    #[schema(inline)]
    pub status: JourneyStatus,
    /// What is edited. Published it is what whoever comes in goes through.
    pub definition: JourneyInput,
    /// The version of what is edited: another text after every change.
    pub version: String,
    /// The number of the version that whoever comes in goes through; nothing: it was never published.
    #[schema(required = true)]
    pub published: Option<u32>,
    /// What is edited differs from what is published.
    pub changed: bool,
    /// Who made it.
    pub created_by: String,
    /// Who changed it last.
    pub edited_by: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was changed last.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it was started first.
    #[schema(required = true, format = DateTime)]
    pub started_at: Option<String>,
    /// What is wrong or unwise about it; nothing of it keeps it from being saved.
    pub problems: Vec<ContentProblem>,
}

/// A journey in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneySummary {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Where it stands.
    #[schema(inline)]
    pub status: JourneyStatus,
    /// Users who came in, control group left out.
    pub entered: u64,
    /// Users who are in.
    pub waiting: u64,
    /// Users in its control group.
    pub held_out: u64,
    /// When it was changed last.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// All journeys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyList {
    /// Those that were changed last first.
    pub journeys: Vec<JourneySummary>,
}

/// What would become of whoever is in if what is edited were published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyReview {
    /// The version that was looked at.
    pub version: String,
    /// Steps at which somebody waits, in their order.
    pub steps: Vec<StepReview>,
    /// Ids of steps that are new.
    pub added: Vec<String>,
    /// Ids of steps that are gone.
    pub removed: Vec<String>,
    /// Ids of steps that say something else.
    pub changed: Vec<String>,
}

/// What would become of whoever waits at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepReview {
    /// Id of the step.
    pub step: String,
    /// Its name for people.
    pub name: String,
    /// Users who wait there.
    pub waiting: u64,
    /// What happens to them unless something else is chosen.
    pub proposed: StepMove,
    /// Why that is proposed.
    pub why: String,
    /// The same as data.
    #[schema(required = true)]
    pub why_code: Option<Sentence>,
}

/// Who is to come in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterInput {
    /// User ids, at most 10,000.
    pub users: Vec<String>,
    /// Tells this request from others: the same one lets nobody in twice. Default: another one each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request: Option<String>,
}

/// What became of a request to come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entered {
    /// Came in.
    pub entered: u64,
    /// Control group.
    pub held_out: u64,
    /// Not let in: in already, too soon again, or not in the audience.
    pub refused: u64,
    /// Ids that nobody has.
    pub unknown: Vec<String>,
}

/// The path of one user through a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyRun {
    /// Id of the journey.
    pub journey: String,
    /// Its name for people.
    pub name: String,
    /// Id of the run.
    pub run: String,
    /// When the user came in.
    #[schema(format = DateTime)]
    pub entered_at: String,
    /// The number of the version by which they go on.
    pub version: u32,
    /// The control group, if the user did not come in.
    #[schema(required = true)]
    pub held_out: Option<String>,
    /// What happened, in order.
    pub steps: Vec<RunStep>,
    /// When and why it ended; nothing: it goes on.
    #[schema(required = true)]
    pub exit: Option<RunExit>,
    /// Until when the user waits at the last step at most; nothing: no longer.
    #[schema(required = true, format = DateTime)]
    pub due_at: Option<String>,
}

/// One step that somebody came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunStep {
    /// Its id.
    pub step: String,
    /// When they came.
    #[schema(format = DateTime)]
    pub at: String,
    /// The path that they took out of the step before; nothing: it is the first.
    #[schema(required = true)]
    pub path: Option<String>,
    /// What brought them here, in words.
    pub why: String,
    /// The same as data; nothing: there is only the English, or what it says is masked.
    #[schema(required = true)]
    pub why_code: Option<Sentence>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunExit {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// A stable word: `completed`, `goal`, `exit`, `timeout`, `stopped`, `merged`, `missing_date`, or one of a step.
    pub reason: String,
    /// What else there is to say.
    #[schema(required = true)]
    pub detail: Option<String>,
    /// The same as data; nothing: there is only the English, or what it says is masked.
    #[schema(required = true)]
    pub detail_code: Option<Sentence>,
}

/// Runs of one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyRunList {
    /// Newest first, at most 100.
    pub runs: Vec<JourneyRun>,
}
