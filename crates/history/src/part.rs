//! A part: immutable rows of one family, sorted by (user, time, arrival), column by column.
//!
//! A family is all events of one name and one month, all changes of one attribute in one month, or
//! all transitions of one watched definition in one month.
//! Invariants: rows ascend by (user, time, arrival); every column has one value per row. A part is
//! held in memory as a whole, or stands in a file from which each column is read when it is asked
//! for; either way it answers the same.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use model::{Day, Span, Timestamp, Value};

use crate::cache::Slot;
use crate::column::Column;
use crate::disk::{Error, PartFile};
use crate::names::NameId;
use crate::numbers::{Arrivals, Series};

mod build;
mod without;

pub(crate) use build::Columns;
use without::Rest;
pub(crate) use without::Without;
#[cfg(test)]
mod tests;

/// What rows are kept together. Months are calendar months (UTC), counted since year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Events of one name in one month.
    Event {
        /// Name of the events.
        name: NameId,
        /// 12 × year + month − 1.
        month: i32,
    },
    /// Changes of one attribute in one month; the new value stands in the column
    /// [`NameId::VALUE`].
    Attribute {
        /// Name of the attribute.
        name: NameId,
        /// 12 × year + month − 1.
        month: i32,
    },
    /// Transitions of one watched definition in one month (see [`crate::transitions`]). They are
    /// told of users, not sent by anybody: no delivery has them, and they count as neither events
    /// nor sightings.
    Transition {
        /// The key of the definition.
        name: NameId,
        /// 12 × year + month − 1.
        month: i32,
    },
}

/// One event, one change of one attribute, or one transition, on its way into a part.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whose.
    pub user: u32,
    /// When it happened, in milliseconds.
    pub time: i64,
    /// Its place in the order of acceptance.
    pub arrival: u64,
    /// When it was accepted, in milliseconds.
    pub received: i64,
    /// Which delivery; 0 for a transition.
    pub id: u128,
    /// Values by property.
    pub properties: Vec<(NameId, Value)>,
}

/// What can be told of a part without reading a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Rows.
    pub rows: usize,
    /// Users with any.
    pub users: usize,
    /// The earliest time, in milliseconds; offsets count from it.
    pub time_min: i64,
    /// The latest time.
    pub time_max: i64,
    /// The earliest acceptance.
    pub received_min: i64,
    /// The latest acceptance.
    pub received_max: i64,
    /// The least number of a user.
    pub user_min: u32,
    /// The greatest number of a user.
    pub user_max: u32,
}

/// Which users have rows, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Dense numbers of users, ascending, each once.
    pub users: Vec<u32>,
    /// Where each user's rows begin, and at last where all end.
    pub starts: Vec<u32>,
    /// For every 2^`shift` user numbers from the first of them that has rows on: the first run of
    /// any of these or a later user; and at last the number of runs. A user is found by one look at it
    /// and a search among a few neighbours.
    marks: Vec<u32>,
    shift: u32,
}

/// Runs for which there is one mark, about: bounds what marks take to half a byte per run.
const RUNS_PER_MARK: usize = 8;

/// Immutable sorted rows.
pub struct Part {
    facts: Facts,
    file: Option<PartFile>,
    /// Of a part that is another one without some rows: that one.
    rest: Option<Rest>,
    runs: Section<Runs>,
    times: Section<Vec<u32>>,
    arrivals: Section<Arrivals>,
    received: Section<Series>,
    ids: Ids,
    columns: BTreeMap<NameId, Section<Column>>,
}

/// A column, or where it is.
enum Section<T> {
    Held(Arc<T>),
    Stored(Arc<Slot<T>>),
}

/// Delivery ids: never held for a stored part, as few questions ask for them.
enum Ids {
    /// All are 0: the rows were not delivered.
    Zero,
    Held(Vec<u128>),
    Stored,
}

impl Row {
    /// The number under which the row began.
    fn began(&self) -> u32 {
        match self.properties.last() {
            Some((NameId::ORIGIN, Value::Int(origin))) => *origin as u32,
            _ => self.user,
        }
    }

    /// The row came under an id of another person of its user.
    pub(crate) fn came_from(&mut self, origin: u32) {
        if self.properties.last().is_some_and(|(name, _)| *name == NameId::ORIGIN) {
            self.properties.pop();
        }
        if origin != self.user {
            self.properties.push((NameId::ORIGIN, Value::Int(i64::from(origin))));
        }
    }

