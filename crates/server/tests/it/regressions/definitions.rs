//! Definitions: new, edited, renamed, used by others; lifecycles and frameworks; who is told.

use serde_json::{Value, json};

use crate::live::stream;
use crate::watching::{Watching, alias};
use crate::webhooks::{create, receive};

#[test]
fn r07_whoever_waits_for_a_segment_is_woken_by_it_whatever_the_first_was() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("carts", "did \"Cart\" in last 1d");
    w.segment("paid", "did \"Purchase\" in last 1h");
    w.segment("unpaid", "in segment \"carts\" and not in segment \"paid\"");
    let receiver = receive(&[]);
    create(&w.server, &receiver.url(), &json!({"watches": ["segment/paid"]}));
    let mut waiting = stream(&w.server, "?kind=transitions&watch=segment/paid", "");
    let mut unpaid = stream(&w.server, "?kind=transitions&watch=segment/unpaid", "");
    w.until("2026-03-02T00:00:00Z");
    w.event("ada", "Cart", "2026-03-02T00:00:00Z");
    w.until("2026-03-02T00:30:00Z");
    w.event("ada", "Purchase", "2026-03-02T00:30:00Z");
    w.until("2026-03-02T01:29:59.999Z");
    w.check();
    w.until("2026-03-02T01:30:00Z");
    w.check();
    let expected = [("entered", "2026-03-02T00:30:00.000Z"), ("left", "2026-03-02T01:30:00.000Z")];
    for (kind, at) in expected {
        let (_, _, told) = waiting.next(&["transition"]);
        assert_eq!(told["watch"], json!("segment/paid"));
        assert_eq!((&told["kind"], &told["at"]), (&json!(kind), &json!(at)));
        let arrived = receiver.next().body;
        assert_eq!(arrived["type"], json!(format!("segment.{kind}")));
        assert_eq!((&arrived["data"]["user"], &arrived["data"]["at"]), (&json!("ada"), &json!(at)));
        assert_eq!(arrived["data"]["id"], told["id"], "one id everywhere");
    }
    let heard: Vec<Value> = (0..3).map(|_| unpaid.next(&["transition"]).2).collect();
    let kinds: Vec<&Value> = heard.iter().map(|told| &told["kind"]).collect();
    assert_eq!(kinds, ["entered", "left", "entered"]);
}

#[test]
fn r05_compaction_changes_no_answer() {
    let w = Watching::start("2026-01-01T00:00:00Z");
    w.segment("keen", "did \"Purchase\" at least 3 times in last 30d");
    w.segment("lapsed", "did \"Visit\" and not did \"Visit\" in last 20d");
    w.segment("spent", "sum(amount) of \"Purchase\" in last 60d > 60");
    w.segment("pro", "plan = \"pro\" for at least 10d");
    w.segment("order", "did \"Visit\" then \"Purchase\" within 2d in last 60d");
    let ids = ["keen", "lapsed", "spent", "pro", "order"];
    for day in 0..80 {
        let (month, of_month) = (1 + day / 28, 1 + day % 28);
        let now = format!("2026-0{month}-{of_month:02}T12:00:00Z");
        w.until(&now);
        let user = format!("u{}", day * day % 11);
        w.event("steady", "Visit", &now);
        w.event(&user, "Visit", &now);
        w.event_with(&user, "Purchase", &now, json!({"amount": day % 40}));
        let plan = ["free", "pro"][day / 3 % 2];
        w.traits(&user, &now, json!({"plan": plan}));
        if day % 20 == 9 {
            w.server.service.workspace().checkpoint().unwrap();
        }
    }
    w.batch(&[alias("u1", "u3", "2026-03-24T12:00:00Z")]);
    w.check();
    let instants = ["2026-01-20T00:00:00Z", "2026-02-14T12:00:00Z", "2026-03-24T12:00:00Z"];
    let answers = |w: &Watching| {
        let of = |id: &str| {
            let members = instants.map(|instant| w.history(id, instant));
            (w.members(id), members, w.story(id))
        };
        ids.map(of)
    };
    let before = answers(&w);
    assert_eq!(w.server.send("POST", "/api/history/compact", "").0, 200);
    assert_eq!(answers(&w), before);
    w.check();
    // Late records and time go on from what was compacted.
    w.event_with("u4", "Purchase", "2026-02-20T00:00:00Z", json!({"amount": 30}));
    w.traits("u5", "2026-02-01T00:00:00Z", json!({"plan": "free"}));
    w.check();
    w.until("2026-04-10T00:00:00Z");
    w.check();
    let before = answers(&w);
    w.server.service.workspace().compact().unwrap();
    assert_eq!(answers(&w), before);
    w.until("2026-06-10T00:00:00Z");
    w.check();
}

