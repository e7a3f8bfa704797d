//! Stories beside ready journeys, and what is said of those that are not as told.

use std::path::Path;

use serde_json::{Value, json};
use server::journeys::story;

use super::journeys::checkout;

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

#[test]
fn journeys_are_played_together_and_each_expectation_says_about_which_it_is() {
    let mut first = checkout("first");
    first["steps"][0]["do"]["otherwise"] = json!("on");
    first["steps"] =
        json!([first["steps"][0], {"id": "on", "do": {"kind": "journey", "journey": "second"}}]);
    let second = json!({
        "id": "second", "name": "Second", "entry": {"kind": "api"},
        "steps": [{"id": "rest", "do": {"kind": "wait", "for": "1h"}, "next": "hook"},
                  {"id": "hook", "do": {"kind": "message", "message": super::journeys::webhook()}}]
    });
    let played = |journey: Value, steps: Value| {
        let file = json!({
            "journey": journey, "starts": "2026-03-02T10:00",
            "stories": [{"name": "one", "steps": steps}]
        });
        let read = |name: &str| match name {
            "first.json" => Ok(first.to_string()),
            "second.json" => Ok(second.to_string()),
            other => Err(format!("there is no {other}")),
        };
        let report = story::run("own.story.json", &file.to_string(), &read);
        report.map_err(|error| error.to_string())
    };
    let both = json!(["first.json", "second.json"]);
    let report = played(
        both.clone(),
        json!([
            {"does": "Checkout Started"},
            {"journey": "second", "expect": {"never_in": true}},
            {"passes": "2m"},
            {"journey": "first", "expect": {"out": "completed", "sent": []}},
            {"journey": "second", "expect": {"at": "rest", "entered": 1}},
            {"passes": "1h"},
            {"journey": "second", "expect": {"out": "completed", "sent": ["hook"]}},
            {"journey": "first", "expect": {"sent": [], "not_converted": "bought"}},
        ]),
    );
    let report = report.unwrap();
    assert!(report.passed(), "{report:#?}");
    assert_eq!(report.stories[0].path[0], "monday 2026-03-02 10:00  first: comes in, to ask");
    for (journey, steps, said) in [
        (both.clone(), json!([{"expect": {"never_in": true}}]), "about which `journey`"),
        (both.clone(), json!([{"journey": "third", "expect": {}}]), "there is no \"third\" here"),
        (both, json!([{"journey": "first", "passes": "1h"}]), "is about none"),
        (json!(["first.json", "first.json"]), json!([]), "has the id \"first\", too"),
        (json!([]), json!([]), "a list of them"),
    ] {
        let error = played(journey, steps).unwrap_err();
        assert!(error.contains(said) && error.starts_with("own.story.json"), "{error}");
    }
}
