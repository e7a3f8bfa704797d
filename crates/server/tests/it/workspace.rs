//! What is acknowledged is durable, visible and counted once.

use std::path::Path;

use model::{AttributeChange, Event, EventId, Record, Timestamp, Value, What, Who};
use server::Workspace;
use server::fill::Filler;
use server::workspace::{Counts, KeepLog, LogSizes, SubmitError, WorkspaceError};

const DAY: i64 = 86_400_000;

fn purchase(user: &str, id: &str, day: i64) -> Record {
    let time = Timestamp(20_000 * DAY + day * DAY);
    let event = Event {
        name: "Purchase".into(),
        time,
        id: EventId::of(id),
        properties: vec![("amount".into(), Value::Float(1.5))],
    };
    Record { received_at: time, who: Who::user(user), what: What::Event(event) }
}

fn open(dir: &Path) -> Workspace {
    Workspace::open(dir).unwrap().0
}

fn submit(workspace: &Workspace, records: Vec<Record>) -> Counts {
    workspace.enqueue(records).unwrap().wait().unwrap()
}

#[test]
fn a_delivery_counts_once_within_a_batch_across_batches_and_across_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = open(dir.path());
    let batch = vec![purchase("ada", "1", 0), purchase("ada", "1", 0), purchase("bob", "2", 1)];
    assert_eq!(submit(&workspace, batch.clone()), Counts { accepted: 2, duplicates: 1 });
    assert_eq!(submit(&workspace, batch.clone()), Counts { accepted: 0, duplicates: 3 });
    assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 2);
    drop(workspace); // no checkpoint: the log is replayed

    let (workspace, opened) = Workspace::open(dir.path()).unwrap();
    assert_eq!(opened.replayed, 2);
    assert_eq!(submit(&workspace, batch.clone()), Counts { accepted: 0, duplicates: 3 });
    workspace.close().unwrap(); // with a checkpoint: nothing is replayed

    let (workspace, opened) = Workspace::open(dir.path()).unwrap();
    assert_eq!(opened.replayed, 0);
    assert_eq!(submit(&workspace, batch), Counts { accepted: 0, duplicates: 3 });
    assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 2);
}

#[test]
fn a_delivery_counts_once_whatever_comes_with_it_the_second_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut workspace = open(dir.path());
    let mut first: Vec<Record> =
        (0..40).map(|n| purchase("ada", &format!("id {n}"), n * 9)).collect();
    let id = EventId::of("change");
    let change = |attributes| AttributeChange::set(Timestamp(0), id, attributes);
    let attributes = vec![("city".into(), Value::Int(1))];
    let (received_at, what) = (Timestamp(0), What::Identify(change(attributes)));
    first.push(Record { received_at, who: Who::user("ada"), what });
    assert_eq!(submit(&workspace, first.clone()), Counts { accepted: 41, duplicates: 0 });
    let again = |edit: fn(&mut Event)| -> Vec<Record> {
        let mut again = first.clone();
        for record in &mut again {
            match &mut record.what {
                What::Event(event) => edit(event),
                other => *other = What::Identify(change(vec![])),
            }
        }
        again
    };
    let mut of_bob = first.clone();
    of_bob.iter_mut().for_each(|record| record.who = Who::user("bob"));
    let others = [
        first.clone(),
        again(|event| event.name = "Refund".into()),
        again(|event| event.time.0 += 400 * DAY),
        again(|event| event.time.0 += 1),
        of_bob,
    ];
    for stage in ["applied", "sealed", "replayed", "after a checkpoint"] {
        match stage {
            "applied" => {}
            "sealed" => drop(workspace.snapshot().unwrap()),
            "replayed" => {
                drop(workspace);
                workspace = open(dir.path());
            }
            _ => workspace = open_after(&workspace, dir.path()),
        }
        for (n, records) in others.iter().enumerate() {
            let counts = submit(&workspace, records.clone());
            assert_eq!(counts, Counts { accepted: 0, duplicates: 41 }, "{stage}: {n}");
        }
        assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 40);
        assert!(workspace.identity("bob").unwrap().is_none());
    }
    // Other ids of the same event still count.
    let new = submit(&workspace, vec![purchase("ada", "new", 0), purchase("ada", "id 0", 0)]);
    assert_eq!(new, Counts { accepted: 1, duplicates: 1 });
}

