//! Values inside templates, and the one meaning of truth, equality, order and text among them.
//!
//! What it is: what a scope answers and what filters take and give. It is wider than
//! `model::Value`: maps exist here (answers of linked content, loops), and so does text that is
//! already escaped. What it is not: stored or sent; it lives as long as one rendering.

mod json;
mod number;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;
use std::sync::Arc;

use model::{Text, Timestamp};

pub use json::parse_json;
pub(crate) use json::{escape_json, write_json};
pub(crate) use number::{Number, from_float, tidy, write_float};

/// Depth to which nested lists and maps are written and compared; what lies deeper reads as
/// nothing. JSON from outside is refused beyond 128 levels, so nothing real is lost.
pub(crate) const DEPTH_MAX: usize = 130;

/// What a variable of a template holds. Cloning costs at most a count of references, except for
/// texts over 24 bytes.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing: an absent variable. It renders as the empty text.
    #[default]
    Nil,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; never NaN.
    Float(f64),
    /// Text as people wrote it: escaped when it is put out.
    Text(Text),
    /// Text that is already in the form of the output: not escaped again.
    Markup(Text),
    /// An instant, written in the time zone of the context.
    Time(Timestamp),
    /// An instant and how far east of UTC it is to be written, in seconds.
    Zoned(Timestamp, i32),
    /// A list.
    List(Arc<[Value]>),
    /// Names and values.
    Map(Arc<Map>),
}

/// Names and values in the order in which they were given.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<(Text, Value)>,
    /// Positions of `entries`, by name.
    sorted: Vec<u32>,
}

impl Map {
    /// A map of these entries; of equal names the last counts.
    pub fn new(mut entries: Vec<(Text, Value)>) -> Map {
        let mut sorted = Map::sort(&entries);
        if sorted.windows(2).any(|pair| entries[pair[0] as usize].0 == entries[pair[1] as usize].0)
        {
            let mut keep = vec![true; entries.len()];
            for pair in sorted.windows(2) {
                if entries[pair[0] as usize].0 == entries[pair[1] as usize].0 {
                    keep[pair[0] as usize] = false;
                }
            }
            let mut kept = keep.iter();
            entries.retain(|_| kept.next().copied().unwrap_or(true));
            sorted = Map::sort(&entries);
        }
        Map { entries, sorted }
    }

    /// Positions by name, earlier ones first among equal names.
    fn sort(entries: &[(Text, Value)]) -> Vec<u32> {
        let n = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let mut sorted: Vec<u32> = (0..n).collect();
        sorted.sort_by(|a, b| entries[*a as usize].0.cmp(&entries[*b as usize].0));
        sorted
    }

    /// The value of a name. Cost: logarithmic.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self
            .sorted
            .binary_search_by(|i| self.entries[*i as usize].0.as_str().cmp(name))
            .ok()?;
        Some(&self.entries[self.sorted[at] as usize].1)
    }

    /// The entries in the order in which they were given.
    pub fn entries(&self) -> &[(Text, Value)] {
        &self.entries
    }
}

impl Value {
    /// A text value.
    pub fn text(text: &str) -> Value {
        Value::Text(Text::new(text))
    }

