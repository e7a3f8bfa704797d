//! Steps that ask a real server over HTTP: what it answers is used later, and whatever goes wrong on the way leads to
//! a named way out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use serde_json::{Value, json};

use super::outreach::{merge, send};
use super::watching::{End, Watching};

/// What the server says to one user; nothing: it takes the request and never answers.
type Says = Option<(u16, &'static str, String)>;

/// A server that answers each user as it was told to.
struct Answering {
    address: SocketAddr,
    says: Arc<Mutex<BTreeMap<String, Says>>>,
    /// Ids and bodies of requests, in the order in which they came.
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

fn answering() -> Answering {
    let says: Arc<Mutex<BTreeMap<String, Says>>> = Arc::default();
    let asked: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let (own, kept) = (Arc::clone(&says), Arc::clone(&asked));
    let hook = move |headers: HeaderMap, body: String| {
        let (own, kept) = (Arc::clone(&own), Arc::clone(&kept));
        async move {
            let body: Value = serde_json::from_str(&body).unwrap();
            let user = body["user"].as_str().unwrap().to_owned();
            let id = headers["webhook-id"].to_str().unwrap().to_owned();
            kept.lock().unwrap().push((id, body));
            let said = own.lock().unwrap().get(&user).cloned();
            let Some((status, kind, body)) =
                said.unwrap_or(Some((204, "text/plain", String::new())))
            else {
                return std::future::pending().await;
            };
            (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], body)
        }
    };
    let app = Router::new().route("/{*any}", post(hook));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    Answering { address, says, asked }
}

impl Answering {
    fn says(&self, user: &str, status: u16, kind: &'static str, body: &str) {
        let said = Some((status, kind, body.to_owned()));
        self.says.lock().unwrap().insert(user.to_owned(), said);
    }

    fn says_json(&self, user: &str, body: &Value) {
        self.says(user, 200, "application/json", &body.to_string());
    }

    fn never_answers(&self, user: &str) {
        self.says.lock().unwrap().insert(user.to_owned(), None);
    }

    fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }

    fn wait_for(&self, n: usize) {
        until(|| self.asked().len() >= n, || format!("{:?}", self.asked()));
    }

    /// A step's message to a path of it.
    fn message(&self, path: &str, body: &str) -> Value {
        let url = format!("http://{}/{path}", self.address);
        let content = json!({"default": {"kind": "webhook", "url": url, "body": body}});
        json!({"channel": "webhook", "content": content})
    }
}

/// Waits for something that follows of itself.
fn until(mut holds: impl FnMut() -> bool, what: impl Fn() -> String) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", what());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server with a webhook provider and a policy without rules, and whoever is asked.
fn start() -> (Watching, Answering) {
    let (watching, answering) = (Watching::start("2026-03-02T10:00:00Z"), answering());
    let input = json!({"name": "Shop", "settings": {"kind": "webhook", "private_networks": true}});
    send(&watching, "POST", "/api/providers", &input, 201);
    let rules = json!({"control": 0.0, "caps": [], "gaps": [], "quiet": [], "legal_hours": false});
    send(&watching, "PUT", "/api/settings/contact-policy", &rules, 200);
    (watching, answering)
}

const BODY: &str = "{\"user\": \"{{ profile.id }}\", \"sku\": \"{{ event.sku }}\"}";

