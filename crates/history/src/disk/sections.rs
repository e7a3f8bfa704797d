//! The columns of a part as bytes, and back.

use model::{Text, Value};

use super::codec::{Reader, Wrong, put_bytes, put_i64, put_u32, put_u64, put_value};
use super::planes::{numbers, packed, plane, put_numbers, put_packed, put_plane, put_u64s, u64s};
use super::spread::{put_spread, spread};
use crate::column::{Bits, Column, SCALES, Stretch, Values, gathered};
use crate::numbers::{Arrivals, Packed, Series};
use crate::part::{Facts, Runs};

const STEPS: u8 = 1;
const AFTER_TIME: u8 = 2;
const ROWS: u8 = 3;

const INT: u8 = 1;
const DECIMAL: u8 = 2;
const FLOAT: u8 = 3;
const TIME: u8 = 4;
const BOOL: u8 = 5;
const TEXT: u8 = 6;
const MIXED: u8 = 7;
/// Added to the kind where one value stands for each run of a user.
const PER_RUN: u8 = 0x40;
/// Added to the kind where values are missing.
const HAS_MISSING: u8 = 0x80;
/// Texts of a dictionary, together: bounds what a damaged length can make us allocate.
const TEXTS_MAX: u64 = 1 << 32;

/// Users as distances from one to the next, and rows of each, both less one.
pub(super) fn runs(runs: &Runs) -> Vec<u8> {
    let mut out = Vec::new();
    let before = |run: usize| if run == 0 { 0 } else { runs.users[run - 1] + 1 };
    let users = (0..runs.users.len()).map(|run| u64::from(runs.users[run] - before(run)));
    put_spread(&mut out, users);
    let lengths = (0..runs.users.len()).map(|run| runs.rows(run).len() as u64 - 1);
    put_spread(&mut out, lengths);
    out
}

pub(super) fn read_runs(reader: &mut Reader, facts: &Facts) -> Result<Runs, Wrong> {
    let n = facts.users;
    let (gaps, lengths) = (spread(reader, n)?, spread(reader, n)?);
    let wrong = |what| Wrong::at(0, what);
    let (mut users, mut starts) = (Vec::with_capacity(n), Vec::with_capacity(n + 1));
    let (mut next, mut row) = (0u64, 0u64);
    for run in 0..n {
        let user = next.saturating_add(gaps[run]);
        users.push(u32::try_from(user).map_err(|_| wrong("a user's number is too large"))?);
        starts.push(row as u32);
        next = user + 1;
        row = row.saturating_add(lengths[run]).saturating_add(1);
        if row > facts.rows as u64 {
            return Err(wrong("users have more rows than there are"));
        }
    }
    starts.push(row as u32);
    let ends = (users.first().copied(), users.last().copied());
    if row != facts.rows as u64 || (n > 0 && ends != (Some(facts.user_min), Some(facts.user_max))) {
        return Err(wrong("users have other rows than the directory says"));
    }
    Ok(Runs::new(users, starts))
}

/// Each user's first time, then how long after the one before every other time is.
pub(super) fn times(times: &[u32], runs: &Runs) -> Vec<u8> {
    let mut firsts = Vec::with_capacity(runs.users.len());
    let mut steps = Vec::with_capacity(times.len() - runs.users.len());
    for run in 0..runs.users.len() {
        let own = &times[runs.rows(run)];
        firsts.push(u64::from(own[0]));
        steps.extend(own.windows(2).map(|pair| u64::from(pair[1] - pair[0])));
    }
    let mut out = Vec::new();
    put_spread(&mut out, firsts.into_iter());
    put_spread(&mut out, steps.into_iter());
    out
}

pub(super) fn read_times(
    reader: &mut Reader,
    facts: &Facts,
    runs: &Runs,
) -> Result<Vec<u32>, Wrong> {
    let firsts = spread(reader, facts.users)?;
    let steps = spread(reader, facts.rows - facts.users)?;
    let mut steps = steps.into_iter();
    let mut times = Vec::with_capacity(facts.rows);
    let last = (facts.time_max - facts.time_min) as u64;
    for (run, first) in firsts.into_iter().enumerate() {
        let mut time = first;
        times.push(first as u32);
        for step in steps.by_ref().take(runs.rows(run).len() - 1) {
            time = time.saturating_add(step);
            times.push(time as u32);
        }
        if time > last {
            return Err(Wrong::at(0, "a time is later than the directory says"));
        }
    }
    Ok(times)
}

