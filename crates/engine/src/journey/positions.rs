//! Where everybody is: one entry for each user and journey, found by user, each with one timer.
//!
//! What it is: the memory of the fold. What it is not: it decides nothing. Cost for each: the size of
//! [`Position`], 16 to 20 bytes of its timer, and some 16 for finding it by its user.

use hashbrown::HashMap;
use model::{EventId, Timestamp, UserIndex};

use crate::live::Timers;

/// Nothing: the end of a list.
const NONE: u32 = u32::MAX;

/// Positions that are allocated together.
const BLOCK: usize = 4_096;

/// An id of 128 bits without its alignment; zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Id([u32; 4]);

impl Id {
    pub(super) fn of(id: Option<EventId>) -> Id {
        let bits = id.map_or(0, |id| id.0);
        Id([bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32])
    }

    pub(super) fn get(self) -> Option<EventId> {
        let bits = self.0.iter().rev().fold(0u128, |all, part| all << 32 | u128::from(*part));
        (bits != 0).then_some(EventId(bits))
    }
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// For what their step says; the timer is set.
    Step,
    /// For the decision about their message.
    Message,
    /// For the answer to their webhook; the timer is set.
    Answer,
    /// For nothing: they go on as soon as what was written before can be read.
    Nothing,
    /// For the journey to go on.
    Pause,
}

/// Where somebody is.
#[derive(Clone, Debug)]
pub struct Position {
    run: Id,
    event: Id,
    cause: Id,
    entered_at: i64,
    arrived_at: i64,
    pub(super) after: u64,
    /// Hash of the value by which the user is in several times.
    pub(super) key: u64,
    pub(super) user: UserIndex,
    /// Number of the version in the book.
    pub(super) journey: u32,
    /// The next of the same user.
    next: u32,
    /// The number of the next that is told.
    pub(super) n: u32,
    /// What `n` was when they came to the step: what it sends is told apart by this.
    pub(super) came: u32,
    pub(super) step: u16,
    pub(super) waits: Waits,
    /// Time alone let them in.
    pub(super) by_time: bool,
}

impl Position {
    pub(super) fn new(
        (user, journey): (UserIndex, u32),
        (run, event, cause): (EventId, Option<EventId>, Option<EventId>),
        at: Timestamp,
    ) -> Position {
        Position {
            run: Id::of(Some(run)),
            event: Id::of(event),
            cause: Id::of(cause),
            entered_at: at.0,
            arrived_at: at.0,
            after: 0,
            key: 0,
            user,
            journey,
            next: NONE,
            n: 0,
            came: 0,
            step: 0,
            waits: Waits::Nothing,
            by_time: false,
        }
    }

    /// Which run.
    pub fn run(&self) -> EventId {
        self.run.get().unwrap_or(EventId(0))
    }

    /// Whose.
    pub fn user(&self) -> UserIndex {
        self.user
    }

    /// The event that brought them in, or last let them go on.
    pub fn event(&self) -> Option<EventId> {
        self.event.get()
    }

    /// When they came in.
    pub fn entered_at(&self) -> Timestamp {
        Timestamp(self.entered_at)
    }

    /// When they came to the step.
    pub fn arrived_at(&self) -> Timestamp {
        Timestamp(self.arrived_at)
    }

    pub(super) fn cause(&self) -> Option<EventId> {
        self.cause.get()
    }

    pub(super) fn caused(&mut self, cause: Option<EventId>, after: u64) {
        self.cause = Id::of(cause);
        self.after = self.after.max(after);
    }

    pub(super) fn saw(&mut self, event: EventId) {
        self.event = Id::of(Some(event));
    }

    /// They came to another step, which was told.
    pub(super) fn arrive(&mut self, at: Timestamp) {
        self.arrived_at = at.0;
        self.came = self.n;
    }
}

/// All positions.
#[derive(Debug, Default)]
pub(super) struct Positions {
    blocks: Vec<Vec<Position>>,
    free: Vec<u32>,
    first: HashMap<u32, u32>,
    pub(super) timers: Timers,
    n: usize,
}

impl Positions {
    pub(super) fn len(&self) -> usize {
        self.n
    }

