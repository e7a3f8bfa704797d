//! Tables out: rows are collected into batches of bounded size and written as row groups.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use model::{Event, Text, Timestamp, Value};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::columns::{ColumnKind, Columns, column_name, fields, instant_type};
use crate::{
    EVENT_COLUMNS, EVENTS_TABLE, Error, JSON_COLUMNS_KEY, PROFILE_COLUMNS, PROFILES_TABLE,
    TABLE_KEY, json,
};

/// Rows of a batch: what is held in memory before it is encoded.
const BATCH_ROWS: usize = 16 * 1_024;

/// Writes events, one a row.
pub struct EventWriter<W: Write + Send> {
    table: Table<W>,
    users: StringBuilder,
    names: StringBuilder,
    times: TimestampMillisecondBuilder,
    received: TimestampMillisecondBuilder,
    ids: StringBuilder,
}

/// Writes profiles, one user a row.
pub struct ProfileWriter<W: Write + Send> {
    table: Table<W>,
    users: StringBuilder,
}

impl<W: Write + Send> EventWriter<W> {
    /// Begins a file. `columns` must have seen all events that will be written: a property that it
    /// did not see is left out.
    pub fn new(out: W, columns: &Columns) -> Result<EventWriter<W>, Error> {
        let [user, event, time, received, id] = EVENT_COLUMNS;
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let instant = |name: &str| Field::new(name, instant_type(), false);
        let fixed = vec![text(user), text(event), instant(time), instant(received), text(id)];
        Ok(EventWriter {
            table: Table::new(out, columns, fixed, &EVENT_COLUMNS, EVENTS_TABLE)?,
            users: StringBuilder::new(),
            names: StringBuilder::new(),
            times: TimestampMillisecondBuilder::new(),
            received: TimestampMillisecondBuilder::new(),
            ids: StringBuilder::new(),
        })
    }

