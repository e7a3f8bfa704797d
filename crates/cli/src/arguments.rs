//! What can be written on the command line.

mod analyses;
mod history;
mod memory;

use std::path::PathBuf;

pub use history::{BackupArguments, HistoryArguments, HistoryCommand, RestoreArguments};
pub use memory::MemoryArguments;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use analyses::*;

/// Know who is new, active, loyal, at risk, dormant and churned, and say anything about anybody.
#[derive(Parser)]
#[command(
    name = "perennial",
    version,
    max_term_width = 100,
    after_help = "\
First steps:
  perennial demo                                     a shop with two years of history, and its pages
  perennial key create --data-dir d --scope ingest   a key for client libraries
  perennial serve --data-dir d --listen 127.0.0.1:7300

Exit codes: 0 done, 1 failed, 2 wrong use."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Fill a data directory with a demonstration and show it
    Demo(DemoArguments),
    /// Serve the dashboard and the API
    Serve(ServeArguments),
    /// Make, list and revoke keys
    Key(KeyArguments),
    /// Read events from a file
    Import(ImportArguments),
    /// Check, count, list and explain segments
    Segment(SegmentArguments),
    /// Lifecycle states, who moved, and thresholds that the data propose
    Lifecycle(LifecycleArguments),
    /// Recency, frequency, monetary value
    Rfm(RfmArguments),
    /// Who comes back, by cohort; in how many periods people come
    Retention(RetentionArguments),
    /// How far users go along steps, and how long it takes them
    Funnel(FunnelArguments),
    /// What happens after an event, or before it
    Flows(FlowsArguments),
    /// How much of something happened, period by period, or as a pivot
    Trends(TrendsArguments),
    /// Daily, weekly and monthly active users, and stickiness
    Activity(ActivityArguments),
    /// Revenue by day, and over the life of cohorts
    Revenue(RevenueArguments),
    /// Sessions in figures, and by day
    Sessions(SessionsArguments),
    /// One user
    User(UserArguments),
    /// Write events or profiles to a file that other tools read
    Export(ExportArguments),
    /// Measure speed and size on generated data
    Bench(BenchArguments),
    /// What the history holds, whether it is whole, how long it is kept
    History(HistoryArguments),
    /// Copy a data directory, also while a server has it open
    Backup(BackupArguments),
    /// Make a data directory of a backup
    Restore(RestoreArguments),
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// The body of the API
    Json,
    /// With a header line
    Csv,
}

/// Where the data are.
#[derive(Args)]
pub struct SourceArguments {
    /// A data directory that no server has open
    #[arg(long, value_name = "DIR", required_unless_present = "server", conflicts_with = "server")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// A running server, as in http://127.0.0.1:7300
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// A key of that server with scope admin
    #[arg(
        long,
        value_name = "KEY",
        requires = "server",
        env = "PERENNIAL_KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,
}

