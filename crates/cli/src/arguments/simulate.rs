//! `perennial simulate`.

use clap::Args;

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial simulate --seeds 1000
  perennial simulate --seeds 1 --from 4711
  perennial simulate --seeds 3 --users 5000 --steps 200
  perennial simulate --seeds 1000 --journeys

A seed chooses senders, late and repeated records, definitions that are edited meanwhile, clocks that
go wrong, disks that fail and crashes; everything is on one thread and in memory. After every step
live segments and lifecycles are compared with an evaluator without any cleverness; with journeys,
what these wrote is compared with what a process does that never ends. Exit code 1 says that a seed
went wrong; its number and the command that shows it again are printed.")]
pub struct SimulateArguments {
    /// How many seeds
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub seeds: u64,
    /// The first one
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub from: u64,
    /// People who send [default: 1 to 12, as the seed says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: Option<u32>,
    /// Steps of a run [default: 15 to 60, as the seed says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub steps: Option<u32>,
    /// People are in journeys, too
    #[arg(long)]
    pub journeys: bool,
}
