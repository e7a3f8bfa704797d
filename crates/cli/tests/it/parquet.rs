//! Parquet between Perennial and another engine: DuckDB, installed from PyPI, reads what we wrote and
//! writes what we read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::run::{Server, key, run};

/// The version that is asked; one that is installed stays until this changes.
const DUCKDB: &str = "duckdb==2.0.1";

/// Events that come through the API; as many again come from a file.
const EVENTS: u32 = 3_000;

/// DuckDB in a Python of this machine.
struct DuckDb {
    packages: PathBuf,
}

impl DuckDb {
    /// Installs it beside the other products of the build, once; nothing where that is impossible,
    /// and says so.
    fn installed() -> Option<&'static DuckDb> {
        static INSTALLED: OnceLock<Result<DuckDb, String>> = OnceLock::new();
        match INSTALLED.get_or_init(DuckDb::install) {
            Ok(duckdb) => Some(duckdb),
            Err(why) => {
                eprintln!("skipped: python3 with pip cannot install {DUCKDB}: {why}");
                None
            }
        }
    }

    fn install() -> Result<DuckDb, String> {
        // What is compiled for one Python is of no use to another.
        let tag = python(["-c", "import sys; print(sys.implementation.cache_tag)"])?;
        let name = format!("{}-{}", DUCKDB.replace("==", "-"), tag.trim());
        let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if packages.exists() {
            return Ok(DuckDb { packages });
        }
        // Into a folder of its own first, so that half an installation is never taken for one.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let new = folder.path().join("packages");
        let pip = ["-m", "pip", "install", "--quiet", "--timeout", "20", "--retries", "2"];
        python(pip.into_iter().chain(["--target", new.to_str().unwrap(), DUCKDB]))?;
        // Another run may have been faster; its folder is as good.
        if fs::rename(&new, &packages).is_err() {
            assert!(packages.exists(), "{} cannot be made", packages.display());
        }
        Ok(DuckDb { packages })
    }

    fn ask(&self, command: &str, files: &[&Path]) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/parquet_duckdb.py");
        let mut python = Command::new("python3");
        python.arg("-B").arg(script).arg(command).args(files);
        let output = python.env("PYTHONPATH", &self.packages).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "DuckDB cannot {command}: {error}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// What Python prints, or why it does not.
fn python<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let output = Command::new("python3").args(arguments).output();
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// An event of the API: values of every kind, some missing, some of another kind than elsewhere,
/// anonymous and known people, and times that go back and forth.
fn event(n: u32) -> Value {
    let mut properties = json!({
        "quantity": i64::from(n % 70) - 20,
        "amount": 0.1 * f64::from(n % 1_000),
        "exact": 9_007_199_254_740_993_i64 - i64::from(n),
        "title": format!("Çay \"{n}\", İzmir 🫖\n"),
        "member": n.is_multiple_of(4),
        "tags": ["a", n % 7, null],
        "mixed": if n.is_multiple_of(2) { json!(n) } else { json!(format!("text {n}")) },
        "time": "the name of a column of our own",
    });
    if n.is_multiple_of(5) {
        for missing in ["quantity", "tags", "title"] {
            properties.as_object_mut().unwrap().remove(missing);
        }
    }
    let (who, prefix) =
        if n.is_multiple_of(11) { ("anonymousId", "cihaz ") } else { ("userId", "ü") };
    let name = ["View", "Purchase", "Sepete Ekle, şimdi"][n as usize % 3];
    let late = n.wrapping_mul(7_919) % 28 + 1;
    json!({
        "type": "track", "messageId": format!("delivery {n}"), who: format!("{prefix}{}", n % 83),
        "event": name,
        "timestamp": format!("2026-01-{late:02}T{:02}:{:02}:07.{:03}Z", n % 24, n % 60, n % 1_000),
        "properties": properties,
    })
}

fn profile(n: u32) -> Value {
    let mut traits = json!({"city": "İzmir", "age": n, "score": 0.5 + f64::from(n)});
    if n.is_multiple_of(4) {
        traits = json!({"age": n, "vip": true});
    }
    json!({"type": "identify", "messageId": format!("profile {n}"), "userId": format!("ü{n}"),
           "timestamp": "2026-01-05T00:00:00Z", "traits": traits})
}

