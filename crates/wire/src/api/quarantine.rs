//! What was sent and not accepted.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which rejected records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuarantineQuery {
    /// How many of the latest, 1 to 1000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
}

/// How many records were ever rejected for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedCount {
    /// Stable code, like `event.time_in_future`.
    pub code: String,
    /// How many.
    pub count: u64,
}

/// A rejected record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedRecord {
    /// When it came.
    #[schema(format = DateTime)]
    pub at: String,
    /// Through what it came.
    pub source: String,
    /// Stable code.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
    /// The record as it was sent, its first 4096 bytes.
    pub raw: String,
}

/// What was sent and not accepted: the latest records, and counts since the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quarantine {
    /// By code.
    pub counts: Vec<RejectedCount>,
    /// Newest first.
    pub records: Vec<RejectedRecord>,
}
