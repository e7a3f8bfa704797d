use std::sync::Arc;

use proptest::prelude::*;

use crate::disk::memory::MemoryDisk;
use crate::{Error, Log, Offset, Options, Recovery, Remedy, frame, segment};

const SMALL: Options = Options { segment_bytes_max: 300, preallocate_bytes: 100 };
const ONE_SEGMENT: Options = Options { segment_bytes_max: 1 << 20, preallocate_bytes: 0 };

fn open(disk: &MemoryDisk, options: Options) -> crate::Result<(Log, Recovery)> {
    Log::open_on(Arc::new(disk.clone()), options)
}

fn contents(log: &Log) -> crate::Result<Vec<Vec<u8>>> {
    log.reader().read_from(log.reader().first())?.map(|f| f.map(|(_, payload)| payload)).collect()
}

/// The `n`-th payload: its length varies and its bytes say which one it is.
fn payload(n: usize) -> Vec<u8> {
    (0..1 + n * 7 % 60).map(|i| (n * 31 + i) as u8).collect()
}

/// Writes payloads from number `from` on in writes of the given sizes; returns how many payloads were
/// acknowledged in all, and whether it ended with an error.
fn write(log: &mut Log, from: usize, sizes: &[usize]) -> (usize, bool) {
    let mut acknowledged = from;
    for size in sizes {
        for n in acknowledged..acknowledged + size {
            if log.append(&payload(n)).is_err() {
                return (acknowledged, true);
            }
        }
        if log.sync().is_err() {
            return (acknowledged, true);
        }
        acknowledged += size;
    }
    (acknowledged, false)
}

fn filled(options: Options, sizes: &[usize]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    let (mut log, _) = open(&disk, options).unwrap();
    assert!(!write(&mut log, 0, sizes).1);
    disk.after_kill()
}

/// Checks that a log holds the first payloads, at least `least` and at most `most`; returns how many.
fn check_prefix(log: &Log, least: usize, most: usize) -> usize {
    let found = contents(log).unwrap();
    let n = found.len();
    assert!(n >= least, "{n} payloads, {least} were acknowledged");
    assert!(n <= most, "{n} payloads, only {most} were appended");
    for (i, bytes) in found.iter().enumerate() {
        assert_eq!(*bytes, payload(i));
    }
    n
}

#[test]
fn what_is_synced_is_read_and_what_is_not_is_not() {
    let disk = MemoryDisk::default();
    let (mut log, recovery) = open(&disk, ONE_SEGMENT).unwrap();
    let nothing = Offset(0);
    assert_eq!(recovery, Recovery { first: nothing, end: nothing, cut_bytes: 0, cut_at: None });
    let mut frames = log.reader().read_from(Offset(0)).unwrap();
    let first = log.append(b"one").unwrap();
    let second = log.append(b"two").unwrap();
    assert!(frames.next().is_none());
    let end = log.sync().unwrap();
    assert_eq!((first, second, end), (Offset(0), Offset(19), Offset(38)));
    assert_eq!(frames.next().unwrap().unwrap(), (first, b"one".to_vec()));
    assert_eq!(frames.next().unwrap().unwrap(), (second, b"two".to_vec()));
    assert!(frames.next().is_none());
    log.append(b"three").unwrap();
    assert_eq!(log.sync().unwrap(), log.sync().unwrap());
    assert_eq!(frames.next().unwrap().unwrap(), (end, b"three".to_vec()));
}

#[test]
fn a_reader_starts_anywhere_and_crosses_segments() {
    let disk = filled(SMALL, &[3; 20]);
    assert!(disk.names().len() > 3);
    let (log, recovery) = open(&disk, SMALL).unwrap();
    assert_eq!((recovery.cut_bytes, recovery.cut_at), (0, None));
    let all: Vec<_> = log.reader().read_from(Offset(0)).unwrap().map(|f| f.unwrap()).collect();
    assert_eq!(all.len(), 60);
    for (n, (offset, _)) in all.iter().enumerate() {
        let rest: Vec<_> = log.reader().read_from(*offset).unwrap().map(|f| f.unwrap()).collect();
        assert_eq!(rest, all[n..]);
    }
    assert!(log.reader().read_from(log.end()).unwrap().next().is_none());
    let beyond = log.reader().read_from(Offset(log.end().0 + 1));
    assert!(matches!(beyond, Err(Error::NoSuchOffset { .. })));
    let between = log.reader().read_from(Offset(1)).unwrap().next();
    assert!(matches!(between, Some(Err(Error::Damaged { .. }))));
}

