//! Journeys on the past: stories beside ready journeys, and backtests that tell what a live run told.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use server::journeys::story;

use super::journeys::{checkout, start};
use super::outreach::send;
use super::watching::{Watching, at};

#[test]
fn every_story_beside_a_ready_journey_is_as_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/journeys");
    let mut stories = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".story.json") {
            let story = path.with_extension("story.json");
            assert!(!name.ends_with(".json") || story.exists(), "{name} has no stories beside it");
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let read = |name: &str| {
            std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string())
        };
        let report = story::run(&name, &text, &read).unwrap();
        for told in report.stories {
            assert!(told.failures.is_empty(), "{name}: {told:#?}");
            stories += 1;
        }
    }
    assert!(stories >= 10, "{stories}");
}

fn played(steps: Value) -> Result<story::Report, String> {
    let file = json!({
        "journey": "own.json", "starts": "2026-03-02T10:00",
        "stories": [{"name": "one", "steps": steps}]
    });
    let journey = checkout("own").to_string();
    story::run("own.story.json", &file.to_string(), &|_| Ok(journey.clone()))
        .map_err(|error| error.to_string())
}

#[test]
fn a_story_that_is_not_as_told_says_what_was_and_one_that_cannot_be_meant_says_where() {
    let report = played(json!([
        {"does": "Checkout Started"}, {"passes": "1m"}, {"expect": {"out": "completed"}}
    ]));
    let report = report.unwrap();
    assert!(!report.passed());
    assert_eq!(
        report.stories[0].failures,
        ["step 3: monday 2026-03-02 10:01: expected out: completed, but the user is at ask"]
    );
    assert_eq!(report.stories[0].path, ["monday 2026-03-02 10:00  comes in, to ask"]);
    for (steps, said) in [
        (json!([{"does": "A", "passes": "1m"}]), "\"one\", step 1: it says 2 things"),
        (json!([{"passes": "soon"}]), "step 1: `passes`"),
        (json!([{"expect": {"at": "nowhere"}}]), "step 1: the journey has no step \"nowhere\""),
        (json!([{"opens": "hook"}]), "no message of the step \"hook\" was sent"),
        (json!([{"does": "A", "when": "now"}]), "unknown field `when`"),
        (json!([{"until": "2026-03-01T09:00"}]), "has passed"),
    ] {
        let error = played(steps).unwrap_err();
        assert!(error.contains(said) && error.starts_with("own.story.json"), "{error}");
    }
}

