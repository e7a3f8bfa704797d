//! Journeys: who came in, which ways they went, where they are, and how they went out.
//!
//! What it is: counts over the events of [`model::journey`], run by run. What it is not: it moves nobody, and
//! it compares nothing; intervals are the business of `experiment`.
//!
//! A run is known by its id alone. Its events are ordered by their numbers, whatever their times, and mostly lie
//! with one user; where they do not (people who were taken for one and are two again), they are brought together.
//!
//! **Conservation.** Of every step, who came is who went on, who went out of the journey from there, and who is
//! still there ([`Step::unaccounted`] is 0), as every event after the first leaves the step to which the one
//! before it led.

mod arms;
#[cfg(test)]
mod tests;

pub use arms::{ContextArms, Goal, Reach, SplitArms, Splits, arms, learning, splits};

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use model::journey::{
    CONTEXT, ENTERED, EXITED, FROM, HELD_OUT, JOURNEY, KEY, MOVED, NAMES, NUMBER, PATH, RUN, STEP,
    VERSION,
};
use model::outreach::{GROUP, REASON};
use model::{EventId, Text, Timestamp, UserIndex, Value};
use segment::evaluate::UserEvent;
use segment::tree::{EventMatch, EventNames, Op, Test, Where};

use crate::evaluate::{Evaluator, QueryError, Source};
use crate::ranges::{add_up, pieces};
use crate::snapshot::Snapshot;

/// What is read of every event, in this order.
const PROPERTIES: [&str; 11] =
    [RUN, NUMBER, STEP, FROM, PATH, VERSION, REASON, GROUP, JOURNEY, KEY, CONTEXT];

/// One event of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number in the run.
    pub n: u64,
    /// When.
    pub at: Timestamp,
    /// Whose; of merged users, the one that remains.
    pub user: UserIndex,
    /// `Journey Entered`, `Journey Held Out`, `Journey Moved` or `Journey Exited`.
    pub name: &'static str,
    /// Of which journey.
    pub journey: Text,
    /// The step that somebody came to; empty: none.
    pub step: Text,
    /// The step that somebody left; empty: none.
    pub from: Text,
    /// The way out of it.
    pub path: Text,
    /// The number of the version, where it is said.
    pub version: Option<u32>,
    /// Why somebody went out, or the control group.
    pub reason: Text,
    /// The value by which one user is in several times.
    pub key: Text,
    /// The context in which a learning split found them; empty: none.
    pub context: Text,
}

/// Which runs. Nothing is any.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Of this journey.
    pub journey: Option<&'a str>,
    /// That began at or after the first instant and before the second, whatever came of them when.
    pub began: (Timestamp, Timestamp),
}

impl<'a> Wish<'a> {
    /// All runs of a journey.
    pub fn of(journey: &'a str) -> Wish<'a> {
        Wish { journey: Some(journey), began: (Timestamp::MIN, Timestamp::MAX) }
    }

    /// All runs of all journeys.
    pub fn all() -> Wish<'static> {
        Wish { journey: None, began: (Timestamp::MIN, Timestamp::MAX) }
    }
}

/// What became of those who came to a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Came to it.
    pub entered: u64,
    /// Went on, by path and the step that they went to.
    pub moved: BTreeMap<(Text, Text), u64>,
    /// Went out of the journey from there, by reason.
    pub exited: BTreeMap<Text, u64>,
    /// Are there.
    pub waiting: u64,
}

impl Step {
    /// How many more or fewer came than are known to have gone or to be there. 0 unless events are gone.
    pub fn unaccounted(&self) -> u64 {
        let gone = self.moved.values().chain(self.exited.values()).sum::<u64>();
        self.entered.abs_diff(gone + self.waiting)
    }

    fn merge(&mut self, more: Step) {
        self.entered += more.entered;
        self.waiting += more.waiting;
        more.moved.into_iter().for_each(|(way, n)| *self.moved.entry(way).or_default() += n);
        more.exited
            .into_iter()
            .for_each(|(reason, n)| *self.exited.entry(reason).or_default() += n);
    }
}

