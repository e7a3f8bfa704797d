//! Live segments from the public API in to observable effect out, with the clock in our hands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::Timestamp;
use serde_json::{Value, json};
use server::Workspace;
use server::service::{Service, settings};
use server::workspace::Clock;

use super::fixture::{Fixture, fixture_in};

/// A server that watches, with its clock.
pub struct Watching {
    pub server: Fixture,
    clock: Arc<AtomicI64>,
}

/// How a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It writes a checkpoint.
    Closed,
    /// The machine stops: what was synced is there, and nothing else.
    Killed,
}

/// An instant.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// An event as the public API takes it.
pub fn track(user: &str, name: &str, time: &str, properties: &Value) -> Value {
    let id = format!("{user}/{name}/{time}/{properties}");
    json!({"type": "track", "messageId": id, "userId": user, "event": name,
           "properties": properties, "timestamp": time})
}

/// Attributes as the public API takes them.
pub fn identify(user: &str, time: &str, traits: &Value) -> Value {
    let id = format!("{user}/{time}/{traits}");
    json!({"type": "identify", "messageId": id, "userId": user, "traits": traits,
           "timestamp": time})
}

/// Two ids of one person as the public API takes them.
pub fn alias(previous: &str, user: &str, time: &str) -> Value {
    json!({"type": "alias", "messageId": format!("{previous}/{user}"), "previousId": previous,
           "userId": user, "timestamp": time})
}

impl Watching {
    /// An empty directory at an instant.
    pub fn start(now: &str) -> Watching {
        Watching::start_in_zone(now, "UTC")
    }

    /// The same with the time zone of the workspace.
    pub fn start_in_zone(now: &str, zone: &str) -> Watching {
        let clock = Arc::new(AtomicI64::new(at(now).0));
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open_at(folder.path(), hand(&clock)).unwrap().0;
        workspace.config().set(settings::ZONE, zone).unwrap();
        workspace.config().set(settings::SEED, "7").unwrap();
        workspace.close().unwrap();
        Watching::open(folder, clock)
    }

    fn open(folder: tempfile::TempDir, clock: Arc<AtomicI64>) -> Watching {
        let server = fixture_in(folder, hand(&clock));
        server.service.watch().unwrap();
        let watching = Watching { server, clock };
        watching.settle();
        watching
    }

    /// The server ends, and another one goes on where it was.
    pub fn restart(self, end: End) -> Watching {
        self.restart_after(end, |_| {})
    }

    /// The same, with something done while no server runs.
    pub fn restart_after(self, end: End, meanwhile: impl FnOnce(&Service)) -> Watching {
        let Watching { server, clock } = self;
        let Fixture { service, stop, folder, .. } = server;
        let folder = match end {
            End::Closed => {
                service.workspace().close().unwrap();
                folder
            }
            End::Killed => {
                let image = tempfile::tempdir().unwrap();
                copy(folder.path(), image.path());
                image
            }
        };
        drop((stop, service));
        let workspace = Workspace::open_at(folder.path(), hand(&clock)).unwrap().0;
        let service = Service::new(Arc::new(workspace));
        meanwhile(&service);
        if end == End::Closed {
            service.workspace().close().unwrap();
        }
        drop(service);
        Watching::open(folder, clock)
    }

    pub fn settle(&self) {
        self.server.service.workspace().settle_live().unwrap();
    }

    /// What the clock says.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    /// The clock goes on to an instant, and nobody has noticed yet.
    pub fn unnoticed(&self, now: &str) {
        self.clock.store(at(now).0, Ordering::SeqCst);
    }

    /// The clock goes on to an instant, and everything due until then is told.
    pub fn until(&self, now: &str) {
        self.unnoticed(now);
        self.settle();
    }

    /// Saves a segment and waits until it has joined.
    pub fn segment(&self, id: &str, definition: &str) {
        self.named(id, id, definition);
    }

    /// The same under a name of its own.
    pub fn named(&self, id: &str, name: &str, definition: &str) {
        self.saved(id, name, definition);
        self.settle();
    }

