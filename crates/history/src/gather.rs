//! Bringing users' histories together: for ranges of users, the events and attribute changes that
//! conditions need, from all parts, with only the properties that they name.
//!
//! What it is: what an evaluation user by user reads, for [`crate::Evaluator`] and for whoever
//! follows users live. What it is not: it decides nothing. Threads may share a [`Gathering`] and
//! take a range of users each; columns are read once, when it is made.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{EventId, Text, Timestamp, UserIndex, Value};
use segment::evaluate::{UserEvent, UserHistory};
use segment::{Predicate, Rules};

use crate::column::Column;
use crate::evaluate::{Needs, QueryError};
use crate::names::NameId;
use crate::numbers::Arrivals;
use crate::part::{Part, Runs};
use crate::set::UserSet;
use crate::snapshot::Snapshot;

#[cfg(test)]
mod tests;

/// Users brought together at a time: their rows fit into the processor's cache. In tests, so few
/// that a handful of users fills several.
const USERS: u32 = if cfg!(test) { 2 } else { 1_024 };
/// Users whose delivery ids are read at a time: so many that few blocks of ids are read twice.
const USERS_OF_IDS: u32 = 8 * USERS;

/// A part of what is needed, with the columns that are needed.
pub(crate) struct PartSource<'a> {
    pub(crate) part: &'a Part,
    name: &'a Text,
    pub(crate) runs: Arc<Runs>,
    pub(crate) times: Arc<Vec<u32>>,
    arrivals: Arc<Arrivals>,
    pub(crate) columns: Vec<(&'a Text, Arc<Column>)>,
    /// Rows that matter, as offsets of time, both included; nothing if all do.
    within: Option<(u32, u32)>,
    /// Nobody sent its events.
    derived: bool,
}

/// Everything that conditions need of all users.
pub struct Gathering<'a> {
    snapshot: &'a Snapshot,
    events: Vec<PartSource<'a>>,
    /// Attributes, with the one column of their values.
    attributes: Vec<PartSource<'a>>,
    ids: bool,
}

/// Whom to visit.
#[derive(Clone, Copy)]
pub(crate) struct Visited<'a> {
    /// Only these; nothing: everybody.
    pub(crate) among: Option<&'a UserSet>,
    /// Also those with nothing of what is needed.
    pub(crate) nothing: bool,
    /// What is visited from then on is thrown away.
    pub(crate) stop: Option<&'a AtomicBool>,
}

/// What some conditions need of a range of users to be decided at `at`; see [`Gathering`], which is
/// to be made once where many ranges are asked for.
pub fn gather(
    snapshot: &Snapshot,
    rules: &Rules,
    predicates: &[&Predicate],
    users: Range<u32>,
    at: Timestamp,
) -> Result<Vec<(UserIndex, UserHistory)>, QueryError> {
    Gathering::new(snapshot, &Needs::of(predicates, rules), (at, at))?.users(users)
}

impl<'a> Gathering<'a> {
    /// Reads the columns of everything that answers at any instant in `from..=to` may need: events
    /// before [`Needs::earliest`] of the first and after the last are left out. For answers from now
    /// on, with events that are dated ahead: `(now, Timestamp::MAX)`.
    pub fn new(
        snapshot: &'a Snapshot,
        needs: &Needs,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Gathering<'a>, QueryError> {
        let names = &*snapshot.names;
        let (from, properties) = (needs.earliest(from), needs.properties(names));
        let (mut events, mut attributes) = (Vec::new(), Vec::new());
        for found in snapshot.parts_within(&needs.names(names), (from, to))? {
            let name = names.name(found.name);
            let source = PartSource::of(snapshot, name, found.part, &properties, (from, to))?;
            events.extend(source.map(|source| PartSource { derived: found.derived, ..source }));
        }
        let ever = (Timestamp::MIN, to);
        for name in needs.attributes(names).into_iter().map(|id| names.name(id)) {
            for part in snapshot.attribute_parts(name) {
                let source = PartSource::of(snapshot, name, part, &[NameId::VALUE], ever)?;
                attributes.extend(source);
            }
        }
        Ok(Gathering { snapshot, events, attributes, ids: true })
    }

