//! One message, in any of CleverTap's envelopes: fields picked out, and what they mean.

use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, Value, What, Who};

use super::notices;
use super::profile::{self, Profile, Wrong};
use super::values;
use crate::fields::{self, Fields};
use crate::flatten::Flat;
use crate::json::{Broken, Reader};
use crate::order::Orders;
use crate::scalar::{Scalar, id};
use crate::{Problem, validate};

/// A request for variables that looks like an event.
const FETCH: &str = "wzrk_fetch";

/// The event of a purchase, whose [`CHARGED_ID`] tells deliveries apart.
const CHARGED: &str = "Charged";
const CHARGED_ID: &str = "Charged ID";

/// The fields of a message that mean something.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub kind: Scalar,
    pub event: Scalar,
    pub identity: Scalar,
    pub object_id: Scalar,
    pub facebook: Scalar,
    pub google: Scalar,
    /// Of REST and, as `ep`, of the mobile client.
    pub time: Scalar,
    pub account: Scalar,
    pub guid: Scalar,
    pub session: Scalar,
    /// Pages of the session so far.
    pub pages: Scalar,
    pub login: bool,
    pub action: Scalar,
    /// Of the envelope that is encrypted.
    pub sealed: [Scalar; 3],
    /// `[url, referrer, utm source, medium, campaign, screen]` of a page.
    pub page: [Scalar; 6],
    /// `evtData`, or what a token is; facts of the application under `context.app.`.
    pub properties: Flat,
    pub profile: Flat,
    /// Topics of e-mail, as columns `name` and `isUnsubscribed`.
    pub topics: Flat,
}

/// Properties that [`Message::page`] becomes, in its order.
const PAGE: [&str; 6] = ["url", "referrer", "utm_source", "utm_medium", "utm_campaign", "name"];

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    Profile,
    Page,
    /// A push token.
    Token,
    /// It says nothing about anybody.
    Ping,
    Unknown,
}

/// What is known of a message besides its fields.
pub(super) struct Arrival {
    pub kind: Kind,
    /// The device; nothing: the message names somebody.
    pub anonymous_id: Option<Text>,
    pub time: Timestamp,
    pub id: EventId,
    pub received_at: Timestamp,
    /// Refuse a profile with a reserved key that has a value which it cannot have.
    pub strict: bool,
}

