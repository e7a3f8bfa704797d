//! What values of properties and attributes are seen: how many, of which kinds, when.

use std::collections::BTreeMap;

use model::{Text, Timestamp};

use super::{QueryError, Snapshot};
use crate::column::{Column, Values, kind};
use crate::names::NameId;
use crate::part::Part;

/// Values of one property or attribute as they are seen.
#[derive(Clone, Debug)]
pub struct SeenValues {
    /// How many.
    pub count: u64,
    /// Time of the first.
    pub first_at: Timestamp,
    /// Time of the last.
    pub last_at: Timestamp,
    /// How many of each kind, in the words of [`super::ValueFacts::kinds`].
    pub kinds: BTreeMap<&'static str, u64>,
}

impl Snapshot {
    /// The values of all properties of an event, by name. Cost: every column of the event is read;
    /// one bit per row is looked at.
    pub fn seen_properties(&self, event: &str) -> Result<BTreeMap<Text, SeenValues>, QueryError> {
        let Some(number) = self.names.number(event) else { return Ok(BTreeMap::new()) };
        let parts: Vec<&Part> =
            self.event_parts().filter(|(name, _)| *name == number).map(|(_, part)| part).collect();
        let mut names: Vec<NameId> = parts.iter().flat_map(|part| part.properties()).collect();
        names.sort_unstable();
        names.dedup();
        let mut seen = BTreeMap::new();
        for id in names {
            if let Some(values) = seen_values(id, &parts)? {
                seen.insert(self.names.name(id).clone(), values);
            }
        }
        Ok(seen)
    }

    /// The values of an attribute; nothing if it never had one.
    pub fn seen_attribute(&self, attribute: &str) -> Result<Option<SeenValues>, QueryError> {
        seen_values(NameId::VALUE, &self.attribute_parts(attribute).collect::<Vec<_>>())
    }
}

fn seen_values(id: NameId, parts: &[&Part]) -> Result<Option<SeenValues>, QueryError> {
    let (mut kinds, mut first, mut last) = (BTreeMap::new(), i64::MAX, i64::MIN);
    for part in parts {
        let Some(column) = part.column(id)? else { continue };
        let n = count(&column, &mut kinds);
        if n == part.len() as u64 {
            (first, last) = (first.min(part.facts().time_min), last.max(part.facts().time_max));
            continue;
        }
        let times = part.times()?;
        for (row, time) in times.iter().enumerate() {
            if column.has(row) {
                let at = part.facts().time_min + i64::from(*time);
                (first, last) = (first.min(at), last.max(at));
            }
        }
    }
    let count = kinds.values().sum();
    let seen = SeenValues { count, first_at: Timestamp(first), last_at: Timestamp(last), kinds };
    Ok((count > 0).then_some(seen))
}

/// Adds how many values of each kind a column has; how many in all.
fn count(column: &Column, kinds: &mut BTreeMap<&'static str, u64>) -> u64 {
    if let Values::Mixed(values) = &column.values {
        let rows = values.iter().enumerate().filter(|(row, _)| column.has(*row));
        let mut n = 0;
        for kind in rows.filter_map(|(_, value)| kind(value)) {
            *kinds.entry(kind).or_default() += 1;
            n += 1;
        }
        return n;
    }
    let n = match &column.present {
        None => column.len() as u64,
        Some(present) => present.words().iter().map(|word| u64::from(word.count_ones())).sum(),
    };
    if let Some(kind) = column.kinds().first().filter(|_| n > 0) {
        *kinds.entry(kind).or_default() += n;
    }
    n
}
