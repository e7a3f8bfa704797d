//! Keys over HTTP: made, listed, revoked, limited; and what a key that only reads may see.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::{Answer, Fixture, fixture};

/// Values that only admins may see; each is planted in a place of its own.
const PLANTED: [&str; 5] = [
    "plantedmail@example.com",
    "planted-street-7",
    "planted-trait",
    "planted-in-a-rejected-record",
    "planted-in-a-definition",
];

fn made(server: &Fixture, body: Value) -> Value {
    let answer = server.send("POST", "/api/keys", &body.to_string());
    assert_eq!(answer.0, 201, "{}", answer.2);
    answer.json()
}

/// The same server, asked with another key.
fn with(server: &mut Fixture, key: &Value) -> String {
    std::mem::replace(&mut server.key, key["key"].as_str().unwrap().to_owned())
}

#[test]
fn keys_are_made_shown_once_listed_and_revoked() {
    let mut server = fixture();
    let key = made(&server, json!({"scope": "ingest", "label": "web", "events_per_second": 100}));
    let id = key["info"]["id"].as_str().unwrap();
    let secret = key["key"].as_str().unwrap();
    let listed = server.get("/api/keys");
    assert!(!listed.to_string().contains(secret), "{listed}");
    let found = listed["keys"].as_array().unwrap().iter().find(|one| one["id"] == json!(id));
    assert_eq!(found, Some(&key["info"]));
    for (wrong, status) in [
        (json!({"scope": "owner"}), 400),
        (json!({"scope": "read", "events_per_second": 0}), 422),
        (json!({"scope": "read", "label": "x".repeat(300)}), 422),
        (json!({}), 400),
    ] {
        assert_eq!(server.send("POST", "/api/keys", &wrong.to_string()).0, status, "{wrong}");
    }
    let admin = with(&mut server, &key);
    let one = json!({"event": "A", "userId": "ada"}).to_string();
    assert_eq!(server.send("POST", "/v1/track", &one).0, 200);
    assert_eq!(server.send("GET", "/api/keys", "").code(), (403, json!("auth.scope")));
    server.key = admin;
    assert_eq!(server.send("DELETE", &format!("/api/keys/{id}"), "").0, 204);
    assert_eq!(server.send("DELETE", &format!("/api/keys/{id}"), "").code().0, 404);
    with(&mut server, &key);
    assert_eq!(server.send("POST", "/v1/track", &one).code(), (401, json!("auth.unknown_key")));
}

#[test]
fn a_limited_key_is_told_when_to_come_again_and_others_are_not_held_up() {
    let mut server = fixture();
    let key = made(&server, json!({"scope": "ingest", "events_per_second": 10}));
    let admin = with(&mut server, &key);
    let one = |n: usize| json!({"type": "track", "event": "A", "userId": "ada", "messageId": n.to_string()});
    let batch = |n: usize| json!({"batch": (0..n).map(one).collect::<Vec<_>>()}).to_string();
    assert_eq!(server.send("POST", "/v1/batch", &batch(200)).0, 200);
    let refused = server.send("POST", "/v1/batch", &batch(1));
    assert_eq!(refused.code(), (429, json!("request.rate_limited")));
    let after = refused.1.lines().find_map(|line| line.strip_prefix("retry-after: ")).unwrap();
    let after: u64 = after.parse().unwrap();
    assert!((17..=20).contains(&after), "{after}");
    server.key = admin;
    assert_eq!(server.send("POST", "/v1/batch", &batch(200)).0, 200);
}

