//! Building columns: value by value as rows arrive, or from rows of other columns.

use hashbrown::HashMap;
use model::{Text, Value};

use super::{Bits, Column, SCALES, Values};
use crate::numbers::{Numbers, Packed};

/// Values of one kind, not yet packed.
enum Raw {
    Int(Vec<i64>),
    Float(Vec<f64>),
    Time(Vec<i64>),
    Bool(Bits),
    Text { codes: Vec<u32>, dictionary: Vec<Text>, numbers: HashMap<Text, u32> },
    Mixed(Vec<Value>),
}

/// Builds a column value by value. It starts with the kind of the first value and falls back to
/// [`Values::Mixed`] when another kind comes.
#[derive(Default)]
pub struct ColumnBuilder {
    raw: Option<Raw>,
    present: Bits,
    n_missing: usize,
}

impl ColumnBuilder {
    /// Adds the value of the next row; `None` and null are missing.
    pub fn push(&mut self, value: Option<&Value>) {
        let value = value.filter(|value| !value.missing());
        if self.raw.is_none()
            && let Some(value) = value
        {
            self.raw = Some(Raw::missing(value, self.present.len()));
        }
        self.present.push(value.is_some());
        self.n_missing += usize::from(value.is_none());
        let Some(raw) = &mut self.raw else { return };
        if !raw.push(value) {
            let mut values = raw.values(&self.present);
            values.push(value.cloned().unwrap_or(Value::Null));
            *raw = Raw::Mixed(values);
        }
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.present.len()
    }

    /// Whether there are no rows so far.
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// The column, or `None` if no row had a value.
    pub fn finish(self) -> Option<Column> {
        let values = self.raw?.packed();
        Some(Column { present: (self.n_missing > 0).then_some(self.present), values })
    }
}

/// Rows that lie one after the other in one of several columns.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Which column.
    pub which: u32,
    /// Its first row.
    pub from: u32,
    /// How many rows.
    pub len: u32,
}

impl Stretch {
    /// Its rows.
    pub fn rows(&self) -> std::ops::Range<usize> {
        self.from as usize..(self.from + self.len) as usize
    }
}

/// The rows of several columns, stretch by stretch; `None` stands for a column in which all rows
/// are missing. `None` if no row has a value.
pub fn gathered(columns: &[Option<&Column>], stretches: &[Stretch]) -> Option<Column> {
    let mut raw = Raw::common(columns)?;
    let (mut present, mut n_missing) = (Bits::default(), 0);
    let maps = raw.entries(columns);
    for stretch in stretches {
        let column = columns[stretch.which as usize];
        for row in stretch.rows() {
            let has = column.is_some_and(|column| column.has(row));
            present.push(has);
            n_missing += usize::from(!has);
        }
        match column {
            Some(column) => raw.append(column, &maps[stretch.which as usize], stretch),
            None => (0..stretch.len).for_each(|_| {
                raw.push(None);
            }),
        }
    }
    raw.let_go_unused(&present);
    (n_missing < present.len())
        .then(|| Column { present: (n_missing > 0).then_some(present), values: raw.packed() })
}

impl Raw {
    /// `len` missing rows of the kind of `value`.
    fn missing(value: &Value, len: usize) -> Raw {
        match value {
            Value::Int(_) => Raw::Int(vec![0; len]),
            Value::Float(_) => Raw::Float(vec![0.0; len]),
            Value::Time(_) => Raw::Time(vec![0; len]),
            Value::Bool(_) => Raw::Bool(Bits::filled(len, false)),
            Value::Text(_) => Raw::text(vec![0; len]),
            Value::Null | Value::List(_) => Raw::Mixed(vec![Value::Null; len]),
        }
    }

    fn text(codes: Vec<u32>) -> Raw {
        Raw::Text { codes, dictionary: Vec::new(), numbers: HashMap::new() }
    }

    /// Nothing yet, of the one kind that all columns have, else of mixed kind.
    fn common(columns: &[Option<&Column>]) -> Option<Raw> {
        let mut kinds = columns.iter().flatten().map(|column| match column.values {
            Values::Int(_) => 0,
            Values::Decimal(..) | Values::Float(_) => 1,
            Values::Time(_) => 2,
            Values::Bool(_) => 3,
            Values::Text(..) => 4,
            Values::Mixed(_) => 5,
        });
        let first = kinds.next()?;
        Some(match if kinds.all(|kind| kind == first) { first } else { 5 } {
            0 => Raw::Int(Vec::new()),
            1 => Raw::Float(Vec::new()),
            2 => Raw::Time(Vec::new()),
            3 => Raw::Bool(Bits::default()),
            4 => Raw::text(Vec::new()),
            _ => Raw::Mixed(Vec::new()),
        })
    }

    /// Per column of texts: the numbers here of its dictionary's entries.
    fn entries(&mut self, columns: &[Option<&Column>]) -> Vec<Vec<u32>> {
        let mut map = |column: &Option<&Column>| match (&mut *self, column.map(|c| &c.values)) {
            (Raw::Text { dictionary, numbers, .. }, Some(Values::Text(_, entries))) => {
                entries.iter().map(|text| entry(numbers, dictionary, text)).collect()
            }
            _ => Vec::new(),
        };
        columns.iter().map(&mut map).collect()
    }

