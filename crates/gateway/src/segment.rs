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

use model::bounds::BATCH_RECORDS_MAX;
use model::{Record, Text, Timestamp, Value};

use crate::body::{self, Refusal};
use crate::cut::{self, Cut};
use crate::flatten::Flat;
use crate::scalar::{Scalar, instant};
use crate::{Decoded, Problem, fields, json, validate};

mod message;
mod record;
mod settings;

pub use settings::settings;

#[cfg(test)]
mod tests;

use message::{Batch, Envelope, Message};
use record::{Arrival, Beside};

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
    let cut = json::whole(text, |reader| match reader.peek()? {
        b'{' | b'[' => cut::one(reader, |reader, envelope| Envelope::read(envelope, reader)),
        _ => reader.amiss("a message or a batch of messages").map(|()| Cut::default()),
    });
    let Cut { written, message: envelope, fault } = cut.map_err(|words| not_json(&words))?;
    let Envelope { batch, write_key, typed, message } = envelope;
    let write_key = match write_key {
        Scalar::Text(key) => Some(key.into_string()),
        _ => None,
    };
    let mut decoded = Decoded { write_key, ..Decoded::default() };
    let mut messages = match batch {
        Batch::Absent if matches!(path_kind, Kind::Batch | Kind::Import) && !typed => {
            return Err(no_batch());
        }
        Batch::Wrong => return Err(no_batch()),
        Batch::Messages(list) if list.too_long => return Err(too_many()),
        Batch::Absent => {
            let arrival = Arrival { kind: path_kind, sent_at: None, received_at, row: None };
            let mut cut = Cut { written, message, fault };
            let mut beside = Beside::default();
            decoded.read((0, text), |records| record_of(&mut cut, arrival, &mut beside, records));
            return Ok(decoded);
        }
        Batch::Messages(list) => list.messages,
    };
    let sent_at = instant(&message.sent_at).ok().flatten();
    let arrival = Arrival { kind: Kind::Batch, sent_at, received_at, row: None };
    let mut beside = Beside::default();
    decoded.records.reserve(messages.len());
    for (index, cut) in messages.iter_mut().enumerate() {
        let place = (index, cut.written);
        decoded.read(place, |records| record_of(cut, arrival, &mut beside, records));
    }
    Ok(decoded)
}

/// Adds what one message says: its record, and of an identify call also what it tells of its device.
fn record_of(
    cut: &mut Cut<'_, Message>,
    arrival: Arrival,
    beside: &mut Beside,
    records: &mut Vec<Record>,
) -> Result<(), Problem> {
    let Cut { written, message, fault } = cut;
    if let Some(fault) = *fault {
        return Err(malformed(&fault.words(written)));
    }
    beside.told = None;
    records.extend(message.record(written, arrival, beside)?);
    records.extend(beside.told.take());
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
    let arrival = Arrival { kind, sent_at, received_at, row: None };
    read_message(json)?.record(json, arrival, &mut Beside::default())
}

/// Reads a message that stands in a row of a file. Its time is taken as written (the clock of a
/// sender of long ago says nothing about now), and without a `messageId` the row's number is part of
/// its identity. Without a `type` it is a track call.
pub(crate) fn message_of_row(
    json: &str,
    row: u64,
    received_at: Timestamp,
) -> Result<Option<Record>, Problem> {
    let arrival = Arrival { kind: Kind::Import, sent_at: None, received_at, row: Some(row) };
    read_message(json)?.record(json, arrival, &mut Beside::default())
}

/// The fields of a JSON object under dotted names, sorted.
pub(crate) fn flat_object(json: &str) -> Result<Vec<(Text, Value)>, Problem> {
    let mut flat = Flat::default();
    json::whole(json, |reader| flat.read("", reader)).map_err(|words| malformed(&words))?;
    validate::properties(flat.into_found()?)
}

fn read_message(json: &str) -> Result<Message, Problem> {
    let mut message = Message::default();
    let read = json::whole(json, |reader| fields::object(reader, &mut message));
    read.map(|()| message).map_err(|words| malformed(&words))
}

fn malformed(words: &str) -> Problem {
    Problem::new(
        "event.malformed",
        format!("the message cannot be read: {words}"),
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

fn not_json(words: &str) -> Refusal {
    let message = format!("the body is not JSON: {words}");
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
