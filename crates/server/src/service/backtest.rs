//! Backtests: a journey or a campaign over a past period of what really happened, with virtual time.
//!
//! What it is: histories brought together by ranges of users, each user played by `engine::journey::rehearsal`, and
//! what came of it added up. What it is not: it writes nothing and sends nothing, and it is no estimate of an
//! effect: nobody got a message, so nobody was moved by one.
//!
//! Bounds: one backtest at a time, on two threads; the latest [`KEPT`] are kept in memory until the program ends.

mod campaign;
mod journey;
mod needs;
mod shown;
mod tally;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ::history::{Evaluator, Gathering, Needs, QueryError, Snapshot, UserSet};
use engine::Fold;
use engine::journey::Book;
use engine::journey::rehearsal::{Occasion, OwnTime, Part, Rehearsal, Scene, Setting};
use engine::outreach::{Policy, Reach};
use engine::schedule::caps::Labels;
use model::{Span, Text, Timestamp, Zone};
use segment::live::{DEFAULT_LIFECYCLE, Program, Watched};
use segment::{Predicate, Rules};
use wire::api::{Backtest, BacktestKind, BacktestReachable, BacktestResult, BacktestStatus};

use super::sight::Sight;
use super::watched::Definitions;
use super::{Service, instant};
use crate::failure::Failure;
use crate::outreach::schedule::Schedule;
use crate::outreach::{Ready, policy};
use crate::workspace::address_of;
use tally::Tally;

/// Backtests that are kept.
const KEPT: usize = 20;
/// Users whose histories are brought together at a time.
const USERS: u32 = 8_192;
/// Ranges of users under way at a time.
const THREADS: usize = 2;
/// The longest period.
const PERIOD_MAX: Span = Span::days(3_653);
/// Instants at which a schedule names everybody, within a period.
const OCCASIONS_MAX: usize = 10_000;

/// All backtests of a server.
#[derive(Default)]
pub(super) struct Backtests {
    all: Mutex<VecDeque<Arc<Running>>>,
    last: AtomicU64,
}

/// A backtest under way, or over.
struct Running {
    id: String,
    kind: BacktestKind,
    /// Id of the journey or the campaign.
    of: String,
    /// It shows people to whoever sees everything of them.
    whole: bool,
    /// In units of ranges of users.
    done: AtomicU32,
    total: AtomicU32,
    stop: AtomicBool,
    end: Mutex<Option<Result<BacktestResult, String>>>,
}

impl Running {
    fn end(&self) -> std::sync::MutexGuard<'_, Option<Result<BacktestResult, String>>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> Backtest {
        let end = self.end().clone();
        let stopped = self.stop.load(Ordering::Relaxed);
        let status = match &end {
            _ if stopped => BacktestStatus::Cancelled,
            None => BacktestStatus::Running,
            Some(Ok(_)) => BacktestStatus::Done,
            Some(Err(_)) => BacktestStatus::Failed,
        };
        let total = self.total.load(Ordering::Relaxed).max(1);
        let share = f64::from(self.done.load(Ordering::Relaxed)) / f64::from(total);
        let (result, error) = match end.filter(|_| !stopped) {
            None => (None, None),
            Some(Ok(result)) => (Some(result), None),
            Some(Err(error)) => (None, Some(error)),
        };
        Backtest {
            id: self.id.clone(),
            kind: self.kind,
            of: self.of.clone(),
            status,
            progress: if status == BacktestStatus::Done { 1.0 } else { share.min(1.0) },
            error,
            result,
        }
    }
}

/// What is played when, and what is taken for granted.
struct Wish<'a> {
    between: (Timestamp, Timestamp),
    reachable: BacktestReachable,
    definitions: &'a Definitions,
}

impl Service {
    /// How it stands with a backtest.
    pub fn backtest(&self, id: &str) -> Result<Backtest, Failure> {
        let found = self.backtests.find(id)?;
        if found.whole && self.sight().masked() {
            let message = "it shows people as whoever began it sees them, and this key sees less";
            return Err(
                Failure::new(403, "backtest.masked", message).hint("ask with a key of scope admin")
            );
        }
        Ok(found.shown())
    }

