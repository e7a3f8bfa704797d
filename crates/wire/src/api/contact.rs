//! The contact policy of a workspace: control group, caps, gaps, quiet hours.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Channel, LocalHours, OnQuiet};

/// At most so many messages to one user in any window of a length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapInput {
    /// Messages at most.
    pub most: u32,
    /// In any window of this length, as in `7d`; at most 90 days.
    pub within: String,
    /// Only messages on these channels; default: all together.
    #[serde(default)]
    #[schema(required = false)]
    pub channels: Vec<Channel>,
    /// Only messages with one of these labels; default: all.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Vec<String>,
}

/// At least so long between two messages to one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GapInput {
    /// A duration, as in `4h`.
    pub least: String,
    /// Only between messages on these channels; default: all together.
    #[serde(default)]
    #[schema(required = false)]
    pub channels: Vec<Channel>,
}

/// What holds for all campaigns that are not transactional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContactPolicy {
    /// Share of all users who never get a message, so that the effect of all of them can be told: 0 to
    /// 0.5.
    #[schema(required = false)]
    pub control: f64,
    /// Caps, at most 16.
    #[schema(required = false)]
    pub caps: Vec<CapInput>,
    /// Gaps, at most 16.
    #[schema(required = false)]
    pub gaps: Vec<GapInput>,
    /// Local hours of each user in which nothing is sent, at most 16.
    #[schema(required = false)]
    pub quiet: Vec<LocalHours>,
    /// What becomes of messages in quiet hours of campaigns that say nothing of it.
    #[schema(inline, required = false)]
    pub on_quiet: OnQuiet,
    /// Hours in which the law of the user's country lets no marketing through, for the channels it names.
    #[schema(required = false)]
    pub legal_hours: bool,
    /// The address under which people reach this server, for links in messages, as in
    /// `https://messages.example.com`; default: where the server was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub public_url: Option<String>,
    /// Links are wrapped and opens counted.
    #[schema(required = false)]
    pub track: bool,
}
