//! Commands that scripts depend on.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::run::{Server, key, published, run, run_with};

const ORDERS: &str = "customer,day,total,shop\n\
    ada,2026-03-01,12.5,Izmir\n\
    ada,2026-03-01,12.5,Izmir\n\
    bob,2026-03-05T10:00:00Z,80,\"Bursa, west\"\n\
    cem,2026-04-01,7,Izmir\n";

const MAPPING: [&str; 8] = [
    "--map",
    "user=customer",
    "--map",
    "time=day",
    "--map",
    "event==Purchase",
    "--map",
    "properties.amount=total:float",
];

fn import(dir: &Path, file: &Path, more: &[&str]) -> crate::run::Outcome {
    let mut arguments = vec!["import", "--data-dir", dir.to_str().unwrap(), "--format", "csv"];
    arguments.extend(MAPPING);
    arguments.extend(["--summary", "json"]);
    arguments.extend(more);
    arguments.push(file.to_str().unwrap());
    run(&arguments)
}

fn orders(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let file = folder.path().join("orders.csv");
    fs::write(&file, ORDERS).unwrap();
    file
}

#[test]
fn an_import_counts_every_row_once_however_often_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("data"), orders(&folder));
    let first = import(&dir, &file, &[]).json();
    assert_eq!((&first["rows"], &first["accepted"]), (&json!(4), &json!(4)), "{first}");
    let again = import(&dir, &file, &[]).json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(4)), "{again}");

    let dir = dir.to_str().unwrap();
    let at = ["--data-dir", dir, "--as-of", "2026-05-01T00:00:00Z", "--format", "json"];
    let ask = |command: &str, text: &str| {
        run(&[&["segment", command][..], &at[..], &[text][..]].concat()).json()
    };
    assert_eq!(
        ask("count", "did \"Purchase\""),
        json!({"count": 3, "as_of": "2026-05-01T00:00:00.000Z"})
    );
    let both = ask("list", "did \"Purchase\" at least 2 times");
    assert_eq!((&both["users"], &both["count"]), (&json!(["ada"]), &json!(1)));
    let form =
        r#"{"type":"event","event":"Purchase","measure":{"sum":"amount"},"op":"gt","value":50}"#;
    assert_eq!(ask("list", form)["users"], json!(["bob"]));
    let saved = folder.path().join("segment");
    fs::write(&saved, "sum(amount) of \"Purchase\" > 50").unwrap();
    assert_eq!(ask("list", &format!("@{}", saved.display()))["users"], json!(["bob"]));
}

#[test]
fn standard_input_a_saved_mapping_and_rejected_rows() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let (saved, rejected) = (folder.path().join("mapping"), folder.path().join("rejected.csv"));
    let saved_text = saved.to_str().unwrap();
    import(&dir, &orders(&folder), &["--save-mapping", saved_text]).ok();
    let rows =
        "customer,day,total\n,2026-03-01,1\nada,soon,1\nada,2026-03-02,much\nada,2026-03-02,3\n";
    let arguments = [
        "import",
        "--data-dir",
        dir.to_str().unwrap(),
        "--format",
        "csv",
        "--mapping",
        saved_text,
        "--rejected",
        rejected.to_str().unwrap(),
        "--summary",
        "json",
        "-",
    ];
    let outcome = run_with(&arguments, rows.as_bytes());
    let summary = outcome.json();
    assert_eq!((&summary["accepted"], &summary["rejected"]), (&json!(1), &json!(3)), "{summary}");
    let text = fs::read_to_string(&rejected).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "row,line,column,code,message,mend,raw");
    assert!(lines[1].starts_with("1,2,customer,event.no_user,"), "{text}");
    assert!(lines[2].starts_with("2,3,day,") && lines[2].ends_with("\"ada,soon,1\""), "{text}");
    assert!(lines[3].starts_with("3,4,total,"), "{text}");
}

