//! Files of rows, turned into records: CSV and newline-delimited JSON, plain or gzip, and what other
//! products export ([`Vendor`]).
//!
//! A [`Mapping`] says which column is the user, the time and the event. Rows are read one after the
//! other in bounded memory; a bad row is handed back with its number, column and text, and reading
//! goes on. The same file imported twice gives the same ids, so nothing counts twice; equal rows
//! within a file each count.
//!
//! ```
//! use gateway::import::{Format, Mapping, Rows};
//! let mapping = Mapping::parse(&["user=customer", "time=day", "event==Purchase"]).unwrap();
//! let file = "customer,day,amount\nada,2026-03-01,12.5\n";
//! let now = "2026-03-02".parse().unwrap();
//! let mut rows = Rows::open(Box::new(file.as_bytes()), Format::Csv, Some(&mapping), now).unwrap();
//! let (number, record) = rows.next().unwrap().unwrap();
//! assert_eq!((number, record.who.user_id.as_deref()), (1, Some("ada")));
//! ```

use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use model::{Record, Timestamp};

use crate::Problem;
use crate::body::GZIP_MAGIC;

mod assemble;
mod cell;
mod csv;
mod export;
mod fields;
mod mapping;
mod ndjson;
mod seen;

#[cfg(test)]
mod tests;

pub use cell::CellKind;
pub use export::{ExportSettings, Vendor};
pub use fields::{AtColumn, FieldMapper};
pub use mapping::{DateOrder, Mapping, Source};
pub(crate) use seen::Seen;

/// The longest row, in bytes: what is longer is a missing quote or no table.
pub const ROW_BYTES_MAX: usize = 1024 * 1024;
/// Columns of a file.
pub const COLUMNS_MAX: usize = 4_096;
/// Rows that are looked at to tell what kind of values a column holds.
pub const SAMPLE_ROWS: usize = 1_000;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header line and rows of fields, separated by comma, semicolon, tab or bar (whichever the
    /// header has most of).
    Csv,
    /// One JSON object a line. Without a mapping, each is a message of the Segment family.
    Ndjson,
}

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error("read the file")]
    Io(#[from] io::Error),
    /// The mapping does not fit it; every problem is listed.
    #[error("the mapping does not fit the file")]
    Mapping(Vec<Problem>),
}

/// A row that is not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its number, from 1, the header not counted.
    pub row: u64,
    /// The line of the file on which it begins, from 1; nothing where a file has no lines.
    pub line: Option<u64>,
    /// The column that is wrong, if it is one.
    pub column: Option<String>,
    /// A stable code: those of [`crate::validate`], `row.*`, or `file.unreadable`, after which
    /// there are no more rows.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: &'static str,
    /// The row as it stands in the file (its first 1,024 bytes, if it is too long).
    pub raw: String,
}

/// The rows of a file.
pub struct Rows(Reader);

enum Reader {
    Csv(Box<csv::CsvRows>),
    Ndjson(Box<ndjson::JsonRows>),
    Export(Box<export::ExportRows>),
}

impl Rows {
    /// Begins to read a file that arrived at `received_at`.
    ///
    /// Errors: the mapping names a column that the file does not have, or lacks what the format
    /// needs; the beginning of the file cannot be read.
    pub fn open(
        input: Box<dyn Read + Send>,
        format: Format,
        mapping: Option<&Mapping>,
        received_at: Timestamp,
    ) -> Result<Rows, OpenError> {
        let input = unpack(input)?;
        let reader = match format {
            Format::Csv => {
                let mapping =
                    mapping.ok_or_else(|| OpenError::Mapping(vec![mapping::missing()]))?;
                Reader::Csv(Box::new(csv::CsvRows::open(input, mapping, received_at)?))
            }
            Format::Ndjson => {
                Reader::Ndjson(Box::new(ndjson::JsonRows::open(input, mapping, received_at)?))
            }
        };
        Ok(Rows(reader))
    }

    /// The same for what another product exported: one record a line, or pages of them as its API
    /// answers them. One row may give several records, which then have one number.
    pub fn open_export(
        input: Box<dyn Read + Send>,
        vendor: Vendor,
        settings: &ExportSettings,
        received_at: Timestamp,
    ) -> io::Result<Rows> {
        let rows = export::ExportRows::new(unpack(input)?, vendor, settings.clone(), received_at);
        Ok(Rows(Reader::Export(Box::new(rows))))
    }
}

impl Iterator for Rows {
    type Item = Result<(u64, Record), Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Reader::Csv(rows) => rows.next_row(),
            Reader::Ndjson(rows) => rows.next_row(),
            Reader::Export(rows) => rows.next_row(),
        }
    }
}

impl Rejected {
    fn new(
        (row, line): (u64, Option<u64>),
        column: Option<String>,
        problem: Problem,
        raw: String,
    ) -> Rejected {
        let Problem { code, message, hint } = problem;
        Rejected { row, line, column, code, message, hint, raw }
    }

    fn unreadable(row: u64, line: Option<u64>, error: &io::Error) -> Rejected {
        let problem = Problem::new(
            "file.unreadable",
            format!("the file cannot be read on from here: {error}"),
            "check that the file is complete, then import it again: rows that are in count once",
        );
        Rejected::new((row, line), None, problem, String::new())
    }
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.message, self.hint)
    }
}

type Input = BufReader<Box<dyn Read + Send>>;

/// Bytes that one read asks for.
const READ_BYTES: usize = 256 * 1024;

/// Unpacks gzip if the first two bytes say that it is.
fn unpack(mut input: Box<dyn Read + Send>) -> io::Result<Input> {
    let mut start = Vec::new();
    input.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    let packed = start == GZIP_MAGIC;
    let whole = Cursor::new(start).chain(input);
    let input: Box<dyn Read + Send> =
        if packed { Box::new(Packed(MultiGzDecoder::new(whole))) } else { Box::new(whole) };
    Ok(BufReader::with_capacity(READ_BYTES, input))
}

/// A reader of gzip whose errors say so.
struct Packed<R: Read>(MultiGzDecoder<R>);

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let message = format!("the gzip data are cut short or damaged: {error}");
            io::Error::new(error.kind(), message)
        })
    }
}

/// The beginning of a row that is too long to keep.
fn beginning(row: &[u8]) -> String {
    String::from_utf8_lossy(&row[..row.len().min(1_024)]).into_owned()
}

fn row_too_long() -> Problem {
    Problem::new(
        "row.too_long",
        format!("the row has more than {ROW_BYTES_MAX} bytes"),
        "look for a quote that is not closed",
    )
}

fn row_not_utf8() -> Problem {
    Problem::new("row.not_utf8", "the row is not UTF-8", "save the file as UTF-8")
}
