//! `perennial rfm`.

use wire::api::{AtQuery, BetweenQuery, Rfm};

use super::lifecycle::matrix;
use crate::arguments::{Format, RfmArguments, RfmCommand};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: RfmArguments) -> anyhow::Result<()> {
    let RfmArguments { command, at } = arguments;
    match command.unwrap_or(RfmCommand::Groups { at }) {
        RfmCommand::Groups { at } => {
            let source = Source::open(&at.result.source)?;
            let rfm = source.rfm(&AtQuery { as_of: at.as_of, known_at: at.known_at })?;
            print::result(at.result.format, &rfm, || groups(&rfm, at.result.format))?;
            source.close()
        }
        RfmCommand::Transitions { result, from, to, known_at } => {
            let source = Source::open(&result.source)?;
            let moved = source.rfm_transitions(&BetweenQuery { from, to, known_at })?;
            print::result(result.format, &moved, || matrix(&moved.groups, &moved.matrix))?;
            source.close()
        }
    }
}

/// One row per group.
pub fn groups(rfm: &Rfm, format: Format) -> Table {
    let mut table = Table::new(["group", "users", "share", "orders", "revenue", "average"]);
    for group in &rfm.groups {
        table.row(vec![
            group.name.clone(),
            group.users.to_string(),
            print::share(format, group.share),
            group.orders.to_string(),
            format!("{:.2}", group.revenue),
            format!("{:.2}", group.average_revenue),
        ]);
    }
    table
}
