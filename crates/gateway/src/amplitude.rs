//! Requests of Amplitude's client libraries: `/2/httpapi` and `/batch`.
//!
//! What becomes what: an event keeps its name and its `event_properties`; `event_id`, `session_id`,
//! and groups as `groups.TYPE` are properties too, everything else that the library says stands under
//! `context.`. `user_properties` change attributes, for `$identify` alone, for others besides the
//! event; `$groupidentify` changes the profile `group:TYPE:NAME`. Revenue (`$revenue`, else `$price` ×
//! `$quantity`) is the property `revenue`.
//!
//! Operators: `$set`, `$setOnce`, `$add`, `$append`, `$prepend`, `$remove`, `$unset`, `$clearAll`;
//! `$preInsert` and `$postInsert` both add at the end what the list does not have. The value `EMPTY` of
//! `initial_…` attributes means that there is none, and sets nothing.
//!
//! Who: `device_id` is an anonymous id, `user_id` a user id; short ones are taken too. Time: `time`,
//! moved by the error of the client's clock if `client_upload_time` shows more than a minute of it. Id:
//! `insert_id` together with the device's (else the user's) id, else the hash of the event.

use model::{Event, EventId, Record, Text, Timestamp, Value, What, Who};

use crate::arrival::{Arrival, nth_id, pair_id};
use crate::body::Refusal;
use crate::change::{Change, Dialect, Verb};
use crate::cut::{self, bounded};
use crate::flatten::Flat;
use crate::order::Orders;
use crate::scalar::{Scalar, id};
use crate::sniff::Content;
use crate::{Decoded, Problem, fields, group, json, nobody, validate};

pub mod answers;
pub(crate) mod export;
mod message;

#[cfg(test)]
mod tests;

use message::{Envelope, Message};

/// Reads one request. `peer`: the address it came from, for events that ask for it.
pub fn decode(
    content: &Content<'_>,
    arrival: Arrival,
    peer: Option<&str>,
) -> Result<Decoded, Refusal> {
    let envelope = envelope(&content.json).map_err(|words| cut::unreadable(&words))?;
    let write_key = match &envelope.api_key {
        Scalar::Text(key) => Some(key.to_string()),
        _ => content.field("api_key").map(str::to_owned),
    };
    let events = envelope.events.ok_or_else(no_events)?;
    let events = bounded(events)?;
    let uploaded_at = crate::scalar::instant(&envelope.client_upload_time).ok().flatten();
    let mut request = Request { arrival, uploaded_at, peer, orders: Orders::default() };
    let mut decoded = Decoded { write_key, ..Decoded::default() };
    decoded.records.reserve(events.len());
    for (index, cut) in events.into_iter().enumerate() {
        let place = (index, cut.written);
        decoded.read(place, |records| request.event(place, cut.sound()?, records));
    }
    Ok(decoded)
}

/// Whether a request to `/batch` is one of Amplitude's: it has a list of events.
pub fn is_batch(content: &Content<'_>) -> bool {
    envelope(&content.json).is_ok_and(|envelope| envelope.events.is_some())
}

fn envelope(json: &str) -> Result<Envelope<'_>, String> {
    let mut envelope = Envelope::default();
    json::whole(json, |reader| fields::object(reader, &mut envelope))?;
    Ok(envelope)
}

fn no_events() -> Refusal {
    let message = "the body has no list \"events\"".to_owned();
    Refusal::bad("request.no_batch", message, "send {\"api_key\":…,\"events\":[…]}")
}

struct Request<'a> {
    arrival: Arrival,
    uploaded_at: Option<Timestamp>,
    peer: Option<&'a str>,
    orders: Orders,
}

