//! The twelve questions asked of the history. The only file that touches it.
//!
//! Orders of answers: a segment gives its members and the sum of their numbers; RFM 125 counts by
//! (r, f, m); the funnel users per step; retention for each of the 52 weekly cohorts, oldest first,
//! users active 0, 1, 2… weeks later; the lifecycle counts per state at the earlier and the later
//! instant and then the transitions by rows, with a last row and column for "not there yet"; a user
//! events, wrapping sum of ids, wrapping sum of times.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{anyhow, ensure};
use engine::Fold;
use history::{Evaluator, Snapshot, Store, UserSet, lifecycle, retention};
use model::{Event, EventId, Record, Span, Text, Timestamp, UserIndex, Value, What, Who, Zone};
use segment::rules::default_groups;
use segment::tree::{EventMatch, EventNames, Measure, Unit, Where};
use segment::{Lifecycle, Predicate, RfmSettings, Rules, Scoring, State};

use crate::dictionary::{ABSENT, CATEGORIES, CITIES, NAMES, PLATFORMS};
use crate::generate::{Batch, DAY_MS, END_MS};
use crate::machine::{Timing, milliseconds, quantile, timed};
use crate::questions::{
    AS_OF_MS, DASHBOARD, EARLIER_DAYS, FUNNEL, FUNNEL_LAST_DAYS, FUNNEL_WITHIN_DAYS, RFM_DAYS,
    SEGMENTS, STATES, TITLES, WEEKS,
};
use crate::report::Question;

/// A history that is being filled.
pub struct Loading {
    store: Store,
    fold: Fold,
    names: Vec<Text>,
    arrivals: u64,
}

/// A history that can be asked.
pub struct Ours {
    snapshot: Arc<Snapshot>,
    rules: Rules,
}

impl Loading {
    /// An empty history in a folder of its own.
    pub fn open(folder: &Path) -> anyhow::Result<Loading> {
        let (store, checkpoint) = Store::open(folder)?;
        ensure!(
            checkpoint.arrivals == 0,
            "{} holds a history already; remove it, or name another folder",
            folder.display()
        );
        let names = NAMES.iter().map(|name| Text::new(name)).collect();
        Ok(Loading { store, fold: Fold::new(), names, arrivals: 0 })
    }

    /// Adds a batch.
    pub fn load(&mut self, batch: &Batch) {
        for row in 0..batch.len() {
            let record = self.record(batch, row);
            let step = self.fold.step(&record);
            let public_id = self.fold.person(step.user).public_id.clone();
            self.store.apply(&step, record, &public_id, self.arrivals);
            self.arrivals += 1;
        }
    }

    /// Makes everything durable.
    pub fn finish(mut self) -> anyhow::Result<Ours> {
        self.store.checkpoint(0, self.arrivals, &[])?;
        Ok(Ours { snapshot: self.store.snapshot()?, rules: rules()? })
    }

    fn record(&self, batch: &Batch, row: usize) -> Record {
        let name = self.names[usize::from(batch.name[row])].clone();
        let (time, id) = (Timestamp(batch.time[row]), EventId(u128::from(batch.id[row])));
        let event = Event { name, time, id, properties: properties(batch, row) };
        let who = Who::user(&batch.user[row].to_string());
        Record { received_at: time, who, what: What::Event(event) }
    }
}

/// Properties of a row, by name.
fn properties(batch: &Batch, row: usize) -> Vec<(Text, Value)> {
    let mut properties = Vec::with_capacity(4);
    let cents = batch.amount_cents[row];
    if cents >= 0 {
        properties.push((Text::const_new("amount"), Value::Float(f64::from(cents) / 100.0)));
    }
    push_word(&mut properties, "category", batch.category[row], &CATEGORIES);
    push_word(&mut properties, "city", batch.city[row], &CITIES);
    let seconds = batch.duration[row];
    if seconds >= 0 {
        properties.push((Text::const_new("duration"), Value::Int(i64::from(seconds))));
    }
    push_word(&mut properties, "platform", batch.platform[row], &PLATFORMS);
    properties
}

