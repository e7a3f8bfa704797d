//! Backtests that tell what a live run told: runs, steps, and every decision about a message.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use model::{Span, Timestamp};
use serde_json::{Value, json};

use super::journeys::{checkout, start};
use super::outreach::{act, send};
use super::watching::{Watching, at, identify};

/// A backtest of a journey or campaign (`journeys/care`), once it is over.
fn done(watching: &Watching, of: &str, body: &Value) -> Value {
    let begun = send(watching, "POST", &format!("/api/{of}/backtest"), body, 202);
    let (kind, id) = of.split_once('/').unwrap();
    assert_eq!(begun["of"], id);
    assert_eq!(format!("{}s", begun["kind"].as_str().unwrap()), kind);
    let path = format!("/api/backtests/{}", begun["id"].as_str().unwrap());
    for _ in 0..6_000 {
        let now = send(watching, "GET", &path, &Value::Null, 200);
        if now["status"] != "running" {
            assert_eq!(now["status"], "done", "{now}");
            return now["result"].clone();
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not end");
}

/// By step: who came, who went out, who waits, and by path who went on.
fn counted(steps: &Value) -> BTreeMap<String, (u64, u64, u64, BTreeMap<String, u64>)> {
    let number = |of: &Value| of.as_u64().unwrap();
    let one = |step: &Value| {
        let exited = match &step["exited"] {
            Value::Array(reasons) => reasons.iter().map(|of| number(&of["count"])).sum(),
            n => number(n),
        };
        let moved: BTreeMap<String, u64> = match &step["moved"] {
            Value::Array(ways) => {
                let way =
                    |way: &Value| (way["path"].as_str().unwrap().to_owned(), number(&way["count"]));
                ways.iter().map(way).collect()
            }
            ways => {
                let ways = ways.as_object().unwrap().iter();
                ways.map(|(way, n)| (way.clone(), number(n))).collect()
            }
        };
        let id = step["step"].as_str().unwrap().to_owned();
        (id, (number(&step["entered"]), exited, number(&step["waiting"]), moved))
    };
    steps.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn a_backtest_of_a_period_tells_what_a_live_run_of_it_told() {
    let watching = start();
    let mut journey = checkout("checkout");
    journey["control"] = json!(0.2);
    send(&watching, "POST", "/api/journeys", &journey, 201);
    send(&watching, "POST", "/api/journeys/checkout/publish", &json!({}), 200);
    watching.settle();
    for n in 0..40u32 {
        let (user, minute) = (format!("user-{n}"), n % 60);
        let when = |second: u32| format!("2026-03-02T11:{minute:02}:{second:02}Z");
        watching.until(&when(0));
        watching.event(&user, "Checkout Started", &when(0));
        if n % 3 == 0 {
            watching.until(&when(30));
            watching.event(&user, "Purchase", &when(30));
        }
        watching.settle();
    }
    watching.until("2026-03-03T11:20:00Z");
    watching.settle();
    let report = send(&watching, "GET", "/api/journeys/checkout/report", &Value::Null, 200);
    assert!(report["entered"].as_u64().unwrap() > 20, "{report}");
    assert!(report["held_out"].as_u64().unwrap() > 0, "{report}");
    let period = json!({"from": "2026-03-02T10:00:00Z", "to": "2026-03-03T11:20:00Z"});
    let result = done(&watching, "journeys/checkout", &period);
    assert_eq!(result["entered"], report["entered"]);
    assert_eq!(result["held_out"], report["held_out"]);
    let (past, live) = (counted(&result["steps"]), counted(&report["steps"]));
    assert_eq!(past, live);
    assert!(past.values().any(|step| step.2 > 0), "somebody waits: {past:?}");
    let waits = result["sample"].as_array().unwrap().iter().any(|run| run["exit"].is_null());
    assert!(waits && !result["sample"][0]["user"].as_str().unwrap().is_empty());
}

#[test]
fn a_backtest_says_what_is_wrong_with_its_period_and_ends_when_it_is_told_to() {
    let watching = start();
    send(&watching, "POST", "/api/journeys", &checkout("checkout"), 201);
    let wrong = |from: &str, to: &str| {
        let body = json!({"from": from, "to": to});
        let answer =
            watching.server.send("POST", "/api/journeys/checkout/backtest", &body.to_string());
        answer.code()
    };
    assert_eq!(wrong("2026-03-01", "2026-03-01"), (400, json!("backtest.period")));
    assert_eq!(wrong("2030-03-01", "2031-03-01"), (400, json!("backtest.period")));
    assert_eq!(wrong("2000-03-01", "2026-03-01"), (400, json!("backtest.period")));
    assert_eq!(wrong("soon", "2026-03-01"), (400, json!("request.time")));
    let body = json!({"from": "2026-02-01", "to": "2026-03-01"});
    let empty = done(&watching, "journeys/checkout", &body);
    assert_eq!((empty["entered"].clone(), empty["worst"].clone()), (json!(0), Value::Null));
    let gone = watching.server.send("GET", "/api/backtests/99", "");
    assert_eq!(gone.code(), (404, json!("backtest.not_found")));
    assert_eq!(watching.server.send("DELETE", "/api/backtests/99", "").0, 404);
    assert!(watching.now() > at("2026-03-01T00:00:00Z"));
}

/// Nothing at night, two mails in a day, and a share of everybody held out.
fn policed() -> Watching {
    let watching = Watching::start("2026-03-02T06:00:00Z");
    let smtp = json!({"name": "Mail", "settings": {"kind": "smtp", "host": "127.0.0.1", "port": 9,
                      "security": "none", "from": "news@shop.example"}});
    send(&watching, "POST", "/api/providers", &smtp, 201);
    let policy = json!({"control": 0.1, "caps": [{"most": 2, "within": "1d"}], "gaps": [], "legal_hours": false,
                        "quiet": [{"from": "22:00", "to": "08:00"}], "on_quiet": "delay"});
    send(&watching, "PUT", "/api/settings/contact-policy", &policy, 200);
    watching.segment("lookers", "did \"Visit\" in last 1d");
    watching
}

fn mail(subject: &str) -> Value {
    json!({"default": {"kind": "email", "subject": subject, "body": "Hello {{ unsubscribe_url }}", "form": "text"}})
}

/// Whoever visits and does not buy gets a mail, and another one the day after.
fn care() -> Value {
    let purchase = json!({"kind": "event", "event": "Purchase"});
    let message = |subject: &str| json!({"kind": "message", "message": {"channel": "email", "content": mail(subject)}, "unreachable": "none"});
    json!({
        "id": "care", "name": "Care", "control": 0.2, "priority": 60,
        "entry": {"kind": "event", "event": "Visit"}, "again": {"kind": "always"},
        "goals": [{"id": "bought", "when": purchase, "within": "3d", "exits": true}],
        "steps": [
            {"id": "look", "do": {"kind": "wait", "for": "90m"}, "next": "first"},
            {"id": "first", "do": message("First"), "next": "rest"},
            {"id": "rest", "do": {"kind": "wait", "for": "20h"}, "next": "second"},
            {"id": "second", "do": message("Second")},
            {"id": "none", "do": {"kind": "exit", "reason": "unreachable"}},
        ]
    })
}

/// Whoever puts something into a cart and has looked around gets one of two mails, every six hours at most.
fn offer() -> Value {
    json!({
        "id": "offer", "name": "Offer", "channel": "email", "control": 0.2, "labels": ["promo"],
        "trigger": {"kind": "event", "event": "Cart"}, "again": {"kind": "after", "pause": "6h"},
        "audience": "lookers",
        "variants": [{"id": "a", "content": mail("A")}, {"id": "b", "content": mail("B")}],
    })
}

/// Every morning at nine of each user's own zone.
fn morning() -> Value {
    json!({
        "id": "morning", "name": "Morning", "channel": "email", "control": 0.3, "priority": 40,
        "trigger": {"kind": "recurring", "every": "day", "interval": 1, "at": ["09:00"]},
        "again": {"kind": "always"}, "delivery": {"user_zone": true, "if_passed": "drop"},
        "variants": [{"id": "a", "content": mail("A")}],
    })
}

const ZONES: [&str; 4] = ["UTC", "Asia/Tokyo", "America/New_York", "Europe/Istanbul"];

/// People of several zones: of some no address is known, and some want nothing.
fn people(watching: &Watching, n: usize) {
    let one = |n: usize| {
        let mut traits = json!({"timezone": ZONES[n % ZONES.len()]});
        if n % 7 != 3 {
            traits["email"] = json!(format!("user{n}@example.com"));
        }
        if n % 9 == 4 {
            traits["subscription.email"] = json!(false);
        }
        identify(&format!("user-{n}"), "2026-03-02T06:00:00Z", &traits)
    };
    watching.batch(&(0..n).map(one).collect::<Vec<_>>());
    watching.settle();
}

/// Who does what when: times are so odd that no two things of one user fall on one instant.
fn deeds(n_users: usize) -> Vec<(Timestamp, String, &'static str)> {
    let start = at("2026-03-02T06:00:00Z");
    let mut deeds = Vec::new();
    for n in 0..n_users {
        let user = format!("user-{n}");
        let when = |minutes: usize| start.plus(Span((minutes * 60_000 + 1_000 + n * 7) as i64));
        // A visit at any hour of the first day, and a cart or two in the hours after.
        let visit = 11 + n * 67 % 1_430;
        deeds.push((when(visit), user.clone(), "Visit"));
        deeds.push((when(visit + 200 + n % 5 * 100), user.clone(), "Cart"));
        deeds.push((when(visit + 420 + n % 3 * 170), user.clone(), "Cart"));
        if n % 4 == 1 {
            // Some while a mail waits for the morning, some after it was sent.
            deeds.push((when(visit + 60 + n % 8 * 80), user.clone(), "Purchase"));
        }
        if n % 5 == 2 {
            deeds.push((when(visit + 1_500), user.clone(), "Visit"));
        }
    }
    deeds.sort();
    deeds
}

/// The clock goes on to every instant at which anything can be due, so that each is decided at its own.
fn lived(watching: &Watching, deeds: &[(Timestamp, String, &'static str)], end: Timestamp) {
    let start = watching.now();
    let hours = (0..).map(|n| start.plus(Span(n * 60 * 60_000))).take_while(|at| *at <= end);
    let mut instants: BTreeSet<Timestamp> = hours.collect();
    for (when, _, what) in deeds {
        instants.insert(*when);
        if *what == "Visit" {
            let first = when.plus(Span(90 * 60_000));
            instants.extend([first, first.plus(Span(20 * 60 * 60_000))]);
        }
    }
    let mut left = deeds.iter().peekable();
    for now in instants.into_iter().filter(|at| *at <= end) {
        watching.until(&now.to_string());
        while let Some((when, user, what)) = left.next_if(|(when, ..)| *when == now) {
            watching.event(user, what, &when.to_string());
        }
        watching.settle();
    }
}

/// By message: the variant that was drawn, and what was decided about it, in order: instant, outcome, reason, detail,
/// when again.
type Decisions = BTreeMap<String, (String, Vec<[String; 5]>)>;

/// What a live run decided about the messages of a campaign, as the log of deliveries has it.
fn decided_live(watching: &Watching, campaign: &str) -> Decisions {
    let campaign = campaign.replace('/', "%2F");
    // What still waits is not among what was decided.
    let page = |state: &str| {
        let path = format!("/api/deliveries?campaign={campaign}&limit=1000{state}");
        let mut page = watching.server.get(&path);
        assert_eq!(page["more"], false);
        std::mem::take(page["deliveries"].as_array_mut().unwrap())
    };
    let mut decisions = Decisions::new();
    for delivery in page("").iter().chain(&page("&state=planned")) {
        let own = decisions.entry(delivery["id"].as_str().unwrap().to_owned()).or_default();
        own.0 = delivery["variant"].as_str().unwrap_or_default().to_owned();
        for step in delivery["steps"].as_array().unwrap() {
            let outcome = match step["event"].as_str().unwrap() {
                "Message Queued" => "queued",
                "Message Planned" => "planned",
                "Message Withheld" => "withheld",
                "Message Held Out" => "held_out",
                _ => continue,
            };
            let text =
                |name: &str| step["properties"][name].as_str().unwrap_or_default().to_owned();
            let reason = if outcome == "held_out" { text("group") } else { text("reason") };
            let when = step["at"].as_str().unwrap().to_owned();
            let due = text("due").parse().map_or(String::new(), |ms| Timestamp(ms).to_string());
            own.1.push([when, outcome.to_owned(), reason, text("detail"), due]);
        }
    }
    decisions
}

/// What a backtest decided about the messages of a campaign.
fn decided_past<'a>(shown: impl Iterator<Item = &'a Value>, campaign: &str) -> Decisions {
    let mut decisions = Decisions::new();
    for decision in shown.flat_map(|one| one["messages"].as_array().unwrap()) {
        if decision["campaign"] == campaign {
            let text = |name: &str| decision[name].as_str().unwrap_or_default().to_owned();
            let own = decisions.entry(text("message")).or_default();
            if !text("variant").is_empty() {
                own.0 = text("variant");
            }
            own.1.push(["at", "outcome", "reason", "detail", "due"].map(text));
        }
    }
    decisions
}

/// Nothing was decided otherwise: of what was, both are said.
fn same(past: &Decisions, live: &Decisions, campaign: &str) {
    let ids: BTreeSet<&String> = past.keys().chain(live.keys()).collect();
    let other = ids.into_iter().filter(|id| past.get(*id) != live.get(*id));
    let other: Vec<_> =
        other.map(|id| (id, ("past", past.get(id)), ("live", live.get(id)))).collect();
    assert!(other.is_empty(), "{campaign}: {} of {}: {other:#?}", other.len(), live.len());
}

fn outcomes(of: &Decisions) -> BTreeSet<String> {
    let all = of.values().flat_map(|own| &own.1);
    all.map(|own| format!("{} {}", own[1], own[2]).trim_end().to_owned()).collect()
}

#[test]
fn every_decision_about_a_message_is_the_one_that_was_made_live() {
    let watching = policed();
    const N: usize = 48;
    people(&watching, N);
    send(&watching, "POST", "/api/journeys", &care(), 201);
    send(&watching, "POST", "/api/journeys/care/publish", &json!({}), 200);
    send(&watching, "POST", "/api/campaigns", &offer(), 201);
    act(&watching, "offer", "start");
    let (from, to) = (watching.now(), at("2026-03-05T06:00:00Z"));
    lived(&watching, &deeds(N), to);
    let period = json!({"from": from.to_string(), "to": to.to_string()});

    let result = done(&watching, "journeys/care", &period);
    let sample = result["sample"].as_array().unwrap();
    let runs = result["entered"].as_u64().unwrap() + result["held_out"].as_u64().unwrap();
    assert_eq!(sample.len() as u64, runs, "all runs are shown");
    let mut all = BTreeSet::new();
    for step in ["care/first", "care/second"] {
        let (past, live) = (decided_past(sample.iter(), step), decided_live(&watching, step));
        same(&past, &live, step);
        all.extend(outcomes(&live));
    }
    for expected in [
        "queued",
        "planned quiet_hours",
        "withheld frequency_cap",
        "withheld no_address",
        "withheld channel_unsubscribed",
        "withheld not_qualified",
    ] {
        assert!(all.contains(expected), "{expected} is not among {all:?}");
    }
    let report = send(&watching, "GET", "/api/journeys/care/report", &Value::Null, 200);
    assert_eq!(counted(&result["steps"]), counted(&report["steps"]));

    let result = done(&watching, "campaigns/offer", &period);
    let found = result["found"].as_array().unwrap();
    let (past, live) = (decided_past(found.iter(), "offer"), decided_live(&watching, "offer"));
    same(&past, &live, "offer");
    for expected in [
        "queued",
        "planned quiet_hours",
        "withheld too_soon_again",
        "withheld frequency_cap",
        "withheld no_address",
        "held_out campaign",
        "held_out workspace",
    ] {
        assert!(
            outcomes(&live).contains(expected),
            "{expected} is not among {:?}",
            outcomes(&live)
        );
    }
    let variants: BTreeSet<String> = live.values().map(|own| own.0.clone()).collect();
    assert!(variants.contains("a") && variants.contains("b"), "{variants:?}");
    let number = |name: &str| result[name].as_u64().unwrap();
    let withheld: u64 =
        result["withheld"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(number("entered"), number("sent") + withheld + number("waiting"), "{result}");
    assert_eq!(number("entered") + number("held_out"), live.len() as u64);
    let why = found.iter().map(|one| one["why"].as_str().unwrap());
    assert!(
        why.clone().all(|why| why.starts_with("\"Cart\" at 2026-03-0")),
        "{:?}",
        why.collect::<Vec<_>>()
    );
}

#[test]
fn a_schedule_names_everybody_at_the_instants_at_which_it_named_them_live() {
    let watching = policed();
    people(&watching, 16);
    send(&watching, "POST", "/api/campaigns", &morning(), 201);
    let from = watching.now();
    act(&watching, "morning", "start");
    let end = at("2026-03-04T12:00:00Z");
    // Runs are begun by a task of the server's own: it is waited for.
    let runs = |n: usize| {
        for _ in 0..2_000 {
            let shown = watching.server.get("/api/campaigns/morning");
            let runs = shown["runs"].as_array().unwrap();
            if runs.len() >= n && runs.iter().all(|run| !run["ended_at"].is_null()) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("no run {n}");
    };
    // The first begins at once: 09:00 has come in the first zone on earth. The next with the day after.
    runs(1);
    let mut n = 1;
    let mut now = from;
    while now < end {
        now = now.plus(Span(60 * 60_000));
        watching.until(&now.to_string());
        // 09:00 of a day comes first 14 hours before it does in UTC.
        if now.to_string().contains("T19:00:00") {
            n += 1;
            runs(n);
        }
        watching.settle();
    }
    let period = json!({"from": from.to_string(), "to": end.plus(Span(1)).to_string()});
    let result = done(&watching, "campaigns/morning", &period);
    let (past, live) = (
        decided_past(result["found"].as_array().unwrap().iter(), "morning"),
        decided_live(&watching, "morning"),
    );
    same(&past, &live, "morning");
    let all = outcomes(&live);
    for expected in
        ["queued", "planned local_time", "withheld local_time_passed", "held_out campaign"]
    {
        assert!(all.contains(expected), "{expected} is not among {all:?}");
    }
    let why = result["found"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("the run 2026-03-0"), "{why}");
}

#[test]
fn who_cannot_be_reached_can_be_taken_to_be_and_that_is_said() {
    let watching = policed();
    people(&watching, 40);
    watching.until("2026-03-02T12:00:00Z");
    for n in 0..40 {
        watching.event(&format!("user-{n}"), "Visit", "2026-03-02T11:00:00Z");
        watching.event(&format!("user-{n}"), "Cart", "2026-03-02T11:30:00Z");
    }
    watching.until("2026-03-04T12:00:00Z");
    let mut period = json!({"from": "2026-03-02", "to": "2026-03-04T00:00:00Z"});
    period["definition"] = offer();
    let known = done(&watching, "campaigns/offer", &period);
    assert_eq!((&known["reachable"], &known["assumed"]), (&json!("known"), &json!({})), "{known}");
    period["reachable"] = json!("assumed");
    let assumed = done(&watching, "campaigns/offer", &period);
    assert_eq!(assumed["reachable"], "assumed");
    let number = |of: &Value| of.as_u64().unwrap();
    let sum = |of: &Value| of.as_object().unwrap().values().map(number).sum::<u64>();
    assert!(assumed["withheld"]["no_address"].is_null(), "{assumed}");
    assert!(number(&assumed["assumed"]["no_address"]) > 0, "{assumed}");
    assert_eq!(number(&assumed["sent"]), number(&known["sent"]) + sum(&assumed["assumed"]));
    // Of those who cannot be reached some are in a control group: nobody asked before.
    assert!(number(&assumed["held_out"]) > number(&known["held_out"]));
    // The same of a journey.
    let mut period =
        json!({"from": "2026-03-02", "to": "2026-03-04T00:00:00Z", "definition": care()});
    let known = done(&watching, "journeys/care", &period);
    period["reachable"] = json!("assumed");
    let assumed = done(&watching, "journeys/care", &period);
    assert!(number(&known["exits"]["unreachable"]) > 0, "{known}");
    assert!(assumed["exits"]["unreachable"].is_null(), "{assumed}");
    assert!(number(&assumed["assumed"]["no_address"]) > 0, "{assumed}");
    assert_eq!(known["entered"], assumed["entered"]);
}

#[test]
fn what_a_backtest_cannot_know_is_said() {
    let watching = policed();
    people(&watching, 30);
    watching.until("2026-03-04T12:00:00Z");
    let period = |more: Value| {
        let mut definition = morning();
        definition["id"] = json!("own");
        super::outreach::merge(&mut definition, &more);
        json!({"from": "2026-03-02T07:00:00Z", "to": "2026-03-04T00:00:00Z", "reachable": "assumed", "definition": definition})
    };
    let once = json!({"trigger": {"kind": "once"}, "delivery": {"most": 5, "most_per_day": 3, "safety_stop": 20}});
    let result = done(&watching, "campaigns/own", &period(once));
    let sent = result["sent"].as_u64().unwrap();
    assert!(sent > 10 && result["held_out"].as_u64().unwrap() > 0, "{result}");
    let limits = json!([
        {"limit": "campaign_limit", "most": 5, "over": sent - 5},
        {"limit": "daily_limit", "most": 3, "over": sent - 3},
        {"limit": "safety_stop", "most": 20, "over": 1},
    ]);
    assert_eq!(result["limits"], limits);
    assert_eq!(result["found"][0]["why"], "the run 2026-03-02T07:00:00.000Z");
    let refused =
        |path: &str, body: &Value| watching.server.send("POST", path, &body.to_string()).code();
    let api = period(json!({"trigger": {"kind": "api"}, "delivery": {}}));
    assert_eq!(refused("/api/campaigns/own/backtest", &api), (422, json!("backtest.by_request")));
    let mut asked = care();
    asked["entry"] = json!({"kind": "api"});
    let asked = json!({"from": "2026-03-02", "to": "2026-03-04", "definition": asked});
    assert_eq!(refused("/api/journeys/care/backtest", &asked), (422, json!("backtest.by_request")));
    let known = json!({"from": "2026-03-02", "to": "2026-03-04"});
    assert_eq!(refused("/api/campaigns/gone/backtest", &known), (404, json!("campaign.not_found")));
    let scored = period(json!({"audience": "rfm r 5"}));
    let (status, code) = refused("/api/campaigns/own/backtest", &scored);
    assert!(status == 422, "{status} {code}");
}

#[test]
fn a_backtest_finds_people_in_the_contexts_in_which_a_live_run_found_them() {
    let watching = start();
    watching.segment("keen", "did \"View\" at least 2 times in last 1h");
    let journey = json!({
        "id": "learns", "name": "Learns", "entry": {"kind": "event", "event": "Start"}, "control": 0.0,
        "steps": [
            {"id": "rest", "do": {"kind": "wait", "for": "30m"}, "next": "learn"},
            {"id": "learn", "do": {"kind": "learn", "goals": [{"event": "Purchase", "within": "1d"}],
                "mode": "manual", "context": {"kind": "segments", "segments": ["keen"]},
                "winners": {"keen": "c"},
                "paths": [{"id": "a", "next": "end"}, {"id": "b", "next": "end"},
                          {"id": "c", "next": "end"}]}},
            {"id": "end", "do": {"kind": "exit"}},
        ],
    });
    send(&watching, "POST", "/api/journeys", &journey, 201);
    send(&watching, "POST", "/api/journeys/learns/publish", &json!({}), 200);
    watching.settle();
    for n in 0..30u32 {
        let user = format!("user-{n}");
        let when = |second: u32| format!("2026-03-02T11:{n:02}:{second:02}Z");
        watching.until(&when(0));
        watching.event(&user, "Start", &when(0));
        for second in 1..=n % 4 {
            watching.event(&user, "View", &when(second));
        }
        watching.settle();
    }
    watching.until("2026-03-02T12:10:00Z");
    watching.settle();
    let report = send(&watching, "GET", "/api/journeys/learns/report", &Value::Null, 200);
    let period = json!({"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T12:10:00Z"});
    let result = done(&watching, "journeys/learns", &period);
    let (past, live) = (counted(&result["steps"]), counted(&report["steps"]));
    assert_eq!(past, live);
    // Of four, two had looked twice by then.
    let by = |path: &str| live["learn"].3.get(path).copied().unwrap_or(0);
    assert!(by("c") > 10 && by("a") > 0 && by("b") > 0, "{live:?}");
    let sample = result["sample"].as_array().unwrap();
    let came = sample.iter().filter(|run| run["held_out"].is_null());
    let keen = |run: &Value| {
        run["user"].as_str().unwrap().trim_start_matches("user-").parse::<u32>().unwrap() % 4 >= 2
    };
    let n_keen = came.clone().filter(|run| keen(run)).count() as u64;
    let why = |run: &Value| run["steps"][2]["why"].as_str().unwrap_or_default().to_owned();
    let found: Vec<String> = came.map(why).collect();
    let of = |context: &str| {
        let said = format!("found in \"{context}\" and drawn");
        found.iter().filter(|why| **why == said).count() as u64
    };
    let others = found.len() as u64 - n_keen;
    assert_eq!((of("keen"), of("others")), (n_keen, others), "{found:?}");
    assert!(n_keen > 5 && others > 5, "{found:?}");
}
