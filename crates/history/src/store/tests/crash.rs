//! A script of everything that a store does, stopped or failed at each of its operations on files.

use super::*;

/// Records under checkpoints, jobs beside the writer, users that become one before, during and
/// after a job, and merges of parts in the background.
fn script() -> Vec<Deed> {
    let (ada, device) = (|| Who::user("ada"), || Who::anonymous("device"));
    let mut script = vec![
        event(ada(), "view", 1, 1),
        event(device(), "view", 1, 2),
        change(ada(), 3),
        Deed::Checkpoint,
        event(device(), "buy", 2, 4),
        Deed::Look,
        event(ada(), "view", 2, 22),
        Deed::SetAside,
        Deed::Begin,
        event(Who::user("bob"), "view", 1, 5),
        join("ada", "device", 6),
        Deed::Look,
        Deed::Run,
        event(ada(), "buy", 40, 7),
        Deed::Finish,
        Deed::Look,
        Deed::Begin,
        Deed::Run,
        join("bob", "ada", 8),
        Deed::Finish,
        change(Who::user("bob"), 9),
        event(device(), "buy", 41, 17),
        Deed::SetAside,
        Deed::Seal,
        Deed::Checkpoint,
        Deed::Begin,
        Deed::Run,
        separate("bob", "ada", 18),
        Deed::Finish,
        event(ada(), "view", 42, 19),
        separate("ada", "device", 20),
        Deed::Checkpoint,
        event(device(), "buy", 43, 21),
    ];
    for n in 10..16 {
        script.extend([event(Who::user("eve"), "view", 3, n), Deed::Checkpoint]);
    }
    script.extend([event(Who::user("eve"), "view", 3, 16), Deed::Begin, Deed::Run, Deed::Finish]);
    script
}

fn expected() -> Vec<String> {
    Process::in_memory_with(&records(&script()), true).content()
}

/// The script on a folder with a fault.
fn run(fault: Option<Fault>) -> (MemoryFolder, Process, Vec<Error>) {
    let folder = MemoryFolder::default();
    let (store, _) = Store::open_in(Arc::new(folder.clone())).unwrap();
    let mut process = Process::of(store, true);
    let opening = folder.operations();
    folder.set_fault(fault.map(|fault| match fault {
        Fault::At(at) => Fault::At(opening + at),
        Fault::From(at) => Fault::From(opening + at),
        Fault::FullFrom(at) => Fault::FullFrom(opening + at),
    }));
    let failures = play(&mut process, &script());
    (folder, process, failures)
}

fn n_operations() -> u64 {
    let empty = MemoryFolder::default();
    Store::open_in(Arc::new(empty.clone())).unwrap();
    run(None).0.operations() - empty.operations()
}

#[test]
fn without_a_fault_every_checkpoint_is_written() {
    let (folder, mut process, failures) = run(None);
    assert!(failures.is_empty());
    assert_eq!(process.content(), expected());
    let manifest = crate::disk::read_manifest(&folder).unwrap().unwrap();
    assert_eq!(manifest.log_position, records(&script()).len() as u64);
    let mut reopened = Process::open_with(&folder, &records(&script()), true).unwrap();
    assert_eq!(reopened.content(), expected());
    let view = process.store.stats().families.into_iter().find(|family| &*family.name == "view");
    assert!(view.unwrap().parts < 6, "parts were merged in the background");
}

#[test]
fn a_failed_operation_loses_nothing() {
    let (expected, log) = (expected(), records(&script()));
    for at in 1..=n_operations() {
        let (folder, mut process, _) = run(Some(Fault::At(at)));
        assert_eq!(process.content(), expected, "operation {at} failed");
        process.checkpoint(&Upkeep::default()).unwrap();
        let mut reopened = Process::open_with(&folder.after_kill(), &log, true).unwrap();
        assert_eq!(reopened.content(), expected, "opened after operation {at} failed");
    }
}