    /// Gives the row to the user that its origin is part of now.
    pub(crate) fn renumber(&mut self, user_of: &dyn Fn(u32) -> u32) {
        let origin = self.began();
        self.user = user_of(origin);
        self.came_from(origin);
    }
}

impl Family {
    /// The family of an event.
    pub fn of_event(name: NameId, time: Timestamp) -> Family {
        Family::Event { name, month: month_of(time) }
    }

    /// The family of a change of an attribute.
    pub fn of_attribute(name: NameId, time: Timestamp) -> Family {
        Family::Attribute { name, month: month_of(time) }
    }

    /// The family of a transition.
    pub fn of_transition(name: NameId, time: Timestamp) -> Family {
        Family::Transition { name, month: month_of(time) }
    }

    /// The event, attribute or watched definition.
    pub fn name(self) -> NameId {
        let (Family::Event { name, .. }
        | Family::Attribute { name, .. }
        | Family::Transition { name, .. }) = self;
        name
    }

    /// Whether its rows were delivered by somebody: events and attribute changes.
    pub(crate) fn delivered(self) -> bool {
        match self {
            Family::Event { .. } | Family::Attribute { .. } => true,
            Family::Transition { .. } => false,
        }
    }
}

/// The calendar month (UTC) of an instant, counted since year 0.
pub(crate) fn month_of(time: Timestamp) -> i32 {
    let (year, month, _) = Day(time.0.div_euclid(Span::DAY.0)).civil();
    (year * 12 + month - 1).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

impl Part {
    /// A part that stands in a file.
    pub(crate) fn stored(facts: Facts, file: PartFile) -> Part {
        let columns = file.columns().map(|name| (name, Section::stored())).collect();
        Part {
            facts,
            file: Some(file),
            rest: None,
            runs: Section::stored(),
            times: Section::stored(),
            arrivals: Section::stored(),
            received: Section::stored(),
            ids: Ids::Stored,
            columns,
        }
    }

    /// What can be told without reading.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.facts.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.facts.rows == 0
    }

    /// The file, of a stored part.
    pub(crate) fn file(&self) -> Option<&PartFile> {
        self.file.as_ref()
    }

    /// Which users have rows, and where.
    pub fn runs(&self) -> Result<Arc<Runs>, Error> {
        self.section(&self.runs, |file| file.runs(&self.facts), Rest::runs)
    }

    /// Times of all rows in milliseconds after [`Facts::time_min`].
    pub fn times(&self) -> Result<Arc<Vec<u32>>, Error> {
        self.section(&self.times, |file| file.times(&self.facts, &*self.runs()?), Rest::times)
    }

    /// Order of acceptance.
    pub fn arrivals(&self) -> Result<Arc<Arrivals>, Error> {
        self.section(&self.arrivals, |file| file.arrivals(&self.facts), Rest::arrivals)
    }

    /// When rows were accepted, in milliseconds.
    pub fn received(&self) -> Result<Arc<Series>, Error> {
        self.section(&self.received, |file| file.received(&self.facts), Rest::received)
    }

    /// Delivery ids of some rows.
    pub fn ids(&self, rows: Range<usize>) -> Result<Vec<u128>, Error> {
        if let Some(rest) = &self.rest {
            return rest.ids(rows);
        }
        match (&self.ids, &self.file) {
            (Ids::Zero, _) => Ok(vec![0; rows.len()]),
            (Ids::Held(ids), _) => Ok(ids[rows].to_vec()),
            (Ids::Stored, Some(file)) => file.ids(&self.facts, rows),
            (Ids::Stored, None) => Ok(Vec::new()),
        }
    }

    /// Properties that any row has.
    pub fn properties(&self) -> impl Iterator<Item = NameId> + '_ {
        self.columns().filter(|column| !column.hidden())
    }

    /// The columns of properties, and those that are hidden.
    pub(crate) fn columns(&self) -> impl Iterator<Item = NameId> + '_ {
        self.columns.keys().copied()
    }

    /// Whether rows of the part came to their users by merges.
    pub(crate) fn has_origins(&self) -> bool {
        self.columns.contains_key(&NameId::ORIGIN)
    }

    /// The values of a property; nothing if no row has it.
    pub fn column(&self, property: NameId) -> Result<Option<Arc<Column>>, Error> {
        let Some(section) = self.columns.get(&property) else { return Ok(None) };
        let load = |file: &PartFile| file.column(property, &self.facts, || self.runs());
        self.section(section, load, |rest| rest.column(property)).map(Some)
    }

    /// The rows of one user.
    pub fn rows_of(&self, user: u32) -> Result<Range<usize>, Error> {
        if user < self.facts.user_min || user > self.facts.user_max {
            return Ok(0..0);
        }
        let runs = self.runs()?;
        let run = runs.first_from(user);
        Ok(if runs.users.get(run) == Some(&user) { runs.rows(run) } else { 0..0 })
    }

    /// Whether a user has any row.
    pub fn has_user(&self, user: u32) -> Result<bool, Error> {
        Ok(!self.rows_of(user)?.is_empty())
    }

    /// Reads everything and checks what is promised: every checksum, and the order of rows.
    pub fn verify(&self) -> Result<(), Error> {
        let (runs, times, arrivals) = (self.runs()?, self.times()?, self.arrivals()?);
        self.received()?;
        self.ids(0..self.len())?;
        for column in self.columns() {
            self.column(column)?;
        }
        let key = |row: usize| (times[row], arrivals.get(row, times[row]));
        for run in 0..runs.users.len() {
            if runs.rows(run).skip(1).any(|row| key(row - 1) > key(row)) {
                return Err(self.wrong("rows are out of order"));
            }
        }
        Ok(())
    }

    pub(crate) fn wrong(&self, what: &'static str) -> Error {
        let stored = self.file.as_ref().or(self.rest.as_ref().and_then(Rest::file));
        let path = stored.map(|file| file.path().to_path_buf());
        Error::Damaged { path: path.unwrap_or_default(), at: 0, what }
    }

    fn section<T: Send + Sync + 'static>(
        &self,
        section: &Section<T>,
        load: impl FnOnce(&PartFile) -> Result<(T, usize, usize), Error>,
        narrow: impl FnOnce(&Rest) -> Result<(T, usize), Error>,
    ) -> Result<Arc<T>, Error> {
        match (section, &self.file, &self.rest) {
            (Section::Held(held), ..) => Ok(Arc::clone(held)),
            (Section::Stored(slot), Some(file), _) => file.cache().get(slot, || load(file)),
            (Section::Stored(slot), None, Some(rest)) => rest.cache().get(slot, || {
                let (value, bytes) = narrow(rest)?;
                Ok((value, bytes, 0))
            }),
            (Section::Stored(_), None, None) => {
                unreachable!("only a stored part has stored columns")
            }
        }
    }
}

