use model::{
    About, AttributeChange, Event, EventId, Facts, Identity, Operation, Record, Text, Timestamp,
    Value, What, Who,
};
use proptest::prelude::*;

use super::*;

/// One of everything, with values of its own.
fn sample() -> Vec<Record> {
    let at = Timestamp(1_772_355_600_000);
    let list = Value::List(Box::new([Value::text("a"), Value::Int(-3), Value::Null]));
    let properties = vec![
        (Text::new("amount"), Value::Float(12.5)),
        (Text::new("colours"), list),
        (Text::new("first"), Value::Bool(true)),
        (Text::new("gift"), Value::Bool(false)),
        (Text::new("items"), Value::Int(3)),
        (Text::new("note"), Value::text(&"x".repeat(300))),
        (Text::new("shipped"), Value::Time(Timestamp(at.0 + 86_400_000))),
        (Text::new("voucher"), Value::Null),
    ];
    let purchase = |time: i64, id: &str| {
        What::Event(Event {
            name: Text::new("Purchase"),
            time: Timestamp(time),
            id: EventId::of(id),
            properties: properties.clone(),
        })
    };
    let attributes =
        vec![(Text::new("city"), Value::text("İzmir")), (Text::new("age"), Value::Int(41))];
    let change = AttributeChange::set(at, EventId::of("3"), attributes);
    let both = Who::of(Some(Text::new("ada")), Some(Text::new("a-1")));
    let record =
        |ms: i64, who: Who, what: What| Record { received_at: Timestamp(at.0 + ms), who, what };
    vec![
        record(0, Who::user("ada"), purchase(at.0 - 5, "1")),
        record(1, Who::anonymous("a-1"), purchase(at.0 + 9_000, "2")),
        record(1, both, What::Identify(change)),
        record(-7, Who::user("ada"), What::Alias { previous: Text::new("a-0") }),
    ]
}

#[test]
fn version_1_is_readable_for_ever() {
    let written = include_str!("../../golden/record_batch_v1.hex").split_whitespace();
    let bytes: Vec<u8> = written
        .flat_map(|line| {
            (0..line.len()).step_by(2).map(|i| u8::from_str_radix(&line[i..i + 2], 16).unwrap())
        })
        .collect();
    assert_eq!(decode_batch(&bytes), Ok(sample()));
}

#[test]
fn version_2_is_readable_for_ever() {
    let written: String =
        include_str!("../../golden/record_batch_v2.hex").split_whitespace().collect();
    let bytes: Vec<u8> = (0..written.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&written[i..i + 2], 16).unwrap())
        .collect();
    assert_eq!(decode_batch(&bytes), Ok(whole_sample()));
}

#[test]
fn version_3_is_readable_for_ever() {
    let written: String =
        include_str!("../../golden/record_batch_v3.hex").split_whitespace().collect();
    let now: String = hex(&encode_batch(&sample_with_facts())).split_whitespace().collect();
    assert_eq!(now, written, "a changed form needs a new version");
    assert_eq!(decode_batch(&encode_batch(&sample_with_facts())), Ok(sample_with_facts()));
}

/// What version 2 could not say, too.
fn sample_with_facts() -> Vec<Record> {
    let at = Timestamp(1_772_355_600_000);
    let facts = |about| Facts {
        time: Timestamp(at.0 - 9),
        id: EventId::of("5"),
        about,
        attributes: vec![("device.model".into(), Value::text("Pixel 9"))],
        facts: vec![
            ("push.token.fcm".into(), Value::Null),
            ("subscribed".into(), Value::Bool(false)),
        ],
    };
    let address = About::Address { channel: "email".into(), address: "ada@example.com".into() };
    let mut records = whole_sample();
    let device = What::Facts(facts(About::Device));
    records.push(Record { received_at: at, who: Who::anonymous("a-1"), what: device });
    let what = What::Facts(facts(address));
    records.push(Record { received_at: at, who: Who::default(), what });
    records
}

