//! Keys: who may send records, look, or change things.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// Sending records.
    Ingest,
    /// Looking at everything, with personal data masked, and changing nothing.
    Read,
    /// Everything.
    Admin,
}

/// A key to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyInput {
    /// What it may be used for.
    pub scope: KeyScope,
    /// What it is for, in your words.
    #[serde(default)]
    #[schema(required = false)]
    pub label: String,
    /// Records a second at most, 1 to 1000000; default: as many as come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub events_per_second: Option<u32>,
}

/// A key, without the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// The part of the key that may be shown.
    pub id: String,
    /// What it may be used for.
    pub scope: KeyScope,
    /// What it is for.
    pub label: String,
    /// Records a second at most; nothing: as many as come.
    #[schema(required = true)]
    pub events_per_second: Option<u32>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A key that was made. This is the only answer with the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyCreated {
    /// The key as it is listed.
    pub info: ApiKey,
    /// The key itself; keep it.
    pub key: String,
}

/// All keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyList {
    /// Oldest first.
    pub keys: Vec<ApiKey>,
}