pub(super) fn series(series: &Series) -> Vec<u8> {
    let mut out = Vec::new();
    match series {
        Series::Steps(steps) => {
            out.push(STEPS);
            put_u32(&mut out, steps.len() as u32);
            for (from, value) in steps {
                put_u32(&mut out, *from);
                put_i64(&mut out, *value);
            }
        }
        Series::AfterTime(values) => {
            out.push(AFTER_TIME);
            put_numbers(&mut out, values);
        }
        Series::Rows(values) => {
            out.push(ROWS);
            put_numbers(&mut out, values);
        }
    }
    out
}

pub(super) fn arrivals(arrivals: &Arrivals) -> Vec<u8> {
    let mut out = series(&arrivals.frames);
    put_packed(&mut out, &arrivals.sequences());
    out
}

pub(super) fn read_arrivals(reader: &mut Reader, rows: usize) -> Result<Arrivals, Wrong> {
    let frames = read_series(reader, rows)?;
    Ok(Arrivals::from_parts(frames, packed(reader, rows)?))
}

pub(super) fn read_series(reader: &mut Reader, rows: usize) -> Result<Series, Wrong> {
    Ok(match reader.u8()? {
        STEPS => {
            let n = reader.u32()?;
            let mut steps = Vec::new();
            for _ in 0..n {
                steps.push((reader.u32()?, reader.i64()?));
            }
            if steps.is_empty() && rows > 0 {
                return Err(Wrong::at(0, "there is no step"));
            }
            Series::Steps(steps)
        }
        AFTER_TIME => Series::AfterTime(numbers(reader, rows)?),
        ROWS => Series::Rows(numbers(reader, rows)?),
        _ => return Err(Wrong::at(0, "an order is of an unknown kind")),
    })
}

/// A column; where all rows of each user are alike, one value per user.
pub(super) fn column(column: &Column, runs: &Runs) -> Vec<u8> {
    match per_run(column, runs) {
        Some(few) => put_column(&few, PER_RUN),
        None => put_column(column, 0),
    }
}

/// The first row of each run, if all others are like it.
fn per_run(column: &Column, runs: &Runs) -> Option<Column> {
    let n = runs.users.len();
    if n == column.len() || matches!(column.values, Values::Mixed(_)) {
        return None;
    }
    let alike = |a: usize, b: usize| {
        column.has(a) == column.has(b)
            && (!column.has(a)
                || match &column.values {
                    Values::Int(v) | Values::Decimal(v, _) | Values::Time(v) => {
                        v.get(a) == v.get(b)
                    }
                    Values::Float(v) => v[a].to_bits() == v[b].to_bits(),
                    Values::Bool(v) => v.get(a) == v.get(b),
                    Values::Text(v, _) => v.get(a) == v.get(b),
                    Values::Mixed(_) => false,
                })
    };
    let constant = (0..n).all(|run| {
        let rows = runs.rows(run);
        rows.clone().skip(1).all(|row| alike(rows.start, row))
    });
    let first = |run: usize| Stretch { which: 0, from: runs.starts[run], len: 1 };
    constant.then(|| gathered(&[Some(column)], &(0..n).map(first).collect::<Vec<_>>())).flatten()
}

fn put_column(column: &Column, flags: u8) -> Vec<u8> {
    let missing = if column.present.is_some() { HAS_MISSING } else { 0 };
    let mut out = vec![flags | missing | kind(&column.values)];
    if let Some(present) = &column.present {
        put_bits(&mut out, present);
    }
    match &column.values {
        Values::Int(values) | Values::Time(values) => put_numbers(&mut out, values),
        Values::Decimal(values, scale) => {
            out.push(*scale);
            put_numbers(&mut out, values);
        }
        Values::Float(values) => {
            let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
            put_u64s(&mut out, &bits);
        }
        Values::Bool(bits) => put_bits(&mut out, bits),
        Values::Text(codes, dictionary) => put_texts(&mut out, codes, dictionary),
        Values::Mixed(values) => {
            let mut raw = Vec::new();
            values.iter().for_each(|value| put_value(&mut raw, value));
            put_raw(&mut out, &raw);
        }
    }
    out
}

