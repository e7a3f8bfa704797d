//! Writing a batch.

use hashbrown::HashTable;
use model::{
    About, AttributeChange, Event, EventId, Facts, Operation, Record, Text, Timestamp, Value, What,
};
use xxhash_rust::xxh3::xxh3_64;

use super::*;

/// Writes one batch record by record.
pub struct Encoder {
    out: Vec<u8>,
    names: HashTable<KnownName>,
    received_at: i64,
}

/// Where in the batch a name stands and which one it is.
struct KnownName {
    hash: u64,
    start: usize,
    length: usize,
    number: u64,
}

/// The batch of these records.
pub fn encode_batch(records: &[Record]) -> Vec<u8> {
    let mut encoder = Encoder::with_capacity(1 + records.len() * 96);
    records.iter().for_each(|record| encoder.push(record));
    encoder.finish()
}

/// Appends a batch that holds one record.
pub fn encode_into(out: &mut Vec<u8>, record: &Record) {
    let mut encoder = Encoder::with_capacity(128);
    encoder.push(record);
    out.extend_from_slice(&encoder.finish());
}

impl Encoder {
    /// An empty batch.
    pub fn new() -> Encoder {
        Encoder::with_capacity(0)
    }

    fn with_capacity(bytes: usize) -> Encoder {
        let mut out = Vec::with_capacity(bytes.max(1));
        out.push(VERSION);
        Encoder { out, names: HashTable::new(), received_at: 0 }
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> usize {
        self.out.len()
    }

    /// Adds a record.
    pub fn push(&mut self, record: &Record) {
        let Record { received_at, who, what } = record;
        self.signed(received_at.0.wrapping_sub(self.received_at));
        self.received_at = received_at.0;
        let kind = match what {
            What::Event(_) => KIND_EVENT,
            What::Identify(change) if change.operations.is_empty() && !change.clear => {
                KIND_IDENTIFY
            }
            What::Identify(_) => KIND_OPERATE,
            What::Alias { .. } => KIND_ALIAS,
            What::Separate { .. } => KIND_SEPARATE,
            What::Facts(Facts { about: About::Device, .. }) => KIND_DEVICE,
            What::Facts(Facts { about: About::Address { .. }, .. }) => KIND_ADDRESS,
        };
        let ids = u8::from(who.user_id.is_some()) | u8::from(who.anonymous_id.is_some()) << 1;
        let more = if who.identities.is_empty() { 0 } else { MORE_IDENTITIES };
        self.out.push(ids | kind << 2 | more);
        who.user_id.iter().chain(&who.anonymous_id).for_each(|id| self.text(id));
        if more != 0 {
            self.unsigned(who.identities.len() as u64);
            for identity in &who.identities {
                self.name(&identity.label);
                self.text(&identity.value);
            }
        }
        match what {
            What::Event(event) => self.event(event),
            What::Identify(change) => self.identify(change),
            What::Alias { previous } => self.text(previous),
            What::Separate { separated } => self.text(separated),
            What::Facts(facts) => self.facts(facts),
        }
    }

    /// The bytes of the batch.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    fn event(&mut self, event: &Event) {
        let Event { name, time, id, properties } = event;
        self.name(name);
        self.moment(*time, *id);
        self.properties(properties);
    }

    fn identify(&mut self, change: &AttributeChange) {
        let AttributeChange { time, id, attributes, operations, clear } = change;
        self.moment(*time, *id);
        self.properties(attributes);
        if operations.is_empty() && !clear {
            return;
        }
        self.out.push(u8::from(*clear));
        self.unsigned(operations.len() as u64);
        for (name, operation) in operations {
            self.name(name);
            self.operation(operation);
        }
    }

    fn facts(&mut self, facts: &Facts) {
        let Facts { time, id, about, attributes, facts } = facts;
        self.moment(*time, *id);
        if let About::Address { channel, address } = about {
            self.name(channel);
            self.text(address);
        }
        self.properties(attributes);
        self.properties(facts);
    }

    fn operation(&mut self, operation: &Operation) {
        let (tag, values) = match operation {
            Operation::SetOnce(value) => (OPERATION_SET_ONCE, std::slice::from_ref(value)),
            Operation::Add(value) => (OPERATION_ADD, std::slice::from_ref(value)),
            Operation::Append(values) => (OPERATION_APPEND, &values[..]),
            Operation::Prepend(values) => (OPERATION_PREPEND, &values[..]),
            Operation::Union(values) => (OPERATION_UNION, &values[..]),
            Operation::Remove(values) => (OPERATION_REMOVE, &values[..]),
        };
        self.out.push(tag);
        if tag >= OPERATION_APPEND {
            self.unsigned(values.len() as u64);
        }
        values.iter().for_each(|value| self.value(value, 0));
    }

    fn moment(&mut self, time: Timestamp, id: EventId) {
        self.signed(time.0.wrapping_sub(self.received_at));
        self.out.extend_from_slice(&id.0.to_le_bytes());
    }

    fn properties(&mut self, properties: &[(Text, Value)]) {
        self.unsigned(properties.len() as u64);
        for (name, value) in properties {
            self.name(name);
            self.value(value, 0);
        }
    }

    fn name(&mut self, name: &str) {
        let hash = xxh3_64(name.as_bytes());
        let known = self.names.find(hash, |known| {
            known.hash == hash
                && self.out[known.start..known.start + known.length] == *name.as_bytes()
        });
        if let Some(known) = known {
            return self.unsigned(known.number + 1);
        }
        self.out.push(0);
        self.text(name);
        if name.len() <= KNOWN_NAME_BYTES_MAX {
            let (length, number) = (name.len(), self.names.len() as u64);
            let known = KnownName { hash, start: self.out.len() - length, length, number };
            self.names.insert_unique(hash, known, |known| known.hash);
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        debug_assert!(depth <= LIST_DEPTH_MAX, "the model has no lists of lists");
        match value {
            Value::Null => self.out.push(TAG_NULL),
            Value::Bool(b) => self.out.push(if *b { TAG_TRUE } else { TAG_FALSE }),
            Value::Int(n) => {
                self.out.push(TAG_INT);
                self.signed(*n);
            }
            Value::Float(x) => {
                self.out.push(TAG_FLOAT);
                self.out.extend_from_slice(&x.to_bits().to_le_bytes());
            }
            Value::Text(text) if text.len() < SHORT_TEXT_BYTES => {
                self.out.push(TAG_SHORT_TEXT + text.len() as u8);
                self.out.extend_from_slice(text.as_bytes());
            }
            Value::Text(text) => {
                self.out.push(TAG_TEXT);
                self.text(text);
            }
            Value::Time(time) => {
                self.out.push(TAG_TIME);
                self.signed(time.0);
            }
            Value::List(items) => {
                self.out.push(TAG_LIST);
                self.unsigned(items.len() as u64);
                items.iter().for_each(|item| self.value(item, depth + 1));
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn signed(&mut self, n: i64) {
        self.unsigned(((n << 1) ^ (n >> 63)) as u64);
    }

    fn unsigned(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.out.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.out.push(n as u8);
    }
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder::new()
    }
}
