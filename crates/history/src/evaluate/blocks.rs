//! Selected rows in blocks: which rows of a few thousand are selected is worked out column by column
//! without a branch per row, and added up, so that how many of a user's are is one subtraction.
//!
//! Invariant: a block holds whole runs.

use std::ops::Range;

use model::UserIndex;

use super::matching::Filter;
use super::source::{Firsts, Source, SourcePart};
use crate::column::{Bits, Column, Values};
use crate::numbers::Packed;
use crate::set::UserSet;

/// Rows of a block, unless one run is longer: what is told of them stays in the first-level cache.
pub(super) const BLOCK_ROWS: usize = if cfg!(test) { 4 } else { 4_096 };

/// Which rows of some runs are selected.
pub(super) enum Chosen<'b> {
    /// All of them.
    All,
    /// Those of a block.
    Some(&'b Block),
}

/// Which of neighbouring rows are selected.
#[derive(Default)]
pub(super) struct Block {
    first: usize,
    /// By row: 1 if it is selected, else 0.
    marks: Vec<u8>,
    /// Selected rows before each one, and at last all.
    before: Vec<u32>,
}

impl Chosen<'_> {
    /// Whether a row is selected.
    #[inline]
    pub(super) fn holds(&self, row: usize) -> bool {
        match self {
            Chosen::All => true,
            Chosen::Some(block) => block.holds(row),
        }
    }
}

impl Block {
    /// How many of some rows are selected.
    #[inline]
    pub(super) fn count(&self, rows: &Range<usize>) -> u32 {
        self.before[rows.end - self.first] - self.before[rows.start - self.first]
    }

    /// Of all its rows: 1 for those that are selected, else 0.
    pub(super) fn marks(&self) -> &[u8] {
        &self.marks
    }

    /// How many rows are selected.
    pub(super) fn n(&self) -> usize {
        self.before.last().map_or(0, |all| *all as usize)
    }

    /// Whether a row is selected.
    #[inline]
    pub(super) fn holds(&self, row: usize) -> bool {
        self.marks[row - self.first] != 0
    }

    /// Works out which rows of some runs are selected, and have a value in a column if one is given.
    fn fill(
        &mut self,
        part: &SourcePart,
        runs: Range<usize>,
        firsts: Option<&Firsts>,
        present: Option<&Bits>,
    ) {
        let starts = &part.runs.starts;
        let rows = starts[runs.start] as usize..starts[runs.end] as usize;
        self.first = rows.start;
        self.marks.clear();
        if part.filter.asks_first() {
            self.marks.resize(rows.len(), 0);
            for run in runs {
                let first = firsts.and_then(|firsts| firsts.of(part.runs.users[run]));
                for row in part.rows(run) {
                    self.marks[row - rows.start] = u8::from(part.selects(row, first));
                }
            }
        } else {
            match (part.within, &part.times) {
                (Some((from, to)), Some(times)) => {
                    let inside = |time: &u32| u8::from(from <= *time) & u8::from(*time <= to);
                    self.marks.extend(times[rows.clone()].iter().map(inside));
                }
                _ => self.marks.resize(rows.len(), 1),
            }
            narrow(&part.filter, &rows, &mut self.marks);
        }
        if let Some(present) = present {
            let marks = self.marks.iter_mut().zip(rows);
            marks.for_each(|(mark, row)| *mark &= u8::from(present.get(row)));
        }
        self.before.clear();
        self.before.push(0);
        let mut sum = 0;
        self.before.extend(self.marks.iter().map(|mark| {
            sum += u32::from(*mark);
            sum
        }));
    }
}

/// Takes the mark from rows that a filter does not select. It does not ask for first events.
fn narrow(filter: &Filter, rows: &Range<usize>, marks: &mut [u8]) {
    match filter {
        Filter::Always(true) => {}
        Filter::Always(false) => marks.fill(0),
        Filter::Entries { column, table, missing } => {
            narrow_entries(column, table, *missing, rows, marks);
        }
        Filter::All(of) => of.iter().for_each(|one| narrow(one, rows, marks)),
        Filter::Any(of) => {
            let mut any = vec![0; marks.len()];
            for one in of {
                let mut own = marks.to_vec();
                narrow(one, rows, &mut own);
                any.iter_mut().zip(own).for_each(|(any, own)| *any |= own);
            }
            marks.copy_from_slice(&any);
        }
        Filter::Not(of) => {
            let mut own = marks.to_vec();
            narrow(of, rows, &mut own);
            marks.iter_mut().zip(own).for_each(|(mark, own)| *mark &= 1 - own);
        }
        Filter::Test(..) | Filter::First => {
            let marked = marks.iter_mut().zip(rows.clone()).filter(|(mark, _)| **mark != 0);
            marked.for_each(|(mark, row)| *mark = u8::from(filter.holds(row, false)));
        }
    }
}

