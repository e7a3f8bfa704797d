//! The history on disk: part files, one state file and one manifest, each checksummed.
//!
//! Order of writing makes it crash safe: parts and state are written under new numbers and synced,
//! then the manifest is replaced by renaming; only then are files that it does not list removed.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use model::Text;

use crate::names::Names;
use crate::part::{Family, Part};
use crate::users::{UserFacts, Users};

mod block;
mod codec;
#[cfg(test)]
mod tests;

use block::{Blocks, put_block};
use codec::{Reader, put_bytes, put_i64, put_u32, put_u64};

const MAGIC: &[u8; 8] = b"PRNLHIS1";
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

pub(crate) fn write_part(dir: &Path, file: u64, part: &Part) -> Result<(), Error> {
    write_file(dir, &part_name(file), &codec::encode_part(part))
}

pub(crate) fn read_part(dir: &Path, file: u64, n_names: usize) -> Result<Part, Error> {
    let path = dir.join(part_name(file));
    let bytes = read_file(&path)?;
    codec::decode_part(&bytes, n_names).map_err(|wrong| damaged(&path, wrong))
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
        let UserFacts { public_id, first_seen, last_seen, n_events, merged_into } = facts;
        put_bytes(&mut raw, public_id.as_bytes());
        put_i64(&mut raw, *first_seen);
        put_i64(&mut raw, *last_seen);
        put_u32(&mut raw, *n_events);
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
            Family::Attribute(name) => (1, name.0, 0),
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
            1 => Family::Attribute(name),
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

impl Reader<'_> {
    fn text(&mut self) -> Result<Text, codec::Wrong> {
        let at = self.position();
        Text::from_utf8(self.bytes()?).map_err(|_| codec::Wrong::at(at, "a text is not UTF-8"))
    }
}
