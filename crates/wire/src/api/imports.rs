//! Data in bulk: batches, files, and imports on a schedule.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileForm {
    /// Rows with a header line; comma, semicolon, tab or bar.
    Csv,
    /// One JSON object a line; without a mapping, messages of the Segment family.
    Ndjson,
    /// Columns.
    Parquet,
    /// Mixpanel's export of events or profiles.
    Mixpanel,
    /// Amplitude's export.
    Amplitude,
    /// CleverTap's export of events or profiles.
    Clevertap,
}

/// How a batch is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct BatchQuery {
    /// The same answer, and nothing is stored.
    #[serde(default)]
    #[param(required = false)]
    pub dry_run: bool,
}

/// A batch of events and profiles, as a person writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchInput {
    /// At most 10,000 messages, mixed: `{"type":"track","userId":…,"event":…,"properties":{…},
    /// "timestamp":…,"messageId":…}`, `{"type":"identify","userId":…,"traits":{…}}`, and `page`,
    /// `screen`, `group`, `alias`. With a `messageId`, what is sent again counts once.
    pub batch: Vec<serde_json::Value>,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Batch {
    /// Nothing was stored.
    pub dry_run: bool,
    /// Entries that count from now on, durably.
    pub accepted: u64,
    /// Entries whose delivery had been counted before.
    pub duplicates: u64,
    /// Entries that say nothing, as an alias of an id with itself.
    pub ignored: u64,
    /// Entries that were not accepted; all others were.
    pub refused: Vec<BatchNote>,
    /// What of accepted entries is not as the schema declares it, and what became of it.
    pub warnings: Vec<BatchNote>,
}

/// What is wrong with one entry of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchNote {
    /// Its place in the batch, from 0.
    pub index: u64,
    /// A stable code, as in `event.no_user`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

/// How an uploaded file is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// `csv`, `ndjson`, `parquet`, or whose export it is: `mixpanel`, `amplitude`, `clevertap`.
    #[param(inline)]
    pub format: FileForm,
    /// What each column is, as in a saved mapping: entries like `user=customer` or
    /// `event==Purchase`, one a line. Of an export only `zone=…` and `event==…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// The name of the file in the error stream; default: `upload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The same answer, and nothing is stored.
    #[serde(default)]
    #[param(required = false)]
    pub dry_run: bool,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Import {
    /// Nothing was stored.
    pub dry_run: bool,
    /// Rows that were read. Of an export, one may give several records.
    pub rows: u64,
    /// Records that count from now on, durably.
    pub accepted: u64,
    /// Records whose delivery had been counted before.
    pub duplicates: u64,
    /// Records that the schema did not let in; the error stream says why.
    pub left_out: u64,
    /// Rows that give no record.
    pub rejected: u64,
    /// How many of each code.
    pub rejected_by_code: BTreeMap<String, u64>,
    /// The first 1,000 of them.
    pub rejected_rows: Vec<RejectedRow>,
}

/// A row that gives no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedRow {
    /// Its number, from 1, the header not counted.
    pub row: u64,
    /// The line of the file on which it begins; nothing where a file has no lines.
    #[schema(required = true)]
    pub line: Option<u64>,
    /// The column that is wrong, if it is one.
    #[schema(required = true)]
    pub column: Option<String>,
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

/// An import on a schedule, to make or to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportSourceInput {
    /// A name for people.
    pub name: String,
    /// Where its files are.
    pub place: ImportPlace,
    /// How they are written.
    pub format: FileForm,
    /// What each column is, as in a saved mapping, one entry each.
    #[serde(default)]
    #[schema(required = false)]
    pub mapping: Vec<String>,
    /// Minutes between two looks for what is new; at least 1.
    pub every_minutes: u32,
    /// It does not run by itself.
    #[serde(default)]
    #[schema(required = false)]
    pub paused: bool,
}

/// Where files are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ImportPlace {
    /// A folder of the server's machine, with all folders in it.
    Directory {
        /// Below the folder that the server was given as `--import-dir`; empty: that folder.
        path: String,
    },
    /// A bucket that speaks S3.
    Bucket {
        /// `https://s3.eu-central-1.amazonaws.com`, or the address of another service.
        endpoint: String,
        /// As the service calls it.
        region: String,
        /// The bucket.
        bucket: String,
        /// How the names of the files begin; empty: all.
        #[serde(default)]
        #[schema(required = false)]
        prefix: String,
        /// The id of the key that may read it.
        access_key: String,
        /// Its secret, which no answer holds; left out when a source is changed, it stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        secret_key: Option<String>,
    },
}

/// An import on a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportSource {
    /// Stable id.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// Where its files are, without the secret.
    pub place: ImportPlace,
    /// How they are written.
    pub format: FileForm,
    /// What each column is.
    pub mapping: Vec<String>,
    /// Minutes between two looks for what is new.
    pub every_minutes: u32,
    /// It does not run by itself.
    pub paused: bool,
    /// It runs now.
    pub running: bool,
    /// The file that is read now.
    #[schema(required = true)]
    pub reading: Option<String>,
    /// Rows of that file that are read.
    pub rows_read: u64,
    /// When it looks again by itself; nothing: it is paused, or no server runs it.
    #[schema(required = true, format = DateTime)]
    pub next_at: Option<String>,
    /// What was imported so far, of all runs.
    pub files: u64,
    /// The latest run; nothing: there was none.
    #[schema(required = true)]
    pub last_run: Option<ImportRun>,
}

/// One run of an import on a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportRun {
    /// When it began.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub ended_at: String,
    /// Files that were new or had changed, and were read whole.
    pub files: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Records that count from now on.
    pub accepted: u64,
    /// Records whose delivery had been counted before.
    pub duplicates: u64,
    /// Rows that give no record; the error stream has them.
    pub rejected: u64,
    /// What ended it, or kept a file from being read; nothing: it went well.
    #[schema(required = true)]
    pub error: Option<String>,
    /// Failed runs in a row.
    pub failures: u32,
}

/// All imports on a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportSourceList {
    /// By name.
    pub sources: Vec<ImportSource>,
    /// Whether the server was given a folder (`--import-dir`) that files may be read from.
    pub directory: bool,
}
