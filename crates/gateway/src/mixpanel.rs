//! Requests of Mixpanel's client libraries: `/track`, `/engage`, `/groups` and `/import`.
//!
//! What becomes what: a message of `/track` and `/import` is an event of its own name with its
//! properties as they are, without the token and the ids. `$identify` links two ids, `$create_alias`
//! and `$merge` join two; `$opt_in` also sets the attribute `consent.tracking`. A message of `/engage`
//! is a change of attributes: `$set`, `$set_once`, `$add`, `$append`, `$union`, `$remove`, `$unset`;
//! `$delete` unsets everything. A message of `/groups` changes the attributes of a profile of its own,
//! whose user id is `group:KEY:ID`.
//!
//! Who: `$device_id`, and a `distinct_id` that begins with `$device:`, is an anonymous id; `$user_id`,
//! and any other `distinct_id`, is a user id. Ids that stand for nobody (`null`, `anonymous`, …) are
//! rejected.
//!
//! Attributes that Mixpanel reserves have our names: `$email` is `email`, and so are `phone`, `name`,
//! `first_name`, `last_name`, `created`, `avatar`, `city`, `region`, `country_code`, `timezone`. All
//! others keep theirs.
//!
//! Time: `time` or `$time`, above 10¹¹ in milliseconds, below in seconds; without one, when the request
//! came, in the order of its messages. Id: `$insert_id` together
//! with the distinct id, else the hash of the message; a message without a time and without an id is
//! another one each time it is sent, unless it comes in a request with the same `_`.

use model::bounds::BATCH_RECORDS_MAX;
use model::{Event, EventId, Record, Span, Text, Timestamp, Value, What, Who};

use crate::arrival::{Arrival, nth_id, pair_id};
use crate::body::Refusal;
use crate::change::{Change, Dialect, Verb};
use crate::cut::{self, Cut, List, bounded, unreadable};
use crate::json::{self, Broken, Reader};
use crate::order::Orders;
use crate::scalar::{Scalar, id};
use crate::sniff::Content;
use crate::{Decoded, Problem, consent, fields, nobody, validate};

pub mod answers;
pub(crate) mod export;
mod message;

#[cfg(test)]
mod tests;

use message::{EventMessage, ProfileMessage};

/// What a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Events as they happen.
    Track,
    /// Changes of profiles.
    Engage,
    /// Changes of the profiles of groups.
    Groups,
    /// Events of the past.
    Import,
}

/// How a distinct id of a device begins.
const DEVICE: &str = "$device:";
/// Ids that one `$merge` may join.
const MERGED_MAX: usize = 16;

/// Reads one request. The key in [`Decoded::write_key`] is the token of the first message that has
/// one; messages with another are rejected.
pub fn decode(path: Path, content: &Content<'_>, arrival: Arrival) -> Result<Decoded, Refusal> {
    let request = Request {
        arrival,
        attempt: content.field("_").map(xxhash),
        n_messages: 0,
        orders: Orders::default(),
    };
    Ok(match path {
        Path::Track => request.decode(cut::messages(&content.json)?, Request::event),
        Path::Import => request.decode(lines(&content.json)?, Request::event),
        Path::Engage | Path::Groups => {
            request.decode(cut::messages(&content.json)?, Request::profile)
        }
    })
}

/// What one message says, read into records, with its place and its text.
type Read<T> = fn(
    &mut Request,
    (usize, &str),
    T,
    &mut Option<String>,
    &mut Vec<Record>,
) -> Result<(), Problem>;

fn xxhash(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

/// Messages in a list, or one after the other as in NDJSON.
fn lines(json: &str) -> Result<Vec<Cut<'_, EventMessage>>, Refusal> {
    if json.starts_with('[') {
        return cut::messages(json);
    }
    let mut reader = Reader::new(json);
    let mut list = List { messages: Vec::new(), too_long: false };
    while !list.too_long && reader.end().is_err() {
        list.too_long = list.messages.len() == BATCH_RECORDS_MAX;
        let message = cut::one(&mut reader, fields::object_or_null);
        list.messages.push(message.map_err(|Broken| unreadable(&json::words(json)))?);
    }
    bounded(list)
}

struct Request {
    arrival: Arrival,
    /// Stands for one attempt of a browser to send something.
    attempt: Option<u64>,
    n_messages: usize,
    orders: Orders,
}

impl Request {
    fn decode<T>(mut self, messages: Vec<Cut<'_, T>>, read: Read<T>) -> Decoded {
        self.n_messages = messages.len();
        let mut decoded = Decoded::default();
        decoded.records.reserve(messages.len());
        let mut key = None;
        for (index, cut) in messages.into_iter().enumerate() {
            let place = (index, cut.written);
            decoded.read(place, |records| read(&mut self, place, cut.sound()?, &mut key, records));
        }
        decoded.write_key = key;
        decoded
    }

