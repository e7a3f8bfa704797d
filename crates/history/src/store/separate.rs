//! One user who becomes two again: whose the rows are, and what is known of both.
//!
//! Rows that came to a user by a merge, or under an id of a person that was merged, say so
//! ([`NameId::ORIGIN`](crate::names::NameId::ORIGIN)); a separation gives them back.

use engine::Separation;
use model::UserIndex;

use super::Store;
use super::runs::has_user;
use crate::disk::Error;
use crate::part::Part;
use crate::users::UserFacts;

/// Two users that were one, whose rows still have one number.
pub(super) struct Separated {
    stays: UserIndex,
    goes: UserIndex,
    /// When they were separated, in milliseconds.
    at: i64,
}

impl Store {
    /// One user is two from now on. If rows cannot be read now, they are divided before the next
    /// snapshot.
    pub(super) fn separate(&mut self, (stays, goes): (UserIndex, &Separation), at: i64) {
        let Separation { user: goes, public_id } = goes;
        let (goes, public_id) = (*goes, public_id.clone());
        self.users.set(goes, UserFacts { public_id, ..UserFacts::default() });
        self.separated.push(Separated { stays, goes, at });
        // Snapshots say what is wrong.
        let _ = self.renumber();
    }

    /// What is known of separated users follows from their rows. Of somebody without any, they are
    /// first seen when they were separated.
    pub(super) fn count_separated(&mut self) -> Result<(), Error> {
        while let Some(Separated { stays, goes, at }) = self.separated.last() {
            let (both, at) = ([*stays, *goes], *at);
            for user in both {
                let mut facts = self.counted(user)?;
                if facts.first_seen == i64::MAX {
                    facts.first_seen = at;
                }
                self.users.set(user, facts);
            }
            self.separated.pop();
        }
        Ok(())
    }

    /// The facts of a user as their rows say.
    fn counted(&mut self, user: UserIndex) -> Result<UserFacts, Error> {
        let UserFacts { public_id, merged_into, .. } = self.users.get(user);
        let mut facts = UserFacts { public_id, merged_into, ..UserFacts::default() };
        for (family, runs) in &mut self.families {
            if !family.delivered() {
                continue;
            }
            let event = self.names.is_activity(*family);
            let mut count = |time: i64| {
                facts.first_seen = facts.first_seen.min(time);
                if event {
                    facts.first_event = facts.first_event.min(time);
                    facts.last_seen = facts.last_seen.max(time);
                    facts.n_events = facts.n_events.saturating_add(1);
                }
            };
            for sealed in &runs.parts {
                let rows = sealed.part.rows_of(user.0)?;
                if !rows.is_empty() {
                    let (from, times) = (sealed.part.facts().time_min, sealed.part.times()?);
                    times[rows].iter().for_each(|time| count(from + i64::from(*time)));
                }
            }
            runs.fresh_of(user.0).for_each(|row| count(row.time));
        }
        Ok(facts)
    }
}

/// Whether rows of a part may belong to somebody who was separated.
pub(super) fn divided(part: &Part, separated: &[Separated]) -> Result<bool, Error> {
    if !part.has_origins() {
        return Ok(false);
    }
    for Separated { stays, .. } in separated {
        if has_user(part, stays.0)? {
            return Ok(true);
        }
    }
    Ok(false)
}