impl Request<'_> {
    fn event(
        &mut self,
        place: (usize, &str),
        message: Message,
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        let user_id = id("user_id", &message.user_id)?;
        let device_id = id("device_id", &message.device_id)?;
        nobody::refuse("user_id", user_id.as_deref())?;
        nobody::refuse("device_id", device_id.as_deref())?;
        let time = self.arrival.time(&message.time, self.uploaded_at)?;
        let id = self.id(place, &message, device_id.as_deref().or(user_id.as_deref()))?;
        self.told(message, Who::of(user_id, device_id), (time, id), records)
    }

    /// What an event says, of whom and when it says it.
    fn told(
        &mut self,
        mut message: Message,
        who: Who,
        (time, id): (Timestamp, EventId),
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        let name = match &message.event_type {
            Scalar::Text(name) => validate::event_name(name)?,
            _ => validate::event_name("")?,
        };
        if name == "$groupidentify" {
            return self.groups(message, (time, id), records);
        }
        let who = validate::somebody(who)?;
        let change = std::mem::take(&mut message.user_properties);
        if name == "$identify" {
            if let Some(change) = change.finish(time, id, &DIALECT)? {
                records.push(self.record(who, What::Identify(change)));
            } else if who.user_id.is_some() && who.anonymous_id.is_some() {
                let nothing = model::AttributeChange::set(time, id, Vec::new());
                records.push(self.record(who, What::Identify(nothing)));
            }
            return Ok(());
        }
        if !change.is_empty()
            && let Some(change) = change.finish(time, nth_id(id, 1), &DIALECT)?
        {
            records.push(self.record(who.clone(), What::Identify(change)));
        }
        let properties = self.properties(message)?;
        let properties = self.orders.properties(properties)?;
        records.push(self.record(who, What::Event(Event { name, time, id, properties })));
        Ok(())
    }

    fn id(
        &self,
        place: (usize, &str),
        message: &Message,
        of: Option<&str>,
    ) -> Result<EventId, Problem> {
        Ok(match id("insert_id", &message.insert_id)? {
            Some(insert_id) => pair_id(&insert_id, of.unwrap_or_default()),
            None => self.arrival.id(place.1, place.0, message.time != Scalar::Absent),
        })
    }

    /// What is said of groups, of each for itself.
    fn groups(
        &self,
        message: Message,
        (time, id): (Timestamp, EventId),
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        let groups = message.groups.into_found()?;
        let named = groups.into_iter().flat_map(|(kind, value)| {
            let kind = Text::new(kind.strip_prefix(GROUPS).unwrap_or(&kind));
            names(value).into_iter().map(move |name| (kind.clone(), name))
        });
        let named: Vec<(Text, Text)> = named.collect();
        let Some(change) = message.group_properties.finish(time, id, &DIALECT)? else {
            return Ok(());
        };
        if named.is_empty() {
            return Err(Problem::new(
                "event.no_group",
                "the change of a group names no group",
                "set groups to an object of group types and names",
            ));
        }
        for ((kind, name), n) in named.into_iter().zip(0..) {
            let mut change = change.clone();
            change.id = if n == 0 { id } else { nth_id(id, n) };
            let who = validate::somebody(group::profile(&kind, &name)?)?;
            records.push(self.record(who, What::Identify(change)));
        }
        Ok(())
    }

    /// Properties of the event, its groups and its context.
    fn properties(&self, message: Message) -> Result<Vec<(Text, Value)>, Problem> {
        let mut properties = message.properties.into_found()?;
        properties.extend(message.groups.into_found()?);
        if let Some((_, ip)) = properties.iter_mut().find(|(name, _)| name == "context.ip")
            && matches!(ip, Value::Text(ip) if ip == "$remote")
        {
            *ip = self.peer.map_or(Value::Null, Value::text);
        }
        add_revenue(&mut properties);
        Ok(properties)
    }

    fn record(&self, who: Who, what: What) -> Record {
        Record { received_at: self.arrival.received_at, who, what }
    }
}

/// Under which name groups stand among the properties of an event.
const GROUPS: &str = "groups.";

fn names(value: Value) -> Vec<Text> {
    match value {
        Value::Text(name) => vec![name],
        Value::Int(n) => vec![Text::from(n.to_string())],
        Value::List(items) => items.into_iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

/// The revenue of an event whose sender wrote it as Amplitude's libraries do.
fn add_revenue(properties: &mut Vec<(Text, Value)>) {
    let number = |wanted: &str| {
        let found = properties.iter().rev().find(|(name, _)| name == wanted);
        found.and_then(|(_, value)| value.number())
    };
    if number("revenue").is_some() {
        return;
    }
    let price = number("$price").or_else(|| number("price"));
    let quantity = number("$quantity").or_else(|| number("quantity")).unwrap_or(1.0);
    let revenue = number("$revenue").or_else(|| price.map(|price| price * quantity));
    if let Some(revenue) = revenue.filter(|revenue| revenue.is_finite()) {
        properties.push((Text::const_new("revenue"), Value::Float(revenue)));
    }
}

const DIALECT: Dialect = Dialect {
    verb: |name| {
        Some(match name {
            "$set" => Verb::Set,
            "$setOnce" => Verb::SetOnce,
            "$add" => Verb::Add,
            "$append" => Verb::Append,
            "$prepend" => Verb::Prepend,
            "$preInsert" | "$postInsert" => Verb::Union,
            "$remove" => Verb::Remove,
            "$unset" => Verb::Unset,
            "$clearAll" => Verb::Clear,
            _ => return None,
        })
    },
    rename: |_| None,
    dropped: |name, value| {
        name.starts_with("initial_") && matches!(value, Value::Text(text) if text == "EMPTY")
    },
};
