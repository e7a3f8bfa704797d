//! Which parts hold the events that a question asks for: stored ones, and derived ones that it
//! names.

use model::Timestamp;

use super::Snapshot;
use crate::evaluate::QueryError;
use crate::names::{NameId, Names};
use crate::part::{Family, Part, month_of};

/// Names of events that a question asks for.
pub(crate) struct AskedNames {
    /// Stored events of any name that a user does, too. Derived ones, and those that tell of messages, are
    /// asked for by name only.
    any: bool,
    /// Ascending, each once.
    names: Vec<NameId>,
}

/// A part of events.
#[derive(Clone, Copy)]
pub(crate) struct FoundPart<'a> {
    /// The name of its events.
    pub(crate) name: NameId,
    /// Its place among all parts of the name.
    pub(crate) place: usize,
    /// The rows.
    pub(crate) part: &'a Part,
    /// Nobody sent them.
    pub(crate) derived: bool,
}

impl AskedNames {
    /// Events of these names, or stored events of any name and derived ones of these.
    pub(crate) fn of(any: bool, mut names: Vec<NameId>) -> AskedNames {
        names.sort_unstable();
        names.dedup();
        AskedNames { any, names }
    }

    /// All stored events that a user does.
    pub(crate) fn every() -> AskedNames {
        AskedNames { any: true, names: Vec::new() }
    }

    /// Whether stored events of a name are asked for.
    pub(crate) fn wants(&self, known: &Names, name: NameId) -> bool {
        let named = self.names.binary_search(&name).is_ok();
        named || self.any && !known.is_outreach(name)
    }

    /// Names of stored events, ascending; nothing: any.
    pub(crate) fn stored(&self) -> Option<&[NameId]> {
        (!self.any).then_some(&self.names)
    }
}

impl Snapshot {
    /// Parts whose month touches a range of time, by name and month. Where one of the names is that
    /// of a derived event, they are derived now if they were not before.
    pub(crate) fn parts_within(
        &self,
        asked: &AskedNames,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<FoundPart<'_>>, QueryError> {
        let months = month_of(from)..=month_of(to);
        let of = |name, month| Family::Event { name, month };
        let ranges = match asked.stored() {
            None => vec![(NameId(0), NameId(u32::MAX))],
            Some(names) => names.iter().map(|name| (*name, *name)).collect(),
        };
        let mut families = Vec::new();
        for (first, last) in ranges {
            let stored = self.families.range(of(first, i32::MIN)..=of(last, i32::MAX));
            let activity =
                |family: &Family| first == last || !self.names.is_outreach(family.name());
            let stored = stored.filter(|(family, _)| activity(family));
            families.extend(stored.map(|(family, parts)| (*family, false, parts)));
        }
        if asked.any {
            for name in asked.names.iter().filter(|name| self.names.is_outreach(**name)) {
                let told = self.families.range(of(*name, i32::MIN)..=of(*name, i32::MAX));
                families.extend(told.map(|(family, parts)| (*family, false, parts)));
            }
            families.sort_by_key(|(family, ..)| *family);
        }
        let stored = families.len();
        for name in &asked.names {
            let Some(derived) = self.derived_families(*name)? else { continue };
            let derived = derived.range(of(*name, i32::MIN)..=of(*name, i32::MAX));
            families.extend(derived.map(|(family, parts)| (*family, true, parts)));
        }
        if families.len() > stored {
            families.sort_by_key(|(family, derived, _)| (*family, *derived));
        }
        let (mut found, mut next) = (Vec::new(), (NameId(0), 0));
        for (family, derived, parts) in families {
            let Family::Event { name, month } = family else { continue };
            let first = if next.0 == name { next.1 } else { 0 };
            next = (name, first + parts.len());
            if months.contains(&month) {
                let parts = parts.iter().zip(first..);
                found.extend(parts.map(|(part, place)| FoundPart { name, place, part, derived }));
            }
        }
        Ok(found)
    }
}