impl Runs {
    /// Of ascending users, each with where its rows begin, and at last where all end.
    pub fn new(users: Vec<u32>, starts: Vec<u32>) -> Runs {
        debug_assert!(starts.len() == users.len() + 1 && users.is_sorted());
        let (Some(first), Some(last)) = (users.first(), users.last()) else {
            return Runs { users, starts, marks: vec![0], shift: 31 };
        };
        let per_run = (last - first) as usize / users.len() + 1;
        let shift = (per_run * RUNS_PER_MARK).ilog2().min(31);
        let (first, last) = (first >> shift, last >> shift);
        let mut marks = Vec::with_capacity((last - first) as usize + 2);
        for (run, user) in users.iter().enumerate() {
            while marks.len() <= ((user >> shift) - first) as usize {
                marks.push(run as u32);
            }
        }
        marks.push(users.len() as u32);
        Runs { users, starts, marks, shift }
    }

    /// The first run of a user or a later one.
    #[inline]
    pub fn first_from(&self, user: u32) -> usize {
        let Some(first) = self.users.first().filter(|first| **first < user) else { return 0 };
        let mark = ((user >> self.shift) - (first >> self.shift)) as usize;
        let [from, to] = match self.marks.get(mark..mark + 2) {
            Some(pair) => [pair[0] as usize, pair[1] as usize],
            None => return self.users.len(),
        };
        from + self.users[from..to].partition_point(|other| *other < user)
    }

    /// The rows of the n-th user.
    #[inline]
    pub fn rows(&self, run: usize) -> Range<usize> {
        self.starts[run] as usize..self.starts[run + 1] as usize
    }

    /// How many rows some runs have.
    pub fn n_rows(&self, runs: &Range<usize>) -> usize {
        (self.starts[runs.end] - self.starts[runs.start]) as usize
    }

    /// The runs of a range of users.
    pub fn between(&self, users: &Range<u32>) -> Range<usize> {
        self.first_from(users.start)..self.first_from(users.end)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        (self.users.len() + self.starts.len() + self.marks.len()) * 4
    }
}

impl<T> Section<T> {
    fn stored() -> Section<T> {
        Section::Stored(Arc::default())
    }
}
