//! Requests of the web client: `GET /a?type=…&d=…`, and `GET /e?sub=…&e=…` of pages about e-mails.
//!
//! One request is one message. `d` is JSON, packed with `lz-string`; with encryption in transit there is
//! a second layer of it inside. Reading never fails, because the answer must not: a first answer that
//! is no answer silences a browser for good. What cannot be read is a problem of the message, and goes
//! into the error stream.
//!
//! Time: `i` (epoch seconds when it was queued) and `sn` (a counter inside that second) as
//! milliseconds, so that commands of one second keep their order; what lies in the future or before
//! 1980 is a wrong clock, and the time of arrival counts. Id: the hash of guid, `rn`, `i`, `sn` and `d`,
//! which a repetition has in common with the first.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::bounds::TIME_MIN;
use model::{EventId, Text, Timestamp};
use xxhash_rust::xxh3::xxh3_128;

use super::message::{Arrival, Kind, Message};
use super::query::pairs;
use super::transit::Transit;
use crate::order::Orders;
use crate::scalar::Scalar;
use crate::{Decoded, Problem, fields, json, lz_string, validate};

/// UTF-16 units of a payload: several times what the client's own limits let through.
const PAYLOAD_UNITS_MAX: usize = 1 << 20;

/// What a guid ends with as long as its browser is opted out.
const OPTED_OUT: &str = ":OO";

/// Bytes of a guid that is answered as it came.
const GUID_BYTES_MAX: usize = 100;

/// The highest `sn` that is taken for milliseconds.
const COUNTER_MAX: i64 = 999;

/// One request.
pub struct Call {
    kind: Kind,
    message: Result<Message, Problem>,
    /// The payload, readable as far as it could be unpacked, for the error stream.
    written: String,
    /// The guid that the browser has, without the mark of an opt-out.
    guid: Option<Text>,
    /// The number of the request, which its answer echoes.
    pub rn: u64,
    queued: (Option<i64>, i64),
    session: Option<u64>,
    /// Whether the visitor opts out or in with this request.
    pub opt_out: Option<bool>,
    /// The payload was encrypted, and under which key.
    pub(super) transit: Option<Transit>,
    raw: String,
}

/// Reads the query of a request.
pub fn read(query: &str) -> Call {
    let mut call = Call {
        kind: Kind::Unknown,
        message: Ok(Message::default()),
        written: String::new(),
        guid: None,
        rn: 0,
        queued: (None, 0),
        session: None,
        opt_out: None,
        transit: None,
        raw: String::new(),
    };
    let (mut kind, mut choice, mut address) = (String::new(), None, None);
    for (name, value) in pairs(query) {
        match name.as_ref() {
            "type" => kind = value.into_owned(),
            "d" => call.raw = value.into_owned(),
            "gc" => call.guid = guid(&value),
            "rn" => call.rn = value.parse().unwrap_or(0),
            "i" => call.queued.0 = value.parse().ok(),
            "sn" => call.queued.1 = value.parse().unwrap_or(0),
            "s" => call.session = value.parse().ok(),
            "sub" => choice = Some(value.into_owned()),
            "e" => address = address_of(&value),
            "optOut" => call.opt_out = value.parse().ok(),
            _ => {}
        }
    }
    call.unpack();
    if let (Some(choice), Ok(message)) = (choice, &mut call.message) {
        message.choose(&choice, address.as_deref());
        kind = "choice".into();
    }
    if let Ok(message) = &call.message {
        call.kind = match kind.as_str() {
            "page" => Kind::Page,
            "ping" => Kind::Ping,
            "data" => Kind::Token,
            "choice" => Kind::Profile,
            // A page about e-mails that only asks.
            "" if message.kind() == Kind::Unknown => Kind::Ping,
            _ => message.kind(),
        };
        if let (None, Scalar::Text(written)) = (&call.guid, &message.guid) {
            call.guid = guid(written);
        }
        call.session = call.session.or(match &message.session {
            Scalar::Number(number) => number.as_u64(),
            _ => None,
        });
    }
    call
}

/// A guid that can be put into a script as it is.
fn guid(written: &str) -> Option<Text> {
    let plain = written.strip_suffix(OPTED_OUT).unwrap_or(written);
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'@');
    let whole = (1..=GUID_BYTES_MAX).contains(&plain.len()) && plain.bytes().all(safe);
    (whole && !matches!(plain, "null" | "undefined")).then(|| Text::new(plain))
}

/// An e-mail address, as it is or in base64.
fn address_of(written: &str) -> Option<String> {
    let plain = validate::email(written).is_some().then(|| written.to_owned());
    plain.or_else(|| {
        let text = String::from_utf8(STANDARD.decode(written.replace(' ', "+")).ok()?).ok()?;
        validate::email(&text).map(|identity| identity.value.to_string())
    })
}

impl Call {
    fn unpack(&mut self) {
        let raw = std::mem::take(&mut self.raw);
        let read = self.message_of(&raw);
        self.raw = raw;
        if self.written.is_empty() {
            self.written.clone_from(&self.raw);
        }
        self.message = read;
    }

