//! What users get and where: their choices, those about a device or an address, and topics.

use std::collections::BTreeSet;

use engine::subscription::{
    self, CHANNELS, Choices, PENDING, REQUESTED, Topic, UNSUBSCRIBED, attribute, choice,
    is_pending, may_send, topic_attribute,
};
use engine::{IdentityGraph, Subject};
use gateway::validate;
use model::facts::{PUSH_ENABLED, REASON, SUBSCRIBED, TOKEN_WEB, TOKENS};
use model::{
    About, AttributeChange, Event, EventId, Facts, Identity, Record, Text, Timestamp, Value, What,
    Who,
};
use segment::evaluate::{UserHistory, attribute_at};
use wire::api::{
    AddressQuery, AddressSubscription, ChannelSubscription, Reach, SubscriptionChanges,
    SubscriptionTopic, SubscriptionTopics, TopicSubscription, UserSubscriptions,
};

use super::uses::Thing;
use super::{Service, rules, settings};
use crate::failure::Failure;
use crate::registry::MASK;

/// Topics of a workspace: a page of choices that people read.
const TOPICS_MAX: usize = 100;
/// The name of a topic, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// What a user said, and where they can be reached.
struct Known {
    history: UserHistory,
    graph: IdentityGraph,
    devices: Vec<Subject>,
    topics: Vec<SubscriptionTopic>,
    at: Timestamp,
}

