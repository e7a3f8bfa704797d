//! The reading side: frames from an offset on, only what is synced, checked one by one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::disk::{Disk, DiskFile, Mode};
use crate::recover::{attempt, read_header};
use crate::segment::{self, Header};
use crate::window::{Source, Window};
use crate::{Error, Offset, Result, frame};

/// What the writer tells the readers.
pub(crate) struct Shared {
    end: AtomicU64,
    firsts: RwLock<Vec<Offset>>,
    /// Held while a file is removed or replaced.
    files: Mutex<()>,
}

/// A handle for reading a log; cheap to clone and usable on any thread.
#[derive(Clone)]
pub struct Reader {
    disk: Arc<dyn Disk>,
    pub(crate) shared: Arc<Shared>,
}

/// The frames from an offset on. `None` means that the durable end is reached; after a further sync
/// the same iterator goes on. After an error it stays where it is.
pub struct Frames {
    reader: Reader,
    next: Offset,
    segment: Option<Segment>,
    window: Window,
}

/// The segment that a reader is in.
struct Segment {
    header: Header,
    name: String,
    file: Box<dyn DiskFile>,
}

impl Shared {
    pub fn new(firsts: Vec<Offset>, end: Offset) -> Shared {
        debug_assert!(!firsts.is_empty());
        Shared { end: AtomicU64::new(end.0), firsts: RwLock::new(firsts), files: Mutex::default() }
    }

    pub fn set_end(&self, end: Offset) {
        self.end.store(end.0, Ordering::Release);
    }

    pub fn push_segment(&self, first: Offset) {
        self.firsts.write().unwrap_or_else(PoisonError::into_inner).push(first);
    }

    /// The oldest segment if it ends at or before `keep_from`.
    pub fn segment_before(&self, keep_from: Offset) -> Option<Offset> {
        let firsts = self.firsts();
        let ended = firsts.get(1).is_some_and(|second| *second <= keep_from);
        ended.then(|| firsts[0])
    }

    /// Takes the oldest segment off the list, unless it is the last.
    pub fn pop_segment(&self) {
        let mut firsts = self.firsts.write().unwrap_or_else(PoisonError::into_inner);
        if firsts.len() > 1 {
            firsts.remove(0);
        }
    }

    pub fn first(&self) -> Offset {
        self.firsts()[0]
    }

    fn end(&self) -> Offset {
        Offset(self.end.load(Ordering::Acquire))
    }

    /// Nobody else removes or replaces a file while this is held.
    pub fn files(&self) -> MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn firsts(&self) -> RwLockReadGuard<'_, Vec<Offset>> {
        self.firsts.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    pub(crate) fn new(disk: Arc<dyn Disk>, shared: Arc<Shared>) -> Reader {
        Reader { disk, shared }
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// The first offset of the log.
    pub fn first(&self) -> Offset {
        self.shared.first()
    }

    /// The durable end at this moment.
    pub fn end(&self) -> Offset {
        self.shared.end()
    }

    /// The frames from the one at `offset` on. The offset must be one that the log gave: of a frame,
    /// or its end.
    ///
    /// Errors: `NoSuchOffset` if it lies outside the log.
    pub fn read_from(&self, offset: Offset) -> Result<Frames> {
        let (first, end) = (self.first(), self.end());
        if offset < first || offset > end {
            return Err(Error::NoSuchOffset { offset, first, end });
        }
        let window = Window::default();
        Ok(Frames { reader: self.clone(), next: offset, segment: None, window })
    }

    /// Reads every frame of the log and checks it. Returns the number of frames.
    pub fn verify(&self) -> Result<u64> {
        let mut frames = self.read_from(self.first())?;
        let mut n = 0;
        while frames.next_frame()?.is_some() {
            n += 1;
        }
        Ok(n)
    }

    /// The first offset of the segment that holds an offset.
    fn segment_of(&self, offset: Offset) -> Result<Offset> {
        let firsts = self.shared.firsts();
        let after = firsts.partition_point(|first| *first <= offset);
        match after.checked_sub(1) {
            Some(at) => Ok(firsts[at]),
            None => Err(Error::NoSuchOffset { offset, first: firsts[0], end: self.end() }),
        }
    }
}

impl Frames {
    /// The offset of the next frame.
    pub fn offset(&self) -> Offset {
        self.next
    }

    /// The next frame without copying it; `None` at the durable end.
    pub fn next_frame(&mut self) -> Result<Option<(Offset, &[u8])>> {
        Ok(self.next_whole()?.map(|(offset, _, payload)| (offset, payload)))
    }

    /// The header of the segment that holds the next frame.
    pub(crate) fn header(&mut self) -> Result<Header> {
        self.enter_segment()?;
        let (offset, first, end) = (self.next, self.reader.first(), self.reader.end());
        let segment = self.segment.as_ref().ok_or(Error::NoSuchOffset { offset, first, end })?;
        Ok(segment.header)
    }

    /// The next frame with its distance from the beginning of its write.
    pub(crate) fn next_whole(&mut self) -> Result<Option<(Offset, u64, &[u8])>> {
        let end = self.reader.end();
        if self.next >= end {
            return Ok(None);
        }
        self.enter_segment()?;
        let Some(Segment { header, name, file }) = &mut self.segment else { return Ok(None) };
        let disk = &*self.reader.disk;
        let limit = segment::position_of(header.first, end);
        let mut source = Source { disk, name, file: &mut **file, limit };
        let (at, position) = (self.next, segment::position_of(header.first, self.next));
        let damaged = |found| {
            let file = disk.path(name);
            Err(Error::Damaged { file, position, offset: at, found })
        };
        let bytes = self.window.get(&mut source, position, frame::HEADER_BYTES)?;
        let Some(parsed) = frame::parse(bytes, header.salt, at) else {
            return damaged("a frame header fails its checksum");
        };
        if at.0 + parsed.frame_bytes() as u64 > end.0 {
            return damaged("a frame goes on after the end of the log");
        }
        let bytes = self.window.get(&mut source, position, parsed.frame_bytes())?;
        let payload = bytes.get(frame::HEADER_BYTES..).unwrap_or_default();
        if !parsed.fits(payload) {
            return damaged("a frame's payload fails its checksum");
        }
        self.next = Offset(at.0 + parsed.frame_bytes() as u64);
        Ok(Some((at, parsed.distance, payload)))
    }

    /// Opens the segment that holds the next frame, unless it is open.
    fn enter_segment(&mut self) -> Result<()> {
        let first = self.reader.segment_of(self.next)?;
        if self.segment.as_ref().is_some_and(|open| open.header.first == first) {
            return Ok(());
        }
        let disk = &*self.reader.disk;
        let name = segment::name(first);
        let mut file = attempt(disk, &name, "open", disk.open(&name, Mode::Read))?;
        let header = read_header(disk, first, &mut *file)?;
        self.segment = Some(Segment { header, name, file });
        self.window.clear();
        Ok(())
    }
}

impl Iterator for Frames {
    type Item = Result<(Offset, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_frame() {
            Ok(frame) => frame.map(|(offset, payload)| Ok((offset, payload.to_vec()))),
            Err(error) => Some(Err(error)),
        }
    }
}
