//! `POST /1/upload`: records of a customer's own servers.
//!
//! Id: `Charged ID` of a purchase; the hash of the record where it says its time, because a second
//! delivery says the same; where it does not, every delivery is another event.

use model::{EventId, Text, Timestamp};
use serde_json::json;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use super::message::{Arrival, Kind, Message};
use crate::cut::{self, Cut, List};
use crate::fields::Fields;
use crate::json::{Broken, Reader};
use crate::order::Orders;
use crate::scalar::{Scalar, instant};
use crate::{Decoded, Problem, Refusal, body, fields, json, validate};

/// Records of one call.
const RECORDS_MAX: usize = 1_000;

/// What a call said.
#[derive(Debug, Default)]
pub struct Upload {
    /// What is accepted, and what is not.
    pub decoded: Decoded,
    /// The records that are not, as they were sent, in the order of [`Decoded::rejected`].
    refused: Vec<String>,
}

#[derive(Default)]
struct Envelope<'a> {
    records: Option<List<'a, Message>>,
}

impl<'a> Fields<'a> for Envelope<'a> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "d" => self.records = Some(cut::list(reader, RECORDS_MAX, fields::object)?),
            _ => reader.skip()?,
        }
        Ok(())
    }
}

/// Reads the body of a call.
pub fn decode(bytes: &[u8], received_at: Timestamp) -> Result<Upload, Refusal> {
    let text = body::text(bytes, None)?;
    let hint = "send {\"d\":[…]} with one record per element";
    let mut envelope = Envelope::default();
    let read = json::whole(&text, |reader| fields::object(reader, &mut envelope));
    let list =
        read.and_then(|()| envelope.records.ok_or_else(|| "it has no list \"d\"".to_owned()));
    let list = list.map_err(|words| {
        Refusal::bad("request.not_json", format!("the body is no upload: {words}"), hint)
    })?;
    if list.too_long {
        let message = format!("the upload has more than {RECORDS_MAX} records");
        return Err(Refusal::bad("request.too_many_records", message, "send several uploads"));
    }
    let (mut upload, mut orders) = (Upload::default(), Orders::default());
    upload.decoded.records.reserve(list.messages.len());
    for (index, cut) in list.messages.into_iter().enumerate() {
        let raw = cut.written;
        let record = record(cut, (index, received_at), &mut orders);
        if record.is_err() {
            upload.refused.push(raw.to_owned());
        }
        upload.decoded.add((index, raw), record);
    }
    Ok(upload)
}

fn record(
    cut: Cut<'_, Message>,
    (index, received_at): (usize, Timestamp),
    orders: &mut Orders,
) -> Result<Option<model::Record>, Problem> {
    let Cut { written: raw, message, fault } = cut;
    if let Some(fault) = fault {
        let message = format!("the record cannot be read: {}", fault.words(raw));
        let hint = "send a JSON object with type and identity";
        return Err(Problem::new("event.malformed", message, hint));
    }
    let kind = message.kind();
    let time = instant(&message.time)?;
    let id = match (kind, message.charged_id(), time) {
        (Kind::Event, Some(id), _) => EventId(xxh3_128(format!("charged\0{id}").as_bytes())),
        (_, _, Some(_)) => EventId(xxh3_128(raw.as_bytes())),
        (_, _, None) => {
            let seed = received_at.0.cast_unsigned() ^ (index as u64) << 48;
            EventId(xxh3_128_with_seed(raw.as_bytes(), seed))
        }
    };
    let time = validate::time(time.unwrap_or(received_at), received_at)?;
    if kind == Kind::Unknown || kind == Kind::Ping || kind == Kind::Page {
        let hint = "use event or profile";
        return Err(Problem::new("event.unknown_type", "the type is not known", hint));
    }
    if kind == Kind::Event && message.event == Scalar::Absent {
        validate::event_name("")?;
    }
    let anonymous_id: Option<Text> = None;
    let arrival = Arrival { kind, anonymous_id, time, id, received_at, strict: true };
    message.into_record(arrival, orders)
}

impl Upload {
    /// The answer: what was processed, and each record that was not with a number that says why.
    pub fn answer(&self) -> String {
        let Upload { decoded, refused } = self;
        let unprocessed: Vec<String> = decoded
            .rejected
            .iter()
            .zip(refused)
            .map(|(rejection, record)| {
                let error = json!(format!("{}; {}", rejection.message, rejection.hint));
                let code = number(rejection.code);
                format!(r#"{{"status":"fail","code":{code},"error":{error},"record":{record}}}"#)
            })
            .collect();
        let processed = decoded.records.len() + decoded.n_ignored;
        let status = match (processed, unprocessed.len()) {
            (_, 0) => "success",
            (0, _) => "fail",
            _ => "partial",
        };
        let unprocessed = unprocessed.join(",");
        format!(r#"{{"status":"{status}","processed":{processed},"unprocessed":[{unprocessed}]}}"#)
    }
}

/// The number that stands for a code in the vendor's own table.
fn number(code: &str) -> u16 {
    match code {
        "event.no_name" => 509,
        "event.name_too_long" => 512,
        "event.property_name_empty" | "event.property_name_too_long" => 513,
        "profile.gender_invalid" => 514,
        "profile.email_invalid" => 515,
        "profile.phone_invalid" => 516,
        "profile.no_number" | "profile.unknown_command" => 517,
        "event.no_user" | "event.identity_empty" => 523,
        "event.unknown_type" | "event.malformed" => 524,
        "event.time_invalid" | "event.time_in_future" | "event.time_too_old" => 525,
        "event.id_invalid" | "event.id_too_long" => 526,
        _ => 528,
    }
}
