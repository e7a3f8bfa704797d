//! Conditions that need a user's events in order: ranges of users at a time, their events and
//! attribute changes are brought together from all parts, with only the properties that the
//! condition names, and [`segment::evaluate`] decides.

use std::collections::BTreeMap;

use model::{EventId, Text, Timestamp, UserIndex, Value};
use segment::Rules;
use segment::evaluate::{Context, NoPopulation, UserEvent, UserHistory, holds};
use segment::tree::Predicate;

use super::needs::Needs;
use super::{Evaluator, ScoresOf};
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
    pub(super) fn user_by_user(&self, leaf: &Predicate) -> UserSet {
        let gather = self.gather();
        let sources = gather.sources(leaf);
        let n = self.snapshot.n_places() as u32;
        let half = (n / 2).next_multiple_of(RANGE).min(n);
        if half == n {
            return gather.decide(leaf, &sources, 0..n);
        }
        std::thread::scope(|scope| {
            let first = scope.spawn(|| gather.decide(leaf, &sources, 0..half));
            let mut set = gather.decide(leaf, &sources, half..n);
            match first.join() {
                Ok(first) => set.or(&first),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            set
        })
    }

    /// A lifecycle condition about the past, for those whose present state fits.
    pub(super) fn lifecycle_history(&self, leaf: &Predicate, now: &UserSet) -> UserSet {
        let gather = Gather { everybody: now, ..self.gather() };
        let sources = gather.sources(leaf);
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
        set
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

    fn sources(self, leaf: &Predicate) -> Sources<'a> {
        let needs = Needs::of(leaf, self.rules);
        let snapshot = self.snapshot;
        let mut properties: Vec<NameId> =
            needs.properties.iter().filter_map(|name| snapshot.names.number(name)).collect();
        properties.sort_by(|a, b| snapshot.names.name(*a).cmp(snapshot.names.name(*b)));
        let mut sources = Sources { events: Vec::new(), attributes: Vec::new() };
        for (name, part) in snapshot.event_parts() {
            let name = snapshot.names.name(name);
            if part.time_min <= self.at.0 && (needs.any_event || needs.events.contains(name)) {
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
        sources
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
            let mut rows = event_rows(&sources.events, from, to, self.at);
            rows.sort_unstable();
            let mut changes = attribute_rows(&sources.attributes, from, to, self.at);
            changes.sort_unstable();
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

fn event_rows(sources: &[EventSource], from: u32, to: u32, at: Timestamp) -> Vec<Place> {
    let parts = sources.iter().map(|source| source.part);
    rows_between(parts, from, to, at)
}

fn attribute_rows(sources: &[AttributeSource], from: u32, to: u32, at: Timestamp) -> Vec<Place> {
    let parts = sources.iter().map(|source| source.part);
    rows_between(parts, from, to, at)
}

fn rows_between<'a>(
    parts: impl Iterator<Item = &'a Part>,
    from: u32,
    to: u32,
    at: Timestamp,
) -> Vec<Place> {
    let mut places = Vec::new();
    for (source, part) in parts.enumerate() {
        let start = part.user.partition_point(|user| *user < from);
        let end = start + part.user[start..].partition_point(|user| *user < to);
        for row in (start..end).filter(|row| part.time[*row] <= at.0) {
            places.push((
                part.user[row],
                part.time[row],
                part.arrival[row],
                source as u32,
                row as u32,
            ));
        }
    }
    places
}

fn since_first_seen(at: Timestamp) -> BTreeMap<Text, Vec<(Timestamp, Value)>> {
    BTreeMap::from([(Text::default(), vec![(at, Value::Null)])])
}
