//! The commands of analyses: known answers on a few rows, as JSON and as tables, from a directory
//! and from a server.

use std::fs;

use serde_json::{Value, json};

use crate::run::{Server, key, run};

/// Two shoppers who buy, one who looks; sessions of half an hour.
const EVENTS: &str = "who,at,what,item,amount,plan\n\
    ada,2026-03-02T10:00:00Z,View,tea,,\n\
    ada,2026-03-02T10:05:00Z,View,tea,,\n\
    ada,2026-03-02T10:10:00Z,Cart,tea,,\n\
    ada,2026-03-02T10:20:00Z,Buy,tea,10,\n\
    ada,2026-03-10T09:00:00Z,Buy,jam,30,\n\
    bob,2026-03-03T12:00:00Z,View,jam,,\n\
    bob,2026-03-03T12:01:00Z,Buy,jam,5.5,\n\
    cem,2026-03-09T08:00:00Z,View,tea,,\n";

const AT: &str = "2026-03-15T12:00:00Z";

fn shop() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("data"), folder.path().join("events.csv"));
    fs::write(&file, EVENTS).unwrap();
    let dir = dir.to_str().unwrap().to_owned();
    let mut import = vec!["import", "--data-dir", &dir, "--format", "csv"];
    for map in ["user=who", "time=at", "event=what", "properties.amount=amount:float"] {
        import.extend(["--map", map]);
    }
    import.push(file.to_str().unwrap());
    run(&import).ok();
    (folder, dir)
}

/// A command, and where its answer has which value, as JSON.
struct Question {
    command: &'static str,
    answers: &'static [(&'static str, &'static str)],
}

