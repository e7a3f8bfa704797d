//! How campaigns are judged and who lets them go: winners, credits, control groups, the log of deliveries,
//! messages that are sent again, and approvals. All through the public API.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use server::config::keys::Scope;

use super::outreach::{act, merge, report, report_of, send};
use super::watching::{End, Watching, identify, track};

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A receiver that takes messages, or refuses them for good.
struct Receiver {
    address: SocketAddr,
    /// Ids of messages that were taken.
    taken: Arc<Mutex<Vec<String>>>,
    asked: Arc<AtomicU64>,
    rejects: Arc<AtomicBool>,
}

fn receiver() -> Receiver {
    let (taken, asked, rejects): (Arc<Mutex<Vec<String>>>, Arc<AtomicU64>, Arc<AtomicBool>) =
        Default::default();
    let (own, count, reject) = (Arc::clone(&taken), Arc::clone(&asked), Arc::clone(&rejects));
    let hook = move |headers: HeaderMap| {
        let (own, count, reject) = (Arc::clone(&own), Arc::clone(&count), Arc::clone(&reject));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            if reject.load(Ordering::SeqCst) {
                return StatusCode::BAD_REQUEST;
            }
            own.lock().unwrap().push(headers["webhook-id"].to_str().unwrap().to_owned());
            StatusCode::NO_CONTENT
        }
    };
    let app = Router::new().route("/hook", post(hook));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    Receiver { address, taken, asked, rejects }
}