/// What version 1 could not say, too.
fn whole_sample() -> Vec<Record> {
    let at = Timestamp(1_772_355_600_000);
    let list = || vec![Value::text("a"), Value::Int(2)];
    let operations = [
        ("first_seen", Operation::SetOnce(Value::Time(at))),
        ("score", Operation::Add(Value::Int(-5))),
        ("tags", Operation::Append(list())),
        ("tags", Operation::Prepend(Vec::new())),
        ("tags", Operation::Union(list())),
        ("tags", Operation::Remove(list())),
    ];
    let operations = operations.map(|(name, operation)| (Text::new(name), operation)).to_vec();
    let set = AttributeChange::set(at, EventId::of("4"), vec![("city".into(), Value::Null)]);
    let change = AttributeChange { operations, clear: true, ..set };
    let identities = vec![
        Identity::new(Identity::EMAIL, "ada@example.com"),
        Identity::new("loyalty_card", "77"),
    ];
    let who = Who { identities, ..Who::user("ada") };
    let what = What::Separate { separated: "a-1".into() };
    let mut records = sample();
    records.push(Record { received_at: at, who: who.clone(), what: What::Identify(change) });
    records.push(Record { received_at: at, who, what });
    records
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .chunks(40)
        .map(|line| line.iter().map(|b| format!("{b:02x}")).collect::<String>() + "\n")
        .collect()
}

#[test]
fn names_are_written_once() {
    let one = encode_batch(&sample()[..1]).len();
    let two = encode_batch(&sample()[..2]).len();
    let names: usize =
        ["Purchase", "amount", "colours", "first", "gift", "items", "note", "shipped", "voucher"]
            .iter()
            .map(|n| n.len() + 1)
            .sum();
    assert!(two - one <= one - 1 - names, "{one} {two}");
    let mut appended = Vec::new();
    encode_into(&mut appended, &sample()[0]);
    assert_eq!(decode_batch(&appended), Ok(sample()[..1].to_vec()));
    assert_eq!(decode_batch(&encode_batch(&[])), Ok(Vec::new()));
}

#[test]
fn what_is_not_a_batch_is_refused_with_its_place() {
    let check = |bytes: &[u8], message: &str| {
        assert_eq!(decode_batch(bytes).unwrap_err().to_string(), message);
    };
    check(&[], "record batch ends within a record at byte 0");
    check(&[9], "record batch has version 9, this program reads up to 3; use a later program");
    check(&[1, 0], "record batch ends within a record at byte 2");
    check(&[1, 0, 0x78], "record batch is not valid at byte 3: an unknown kind of record");
    check(&[1, 0, 0, 5], "record batch is not valid at byte 4: a name that was not written before");
    check(&[1, 0, 8, 1, 0xff], "record batch is not valid at byte 5: a text that is not UTF-8");
    check(&[1, 0, 8, 0xff, 0xff, 0xff, 0xff, 0x0f], "record batch ends within a record at byte 8");
    let long = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    check(&long, "record batch is not valid at byte 11: a number of more than 64 bits");
    let mut deep = encode_batch(&[])[..].to_vec();
    deep.extend([0, 1 << 2, 0]);
    deep.extend([0; 16]);
    deep.extend([1, 0, 1, b'n']);
    deep.extend([7, 1].repeat(5));
    deep.push(0);
    check(&deep, "record batch is not valid at byte 33: an unknown kind of value");
}

#[test]
fn every_cut_is_noticed_unless_it_falls_between_records() {
    let bytes = encode_batch(&sample());
    let ends: Vec<usize> = (0..=4).map(|n| encode_batch(&sample()[..n]).len()).collect();
    for length in 0..bytes.len() {
        let whole = ends.iter().position(|end| *end == length);
        assert_eq!(decode_batch(&bytes[..length]).ok().map(|records| records.len()), whole);
    }
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![4 => "[a-c]{0,3}", 2 => ".{0,40}", 1 => "[x]{230,270}"].prop_map(|t| Text::new(&t))
}

fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        text().prop_map(Value::Text),
        any::<i64>().prop_map(|t| Value::Time(Timestamp(t))),
    ];
    prop_oneof![
        8 => plain.clone(),
        1 => prop::collection::vec(plain, 0..5).prop_map(|items| Value::List(items.into())),
    ]
}

fn properties() -> impl Strategy<Value = Vec<(Text, Value)>> {
    prop::collection::vec((text(), value()), 0..6)
}

fn identities() -> impl Strategy<Value = Vec<Identity>> {
    let identity = (text(), text()).prop_map(|(label, value)| Identity { label, value });
    prop::collection::vec(identity, 0..3)
}

