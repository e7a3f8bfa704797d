//! The API document is what the router serves and what the dashboard's client is generated from.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// `UPDATE_GOLDEN=1 cargo test -p server` writes the file; the difference is then reviewed.
#[test]
fn the_dashboard_has_the_document_of_this_server() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../web/openapi.json");
    let document = serde_json::to_value(server::http::openapi::document()).unwrap();
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
        std::fs::write(&path, text).unwrap();
    }
    let stored: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(
        stored == document,
        "web/openapi.json is not the document of this server; run \
         `UPDATE_GOLDEN=1 cargo test -p server --test it` and generate the client again"
    );
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = serde_json::to_value(server::http::openapi::document()).unwrap();
    let schemas: BTreeSet<&String> =
        document["components"]["schemas"].as_object().unwrap().keys().collect();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for reference in found {
        let name = reference.rsplit('/').next().unwrap().to_owned();
        assert!(schemas.contains(&name), "{reference}");
    }
}

fn references(json: &serde_json::Value, found: &mut Vec<String>) {
    match json {
        serde_json::Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(|r| r.as_str()) {
                found.push(reference.to_owned());
            }
            fields.values().for_each(|value| references(value, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
