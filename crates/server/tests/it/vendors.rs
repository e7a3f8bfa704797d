//! The wire forms of others over HTTP: keys wherever they stand, answers in each client's own words,
//! browsers on other origins, and paths that two vendors share. Real client libraries are driven by
//! `tests/clients`.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::fixture::{Answer, Fixture, fixture};

/// Sends a request with exactly these headers.
fn send(server: &Fixture, line: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let mut head =
        format!("{line} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer(status, head.to_lowercase(), body.to_owned())
}

const HOST: &str = "host: data.example.com";

fn post(server: &Fixture, path: &str, body: &Value) -> Answer {
    send(server, &format!("POST {path}"), &[HOST], body.to_string().as_bytes())
}

fn events_of(server: &Fixture, id: &str) -> u64 {
    server.get(&format!("/api/users/{id}"))["events"].as_u64().unwrap()
}

#[test]
fn settings_of_the_segment_library_point_to_where_they_were_asked() {
    let server = fixture();
    let headers = [HOST, "x-forwarded-proto: https", "origin: https://shop.example.com"];
    let answer = send(&server, "GET /v1/projects/pk_1/settings", &headers, b"");
    let own = answer.json()["integrations"]["Segment.io"].clone();
    assert_eq!(own["apiHost"], "data.example.com/v1");
    assert_eq!((&own["protocol"], &own["apiKey"]), (&json!("https"), &json!("pk_1")));
    assert!(answer.1.contains("access-control-allow-origin: https://shop.example.com"));
    let strange = send(&server, "GET /v1/projects/k/settings", &["host: a\"b"], b"");
    assert_eq!(strange.0, 400);
}

#[test]
fn a_browser_may_call_every_path_from_anywhere() {
    let server = fixture();
    let asked = [
        HOST,
        "origin: https://shop.example.com",
        "access-control-request-method: POST",
        "access-control-request-headers: authorization,content-type",
    ];
    for path in ["/v1/t", "/track/", "/engage/", "/flags/", "/2/httpapi", "/batch/", "/e/", "/s/"] {
        let answer = send(&server, &format!("OPTIONS {path}"), &asked, b"");
        assert_eq!(answer.0, 204, "{path}");
        for header in [
            "access-control-allow-origin: https://shop.example.com",
            "access-control-allow-credentials: true",
            "access-control-allow-headers: authorization,content-type",
            "access-control-allow-methods: get, post, options",
            "access-control-max-age: 7200",
            "access-control-expose-headers: retry-after, x-mp-max-age",
            "vary: origin",
        ] {
            assert!(answer.1.contains(header), "{path} lacks {header}: {}", answer.1);
        }
    }
    let wrong = send(&server, "GET /2/httpapi", &[HOST, "origin: https://shop.example.com"], b"");
    assert_eq!(wrong.0, 405);
    assert!(wrong.1.contains("access-control-allow-origin: https://shop.example.com"));
}

#[test]
fn mixpanel_is_taken_and_answered() {
    let server = fixture();
    let key = server.key.clone();
    let event = |n: u64| json!({"event": "E", "properties": {"token": key, "distinct_id": "mp", "$insert_id": n}});
    assert_eq!(post(&server, "/track", &event(1)).2, "1");
    assert_eq!(
        post(&server, "/track/?verbose=1", &json!([event(1), event(2)])).2,
        r#"{"error":null,"status":1}"#
    );
    let escaped = |text: String| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let in_query = format!("GET /track?verbose=0&data={}", escaped(event(3).to_string()));
    assert_eq!(send(&server, &in_query, &[HOST], b"").2, "1");
    let form = format!(
        "data={}&verbose=1",
        escaped(json!({"$token": key, "$distinct_id": "mp", "$set": {"plan": "pro"}}).to_string())
    );
    assert_eq!(
        send(&server, "POST /engage", &[HOST], form.as_bytes()).2,
        r#"{"error":null,"status":1}"#
    );
    let import = json!([{"event": "Old", "properties": {"distinct_id": "mp", "time": 1_700_000_000, "$insert_id": "o"}},
                        {"event": "Bad", "properties": {"distinct_id": "mp", "time": "soon"}}]);
    let basic = format!("authorization: Basic {}", basic(&format!("account:{}", server.key)));
    let answer =
        send(&server, "POST /import?strict=1", &[HOST, &basic], import.to_string().as_bytes());
    assert_eq!((answer.0, &answer.json()["failed_records"][0]["index"]), (400, &json!(1)));
    assert_eq!(answer.json()["num_records_imported"], 1);
    assert_eq!(events_of(&server, "mp"), 4);
    assert_eq!(server.get("/api/users/mp")["attributes"]["plan"], "pro");
    let stranger = json!({"event": "E", "properties": {"token": "pk_no", "distinct_id": "mp"}});
    let refused = post(&server, "/track?verbose=1", &stranger);
    assert_eq!((refused.0, &refused.json()["status"]), (401, &json!(0)));
    assert_eq!(post(&server, "/track", &stranger).2, "0");
    assert_eq!(
        send(&server, "GET /flags/?token=x&context=%7B%7D", &[HOST], b"").2,
        r#"{"flags":{}}"#
    );
}

fn basic(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn amplitude_is_taken_and_answered() {
    let server = fixture();
    let kept = server.send("PUT", "/api/settings/enrichment", r#"{"keep_ip": true}"#);
    assert_eq!(kept.0, 200, "{}", kept.2);
    let batch = |key: &str, n: u64| {
        json!({"api_key": key, "events": [
            {"event_type": "E", "user_id": "amp", "device_id": "d", "insert_id": format!("i{n}"), "ip": "$remote"},
            {"event_type": "Bad"}]})
    };
    for path in ["/2/httpapi", "/batch", "/batch/"] {
        let answer = post(&server, path, &batch(&server.key, 1));
        assert_eq!((answer.0, &answer.json()["code"]), (200, &json!(200)), "{path}");
        assert!(answer.json()["server_upload_time"].is_i64());
    }
    assert_eq!(events_of(&server, "amp"), 1);
    let events = server.get("/api/users/amp/events");
    assert_eq!(events["events"][0]["properties"]["context.ip"], "127.0.0.1");
    assert_eq!(server.get("/api/errors")["samples"][0]["source"], "amplitude");
    let refused = post(&server, "/2/httpapi", &batch("pk_no", 2));
    assert_eq!((refused.0, &refused.json()["code"]), (400, &json!(400)));
    assert!(refused.json()["error"].as_str().unwrap().starts_with("Invalid API key"));
    let unreadable = send(&server, "POST /2/httpapi", &[HOST], b"{");
    assert_eq!((unreadable.0, &unreadable.json()["code"]), (400, &json!(400)));
    let config = send(&server, "GET /config", &[HOST], b"").json();
    assert_eq!(config["configs"]["analyticsSDK"]["browserSDK"], json!({}));
}

#[test]
fn posthog_is_taken_and_answered() {
    let server = fixture();
    let event = |uuid: &str| json!({"uuid": uuid, "event": "E", "distinct_id": "ph", "properties": {"n": 1}});
    let classic = json!({"api_key": server.key, "batch": [event("1")]});
    for path in ["/batch", "/batch/", "/e/?ip=1", "/capture/"] {
        let answer = post(&server, path, &classic);
        assert_eq!((answer.0, answer.2.as_str()), (200, r#"{"status":1}"#), "{path}");
    }
    let bearer = format!("authorization: Bearer {}", server.key);
    let newer = json!({"created_at": "2026-11-22T07:00:00Z", "batch": [event("2"), {"uuid": "3", "event": "No one"}]});
    let answer = send(
        &server,
        "POST /i/v1/analytics/events",
        &[HOST, &bearer],
        newer.to_string().as_bytes(),
    );
    assert_eq!(answer.json()["results"]["2"], json!({"result": "ok"}));
    assert_eq!(answer.json()["results"]["3"]["result"], "drop");
    assert_eq!(events_of(&server, "ph"), 2);
    let stranger = json!({"api_key": "phc_no", "batch": [event("4")]});
    assert_eq!(post(&server, "/batch/", &stranger).0, 401);
    let flags =
        post(&server, "/flags/?v=2", &json!({"token": server.key, "distinct_id": "ph"})).json();
    assert_eq!((&flags["flags"], &flags["errorsWhileComputingFlags"]), (&json!({}), &json!(false)));
    assert_eq!(post(&server, "/s/", &json!({"anything": true})).2, r#"{"status":1}"#);
    let config = send(&server, "GET /array/phc_1/config", &[HOST], b"").json();
    assert_eq!(config["supportedCompression"], json!(["gzip", "gzip-js"]));
    let script = send(&server, "GET /array/phc_1/config.js", &[HOST], b"");
    assert!(script.0 == 200 && script.1.contains("content-type: application/javascript"));
}

#[test]
fn what_has_no_known_key_is_counted_and_cannot_fill_the_error_stream() {
    let server = fixture();
    let form =
        [HOST, "content-type: application/x-www-form-urlencoded", "authorization: Basic cGtfbm86"];
    let body = br#"{"batch":[{"type":"track","event":"E","userId":"u"}]}"#;
    for _ in 0..45 {
        assert_eq!(send(&server, "POST /v1/batch", &form, body).0, 200);
    }
    let shown = server.get("/api/errors?code=auth.unknown_key");
    assert_eq!(
        (shown["kinds"].as_array().unwrap().len(), &shown["kinds"][0]["count"]),
        (1, &json!(45))
    );
    assert!(shown["samples"].as_array().unwrap().len() <= 20, "{shown}");
    assert_eq!(server.send("GET", "/api/users/u", "").0, 404);
    let plain = [HOST, "content-type: application/json", "authorization: Basic cGtfbm86"];
    assert_eq!(send(&server, "POST /v1/batch", &plain, body).0, 401);
}
