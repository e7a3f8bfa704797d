//! Transitions as rows of the history: who became or stopped being a member of a watched definition,
//! or went from one lifecycle state to another, at which instant.
//!
//! What it is: reading what [`crate::Store::apply_transition`] kept. What it is not: it decides no
//! membership; `engine::live` did.
//!
//! Every answer at T uses only transitions with time ≤ T; as known at K ([`Snapshot::known_at`]),
//! only those that were told at or before K. What really happened is what was told, with what a late
//! record added and without what it revoked. Places are the numbers of
//! [`engine::live::Transition`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;
use std::sync::Arc;

use engine::live::{Cause, Correction};
use model::{Text, Timestamp, UserIndex};

use crate::calendar::Periods;
use crate::column::Column;
use crate::distribution::Distribution;
use crate::evaluate::{QueryError, by_users};
use crate::names::NameId;
use crate::numbers::Arrivals;
use crate::part::{Family, Part, Runs};
use crate::set::UserSet;
use crate::snapshot::Snapshot;

mod happened;
mod since;
#[cfg(test)]
mod tests;

/// One transition as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTransition {
    /// The key of the watched definition.
    pub key: Text,
    /// Whose; of merged users, the one that remains.
    pub user: UserIndex,
    /// The first instant of the new place.
    pub at: Timestamp,
    /// Orders transitions of one key and instant.
    pub arrival: u64,
    /// When it was told.
    pub recorded_at: Timestamp,
    /// What changed.
    pub change: Change,
}

/// What a transition changed, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place one millisecond before.
    pub from: u8,
    /// The place from then on.
    pub to: u8,
    /// What brought it about.
    pub cause: Cause,
    /// Whether it changes what was told before.
    pub correction: Correction,
}

/// How many transitions from one place to another happened.
pub type PairCounts = BTreeMap<(u8, u8), u64>;

impl Change {
    /// As one number, which is small for the first places.
    pub(crate) fn code(self) -> i64 {
        let cause = match self.cause {
            Cause::Record => 0,
            Cause::Time => 1,
            Cause::Definition => 2,
            Cause::Merge => 3,
        };
        let correction = match self.correction {
            Correction::None => 0,
            Correction::Added => 1,
            Correction::Revoked => 2,
        };
        cause | correction << 2 | i64::from(self.to) << 4 | i64::from(self.from) << 12
    }

    fn of_code(code: i64) -> Option<Change> {
        Some(Change {
            from: u8::try_from(code >> 12).ok()?,
            to: (code >> 4) as u8,
            cause: match code & 3 {
                0 => Cause::Record,
                1 => Cause::Time,
                2 => Cause::Definition,
                _ => Cause::Merge,
            },
            correction: match code >> 2 & 3 {
                0 => Correction::None,
                1 => Correction::Added,
                2 => Correction::Revoked,
                _ => return None,
            },
        })
    }

    /// 1 where it says that something happened, −1 where it takes that back.
    pub fn sign(self) -> i64 {
        match self.correction {
            Correction::None | Correction::Added => 1,
            Correction::Revoked => -1,
        }
    }
}

/// Time, arrival, number of the part, row, user.
type Place = (i64, u64, usize, usize, u32);

/// A part of transitions with what every question reads.
struct Rows<'a> {
    part: &'a Part,
    runs: Arc<Runs>,
    times: Arc<Vec<u32>>,
    arrivals: Arc<Arrivals>,
    codes: Arc<Column>,
}

impl<'a> Rows<'a> {
    fn of(part: &'a Part) -> Result<Rows<'a>, QueryError> {
        let codes = part.column(NameId::VALUE)?;
        let codes = codes.ok_or_else(|| part.wrong("transitions say not what changed"))?;
        let (runs, times, arrivals) = (part.runs()?, part.times()?, part.arrivals()?);
        Ok(Rows { part, runs, times, arrivals, codes })
    }

    fn time(&self, row: usize) -> i64 {
        self.part.facts().time_min + i64::from(self.times[row])
    }

    fn arrival(&self, row: usize) -> u64 {
        self.arrivals.get(row, self.times[row])
    }

    fn change(&self, row: usize) -> Result<Change, QueryError> {
        let change = self.codes.int(row).and_then(Change::of_code);
        Ok(change.ok_or_else(|| self.part.wrong("a transition is of an unknown kind"))?)
    }
}

impl Snapshot {
    /// Keys of all watched definitions of which anything was told, in order.
    pub fn transition_keys(&self) -> Vec<Text> {
        let of = |name, month| Family::Transition { name, month };
        let all = of(NameId(0), i32::MIN)..=of(NameId(u32::MAX), i32::MAX);
        let mut names: Vec<NameId> = self.families.range(all).map(|(of, _)| of.name()).collect();
        names.dedup();
        let mut keys: Vec<Text> = names.into_iter().map(|of| self.names.name(of).clone()).collect();
        keys.sort_unstable();
        keys
    }

