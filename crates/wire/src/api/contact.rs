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

/// What a browser or an app gets that says whose it is and cannot prove it: the key in a page is public, so
/// anybody may name anybody's id. Visitors of whom nothing but ids of browsers are known always get what is
/// theirs: nobody else has these ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unproven {
    /// Nothing.
    Nothing,
    /// Messages that say the same to everybody: whose text names nothing of the profile or of the event.
    #[default]
    Impersonal,
    /// Everything that is theirs.
    Everything,
}

/// A control group that campaigns may name: its members get nothing of these, so that the effect of all of them
/// together can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlGroupInput {
    /// Stable id: who is in it follows from the id, whatever it is called. Not `workspace` or `campaign`.
    pub id: String,
    /// Name for people; default: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub description: String,
    /// Share of all users who are in it, above 0 and at most 0.5. New users join at this rate.
    pub share: f64,
    /// Groups with the same word here have no member in common; default: it is independent of all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub apart: Option<String>,
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
    /// Control groups that campaigns may name, at most 16. Their order matters where they keep apart: add new
    /// ones at the end, so that nobody moves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub groups: Vec<ControlGroupInput>,
    /// Campaigns need the approval of somebody else than who made or changed them before they send.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub approval: bool,
    /// Which in-app messages and inbox cards a browser or an app gets that cannot prove whose it is.
    #[schema(inline, required = false)]
    pub unproven: Unproven,
    /// The id of the page's element that opens the inbox of CleverTap's library; default `inbox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub inbox_element: Option<String>,
}

/// A secret with which your server signs ids of users for browsers and apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisitorSecret {
    /// The key of HMAC-SHA-256, as it is written here. It is shown this once.
    pub secret: String,
    /// Secrets that are accepted: this one, and the one before it until the next is made.
    pub accepted: u32,
}
