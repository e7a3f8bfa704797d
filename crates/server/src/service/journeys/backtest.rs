//! Backtests: a journey over a past period of what really happened, with virtual time.
//!
//! What it is: histories brought together by ranges of users, each user played by `engine::journey::rehearsal`, and
//! what came of it added up. What it is not: it writes nothing and sends nothing, and it is no estimate of an
//! effect: nobody got a message, so nobody was moved by one.
//!
//! Bounds: one backtest at a time, on two threads; the latest [`KEPT`] are kept in memory until the program ends.

mod needs;
mod tally;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ::history::{Gathering, Needs, QueryError, Snapshot, UserSet};
use engine::Fold;
use engine::journey::rehearsal::{Occasion, Part, Rehearsal, Scene, Setting};
use engine::journey::{Action, Book, Happening, Journey};
use engine::outreach::Policy;
use engine::schedule::caps::Labels;
use model::{Span, Text, Timestamp, Zone};
use segment::live::{DEFAULT_LIFECYCLE, Program, Watched};
use segment::{Predicate, Rules};
use wire::api::{Backtest, BacktestInput, BacktestResult, BacktestStatus, JourneyInput};

use super::super::sight::Sight;
use super::super::{Service, instant, rules, watched};
use super::read;
use crate::failure::Failure;
use crate::journeys::compile::{self, Compiled, Version};
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
/// Instants at which a journey on a schedule lets people in, within a period.
const OCCASIONS_MAX: usize = 10_000;

/// All backtests of a server.
#[derive(Default)]
pub(in crate::service) struct Backtests {
    all: Mutex<VecDeque<Arc<Running>>>,
    last: AtomicU64,
}

/// A backtest under way, or over.
struct Running {
    id: String,
    journey: String,
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
            journey: self.journey.clone(),
            status,
            progress: if status == BacktestStatus::Done { 1.0 } else { share.min(1.0) },
            error,
            result,
        }
    }
}

