//! The last step of every row: from its parts to a record.

use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, Value, What, Zone};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::mapping::{Mapping, Source};
use crate::{Problem, validate};

/// The parts of a row; empty ones count as absent.
pub(super) struct Parts<'a> {
    pub user: &'a str,
    pub anonymous: &'a str,
    pub event: &'a str,
    pub time: &'a str,
    pub id: &'a str,
    /// Sorted by name, each once.
    pub properties: Vec<(Text, Value)>,
    /// Everything that the row says, for its hash.
    pub content: &'a [u8],
    /// The row's number, mixed with the places where its fields end.
    pub seed: u64,
}

/// A problem and the key of the mapping that it is about.
pub(super) type At = (&'static str, Problem);

/// What is the same for all rows.
pub(super) struct Assembly {
    pub received_at: Timestamp,
    pub zone: Zone,
    pub profiles: bool,
}

impl Assembly {
    pub fn new(mapping: &Mapping, received_at: Timestamp) -> Assembly {
        Assembly { received_at, zone: mapping.zone.clone(), profiles: mapping.profiles }
    }

    /// The record of a row.
    pub fn record(&self, parts: Parts<'_>) -> Result<Record, At> {
        let user_id = validate::id("user", parts.user).map_err(|p| ("user", p))?;
        let anonymous_id =
            validate::id("anonymous", parts.anonymous).map_err(|p| ("anonymous", p))?;
        let who = validate::who(user_id, anonymous_id).map_err(|p| ("user", p))?;
        let time = self.time(parts.time).map_err(|p| ("time", p))?;
        let id = match validate::id("id", parts.id).map_err(|p| ("id", p))? {
            Some(id) => EventId::of(&id),
            None => content_id(&parts),
        };
        validate::property_count(parts.properties.len()).map_err(|p| ("", p))?;
        let what = if self.profiles {
            What::Identify(AttributeChange::set(time, id, parts.properties))
        } else {
            let name = validate::event_name(parts.event).map_err(|p| ("event", p))?;
            What::Event(Event { name, time, id, properties: parts.properties })
        };
        Ok(Record { received_at: self.received_at, who, what })
    }

    fn time(&self, written: &str) -> Result<Timestamp, Problem> {
        if written.is_empty() && self.profiles {
            return Ok(self.received_at);
        }
        validate::time(validate::parse_time(written, &self.zone)?, self.received_at)
    }
}

/// The hash of a row and its number: equal rows of a file differ, a file imported again does not.
/// User and event are part of it, because one row can tell of two things under two mappings.
fn content_id(parts: &Parts<'_>) -> EventId {
    let told = [parts.user, parts.anonymous, parts.event];
    let seed = told.iter().fold(parts.seed, |seed, text| mix(seed, xxh3_64(text.as_bytes())));
    EventId(xxh3_128_with_seed(parts.content, seed))
}

/// Mixes a number into a seed.
pub(super) fn mix(seed: u64, n: u64) -> u64 {
    (seed.rotate_left(23) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The column that a key of the mapping stands for.
pub(super) fn column_of(mapping: &Mapping, key: &str) -> Option<String> {
    let source = match key {
        "user" => mapping.user.as_ref().or(mapping.anonymous.as_ref()),
        "anonymous" => mapping.anonymous.as_ref(),
        "event" => mapping.event.as_ref(),
        "time" => mapping.time.as_ref(),
        "id" => mapping.id.as_ref(),
        _ => None,
    };
    match source {
        Some(Source::Column(column)) => Some(column.clone()),
        _ => None,
    }
}