    /// Ends a backtest; one that is over stays as it is.
    pub fn cancel_backtest(&self, id: &str) -> Result<(), Failure> {
        let found = self.backtests.find(id)?;
        if found.end().is_none() {
            found.stop.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn begin_backtest(
        &self,
        (kind, id): (BacktestKind, &str),
        trial: Trial,
    ) -> Result<Backtest, Failure> {
        let sight = self.sight();
        let running = self.backtests.begin((kind, id), !sight.masked())?;
        let job = Arc::clone(&running);
        let thread = std::thread::Builder::new().name("backtest".into()).spawn(move || {
            let came = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                trial.run(&job, &sight).map_err(|error| error.to_string())
            }));
            let came = came.unwrap_or_else(|_| Err("it broke; the log says where".to_owned()));
            *job.end() = Some(came);
        });
        if let Err(error) = thread {
            *running.end() = Some(Err(error.to_string()));
        }
        Ok(running.shown())
    }

    fn period(&self, from: &str, to: &str) -> Result<(Timestamp, Timestamp), Failure> {
        let (from, to) = (instant("from", from)?, instant("to", to)?);
        let to = to.min(self.workspace.now());
        if from >= to {
            let message = format!("the period from {from} to {to} is empty, or has not begun");
            return Err(Failure::bad_request("backtest.period", message)
                .hint("write `from` before `to`, and both in the past"));
        }
        if to - from > PERIOD_MAX {
            let message = format!("the period from {from} to {to} is longer than ten years");
            return Err(
                Failure::bad_request("backtest.period", message).hint("write a shorter one")
            );
        }
        Ok((from, to))
    }

    /// Everything else that a backtest needs, as it is now.
    fn trial(&self, wish: &Wish, part: TrialPart) -> Result<Trial, Failure> {
        let Definitions { rules, watched, .. } = wish.definitions;
        let TrialPart { played, asked, keys, entrants, schedule, known } = part;
        let written = self.contact_policy()?;
        let policy = policy::compile(&written, (rules.seed, &rules.zone), &known)?;
        let own = watched_by(&keys, watched);
        let needs = needs::needs(asked, &own, rules);
        let (program, refused) = Program::compile(rules, &own, None);
        if let Some((key, why)) = refused.first() {
            let message = format!("`{key}` cannot be watched: {why}");
            return Err(Failure::unprocessable("backtest.not_live", message));
        }
        let occasions = match schedule {
            None => Vec::new(),
            Some(schedule) => occasions(played.id(), &schedule, wish.between)?,
        };
        let outfit = self.outfit()?;
        let others = outfit.campaigns.iter();
        let priorities = others.map(|(id, ready)| (id.clone(), ready.campaign.priority));
        let snapshot = self.snapshot(None, Some(self.workspace.now()))?;
        let frozen = self.workspace.fold(|fold| fold.freeze())?;
        let fold = Fold::restore(frozen.pieces())
            .map_err(|error| Failure::new(500, "server.state", error.to_string()))?;
        Ok(Trial {
            played,
            program,
            policy,
            labels: known,
            needs,
            entrants,
            occasions,
            priorities: priorities.collect(),
            reachable: wish.reachable,
            snapshot,
            fold,
            rules: rules.clone(),
            zone: rules.zone.clone(),
            between: wish.between,
        })
    }
}

impl Backtests {
    fn begin(
        &self,
        (kind, of): (BacktestKind, &str),
        whole: bool,
    ) -> Result<Arc<Running>, Failure> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = |of: &&Arc<Running>| of.end().is_none();
        if let Some(other) = all.iter().find(goes_on) {
            let message = format!("the backtest {} of \"{}\" goes on", other.id, other.of);
            return Err(Failure::new(409, "backtest.busy", message)
                .hint("wait for it, or end it with DELETE /api/backtests/{id}"));
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let running = Arc::new(Running {
            id: number.to_string(),
            kind,
            of: of.to_owned(),
            whole,
            done: AtomicU32::new(0),
            total: AtomicU32::new(0),
            stop: AtomicBool::new(false),
            end: Mutex::new(None),
        });
        all.push_back(Arc::clone(&running));
        while all.len() > KEPT {
            all.pop_front();
        }
        Ok(running)
    }

