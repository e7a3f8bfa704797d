//! Objects read field by field, each field into its place while the text is read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::Problem;
use crate::cut::Name;

/// What takes the fields of an object.
pub(crate) trait Fields<'de> {
    /// Reads the value of the field of this name.
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an object into `0`; null counts as an empty one.
pub(crate) struct Object<'a, T>(pub &'a mut T);

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Object<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for Object<'_, T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            self.0.field(&name, &mut map)?;
        }
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads the JSON text of one message.
pub(crate) fn read<T>(json: &str, message: &mut T) -> Result<(), Problem>
where
    T: for<'de> Fields<'de>,
{
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = Object(message).deserialize(&mut deserializer);
    read.and_then(|()| deserializer.end()).map_err(|error| {
        Problem::new(
            "event.malformed",
            format!("the message cannot be read: {error}"),
            "send a JSON object in the form that the client library documents",
        )
    })
}
