//! The schema registry: seen and declared, policies over HTTP and for imports, discarding.

use std::fs;
use std::sync::Arc;

use model::{Event, EventId, Record, Text, Timestamp, Value as Held, What, Who};
use serde_json::{Value, json};
use server::Workspace;
use server::fill::Filler;
use server::workspace::KeepLog;

use super::fixture::{Answer, Fixture, fixture, fixture_in};

fn track(id: &str, event: &str, properties: Value) -> Value {
    json!({"type": "track", "messageId": id, "userId": "ada", "event": event,
           "timestamp": "2026-02-01T10:00:00Z", "properties": properties})
}

fn sent(server: &Fixture, messages: &[Value]) {
    let answer = server.send("POST", "/v1/batch", &json!({ "batch": messages }).to_string());
    assert_eq!(answer.0, 200, "{}", answer.2);
}

fn put(server: &Fixture, path: &str, body: &Value) -> Answer {
    server.send("PUT", path, &body.to_string())
}

fn declared(server: &Fixture, name: &str, body: &Value) -> Value {
    let answer = put(server, &format!("/api/schema/events/{name}"), body);
    assert_eq!(answer.0, 200, "{}", answer.2);
    answer.json()
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|one| one["name"] == json!(name));
    found.unwrap_or_else(|| panic!("no {name} in {list}"))
}

/// Properties of all events of a user by name of the event.
fn properties(server: &Fixture, event: &str) -> Vec<Value> {
    let found = server.get(&format!("/api/users/ada/events?name={event}"));
    let events = found["events"].as_array().unwrap().iter();
    events.map(|event| event["properties"].clone()).collect()
}

#[test]
fn what_is_seen_and_what_is_declared_stand_side_by_side() {
    let server = fixture();
    sent(
        &server,
        &[
            track("1", "Bought", json!({"amount": 3, "plan": "gold"})),
            track("2", "Bought", json!({"amount": 4.5, "plan": "gold", "note": null})),
            track("3", "Bought", json!({"amount": "7"})),
            track("4", "bought", json!({})),
            json!({"type": "identify", "messageId": "5", "userId": "ada", "traits": {"city": "Riga"}}),
        ],
    );
    let declaration = json!({"description": "Paid for", "owner": "shop", "properties": {
        "amount": {"type": "number", "required": true},
        "colour": {"type": "text", "allowed": ["red"]}}});
    declared(&server, "Bought", &declaration);
    declared(&server, "Planned", &json!({"status": "proposed"}));
    let schema = server.get("/api/schema");
    assert_eq!(schema["version"], json!(2));
    let bought = named(&schema["events"], "Bought");
    assert_eq!(bought["seen"]["count"], json!(3));
    assert_eq!(bought["declared"]["owner"], json!("shop"));
    assert_eq!(bought["version"], json!(1));
    let amount = named(&bought["properties"], "amount");
    assert_eq!(amount["seen"]["count"], json!(3));
    let third = |name: &str| {
        let types = amount["seen"]["types"].as_array().unwrap().iter();
        let share = types.filter(|of| of["type"] == json!(name)).map(|of| of["share"].as_f64());
        share.flatten().sum::<f64>()
    };
    for of in ["integer", "number", "text"] {
        assert!((third(of) - 1.0 / 3.0).abs() < 1e-9, "{amount}");
    }
    assert_eq!(amount["declared"]["required"], json!(true));
    assert_eq!(named(&bought["properties"], "colour")["seen"], Value::Null);
    assert_eq!(named(&bought["properties"], "plan")["seen"]["samples"], json!(["gold"]));
    assert_eq!(named(&schema["events"], "Planned")["seen"], Value::Null);
    let city = named(&schema["attributes"], "city");
    assert_eq!((&city["unused"], &city["seen"]["count"]), (&json!(true), &json!(1)));
    assert_eq!(schema["suggestions"][0]["names"][0]["name"], json!("Bought"));
    assert_eq!(schema["suggestions"][0]["reason"], json!("spelling"));

    let segment = json!({"name": "Riga", "definition": "city = \"Riga\" and did \"Bought\" where amount > 2"});
    assert_eq!(server.send("POST", "/api/segments", &segment.to_string()).0, 201);
    let schema = server.get("/api/schema");
    assert_eq!(named(&schema["attributes"], "city")["unused"], json!(false));
    let bought = named(&schema["events"], "Bought");
    assert_eq!(named(&bought["properties"], "amount")["unused"], json!(false));
    assert_eq!(named(&bought["properties"], "plan")["unused"], json!(true));
}

