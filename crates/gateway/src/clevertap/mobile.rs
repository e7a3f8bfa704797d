//! The mobile clients: `POST /a1`, a list of a head and up to 50 messages.
//!
//! Id: the hash of the guid and the message, which a repetition has in common with the first: `ep`,
//! `s` and `pg` are part of it.

use model::{EventId, Text, Timestamp};
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::message::{Arrival, Message};
use crate::cut::{self, Cut};
use crate::order::Orders;
use crate::scalar::{Scalar, instant};
use crate::{Decoded, Problem, Refusal, body, fields, json, validate};

/// Messages of one request; the clients send 50.
const MESSAGES_MAX: usize = 1_000;

/// One request.
pub struct Batch {
    /// The account, which is the key.
    pub account: Option<String>,
    /// The guid that the device has.
    pub guid: Option<String>,
    /// As they were sent, and as they were read.
    messages: Vec<(String, Result<Message, Problem>)>,
}

/// Reads the body of a request.
pub fn read(bytes: &[u8]) -> Result<Batch, Refusal> {
    let text = body::text(bytes, None)?;
    let hint = "send a list: a head of the type meta, then messages";
    let list =
        json::whole(&text, |reader| cut::list::<Message>(reader, MESSAGES_MAX, fields::object));
    let list = list.map_err(|words| {
        Refusal::bad("request.not_json", format!("the body is no batch: {words}"), hint)
    })?;
    if list.too_long {
        let message = format!("the batch has more than {MESSAGES_MAX} messages");
        return Err(Refusal::bad("request.too_many_records", message, "send several batches"));
    }
    let mut batch = Batch { account: None, guid: None, messages: Vec::new() };
    for Cut { written, message, fault } in list.messages {
        let message = fault.map_or(Ok(message), |fault| Err(malformed(&fault.words(written))));
        match message {
            Ok(head) if matches!(&head.kind, Scalar::Text(kind) if kind == "meta") => {
                batch.account = text_of(&head.account).or(batch.account);
                batch.guid = text_of(&head.guid).or(batch.guid);
            }
            message => batch.messages.push((written.to_owned(), message)),
        }
    }
    Ok(batch)
}

fn text_of(scalar: &Scalar) -> Option<String> {
    match scalar {
        Scalar::Text(text) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    }
}

impl Batch {
    /// What it says of the device with this guid.
    pub fn into_decoded(self, guid: &str, received_at: Timestamp) -> Decoded {
        let (mut decoded, mut orders) = (Decoded::default(), Orders::default());
        for (index, (raw, message)) in self.messages.into_iter().enumerate() {
            let read = |message| record(message, &raw, (guid, received_at), &mut orders);
            let record = message.and_then(read);
            decoded.add((index, &raw), record);
        }
        decoded
    }
}

fn malformed(words: &str) -> Problem {
    let message = format!("the message cannot be read: {words}");
    Problem::new("event.malformed", message, "send a JSON object with type")
}

fn record(
    message: Message,
    raw: &str,
    (guid, received_at): (&str, Timestamp),
    orders: &mut Orders,
) -> Result<Option<model::Record>, Problem> {
    let time = instant(&message.time)?.unwrap_or(received_at);
    let arrival = Arrival {
        kind: message.kind(),
        anonymous_id: Some(Text::new(guid)),
        time: validate::time(time, received_at)?,
        id: EventId(xxh3_128(format!("{guid}\0{raw}").as_bytes())),
        received_at,
        strict: false,
    };
    message.into_record(arrival, orders)
}

/// What a device is told.
pub fn answer(guid: &str) -> String {
    json!({"g": guid, "arp": {"v": "p1"}}).to_string()
}
