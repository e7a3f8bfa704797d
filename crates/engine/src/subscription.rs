//! May this be sent: one answer of everything that was said about a channel, a topic, a device and an
//! address.
//!
//! What it is: a pure function; each flag blocks only its own scope. What it is not: it knows no
//! provider and no message, and it stores nothing. A person's choices are attributes
//! ([`attribute`], [`topic_attribute`]), a device's and an address's are facts of them.

use model::{Text, Value};

/// The channels that a person can be subscribed to.
pub const CHANNELS: [&str; 5] = ["email", "push", "web_push", "sms", "whatsapp"];

/// The event that tells of a subscription that ended.
pub const UNSUBSCRIBED: &str = "Channel Unsubscribed";

/// The event that tells that somebody asked for a topic and has to confirm it (double opt-in).
pub const REQUESTED: &str = "Subscription Requested";

/// What an attribute says of a subscription that was asked for and is not confirmed.
pub const PENDING: &str = "pending";

/// Before the channel, in the names of attributes.
const PREFIX: &str = "subscription.";

/// The attribute that holds whether a person wants anything on a channel: true or false.
pub fn attribute(channel: &str) -> String {
    format!("{PREFIX}{channel}")
}

/// The attribute that holds whether a person wants a topic on its channel.
pub fn topic_attribute(channel: &str, topic: &str) -> String {
    format!("{PREFIX}{channel}.{topic}")
}

/// Channel and topic of an attribute's name; `None`: it is about no subscription.
pub fn of_attribute(name: &str) -> Option<(&str, Option<&str>)> {
    let rest = name.strip_prefix(PREFIX)?;
    Some(match rest.split_once('.') {
        Some((channel, topic)) => (channel, Some(topic)),
        None => (rest, None),
    })
}

/// Whether a value says that a subscription waits for its confirmation.
pub fn is_pending(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.eq_ignore_ascii_case(PENDING))
}

/// A value as a choice, as senders write it; `None`: it is none. What is not confirmed is not wanted yet.
pub fn choice(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Int(n @ (0 | 1)) => Some(*n == 1),
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "subscribed" | "opted_in" | "yes" => Some(true),
            "false" | "unsubscribed" | "opted_out" | "no" | PENDING => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Everything that was said, of one message to one place. Nothing said blocks nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Of the person, about the channel.
    pub channel: Option<bool>,
    /// About the topic of the message; nothing: it has none.
    pub topic: Option<Topic>,
    /// About the device that it goes to.
    pub device: Option<bool>,
    /// Whether the device's system lets messages through.
    pub system: Option<bool>,
    /// About the address that it goes to, whoever has it.
    pub address: Option<bool>,
}

/// A topic, and what the person said about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// Who said nothing is subscribed.
    pub by_default: bool,
    /// What was said.
    pub chosen: Option<bool>,
    /// They asked for it and have not confirmed that.
    pub pending: bool,
}

impl Topic {
    /// Whether the person is subscribed to it.
    pub fn subscribed(self) -> bool {
        self.chosen.unwrap_or(self.by_default)
    }
}

/// Why a message may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The address takes nothing, whoever has it.
    Address,
    /// The person wants nothing on the channel.
    Channel,
    /// The device takes nothing.
    Device,
    /// The device's system lets nothing through.
    System,
    /// The person asked for the topic and has not confirmed that.
    Pending,
    /// The person does not want the topic.
    Topic,
}

impl Blocked {
    /// The reason in a word that stays the same.
    pub fn word(self) -> &'static str {
        match self {
            Blocked::Address => "address_unsubscribed",
            Blocked::Channel => "channel_unsubscribed",
            Blocked::Device => "device_unsubscribed",
            Blocked::System => "device_push_disabled",
            Blocked::Pending => "subscription_pending",
            Blocked::Topic => "topic_unsubscribed",
        }
    }
}

/// Whether it may be sent, or the widest reason why not.
pub fn may_send(choices: Choices) -> Result<(), Blocked> {
    let Choices { channel, topic, device, system, address } = choices;
    let off = |choice: Option<bool>| choice == Some(false);
    let reasons = [
        (off(address), Blocked::Address),
        (off(channel), Blocked::Channel),
        (off(device), Blocked::Device),
        (off(system), Blocked::System),
        (topic.is_some_and(|topic| topic.pending && !topic.subscribed()), Blocked::Pending),
        (topic.is_some_and(|topic| !topic.subscribed()), Blocked::Topic),
    ];
    match reasons.into_iter().find(|(blocks, _)| *blocks) {
        Some((_, reason)) => Err(reason),
        None => Ok(()),
    }
}