/// A workspace with personal data wherever values can be.
fn planted() -> Fixture {
    let server = fixture();
    let schema = json!({
        "events": {"Bought": {"properties": {
            "street": {"pii": true, "allowed": ["planted-street-7"]}, "total": {"type": "number"}}}},
        "attributes": {"mail": {"pii": true}, "secret_trait": {"pii": true}, "email": {"pii": true}},
    });
    assert_eq!(server.send("PUT", "/api/schema/document", &schema.to_string()).0, 200);
    let batch = json!({"batch": [
        {"type": "identify", "userId": "ada", "messageId": "1",
         "traits": {"mail": PLANTED[0], "email": PLANTED[0], "secret_trait": PLANTED[2], "city": "Riga"}},
        {"type": "track", "event": "Bought", "userId": "ada", "messageId": "2",
         "context": {"traits": {"mail": PLANTED[0]}},
         "properties": {"street": PLANTED[1], "total": 7}},
        {"type": "track", "event": "Bought", "messageId": "3", "properties": {"street": PLANTED[3]}},
    ]});
    assert_eq!(server.send("POST", "/v1/batch", &batch.to_string()).0, 200);
    let definition = format!("mail = \"{}\"", PLANTED[4]);
    let segment = json!({"id": "ada", "name": "Ada", "definition": definition});
    assert_eq!(server.send("POST", "/api/segments", &segment.to_string()).0, 201);
    let members = json!({"members": [{"event": "Bought", "where": [
        {"property": "street", "op": "eq", "value": PLANTED[4]}]}]});
    assert_eq!(server.send("PUT", "/api/composites/ada", &members.to_string()).0, 200);
    let framework =
        json!({"name": "Ada", "states": [{"key": "in", "name": "In", "definition": definition}]});
    assert_eq!(server.send("PUT", "/api/frameworks/ada", &framework.to_string()).0, 200);
    let hook = json!({"url": "https://example.com/hook"});
    assert_eq!(server.send("POST", "/api/webhooks", &hook.to_string()).0, 201);
    let rows = json!({"id": 1, "contact": PLANTED[0]});
    assert_eq!(server.send("POST", "/api/catalogs/ada", &rows.to_string()).0, 200);
    message(&server);
    journey(&server, &definition);
    server
}

/// A journey `ada` whose conditions name what is planted, with ada in it.
fn journey(server: &Fixture, definition: &str) {
    let bought = json!({"event": "Bought", "where": [
        {"property": "street", "op": "eq", "value": PLANTED[4]}]});
    let when = json!({"kind": "event", "event": bought});
    let journey = json!({"id": "ada", "name": "Ada", "entry": {"kind": "api"}, "control": 0.0,
    "goals": [{"id": "bought", "when": when, "within": "1d"}],
    "steps": [
        {"id": "who", "do": {"kind": "split", "paths": [{"id": "a", "segment": definition}],
         "otherwise": "wait"}},
        {"id": "wait", "do": {"kind": "wait_for", "within": "1d", "any": [
            {"id": "bought", "when": when}]}},
    ]});
    let made = server.send("POST", "/api/journeys", &journey.to_string());
    assert_eq!(made.0, 201, "{}", made.2);
    let published = server.send("POST", "/api/journeys/ada/publish", "{}");
    assert_eq!(published.0, 200, "{}", published.2);
    let users = json!({"users": ["ada"]}).to_string();
    let entered = server.send("POST", "/api/journeys/ada/enter", &users);
    assert_eq!((entered.0, &entered.json()["entered"]), (200, &json!(1)), "{}", entered.2);
}

/// A campaign `ada` that writes to ada.
fn message(server: &Fixture) {
    let provider = json!({"name": "Hook", "settings": {"kind": "webhook"}});
    assert_eq!(server.send("POST", "/api/providers", &provider.to_string()).0, 201);
    let policy = json!({"control": 0.0, "quiet": [], "legal_hours": false}).to_string();
    assert_eq!(server.send("PUT", "/api/settings/contact-policy", &policy).0, 200);
    let content = json!({"default": {"kind": "webhook", "url": "https://127.0.0.1:1/hook",
                         "body": "{\"mail\": \"{{ profile.mail }}\"}"}});
    let campaign = json!({"id": "ada", "name": "Ada", "channel": "webhook", "control": 0.0,
        "trigger": {"kind": "api"}, "audience": format!("not mail = \"{}\"", PLANTED[4]),
        "variants": [{"id": "a", "content": content}]});
    assert_eq!(server.send("POST", "/api/campaigns", &campaign.to_string()).0, 201);
    let start = json!({"action": "start"}).to_string();
    assert_eq!(server.send("POST", "/api/campaigns/ada/status", &start).0, 200);
    let users = json!({"users": ["ada"]}).to_string();
    assert_eq!(server.send("POST", "/api/campaigns/ada/send", &users).0, 202);
}

