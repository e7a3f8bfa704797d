//! CleverTap's and mParticle's paths over HTTP: what is answered, stored, held, refused.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use server::config::keys::Scope;

use super::fixture::{Answer, Fixture, fixture};

/// `compressToBase64` of lz-string, for texts without a repetition in it: every unit a literal.
pub fn packed(json: &str) -> String {
    let mut bits = Vec::new();
    let put = |value: u32, n: u32, bits: &mut Vec<bool>| {
        bits.extend((0..n).map(|place| value >> place & 1 == 1));
    };
    let (mut n_bits, mut room, mut first) = (2, 1, true);
    for unit in json.encode_utf16().map(u32::from) {
        put(u32::from(unit >= 256), n_bits, &mut bits);
        put(unit, if unit < 256 { 8 } else { 16 }, &mut bits);
        for _ in 0..if first { 1 } else { 2 } {
            room -= 1;
            if room == 0 {
                room = 1 << n_bits;
                n_bits += 1;
            }
        }
        first = false;
    }
    put(2, n_bits, &mut bits);
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |six: &[bool]| {
        DIGITS[(0..6).fold(0, |n, at| n * 2 + usize::from(six.get(at) == Some(&true)))]
    };
    bits.chunks(6).map(|six| char::from(digit(six))).collect::<String>().replace('+', "%2B")
}

/// Sends with these headers and no key.
fn send(server: &Fixture, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        server.address,
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer(status, head.to_lowercase(), body.to_owned())
}

fn get(server: &Fixture, path: &str) -> Answer {
    send(server, "GET", path, "", "")
}

/// A call of the web client; the guid that it is answered with, and whether to take it.
fn call(server: &Fixture, payload: &Value, rest: &str) -> (String, bool) {
    let answer =
        get(server, &format!("/a?t=96&type=push&d={}&{rest}", packed(&payload.to_string())));
    assert_eq!(answer.0, 200, "{}", answer.2);
    assert!(answer.1.contains("content-type: text/javascript"), "{}", answer.1);
    let arguments = answer.2.split_once("$WZRK_WR.s('").unwrap().1;
    let (guid, rest) = arguments.split_once("',").unwrap();
    (guid.to_owned(), rest.split(',').nth(1) == Some("true"))
}

fn now() -> i64 {
    server::clock::now().0 / 1_000
}

#[test]
fn a_browser_gets_a_guid_keeps_it_and_is_known_after_its_login() {
    let server = fixture();
    let key = &server.key;
    let event =
        |name: &str| json!({"type": "event", "evtName": name, "evtData": {"n": 1}, "id": key});
    let at = now();
    let (guid, resume) = call(&server, &event("First"), &format!("rn=1&i={at}&sn=0"));
    assert_eq!((guid.len(), resume), (32, false));
    let second = format!("rn=2&i={at}&sn=1&gc={guid}");
    assert_eq!(call(&server, &event("Second"), &second), (guid.clone(), false));
    assert_eq!(call(&server, &event("Second"), &second), (guid.clone(), false));
    let login = |id: &str, switch: bool| {
        json!({"type": "profile", "isOUL": switch, "id": key,
               "profile": {"Identity": id, "Email": format!("{id}@example.com"), "plan": "pro"}})
    };
    let rest = format!("rn=3&i={at}&sn=2&gc={guid}");
    assert_eq!(call(&server, &login("ada", false), &rest), (guid.clone(), false));
    let ada = server.get("/api/users/ada");
    assert_eq!((&ada["events"], &ada["anonymous_ids"]), (&json!(2), &json!([guid])));
    assert_eq!(ada["attributes"]["plan"], json!("pro"));

    // Somebody else on the same browser, then ada on another one.
    let (bob, resume) = call(&server, &login("bob", true), &format!("rn=4&i={at}&sn=3"));
    assert!(resume && bob != guid && bob.len() == 32, "{bob}");
    let again = call(&server, &login("bob", true), &format!("rn=4&i={at}&sn=3"));
    assert_eq!(again, (bob.clone(), true), "the same identity, the same guid");
    let other = call(&server, &login("ada", true), &format!("rn=1&i={at}&sn=0&r=2"));
    assert_eq!(other, (guid.clone(), true));
    let (fresh, _) = call(&server, &event("Elsewhere"), &format!("rn=1&i={at}&sn=9"));
    let moved = call(&server, &login("ada", false), &format!("rn=2&i={at}&sn=9&gc={fresh}"));
    assert_eq!(moved, (guid, true), "a browser learns whose it is");
    assert_eq!(server.get("/api/users/ada")["events"], json!(3));
    assert_eq!(server.get("/api/errors")["kinds"], json!([]));
}