    /// Adds an event of a user.
    pub fn push(&mut self, user: &str, received_at: Timestamp, event: &Event) -> Result<(), Error> {
        let Event { name, time, id, properties } = event;
        self.users.append_value(user);
        self.names.append_value(name);
        self.times.append_value(time.0);
        self.received.append_value(received_at.0);
        self.ids.append_value(id.to_string());
        if self.table.push(properties) { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and ends the file.
    pub fn finish(mut self) -> Result<W, Error> {
        self.flush()?;
        self.table.finish()
    }

    fn flush(&mut self) -> Result<(), Error> {
        let fixed: Vec<ArrayRef> = vec![
            Arc::new(self.users.finish()),
            Arc::new(self.names.finish()),
            Arc::new(self.times.finish().with_timezone("UTC")),
            Arc::new(self.received.finish().with_timezone("UTC")),
            Arc::new(self.ids.finish()),
        ];
        self.table.flush(fixed)
    }
}

impl<W: Write + Send> ProfileWriter<W> {
    /// Begins a file. `columns` must have seen all profiles that will be written.
    pub fn new(out: W, columns: &Columns) -> Result<ProfileWriter<W>, Error> {
        let fixed = vec![Field::new(PROFILE_COLUMNS[0], DataType::Utf8, false)];
        let table = Table::new(out, columns, fixed, &PROFILE_COLUMNS, PROFILES_TABLE)?;
        Ok(ProfileWriter { table, users: StringBuilder::new() })
    }

    /// Adds a user with their attributes, which are sorted by name, each once.
    pub fn push(&mut self, user: &str, attributes: &[(Text, Value)]) -> Result<(), Error> {
        self.users.append_value(user);
        if self.table.push(attributes) { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and ends the file.
    pub fn finish(mut self) -> Result<W, Error> {
        self.flush()?;
        self.table.finish()
    }

    fn flush(&mut self) -> Result<(), Error> {
        let users: ArrayRef = Arc::new(self.users.finish());
        self.table.flush(vec![users])
    }
}

/// The property columns and the file behind them.
struct Table<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    columns: Vec<(Text, Column)>,
    n_rows: usize,
}

impl<W: Write + Send> Table<W> {
    fn new(
        out: W,
        columns: &Columns,
        fixed: Vec<Field>,
        fixed_names: &[&str],
        table: &str,
    ) -> Result<Table<W>, Error> {
        let kinds = columns.kinds();
        let all: Vec<Field> = fixed.into_iter().chain(fields(&kinds, fixed_names)).collect();
        let schema = Arc::new(Schema::new(all));
        let json = kinds.iter().filter(|(_, kind)| *kind == ColumnKind::Json);
        let json: Vec<String> = json.map(|(name, _)| column_name(name, fixed_names)).collect();
        let metadata = vec![
            KeyValue::new(TABLE_KEY.to_owned(), table.to_owned()),
            KeyValue::new(JSON_COLUMNS_KEY.to_owned(), serde_json::Value::from(json).to_string()),
        ];
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(metadata))
            .build();
        let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
        let columns = kinds.into_iter().map(|(name, kind)| (name, Column::new(kind))).collect();
        Ok(Table { writer, schema, columns, n_rows: 0 })
    }

    /// Adds a row; whether the batch is full. Both lists are sorted by name and are walked together.
    fn push(&mut self, properties: &[(Text, Value)]) -> bool {
        debug_assert!(properties.is_sorted_by(|a, b| a.0 < b.0));
        let mut rest = properties.iter().peekable();
        for (name, column) in &mut self.columns {
            while rest.next_if(|(other, _)| other < name).is_some() {}
            let value = rest.next_if(|(other, _)| other == name);
            column.push(value.map_or(&Value::Null, |(_, value)| value));
        }
        self.n_rows += 1;
        self.n_rows >= BATCH_ROWS
    }

    fn flush(&mut self, mut arrays: Vec<ArrayRef>) -> Result<(), Error> {
        arrays.extend(self.columns.iter_mut().map(|(_, column)| column.finish()));
        if self.n_rows > 0 {
            self.writer.write(&RecordBatch::try_new(self.schema.clone(), arrays)?)?;
        }
        self.n_rows = 0;
        Ok(())
    }

    fn finish(self) -> Result<W, Error> {
        Ok(self.writer.into_inner()?)
    }
}

enum Column {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Text(StringBuilder),
    Time(TimestampMillisecondBuilder),
    Json(StringBuilder),
}

impl Column {
    fn new(kind: ColumnKind) -> Column {
        match kind {
            ColumnKind::Bool => Column::Bool(BooleanBuilder::new()),
            ColumnKind::Int => Column::Int(Int64Builder::new()),
            ColumnKind::Float => Column::Float(Float64Builder::new()),
            ColumnKind::Text => Column::Text(StringBuilder::new()),
            ColumnKind::Time => Column::Time(TimestampMillisecondBuilder::new()),
            ColumnKind::Json => Column::Json(StringBuilder::new()),
        }
    }

    /// Adds a value. One of another kind than was seen in the first pass becomes null.
    fn push(&mut self, value: &Value) {
        match (self, value) {
            (Column::Bool(to), Value::Bool(b)) => to.append_value(*b),
            (Column::Int(to), Value::Int(n)) => to.append_value(*n),
            (Column::Float(to), value) => to.append_option(value.number()),
            (Column::Text(to), Value::Text(text)) => to.append_value(text),
            (Column::Time(to), Value::Time(time)) => to.append_value(time.0),
            (Column::Json(to), value) if !value.missing() => to.append_value(json::write(value)),
            (Column::Bool(to), _) => to.append_null(),
            (Column::Int(to), _) => to.append_null(),
            (Column::Text(to) | Column::Json(to), _) => to.append_null(),
            (Column::Time(to), _) => to.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Bool(from) => Arc::new(from.finish()),
            Column::Int(from) => Arc::new(from.finish()),
            Column::Float(from) => Arc::new(from.finish()),
            Column::Text(from) | Column::Json(from) => Arc::new(from.finish()),
            Column::Time(from) => Arc::new(from.finish().with_timezone("UTC")),
        }
    }
}
