//! `perennial schema`: a document goes in and comes out, and imports are held to it.

use std::fs;

use serde_json::json;

use crate::run::{Server, key, run};

#[test]
fn a_schema_document_is_applied_exported_listed_and_holds_for_imports_and_servers() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let dir = data.to_str().unwrap();
    let admin = key(&data, "admin");
    let file = folder.path().join("schema.json");
    let document = json!({
        "events": {"Purchase": {"owner": "shop", "mistyped": "drop_event",
                                "properties": {"amount": {"type": "number"}}}},
        "policies": {"undefined_events": "drop_event"},
    });
    fs::write(&file, document.to_string()).unwrap();
    let apply = ["schema", "apply", "--data-dir", dir, "--format", "json", file.to_str().unwrap()];
    let applied = run(&apply).json();
    assert_eq!(applied, json!({"version": 2, "added": 1, "changed": 1, "removed": 0}));
    assert_eq!(run(&apply).json()["changed"], json!(0), "the same again changes nothing");
    let exported = run(&["schema", "export", "--data-dir", dir]).json();
    assert_eq!(exported["events"]["Purchase"]["owner"], json!("shop"));

    let rows = folder.path().join("rows.ndjson");
    let row = |n: u32, event: &str, amount: serde_json::Value| {
        json!({"type": "track", "messageId": n.to_string(), "userId": "ada", "event": event,
               "timestamp": "2026-01-01T00:00:00Z", "properties": {"amount": amount}})
        .to_string()
    };
    let lines =
        [row(1, "Purchase", json!(5)), row(2, "Purchase", json!("5")), row(3, "Other", json!(1))];
    fs::write(&rows, lines.join("\n")).unwrap();
    let path = rows.to_str().unwrap();
    let import = ["import", "--data-dir", dir, "--format", "ndjson", "--summary", "json", path];
    let imported = run(&import).json();
    let counts = ["rows", "accepted", "left_out", "rejected"].map(|field| imported[field].clone());
    assert_eq!(counts, [json!(3), json!(1), json!(2), json!(0)], "{imported}");
    let list = run(&["schema", "list", "--data-dir", dir, "--format", "csv"]).ok();
    assert!(list.contains("event,Purchase,1,live"), "{list}");

    let server = Server::serve(&data);
    let url = format!("http://{}", server.address);
    let remote = ["--server", &url, "--key", &admin];
    let same = run(&[&["schema", "export"][..], &remote[..]].concat()).json();
    assert_eq!(same, exported);
    fs::write(&file, "{}").unwrap();
    let applied = run(&[
        &["schema", "apply", "--format", "json"][..],
        &remote[..],
        &[file.to_str().unwrap()][..],
    ]
    .concat())
    .json();
    assert_eq!((&applied["removed"], &applied["changed"]), (&json!(1), &json!(1)));
    fs::write(&file, r#"{"event": {}}"#).unwrap();
    let wrong =
        run(&[&["schema", "apply"][..], &remote[..], &[file.to_str().unwrap()][..]].concat());
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    assert!(wrong.err.contains("event"), "{}", wrong.err);
}
