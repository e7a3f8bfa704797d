//! Requests of the Segment family: `track`, `identify`, `page`, `screen`, `group`, `alias` and
//! batches of them, as the Segment and RudderStack libraries send them.
//!
//! What becomes what: `track` is an event of its own name; `page` is the event `Page Viewed`,
//! `screen` is `Screen Viewed`, both with `name` and `category`; `group` is `Group Joined` with
//! `group_id` and `traits.*`; `identify` changes attributes; `alias` joins two ids. An alias of an id
//! with itself says nothing and is ignored: a client library is seen to send it.
//!
//! Properties: nested objects become dotted names; a list of plain values stays a list, lists inside
//! it are joined; a list of objects becomes one list for each key (`products.sku`), with nothing where
//! an object lacks the key; the context stands under `context.`. Integers beyond 64 bits are floats.
//!
//! Time: `timestamp`, else `originalTimestamp`, moved by `received_at − sentAt` to undo a wrong client
//! clock, if that is a minute or more; without either, `received_at`. Id: `messageId`, else the hash of the message's bytes.

use std::fmt;

use model::bounds::BATCH_RECORDS_MAX;
use model::{Record, Text, Timestamp, Value, Zone};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::body::{self, Refusal};
use crate::flatten::{Flat, Root};
use crate::scalar::Scalar;
use crate::{Decoded, Problem, validate};

mod message;
mod record;
mod settings;

pub use settings::settings;

#[cfg(test)]
mod tests;

use message::Message;

/// What a path promises that the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Track,
    Identify,
    Page,
    Screen,
    Group,
    Alias,
    Batch,
    Import,
}

/// Reads one request. The body may be gzip, whatever `content_encoding` says.
///
/// Errors: the body as a whole cannot be read; nothing of it is accepted. What is wrong with one
/// message is in [`Decoded::rejected`].
pub fn decode(
    path_kind: Kind,
    body: &[u8],
    content_encoding: Option<&str>,
    received_at: Timestamp,
) -> Result<Decoded, Refusal> {
    let text = body::text(body, content_encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let mut decoded = Decoded { write_key: envelope.write_key(), ..Decoded::default() };
    let sent_at = envelope.sent_at.and_then(|raw| written_time(raw.get()));
    match envelope.batch {
        Batch::Absent if matches!(path_kind, Kind::Batch | Kind::Import) && !envelope.typed => {
            return Err(no_batch());
        }
        Batch::Wrong => return Err(no_batch()),
        Batch::TooLong => return Err(too_many()),
        Batch::Absent => decoded
            .read((0, text), |records| record_of(text, path_kind, sent_at, received_at, records)),
        Batch::Messages(messages) => {
            decoded.records.reserve(messages.len());
            for (index, raw) in messages.into_iter().enumerate() {
                decoded.read((index, raw.get()), |records| {
                    record_of(raw.get(), Kind::Batch, sent_at, received_at, records)
                });
            }
        }
    }
    Ok(decoded)
}

/// Adds what one message says: its record, and of an identify call also what it tells of its device.
fn record_of(
    json: &str,
    kind: Kind,
    sent_at: Option<Timestamp>,
    received_at: Timestamp,
    records: &mut Vec<Record>,
) -> Result<(), Problem> {
    let arrival = record::Arrival { json, kind, sent_at, received_at, row: None };
    let mut told = None;
    records.extend(read_message(json)?.into_record(arrival, &mut told)?);
    records.extend(told);
    Ok(())
}

/// Reads the JSON text of one message. `kind` counts where the message does not say its `type`;
/// `sent_at` where it does not say its `sentAt`. `None`: it says nothing.
pub fn message(
    json: &str,
    kind: Kind,
    sent_at: Option<Timestamp>,
    received_at: Timestamp,
) -> Result<Option<Record>, Problem> {
    let arrival = record::Arrival { json, kind, sent_at, received_at, row: None };
    read_message(json)?.into_record(arrival, &mut None)
}

/// Reads a message that stands in a row of a file. Its time is taken as written (the clock of a
/// sender of long ago says nothing about now), and without a `messageId` the row's number is part of
/// its identity. Without a `type` it is a track call.
pub(crate) fn message_of_row(
    json: &str,
    row: u64,
    received_at: Timestamp,
) -> Result<Option<Record>, Problem> {
    let kind = Kind::Import;
    let arrival = record::Arrival { json, kind, sent_at: None, received_at, row: Some(row) };
    read_message(json)?.into_record(arrival, &mut None)
}

/// The fields of a JSON object under dotted names, sorted.
pub(crate) fn flat_object(json: &str) -> Result<Vec<(Text, Value)>, Problem> {
    let mut flat = Flat::default();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = Root { flat: &mut flat, prefix: "" }.deserialize(&mut deserializer);
    read.and_then(|()| deserializer.end()).map_err(|error| malformed(&error))?;
    match flat.problem {
        Some(problem) => Err(problem),
        None => validate::properties(flat.found),
    }
}

fn read_message(json: &str) -> Result<Message, Problem> {
    serde_json::from_str(json).map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(
        "event.malformed",
        format!("the message cannot be read: {error}"),
        "send a JSON object with type, userId or anonymousId, and event",
    )
}

impl Kind {
    /// The kind of a `type` field or of the last part of a path, in any case.
    pub fn named(name: &str) -> Option<Kind> {
        const NAMES: [(&str, Kind); 8] = [
            ("track", Kind::Track),
            ("identify", Kind::Identify),
            ("page", Kind::Page),
            ("screen", Kind::Screen),
            ("group", Kind::Group),
            ("alias", Kind::Alias),
            ("batch", Kind::Batch),
            ("import", Kind::Import),
        ];
        NAMES.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, kind)| kind)
    }
}