fn what() -> impl Strategy<Value = What> {
    let moment = || (any::<i64>().prop_map(Timestamp), any::<u128>().prop_map(EventId));
    prop_oneof![
        (text(), moment(), properties()).prop_map(|(name, (time, id), properties)| {
            What::Event(Event { name, time, id, properties })
        }),
        (moment(), properties()).prop_map(|((time, id), attributes)| {
            What::Identify(AttributeChange::set(time, id, attributes))
        }),
        (moment(), properties(), any::<bool>(), operations()).prop_map(
            |((time, id), attributes, clear, operations)| {
                let set = AttributeChange::set(time, id, attributes);
                What::Identify(AttributeChange { clear, operations, ..set })
            }
        ),
        text().prop_map(|separated| What::Separate { separated }),
        (moment(), about(), properties(), properties()).prop_map(
            |((time, id), about, attributes, facts)| {
                What::Facts(Facts { time, id, about, attributes, facts })
            }
        ),
        text().prop_map(|previous| What::Alias { previous }),
    ]
}

fn about() -> impl Strategy<Value = About> {
    let address =
        (text(), text()).prop_map(|(channel, address)| About::Address { channel, address });
    prop_oneof![Just(About::Device), address]
}

fn operations() -> impl Strategy<Value = Vec<(Text, Operation)>> {
    let values = || prop::collection::vec(value(), 0..4);
    let operation = prop_oneof![
        value().prop_map(Operation::SetOnce),
        value().prop_map(Operation::Add),
        values().prop_map(Operation::Append),
        values().prop_map(Operation::Prepend),
        values().prop_map(Operation::Union),
        values().prop_map(Operation::Remove),
    ];
    prop::collection::vec((text(), operation), 0..4)
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let id = || prop::option::of(text());
    let record = (any::<i64>(), id(), id(), identities(), what()).prop_map(
        |(at, user_id, anonymous_id, identities, what)| Record {
            received_at: Timestamp(at),
            who: Who { user_id, anonymous_id, identities },
            what,
        },
    );
    prop::collection::vec(record, 0..8)
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(records in records()) {
        let decoded = decode_batch(&encode_batch(&records)).unwrap();
        // Debug texts, because equality of values takes 1 and 1.0 for the same.
        prop_assert_eq!(format!("{decoded:?}"), format!("{records:?}"));
    }

    #[test]
    fn changed_bytes_never_panic(
        records in records(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = encode_batch(&records);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = decode_batch(&bytes);
    }

    #[test]
    fn what_is_erased_is_gone_and_the_rest_stays_where_it_was(
        records in records(),
        chosen in any::<u8>(),
    ) {
        // Every record that is accepted names somebody.
        let named = |(n, mut record): (usize, Record)| {
            record.who.user_id = Some(format!("secret {n}").into());
            record
        };
        let records: Vec<Record> = records.into_iter().enumerate().map(named).collect();
        let mut n = 0;
        let theirs = |_: &Record| {
            n += 1;
            chosen >> (n - 1) & 1 == 1
        };
        let before = encode_batch(&records);
        let kept: Vec<&Record> = records.iter().enumerate()
            .filter(|(n, _)| chosen >> n & 1 == 0).map(|(_, record)| record).collect();
        let erased = erase_records(&before, theirs).unwrap();
        prop_assert_eq!(erased.is_none(), kept.len() == records.len());
        let (after, n_erased) = erased.unwrap_or((before.clone(), 0));
        prop_assert_eq!(n_erased as usize, records.len() - kept.len());
        prop_assert_eq!(after.len(), before.len());
        prop_assert_eq!(format!("{:?}", decode_batch(&after).unwrap()), format!("{kept:?}"));
        let held = |id: &str| after.windows(id.len()).any(|bytes| bytes == id.as_bytes());
        for (n, _) in records.iter().enumerate() {
            prop_assert_eq!(held(&format!("secret {n}")), chosen >> n & 1 == 0);
        }
        prop_assert_eq!(erase_records(&after, |_| false).unwrap(), None);
    }

    #[test]
    fn any_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        bytes.insert(0, VERSION);
        let _ = decode_batch(&bytes);
    }
}
