//! The error stream on its way: counted in memory, written once a second.
//!
//! What it is: the one place that hears what was sent and not accepted as it came. What it is not:
//! it judges nothing, and is no log: what is noted in the last second before a crash is lost.
//!
//! Invariants: noting never waits for the disk; memory is bounded by [`KINDS_MAX`] kinds with a few
//! samples each, however many errors come; every error is counted once.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gateway::policy::{Finding, Outcome};
use gateway::{REJECTED_BYTES, Rejection};
use model::Timestamp;
use wire::api::ErrorOutcome;

use crate::config::Config;
use crate::config::errors::{Fresh, HOUR_MS, KINDS_MAX, Kind, Sample};

/// How long errors wait for more of them before they are written.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// Samples of one kind between two writes; more are only counted.
const SAMPLES_FRESH: usize = 20;

/// Bytes of the name of an event that tell kinds apart.
const EVENT_BYTES: usize = 255;

/// What is written of a rejected message to learn which event it was.
#[derive(serde::Deserialize)]
struct Named<'a> {
    #[serde(borrow, default, alias = "event_type", alias = "event_name", alias = "evtName")]
    event: Option<std::borrow::Cow<'a, str>>,
}

/// What was noted and not yet written.
#[derive(Default)]
struct Pending {
    kinds: HashMap<Kind, Fresh>,
    stop: bool,
}

struct Inner {
    config: Arc<Config>,
    pending: Mutex<Pending>,
    noted: Condvar,
    /// Held while writing, so that who has flushed reads everything noted before.
    writing: Mutex<()>,
}

/// The error stream of a workspace.
pub struct ErrorStream {
    inner: Arc<Inner>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// One error to be noted.
pub struct Noted<'a> {
    /// When it came.
    pub at: Timestamp,
    /// Through what.
    pub source: &'a str,
    /// Stable code.
    pub code: &'a str,
    /// The event, if it is known.
    pub event: &'a str,
    /// What became of it.
    pub outcome: ErrorOutcome,
    /// How to mend it.
    pub hint: &'a str,
    /// How many.
    pub n: u64,
}

impl ErrorStream {
    /// The stream of a configuration file, with its own thread.
    pub fn start(config: Arc<Config>) -> std::io::Result<ErrorStream> {
        let inner = Arc::new(Inner {
            config,
            pending: Mutex::default(),
            noted: Condvar::new(),
            writing: Mutex::new(()),
        });
        let own = Arc::clone(&inner);
        let thread = std::thread::Builder::new().name("errors".into()).spawn(move || own.run())?;
        Ok(ErrorStream { inner, thread: Mutex::new(Some(thread)) })
    }

    /// Notes an error. `sample` gives what is wrong and what was sent, if that is still wanted.
    pub fn note(&self, noted: &Noted<'_>, sample: impl FnOnce() -> (String, String)) {
        self.add(noted, Some(sample));
    }

    /// Counts an error of which nothing may be kept.
    pub fn count(&self, noted: &Noted<'_>) {
        self.add(noted, None::<fn() -> (String, String)>);
    }

    fn add(&self, noted: &Noted<'_>, sample: Option<impl FnOnce() -> (String, String)>) {
        let mut pending = self.inner.lock();
        let kind = kind_of(noted, noted.event);
        // Of too many names at once, the rest share one kind.
        let full = pending.kinds.len() >= KINDS_MAX && !pending.kinds.contains_key(&kind);
        let kind = if full { kind_of(noted, "") } else { kind };
        let fresh = pending.kinds.entry(kind).or_default();
        let (at, hour) = (noted.at.0, noted.at.0.div_euclid(HOUR_MS));
        if fresh.hours.is_empty() {
            (fresh.first_at, fresh.last_at) = (at, at);
            noted.hint.clone_into(&mut fresh.hint);
        }
        (fresh.first_at, fresh.last_at) = (fresh.first_at.min(at), fresh.last_at.max(at));
        match fresh.hours.iter_mut().find(|(known, _)| *known == hour) {
            Some((_, n)) => *n += noted.n,
            None => fresh.hours.push((hour, noted.n)),
        }
        if let Some(sample) = sample.filter(|_| fresh.samples.len() < SAMPLES_FRESH) {
            let (message, mut record) = sample();
            record.truncate(record.floor_char_boundary(REJECTED_BYTES));
            fresh.samples.push(Sample { at, message, record });
        }
        drop(pending);
        self.inner.noted.notify_one();
    }

