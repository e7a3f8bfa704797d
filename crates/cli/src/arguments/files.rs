//! What can be written after `perennial import` and `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, LogArguments, SourceArguments};

/// Kinds of files that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// Rows with a header line; comma, semicolon, tab or bar
    Csv,
    /// One JSON object a line
    Ndjson,
    /// Columns, as other tools write them
    Parquet,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial import --data-dir data --format csv --map user=customer --map time=day \\
      --map event==Purchase --map properties.amount=total:float orders.csv
  gunzip -c events.ndjson.gz | perennial import --data-dir data --format ndjson -

A mapping says what each column is: user, anonymous, time, event, id, properties.NAME[:TYPE], with
TYPE string, int, float, bool or timestamp; `event==Purchase` gives every row the same event. Columns
that no --map names become properties of their own name, unless --map only-mapped=true.
NDJSON without a mapping is read as messages of the Segment family.
A file without an id column gets ids from its content and row numbers: identical rows all count, and
importing the same file again changes nothing.")]
pub struct ImportArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the file is written
    #[arg(long, value_enum)]
    pub format: FileFormat,
    /// What a column is
    #[arg(long, value_name = "WHAT=COLUMN")]
    pub map: Vec<String>,
    /// A saved mapping; --map adds to it
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Save the mapping for the next time
    #[arg(long, value_name = "FILE")]
    pub save_mapping: Option<PathBuf>,
    /// Where rejected rows go, with row, column and reason
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
    /// How the summary is written
    #[arg(long, value_enum, default_value_t)]
    pub summary: Format,
    #[command(flatten)]
    pub log: LogArguments,
    /// The file, plain or gzip; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Table {
    /// One row per event
    Events,
    /// One row per user, with attributes
    Profiles,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial export events --data-dir data --format parquet --out events.parquet
  perennial export profiles --data-dir data --format csv --out profiles.csv
  perennial export events --server http://127.0.0.1:7300 --key KEY --format ndjson --out -")]
pub struct ExportArguments {
    #[arg(value_enum)]
    pub what: Table,
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the file is written
    #[arg(long, value_enum, default_value = "parquet")]
    pub format: FileFormat,
    /// The file; - is standard output (not for Parquet)
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Only what had happened by this instant
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant
    #[arg(long, value_name = "RFC3339")]
    pub known_at: Option<String>,
    /// With events that nobody sent, as sessions; imported again they would be events like any
    #[arg(long)]
    pub derived: bool,
}
