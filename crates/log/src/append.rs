//! The writing side: buffers frames, writes them at once, and makes them durable.
//!
//! Invariant: after a failed write or sync nothing is written any more. A failed sync may have
//! dropped the very pages it was asked for, and a second sync would not tell.

use std::path::Path;
use std::sync::Arc;

use crate::disk::{Directory, Disk};
use crate::read::{Reader, Shared};
use crate::recover::{Recovery, Tail, attempt, create_segment, recover};
use crate::{Error, Offset, Result, frame, segment};

/// How the log lays out its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A segment that has this many bytes is closed before the next write; so it can be larger by
    /// the one write that filled it.
    pub segment_bytes_max: u64,
    /// Zeros are written this many bytes ahead, so that a sync need not change the file's length or
    /// its map of blocks. 0 switches it off.
    pub preallocate_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { segment_bytes_max: 256 * 1024 * 1024, preallocate_bytes: 4 * 1024 * 1024 }
    }
}

/// A log, open for appending by its one owner.
pub struct Log {
    disk: Arc<dyn Disk>,
    options: Options,
    shared: Arc<Shared>,
    tail: Tail,
    /// Bytes of the last file that are written or preallocated.
    allocated: u64,
    buffer: Vec<u8>,
    poisoned: bool,
    _lock: Box<dyn Send>,
}

impl Log {
    /// Opens the log of a directory, creates it if there is none, and mends what a crash left.
    ///
    /// Errors: `Locked` if another process has it open; `Damaged` if durable bytes of the last file
    /// are unreadable or a file is missing (damage within older files shows when they are read).
    /// Cost: reads the last segment.
    pub fn open(directory: &Path, options: Options) -> Result<(Log, Recovery)> {
        Log::open_on(Arc::new(Directory::new(directory)), options)
    }

    /// Makes a log in an empty directory whose first payload will stand at `first`, to hold a copy
    /// of a part of another one.
    ///
    /// Errors: `NotEmpty` if the directory has a log; `Io`.
    pub fn begin_at(directory: &Path, first: Offset, options: Options) -> Result<Log> {
        let disk = Directory::new(directory);
        drop(attempt(&disk, "", "lock directory", disk.lock())?);
        let names = attempt(&disk, "", "list", disk.list())?;
        if names.iter().any(|name| segment::first_of_name(name).is_some()) {
            return Err(Error::NotEmpty { dir: directory.to_path_buf() });
        }
        create_segment(&disk, first)?;
        Log::open(directory, options).map(|(log, _)| log)
    }

    /// The same on any [`Disk`].
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<(Log, Recovery)> {
        let lock = attempt(&*disk, "", "lock directory", disk.lock())?;
        let lock = lock.ok_or_else(|| Error::Locked { dir: disk.path("") })?;
        let (firsts, tail, recovery) = recover(&*disk)?;
        let shared = Arc::new(Shared::new(firsts, tail.end));
        let allocated = segment::position_of(tail.header.first, tail.end);
        let (buffer, poisoned) = (Vec::new(), false);
        let log = Log { disk, options, shared, tail, allocated, buffer, poisoned, _lock: lock };
        Ok((log, recovery))
    }