    fn find(&self, id: &str) -> Result<Arc<Running>, Failure> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|of| of.id == id).cloned().ok_or_else(|| {
            Failure::not_found("backtest.not_found", format!("there is no backtest \"{id}\""))
                .hint(format!("the latest {KEPT} are kept until the server ends; begin it anew"))
        })
    }
}

/// Watched definitions of these keys, and the lifecycle if these ask about it.
fn watched_by(keys: &[Text], all: &[Watched]) -> Vec<Watched> {
    let any = all.iter().any(|watched| keys.contains(&watched.key));
    let own = all.iter().filter(|of| keys.contains(&of.key) || any && of.key == DEFAULT_LIFECYCLE);
    own.cloned().collect()
}

/// Instants of a period at which a schedule names everybody.
fn occasions(
    id: &Text,
    schedule: &Schedule,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Occasion>, Failure> {
    let mut occasions = Vec::new();
    let mut after = from.minus(Span(1));
    while let Some((at, run)) = schedule.next_after(after).filter(|(at, _)| *at < to) {
        if occasions.len() == OCCASIONS_MAX {
            let message = format!("it has more than {OCCASIONS_MAX} runs in that period");
            return Err(
                Failure::bad_request("backtest.period", message).hint("write a shorter one")
            );
        }
        let own_time = schedule.own_time(&run);
        let own_time = own_time.map(|(day, at, passed)| OwnTime { day, at, passed });
        occasions.push(Occasion { at, id: id.clone(), cause: Text::from(run), own_time });
        after = at;
    }
    Ok(occasions)
}

/// Nothing of the past says when requests would have named whom.
fn no_occasion(what: &str) -> Failure {
    let message = format!("the {what} is let go by requests, and the past has none");
    Failure::unprocessable("backtest.by_request", message)
        .hint("try it with an event, a segment, a state or a schedule as what lets people in")
}

/// What is played.
enum Subject {
    Journey(journey::Piece),
    Campaign(Box<campaign::Piece>),
}

impl Subject {
    fn id(&self) -> &Text {
        match self {
            Subject::Journey(piece) => &piece.journey.id,
            Subject::Campaign(piece) => &piece.ready.campaign.id,
        }
    }

    fn book(&self) -> Book {
        match self {
            Subject::Journey(piece) => Book::new(vec![Arc::clone(&piece.journey)]),
            Subject::Campaign(_) => Book::new(Vec::new()),
        }
    }

    /// Campaigns as which messages are decided.
    fn parts(&self) -> BTreeMap<Text, Part<'_>> {
        let all: &[Ready] = match self {
            Subject::Journey(piece) => &piece.messages,
            Subject::Campaign(piece) => std::slice::from_ref(&piece.ready),
        };
        all.iter().map(part).collect()
    }

    /// Campaigns as which steps ask servers.
    fn asks(&self) -> BTreeSet<Text> {
        let Subject::Journey(piece) = self else { return BTreeSet::new() };
        let asking = piece.messages.iter().filter(|ready| ready.asked.is_some());
        asking.map(|ready| ready.campaign.id.clone()).collect()
    }

    /// How long after the period what happens still counts for goals.
    fn goals(&self) -> Span {
        match self {
            Subject::Journey(piece) => {
                piece.journey.goals.iter().map(|goal| goal.within).max().unwrap_or(Span(0))
            }
            Subject::Campaign(_) => Span(0),
        }
    }
}

fn part(ready: &Ready) -> (Text, Part<'_>) {
    let Ready { campaign, matches, audience, .. } = ready;
    let (matches, audience) = (matches.as_ref(), audience.as_ref());
    let answer = ready.asked.as_ref().and_then(|asked| asked.assumed.as_deref());
    (campaign.id.clone(), Part { campaign, matches, audience, answer })
}

