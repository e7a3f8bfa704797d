//! Which deliveries the store holds: all ids for whoever keeps a compact set of them, and the exact
//! answer where that set says "maybe".

use std::sync::Arc;

use hashbrown::HashSet;
use model::{EventId, Record, UserIndex, What};

use super::Store;
use super::runs::Runs;
use crate::disk::Error;
use crate::part::{Family, Part};

/// Ids read at a time.
const ID_ROWS: usize = 64 * 1_024;

/// A delivery that may have been counted before.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its id.
    pub id: EventId,
    /// The record that it came with. The first delivery is usually the same record, so that this
    /// says where to look first.
    pub record: &'a Record,
    /// The user that the record is about, if there is one already.
    pub user: Option<UserIndex>,
}

impl Store {
    /// Rows that were delivered, fresh ones included. There are at most as many delivery ids.
    pub fn n_rows(&self) -> u64 {
        let rows = |runs: &Runs| {
            runs.n_fresh() + runs.parts.iter().map(|sealed| sealed.part.len()).sum::<usize>()
        };
        self.delivered().map(|runs| rows(runs) as u64).sum()
    }

    /// Visits every delivery id of everything applied, fresh rows included, in no particular order;
    /// one that left several rows comes several times.
    ///
    /// Cost: one pass over all id columns.
    pub fn each_event_id(&self, visit: &mut dyn FnMut(EventId)) -> Result<(), Error> {
        for runs in self.delivered() {
            runs.fresh_rows().for_each(|row| visit(EventId(row.id)));
            for sealed in &runs.parts {
                let part = &sealed.part;
                for from in (0..part.len()).step_by(ID_ROWS) {
                    let ids = part.ids(from..(from + ID_ROWS).min(part.len()))?;
                    ids.into_iter().for_each(|id| visit(EventId(id)));
                }
            }
        }
        Ok(())
    }

    /// Which of the deliveries asked for have been applied, whatever record came with them then.
    ///
    /// Cost: a few binary searches for each that comes with the record of the first time. If any
    /// other is left, one pass over all id columns, however many are left.
    pub fn held_deliveries(&self, asked: &[Asked<'_>]) -> Result<HashSet<EventId>, Error> {
        let mut left: HashSet<EventId> = asked.iter().map(|asked| asked.id).collect();
        let mut held = HashSet::new();
        let mut families = Vec::new();
        for asked in asked {
            let (likely, user) = (self.likely_families(asked.record), asked.user);
            let sealed = likely.iter().filter_map(|family| self.families.get(family));
            let mut found = false;
            if let Some(user) = user {
                for sealed in sealed.flat_map(|runs| &runs.parts) {
                    found = found || has(&sealed.part, user, asked.id)?;
                }
            }
            if found {
                left.remove(&asked.id);
                held.insert(asked.id);
            } else {
                families.extend(likely);
            }
        }
        families.sort_unstable();
        families.dedup();
        let fresh = families.iter().filter_map(|family| self.families.get(family));
        let fresh = fresh.flat_map(|runs| runs.fresh_rows()).map(|row| EventId(row.id));
        held.extend(fresh.filter(|id| left.remove(id)));
        if !left.is_empty() {
            self.each_event_id(&mut |id| {
                if left.remove(&id) {
                    held.insert(id);
                }
            })?;
        }
        Ok(held)
    }

    /// The same for one delivery.
    pub fn holds_delivery(&self, asked: Asked<'_>) -> Result<bool, Error> {
        Ok(!self.held_deliveries(&[asked])?.is_empty())
    }

    /// Rows of every family that somebody delivers.
    pub(super) fn delivered(&self) -> impl Iterator<Item = &Runs> {
        self.families.iter().filter(|(family, _)| family.delivered()).map(|(_, runs)| runs)
    }

    /// Where the rows of a record are, or would be.
    fn likely_families(&self, record: &Record) -> Vec<Family> {
        let number = |name| self.names.number(name);
        match &record.what {
            What::Event(event) => {
                let family = number(&event.name).map(|name| Family::of_event(name, event.time));
                family.into_iter().collect()
            }
            What::Identify(change) => {
                // All attributes of a change hold its id: the first is enough.
                let set = change.attributes.first().map(|(name, _)| name);
                let first = set.or(change.operations.first().map(|(name, _)| name));
                let first = first.map_or("", |name| name.as_str());
                let family = number(first).map(|name| Family::of_attribute(name, change.time));
                family.into_iter().collect()
            }
            What::Facts(facts) => {
                let first = facts.attributes.first().map_or("", |(name, _)| name.as_str());
                let family = number(first).map(|name| Family::of_attribute(name, facts.time));
                family.into_iter().collect()
            }
            What::Alias { .. } | What::Separate { .. } => Vec::new(),
        }
    }
}

/// Whether a delivery is among a user's rows.
fn has(part: &Arc<Part>, user: UserIndex, id: EventId) -> Result<bool, Error> {
    Ok(part.ids(part.rows_of(user.0)?)?.contains(&id.0))
}

#[cfg(test)]
mod tests;
