//! What is live, over HTTP: the view, the stream, transitions.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use engine::live::{Cause, Correction, Transition, WatchId};
use model::Timestamp;
use serde_json::{Value, json};
use server::live::{Counted, Published, Standing, Told, Watch, Watched};

use super::fixture::{Fixture, fixture};
use super::watching::Watching;

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stream of server-sent events.
pub struct Stream(BufReader<TcpStream>);

pub fn stream(server: &Fixture, query: &str, after: &str) -> Stream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let after = match after {
        "" => String::new(),
        id => format!("last-event-id: {id}\r\n"),
    };
    let head = format!(
        "GET /api/live/stream{query} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n{after}\
         accept-encoding: gzip\r\n\r\n",
        server.address, server.key
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        stream.read_line(&mut head).unwrap();
    }
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(!head.contains("content-encoding"), "what is packed comes late: {head}");
    Stream(stream)
}

impl Stream {
    /// Name, id and data of the next event of one of these names.
    pub fn next(&mut self, names: &[&str]) -> (String, String, Value) {
        let (mut name, mut id) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            let line = line.trim_end();
            if let Some(rest) = line.strip_prefix("id: ") {
                id = rest.into();
            } else if let Some(rest) = line.strip_prefix("event: ") {
                name = rest.into();
            } else if let Some(data) = line.strip_prefix("data: ")
                && names.contains(&name.as_str())
            {
                return (name, id, serde_json::from_str(data).unwrap());
            }
        }
    }
}

/// The server's hub is told of a transition, as the writer would tell it.
fn tell(server: &Fixture, watched: &Arc<Watched>, user: &str, (at, from, to): (i64, u8, u8)) {
    let (index, person) = server.service.workspace().identity(user).unwrap().unwrap();
    let transition = Transition {
        user: index,
        watch: WatchId(0),
        at: Timestamp(at),
        recorded_at: Timestamp(at),
        from,
        to,
        cause: Cause::Record,
        correction: Correction::None,
    };
    let told = Told { user: person.public_id, watched: Arc::clone(watched), transition };
    server.service.workspace().hub().publish(Published {
        exact_as_of: Some(Timestamp(at)),
        transitions: vec![told],
        ..Published::default()
    });
}

fn track(server: &Fixture, user: &str, event: &str) {
    let body = json!({"userId": user, "event": event, "properties": {"total": 5}});
    assert_eq!(server.send("POST", "/v1/track", &body.to_string()).0, 200);
}

fn save(server: &Fixture, id: &str, definition: &str) {
    let body = json!({"id": id, "name": id.to_uppercase(), "definition": definition});
    assert_eq!(server.send("POST", "/api/segments", &body.to_string()).0, 201);
}

#[test]
fn accepted_events_and_transitions_are_streamed() {
    let mut server = fixture();
    let mut all = stream(&server, "", "");
    let first = all.next(&["counts"]);
    assert_eq!(first.2, json!({"exact_as_of": null, "watches": [], "gone": []}));
    let mut refunds = stream(&server, "?kind=events&event=Refund", "");
    track(&server, "ada", "Purchase");
    let (_, _, event) = all.next(&["event"]);
    assert_eq!((&event["user"], &event["name"]), (&json!("ada"), &json!("Purchase")));
    assert_eq!(event["properties"]["total"], json!(5));
    assert!(event["received_at"].is_string(), "{event}");

    tell(&server, &Arc::new(Watched::segment("keen")), "ada", (1_000, 0, 1));
    let (_, id, transition) = all.next(&["transition"]);
    assert_eq!(
        (&transition["user"], &transition["watch"]),
        (&json!("ada"), &json!("segment/keen"))
    );
    track(&server, "bob", "Refund");
    assert_eq!(refunds.next(&["event"]).2["user"], json!("bob"));

    drop(all);
    let mut again = stream(&server, "?kind=transitions,events", &id);
    let (name, _, event) = again.next(&["transition", "event"]);
    assert_eq!((name.as_str(), &event["name"]), ("event", &json!("Refund")));

    let mut lost = stream(&server, "", "00000000-1");
    assert_eq!(lost.next(&["missed"]).2["reason"], json!("restarted"));
    assert_eq!(lost.next(&["transition", "event"]).2["user"], json!("ada"));

    server.stop = None;
    for stream in [&mut refunds, &mut again, &mut lost] {
        assert_eq!(stream.next(&["end"]).2, json!({"reason": "closing"}));
    }
}

#[test]
fn the_stream_needs_a_key_and_a_query_that_makes_sense() {
    let mut server = fixture();
    assert_eq!(server.send("GET", "/api/live/stream?kind=everything", "").0, 400);
    assert_eq!(server.send("GET", "/api/live/stream?topic=x", "").0, 400);
    server.key = "pk_wrong".into();
    for path in ["/api/live", "/api/live/stream", "/api/webhooks", "/api/frameworks"] {
        assert_eq!(server.send("GET", path, "").0, 401, "{path}");
    }
}

