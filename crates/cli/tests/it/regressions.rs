//! What goes wrong elsewhere, as tests of ours by the numbers of the list of regressions.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Server, key, run};

const AT: &str = "2026-05-01T00:00:00Z";

fn import(dir: &Path, file: &Path, map: &[&str]) -> Value {
    let dir = dir.to_str().unwrap();
    let mut arguments = vec!["import", "--data-dir", dir, "--format", "csv", "--summary", "json"];
    map.iter().for_each(|entry| arguments.extend(["--map", entry]));
    arguments.push(file.to_str().unwrap());
    run(&arguments).json()
}

/// Rows of one import out of several: every import has all names and all months, so that parts of
/// one family overlap, and joins people and devices that earlier imports knew apart.
fn visits(import: u32) -> String {
    let mut rows = String::from("user,device,time,event,amount,item\n");
    for n in 0..1_500_u32 {
        let random = (n + 1_500 * import).wrapping_mul(2_654_435_761) >> 8;
        let device = random % 211;
        let user = if random.is_multiple_of(9 - import % 7) {
            String::new()
        } else {
            format!("u{}", device % 97)
        };
        let time = 1_767_225_600 + u64::from(random) % (110 * 86_400);
        let event = ["View", "Cart", "Purchase", "View"][(random >> 5) as usize % 4];
        let (amount, item) = (f64::from(random % 977) / 7.0, random % 13);
        writeln!(rows, "{user},d{device},{time},{event},{amount},item {item}").unwrap();
    }
    rows
}

/// Ten questions of different kinds and everything that is stored.
fn answers(dir: &Path) -> Vec<String> {
    let questions: [&[&str]; 12] = [
        &["segment", "list", "did \"Purchase\" at least 20 times in last 60d"],
        &[
            "segment",
            "list",
            "sum(amount) of \"Purchase\" in last 90d > 900 and not did \"Cart\" in last 10d",
        ],
        &["segment", "list", "did \"Cart\" then \"Purchase\" where same item"],
        &["funnel", "--step", "View", "--step", "Cart", "--step", "Purchase", "--window", "7d"],
        &[
            "retention",
            "--event",
            "View",
            "--return-event",
            "Purchase",
            "--unit",
            "week",
            "--sum",
            "amount",
        ],
        &[
            "trends",
            "--series",
            "Purchase:sum:amount",
            "--series",
            "View:users",
            "--by",
            "property.item",
        ],
        &["sessions", "--gap", "6h"],
        &["activity", "--days", "30"],
        &["rfm", "groups"],
        &["revenue", "--event", "Purchase", "--property", "amount", "--days", "60"],
        &["user", "show", "u7"],
        &["user", "events", "--limit", "1000", "u7"],
    ];
    let at = dir.to_str().unwrap();
    let ask = |question: &&[&str]| {
        let as_of: &[&str] = if question[1] == "events" { &[] } else { &["--as-of", AT] };
        run(&[*question, &["--data-dir", at, "--format", "json"], as_of].concat()).ok()
    };
    let mut answers: Vec<String> = questions.iter().map(ask).collect();
    for what in ["events", "profiles"] {
        let all = ["export", what, "--data-dir", at, "--format", "ndjson", "--out", "-"];
        answers.push(run(&all).ok());
    }
    answers
}

#[test]
fn r05_compaction_never_changes_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("data"), folder.path().join("rows.csv"));
    let map = [
        "user=user",
        "anonymous=device",
        "time=time",
        "event=event",
        "properties.amount=amount:float",
        "properties.item=item",
    ];
    for n in 0..3 {
        fs::write(&file, visits(n)).unwrap();
        assert_eq!(import(&dir, &file, &map)["accepted"], json!(1_500));
    }
    let history = |command: &str| {
        let at = ["--data-dir", dir.to_str().unwrap(), "--format", "json"];
        run(&[&["history", command][..], &at[..]].concat()).json()
    };
    let parts = || {
        let files = fs::read_dir(dir.join("history")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("part-")).count()
    };
    let (before, parts_before) = (answers(&dir), parts());
    assert!(before.iter().all(|answer| answer.len() > 30), "{before:#?}");
    history("compact");
    assert!(parts() < parts_before, "{parts_before} parts became {}", parts());
    for (after, before) in answers(&dir).iter().zip(&before) {
        assert_eq!(after, before);
    }
    assert_eq!(history("check")["problems"], json!([]));
}

