//! The twelve questions asked of the history. The only file that touches it.
//!
//! Orders of answers: a segment gives its members and the sum of their numbers; RFM 125 counts by
//! (r, f, m); the funnel users per step; retention for each of the 52 weekly cohorts, oldest first,
//! users active 0, 1, 2… weeks later; the lifecycle counts per state at the earlier and the later
//! instant and then the transitions by rows, with a last row and column for "not there yet"; a user
//! events, wrapping sum of ids, wrapping sum of times.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{anyhow, ensure};
use engine::Fold;
use history::calendar::PeriodUnit;
use history::column::Column;
use history::funnel::{self, Funnel};
use history::groups::UserGroups;
use history::retention::{Question, retention};
use history::{Checkpoint, Evaluator, Load, Snapshot, Store, UserSet, lifecycle};
use model::{EventId, Span, Text, Timestamp, UserIndex, Who, Zone};
use segment::rules::default_groups;
use segment::tree::{EventMatch, EventNames, Measure, Where};
use segment::{Lifecycle, Predicate, RfmSettings, Rules, Scoring, State};

use crate::dictionary::{CATEGORIES, CITIES, NAMES, PLATFORMS};
use crate::generate::{Batch, DAY_MS, END_MS};
use crate::machine::{Timing, milliseconds, quantile, timed};
use crate::questions::{
    AS_OF_MS, DASHBOARD, EARLIER_DAYS, FUNNEL, FUNNEL_LAST_DAYS, FUNNEL_WITHIN_DAYS, RFM_DAYS,
    SEGMENTS, STATES, TITLES, WEEKS,
};
use crate::report;

/// Events that are loaded at once: bounds the memory of a load.
const LOAD_EVENTS: usize = 4_000_000;

/// A history that is being filled.
pub struct Loading {
    folder: std::path::PathBuf,
    store: Store,
    fold: Fold,
    names: Vec<Text>,
    frames: u64,
    waiting: Batch,
}

/// A history that can be asked.
pub struct Ours {
    snapshot: Arc<Snapshot>,
    rules: Rules,
    id_bytes: Option<u64>,
    /// Bytes of columns that the last question touched.
    touched: Cell<u64>,
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
        let (folder, waiting) = (folder.to_path_buf(), Batch::default());
        Ok(Loading { folder, store, fold: Fold::new(), names, frames: 0, waiting })
    }

    /// Adds a batch.
    pub fn load(&mut self, batch: &Batch) -> anyhow::Result<()> {
        self.waiting.append(batch);
        if self.waiting.len() >= LOAD_EVENTS { self.flush() } else { Ok(()) }
    }

    /// Makes everything durable, and opens it anew: what is asked then stands in files.
    pub fn finish(mut self) -> anyhow::Result<Ours> {
        self.flush()?;
        self.store.checkpoint(Checkpoint::of(0, self.frames, &self.fold))?;
        drop(self.store);
        let (mut store, _) = Store::open(&self.folder)?;
        let id_bytes = store.stats().sections.iter().find(|of| of.kind == "ids").map(|of| of.bytes);
        Ok(Ours { snapshot: store.snapshot()?, rules: rules()?, id_bytes, touched: Cell::new(0) })
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.waiting);
        let users: Vec<UserIndex> = batch.user.iter().map(|user| self.user(*user)).collect();
        let ids: Vec<EventId> = batch.id.iter().map(|id| EventId::from_bits(*id)).collect();
        let properties = properties(&batch);
        let load = Load {
            users: &users,
            names: &self.names,
            name_of: &batch.name,
            times: &batch.time,
            ids: &ids,
            received_at: Timestamp(AS_OF_MS),
            frame: self.frames,
            properties: &properties,
        };
        self.frames += 1;
        Ok(self.store.load(&load)?)
    }

    /// The user under an id as text, as a source would send it.
    fn user(&mut self, number: u32) -> UserIndex {
        let who = Who::of(Some(Text::from(number.to_string())), None);
        let step = self.fold.resolve(&who);
        if step.created {
            self.store.introduce(step.user, self.fold.person(step.user).public_id.clone());
        }
        step.user
    }
}

