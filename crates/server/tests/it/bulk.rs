//! Data in bulk over HTTP: batches with partial success, files, dry runs.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use server::config::keys::Scope;

use super::fixture::{Fixture, fixture};

/// A thousand messages, ten of which are bad.
fn thousand() -> Value {
    let message = |n: u64| match n {
        _ if n % 100 == 7 => {
            json!({"type": "track", "event": "Bought", "messageId": n.to_string()})
        }
        _ if n.is_multiple_of(3) => json!({"type": "identify", "messageId": n.to_string(),
            "userId": format!("u{}", n % 50), "traits": {"n": n}}),
        _ => json!({"type": "track", "messageId": n.to_string(), "userId": format!("u{}", n % 50),
            "event": "Bought", "properties": {"n": n}, "timestamp": "2026-02-01T10:00:00Z"}),
    };
    json!({"batch": (0..1_000).map(message).collect::<Vec<_>>()})
}

/// Everything that a dry run must leave as it is.
fn state(server: &Fixture) -> (u64, Value, Value, Value) {
    let workspace = server.service.workspace();
    workspace.errors().flush();
    let (catalogue, errors) = (server.get("/api/catalogue"), server.get("/api/errors"));
    (workspace.log_position(), catalogue, errors, server.get("/api/schema"))
}

#[test]
fn ten_bad_of_a_thousand_are_named_and_the_others_are_stored() {
    let server = fixture();
    let before = state(&server);
    let tried = server.send("POST", "/api/batch?dry_run=true", &thousand().to_string());
    assert_eq!(tried.0, 200, "{}", tried.2);
    assert_eq!(state(&server), before, "a dry run stores nothing");
    let answer = server.send("POST", "/api/batch", &thousand().to_string()).json();
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&json!(990), &json!(0)));
    let refused = answer["refused"].as_array().unwrap();
    let places: Vec<u64> = refused.iter().map(|one| one["index"].as_u64().unwrap()).collect();
    assert_eq!(places, (0..10).map(|n| n * 100 + 7).collect::<Vec<_>>());
    for one in refused {
        assert_eq!(one["code"], json!("event.no_user"));
        assert!(one["hint"].as_str().unwrap().contains("userId"), "{one}");
    }
    let mut told = tried.json();
    assert_eq!(told["dry_run"], json!(true));
    told["dry_run"] = json!(false);
    assert_eq!(told, answer, "a dry run says what would be");
    let overview = server.get("/api/catalogue");
    let bought = &overview["events"].as_array().unwrap()[0];
    assert_eq!(bought["name"], json!("Bought"));
    let again = server.send("POST", "/api/batch", &thousand().to_string()).json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(990)));
    let tried = server.send("POST", "/api/batch?dry_run=true", &thousand().to_string()).json();
    assert_eq!((&tried["accepted"], &tried["duplicates"]), (&json!(0), &json!(990)));
}

#[test]
fn what_the_schema_refuses_is_named_too() {
    let server = fixture();
    let blocked = json!({"status": "blocked"}).to_string();
    let put = server.send("PUT", "/api/schema/events/Secret", &blocked);
    assert_eq!(put.0, 200, "{}", put.2);
    let batch = json!({"batch": [
        {"type": "track", "userId": "ada", "event": "Open", "messageId": "1"},
        {"type": "alias", "userId": "ada", "previousId": "ada"},
        {"type": "track", "userId": "ada", "event": "Secret", "messageId": "2"},
        {"type": "track", "userId": "ada", "event": "Open", "messageId": "1"},
        {"type": "shout", "userId": "ada"},
    ]});
    let answer = server.send("POST", "/api/batch", &batch.to_string()).json();
    let counts = ["accepted", "duplicates", "ignored"].map(|name| answer[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1], "{answer}");
    let refused = answer["refused"].as_array().unwrap().iter();
    let refused: Vec<_> = refused.map(|one| (one["index"].clone(), one["code"].clone())).collect();
    let codes =
        [(json!(2), json!("schema.event_blocked")), (json!(4), json!("event.unknown_type"))];
    assert_eq!(refused, codes);
}

