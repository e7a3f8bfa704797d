//! The manifest: which files make up a checkpoint, and the log position that they reflect.

use super::codec::{Reader, Wrong, put_u32, put_u64};
use super::{Error, Folder, attempt, damaged, disclosed, enclosed, part_name, state_name};
use crate::names::NameId;
use crate::part::Family;

/// The file name of the manifest.
pub(crate) const MANIFEST: &str = "manifest";
/// Where it is written before it takes that name.
const MANIFEST_NEW: &str = "manifest.new";

/// Which files make up a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manifest {
    /// The log position that they reflect.
    pub(crate) log_position: u64,
    /// Records accepted up to there.
    pub(crate) arrivals: u64,
    /// The number of the next new file.
    pub(crate) next_file: u64,
    /// The number of the state file.
    pub(crate) state: u64,
    /// Families and numbers of part files.
    pub(crate) parts: Vec<(Family, u64)>,
}

impl Manifest {
    /// Names of the files, the manifest's own not among them.
    pub(crate) fn files(&self) -> impl Iterator<Item = String> {
        let parts = self.parts.iter().map(|(_, file)| part_name(*file));
        parts.chain([state_name(self.state)])
    }
}

/// Makes this the checkpoint: durably, or not at all.
pub(crate) fn write_manifest(folder: &dyn Folder, manifest: &Manifest) -> Result<(), Error> {
    let bytes = enclosed(&encode(manifest));
    attempt(folder, "write", MANIFEST_NEW, folder.write(MANIFEST_NEW, &bytes))?;
    // The names that it lists must be durable before it is.
    attempt(folder, "sync the folder of", MANIFEST_NEW, folder.sync())?;
    attempt(folder, "rename to", MANIFEST, folder.rename(MANIFEST_NEW, MANIFEST))?;
    attempt(folder, "sync the folder of", MANIFEST, folder.sync())
}

/// The last checkpoint, if there is one.
pub(crate) fn read_manifest(folder: &dyn Folder) -> Result<Option<Manifest>, Error> {
    let bytes = match folder.read(MANIFEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => attempt(folder, "read", MANIFEST, other)?,
    };
    let raw = disclosed(&bytes).map_err(|wrong| damaged(&folder.path(MANIFEST), wrong))?;
    decode(&raw).map(Some).map_err(|wrong| damaged(&folder.path(MANIFEST), wrong))
}

fn encode(manifest: &Manifest) -> Vec<u8> {
    let mut raw = Vec::new();
    let Manifest { log_position, arrivals, next_file, state, parts } = manifest;
    for number in [log_position, arrivals, next_file, state, &(parts.len() as u64)] {
        put_u64(&mut raw, *number);
    }
    for (family, file) in parts {
        let (kind, name, month) = match family {
            Family::Event { name, month } => (0, name.0, *month),
            Family::Attribute { name, month } => (1, name.0, *month),
            Family::Transition { name, month } => (2, name.0, *month),
        };
        put_u32(&mut raw, kind);
        put_u32(&mut raw, name);
        put_u32(&mut raw, month as u32);
        put_u64(&mut raw, *file);
    }
    raw
}

fn decode(raw: &[u8]) -> Result<Manifest, Wrong> {
    let mut reader = Reader::new(raw);
    let (log_position, arrivals) = (reader.u64()?, reader.u64()?);
    let (next_file, state) = (reader.u64()?, reader.u64()?);
    let mut parts = Vec::new();
    for _ in 0..reader.u64()? {
        let (kind, name, month) = (reader.u32()?, NameId(reader.u32()?), reader.u32()?);
        let family = match kind {
            0 => Family::Event { name, month: month as i32 },
            1 => Family::Attribute { name, month: month as i32 },
            2 => Family::Transition { name, month: month as i32 },
            _ => return Err(Wrong::at(8, "a part is of an unknown kind")),
        };
        parts.push((family, reader.u64()?));
    }
    Ok(Manifest { log_position, arrivals, next_file, state, parts })
}
