//! Values as journeys write them: plain ones, those that are taken from elsewhere, and answers of servers.
//!
//! What it is: reading what is written. What it is not: it knows no step; whether a step asks a server is the
//! compiler's to say.

use channels::answer::Answer;
use engine::journey::Emitted;
use model::{Text, Value};
use serde_json::Value as Json;

use super::wrong;
use crate::failure::Failure;
use crate::outbox::told;

/// The status of an answer that nobody gave.
pub(crate) const ANSWER_STATUS: u16 = 200;

/// A value that a step writes, as it is written.
pub(super) enum Property<'a> {
    /// As it is, or of the user or an event.
    Emitted(Emitted),
    /// A field of the answer to a step.
    Answer { step: &'a str, field: &'a str },
}

/// Reads a value that a step writes.
pub(super) fn property<'a>(field: &str, written: &'a Json) -> Result<Property<'a>, Failure> {
    let Json::Object(of) = written else {
        return Ok(Property::Emitted(Emitted::Value(value(field, written)?)));
    };
    let mut entries = of.iter();
    let only = match (entries.next(), entries.next()) {
        (Some((kind, Json::String(name))), None) => Some((kind.as_str(), name.as_str())),
        _ => None,
    };
    let split = |name: &'a str| name.split_once('.').filter(|(_, field)| !field.is_empty());
    match only {
        Some(("profile", name)) => Ok(Property::Emitted(Emitted::Profile(Text::new(name)))),
        Some(("event", name)) => Ok(Property::Emitted(Emitted::Event(Text::new(name)))),
        Some(("answer", name)) if let Some((step, field)) = split(name) => {
            Ok(Property::Answer { step, field })
        }
        _ => Err(wrong(field, "it names no value".into()).hint(
            "write a value, {\"profile\": \"plan\"}, {\"event\": \"amount\"} or {\"answer\": \"step.field\"}",
        )),
    }
}

/// What is asked of an answer, as what is asked of its event.
pub(crate) fn answer_match(filter: &Json) -> Json {
    serde_json::json!({"event": model::outreach::ANSWERED, "where": filter})
}

/// The properties of an answer that somebody wrote.
pub(crate) fn assumed_answer(field: &str, written: &Json) -> Result<Vec<(Text, Value)>, Failure> {
    let fields = channels::answer::fields(written)
        .map_err(|unread| wrong(field, format!("no server answers so: {unread}")))?;
    Ok(told::answer_properties(Answer { status: ANSWER_STATUS, fields: Ok(fields) }))
}

/// A value as attributes and properties have them.
pub(crate) fn value(field: &str, written: &Json) -> Result<Value, Failure> {
    Ok(match written {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(number)) => Value::Float(number),
            (None, None) => return Err(wrong(field, format!("{number} is too large"))),
        },
        Json::String(text) => Value::text(text),
        Json::Array(values) => {
            let of = |one: &Json| match one {
                Json::Array(_) | Json::Object(_) => {
                    Err(wrong(field, "a list has plain values alone".into()))
                }
                one => value(field, one),
            };
            Value::List(values.iter().map(of).collect::<Result<Vec<_>, _>>()?.into())
        }
        Json::Object(_) => {
            return Err(wrong(field, "it has values of its own".into())
                .hint("write each under a name with dots, as in address.city"));
        }
    })
}
