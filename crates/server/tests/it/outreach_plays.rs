//! The ready campaigns of the documentation: each is taken as it stands, and starts once its channel has a provider.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::outreach::{act, send};
use super::watching::{Watching, identify};

#[test]
fn every_documented_play_is_taken_and_starts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plays");
    let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let watching = Watching::start("2026-03-02T10:00:00Z");
    watching.batch(&[identify("ada", "2026-03-01T10:00:00Z", &json!({"email": "ada@a.example"}))]);
    watching.settle();
    for segment in read(&folder.join("segments.json"))["segments"].as_array().unwrap() {
        send(&watching, "POST", "/api/segments", segment, 201);
    }
    let smtp = json!({"name": "Mail", "settings": {"kind": "smtp", "host": "127.0.0.1", "port": 9,
                      "security": "none", "from": "news@shop.example"}});
    let sms = json!({"name": "Text", "settings": {"kind": "http_sms", "url": "http://127.0.0.1:9/", "body": r#"{"to": "{{to}}", "text": "{{body}}", "id": "{{id}}"}"#}});
    send(&watching, "POST", "/api/providers", &smtp, 201);
    send(&watching, "POST", "/api/providers", &sms, 201);
    let mut channels: BTreeMap<String, usize> = BTreeMap::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("segments.json") {
            continue;
        }
        let play = read(&path);
        let id = play["id"].as_str().unwrap();
        assert_eq!(path.file_stem().unwrap().to_str(), Some(id));
        send(&watching, "POST", "/api/campaigns", &play, 201);
        let channel = play["channel"].as_str().unwrap().to_owned();
        if channel == "push" {
            let action = json!({"action": "start"});
            let path = format!("/api/campaigns/{id}/status");
            let refused = send(&watching, "POST", &path, &action, 409);
            assert!(refused.to_string().contains("provider"), "{refused}");
        } else {
            let state = act(&watching, id, "start")["status"].clone();
            assert!(
                ["scheduled", "running", "finished"].iter().any(|known| state == *known),
                "{id}: {state}"
            );
        }
        *channels.entry(channel).or_default() += 1;
    }
    let expected = [("email", 6), ("push", 2), ("sms", 1)];
    assert_eq!(channels, expected.map(|(name, n)| (name.to_owned(), n)).into());
}
