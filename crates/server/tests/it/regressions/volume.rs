//! Many at once: beyond any page, due at one instant, imported in bulk.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::watching::{Watching, identify, track};

/// Records of one request.
const BATCH: usize = 10_000;

fn users(n: usize) -> impl Iterator<Item = String> {
    (0..n).map(|user| format!("u{user}"))
}

fn send(w: &Watching, records: &[Value]) {
    records.chunks(BATCH).for_each(|records| w.batch(records));
}

#[test]
fn r24_more_members_than_any_page() {
    const USERS: usize = 30_000;
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("live", "did \"Ping\" in last 1d");
    w.until("2026-03-02T00:00:00Z");
    let ping = |user: String| track(&user, "Ping", "2026-03-02T00:00:00Z", &json!({}));
    send(&w, &users(USERS).map(ping).collect::<Vec<_>>());
    assert_eq!(w.members("live"), USERS as u64);
    w.segment("joined", "did \"Ping\" in last 2d");
    assert_eq!(w.members("joined"), USERS as u64);
    let told = |id: &str| -> BTreeSet<String> {
        w.told(id).into_iter().map(|(_, user, ..)| user).collect()
    };
    // Whom a definition finds went nowhere.
    assert_eq!((told("live").len(), told("joined").len()), (USERS, 0));
    w.segment("joined", "did \"Ping\" in last 2d and bucket 0 to 10000");
    assert_eq!((w.members("joined"), told("joined").len()), (USERS as u64, 0));
    w.segment("joined", "did \"Pong\" in last 2d");
    assert_eq!((w.members("joined"), told("joined").len()), (0, USERS));
    w.segment("joined", "did \"Ping\" in last 2d");
    assert_eq!((w.members("joined"), w.told("joined").len()), (USERS as u64, 2 * USERS));
    w.check();
    w.until("2026-03-03T00:00:00Z");
    assert_eq!((w.members("live"), w.members("joined")), (0, USERS as u64));
    w.check();
}

#[test]
fn r26_a_midnight_at_which_all_are_due_stops_nobody() {
    const USERS: usize = 20_000;
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("today", "did \"Ping\" in last 1 calendar day");
    w.segment("fresh", "did \"Sign Up\"");
    w.until("2026-03-01T12:00:00Z");
    let ping = |user: String| track(&user, "Ping", "2026-03-01T12:00:00Z", &json!({}));
    send(&w, &users(USERS).map(ping).collect::<Vec<_>>());
    assert_eq!(w.members("today"), USERS as u64);
    w.unnoticed("2026-03-02T00:00:00.500Z");
    // Taken in and told, however many are due.
    w.event("ada", "Sign Up", "2026-03-02T00:00:00.400Z");
    assert_eq!(w.story("fresh"), ["03-02T00:00:00.400 ada entered"]);
    assert_eq!(w.members("fresh"), 1);
    // One of those who are due does it again before their turn has come.
    let last = format!("u{}", USERS - 1);
    w.event(&last, "Ping", "2026-03-02T00:00:00.450Z");
    w.settle();
    assert_eq!((w.members("today"), w.members("fresh")), (1, 1));
    w.check();
    let told = w.story("today");
    assert_eq!(told.len(), 2 * USERS + 1);
    assert_eq!(told.last().unwrap(), &format!("03-02T00:00:00.450 {last} entered"));
    assert!(told[USERS..2 * USERS].iter().all(|line| line.starts_with("03-02T00:00:00 ")));
}

#[test]
fn old_records_in_bulk_end_where_the_history_does() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("keen", "did \"Purchase\" at least 3 times in last 7d");
    w.segment("lapsed", "did \"Purchase\" and not did \"Purchase\" in last 10d");
    w.segment("spent", "sum(amount) of \"Purchase\" > 40");
    w.segment("pro", "plan = \"pro\"");
    w.segment("never", "not did \"Purchase\"");
    // Some are known before, with a past that changes.
    w.until("2026-03-10T00:00:00Z");
    let purchase = |user: usize, n: usize, day: usize| {
        let (time, user) = (format!("2026-03-{day:02}T06:00:00Z"), format!("u{user}"));
        track(&user, "Purchase", &time, &json!({"amount": n % 23, "n": n}))
    };
    w.batch(&(0..20).map(|user| purchase(user, user, 9)).collect::<Vec<_>>());
    w.check();
    w.until("2026-04-01T00:00:00Z");
    w.check();
    let mut old: Vec<Value> =
        (0..900).map(|n| purchase(n * n % 61, 100 + n, 2 + n * 7 % 27)).collect();
    old.extend((0..61).map(|user| {
        let time = format!("2026-03-{:02}T00:00:00Z", 2 + user % 20);
        identify(
            &format!("u{user}"),
            &time,
            &json!({"plan": if user % 3 == 0 { "pro" } else { "free" }}),
        )
    }));
    w.batch(&old);
    // Somebody does something while the import is under way.
    w.event_with("u3", "Purchase", "2026-03-31T23:59:00Z", json!({"amount": 1}));
    w.event("new", "Visit", "2026-03-31T23:59:00Z");
    w.until("2026-04-01T00:00:01Z");
    w.check();
    for day in [3, 8, 9, 12, 20, 28] {
        w.check_past(&format!("2026-03-{day:02}T06:00:00Z"));
        w.check_past(&format!("2026-03-{day:02}T05:59:59.999Z"));
    }
    w.until("2026-05-01T00:00:00Z");
    w.check();
}

#[test]
fn an_import_from_before_a_definition_is_in_it() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("recent", "did \"Purchase\" in last 30d");
    w.segment("ever", "did \"Purchase\" at least 5 times");
    let time = |n: usize| format!("2026-0{}-{:02}T00:00:00Z", 1 + n % 2, 1 + n % 28);
    let old: Vec<Value> = (0..1_200)
        .map(|n| track(&format!("u{}", n % 200), "Purchase", &time(n), &json!({"n": n})))
        .collect();
    w.batch(&old);
    w.until("2026-03-01T00:00:01Z");
    w.check();
    assert_eq!(w.members("ever"), 200);
    // A definition that is edited while an import waits to be over.
    let more: Vec<Value> = (0..1_200)
        .map(|n| track(&format!("u{}", n % 300), "Purchase", &time(n), &json!({"n": n, "more": 1})))
        .collect();
    w.batch(&more);
    w.unnoticed("2026-03-01T00:00:01.100Z");
    let input = json!({"name": "ever", "definition": "did \"Purchase\" at least 9 times"});
    assert_eq!(w.server.send("PUT", "/api/segments/ever", &input.to_string()).0, 200);
    w.until("2026-03-01T00:00:03Z");
    w.check();
    w.until("2026-04-01T00:00:00Z");
    w.check();
}
