use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use gateway::import::Mapping;
use model::{Event, EventId, Record, Text, Timestamp, Value, What, Who};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;

use crate::{Columns, Error, EventWriter, ProfileWriter, Rows};

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22").unwrap()
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn export(records: &[Record]) -> Vec<u8> {
    let events = || {
        records.iter().map(|record| match &record.what {
            What::Event(event) => (record, event),
            other => panic!("{other:?}"),
        })
    };
    let mut columns = Columns::default();
    events().for_each(|(_, event)| columns.see(&event.properties));
    let mut writer = EventWriter::new(Vec::new(), &columns).unwrap();
    for (record, event) in events() {
        let user = record.who.user_id.as_ref().unwrap();
        writer.push(user, record.received_at, event).unwrap();
    }
    writer.finish().unwrap()
}

fn import(bytes: Vec<u8>, map: &[&str]) -> Vec<Record> {
    let mapping = Mapping::parse(map).unwrap();
    Rows::open_bytes(bytes, Some(&mapping), now()).unwrap().map(|row| row.unwrap().1).collect()
}

fn reimport(bytes: Vec<u8>) -> Vec<Record> {
    Rows::open_bytes(bytes, None, now()).unwrap().map(|row| row.unwrap().1).collect()
}

fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1_000i64..1_000).prop_map(Value::Int),
        (-1e9f64..1e9).prop_map(Value::Float),
        "[a-z\"\\\\]{0,8}".prop_map(|text| Value::text(&text)),
        (0i64..2_000_000_000_000).prop_map(|ms| Value::Time(Timestamp(ms))),
    ];
    prop_oneof![
        6 => plain.clone(),
        1 => prop::collection::vec(plain, 0..4).prop_map(|items| Value::List(items.into())),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let name = prop::sample::select(vec![
        "a",
        "b",
        "c",
        "context.page",
        "time",
        "event",
        "properties.time",
        "user_id",
    ]);
    let properties = prop::collection::btree_map(name, value(), 0..5);
    ("[a-c]", "[A-C]", 0i64..2_000_000_000_000, any::<u128>(), properties).prop_map(
        |(user, event, ms, id, properties)| {
            let properties = properties.into_iter().map(|(n, v)| (Text::new(n), v)).collect();
            let (name, id) = (Text::new(&event), EventId(id));
            let event = Event { name, time: Timestamp(ms), id, properties };
            let received_at = Timestamp(ms + 5);
            Record { received_at, who: Who::user(&user), what: What::Event(event) }
        },
    )
}

/// Instants in columns of several kinds come back as the texts that equal them.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        _ => a.same(b),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_export_imports_to_the_same_events(records in prop::collection::vec(record(), 0..20)) {
        let back = reimport(export(&records));
        prop_assert_eq!(back.len(), records.len());
        for (back, record) in back.iter().zip(&records) {
            prop_assert_eq!((&back.who, back.received_at), (&record.who, record.received_at));
            let (What::Event(back), What::Event(event)) = (&back.what, &record.what) else { panic!() };
            prop_assert_eq!((&back.name, back.time, back.id), (&event.name, event.time, event.id));
            prop_assert_eq!(back.properties.len(), event.properties.len());
            for ((name, value), (expected_name, expected)) in back.properties.iter().zip(&event.properties) {
                prop_assert_eq!(name, expected_name);
                prop_assert!(same(value, expected), "{:?} {:?}", value, expected);
            }
        }
    }

    #[test]
    fn damaged_files_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in 0usize..200) {
        let mut bytes = foreign();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut.min(bytes.len()) / 100);
        let mapping = Mapping::parse(&["user=id", "time=at", "event==Paid"]).unwrap();
        if let Ok(rows) = Rows::open_bytes(bytes, Some(&mapping), now()) {
            rows.take(10).for_each(drop);
        }
    }
}