fn push_word(properties: &mut Vec<(Text, Value)>, name: &'static str, code: u8, words: &[&str]) {
    if code != ABSENT {
        let word = Text::new(words[usize::from(code)]);
        properties.push((Text::const_new(name), Value::Text(word)));
    }
}

impl Ours {
    /// Bytes of the delivery ids on disk. The history does not tell them apart yet.
    pub fn id_bytes(&self) -> Option<u64> {
        None
    }

    /// All twelve, in order; `progress` is told the title of each before it is asked.
    pub fn ask(
        &self,
        point_users: &[u32],
        mut progress: impl FnMut(&str),
    ) -> anyhow::Result<Vec<Question>> {
        let mut questions = Vec::new();
        for (index, (key, title)) in TITLES.iter().enumerate() {
            progress(title);
            questions.push(match index {
                11 => self.point_reads(key, title, point_users)?,
                _ => self.question(index, key, title)?,
            });
        }
        Ok(questions)
    }

    fn question(
        &self,
        index: usize,
        key: &'static str,
        title: &'static str,
    ) -> anyhow::Result<Question> {
        let run: Run<'_> = match index {
            6 => Box::new(|| self.rfm()),
            7 => self.segment_counts(funnel_texts())?,
            8 => Box::new(|| self.retention()),
            9 => Box::new(|| self.lifecycle()),
            10 => self.segments(&DASHBOARD)?,
            _ => self.segments(&SEGMENTS[index..=index])?,
        };
        let (answer, timing) = timed(run);
        let Timing { cold_ms, warm_ms, runs } = timing;
        let (p99_ms, largest_ms) = (None, None);
        // The history does not count the bytes that it touches yet.
        let bytes = None;
        let answer = answer?;
        Ok(Question { key, title, cold_ms, warm_ms, p99_ms, largest_ms, runs, bytes, answer })
    }

    fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.snapshot, &self.rules, Timestamp(AS_OF_MS))
    }

    fn segments(&self, texts: &[&str]) -> anyhow::Result<Run<'_>> {
        let predicates = texts.iter().map(|text| parsed(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(move || {
            let evaluator = self.evaluator();
            let mut answer = Vec::new();
            for predicate in &predicates {
                let set = evaluator.members(predicate)?;
                answer.extend([set.len(), sum_of(&set)]);
            }
            Ok(answer)
        }))
    }

    /// The funnel function has no range yet; equal, but slower, is one sequence for each step.
    fn segment_counts(&self, texts: Vec<String>) -> anyhow::Result<Run<'_>> {
        let predicates = texts.iter().map(|text| parsed(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(move || {
            let evaluator = self.evaluator();
            predicates.iter().map(|of| Ok(evaluator.members(of)?.len())).collect()
        }))
    }

    fn rfm(&self) -> anyhow::Result<Vec<u64>> {
        let rfm = self.evaluator().rfm()?;
        let mut counts = vec![0; 125];
        for score in rfm.scored.iter().filter_map(|user| rfm.score_of(user)) {
            let m = score.m.unwrap_or(1);
            let cell = (score.r - 1) * 25 + (score.f - 1) * 5 + m - 1;
            counts[usize::from(cell)] += 1;
        }
        Ok(counts)
    }

    fn retention(&self) -> anyhow::Result<Vec<u64>> {
        let any = EventMatch { names: EventNames::Any, filter: Where::All(vec![]) };
        let cohorts = retention::cohorts(&self.evaluator(), &any, &any, Unit::Week)?;
        let week = |age: usize| END_MS / DAY_MS - 7 * age as i64;
        Ok((1..=WEEKS).rev().flat_map(|age| returned(&cohorts, week(age), age)).collect())
    }

    fn lifecycle(&self) -> anyhow::Result<Vec<u64>> {
        let earlier = Timestamp(AS_OF_MS - EARLIER_DAYS * DAY_MS);
        let from = Evaluator::new(&self.snapshot, &self.rules, earlier).states()?;
        let to = self.evaluator().states()?;
        let mut answer = from.counts();
        answer.extend(to.counts());
        answer.extend(lifecycle::transitions(&from, &to).into_iter().flatten());
        Ok(answer)
    }

    fn point_reads(
        &self,
        key: &'static str,
        title: &'static str,
        users: &[u32],
    ) -> anyhow::Result<Question> {
        let (mut answer, mut times) = (Vec::new(), Vec::new());
        let mut cold_ms = 0.0;
        for round in 0..3 {
            (answer, times) = (Vec::new(), Vec::new());
            for user in users {
                let began = Instant::now();
                answer.extend(self.whole_history(*user)?);
                times.push(milliseconds(began));
            }
            if round == 0 {
                cold_ms = quantile(&mut times, 0.5);
            }
        }
        // The last user is the largest.
        let largest_ms = users.last().map(|user| timed(|| self.whole_history(*user)).1.warm_ms);
        let (warm_ms, p99_ms) = (quantile(&mut times, 0.5), Some(quantile(&mut times, 0.99)));
        let (runs, bytes) = (users.len() * 2, None);
        Ok(Question { key, title, cold_ms, warm_ms, p99_ms, largest_ms, runs, bytes, answer })
    }

    fn whole_history(&self, user: u32) -> anyhow::Result<[u64; 3]> {
        let events = self.snapshot.events_of(UserIndex(user))?;
        let ids = events.iter().map(|stored| stored.event.id.0 as u64);
        let times = events.iter().map(|stored| stored.event.time.0 as u64);
        Ok([events.len() as u64, ids.fold(0, u64::wrapping_add), times.fold(0, u64::wrapping_add)])
    }
}

