//! Counters of the process, in the text form that Prometheus reads.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock;
use crate::workspace::Workspace;

/// Counters of the HTTP side.
#[derive(Default)]
pub struct Metrics {
    /// Answers by class of status: 1xx to 5xx.
    answers: [AtomicU64; 5],
    /// Records that could not be accepted.
    pub rejected: AtomicU64,
    /// Records that could not be accepted, of clients that send once, and for which there was no room.
    pub dropped: AtomicU64,
}

impl Metrics {
    /// Counts one answer.
    pub fn answered(&self, status: u16) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.answers[class].fetch_add(1, Ordering::Relaxed);
    }

    /// Everything in the exposition format 0.0.4.
    pub fn text(&self, workspace: &Workspace, held: usize) -> String {
        let shared = workspace.shared();
        let mut text = String::new();
        head(&mut text, "perennial_http_responses_total", "counter", "answers by class of status");
        for (index, n) in self.answers.iter().enumerate() {
            let (class, n) = (index + 1, n.load(Ordering::Relaxed));
            let _ = writeln!(text, "perennial_http_responses_total{{class=\"{class}xx\"}} {n}");
        }
        let counters = [
            ("records_accepted", "records that count", &shared.accepted),
            ("records_duplicate", "records whose delivery id had been counted", &shared.duplicates),
            ("records_rejected", "records that could not be accepted", &self.rejected),
            ("records_dropped", "records that could not be held", &self.dropped),
            ("log_syncs", "groups of records made durable", &shared.syncs),
        ];
        for (name, help, counter) in counters {
            let name = format!("perennial_{name}_total");
            head(&mut text, &name, "counter", help);
            let _ = writeln!(text, "{name} {}", counter.load(Ordering::Relaxed));
        }
        let cached = workspace.cache().in_use();
        let age = clock::now().0 - shared.checkpoint_at.load(Ordering::Relaxed);
        let gauges = [
            ("queue_batches", "batches that wait for the writer", workspace.queue_depth() as f64),
            ("log_position_bytes", "end of the durable log", workspace.log_position() as f64),
            ("checkpoint_age_seconds", "since the last checkpoint or the start", age as f64 / 1e3),
            ("memory_used_bytes", "columns of the history held", cached.used as f64),
            ("memory_limit_bytes", "columns of the history held at most", cached.limit as f64),
            ("history_read_bytes", "read from the history's files so far", cached.read as f64),
            ("records_held", "records that wait until they can be accepted", held as f64),
            ("read_only", "1 after the log refused to write", f64::from(workspace.read_only())),
        ];
        for (name, help, value) in gauges {
            let name = format!("perennial_{name}");
            head(&mut text, &name, "gauge", help);
            let _ = writeln!(text, "{name} {value}");
        }
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