    /// Every transition of one user up to an instant, by (time, arrival, key), those that were
    /// revoked and what revoked them included.
    pub fn transitions_of(
        &self,
        user: UserIndex,
        at: Timestamp,
    ) -> Result<Vec<StoredTransition>, QueryError> {
        let mut told = Vec::new();
        let of = |name, month| Family::Transition { name, month };
        let all = of(NameId(0), i32::MIN)..=of(NameId(u32::MAX), i32::MAX);
        for (family, parts) in self.families.range(all) {
            let key = self.names.name(family.name());
            for part in parts.iter().filter(|part| part.facts().time_min <= at.0) {
                let own = part.rows_of(user.0)?;
                if own.is_empty() {
                    continue;
                }
                let rows = Rows::of(part)?;
                for row in own.filter(|row| rows.time(*row) <= at.0) {
                    told.push(self.told(key, &rows, user, row)?);
                }
            }
        }
        told.sort_by(|a, b| (a.at, a.arrival, &a.key).cmp(&(b.at, b.arrival, &b.key)));
        Ok(told)
    }

    /// The latest transitions of a watched definition with time in `from..=to`, latest first, at most
    /// `limit`. `before` continues after the last one of a page: its (time, arrival).
    pub fn transitions(
        &self,
        key: &str,
        (from, to): (Timestamp, Timestamp),
        before: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Result<Vec<StoredTransition>, QueryError> {
        let Some((name, months)) = self.transition_months(key) else { return Ok(Vec::new()) };
        let key = self.names.name(name);
        let before = before.map_or((i64::MAX, u64::MAX), |(time, arrival)| (time.0, arrival));
        let unbounded = before == (i64::MAX, u64::MAX);
        let mut page = Vec::new();
        for parts in months.into_iter().rev() {
            let wanted = limit - page.len();
            if wanted == 0 {
                break;
            }
            let touches = |part: &&Arc<Part>| {
                part.facts().time_min <= to.0.min(before.0) && part.facts().time_max >= from.0
            };
            let sources = parts.iter().filter(touches).map(|part| Rows::of(part));
            let sources = sources.collect::<Result<Vec<_>, _>>()?;
            // The latest so far, the earliest of them on top.
            let mut latest: BinaryHeap<Reverse<Place>> = BinaryHeap::new();
            for (place, rows) in sources.iter().enumerate() {
                for (run, user) in rows.runs.users.iter().enumerate() {
                    for row in rows.runs.rows(run) {
                        let time = rows.time(row);
                        let full = latest.len() == wanted;
                        let late = |Reverse(top): &Reverse<Place>| top.0 > time;
                        if time < from.0 || time > to.0 || full && latest.peek().is_some_and(late) {
                            continue;
                        }
                        let arrival = rows.arrival(row);
                        if unbounded || (time, arrival) < before {
                            latest.push(Reverse((time, arrival, place, row, *user)));
                            if full {
                                latest.pop();
                            }
                        }
                    }
                }
            }
            // Ascending by what is reversed: the latest first.
            for Reverse((_, _, place, row, user)) in latest.into_sorted_vec() {
                page.push(self.told(key, &sources[place], UserIndex(user), row)?);
            }
        }
        Ok(page)
    }

    /// For each period, how many transitions from one place to another really happened in it, up to
    /// an instant. Pairs of places without any are left out.
    pub fn transition_counts(
        &self,
        key: &str,
        periods: &Periods,
        at: Timestamp,
    ) -> Result<Vec<PairCounts>, QueryError> {
        let mut counts = Counts::default();
        let (first, end) = (periods.start(0).0, periods.start(periods.len()).0);
        let months = self.transition_months(key).into_iter().flat_map(|(_, months)| months);
        for part in months.flatten() {
            let facts = part.facts();
            if facts.time_min > at.0 || facts.time_min >= end || facts.time_max < first {
                continue;
            }
            let rows = Rows::of(part)?;
            for row in 0..part.len() {
                let time = rows.time(row);
                if let Some(period) = periods.of(time).filter(|_| time <= at.0) {
                    let change = rows.change(row)?;
                    counts.of(change, periods.len())[period] += change.sign();
                }
            }
        }
        let mut all = vec![PairCounts::new(); periods.len()];
        for (pair, counts) in counts.pairs {
            for (counts, count) in all.iter_mut().zip(counts) {
                if let Some(count) = u64::try_from(count).ok().filter(|count| *count > 0) {
                    counts.insert(pair, count);
                }
            }
        }
        Ok(all)
    }

    /// For each place, how long those who are in it at an instant have been there, in milliseconds.
    /// A user of whom nothing was told is in no place here; one who went out of a segment is in the
    /// place 0.
    pub fn time_in_place(
        &self,
        key: &str,
        at: Timestamp,
    ) -> Result<BTreeMap<u8, Distribution>, QueryError> {
        let months = self.transition_months(key).map_or_else(Vec::new, |(_, months)| months);
        let mut sources = Vec::new();
        for parts in months.into_iter().rev() {
            let parts = parts.iter().filter(|part| part.facts().time_min <= at.0);
            let parts = parts.map(|part| Rows::of(part)).collect::<Result<Vec<_>, _>>()?;
            sources.push(parts);
        }
        let mut all: BTreeMap<u8, Distribution> = BTreeMap::new();
        for range in by_users(self.n_places(), |users| in_places(&sources, users, at)) {
            for (place, times) in range? {
                all.entry(place).or_default().merge(times);
            }
        }
        Ok(all)
    }

    fn told(
        &self,
        key: &Text,
        rows: &Rows,
        user: UserIndex,
        row: usize,
    ) -> Result<StoredTransition, QueryError> {
        Ok(StoredTransition {
            key: key.clone(),
            user,
            at: Timestamp(rows.time(row)),
            arrival: rows.arrival(row),
            recorded_at: Timestamp(rows.part.received()?.get(row, rows.times[row])),
            change: rows.change(row)?,
        })
    }

    /// The name of a watched definition, and its parts by month, ascending.
    fn transition_months(&self, key: &str) -> Option<(NameId, Vec<&[Arc<Part>]>)> {
        let name = self.names.number(key)?;
        let of = |month| Family::Transition { name, month };
        let months = self.families.range(of(i32::MIN)..=of(i32::MAX));
        Some((name, months.map(|(_, parts)| &parts[..]).collect()))
    }
}

/// Counts by pair of places and period.
#[derive(Default)]
struct Counts {
    pairs: Vec<((u8, u8), Vec<i64>)>,
    last: usize,
}

impl Counts {
    /// The counts of a pair; mostly that of the row before, or one of few.
    fn of(&mut self, change: Change, n_periods: usize) -> &mut [i64] {
        let pair = (change.from, change.to);
        if self.pairs.get(self.last).is_none_or(|(known, _)| *known != pair) {
            let place = self.pairs.iter().position(|(known, _)| *known == pair);
            self.last = place.unwrap_or(self.pairs.len());
            if place.is_none() {
                self.pairs.push((pair, vec![0; n_periods]));
            }
        }
        &mut self.pairs[self.last].1
    }
}

/// How long the users of a range have been where they are. Months come latest first: whoever is
/// found in one is not looked for in earlier ones.
fn in_places(
    months: &[Vec<Rows>],
    users: Range<u32>,
    at: Timestamp,
) -> Result<BTreeMap<u8, Distribution>, QueryError> {
    let mut times: BTreeMap<u8, Distribution> = BTreeMap::new();
    let mut found = UserSet::empty(users.len());
    let mut told: Vec<(u32, i64, u64, Change)> = Vec::new();
    for month in months {
        told.clear();
        for rows in month {
            for run in rows.runs.between(&users) {
                let user = rows.runs.users[run];
                if found.contains(UserIndex(user - users.start)) {
                    continue;
                }
                for row in rows.runs.rows(run).take_while(|row| rows.time(*row) <= at.0) {
                    told.push((user, rows.time(row), rows.arrival(row), rows.change(row)?));
                }
            }
        }
        told.sort_unstable_by_key(|(user, time, arrival, _)| (*user, *time, *arrival));
        for own in told.chunk_by(|a, b| a.0 == b.0) {
            if let Some((since, place)) = latest(own) {
                found.insert(UserIndex(own[0].0 - users.start));
                times.entry(place).or_default().add((at.0 - since) as f64);
            }
        }
    }
    Ok(times)
}

/// The latest of one user's transitions that really happened: its time and place. A revocation has
/// the instant and the places of what it revokes.
fn latest(own: &[(u32, i64, u64, Change)]) -> Option<(i64, u8)> {
    let mut instants = own.chunk_by(|a, b| a.1 == b.1).rev();
    instants.find_map(|instant| {
        let happened = |change: Change| {
            let same = instant.iter().map(|(.., other)| other);
            let same = same.filter(|other| (other.from, other.to) == (change.from, change.to));
            same.map(|other| other.sign()).sum::<i64>() > 0
        };
        let last = instant.iter().rev().find(|(.., change)| happened(*change))?;
        Some((last.1, last.3.to))
    })
}
