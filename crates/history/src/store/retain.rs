//! Dropping rows that are older than is kept.

use crate::disk::Error;
use crate::part::Part;

/// The rows of a part after an instant.
pub(super) fn newer(part: &Part, instant: i64) -> Result<Part, Error> {
    let (times, first) = (part.times()?, part.facts().time_min);
    part.only(&|row| first + i64::from(times[row]) > instant)
}
