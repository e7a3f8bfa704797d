//! Records: the one vocabulary of everything that happens.

use std::fmt;

use xxhash_rust::xxh3::xxh3_128;

use crate::{About, Facts, Operation, Text, Timestamp, Value};

/// Whom a record is about, as its sender named them. At least one of the three is present, except where
/// a record is about an address ([`Record::concerns_nobody`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Who {
    /// The id that the sender's own system gives a known person.
    pub user_id: Option<Text>,
    /// The id of a device or browser before the person is known.
    pub anonymous_id: Option<Text>,
    /// Other identities that the sender says are this person's.
    pub identities: Vec<Identity>,
}

/// An identity of a person besides the sender's own id: one value belongs to one person at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Which kind, as in [`Identity::EMAIL`] or a name that the sender made up, as in `loyalty_card`.
    pub label: Text,
    /// The identity itself, as in `ada@example.com`.
    pub value: Text,
}

/// The identity of one delivery: equal ids count once, however often and late they arrive.
///
/// It is a number of 128 bits: see [`EventId::of`] for how a written id becomes one. Two different
/// ids that are hashed meet with a probability below 10⁻²² among a hundred million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u128);

/// Hexadecimal digits of an id of 64 bits.
const SHORT_DIGITS: usize = 16;
/// Hexadecimal digits of an id of 128 bits.
const LONG_DIGITS: usize = 32;

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
    /// What is done to the values that the user has at `time`, after `attributes`, in this order.
    pub operations: Vec<(Text, Operation)>,
    /// Whether everything that the user has is unset first.
    pub clear: bool,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Something happened.
    Event(Event),
    /// Attributes changed; with several ids in [`Who`], it also says that they are one person.
    Identify(AttributeChange),
    /// `previous` and the user of this record are one person.
    Alias {
        /// The other id, known or anonymous.
        previous: Text,
    },
    /// `separated`, who turned out to be one with the user of this record, is a person of their own
    /// again, with everything that came under an id of theirs.
    Separate {
        /// An id that the person had before, known or anonymous.
        separated: Text,
    },
    /// Something is known of a device or an address.
    Facts(Facts),
}

impl What {
    /// The instant that it tells of; joining and separating ids has none.
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            What::Event(event) => Some(event.time),
            What::Identify(change) => Some(change.time),
            What::Facts(facts) => Some(facts.time),
            What::Alias { .. } | What::Separate { .. } => None,
        }
    }
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
    /// The identity of the id that a sender wrote. Equal texts give equal identities.
    ///
    /// - Exactly 16 lowercase hexadecimal digits are that 64-bit number itself. Its upper half is
    ///   zero, so that columns need 8 bytes for it and not 16.
    /// - Exactly 32 lowercase hexadecimal digits are that 128-bit number itself. These are the two
    ///   forms that [`EventId`] is printed in, so what an export wrote is the same delivery when it
    ///   is imported again.
    /// - Anything else stands for its 128-bit XXH3 hash.
    ///
    /// ```
    /// use model::EventId;
    /// assert_eq!(EventId::of("00000000000000ff"), EventId::from_bits(255));
    /// let hashed = EventId::of("order 17");
    /// assert_eq!(EventId::of(&hashed.to_string()), hashed);
    /// ```
    pub fn of(written: &str) -> EventId {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let number =
            matches!(written.len(), SHORT_DIGITS | LONG_DIGITS) && written.bytes().all(digit);
        let number = number.then(|| u128::from_str_radix(written, 16).ok()).flatten();
        EventId(number.unwrap_or_else(|| xxh3_128(written.as_bytes())))
    }

    /// The identity of a source whose ids are 64-bit numbers.
    pub fn from_bits(bits: u64) -> EventId {
        EventId(u128::from(bits))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u64::try_from(self.0) {
            Ok(bits) => write!(f, "{bits:0SHORT_DIGITS$x}"),
            Err(_) => write!(f, "{:0LONG_DIGITS$x}", self.0),
        }
    }
}

impl Identity {
    /// The label of e-mail addresses.
    pub const EMAIL: &str = "email";
    /// The label of telephone numbers, written as in `+14155550100`.
    pub const PHONE: &str = "phone";

    /// An identity.
    pub fn new(label: impl Into<Text>, value: impl Into<Text>) -> Identity {
        Identity { label: label.into(), value: value.into() }
    }
}

impl Record {
    /// Whether it is about an address and about nobody: it makes no user and belongs to none.
    pub fn concerns_nobody(&self) -> bool {
        let address = |facts: &Facts| matches!(facts.about, About::Address { .. });
        matches!(&self.what, What::Facts(facts) if address(facts))
    }
}

impl Who {
    /// A known person.
    pub fn user(id: &str) -> Who {
        Who::of(Some(Text::new(id)), None)
    }

    /// A device or browser.
    pub fn anonymous(id: &str) -> Who {
        Who::of(None, Some(Text::new(id)))
    }

    /// Whoever has these two ids, of which at least one is present.
    pub fn of(user_id: Option<Text>, anonymous_id: Option<Text>) -> Who {
        Who { user_id, anonymous_id, identities: Vec::new() }
    }
}

impl Record {
    /// The delivery id by which it counts once; joining two ids is the same however often said.
    pub fn delivery(&self) -> Option<EventId> {
        match &self.what {
            What::Event(event) => Some(event.id),
            What::Identify(change) => Some(change.id),
            // What an address is told again changes nothing, and no row of anybody holds its id.
            What::Facts(facts) => (!self.concerns_nobody()).then_some(facts.id),
            What::Alias { .. } | What::Separate { .. } => None,
        }
    }
}

impl AttributeChange {
    /// New values and nothing else.
    pub fn set(time: Timestamp, id: EventId, attributes: Vec<(Text, Value)>) -> AttributeChange {
        AttributeChange { time, id, attributes, operations: Vec::new(), clear: false }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_numbers_stand_for_themselves_and_the_rest_for_its_hash() {
        assert_eq!(EventId::of("0123456789abcdef"), EventId(0x0123_4567_89ab_cdef));
        assert_eq!(EventId::of("0123456789abcdef"), EventId::from_bits(0x0123_4567_89ab_cdef));
        let long = "f123456789abcdef0123456789abcdef";
        assert_eq!(EventId::of(long), EventId(0xf123_4567_89ab_cdef_0123_4567_89ab_cdef));
        let hashed = [
            "",
            "1",
            "0123456789abcde",
            "0123456789ABCDEF",
            "+123456789abcdef",
            "0123456789abcdeg",
        ];
        for written in hashed {
            assert_eq!(EventId::of(written), EventId(xxh3_128(written.as_bytes())), "{written}");
        }
    }

    #[test]
    fn a_printed_id_reads_back_as_itself() {
        let wide = 1_u128 << 64;
        for id in [0, 1, u128::from(u64::MAX), wide, wide - 1, wide + 1, u128::MAX] {
            let printed = EventId(id).to_string();
            assert_eq!(printed.len(), if id < wide { 16 } else { 32 });
            assert_eq!(EventId::of(&printed), EventId(id));
        }
        for written in ["m-1", "order 17", "0123456789abcdef"] {
            assert_eq!(EventId::of(&EventId::of(written).to_string()), EventId::of(written));
        }
    }
}
