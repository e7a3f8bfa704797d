//! Users: found, listed, shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Key, Object};

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserRow {
    /// Public id: the first user id, else the first anonymous one.
    pub id: String,
    /// Has a user id, not only anonymous ones.
    pub known: bool,
    /// Time of the first event or attribute.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// Time of the last event or attribute.
    #[schema(format = DateTime)]
    pub last_seen_at: String,
    /// Number of events.
    pub events: u64,
    /// Lifecycle state.
    #[schema(required = true)]
    pub state: Option<Key>,
    /// Attributes at the asked instant.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub attributes: Object,
}

/// Users, one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserList {
    /// In order of first sight.
    pub users: Vec<UserRow>,
    /// Pass as `after`.
    #[schema(required = true)]
    pub next: Option<String>,
    /// All that match.
    pub total: u64,
}

/// Events of one name of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventSummary {
    /// Name of the event.
    pub event: String,
    /// How many.
    pub count: u64,
    /// Time of the first.
    #[schema(format = DateTime)]
    pub first_at: String,
    /// Time of the last.
    #[schema(format = DateTime)]
    pub last_at: String,
    /// Nobody sent them: they follow from the other events.
    pub derived: bool,
}

/// The lifecycle state of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserState {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Since when; nothing: not known.
    #[schema(required = true, format = DateTime)]
    pub since: Option<String>,
}

/// RFM scores of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserRfm {
    /// Recency score, 1 to 5.
    pub r: u8,
    /// Frequency score, 1 to 5.
    pub f: u8,
    /// Monetary score, 1 to 5.
    pub m: u8,
    /// 4R + 2F + M.
    pub score: u32,
    /// Key of the group; empty if no group covers the scores.
    pub group: String,
    /// Name of the group.
    pub group_name: String,
    /// Time of the last order.
    #[schema(format = DateTime)]
    pub last_at: String,
    /// Orders.
    pub frequency: u64,
    /// Monetary value.
    pub monetary: f64,
}

/// Id and name of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SegmentName {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
}

/// Everything about one user at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Public id: the first user id, else the first anonymous one.
    pub id: String,
    /// Ids that a sender's own system gave.
    pub user_ids: Vec<String>,
    /// Ids of devices and browsers.
    pub anonymous_ids: Vec<String>,
    /// Other identities, as in e-mail addresses.
    pub identities: Vec<super::IdentityName>,
    /// Has a user id, not only anonymous ones.
    pub known: bool,
    /// How well they are known.
    #[serde(rename = "type")]
    pub kind: super::UserType,
    /// Time of the first event or attribute.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// Time of the last event or attribute.
    #[schema(format = DateTime)]
    pub last_seen_at: String,
    /// Number of events.
    pub events: u64,
    /// Attributes at the asked instant.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub attributes: Object,
    /// Events by name, most frequent first.
    pub summary: Vec<EventSummary>,
    /// Lifecycle state; nothing: in none.
    #[schema(required = true)]
    pub state: Option<UserState>,
    /// RFM scores; nothing: no order in the window.
    #[schema(required = true)]
    pub rfm: Option<UserRfm>,
    /// Saved segments the user is in.
    pub segments: Vec<SegmentName>,
}

/// One event of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserEvent {
    /// Hash of the id that its sender wrote.
    pub id: String,
    /// Name.
    pub name: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub time: String,
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// Nobody sent it: it follows from the other events. Its id is made of name, user and time.
    pub derived: bool,
    /// Properties by dotted name.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub properties: Object,
}

/// Events of a user, one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserEvents {
    /// Newest first.
    pub events: Vec<UserEvent>,
    /// Pass as `before`.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A change of lifecycle state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateChange {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Key of the state before; nothing: none.
    #[schema(required = true)]
    pub from: Option<String>,
    /// Key of the state from then on; nothing: none.
    #[schema(required = true)]
    pub to: Option<String>,
}

/// All changes of lifecycle state of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateChanges {
    /// Oldest first.
    pub changes: Vec<StateChange>,
}
