//! `history`, `backup` and `restore`, on a closed directory and through a server.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::run::{Server, key, run};

fn filled(dir: &Path) {
    let file = dir.with_extension("csv");
    let rows: String =
        (0..500).map(|n| format!("u{},{}\n", n % 7, 1_700_000_000 + n * 600)).collect();
    fs::write(&file, format!("user,time\n{rows}")).unwrap();
    let (dir, file) = (dir.to_str().unwrap(), file.to_str().unwrap());
    let map = ["--map", "user=user", "--map", "time=time", "--map", "event==Visit"];
    let arguments =
        [&["import", "--data-dir", dir, "--format", "csv"][..], &map[..], &[file][..]].concat();
    run(&arguments).ok();
}

fn history(dir: &Path, command: &[&str]) -> crate::run::Outcome {
    let at = ["--data-dir", dir.to_str().unwrap(), "--format", "json"];
    run(&[&["history"][..], command, &at[..]].concat())
}

fn a_part(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir.join("history")).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    files.find(|path| path.display().to_string().contains("part-")).unwrap()
}

#[test]
fn a_closed_directory_is_measured_checked_compacted_backed_up_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    filled(&dir);
    let stats = history(&dir, &["stats"]).json();
    assert_eq!((&stats["events"], &stats["unwritten_rows"]), (&json!(500), &json!(0)), "{stats}");
    let family = &stats["families"][0];
    assert_eq!((&family["name"], &family["month"]), (&json!("Visit"), &json!("2023-11")));
    assert!(stats["bytes_per_row"].as_f64().unwrap() > 0.0);
    let dir_text = dir.to_str().unwrap();
    let table = run(&["history", "stats", "--data-dir", dir_text]).ok();
    assert!(table.contains("Visit") && table.contains("2023-11"), "{table}");

    let found = history(&dir, &["check"]).json();
    assert_eq!((&found["rows"], &found["problems"]), (&json!(500), &json!([])), "{found}");
    assert_eq!(history(&dir, &["compact"]).json()["parts"], json!(1));

    let (copy, new) = (folder.path().join("copy"), folder.path().join("new"));
    let (copy_text, new_text) = (copy.to_str().unwrap(), new.to_str().unwrap());
    run(&["backup", "--data-dir", dir_text, "--to", copy_text]).ok();
    run(&["restore", "--from", copy_text, "--data-dir", new_text]).ok();
    assert_eq!(history(&new, &["stats"]).json()["events"], json!(500));
    let again = run(&["restore", "--from", copy_text, "--data-dir", new_text]);
    assert!(again.code == 1 && again.err.contains("is not empty"), "{}", again.err);

    let part = a_part(&new);
    let mut bytes = fs::read(&part).unwrap();
    bytes[50] ^= 4;
    fs::write(&part, bytes).unwrap();
    let found = history(&new, &["check"]);
    assert_eq!(found.code, 1);
    let body: serde_json::Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!(body["problems"][0]["file"], json!(part.to_str().unwrap()), "{body}");
    assert!(found.err.contains("1 of the files"), "{}", found.err);
}

#[test]
fn retention_is_a_rule_for_an_event_that_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    filled(&dir);
    assert_eq!(history(&dir, &["retention"]).json(), json!({"rules": []}));
    let rule = ["retention", "--event", "Visit", "--keep", "365d"];
    let rules = json!({"rules": [{"event": "Visit", "keep": "365d"}]});
    assert_eq!(history(&dir, &rule).json(), rules);
    // The directory was closed with a checkpoint: everything is from 2023.
    assert_eq!(history(&dir, &["stats"]).json()["events"], json!(0));
    let wrong = history(&dir, &["retention", "--event", "Visit", "--keep", "5d"]);
    assert!(wrong.code == 1 && wrong.err.contains("choose 90d to 3660d"), "{}", wrong.err);
    let forever = ["retention", "--event", "Visit", "--forever"];
    assert_eq!(history(&dir, &forever).json(), json!({"rules": []}));
}

#[test]
fn a_server_offers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    filled(&dir);
    let key = key(&dir, "admin");
    let server = Server::serve(&dir);
    let url = format!("http://{}", server.address);
    let ask = |arguments: &[&str]| {
        let at = ["--server", &url, "--key", &key, "--format", "json"];
        run(&[arguments, &at[..]].concat())
    };
    assert_eq!(ask(&["history", "stats"]).json()["events"], json!(500));
    assert_eq!(ask(&["history", "check"]).json()["problems"], json!([]));
    assert_eq!(ask(&["history", "compact"]).json()["parts"], json!(1));
    let keep = ["history", "retention", "--event", "Other", "--keep", "90d"];
    assert_eq!(ask(&keep).json()["rules"][0]["event"], json!("Other"));
    let made = ask(&["backup", "--to", "monday"]).json();
    let copy = dir.join("backups").join("monday");
    assert_eq!(made["folder"], json!(copy.to_str().unwrap()));
    for name in ["monday", "../tuesday", ".hidden", ""] {
        assert_eq!(ask(&["backup", "--to", name]).code, 1, "{name}");
    }
    let new = folder.path().join("new");
    let (copy, new_text) = (copy.to_str().unwrap(), new.to_str().unwrap());
    run(&["restore", "--from", copy, "--data-dir", new_text]).ok();
    assert_eq!(history(&new, &["stats"]).json()["events"], json!(500));
}