impl Receiver {
    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

fn start(policy: &Value) -> (Watching, Receiver) {
    let (watching, receiver) = (Watching::start("2026-03-02T10:00:00Z"), receiver());
    let input =
        json!({"name": "Receiver", "settings": {"kind": "webhook", "private_networks": true}});
    send(&watching, "POST", "/api/providers", &input, 201);
    set_policy(&watching, policy);
    (watching, receiver)
}

fn set_policy(watching: &Watching, more: &Value) {
    let mut rules =
        json!({"control": 0.0, "caps": [], "gaps": [], "quiet": [], "legal_hours": false});
    merge(&mut rules, more);
    send(watching, "PUT", "/api/settings/contact-policy", &rules, 200);
}

/// A definition of a campaign to the receiver.
fn definition(receiver: &Receiver, id: &str, more: &Value) -> Value {
    let content = json!({"default": {"kind": "webhook", "body": "{}",
                         "url": format!("http://{}/hook", receiver.address)}});
    let mut input = json!({
        "id": id, "name": id, "channel": "webhook", "trigger": {"kind": "once"}, "control": 0.0,
        "variants": [{"id": "a", "content": content}],
    });
    merge(&mut input, more);
    for variant in input["variants"].as_array_mut().unwrap() {
        variant["content"] = content.clone();
    }
    input
}

fn campaign(watching: &Watching, receiver: &Receiver, id: &str, more: &Value) {
    send(watching, "POST", "/api/campaigns", &definition(receiver, id, more), 201);
    act(watching, id, "start");
}

fn people(watching: &Watching, users: std::ops::Range<usize>, time: &str) {
    for some in users.collect::<Vec<_>>().chunks(500) {
        let one = |n: &usize| identify(&format!("u{n}"), time, &json!({"name": format!("N{n}")}));
        watching.batch(&some.iter().map(one).collect::<Vec<_>>());
    }
}

/// Every message of a campaign, page by page.
fn pages(watching: &Watching, question: &str, limit: usize) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page =
            watching.server.get(&format!("/api/deliveries?{question}&limit={limit}{cursor}"));
        let some = page["deliveries"].as_array().unwrap();
        assert!(some.len() <= limit);
        assert_eq!(page["more"], json!(!page["next"].is_null()));
        all.extend(some.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// By user, which variant they were drawn for.
fn drawn(watching: &Watching, id: &str) -> BTreeMap<String, String> {
    let all = pages(watching, &format!("campaign={id}"), 1_000);
    let of = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        (text("user"), if one["state"] == "held_out" { "control".into() } else { text("variant") })
    };
    all.iter().map(of).collect()
}

#[test]
fn a_winner_is_declared_by_the_stated_rule_and_is_the_same_whoever_asks_and_whenever() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..1_200, "2026-03-02T09:00:00Z");
    let variants = json!([{"id": "a", "name": "Plain"}, {"id": "b", "name": "Bold"}]);
    let goals = json!([{"event": "Visit", "within": "1d"}, {"event": "Purchase", "within": "2d"}]);
    let more = json!({"variants": variants, "goals": goals,
        "decision": {"goal": 1, "confidence": 0.9, "expected": 0.1}});
    campaign(&watching, &receiver, "duel", &more);
    report_of(&watching, "duel", 1_200);
    let arms = drawn(&watching, "duel");
    watching.until("2026-03-03T10:00:00Z");
    let mut events = Vec::new();
    for n in 0..1_200_usize {
        let user = format!("u{n}");
        let buys = if arms[&user] == "b" { n.is_multiple_of(2) } else { n.is_multiple_of(5) };
        if buys {
            events.push(track(&user, "Purchase", "2026-03-03T09:00:00Z", &json!({})));
        }
    }
    events.chunks(500).for_each(|some| watching.batch(some));
    let verdict = |query: &str| {
        watching.server.get(&format!("/api/campaigns/duel/report?{query}"))["verdict"].clone()
    };
    // Nobody's window is over: everybody bought already, and nothing is said.
    let early = verdict("");
    assert_eq!(
        (early["verdict"].as_str(), early["open"].as_u64()),
        (Some("undecided"), Some(1_200))
    );
    watching.until("2026-03-07T15:00:00Z");
    let late = verdict("");
    assert_eq!(late["winner"], "b", "{late}");
    assert_eq!((&late["goal"], &late["confidence"]), (&json!("Purchase"), &json!(0.9)));
    assert_eq!(late["decided_at"], "2026-03-05T00:00:00.000Z");
    assert!(late["sentence"].as_str().unwrap().starts_with("\"Bold\" has won"), "{late}");
    for query in ["confidence=0.999", "since=2026-03-04T00:00:00Z", "as_of=2026-03-05T00:00:01Z"] {
        let other = verdict(query);
        assert_eq!(
            (&other["winner"], &other["decided_at"]),
            (&late["winner"], &late["decided_at"])
        );
    }
    // A moment before the look that decided nothing was known, also when it is asked for later.
    assert_eq!(verdict("as_of=2026-03-04T23:59:59Z")["verdict"], "undecided");
    // The rule of a campaign that was started stays.
    let mut other = definition(&receiver, "duel", &more);
    other["decision"]["confidence"] = json!(0.8);
    let answer = watching.server.send("PUT", "/api/campaigns/duel", &other.to_string());
    assert_eq!(answer.0, 409, "{}", answer.2);
    for wrong in [
        json!({"decision": {"goal": 2}}),
        json!({"decision": {"confidence": 0.5}}),
        json!({"decision": {"measure": "revenue"}}),
        json!({"decision": {"tie_margin": 0}}),
        json!({"decision": {"on_winner": "send_winner"}}),
        json!({"attribution": {"click": "900d"}}),
    ] {
        let mut input = definition(&receiver, "wrong", &more);
        merge(&mut input, &wrong);
        let answer = watching.server.send("POST", "/api/campaigns", &input.to_string());
        assert_eq!(answer.code(), (422, json!("campaign.invalid")), "{wrong}: {}", answer.2);
    }
}