    /// Texts that no row has leave the dictionary: what was dropped must not stay there.
    fn let_go_unused(&mut self, present: &Bits) {
        let Raw::Text { codes, dictionary, numbers } = self else { return };
        let mut used = vec![false; dictionary.len()];
        for (row, code) in codes.iter().enumerate() {
            if present.get(row) {
                used[*code as usize] = true;
            }
        }
        if used.iter().all(|used| *used) {
            return;
        }
        numbers.clear();
        let mut renumbered = vec![0; dictionary.len()];
        let mut kept = Vec::new();
        for (at, text) in std::mem::take(dictionary).into_iter().enumerate() {
            if used[at] {
                renumbered[at] = entry(numbers, &mut kept, &text);
            }
        }
        codes.iter_mut().for_each(|code| *code = renumbered[*code as usize]);
        *dictionary = kept;
    }

    /// Adds rows of a column.
    fn append(&mut self, column: &Column, entries: &[u32], stretch: &Stretch) {
        let rows = stretch.rows();
        match (self, &column.values) {
            (Raw::Int(to), Values::Int(numbers)) | (Raw::Time(to), Values::Time(numbers)) => {
                to.extend(rows.map(|row| numbers.get(row)));
            }
            (Raw::Float(to), Values::Float(values)) => to.extend_from_slice(&values[rows]),
            (Raw::Float(to), Values::Decimal(numbers, scale)) => {
                to.extend(rows.map(|row| super::decimal(numbers.get(row), *scale)));
            }
            (Raw::Bool(to), Values::Bool(bits)) => rows.for_each(|row| to.push(bits.get(row))),
            (Raw::Text { codes: to, .. }, Values::Text(codes, _)) => {
                to.extend(
                    rows.map(|row| entries.get(codes.get(row) as usize).copied().unwrap_or(0)),
                );
            }
            (raw, _) => rows.for_each(|row| {
                raw.push(column.get(row).as_ref());
            }),
        }
    }

    /// Adds a value; false, and nothing added, if it is of another kind.
    fn push(&mut self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Raw::Int(values), Some(Value::Int(n))) => values.push(*n),
            (Raw::Float(values), Some(Value::Float(x))) => values.push(*x),
            (Raw::Time(values), Some(Value::Time(time))) => values.push(time.0),
            (Raw::Bool(bits), Some(Value::Bool(b))) => bits.push(*b),
            (Raw::Text { codes, dictionary, numbers }, Some(Value::Text(text))) => {
                codes.push(entry(numbers, dictionary, text));
            }
            (Raw::Mixed(values), value) => values.push(value.cloned().unwrap_or(Value::Null)),
            (Raw::Int(values) | Raw::Time(values), None) => values.push(0),
            (Raw::Float(values), None) => values.push(0.0),
            (Raw::Bool(bits), None) => bits.push(false),
            (Raw::Text { codes, .. }, None) => codes.push(0),
            _ => return false,
        }
        true
    }

    /// The values so far; where the bit is not set, null.
    fn values(&self, present: &Bits) -> Vec<Value> {
        let value = |row: usize| match self {
            _ if !present.get(row) => Value::Null,
            Raw::Int(values) => Value::Int(values[row]),
            Raw::Float(values) => Value::Float(values[row]),
            Raw::Time(values) => Value::Time(model::Timestamp(values[row])),
            Raw::Bool(bits) => Value::Bool(bits.get(row)),
            Raw::Text { codes, dictionary, .. } => {
                Value::Text(dictionary[codes[row] as usize].clone())
            }
            Raw::Mixed(values) => values[row].clone(),
        };
        let len = match self {
            Raw::Int(values) | Raw::Time(values) => values.len(),
            Raw::Float(values) => values.len(),
            Raw::Bool(bits) => bits.len(),
            Raw::Text { codes, .. } => codes.len(),
            Raw::Mixed(values) => values.len(),
        };
        (0..len).map(value).collect()
    }

    fn packed(self) -> Values {
        match self {
            Raw::Int(values) => Values::Int(Numbers::of(&values)),
            Raw::Float(values) => packed_floats(values),
            Raw::Time(values) => Values::Time(Numbers::of(&values)),
            Raw::Bool(bits) => Values::Bool(bits),
            Raw::Text { codes, dictionary, .. } => {
                Values::Text(Packed::of(codes.iter().map(|code| u64::from(*code))), dictionary)
            }
            Raw::Mixed(values) => Values::Mixed(values),
        }
    }
}

/// Floats as decimals, if one scale gives all of them back to the bit.
pub(crate) fn packed_floats(values: Vec<f64>) -> Values {
    for (scale, factor) in SCALES.iter().enumerate() {
        let mut numbers = Vec::with_capacity(values.len());
        let exact = values.iter().all(|value| {
            let number = (value * factor).round();
            numbers.push(number as i64);
            let back = numbers[numbers.len() - 1] as f64 / factor;
            number.abs() < 9e15 && back.to_bits() == value.to_bits()
        });
        if exact {
            return Values::Decimal(Numbers::of(&numbers), scale as u8);
        }
    }
    Values::Float(values)
}

fn entry(numbers: &mut HashMap<Text, u32>, dictionary: &mut Vec<Text>, text: &Text) -> u32 {
    if let Some(number) = numbers.get(text) {
        return *number;
    }
    let number = dictionary.len() as u32;
    dictionary.push(text.clone());
    numbers.insert(text.clone(), number);
    number
}
