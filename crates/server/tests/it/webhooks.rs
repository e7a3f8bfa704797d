//! Webhooks against a real receiver: signatures, order, failures, what is given up.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::live::{Cause, Correction, Transition, WatchId};
use hmac::{Hmac, KeyInit, Mac};
use model::{Span, Timestamp, UserIndex};
use serde_json::{Value, json};
use server::config::webhooks::{SavedWebhook, Secret};
use server::live::{Published, Told, Watched};
use server::webhooks::deliver;
use server::webhooks::queue::Pace;
use sha2::Sha256;

use super::fixture::{Fixture, fixture};
use super::watching::{Watching, at};

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(60);

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A message as it arrived.
pub struct Arrived {
    id: String,
    pub body: Value,
    /// What was answered.
    status: u16,
}

/// A receiver that checks every signature. It answers with the planned states first, then with 204.
pub struct Receiving {
    address: SocketAddr,
    arrived: Receiver<Arrived>,
    planned: Arc<Mutex<VecDeque<u16>>>,
}

pub fn receive(planned: &[u16]) -> Receiving {
    let planned = Arc::new(Mutex::new(planned.iter().copied().collect::<VecDeque<_>>()));
    let answers = Arc::clone(&planned);
    let (sender, arrived) = channel();
    let hook = move |headers: HeaderMap, body: String| {
        let status = answers.lock().unwrap().pop_front().unwrap_or(204);
        let id = verify(&headers, &body);
        let body = serde_json::from_str(&body).unwrap();
        sender.send(Arrived { id, body, status }).unwrap();
        let moved = [("location", "/elsewhere")];
        async move { (StatusCode::from_u16(status).unwrap(), moved) }
    };
    // Whoever followed the redirect would see another status.
    let elsewhere = || async { StatusCode::IM_A_TEAPOT };
    let app = Router::new().route("/hook", post(hook)).route("/elsewhere", post(elsewhere));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    Receiving { address, arrived, planned }
}

impl Receiving {
    pub fn next(&self) -> Arrived {
        self.arrived.recv_timeout(PATIENCE).unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }
}

/// Checks id, time and signature as a receiver should; the id.
fn verify(headers: &HeaderMap, body: &str) -> String {
    let header = |name: &str| headers[name].to_str().unwrap();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let age = server::clock::now().0 / 1_000 - timestamp.parse::<i64>().unwrap();
    assert!((-1..=300).contains(&age), "{age} s");
    assert_eq!(header("content-type"), "application/json");
    let key = STANDARD.decode(&SECRET["whsec_".len()..]).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = STANDARD.decode(header("webhook-signature").strip_prefix("v1,").unwrap());
    mac.verify_slice(&signature.unwrap()).unwrap();
    id.into()
}

/// A server that tries again at once, and gives up after three times.
fn impatient() -> Fixture {
    let server = fixture();
    server.service.webhook_queues().set_pace(Pace {
        first: Span(1),
        longest: Span(2),
        attempts: 3,
        attempts_refused: 2,
    });
    server
}

pub fn create(server: &Fixture, url: &str, more: &Value) -> String {
    let mut body = json!({"url": url, "secret": SECRET});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = server.send("POST", "/api/webhooks", &body.to_string());
    assert_eq!(answer.0, 201, "{}", answer.2);
    let created = answer.json();
    assert_eq!(created["secret"], json!(SECRET));
    created["webhook"]["id"].as_str().unwrap().to_owned()
}

fn told(user: u32, at: i64, (from, to): (u8, u8), correction: Correction) -> Told {
    let transition = Transition {
        user: UserIndex(user),
        watch: WatchId(0),
        at: Timestamp(at),
        recorded_at: Timestamp(at),
        from,
        to,
        cause: Cause::Record,
        correction,
    };
    Told {
        user: format!("u{user}").into(),
        watched: Arc::new(Watched::segment("keen")),
        transition,
    }
}

fn tell(server: &Fixture, transitions: Vec<Told>) {
    let exact_as_of = transitions.last().map(|told| told.transition.recorded_at);
    server.service.workspace().hub().publish(Published {
        exact_as_of,
        transitions,
        ..Published::default()
    });
}

/// Asks until an answer is as expected.
fn until(server: &Fixture, path: &str, expected: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let answer = server.get(path);
        if expected(&answer) {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "{path}: {answer}");
        std::thread::yield_now();
    }
}