#[test]
fn a_mapping_that_does_not_fit_is_wrong_use_and_says_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let file = orders(&folder);
    for (map, expected) in [
        ("user=custommer", "custommer"),
        ("user", "mapping.no_equals_sign"),
        ("usr=customer", "usr"),
        ("properties.amount=shop:float", ""),
    ] {
        let (dir, file) = (dir.to_str().unwrap(), file.to_str().unwrap());
        let all = ["import", "--data-dir", dir, "--format", "csv", "--map", "time=day"];
        let all = [&all[..], &["--map", "event==Purchase", "--map", map, file]].concat();
        let outcome = run(&all);
        assert_eq!(outcome.code, 2, "{map}: {}", outcome.err);
        assert!(outcome.err.contains(expected), "{map}: {}", outcome.err);
    }
}

#[test]
fn a_definition_is_checked_with_a_caret_under_every_problem() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    import(&dir, &orders(&folder), &[]).ok();
    let dir = dir.to_str().unwrap();
    let good = run(&["segment", "check", "--data-dir", dir, "did \"Purchase\" in last 30d"]).ok();
    assert!(good.starts_with("did \"Purchase\" in last 30d\n{"), "{good}");
    let wrong = "did \"Purchase\" at leest 3 times";
    let bad = run(&["segment", "check", "--data-dir", dir, wrong]);
    assert_eq!(bad.code, 1);
    let lines: Vec<&str> = bad.out.lines().collect();
    assert_eq!(lines[0].find("at leest"), lines[1].find('^'), "{}", bad.out);
    let near = run(&["segment", "check", "--data-dir", dir, "did \"Purchse\""]);
    assert!(near.out.contains("did you mean \"Purchase\"?"), "{}", near.out);
    let json = run(&["segment", "check", "--data-dir", dir, "--format", "json", wrong]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["valid"], &json["problems"][0]["line"]), (&json!(false), &json!(1)));
    let count = run(&["segment", "count", "--data-dir", dir, wrong]);
    assert_eq!(count.code, 1);
    assert!(count.err.contains('^'), "{}", count.err);
}

#[test]
fn a_server_gives_the_same_answers_as_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    import(&dir, &orders(&folder), &[]).ok();
    let at = "2026-04-02T00:00:00Z";
    let text = "did \"Purchase\"";
    let asked: Vec<Vec<&str>> = vec![
        vec!["segment", "count", "--as-of", at, text],
        vec!["segment", "list", "--as-of", at, text],
        vec!["segment", "check", text],
        vec!["segment", "explain", "--as-of", at, "--user", "ada", text],
        vec!["lifecycle", "states", "--as-of", at],
        vec!["lifecycle", "transitions", "--from", "2026-03-02", "--to", at],
        vec!["lifecycle", "thresholds", "--as-of", at, "--event", "Purchase"],
        vec!["rfm", "groups", "--as-of", at],
        vec!["rfm", "transitions", "--from", "2026-03-02", "--to", at],
        vec!["user", "show", "--as-of", at, "ada"],
        vec!["user", "events", "--limit", "1", "ada"],
    ];
    let ask = |arguments: &[&str], source: &[&str], format: &str| {
        let (subcommand, rest) = arguments.split_at(2);
        run(&[subcommand, source, &["--format", format], rest].concat()).ok()
    };
    let local = ["--data-dir", dir.to_str().unwrap()];
    let forms = ["table", "json", "csv"];
    let expected: Vec<Vec<String>> = asked
        .iter()
        .map(|arguments| forms.iter().map(|form| ask(arguments, &local, form)).collect())
        .collect();
    let key = key(&dir, "admin");
    let server = Server::serve(&dir);
    let url = format!("http://{}", server.address);
    let remote = ["--server", &url, "--key", &key];
    for (arguments, expected) in asked.iter().zip(expected) {
        for (form, expected) in forms.iter().zip(expected) {
            assert_eq!(ask(arguments, &remote, form), expected, "{arguments:?} {form}");
        }
    }
    // The directory is in use meanwhile, and says so.
    let busy = run(&["segment", "count", "--data-dir", dir.to_str().unwrap(), text]);
    assert_eq!(busy.code, 1);
    assert!(busy.err.contains("in use") && busy.err.contains("--server"), "{}", busy.err);
    // What was imported into the directory is known to the server, too.
    let file = folder.path().join("orders.csv");
    let mut arguments = vec!["import", "--server", &url, "--key", &key, "--format", "csv"];
    arguments.extend(MAPPING);
    arguments.extend(["--summary", "json", file.to_str().unwrap()]);
    let again = run(&arguments).json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(4)), "{again}");
    assert_eq!(server.terminate(), 0);
}

