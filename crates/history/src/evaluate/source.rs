//! Selected events as a source for conditions and analyses: which rows, with the columns of some
//! properties at hand, handed out by ranges of users, so that threads share the work and arrays
//! over users stay small enough for the processor's cache.
//!
//! All columns are loaded when a source is made; reading from it cannot fail.

use std::ops::Range;
use std::sync::Arc;

use model::{Timestamp, UserIndex, Value};
use segment::tree::EventMatch;

use super::matching::Filter;
use super::share::by_users;
use super::slots::Slots;
use super::{ActiveMonth, Evaluator, Matching, QueryError};
use crate::column::Column;
use crate::names::NameId;
use crate::numbers::Arrivals;
use crate::part::{Facts, Runs, month_of};
use crate::set::UserSet;
use crate::snapshot::{AskedNames, FoundPart, Snapshot};

/// Users who are fewer than one in so many of those with a run are looked up one by one.
const LOOK_UP_ONE_IN: usize = if cfg!(test) { 2 } else { 6 };

/// Events that match, within a range of time.
pub(crate) struct Source {
    parts: Vec<SourcePart>,
    /// Of the names that a filter asks the first event of: all their parts.
    firsts: Vec<(NameId, Vec<FirstPart>)>,
}

/// One part of a source.
pub(crate) struct SourcePart {
    /// The name of its events.
    pub(crate) name: NameId,
    pub(super) facts: Facts,
    pub(super) runs: Arc<Runs>,
    /// Nothing if no question needs them: the part lies in the range as a whole.
    pub(super) times: Option<Arc<Vec<u32>>>,
    arrivals: Option<Arc<Arrivals>>,
    /// The range of time as offsets, both included; nothing if the part lies in it as a whole.
    pub(super) within: Option<(u32, u32)>,
    pub(super) filter: Filter,
    columns: Vec<Option<Arc<Column>>>,
    /// The place of the part among all parts of its name.
    place: usize,
    /// The place of the part within the source.
    index: u32,
}

/// What decides which event of a user is the first.
struct FirstPart {
    facts: Facts,
    runs: Arc<Runs>,
    times: Arc<Vec<u32>>,
    arrivals: Arc<Arrivals>,
    place: usize,
}

/// What a source loads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// Times of rows; without, only rows of parts that straddle the range have them.
    pub(crate) times: bool,
    /// Order of acceptance.
    pub(crate) order: bool,
    /// Properties.
    pub(crate) properties: &'a [&'a str],
}

/// (time, arrival, part, row) of a user's first event.
pub(super) type First = (i64, u64, usize, usize);

const NO_FIRST: First = (i64::MAX, u64::MAX, usize::MAX, usize::MAX);

/// First events of one name.
pub(super) struct Firsts {
    pub(super) name: NameId,
    slots: Slots,
    places: Vec<First>,
}

impl Firsts {
    #[inline]
    pub(super) fn of(&self, user: u32) -> Option<First> {
        self.slots.get(user).map(|slot| self.places[slot])
    }
}

/// One selected event.
pub(crate) struct Hit<'s> {
    /// Whose.
    pub(crate) user: u32,
    /// When, in milliseconds.
    pub(crate) time: i64,
    row: usize,
    of: &'s SourcePart,
}

impl Hit<'_> {
    /// Its place in the order of acceptance: decides between events of one millisecond.
    #[inline]
    pub(crate) fn arrival(&self) -> u64 {
        self.of.arrival(self.row)
    }

    /// The number of its name.
    pub(crate) fn name(&self) -> NameId {
        self.of.name
    }

    /// The value of the source's n-th property; nothing if it is missing.
    pub(crate) fn value(&self, property: usize) -> Option<Value> {
        self.of.value(property, self.row)
    }

    /// The value of the source's n-th property if it is a number.
    pub(crate) fn number(&self, property: usize) -> Option<f64> {
        self.of.columns[property].as_ref().and_then(|column| column.number(self.row))
    }
}

impl SourcePart {
    /// The time of a row, in milliseconds. Only where times were wanted.
    #[inline]
    pub(crate) fn time(&self, row: usize) -> i64 {
        self.facts.time_min + self.times.as_ref().map_or(0, |times| i64::from(times[row]))
    }

    /// The place of the part within its source.
    #[inline]
    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    /// The earliest and the latest time of the part.
    pub(crate) fn span(&self) -> (i64, i64) {
        (self.facts.time_min, self.facts.time_max)
    }

    /// Times of rows, after the earliest of the part. Only where times were wanted.
    #[inline]
    pub(crate) fn offsets(&self, rows: Range<usize>) -> &[u32] {
        self.times.as_ref().map_or(&[], |times| &times[rows])
    }

