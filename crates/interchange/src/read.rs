//! Tables in: any flat Parquet file through a mapping, and our own without one.

use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use gateway::import::{AtColumn, FieldMapper, Mapping, Rejected};
use gateway::{Problem, validate};
use model::{Event, EventId, Record, Text, Timestamp, Value, What, Who, Zone};
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;

use crate::{ESCAPE, EVENT_COLUMNS, EVENTS_TABLE, Error, JSON_COLUMNS_KEY, TABLE_KEY, json};

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 4_096;

/// The rows of a Parquet file.
pub struct Rows {
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    at: usize,
    number: u64,
    headers: Vec<Header>,
    meaning: Meaning,
    zone: Zone,
    done: bool,
}

struct Header {
    name: Text,
    json: bool,
    /// Whether the column is asked for.
    wanted: bool,
}

enum Meaning {
    Mapped(Box<FieldMapper>),
    OwnEvents,
}

impl Rows {
    /// Reads an open file that arrived at `received_at`. Without a mapping it must be one that
    /// [`crate::EventWriter`] wrote.
    pub fn open_file(
        file: File,
        mapping: Option<&Mapping>,
        received_at: Timestamp,
    ) -> Result<Rows, Error> {
        guarded(|| Rows::open(file, mapping, received_at))
    }

    /// The same for a file in memory.
    pub fn open_bytes(
        bytes: Vec<u8>,
        mapping: Option<&Mapping>,
        received_at: Timestamp,
    ) -> Result<Rows, Error> {
        guarded(|| Rows::open(Bytes::from(bytes), mapping, received_at))
    }

    fn open<R: ChunkReader + 'static>(
        input: R,
        mapping: Option<&Mapping>,
        received_at: Timestamp,
    ) -> Result<Rows, Error> {
        // Types are taken from Parquet alone: other writers' Arrow hints name kinds of columns
        // (dictionaries, views) that hold the same values.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(input, options)?;
        let json = json_columns(builder.metadata());
        let fields = builder.schema().fields();
        let header = |name: &String| Header {
            name: Text::new(name),
            json: json.contains(name),
            wanted: mapping.is_none_or(|mapping| wants(mapping, name)),
        };
        let headers: Vec<Header> = fields.iter().map(|field| header(field.name())).collect();
        let unreadable = fields
            .iter()
            .zip(&headers)
            .filter(|(field, header)| header.wanted && !readable(field.data_type()));
        let problems: Vec<Problem> = unreadable
            .map(|(field, _)| unreadable_column(field.name(), field.data_type()))
            .collect();
        if !problems.is_empty() {
            return Err(Error::Mapping(problems));
        }
        let meaning = match mapping {
            Some(mapping) => {
                let names: Vec<&str> = headers.iter().map(|header| header.name.as_str()).collect();
                let mapper = FieldMapper::new(mapping, &names, received_at);
                Meaning::Mapped(Box::new(mapper.map_err(Error::Mapping)?))
            }
            None if metadata(builder.metadata(), TABLE_KEY) == Some(EVENTS_TABLE) => {
                Meaning::OwnEvents
            }
            None => return Err(Error::Mapping(vec![foreign()])),
        };
        let zone = mapping.map_or_else(Zone::utc, |mapping| mapping.zone.clone());
        let reader = builder.with_batch_size(BATCH_ROWS).build()?;
        let (batch, at, number, done) = (None, 0, 0, false);
        Ok(Rows { reader, batch, at, number, headers, meaning, zone, done })
    }

    /// Makes sure that there is a row; `false` at the end.
    fn advance(&mut self) -> Result<bool, Error> {
        self.at += 1;
        while self.batch.as_ref().is_none_or(|batch| self.at >= batch.num_rows()) {
            match guarded(|| Ok(self.reader.next().transpose()?))? {
                Some(batch) => self.batch = Some(batch),
                None => return Ok(false),
            }
            self.at = 0;
        }
        Ok(true)
    }

    fn record(&self) -> Result<Record, AtColumn> {
        let fields = self.fields()?;
        match &self.meaning {
            Meaning::Mapped(mapper) => mapper.record(&fields, &content(&fields), self.number),
            Meaning::OwnEvents => own_event(fields),
        }
    }

    /// The values of the row that are not null.
    fn fields(&self) -> Result<Vec<(Text, Value)>, AtColumn> {
        let Some(batch) = &self.batch else { return Ok(Vec::new()) };
        let mut fields = Vec::with_capacity(self.headers.len());
        for (header, column) in self.headers.iter().zip(batch.columns()) {
            let value = if header.wanted { value(column, self.at, &self.zone) } else { None };
            let Some(value) = value else { continue };
            let value = match value {
                Value::Text(text) if header.json => json::read(&text),
                value => value,
            };
            check(&header.name, &value)
                .map_err(|problem| (Some(header.name.to_string()), problem))?;
            fields.push((header.name.clone(), value));
        }
        Ok(fields)
    }
}

