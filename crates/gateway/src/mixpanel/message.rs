//! Messages as they are written: fields picked out, nothing decided.

use super::{Change, DIALECT, Scalar};
use crate::change::names;
use crate::fields::{Fields, object_or_null};
use crate::flatten::Flat;
use crate::json::{Broken, Reader};

/// A message of `/track` or `/import`.
#[derive(Debug, Default)]
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

impl<'a> Fields<'a> for EventMessage {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "event" => self.event = Scalar::read(reader)?,
            "properties" => object_or_null(reader, &mut Properties(self))?,
            _ => reader.skip()?,
        }
        Ok(())
    }
}

/// Reads the properties of a message.
struct Properties<'a>(&'a mut EventMessage);

impl<'a> Fields<'a> for Properties<'_> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
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
            "$distinct_ids" => return names(&mut message.distinct_ids, reader),
            name => {
                return message.properties.named("", name, reader);
            }
        };
        *scalar = Scalar::read(reader)?;
        Ok(())
    }
}

/// A message of `/engage` or `/groups`.
#[derive(Debug, Default)]
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

impl<'a> Fields<'a> for ProfileMessage {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
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
                    Some(verb) => self.change.operand(verb, reader),
                    None => reader.skip(),
                };
            }
        };
        *scalar = Scalar::read(reader)?;
        Ok(())
    }
}
