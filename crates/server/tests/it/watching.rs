//! Live segments from the public API in to observable effect out, with the clock in our hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::Timestamp;
use serde_json::{Value, json};

use super::fixture::{Fixture, fixture_at};

/// A server that watches, with its clock.
pub struct Watching {
    pub server: Fixture,
    clock: Arc<AtomicI64>,
}

/// A time of March 2026.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

impl Watching {
    /// An empty directory at an instant.
    pub fn start(now: &str) -> Watching {
        let clock = Arc::new(AtomicI64::new(at(now).0));
        let of = Arc::clone(&clock);
        let server = fixture_at(Arc::new(move || Timestamp(of.load(Ordering::SeqCst))));
        server.service.watch().unwrap();
        let watching = Watching { server, clock };
        watching.settle();
        watching
    }

    pub fn settle(&self) {
        self.server.service.workspace().settle_live().unwrap();
    }

    /// The clock goes on to an instant, and everything due until then is told.
    pub fn until(&self, now: &str) {
        self.clock.store(at(now).0, Ordering::SeqCst);
        self.settle();
    }

    /// Saves a segment and waits until it has joined.
    pub fn segment(&self, id: &str, definition: &str) {
        let path = format!("/api/segments/{id}");
        let input = json!({"id": id, "name": id, "definition": definition}).to_string();
        let known = self.server.send("GET", &path, "").0 == 200;
        let answer = match known {
            true => self.server.send("PUT", &path, &input),
            false => self.server.send("POST", "/api/segments", &input),
        };
        assert!(answer.0 < 300, "{}", answer.2);
        self.settle();
    }

    /// An event, accepted at the clock's instant.
    pub fn event(&self, user: &str, name: &str, time: &str) {
        self.event_with(user, name, time, json!({}));
    }

    pub fn event_with(&self, user: &str, name: &str, time: &str, properties: Value) {
        let id = format!("{user}/{name}/{time}/{properties}");
        let body = json!({"type": "track", "messageId": id, "userId": user, "event": name,
                          "properties": properties, "timestamp": time});
        let body = json!({ "batch": [body] }).to_string();
        assert_eq!(self.server.send("POST", "/v1/batch", &body).0, 200);
    }

    /// How many are in a segment now, by what moves.
    pub fn members(&self, id: &str) -> u64 {
        let view = self.server.get("/api/live");
        let watches = view["watches"].as_array().unwrap();
        let watch = watches.iter().find(|watch| watch["key"] == format!("segment/{id}"));
        let watch = watch.unwrap_or_else(|| panic!("{id} is not watched: {view}"));
        watch["now"]["places"][0]["users"].as_u64().unwrap_or_else(|| panic!("{watch}"))
    }

    /// What was told of a segment, newest first: instant, user, kind, correction.
    pub fn told(&self, id: &str) -> Vec<(String, String, String, String)> {
        let page = self.server.get(&format!("/api/segments/{id}/transitions"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let transitions = page["transitions"].as_array().unwrap().iter();
        let told = transitions
            .map(|t| (text(&t["at"]), text(&t["user"]), text(&t["kind"]), text(&t["correction"])));
        told.collect()
    }
}

#[test]
fn a_window_ends_at_its_instant_and_is_told() {
    let watching = Watching::start("2026-03-01T12:00:00Z");
    watching.segment("keen", "did \"Purchase\" in last 7d");
    watching.event("ada", "Purchase", "2026-03-01T11:59:59.500Z");
    assert_eq!(watching.members("keen"), 1);
    watching.until("2026-03-08T11:59:59.499Z");
    assert_eq!(watching.members("keen"), 1);
    watching.until("2026-03-08T11:59:59.500Z");
    assert_eq!(watching.members("keen"), 0);
    let told = watching.told("keen");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].0.as_str(), told[0].2.as_str()), ("2026-03-08T11:59:59.500Z", "left"));
    assert_eq!((told[1].0.as_str(), told[1].2.as_str()), ("2026-03-01T11:59:59.500Z", "entered"));
}

#[test]
fn a_new_segment_sees_the_past_at_once() {
    let watching = Watching::start("2026-03-01T12:00:00Z");
    for user in 0..50 {
        watching.event(&format!("u{user}"), "Purchase", "2026-02-27T10:00:00Z");
    }
    watching.segment("keen", "did \"Purchase\" in last 7d");
    assert_eq!(watching.members("keen"), 50);
    watching.segment("keen", "did \"Purchase\" in last 1d");
    assert_eq!(watching.members("keen"), 0);
    watching.event("u7", "Purchase", "2026-03-01T11:00:00Z");
    assert_eq!(watching.members("keen"), 1);
}

#[test]
fn counts_of_states_are_right_after_the_lifecycle_is_written_anew() {
    let watching = Watching::start("2026-06-01T12:00:00Z");
    watching.server.fill(0..150, 20);
    watching.until("2026-06-01T12:10:00Z");
    watching.server.fill(150..300, 120);
    watching.until("2026-06-01T12:20:00Z");
    let counted = |path: &str| watching.server.get(path);
    let check = || {
        // The first question writes thresholds down, as soon as they can be told.
        let asked = counted("/api/lifecycle?as_of=2026-06-01T12:20:00Z");
        watching.settle();
        let live = counted("/api/live?watch=lifecycle/default&latest=0");
        let live = live["watches"][0]["now"]["places"].clone();
        let of = |list: &Value| -> Vec<(Value, Value)> {
            let all = list.as_array().unwrap().iter();
            all.map(|one| (one["key"].clone(), one["users"].clone())).collect()
        };
        assert_eq!(of(&live), of(&asked["states"]));
    };
    check();
    let path = "/api/lifecycle/definition";
    let mut definition = counted(path);
    definition["states"].as_array_mut().unwrap().pop();
    assert_eq!(watching.server.send("PUT", path, &definition.to_string()).0, 200);
    watching.settle();
    check();
    definition["states"][0]["name"] = json!("Renamed");
    assert_eq!(watching.server.send("PUT", path, &definition.to_string()).0, 200);
    watching.settle();
    check();
}
