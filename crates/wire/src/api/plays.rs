//! Plays: campaigns to begin with, which come with the program.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CampaignInput, Channel};

/// All plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlayList {
    /// In the order in which a user would meet them, from the welcome to the return.
    pub plays: Vec<Play>,
}

/// A ready campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Play {
    /// Stable id, as in `win-back`.
    pub id: String,
    /// Name for people, in English.
    pub name: String,
    /// What it is for, in English.
    pub description: String,
    /// How messages reach people.
    #[schema(inline)]
    pub channel: Channel,
    /// The campaign, as `POST /api/campaigns` takes it. It has no id: one is made of its name.
    pub definition: CampaignInput,
    /// The saved segments that it names.
    pub segments: Vec<PlaySegment>,
}

/// A segment that a play needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaySegment {
    /// Its id.
    pub id: String,
    /// Name for people, in English.
    pub name: String,
    /// What it means, in text form.
    pub definition: String,
    /// The workspace has a segment of this id, whatever it means there: that one is used.
    pub exists: bool,
}
