//! `perennial lifecycle`.

use wire::api::{AtQuery, BetweenQuery, Key, ThresholdsQuery};

use crate::arguments::{LifecycleArguments, LifecycleCommand};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: LifecycleArguments) -> anyhow::Result<()> {
    let LifecycleArguments { command, at } = arguments;
    match command.unwrap_or(LifecycleCommand::States { at }) {
        LifecycleCommand::States { at } => {
            let source = Source::open(&at.result.source)?;
            let states = source.lifecycle(&AtQuery { as_of: at.as_of, known_at: at.known_at })?;
            print::result(at.result.format, &states, || {
                let mut table = Table::new(["state", "users", "share", "definition"]);
                for state in &states.states {
                    let (name, users) = (state.name.clone(), state.users.to_string());
                    table.row(vec![
                        name,
                        users,
                        print::share(at.result.format, state.share),
                        state.definition.clone(),
                    ]);
                }
                table
            })?;
            source.close()
        }
        LifecycleCommand::Transitions { result, from, to, known_at } => {
            let source = Source::open(&result.source)?;
            let moved = source.lifecycle_transitions(&BetweenQuery { from, to, known_at })?;
            print::result(result.format, &moved, || matrix(&moved.states, &moved.matrix))?;
            source.close()
        }
        LifecycleCommand::Thresholds { at, event, horizon } => {
            let source = Source::open(&at.result.source)?;
            let query = ThresholdsQuery { event, horizon, as_of: at.as_of, known_at: at.known_at };
            let found = source.thresholds(&query)?;
            print::result(at.result.format, &found, || {
                let mut table = Table::new(["state", "probability of return below", "after days"]);
                for proposal in &found.proposals {
                    let days = proposal.gap_days.map_or("not reached".into(), |d| d.to_string());
                    table.row(vec![
                        proposal.state.clone(),
                        print::share(at.result.format, proposal.level),
                        days,
                    ]);
                }
                table
            })?;
            source.close()
        }
    }
}

/// Rows before, columns after.
pub fn matrix(keys: &[Key], matrix: &[Vec<u64>]) -> Table {
    let header = ["from \\ to".to_owned()].into_iter();
    let mut table = Table::with_header(header.chain(keys.iter().map(|k| k.name.clone())).collect());
    for (key, row) in keys.iter().zip(matrix) {
        let cells = row.iter().map(u64::to_string);
        table.row([key.name.clone()].into_iter().chain(cells).collect());
    }
    table
}