/// Every command of an analysis.
const QUESTIONS: &[Question] = &[
    Question {
        command: "retention --event * --unit week",
        answers: &[
            ("/tables/0/cohorts/0/users", "2"),
            ("/tables/0/cohorts/0/returned", "[2, 1]"),
            ("/tables/0/cohorts/0/complete", "1"),
            ("/tables/0/cohorts/1/start", r#""2026-03-09""#),
        ],
    },
    Question {
        command: "retention --event View --return-event Buy --unit day --bracket 0 --bracket 1-30 --sum amount --by-property item",
        answers: &[
            ("/tables/0/group/value", r#""tea""#),
            ("/tables/0/cohorts/0/returned", "[1, 1]"),
            ("/tables/0/cohorts/0/sums", "[10.0, 30.0]"),
            ("/tables/1/cohorts/0/per_user", "[5.5, 0.0]"),
        ],
    },
    Question {
        command: "retention power-curve --event Buy --periods 30",
        answers: &[("/groups/0/users/0", "1"), ("/groups/0/users/2", "1")],
    },
    Question {
        command: "funnel --step View --step Cart --step Buy --window 1d",
        answers: &[
            ("/steps/0/users", "3"),
            ("/steps/1/users", "1"),
            ("/steps/1/dropped", "2"),
            ("/steps/1/seconds_from_before/median", "300.0"),
            ("/steps/1/times_before/mean", "1.0"),
            ("/steps/2/seconds_from_start/median", "900.0"),
        ],
    },
    Question {
        command: "funnel --step View --step Buy --order strict --by-property item",
        answers: &[
            ("/groups/0/group/value", r#""tea""#),
            ("/groups/0/steps/1/users", "0"),
            ("/groups/1/steps/1/users", "1"),
        ],
    },
    Question {
        command: "flows --from View --depth 2 --collapse",
        answers: &[
            ("/nodes/0/kind", r#""anchor""#),
            ("/nodes/0/paths", "3"),
            ("/links/0/users", "1"),
        ],
    },
    Question {
        command: "trends --series Buy:sum:amount --series View:users --formula A/B --unit week",
        answers: &[
            ("/periods", r#"["2026-03-02", "2026-03-09"]"#),
            ("/groups/0/series/0/values", "[15.5, 30.0]"),
            ("/groups/0/series/1/total", "3.0"),
            ("/groups/0/formulas/0/values", "[7.75, 30.0]"),
        ],
    },
    Question {
        command: "trends --series * --unit all --by property.item --top 1",
        answers: &[
            ("/groups/0/values", r#"["tea"]"#),
            ("/groups/0/series/0/total", "5.0"),
            ("/groups/1/other", "true"),
            ("/groups/1/series/0/total", "3.0"),
        ],
    },
    Question {
        command: "activity --days 14",
        answers: &[
            ("/groups/0/days/0/daily", "1"),
            ("/groups/0/days/13/daily", "0"),
            ("/groups/0/days/13/weekly", "2"),
            ("/groups/0/days/13/monthly", "3"),
        ],
    },
    Question {
        command: "revenue --event Buy --property amount --days 14",
        answers: &[
            ("/groups/0/total/revenue", "45.5"),
            ("/groups/0/total/payers", "2"),
            ("/groups/0/days/0/per_active", "10.0"),
        ],
    },
    Question {
        command: "revenue lifetime --event Buy --property amount --unit week",
        answers: &[("/groups/0/cohorts/0/per_user", "[7.75, 22.75]")],
    },
    Question {
        command: "sessions --gap 20m",
        answers: &[
            ("/sessions", "4"),
            ("/one_event", "2"),
            ("/bounce", "0.5"),
            ("/days/0/mean_seconds", "1200.0"),
        ],
    },
];

#[test]
fn analyses_have_known_answers_from_a_directory_and_from_a_server() {
    let (folder, dir) = shop();
    for Question { command, answers } in QUESTIONS {
        let question: Vec<&str> = command.split(' ').collect();
        let local = [&question[..], &["--data-dir", &dir, "--as-of", AT]].concat();
        let found = run(&[&local[..], &["--format", "json"]].concat()).json();
        for (pointer, expected) in *answers {
            let expected: Value = serde_json::from_str(expected).unwrap();
            assert_eq!(found.pointer(pointer), Some(&expected), "{command} {pointer}: {found}");
        }
        let table = run(&local).ok();
        assert!(table.lines().count() > 1, "{command}: {table}");
    }
    let key = key(&folder.path().join("data"), "admin");
    let server = Server::serve(&folder.path().join("data"));
    let url = format!("http://{}", server.address);
    for Question { command, answers } in QUESTIONS {
        let question: Vec<&str> = command.split(' ').collect();
        let remote = ["--server", &url, "--key", &key, "--as-of", AT];
        let found = run(&[&question[..], &remote[..], &["--format", "json"]].concat()).json();
        for (pointer, expected) in *answers {
            let expected: Value = serde_json::from_str(expected).unwrap();
            assert_eq!(found.pointer(pointer), Some(&expected), "{command} {pointer}: {found}");
        }
    }
}

#[test]
fn a_segment_restricts_every_analysis() {
    let (_folder, dir) = shop();
    let of = |question: &[&str]| {
        let about =
            ["--data-dir", &dir, "--as-of", AT, "--segment", "did \"Cart\"", "--format", "json"];
        run(&[question, &about[..]].concat()).json()
    };
    let funnel = of(&["funnel", "--step", "View", "--step", "Buy"]);
    assert_eq!(funnel["steps"][0]["users"], json!(1), "{funnel}");
    let trends = of(&["trends", "--series", "Buy", "--unit", "all"]);
    assert_eq!(trends["groups"][0]["series"][0]["total"], json!(2.0), "{trends}");
    let retention = of(&["retention", "--event", "*", "--unit", "week"]);
    assert_eq!(retention["tables"][0]["cohorts"][0]["users"], json!(1), "{retention}");
    let sessions = of(&["sessions"]);
    assert_eq!(sessions["users"], json!(1), "{sessions}");
    let flows = of(&["flows", "--to", "Buy"]);
    assert_eq!(flows["nodes"][0]["users"], json!(1), "{flows}");
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_to_do() {
    let (_folder, dir) = shop();
    for (question, parts) in [
        (&["sessions", "--by", "itm"][..], &["itm", "did you mean \"item\"?"][..]),
        (&["funnel", "--step", "View", "--by-property", "amont"], &["did you mean \"amount\"?"]),
        (&["retention", "--event", "View", "--by-attribute", "plan"], &["no attribute \"plan\""]),
        (&["retention", "--event", "View", "--bracket", "3-1"], &["`brackets`"]),
        (&["trends", "--series", "View", "--formula", "A +"], &["line 1, column 4"]),
        (&["trends", "--series", "View:sum"], &["`property`"]),
        (&["flows", "--from", "View", "--depth", "11"], &["`depth` is 11"]),
        (&["revenue", "--event", "Buy", "--property", "amuont"], &["did you mean \"amount\"?"]),
        (&["activity", "--days", "0"], &["`days` is 0"]),
        (&["activity", "--segment", "nobody"], &["nobody"]),
        (&["activity", "--by-property", "item"], &["attribute"]),
    ] {
        let outcome = run(&[question, &["--data-dir", &dir, "--as-of", AT]].concat());
        assert_eq!(outcome.code, 1, "{question:?}: {}", outcome.out);
        for part in parts {
            assert!(outcome.err.contains(part), "{question:?}: {}", outcome.err);
        }
    }
}

#[test]
fn sessions_follow_the_timeout_of_the_workspace_and_so_do_derived_events() {
    let (_folder, dir) = shop();
    let ask = |question: &[&str]| {
        let at = ["--data-dir", &dir, "--as-of", AT, "--format", "json"];
        run(&[question, &at[..]].concat()).json()
    };
    let concluded = || {
        let trends = ask(&["trends", "--series", "Session Concluded", "--unit", "all"]);
        trends["groups"][0]["series"][0]["total"].clone()
    };
    assert_eq!((ask(&["sessions"])["sessions"].clone(), concluded()), (json!(4), json!(4.0)));
    let change = |timeout| run(&["history", "sessions", "--data-dir", &dir, "--timeout", timeout]);
    change("7m").ok();
    assert_eq!((ask(&["sessions"])["sessions"].clone(), concluded()), (json!(5), json!(5.0)));
    let refused = change("5s");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("1m to 24h"), "{}", refused.err);
    let rows = |more: &[&str]| {
        let export = ["export", "events", "--data-dir", &dir, "--format", "ndjson", "--out", "-"];
        run(&[&export[..], more].concat()).out.lines().count()
    };
    assert_eq!((rows(&[]), rows(&["--derived"])), (8, 18), "5 sessions begin and end");
}
