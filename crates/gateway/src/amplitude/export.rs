//! Amplitude's export: one event a line, in UTC, with everything that its pipeline knows beside it.
//!
//! `user_properties` of an exported event are all that were known of the user then: they become a
//! change of attributes where they are otherwise than at the user's event before. Who is who: as with
//! the live library, `device_id` and `user_id` of one event belong together; `amplitude_id` stays a
//! property. Id: `$insert_id` with the device's (else the user's) id, else `uuid`.

use model::{EventId, Record, Timestamp, Value, Who};

use super::message::Message;
use super::{Change, DIALECT, Request};
use crate::arrival::{Arrival, pair_id};
use crate::fields::{self, Fields};
use crate::import::Seen;
use crate::json::{self, Broken, Reader};
use crate::order::Orders;
use crate::scalar::{self, Scalar, id};
use crate::{Problem, nobody, validate};

/// The records of one exported event.
pub(crate) fn records(
    json: &str,
    received_at: Timestamp,
    seen: &mut Seen,
) -> Result<Vec<Record>, Problem> {
    let mut exported = Exported::default();
    fields::read(json, &mut exported)?;
    let Exported { mut message, uuid, attributes } = exported;
    let user_id = id("user_id", &message.user_id)?;
    let device_id = id("device_id", &message.device_id)?;
    nobody::refuse("user_id", user_id.as_deref())?;
    nobody::refuse("device_id", device_id.as_deref())?;
    let time = scalar::instant(&message.time)?.ok_or_else(|| validate::invalid_time(""))?;
    let time = validate::time(time, received_at)?;
    let of = device_id.as_deref().or(user_id.as_deref()).unwrap_or_default();
    let id = match (id("$insert_id", &message.insert_id)?, id("uuid", &uuid)?) {
        (Some(insert_id), _) => pair_id(&insert_id, of),
        (None, Some(uuid)) => EventId::of(&uuid),
        (None, None) => seen.id(json),
    };
    let whose = user_id.as_deref().unwrap_or(of);
    if let Some(attributes) = attributes
        && seen.changed(whose, &attributes, time)
    {
        message.user_properties = change(&attributes)?;
    }
    message.properties.found.retain(|(_, value)| *value != Value::Null);
    let arrival = Arrival { received_at, seed: 0 };
    let mut request = Request { arrival, uploaded_at: None, peer: None, orders: Orders::default() };
    let mut records = Vec::new();
    request.told(message, Who::of(user_id, device_id), (time, id), &mut records)?;
    Ok(records)
}

fn change(json: &str) -> Result<Change, Problem> {
    let mut change = Change::default();
    json::whole(json, |reader| change.read(&DIALECT, reader)).map_err(|words| {
        let message = format!("user_properties cannot be read: {words}");
        Problem::new("event.malformed", message, "export the event again")
    })?;
    Ok(change)
}

#[derive(Default)]
struct Exported {
    message: Message,
    uuid: Scalar,
    attributes: Option<String>,
}

impl<'a> Fields<'a> for Exported {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let scalar = match name {
            "$insert_id" => &mut self.message.insert_id,
            "event_time" => &mut self.message.time,
            "uuid" => &mut self.uuid,
            "user_properties" => {
                self.attributes = Some(reader.raw()?.to_owned());
                return Ok(());
            }
            "ip_address" => {
                return self.message.properties.named("context.", "ip", reader);
            }
            // What the pipeline writes for itself, and other clocks than the event's.
            "$schema"
            | "$insert_key"
            | "_"
            | "data"
            | "data_type"
            | "app"
            | "amplitude_attribution_ids"
            | "amplitude_event_type"
            | "client_event_time"
            | "client_upload_time"
            | "event_time_ms"
            | "first_event"
            | "global_user_properties"
            | "is_attribution_event"
            | "partner_id"
            | "processed_time"
            | "sample_rate"
            | "server_received_time"
            | "server_upload_time"
            | "source_id"
            | "time" => {
                return reader.skip();
            }
            name => return self.message.field(name, reader),
        };
        *scalar = Scalar::read(reader)?;
        Ok(())
    }
}
