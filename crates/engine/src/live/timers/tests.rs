use proptest::prelude::*;

use super::*;

/// The plain way: a sorted set.
#[derive(Default)]
struct Naive {
    set: BTreeSet<(i64, u32)>,
}

impl Naive {
    fn clear(&mut self, user: u32) {
        self.set.retain(|(_, other)| *other != user);
    }

    fn set(&mut self, user: u32, at: i64) {
        self.clear(user);
        self.set.insert((at, user));
    }

    fn due(&mut self, now: i64) -> Option<(i64, u32)> {
        let first = self.set.first().copied().filter(|(at, _)| *at <= now)?;
        self.set.remove(&first);
        Some(first)
    }
}

impl Timers {
    /// Panics unless every invariant holds.
    fn verify(&self) {
        let mut n = self.early.len();
        for (at, user) in &self.early {
            assert!(*at <= self.cursor);
            assert_eq!((self.horizons[*user as usize], self.places[*user as usize]), (*at, EARLY));
        }
        for Reverse(user) in &self.current {
            let entry = self.places[*user as usize] == CURRENT;
            assert!(!entry || self.horizons[*user as usize] == self.cursor);
            n += usize::from(entry);
        }
        for (index, slot) in self.slots.iter().enumerate() {
            let occupied = self.occupied[index / LEVEL_SLOTS] >> (index % LEVEL_SLOTS) & 1 == 1;
            assert_eq!(occupied, !slot.users.is_empty());
            assert!(occupied || slot.bound == NEVER);
            n += slot.users.len();
            for (place, user) in slot.users.iter().enumerate() {
                let at = self.horizons[*user as usize];
                assert_eq!(self.places[*user as usize] as usize, place);
                assert!(at >= slot.bound);
                assert_eq!(self.slot_of(at), Some(index));
            }
        }
        let set = self.horizons.iter().filter(|at| **at != NEVER).count();
        assert_eq!((n, set), (self.n, self.n), "one entry each");
        assert_eq!(self.is_empty(), self.first().is_none() && self.first_slot().is_none());
    }
}

#[derive(Clone, Debug)]
enum Deed {
    Set(u32, i64),
    Clear(u32),
    /// Asks so often.
    Due(i64, usize),
    /// Asks until there is nothing.
    Drain(i64),
    Restart,
}

const DAY: i64 = 86_400_000;
const BASE: i64 = 1_790_000_000_000;

fn instant() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => (0..200i64).prop_map(|ms| BASE + ms),
        4 => (0..40i64).prop_map(|hours| BASE + hours * DAY / 24),
        3 => (0..10_000i64).prop_map(|days| BASE + days * DAY),
        1 => any::<i64>().prop_map(|at| at.min(NEVER - 1)),
        1 => prop_oneof![
            Just(i64::MIN), Just(-1), Just(0), Just(NEVER - 1),
            Just(Timestamp::MIN.0), Just(Timestamp::MAX.0),
        ],
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        10 => (0..30u32, instant()).prop_map(|(user, at)| Deed::Set(user, at)),
        2 => (0..30u32).prop_map(Deed::Clear),
        4 => (instant(), 0..6usize).prop_map(|(now, times)| Deed::Due(now, times)),
        2 => instant().prop_map(Deed::Drain),
        1 => Just(Deed::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn it_gives_what_a_sorted_set_gives(deeds in proptest::collection::vec(deed(), 1..120)) {
        let (mut timers, mut naive) = (Timers::default(), Naive::default());
        for deed in deeds {
            match deed {
                Deed::Set(user, at) => {
                    timers.set(UserIndex(user), Timestamp(at));
                    naive.set(user, at);
                    prop_assert_eq!(timers.horizon(UserIndex(user)), Some(Timestamp(at)));
                }
                Deed::Clear(user) => {
                    timers.clear(UserIndex(user));
                    naive.clear(user);
                    prop_assert_eq!(timers.horizon(UserIndex(user)), None);
                }
                Deed::Due(now, times) => for _ in 0..times {
                    let due = timers.due(Timestamp(now)).map(|(at, user)| (at.0, user.0));
                    prop_assert_eq!(due, naive.due(now));
                }
                Deed::Drain(now) => {
                    while let Some((at, user)) = timers.due(Timestamp(now)) {
                        prop_assert_eq!(Some((at.0, user.0)), naive.due(now));
                    }
                    prop_assert_eq!(naive.due(now), None);
                    prop_assert!(timers.next().is_none_or(|next| next.0 > now));
                }
                Deed::Restart => timers = Timers::of(timers.freeze()),
            }
            timers.verify();
            prop_assert_eq!(timers.len(), naive.set.len());
            let earliest = naive.set.first().map(|(at, _)| *at);
            prop_assert_eq!(timers.next().is_some(), earliest.is_some());
            prop_assert!(timers.next().map(|next| next.0) <= earliest);
        }
        while let Some((at, user)) = timers.due(Timestamp(NEVER)) {
            prop_assert_eq!(Some((at.0, user.0)), naive.due(NEVER));
        }
        prop_assert!(naive.set.is_empty() && timers.is_empty() && timers.next().is_none());
    }
}

