//! Rows of a CSV file.
//!
//! All that depends on the header alone (which field is the user, which fields are properties, in
//! the order of their names) is settled once when the file is opened.

use std::collections::VecDeque;
use std::io::{self, BufReader, Cursor, Read};

use model::{Record, Text, Timestamp, Value};

use super::assemble::{Assembly, At, Parts, column_of, mix};
use super::cell::{CellKind, Inference};
use super::mapping::{Mapping, Source};
use super::{Input, OpenError, READ_BYTES, Rejected};
use crate::{Problem, validate};

mod lines;

use lines::{Lines, Row, take_sample};

/// Bytes in which the header's separators are counted.
const START_BYTES: u64 = 64 * 1024;
/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The rows of a CSV file.
pub(super) struct CsvRows {
    lines: Lines,
    sample: VecDeque<Row>,
    row: Row,
    number: u64,
    plan: Plan,
    assembly: Assembly,
    mapping: Mapping,
    done: bool,
}

/// What each field is for.
struct Plan {
    user: Slot,
    anonymous: Slot,
    event: Slot,
    time: Slot,
    id: Slot,
    properties: Vec<Property>,
    headers: Vec<String>,
    delimiter: char,
}

enum Slot {
    Fixed(Text),
    Field(usize),
}

struct Property {
    name: Text,
    field: usize,
    kind: CellKind,
    /// Whether the mapping named the kind; then a cell of another kind is an error.
    strict: bool,
}

impl CsvRows {
    pub fn open(
        mut input: Input,
        mapping: &Mapping,
        received_at: Timestamp,
    ) -> Result<CsvRows, OpenError> {
        let mut start = Vec::new();
        input.by_ref().take(START_BYTES).read_to_end(&mut start)?;
        let marked = start.starts_with(BYTE_ORDER_MARK.as_bytes());
        start.drain(..if marked { BYTE_ORDER_MARK.len() } else { 0 });
        let delimiter = delimiter(&start);
        let input: Box<dyn Read + Send> = Box::new(Cursor::new(start).chain(input));
        let input = BufReader::with_capacity(READ_BYTES, input);
        let mut lines = Lines::new(input, delimiter);
        let mut row = Row::default();
        if !lines.read(&mut row)? {
            return Err(OpenError::Mapping(vec![no_header("the file is empty")]));
        }
        let fields = row.text().map(|_| row.fields().map(|f| f.trim().to_owned()).collect());
        let Some(headers) = fields.filter(|_| !row.too_long) else {
            return Err(OpenError::Mapping(vec![match row.too_long {
                true => no_header("the first line is too long"),
                false => not_utf8(),
            }]));
        };
        let mut plan =
            Plan::new(mapping, headers, char::from(delimiter)).map_err(OpenError::Mapping)?;
        let sample = take_sample(&mut lines)?;
        plan.infer(&sample);
        let (assembly, mapping) = (Assembly::new(mapping, received_at), mapping.clone());
        Ok(CsvRows { lines, sample, row, number: 0, plan, assembly, mapping, done: false })
    }

    pub fn next_row(&mut self) -> Option<Result<(u64, Record), Rejected>> {
        if self.done {
            return None;
        }
        self.number += 1;
        let number = self.number;
        match self.advance() {
            Ok(true) => {}
            Ok(false) => {
                self.done = true;
                return None;
            }
            Err(error) => {
                self.done = true;
                let line = Some(self.lines.line());
                return Some(Err(Rejected::unreadable(number, line, &error)));
            }
        }
        Some(match self.plan.record(&self.row, number, &self.assembly) {
            Ok(record) => Ok((number, record)),
            Err((column, problem)) => {
                let column = column.name(&self.mapping);
                let raw = self.row.raw(self.plan.delimiter);
                Err(Rejected::new((number, Some(self.row.line)), column, problem, raw))
            }
        })
    }

