//! The history on disk: part files, one state file and one manifest, each checksummed.
//!
//! Order of writing makes it crash safe: parts and state are written under new numbers and synced,
//! then their names are, then the manifest is replaced by renaming; only then are files that
//! nothing needs any more removed.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::Cache;
use crate::part::Part;

mod block;
mod block_file;
mod check;
mod codec;
mod folder;
mod manifest;
mod part_file;
mod planes;
mod sections;
mod spread;
mod state;
#[cfg(test)]
mod tests;
mod texts;

#[cfg(test)]
pub(crate) use check::check_in;
pub use check::{CheckReport, check};
#[cfg(test)]
pub(crate) use folder::memory::{Fault, MemoryFolder};
pub(crate) use folder::{Directory, Folder, ReadAt};
pub(crate) use manifest::{MANIFEST, Manifest, read_manifest, write_manifest};
pub(crate) use state::{Facts, read_state, write_state};
pub use state::{Pieces, SavedPieces};
pub use texts::{TextsRead, each_text};

pub use part_file::{PartFile, SectionSize};

use block::{Header, Tag, put_block};

const MAGIC: &[u8; 8] = b"PRNLHIS2";
/// The file of the log that is there as long as a history can be rebuilt from it.
const LOG_FIRST: &str = "log/00000000000000000000.log";

/// What can go wrong with the files of a history.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}{}", remedy(.source))]
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

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull => {
            "; make room on the disk: the checkpoint before this one is intact and the log has \
             everything after it"
        }
        _ => "",
    }
}

/// Writes a part as a file; its bytes.
pub(crate) fn write_part(folder: &dyn Folder, file: u64, part: &Part) -> Result<u64, Error> {
    let bytes = part_file::encode(part)?;
    write_file(folder, &part_name(file), &bytes)?;
    Ok(bytes.len() as u64)
}

/// The part of a file: its directory is read now, its columns when they are asked for.
pub(crate) fn open_part(
    folder: &Arc<dyn Folder>,
    file: u64,
    n_names: usize,
    cache: &Arc<Cache>,
) -> Result<Part, Error> {
    let name = part_name(file);
    let path = folder.path(&name);
    let bytes = folder.open(&name).map_err(|source| Error::Io {
        action: "open",
        path: path.clone(),
        source,
    })?;
    part_file::open(path, bytes, cache, n_names)
}

/// Reads every block of a part's file, and checks all that a part promises. Nothing of it stays in
/// memory.
pub(crate) fn verify_part(
    folder: &Arc<dyn Folder>,
    file: u64,
    n_names: usize,
) -> Result<Part, Error> {
    let part = open_part(folder, file, n_names, &Arc::default())?;
    part.verify()?;
    Ok(part)
}

/// Bytes of a part's file.
pub(crate) fn part_bytes(folder: &dyn Folder, file: u64) -> Result<u64, Error> {
    let name = part_name(file);
    attempt(folder, "measure", &name, folder.length(&name))
}

/// Removes part and state files that are not in `keep`. Removes what it can: what is left is
/// removed at the next checkpoint or start.
pub(crate) fn remove_except(folder: &dyn Folder, keep: &HashSet<String>) {
    for name in folder.list().unwrap_or_default() {
        let ours = name.starts_with("part-") || name.starts_with("state-");
        if ours && !keep.contains(&name) {
            let _ = folder.remove(&name);
        }
    }
}

/// The file name of a part.
pub(crate) fn part_name(file: u64) -> String {
    format!("part-{file:010}")
}

/// The file name of a state.
pub(crate) fn state_name(file: u64) -> String {
    format!("state-{file:010}")
}

/// The bytes of a file that holds one block.
fn enclosed(raw: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    put_block(&mut out, Tag::default(), raw);
    out
}

/// The block of such a file, verified; nothing may follow it.
fn disclosed(bytes: &[u8]) -> Result<Vec<u8>, codec::Wrong> {
    let wrong = |at: usize, what| codec::Wrong::at(at as u64, what);
    let (start, unknown) = (MAGIC.len(), "it is not a history file of a known version");
    let block = bytes.strip_prefix(MAGIC).ok_or(wrong(0, unknown))?;
    let (header, stored) = Header::split(block).ok_or(wrong(start, "a header is cut off"))?;
    match header.stored_len().cmp(&(stored.len() as u64)) {
        Ordering::Equal => header.open(stored).map_err(|what| wrong(start, what)),
        Ordering::Greater => Err(wrong(start, "a block is cut off")),
        Ordering::Less => Err(wrong(bytes.len(), "more follows than was written")),
    }
}

fn write_file(folder: &dyn Folder, name: &str, bytes: &[u8]) -> Result<(), Error> {
    attempt(folder, "write", name, folder.write(name, bytes))
}

fn attempt<T>(
    folder: &dyn Folder,
    action: &'static str,
    name: &str,
    result: io::Result<T>,
) -> Result<T, Error> {
    result.map_err(|source| Error::Io { action, path: folder.path(name), source })
}

fn damaged(path: &Path, wrong: codec::Wrong) -> Error {
    Error::Damaged { path: path.to_path_buf(), at: wrong.at, what: wrong.what }
}

/// Parts in memory instead of files, for tests of this crate.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    pub(crate) use super::folder::memory::Bytes;
    pub(crate) use super::part_file::encode;

    pub(crate) fn open(bytes: Vec<u8>, n_names: usize) -> Result<Part, Error> {
        part_file::open("part".into(), Arc::new(Bytes(bytes)), &Arc::default(), n_names)
    }
}