/// Properties of all rows.
fn properties(batch: &Batch) -> Vec<(Text, Column)> {
    let texts = |codes: &[u8], words: &[&str]| {
        let absent: Vec<u8> = codes.to_vec();
        Column::of_texts(&absent, words.iter().map(|word| Text::new(word)).collect())
    };
    let duration = |seconds: &i32| (*seconds >= 0).then_some(i64::from(*seconds));
    let amount = |cents: &i32| (*cents >= 0).then_some(f64::from(*cents) / 100.0);
    let durations: Vec<_> = batch.duration.iter().map(duration).collect();
    let amounts: Vec<_> = batch.amount_cents.iter().map(amount).collect();
    vec![
        (Text::const_new("amount"), Column::of_floats(&amounts)),
        (Text::const_new("category"), texts(&batch.category, &CATEGORIES)),
        (Text::const_new("city"), texts(&batch.city, &CITIES)),
        (Text::const_new("duration"), Column::of_ints(&durations)),
        (Text::const_new("platform"), texts(&batch.platform, &PLATFORMS)),
    ]
}

impl Ours {
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Bytes of the delivery ids on disk.
    pub fn id_bytes(&self) -> Option<u64> {
        self.id_bytes
    }

    /// All twelve, in order; `progress` is told the title of each before it is asked.
    pub fn ask(
        &self,
        point_users: &[u32],
        mut progress: impl FnMut(&str),
    ) -> anyhow::Result<Vec<report::Question>> {
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
    ) -> anyhow::Result<report::Question> {
        let run: Run<'_> = match index {
            6 => Box::new(|| self.rfm()),
            7 => Box::new(|| self.funnel()),
            8 => Box::new(|| self.retention()),
            9 => Box::new(|| self.lifecycle()),
            10 => self.segments(&DASHBOARD)?,
            _ => self.segments(&SEGMENTS[index..=index])?,
        };
        let (answer, timing) = timed(run);
        let Timing { cold_ms, warm_ms, runs } = timing;
        let (p99_ms, largest_ms) = (None, None);
        let bytes = Some(self.touched.get());
        let answer = answer?;
        Ok(report::Question {
            key,
            title,
            cold_ms,
            warm_ms,
            p99_ms,
            largest_ms,
            runs,
            bytes,
            answer,
        })
    }

    fn touch(&self, evaluator: &Evaluator) {
        self.touched.set(evaluator.reads().bytes);
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
            self.touch(&evaluator);
            Ok(answer)
        }))
    }

    fn funnel(&self) -> anyhow::Result<Vec<u64>> {
        let at = Timestamp(AS_OF_MS);
        let funnel = Funnel {
            window: Some(Span::days(FUNNEL_WITHIN_DAYS)),
            begins: (at.minus(Span::days(FUNNEL_LAST_DAYS)).plus(Span(1)), at),
            ..Funnel::of(FUNNEL.iter().map(|name| EventMatch::named(name)).collect())
        };
        let evaluator = self.evaluator();
        let reached = funnel::funnel(&evaluator, &funnel)?;
        self.touch(&evaluator);
        Ok(reached)
    }

    fn rfm(&self) -> anyhow::Result<Vec<u64>> {
        let evaluator = self.evaluator();
        let rfm = evaluator.rfm()?;
        self.touch(&evaluator);
        let mut counts = vec![0; 125];
        for (r, f, m) in rfm.scored.iter().filter_map(|user| rfm.scores_of(user)) {
            let cell = (r - 1) * 25 + (f - 1) * 5 + m.max(1) - 1;
            counts[usize::from(cell)] += 1;
        }
        Ok(counts)
    }

    fn retention(&self) -> anyhow::Result<Vec<u64>> {
        let any = EventMatch { names: EventNames::Any, filter: Where::All(vec![]) };
        let end = Timestamp(END_MS);
        let question = Question {
            since: Some(end.minus(Span::days(7 * WEEKS as i64))),
            ..Question::of(any.clone(), any, PeriodUnit::Week)
        };
        let evaluator = self.evaluator();
        let tables = retention(&evaluator, &question, &UserGroups::one(None))?;
        self.touch(&evaluator);
        let cohorts = tables.into_iter().flat_map(|table| table.cohorts);
        Ok(cohorts.flat_map(|cohort| cohort.returned).collect())
    }

    fn lifecycle(&self) -> anyhow::Result<Vec<u64>> {
        let earlier = Timestamp(AS_OF_MS - EARLIER_DAYS * DAY_MS);
        let before = Evaluator::new(&self.snapshot, &self.rules, earlier);
        let evaluator = self.evaluator();
        let (from, to) = (before.states()?, evaluator.states()?);
        self.touch(&evaluator);
        self.touched.set(self.touched.get() + before.reads().bytes);
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
    ) -> anyhow::Result<report::Question> {
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
        Ok(report::Question {
            key,
            title,
            cold_ms,
            warm_ms,
            p99_ms,
            largest_ms,
            runs,
            bytes,
            answer,
        })
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