#[test]
fn a_key_that_may_only_send_sends_batches_and_nothing_else() {
    let server = fixture();
    let config = server.service.workspace();
    let ingest = config.config().create_key(Scope::Ingest, "app", 0).unwrap();
    let read = config.config().create_key(Scope::Read, "report", 0).unwrap();
    let batch = json!({"batch": [{"type": "track", "userId": "a", "event": "Open"}]}).to_string();
    assert_eq!(server.send_as(&ingest, "POST", "/api/batch", &batch).0, 200);
    assert_eq!(server.send_as(&read, "POST", "/api/batch", &batch).0, 403);
    // What the server tells of messages nobody else can: it would be sent.
    let told = json!({"batch": [{"type": "track", "userId": "a", "event": "Message Queued"}]});
    for path in ["/api/batch", "/api/batch?dry_run=true"] {
        let refused = server.send_as(&ingest, "POST", path, &told.to_string()).json();
        assert_eq!(refused["refused"][0]["code"], "event.reserved", "{refused}");
        assert_eq!(refused["accepted"], 0, "{refused}");
    }
    assert_eq!(server.send_as(&ingest, "POST", "/api/import?format=ndjson", "").0, 403);
    assert_eq!(server.send_as(&read, "GET", "/api/imports", "").0, 403);
    let wrong = server.send("POST", "/api/batch", "{\"batch\":3}");
    assert_eq!(wrong.code(), (400, json!("request.no_batch")));
}

/// Sends a file of any bytes.
fn upload(server: &Fixture, query: &str, bytes: &[u8]) -> (u16, Value) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("http://{}/api/import?{query}", server.address);
    let request = agent.post(&url).header("authorization", format!("Bearer {}", server.key));
    let mut answer = request.send(bytes).unwrap();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&body).unwrap())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const ORDERS: &str = "customer,day,total\n\
    ada,2026-03-01,12.5\n\
    ,2026-03-02,3\n\
    bob,soon,4\n\
    \"bob\n the second\",01/03/2026,5\n\
    cyd,1772355600,6\n";

const MAPPING: &str = "user=customer%0Atime=day%0Aevent==Bought";

#[test]
fn a_file_says_line_code_field_and_mend_of_every_bad_row() {
    let server = fixture();
    let before = state(&server);
    let (status, tried) =
        upload(&server, &format!("format=csv&dry_run=true&mapping={MAPPING}"), ORDERS.as_bytes());
    assert_eq!(status, 200, "{tried}");
    assert_eq!(state(&server), before, "a dry run stores nothing");
    let (status, answer) =
        upload(&server, &format!("format=csv&mapping={MAPPING}"), &gzip(ORDERS.as_bytes()));
    assert_eq!(status, 200, "{answer}");
    golden("import_orders.json", &answer);
    let mut told = tried;
    told["dry_run"] = json!(false);
    assert_eq!(told, answer);
    let spool = server.folder.path().join("spool");
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0, "nothing of a file stays");
}

#[test]
fn exports_of_other_products_come_through_the_api_and_count_once() {
    let server = fixture();
    let exports = [
        ("format=mixpanel&mapping=zone=Europe/Istanbul", "mixpanel-events.ndjson", 6, 1, 2),
        ("format=mixpanel", "mixpanel-profiles.json", 2, 0, 0),
        ("format=amplitude", "amplitude.ndjson", 6, 0, 1),
        ("format=clevertap&mapping=event==Charged", "clevertap-charged.json", 4, 0, 1),
        // Somebody unsubscribes in it, which is an event, too.
        ("format=clevertap", "clevertap-profiles.ndjson", 4, 0, 0),
    ];
    for round in 0..2 {
        for (query, file, accepted, duplicates, rejected) in exports {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/exports").join(file);
            let (status, answer) = upload(&server, query, &std::fs::read(path).unwrap());
            assert_eq!(status, 200, "{answer}");
            // Who is unsubscribed already does not unsubscribe again.
            let again = u64::from(file == "clevertap-profiles.ndjson");
            let all = accepted + duplicates - again;
            let counts = if round == 0 { [accepted, duplicates] } else { [0, all] };
            let found =
                ["accepted", "duplicates", "rejected"].map(|name| answer[name].as_u64().unwrap());
            assert_eq!(found, [counts[0], counts[1], rejected], "{file}: {answer}");
        }
    }
    // One person, from exports of three products that know her by one id.
    let ada = server.get("/api/users/ada");
    for device in ["d-ada-1", "a-dev-1", "ct-guid-1", "ct-guid-2"] {
        let known = ada["anonymous_ids"].as_array().unwrap().contains(&json!(device));
        assert!(known, "{device} in {ada}");
    }
}

