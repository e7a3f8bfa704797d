//! Events that nobody sends: sessions and what else follows from the events of a person, over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::{Event, EventId, Record, Text, Timestamp, What, Who};
use serde_json::{Value, json};

use super::fixture::{Fixture, fixture_at};

/// A server whose clock stands at an instant until it is moved.
fn server_at(now: &str) -> (Fixture, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(millis(now)));
    let shown = Arc::clone(&clock);
    (fixture_at(Arc::new(move || Timestamp(shown.load(Ordering::Relaxed)))), clock)
}

fn millis(at: &str) -> i64 {
    Timestamp::parse(at).unwrap().0
}

fn track(user: &str, event: &str, at: &str, rest: &Value) -> Value {
    let mut message = json!({"type": "track", "messageId": format!("{user}/{event}/{at}"),
        "userId": user, "event": event, "timestamp": at});
    for (name, value) in rest.as_object().into_iter().flatten() {
        message[name] = value.clone();
    }
    message
}

fn send(server: &Fixture, batch: &[Value]) {
    let answer = server.send("POST", "/v1/batch", &json!({"batch": batch}).to_string());
    assert_eq!((answer.0, answer.json()), (200, json!({"success": true})));
}

/// What only the server says of messages.
fn tell(server: &Fixture, message: &Value) {
    let text = |name: &str| Text::new(message[name].as_str().unwrap());
    let time = Timestamp::parse(&text("timestamp")).unwrap();
    let event = Event { name: text("event"), time, id: EventId(7), properties: Vec::new() };
    let who = Who::user(&text("userId"));
    let record = Record { received_at: time, who, what: What::Event(event) };
    let workspace = server.service.workspace();
    workspace.enqueue(vec![record]).unwrap().wait().unwrap();
}

