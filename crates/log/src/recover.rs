//! Opening what a crash may have left: finds the end of the log and cuts a torn tail.
//!
//! Only the last segment is read; the others are checked for their length here and frame by frame
//! when they are read. Nothing that was ever durable is cut: see [`crate::frame`] for the proof.

use crate::disk::{Disk, DiskFile, Mode};
use crate::rewrite::COPY;
use crate::segment::{self, Header, NoHeader};
use crate::window::{Source, WINDOW_BYTES, Window};
use crate::{Error, Offset, Result, frame};

/// What opening the log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The first offset of the log.
    pub first: Offset,
    /// The end of the log: where the next frame will begin.
    pub end: Offset,
    /// Bytes of an unfinished last write that were cut; none of it had been acknowledged.
    pub cut_bytes: u64,
    /// Where they were cut; `None` if nothing was.
    pub cut_at: Option<Offset>,
}

/// The last segment, open for writing, with its end.
pub(crate) struct Tail {
    pub file: Box<dyn DiskFile>,
    pub header: Header,
    pub end: Offset,
}

/// Finds all segments and makes the last one ready to append to.
pub(crate) fn recover(disk: &dyn Disk) -> Result<(Vec<Offset>, Tail, Recovery)> {
    let mut firsts = list_segments(disk)?;
    let mut cut_bytes = 0;
    let tail = match firsts.last() {
        None => {
            firsts.push(Offset(0));
            create_segment(disk, Offset(0))?
        }
        Some(last) => {
            let (tail, cut) = open_last(disk, *last)?;
            cut_bytes = cut;
            tail
        }
    };
    check_lengths(disk, &firsts)?;
    let cut_at = (cut_bytes > 0).then_some(tail.end);
    let recovery = Recovery { first: firsts[0], end: tail.end, cut_bytes, cut_at };
    Ok((firsts, tail, recovery))
}

/// Creates an empty segment; its header and its name are durable when this returns.
pub(crate) fn create_segment(disk: &dyn Disk, first: Offset) -> Result<Tail> {
    let name = segment::name(first);
    let header = Header::new(first);
    let mut file = attempt(disk, &name, "create", disk.open(&name, Mode::Create))?;
    attempt(disk, &name, "write to", file.write_at(&header.encode(), 0))?;
    attempt(disk, &name, "sync", file.sync())?;
    attempt(disk, "", "sync directory", disk.sync_directory())?;
    Ok(Tail { file, header, end: first })
}

/// Names the file and the action in an error of the operating system.
pub(crate) fn attempt<T>(
    disk: &dyn Disk,
    name: &str,
    action: &'static str,
    result: std::io::Result<T>,
) -> Result<T> {
    result.map_err(|source| Error::Io { action, path: disk.path(name), source })
}

/// Reads the header of a segment.
pub(crate) fn read_header(
    disk: &dyn Disk,
    first: Offset,
    file: &mut dyn DiskFile,
) -> Result<Header> {
    let name = segment::name(first);
    let mut bytes = [0; segment::HEADER_BYTES];
    let n = Source { disk, name: &name, file, limit: u64::MAX }.read_full(&mut bytes, 0)?;
    let damaged =
        |found| Error::Damaged { file: disk.path(&name), position: 0, offset: first, found };
    match Header::decode(&bytes[..n]) {
        Ok(header) if header.first == first => Ok(header),
        Ok(_) => Err(damaged("the header names another first offset than the file name")),
        Err(NoHeader::Broken) => Err(damaged("the header of the file is not whole")),
        Err(NoHeader::Version(version)) => Err(Error::Version { file: disk.path(&name), version }),
    }
}