#[test]
fn sizes_are_bounded() {
    let (mut log, _) = open(&MemoryDisk::default(), ONE_SEGMENT).unwrap();
    assert!(matches!(log.append(b""), Err(Error::PayloadSize { bytes: 0 })));
    let most = vec![7; frame::PAYLOAD_BYTES_MAX];
    let above = vec![7; frame::PAYLOAD_BYTES_MAX + 1];
    assert!(matches!(log.append(&above), Err(Error::PayloadSize { .. })));
    log.append(&most).unwrap();
    log.append(&most).unwrap();
    let full = log.append(b"x").unwrap_err();
    assert_eq!(full.remedy(), Remedy::SyncFirst);
    log.sync().unwrap();
    log.append(b"x").unwrap();
    log.sync().unwrap();
    let lengths: Vec<_> = contents(&log).unwrap().iter().map(Vec::len).collect();
    assert_eq!(lengths, [most.len(), most.len(), 1]);
}

#[test]
fn two_owners_cannot_hold_one_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = Log::open(dir.path(), SMALL).unwrap();
    let second = Log::open(dir.path(), SMALL);
    assert!(matches!(second, Err(Error::Locked { .. })));
    drop(first);
    Log::open(dir.path(), SMALL).unwrap();
}

#[test]
fn old_segments_can_be_removed() {
    let disk = filled(SMALL, &[3; 20]);
    let (mut log, _) = open(&disk, SMALL).unwrap();
    let before = disk.names().len();
    let keep = log.reader().read_from(Offset(0)).unwrap().nth(30).unwrap().unwrap().0;
    let first = log.remove_before(keep).unwrap();
    assert!(first <= keep && first > Offset(0) && disk.names().len() < before);
    assert_eq!(log.reader().read_from(keep).unwrap().count(), 30);
    assert!(log.reader().read_from(Offset(0)).is_err());
    assert_eq!(log.remove_before(log.end()).unwrap(), log.reader().first());
    drop(log);
    let (log, recovery) = open(&disk, SMALL).unwrap();
    assert_eq!(recovery.first, log.reader().first());
    assert!(log.reader().verify().unwrap() > 0);
}

#[test]
fn removing_old_segments_may_fail_or_be_cut_at_any_operation() {
    let disk = filled(SMALL, &[3; 20]);
    let offsets: Vec<Offset> = {
        let (log, _) = open(&disk.after_kill(), SMALL).unwrap();
        log.reader().read_from(Offset(0)).unwrap().map(|frame| frame.unwrap().0).collect()
    };
    let (keep, all) = (40, offsets.len());
    // What a log holds is a tail of everything, and reaches back far enough.
    let check = |log: &Log| {
        let found = contents(log).unwrap();
        assert!(found.len() >= all - keep, "{}", found.len());
        let first = all - found.len();
        assert_eq!(log.reader().first(), offsets[first]);
        assert!(found.iter().enumerate().all(|(n, bytes)| *bytes == payload(first + n)));
        found.len()
    };
    let mut lengths = Vec::new();
    for n in 1.. {
        let image = disk.after_kill();
        let (mut log, _) = open(&image, SMALL).unwrap();
        image.fail_at(n);
        let removed = log.remove_before(offsets[keep]);
        for again in crash_images(&image, n) {
            let (mut log, _) = open(&again, SMALL).unwrap();
            lengths.push(check(&log));
            log.remove_before(offsets[keep]).unwrap();
            assert_eq!(write(&mut log, all, &[2]), (all + 2, false));
        }
        if removed.is_ok() {
            break;
        }
        // The log that failed goes on, and removes the rest the next time.
        assert_eq!(write(&mut log, all, &[1]), (all + 1, false));
        assert!(log.remove_before(offsets[keep]).unwrap() > Offset(0));
        assert!(contents(&log).unwrap().len() < all);
    }
    lengths.sort_unstable();
    lengths.dedup();
    assert!(lengths.len() > 4, "crashes leave logs of several lengths: {lengths:?}");
}