#[test]
fn a_crash_at_any_operation_loses_nothing() {
    let (expected, log) = (expected(), records(&script()));
    for at in 1..=n_operations() {
        let (folder, _, _) = run(Some(Fault::From(at)));
        let mut images = vec![folder.after_kill()];
        images.push(folder.after_power_loss(|| false));
        images.push(folder.after_power_loss(|| true));
        for seed in 0..16u64 {
            let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ at;
            images.push(folder.after_power_loss(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 63 == 1
            }));
        }
        for (which, image) in images.iter().enumerate() {
            let opened = Process::open_with(image, &log, true);
            let mut reopened =
                opened.unwrap_or_else(|error| panic!("operation {at}, image {which}: {error}"));
            assert_eq!(reopened.content(), expected, "operation {at}, image {which}");
            reopened.checkpoint(&Upkeep::default()).unwrap();
            let mut again = Process::open_with(image, &log, true).unwrap();
            assert_eq!(again.content(), expected, "again, operation {at}, image {which}");
        }
    }
}

#[test]
fn a_full_disk_leaves_the_last_checkpoint_and_says_so() {
    let (expected, log) = (expected(), records(&script()));
    for at in 1..=n_operations() {
        let (folder, mut process, failures) = run(Some(Fault::FullFrom(at)));
        for failure in &failures {
            let text = failure.to_string();
            assert!(text.contains("make room on the disk"), "{text}");
        }
        assert_eq!(process.content(), expected, "full from operation {at}");
        let mut reopened =
            Process::open_with(&folder.after_power_loss(|| false), &log, true).unwrap();
        assert_eq!(reopened.content(), expected, "opened after full from {at}");
        folder.set_fault(None);
        process.checkpoint(&Upkeep::default()).unwrap();
        let (_, checkpoint) = Store::open_in(Arc::new(folder.after_kill())).unwrap();
        assert_eq!(checkpoint.log_position, log.len() as u64, "room again");
    }
    assert!(!run(Some(Fault::FullFrom(1))).2.is_empty(), "a full disk is told");
}

#[test]
fn every_file_of_a_checkpoint_is_checked() {
    let (folder, _, _) = run(None);
    let report = check(&folder).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let files: Vec<String> =
        folder.list().unwrap().into_iter().filter(|name| name != "lock").collect();
    assert!(report.files >= 4 && report.rows > 0 && report.bytes > 0);
    let manifest = crate::disk::read_manifest(&folder).unwrap().unwrap();
    for file in manifest.files().chain(["manifest".into()]) {
        assert!(files.contains(&file));
        let damaged = folder.after_kill();
        damaged.edit(&file, |bytes| bytes[40] ^= 1);
        let report = check(&damaged).unwrap();
        assert_eq!(report.problems.len(), 1, "{file}");
        assert!(report.problems[0].to_string().contains(&format!("{file} is damaged at byte")));
        let missing = folder.after_kill();
        missing.remove(&file).unwrap();
        let n = check(&missing).unwrap().problems.len();
        assert_eq!(n, usize::from(file != "manifest"), "{file} is missing");
    }
}

#[test]
fn every_piece_of_a_checkpoint_is_checked() {
    let folder = MemoryFolder::default();
    let mut process = Process::open(&folder, &[]).unwrap();
    play(&mut process, &[event(Who::user("ada"), "view", 1, 1)]);
    let pieces = (0..5u8).map(|n| vec![n; 64]);
    let at = Checkpoint { live: Box::new(pieces), ..process.now() };
    process.store.checkpoint(at).unwrap();
    assert!(check(&folder).unwrap().problems.is_empty());
    let manifest = crate::disk::read_manifest(&folder).unwrap().unwrap();
    let state = folder.list().unwrap().into_iter().find(|name| name.starts_with("state")).unwrap();
    assert!(manifest.files().any(|file| file == state), "the manifest makes it count");
    for at in 0..folder.read(&state).unwrap().len() {
        let damaged = folder.after_kill();
        damaged.edit(&state, |bytes| bytes[at] ^= 1);
        let problems = check(&damaged).unwrap().problems;
        assert_eq!(problems.len(), 1, "byte {at}");
        assert!(problems[0].to_string().contains(&format!("{state} is damaged at byte")));
    }
}

fn check(folder: &MemoryFolder) -> Result<crate::disk::CheckReport, Error> {
    let folder: Arc<dyn crate::disk::Folder> = Arc::new(folder.clone());
    crate::disk::check_in(&folder)
}