impl Service {
    /// Begins a backtest of what is edited of a journey, or of another definition under its id.
    pub fn start_backtest(&self, id: &str, wish: &BacktestInput) -> Result<Backtest, Failure> {
        let input = match &wish.definition {
            Some(definition) => {
                rules::check_key("id", id)?;
                (**definition).clone()
            }
            None => read(&self.saved_journey(id)?)?,
        };
        let between = self.period(wish)?;
        let trial = self.trial(id, &input, between)?;
        let sight = self.sight();
        let running = self.backtests.begin(id, !sight.masked())?;
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

    fn period(&self, wish: &BacktestInput) -> Result<(Timestamp, Timestamp), Failure> {
        let (from, to) = (instant("from", &wish.from)?, instant("to", &wish.to)?);
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

    /// Everything that a backtest needs, as it is now.
    fn trial(
        &self,
        id: &str,
        input: &JourneyInput,
        between: (Timestamp, Timestamp),
    ) -> Result<Trial, Failure> {
        let definitions = watched::read(self.workspace.config())?;
        let version = Version { since: between.0, ..Version::trial(id) };
        let mut known: Vec<Text> = Vec::new();
        let compiled = self.surrounded(&definitions, &input.labels, |around| {
            known = around.labels.to_vec();
            compile::compile(input, &version, around)
        })?;
        let written = self.contact_policy()?;
        let (seed, zone) = (definitions.rules.seed, definitions.rules.zone.clone());
        let policy = policy::compile(&written, (seed, &zone), &known)?;
        let own = watched_by(&compiled.journey, &definitions.watched);
        let needs = needs::needs(input, (&compiled, &own), &definitions.rules)?;
        let (program, refused) = Program::compile(&definitions.rules, &own, None);
        if let Some((key, why)) = refused.first() {
            let message = format!("`{key}` cannot be watched: {why}");
            return Err(Failure::unprocessable("backtest.not_live", message));
        }
        let entrants = needs::entrants(input, between)?;
        let snapshot = self.snapshot(None, Some(self.workspace.now()))?;
        let frozen = self.workspace.fold(|fold| fold.freeze())?;
        let fold = Fold::restore(frozen.pieces())
            .map_err(|error| Failure::new(500, "server.state", error.to_string()))?;
        Ok(Trial {
            name: input.name.clone(),
            steps: input.steps.iter().map(|of| (of.id.clone(), super::name_of(of))).collect(),
            compiled,
            program,
            policy,
            labels: known,
            needs,
            entrants,
            snapshot,
            fold,
            rules: definitions.rules,
            zone,
            between,
        })
    }
}

impl Backtests {
    fn begin(&self, journey: &str, whole: bool) -> Result<Arc<Running>, Failure> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = |of: &&Arc<Running>| of.end().is_none();
        if let Some(other) = all.iter().find(goes_on) {
            let message = format!("the backtest {} of \"{}\" goes on", other.id, other.journey);
            return Err(Failure::new(409, "backtest.busy", message)
                .hint("wait for it, or end it with DELETE /api/journeys/backtests/{id}"));
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let running = Arc::new(Running {
            id: number.to_string(),
            journey: journey.to_owned(),
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

/// Watched definitions by which a journey goes, and the lifecycle if these ask about it.
fn watched_by(journey: &Journey, all: &[Watched]) -> Vec<Watched> {
    let mut happenings: Vec<&Happening> = journey.entry.iter().chain(&journey.exits).collect();
    happenings.extend(journey.goals.iter().map(|goal| &goal.when));
    for step in &journey.steps {
        if let Action::WaitFor { any, .. } = &step.action {
            happenings.extend(any.iter().map(|(_, when)| when));
        }
    }
    let named = |key: &Text| {
        happenings.iter().any(|of| matches!(of, Happening::Moves { watch, .. } if watch == key))
    };
    let any = all.iter().any(|watched| named(&watched.key));
    let own =
        all.iter().filter(|watched| named(&watched.key) || any && watched.key == DEFAULT_LIFECYCLE);
    own.cloned().collect()
}

/// Everything that a backtest needs.
struct Trial {
    name: String,
    /// Ids and names of steps.
    steps: Vec<(String, String)>,
    compiled: Compiled,
    program: Program,
    policy: Policy,
    labels: Vec<Text>,
    needs: Needs,
    /// Only these can come in; nothing: others, too.
    entrants: Option<Predicate>,
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
        let journey = &self.compiled.journey;
        let goals = journey.goals.iter().map(|goal| goal.within).max().unwrap_or(Span(0));
        let gathering = Gathering::new(&self.snapshot, &self.needs, (from, to.plus(goals)))?;
        let among = match &self.entrants {
            None => None,
            Some(entrants) => {
                let evaluator = ::history::Evaluator::new(&self.snapshot, &self.rules, to);
                Some(evaluator.cancelled_by(&job.stop).members(entrants)?)
            }
        };
        let parts: BTreeMap<Text, Part> = self.compiled.messages.iter().map(part).collect();
        let labels = |written: &str| {
            let written = written.split(',').filter(|label| !label.is_empty());
            crate::outreach::labels(&self.labels, written)
        };
        let labels: &(dyn Fn(&str) -> Labels + Sync) = &labels;
        let address = &address_of;
        let setting = Setting { policy: &self.policy, fold: &self.fold, address, labels };
        let book = Arc::new(Book::new(vec![Arc::new(journey.clone())]));
        let occasions = self.occasions();
        let scene = Scene::new(book, (&self.program, &parts), setting, self.between)
            .with_occasions(&occasions);
        let end = self.snapshot.n_places() as u32;
        let ranges = end.div_ceil(USERS);
        job.total.store(ranges, Ordering::Relaxed);
        let next = AtomicU32::new(0);
        let asked = self.compiled.messages.iter().filter(|ready| ready.asked.is_some());
        let asked: BTreeSet<Text> = asked.map(|ready| ready.campaign.id.clone()).collect();
        let all = Mutex::new(Tally::new(self.zone.clone(), asked.clone()));
        let work = || -> Result<(), QueryError> {
            loop {
                let range = next.fetch_add(1, Ordering::Relaxed);
                if range >= ranges || job.stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let users = range * USERS..end.min((range + 1) * USERS);
                let mut own = Tally::new(self.zone.clone(), asked.clone());
                gathering.each_of(users, (among.as_ref(), &job.stop), |user, history| {
                    let played = Rehearsal::play(&scene, user, history);
                    own.add(&played, history);
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

    /// Instants of the period at which the journey's schedule lets people in.
    fn occasions(&self) -> Vec<Occasion> {
        let (from, to) = self.between;
        let Some(entry) = &self.compiled.entry else { return Vec::new() };
        let mut occasions = Vec::new();
        let mut after = from.minus(Span(1));
        while let Some((at, run)) = entry.schedule.next_after(after)
            && at < to
            && occasions.len() < OCCASIONS_MAX
        {
            let id = self.compiled.journey.id.clone();
            occasions.push(Occasion { at, id, cause: Text::from(run) });
            after = at;
        }
        occasions
    }
}

fn part(ready: &Ready) -> (Text, Part<'_>) {
    let campaign = &ready.campaign;
    let answer = ready.asked.as_ref().and_then(|asked| asked.assumed.as_deref());
    let matches = ready.matches.as_ref();
    (campaign.id.clone(), Part { campaign, matches, audience: None, answer })
}