#[test]
fn after_any_failed_operation_nothing_acknowledged_is_lost() {
    let sizes = [2, 3, 1, 4, 2, 5, 1, 3, 6];
    let total: usize = sizes.iter().sum();
    let disk = MemoryDisk::default();
    write(&mut open(&disk, SMALL).unwrap().0, 0, &sizes);
    let operations = disk.operations();
    assert!(operations > 30);
    for n in 1..=operations {
        let disk = MemoryDisk::default();
        disk.fail_at(n);
        let mut acknowledged = 0;
        if let Ok((mut log, _)) = open(&disk, SMALL) {
            let (count, failed) = write(&mut log, 0, &sizes);
            acknowledged = count;
            assert!(failed && matches!(log.append(b"x"), Err(Error::Poisoned)));
            assert!(matches!(log.sync(), Err(Error::Poisoned)));
        }
        for image in crash_images(&disk, n) {
            let (mut log, _) = open(&image, SMALL).unwrap();
            let found = check_prefix(&log, acknowledged, total);
            assert_eq!(write(&mut log, found, &[2, 2]), (found + 4, false));
            check_prefix(&log, found + 4, found + 4);
        }
    }
}

/// The disk as a kill and as eight power losses may leave it.
fn crash_images(disk: &MemoryDisk, seed: u64) -> Vec<MemoryDisk> {
    let mut images = vec![disk.after_kill()];
    for i in 0..8 {
        let mut state = (seed * 8 + i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        images.push(disk.after_power_loss(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state & 1 == 0
        }));
    }
    images
}

#[test]
fn recovery_itself_may_fail_at_any_operation() {
    let disk = filled(SMALL, &[4; 8]);
    let last = disk.names().pop().unwrap();
    disk.edit(&last, |bytes| bytes.extend_from_slice(b"torn"));
    for n in 1..40 {
        let image = disk.after_kill();
        image.fail_at(n);
        let first = open(&image, SMALL).map(|_| ());
        for again in crash_images(&image, n) {
            let (log, _) = open(&again, SMALL).unwrap();
            check_prefix(&log, 32, 32);
        }
        if first.is_ok() {
            return assert!(n > 5);
        }
    }
    panic!("recovery takes more operations than expected");
}

#[test]
fn every_truncation_leaves_a_prefix() {
    let disk = filled(ONE_SEGMENT, &[3, 1, 4, 2]);
    let name = disk.names().pop().unwrap();
    let whole = disk.bytes(&name).len();
    for length in 0..=whole {
        let image = disk.after_kill();
        image.edit(&name, |bytes| bytes.truncate(length));
        let (log, recovery) = open(&image, ONE_SEGMENT).unwrap();
        let n = check_prefix(&log, 0, 10);
        let kept = log.end().0 + segment::HEADER_BYTES as u64;
        let cut = (length as u64).saturating_sub(kept);
        assert!(recovery.cut_bytes <= cut, "zeros at the end of a frame do not count");
        assert_eq!(recovery.cut_at.is_some(), recovery.cut_bytes > 0);
        assert_eq!(n == 10, length == whole);
    }
}

#[test]
fn every_flipped_byte_is_found_or_lies_in_the_cut_tail() {
    let sizes = [3, 1, 4, 2, 5];
    let disk = filled(SMALL, &sizes);
    assert!(disk.names().len() > 1);
    for name in disk.names() {
        for at in 0..disk.bytes(&name).len() {
            let image = disk.after_kill();
            image.edit(&name, |bytes| bytes[at] ^= 0x10);
            let (log, recovery) = match open(&image, SMALL) {
                Ok(opened) => opened,
                Err(Error::Damaged { .. }) => continue,
                Err(other) => panic!("{other}"),
            };
            match contents(&log) {
                Err(Error::Damaged { .. }) => {}
                Err(other) => panic!("{other}"),
                Ok(_) => {
                    // Only the last write can be cut: the one before it was synced.
                    let n = check_prefix(&log, 10, 15);
                    assert!(n == 15 || recovery.cut_bytes > 0, "{name} {at}");
                }
            }
        }
    }
}

#[test]
fn a_bad_frame_before_a_later_write_is_damage_and_names_its_place() {
    let disk = filled(ONE_SEGMENT, &[1, 1, 1, 1]);
    let name = disk.names().pop().unwrap();
    let position = 2 * (frame::HEADER_BYTES as u64) + 1 + 8 + 32 + 16;
    disk.edit(&name, |bytes| bytes[position as usize] ^= 1);
    let error = open(&disk, ONE_SEGMENT).map(|_| ()).unwrap_err();
    assert_eq!(error.remedy(), Remedy::Report);
    assert_eq!(
        error.to_string(),
        "00000000000000000000.log is damaged at byte 73 (log offset 41): a frame's payload fails its \
         checksum; stop, keep a copy of the directory, and restore this file from a backup or a replica"
    );
}