#[test]
fn an_archive_of_hours_is_read_whole() {
    let server = fixture();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/exports/amplitude.ndjson");
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let hour = |lines: &[&str]| gzip((lines.join("\n") + "\n").as_bytes());
    let archive = zip(&[
        ("101/", Vec::new()),
        ("101/101_2026-01-01_9#0.json.gz", hour(&lines[..2])),
        ("101/101_2026-01-02_10#0.json.gz", hour(&lines[2..])),
    ]);
    let (status, answer) = upload(&server, "format=amplitude", &archive);
    assert_eq!(status, 200, "{answer}");
    // Attributes are told at the first event of each file.
    assert_eq!((&answer["rows"], &answer["accepted"]), (&json!(5), &json!(7)), "{answer}");
    let bad = &answer["rejected_rows"][0];
    assert_eq!((&bad["row"], &bad["code"]), (&json!(5), &json!("event.no_user")));
    assert!(bad["message"].as_str().unwrap().starts_with("101/101_2026-01-02"), "{bad}");
    let (status, cut) = upload(&server, "format=amplitude", &archive[..archive.len() - 30]);
    assert_eq!((status, &cut["error"]["code"]), (422, &json!("file.unreadable")), "{cut}");
}

/// An archive with stored members, as a tool would write it.
fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut file, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let at = file.len() as u32;
        let (length, name_length) = ((bytes.len() as u32).to_le_bytes(), name.len() as u16);
        let head = |into: &mut Vec<u8>| {
            into.extend([0; 2]); // flags
            into.extend([0; 2]); // stored
            into.extend([0; 8]); // time and checksum, which nobody looks at
            into.extend(length);
            into.extend(length);
            into.extend(name_length.to_le_bytes());
            into.extend([0; 2]);
        };
        file.extend(b"PK\x03\x04\x14\0");
        head(&mut file);
        file.extend(name.as_bytes());
        file.extend(bytes);
        list.extend(b"PK\x01\x02\x14\0\x14\0");
        head(&mut list);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let at = file.len() as u32;
    file.extend(&list);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend((members.len() as u16).to_le_bytes());
    file.extend((members.len() as u16).to_le_bytes());
    file.extend((list.len() as u32).to_le_bytes());
    file.extend(at.to_le_bytes());
    file.extend([0; 2]);
    file
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_a_reason() {
    let server = fixture();
    let code = |query: &str, bytes: &[u8]| {
        let (status, answer) = upload(&server, query, bytes);
        (status, answer["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(code("format=csv", b"a,b\n"), (422, "mapping.missing".into()));
    let wrong = "format=csv&mapping=user=nobody%0Atime=b%0Aevent==X";
    assert_eq!(code(wrong, b"a,b\n"), (422, "mapping.unknown_column".into()));
    let own = "format=mixpanel&mapping=user=id";
    assert_eq!(code(own, b"{}"), (422, "mapping.not_for_exports".into()));
    assert_eq!(code("format=parquet", b"PAR1"), (422, "file.no_parquet".into()));
    assert_eq!(code("format=exel", b""), (400, "request.query".into()));
    let cut = gzip(ORDERS.as_bytes());
    let cut = &cut[..cut.len() - 9];
    let (status, code) = code(&format!("format=csv&mapping={MAPPING}"), cut);
    assert_eq!((status, code.as_str()), (422, "file.unreadable"));
}

/// Compares with a file; `UPDATE_GOLDEN=1` writes it.
fn golden(name: &str, found: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let text = serde_json::to_string_pretty(found).unwrap() + "\n";
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert_eq!(stored, text, "{name} differs; UPDATE_GOLDEN=1 writes it anew");
}
