//! Single rows of a CSV file, split into fields, in memory of bounded size.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::import::{COLUMNS_MAX, Input, ROW_BYTES_MAX, SAMPLE_ROWS, beginning};

/// Bytes that the rows kept for inference may take together.
const SAMPLE_BYTES: usize = 4 * 1024 * 1024;

/// The fields of one row, one after the other, and where each ends.
#[derive(Clone, Default)]
pub(super) struct Row {
    pub bytes: Vec<u8>,
    pub ends: Vec<usize>,
    pub n_bytes: usize,
    pub n_fields: usize,
    pub too_long: bool,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Whether the file ends inside a quote of this row.
    pub open_quote: bool,
}

pub(super) fn take_sample(lines: &mut Lines) -> io::Result<VecDeque<Row>> {
    let (mut sample, mut bytes) = (VecDeque::new(), 0);
    while sample.len() < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
        let mut row = Row::default();
        if !lines.read(&mut row)? {
            break;
        }
        row.bytes.truncate(row.n_bytes);
        row.bytes.shrink_to_fit();
        row.ends.truncate(row.n_fields);
        row.ends.shrink_to_fit();
        bytes += row.n_bytes;
        sample.push_back(row);
    }
    Ok(sample)
}

impl Row {
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes[..self.n_bytes]).ok()
    }

    pub fn range(&self, field: usize) -> std::ops::Range<usize> {
        let start = if field == 0 { 0 } else { self.ends[field - 1] };
        start..self.ends[field]
    }

    pub fn field(&self, field: usize) -> Option<&str> {
        if field >= self.n_fields || self.too_long {
            return None;
        }
        std::str::from_utf8(&self.bytes[self.range(field)]).ok()
    }

    pub fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.n_fields).map(|n| self.field(n).unwrap_or(""))
    }

    /// The row, written again.
    pub fn raw(&self, delimiter: char) -> String {
        if self.too_long {
            return beginning(&self.bytes[..self.n_bytes]);
        }
        let mut raw = String::new();
        for n in 0..self.n_fields {
            if n > 0 {
                raw.push(delimiter);
            }
            let field = String::from_utf8_lossy(&self.bytes[self.range(n)]);
            if field.contains([delimiter, '"', '\n', '\r']) {
                raw.push('"');
                raw.push_str(&field.replace('"', "\"\""));
                raw.push('"');
            } else {
                raw.push_str(&field);
            }
        }
        raw
    }
}

/// Reads row after row into a buffer of bounded size.
pub(super) struct Lines {
    input: Input,
    reader: Box<Reader>,
}

impl Lines {
    /// The rows of an input whose fields a delimiter separates.
    pub fn new(input: Input, delimiter: u8) -> Lines {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Lines { input, reader: Box::new(reader) }
    }

    /// The line that is read next, from 1.
    pub fn line(&self) -> u64 {
        self.reader.line()
    }

    /// Reads the next row; `false` at the end of the file. Of a row that is too long the rest is
    /// skipped. The file gets a last line break: where it is text, a quote is open.
    pub fn read(&mut self, row: &mut Row) -> io::Result<bool> {
        (row.n_bytes, row.n_fields) = (0, 0);
        (row.too_long, row.open_quote) = (false, false);
        row.line = self.line();
        row.bytes.resize(row.bytes.len().max(1_024), 0);
        row.ends.resize(row.ends.len().max(64), 0);
        let mut closed = false;
        loop {
            let input = self.input.fill_buf()?;
            let at_end = input.is_empty();
            let (result, n_in, n_out, n_ends) = self.reader.read_record(
                if at_end && !closed { b"\n" } else { input },
                &mut row.bytes[row.n_bytes..],
                &mut row.ends[row.n_fields..],
            );
            if at_end && n_in > 0 {
                (closed, row.open_quote) = (true, n_out > 0);
            } else {
                self.input.consume(n_in);
            }
            row.n_bytes += n_out;
            row.n_fields += n_ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => row.make_room(),
                ReadRecordResult::OutputEndsFull => row.make_room_for_ends(),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
            }
        }
    }
}

impl Row {
    /// Doubles the buffer up to the limit; beyond it the row is too long and its bytes are dropped.
    fn make_room(&mut self) {
        if self.bytes.len() < ROW_BYTES_MAX {
            self.bytes.resize((self.bytes.len() * 2).min(ROW_BYTES_MAX), 0);
        } else {
            self.too_long = true;
            self.n_bytes = self.bytes.len() / 2;
        }
    }

    fn make_room_for_ends(&mut self) {
        if self.ends.len() < COLUMNS_MAX {
            self.ends.resize((self.ends.len() * 2).min(COLUMNS_MAX), 0);
        } else {
            self.too_long = true;
            self.n_fields = self.ends.len() / 2;
        }
    }
}
