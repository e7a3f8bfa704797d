use engine::{Fold, arrivals};
use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, Value, What, Who};
use proptest::prelude::*;

use super::{Asked, Store};
use crate::store::Checkpoint;

const MONTH: i64 = 31 * 86_400_000;

fn event(id: u64, user: u8, name: u8, month: u8) -> Record {
    let (name, time) = (Text::from(format!("name {name}")), Timestamp(i64::from(month) * MONTH));
    let event = Event { name, time, id: EventId::from_bits(id), properties: vec![] };
    let who = Who::user(&format!("user {user}"));
    Record { received_at: time, who, what: What::Event(event) }
}

fn change(id: u64, user: u8, attributes: &[&str]) -> Record {
    let attributes = attributes.iter().map(|name| (Text::new(name), Value::Int(1))).collect();
    let change = AttributeChange::set(Timestamp(5), EventId::from_bits(id), attributes);
    let who = Who::user(&format!("user {user}"));
    Record { received_at: Timestamp(5), who, what: What::Identify(change) }
}

fn alias(user: u8, previous: u8) -> Record {
    let what = What::Alias { previous: Text::from(format!("user {previous}")) };
    Record { received_at: Timestamp(5), who: Who::user(&format!("user {user}")), what }
}

#[derive(Default)]
struct Kept {
    fold: Fold,
    frames: u64,
}

impl Kept {
    /// Applies records as one frame.
    fn apply(&mut self, store: &mut Store, records: &[Record]) {
        let steps: Vec<_> = records.iter().map(|record| self.fold.step(record)).collect();
        let places = arrivals(self.frames, records.iter());
        self.frames += 1;
        for ((step, record), arrival) in steps.iter().zip(records).zip(places) {
            let public_id = self.fold.person(step.user).public_id.clone();
            store.apply(step, record.clone(), &public_id, arrival);
        }
    }

    fn holds(&self, store: &Store, id: u64, record: &Record) -> bool {
        let user = record.who.user_id.as_ref().and_then(|id| self.fold.find(id));
        store.holds_delivery(Asked { id: EventId::from_bits(id), record, user }).unwrap()
    }
}

#[test]
fn a_delivery_is_found_whatever_comes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut kept) = (Store::open(folder.path()).unwrap().0, Kept::default());
    let records =
        [event(1, 1, 1, 1), event(2, 2, 2, 2), change(3, 1, &["a", "b"]), change(4, 2, &[])];
    kept.apply(&mut store, &records);
    for stage in ["fresh", "set aside", "sealed", "opened again"] {
        match stage {
            "fresh" => {}
            "set aside" => assert!(store.set_aside(1) > 0),
            "sealed" => drop(store.snapshot().unwrap()),
            _ => {
                store.checkpoint(Checkpoint::of(1, kept.frames, &kept.fold)).unwrap();
                store = Store::open(folder.path()).unwrap().0;
            }
        }
        let with = [
            event(0, 1, 1, 1),
            event(0, 2, 2, 2),
            event(0, 1, 2, 1),
            event(0, 7, 9, 9),
            change(0, 1, &["b"]),
            change(0, 2, &[]),
            change(0, 9, &["never"]),
        ];
        for record in &with {
            for id in 1..=4 {
                assert!(kept.holds(&store, id, record), "{stage}: {id} with {record:?}");
            }
            assert!(!kept.holds(&store, 5, record), "{stage}: 5 with {record:?}");
        }
        let mut ids = Vec::new();
        store.each_event_id(&mut |id| ids.push(id.0)).unwrap();
        ids.sort_unstable();
        assert_eq!((ids, store.n_rows()), (vec![1, 2, 3, 3, 4], 5), "{stage}");
    }
}

#[test]
fn rows_of_merged_users_keep_the_order_in_which_they_came() {
    for (first, second) in [(1, 2), (2, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, mut kept) = (Store::open(folder.path()).unwrap().0, Kept::default());
        kept.apply(&mut store, &[event(first, 1, 1, 1), event(second, 2, 1, 1)]);
        store.snapshot().unwrap();
        kept.apply(&mut store, &[alias(1, 2)]);
        store.checkpoint(Checkpoint::of(1, kept.frames, &kept.fold)).unwrap();
        let (mut store, checkpoint) = Store::open(folder.path()).unwrap();
        assert_eq!(checkpoint.arrivals, 2);
        let user = kept.fold.find("user 1").unwrap();
        let events = store.snapshot().unwrap().events_of(user).unwrap();
        let ids: Vec<u128> = events.iter().map(|stored| stored.event.id.0).collect();
        assert_eq!(ids, [u128::from(first), u128::from(second)]);
    }
}

proptest! {
    #[test]
    fn exactly_what_was_applied_is_held(
        drafts in prop::collection::vec((0..4u8, 0..3u8, 0..4u8), 1..60),
        other in (0..5u8, 0..4u8, 0..5u8),
        seal_every in 1..20usize,
    ) {
        let (mut store, mut kept) = (Store::in_memory(), Kept::default());
        for (n, (user, name, month)) in drafts.iter().enumerate() {
            let record = match month {
                0 if name == user => change(n as u64, *user, &["a"]),
                0 => alias(*user, *name),
                _ => event(n as u64, *user, *name, *month),
            };
            kept.apply(&mut store, &[record]);
            if n % seal_every == 0 {
                store.snapshot().unwrap();
            }
        }
        let asked = event(0, other.0, other.1, other.2);
        for (n, (user, name, month)) in drafts.iter().enumerate() {
            let counts = *month != 0 || name == user;
            prop_assert_eq!(kept.holds(&store, n as u64, &asked), counts);
            let same = event(0, *user, *name, *month);
            prop_assert_eq!(kept.holds(&store, n as u64, &same), counts);
        }
        prop_assert!(!kept.holds(&store, drafts.len() as u64, &asked));
    }
}