#[test]
fn an_export_is_imported_again_with_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    import(&dir, &orders(&folder), &[]).ok();
    let dir = dir.to_str().unwrap();
    let file = folder.path().join("events.parquet");
    let file = file.to_str().unwrap();
    run(&["export", "events", "--data-dir", dir, "--out", file]).ok();
    let same = ["import", "--data-dir", dir, "--format", "parquet", "--summary", "json", file];
    assert_eq!(run(&same).json()["duplicates"], json!(4));
    for format in ["csv", "ndjson"] {
        let rows = folder.path().join(format!("events.{format}"));
        let rows = rows.to_str().unwrap();
        run(&["export", "events", "--data-dir", dir, "--format", format, "--out", rows]).ok();
        let columns = ["user=user_id", "event=event", "time=time", "id=event_id"];
        let columns = columns.iter().flat_map(|column| ["--map", column]);
        let mut same = vec!["import", "--data-dir", dir, "--format", format, "--summary", "json"];
        same.extend(columns);
        same.push(rows);
        let again = run(&same).json();
        assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(4)), "{format}");
    }
    let other = folder.path().join("other");
    let other = other.to_str().unwrap();
    let new = ["import", "--data-dir", other, "--format", "parquet", "--summary", "json", file];
    assert_eq!(run(&new).json()["accepted"], json!(4));
    let text = "sum(amount) of \"Purchase\" > 20";
    let ask = |dir| {
        let at = ["--as-of", "2026-05-01", "--format", "json", text];
        run(&[&["segment", "list", "--data-dir", dir][..], &at[..]].concat()).json()
    };
    assert_eq!(ask(dir), ask(other));
    let csv = run(&["export", "events", "--data-dir", dir, "--format", "csv", "--out", "-"]).ok();
    assert!(csv.starts_with("user_id,event,time,received_at,event_id,properties.amount"), "{csv}");
    assert_eq!(csv.lines().count(), 5);
}

