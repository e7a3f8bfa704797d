//! Events older than is kept are dropped to the millisecond, and nothing else is.

use super::*;

const DAY: i64 = 86_400_000;

fn at(name: &str, time: i64, n: u64) -> Deed {
    let what = What::Event(Event {
        name: name.into(),
        time: Timestamp(time),
        id: EventId(u128::from(n)),
        properties: vec![(Text::new("n"), Value::Int(n as i64)), (Text::new("none"), Value::Null)],
    });
    Deed::Apply(Record { received_at: Timestamp(time), who: Who::user("ada"), what })
}

fn times(process: &mut Process, name: &str) -> Vec<i64> {
    let snapshot = process.store.snapshot().unwrap();
    let events = snapshot.events_of(UserIndex(0)).unwrap().into_iter();
    events.filter(|stored| stored.event.name == name).map(|stored| stored.event.time.0).collect()
}

#[test]
fn what_is_older_than_is_kept_goes_and_the_rest_stays() {
    let limit = 100 * DAY;
    let script = [
        at("view", 5 * DAY, 1),
        at("view", limit - 1, 2),
        at("view", limit, 3),
        at("view", limit + 1, 4),
        at("buy", 5 * DAY, 5),
        change(Who::user("ada"), 6),
        Deed::Checkpoint,
        at("view", 200 * DAY, 7),
        at("view", 6 * DAY, 8),
    ];
    let folder = MemoryFolder::default();
    let mut process = Process::open(&folder, &[]).unwrap();
    assert!(play(&mut process, &script).is_empty());
    let forget =
        vec![(Text::new("view"), Timestamp(limit)), (Text::new("never seen"), Timestamp(limit))];
    let upkeep = Upkeep { forget, ..Upkeep::default() };
    let before = process.store.snapshot().unwrap().facts_of(UserIndex(0)).clone();
    let done = process.checkpoint(&upkeep).unwrap();
    assert_eq!(done.rows_forgotten, 4);
    assert_eq!(process.checkpoint(&upkeep).unwrap().rows_forgotten, 0, "once");
    let log = records(&script);
    let reopened = Process::open(&folder.after_kill(), &log).unwrap();
    for mut process in [process, reopened] {
        assert_eq!(times(&mut process, "view"), [limit + 1, 200 * DAY]);
        assert_eq!(times(&mut process, "buy"), [5 * DAY]);
        let snapshot = process.store.snapshot().unwrap();
        assert_eq!(snapshot.facts_of(UserIndex(0)), before, "a user does not become new again");
        let history = snapshot.history_of(UserIndex(0)).unwrap();
        assert_eq!(history.attributes.len(), 1);
        assert_eq!(history.events.last().unwrap().properties, [("n".into(), Value::Int(7))]);
    }
}

#[test]
fn a_history_that_is_built_again_forgets_again() {
    let script = [at("view", 5 * DAY, 1), at("view", 150 * DAY, 2), Deed::Checkpoint];
    let mut process = Process::open(&MemoryFolder::default(), &records(&script)).unwrap();
    assert_eq!(times(&mut process, "view").len(), 2, "the log has everything");
    let forget = vec![(Text::new("view"), Timestamp(100 * DAY))];
    process.checkpoint(&Upkeep { forget, ..Upkeep::default() }).unwrap();
    assert_eq!(times(&mut process, "view"), [150 * DAY]);
}
