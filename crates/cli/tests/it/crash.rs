//! Killed at any moment, nothing acknowledged is lost and nothing is repeated.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::run::{Server, command, key, run};

fn rows(n: u32) -> String {
    let mut text = String::from("user,time,amount\n");
    for row in 0..n {
        let (user, minute) = (row % 997, row % 50_000);
        text += &format!("u{user},{},{row}\n", 1_700_000_000 + minute * 60);
    }
    text
}

const MAP: [&str; 6] = ["--map", "user=user", "--map", "time=time", "--map", "event==Visit"];

fn count(dir: &Path) -> serde_json::Value {
    let dir = dir.to_str().unwrap();
    let text = "sum(amount) of \"Visit\" >= 0";
    run(&["segment", "count", "--data-dir", dir, "--format", "json", "--as-of", "2026-01-01", text])
        .json()
}

#[test]
fn an_import_that_is_killed_and_run_again_gives_the_same_counts() {
    const ROWS: u32 = 120_000;
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("data"), folder.path().join("rows.csv"));
    let text = rows(ROWS);
    std::fs::write(&file, &text).unwrap();
    let dir_text = dir.to_str().unwrap();
    let mut arguments =
        vec!["import", "--data-dir", dir_text, "--format", "csv", "--summary", "json"];
    arguments.extend(MAP);
    // Rows come through a pipe, so that the import is certainly under way when it is killed.
    for share in [3, 2] {
        let mut piped = arguments.clone();
        piped.push("-");
        let mut child = command(&piped)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&text.as_bytes()[..text.len() / share]).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    arguments.push(file.to_str().unwrap());
    let summary = run(&arguments).json();
    let of = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(of("accepted") + of("duplicates"), u64::from(ROWS), "{summary}");
    assert!(of("duplicates") > 0, "the killed imports had left nothing: {summary}");
    let again = run(&arguments).json();
    assert_eq!(again["accepted"], json!(0), "{again}");
    assert_eq!(count(&dir)["count"], json!(997));
    let export =
        run(&["export", "events", "--data-dir", dir_text, "--format", "ndjson", "--out", "-"]).ok();
    assert_eq!(export.lines().count(), ROWS as usize);
}

#[test]
fn a_server_that_is_killed_keeps_what_it_acknowledged_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ingest = key(folder.path(), "ingest");
    let admin = format!("Bearer {}", key(folder.path(), "admin"));
    let event = |sender: u64, n: u64| {
        json!({"event": "Visit", "userId": format!("s{sender}"), "messageId": format!("{sender}-{n}")})
            .to_string()
    };
    let mut acknowledged = [0u64; 4];
    for _ in 0..3 {
        let server = Server::serve(folder.path());
        let total = AtomicU64::new(0);
        let (done, killed) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            for (sender, count) in acknowledged.iter_mut().enumerate() {
                let (server, ingest, total) = (&server, &ingest, &total);
                let done = done.clone();
                scope.spawn(move || {
                    let key = format!("Bearer {ingest}");
                    loop {
                        let body = event(sender as u64, *count);
                        let headers = [("authorization", key.as_str())];
                        let answer =
                            server.try_send("POST", "/v1/track", &headers, body.as_bytes());
                        match answer {
                            Ok(answer) if answer.status == 200 => *count += 1,
                            _ => return,
                        }
                        if total.fetch_add(1, Ordering::Relaxed) == 60 {
                            let _ = done.send(());
                        }
                    }
                });
            }
            // In the middle of their sending.
            killed.recv().unwrap();
            server.signal("KILL");
        });
        server.kill();
    }
    // Every sender sends again what was not acknowledged, and everything before it, too.
    let server = Server::serve(folder.path());
    for (sender, count) in acknowledged.iter().enumerate() {
        for n in 0..=*count {
            assert_eq!(server.post("/v1/track", &ingest, &event(sender as u64, n)).status, 200);
        }
        let path = format!("/api/users/s{sender}");
        let user = server.get(&path, &[("authorization", &admin)]);
        assert_eq!(user.body["events"], json!(count + 1), "{}", user.text);
    }
    assert!(acknowledged.iter().sum::<u64>() > 150);
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_server_that_is_told_to_stop_leaves_a_checkpoint_and_exits_0() {
    let folder = tempfile::tempdir().unwrap();
    let ingest = key(folder.path(), "ingest");
    let server = Server::serve(folder.path());
    let event = r#"{"event":"Visit","userId":"ada","messageId":"1"}"#;
    assert_eq!(server.post("/v1/track", &ingest, event).status, 200);
    assert_eq!(server.terminate(), 0);
    let parts = std::fs::read_dir(folder.path().join("history")).unwrap().count();
    assert!(parts > 0);
    let dir = folder.path().to_str().unwrap();
    let count = run(&["segment", "count", "--data-dir", dir, "--format", "json", "did \"Visit\""]);
    assert_eq!(count.json()["count"], json!(1));
}

#[test]
fn a_disk_that_refuses_to_write_is_said_and_what_it_refused_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let ingest = key(folder.path(), "ingest");
    let admin = format!("Bearer {}", key(folder.path(), "admin"));
    let event = |user: &str, n: usize| {
        json!({"type": "track", "event": "Visit", "userId": user, "messageId": format!("{user}-{n}"),
               "properties": {"text": "x".repeat(30_000)}})
    };
    let first = json!({"batch": [event("ada", 0)]}).to_string();
    // Far more than the limit.
    let second =
        json!({"batch": (0..100).map(|n| event("eve", n)).collect::<Vec<_>>()}).to_string();
    let ask = |server: &Server, path: &str| server.get(path, &[("authorization", &admin)]);

    let server = Server::serve(folder.path());
    assert_eq!(server.post("/v1/batch", &ingest, &first).status, 200);
    assert_eq!(server.terminate(), 0);

    let server = Server::limited(folder.path(), 2_000);
    for _ in 0..2 {
        let answer = server.post("/v1/batch", &ingest, &second);
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert_eq!(answer.body["error"]["code"], json!("server.read_only"));
        assert!(answer.text.contains("too large"), "the cause is kept: {}", answer.text);
    }
    assert_eq!(ask(&server, "/api/users/ada").body["events"], json!(1));
    for path in ["/api/users/eve", "/api/users/eve/events", "/api/users/eve/states"] {
        let answer = ask(&server, path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
    }
    assert_eq!(ask(&server, "/api/overview").body["users"], json!(1));
    server.terminate();

    let server = Server::serve(folder.path());
    assert_eq!(server.post("/v1/batch", &ingest, &second).status, 200);
    assert_eq!(ask(&server, "/api/users/eve").body["events"], json!(100));
    assert_eq!(ask(&server, "/api/users/ada").body["events"], json!(1));
    assert_eq!(server.terminate(), 0);
}
