//! What a server answers to a webhook, for those who asked for it.
//!
//! What it is: from an answer of JSON to plain values under dotted names, within bounds. What it is not: an error is
//! made of nothing here; an answer that cannot be used has its status and a word that says why.
//!
//! All or nothing: beyond a bound nothing of the answer is used, so that nobody decides by half of it.

use std::fmt;

use model::{Text, Value};
use serde_json::Value as Json;

use crate::http::Response;

/// Bytes of an answer that are read: some pages of text.
pub const BYTES_MAX: usize = 16 * 1024;
/// Values of an answer, those in lists included: an event has few more.
pub const VALUES_MAX: usize = 64;
/// Bytes of one text: a paragraph, or a long address.
pub const TEXT_BYTES_MAX: usize = 1_024;
/// Bytes of a dotted name: as of properties.
pub const NAME_BYTES_MAX: usize = 256;
/// Objects and lists in each other.
pub const NESTING_MAX: usize = 8;

/// An answer. `Debug` shows no value: they may be personal data.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Its fields, sorted by name, or why there are none.
    pub fields: Result<Vec<(Text, Value)>, Unread>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fields {
            Ok(fields) => write!(f, "Answer({}, {} fields)", self.status, fields.len()),
            Err(unread) => write!(f, "Answer({}, {})", self.status, unread.word()),
        }
    }
}

/// Why nothing of an answer can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It does not say that it is JSON, or is none.
    #[error("it is no JSON; answer with `content-type: application/json`")]
    NotJson,
    /// It is JSON, but has no names.
    #[error("it is no object; answer with `{{\"name\": value}}`")]
    NotAnObject,
    /// It is too long.
    #[error("it has more than {BYTES_MAX} bytes")]
    TooLarge,
    /// It ended before its end.
    #[error("it was cut off")]
    CutOff,
    /// It has too many values.
    #[error("it has more than {VALUES_MAX} values")]
    TooManyValues,
    /// Objects and lists are too deep in each other.
    #[error("it has more than {NESTING_MAX} objects and lists in each other")]
    TooDeep,
    /// A text or a name is too long.
    #[error("a text has more than {TEXT_BYTES_MAX} bytes, or a name more than {NAME_BYTES_MAX}")]
    TooLong,
}

impl Unread {
    /// A word that stays the same.
    pub const fn word(self) -> &'static str {
        match self {
            Unread::Empty => "empty",
            Unread::NotJson => "not_json",
            Unread::NotAnObject => "not_an_object",
            Unread::TooLarge => "too_large",
            Unread::CutOff => "cut_off",
            Unread::TooManyValues => "too_many_values",
            Unread::TooDeep => "too_deep",
            Unread::TooLong => "too_long",
        }
    }
}

impl Answer {
    /// What a response says.
    pub fn of(response: &Response) -> Answer {
        Answer { status: response.status, fields: read(response) }
    }
}

fn read(response: &Response) -> Result<Vec<(Text, Value)>, Unread> {
    if response.body.len() > BYTES_MAX {
        return Err(Unread::TooLarge);
    }
    if !response.complete {
        return Err(Unread::CutOff);
    }
    if response.body.iter().all(u8::is_ascii_whitespace) {
        return Err(Unread::Empty);
    }
    if !response.header("content-type").is_some_and(is_json) {
        return Err(Unread::NotJson);
    }
    fields(&serde_json::from_slice(&response.body).map_err(|_| Unread::NotJson)?)
}

/// Whether a content type is that of JSON.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// The fields of an answer that is written as JSON, sorted: objects and lists of objects have dotted names, and what is
/// null is left out.
pub fn fields(written: &Json) -> Result<Vec<(Text, Value)>, Unread> {
    let Json::Object(_) = written else { return Err(Unread::NotAnObject) };
    let (mut found, mut left) = (Vec::new(), VALUES_MAX);
    flatten(String::new(), written, (NESTING_MAX, &mut left), &mut found)?;
    model::record::sort_properties(&mut found);
    Ok(found)
}

fn flatten(
    name: String,
    written: &Json,
    (depth, left): (usize, &mut usize),
    found: &mut Vec<(Text, Value)>,
) -> Result<(), Unread> {
    let plain = |of: &Json| !of.is_object() && !of.is_array();
    let under = |part: &str| match name.is_empty() {
        true => part.to_owned(),
        false => format!("{name}.{part}"),
    };
    match written {
        Json::Null => Ok(()),
        Json::Object(_) | Json::Array(_) if depth == 0 => Err(Unread::TooDeep),
        Json::Object(of) => {
            of.iter().try_for_each(|(part, of)| flatten(under(part), of, (depth - 1, left), found))
        }
        Json::Array(of) if !of.iter().all(plain) => of
            .iter()
            .enumerate()
            .try_for_each(|(n, of)| flatten(under(&n.to_string()), of, (depth - 1, left), found)),
        Json::Array(of) => {
            let values: Vec<Value> =
                of.iter().map(|of| value(of, left)).collect::<Result<_, _>>()?;
            put(name, Value::List(values.into()), found)
        }
        plain => {
            let value = value(plain, left)?;
            put(name, value, found)
        }
    }
}

