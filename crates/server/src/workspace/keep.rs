//! How much of the log is kept.
//!
//! What a checkpoint holds is in the history for good, so the log before it is needed only to
//! build the history anew. A directory says once which it wants; every process that opens it
//! afterwards does the same.

use crate::config::{Config, ConfigError};

/// The name of the setting in the configuration.
const SETTING: &str = "keep_log";

/// How much of the log is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepLog {
    /// Everything: the history can be deleted at any time and is built anew. The log of a hundred
    /// million events needs about as much room as their history, several times over.
    All,
    /// What came after the last checkpoint, and at least [`LogSizes::kept_bytes`] before the end.
    #[default]
    Checkpoint,
}

/// Bytes of the log's files. Tests choose small ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSizes {
    /// A file that has so many is followed by the next one. Only whole files are removed.
    pub segment_bytes: u64,
    /// So many are kept at the end whatever the checkpoint says, so that a small directory can
    /// always build its history anew, and a damaged history of a large one can be compared.
    pub kept_bytes: u64,
}

impl Default for LogSizes {
    fn default() -> LogSizes {
        LogSizes {
            segment_bytes: log::Options::default().segment_bytes_max,
            kept_bytes: 1024 * 1024 * 1024,
        }
    }
}

impl KeepLog {
    /// The word for it in the configuration and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            KeepLog::All => "all",
            KeepLog::Checkpoint => "checkpoint",
        }
    }

    /// What the directory says; an unknown word is of a later version and keeps everything.
    pub(super) fn of(config: &Config) -> Result<KeepLog, ConfigError> {
        let stored = config.setting(SETTING)?;
        Ok(match stored.as_deref() {
            None => KeepLog::default(),
            Some(word) if word == KeepLog::Checkpoint.word() => KeepLog::Checkpoint,
            Some(_) => KeepLog::All,
        })
    }

    /// Writes it down.
    pub(super) fn store(self, config: &Config) -> Result<(), ConfigError> {
        config.set(SETTING, self.word())
    }
}
