//! What can be written after `perennial erase` and `suppress`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, SourceArguments};

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial erase ada --data-dir data                  what it covers
  perennial erase ada --data-dir data --yes
  perennial erase ada --data-dir /backups/monday --yes a backup, which stays one
  perennial erase --list --data-dir data --format json > receipts.json
  perennial erase --receipts receipts.json --data-dir restored --yes

Erasing cannot be taken back. The whole person goes: every id, and everybody who turned out to be
them.")]
pub struct EraseArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// Any id of the person
    #[arg(required_unless_present_any = ["list", "receipts"], conflicts_with_all = ["list", "receipts"])]
    pub id: Option<String>,
    /// Also take nothing of their ids any more
    #[arg(long, requires = "id")]
    pub suppress: bool,
    /// Do it; without this, only what it would cover is shown
    #[arg(long)]
    pub yes: bool,
    /// Receipts of all erasures
    #[arg(long, conflicts_with = "receipts")]
    pub list: bool,
    /// Erase again whom these receipts name: for a directory that was restored from a backup
    #[arg(long, value_name = "FILE", conflicts_with = "server")]
    pub receipts: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial suppress ada@example.com --data-dir data --reason \"asked by mail\"
  perennial suppress --list --data-dir data
  perennial suppress --lift 5f0c2a9be1d47733 --data-dir data

Of a person who is known, every id is meant. Lifted, everything of before is there again.")]
pub struct SuppressArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// A user id, an anonymous id, or an identity
    #[arg(required_unless_present_any = ["list", "lift"], conflicts_with_all = ["list", "lift"])]
    pub id: Option<String>,
    /// Why, for people
    #[arg(long, default_value = "", hide_default_value = true)]
    pub reason: String,
    /// All suppressions
    #[arg(long, conflicts_with = "lift")]
    pub list: bool,
    /// Lift the suppression of this id
    #[arg(long, value_name = "SUPPRESSION")]
    pub lift: Option<String>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