/// Asks one question.
type Run<'a> = Box<dyn Fn() -> anyhow::Result<Vec<u64>> + 'a>;

fn sum_of(set: &UserSet) -> u64 {
    set.iter().map(|user| u64::from(user.0)).sum()
}

/// A cohort's users active in each of `age` weeks from its own on.
fn returned(cohorts: &[retention::Cohort], start_day: i64, age: usize) -> Vec<u64> {
    let cohort = cohorts.iter().find(|cohort| cohort.start.0 == start_day);
    let mut returned = cohort.map(|cohort| cohort.returned.clone()).unwrap_or_default();
    returned.resize(age, 0);
    returned
}

/// Who reached each step, as segments.
fn funnel_texts() -> Vec<String> {
    let chain = |n: usize| {
        let steps: Vec<String> = FUNNEL[..n].iter().map(|name| format!("\"{name}\"")).collect();
        let within = match n {
            1 => String::new(),
            _ => format!(" within {FUNNEL_WITHIN_DAYS}d"),
        };
        format!("did {}{within} in last {FUNNEL_LAST_DAYS}d", steps.join(" then "))
    };
    (1..=FUNNEL.len()).map(chain).collect()
}

/// A definition of ours; it has no problems.
fn parsed(text: &str) -> anyhow::Result<Predicate> {
    let (predicate, problems) = segment::parse(text);
    match problems.first() {
        None => Ok(predicate),
        Some(problem) => Err(anyhow!("question `{text}`: {problem:?}")),
    }
}

fn rules() -> anyhow::Result<Rules> {
    let state = |(key, text): &(&str, &str)| {
        let predicate = parsed(text)?;
        Ok(State { key: Text::new(key), name: Text::new(key), predicate })
    };
    Ok(Rules {
        zone: Zone::utc(),
        seed: 1,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: Lifecycle { states: STATES.iter().map(state).collect::<anyhow::Result<_>>()? },
        rfm: RfmSettings {
            of: EventMatch::named("Purchase"),
            window: Some(Span::days(RFM_DAYS)),
            frequency: Measure::Count,
            monetary: Some(Measure::Sum(Text::new("amount"))),
            scoring: Scoring::Rank,
            groups: default_groups(),
        },
    })
}
