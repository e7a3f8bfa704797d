//! A plain value of a wire form, read whatever it is: what an id, a name or a time is written as.

use model::{Text, Timestamp, Zone};

use crate::json::{Broken, Reader, Token};
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

impl Scalar {
    /// Reads a value, whatever it is.
    pub fn read(reader: &mut Reader<'_>) -> Result<Scalar, Broken> {
        if matches!(reader.peek()?, b'[' | b'{') {
            return reader.skip().map(|()| Scalar::Other);
        }
        Ok(match reader.value()? {
            Token::Null => Scalar::Absent,
            Token::Text(text) => Scalar::Text(Text::new(text)),
            Token::Int(n) => Scalar::Number(n.into()),
            Token::Unsigned(n) => Scalar::Number(n.into()),
            Token::Float(x) => {
                serde_json::Number::from_f64(x).map_or(Scalar::Other, Scalar::Number)
            }
            Token::Bool(_) | Token::List | Token::Object => Scalar::Other,
        })
    }
}

/// The same as [`id`], which leaves nothing behind and copies nothing.
pub(crate) fn taken_id(field: &str, written: &mut Scalar) -> Result<Option<Text>, Problem> {
    match std::mem::take(written) {
        Scalar::Text(text) => Ok(validate::sound_id(field, &text)?.then_some(text)),
        other => id(field, &other),
    }
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