impl Service {
    /// The topics.
    pub fn topics(&self) -> Result<SubscriptionTopics, Failure> {
        let json = self.workspace.config().setting(settings::TOPICS)?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    /// Replaces the topics. What people chose about one that is left out stays known.
    pub fn set_topics(&self, written: &SubscriptionTopics) -> Result<SubscriptionTopics, Failure> {
        let wrong = |message: String| Err(Failure::unprocessable("subscriptions.topic", message));
        if written.topics.len() > TOPICS_MAX {
            return wrong(format!("there are more than {TOPICS_MAX} topics"));
        }
        let mut ids = BTreeSet::new();
        for topic in &written.topics {
            rules::check_key("topics.id", &topic.id)?;
            channel(&topic.channel)?;
            if !ids.insert(&topic.id) {
                return wrong(format!("two topics have the id \"{}\"", topic.id));
            }
            if topic.name.trim().is_empty() || topic.name.len() > NAME_BYTES_MAX {
                let most = format!("1 to {NAME_BYTES_MAX} bytes");
                return wrong(format!("the topic \"{}\" needs a name of {most}", topic.id));
            }
        }
        if let Some(topic) =
            written.topics.iter().find(|topic| topic.double_opt_in && topic.subscribed_by_default)
        {
            let id = &topic.id;
            return wrong(format!(
                "the topic \"{id}\" is subscribed by default, so that nobody could confirm it first"
            ));
        }
        let _changing = self.changing_campaigns();
        for before in self.topics()?.topics.iter().filter(|topic| !ids.contains(&topic.id)) {
            let what = format!("the topic \"{}\"", before.id);
            let used = [Thing::Topic(before.id.clone())];
            self.refuse_used(("topic.in_use", &what), &used, Vec::new())?;
        }
        let json = serde_json::to_string(written)
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        self.workspace.config().set(settings::TOPICS, &json)?;
        self.topics()
    }

    /// What a user gets, and where.
    pub fn subscriptions(&self, id: &str) -> Result<UserSubscriptions, Failure> {
        let known = self.known_of(id)?;
        let channels = CHANNELS.into_iter().map(|channel| ChannelSubscription {
            channel: channel.to_owned(),
            subscribed: known.chosen(&attribute(channel)),
        });
        let topics = known.topics.iter().map(|topic| {
            let of = known.topic(topic);
            TopicSubscription {
                id: topic.id.clone(),
                name: topic.name.clone(),
                channel: topic.channel.clone(),
                subscribed: of.subscribed(),
                chosen: of.chosen,
                pending: of.pending,
            }
        });
        let (channels, topics) = (channels.collect(), topics.collect());
        Ok(UserSubscriptions { channels, topics, reach: self.reach(&known)? })
    }

    /// What a user could choose; of nobody: what somebody could who said nothing and is reached everywhere.
    pub fn shown_choices(&self, user: Option<&str>) -> Result<UserSubscriptions, Failure> {
        if let Some(id) = user {
            return self.subscriptions(id);
        }
        let topics = self.topics()?.topics.into_iter().map(|topic| TopicSubscription {
            subscribed: topic.subscribed_by_default,
            id: topic.id,
            name: topic.name,
            channel: topic.channel,
            chosen: None,
            pending: false,
        });
        let place = |channel: &str| Reach {
            channel: channel.to_owned(),
            to: String::new(),
            subscribed: None,
            blocked_by: None,
            topics_blocked: Vec::new(),
        };
        Ok(UserSubscriptions {
            channels: CHANNELS
                .map(|channel| ChannelSubscription {
                    channel: channel.to_owned(),
                    subscribed: None,
                })
                .into(),
            topics: topics.collect(),
            reach: CHANNELS.map(place).into(),
        })
    }

    /// The records that a change of a user's subscriptions is. `confirmed`: the channel of a message
    /// that reached the user, who says so on a page of its own; elsewhere a topic with double opt-in waits for that.
    pub fn subscription_records(
        &self,
        id: &str,
        changes: &SubscriptionChanges,
        confirmed: Option<&str>,
    ) -> Result<Vec<Record>, Failure> {
        let SubscriptionChanges { channels, topics, devices } = changes;
        let known = self.known_of(id)?;
        let (mut attributes, mut requested) = (Vec::new(), Vec::new());
        for (name, subscribed) in channels {
            channel(name)?;
            attributes.push((Text::from(attribute(name)), Value::Bool(*subscribed)));
        }
        for (topic, subscribed) in topics {
            let Some(found) = known.topics.iter().find(|known| known.id == *topic) else {
                let message = format!("there is no topic \"{topic}\"");
                return Err(Failure::unprocessable("subscriptions.unknown_topic", message)
                    .hint("GET /api/subscriptions/topics lists them"));
            };
            let name = topic_attribute(&found.channel, topic);
            let asks = found.double_opt_in && *subscribed && confirmed != Some(&found.channel);
            // Who has confirmed it once has nothing to confirm.
            let value = match asks && known.chosen(&name) != Some(true) {
                true => {
                    requested.push((found.channel.clone(), topic.clone()));
                    Value::text(PENDING)
                }
                false => Value::Bool(*subscribed),
            };
            attributes.push((Text::from(name), value));
        }
        let who = known.who().ok_or_else(|| super::users::no_user(id))?;
        let mut records = Vec::new();
        let (at, received_at) = (known.at, known.at);
        let delivery = |what: &str| EventId::of(&format!("subscriptions\0{what}\0{id}\0{at}"));
        for (name, _) in attributes.iter().filter(|(_, value)| *value == Value::Bool(false)) {
            // Who was unsubscribed before does not unsubscribe again.
            if known.chosen(name) != Some(false) {
                let event = unsubscribed(name, at, delivery(name));
                records.push(Record { received_at, who: who.clone(), what: What::Event(event) });
            }
        }
        for (channel, topic) in requested {
            let text = |name, value: &str| (Text::const_new(name), Value::text(value));
            let properties = vec![text("channel", &channel), text("topic", &topic)];
            let id = delivery(&format!("requested {topic}"));
            let event = Event { name: Text::const_new(REQUESTED), time: at, id, properties };
            records.push(Record { received_at, who: who.clone(), what: What::Event(event) });
        }
        if !attributes.is_empty() {
            let change = AttributeChange::set(at, delivery("change"), attributes);
            records.push(Record { received_at, who: who.clone(), what: What::Identify(change) });
        }
        for (device, subscribed) in devices {
            if !known.devices.iter().any(|known| known.id == *device) {
                let message = format!("\"{id}\" has no device \"{device}\"");
                return Err(Failure::unprocessable("subscriptions.unknown_device", message)
                    .hint(format!("GET /api/users/{id}/devices lists them")));
            }
            let facts = vec![(Text::const_new(SUBSCRIBED), Value::Bool(*subscribed))];
            let (id, about, attributes) = (delivery(device), About::Device, Vec::new());
            let what = What::Facts(Facts { time: at, id, about, attributes, facts });
            records.push(Record { received_at, who: Who::anonymous(device), what });
        }
        Ok(records)
    }

    /// What holds for an address, whoever has it.
    pub fn address(&self, asked: &AddressQuery) -> Result<AddressSubscription, Failure> {
        let (channel, address) = canonical(&asked.channel, &asked.address)?;
        let (subscribed, reason) = self.of_address(&channel, &address)?;
        Ok(AddressSubscription { channel, address, subscribed, reason })
    }

    /// The record that says whether messages may be sent to an address.
    pub fn address_record(&self, said: &AddressSubscription) -> Result<Record, Failure> {
        let (channel, address) = canonical(&said.channel, &said.address)?;
        let at = self.workspace.now();
        let id = EventId::of(&format!("subscriptions\0{channel}\0{address}\0{at}"));
        let text = |text: &String| Value::text(text);
        let facts = vec![
            (Text::const_new(REASON), said.reason.as_ref().map_or(Value::Null, text)),
            (Text::const_new(SUBSCRIBED), said.subscribed.map_or(Value::Null, Value::Bool)),
        ];
        let about = About::Address { channel: channel.into(), address: address.into() };
        let facts = Facts { time: at, id, about, attributes: Vec::new(), facts };
        let what = What::Facts(validate::facts(facts).map_err(Failure::from)?);
        Ok(Record { received_at: at, who: Who::default(), what })
    }

    fn of_address(
        &self,
        channel: &str,
        address: &str,
    ) -> Result<(Option<bool>, Option<String>), Failure> {
        let (channel, address) = (channel.to_owned(), address.to_owned());
        let found = self.workspace.fold(move |fold| fold.address(&channel, &address))?;
        let reason = found.as_ref().and_then(|found| match found.get(REASON) {
            Some(Value::Text(reason)) => Some(reason.to_string()),
            _ => None,
        });
        Ok((found.and_then(|found| found.flag(SUBSCRIBED)), reason))
    }

    /// The only address of a kind that a user has; of several, none.
    pub(super) fn only_address(&self, id: &str, label: &str) -> Result<Option<Text>, Failure> {
        let all = self.known_of(id)?.addresses(label);
        Ok(all.first().filter(|_| all.len() == 1).map(Text::from))
    }

    fn known_of(&self, id: &str) -> Result<Known, Failure> {
        let (user, graph) = self.known(id)?;
        let history = self.snapshot(None, None)?.history_of(user)?;
        let (devices, topics) = (self.devices_of(user)?.0, self.topics()?.topics);
        Ok(Known { history, graph, devices, topics, at: self.workspace.now() })
    }

    /// Everywhere that messages to a user could go.
    fn reach(&self, known: &Known) -> Result<Vec<Reach>, Failure> {
        let (mut all, sight) = (Vec::new(), self.sight());
        for (label, channels) in
            [(Identity::EMAIL, &["email"][..]), (Identity::PHONE, &["sms", "whatsapp"][..])]
        {
            for address in known.addresses(label) {
                for channel in channels {
                    let (subscribed, _) = self.of_address(channel, &address)?;
                    let own = Choices { address: subscribed, ..Choices::default() };
                    let to = match sight.hides(label) {
                        true => MASK.to_owned(),
                        false => sight.id(&address),
                    };
                    all.push(known.reach(channel, to, subscribed, own));
                }
            }
        }
        for device in &known.devices {
            let has = |web: bool| {
                TOKENS.iter().any(|name| (*name == TOKEN_WEB) == web && device.get(name).is_some())
            };
            for channel in [("push", false), ("web_push", true)].into_iter().filter(|of| has(of.1))
            {
                let (subscribed, system) = (device.flag(SUBSCRIBED), device.flag(PUSH_ENABLED));
                let own = Choices { device: subscribed, system, ..Choices::default() };
                all.push(known.reach(channel.0, sight.id(&device.id), subscribed, own));
            }
        }
        Ok(all)
    }
}

impl Known {
    /// What was said under an attribute's name.
    fn chosen(&self, name: &str) -> Option<bool> {
        attribute_at(&self.history, name, self.at).and_then(choice)
    }