#[test]
fn next_is_the_earliest_horizon_while_nobody_is_set_again() {
    let mut timers = Timers::default();
    for user in (0..100).rev() {
        timers.set(UserIndex(user), Timestamp(BASE + i64::from(user) * DAY));
    }
    for user in 0..100 {
        let at = Timestamp(BASE + i64::from(user) * DAY);
        assert_eq!(timers.next(), Some(at));
        assert_eq!(timers.due(Timestamp(at.0 - 1)), None);
        assert_eq!(timers.due(at), Some((at, UserIndex(user))));
    }
    assert_eq!(timers.next(), None);
}

#[test]
fn a_user_set_again_while_others_are_due_comes_in_its_place() {
    let mut timers = Timers::default();
    let due = |timers: &mut Timers| timers.due(Timestamp(90)).map(|(at, user)| (at.0, user.0));
    for user in [3, 1, 2] {
        timers.set(UserIndex(user), Timestamp(50));
    }
    assert_eq!(due(&mut timers), Some((50, 1)));
    timers.set(UserIndex(1), Timestamp(60));
    timers.set(UserIndex(7), Timestamp(40));
    timers.set(UserIndex(3), Timestamp(70));
    timers.set(UserIndex(4), Timestamp(50));
    for expected in [(40, 7), (50, 2), (50, 4), (60, 1), (70, 3)] {
        assert_eq!(due(&mut timers), Some(expected));
    }
    assert_eq!(due(&mut timers), None);
}

#[test]
fn many_users_at_one_instant_come_in_order_in_slices() {
    let n = 50_000u32;
    let mut timers = Timers::default();
    for user in 0..n {
        timers.set(UserIndex(user.wrapping_mul(48_271) % n), Timestamp(BASE + 30 * DAY));
    }
    for user in 0..n {
        timers.set(UserIndex(user), Timestamp(BASE + 31 * DAY));
    }
    assert_eq!(timers.due(Timestamp(BASE + 31 * DAY - 1)), None);
    let mut given = Vec::new();
    while given.len() < n as usize {
        let slice = std::iter::from_fn(|| timers.due(Timestamp(BASE + 40 * DAY)));
        given.extend(slice.take(1_000).map(|(_, user)| user.0));
    }
    assert!(given.into_iter().eq(0..n));
    assert!(timers.is_empty());
}

#[test]
fn users_set_over_and_over_leave_nothing_behind() {
    let mut timers = Timers::default();
    for n in 0..200_000i64 {
        let user = UserIndex((n * 7_919 % 50) as u32);
        timers.set(user, Timestamp(BASE + n * 1_000 + (n % 13) * DAY));
        if n % 1_000 == 0 {
            timers.verify();
        }
    }
    let held: usize = timers.slots.iter().map(|slot| slot.users.len()).sum();
    assert_eq!((timers.len(), held), (50, 50));
    let room: usize = timers.slots.iter().map(|slot| slot.users.capacity()).sum();
    assert!(room < 64 * 100, "{room} places");
}