#[test]
fn once_a_variant_has_won_later_messages_draw_it_alone_and_earlier_users_stay() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..1_000, "2026-03-02T09:00:00Z");
    let more = json!({
        "variants": [{"id": "a"}, {"id": "b"}], "control": 0.1, "trigger": {"kind": "api"},
        "goals": [{"event": "Purchase", "within": "1d"}],
        "decision": {"expected": 0.2, "on_winner": "send_winner"},
    });
    campaign(&watching, &receiver, "lasting", &more);
    let request = |users: std::ops::Range<usize>, key: &str| {
        let users: Vec<String> = users.map(|n| format!("u{n}")).collect();
        let body = json!({"users": users, "key": key});
        send(&watching, "POST", "/api/campaigns/lasting/send", &body, 202);
    };
    request(0..1_000, "first");
    report_of(&watching, "lasting", 1_000);
    let arms = drawn(&watching, "lasting");
    let buys = |n: &usize| match arms[&format!("u{n}")].as_str() {
        "b" => n.is_multiple_of(2),
        _ => n.is_multiple_of(6),
    };
    watching.until("2026-03-02T20:00:00Z");
    let events: Vec<Value> = (0..1_000)
        .filter(buys)
        .map(|n| track(&format!("u{n}"), "Purchase", "2026-03-02T19:00:00Z", &json!({})))
        .collect();
    events.chunks(500).for_each(|some| watching.batch(some));
    watching.until("2026-03-04T01:00:00Z");
    // The runner asks by itself; it is not to be waited for longer than this.
    let started = Instant::now();
    let decided = loop {
        let verdict = report(&watching, "lasting")["verdict"].clone();
        if !verdict["winner_sent_since"].is_null() {
            break verdict;
        }
        assert!(started.elapsed() < PATIENCE, "{verdict}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(decided["winner"], "b", "{decided}");
    let before = report(&watching, "lasting");
    // New people and old ones: everybody gets the winner, and a tenth is still held out.
    people(&watching, 1_000..1_400, "2026-03-04T00:30:00Z");
    watching.until("2026-03-04T02:00:00Z");
    let users: Vec<String> = (600..1_400).map(|n| format!("u{n}")).collect();
    let body = json!({"users": users, "key": "second"});
    send(&watching, "POST", "/api/campaigns/lasting/send", &body, 202);
    report_of(&watching, "lasting", 1_800);
    let late: Vec<Value> = pages(&watching, "campaign=lasting", 1_000)
        .into_iter()
        .filter(|one| one["decided_at"].as_str().unwrap() > "2026-03-04")
        .collect();
    assert_eq!(late.len(), 800);
    let held = late.iter().filter(|one| one["state"] == "held_out").count();
    assert!((45..=120).contains(&held), "{held}");
    assert!(late.iter().all(|one| one["state"] == "held_out" || one["variant"] == "b"));
    for n in 600..1_000 {
        let user = format!("u{n}");
        let own = late.iter().find(|one| one["user"] == user.as_str()).unwrap();
        assert_eq!(own["state"] == "held_out", arms[&user] == "control", "control groups stay");
    }
    // The comparison is of those whom chance drew; it does not move by who came later.
    let after = report(&watching, "lasting");
    assert_eq!(after["verdict"]["arms"], before["verdict"]["arms"]);
    assert_eq!(after["verdict"]["winner"], "b");
    assert_eq!(after["goals"][0]["variants"], before["goals"][0]["variants"]);
    assert_eq!(after["sample_ratio"]["mismatch"], json!(false), "{after}");
    let old = after["goals"][0]["arms"].as_array().unwrap();
    let users: u64 = old.iter().map(|arm| arm["users"].as_u64().unwrap()).sum();
    assert_eq!(users, 1_400);
}

#[test]
fn arms_are_named_where_there_are_too_few() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..200, "2026-03-02T09:00:00Z");
    let variants =
        json!([{"id": "a", "name": "Blue button", "share": 0.9}, {"id": "b", "share": 0.1}]);
    let goals = json!([{"event": "Purchase", "within": "7d"}]);
    let more = json!({"variants": variants, "goals": goals, "control": 0.05});
    campaign(&watching, &receiver, "few", &more);
    let report = report_of(&watching, "few", 200);
    let goal = &report["goals"][0];
    let because = goal["no_effect_because"].as_str().unwrap();
    assert!(
        because.starts_with("control has ") && because.contains("users and needs 30"),
        "{because}"
    );
    let said = &goal["no_effect_because_code"];
    assert_eq!(
        (&said["code"], &said["values"]["needed"]),
        (&json!("effect.few_control"), &json!(30))
    );
    let names: Vec<&str> =
        goal["arms"].as_array().unwrap().iter().map(|arm| arm["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["control", "Blue button", "b"]);
    let sentence = report["verdict"]["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("Nothing can be said yet"), "{sentence}");
}

#[test]
fn named_groups_are_held_out_by_whoever_names_them_and_the_report_compares_with_each() {
    let groups = json!([
        {"id": "loyalty", "name": "Loyalty", "share": 0.2, "apart": "tests"},
        {"id": "prices", "share": 0.3, "apart": "tests"},
    ]);
    let (watching, receiver) = start(&json!({"groups": groups, "control": 0.05}));
    people(&watching, 0..1_500, "2026-03-02T09:00:00Z");
    let goals = json!([{"event": "Purchase", "within": "7d"}]);
    let more = json!({"control_groups": ["prices", "loyalty"], "goals": goals, "control": 0.1});
    let input = definition(&receiver, "named", &more);
    let reach = send(&watching, "POST", "/api/campaigns/reach", &input, 200);
    campaign(&watching, &receiver, "named", &more);
    campaign(&watching, &receiver, "other", &json!({"control_groups": ["loyalty"]}));
    let report = report_of(&watching, "named", 1_500);
    report_of(&watching, "other", 1_500);
    let by_group = |counts: &Value| -> BTreeMap<String, u64> {
        let one =
            |of: &Value| (of["reason"].as_str().unwrap().to_owned(), of["count"].as_u64().unwrap());
        counts.as_array().unwrap().iter().map(one).collect()
    };
    let found = by_group(&report["funnel"]["held_out_by_group"]);
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        ["campaign", "loyalty", "prices", "workspace"]
    );
    // Shares of everybody whom the workspace does not hold out: 95 %.
    assert!((220..=350).contains(&found["loyalty"]), "{found:?}");
    assert!((350..=510).contains(&found["prices"]), "{found:?}");
    assert_eq!(
        by_group(&reach["control_by_group"]),
        found,
        "who is counted before is who is held out"
    );
    let sum: u64 = found.values().sum();
    assert_eq!(reach["control"].as_u64(), Some(sum));
    assert_eq!(report["sample_ratio"]["mismatch"], json!(false), "{report}");
    let compared: BTreeSet<&str> = report["goals"][0]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["name"].as_str().unwrap())
        .collect();
    assert_eq!(compared, BTreeSet::from(["Loyalty", "campaign", "prices", "workspace"]));
    // The members of a group are the same in every campaign that names it, and in no other group.
    let of = |campaign: &str, group: &str| -> BTreeSet<String> {
        let question = format!("campaign={campaign}&state=held_out&reason={group}");
        pages(&watching, &question, 100)
            .iter()
            .map(|one| one["user"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(of("named", "loyalty"), of("other", "loyalty"));
    assert!(of("named", "loyalty").is_disjoint(&of("named", "prices")));
    let why = pages(&watching, "campaign=other&reason=loyalty", 1)[0]["id"].clone();
    let why = watching.server.get(&format!("/api/deliveries/{}", why.as_str().unwrap()));
    assert!(why["reasons"].to_string().contains("control group of the loyalty"), "{why}");
    for (wrong, code) in [
        (json!({"control_groups": ["nobody"]}), "campaign.invalid"),
        (json!({"control_groups": ["loyalty", "loyalty"]}), "campaign.invalid"),
        (json!({"control_groups": ["loyalty"], "transactional": true}), "campaign.invalid"),
    ] {
        let input = definition(&receiver, "wrong", &wrong);
        let answer = watching.server.send("POST", "/api/campaigns", &input.to_string());
        assert_eq!(answer.code(), (422, json!(code)), "{wrong}");
    }
    for wrong in [
        // Campaigns that were started name them.
        json!([{"id": "loyalty", "share": 0.2, "apart": "tests"}]),
        json!([{"id": "workspace", "share": 0.1}]),
        json!([{"id": "a", "share": 0.0}]),
        json!([{"id": "A b", "share": 0.1}]),
        json!([{"id": "a", "share": 0.1}, {"id": "a", "share": 0.1}]),
        json!([{"id": "a", "share": 0.5, "apart": "x"}, {"id": "b", "share": 0.5, "apart": "x"},
               {"id": "c", "share": 0.1, "apart": "x"}]),
    ] {
        let answer = watching.server.send(
            "PUT",
            "/api/settings/contact-policy",
            &json!({"groups": wrong}).to_string(),
        );
        assert_eq!(answer.code(), (422, json!("contact_policy.invalid")), "{wrong}");
    }
}

#[test]
fn the_log_of_deliveries_pages_through_one_instant_and_refuses_foreign_cursors() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..730, "2026-03-02T09:00:00Z");
    campaign(&watching, &receiver, "run", &json!({"control": 0.2}));
    report_of(&watching, "run", 730);
    let ids = |all: &[Value]| -> Vec<String> {
        all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let whole = ids(&pages(&watching, "campaign=run", 1_000));
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), 730);
    assert_eq!(ids(&pages(&watching, "campaign=run", 97)), whole);
    let held = pages(&watching, "campaign=run&state=held_out&channel=webhook", 31);
    assert!((90..=210).contains(&held.len()), "{}", held.len());
    assert!(held.iter().all(|one| one["reason"] == "campaign"));
    assert_eq!(pages(&watching, "user=u3", 1).len(), 1);
    let first = watching.server.get("/api/deliveries?campaign=run&limit=5");
    let next = first["next"].as_str().unwrap();
    for question in [
        format!("campaign=run&state=sent&cursor={next}"),
        "campaign=run&cursor=x".to_owned(),
        format!("campaign=run&cursor={next}A"),
    ] {
        let answer = watching.server.send("GET", &format!("/api/deliveries?{question}"), "");
        assert_eq!(answer.code(), (400, json!("request.cursor")), "{question}");
    }
}

