//! A sliding view of a file: sequential reading with a bounded buffer.
//!
//! The buffer has [`WINDOW_BYTES`], and grows only to hold one larger frame.

use crate::Result;
use crate::disk::{Disk, DiskFile};
use crate::recover::attempt;

/// Bytes that one read asks for.
pub(crate) const WINDOW_BYTES: usize = 256 * 1024;

/// Bytes of a file from `start` on.
#[derive(Default)]
pub(crate) struct Window {
    buffer: Vec<u8>,
    start: u64,
    filled: usize,
}

/// A file with what is needed to name it in an error.
pub(crate) struct Source<'a> {
    pub disk: &'a dyn Disk,
    pub name: &'a str,
    pub file: &'a mut dyn DiskFile,
    /// Nothing at or after this position is read: it may still change.
    pub limit: u64,
}

impl Source<'_> {
    /// Reads until `buffer` is full or the file ends; the number of bytes read.
    pub fn read_full(&mut self, buffer: &mut [u8], position: u64) -> Result<usize> {
        let mut filled = 0;
        let wanted = self.limit.saturating_sub(position).min(buffer.len() as u64) as usize;
        while filled < wanted {
            let read = self.file.read_at(&mut buffer[filled..wanted], position + filled as u64);
            match attempt(self.disk, self.name, "read", read)? {
                0 => break,
                n => filled += n,
            }
        }
        Ok(filled)
    }
}

impl Window {
    /// The `n` bytes at a position; fewer where the file ends.
    pub fn get(&mut self, source: &mut Source<'_>, position: u64, n: usize) -> Result<&[u8]> {
        if !self.covers(position, n) {
            self.fill(source, position, n.max(WINDOW_BYTES))?;
        }
        let from = (position - self.start) as usize;
        Ok(&self.buffer[from..self.filled.min(from + n)])
    }

    /// Forgets what was read, for another file.
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    fn covers(&self, position: u64, n: usize) -> bool {
        position >= self.start && position + n as u64 <= self.start + self.filled as u64
    }

    fn fill(&mut self, source: &mut Source<'_>, position: u64, size: usize) -> Result<()> {
        self.buffer.resize(size, 0);
        (self.start, self.filled) = (position, 0);
        self.filled = source.read_full(&mut self.buffer, position)?;
        Ok(())
    }
}
