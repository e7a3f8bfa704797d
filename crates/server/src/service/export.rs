//! Everything that is in a workspace, row by row, for other tools.
//!
//! What it is: one pass over an immutable view, in text forms or as records, in memory bounded by
//! one user. What it is not: it writes no Parquet, which needs types that only records carry; the
//! command line makes it from them.

use std::io::{self, Read, Write};
use std::sync::Arc;

use history::{QueryError, Snapshot};
use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, Value, What, Who};
use segment::evaluate::{attribute_at, exists};
use serde_json::{Value as Json, json};
use wire::record::{decode_batch, encode_batch};

use super::sight::Sight;
use super::{Service, instant, values};
use crate::failure::Failure;

/// Records of one frame of the record form.
const FRAME_RECORDS: usize = 1_000;

/// Bytes of one frame at most: what a reader accepts before it calls it damaged.
const FRAME_BYTES_MAX: u32 = 1 << 30;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// One row per event.
    Events,
    /// One row per user, with attributes.
    Profiles,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Ndjson,
    /// With a header line.
    Csv,
    /// Frames of records in the log's own form: a length in four bytes, the least significant
    /// first, and a batch. Nothing is lost of the types of values.
    Records,
}

/// One row: whose, the event with its arrival, and what is named.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The user's public id.
    pub user: Text,
    /// The event, in an export of events.
    pub event: Option<(Event, Timestamp)>,
    /// Properties of the event, or attributes of the user; sorted by name.
    pub values: Vec<(Text, Value)>,
}

/// A view that is exported, as of one instant.
pub struct Export {
    snapshot: Arc<Snapshot>,
    what: Exported,
    at: Timestamp,
    derived: bool,
    sight: Sight,
}

impl Service {
    /// The view that an export reads; without instants, everything. Derived events are left out
    /// unless they are asked for: read in again, they would be events that somebody sent.
    pub fn export(
        &self,
        what: Exported,
        as_of: Option<&str>,
        known_at: Option<&str>,
        derived: bool,
    ) -> Result<Export, Failure> {
        let until = as_of.map(|text| instant("as_of", text)).transpose()?;
        let (snapshot, sight) = (self.snapshot(known_at, until)?, self.sight());
        let at = until.unwrap_or(Timestamp::MAX);
        Ok(Export { snapshot, what, at, derived, sight })
    }
}

impl Export {
    /// What is exported.
    pub fn what(&self) -> Exported {
        self.what
    }

    /// All rows, user by user in order of first sight.
    pub fn each<E: From<QueryError>>(
        &self,
        mut row: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        for user in self.snapshot.users(self.at).iter() {
            let id = Text::from(self.sight.id(self.snapshot.public_id(user)));
            if self.what == Exported::Profiles {
                let history = self.snapshot.history_of(user)?;
                if !exists(&history, self.at) {
                    continue;
                }
                let values = history.attributes.keys().filter_map(|name| {
                    let value = attribute_at(&history, name, self.at)?.clone();
                    Some((name.clone(), self.sight.value(name, value)))
                });
                row(Row { user: id, event: None, values: values.collect() })?;
                continue;
            }
            let events = match self.derived {
                true => self.snapshot.events_with_derived(user)?,
                false => self.snapshot.events_of(user)?,
            };
            for stored in events {
                let event = stored.event;
                if event.time > self.at {
                    continue;
                }
                let seen = |(name, value): (Text, Value)| {
                    let value = self.sight.value(&name, value);
                    (name, value)
                };
                let event = Event {
                    name: event.name,
                    time: event.time,
                    id: event.id,
                    properties: event.properties.into_iter().map(seen).collect(),
                };
                let values = event.properties.clone();
                row(Row { user: id.clone(), event: Some((event, stored.received_at)), values })?;
            }
        }
        Ok(())
    }

    /// Writes all rows.
    pub fn write(&self, form: Form, out: &mut impl Write) -> io::Result<()> {
        match form {
            Form::Ndjson => self.each(|row| writeln!(out, "{}", json_of(&row))),
            Form::Csv => self.csv(out),
            Form::Records => self.records(out),
        }
    }

