//! The error stream: what was sent and not accepted as it came, counted and shown by example.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which errors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ErrorsQuery {
    /// Of this code only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub code: Option<String>,
    /// That came through this only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub source: Option<String>,
    /// Of events of this name only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub event: Option<String>,
    /// Hours of the trend, 1 to 720; default 24.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub hours: Option<u64>,
    /// Samples, 1 to 1000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
    /// `next` of the page of samples before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub before: Option<u64>,
}

/// What became of data that was not as it should be.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ErrorOutcome {
    /// It could not be accepted.
    Rejected,
    /// A policy left the event, or the change of attributes, out.
    EventDropped,
    /// A policy left a value out.
    PropertyDropped,
    /// It was accepted all the same.
    Accepted,
}

/// How often something went wrong in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorKind {
    /// Stable code, like `event.time_in_future`.
    pub code: String,
    /// Through what it came: a wire form, or the name of a file.
    pub source: String,
    /// The event, or `$attributes`; empty: unknown, or one of more names than are kept apart.
    pub event: String,
    /// What became of it.
    pub outcome: ErrorOutcome,
    /// How often, ever.
    pub count: u64,
    /// When it was first seen.
    #[schema(format = DateTime)]
    pub first_at: String,
    /// When it was last seen.
    #[schema(format = DateTime)]
    pub last_at: String,
    /// How to mend it.
    pub hint: String,
    /// How often in each hour of the trend.
    pub trend: Vec<u64>,
}

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorSample {
    /// Its number; newer ones have greater numbers.
    pub id: u64,
    /// When it came.
    #[schema(format = DateTime)]
    pub at: String,
    /// Stable code.
    pub code: String,
    /// Through what it came.
    pub source: String,
    /// The event, or `$attributes`; empty: unknown.
    pub event: String,
    /// What became of it.
    pub outcome: ErrorOutcome,
    /// What is wrong; `***` for keys that may not see personal data.
    pub message: String,
    /// How to mend it.
    pub hint: String,
    /// What was sent, or what was left out of it, its first 4096 bytes; `***` for keys that may not
    /// see personal data.
    pub raw: String,
}

/// What was sent and not accepted as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Errors {
    /// The beginning of each hour of the trend, oldest first.
    pub hours: Vec<String>,
    /// Last seen first.
    pub kinds: Vec<ErrorKind>,
    /// Newest first; of every kind the latest are kept.
    pub samples: Vec<ErrorSample>,
    /// `before` of the next page of samples; nothing: there is none.
    #[schema(required = true)]
    pub next: Option<u64>,
}
