//! The file of one part: sections one after the other, then a directory of them, then a tail that
//! says where the directory is. Each section is one column and carries a checksum that is verified
//! whenever it is read; delivery ids carry one per 512, so that few of them can be read alone, and
//! take nothing where all are 0.
//!
//! Nothing read is trusted: lengths, names, dictionary entries and the order of rows are checked.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::codec::{Reader, Wrong, put_i64, put_u32, put_u64};
use super::sections;
use super::{Error, ReadAt};
use crate::cache::Cache;
use crate::column::Column;
use crate::names::NameId;
use crate::numbers::{Arrivals, Series};
use crate::part::{Facts, Part, Runs};

const MAGIC: &[u8; 8] = b"PRNLPRT2";
const TAIL: usize = 24;
/// Ids that share a checksum.
const ID_BLOCK: usize = 512;
/// The largest directory accepted: bounds what a damaged length can make us allocate.
const DIRECTORY_MAX: u64 = 64 << 20;

const RUNS: u8 = 1;
const TIMES: u8 = 2;
const ARRIVALS: u8 = 3;
const RECEIVED: u8 = 4;
const IDS: u8 = 5;
const COLUMN: u8 = 6;

/// The file of a part, open for reading.
pub struct PartFile {
    path: PathBuf,
    bytes: Arc<dyn ReadAt>,
    cache: Arc<Cache>,
    sections: Arc<Vec<Section>>,
}

#[derive(Clone, Copy)]
struct Section {
    kind: u8,
    /// The name of the property; of ids, the bytes of one (0: all ids are 0).
    name: u32,
    at: u64,
    len: u64,
    check: u32,
}

/// What the columns of one kind take in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionSize {
    /// What: `users`, `times`, `order`, `ids` or `properties`.
    pub kind: &'static str,
    /// Bytes.
    pub bytes: u64,
}

/// The bytes of a part's file.
pub(crate) fn encode(part: &Part) -> Result<Vec<u8>, Error> {
    let mut file = Encoder { out: MAGIC.to_vec(), sections: Vec::new() };
    let (runs, times) = (part.runs()?, part.times()?);
    file.add(RUNS, 0, sections::runs(&runs));
    file.add(TIMES, 0, sections::times(&times, &runs));
    file.add(ARRIVALS, 0, sections::arrivals(&*part.arrivals()?));
    file.add(RECEIVED, 0, sections::series(&*part.received()?));
    file.add_ids(&part.ids(0..part.len())?);
    for property in part.columns() {
        if let Some(column) = part.column(property)? {
            file.add(COLUMN, property.0, sections::column(&column, &runs));
        }
    }
    Ok(file.finish(part.facts()))
}

/// A part that stands in a file: only its directory is read now.
pub(crate) fn open(
    path: PathBuf,
    bytes: Arc<dyn ReadAt>,
    cache: &Arc<Cache>,
    n_names: usize,
) -> Result<Part, Error> {
    let (facts, sections) = directory(&*bytes, n_names).map_err(|failed| failed.of(&path))?;
    let file = PartFile { path, bytes, cache: Arc::clone(cache), sections: Arc::new(sections) };
    Ok(Part::stored(facts, file))
}

struct Encoder {
    out: Vec<u8>,
    sections: Vec<Section>,
}

impl Encoder {
    fn add(&mut self, kind: u8, name: u32, bytes: Vec<u8>) {
        let (at, len) = (self.out.len() as u64, bytes.len() as u64);
        let check = crc32fast::hash(&bytes);
        self.sections.push(Section { kind, name, at, len, check });
        self.out.extend_from_slice(&bytes);
    }

    fn add_ids(&mut self, ids: &[u128]) {
        let width = match ids.iter().fold(0, |all, id| all | id) {
            0 => 0,
            all if all >> 64 == 0 => 8,
            _ => 16,
        };
        let at = self.out.len() as u64;
        let stored = if width == 0 { &[] } else { ids };
        for block in stored.chunks(ID_BLOCK) {
            let start = self.out.len();
            for id in block {
                self.out.extend_from_slice(&id.to_le_bytes()[..width]);
            }
            let check = crc32fast::hash(&self.out[start..]);
            put_u32(&mut self.out, check);
        }
        let len = self.out.len() as u64 - at;
        self.sections.push(Section { kind: IDS, name: width as u32, at, len, check: 0 });
    }

    fn finish(mut self, facts: &Facts) -> Vec<u8> {
        let at = self.out.len() as u64;
        let mut directory = Vec::new();
        let Facts { rows, users, time_min, time_max, received_min, received_max, .. } = *facts;
        put_u64(&mut directory, rows as u64);
        put_u64(&mut directory, users as u64);
        for number in [time_min, time_max, received_min, received_max] {
            put_i64(&mut directory, number);
        }
        put_u32(&mut directory, facts.user_min);
        put_u32(&mut directory, facts.user_max);
        for Section { kind, name, at, len, check } in &self.sections {
            directory.push(*kind);
            put_u32(&mut directory, *name);
            put_u64(&mut directory, *at);
            put_u64(&mut directory, *len);
            put_u32(&mut directory, *check);
        }
        self.out.extend_from_slice(&directory);
        put_u64(&mut self.out, at);
        let mut check = crc32fast::Hasher::new();
        check.update(&at.to_le_bytes());
        check.update(&directory);
        put_u32(&mut self.out, check.finalize());
        put_u32(&mut self.out, 0);
        self.out.extend_from_slice(MAGIC);
        self.out
    }
}

