//! Arguments of `perennial journey`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BacktestArguments, Format, SourceArguments};

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial journey check docs/journeys/cart-24h.json --data-dir data
  perennial journey put docs/journeys/cart-24h.json --server http://127.0.0.1:8080 --key KEY
  perennial journey review cart-24h --data-dir data
  perennial journey publish cart-24h --move day=reminder --server http://127.0.0.1:8080 --key KEY
  perennial journey report cart-24h --data-dir data --format json
  perennial journey path ada --data-dir data
  perennial journey test docs/journeys/cart-24h.story.json
  perennial journey backtest docs/journeys/win-back.json --from 2011-06-01 --to 2011-12-01 --data-dir data
  perennial journey learn --path 0.10:1d --path 0.13:1d

A definition is the body of POST /api/journeys; docs/journeys.md explains it, examples are in docs/journeys.
People go on while a server runs.")]
pub struct JourneyArguments {
    #[command(subcommand)]
    pub command: JourneyCommand,
}

/// What is done with journeys.
#[derive(Subcommand)]
pub enum JourneyCommand {
    /// Show all, with who came in and who is in
    List(JourneyListArguments),
    /// Show the ready ones, to begin with
    Plays(JourneyListArguments),
    /// Print a definition, as `put` takes it
    Get(JourneyIdArguments),
    /// Make a draft of a definition, or change what is edited of the journey of its id
    Put(JourneyFileArguments),
    /// Say what is wrong or unwise about a definition; fails if it could not be published
    Check(JourneyFileArguments),
    /// Show what would become of whoever is in if what is edited were published
    Review(JourneyOneArguments),
    /// Publish what is edited; a draft is started by that
    Publish(JourneyPublishArguments),
    /// Nobody comes in, and whoever is in keeps their place
    Pause(JourneyIdArguments),
    /// Go on
    Resume(JourneyIdArguments),
    /// Whoever is in is out
    Stop(JourneyIdArguments),
    /// Delete a draft, or a journey that was stopped
    Delete(JourneyIdArguments),
    /// What became of those who came in, and what it caused
    Report(JourneyReportArguments),
    /// Who is in, those who have waited longest first
    Waiting(JourneyWaitingArguments),
    /// The paths of one user through journeys, with why
    Path(JourneyPathArguments),
    /// Play stories of journeys, without a server; fails if one is not as told
    Test(JourneyTestArguments),
    /// What a journey would have done over a past period of what really happened
    Backtest(BacktestArguments),
    /// What a learning split would gain and lose among simulated people
    Learn(JourneyLearnArguments),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial journey learn --path 0.10:1d --path 0.13:1d --within 3d
  perennial journey learn --path 0.05:30m --path 0.06:3d --within 7d --users 100000 --days 90
  perennial journey learn --path 0.10:1d:20 --path 0.08:1d:40 --within 3d
  perennial journey learn --path 0.10:1d --path 0.13:1d --context new:70 --context loyal:30:0.30,0.20

Regret is what the best path, had it been known from the start, would have brought beyond what was brought; \
of several contexts, the best path of each.")]
pub struct JourneyLearnArguments {
    /// A path: the share of people who convert, how long that takes on average, and what it is worth on average,
    /// as in 0.10:1d or 0.10:1d:25; at least two
    #[arg(long = "path", value_name = "RATE:DELAY[:VALUE]", required = true)]
    pub paths: Vec<String>,
    /// A context of which it learns apart: a name, its part of all parts, and perhaps the rates of the paths there
    #[arg(long = "context", value_name = "NAME:SHARE[:RATE,RATE...]")]
    pub contexts: Vec<String>,
    /// How long after the split a conversion counts
    #[arg(long, default_value = "7d")]
    pub within: String,
    /// People who come
    #[arg(long, default_value_t = 50_000)]
    pub users: u64,
    /// In so many days
    #[arg(long, default_value_t = 60)]
    pub days: u16,
    /// The part of everybody that every path keeps, in percent
    #[arg(long, default_value_t = 5.0)]
    pub floor: f64,
    /// Everything follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Args)]
pub struct JourneyTestArguments {
    /// Files of stories (*.story.json); each names the file of its journey
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print what happened in every story, also in those that are as told
    #[arg(long)]
    pub paths: bool,
}

#[derive(Args)]
pub struct JourneyListArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct JourneyIdArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// Its id, as `list` shows it
    pub id: String,
}

#[derive(Args)]
pub struct JourneyOneArguments {
    #[command(flatten)]
    pub one: JourneyIdArguments,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct JourneyFileArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// A definition (JSON)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Args)]
pub struct JourneyPublishArguments {
    #[command(flatten)]
    pub one: JourneyIdArguments,
    /// The version that you looked at, as `review` says it; default: whatever it is
    #[arg(long)]
    pub version: Option<String>,
    /// Where those go who wait at a step of an earlier version: STEP=STEP, STEP=finish: or STEP=exit: (the colon
    /// tells these from steps of that name); may be said several times
    #[arg(long = "move", value_name = "STEP=TO")]
    pub moves: Vec<String>,
}

#[derive(Args)]
pub struct JourneyReportArguments {
    #[command(flatten)]
    pub one: JourneyOneArguments,
    /// Only who came in from this instant on (RFC 3339)
    #[arg(long)]
    pub from: Option<String>,
    /// Only who came in before this instant
    #[arg(long)]
    pub to: Option<String>,
    /// As of this instant; default: now
    #[arg(long)]
    pub as_of: Option<String>,
    /// Confidence of intervals, 0.5 to 0.999
    #[arg(long)]
    pub confidence: Option<f64>,
}

#[derive(Args)]
pub struct JourneyWaitingArguments {
    #[command(flatten)]
    pub one: JourneyOneArguments,
    /// Only at this step
    #[arg(long)]
    pub step: Option<String>,
    /// How many, 1 to 1000
    #[arg(long)]
    pub limit: Option<u64>,
    /// Begin after the page that said this
    #[arg(long)]
    pub after: Option<String>,
}

#[derive(Args)]
pub struct JourneyPathArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// Id of the user
    pub user: String,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
