//! `perennial`: the one binary.
//!
//! What it is: the command line over what the server offers, on a data directory with no server
//! running, or through the API of one. What it is not: it knows nothing that the server does not.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use.

mod arguments;
mod command;
mod print;
mod progress;
mod source;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", whole(&error));
            ExitCode::from(if error.is::<WrongUse>() { 2 } else { 1 })
        }
    }
}

/// The command line says something that cannot be meant.
#[derive(Debug)]
pub struct WrongUse(pub String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(arguments) => command::demo::run(arguments),
        Command::Serve(arguments) => command::serve::run(arguments),
        Command::Key(arguments) => command::key::run(arguments),
        Command::Import(arguments) => command::import::run(arguments),
        Command::Imports(arguments) => command::imports::run(arguments),
        Command::Campaign(arguments) => command::campaign::run(arguments),
        Command::Journey(arguments) => command::journey::run(arguments),
        Command::Catalog(arguments) => command::catalog::run(arguments),
        Command::Provider(arguments) => command::provider::run(arguments),
        Command::Segment(arguments) => command::segment::run(arguments),
        Command::Lifecycle(arguments) => command::lifecycle::run(arguments),
        Command::Rfm(arguments) => command::rfm::run(arguments),
        Command::Retention(arguments) => command::retention::run(arguments),
        Command::Funnel(arguments) => command::funnel::run(arguments),
        Command::Flows(arguments) => command::flows::run(arguments),
        Command::Trends(arguments) => command::trends::run(arguments),
        Command::Activity(arguments) => command::activity::run(arguments),
        Command::Revenue(arguments) => command::revenue::run(arguments),
        Command::Sessions(arguments) => command::sessions::run(arguments),
        Command::User(arguments) => command::user::run(arguments),
        Command::Erase(arguments) => command::privacy::erase(arguments),
        Command::Suppress(arguments) => command::privacy::suppress(arguments),
        Command::Export(arguments) => command::export::run(arguments),
        Command::Schema(arguments) => command::schema::run(arguments),
        Command::Simulate(arguments) => command::simulate::run(arguments),
        Command::Bench(arguments) => command::bench::run(arguments),
        Command::History(arguments) => command::history::run(arguments),
        Command::Backup(arguments) => command::backup::backup(arguments),
        Command::Restore(arguments) => command::backup::restore(arguments),
    }
}

/// An error with its causes, each said once: some name their cause themselves.
fn whole(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text += &format!(": {cause}");
        }
    }
    text
}

/// Whoever reads our output has seen enough.
fn broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .init();
}