/// What became of a journey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs that came in.
    pub entered: u64,
    /// Users who did.
    pub users: u64,
    /// Runs in a control group, by group.
    pub held_out: BTreeMap<Text, u64>,
    /// Users of these.
    pub held_out_users: u64,
    /// Runs that are in.
    pub waiting: u64,
    /// Users who are in.
    pub waiting_users: u64,
    /// Runs that are out, by reason.
    pub exited: BTreeMap<Text, u64>,
    /// By step.
    pub steps: BTreeMap<Text, Step>,
}

impl Counts {
    /// Steps whose numbers do not add up, and one more if those of the journey do not. 0 unless events are gone.
    pub fn unaccounted(&self) -> u64 {
        let whole = self.entered != self.waiting + self.exited.values().sum::<u64>();
        let steps = self.steps.values().filter(|step| step.unaccounted() > 0).count();
        steps as u64 + u64::from(whole)
    }

    fn merge(&mut self, more: Counts) {
        self.entered += more.entered;
        self.users += more.users;
        self.held_out_users += more.held_out_users;
        self.waiting += more.waiting;
        self.waiting_users += more.waiting_users;
        let add = |to: &mut BTreeMap<Text, u64>, from: BTreeMap<Text, u64>| {
            from.into_iter().for_each(|(reason, n)| *to.entry(reason).or_default() += n);
        };
        add(&mut self.held_out, more.held_out);
        add(&mut self.exited, more.exited);
        for (id, step) in more.steps {
            self.steps.entry(id).or_default().merge(step);
        }
    }

    /// Takes in a run: its events in order.
    fn add(&mut self, run: &[Told]) {
        for told in run {
            if !told.from.is_empty() {
                let step = self.steps.entry(told.from.clone()).or_default();
                match told.name {
                    EXITED => *step.exited.entry(told.reason.clone()).or_default() += 1,
                    _ => {
                        *step.moved.entry((told.path.clone(), told.step.clone())).or_default() += 1
                    }
                }
            }
            match told.name {
                HELD_OUT => *self.held_out.entry(told.reason.clone()).or_default() += 1,
                EXITED => *self.exited.entry(told.reason.clone()).or_default() += 1,
                _ => {
                    self.entered += u64::from(told.name == ENTERED);
                    self.steps.entry(told.step.clone()).or_default().entered += 1;
                }
            }
        }
        if let Some(last) = run.last().filter(|last| is_in(last)) {
            self.waiting += 1;
            self.steps.entry(last.step.clone()).or_default().waiting += 1;
        }
    }
}

/// Whether a run whose latest event this is goes on.
fn is_in(told: &Told) -> bool {
    [ENTERED, MOVED].contains(&told.name)
}

/// Somebody who is in a journey.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// When they came to the step.
    pub since: Timestamp,
    /// The id of the run.
    pub run: EventId,
    /// Which journey.
    pub journey: Text,
    /// Whose; of merged users, the one that remains.
    pub user: UserIndex,
    /// The number of the version by which they go on.
    pub version: u32,
    /// The step.
    pub step: Text,
    /// The number of the latest event of the run.
    pub n: u64,
    /// When they came in.
    pub entered_at: Timestamp,
    /// The value by which one user is in several times; empty: none.
    pub key: Text,
}

/// Counts the runs of a journey. Cost: one pass over its events.
pub fn counts(evaluator: &Evaluator, wish: Wish) -> Result<Counts, QueryError> {
    let all = by_journey(evaluator, wish)?;
    let mut counts = Counts::default();
    all.into_values().for_each(|more| counts.merge(more));
    Ok(counts)
}

