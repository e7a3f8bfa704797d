//! One event, as it is written: fields picked out, nothing decided.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Change, DIALECT, Flat, GROUPS, Scalar};
use crate::change::Operators;
use crate::cut::{List, Name};
use crate::fields::Fields;
use crate::flatten::{Named, Root};

/// The fields of an event that mean something.
#[derive(Default)]
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

impl<'de> Fields<'de> for Message {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let scalar = match name {
            "event_type" => &mut self.event_type,
            "user_id" => &mut self.user_id,
            "device_id" => &mut self.device_id,
            "time" => &mut self.time,
            "insert_id" => &mut self.insert_id,
            "event_properties" => {
                return map.next_value_seed(Root { flat: &mut self.properties, prefix: "" });
            }
            "groups" => {
                return map.next_value_seed(Root { flat: &mut self.groups, prefix: GROUPS });
            }
            "user_properties" => {
                let change = &mut self.user_properties;
                return map.next_value_seed(Operators { change, dialect: &DIALECT });
            }
            "group_properties" => {
                let change = &mut self.group_properties;
                return map.next_value_seed(Operators { change, dialect: &DIALECT });
            }
            "event_id" | "session_id" | "price" | "quantity" | "revenue" | "productId"
            | "revenueType" => {
                let flat = &mut self.properties;
                return map.next_value_seed(Named { flat, prefix: "", name });
            }
            name => {
                let flat = &mut self.properties;
                return map.next_value_seed(Named { flat, prefix: "context.", name });
            }
        };
        *scalar = map.next_value()?;
        Ok(())
    }
}

/// The outside of a request: events are cut out, not read.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub api_key: Scalar,
    pub events: Option<List<'a>>,
    pub client_upload_time: Scalar,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Envelope<'a>, D::Error> {
        struct EnvelopeVisitor;
        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = Envelope<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with events")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut envelope = Envelope::default();
                while let Some(Name(name)) = map.next_key()? {
                    match &*name {
                        "api_key" => envelope.api_key = map.next_value()?,
                        "events" => envelope.events = Some(map.next_value()?),
                        "client_upload_time" => envelope.client_upload_time = map.next_value()?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(envelope)
            }
        }
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}