    /// Buffers a payload; it is durable only after a later [`Log::sync`] returned. Returns where it
    /// will stand, which holds only if that sync succeeds.
    ///
    /// Errors: `PayloadSize`, `BufferFull` and `Poisoned`; none of them changes anything.
    pub fn append(&mut self, payload: &[u8]) -> Result<Offset> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        let bytes = payload.len();
        if bytes == 0 || bytes > frame::PAYLOAD_BYTES_MAX {
            return Err(Error::PayloadSize { bytes });
        }
        if self.buffer.len() + bytes + frame::HEADER_BYTES > frame::WRITE_BYTES_MAX {
            return Err(Error::BufferFull { bytes: self.buffer.len() });
        }
        if self.buffer.is_empty() {
            self.roll_if_full()?;
        }
        let offset = Offset(self.tail.end.0 + self.buffer.len() as u64);
        frame::push(&mut self.buffer, self.tail.header.salt, offset, payload);
        Ok(offset)
    }

    /// Writes everything appended and makes it durable. Returns the durable end of the log.
    ///
    /// Errors: `Io` and `Poisoned`. After either it is unknown which of the waiting payloads are on
    /// disk; drop the log and open it again.
    pub fn sync(&mut self) -> Result<Offset> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        if self.buffer.is_empty() {
            return Ok(self.tail.end);
        }
        self.guarded(Log::write_buffer)
    }

    /// The durable end: where the first payload that is not synced will stand.
    pub fn end(&self) -> Offset {
        self.tail.end
    }

    /// Bytes of frames that wait for a sync.
    pub fn waiting_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// A handle for reading what is synced, on any thread, while this log goes on appending.
    pub fn reader(&self) -> Reader {
        Reader::new(self.disk.clone(), self.shared.clone())
    }

    /// Removes whole segments that end at or before `keep_from`, oldest first; the last one stays.
    /// Returns the new first offset. Readers inside a removed segment get `NoSuchOffset` or an error
    /// of the system.
    ///
    /// After a crash at any moment the log has no gap: each removal is durable before the next one.
    /// Errors: `Io`; the log is usable as before, and a later call tries again.
    pub fn remove_before(&mut self, keep_from: Offset) -> Result<Offset> {
        while let Some(first) = self.shared.segment_before(keep_from) {
            let _files = self.shared.files();
            let name = segment::name(first);
            match self.disk.remove(&name) {
                // Removed by an earlier call that failed afterwards.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                removed => attempt(&*self.disk, &name, "remove", removed)?,
            }
            attempt(&*self.disk, "", "sync directory", self.disk.sync_directory())?;
            self.shared.pop_segment();
        }
        Ok(self.shared.first())
    }

    /// Closes the last segment, unless nothing is in it, after everything appended is durable: what is
    /// appended from now on stands in another file. Returns the end of the log.
    ///
    /// Errors: `Io` and `Poisoned`, as [`Log::sync`].
    pub fn close_segment(&mut self) -> Result<Offset> {
        self.sync()?;
        if segment::position_of(self.tail.header.first, self.tail.end)
            > segment::HEADER_BYTES as u64
        {
            self.guarded(Log::roll)?;
        }
        Ok(self.tail.end)
    }

    /// Runs an operation whose failure leaves the disk in an unknown state.
    fn guarded<T>(&mut self, operation: fn(&mut Log) -> Result<T>) -> Result<T> {
        self.poisoned = true;
        let result = operation(self)?;
        self.poisoned = false;
        Ok(result)
    }

    fn write_buffer(&mut self) -> Result<Offset> {
        let name = segment::name(self.tail.header.first);
        let position = segment::position_of(self.tail.header.first, self.tail.end);
        let end = position + self.buffer.len() as u64;
        attempt(&*self.disk, &name, "write to", self.tail.file.write_at(&self.buffer, position))?;
        self.preallocate(&name, end)?;
        attempt(&*self.disk, &name, "sync", self.tail.file.sync())?;
        self.tail.end = segment::offset_at(self.tail.header.first, end);
        self.shared.set_end(self.tail.end);
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);
        Ok(self.tail.end)
    }

    fn preallocate(&mut self, name: &str, end: u64) -> Result<()> {
        if end <= self.allocated {
            return Ok(());
        }
        let until = (end + self.options.preallocate_bytes).min(self.options.segment_bytes_max);
        if until > end {
            let zeros = vec![0; (until - end) as usize];
            attempt(&*self.disk, name, "preallocate", self.tail.file.write_at(&zeros, end))?;
        }
        self.allocated = until.max(end);
        Ok(())
    }

    fn roll_if_full(&mut self) -> Result<()> {
        let filled = segment::position_of(self.tail.header.first, self.tail.end);
        let empty = filled == segment::HEADER_BYTES as u64;
        if empty || filled < self.options.segment_bytes_max {
            return Ok(());
        }
        self.guarded(Log::roll)
    }

    /// Closes the last segment at its exact length, then begins the next. In this order a crash in
    /// between leaves a log without gaps.
    fn roll(&mut self) -> Result<()> {
        let name = segment::name(self.tail.header.first);
        let filled = segment::position_of(self.tail.header.first, self.tail.end);
        attempt(&*self.disk, &name, "close", self.tail.file.set_length(filled))?;
        attempt(&*self.disk, &name, "sync", self.tail.file.sync())?;
        self.tail = create_segment(&*self.disk, self.tail.end)?;
        self.allocated = segment::HEADER_BYTES as u64;
        self.shared.push_segment(self.tail.header.first);
        Ok(())
    }
}

/// Capacity that the buffer keeps between syncs, in bytes.
const BUFFER_BYTES_KEPT: usize = 4 * 1024 * 1024;
