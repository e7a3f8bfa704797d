//! Campaigns from the public API in to a real receiver out, with the clock in our hands.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};

use super::watching::{End, Watching};

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What arrived: the id of the message, and the body.
type Arrived = Vec<(String, Value)>;

/// A receiver that keeps what arrives.
pub struct Receiver {
    pub address: SocketAddr,
    arrived: Arc<Mutex<Arrived>>,
    /// It takes everything and never answers.
    hangs: Arc<AtomicBool>,
    /// It answers 503.
    refuses: Arc<AtomicBool>,
}

fn receiver() -> Receiver {
    let arrived: Arc<Mutex<Arrived>> = Arc::default();
    let (hangs, refuses) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (own, hang, refuse) = (Arc::clone(&arrived), Arc::clone(&hangs), Arc::clone(&refuses));
    let hook = move |headers: HeaderMap, body: String| {
        let (own, hang, refuse) = (Arc::clone(&own), Arc::clone(&hang), Arc::clone(&refuse));
        async move {
            if refuse.load(Ordering::SeqCst) {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let id = headers["webhook-id"].to_str().unwrap().to_owned();
            assert!(headers.contains_key("webhook-signature"));
            own.lock().unwrap().push((id, serde_json::from_str(&body).unwrap()));
            if hang.load(Ordering::SeqCst) {
                tokio::time::sleep(PATIENCE).await;
            }
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
    Receiver { address, arrived, hangs, refuses }
}

impl Receiver {
    /// Users by how often they were told, of one campaign or of all.
    fn told(&self, campaign: &str) -> BTreeMap<String, usize> {
        let mut told = BTreeMap::new();
        for (_, body) in self.arrived.lock().unwrap().iter() {
            if campaign.is_empty() || body["campaign"] == campaign {
                let user = body["user"].as_str().unwrap().to_owned();
                *told.entry(user).or_default() += 1;
            }
        }
        told
    }

    /// What arrived, in the order of arrival.
    pub fn bodies(&self) -> Vec<Value> {
        self.arrived.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    pub fn wait_for(&self, n: usize) {
        let started = Instant::now();
        while self.arrived.lock().unwrap().len() < n {
            let n_arrived = self.arrived.lock().unwrap().len();
            assert!(started.elapsed() < PATIENCE, "{n_arrived} of {n} arrived");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A server with a webhook provider and a policy without rules.
pub fn start(now: &str) -> (Watching, Receiver, String) {
    start_with(now, &json!({}), &json!({}))
}

fn start_with(now: &str, policy: &Value, provider: &Value) -> (Watching, Receiver, String) {
    let (watching, receiver) = (Watching::start(now), receiver());
    let mut input =
        json!({"name": "Receiver", "settings": {"kind": "webhook", "private_networks": true}});
    merge(&mut input, provider);
    let made = send(&watching, "POST", "/api/providers", &input, 201);
    let mut rules =
        json!({"control": 0.0, "caps": [], "gaps": [], "quiet": [], "legal_hours": false});
    merge(&mut rules, policy);
    send(&watching, "PUT", "/api/settings/contact-policy", &rules, 200);
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(made["settings"].get("secret").is_none_or(Value::is_null), "{made}");
    (watching, receiver, id)
}

pub fn merge(into: &mut Value, more: &Value) {
    into.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
}

pub fn send(watching: &Watching, method: &str, path: &str, body: &Value, status: u16) -> Value {
    let answer = watching.server.send(method, path, &body.to_string());
    assert_eq!(answer.0, status, "{method} {path}: {}", answer.2);
    if answer.2.is_empty() { Value::Null } else { answer.json() }
}

/// A campaign to the receiver, started.
fn campaign(watching: &Watching, receiver: &Receiver, id: &str, more: &Value) -> Value {
    let body = "{\"user\": \"{{ profile.id }}\", \"campaign\": \"{{ campaign.id }}\", \
                \"name\": \"{{ profile.name | default: 'you' }}\", \"item\": \"{{ event.item }}\", \
                \"message\": \"{{ message.id }}\"}";
    campaign_saying(watching, receiver, id, body, more);
    act(watching, id, "start")
}

/// A campaign to the receiver that says something of its own; a draft.
pub fn campaign_saying(
    watching: &Watching,
    receiver: &Receiver,
    id: &str,
    body: &str,
    more: &Value,
) -> Value {
    let url = format!("http://{}/hook", receiver.address);
    let content = json!({"default": {"kind": "webhook", "url": url, "body": body}});
    let mut input = json!({
        "id": id, "name": id, "channel": "webhook", "trigger": {"kind": "once"}, "control": 0.0,
        "variants": [{"id": "a", "content": content}],
    });
    merge(&mut input, more);
    send(watching, "POST", "/api/campaigns", &input, 201)
}

pub fn act(watching: &Watching, id: &str, action: &str) -> Value {
    let done = send(
        watching,
        "POST",
        &format!("/api/campaigns/{id}/status"),
        &json!({"action": action}),
        200,
    );
    watching.settle();
    done
}

pub fn report(watching: &Watching, id: &str) -> Value {
    watching.server.get(&format!("/api/campaigns/{id}/report"))
}

/// Waits until everything of a campaign that was queued has an outcome, and so many messages are decided.
pub fn report_of(watching: &Watching, id: &str, decided: u64) -> Value {
    let started = Instant::now();
    loop {
        let report = report(watching, id);
        let of = |name: &str| report["funnel"][name].as_u64().unwrap();
        if of("waiting") == 0 && of("decided") >= decided {
            assert_eq!(of("decided"), of("held_out") + of("withheld") + of("queued"), "{report}");
            assert_eq!(of("queued"), of("sent") + of("failed") + of("waiting"), "{report}");
            return report;
        }
        assert!(started.elapsed() < PATIENCE, "{report}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn people(watching: &Watching, n: usize, time: &str) {
    for some in (0..n).collect::<Vec<_>>().chunks(500) {
        let batch: Vec<Value> = some
            .iter()
            .map(|n| {
                super::watching::identify(&format!("u{n}"), time, &json!({"name": format!("N{n}")}))
            })
            .collect();
        watching.batch(&batch);
    }
}

#[test]
fn a_campaign_reaches_its_audience_once_and_its_numbers_close() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    people(&watching, 400, "2026-03-02T09:00:00Z");
    let policy = json!({"control": 0.1, "caps": [], "gaps": [], "quiet": [], "legal_hours": false});
    send(&watching, "PUT", "/api/settings/contact-policy", &policy, 200);
    let goal = json!([{"event": "Purchase", "within": "7d", "revenue": "total"}]);
    campaign(&watching, &receiver, "hello", &json!({"control": 0.2, "goals": goal}));
    let report = report_of(&watching, "hello", 400);
    let funnel = &report["funnel"];
    let (sent, held) = (funnel["sent"].as_u64().unwrap(), funnel["held_out"].as_u64().unwrap());
    assert_eq!(sent + held, 400, "{report}");
    // 10 % and then 20 % of the rest: far from it is not chance.
    assert!((70..=160).contains(&held), "{held}");
    let told = receiver.told("hello");
    assert_eq!(told.len() as u64, sent);
    assert!(told.values().all(|n| *n == 1));
    assert_eq!(report["sample_ratio"]["mismatch"], json!(false), "{report}");
    let first = receiver.arrived.lock().unwrap()[0].1.clone();
    assert!(first["name"].as_str().unwrap().starts_with('N'), "{first}");

    // Half of those who were written to buy, and a tenth of the others.
    watching.until("2026-03-03T10:00:00Z");
    let buyer =
        |n: usize, told: bool| if told { n.is_multiple_of(2) } else { n.is_multiple_of(10) };
    let (mut converted, mut control) = (0, 0);
    for n in 0..400 {
        let user = format!("u{n}");
        let reached = told.contains_key(&user);
        if buyer(n, reached) {
            watching.event_with(
                &user,
                "Purchase",
                "2026-03-03T09:00:00Z",
                json!({"total": 10 + n % 7}),
            );
            if reached { converted += 1 } else { control += 1 }
        }
    }
    let report = self::report(&watching, "hello");
    let arms = report["goals"][0]["arms"].as_array().unwrap();
    assert_eq!(arms[0]["arm"], "control");
    assert_eq!(
        (arms[0]["users"].as_u64(), arms[0]["converted"].as_u64()),
        (Some(held), Some(control))
    );
    assert_eq!(
        (arms[1]["users"].as_u64(), arms[1]["converted"].as_u64()),
        (Some(sent), Some(converted))
    );
    let effect = &report["goals"][0]["effect"];
    let (low, value) =
        (effect["difference"]["low"].as_f64(), effect["difference"]["value"].as_f64());
    let expected = converted as f64 / sent as f64 - control as f64 / held as f64;
    assert!((value.unwrap() - expected).abs() < 1e-12, "{effect}");
    assert!(low.unwrap() > 0.0 && effect["significant"] == json!(true), "{effect}");
    assert!(effect["extra_revenue"]["value"].as_f64().unwrap() > 0.0, "{effect}");

    // Restarted, nobody hears of it again.
    let watching = watching.restart(End::Killed);
    let n = receiver.arrived.lock().unwrap().len();
    let again = report_of(&watching, "hello", 400);
    assert_eq!(again["funnel"], report["funnel"]);
    assert_eq!(receiver.arrived.lock().unwrap().len(), n);
    assert_eq!(watching.server.get("/api/campaigns/hello")["status"], "ended");
}

#[test]
fn an_event_triggers_at_once_and_its_properties_are_in_the_message() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let trigger = json!({"kind": "event", "event": {"event": "Cart",
        "where": [{"property": "value", "op": "ge", "value": 50}]}});
    campaign(&watching, &receiver, "cart", &json!({"trigger": trigger}));
    watching.until("2026-03-02T10:01:00Z");
    let cart = |user: &str, time: &str, value: u64| {
        watching.event_with(
            user,
            "Cart",
            time,
            json!({"value": value, "item": format!("i{value}")}),
        );
    };
    cart("ada", "2026-03-02T10:01:00Z", 60);
    cart("ada", "2026-03-02T10:01:00Z", 60); // delivered again
    cart("bob", "2026-03-02T10:01:00Z", 40);
    cart("cyd", "2026-03-01T10:01:00Z", 70); // of yesterday
    receiver.wait_for(1);
    let report = report_of(&watching, "cart", 1);
    assert_eq!(report["funnel"]["decided"], json!(1), "{report}");
    let arrived = receiver.arrived.lock().unwrap().clone();
    assert_eq!(arrived.len(), 1);
    assert_eq!((&arrived[0].1["user"], &arrived[0].1["item"]), (&json!("ada"), &json!("i60")));
    // Why: the event, the draws, the provider.
    let message = arrived[0].1["message"].as_str().unwrap();
    let why = watching.server.get(&format!("/api/deliveries/{message}"));
    assert_eq!(why["delivery"]["state"], "sent", "{why}");
    let reasons: Vec<&str> = why["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["about"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["trigger", "address", "control", "variant", "caps", "delivery"]);
    assert!(why["reasons"][0]["because"].as_str().unwrap().contains("\"Cart\""), "{why}");
}

#[test]
fn entering_and_leaving_a_segment_triggers_also_by_inaction() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    watching.segment("cart-left", "did \"Cart\" and then not \"Purchase\" for 24h");
    let enters = json!({"trigger": {"kind": "enters", "segment": "cart-left"}});
    campaign(&watching, &receiver, "rescue", &enters);
    watching.until("2026-03-02T11:00:00Z");
    for user in ["ada", "bob"] {
        watching.event(user, "Cart", "2026-03-02T11:00:00Z");
    }
    watching.until("2026-03-02T12:00:00Z");
    watching.event("bob", "Purchase", "2026-03-02T12:00:00Z");
    watching.until("2026-03-03T10:59:59.999Z");
    assert_eq!(report(&watching, "rescue")["funnel"]["decided"], json!(0));
    watching.until("2026-03-03T11:00:00Z");
    receiver.wait_for(1);
    report_of(&watching, "rescue", 1);
    assert_eq!(receiver.told(""), BTreeMap::from([("ada".to_owned(), 1)]));
}

#[test]
fn the_better_message_takes_the_cap_and_the_window_rolls() {
    let caps = json!({"caps": [{"most": 1, "within": "1d"}]});
    let (watching, receiver, _) = start_with("2026-03-02T10:00:00Z", &caps, &json!({}));
    // Caps are for what interrupts people; webhooks to other systems are none.
    people(&watching, 1, "2026-03-02T09:00:00Z");
    campaign(&watching, &receiver, "system", &json!({}));
    campaign(&watching, &receiver, "system-again", &json!({}));
    receiver.wait_for(2);
    assert_eq!(report_of(&watching, "system-again", 1)["funnel"]["sent"], json!(1));
}

#[test]
fn r12_pause_keeps_people_in_place_and_resume_continues() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    campaign(
        &watching,
        &receiver,
        "order",
        &json!({"trigger": {"kind": "event", "event": "Order"}}),
    );
    watching.until("2026-03-02T10:01:00Z");
    watching.event("ada", "Order", "2026-03-02T10:01:00Z");
    receiver.wait_for(1);
    act(&watching, "order", "pause");
    watching.event("bob", "Order", "2026-03-02T10:01:00Z");
    watching.settle();
    let paused = report(&watching, "order");
    assert_eq!(paused["funnel"]["planned"], json!(1), "{paused}");
    // Also over a crash.
    let watching = watching.restart(End::Killed);
    watching.event("cyd", "Order", "2026-03-02T10:01:00Z");
    watching.settle();
    assert_eq!(receiver.told("").len(), 1);
    act(&watching, "order", "resume");
    receiver.wait_for(3);
    report_of(&watching, "order", 3);
    let everybody = ["ada", "bob", "cyd"].map(|user| (user.to_owned(), 1));
    assert_eq!(receiver.told(""), BTreeMap::from(everybody));
    act(&watching, "order", "stop");
    watching.event("dan", "Order", "2026-03-02T10:01:00Z");
    let stopped = report_of(&watching, "order", 3);
    let reasons = &stopped["funnel"]["withheld_by_reason"];
    assert!(reasons == &json!([]) || reasons[0]["reason"] == "campaign_stopped", "{stopped}");
    assert_eq!(receiver.told("").len(), 3);
}

#[test]
fn r11_a_message_in_doubt_after_a_crash_is_never_sent_twice() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    let order = json!({"trigger": {"kind": "event", "event": "Order"}});
    campaign(&watching, &receiver, "order", &order);
    receiver.hangs.store(true, Ordering::SeqCst);
    watching.event("ada", "Order", "2026-03-02T10:00:00Z");
    receiver.wait_for(1);
    // It arrived, and nobody knows.
    let watching = watching.restart(End::Killed);
    receiver.hangs.store(false, Ordering::SeqCst);
    let report = report_of(&watching, "order", 1);
    // Standard Webhooks have an id that receivers drop repetitions by: it is sent again under the same.
    let arrived = receiver.arrived.lock().unwrap().clone();
    let ids: BTreeSet<&String> = arrived.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 1, "{arrived:?}");
    assert_eq!(report["funnel"]["sent"], json!(1), "{report}");
}

#[test]
fn a_provider_that_refuses_for_a_while_gets_everything_once() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    people(&watching, 3, "2026-03-02T09:00:00Z");
    receiver.refuses.store(true, Ordering::SeqCst);
    campaign(&watching, &receiver, "later", &json!({}));
    let started = Instant::now();
    let waiting = || watching.server.get("/api/providers")["providers"][0]["status"].clone();
    while waiting()["last_error"].is_null() {
        assert!(started.elapsed() < PATIENCE, "{}", waiting());
        std::thread::sleep(Duration::from_millis(10));
    }
    receiver.refuses.store(false, Ordering::SeqCst);
    // An hour is longer than any wait between attempts.
    watching.until("2026-03-02T11:00:00Z");
    campaign(&watching, &receiver, "another", &json!({}));
    let report = report_of(&watching, "later", 3);
    assert_eq!(report["funnel"]["sent"], json!(3), "{report}");
    assert!(receiver.told("later").values().all(|n| *n == 1));
}

#[test]
fn r20_the_same_content_of_two_campaigns_goes_out_twice() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    people(&watching, 1, "2026-03-02T09:00:00Z");
    campaign(&watching, &receiver, "one", &json!({}));
    campaign(&watching, &receiver, "two", &json!({}));
    receiver.wait_for(2);
    report_of(&watching, "two", 1);
    assert_eq!(receiver.told("").get("u0"), Some(&2));
}

#[test]
fn r30_a_run_that_was_interrupted_reaches_everybody_once() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    people(&watching, 1_200, "2026-03-02T09:00:00Z");
    campaign(&watching, &receiver, "big", &json!({"delivery": {"per_second": 2_000}}));
    // The first slots of the pace come; the others wait.
    for slot in 1..=200 {
        watching.unnoticed(&format!("2026-03-02T10:00:00.{slot:03}Z"));
        if receiver.arrived.lock().unwrap().len() >= 20 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    receiver.wait_for(20);
    let watching = watching.restart(End::Killed);
    // Slot after slot of the pace comes, whenever the outbox has found what was left.
    let started = Instant::now();
    for tenth in 10.. {
        watching.unnoticed(&format!(
            "2026-03-02T10:{:02}:{:02}.{}00Z",
            tenth / 600,
            tenth / 10 % 60,
            tenth % 10
        ));
        if receiver.told("big").len() == 1_200 {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{}", receiver.told("big").len());
        std::thread::sleep(Duration::from_millis(20));
    }
    let report = report_of(&watching, "big", 1_200);
    let funnel = &report["funnel"];
    assert_eq!(funnel["sent"].as_u64(), Some(1_200), "{report}");
    let told = receiver.told("big");
    assert_eq!(told.len(), 1_200);
    // What was in doubt was sent again under its own id.
    let arrived = receiver.arrived.lock().unwrap().clone();
    let ids: BTreeSet<&String> = arrived.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 1_200);
}

#[test]
fn requests_send_under_their_key_once() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    people(&watching, 2, "2026-03-02T09:00:00Z");
    campaign(&watching, &receiver, "code", &json!({"trigger": {"kind": "api"}}));
    let body = json!({"users": ["u0", "u1", "nobody"], "key": "k1", "properties": {"item": "42"}});
    let accepted = send(&watching, "POST", "/api/campaigns/code/send", &body, 202);
    assert_eq!(accepted, json!({"accepted": 2, "unknown": ["nobody"]}));
    send(&watching, "POST", "/api/campaigns/code/send", &body, 202);
    receiver.wait_for(2);
    let report = report_of(&watching, "code", 2);
    assert_eq!(report["funnel"]["decided"], json!(2), "{report}");
    assert_eq!(receiver.arrived.lock().unwrap()[0].1["item"], json!("42"));
    let draft = json!({"users": ["u0"]});
    let answer = watching.server.send("POST", "/api/campaigns/none/send", &draft.to_string());
    assert_eq!(answer.code(), (404, json!("campaign.not_found")));
}

#[test]
fn whoever_is_erased_gets_nothing_any_more() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00Z");
    campaign(
        &watching,
        &receiver,
        "order",
        &json!({"trigger": {"kind": "event", "event": "Order"}}),
    );
    act(&watching, "order", "pause");
    for user in ["ada", "bob"] {
        watching.event(user, "Order", "2026-03-02T10:00:00Z");
    }
    watching.settle();
    send(&watching, "POST", "/api/users/ada/erase", &json!({"confirm": "ada"}), 202);
    act(&watching, "order", "resume");
    receiver.wait_for(1);
    report_of(&watching, "order", 1);
    assert_eq!(receiver.told(""), BTreeMap::from([("bob".to_owned(), 1)]));
}
