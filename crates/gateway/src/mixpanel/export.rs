//! Mixpanel's exports: events (`/api/2.0/export`) and profiles (`/api/query/engage`).
//!
//! The times of a project that is older than 2023 are what a clock in the project's time zone showed,
//! written as if it had been UTC: the zone of the settings undoes that. An event whose person became
//! known later has the person's id and, in `$distinct_id_before_identity`, the one it was sent with:
//! both are linked, and the latter is what the live library's delivery id is made of.

use model::{EventId, Record, Text, Timestamp, What};

use super::message::EventMessage;
use super::{Change, DIALECT, Request, ids, unset_transactions};
use crate::arrival::{Arrival, pair_id};
use crate::fields::{self, Fields};
use crate::import::{ExportSettings, Seen};
use crate::json::{Broken, Reader};
use crate::order::Orders;
use crate::scalar::{self, Scalar, id};
use crate::{Problem, validate};

/// The id with which an event was sent, where that is not whose it is now.
const BEFORE: &str = "$distinct_id_before_identity";
/// Properties that the pipeline writes and no library sends.
const OF_PIPELINE: [&str; 5] =
    [BEFORE, "$mp_api_endpoint", "$mp_api_timestamp_ms", "mp_processing_time_ms", "$import"];

/// The records of one exported event or profile.
pub(crate) fn records(
    json: &str,
    received_at: Timestamp,
    settings: &ExportSettings,
    seen: &mut Seen,
) -> Result<Vec<Record>, Problem> {
    let mut profile = ExportedProfile::default();
    fields::read(json, &mut profile)?;
    if profile.is_profile {
        let id = profile_id(json, settings, seen);
        return profile.record(received_at, id).map(|record| record.into_iter().collect());
    }
    let mut message = EventMessage::default();
    fields::read(json, &mut message)?;
    let before = before_identity(&mut message);
    let who = ids(&message.distinct_id, &message.device_id, &message.user_id)?;
    let sent_as = match &before {
        // Whoever was known when it was sent is known by that id still.
        Some(before) => ids(&Scalar::Text(before.clone()), &message.device_id, &Scalar::Absent)?,
        None => who.clone(),
    };
    let time = time(&message.time, settings, received_at)?;
    let of = sent_as.user_id.as_ref().or(sent_as.anonymous_id.as_ref());
    let id = match (id("$insert_id", &message.insert_id)?, of) {
        (Some(insert_id), Some(of)) => pair_id(&insert_id, of),
        (Some(insert_id), None) => EventId::of(&insert_id),
        (None, _) => seen.id(json),
    };
    let arrival = Arrival { received_at, seed: 0 };
    let mut request = Request { arrival, attempt: None, n_messages: 1, orders: Orders::default() };
    let mut records = Vec::new();
    request.told(message, who, (time, id), &mut records)?;
    Ok(records)
}

/// The id with which an event was sent; it and what only the pipeline writes leave the properties.
fn before_identity(message: &mut EventMessage) -> Option<Text> {
    let found = &mut message.properties.found;
    let before = found.iter().find_map(|(name, value)| match value {
        model::Value::Text(text) if name == BEFORE => Some(text.clone()),
        _ => None,
    });
    found.retain(|(name, _)| !OF_PIPELINE.contains(&name.as_str()));
    before
}

fn time(
    written: &Scalar,
    settings: &ExportSettings,
    received_at: Timestamp,
) -> Result<Timestamp, Problem> {
    let wall = scalar::instant(written)?.ok_or_else(|| validate::invalid_time(""))?;
    validate::time(validate::local_time(wall, &settings.zone), received_at)
}

/// A profile says how things are now, so that another version of the export is another statement.
fn profile_id(json: &str, settings: &ExportSettings, seen: &mut Seen) -> EventId {
    match settings.version {
        0 => seen.id(json),
        version => seen.id(&format!("{version}\0{json}")),
    }
}

#[derive(Default)]
struct ExportedProfile {
    is_profile: bool,
    distinct_id: Scalar,
    change: Change,
}

impl<'a> Fields<'a> for ExportedProfile {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "$distinct_id" => self.distinct_id = Scalar::read(reader)?,
            "$properties" => {
                self.is_profile = true;
                self.change.read(&DIALECT, reader)?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    }
}

impl ExportedProfile {
    fn record(self, received_at: Timestamp, id: EventId) -> Result<Option<Record>, Problem> {
        let who = ids(&self.distinct_id, &Scalar::Absent, &Scalar::Absent)?;
        let who = validate::somebody(who)?;
        let Some(mut change) = self.change.finish(received_at, id, &DIALECT)? else {
            return Ok(None);
        };
        unset_transactions(&mut change.attributes);
        change.attributes = validate::properties(change.attributes)?;
        Ok(Some(Record { received_at, who, what: What::Identify(change) }))
    }
}
