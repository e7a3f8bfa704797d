//! Many events at once, already decoded into columns: they become sorted, encoded part files at once,
//! family by family on all threads, without ever being single records.
//!
//! What it is not: it asks neither who is who nor whether a delivery was counted before; the caller
//! did. What was loaded is part of the history at once and durable with the next checkpoint.

use std::ops::Range;
use std::sync::Arc;

use engine::SEQUENCE_BITS;
use model::outreach::is_outreach;
use model::{EventId, Text, Timestamp, UserIndex};
use rayon::prelude::*;

use super::Store;
use super::runs::{Place, Sealed};
use crate::column::Column;
use crate::disk::{self, Error};
use crate::names::NameId;
use crate::part::{Columns, Family, Part, month_of};

/// Rows of one load: their numbers have 32 bits, and their sequences 24.
const ROWS_MAX: usize = 1 << SEQUENCE_BITS;

/// Decoded events; all slices have one entry per event.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// Whose.
    pub users: &'a [UserIndex],
    /// Names of events.
    pub names: &'a [Text],
    /// For each event its name, as a place in `names`.
    pub name_of: &'a [u8],
    /// When, in milliseconds. Cheaper if ascending.
    pub times: &'a [i64],
    /// Which deliveries; none of them was counted before.
    pub ids: &'a [EventId],
    /// When all were accepted.
    pub received_at: Timestamp,
    /// Their place in the order of arrival, as the ordinal of a log frame of their own.
    pub frame: u64,
    /// Properties; events that have none of it are missing there.
    pub properties: &'a [(Text, Column)],
}

/// Rows of one family, by number.
struct Group {
    family: Family,
    rows: Vec<u32>,
    file: u64,
}

impl Store {
    /// A user, under the id by which they are shown.
    pub fn introduce(&mut self, user: UserIndex, public_id: Text) {
        self.latest = None;
        self.users.rename(user, public_id);
    }

    /// Adds events. Nothing is added after an error. At most 2²⁴ at a time, and none while a job is
    /// under way: both are mistakes of the caller.
    pub fn load(&mut self, load: &Load) -> Result<(), Error> {
        assert!(self.running.is_none(), "no job is under way while events are loaded");
        assert!(load.times.len() <= ROWS_MAX, "at most 2^24 events at a time");
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let names: Vec<NameId> = load.names.iter().map(|name| self.intern(name)).collect();
        let properties: Vec<(NameId, &Column)> =
            load.properties.iter().map(|(name, column)| (self.intern(name), column)).collect();
        let sequences = sequences(load.times);
        let groups = self.groups(load, &names);
        let (n_names, cache) = (self.names.all().len(), Arc::clone(&self.cache));
        let written: Result<Vec<(Family, Sealed)>, Error> = groups
            .into_par_iter()
            .map(|Group { family, rows, file }| {
                let part = part(load, rows, &sequences, &properties);
                let bytes = disk::write_part(&*folder, file, &part)?;
                let part = Arc::new(disk::open_part(&folder, file, n_names, &cache)?);
                Ok((family, Sealed { part, place: Place::File { number: file, bytes } }))
            })
            .collect();
        self.latest = None;
        for (family, sealed) in written? {
            self.families.entry(family).or_default().parts.push(sealed);
        }
        let told: Vec<bool> = load.names.iter().map(|name| is_outreach(name)).collect();
        for ((user, time), name) in load.users.iter().zip(load.times).zip(load.name_of) {
            match told[usize::from(*name)] {
                true => self.users.saw(*user, *time),
                false => self.users.add_event(*user, *time),
            }
        }
        Ok(())
    }

    /// Rows by family, the largest first, so that threads end together.
    fn groups(&mut self, load: &Load, names: &[NameId]) -> Vec<Group> {
        let first = load.times.iter().copied().min().map_or(0, |time| month_of(Timestamp(time)));
        let last = load.times.iter().copied().max().map_or(0, |time| month_of(Timestamp(time)));
        let n_months = (last - first + 1) as usize;
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); n_months * names.len()];
        // Events of one month come together mostly.
        let (mut month, mut within) = (0, Range { start: 0, end: 0 });
        for (row, (name, time)) in load.name_of.iter().zip(load.times).enumerate() {
            if !within.contains(time) {
                let number = month_of(Timestamp(*time));
                (month, within) = ((number - first) as usize, span_of(number));
            }
            rows[usize::from(*name) * n_months + month].push(row as u32);
        }
        let mut groups = Vec::new();
        for (place, rows) in rows.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let month = first + (place % n_months) as i32;
            let family = Family::Event { name: names[place / n_months], month };
            groups.push(Group { family, rows, file: self.next_file });
            self.next_file += 1;
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len()));
        groups
    }
}

/// The instants of a month, in milliseconds.
fn span_of(month: i32) -> Range<i64> {
    let start = |month: i32| {
        let day = model::Day(0).month_plus(i64::from(month) - 1970 * 12);
        day.0 * model::Span::DAY.0
    };
    start(month)..start(month + 1)
}

/// How many events before it each event has of its own millisecond.
fn sequences(times: &[i64]) -> Vec<u32> {
    if times.is_sorted() {
        let mut sequence = 0;
        let next = |row: usize| {
            sequence = if row > 0 && times[row] == times[row - 1] { sequence + 1 } else { 0 };
            sequence
        };
        return (0..times.len()).map(next).collect();
    }
    let mut of_time: hashbrown::HashMap<i64, u32> = hashbrown::HashMap::new();
    let mut next = |time: &i64| {
        let next = of_time.entry(*time).or_default();
        *next += 1;
        *next - 1
    };
    times.iter().map(&mut next).collect()
}

fn part(load: &Load, rows: Vec<u32>, sequences: &[u32], properties: &[(NameId, &Column)]) -> Part {
    let base = rows.iter().map(|row| load.times[*row as usize]).min().unwrap_or(0);
    let mut keyed: Vec<(u64, u32)> = rows
        .into_iter()
        .map(|row| {
            let at = row as usize;
            let time = (load.times[at] - base) as u64;
            (u64::from(load.users[at].0) << 32 | time, row)
        })
        .collect();
    // Of one user and millisecond, rows are in order of arrival.
    keyed.sort_unstable();
    let rows: Vec<u32> = keyed.iter().map(|(_, row)| *row).collect();
    let frame = load.frame << SEQUENCE_BITS;
    let picked = |(name, column): &(NameId, &Column)| Some((*name, column.picked(&rows)?));
    Part::of_columns(Columns {
        users: keyed.iter().map(|(key, _)| (key >> 32) as u32).collect(),
        times: keyed.iter().map(|(key, _)| base + (key & 0xffff_ffff) as i64).collect(),
        arrivals: rows.iter().map(|row| frame | u64::from(sequences[*row as usize])).collect(),
        received: vec![load.received_at.0; rows.len()],
        ids: rows.iter().map(|row| load.ids[*row as usize].0).collect(),
        properties: properties.iter().filter_map(picked).collect(),
    })
}
