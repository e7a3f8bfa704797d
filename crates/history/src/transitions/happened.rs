//! Who really went from one place of a watched definition to another, and when.

use std::collections::HashMap;

use model::{Timestamp, UserIndex};

use super::Rows;
use crate::evaluate::QueryError;
use crate::snapshot::Snapshot;

impl Snapshot {
    /// Users with the instants, within a range (both included), at which they went from a place to one that is
    /// wanted: `wanted(from, to)`. What was told and revoked did not happen. By user and instant.
    ///
    /// Cost: the transitions of the definition; memory for those that are wanted.
    pub fn happened(
        &self,
        key: &str,
        (from, to): (Timestamp, Timestamp),
        wanted: &dyn Fn(u8, u8) -> bool,
    ) -> Result<Vec<(UserIndex, Timestamp)>, QueryError> {
        let months = self.transition_months(key).map_or_else(Vec::new, |(_, months)| months);
        let mut happened = Vec::new();
        for parts in months {
            // A revocation has the instant and the places of what it revokes, so it lies in the same month.
            let mut net: HashMap<(u32, i64, u8, u8), i64> = HashMap::new();
            for part in parts {
                let facts = part.facts();
                if facts.time_min > to.0 || facts.time_max < from.0 {
                    continue;
                }
                let rows = Rows::of(part)?;
                for (run, user) in rows.runs.users.iter().enumerate() {
                    for row in rows.runs.rows(run) {
                        let (time, change) = (rows.time(row), rows.change(row)?);
                        if from.0 <= time && time <= to.0 && wanted(change.from, change.to) {
                            let place = (*user, time, change.from, change.to);
                            *net.entry(place).or_default() += change.sign();
                        }
                    }
                }
            }
            let real = net.into_iter().filter(|(_, n)| *n > 0);
            happened.extend(real.map(|((user, time, ..), _)| (UserIndex(user), Timestamp(time))));
        }
        happened.sort_unstable();
        Ok(happened)
    }
}