    /// The order of acceptance of a row. Only where it was wanted.
    #[inline]
    pub(crate) fn arrival(&self, row: usize) -> u64 {
        match (&self.arrivals, &self.times) {
            (Some(arrivals), Some(times)) => arrivals.get(row, times[row]),
            _ => 0,
        }
    }

    /// The value of the source's n-th property.
    pub(crate) fn value(&self, property: usize, row: usize) -> Option<Value> {
        self.columns[property].as_ref().and_then(|column| column.get(row))
    }

    /// The column of the source's n-th property.
    pub(crate) fn column(&self, property: usize) -> Option<&Column> {
        self.columns[property].as_deref()
    }

    /// Whether its filter selects a row of a user whose first event is this.
    #[inline]
    pub(super) fn selects(&self, row: usize, first: Option<First>) -> bool {
        let is_first = first.is_some_and(|first| (first.2, first.3) == (self.place, row));
        self.filter.holds(row, is_first)
    }

    /// The rows of a run within the range of time: they lie together, as times ascend.
    #[inline]
    pub(super) fn rows(&self, run: usize) -> Range<usize> {
        let rows = self.runs.rows(run);
        let (Some((from, to)), Some(times)) = (self.within, &self.times) else { return rows };
        let own = &times[rows.clone()];
        let (mut first, mut last) = (0, own.len());
        if own.len() > 16 {
            first = own.partition_point(|time| *time < from);
            last = own.partition_point(|time| *time <= to);
        } else {
            while first < last && own[first] < from {
                first += 1;
            }
            while last > first && own[last - 1] > to {
                last -= 1;
            }
        }
        rows.start + first..rows.start + last
    }
}

impl Source {
    /// Nothing.
    pub(crate) fn empty() -> Source {
        Source { parts: Vec::new(), firsts: Vec::new() }
    }

    /// Events that match, with time in a range, of the parts that `keep` wants.
    pub(crate) fn of(
        snapshot: &Snapshot,
        matching: &Matching,
        (from, to): (Timestamp, Timestamp),
        wanted: &Wanted,
        keep: &dyn Fn(&FoundPart) -> Result<bool, QueryError>,
    ) -> Result<Source, QueryError> {
        let mut source = Source::empty();
        let ids: Vec<_> =
            wanted.properties.iter().map(|name| snapshot.names.number(name)).collect();
        for found in snapshot.parts_within(&matching.names(snapshot), (from, to))? {
            let facts = found.part.facts();
            let outside = facts.time_max < from.0 || facts.time_min > to.0;
            if outside || found.part.is_empty() || !keep(&found)? {
                continue;
            }
            let filter = matching.filter(snapshot, &found)?;
            if !matches!(filter, Filter::Always(false)) {
                source.add(&found, filter, (from, to), wanted, &ids)?;
            }
        }
        source.add_firsts(snapshot)?;
        Ok(source)
    }