#[test]
fn an_export_through_a_server_has_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (ingest, admin) = (key(folder.path(), "ingest"), key(folder.path(), "admin"));
    let server = Server::serve(folder.path());
    // More rows than one frame has, with values of every kind.
    let event = |n: u32| {
        json!({"type": "track", "messageId": n.to_string(), "userId": format!("u{}", n % 50),
               "event": "Purchase, all", "timestamp": format!("2026-01-01T{:02}:00:00Z", n % 24),
               "properties": {"n": n, "x": 0.1 * f64::from(n), "text": format!("a \"{n}\"\n"),
                              "yes": n.is_multiple_of(2), "list": ["a", n], "at": "2026-01-01T00:00:00Z"}})
    };
    let mut batch: Vec<_> = (0..2_500).map(event).collect();
    batch.push(json!({"type": "identify", "messageId": "i", "userId": "u1",
                      "timestamp": "2026-01-01T00:00:00Z", "traits": {"city": "İzmir", "age": 30}}));
    let answer = server.post("/v1/batch", &ingest, &json!({"batch": batch}).to_string());
    assert_eq!((answer.status, answer.body), (200, json!({"success": true})));
    let file = |name: &str| folder.path().join(name);
    let kinds = [("events", "ndjson"), ("events", "csv"), ("events", "parquet")];
    let kinds = kinds.into_iter().chain(["ndjson", "csv", "parquet"].map(|f| ("profiles", f)));
    let kinds: Vec<_> = kinds.collect();
    let url = format!("http://{}", server.address);
    let export = |(what, format): (&str, &str), from: &[&str], out: &std::path::Path| {
        let rest = ["--format", format, "--as-of", "2026-01-01T20:00:00Z", "--out"];
        let out = [out.to_str().unwrap()];
        run(&[&["export", what], from, &rest[..], &out[..]].concat())
    };
    for kind in &kinds {
        let out = file(&format!("{}.{}", kind.0, kind.1));
        export(*kind, &["--server", &url, "--key", &admin], &out).ok();
    }
    let refused = export(kinds[0], &["--server", &url, "--key", &ingest], &file("none"));
    assert!(refused.code == 1 && refused.err.contains("scope"), "{}", refused.err);
    assert_eq!(server.terminate(), 0);
    for kind in kinds {
        let out = file("local");
        export(kind, &["--data-dir", folder.path().to_str().unwrap()], &out).ok();
        let (local, remote) =
            (std::fs::read(&out), std::fs::read(file(&format!("{}.{}", kind.0, kind.1))));
        assert!(!local.as_ref().unwrap().is_empty());
        assert!(local.unwrap() == remote.unwrap(), "{kind:?}");
    }
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let file = folder.path().join("rows");
    let import = |format: &str, bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let (dir, file) = (dir.to_str().unwrap(), file.to_str().unwrap());
        let map = ["--map", "user=user", "--map", "time=time", "--map", "event==Visit"];
        run(&[&["import", "--data-dir", dir, "--format", format], &map[..], &[file]].concat())
    };
    let wide: Vec<u8> = "user,time\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = import("csv", &[&[0xff, 0xfe][..], &wide].concat());
    assert!(utf16.code == 2 && utf16.err.contains("UTF-8"), "{}", utf16.err);
    let empty = import("csv", b"");
    assert!(empty.code == 2 && empty.err.contains("the file is empty"), "{}", empty.err);
    assert_eq!(import("csv", b"user,time\n").code, 0);
    assert_eq!(import("ndjson", b"").code, 0);
    let broken = import("ndjson", b"{\"user\":\n");
    assert!(broken.code == 0 && broken.err.contains("row 1: "), "{}", broken.err);
    let gzip = import("csv", b"\x1f\x8bnothing");
    assert!(gzip.code == 1 && gzip.err.contains("gzip"), "{}", gzip.err);
}

#[test]
fn a_demonstration_never_goes_beside_real_events() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    import(&dir, &orders(&folder), &[]).ok();
    let dir = dir.to_str().unwrap();
    let demo = run(&["demo", "--users", "5", "--exit", "--data-dir", dir]);
    assert!(demo.code == 2 && demo.err.contains("no demonstration made"), "{}", demo.err);
    // A file that is no such set leaves nothing that is in the way of another try.
    let (other, file) = (folder.path().join("other"), folder.path().join("wrong"));
    std::fs::write(&file, "a,b\n").unwrap();
    let (other, file) = (other.to_str().unwrap(), file.to_str().unwrap());
    let set = ["demo", "--exit", "--data-dir", other, "--data-set", "cdnow", "--source", file];
    assert_eq!(run(&set).code, 1);
    run(&["demo", "--users", "5", "--exit", "--data-dir", other]).ok();
}