fn kind(values: &Values) -> u8 {
    match values {
        Values::Int(_) => INT,
        Values::Decimal(..) => DECIMAL,
        Values::Float(_) => FLOAT,
        Values::Time(_) => TIME,
        Values::Bool(_) => BOOL,
        Values::Text(..) => TEXT,
        Values::Mixed(_) => MIXED,
    }
}

pub(super) fn read_column(reader: &mut Reader, rows: usize, runs: &Runs) -> Result<Column, Wrong> {
    let flags = reader.u8()?;
    let per_run = flags & PER_RUN != 0;
    let n = if per_run { runs.users.len() } else { rows };
    let present = (flags & HAS_MISSING != 0).then(|| read_bits(reader, n)).transpose()?;
    let values = match flags & !(PER_RUN | HAS_MISSING) {
        INT => Values::Int(numbers(reader, n)?),
        DECIMAL => {
            let scale = reader.u8()?;
            if usize::from(scale) >= SCALES.len() {
                return Err(Wrong::at(reader.position(), "a decimal has an unknown scale"));
            }
            Values::Decimal(numbers(reader, n)?, scale)
        }
        FLOAT => Values::Float(u64s(reader, n)?.into_iter().map(f64::from_bits).collect()),
        TIME => Values::Time(numbers(reader, n)?),
        BOOL => Values::Bool(read_bits(reader, n)?),
        TEXT => read_texts(reader, n)?,
        MIXED => {
            let raw = read_raw(reader)?;
            let mut items = Reader::new(&raw);
            let values = (0..n).map(|_| items.value(0)).collect::<Result<Vec<Value>, _>>()?;
            Values::Mixed(values)
        }
        _ => return Err(Wrong::at(0, "a column is of an unknown kind")),
    };
    let column = Column { present, values };
    if !per_run {
        return Ok(column);
    }
    let repeated: Vec<Stretch> = (0..runs.users.len())
        .flat_map(|run| {
            let stretch = Stretch { which: 0, from: run as u32, len: 1 };
            std::iter::repeat_n(stretch, runs.rows(run).len())
        })
        .collect();
    gathered(&[Some(&column)], &repeated).ok_or(Wrong::at(0, "a column has no value"))
}

fn put_texts(out: &mut Vec<u8>, codes: &Packed, dictionary: &[Text]) {
    put_u32(out, dictionary.len() as u32);
    let mut raw = Vec::new();
    dictionary.iter().for_each(|text| put_bytes(&mut raw, text.as_bytes()));
    put_raw(out, &raw);
    put_packed(out, codes);
}

fn read_texts(reader: &mut Reader, n: usize) -> Result<Values, Wrong> {
    let n_entries = reader.u32()?;
    let raw = read_raw(reader)?;
    let mut texts = Reader::new(&raw);
    let dictionary = (0..n_entries).map(|_| texts.text()).collect::<Result<Vec<Text>, _>>()?;
    let codes = packed(reader, n)?;
    if (0..n).any(|row| codes.get(row) >= u64::from(n_entries)) {
        return Err(Wrong::at(reader.position(), "a text has no dictionary entry"));
    }
    Ok(Values::Text(codes, dictionary))
}

fn put_raw(out: &mut Vec<u8>, raw: &[u8]) {
    put_u64(out, raw.len() as u64);
    put_plane(out, raw);
}

fn read_raw(reader: &mut Reader) -> Result<Vec<u8>, Wrong> {
    let len = reader.u64()?;
    if len > TEXTS_MAX {
        return Err(Wrong::at(reader.position(), "texts are longer than a part can have"));
    }
    plane(reader, len as usize)
}

fn put_bits(out: &mut Vec<u8>, bits: &Bits) {
    let raw: Vec<u8> = bits.words().iter().flat_map(|word| word.to_le_bytes()).collect();
    put_plane(out, &raw);
}

fn read_bits(reader: &mut Reader, len: usize) -> Result<Bits, Wrong> {
    let raw = plane(reader, len.div_ceil(64) * 8)?;
    let words = raw.chunks_exact(8).map(|chunk| {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let wrong = Wrong::at(reader.position(), "bits have another length");
    Bits::from_words(words.collect(), len).ok_or(wrong)
}
