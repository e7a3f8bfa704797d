//! Values of properties and attributes, and the one meaning of equality and order among them.

use std::cmp::Ordering;

use crate::Timestamp;

/// A short text: names, ids and most values live inside it without an allocation.
pub type Text = compact_str::CompactString;

/// What a property or an attribute can hold. Nested objects are flattened to dotted names before
/// they get here. A float is never NaN: it is refused at ingest.
#[derive(Clone, Debug)]
pub enum Value {
    /// Explicitly nothing. It counts as missing everywhere, and as "unset" for an attribute.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text, compared byte for byte.
    Text(Text),
    /// An instant.
    Time(Timestamp),
    /// A list of the kinds above.
    List(Box<[Value]>),
}

/// A value in the form in which equal values are equal bytes: for counting distinct values,
/// grouping by a value, and hashing. `1` and `1.0` have one key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKey {
    /// Key of [`Value::Bool`].
    Bool(bool),
    /// Key of an integer, or of a float that holds one.
    Int(i64),
    /// Bits of any other float.
    Float(u64),
    /// Key of [`Value::Text`].
    Text(Text),
    /// Key of [`Value::Time`].
    Time(i64),
    /// Key of [`Value::List`]; nothing inside a list keeps its place as `None`.
    List(Box<[Option<ValueKey>]>),
}

impl Value {
    /// A text value.
    pub fn text(text: &str) -> Value {
        Value::Text(Text::new(text))
    }

    /// Whether the value counts as missing.
    pub fn missing(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The number it holds, if it holds one. Numeric texts are texts.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            _ => None,
        }
    }

    /// The canonical key; `None` for nothing.
    pub fn key(&self) -> Option<ValueKey> {
        Some(match self {
            Value::Null => return None,
            Value::Bool(b) => ValueKey::Bool(*b),
            Value::Int(n) => ValueKey::Int(*n),
            Value::Float(x) => match exact_int(*x) {
                Some(n) => ValueKey::Int(n),
                None => ValueKey::Float(x.to_bits()),
            },
            Value::Text(t) => ValueKey::Text(t.clone()),
            Value::Time(t) => ValueKey::Time(t.0),
            Value::List(items) => ValueKey::List(items.iter().map(Value::key).collect()),
        })
    }

    /// Equality: numbers as numbers, everything else only within its kind; an instant also equals
    /// a text that writes it. Nothing equals nothing, not even itself.
    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// Order: numbers as numbers, texts by bytes, instants by time (a text that writes an instant
    /// compares with an instant as one), false before true. `None`: the kinds have no order.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
            (Value::Int(a), Value::Float(b)) => compare_int_float(*a, *b),
            (Value::Float(a), Value::Int(b)) => compare_int_float(*b, *a).map(Ordering::reverse),
            (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Text(b)) => Timestamp::parse(b).ok().map(|b| a.cmp(&b)),
            (Value::Text(a), Value::Time(b)) => Timestamp::parse(a).ok().map(|a| a.cmp(b)),
            _ => None,
        }
    }
}

impl ValueKey {
    /// A value that has this key.
    pub fn value(&self) -> Value {
        match self {
            ValueKey::Bool(b) => Value::Bool(*b),
            ValueKey::Int(n) => Value::Int(*n),
            ValueKey::Float(bits) => Value::Float(f64::from_bits(*bits)),
            ValueKey::Text(text) => Value::Text(text.clone()),
            ValueKey::Time(time) => Value::Time(Timestamp(*time)),
            ValueKey::List(items) => {
                let item = |item: &Option<ValueKey>| item.as_ref().map_or(Value::Null, Self::value);
                Value::List(items.iter().map(item).collect())
            }
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Value {
        Value::Float(x)
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

/// Structural equality, for tests and maps: nothing equals nothing, `1` and `1.0` are equal.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Value {}

/// The integer that a float holds exactly, if it is one within 64 bits.
fn exact_int(x: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2⁶³
    (x.trunc() == x && (-LIMIT..LIMIT).contains(&x)).then_some(x as i64)
}

/// Compares without rounding the integer to a float.
fn compare_int_float(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    match exact_int(b.floor()) {
        Some(floor) => {
            Some(a.cmp(&floor).then(if b > b.floor() { Ordering::Less } else { Ordering::Equal }))
        }
        None => Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers_and_texts_do_not() {
        assert!(Value::Int(1).same(&Value::Float(1.0)));
        assert!(!Value::Int(1).same(&Value::text("1")));
        assert_eq!(Value::Int(i64::MAX).compare(&Value::Float(9.3e18)), Some(Ordering::Less));
        assert_eq!(
            Value::Int(9_007_199_254_740_993).compare(&Value::Float(9_007_199_254_740_992.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(Value::Float(-0.5).compare(&Value::Int(0)), Some(Ordering::Less));
        assert_eq!(Value::text("b").compare(&Value::text("a")), Some(Ordering::Greater));
        assert_eq!(Value::Null.compare(&Value::Null), None);
    }

    #[test]
    fn equal_values_have_equal_keys() {
        assert_eq!(Value::Int(3).key(), Value::Float(3.0).key());
        assert_ne!(Value::Float(3.5).key(), Value::Float(3.25).key());
        assert_eq!(Value::Float(-0.0).key(), Value::Int(0).key());
        assert_eq!(Value::Null.key(), None);
        let list = Value::List([Value::text("a"), Value::Null, Value::Float(0.5)].into());
        for value in [Value::Bool(true), Value::Int(-1), Value::Time(Timestamp(7)), list] {
            assert_eq!(value.key().map(|key| key.value().key()), Some(value.key()));
        }
    }

    #[test]
    fn an_instant_equals_the_text_that_writes_it() {
        let at = Timestamp::parse("2026-03-01").unwrap();
        assert!(Value::Time(at).same(&Value::text("2026-03-01T00:00:00Z")));
        assert!(!Value::Time(at).same(&Value::text("soon")));
    }
}
