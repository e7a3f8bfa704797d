//! Learning splits that tell people apart: by the public API, with crashes, and in stories.

use serde_json::{Value, json};
use server::journeys::story;

use super::journeys_run::{message, on, publish, way};
use super::outreach::{Receiver, send, start};
use super::watching::{End, Watching, identify, track};

fn named(n: usize) -> String {
    format!("user-{n:03}")
}

/// A split with a path that sends a mail and one that does nothing.
fn learn(receiver: &Receiver, more: &Value) -> Value {
    let mut learn = json!({"kind": "learn", "floor": 0.1,
        "goals": [{"event": "Purchase", "within": "1h"}],
        "paths": [{"id": "mail", "next": "mail"}, {"id": "nothing"}]});
    super::outreach::merge(&mut learn, more);
    json!([{"id": "learn", "do": learn}, {"id": "mail", "do": message(receiver, "hello")}])
}

/// Why somebody went out of the split, and whether they got the mail.
fn split(watching: &Watching, user: &str) -> (String, bool) {
    let runs = watching.server.get(&format!("/api/users/{user}/journeys"));
    let run = &runs["runs"][0];
    let mailed = run["steps"].as_array().unwrap().len() == 2;
    (run["steps"][1]["why"].as_str().unwrap_or_default().to_owned(), mailed)
}

fn learning(watching: &Watching) -> Value {
    watching.server.get("/api/journeys/learns/learning")["steps"][0].clone()
}