#[test]
fn events_of_one_millisecond_keep_their_order_and_a_replay_gives_the_same_places() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = open(dir.path());
    let names: Vec<String> = (0..60).map(|n| format!("{}", (n * 37) % 60)).collect();
    for batch in names.chunks(7) {
        submit(&workspace, batch.iter().map(|id| purchase("ada", id, 0)).collect());
    }
    let events = |workspace: &Workspace| {
        let user = workspace.identity("ada").unwrap().unwrap().0;
        let events = workspace.snapshot().unwrap().events_of(user).unwrap();
        let facts = events.into_iter().map(|stored| (stored.event.arrival, stored.event.id));
        facts.collect::<Vec<_>>()
    };
    let before = events(&workspace);
    let expected: Vec<EventId> = names.iter().map(|id| EventId::of(id)).collect();
    assert_eq!(before.iter().map(|(_, id)| *id).collect::<Vec<_>>(), expected);
    assert!(before.is_sorted_by_key(|(arrival, _)| *arrival));
    drop(workspace);
    let workspace = open(dir.path());
    assert_eq!(events(&workspace), before);
    let workspace = open_after(&workspace, dir.path());
    submit(&workspace, vec![purchase("ada", "last", 0)]);
    let after = events(&workspace);
    assert_eq!(after[..60], before);
    assert_eq!(after[60].1, EventId::of("last"));
}

#[test]
fn what_is_acknowledged_is_in_the_next_snapshot_and_not_in_older_ones() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = open(dir.path());
    let before = workspace.snapshot().unwrap();
    for n in 0..50 {
        submit(&workspace, vec![purchase("ada", &n.to_string(), n)]);
        assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), n as u64 + 1);
    }
    assert_eq!(before.n_events(Timestamp::MAX).unwrap(), 0);
}

#[test]
fn many_senders_share_syncs_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = open(dir.path());
    std::thread::scope(|scope| {
        for sender in 0..8 {
            let workspace = &workspace;
            scope.spawn(move || {
                let user = format!("user {sender}");
                let mut filler = Filler::new(workspace, "test");
                for n in 0..3_000 {
                    filler.push(purchase(&user, &format!("{sender} {n}"), n % 300)).unwrap();
                }
                assert_eq!(filler.finish().unwrap(), Counts { accepted: 3_000, duplicates: 0 });
            });
        }
    });
    let snapshot = workspace.snapshot().unwrap();
    assert_eq!(snapshot.n_events(Timestamp::MAX).unwrap(), 24_000);
    assert_eq!(snapshot.n_users(Timestamp::MAX), 8);
    drop(workspace);
    let (workspace, opened) = Workspace::open(dir.path()).unwrap();
    assert_eq!(opened.replayed, 24_000);
    assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 24_000);
}

#[test]
fn ids_of_merged_people_find_the_one_that_remains_after_a_restart_too() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = open(dir.path());
    let mut anonymous = purchase("", "1", 0);
    anonymous.who = Who::anonymous("phone");
    let mut both = purchase("ada", "2", 1);
    both.who.anonymous_id = Some("phone".into());
    submit(&workspace, vec![anonymous, both]);
    for restart in 0..2 {
        let workspace = if restart == 0 { &workspace } else { &open_after(&workspace, dir.path()) };
        let (user, person) = workspace.identity("phone").unwrap().unwrap();
        assert_eq!(workspace.identity("ada").unwrap().unwrap().0, user);
        assert_eq!((person.user_ids().count(), person.anonymous_ids().count()), (1, 1));
        assert_eq!(workspace.snapshot().unwrap().events_of(user).unwrap().len(), 2);
    }
}

fn open_after(workspace: &Workspace, dir: &Path) -> Workspace {
    workspace.close().unwrap();
    open(dir)
}

#[test]
fn one_process_has_a_directory_and_a_closed_one_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = open(dir.path());
    let second = Workspace::open(dir.path()).err().unwrap();
    assert!(matches!(second, WorkspaceError::InUse { .. }), "{second}");
    assert!(second.to_string().contains("--server"), "{second}");
    workspace.close().unwrap();
    let late = workspace.enqueue(vec![purchase("ada", "1", 0)]).err().unwrap();
    assert!(matches!(late, SubmitError::Closing));
}

