//! Dropping everything that was accepted under the name of an event.
//!
//! Invariants: no snapshot made after [`Store::discard`] has a row of the name that was accepted up
//! to the instant, and none comes back, whatever a job under way has written and whatever the log is
//! replayed. Facts of users (first seen, number of events) stay, as they do for what is older than is
//! kept; a job's file that still has such rows is let go by the next checkpoint.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Text, Timestamp, UserIndex};

use super::runs::{Place, Sealed};
use super::{Family, Store};
use crate::disk::Error;
use crate::part::Part;

impl Store {
    /// Drops every event of a name that was accepted at or before an instant, and from now on those
    /// that still come with such an acceptance. [`Store::take_bereft`] says whose they were.
    ///
    /// Errors: a part cannot be read; it stays, and the others are gone.
    pub fn discard(&mut self, name: &Text, until: Timestamp) -> Result<(), Error> {
        self.latest = None;
        let known = self.discarded.entry(name.clone()).or_insert(until.0);
        *known = until.0.max(*known);
        let Some(number) = self.names.number(name) else { return Ok(()) };
        self.seal_all()?;
        let mut failed = None;
        let of = |month| Family::Event { name: number, month };
        for (_, runs) in self.families.range_mut(of(i32::MIN)..=of(i32::MAX)) {
            for sealed in std::mem::take(&mut runs.parts) {
                if sealed.part.facts().received_min > until.0 {
                    runs.parts.push(sealed);
                    continue;
                }
                match rest(&sealed.part, until) {
                    Ok((rest, whose)) => {
                        self.bereft.extend(whose);
                        self.users.forget_until(sealed.part.facts().time_max);
                        let file = sealed.file().map(|file| (file, Arc::downgrade(&sealed.part)));
                        self.obsolete.extend(file);
                        let rest = rest.map(Arc::new);
                        runs.parts.extend(rest.map(|part| Sealed { part, place: Place::Memory }));
                    }
                    Err(error) => {
                        runs.parts.push(sealed);
                        failed = Some(error);
                    }
                }
            }
        }
        self.families.retain(|_, runs| !runs.is_empty());
        failed.map_or(Ok(()), Err)
    }

    /// Users who had events that were dropped since this was asked last, ascending.
    pub fn take_bereft(&mut self) -> Vec<UserIndex> {
        let bereft = std::mem::take(&mut self.bereft).into_iter();
        let remaining = bereft.map(|user| UserIndex(self.users.remaining(user.0)));
        remaining.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether an event was discarded before it came.
    pub(super) fn is_discarded(&self, name: &Text, received: i64) -> bool {
        !self.discarded.is_empty()
            && self.discarded.get(name).is_some_and(|until| received <= *until)
    }
}

/// What of a part was accepted later, if anything, and whose rows it had.
fn rest(part: &Part, until: Timestamp) -> Result<(Option<Part>, Vec<UserIndex>), Error> {
    let users = part.runs()?.users.iter().map(|user| UserIndex(*user)).collect();
    if part.facts().received_max <= until.0 {
        return Ok((None, users));
    }
    let (times, received) = (part.times()?, part.received()?);
    let rest = part.only(&|row| received.get(row, times[row]) > until.0)?;
    Ok((Some(rest), users))
}