/// The same of every journey that anybody came to. Cost: one pass over the events of all of them.
pub fn by_journey(evaluator: &Evaluator, wish: Wish) -> Result<BTreeMap<Text, Counts>, QueryError> {
    /// Counts, and who was seen: (came in, is in, was held out).
    #[derive(Clone, Default)]
    struct All(BTreeMap<Text, (Counts, [BTreeSet<u32>; 3])>);
    let take = |all: &mut All, _: EventId, run: &[Told]| {
        let Some(last) = run.last() else { return };
        let (counts, seen) = all.0.entry(last.journey.clone()).or_default();
        counts.add(run);
        seen[0].extend(run.iter().filter(|told| told.name == ENTERED).map(|told| told.user.0));
        seen[1].extend(is_in(last).then_some(last.user.0));
        seen[2].extend(run.iter().filter(|told| told.name == HELD_OUT).map(|told| told.user.0));
    };
    let add = |all: &mut All, more: All| {
        for (journey, (counts, seen)) in more.0 {
            let own = all.0.entry(journey).or_default();
            own.0.merge(counts);
            own.1.iter_mut().zip(seen).for_each(|(own, more)| own.extend(more));
        }
    };
    let all = fold(evaluator, wish, &All::default(), &take, &add)?;
    let counted = all.0.into_iter().map(|(journey, (mut counts, seen))| {
        let [entered, waiting, held_out] = seen.map(|users| users.len() as u64);
        (counts.users, counts.waiting_users, counts.held_out_users) = (entered, waiting, held_out);
        (journey, counts)
    });
    Ok(counted.collect())
}

/// Everybody who is in, those who have waited longest first, at one step or at any.
pub fn positions(
    evaluator: &Evaluator,
    wish: Wish,
    step: Option<&str>,
) -> Result<Vec<Position>, QueryError> {
    let take = |found: &mut Vec<Position>, run: EventId, told: &[Told]| {
        let Some(last) = told.last().filter(|last| is_in(last)) else { return };
        if step.is_some_and(|step| last.step != step) {
            return;
        }
        let version = told.iter().rev().find_map(|told| told.version);
        let first = told.first().unwrap_or(last);
        found.push(Position {
            since: last.at,
            run,
            journey: last.journey.clone(),
            user: last.user,
            version: version.unwrap_or(0),
            step: last.step.clone(),
            n: last.n,
            entered_at: first.at,
            key: first.key.clone(),
        });
    };
    let add = |all: &mut Vec<Position>, more: Vec<Position>| all.extend(more);
    let mut found = fold(evaluator, wish, &Vec::new(), &take, &add)?;
    found.sort_unstable();
    Ok(found)
}

/// The runs of one user, with their events as they are stored, by run in order of the first, oldest first.
/// Runs that another user began who turned out to be this one are there.
pub fn runs_of(
    snapshot: &Snapshot,
    user: UserIndex,
    at: Timestamp,
) -> Result<Vec<(EventId, Vec<UserEvent>)>, QueryError> {
    let mut runs: HashMap<EventId, Vec<UserEvent>> = HashMap::new();
    for stored in snapshot.events_of(user)? {
        let event = stored.event;
        if NAMES.contains(&event.name.as_str())
            && event.time <= at
            && let Some(run) = id(property(&event, RUN))
        {
            runs.entry(run).or_default().push(event);
        }
    }
    let number = |event: &UserEvent| property(event, NUMBER).and_then(int);
    let mut runs: Vec<(EventId, Vec<UserEvent>)> = runs.into_iter().collect();
    runs.iter_mut().for_each(|(_, events)| events.sort_by_key(number));
    runs.sort_by_key(|(run, events)| (events.first().map(|event| event.time), *run));
    Ok(runs)
}

/// A property of an event.
pub fn property<'e>(event: &'e UserEvent, name: &str) -> Option<&'e Value> {
    event.properties.iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

/// Takes in a run: its id, and its events in order.
type Take<'a, T> = dyn Fn(&mut T, EventId, &[Told]) + Sync + 'a;

/// Events by run.
type Runs = HashMap<EventId, Vec<Told>>;

