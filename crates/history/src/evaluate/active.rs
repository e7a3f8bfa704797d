//! On which local days of a month each user did anything: a bit per day, worked out when it is first
//! asked for, and kept for all snapshots that have the same parts of the month. Questions about any
//! event read it instead of the times of all events.
//!
//! Stored events that users do count, whatever their name; derived ones and those that tell of messages
//! do not.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use model::{Day, Span, Timestamp, UserIndex, Zone};
use segment::tree::Where;

use super::share::by_users_of;
use super::slots::Slots;
use super::source::{Source, Wanted};
use super::{Evaluator, Matching, QueryError};
use crate::calendar::{PeriodUnit, Periods};
use crate::masks::{Masks, Tables};
use crate::part::{Family, Part, month_of};
use crate::set::UserSet;
use crate::snapshot::Snapshot;

/// Memory of all months that are kept; what was not used for the longest time goes first.
const BYTES_MAX: usize = 64 << 20;

/// Local days of a month (UTC) that can have a bit: 31, and one for the zone's distance from UTC.
const DAYS_MAX: usize = 32;

/// Active days of one month.
pub(crate) struct ActiveMonth {
    /// 12 × year + month − 1, UTC.
    pub(crate) month: i32,
    /// Who did anything, ascending.
    pub(crate) users: Vec<u32>,
    /// Of each of these: bit n is set if they did on the n-th day.
    pub(crate) days: Vec<u32>,
    /// The first instant of each local day that touches the month, and of the day after the last.
    pub(crate) starts: Vec<i64>,
    /// The last event.
    pub(crate) last_at: i64,
}

/// The months that are kept.
#[derive(Default)]
pub(crate) struct ActiveDays {
    months: Mutex<Vec<Kept>>,
}

struct Kept {
    zone: Zone,
    parts: Vec<Weak<Part>>,
    of: Arc<ActiveMonth>,
}

impl ActiveMonth {
    /// Nothing if the month has more local days than bits.
    fn of(snapshot: &Snapshot, month: i32, zone: &Zone) -> Result<Option<ActiveMonth>, QueryError> {
        let (first, last) = bounds(month);
        let periods = Periods::new(PeriodUnit::Day, zone, first, last);
        let Some(matching) = Matching::every(&Where::ALWAYS).filter(|_| periods.len() <= DAYS_MAX)
        else {
            return Ok(None);
        };
        let wanted = Wanted { times: true, ..Wanted::default() };
        let source = Source::of(snapshot, &matching, (first, last), &wanted, &|_| Ok(true))?;
        let tables = Tables::of(&source, &periods);
        let ranges = by_users_of(snapshot.n_places(), source.n_rows(), |users| {
            let masks = Masks::with((&source, &tables), users.clone(), &periods);
            let days = |user: u32| (user, (masks.user(user)[0] >> 1) as u32);
            users.map(days).filter(|(_, days)| *days != 0).collect::<Vec<_>>()
        });
        let (users, days) = ranges.into_iter().flatten().unzip();
        let starts = (0..=periods.len()).map(|day| periods.start(day).0).collect();
        let last_at = source.span().map_or(i64::MIN, |(_, last)| last.0);
        Ok(Some(ActiveMonth { month, users, days, starts, last_at }))
    }

    /// The places of a range of users.
    pub(crate) fn between(&self, users: &Range<u32>) -> Range<usize> {
        let place = |from: u32| self.users.partition_point(|user| *user < from);
        place(users.start)..place(users.end)
    }

    /// Bits of the days that lie in a range of time as a whole.
    fn days_within(&self, from: i64, to: i64) -> u32 {
        let inside = |day: &usize| self.starts[*day] >= from && self.starts[*day + 1] - 1 <= to;
        (0..self.starts.len() - 1).filter(inside).fold(0, |bits, day| bits | 1 << day)
    }

    fn bytes(&self) -> usize {
        (self.users.len() + self.days.len()) * 4 + self.starts.len() * 8
    }
}

/// The first and the last instant of a month.
fn bounds(month: i32) -> (Timestamp, Timestamp) {
    let first = |month: i32| {
        let epoch = Day(0).month_plus(i64::from(month) - 12 * 1970);
        Timestamp(epoch.0 * Span::DAY.0)
    };
    (first(month), Timestamp(first(month + 1).0 - 1))
}