fn foreign() -> Vec<u8> {
    let micros =
        TimestampMicrosecondArray::from(vec![1_772_355_600_123_456, 1_772_355_601_000_000, 0]);
    parquet(vec![
        ("id", Arc::new(Int32Array::from(vec![Some(7), None, Some(9)])) as ArrayRef),
        ("at", Arc::new(micros)),
        ("day", Arc::new(Date32Array::from(vec![20_513, 20_513, 20_513]))),
        ("city", Arc::new(StringArray::from(vec![Some("Rome"), None, None]))),
        ("ok", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("big", Arc::new(UInt64Array::from(vec![u64::MAX, 1, 2]))),
        ("x", Arc::new(Float64Array::from(vec![0.5, 1.5, 2.5]))),
    ])
}

#[test]
fn other_tools_files_are_read_through_a_mapping() {
    let map = ["user=id", "time=at", "event==Paid", "zone=Europe/Istanbul", "properties.town=city"];
    let mapping = Mapping::parse(&map).unwrap();
    let rows: Vec<_> = Rows::open_bytes(foreign(), Some(&mapping), now()).unwrap().collect();
    let (number, first) = rows[0].as_ref().unwrap();
    assert_eq!((*number, &first.who), (1, &Who::user("7")));
    let What::Event(event) = &first.what else { panic!() };
    assert_eq!(event.time.to_string(), "2026-03-01T06:00:00.123Z");
    let properties: Vec<String> =
        event.properties.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    assert_eq!(
        properties,
        [
            "big=Float(1.8446744073709552e19)",
            "day=Time(Timestamp(1772312400000))",
            "ok=Bool(true)",
            "town=Text(\"Rome\")",
            "x=Float(0.5)"
        ]
    );
    let codes: Vec<_> = rows[1..].iter().map(|row| row.as_ref().unwrap_err()).collect();
    assert_eq!(
        (codes[0].row, codes[0].code, codes[0].column.as_deref()),
        (2, "event.no_user", Some("id"))
    );
    assert_eq!((codes[1].row, codes[1].code), (3, "event.time_too_old"));
    assert!(codes[0].raw.starts_with("{\"at\":\"2026-03-01T06:00:01.000Z\""), "{}", codes[0].raw);
}

#[test]
fn equal_rows_count_and_a_second_import_does_not() {
    let twice = || {
        parquet(vec![
            ("id", Arc::new(Int32Array::from(vec![7, 7])) as ArrayRef),
            ("at", Arc::new(StringArray::from(vec!["2026-03-01", "2026-03-01"]))),
        ])
    };
    let map = ["user=id", "time=at", "event==Paid"];
    let ids = |records: &[Record]| -> Vec<EventId> {
        let id = |record: &Record| match &record.what {
            What::Event(event) => event.id,
            other => panic!("{other:?}"),
        };
        records.iter().map(id).collect()
    };
    let first = ids(&import(twice(), &map));
    assert_ne!(first[0], first[1]);
    assert_eq!(first, ids(&import(twice(), &map)));
}

#[test]
fn files_that_do_not_fit_are_refused_with_what_exists() {
    let check = |bytes: Vec<u8>, map: &[&str], expected: &str| {
        let mapping = Mapping::parse(map).ok();
        match Rows::open_bytes(bytes, mapping.as_ref(), now()).map(|_| ()) {
            Err(Error::Mapping(problems)) => assert_eq!(problems[0].message, expected),
            other => panic!("{other:?}"),
        }
    };
    check(
        foreign(),
        &["user=idd", "time=at", "event==E"],
        "the file has no column \"idd\", which user is mapped to; did you mean \"id\"? it has: id, at, \
         day, city, ok, big, x",
    );
    check(foreign(), &[], "the file was not exported from here and needs a mapping");
    let none = Rows::open_bytes(b"user,time\n".to_vec(), None, now());
    assert!(matches!(none, Err(Error::Parquet(_))));
}

#[test]
fn profiles_have_one_row_a_user() {
    let profiles = [
        ("ada", vec![(Text::new("age"), Value::Int(41)), (Text::new("city"), Value::text("Rome"))]),
        ("bob", vec![(Text::new("age"), Value::Float(7.5))]),
    ];
    let mut columns = Columns::default();
    profiles.iter().for_each(|(_, attributes)| columns.see(attributes));
    let mut writer = ProfileWriter::new(Vec::new(), &columns).unwrap();
    profiles.iter().for_each(|(user, attributes)| writer.push(user, attributes).unwrap());
    let back = import(writer.finish().unwrap(), &["user=user_id", "kind=profile"]);
    for (record, (user, attributes)) in back.iter().zip(&profiles) {
        assert_eq!(record.who, Who::user(user));
        let What::Identify(change) = &record.what else { panic!() };
        assert_eq!(change.attributes, *attributes);
    }
    assert_eq!(back.len(), 2);
}
