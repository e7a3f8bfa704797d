//! Values as JSON texts, for columns that hold several kinds.
//!
//! An instant is written as its RFC 3339 text, which compares equal to it.

use model::{Text, Value};
use serde_json::Value as Json;

/// The JSON text of a value.
pub(crate) fn write(value: &Value) -> String {
    to_json(value).to_string()
}

/// The value of a JSON text; any other text is itself.
pub(crate) fn read(text: &str) -> Value {
    serde_json::from_str(text).ok().and_then(from_json).unwrap_or_else(|| Value::text(text))
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => (*n).into(),
        Value::Float(x) => serde_json::Number::from_f64(*x).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::String(text.to_string()),
        Value::Time(time) => Json::String(time.to_string()),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
    }
}

/// `None` for objects, which no value is.
fn from_json(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(b),
        Json::Number(number) => match number.as_i64() {
            Some(n) => Value::Int(n),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::Text(Text::from(text)),
        Json::Array(items) => {
            Value::List(items.into_iter().map(from_json).collect::<Option<Box<[Value]>>>()?)
        }
        Json::Object(_) => return None,
    })
}
