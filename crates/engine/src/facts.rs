//! What is known of devices and addresses.
//!
//! What it is: of each, and of each name of the closed list in [`model::facts`], the value with the
//! latest time; a hundred to two hundred bytes a device. What it is not: who has a device: devices
//! are found by the anonymous ids of a person, so that merging and separating persons changes nothing
//! here.
//!
//! Invariants: the state is a function of the set of facts that were taken, not of their order; it
//! has at most one value per name.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use model::{About, Facts, Text, Timestamp, Value};

use crate::chunks::Chunks;
use crate::subscription::CHANNELS;

mod packed;

pub(crate) use packed::{Packed, Told};

/// Before the id of a device in its key.
const DEVICE: char = 'd';
/// Before the channel of an address in its key.
const ADDRESS: char = 'a';
/// Between channel and address.
const SEPARATOR: char = '\u{1f}';

/// What is known of one device or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The anonymous id of the device, or the address.
    pub id: Text,
    /// The earliest time of anything that was told of it.
    pub first_at: Timestamp,
    /// The latest.
    pub last_at: Timestamp,
    /// What is known, in the order of [`model::facts::NAMES`]; nothing that was unset.
    pub facts: Vec<Fact>,
}

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which, one of [`model::facts::NAMES`].
    pub name: &'static str,
    /// The value.
    pub value: Value,
    /// Since when, as far as was told.
    pub time: Timestamp,
}

impl Subject {
    /// The value of a name; `None`: not known.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| &fact.value)
    }

    /// Whether a truth value is known, and which.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(Value::Bool(b)) => Some(*b),
            _ => None,
        }
    }
}

/// One entry: its key, and what is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Empty: it was forgotten.
    pub key: Text,
    pub packed: Packed,
}

/// All devices and addresses.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    pub entries: Chunks<Entry>,
    /// Places in `entries`.
    by_key: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Subjects {
    /// What follows from entries; `None` if two have one key.
    pub fn from_entries(entries: Chunks<Entry>) -> Option<Subjects> {
        let mut subjects = Subjects { entries, ..Subjects::default() };
        let Subjects { entries, by_key, hasher } = &mut subjects;
        by_key.reserve(entries.len(), |at| hasher.hash_one(&entries[*at as usize].key));
        for (at, entry) in (0..).zip(entries.iter()).filter(|(_, entry)| !entry.key.is_empty()) {
            let hash = hasher.hash_one(&entry.key);
            if by_key.find(hash, |other| entries[*other as usize].key == entry.key).is_some() {
                return None;
            }
            by_key.insert_unique(hash, at, |at| hasher.hash_one(&entries[*at as usize].key));
        }
        Some(subjects)
    }

    /// Takes what was told of the device with an id, or of an address.
    pub fn take(&mut self, anonymous_id: Option<&Text>, facts: &Facts) {
        let key = match &facts.about {
            About::Device => anonymous_id.map(|id| device(id)),
            About::Address { channel, address } => Some(self::address(channel, address)),
        };
        let Some(key) = key else { return };
        let told = facts.attributes.iter().chain(&facts.facts);
        match self.place(&key) {
            Some(at) => {
                let entry = self.entries.get_mut(at).expect("a place that was set has its entry");
                entry.packed = entry.packed.with(facts.time, told);
            }
            None => {
                let at = u32::try_from(self.entries.len()).expect("devices are counted in 32 bits");
                let packed = Packed::default().with(facts.time, told);
                let Subjects { entries, by_key, hasher } = self;
                let hash = hasher.hash_one(&key);
                entries.push(Entry { key, packed });
                by_key.insert_unique(hash, at, |at| hasher.hash_one(&entries[*at as usize].key));
            }
        }
    }

    /// What is known of the device with an anonymous id.
    pub fn device(&self, anonymous_id: &str) -> Option<Subject> {
        self.subject(&device(anonymous_id), anonymous_id)
    }

    /// What is known of an address.
    pub fn address(&self, channel: &str, address: &str) -> Option<Subject> {
        self.subject(&self::address(channel, address), address)
    }

    /// Forgets a device as if nothing had been told of it.
    pub fn forget_device(&mut self, anonymous_id: &str) {
        self.forget(&device(anonymous_id));
    }

    /// Forgets an address on every channel.
    pub fn forget_address(&mut self, address: &str) {
        for channel in CHANNELS {
            self.forget(&self::address(channel, address));
        }
    }

    fn forget(&mut self, key: &Text) {
        let hash = self.hasher.hash_one(key);
        let entries = &self.entries;
        let Ok(place) = self.by_key.find_entry(hash, |at| entries[*at as usize].key == *key) else {
            return;
        };
        let (at, _) = place.remove();
        self.entries[at as usize] = Entry::default();
    }

    fn subject(&self, key: &Text, id: &str) -> Option<Subject> {
        let Told { first_at, last_at, of } = self.entries[self.place(key)?].packed.told();
        let known = |(number, (time, value))| {
            let name = model::facts::name(number)?;
            let fact = Fact { name, value, time };
            Some(fact).filter(|fact| fact.value != Value::Null)
        };
        let facts = of.into_iter().filter_map(known).collect();
        Some(Subject { id: Text::new(id), first_at, last_at, facts })
    }

    fn place(&self, key: &Text) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        let found = self.by_key.find(hash, |at| self.entries[*at as usize].key == *key);
        found.map(|at| *at as usize)
    }
}

fn device(id: &str) -> Text {
    Text::from(format!("{DEVICE}{id}"))
}

fn address(channel: &str, address: &str) -> Text {
    Text::from(format!("{ADDRESS}{channel}{SEPARATOR}{address}"))
}

#[cfg(test)]
mod tests;
