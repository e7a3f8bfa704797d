//! Every bad input has a status, a code and words that help; nothing good is lost beside it.

use std::io::Write;

use serde_json::{Value, json};

use crate::run::{Answer, Server, key};

struct Fixture {
    server: Server,
    ingest: String,
    admin: String,
    _folder: tempfile::TempDir,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let (ingest, admin) = (key(folder.path(), "ingest"), key(folder.path(), "admin"));
    let server = Server::serve(folder.path());
    Fixture { server, ingest, admin, _folder: folder }
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let error = &answer.body["error"];
    assert_eq!(error["code"], json!(code), "{}", answer.text);
    assert!(error["message"].as_str().is_some_and(|text| text.len() > 10), "{}", answer.text);
}

fn events(f: &Fixture, user: &str) -> u64 {
    let key = format!("Bearer {}", f.admin);
    let answer = f.server.get(&format!("/api/users/{user}"), &[("authorization", &key)]);
    answer.body["events"].as_u64().unwrap_or(0)
}

#[test]
fn keys_are_asked_for_and_have_scopes() {
    let f = fixture();
    let get = |path: &str, key: Option<&str>| {
        let value = key.map(|key| format!("Bearer {key}"));
        let headers: Vec<_> = value.iter().map(|v| ("authorization", v.as_str())).collect();
        f.server.get(path, &headers)
    };
    refused(&get("/api/overview", None), 401, "auth.missing_key");
    refused(&get("/api/overview", Some("pk_0_x")), 401, "auth.unknown_key");
    refused(&get("/api/overview", Some(&f.ingest)), 403, "auth.scope");
    assert_eq!(get("/api/overview", Some(&f.admin)).status, 200);
    let open = ["/api/session", "/api/health", "/api/openapi.json", "/metrics", "/"];
    open.iter().for_each(|path| assert_eq!(get(path, None).status, 200, "{path}"));
    refused(&get("/api/nothing", Some(&f.admin)), 404, "request.path");
    refused(&get("/api/users/nobody", Some(&f.admin)), 404, "user.not_found");
    refused(&get("/api/segments/none", Some(&f.admin)), 404, "segment.not_found");
    refused(&get("/api/overview?as_of=soon", Some(&f.admin)), 400, "request.time");
    refused(&get("/api/overview?asof=2026-01-01", Some(&f.admin)), 400, "request.query");
    refused(&get("/api/users?limit=0", Some(&f.admin)), 400, "request.limit");

    let event = r#"{"event":"A","userId":"ada","messageId":"1"}"#;
    refused(&f.server.post("/v1/track", "pk_0_x", event), 401, "auth.unknown_key");
    refused(&f.server.send("POST", "/v1/track", &[], event.as_bytes()), 401, "auth.missing_key");
    let in_body =
        format!(r#"{{"event":"A","userId":"ada","messageId":"2","writeKey":"{}"}}"#, f.ingest);
    assert_eq!(f.server.send("POST", "/v1/t", &[], in_body.as_bytes()).status, 200);
    assert_eq!(events(&f, "ada"), 1);
}

#[test]
fn bodies_that_cannot_be_read_are_refused_whole() {
    let f = fixture();
    let post = |path: &str, body: &[u8]| {
        let key = format!("Bearer {}", f.ingest);
        f.server.send("POST", path, &[("authorization", &key)], body)
    };
    refused(&post("/v1/track", b"{\"event\":"), 400, "request.not_json");
    refused(&post("/v1/track", b"{\"event\":NaN}"), 400, "request.not_json");
    refused(&post("/v1/track", b"\xff\xfe{}"), 400, "request.not_utf8");
    refused(&post("/v1/track", b"\x1f\x8bnot gzip at all"), 400, "request.gzip_broken");
    refused(&post("/v1/batch", b"{\"batch\":5}"), 400, "request.no_batch");
    refused(&post("/v1/nothing", b"{}"), 404, "request.path");

    let huge = vec![b' '; 21 * 1024 * 1024];
    refused(&post("/v1/batch", &huge), 413, "request.too_large");
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    bomb.write_all(&huge).unwrap();
    refused(&post("/v1/batch", &bomb.finish().unwrap()), 413, "request.too_large");
    let many = format!("{{\"batch\":[{}]}}", vec!["{}"; 10_001].join(","));
    refused(&post("/v1/batch", many.as_bytes()), 413, "request.too_many_records");

    refused(&f.server.post("/api/segments/preview", &f.admin, "{"), 400, "request.not_json");
    let wrong = r#"{"definition":"did \"A\"","asof":"2026-01-01"}"#;
    refused(&f.server.post("/api/segments/preview", &f.admin, wrong), 400, "request.shape");
}

#[test]
fn records_one_dislikes_are_rejected_and_their_neighbours_are_not() {
    let f = fixture();
    let properties: serde_json::Map<String, Value> =
        (0..10_000).map(|n| (format!("p{n}"), json!(n))).collect();
    let batch = json!({"batch": [
        {"type": "track", "event": "Good", "userId": "ada", "messageId": "1", "timestamp": "2026-01-01T00:00:00Z"},
        {"type": "track", "event": "Future", "userId": "ada", "messageId": "2", "timestamp": "2190-01-01T00:00:00Z"},
        {"type": "track", "event": "Ancient", "userId": "ada", "messageId": "3", "timestamp": "1969-01-01T00:00:00Z"},
        {"type": "track", "event": "Wide", "userId": "ada", "messageId": "4", "properties": properties},
        {"type": "track", "event": "", "userId": "ada", "messageId": "5"},
        {"type": "track", "event": "Nobody", "userId": "", "messageId": "6"},
        {"type": "track", "event": ["x"], "userId": "ada", "messageId": "7"},
        {"type": "track", "event": "Long", "userId": "x".repeat(300), "messageId": "8"},
        {"type": "shout", "event": "Unknown", "userId": "ada", "messageId": "9"},
        {"type": "track", "event": "Good", "userId": "ada", "messageId": "10", "timestamp": "2026-01-02T00:00:00Z"}
    ]});
    let answer = f.server.post("/v1/batch", &f.ingest, &batch.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["success"], json!(true));
    let rejected = answer.body["rejected"].as_array().unwrap();
    let indexes: Vec<u64> = rejected.iter().map(|r| r["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, [1, 2, 3, 4, 5, 6, 7, 8], "{}", answer.text);
    assert_eq!(rejected[0]["code"], json!("event.time_in_future"));
    assert_eq!(rejected[1]["code"], json!("event.time_too_old"));
    assert!(rejected.iter().all(|r| r["message"].as_str().unwrap().contains("; ")));
    assert_eq!(events(&f, "ada"), 2);
    let metrics = f.server.get("/metrics", &[]).text;
    assert!(metrics.contains("perennial_records_rejected_total 8"), "{metrics}");
    assert!(metrics.contains("perennial_records_accepted_total 2"), "{metrics}");
}

#[test]
fn definitions_that_cannot_be_used_say_everything_that_is_wrong() {
    let f = fixture();
    let preview = |definition: Value| {
        let body = json!({"definition": definition}).to_string();
        f.server.post("/api/segments/preview", &f.admin, &body)
    };
    let answer = preview(json!("did \"A\" at leest 3 times and country in"));
    refused(&answer, 422, "segment.invalid");
    assert!(answer.body["error"]["problems"].as_array().unwrap().len() >= 2, "{}", answer.text);
    refused(&preview(json!({"type": "shout"})), 422, "segment.invalid");
    refused(&preview(json!(7)), 422, "segment.invalid");
    refused(&preview(json!("score \"churn\" is most_likely")), 422, "segment.invalid");
    let deep = format!("{}did \"A\"", "not ".repeat(5_000));
    refused(&preview(json!(deep)), 422, "segment.invalid");
    refused(&preview(json!("x".repeat(70_000))), 422, "segment.invalid");

    let create = |body: Value| f.server.post("/api/segments", &f.admin, &body.to_string());
    let first = create(json!({"id": "a", "name": "A", "definition": "not in segment \"b\""}));
    refused(&first, 422, "segment.invalid");
    assert_eq!(create(json!({"id": "b", "name": "B", "definition": "did \"A\""})).status, 201);
    assert_eq!(
        create(json!({"id": "a", "name": "A", "definition": "in segment \"b\""})).status,
        201
    );
    refused(
        &create(json!({"id": "a", "name": "A", "definition": "did \"A\""})),
        409,
        "segment.exists",
    );
    refused(
        &create(json!({"id": "No!", "name": "A", "definition": "did \"A\""})),
        422,
        "segment.id",
    );
    let key = format!("Bearer {}", f.admin);
    let put = |id: &str, body: Value| {
        let path = format!("/api/segments/{id}");
        f.server.send("PUT", &path, &[("authorization", &key)], body.to_string().as_bytes())
    };
    let cycle = put("b", json!({"name": "B", "definition": "in segment \"a\""}));
    refused(&cycle, 422, "segment.invalid");
    assert_eq!(
        cycle.body["error"]["problems"][0]["code"],
        json!("segment.cycle"),
        "{}",
        cycle.text
    );
    let delete = |id: &str| {
        f.server.send("DELETE", &format!("/api/segments/{id}"), &[("authorization", &key)], b"")
    };
    refused(&delete("b"), 409, "segment.in_use");
    assert_eq!(delete("a").status, 204);
    assert_eq!(delete("b").status, 204);
    refused(&delete("b"), 404, "segment.not_found");
}

#[test]
fn questions_that_make_no_sense_name_what_is_wrong() {
    let f = fixture();
    let event =
        r#"{"event":"A","userId":"ada","messageId":"1","timestamp":"2026-01-01T00:00:00Z"}"#;
    assert_eq!(f.server.post("/v1/track", &f.ingest, event).status, 200);
    let key = format!("Bearer {}", f.admin);
    for (path, status, name) in [
        ("/api/users?as_of=soon", 400, "`as_of`"),
        ("/api/users?limit=0", 400, "`limit`"),
        ("/api/users?limit=1000000000", 400, "`limit`"),
        ("/api/users?limit=-1", 400, "limit"),
        ("/api/users?was=active", 400, "`was_at`"),
        ("/api/users?was=active&was_at=soon", 400, "`was_at`"),
        ("/api/users?was=asleep&was_at=2026-01-01", 404, "asleep"),
        ("/api/users?segment=none", 404, "\"none\""),
        ("/api/users/ada/events?before=x", 400, "`before`"),
        ("/api/lifecycle/transitions?from=x&to=2026-01-01", 400, "`from`"),
        ("/api/lifecycle/trend?days=0", 400, "`days`"),
        ("/api/lifecycle/thresholds?horizon=x", 400, "`horizon`"),
        ("/api/analytics/sessions?gap=x", 400, "`gap`"),
        // An instant far away has millions of days, which would be computed one by one.
        ("/api/analytics/growth?event=A&unit=day&as_of=9999-01-01", 422, "periods"),
        ("/api/analytics/retention?event=A&unit=day&as_of=9999-01-01", 422, "periods"),
    ] {
        let answer = f.server.get(path, &[("authorization", &key)]);
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(name), "{path}: {message}");
    }
    let list = f.server.post("/api/segments/preview", &f.admin, r#"["did \"A\"", null, 1]"#);
    refused(&list, 400, "request.shape");
    let settings = f.server.get("/api/rfm/settings", &[("authorization", &key)]).body;
    for (field, value) in [("window", json!("0d")), ("monetary", json!({"sum": ""}))] {
        let mut wrong = settings.clone();
        wrong[field] = value;
        let headers = [("authorization", key.as_str())];
        let body = wrong.to_string();
        let answer = f.server.send("PUT", "/api/rfm/settings", &headers, body.as_bytes());
        refused(&answer, 422, "rfm.settings");
    }
}

#[test]
fn browsers_on_other_origins_may_send_records() {
    let f = fixture();
    let asked = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,x-mine"),
    ];
    let answer = f.server.send("OPTIONS", "/v1/t", &asked, b"");
    let header = |answer: &Answer, name: &str| {
        answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert!((200..300).contains(&answer.status));
    assert_eq!(header(&answer, "access-control-allow-origin"), "https://shop.example");
    assert_eq!(header(&answer, "access-control-allow-credentials"), "true");
    assert_eq!(
        header(&answer, "access-control-allow-headers"),
        "authorization,content-type,x-mine"
    );
    assert_eq!(header(&answer, "access-control-max-age"), "7200");
    let basic = format!("Basic {}", base64(&format!("{}:", f.ingest)));
    let headers = [
        ("origin", "https://shop.example"),
        ("authorization", basic.as_str()),
        ("content-type", "text/plain"),
    ];
    let event = br#"{"event":"A","userId":"ada","messageId":"1"}"#;
    let answer = f.server.send("POST", "/v1/t", &headers, event);
    assert_eq!((answer.status, answer.body.clone()), (200, json!({"success": true})));
    assert_eq!(header(&answer, "access-control-allow-origin"), "https://shop.example");
    // The API is not for other origins.
    let key = format!("Bearer {}", f.admin);
    let api = f
        .server
        .get("/api/overview", &[("origin", "https://evil.example"), ("authorization", &key)]);
    assert_eq!(header(&api, "access-control-allow-origin"), "");
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place)) as usize & 63];
            encoded.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}