/// Asks for the limit of whoever applies, and tells those who have enough of it.
fn loan(answering: &Answering, more: &Value) -> Value {
    let offer = "{\"user\": \"{{ profile.id }}\", \"limit\": {{ answer.score.limit }}, \
                 \"tier\": \"{{ answer.score.who.tier }}\", \"for\": \"{{ event.sku }}\"}";
    let mut score = json!({"kind": "webhook", "message": answering.message("score", BODY),
                           "within": "30s", "failed": "unknown"});
    merge(&mut score, more);
    json!({
        "id": "loan", "name": "Loan", "entry": {"kind": "event", "event": "Applied"}, "control": 0.0,
        "goals": [{"id": "bought", "when": {"kind": "event", "event": "Purchase"}, "within": "1d"}],
        "steps": [
            {"id": "score", "do": score, "next": "enough"},
            {"id": "enough", "do": {"kind": "split", "otherwise": "little", "paths": [
                {"id": "enough", "next": "mark", "answer": {"step": "score",
                 "where": [{"property": "limit", "op": "ge", "value": 500}]}}]}},
            {"id": "mark", "next": "tell",
             "do": {"kind": "update", "set": {"limit": {"answer": "score.limit"}}}},
            {"id": "tell", "next": "offer", "do": {"kind": "emit", "event": "Limit Set",
             "properties": {"tier": {"answer": "score.who.tier"}, "none": {"answer": "score.no"}}}},
            {"id": "offer", "do": {"kind": "message",
             "message": answering.message("offer/{{ answer.score.who.tier }}", offer)}},
            {"id": "little", "do": {"kind": "exit", "reason": "little"}},
            {"id": "unknown", "do": {"kind": "exit", "reason": "unknown"}}
        ]
    })
}

fn publish(watching: &Watching, journey: &Value) {
    let made = send(watching, "POST", "/api/journeys", journey, 201);
    let problems = made["problems"].as_array().unwrap();
    assert!(problems.iter().all(|problem| problem["error"] == false), "{made}");
    let path = format!("/api/journeys/{}/publish", journey["id"].as_str().unwrap());
    send(watching, "POST", &path, &json!({}), 200);
    watching.settle();
}

/// The latest run of a user: steps with the way there and why, and how it ended.
fn run(watching: &Watching, user: &str) -> Vec<String> {
    let answer = watching.server.get(&format!("/api/users/{user}/journeys"));
    let mut told = Vec::new();
    let run = &answer["runs"][0];
    for step in run["steps"].as_array().into_iter().flatten() {
        let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
        told.push(match step["path"].is_null() {
            true => text("step"),
            false => format!("{} {} ({})", text("path"), text("step"), text("why")),
        });
    }
    told.extend(run["exit"]["reason"].as_str().map(|why| format!("out: {why}")));
    told
}

/// The run of a user, once it is over.
fn over(watching: &Watching, user: &str) -> Vec<String> {
    let done = || {
        watching.settle();
        run(watching, user).last().is_some_and(|last| last.starts_with("out"))
    };
    until(done, || format!("{:?}", run(watching, user)));
    run(watching, user)
}

fn applies(watching: &Watching, user: &str) {
    watching.event_with(user, "Applied", "2026-03-02T10:00:00Z", json!({"sku": "house"}));
}

#[test]
fn an_answer_decides_is_written_and_is_said_later() {
    let (watching, answering) = start();
    let rich = json!({"limit": 700, "who": {"tier": "gold"}, "no": null, "email": "a@b.example"});
    answering.says_json("ada", &rich);
    answering.says_json("bob", &json!({"limit": 100}));
    publish(&watching, &loan(&answering, &json!({})));
    applies(&watching, "ada");
    assert_eq!(
        over(&watching, "ada"),
        [
            "score",
            "next enough (answered 200)",
            "enough mark (its condition held: enough)",
            "next tell (attributes changed)",
            "next offer (\"Limit Set\" written)",
            "out: completed"
        ]
    );
    answering.wait_for(2);
    let asked = answering.asked();
    assert_eq!(asked[0].1, json!({"user": "ada", "sku": "house"}));
    let offer = json!({"user": "ada", "limit": 700, "tier": "gold", "for": "house"});
    assert_eq!(asked[1].1, offer);
    assert_ne!(asked[0].0, asked[1].0);
    let user = watching.server.get("/api/users/ada");
    assert_eq!(user["attributes"]["limit"], json!(700), "{user}");
    let events = watching.server.get("/api/users/ada/events");
    let event = |name: &str| {
        let all = events["events"].as_array().unwrap();
        all.iter().find(|event| event["name"] == name).unwrap()["properties"].clone()
    };
    assert_eq!(event("Limit Set"), json!({"tier": "gold"}));
    let answered = event("Message Answered");
    assert_eq!(answered["status"], json!(200), "{answered}");
    assert_eq!(answered["campaign"], json!("loan/score"), "{answered}");
    assert_eq!(answered["answered.limit"], json!(700), "{answered}");
    assert_eq!(answered["answered.who.tier"], json!("gold"), "{answered}");
    assert!(answered.get("answered.no").is_none(), "{answered}");

    applies(&watching, "bob");
    assert_eq!(
        over(&watching, "bob"),
        [
            "score",
            "next enough (answered 200)",
            "otherwise little (no condition held)",
            "out: little"
        ]
    );
    let report = watching.server.get("/api/journeys/loan/report");
    let score = report["steps"].as_array().unwrap().iter().find(|of| of["step"] == "score");
    let score = score.unwrap();
    assert_eq!((&score["entered"], &score["kind"]), (&json!(2), &json!("webhook")), "{score}");
    assert_eq!(score["message"]["sent"], json!(2), "{score}");
    assert_eq!(report["unaccounted"], json!(0));
}