fn narrow_entries(
    column: &Column,
    table: &[bool],
    missing: bool,
    rows: &Range<usize>,
    marks: &mut [u8],
) {
    let Values::Text(codes, _) = &column.values else { return marks.fill(0) };
    let missing = u8::from(missing);
    let mut holds = [0u8; 256];
    holds.iter_mut().zip(table).for_each(|(to, holds)| *to = u8::from(*holds));
    match (codes, &column.present) {
        (Packed::U8(codes), None) => {
            let codes = &codes[rows.clone()];
            let both = marks.iter_mut().zip(codes);
            both.for_each(|(mark, code)| *mark &= holds[usize::from(*code)]);
        }
        (Packed::U8(codes), Some(present)) => {
            let codes = codes[rows.clone()].iter().zip(rows.clone());
            for (mark, (code, row)) in marks.iter_mut().zip(codes) {
                let there = present.get(row);
                *mark &= if there { holds[usize::from(*code)] } else { missing };
            }
        }
        (codes, present) => {
            for (mark, row) in marks.iter_mut().zip(rows.clone()) {
                let there = present.as_ref().is_none_or(|present| present.get(row));
                let own = table.get(codes.get(row) as usize).copied();
                *mark &= if there { u8::from(own.unwrap_or(false)) } else { missing };
            }
        }
    }
}

impl SourcePart {
    /// See [`Source::each_block`].
    fn blocks(
        &self,
        users: &Range<u32>,
        firsts: &[Firsts],
        present: Option<&Bits>,
        block: &mut Block,
        mut visit: impl FnMut(Range<usize>, &Chosen),
    ) {
        let runs = self.runs.between(users);
        let all = self.within.is_none() && present.is_none() && self.filter.selects_all();
        let firsts = firsts.iter().find(|firsts| firsts.name == self.name);
        let mut from = runs.start;
        while from < runs.end {
            let ends = &self.runs.starts[from + 1..=runs.end];
            let last = self.runs.starts[from].saturating_add(BLOCK_ROWS as u32);
            let to = from + ends.partition_point(|end| *end <= last).max(1);
            if all {
                visit(from..to, &Chosen::All);
            } else {
                block.fill(self, from..to, firsts, present);
                visit(from..to, &Chosen::Some(block));
            }
            from = to;
        }
    }
}

impl Source {
    /// Calls `visit` for runs of the users, some at a time, with which of their rows are selected: part
    /// by part, by user within a part.
    pub(super) fn each_block(
        &self,
        users: &Range<u32>,
        mut visit: impl FnMut(&SourcePart, Range<usize>, &Chosen),
    ) {
        let (firsts, mut block) = (self.firsts_of(users), Block::default());
        for part in self.parts() {
            part.blocks(users, &firsts, None, &mut block, |runs, chosen| visit(part, runs, chosen));
        }
    }

    /// The same of rows that have a value of the source's n-th property only, with its column.
    pub(super) fn each_block_having(
        &self,
        users: &Range<u32>,
        property: usize,
        mut visit: impl FnMut(&SourcePart, &Column, Range<usize>, &Chosen),
    ) {
        let (firsts, mut block) = (self.firsts_of(users), Block::default());
        for part in self.parts() {
            let Some(column) = part.column(property) else { continue };
            let present = column.present.as_ref();
            part.blocks(users, &firsts, present, &mut block, |runs, chosen| {
                visit(part, column, runs, chosen);
            });
        }
    }

    /// Adds how many selected rows each of the users has; `counts` has a place for each of them.
    pub(super) fn add_counts(&self, users: &Range<u32>, counts: &mut [u32]) {
        self.each_block(users, |part, runs, chosen| {
            let (own, starts) = (&part.runs.users[runs.clone()], &part.runs.starts[runs.start..]);
            let ends = own.iter().zip(starts.windows(2));
            let local = |user: &u32| (user - users.start) as usize;
            match chosen {
                Chosen::All => {
                    ends.for_each(|(user, rows)| counts[local(user)] += rows[1] - rows[0]);
                }
                Chosen::Some(block) => {
                    for (user, rows) in ends {
                        counts[local(user)] += block.count(&(rows[0] as usize..rows[1] as usize));
                    }
                }
            }
        });
    }

    /// Who of the users has any selected event, by number within the range.
    pub(crate) fn have(&self, users: &Range<u32>) -> UserSet {
        let mut set = UserSet::empty(users.len());
        self.each_block(users, |part, runs, chosen| match chosen {
            Chosen::All => {
                let own = part.runs.users[runs].iter();
                own.for_each(|user| set.insert(UserIndex(user - users.start)));
            }
            Chosen::Some(block) => {
                for run in runs {
                    let user = UserIndex(part.runs.users[run] - users.start);
                    set.insert_if(user, block.count(&part.runs.rows(run)) > 0);
                }
            }
        });
        set
    }
}

#[cfg(test)]
mod tests;