#[test]
fn the_view_says_what_is_live_and_why_something_is_not() {
    let server = fixture();
    server.fill(0..3, 20);
    save(&server, "keen", "did \"Order Completed\" at least 2 times");
    save(&server, "best", "rfm is \"champions\"");
    save(&server, "both", "in segment \"best\" or in segment \"keen\"");
    let view = server.get("/api/live");
    assert_eq!(view["exact_as_of"], json!(null));
    assert!(!view["events"].as_array().unwrap().is_empty(), "a few are kept for the first look");
    let rows = |view: &Value| -> Vec<(String, Value, Value)> {
        let row = |row: &Value| {
            (
                row["key"].as_str().unwrap().into(),
                row["now"]["status"].clone(),
                row["now"]["reason"].clone(),
            )
        };
        view["watches"].as_array().unwrap().iter().map(row).collect()
    };
    let not_live = |key: &str, why: &str| (key.to_owned(), json!("not_live"), json!(why));
    let expected = [
        not_live("lifecycle/default", "not_watched"),
        not_live("segment/best", "depends_on_others"),
        not_live("segment/both", "depends_on_others"),
        not_live("segment/keen", "not_watched"),
    ];
    assert_eq!(rows(&view), expected);
    assert_eq!(view["watches"][0]["places"][0]["key"], json!("new"));

    let watched = Arc::new(Watched::segment("keen"));
    let hub = Arc::clone(server.service.workspace().hub());
    let watch = |standing| vec![Watch { watched: Arc::clone(&watched), standing }];
    let joining = Standing::Joining { done: 1, total: 3 };
    hub.publish(Published { watches: watch(joining), ..Published::default() });
    let now = server.get("/api/live?watch=segment/keen")["watches"][0]["now"].clone();
    assert_eq!(
        (&now["status"], &now["joining"]),
        (&json!("joining"), &json!({"done": 1, "total": 3}))
    );
    assert_eq!(now["places"][0]["users"], json!(null), "not known yet");

    hub.publish(Published {
        watches: watch(Standing::Live),
        counts: vec![Counted { watched: Arc::clone(&watched), users: vec![1, 2] }],
        ..Published::default()
    });
    let at = server::clock::now().0;
    tell(&server, &watched, "u1", (at, 0, 1));
    tell(&server, &Arc::new(Watched::segment("best")), "u2", (at, 0, 1));
    let view = server.get("/api/live?watch=segment/keen&latest=1");
    let now = &view["watches"][0]["now"];
    assert_eq!(now["status"], json!("live"));
    assert_eq!(now["places"][0]["users"], json!(2));
    assert_eq!(now["places"][0]["last_hour"], json!({"entered": 1, "left": 0}));
    assert_eq!(view["transitions"][0]["user"], json!("u1"));
    assert_eq!(view["exact_as_of"], json!(Timestamp(at).to_string()));
    assert_eq!(view["events"].as_array().unwrap().len(), 1);

    let missing = server.send("GET", "/api/live?watch=segment/nothing", "");
    assert_eq!(missing.code(), (404, json!("live.no_watch")));
    assert_eq!(server.send("GET", "/api/live?latest=1001", "").0, 400);
}

#[test]
fn transitions_are_read_page_by_page_of_a_segment_and_of_a_user() {
    let watching = Watching::start("2026-03-01T00:00:00Z");
    watching.segment("keen", "did \"Purchase\"");
    watching.until("2026-03-01T12:00:00Z");
    let at = |second: u8| format!("2026-03-01T11:00:0{second}.000Z");
    // Not in the order of their instants: records come late.
    for (user, second) in [("u0", 5), ("u1", 1), ("u2", 9), ("u3", 9)] {
        watching.event(user, "Purchase", &at(second));
    }
    let server = &watching.server;
    let read = |path: &str| {
        let page = server.get(path);
        let told = page["transitions"].as_array().unwrap().iter();
        let told = told.map(|one| (one["user"].clone(), one["at"].clone()));
        (told.collect::<Vec<_>>(), page["next"].clone())
    };
    let told = |user: &str, second: u8| (json!(user), json!(at(second)));
    let path = "/api/segments/keen/transitions";
    let (first, next) = read(&format!("{path}?limit=3"));
    assert_eq!(first, [told("u3", 9), told("u2", 9), told("u0", 5)]);
    let (rest, end) = read(&format!("{path}?limit=3&before={}", next.as_str().unwrap()));
    assert_eq!((rest, end), (vec![told("u1", 1)], json!(null)));
    let bounds = "from=2026-03-01T11:00:02Z&to=2026-03-01T11:00:05Z";
    assert_eq!(read(&format!("{path}?{bounds}")).0, [told("u0", 5)]);

    let of_user = "/api/users/u1/transitions";
    assert_eq!(read(&format!("{of_user}?watch=segment/keen")).0, [told("u1", 1)]);
    let all = server.get(of_user)["transitions"].clone();
    let state = all.as_array().unwrap().iter().find(|one| one["watch"] == "lifecycle/default");
    let state = state.unwrap_or_else(|| panic!("no state in {all}"));
    assert_eq!((&state["kind"], &state["from"]), (&json!("entered"), &json!(null)));

    for (path, status) in [
        ("/api/segments/nothing/transitions", 404),
        ("/api/users/nobody/transitions", 404),
        ("/api/segments/keen/transitions?before=x", 400),
        ("/api/segments/keen/transitions?watch=segment/other", 400),
        ("/api/users/u1/transitions?limit=0", 400),
    ] {
        assert_eq!(server.send("GET", path, "").0, status, "{path}");
    }
}