    /// A list value.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(items.into())
    }

    /// A map value; of equal names the last counts.
    pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
        let entries = entries.into_iter().map(|(name, value)| (Text::new(name), value)).collect();
        Value::Map(Arc::new(Map::new(entries)))
    }

    /// Whether it is nothing.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Whether a condition takes it for true: everything but nothing and `false`.
    pub fn truthy(&self) -> bool {
        !matches!(self, Value::Nil | Value::Bool(false))
    }

    /// Whether it equals `empty`: a text, list or map without content.
    pub fn empty(&self) -> bool {
        match self {
            Value::Text(text) | Value::Markup(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(map) => map.entries.is_empty(),
            _ => false,
        }
    }

    /// Whether it equals `blank`: `empty`, nothing, `false`, or a text of blanks.
    pub fn blank(&self) -> bool {
        match self {
            Value::Nil | Value::Bool(false) => true,
            Value::Text(text) | Value::Markup(text) => text.trim().is_empty(),
            _ => self.empty(),
        }
    }

    /// The text it holds, if it is a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Markup(text) => Some(text),
            _ => None,
        }
    }

    /// What is inside a map under a name, or a list under `size`, `first`, `last` or an index.
    pub fn child(&self, name: &str) -> Value {
        match (self, name) {
            (Value::Map(map), _) if map.get(name).is_some() => {
                map.get(name).cloned().unwrap_or_default()
            }
            (Value::Map(map), "size") => int(map.entries.len()),
            (Value::Map(map), "first") => map.entries.first().map_or(Value::Nil, pair),
            (Value::Map(map), "last") => map.entries.last().map_or(Value::Nil, pair),
            (Value::List(items), "size") => int(items.len()),
            (Value::List(items), "first") => items.first().cloned().unwrap_or_default(),
            (Value::List(items), "last") => items.last().cloned().unwrap_or_default(),
            (Value::Text(text) | Value::Markup(text), "size") => int(text.chars().count()),
            (Value::List(_), _) => match name.parse() {
                Ok(index) => self.at(index),
                Err(_) => Value::Nil,
            },
            _ => Value::Nil,
        }
    }

    /// The element of a list at an index from 0; negative ones count from the end.
    pub fn at(&self, index: i64) -> Value {
        let Value::List(items) = self else { return Value::Nil };
        let from_end = i64::try_from(items.len()).unwrap_or(i64::MAX).saturating_add(index);
        let place = if index < 0 { from_end } else { index };
        usize::try_from(place).ok().and_then(|i| items.get(i)).cloned().unwrap_or_default()
    }

    /// What is inside under another value: an index for a list, a name otherwise.
    pub fn inside(&self, key: &Value) -> Value {
        match (self, key) {
            (Value::List(_), Value::Int(index)) => self.at(*index),
            (_, Value::Text(name) | Value::Markup(name)) => self.child(name),
            (Value::Map(_), _) => self.child(&key.to_text()),
            _ => Value::Nil,
        }
    }

    /// Equality of the language: numbers as numbers, texts as texts, everything else within its
    /// kind; an instant equals a text that writes it; nothing equals nothing.
    pub fn same(&self, other: &Value) -> bool {
        self.same_within(other, DEPTH_MAX)
    }

    fn same_within(&self, other: &Value, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| a.same_within(b, depth - 1))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.entries.len() == b.entries.len()
                    && a.entries.iter().all(|(name, value)| {
                        b.get(name).is_some_and(|other| value.same_within(other, depth - 1))
                    })
            }
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Text(_) | Value::Markup(_), Value::Int(_) | Value::Float(_))
            | (Value::Int(_) | Value::Float(_), Value::Text(_) | Value::Markup(_)) => false,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    /// Order of `<` and its like: numbers as numbers (a text that writes a number compares with a
    /// number as one), texts by bytes, instants by time. `None`: the kinds have no order.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Text(a) | Value::Markup(a), Value::Text(b) | Value::Markup(b)) => {
                Some(a.as_bytes().cmp(b.as_bytes()))
            }
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Time(a) | Value::Zoned(a, _), Value::Time(b) | Value::Zoned(b, _)) => {
                Some(a.cmp(b))
            }
            (Value::Time(a) | Value::Zoned(a, _), Value::Text(b)) => {
                Timestamp::parse(b).ok().map(|b| a.cmp(&b))
            }
            (Value::Text(a), Value::Time(b) | Value::Zoned(b, _)) => {
                Timestamp::parse(a).ok().map(|a| a.cmp(b))
            }
            (a, b) => a.exact_number()?.partial_cmp(&b.exact_number()?),
        }
    }

    /// The number it is or writes in full, as in `12`, `"12.5"`; `None` for everything else.
    pub(crate) fn exact_number(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            Value::Text(text) | Value::Markup(text) => {
                text.trim().parse().ok().filter(|x: &f64| x.is_finite())
            }
            _ => None,
        }
    }

    /// Whether a list holds the other, a text contains its text, or a map has it as a name.
    pub fn contains(&self, other: &Value) -> bool {
        match self {
            Value::List(items) => items.iter().any(|item| item.same(other)),
            Value::Text(text) | Value::Markup(text) => {
                !other.is_nil() && text.contains(&*other.to_text())
            }
            Value::Map(map) => other.as_text().is_some_and(|name| map.get(name).is_some()),
            _ => false,
        }
    }

    /// The text that it renders as, without escaping. A list is its elements without anything
    /// between them, a map its JSON.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Value::Nil => Cow::Borrowed(""),
            Value::Bool(true) => Cow::Borrowed("true"),
            Value::Bool(false) => Cow::Borrowed("false"),
            Value::Text(text) | Value::Markup(text) => Cow::Borrowed(text),
            _ => {
                let mut out = String::new();
                self.write_text(&mut out, usize::MAX, DEPTH_MAX);
                Cow::Owned(out)
            }
        }
    }

    /// Appends the text of [`Value::to_text`], stopping soon after `bytes_max` bytes are written.
    pub(crate) fn write_text(&self, out: &mut String, bytes_max: usize, depth: usize) {
        if out.len() > bytes_max || depth == 0 {
            return;
        }
        match self {
            Value::Nil => {}
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n) => {
                // Writing into a text cannot fail.
                let _ = write!(out, "{n}");
            }
            Value::Float(x) => write_float(*x, out),
            Value::Text(text) | Value::Markup(text) => out.push_str(text),
            Value::Time(at) => {
                let _ = write!(out, "{at}");
            }
            Value::Zoned(at, offset_s) => number::write_instant(*at, *offset_s, out),
            Value::List(items) => {
                for item in &**items {
                    item.write_text(out, bytes_max, depth - 1);
                }
            }
            Value::Map(_) => write_json(self, out, bytes_max, depth),
        }
    }
}

