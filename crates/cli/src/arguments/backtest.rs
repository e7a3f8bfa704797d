//! Arguments of `perennial journey backtest` and `perennial campaign backtest`.

use clap::Args;

use super::{Format, SourceArguments};

#[derive(Args)]
pub struct BacktestArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// A definition (a file), or the id of what is stored
    #[arg(value_name = "FILE|ID")]
    pub what: String,
    /// People are found from this instant on, as in 2011-06-01 or an instant (RFC 3339)
    #[arg(long)]
    pub from: String,
    /// And before this one
    #[arg(long)]
    pub to: String,
    /// Take everybody to be reachable, whatever is known of addresses, devices and consent
    #[arg(long)]
    pub assume_reachable: bool,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