/// Calls `take` once for every run of a wish with all its events up to the evaluator's instant; what is added up
/// by ranges of users is brought together by `add`.
fn fold<T: Clone + Send + Sync>(
    evaluator: &Evaluator,
    wish: Wish,
    nothing: &T,
    take: &Take<'_, T>,
    add: &(dyn Fn(&mut T, T) + Sync),
) -> Result<T, QueryError> {
    // What came of runs is later than they are.
    let source = evaluator.source(&of(wish.journey), (wish.began.0, evaluator.at), &PROPERTIES)?;
    let names: Vec<&'static str> =
        source.parts().iter().map(|part| own(evaluator, part.name)).collect();
    // Runs whose events lie with several users. Mostly there are none, and one look is enough: the beginning of such
    // a run alone looks like one that goes on, and only the rest of it says that it does not.
    let mut split: HashSet<EventId> = HashSet::new();
    loop {
        let count = |users: Range<u32>| {
            let mut seen = Seen { sum: nothing.clone(), parts: Runs::new(), found: Vec::new() };
            for piece in pieces(users) {
                for (run, events) in read(&source, &names, piece) {
                    if split.contains(&run) {
                        seen.parts.entry(run).or_default().extend(events);
                    } else if !is_whole(&events) {
                        seen.found.push(run);
                    } else if began(&events, wish) {
                        take(&mut seen.sum, run, &events);
                    }
                }
            }
            seen
        };
        let none = Seen { sum: nothing.clone(), parts: Runs::new(), found: Vec::new() };
        let mut all = add_up(evaluator, none, count, |all, more| {
            add(&mut all.sum, more.sum);
            all.found.extend(more.found);
            for (run, events) in more.parts {
                all.parts.entry(run).or_default().extend(events);
            }
        });
        if !all.found.is_empty() {
            // Every run of which something is missing anywhere is among them: the second look is the last.
            split.extend(all.found);
            continue;
        }
        for (run, mut events) in all.parts {
            in_order(&mut events);
            if began(&events, wish) {
                take(&mut all.sum, run, &events);
            }
        }
        return Ok(all.sum);
    }
}

/// What is known after a look at some users.
struct Seen<T> {
    sum: T,
    /// Events of runs that lie with several users.
    parts: Runs,
    /// Runs of which something is missing here.
    found: Vec<EventId>,
}

/// The runs of some users.
fn read(source: &Source, names: &[&'static str], users: Range<u32>) -> Runs {
    let mut runs = Runs::new();
    source.each_run(&users, |part, user, rows| {
        let name = names[part.index() as usize];
        for row in rows {
            let value = |property: usize| part.value(property, row);
            let (Some(run), Some(n)) = (id(value(0).as_ref()), value(1).as_ref().and_then(int))
            else {
                continue;
            };
            let text = |property: usize| crate::outreach::text(value(property));
            let told = Told {
                n,
                at: Timestamp(part.time(row)),
                user: UserIndex(user),
                name,
                journey: text(8),
                step: text(2),
                from: text(3),
                path: text(4),
                version: value(5).as_ref().and_then(int).and_then(|of| u32::try_from(of).ok()),
                reason: text(if name == HELD_OUT { 7 } else { 6 }),
                key: text(9),
                context: text(10),
            };
            runs.entry(run).or_default().push(told);
        }
    });
    runs.values_mut().for_each(in_order);
    runs
}

fn in_order(events: &mut Vec<Told>) {
    events.sort_by_key(|told| told.n);
    events.dedup_by_key(|told| told.n);
}

/// Whether no event of a run before its latest is missing.
fn is_whole(events: &[Told]) -> bool {
    events.last().is_some_and(|last| last.n + 1 == events.len() as u64)
}

fn began(events: &[Told], wish: Wish) -> bool {
    let (from, to) = wish.began;
    match events.first() {
        // Of one whose beginning is gone it is only known that it was before.
        Some(first) if first.n > 0 => wish.began == (Timestamp::MIN, Timestamp::MAX),
        Some(first) => from <= first.at && first.at < to,
        None => false,
    }
}

fn of(journey: Option<&str>) -> EventMatch {
    let names = EventNames::Of(NAMES.iter().map(|name| Text::new(name)).collect());
    let filter = match journey {
        None => Where::ALWAYS,
        Some(id) => Where::All(vec![Where::Property {
            property: Text::const_new(JOURNEY),
            test: Test::of(Op::Eq(Value::text(id))),
        }]),
    };
    EventMatch { names, filter }
}

fn own(evaluator: &Evaluator, name: crate::names::NameId) -> &'static str {
    let name = evaluator.snapshot.names.name(name);
    NAMES.into_iter().find(|own| *own == name.as_str()).unwrap_or_default()
}

fn id(value: Option<&Value>) -> Option<EventId> {
    match value {
        Some(Value::Text(text)) => Some(EventId::of(text)),
        _ => None,
    }
}

fn int(value: &Value) -> Option<u64> {
    match value {
        Value::Int(n) => u64::try_from(*n).ok(),
        _ => None,
    }
}
