//! Every question of the API, answered: what the HTTP handlers and the command line share.
//!
//! What it is: it takes an API body, looks at an immutable view of the history under the rules of
//! the workspace, and returns an API body. What it is not: it knows no sockets, and decides nothing
//! that the pure crates decide. All calls may block; run them on threads that may.

mod analytics;
mod backtest;
pub mod campaigns;
mod catalogs;
mod catalogue;
mod composites;
mod contact;
pub(crate) mod definitions;
mod deliveries;
mod derived;
mod devices;
mod dns;
pub(crate) mod enrichment;
mod errors;
mod evaluate;
pub mod export;
pub mod feedback;
pub mod frameworks;
pub mod history;
mod identity;
mod imports;
pub(crate) mod journeys;
mod keys;
mod known;
mod lifecycle;
mod links;
pub mod live;
pub(crate) mod onsite;
mod overview;
mod plays;
mod privacy;
mod providers;
pub(crate) mod retention;
mod rfm;
pub(crate) mod rules;
mod schema;
mod segments;
pub mod sight;
pub(crate) mod subscriptions;
pub mod transitions;
mod users;
mod uses;
pub mod values;
pub(crate) mod watched;
mod webhooks;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ::history::{Evaluator, QueryError, Snapshot};
use model::time::TimeError;
use model::{Day, Span, Timestamp};
use segment::Rules;
use wire::api;

use crate::caller::Caller;
use crate::failure::Failure;
use crate::imports::Imports;
use crate::outbox::Outbox;
use crate::webhooks::Webhooks;
use crate::workspace::Workspace;

pub use rules::settings;
use sight::Sight;

/// Answers questions about one workspace. Copies share everything but what stops them.
#[derive(Clone)]
pub struct Service {
    workspace: Arc<Workspace>,
    /// The rules as they were last read; nothing after a change.
    rules: Arc<RwLock<Option<Arc<Rules>>>>,
    names: Arc<Mutex<Option<definitions::KnownNames>>>,
    /// Lifecycle and RFM settings are written down, or somebody is at it.
    settled: Arc<AtomicBool>,
    /// Changes of definitions are passed on to whoever watches them.
    watching: Arc<AtomicBool>,
    known: Arc<known::KnownViews>,
    /// Messages on their way to others.
    webhooks: Arc<Webhooks>,
    /// What goes on with imports on a schedule.
    imports: Arc<Imports>,
    /// Messages on their way to people.
    outbox: Arc<Outbox>,
    /// Campaigns may be due at other instants than before.
    schedule: Arc<tokio::sync::Notify>,
    /// Held while a campaign is changed: what was looked at must not change before it is written.
    campaigns_changing: Arc<Mutex<()>>,
    /// Journeys and campaigns that are tried on the past.
    backtests: Arc<backtest::Backtests>,
    /// Where people reach this server, as far as it knows itself.
    address: Arc<RwLock<Option<String>>>,
    /// What Amazon's SNS is believed by.
    sns: Arc<feedback::Sns>,
    /// Who is asked about domains; nothing: the machine's own name servers.
    resolver: Arc<RwLock<Option<channels::email::dns::lookup::Resolver>>>,
    /// Whoever asks does not wait for answers any more.
    stop: Arc<AtomicBool>,
    /// Who asks.
    caller: Arc<Caller>,
}

/// What one answer is computed from.
struct View {
    snapshot: Arc<Snapshot>,
    rules: Arc<Rules>,
    at: Timestamp,
    stop: Arc<AtomicBool>,
    sight: Sight,
}

impl View {
    fn evaluator(&self) -> Evaluator<'_> {
        self.evaluator_at(self.at)
    }

    fn evaluator_at(&self, at: Timestamp) -> Evaluator<'_> {
        Evaluator::new(&self.snapshot, &self.rules, at).cancelled_by(&self.stop)
    }

    /// The ends of the last local days up to the instant, oldest first: the last millisecond of
    /// each day, and the instant itself for the day it lies in.
    fn days(&self, n: u64) -> Vec<(Day, Timestamp)> {
        let today = self.rules.zone.day(self.at);
        let n = i64::try_from(n).unwrap_or(1).max(1);
        let end = |day: Day| self.rules.zone.start_of_day(Day(day.0 + 1)) - Span(1);
        (today.0 - n + 1..=today.0).map(|day| (Day(day), end(Day(day)).min(self.at))).collect()
    }
}

impl Service {
    /// A service over an open workspace.
    pub fn new(workspace: Arc<Workspace>) -> Service {
        Service {
            workspace,
            rules: Arc::default(),
            names: Arc::default(),
            settled: Arc::default(),
            watching: Arc::default(),
            known: Arc::default(),
            webhooks: Arc::default(),
            imports: Arc::default(),
            outbox: Arc::default(),
            schedule: Arc::default(),
            campaigns_changing: Arc::default(),
            backtests: Arc::default(),
            address: Arc::default(),
            sns: Arc::default(),
            resolver: Arc::default(),
            stop: Arc::default(),
            caller: Arc::new(Caller::local()),
        }
    }

    /// The same service for one question, which ends without an answer soon after `stop` is set.
    pub fn stopped_by(&self, stop: Arc<AtomicBool>) -> Service {
        Service { stop, ..self.clone() }
    }

    /// Whether whoever asks has gone, or waits no longer.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The workspace.
    pub fn workspace(&self) -> Arc<Workspace> {
        Arc::clone(&self.workspace)
    }

