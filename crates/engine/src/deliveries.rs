//! Which deliveries may have been counted: a set of ids in about five bytes each.
//!
//! What it is: an open-addressing table of 32-bit fingerprints, searched line by line of the
//! processor's cache, so that a question mostly costs one access to memory. "No" is certain; "maybe" is wrong
//! with a probability of a few in 10⁹, and its owner asks the history for the exact answer.
//! What it is not: it does not hold the ids. To become larger it forgets everything
//! ([`Deliveries::restart`]) and its owner puts all ids in again, so that two tables are never held
//! at once.
//!
//! Invariant: whatever was inserted since the last restart is found.

use model::EventId;

/// The largest part of the slots that is used: above it the searches become long.
const LOAD_MAX: (u64, u64) = (17, 20);

/// Room beyond the ids that a table is made for, as a fraction of them and at the least: few enough
/// restarts that each id is put in about five times over the life of a growing history.
const SPARE: (u64, u64) = (4, 64 * 1024);

/// A slot that holds nothing.
const EMPTY: u32 = 0;

/// Slots that are compared at once: 64 bytes, a line of the cache. They fill from the left.
type Line = [u32; 16];

/// Ids whose lines are fetched at the same time: more than a processor can wait for at once.
const FETCHED: usize = 32;

/// Slots of a line.
const LINE: u64 = 16;

/// A set of delivery ids that errs only towards "maybe".
pub struct Deliveries {
    seed: u64,
    lines: Box<[Line]>,
    used: u64,
}

/// An empty slot and the fingerprint that belongs in it.
struct Slot {
    line: usize,
    at: usize,
    print: u32,
}

/// The fingerprint is in the table.
struct Present;

impl Deliveries {
    /// An empty set without room. Senders choose ids; a seed that they do not know keeps them from
    /// choosing ids that meet in one place.
    pub fn new(seed: u64) -> Deliveries {
        Deliveries { seed, lines: Box::default(), used: 0 }
    }

    /// Whether the id may have been inserted: `false` is certain. A wrong `true` has a probability
    /// of the number of slots looked at (about 20) in 2³².
    pub fn maybe_seen(&self, id: EventId) -> bool {
        !self.lines.is_empty() && self.find(id).is_err()
    }

    /// Whether so many more ids have a place. If not, [`Deliveries::restart`] for all of them.
    pub fn has_room(&self, more: u64) -> bool {
        self.used.saturating_add(more) <= room(self.lines.len() as u64)
    }

    /// Forgets everything and makes room for `n` ids and a quarter more. The old table is given back
    /// before the new one is taken.
    pub fn restart(&mut self, n: u64) {
        self.lines = Box::default();
        self.used = 0;
        let (fraction, least) = SPARE;
        let n = n.saturating_add((n / fraction).max(least));
        let (part, whole) = LOAD_MAX;
        let lines = n.saturating_mul(whole) / (part * LINE) + 1;
        self.lines =
            vec![[EMPTY; LINE as usize]; usize::try_from(lines).unwrap_or(usize::MAX)].into();
    }

    /// Puts an id in; one that may be there already needs no place.
    ///
    /// Panics if it would take the last slot, which [`Deliveries::has_room`] tells long before.
    pub fn insert(&mut self, id: EventId) {
        let slots = self.lines.len() as u64 * LINE;
        assert!(self.used + 1 < slots, "a table of deliveries is made large enough");
        if let Ok(slot) = self.find(id) {
            self.lines[slot.line][slot.at] = slot.print;
            self.used += 1;
        }
    }

    /// Puts many ids in, quicker than one by one: what a few of them need of memory is fetched at
    /// the same time.
    pub fn insert_all(&mut self, ids: &[EventId]) {
        for ids in ids.chunks(FETCHED) {
            let first = |id: &EventId| self.lines[self.place(*id).0][0];
            std::hint::black_box(ids.iter().fold(0, |all, id| all ^ first(id)));
            ids.iter().for_each(|id| self.insert(*id));
        }
    }

    /// Slots that are used: ids that were inserted and not mistaken for one that was there.
    pub fn len(&self) -> u64 {
        self.used
    }

    /// Whether nothing was inserted.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Bytes of the table.
    pub fn bytes(&self) -> usize {
        std::mem::size_of_val(&*self.lines)
    }

    /// The empty slot where an id belongs, unless its fingerprint is there.
    fn find(&self, id: EventId) -> Result<Slot, Present> {
        let (mut line, print) = self.place(id);
        // A line that is not full is met before all are searched, as the table is never full.
        loop {
            let slots = &self.lines[line];
            // Every slot is looked at, without a branch for each: this is one or two instructions.
            if slots.iter().fold(false, |any, held| any | (*held == print)) {
                return Err(Present);
            }
            let at = slots.iter().map(|held| usize::from(*held != EMPTY)).sum();
            if at < slots.len() {
                return Ok(Slot { line, at, print });
            }
            line = if line + 1 == self.lines.len() { 0 } else { line + 1 };
        }
    }

    /// The line where the search for an id begins, and its fingerprint. The two share no bits: the place
    /// comes from the upper bits of the hash, the fingerprint from the lower.
    fn place(&self, id: EventId) -> (usize, u32) {
        let (low, high) = (id.0 as u64, (id.0 >> 64) as u64);
        let first = folded(low ^ self.seed, high ^ 0x9e37_79b9_7f4a_7c15);
        let hash = folded(first ^ low, high ^ self.seed ^ 0xd1b5_4a32_d192_ed03);
        let line = (u128::from(hash) * self.lines.len() as u128) >> 64;
        (line as usize, (folded(hash, 0xa076_1d64_78bd_642f) as u32).max(1))
    }
}

/// How many ids have a place in so many lines.
fn room(lines: u64) -> u64 {
    let (part, whole) = LOAD_MAX;
    (u128::from(lines) * u128::from(LINE * part) / u128::from(whole)) as u64
}

/// Both halves of a product: every bit of the arguments reaches every bit of it.
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests;
