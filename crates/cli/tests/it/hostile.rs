//! What somebody who gets everything wrong is told: which thing is wrong, and how to mend it.

use crate::run::{Server, key, run};

fn contains_all(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is missing: {text}"));
}

#[test]
fn a_wrong_parameter_is_named_with_what_it_must_be() {
    let folder = tempfile::tempdir().unwrap();
    let admin = format!("Bearer {}", key(folder.path(), "admin"));
    let server = Server::serve(folder.path());
    for (query, parts) in [
        ("users?limit=-1", ["`limit` is not a whole number", "in digits"]),
        ("users?limit=1e9", ["`limit` is not a whole number", "in digits"]),
        ("users?limit=", ["`limit` is not a whole number", "in digits"]),
        ("users?limit=99999999999999999999", ["`limit` is not a whole number", "in digits"]),
        ("users?nope=1", ["unknown field `nope`", "`limit`"]),
        ("lifecycle/transitions", ["missing field `from`", "openapi.json"]),
        (
            "lifecycle?as_of=2026-01-01&as_of=2026-01-02",
            ["duplicate field `as_of`", "openapi.json"],
        ),
        ("analytics/growth?event=A&unit=year", ["`unit`: ", "`month`"]),
    ] {
        let answer = server.get(&format!("/api/{query}"), &[("authorization", &admin)]);
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        contains_all(&answer.text, &parts);
    }
}

#[test]
fn a_file_that_is_something_else_is_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("file"));
    let import = |format: &str, bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let (data, file) = (data.to_str().unwrap(), file.to_str().unwrap());
        let map = ["--map", "user=user", "--map", "time=time", "--map", "event==Visit"];
        run(&[&["import", "--data-dir", data, "--format", format], &map[..], &[file]].concat())
    };
    for garbage in [&b""[..], b"PAR1", &b"garbage ".repeat(1_000), b"PAR1\xff\xff\xff\x7fPAR1"] {
        let outcome = import("parquet", garbage);
        assert_eq!(outcome.code, 1, "{}", outcome.err);
        contains_all(&outcome.err, &[file.to_str().unwrap(), "no whole Parquet file", "--format"]);
    }
    let open = import("csv", b"user,time\nada,\"2026-01-01\nbob,2026-01-02\ncyd,2026-01-03\n");
    contains_all(&open.err, &["row 1: a quote is not closed", "3 line breaks", "close the quote"]);
    let zeros = import("csv", &[0; 1_000]);
    assert_eq!(zeros.code, 2, "{}", zeros.err);
    assert!(!zeros.err.contains('\0') && zeros.err.len() < 1_000, "{}", zeros.err);
}

#[test]
fn a_place_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data");
    for dir in [&file, &below].map(|path| path.to_str().unwrap()) {
        let serve = run(&["serve", "--data-dir", dir, "--listen", "127.0.0.1:0"]);
        assert_eq!(serve.code, 1, "{}", serve.err);
        contains_all(&serve.err, &[dir, "choose a folder that you may write to"]);
    }
}
