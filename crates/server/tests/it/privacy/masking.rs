//! Whoever has a key that may not see personal data sees none, wherever they ask.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use server::config::keys::Scope;

use super::{others, send, track};
use crate::fixture::{Fixture, fixture};

/// An id that is an address, a number as an identity, an address as a value of an undeclared name.
const PERSONAL: [&str; 4] =
    ["grace@navy.example.mil", "+15551234567", "hopper@navy.example.mil", "ssn-123-45-6789"];

fn filled() -> (Fixture, String) {
    let server = fixture();
    send(&server, &others()[..60]);
    let declared = json!({"pii": true}).to_string();
    let put = server.send("PUT", "/api/schema/attributes/ssn", &declared);
    assert!(put.0 < 300, "{}", put.2);
    send(
        &server,
        &[
            json!({"type": "identify", "messageId": "g1", "userId": PERSONAL[0], "anonymousId": "grace-phone",
            "traits": {"contact": PERSONAL[2], "ssn": PERSONAL[3], "phone": PERSONAL[1]},
            "context": {"externalIds": [
                {"id": PERSONAL[1], "type": "phone", "collection": "users", "encoding": "none"},
                {"id": PERSONAL[2], "type": "email", "collection": "users", "encoding": "none"}]}}),
            track(
                8_000,
                json!({"userId": PERSONAL[0]}),
                "Bought",
                json!({"total": 3, "to": PERSONAL[2]}),
            ),
        ],
    );
    let segment =
        json!({"id": "buyers", "name": "Buyers", "definition": "did \"Bought\" at least 1 times"});
    server.send("POST", "/api/segments", &segment.to_string());
    server.send(
        "POST",
        "/v1/track",
        &json!({"type": "track", "userId": PERSONAL[0], "event": ""}).to_string(),
    );
    server.service.workspace().errors().flush();
    server.service.watch().unwrap();
    server.service.workspace().settle_live().unwrap();
    let body = json!({"test_user": true}).to_string();
    server.send("PUT", &format!("/api/users/{}/test-user", PERSONAL[0]), &body);
    let key = server.service.workspace().config().create_key(Scope::Read, "reader", 0).unwrap();
    (server, key)
}

/// Every GET of the document, with ids that exist.
fn paths(document: &Value, user: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods.get("get").is_none() || path == "/api/live/stream" {
            continue;
        }
        let id = match path.as_str() {
            path if path.starts_with("/api/users/") => user,
            path if path.starts_with("/api/segments/") => "buyers",
            _ => "default",
        };
        paths.push(path.replace("{id}", id));
    }
    paths.extend(
        [
            "/api/users?limit=100",
            "/api/export/events?format=csv",
            "/api/export/profiles?format=csv",
            "/api/users?query=navy",
            "/api/segments/buyers/members?limit=1",
        ]
        .map(str::to_owned),
    );
    paths
}

fn clean(what: &str, text: &str) {
    for personal in PERSONAL {
        assert!(!text.contains(personal), "{what} shows {personal}: {text}");
    }
}

#[test]
fn no_answer_shows_a_reader_anything_personal() {
    let (server, reader) = filled();
    let document = server.get("/api/openapi.json");
    let masked = server.send_as(&reader, "GET", "/api/users?limit=100", "").json();
    let users = masked["users"].as_array().unwrap();
    let shown: Vec<&str> = users.iter().filter_map(|user| user["id"].as_str()).collect();
    let grace = shown.iter().find(|id| id.starts_with("***")).expect("she is listed, masked");
    let mut answered = 0;
    for path in paths(&document, grace) {
        let answer = server.send_as(&reader, "GET", &path, "");
        assert!(answer.0 < 500, "{path}: {}", answer.2);
        answered += u32::from(answer.0 == 200);
        clean(&path, &answer.2);
        // The same of an admin shows that there was something to mask.
        if path.ends_with("/identity") || path == "/api/export/events" {
            let open = server.send("GET", &path.replace(grace, PERSONAL[0]), "").2;
            assert!(PERSONAL.iter().any(|personal| open.contains(personal)), "{path}: {open}");
        }
    }
    assert!(answered >= 30, "{answered} answers");
    let hers = server.send_as(&reader, "GET", &format!("/api/users/{grace}/events"), "");
    let events = hers.json()["events"].as_array().unwrap().len();
    assert!(events >= 1, "she is found by her masked id");
    for path in ["export", "erase"] {
        let refused = server.send_as(&reader, "GET", &format!("/api/users/{grace}/{path}"), "");
        assert_eq!(refused.code(), (403, json!("auth.scope")));
    }
    let named = json!({"definition": format!("contact = \"{}\"", PERSONAL[2])});
    let refused = server.send_as(&reader, "POST", "/api/segments/preview", &named.to_string());
    assert_eq!(refused.code(), (403, json!("auth.masked")), "an answer would tell of values");
}

#[test]
fn no_stream_shows_a_reader_anything_personal() {
    let (server, reader) = filled();
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head = format!(
        "GET /api/live/stream?kind=transitions,events,counts HTTP/1.1\r\nhost: {}\r\n\
         authorization: Bearer {reader}\r\nlast-event-id: 00000000-0\r\n\r\n",
        server.address
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut text = String::new();
    // Everything that is kept is told again, then what comes.
    let who = json!({"userId": PERSONAL[0]});
    send(&server, &[track(8_001, who, "Marked the end", json!({"to": PERSONAL[2]}))]);
    while !text.contains("Marked the end") {
        let line = lines.next().expect("the stream goes on").unwrap();
        text += &line;
        text.push('\n');
    }
    clean("the stream", &text);
    assert!(text.contains("***"), "{text}");
}