/// The outside of a request: messages are cut out, not read.
struct Envelope<'a> {
    batch: Batch<'a>,
    write_key: Option<&'a RawValue>,
    sent_at: Option<&'a RawValue>,
    typed: bool,
}

enum Batch<'a> {
    Absent,
    Wrong,
    TooLong,
    Messages(Vec<&'a RawValue>),
}

impl Envelope<'_> {
    fn write_key(&self) -> Option<String> {
        self.write_key.and_then(|raw| serde_json::from_str(raw.get()).ok())
    }
}

impl<'de> serde::Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a batch of messages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope =
            Envelope { batch: Batch::Absent, write_key: None, sent_at: None, typed: false };
        while let Some(key) = map.next_key::<message::Field>()? {
            match key {
                message::Field::Batch => envelope.batch = map.next_value()?,
                message::Field::WriteKey => envelope.write_key = Some(map.next_value()?),
                message::Field::SentAt => envelope.sent_at = Some(map.next_value()?),
                message::Field::Type => {
                    map.next_value::<IgnoredAny>()?;
                    envelope.typed = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Envelope<'de>, A::Error> {
        let batch = BatchVisitor.visit_seq(seq)?;
        Ok(Envelope { batch, write_key: None, sent_at: None, typed: false })
    }
}

impl<'de> serde::Deserialize<'de> for Batch<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BatchVisitor)
    }
}

struct BatchVisitor;

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = Batch<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Batch<'de>, A::Error> {
        let mut messages: Vec<&RawValue> = Vec::new();
        while let Some(raw) = seq.next_element()? {
            if messages.len() == BATCH_RECORDS_MAX {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(Batch::TooLong);
            }
            messages.push(raw);
        }
        Ok(Batch::Messages(messages))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Batch<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Batch::Wrong)
    }

    fn visit_unit<E>(self) -> Result<Batch<'de>, E> {
        Ok(Batch::Wrong)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Batch<'de>, E> {
        Ok(Batch::Wrong)
    }

    fn visit_str<E>(self, _: &str) -> Result<Batch<'de>, E> {
        Ok(Batch::Wrong)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Batch<'de>, E> {
        Ok(Batch::Wrong)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Batch<'de>, E> {
        Ok(Batch::Wrong)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Batch<'de>, E> {
        Ok(Batch::Wrong)
    }
}

/// The time in a JSON text, if it is one.
fn written_time(json: &str) -> Option<Timestamp> {
    match serde_json::from_str(json).ok()? {
        Scalar::Text(text) => validate::parse_time(&text, &Zone::utc()).ok(),
        Scalar::Number(number) => number.as_f64().and_then(validate::epoch_time),
        _ => None,
    }
}

fn not_json(error: &serde_json::Error) -> Refusal {
    let message = format!("the body is not JSON: {error}");
    Refusal::bad("request.not_json", message, "send one JSON object; NaN and Infinity are not JSON")
}

fn no_batch() -> Refusal {
    let message = "the body has no list \"batch\"".to_owned();
    Refusal::bad("request.no_batch", message, "send {\"batch\":[…]} with one message per element")
}

fn too_many() -> Refusal {
    let message = format!("the batch has more than {BATCH_RECORDS_MAX} messages");
    let hint = "send several smaller batches";
    Refusal { status: 413, code: "request.too_many_records", message, hint }
}
