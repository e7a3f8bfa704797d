//! Which deliveries may have been counted: a set of ids in five to ten bytes each.
//!
//! What it is: open-addressing tables of 32-bit fingerprints, searched line by line of the
//! processor's cache, so that a question mostly costs one access to memory for each table. "No" is
//! certain; "maybe" is wrong with a probability of a few in 10⁹, and its owner asks the history for
//! the exact answer. What it is not: it does not hold the ids, so that a table cannot become larger.
//! A full one stays as it is and another one as large as all before takes what comes
//! ([`Deliveries::grow`]): nobody waits, however many ids there are. Whoever has all ids at hand puts
//! them into one table ([`Deliveries::restart`]).
//!
//! Invariant: whatever was inserted since the last restart is found.

use model::EventId;

/// The largest part of the slots that is used: above it the searches become long.
const LOAD_MAX: (u64, u64) = (17, 20);

/// Room beyond the ids that a table is made for, as a fraction of them and at the least.
const SPARE: (u64, u64) = (4, 64 * 1024);

/// Ids for which a table has room that is begun beside full ones, at the least.
const GROWN_MIN: u64 = 256 * 1024;

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
    /// Tables that take nothing more.
    full: Vec<Table>,
    table: Table,
}

/// Lines of fingerprints.
#[derive(Default)]
struct Table {
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
        Deliveries { seed, full: Vec::new(), table: Table::default() }
    }

    /// Whether the id may have been inserted: `false` is certain. A wrong `true` has a probability
    /// of the number of slots looked at (about 20 in each table) in 2³².
    pub fn maybe_seen(&self, id: EventId) -> bool {
        let hashed = Hashed::of(id, self.seed);
        self.tables().any(|table| table.has(hashed))
    }

    /// Whether so many more ids have a place. If not, [`Deliveries::grow`].
    pub fn has_room(&self, more: u64) -> bool {
        self.table.used.saturating_add(more) <= room(self.table.lines.len() as u64)
    }

    /// Makes room for so many more ids, and as many as there are. Cost: none of it depends on the ids.
    pub fn grow(&mut self, more: u64) {
        let n = self.len().max(GROWN_MIN).saturating_add(more);
        let full = std::mem::replace(&mut self.table, Table::of(n));
        self.full.extend((full.used > 0).then_some(full));
    }

    /// Forgets everything and makes one table with room for `n` ids and a quarter more. What there was
    /// is given back before the table is taken.
    pub fn restart(&mut self, n: u64) {
        (self.full, self.table) = (Vec::new(), Table::default());
        let (fraction, least) = SPARE;
        self.table = Table::of(n.saturating_add((n / fraction).max(least)));
    }

    /// Puts an id in; one that may be there already needs no place, unless in a full table.
    ///
    /// Panics if it would take the last slot, which [`Deliveries::has_room`] tells long before.
    pub fn insert(&mut self, id: EventId) {
        self.table.insert(Hashed::of(id, self.seed));
    }

    /// Puts many ids in, quicker than one by one: what a few of them need of memory is fetched at
    /// the same time.
    pub fn insert_all(&mut self, ids: &[EventId]) {
        let mut hashed = [Hashed::default(); FETCHED];
        for ids in ids.chunks(FETCHED) {
            let hashed = &mut hashed[..ids.len()];
            hashed.iter_mut().zip(ids).for_each(|(of, id)| *of = Hashed::of(*id, self.seed));
            let first = |of: &Hashed| self.table.lines[self.table.line(*of)][0];
            std::hint::black_box(hashed.iter().fold(0, |all, of| all ^ first(of)));
            hashed.iter().for_each(|of| self.table.insert(*of));
        }
    }

    /// Slots that are used: ids that were inserted and not mistaken for one that was there.
    pub fn len(&self) -> u64 {
        self.tables().map(|table| table.used).sum()
    }

    /// Whether nothing was inserted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the tables.
    pub fn bytes(&self) -> usize {
        self.tables().map(|table| std::mem::size_of_val(&*table.lines)).sum()
    }

    fn tables(&self) -> impl Iterator<Item = &Table> {
        std::iter::once(&self.table).chain(&self.full)
    }
}

/// Where the search for an id begins, as a fraction of a table, and its fingerprint. The two share no
/// bits: the place comes from the upper bits of the hash, the fingerprint from the lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hashed {
    place: u64,
    print: u32,
}

impl Hashed {
    fn of(id: EventId, seed: u64) -> Hashed {
        let (low, high) = (id.0 as u64, (id.0 >> 64) as u64);
        let first = folded(low ^ seed, high ^ 0x9e37_79b9_7f4a_7c15);
        let place = folded(first ^ low, high ^ seed ^ 0xd1b5_4a32_d192_ed03);
        Hashed { place, print: (folded(place, 0xa076_1d64_78bd_642f) as u32).max(1) }
    }
}

impl Table {
    /// With room for so many ids.
    fn of(ids: u64) -> Table {
        let (part, whole) = LOAD_MAX;
        let lines = ids.saturating_mul(whole) / (part * LINE) + 1;
        let lines = usize::try_from(lines).unwrap_or(usize::MAX);
        Table { lines: vec![[EMPTY; LINE as usize]; lines].into(), used: 0 }
    }

    fn has(&self, hashed: Hashed) -> bool {
        !self.lines.is_empty() && self.find(hashed).is_err()
    }

    fn insert(&mut self, hashed: Hashed) {
        let slots = self.lines.len() as u64 * LINE;
        assert!(self.used + 1 < slots, "a table of deliveries is made large enough");
        if let Ok(slot) = self.find(hashed) {
            self.lines[slot.line][slot.at] = slot.print;
            self.used += 1;
        }
    }

    /// The empty slot where an id belongs, unless its fingerprint is there.
    fn find(&self, hashed: Hashed) -> Result<Slot, Present> {
        let (mut line, print) = (self.line(hashed), hashed.print);
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

    /// The line where the search for an id begins.
    fn line(&self, hashed: Hashed) -> usize {
        ((u128::from(hashed.place) * self.lines.len() as u128) >> 64) as usize
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
