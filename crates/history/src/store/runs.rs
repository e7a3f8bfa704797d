//! The parts of one family as the writer holds them, and its fresh rows.
//!
//! The writer merges only what no job has and no file holds, and only small parts; larger merges
//! are [`super::job`]'s.

use std::sync::Arc;

use crate::disk::Error;
use crate::part::Part;

use super::fresh::Fresh;
use super::plan::full_tier_of;

/// Fresh rows of a family that are sealed even without a question: bounds the cost of sorting.
pub(super) const FRESH_ROWS_MAX: usize = 64 * 1_024;
/// The most rows that the writer makes one part of: bounds the time for which it accepts nothing.
const WRITER_MERGE_ROWS_MAX: usize = 64 * 1_024;

/// A family's rows.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) parts: Vec<Sealed>,
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
    /// Makes a part of the fresh rows, and one of small parts that no file holds yet.
    pub(super) fn seal(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        let part = Arc::new(Part::of(self.fresh.take()));
        self.parts.push(Sealed { part, place: Place::Memory });
        while self.merge_small() {}
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
