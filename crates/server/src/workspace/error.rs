//! What goes wrong with a data directory, and what its owner can do about it.

use std::path::PathBuf;
use std::sync::Arc;

use super::BackupError;
use crate::config::ConfigError;

/// Why a data directory cannot be opened, or was not closed well.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The folder cannot be made.
    #[error("data directory {} cannot be made: {source}; choose a folder that you may write to", dir.display())]
    Directory {
        /// Which.
        dir: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error(
        "data directory {} is in use by another process; stop it first, or ask it through --server URL --key KEY",
        dir.display()
    )]
    InUse {
        /// Which.
        dir: PathBuf,
    },
    /// The log.
    #[error("log: {}", with_cause(.0))]
    Log(#[from] log::Error),
    /// The history.
    #[error("history: {0}")]
    History(#[from] history::Error),
    /// What was sent, and what waits.
    #[error("messages of the history: {0}")]
    Outreach(String),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The state beside the history.
    #[error(
        "the identity state of the last checkpoint is damaged: {0}; restore the history folder"
    )]
    Fold(#[from] engine::Damaged),
    /// A frame of the log is whole and yet no batch of records.
    #[error("log offset {offset} holds no batch of records: {source}")]
    Record {
        /// Where.
        offset: u64,
        /// Why.
        source: wire::record::DecodeError,
    },
    /// History and log do not belong together.
    #[error(
        "the history reflects the log up to {checkpoint}, the log ends at {end}; \
         log and history folders come from different copies"
    )]
    Ahead {
        /// Where the history is.
        checkpoint: u64,
        /// Where the log ends.
        end: u64,
    },
    /// Neither the history nor the log has what lies between them.
    #[error(
        "{} and the log begins only at {first}: what came before is in neither; restore the \
         history folder from a backup that reaches at least there (the log no longer holds what \
         is needed to build it anew)",
        reflected(.checkpoint)
    )]
    Gap {
        /// Where the history is; 0 without one.
        checkpoint: u64,
        /// Where the log begins.
        first: u64,
    },
    /// A backup could not be made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// An erasure did not come to its end.
    #[error("the erasure is not finished: {0}")]
    Erasure(String),
    /// The log refused to write, so that nothing is written any more.
    #[error(
        "nothing is written because the log refused to write ({0}); make room on the disk or mend it, and start again"
    )]
    ReadOnly(Arc<str>),
    /// The writer is gone.
    #[error("the writer thread ended unexpectedly; see the log output before this")]
    Writer,
}

/// Why records were not accepted. Nothing of the batch is acknowledged; all of it may be sent again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// The log refused to write.
    #[error(
        "nothing can be accepted because the log refused to write ({0}); make room on the disk or mend it, and start again"
    )]
    ReadOnly(Arc<str>),
    /// The history cannot be read, so that it is unknown which deliveries were counted before.
    #[error(
        "nothing can be accepted because it cannot be told what was counted before: {0}; \
         make room on the disk or mend it, and start again"
    )]
    History(Arc<str>),
    /// The workspace is being closed.
    #[error("the server is shutting down; send it again")]
    Closing,
}

fn reflected(checkpoint: &u64) -> String {
    match checkpoint {
        0 => "the history folder is missing or empty".into(),
        at => format!("the history reflects the log up to {at}"),
    }
}

/// An error of the log with what the system said.
pub(super) fn with_cause(error: &log::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