    /// Saves a segment and does not wait.
    pub fn saved(&self, id: &str, name: &str, definition: &str) {
        let path = format!("/api/segments/{id}");
        let input = json!({"id": id, "name": name, "definition": definition}).to_string();
        let known = self.server.send("GET", &path, "").0 == 200;
        let answer = match known {
            true => self.server.send("PUT", &path, &input),
            false => self.server.send("POST", "/api/segments", &input),
        };
        assert!(answer.0 < 300, "{}", answer.2);
    }

    /// Sends records at once, accepted at the clock's instant.
    pub fn batch(&self, records: &[Value]) {
        let answer = self.server.send("POST", "/v1/batch", &json!({"batch": records}).to_string());
        assert_eq!((answer.0, answer.json()), (200, json!({"success": true})));
    }

    /// An event, accepted at the clock's instant.
    pub fn event(&self, user: &str, name: &str, time: &str) {
        self.event_with(user, name, time, json!({}));
    }

    pub fn event_with(&self, user: &str, name: &str, time: &str, properties: Value) {
        self.batch(&[track(user, name, time, &properties)]);
    }

    /// Attributes, accepted at the clock's instant.
    pub fn traits(&self, user: &str, time: &str, traits: Value) {
        self.batch(&[identify(user, time, &traits)]);
    }

    /// How many are in a segment now, by what moves.
    pub fn members(&self, id: &str) -> u64 {
        let watch = self.watch(&format!("segment/{id}"));
        watch["now"]["places"][0]["users"].as_u64().unwrap_or_else(|| panic!("{watch}"))
    }

    /// How many are in each place now, by what moves.
    pub fn places(&self, key: &str) -> Vec<(String, u64)> {
        let watch = self.watch(key);
        let places = watch["now"]["places"].as_array().unwrap().iter();
        let place = |place: &Value| {
            (place["key"].as_str().unwrap().to_owned(), place["users"].as_u64().unwrap())
        };
        places.map(place).collect()
    }

    fn watch(&self, key: &str) -> Value {
        let view = self.server.get("/api/live?latest=0");
        let watch = view["watches"].as_array().unwrap().iter().find(|watch| watch["key"] == key);
        watch.unwrap_or_else(|| panic!("{key} is not watched: {view}")).clone()
    }

