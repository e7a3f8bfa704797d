//! Journeys from the public API in to a real receiver out, with the clock in our hands: what goes wrong elsewhere
//! and must not here.

use serde_json::{Value, json};

use super::outreach::{Receiver, send, start};
use super::watching::{End, Watching};

/// A message to the receiver.
pub fn message(receiver: &Receiver, says: &str) -> Value {
    let url = format!("http://{}/hook", receiver.address);
    let body = format!(
        "{{\"user\": \"{{{{ profile.id }}}}\", \"says\": \"{says}\", \
         \"item\": \"{{{{ event.item }}}}\", \"tier\": \"{{{{ profile.tier }}}}\"}}"
    );
    let content = json!({"default": {"kind": "webhook", "url": url, "body": body}});
    json!({"kind": "message", "message": {"channel": "webhook", "content": content}})
}

pub fn on(event: &str) -> Value {
    json!({"kind": "event", "event": event})
}

/// A journey without control group, published.
pub fn publish(watching: &Watching, id: &str, entry: &Value, steps: &Value, more: &Value) {
    let mut journey = json!({"id": id, "name": id, "entry": entry, "steps": steps, "control": 0.0});
    super::outreach::merge(&mut journey, more);
    let made = send(watching, "POST", "/api/journeys", &journey, 201);
    let problems = made["problems"].as_array().unwrap();
    assert!(problems.iter().all(|problem| problem["error"] == false), "{made}");
    act(watching, id, "publish");
}

pub fn act(watching: &Watching, id: &str, what: &str) {
    send(watching, "POST", &format!("/api/journeys/{id}/{what}"), &json!({}), 200);
    watching.settle();
}

/// The way of a user, oldest run first: instants and steps, and how each run ended.
pub fn way(watching: &Watching, user: &str) -> Vec<String> {
    let mut answer = watching.server.get(&format!("/api/users/{user}/journeys"));
    let mut runs = std::mem::take(answer["runs"].as_array_mut().unwrap());
    runs.reverse();
    let time = |value: &Value| value.as_str().unwrap()[11..].trim_end_matches('Z').to_owned();
    let mut told = Vec::new();
    for run in &runs {
        for step in run["steps"].as_array().unwrap() {
            told.push(format!("{} {}", time(&step["at"]), step["step"].as_str().unwrap()));
        }
        if let Some(exit) = run["exit"].as_object() {
            told.push(format!("{} out: {}", time(&exit["at"]), exit["reason"].as_str().unwrap()));
        }
    }
    told
}

/// Users and what they were told, in alphabetical order.
fn heard(receiver: &Receiver) -> Vec<String> {
    let bodies = receiver.bodies();
    let text = |body: &Value, name: &str| body[name].as_str().unwrap().to_owned();
    let mut heard: Vec<String> = bodies
        .iter()
        .map(|body| format!("{} {}", text(body, "user"), text(body, "says")))
        .collect();
    heard.sort();
    heard
}

