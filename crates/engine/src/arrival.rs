//! The place of a record in the order of arrival.
//!
//! What it is: one number per record, the ordinal of its log frame in the upper 40 bits and a
//! sequence in the lower 24. The sequence tells apart what a frame holds of one millisecond, in
//! order; everything else in a frame shares one number, so that a column of them takes almost no
//! room. What it is not: a count of records.
//!
//! Invariants: no two records of a workspace have both time and arrival in common, whoever they are
//! about; the records of a frame alone decide, so a replay of the log gives the same numbers.

use hashbrown::HashMap;
use model::{Record, Timestamp};

/// Bits of the sequence. A frame of 64 MiB has fewer records than they can count.
pub const SEQUENCE_BITS: u32 = 24;

/// The places in the order of arrival of the records of one frame, in order. `frame` counts the
/// frames since the beginning of the log. Places before those of the first frame are nobody's:
/// derived events stand there (`segment::derived`).
pub fn arrivals<'a>(frame: u64, records: impl Iterator<Item = &'a Record>) -> Vec<u64> {
    let mut of_time: HashMap<Timestamp, u64> = HashMap::new();
    let base = (frame + 1) << SEQUENCE_BITS;
    let mut place = |record: &Record| {
        let Some(time) = record.what.time() else { return base };
        let next = of_time.entry(time).or_default();
        let sequence = *next;
        *next += 1;
        debug_assert!(sequence < 1 << SEQUENCE_BITS);
        base | sequence
    };
    records.map(&mut place).collect()
}

#[cfg(test)]
mod tests;
