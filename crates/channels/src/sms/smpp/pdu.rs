//! The units of SMPP 3.4: what we write and what we read, as bytes.
//!
//! Reading never fails loudly: a unit that is cut short gives `None`, and fields that are not needed
//! are skipped.

/// Largest unit in bytes: a text of 64 KiB and its fields.
pub(super) const BYTES_MAX: usize = 70_000;
/// Bytes before the body: length, command, status, sequence.
pub(super) const HEADER_BYTES: usize = 16;
/// Longest text in the plain field; more goes into an option. 254 are possible, but what has more
/// than 140 is more than one part.
const SHORT_BYTES_MAX: usize = 140;

/// Commands; an answer has the highest bit set.
pub(super) mod command {
    pub(in super::super) const GENERIC_NACK: u32 = 0x8000_0000;
    pub(in super::super) const BIND_RECEIVER: u32 = 0x01;
    pub(in super::super) const BIND_TRANSMITTER: u32 = 0x02;
    pub(in super::super) const BIND_TRANSCEIVER: u32 = 0x09;
    pub(in super::super) const SUBMIT: u32 = 0x04;
    pub(in super::super) const DELIVER: u32 = 0x05;
    pub(in super::super) const UNBIND: u32 = 0x06;
    pub(in super::super) const ENQUIRE_LINK: u32 = 0x15;
    pub(in super::super) const ANSWER: u32 = 0x8000_0000;
}

/// Statuses (SMPP 3.4, 5.1.3).
pub(super) mod status {
    pub(in super::super) const OK: u32 = 0;
    pub(in super::super) const MESSAGE_LENGTH: u32 = 0x01;
    pub(in super::super) const COMMAND: u32 = 0x03;
    pub(in super::super) const NOT_BOUND: u32 = 0x04;
    pub(in super::super) const SYSTEM_ERROR: u32 = 0x08;
    pub(in super::super) const SOURCE: u32 = 0x0a;
    pub(in super::super) const DESTINATION: u32 = 0x0b;
    pub(in super::super) const QUEUE_FULL: u32 = 0x14;
    pub(in super::super) const SOURCE_TON: u32 = 0x48;
    pub(in super::super) const SOURCE_NPI: u32 = 0x49;
    pub(in super::super) const DESTINATION_TON: u32 = 0x50;
    pub(in super::super) const DESTINATION_NPI: u32 = 0x51;
    pub(in super::super) const THROTTLED: u32 = 0x58;
    /// A passing fault of the receiver.
    pub(in super::super) const LATER: u32 = 0x64;
    pub(in super::super) const OPTION_FIRST: u32 = 0xc0;
    pub(in super::super) const OPTION_LAST: u32 = 0xc4;
}

/// Options.
mod option {
    pub(super) const RECEIPTED_ID: u16 = 0x001e;
    pub(super) const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub(super) const MESSAGE_STATE: u16 = 0x0427;
    pub(super) const ENTITY_ID: u16 = 0x1400;
    pub(super) const TEMPLATE_ID: u16 = 0x1401;
}

/// A unit as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) command: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
    pub(super) body: Vec<u8>,
}

impl Unit {
    /// Length of the whole and the unit without its body; `None` if the length makes no sense.
    pub(super) fn header(bytes: &[u8; HEADER_BYTES]) -> Option<(usize, Unit)> {
        let (words, _) = bytes.as_chunks::<4>();
        let [length, command, status, sequence] = words else { return None };
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let unit = Unit {
            command: u32::from_be_bytes(*command),
            status: u32::from_be_bytes(*status),
            sequence: u32::from_be_bytes(*sequence),
            body: Vec::new(),
        };
        (HEADER_BYTES..=BYTES_MAX).contains(&length).then_some((length, unit))
    }
}

/// The bytes of a unit.
pub(super) fn unit(command: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    for word in [length, command, status, sequence] {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    bytes.extend_from_slice(body);
    bytes
}

/// The body of a login.
pub(super) fn bind(system_id: &str, password: &str, system_type: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for text in [system_id, password, system_type] {
        put_text(&mut body, text);
    }
    // Version 3.4; addresses of any kind, all of them.
    body.extend_from_slice(&[0x34, 0, 0, 0]);
    body
}

/// A message that goes out.
pub(super) struct Submit<'a> {
    pub(super) from: &'a str,
    pub(super) source_kind: Option<(u8, u8)>,
    pub(super) destination_kind: (u8, u8),
    pub(super) to: &'a str,
    pub(super) coding: u8,
    pub(super) text: &'a [u8],
    pub(super) entity_id: Option<&'a str>,
    pub(super) template_id: Option<&'a str>,
}