    fn event(
        &mut self,
        place: (usize, &str),
        message: EventMessage,
        key: &mut Option<String>,
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        one_key(key, &message.token)?;
        let who = ids(&message.distinct_id, &message.device_id, &message.user_id)?;
        let time = self.time(&message.time, place.0)?;
        let timed = message.time != Scalar::Absent;
        let written = id("$insert_id", &message.insert_id)?;
        let id = match (&written, who.user_id.as_ref().or(who.anonymous_id.as_ref())) {
            (Some(insert_id), Some(of)) => pair_id(insert_id, of),
            (Some(insert_id), None) => EventId::of(insert_id),
            (None, _) => self.id(place, timed),
        };
        self.told(message, who, (time, id), records)
    }

    /// What a message says, of whom and when it says it.
    fn told(
        &mut self,
        message: EventMessage,
        who: Who,
        (time, id): (Timestamp, EventId),
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        let name = name(&message.event)?;
        match name.as_str() {
            "$identify" => return self.identify(message, who, (time, id), records),
            "$create_alias" => return self.alias(message, who, records),
            "$merge" => return self.merge(message, records),
            _ => {}
        }
        let who = validate::somebody(who)?;
        if name == "$opt_in" {
            records.push(consent::given(self.arrival.received_at, &who, time, nth_id(id, 1), true));
        }
        let properties = self.orders.properties(message.properties.into_found()?)?;
        let what = What::Event(Event { name, time, id, properties });
        records.push(self.record(who, what));
        Ok(())
    }

    /// The time of the message at this place. Those of one request that name none are a millisecond
    /// apart, the last of them as the request came: what is done to one list must keep its order.
    fn time(&self, written: &Scalar, index: usize) -> Result<Timestamp, Problem> {
        let at = self.arrival.time(written, None)?;
        let after = match written {
            Scalar::Absent => self.n_messages.saturating_sub(index + 1),
            _ => 0,
        };
        // A request has some thousand messages at most.
        Ok(at - Span(after as i64))
    }

    /// The id of a message that has none of its own.
    fn id(&self, (index, json): (usize, &str), timed: bool) -> EventId {
        match self.attempt.filter(|_| !timed) {
            Some(attempt) => {
                Arrival { received_at: Timestamp(0), seed: attempt }.id(json, index, false)
            }
            None => self.arrival.id(json, index, timed),
        }
    }

    fn identify(
        &self,
        message: EventMessage,
        who: Who,
        (time, id): (Timestamp, EventId),
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        let named = crate::scalar::id("$identified_id", &message.identified_id)?;
        let before = crate::scalar::id("$anon_distinct_id", &message.anon_distinct_id)?;
        nobody::refuse("$identified_id", named.as_deref())?;
        nobody::refuse("$anon_distinct_id", before.as_deref())?;
        let device = before.as_deref().map(device_of).or(who.anonymous_id);
        let user = named.or(who.user_id);
        if user.is_none() || device.is_none() || user == device {
            return Ok(());
        }
        let what = What::Identify(model::AttributeChange::set(time, id, Vec::new()));
        records.push(self.record(Who::of(user, device), what));
        Ok(())
    }

    fn alias(
        &self,
        message: EventMessage,
        who: Who,
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        let alias = id("alias", &message.alias)?.ok_or_else(|| {
            Problem::new(
                "event.no_previous_id",
                "the alias has no alias",
                "set alias to the other id",
            )
        })?;
        nobody::refuse("alias", Some(&alias))?;
        let who = validate::somebody(who)?;
        let what = What::Alias { previous: device_of(&alias) };
        if !is_named(&who, &alias) {
            records.push(self.record(who, what));
        }
        Ok(())
    }

    fn merge(&self, message: EventMessage, records: &mut Vec<Record>) -> Result<(), Problem> {
        message.distinct_ids.problem.map_or(Ok(()), Err)?;
        let names = message.distinct_ids.found.into_iter().map(|(name, _)| name);
        let mut names = names.take(MERGED_MAX);
        let few = || {
            let hint = "set $distinct_ids to the ids of one person";
            Problem::new("event.no_previous_id", "the merge names fewer than two ids", hint)
        };
        let first = names.next().ok_or_else(few)?;
        let who = ids(&Scalar::Text(first), &Scalar::Absent, &Scalar::Absent)?;
        let who = validate::somebody(who)?;
        let mut n = 0;
        for other in names {
            let Some(other) = validate::id("$distinct_ids", &other)? else { continue };
            nobody::refuse("$distinct_ids", Some(&other))?;
            n += 1;
            if !is_named(&who, &other) {
                let what = What::Alias { previous: device_of(&other) };
                records.push(self.record(who.clone(), what));
            }
        }
        if n == 0 { Err(few()) } else { Ok(()) }
    }

