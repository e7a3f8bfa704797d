//! Arguments of `perennial campaign`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, SourceArguments};

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial campaign create win-back.json --server http://127.0.0.1:8080 --key KEY
  perennial campaign reach win-back.json --data-dir data
  perennial campaign start win-back --server http://127.0.0.1:8080 --key KEY
  perennial campaign report win-back --data-dir data --format json

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
    /// Make a draft of a definition
    Create(CampaignFileArguments),
    /// Count who a definition would reach, and who not, and why
    Reach(CampaignFileArguments),
    /// Begin
    Start(CampaignOneArguments),
    /// Send nothing for now; everybody keeps their place
    Pause(CampaignOneArguments),
    /// Go on
    Resume(CampaignOneArguments),
    /// End for good
    Stop(CampaignOneArguments),
    /// What became of it, and what it caused
    Report(CampaignOneArguments),
    /// Its latest messages
    Deliveries(CampaignOneArguments),
    /// Make the secret with which your server signs the ids of visitors, and print it this once
    VisitorSecret(VisitorSecretArguments),
}

#[derive(Args)]
pub struct VisitorSecretArguments {
    #[command(flatten)]
    pub source: SourceArguments,
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