    /// What was told of a segment, newest first: instant, user, kind, correction.
    pub fn told(&self, id: &str) -> Vec<(String, String, String, String)> {
        let (mut told, mut before) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/segments/{id}/transitions?limit=10000{before}");
            let page = self.server.get(&path);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let transitions = page["transitions"].as_array().unwrap().iter();
            told.extend(transitions.map(|t| {
                (text(&t["at"]), text(&t["user"]), text(&t["kind"]), text(&t["correction"]))
            }));
            match page["next"].as_str() {
                Some(next) => before = format!("&before={next}"),
                None => return told,
            }
        }
    }

    /// The same, oldest first, as lines.
    pub fn story(&self, id: &str) -> Vec<String> {
        let line = |(at, user, kind, correction): &(String, String, String, String)| {
            let correction = match correction.as_str() {
                "none" => "",
                other => &format!(" {other}"),
            };
            let at = at.trim_start_matches("2026-").trim_end_matches('Z');
            format!("{} {user} {kind}{correction}", at.trim_end_matches(".000"))
        };
        self.told(id).iter().rev().map(line).collect()
    }

    /// What happened in a segment by what is known now: what was told without what was revoked.
    pub fn happened(&self, id: &str) -> Vec<String> {
        self.after(id, "")
    }

    /// The same after an instant. Of those who turned out to be one later, what was told of each
    /// before is not told otherwise.
    pub fn after(&self, id: &str, instant: &str) -> Vec<String> {
        let mut net: BTreeMap<(String, String, String), i64> = BTreeMap::new();
        let told = self.told(id).into_iter().filter(|(at, ..)| at.as_str() > instant);
        for (at, user, kind, correction) in told {
            let sign = if correction == "revoked" { -1 } else { 1 };
            *net.entry((at, user, kind)).or_default() += sign;
        }
        let line = |((at, user, kind), n): (_, i64)| {
            assert!(n >= 0, "{at} {user} {kind} was revoked and never told");
            (n > 0).then(|| format!("{at} {user} {kind}"))
        };
        net.into_iter().filter_map(line).collect()
    }

    /// The members of a segment at an instant, by what was told since then. Of those who turned out
    /// to be one later, each entered and left.
    pub fn told_members(&self, id: &str, at: &str) -> BTreeSet<String> {
        let now = self.history(id, &self.now().to_string());
        let mut net: BTreeMap<String, i64> = now.into_iter().map(|user| (user, 1)).collect();
        for (_, user, kind, correction) in self.told(id).into_iter().filter(|told| *told.0 > *at) {
            let sign = if (kind == "entered") == (correction != "revoked") { 1 } else { -1 };
            *net.entry(user).or_default() -= sign;
        }
        let inside = |(user, n): (String, i64)| {
            assert!(n >= 0, "{user} left {id} more often than they entered");
            (n > 0).then_some(user)
        };
        net.into_iter().filter_map(inside).collect()
    }

    /// The members of a segment at an instant, by the history.
    pub fn history(&self, id: &str, at: &str) -> BTreeSet<String> {
        let (mut members, mut after) = (BTreeSet::new(), String::new());
        loop {
            let path = format!("/api/segments/{id}/members?limit=10000&as_of={at}{after}");
            let page = self.server.get(&path);
            let users = page["users"].as_array().unwrap().iter();
            members.extend(users.map(|user| user.as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return members,
            }
        }
    }

    /// At an instant of the past at which all segments were watched, the members by what was told
    /// are those of the history.
    pub fn check_past(&self, at: &str) {
        let at = self::at(at).to_string();
        for id in self.segments() {
            assert_eq!(self.told_members(&id, &at), self.history(&id, &at), "{id} at {at}");
        }
    }

    fn segments(&self) -> Vec<String> {
        let view = self.server.get("/api/live?latest=0");
        let keys = view["watches"].as_array().unwrap().iter().map(|w| w["key"].as_str().unwrap());
        keys.filter_map(|key| key.strip_prefix("segment/")).map(str::to_owned).collect()
    }

    /// Every live number is the history's at this instant.
    pub fn check(&self) {
        let now = self.now().to_string();
        let view = self.server.get("/api/live?latest=0");
        assert_eq!((&view["as_of"], &view["exact_as_of"]), (&json!(now), &json!(now)));
        let segments = self.segments();
        let mut items: Vec<Value> = segments.iter().map(|id| json!({"segment": id})).collect();
        items.push(json!({"definition": "everyone"}));
        let body = json!({"segments": items, "as_of": now}).to_string();
        let counted = self.server.send("POST", "/api/segments/evaluate", &body).json();
        for (id, counted) in segments.iter().zip(counted["segments"].as_array().unwrap()) {
            let watch = self.watch(&format!("segment/{id}"))["now"].clone();
            assert_eq!(watch["status"], json!("live"), "{watch}");
            let members = watch["places"][0]["users"].as_u64().unwrap();
            assert_eq!(json!(members), counted["count"], "{id} at {now}");
        }
        let lifecycle = self.server.get(&format!("/api/lifecycle?as_of={now}"));
        let states = lifecycle["states"].as_array().unwrap().iter();
        let states: Vec<(String, u64)> = states
            .map(|s| (s["key"].as_str().unwrap().to_owned(), s["users"].as_u64().unwrap()))
            .collect();
        assert_eq!(self.places("lifecycle/default"), states, "{now}");
    }
}

/// A clock in our hands.
fn hand(clock: &Arc<AtomicI64>) -> Clock {
    let of = Arc::clone(clock);
    Arc::new(move || Timestamp(of.load(Ordering::SeqCst)))
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}

#[test]
fn a_window_ends_at_its_instant_and_is_told() {
    let watching = Watching::start("2026-03-01T00:00:00Z");
    watching.segment("keen", "did \"Purchase\" in last 7d");
    watching.until("2026-03-01T12:00:00Z");
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
