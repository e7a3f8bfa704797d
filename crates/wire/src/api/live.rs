//! What moves by itself: watched segments and lifecycles, who entered and left them, the stream.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Key, Object};

/// Which part of what is live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Definitions and transitions of these keys only, separated by commas, as in
    /// `segment/loyal,lifecycle/default`; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub watch: Option<String>,
    /// How many of the latest transitions and events, 0 to 1000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub latest: Option<u64>,
}

/// What a client of the stream wants to hear of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveStreamQuery {
    /// `transitions`, `events`, `counts`, several separated by commas; default: all three.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub kind: Option<String>,
    /// Keys of watched definitions, separated by commas; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub watch: Option<String>,
    /// Transitions and events of one user, by public id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub user: Option<String>,
    /// Names of events, separated by commas; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub event: Option<String>,
}

/// Transitions between two instants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WatchTransitionsQuery {
    /// Not before this instant; default: from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub from: Option<String>,
    /// Not after this instant; default: to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub to: Option<String>,
    /// Key of a watched definition; default: all that the path allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub watch: Option<String>,
    /// At most so many; default 100, at most 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub before: Option<String>,
}

/// What kind of definition is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchKind {
    /// A saved segment.
    Segment,
    /// The lifecycle, or a stage framework.
    Lifecycle,
}

/// Whether the numbers of a watched definition move by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchStatus {
    /// They do, and are exact up to `exact_as_of`.
    Live,
    /// It is new or was edited: the histories of all users are being read.
    Joining,
    /// They do not; the definition is computed when it is asked for.
    NotLive,
}

/// What happened to a user and a watched definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransitionKind {
    /// From outside to inside.
    Entered,
    /// From inside to outside.
    Left,
    /// From one state to another.
    Changed,
}

/// What brought a transition about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransitionCause {
    /// An event or attribute change at that instant.
    Record,
    /// Time alone: a window ended.
    Time,
    /// The definition was made, edited or removed.
    Definition,
    /// Two users turned out to be one.
    Merge,
}

/// Whether a transition changes what was told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransitionCorrection {
    /// It is new.
    None,
    /// It happened before something that was told already: a record came late.
    Added,
    /// It was told, and did not happen: a record came late.
    Revoked,
}

/// Users who came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveFlow {
    /// Entered.
    pub entered: u64,
    /// Left.
    pub left: u64,
}

/// One place of a watched definition: being a member, or a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LivePlace {
    /// `in` of a segment, else the key of the state.
    pub key: String,
    /// Users there now; nothing: not known yet.
    #[schema(required = true)]
    pub users: Option<u64>,
    /// In the last 60 seconds, by the instants at which it happened. Whom a new or edited definition
    /// found did not come or go, here and below.
    pub last_minute: LiveFlow,
    /// In the last 60 minutes.
    pub last_hour: LiveFlow,
    /// In the last 24 hours, in steps of ten minutes.
    pub last_day: LiveFlow,
    /// Minute by minute over the last hour, oldest first; empty: nothing happened.
    pub minutes: Vec<LiveFlow>,
}

/// How many of how many users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveProgress {
    /// Users whose history has been read.
    pub done: u64,
    /// All users.
    pub total: u64,
}

/// The numbers of one watched definition; the stream sends them again whenever they change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveCounts {
    /// Key of the definition.
    pub watch: String,
    /// Whether the numbers move.
    pub status: WatchStatus,
    /// While it is joining.
    #[schema(required = true)]
    pub joining: Option<LiveProgress>,
    /// Why it is not live: `depends_on_others` (RFM, scores and lists compare users),
    /// `derived` (it names an event that nobody sends, as a session; it is computed when asked),
    /// `not_watched`, or another code.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// In their order.
    pub places: Vec<LivePlace>,
}

/// A definition that is watched, or could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveWatch {
    /// `segment/ID` or `lifecycle/KEY`; `lifecycle/default` is the workspace’s lifecycle.
    pub key: String,
    /// What it is.
    pub kind: WatchKind,
    /// Id of the segment, or key of the framework.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Its places with their names, in their order.
    pub places: Vec<Key>,
    /// Its numbers.
    pub now: LiveCounts,
}

/// One transition: of a user, in a watched definition, at an exact instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WatchTransition {
    /// The same however often it is told; webhooks carry it as `webhook-id`.
    pub id: String,
    /// Key of the definition.
    pub watch: String,
    /// Public id of the user.
    pub user: String,
    /// The first instant of the new place.
    #[schema(format = DateTime)]
    pub at: String,
    /// When it became known.
    #[schema(format = DateTime)]
    pub recorded_at: String,
    /// What happened.
    pub kind: TransitionKind,
    /// Key of the place before; nothing: outside.
    #[schema(required = true)]
    pub from: Option<String>,
    /// Key of the place from then on; nothing: outside.
    #[schema(required = true)]
    pub to: Option<String>,
    /// What brought it about.
    pub cause: TransitionCause,
    /// Whether it changes what was told before.
    pub correction: TransitionCorrection,
}

/// Transitions, one page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WatchTransitions {
    /// Newest first.
    pub transitions: Vec<WatchTransition>,
    /// Pass as `before`.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Transitions before this instant are not known here; nothing: all are.
    #[schema(required = true, format = DateTime)]
    pub known_from: Option<String>,
}

/// An event as it was accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveEvent {
    /// Public id of the user.
    pub user: String,
    /// Name of the event.
    pub name: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub time: String,
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// Some of its properties by dotted name.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub properties: Object,
}

/// What is live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Live {
    /// The instant of this answer.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Everything up to this instant is told; nothing: nothing has been told yet.
    #[schema(required = true, format = DateTime)]
    pub exact_as_of: Option<String>,
    /// The lifecycle, the frameworks, and the segments by name.
    pub watches: Vec<LiveWatch>,
    /// The latest transitions, newest first, but for those that a new or edited definition brought
    /// about.
    pub transitions: Vec<WatchTransition>,
    /// Some of the latest events, newest first. While nobody listens few are kept.
    pub events: Vec<LiveEvent>,
    /// Pass as `Last-Event-ID` to the stream, so that it goes on from here.
    pub last_id: String,
}

/// `counts` of the stream: what changed since the `counts` before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamCounts {
    /// Everything up to this instant is told.
    #[schema(required = true, format = DateTime)]
    pub exact_as_of: Option<String>,
    /// Definitions whose numbers changed.
    pub watches: Vec<LiveCounts>,
    /// Keys of definitions that are not watched any more.
    pub gone: Vec<String>,
}

/// `skipped` of the stream: more was accepted at once than anybody can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamSkipped {
    /// Events that were accepted and are not shown.
    pub events: u64,
}

/// `missed` of the stream: what a `Last-Event-ID` cannot bring back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamMissed {
    /// `restarted` (the server was started again since) or `too_old`.
    pub reason: String,
    /// Transitions may be missing; the paths of transitions have them.
    pub transitions: bool,
    /// Events may be missing.
    pub events: bool,
}

/// `end` of the stream: the last thing it sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamEnd {
    /// `too_slow` (the client did not read fast enough) or `closing` (the server stops).
    pub reason: String,
}