/// Waits until so many different things were heard. A webhook in doubt is sent again under the same id, which
/// receivers drop repetitions by.
fn wait_for_different(receiver: &Receiver, n: usize) -> Vec<String> {
    let started = std::time::Instant::now();
    loop {
        let mut all = heard(receiver);
        all.dedup();
        if all.len() >= n {
            return all;
        }
        assert!(started.elapsed().as_secs() < 60, "{all:?}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn bought_in_two_minutes(receiver: &Receiver) -> Value {
    json!([
        {"id": "wait", "do": {"kind": "wait_for", "within": "2m", "otherwise": "nudge",
         "any": [{"id": "bought", "when": on("Purchase")}]}},
        {"id": "nudge", "do": message(receiver, "come back")},
    ])
}

#[test]
fn a_window_of_two_minutes_is_exact() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = bought_in_two_minutes(&receiver);
    publish(&watching, "two", &on("Checkout"), &steps, &json!({}));
    watching.event("ada", "Checkout", "2026-03-02T10:00:00Z");
    watching.event("bob", "Checkout", "2026-03-02T10:00:00Z");
    watching.until("2026-03-02T10:01:59.999Z");
    watching.event("ada", "Purchase", "2026-03-02T10:01:59.999Z");
    watching.until("2026-03-02T10:02:00Z");
    receiver.wait_for(1);
    assert_eq!(heard(&receiver), ["bob come back"]);
    assert_eq!(way(&watching, "ada"), ["10:00:00.000 wait", "10:01:59.999 out: completed"]);
    assert_eq!(
        way(&watching, "bob"),
        ["10:00:00.000 wait", "10:02:00.000 nudge", "10:02:00.000 out: completed"]
    );
    let report = watching.server.get("/api/journeys/two/report");
    assert_eq!((&report["entered"], &report["waiting"]), (&json!(2), &json!(0)), "{report}");
}

#[test]
fn r07_a_wait_is_woken_by_a_segment_that_lets_nobody_in() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    watching.segment("vip", "did \"Purchase\" at least 2 times in last 1d");
    let steps = json!([
        {"id": "wait", "do": {"kind": "wait_for", "within": "7d", "any":
            [{"id": "vip", "when": {"kind": "enters", "segment": "vip"}, "next": "thanks"}]}},
        {"id": "thanks", "do": message(&receiver, "thank you")},
    ]);
    publish(&watching, "vips", &on("Signup"), &steps, &json!({}));
    watching.event("ada", "Signup", "2026-03-02T10:00:00Z");
    watching.until("2026-03-02T11:00:00Z");
    watching.event("ada", "Purchase", "2026-03-02T11:00:00Z");
    watching.until("2026-03-02T12:00:00Z");
    assert_eq!(way(&watching, "ada"), ["10:00:00.000 wait"]);
    watching.event("ada", "Purchase", "2026-03-02T12:00:00Z");
    receiver.wait_for(1);
    assert_eq!(way(&watching, "ada")[1], "12:00:00.000 thanks");
}

#[test]
fn r08_enter_and_leave_within_a_second_lets_in() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    watching.segment("odd", "did \"Toggle\" and not did \"Toggle\" at least 2 times");
    let steps = json!([{"id": "hello", "do": message(&receiver, "hello")}]);
    let entry = json!({"kind": "enters", "segment": "odd"});
    publish(&watching, "odds", &entry, &steps, &json!({}));
    watching.batch(&[
        super::watching::track("ada", "Toggle", "2026-03-02T10:00:00.100Z", &json!({})),
        super::watching::track("ada", "Toggle", "2026-03-02T10:00:00.900Z", &json!({})),
    ]);
    watching.until("2026-03-02T10:00:05Z");
    receiver.wait_for(1);
    assert_eq!(heard(&receiver), ["ada hello"]);
}

#[test]
fn r11_r19_a_crash_leaves_nobody_behind_and_repeats_nothing() {
    let (mut watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = json!([
        {"id": "first", "do": message(&receiver, "first"), "next": "mark"},
        {"id": "mark", "do": {"kind": "update", "set": {"tier": "gold"}}, "next": "rest"},
        {"id": "rest", "do": {"kind": "wait", "for": "1h"}, "next": "second"},
        {"id": "second", "do": message(&receiver, "second")},
    ]);
    publish(&watching, "long", &on("Signup"), &steps, &json!({}));
    for user in ["ada", "bob", "cyd"] {
        watching.event(user, "Signup", "2026-03-02T10:00:00Z");
        watching = watching.restart(End::Killed);
    }
    wait_for_different(&receiver, 3);
    watching.until("2026-03-02T10:30:00Z");
    watching = watching.restart(End::Closed);
    watching = watching.restart(End::Killed);
    // Nobody noticed that an hour has passed before the machine stops again.
    watching.unnoticed("2026-03-02T11:00:00Z");
    watching = watching.restart(End::Killed);
    watching.until("2026-03-02T11:00:01Z");
    wait_for_different(&receiver, 6);
    watching = watching.restart(End::Killed);
    watching.settle();
    let of = |says: &str| ["ada", "bob", "cyd"].map(|user| format!("{user} {says}"));
    let mut all: Vec<String> = of("first").into_iter().chain(of("second")).collect();
    all.sort();
    assert_eq!(wait_for_different(&receiver, 6), all);
    for user in ["ada", "bob", "cyd"] {
        assert_eq!(
            way(&watching, user),
            [
                "10:00:00.000 first",
                "10:00:00.000 mark",
                "10:00:00.000 rest",
                "11:00:00.000 second",
                "11:00:00.000 out: completed"
            ]
        );
    }
}

#[test]
fn r12_pause_keeps_people_in_place_and_resume_continues_in_journeys() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = bought_in_two_minutes(&receiver);
    publish(&watching, "two", &on("Checkout"), &steps, &json!({}));
    watching.event("ada", "Checkout", "2026-03-02T10:00:00Z");
    watching.event("bob", "Checkout", "2026-03-02T10:00:00Z");
    act(&watching, "two", "pause");
    watching.until("2026-03-02T10:01:00Z");
    watching.event("ada", "Purchase", "2026-03-02T10:01:00Z");
    watching.event("cyd", "Checkout", "2026-03-02T10:01:00Z");
    watching.until("2026-03-02T12:00:00Z");
    let watching = watching.restart(End::Killed);
    assert_eq!(way(&watching, "ada"), ["10:00:00.000 wait"]);
    assert_eq!(way(&watching, "cyd"), Vec::<String>::new());
    assert!(receiver.bodies().is_empty());
    act(&watching, "two", "resume");
    receiver.wait_for(1);
    assert_eq!(heard(&receiver), ["bob come back"]);
    assert_eq!(way(&watching, "ada")[1], "10:01:00.000 out: completed");
    act(&watching, "two", "stop");
    watching.event("dan", "Checkout", "2026-03-02T12:00:00Z");
    watching.settle();
    assert_eq!(way(&watching, "dan"), Vec::<String>::new());
}

