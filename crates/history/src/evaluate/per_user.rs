//! Conditions that need a user's events in order: ranges of users at a time, their events and
//! attribute changes are brought together from all parts, with only the properties that the
//! condition names, and [`segment::evaluate`] decides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{EventId, Span, Text, Timestamp, UserIndex, Value};
use segment::Rules;
use segment::evaluate::{Context, NoPopulation, UserEvent, UserHistory, holds, range_at};
use segment::tree::{Predicate, Window};

use super::needs::Needs;
use super::source::{RANGE_USERS, by_users};
use super::{Evaluator, QueryError, ScoresOf};
use crate::column::Column;
use crate::names::NameId;
use crate::numbers::Arrivals;
use crate::part::{Part, Runs};
use crate::set::UserSet;
use crate::snapshot::Snapshot;

/// Users brought together at a time: their rows fit into the processor's cache. In tests, so few
/// that a handful of users fills several ranges and both threads.
const RANGE: u32 = if cfg!(test) { 2 } else { 1_024 };

/// A part of what is needed, with the columns that are needed.
pub(super) struct PartSource<'a> {
    pub(super) part: &'a Part,
    name: &'a Text,
    pub(super) runs: Arc<Runs>,
    pub(super) times: Arc<Vec<u32>>,
    arrivals: Arc<Arrivals>,
    pub(super) columns: Vec<(&'a Text, Arc<Column>)>,
}

/// Everything that a condition needs of all users.
pub(super) struct Sources<'a> {
    /// Earlier events cannot matter.
    from: Timestamp,
    events: Vec<PartSource<'a>>,
    /// Attributes, with the one column of their values.
    attributes: Vec<PartSource<'a>>,
}

impl<'a> Sources<'a> {
    /// Every part that is read.
    pub(super) fn all(&self) -> impl Iterator<Item = &PartSource<'a>> {
        self.events.iter().chain(&self.attributes)
    }
}

impl<'a> PartSource<'a> {
    fn of(
        snapshot: &'a Snapshot,
        name: &'a Text,
        part: &'a Part,
        properties: &[NameId],
    ) -> Result<PartSource<'a>, QueryError> {
        let mut columns = Vec::new();
        for id in properties {
            columns.extend(part.column(*id)?.map(|column| (snapshot.names.name(*id), column)));
        }
        let (runs, times, arrivals) = (part.runs()?, part.times()?, part.arrivals()?);
        Ok(PartSource { part, name, runs, times, arrivals, columns })
    }
}

/// What bringing together needs of an evaluator: shared by the threads that share the users.
#[derive(Clone, Copy)]
struct Gather<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    at: Timestamp,
    everybody: &'a UserSet,
    stop: Option<&'a AtomicBool>,
}

impl Evaluator<'_> {
    /// Users without any of the events and attributes concerned are all alike: they are decided
    /// once. Threads share the users; each user's answer depends on nobody else. The answer is
    /// right for the users `among`; nothing: for everybody.
    pub(super) fn user_by_user(
        &self,
        leaf: &Predicate,
        among: Option<&UserSet>,
    ) -> Result<UserSet, QueryError> {
        let gather = Gather { everybody: among.unwrap_or(&self.everybody), ..self.gather() };
        let sources = gather.sources(leaf)?;
        self.note_sources(&sources);
        let n = self.snapshot.n_places();
        let sets = by_users(n, |users| gather.decide(leaf, &sources, users));
        self.go_on()?;
        Ok(UserSet::of_ranges(n, RANGE_USERS as usize, sets))
    }

    /// A lifecycle condition about the past, for those whose present state fits.
    pub(super) fn lifecycle_history(
        &self,
        leaf: &Predicate,
        now: &UserSet,
    ) -> Result<UserSet, QueryError> {
        let gather = Gather { everybody: now, ..self.gather() };
        let sources = gather.sources(leaf)?;
        self.note_sources(&sources);
        let mut set = UserSet::empty(self.snapshot.n_places());
        let scores = ScoresOf::new(self);
        let ctx = Context { rules: self.rules, population: &scores };
        let everybody = 0..self.snapshot.n_places() as u32;
        gather.each_history(&sources, everybody, |user, history| {
            scores.user.set(user);
            if holds(leaf, history, self.at, &ctx) {
                set.insert(user);
            }
        });
        scores.checked()?;
        self.go_on()?;
        Ok(set)
    }

    fn gather(&self) -> Gather<'_> {
        Gather {
            snapshot: self.snapshot,
            rules: self.rules,
            at: self.at,
            everybody: &self.everybody,
            stop: self.stop,
        }
    }
}

impl<'a> Gather<'a> {
    fn decide(self, leaf: &Predicate, sources: &Sources, users: std::ops::Range<u32>) -> UserSet {
        let start = users.start;
        let mut set = UserSet::empty(users.len());
        let nothing = UserHistory {
            id: Text::default(),
            events: Vec::new(),
            attributes: since_first_seen(Timestamp::MIN),
        };
        // Leaves that are decided here never ask for scores.
        let ctx = Context { rules: self.rules, population: &NoPopulation };
        let default = holds(leaf, &nothing, self.at, &ctx);
        self.each_history(sources, users, |user, history| {
            let alike = history.events.is_empty() && history.attributes.len() == 1;
            if if alike { default } else { holds(leaf, history, self.at, &ctx) } {
                set.insert(UserIndex(user.0 - start));
            }
        });
        set
    }

