//! What can be written after `perennial segment`.

use clap::{Args, Subcommand};

use super::{AtArguments, ResultArguments};

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
