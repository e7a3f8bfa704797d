//! A part: immutable rows of one family, sorted by (user, time, arrival, id), column by column.
//!
//! A family is all events of one name and one month, or all changes of one attribute. Invariants:
//! rows ascend by (user, time, arrival), and rows equal in these by id; every column has one value
//! per row. Rows of two users that became one may be equal in all but the id.

use std::collections::BTreeMap;

use model::{Day, Span, Timestamp, Value};

use crate::column::{Column, ColumnBuilder};
use crate::names::NameId;

/// What rows are kept together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Events of one name in one calendar month (UTC), counted in months since year 0.
    Event {
        /// Name of the events.
        name: NameId,
        /// 12 × year + month − 1.
        month: i32,
    },
    /// Changes of one attribute; the new value stands in the column [`NameId::VALUE`].
    Attribute(NameId),
}

/// One event, or one change of one attribute, on its way into a part.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whose.
    pub user: u32,
    /// When it happened, in milliseconds.
    pub time: i64,
    /// Its place in the order of acceptance, see [`engine::arrivals`].
    pub arrival: u64,
    /// When it was accepted, in milliseconds.
    pub received: i64,
    /// Which delivery.
    pub id: u128,
    /// Values by property.
    pub properties: Vec<(NameId, Value)>,
}

/// Immutable sorted rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Dense numbers of users, ascending.
    pub user: Vec<u32>,
    /// Milliseconds, ascending within a user.
    pub time: Vec<i64>,
    /// Order of acceptance.
    pub arrival: Vec<u64>,
    /// Milliseconds.
    pub received: Vec<i64>,
    /// Delivery ids.
    pub id: Vec<u128>,
    /// One column per property that any row has.
    pub columns: BTreeMap<NameId, Column>,
    /// The earliest time.
    pub time_min: i64,
    /// The latest time.
    pub time_max: i64,
}

impl Family {
    /// The family of an event.
    pub fn of_event(name: NameId, time: Timestamp) -> Family {
        let (year, month, _) = Day(time.0.div_euclid(Span::DAY.0)).civil();
        Family::Event { name, month: (year * 12 + month - 1) as i32 }
    }
}

impl Part {
    /// A part of unsorted rows.
    pub fn of(mut rows: Vec<Row>) -> Part {
        rows.sort_unstable_by_key(|row| (row.user, row.time, row.arrival, row.id));
        let mut builders: BTreeMap<NameId, ColumnBuilder> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            for (property, value) in &row.properties {
                let builder = builders.entry(*property).or_default();
                pad(builder, index);
                builder.push(Some(value));
            }
        }
        builders.values_mut().for_each(|builder| pad(builder, rows.len()));
        let mut part = Part {
            user: rows.iter().map(|row| row.user).collect(),
            time: rows.iter().map(|row| row.time).collect(),
            arrival: rows.iter().map(|row| row.arrival).collect(),
            received: rows.iter().map(|row| row.received).collect(),
            id: rows.iter().map(|row| row.id).collect(),
            columns: finish(builders),
            ..Part::default()
        };
        part.note_times();
        part
    }

    /// One part of the rows of several, with users renumbered by `user_of`.
    pub fn merged(parts: &[&Part], user_of: &dyn Fn(u32) -> u32) -> Part {
        let mut order: Vec<(u32, i64, u64, u32, u32)> = Vec::new();
        for (which, part) in parts.iter().enumerate() {
            let rows = (0..part.len()).map(|row| {
                (
                    user_of(part.user[row]),
                    part.time[row],
                    part.arrival[row],
                    which as u32,
                    row as u32,
                )
            });
            order.extend(rows);
        }
        order.sort_unstable();
        // Ties are rare: ids are not carried through the sort.
        let id = |place: &(u32, i64, u64, u32, u32)| parts[place.3 as usize].id[place.4 as usize];
        let place = |place: &(u32, i64, u64, u32, u32)| (place.0, place.1, place.2);
        for equal in order.chunk_by_mut(|a, b| place(a) == place(b)).filter(|equal| equal.len() > 1)
        {
            equal.sort_unstable_by_key(id);
        }
        let pick =
            |(_, _, _, which, row): &(u32, i64, u64, u32, u32)| (*which as usize, *row as usize);
        let mut part = Part {
            user: order.iter().map(|place| place.0).collect(),
            time: order.iter().map(|place| place.1).collect(),
            arrival: order.iter().map(|place| place.2).collect(),
            received: order
                .iter()
                .map(pick)
                .map(|(which, row)| parts[which].received[row])
                .collect(),
            id: order.iter().map(pick).map(|(which, row)| parts[which].id[row]).collect(),
            ..Part::default()
        };
        let mut properties: Vec<NameId> =
            parts.iter().flat_map(|part| part.columns.keys().copied()).collect();
        properties.sort_unstable();
        properties.dedup();
        for property in properties {
            let columns: Vec<_> = parts.iter().map(|part| part.columns.get(&property)).collect();
            let mut builder = ColumnBuilder::default();
            for (which, row) in order.iter().map(pick) {
                builder.push(columns[which].and_then(|column| column.get(row)).as_ref());
            }
            part.columns.extend(builder.finish().map(|column| (property, column)));
        }
        part.note_times();
        part
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.user.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.user.is_empty()
    }

    /// The rows of one user.
    pub fn rows_of(&self, user: u32) -> std::ops::Range<usize> {
        let from = self.user.partition_point(|other| *other < user);
        let to = from + self.user[from..].partition_point(|other| *other == user);
        from..to
    }

    /// Whether the rows have the promised order.
    pub(crate) fn sorted(&self) -> bool {
        let key = |row: usize| (self.user[row], self.time[row], self.arrival[row], self.id[row]);
        (1..self.len()).all(|row| key(row - 1) <= key(row))
    }

    /// Sets the time bounds from the rows and checks the promised order.
    pub(crate) fn note_times(&mut self) {
        self.time_min = self.time.iter().copied().min().unwrap_or(i64::MAX);
        self.time_max = self.time.iter().copied().max().unwrap_or(i64::MIN);
        debug_assert!(self.sorted(), "rows are sorted");
    }
}

/// Marks rows up to `len` as missing.
fn pad(builder: &mut ColumnBuilder, len: usize) {
    while builder.len() < len {
        builder.push(None);
    }
}

fn finish(builders: BTreeMap<NameId, ColumnBuilder>) -> BTreeMap<NameId, Column> {
    let columns = builders.into_iter();
    columns.filter_map(|(property, builder)| Some((property, builder.finish()?))).collect()
}
