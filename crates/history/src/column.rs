//! One property of many events as a column: values of one kind in one array, texts by the number
//! of their entry in a dictionary, anything else value by value.

use hashbrown::HashMap;
use model::{Text, Timestamp, Value};

/// The values of one property in the rows of one part.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Integers; where the bit is not set, the property is missing.
    Int(Vec<i64>, Bits),
    /// Floats.
    Float(Vec<f64>, Bits),
    /// Instants, in milliseconds.
    Time(Vec<i64>, Bits),
    /// Booleans.
    Bool(Vec<bool>, Bits),
    /// Texts: numbers of dictionary entries, [`MISSING`] where there is none.
    Text(Vec<u32>, Vec<Text>),
    /// Values of several kinds, and lists. Missing ones are [`Value::Null`].
    Mixed(Vec<Value>),
}

/// The entry number of a text that is missing.
pub const MISSING: u32 = u32::MAX;

/// One bit per row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// `len` bits, all set or none.
    pub fn filled(len: usize, set: bool) -> Bits {
        let mut bits = Bits { words: vec![if set { u64::MAX } else { 0 }; len.div_ceil(64)], len };
        if set && !len.is_multiple_of(64) {
            *bits.words.last_mut().expect("a partial word exists") = (1 << (len % 64)) - 1;
        }
        bits
    }

    /// Bits from the words that [`Bits::words`] gave; `None` if their number does not fit `len`.
    pub fn from_words(words: Vec<u64>, len: usize) -> Option<Bits> {
        (words.len() == len.div_ceil(64)).then_some(Bits { words, len })
    }

    /// The bits, 64 a word.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Adds a bit.
    pub fn push(&mut self, set: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.words[self.len / 64] |= u64::from(set) << (self.len % 64);
        self.len += 1;
    }

    /// Whether a bit is set.
    pub fn get(&self, index: usize) -> bool {
        self.words[index / 64] >> (index % 64) & 1 == 1
    }
}

impl Column {
    /// The value in a row; `None` if it is missing.
    pub fn get(&self, row: usize) -> Option<Value> {
        match self {
            Column::Int(values, present) => present.get(row).then(|| Value::Int(values[row])),
            Column::Float(values, present) => present.get(row).then(|| Value::Float(values[row])),
            Column::Time(values, present) => {
                present.get(row).then(|| Value::Time(Timestamp(values[row])))
            }
            Column::Bool(values, present) => present.get(row).then(|| Value::Bool(values[row])),
            Column::Text(codes, dictionary) => {
                dictionary.get(codes[row] as usize).map(|text| Value::Text(text.clone()))
            }
            Column::Mixed(values) => Some(values[row].clone()).filter(|value| !value.missing()),
        }
    }

    /// The number in a row, if it is one.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Column::Int(values, present) => present.get(row).then(|| values[row] as f64),
            Column::Float(values, present) => present.get(row).then(|| values[row]),
            Column::Mixed(values) => values[row].number(),
            _ => None,
        }
    }

    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Int(values, _) | Column::Time(values, _) => values.len(),
            Column::Float(values, _) => values.len(),
            Column::Bool(values, _) => values.len(),
            Column::Text(codes, _) => codes.len(),
            Column::Mixed(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kinds of its values, in the words of the API, each once.
    pub fn kinds(&self) -> Vec<&'static str> {
        match self {
            Column::Int(..) => vec!["int"],
            Column::Float(..) => vec!["float"],
            Column::Time(..) => vec!["time"],
            Column::Bool(..) => vec!["bool"],
            Column::Text(..) => vec!["text"],
            Column::Mixed(values) => {
                let mut kinds: Vec<_> = values.iter().filter_map(kind).collect();
                kinds.sort_unstable();
                kinds.dedup();
                kinds
            }
        }
    }
}

fn kind(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Text(_) => "text",
        Value::Time(_) => "time",
        Value::List(_) => "list",
    })
}

/// Builds a column value by value. It starts with the kind of the first value and falls back to
/// [`Column::Mixed`] when another kind comes.
#[derive(Default)]
pub struct ColumnBuilder {
    column: Option<Column>,
    codes: HashMap<Text, u32>,
    len: usize,
}