/// What differs between journeys and campaigns.
struct TrialPart {
    played: Subject,
    /// What it asks of histories.
    asked: needs::Asked,
    /// Keys of watched definitions by which it goes.
    keys: Vec<Text>,
    /// Only these can come in; nothing: others, too.
    entrants: Option<Predicate>,
    /// When everybody is named.
    schedule: Option<Schedule>,
    /// Labels, numbered.
    known: Vec<Text>,
}

/// Everything that a backtest needs.
struct Trial {
    played: Subject,
    program: Program,
    policy: Policy,
    labels: Vec<Text>,
    needs: Needs,
    /// Only these can come in; nothing: others, too.
    entrants: Option<Predicate>,
    occasions: Vec<Occasion>,
    /// Of other campaigns, and of messages of journeys.
    priorities: BTreeMap<Text, u8>,
    reachable: BacktestReachable,
    snapshot: Arc<Snapshot>,
    fold: Fold,
    rules: Rules,
    zone: Zone,
    between: (Timestamp, Timestamp),
}

impl Trial {
    fn run(&self, job: &Running, sight: &Sight) -> Result<BacktestResult, QueryError> {
        let start = Instant::now();
        let (from, to) = self.between;
        let until = to.plus(self.played.goals());
        let gathering = Gathering::new(&self.snapshot, &self.needs, (from, until))?;
        let among = self.among(job)?;
        let parts = self.played.parts();
        let labels = |written: &str| {
            let written = written.split(',').filter(|label| !label.is_empty());
            crate::outreach::labels(&self.labels, written)
        };
        let labels: &(dyn Fn(&str) -> Labels + Sync) = &labels;
        let address = &address_of;
        let setting = Setting { policy: &self.policy, fold: &self.fold, address, labels };
        let reach = match self.reachable {
            BacktestReachable::Known => Reach::Known,
            BacktestReachable::Assumed => Reach::Assumed,
        };
        let priority = |campaign: &str| self.priorities.get(campaign).copied();
        let book = Arc::new(self.played.book());
        let scene = Scene::new(book, (&self.program, &parts), setting, self.between)
            .with_occasions(&self.occasions)
            .with_priorities(&priority)
            .with_reach(reach);
        let end = self.snapshot.n_places() as u32;
        let ranges = end.div_ceil(USERS);
        job.total.store(ranges, Ordering::Relaxed);
        let next = AtomicU32::new(0);
        let asks = self.played.asks();
        let all = Mutex::new(Tally::new(self.zone.clone(), asks.clone()));
        let work = || -> Result<(), QueryError> {
            loop {
                let range = next.fetch_add(1, Ordering::Relaxed);
                if range >= ranges || job.stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let users = range * USERS..end.min((range + 1) * USERS);
                let mut own = Tally::new(self.zone.clone(), asks.clone());
                gathering.each_of(users, (among.as_ref(), &job.stop), |user, history| {
                    let played = Rehearsal::play(&scene, user, history);
                    own.add(&self.played, &played, history);
                })?;
                all.lock().unwrap_or_else(PoisonError::into_inner).merge(own);
                job.done.fetch_add(1, Ordering::Relaxed);
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (1..THREADS).map(|_| scope.spawn(work)).collect();
            let own = work();
            threads.into_iter().fold(own, |all, thread| {
                all.and(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            })
        })?;
        let tally = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        let users = among.as_ref().map_or(u64::from(end), UserSet::len);
        let mut result = tally.result(self, sight);
        result.took_ms = start.elapsed().as_millis() as u64;
        (result.users, result.rows) = (users, gathering.n_rows());
        Ok(result)
    }

    /// Only these are played; nothing: everybody of whom the history knows what is asked.
    fn among(&self, job: &Running) -> Result<Option<UserSet>, QueryError> {
        let to = self.between.1;
        match &self.entrants {
            Some(entrants) => {
                let evaluator = Evaluator::new(&self.snapshot, &self.rules, to);
                Ok(Some(evaluator.cancelled_by(&job.stop).members(entrants)?))
            }
            // A run names everybody, also those of whom nothing that is asked is known.
            None if !self.occasions.is_empty() => Ok(Some(self.snapshot.users(to))),
            None => Ok(None),
        }
    }
}
