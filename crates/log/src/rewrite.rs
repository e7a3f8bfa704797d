//! Closed segments whose frames get other payloads of the same length: how what must not be kept
//! leaves a log that goes on.
//!
//! A segment is copied into a file beside it, synced, and put in its place by renaming. So a crash at
//! any moment leaves one of both, whole, and no offset changes: whoever reads goes on. What it is not:
//! it does not know what is replaced, and never touches the segment that is being written.

use std::collections::BTreeMap;

use crate::disk::{Disk, DiskFile, Mode};
use crate::read::Reader;
use crate::recover::attempt;
use crate::segment;
use crate::{Error, Offset, Result, frame};

/// What the name of a segment ends with while it is being copied.
pub(crate) const COPY: &str = ".copy";

/// Bytes of frames that are written at once.
const WRITE_BYTES: usize = 1024 * 1024;

/// Changes a payload to another one of the same length; nothing: it stays.
pub type Change<'a> = dyn FnMut(Offset, &[u8]) -> Option<Vec<u8>> + 'a;

impl Reader {
    /// Where the segments begin that are closed and begin before an offset, oldest first.
    pub fn closed_segments(&self, before: Offset) -> Vec<Offset> {
        let firsts = self.shared.firsts();
        let closed = firsts.split_last().map_or(&[][..], |(_, closed)| closed);
        closed.iter().copied().filter(|first| *first < before).collect()
    }

    /// Gives the frames of a closed segment other payloads, each of the length of its own; how many
    /// got one. A segment that is removed meanwhile stays removed. One rewriting at a time.
    ///
    /// Errors: `PayloadSize` if a length differs, what reading answers, and `Io`; the segment is as
    /// before then.
    pub fn rewrite(&self, first: Offset, change: &mut Change<'_>) -> Result<u64> {
        let Some(next) = self.segment_after(first) else { return Ok(0) };
        let mut frames = self.read_from(first)?;
        let mut changed = BTreeMap::new();
        while frames.offset() < next {
            let Some((at, payload)) = frames.next_frame()? else { break };
            if let Some(other) = change(at, payload) {
                if other.len() != payload.len() {
                    return Err(Error::PayloadSize { bytes: other.len() });
                }
                changed.insert(at, other);
            }
        }
        if !changed.is_empty() {
            self.copy(first, next, &changed)?;
        }
        Ok(changed.len() as u64)
    }

    /// Where the segment after this one begins, if this one is there and closed.
    fn segment_after(&self, first: Offset) -> Option<Offset> {
        let firsts = self.shared.firsts();
        firsts.get(firsts.binary_search(&first).ok()? + 1).copied()
    }

    fn copy(&self, first: Offset, next: Offset, changed: &BTreeMap<Offset, Vec<u8>>) -> Result<()> {
        let disk = self.disk();
        let (name, copy) = (segment::name(first), segment::name(first) + COPY);
        let mut frames = self.read_from(first)?;
        let header = frames.header()?;
        let mut file = attempt(disk, &copy, "create", disk.open(&copy, Mode::Create))?;
        attempt(disk, &copy, "write to", file.write_at(&header.encode(), 0))?;
        let mut bytes = Vec::new();
        let mut position = segment::HEADER_BYTES as u64;
        while frames.offset() < next {
            let Some((at, distance, payload)) = frames.next_whole()? else { break };
            let payload = changed.get(&at).map_or(payload, |other| other);
            frame::push_at(&mut bytes, header.salt, at, (distance, payload));
            if bytes.len() >= WRITE_BYTES {
                write(disk, &copy, &mut *file, (&mut bytes, &mut position))?;
            }
        }
        write(disk, &copy, &mut *file, (&mut bytes, &mut position))?;
        attempt(disk, &copy, "sync", file.sync())?;
        drop(file);
        // Nobody removes the segment between the look and the renaming.
        let _files = self.shared.files();
        if self.segment_after(first).is_none() {
            return attempt(disk, &copy, "remove", disk.remove(&copy));
        }
        attempt(disk, &name, "replace", disk.replace(&copy, &name))?;
        attempt(disk, "", "sync directory", disk.sync_directory())
    }
}

fn write(
    disk: &dyn Disk,
    name: &str,
    file: &mut dyn DiskFile,
    (bytes, position): (&mut Vec<u8>, &mut u64),
) -> Result<()> {
    attempt(disk, name, "write to", file.write_at(bytes, *position))?;
    *position += bytes.len() as u64;
    bytes.clear();
    Ok(())
}
