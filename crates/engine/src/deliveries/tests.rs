use std::collections::HashSet;

use model::EventId;
use proptest::prelude::*;

use super::{Deliveries, LINE, Line, SPARE, room};

/// A set and its owner, who can say all ids again.
struct Owner {
    set: Deliveries,
    ids: HashSet<u128>,
    restarts: usize,
}

impl Owner {
    fn new(seed: u64) -> Owner {
        Owner { set: Deliveries::new(seed), ids: HashSet::new(), restarts: 0 }
    }

    fn insert(&mut self, id: u128) {
        if !self.set.has_room(1) {
            self.set.restart(self.ids.len() as u64);
            let ids: Vec<EventId> = self.ids.iter().map(|id| EventId(*id)).collect();
            self.set.insert_all(&ids);
            self.restarts += 1;
        }
        self.set.insert(EventId(id));
        self.ids.insert(id);
    }

    fn check(&self) {
        assert!(self.ids.iter().all(|id| self.set.maybe_seen(EventId(*id))));
        assert!(self.set.used <= self.ids.len() as u64);
        assert!(self.set.used <= room(self.set.lines.len() as u64));
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
    for n in 0..400_000 {
        owner.insert(mixed(n));
    }
    owner.check();
    assert!((3..12).contains(&owner.restarts), "{}", owner.restarts);
    assert!(owner.set.bytes() < 400_000 * 6 + 4 * 2 * SPARE.1 as usize, "{}", owner.set.bytes());
    // Dense numbers too, which is what senders with 64-bit counters write.
    let wrong = (1..2_000_000).filter(|n| owner.set.maybe_seen(EventId(*n))).count();
    assert!(wrong <= 2, "{wrong} of two million; 0.01 are expected");
}

fn of_lines(seed: u64, lines: u64) -> Deliveries {
    Deliveries { seed, lines: vec![Line::default(); lines as usize].into(), used: 0 }
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
    let (line, _) = set.place(EventId(mixed(0)));
    set.insert(EventId(mixed(0)));
    let other = (1..).map(mixed).find(|id| set.place(EventId(*id)).0 == line).unwrap();
    assert!(!set.maybe_seen(EventId(other)));
    set.lines[line][0] = set.place(EventId(other)).1;
    assert!(set.maybe_seen(EventId(other)), "it has the place and the fingerprint of what is held");
    set.insert(EventId(other));
    assert_eq!(set.used, 1, "what may be there takes no second slot");
    set.insert(EventId(mixed(0)));
    assert_eq!(set.used, 2);
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
        let crowd = (0..).map(|n| EventId(mixed(n))).filter(|id| set.place(*id).0 == last);
        let crowd: Vec<EventId> = crowd.take(room(lines) as usize).collect();
        for (n, id) in crowd.iter().enumerate() {
            set.insert(*id);
            prop_assert!(crowd[..=n].iter().all(|id| set.maybe_seen(*id)));
        }
    }
}
