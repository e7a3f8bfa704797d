//! What is used is not taken away: the public API says who uses it, and drafts hold nothing. And the journeys of any
//! framework's states.

use serde_json::{Value, json};

use super::journeys_run::{message, publish};
use super::outreach::{campaign_saying, send, start};
use super::watching::Watching;

fn refused(watching: &Watching, method: &str, path: &str, body: &Value) -> (String, String) {
    let answer = send(watching, method, path, body, 409);
    let text = |name: &str| answer["error"][name].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

fn states(keys: &[&str]) -> Value {
    let state = |key: &&str| {
        let definition = format!("did \"{key}\"");
        json!({"key": key, "name": key, "definition": definition})
    };
    json!({"name": "Stages", "states": keys.iter().map(state).collect::<Vec<_>>()})
}

#[test]
fn what_a_journey_that_runs_names_stays_until_it_is_stopped() {
    let (watching, receiver, provider) = start("2026-03-02T10:00:00Z");
    for id in ["vip", "loyal", "tried", "free"] {
        watching.segment(id, &format!("did \"{id}\""));
    }
    send(&watching, "PUT", "/api/frameworks/stages", &states(&["won", "warm", "cold"]), 200);
    send(&watching, "POST", "/api/catalogs/products", &json!({"id": "a", "price": 1}), 200);
    let other = json!({"id": "other", "name": "Other", "control": 0.0, "entry": {"kind": "api"},
                       "steps": [{"id": "end", "do": {"kind": "exit"}}]});
    send(&watching, "POST", "/api/journeys", &other, 201);
    send(&watching, "POST", "/api/journeys/other/publish", &json!({}), 200);
    let mut mail =
        message(&receiver, "{{ catalog.products[\"a\"].price }}{% if segment.tried %}!{% endif %}");
    mail["message"]["provider"] = json!(provider);
    let journey = json!({
        "id": "uses", "name": "Uses much", "control": 0.0,
        "entry": {"kind": "state", "lifecycle": "stages", "from": ["cold"], "to": ["warm"]},
        "audience": "not in segment \"vip\"",
        "goals": [{"id": "won", "when": {"kind": "state", "lifecycle": "stages", "to": ["won"]}, "within": "7d"}],
        "steps": [
            {"id": "split", "do": {"kind": "learn", "goals": [{"event": "Purchase", "within": "1d"}],
                "context": {"kind": "segments", "segments": ["loyal"]},
                "paths": [{"id": "a", "next": "mail"}, {"id": "b", "next": "more"}]}},
            {"id": "mail", "do": mail, "next": "more"},
            {"id": "more", "do": {"kind": "journey", "journey": "other"}},
        ],
    });
    send(&watching, "POST", "/api/journeys", &journey, 201);
    let fewer = states(&["won", "cold"]);
    let provider = format!("/api/providers/{provider}");
    let deletions: [(&str, &str, &Value, &str); 7] = [
        ("DELETE", "/api/segments/vip", &Value::Null, "segment.in_use"),
        ("DELETE", "/api/segments/loyal", &Value::Null, "segment.in_use"),
        ("DELETE", "/api/segments/tried", &Value::Null, "segment.in_use"),
        ("PUT", "/api/frameworks/stages", &fewer, "framework.in_use"),
        ("DELETE", "/api/frameworks/stages", &Value::Null, "framework.in_use"),
        ("DELETE", "/api/catalogs/products", &Value::Null, "catalog.in_use"),
        ("DELETE", &provider, &Value::Null, "provider.in_use"),
    ];
    // A draft holds nothing: what nobody else names goes.
    send(&watching, "DELETE", "/api/segments/vip", &Value::Null, 204);
    watching.segment("vip", "did \"vip\"");
    send(&watching, "POST", "/api/journeys/uses/publish", &json!({}), 200);
    watching.settle();
    for paused in [false, true] {
        if paused {
            send(&watching, "POST", "/api/journeys/uses/pause", &json!({}), 200);
            watching.settle();
        }
        for (method, path, body, code) in deletions {
            let (found, said) = refused(&watching, method, path, body);
            assert_eq!(found, code, "{path}: {said}");
            assert!(said.ends_with("is used by the journey \"Uses much\""), "{path}: {said}");
        }
    }
    send(&watching, "POST", "/api/journeys/other/stop", &json!({}), 200);
    let (code, said) = refused(&watching, "DELETE", "/api/journeys/other", &Value::Null);
    assert_eq!(code, "journey.used");
    assert!(said.contains("the journey \"Uses much\""), "{said}");
    // What it does not name goes, and a state may move and be called otherwise.
    send(&watching, "DELETE", "/api/segments/free", &Value::Null, 204);
    send(&watching, "PUT", "/api/frameworks/stages", &states(&["warm", "new", "won", "cold"]), 200);
    send(&watching, "POST", "/api/journeys/uses/stop", &json!({}), 200);
    watching.settle();
    for (method, path, body, _) in deletions {
        let answer = watching.server.send(method, path, &body.to_string());
        assert!((200..300).contains(&answer.0), "{path}: {}", answer.2);
    }
    send(&watching, "DELETE", "/api/journeys/other", &Value::Null, 204);
}

#[test]
fn what_a_campaign_that_was_started_names_stays_and_the_list_is_bounded() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    watching.segment("vip", "did \"vip\"");
    watching.named("inner", "Inner circle", "in segment \"vip\" and did \"Gift\"");
    for n in 0..12 {
        let id = format!("c{n:02}");
        let more = json!({"trigger": {"kind": "enters", "segment": "vip"}});
        campaign_saying(&watching, &receiver, &id, "{}", &more);
        super::outreach::act(&watching, &id, "start");
    }
    let (code, said) = refused(&watching, "DELETE", "/api/segments/vip", &Value::Null);
    assert_eq!(code, "segment.in_use");
    assert!(said.contains("the segment \"Inner circle\", the campaign \"c"), "{said}");
    assert!(said.ends_with("and 3 more"), "{said}");
    for n in 0..12 {
        super::outreach::act(&watching, &format!("c{n:02}"), "stop");
    }
    let (_, said) = refused(&watching, "DELETE", "/api/segments/vip", &Value::Null);
    assert!(said.ends_with("is used by the segment \"Inner circle\""), "{said}");
    send(&watching, "DELETE", "/api/segments/inner", &Value::Null, 204);
    send(&watching, "DELETE", "/api/segments/vip", &Value::Null, 204);
}

