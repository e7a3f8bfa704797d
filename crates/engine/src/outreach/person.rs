//! Where a person can be reached on a channel, and what stands against it.

use model::facts::{PUSH_ENABLED, SUBSCRIBED, TOKEN_WEB, TOKENS};
use model::{Identity, Text, Timestamp, UserIndex, Value};

use crate::fold::Fold;
use crate::schedule::Channel;
use crate::subscription::{
    Blocked, Choices, Topic, attribute, choice, is_pending, may_send, topic_attribute,
};

/// Devices of one person that are looked at: more are a test or a shared account.
const DEVICES_MAX: usize = 100;

/// The attribute with the instant at which a person last wrote to us on WhatsApp.
pub const LAST_WROTE: &str = "whatsapp.last_message_at";

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// An address or a number, as the channel writes it.
    Address(Text),
    /// A device with one of its tokens.
    Device {
        /// Its id.
        device: Text,
        /// The name of the token.
        kind: &'static str,
        /// The token.
        token: Value,
    },
    /// The person: it is fetched, or goes to another system.
    Person,
}

/// A place, and whether it may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub to: To,
    /// What stands against it.
    pub blocked: Option<Blocked>,
    /// When it was told of last: of devices the later one is in use.
    pub last_at: Timestamp,
}

/// What of a person decides about a message.
pub struct Person<'a> {
    /// Who.
    pub user: UserIndex,
    /// Who is who, and what is known of devices and addresses.
    pub fold: &'a Fold,
    /// The value of an attribute now.
    pub attribute: &'a dyn Fn(&str) -> Option<Value>,
    /// An address of an attribute as the channel writes it, if it is one: label, value.
    pub address: &'a dyn Fn(&str, &str) -> Option<Text>,
}

impl Person<'_> {
    /// The attributes that decide whether a message of a channel and topic may be sent, and when.
    pub fn attributes(channel: Channel, topic: Option<&str>) -> Vec<String> {
        let own = ["email", "phone", "timezone", "device.timezone", "geo.timezone"];
        let more = ["country", "geo.country", "locale", "language", "device.language"];
        let mut names: Vec<String> = own.into_iter().chain(more).map(String::from).collect();
        names.push(attribute(channel.name()));
        names.extend((channel == Channel::WhatsApp).then(|| LAST_WROTE.to_owned()));
        names.extend(topic.map(|topic| topic_attribute(channel.name(), topic)));
        names
    }

    fn text(&self, names: &[&str]) -> Option<Text> {
        names.iter().find_map(|name| match (self.attribute)(name) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        })
    }

    /// The name of their time zone, as far as anything tells it.
    pub fn zone(&self) -> Option<Text> {
        self.text(&["timezone", "device.timezone", "geo.timezone"])
    }

    /// Their country, in capitals.
    pub fn country(&self) -> Option<Text> {
        self.text(&["country", "geo.country"]).map(|country| country.to_uppercase())
    }

    /// Their language, as in `pt-BR`.
    pub fn locale(&self) -> Option<Text> {
        self.text(&["locale", "language", "device.language"])
    }

    /// When they last wrote to us on WhatsApp.
    pub fn wrote_at(&self) -> Option<Timestamp> {
        match (self.attribute)(LAST_WROTE) {
            Some(Value::Time(at)) => Some(at),
            Some(Value::Text(text)) => Timestamp::parse(&text).ok(),
            _ => None,
        }
    }

    fn chosen(&self, name: &str) -> Option<bool> {
        (self.attribute)(name).as_ref().and_then(choice)
    }

    /// Addresses that are identities of the person, else the one that is an attribute.
    fn addresses(&self, label: &str) -> Vec<Text> {
        let graph = self.fold.graph(self.user);
        let own = graph.identities().filter(|identity| identity.label == label);
        let own: Vec<Text> = own.map(|identity| identity.value.clone()).collect();
        if !own.is_empty() {
            return own;
        }
        let written = self.text(&[label]);
        written.and_then(|written| (self.address)(label, &written)).into_iter().collect()
    }
}

/// Everywhere that a message on a channel could go, in a stable order: of devices those told of last first.
/// Empty: the channel cannot reach the person.
pub fn places(person: &Person, channel: Channel, topic: Option<(&str, bool)>) -> Vec<Place> {
    let own = Choices {
        channel: person.chosen(&attribute(channel.name())),
        topic: topic.map(|(topic, by_default)| {
            let name = topic_attribute(channel.name(), topic);
            let pending = (person.attribute)(&name).as_ref().is_some_and(is_pending);
            Topic { by_default, chosen: person.chosen(&name), pending }
        }),
        ..Choices::default()
    };
    let place = |to: To, choices: Choices, last_at: Timestamp| {
        let blocked = may_send(choices).err();
        Place { to, blocked, last_at }
    };
    match channel {
        Channel::Email | Channel::Sms | Channel::WhatsApp => {
            let label = if channel == Channel::Email { Identity::EMAIL } else { Identity::PHONE };
            let addresses = person.addresses(label).into_iter().map(|address| {
                let known = person.fold.address(channel.name(), &address);
                let subscribed = known.and_then(|known| known.flag(SUBSCRIBED));
                let choices = Choices { address: subscribed, ..own };
                place(To::Address(address), choices, Timestamp::MIN)
            });
            addresses.collect()
        }
        Channel::Push | Channel::WebPush => {
            let web = channel == Channel::WebPush;
            let (devices, _) = person.fold.devices(person.user, DEVICES_MAX);
            let places = devices.iter().flat_map(|device| {
                let kinds = TOKENS.into_iter().filter(move |kind| (*kind == TOKEN_WEB) == web);
                kinds.filter_map(move |kind| {
                    let token = device.get(kind)?.clone();
                    let choices = Choices {
                        device: device.flag(SUBSCRIBED),
                        system: device.flag(PUSH_ENABLED),
                        ..own
                    };
                    let to = To::Device { device: device.id.clone(), kind, token };
                    Some(place(to, choices, device.last_at))
                })
            });
            places.collect()
        }
        Channel::Webhook
        | Channel::InApp
        | Channel::OnSite
        | Channel::Inbox
        | Channel::Voice
        | Channel::Rcs => {
            vec![place(To::Person, own, Timestamp::MIN)]
        }
    }
}
