//! `perennial bench journeys`: steps a second, the memory of people who wait, timers of one instant, the past played
//! again, and how late timers are in a server under load.

use std::path::PathBuf;

use benchmark::generate::Settings;
use benchmark::journeys::{Many, Measured, Played, TARGETS, many, measure, play};
use serde::Serialize;

use super::Temporary;
use super::timers::{self, Lateness};
use crate::print::{self, Table, number};

/// Events in a second beside timers that are measured; nothing: as many as come.
const LOADS: [Option<u32>; 5] = [Some(0), Some(5_000), Some(50_000), Some(200_000), None];

/// How many journeys run at the same time when there are many.
const JOURNEYS: u32 = 5_000;

/// What is measured.
pub struct Wanted {
    pub waiting: u32,
    pub events: u64,
    pub seconds: u64,
    pub json: Option<PathBuf>,
}

/// The figures.
#[derive(Serialize)]
struct Report {
    fold: Measured,
    many: Many,
    past: Played,
    timers: Vec<Lateness>,
}

/// Runs it.
pub fn run(wanted: &Wanted) -> anyhow::Result<()> {
    eprintln!("the fold alone…");
    let fold = measure(wanted.waiting);
    eprintln!("{} journeys…", number(u64::from(JOURNEYS)));
    let many = many(JOURNEYS, wanted.waiting / 10);
    eprintln!("a year of {} events…", number(wanted.events));
    let folder = Temporary::make();
    let settings = Settings { events: wanted.events, years: 1, seed: 1 };
    let past = play(&settings, &folder.0.join("history"))?;
    eprintln!("timers in a server…");
    let timers = timers::measure(wanted.seconds, &LOADS)?;
    let report = Report { fold, many, past, timers };
    if let Some(path) = &wanted.json {
        super::write_json(path, &report)?;
    }
    print::out(&text(&report))?;
    Ok(())
}

fn text(report: &Report) -> String {
    let Report { fold, many, past, timers } = report;
    let mut table = Table::new(["what", "measured", "against the target"]);
    let mut row = |what: String, measured: String, against: String| {
        table.row(vec![what, measured, against]);
    };
    row(
        format!("{} steps", number(fold.steps)),
        format!("{} a second on a core", number(fold.steps_per_second as u64)),
        times(fold.steps_per_second / TARGETS.steps_per_second),
    );
    let bytes = fold.bytes_waiting;
    row(
        format!("{} people who wait", number(u64::from(fold.waiting))),
        bytes.map_or("unknown".into(), |bytes| format!("{bytes:.0} bytes each")),
        bytes.map_or(String::new(), |bytes| times(TARGETS.bytes_waiting / bytes)),
    );
    row(
        "all of them due at one instant".into(),
        format!("{:.2} s", fold.drain_seconds),
        times(TARGETS.drain_seconds / fold.drain_seconds),
    );
    row(
        format!("{} events of others meanwhile", number(fold.events_between)),
        format!(
            "{:.2} ms, 99 % {:.2} ms, at most {:.2} ms",
            fold.event_ms_median, fold.event_ms_p99, fold.event_ms_max
        ),
        String::new(),
    );
    row(
        format!(
            "{} journeys, {} people in ten of them each: {} steps",
            number(u64::from(many.journeys)),
            number(u64::from(many.users)),
            number(many.steps)
        ),
        format!("{} a second on a core", number(many.steps_per_second as u64)),
        times(many.steps_per_second / TARGETS.steps_per_second),
    );
    row(
        "  their events that concern nobody".into(),
        format!("{} a second", number(many.others_per_second as u64)),
        String::new(),
    );
    row(
        format!(
            "a year of {} people and {} events",
            number(u64::from(past.users)),
            number(past.events)
        ),
        format!(
            "{:.1} s, {} rows a second",
            past.seconds,
            number((past.rows as f64 / past.seconds) as u64)
        ),
        String::new(),
    );
    row(
        "  of which".into(),
        format!(
            "{} entries, {} steps, {} messages decided",
            number(past.entered),
            number(past.told),
            number(past.messages)
        ),
        String::new(),
    );
    for of in timers {
        row(
            format!(
                "{} timers, {} events a second beside them ({}), {} of whose people come in",
                number(of.timers as u64),
                number(of.load as u64),
                of.wanted.map_or("as many as one connection sends".into(), |of| {
                    format!("{} wanted", number(u64::from(of)))
                }),
                number(of.others),
            ),
            format!(
                "late by {:.0} ms, 99 % {:.0} ms, at most {:.0} ms; events acknowledged in {:.1} ms (99 %)",
                of.median, of.p99, of.max, of.acknowledged_p99
            ),
            times(TARGETS.late_ms / of.p99.max(1.0)),
        );
    }
    table.text()
}

/// How many times better than it must be.
fn times(ratio: f64) -> String {
    format!("{ratio:.2} times")
}
