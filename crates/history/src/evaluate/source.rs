//! Selected events as a source for analyses: which rows, with the columns of some properties at
//! hand, handed out by ranges of users so that threads can share the work and arrays over users
//! stay small enough for the processor's cache.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use model::{Timestamp, Value};
use segment::tree::EventMatch;

use super::matching::Selection;
use super::{Evaluator, Matching, QueryError};
use crate::column::Column;
use crate::names::NameId;
use crate::part::Part;

/// Users handled at a time: one byte per user fits into a first-level cache. In tests, so few that
/// a handful of users fills several ranges.
pub(crate) const RANGE_USERS: u32 = if cfg!(test) { 3 } else { 65_536 };

/// Events that match, within a range of time.
pub(crate) struct Source<'a> {
    parts: Vec<SourcePart<'a>>,
    range: (Timestamp, Timestamp),
}

struct SourcePart<'a> {
    name: NameId,
    part: &'a Part,
    selection: Selection,
    whole: bool,
    columns: Vec<Option<&'a Column>>,
}

/// One selected event.
pub(crate) struct Hit<'s> {
    /// Whose.
    pub(crate) user: u32,
    /// When, in milliseconds.
    pub(crate) time: i64,
    row: usize,
    of: &'s SourcePart<'s>,
}

impl Hit<'_> {
    /// Its place in the order of acceptance: decides between events of one millisecond.
    pub(crate) fn arrival(&self) -> u64 {
        self.of.part.arrival[self.row]
    }

    /// The number of its name.
    pub(crate) fn name(&self) -> NameId {
        self.of.name
    }

    /// The value of the source's n-th property; nothing if it is missing.
    pub(crate) fn value(&self, property: usize) -> Option<Value> {
        self.of.columns[property].and_then(|column| column.get(self.row))
    }

    /// The value of the source's n-th property if it is a number.
    pub(crate) fn number(&self, property: usize) -> Option<f64> {
        self.of.columns[property].and_then(|column| column.number(self.row))
    }
}

impl Source<'_> {
    /// Calls `visit` for every selected event of the users, part by part, and within a part by
    /// user and time. Parts are in order of name and month, so one user's events come in no
    /// overall order.
    pub(crate) fn each(&self, users: Range<u32>, mut visit: impl FnMut(&Hit)) {
        let (from, to) = (self.range.0.0, self.range.1.0);
        for of in &self.parts {
            let part = of.part;
            let start = part.user.partition_point(|user| *user < users.start);
            let end = start + part.user[start..].partition_point(|user| *user < users.end);
            for row in start..end {
                let time = part.time[row];
                if (of.whole || (time >= from && time <= to)) && of.selection.get(row) {
                    visit(&Hit { user: part.user[row], time, row, of });
                }
            }
        }
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
    ) -> Result<Source<'_>, QueryError> {
        let range = (range.0, range.1.min(self.at));
        let mut source = Source { parts: Vec::new(), range };
        let Some(matching) = Matching::of(of, self.rules) else { return Ok(source) };
        let ids: Vec<_> = properties.iter().map(|name| self.snapshot.names.number(name)).collect();
        matching.parts(self.snapshot, range, |name, part, selection| {
            let columns = ids.iter().map(|id| id.and_then(|id| part.columns.get(&id))).collect();
            let whole = part.time_min >= range.0.0 && part.time_max <= range.1.0;
            source.parts.push(SourcePart { name, part, selection, whole, columns });
        });
        Ok(source)
    }

    /// Runs `work` for ranges of users that together are everybody; answers in order of users.
    /// Two threads share the ranges, so `work` must not depend on what another range does.
    pub(crate) fn by_users<R: Send>(&self, work: impl Fn(Range<u32>) -> R + Sync) -> Vec<R> {
        let n = self.snapshot.n_places() as u32;
        let n_ranges = n.div_ceil(RANGE_USERS);
        let next = AtomicU32::new(0);
        let share = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= n_ranges {
                    return done;
                }
                let from = index * RANGE_USERS;
                done.push((index, work(from..(from + RANGE_USERS).min(n))));
            }
        };
        let mut done = std::thread::scope(|scope| {
            let other = (n_ranges > 1).then(|| scope.spawn(share));
            let mut done = share();
            match other.map(|other| other.join()) {
                Some(Ok(more)) => done.extend(more),
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                None => {}
            }
            done
        });
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, answer)| answer).collect()
    }
}
