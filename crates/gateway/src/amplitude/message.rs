//! One event, as it is written: fields picked out, nothing decided.

use model::bounds::BATCH_RECORDS_MAX;

use super::{Change, DIALECT, Flat, GROUPS, Scalar};
use crate::cut::{self, List};
use crate::fields::{self, Fields};
use crate::json::{Broken, Reader};

/// The fields of an event that mean something.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub event_type: Scalar,
    pub user_id: Scalar,
    pub device_id: Scalar,
    pub time: Scalar,
    pub insert_id: Scalar,
    /// `event_properties`, and what else is said under `context.`.
    pub properties: Flat,
    /// Under `groups.`.
    pub groups: Flat,
    pub user_properties: Change,
    pub group_properties: Change,
}

impl<'a> Fields<'a> for Message {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let scalar = match name {
            "event_type" => &mut self.event_type,
            "user_id" => &mut self.user_id,
            "device_id" => &mut self.device_id,
            "time" => &mut self.time,
            "insert_id" => &mut self.insert_id,
            "event_properties" => {
                return self.properties.read("", reader);
            }
            "groups" => {
                return self.groups.read(GROUPS, reader);
            }
            "user_properties" => {
                return self.user_properties.read(&DIALECT, reader);
            }
            "group_properties" => {
                return self.group_properties.read(&DIALECT, reader);
            }
            "event_id" | "session_id" | "price" | "quantity" | "revenue" | "productId"
            | "revenueType" => {
                return self.properties.named("", name, reader);
            }
            name => {
                return self.properties.named("context.", name, reader);
            }
        };
        *scalar = Scalar::read(reader)?;
        Ok(())
    }
}

/// The outside of a request.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub api_key: Scalar,
    pub events: Option<List<'a, Message>>,
    pub client_upload_time: Scalar,
}

impl<'a> Fields<'a> for Envelope<'a> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "api_key" => self.api_key = Scalar::read(reader)?,
            "events" => {
                let events = cut::list(reader, BATCH_RECORDS_MAX, fields::object_or_null)?;
                self.events = Some(events);
            }
            "client_upload_time" => self.client_upload_time = Scalar::read(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }
}
