//! Dropping rows that are older than is kept.

use crate::disk::Error;
use crate::part::{Part, Row};

/// The rows of a part after an instant.
pub(super) fn newer(part: &Part, instant: i64) -> Result<Part, Error> {
    let kept = (0..part.len()).filter(|row| part.time[*row] > instant);
    let rows = kept.map(|row| Row {
        user: part.user[row],
        time: part.time[row],
        arrival: part.arrival[row],
        received: part.received[row],
        id: part.id[row],
        properties: part
            .columns
            .iter()
            .filter_map(|(property, column)| Some((*property, column.get(row)?)))
            .collect(),
    });
    Ok(Part::of(rows.collect()))
}
