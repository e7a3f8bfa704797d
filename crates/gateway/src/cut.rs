//! Messages cut out of a request without being read, so that a bad one does not cost its neighbours.

use std::borrow::Cow;
use std::fmt;

use model::bounds::BATCH_RECORDS_MAX;
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::body::Refusal;

/// The messages of a list, each as it was written.
#[derive(Debug)]
pub(crate) struct List<'a>(pub Vec<&'a RawValue>);

/// The messages of a JSON text: a list of them or one object.
pub(crate) fn messages(json: &str) -> Result<Vec<&RawValue>, Refusal> {
    if json.starts_with('[') {
        let List(messages) = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
        return bounded(messages);
    }
    serde_json::from_str(json).map(|one| vec![one]).map_err(|error| unreadable(&error))
}

/// Refuses a list that is too long: cutting stopped one beyond the limit.
pub(crate) fn bounded(messages: Vec<&RawValue>) -> Result<Vec<&RawValue>, Refusal> {
    if messages.len() > BATCH_RECORDS_MAX {
        let message = format!("the batch has more than {BATCH_RECORDS_MAX} messages");
        let hint = "send several smaller batches";
        return Err(Refusal { status: 413, code: "request.too_many_records", message, hint });
    }
    Ok(messages)
}

/// The refusal of a text that is not the JSON it should be.
pub(crate) fn unreadable(error: &serde_json::Error) -> Refusal {
    let message = format!("the body is not JSON of the expected form: {error}");
    Refusal::bad("request.not_json", message, "send JSON; NaN and Infinity are not JSON")
}

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<'a>, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = List<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of messages")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<'de>, A::Error> {
                let mut messages: Vec<&RawValue> = Vec::new();
                while let Some(raw) = seq.next_element()? {
                    messages.push(raw);
                    if messages.len() > BATCH_RECORDS_MAX {
                        while seq.next_element::<IgnoredAny>()?.is_some() {}
                        break;
                    }
                }
                Ok(List(messages))
            }
        }
        deserializer.deserialize_seq(ListVisitor)
    }
}

/// The name of a field, not copied where the text has it without escapes.
pub(crate) struct Name<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name<'a>, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}