#[test]
fn failed_messages_are_sent_again_by_hand_once_and_never_those_that_were_sent() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..40, "2026-03-02T09:00:00Z");
    receiver.rejects.store(true, Ordering::SeqCst);
    campaign(&watching, &receiver, "lost", &json!({}));
    let report = report_of(&watching, "lost", 40);
    assert_eq!((&report["funnel"]["failed"], &report["funnel"]["sent"]), (&json!(40), &json!(0)));
    let dead = pages(&watching, "campaign=lost&state=failed", 7);
    assert_eq!(dead.len(), 40);
    let code = dead[0]["reason"].as_str().unwrap().to_owned();
    let id = dead[0]["id"].as_str().unwrap().to_owned();
    // Sent again while the provider still refuses, it fails again, and can be sent again once more.
    watching.until("2026-03-02T10:05:00Z");
    send(&watching, "POST", &format!("/api/deliveries/{id}/retry"), &json!({}), 200);
    report_of(&watching, "lost", 40);
    let twice = watching.server.get(&format!("/api/deliveries/{id}"));
    let steps: Vec<&str> = twice["delivery"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["event"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["Message Queued", "Message Failed", "Message Retried", "Message Failed"]);
    assert_eq!(twice["delivery"]["steps"][2]["properties"]["by"], "test");
    receiver.rejects.store(false, Ordering::SeqCst);
    // Many ask at once; each message goes once.
    watching.until("2026-03-02T10:06:00Z");
    let wish = json!({"campaign": "lost", "reason": code}).to_string();
    let retried: u64 = std::thread::scope(|scope| {
        let ask = || {
            let answer = watching.server.send("POST", "/api/deliveries/retry", &wish);
            assert_eq!(answer.0, 202, "{}", answer.2);
            answer.json()["retried"].as_u64().unwrap()
        };
        let asking: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(retried, 40);
    let report = report_of(&watching, "lost", 40);
    assert_eq!((&report["funnel"]["failed"], &report["funnel"]["sent"]), (&json!(0), &json!(40)));
    let taken = receiver.taken();
    assert_eq!((taken.len(), taken.iter().collect::<BTreeSet<_>>().len()), (40, 40));
    // What was sent is not sent again.
    let answer = watching.server.send("POST", &format!("/api/deliveries/{id}/retry"), "");
    assert_eq!(answer.code(), (409, json!("delivery.not_retried")));
    let unknown = "f".repeat(32);
    let some = json!({"ids": [id, unknown]});
    let done = send(&watching, "POST", "/api/deliveries/retry", &some, 202);
    assert_eq!(
        done,
        json!({"retried": 0, "more": false, "refused": [
        {"reason": "not_failed", "count": 1}, {"reason": "not_found", "count": 1}]})
    );
    for wrong in [json!({}), json!({"ids": [id], "campaign": "lost"})] {
        let answer = watching.server.send("POST", "/api/deliveries/retry", &wrong.to_string());
        assert_eq!(answer.code(), (422, json!("delivery.retry")));
    }
    assert_eq!(receiver.taken().len(), 40);
}

#[test]
fn a_retry_survives_a_crash_and_what_may_have_arrived_is_never_retried() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..10, "2026-03-02T09:00:00Z");
    receiver.rejects.store(true, Ordering::SeqCst);
    campaign(&watching, &receiver, "lost", &json!({}));
    report_of(&watching, "lost", 10);
    receiver.rejects.store(false, Ordering::SeqCst);
    // Asked for on the data directory, while no server sends.
    let watching = watching.restart_after(End::Closed, |service| {
        let wish =
            wire::api::DeliveriesRetry { campaign: Some("lost".into()), ..Default::default() };
        assert_eq!(service.retry_deliveries(&wish).unwrap().retried, 10);
        assert_eq!(service.retry_deliveries(&wish).unwrap().retried, 0);
    });
    let report = report_of(&watching, "lost", 10);
    assert_eq!(report["funnel"]["sent"], json!(10), "{report}");
    let taken = receiver.taken();
    assert_eq!((taken.len(), taken.iter().collect::<BTreeSet<_>>().len()), (10, 10));
    let watching = watching.restart(End::Killed);
    report_of(&watching, "lost", 10);
    assert_eq!(receiver.taken().len(), 10);
}

