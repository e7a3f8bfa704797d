//! Arguments of `perennial provider`.

use clap::{Args, Subcommand};

use super::{Format, SourceArguments};

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial provider list --server http://127.0.0.1:8080 --key KEY
  perennial provider check pr_1a2b --server http://127.0.0.1:8080 --key KEY

`check` asks name servers for the records that mail of a provider needs (DKIM, SPF, DMARC, where bounces go, the
name of the mail server's address) and prints what to add. It ends with status 1 if one is missing or wrong.")]
pub struct ProviderArguments {
    #[command(subcommand)]
    pub command: ProviderCommand,
}

/// What is done with providers.
#[derive(Subcommand)]
pub enum ProviderCommand {
    /// Show all, with how they are doing
    List(ProviderListArguments),
    /// Check the DNS records of a mail provider
    Check(ProviderOneArguments),
}

#[derive(Args)]
pub struct ProviderListArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct ProviderOneArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// Its id, as `list` shows it
    pub id: String,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