#[derive(Args)]
pub struct ResultArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct AtArguments {
    /// As of this instant [default: now]
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant [default: everything]
    #[arg(long, value_name = "RFC3339")]
    pub known_at: Option<String>,
    #[command(flatten)]
    pub result: ResultArguments,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial demo
  perennial demo --users 2000 --exit
  perennial demo --data-set online-retail --source online_retail.csv.gz
  perennial demo --data-set cdnow --source transactions.csv

A second start on the same directory uses the data that are there.")]
pub struct DemoArguments {
    /// A published data set instead of the simulated shop: online-retail, cdnow, rfm-orders,
    /// ecom-clickstream, snowplow-mobile
    #[arg(long, value_name = "NAME", requires = "source")]
    pub data_set: Option<String>,
    /// Its file, plain or gzip; a folder for a set of several files
    #[arg(long, value_name = "FILE", requires = "data_set")]
    pub source: Option<PathBuf>,
    /// People of the simulated shop
    #[arg(long, value_name = "N", default_value_t = 20_000, conflicts_with = "data_set")]
    pub users: u32,
    /// Where the data live [default: perennial-data/demo, or a folder of the set beside it]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where pages and API are served
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7300")]
    pub listen: String,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// Stop after the summary
    #[arg(long)]
    pub exit: bool,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  perennial serve --data-dir data --listen 127.0.0.1:7300

Prints `listening on http://…` when it is ready. SIGTERM finishes what is under way and exits 0.")]
pub struct ServeArguments {
    /// Where the data live; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Where pages and API are served
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7300")]
    pub listen: String,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// Seconds that an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub query_timeout: u64,
    #[command(flatten)]
    pub log: LogArguments,
}

/// What becomes of the log.
#[derive(Args)]
pub struct LogArguments {
    /// How much of the log is kept, from now on [default: what was said before, at first checkpoint]
    #[arg(long, value_enum, requires = "data_dir")]
    pub keep_log: Option<KeepLog>,
}

/// How much of the log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeepLog {
    /// Everything: the history folder can be deleted at any time and is built anew
    All,
    /// What the last checkpoint of the history does not hold, and at least the last GiB
    Checkpoint,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial key create --data-dir data --scope ingest --label \"web shop\"
  perennial key list --data-dir data
  perennial key revoke --data-dir data 3f9c01ab77de")]
pub struct KeyArguments {
    #[command(subcommand)]
    pub command: KeyCommand,
}

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Print a new key, alone on standard output; it is shown only once
    Create {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// ingest: send records; admin: everything
        #[arg(long)]
        scope: server::config::keys::Scope,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List keys, without the keys themselves
    List {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// End the life of a key, also in a running server
    Revoke {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// Its id, as listed, or the key itself
        id: String,
    },
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

A mapping says what each column is: user, anonymous, time, event, id, properties.NAME[:TYPE], with
TYPE text, int, float, bool or timestamp; `event==Purchase` gives every row the same event. Columns
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

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial segment check --data-dir data 'did \"Purchase\" at least 3 times in last 30d'
  perennial segment count --data-dir data --as-of 2011-12-09T12:50:00Z --format json 'did \"Purchase\"'
  perennial segment list  --data-dir data @loyal.segment
  perennial segment explain --data-dir data --user ada 'did \"Purchase\" in last 30d'

TEXT is a definition in the text form, in the JSON form (it begins with {), or @FILE with either.")]
pub struct SegmentArguments {
    #[command(subcommand)]
    pub command: SegmentCommand,
}

#[derive(Subcommand)]
pub enum SegmentCommand {
    /// Print both forms of a definition, or everything that is wrong with it
    Check {
        #[command(flatten)]
        result: ResultArguments,
        text: String,
    },
    /// Count the users a definition holds for; several definitions are counted at once
    Count {
        #[command(flatten)]
        at: AtArguments,
        #[arg(required = true, value_name = "TEXT")]
        texts: Vec<String>,
    },
    /// List the users a definition holds for, in order of first sight
    List {
        #[command(flatten)]
        at: AtArguments,
        text: String,
    },
    /// Say why a user is in, or not; or what each condition costs
    Explain {
        #[command(flatten)]
        at: AtArguments,
        /// For whom
        #[arg(long, required_unless_present = "analyze", conflicts_with = "analyze")]
        user: Option<String>,
        /// Count everybody, and say what each condition read and how long it took
        #[arg(long)]
        analyze: bool,
        text: String,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial lifecycle --data-dir data
  perennial lifecycle states --data-dir data --as-of 2011-12-09T12:50:00Z
  perennial lifecycle transitions --data-dir data --from 2011-11-01 --to 2011-12-01
  perennial lifecycle thresholds --data-dir data --event Purchase --horizon 30d")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct LifecycleArguments {
    #[command(subcommand)]
    pub command: Option<LifecycleCommand>,
    #[command(flatten)]
    pub at: AtArguments,
}

#[derive(Subcommand)]
pub enum LifecycleCommand {
    /// Who is in which state
    States {
        #[command(flatten)]
        at: AtArguments,
    },
    /// Who moved from which state to which
    Transitions {
        #[command(flatten)]
        result: ResultArguments,
        /// The earlier instant
        #[arg(long, value_name = "RFC3339")]
        from: String,
        /// The later instant
        #[arg(long, value_name = "RFC3339")]
        to: String,
        /// Only what had been accepted by this instant [default: everything]
        #[arg(long, value_name = "RFC3339")]
        known_at: Option<String>,
    },
    /// Silences after which states begin, as the data propose them
    Thresholds {
        #[command(flatten)]
        at: AtArguments,
        /// Gaps between events of this name [default: the event that orders are]
        #[arg(long)]
        event: Option<String>,
        /// Within how long a return counts [default: four of five observed gaps are shorter]
        #[arg(long, value_name = "DURATION")]
        horizon: Option<String>,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial rfm --data-dir data
  perennial rfm groups --data-dir data --as-of 2011-12-09T12:50:00Z --format json
  perennial rfm transitions --data-dir data --from 2011-11-01 --to 2011-12-01")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct RfmArguments {
    #[command(subcommand)]
    pub command: Option<RfmCommand>,
    #[command(flatten)]
    pub at: AtArguments,
}

#[derive(Subcommand)]
pub enum RfmCommand {
    /// All groups
    Groups {
        #[command(flatten)]
        at: AtArguments,
    },
    /// Who moved from which group to which
    Transitions {
        #[command(flatten)]
        result: ResultArguments,
        /// The earlier instant
        #[arg(long, value_name = "RFC3339")]
        from: String,
        /// The later instant
        #[arg(long, value_name = "RFC3339")]
        to: String,
        /// Only what had been accepted by this instant [default: everything]
        #[arg(long, value_name = "RFC3339")]
        known_at: Option<String>,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial user show --data-dir data ada
  perennial user events --data-dir data --limit 20 ada")]
pub struct UserArguments {
    #[command(subcommand)]
    pub command: UserCommand,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Everything about one user
    Show {
        #[command(flatten)]
        at: AtArguments,
        id: String,
    },
    /// Their events, newest first
    Events {
        #[command(flatten)]
        at: AtArguments,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u64,
        /// `next` of the page before, or an instant
        #[arg(long)]
        before: Option<String>,
        id: String,
    },
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
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial bench history --events 10000000
  perennial bench history --events 10000000 --json ours.json --parquet events.parquet
  python3 scripts/bench_history_peers.py --json ours.json --parquet events.parquet

Equal numbers, years and seeds give equal events on every machine.")]
pub struct BenchArguments {
    #[command(subcommand)]
    pub command: BenchCommand,
}

#[derive(Subcommand)]
pub enum BenchCommand {
    /// Load generated events and ask twelve questions about them
    History {
        /// Events; one user for each hundred
        #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000_000))]
        events: u64,
        /// Length of the period
        #[arg(long, value_name = "Y", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=50))]
        years: u32,
        /// Other seeds give other events
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// Where the history is made, and stays [default: a temporary folder]
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
        /// Where answers and times go, for the comparison with other engines
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Where the events go, for the comparison with other engines
        #[arg(long, value_name = "FILE")]
        parquet: Option<PathBuf>,
    },
}
