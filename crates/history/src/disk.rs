//! The history on disk: part files, one state file and one manifest, each checksummed.
//!
//! Order of writing makes it crash safe: parts and state are written under new numbers and synced,
//! then the manifest is replaced by renaming; only then are files that it does not list removed.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::cache::Cache;
use crate::names::Names;
use crate::part::{Family, Part};
use crate::users::{UserFacts, Users};

mod block;
mod codec;
mod part_file;
mod planes;
mod sections;
#[cfg(test)]
mod tests;

use block::{Blocks, put_block};
pub use part_file::{PartFile, ReadAt, SectionSize};

use codec::{Reader, put_bytes, put_i64, put_u32, put_u64};

const MAGIC: &[u8; 8] = b"PRNLHIS2";
/// The file of the log that is there as long as a history can be rebuilt from it.
const LOG_FIRST: &str = "log/00000000000000000000.log";
const MANIFEST: &str = "manifest";

/// What can go wrong with the files of a history.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{action} {path}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A file does not hold what was written.
    #[error(
        "{path} is damaged at byte {at}: {what}; if the log still has its first file ({LOG_FIRST}), move the history folder away and start again, it is rebuilt from the log; else restore it from a backup"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// Which files make up a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) log_position: u64,
    pub(crate) arrivals: u64,
    pub(crate) next_file: u64,
    pub(crate) state: u64,
    pub(crate) parts: Vec<(Family, u64)>,
}

/// What a checkpoint holds beside parts.
pub(crate) struct State {
    pub(crate) names: Names,
    pub(crate) users: Users,
    pub(crate) fold: Vec<u8>,
}

/// Parts in memory instead of files, for tests of this crate.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Bytes as if they stood in a file.
    pub(crate) struct MemoryFile(Vec<u8>);

    impl MemoryFile {
        pub(crate) fn of(bytes: Vec<u8>) -> Arc<MemoryFile> {
            Arc::new(MemoryFile(bytes))
        }
    }

    impl ReadAt for MemoryFile {
        fn read_at(&self, at: u64, len: usize) -> io::Result<Vec<u8>> {
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            let bytes = at.checked_add(len).and_then(|end| self.0.get(at..end));
            bytes.map(<[u8]>::to_vec).ok_or(io::ErrorKind::UnexpectedEof.into())
        }

        fn length(&self) -> io::Result<u64> {
            Ok(self.0.len() as u64)
        }
    }

    pub(crate) use super::part_file::encode;

    pub(crate) fn open(bytes: Arc<MemoryFile>, n_names: usize) -> Result<Part, Error> {
        part_file::open("part".into(), bytes, &Arc::default(), n_names)
    }
}

pub(crate) fn write_part(dir: &Path, file: u64, part: &Part) -> Result<(), Error> {
    write_file(dir, &part_name(file), &part_file::encode(part)?)
}

/// Opens the file of a part; its columns are read when they are asked for.
pub(crate) fn open_part(
    dir: &Path,
    file: u64,
    n_names: usize,
    cache: &Arc<Cache>,
) -> Result<Part, Error> {
    let path = dir.join(part_name(file));
    let bytes = Arc::new(Opened::of(&path));
    part_file::open(path, bytes, cache, n_names)
}

/// A file that is opened when it is first read, and stays open unless many are.
struct Opened {
    path: PathBuf,
    file: OnceLock<File>,
}

/// Files that stay open at once; further ones are opened for each read.
const OPEN_MAX: usize = 700;
static OPEN: AtomicUsize = AtomicUsize::new(0);

impl Opened {
    fn of(path: &Path) -> Opened {
        Opened { path: path.to_path_buf(), file: OnceLock::new() }
    }