/// A directory that took events through the API and from a file, in which instants are values.
fn fill(folder: &Path) -> PathBuf {
    let dir = folder.join("data");
    let ingest = key(&dir, "ingest");
    let server = Server::serve(&dir);
    let all: Vec<Value> = (0..EVENTS).map(event).chain((0..40).map(profile)).collect();
    for batch in all.chunks(500) {
        let answer = server.post("/v1/batch", &ingest, &json!({"batch": batch}).to_string());
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(server.terminate(), 0);
    let row = |n: u32| {
        let due = format!("2027-02-{:02}T10:00:00.5Z", n % 28 + 1);
        json!({"who": format!("f{}", n % 50), "at": 1_700_000_000 + 977 * i64::from(n), "due": due,
               "quantity": n})
    };
    let rows: String = (0..EVENTS).map(|n| format!("{}\n", row(n))).collect();
    let file = folder.join("rows.ndjson");
    fs::write(&file, rows).unwrap();
    let map = ["user=who", "time=at", "event==Delivery", "properties.due=due:timestamp"];
    assert_eq!(import(&dir, "ndjson", &file, &map)["accepted"], json!(EVENTS));
    dir
}

fn import(dir: &Path, format: &str, file: &Path, map: &[&str]) -> Value {
    let dir = dir.to_str().unwrap();
    let mut arguments = vec!["import", "--data-dir", dir, "--format", format, "--summary", "json"];
    map.iter().for_each(|entry| arguments.extend(["--map", entry]));
    arguments.push(file.to_str().unwrap());
    run(&arguments).json()
}

fn export(dir: &Path, what: &str, format: &str, to: &str) -> String {
    let from = ["--data-dir", dir.to_str().unwrap(), "--format", format, "--out", to];
    run(&[&["export", what][..], &from[..]].concat()).ok()
}

/// The rows of our NDJSON, flat as a table is: names of values as the Parquet file gives them.
fn our_rows(dir: &Path, what: &str) -> Vec<Map<String, Value>> {
    let text = export(dir, what, "ndjson", "-");
    let flat = |line: &str| {
        let mut row: Map<String, Value> = serde_json::from_str(line).unwrap();
        let values = row.remove("properties").or_else(|| row.remove("attributes")).unwrap();
        for (name, value) in values.as_object().unwrap() {
            let collides = row.contains_key(name);
            let name = if collides { format!("properties.{name}") } else { name.clone() };
            row.insert(name, plain(value));
        }
        row.retain(|_, value| !value.is_null());
        row
    };
    sorted(text.lines().map(flat).collect())
}

/// The same of what DuckDB read, where lists and values of mixed kinds are JSON texts.
fn their_rows(read: &Value, json_columns: &[&str]) -> Vec<Map<String, Value>> {
    let flat = |row: &Value| {
        let cells = row.as_object().unwrap().iter().map(|(name, value)| {
            let inside = json_columns.contains(&name.as_str());
            let parsed = inside.then(|| serde_json::from_str(value.as_str().unwrap()).unwrap());
            (name.clone(), plain(&parsed.unwrap_or_else(|| value.clone())))
        });
        cells.collect()
    };
    sorted(read["rows"].as_array().unwrap().iter().map(flat).collect())
}

/// Whole numbers are the same value whether they stand as integers or as floats.
fn plain(value: &Value) -> Value {
    match value.as_f64().filter(|_| value.is_f64()) {
        Some(x) if x.fract() == 0.0 && x.abs() < 1e15 => json!(x as i64),
        _ => value.clone(),
    }
}

fn sorted(mut rows: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let place = |row: &Map<String, Value>| {
        ["event_id", "user_id"].map(|name| row.get(name).map(Value::to_string))
    };
    rows.sort_by_cached_key(place);
    rows
}

/// What DuckDB is asked in SQL, from our own rows.
fn facts(rows: &[Map<String, Value>]) -> Value {
    let texts = |name: &'static str| {
        rows.iter().filter_map(move |row| row.get(name)?.as_str().map(str::to_owned))
    };
    let distinct = |name: &'static str| texts(name).collect::<BTreeSet<_>>().len();
    let mut per_event = BTreeMap::<String, u64>::new();
    texts("event").for_each(|name| *per_event.entry(name).or_default() += 1);
    let quantities: Vec<i64> =
        rows.iter().filter_map(|row| row.get("quantity")?.as_i64()).collect();
    let times = || texts("time").map(|time| model::Timestamp::parse(&time).unwrap().0);
    json!({
        "n_rows": rows.len(), "users": distinct("user_id"), "ids": distinct("event_id"),
        "first_ms": times().min(), "last_ms": times().max(),
        "quantity": quantities.iter().sum::<i64>(),
        "members": rows.iter().filter(|row| row.get("member") == Some(&json!(true))).count(),
        "without_quantity": rows.len() - quantities.len(), "per_event": per_event,
    })
}

fn count(dir: &Path, text: &str) -> Value {
    let at = ["--data-dir", dir.to_str().unwrap(), "--as-of", "2028-01-01", "--format", "json"];
    run(&[&["segment", "count"][..], &at[..], &[text][..]].concat()).json()["count"].clone()
}