#[test]
fn an_answer_that_cannot_be_used_is_an_answer_without_fields() {
    let (watching, answering) = start();
    let long = format!("{{\"limit\": 700, \"text\": \"{}\"}}", "x".repeat(2_000));
    answering.says("ada", 200, "text/html", "<p>fine</p>");
    answering.says("bob", 204, "application/json", "");
    answering.says("cyd", 200, "application/json", &long);
    answering.says("dan", 201, "application/json", "[1]");
    publish(&watching, &loan(&answering, &json!({})));
    for (user, status, why) in [
        ("ada", 200, "not_json"),
        ("bob", 204, "empty"),
        ("cyd", 200, "too_long"),
        ("dan", 201, "not_an_object"),
    ] {
        applies(&watching, user);
        let why = format!("answered {status}, of which nothing can be used: {why}");
        let told = over(&watching, user);
        assert_eq!(
            told[1..],
            [
                format!("next enough ({why})"),
                "otherwise little (no condition held)".to_owned(),
                "out: little".to_owned()
            ]
        );
    }
}

#[test]
fn what_is_refused_or_not_answered_in_time_takes_the_other_way() {
    let (watching, answering) = start();
    answering.says("ada", 422, "application/json", "{\"limit\": 700}");
    answering.says("bob", 500, "application/json", "{\"limit\": 700}");
    answering.never_answers("cyd");
    publish(&watching, &loan(&answering, &json!({})));
    applies(&watching, "ada");
    assert_eq!(
        over(&watching, "ada"),
        ["score", "failed unknown (failed: payload.refused)", "out: unknown"]
    );
    applies(&watching, "bob");
    applies(&watching, "cyd");
    answering.wait_for(3);
    watching.until("2026-03-02T10:00:29.999Z");
    assert_eq!(run(&watching, "cyd"), ["score"]);
    watching.until("2026-03-02T10:00:30Z");
    let told = over(&watching, "cyd");
    assert_eq!(told, ["score", "failed unknown (no answer within 30s)", "out: unknown"]);
    // His is given up as soon as there is no time to ask again, or when the time is up.
    let told = over(&watching, "bob");
    assert!(told[1].starts_with("failed unknown ("), "{told:?}");
    // Nothing is asked for ever: by then the webhook is given up, too.
    watching.until("2026-03-02T10:05:00Z");
    let failed = || {
        let events = watching.server.get("/api/users/bob/events");
        let all = events["events"].as_array().unwrap().clone();
        all.iter().any(|event| event["name"] == "Message Failed")
    };
    until(failed, || "bob's webhook is not given up".to_owned());
}

#[test]
fn what_cannot_be_sent_at_all_takes_the_other_way_at_once() {
    let (watching, answering) = start();
    let mut journey = loan(&answering, &json!({}));
    let content = &mut journey["steps"][0]["do"]["message"]["content"]["default"];
    content["body"] =
        json!("{% if event.sku == 'house' %}{% abort_message('no houses') %}{% endif %}{}");
    publish(&watching, &journey);
    applies(&watching, "ada");
    assert_eq!(
        over(&watching, "ada"),
        ["score", "failed unknown (failed: template.aborted)", "out: unknown"]
    );
    assert!(answering.asked().is_empty());
}

