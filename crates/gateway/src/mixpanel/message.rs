//! Messages as they are written: fields picked out, nothing decided.

use serde::de::{IgnoredAny, MapAccess};

use super::{Change, DIALECT, Scalar};
use crate::change::Names;
use crate::fields::{Fields, Object};
use crate::flatten::{Flat, Named};

/// A message of `/track` or `/import`.
#[derive(Default)]
pub(super) struct EventMessage {
    pub event: Scalar,
    pub token: Scalar,
    pub distinct_id: Scalar,
    pub device_id: Scalar,
    pub user_id: Scalar,
    pub anon_distinct_id: Scalar,
    pub identified_id: Scalar,
    pub alias: Scalar,
    pub distinct_ids: Flat,
    pub insert_id: Scalar,
    pub time: Scalar,
    /// The other properties.
    pub properties: Flat,
}

impl<'de> Fields<'de> for EventMessage {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "event" => self.event = map.next_value()?,
            "properties" => map.next_value_seed(Object(&mut Properties(self)))?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Reads the properties of a message.
struct Properties<'a>(&'a mut EventMessage);

impl<'de> Fields<'de> for Properties<'_> {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let message = &mut *self.0;
        let scalar = match name {
            "token" => &mut message.token,
            "distinct_id" => &mut message.distinct_id,
            "time" => &mut message.time,
            "alias" => &mut message.alias,
            "$insert_id" => &mut message.insert_id,
            "$device_id" => &mut message.device_id,
            "$user_id" => &mut message.user_id,
            "$anon_distinct_id" | "$anon_id" => &mut message.anon_distinct_id,
            "$identified_id" => &mut message.identified_id,
            "$distinct_ids" => return map.next_value_seed(Names(&mut message.distinct_ids)),
            name => {
                let flat = &mut message.properties;
                return map.next_value_seed(Named { flat, prefix: "", name });
            }
        };
        *scalar = map.next_value()?;
        Ok(())
    }
}

/// A message of `/engage` or `/groups`.
#[derive(Default)]
pub(super) struct ProfileMessage {
    pub token: Scalar,
    pub distinct_id: Scalar,
    pub device_id: Scalar,
    pub user_id: Scalar,
    pub group_key: Scalar,
    pub group_id: Scalar,
    pub time: Scalar,
    pub change: Change,
}

impl<'de> Fields<'de> for ProfileMessage {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let scalar = match name {
            "$token" => &mut self.token,
            "$distinct_id" => &mut self.distinct_id,
            "$device_id" => &mut self.device_id,
            "$user_id" => &mut self.user_id,
            "$group_key" => &mut self.group_key,
            "$group_id" => &mut self.group_id,
            "$time" => &mut self.time,
            name => {
                return match (DIALECT.verb)(name) {
                    Some(verb) => self.change.operand(verb, map),
                    None => map.next_value::<IgnoredAny>().map(|_| ()),
                };
            }
        };
        *scalar = map.next_value()?;
        Ok(())
    }
}