#[test]
fn an_answer_never_fails() {
    let server = fixture();
    let stranger = json!({"type": "event", "evtName": "E", "id": "ACC-1"});
    let (guid, _) = call(&server, &stranger, "rn=1");
    assert_eq!(guid.len(), 32);
    for query in ["", "d=***", "d=&gc=a'b", "type=page", &format!("d={}", "x".repeat(100_000))] {
        let answer = get(&server, &format!("/a?{query}"));
        assert_eq!(answer.0, 200, "{query:.40}");
        assert!(answer.2.contains("$WZRK_WR.s('"), "{}", answer.2);
    }
    let found = server.get("/api/errors");
    assert_eq!(found["kinds"][0]["source"], json!("clevertap"));
    assert!(found["kinds"].to_string().contains("auth.unknown_key"), "{found}");

    let key = server.key.clone();
    server.service.workspace().close().unwrap();
    let event = json!({"type": "event", "evtName": "E", "id": key});
    assert_eq!(call(&server, &event, "rn=1").0.len(), 32);
    let login =
        json!({"type": "profile", "isOUL": true, "id": key, "profile": {"Identity": "ada"}});
    let (first, second) = (call(&server, &login, "rn=2"), call(&server, &login, "rn=3"));
    assert_eq!(first, second, "a guid that follows from the identity needs no storage");
    let metrics = get(&server, "/metrics").2;
    assert!(metrics.contains("perennial_records_held 3"), "{metrics}");
}

#[test]
fn answers_come_as_json_where_they_are_fetched_and_from_other_origins() {
    let server = fixture();
    let page = packed(&json!({"id": server.key, "cpg": "https://shop.example/"}).to_string());
    let headers = "accept: application/json\r\nx-clevertap-encryption-enabled: true\r\norigin: https://shop.example\r\n";
    let answer = send(&server, "GET", &format!("/a?type=page&rn=7&d={page}"), headers, "");
    assert!(answer.1.contains("access-control-allow-origin: https://shop.example"), "{}", answer.1);
    assert_eq!(answer.json()["meta"]["rn"], json!(7));
    let asked = "origin: https://shop.example\r\naccess-control-request-headers: x-clevertap-encryption-enabled\r\n";
    let preflight = send(&server, "OPTIONS", "/a", asked, "");
    assert_eq!(preflight.0 / 100, 2);
    assert!(preflight.1.contains("x-clevertap-encryption-enabled"), "{}", preflight.1);
}

#[test]
fn a_link_leads_only_where_this_server_said() {
    let server = fixture();
    let m = "80000000000000000000000000000a01";
    for rest in [
        "r=https%3A%2F%2Fshop.example%2Fsale".to_owned(),
        format!("r=https%3A%2F%2Fshop.example%2F&m={m}&b=go&sig={}", "0".repeat(32)),
        format!("r=javascript%3Aalert(1)&m={m}&sig="),
        "r=".to_owned(),
        String::new(),
    ] {
        let headers = "referer: https://shop.example/\r\n";
        let answer = send(&server, "GET", &format!("/r?{rest}&t=wc"), headers, "");
        assert_eq!(answer.0, 400, "{rest}");
    }
}

#[test]
fn an_upload_needs_a_passcode_and_stores_what_is_good() {
    let server = fixture();
    let key = server.service.workspace().config().create_key(Scope::Ingest, "up", 0).unwrap();
    let passcode = format!("x-clevertap-account-id: any\r\nx-clevertap-passcode: {key}\r\n");
    let upload = |query: &str, headers: &str, records: Value| {
        send(
            &server,
            "POST",
            &format!("/1/upload{query}"),
            headers,
            &json!({"d": records}).to_string(),
        )
    };
    let records = json!([
        {"type": "profile", "identity": "eve", "ts": now(), "profileData": {"Name": "Eve", "MSG-email": false}},
        {"type": "event", "identity": "eve", "ts": now(), "evtName": "Charged",
         "evtData": {"Amount": 300, "Charged ID": "o-1", "Items": [{"Category": "Books"}]}},
        {"type": "event", "identity": "eve"}]);
    assert_eq!(upload("", "", records.clone()).0, 401);
    assert_eq!(upload("", "x-clevertap-passcode: pk_no\r\n", records.clone()).0, 401);
    let dry = upload("?dryRun=1", &passcode, records.clone());
    assert_eq!((dry.0, &dry.json()["processed"]), (200, &json!(2)));
    assert_eq!(server.send("GET", "/api/users/eve", "").0, 404);
    for _ in 0..2 {
        let stored = upload("", &passcode, records.clone());
        assert_eq!(stored.json()["status"], json!("partial"));
        assert_eq!(stored.json()["unprocessed"][0]["code"], json!(509));
    }
    let eve = server.get("/api/users/eve");
    // The purchase, and that she was unsubscribed.
    assert_eq!((&eve["events"], &eve["attributes"]["name"]), (&json!(2), &json!("Eve")));
    assert_eq!(eve["attributes"]["subscription.email"], json!(false));
    let shapeless = send(&server, "POST", "/1/upload", &passcode, "[]");
    assert_eq!((shapeless.0, &shapeless.json()["status"]), (400, &json!("fail")));
    let admin = format!("x-clevertap-passcode: {}\r\n", server.key);
    let profile = send(&server, "GET", "/1/profile.json?identity=eve", &admin, "").json();
    assert_eq!(profile["record"]["profileData"]["name"], json!("Eve"));
    assert_eq!(send(&server, "GET", "/1/profile.json?identity=eve", &passcode, "").0, 403);
}