#[test]
fn a_crash_before_the_answer_asks_again_under_the_same_id_and_answers_once() {
    let (mut watching, answering) = start();
    answering.never_answers("ada");
    publish(&watching, &loan(&answering, &json!({})));
    applies(&watching, "ada");
    answering.wait_for(1);
    watching = watching.restart(End::Killed);
    assert_eq!(run(&watching, "ada"), ["score"]);
    answering.says_json("ada", &json!({"limit": 700, "who": {"tier": "gold"}}));
    watching = watching.restart(End::Killed);
    let told = over(&watching, "ada");
    assert_eq!(told[1], "next enough (answered 200)");
    assert_eq!(told.last().unwrap(), "out: completed");
    // Whatever is looked at again after another crash is known.
    watching = watching.restart(End::Killed);
    watching.settle();
    assert_eq!(over(&watching, "ada"), told);
    let offered = || answering.asked().iter().any(|(_, body)| body["limit"] == 700);
    until(offered, || format!("{:?}", answering.asked()));
    let asked = answering.asked();
    let scores = asked.iter().filter(|(_, body)| body.get("limit").is_none());
    let ids: std::collections::BTreeSet<&String> = scores.map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 1, "{asked:?}");
    let events = watching.server.get("/api/users/ada/events");
    let named = |name: &str| {
        let all = events["events"].as_array().unwrap();
        all.iter().filter(|event| event["name"] == name).count()
    };
    assert_eq!((named("Message Answered"), named("Limit Set")), (1, 1), "{events}");
}

#[test]
fn nobody_else_tells_of_answers_and_whoever_sees_less_does_not_see_them() {
    let (watching, answering) = start();
    answering.says_json("ada", &json!({"limit": 700, "who": {"tier": "gold"}}));
    publish(&watching, &loan(&answering, &json!({})));
    let time = "2026-03-02T10:00:00Z";
    let track = super::watching::track("ada", "Message Answered", time, &json!({"status": 200}));
    watching.server.send("POST", "/v1/batch", &json!({"batch": [track]}).to_string());
    applies(&watching, "ada");
    over(&watching, "ada");
    let events = watching.server.get("/api/users/ada/events");
    let all = events["events"].as_array().unwrap();
    let answered: Vec<&Value> =
        all.iter().filter(|event| event["name"] == "Message Answered").collect();
    assert_eq!(answered.len(), 1, "{events}");
    assert_eq!(answered[0]["properties"]["campaign"], "loan/score");
    let key = send(&watching, "POST", "/api/keys", &json!({"scope": "read"}), 201);
    let key = key["key"].as_str().unwrap();
    let seen = watching.server.send_as(key, "GET", "/api/users/ada/events", "").json();
    let all = seen["events"].as_array().unwrap();
    let answered = all.iter().find(|event| event["name"] == "Message Answered").unwrap();
    assert_eq!(answered["properties"]["answered.limit"], "***", "{answered}");
    assert_eq!(answered["properties"]["status"], 200, "{answered}");
}

