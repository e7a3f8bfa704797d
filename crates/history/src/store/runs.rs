//! The parts of one family as the writer holds them, and its fresh rows.
//!
//! The writer merges only what no job has and no file holds, and only small parts; larger merges
//! are [`super::job`]'s.

use std::sync::{Arc, Weak};

use crate::disk::Error;
use crate::part::{Part, Row};

use super::aside::{Aside, Unsealed};
use super::fresh::Fresh;
use super::plan::full_tier_of;

/// Fresh rows of a family that are set aside even without a question: bounds the cost of sorting.
pub(super) const FRESH_ROWS_MAX: usize = 64 * 1_024;
/// The most rows that the writer makes one part of: bounds the time for which it accepts nothing.
const WRITER_MERGE_ROWS_MAX: usize = 16 * 1_024;

/// A family's rows.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) parts: Vec<Sealed>,
    /// Rows that are being sealed.
    pub(super) aside: Vec<Aside>,
    pub(super) fresh: Fresh,
}

/// A part, and where it is.
pub(super) struct Sealed {
    pub(super) part: Arc<Part>,
    pub(super) place: Place,
}

/// Where a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In memory only.
    Memory,
    /// In memory, and a job is writing it.
    InJob,
    /// In a file of this number and so many bytes, which a checkpoint names.
    File { number: u64, bytes: u64 },
}

impl Sealed {
    pub(super) fn file(&self) -> Option<u64> {
        match self.place {
            Place::File { number, .. } => Some(number),
            Place::Memory | Place::InJob => None,
        }
    }
}

impl Runs {
    /// Whether rows are in no part yet.
    pub(super) fn has_fresh(&self) -> bool {
        !self.fresh.rows.is_empty() || !self.aside.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty() && !self.has_fresh()
    }

    /// Rows in no part yet.
    pub(super) fn fresh_rows(&self) -> impl Iterator<Item = &Row> {
        self.aside.iter().flat_map(Aside::rows).chain(&self.fresh.rows)
    }

    /// The same.
    pub(super) fn n_fresh(&self) -> usize {
        self.fresh.rows.len() + self.aside.iter().map(|aside| aside.rows().len()).sum::<usize>()
    }

    /// Those of them that stand under a number.
    pub(super) fn fresh_of(&mut self, user: u32) -> impl Iterator<Item = &Row> {
        let Fresh { rows, by_user } = &mut self.fresh;
        by_user.of(rows, user).chain(self.aside.iter_mut().flat_map(move |of| of.of_user(user)))
    }

    /// The fresh rows wait for their part from now on, and new ones begin.
    pub(super) fn set_aside(&mut self) -> Weak<Unsealed> {
        let aside = Aside::of(std::mem::take(&mut self.fresh));
        let unsealed = aside.unsealed();
        self.aside.push(aside);
        unsealed
    }

    /// Takes over the parts of rows that were set aside, as far as they are made.
    pub(super) fn take_sealed(&mut self) -> Vec<Aside> {
        if !self.aside.iter().any(Aside::ready) {
            return Vec::new();
        }
        let (ready, waiting): (Vec<_>, _) =
            std::mem::take(&mut self.aside).into_iter().partition(Aside::ready);
        self.aside = waiting;
        self.parts.extend(ready.iter().map(Aside::sealed));
        while self.merge_small() {}
        ready
    }

    /// Makes parts of the rows that were set aside; how often some were.
    pub(super) fn seal_aside(&mut self) -> usize {
        let aside = std::mem::take(&mut self.aside);
        self.parts.extend(aside.iter().map(Aside::sealed));
        aside.len()
    }

    /// Makes parts of all rows, and one of small parts that no file holds yet; how often rows were
    /// set aside.
    pub(super) fn seal(&mut self) -> usize {
        let n = self.seal_aside();
        if !self.fresh.rows.is_empty() {
            self.parts.push(Aside::of(std::mem::take(&mut self.fresh)).sealed());
        }
        while self.merge_small() {}
        n
    }

    fn merge_small(&mut self) -> bool {
        let own = |sealed: &Sealed| {
            sealed.place == Place::Memory && sealed.part.len() < WRITER_MERGE_ROWS_MAX
        };
        let places: Vec<usize> =
            (0..self.parts.len()).filter(|place| own(&self.parts[*place])).collect();
        let rows: Vec<usize> = places.iter().map(|place| self.parts[*place].part.len()).collect();
        let Some(tier) = full_tier_of(&rows, WRITER_MERGE_ROWS_MAX) else { return false };
        let chosen: Vec<usize> = tier.into_iter().map(|at| places[at]).collect();
        let parts: Vec<&Part> = chosen.iter().map(|place| &*self.parts[*place].part).collect();
        // Parts in memory can always be merged; if not, they are as good as they are.
        let Ok(part) = Part::merged(&parts) else { return false };
        let mut place = 0;
        self.parts.retain(|_| {
            place += 1;
            chosen.binary_search(&(place - 1)).is_err()
        });
        self.parts.push(Sealed { part: Arc::new(part), place: Place::Memory });
        true
    }
}

/// Whether a user has rows in a part.
pub(super) fn has_user(part: &Part, user: u32) -> Result<bool, Error> {
    part.has_user(user)
}