#[test]
fn r10_a_new_name_moves_nobody() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    for user in 0..60 {
        w.event(&format!("u{user}"), "Visit", "2026-02-28T00:00:00Z");
    }
    w.named("half", "Half", "bucket 0 to 5000");
    w.named("other", "Other half", "bucket 5000 to 10000");
    let members = w.history("half", "2026-03-01T00:00:00Z");
    assert!((10..50).contains(&members.len()), "{members:?}");
    assert_eq!(w.members("half") + w.members("other"), 60);
    w.check();
    let told = (w.story("half"), w.story("other"));
    w.until("2026-03-02T00:00:00Z");
    w.named("half", "A quite different name", "bucket 0 to 5000");
    w.named("other", "Half", "bucket 5000 to 10000");
    assert_eq!(w.history("half", "2026-03-02T00:00:00Z"), members);
    assert_eq!((w.story("half"), w.story("other")), told);
    w.check();
    w.event("u61", "Visit", "2026-03-02T00:00:00Z");
    w.check();
}

#[test]
fn r28_an_edited_segment_lets_old_members_go() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("keen", "did \"Purchase\" in last 7d");
    w.until("2026-03-02T00:00:00Z");
    for (user, event) in
        [("ada", "Purchase"), ("bob", "Purchase"), ("bob", "Visit"), ("cem", "Visit")]
    {
        w.event(user, event, "2026-03-02T00:00:00Z");
    }
    w.until("2026-03-03T00:00:00Z");
    w.segment("keen", "did \"Visit\" in last 7d");
    assert_eq!(w.members("keen"), 2);
    w.check();
    assert_eq!(
        w.happened("keen"),
        [
            "2026-03-02T00:00:00.000Z ada entered",
            "2026-03-02T00:00:00.000Z bob entered",
            "2026-03-03T00:00:00.000Z ada left",
            "2026-03-03T00:00:00.000Z cem entered",
        ],
        "bob stays"
    );
    // The old meaning is over: its time tells nothing.
    w.event("ada", "Purchase", "2026-03-03T00:00:00Z");
    assert_eq!(w.members("keen"), 2);
    w.until("2026-03-09T00:00:00Z");
    assert_eq!(w.members("keen"), 0);
    w.check();
    // And back: those of whom nothing was kept meanwhile are brought in again.
    w.segment("keen", "did \"Purchase\" in last 7d");
    assert_eq!(w.members("keen"), 1);
    w.check();
    // What uses an edited segment moves with it.
    w.segment("both", "in segment \"keen\" or did \"Gift\"");
    assert_eq!(w.members("both"), 1);
    w.segment("keen", "did \"Visit\"");
    assert_eq!((w.members("keen"), w.members("both")), (2, 2));
    w.check();
    w.until("2026-03-12T00:00:00Z");
    w.check();
}

#[test]
fn an_edited_segment_is_put_right_by_what_comes_late() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("keen", "did \"Purchase\" in last 30d");
    w.until("2026-03-02T00:00:00Z");
    for user in ["ada", "bob"] {
        w.event(user, "Purchase", "2026-03-02T00:00:00Z");
    }
    w.event("bob", "Visit", "2026-03-02T00:00:00Z");
    w.until("2026-03-05T00:00:00Z");
    w.segment("keen", "did \"Visit\" in last 30d and not did \"Leave\"");
    assert_eq!(w.members("keen"), 1);
    w.until("2026-03-10T00:00:00Z");
    w.event("ada", "Visit", "2026-03-04T00:00:00Z");
    w.event("bob", "Leave", "2026-03-04T00:00:00Z");
    w.event("cem", "Visit", "2026-03-04T00:00:00Z");
    assert_eq!(w.members("keen"), 2);
    w.check();
    w.event("ada", "Leave", "2026-03-09T23:50:00Z");
    w.event("bob", "Visit", "2026-03-09T23:50:00Z");
    assert_eq!(w.members("keen"), 1);
    w.check();
}

#[test]
fn r29_a_new_segment_sees_the_history_at_once() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    for (user, day) in [("ada", "01"), ("bob", "10"), ("cem", "20")] {
        let time = format!("2026-02-{day}T00:00:00Z");
        w.event_with(user, "Purchase", &time, json!({"amount": 20}));
        w.traits(user, &time, json!({"plan": "pro"}));
    }
    let definitions = [
        ("recent", "did \"Purchase\" in last 20d", 2),
        ("ever", "did \"Purchase\"", 3),
        ("never", "not did \"Purchase\" in last 15d", 2),
        ("spent", "sum(amount) of \"Purchase\" > 10", 3),
        ("pro", "plan = \"pro\" for at least 10d", 2),
        ("composed", "in segment \"recent\" and plan = \"pro\"", 2),
    ];
    for (id, definition, members) in definitions {
        w.segment(id, definition);
        assert_eq!(w.members(id), members, "{id}");
    }
    w.check();
    // What the history told goes on: windows end, sums grow.
    w.until("2026-03-02T00:00:00Z");
    w.check();
    assert_eq!(w.members("pro"), 3);
    w.event_with("bob", "Purchase", "2026-03-02T00:00:00Z", json!({"amount": 1}));
    w.event_with("bob", "Purchase", "2026-02-25T00:00:00Z", json!({"amount": 1}));
    w.check();
    w.until("2026-04-02T00:00:00Z");
    assert_eq!(w.members("recent"), 0);
    w.check();
}

