//! Devices of users, subscriptions, and what is done with what events say of both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Object;

/// What is known of a user, in three steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserType {
    /// Only a device.
    Anonymous,
    /// An address or a push token: a message can reach them.
    Addressable,
    /// They have bought.
    Customer,
}

/// A push token, not all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PushToken {
    /// `fcm`, `apns`, `hms`, `web` or `other`.
    pub kind: String,
    /// Its beginning and its end.
    pub token: String,
    /// Since when it is known.
    #[schema(format = DateTime)]
    pub since: String,
}

/// A device or browser of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// Its anonymous id.
    pub id: String,
    /// The first time that anything was told of it.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// The last time, to a day.
    #[schema(format = DateTime)]
    pub last_seen_at: String,
    /// What is known, by name, as in `device.model`.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub facts: Object,
    /// Its push tokens.
    pub tokens: Vec<PushToken>,
    /// Whether its system lets messages through; nothing: not known.
    #[schema(required = true)]
    pub push_enabled: Option<bool>,
    /// Whether messages may be sent to it; nothing: nobody said.
    #[schema(required = true)]
    pub subscribed: Option<bool>,
}

/// Devices of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeviceList {
    /// Those that were seen last, first; at most a hundred.
    pub devices: Vec<Device>,
    /// How many there are.
    pub total: u64,
}

/// What a person said about a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChannelSubscription {
    /// `email`, `push`, `web_push`, `sms` or `whatsapp`.
    pub channel: String,
    /// Nothing: nothing was said, which blocks nothing.
    #[schema(required = true)]
    pub subscribed: Option<bool>,
}

/// What a person said about a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicSubscription {
    /// The topic.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// On which channel.
    pub channel: String,
    /// Whether they get it.
    pub subscribed: bool,
    /// Nothing: they said nothing, and the topic's default counts.
    #[schema(required = true)]
    pub chosen: Option<bool>,
    /// They asked for it and have not confirmed that.
    pub pending: bool,
}

/// A place that messages can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reach {
    /// On which channel.
    pub channel: String,
    /// The address, or the id of the device.
    pub to: String,
    /// What was said about this very address or device, whoever has it.
    #[schema(required = true)]
    pub subscribed: Option<bool>,
    /// Why a message without a topic would not be sent; nothing: it would.
    #[schema(required = true)]
    pub blocked_by: Option<String>,
    /// Topics of the channel whose messages would not be sent.
    pub topics_blocked: Vec<String>,
}

/// What a user gets, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSubscriptions {
    /// By channel, for all addresses and all devices of the user.
    pub channels: Vec<ChannelSubscription>,
    /// By topic.
    pub topics: Vec<TopicSubscription>,
    /// Everywhere that messages could go.
    pub reach: Vec<Reach>,
}

/// What changes about a user's subscriptions; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriptionChanges {
    /// By channel.
    pub channels: BTreeMap<String, bool>,
    /// By id of the topic.
    pub topics: BTreeMap<String, bool>,
    /// By id of the device.
    pub devices: BTreeMap<String, bool>,
}

/// A topic that people can be subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionTopic {
    /// Stable id: lower case letters, digits, `_` and `-`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// On which channel.
    pub channel: String,
    /// Who said nothing is subscribed.
    pub subscribed_by_default: bool,
    /// Double opt-in: who asks for it is `pending`, and gets nothing, until they confirm it on the page that
    /// `{{ preferences_url }}` of a message leads to. Not together with `subscribed_by_default`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub double_opt_in: bool,
}

/// All topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionTopics {
    /// In the order in which people see them.
    pub topics: Vec<SubscriptionTopic>,
}

/// Which address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AddressQuery {
    /// On which channel.
    pub channel: String,
    /// The address: an e-mail address or a telephone number.
    pub address: String,
}

/// What holds for an address, whoever has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressSubscription {
    /// On which channel.
    pub channel: String,
    /// The address.
    pub address: String,
    /// Whether messages may be sent to it; nothing: nobody said.
    #[schema(required = true)]
    pub subscribed: Option<bool>,
    /// Why not, in a word.
    #[serde(default)]
    #[schema(required = true)]
    pub reason: Option<String>,
}

/// What is done with what events say of devices and places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnrichmentSettings {
    /// Devices are listed, and what they are becomes attributes of their users.
    pub devices: bool,
    /// The IP address that an event came from stays among its properties.
    pub keep_ip: bool,
    /// Whoever did any of these is a customer.
    pub customer_events: Vec<String>,
}

impl Default for EnrichmentSettings {
    fn default() -> EnrichmentSettings {
        let customer_events = ["Charged", "Order Completed", "Purchase"];
        let customer_events = customer_events.map(str::to_owned).to_vec();
        EnrichmentSettings { devices: true, keep_ip: false, customer_events }
    }
}
