//! Which columns a table needs: names and kinds, collected in a first pass over the data.

use std::collections::BTreeMap;

use arrow_schema::{DataType, Field, TimeUnit};
use model::{Text, Value};

use crate::ESCAPE;

/// The properties that were seen, with their kinds.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    seen: BTreeMap<Text, Seen>,
}

/// The kinds of values that were seen under one name.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    boolean: bool,
    int: bool,
    /// An integer that a float would round.
    large_int: bool,
    float: bool,
    text: bool,
    time: bool,
    list: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Bool,
    Int,
    Float,
    Text,
    Time,
    Json,
}

/// The largest integer up to which all are exact as floats.
const EXACT_INT_MAX: u64 = 1 << 53;

impl Columns {
    /// Looks at the properties of one event, or the attributes of one user.
    pub fn see(&mut self, properties: &[(Text, Value)]) {
        for (name, value) in properties {
            match self.seen.get_mut(name) {
                Some(seen) => seen.add(value),
                None => {
                    let mut seen = Seen::default();
                    seen.add(value);
                    self.seen.insert(name.clone(), seen);
                }
            }
        }
    }

    /// Names and kinds, in the order of the names.
    pub(crate) fn kinds(&self) -> Vec<(Text, ColumnKind)> {
        self.seen.iter().map(|(name, seen)| (name.clone(), seen.kind())).collect()
    }
}

impl Seen {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(_) => self.boolean = true,
            Value::Int(n) => {
                self.int = true;
                self.large_int |= n.unsigned_abs() > EXACT_INT_MAX;
            }
            Value::Float(_) => self.float = true,
            Value::Text(_) => self.text = true,
            Value::Time(_) => self.time = true,
            Value::List(_) => self.list = true,
        }
    }

    fn kind(self) -> ColumnKind {
        let Seen { boolean, int, large_int, float, text, time, list } = self;
        let number = int || float;
        match (boolean, number, text, time, list) {
            (true, false, false, false, false) => ColumnKind::Bool,
            (false, true, false, false, false) if !float => ColumnKind::Int,
            (false, true, false, false, false) if !large_int => ColumnKind::Float,
            (false, false, false, true, false) => ColumnKind::Time,
            (false, false, _, false, false) => ColumnKind::Text,
            _ => ColumnKind::Json,
        }
    }
}

impl ColumnKind {
    pub fn data_type(self) -> DataType {
        match self {
            ColumnKind::Bool => DataType::Boolean,
            ColumnKind::Int => DataType::Int64,
            ColumnKind::Float => DataType::Float64,
            ColumnKind::Text | ColumnKind::Json => DataType::Utf8,
            ColumnKind::Time => instant_type(),
        }
    }
}

/// The column type of an instant.
pub(crate) fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// The column of a property beside these fixed columns.
pub(crate) fn column_name(property: &str, fixed: &[&str]) -> String {
    if fixed.contains(&property) || property.starts_with(ESCAPE) {
        format!("{ESCAPE}{property}")
    } else {
        property.to_owned()
    }
}

/// The fields of the property columns.
pub(crate) fn fields(kinds: &[(Text, ColumnKind)], fixed: &[&str]) -> Vec<Field> {
    let field = |(name, kind): &(Text, ColumnKind)| {
        Field::new(column_name(name, fixed), kind.data_type(), true)
    };
    kinds.iter().map(field).collect()
}
