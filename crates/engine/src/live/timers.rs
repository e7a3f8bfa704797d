//! Whose truth may change next, and when: one instant per user, its horizon.
//!
//! What it is: a hierarchical timing wheel, exact to the millisecond, of which every instant from the
//! first to the last is a place. Eleven levels of 64 slots divide what lies after the *cursor*: the
//! slot of an instant is given by the highest six bits in which it differs from the cursor. A slot
//! is divided further only when its earliest instant is due, and then the cursor moves there. What
//! it is not: it reads no clock.
//!
//! Invariants: the cursor is never after an instant that was asked for; a user with a horizon has
//! one entry, and one without has none, so that nothing piles up; the slots hold what is after the
//! cursor, `current` what is at it since it moved there, `early` what was set at or before it later.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use model::{Timestamp, UserIndex};

use crate::chunks::Chunks;

/// The horizon of a user that has none: nothing will ever change by time alone.
pub const NEVER: i64 = i64::MAX;

/// Bits of an instant that a level tells apart.
const LEVEL_BITS: u32 = 6;
const LEVEL_SLOTS: usize = 1 << LEVEL_BITS;
const LEVELS: usize = 64usize.div_ceil(LEVEL_BITS as usize);

/// Where the entry of a user is if it is in no slot. Smaller numbers are places in a slot.
const NOWHERE: u32 = u32::MAX;
const CURRENT: u32 = u32::MAX - 1;
const EARLY: u32 = u32::MAX - 2;

/// Users that an emptied slot keeps room for: enough that busy slots need no allocation.
const KEPT_ROOM: usize = 256;

/// One horizon per user. Cost: 12 bytes for each user ever set, and 4 to 8 for each horizon.
#[derive(Debug)]
pub struct Timers {
    /// By user, in milliseconds; [`NEVER`] if there is none.
    horizons: Chunks<i64>,
    /// By user: where the entry is.
    places: Vec<u32>,
    slots: Box<[Slot]>,
    /// By level: which slots have entries.
    occupied: [u64; LEVELS],
    cursor: i64,
    /// Users whose horizon is the cursor. Those whose place is another are no entries any more; the
    /// first always is one.
    current: BinaryHeap<Reverse<u32>>,
    early: BTreeSet<(i64, u32)>,
    n: usize,
}

/// Users in no order, and an instant that none of their horizons is before.
#[derive(Clone, Debug)]
struct Slot {
    users: Vec<u32>,
    bound: i64,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers {
            horizons: Chunks::default(),
            places: Vec::new(),
            slots: vec![Slot { users: Vec::new(), bound: NEVER }; LEVELS * LEVEL_SLOTS].into(),
            occupied: [0; LEVELS],
            cursor: i64::MIN,
            current: BinaryHeap::new(),
            early: BTreeSet::new(),
            n: 0,
        }
    }
}

impl Timers {
    /// Timers with the horizons that [`Timers::freeze`] gave.
    pub fn of(horizons: Chunks<i64>) -> Timers {
        let places = vec![NOWHERE; horizons.len()];
        let mut timers = Timers { horizons, places, ..Timers::default() };
        for user in 0..timers.places.len() {
            let at = timers.horizons[user];
            if at != NEVER {
                timers.enter(user as u32, at);
            }
        }
        timers
    }

    /// Users that have a horizon.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether nobody has one.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The horizon of a user.
    pub fn horizon(&self, user: UserIndex) -> Option<Timestamp> {
        self.horizons.get(user.at()).filter(|at| **at != NEVER).map(|at| Timestamp(*at))
    }

    /// The user's horizon is this instant, and no other, from now on. One that is past already is
    /// due at once; [`NEVER`] is the same as [`Timers::clear`].
    pub fn set(&mut self, user: UserIndex, at: Timestamp) {
        let (index, at) = (user.at(), at.0);
        if at == NEVER {
            return self.clear(user);
        }
        while self.places.len() <= index {
            self.horizons.push(NEVER);
            self.places.push(NOWHERE);
        }
        let before = std::mem::replace(&mut self.horizons[index], at);
        let place = self.places[index];
        if place != NOWHERE {
            if at == before {
                return;
            }
            // Small moves within a slot are the most frequent ones.
            if let (true, Some(slot)) = (place < EARLY, self.slot_of(at))
                && self.slot_of(before) == Some(slot)
            {
                let slot = &mut self.slots[slot];
                slot.bound = slot.bound.min(at);
                return;
            }
            self.leave(user.0, before);
        }
        self.enter(user.0, at);
    }

    /// The user has no horizon any more.
    pub fn clear(&mut self, user: UserIndex) {
        if let Some(at) = self.horizon(user) {
            self.horizons[user.at()] = NEVER;
            self.leave(user.0, at.0);
        }
    }