#[test]
fn a_state_that_lasts_is_told_when_it_has_lasted() {
    let w = Watching::start("2026-03-01T12:00:00Z");
    let states = json!({"states": [
        {"key": "active", "name": "Active", "definition": "did \"Visit\" in last 2d"},
        {"key": "quiet", "name": "Quiet", "definition": "did \"Visit\""},
    ]});
    assert_eq!(w.server.send("PUT", "/api/lifecycle/definition", &states.to_string()).0, 200);
    w.settle();
    w.segment("gone", "lifecycle is \"quiet\" for at least 3d");
    w.segment("lapsed", "lifecycle is \"quiet\" was \"active\"");
    w.until("2026-03-02T12:00:00Z");
    w.event("ada", "Visit", "2026-03-02T12:00:00Z");
    w.traits("bob", "2026-03-02T12:00:00Z", json!({"plan": "free"}));
    let places = |active, quiet| vec![("active".to_owned(), active), ("quiet".to_owned(), quiet)];
    assert_eq!(w.places("lifecycle/default"), places(1, 0));
    w.check();
    w.until("2026-03-04T12:00:00Z");
    assert_eq!((w.places("lifecycle/default"), w.members("lapsed")), (places(0, 1), 1));
    w.until("2026-03-07T11:59:59.999Z");
    assert_eq!(w.members("gone"), 0);
    w.until("2026-03-07T12:00:00Z");
    assert_eq!(w.members("gone"), 1);
    w.check();
    // A late visit: quiet began a day later, and has not lasted yet.
    w.event("ada", "Visit", "2026-03-03T12:00:00Z");
    assert_eq!(w.members("gone"), 0);
    w.check();
    w.until("2026-03-08T12:00:00Z");
    assert_eq!(w.members("gone"), 1);
    assert_eq!(w.happened("gone"), ["2026-03-08T12:00:00.000Z ada entered"]);
    w.event("ada", "Visit", "2026-03-08T12:00:00Z");
    assert_eq!((w.places("lifecycle/default"), w.members("gone")), (places(1, 0), 0));
    w.check();
    let told = w.server.get("/api/users/ada/transitions?watch=lifecycle/default");
    let newest = &told["transitions"][0];
    assert_eq!((&newest["from"], &newest["to"]), (&json!("quiet"), &json!("active")));
    // Another meaning of the same states.
    w.until("2026-03-09T12:00:00Z");
    let states = json!({"states": [
        {"key": "active", "name": "Active", "definition": "did \"Visit\" in last 4d"},
        {"key": "quiet", "name": "Quiet", "definition": "did \"Visit\""},
    ]});
    assert_eq!(w.server.send("PUT", "/api/lifecycle/definition", &states.to_string()).0, 200);
    w.settle();
    w.check();
    w.until("2026-03-15T11:59:59.999Z");
    w.check();
    assert_eq!((w.places("lifecycle/default"), w.members("gone")), (places(0, 1), 0));
    w.until("2026-03-15T12:00:00Z");
    assert_eq!(w.members("gone"), 1);
    w.check();
}

#[test]
fn a_stage_framework_moves_as_its_states_do() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    let states = [
        ("committed", "did \"Purchase\" in last 30d"),
        ("interested", "did \"Cart\" in last 7d"),
        ("aware", "did \"Visit\" in last 2d"),
    ];
    let written: Vec<Value> =
        states.iter().map(|(key, of)| json!({"key": key, "name": key, "definition": of})).collect();
    let body = json!({"name": "Stages", "states": written}).to_string();
    assert_eq!(w.server.send("PUT", "/api/frameworks/mine", &body).0, 200);
    w.settle();
    // The same states as segments, each without those before it.
    let mut before = String::new();
    for (key, of) in states {
        w.segment(key, &format!("{of}{before}"));
        before += &format!(" and not {of}");
    }
    let steps = [
        ("2026-03-02T00:00:00Z", "Visit", "aware"),
        ("2026-03-02T12:00:00Z", "Cart", "interested"),
        ("2026-03-03T00:00:00Z", "Purchase", "committed"),
    ];
    let same = |place: &str| {
        w.check();
        for (key, users) in w.places("lifecycle/mine") {
            assert_eq!(users, w.members(&key), "{key}");
            assert_eq!(users, u64::from(key == place), "{key}");
        }
    };
    for (time, event, place) in steps {
        w.until(time);
        w.event("ada", event, time);
        same(place);
    }
    w.until("2026-04-01T23:59:59.999Z");
    same("committed");
    w.event("ada", "Visit", "2026-04-01T00:00:00Z");
    w.until("2026-04-02T00:00:00Z");
    same("aware");
    w.until("2026-04-03T00:00:00Z");
    same("");
    let told = w.server.get("/api/users/ada/transitions?watch=lifecycle/mine");
    let told = told["transitions"].as_array().unwrap().iter().rev();
    let moves: Vec<(&Value, &Value)> = told.map(|t| (&t["from"], &t["to"])).collect();
    let place = |key: &str| if key.is_empty() { json!(null) } else { json!(key) };
    let expected = ["", "aware", "interested", "committed", "aware", ""].map(place);
    assert_eq!(moves, expected.iter().zip(&expected[1..]).collect::<Vec<_>>());
}
