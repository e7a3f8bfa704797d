//! Parts made in memory: of unsorted rows, or of the rows of other parts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use model::Value;

use super::{Facts, Ids, Part, Row, Runs, Section};
use crate::column::{Column, ColumnBuilder, Stretch, gathered};
use crate::disk::Error;
use crate::names::NameId;
use crate::numbers::{Arrivals, Series};

/// The sorted rows of a part, column by column, before they are packed.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) users: Vec<u32>,
    pub(crate) times: Vec<i64>,
    pub(crate) arrivals: Vec<u64>,
    pub(crate) received: Vec<i64>,
    pub(crate) ids: Vec<u128>,
    pub(crate) properties: BTreeMap<NameId, Column>,
}

impl Part {
    /// A part of unsorted rows. All of one family, so their times lie within 49 days.
    pub fn of(rows: &[Row]) -> Part {
        let mut rows: Vec<&Row> = rows.iter().collect();
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
        let properties = builders.into_iter();
        Part::of_columns(Columns {
            users: rows.iter().map(|row| row.user).collect(),
            times: rows.iter().map(|row| row.time).collect(),
            arrivals: rows.iter().map(|row| row.arrival).collect(),
            received: rows.iter().map(|row| row.received).collect(),
            ids: rows.iter().map(|row| row.id).collect(),
            properties: properties
                .filter_map(|(property, builder)| Some((property, builder.finish()?)))
                .collect(),
        })
    }

    /// A part of sorted columns.
    pub(crate) fn of_columns(columns: Columns) -> Part {
        let Columns { users, times, arrivals, received, ids, properties } = columns;
        let facts = facts(&users, &times, &received);
        let runs = runs(&users);
        let facts = Facts { users: runs.users.len(), ..facts };
        let times: Vec<u32> = times
            .iter()
            .map(|time| u32::try_from(time - facts.time_min).expect("one family spans a month"))
            .collect();
        debug_assert!(
            (1..times.len()).all(|row| {
                let key = |row: usize| (users[row], times[row], arrivals[row]);
                key(row - 1) <= key(row)
            }),
            "rows are sorted"
        );
        Part {
            facts,
            file: None,
            rest: None,
            arrivals: Section::held(Arrivals::of(&arrivals, &times)),
            received: Section::held(Series::of(&received, &times)),
            runs: Section::held(runs),
            times: Section::held(times),
            ids: if ids.iter().all(|id| *id == 0) { Ids::Zero } else { Ids::Held(ids) },
            columns: properties
                .into_iter()
                .map(|(property, column)| (property, Section::held(column)))
                .collect(),
        }
    }

    /// One part of the rows of several of one family. Of rows with equal user, time and arrival,
    /// those of earlier parts come first.
    pub fn merged(parts: &[&Part]) -> Result<Part, Error> {
        let sources = parts.iter().map(|part| Merging::of(part)).collect::<Result<Vec<_>, _>>()?;
        let mut blocks: Vec<Block> = Vec::new();
        for (which, source) in (0..).zip(&sources) {
            for (run, user) in source.runs.users.iter().enumerate() {
                blocks.push(Block { user: *user, which, rows: source.runs.rows(run) });
            }
        }
        let (users, stretches) = order(&sources, blocks);
        Ok(Part::of_columns(gather(&sources, users, &stretches)?))
    }

    /// The same rows, each under the user that its origin is part of now, which `user_of` says; a row
    /// without an origin began under its user.
    pub fn renumbered(&self, user_of: &dyn Fn(u32) -> u32) -> Result<Part, Error> {
        let source = Merging::of(self)?;
        let began = self.began(&source.runs)?;
        let mut blocks: Vec<Block> = Vec::new();
        for run in 0..source.runs.users.len() {
            let rows = source.runs.rows(run);
            let mut from = rows.start;
            for own in began[rows].chunk_by(|a, b| a == b) {
                let rows = from..from + own.len();
                from = rows.end;
                blocks.push(Block { user: user_of(own[0]), which: 0, rows });
            }
        }
        let (users, stretches) = order(std::slice::from_ref(&source), blocks);
        let mut columns = gather(&[source], users, &stretches)?;
        let rows = stretches.iter().flat_map(Stretch::rows);
        let mut origins = ColumnBuilder::default();
        let mut any = false;
        for (row, user) in rows.zip(&columns.users) {
            let origin = Some(began[row]).filter(|origin| origin != user);
            any |= origin.is_some();
            origins.push(origin.map(|origin| Value::Int(i64::from(origin))).as_ref());
        }
        columns.properties.remove(&NameId::ORIGIN);
        let origins = if any { origins.finish() } else { None };
        columns.properties.extend(origins.map(|column| (NameId::ORIGIN, column)));
        Ok(Part::of_columns(columns))
    }

    /// Under which number every row began.
    fn began(&self, runs: &Runs) -> Result<Vec<u32>, Error> {
        let mut began = Vec::with_capacity(self.len());
        for (run, user) in runs.users.iter().enumerate() {
            began.resize(began.len() + runs.rows(run).len(), *user);
        }
        if let Some(origins) = self.column(NameId::ORIGIN)? {
            for (row, began) in began.iter_mut().enumerate() {
                if let Some(Value::Int(origin)) = origins.get(row) {
                    *began =
                        u32::try_from(origin).map_err(|_| self.wrong("an origin is no user"))?;
                }
            }
        }
        Ok(began)
    }
}