#[test]
fn a_topic_stays_while_a_campaign_goes_by_it() {
    let (watching, ..) = start("2026-03-02T10:00:00Z");
    watching.segment("vip", "did \"vip\"");
    let mail = json!({"name": "Mail", "settings": {"kind": "smtp", "host": "127.0.0.1", "port": 9,
        "security": "none", "from": "news@shop.example"}});
    send(&watching, "POST", "/api/providers", &mail, 201);
    let topics = |ids: &[&str]| {
        let topic = |id: &&str| json!({"id": id, "name": id, "channel": "email", "subscribed_by_default": true});
        json!({"topics": ids.iter().map(topic).collect::<Vec<_>>()})
    };
    let path = "/api/subscriptions/topics";
    send(&watching, "PUT", path, &topics(&["news", "offers"]), 200);
    let content = json!({"kind": "email", "subject": "Hi", "form": "text",
        "body": "Hello {{ unsubscribe_url }}"});
    let campaign = json!({"id": "letter", "name": "Letter", "channel": "email", "topic": "news",
        "trigger": {"kind": "enters", "segment": "vip"},
        "variants": [{"id": "a", "content": {"default": content}}]});
    send(&watching, "POST", "/api/campaigns", &campaign, 201);
    // A draft holds nothing, and finds its topic again before it goes.
    send(&watching, "PUT", path, &topics(&["offers"]), 200);
    send(&watching, "PUT", path, &topics(&["news", "offers"]), 200);
    super::outreach::act(&watching, "letter", "start");
    let (code, said) = refused(&watching, "PUT", path, &topics(&["offers"]));
    assert_eq!(code, "topic.in_use");
    assert_eq!(said, "the topic \"news\" is used by the campaign \"Letter\"");
    send(&watching, "PUT", path, &topics(&["news"]), 200);
    super::outreach::act(&watching, "letter", "stop");
    send(&watching, "PUT", path, &topics(&[]), 200);
}

