//! Journeys over HTTP: what is wrong with them, and how they are published, changed, and ended.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use model::journey::{self, *};
use model::outreach::{CAMPAIGN, GROUP, MESSAGE, QUEUED, REASON, VARIANT, WITHHELD};
use model::{Event, EventId, Record, Text, What, Who};
use serde_json::{Value, json};
use server::config::keys::Scope;

use super::outreach::send;
use super::watching::{Watching, at, track};

/// A webhook that needs nothing but a provider.
pub fn webhook() -> Value {
    json!({"channel": "webhook", "content": {"default": {"kind": "webhook", "url": "https://127.0.0.1:9/", "body": "{}"}}})
}

/// Whoever starts a checkout is waited for, and written to.
pub fn checkout(id: &str) -> Value {
    json!({
        "id": id,
        "name": "Checkout",
        "entry": {"kind": "event", "event": "Checkout Started"},
        "goals": [{"id": "bought", "when": {"kind": "event", "event": "Purchase"}, "within": "1d",
                   "revenue": "amount"}],
        "steps": [
            {"id": "ask", "do": {"kind": "wait_for", "within": "2m", "otherwise": "coin",
             "any": [{"id": "bought", "when": {"kind": "event", "event": "Purchase"}}]}},
            {"id": "coin", "do": {"kind": "random", "paths": [
                {"id": "a", "next": "hook"}, {"id": "b", "next": "day"}]}},
            {"id": "hook", "do": {"kind": "message", "message": webhook()}},
            {"id": "day", "do": {"kind": "wait", "for": "1d"}, "next": "hook"}
        ]
    })
}

/// A server with a webhook provider.
pub fn start() -> Watching {
    let watching = Watching::start("2026-03-02T10:00:00Z");
    let provider =
        json!({"name": "Receiver", "settings": {"kind": "webhook", "private_networks": true}});
    send(&watching, "POST", "/api/providers", &provider, 201);
    let segment = json!({"id": "buyers", "name": "Buyers", "definition": "did \"Purchase\""});
    send(&watching, "POST", "/api/segments", &segment, 201);
    watching
}

fn set(journey: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = journey.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match parent {
        Value::Array(items) if name == "-" => items.push(value),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other => _ = other.as_object_mut().unwrap().insert(name.to_owned(), value),
    }
}

fn problems(watching: &Watching, journey: &Value) -> Vec<Value> {
    let checked = send(watching, "POST", "/api/journeys/check", journey, 200);
    checked["problems"].as_array().unwrap().clone()
}