    fn advance(&mut self) -> io::Result<bool> {
        if let Some(row) = self.sample.pop_front() {
            self.row = row;
            return Ok(true);
        }
        self.lines.read(&mut self.row)
    }
}

/// Which column a problem is about.
enum Place {
    Key(&'static str),
    Column(String),
}

impl Place {
    fn name(self, mapping: &Mapping) -> Option<String> {
        match self {
            Place::Key(key) => column_of(mapping, key),
            Place::Column(column) => Some(column),
        }
    }
}

fn whole(problem: Problem) -> (Place, Problem) {
    (Place::Key(""), problem)
}

impl Plan {
    fn new(mapping: &Mapping, headers: Vec<String>, delimiter: char) -> Result<Plan, Vec<Problem>> {
        let names: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut problems = mapping.unknown_columns(&names);
        problems.extend(repeated(&names));
        if !problems.is_empty() {
            return Err(problems);
        }
        let slot = |source: &Option<Source>| match source {
            None => Slot::Fixed(Text::const_new("")),
            Some(Source::Fixed(text)) => Slot::Fixed(text.clone()),
            Some(Source::Column(column)) => {
                let found = names.iter().position(|name| name == column);
                found.map_or(Slot::Fixed(Text::const_new("")), Slot::Field)
            }
        };
        let (user, anonymous) = (slot(&mapping.user), slot(&mapping.anonymous));
        let (event, time, id) = (slot(&mapping.event), slot(&mapping.time), slot(&mapping.id));
        let properties = properties(mapping, &names)?;
        Ok(Plan { user, anonymous, event, time, id, properties, headers, delimiter })
    }

    /// Settles the kinds that the mapping does not say.
    fn infer(&mut self, sample: &VecDeque<Row>) {
        for property in self.properties.iter_mut().filter(|property| !property.strict) {
            let mut inference = Inference::new();
            for row in sample {
                inference.look(row.field(property.field).unwrap_or(""));
            }
            property.kind = inference.kind();
        }
    }

    fn record(
        &self,
        row: &Row,
        number: u64,
        assembly: &Assembly,
    ) -> Result<Record, (Place, Problem)> {
        if row.too_long {
            return Err(whole(super::row_too_long()));
        }
        if row.open_quote {
            return Err(whole(open_quote(row)));
        }
        if row.n_fields != self.headers.len() {
            return Err(whole(self.wrong_count(row.n_fields)));
        }
        let text = row.text().ok_or_else(|| whole(super::row_not_utf8()))?;
        let part = |slot| self.part(slot, row, text);
        let ends = row.ends[..row.n_fields].iter();
        let parts = Parts {
            user: part(&self.user)?,
            anonymous: part(&self.anonymous)?,
            event: part(&self.event)?,
            time: part(&self.time)?,
            id: part(&self.id)?,
            properties: self.values(row, text, assembly)?,
            content: text.as_bytes(),
            seed: ends.fold(number, |seed, end| mix(seed, *end as u64)),
        };
        assembly.record(parts).map_err(|(key, problem): At| (Place::Key(key), problem))
    }

    fn part<'a>(
        &'a self,
        slot: &'a Slot,
        row: &Row,
        text: &'a str,
    ) -> Result<&'a str, (Place, Problem)> {
        match slot {
            Slot::Fixed(fixed) => Ok(fixed),
            Slot::Field(n) => {
                let field = text.get(row.range(*n)).map(str::trim);
                field.ok_or_else(|| whole(super::row_not_utf8()))
            }
        }
    }

    fn values(
        &self,
        row: &Row,
        text: &str,
        assembly: &Assembly,
    ) -> Result<Vec<(Text, Value)>, (Place, Problem)> {
        let mut values = Vec::with_capacity(self.properties.len());
        for property in &self.properties {
            let cell =
                text.get(row.range(property.field)).ok_or_else(|| whole(super::row_not_utf8()))?;
            if cell.is_empty() {
                continue;
            }
            let at = |problem| (Place::Column(self.headers[property.field].clone()), problem);
            validate::text_value(&property.name, cell).map_err(at)?;
            let value = match property.kind.read(cell, &assembly.zone) {
                Some(value) => value,
                None if property.strict => return Err(at(wrong_kind(cell, property.kind))),
                None => Value::Text(Text::new(cell)),
            };
            values.push((property.name.clone(), value));
        }
        Ok(values)
    }

    fn wrong_count(&self, n: usize) -> Problem {
        Problem::new(
            "row.field_count",
            format!("the row has {n} fields, the header has {}", self.headers.len()),
            "quote fields that contain the separator or a line break",
        )
    }
}