#[test]
fn declarations_are_versioned_and_travel_as_one_document() {
    let server = fixture();
    declared(&server, "A", &json!({"description": "first"}));
    declared(&server, "A", &json!({"description": "second"}));
    let attribute = json!({"type": "text", "pii": true});
    assert_eq!(put(&server, "/api/schema/attributes/mail", &attribute).0, 200);
    let changes = server.get("/api/schema/changes?name=A");
    let of: Vec<_> = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (&change["version"], &change["by"], &change["body"]["description"]))
        .collect();
    let by = json!("test");
    assert_eq!(of, [(&json!(2), &by, &json!("second")), (&json!(1), &by, &json!("first"))]);

    let document = server.get("/api/schema/document");
    let path = "/api/schema/document";
    let same = put(&server, path, &document).json();
    assert_eq!(same, json!({"version": 3, "added": 0, "changed": 0, "removed": 0}));
    let other = json!({"events": {"B": {}}, "policies": {"undefined_events": "drop_event"}});
    let applied = put(&server, path, &other).json();
    assert_eq!(applied, json!({"version": 7, "added": 1, "changed": 1, "removed": 2}));
    assert_eq!(server.send("GET", "/api/schema/events/A", "").code().0, 404);
    assert_eq!(put(&server, path, &document).json()["added"], json!(2));
    assert_eq!(server.get(path), document);
    assert_eq!(server.send("DELETE", "/api/schema/events/A", "").0, 204);
    assert_eq!(
        server.send("DELETE", "/api/schema/events/A", "").code().1,
        json!("schema.not_declared")
    );

    let wrong = [
        ("events/%20a", json!({}), 422, "schema.name"),
        ("events/*", json!({}), 422, "schema.name"),
        ("events/a", json!({"properties": {"": {}}}), 422, "schema.name"),
        ("events/a", json!({"propertys": {}}), 400, "request.shape"),
        ("events/a", json!({"status": "maybe"}), 400, "request.shape"),
        (
            "events/a",
            json!({"properties": {"n": {"type": "number", "allowed": ["1"]}}}),
            422,
            "schema.allowed",
        ),
        ("events/a", json!({"description": "x".repeat(3_000)}), 422, "schema.too_long"),
        ("attributes/a", json!({"type": "colour"}), 400, "request.shape"),
        ("policies", json!({"undefined_events": "drop"}), 400, "request.shape"),
    ];
    for (path, body, status, code) in wrong {
        let refused = put(&server, &format!("/api/schema/{path}"), &body);
        assert_eq!(refused.code(), (status, json!(code)), "{path} {body}: {}", refused.2);
    }
    assert_eq!(server.get(path)["events"].as_object().unwrap().len(), 0);
}

#[test]
fn policies_decide_what_is_let_in_and_every_choice_is_noted() {
    let server = fixture();
    let declaration = json!({"undefined_properties": "drop_property", "mistyped": "drop_event",
        "properties": {"amount": {"type": "number"}, "colour": {"allowed": ["red"]}}});
    declared(&server, "Bought", &declaration);
    declared(&server, "Noise", &json!({"status": "blocked"}));
    sent(
        &server,
        &[
            track("1", "Bought", json!({"amount": 3, "extra": 1})),
            track("2", "Bought", json!({"amount": "3"})),
            track("3", "Bought", json!({"colour": "green"})),
            track("4", "Bought", json!({"colour": "red"})),
            track("5", "Noise", json!({})),
            track("6", "Other", json!({"any": 1})),
        ],
    );
    let bought = properties(&server, "Bought");
    assert_eq!(bought.len(), 2);
    assert!(bought.iter().all(|properties| properties.get("extra").is_none()), "{bought:?}");
    assert_eq!((properties(&server, "Noise").len(), properties(&server, "Other").len()), (0, 1));
    let errors = server.get("/api/errors");
    let mut kinds: Vec<_> = errors["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| {
            let text = |field: &str| kind[field].as_str().unwrap().to_owned();
            (text("code"), text("event"), text("outcome"), kind["count"].as_u64().unwrap())
        })
        .collect();
    kinds.sort();
    let kind = |code: &str, event: &str, outcome: &str| {
        (format!("schema.{code}"), event.to_owned(), outcome.to_owned(), 1)
    };
    assert_eq!(
        kinds,
        [
            kind("event_blocked", "Noise", "event_dropped"),
            kind("property_not_allowed", "Bought", "event_dropped"),
            kind("property_type", "Bought", "event_dropped"),
            kind("property_undefined", "Bought", "property_dropped"),
        ]
    );
    let extra = server.get("/api/errors?code=schema.property_undefined");
    let raw: Value = serde_json::from_str(extra["samples"][0]["raw"].as_str().unwrap()).unwrap();
    assert_eq!(raw, json!({"event": "Bought", "user": "ada", "properties": {"extra": 1}}));

    put(&server, "/api/schema/policies", &json!({"undefined_events": "drop_event"}));
    sent(&server, &[track("7", "Other", json!({}))]);
    assert_eq!(properties(&server, "Other").len(), 1);
}