/// More than any page (10,000 members, 1,000 users), any batch of rows and a range of 65,536 users.
const MEMBERS: usize = 70_003;

/// All pages of a list; each is asked for with what the one before said comes next.
fn pages(mut page: impl FnMut(Option<&str>) -> Value, size: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let body = page(after.as_deref());
        let users = body["users"].as_array().unwrap();
        assert!(users.len() <= size, "{} users on a page of {size}", users.len());
        all.extend(users.iter().cloned());
        match body["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return all,
        }
    }
}

#[test]
fn r24_more_members_than_any_internal_page_size() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("data"), folder.path().join("rows.csv"));
    let mut rows = String::from("user,event\n");
    for n in 0..MEMBERS {
        writeln!(rows, "u{n},Visit").unwrap();
        if n.is_multiple_of(1_000) {
            writeln!(rows, "other{n},Bounce").unwrap();
        }
    }
    fs::write(&file, rows).unwrap();
    let others = MEMBERS.div_ceil(1_000);
    let done = import(&dir, &file, &["user=user", "event=event", "time==2026-04-01T00:00:00Z"]);
    assert_eq!(done["accepted"], json!(MEMBERS + others), "{done}");
    let expected: Vec<Value> = (0..MEMBERS).map(|n| json!(format!("u{n}"))).collect();

    let at = ["--data-dir", dir.to_str().unwrap(), "--format", "json", "--as-of", AT];
    let listed = run(&[&["segment", "list"][..], &at[..], &["did \"Visit\""]].concat()).json();
    assert_eq!(listed["count"], json!(MEMBERS));
    assert!(listed["users"].as_array() == Some(&expected), "the command lists others");
    exported(&dir, others);

    let admin = key(&dir, "admin");
    let server = Server::serve(&dir);
    for size in [10_000, 9_999] {
        let members = pages(
            |after| {
                let mut body = json!({"definition": "did \"Visit\"", "limit": size, "as_of": AT});
                if let Some(after) = after {
                    body["after"] = json!(after);
                }
                let page = server.post("/api/segments/members", &admin, &body.to_string());
                assert_eq!(page.body["count"], json!(MEMBERS), "{}", page.text);
                page.body
            },
            size,
        );
        assert!(members == expected, "{} members by pages of {size}", members.len());
    }
    let bearer = format!("Bearer {admin}");
    let users = pages(
        |after| {
            let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
            let path = format!("/api/users?limit=1000{after}");
            server.get(&path, &[("authorization", &bearer)]).body
        },
        1_000,
    );
    let distinct: BTreeSet<String> = users.iter().map(|user| user["id"].to_string()).collect();
    assert_eq!((users.len(), distinct.len()), (MEMBERS + others, MEMBERS + others));
    assert_eq!(server.terminate(), 0);
}

/// Every user is in the export of events and in that of profiles, once.
fn exported(dir: &Path, others: usize) {
    for what in ["events", "profiles"] {
        let from = ["--data-dir", dir.to_str().unwrap(), "--format", "ndjson", "--out", "-"];
        let text = run(&[&["export", what][..], &from[..]].concat()).ok();
        let user = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["user_id"].as_str().unwrap().to_owned()
        };
        let users: BTreeSet<String> = text.lines().map(user).collect();
        assert_eq!(text.lines().count(), MEMBERS + others, "{what}");
        assert_eq!(users.len(), MEMBERS + others, "{what}");
        assert!((0..MEMBERS).all(|n| users.contains(&format!("u{n}"))), "{what}");
    }
}