#[test]
fn a_personal_attribute_is_no_context_of_a_learning_split() {
    let watching = start();
    let mut journey = checkout("checkout");
    journey["steps"][1]["do"] = json!({
        "kind": "learn", "goals": [{"event": "Purchase", "within": "7d"}],
        "paths": [{"id": "a", "next": "hook"}, {"id": "b", "next": "day"}],
        "context": {"kind": "attribute", "attribute": "segment_of_income", "values": ["high"]},
    });
    assert_eq!(problems(&watching, &journey), Vec::<Value>::new());
    let schema = json!({"attributes": {"segment_of_income": {"pii": true}}});
    send(&watching, "PUT", "/api/schema/document", &schema, 200);
    let found = problems(&watching, &journey);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "journey.context");
    assert_eq!(found[0]["place"], "coin do.context.attribute");
    let made = send(&watching, "POST", "/api/journeys", &journey, 201);
    assert_eq!(made["problems"], json!(found), "a draft may have problems");
    send(&watching, "POST", "/api/journeys/checkout/publish", &json!({}), 422);
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let watching = start();
    let right = problems(&watching, &checkout("checkout"));
    assert_eq!(right, Vec::<Value>::new());
    let message = |when: Value| json!([{"id": "x", "when": when}]);
    let exit = json!({"kind": "exit"});
    let long: Vec<Value> =
        (0..21).map(|n| json!({"id": format!("p{n}"), "next": "hook"})).collect();
    let many: Vec<Value> = (0..201).map(|n| json!({"id": format!("s{n}"), "do": exit})).collect();
    let wait = |of: Value| {
        let mut own = json!({"kind": "wait"});
        own.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        own
    };
    let learn = |of: Value| {
        let mut own = json!({"kind": "learn", "paths": [{"id": "a", "next": "hook"}, {"id": "b", "next": "day"}],
                             "goals": [{"event": "Purchase", "within": "7d"}]});
        own.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        own
    };
    let best = json!({"kind": "best_channel", "messages": [webhook(), webhook()]});
    let cases: Vec<(&str, Value, &str, &str)> = vec![
        ("/steps", json!([]), "journey.steps", "steps"),
        ("/steps", json!(many), "journey.steps", "steps"),
        ("/steps/1/id", json!("ask"), "journey.id_twice", "steps"),
        ("/steps/3/id", json!("a b"), "journey.id", "a b id"),
        ("/steps/3/next", json!("nowhere"), "journey.no_step", "day next"),
        ("/steps/0/do/otherwise", json!("nowhere"), "journey.no_step", "ask do.otherwise"),
        ("/steps/1/do/paths/1/next", json!("hook"), "journey.unreached", "day"),
        ("/steps/0/next", json!("hook"), "journey.next", "ask next"),
        ("/steps/2/next", json!("coin"), "journey.circle", "coin"),
        ("/steps/1/do/paths", json!(long), "journey.paths", "coin do.paths"),
        ("/steps/1/do/paths/0/share", json!(-1.0), "journey.share", "coin do.paths.0.share"),
        ("/steps/1/do/paths/0/id", json!("b"), "journey.id_twice", "coin do.paths"),
        ("/steps/1/do/paths/0/id", json!("next"), "journey.id", "coin do.paths"),
        ("/steps/1/do", learn(json!({"floor": 0.6})), "journey.floor", "coin do.floor"),
        ("/steps/1/do", learn(json!({"winner": "c"})), "journey.winner", "coin do.winner"),
        ("/steps/1/do", learn(json!({"goals": []})), "journey.goals", "coin do.goals"),
        (
            "/steps/1/do",
            learn(json!({"context": {"kind": "state", "lifecycle": "none"}})),
            "journey.invalid",
            "coin do.context",
        ),
        (
            "/steps/1/do",
            learn(json!({"context": {"kind": "state", "states": ["nothing"]}})),
            "journey.invalid",
            "coin do.context",
        ),
        (
            "/steps/1/do",
            learn(json!({"context": {"kind": "segments", "segments": ["nobody"]}})),
            "journey.invalid",
            "coin do.context",
        ),
        (
            "/steps/1/do",
            learn(json!({"context": {"kind": "attribute", "attribute": "plan", "values": []}})),
            "journey.invalid",
            "coin do.context",
        ),
        (
            "/steps/1/do",
            learn(json!({"context": {"kind": "attribute", "attribute": "n",
                                     "values": [1, 2, 3, 4, 5, 6, 7, 8]}})),
            "journey.invalid",
            "coin do.context",
        ),
        (
            "/steps/1/do",
            learn(json!({"context": {"kind": "attribute", "attribute": "plan",
                                     "values": ["free", "others"]}})),
            "journey.invalid",
            "coin do.context",
        ),
        (
            "/steps/1/do",
            learn(json!({"context": {"kind": "attribute", "attribute": "plan",
                                     "values": ["free"]}, "winners": {"gold": "a"}})),
            "journey.winner",
            "coin do.winners.gold",
        ),
        (
            "/steps/1/do",
            learn(json!({"winners": {"others": "a"}})),
            "journey.winner",
            "coin do.winners.others",
        ),
        ("/steps/0/do/within", json!("two minutes"), "journey.span", "ask do.within"),
        ("/steps/0/do/within", json!("400d"), "journey.span", "ask do.within"),
        ("/steps/0/do/since", json!("start"), "journey.span", "ask do.since"),
        (
            "/steps/0/do/any",
            message(json!({"kind": "enters", "segment": "nobody"})),
            "journey.invalid",
            "ask do.any.0.when.segment",
        ),
        (
            "/steps/0/do/any",
            message(json!({"kind": "state", "to": ["nothing"]})),
            "journey.invalid",
            "ask do.any.0.when.state",
        ),
        (
            "/steps/0/do/any",
            message(json!({"kind": "message", "step": "day", "did": "opened"})),
            "journey.no_message",
            "ask do.any.0.when.step",
        ),
        (
            "/steps/0/do/any",
            message(json!({"kind": "message", "step": "hook", "did": "read"})),
            "journey.no_message",
            "ask do.any.0.when.did",
        ),
        (
            "/goals/0/when",
            json!({"kind": "message", "step": "hook", "did": "opened"}),
            "journey.no_message",
            "goals.0.when",
        ),
        (
            "/goals/0/when",
            json!({"kind": "enters", "segment": "buyers"}),
            "journey.revenue",
            "goals.0.revenue",
        ),
        ("/goals/0/within", json!("91d"), "journey.span", "goals.0.within"),
        ("/goals", json!([]), "journey.no_goal", "goals"),
        ("/steps/3/do", wait(json!({})), "journey.wait", "day do"),
        (
            "/steps/3/do",
            wait(json!({"for": "1d", "date": "2026-12-24T09:00"})),
            "journey.wait",
            "day do",
        ),
        ("/steps/3/do", wait(json!({"date": "tomorrow"})), "journey.time", "day do.date"),
        ("/steps/3/do", wait(json!({"until": "9 o'clock"})), "journey.time", "day do.until"),
        (
            "/steps/3/do",
            wait(json!({"for": "1d", "weekdays": ["monday"]})),
            "journey.wait",
            "day do.weekdays",
        ),
        (
            "/steps/3/do",
            wait(json!({"attribute": "born", "offset": "-2 days"})),
            "journey.span",
            "day do.offset",
        ),
        (
            "/steps/3/do",
            json!({"kind": "split", "paths": [{"id": "x"}]}),
            "journey.no_condition",
            "day do.paths.0.segment",
        ),
        (
            "/steps/3/do",
            json!({"kind": "split", "paths": [{"id": "x", "segment": "nobody"}]}),
            "journey.invalid",
            "day do.paths.0.segment",
        ),
        ("/steps/2/do", best, "journey.channel_twice", "hook do.messages.1.channel"),
        ("/steps/2/do/message/topic", json!("x"), "journey.invalid", "hook do.message.topic"),
        (
            "/steps/2/do/message/provider",
            json!("x"),
            "journey.no_provider",
            "hook do.message.provider",
        ),
        (
            "/steps/2/do/message/content/default/body",
            json!("{{ profile.name | }"),
            "message.syntax",
            "hook do.message.content body",
        ),
        ("/steps/2/do/message/content", json!({}), "content.no_default", "hook do.message.content"),
        ("/steps/3/do", json!({"kind": "update"}), "journey.changes", "day do"),
        (
            "/steps/3/do",
            json!({"kind": "update", "set": {"a": 1}, "add": {"a": 1.0}}),
            "journey.changes",
            "day do",
        ),
        (
            "/steps/3/do",
            json!({"kind": "emit", "event": "Message Sent"}),
            "journey.event",
            "day do.event",
        ),
        (
            "/steps/3/do",
            json!({"kind": "emit", "event": "X", "properties": {"p": {"user": "id"}}}),
            "journey.value",
            "day do.properties.p",
        ),
        (
            "/steps/3/do",
            json!({"kind": "journey", "journey": "nowhere"}),
            "journey.no_journey",
            "day do.journey",
        ),
        (
            "/steps/3/do",
            json!({"kind": "journey", "journey": "checkout"}),
            "journey.itself",
            "day do.journey",
        ),
        (
            "/entry",
            json!({"kind": "enters", "segment": "nobody"}),
            "journey.invalid",
            "entry.segment",
        ),
        ("/entry", json!({"kind": "dates", "at": ["never"]}), "journey.invalid", "entry"),
        ("/audience", json!("nobody"), "journey.invalid", "audience"),
        ("/audience", json!("did nothing ("), "journey.invalid", "audience"),
        ("/control", json!(1.5), "journey.invalid", "control"),
        ("/control_groups", json!(["nobody"]), "journey.invalid", "control_groups"),
        ("/priority", json!(200), "journey.invalid", "priority"),
        ("/labels", json!(["a,b"]), "journey.invalid", "labels"),
        ("/hours", json!([{"from": "x", "to": "09:00"}]), "journey.invalid", "hours"),
        ("/again", json!({"kind": "after", "pause": "200d"}), "journey.invalid", "again"),
        ("/timeout", json!("0s"), "journey.span", "timeout"),
        ("/key", json!(""), "journey.name", "key"),
        (
            "/exits",
            json!([{"kind": "leaves", "segment": "nobody"}]),
            "journey.invalid",
            "exits.0.segment",
        ),
    ];
    let mut missed = Vec::new();
    for (pointer, value, code, place) in cases {
        let mut journey = checkout("checkout");
        set(&mut journey, pointer, value.clone());
        let found = problems(&watching, &journey);
        let text = |of: &Value, field: &str| of[field].as_str().unwrap_or_default().to_owned();
        let told = found.iter().any(|problem| {
            text(problem, "code").starts_with(code)
                && text(problem, "place").starts_with(place)
                && !text(problem, "message").is_empty()
        });
        // What a check of its own tells can be said in any language.
        let bare = |of: &&Value| {
            let own = text(of, "code");
            let coded =
                of["message_code"]["code"].is_string() && of["hint_code"]["code"].is_string();
            own.starts_with("journey.") && own != "journey.invalid" && !coded
        };
        if let Some(bare) = found.iter().find(bare) {
            missed.push(format!("{pointer} = {value}: no sentence for {bare}"));
        }
        let warnings = ["journey.unreached", "journey.no_goal"];
        let errors = found.iter().any(|problem| problem["error"] == true);
        if !told || errors == warnings.contains(&code) {
            let found: Vec<String> = found
                .iter()
                .map(|of| ["code", "place", "message"].map(|field| text(of, field)).join(" | "))
                .collect();
            missed.push(format!("{pointer} = {value}: no {code} at {place} in {found:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let mut keyed = checkout("checkout");
    set(&mut keyed, "/entry", json!({"kind": "api"}));
    set(&mut keyed, "/key", json!("order"));
    assert!(problems(&watching, &keyed).iter().any(|of| of["code"] == "journey.key"));
    // A circle in which time goes by is none.
    let mut round = checkout("checkout");
    set(&mut round, "/steps/2/next", json!("ask"));
    assert_eq!(problems(&watching, &round), Vec::<Value>::new());
    set(&mut round, "/steps/0/do/since", json!("entry"));
    set(&mut round, "/steps/0/do/any/0/next", json!("coin"));
    let codes: BTreeSet<String> =
        problems(&watching, &round).iter().map(|of| of["code"].as_str().unwrap().into()).collect();
    assert_eq!(codes, BTreeSet::from(["journey.circle".to_owned()]));
}

#[test]
fn a_journey_is_written_published_changed_and_ended() {
    let watching = start();
    let path = |rest: &str| format!("/api/journeys/checkout{rest}");
    let post =
        |rest: &str, body: &Value, status| send(&watching, "POST", &path(rest), body, status);
    let mut input = checkout("checkout");
    let made = send(&watching, "POST", "/api/journeys", &input, 201);
    assert_eq!((&made["status"], &made["published"]), (&json!("draft"), &Value::Null));
    assert_eq!((&made["changed"], &made["problems"]), (&json!(true), &json!([])));
    send(&watching, "POST", "/api/journeys", &input, 409);
    // Another without an id gets one of its name.
    let mut other = checkout("x");
    other.as_object_mut().unwrap().remove("id");
    let named = send(&watching, "POST", "/api/journeys", &other, 201);
    assert!(named["id"].as_str().unwrap().starts_with("checkout-"), "{named}");

    // Wrong drafts are saved, and not published.
    set(&mut input, "/steps/3/next", json!("nowhere"));
    let wrong = send(&watching, "PUT", &path(""), &input, 200);
    assert_eq!(wrong["problems"][0]["code"], "journey.no_step");
    let refused = post("/publish", &json!({}), 422);
    assert_eq!(refused["error"]["problems"][0]["path"], "day next");
    post("/pause", &json!({}), 409);
    set(&mut input, "/steps/3/next", json!("hook"));
    set(&mut input, "/audience", json!("buyers"));
    let right = send(&watching, "PUT", &path(""), &input, 200);
    let stale = post("/publish", &json!({"version": made["version"]}), 409);
    assert_eq!(stale["error"]["code"], "journey.changed");
    let running = post("/publish", &json!({"version": right["version"]}), 200);
    assert_eq!((&running["status"], &running["published"]), (&json!("running"), &json!(1)));
    assert_eq!((&running["changed"], &running["started_at"].is_string()), (&json!(false), &true));
    // Publishing the same again changes nothing.
    assert_eq!(post("/publish", &json!({}), 200)["published"], 1);

    // A step goes, one comes, one changes.
    input["steps"].as_array_mut().unwrap().remove(3);
    set(&mut input, "/steps/1/do/paths/1/next", json!("week"));
    set(
        &mut input,
        "/steps/-",
        json!({"id": "week", "do": {"kind": "wait", "for": "7d"}, "next": "hook"}),
    );
    let changed = send(&watching, "PUT", &path(""), &input, 200);
    assert_eq!((&changed["changed"], &changed["published"]), (&json!(true), &json!(1)));
    let review = send(&watching, "GET", &path("/review"), &Value::Null, 200);
    assert_eq!(review["version"], changed["version"]);
    assert_eq!((&review["added"], &review["removed"]), (&json!(["week"]), &json!(["day"])));
    assert_eq!((&review["changed"], &review["steps"]), (&json!(["coin"]), &json!([])));
    for (moves, status) in [
        (json!({"nobody": {"kind": "exit"}}), 422),
        (json!({"day": {"kind": "to", "step": "day"}}), 422),
        (json!({"day": {"kind": "to", "step": "week"}}), 200),
    ] {
        post("/publish", &json!({"moves": moves}), status);
    }
    let versions = send(&watching, "GET", &path("/versions"), &Value::Null, 200);
    let versions = versions["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    let to = |step: &str| json!({"kind": "to", "step": step});
    let expected =
        json!({"ask": to("ask"), "coin": to("coin"), "hook": to("hook"), "day": to("week")});
    assert_eq!((&versions[0]["number"], &versions[0]["moves"]), (&json!(2), &expected));
    assert_eq!(versions[1]["moves"], json!({}));
    // Conditions of what is published have one form, whatever form they were written in.
    assert_eq!(versions[0]["definition"]["audience"]["id"], "buyers", "{}", versions[0]);

    assert_eq!(post("/pause", &json!({}), 200)["status"], "paused");
    post("/pause", &json!({}), 409);
    assert_eq!(
        post("/publish", &json!({"moves": {"day": {"kind": "exit"}}}), 200)["status"],
        "paused"
    );
    assert_eq!(post("/resume", &json!({}), 200)["status"], "running");
    send(&watching, "DELETE", &path(""), &Value::Null, 409);
    assert_eq!(post("/stop", &json!({}), 200)["status"], "stopped");
    post("/resume", &json!({}), 409);
    assert_eq!(post("/publish", &json!({}), 200)["status"], "running");
    assert_eq!(post("/stop", &json!({}), 200)["status"], "stopped");
    let list = send(&watching, "GET", "/api/journeys", &Value::Null, 200);
    assert_eq!(list["journeys"].as_array().unwrap().len(), 2);
    send(&watching, "DELETE", &path(""), &Value::Null, 204);
    send(&watching, "GET", &path(""), &Value::Null, 404);
}

#[test]
fn where_messages_need_approval_nobody_publishes_what_they_wrote() {
    let watching = start();
    let policy = json!({"control": 0.0, "caps": [], "gaps": [], "quiet": [], "legal_hours": false, "approval": true});
    send(&watching, "PUT", "/api/settings/contact-policy", &policy, 200);
    let made = send(&watching, "POST", "/api/journeys", &checkout("checkout"), 201);
    let publish = |key: &str, body: &Value| {
        watching.server.send_as(key, "POST", "/api/journeys/checkout/publish", &body.to_string())
    };
    let own = publish(&watching.server.key, &json!({"version": made["version"]}));
    assert_eq!(own.code(), (403, json!("journey.own_publish")));
    let workspace = watching.server.service.workspace();
    let other = workspace.config().create_key(Scope::Admin, "colleague", 0).unwrap();
    assert_eq!(publish(&other, &json!({})).code(), (409, json!("journey.approval_missing")));
    assert_eq!(publish(&other, &json!({"version": made["version"]})).0, 200);
    // Keys that may only read look, and see no values of persons.
    let reader = workspace.config().create_key(Scope::Read, "board", 0).unwrap();
    let seen = watching.server.send_as(&reader, "GET", "/api/journeys/checkout", "");
    assert_eq!((seen.0, &seen.json()["definition"]["id"]), (200, &json!("checkout")));
    assert_eq!(watching.server.send_as(&reader, "POST", "/api/journeys/checkout/stop", "").0, 403);
}

/// One event of a run, as the writer tells them: minutes after ten, its name, and its properties.
type Line<'a> = (i64, &'a str, &'a [(&'a str, &'a str)]);

/// What the writer would tell of a run of a user.
fn tell(watching: &Watching, user: &str, n: u64, lines: &[Line]) {
    let run = EventId(1 << 127 | u128::from(n));
    let record = |number: u64, (minutes, name, properties): &Line| {
        let mut all: Vec<(Text, model::Value)> = properties
            .iter()
            .map(|(name, value)| (Text::new(name), model::Value::text(value)))
            .collect();
        if *name == ENTERED {
            all.push((Text::new(VERSION), model::Value::Int(1)));
        }
        let id = match name.starts_with("Journey") {
            true => {
                all.push((Text::new(JOURNEY), model::Value::text("checkout")));
                all.push((Text::new(RUN), model::Value::text(&run.to_string())));
                all.push((Text::new(NUMBER), model::Value::Int(number as i64)));
                journey::event_id(run, number)
            }
            false => {
                all.push((Text::new(MESSAGE), model::Value::text(&format!("{:032x}", n << 8))));
                EventId::of(&format!("{n}/{name}"))
            }
        };
        model::record::sort_properties(&mut all);
        let time = at("2026-03-02T10:00:00Z").plus(model::Span(minutes * 60_000));
        let event = Event { name: Text::new(name), time, id, properties: all };
        Record { received_at: time, who: Who::user(user), what: What::Event(event) }
    };
    let mut number = 0;
    let mut records = Vec::new();
    for line in lines {
        records.push(record(number, line));
        number += u64::from(line.1.starts_with("Journey"));
    }
    let workspace = watching.server.service.workspace();
    workspace.enqueue(records).unwrap().wait().unwrap();
}

#[test]
fn the_report_the_people_and_their_paths_are_those_of_what_was_told() {
    let watching = start();
    send(&watching, "POST", "/api/journeys", &checkout("checkout"), 201);
    send(&watching, "POST", "/api/journeys/checkout/publish", &json!({}), 200);
    // Nobody comes in while this is told.
    send(&watching, "POST", "/api/journeys/checkout/pause", &json!({}), 200);
    let bought = |user: &str, minute: u32| {
        let time = format!("2026-03-02T10:{minute:02}:00Z");
        track(user, "Purchase", &time, &json!({"amount": 30}))
    };
    watching.until("2026-03-02T11:00:00Z");
    watching.batch(&[
        track("ada", "Checkout Started", "2026-03-02T10:00:00Z", &json!({})),
        bought("ada", 1),
        bought("cyd", 20),
    ]);
    let cause = |user: &str, name: &str| {
        let events = watching.server.get(&format!("/api/users/{user}/events"));
        let all = events["events"].as_array().unwrap().clone();
        all.iter().find(|event| event["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (began, did) = (cause("ada", "Checkout Started"), cause("ada", "Purchase"));
    let to_coin = [(FROM, "ask"), (PATH, journey::path::OTHERWISE), (STEP, "coin")];
    let withheld = [(CAMPAIGN, "checkout/hook"), (VARIANT, "hook"), (REASON, "frequency_cap")];
    let queued = [(CAMPAIGN, "checkout/hook"), (VARIANT, "hook")];
    tell(
        &watching,
        "ada",
        1,
        &[
            (0, ENTERED, &[(STEP, "ask"), (CAUSE, &began)]),
            (1, EXITED, &[(FROM, "ask"), (REASON, "completed"), (PATH, "bought"), (CAUSE, &did)]),
        ],
    );
    tell(
        &watching,
        "bob",
        2,
        &[
            (0, ENTERED, &[(STEP, "ask")]),
            (2, MOVED, &to_coin),
            (2, MOVED, &[(FROM, "coin"), (PATH, "a"), (STEP, "hook")]),
            (2, WITHHELD, &withheld),
            (3, EXITED, &[(FROM, "hook"), (REASON, "completed")]),
        ],
    );
    tell(
        &watching,
        "cyd",
        3,
        &[
            (0, ENTERED, &[(STEP, "ask")]),
            (2, MOVED, &to_coin),
            (2, MOVED, &[(FROM, "coin"), (PATH, "b"), (STEP, "day")]),
        ],
    );
    tell(
        &watching,
        "dan",
        4,
        &[
            (0, ENTERED, &[(STEP, "ask")]),
            (2, MOVED, &to_coin),
            (2, MOVED, &[(FROM, "coin"), (PATH, "a"), (STEP, "hook")]),
            (2, QUEUED, &queued),
        ],
    );
    tell(&watching, "eve", 5, &[(0, HELD_OUT, &[(GROUP, "campaign")])]);

    let get = |path: &str| watching.server.get(path);
    let report = get("/api/journeys/checkout/report");
    let numbers = ["entered", "users", "held_out", "waiting", "unaccounted"]
        .map(|name| report[name].as_u64());
    assert_eq!(numbers, [4, 4, 1, 2, 0].map(Some), "{report:#}");
    assert_eq!(report["exited"], json!([{"reason": "completed", "count": 2}]));
    let step = |id: &str| {
        let steps = report["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == id).unwrap().clone()
    };
    assert_eq!(step("ask")["entered"], 4);
    assert_eq!(
        step("ask")["moved"],
        json!([{"path": "otherwise", "name": "otherwise", "to": "coin", "count": 3}])
    );
    assert_eq!((&step("day")["waiting"], &step("hook")["waiting"]), (&json!(1), &json!(1)));
    let message = &step("hook")["message"];
    assert_eq!((&message["queued"], &message["withheld"]), (&json!(1), &json!(1)), "{message}");
    assert_eq!(step("coin")["message"], Value::Null);
    let goal = &report["goals"][0];
    let arms = |of: &Value| -> Vec<(String, u64, u64)> {
        let one = |arm: &Value| {
            let n = |name: &str| arm[name].as_u64().unwrap();
            (arm["arm"].as_str().unwrap().to_owned(), n("users"), n("converted"))
        };
        of["arms"].as_array().unwrap().iter().map(one).collect()
    };
    assert_eq!(arms(goal), [("control".to_owned(), 1, 0), ("journey".to_owned(), 4, 2)]);
    assert_eq!(goal["arms"][1]["revenue"], 60.0);
    assert!(goal["no_effect_because"].is_string() && goal["effects"] == json!([]), "{goal}");
    let few = json!({"code": "effect.few_control", "values": {"users": 1, "needed": 30}});
    assert_eq!(goal["no_effect_because_code"], few);
    let paths = &report["paths"][0];
    assert_eq!((&paths["step"], &paths["kind"]), (&json!("coin"), &json!("random")));
    assert_eq!(arms(&paths["goals"][0]), [("a".to_owned(), 2, 0), ("b".to_owned(), 1, 1)]);
    // A range without anybody.
    let later = get("/api/journeys/checkout/report?from=2026-03-02T10:30:00Z");
    assert_eq!((&later["entered"], &later["waiting"]), (&json!(0), &json!(0)));
    send(
        &watching,
        "GET",
        "/api/journeys/checkout/report?from=2026-03-03&to=2026-03-02",
        &Value::Null,
        400,
    );

    let waiting = get("/api/journeys/checkout/waiting?limit=1");
    assert_eq!(waiting["total"], 2);
    let next = waiting["next"].as_str().unwrap();
    let second = get(&format!("/api/journeys/checkout/waiting?limit=1&after={next}"));
    let of =
        |page: &Value| (page["waiting"][0]["user"].clone(), page["waiting"][0]["step"].clone());
    assert_eq!(
        [of(&waiting), of(&second)],
        [(json!("cyd"), json!("day")), (json!("dan"), json!("hook"))]
    );
    assert_eq!(second["next"], Value::Null);
    assert_eq!(get("/api/journeys/checkout/waiting?step=ask")["total"], 0);
    send(&watching, "GET", "/api/journeys/checkout/waiting?after=x", &Value::Null, 400);
    let list = get("/api/journeys");
    let one = &list["journeys"][0];
    let numbers = ["entered", "waiting", "held_out"].map(|name| one[name].as_u64());
    assert_eq!(numbers, [4, 2, 1].map(Some));

    let run = |user: &str| {
        let all = get(&format!("/api/users/{user}/journeys"));
        let runs = all["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1, "{all}");
        runs[0].clone()
    };
    let why = |run: &Value| -> Vec<String> {
        let steps = run["steps"].as_array().unwrap();
        steps.iter().map(|step| step["why"].as_str().unwrap().to_owned()).collect()
    };
    let ada = run("ada");
    assert_eq!(why(&ada), ["\"Checkout Started\" at 2026-03-02T10:00:00.000Z"]);
    assert_eq!((&ada["exit"]["reason"], &ada["version"]), (&json!("completed"), &json!(1)));
    let bob = run("bob");
    assert_eq!(why(&bob)[1..], ["nothing of it within 2m", "drawn: a"]);
    let said = [&bob["steps"][1]["why_code"], &bob["steps"][2]["why_code"]];
    let within = json!({"code": "path.nothing_within", "values": {"within": "2m"}});
    assert_eq!(said, [&within, &json!({"code": "path.drawn", "values": {"path": "a"}})]);
    let cyd = run("cyd");
    assert_eq!((&cyd["due_at"], &cyd["exit"]), (&json!("2026-03-03T10:02:00.000Z"), &Value::Null));
    assert_eq!(run("eve")["held_out"], "campaign");
    send(&watching, "GET", "/api/users/nobody/journeys", &Value::Null, 404);

    // Whoever waits is told in the review, with where they would go.
    let mut input = checkout("checkout");
    input["steps"].as_array_mut().unwrap().remove(3);
    set(&mut input, "/steps/1/do/paths/1/next", json!("hook"));
    send(&watching, "PUT", "/api/journeys/checkout", &input, 200);
    let review = get("/api/journeys/checkout/review");
    let told = review["steps"].as_array().unwrap();
    let told: Vec<_> =
        told.iter().map(|of| (&of["step"], &of["waiting"], &of["proposed"])).collect();
    let (to_hook, finish) = (json!({"kind": "to", "step": "hook"}), json!({"kind": "finish"}));
    assert_eq!(told, [(&json!("hook"), &json!(1), &to_hook), (&json!("day"), &json!(1), &finish)]);
}

#[test]
fn every_ready_journey_is_taken_and_published() {
    let watching = start();
    let smtp = json!({"name": "Mail", "settings": {"kind": "smtp", "host": "127.0.0.1", "port": 9,
                      "security": "none", "from": "news@shop.example"}});
    send(&watching, "POST", "/api/providers", &smtp, 201);
    let shop = json!({"name": "Shop", "settings": {"kind": "webhook"}});
    send(&watching, "POST", "/api/providers", &shop, 201);
    let plays = watching.server.get("/api/journeys/plays");
    let plays = plays["plays"].as_array().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/journeys");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|own| own == "json")).collect();
    let story = |path: &std::path::PathBuf| path.to_string_lossy().ends_with(".story.json");
    let files: Vec<_> = files.into_iter().filter(|path| !story(path)).collect();
    assert_eq!(files.len(), plays.len());
    for path in files {
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let id = written["id"].as_str().unwrap();
        assert_eq!(path.file_stem().unwrap().to_str(), Some(id));
        assert!(plays.iter().any(|play| play["id"] == id), "{id}");
        let made = send(&watching, "POST", "/api/journeys", &written, 201);
        assert_eq!(made["problems"], json!([]), "{id}");
        let path = format!("/api/journeys/{id}/publish");
        assert_eq!(send(&watching, "POST", &path, &json!({}), 200)["status"], "running");
    }
}
