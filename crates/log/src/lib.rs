//! The durable log: append bytes, sync them, read them back from an offset.
//!
//! What it is: one directory of segment files with one writer and any number of readers. What was
//! appended before a [`Log::sync`] that returned is there after any crash, exactly once and in order.
//! What it is not: it knows nothing of what a payload means, starts no threads and keeps no timers.
//!
//! Group commit belongs to the owner of the [`Log`]: drain the queue, append all, sync once, then
//! acknowledge all.
//!
//! On disk: files `<first offset, 20 digits>.log`, each a header of [`segment::HEADER_BYTES`] and
//! then frames (see [`frame`]). An [`Offset`] is a position in bytes of frames since the beginning of
//! the log, headers of files not counted, so that a reader finds its place without an index.
//!
//! ```
//! let dir = tempfile::tempdir().unwrap();
//! let (mut log, _) = log::Log::open(dir.path(), log::Options::default()).unwrap();
//! let at = log.append(b"hello").unwrap();
//! log.sync().unwrap();
//! let mut frames = log.reader().read_from(at).unwrap();
//! assert_eq!(frames.next().unwrap().unwrap(), (at, b"hello".to_vec()));
//! ```

pub mod disk;
pub mod frame;
pub mod segment;

mod append;
mod error;
mod read;
mod recover;
mod rewrite;
mod window;

#[cfg(test)]
mod tests;

pub use append::{Log, Options};
pub use error::{Error, Remedy};
pub use read::{Frames, Reader};
pub use recover::Recovery;
pub use rewrite::Change;

/// A place in the log: bytes of frames before it. The offset of a frame is where it begins; the end
/// of the log is where the next one will begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

impl std::fmt::Display for Offset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;
