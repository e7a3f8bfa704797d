//! Arguments of `perennial campaign`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BacktestArguments, Format, SourceArguments};

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial campaign plays --data-dir data
  perennial campaign play win-back --server http://127.0.0.1:8080 --key KEY
  perennial campaign create win-back.json --server http://127.0.0.1:8080 --key KEY
  perennial campaign reach win-back.json --data-dir data
  perennial campaign backtest win-back.json --from 2011-06-01 --to 2011-12-01 --data-dir data
  perennial campaign start win-back --server http://127.0.0.1:8080 --key KEY
  perennial campaign report win-back --data-dir data --format json
  perennial campaign retry win-back --reason provider.refused --server http://127.0.0.1:8080 --key KEY

A definition is the body of POST /api/campaigns; docs/campaigns.md explains it, examples are in docs/plays.
Messages go out while a server runs.")]
pub struct CampaignArguments {
    #[command(subcommand)]
    pub command: CampaignCommand,
}

/// What is done with campaigns.
#[derive(Subcommand)]
pub enum CampaignCommand {
    /// Show all, with what they sent
    List(CampaignListArguments),
    /// Show the plays: campaigns to begin with
    Plays(CampaignListArguments),
    /// Make a draft of a play, with the segments that it needs
    Play(CampaignPlayArguments),
    /// Make a draft of a definition
    Create(CampaignFileArguments),
    /// Count who a definition would reach, and who not, and why
    Reach(CampaignFileArguments),
    /// What a campaign would have done over a past period of what really happened
    Backtest(BacktestArguments),
    /// Begin
    Start(CampaignOneArguments),
    /// Send nothing for now; everybody keeps their place
    Pause(CampaignOneArguments),
    /// Go on
    Resume(CampaignOneArguments),
    /// End for good
    Stop(CampaignOneArguments),
    /// Show one: what it is, its version, who made it and who approved it
    Show(CampaignOneArguments),
    /// Let a version go that somebody else wrote
    Approve(CampaignApproveArguments),
    /// Take an approval back
    Withdraw(CampaignOneArguments),
    /// What became of it, whether a variant has won, and what it caused
    Report(CampaignReportArguments),
    /// Messages, newest first, of one campaign or of all
    Deliveries(CampaignDeliveriesArguments),
    /// Send failed messages again
    Retry(CampaignRetryArguments),
    /// Make the secret with which your server signs the ids of visitors, and print it this once
    VisitorSecret(VisitorSecretArguments),
}

#[derive(Args)]
pub struct VisitorSecretArguments {
    #[command(flatten)]
    pub source: SourceArguments,
}

#[derive(Args)]
pub struct CampaignApproveArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// Its id, as `list` shows it
    pub id: String,
    /// The version that you looked at, as `show` says it
    pub version: String,
}

#[derive(Args)]
pub struct CampaignReportArguments {
    #[command(flatten)]
    pub one: CampaignOneArguments,
    /// Only who was drawn from this instant on (RFC 3339)
    #[arg(long)]
    pub since: Option<String>,
    /// Only who was drawn before this instant
    #[arg(long)]
    pub until: Option<String>,
    /// As of this instant; default: now
    #[arg(long)]
    pub as_of: Option<String>,
    /// Confidence of intervals, 0.5 to 0.999
    #[arg(long)]
    pub confidence: Option<f64>,
}

#[derive(Args)]
pub struct CampaignDeliveriesArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub filter: DeliveryFilterArguments,
    /// Only in this state, as in `failed`
    #[arg(long)]
    pub state: Option<String>,
    /// How many, 1 to 1000
    #[arg(long)]
    pub limit: Option<u64>,
    /// Begin after the page that said this
    #[arg(long)]
    pub cursor: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct CampaignRetryArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub filter: DeliveryFilterArguments,
    /// A message by its id; may be said several times
    #[arg(long = "message", value_name = "ID")]
    pub messages: Vec<String>,
}

/// Which messages.
#[derive(Args)]
pub struct DeliveryFilterArguments {
    /// Id of a campaign
    #[arg(value_name = "CAMPAIGN")]
    pub campaign: Option<String>,
    /// Only to this user
    #[arg(long)]
    pub user: Option<String>,
    /// Only on this channel
    #[arg(long)]
    pub channel: Option<String>,
    /// Only for this reason, or with this code
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(Args)]
pub struct CampaignListArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct CampaignPlayArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// Its id, as `plays` shows it
    pub id: String,
}

#[derive(Args)]
pub struct CampaignFileArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// A definition (JSON)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct CampaignOneArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// Its id, as `list` shows it
    pub id: String,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
