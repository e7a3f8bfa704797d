//! What can be written after `perennial history`, `backup` and `restore`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, ResultArguments, SourceArguments};

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial history stats --data-dir data
  perennial history check --data-dir data --format json
  perennial history compact --server http://127.0.0.1:7300 --key KEY
  perennial history retention --data-dir data --event \"Page Viewed\" --keep 365d
  perennial history retention --data-dir data --event \"Page Viewed\" --forever
  perennial history sessions --data-dir data --timeout 30m

`check` exits with 1 if anything is damaged.")]
pub struct HistoryArguments {
    #[command(subcommand)]
    pub command: HistoryCommand,
}

#[derive(Subcommand)]
pub enum HistoryCommand {
    /// Parts, rows and bytes by event and month
    Stats {
        #[command(flatten)]
        result: ResultArguments,
    },
    /// Read every file and name what is damaged
    Check {
        #[command(flatten)]
        result: ResultArguments,
    },
    /// Merge the parts of every event and month
    Compact {
        #[command(flatten)]
        result: ResultArguments,
    },
    /// For how long events are kept; with --event, change it
    Retention {
        #[command(flatten)]
        result: ResultArguments,
        /// The event that the rule is for
        #[arg(long, value_name = "NAME")]
        event: Option<String>,
        /// For how long its events are kept: 90d to 3660d
        #[arg(long, value_name = "DURATION", requires = "event", conflicts_with = "forever")]
        keep: Option<String>,
        /// Its events are kept for ever again
        #[arg(long, requires = "event")]
        forever: bool,
    },
    /// What is taken for activity, and where a session ends; with options, change it
    Sessions {
        #[command(flatten)]
        result: ResultArguments,
        /// A session is over after a silence longer than this: 1m to 24h
        #[arg(long, value_name = "DURATION")]
        timeout: Option<String>,
        /// Names of events that are no activity, in place of those before; an empty one for none
        #[arg(long, value_name = "NAME")]
        not_activity: Vec<String>,
        /// Whether events that libraries on servers sent are activity
        #[arg(long, value_name = "BOOL")]
        server_side: Option<bool>,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial backup --data-dir data --to /backups/monday
  perennial backup --server http://127.0.0.1:7300 --key KEY --to monday

Through a server, --to names a folder in `backups` of its data directory.")]
pub struct BackupArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// A folder that does not exist yet
    #[arg(long, value_name = "FOLDER")]
    pub to: String,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  perennial restore --from /backups/monday --data-dir data")]
pub struct RestoreArguments {
    /// The folder of a backup
    #[arg(long, value_name = "FOLDER")]
    pub from: PathBuf,
    /// A data directory that does not exist yet
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