    /// Two passes: the first finds the columns.
    fn csv(&self, out: &mut impl Write) -> io::Result<()> {
        let mut names: Vec<Text> = Vec::new();
        self.each(|row| {
            for (name, _) in row.values {
                if let Err(place) = names.binary_search(&name) {
                    names.insert(place, name);
                }
            }
            io::Result::Ok(())
        })?;
        let fixed: &[&str] = match self.what {
            Exported::Events => &["user_id", "event", "time", "received_at", "event_id"],
            Exported::Profiles => &["user_id"],
        };
        let named = names.iter().map(|name| format!("properties.{name}"));
        let header = fixed.iter().map(|name| (*name).to_owned()).chain(named);
        writeln!(out, "{}", line(header))?;
        self.each(|row| {
            let mut cells = vec![row.user.to_string()];
            if let Some((event, received_at)) = &row.event {
                let (time, received) = (event.time.to_string(), received_at.to_string());
                cells.extend([event.name.to_string(), time, received, event.id.to_string()]);
            }
            let value = |name| row.values.iter().find(|(own, _)| own == name);
            let cell = |name| value(name).map_or_else(String::new, |(_, value)| cell_of(value));
            writeln!(out, "{}", line(cells.into_iter().chain(names.iter().map(cell))))
        })
    }

    fn records(&self, out: &mut impl Write) -> io::Result<()> {
        let mut batch = Vec::with_capacity(FRAME_RECORDS);
        self.each(|row| {
            batch.push(row.record());
            if batch.len() < FRAME_RECORDS { Ok(()) } else { frame(&mut batch, out) }
        })?;
        frame(&mut batch, out)
    }
}

impl Row {
    fn record(self) -> Record {
        let who = Who::of(Some(self.user), None);
        match self.event {
            Some((event, received_at)) => Record { received_at, who, what: What::Event(event) },
            None => {
                let (time, id) = (Timestamp(0), EventId(0));
                let change = AttributeChange::set(time, id, self.values);
                Record { received_at: time, who, what: What::Identify(change) }
            }
        }
    }

    fn of(record: Record) -> Option<Row> {
        let user = record.who.user_id?;
        match record.what {
            What::Event(event) => {
                let values = event.properties.clone();
                Some(Row { user, event: Some((event, record.received_at)), values })
            }
            What::Identify(change) => Some(Row { user, event: None, values: change.attributes }),
            What::Alias { .. } | What::Separate { .. } | What::Facts(_) => None,
        }
    }
}

/// Reads what [`Form::Records`] wrote, one frame at a time.
pub fn read<E: From<io::Error>>(
    input: &mut impl Read,
    mut row: impl FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    let broken = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
    let mut bytes = Vec::new();
    loop {
        let mut length = Vec::new();
        input.by_ref().take(4).read_to_end(&mut length)?;
        if length.is_empty() {
            return Ok(());
        }
        let length = <[u8; 4]>::try_from(length.as_slice()).map(u32::from_le_bytes);
        let length = length.ok().filter(|length| *length <= FRAME_BYTES_MAX);
        let length = length.ok_or_else(|| broken("the export is damaged".into()))?;
        bytes.clear();
        input.by_ref().take(u64::from(length)).read_to_end(&mut bytes)?;
        let records =
            decode_batch(&bytes).map_err(|error| broken(format!("the export breaks: {error}")))?;
        records.into_iter().filter_map(Row::of).try_for_each(&mut row)?;
    }
}

fn frame(batch: &mut Vec<Record>, out: &mut impl Write) -> io::Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let bytes = encode_batch(batch);
    batch.clear();
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&bytes)
}

fn json_of(row: &Row) -> Json {
    let named = Json::from(values::object(row.values.iter().map(|(name, value)| (name, value))));
    let user = row.user.as_str();
    match &row.event {
        None => json!({"user_id": user, "attributes": named}),
        Some((event, received_at)) => json!({
            "user_id": user, "event": event.name.as_str(), "time": event.time.to_string(),
            "received_at": received_at.to_string(), "event_id": event.id.to_string(),
            "properties": named,
        }),
    }
}

fn cell_of(value: &Value) -> String {
    match values::json(value) {
        Json::String(text) => text,
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|cell| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    });
    quoted.collect::<Vec<_>>().join(",")
}