#[test]
fn a_state_that_somebody_names_is_not_renamed_away() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let lifecycle = |keys: &[&str]| json!({"states": states(keys)["states"]});
    let put = |keys: &[&str], status: u16| {
        send(&watching, "PUT", "/api/lifecycle/definition", &lifecycle(keys), status)
    };
    put(&["fresh", "idle", "gone"], 200);
    watching.named("asleep", "Asleep", "lifecycle is \"gone\"");
    let said = put(&["fresh", "idle", "left"], 409);
    assert_eq!(said["error"]["code"], "lifecycle.in_use", "{said}");
    assert!(said["error"]["message"].as_str().unwrap().contains("\"asleep\""), "{said}");
    let entry = json!({"kind": "state", "to": ["idle"]});
    let journey = json!({"id": "idle", "name": "Idle", "control": 0.0, "entry": entry,
                         "steps": [{"id": "hi", "do": message(&receiver, "hi")}]});
    send(&watching, "POST", "/api/journeys", &journey, 201);
    put(&["fresh", "bored", "gone"], 200);
    put(&["fresh", "idle", "gone"], 200);
    send(&watching, "POST", "/api/journeys/idle/publish", &json!({}), 200);
    put(&["fresh", "bored", "gone"], 409);
    put(&["idle", "fresh", "gone"], 200);
}

#[test]
fn a_frameworks_states_show_their_journeys_and_who_went_up() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    send(&watching, "PUT", "/api/frameworks/stages", &states(&["won", "warm", "cold"]), 200);
    watching.settle();
    let entry = json!({"kind": "state", "lifecycle": "stages", "to": ["warm"]});
    let steps = json!([{"id": "hello", "do": message(&receiver, "hello")}]);
    publish(&watching, "warm", &entry, &steps, &json!({}));
    for (user, did) in [("ada", "cold"), ("bob", "cold"), ("cyd", "cold")] {
        watching.event(user, did, "2026-03-02T10:00:00Z");
    }
    watching.until("2026-03-02T11:00:00Z");
    for (user, did) in [("ada", "warm"), ("bob", "warm")] {
        watching.event(user, did, "2026-03-02T11:00:00Z");
    }
    watching.until("2026-03-02T12:00:00Z");
    watching.event("ada", "won", "2026-03-02T12:00:00Z");
    watching.until("2026-03-20T12:00:00Z");
    let answer = watching.server.get("/api/lifecycle/journeys?lifecycle=stages&within=7d");
    assert_eq!(answer["lifecycle"], "stages");
    let counted = [0, 1, 2].map(|at| {
        let state = &answer["states"][at];
        (
            state["state"].clone(),
            state["users"].clone(),
            state["journeys"].as_array().unwrap().len(),
        )
    });
    let expected = [("won", 1, 0), ("warm", 1, 1), ("cold", 1, 0)];
    assert_eq!(counted, expected.map(|(key, users, n)| (json!(key), json!(users), n)), "{answer}");
    let own = &answer["states"][1]["journeys"][0];
    let arms = own["up"]["arms"].as_array().unwrap();
    let came = arms.iter().find(|arm| arm["arm"] == "journey").unwrap();
    assert_eq!((&came["users"], &came["converted"]), (&json!(2), &json!(1)), "{own}");
    // The workspace's own lifecycle has another journey list, whichever way it is asked for.
    for query in ["", "?lifecycle=default"] {
        let answer = watching.server.get(&format!("/api/lifecycle/journeys{query}"));
        let states = answer["states"].as_array().unwrap();
        assert_eq!(answer["lifecycle"], "default");
        assert!(states.iter().all(|state| state["journeys"] == json!([])), "{answer}");
    }
    let unknown =
        send(&watching, "GET", "/api/lifecycle/journeys?lifecycle=none", &Value::Null, 404);
    assert_eq!(unknown["error"]["code"], "framework.not_found");
}
