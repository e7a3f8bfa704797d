//! A comma separated file with a header: unpacking, columns by name, cells with their place.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};

use csv::StringRecord;
use flate2::read::MultiGzDecoder;
use model::record::sort_properties;
use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, Value, What, Who};
use xxhash_rust::xxh3::Xxh3;

use super::decimal::Decimal;
use super::{Error, Report};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Characters of a wrong cell that an error shows.
const FOUND_CHARS_MAX: usize = 60;

/// From rows to records, with facts counted on the way.
pub(super) trait Convert {
    /// Takes one row; appends the records that it stands for.
    fn row(&mut self, row: &Row<'_>, out: &mut VecDeque<Record>) -> Result<(), Error>;

    /// After the last row.
    fn finish(&mut self, _out: &mut VecDeque<Record>) {}

    /// Facts about the rows so far.
    fn report(&self) -> Report;
}

/// A file being read row by row.
pub(super) struct Table<'a> {
    set: &'static str,
    reader: csv::Reader<Box<dyn Read + 'a>>,
    columns: &'static [&'static str],
    places: Vec<usize>,
    cells: StringRecord,
    n_rows: u64,
}

/// One row. Cells are asked for by their position in the expected columns.
pub(super) struct Row<'a> {
    /// 0 for the first row after the header.
    pub number: u64,
    line: u64,
    columns: &'static [&'static str],
    places: &'a [usize],
    cells: &'a StringRecord,
}

impl<'a> Table<'a> {
    /// Unpacks `part` if it is gzip, and finds the expected columns in its header. Further columns
    /// are ignored, and their order is free.
    pub fn open(
        set: &'static str,
        part: Box<dyn Read + 'a>,
        columns: &'static [&'static str],
    ) -> Result<Table<'a>, Error> {
        let wrong = |source| Error::Read { set, source };
        let bytes = unpacked(part).map_err(|e| wrong(csv::Error::from(e)))?;
        let mut reader = csv::Reader::from_reader(bytes);
        let found: Vec<String> = reader
            .headers()
            .map_err(wrong)?
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let place = |column: &&str| found.iter().position(|name| name == column);
        let places: Vec<usize> = columns.iter().filter_map(place).collect();
        if places.len() < columns.len() {
            let missing = columns.iter().filter(|c| place(c).is_none()).copied().collect();
            return Err(Error::Columns { set, found, missing, expected: columns });
        }
        Ok(Table { set, reader, columns, places, cells: StringRecord::new(), n_rows: 0 })
    }

    /// The next row, if there is one.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, Error> {
        let set = self.set;
        let read = self.reader.read_record(&mut self.cells);
        self.n_rows += 1;
        if !read.map_err(|source| Error::Read { set, source })? {
            return Ok(None);
        }
        Ok(Some(Row {
            number: self.n_rows - 1,
            line: self.cells.position().map_or(0, csv::Position::line),
            columns: self.columns,
            places: &self.places,
            cells: &self.cells,
        }))
    }
}

impl Row<'_> {
    /// The cell as it is written.
    pub fn text(&self, column: usize) -> &str {
        self.cells.get(self.places[column]).unwrap_or("")
    }

    /// The cell, which must not be empty.
    pub fn required(&self, column: usize) -> Result<&str, Error> {
        match self.text(column) {
            "" => Err(self.wrong(column, "something")),
            text => Ok(text),
        }
    }

    /// A whole number.
    pub fn int(&self, column: usize) -> Result<i64, Error> {
        self.text(column).parse().map_err(|_| self.wrong(column, "a whole number"))
    }

    /// A decimal number.
    pub fn decimal(&self, column: usize) -> Result<Decimal, Error> {
        Decimal::parse(self.text(column)).ok_or_else(|| self.wrong(column, "a decimal number"))
    }

    /// A date, or a date and time, without zone (taken as UTC).
    pub fn time(&self, column: usize) -> Result<Timestamp, Error> {
        let time = Timestamp::parse(self.text(column)).ok();
        time.ok_or_else(|| self.wrong(column, "a date or a date and time, as in 2011-12-09 12:50"))
    }

    /// Hash of all cells that the set uses. Equal rows have equal hashes.
    pub fn content(&self) -> u128 {
        self.hashed(&[])
    }

    /// Identity of the record that this row stands for: its content and its number. `kind` tells
    /// several records of one row apart.
    pub fn id(&self, kind: u8) -> EventId {
        let mut place = [kind; 9];
        place[..8].copy_from_slice(&self.number.to_le_bytes());
        EventId(self.hashed(&place))
    }

    fn hashed(&self, more: &[u8]) -> u128 {
        let mut hash = Xxh3::new();
        for column in 0..self.columns.len() {
            hash.update(self.text(column).as_bytes());
            hash.update(&[0]);
        }
        hash.update(more);
        hash.digest128()
    }

    pub fn wrong(&self, column: usize, expected: &'static str) -> Error {
        Error::Cell {
            line: self.line,
            column: self.columns[column],
            found: self.text(column).chars().take(FOUND_CHARS_MAX).collect(),
            expected,
        }
    }
}

/// An event of a known user that was accepted when it happened.
pub(super) fn event(
    user: &str,
    name: &str,
    time: Timestamp,
    id: EventId,
    mut properties: Vec<(Text, Value)>,
) -> Record {
    sort_properties(&mut properties);
    let event = Event { name: Text::new(name), time, id, properties };
    Record { received_at: time, who: Who::user(user), what: What::Event(event) }
}

/// One attribute of a known user from `time` on.
pub(super) fn attribute(
    user: &str,
    time: Timestamp,
    id: EventId,
    (name, value): (&'static str, Value),
) -> Record {
    let attributes = vec![(Text::const_new(name), value)];
    let change = AttributeChange::set(time, id, attributes);
    Record { received_at: time, who: Who::user(user), what: What::Identify(change) }
}

/// A property.
pub(super) fn property(name: &'static str, value: Value) -> (Text, Value) {
    (Text::const_new(name), value)
}

/// The bytes, unpacked if they start as gzip does.
fn unpacked<'a>(mut part: Box<dyn Read + 'a>) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = Vec::with_capacity(GZIP_MAGIC.len());
    part.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    let packed = start == GZIP_MAGIC;
    let whole = Cursor::new(start).chain(part);
    Ok(if packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}
