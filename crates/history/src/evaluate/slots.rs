//! Places for those users of a range who matter, so that arrays are as long as they are many.

use std::ops::Range;

use model::UserIndex;

use crate::set::UserSet;

/// Which of the users of a range have a place, in order.
pub(crate) struct Slots {
    start: u32,
    place: Vec<u32>,
    users: Vec<u32>,
}

/// No place.
const NONE: u32 = u32::MAX;

impl Slots {
    /// Places for the users of a range that are in `among`.
    pub(crate) fn of(among: &UserSet, users: &Range<u32>) -> Slots {
        if !among.any_of(users) {
            return Slots { start: users.start, place: Vec::new(), users: Vec::new() };
        }
        let mut slots =
            Slots { start: users.start, place: vec![NONE; users.len()], users: Vec::new() };
        for user in users.clone().filter(|user| among.contains(UserIndex(*user))) {
            slots.place[(user - users.start) as usize] = slots.users.len() as u32;
            slots.users.push(user);
        }
        slots
    }

    /// The same with users that are numbered within the range.
    pub(crate) fn of_local(among: &UserSet, users: &Range<u32>) -> Slots {
        if among.is_empty() {
            return Slots { start: users.start, place: Vec::new(), users: Vec::new() };
        }
        let mut slots =
            Slots { start: users.start, place: vec![NONE; users.len()], users: Vec::new() };
        for local in among.iter() {
            slots.place[local.at()] = slots.users.len() as u32;
            slots.users.push(users.start + local.0);
        }
        slots
    }

    /// A user's place.
    #[inline]
    pub(crate) fn get(&self, user: u32) -> Option<usize> {
        let place = *self.place.get((user - self.start) as usize)?;
        (place != NONE).then_some(place as usize)
    }

    /// Users with a place, ascending.
    pub(crate) fn users(&self) -> &[u32] {
        &self.users
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.users.len()
    }
}
