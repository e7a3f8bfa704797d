//! Who is erased is in nothing any more, and nothing of the others is other than without them; who is
//! hidden comes back as they were.

use super::*;
use crate::users::UserFacts;

/// What a store says of everybody who is seen, by the id under which they are shown.
fn said(process: &mut Process) -> Vec<String> {
    let snapshot = process.store.snapshot().unwrap();
    let users = (0..snapshot.n_places() as u32).map(UserIndex);
    let seen = users.filter(|user| snapshot.facts_of(*user).first_seen != i64::MAX);
    let said = seen.map(|user| {
        let facts = UserFacts { merged_into: None, ..snapshot.facts_of(user) };
        let events = snapshot.events_of(user).unwrap();
        let ids: Vec<_> =
            events.iter().map(|stored| (stored.event.id, stored.received_at)).collect();
        let told = snapshot.transitions_of(user, Timestamp::MAX).unwrap().len();
        format!("{facts:?} {ids:?} {:?} {told}", snapshot.history_of(user).unwrap().attributes)
    });
    let mut said: Vec<String> = said.collect();
    said.sort();
    said.push(format!("{} events", snapshot.n_events(Timestamp::MAX).unwrap()));
    said.push(format!("{} users", snapshot.n_users(Timestamp::MAX)));
    said
}

fn told(who: Who, mail: &str, day: i64, id: u128) -> Record {
    let time = Timestamp(day * 86_400_000);
    let set = vec![("email".into(), Value::text(mail))];
    let what = What::Identify(AttributeChange::set(time, EventId(id), set));
    Record { received_at: time, who, what }
}

/// Everybody's records; those of Ada, who was anonymous first, are every other one.
fn script() -> (Vec<Record>, Vec<Record>) {
    let who = |n: u128| match n % 6 {
        0 => Who::user("ada"),
        2 => Who::anonymous("ada's phone"),
        4 => Who::of(Some("ada".into()), Some("ada's phone".into())),
        1 => Who::user("bob"),
        3 => Who::anonymous("stranger"),
        _ => Who::user("cem"),
    };
    let one = |n: u128| match n % 5 {
        0 => told(who(n), if n.is_multiple_of(2) { "ada@secret.org" } else { "x@y.org" }, 3, n),
        _ => {
            let (name, day) = (["buy", "see"][(n % 2) as usize], n as i64 % 90);
            records(&[event(who(n), name, day, n as u64)]).remove(0)
        }
    };
    let all: Vec<Record> = (1..=90).map(one).collect();
    let others = (1..=90).zip(&all).filter(|(n, _)| n % 2 == 1).map(|(_, record)| record.clone());
    let others = others.collect();
    (all, others)
}

fn erase(process: &mut Process) -> Erased {
    let ada = process.fold.find("ada").unwrap();
    assert!(!process.store.deliveries_of(ada).unwrap().is_empty());
    let persons = process.fold.forget(ada);
    process.store.erase(&persons).unwrap()
}

fn texts(folder: &MemoryFolder) -> String {
    let (mut store, saved) = Store::open_in(Arc::new(folder.after_kill())).unwrap();
    let mut texts = String::new();
    for piece in saved.fold {
        texts += &String::from_utf8_lossy(&piece.unwrap());
    }
    let snapshot = store.snapshot().unwrap();
    for part in snapshot.families.values().flatten() {
        for column in part.columns() {
            texts += &format!("{:?}", part.column(column).unwrap().unwrap().values);
        }
    }
    for user in (0..snapshot.n_places() as u32).map(UserIndex) {
        texts += snapshot.public_id(user);
    }
    texts
}

#[test]
fn the_erased_are_gone_and_the_others_are_as_without_them() {
    let (all, others) = script();
    for checkpoints in [vec![], vec![90], vec![30, 60], vec![10, 20, 30, 40, 50, 60, 70, 80]] {
        let folder = MemoryFolder::default();
        let mut process = Process::open_with(&folder, &all[..0], true).unwrap();
        for (n, record) in (1..).zip(&all) {
            process.apply(record.clone());
            if checkpoints.contains(&n) {
                process.checkpoint(&Upkeep::default()).unwrap();
            }
        }
        let mut without = Process::in_memory_with(&others, true);
        let erased = erase(&mut process);
        assert_eq!((erased.events, erased.changes, erased.transitions), (36, 9, 45));
        assert_eq!(erased.files > 0, !checkpoints.is_empty());
        assert_eq!(said(&mut process), said(&mut without), "at once: {checkpoints:?}");
        process.checkpoint(&Upkeep::default()).unwrap();
        assert_eq!(said(&mut process), said(&mut without), "and for good: {checkpoints:?}");
        assert_eq!(process.store.n_obsolete(), 0);
        let texts = texts(&folder);
        assert!(texts.contains("x@y.org") && texts.contains("bob"));
        assert!(!texts.contains("secret") && !texts.contains("ada"), "{checkpoints:?}");
        let mut reopened = Process::open_with(&folder.after_kill(), &all, true).unwrap();
        assert_eq!(said(&mut reopened), said(&mut without), "and after a start");
    }
}

#[test]
fn a_job_under_way_brings_nobody_back() {
    let (all, others) = script();
    let folder = MemoryFolder::default();
    let mut process = Process::open_with(&folder, &all, true).unwrap();
    let job = process.begin().unwrap().unwrap();
    erase(&mut process);
    process.store.finish(job.run()).unwrap();
    let mut without = Process::in_memory_with(&others, true);
    assert_eq!(said(&mut process), said(&mut without));
    assert!(texts(&folder).contains("ada"), "that checkpoint is of before");
    process.checkpoint(&Upkeep::default()).unwrap();
    assert!(!texts(&folder).contains("ada"));
    assert_eq!(said(&mut process), said(&mut without));
}

#[test]
fn the_hidden_are_not_shown_and_come_back_as_they_were() {
    let (all, others) = script();
    let folder = MemoryFolder::default();
    let mut process = Process::open_with(&folder, &all[..0], true).unwrap();
    for (n, record) in (1..).zip(&all) {
        process.apply(record.clone());
        if n == 40 {
            process.checkpoint(&Upkeep::default()).unwrap();
        }
    }
    let before = said(&mut process);
    let mut without = Process::in_memory_with(&others, true);
    let ada = process.fold.find("ada").unwrap();
    process.store.hide(ada);
    assert!(process.store.is_hidden(ada));
    assert_eq!(said(&mut process), said(&mut without));
    process.checkpoint(&Upkeep::default()).unwrap();
    assert_eq!(said(&mut process), said(&mut without));
    let mut reopened = Process::open_with(&folder.after_kill(), &all, true).unwrap();
    assert_eq!(said(&mut reopened), before, "the disk has everything");
    process.store.show(ada);
    assert_eq!(said(&mut process), before);
    process.store.hide(ada);
    erase(&mut process);
    assert_eq!(said(&mut process), said(&mut without), "the hidden can be erased, too");
}
