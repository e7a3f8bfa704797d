//! Requests of PostHog's client libraries: `/e/`, `/batch/`, `/capture/` and the newer
//! `/i/v1/analytics/events`.
//!
//! What becomes what: an event keeps its name and its properties, without the token and the ids;
//! properties without a value are dropped, as most of them are campaign keys of nobody. `$set`,
//! `$set_once` and `$unset`, at the top level of an event or inside of its properties, change
//! attributes besides. `$identify` links two ids and is no event, nor are `$set`, `$set_once`, `$unset`
//! and `$groupidentify`, which changes the profile `group:TYPE:KEY`. `$create_alias` joins two ids. `$opt_in` also sets the
//! attribute `consent.tracking`.
//!
//! Who: a `distinct_id` is an anonymous id where the library says so, with `$process_person_profile` or
//! `$is_identified` false, or because it is the device's; otherwise it is a user id. A device's id by
//! itself links nobody: libraries keep it when another person logs in.
//!
//! Time: `timestamp`, moved by the error of the client's clock if `sent_at` shows more than a minute of
//! it; else `offset` before the arrival. Id: `uuid`, else `$insert_id`, else the hash of the event.

use model::{Event, EventId, Record, Span, Text, Timestamp, What, Who};

use crate::arrival::{Arrival, nth_id};
use crate::body::Refusal;
use crate::change::{Change, Dialect, Verb};
use crate::cut::{self, Cut, bounded};
use crate::fields::Fields;
use crate::flatten::Flat;
use crate::order::Orders;
use crate::scalar::{Scalar, id, instant};
use crate::sniff::Content;
use crate::{Decoded, Problem, consent, fields, group, json, nobody, validate};

pub mod answers;
mod message;

#[cfg(test)]
mod tests;

use message::{Envelope, Message};

/// Reads one request. `sent_at`: when the client sent it, where a header says so.
pub fn decode(
    content: &Content<'_>,
    arrival: Arrival,
    sent_at: Option<&str>,
) -> Result<Decoded, Refusal> {
    let (envelope, messages) = cut::<Message>(&content.json)?;
    let mut key = match &envelope.key {
        Scalar::Text(key) => Some(key.to_string()),
        _ => content.field("api_key").or(content.field("token")).map(str::to_owned),
    };
    let written = sent_at.map(|text| Scalar::Text(Text::new(text))).unwrap_or(envelope.sent_at);
    let sent_at = instant(&written).ok().flatten();
    let mut request = Request { arrival, sent_at, orders: Orders::default() };
    let mut decoded = Decoded::default();
    decoded.records.reserve(messages.len());
    for (index, cut) in messages.into_iter().enumerate() {
        let place = (index, cut.written);
        decoded.read(place, |records| request.message(place, cut.sound()?, &mut key, records));
    }
    decoded.write_key = key;
    Ok(decoded)
}

/// The ids of the events of a request, in order, as far as they can be read.
pub fn uuids(content: &Content<'_>) -> Vec<Option<String>> {
    let Ok((_, messages)) = cut::<message::Uuid>(&content.json) else { return Vec::new() };
    let uuid = |cut: Cut<'_, message::Uuid>| id("uuid", &cut.sound().ok()?.0).ok()?;
    messages.into_iter().map(|cut| uuid(cut).map(String::from)).collect()
}

/// The outside of a request, and its messages.
type Outside<'a, T> = (Envelope<'a, T>, Vec<Cut<'a, T>>);