fn list_segments(disk: &dyn Disk) -> Result<Vec<Offset>> {
    let names = attempt(disk, "", "list directory", disk.list())?;
    // What a crash left of a copy that did not come to take its segment's place.
    for copy in names.iter().filter(|name| name.ends_with(COPY)) {
        attempt(disk, copy, "remove", disk.remove(copy))?;
    }
    let mut firsts: Vec<Offset> = names.iter().filter_map(|n| segment::first_of_name(n)).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// Every segment but the last must end where the next begins.
fn check_lengths(disk: &dyn Disk, firsts: &[Offset]) -> Result<()> {
    for pair in firsts.windows(2) {
        let name = segment::name(pair[0]);
        let mut file = attempt(disk, &name, "open", disk.open(&name, Mode::Read))?;
        let length = attempt(disk, &name, "measure", file.length())?;
        if length != segment::position_of(pair[0], pair[1]) {
            let found = if length < segment::position_of(pair[0], pair[1]) {
                "the file ends before the next file begins, or a file between them is missing"
            } else {
                "the file goes on after the next file begins"
            };
            let offset = segment::offset_at(pair[0], length).min(pair[1]);
            return Err(Error::Damaged { file: disk.path(&name), position: length, offset, found });
        }
    }
    Ok(())
}

/// Opens the last segment, cuts its torn tail and syncs it, so that everything a reader may see from
/// now on is durable. Returns the number of bytes cut.
fn open_last(disk: &dyn Disk, first: Offset) -> Result<(Tail, u64)> {
    let name = segment::name(first);
    let mut file = attempt(disk, &name, "open", disk.open(&name, Mode::Write))?;
    let header = match read_header(disk, first, &mut *file) {
        Ok(header) => header,
        Err(error) => return recreate(disk, first, &mut *file, error),
    };
    let mut source = Source { disk, name: &name, file: &mut *file, limit: u64::MAX };
    let (end, found) = whole_frames(&mut source, header)?;
    let offset = segment::offset_at(first, end);
    let last = last_nonzero(&mut source, end)?;
    if last.is_some() && damage_is_proven(&mut source, header, end)? {
        return Err(Error::Damaged { file: disk.path(&name), position: end, offset, found });
    }
    attempt(disk, &name, "cut", file.set_length(end))?;
    attempt(disk, &name, "sync", file.sync())?;
    attempt(disk, "", "sync directory", disk.sync_directory())?;
    Ok((Tail { file, header, end: offset }, last.map_or(0, |last| last + 1 - end)))
}

/// Creates a last segment anew whose creation a crash interrupted: nothing was ever in it. A file
/// that holds anything behind its broken header is damaged.
fn recreate(
    disk: &dyn Disk,
    first: Offset,
    file: &mut dyn DiskFile,
    error: Error,
) -> Result<(Tail, u64)> {
    let name = segment::name(first);
    let mut source = Source { disk, name: &name, file, limit: u64::MAX };
    let created = matches!(error, Error::Damaged { .. });
    if !created || last_nonzero(&mut source, segment::HEADER_BYTES as u64)?.is_some() {
        return Err(error);
    }
    Ok((create_segment(disk, first)?, 0))
}

/// The position of the last byte that is not zero, at or after `from`.
fn last_nonzero(source: &mut Source<'_>, from: u64) -> Result<Option<u64>> {
    let mut window = Window::default();
    let (mut position, mut last) = (from, None);
    loop {
        let bytes = window.get(source, position, WINDOW_BYTES)?;
        if let Some(i) = bytes.iter().rposition(|b| *b != 0) {
            last = Some(position + i as u64);
        }
        if bytes.len() < WINDOW_BYTES {
            return Ok(last);
        }
        position += WINDOW_BYTES as u64;
    }
}

/// The position after the last of the whole frames that follow each other from the beginning, and
/// what is wrong with the bytes there.
fn whole_frames(source: &mut Source<'_>, header: Header) -> Result<(u64, &'static str)> {
    let mut window = Window::default();
    let mut position = segment::HEADER_BYTES as u64;
    loop {
        let offset = segment::offset_at(header.first, position);
        let bytes = window.get(source, position, frame::HEADER_BYTES)?;
        let Some(parsed) = frame::parse(bytes, header.salt, offset) else {
            return Ok((position, "a frame header fails its checksum"));
        };
        let bytes = window.get(source, position, parsed.frame_bytes())?;
        if !parsed.fits(&bytes[frame::HEADER_BYTES..]) {
            return Ok((position, "a frame's payload fails its checksum"));
        }
        position += parsed.frame_bytes() as u64;
    }
}

/// Searches after a bad place for a frame whose write began later. If there is one, what is bad had
/// been durable and must not be cut.
fn damage_is_proven(source: &mut Source<'_>, header: Header, bad: u64) -> Result<bool> {
    let mut window = Window::default();
    let bad_offset = segment::offset_at(header.first, bad);
    let mut position = bad;
    loop {
        let bytes = window.get(source, position, WINDOW_BYTES)?;
        if bytes.len() < frame::HEADER_BYTES {
            return Ok(false);
        }
        let places = bytes.len() + 1 - frame::HEADER_BYTES;
        for at in 0..places {
            let offset = segment::offset_at(header.first, position + at as u64);
            let later = frame::parse(&bytes[at..], header.salt, offset);
            if later.is_some_and(|later| offset.0 - later.distance > bad_offset.0) {
                return Ok(true);
            }
        }
        position += places as u64;
    }
}