#[test]
fn imports_pass_the_same_door() {
    let server = fixture();
    declared(&server, "Noise", &json!({"status": "blocked"}));
    let workspace = server.service.workspace();
    let mut filler = Filler::new(&workspace, "old.csv");
    for (n, name) in ["Noise", "Kept", "Noise"].into_iter().enumerate() {
        filler.push(record(name, n as u128, 1_000)).unwrap();
    }
    assert_eq!(filler.finish().unwrap().accepted, 1);
    let errors = server.get("/api/errors?source=old.csv");
    assert_eq!(errors["kinds"][0]["count"], json!(2));
    let admitted = workspace.admit("records", vec![record("Noise", 9, 1_000)]);
    assert_eq!(admitted, []);
}

fn record(name: &str, id: u128, at: i64) -> Record {
    let properties = vec![(Text::from("n"), Held::Int(1))];
    let event = Event { name: name.into(), time: Timestamp(at), id: EventId(id), properties };
    Record { received_at: Timestamp(at), who: Who::user("ada"), what: What::Event(event) }
}

#[test]
fn a_discarded_event_is_gone_at_once_for_good_and_does_not_come_back() {
    let server = fixture();
    server.service.workspace().keep_log(KeepLog::All).unwrap();
    let segment = json!({"name": "Noisy", "definition": "did \"Noise\" at least 1 times"});
    sent(
        &server,
        &[
            track("1", "Noise", json!({"n": 1})),
            track("2", "Kept", json!({})),
            track("3", "Noise", json!({"n": 2})),
        ],
    );
    assert_eq!(server.send("POST", "/api/segments", &segment.to_string()).0, 201);
    server.service.watch().unwrap();
    server.service.workspace().settle_live().unwrap();
    let live = || {
        server.service.workspace().settle_live().unwrap();
        server.get("/api/live?watch=segment/noisy")["watches"][0]["now"]["places"][0]["users"]
            .clone()
    };
    assert_eq!(live(), json!(1));
    assert_eq!(server.send("POST", "/api/history/compact", "").0, 200);

    let path = "/api/schema/events/Noise/discard";
    let discarded = server.send("POST", path, "").json();
    assert_eq!(discarded["discarded"]["blocked"], json!(true));
    assert_eq!(discarded["seen"], Value::Null);
    let gone = |server: &Fixture| {
        assert_eq!(properties(server, "Noise"), [] as [Value; 0]);
        let catalogue = server.get("/api/catalogue")["events"].clone();
        let sent = |event: &&Value| event["derived"] == false;
        assert_eq!(catalogue.as_array().unwrap().iter().filter(sent).count(), 1, "{catalogue}");
        let body = json!({"definition": "did \"Noise\" at least 1 times"}).to_string();
        let preview = server.send("POST", "/api/segments/preview", &body).json();
        assert_eq!(preview["count"], json!(0));
        let families = server.get("/api/history")["families"].to_string();
        assert!(!families.contains("Noise"), "{families}");
        assert!(!server.get("/api/live").to_string().contains("\"name\":\"Noise\""));
    };
    gone(&server);
    assert_eq!(live(), json!(0), "who was in is out");
    let export = server.send("GET", "/api/export/events", "").2;
    assert!(!export.contains("Noise") && export.contains("Kept"), "{export}");

    sent(&server, &[track("4", "Noise", json!({}))]);
    gone(&server);
    let errors = server.get("/api/errors?event=Noise");
    assert_eq!(errors["kinds"][0]["code"], json!("schema.event_blocked"));

    // The next start finds it gone, and so does one that builds the history from the whole log.
    let server = restarted(server, false);
    gone(&server);
    let server = restarted(server, true);
    gone(&server);

    let lifted = server.send("DELETE", path, "").json();
    assert_eq!(lifted["discarded"]["blocked"], json!(false));
    gone(&server);
    sent(&server, &[track("5", "Noise", json!({"n": 5}))]);
    assert_eq!(properties(&server, "Noise").len(), 1);
    let server = restarted(server, true);
    let left = properties(&server, "Noise");
    assert_eq!((left.len(), &left[0]["n"]), (1, &json!(5)), "only what came after");
    assert_eq!(server.send("POST", "/api/schema/events/Nothing/discard", "").code().0, 404);
    assert_eq!(server.send("DELETE", "/api/schema/events/Kept/discard", "").code().0, 404);
}

/// The same directory with another server; `rebuilt`: without its history.
fn restarted(mut server: Fixture, rebuilt: bool) -> Fixture {
    drop(server.stop.take());
    let workspace = server.service.workspace();
    workspace.close().unwrap();
    let placeholder = tempfile::tempdir().unwrap();
    let folder = std::mem::replace(&mut server.folder, placeholder);
    drop((workspace, server));
    if rebuilt {
        fs::remove_dir_all(folder.path().join("history")).unwrap();
    }
    wait_until_free(folder.path());
    fixture_in(folder, Arc::new(server::clock::now))
}

/// Connections of the server that stopped may hold the directory for a moment.
fn wait_until_free(dir: &std::path::Path) {
    for _ in 0..200 {
        if Workspace::open(dir).is_ok() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{} stays in use", dir.display());
}