#[test]
fn r13_once_is_once_for_whoever_has_no_key_of_their_own() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = json!([{"id": "hello", "do": message(&receiver, "hello")}]);
    publish(&watching, "once", &on("Signup"), &steps, &json!({"again": {"kind": "once"}}));
    watching.event("ada", "Signup", "2026-03-02T10:00:00Z");
    receiver.wait_for(1);
    let watching = watching.restart(End::Killed);
    watching.until("2026-03-05T10:00:00Z");
    watching.event("ada", "Signup", "2026-03-05T10:00:00Z");
    watching.settle();
    assert_eq!(way(&watching, "ada").len(), 2);
    assert_eq!(heard(&receiver), ["ada hello"]);
}

#[test]
fn r14_a_missing_date_is_a_path_and_not_now() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = json!([
        {"id": "until", "do": {"kind": "wait", "attribute": "trial_ends", "offset": "-1d",
         "missing": "ask"}, "next": "ends"},
        {"id": "ends", "do": message(&receiver, "your trial ends")},
        {"id": "ask", "do": message(&receiver, "when does your trial end?")},
    ]);
    publish(&watching, "trial", &on("Signup"), &steps, &json!({}));
    watching.traits("ada", "2026-03-02T09:00:00Z", json!({"trial_ends": "2026-03-04T10:00:00Z"}));
    watching.event("ada", "Signup", "2026-03-02T10:00:00Z");
    watching.event("bob", "Signup", "2026-03-02T10:00:00Z");
    receiver.wait_for(1);
    assert_eq!(heard(&receiver), ["bob when does your trial end?"]);
    watching.until("2026-03-03T10:00:00Z");
    receiver.wait_for(2);
    assert_eq!(way(&watching, "ada")[1], "10:00:00.000 ends");
}

#[test]
fn r18_an_event_that_comes_twice_lets_in_once() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = json!([{"id": "hello", "do": message(&receiver, "hello")}]);
    publish(&watching, "each", &on("Order"), &steps, &json!({}));
    for _ in 0..3 {
        watching.event("ada", "Order", "2026-03-02T10:00:00Z");
    }
    receiver.wait_for(1);
    let watching = watching.restart(End::Killed);
    watching.event("ada", "Order", "2026-03-02T10:00:00Z");
    watching.settle();
    assert_eq!(way(&watching, "ada").len(), 2);
    watching.until("2026-03-02T10:01:00Z");
    watching.event("ada", "Order", "2026-03-02T10:01:00Z");
    receiver.wait_for(2);
    assert_eq!(way(&watching, "ada").len(), 4);
}

