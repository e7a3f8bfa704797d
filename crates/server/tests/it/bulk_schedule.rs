//! Imports on a schedule from folders: what is new, what grows, what fails, and what must not be read.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fixture::{Fixture, fixture};

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that may read a folder, and the folder.
fn allowed() -> (Fixture, tempfile::TempDir) {
    let (server, root) = (fixture(), tempfile::tempdir().unwrap());
    server.service.imports().allow(root.path()).unwrap();
    (server, root)
}

fn input(path: &str) -> Value {
    json!({"name": "orders", "place": {"kind": "directory", "path": path}, "format": "csv",
        "mapping": ["user=customer", "time=day", "event==Bought"], "every_minutes": 60})
}

fn create(server: &Fixture, body: &Value) -> String {
    let answer = server.send("POST", "/api/imports", &body.to_string());
    assert_eq!(answer.0, 201, "{}", answer.2);
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The import after its next run, which is asked for unless it comes by itself.
pub fn ran(server: &Fixture, id: &str, ask: bool) -> Value {
    let path = format!("/api/imports/{id}");
    // What comes by itself is the first run.
    let before = match ask {
        true => server.get(&path)["last_run"]["started_at"].clone(),
        false => Value::Null,
    };
    if ask {
        // It may just be running by itself.
        let asked = server.send("POST", &format!("{path}/run"), "");
        assert!(matches!(asked.0, 202 | 409), "{}", asked.2);
    }
    let started = Instant::now();
    loop {
        let now = server.get(&path);
        let last = &now["last_run"];
        if now["running"] == json!(false) && !last.is_null() && last["started_at"] != before {
            return now;
        }
        assert!(started.elapsed() < PATIENCE, "{now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn counts(import: &Value) -> [u64; 4] {
    let run = &import["last_run"];
    ["files", "accepted", "duplicates", "rejected"].map(|name| run[name].as_u64().unwrap())
}

fn write(folder: &Path, name: &str, rows: &str) {
    fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    fs::write(folder.join(name), format!("customer,day,total\n{rows}")).unwrap();
}

#[test]
fn a_folder_is_imported_incrementally() {
    let (server, root) = allowed();
    write(root.path(), "shop/a.csv", "ada,2026-03-01,1\nbob,2026-03-01,2\n");
    write(root.path(), "shop/2026/b.csv", "ada,2026-03-02,3\n,2026-03-02,9\n");
    write(root.path(), "shop/.hidden.csv", "eve,2026-03-02,3\n");
    let id = create(&server, &input("shop"));
    // It runs by itself at first.
    let first = ran(&server, &id, false);
    assert_eq!((counts(&first), &first["files"]), ([2, 3, 0, 1], &json!(2)), "{first}");
    assert!(first["last_run"]["error"].is_null() && !first["next_at"].is_null(), "{first}");
    assert_eq!(counts(&ran(&server, &id, true)), [0, 0, 0, 0], "nothing is new");
    // A file grows: what it had counts once, what it has now as well.
    write(root.path(), "shop/a.csv", "ada,2026-03-01,1\nbob,2026-03-01,2\ncyd,2026-03-03,4\n");
    write(root.path(), "shop/c.csv", "dan,2026-03-03,5\n");
    assert_eq!(counts(&ran(&server, &id, true)), [2, 2, 2, 0]);
    let errors = server.get("/api/errors");
    assert!(errors.to_string().contains("orders/2026/b.csv"), "{errors}");
}

#[test]
fn a_file_that_fails_costs_neither_the_others_nor_itself() {
    let (server, root) = allowed();
    write(root.path(), "a.csv", "ada,2026-03-01,1\n");
    fs::write(root.path().join("b.csv"), "who,when\nada,2026-03-01\n").unwrap();
    write(root.path(), "c.csv", "bob,2026-03-01,2\n");
    let id = create(&server, &input(""));
    let failed = ran(&server, &id, false);
    assert_eq!(counts(&failed), [2, 2, 0, 0], "{failed}");
    let error = failed["last_run"]["error"].as_str().unwrap();
    assert!(error.starts_with("b.csv:") && error.contains("customer"), "{error}");
    assert_eq!(failed["last_run"]["failures"], json!(1));
    // It is tried again earlier than the interval says: after a minute, not an hour.
    let ended = failed["last_run"]["ended_at"].as_str().unwrap();
    let started = Instant::now();
    let next = loop {
        let now = server.get(&format!("/api/imports/{id}"));
        if let Some(next) = now["next_at"].as_str().filter(|next| *next > ended) {
            break next.to_owned();
        }
        assert!(started.elapsed() < PATIENCE, "{now}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let at = |text: &str| model::Timestamp::parse(text).unwrap().0;
    assert_eq!(at(&next) - at(ended), 60_000);
    write(root.path(), "b.csv", "cyd,2026-03-01,3\n");
    let mended = ran(&server, &id, true);
    assert_eq!(counts(&mended), [1, 1, 0, 0], "{mended}");
    assert_eq!(mended["last_run"]["failures"], json!(0));
}

#[test]
fn a_run_that_was_cut_off_begins_anew_and_nothing_counts_twice() {
    let (server, root) = allowed();
    let rows: String = (0..5_000).map(|n| format!("u{n},2026-03-01,{n}\n")).collect();
    write(root.path(), "a.csv", &rows);
    let mut body = input("");
    body["paused"] = json!(true);
    let id = create(&server, &body);
    // As a crash leaves it: rows are in the log, the file is not noted.
    let (workspace, imports) = (server.service.workspace(), server.service.imports());
    let saved = workspace.config().imports().unwrap().remove(0);
    let source = server::imports::run::Source::of(saved).unwrap();
    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let cut = server::imports::run::run(&workspace, &imports, &source, &stop);
    assert!(cut.error.unwrap().contains("stopped"));
    let stored = workspace.snapshot().unwrap().n_events(model::Timestamp::MAX).unwrap();
    assert!((1..5_000).contains(&stored), "{stored}");
    assert_eq!(server.get(&format!("/api/imports/{id}"))["files"], json!(0));
    let whole = ran(&server, &id, true);
    assert_eq!(counts(&whole), [1, 5_000 - stored, stored, 0]);
}

#[test]
fn nothing_outside_of_the_allowed_folder_is_read() {
    let server = fixture();
    let code = |body: &Value| server.send("POST", "/api/imports", &body.to_string()).code();
    assert_eq!(code(&input("shop")), (422, json!("import.no_directory")));
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.csv", "eve,2026-03-01,1\n");
    let root = tempfile::tempdir().unwrap();
    server.service.imports().allow(root.path()).unwrap();
    for path in ["..", "../x", "a/../..", "/etc", "./a/../../b"] {
        assert_eq!(code(&input(path)), (422, json!("import.path")), "{path}");
    }
    assert_eq!(code(&input("gone")), (422, json!("import.no_folder")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(outside.path(), root.path().join("link")).unwrap();
        fs::create_dir(root.path().join("real")).unwrap();
        symlink(outside.path().join("secret.csv"), root.path().join("real/x.csv")).unwrap();
        symlink(outside.path(), root.path().join("real/sub")).unwrap();
        assert_eq!(code(&input("link")), (422, json!("import.path")));
        let id = create(&server, &input("real"));
        assert_eq!(counts(&ran(&server, &id, false)), [0, 0, 0, 0], "links are not followed");
    }
}

#[test]
fn an_import_is_changed_and_deleted_and_wrong_ones_are_refused() {
    let (server, root) = allowed();
    write(root.path(), "a.csv", "ada,2026-03-01,1\n");
    let id = create(&server, &input(""));
    assert_eq!(counts(&ran(&server, &id, false)), [1, 1, 0, 0]);
    let path = format!("/api/imports/{id}");
    let mut renamed = input("");
    renamed["name"] = json!("shop orders");
    let put = server.send("PUT", &path, &renamed.to_string());
    assert_eq!((put.0, &put.json()["files"]), (200, &json!(1)), "a name keeps what is known");
    renamed["mapping"] = json!(["user=customer", "time=day", "event==Order"]);
    let put = server.send("PUT", &path, &renamed.to_string());
    assert_eq!(put.json()["files"], json!(0), "another meaning reads all files again");
    assert_eq!(counts(&ran(&server, &id, true)), [1, 1, 0, 0]);
    for (field, value, expected) in [
        ("name", json!(" "), "import.name"),
        ("every_minutes", json!(0), "import.interval"),
        ("mapping", json!(["user=customer"]), "mapping.no_event"),
        (
            "place",
            json!({"kind": "bucket", "endpoint": "here", "region": "r", "bucket": "b",
            "access_key": "k", "secret_key": "s"}),
            "import.bucket",
        ),
    ] {
        let mut wrong = input("");
        wrong[field] = value;
        let refused = server.send("POST", "/api/imports", &wrong.to_string());
        assert_eq!(refused.code(), (422, json!(expected)));
    }
    assert_eq!(server.send("DELETE", &path, "").0, 204);
    assert_eq!(server.send("DELETE", &path, "").code(), (404, json!("import.unknown")));
    assert_eq!(server.get("/api/imports")["sources"], json!([]));
}
