use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::{AttributeChange, Event, EventId, Text, Value, What, Who};
use proptest::prelude::*;

use super::*;

fn received() -> Timestamp {
    Timestamp::parse("2026-11-22T07:09:25.000Z").unwrap()
}

fn decoded(kind: Kind, body: &str) -> Decoded {
    decode(kind, body.as_bytes(), None, received()).unwrap()
}

/// The one record of a batch with one message.
fn one(message: &str) -> Record {
    let decoded = decoded(Kind::Batch, &format!(r#"{{"batch":[{message}]}}"#));
    assert_eq!(decoded.rejected, [], "{message}");
    assert_eq!(decoded.records.len(), 1);
    decoded.records.into_iter().next().unwrap()
}

fn event(message: &str) -> Event {
    match one(message).what {
        What::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

/// `name=value` of a track call with these properties.
fn properties(json: &str) -> Vec<String> {
    let message = format!(r#"{{"type":"track","event":"E","userId":"u","properties":{json}}}"#);
    event(&message).properties.iter().map(|(name, value)| format!("{name}={value:?}")).collect()
}

fn problem(message: &str) -> String {
    let decoded = decoded(Kind::Batch, &format!(r#"{{"batch":[{message}]}}"#));
    assert!(decoded.records.is_empty(), "{message}");
    let rejection = &decoded.rejected[0];
    format!("{}: {}", rejection.code, rejection.message)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const NODE: &str = r#"{"batch":[
  {"timestamp":"2026-11-20T10:00:00.000Z","integrations":{},"event":"Cart Paid","type":"track",
   "properties":{"total":41.5,"items":[{"sku":"K1","n":2},{"sku":"K2"}],"gift":{"wrap":true}},
   "context":{"library":{"name":"analytics-node","version":"3.1.0"}},"userId":"ada","messageId":"m-1",
   "_metadata":{"nodeVersion":"v20.20.2","jsRuntime":"node"}}],
 "writeKey":"WK7","sentAt":"2026-11-22T07:09:24.300Z"}"#;

#[test]
fn a_batch_of_the_node_library() {
    let decoded = decoded(Kind::Batch, NODE);
    assert_eq!(decoded.write_key.as_deref(), Some("WK7"));
    assert_eq!(decoded.rejected, []);
    let name = |name: &str| Text::new(name);
    let list = |items: Vec<Value>| Value::List(items.into());
    let expected = Record {
        received_at: received(),
        who: Who::user("ada"),
        what: What::Event(Event {
            name: name("Cart Paid"),
            // The way of the request is no error of the clock.
            time: Timestamp::parse("2026-11-20T10:00:00Z").unwrap(),
            id: EventId::of("m-1"),
            properties: vec![
                (name("context.library.name"), Value::text("analytics-node")),
                (name("context.library.version"), Value::text("3.1.0")),
                (name("gift.wrap"), Value::Bool(true)),
                (name("items.n"), list(vec![Value::Int(2), Value::Null])),
                (name("items.sku"), list(vec![Value::text("K1"), Value::text("K2")])),
                (name("total"), Value::Float(41.5)),
            ],
        }),
    };
    assert_eq!(decoded.records, [expected]);
}

#[test]
fn gzip_is_seen_by_its_first_bytes() {
    let plain = decoded(Kind::Batch, NODE);
    for encoding in [None, Some("gzip"), Some("identity"), Some("br")] {
        let unpacked = decode(Kind::Batch, &gzip(NODE), encoding, received());
        assert_eq!(unpacked, Ok(plain.clone()));
    }
    let said_but_not_done = decode(Kind::Batch, NODE.as_bytes(), Some("gzip"), received());
    assert_eq!(said_but_not_done, Ok(plain));
}

#[test]
fn a_single_call_of_the_web_library() {
    let body = r#"{"type":"page","name":"Shoes","category":"Shop","userId":null,"anonymousId":"a-9",
      "properties":{"path":"/shoes","title":null},"context":{"locale":"tr-TR","page":{"path":"/shoes"}},
      "messageId":"ajs-next-1","timestamp":"2026-11-22T07:09:00.000Z","writeKey":"WK1",
      "sentAt":"2026-11-22T07:09:25.000Z","unknown":[{}]}"#;
    let decoded = decoded(Kind::Page, body);
    assert_eq!(decoded.write_key.as_deref(), Some("WK1"));
    assert_eq!(decoded.records[0].who, Who::anonymous("a-9"));
    let What::Event(event) = &decoded.records[0].what else { panic!() };
    assert_eq!(event.name, "Page Viewed");
    let names: Vec<&str> = event.properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["category", "context.locale", "context.page.path", "name", "path", "title"]);
    assert!(event.properties[5].1.missing());
}

#[test]
fn identify_changes_attributes_wherever_they_stand() {
    let rudder = r#"{"type":"identify","userId":"ada","anonymousId":"a-1","messageId":"m",
      "traits":{"city":"Rome"},"context":{"traits":{"city":"Oslo","age":41,"address":{"zip":"9"}},"ip":"::1"},
      "originalTimestamp":"2026-11-22T07:00:00.000Z","sentAt":"2026-11-22T07:00:00.000Z"}"#;
    let record = one(rudder);
    assert_eq!(record.who.anonymous_id.as_deref(), Some("a-1"));
    let attributes = vec![
        (Text::new("address.zip"), Value::text("9")),
        (Text::new("age"), Value::Int(41)),
        (Text::new("city"), Value::text("Rome")),
    ];
    let change = AttributeChange::set(received(), EventId::of("m"), attributes);
    assert_eq!(record.what, What::Identify(change));
}

#[test]
fn group_screen_and_alias() {
    let group = event(r#"{"type":"group","userId":"u","groupId":7,"traits":{"plan":"pro"}}"#);
    assert_eq!(group.name, "Group Joined");
    assert_eq!(
        group.properties,
        [(Text::new("group_id"), Value::text("7")), (Text::new("traits.plan"), Value::text("pro"))]
    );
    let screen =
        event(r#"{"type":"screen","userId":"u","name":"Home","properties":{"name":"Start"}}"#);
    assert_eq!((screen.name.as_str(), screen.properties.len()), ("Screen Viewed", 1));
    assert_eq!(screen.properties[0].1, Value::text("Start"));
    let alias = one(r#"{"type":"alias","userId":"new","previousId":"old"}"#);
    assert_eq!(alias.what, What::Alias { previous: Text::new("old") });
    let nothing = decoded(Kind::Alias, r#"{"userId":"same","previousId":"same"}"#);
    assert_eq!((nothing.records.len(), nothing.rejected.len(), nothing.n_ignored), (0, 0, 1));
}

#[test]
fn nested_things_are_flattened() {
    let check = |json: &str, expected: &[&str]| assert_eq!(properties(json), expected, "{json}");
    check("null", &[]);
    check("[]", &[]);
    check("{}", &[]);
    check(r#"{"a":{},"b":null}"#, &["b=Null"]);
    check(
        r#"{"b":1,"a":{"y":{"z":"t"},"x":2.5}}"#,
        &["a.x=Float(2.5)", r#"a.y.z=Text("t")"#, "b=Int(1)"],
    );
    check(r#"{"x":-990006121.2663281}"#, &["x=Float(-990006121.2663281)"]);
    check(r#"{"a":1,"a":2}"#, &["a=Int(2)"]);
    check(r#"{"l":[1,"x",null,true]}"#, &[r#"l=List([Int(1), Text("x"), Null, Bool(true)])"#]);
    check(r#"{"l":[[1,2],[3]]}"#, &["l=List([Int(1), Int(2), Int(3)])"]);
    check(r#"{"l":[]}"#, &["l=List([])"]);
    check(
        r#"{"p":[{"s":1},{"t":{"u":2}},{"s":3,"g":["a","b"]}]}"#,
        &[
            r#"p.g=List([Null, Null, Text("a"), Text("b")])"#,
            "p.s=List([Int(1), Null, Int(3)])",
            "p.t.u=List([Null, Int(2), Null])",
        ],
    );
    check(r#"{"p":[1,{"s":2}]}"#, &["p=List([Int(1)])", "p.s=List([Int(2)])"]);
    check(
        r#"{"max":9223372036854775807,"min":-9223372036854775808,"over":9223372036854775808,"far":1e30}"#,
        &[
            "far=Float(1e30)",
            "max=Int(9223372036854775807)",
            "min=Int(-9223372036854775808)",
            "over=Float(9.223372036854776e18)",
        ],
    );
}

#[test]
fn times_are_corrected_by_the_clock_of_the_sender() {
    let check = |fields: &str, expected: &str| {
        let message = format!(r#"{{"type":"track","event":"E","userId":"u"{fields}}}"#);
        assert_eq!(event(&message).time.to_string(), expected, "{fields}");
    };
    check("", "2026-11-22T07:09:25.000Z");
    check(r#","timestamp":null"#, "2026-11-22T07:09:25.000Z");
    check(r#","timestamp":"2026-11-22T07:00:00Z""#, "2026-11-22T07:00:00.000Z");
    check(r#","timestamp":"2026-11-22T09:00:00.123456+02:00""#, "2026-11-22T07:00:00.123Z");
    check(r#","timestamp":1795330800"#, "2026-11-22T07:00:00.000Z");
    check(r#","timestamp":1795330800000"#, "2026-11-22T07:00:00.000Z");
    // A clock that is ten years ahead.
    let fast = r#","timestamp":"2036-11-22T07:00:00Z","sentAt":"2036-11-22T07:00:05Z""#;
    check(fast, "2026-11-22T07:09:20.000Z");
    let rudder = r#","originalTimestamp":"2026-11-22T06:00:00Z","sentAt":"2026-11-22T07:00:00Z""#;
    check(rudder, "2026-11-22T06:09:25.000Z");
    check(
        r#","timestamp":"2026-11-22T07:00:00Z","sentAt":"yesterday""#,
        "2026-11-22T07:00:00.000Z",
    );
}

#[test]
fn ids_are_written_ones_or_hashes_of_the_message() {
    let id = |message: &str| event(message).id;
    let plain = r#"{"type":"track","event":"E","userId":"u"}"#;
    assert_eq!(id(plain), id(plain));
    assert_ne!(id(plain), id(r#"{"type":"track","event":"F","userId":"u"}"#));
    let with_id = r#"{"type":"track","event":"E","userId":1,"messageId":"x"}"#;
    assert_eq!(id(with_id), EventId::of("x"));
    assert_eq!(one(with_id).who, Who::user("1"));
}

#[test]
fn bad_messages_are_rejected_alone() {
    let body = r#"{"batch":[{"type":"track","event":"A","userId":"u"},{"type":"track","userId":"u"},
        7,{"type":"track","event":"B","userId":"u"}]}"#;
    let decoded = decoded(Kind::Import, body);
    assert_eq!(decoded.records.len(), 2);
    let codes: Vec<_> = decoded.rejected.iter().map(|r| (r.index, r.code)).collect();
    assert_eq!(codes, [(1, "event.no_name"), (2, "event.malformed")]);
}

#[test]
fn every_rejection_says_what_and_where() {
    let check = |fields: &str, expected: &str| {
        assert_eq!(problem(&format!("{{{fields}}}")), expected, "{fields}");
    };
    let track = |rest: &str| format!(r#""type":"track","event":"E","userId":"u",{rest}"#);
    check(r#""event":"E","userId":"u""#, "event.unknown_type: the message has no type");
    check(r#""type":"trak","userId":"u""#, "event.unknown_type: the type \"trak\" is not known");
    check(r#""type":"batch","userId":"u""#, "event.unknown_type: the type \"batch\" is not known");
    let nobody = "event.no_user: neither a user id nor an anonymous id is given";
    check(r#""type":"track","event":"E""#, nobody);
    check(r#""type":"track","event":"E","userId":"  ","anonymousId":null"#, nobody);
    check(r#""type":"track","event":" ","userId":"u""#, "event.no_name: the event has no name");
    check(
        r#""type":"track","event":"E","userId":["u"]"#,
        "event.id_invalid: userId is neither a text nor a number",
    );
    check(
        &format!(r#""type":"track","event":"E","userId":"{}""#, "u".repeat(256)),
        "event.id_too_long: userId has 256 bytes; the limit is 255",
    );
    check(
        &format!(r#""type":"track","event":"{}","userId":"u""#, "e".repeat(256)),
        "event.name_too_long: the event name has 256 bytes; the limit is 255",
    );
    check(&track(r#""timestamp":"soon""#), "event.time_invalid: \"soon\" is not a time");
    check(
        &track(r#""timestamp":"2026-11-24T07:09:25Z""#),
        "event.time_in_future: the event time 2026-11-24T07:09:25.000Z is more than 1d after its \
         arrival at 2026-11-22T07:09:25.000Z",
    );
    check(
        &track(r#""timestamp":"1979-12-31""#),
        "event.time_too_old: the event time 1979-12-31T00:00:00.000Z is before 1980-01-01T00:00:00.000Z",
    );
    check(
        &track(r#""properties":"x""#),
        "event.properties_not_object: properties or traits is not an object",
    );
    check(&track(r#""context":[1]"#), "event.properties_not_object: context is not an object");
    check(
        &track(r#""properties":{"a":{"":1}}"#),
        "event.property_name_empty: a property in \"a.\" has an empty name",
    );
    check(
        &track(&format!(r#""properties":{{"{}":1}}"#, "n".repeat(256))),
        &format!(
            "event.property_name_too_long: the property name \"{}…\" has 256 bytes; the limit is 255",
            "n".repeat(60)
        ),
    );
    check(
        &track(&format!(r#""properties":{{"t":"{}"}}"#, "x".repeat(32_769))),
        "event.text_too_long: the property \"t\" has 32769 bytes of text; the limit is 32768",
    );
    check(
        &track(&format!(r#""properties":{{"l":[{}1]}}"#, "1,".repeat(1_024))),
        "event.list_too_long: the property \"l\" has more than 1024 elements",
    );
    let many: Vec<String> = (0..513).map(|i| format!(r#""p{i}":1"#)).collect();
    check(
        &track(&format!(r#""properties":{{{}}}"#, many.join(","))),
        "event.too_many_properties: the event has more than 512 properties, nested ones included",
    );
    check(
        &track(&format!(r#""properties":{}1{}"#, r#"{"a":"#.repeat(10), "}".repeat(10))),
        "event.nested_too_deeply: the property \"a.a.a.a.a.a.a.a.a\" is nested more than 8 deep",
    );
    check(
        &track(&format!(r#""properties":{{"l":{}{}}}"#, "[".repeat(100), "]".repeat(100))),
        "event.nested_too_deeply: the property \"l\" is nested more than 8 deep",
    );
    check(
        &track(r#""properties":{"n":1e999}"#),
        "event.malformed: the message cannot be read: number out of range at line 1 column 64",
    );
    check(r#""type":"group","userId":"u""#, "event.no_group: the group call has no group id");
    check(r#""type":"alias","userId":"u""#, "event.no_previous_id: the alias has no previous id");
}

#[test]
fn bodies_that_cannot_be_read_are_refused() {
    let check = |body: &[u8], encoding: Option<&str>, status: u16, expected: &str| {
        let refusal = decode(Kind::Batch, body, encoding, received()).unwrap_err();
        assert_eq!(
            (refusal.status, format!("{}: {}", refusal.code, refusal.message).as_str()),
            (status, expected)
        );
    };
    check(
        b"",
        None,
        400,
        "request.not_json: the body is not JSON: EOF while parsing a value at line 1 column 0",
    );
    check(
        br#"{"batch":[{"type":"track","properties":{"x":NaN}}]}"#,
        None,
        400,
        "request.not_json: the body is not JSON: expected value at line 1 column 45",
    );
    check(b"{\"batch\":[\xff]}", None, 400, "request.not_utf8: the body is not UTF-8 at byte 10");
    check(
        b"\x8b\xff\x00",
        Some("br"),
        415,
        "request.unknown_encoding: content encoding \"br\" is not supported",
    );
    check(b"{}", None, 400, "request.no_batch: the body has no list \"batch\"");
    check(br#"{"batch":{"a":1}}"#, None, 400, "request.no_batch: the body has no list \"batch\"");
    let many = format!(r#"{{"batch":[{}1]}}"#, "1,".repeat(BATCH_RECORDS_MAX));
    check(
        many.as_bytes(),
        None,
        413,
        "request.too_many_records: the batch has more than 10000 messages",
    );
    let packed = gzip(NODE);
    let cut = decode(Kind::Batch, &packed[..packed.len() - 9], None, received()).unwrap_err();
    assert_eq!((cut.status, cut.code), (400, "request.gzip_broken"));
    let bomb = gzip(&" ".repeat(model::bounds::BODY_BYTES_MAX + 1));
    check(
        &bomb,
        None,
        413,
        "request.too_large: the body has more than 20971520 bytes after decompression",
    );
}

#[test]
fn generous_forms_are_read() {
    let list = decoded(Kind::Batch, r#"[{"type":"track","event":"E","userId":"u"}]"#);
    assert_eq!(list.records.len(), 1);
    let single_on_batch = decoded(Kind::Batch, r#"{"type":"track","event":"E","userId":"u"}"#);
    assert_eq!(single_on_batch.records.len(), 1);
    let batch_on_single = decoded(Kind::Track, NODE);
    assert_eq!(batch_on_single.records.len(), 1);
    let marked = decoded(Kind::Track, "\u{feff}{\"event\":\"E\",\"userId\":\"u\"}");
    assert_eq!(marked.records.len(), 1);
}

#[test]
fn settings_of_the_web_library_point_here() {
    let told: serde_json::Value =
        serde_json::from_str(&settings("K\"1", "https", "a.b:8")).unwrap();
    let own = &told["integrations"]["Segment.io"];
    assert_eq!((&own["apiKey"], &own["apiHost"]), (&"K\"1".into(), &"a.b:8/v1".into()));
    assert_eq!((&own["protocol"], &told["metrics"]["sampleRate"]), (&"https".into(), &0.into()));
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i128>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("JSON", |x| x.is_finite()).prop_map(|x| x.to_string()),
        "[a-z.\\\\u{20ac} ]{0,6}".prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let key = prop_oneof![
            "[a-c]{0,2}",
            prop::sample::select(vec![
                "batch",
                "type",
                "event",
                "userId",
                "anonymousId",
                "properties",
                "traits",
                "context",
                "timestamp",
                "sentAt",
                "messageId",
                "groupId",
                "previousId",
                "name",
                "writeKey",
            ])
            .prop_map(str::to_owned),
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

/// What every accepted record promises.
fn check_promises(decoded: &Decoded) {
    for record in &decoded.records {
        assert!(record.who.user_id.is_some() || record.who.anonymous_id.is_some());
        let properties = match &record.what {
            What::Event(event) => &event.properties,
            What::Identify(change) => &change.attributes,
            What::Facts(facts) => &facts.attributes,
            What::Alias { .. } | What::Separate { .. } => continue,
        };
        assert!(properties.is_sorted_by(|a, b| a.0 < b.0));
    }
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(Kind::Batch, &bytes, None, received());
    }

    #[test]
    fn any_json_is_decoded_or_refused(json in json(), kind in 0usize..7) {
        let kinds = [Kind::Track, Kind::Identify, Kind::Page, Kind::Screen, Kind::Group, Kind::Alias, Kind::Batch];
        if let Ok(decoded) = decode(kinds[kind], json.as_bytes(), None, received()) {
            check_promises(&decoded);
        }
        let message = format!(r#"{{"batch":[{{"type":"track","event":"E","userId":"u","properties":{json}}}]}}"#);
        let decoded = decode(Kind::Batch, message.as_bytes(), None, received()).unwrap();
        prop_assert_eq!(decoded.records.len() + decoded.rejected.len(), 1);
        check_promises(&decoded);
    }

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = NODE.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(decoded) = decode(Kind::Batch, &bytes, None, received()) {
            check_promises(&decoded);
        }
    }
}