    fn message_of(&mut self, raw: &str) -> Result<Message, Problem> {
        self.written = unpacked(raw)?;
        let outer: Message = parsed(&self.written)?;
        let [Scalar::Text(payload), Scalar::Text(key), Scalar::Text(nonce)] = &outer.sealed else {
            return Ok(outer);
        };
        let (plain, transit) = Transit::open(payload, key, nonce).ok_or_else(|| {
            let hint = "send itp, itk and itv in base64: AES-256-GCM with a tag of 128 bits";
            Problem::new("event.not_decrypted", "the payload cannot be decrypted", hint)
        })?;
        self.transit = Some(transit);
        // What the client encrypts is packed already.
        self.written = if plain.starts_with('{') { plain } else { unpacked(&plain)? };
        let mut inner: Message = parsed(&self.written)?;
        if inner.account == Scalar::Absent {
            inner.account = outer.account;
        }
        Ok(inner)
    }

    /// The account that it is for: the key that it was set up with.
    pub fn account(&self) -> Option<&str> {
        match self.message.as_ref().ok().map(|message| &message.account) {
            Some(Scalar::Text(account)) => Some(account),
            _ => None,
        }
    }

    /// The payload, readable as far as it could be unpacked.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The guid that the browser has already.
    pub fn guid(&self) -> Option<&str> {
        self.guid.as_deref()
    }

    /// Whether another person logs in than the one who was logged in before.
    pub fn switches(&self) -> bool {
        self.message.as_ref().is_ok_and(|message| message.login)
    }

    /// The identities that a login or a profile names, the strongest first: kind and value.
    pub fn identities(&self) -> Vec<(&'static str, String)> {
        self.message.as_ref().map(Message::identities).unwrap_or_default()
    }

    /// The session that the browser is in, as far as it says.
    pub fn session(&self) -> Option<u64> {
        self.session
    }

    /// What it tells of a message of ours: whether it was used, not only shown; which; the button.
    pub fn receipt(&self) -> Option<(bool, EventId, String)> {
        self.message.as_ref().ok()?.receipt()
    }

    /// The page that the browser is on, as a number: the same for all requests of one page.
    pub fn page(&self, guid: &str) -> u64 {
        let pages = match self.message.as_ref().map(|message| &message.pages) {
            Ok(Scalar::Number(number)) => number.as_u64().unwrap_or(0),
            _ => 0,
        };
        let session = self.session.unwrap_or(0);
        xxhash_rust::xxh3::xxh3_64(format!("{guid}\0{session}\0{pages}").as_bytes())
    }

    /// Whether a page has just been opened.
    pub fn opens_page(&self) -> bool {
        self.kind == Kind::Page
    }

    /// What it says of the browser with this guid, which is its own or the one that it is given.
    pub fn into_decoded(mut self, guid: &str, received_at: Timestamp) -> Decoded {
        self.take_decoded(guid, received_at)
    }

    /// The same, for a call that is still to be answered: who logs in, and what it tells of messages, has been
    /// asked for before.
    pub fn take_decoded(&mut self, guid: &str, received_at: Timestamp) -> Decoded {
        let (time, id) = (self.time(received_at), self.id(guid));
        let anonymous_id = Some(Text::new(guid));
        let arrival =
            Arrival { kind: self.kind, anonymous_id, time, id, received_at, strict: false };
        let mut decoded = Decoded::default();
        if self.receipt().is_some() {
            return decoded;
        }
        let message = std::mem::replace(&mut self.message, Ok(Message::default()));
        let record =
            message.and_then(|message| message.into_record(arrival, &mut Orders::default()));
        decoded.add((0, &self.written), record);
        decoded
    }

    fn time(&self, received_at: Timestamp) -> Timestamp {
        let (queued, counter) = self.queued;
        let queued = queued.and_then(|seconds| validate::epoch_time(seconds as f64));
        match queued {
            Some(at) if at >= TIME_MIN && at <= received_at + model::bounds::FUTURE_MAX => {
                Timestamp(at.0 + counter.clamp(0, COUNTER_MAX))
            }
            _ => received_at,
        }
    }

    fn id(&self, guid: &str) -> EventId {
        let (queued, counter) = self.queued;
        let (rn, queued) = (self.rn, queued.unwrap_or(0));
        let key = format!("{guid}\0{rn}\0{queued}\0{counter}\0{}", self.raw);
        EventId(xxh3_128(key.as_bytes()))
    }
}

fn unpacked(packed: &str) -> Result<String, Problem> {
    lz_string::from_base64(packed.as_bytes(), PAYLOAD_UNITS_MAX).map_err(|error| {
        let message = format!("d cannot be unpacked: {error}");
        Problem::new("event.not_packed", message, "send JSON as lz-string's compressToBase64")
    })
}

fn parsed(json: &str) -> Result<Message, Problem> {
    let mut message = Message::default();
    let read = json::whole(json, |reader| fields::object(reader, &mut message));
    read.map(|()| message).map_err(|words| {
        let message = format!("the message cannot be read: {words}");
        Problem::new("event.malformed", message, "send a JSON object with type and id")
    })
}