    /// What a client must know first. Whether the server is open is for the server to say.
    pub fn session(&self) -> Result<api::Session, Failure> {
        let config = self.workspace.config();
        let name = config.setting(settings::NAME)?.unwrap_or_else(|| "Perennial".into());
        Ok(api::Session {
            open: false,
            demo: false,
            live: self.live()?,
            workspace: api::WorkspaceFacts { name, zone: self.rules()?.zone.name().into() },
            version: env!("CARGO_PKG_VERSION").into(),
            now: self.now()?.to_string(),
        })
    }

    /// Whether the server is well.
    pub fn health(&self) -> Result<api::Health, Failure> {
        let log_position = self.workspace.log_position();
        let snapshot = self.workspace.snapshot()?;
        Ok(api::Health {
            status: if self.workspace.read_only() { "read_only" } else { "ok" }.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            users: snapshot.n_users(Timestamp::MAX),
            events: snapshot.n_events(Timestamp::MAX)?,
            log_position,
            exact_as_of: self.workspace.now().to_string(),
        })
    }

    /// The instant of a question that names none: the clock, or the last event of a data set that
    /// ended long ago.
    pub fn now(&self) -> Result<Timestamp, Failure> {
        if self.live()? {
            return Ok(self.workspace.now());
        }
        let span = self.workspace.snapshot()?.activity_span();
        Ok(span.map_or_else(|| self.workspace.now(), |(_, last)| last))
    }

    fn live(&self) -> Result<bool, Failure> {
        let now = self.workspace.config().setting(settings::NOW)?;
        Ok(now.as_deref() != Some(settings::NOW_LAST_EVENT))
    }

    fn instant(&self, as_of: Option<&str>) -> Result<Timestamp, Failure> {
        match as_of {
            Some(text) => instant("as_of", text),
            None => self.now(),
        }
    }

    fn view(&self, as_of: Option<&str>, known_at: Option<&str>) -> Result<View, Failure> {
        let at = self.instant(as_of)?;
        let stop = Arc::clone(&self.stop);
        let snapshot = self.snapshot(known_at, Some(at))?;
        let (rules, sight) = (self.rules()?, self.sight());
        Ok(View { snapshot, rules, at, stop, sight })
    }

    /// Everything that gives names in a definition their meaning.
    pub fn rules(&self) -> Result<Arc<Rules>, Failure> {
        self.settle_by_now();
        if let Some(rules) = &*self.rules.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(rules));
        }
        // Held while reading: a change meanwhile must not be followed by what was read before it.
        let mut known = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = &*known {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(rules::read(self.workspace.config())?);
        *known = Some(Arc::clone(&rules));
        Ok(rules)
    }

    /// Thresholds are not written down by themselves: whoever fills the workspace calls [`Service::settle`] at
    /// its end.
    pub fn settle_when_told(&self) {
        self.settled.store(true, Ordering::Release);
    }

    /// A workspace that grows while it is served gets its thresholds as soon as they can be told.
    /// The question that notices goes on with the old ones if they cannot be written down.
    fn settle_by_now(&self) {
        // Whoever sets the mark does the work, which asks for rules itself.
        if self.settled.load(Ordering::Acquire) || self.settled.swap(true, Ordering::AcqRel) {
            return;
        }
        let done = self.settle_as_told().unwrap_or_else(|failure| {
            tracing::warn!(message = %failure.detail.message, "no thresholds could be written down");
            false
        });
        self.settled.store(done, Ordering::Release);
    }

    fn rules_changed(&self) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = None;
        if self.watching.load(Ordering::Acquire)
            && let Err(error) = self.workspace.watch()
        {
            tracing::error!(%error, "a new definition is not watched");
        }
    }

    /// Watches segments, lifecycle and frameworks live from now on, unless now is the time of the
    /// last event: then nothing moves.
    pub fn watch(&self) -> Result<(), Failure> {
        let now = self.workspace.config().setting(settings::NOW)?;
        if now.as_deref() == Some(settings::NOW_LAST_EVENT) {
            return Ok(());
        }
        self.watching.store(true, Ordering::Release);
        self.recall()?;
        Ok(self.workspace.watch()?)
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Failure {
        match error {
            QueryError::NotAvailable { .. } => {
                Failure::unprocessable("segment.not_available", error.to_string())
            }
            QueryError::Cancelled => Failure::new(503, "query.cancelled", error.to_string()),
            QueryError::Read(_) => Failure::internal("server.history", &error),
        }
    }
}

/// A share of a whole; 0 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How many a caller may ask for.
fn limit(name: &str, asked: Option<u64>, default: u64, most: u64) -> Result<usize, Failure> {
    let n = asked.unwrap_or(default);
    if n == 0 || n > most {
        let message = format!("`{name}` is {n}; ask for 1 to {most}");
        return Err(Failure::bad_request("request.limit", message));
    }
    Ok(n as usize)
}

/// An instant, in the field or parameter of a name.
fn instant(name: &str, text: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse(text).map_err(|error| in_field(name, &error))
}

/// A length of time, in the field or parameter of a name.
fn span(name: &str, text: &str) -> Result<Span, Failure> {
    Span::parse(text).map_err(|error| in_field(name, &error))
}

fn in_field(name: &str, error: &TimeError) -> Failure {
    Failure::bad_request("request.time", format!("`{name}`: {error}"))
}
