//! A user of whom nothing is kept live any more: forgotten, or hidden.
//!
//! What it is not: it tells nothing. What would be told is about the very person who is to be gone;
//! the counts say that there is one fewer.

use std::sync::Arc;

use model::UserIndex;

use super::fold::{Live, program_of};

impl Live {
    /// Lets go of everything of a user, and counts them nowhere; whether any count changed. While a
    /// user has no records, nothing brings them back but [`Live::doubt`].
    pub fn forget(&mut self, user: UserIndex) -> bool {
        self.stale.remove(&user);
        self.building.remove(&user);
        self.timers.clear(user);
        for (_, places) in &mut self.former {
            if let Some(place) = places.get_mut(user.at()) {
                *place = 0;
            }
        }
        let gone = match self.users.get_mut(user.at()) {
            Some(bytes) => std::mem::take(bytes),
            None => Arc::default(),
        };
        let places = program_of(&self.program, self.joining.as_ref(), user).places(&gone);
        let mut changed = false;
        for (counts, place) in self.counts.iter_mut().zip(places) {
            if let Some(count) = counts.get_mut(usize::from(place)).filter(|_| place != 0) {
                *count -= 1;
                changed = true;
            }
        }
        if let Some(joining) = &mut self.joining {
            joining.forget(user);
        }
        changed
    }
}