#[test]
fn an_error_says_its_cause_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let serve = run(&["serve", "--data-dir", file.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert_eq!((serve.code, serve.err.matches("os error").count()), (1, 1), "{}", serve.err);
    let none = folder.path().join("none");
    let list = run(&["key", "list", "--data-dir", none.to_str().unwrap()]);
    assert!(list.code == 2 && list.err.contains("there is no data directory"), "{}", list.err);
}

#[test]
fn wrong_use_exits_2_and_help_has_examples() {
    assert_eq!(run(&["segment"]).code, 2);
    assert_eq!(run(&["segment", "count", "did \"Purchase\""]).code, 2);
    assert_eq!(run(&["segment", "count", "--data-dir", "/nowhere/at/all", "x"]).code, 2);
    assert_eq!(run(&["key", "create", "--data-dir", "x", "--scope", "all"]).code, 2);
    for command in [
        "demo",
        "serve",
        "key",
        "import",
        "schema",
        "segment",
        "lifecycle",
        "rfm",
        "user",
        "export",
    ] {
        let help = run(&[command, "--help"]).ok();
        assert!(help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn keys_are_printed_once_listed_without_secrets_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let key = run(&["key", "create", "--data-dir", dir, "--scope", "ingest"]).ok();
    assert_eq!(key.lines().count(), 1);
    let list = run(&["key", "list", "--data-dir", dir, "--format", "json"]).json();
    let id = list[0]["id"].as_str().unwrap();
    assert!(key.contains(id) && !list.to_string().contains(key.trim()));
    run(&["key", "revoke", "--data-dir", dir, id]).ok();
    assert_eq!(run(&["key", "revoke", "--data-dir", dir, id]).code, 1);
}

#[test]
fn online_retail_by_import_has_its_published_customers() {
    let Some(file) = published("online_retail/online_retail.csv.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let maps =
        ["user=CustomerID", "time=InvoiceDate", "event==Line", "properties.price=UnitPrice:float"];
    let mut arguments = vec!["import", "--data-dir", dir, "--format", "csv", "--summary", "json"];
    maps.iter().for_each(|map| arguments.extend(["--map", map]));
    arguments.push(file.to_str().unwrap());
    let summary = run(&arguments).json();
    assert_eq!(summary["accepted"], json!(406_829), "{summary}");
    assert_eq!(summary["rejected"], json!(135_080), "{summary}");
    let count = ["segment", "count", "--data-dir", dir, "--format", "json", "did \"Line\""];
    assert_eq!(run(&count).json()["count"], json!(4_372));
}

#[test]
fn lifecycle_and_rfm_need_no_further_word() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let dir = dir.to_str().unwrap();
    run(&["demo", "--users", "200", "--data-dir", dir, "--exit"]).ok();
    for (short, long) in [("lifecycle", "states"), ("rfm", "groups")] {
        let at = ["--data-dir", dir, "--as-of", "2026-11-01T00:00:00Z", "--format", "json"];
        let brief = run(&[&[short][..], &at[..]].concat()).ok();
        let whole = run(&[&[short, long][..], &at[..]].concat()).ok();
        assert_eq!(brief, whole);
    }
}

#[test]
fn what_is_kept_of_the_log_is_written_down_and_wrong_words_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("data"), orders(&folder));
    let kept = || {
        let config = server::config::Config::open(&server::workspace::config_path(&dir)).unwrap();
        config.setting("keep_log").unwrap()
    };
    import(&dir, &file, &[]).ok();
    assert_eq!(kept(), None);
    import(&dir, &file, &["--keep-log", "all"]).ok();
    assert_eq!(kept().as_deref(), Some("all"));
    import(&dir, &file, &[]).ok();
    assert_eq!(kept().as_deref(), Some("all"), "said once, it holds until it is said otherwise");
    import(&dir, &file, &["--keep-log", "checkpoint"]).ok();
    assert_eq!(kept().as_deref(), Some("checkpoint"));
    let wrong = import(&dir, &file, &["--keep-log", "some"]);
    assert_eq!((wrong.code, kept().as_deref()), (2, Some("checkpoint")), "{}", wrong.err);
}
