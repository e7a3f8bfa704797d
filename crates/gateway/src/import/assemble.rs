//! The last step of every row: from its parts to a record.

use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, Value, What, Zone};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::mapping::{DateOrder, Mapping, Source};
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
    dates: Option<DateOrder>,
    version: u64,
}

impl Assembly {
    pub fn new(mapping: &Mapping, received_at: Timestamp) -> Assembly {
        let Mapping { zone, profiles, dates, version, .. } = mapping;
        let (profiles, dates, version) = (*profiles, *dates, *version);
        Assembly { received_at, zone: zone.clone(), profiles, dates, version }
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
            None if self.profiles && parts.time.is_empty() && self.version != 0 => {
                content_id(&parts, mix(parts.seed, self.version))
            }
            None => content_id(&parts, parts.seed),
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
        let ordered = self.dates.and_then(|order| year_first(written, order));
        let written = ordered.as_deref().unwrap_or(written);
        validate::time(validate::parse_time(written, &self.zone)?, self.received_at)
    }
}

/// `31/12/2026 9:30` as `2026-12-31 09:30`; nothing: it is not written like that.
fn year_first(written: &str, order: DateOrder) -> Option<String> {
    let written = written.trim();
    let (date, clock) = written.split_once([' ', 'T']).unwrap_or((written, ""));
    let parts: Vec<&str> = date.split(['/', '.', '-']).collect();
    let [first, second, year] = parts[..] else { return None };
    let (day, month) = match order {
        DateOrder::DayFirst => (first, second),
        DateOrder::MonthFirst => (second, first),
    };
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok());
    let (day, month) = (number(day).flatten()?, number(month).flatten()?);
    let year = number(year).flatten().filter(|_| year.len() == 4)?;
    let clock = clock.trim();
    let pad = if clock.find(':') == Some(1) { "0" } else { "" };
    let mark = if clock.is_empty() { "" } else { " " };
    Some(format!("{year:04}-{month:02}-{day:02}{mark}{pad}{clock}"))
}

/// The hash of a row and its number: equal rows of a file differ, a file imported again does not.
/// User and event are part of it, because one row can tell of two things under two mappings.
fn content_id(parts: &Parts<'_>, seed: u64) -> EventId {
    let told = [parts.user, parts.anonymous, parts.event];
    let seed = told.iter().fold(seed, |seed, text| mix(seed, xxh3_64(text.as_bytes())));
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
