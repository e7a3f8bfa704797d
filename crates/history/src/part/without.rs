//! A part that is another one without the rows of some users.
//!
//! What it is: how rows leave a part that stands in a file without the file being read: each column
//! is made of the other part's when somebody asks for it, and is held in the same cache. A merge or
//! a checkpoint writes it as a part of its own ([`Part::merged`]). What it is not: it is for few
//! users; a part of which most rows go is better written anew.
//!
//! Invariant: rows, users and their order are exact. Times and acceptances of [`Facts`] are bounds
//! only: those of the part that it is made of, as nobody looked.

use std::ops::Range;
use std::sync::Arc;

use super::{Facts, Ids, Part, Runs, Section};
use crate::cache::Cache;
use crate::column::{Column, Stretch, gathered};
use crate::disk::{Error, PartFile};
use crate::names::NameId;
use crate::numbers::{Arrivals, Series};

/// The other part, and which of its rows are left.
pub(super) struct Rest {
    of: Arc<Part>,
    /// Ascending, none empty.
    kept: Vec<Stretch>,
    cache: Arc<Cache>,
}

/// What is left of a part without some users.
pub(crate) enum Without {
    /// It has no rows of theirs.
    Same,
    /// It has no others.
    Nothing,
    /// This; so many rows are gone.
    Rest(Arc<Part>, usize),
}

impl Part {
    /// What is left without the rows of some users, ascending. Cost: the users of the part are read,
    /// and of a part in memory the rest is copied, so that what is gone is let go.
    pub(crate) fn without(
        self: &Arc<Part>,
        users: &[u32],
        cache: &Arc<Cache>,
    ) -> Result<Without, Error> {
        let Facts { user_min, user_max, .. } = self.facts;
        if !users.iter().any(|user| (user_min..=user_max).contains(user)) {
            return Ok(Without::Same);
        }
        let runs = self.runs()?;
        let gone: Vec<usize> =
            users.iter().filter_map(|user| runs.users.binary_search(user).ok()).collect();
        if gone.is_empty() {
            return Ok(Without::Same);
        }
        if gone.len() == runs.users.len() {
            return Ok(Without::Nothing);
        }
        let (mut kept, mut from, mut n) = (Vec::new(), 0, 0);
        for rows in gone.iter().map(|run| runs.rows(*run)) {
            push(&mut kept, from..rows.start);
            from = rows.end;
            n += rows.len();
        }
        push(&mut kept, from..self.len());
        let rest = match self.file.is_none() && self.rest.is_none() {
            true => {
                let stays = |row: usize| {
                    let after = kept.partition_point(|kept| kept.rows().end <= row);
                    kept.get(after).is_some_and(|kept| kept.rows().start <= row)
                };
                self.only(&stays)?
            }
            false => self.narrowed(kept, (&runs, &gone), n, cache),
        };
        Ok(Without::Rest(Arc::new(rest), n))
    }

    /// Whether it must be made a part of its own before it is written.
    pub(crate) fn is_rest(&self) -> bool {
        self.rest.is_some()
    }

    fn narrowed(
        self: &Arc<Part>,
        kept: Vec<Stretch>,
        (runs, gone): (&Runs, &[usize]),
        n: usize,
        cache: &Arc<Cache>,
    ) -> Part {
        let stays = |run: &usize| gone.binary_search(run).is_err();
        let user = |run: usize| runs.users[run];
        let facts = Facts {
            rows: self.len() - n,
            users: self.facts.users - gone.len(),
            user_min: (0..runs.users.len()).find(stays).map_or(0, user),
            user_max: (0..runs.users.len()).rfind(stays).map_or(0, user),
            ..self.facts
        };
        Part {
            facts,
            file: None,
            rest: Some(Rest { of: Arc::clone(self), kept, cache: Arc::clone(cache) }),
            runs: Section::stored(),
            times: Section::stored(),
            arrivals: Section::stored(),
            received: Section::stored(),
            ids: Ids::Stored,
            columns: self.columns().map(|name| (name, Section::stored())).collect(),
        }
    }
}

impl Rest {
    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(super) fn file(&self) -> Option<&PartFile> {
        self.of.file().or(self.of.rest.as_ref().and_then(Rest::file))
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        self.kept.iter().flat_map(Stretch::rows)
    }

    pub(super) fn runs(&self) -> Result<(Runs, usize), Error> {
        let all = self.of.runs()?;
        let (mut users, mut starts) = (Vec::new(), Vec::new());
        let mut at = 0;
        // A user's rows stay or go as a whole.
        let mut kept = self.kept.iter().map(Stretch::rows).peekable();
        for (run, user) in all.users.iter().enumerate() {
            let rows = all.rows(run);
            while kept.next_if(|kept| kept.end <= rows.start).is_some() {}
            if kept.peek().is_some_and(|kept| kept.contains(&rows.start)) {
                users.push(*user);
                starts.push(at);
                at += rows.len() as u32;
            }
        }
        starts.push(at);
        let runs = Runs::new(users, starts);
        let bytes = runs.bytes();
        Ok((runs, bytes))
    }

    pub(super) fn times(&self) -> Result<(Vec<u32>, usize), Error> {
        let all = self.of.times()?;
        let times: Vec<u32> = self.rows().map(|row| all[row]).collect();
        let bytes = times.len() * 4;
        Ok((times, bytes))
    }

    pub(super) fn arrivals(&self) -> Result<(Arrivals, usize), Error> {
        let (all, times) = (self.of.arrivals()?, self.of.times()?);
        let kept: Vec<u64> = self.rows().map(|row| all.get(row, times[row])).collect();
        let arrivals = Arrivals::of(&kept, &self.times()?.0);
        let bytes = arrivals.bytes();
        Ok((arrivals, bytes))
    }

    pub(super) fn received(&self) -> Result<(Series, usize), Error> {
        let (all, times) = (self.of.received()?, self.of.times()?);
        let kept: Vec<i64> = self.rows().map(|row| all.get(row, times[row])).collect();
        let received = Series::of(&kept, &self.times()?.0);
        let bytes = received.bytes();
        Ok((received, bytes))
    }

    pub(super) fn column(&self, property: NameId) -> Result<(Column, usize), Error> {
        let all = self.of.column(property)?;
        let column = gathered(&[all.as_deref()], &self.kept);
        // Only those who are gone had any.
        let column = column.unwrap_or_else(|| Column::of_ints(&vec![None; self.rows().count()]));
        let bytes = column.bytes();
        Ok((column, bytes))
    }

    pub(super) fn ids(&self, rows: Range<usize>) -> Result<Vec<u128>, Error> {
        let mut ids = Vec::with_capacity(rows.len());
        let mut before = 0;
        for kept in self.kept.iter().map(Stretch::rows) {
            let own = before..before + kept.len();
            before = own.end;
            let (from, to) = (rows.start.max(own.start), rows.end.min(own.end));
            if from < to {
                let shift = |row: usize| row - own.start + kept.start;
                ids.extend(self.of.ids(shift(from)..shift(to))?);
            }
        }
        Ok(ids)
    }
}

fn push(kept: &mut Vec<Stretch>, rows: Range<usize>) {
    if !rows.is_empty() {
        kept.push(Stretch { which: 0, from: rows.start as u32, len: rows.len() as u32 });
    }
}
