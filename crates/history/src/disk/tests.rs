use model::{Text, Timestamp, Value};

use super::state::State;
use super::*;
use crate::names::{NameId, Names};
use crate::part::{Family, Row};
use crate::users::{UserFacts, Users};

fn part() -> Part {
    let values = [
        Value::Null,
        Value::Int(-5),
        Value::Float(0.1),
        Value::text("çay"),
        Value::Time(Timestamp(7)),
        Value::Bool(true),
        Value::List(Box::new([Value::Int(1), Value::Null])),
    ];
    let rows = values.iter().enumerate().flat_map(|(n, value)| {
        let one_kind = if n % 2 == 0 { Value::text("x") } else { Value::Null };
        let properties = vec![
            (NameId(1), value.clone()),
            (NameId(2), one_kind),
            (NameId(3), Value::Int(n as i64)),
            (NameId(4), Value::Float(n as f64)),
            (NameId(5), Value::Bool(n > 2)),
            (NameId(6), Value::Time(Timestamp(n as i64))),
        ];
        [Row {
            user: 9 - n as u32,
            time: -3,
            arrival: n as u64,
            received: 4,
            id: u128::MAX - n as u128,
            properties,
        }]
    });
    Part::of(&rows.collect::<Vec<_>>())
}

fn manifest() -> Manifest {
    let parts = vec![
        (Family::Attribute { name: NameId(1), month: 5 }, 2),
        (Family::Event { name: NameId(2), month: 24_315 }, 7),
        (Family::Transition { name: NameId(3), month: 24_316 }, 8),
    ];
    Manifest { log_position: 9, arrivals: 8, next_file: 4, state: 3, parts }
}

#[test]
fn a_checkpoint_that_was_never_finished_leaves_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let folder: Arc<dyn Folder> = Arc::new(Directory::make(dir.path()).unwrap());
    write_part(&*folder, 2, &part()).unwrap();
    write_manifest(&*folder, &manifest()).unwrap();
    write_part(&*folder, 5, &part()).unwrap();
    folder.write("manifest.new", b"half").unwrap();
    assert_eq!(read_manifest(&*folder).unwrap().unwrap(), manifest());
    remove_except(&*folder, &manifest().files().collect());
    assert!(!dir.path().join("part-0000000005").exists());
    open_part(&folder, 2, 10, &Arc::default()).unwrap().verify().unwrap();
    assert_eq!(folder.length("manifest.new").unwrap(), 4, "others' files stay");
}

#[test]
fn a_range_of_a_file_is_exact_or_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let folders: [Arc<dyn Folder>; 2] =
        [Arc::new(Directory::make(dir.path()).unwrap()), Arc::new(MemoryFolder::default())];
    for folder in folders {
        folder.write("a", b"0123456789").unwrap();
        assert_eq!(folder.open("a").unwrap().read_at(3, 4).unwrap(), b"3456");
        assert_eq!(folder.open("a").unwrap().read_at(10, 0).unwrap(), b"");
        assert!(folder.open("a").unwrap().read_at(8, 3).is_err());
        assert!(folder.read("b").is_err_and(|error| error.kind() == io::ErrorKind::NotFound));
        folder.rename("a", "b").unwrap();
        assert_eq!((folder.list().unwrap(), folder.length("b").unwrap()), (vec!["b".into()], 10));
    }
}

/// Every byte flipped, and every cut, of a file that `read` reads.
fn every_damage_is_named(
    folder: &MemoryFolder,
    file: &str,
    read: &dyn Fn(&MemoryFolder) -> Option<Error>,
) {
    assert!(read(folder).is_none(), "whole");
    let length = folder.length(file).unwrap() as usize;
    let edits = (0..length).flat_map(|at| [(at, true), (at, false)]).chain([(length, false)]);
    for (at, flip) in edits {
        let damaged = folder.after_kill();
        damaged.edit(file, |bytes| match flip {
            true => bytes[at] ^= 0x10,
            false if at == length => bytes.push(0),
            false => bytes.truncate(at),
        });
        match read(&damaged) {
            Some(Error::Damaged { path, .. }) => assert_eq!(path.to_str(), Some(file)),
            other => panic!("{file}, byte {at}, flip {flip}: {other:?}"),
        }
    }
}

fn pieces(texts: &'static [&str]) -> Pieces {
    Box::new(texts.iter().map(|text| text.as_bytes().to_vec()))
}

fn texts(mut pieces: impl Iterator<Item = Result<Vec<u8>, Error>>) -> Result<Vec<String>, Error> {
    pieces.try_fold(Vec::new(), |mut all, piece| {
        all.push(String::from_utf8(piece?).unwrap());
        Ok(all)
    })
}

