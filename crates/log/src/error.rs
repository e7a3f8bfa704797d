//! What can go wrong with the log, and what its receiver should do next.

use std::path::PathBuf;

use crate::Offset;

/// An error of the log. No variant hides lost data: what cannot be read is said, never skipped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused an operation.
    #[error("{action} {}", path.display())]
    Io {
        /// What was being done, as in `write to`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Bytes that had been made durable are no longer what they were.
    #[error(
        "{} is damaged at byte {position} (log offset {offset}): {found}; \
         stop, keep a copy of the directory, and restore this file from a backup or a replica",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The byte of the file where the first unreadable thing begins.
        position: u64,
        /// The same place as an offset of the log; everything before it is readable.
        offset: Offset,
        /// What was found there.
        found: &'static str,
    },
    /// A segment file was written by another version of this program.
    #[error("{} has log format {version}, this program reads {reads}; use the version that wrote it",
        file.display(), reads = crate::segment::VERSION)]
    Version {
        /// The file.
        file: PathBuf,
        /// The format number it names.
        version: u32,
    },
    /// Another process has the directory open.
    #[error("{} is in use by another process; stop it first or choose another directory", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// A log is to begin where there is one.
    #[error("{} holds a log already; choose an empty directory", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
    },
    /// An earlier write or sync failed, so it is unknown what of it is on disk.
    #[error("an earlier write to the log failed; open the log again before appending")]
    Poisoned,
    /// A payload is empty or too large.
    #[error("a payload has {bytes} bytes; it must have 1 to {max}", max = crate::frame::PAYLOAD_BYTES_MAX)]
    PayloadSize {
        /// Its size.
        bytes: usize,
    },
    /// Too much was appended without a sync.
    #[error("{bytes} bytes wait for a sync; sync before appending more")]
    BufferFull {
        /// Bytes that wait.
        bytes: usize,
    },
    /// A reader asked for a place that the log does not have.
    #[error("offset {offset} is not in the log, which holds {first} to {end}")]
    NoSuchOffset {
        /// What was asked for.
        offset: Offset,
        /// The first offset of the log.
        first: Offset,
        /// The durable end of the log.
        end: Offset,
    },
}

/// What the receiver of an [`Error`] can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Drop the log and open it again; what was not acknowledged must be sent again.
    Reopen,
    /// The call was wrong: change it. The log is as it was.
    FixRequest,
    /// Sync, then repeat the call.
    SyncFirst,
    /// A person must look: data or disk are broken, or another process is in the way.
    Report,
}

impl Error {
    /// What to do about it.
    pub fn remedy(&self) -> Remedy {
        match self {
            Error::Io { .. } | Error::Poisoned => Remedy::Reopen,
            Error::PayloadSize { .. } | Error::NoSuchOffset { .. } | Error::NotEmpty { .. } => {
                Remedy::FixRequest
            }
            Error::BufferFull { .. } => Remedy::SyncFirst,
            Error::Damaged { .. } | Error::Version { .. } | Error::Locked { .. } => Remedy::Report,
        }
    }
}