#[test]
fn another_engine_reads_every_row_that_we_export() {
    let Some(duckdb) = DuckDb::installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = fill(folder.path());
    let (events, profiles) = (folder.path().join("events"), folder.path().join("profiles"));
    export(&dir, "events", "parquet", events.to_str().unwrap());
    export(&dir, "profiles", "parquet", profiles.to_str().unwrap());

    let read = duckdb.ask("read", &[&events]);
    let instant = "TIMESTAMP WITH TIME ZONE";
    for (column, kind) in [
        ("user_id", "VARCHAR"),
        ("event", "VARCHAR"),
        ("event_id", "VARCHAR"),
        ("time", instant),
        ("received_at", instant),
        ("due", instant),
        ("quantity", "BIGINT"),
        ("exact", "BIGINT"),
        ("amount", "DOUBLE"),
        ("member", "BOOLEAN"),
        ("title", "VARCHAR"),
        ("tags", "VARCHAR"),
        ("mixed", "VARCHAR"),
        ("properties.time", "VARCHAR"),
    ] {
        assert_eq!(read["columns"][column], json!(kind), "{column}: {}", read["columns"]);
    }
    let ours = our_rows(&dir, "events");
    assert_eq!(ours.len(), 2 * EVENTS as usize);
    for (theirs, ours) in their_rows(&read, &["tags", "mixed"]).iter().zip(&ours) {
        assert_eq!(theirs, ours);
    }
    let mut answer = duckdb.ask("facts", &[&events]);
    let amount = answer.as_object_mut().unwrap().remove("amount").unwrap().as_f64().unwrap();
    assert_eq!(answer, facts(&ours));
    let expected: f64 = ours.iter().filter_map(|row| row.get("amount")?.as_f64()).sum();
    assert!((amount / expected - 1.0).abs() < 1e-9, "{amount} is not {expected}");

    let read = duckdb.ask("read", &[&profiles]);
    let ours = our_rows(&dir, "profiles");
    assert_eq!(json!(read["rows"].as_array().unwrap().len()), count(&dir, "did any event"));
    assert_eq!(their_rows(&read, &[]), ours);
}

#[test]
fn what_another_engine_copied_of_an_export_is_nothing_new() {
    let Some(duckdb) = DuckDb::installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = fill(folder.path());
    let (events, copy) = (folder.path().join("events"), folder.path().join("copy"));
    export(&dir, "events", "parquet", events.to_str().unwrap());
    duckdb.ask("copy", &[&events, &copy]);
    let map = ["user=user_id", "event=event", "time=time", "id=event_id"];
    let again = import(&dir, "parquet", &copy, &map);
    let all = json!(2 * EVENTS);
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &all), "{again}");
    assert_eq!(again["rejected"], json!(0), "{again}");

    let other = folder.path().join("other");
    assert_eq!(import(&other, "parquet", &copy, &map)["accepted"], all);
    for text in [
        "did \"Purchase\" at least 11 times",
        "sum(quantity) of \"View\" > 100",
        "sum(amount) of \"Purchase\" > 550",
        "did \"Sepete Ekle, şimdi\" where member = true and title contains \"İzmir\"",
        "did \"Delivery\" where due > 2027-02-20",
    ] {
        let expected = count(&dir, text);
        assert_ne!(expected, json!(0), "{text}");
        assert_eq!(count(&other, text), expected, "{text}");
    }
}

#[test]
fn events_that_another_engine_wrote_are_imported_with_equal_sums() {
    let Some(duckdb) = DuckDb::installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("data"), folder.path().join("made"));
    let made = duckdb.ask("make", &[&file]);
    let map = ["user=customer", "event=what", "time=at", "id=delivery", "properties.price=price"];
    let done = import(&dir, "parquet", &file, &map);
    assert_eq!((&done["accepted"], &done["rejected"]), (&json!(10_000), &json!(0)), "{done}");
    assert_eq!(import(&dir, "parquet", &file, &map)["duplicates"], json!(10_000));

    let rows = our_rows(&dir, "events");
    let bought: Vec<_> = rows.iter().filter(|row| row["event"] == json!("Purchase")).collect();
    let sum = |name: &str| bought.iter().map(|row| row[name].as_f64().unwrap()).sum::<f64>();
    let users: BTreeSet<_> = bought.iter().map(|row| row["user_id"].to_string()).collect();
    let cities = bought.iter().filter(|row| row.contains_key("city")).count();
    let ours = json!({"n_rows": bought.len(), "users": users.len(), "quantity": sum("quantity") as i64,
                      "price": sum("price"), "cities": cities});
    assert_eq!(ours, made);
    assert_eq!(count(&dir, "did \"Purchase\""), made["users"]);
    let row = rows.iter().find(|row| row.get("quantity") == Some(&json!(8))).unwrap();
    for (name, expected) in [
        ("user_id", json!("m8")),
        ("event", json!("Purchase")),
        ("time", json!("2026-01-01T00:08:00.000Z")),
        ("price", json!(2)),
        ("stars", json!(3)),
        ("member", json!(true)),
        ("tags", json!(["a", "şu 1"])),
        ("born", json!("2026-01-08T00:00:00.000Z")),
        ("city", json!("İzmir")),
    ] {
        assert_eq!(row.get(name), Some(&expected), "{name} of {row:?}");
    }
}
