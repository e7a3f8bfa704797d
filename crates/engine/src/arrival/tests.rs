use model::{Event, EventId, Record, Text, Timestamp, What, Who};
use proptest::prelude::*;

use super::{SEQUENCE_BITS, arrivals};

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
    let all = arrivals(frame, records.iter());
    assert!(all.iter().all(|arrival| arrival >> SEQUENCE_BITS == frame + 1));
    all.iter().map(|arrival| arrival & ((1 << SEQUENCE_BITS) - 1)).collect()
}

#[test]
fn only_what_is_of_one_millisecond_is_counted() {
    let times = |times: &[i64]| -> Vec<Record> { times.iter().map(|t| event("a", *t)).collect() };
    assert_eq!(sequences(3, &times(&[1, 2, 3])), [0, 0, 0]);
    assert_eq!(sequences(3, &times(&[1, 1, 1, 2])), [0, 1, 2, 0]);
    assert_eq!(sequences(3, &times(&[5, 3, 6, 3, 6])), [0, 0, 0, 1, 1]);
    assert_eq!(sequences(3, &times(&[i64::MIN, i64::MIN])), [0, 1]);
    let all = [event("a", 1), event("b", 1), alias("a", "b"), event("b", 1)];
    assert_eq!(sequences(9, &all), [0, 1, 0, 2]);
}

proptest! {
    #[test]
    fn no_two_records_have_time_and_arrival_in_common(
        frames in prop::collection::vec(prop::collection::vec((0..4u8, 0..5i64), 0..30), 0..5),
    ) {
        let mut places = Vec::new();
        for (frame, drafts) in frames.iter().enumerate() {
            let records: Vec<Record> =
                drafts.iter().map(|(user, time)| event(&user.to_string(), *time)).collect();
            let all = arrivals(frame as u64, records.iter());
            prop_assert_eq!(&all, &arrivals(frame as u64, records.iter()));
            places.extend(drafts.iter().map(|(_, time)| *time).zip(all));
        }
        for (later, place) in places.iter().enumerate() {
            for earlier in &places[..later] {
                prop_assert!(earlier.0 != place.0 || earlier.1 < place.1);
            }
        }
    }
}