impl ColumnBuilder {
    /// Adds the value of the next row; `None` and null are missing.
    pub fn push(&mut self, value: Option<&Value>) {
        let value = value.filter(|value| !value.missing());
        if self.column.is_none()
            && let Some(value) = value
        {
            self.column = Some(missing_rows(value, self.len));
        }
        self.len += 1;
        let Some(column) = &mut self.column else { return };
        let fits = match (&mut *column, value) {
            (Column::Int(values, present), Some(Value::Int(n))) => put(values, present, Some(*n)),
            (Column::Int(values, present), None) => put(values, present, None),
            (Column::Float(values, present), Some(Value::Float(x))) => {
                put(values, present, Some(*x))
            }
            (Column::Float(values, present), None) => put(values, present, None),
            (Column::Time(values, present), Some(Value::Time(t))) => {
                put(values, present, Some(t.0))
            }
            (Column::Time(values, present), None) => put(values, present, None),
            (Column::Bool(values, present), Some(Value::Bool(b))) => put(values, present, Some(*b)),
            (Column::Bool(values, present), None) => put(values, present, None),
            (Column::Text(codes, dictionary), Some(Value::Text(text))) => {
                codes.push(entry(&mut self.codes, dictionary, text));
                true
            }
            (Column::Text(codes, _), None) => {
                codes.push(MISSING);
                true
            }
            (Column::Mixed(values), value) => {
                values.push(value.cloned().unwrap_or(Value::Null));
                true
            }
            _ => false,
        };
        if !fits {
            let mut values: Vec<Value> =
                (0..column.len()).map(|row| column.get(row).unwrap_or(Value::Null)).collect();
            values.push(value.cloned().unwrap_or(Value::Null));
            *column = Column::Mixed(values);
        }
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows so far.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The column, or `None` if no row had a value.
    pub fn finish(self) -> Option<Column> {
        self.column
    }
}

fn put<T: Default>(values: &mut Vec<T>, present: &mut Bits, value: Option<T>) -> bool {
    present.push(value.is_some());
    values.push(value.unwrap_or_default());
    true
}

fn entry(codes: &mut HashMap<Text, u32>, dictionary: &mut Vec<Text>, text: &Text) -> u32 {
    if let Some(code) = codes.get(text) {
        return *code;
    }
    let code = dictionary.len() as u32;
    dictionary.push(text.clone());
    codes.insert(text.clone(), code);
    code
}

/// A column of the kind of `value` with `len` rows that are missing.
fn missing_rows(value: &Value, len: usize) -> Column {
    let absent = Bits::filled(len, false);
    match value {
        Value::Int(_) => Column::Int(vec![0; len], absent),
        Value::Float(_) => Column::Float(vec![0.0; len], absent),
        Value::Time(_) => Column::Time(vec![0; len], absent),
        Value::Bool(_) => Column::Bool(vec![false; len], absent),
        Value::Text(_) => Column::Text(vec![MISSING; len], Vec::new()),
        Value::Null | Value::List(_) => Column::Mixed(vec![Value::Null; len]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[Value]) -> Column {
        let mut builder = ColumnBuilder::default();
        values.iter().for_each(|value| builder.push(Some(value)));
        let column = builder.finish().unwrap();
        assert_eq!(column.len(), values.len());
        for (row, value) in values.iter().enumerate() {
            assert_eq!(column.get(row).unwrap_or(Value::Null), *value);
        }
        column
    }

    #[test]
    fn values_come_back_whatever_their_kinds() {
        assert_eq!(check(&[Value::Null, 1.into(), Value::Null, 2.into()]).kinds(), ["int"]);
        assert_eq!(check(&["a".into(), Value::Null, "b".into(), "a".into()]).kinds(), ["text"]);
        assert_eq!(
            check(&[1.into(), "a".into(), 2.5.into(), true.into()]).kinds(),
            ["bool", "float", "int", "text"]
        );
        assert_eq!(check(&[2.5.into(), Value::Null]).kinds(), ["float"]);
        assert!(matches!(
            check(&["a".into(), Value::List(Box::new([1.into()]))]),
            Column::Mixed(_)
        ));
    }

    #[test]
    fn filled_bits_have_no_bits_beyond_their_length() {
        assert_eq!(Bits::filled(70, true).words(), [u64::MAX, 63]);
        assert_eq!(Bits::filled(64, true).words(), [u64::MAX]);
    }
}
