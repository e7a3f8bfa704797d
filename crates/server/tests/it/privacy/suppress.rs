//! Suppression: in no answer, and nothing new is kept; lifted, everything of before is there again.

use serde_json::{Value, json};

use super::{SECRETS, answers, found_in, hers, others, send, track};
use crate::fixture::{Fixture, fixture};

fn suppress(server: &Fixture, id: &str) -> Value {
    let body = json!({"id": id, "reason": "asked by mail"});
    let answer = server.send("POST", "/api/suppressions", &body.to_string());
    assert_eq!(answer.0, 201, "{}", answer.2);
    answer.json()
}

#[test]
fn every_count_drops_by_one_and_comes_back() {
    let server = fixture();
    send(&server, &others());
    let without = answers(&server);
    send(&server, &hers());
    let segment =
        json!({"id": "buyers", "name": "Buyers", "definition": "did \"Bought\" at least 1 times"});
    server.send("POST", "/api/segments", &segment.to_string());
    server.service.watch().unwrap();
    let workspace = server.service.workspace();
    workspace.settle_live().unwrap();
    let live = || {
        workspace.settle_live().unwrap();
        let live = server.get("/api/live?watch=segment/buyers");
        live["watches"][0]["now"]["places"][0]["users"].as_u64().unwrap()
    };
    let with = answers(&server);
    let n = live();
    assert_eq!(json!(n), with["count"]);

    let made = suppress(&server, SECRETS[1]);
    // The address alone is nobody's identity here: she is known by her id.
    assert_eq!(answers(&server), with);
    let lift = format!("/api/suppressions/{}", made["id"].as_str().unwrap());
    assert_eq!(server.send("DELETE", &lift, "").0, 204);

    let made = suppress(&server, SECRETS[2]);
    assert_eq!((&made["ids"], &made["by"]), (&json!(3), &json!("test")));
    assert_eq!(answers(&server), without);
    assert_eq!(live(), n - 1);
    let twice = server.send("POST", "/api/suppressions", &json!({"id": SECRETS[0]}).to_string());
    assert_eq!(twice.code(), (409, json!("suppression.exists")));

    // Nothing new is kept, and nothing of it is shown in the error stream.
    let who = json!({"userId": SECRETS[0]});
    send(&server, &[track(9_000, who, "Bought", json!({"note": "brand-new-note"}))]);
    let who = json!({"anonymousId": SECRETS[3]});
    send(&server, &[track(9_001, who, "Bought", json!({"note": "brand-new-note"}))]);
    assert_eq!(answers(&server), without);
    workspace.errors().flush();
    let errors = server.get("/api/errors");
    assert!(errors.to_string().contains("record.suppressed"), "{errors}");
    assert!(!errors.to_string().contains("brand-new-note"), "{errors}");
    assert_eq!(found_in(server.folder.path(), &["brand-new-note"]).len(), 0);
    let privacy = server.get(&format!("/api/users/{}/privacy", SECRETS[0]));
    assert_eq!(privacy["suppression"]["refused"], 2, "{privacy}");
    // What is known can still be asked for.
    let export = server.get(&format!("/api/users/{}/export", SECRETS[0]));
    assert_eq!(export["events"].as_array().unwrap().len(), 60);

    let lift = format!("/api/suppressions/{}", made["id"].as_str().unwrap());
    assert_eq!(server.send("DELETE", &lift, "").0, 204);
    assert_eq!(answers(&server), with, "everything of before is there");
    assert_eq!(live(), n);
    assert_eq!(server.send("DELETE", &lift, "").code(), (404, json!("suppression.unknown")));
}

#[test]
fn it_outlives_a_start_and_an_unknown_id_never_begins() {
    let server = fixture();
    send(&server, &others());
    let without = answers(&server);
    send(&server, &hers());
    suppress(&server, SECRETS[0]);
    suppress(&server, "never-seen");
    let who = json!({"userId": "never-seen"});
    send(&server, &[track(9_000, who, "Bought", json!({}))]);
    assert_eq!(answers(&server), without);
    let Fixture { stop, folder, service, .. } = server;
    drop(stop);
    service.workspace().close().unwrap();
    drop(service);
    let server = crate::fixture::fixture_in(folder, std::sync::Arc::new(server::clock::now));
    assert_eq!(answers(&server), without);
    send(&server, &hers());
    assert_eq!(answers(&server), without);
}

#[test]
fn an_export_of_a_person_has_everything_that_was_sent() {
    let server = fixture();
    send(&server, &others());
    send(&server, &hers());
    let export = server.get(&format!("/api/users/{}/export", SECRETS[3]));
    let sent: Vec<Value> = hers().into_iter().filter(|of| of["type"] == "track").collect();
    let events = export["events"].as_array().unwrap();
    assert_eq!(events.len(), sent.len());
    let mut of_export: Vec<String> = events
        .iter()
        .map(|event| {
            format!(
                "{} {} {}",
                event["name"],
                event["time"].as_str().unwrap().replace(".000Z", "Z"),
                event["properties"]
            )
        })
        .collect();
    let mut of_sender: Vec<String> = sent
        .iter()
        .map(|event| {
            format!(
                "{} {} {}",
                event["event"],
                event["timestamp"].as_str().unwrap(),
                event["properties"]
            )
        })
        .collect();
    of_export.sort();
    of_sender.sort();
    assert_eq!(of_export, of_sender);
    assert_eq!(
        export["attributes"],
        json!({"email": SECRETS[1], "street": SECRETS[5], "plan": "gold"})
    );
    assert_eq!(export["attribute_history"].as_array().unwrap().len(), 3);
    let text = export["identity"].to_string();
    assert!([SECRETS[0], SECRETS[2], SECRETS[3]].iter().all(|id| text.contains(id)), "{text}");
    assert_eq!(export["version"], 1);
    assert!(!export.to_string().contains("other-"), "nothing of anybody else");
}

#[test]
fn test_users_are_flagged_listed_and_kept() {
    let server = fixture();
    send(&server, &hers());
    let path = format!("/api/users/{}/test-user", SECRETS[2]);
    let flagged = server.send("PUT", &path, r#"{"test_user": true}"#);
    assert_eq!((flagged.0, &flagged.json()["test_user"]), (200, &json!(true)));
    assert_eq!(server.send("PUT", &path, r#"{"test_user": true}"#).0, 200);
    let list = server.get("/api/test-users")["test_users"].clone();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["id"]), (1, &json!(SECRETS[0])));
    let unflagged = server.send("PUT", &path, r#"{"test_user": false}"#);
    assert_eq!(unflagged.json()["test_user"], false);
    assert_eq!(server.get("/api/test-users")["test_users"], json!([]));
    assert_eq!(server.send("PUT", "/api/users/nobody/test-user", r#"{"test_user": true}"#).0, 404);
}