    fn topic(&self, topic: &SubscriptionTopic) -> Topic {
        let name = topic_attribute(&topic.channel, &topic.id);
        let pending = attribute_at(&self.history, &name, self.at).is_some_and(is_pending);
        Topic { by_default: topic.subscribed_by_default, chosen: self.chosen(&name), pending }
    }

    /// Addresses that are identities of the user, else the one that is an attribute.
    fn addresses(&self, label: &str) -> Vec<String> {
        let own = self.graph.identities().filter(|identity| identity.label == label);
        let own: Vec<String> = own.map(|identity| identity.value.to_string()).collect();
        if !own.is_empty() {
            return own;
        }
        let written = match attribute_at(&self.history, label, self.at) {
            Some(Value::Text(text)) => text.clone(),
            _ => return Vec::new(),
        };
        let read = if label == Identity::EMAIL { validate::email } else { validate::phone };
        read(&written).map(|identity| identity.value.to_string()).into_iter().collect()
    }

    fn reach(&self, channel: &str, to: String, subscribed: Option<bool>, own: Choices) -> Reach {
        let choices = Choices { channel: self.chosen(&attribute(channel)), ..own };
        let blocked_by = may_send(choices).err().map(|reason| reason.word().to_owned());
        let of_channel = self.topics.iter().filter(|topic| topic.channel == channel);
        let blocked = of_channel.filter(|topic| {
            may_send(Choices { topic: Some(self.topic(topic)), ..choices }).is_err()
        });
        let topics_blocked = blocked.map(|topic| topic.id.clone()).collect();
        Reach { channel: channel.to_owned(), to, subscribed, blocked_by, topics_blocked }
    }