impl Iterator for Rows {
    type Item = Result<(u64, Record), Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        self.number += 1;
        let row = self.number;
        let rejected = |column, problem: Problem, raw| {
            let Problem { code, message, hint } = problem;
            Some(Err(Rejected { row, line: None, column, code, message, hint, raw }))
        };
        match self.advance() {
            Ok(true) => {}
            Ok(false) => {
                self.done = true;
                return None;
            }
            Err(error) => {
                self.done = true;
                let message = format!("the file cannot be read on from here: {error}");
                let hint = "check that the file is complete, then import it again";
                let problem = Problem::new("file.unreadable", message, hint);
                return rejected(None, problem, String::new());
            }
        }
        match self.record() {
            Ok(record) => Some(Ok((row, record))),
            Err((column, problem)) => {
                let raw = self.fields().map(|fields| raw(&fields)).unwrap_or_default();
                rejected(column, problem, raw)
            }
        }
    }
}

/// Runs code of the Parquet library. It panics on some damaged files (it asserts what metadata say),
/// and files come from outside; nothing that it was working on is used after that.
fn guarded<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Error::Damaged))
}

fn wants(mapping: &Mapping, column: &str) -> bool {
    !mapping.only_mapped || mapping.mentions(column)
}

fn check(name: &str, value: &Value) -> Result<(), Problem> {
    validate::property_name(name)?;
    match value {
        Value::Text(text) => validate::text_value(name, text),
        Value::List(items) => validate::list_length(name, items.len()),
        Value::Float(x) if !x.is_finite() => Err(Problem::new(
            "row.value_invalid",
            format!("the column \"{name}\" holds {x}, which is not a number"),
            "replace it with null",
        )),
        _ => Ok(()),
    }
}

/// The event of a row of our own table.
fn own_event(fields: Vec<(Text, Value)>) -> Result<Record, AtColumn> {
    let (mut user, mut name, mut id) = (None, None, None);
    let (mut time, mut received) = (None, None);
    let mut properties = Vec::with_capacity(fields.len());
    for (column, value) in fields {
        match (column.as_str(), value) {
            ("user_id", Value::Text(text)) => user = Some(text),
            ("event", Value::Text(text)) => name = Some(text),
            ("time", Value::Time(at)) => time = Some(at),
            ("received_at", Value::Time(at)) => received = Some(at),
            ("event_id", Value::Text(text)) => id = u128::from_str_radix(&text, 16).ok(),
            (name, value) if !EVENT_COLUMNS.contains(&name) => {
                let name = name.strip_prefix(ESCAPE).unwrap_or(name);
                properties.push((Text::new(name), value));
            }
            _ => {}
        }
    }
    let lacks = |column: &str| {
        let message = format!("the row has no valid {column}");
        let hint = "export the file again, or import it with a mapping";
        (Some(column.to_owned()), Problem::new("row.value_invalid", message, hint))
    };
    let user = user.ok_or_else(|| lacks("user_id"))?;
    let name = validate::event_name(&name.unwrap_or_default());
    let name = name.map_err(|problem| (Some("event".to_owned()), problem))?;
    let received_at = received.ok_or_else(|| lacks("received_at"))?;
    let time = time.ok_or_else(|| lacks("time"))?;
    let id = EventId(id.ok_or_else(|| lacks("event_id"))?);
    let properties = validate::properties(properties).map_err(|problem| (None, problem))?;
    let who = Who::of(Some(user), None);
    Ok(Record { received_at, who, what: What::Event(Event { name, time, id, properties }) })
}

/// Whether values of a type can be read.
fn readable(data_type: &DataType) -> bool {
    use DataType::*;
    match data_type {
        Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 => true,
        Float32 | Float64 | Utf8 | Date32 | Timestamp(..) | Decimal128(..) | Null => true,
        List(item) => !matches!(item.data_type(), List(_)) && readable(item.data_type()),
        _ => false,
    }
}

