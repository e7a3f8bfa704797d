//! Rows of derived events on their way into parts: column by column and month by month, so that
//! what ranges of users contribute is only put one behind the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Text, Timestamp, Value};
use rayon::prelude::*;
use segment::catalogue::Kind;
use segment::derived::Derived;

use super::arrival;
use crate::column::{Column, ColumnBuilder, Values, packed_floats};
use crate::names::NameId;
use crate::numbers::Numbers;
use crate::part::{Columns, Family, Part, month_of};
use crate::snapshot::{Families, Snapshot};

/// Rows by kind and month.
#[derive(Default)]
pub(super) struct Made {
    kinds: Vec<(&'static Derived, BTreeMap<i32, Rows>)>,
}

/// A row.
pub(super) struct Row<const N: usize> {
    pub(super) user: u32,
    pub(super) time: i64,
    /// When the event is known.
    pub(super) received: i64,
    /// Values of the kind's properties, in their order.
    pub(super) cells: [Cell; N],
}

/// A value, of the kind that its property has.
pub(super) enum Cell {
    Float(f64),
    Int(i64),
    Time(i64),
    Text(Option<Text>),
}

/// Rows of one kind and month, by user and time.
#[derive(Default)]
struct Rows {
    users: Vec<u32>,
    times: Vec<i64>,
    received: Vec<i64>,
    cells: Vec<Cells>,
}

/// One property of all rows.
enum Cells {
    Floats(Vec<f64>),
    Ints(Vec<i64>),
    Times(Vec<i64>),
    Texts(Vec<Option<Text>>),
}

impl Made {
    /// Adds a row; those of one kind come by user and time.
    pub(super) fn push<const N: usize>(&mut self, kind: &'static Derived, row: Row<N>) {
        let month = month_of(Timestamp(row.time));
        self.rows_of(kind, month).push(row);
    }

    fn rows_of(&mut self, kind: &'static Derived, month: i32) -> &mut Rows {
        let place = self.kinds.iter().position(|(own, _)| own.name == kind.name);
        let place = place.unwrap_or_else(|| {
            self.kinds.push((kind, BTreeMap::new()));
            self.kinds.len() - 1
        });
        self.kinds[place].1.entry(month).or_insert_with(|| Rows::of(kind))
    }
}

impl Rows {
    fn of(kind: &Derived) -> Rows {
        let cells = kind.properties.iter().map(|(_, kind)| match kind {
            Kind::Float => Cells::Floats(Vec::new()),
            Kind::Int => Cells::Ints(Vec::new()),
            Kind::Time => Cells::Times(Vec::new()),
            Kind::Text | Kind::Bool | Kind::List => Cells::Texts(Vec::new()),
        });
        Rows { cells: cells.collect(), ..Rows::default() }
    }

    fn push<const N: usize>(&mut self, row: Row<N>) {
        debug_assert_eq!(N, self.cells.len(), "a value for each property");
        self.users.push(row.user);
        self.times.push(row.time);
        self.received.push(row.received);
        for (cells, cell) in self.cells.iter_mut().zip(row.cells) {
            match (cells, cell) {
                (Cells::Floats(to), Cell::Float(value)) => to.push(value),
                (Cells::Ints(to), Cell::Int(value)) => to.push(value),
                (Cells::Times(to), Cell::Time(value)) => to.push(value),
                (Cells::Texts(to), Cell::Text(value)) => to.push(value),
                _ => unreachable!("a property has values of one kind"),
            }
        }
    }

    /// Adds rows of later users.
    fn append(&mut self, mut more: Rows) {
        self.users.append(&mut more.users);
        self.times.append(&mut more.times);
        self.received.append(&mut more.received);
        for (to, more) in self.cells.iter_mut().zip(more.cells) {
            match (to, more) {
                (Cells::Floats(to), Cells::Floats(mut more)) => to.append(&mut more),
                (Cells::Ints(to), Cells::Ints(mut more))
                | (Cells::Times(to), Cells::Times(mut more)) => to.append(&mut more),
                (Cells::Texts(to), Cells::Texts(mut more)) => to.append(&mut more),
                _ => unreachable!("a property has values of one kind"),
            }
        }
    }

    fn part(self, kind: &Derived, properties: &[NameId]) -> Part {
        let n = self.users.len();
        let columns = properties.iter().zip(self.cells);
        Part::of_columns(Columns {
            users: self.users,
            times: self.times,
            arrivals: vec![arrival(kind.name); n],
            received: self.received,
            ids: vec![0; n],
            properties: columns.filter_map(|(id, cells)| Some((*id, cells.column()?))).collect(),
        })
    }
}

impl Cells {
    /// Nothing if no row has a value.
    fn column(self) -> Option<Column> {
        let values = match self {
            Cells::Floats(values) => packed_floats(values),
            Cells::Ints(values) => Values::Int(Numbers::of(&values)),
            Cells::Times(values) => Values::Time(Numbers::of(&values)),
            Cells::Texts(values) => {
                let mut builder = ColumnBuilder::default();
                for value in values {
                    builder.push(value.map(Value::Text).as_ref());
                }
                return builder.finish();
            }
        };
        Some(Column { present: None, values })
    }
}

/// The parts of what ranges of users contributed, in their order.
pub(super) fn families(snapshot: &Snapshot, ranges: Vec<Made>) -> Families {
    let mut all = Made::default();
    for (kind, months) in ranges.into_iter().flat_map(|made| made.kinds) {
        for (month, rows) in months {
            all.rows_of(kind, month).append(rows);
        }
    }
    let mut made = Vec::new();
    for (kind, months) in all.kinds {
        let id = |name: &str| snapshot.names.number(name);
        // All names have numbers from the beginning.
        let Some(name) = id(kind.name) else { continue };
        let properties: Vec<NameId> =
            kind.properties.iter().filter_map(|(property, _)| id(property)).collect();
        let rows = months.into_iter();
        made.extend(rows.map(|(month, rows)| (kind, name, month, properties.clone(), rows)));
    }
    let parts = made.into_par_iter().map(|(kind, name, month, properties, rows)| {
        let part = Arc::new(rows.part(kind, &properties));
        (Family::Event { name, month }, vec![part])
    });
    parts.collect::<Vec<_>>().into_iter().collect()
}
