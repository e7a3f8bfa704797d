//! What a message means: the decisions.

use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, Value, What, Who};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::Kind;
use super::message::Message;
use crate::arrival::SKEW_MIN;
use crate::order::Orders;
use crate::scalar::{Scalar, id, instant, taken_id};
use crate::{Problem, device, validate};

/// What is known of a message besides its fields.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub kind: Kind,
    pub sent_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// Its row, if it comes from a file.
    pub row: Option<u64>,
}

/// What there is besides the record of a message.
#[derive(Default)]
pub(super) struct Beside {
    /// What an identify call says of its device.
    pub told: Option<Record>,
    pub orders: Orders,
}

impl Message {
    /// The record, for which the message is taken apart where it is; `None` if it says nothing. `written`:
    /// its text.
    pub fn record(
        &mut self,
        written: &str,
        arrival: Arrival,
        beside: &mut Beside,
    ) -> Result<Option<Record>, Problem> {
        let kind = self.kind(arrival.kind)?;
        if let Some(problem) = self.properties.problem.take().or(self.traits.problem.take()) {
            return Err(problem);
        }
        let user_id = taken_id("userId", &mut self.user_id)?;
        let who = validate::who(user_id, taken_id("anonymousId", &mut self.anonymous_id)?)?;
        let received_at = arrival.received_at;
        let time = self.time(arrival)?;
        let id = self.id(written, arrival.row)?;
        let what = match kind {
            Kind::Alias => match self.previous(&who)? {
                Some(previous) => What::Alias { previous },
                None => return Ok(None),
            },
            Kind::Identify => {
                let context = std::mem::take(&mut self.properties.found);
                beside.told = device::told((&who, received_at), (time, id), &context);
                self.properties.found = context;
                let attributes = validate::properties(self.attributes())?;
                What::Identify(AttributeChange::set(time, id, attributes))
            }
            _ => {
                let name = self.event_name(kind)?;
                self.add_own_properties(kind)?;
                let properties =
                    beside.orders.properties(std::mem::take(&mut self.properties.found))?;
                What::Event(Event { name, time, id, properties })
            }
        };
        Ok(Some(Record { received_at, who, what }))
    }

    fn kind(&self, of_path: Kind) -> Result<Kind, Problem> {
        if !matches!(of_path, Kind::Batch | Kind::Import) {
            return Ok(of_path);
        }
        let hint = "use track, identify, page, screen, group or alias";
        match &self.kind {
            Scalar::Text(name) => match Kind::named(name) {
                Some(kind) if !matches!(kind, Kind::Batch | Kind::Import) => Ok(kind),
                _ => {
                    let message = format!("the type \"{}\" is not known", crate::body::clip(name));
                    Err(Problem::new("event.unknown_type", message, hint))
                }
            },
            Scalar::Absent if of_path == Kind::Import && self.event != Scalar::Absent => {
                Ok(Kind::Track)
            }
            _ => Err(Problem::new("event.unknown_type", "the message has no type", hint)),
        }
    }

    fn time(&self, arrival: Arrival) -> Result<Timestamp, Problem> {
        let written = match &self.timestamp {
            Scalar::Absent => &self.original_timestamp,
            written => written,
        };
        let Some(at) = instant(written)? else {
            return Ok(arrival.received_at);
        };
        let sent_at = instant(&self.sent_at).ok().flatten().or(arrival.sent_at);
        let sent_at = sent_at.filter(|_| arrival.row.is_none());
        let skew = sent_at.map(|sent_at| arrival.received_at - sent_at);
        let skew = skew.filter(|skew| skew.0.abs() >= SKEW_MIN.0);
        validate::time(skew.map_or(at, |skew| at + skew), arrival.received_at)
    }

    fn id(&mut self, written: &str, row: Option<u64>) -> Result<EventId, Problem> {
        let named = taken_id("messageId", &mut self.message_id)?;
        let hash = || EventId(xxh3_128_with_seed(written.as_bytes(), row.unwrap_or(0)));
        Ok(named.map_or_else(hash, |id| EventId::of(&id)))
    }

    /// The other id of an alias; `None` if it is the same one.
    fn previous(&self, who: &Who) -> Result<Option<Text>, Problem> {
        let previous = id("previousId", &self.previous_id)?.ok_or_else(|| {
            Problem::new(
                "event.no_previous_id",
                "the alias has no previous id",
                "set previousId to the id that the person had before",
            )
        })?;
        let user = who.user_id.as_ref().or(who.anonymous_id.as_ref());
        Ok(Some(previous).filter(|previous| user != Some(previous)))
    }

    fn event_name(&self, kind: Kind) -> Result<Text, Problem> {
        match (kind, &self.event) {
            (Kind::Page, _) => Ok(Text::const_new("Page Viewed")),
            (Kind::Screen, _) => Ok(Text::const_new("Screen Viewed")),
            (Kind::Group, _) => Ok(Text::const_new("Group Joined")),
            (_, Scalar::Text(name)) => validate::event_name(name),
            (_, Scalar::Number(number)) => validate::event_name(&number.to_string()),
            _ => validate::event_name(""),
        }
    }

    /// Properties that stand outside of `properties`: of equal names the one inside wins.
    fn add_own_properties(&mut self, kind: Kind) -> Result<(), Problem> {
        match kind {
            Kind::Page | Kind::Screen => {
                self.add_outer("name", self.name.clone())?;
                self.add_outer("category", self.category.clone())?;
            }
            Kind::Group => {
                let group_id = id("groupId", &self.group_id)?.ok_or_else(|| {
                    let hint = "set groupId to the id of the company or team";
                    Problem::new("event.no_group", "the group call has no group id", hint)
                })?;
                let found = &mut self.properties.found;
                found.push((Text::const_new("group_id"), Value::Text(group_id)));
                for (name, value) in self.traits.found.drain(..) {
                    let name = format!("traits.{name}");
                    validate::property_name(&name)?;
                    found.push((Text::from(name), value));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add_outer(&mut self, name: &'static str, value: Scalar) -> Result<(), Problem> {
        let found = &mut self.properties.found;
        let given = found.iter().any(|(known, value)| known == name && !value.missing());
        let text = match value {
            Scalar::Text(text) if !text.is_empty() => text,
            Scalar::Number(number) => Text::from(number.to_string()),
            _ => return Ok(()),
        };
        if !given {
            validate::text_value(name, &text)?;
            found.push((Text::const_new(name), Value::Text(text)));
        }
        Ok(())
    }

    /// Traits, and those that RudderStack's Python library sends only inside of the context. The
    /// outer ones win.
    fn attributes(&mut self) -> Vec<(Text, Value)> {
        const INNER: &str = "context.traits.";
        let mut attributes: Vec<_> = std::mem::take(&mut self.properties.found)
            .into_iter()
            .filter_map(|(name, value)| Some((Text::new(name.strip_prefix(INNER)?), value)))
            .collect();
        attributes.append(&mut self.traits.found);
        attributes
    }
}