    /// The next user whose horizon is at or before `now`, in the order of horizons and then of users;
    /// the user has none afterwards. Asked again and again it gives all of them, and those that are
    /// set to `now` or before meanwhile, each in its place; whoever asks may stop at any time.
    ///
    /// Cost: some ten nanoseconds, and a few more for each user whose slot is divided.
    pub fn due(&mut self, now: Timestamp) -> Option<(Timestamp, UserIndex)> {
        loop {
            match self.first() {
                Some((at, user)) if at <= now.0 => {
                    self.horizons[user as usize] = NEVER;
                    self.leave(user, at);
                    return Some((Timestamp(at), UserIndex(user)));
                }
                Some(_) => return None,
                None if self.advance(now.0) => {}
                None => return None,
            }
        }
    }

    /// An instant before which nothing is due: the earliest horizon, or an earlier instant if the
    /// user that had the earliest was set again since. Always after `now` once [`Timers::due`] has
    /// given all until `now`, so that it is enough to ask again then. `None` if nobody has a horizon.
    pub fn next(&self) -> Option<Timestamp> {
        let waiting = || Some(self.slots[self.first_slot()?].bound);
        self.first().map(|(at, _)| at).or_else(waiting).map(Timestamp)
    }

    /// The horizons as they are now, by user, in milliseconds; [`NEVER`] if there is none.
    pub fn freeze(&self) -> Chunks<i64> {
        self.horizons.freeze()
    }

    /// The first of those that are at the cursor or before it.
    fn first(&self) -> Option<(i64, u32)> {
        let current = self.current.peek().map(|Reverse(user)| (self.cursor, *user));
        let early = self.early.first().copied();
        early.into_iter().chain(current).min()
    }

    /// Moves the cursor to the earliest horizon after it, if that is due. Nothing may be at the
    /// cursor or before it.
    fn advance(&mut self, now: i64) -> bool {
        let Some(first) = self.first_slot().filter(|slot| self.slots[*slot].bound <= now) else {
            return false;
        };
        let slot = &mut self.slots[first];
        let horizons = slot.users.iter().map(|user| self.horizons[*user as usize]);
        slot.bound = horizons.min().expect("an occupied slot has an entry");
        if slot.bound > now {
            return false;
        }
        self.cursor = std::mem::replace(&mut slot.bound, NEVER);
        let mut users = std::mem::take(&mut slot.users);
        self.vacate(first);
        self.n -= users.len();
        let mut current = std::mem::take(&mut self.current).into_vec();
        current.clear();
        for user in users.drain(..) {
            let at = self.horizons[user as usize];
            if at == self.cursor {
                self.places[user as usize] = CURRENT;
                self.n += 1;
                current.push(Reverse(user));
            } else {
                self.enter(user, at);
            }
        }
        self.current = current.into();
        if users.capacity() <= KEPT_ROOM {
            self.slots[first].users = users;
        }
        true
    }

    /// Makes an entry for a user that has none.
    fn enter(&mut self, user: u32, at: i64) {
        self.n += 1;
        self.places[user as usize] = match self.slot_of(at) {
            None => {
                self.early.insert((at, user));
                EARLY
            }
            Some(index) => {
                self.occupied[index / LEVEL_SLOTS] |= 1 << (index % LEVEL_SLOTS);
                let slot = &mut self.slots[index];
                let place = slot.users.len() as u32;
                slot.users.push(user);
                slot.bound = slot.bound.min(at);
                place
            }
        };
    }

    /// Removes the entry of a user, which was made for `at`.
    fn leave(&mut self, user: u32, at: i64) {
        self.n -= 1;
        match std::mem::replace(&mut self.places[user as usize], NOWHERE) {
            NOWHERE => unreachable!("only who has an entry loses it"),
            EARLY => {
                let removed = self.early.remove(&(at, user));
                debug_assert!(removed);
            }
            CURRENT => {
                let entry = |Reverse(user): &Reverse<u32>| self.places[*user as usize] == CURRENT;
                while self.current.peek().is_some_and(|first| !entry(first)) {
                    self.current.pop();
                }
            }
            place => {
                let index = self.slot_of(at).expect("what is in a slot is after the cursor");
                let slot = &mut self.slots[index];
                let removed = slot.users.swap_remove(place as usize);
                debug_assert_eq!(removed, user);
                if let Some(moved) = slot.users.get(place as usize) {
                    self.places[*moved as usize] = place;
                } else if slot.users.is_empty() {
                    slot.bound = NEVER;
                    self.vacate(index);
                }
            }
        }
    }

    fn vacate(&mut self, slot: usize) {
        self.occupied[slot / LEVEL_SLOTS] &= !(1 << (slot % LEVEL_SLOTS));
    }

    /// The slot of an instant after the cursor.
    fn slot_of(&self, at: i64) -> Option<usize> {
        if at <= self.cursor {
            return None;
        }
        // As unsigned numbers in the same order.
        let (at, cursor) = (at as u64 ^ 1 << 63, self.cursor as u64 ^ 1 << 63);
        let level = (at ^ cursor).ilog2() / LEVEL_BITS;
        let slot = (at >> (level * LEVEL_BITS)) as usize % LEVEL_SLOTS;
        Some(level as usize * LEVEL_SLOTS + slot)
    }

    /// The occupied slot whose instants are the earliest.
    fn first_slot(&self) -> Option<usize> {
        let level = self.occupied.iter().position(|slots| *slots != 0)?;
        Some(level * LEVEL_SLOTS + self.occupied[level].trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests;