impl Message {
    /// What its `type` says it is.
    pub fn kind(&self) -> Kind {
        match &self.kind {
            Scalar::Text(kind) => match kind.as_str() {
                "event" => Kind::Event,
                "profile" => Kind::Profile,
                "page" => Kind::Page,
                "data" | "token" => Kind::Token,
                "ping" => Kind::Ping,
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        }
    }

    /// The id of a purchase.
    pub fn charged_id(&self) -> Option<String> {
        let charged = matches!(&self.event, Scalar::Text(name) if name == CHARGED);
        let found = self.properties.found.iter().find(|(name, _)| name == CHARGED_ID);
        match found.filter(|_| charged)? {
            (_, Value::Text(text)) if !text.is_empty() => Some(text.to_string()),
            (_, Value::Int(n)) => Some(n.to_string()),
            _ => None,
        }
    }

    /// What it tells of a message of ours: whether it was used, not only shown; which; the button.
    pub fn receipt(&self) -> Option<(bool, EventId, String)> {
        let Scalar::Text(name) = &self.event else { return None };
        let clicked = match name.as_str() {
            "Notification Viewed" => false,
            "Notification Clicked" => true,
            _ => return None,
        };
        let of = |name: &str| {
            let found = self.properties.found.iter().find(|(own, _)| own == name);
            match found.map(|(_, value)| value) {
                Some(Value::Text(text)) => Some(text.to_string()),
                _ => None,
            }
        };
        let message = notices::message_of(&of("wzrk_id")?)?;
        Some((clicked, message, of("wzrk_c2a").unwrap_or_default()))
    }

    /// The identities that its profile gives, the strongest first: kind and value.
    pub fn identities(&self) -> Vec<(&'static str, String)> {
        const KEYS: [(&str, &str); 5] = [
            ("Identity", "identity"),
            ("Email", "email"),
            ("Phone", "phone"),
            ("FBID", profile::FACEBOOK),
            ("GPID", profile::GOOGLE),
        ];
        let value = |key: &str| {
            let found = self.profile.found.iter().rev().find(|(name, _)| name == key)?;
            match &found.1 {
                Value::Text(text) if !text.trim().is_empty() => Some(text.to_string()),
                Value::Int(n) => Some(n.to_string()),
                _ => None,
            }
        };
        KEYS.into_iter().filter_map(|(key, kind)| Some((kind, value(key)?))).collect()
    }

    /// Makes it the profile that a choice on a page about e-mails is: all of them off (`0`) or on (`1`),
    /// or topic by topic (`2`). `address`: whose they are, if the page's address says so.
    pub fn choose(&mut self, choice: &str, address: Option<&str>) {
        let found = &mut self.profile.found;
        if let Some(address) = address {
            found.push((Text::const_new("Email"), Value::text(address)));
        }
        if matches!(choice, "0" | "1") {
            found.push((Text::const_new("subscription.email"), Value::Bool(choice == "1")));
        }
        let column = |name: &str| {
            let found = self.topics.found.iter().find(|(known, _)| known == name);
            match found.map(|(_, value)| value) {
                Some(Value::List(items)) => items.clone(),
                _ => Box::default(),
            }
        };
        let (names, off) = (column("topics.name"), column("topics.isUnsubscribed"));
        for (name, off) in names.iter().zip(&off) {
            if let (Value::Text(name), Value::Bool(off)) = (name, off) {
                let name = Text::from(format!("subscription.email.{name}"));
                found.push((name, Value::Bool(!off)));
            }
        }
    }

    /// The record; `None` if the message says nothing.
    pub fn into_record(
        mut self,
        arrival: Arrival,
        orders: &mut Orders,
    ) -> Result<Option<Record>, Problem> {
        if let Some(problem) = self.properties.problem.take().or(self.profile.problem.take()) {
            return Err(problem);
        }
        values::unmark(&mut self.properties.found);
        values::unmark(&mut self.profile.found);
        let who = self.who(arrival.anonymous_id.clone())?;
        match arrival.kind {
            Kind::Ping => Ok(None),
            Kind::Event if matches!(&self.event, Scalar::Text(name) if name == FETCH) => Ok(None),
            Kind::Event => {
                let name = match &self.event {
                    Scalar::Text(name) => validate::event_name(name)?,
                    _ => validate::event_name("")?,
                };
                self.happened(name, who, arrival, orders).map(Some)
            }
            Kind::Page => {
                let screen = self.page[5] != Scalar::Absent;
                let name = if screen { "Screen Viewed" } else { "Page Viewed" };
                self.happened(Text::const_new(name), who, arrival, orders).map(Some)
            }
            Kind::Token => {
                let off = matches!(&self.action, Scalar::Text(action) if action == "unregister");
                let name = if off { "Push Token Removed" } else { "Push Token Added" };
                self.happened(Text::const_new(name), who, arrival, orders).map(Some)
            }
            Kind::Profile => self.changed(who, arrival).map(Some),
            Kind::Unknown => Err(unknown_type()),
        }
    }

    /// Whom the fields outside of the profile name.
    fn who(&self, anonymous_id: Option<Text>) -> Result<Who, Problem> {
        let object_id = id("objectId", &self.object_id)?;
        let mut who = Who::of(id("identity", &self.identity)?, anonymous_id.or(object_id));
        for (label, written) in
            [(profile::FACEBOOK, &self.facebook), (profile::GOOGLE, &self.google)]
        {
            if let Some(value) = id(label, written)? {
                who.identities.push(model::Identity::new(Text::const_new(label), value));
            }
        }
        Ok(who)
    }

    fn happened(
        mut self,
        name: Text,
        who: Who,
        arrival: Arrival,
        orders: &mut Orders,
    ) -> Result<Record, Problem> {
        let Arrival { time, id, received_at, .. } = arrival;
        let mut found = std::mem::take(&mut self.properties.found);
        for (name, written) in PAGE.into_iter().zip(self.page) {
            let text = match written {
                Scalar::Text(text) if !text.is_empty() => text,
                Scalar::Number(number) => Text::from(number.to_string()),
                _ => continue,
            };
            validate::text_value(name, &text)?;
            found.push((Text::const_new(name), Value::Text(text)));
        }
        let properties = orders.properties(found)?;
        let who = validate::somebody(who)?;
        Ok(Record { received_at, who, what: What::Event(Event { name, time, id, properties }) })
    }

    fn changed(self, mut who: Who, arrival: Arrival) -> Result<Record, Problem> {
        let of_device = arrival.anonymous_id.is_some();
        let Arrival { time, id, received_at, .. } = arrival;
        let place =
            self.properties.found.into_iter().filter_map(|(name, value)| match name.as_str() {
                "context.app.Latitude" => Some((Text::const_new("latitude"), value)),
                "context.app.Longitude" => Some((Text::const_new("longitude"), value)),
                _ => None,
            });
        let mut found = self.profile.found;
        found.extend(place);
        let Profile { user_id, identities, attributes, operations, wrong, .. } =
            profile::read(found, of_device)?;
        if arrival.strict
            && let Some(wrong) = wrong.first()
        {
            return Err(wrong_value(*wrong));
        }
        who.user_id = who.user_id.or(user_id);
        for identity in identities {
            if !who.identities.contains(&identity) {
                who.identities.push(identity);
            }
        }
        let who = validate::somebody(who)?;
        let change = AttributeChange { time, id, attributes, operations, clear: false };
        Ok(Record { received_at, who, what: What::Identify(change) })
    }
}

fn unknown_type() -> Problem {
    let hint = "use event or profile";
    Problem::new("event.unknown_type", "the type is neither event nor profile", hint)
}

fn wrong_value(wrong: Wrong) -> Problem {
    let (code, message, hint) = match wrong {
        Wrong::Email => {
            ("profile.email_invalid", "the e-mail address is none", "send it like ada@example.com")
        }
        Wrong::Phone => (
            "profile.phone_invalid",
            "the telephone number is none",
            "send it with its country, like +14155550100",
        ),
        Wrong::Gender => ("profile.gender_invalid", "the gender is not known", "send M, F or O"),
    };
    Problem::new(code, message, hint)
}

impl<'a> Fields<'a> for Message {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let scalar = match name {
            "type" => &mut self.kind,
            "evtName" => &mut self.event,
            "identity" => &mut self.identity,
            "objectId" => &mut self.object_id,
            "FBID" => &mut self.facebook,
            "GPID" => &mut self.google,
            "ts" | "ep" => &mut self.time,
            "id" => &mut self.account,
            "g" => &mut self.guid,
            "s" => &mut self.session,
            "pg" => &mut self.pages,
            "action" => &mut self.action,
            "itp" => &mut self.sealed[0],
            "itk" => &mut self.sealed[1],
            "itv" => &mut self.sealed[2],
            "cpg" => &mut self.page[0],
            "referrer" => &mut self.page[1],
            "us" => &mut self.page[2],
            "um" => &mut self.page[3],
            "uc" => &mut self.page[4],
            "n" => &mut self.page[5],
            "isOUL" => return fields::truth(reader).map(|truth| self.login = truth),
            "evtData" | "tokenData" | "data" => return self.properties.read("", reader),
            "af" => return self.properties.read("context.app.", reader),
            "keys" => return self.properties.read("keys.", reader),
            "endpoint" => return self.plain("endpoint", reader),
            "browser" => return self.plain("browser", reader),
            "profile" | "profileData" => return self.profile.read("", reader),
            "unsubGroups" => return self.topics.named("", "topics", reader),
            _ => return reader.skip(),
        };
        *scalar = Scalar::read(reader)?;
        Ok(())
    }
}

impl Message {
    /// Reads a property that is a text or nothing.
    fn plain(&mut self, name: &'static str, reader: &mut Reader<'_>) -> Result<(), Broken> {
        if let Scalar::Text(text) = Scalar::read(reader)? {
            self.properties.found.push((Text::const_new(name), Value::Text(text)));
        }
        Ok(())
    }
}