impl Submit<'_> {
    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.text.len() + 100);
        put_text(&mut body, "");
        let (ton, npi) = self.source_kind.unwrap_or_else(|| source_kind(self.from));
        body.extend_from_slice(&[ton, npi]);
        put_text(&mut body, self.from.trim_start_matches('+'));
        let (ton, npi) = self.destination_kind;
        body.extend_from_slice(&[ton, npi]);
        put_text(&mut body, self.to);
        // Class, protocol, priority; no times; a receipt whatever happens; nothing is replaced.
        body.extend_from_slice(&[0, 0, 0, 0, 0, 1, 0, self.coding, 0]);
        let short = u8::try_from(self.text.len()).ok();
        match short.filter(|length| usize::from(*length) <= SHORT_BYTES_MAX) {
            Some(length) => {
                body.push(length);
                body.extend_from_slice(self.text);
            }
            None => {
                body.push(0);
                put_option(&mut body, option::MESSAGE_PAYLOAD, self.text);
            }
        }
        for (tag, text) in
            [(option::ENTITY_ID, self.entity_id), (option::TEMPLATE_ID, self.template_id)]
        {
            if let Some(text) = text {
                put_option(&mut body, tag, &[text.as_bytes(), &[0]].concat());
            }
        }
        body
    }
}

/// What kind of address a sender is: an international number, a short code, or a name.
fn source_kind(from: &str) -> (u8, u8) {
    let digits = from.trim_start_matches('+');
    let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match number {
        true if from.starts_with('+') || digits.len() > 8 => (1, 1),
        true => (3, 0),
        false => (5, 0),
    }
}

fn put_text(body: &mut Vec<u8>, text: &str) {
    body.extend(text.bytes().filter(|byte| *byte != 0));
    body.push(0);
}

fn put_option(body: &mut Vec<u8>, tag: u16, value: &[u8]) {
    // Nothing that is written here is longer than a text of 64 KiB.
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    body.extend_from_slice(&tag.to_be_bytes());
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(value.get(..usize::from(length)).unwrap_or_default());
}

/// A message that comes in: a receipt or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) receipt: bool,
    pub(super) coding: u8,
    pub(super) text: Vec<u8>,
    pub(super) receipted_id: Option<String>,
    pub(super) state: Option<u8>,
}

impl Delivery {
    pub(super) fn read(body: &[u8]) -> Option<Delivery> {
        let mut rest = body;
        take_text(&mut rest)?;
        take::<2>(&mut rest)?;
        let from = take_text(&mut rest)?;
        take::<2>(&mut rest)?;
        let to = take_text(&mut rest)?;
        let [class, _, _] = take::<3>(&mut rest)?;
        take_text(&mut rest)?;
        take_text(&mut rest)?;
        let [_, _, coding, _, length] = take::<5>(&mut rest)?;
        let (text, after) = rest.split_at_checked(usize::from(length))?;
        let mut text = text.to_vec();
        rest = after;
        let (mut receipted_id, mut state) = (None, None);
        while let Some([t1, t2, l1, l2]) = take::<4>(&mut rest) {
            let length = usize::from(u16::from_be_bytes([l1, l2]));
            let Some((value, after)) = rest.split_at_checked(length) else { break };
            rest = after;
            match u16::from_be_bytes([t1, t2]) {
                option::MESSAGE_PAYLOAD => text = value.to_vec(),
                option::RECEIPTED_ID => receipted_id = take_text(&mut &[value, &[0]].concat()[..]),
                option::MESSAGE_STATE => state = value.first().copied(),
                _ => {}
            }
        }
        // Parts of a longer text begin with a header that says so.
        if class & 0x40 != 0 {
            let skip = usize::from(text.first().copied().unwrap_or(0)) + 1;
            text = text.get(skip..).unwrap_or_default().to_vec();
        }
        let receipt = class & 0x3c == 0x04;
        Some(Delivery { from, to, receipt, coding, text, receipted_id, state })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

/// Text up to a zero byte.
pub(super) fn take_text(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let text = String::from_utf8_lossy(rest.get(..end)?).into_owned();
    *rest = rest.get(end + 1..)?;
    Some(text)
}

/// The name of a message's state as receipts write it (SMPP 3.4, 5.2.28).
pub(super) fn state_name(state: u8) -> &'static str {
    match state {
        1 => "ENROUTE",
        2 => "DELIVRD",
        3 => "EXPIRED",
        4 => "DELETED",
        5 => "UNDELIV",
        6 => "ACCEPTD",
        8 => "REJECTD",
        _ => "UNKNOWN",
    }
}

/// A field of a receipt's text: `id:1 sub:001 … stat:DELIVRD err:000 text:…`.
pub(super) fn receipt_field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    // What follows `text:` is the message's own.
    let fields = text.split("text:").next().unwrap_or(text);
    let mut words = fields.split_ascii_whitespace();
    words.find_map(|word| word.strip_prefix(name)?.strip_prefix(':'))
}
