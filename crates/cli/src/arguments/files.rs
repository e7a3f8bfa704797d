//! What can be written after `perennial import` and `export`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wire::api::FileForm;

use super::{Format, LogArguments, SourceArguments};

/// How an imported file is written: one of the two.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct FormArguments {
    /// How the file is written
    #[arg(long, value_enum)]
    pub format: Option<FileFormat>,
    /// Whose export it is: it needs no mapping
    #[arg(long, value_enum, value_name = "PRODUCT")]
    pub from: Option<Product>,
}

/// Products whose exports are read as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Product {
    /// Raw export of events; profiles of the query API
    Mixpanel,
    /// The export's zip archive, or its files
    Amplitude,
    /// Events and profiles of the API
    Clevertap,
}

impl FormArguments {
    /// What was said.
    pub fn get(&self) -> FileForm {
        match (self.format, self.from) {
            (_, Some(Product::Mixpanel)) => FileForm::Mixpanel,
            (_, Some(Product::Amplitude)) => FileForm::Amplitude,
            (_, Some(Product::Clevertap)) => FileForm::Clevertap,
            (Some(FileFormat::Parquet), None) => FileForm::Parquet,
            (Some(FileFormat::Ndjson), None) => FileForm::Ndjson,
            // One of the two is required.
            (Some(FileFormat::Csv) | None, None) => FileForm::Csv,
        }
    }
}

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
  perennial import --data-dir data --from mixpanel --map zone=Europe/Istanbul export.ndjson
  perennial import --data-dir data --from amplitude export.zip
  perennial import --data-dir data --from clevertap --map event==Charged pages.json

A mapping says what each column is: user, anonymous, time, event, id, properties.NAME[:TYPE], with
TYPE string, int, float, bool or timestamp; `event==Purchase` gives every row the same event. Columns
that no --map names become properties of their own name, unless --map only-mapped=true. `zone=NAME` is
the zone of times without an offset; `dates=dmy` or `dates=mdy` says what 03/04/2026 is.
An export (--from) needs no mapping; of it, `zone=NAME` says in which time zone the product kept its
times, and `event==NAME` of which event it is where that stands in no record (CleverTap).
NDJSON without a mapping is read as messages of the Segment family.
A file without an id column gets ids from its content and row numbers: identical rows all count, and
importing the same file again changes nothing.")]
pub struct ImportArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub form: FormArguments,
    /// What a column is
    #[arg(long, value_name = "WHAT=COLUMN")]
    pub map: Vec<String>,
    /// A saved mapping; --map adds to it
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Save the mapping for the next time
    #[arg(long, value_name = "FILE")]
    pub save_mapping: Option<PathBuf>,
    /// Where rejected rows go, with row, line, column, reason and how to mend it
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
    /// Say what would become of the file, and store nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How the summary is written
    #[arg(long, value_enum, default_value_t)]
    pub summary: Format,
    #[command(flatten)]
    pub log: LogArguments,
    /// The file, plain, gzip or a zip archive of such; a folder of them; - is standard input
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

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial imports add --data-dir data --import-dir /srv/exports --name Orders --directory orders \\
      --format csv --map user=customer --map time=day --map event==Purchase --every 60
  PERENNIAL_SECRET_KEY=… perennial imports add --server http://127.0.0.1:7300 --key KEY --name Events \\
      --endpoint https://s3.eu-central-1.amazonaws.com --region eu-central-1 --bucket shop \\
      --prefix events/ --access-key ID --from amplitude --every 60
  perennial imports list --server http://127.0.0.1:7300 --key KEY
  perennial imports run --data-dir data --import-dir /srv/exports ID

A server runs them by itself; without one, `run` does it once. Files that were imported are remembered
and read again when they change; rows count once.")]
pub struct ImportsArguments {
    #[command(subcommand)]
    pub command: ImportsCommand,
}

/// What is done with imports on a schedule.
#[derive(Subcommand)]
pub enum ImportsCommand {
    /// Show all, with how their last run went
    List(ImportsListArguments),
    /// Make one
    Add(Box<ImportsAddArguments>),
    /// Look for what is new now
    Run(ImportsOneArguments),
    /// Delete one; what was imported stays
    Delete(ImportsOneArguments),
}

#[derive(Args)]
pub struct ImportsListArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct ImportsOneArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// The folder below which folders may be read (without a server)
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub import_dir: Option<PathBuf>,
    /// Its id, as `list` shows it
    pub id: String,
}

#[derive(Args)]
pub struct ImportsAddArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// The folder below which folders may be read (without a server)
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub import_dir: Option<PathBuf>,
    /// A name for people
    #[arg(long)]
    pub name: String,
    /// A folder below --import-dir
    #[arg(
        long,
        value_name = "PATH",
        required_unless_present = "bucket",
        conflicts_with = "bucket"
    )]
    pub directory: Option<String>,
    /// The address of a service that speaks S3
    #[arg(long, value_name = "URL", requires = "bucket")]
    pub endpoint: Option<String>,
    /// As the service calls it
    #[arg(long, requires = "bucket", default_value = "us-east-1")]
    pub region: String,
    /// The bucket
    #[arg(long, requires = "endpoint", requires = "access_key")]
    pub bucket: Option<String>,
    /// How the names of the files begin
    #[arg(long, requires = "bucket", default_value = "")]
    pub prefix: String,
    /// The id of the key that may read the bucket; its secret comes from PERENNIAL_SECRET_KEY
    #[arg(long, value_name = "ID", requires = "bucket")]
    pub access_key: Option<String>,
    #[command(flatten)]
    pub form: FormArguments,
    /// What a column is
    #[arg(long, value_name = "WHAT=COLUMN")]
    pub map: Vec<String>,
    /// Minutes between two looks for what is new
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    pub every: u32,
    /// It does not run by itself
    #[arg(long)]
    pub paused: bool,
}
