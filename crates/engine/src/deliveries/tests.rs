use std::collections::HashSet;

use model::EventId;
use proptest::prelude::*;

use super::{Deliveries, Hashed, LINE, Line, SPARE, Table, room};

/// A set and its owner, who can say all ids again.
struct Owner {
    set: Deliveries,
    ids: HashSet<u128>,
    grown: usize,
}

impl Owner {
    fn new(seed: u64) -> Owner {
        Owner { set: Deliveries::new(seed), ids: HashSet::new(), grown: 0 }
    }

    fn insert(&mut self, id: u128) {
        if !self.set.has_room(1) {
            self.set.grow(1);
            self.grown += 1;
        }
        self.set.insert(EventId(id));
        self.ids.insert(id);
    }

    fn restart(&mut self) {
        self.set.restart(self.ids.len() as u64);
        let ids: Vec<EventId> = self.ids.iter().map(|id| EventId(*id)).collect();
        self.set.insert_all(&ids);
    }

    fn check(&self) {
        assert!(self.ids.iter().all(|id| self.set.maybe_seen(EventId(*id))));
        for table in self.set.tables() {
            assert!(table.used <= room(table.lines.len() as u64));
        }
    }
}

fn mixed(n: u64) -> u128 {
    u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

#[test]
fn nothing_is_in_an_empty_set() {
    let mut set = Deliveries::new(1);
    assert!(!set.maybe_seen(EventId(0)) && set.has_room(0) && !set.has_room(1));
    set.restart(0);
    assert!(!set.maybe_seen(EventId(0)) && set.has_room(SPARE.1) && !set.has_room(u64::MAX));
}

#[test]
fn a_growing_set_finds_everything_and_hardly_anything_else() {
    let mut owner = Owner::new(7);
    for n in 0..1_200_000 {
        owner.insert(mixed(n));
    }
    owner.check();
    // Of 2^18 at first, and then as many as there are.
    assert_eq!((owner.grown, owner.set.full.len()), (4, 3));
    assert_eq!(owner.set.len(), owner.ids.len() as u64);
    assert!(owner.set.bytes() < 1_200_000 * 10, "{}", owner.set.bytes());
    owner.restart();
    owner.check();
    assert!(owner.set.full.is_empty());
    assert!(owner.set.bytes() < 1_200_000 * 6, "{}", owner.set.bytes());
    // Dense numbers too, which is what senders with 64-bit counters write.
    let wrong = (1..2_000_000).filter(|n| owner.set.maybe_seen(EventId(*n))).count();
    assert!(wrong <= 2, "{wrong} of two million; 0.01 are expected");
    owner.insert(7);
    assert!(owner.set.maybe_seen(EventId(7)));
}

fn of_lines(seed: u64, lines: u64) -> Deliveries {
    let table = Table { lines: vec![Line::default(); lines as usize].into(), used: 0 };
    Deliveries { seed, full: Vec::new(), table }
}

/// The line where an id belongs, and its fingerprint.
fn place(set: &Deliveries, id: u128) -> (usize, u32) {
    let hashed = Hashed::of(EventId(id), set.seed);
    (set.table.line(hashed), hashed.print)
}

#[test]
fn a_full_table_is_searched_to_its_end_and_around_it() {
    for lines in 1..=40 {
        let (mut set, n) = (of_lines(lines, lines), lines * LINE - 1);
        (0..n).for_each(|id| set.insert(EventId(mixed(id))));
        assert!((0..n).all(|id| set.maybe_seen(EventId(mixed(id)))), "{lines}");
        assert!(!set.maybe_seen(EventId(mixed(n + 1))), "{lines}");
    }
}

/// Two ids with one place and one fingerprint cannot be found by search (that is the point), so the
/// fingerprint of the first is overwritten with that of a second one of the same place.
#[test]
fn equal_fingerprints_in_one_place_are_one_maybe_and_never_a_no() {
    let mut set = of_lines(3, 8);
    let (line, _) = place(&set, mixed(0));
    set.insert(EventId(mixed(0)));
    let other = (1..).map(mixed).find(|id| place(&set, *id).0 == line).unwrap();
    assert!(!set.maybe_seen(EventId(other)));
    set.table.lines[line][0] = place(&set, other).1;
    assert!(set.maybe_seen(EventId(other)), "it has the place and the fingerprint of what is held");
    set.insert(EventId(other));
    assert_eq!(set.len(), 1, "what may be there takes no second slot");
    set.insert(EventId(mixed(0)));
    assert_eq!(set.len(), 2);
    assert!(set.maybe_seen(EventId(mixed(0))) && set.maybe_seen(EventId(other)));
}

proptest! {
    #[test]
    fn whatever_was_inserted_is_found(
        seed in any::<u64>(),
        ids in prop::collection::vec(prop_oneof![any::<u128>(), 0..50u128, (0..50u128).prop_map(|n| n << 64)], 0..400),
    ) {
        let mut owner = Owner::new(seed);
        for id in ids {
            let known = owner.ids.contains(&id);
            prop_assert_eq!(owner.set.maybe_seen(EventId(id)), known, "wrong once in ten million");
            owner.insert(id);
        }
        owner.check();
    }

    #[test]
    fn ids_that_share_one_place_are_all_found(seed in any::<u64>(), lines in 2..8u64) {
        let mut set = of_lines(seed, lines);
        let last = lines as usize - 1;
        let crowd = (0..).map(|n| EventId(mixed(n))).filter(|id| place(&set, id.0).0 == last);
        let crowd: Vec<EventId> = crowd.take(room(lines) as usize).collect();
        for (n, id) in crowd.iter().enumerate() {
            set.insert(*id);
            prop_assert!(crowd[..=n].iter().all(|id| set.maybe_seen(*id)));
        }
    }
}
