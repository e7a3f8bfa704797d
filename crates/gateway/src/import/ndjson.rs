//! Rows of a file with one JSON object a line.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, BufRead};

use model::{Record, Text, Timestamp};

use super::fields::{AtColumn, FieldMapper};
use super::mapping::Mapping;
use super::{Input, OpenError, ROW_BYTES_MAX, Rejected};
use crate::{Problem, segment};

/// Rows that are looked at to see which names exist.
const SAMPLE_ROWS: usize = 100;

/// The rows of a file with one JSON object a line.
pub(super) struct JsonRows {
    input: Input,
    sample: VecDeque<Line>,
    line: Line,
    number: u64,
    received_at: Timestamp,
    mapper: Option<FieldMapper>,
    done: bool,
}

/// A line without its end.
#[derive(Clone, Default)]
pub(super) struct Line {
    pub bytes: Vec<u8>,
    too_long: bool,
}

impl JsonRows {
    pub fn open(
        mut input: Input,
        mapping: Option<&Mapping>,
        received_at: Timestamp,
    ) -> Result<JsonRows, OpenError> {
        let mut sample = VecDeque::new();
        if mapping.is_some() {
            let mut bytes = 0;
            while sample.len() < SAMPLE_ROWS && bytes < ROW_BYTES_MAX {
                let mut line = Line::default();
                if !read_line(&mut input, &mut line, ROW_BYTES_MAX)? {
                    break;
                }
                bytes += line.bytes.len();
                sample.push_back(line);
            }
        }
        let names = names_of(&sample);
        // With no row that can be read, what is wrong is the rows, not the mapping.
        let names: Vec<&str> = match names.is_empty() {
            true => mapping.iter().flat_map(|m| m.columns()).map(|(_, column)| column).collect(),
            false => names.iter().map(Text::as_str).collect(),
        };
        let mapper = mapping
            .map(|mapping| FieldMapper::new(mapping, &names, received_at))
            .transpose()
            .map_err(OpenError::Mapping)?;
        let line = Line::default();
        Ok(JsonRows { input, sample, line, number: 0, received_at, mapper, done: false })
    }

    pub fn next_row(&mut self) -> Option<Result<(u64, Record), Rejected>> {
        while !self.done {
            self.number += 1;
            let number = self.number;
            match self.advance() {
                Ok(true) => {}
                Ok(false) => self.done = true,
                Err(error) => {
                    self.done = true;
                    return Some(Err(Rejected::unreadable(number, Some(number), &error)));
                }
            }
            if self.done || self.line.blank() {
                continue;
            }
            match self.record(number) {
                Ok(Some(record)) => return Some(Ok((number, record))),
                Ok(None) => {}
                Err((column, problem)) => {
                    let raw = self.line.raw();
                    return Some(Err(Rejected::new((number, Some(number)), column, problem, raw)));
                }
            }
        }
        None
    }

    fn advance(&mut self) -> io::Result<bool> {
        if let Some(line) = self.sample.pop_front() {
            self.line = line;
            return Ok(true);
        }
        read_line(&mut self.input, &mut self.line, ROW_BYTES_MAX)
    }

    fn record(&self, number: u64) -> Result<Option<Record>, AtColumn> {
        let whole = |problem| (None, problem);
        let text = self.line.text().map_err(whole)?;
        let Some(mapper) = &self.mapper else {
            return segment::message_of_row(text, number, self.received_at).map_err(whole);
        };
        let fields = segment::flat_object(text).map_err(whole)?;
        mapper.record(&fields, text.as_bytes(), number).map(Some)
    }
}

impl Line {
    /// Whether it says nothing.
    pub fn blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    pub fn text(&self) -> Result<&str, Problem> {
        if self.too_long {
            return Err(super::row_too_long());
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| super::row_not_utf8())?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text).trim())
    }

    pub fn raw(&self) -> String {
        if self.too_long {
            return super::beginning(&self.bytes);
        }
        String::from_utf8_lossy(&self.bytes).trim_end().to_owned()
    }
}

/// The names that stand in the first rows.
fn names_of(sample: &VecDeque<Line>) -> BTreeSet<Text> {
    let fields = |line: &Line| line.text().and_then(segment::flat_object).unwrap_or_default();
    sample.iter().flat_map(fields).map(|(name, _)| name).collect()
}

/// Reads one line without its end; `false` at the end of the file. Of a line that is too long only
/// the beginning is kept.
pub(super) fn read_line(input: &mut Input, line: &mut Line, bytes_max: usize) -> io::Result<bool> {
    line.bytes.clear();
    line.too_long = false;
    let mut read = false;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(read);
        }
        read = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = bytes_max - line.bytes.len();
        line.too_long |= part.len() > room;
        line.bytes.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}
