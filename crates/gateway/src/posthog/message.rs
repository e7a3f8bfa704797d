//! One event, as it is written: fields picked out, nothing decided.

use std::fmt;

use model::{Text, Value};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Change, DIALECT, Flat, Scalar};
use crate::change::Verb;
use crate::cut::{List, Name};
use crate::fields::{Fields, Object};
use crate::flatten::Named;

/// The fields of an event that mean something, wherever they stand.
#[derive(Default)]
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

impl<'de> Fields<'de> for Message {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let scalar = match name {
            "event" => &mut self.event,
            "uuid" => &mut self.uuid,
            "timestamp" => &mut self.timestamp,
            "offset" => &mut self.offset,
            "distinct_id" | "$distinct_id" => &mut self.distinct_id,
            "token" | "api_key" => &mut self.token,
            "properties" => return map.next_value_seed(Object(&mut Properties(self))),
            "options" => return map.next_value_seed(Object(&mut Options(self))),
            name => {
                return match (DIALECT.verb)(name) {
                    Some(verb) => self.change.operand(verb, map),
                    None => map.next_value::<IgnoredAny>().map(|_| ()),
                };
            }
        };
        let written: Scalar = map.next_value()?;
        // Inside of the properties it may stand too, where the one at the top level is null.
        if written != Scalar::Absent {
            *scalar = written;
        }
        Ok(())
    }
}

/// Reads the options of an event of the newer form, which are properties of the classic one.
struct Options<'a>(&'a mut Message);

impl<'de> Fields<'de> for Options<'_> {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "process_person_profile" => map.next_value().map(|flag| self.0.profiled = flag),
            "disable_skew_correction" => map.next_value().map(|flag| self.0.clock_is_right = flag),
            _ => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

/// Reads the properties of an event.
struct Properties<'a>(&'a mut Message);

impl<'de> Fields<'de> for Properties<'_> {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let message = &mut *self.0;
        let (scalar, outer_wins) = match name {
            "token" | "api_key" => (&mut message.token, true),
            "distinct_id" => (&mut message.distinct_id, true),
            "$insert_id" => (&mut message.insert_id, false),
            "$anon_distinct_id" => (&mut message.anon_distinct_id, false),
            "alias" => (&mut message.alias, false),
            "$group_type" => (&mut message.group_type, false),
            "$group_key" => (&mut message.group_key, false),
            "$group_set" => return message.group_set.operand(Verb::Set, map),
            "$process_person_profile" => {
                return map.next_value().map(|flag| message.profiled = flag);
            }
            "$ignore_sent_at" => {
                return map.next_value().map(|flag| message.clock_is_right = flag);
            }
            "$is_identified" => return map.next_value().map(|flag| message.identified = flag),
            "$device_id" => {
                let device = map.next_value()?;
                if let Scalar::Text(id) = &device {
                    let property = (Text::const_new("$device_id"), Value::Text(id.clone()));
                    message.properties.found.push(property);
                }
                message.device_id = device;
                return Ok(());
            }
            name => {
                if let Some(verb) = (DIALECT.verb)(name) {
                    return message.change.operand(verb, map);
                }
                let flat = &mut message.properties;
                return map.next_value_seed(Named { flat, prefix: "", name });
            }
        };
        let written: Scalar = map.next_value()?;
        if !outer_wins || *scalar == Scalar::Absent {
            *scalar = written;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Flag, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        Ok(Flag(serde_json::from_str(raw.get()).ok()))
    }
}

/// The id of an event and nothing else of it.
#[derive(Default)]
pub(super) struct Uuid(pub Scalar);

impl<'de> Fields<'de> for Uuid {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "uuid" => map.next_value().map(|uuid| self.0 = uuid),
            _ => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

/// The outside of a request: events are cut out, not read.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub key: Scalar,
    pub batch: Option<List<'a>>,
    pub sent_at: Scalar,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Envelope<'a>, D::Error> {
        struct EnvelopeVisitor;
        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = Envelope<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event or a batch of events")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut envelope = Envelope::default();
                while let Some(Name(name)) = map.next_key()? {
                    match &*name {
                        "api_key" | "token" => envelope.key = map.next_value()?,
                        "batch" => envelope.batch = Some(map.next_value()?),
                        "sent_at" => envelope.sent_at = map.next_value()?,
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