/// Rows of one source that belong to one user, in order.
struct Block {
    user: u32,
    which: u32,
    rows: Range<usize>,
}

impl Part {
    /// The rows for which `keep` holds.
    pub fn only(&self, keep: &dyn Fn(usize) -> bool) -> Result<Part, Error> {
        let source = Merging::of(self)?;
        let (mut users, mut stretches) = (Vec::new(), Vec::new());
        for (run, user) in source.runs.users.iter().enumerate() {
            for row in source.runs.rows(run).filter(|row| keep(*row)) {
                users.push(*user);
                push(&mut stretches, 0, row as u32, 1);
            }
        }
        Ok(Part::of_columns(gather(&[source], users, &stretches)?))
    }
}

/// A part with the columns that decide about the order of its rows.
struct Merging<'a> {
    part: &'a Part,
    runs: Arc<Runs>,
    times: Arc<Vec<u32>>,
    arrivals: Arc<Arrivals>,
    received: Arc<Series>,
    ids: Vec<u128>,
}

impl<'a> Merging<'a> {
    fn of(part: &'a Part) -> Result<Merging<'a>, Error> {
        Ok(Merging {
            part,
            runs: part.runs()?,
            times: part.times()?,
            arrivals: part.arrivals()?,
            received: part.received()?,
            ids: part.ids(0..part.len())?,
        })
    }

    fn key(&self, row: usize) -> (i64, u64) {
        let time = self.times[row];
        (self.part.facts.time_min + i64::from(time), self.arrivals.get(row, time))
    }
}

/// Stretches of rows, in order, with the user of every row.
fn gather(sources: &[Merging], users: Vec<u32>, stretches: &[Stretch]) -> Result<Columns, Error> {
    let mut columns = Columns { users, ..Columns::default() };
    for stretch in stretches {
        let source = &sources[stretch.which as usize];
        for row in stretch.rows() {
            let time = source.times[row];
            columns.times.push(source.part.facts.time_min + i64::from(time));
            columns.arrivals.push(source.arrivals.get(row, time));
            columns.received.push(source.received.get(row, time));
        }
        columns.ids.extend_from_slice(&source.ids[stretch.rows()]);
    }
    let properties = sources.iter().flat_map(|source| source.part.columns());
    let mut properties: Vec<NameId> = properties.collect();
    properties.sort_unstable();
    properties.dedup();
    for property in properties {
        let held = sources.iter().map(|source| source.part.column(property));
        let held = held.collect::<Result<Vec<_>, _>>()?;
        let held: Vec<Option<&Column>> = held.iter().map(Option::as_deref).collect();
        let column = gathered(&held, stretches);
        columns.properties.extend(column.map(|column| (property, column)));
    }
    Ok(columns)
}

/// The user of every row in the merged order, and where the rows come from.
fn order(sources: &[Merging], mut blocks: Vec<Block>) -> (Vec<u32>, Vec<Stretch>) {
    blocks.sort_unstable_by_key(|block| (block.user, block.which, block.rows.start));
    let (mut users, mut stretches) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    for own in blocks.chunk_by(|a, b| a.user == b.user) {
        if let [Block { user, which, rows }] = own {
            users.resize(users.len() + rows.len(), *user);
            push(&mut stretches, *which, rows.start as u32, rows.len() as u32);
            continue;
        }
        rows.clear();
        for Block { which, rows: of_block, .. } in own {
            let source = &sources[*which as usize];
            rows.extend(of_block.clone().map(|row| (source.key(row), *which, row as u32)));
        }
        rows.sort_unstable();
        users.resize(users.len() + rows.len(), own[0].user);
        rows.iter().for_each(|(_, which, row)| push(&mut stretches, *which, *row, 1));
    }
    (users, stretches)
}

/// Adds rows, to the stretch before if they continue it.
fn push(stretches: &mut Vec<Stretch>, which: u32, from: u32, len: u32) {
    match stretches.last_mut() {
        Some(last) if last.which == which && last.from + last.len == from => last.len += len,
        _ => stretches.push(Stretch { which, from, len }),
    }
}

fn facts(users: &[u32], times: &[i64], received: &[i64]) -> Facts {
    Facts {
        rows: users.len(),
        users: 0,
        time_min: times.iter().copied().min().unwrap_or(0),
        time_max: times.iter().copied().max().unwrap_or(0),
        received_min: received.iter().copied().min().unwrap_or(0),
        received_max: received.iter().copied().max().unwrap_or(0),
        user_min: users.first().copied().unwrap_or(0),
        user_max: users.last().copied().unwrap_or(0),
    }
}

fn runs(users: &[u32]) -> Runs {
    let (mut own, mut starts) = (Vec::new(), Vec::new());
    for (row, user) in users.iter().enumerate() {
        if own.last() != Some(user) {
            own.push(*user);
            starts.push(row as u32);
        }
    }
    starts.push(users.len() as u32);
    own.shrink_to_fit();
    starts.shrink_to_fit();
    Runs::new(own, starts)
}

/// Marks rows up to `len` as missing.
fn pad(builder: &mut ColumnBuilder, len: usize) {
    while builder.len() < len {
        builder.push(None);
    }
}

impl<T> Section<T> {
    fn held(value: T) -> Section<T> {
        Section::Held(Arc::new(value))
    }
}