impl Value {
    /// About how many bytes looking at the whole value reads, counted up to soon after `most`.
    pub(crate) fn weight(&self, most: usize, depth: usize) -> usize {
        if depth == 0 {
            return 0;
        }
        let mut sum = size_of::<Value>();
        match self {
            Value::Text(text) | Value::Markup(text) => sum += text.len(),
            Value::List(items) => {
                for item in items.iter() {
                    if sum > most {
                        break;
                    }
                    sum += item.weight(most, depth - 1);
                }
            }
            Value::Map(map) => {
                for (name, item) in &map.entries {
                    if sum > most {
                        break;
                    }
                    sum += name.len() + item.weight(most, depth - 1);
                }
            }
            _ => {}
        }
        sum
    }
}

fn pair((name, value): &(Text, Value)) -> Value {
    Value::list(vec![Value::Text(name.clone()), value.clone()])
}

/// A count as a value.
pub(crate) fn int(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

impl From<&model::Value> for Value {
    fn from(value: &model::Value) -> Value {
        match value {
            model::Value::Null => Value::Nil,
            model::Value::Bool(b) => Value::Bool(*b),
            model::Value::Int(n) => Value::Int(*n),
            model::Value::Float(x) => Value::Float(*x),
            model::Value::Text(text) => Value::Text(text.clone()),
            model::Value::Time(at) => Value::Time(*at),
            model::Value::List(items) => Value::List(items.iter().map(Value::from).collect()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Value {
        if x.is_nan() { Value::Nil } else { Value::Float(x) }
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Value {
        Value::Time(at)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::list(items)
    }
}

#[cfg(test)]
mod tests;
