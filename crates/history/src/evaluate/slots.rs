//! Places for those users of a range who matter, so that arrays are as long as they are many.

use std::ops::Range;

use crate::set::UserSet;

/// Which of the users of a range have a place, in order.
pub(crate) struct Slots {
    start: u32,
    /// Of the users from the first with a place to the last.
    place: Vec<u32>,
    users: Vec<u32>,
}

/// Users whose events are brought together at a time, so that they stay in the processor's cache.
const PIECE_USERS: usize = if cfg!(test) { 2 } else { 2_048 };

/// No place.
const NONE: u32 = u32::MAX;

impl Slots {
    /// Places for the users of a range that are in `among`.
    pub(crate) fn of(among: &UserSet, users: &Range<u32>) -> Slots {
        Slots::new(among.within(users).collect())
    }

    /// Places for a few users at a time, of a set of users that are numbered within the range.
    pub(crate) fn pieces(among: &UserSet, users: &Range<u32>) -> impl Iterator<Item = Slots> {
        let all: Vec<u32> = among.iter().map(|local| users.start + local.0).collect();
        let pieces: Vec<Vec<u32>> = all.chunks(PIECE_USERS).map(<[u32]>::to_vec).collect();
        pieces.into_iter().map(Slots::new)
    }

    fn new(users: Vec<u32>) -> Slots {
        let (start, last) = (users.first().copied(), users.last().copied());
        let start = start.unwrap_or(0);
        let mut place = vec![NONE; last.map_or(0, |last| (last - start) as usize + 1)];
        (0..).zip(&users).for_each(|(at, user)| place[(user - start) as usize] = at);
        Slots { start, place, users }
    }

    /// The users from the first one with a place to the last.
    pub(crate) fn span(&self) -> Range<u32> {
        self.start..self.start + self.place.len() as u32
    }

    /// A user's place.
    #[inline]
    pub(crate) fn get(&self, user: u32) -> Option<usize> {
        let place = *self.place.get(user.wrapping_sub(self.start) as usize)?;
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