    /// The same with 0 for the ids of events, which spares reading them.
    pub fn without_ids(self) -> Gathering<'a> {
        Gathering { ids: false, ..self }
    }

    /// Rows of the parts that are read: what gathering everybody costs.
    pub fn n_rows(&self) -> u64 {
        self.parts().map(|source| source.part.len() as u64).sum()
    }

    /// The users of a range with anything that is needed, in order, each with the needed part of
    /// their history. The attribute without a name only marks when the user was first seen.
    pub fn users(&self, users: Range<u32>) -> Result<Vec<(UserIndex, UserHistory)>, QueryError> {
        let mut all = Vec::new();
        let empty =
            || UserHistory { id: Text::default(), events: vec![], attributes: BTreeMap::new() };
        self.visit(users, Visited::EVERYBODY, |user, history| {
            all.push((user, std::mem::replace(history, empty())));
        })?;
        Ok(all)
    }

    /// The same, visited one by one without keeping them: cheaper, as nothing is allocated anew.
    pub fn each(
        &self,
        users: Range<u32>,
        mut visit: impl FnMut(UserIndex, &UserHistory),
    ) -> Result<(), QueryError> {
        self.visit(users, Visited::EVERYBODY, |user, history| visit(user, history))
    }

    /// The same of those of a set, also if nothing that is needed is known of them, until somebody says stop: what
    /// is visited from then on is thrown away. Without a set everybody of whom anything that is needed is known.
    pub fn each_of(
        &self,
        users: Range<u32>,
        (among, stop): (Option<&UserSet>, &AtomicBool),
        mut visit: impl FnMut(UserIndex, &UserHistory),
    ) -> Result<(), QueryError> {
        let of = Visited { among, nothing: among.is_some(), stop: Some(stop) };
        self.visit(users, of, |user, history| visit(user, history))
    }

    /// Every part that is read.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &PartSource<'a>> {
        self.events.iter().chain(&self.attributes)
    }

    /// Visits users in order. What `visit` leaves of a history is used again.
    pub(crate) fn visit(
        &self,
        users: Range<u32>,
        of: Visited,
        mut visit: impl FnMut(UserIndex, &mut UserHistory),
    ) -> Result<(), QueryError> {
        let mut hand = Hand::default();
        let (mut events, mut changes) = (Sorted::default(), Sorted::default());
        let mut cursors = [cursors(&self.events, &users), cursors(&self.attributes, &users)];
        let mut ids = Vec::new();
        let users = users.start..users.end.min(self.snapshot.n_places() as u32);
        for from in users.clone().step_by(USERS as usize) {
            if of.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Ok(());
            }
            let piece = from..from.saturating_add(USERS).min(users.end);
            if self.ids && (from - users.start).is_multiple_of(USERS_OF_IDS) {
                let end = from.saturating_add(USERS_OF_IDS).min(users.end);
                ids = self.ids(&cursors[0], end)?;
            }
            events.sort(&self.events, &mut cursors[0], &piece);
            changes.sort(&self.attributes, &mut cursors[1], &piece);
            let wanted = |user: u32| of.among.is_none_or(|set| set.contains(UserIndex(user)));
            for user in piece.clone().filter(|user| wanted(*user)) {
                let nth = (user - from) as usize;
                let (events, changes) = (events.of(nth), changes.of(nth));
                if of.nothing || !events.is_empty() || !changes.is_empty() {
                    let user = UserIndex(user);
                    visit(user, hand.write(self, user, (events, changes), &ids));
                }
            }
        }
        Ok(())
    }

    /// Ids of each source's rows from where it is up to the users before `end`, with the first row.
    fn ids(&self, cursors: &[usize], end: u32) -> Result<Vec<(usize, Vec<u128>)>, QueryError> {
        let sources = self.events.iter().zip(cursors);
        sources
            .map(|(source, from)| {
                let (users, starts) = (&source.runs.users, &source.runs.starts);
                let to = from + users[*from..].partition_point(|user| *user < end);
                let rows = starts[*from] as usize..starts[to] as usize;
                Ok((rows.start, source.part.ids(rows)?))
            })
            .collect()
    }
}

impl Visited<'_> {
    /// Everybody with anything.
    const EVERYBODY: Visited<'static> = Visited { among: None, nothing: false, stop: None };
}

impl<'a> PartSource<'a> {
    /// Nothing if the part lies outside.
    fn of(
        snapshot: &'a Snapshot,
        name: &'a Text,
        part: &'a Part,
        properties: &[NameId],
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Option<PartSource<'a>>, QueryError> {
        let facts = part.facts();
        if facts.time_min > to.0 || facts.time_max < from.0 || part.is_empty() {
            return Ok(None);
        }
        let mut columns = Vec::new();
        for id in properties {
            columns.extend(part.column(*id)?.map(|column| (snapshot.names.name(*id), column)));
        }
        let whole = facts.time_min >= from.0 && facts.time_max <= to.0;
        // Neither bound lies outside the part, which is shorter than 2³² milliseconds.
        let offset =
            |time: i64| (time.clamp(facts.time_min, facts.time_max) - facts.time_min) as u32;
        let within = (!whole).then(|| (offset(from.0), offset(to.0)));
        let (runs, times, arrivals) = (part.runs()?, part.times()?, part.arrivals()?);
        let derived = false;
        Ok(Some(PartSource { part, name, runs, times, arrivals, columns, within, derived }))
    }

    /// The rows of a run that matter: they lie together, as times ascend.
    fn rows(&self, run: usize) -> Range<usize> {
        let rows = self.runs.rows(run);
        let Some((from, to)) = self.within else { return rows };
        let own = &self.times[rows.clone()];
        let first = own.partition_point(|time| *time < from);
        let last = own.partition_point(|time| *time <= to);
        rows.start + first..rows.start + last
    }
}