/// The latest allocations by context, once people were counted.
fn learnt(watching: &Watching) -> Value {
    let started = std::time::Instant::now();
    loop {
        let now = learning(watching);
        let contexts = now["contexts"].as_array().unwrap();
        if contexts.iter().all(|of| of["allocations"][0]["why"] == "learnt") {
            return now;
        }
        assert!(started.elapsed().as_secs() < 60, "{now}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn each_context_learns_its_own_path_through_crashes() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let context = json!({"kind": "attribute", "attribute": "plan", "values": ["free", "pro"]});
    let steps = learn(&receiver, &json!({"context": context}));
    publish(&watching, "learns", &on("Signup"), &steps, &json!({"again": {"kind": "once"}}));
    // 160 have no plan that is named.
    let plan = |n: usize| if n >= 640 { "gold" } else { ["free", "pro"][n % 2] };
    let came = |people: std::ops::Range<usize>, at: &str| {
        let plans =
            people.clone().map(|n| identify(&named(n), at, &json!({"plan": plan(n % 800)})));
        watching_batch(plans.chain(people.map(|n| track(&named(n), "Signup", at, &json!({})))))
    };
    watching.batch(&came(0..800, "2026-03-02T10:00:00Z"));
    let watching = watching.restart(End::Killed);
    watching.settle();
    // What somebody is later changes nothing.
    let later =
        (0..640).map(|n| identify(&named(n), "2026-03-02T10:05:00Z", &json!({"plan": "x"})));
    watching.until("2026-03-02T10:05:00Z");
    watching.batch(&later.collect::<Vec<_>>());
    let mut buyers = Vec::new();
    let mut mailed_of = [0, 0, 0];
    for n in 0..800 {
        let ways = way(&watching, &named(n));
        let mailed = ways.len() == 3;
        let group = if n >= 640 { 2 } else { n % 2 };
        mailed_of[group] += usize::from(mailed);
        // A mail makes those with a free plan buy, and keeps those with another from it.
        let buys = [mailed, !mailed, n % 2 == 0][group];
        buyers
            .extend(buys.then(|| track(&named(n), "Purchase", "2026-03-02T10:10:00Z", &json!({}))));
        let (why, by_mail) = split(&watching, &named(n));
        if by_mail {
            let context = ["free", "pro", "others"][group];
            assert_eq!(why, format!("drawn by what was learned of people in \"{context}\": mail"));
        }
    }
    // Equal to begin with, in each context: of 320, and of 160.
    assert!(
        (120..200).contains(&mailed_of[0]) && (120..200).contains(&mailed_of[1]),
        "{mailed_of:?}"
    );
    assert!((55..105).contains(&mailed_of[2]), "{mailed_of:?}");
    watching.until("2026-03-02T10:10:00Z");
    watching.batch(&buyers);
    watching.until("2026-03-02T11:10:00Z");
    let now = learnt(&watching);
    let of = |at: usize| now["contexts"][at].clone();
    assert_eq!([0, 1, 2].map(|at| of(at)["context"].clone()), ["free", "pro", "others"]);
    let share =
        |at: usize, path: usize| of(at)["allocations"][0]["paths"][path]["share"].as_f64().unwrap();
    assert!(share(0, 0) > 0.85 && share(1, 1) > 0.85, "{now}");
    assert!((share(0, 0) + share(0, 1) - 1.0).abs() < 1e-9, "{now}");
    let mail = &of(0)["allocations"][0]["paths"][0];
    assert_eq!((&mail["runs"], &mail["rewarded"]), (&json!(mailed_of[0]), &json!(mailed_of[0])));
    // What is borrowed is the same arm elsewhere, and no more than a hundred.
    assert_eq!(mail["borrowed"], json!(100.0), "{now}");
    assert_eq!(of(0)["verdict"]["leader"], "mail", "{now}");
    assert!((of(0)["verdict"]["level"].as_f64().unwrap() - (1.0 - 0.05 / 3.0)).abs() < 1e-9);
    assert!(now["won"].is_null() && now["wrong"].as_f64().unwrap() < 1e-6, "{now}");
    // Whoever comes in from now on is divided so, and a restart changes nothing of it.
    let watching = watching.restart(End::Killed);
    watching.until("2026-03-02T11:11:00Z");
    watching.settle();
    watching.batch(&came(800..960, "2026-03-02T11:11:00Z"));
    watching.settle();
    let mut mailed_of = [0, 0];
    for n in 800..960 {
        mailed_of[n % 2] += usize::from(way(&watching, &named(n)).len() == 3);
    }
    assert!(mailed_of[0] > 60 && mailed_of[1] < 20, "{mailed_of:?}");
}

fn watching_batch(records: impl Iterator<Item = Value>) -> Vec<Value> {
    records.collect()
}

#[test]
fn a_winner_of_a_context_sends_everybody_of_it_and_a_report_follows_from_history() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    watching.segment("vip", "did \"Gift\"");
    let context = json!({"kind": "segments", "segments": ["vip"]});
    let more = json!({"context": context, "winner": "mail", "winners": {"vip": "nothing"}});
    let steps = learn(&receiver, &more);
    publish(&watching, "learns", &on("Signup"), &steps, &json!({}));
    watching.event("ada", "Gift", "2026-03-02T10:00:00Z");
    watching.event("ada", "Signup", "2026-03-02T10:00:00Z");
    watching.event("bob", "Signup", "2026-03-02T10:00:00Z");
    watching.settle();
    assert_eq!((way(&watching, "ada").len(), way(&watching, "bob").len()), (2, 3));
    let now = learning(&watching);
    let winners = [0, 1].map(|at| now["contexts"][at]["winner"].clone());
    assert_eq!(winners, ["nothing", "mail"], "{now}");
    assert_eq!(now["contexts"][0]["allocations"], json!([]), "{now}");
    // The context is told of them as a property, so that segments and funnels can ask about it.
    let asked = json!({"definition": "did \"Journey Exited\" where context = \"vip\""});
    let preview = send(&watching, "POST", "/api/segments/preview", &asked, 200);
    assert_eq!(preview["count"], 1, "{preview}");
}

#[test]
fn a_story_tells_the_context_of_a_state() {
    let journey = json!({"name": "learns", "control": 0.0, "entry": on("Signup"), "steps": [
        {"id": "rest", "do": {"kind": "wait", "for": "3h"}, "next": "learn"},
        {"id": "learn", "do": {"kind": "learn", "goals": [{"event": "Purchase", "within": "1d"}],
            "context": {"kind": "state", "states": ["idle"]}, "winners": {"idle": "b"},
            "paths": [{"id": "a", "share": 1.0}, {"id": "b", "share": 0.0}]}},
    ]});
    let file = json!({
        "journey": "learns.json", "starts": "2026-03-02T10:00",
        "lifecycle": [
            {"key": "fresh", "segment": "did \"Visit\" in last 2h"},
            {"key": "idle", "segment": "did \"Visit\" in last 1d"},
            {"key": "gone", "segment": "did any event"},
        ],
        "stories": [
            {"name": "idle by then", "steps": [
                {"does": "Visit"}, {"does": "Signup"}, {"passes": "3h"}, {"expect": {"out": "completed"}}]},
            {"name": "fresh again", "steps": [
                {"does": "Visit"}, {"does": "Signup"}, {"passes": "2h"}, {"does": "Visit"},
                {"passes": "1h"}, {"expect": {"out": "completed"}}]},
            {"name": "never there", "steps": [
                {"does": "Signup"}, {"passes": "3h"}, {"expect": {"out": "completed"}}]},
        ],
    });
    let read = |_: &str| Ok(journey.to_string());
    let report = story::run("learns.story.json", &file.to_string(), &read).unwrap();
    assert!(report.passed(), "{report:#?}");
    let last = |n: usize| report.stories[n].path.last().unwrap().clone();
    assert!(last(0).ends_with("learn -b-> out: completed, found in idle"), "{}", last(0));
    assert!(last(1).ends_with("learn -a-> out: completed, found in others"), "{}", last(1));
    assert!(last(2).ends_with("learn -a-> out: completed, found in others"), "{}", last(2));
}