    /// Times of the first and the last row of its parts; no row that is selected lies outside.
    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let spans = self.parts.iter().map(|part| match part.within {
            Some((from, to)) => {
                let first = part.facts.time_min;
                (first + i64::from(from), (first + i64::from(to)).min(part.facts.time_max))
            }
            None => part.span(),
        });
        let (from, to) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some((Timestamp(from), Timestamp(to)))
    }

    /// Rows of its parts, before anything is left out.
    pub(crate) fn n_rows(&self) -> u64 {
        self.parts.iter().map(|part| part.facts.rows as u64).sum()
    }

    /// The same of a range of users.
    pub(super) fn n_rows_of(&self, users: &Range<u32>) -> u64 {
        let rows = |part: &SourcePart| part.runs.n_rows(&part.runs.between(users)) as u64;
        self.parts.iter().map(rows).sum()
    }

    /// The parts, in order of name and month.
    pub(crate) fn parts(&self) -> &[SourcePart] {
        &self.parts
    }

    /// Its parts.
    pub(crate) fn n_parts(&self) -> usize {
        self.parts.len()
    }

    /// Bytes of columns that reading all of it touches.
    pub(crate) fn n_bytes(&self) -> u64 {
        let bytes = |part: &SourcePart| {
            let times = part.times.as_ref().map_or(0, |times| times.len() * 4);
            let columns = part.columns.iter().flatten().map(|column| column.bytes());
            part.runs.bytes() + times + columns.sum::<usize>()
        };
        self.parts.iter().map(|part| bytes(part) as u64).sum()
    }

    /// Calls `visit` for every run of selected rows of the users: part by part, by user within a
    /// part. Where a filter is not for whole runs, runs are single rows.
    #[inline]
    pub(crate) fn each_run(
        &self,
        users: &Range<u32>,
        mut visit: impl FnMut(&SourcePart, u32, Range<usize>),
    ) {
        let firsts = self.firsts_of(users);
        for part in &self.parts {
            let runs = part.runs.between(users);
            if let Filter::Always(true) = part.filter {
                for run in runs {
                    let rows = part.rows(run);
                    if !rows.is_empty() {
                        visit(part, part.runs.users[run], rows);
                    }
                }
                continue;
            }
            let firsts = firsts.iter().find(|firsts| firsts.name == part.name);
            for run in runs {
                let user = part.runs.users[run];
                let first = firsts.and_then(|firsts| firsts.of(user));
                for row in part.rows(run) {
                    if part.selects(row, first) {
                        visit(part, user, row..row + 1);
                    }
                }
            }
        }
    }

    /// Calls `visit` as [`Source::each_run`] does, for those of a range of users who have a slot, with
    /// the slot. Where they are few, their runs are looked up one by one.
    #[inline]
    pub(super) fn each_run_of(
        &self,
        slots: &Slots,
        mut visit: impl FnMut(&SourcePart, usize, Range<usize>),
    ) {
        if slots.len() == 0 {
            return;
        }
        let span = slots.span();
        let firsts = self.firsts_of(&span);
        for part in &self.parts {
            let runs = part.runs.between(&span);
            let firsts = firsts.iter().find(|firsts| firsts.name == part.name);
            let mut visit = |slot: usize, user: u32, run: usize| {
                let rows = part.rows(run);
                if part.filter.selects_all() {
                    if !rows.is_empty() {
                        visit(part, slot, rows);
                    }
                    return;
                }
                let first = firsts.and_then(|firsts| firsts.of(user));
                for row in rows {
                    if part.selects(row, first) {
                        visit(part, slot, row..row + 1);
                    }
                }
            };
            if slots.len() < runs.len() / LOOK_UP_ONE_IN {
                for (slot, user) in slots.users().iter().enumerate() {
                    let run = part.runs.first_from(*user);
                    if part.runs.users.get(run) == Some(user) {
                        visit(slot, *user, run);
                    }
                }
                continue;
            }
            for run in runs {
                let user = part.runs.users[run];
                if let Some(slot) = slots.get(user) {
                    visit(slot, user, run);
                }
            }
        }
    }

    /// Calls `visit` for every selected event of the users, part by part, and within a part by
    /// user and time. Parts are in order of name and month, so one user's events come in no
    /// overall order.
    #[inline]
    pub(crate) fn each(&self, users: Range<u32>, mut visit: impl FnMut(&Hit)) {
        self.each_run(&users, |of, user, rows| {
            for row in rows {
                visit(&Hit { user, time: of.time(row), row, of });
            }
        });
    }

    /// Per name: the first event of those of the users who have any row that asks for it.
    pub(super) fn firsts_of(&self, users: &Range<u32>) -> Vec<Firsts> {
        let of = |(name, parts): &(NameId, Vec<FirstPart>)| {
            let mut asked = UserSet::empty(users.end as usize);
            for part in self.parts.iter().filter(|part| part.name == *name) {
                for run in part.runs.between(users) {
                    if !part.rows(run).is_empty() {
                        asked.insert(UserIndex(part.runs.users[run]));
                    }
                }
            }
            let slots = Slots::of(&asked, users);
            let mut places = vec![NO_FIRST; slots.len()];
            for part in parts {
                for run in part.runs.between(&slots.span()) {
                    let Some(slot) = slots.get(part.runs.users[run]) else { continue };
                    let row = part.runs.starts[run] as usize;
                    let time = part.times[row];
                    let at = part.facts.time_min + i64::from(time);
                    if at <= places[slot].0 {
                        let first = (at, part.arrivals.get(row, time), part.place, row);
                        places[slot] = first.min(places[slot]);
                    }
                }
            }
            Firsts { name: *name, slots, places }
        };
        self.firsts.iter().map(of).collect()
    }

    fn add(
        &mut self,
        found: &FoundPart,
        filter: Filter,
        (from, to): (Timestamp, Timestamp),
        wanted: &Wanted,
        ids: &[Option<NameId>],
    ) -> Result<(), QueryError> {
        let FoundPart { name, place, part, .. } = *found;
        let facts = *part.facts();
        let whole = facts.time_min >= from.0 && facts.time_max <= to.0;
        let offset =
            |time: i64| (time.max(facts.time_min) - facts.time_min).min(i64::from(u32::MAX));
        let within = (!whole).then(|| (offset(from.0) as u32, offset(to.0) as u32));
        let mut columns = Vec::with_capacity(ids.len());
        for id in ids {
            columns.push(id.map(|id| part.column(id)).transpose()?.flatten());
        }
        let needs_times = wanted.times || wanted.order || !whole;
        self.parts.push(SourcePart {
            name,
            facts,
            runs: part.runs()?,
            times: needs_times.then(|| part.times()).transpose()?,
            arrivals: wanted.order.then(|| part.arrivals()).transpose()?,
            within,
            filter,
            columns,
            place,
            index: self.parts.len() as u32,
        });
        Ok(())
    }

    /// Loads what tells the first events of the names whose filters ask for them.
    fn add_firsts(&mut self, snapshot: &Snapshot) -> Result<(), QueryError> {
        let mut names: Vec<NameId> = self
            .parts
            .iter()
            .filter(|part| part.filter.asks_first())
            .map(|part| part.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let mut parts = Vec::new();
            let always = (Timestamp::MIN, Timestamp::MAX);
            let asked = AskedNames::of(false, vec![name]);
            for FoundPart { place, part, .. } in snapshot.parts_within(&asked, always)? {
                parts.push(FirstPart {
                    facts: *part.facts(),
                    runs: part.runs()?,
                    times: part.times()?,
                    arrivals: part.arrivals()?,
                    place,
                });
            }
            self.firsts.push((name, parts));
        }
        Ok(())
    }
}