#[test]
fn r21_what_a_journey_writes_moves_segments_and_is_read_by_what_follows() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    watching.segment("gold", "tier = \"gold\"");
    let steps = json!([
        {"id": "mark", "do": {"kind": "update", "set": {"tier": "gold"}, "add": {"points": 5}},
         "next": "is"},
        {"id": "is", "do": {"kind": "split", "paths": [
            {"id": "gold", "segment": "gold", "next": "tell"}], "otherwise": "wrong"}},
        {"id": "tell", "do": {"kind": "emit", "event": "Promoted",
         "properties": {"to": {"profile": "tier"}, "for": {"event": "item"}}}, "next": "hello"},
        {"id": "hello", "do": message(&receiver, "welcome")},
        {"id": "wrong", "do": message(&receiver, "who are you?")},
    ]);
    publish(&watching, "promote", &on("Order"), &steps, &json!({}));
    watching.event_with("ada", "Order", "2026-03-02T10:00:00Z", json!({"item": "cup"}));
    receiver.wait_for(1);
    let told = &receiver.bodies()[0];
    assert_eq!((&told["says"], &told["tier"]), (&json!("welcome"), &json!("gold")), "{told}");
    assert_eq!(told["item"], "cup");
    assert_eq!(watching.members("gold"), 1);
    let events = watching.server.get("/api/users/ada/events");
    let promoted = events["events"].as_array().unwrap().iter();
    let promoted: Vec<&Value> = promoted.filter(|event| event["name"] == "Promoted").collect();
    assert_eq!(promoted.len(), 1);
    assert_eq!(promoted[0]["properties"], json!({"to": "gold", "for": "cup"}));
}

#[test]
fn r32_a_merge_keeps_one_position() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = bought_in_two_minutes(&receiver);
    publish(&watching, "two", &on("Checkout"), &steps, &json!({}));
    watching.event("ada", "Checkout", "2026-03-02T10:00:00Z");
    watching.until("2026-03-02T10:01:00Z");
    watching.event("ben", "Checkout", "2026-03-02T10:01:00Z");
    watching.batch(&[super::watching::alias("ben", "ada", "2026-03-02T10:01:30Z")]);
    watching.settle();
    let watching = watching.restart(End::Killed);
    watching.until("2026-03-02T10:05:00Z");
    receiver.wait_for(1);
    watching.settle();
    let told = way(&watching, "ada");
    let of = |end: &str| told.iter().filter(|line| line.ends_with(end)).count();
    assert_eq!((of("out: merged"), of("out: completed")), (1, 1), "{told:?}");
    assert!(told.contains(&"10:02:00.000 nudge".to_owned()), "{told:?}");
    assert_eq!(receiver.bodies().len(), 1);
}

#[test]
fn a_published_version_takes_over_those_who_wait() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = |says: &str, long: &str| {
        json!([
            {"id": "rest", "do": {"kind": "wait", "for": long}, "next": "mail"},
            {"id": "mail", "do": message(&receiver, says)},
        ])
    };
    publish(&watching, "two", &on("Signup"), &steps("old", "1h"), &json!({}));
    watching.event("ada", "Signup", "2026-03-02T10:00:00Z");
    watching.until("2026-03-02T10:10:00Z");
    let mut journey = watching.server.get("/api/journeys/two")["definition"].clone();
    journey["steps"] = steps("new", "2h");
    send(&watching, "PUT", "/api/journeys/two", &journey, 200);
    let review = watching.server.get("/api/journeys/two/review");
    assert_eq!(review["steps"][0]["waiting"], 1, "{review}");
    assert_eq!(review["changed"], json!(["rest", "mail"]), "{review}");
    act(&watching, "two", "publish");
    watching.until("2026-03-02T11:59:59Z");
    let watching = watching.restart(End::Killed);
    assert!(receiver.bodies().is_empty());
    watching.until("2026-03-02T12:00:00Z");
    receiver.wait_for(1);
    assert_eq!(heard(&receiver), ["ada new"]);
}

#[test]
fn requests_and_schedules_let_in_once() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = json!([{"id": "hello", "do": message(&receiver, "hello")}]);
    publish(&watching, "asked", &json!({"kind": "api"}), &steps, &json!({}));
    watching.event("ada", "Signup", "2026-03-02T10:00:00Z");
    watching.event("bob", "Signup", "2026-03-02T10:00:00Z");
    let wish = json!({"users": ["ada", "nobody"], "request": "1"});
    let done = send(&watching, "POST", "/api/journeys/asked/enter", &wish, 200);
    assert_eq!((&done["entered"], &done["unknown"]), (&json!(1), &json!(["nobody"])), "{done}");
    let again = send(&watching, "POST", "/api/journeys/asked/enter", &wish, 200);
    assert_eq!((&again["entered"], &again["refused"]), (&json!(0), &json!(1)), "{again}");
    receiver.wait_for(1);
    let daily = json!({"kind": "recurring", "every": "day", "at": ["11:00"]});
    let steps = json!([{"id": "hello", "do": message(&receiver, "good morning")}]);
    publish(&watching, "daily", &daily, &steps, &json!({}));
    watching.until("2026-03-02T11:00:00Z");
    receiver.wait_for(3);
    assert_eq!(heard(&receiver), ["ada good morning", "ada hello", "bob good morning"]);
}

