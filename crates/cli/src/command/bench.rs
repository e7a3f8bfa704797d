//! `perennial bench`: speed and size on generated data.

mod client;
mod ingest;
mod journeys;
mod live;
mod outreach;
mod timers;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;
use benchmark::generate::Settings;
use benchmark::report::{Question, Report};
use benchmark::run::Options;

use crate::arguments::{BenchArguments, BenchCommand};
use crate::print::{self, Table, number};

/// Runs it.
pub fn run(arguments: BenchArguments) -> anyhow::Result<()> {
    let (events, years, seed, directory, json, parquet) = match arguments.command {
        BenchCommand::History { events, years, seed, directory, json, parquet } => {
            (events, years, seed, directory, json, parquet)
        }
        BenchCommand::Ingest { seconds, clients, json } => {
            return ingest::run(seconds, clients, json.as_deref());
        }
        BenchCommand::Live { users, segments, seconds, history, json } => {
            let segments = segments as usize;
            return live::run(&live::Wanted { users, segments, seconds, history, json });
        }
        BenchCommand::Journeys { waiting, events, seconds, json } => {
            return journeys::run(&journeys::Wanted { waiting, events, seconds, json });
        }
        BenchCommand::Outreach { users, concurrency, load, seconds, json } => {
            return outreach::run(&outreach::Wanted { users, concurrency, load, seconds, json });
        }
    };
    let (directory, temporary) = match directory {
        Some(directory) => (directory, None),
        None => {
            let folder = Temporary::make();
            (folder.0.clone(), Some(folder))
        }
    };
    let options = Options { settings: Settings { events, years, seed }, directory, parquet };
    let report = benchmark::run::run(&options, |what| eprintln!("{what}…"))?;
    drop(temporary);
    if let Some(path) = json {
        write_json(&path, &report)?;
    }
    print::out(&text(&report))?;
    Ok(())
}

/// A folder that is removed at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn make() -> Temporary {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let (process, n) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Temporary(std::env::temp_dir().join(format!("perennial-bench-{process}-{n}")))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            eprintln!("could not remove {}: {error}", self.0.display());
        }
    }
}

fn write_json(path: &Path, report: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(report)? + "\n";
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

fn text(report: &Report) -> String {
    let bandwidth = report.read_bytes_per_second;
    let header = ["", "question", "cold ms", "warm ms", "runs", "MB read", "of bandwidth"];
    let mut table = Table::new(header);
    for question in &report.questions {
        table.row(row(question, bandwidth));
    }
    format!(
        "{} events of {} users over {} years, seed {}\n\n{}\n{}",
        number(report.events),
        number(u64::from(report.users)),
        report.years,
        report.seed,
        table.text(),
        facts(report),
    )
}

fn row(question: &Question, bandwidth: f64) -> Vec<String> {
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    let share = |bytes: u64| {
        let seconds = question.warm_ms / 1_000.0;
        print::percent(bytes as f64 / seconds / bandwidth)
    };
    let unknown = || String::from("-");
    vec![
        question.key.into(),
        question.title.into(),
        format!("{:.3}", question.cold_ms),
        format!("{:.3}", question.warm_ms),
        question.runs.to_string(),
        question.bytes.map_or_else(unknown, megabytes),
        question.bytes.map_or_else(unknown, share),
    ]
}

fn facts(report: &Report) -> String {
    let Report { load, size, events, .. } = report;
    let per_event = |bytes: u64| format!("{:.2} bytes an event", bytes as f64 / *events as f64);
    let mebibytes = |bytes: u64| format!("{} MiB", number(bytes >> 20));
    let mut table = Table::new(["fact", "value"]);
    let mut fact = |name: &str, value: String| table.row(vec![name.into(), value]);
    let rate = |per_second: f64| format!("{} events/s", number(per_second as u64));
    fact("generator, one thread", rate(report.generated_per_second));
    fact("load, durable", rate(load.events_per_second));
    if let Some(bytes) = load.peak_bytes {
        fact("peak memory of the load", mebibytes(bytes));
    }
    if let Some(bytes) = load.serving_bytes {
        fact("anonymous memory after all questions", mebibytes(bytes));
    }
    fact("history on disk", per_event(size.total_bytes));
    if let Some(bytes) = size.id_bytes {
        fact("of which delivery ids", per_event(bytes));
    }
    if let Some(bytes) = size.parquet_bytes {
        fact("Parquet with zstd", per_event(bytes));
    }
    let share = size.ndjson_share;
    let measured =
        format!("{} (measured on {})", per_event(size.ndjson_gzip_bytes), print::percent(share));
    fact("NDJSON through gzip", measured);
    fact("memory read by two threads", format!("{:.1} GB/s", report.read_bytes_per_second / 1e9));
    if let Some(question) = report.questions.last() {
        let ms = |ms: Option<f64>| format!("{:.3} ms", ms.unwrap_or_default());
        fact("one user, 99th percentile", ms(question.p99_ms));
        fact("the largest user", ms(question.largest_ms));
    }
    table.text()
}
