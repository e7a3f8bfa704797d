//! Stage frameworks: written, checked, used, deleted.

use audience::shop::{Parameters, Shop};
use model::Timestamp;
use serde_json::{Value, json};
use server::fill::Filler;

use super::fixture::{Fixture, fixture};

fn put(server: &Fixture, key: &str, framework: &Value) -> (u16, Value) {
    let body = json!({"name": framework["name"], "states": framework["states"]});
    let answer = server.send("PUT", &format!("/api/frameworks/{key}"), &body.to_string());
    (answer.0, answer.json())
}

#[test]
fn ready_frameworks_work_on_the_simulated_shop() {
    let server = fixture();
    let end = Timestamp(1_767_225_600_000);
    let start = Timestamp(end.0 - 200 * 86_400_000);
    let parameters = Parameters { users: 300, ..Parameters::default() };
    let workspace = server.service.workspace();
    let mut filler = Filler::new(&workspace, "test");
    for record in Shop::new(7, parameters, start, end) {
        filler.push(record).unwrap();
    }
    filler.finish().unwrap();
    let templates = server.get("/api/frameworks")["templates"].clone();
    for template in templates.as_array().unwrap() {
        let key = template["key"].as_str().unwrap();
        assert_eq!(
            put(&server, key, template),
            (200, template.clone()),
            "printed as it was written"
        );
        let states = template["states"].as_array().unwrap();
        let items: Vec<Value> =
            states.iter().map(|state| json!({"definition": state["definition"]})).collect();
        let body = json!({"segments": items, "as_of": end.to_string()});
        let counted = server.send("POST", "/api/segments/evaluate", &body.to_string()).json();
        for (state, counted) in states.iter().zip(counted["segments"].as_array().unwrap()) {
            assert!(counted["count"].as_u64().unwrap() > 0, "nobody is in {state}");
        }
        let body = json!({"definition": states[0]["definition"]});
        let checked = server.send("POST", "/api/segments/validate", &body.to_string()).json();
        assert_eq!(checked["problems"], json!([]), "{key}");
    }
    let keys = |list: &Value| -> Vec<String> {
        let frameworks = list["frameworks"].as_array().unwrap();
        frameworks.iter().map(|one| one["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&server.get("/api/frameworks")), ["aarrr", "aic"]);
    let watches = server.get("/api/live")["watches"].clone();
    let watched: Vec<&Value> = watches.as_array().unwrap().iter().map(|one| &one["key"]).collect();
    assert_eq!(watched[..3], ["lifecycle/default", "lifecycle/aarrr", "lifecycle/aic"]);

    assert_eq!(server.send("DELETE", "/api/frameworks/aic", "").0, 204);
    assert_eq!(keys(&server.get("/api/frameworks")), ["aarrr"]);
    let gone = server.send("DELETE", "/api/frameworks/aic", "");
    assert_eq!(gone.code(), (404, json!("framework.not_found")));
}

#[test]
fn a_framework_is_checked_as_the_lifecycle_is() {
    let server = fixture();
    let state =
        |key: &str, definition: &str| json!({"key": key, "name": "N", "definition": definition});
    let of = |states: Vec<Value>| json!({"name": "Mine", "states": states});
    let any = state("any", "did any event");
    for (key, framework, code) in [
        ("default", of(vec![any.clone()]), "framework.key"),
        ("Mine", of(vec![any.clone()]), "framework.key"),
        ("mine", of(vec![]), "lifecycle.states"),
        ("mine", of(vec![any.clone(), any.clone()]), "lifecycle.key"),
        ("mine", of(vec![state("a", "did")]), "segment.invalid"),
        ("mine", of(vec![state("a", "in segment \"nothing\"")]), "segment.invalid"),
        ("mine", json!({"name": " ", "states": [any]}), "framework.name"),
    ] {
        let (status, answer) = put(&server, key, &framework);
        assert_eq!((status, &answer["error"]["code"]), (422, &json!(code)), "{framework}");
    }
    assert_eq!(server.get("/api/frameworks")["frameworks"], json!([]));
}

#[test]
fn what_a_framework_uses_stays() {
    let server = fixture();
    let segment = json!({"id": "keen", "name": "Keen", "definition": "did any event"});
    assert_eq!(server.send("POST", "/api/segments", &segment.to_string()).0, 201);
    let states = json!([
        {"key": "in", "name": "In", "definition": "in segment \"keen\""},
        {"key": "new", "name": "New", "definition": "lifecycle is \"new\""},
    ]);
    assert_eq!(put(&server, "mine", &json!({"name": "Mine", "states": states})).0, 200);
    let used_in = server.get("/api/segments/keen")["used_in"].clone();
    assert_eq!(used_in, json!([{"kind": "framework", "id": "mine", "name": "Mine"}]));
    let refused = server.send("DELETE", "/api/segments/keen", "");
    assert_eq!(refused.code(), (409, json!("segment.in_use")));
    assert_eq!(server.send("DELETE", "/api/frameworks/mine", "").0, 204);
    assert_eq!(server.send("DELETE", "/api/segments/keen", "").0, 204);
}
