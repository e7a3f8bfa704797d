//! One property of many events as a column: values of one kind, packed as narrow as they allow;
//! texts by the number of their entry in a dictionary, anything else value by value.

use model::{Text, Timestamp, Value};

use crate::numbers::{Numbers, Packed};

mod builder;
#[cfg(test)]
mod tests;

pub use builder::{ColumnBuilder, Stretch, gathered};

pub(crate) use builder::packed_floats;

/// The values of one property in the rows of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Where the bit is not set, the property is missing; nothing: it is nowhere missing.
    pub(crate) present: Option<Bits>,
    /// What stands where it is missing has no meaning.
    pub(crate) values: Values,
}

/// Values of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Integers.
    Int(Numbers),
    /// Floats that are whole numbers of 10⁻ˢ, exactly: the number divided by 10ˢ is the float.
    Decimal(Numbers, u8),
    /// Floats.
    Float(Vec<f64>),
    /// Instants, in milliseconds.
    Time(Numbers),
    /// Booleans.
    Bool(Bits),
    /// Texts: numbers of dictionary entries.
    Text(Packed, Vec<Text>),
    /// Values of several kinds, and lists.
    Mixed(Vec<Value>),
}

/// Powers of ten for [`Values::Decimal`]; its scale is an index of this.
pub(crate) const SCALES: [f64; 7] = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6];

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

    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
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
    /// Whether the property is there.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.present.as_ref().is_none_or(|present| present.get(row))
    }

    /// The value in a row; `None` if it is missing.
    pub fn get(&self, row: usize) -> Option<Value> {
        if !self.has(row) {
            return None;
        }
        Some(match &self.values {
            Values::Int(numbers) => Value::Int(numbers.get(row)),
            Values::Decimal(numbers, scale) => Value::Float(decimal(numbers.get(row), *scale)),
            Values::Float(values) => Value::Float(values[row]),
            Values::Time(numbers) => Value::Time(Timestamp(numbers.get(row))),
            Values::Bool(bits) => Value::Bool(bits.get(row)),
            Values::Text(codes, dictionary) => {
                Value::Text(dictionary.get(codes.get(row) as usize)?.clone())
            }
            Values::Mixed(values) => return Some(values[row].clone()).filter(|v| !v.missing()),
        })
    }

    /// The number in a row, if it is one.
    #[inline]
    pub fn number(&self, row: usize) -> Option<f64> {
        if !self.has(row) {
            return None;
        }
        match &self.values {
            Values::Int(numbers) => Some(numbers.get(row) as f64),
            Values::Decimal(numbers, scale) => Some(decimal(numbers.get(row), *scale)),
            Values::Float(values) => Some(values[row]),
            Values::Mixed(values) => values[row].number(),
            Values::Time(_) | Values::Bool(_) | Values::Text(..) => None,
        }
    }

    /// The integer in a row, if it is one.
    #[inline]
    pub fn int(&self, row: usize) -> Option<i64> {
        match &self.values {
            Values::Int(numbers) => self.has(row).then(|| numbers.get(row)),
            Values::Mixed(values) => match values[row] {
                Value::Int(n) => Some(n),
                _ => None,
            },
            _ => None,
        }
    }

    /// Rows.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Int(numbers) | Values::Decimal(numbers, _) | Values::Time(numbers) => {
                numbers.len()
            }
            Values::Float(values) => values.len(),
            Values::Bool(bits) => bits.len(),
            Values::Text(codes, _) => codes.len(),
            Values::Mixed(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Texts of a dictionary: the place of each row's, [`u8::MAX`] where it is missing.
    pub fn of_texts(codes: &[u8], dictionary: Vec<Text>) -> Column {
        let known = |code: u8| usize::from(code) < dictionary.len();
        let codes = codes.iter().map(|code| if known(*code) { *code } else { u8::MAX });
        let present = present(codes.clone().map(|code| code != u8::MAX));
        let values = codes.map(|code| if code == u8::MAX { 0 } else { code }).collect();
        Column { present, values: Values::Text(Packed::U8(values), dictionary) }
    }

    /// Integers.
    pub fn of_ints(values: &[Option<i64>]) -> Column {
        let present = present(values.iter().map(Option::is_some));
        let values: Vec<i64> = values.iter().map(|value| value.unwrap_or_default()).collect();
        Column { present, values: Values::Int(Numbers::of(&values)) }
    }

    /// Floats.
    pub fn of_floats(values: &[Option<f64>]) -> Column {
        let present = present(values.iter().map(Option::is_some));
        let values = values.iter().map(|value| value.unwrap_or_default()).collect();
        Column { present, values: packed_floats(values) }
    }

    /// The values of some rows, in their order; `None` if all are missing.
    pub(crate) fn picked(&self, rows: &[u32]) -> Option<Column> {
        let mut bits = None;
        if let Some(present) = &self.present {
            let n = rows.iter().filter(|row| present.get(**row as usize)).count();
            if n == 0 {
                return None;
            }
            if n < rows.len() {
                let mut own = Bits::default();
                rows.iter().for_each(|row| own.push(present.get(*row as usize)));
                bits = Some(own);
            }
        }
        let numbers = |numbers: &Numbers| {
            let values = rows.iter().map(|row| numbers.get(*row as usize));
            Numbers::of(&values.collect::<Vec<_>>())
        };
        let values = match &self.values {
            Values::Int(values) => Values::Int(numbers(values)),
            Values::Decimal(values, scale) => Values::Decimal(numbers(values), *scale),
            Values::Time(values) => Values::Time(numbers(values)),
            Values::Float(values) => {
                packed_floats(rows.iter().map(|row| values[*row as usize]).collect())
            }
            Values::Bool(values) => {
                let mut own = Bits::default();
                rows.iter().for_each(|row| own.push(values.get(*row as usize)));
                Values::Bool(own)
            }
            Values::Text(codes, dictionary) => Values::Text(codes.picked(rows), dictionary.clone()),
            Values::Mixed(values) => {
                Values::Mixed(rows.iter().map(|row| values[*row as usize].clone()).collect())
            }
        };
        Some(Column { present: bits, values })
    }

    /// The kinds of its values, in the words of the API, each once.
    pub fn kinds(&self) -> Vec<&'static str> {
        match &self.values {
            Values::Int(_) => vec!["int"],
            Values::Decimal(..) | Values::Float(_) => vec!["float"],
            Values::Time(_) => vec!["time"],
            Values::Bool(_) => vec!["bool"],
            Values::Text(..) => vec!["text"],
            Values::Mixed(values) => {
                let mut kinds: Vec<_> = values.iter().filter_map(kind).collect();
                kinds.sort_unstable();
                kinds.dedup();
                kinds
            }
        }
    }

    /// Bytes held in memory, about.
    pub fn bytes(&self) -> usize {
        let present = self.present.as_ref().map_or(0, |bits| bits.len() / 8);
        present
            + match &self.values {
                Values::Int(n) | Values::Decimal(n, _) | Values::Time(n) => {
                    n.len() * n.packed().width()
                }
                Values::Float(values) => values.len() * 8,
                Values::Bool(bits) => bits.len() / 8,
                Values::Text(codes, dictionary) => {
                    codes.len() * codes.width()
                        + dictionary.iter().map(|text| 24 + text.len()).sum::<usize>()
                }
                Values::Mixed(values) => values.len() * 32,
            }
    }
}

/// The float that a decimal stands for.
#[inline]
pub(crate) fn decimal(number: i64, scale: u8) -> f64 {
    number as f64 / SCALES[usize::from(scale)]
}

/// Nothing if nothing is missing.
fn present(rows: impl Iterator<Item = bool>) -> Option<Bits> {
    let (mut bits, mut missing) = (Bits::default(), false);
    for row in rows {
        bits.push(row);
        missing |= !row;
    }
    missing.then_some(bits)
}

/// The kind of a value, in the words of the API.
pub(crate) fn kind(value: &Value) -> Option<&'static str> {
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