/// The first run of each source that is of the users or later.
fn cursors(sources: &[PartSource], users: &Range<u32>) -> Vec<usize> {
    let first = |source: &PartSource| source.runs.users.partition_point(|user| *user < users.start);
    sources.iter().map(first).collect()
}

/// Where a row is.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    time: i64,
    arrival: u64,
    source: u32,
    row: u32,
}

/// Rows of a piece of users, by user, time and arrival.
#[derive(Default)]
struct Sorted {
    /// Where each user's places end.
    ends: Vec<u32>,
    places: Vec<Place>,
    runs: Vec<Range<usize>>,
}

impl Sorted {
    /// Takes the rows of the next users, at whose first runs the cursors stand.
    fn sort(&mut self, sources: &[PartSource], cursors: &mut [usize], users: &Range<u32>) {
        self.runs.clear();
        self.ends.clear();
        self.ends.resize(users.len() + 1, 0);
        for (source, cursor) in sources.iter().zip(cursors) {
            // No more runs than users.
            let rest = &source.runs.users[*cursor..];
            let near = &rest[..rest.len().min(users.len())];
            let runs = *cursor..*cursor + near.partition_point(|user| *user < users.end);
            *cursor = runs.end;
            for run in runs.clone() {
                let nth = (source.runs.users[run] - users.start) as usize;
                self.ends[nth + 1] += source.rows(run).len() as u32;
            }
            self.runs.push(runs);
        }
        // Where each user's places begin; they end where the next user's begin.
        let mut sum = 0;
        for end in &mut self.ends {
            sum += *end;
            *end = sum;
        }
        self.places.clear();
        self.places.resize(sum as usize, Place::default());
        for (number, (source, runs)) in sources.iter().zip(&self.runs).enumerate() {
            let first = source.part.facts().time_min;
            for run in runs.clone() {
                let next = &mut self.ends[(source.runs.users[run] - users.start) as usize];
                for row in source.rows(run) {
                    let offset = source.times[row];
                    let (time, arrival) =
                        (first + i64::from(offset), source.arrivals.get(row, offset));
                    self.places[*next as usize] =
                        Place { time, arrival, source: number as u32, row: row as u32 };
                    *next += 1;
                }
            }
        }
        let mut from = 0;
        for end in &self.ends[..users.len()] {
            let own = &mut self.places[from..*end as usize];
            if !own.is_sorted() {
                own.sort_unstable();
            }
            from = *end as usize;
        }
    }

    /// The places of the n-th user.
    fn of(&self, nth: usize) -> &[Place] {
        let from = if nth == 0 { 0 } else { self.ends[nth - 1] };
        &self.places[from as usize..self.ends[nth] as usize]
    }
}

/// Writes histories into the memory of the one before.
struct Hand {
    history: UserHistory,
    spare: Vec<Vec<(Text, Value)>>,
}

impl Default for Hand {
    fn default() -> Hand {
        let history =
            UserHistory { id: Text::default(), events: vec![], attributes: BTreeMap::new() };
        Hand { history, spare: Vec::new() }
    }
}

impl Hand {
    fn write(
        &mut self,
        of: &Gathering,
        user: UserIndex,
        (events, changes): (&[Place], &[Place]),
        ids: &[(usize, Vec<u128>)],
    ) -> &mut UserHistory {
        let Hand { history, spare } = self;
        let users = &of.snapshot.users;
        history.id.clone_from(users.public_id(user));
        history.attributes = since_first_seen(Timestamp(users.first_seen_of(user)));
        for place in changes {
            let source = &of.attributes[place.source as usize];
            let values = source.columns.first();
            let value = values.and_then(|(_, column)| column.get(place.row as usize));
            let change = (Timestamp(place.time), value.unwrap_or(Value::Null));
            match history.attributes.get_mut(source.name) {
                Some(changes) => changes.push(change),
                None => drop(history.attributes.insert(source.name.clone(), vec![change])),
            }
        }
        spare.extend(history.events.drain(..).map(|event| event.properties));
        history.events.extend(events.iter().map(|place| {
            let (source, row) = (&of.events[place.source as usize], place.row as usize);
            let mut properties = Vec::new();
            if !source.columns.is_empty() {
                properties = spare.pop().unwrap_or_default();
                properties.clear();
                for (name, column) in &source.columns {
                    properties.extend(column.get(row).map(|value| ((*name).clone(), value)));
                }
            }
            let id = ids.get(place.source as usize).map_or(0, |(first, ids)| ids[row - first]);
            UserEvent {
                name: source.name.clone(),
                time: Timestamp(place.time),
                arrival: place.arrival,
                id: EventId(id),
                properties,
                derived: source.derived,
            }
        }));
        history
    }
}

/// The attribute without a name, which only marks when a user was first seen.
pub(crate) fn since_first_seen(at: Timestamp) -> BTreeMap<Text, Vec<(Timestamp, Value)>> {
    BTreeMap::from([(Text::default(), vec![(at, Value::Null)])])
}