#[test]
fn a_campaign_needs_the_approval_of_somebody_else_and_an_edit_voids_it() {
    let (watching, receiver) = start(&json!({"approval": true}));
    let keys = |label: &str, scope| {
        let workspace = watching.server.service.workspace();
        workspace.config().create_key(scope, label, 0).unwrap()
    };
    let (ada, bob, cem) =
        (keys("ada", Scope::Admin), keys("bob", Scope::Admin), keys("cem", Scope::Admin));
    let reader = keys("reader", Scope::Read);
    let ask = |key: &str, method: &str, path: &str, body: &Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        watching.server.send_as(key, method, &format!("/api/campaigns{path}"), &body)
    };
    let status =
        |key: &str, action: &str| ask(key, "POST", "/big/status", &json!({"action": action}));
    let version =
        || watching.server.get("/api/campaigns/big")["version"].as_str().unwrap().to_owned();
    let approve =
        |key: &str, version: &str| ask(key, "POST", "/big/approval", &json!({"version": version}));
    let input = definition(&receiver, "big", &json!({"trigger": {"kind": "api"}}));
    assert_eq!(ask(&ada, "POST", "", &input).0, 201);
    let made = watching.server.get("/api/campaigns/big");
    assert_eq!(
        (&made["created_by"], &made["approval_needed"], &made["approval"]),
        (&json!("ada"), &json!(true), &Value::Null)
    );
    // Nobody starts what nobody approved, and the answer says who may.
    let refused = status(&bob, "start");
    assert_eq!(refused.code(), (409, json!("campaign.approval_missing")));
    assert!(refused.2.contains("somebody else than \\\"ada\\\""), "{}", refused.2);
    assert_eq!(approve(&ada, &version()).code(), (403, json!("campaign.own_approval")));
    assert_eq!(approve(&reader, &version()).code(), (403, json!("auth.scope")));
    assert_eq!(approve(&bob, "0123").code(), (409, json!("campaign.changed")));
    let first = version();
    let approved = approve(&bob, &first);
    assert_eq!(approved.0, 200, "{}", approved.2);
    assert_eq!(approved.json()["approval"]["by"], "bob");
    // Whoever made it does not start it, not even approved.
    assert_eq!(status(&ada, "start").code(), (403, json!("campaign.own_start")));
    // An edit voids the approval, and its author is one of those who may not let it go.
    let edited = definition(&receiver, "big", &json!({"trigger": {"kind": "api"}, "priority": 70}));
    assert_eq!(ask(&bob, "PUT", "/big", &edited).0, 200);
    assert_ne!(version(), first);
    assert_eq!(watching.server.get("/api/campaigns/big")["approval"], Value::Null);
    assert_eq!(status(&cem, "start").code(), (409, json!("campaign.approval_missing")));
    assert_eq!(approve(&bob, &version()).code(), (403, json!("campaign.own_approval")));
    assert_eq!(approve(&cem, &first).code(), (409, json!("campaign.changed")));
    assert_eq!(approve(&cem, &version()).0, 200);
    assert_eq!(status(&bob, "start").code(), (403, json!("campaign.own_start")));
    // Saving the same again is no edit.
    assert_eq!(ask(&ada, "PUT", "/big", &edited).0, 200);
    assert_eq!(watching.server.get("/api/campaigns/big")["edited_by"], "bob");
    // An approval is taken back, and given anew.
    assert_eq!(ask(&ada, "DELETE", "/big/approval", &Value::Null).0, 200);
    assert_eq!(status(&cem, "start").code(), (409, json!("campaign.approval_missing")));
    assert_eq!(approve(&cem, &version()).0, 200);
    assert_eq!(status(&cem, "start").0, 200);
    // A running campaign is changed only while it is paused, and goes on only when that was approved.
    let again = definition(&receiver, "big", &json!({"trigger": {"kind": "api"}, "priority": 71}));
    assert_eq!(ask(&ada, "PUT", "/big", &again).code(), (409, json!("campaign.approval_running")));
    assert_eq!(status(&ada, "pause").0, 200);
    assert_eq!(ask(&ada, "PUT", "/big", &again).0, 200);
    assert_eq!(status(&cem, "resume").code(), (409, json!("campaign.approval_missing")));
    assert_eq!(approve(&bob, &version()).0, 200);
    assert_eq!(status(&cem, "resume").0, 200);
    // Without the setting everybody starts what they wrote.
    set_policy(&watching, &json!({}));
    let mut free = definition(&receiver, "free", &json!({"trigger": {"kind": "api"}}));
    free["name"] = json!("free");
    assert_eq!(ask(&ada, "POST", "", &free).0, 201);
    assert_eq!(ask(&ada, "POST", "/free/status", &json!({"action": "start"})).0, 200);
}