fn count(server: &Fixture, definition: &str) -> u64 {
    let body = json!({"segments": [{"definition": definition}]});
    let answer = server.send("POST", "/api/segments/evaluate", &body.to_string()).json();
    answer["segments"][0]["count"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

/// What is shown of a person that nobody sent: name, time, properties; oldest first.
fn derived(server: &Fixture, user: &str) -> Vec<(String, String, Value)> {
    let events = server.get(&format!("/api/users/{user}/events"))["events"].clone();
    let derived = events.as_array().unwrap().iter().rev().filter(|event| event["derived"] == true);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    derived.map(|e| (text(&e["name"]), text(&e["time"]), e["properties"].clone())).collect()
}

#[test]
fn a_silence_concludes_a_session_and_every_answer_agrees() {
    let (server, clock) = server_at("2026-03-01T10:12:00Z");
    let none = json!({});
    let at = |minute: u32| format!("2026-03-01T10:{minute:02}:00Z");
    send(&server, &[track("ada", "View", &at(0), &none), track("ada", "Buy", &at(10), &none)]);
    let started =
        ("Session Started".to_owned(), "2026-03-01T10:00:00.000Z".to_owned(), none.clone());
    assert_eq!(derived(&server, "ada"), std::slice::from_ref(&started));
    assert_eq!(count(&server, "did \"Session Concluded\""), 0, "it may go on");
    clock.store(millis("2026-03-01T11:00:00Z"), Ordering::Relaxed);
    let properties =
        json!({"length": 600.0, "events": 2, "started_at": "2026-03-01T10:00:00.000Z"});
    let concluded =
        ("Session Concluded".to_owned(), "2026-03-01T10:10:00.000Z".to_owned(), properties);
    assert_eq!(derived(&server, "ada"), [started, concluded]);
    assert_eq!(count(&server, "did \"Session Concluded\" where length >= 600"), 1);
    assert_eq!(count(&server, "did any event at least 3 times"), 0, "of any event they are none");
    let order = "did \"Session Started\" then \"View\" then \"Buy\" then \"Session Concluded\"";
    assert_eq!(count(&server, order), 1);

    let sessions = server.get("/api/analytics/sessions");
    assert_eq!((&sessions["sessions"], &sessions["open"]), (&json!(1), &json!(0)));
    assert_eq!(sessions["mean_seconds"], json!(600.0));
    let trends = json!({"series": [{"event": "Session Concluded"}], "unit": "all"});
    let trends = server.send("POST", "/api/analytics/trends", &trends.to_string()).json();
    assert_eq!(trends["groups"][0]["series"][0]["total"], json!(1.0), "{trends}");
    let why = json!({"user": "ada", "definition": "did \"Session Started\""});
    let why = server.send("POST", "/api/segments/explain", &why.to_string()).json();
    assert_eq!(why["holds"], true, "{why}");
    let catalogue = server.get("/api/catalogue");
    let found = catalogue["events"].as_array().unwrap().iter();
    let found = found.map(|e| (e["name"].as_str().unwrap(), e["count"].clone(), &e["derived"]));
    let found: Vec<_> = found.filter(|(.., derived)| *derived == &json!(true)).collect();
    let derived_one = |name| (name, json!(1), &Value::Bool(true));
    assert_eq!(found, [derived_one("Session Concluded"), derived_one("Session Started")]);

    // As it was known while it could go on.
    let earlier = server.get("/api/users/ada/events?known_at=2026-03-01T10:20:00Z");
    let names: Vec<&str> =
        earlier["events"].as_array().unwrap().iter().filter_map(|e| e["name"].as_str()).collect();
    assert_eq!(names, ["Buy", "View", "Session Started"]);
    let exported = server.send("GET", "/api/export/events", "").2;
    assert_eq!(
        exported.matches("event_id").count(),
        2,
        "what would be sent again is not exported: {exported}"
    );
    let exported = server.send("GET", "/api/export/events?derived=true", "").2;
    assert_eq!(exported.matches("event_id").count(), 4, "{exported}");
}

#[test]
fn settings_say_what_is_activity_and_nothing_is_stored_of_sessions() {
    let (server, _) = server_at("2026-03-02T00:00:00Z");
    let node = json!({"context": {"library": {"name": "analytics-node"}}});
    let none = json!({});
    send(
        &server,
        &[
            track("ada", "View", "2026-03-01T10:00:00Z", &none),
            track("ada", "Invoice Sent", "2026-03-01T10:15:00Z", &node),
            track("ada", "View", "2026-03-01T10:25:00Z", &none),
        ],
    );
    let sessions = || server.get("/api/analytics/sessions")["sessions"].clone();
    assert_eq!(server.get("/api/settings/sessions")["timeout"], "20m");
    assert_eq!(sessions(), json!(2), "what a server sends is no activity");
    let put = |settings: Value| server.send("PUT", "/api/settings/sessions", &settings.to_string());
    let written = put(json!({"timeout": "20m", "server_side": true}));
    let expected = json!({"timeout": "20m", "not_activity": [], "server_side": true});
    assert_eq!((written.0, written.json()), (200, expected));
    assert_eq!(sessions(), json!(1));
    assert_eq!(count(&server, "did \"Session Concluded\" where events = 3"), 1);
    put(json!({"timeout": "20m", "server_side": true, "not_activity": ["Invoice Sent"]}));
    assert_eq!(sessions(), json!(2));
    put(json!({"timeout": "30m"}));
    assert_eq!(sessions(), json!(1));
    assert_eq!(count(&server, "did \"Session Concluded\" where length = 1500"), 1);
    for (settings, code) in [
        (json!({"timeout": "5s"}), "sessions.timeout"),
        (json!({"timeout": "2d"}), "sessions.timeout"),
        (json!({"timeout": "20m", "not_activity": [""]}), "sessions.not_activity"),
    ] {
        let refused = put(settings.clone());
        assert_eq!(refused.code(), (422, json!(code)), "{settings}");
    }
    assert_eq!(server.get("/api/settings/sessions")["timeout"], "30m", "the last that was right");
}

#[test]
fn what_names_a_derived_event_is_computed_when_asked_and_says_so() {
    let (server, _) = server_at("2026-03-02T00:00:00Z");
    server.service.watch().unwrap();
    send(&server, &[track("ada", "View", "2026-03-01T10:00:00Z", &json!({}))]);
    for (id, text) in [
        ("launched", "did \"Session Started\" in last 7d"),
        ("through", "in segment \"launched\""),
        ("viewed", "did \"View\" in last 7d"),
    ] {
        let body = json!({"id": id, "name": id, "definition": text});
        let answer = server.send("POST", "/api/segments", &body.to_string());
        assert_eq!(answer.0, 201, "{}", answer.2);
    }
    server.service.workspace().settle_live().unwrap();
    let live = server.get("/api/live");
    let of = |id: &str| {
        let watches = live["watches"].as_array().unwrap();
        let own = watches.iter().find(|watch| watch["id"] == id && watch["kind"] == "segment");
        let now = &own.unwrap()["now"];
        (now["status"].clone(), now["reason"].clone())
    };
    assert_eq!(of("launched"), (json!("not_live"), json!("derived")));
    assert_eq!(
        of("through"),
        (json!("not_live"), json!("derived")),
        "through another segment, too"
    );
    assert_eq!(of("viewed"), (json!("live"), Value::Null));
    let segments = server.get("/api/segments");
    for own in segments["segments"].as_array().unwrap() {
        assert_eq!(own["count"], json!(1), "computed when asked: {own}");
    }
}

#[test]
fn who_sends_the_event_has_it_as_it_was_sent() {
    let (server, _) = server_at("2026-03-02T00:00:00Z");
    let app = json!({"context": {"app": {"version": "1.0"}}});
    let newer = json!({"context": {"app": {"version": "1.1"}}});
    send(
        &server,
        &[
            track("ada", "View", "2026-03-01T10:00:00Z", &app),
            track("ada", "View", "2026-03-01T10:01:00Z", &newer),
            track("bob", "Application Installed", "2026-03-01T10:00:00Z", &app),
            track("bob", "Session Started", "2026-03-01T09:59:00Z", &app),
        ],
    );
    let names = |user: &str| -> Vec<String> {
        derived(&server, user).into_iter().map(|(name, ..)| name).collect()
    };
    assert_eq!(
        names("ada"),
        ["App Installed", "Session Started", "App Version Changed", "Session Concluded"]
    );
    let (_, _, change) = derived(&server, "ada").remove(2);
    assert_eq!(change, json!({"from": "1.0", "to": "1.1"}));
    assert_eq!(names("bob"), ["Session Concluded"], "what bob's library sent stands for itself");
    assert_eq!(count(&server, "did \"Session Started\""), 2, "both kinds count");
    let catalogue = server.get("/api/catalogue");
    let mut events = catalogue["events"].as_array().unwrap().iter();
    let both = events.find(|event| event["name"] == "Session Started").unwrap();
    assert_eq!((&both["count"], &both["users"]), (&json!(2), &json!(2)));
}

#[test]
fn a_person_is_shown_with_a_summary_of_every_event_name() {
    let (server, _) = server_at("2026-06-01T00:00:00Z");
    // Pseudo-random, so that some fall together.
    let (mut sent, mut state) = (Vec::new(), 7u64);
    for n in 0..400u32 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let minute = (state >> 33) % (60 * 24 * 60);
        let name = ["View", "Buy", "Search"][(state >> 20) as usize % 3];
        let at = Timestamp(millis("2026-03-01T00:00:00Z") + minute as i64 * 60_000).to_string();
        let id = format!("{n}");
        sent.push((name, at.clone(), track("ada", name, &at, &json!({"messageId": id}))));
    }
    for batch in sent.chunks(90) {
        send(&server, &batch.iter().map(|(.., message)| message.clone()).collect::<Vec<_>>());
    }
    let mut expected: BTreeMap<String, (u64, String, String, bool)> = BTreeMap::new();
    let mut add = |name: &str, at: &str, derived: bool| {
        let own = expected.entry(name.to_owned()).or_insert((0, at.into(), at.into(), derived));
        own.0 += 1;
        own.1 = own.1.clone().min(at.to_owned());
        own.2 = own.2.clone().max(at.to_owned());
    };
    let mut times: Vec<i64> = sent.iter().map(|(_, at, _)| millis(at)).collect();
    times.sort_unstable();
    for (name, at, _) in &sent {
        add(name, at, false);
    }
    let silent = |from: i64, to: i64| to - from > 20 * 60_000;
    for (n, at) in times.iter().enumerate() {
        let text = Timestamp(*at).to_string();
        if n == 0 || silent(times[n - 1], *at) {
            add("Session Started", &text, true);
        }
        if times.get(n + 1).is_none_or(|next| silent(*at, *next)) {
            add("Session Concluded", &text, true);
        }
    }
    let user = server.get("/api/users/ada");
    assert_eq!(user["events"], json!(400), "as many as were sent");
    let found = user["summary"].as_array().unwrap().iter().map(|own| {
        let text = |field: &str| own[field].as_str().unwrap().to_owned();
        let rest = (own["count"].as_u64().unwrap(), text("first_at"), text("last_at"));
        (text("event"), (rest.0, rest.1, rest.2, own["derived"] == true))
    });
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
}

#[test]
fn stages_of_a_life_add_to_a_person_and_erase_nothing() {
    let (server, _) = server_at("2026-03-20T00:00:00Z");
    let identify = |at: &str, ids: Value, traits: Value| {
        let mut message = json!({"type": "identify", "messageId": format!("i/{at}"),
            "timestamp": at, "traits": traits});
        for (name, value) in ids.as_object().unwrap() {
            message[name] = value.clone();
        }
        message
    };
    let anonymous = |event: &str, at: &str, properties: Value| {
        json!({"type": "track", "messageId": format!("{event}/{at}"), "anonymousId": "device-1",
            "event": event, "timestamp": at, "properties": properties,
            "context": {"app": {"version": "1.0"}, "device": {"id": "d1"}}})
    };
    let known = |event: &str, at: &str, properties: Value| {
        track("ada", event, at, &json!({"properties": properties}))
    };
    let both = json!({"userId": "ada", "anonymousId": "device-1"});
    let ada = json!({"userId": "ada"});
    let stages: [(&str, Vec<Value>); 7] = [
        (
            "open",
            vec![
                anonymous("Screen Viewed", "2026-03-01T10:00:00Z", json!({"name": "home"})),
                identify(
                    "2026-03-01T10:00:01Z",
                    json!({"anonymousId": "device-1"}),
                    json!({"locale": "tr-TR", "device_model": "Pixel"}),
                ),
            ],
        ),
        (
            "account",
            vec![identify(
                "2026-03-01T10:05:00Z",
                both,
                json!({"email": "ada@example.com", "name": "Ada"}),
            )],
        ),
        (
            "first sessions",
            vec![
                known("View", "2026-03-02T09:00:00Z", json!({"item": "tea"})),
                known("View", "2026-03-02T12:00:00Z", json!({"item": "jam"})),
            ],
        ),
        (
            "opt-ins",
            vec![identify(
                "2026-03-03T09:00:00Z",
                ada.clone(),
                json!({"email_opt_in": true, "push_opt_in": true}),
            )],
        ),
        (
            "continued use",
            vec![
                known("View", "2026-03-08T09:00:00Z", json!({"item": "tea"})),
                identify("2026-03-08T09:01:00Z", ada.clone(), json!({"favourite": "tea"})),
            ],
        ),
        (
            "engagement",
            vec![known("Message Clicked", "2026-03-09T09:00:00Z", json!({"message": "m1"}))],
        ),
        (
            "conversion",
            vec![
                known("Buy", "2026-03-10T09:00:00Z", json!({"amount": 12.5})),
                identify("2026-03-10T09:00:01Z", ada, json!({"plan": "pro"})),
            ],
        ),
    ];
    let mut before: Option<Value> = None;
    for (stage, messages) in stages {
        let (told, sent): (Vec<Value>, Vec<Value>) =
            messages.into_iter().partition(|message| message["event"] == "Message Clicked");
        send(&server, &sent);
        told.iter().for_each(|message| tell(&server, message));
        let id = if stage == "open" { "device-1" } else { "ada" };
        let now = server.get(&format!("/api/users/{id}"));
        if let Some(before) = before {
            for (name, value) in before["attributes"].as_object().unwrap() {
                assert_eq!(&now["attributes"][name], value, "{stage} erased {name}");
            }
            for field in ["anonymous_ids", "user_ids", "identities"] {
                for own in before[field].as_array().unwrap() {
                    let kept = now[field].as_array().unwrap();
                    assert!(kept.contains(own), "{stage} erased {own} of {field}");
                }
            }
            for own in before["summary"].as_array().unwrap() {
                let summary = now["summary"].as_array().unwrap();
                let kept = summary.iter().find(|other| other["event"] == own["event"]);
                let kept = kept.unwrap_or_else(|| panic!("{stage} erased {own}"));
                assert!(kept["count"].as_u64() >= own["count"].as_u64(), "{stage}: {own} {kept}");
                assert_eq!(kept["first_at"], own["first_at"], "{stage}");
            }
            assert_eq!(now["first_seen_at"], before["first_seen_at"], "{stage}");
            assert_ne!(now, before, "{stage} added nothing");
        }
        before = Some(now);
    }
    let last = before.unwrap();
    let names: Vec<&str> =
        last["attributes"].as_object().unwrap().keys().map(String::as_str).collect();
    for name in
        ["locale", "device_model", "email", "email_opt_in", "push_opt_in", "favourite", "plan"]
    {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let installed = derived(&server, "ada").into_iter().find(|(name, ..)| name == "App Installed");
    let (_, at, properties) = installed.unwrap();
    assert_eq!(at, "2026-03-01T10:00:00.000Z", "what the anonymous person did is theirs");
    assert_eq!(properties, json!({"version": "1.0", "device_id": "d1"}));
}
