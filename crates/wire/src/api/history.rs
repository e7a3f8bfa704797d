//! The history itself: what it holds, whether it is whole, how long it is kept, and backups of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The events of one name in one month, or all changes of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryFamily {
    /// Name of the event or attribute.
    pub name: String,
    /// The month, as in `2026-03`; `null` for changes of an attribute.
    #[schema(required = true)]
    pub month: Option<String>,
    /// Parts that questions read.
    pub parts: u64,
    /// Rows in them.
    pub rows: u64,
    /// Rows that only the log and the memory have, until the next checkpoint.
    pub unwritten_rows: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What the history holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryStats {
    /// Users ever seen, merged ones included.
    pub users: u64,
    /// Names of events, properties and attributes.
    pub names: u64,
    /// Events.
    pub events: u64,
    /// Rows, those of attribute changes included.
    pub rows: u64,
    /// Rows that no checkpoint has written yet.
    pub unwritten_rows: u64,
    /// Parts.
    pub parts: u64,
    /// Bytes of parts on disk.
    pub bytes: u64,
    /// Bytes on disk per row that a checkpoint has written; 0 if there is none.
    pub bytes_per_row: f64,
    /// Bytes of the log on disk.
    pub log_bytes: u64,
    /// Everything before this position of the log is durable and visible.
    pub log_position: u64,
    /// By name and month, events first.
    pub families: Vec<HistoryFamily>,
    /// Bytes on disk by kind of column.
    pub sections: Vec<HistorySection>,
    /// What is held in memory of the files.
    pub memory: HistoryMemory,
}

/// Bytes of one kind of column on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistorySection {
    /// `users`, `times`, `order` (of acceptance, and when), `ids` or `properties`.
    pub kind: String,
    /// Bytes.
    pub bytes: u64,
}

/// What is held in memory of the files of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryMemory {
    /// Bytes of columns held.
    pub used: u64,
    /// Bytes that may be held.
    pub limit: u64,
    /// Bytes read from files since the start.
    pub read: u64,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryProblem {
    /// The file.
    pub file: String,
    /// The byte at which it begins; `null` if the file cannot be read at all.
    #[schema(required = true)]
    pub at: Option<u64>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What a check of every file found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryCheck {
    /// Files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows in parts that are whole.
    pub rows: u64,
    /// Frames of the log that are whole.
    pub log_frames: u64,
    /// What is wrong; empty if nothing is.
    pub problems: Vec<HistoryProblem>,
}

/// What a checkpoint with merging of parts did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryCompacted {
    /// The log position that the checkpoint reflects.
    pub log_position: u64,
    /// Rows written.
    pub rows_written: u64,
    /// Events dropped because they are older than is kept.
    pub rows_forgotten: u64,
    /// Parts now.
    pub parts: u64,
    /// Bytes of parts on disk now.
    pub bytes: u64,
}

/// Which backup is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupInput {
    /// Its folder in `backups` of the data directory: letters, digits, `-`, `_` and `.`.
    pub name: String,
}

/// A backup that was made, or a directory that was made of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Backup {
    /// Its folder.
    pub folder: String,
    /// Everything acknowledged before this position of the log is in it.
    pub log_position: u64,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// For how long events of one name are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// Name of the events.
    pub event: String,
    /// For how long, as in `365d`: 90 days to 3,660 days.
    pub keep: String,
}

/// For how long events are kept; those of other names for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionSettings {
    /// One rule per name.
    pub rules: Vec<RetentionRule>,
}

/// What is taken for activity of a person, and where a session ends. Nothing of sessions is stored:
/// after a change all answers follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionSettings {
    /// A session is over after a silence longer than this, as in `20m`: 1 minute to 24 hours.
    pub timeout: String,
    /// Names of events that are no activity.
    #[serde(default)]
    pub not_activity: Vec<String>,
    /// Whether events that libraries on servers sent are activity; default: they are not.
    #[serde(default)]
    pub server_side: bool,
}
