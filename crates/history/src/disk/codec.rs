//! Parts as bytes: one block per array, little-endian. Nothing read is trusted: lengths, numbers
//! of names and dictionary entries, and the order of rows are checked.

use model::{Text, Timestamp, Value};

use super::MAGIC;
use super::block::{Blocks, put_block};
use crate::column::{Bits, Column, MISSING};
use crate::names::NameId;
use crate::part::Part;

/// What is wrong with bytes that should hold a part.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) at: u64,
    pub(super) what: &'static str,
}

impl Wrong {
    pub(super) fn at(at: u64, what: &'static str) -> Wrong {
        Wrong { at, what }
    }
}

const USER: u8 = 1;
const TIME: u8 = 2;
const ARRIVAL: u8 = 3;
const RECEIVED: u8 = 4;
const ID: u8 = 5;
const INT: u8 = 16;
const FLOAT: u8 = 17;
const TIMES: u8 = 18;
const BOOL: u8 = 19;
const TEXT: u8 = 20;
const MIXED: u8 = 21;
/// The last block: the number of blocks before it, so that a file cut between blocks is noticed.
const END: u8 = 255;
/// Depth of lists in lists that is read back.
const LIST_DEPTH_MAX: usize = 16;

pub(super) fn encode_part(part: &Part) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    let Part { user, time, arrival, received, id, columns, time_min: _, time_max: _ } = part;
    put_block(&mut out, USER, 0, &raw(user, put_u32));
    put_block(&mut out, TIME, 0, &raw(time, put_i64));
    put_block(&mut out, ARRIVAL, 0, &raw(arrival, put_u64));
    put_block(&mut out, RECEIVED, 0, &raw(received, put_i64));
    put_block(&mut out, ID, 0, &raw(id, put_u128));
    for (name, column) in columns {
        let (kind, bytes) = encode_column(column);
        put_block(&mut out, kind, name.0, &bytes);
    }
    let n_blocks = 5 + columns.len() as u64;
    put_block(&mut out, END, 0, &n_blocks.to_le_bytes());
    out
}

fn raw<T: Copy>(values: &[T], put: fn(&mut Vec<u8>, T)) -> Vec<u8> {
    let mut out = Vec::with_capacity(std::mem::size_of_val(values));
    values.iter().for_each(|value| put(&mut out, *value));
    out
}

fn encode_column(column: &Column) -> (u8, Vec<u8>) {
    let mut out = Vec::new();
    let kind = match column {
        Column::Int(values, present) | Column::Time(values, present) => {
            put_bits(&mut out, present);
            values.iter().for_each(|value| put_i64(&mut out, *value));
            if matches!(column, Column::Int(..)) { INT } else { TIMES }
        }
        Column::Float(values, present) => {
            put_bits(&mut out, present);
            values.iter().for_each(|value| put_u64(&mut out, value.to_bits()));
            FLOAT
        }
        Column::Bool(values, present) => {
            put_bits(&mut out, present);
            out.extend(values.iter().map(|value| u8::from(*value)));
            BOOL
        }
        Column::Text(codes, dictionary) => {
            put_u64(&mut out, dictionary.len() as u64);
            dictionary.iter().for_each(|text| put_bytes(&mut out, text.as_bytes()));
            codes.iter().for_each(|code| put_u32(&mut out, *code));
            TEXT
        }
        Column::Mixed(values) => {
            values.iter().for_each(|value| put_value(&mut out, value));
            MIXED
        }
    };
    (kind, out)
}

pub(super) fn decode_part(bytes: &[u8], n_names: usize) -> Result<Part, Wrong> {
    let mut part = Part::default();
    let (mut n_blocks, mut complete) = (0, false);
    for block in Blocks::of(bytes)? {
        let block = block?;
        let mut reader = Reader::new(&block.raw);
        n_blocks += 1;
        match block.kind {
            END => complete = reader.u64()? == n_blocks - 1,
            USER => part.user = reader.all(Reader::u32)?,
            TIME => part.time = reader.all(Reader::i64)?,
            ARRIVAL => part.arrival = reader.all(Reader::u64)?,
            RECEIVED => part.received = reader.all(Reader::i64)?,
            ID => part.id = reader.all(Reader::u128)?,
            kind => {
                if block.name as usize >= n_names {
                    return Err(Wrong::at(0, "a column has a name that does not exist"));
                }
                let column = decode_column(kind, &mut reader, part.user.len())?;
                part.columns.insert(NameId(block.name), column);
            }
        }
    }
    if !complete {
        return Err(Wrong::at(bytes.len() as u64, "blocks are missing"));
    }
    let rows = part.user.len();
    let lengths = [part.time.len(), part.arrival.len(), part.received.len(), part.id.len()];
    let even = lengths.iter().all(|len| *len == rows);
    if !even || part.columns.values().any(|column| column.len() != rows) {
        return Err(Wrong::at(0, "columns have different lengths"));
    }
    if !part.sorted() {
        return Err(Wrong::at(0, "rows are out of order"));
    }
    part.note_times();
    Ok(part)
}

