//! Checkpoints beside the writer, and what is kept for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::{Event, EventId, Record, Timestamp, UserIndex, What, Who};
use server::workspace::Clock;
use server::{Service, Workspace};
use wire::api::{RetentionRule, RetentionSettings};

const DAY: i64 = 86_400_000;

fn event(name: &str, time: i64) -> Record {
    let id = EventId::of(&format!("{name} {time}"));
    let event = Event { name: name.into(), time: Timestamp(time), id, properties: vec![] };
    let (received_at, who) = (Timestamp(time), Who::user("ada"));
    Record { received_at, who, what: What::Event(event) }
}

fn times(workspace: &Workspace) -> Vec<i64> {
    let snapshot = workspace.snapshot().unwrap();
    snapshot.events_of(UserIndex(0)).unwrap().iter().map(|stored| stored.event.time.0).collect()
}

#[test]
fn records_are_acknowledged_and_seen_while_checkpoints_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let (workspace, _) = Workspace::open(dir.path()).unwrap();
    std::thread::scope(|scope| {
        let checkpoints = scope.spawn(|| {
            let mut done = Vec::new();
            for round in 0..30 {
                let maintained = match round % 3 {
                    0 => workspace.compact(),
                    _ => workspace.checkpoint(),
                };
                done.push(maintained.unwrap().log_position);
            }
            done
        });
        for n in 0..300 {
            let records = vec![event("Visit", n * DAY / 4), event("Buy", n * DAY)];
            workspace.enqueue(records).unwrap().wait().unwrap();
            assert_eq!(times(&workspace).len() as i64, 2 * (n + 1));
        }
        assert!(checkpoints.join().unwrap().is_sorted(), "positions only grow");
    });
    let expected = times(&workspace);
    workspace.close().unwrap();
    let (workspace, opened) = Workspace::open(dir.path()).unwrap();
    assert_eq!((opened.replayed, times(&workspace)), (0, expected));
}

#[test]
fn events_older_than_is_kept_go_at_the_next_checkpoint_and_stay_gone() {
    let dir = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicI64::new(1_000 * DAY));
    let shown = Arc::clone(&now);
    let clock: Clock = Arc::new(move || Timestamp(shown.load(Ordering::Relaxed)));
    let open = || Arc::new(Workspace::open_at(dir.path(), Arc::clone(&clock)).unwrap().0);
    let workspace = open();
    let service = Service::new(Arc::clone(&workspace));
    let limit = 900 * DAY;
    let all = [10 * DAY, limit - 1, limit, limit + 1, 950 * DAY];
    let records = all.iter().map(|time| event("Visit", *time));
    let records = records.chain([event("Buy", 10 * DAY + 1)]).collect();
    workspace.enqueue(records).unwrap().wait().unwrap();
    let rule = |keep: &str| RetentionSettings {
        rules: vec![RetentionRule { event: "Visit".into(), keep: keep.into() }],
    };
    for wrong in ["89d", "4000d", "soon"] {
        service.set_retention_settings(&rule(wrong)).unwrap_err();
    }
    assert_eq!(service.set_retention_settings(&rule("100d")).unwrap(), rule("100d"));
    assert_eq!(workspace.checkpoint().unwrap().rows_forgotten, 3);
    assert_eq!(times(&workspace), [10 * DAY + 1, limit + 1, 950 * DAY]);
    let first_seen =
        |workspace: &Workspace| workspace.snapshot().unwrap().facts_of(UserIndex(0)).first_seen;
    assert_eq!(first_seen(&workspace), 10 * DAY);

    drop((service, workspace)); // no checkpoint at the end
    now.store(1_001 * DAY, Ordering::Relaxed);
    let workspace = open();
    assert_eq!(times(&workspace), [10 * DAY + 1, limit + 1, 950 * DAY], "the log brings none back");
    assert_eq!(Service::new(Arc::clone(&workspace)).retention_settings().unwrap(), rule("100d"));
    assert_eq!(workspace.checkpoint().unwrap().rows_forgotten, 1, "a day later, without a record");
    assert_eq!(times(&workspace), [10 * DAY + 1, 950 * DAY]);
    assert_eq!(first_seen(&workspace), 10 * DAY);
    workspace.close().unwrap();

    std::fs::remove_dir_all(dir.path().join("history")).unwrap();
    let workspace = open();
    assert_eq!(times(&workspace).len(), 6, "built again from the log");
    assert_eq!(workspace.checkpoint().unwrap().rows_forgotten, 4, "and forgotten again");
}

#[test]
fn a_check_beside_the_writer_finds_nothing_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Arc::new(Workspace::open(dir.path()).unwrap().0);
    let service = Service::new(Arc::clone(&workspace));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..40 {
                workspace.enqueue(vec![event("Visit", n * 1_000)]).unwrap().wait().unwrap();
                workspace.checkpoint().unwrap();
            }
        });
        for _ in 0..40 {
            let report = service.check_history().unwrap();
            assert!(report.problems.is_empty(), "{:?}", report.problems);
        }
    });
    let stats = service.history_stats().unwrap();
    assert_eq!((stats.events, stats.users, stats.unwritten_rows), (40, 1, 0));
    assert!(stats.parts <= 9 && stats.bytes > 0 && stats.log_bytes > 0, "{stats:?}");
    let compacted = service.compact_history().unwrap();
    assert_eq!((compacted.parts, compacted.rows_written), (1, 40));
    let found = service.check_history().unwrap();
    assert_eq!((found.rows, found.log_frames), (40, 40));

    drop((service, workspace));
    let part = std::fs::read_dir(dir.path().join("history")).unwrap();
    let mut parts = part.map(|entry| entry.unwrap().path());
    let part = parts.find(|path| path.display().to_string().contains("part-")).unwrap();
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let report = server::service::history::check_directory(dir.path()).unwrap();
    let names: Vec<&str> = report.problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(names, [part.to_str().unwrap()]);
    assert!(report.problems[0].at.is_some());
}