    /// Notes a message that could not be read.
    pub fn rejected(&self, at: Timestamp, source: &str, rejection: &Rejection) {
        let Rejection { written, code, message, hint, .. } = rejection;
        let event = serde_json::from_str::<Named<'_>>(written).ok().and_then(|named| named.event);
        let event = event.unwrap_or_default();
        let outcome = ErrorOutcome::Rejected;
        let noted = Noted { at, source, code, event: &event, outcome, hint, n: 1 };
        self.note(&noted, || (message.clone(), written.clone()));
    }

    /// Notes what a policy found.
    pub fn found(&self, at: Timestamp, source: &str, finding: &Finding<'_>) {
        let outcome = match finding.outcome {
            Outcome::Accepted => ErrorOutcome::Accepted,
            Outcome::PropertyDropped => ErrorOutcome::PropertyDropped,
            Outcome::EventDropped => ErrorOutcome::EventDropped,
        };
        let (code, hint) = (finding.violation.code(), finding.violation.hint());
        let noted = Noted { at, source, code, event: finding.event, outcome, hint, n: 1 };
        self.note(&noted, || (finding.message(), finding.written()));
    }

    /// Writes what was noted before the call.
    pub fn flush(&self) {
        self.inner.flush();
    }

    /// Writes what was noted, and ends the thread.
    pub fn stop(&self) {
        self.inner.lock().stop = true;
        self.inner.noted.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
        self.inner.flush();
    }
}

impl Drop for ErrorStream {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        loop {
            let mut pending = self.lock();
            while pending.kinds.is_empty() && !pending.stop {
                pending = self.noted.wait(pending).unwrap_or_else(PoisonError::into_inner);
            }
            let waits = |pending: &mut Pending| !pending.stop;
            let waited = self.noted.wait_timeout_while(pending, FLUSH_EVERY, waits);
            let stop = waited.unwrap_or_else(PoisonError::into_inner).0.stop;
            self.flush();
            if stop {
                return;
            }
        }
    }

    fn flush(&self) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = std::mem::take(&mut self.lock().kinds);
        if fresh.is_empty() {
            return;
        }
        let mut fresh: Vec<(Kind, Fresh)> = fresh.into_iter().collect();
        fresh.sort_by(|a, b| (a.1.last_at, &a.0).cmp(&(b.1.last_at, &b.0)));
        if let Err(error) = self.config.add_errors(&fresh) {
            let n: u64 = fresh.iter().flat_map(|(_, fresh)| &fresh.hours).map(|(_, n)| n).sum();
            tracing::error!(%error, n, "what was not accepted cannot be written down and is lost");
        }
    }
}

/// The word for an outcome in the configuration.
pub fn word(outcome: ErrorOutcome) -> &'static str {
    match outcome {
        ErrorOutcome::Rejected => "rejected",
        ErrorOutcome::EventDropped => "event_dropped",
        ErrorOutcome::PropertyDropped => "property_dropped",
        ErrorOutcome::Accepted => "accepted",
    }
}

/// The outcome of a word.
pub fn outcome(word: &str) -> ErrorOutcome {
    let all = [ErrorOutcome::EventDropped, ErrorOutcome::PropertyDropped, ErrorOutcome::Accepted];
    all.into_iter().find(|known| self::word(*known) == word).unwrap_or(ErrorOutcome::Rejected)
}

fn kind_of(noted: &Noted<'_>, event: &str) -> Kind {
    let event = &event[..event.floor_char_boundary(EVENT_BYTES)];
    Kind {
        code: noted.code.to_owned(),
        source: noted.source.to_owned(),
        event: event.to_owned(),
        outcome: word(noted.outcome).to_owned(),
    }
}

#[cfg(test)]
mod tests;