#[test]
fn a_message_is_sent_again_under_its_id_until_it_arrives() {
    let server = impatient();
    let receiver = receive(&[500, 503]);
    let id = create(&server, &receiver.url(), &json!({}));
    tell(&server, vec![told(1, 1_000, (0, 1), Correction::None)]);
    let arrived = [receiver.next(), receiver.next(), receiver.next()];
    assert_eq!(arrived.iter().map(|one| one.status).collect::<Vec<_>>(), [500, 503, 204]);
    assert_eq!(arrived.iter().map(|one| &one.id).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(arrived[2].body, arrived[0].body);
    let body = &arrived[2].body;
    assert_eq!(body["type"], json!("segment.entered"));
    assert_eq!(body["timestamp"], json!("1970-01-01T00:00:01.000Z"));
    assert_eq!((&body["data"]["user"], &body["data"]["to"]), (&json!("u1"), &json!("in")));
    assert_eq!(body["data"]["id"], json!(arrived[0].id));
    let path = format!("/api/webhooks/{id}");
    let shown = until(&server, &path, |one| one["delivered"] == json!(1));
    assert_eq!((&shown["waiting"], &shown["failing_since"]), (&json!(0), &json!(null)));
}

#[test]
fn messages_of_one_user_arrive_in_order_whatever_fails() {
    let server = impatient();
    let receiver = receive(&[204, 500, 204, 500, 500, 204]);
    create(&server, &receiver.url(), &json!({"corrections": true}));
    let n = 40;
    let all = (0..n).flat_map(|step| {
        (0..5).map(move |user| {
            let (from, to) = if step % 2 == 0 { (0, 1) } else { (1, 0) };
            told(user, i64::from(step) + 1, (from, to), Correction::None)
        })
    });
    tell(&server, all.collect());
    let mut last = [0; 5];
    let mut delivered = 0;
    while delivered < 5 * n {
        let arrived = receiver.next();
        if arrived.status != 204 {
            continue;
        }
        delivered += 1;
        let user: usize = arrived.body["data"]["user"].as_str().unwrap()[1..].parse().unwrap();
        let at = Timestamp::parse(arrived.body["data"]["at"].as_str().unwrap()).unwrap().0;
        assert_eq!(at, last[user] + 1, "of user {user}");
        last[user] = at;
    }
}

#[test]
fn a_webhook_hears_what_it_asked_for() {
    let server = impatient();
    let segment = json!({"id": "keen", "name": "Keen", "definition": "did any event"});
    assert_eq!(server.send("POST", "/api/segments", &segment.to_string()).0, 201);
    let (plain, exact) = (receive(&[]), receive(&[]));
    create(&server, &plain.url(), &json!({"watches": ["segment/keen"], "kinds": ["left"]}));
    create(&server, &exact.url(), &json!({"corrections": true}));
    tell(
        &server,
        vec![
            told(1, 1, (0, 1), Correction::None),
            told(1, 1, (0, 1), Correction::Revoked),
            told(1, 2, (1, 0), Correction::None),
        ],
    );
    assert_eq!(plain.next().body["type"], json!("segment.left"));
    let heard: Vec<_> = (0..3).map(|_| exact.next()).collect();
    let types: Vec<_> = heard.iter().map(|one| one.body["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["segment.entered", "segment.entered.revoked", "segment.left"]);
    assert_eq!(heard.iter().map(|one| &one.id).collect::<BTreeSet<_>>().len(), 3);
    assert!(plain.arrived.try_recv().is_err());
}

#[test]
fn what_is_given_up_is_kept_shown_and_sent_again() {
    let server = impatient();
    // Three failures, a message that is refused twice, a redirect; then all is well.
    let receiver = receive(&[500, 500, 500, 400, 400, 302]);
    let id = create(&server, &receiver.url(), &json!({}));
    tell(&server, (1..=3).map(|at| told(1, at, (0, 1), Correction::None)).collect());
    let arrived: Vec<_> = (0..7).map(|_| receiver.next()).collect();
    let path = format!("/api/webhooks/{id}");
    until(&server, &path, |one| one["delivered"] == json!(1));
    assert_eq!(server.get(&path)["dead"], json!(2));
    let letters = server.get(&format!("{path}/dead-letters"));
    assert_eq!(letters["total"], json!(2));
    let errors: Vec<_> = letters["letters"].as_array().unwrap().iter().collect();
    assert_eq!((&errors[0]["error"], &errors[0]["attempts"]), (&json!("HTTP 400"), &json!(2)));
    assert_eq!((&errors[1]["error"], &errors[1]["attempts"]), (&json!("HTTP 500"), &json!(3)));
    assert_eq!(errors[1]["id"], json!(arrived[0].id));
    assert!(errors[0]["body"].as_str().unwrap().contains("segment.entered"));

    let retry = format!("{path}/dead-letters/retry");
    let none = server.send("POST", &retry, &json!({"ids": ["msg_x"]}).to_string());
    assert_eq!(none.code(), (404, json!("webhook.no_letter")));
    let one = json!({"ids": [errors[1]["id"]]}).to_string();
    assert_eq!(server.send("POST", &retry, &one).json(), json!({"retried": 1}));
    assert_eq!(receiver.next().id, arrived[0].id);
    assert_eq!(server.send("POST", &retry, "").json(), json!({"retried": 1}));
    assert_eq!(receiver.next().id, errors[0]["id"].as_str().unwrap());
    until(&server, &path, |one| one["delivered"] == json!(3));
    assert_eq!(server.get(&path)["dead"], json!(0));
    assert_eq!(receiver.planned.lock().unwrap().len(), 0);
}

#[test]
fn a_test_message_says_what_became_of_it() {
    let server = impatient();
    let receiver = receive(&[204, 302, 500]);
    let id = create(&server, &receiver.url(), &json!({}));
    let test = |id: &str| server.send("POST", &format!("/api/webhooks/{id}/test"), "").json();
    let tested = test(&id);
    assert_eq!((&tested["delivered"], &tested["status"]), (&json!(true), &json!(204)));
    assert_eq!(receiver.next().body["type"], json!("webhook.test"));
    let moved = test(&id);
    assert_eq!((&moved["delivered"], &moved["status"]), (&json!(false), &json!(302)));
    assert!(moved["error"].as_str().unwrap().contains("not followed"), "{moved}");
    assert_eq!(test(&id)["error"], json!("HTTP 500"));
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = create(&server, &format!("http://{gone}/hook"), &json!({}));
    let tested = test(&nobody);
    assert_eq!((&tested["delivered"], &tested["status"]), (&json!(false), &json!(null)));
    assert!(!tested["error"].as_str().unwrap().is_empty());
}

#[test]
fn secrets_are_told_once() {
    let server = impatient();
    let created =
        server.send("POST", "/api/webhooks", r#"{"url": "https://example.com/h"}"#).json();
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() > 40, "{secret}");
    let id = created["webhook"]["id"].as_str().unwrap();
    for path in ["/api/webhooks".to_owned(), format!("/api/webhooks/{id}")] {
        let answer = server.send("GET", &path, "");
        assert!(answer.0 == 200 && !answer.2.contains("whsec_"), "{}", answer.2);
    }
    assert_eq!(server.send("DELETE", &format!("/api/webhooks/{id}"), "").0, 204);
    let gone = server.send("GET", &format!("/api/webhooks/{id}"), "");
    assert_eq!(gone.code(), (404, json!("webhook.not_found")));
    assert_eq!(server.get("/api/webhooks"), json!({"webhooks": []}));
}

#[test]
fn what_makes_no_webhook_is_refused() {
    let server = impatient();
    for (body, code) in [
        (json!({"url": "ftp://example.com"}), "webhook.url"),
        (json!({"url": "example.com/hook"}), "webhook.url"),
        (json!({"url": "https://name:word@example.com"}), "webhook.url"),
        (json!({"url": "https://"}), "webhook.url"),
        (json!({"url": "https://e.com", "watches": []}), "webhook.watch"),
        (json!({"url": "https://e.com", "watches": ["segment/nothing"]}), "webhook.watch"),
        (json!({"url": "https://e.com", "kinds": []}), "webhook.kinds"),
        (json!({"url": "https://e.com", "secret": "whsec_c2hvcnQ="}), "webhook.secret"),
    ] {
        let refused = server.send("POST", "/api/webhooks", &body.to_string());
        assert_eq!(refused.code(), (422, json!(code)), "{body}");
    }
}

#[test]
fn what_the_engine_tells_arrives_under_the_id_that_the_history_gives() {
    let watching = Watching::start("2026-03-01T12:00:00Z");
    watching.segment("keen", "did \"Purchase\" in last 7d");
    let receiver = receive(&[]);
    create(&watching.server, &receiver.url(), &json!({"watches": ["segment/keen"]}));
    watching.event("ada", "Purchase", "2026-03-01T11:00:00Z");
    watching.until("2026-03-10T00:00:00Z");
    let arrived = [receiver.next(), receiver.next()];
    let types: Vec<_> = arrived.iter().map(|one| one.body["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["segment.entered", "segment.left"]);
    let page = watching.server.get("/api/segments/keen/transitions");
    for (told, arrived) in page["transitions"].as_array().unwrap().iter().zip(arrived.iter().rev())
    {
        assert_eq!(*told, arrived.body["data"]);
        assert_eq!(told["id"], json!(arrived.id));
    }
}

#[test]
fn a_start_sends_what_became_known_since_the_webhook_was_settled() {
    let watching = Watching::start("2026-03-01T12:00:00Z");
    watching.segment("keen", "did \"Purchase\" in last 7d");
    watching.event("ada", "Purchase", "2026-03-01T11:00:00Z");
    watching.until("2026-03-02T12:00:00Z");
    // Known later, though it happened before.
    watching.event("bob", "Purchase", "2026-03-01T10:00:00Z");
    watching.settle();
    let receiver = receive(&[]);
    let service = Arc::clone(&watching.server.service);
    let settled_until = at("2026-03-02T00:00:00Z");
    let webhook = SavedWebhook {
        id: "wh_kept".into(),
        url: receiver.url(),
        watches: None,
        kinds: r#"["entered"]"#.into(),
        corrections: false,
        secret: Secret(SECRET.into()),
        created_at: settled_until,
        settled_until,
    };
    service.workspace().config().add_webhook(&webhook).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(async { deliver::start(&service) });
    // Not what was settled before; of the others each once.
    let mut users = Vec::new();
    while users.last() != Some(&("segment/keen".to_owned(), "bob".to_owned())) {
        let data = receiver.next().body["data"].clone();
        let text = |field: &str| data[field].as_str().unwrap().to_owned();
        users.push((text("watch"), text("user")));
    }
    assert!(users.iter().all(|(_, user)| user == "bob"), "{users:?}");
    runtime.block_on(running.stop());
}
