//! Rows of a file with one JSON object a line.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::io::{self, BufRead};

use model::{Record, Text, Timestamp, Value};

use super::assemble::{Assembly, Parts, column_of, mix};
use super::cell::CellKind;
use super::csv::wrong_kind;
use super::mapping::{Mapping, Source};
use super::{Input, OpenError, ROW_BYTES_MAX, Rejected};
use crate::{Problem, segment, validate};

/// Rows that are looked at to see which names exist.
const SAMPLE_ROWS: usize = 100;

/// The rows of a file with one JSON object a line.
pub(super) struct JsonRows {
    input: Input,
    sample: VecDeque<Line>,
    line: Line,
    number: u64,
    received_at: Timestamp,
    mapped: Option<Mapped>,
    done: bool,
}

#[derive(Clone, Default)]
struct Line {
    bytes: Vec<u8>,
    too_long: bool,
}

struct Mapped {
    mapping: Mapping,
    assembly: Assembly,
}

type At = (Option<String>, Problem);

impl JsonRows {
    pub fn open(
        mut input: Input,
        mapping: Option<&Mapping>,
        received_at: Timestamp,
    ) -> Result<JsonRows, OpenError> {
        let mut sample = VecDeque::new();
        if let Some(mapping) = mapping {
            let mut bytes = 0;
            while sample.len() < SAMPLE_ROWS && bytes < ROW_BYTES_MAX {
                let mut line = Line::default();
                if !read_line(&mut input, &mut line)? {
                    break;
                }
                bytes += line.bytes.len();
                sample.push_back(line);
            }
            check_names(mapping, &sample).map_err(OpenError::Mapping)?;
        }
        let mapped = mapping.map(|mapping| Mapped {
            mapping: mapping.clone(),
            assembly: Assembly::new(mapping, received_at),
        });
        let line = Line::default();
        Ok(JsonRows { input, sample, line, number: 0, received_at, mapped, done: false })
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
                    return Some(Err(Rejected::unreadable(number, &error)));
                }
            }
            let blank = self.line.bytes.iter().all(u8::is_ascii_whitespace);
            if self.done || blank {
                continue;
            }
            match self.record(number) {
                Ok(Some(record)) => return Some(Ok((number, record))),
                Ok(None) => {}
                Err((column, problem)) => {
                    let raw = self.line.raw();
                    return Some(Err(Rejected::new(number, column, problem, raw)));
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
        read_line(&mut self.input, &mut self.line)
    }

    fn record(&self, number: u64) -> Result<Option<Record>, At> {
        let text = self.line.text().map_err(|problem| (None, problem))?;
        match &self.mapped {
            Some(mapped) => mapped.record(text, number).map(Some),
            None => {
                let record = segment::message_of_row(text, number, self.received_at);
                record.map_err(|problem| (None, problem))
            }
        }
    }
}

impl Line {
    fn text(&self) -> Result<&str, Problem> {
        if self.too_long {
            return Err(super::row_too_long());
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| super::row_not_utf8())?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text).trim())
    }

    fn raw(&self) -> String {
        if self.too_long {
            return super::beginning(&self.bytes);
        }
        String::from_utf8_lossy(&self.bytes).trim_end().to_owned()
    }
}

impl Mapped {
    fn record(&self, text: &str, number: u64) -> Result<Record, At> {
        let fields = segment::flat_object(text).map_err(|problem| (None, problem))?;
        let mapping = &self.mapping;
        let user = part(&mapping.user, &fields);
        let anonymous = part(&mapping.anonymous, &fields);
        let event = part(&mapping.event, &fields);
        let time = part(&mapping.time, &fields);
        let id = part(&mapping.id, &fields);
        let properties = self.properties(&fields)?;
        let parts = Parts {
            user: &user,
            anonymous: &anonymous,
            event: &event,
            time: &time,
            id: &id,
            properties,
            content: text.as_bytes(),
            seed: mix(number, 0),
        };
        self.assembly.record(parts).map_err(|(key, problem)| (column_of(mapping, key), problem))
    }

    fn properties(&self, fields: &[(Text, Value)]) -> Result<Vec<(Text, Value)>, At> {
        let mut properties = Vec::with_capacity(fields.len());
        for (name, column, kind) in &self.mapping.properties {
            let Some((_, value)) = fields.iter().find(|(known, _)| known == column) else {
                continue;
            };
            let value = match kind {
                Some(kind) => self.convert(value, *kind).map_err(|p| (Some(column.clone()), p))?,
                None => value.clone(),
            };
            properties.push((name.clone(), value));
        }
        if !self.mapping.only_mapped {
            let mapped = self.mapping.columns();
            let free = |name: &Text| !mapped.iter().any(|(_, column)| *column == name.as_str());
            properties.extend(fields.iter().filter(|(name, _)| free(name)).cloned());
        }
        validate::properties(properties).map_err(|problem| (None, problem))
    }

    /// A value as the kind that the mapping names. Lists stay lists.
    fn convert(&self, value: &Value, kind: CellKind) -> Result<Value, Problem> {
        if matches!(value, Value::Null | Value::List(_)) {
            return Ok(value.clone());
        }
        let text = plain(value);
        kind.read(&text, &self.assembly.zone).ok_or_else(|| wrong_kind(&text, kind))
    }
}

/// The text of a mapped field; empty if it is not there or no plain value.
fn part<'a>(source: &'a Option<Source>, fields: &'a [(Text, Value)]) -> Cow<'a, str> {
    match source {
        None => Cow::Borrowed(""),
        Some(Source::Fixed(text)) => Cow::Borrowed(text),
        Some(Source::Column(column)) => {
            let field = fields.iter().find(|(name, _)| name == column);
            field.map_or(Cow::Borrowed(""), |(_, value)| plain(value))
        }
    }
}

fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null | Value::List(_) => Cow::Borrowed(""),
        Value::Text(text) => Cow::Borrowed(text),
        Value::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
        Value::Int(n) => Cow::Owned(n.to_string()),
        Value::Float(x) => Cow::Owned(x.to_string()),
        Value::Time(t) => Cow::Owned(t.to_string()),
    }
}

/// Every mapped name must stand in one of the first rows.
fn check_names(mapping: &Mapping, sample: &VecDeque<Line>) -> Result<(), Vec<Problem>> {
    let mut names = BTreeSet::new();
    for line in sample {
        let fields = line.text().and_then(segment::flat_object).unwrap_or_default();
        names.extend(fields.into_iter().map(|(name, _)| name));
    }
    let names: Vec<&str> = names.iter().map(Text::as_str).collect();
    let problems = mapping.unknown_columns(&names);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Reads one line without its end; `false` at the end of the file. Of a line that is too long only
/// the beginning is kept.
fn read_line(input: &mut Input, line: &mut Line) -> io::Result<bool> {
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
        let room = ROW_BYTES_MAX - line.bytes.len();
        line.too_long |= part.len() > room;
        line.bytes.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}
