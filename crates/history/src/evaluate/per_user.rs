//! Conditions that need a user's events in order: ranges of users at a time, their events and
//! attribute changes are brought together from all parts, with only the properties that the
//! condition names, and [`segment::evaluate`] decides.

use std::collections::BTreeMap;

use model::{EventId, Span, Text, Timestamp, UserIndex, Value};
use segment::Rules;
use segment::evaluate::{Context, NoPopulation, UserEvent, UserHistory, holds, range_at};
use segment::tree::{Predicate, Window};

use super::needs::Needs;
use super::{Evaluator, QueryError, ScoresOf};
use crate::column::Column;
use crate::names::NameId;
use crate::part::Part;
use crate::set::UserSet;
use crate::snapshot::Snapshot;

/// Users brought together at a time: their rows fit into the processor's cache. In tests, so few
/// that a handful of users fills several ranges and both threads.
const RANGE: u32 = if cfg!(test) { 2 } else { 1_024 };

/// A part of the events that are needed, with the columns that are needed.
struct EventSource<'a> {
    part: &'a Part,
    name: &'a Text,
    columns: Vec<(&'a Text, &'a Column)>,
}

/// A part of the attribute changes that are needed.
struct AttributeSource<'a> {
    part: &'a Part,
    name: &'a Text,
    values: Option<&'a Column>,
}

/// Everything that a condition needs of all users.
struct Sources<'a> {
    /// Earlier events cannot matter.
    from: Timestamp,
    events: Vec<EventSource<'a>>,
    attributes: Vec<AttributeSource<'a>>,
}

/// What bringing together needs of an evaluator: shared by the threads that share the users.
#[derive(Clone, Copy)]
struct Gather<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    at: Timestamp,
    everybody: &'a UserSet,
}

impl Evaluator<'_> {
    /// Users without any of the events and attributes concerned are all alike: they are decided
    /// once. Two threads share the users; each user's answer depends on nobody else.
    pub(super) fn user_by_user(&self, leaf: &Predicate) -> Result<UserSet, QueryError> {
        let gather = self.gather();
        let sources = gather.sources(leaf)?;
        let n = self.snapshot.n_places() as u32;
        let half = (n / 2).next_multiple_of(RANGE).min(n);
        if half == n {
            return Ok(gather.decide(leaf, &sources, 0..n));
        }
        std::thread::scope(|scope| {
            let first = scope.spawn(|| gather.decide(leaf, &sources, 0..half));
            let mut set = gather.decide(leaf, &sources, half..n);
            match first.join() {
                Ok(first) => set.or(&first),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            Ok(set)
        })
    }

    /// A lifecycle condition about the past, for those whose present state fits.
    pub(super) fn lifecycle_history(
        &self,
        leaf: &Predicate,
        now: &UserSet,
    ) -> Result<UserSet, QueryError> {
        let gather = Gather { everybody: now, ..self.gather() };
        let sources = gather.sources(leaf)?;
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
        Ok(set)
    }

    fn gather(&self) -> Gather<'_> {
        Gather {
            snapshot: self.snapshot,
            rules: self.rules,
            at: self.at,
            everybody: &self.everybody,
        }
    }
}

impl<'a> Gather<'a> {
    fn decide(self, leaf: &Predicate, sources: &Sources, users: std::ops::Range<u32>) -> UserSet {
        let mut set = UserSet::empty(self.snapshot.n_places());
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
                set.insert(user);
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
        for (name, part) in snapshot.event_parts() {
            let name = snapshot.names.name(name);
            let inside = part.time_min <= self.at.0 && part.time_max >= from.0;
            if inside && (needs.any_event || needs.events.contains(name)) {
                let columns = properties
                    .iter()
                    .filter_map(|id| Some((snapshot.names.name(*id), part.columns.get(id)?)))
                    .collect();
                sources.events.push(EventSource { part, name, columns });
            }
        }
        for attribute in &needs.attributes {
            let Some(id) = snapshot.names.number(attribute) else { continue };
            for part in snapshot.attribute_parts(attribute) {
                let (name, values) = (snapshot.names.name(id), part.columns.get(&NameId::VALUE));
                sources.attributes.push(AttributeSource { part, name, values });
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
            let to = (from + RANGE).min(users.end);
            let parts = sources.events.iter().map(|source| source.part);
            let rows = rows_between(parts, from..to, sources.from, self.at);
            let parts = sources.attributes.iter().map(|source| source.part);
            let changes = rows_between(parts, from..to, Timestamp::MIN, self.at);
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
            let value = source.values.and_then(|column| column.get(*row as usize));
            let changes = attributes.entry(source.name.clone()).or_default();
            changes.push((Timestamp(*time), value.unwrap_or(Value::Null)));
        }
        let event = |(_, time, arrival, source, row): &Place| {
            let (source, row) = (&sources.events[*source as usize], *row as usize);
            let value =
                |(name, column): &(&Text, &Column)| Some(((*name).clone(), column.get(row)?));
            UserEvent {
                name: source.name.clone(),
                time: Timestamp(*time),
                arrival: *arrival,
                id: EventId(source.part.id[row]),
                properties: source.columns.iter().filter_map(value).collect(),
            }
        };
        UserHistory {
            id: facts.public_id.clone(),
            events: rows.iter().map(event).collect(),
            attributes,
        }
    }
}

/// User, time, arrival, number of the source, row.
type Place = (u32, i64, u64, u32, u32);

/// Rows of some users with time in `since..=at`, sorted.
fn rows_between<'a>(
    parts: impl Iterator<Item = &'a Part>,
    users: std::ops::Range<u32>,
    since: Timestamp,
    at: Timestamp,
) -> Vec<Place> {
    let mut places = Vec::new();
    for (source, part) in parts.enumerate() {
        let start = part.user.partition_point(|user| *user < users.start);
        let end = start + part.user[start..].partition_point(|user| *user < users.end);
        for row in start..end {
            let time = part.time[row];
            if time >= since.0 && time <= at.0 {
                places.push((part.user[row], time, part.arrival[row], source as u32, row as u32));
            }
        }
    }
    places.sort_unstable();
    places
}

fn since_first_seen(at: Timestamp) -> BTreeMap<Text, Vec<(Timestamp, Value)>> {
    BTreeMap::from([(Text::default(), vec![(at, Value::Null)])])
}
