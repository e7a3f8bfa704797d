//! What was read of an export so far, as far as the next record depends on it.
//!
//! Invariants: memory is bounded, whatever is read; a file that is read again from its beginning
//! gives the same answers.

use std::collections::HashMap;

use model::{EventId, Timestamp};
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

/// Entries of each of the two maps: 32 to 48 MB. Beyond them a map begins anew, which costs that two
/// equal facts a million records apart count once, or that attributes are told that did not change.
const ENTRIES_MAX: usize = 1 << 20;

/// What was read so far.
#[derive(Default)]
pub(crate) struct Seen {
    facts: HashMap<u128, u32>,
    attributes: HashMap<u128, (u128, Timestamp)>,
}

impl Seen {
    /// The id of a fact whose sender gave it none: what it says, and how often that was said before.
    /// Unlike the number of a row, it is the same in exports that overlap.
    pub fn id(&mut self, fact: &str) -> EventId {
        let hash = xxh3_128(fact.as_bytes());
        if self.facts.len() >= ENTRIES_MAX && !self.facts.contains_key(&hash) {
            self.facts.clear();
        }
        let n = self.facts.entry(hash).or_default();
        let id = if *n == 0 { hash } else { xxh3_128_with_seed(fact.as_bytes(), u64::from(*n)) };
        *n += 1;
        EventId(id)
    }

    /// Whether somebody's attributes at `time` are otherwise than they were last known. Records of
    /// an earlier time than the last one always count as a change.
    pub fn changed(&mut self, whose: &str, attributes: &str, time: Timestamp) -> bool {
        let (whose, now) = (xxh3_128(whose.as_bytes()), xxh3_128(attributes.as_bytes()));
        if self.attributes.len() >= ENTRIES_MAX && !self.attributes.contains_key(&whose) {
            self.attributes.clear();
        }
        let before = self.attributes.insert(whose, (now, time));
        before.is_none_or(|(known, at)| known != now || time < at)
    }
}
