//! Records: the one vocabulary of everything that happens.

use std::fmt;

use xxhash_rust::xxh3::xxh3_128;

use crate::{Text, Timestamp, Value};

/// Whom a record is about, as its sender named them. At least one of the two is present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Who {
    /// The id that the sender's own system gives a known person.
    pub user_id: Option<Text>,
    /// The id of a device or browser before the person is known.
    pub anonymous_id: Option<Text>,
}

/// The identity of one delivery: equal ids count once, however often and late they arrive.
/// It is the 128-bit XXH3 hash of the id that the sender wrote, so that a set of a hundred million
/// stays small; two different ids meet with a probability below 10⁻²².
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u128);

/// Something that a user did, or that happened to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened, as in `Purchase`.
    pub name: Text,
    /// When it happened.
    pub time: Timestamp,
    /// Which delivery this is.
    pub id: EventId,
    /// Properties by dotted name; the sender's context stands under `context.`. Sorted by name,
    /// each name once.
    pub properties: Vec<(Text, Value)>,
}

/// Attributes that a user has from `time` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeChange {
    /// From when on.
    pub time: Timestamp,
    /// Which delivery this is.
    pub id: EventId,
    /// New values by dotted name; [`Value::Null`] unsets.
    pub attributes: Vec<(Text, Value)>,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Something happened.
    Event(Event),
    /// Attributes changed; with both ids of [`Who`] present, it also says that they are one person.
    Identify(AttributeChange),
    /// `previous` and the user of this record are one person.
    Alias {
        /// The other id, known or anonymous.
        previous: Text,
    },
}

/// One fact, as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Whom it is about.
    pub who: Who,
    /// What it says.
    pub what: What,
}

impl EventId {
    /// The identity of the id that a sender wrote.
    pub fn of(written: &str) -> EventId {
        EventId(xxh3_128(written.as_bytes()))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Who {
    /// A known person.
    pub fn user(id: &str) -> Who {
        Who { user_id: Some(Text::new(id)), anonymous_id: None }
    }

    /// A device or browser.
    pub fn anonymous(id: &str) -> Who {
        Who { user_id: None, anonymous_id: Some(Text::new(id)) }
    }
}

/// Puts properties in the order that [`Event::properties`] promises; of equal names the last wins.
pub fn sort_properties(properties: &mut Vec<(Text, Value)>) {
    properties.sort_by(|a, b| a.0.cmp(&b.0));
    properties.dedup_by(|later, earlier| {
        let equal = later.0 == earlier.0;
        if equal {
            std::mem::swap(later, earlier);
        }
        equal
    });
}