#[test]
fn a_torn_tail_is_cut_and_a_damaged_middle_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = open(dir.path());
    for n in 0..100 {
        submit(&workspace, vec![purchase("ada", &n.to_string(), n)]);
    }
    let end = workspace.log_position();
    drop(workspace);
    let log = dir.path().join("log");
    let file = std::fs::read_dir(&log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "log"))
        .unwrap();
    let whole = std::fs::read(&file).unwrap();

    let mut damaged = whole.clone();
    damaged[end as usize / 2] ^= 0x40;
    std::fs::write(&file, &damaged).unwrap();
    let error = Workspace::open(dir.path()).err().unwrap().to_string();
    assert!(error.contains("damaged") && error.contains("offset"), "{error}");

    let mut torn = whole;
    let last = torn.iter().rposition(|byte| *byte != 0).unwrap();
    torn.truncate(last - 3);
    std::fs::write(&file, &torn).unwrap();
    let (workspace, opened) = Workspace::open(dir.path()).unwrap();
    assert_eq!(opened.replayed, 99);
    assert!(opened.cut_bytes > 0);
    assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 99);
}

/// Small files, so that few records fill several of them.
const SMALL: LogSizes = LogSizes { segment_bytes: 2_000, kept_bytes: 3_000 };

fn log_files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join("log")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".log")).collect();
    names.sort();
    names
}

/// A directory with 200 events of many small log files, closed with a checkpoint.
fn filled(dir: &Path, keep: KeepLog) {
    let workspace = Workspace::open_with(dir, SMALL).unwrap().0;
    workspace.keep_log(keep).unwrap();
    for n in 0..200 {
        submit(&workspace, vec![purchase("ada", &n.to_string(), n)]);
    }
    assert!(log_files(dir).len() > 5, "nothing is removed before a checkpoint");
    workspace.close().unwrap();
}

#[test]
fn the_log_before_a_checkpoint_is_removed_and_the_history_lasts() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), KeepLog::Checkpoint);
    let kept = log_files(dir.path());
    assert!((2..=4).contains(&kept.len()) && !kept[0].starts_with("00000000000000000000"));
    for restart in 0..3_u64 {
        let (workspace, opened) = Workspace::open_with(dir.path(), SMALL).unwrap();
        assert_eq!(opened.replayed, restart, "what came after the checkpoint is in the log");
        let again = (0..200).map(|n| purchase("ada", &n.to_string(), n)).collect();
        assert_eq!(submit(&workspace, again), Counts { accepted: 0, duplicates: 200 });
        let new = vec![purchase("ada", &format!("new {restart}"), 0)];
        assert_eq!(submit(&workspace, new).accepted, 1);
        assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 201 + restart);
    }
}

#[test]
fn all_of_the_log_is_kept_if_the_directory_was_told_so_once() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), KeepLog::All);
    let workspace = Workspace::open_with(dir.path(), SMALL).unwrap().0;
    submit(&workspace, vec![purchase("ada", "new", 0)]);
    workspace.close().unwrap();
    assert!(log_files(dir.path())[0].starts_with("00000000000000000000"));
    std::fs::remove_dir_all(dir.path().join("history")).unwrap();
    let (workspace, opened) = Workspace::open_with(dir.path(), SMALL).unwrap();
    assert_eq!(opened.replayed, 201);
    assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 201);
}

#[test]
fn a_log_that_begins_after_the_history_ends_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), KeepLog::Checkpoint);
    let history = dir.path().join("history");
    let away = dir.path().join("away");
    std::fs::rename(&history, &away).unwrap();
    for _ in 0..2 {
        let error = Workspace::open_with(dir.path(), SMALL).err().unwrap();
        assert!(matches!(error, WorkspaceError::Gap { checkpoint: 0, .. }), "{error}");
        assert!(error.to_string().contains("missing or empty"), "{error}");
        assert!(error.to_string().contains("restore"), "{error}");
    }
    std::fs::remove_dir_all(&history).unwrap();
    std::fs::rename(&away, &history).unwrap();
    let (workspace, _) = Workspace::open_with(dir.path(), SMALL).unwrap();
    assert_eq!(workspace.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 200);
}
