//! Messages one by one: what became of each, why, and how one that failed is sent again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ReasonCount;

/// Which messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// Only of this campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub campaign: Option<String>,
    /// Only to this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub user: Option<String>,
    /// Only in this state, as in `sent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub state: Option<String>,
    /// Only on this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub channel: Option<String>,
    /// Only for this reason, or with this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub reason: Option<String>,
    /// Begin after the page whose answer said this under `next`, with everything else as it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub cursor: Option<String>,
    /// Only decided before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub before: Option<String>,
    /// How many, 1 to 1000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
}

/// One message, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Its id.
    pub id: String,
    /// To whom.
    pub user: String,
    /// Of which campaign.
    pub campaign: String,
    /// On which channel.
    pub channel: String,
    /// Which variant; nothing: none was drawn.
    #[schema(required = true)]
    pub variant: Option<String>,
    /// The furthest that it came: `planned`, `held_out`, `withheld`, `queued`, `sent`, `failed`,
    /// `delivered`, `opened`, `clicked`, `bounced`, `complained`.
    pub state: String,
    /// Why nothing was sent, or the code of the failure, or the control group.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// When it was decided.
    #[schema(format = DateTime)]
    pub decided_at: String,
    /// Everything that is known of it, oldest first.
    pub steps: Vec<DeliveryStep>,
}

/// Something that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryStep {
    /// The name of the event.
    pub event: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What else it says, by property.
    pub properties: BTreeMap<String, String>,
}

/// Messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deliveries {
    /// Newest first.
    pub deliveries: Vec<Delivery>,
    /// There are older ones that were not looked at.
    pub more: bool,
    /// What to ask for as `cursor` for the next page; nothing: this is the last. A page of messages in a rare
    /// state may hold few or none and still have a next one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// Which failed messages to send again: by id, or all that fit the other fields, of which at least one is said, so
/// that nobody sends everything again by mistake. At most 1,000 are sent again by one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveriesRetry {
    /// These, by id, at most 1,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub ids: Vec<String>,
    /// Only of this campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub campaign: Option<String>,
    /// Only to this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<String>,
    /// Only on this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub channel: Option<String>,
    /// Only with this code of failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
}

/// What became of a wish to send failed messages again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveriesRetried {
    /// Messages that wait for their providers again.
    pub retried: u64,
    /// Messages that are not sent again, by reason: `not_found`, `not_failed`, `waiting`, `in_doubt` (it may have
    /// arrived), `fetched` (nobody sends them), `campaign_gone`, `campaign_stopped`.
    pub refused: Vec<ReasonCount>,
    /// There are more of the kind: ask again.
    pub more: bool,
}

/// Why a user got a message, or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryWhy {
    /// The message.
    pub delivery: Delivery,
    /// What decided, in its order.
    pub reasons: Vec<WhyStep>,
}

/// One thing that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhyStep {
    /// What was asked: `trigger`, `audience`, `address`, `consent`, `control`, `variant`, `caps`, `quiet`,
    /// `limit`, `delivery`.
    pub about: String,
    /// It let the message through.
    pub passed: bool,
    /// In words, with the numbers that decided.
    pub because: String,
}
