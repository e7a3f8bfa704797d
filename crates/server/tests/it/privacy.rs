//! What a person can ask for, held against a server with files: erased, nothing of them is in any byte;
//! suppressed, they are in no answer; whoever may not see personal data sees none anywhere.

mod erase;
mod masking;
mod suppress;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::fixture::Fixture;

/// Every text by which Ada is known, none of which is a part of anybody else's.
pub const SECRETS: [&str; 6] = [
    "ada-lovelace-1815",
    "ada.lovelace@example.org",
    "anon-phone-7f3a",
    "anon-tablet-91bc",
    "engine-analytical-42",
    "Byron Street 10",
];

/// Sends messages in the form of the Segment family.
pub fn send(server: &Fixture, messages: &[Value]) {
    let answer = server.send("POST", "/v1/batch", &json!({"batch": messages}).to_string());
    assert_eq!(answer.0, 200, "{}", answer.2);
}

pub fn track(n: usize, who: Value, event: &str, properties: Value) -> Value {
    let day = 1 + n % 28;
    let mut message = json!({"type": "track", "messageId": format!("m{n}"), "event": event,
        "properties": properties, "timestamp": format!("2026-0{}-{day:02}T10:00:00Z", 1 + n % 9)});
    for (field, value) in who.as_object().unwrap() {
        message[field] = value.clone();
    }
    message
}

/// What Ada did: as nobody, then logged in, on two devices, with an address of her own.
pub fn hers() -> Vec<Value> {
    let mut messages = Vec::new();
    for n in 1_000..1_030 {
        let who = json!({"anonymousId": SECRETS[2]});
        messages.push(track(n, who, "Viewed", json!({"sku": SECRETS[4], "price": n})));
    }
    messages.push(json!({"type": "identify", "messageId": "i1", "userId": SECRETS[0],
        "anonymousId": SECRETS[2], "timestamp": "2026-06-01T09:00:00Z",
        "traits": {"email": SECRETS[1], "street": SECRETS[5], "plan": "gold"}}));
    for n in 1_030..1_060 {
        let who = json!({"userId": SECRETS[0], "anonymousId": SECRETS[3]});
        messages.push(track(
            n,
            who,
            "Bought",
            json!({"sku": SECRETS[4], "total": 40, "street": SECRETS[5]}),
        ));
    }
    messages
}

/// What forty others did.
pub fn others() -> Vec<Value> {
    let one = |n: usize| {
        let who = match n % 3 {
            0 => json!({"anonymousId": format!("other-phone-{}", n % 7)}),
            _ => json!({"userId": format!("other-{}", n % 40)}),
        };
        track(
            n,
            who,
            ["Viewed", "Bought"][n % 2],
            json!({"sku": format!("sku-{}", n % 5), "total": n}),
        )
    };
    (0..400).map(one).collect()
}

/// Every answer about everybody that the tests compare.
pub fn answers(server: &Fixture) -> Value {
    let definition = json!({"definition": "did \"Bought\" at least 1 times"});
    let count = server.send("POST", "/api/segments/preview", &definition.to_string()).json();
    let users = server.get("/api/users?limit=1000");
    let mut ids: Vec<Value> = users["users"].as_array().unwrap().to_vec();
    // Where states begin is proposed from the data of everybody.
    ids.iter_mut().for_each(|user| _ = user.as_object_mut().unwrap().remove("state"));
    ids.sort_by_key(|user| user["id"].to_string());
    let export = server.send("GET", "/api/export/events?format=ndjson", "").2;
    // Derived events follow from those that were sent.
    let sent = |line: &str| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row.as_object_mut().unwrap().remove("received_at");
        let derived = row["event"].as_str().unwrap().starts_with("Session ");
        (!derived).then(|| row.to_string())
    };
    let mut rows: Vec<String> = export.lines().filter_map(sent).collect();
    rows.sort();
    json!({"count": count["count"], "users": ids, "total": users["total"], "rows": rows})
}

/// How often each text stands in each file of a directory: in its bytes, and, of what is compressed,
/// in what the decoder reads.
pub fn found_in(dir: &Path, texts: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |file: String, bytes: &[u8]| {
        for text in texts {
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.insert(format!("{text} in {file}"));
            }
        }
    };
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    note(path.display().to_string(), &std::fs::read(&path).unwrap_or_default())
                }
            }
        }
    }
    history::each_text(&dir.join("history"), &mut |file, text| note(file.to_owned(), text))
        .unwrap();
    found
}
