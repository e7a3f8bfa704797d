//! Erasing: at once out of every answer, and then out of every byte, whatever happens in between.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::Workspace;
use server::workspace::{EraseWish, KeepLog};

use super::{SECRETS, answers, found_in, hers, others, send};
use crate::fixture::{Fixture, fixture, fixture_in};

fn erase(server: &Fixture, suppress: bool) -> Value {
    let path = format!("/api/users/{}/erase", SECRETS[0]);
    let preview = server.get(&path);
    assert_eq!((&preview["events"], &preview["id"]), (&json!(60), &json!(SECRETS[0])), "{preview}");
    assert_eq!(preview["attribute_changes"], 3);
    let wrong = server.send("POST", &path, r#"{"confirm": "ada"}"#);
    assert_eq!(wrong.code(), (422, json!("erase.confirm")));
    let body = json!({"confirm": SECRETS[0], "suppress": suppress});
    let answer = server.send("POST", &path, &body.to_string());
    assert_eq!(answer.0, 202, "{}", answer.2);
    answer.json()
}

/// The receipt when the files are done.
fn done(server: &Fixture, id: &Value) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let receipt = server.get(&format!("/api/erasures/{}", id.as_str().unwrap()));
        if !receipt["verification"].is_null() {
            return receipt;
        }
        assert!(receipt["failed"].is_null(), "{receipt}");
        assert!(Instant::now() < until, "{receipt}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn removed(receipt: &Value, place: &str) -> u64 {
    let places = receipt["places"].as_array().unwrap();
    let of = places.iter().find(|of| of["place"] == place).unwrap_or_else(|| panic!("{receipt}"));
    of["removed"].as_u64().unwrap()
}

/// A server with everybody, of which the first half stands in a checkpoint.
fn filled() -> Fixture {
    let server = fixture();
    let (others, hers) = (others(), hers());
    send(&server, &others[..200]);
    send(&server, &hers[..40]);
    server.service.workspace().checkpoint().unwrap();
    send(&server, &others[200..]);
    send(&server, &hers[40..]);
    server
}

fn without_her() -> Value {
    let server = fixture();
    send(&server, &others());
    answers(&server)
}

fn nothing_is_left(server: &Fixture, receipt: &Value) {
    assert_eq!(found_in(server.folder.path(), &SECRETS), std::collections::BTreeSet::new());
    assert_eq!(receipt["verification"]["found"], json!([]), "{receipt}");
    assert_eq!(receipt["state"], "done");
    assert!(!SECRETS.iter().any(|secret| receipt.to_string().contains(secret)), "{receipt}");
}

#[test]
fn r15_nothing_of_the_erased_is_in_any_byte_and_the_others_are_as_without_them() {
    let expected = without_her();
    let server = filled();
    assert!(found_in(server.folder.path(), &SECRETS).len() >= SECRETS.len());
    assert_ne!(answers(&server), expected);
    // A sample of the error stream names her, too.
    let mistaken = json!({"type": "track", "messageId": "e1", "userId": SECRETS[0], "event": ""});
    server.send("POST", "/v1/track", &mistaken.to_string());
    let begun = erase(&server, false);
    assert_eq!(answers(&server), expected, "at once");
    for id in [SECRETS[0], SECRETS[2], SECRETS[3]] {
        assert_eq!(server.send("GET", &format!("/api/users/{id}"), "").0, 404, "{id}");
        assert_eq!(server.send("GET", &format!("/api/users/{id}/identity"), "").0, 404, "{id}");
    }
    let receipt = done(&server, &begun["id"]);
    nothing_is_left(&server, &receipt);
    assert_eq!((removed(&receipt, "events"), removed(&receipt, "attribute_changes")), (60, 3));
    assert_eq!((removed(&receipt, "log"), removed(&receipt, "error_samples")), (61, 1));
    assert!(removed(&receipt, "identity") >= 1, "{receipt}");
    assert!(receipt["verification"]["raw_files"].as_u64().unwrap() >= 3, "{receipt}");
    assert_eq!(receipt["subject"].as_array().unwrap().len(), 3);
    assert_eq!(answers(&server), expected, "afterwards");
    assert_eq!(server.get("/api/erasures")["erasures"].as_array().unwrap().len(), 1);

    // A start of the same directory, and one that builds the history anew from the log.
    let folder = stopped(server);
    let server = fixture_in(folder, Arc::new(server::clock::now));
    assert_eq!(answers(&server), expected, "after a start");
    let folder = stopped(server);
    std::fs::remove_dir_all(folder.path().join("history")).unwrap();
    let server = fixture_in(folder, Arc::new(server::clock::now));
    assert_eq!(answers(&server), expected, "built anew from the log");

    // Whoever sends her again gets a new user, whose deliveries count.
    send(&server, &hers());
    let again = server.get(&format!("/api/users/{}/export", SECRETS[0]));
    assert_eq!(again["events"].as_array().unwrap().len(), 60);
}

/// The folder of a server that was stopped in good order.
fn stopped(server: Fixture) -> tempfile::TempDir {
    let Fixture { stop, folder, service, .. } = server;
    drop(stop);
    service.workspace().close().unwrap();
    drop(service);
    folder
}

#[test]
fn an_erasure_that_was_stopped_anywhere_is_finished_by_the_next_start() {
    let expected = without_her();
    for keep in [KeepLog::Checkpoint, KeepLog::All] {
        let server = filled();
        let workspace = server.service.workspace();
        workspace.keep_log(keep).unwrap();
        let wish = EraseWish { id: SECRETS[2], suppress: false, by: "test" };
        let receipt = workspace.erase(&wish, &|_| 0).unwrap().unwrap();
        send(&server, &[super::track(7_000, json!({"userId": "late"}), "Viewed", json!({}))]);
        // The process is gone before any file was rewritten.
        let image = tempfile::tempdir().unwrap();
        copy(server.folder.path(), image.path());
        assert!(!found_in(image.path(), &SECRETS).is_empty());
        let (again, _) = Workspace::open(image.path()).unwrap();
        assert!(again.identity(SECRETS[0]).unwrap().is_none(), "nobody sees her while it goes on");
        assert!(again.identity("late").unwrap().is_some(), "what came after is there");
        again.finish_erasures().unwrap();
        let found = again.erasures().unwrap();
        assert_eq!(found[0].id, receipt.id);
        assert!(found[0].verification.as_ref().unwrap().found.is_empty(), "{found:?}");
        assert_eq!(found_in(image.path(), &SECRETS), std::collections::BTreeSet::new());
        again.finish_erasures().unwrap();
        // Again from the log: it reaches back to its beginning, whatever is kept of it.
        drop(again);
        std::fs::remove_dir_all(image.path().join("history")).unwrap();
        let server = fixture_in(image, Arc::new(server::clock::now));
        let found = answers(&server);
        assert_eq!(found["count"], expected["count"]);
        assert_eq!(found["rows"].as_array().unwrap().len(), 401);
    }
}

#[test]
fn who_is_erased_and_suppressed_does_not_come_back() {
    let expected = without_her();
    let server = filled();
    let begun = erase(&server, true);
    let receipt = done(&server, &begun["id"]);
    nothing_is_left(&server, &receipt);
    send(&server, &hers());
    assert_eq!(answers(&server), expected);
    nothing_is_left(&server, &receipt);
    let list = server.get("/api/suppressions")["suppressions"].clone();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["refused"]), (1, &json!(61)));
}

