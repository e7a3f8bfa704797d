//! The session of the dashboard, and the server's health.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a client must know before it asks anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// No key is needed for /api.
    pub open: bool,
    /// The data came from `demo`.
    pub demo: bool,
    /// `now` moves with the clock.
    pub live: bool,
    /// The workspace.
    pub workspace: WorkspaceFacts,
    /// Version of the server.
    pub version: String,
    /// The default `as_of` of this workspace.
    #[schema(format = DateTime)]
    pub now: String,
}

/// Name and time zone of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkspaceFacts {
    /// Name for people.
    pub name: String,
    /// IANA time zone.
    pub zone: String,
}

/// Whether the server is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`, or `read_only` after the log refused to write.
    pub status: String,
    /// Version of the server.
    pub version: String,
    /// Users of all time.
    pub users: u64,
    /// Events of all time.
    pub events: u64,
    /// Everything before this position of the log is durable and visible.
    pub log_position: u64,
    /// Answers are exact up to this instant.
    #[schema(format = DateTime)]
    pub exact_as_of: String,
}

/// The answer of the ingestion paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ingested {
    /// Everything that was not rejected is durable.
    pub success: bool,
    /// Messages that could not be accepted; the error stream has them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// Something new waits to be fetched with `POST /v1/messages`, because of these events or otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub messages: bool,
}

/// What became of a batch of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// Records that count from now on, durably.
    pub accepted: u64,
    /// Records whose delivery id had been counted before.
    pub duplicates: u64,
}

/// A message that could not be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rejected {
    /// Its place in the batch, from 0.
    pub index: u64,
    /// Stable code, like `record.time_in_future`.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
}
