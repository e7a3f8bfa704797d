//! The place of a record in the order of arrival.
//!
//! What it is: one number per record, the ordinal of its log frame in the upper 40 bits and a
//! sequence in the lower 24. The sequence orders what one user did in one millisecond; everything
//! else in a frame may share one number, so that a column of them takes almost no room.
//! What it is not: a count of records, or unique: two users that become one in a later frame may
//! have rows of equal time and arrival, which their ids order.
//!
//! Invariant: the records of a frame alone decide, so a replay of the log gives the same numbers.

use hashbrown::HashMap;
use model::{Record, Timestamp, UserIndex, What};

use crate::Step;

/// Bits of the sequence. A frame of 64 MiB has fewer records than they can count.
const SEQUENCE_BITS: u32 = 24;

/// What a frame has of a user so far: the latest time, and the highest sequence.
struct Latest {
    time: Timestamp,
    sequence: u64,
}

/// The places in the order of arrival of the records of one frame, in order, given what the fold
/// said of each. `frame` counts the frames since the beginning of the log.
///
/// Among records of one user (as who is who stands at the end of the frame) with equal times, a
/// later record has a greater number.
pub fn arrivals<'a>(
    frame: u64,
    steps: impl Iterator<Item = (&'a Step, &'a Record)> + Clone,
) -> Vec<u64> {
    let merges = steps.clone().filter_map(|(step, _)| step.merged);
    let remains: HashMap<UserIndex, UserIndex> =
        merges.map(|merge| (merge.from, merge.into)).collect();
    let mut users: HashMap<UserIndex, Latest> = HashMap::new();
    let base = frame << SEQUENCE_BITS;
    let place = |(step, record): (&Step, &Record)| {
        let mut user = step.user;
        while let Some(into) = remains.get(&user) {
            user = *into;
        }
        base | time_of(record).map_or(0, |time| sequence(&mut users, user, time))
    };
    steps.map(place).collect()
}

/// 0 for what is later than all that the frame has of the user, else one above all of that.
fn sequence(users: &mut HashMap<UserIndex, Latest>, user: UserIndex, time: Timestamp) -> u64 {
    let before = Latest { time: Timestamp::MIN, sequence: 0 };
    let is_new = !users.contains_key(&user);
    let latest = users.entry(user).or_insert(before);
    if is_new || time > latest.time {
        latest.time = time;
        return 0;
    }
    latest.sequence += 1;
    debug_assert!(latest.sequence < 1 << SEQUENCE_BITS);
    latest.sequence
}

/// The time by which a record's rows are ordered; joining ids leaves no row.
fn time_of(record: &Record) -> Option<Timestamp> {
    match &record.what {
        What::Event(event) => Some(event.time),
        What::Identify(change) => Some(change.time),
        What::Alias { .. } => None,
    }
}

#[cfg(test)]
mod tests;
