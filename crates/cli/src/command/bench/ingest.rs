//! `perennial bench ingest`: how fast wire forms of events are decoded on one core, and how fast they
//! are taken over HTTP, durable before they are acknowledged.

mod http;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use benchmark::ingest::{Rate, measure};
use serde::Serialize;

use crate::print::{self, Table, number};

/// What is written as JSON.
#[derive(Serialize)]
struct Measured<'a> {
    decoded: &'a [Rate],
    http: &'a http::Sent,
}

/// Runs it.
pub fn run(seconds: u64, clients: u16, json: Option<&Path>) -> anyhow::Result<()> {
    let rates = measure(Duration::from_secs(seconds));
    let sent = http::measure(Duration::from_secs(seconds), usize::from(clients))?;
    if let Some(path) = json {
        let measured = Measured { decoded: &rates, http: &sent };
        let text = serde_json::to_string(&measured)? + "\n";
        std::fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    }
    let mut table = Table::new(["form", "events/s, one core", "bytes an event", "properties"]);
    for Rate { form, events_per_second, bytes_per_event, properties } in rates {
        table.row(vec![
            form.into(),
            number(events_per_second as u64),
            format!("{bytes_per_event:.0}"),
            properties.to_string(),
        ]);
    }
    print::out(&table.text())?;
    print::out(&sent.text())?;
    Ok(())
}