impl ActiveDays {
    /// A month of a snapshot, of these parts.
    fn get(
        &self,
        snapshot: &Snapshot,
        (month, parts): (i32, &[&Arc<Part>]),
        zone: &Zone,
    ) -> Result<Option<Arc<ActiveMonth>>, QueryError> {
        let same = |kept: &Kept| {
            let both = || kept.parts.iter().zip(parts);
            kept.of.month == month
                && kept.zone == *zone
                && kept.parts.len() == parts.len()
                && both().all(|(kept, part)| std::ptr::eq(kept.as_ptr(), Arc::as_ptr(part)))
        };
        let mut months = self.months.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = months.iter().position(same) {
            // The last one was used last.
            let kept = months.remove(place);
            let of = Arc::clone(&kept.of);
            months.push(kept);
            return Ok(Some(of));
        }
        drop(months);
        let Some(of) = ActiveMonth::of(snapshot, month, zone)?.map(Arc::new) else {
            return Ok(None);
        };
        let mut months = self.months.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = parts.iter().map(|part| Arc::downgrade(part)).collect();
        months.retain(|kept| kept.of.month != month || kept.zone != *zone);
        months.push(Kept { zone: zone.clone(), parts, of: Arc::clone(&of) });
        let mut bytes: usize = months.iter().map(|kept| kept.of.bytes()).sum();
        while bytes > BYTES_MAX && months.len() > 1 {
            bytes -= months.remove(0).of.bytes();
        }
        Ok(Some(of))
    }
}

impl Evaluator<'_> {
    /// Active days of the months that touch a range of time, ascending; months without events are
    /// left out. Nothing if a month has no such form.
    pub(crate) fn active_months(
        &self,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Option<Vec<Arc<ActiveMonth>>>, QueryError> {
        let mut months: BTreeMap<i32, Vec<&Arc<Part>>> = BTreeMap::new();
        let asked = month_of(from)..=month_of(to);
        for (family, parts) in self.snapshot.families.iter() {
            if let Family::Event { name, month } = family
                && asked.contains(month)
                && !self.snapshot.names.is_outreach(*name)
            {
                months.entry(*month).or_default().extend(parts);
            }
        }
        let mut active = Vec::with_capacity(months.len());
        for (month, parts) in months {
            self.go_on()?;
            let kept = &self.snapshot.active;
            let Some(of) = kept.get(self.snapshot, (month, &parts), &self.rules.zone)? else {
                return Ok(None);
            };
            self.note_bytes(of.bytes() as u64);
            active.push(of);
        }
        Ok(Some(active))
    }

    /// Who of some users did anything in a range of time: by active days, and by events where the
    /// range begins or ends within a day.
    pub(super) fn active_within(
        &self,
        (from, to): (Timestamp, Timestamp),
        among: &UserSet,
    ) -> Result<UserSet, QueryError> {
        let n = self.snapshot.n_places();
        let mut found = UserSet::empty(n);
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for month in self.active_months((from, to))?.unwrap_or_default() {
            // After its last event a month has none that could lie outside, so its days count as
            // whole; what is left of them belongs to the next month.
            let ended = month.last_at <= to.0;
            let days = month.days_within(from.0, if ended { i64::MAX } else { to.0 });
            if days == 0 {
                continue;
            }
            let (low, high) = (days.trailing_zeros() as usize, 32 - days.leading_zeros() as usize);
            first = first.min(month.starts[low]);
            let end = month.starts[high] - 1;
            last = last.max(if end > to.0 { bounds(month.month).1.0.min(end) } else { end });
            for (user, own) in month.users.iter().zip(&month.days) {
                found.insert_if(UserIndex(*user), own & days != 0);
            }
        }
        found.and(among);
        let edges = match first <= last {
            true => vec![(from.0, first - 1), (last + 1, to.0)],
            false => vec![(from.0, to.0)],
        };
        let Some(matching) = Matching::every(&Where::ALWAYS) else { return Ok(found) };
        for (from, to) in edges {
            let mut rest = among.clone();
            rest.minus(&found);
            if from > to || rest.is_empty() {
                continue;
            }
            let range = (Timestamp(from), Timestamp(to));
            let source = self.select(&matching, range, &Wanted::default())?;
            let ranges = by_users_of(n, source.n_rows(), |users| {
                let (slots, mut own) = (Slots::of(&rest, &users), Vec::new());
                source.each_run_of(&slots, |_, slot, _| own.push(slots.users()[slot]));
                own
            });
            ranges.into_iter().flatten().for_each(|user| found.insert(UserIndex(user)));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