    /// The user as a record names them.
    fn who(&self) -> Option<Who> {
        let user_id = self.graph.user_ids().next();
        let identity = self.graph.identities().next();
        let anonymous_id = self.graph.anonymous_ids().next();
        match (user_id, identity, anonymous_id) {
            (Some(id), ..) => Some(Who::of(Some(id.clone()), None)),
            (None, Some(of), _) => Some(Who { identities: vec![of.clone()], ..Who::default() }),
            (None, None, Some(id)) => Some(Who::of(None, Some(id.clone()))),
            (None, None, None) => None,
        }
    }
}

/// The event that tells that a subscription ended.
pub(crate) fn unsubscribed(name: &str, time: Timestamp, id: EventId) -> Event {
    let (channel, topic) = subscription::of_attribute(name).unwrap_or((name, None));
    let mut properties = vec![(Text::const_new("channel"), Value::text(channel))];
    properties.extend(topic.map(|topic| (Text::const_new("topic"), Value::text(topic))));
    Event { name: Text::const_new(UNSUBSCRIBED), time, id, properties }
}

fn channel(name: &str) -> Result<(), Failure> {
    if CHANNELS.contains(&name) {
        return Ok(());
    }
    let message = format!("there is no channel \"{name}\"");
    Err(Failure::unprocessable("subscriptions.unknown_channel", message)
        .hint(format!("use {}", CHANNELS.join(", "))))
}

/// Channel and address as they are kept: the same address is the same however it is written.
fn canonical(name: &str, written: &str) -> Result<(String, String), Failure> {
    channel(name)?;
    let read = match name {
        "email" => validate::email(written),
        "sms" | "whatsapp" => validate::phone(written),
        _ => None,
    };
    let Some(identity) = read else {
        let message = format!("\"{written}\" is no address on the channel \"{name}\"");
        return Err(Failure::unprocessable("subscriptions.address", message).hint(
            "an e-mail address for email, a number like +14155550100 for sms and whatsapp; \
             devices are unsubscribed with PUT /api/users/{id}/subscriptions",
        ));
    };
    Ok((name.to_owned(), identity.value.to_string()))
}
