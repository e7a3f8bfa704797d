//! What browsers and apps fetch: pop-ups and the cards of an inbox, and what they tell of them. Names of fields are
//! written as those of the paths for events are, because the same libraries send both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Channel, ShowWhen};

/// Who asks: a browser or an app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitorMessagesInput {
    /// A key that may send; or in the header `Authorization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub write_key: Option<String>,
    /// The id of the browser or of the installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub anonymous_id: Option<String>,
    /// The id of the user who is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user_id: Option<String>,
    /// HMAC-SHA-256 of the user's id with the visitor secret, as hexadecimal digits: made by your server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signature: Option<String>,
    /// The session of the visit, at most 100 bytes, for limits per session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub session: Option<String>,
    /// `in_app`, `on_site`, `inbox`; default: all of them.
    pub channels: Vec<Channel>,
}

/// What a browser or an app shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VisitorMessages {
    /// Pop-ups, the most important first, at most 5.
    pub popups: Vec<Popup>,
    /// Cards, pinned ones first, then newest first, at most 100.
    pub inbox: Vec<InboxItem>,
    /// Cards that were not read.
    pub unread: u32,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisitorButton {
    /// What is told of it when it is used.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Where it leads; empty: it closes the message.
    pub link: String,
}

/// A pop-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Popup {
    /// Its id, for receipts.
    pub id: String,
    /// Its campaign.
    pub campaign: String,
    /// Its content.
    pub variant: String,
    /// `modal`, `banner_top`, `banner_bottom`, `corner`, `full_screen`, `image` or `html`.
    pub layout: String,
    /// Plain text.
    pub title: String,
    /// Plain text; lines are kept.
    pub body: String,
    /// The address of a picture, or empty.
    pub image: String,
    /// A document for a frame without rights, or empty.
    pub html: String,
    /// Where a click on it leads, or empty.
    pub link: String,
    /// At most 3.
    pub buttons: Vec<VisitorButton>,
    /// What lets it be shown.
    pub when: ShowWhen,
    /// How long after that it is shown, in milliseconds.
    pub delay_ms: u32,
    /// How long it stays, in milliseconds.
    #[schema(required = true)]
    pub close_after_ms: Option<u32>,
    /// How often it was shown before.
    pub show: u32,
    /// Names and values for the page, as in `background`.
    pub data: BTreeMap<String, String>,
    /// When it goes.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// A card of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InboxItem {
    /// Its id, for receipts.
    pub id: String,
    /// Its campaign.
    pub campaign: String,
    /// Its content.
    pub variant: String,
    /// Plain text.
    pub title: String,
    /// Plain text; lines are kept.
    pub body: String,
    /// The address of a picture, or empty.
    pub image: String,
    /// Where a click leads, or empty.
    pub link: String,
    /// Buttons.
    pub buttons: Vec<VisitorButton>,
    /// It stands above the others.
    pub pinned: bool,
    /// The tabs that it is in.
    pub tags: Vec<String>,
    /// It was read.
    pub read: bool,
    /// When it was sent.
    #[schema(format = DateTime)]
    pub sent_at: String,
    /// When it goes.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// What somebody did with messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitorReceiptsInput {
    /// A key that may send; or in the header `Authorization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub write_key: Option<String>,
    /// The id of the browser or of the installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub anonymous_id: Option<String>,
    /// The id of the user who is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user_id: Option<String>,
    /// As for what is fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signature: Option<String>,
    /// As for what is fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub session: Option<String>,
    /// At most 100.
    pub receipts: Vec<VisitorReceipt>,
}

/// What somebody did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitorDeed {
    /// A pop-up was shown.
    Shown,
    /// A card was read.
    Read,
    /// A button was used, or the whole of it.
    Clicked,
    /// It was closed, or thrown out.
    Dismissed,
}

/// What somebody did with one message. Told again, it counts once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitorReceipt {
    /// The id of the message.
    pub message: String,
    /// What was done.
    #[schema(inline)]
    pub deed: VisitorDeed,
    /// Of a show: its number, as the pop-up says.
    #[serde(default)]
    #[schema(required = false)]
    pub show: u32,
    /// Of a click: the id of the button, at most 100 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub button: Option<String>,
    /// Of a click: where it led, at most 2,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub url: Option<String>,
}

/// What became of receipts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisitorReceipts {
    /// Of messages of this visitor; told before, they count once.
    pub accepted: u64,
    /// Of messages that are not there for this visitor.
    pub unknown: u64,
}
