//! Backups: made while records come in, equal to the source at their log position, and refused if
//! a single byte of them is not what it was.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use model::{Event, EventId, Record, Timestamp, UserIndex, Value, What, Who};
use server::Workspace;
use server::workspace::{WorkspaceError, restore};

fn visit(n: u64) -> Record {
    let time = Timestamp(1_700_000_000_000 + n as i64 * 3_600_000);
    let properties = vec![("n".into(), Value::Int(n as i64))];
    let event = Event { name: "Visit".into(), time, id: EventId(u128::from(n)), properties };
    let who = Who::user(&format!("u{}", n % 97));
    Record { received_at: time, who, what: What::Event(event) }
}

fn submit(workspace: &Workspace, numbers: std::ops::Range<u64>) {
    let records = numbers.map(visit).collect();
    workspace.enqueue(records).unwrap().wait().unwrap();
}

/// Every event by id, with its user.
fn content(workspace: &Workspace) -> BTreeSet<(u128, String)> {
    let snapshot = workspace.snapshot().unwrap();
    let users = (0..snapshot.n_places() as u32).map(UserIndex);
    users
        .flat_map(|user| {
            let id = snapshot.public_id(user).to_string();
            snapshot
                .events_of(user)
                .unwrap()
                .into_iter()
                .map(move |stored| (stored.event.id.0, id.clone()))
        })
        .collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.join("backup"), dir.join("config.db")];
    for part in ["history", "log"] {
        found.extend(fs::read_dir(dir.join(part)).unwrap().map(|entry| entry.unwrap().path()));
    }
    found.retain(|path| path.file_name().is_some_and(|name| name != "lock"));
    found
}

#[test]
fn a_backup_under_load_is_the_source_at_its_log_position() {
    let folder = tempfile::tempdir().unwrap();
    let (source, copy) = (folder.path().join("source"), folder.path().join("copy"));
    let (workspace, _) = Workspace::open(&source).unwrap();
    workspace.config().set("name", "Shop").unwrap();
    submit(&workspace, 0..2_000);
    workspace.checkpoint().unwrap();
    submit(&workspace, 2_000..3_000);
    // One record a batch: those of one sender are acknowledged in order, so that every prefix of
    // them is a state that the source had.
    let stop = AtomicBool::new(false);
    let (backup, sent) = std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let mut n = 3_000;
            while !stop.load(Ordering::Relaxed) {
                submit(&workspace, n..n + 1);
                n += 1;
            }
            n
        });
        let backup = workspace.backup(&copy).unwrap();
        stop.store(true, Ordering::Relaxed);
        (backup, sender.join().unwrap())
    });
    assert!(backup.log_position <= workspace.log_position());
    assert!(backup.files >= 5 && backup.bytes > 0, "{backup:?}");

    let target = folder.path().join("target");
    let restored = restore(&copy, &target).unwrap();
    assert_eq!(restored.log_position, backup.log_position);
    let (again, _) = Workspace::open(&target).unwrap();
    assert_eq!(again.log_position(), backup.log_position);
    assert_eq!(again.config().setting("name").unwrap().as_deref(), Some("Shop"));
    let found = content(&again);
    let n = found.len() as u64;
    assert!((3_000..=sent).contains(&n), "{n} of {sent}");
    assert_eq!(found, (0..n).map(|n| (u128::from(n), format!("u{}", n % 97))).collect());

    submit(&again, 0..5_000);
    assert_eq!(content(&again).len(), 5_000, "deliveries of the backup count once");
    again.close().unwrap();
    assert_eq!(content(&Workspace::open(&target).unwrap().0).len(), 5_000);
    assert_eq!(content(&workspace).len() as u64, sent, "the source goes its own way");
    workspace.close().unwrap();
    let target = folder.path().join("again");
    restore(&copy, &target).unwrap();
    assert_eq!(content(&Workspace::open(&target).unwrap().0), found, "nobody changed the backup");
}

#[test]
fn a_damaged_backup_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (source, copy) = (folder.path().join("source"), folder.path().join("copy"));
    let (workspace, _) = Workspace::open(&source).unwrap();
    submit(&workspace, 0..100);
    workspace.backup(&copy).unwrap();
    workspace.close().unwrap();
    let target = folder.path().join("target");
    for path in files(&copy) {
        let whole = fs::read(&path).unwrap();
        let name = path.display().to_string();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            // Not in place: the source may share the file.
            fs::remove_file(&path).unwrap();
            fs::write(&path, &damaged).unwrap();
            let error = restore(&copy, &target).err().unwrap().to_string();
            assert!(error.contains(&name) && error.contains("is damaged"), "{name}: {error}");
            assert!(!target.exists(), "nothing is written of a damaged backup");
        }
        fs::remove_file(&path).unwrap();
        let error = restore(&copy, &target).err().unwrap().to_string();
        assert!(error.contains(&name) || error.contains("no finished backup"), "{name}: {error}");
        fs::write(&path, &whole).unwrap();
    }
    restore(&copy, &target).unwrap();
}

#[test]
fn neither_a_backup_nor_a_restored_directory_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let (workspace, _) = Workspace::open(&folder.path().join("source")).unwrap();
    submit(&workspace, 0..10);
    workspace.backup(&copy).unwrap();
    for error in [
        workspace.backup(&copy).err().unwrap(),
        restore(&copy, &folder.path().join("source")).err().unwrap(),
    ] {
        assert!(matches!(error, WorkspaceError::Backup(_)), "{error}");
        assert!(error.to_string().contains("is not empty"), "{error}");
    }
    let nothing = tempfile::tempdir().unwrap();
    let error = restore(nothing.path(), &folder.path().join("new")).err().unwrap();
    assert!(error.to_string().contains("no finished backup"), "{error}");
}
