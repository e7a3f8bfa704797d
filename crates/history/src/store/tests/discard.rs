//! What is discarded is in no answer from then on, whatever runs meanwhile and whatever comes back.

use super::*;

/// The names of all events of everybody.
fn names(process: &mut Process) -> Vec<String> {
    let snapshot = process.store.snapshot().unwrap();
    let users = (0..snapshot.n_places() as u32).map(UserIndex);
    let events = users.flat_map(|user| snapshot.events_of(user).unwrap());
    let mut names: Vec<String> = events.map(|stored| stored.event.name.to_string()).collect();
    names.sort();
    names
}

fn script() -> Vec<Record> {
    let ada = || Who::user("ada");
    records(&[
        event(ada(), "noise", 1, 1),
        event(ada(), "buy", 2, 2),
        event(Who::user("bob"), "noise", 40, 3),
        event(Who::user("cem"), "buy", 41, 4),
    ])
}

const UNTIL: Timestamp = Timestamp(50 * 86_400_000);

#[test]
fn a_job_under_way_brings_nothing_back() {
    let folder = MemoryFolder::default();
    let log = script();
    let mut process = Process::open(&folder, &log).unwrap();
    let job = process.begin().unwrap().unwrap();
    process.store.discard(&"noise".into(), UNTIL).unwrap();
    assert_eq!(process.store.take_bereft(), [UserIndex(0), UserIndex(1)]);
    assert_eq!(names(&mut process), ["buy", "buy"]);
    process.store.finish(job.run()).unwrap();
    assert_eq!(names(&mut process), ["buy", "buy"]);

    // The manifest of that job has it; whoever opens it discards again, with nothing newer lost.
    let mut reopened = Process::open(&folder.after_kill(), &log).unwrap();
    assert_eq!(names(&mut reopened).len(), 4);
    reopened.store.discard(&"noise".into(), UNTIL).unwrap();
    assert_eq!(names(&mut reopened), ["buy", "buy"]);

    process.checkpoint(&Upkeep::default()).unwrap();
    let mut reopened = Process::open(&folder.after_kill(), &log).unwrap();
    assert_eq!(names(&mut reopened), ["buy", "buy"], "the next checkpoint is without it");
}

#[test]
fn only_what_was_accepted_by_then_goes_and_a_replay_skips_it() {
    let mut process = Process::of(Store::in_memory(), false);
    process.store.discard(&"noise".into(), UNTIL).unwrap();
    script().into_iter().for_each(|record| process.apply(record));
    assert_eq!(names(&mut process), ["buy", "buy"]);
    let later = records(&[event(Who::user("bob"), "noise", 60, 5)]);
    later.iter().for_each(|record| process.apply(record.clone()));
    assert_eq!(names(&mut process), ["buy", "buy", "noise"]);
    assert_eq!(process.store.take_bereft(), [UserIndex(0), UserIndex(1)]);
    process.store.discard(&"noise".into(), UNTIL).unwrap();
    assert_eq!(names(&mut process), ["buy", "buy", "noise"], "what came later stays");
    assert_eq!(process.store.snapshot().unwrap().n_users(Timestamp::MAX), 3, "users stay");

    // A part that has both keeps what came later.
    let mut mixed = Process::in_memory(&[script(), later].concat());
    mixed.store.snapshot().unwrap();
    mixed.store.discard(&"noise".into(), UNTIL).unwrap();
    assert_eq!(names(&mut mixed), ["buy", "buy", "noise"]);
}
