//! Exports of other products, dry runs and imports on a schedule, as scripts drive them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::run::run;

fn export(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/exports").join(name)
}

fn import(dir: &Path, file: &Path, more: &[&str]) -> Value {
    let (dir, file) = (dir.to_str().unwrap(), file.to_str().unwrap());
    let first = ["import", "--data-dir", dir, "--summary", "json"];
    run(&[&first[..], more, &[file]].concat()).json()
}

/// All bytes of the log.
fn log(dir: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir.join("log")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // Room that was set aside behind the records says nothing.
    let records = |file: &PathBuf| {
        let mut bytes = fs::read(file).unwrap();
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1));
        bytes
    };
    files.iter().filter(|file| file.is_file()).map(records).collect()
}

#[test]
fn a_dry_run_tells_what_an_import_does_and_leaves_the_log_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    import(&dir, &export("mixpanel-profiles.json"), &["--from", "mixpanel"]);
    let before = log(&dir);
    let map = ["--from", "mixpanel", "--map", "zone=Europe/Istanbul"];
    let events = export("mixpanel-events.ndjson");
    let mut tried = import(&dir, &events, &[&map[..], &["--dry-run"]].concat());
    assert!(log(&dir) == before, "the log is as it was");
    let mut done = import(&dir, &events, &map);
    assert_eq!((&tried["dry_run"], &done["dry_run"]), (&json!(true), &json!(false)));
    for summary in [&mut tried, &mut done] {
        let fields = summary.as_object_mut().unwrap();
        for name in ["dry_run", "seconds", "events_per_second"] {
            fields.remove(name);
        }
    }
    assert_eq!(tried, done);
    assert_eq!(done["rows"], json!(9));
    assert_eq!(import(&dir, &events, &map)["accepted"], json!(0), "imported twice, counted once");
}

#[test]
fn a_folder_of_an_export_is_read_file_by_file() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, hours) = (folder.path().join("data"), folder.path().join("101"));
    fs::create_dir(&hours).unwrap();
    let text = fs::read_to_string(export("amplitude.ndjson")).unwrap();
    for (n, line) in text.lines().enumerate() {
        fs::write(hours.join(format!("101_2026-01-0{n}.json")), line).unwrap();
    }
    let summary = import(&dir, &hours, &["--from", "amplitude"]);
    // Files are read one by one, so that attributes are told at the first event of each.
    assert_eq!((&summary["rows"], &summary["rejected"]), (&json!(5), &json!(1)), "{summary}");
    let both = ["import", "--data-dir", "x", "--from", "amplitude", "--format", "csv", "y"];
    assert_eq!(run(&both).code, 2);
    assert_eq!(run(&["import", "--data-dir", "x", "y"]).code, 2);
}

#[test]
fn an_import_on_a_schedule_is_made_run_listed_and_deleted_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, root) = (folder.path().join("data"), folder.path().join("exports"));
    fs::create_dir_all(&dir).unwrap();
    fs::create_dir_all(root.join("orders")).unwrap();
    let rows = "customer,day\nada,2026-03-01\nbob,soon\n";
    fs::write(root.join("orders/a.csv"), rows).unwrap();
    let (dir, root) = (dir.to_str().unwrap(), root.to_str().unwrap());
    let made = run(&[
        "imports",
        "add",
        "--data-dir",
        dir,
        "--import-dir",
        root,
        "--name",
        "Orders",
        "--directory",
        "orders",
        "--format",
        "csv",
        "--map",
        "user=customer",
        "--map",
        "time=day",
        "--map",
        "event==Bought",
    ]);
    assert_eq!(made.code, 0, "{}", made.err);
    let id = made.out.trim();
    let ran = run(&["imports", "run", "--data-dir", dir, "--import-dir", root, id]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let list = run(&["imports", "list", "--data-dir", dir, "--format", "json"]).json();
    let source = &list["sources"][0];
    let run_facts = &source["last_run"];
    let counts = ["files", "rows", "accepted", "rejected"].map(|n| run_facts[n].as_u64().unwrap());
    assert_eq!(counts, [1, 2, 1, 1], "{source}");
    // Without the root it reads nothing, and says so.
    let refused = run(&["imports", "run", "--data-dir", dir, id]);
    assert!(refused.code != 0 && refused.err.contains("--import-dir"), "{}", refused.err);
    assert_eq!(run(&["imports", "delete", "--data-dir", dir, id]).code, 0);
    let list = run(&["imports", "list", "--data-dir", dir, "--format", "json"]).json();
    assert_eq!(list["sources"], json!([]));
}