/// What can go wrong while a file is read.
enum Failed {
    Io(io::Error),
    Wrong(Wrong),
}

impl From<Wrong> for Failed {
    fn from(wrong: Wrong) -> Failed {
        Failed::Wrong(wrong)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Io(error)
    }
}

impl Failed {
    fn of(self, path: &std::path::Path) -> Error {
        match self {
            Failed::Io(source) => Error::Io { action: "read", path: path.to_path_buf(), source },
            Failed::Wrong(wrong) => super::damaged(path, wrong),
        }
    }
}

fn directory(bytes: &dyn ReadAt, n_names: usize) -> Result<(Facts, Vec<Section>), Failed> {
    let length = bytes.length()?;
    let start = length.checked_sub(TAIL as u64).filter(|start| *start >= MAGIC.len() as u64);
    let start = start.ok_or(Wrong::at(length, "it is too short for a part"))?;
    let tail = bytes.read_at(start, TAIL)?;
    let wrong = |what| Wrong::at(start, what);
    if tail[16..] != *MAGIC || bytes.read_at(0, MAGIC.len())? != MAGIC {
        return Err(wrong("it is not a part of a known version").into());
    }
    let mut reader = Reader::new(&tail);
    let (at, check, zero) = (reader.u64()?, reader.u32()?, reader.u32()?);
    let len = start.checked_sub(at).filter(|len| *len <= DIRECTORY_MAX && zero == 0);
    let len = len.ok_or(wrong("the directory is not where the file says"))?;
    let directory = bytes.read_at(at, len as usize)?;
    let mut found = crc32fast::Hasher::new();
    found.update(&at.to_le_bytes());
    found.update(&directory);
    if found.finalize() != check {
        return Err(Wrong::at(at, "the directory does not match its checksum").into());
    }
    Ok(read_directory(&directory, at, n_names)?)
}

fn read_directory(bytes: &[u8], end: u64, n_names: usize) -> Result<(Facts, Vec<Section>), Wrong> {
    let mut reader = Reader::new(bytes);
    let facts = Facts {
        rows: reader.u64()? as usize,
        users: reader.u64()? as usize,
        time_min: reader.i64()?,
        time_max: reader.i64()?,
        received_min: reader.i64()?,
        received_max: reader.i64()?,
        user_min: reader.u32()?,
        user_max: reader.u32()?,
    };
    let wrong = |what| Wrong::at(end, what);
    let span = facts.time_max.checked_sub(facts.time_min);
    if span.is_none_or(|span| u32::try_from(span).is_err())
        || u32::try_from(facts.rows).is_err()
        || facts.users > facts.rows
    {
        return Err(wrong("its rows do not belong into one part"));
    }
    let mut sections = Vec::new();
    let mut at = MAGIC.len() as u64;
    while (reader.position() as usize) < bytes.len() {
        let section = Section {
            kind: reader.u8()?,
            name: reader.u32()?,
            at: reader.u64()?,
            len: reader.u64()?,
            check: reader.u32()?,
        };
        let named = (section.name as usize) < n_names || NameId(section.name).hidden();
        if section.at != at || (section.kind == COLUMN && !named) {
            return Err(wrong("a column is not where it belongs, or has an unknown name"));
        }
        at = at.checked_add(section.len).ok_or(wrong("a column is too long"))?;
        sections.push(section);
    }
    let has = |kind| sections.iter().any(|section| section.kind == kind);
    if at != end || ![RUNS, TIMES, ARRIVALS, RECEIVED, IDS].into_iter().all(has) {
        return Err(wrong("columns are missing"));
    }
    Ok((facts, sections))
}