    fn profile(
        &mut self,
        place: (usize, &str),
        message: ProfileMessage,
        key: &mut Option<String>,
        records: &mut Vec<Record>,
    ) -> Result<(), Problem> {
        one_key(key, &message.token)?;
        let who = match (id("$group_key", &message.group_key)?, id("$group_id", &message.group_id)?)
        {
            (Some(kind), Some(group)) => crate::group::profile(&kind, &group)?,
            _ => ids(&message.distinct_id, &message.device_id, &message.user_id)?,
        };
        let who = validate::somebody(who)?;
        let time = self.time(&message.time, place.0)?;
        let id = self.id(place, message.time != Scalar::Absent);
        let Some(mut change) = message.change.finish(time, id, &DIALECT)? else {
            return Ok(());
        };
        unset_transactions(&mut change.attributes);
        change.attributes = validate::properties(change.attributes)?;
        records.push(self.record(who, What::Identify(change)));
        Ok(())
    }

    fn record(&self, who: Who, what: What) -> Record {
        Record { received_at: self.arrival.received_at, who, what }
    }
}

/// Whose ids these are; of an id that stands for nobody nothing is accepted.
fn ids(distinct: &Scalar, device: &Scalar, user: &Scalar) -> Result<Who, Problem> {
    let distinct_id = id("distinct_id", distinct)?;
    let device_id = id("$device_id", device)?;
    let user_id = id("$user_id", user)?;
    nobody::refuse("distinct_id", distinct_id.as_deref())?;
    nobody::refuse("$device_id", device_id.as_deref())?;
    nobody::refuse("$user_id", user_id.as_deref())?;
    let device_id = device_id.map(|id| device_of(&id));
    let (named, device) = match distinct_id {
        Some(distinct) if distinct.starts_with(DEVICE) => (None, Some(device_of(&distinct))),
        Some(distinct) if device_id.as_ref() == Some(&distinct) => (None, None),
        named => (named, None),
    };
    Ok(Who::of(user_id.or(named), device_id.or(device)))
}

/// Whether this is one of the ids already.
fn is_named(who: &Who, id: &str) -> bool {
    let id = device_of(id);
    who.user_id.as_ref() == Some(&id) || who.anonymous_id.as_ref() == Some(&id)
}

/// A device's id without what marks it as one.
fn device_of(id: &str) -> Text {
    Text::new(id.strip_prefix(DEVICE).filter(|rest| !rest.is_empty()).unwrap_or(id))
}

fn name(written: &Scalar) -> Result<Text, Problem> {
    match written {
        Scalar::Text(name) => validate::event_name(name),
        Scalar::Number(number) => validate::event_name(&number.to_string()),
        _ => validate::event_name(""),
    }
}

/// All messages of a request must have one token.
fn one_key(key: &mut Option<String>, token: &Scalar) -> Result<(), Problem> {
    let Scalar::Text(token) = token else { return Ok(()) };
    match key {
        Some(key) if key != token.as_str() => Err(Problem::new(
            "event.other_key",
            "the message has another token than the one before it",
            "send the messages of one project in a request of their own",
        )),
        Some(_) => Ok(()),
        None => {
            *key = Some(token.to_string());
            Ok(())
        }
    }
}

const DIALECT: Dialect = Dialect {
    verb: |name| {
        Some(match name {
            "$set" => Verb::Set,
            "$set_once" => Verb::SetOnce,
            "$add" => Verb::Add,
            "$append" => Verb::Append,
            "$union" => Verb::Union,
            "$remove" => Verb::Remove,
            "$unset" => Verb::Unset,
            "$delete" => Verb::Clear,
            _ => return None,
        })
    },
    rename: |name| {
        Some(match name {
            "$email" => "email",
            "$phone" => "phone",
            "$name" => "name",
            "$first_name" => "first_name",
            "$last_name" => "last_name",
            "$created" => "created",
            "$avatar" => "avatar",
            "$city" => "city",
            "$region" => "region",
            "$country_code" => "country_code",
            "$timezone" => "timezone",
            _ => return None,
        })
    },
    dropped: |_, _| false,
};

/// Purchases are appended as objects, which become one list for each of their names; unsetting them,
/// or setting them to an empty list, means all of these.
fn unset_transactions(attributes: &mut Vec<(Text, Value)>) {
    let empty = |value: &Value| match value {
        Value::List(items) => items.is_empty(),
        value => value.missing(),
    };
    if attributes.iter().any(|(name, value)| name == "$transactions" && empty(value)) {
        for name in ["$transactions", "$transactions.$amount", "$transactions.$time"] {
            attributes.push((Text::const_new(name), Value::Null));
        }
    }
}