impl Evaluator<'_> {
    /// Events that match, with time in `range` and not after the evaluator's instant, with some
    /// properties at hand. A match that depends on the event before selects nothing.
    pub(crate) fn source(
        &self,
        of: &EventMatch,
        range: (Timestamp, Timestamp),
        properties: &[&str],
    ) -> Result<Source, QueryError> {
        let wanted = Wanted { times: true, order: true, properties };
        match Matching::of(of, self.rules) {
            Some(matching) => self.select(&matching, range, &wanted),
            None => Ok(Source::empty()),
        }
    }

    /// The same without order of acceptance and properties.
    pub(crate) fn times(
        &self,
        of: &EventMatch,
        range: (Timestamp, Timestamp),
    ) -> Result<Source, QueryError> {
        let wanted = Wanted { times: true, ..Wanted::default() };
        match Matching::of(of, self.rules) {
            Some(matching) => self.select(&matching, range, &wanted),
            None => Ok(Source::empty()),
        }
    }

    /// The same without the events of some months.
    pub(crate) fn times_besides(
        &self,
        of: &EventMatch,
        (from, to): (Timestamp, Timestamp),
        months: &[Arc<ActiveMonth>],
    ) -> Result<Source, QueryError> {
        let Some(matching) = Matching::of(of, self.rules) else { return Ok(Source::empty()) };
        let (wanted, range) =
            (Wanted { times: true, ..Wanted::default() }, (from, to.min(self.at)));
        let left_out = |part: &FoundPart| {
            let month = month_of(Timestamp(part.part.facts().time_min));
            months.iter().any(|left_out| left_out.month == month)
        };
        self.go_on()?;
        let source =
            Source::of(self.snapshot, &matching, range, &wanted, &|part| Ok(!left_out(part)))?;
        self.note(&source);
        Ok(source)
    }

    /// Whether a user's first such event is the first of all, which is kept for every user.
    pub(crate) fn keeps_first(&self, of: &EventMatch) -> bool {
        let users = &self.snapshot.users;
        users.forgotten_until() == i64::MIN
            && Matching::of(of, self.rules).is_some_and(|matching| matching.everything())
    }

    /// The same for a match that is known to be selectable, with only what is wanted.
    pub(crate) fn select(
        &self,
        matching: &Matching,
        (from, to): (Timestamp, Timestamp),
        wanted: &Wanted,
    ) -> Result<Source, QueryError> {
        self.go_on()?;
        let (snapshot, range) = (self.snapshot, (from, to.min(self.at)));
        let source = Source::of(snapshot, matching, range, wanted, &|_| Ok(true))?;
        self.note(&source);
        Ok(source)
    }

    /// Runs `work` for ranges of users that together are everybody; answers in order of users.
    /// Threads share the ranges, so `work` must not depend on what another range does.
    pub(crate) fn by_users<R: Send>(&self, work: impl Fn(Range<u32>) -> R + Sync) -> Vec<R> {
        by_users(self.snapshot.n_places(), work)
    }
}