fn decode_column(kind: u8, reader: &mut Reader, rows: usize) -> Result<Column, Wrong> {
    Ok(match kind {
        INT | TIMES => {
            let present = reader.bits(rows)?;
            let values = reader.all(Reader::i64)?;
            if kind == INT { Column::Int(values, present) } else { Column::Time(values, present) }
        }
        FLOAT => {
            let present = reader.bits(rows)?;
            Column::Float(reader.all(|reader| Ok(f64::from_bits(reader.u64()?)))?, present)
        }
        BOOL => {
            let present = reader.bits(rows)?;
            Column::Bool(reader.all(|reader| Ok(reader.u8()? != 0))?, present)
        }
        TEXT => {
            let n = reader.u64()?;
            let dictionary = (0..n).map(|_| reader.text()).collect::<Result<Vec<Text>, _>>()?;
            let codes = reader.all(Reader::u32)?;
            if codes.iter().any(|code| *code != MISSING && *code as usize >= dictionary.len()) {
                return Err(Wrong::at(reader.position(), "a text has no dictionary entry"));
            }
            Column::Text(codes, dictionary)
        }
        MIXED => Column::Mixed(reader.all(|reader| reader.value(0))?),
        _ => return Err(Wrong::at(0, "a column is of an unknown kind")),
    })
}

pub(super) fn put_u32(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

pub(super) fn put_u64(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(&n.to_le_bytes());
}

pub(super) fn put_i64(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(&n.to_le_bytes());
}

pub(super) fn put_u128(out: &mut Vec<u8>, n: u128) {
    out.extend_from_slice(&n.to_le_bytes());
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_bits(out: &mut Vec<u8>, bits: &Bits) {
    bits.words().iter().for_each(|word| put_u64(out, *word));
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(b) => out.extend_from_slice(&[1, u8::from(*b)]),
        Value::Int(n) => {
            out.push(2);
            put_i64(out, *n);
        }
        Value::Float(x) => {
            out.push(3);
            put_u64(out, x.to_bits());
        }
        Value::Text(text) => {
            out.push(4);
            put_bytes(out, text.as_bytes());
        }
        Value::Time(time) => {
            out.push(5);
            put_i64(out, time.0);
        }
        Value::List(items) => {
            out.push(6);
            put_u64(out, items.len() as u64);
            items.iter().for_each(|item| put_value(out, item));
        }
    }
}

/// Reads what the functions above wrote, with every bound checked.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub(super) fn position(&self) -> u64 {
        self.at as u64
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        let taken = self.bytes.get(self.at..self.at.saturating_add(N));
        let taken = taken.and_then(|bytes| bytes.try_into().ok());
        let taken = taken.ok_or(Wrong::at(self.at as u64, "it ends too early"))?;
        self.at += N;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Wrong> {
        Ok(self.take::<1>()?[0])
    }

    pub(super) fn u32(&mut self) -> Result<u32, Wrong> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Wrong> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    pub(super) fn i64(&mut self) -> Result<i64, Wrong> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    fn u128(&mut self) -> Result<u128, Wrong> {
        Ok(u128::from_le_bytes(self.take()?))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Wrong> {
        let n = self.u64()?;
        let end = usize::try_from(n).ok().and_then(|n| self.at.checked_add(n));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(Wrong::at(self.at as u64, "it ends too early"))?;
        self.at += taken.len();
        Ok(taken)
    }

    fn bits(&mut self, rows: usize) -> Result<Bits, Wrong> {
        let words = (0..rows.div_ceil(64)).map(|_| self.u64()).collect::<Result<_, _>>()?;
        Bits::from_words(words, rows).ok_or(Wrong::at(self.at as u64, "bits have another length"))
    }

    /// Items up to the end.
    fn all<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
        let mut items = Vec::new();
        while self.at < self.bytes.len() {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Wrong> {
        Ok(match self.u8()? {
            0 => Value::Null,
            1 => Value::Bool(self.u8()? != 0),
            2 => Value::Int(self.i64()?),
            3 => Value::Float(f64::from_bits(self.u64()?)),
            4 => Value::Text(self.text()?),
            5 => Value::Time(Timestamp(self.i64()?)),
            6 if depth < LIST_DEPTH_MAX => {
                let n = self.u64()?;
                let items = (0..n).map(|_| self.value(depth + 1)).collect::<Result<Vec<_>, _>>()?;
                Value::List(items.into_boxed_slice())
            }
            _ => return Err(Wrong::at(self.at as u64, "a value is of an unknown kind")),
        })
    }
}
