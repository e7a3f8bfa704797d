//! The error stream: every kind of bad input is counted once, under the right code.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fixture::{Fixture, fixture};

fn count(server: &Fixture) -> BTreeMap<String, u64> {
    let errors = server.get("/api/errors");
    let kinds = errors["kinds"].as_array().unwrap().iter();
    let mut counts = BTreeMap::new();
    for kind in kinds {
        let trend: u64 = kind["trend"].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
        assert_eq!(json!(trend), kind["count"], "{kind}");
        assert!(!kind["hint"].as_str().unwrap().is_empty(), "{kind}");
        *counts.entry(kind["code"].as_str().unwrap().to_owned()).or_default() += trend;
    }
    counts
}

/// What is wrong with each message, and its code.
fn messages() -> Vec<(Value, &'static str)> {
    let deep = (0..40).fold(json!(1), |inner, _| json!({ "a": inner }));
    let many: serde_json::Map<String, Value> =
        (0..10_000).map(|n| (format!("p{n}"), json!(n))).collect();
    let track = |more: Value| {
        let mut message = json!({"type": "track", "event": "Bought", "userId": "ada",
                                 "timestamp": "2026-01-01T00:00:00Z"});
        for (name, value) in more.as_object().unwrap() {
            message[name] = value.clone();
        }
        message
    };
    let properties = |properties: Value| track(json!({ "properties": properties }));
    vec![
        (track(json!({"userId": ""})), "event.no_user"),
        (track(json!({"userId": "x".repeat(300)})), "event.id_too_long"),
        (track(json!({"event": ""})), "event.no_name"),
        (track(json!({"event": "x".repeat(300)})), "event.name_too_long"),
        (track(json!({"timestamp": "2190-01-01T00:00:00Z"})), "event.time_in_future"),
        (track(json!({"timestamp": "1969-01-01T00:00:00Z"})), "event.time_too_old"),
        (track(json!({"timestamp": "yesterday"})), "event.time_invalid"),
        (track(json!({"type": "shout"})), "event.unknown_type"),
        (properties(json!({"": 1})), "event.property_name_empty"),
        (properties(json!({"x".repeat(300): 1})), "event.property_name_too_long"),
        (properties(json!({"text": "x".repeat(70_000)})), "event.text_too_long"),
        (properties(json!({"list": vec![1; 20_000]})), "event.list_too_long"),
        (properties(deep), "event.nested_too_deeply"),
        (properties(Value::Object(many)), "event.too_many_properties"),
        (json!(["no object"]), "event.malformed"),
        (json!({"type": "alias", "userId": "ada"}), "event.no_previous_id"),
        (json!({"type": "group", "userId": "ada"}), "event.no_group"),
        // What the schema finds.
        (track(json!({"event": "Noise"})), "schema.event_blocked"),
        (track(json!({"event": "Other"})), "schema.event_undefined"),
        (
            track(json!({"event": "Paid", "properties": {"n": 1, "x": 1}})),
            "schema.property_undefined",
        ),
        (track(json!({"event": "Paid", "properties": {"n": "1"}})), "schema.property_type"),
        (track(json!({"event": "Paid", "properties": {"n": 7}})), "schema.property_not_allowed"),
        (track(json!({"event": "Paid", "properties": {}})), "schema.property_missing"),
        (
            json!({"type": "identify", "userId": "ada", "traits": {"ssn": 1}}),
            "schema.attribute_blocked",
        ),
        (
            json!({"type": "identify", "userId": "ada", "traits": {"x": 1}}),
            "schema.attribute_undefined",
        ),
        (
            json!({"type": "identify", "userId": "ada", "traits": {"age": "1"}}),
            "schema.attribute_type",
        ),
        (
            json!({"type": "identify", "userId": "ada", "traits": {"age": 7}}),
            "schema.attribute_not_allowed",
        ),
    ]
}

#[test]
fn every_kind_of_bad_input_is_counted_once_and_shown() {
    let server = fixture();
    let n = json!({"type": "integer", "required": true, "allowed": [1, 2]});
    let schema = json!({
        "events": {"Bought": {}, "Noise": {"status": "blocked"}, "Paid": {"properties": {"n": n}}},
        "attributes": {"ssn": {"status": "blocked"}, "age": {"type": "integer", "allowed": [1]}},
        "policies": {"undefined_events": "drop_event", "undefined_properties": "allow",
                     "undefined_attributes": "drop_property", "mistyped": "drop_event"},
    });
    assert_eq!(server.send("PUT", "/api/schema/document", &schema.to_string()).0, 200);
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for (n, (message, code)) in messages().into_iter().enumerate() {
        let mut message = message;
        if message.is_object() {
            message["messageId"] = json!(n.to_string());
        }
        let batch = json!({"batch": [message]}).to_string();
        assert_eq!(server.send("POST", "/v1/batch", &batch).0, 200);
        *expected.entry(code.to_owned()).or_default() += 1;
    }
    for (body, code) in [
        ("{", "request.not_json"),
        ("{\"batch\":7}", "request.no_batch"),
        ("{\"messages\":[]}", "request.no_batch"),
    ] {
        assert_eq!(server.send("POST", "/v1/batch", body).code(), (400, json!(code)));
        *expected.entry(code.to_owned()).or_default() += 1;
    }
    assert!(expected.len() >= 22, "{}", expected.len());
    assert_eq!(count(&server), expected);
    let samples = server.get("/api/errors?limit=1000")["samples"].clone();
    let samples = samples.as_array().unwrap();
    for code in expected.keys() {
        let sample = samples.iter().find(|sample| sample["code"] == json!(code)).unwrap();
        let text = |field: &str| sample[field].as_str().unwrap();
        assert!(!text("message").is_empty() && !text("hint").is_empty(), "{sample}");
        assert!(text("raw").len() <= 4_096 && !text("raw").is_empty(), "{sample}");
    }
}

#[test]
fn errors_are_filtered_paged_and_survive_a_restart() {
    let server = fixture();
    for n in 0..5 {
        let (user, event) = if n < 3 { ("", "Bought") } else { ("ada", "") };
        let lost =
            json!({"type": "track", "event": event, "userId": user, "messageId": n.to_string()});
        assert_eq!(server.send("POST", "/v1/track", &lost.to_string()).0, 200);
    }
    let only = server.get("/api/errors?code=event.no_user&event=Bought&source=segment");
    assert_eq!(only["kinds"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&only["kinds"][0]["count"], &only["hours"].as_array().unwrap().len()),
        (&json!(3), &24)
    );
    assert_eq!(server.get("/api/errors?source=import")["kinds"], json!([]));

    let mut ids = Vec::new();
    let mut before = String::new();
    loop {
        let page = server.get(&format!("/api/errors?limit=2{before}"));
        ids.extend(page["samples"].as_array().unwrap().iter().map(|s| s["id"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), 5);
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
    for wrong in ["limit=0", "limit=1001", "hours=0", "hours=721", "limit=many", "codes=a"] {
        assert_eq!(server.send("GET", &format!("/api/errors?{wrong}"), "").0, 400, "{wrong}");
    }
    server.service.workspace().close().unwrap();
    let config = server::config::Config::open(&server.folder.path().join("config.db")).unwrap();
    let kinds = config.error_kinds(server::config::errors::Filter::default()).unwrap();
    assert_eq!(kinds.iter().map(|kind| kind.count).sum::<u64>(), 5);
}
