use model::{Event, EventId, Record, Text, Timestamp, What, Who};
use proptest::prelude::*;

use super::{SEQUENCE_BITS, arrivals};
use crate::{Fold, Step};

fn event(user: &str, time: i64) -> Record {
    let id = EventId::of(&format!("{user} {time}"));
    let event = Event { name: "e".into(), time: Timestamp(time), id, properties: vec![] };
    Record { received_at: Timestamp(0), who: Who::user(user), what: What::Event(event) }
}

fn alias(user: &str, previous: &str) -> Record {
    let what = What::Alias { previous: Text::new(previous) };
    Record { received_at: Timestamp(0), who: Who::user(user), what }
}

fn sequences(frame: u64, records: &[Record]) -> Vec<u64> {
    let mut fold = Fold::new();
    let steps: Vec<Step> = records.iter().map(|record| fold.step(record)).collect();
    let all = arrivals(frame, steps.iter().zip(records));
    assert!(all.iter().all(|arrival| arrival >> SEQUENCE_BITS == frame));
    all.iter().map(|arrival| arrival & ((1 << SEQUENCE_BITS) - 1)).collect()
}

#[test]
fn only_what_is_not_later_is_counted() {
    let times = |times: &[i64]| -> Vec<Record> { times.iter().map(|t| event("a", *t)).collect() };
    assert_eq!(sequences(3, &times(&[1, 2, 3])), [0, 0, 0]);
    assert_eq!(sequences(3, &times(&[1, 1, 1, 2])), [0, 1, 2, 0]);
    // A later record does not begin the count anew: the two at 3 must differ.
    assert_eq!(sequences(3, &times(&[5, 3, 6, 3, 6])), [0, 1, 0, 2, 3]);
    assert_eq!(sequences(3, &times(&[i64::MIN, i64::MIN])), [0, 1]);
    let two = [event("a", 1), event("b", 1), event("b", 1), event("a", 1)];
    assert_eq!(sequences(0, &two), [0, 0, 1, 1]);
}

#[test]
fn users_that_become_one_within_the_frame_are_counted_as_one() {
    let records = [event("a", 1), event("b", 1), alias("a", "b"), event("b", 1)];
    assert_eq!(sequences(9, &records), [0, 1, 0, 2]);
}

proptest! {
    #[test]
    fn records_of_one_user_and_time_keep_their_order(
        drafts in prop::collection::vec((0..4u8, 0..4u8, 0..6i64), 0..60),
    ) {
        let name = |n: u8| format!("user {n}");
        let record = |(user, other, time): &(u8, u8, i64)| match time {
            5 if user != other => alias(&name(*user), &name(*other)),
            _ => event(&name(*user), *time),
        };
        let records: Vec<Record> = drafts.iter().map(record).collect();
        let mut fold = Fold::new();
        let steps: Vec<Step> = records.iter().map(|record| fold.step(record)).collect();
        let all = arrivals(7, steps.iter().zip(&records));
        prop_assert_eq!(&all, &arrivals(7, steps.iter().zip(&records)));
        let place = |at: usize| match &records[at].what {
            What::Event(event) => Some((fold.find(records[at].who.user_id.as_ref()?)?, event.time)),
            _ => None,
        };
        for later in 0..records.len() {
            for earlier in 0..later {
                if place(later).is_some() && place(later) == place(earlier) {
                    prop_assert!(all[earlier] < all[later], "{:?}", records);
                }
            }
        }
    }
}