    fn with<T>(&self, read: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        if let Some(file) = self.file.get() {
            return read(file);
        }
        let file = File::open(&self.path)?;
        let answer = read(&file);
        if OPEN.load(Ordering::Relaxed) < OPEN_MAX && self.file.set(file).is_ok() {
            OPEN.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.file.get().is_some() {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl ReadAt for Opened {
    fn read_at(&self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        self.with(|file| {
            let mut bytes = vec![0; len];
            file.read_exact_at(&mut bytes, at)?;
            Ok(bytes)
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.with(|file| Ok(file.metadata()?.len()))
    }
}

pub(crate) fn write_state(
    dir: &Path,
    file: u64,
    names: &Names,
    users: &Users,
    fold: &[u8],
) -> Result<(), Error> {
    let mut raw = Vec::new();
    put_u64(&mut raw, names.all().len() as u64);
    names.all().iter().for_each(|name| put_bytes(&mut raw, name.as_bytes()));
    put_u64(&mut raw, users.len() as u64);
    for facts in users.iter() {
        let UserFacts { public_id, first_seen, first_event, last_seen, n_events, merged_into } =
            facts;
        put_bytes(&mut raw, public_id.as_bytes());
        put_i64(&mut raw, first_seen);
        put_i64(&mut raw, first_event);
        put_i64(&mut raw, last_seen);
        put_u32(&mut raw, n_events);
        put_u32(&mut raw, merged_into.unwrap_or(u32::MAX));
    }
    put_bytes(&mut raw, fold);
    let mut out = MAGIC.to_vec();
    put_block(&mut out, 0, 0, &raw);
    write_file(dir, &state_name(file), &out)
}

pub(crate) fn read_state(dir: &Path, manifest: &Manifest) -> Result<State, Error> {
    let path = dir.join(state_name(manifest.state));
    let bytes = read_file(&path)?;
    decode_state(&bytes).map_err(|wrong| damaged(&path, wrong))
}

fn decode_state(bytes: &[u8]) -> Result<State, codec::Wrong> {
    let block =
        Blocks::of(bytes)?.next().ok_or(codec::Wrong::at(8, "the state block is missing"))??;
    let mut reader = Reader::new(&block.raw);
    let mut names = Names::default();
    for _ in 0..reader.u64()? {
        names.intern(&reader.text()?);
    }
    let mut users = Users::default();
    for _ in 0..reader.u64()? {
        users.push(UserFacts {
            public_id: reader.text()?,
            first_seen: reader.i64()?,
            first_event: reader.i64()?,
            last_seen: reader.i64()?,
            n_events: reader.u32()?,
            merged_into: Some(reader.u32()?).filter(|into| *into != u32::MAX),
        });
    }
    Ok(State { names, users, fold: reader.bytes()?.to_vec() })
}

pub(crate) fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<(), Error> {
    let mut raw = Vec::new();
    let Manifest { log_position, arrivals, next_file, state, parts } = manifest;
    for number in [log_position, arrivals, next_file, state, &(parts.len() as u64)] {
        put_u64(&mut raw, *number);
    }
    for (family, file) in parts {
        let (kind, name, month) = match family {
            Family::Event { name, month } => (0, name.0, *month),
            Family::Attribute { name, month } => (1, name.0, *month),
        };
        put_u32(&mut raw, kind);
        put_u32(&mut raw, name);
        put_u32(&mut raw, month as u32);
        put_u64(&mut raw, *file);
    }
    let mut out = MAGIC.to_vec();
    put_block(&mut out, 0, 0, &raw);
    write_file(dir, "manifest.new", &out)?;
    let (from, to) = (dir.join("manifest.new"), dir.join(MANIFEST));
    fs::rename(&from, &to).map_err(|source| Error::Io { action: "rename to", path: to, source })?;
    sync_dir(dir)
}

pub(crate) fn read_manifest(dir: &Path) -> Result<Option<Manifest>, Error> {
    make_dir(dir)?;
    let path = dir.join(MANIFEST);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read_file(&path)?;
    decode_manifest(&bytes).map(Some).map_err(|wrong| damaged(&path, wrong))
}

fn decode_manifest(bytes: &[u8]) -> Result<Manifest, codec::Wrong> {
    let block = Blocks::of(bytes)?.next().ok_or(codec::Wrong::at(8, "the block is missing"))??;
    let mut reader = Reader::new(&block.raw);
    let (log_position, arrivals) = (reader.u64()?, reader.u64()?);
    let (next_file, state) = (reader.u64()?, reader.u64()?);
    let mut parts = Vec::new();
    for _ in 0..reader.u64()? {
        let (kind, name, month) =
            (reader.u32()?, crate::names::NameId(reader.u32()?), reader.u32()?);
        let family = match kind {
            0 => Family::Event { name, month: month as i32 },
            1 => Family::Attribute { name, month: month as i32 },
            _ => return Err(codec::Wrong::at(8, "a part is of an unknown kind")),
        };
        parts.push((family, reader.u64()?));
    }
    Ok(Manifest { log_position, arrivals, next_file, state, parts })
}

/// Removes files of earlier checkpoints and of one that was never finished.
pub(crate) fn remove_unlisted(dir: &Path, manifest: &Manifest) -> Result<(), Error> {
    let mut listed: HashSet<String> =
        manifest.parts.iter().map(|(_, file)| part_name(*file)).collect();
    listed.insert(state_name(manifest.state));
    listed.insert(MANIFEST.to_string());
    let failed = |source| Error::Io { action: "list", path: dir.to_path_buf(), source };
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.starts_with("part-") || name.starts_with("state-");
        if ours && !listed.contains(&name) {
            let path = entry.path();
            fs::remove_file(&path).map_err(|source| Error::Io {
                action: "remove",
                path,
                source,
            })?;
        }
    }
    Ok(())
}

fn part_name(file: u64) -> String {
    format!("part-{file:010}")
}

fn state_name(file: u64) -> String {
    format!("state-{file:010}")
}

fn make_dir(dir: &Path) -> Result<(), Error> {
    let path = dir.to_path_buf();
    fs::create_dir_all(dir).map_err(|source| Error::Io { action: "make folder", path, source })
}

fn write_file(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    make_dir(dir)?;
    let path = dir.join(name);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_data()
    });
    written.map_err(|source| Error::Io { action: "write", path, source })
}

fn sync_dir(dir: &Path) -> Result<(), Error> {
    let synced = File::open(dir).and_then(|folder| folder.sync_all());
    synced.map_err(|source| Error::Io { action: "sync folder", path: dir.to_path_buf(), source })
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
    fs::read(path).map_err(failed)
}

fn damaged(path: &Path, wrong: codec::Wrong) -> Error {
    Error::Damaged { path: path.to_path_buf(), at: wrong.at, what: wrong.what }
}