#[test]
fn missing_and_foreign_files_are_refused() {
    let disk = filled(SMALL, &[3; 20]);
    let names = disk.names();
    disk.forget(&names[1]);
    assert!(matches!(open(&disk, SMALL), Err(Error::Damaged { .. })));

    let disk = filled(SMALL, &[3; 20]);
    let moved = disk.bytes(&names[0]);
    disk.edit(names.last().unwrap(), |bytes| *bytes = moved);
    assert!(matches!(open(&disk, SMALL), Err(Error::Damaged { .. })));

    let disk = filled(ONE_SEGMENT, &[3]);
    disk.edit(&names[0], |bytes| {
        bytes[8] = 9;
        let crc = crc32fast::hash(&bytes[..28]);
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
    });
    assert!(matches!(open(&disk, ONE_SEGMENT), Err(Error::Version { version: 9, .. })));
}

#[test]
fn a_payload_cannot_imitate_a_frame() {
    let disk = filled(ONE_SEGMENT, &[1]);
    let (mut log, _) = open(&disk, ONE_SEGMENT).unwrap();
    let mut imitation = Vec::new();
    let at = Offset(log.end().0 + frame::HEADER_BYTES as u64);
    frame::push(&mut imitation, 0, at, b"fake");
    log.append(&imitation).unwrap();
    log.sync().unwrap();
    drop(log);
    let name = disk.names().pop().unwrap();
    disk.edit(&name, |bytes| bytes[(32 + 17) + 3] ^= 1);
    let (log, recovery) = open(&disk, ONE_SEGMENT).unwrap();
    assert!(recovery.cut_bytes > 0);
    check_prefix(&log, 1, 1);
}

#[test]
fn a_reader_on_another_thread_sees_each_frame_once() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes_max: 4_000, preallocate_bytes: 500 };
    let (mut log, _) = Log::open(dir.path(), options).unwrap();
    let reader = log.reader();
    let reading = std::thread::spawn(move || {
        let mut frames = reader.read_from(Offset(0)).unwrap();
        for n in 0..2_000 {
            let bytes = loop {
                match frames.next() {
                    Some(frame) => break frame.unwrap().1,
                    None => std::thread::yield_now(),
                }
            };
            assert_eq!(bytes, payload(n));
        }
    });
    assert_eq!(write(&mut log, 0, &[20; 100]), (2_000, false));
    reading.join().unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<Vec<u8>>),
    AppendOnly(Vec<u8>),
    Reopen,
    PowerLoss(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(any::<u8>(), 1..90);
    prop_oneof![
        4 => prop::collection::vec(bytes(), 0..6).prop_map(Step::Write),
        1 => bytes().prop_map(Step::AppendOnly),
        1 => Just(Step::Reopen),
        1 => any::<u64>().prop_map(Step::PowerLoss),
    ]
}

proptest! {
    #[test]
    fn a_log_is_a_vector(steps in prop::collection::vec(step(), 1..40)) {
        let mut disk = MemoryDisk::default();
        let mut log = Some(open(&disk, SMALL).unwrap().0);
        let (mut model, mut waiting) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Write(payloads) => {
                    let open = log.as_mut().unwrap();
                    payloads.iter().for_each(|p| { open.append(p).unwrap(); });
                    open.sync().unwrap();
                    model.append(&mut waiting);
                    model.extend(payloads);
                }
                Step::AppendOnly(bytes) => {
                    log.as_mut().unwrap().append(&bytes).unwrap();
                    waiting.push(bytes);
                }
                Step::Reopen | Step::PowerLoss(_) => {
                    drop(log.take());
                    if let Step::PowerLoss(seed) = step {
                        disk = crash_images(&disk, seed % 1_000).pop().unwrap();
                    }
                    waiting.clear();
                    log = Some(open(&disk, SMALL).unwrap().0);
                }
            }
            prop_assert_eq!(&contents(log.as_ref().unwrap()).unwrap(), &model);
        }
    }

    #[test]
    fn any_bytes_open_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0usize..200) {
        let disk = filled(ONE_SEGMENT, &[2, 2]);
        let name = disk.names().pop().unwrap();
        disk.edit(&name, |file| { file.truncate(at); file.extend_from_slice(&bytes); });
        if let Ok((log, _)) = open(&disk, ONE_SEGMENT) {
            check_prefix(&log, 0, 4);
        }
    }
}

