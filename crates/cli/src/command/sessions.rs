//! `perennial sessions`.

use wire::api::{Sessions, SessionsQuery};

use crate::arguments::SessionsArguments;
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: SessionsArguments) -> anyhow::Result<()> {
    let SessionsArguments { gap, by, segment, at } = arguments;
    let source = Source::open(&at.result.source)?;
    let sessions = source.sessions(&SessionsQuery {
        gap,
        by,
        segment,
        as_of: at.as_of,
        known_at: at.known_at,
    })?;
    print::result(at.result.format, &sessions, || table(&sessions))?;
    source.close()
}

fn table(sessions: &Sessions) -> Table {
    let mut table = Table::new(["day", "sessions", "users", "mean s", "median s", "one event"]);
    let all = [
        "all".to_owned(),
        sessions.sessions.to_string(),
        sessions.users.to_string(),
        format!("{:.1}", sessions.mean_seconds),
        format!("{:.1}", sessions.median_seconds),
        sessions.one_event.to_string(),
    ];
    table.row(all.into());
    for day in &sessions.days {
        table.row(vec![
            day.day.clone(),
            day.sessions.to_string(),
            day.users.to_string(),
            format!("{:.1}", day.mean_seconds),
            format!("{:.1}", day.median_seconds),
            day.one_event.to_string(),
        ]);
    }
    table
}