/// Every address of the document that is asked with GET.
fn addresses(server: &Fixture) -> Vec<String> {
    let document = server.get("/api/openapi.json");
    let id_of = |listed: &Value| listed[0]["id"].as_str().unwrap().to_owned();
    let hook = id_of(&server.get("/api/webhooks")["webhooks"]);
    let provider = id_of(&server.get("/api/providers")["providers"]);
    let delivery = id_of(&server.get("/api/deliveries?campaign=ada")["deliveries"]);
    let mut addresses = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("get") else { continue };
        if path == "/api/providers/{id}/dns" {
            continue; // It asks name servers: `feedback_mail` has one.
        }
        if operation["responses"]["200"]["content"].get("text/event-stream").is_some() {
            continue; // It has no end, and a test of its own.
        }
        if path == "/api/backtests/{id}" {
            continue; // It has to be begun: it has a test of its own.
        }
        let id = match path.split('/').collect::<Vec<_>>()[..] {
            ["", "api", "webhooks", ..] => hook.clone(),
            ["", "api", "providers", ..] => provider.clone(),
            ["", "api", "deliveries", ..] => delivery.clone(),
            ["", "api", "schema", "events", ..] => "Bought".into(),
            ["", "api", "schema", "attributes", ..] => "mail".into(),
            _ => "ada".into(),
        };
        let values = operation["parameters"].as_array().into_iter().flatten();
        let query: Vec<String> = values
            .filter_map(|parameter| {
                Some(match parameter["name"].as_str()? {
                    "from" => "from=2026-01-01".to_owned(),
                    "to" => "to=2036-01-01".to_owned(),
                    "channel" => "channel=email".to_owned(),
                    "address" => "address=nobody@example.com".to_owned(),
                    "event" if path.contains("analytics") => "event=Bought".to_owned(),
                    _ => return None,
                })
            })
            .collect();
        let address = format!("{}?{}", path.replace("{id}", &id), query.join("&"));
        if path.starts_with("/api/export") {
            addresses.extend(["csv", "ndjson"].map(|form| format!("{address}format={form}")));
        } else {
            addresses.push(address);
        }
    }
    addresses
}

fn leaks(answer: &Answer) -> Vec<&'static str> {
    PLANTED.into_iter().filter(|planted| answer.2.contains(planted)).collect()
}

#[test]
fn a_key_that_reads_finds_no_personal_data_in_any_answer() {
    let mut server = planted();
    let addresses = addresses(&server);
    assert!(addresses.len() > 30, "{}", addresses.len());
    let mut seen: Vec<&str> = Vec::new();
    for address in &addresses {
        seen.extend(leaks(&server.send("GET", address, "")));
    }
    for planted in PLANTED {
        assert!(seen.contains(&planted), "an admin sees {planted} somewhere");
    }
    let key = made(&server, json!({"scope": "read", "label": "board"}));
    with(&mut server, &key);
    for address in &addresses {
        let answer = server.send("GET", address, "");
        let path = address.split('?').next().unwrap();
        let of_person = ["/export", "/erase"].iter().any(|end| path.ends_with(end));
        let admin_only = ["/api/keys", "/api/imports", "/api/erasures", "/api/suppressions"]
            .iter()
            .any(|start| path.starts_with(start))
            || path.starts_with("/api/users/") && of_person
            // It asks about an address.
            || path == "/api/subscriptions/address";
        assert_eq!(answer.0, if admin_only { 403 } else { 200 }, "{address}: {}", answer.2);
        assert_eq!(leaks(&answer), [] as [&str; 0], "{address}: {}", answer.2);
    }
    let ada = server.get("/api/users/ada");
    assert_eq!(
        ada["attributes"],
        json!({"city": "Riga", "email": "***", "mail": "***", "secret_trait": "***"})
    );
    let events = server.get("/api/users/ada/events");
    assert!(events.to_string().contains("\"context.traits.mail\":\"***\""), "{events}");
    assert!(events.to_string().contains("\"total\":7"), "{events}");
}

