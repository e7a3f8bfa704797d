//! What is asked of every reader of a wire form.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::bounds::{ID_BYTES_MAX, NAME_BYTES_MAX, PROPERTIES_MAX, TIME_MIN};
use model::{AttributeChange, Event, Operation, Record, Timestamp, Value, What};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::sniff::{Content, content};
use crate::{Arrival, Decoded, Refusal};

pub(crate) fn received() -> Timestamp {
    Timestamp::parse("2026-11-22T07:09:25.000Z").unwrap()
}

pub(crate) fn arrival() -> Arrival {
    Arrival { received_at: received(), seed: 7 }
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// One line for each record: whom it is about and what it says.
pub(crate) fn lines(records: &[Record]) -> Vec<String> {
    records.iter().map(line).collect()
}

fn line(record: &Record) -> String {
    let who = &record.who;
    let ids = [("user", &who.user_id), ("anonymous", &who.anonymous_id)];
    let ids = ids.iter().filter_map(|(kind, id)| id.as_ref().map(|id| format!("{kind}={id}")));
    let ids = ids.collect::<Vec<_>>().join(" ");
    let pairs = |pairs: &[(model::Text, Value)]| {
        pairs.iter().map(|(name, value)| format!(" {name}={}", shown(value))).collect::<String>()
    };
    match &record.what {
        What::Event(event) => format!("{ids} | {}{}", event.name, pairs(&event.properties)),
        What::Identify(change) => {
            let clear = if change.clear { " clear" } else { "" };
            let operations = change.operations.iter();
            let operations =
                operations.map(|(name, operation)| format!(" {name}:{}", told(operation)));
            let set = pairs(&change.attributes);
            format!("{ids} | change{clear}{set}{}", operations.collect::<String>())
        }
        What::Alias { previous } => format!("{ids} | alias {previous}"),
        What::Separate { separated } => format!("{ids} | separate {separated}"),
        What::Facts(facts) => {
            format!("{ids} | facts{}{}", pairs(&facts.attributes), pairs(&facts.facts))
        }
    }
}

fn told(operation: &Operation) -> String {
    let all = |items: &[Value]| items.iter().map(shown).collect::<Vec<_>>().join(",");
    match operation {
        Operation::SetOnce(value) => format!("once({})", shown(value)),
        Operation::Add(value) => format!("add({})", shown(value)),
        Operation::Append(items) => format!("append({})", all(items)),
        Operation::Prepend(items) => format!("prepend({})", all(items)),
        Operation::Union(items) => format!("union({})", all(items)),
        Operation::Remove(items) => format!("remove({})", all(items)),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => format!("{x:?}"),
        Value::Text(text) => text.to_string(),
        Value::Time(at) => at.to_string(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(","))
        }
    }
}

/// What every accepted record promises, and what is not accepted says.
pub(crate) fn check_promises(decoded: &Decoded) {
    for Record { who, what, received_at } in &decoded.records {
        assert_eq!(*received_at, received());
        let ids = [&who.user_id, &who.anonymous_id];
        assert!(ids.iter().any(|id| id.is_some()), "nobody");
        for id in ids.into_iter().flatten() {
            assert!(!id.trim().is_empty() && id.len() <= ID_BYTES_MAX, "{id}");
        }
        let (properties, time) = match what {
            What::Event(Event { name, time, properties, id: _ }) => {
                assert!(!name.is_empty() && name.len() <= NAME_BYTES_MAX);
                (properties, time)
            }
            What::Identify(AttributeChange { attributes, operations, time, clear: _, id: _ }) => {
                assert!(operations.len() <= PROPERTIES_MAX);
                for (name, operation) in operations {
                    assert!(!name.is_empty() && name.len() <= NAME_BYTES_MAX);
                    assert!(
                        !matches!(operation, Operation::Add(value) if value.number().is_none())
                    );
                }
                (attributes, time)
            }
            What::Alias { previous } => {
                assert!(!previous.is_empty() && previous.len() <= ID_BYTES_MAX);
                continue;
            }
            What::Facts(facts) => {
                assert!(facts.facts.is_sorted_by(|a, b| a.0 < b.0));
                (&facts.attributes, &facts.time)
            }
            What::Separate { .. } => panic!("no client library separates"),
        };
        assert!(*time >= TIME_MIN && *time <= received() + model::bounds::FUTURE_MAX);
        assert!(properties.len() <= PROPERTIES_MAX);
        assert!(properties.is_sorted_by(|a, b| a.0 < b.0));
    }
    for rejection in &decoded.rejected {
        assert!(rejection.written.len() <= crate::REJECTED_BYTES);
        assert!(!rejection.hint.is_empty() && rejection.code.contains('.'));
    }
}

/// Holds a reader against any bytes, any JSON over its own names, and its own examples with some bytes
/// changed: it never panics, keeps what is promised, and accounts for every message.
pub(crate) fn hold(
    names: &'static [&'static str],
    examples: &[&str],
    decode: impl Fn(&Content<'_>) -> Result<Decoded, Refusal>,
) {
    let read = |body: &[u8]| {
        if let Ok(content) = content(body, None, "")
            && let Ok(decoded) = decode(&content)
        {
            check_promises(&decoded);
        }
    };
    let mut runner = TestRunner::new(Config { cases: 100, ..Config::default() });
    runner
        .run(&prop::collection::vec(any::<u8>(), 0..200), |bytes| {
            read(&bytes);
            Ok(())
        })
        .unwrap();
    runner
        .run(&json(names), |json| {
            read(json.as_bytes());
            Ok(())
        })
        .unwrap();
    for example in examples {
        let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8);
        let changed = |changes: Vec<(prop::sample::Index, u8)>| {
            let mut bytes = example.as_bytes().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            read(&bytes);
            Ok(())
        };
        runner.run(&changes, changed).unwrap();
        // Any value in the place of any one.
        let places: Vec<usize> = example.match_indices(':').map(|(at, _)| at + 1).collect();
        let placed = (prop::sample::select(places), json(names));
        let replaced = |(at, json): (usize, String)| {
            let end = example[at..].find([',', '}', ']']).map_or(example.len(), |n| at + n);
            read(format!("{}{json}{}", &example[..at], &example[end..]).as_bytes());
            Ok(())
        };
        runner.run(&placed, replaced).unwrap();
        let again = decode(&content(&gzip(example), None, "").unwrap()).unwrap();
        assert_eq!(again, decode(&content(example.as_bytes(), Some("gzip"), "").unwrap()).unwrap());
    }
}

fn json(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("JSON", |x| x.is_finite()).prop_map(|x| x.to_string()),
        prop::sample::select(vec!["1795331564.967", "\"u1\"", "\"\"", "\"2026-11-22T07:00:00Z\""])
            .prop_map(str::to_owned),
        "[a-z.\\\\$\u{20ac} ]{0,6}".prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let key = prop_oneof![
            "[a-c$]{0,2}",
            prop::sample::select(names.to_vec()).prop_map(str::to_owned),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..6).prop_map(|items| {
                let fields: Vec<_> = items.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}