fn cut<'a, T: Default + Fields<'a>>(json: &'a str) -> Result<Outside<'a, T>, Refusal> {
    let mut envelope = Envelope { key: Scalar::Absent, batch: None, sent_at: Scalar::Absent };
    if json.starts_with('[') {
        return Ok((envelope, cut::messages(json)?));
    }
    json::whole(json, |reader| fields::object(reader, &mut envelope))
        .map_err(|words| cut::unreadable(&words))?;
    let messages = match envelope.batch.take() {
        Some(batch) => bounded(batch)?,
        None => cut::messages(json)?,
    };
    Ok((envelope, messages))
}

struct Request {
    arrival: Arrival,
    sent_at: Option<Timestamp>,
    orders: Orders,
}

impl Request {
    fn message(
        &mut self,
        place: (usize, &str),
        mut message: Message,
        key: &mut Option<String>,
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        if let (None, Scalar::Text(token)) = (&key, &message.token) {
            *key = Some(token.to_string());
        }
        let time = self.time(&message)?;
        let id = self.id(place, &message)?;
        let name = match &message.event {
            Scalar::Text(name) => validate::event_name(name)?,
            _ => validate::event_name("")?,
        };
        match name.as_str() {
            "$groupidentify" => return self.group(message, (time, id), records),
            "$create_alias" => return self.alias(message, records),
            _ => {}
        }
        let who = self.who(&message, name == "$identify")?;
        let change = std::mem::take(&mut message.change);
        if matches!(name.as_str(), "$identify" | "$set" | "$set_once" | "$unset") {
            let both = who.user_id.is_some() && who.anonymous_id.is_some();
            let change = change.finish(time, id, &DIALECT)?;
            let nothing = || both.then(|| model::AttributeChange::set(time, id, Vec::new()));
            if let Some(change) = change.or_else(nothing) {
                records.push(self.record(who, What::Identify(change)));
            }
            return Ok(());
        }
        if !change.is_empty()
            && let Some(change) = change.finish(time, nth_id(id, 1), &DIALECT)?
        {
            records.push(self.record(who.clone(), What::Identify(change)));
        }
        if name == "$opt_in" {
            records.push(consent::given(self.arrival.received_at, &who, time, nth_id(id, 2), true));
        }
        let mut properties = message.properties.into_found()?;
        properties.retain(|(_, value)| !value.missing());
        let properties = self.orders.properties(properties)?;
        records.push(self.record(who, What::Event(Event { name, time, id, properties })));
        Ok(())
    }

    fn time(&self, message: &Message) -> Result<Timestamp, Problem> {
        let offset = match &message.offset {
            Scalar::Number(ms) if message.timestamp == Scalar::Absent => ms.as_f64(),
            _ => None,
        };
        match offset {
            Some(ms) => {
                let at = self.arrival.received_at - Span(ms as i64);
                validate::time(at, self.arrival.received_at)
            }
            None => {
                let sent_at = self.sent_at.filter(|_| message.clock_is_right.0 != Some(true));
                self.arrival.time(&message.timestamp, sent_at)
            }
        }
    }

    fn id(&self, place: (usize, &str), message: &Message) -> Result<EventId, Problem> {
        let written = match id("uuid", &message.uuid)? {
            Some(uuid) => Some(uuid),
            None => id("$insert_id", &message.insert_id)?,
        };
        let timed = message.timestamp != Scalar::Absent;
        Ok(written.map_or_else(|| self.arrival.id(place.1, place.0, timed), |id| EventId::of(&id)))
    }

    fn who(&self, message: &Message, links: bool) -> Result<Who, Problem> {
        let distinct_id = id("distinct_id", &message.distinct_id)?;
        nobody::refuse("distinct_id", distinct_id.as_deref())?;
        if links {
            let before = id("$anon_distinct_id", &message.anon_distinct_id)?;
            nobody::refuse("$anon_distinct_id", before.as_deref())?;
            let before = before.filter(|before| distinct_id.as_ref() != Some(before));
            return validate::who(distinct_id, before);
        }
        match message.anonymous() {
            true => validate::who(None, distinct_id),
            false => validate::who(distinct_id, None),
        }
    }

    fn alias(&self, message: Message, records: &mut Vec<Record>) -> Result<(), Problem> {
        let who = self.who(&message, false)?;
        let previous = id("alias", &message.alias)?.ok_or_else(|| {
            Problem::new(
                "event.no_previous_id",
                "the alias has no alias",
                "set alias to the other id",
            )
        })?;
        nobody::refuse("alias", Some(&previous))?;
        if who.user_id.as_ref().or(who.anonymous_id.as_ref()) != Some(&previous) {
            records.push(self.record(who, What::Alias { previous }));
        }
        Ok(())
    }

    fn group(
        &self,
        message: Message,
        (time, id): (Timestamp, EventId),
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        let kind = crate::scalar::id("$group_type", &message.group_type)?;
        let key = crate::scalar::id("$group_key", &message.group_key)?;
        let (Some(kind), Some(key)) = (kind, key) else {
            return Err(Problem::new(
                "event.no_group",
                "the change of a group names no group",
                "set $group_type and $group_key",
            ));
        };
        let who = validate::somebody(group::profile(&kind, &key)?)?;
        if let Some(change) = message.group_set.finish(time, id, &DIALECT)? {
            records.push(self.record(who, What::Identify(change)));
        }
        Ok(())
    }

    fn record(&self, who: Who, what: What) -> Record {
        Record { received_at: self.arrival.received_at, who, what }
    }
}

const DIALECT: Dialect = Dialect {
    verb: |name| {
        Some(match name {
            "$set" => Verb::Set,
            "$set_once" => Verb::SetOnce,
            "$unset" => Verb::Unset,
            _ => return None,
        })
    },
    rename: |_| None,
    // A page that was reached through no campaign says so of every kind of campaign.
    dropped: |name, value| value.missing() && is_of_campaign(name),
};

/// Whether an attribute is one of those that the library for browsers takes from the address of a
/// page, or of where its visitor came from.
fn is_of_campaign(name: &str) -> bool {
    let bare = name.strip_prefix("$initial_").unwrap_or(name);
    bare.starts_with("utm_")
        || bare.ends_with("clid")
        || matches!(
            bare,
            "gclsrc"
                | "gad_source"
                | "gbraid"
                | "wbraid"
                | "li_fat_id"
                | "mc_cid"
                | "igshid"
                | "epik"
                | "qclid"
                | "sccid"
                | "irclid"
                | "_kx"
                | "$referrer"
                | "$referring_domain"
                | "$search_engine"
                | "ph_keyword"
        )
}
