//! A range of users in pieces so small that all their events can be held.

use std::ops::Range;

/// Users whose events are held at a time: some ten megabytes of them.
const USERS: u32 = if cfg!(test) { 2 } else { 8_192 };

/// The pieces of a range, in order.
pub(crate) fn pieces(users: Range<u32>) -> impl Iterator<Item = Range<u32>> {
    let end = users.end;
    users.step_by(USERS as usize).map(move |from| from..end.min(from.saturating_add(USERS)))
}