#[test]
fn a_run_with_a_larger_audience_than_the_safety_stop_is_not_begun() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..30, "2026-03-02T09:00:00Z");
    let run_of = |id: &str, most: u64| {
        campaign(&watching, &receiver, id, &json!({"delivery": {"safety_stop": most}}));
        let started = Instant::now();
        loop {
            let one = watching.server.get(&format!("/api/campaigns/{id}"));
            let run = one["runs"][0].clone();
            if !run["ended_at"].is_null() {
                return run;
            }
            assert!(started.elapsed() < PATIENCE, "{one}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let stopped = run_of("large", 29);
    assert_eq!(stopped["audience"], 30);
    assert!(stopped["note"].as_str().unwrap().starts_with("not begun"), "{stopped}");
    assert_eq!(report(&watching, "large")["funnel"]["decided"], 0);
    assert_eq!(run_of("small", 30)["note"], Value::Null);
    report_of(&watching, "small", 30);
    assert_eq!(receiver.asked.load(Ordering::SeqCst), 30);
}

#[test]
fn variants_go_by_an_attribute_with_a_default_and_are_not_compared_as_if_drawn() {
    let (watching, receiver) = start(&json!({}));
    let cities = [Some("Riga"), Some("Oslo"), Some("Rome"), None];
    let one = |n: usize| {
        let traits = match cities[n % 4] {
            Some(city) => json!({"city": city}),
            None => json!({"name": "x"}),
        };
        identify(&format!("u{n}"), "2026-03-02T09:00:00Z", &traits)
    };
    watching.batch(&(0..200).map(one).collect::<Vec<_>>());
    let by = json!({"attribute": "city", "values": {"Riga": "north", "Oslo": "north", "Rome": "south"},
                    "default": "rest"});
    let more = json!({"variants": [{"id": "north"}, {"id": "south"}, {"id": "rest"}],
        "variant_by": by, "goals": [{"event": "Purchase", "within": "7d"}], "control": 0.2});
    campaign(&watching, &receiver, "cities", &more);
    let report = report_of(&watching, "cities", 200);
    let drawn = drawn(&watching, "cities");
    for n in 0..200 {
        let arm = drawn[&format!("u{n}")].as_str();
        let expected = ["north", "north", "south", "rest"][n % 4];
        assert!(arm == expected || arm == "control", "u{n}: {arm}");
    }
    assert_eq!(report["verdict"]["verdict"], "nothing");
    assert_eq!(report["goals"][0]["variants"], json!([]));
    assert_eq!(report["sample_ratio"]["mismatch"], json!(false), "{report}");
    for wrong in [
        json!({"attribute": "city", "values": {"Riga": "east"}, "default": "rest"}),
        json!({"attribute": "city", "values": {"Riga": "north"}, "default": "nowhere"}),
        json!({"attribute": "city", "values": {}, "default": "rest"}),
        json!({"attribute": "", "values": {"Riga": "north"}, "default": "rest"}),
    ] {
        let mut input = definition(&receiver, "wrong", &more);
        input["variant_by"] = wrong.clone();
        let answer = watching.server.send("POST", "/api/campaigns", &input.to_string());
        assert_eq!(answer.code(), (422, json!("campaign.invalid")), "{wrong}");
    }
}

#[test]
fn what_is_credited_stands_beside_what_was_caused() {
    let (watching, receiver) = start(&json!({}));
    people(&watching, 0..400, "2026-03-02T09:00:00Z");
    let more = json!({"control": 0.5, "goals": [{"event": "Purchase", "within": "7d", "revenue": "total"}],
        "attribution": {"click": "2d", "view": "1d", "sent": "1h"}});
    campaign(&watching, &receiver, "credit", &more);
    report_of(&watching, "credit", 400);
    let sent: Vec<(String, String)> = pages(&watching, "campaign=credit&state=sent", 1_000)
        .iter()
        .map(|one| {
            (one["user"].as_str().unwrap().to_owned(), one["id"].as_str().unwrap().to_owned())
        })
        .collect();
    // Links of messages are opened and clicked through the service, as a visitor's browser does.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = &watching.server.service;
    let did = |n: usize, click: bool| {
        let message = model::EventId::of(&sent[n].1);
        runtime.block_on(async {
            match click {
                true => service.clicked(message, 0, "https://example.com/", false).await.unwrap(),
                false => service.opened(message, false).await.unwrap(),
            }
        });
    };
    watching.until("2026-03-02T12:00:00Z");
    (0..4).for_each(|n| did(n, true));
    (4..7).for_each(|n| did(n, false));
    // Machines count for nothing.
    runtime.block_on(async {
        service.opened(model::EventId::of(&sent[7].1), true).await.unwrap();
    });
    watching.until("2026-03-03T18:00:00Z");
    let buy = |n: usize, total: u64| {
        watching.event_with(
            &sent[n].0,
            "Purchase",
            "2026-03-03T17:00:00Z",
            json!({"total": total}),
        );
    };
    // Within two days of a click; too late after an opening; only a machine looked.
    (0..3).for_each(|n| buy(n, 10));
    buy(4, 100);
    buy(7, 100);
    let goal = report(&watching, "credit")["goals"][0].clone();
    let credited = &goal["credited"];
    assert_eq!(
        (&credited["conversions"], &credited["revenue"]),
        (&json!(3.0), &json!(30.0)),
        "{credited}"
    );
    assert_eq!(credited["through"][0], json!({"of": "click", "conversions": 3.0, "revenue": 30.0}));
    assert_eq!(credited["through"][1]["conversions"], json!(0.0));
    assert_eq!(credited["variants"][0]["conversions"], json!(3.0));
    let sentence = credited["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("3 conversions came within 2d of a click or 1d of an opening"),
        "{sentence}"
    );
    assert!(sentence.contains("against control the campaign caused"), "{sentence}");
    assert_eq!(report(&watching, "credit")["warnings"], json!([]));
}
