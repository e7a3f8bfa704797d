//! What a store holds, in figures.

use super::Store;
use super::runs::{Place, Runs};
use crate::disk::SectionSize;
use crate::part::Family;
use model::Text;

/// Figures of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyStats {
    /// The event, attribute or watched definition.
    pub name: Text,
    /// The month of events as (year, month from 1); `None` for all changes of an attribute, and all
    /// transitions of a watched definition.
    pub month: Option<(i32, u32)>,
    /// Parts.
    pub parts: u64,
    /// Rows in them.
    pub rows: u64,
    /// Rows that no checkpoint has written yet, those that no part has included.
    pub unwritten_rows: u64,
    /// Bytes of the parts that are in files.
    pub bytes: u64,
}

/// Figures of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreStats {
    /// Users ever seen, merged ones included.
    pub users: u64,
    /// Names of events, properties, attributes and watched definitions.
    pub names: u64,
    /// Families by name and month, events first; without transitions.
    pub families: Vec<FamilyStats>,
    /// Transitions by watched definition.
    pub transitions: Vec<FamilyStats>,
    /// Bytes in files by kind of column.
    pub sections: Vec<SectionSize>,
}

impl Store {
    /// What the store holds. Cost: linear in parts; nothing is read.
    pub fn stats(&self) -> StoreStats {
        let of = |month: &i32| (month.div_euclid(12), month.rem_euclid(12) as u32 + 1);
        let figures = |(family, runs): (&Family, &Runs)| {
            let month = match family {
                Family::Event { month, .. } => Some(of(month)),
                Family::Attribute { .. } | Family::Transition { .. } => None,
            };
            let fresh = runs.n_fresh() as u64;
            let mut stats = FamilyStats {
                name: self.names.name(family.name()).clone(),
                month,
                parts: runs.parts.len() as u64,
                rows: fresh,
                unwritten_rows: fresh,
                bytes: 0,
            };
            for sealed in &runs.parts {
                let rows = sealed.part.len() as u64;
                stats.rows += rows;
                match sealed.place {
                    Place::File { bytes, .. } => stats.bytes += bytes,
                    Place::Memory | Place::InJob => stats.unwritten_rows += rows,
                }
            }
            stats
        };
        let (delivered, told): (Vec<_>, Vec<_>) =
            self.families.iter().partition(|(family, _)| family.delivered());
        StoreStats {
            users: self.users.len() as u64,
            names: self.names.all().len() as u64,
            families: joined(delivered.into_iter().map(figures)),
            transitions: joined(told.into_iter().map(figures)),
            sections: self.sections(),
        }
    }
}

impl Store {
    fn sections(&self) -> Vec<SectionSize> {
        let mut sections: Vec<SectionSize> = Vec::new();
        let parts = self.families.values().flat_map(|runs| &runs.parts);
        for size in parts.filter_map(|sealed| Some(sealed.part.file()?.sizes())).flatten() {
            match sections.iter_mut().find(|section| section.kind == size.kind) {
                Some(section) => section.bytes += size.bytes,
                None => sections.push(size),
            }
        }
        sections
    }
}

/// The months of an attribute are one, and those of a watched definition.
fn joined(families: impl Iterator<Item = FamilyStats>) -> Vec<FamilyStats> {
    let mut joined: Vec<FamilyStats> = Vec::new();
    for family in families {
        match joined.last_mut() {
            Some(last) if last.month == family.month && last.name == family.name => {
                last.parts += family.parts;
                last.rows += family.rows;
                last.unwritten_rows += family.unwritten_rows;
                last.bytes += family.bytes;
            }
            _ => joined.push(family),
        }
    }
    joined
}