/// What a quote that is not closed costs is said, as everything after it is part of one row.
fn open_quote(row: &Row) -> Problem {
    // Without the one that was added at the end.
    let text = &row.bytes[..row.n_bytes.saturating_sub(1)];
    let breaks = text.iter().filter(|byte| **byte == b'\n').count();
    Problem::new(
        "row.open_quote",
        format!("a quote is not closed before the file ends, {breaks} line breaks later"),
        "close the quote, or write a quote that is text twice, then import the file again",
    )
}

pub(super) fn wrong_kind(cell: &str, kind: CellKind) -> Problem {
    let message = format!("\"{}\" is not of the type {}", crate::body::clip(cell), kind.name());
    Problem::new("row.value_invalid", message, "correct the value, or map the column as a string")
}

/// The properties in the order of their names: the mapped ones, and all columns that are mapped to
/// nothing, under their own names.
fn properties(mapping: &Mapping, names: &[&str]) -> Result<Vec<Property>, Vec<Problem>> {
    let mut properties = Vec::new();
    for (name, column, kind) in &mapping.properties {
        let Some(field) = names.iter().position(|known| known == column) else { continue };
        let (kind, strict) = (kind.unwrap_or(CellKind::Text), kind.is_some());
        properties.push(Property { name: name.clone(), field, kind, strict });
    }
    let mapped: Vec<&str> = mapping.columns().into_iter().map(|(_, column)| column).collect();
    for (field, name) in names.iter().enumerate() {
        if mapping.only_mapped || name.is_empty() || mapped.contains(name) {
            continue;
        }
        let (name, kind) = (Text::new(name), CellKind::Text);
        properties.push(Property { name, field, kind, strict: false });
    }
    properties.sort_by(|a, b| a.name.cmp(&b.name));
    let mut problems: Vec<Problem> =
        properties.iter().filter_map(|p| validate::property_name(&p.name).err()).collect();
    for pair in properties.windows(2).filter(|pair| pair[0].name == pair[1].name) {
        let message = format!("two columns become the property \"{}\"", pair[0].name);
        problems.push(Problem::new("mapping.twice", message, "map one of them to another name"));
    }
    if problems.is_empty() { Ok(properties) } else { Err(problems) }
}

/// Problems of headers that stand twice. Columns without a name may.
fn repeated(names: &[&str]) -> Vec<Problem> {
    let mut sorted: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    sorted.sort_unstable();
    let twice = sorted.windows(2).filter(|pair| pair[0] == pair[1]);
    twice
        .map(|pair| {
            let message = format!("the header has the column \"{}\" twice", pair[0]);
            Problem::new("mapping.repeated_column", message, "give every column its own name")
        })
        .collect()
}

fn not_utf8() -> Problem {
    let message = "the first line of the file is not UTF-8";
    let hint = "save the file as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 FILE";
    Problem::new("mapping.not_utf8", message, hint)
}

fn no_header(found: &str) -> Problem {
    let message = format!("the file has no header: {found}");
    Problem::new("mapping.no_header", message, "begin the file with a line of column names")
}

/// The separator that the first line has most of, outside of quotes.
fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in line {
        quoted ^= *byte == b'"';
        for (candidate, n) in &mut counts {
            *n += usize::from(!quoted && byte == candidate);
        }
    }
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(candidate, _)| *candidate)
}
