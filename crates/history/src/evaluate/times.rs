//! When each user did something, in order: counts over any window at any instant are then two
//! searches per user instead of a scan. Snapshots keep the last few of these, so that a trend over
//! many days, or a question asked again, reads the columns once.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use model::{Timestamp, Zone};
use segment::Rules;
use segment::tree::{EventMatch, EventNames, Window};

use super::Matching;
use crate::names::NameId;
use crate::snapshot::Snapshot;

/// Times of the events of one match, by user, ascending.
pub(crate) struct Times {
    /// Where each user's times begin; one more than there are users.
    starts: Vec<u32>,
    times: Vec<i64>,
    /// How often, up to and including each time, the local day differs from the user's time before.
    new_days: Vec<u32>,
}

/// Matches kept by one snapshot: bounds memory to a few times the rows.
const KEPT: usize = 32;

/// Sorting a match's rows costs about as much as scanning them so many times. Until scans of one
/// snapshot have read that many, another scan is the cheaper bet: at worst the work is doubled,
/// and a snapshot that lives for a moment never sorts ten years for one question about a week.
/// In tests both ways are met early.
const SORT_IN_SCANS: u64 = if cfg!(test) { 1 } else { 8 };

/// What a snapshot keeps.
#[derive(Default)]
pub(crate) struct KeptTimes(Mutex<Vec<Kept>>);

struct Kept {
    of: EventMatch,
    zone: Zone,
    /// Rows that scans for this match have read.
    scanned: u64,
    times: Option<Arc<Times>>,
}

impl KeptTimes {
    /// The times of a match, if they are kept or now worth making; a scan of `from..=to` is noted
    /// otherwise. Nothing also if the match depends on the event before, on composite events (whose
    /// meaning may change), or on more rows than are numbered in 32 bits.
    pub(crate) fn of(
        &self,
        snapshot: &Snapshot,
        of: &EventMatch,
        rules: &Rules,
        (from, to): (Timestamp, Timestamp),
    ) -> Option<Arc<Times>> {
        if let EventNames::Of(names) = &of.names
            && names.iter().any(|name| rules.composites.contains_key(name))
        {
            return None;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|kept| kept.of == *of && kept.zone == rules.zone);
        let place = known.unwrap_or_else(|| {
            if kept.len() == KEPT {
                kept.remove(0);
            }
            let (of, zone) = (of.clone(), rules.zone.clone());
            kept.push(Kept { of, zone, scanned: 0, times: None });
            kept.len() - 1
        });
        let entry = &mut kept[place];
        if entry.times.is_none() {
            entry.scanned += n_rows(snapshot, of, from, to);
            let all = n_rows(snapshot, of, Timestamp::MIN, Timestamp::MAX);
            if entry.scanned > all * SORT_IN_SCANS {
                entry.times = Times::make(snapshot, of, rules).map(Arc::new);
            }
        }
        entry.times.clone()
    }
}

/// Rows of the parts that a scan of `from..=to` would read.
fn n_rows(snapshot: &Snapshot, of: &EventMatch, from: Timestamp, to: Timestamp) -> u64 {
    let named = |name: NameId| match &of.names {
        EventNames::Any => true,
        EventNames::Of(names) => names.contains(snapshot.names.name(name)),
    };
    let parts = snapshot.event_parts().filter(|(name, _)| named(*name));
    let read = parts.filter(|(_, part)| part.time_max >= from.0 && part.time_min <= to.0);
    read.map(|(_, part)| part.len() as u64).sum()
}

impl Times {
    fn make(snapshot: &Snapshot, of: &EventMatch, rules: &Rules) -> Option<Times> {
        let matching = Matching::of(of, rules)?;
        let mut rows = Vec::new();
        let always = (Timestamp::MIN, Timestamp::MAX);
        matching.scan(snapshot, always, (&Window::ALL, &rules.zone), |part, row| {
            rows.push((part.user[row], part.time[row]));
        });
        u32::try_from(rows.len()).ok()?;
        rows.sort_unstable();
        let mut starts = vec![0u32; snapshot.n_places() + 1];
        rows.iter().for_each(|(user, _)| starts[*user as usize + 1] += 1);
        (1..starts.len()).for_each(|user| starts[user] += starts[user - 1]);
        let (mut new_days, mut n, mut before) = (Vec::with_capacity(rows.len()), 0, None);
        for (user, time) in &rows {
            let now = Some((*user, rules.zone.day(Timestamp(*time))));
            n += u32::from(now != before);
            before = now;
            new_days.push(n);
        }
        Some(Times { starts, times: rows.into_iter().map(|(_, time)| time).collect(), new_days })
    }

    /// The places of a user's times in `from..=to`.
    fn between(&self, user: usize, from: Timestamp, to: Timestamp) -> Range<usize> {
        let (start, end) = (self.starts[user] as usize, self.starts[user + 1] as usize);
        let own = &self.times[start..end];
        let first = own.partition_point(|time| *time < from.0);
        let last = first + own[first..].partition_point(|time| *time <= to.0);
        start + first..start + last
    }

    /// How many events each user had in `from..=to`.
    pub(crate) fn counts(&self, from: Timestamp, to: Timestamp) -> Vec<u32> {
        let users = 0..self.starts.len() - 1;
        users.map(|user| self.between(user, from, to).len() as u32).collect()
    }

    /// On how many local days each user had one in `from..=to`.
    pub(crate) fn days(&self, from: Timestamp, to: Timestamp) -> Vec<u32> {
        let days = |user: usize| {
            let own = self.between(user, from, to);
            match own.is_empty() {
                true => 0,
                false => self.new_days[own.end - 1] - self.new_days[own.start] + 1,
            }
        };
        (0..self.starts.len() - 1).map(days).collect()
    }
}
