//! A snapshot as it was known at an earlier instant: what was accepted later is left out.
//!
//! Who is who is not taken back: users that turned out to be one later are one here too, and are
//! shown under the id of today. Everything else is as in a store that stopped accepting at the
//! instant, with two exceptions for things that leave no rows. Where a link of two ids was all
//! that told of a user, and an event that came in later happened before that link, the user counts
//! as seen from the first row that is left. And what was forgotten after its time of keeping
//! counts as known if it happened by the instant.

use std::sync::Arc;

use model::{Timestamp, UserIndex};

use super::{Families, Snapshot};
use crate::evaluate::QueryError;
use crate::names::Names;
use crate::part::Part;
use crate::set::UserSet;
use crate::users::Users;

/// What the rows of one user tell.
#[derive(Clone, Copy)]
struct Sighting {
    /// The first event or attribute change.
    first_seen: i64,
    first_event: i64,
    last_event: i64,
    n_events: u32,
}

/// No rows.
const UNSEEN: Sighting =
    Sighting { first_seen: i64::MAX, first_event: i64::MAX, last_event: i64::MIN, n_events: 0 };

impl Snapshot {
    /// What was known at an instant: only what had been accepted at or before it. Users who were
    /// merged since are one user here, too.
    ///
    /// Parts that were accepted as a whole by then are shared with this snapshot; of those that
    /// straddle the instant, what was known is copied into memory. Cost: linear in the rows of
    /// the latter and in the users with anything left out.
    pub fn known_at(&self, at: Timestamp) -> Result<Snapshot, QueryError> {
        let n = self.n_places();
        let seen = self.users.first_seen().flatten();
        // Who was first seen after the instant may owe it to a link of ids.
        let mut concerned =
            UserSet::of_each(n, seen.map(|first| *first > at.0 && *first != i64::MAX));
        let mut families = Families::new();
        for (family, parts) in &*self.families {
            let mut kept = Vec::new();
            for part in parts {
                // Transitions say nothing of when a user was seen.
                let concerned = family.delivered().then_some(&mut concerned);
                kept.extend(known_part(part, at, concerned)?);
            }
            if !kept.is_empty() {
                families.insert(*family, kept);
            }
        }
        let mut users = self.users.clone();
        if !concerned.is_empty() {
            correct(&mut users, &concerned, (&self.families, &families, &self.names), at)?;
        }
        Ok(Snapshot::new(Arc::clone(&self.names), users, families))
    }
}

/// The rows of a part that had been accepted; the users of the others are added to `concerned`, if
/// that matters to anything.
pub(crate) fn known_part(
    part: &Arc<Part>,
    at: Timestamp,
    concerned: Option<&mut UserSet>,
) -> Result<Option<Arc<Part>>, QueryError> {
    let facts = part.facts();
    if facts.received_max <= at.0 {
        return Ok(Some(Arc::clone(part)));
    }
    let runs = part.runs()?;
    if facts.received_min > at.0 {
        if let Some(concerned) = concerned {
            runs.users.iter().for_each(|user| concerned.insert(UserIndex(*user)));
        }
        return Ok(None);
    }
    let (times, received) = (part.times()?, part.received()?);
    let known = |row: usize| received.get(row, times[row]) <= at.0;
    if let Some(concerned) = concerned {
        for (run, user) in runs.users.iter().enumerate() {
            if !runs.rows(run).all(known) {
                concerned.insert(UserIndex(*user));
            }
        }
    }
    Ok(Some(Arc::new(part.only(&known)?)))
}

/// Facts of users with anything left out, by what the rows tell that there are and that are left.
fn correct(
    users: &mut Users,
    concerned: &UserSet,
    (all, left, names): (&Families, &Families, &Names),
    at: Timestamp,
) -> Result<(), QueryError> {
    let all = sightings((all, names), concerned, users.len())?;
    let left = sightings((left, names), concerned, users.len())?;
    for user in concerned.iter() {
        let mut facts = users.get(user);
        let (all, left) = (&all[user.at()], &left[user.at()]);
        // What no row tells was told by a link of ids, at the instant that it was accepted, or by
        // an event that was forgotten since.
        let first =
            |told: i64, all: i64, left: i64| if told < all && told <= at.0 { told } else { left };
        facts.first_seen = first(facts.first_seen, all.first_seen, left.first_seen);
        facts.first_event = first(facts.first_event, all.first_event, left.first_event);
        let forgotten = facts.last_seen > all.last_event && facts.last_seen <= at.0;
        if !forgotten {
            facts.last_seen = left.last_event;
        }
        facts.n_events = facts.n_events.saturating_sub(all.n_events - left.n_events);
        users.set(user, facts);
    }
    Ok(())
}

/// What the rows tell of some users, by dense number. Times ascend within a run, so that only its
/// ends are looked at.
fn sightings(
    (families, names): (&Families, &Names),
    of: &UserSet,
    n_users: usize,
) -> Result<Vec<Sighting>, QueryError> {
    let mut sightings = vec![UNSEEN; n_users];
    for (family, parts) in families.iter().filter(|(family, _)| family.delivered()) {
        let event = names.is_activity(*family);
        for part in parts {
            let (runs, times) = (part.runs()?, part.times()?);
            let time = |row: usize| part.facts().time_min + i64::from(times[row]);
            for (run, user) in runs.users.iter().enumerate() {
                if !of.contains(UserIndex(*user)) {
                    continue;
                }
                let (seen, rows) = (&mut sightings[*user as usize], runs.rows(run));
                let first = time(rows.start);
                seen.first_seen = seen.first_seen.min(first);
                if event {
                    seen.first_event = seen.first_event.min(first);
                    seen.last_event = seen.last_event.max(time(rows.end - 1));
                    seen.n_events = seen.n_events.saturating_add(rows.len() as u32);
                }
            }
        }
    }
    Ok(sightings)
}

#[cfg(test)]
mod tests;