fn write_empty(folder: &dyn Folder, fold: Pieces, live: Pieces) -> Result<(), Error> {
    let (names, users) = (Names::default(), Users::default());
    write_state(folder, 3, Facts { names: &names, users: &users }, (fold, live))
}

#[test]
fn each_piece_is_on_disk_before_the_next_is_made_and_read_when_it_is_asked_for() {
    let folder = MemoryFolder::default();
    let seen = folder.clone();
    let mut least = 0;
    let live = (0..40u8).map(move |n| {
        let written = seen.length("state-0000000003").unwrap();
        assert!(n == 0 || written > least, "piece {n}");
        least = written;
        vec![n; 100_000]
    });
    write_empty(&folder, pieces(&["fold"]), Box::new(live)).unwrap();
    let mut state = read_state(&folder, 3).unwrap();
    for n in 0..20u8 {
        assert_eq!(state.live.next().unwrap().unwrap(), vec![n; 100_000]);
    }
    folder.edit("state-0000000003", |bytes| {
        let at = bytes.len() - 200;
        bytes[at] ^= 1;
    });
    assert!(texts(state.live).is_err(), "a later piece is damaged");
}

#[test]
fn pieces_that_changed_places_are_noticed() {
    let folder = MemoryFolder::default();
    write_empty(&folder, pieces(&["a1", "b2"]), pieces(&["c3", "d4"])).unwrap();
    let name = "state-0000000003";
    let file = block_file::BlockFile::open(&folder, name).unwrap();
    let at: Vec<usize> = file.places().unwrap().iter().map(|place| place.at as usize).collect();
    let piece = at[2] - at[1];
    assert!(at[1..].windows(2).all(|pair| pair[1] - pair[0] == piece), "all are of one length");
    for (one, other) in [(1, 2), (3, 4), (2, 3), (1, 4)] {
        let edited = folder.after_kill();
        edited.edit(name, |bytes| {
            let (before, after) = bytes.split_at_mut(at[other]);
            before[at[one]..][..piece].swap_with_slice(&mut after[..piece]);
        });
        assert!(matches!(read_state(&edited, 3).err(), Some(Error::Damaged { .. })));
    }
}

#[test]
fn a_state_of_the_version_before_is_read() {
    let folder = MemoryFolder::default();
    let (mut names, mut users) = (Names::default(), Users::default());
    names.intern(&Text::new("Purchase"));
    users.push(UserFacts { public_id: Text::new("ada"), ..UserFacts::default() });
    for (fold, expected) in [("fold", vec!["fold"]), ("", vec![])] {
        let mut raw = state::encode(Facts { names: &names, users: &users });
        codec::put_bytes(&mut raw, fold.as_bytes());
        folder.write("state-0000000003", &enclosed(&raw)).unwrap();
        let state = read_state(&folder, 3).unwrap();
        assert_eq!(state.names.all(), names.all());
        assert!(state.users.iter().eq(users.iter()));
        assert_eq!((state.fold.len(), state.live.len()), (expected.len(), 0));
        assert_eq!(texts(state.fold).unwrap(), expected);
        let state_file = "state-0000000003";
        every_damage_is_named(&folder, state_file, &|folder| read_state(folder, 3).err());
    }
}

#[test]
fn every_damaged_byte_of_manifest_and_state_is_named() {
    let folder = MemoryFolder::default();
    let (mut names, mut users) = (Names::default(), Users::default());
    names.intern(&Text::new("Purchase"));
    users.push(UserFacts { public_id: Text::new("ada"), n_events: 3, ..UserFacts::default() });
    users.push(UserFacts { merged_into: Some(0), ..UserFacts::default() });
    let facts = Facts { names: &names, users: &users };
    write_state(&folder, 3, facts, (pieces(&["fold", "er"]), pieces(&["", "", "live"]))).unwrap();
    write_manifest(&folder, &manifest()).unwrap();
    let state = read_state(&folder, 3).unwrap();
    assert_eq!(state.names.all(), names.all());
    assert!(state.users.iter().eq(users.iter()));
    assert_eq!((state.fold.len(), state.live.len()), (2, 3));
    assert_eq!(texts(state.fold).unwrap(), ["fold", "er"]);
    assert_eq!(texts(state.live).unwrap(), ["", "", "live"]);
    every_damage_is_named(&folder, "state-0000000003", &|folder| {
        let State { fold, live, .. } = match read_state(folder, 3) {
            Ok(state) => state,
            Err(error) => return Some(error),
        };
        texts(fold.chain(live)).err()
    });
    every_damage_is_named(&folder, MANIFEST, &|folder| read_manifest(folder).err());
}