/// A backtest, once it is over.
fn done(watching: &Watching, id: &str, body: &Value) -> Value {
    let begun = send(watching, "POST", &format!("/api/journeys/{id}/backtest"), body, 202);
    let path = format!("/api/journeys/backtests/{}", begun["id"].as_str().unwrap());
    for _ in 0..6_000 {
        let now = send(watching, "GET", &path, &Value::Null, 200);
        if now["status"] != "running" {
            assert_eq!(now["status"], "done", "{now}");
            return now["result"].clone();
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not end");
}

/// By step: who came, who went out, who waits, and by path who went on.
fn counted(steps: &Value) -> BTreeMap<String, (u64, u64, u64, BTreeMap<String, u64>)> {
    let number = |of: &Value| of.as_u64().unwrap();
    let one = |step: &Value| {
        let exited = match &step["exited"] {
            Value::Array(reasons) => reasons.iter().map(|of| number(&of["count"])).sum(),
            n => number(n),
        };
        let moved: BTreeMap<String, u64> = match &step["moved"] {
            Value::Array(ways) => {
                let way =
                    |way: &Value| (way["path"].as_str().unwrap().to_owned(), number(&way["count"]));
                ways.iter().map(way).collect()
            }
            ways => {
                let ways = ways.as_object().unwrap().iter();
                ways.map(|(way, n)| (way.clone(), number(n))).collect()
            }
        };
        let id = step["step"].as_str().unwrap().to_owned();
        (id, (number(&step["entered"]), exited, number(&step["waiting"]), moved))
    };
    steps.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn a_backtest_of_a_period_tells_what_a_live_run_of_it_told() {
    let watching = start();
    let mut journey = checkout("checkout");
    journey["control"] = json!(0.2);
    send(&watching, "POST", "/api/journeys", &journey, 201);
    send(&watching, "POST", "/api/journeys/checkout/publish", &json!({}), 200);
    watching.settle();
    for n in 0..40u32 {
        let (user, minute) = (format!("user-{n}"), n % 60);
        let when = |second: u32| format!("2026-03-02T11:{minute:02}:{second:02}Z");
        watching.until(&when(0));
        watching.event(&user, "Checkout Started", &when(0));
        if n % 3 == 0 {
            watching.until(&when(30));
            watching.event(&user, "Purchase", &when(30));
        }
        watching.settle();
    }
    watching.until("2026-03-03T11:20:00Z");
    watching.settle();
    let report = send(&watching, "GET", "/api/journeys/checkout/report", &Value::Null, 200);
    assert!(report["entered"].as_u64().unwrap() > 20, "{report}");
    assert!(report["held_out"].as_u64().unwrap() > 0, "{report}");
    let period = json!({"from": "2026-03-02T10:00:00Z", "to": "2026-03-03T11:20:00Z"});
    let result = done(&watching, "checkout", &period);
    assert_eq!(result["entered"], report["entered"]);
    assert_eq!(result["held_out"], report["held_out"]);
    let (past, live) = (counted(&result["steps"]), counted(&report["steps"]));
    assert_eq!(past, live);
    assert!(past.values().any(|step| step.2 > 0), "somebody waits: {past:?}");
    let waits = result["sample"].as_array().unwrap().iter().any(|run| run["exit"].is_null());
    assert!(waits && !result["sample"][0]["user"].as_str().unwrap().is_empty());
}

#[test]
fn a_backtest_finds_people_in_the_contexts_in_which_a_live_run_found_them() {
    let watching = start();
    watching.segment("keen", "did \"View\" at least 2 times in last 1h");
    let journey = json!({
        "id": "learns", "name": "Learns", "entry": {"kind": "event", "event": "Start"}, "control": 0.0,
        "steps": [
            {"id": "rest", "do": {"kind": "wait", "for": "30m"}, "next": "learn"},
            {"id": "learn", "do": {"kind": "learn", "goals": [{"event": "Purchase", "within": "1d"}],
                "mode": "manual", "context": {"kind": "segments", "segments": ["keen"]},
                "winners": {"keen": "c"},
                "paths": [{"id": "a", "next": "end"}, {"id": "b", "next": "end"},
                          {"id": "c", "next": "end"}]}},
            {"id": "end", "do": {"kind": "exit"}},
        ],
    });
    send(&watching, "POST", "/api/journeys", &journey, 201);
    send(&watching, "POST", "/api/journeys/learns/publish", &json!({}), 200);
    watching.settle();
    for n in 0..30u32 {
        let user = format!("user-{n}");
        let when = |second: u32| format!("2026-03-02T11:{n:02}:{second:02}Z");
        watching.until(&when(0));
        watching.event(&user, "Start", &when(0));
        for second in 1..=n % 4 {
            watching.event(&user, "View", &when(second));
        }
        watching.settle();
    }
    watching.until("2026-03-02T12:10:00Z");
    watching.settle();
    let report = send(&watching, "GET", "/api/journeys/learns/report", &Value::Null, 200);
    let period = json!({"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T12:10:00Z"});
    let result = done(&watching, "learns", &period);
    let (past, live) = (counted(&result["steps"]), counted(&report["steps"]));
    assert_eq!(past, live);
    // Of four, two had looked twice by then.
    let by = |path: &str| live["learn"].3.get(path).copied().unwrap_or(0);
    let keen = (0..30).filter(|n| n % 4 >= 2).count() as u64;
    assert!(by("c") >= keen && by("a") > 0 && by("b") > 0, "{live:?}");
    let why = |run: &Value| run["steps"][2]["why"].as_str().unwrap_or_default().to_owned();
    let found: Vec<String> = result["sample"].as_array().unwrap().iter().map(why).collect();
    let of = |context: &str| {
        let said = format!("found in \"{context}\" and drawn");
        found.iter().filter(|why| **why == said).count() as u64
    };
    assert_eq!((of("keen"), of("others")), (keen, 30 - keen), "{found:?}");
}

#[test]
fn a_backtest_says_what_is_wrong_with_its_period_and_ends_when_it_is_told_to() {
    let watching = start();
    send(&watching, "POST", "/api/journeys", &checkout("checkout"), 201);
    let wrong = |from: &str, to: &str| {
        let body = json!({"from": from, "to": to});
        let answer =
            watching.server.send("POST", "/api/journeys/checkout/backtest", &body.to_string());
        answer.code()
    };
    assert_eq!(wrong("2026-03-01", "2026-03-01"), (400, json!("backtest.period")));
    assert_eq!(wrong("2030-03-01", "2031-03-01"), (400, json!("backtest.period")));
    assert_eq!(wrong("2000-03-01", "2026-03-01"), (400, json!("backtest.period")));
    assert_eq!(wrong("soon", "2026-03-01"), (400, json!("request.time")));
    let body = json!({"from": "2026-02-01", "to": "2026-03-01"});
    let empty = done(&watching, "checkout", &body);
    assert_eq!((empty["entered"].clone(), empty["worst"].clone()), (json!(0), Value::Null));
    let gone = watching.server.send("GET", "/api/journeys/backtests/99", "");
    assert_eq!(gone.code(), (404, json!("backtest.not_found")));
    assert_eq!(watching.server.send("DELETE", "/api/journeys/backtests/99", "").0, 404);
    assert!(watching.now() > at("2026-03-01T00:00:00Z"));
}
