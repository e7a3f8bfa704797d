//! What became known at or after an instant, in the order in which it did: for whoever goes on from
//! there.

use std::collections::BinaryHeap;

use model::{Timestamp, UserIndex};

use super::{Rows, StoredTransition};
use crate::evaluate::QueryError;
use crate::names::NameId;
use crate::part::Family;
use crate::snapshot::Snapshot;

/// When it was told, time, arrival, number of the definition's name, part, row, user.
type Place = (i64, i64, u64, NameId, usize, usize, u32);

impl Snapshot {
    /// Transitions of all definitions that were told at or after an instant, by (told, time, arrival),
    /// without the first `skip`, at most `most`. What is told later than this snapshot comes after
    /// them, as far as it is told at later instants.
    ///
    /// Cost: all transitions there are, because what was told late may lie anywhere; memory for
    /// `skip + most` of them.
    pub fn transitions_told_since(
        &self,
        since: Timestamp,
        skip: usize,
        most: usize,
    ) -> Result<Vec<StoredTransition>, QueryError> {
        let of = |name, month| Family::Transition { name, month };
        let all = of(NameId(0), i32::MIN)..=of(NameId(u32::MAX), i32::MAX);
        let parts = self.families.range(all);
        let parts: Vec<_> = parts.flat_map(|(of, parts)| parts.iter().map(|p| (*of, p))).collect();
        let wanted = skip.saturating_add(most);
        // The earliest so far, the latest of them on top.
        let mut earliest: BinaryHeap<Place> = BinaryHeap::new();
        for (place, (family, part)) in parts.iter().enumerate() {
            let (rows, received) = (Rows::of(part)?, part.received()?);
            for (run, user) in rows.runs.users.iter().enumerate() {
                for row in rows.runs.rows(run) {
                    let told = received.get(row, rows.times[row]);
                    let full = earliest.len() >= wanted;
                    let early = |top: &Place| told > top.0;
                    if told < since.0 || full && earliest.peek().is_none_or(early) {
                        continue;
                    }
                    let (time, arrival) = (rows.time(row), rows.arrival(row));
                    earliest.push((told, time, arrival, family.name(), place, row, *user));
                    if full {
                        earliest.pop();
                    }
                }
            }
        }
        let wanted = earliest.into_sorted_vec().into_iter().skip(skip);
        let told = wanted.map(|(.., name, place, row, user)| {
            let rows = Rows::of(parts[place].1)?;
            self.told(self.names.name(name), &rows, UserIndex(user), row)
        });
        told.collect()
    }
}