/// The value at a row; `None` for null.
fn value(column: &dyn Array, row: usize, zone: &Zone) -> Option<Value> {
    if column.is_null(row) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        DataType::Int8 => Value::Int(i64::from(primitive::<Int8Type>(column, row))),
        DataType::Int16 => Value::Int(i64::from(primitive::<Int16Type>(column, row))),
        DataType::Int32 => Value::Int(i64::from(primitive::<Int32Type>(column, row))),
        DataType::Int64 => Value::Int(primitive::<Int64Type>(column, row)),
        DataType::UInt8 => Value::Int(i64::from(primitive::<UInt8Type>(column, row))),
        DataType::UInt16 => Value::Int(i64::from(primitive::<UInt16Type>(column, row))),
        DataType::UInt32 => Value::Int(i64::from(primitive::<UInt32Type>(column, row))),
        DataType::UInt64 => {
            let n = primitive::<UInt64Type>(column, row);
            i64::try_from(n).map_or(Value::Float(n as f64), Value::Int)
        }
        DataType::Float32 => Value::Float(f64::from(primitive::<Float32Type>(column, row))),
        DataType::Float64 => Value::Float(primitive::<Float64Type>(column, row)),
        DataType::Utf8 => Value::text(column.as_string::<i32>().value(row)),
        DataType::Date32 => {
            let day = i64::from(primitive::<Date32Type>(column, row));
            Value::Time(validate::local_time(Timestamp(day * 86_400_000), zone))
        }
        DataType::Timestamp(unit, offset) => {
            let wall = instant(column, row, *unit);
            Value::Time(if offset.is_some() { wall } else { validate::local_time(wall, zone) })
        }
        DataType::Decimal128(_, scale) => {
            let digits = primitive::<Decimal128Type>(column, row);
            Value::Float(digits as f64 / 10f64.powi(i32::from(*scale)))
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            let item = |i| value(&items, i, zone).unwrap_or(Value::Null);
            Value::List((0..items.len()).map(item).collect())
        }
        _ => return None,
    })
}

fn primitive<T: ArrowPrimitiveType>(column: &dyn Array, row: usize) -> T::Native {
    column.as_primitive::<T>().value(row)
}

fn instant(column: &dyn Array, row: usize, unit: TimeUnit) -> Timestamp {
    let ms = match unit {
        TimeUnit::Second => primitive::<TimestampSecondType>(column, row).saturating_mul(1_000),
        TimeUnit::Millisecond => primitive::<TimestampMillisecondType>(column, row),
        TimeUnit::Microsecond => {
            primitive::<TimestampMicrosecondType>(column, row).div_euclid(1_000)
        }
        TimeUnit::Nanosecond => {
            primitive::<TimestampNanosecondType>(column, row).div_euclid(1_000_000)
        }
    };
    Timestamp(ms).clamp(Timestamp::MIN, Timestamp::MAX)
}

/// What a row says, in a form that is the same whenever it is read.
fn content(fields: &[(Text, Value)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (name, value) in fields {
        for part in [name.as_str(), &json::write(value)] {
            content.extend_from_slice(&(part.len() as u64).to_le_bytes());
            content.extend_from_slice(part.as_bytes());
        }
    }
    content
}

/// The row as a JSON object.
fn raw(fields: &[(Text, Value)]) -> String {
    let field = |(name, value): &(Text, Value)| {
        format!("{}:{}", json::write(&Value::Text(name.clone())), json::write(value))
    };
    format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(","))
}

fn metadata<'a>(file: &'a ParquetMetaData, key: &str) -> Option<&'a str> {
    let entries = file.file_metadata().key_value_metadata()?;
    entries.iter().find(|entry| entry.key == key)?.value.as_deref()
}

fn json_columns(file: &ParquetMetaData) -> BTreeSet<String> {
    let text = metadata(file, JSON_COLUMNS_KEY).unwrap_or("[]");
    serde_json::from_str::<Vec<String>>(text).unwrap_or_default().into_iter().collect()
}

fn unreadable_column(name: &str, data_type: &DataType) -> Problem {
    Problem::new(
        "file.unreadable_column",
        format!("the column \"{name}\" has the type {data_type}, which cannot be imported"),
        "convert it to a number, a text, a time or a list of these, or import with only-mapped=true",
    )
}

fn foreign() -> Problem {
    Problem::new(
        "mapping.missing",
        "the file was not exported from here and needs a mapping",
        "add user=COLUMN, time=COLUMN and event=COLUMN or event==NAME",
    )
}
