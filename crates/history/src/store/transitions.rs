//! Transitions of watched definitions on their way into the store.

use engine::live::Transition;
use model::{Text, Timestamp, Value};

use super::Store;
use crate::names::NameId;
use crate::part::{Family, Row};
use crate::transitions::Change;

impl Store {
    /// Adds one transition, told after everything applied so far. `key` names the watched
    /// definition for good (`segment/loyal`). `arrival` orders transitions of one instant: no two of
    /// one key and instant have it in common, and it grows. Numbers made as [`engine::arrivals`]
    /// makes them, of frame and sequence, take next to no room.
    ///
    /// The transition is not before the first that was seen of its user, who was applied before; a
    /// user that is not there is a mistake of the caller.
    pub fn apply_transition(&mut self, key: &Text, transition: &Transition, arrival: u64) {
        let Transition { user, watch: _, at, recorded_at, from, to, cause, correction } =
            *transition;
        assert!(user.at() < self.users.len(), "a transition is of a user that was applied");
        self.latest = None;
        let name = self.intern(key);
        let change = Change { from, to, cause, correction };
        let row = Row {
            user: self.users.remaining(user.0),
            time: at.0,
            arrival,
            received: recorded_at.0,
            id: 0,
            properties: vec![(NameId::VALUE, Value::Int(change.code()))],
        };
        self.add_row(Family::of_transition(name, Timestamp(row.time)), row);
    }
}
