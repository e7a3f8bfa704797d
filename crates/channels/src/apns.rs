//! Push through Apple's service over HTTP/2.

use model::Timestamp;
use serde_json::{Map, Value};

/// One push.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// The app's bundle id, if not the one of the channel.
    pub topic: Option<String>,
    /// What kind of push it is.
    pub push_type: PushType,
    /// How urgent it is.
    pub priority: Priority,
    /// Until when Apple keeps it for a device that is offline; `None` tries once.
    pub expires_at: Option<Timestamp>,
    /// A shown push of this id is replaced; at most 64 bytes.
    pub collapse_id: Option<String>,
    /// What the system shows.
    pub alert: Option<Alert>,
    /// The number at the app's icon; 0 removes it.
    pub badge: Option<u32>,
    /// The name of the sound within the app, or `default`.
    pub sound: Option<String>,
    /// The category, which decides about the buttons.
    pub category: Option<String>,
    /// What is shown together.
    pub thread_id: Option<String>,
    /// `passive`, `active`, `time-sensitive` or `critical`.
    pub interruption_level: Option<String>,
    /// Where it stands in the summary, 0 to 1.
    pub relevance: Option<f64>,
    /// An extension of the app may change it first (pictures need that).
    pub mutable_content: bool,
    /// Wakes the app in the background.
    pub content_available: bool,
    /// What the app gets beside `aps`.
    pub data: Map<String, Value>,
}

/// What the system shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// The first line.
    pub title: Option<String>,
    /// The second line.
    pub subtitle: Option<String>,
    /// The text below.
    pub body: Option<String>,
}

/// The kinds of push that Apple tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushType {
    /// Shows, plays or counts something.
    #[default]
    Alert,
    /// Wakes the app and shows nothing.
    Background,
}

/// How urgent a push is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// At once (10).
    #[default]
    Immediate,
    /// When it suits the battery (5); the only one allowed for background pushes.
    Considerate,
    /// Never wakes the device (1).
    Low,
}