fn put(name: String, value: Value, found: &mut Vec<(Text, Value)>) -> Result<(), Unread> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Unread::TooLong);
    }
    if !name.is_empty() {
        found.push((Text::from(name), value));
    }
    Ok(())
}

/// A plain value.
fn value(written: &Json, left: &mut usize) -> Result<Value, Unread> {
    *left = left.checked_sub(1).ok_or(Unread::TooManyValues)?;
    Ok(match written {
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(number)) => Value::Float(number),
            (None, None) => Value::Null,
        },
        Json::String(text) if text.len() > TEXT_BYTES_MAX => return Err(Unread::TooLong),
        Json::String(text) => Value::text(text),
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn said(content_type: &str, body: &str) -> Answer {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", content_type.parse().unwrap());
        let body = Bytes::from(body.to_owned());
        Answer::of(&Response { status: 200, headers, body, complete: true })
    }

    fn shown(written: &Json) -> Result<Vec<String>, Unread> {
        let show = |(name, value): (Text, Value)| format!("{name}={value:?}");
        fields(written).map(|all| all.into_iter().map(show).collect())
    }

    #[test]
    fn objects_and_lists_of_objects_have_dotted_names() {
        let written = json!({
            "ok": true, "limit": 500, "rate": 0.25, "none": null, "tier": "gold",
            "who": {"age": {"years": 31}}, "tags": ["a", 1], "items": [{"sku": "x"}, {"sku": "y"}], "": 1
        });
        let expected = [
            "items.0.sku=Text(\"x\")",
            "items.1.sku=Text(\"y\")",
            "limit=Int(500)",
            "ok=Bool(true)",
            "rate=Float(0.25)",
            "tags=List([Text(\"a\"), Int(1)])",
            "tier=Text(\"gold\")",
            "who.age.years=Int(31)",
        ];
        assert_eq!(shown(&written).unwrap(), expected);
    }

    #[test]
    fn beyond_a_bound_nothing_is_used() {
        let many = |n: usize| (0..n).map(|n| (format!("f{n:03}"), json!(n))).collect::<Json>();
        let nested = |n: usize| (0..n).fold(json!(1), |inner, _| json!({"in": inner}));
        assert_eq!(fields(&many(VALUES_MAX)).map(|all| all.len()), Ok(VALUES_MAX));
        assert_eq!(fields(&many(VALUES_MAX + 1)), Err(Unread::TooManyValues));
        assert_eq!(fields(&json!({"all": vec![0; VALUES_MAX + 1]})), Err(Unread::TooManyValues));
        assert!(fields(&nested(NESTING_MAX)).is_ok());
        assert_eq!(fields(&nested(NESTING_MAX + 1)), Err(Unread::TooDeep));
        assert!(fields(&json!({"text": "x".repeat(TEXT_BYTES_MAX)})).is_ok());
        assert_eq!(fields(&json!({"text": "x".repeat(TEXT_BYTES_MAX + 1)})), Err(Unread::TooLong));
        assert_eq!(fields(&json!({"x".repeat(NAME_BYTES_MAX + 1): 1})), Err(Unread::TooLong));
        for other in [json!([1]), json!(700), json!("gold"), json!(null)] {
            assert_eq!(fields(&other), Err(Unread::NotAnObject));
        }
    }

    #[test]
    fn what_is_no_json_has_its_status_and_a_word() {
        let of =
            |content_type: &str, body: &str| said(content_type, body).fields.map(|all| all.len());
        assert_eq!(of("application/json; charset=utf-8", "{\"a\": 1}"), Ok(1));
        assert_eq!(of("application/problem+json", "{}"), Ok(0));
        assert_eq!(of("text/html", "{\"a\": 1}"), Err(Unread::NotJson));
        assert_eq!(of("application/json", "{\"a\": "), Err(Unread::NotJson));
        assert_eq!(of("application/json", " \n"), Err(Unread::Empty));
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(BYTES_MAX));
        assert_eq!(of("application/json", &long), Err(Unread::TooLarge));
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        let body = Bytes::from_static(b"{\"a\": 1}");
        let cut = Response { status: 200, headers, body, complete: false };
        assert_eq!(Answer::of(&cut).fields, Err(Unread::CutOff));
        assert_eq!(
            format!("{:?}", said("application/json", "{\"name\": \"Ada\"}")),
            "Answer(200, 1 fields)"
        );
    }
}