#[test]
fn a_move_that_is_dated_before_the_last_event_was_received_counts_once() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    watching.segment("buyers", "did \"Purchase\"");
    let steps = json!([{"id": "hello", "do": message(&receiver, "thank you")}]);
    let entry = json!({"kind": "enters", "segment": "buyers"});
    publish(&watching, "buyers", &entry, &steps, &json!({}));
    watching.until("2026-03-02T10:00:10Z");
    // The phone's clock is a few seconds late.
    watching.event("ada", "Visit", "2026-03-02T10:00:05Z");
    watching.until("2026-03-02T10:00:12Z");
    watching.event("ada", "Purchase", "2026-03-02T10:00:08Z");
    receiver.wait_for(1);
    // An earlier one comes later: she was a buyer before, and is thanked once.
    watching.event("ada", "Purchase", "2026-03-02T10:00:06Z");
    watching.settle();
    assert_eq!(way(&watching, "ada"), ["10:00:08.000 hello", "10:00:08.000 out: completed"]);
}

#[test]
fn a_learning_split_counts_whose_time_is_over_and_moves_people_to_the_better_path() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let steps = json!([
        {"id": "learn", "do": {"kind": "learn", "floor": 0.1,
         "goals": [{"event": "Purchase", "within": "1h"}],
         "paths": [{"id": "mail", "next": "mail"}, {"id": "nothing"}]}},
        {"id": "mail", "do": message(&receiver, "hello")},
    ]);
    publish(&watching, "learns", &on("Signup"), &steps, &json!({"again": {"kind": "once"}}));
    let people = 0..120;
    let named = |n: i32| format!("user-{n:03}");
    let signups: Vec<Value> = people
        .clone()
        .map(|n| super::watching::track(&named(n), "Signup", "2026-03-02T10:00:00Z", &json!({})))
        .collect();
    watching.batch(&signups);
    watching.settle();
    // Half of those who got the mail buy.
    watching.until("2026-03-02T10:10:00Z");
    let mailed: Vec<String> =
        people.filter(|n| way(&watching, &named(*n)).len() == 3).map(named).collect();
    assert!((35..85).contains(&mailed.len()), "{}", mailed.len());
    for user in mailed.iter().take(mailed.len() / 2) {
        watching.event(user, "Purchase", "2026-03-02T10:10:00Z");
    }
    let learning =
        || watching.server.get("/api/journeys/learns/learning")["steps"][0]["contexts"][0].clone();
    // Within the hour nobody is counted.
    assert_eq!(learning()["verdict"], Value::Null);
    watching.until("2026-03-02T11:10:00Z");
    let started = std::time::Instant::now();
    let latest = loop {
        let latest = learning()["allocations"][0].clone();
        if latest["why"] == "learnt" {
            break latest;
        }
        assert!(started.elapsed().as_secs() < 60, "{latest}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let (mail, nothing) = (&latest["paths"][0], &latest["paths"][1]);
    assert_eq!(mail["runs"], json!(mailed.len()), "{latest}");
    assert_eq!(mail["rewarded"], json!(mailed.len() / 2), "{latest}");
    assert_eq!((&mail["share"], &nothing["share"]), (&json!(0.9), &json!(0.1)), "{latest}");
    assert_eq!(learning()["verdict"]["leader"], "mail");
    // Whoever comes in from now on is divided so.
    watching.until("2026-03-02T11:11:00Z");
    watching.settle();
    let more: Vec<Value> = (200..400)
        .map(|n| super::watching::track(&named(n), "Signup", "2026-03-02T11:11:00Z", &json!({})))
        .collect();
    watching.batch(&more);
    watching.settle();
    let mailed = (200..400).filter(|n| way(&watching, &named(*n)).len() == 3).count();
    assert!((160..=196).contains(&mailed), "{mailed}");
}

#[test]
fn a_journey_on_a_state_shows_who_went_up_and_down_against_its_control_group() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let state =
        |key: &str, definition: &str| json!({"key": key, "name": key, "definition": definition});
    let states = json!({"states": [
        state("fresh", "did \"Visit\" in last 1h"),
        state("idle", "did \"Visit\" in last 1d"),
        state("gone", "did any event"),
    ]});
    send(&watching, "PUT", "/api/lifecycle/definition", &states, 200);
    watching.settle();
    let steps = json!([{"id": "hello", "do": message(&receiver, "come back")}]);
    let entry = json!({"kind": "state", "to": ["idle"]});
    publish(&watching, "idle", &entry, &steps, &json!({"control": 0.5}));
    let named = |n: i32| format!("user-{n:03}");
    let visit = |n: i32, at: &str| super::watching::track(&named(n), "Visit", at, &json!({}));
    let all: Vec<Value> = (0..40).map(|n| visit(n, "2026-03-02T10:00:00Z")).collect();
    watching.batch(&all);
    watching.until("2026-03-02T11:30:00Z");
    let told: Vec<i32> = (0..40).filter(|n| !way(&watching, &named(*n)).is_empty()).collect();
    // Whoever was written to comes back; of the others nobody does.
    watching.until("2026-03-02T12:00:00Z");
    let runs = |n: i32| watching.server.get(&format!("/api/users/{}/journeys", named(n)));
    let came: Vec<i32> =
        told.into_iter().filter(|n| runs(*n)["runs"][0]["held_out"].is_null()).collect();
    assert!((8..32).contains(&came.len()), "{}", came.len());
    let back: Vec<Value> = came.iter().map(|n| visit(*n, "2026-03-02T12:00:00Z")).collect();
    watching.batch(&back);
    watching.until("2026-03-05T12:00:00Z");
    let answer = watching.server.get("/api/lifecycle/journeys?within=7d");
    let idle = &answer["states"][1];
    assert_eq!(idle["state"], "idle", "{answer}");
    let own = &idle["journeys"][0];
    assert_eq!((&own["journey"], &own["rolled_out"]), (&json!("idle"), &json!(0.5)), "{own}");
    let of = |side: &str, arm: usize| {
        let arm = &own[side]["arms"][arm];
        (arm["arm"].clone(), arm["users"].clone(), arm["converted"].clone())
    };
    let (n, rest) = (came.len(), 40 - came.len());
    assert_eq!(of("up", 0), (json!("control"), json!(rest), json!(0)), "{own}");
    assert_eq!(of("up", 1), (json!("journey"), json!(n), json!(n)), "{own}");
    assert_eq!(of("down", 0), (json!("control"), json!(rest), json!(rest)), "{own}");
    assert_eq!(of("down", 1), (json!("journey"), json!(n), json!(n)), "{own}");
    assert_eq!(answer["states"][2]["users"], json!(40));
}