#[test]
fn a_device_shakes_hands_and_sends() {
    let server = fixture();
    let hello = get(&server, "/hello?os=Android&t=1&z=A");
    assert!(hello.1.contains(&format!("x-wzrk-rd: {}", server.address)), "{}", hello.1);
    let batch = json!([{"type": "meta", "g": "dev01", "id": server.key},
        {"type": "event", "evtName": "App Launched", "ep": now()}]);
    for _ in 0..2 {
        let answer = send(&server, "POST", "/a1?os=Android", "", &batch.to_string());
        assert_eq!((answer.0, &answer.json()["g"]), (200, &json!("dev01")));
    }
    assert_eq!(server.get("/api/users/dev01")["events"], json!(1));
    assert_eq!(send(&server, "POST", "/a1", "", "[]").0, 401);
}

#[test]
fn the_identity_service_of_mparticle_gives_everybody_a_number() {
    let server = fixture();
    let key = format!("x-mp-key: {}\r\n", server.key);
    let ask = |path: &str, body: Value| {
        let answer =
            send(&server, "POST", &format!("/identity/v1/{path}"), &key, &body.to_string());
        assert_eq!(answer.0, 200, "{path}: {}", answer.2);
        answer.json()
    };
    let device = json!({"device_application_stamp": "d1"});
    let person =
        json!({"device_application_stamp": "d1", "customerid": "u1", "email": "u1@example.com"});
    let question = |known: &Value, id: &str| json!({"request_id": id, "known_identities": known});
    let anonymous = ask("identify", question(&device, "1"));
    let login = ask("login", question(&person, "2"));
    assert_ne!(anonymous["mpid"], login["mpid"]);
    assert_eq!(login["mpid"], ask("login", question(&json!({"customer_id": "u1"}), "3"))["mpid"]);
    assert_eq!(anonymous["mpid"], ask("logout", question(&person, "4"))["mpid"]);
    let mpid: i64 = login["mpid"].as_str().unwrap().parse().unwrap();
    assert!(mpid > 0);
    assert_eq!(server.get("/api/users/u1")["anonymous_ids"], json!(["d1"]));
    let change = json!({"identity_changes": [{"old_value": "u1", "new_value": "u1", "identity_type": "customerid"}]});
    let changed = ask(&format!("{mpid}/modify"), change);
    assert_eq!(changed["change_results"][0]["modified_mpid"], json!(mpid.to_string()));
    let refused = send(&server, "POST", "/identity/v1/login", "x-mp-key: no\r\n", "{}");
    assert_eq!(refused.0, 401);
    assert!(refused.2.contains("Errors"), "{}", refused.2);
    let config = get(&server, &format!("/tags/JS/v2/{}/config?env=0", server.key));
    assert_eq!(config.json()["flags"]["eventBatchingIntervalMillis"], json!("0"));
}

#[test]
fn batches_of_mparticle_are_acknowledged_with_202_and_count_once() {
    let server = fixture();
    let event = json!({"event_type": "custom_event", "data": {"event_name": "Played", "source_message_id": "m1"}});
    let batch = json!({"mpid": "7", "user_identities": {"customer_id": "u1"}, "mp_deviceid": "d1",
        "user_attributes": {"plan": "pro"}, "events": [event, {"event_type": "custom_event"}]});
    let path = format!("/webevents/v3/JS/{}/events", server.key);
    for _ in 0..2 {
        assert_eq!(
            send(&server, "POST", &path, "content-type: text/plain\r\n", &batch.to_string()).0,
            202
        );
    }
    assert_eq!(server.send("POST", "/v2/bulkevents", &json!([batch]).to_string()).0, 202);
    let user = server.get("/api/users/u1");
    assert_eq!((&user["events"], &user["attributes"]["plan"]), (&json!(1), &json!("pro")));
    assert_eq!(send(&server, "POST", &path, "", "no JSON").0, 202, "400 would come again for ever");
    let counts = server.get("/api/errors")["kinds"].to_string();
    assert!(counts.contains("request.not_json") && counts.contains("event.no_name"), "{counts}");
    assert_eq!(send(&server, "POST", "/webevents/v3/JS/no/events", "", "{}").0, 401);
    assert_eq!(send(&server, "POST", "/v2/events", "", "{}").0, 401);
}