    fn sources(self, leaf: &Predicate) -> Result<Sources<'a>, QueryError> {
        let needs = Needs::of(leaf, self.rules);
        let snapshot = self.snapshot;
        let mut properties: Vec<NameId> =
            needs.properties.iter().filter_map(|name| snapshot.names.number(name)).collect();
        properties.sort_by(|a, b| snapshot.names.name(*a).cmp(snapshot.names.name(*b)));
        let from = if needs.first_time { Timestamp::MIN } else { self.earliest(leaf) };
        let mut sources = Sources { from, events: Vec::new(), attributes: Vec::new() };
        for (name, _, part) in snapshot.parts_within(needs.names(snapshot), (from, self.at)) {
            let facts = part.facts();
            if facts.time_min <= self.at.0 && facts.time_max >= from.0 {
                let name = snapshot.names.name(name);
                sources.events.push(PartSource::of(snapshot, name, part, &properties)?);
            }
        }
        for attribute in &needs.attributes {
            let Some(id) = snapshot.names.number(attribute) else { continue };
            let name = snapshot.names.name(id);
            for part in snapshot.attribute_parts(attribute) {
                sources.attributes.push(PartSource::of(snapshot, name, part, &[NameId::VALUE])?);
            }
        }
        Ok(sources)
    }

    /// An instant before which no event can matter. Local days of users differ from the
    /// workspace's by less than two days, and so may their first.
    fn earliest(self, leaf: &Predicate) -> Timestamp {
        let slack = Span::days(2);
        let start = |window: &Window| {
            range_at(window, self.at - slack, &self.rules.zone).map(|(from, _)| from - slack)
        };
        let start = match leaf {
            Predicate::Event(p) => start(&p.within),
            Predicate::Sequence(p) => start(&p.within),
            Predicate::Affinity(p) => start(&p.within),
            Predicate::Baseline(p) => Some(self.at - p.window - p.against),
            _ => None,
        };
        start.unwrap_or(Timestamp::MIN)
    }

    /// Calls `visit` for everybody among `users`, in order, with the needed part of the history up to the
    /// instant. The attribute without a name only marks when the user was first seen.
    fn each_history(
        self,
        sources: &Sources,
        users: std::ops::Range<u32>,
        mut visit: impl FnMut(UserIndex, &UserHistory),
    ) {
        for from in users.clone().step_by(RANGE as usize) {
            // What is decided by then is thrown away.
            if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return;
            }
            let to = (from + RANGE).min(users.end);
            if !(from..to).any(|user| self.everybody.contains(UserIndex(user))) {
                continue;
            }
            let rows = rows_between(&sources.events, from..to, sources.from, self.at);
            let changes = rows_between(&sources.attributes, from..to, Timestamp::MIN, self.at);
            let (mut rows, mut changes) = (&rows[..], &changes[..]);
            for user in from..to {
                let (own_rows, rest) = rows.split_at(rows.partition_point(|row| row.0 == user));
                rows = rest;
                let (own, rest) = changes.split_at(changes.partition_point(|row| row.0 == user));
                changes = rest;
                let user = UserIndex(user);
                if self.everybody.contains(user) {
                    visit(user, &self.history(user, sources, own_rows, own));
                }
            }
        }
    }

    fn history(
        self,
        user: UserIndex,
        sources: &Sources,
        rows: &[Place],
        changes: &[Place],
    ) -> UserHistory {
        let facts = self.snapshot.facts_of(user);
        let mut attributes = since_first_seen(Timestamp(facts.first_seen));
        for (_, time, _, source, row) in changes {
            let source = &sources.attributes[*source as usize];
            let values = source.columns.first();
            let value = values.and_then(|(_, column)| column.get(*row as usize));
            let changes = attributes.entry(source.name.clone()).or_default();
            changes.push((Timestamp(*time), value.unwrap_or(Value::Null)));
        }
        let event = |(_, time, arrival, source, row): &Place| {
            let (source, row) = (&sources.events[*source as usize], *row as usize);
            let value =
                |(name, column): &(&Text, Arc<Column>)| Some(((*name).clone(), column.get(row)?));
            UserEvent {
                name: source.name.clone(),
                time: Timestamp(*time),
                arrival: *arrival,
                id: EventId(0),
                properties: source.columns.iter().filter_map(value).collect(),
            }
        };
        UserHistory { id: facts.public_id, events: rows.iter().map(event).collect(), attributes }
    }
}

/// User, time, arrival, number of the source, row.
type Place = (u32, i64, u64, u32, u32);

/// Rows of some users with time in `since..=at`, sorted.
fn rows_between(
    parts: &[PartSource],
    users: std::ops::Range<u32>,
    since: Timestamp,
    at: Timestamp,
) -> Vec<Place> {
    let mut places = Vec::new();
    for (source, of) in parts.iter().enumerate() {
        for run in of.runs.between(&users) {
            let user = of.runs.users[run];
            for row in of.runs.rows(run) {
                let time = of.part.facts().time_min + i64::from(of.times[row]);
                if time >= since.0 && time <= at.0 {
                    let arrival = of.arrivals.get(row, of.times[row]);
                    places.push((user, time, arrival, source as u32, row as u32));
                }
            }
        }
    }
    places.sort_unstable();
    places
}

fn since_first_seen(at: Timestamp) -> BTreeMap<Text, Vec<(Timestamp, Value)>> {
    BTreeMap::from([(Text::default(), vec![(at, Value::Null)])])
}
