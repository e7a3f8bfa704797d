//! One event, as it is written: fields picked out, nothing decided.

use model::bounds::BATCH_RECORDS_MAX;
use model::{Text, Value};

use super::{Change, DIALECT, Flat, Scalar};
use crate::change::Verb;
use crate::cut::{self, List};
use crate::fields::{self, Fields, object_or_null};
use crate::json::{Broken, Reader};

/// The fields of an event that mean something, wherever they stand.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub event: Scalar,
    pub token: Scalar,
    pub uuid: Scalar,
    pub insert_id: Scalar,
    pub timestamp: Scalar,
    pub offset: Scalar,
    pub distinct_id: Scalar,
    pub device_id: Scalar,
    pub anon_distinct_id: Scalar,
    pub alias: Scalar,
    pub group_type: Scalar,
    pub group_key: Scalar,
    pub group_set: Change,
    pub change: Change,
    pub profiled: Flag,
    pub identified: Flag,
    pub clock_is_right: Flag,
    /// The other properties.
    pub properties: Flat,
}

/// A truth value; anything else counts as not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flag(pub Option<bool>);

impl Message {
    /// Whether the library says that nobody is known.
    pub fn anonymous(&self) -> bool {
        let of_device = self.device_id != Scalar::Absent && self.device_id == self.distinct_id;
        self.profiled.0 == Some(false) || self.identified.0 == Some(false) || of_device
    }
}

impl<'a> Fields<'a> for Message {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let scalar = match name {
            "event" => &mut self.event,
            "uuid" => &mut self.uuid,
            "timestamp" => &mut self.timestamp,
            "offset" => &mut self.offset,
            "distinct_id" | "$distinct_id" => &mut self.distinct_id,
            "token" | "api_key" => &mut self.token,
            "properties" => return object_or_null(reader, &mut Properties(self)),
            "options" => return object_or_null(reader, &mut Options(self)),
            name => {
                return match (DIALECT.verb)(name) {
                    Some(verb) => self.change.operand(verb, reader),
                    None => reader.skip(),
                };
            }
        };
        let written = Scalar::read(reader)?;
        // Inside of the properties it may stand too, where the one at the top level is null.
        if written != Scalar::Absent {
            *scalar = written;
        }
        Ok(())
    }
}

/// Reads the options of an event of the newer form, which are properties of the classic one.
struct Options<'a>(&'a mut Message);

impl<'a> Fields<'a> for Options<'_> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "process_person_profile" => Flag::read(reader).map(|flag| self.0.profiled = flag),
            "disable_skew_correction" => {
                Flag::read(reader).map(|flag| self.0.clock_is_right = flag)
            }
            _ => reader.skip(),
        }
    }
}

/// Reads the properties of an event.
struct Properties<'a>(&'a mut Message);

impl<'a> Fields<'a> for Properties<'_> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let message = &mut *self.0;
        let (scalar, outer_wins) = match name {
            "token" | "api_key" => (&mut message.token, true),
            "distinct_id" => (&mut message.distinct_id, true),
            "$insert_id" => (&mut message.insert_id, false),
            "$anon_distinct_id" => (&mut message.anon_distinct_id, false),
            "alias" => (&mut message.alias, false),
            "$group_type" => (&mut message.group_type, false),
            "$group_key" => (&mut message.group_key, false),
            "$group_set" => return message.group_set.operand(Verb::Set, reader),
            "$process_person_profile" => {
                return Flag::read(reader).map(|flag| message.profiled = flag);
            }
            "$ignore_sent_at" => {
                return Flag::read(reader).map(|flag| message.clock_is_right = flag);
            }
            "$is_identified" => return Flag::read(reader).map(|flag| message.identified = flag),
            "$device_id" => {
                let device = Scalar::read(reader)?;
                if let Scalar::Text(id) = &device {
                    let property = (Text::const_new("$device_id"), Value::Text(id.clone()));
                    message.properties.found.push(property);
                }
                message.device_id = device;
                return Ok(());
            }
            name => {
                if let Some(verb) = (DIALECT.verb)(name) {
                    return message.change.operand(verb, reader);
                }
                return message.properties.named("", name, reader);
            }
        };
        let written = Scalar::read(reader)?;
        if !outer_wins || *scalar == Scalar::Absent {
            *scalar = written;
        }
        Ok(())
    }
}

impl Flag {
    fn read(reader: &mut Reader<'_>) -> Result<Flag, Broken> {
        Ok(Flag(match reader.raw()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }))
    }
}

/// The id of an event and nothing else of it.
#[derive(Debug, Default)]
pub(super) struct Uuid(pub Scalar);

impl<'a> Fields<'a> for Uuid {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "uuid" => Scalar::read(reader).map(|uuid| self.0 = uuid),
            _ => reader.skip(),
        }
    }
}

/// The outside of a request.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a, T> {
    pub key: Scalar,
    pub batch: Option<List<'a, T>>,
    pub sent_at: Scalar,
}

impl<'a, T: Default + Fields<'a>> Fields<'a> for Envelope<'a, T> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "api_key" | "token" => self.key = Scalar::read(reader)?,
            "batch" => {
                let batch = cut::list(reader, BATCH_RECORDS_MAX, fields::object_or_null)?;
                self.batch = Some(batch);
            }
            "sent_at" => self.sent_at = Scalar::read(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }
}
