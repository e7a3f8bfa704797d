//! A plain value of a wire form, read whatever it is: what an id, a name or a time is written as.

use std::fmt;

use model::{Text, Timestamp, Zone};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Problem, validate};

/// A plain JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Scalar {
    /// Not there, or null.
    #[default]
    Absent,
    /// A text.
    Text(Text),
    /// A number.
    Number(serde_json::Number),
    /// A truth value, a list or an object.
    Other,
}

/// An id that may be written as a number.
pub(crate) fn id(field: &str, written: &Scalar) -> Result<Option<Text>, Problem> {
    match written {
        Scalar::Absent => Ok(None),
        Scalar::Text(text) => validate::id(field, text),
        Scalar::Number(number) => validate::id(field, &number.to_string()),
        Scalar::Other => Err(Problem::new(
            "event.id_invalid",
            format!("{field} is neither a text nor a number"),
            "send the id as a text",
        )),
    }
}

/// A time as libraries write it: a text, or seconds or milliseconds since 1970.
pub(crate) fn instant(written: &Scalar) -> Result<Option<Timestamp>, Problem> {
    match written {
        Scalar::Absent => Ok(None),
        Scalar::Text(text) => validate::parse_time(text, &Zone::utc()).map(Some),
        Scalar::Number(number) => {
            let at = validate::epoch_time(number.as_f64().unwrap_or(f64::NAN));
            at.map(Some).ok_or_else(|| validate::invalid_time(&number.to_string()))
        }
        Scalar::Other => Err(validate::invalid_time("a list, an object or a truth value")),
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Absent)
    }
    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(Text::new(text)))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(n.into()))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(n.into()))
    }
    fn visit_f64<E>(self, x: f64) -> Result<Scalar, E> {
        Ok(serde_json::Number::from_f64(x).map_or(Scalar::Other, Scalar::Number))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}
