//! Values as JSON.

use model::{Text, Value};
use serde_json::Value as Json;
use wire::api::Object;

/// A value; instants as RFC 3339.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => Json::from(*n),
        Value::Float(x) => Json::from(*x),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Time(at) => Json::from(at.to_string()),
        Value::List(items) => items.iter().map(json).collect(),
    }
}

/// Named values as an object.
pub fn object<'a>(values: impl IntoIterator<Item = (&'a Text, &'a Value)>) -> Object {
    values.into_iter().map(|(name, value)| (name.to_string(), json(value))).collect()
}
