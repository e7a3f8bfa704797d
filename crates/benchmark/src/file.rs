//! The generated events as one Parquet file with typed columns, for other engines.
//!
//! `user` UINT32, `name`, `city`, `platform` and `category` as dictionaries of text, `time` INT64
//! in milliseconds since 1970 (UTC), `id` UINT64, `duration` INT32, `amount` DOUBLE; zstd.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use arrow_array::types::UInt8Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    UInt8Array, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::dictionary::{ABSENT, CATEGORIES, CITIES, NAMES, PLATFORMS};
use crate::generate::Batch;

/// Rows of a row group.
const GROUP_ROWS: usize = 1_024 * 1_024;

/// Writes batches to a file.
pub struct EventFile {
    writer: ArrowWriter<File>,
    schema: SchemaRef,
    words: [ArrayRef; 4],
}

impl EventFile {
    /// Makes the file, over whatever had its name.
    pub fn create(path: &Path) -> anyhow::Result<EventFile> {
        let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
        let schema = schema();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        let words = [&NAMES[..], &CITIES[..], &PLATFORMS[..], &CATEGORIES[..]];
        let words = words.map(|words| Arc::new(StringArray::from(words.to_vec())) as ArrayRef);
        Ok(EventFile { writer, schema, words })
    }

    /// Adds a batch.
    pub fn write(&mut self, batch: &Batch) -> anyhow::Result<()> {
        let [names, cities, platforms, categories] = &self.words;
        let duration = batch.duration.iter().map(|seconds| Some(*seconds).filter(|n| *n >= 0));
        let amount = batch.amount_cents.iter();
        let amount = amount.map(|cents| (*cents >= 0).then(|| f64::from(*cents) / 100.0));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(batch.user.clone())),
            coded(&batch.name, names)?,
            Arc::new(Int64Array::from(batch.time.clone())),
            Arc::new(UInt64Array::from(batch.id.clone())),
            coded(&batch.city, cities)?,
            coded(&batch.platform, platforms)?,
            coded(&batch.category, categories)?,
            Arc::new(duration.collect::<Int32Array>()),
            Arc::new(amount.collect::<Float64Array>()),
        ];
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        Ok(self.writer.write(&rows)?)
    }

    /// Ends the file.
    pub fn finish(self) -> anyhow::Result<()> {
        self.writer.close()?;
        Ok(())
    }
}

fn schema() -> SchemaRef {
    let text = || DataType::Dictionary(Box::new(DataType::UInt8), Box::new(DataType::Utf8));
    Arc::new(Schema::new(vec![
        Field::new("user", DataType::UInt32, false),
        Field::new("name", text(), false),
        Field::new("time", DataType::Int64, false),
        Field::new("id", DataType::UInt64, false),
        Field::new("city", text(), true),
        Field::new("platform", text(), true),
        Field::new("category", text(), true),
        Field::new("duration", DataType::Int32, true),
        Field::new("amount", DataType::Float64, true),
    ]))
}

fn coded(codes: &[u8], words: &ArrayRef) -> anyhow::Result<ArrayRef> {
    let keys: UInt8Array = codes.iter().map(|code| Some(*code).filter(|c| *c != ABSENT)).collect();
    Ok(Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, Arc::clone(words))?))
}