#[test]
fn whoever_is_out_gets_no_message_that_was_planned_before() {
    let (watching, receiver, _) = start("2026-03-02T23:00:00Z");
    let steps = json!([
        {"id": "hello", "do": message(&receiver, "you left something"), "next": "rest"},
        {"id": "rest", "do": {"kind": "wait", "for": "1h"}},
    ]);
    let more = json!({"hours": [{"from": "08:00", "to": "20:00"}], "exits": [on("Purchase")]});
    publish(&watching, "night", &on("Cart"), &steps, &more);
    for user in ["ada", "bob", "cyd"] {
        watching.event(user, "Cart", "2026-03-02T23:00:00Z");
    }
    watching.until("2026-03-02T23:30:00Z");
    watching.event("ada", "Purchase", "2026-03-02T23:30:00Z");
    let watching = watching.restart(End::Killed);
    watching.until("2026-03-03T02:00:00Z");
    watching.event("bob", "Purchase", "2026-03-03T02:00:00Z");
    watching.until("2026-03-03T08:00:00Z");
    receiver.wait_for(1);
    watching.until("2026-03-03T10:00:00Z");
    assert_eq!(heard(&receiver), ["cyd you left something"]);
    assert_eq!(way(&watching, "ada")[1], "23:30:00.000 out: exit");
    assert_eq!(way(&watching, "bob")[1], "02:00:00.000 out: exit");
    assert_eq!(
        way(&watching, "cyd"),
        ["23:00:00.000 hello", "08:00:00.000 rest", "09:00:00.000 out: completed"]
    );
}