/// The subscriptions that a change of attributes ends: names of attributes that are off from then on.
pub fn ended(attributes: &[(Text, Value)]) -> impl Iterator<Item = &Text> {
    let off = |(name, value): &&(Text, Value)| {
        of_attribute(name).is_some() && choice(value) == Some(false) && !is_pending(value)
    };
    attributes.iter().filter(off).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination, against the rule in other words: it may be sent unless something is off;
    /// and the reason is the first of a fixed order that is off.
    #[test]
    fn each_flag_blocks_only_its_scope() {
        let three = [None, Some(true), Some(false)];
        let topics = three.into_iter().flat_map(|chosen| {
            [true, false].map(|by_default| Some(Topic { by_default, chosen, pending: false }))
        });
        let topics: Vec<Option<Topic>> = topics.chain([None]).collect();
        let mut n = 0;
        for (channel, device) in three.iter().flat_map(|c| three.iter().map(move |d| (*c, *d))) {
            for (system, address) in three.iter().flat_map(|s| three.iter().map(move |a| (*s, *a)))
            {
                for topic in &topics {
                    let choices = Choices { channel, topic: *topic, device, system, address };
                    let no = Some(false);
                    let expected = if address == no {
                        Err("address_unsubscribed")
                    } else if channel == no {
                        Err("channel_unsubscribed")
                    } else if device == no {
                        Err("device_unsubscribed")
                    } else if system == no {
                        Err("device_push_disabled")
                    } else {
                        match topic {
                            Some(Topic { chosen: Some(false), .. })
                            | Some(Topic { chosen: None, by_default: false, .. }) => {
                                Err("topic_unsubscribed")
                            }
                            _ => Ok(()),
                        }
                    };
                    assert_eq!(may_send(choices).map_err(Blocked::word), expected, "{choices:?}");
                    n += 1;
                }
            }
        }
        assert_eq!(n, 81 * 7);
    }

    #[test]
    fn a_choice_about_one_scope_does_not_touch_another() {
        let one = |choices| may_send(choices).is_ok();
        let nothing = Choices::default();
        assert!(one(nothing));
        // Two devices of a person: one is off, the other is not.
        assert!(!one(Choices { device: Some(false), ..nothing }));
        assert!(one(Choices { device: Some(true), ..nothing }));
        // Two topics: one is off, the other delivers.
        let topic = |chosen| Some(Topic { by_default: true, chosen, pending: false });
        assert!(!one(Choices { topic: topic(Some(false)), ..nothing }));
        assert!(one(Choices { topic: topic(None), ..nothing }));
    }

    #[test]
    fn what_was_asked_for_waits_for_its_confirmation() {
        let pending = Value::text("pending");
        assert!(is_pending(&pending) && choice(&pending) == Some(false));
        let topic = Topic { by_default: false, chosen: Some(false), pending: true };
        let asked = Choices { topic: Some(topic), ..Choices::default() };
        assert_eq!(may_send(asked), Err(Blocked::Pending));
        // Nothing ended: it has not begun.
        let change = [(Text::new("subscription.email.news"), pending)];
        assert_eq!(ended(&change).count(), 0);
    }

    #[test]
    fn names_and_choices_as_senders_write_them() {
        assert_eq!(of_attribute("subscription.email"), Some(("email", None)));
        assert_eq!(of_attribute("subscription.email.news"), Some(("email", Some("news"))));
        assert_eq!(of_attribute("email"), None);
        assert_eq!(attribute("sms"), "subscription.sms");
        assert_eq!(topic_attribute("sms", "offers"), "subscription.sms.offers");
        for (value, expected) in [
            (Value::Bool(false), Some(false)),
            (Value::Int(1), Some(true)),
            (Value::Int(2), None),
            (Value::text("Unsubscribed"), Some(false)),
            (Value::text("maybe"), None),
            (Value::Null, None),
        ] {
            assert_eq!(choice(&value), expected, "{value:?}");
        }
        let change = [
            (Text::new("subscription.email"), Value::Bool(false)),
            (Text::new("subscription.sms"), Value::Bool(true)),
            (Text::new("plan"), Value::Bool(false)),
        ];
        assert_eq!(ended(&change).collect::<Vec<_>>(), ["subscription.email"]);
    }
}