    pub(super) fn get(&self, slot: u32) -> &Position {
        &self.blocks[slot as usize / BLOCK][slot as usize % BLOCK]
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Position {
        &mut self.blocks[slot as usize / BLOCK][slot as usize % BLOCK]
    }

    /// A new entry.
    pub(super) fn put(&mut self, mut position: Position) -> u32 {
        let user = position.user.0;
        self.n += 1;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
                    self.blocks.push(Vec::with_capacity(BLOCK));
                }
                ((self.blocks.len() - 1) * BLOCK + self.blocks[self.blocks.len() - 1].len()) as u32
            }
        };
        position.next = self.first.insert(user, slot).unwrap_or(NONE);
        let block = &mut self.blocks[slot as usize / BLOCK];
        match block.get_mut(slot as usize % BLOCK) {
            Some(place) => *place = position,
            None => block.push(position),
        }
        slot
    }

    /// Lets go of an entry.
    pub(super) fn remove(&mut self, slot: u32) {
        self.unlink(slot);
        self.timers.clear(UserIndex(slot));
        self.get_mut(slot).user = UserIndex::NOBODY;
        self.free.push(slot);
        self.n -= 1;
    }

    /// An entry is another user's from now on.
    pub(super) fn give(&mut self, slot: u32, to: UserIndex) {
        self.unlink(slot);
        let next = self.first.insert(to.0, slot).unwrap_or(NONE);
        let position = self.get_mut(slot);
        (position.user, position.next) = (to, next);
    }

    fn unlink(&mut self, slot: u32) {
        let (user, next) = (self.get(slot).user.0, self.get(slot).next);
        let Some(mut at) = self.first.get(&user).copied() else { return };
        if at == slot {
            match next {
                NONE => _ = self.first.remove(&user),
                next => _ = self.first.insert(user, next),
            }
            return;
        }
        while self.get(at).next != slot {
            at = self.get(at).next;
            if at == NONE {
                return;
            }
        }
        self.get_mut(at).next = next;
    }

    /// The entries of a user, the latest first.
    pub(super) fn of(&self, user: UserIndex) -> impl Iterator<Item = u32> {
        let first = self.first.get(&user.0).copied();
        std::iter::successors(first, |at| {
            let next = self.get(*at).next;
            (next != NONE).then_some(next)
        })
    }

    /// Whether a user is in any journey.
    pub(super) fn has(&self, user: UserIndex) -> bool {
        self.first.contains_key(&user.0)
    }

    /// All entries, in the order of their places.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        let slots = 0..self.blocks.iter().map(Vec::len).sum::<usize>() as u32;
        slots.filter(|slot| self.get(*slot).user != UserIndex::NOBODY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_small() {
        assert!(size_of::<Position>() <= 104, "{}", size_of::<Position>());
    }

    #[test]
    fn ids_come_back() {
        for id in [None, Some(EventId(1)), Some(EventId(u128::MAX)), Some(EventId(1 << 90 | 7))] {
            assert_eq!(Id::of(id).get(), id);
        }
    }

    #[test]
    fn entries_of_a_user_are_found_and_let_go_in_any_order() {
        let of =
            |user: u32| Position::new((UserIndex(user), 0), (EventId(9), None, None), Timestamp(0));
        let mut positions = Positions::default();
        let slots: Vec<u32> = [1, 1, 2, 1].map(|user| positions.put(of(user))).to_vec();
        assert_eq!(positions.of(UserIndex(1)).collect::<Vec<_>>(), [slots[3], slots[1], slots[0]]);
        positions.remove(slots[1]);
        assert_eq!(positions.of(UserIndex(1)).collect::<Vec<_>>(), [slots[3], slots[0]]);
        positions.give(slots[3], UserIndex(2));
        assert_eq!(positions.of(UserIndex(2)).collect::<Vec<_>>(), [slots[3], slots[2]]);
        positions.remove(slots[0]);
        assert!(!positions.has(UserIndex(1)));
        assert_eq!(positions.put(of(5)), slots[0]);
        assert_eq!(positions.len(), 3);
        assert_eq!(positions.all().count(), 3);
    }
}