#[test]
fn a_copy_of_a_part_keeps_its_offsets() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = Log::open(&folder.path().join("whole"), SMALL).unwrap();
    write(&mut log, 0, &[5, 5, 5]);
    let all: Vec<_> =
        log.reader().read_from(Offset(0)).unwrap().map(|frame| frame.unwrap()).collect();
    let from = all[7].0;
    let part = folder.path().join("part");
    let mut copy = Log::begin_at(&part, from, SMALL).unwrap();
    for (offset, payload) in &all[7..] {
        assert_eq!(copy.append(payload).unwrap(), *offset);
        copy.sync().unwrap();
    }
    drop(copy);
    let error = Log::begin_at(&part, from, SMALL).err().unwrap();
    assert!(matches!(error, Error::NotEmpty { .. }), "{error}");
    let (copy, recovery) = Log::open(&part, SMALL).unwrap();
    assert_eq!((recovery.first, copy.end()), (from, log.end()));
    let found: Vec<_> = copy.reader().read_from(from).unwrap().map(|f| f.unwrap()).collect();
    assert_eq!(found, all[7..]);
}

/// Payloads of which every third was rewritten: the same length, other bytes.
fn rewritten(n: usize) -> Vec<u8> {
    let whole = payload(n);
    if n.is_multiple_of(3) { vec![0; whole.len()] } else { whole }
}

fn rewrite_all(log: &Log, n: &mut usize) -> crate::Result<u64> {
    let reader = log.reader();
    let mut changed = 0;
    *n = 0;
    for first in reader.closed_segments(log.end()) {
        changed += reader.rewrite(first, &mut |_, payload| {
            *n += 1;
            (*n - 1).is_multiple_of(3).then(|| vec![0; payload.len()])
        })?;
    }
    Ok(changed)
}

#[test]
fn payloads_can_be_rewritten_where_they_stand() {
    let disk = MemoryDisk::default();
    let (mut log, _) = open(&disk, SMALL).unwrap();
    assert!(!write(&mut log, 0, &[4; 20]).1);
    let end = log.close_segment().unwrap();
    assert_eq!(log.close_segment().unwrap(), end, "there is nothing more to close");
    // Somebody is in the middle of reading.
    let mut reading = log.reader().read_from(log.reader().first()).unwrap();
    assert_eq!(reading.next().unwrap().unwrap().1, payload(0));
    let mut n = 0;
    assert_eq!(rewrite_all(&log, &mut n).unwrap(), 27);
    assert_eq!((n, log.end()), (80, end));
    assert!(reading.count() == 79, "whoever reads goes on");
    assert!(!write(&mut log, 80, &[2]).1);
    let all = |log: &Log| contents(log).unwrap();
    let expected: Vec<Vec<u8>> = (0..80).map(rewritten).chain((80..82).map(payload)).collect();
    assert_eq!(all(&log), expected);
    drop(log);
    let (log, recovery) = open(&disk.after_kill(), SMALL).unwrap();
    assert_eq!((all(&log), recovery.cut_bytes), (expected, 0));
    let first = log.reader().first();
    let longer = log.reader().rewrite(first, &mut |_, payload| Some(vec![0; payload.len() + 1]));
    assert!(matches!(longer, Err(Error::PayloadSize { .. })));
}

#[test]
fn rewriting_may_fail_or_be_cut_at_any_operation() {
    for at in 1.. {
        let disk = filled(SMALL, &[4; 6]);
        let (mut log, _) = open(&disk, SMALL).unwrap();
        log.close_segment().unwrap();
        disk.fail_at(at);
        let mut n = 0;
        let whole = rewrite_all(&log, &mut n).is_ok();
        drop(log);
        for seed in 0..4 {
            let mut state = seed * 7 + at;
            let image = disk.after_power_loss(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 40 & 1 == 1
            });
            let (log, _) = open(&image, SMALL).unwrap();
            let found = contents(&log).unwrap();
            assert_eq!(found.len(), 24);
            for (n, bytes) in found.iter().enumerate() {
                assert!(*bytes == payload(n) || *bytes == rewritten(n), "{n} at {at}");
                assert!(!whole || *bytes == rewritten(n), "{n} at {at}");
            }
            assert!(rewrite_all(&log, &mut n).is_ok(), "it can be done again");
            assert!(image.names().iter().all(|name| !name.ends_with(".copy")));
        }
        if whole {
            assert!(at > 20);
            return;
        }
    }
}