impl PartFile {
    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Properties that have a column.
    pub(crate) fn columns(&self) -> impl Iterator<Item = NameId> + '_ {
        let columns = self.sections.iter().filter(|section| section.kind == COLUMN);
        columns.map(|section| NameId(section.name))
    }

    /// Bytes by kind of column.
    pub fn sizes(&self) -> Vec<SectionSize> {
        let size = |kind: &'static str, of: &[u8]| SectionSize {
            kind,
            bytes: self.sections.iter().filter(|s| of.contains(&s.kind)).map(|s| s.len).sum(),
        };
        vec![
            size("users", &[RUNS]),
            size("times", &[TIMES]),
            size("order", &[ARRIVALS, RECEIVED]),
            size("ids", &[IDS]),
            size("properties", &[COLUMN]),
        ]
    }

    pub(crate) fn runs(&self, facts: &Facts) -> Result<(Runs, usize, usize), Error> {
        self.decode(RUNS, 0, |reader| {
            let runs = sections::read_runs(reader, facts)?;
            let bytes = runs.bytes();
            Ok((runs, bytes))
        })
    }

    pub(crate) fn times(
        &self,
        facts: &Facts,
        runs: &Runs,
    ) -> Result<(Vec<u32>, usize, usize), Error> {
        self.decode(TIMES, 0, |reader| {
            let times = sections::read_times(reader, facts, runs)?;
            let bytes = times.len() * 4;
            Ok((times, bytes))
        })
    }

    pub(crate) fn arrivals(&self, facts: &Facts) -> Result<(Arrivals, usize, usize), Error> {
        self.decode(ARRIVALS, 0, |reader| {
            let arrivals = sections::read_arrivals(reader, facts.rows)?;
            let bytes = arrivals.bytes();
            Ok((arrivals, bytes))
        })
    }

    pub(crate) fn received(&self, facts: &Facts) -> Result<(Series, usize, usize), Error> {
        self.decode(RECEIVED, 0, |reader| {
            let series = sections::read_series(reader, facts.rows)?;
            let bytes = series.bytes();
            Ok((series, bytes))
        })
    }

    pub(crate) fn column(
        &self,
        name: NameId,
        facts: &Facts,
        runs: impl FnOnce() -> Result<Arc<Runs>, Error>,
    ) -> Result<(Column, usize, usize), Error> {
        let runs = runs()?;
        self.decode(COLUMN, name.0, |reader| {
            let column = sections::read_column(reader, facts.rows, &runs)?;
            let bytes = column.bytes();
            Ok((column, bytes))
        })
    }

    /// Ids of some rows: whole blocks are read and verified.
    pub(crate) fn ids(&self, facts: &Facts, rows: Range<usize>) -> Result<Vec<u128>, Error> {
        self.read_ids(facts, rows).map_err(|failed| failed.of(&self.path))
    }

    fn read_ids(&self, facts: &Facts, rows: Range<usize>) -> Result<Vec<u128>, Failed> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let section = self.section(IDS, |_| true)?;
        let width = section.name as usize;
        let block_bytes = (ID_BLOCK * width + 4) as u64;
        let blocks = if width == 0 { 0 } else { facts.rows.div_ceil(ID_BLOCK) };
        if ![0, 8, 16].contains(&width)
            || section.len != (facts.rows * width + blocks * 4) as u64
            || rows.end > facts.rows
        {
            return Err(Wrong::at(section.at, "ids are missing").into());
        }
        if width == 0 {
            return Ok(vec![0; rows.len()]);
        }
        let (first, last) = (rows.start / ID_BLOCK, (rows.end - 1) / ID_BLOCK);
        let at = section.at + first as u64 * block_bytes;
        let end = (section.at + section.len).min(section.at + (last as u64 + 1) * block_bytes);
        let bytes = self.bytes.read_at(at, (end - at) as usize)?;
        let mut ids = Vec::with_capacity(rows.len());
        for (block, index) in bytes.chunks(block_bytes as usize).zip(first..) {
            let (stored, check) = block.split_at(block.len() - 4);
            if crc32fast::hash(stored).to_le_bytes() != check {
                let at = section.at + index as u64 * block_bytes;
                return Err(Wrong::at(at, "ids do not match their checksum").into());
            }
            // Only what was asked for is taken out of it.
            let start = index * ID_BLOCK;
            let (from, to) = (rows.start.max(start) - start, (rows.end - start).min(ID_BLOCK));
            ids.extend(stored[from * width..to * width].chunks_exact(width).map(|id| {
                let mut full = [0; 16];
                full[..width].copy_from_slice(id);
                u128::from_le_bytes(full)
            }));
        }
        Ok(ids)
    }

    fn section(&self, kind: u8, of: impl Fn(&Section) -> bool) -> Result<Section, Wrong> {
        let section = self.sections.iter().find(|section| section.kind == kind && of(section));
        section.copied().ok_or(Wrong::at(0, "a column is missing"))
    }

    fn decode<T>(
        &self,
        kind: u8,
        name: u32,
        read: impl FnOnce(&mut Reader) -> Result<(T, usize), Wrong>,
    ) -> Result<(T, usize, usize), Error> {
        let decoded = || -> Result<(T, usize, usize), Failed> {
            let section = self.section(kind, |section| section.name == name)?;
            let bytes = self.bytes.read_at(section.at, section.len as usize)?;
            if crc32fast::hash(&bytes) != section.check {
                let wrong = "a column does not match its checksum";
                return Err(Wrong::at(section.at, wrong).into());
            }
            let mut reader = Reader::new(&bytes);
            let within = |wrong: Wrong| Wrong::at(section.at + wrong.at, wrong.what);
            let (value, held) = read(&mut reader).map_err(within)?;
            if reader.position() != section.len {
                return Err(Wrong::at(section.at, "a column is longer than its rows").into());
            }
            Ok((value, held, bytes.len()))
        };
        decoded().map_err(|failed| failed.of(&self.path))
    }
}