#[test]
fn what_is_wrong_with_it_is_told_with_its_place() {
    let (watching, answering) = start();
    let problems = |journey: &Value| -> Vec<String> {
        let told = send(&watching, "POST", "/api/journeys/check", journey, 200);
        let all = told["problems"].as_array().unwrap().iter();
        let errors = all.filter(|of| of["error"] == true);
        let said = |of: &Value| {
            let text = |name: &str| of[name].as_str().unwrap().to_owned();
            format!("{} {}: {}", text("code"), text("place"), text("message"))
        };
        errors.map(said).collect()
    };
    assert_eq!(problems(&loan(&answering, &json!({}))), [""; 0]);
    let mut journey =
        loan(&answering, &json!({"within": "2d", "failed": "nowhere", "assumed": [1]}));
    journey["steps"][1]["do"]["paths"][0]["answer"]["step"] = json!("mark");
    journey["steps"][2]["do"]["set"]["limit"] = json!({"answer": "score"});
    journey["steps"][3]["do"]["properties"]["tier"] = json!({"answer": "none.tier"});
    let told = problems(&journey);
    let wanted = [
        "journey.no_step score do.failed: there is no step \"nowhere\"",
        "journey.span score do.within: 2d is not above 0 and at most 1d",
        "journey.invalid score do.assumed: no server answers so: it is no object",
        "journey.value mark do.set.limit: the value of \"limit\" is an object",
        "journey.no_answer enough do.paths.0.answer: the step \"mark\" asks no server",
        "journey.no_step tell do.properties.tier: there is no step \"none\"",
    ];
    for own in wanted {
        assert!(told.iter().any(|of| of.starts_with(own)), "{own}: {told:#?}");
    }
    assert_eq!(told.len(), wanted.len(), "{told:#?}");

    // What comes before is not answered yet; also in what messages say.
    let mut journey = loan(&answering, &json!({}));
    let first = json!({"id": "first", "next": "score",
                       "do": {"kind": "message", "message": answering.message("x", "{{ answer.score.limit }}")}});
    journey["steps"].as_array_mut().unwrap().insert(0, first);
    let said =
        "journey.no_answer first do.message.content: nobody comes here from the step \"score\"";
    assert_eq!(problems(&journey), [said]);
    // A channel that is no webhook is not answered.
    let mut journey = loan(&answering, &json!({}));
    let sms = json!({"channel": "sms", "content": {"default": {"kind": "sms", "body": "?"}}});
    journey["steps"][0]["do"]["message"] = sms;
    let told = problems(&journey);
    assert!(told[0].starts_with("journey.no_webhook score do.message.channel"), "{told:?}");
}

/// A backtest of a definition, once it is over.
fn backtest(watching: &Watching, definition: &Value) -> Value {
    let wish = json!({"from": "2026-03-02T09:00:00Z", "to": "2026-03-02T11:00:00Z", "definition": definition});
    let begun = send(watching, "POST", "/api/journeys/loan/backtest", &wish, 202);
    let path = format!("/api/backtests/{}", begun["id"].as_str().unwrap());
    let now = || send(watching, "GET", &path, &Value::Null, 200);
    until(|| now()["status"] != "running", || now().to_string());
    assert_eq!(now()["status"], "done", "{}", now());
    now()["result"].clone()
}

#[test]
fn a_backtest_asks_nobody_and_says_so() {
    let (watching, answering) = start();
    answering.says_json("ada", &json!({"limit": 700, "who": {"tier": "gold"}}));
    publish(&watching, &loan(&answering, &json!({})));
    for user in ["ada", "bob", "cyd"] {
        applies(&watching, user);
        over(&watching, user);
    }
    answering.wait_for(4);
    watching.until("2026-03-02T12:00:00Z");
    let asked = answering.asked().len();
    // Also what a live run was really answered is not known to it.
    let result = backtest(&watching, &loan(&answering, &json!({})));
    assert_eq!((&result["entered"], &result["sent"]), (&json!(3), &json!(0)), "{result}");
    assert_eq!(
        (&result["answers_assumed"], &result["unanswered"]),
        (&json!(0), &json!(3)),
        "{result}"
    );
    assert_eq!(result["exits"], json!({"unknown": 3}), "{result}");
    assert_eq!(result["sample"][0]["steps"][1]["why"], "nobody answers in a backtest");
    let assumed = json!({"assumed": {"limit": 900, "who": {"tier": "gold"}}});
    let result = backtest(&watching, &loan(&answering, &assumed));
    assert_eq!(
        (&result["answers_assumed"], &result["unanswered"]),
        (&json!(3), &json!(0)),
        "{result}"
    );
    assert_eq!(
        (&result["exits"], &result["sent"]),
        (&json!({"completed": 3}), &json!(3)),
        "{result}"
    );
    assert_eq!(answering.asked().len(), asked);
}
