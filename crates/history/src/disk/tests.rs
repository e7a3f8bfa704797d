use model::{Timestamp, Value};

use super::*;
use crate::names::NameId;
use crate::part::Row;

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
    Part::of(rows.collect())
}

#[test]
fn a_part_comes_back_as_it_was() {
    let bytes = codec::encode_part(&part());
    assert_eq!(codec::decode_part(&bytes, 10).unwrap(), part());
    assert!(codec::decode_part(&bytes, 3).is_err(), "names that do not exist are refused");
}

#[test]
fn no_flipped_or_missing_byte_goes_unnoticed() {
    let bytes = codec::encode_part(&part());
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        assert!(codec::decode_part(&flipped, 10).is_err(), "byte {at} flipped");
        assert!(codec::decode_part(&bytes[..at], 10).is_err(), "cut at {at}");
    }
}

#[test]
fn a_checkpoint_that_was_never_finished_leaves_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = Manifest {
        log_position: 9,
        arrivals: 8,
        next_file: 4,
        state: 3,
        parts: vec![(Family::Attribute(NameId(1)), 2)],
    };
    write_part(dir.path(), 2, &part()).unwrap();
    write_manifest(dir.path(), &manifest).unwrap();
    write_part(dir.path(), 5, &part()).unwrap();
    fs::write(dir.path().join("manifest.new"), b"half").unwrap();
    assert_eq!(read_manifest(dir.path()).unwrap().unwrap(), manifest);
    remove_unlisted(dir.path(), &manifest).unwrap();
    assert!(!dir.path().join("part-0000000005").exists());
    assert_eq!(read_part(dir.path(), 2, 10).unwrap(), part());
}