#[test]
fn a_backup_of_before_is_named_and_can_be_erased_too() {
    let server = filled();
    let made = server.send("POST", "/api/backups", r#"{"name": "monday"}"#);
    assert_eq!(made.0, 201, "{}", made.2);
    let folder = std::path::PathBuf::from(made.json()["folder"].as_str().unwrap());
    let begun = erase(&server, false);
    let receipt = done(&server, &begun["id"]);
    assert_eq!(receipt["backups"][0]["folder"], folder.display().to_string(), "{receipt}");
    assert_eq!(receipt["verification"]["found"], json!([]));
    assert!(!found_in(&folder, &SECRETS).is_empty(), "the backup is out of reach");
    server::workspace::erase_in_backup(&folder, SECRETS[0], "test").unwrap();
    assert_eq!(found_in(server.folder.path(), &SECRETS), std::collections::BTreeSet::new());
    let target = tempfile::tempdir().unwrap();
    let restored = target.path().join("restored");
    server::workspace::restore(&folder, &restored).unwrap();
    let (workspace, _) = Workspace::open(&restored).unwrap();
    assert!(workspace.identity("other-1").unwrap().is_some());
    assert!(workspace.identity(SECRETS[0]).unwrap().is_none());
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        match path.is_dir() {
            true => {
                std::fs::create_dir_all(to.join(&name)).unwrap();
                copy(&path, &to.join(&name));
            }
            false => _ = std::fs::copy(&path, to.join(&name)).unwrap(),
        }
    }
}