#[test]
fn a_key_that_reads_hears_no_personal_data_while_it_happens() {
    let mut server = planted();
    let key = made(&server, json!({"scope": "read"}));
    let admin = with(&mut server, &key);
    let heard = |server: &Fixture, n: &str| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let (address, key) = (server.address, &server.key);
        let head = format!(
            "GET /api/live/stream?kind=events HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut text = String::new();
        let mut bytes = [0; 4096];
        while !text.contains("\r\n\r\n") {
            let n = stream.read(&mut bytes).unwrap();
            text += std::str::from_utf8(&bytes[..n]).unwrap();
        }
        let event = json!({"event": "Bought", "userId": "ada", "messageId": n,
                           "properties": {"street": PLANTED[1], "total": 7}});
        assert_eq!(server.send_as(&admin, "POST", "/v1/track", &event.to_string()).0, 200);
        while !text.contains("street") {
            let n = stream.read(&mut bytes).unwrap();
            assert!(n > 0, "{text}");
            text += std::str::from_utf8(&bytes[..n]).unwrap();
        }
        text
    };
    let masked = heard(&server, "stream-1");
    assert!(masked.contains("\"street\":\"***\"") && masked.contains("\"total\":7"), "{masked}");
    assert!(!masked.contains(PLANTED[1]), "{masked}");
    server.key = admin.clone();
    assert!(heard(&server, "stream-2").contains(PLANTED[1]));
}

#[test]
fn a_key_that_reads_may_ask_but_not_about_what_is_masked_and_changes_nothing() {
    let mut server = planted();
    let key = made(&server, json!({"scope": "read"}));
    with(&mut server, &key);
    let preview = |definition: Value| {
        let body = json!({ "definition": definition }).to_string();
        server.send("POST", "/api/segments/preview", &body)
    };
    assert_eq!(preview(json!("city = \"Riga\"")).json()["count"], json!(1));
    let masked = (403, json!("auth.masked"));
    assert_eq!(preview(json!(format!("mail = \"{}\"", PLANTED[0]))).code(), masked);
    assert_eq!(
        preview(json!({"type": "profile", "attribute": "mail", "op": "exists"})).code(),
        masked
    );
    assert_eq!(preview(json!("in segment \"ada\"")).code(), masked);
    let why = json!({"segment": "ada", "user": "ada"}).to_string();
    assert_eq!(server.send("POST", "/api/segments/explain", &why).code(), masked);
    let trends = json!({"from": "2026-01-01", "to": "2036-01-01", "event": "Bought", "breakdown": {"property": "street"}});
    assert_eq!(server.send("POST", "/api/analytics/trends", &trends.to_string()).code(), masked);
    let asked = server.send("GET", "/api/users?segment=mail%20exists", "");
    assert_eq!(asked.code(), masked);
    // A search by text does not look into what is masked.
    assert_eq!(server.get("/api/users?query=plantedmail")["total"], json!(0));
    assert_eq!(server.get("/api/users?query=riga")["total"], json!(1));
    for (method, path) in [
        ("POST", "/api/segments"),
        ("PUT", "/api/schema/policies"),
        ("DELETE", "/api/segments/ada"),
        ("POST", "/api/history/compact"),
        ("POST", "/api/schema/events/Bought/discard"),
        ("POST", "/api/keys"),
        ("POST", "/api/records"),
    ] {
        let refused = server.send(method, path, "{}");
        assert_eq!(refused.code(), (403, json!("auth.scope")), "{method} {path}");
    }
    assert_eq!(server.send("POST", "/v1/track", "{}").code(), (403, json!("auth.scope")));
}

#[test]
fn a_backtest_that_shows_everything_is_not_shown_to_a_key_that_reads() {
    let mut server = planted();
    let journey = json!({"id": "past", "name": "Past", "entry": {"kind": "event", "event": "Bought"},
                         "steps": [{"id": "out", "do": {"kind": "exit"}}]});
    let made_journey = server.send("POST", "/api/journeys", &journey.to_string());
    assert_eq!(made_journey.0, 201, "{}", made_journey.2);
    let period = json!({"from": "2020-01-01", "to": "2027-01-01"}).to_string();
    let begun = server.send("POST", "/api/journeys/past/backtest", &period);
    assert_eq!(begun.0, 202, "{}", begun.2);
    let path = format!("/api/backtests/{}", begun.json()["id"].as_str().unwrap());
    assert_eq!(server.send("GET", &path, "").0, 200);
    let key = made(&server, json!({"scope": "read", "label": "board"}));
    with(&mut server, &key);
    let answer = server.send("GET", &path, "");
    assert_eq!((answer.0, &answer.json()["error"]["code"]), (403, &json!("backtest.masked")));
    assert_eq!(server.send("POST", "/api/journeys/past/backtest", &period).0, 403);
}
