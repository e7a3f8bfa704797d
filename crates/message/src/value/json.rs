//! JSON ⇄ values: answers of linked content come in, the filter `json` goes out.

use std::fmt::{self, Write};
use std::sync::Arc;

use model::Text;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Map, Value, write_float};

/// Reads a JSON text; `None` if it is none, or is nested deeper than 128 levels. Names keep their
/// order, of equal names the last counts, numbers beyond 64 bits become floats.
pub fn parse_json(text: &str) -> Option<Value> {
    serde_json::from_str::<Parsed>(text).ok().map(|parsed| parsed.0)
}

/// A value on its way in.
struct Parsed(Value);

struct Reader;

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Parsed, D::Error> {
        deserializer.deserialize_any(Reader).map(Parsed)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(i64::try_from(n).map_or(Value::Float(n as f64), Value::Int))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::from(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Parsed(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some((name, Parsed(value))) = entries.next_entry::<String, Parsed>()? {
            list.push((Text::from(name), value));
        }
        Ok(Value::Map(Arc::new(Map::new(list))))
    }
}

/// Appends a value as JSON, stopping soon after `bytes_max` bytes are written. Times are texts.
pub(crate) fn write_json(value: &Value, out: &mut String, bytes_max: usize, depth: usize) {
    if depth == 0 || out.len() > bytes_max {
        out.push_str("null");
        return;
    }
    match value {
        Value::Nil => out.push_str("null"),
        Value::Bool(_) | Value::Int(_) => value.write_text(out, bytes_max, 1),
        Value::Float(x) if x.is_finite() => write_float(*x, out),
        Value::Float(_) => out.push_str("null"),
        Value::Text(text) | Value::Markup(text) => write_quoted(text, out),
        Value::Time(_) | Value::Zoned(..) => write_quoted(&value.to_text(), out),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(item, out, bytes_max, depth - 1);
                if out.len() > bytes_max {
                    break;
                }
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (i, (name, item)) in map.entries().iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_quoted(name, out);
                out.push(':');
                write_json(item, out, bytes_max, depth - 1);
                if out.len() > bytes_max {
                    break;
                }
            }
            out.push('}');
        }
    }
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    escape_json(text, out);
    out.push('"');
}

/// Appends the inside of a JSON string.
pub(crate) fn escape_json(text: &str, out: &mut String) {
    let mut plain = 0;
    for (i, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            8 => "\\b",
            12 => "\\f",
            0..=31 => "",
            _ => continue,
        };
        out.push_str(&text[plain..i]);
        plain = i + 1;
        out.push_str(short);
        if short.is_empty() {
            // Writing into a text cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
        }
    }
    out.push_str(&text[plain..]);
}
