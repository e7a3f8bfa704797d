//! Instants: edges of windows, midnights, what happens within a second.

use serde_json::json;

use crate::live::stream;
use crate::watching::{Watching, identify, track};

#[test]
fn r01_a_window_ends_at_its_millisecond() {
    let w = Watching::start("2026-03-01T12:00:00Z");
    w.segment("week", "did \"Purchase\" in last 7d");
    w.segment("twice", "did \"Purchase\" at least 2 times in last 24h");
    w.segment("quiet", "not did \"Purchase\" in last 7d");
    w.until("2026-03-02T08:00:00Z");
    w.event("ada", "Purchase", "2026-03-02T07:59:59.123Z");
    w.until("2026-03-02T20:00:00Z");
    w.event("ada", "Purchase", "2026-03-02T19:59:58.999Z");
    let edges = [
        ("2026-03-03T07:59:59.122Z", [1, 1, 0]),
        ("2026-03-03T07:59:59.123Z", [1, 0, 0]),
        ("2026-03-09T19:59:58.998Z", [1, 0, 0]),
        ("2026-03-09T19:59:58.999Z", [0, 0, 1]),
    ];
    for (instant, members) in edges {
        w.until(instant);
        assert_eq!(["week", "twice", "quiet"].map(|id| w.members(id)), members, "{instant}");
        w.check();
    }
    assert_eq!(w.story("week"), ["03-02T07:59:59.123 ada entered", "03-09T19:59:58.999 ada left"]);
    assert_eq!(w.story("twice"), ["03-02T19:59:58.999 ada entered", "03-03T07:59:59.123 ada left"]);
    assert_eq!(w.story("quiet"), ["03-09T19:59:58.999 ada entered"]);
}

#[test]
fn r06_an_event_stamped_before_a_look_and_accepted_after_it_counts() {
    let w = Watching::start("2026-03-01T09:00:00Z");
    w.segment("hour", "did \"Purchase\" in last 1h");
    w.segment("idle", "did \"Purchase\" and not did \"Purchase\" in last 1h");
    w.until("2026-03-01T10:00:00Z");
    w.event("ada", "Purchase", "2026-03-01T10:00:00Z");
    w.until("2026-03-01T11:00:05Z");
    assert_eq!((w.members("hour"), w.members("idle")), (0, 1));
    w.check();

    w.event("ada", "Purchase", "2026-03-01T10:59:59.999Z");
    assert_eq!((w.members("hour"), w.members("idle")), (1, 0));
    w.check();
    w.until("2026-03-01T11:59:59.998Z");
    assert_eq!(w.members("hour"), 1);
    w.until("2026-03-01T11:59:59.999Z");
    assert_eq!(w.members("hour"), 0);
    w.check();
    assert_eq!(
        w.happened("hour"),
        ["2026-03-01T10:00:00.000Z ada entered", "2026-03-01T11:59:59.999Z ada left"]
    );
    let story = w.story("hour");
    assert!(story.contains(&"03-01T11:00:00 ada left revoked".to_owned()), "{story:?}");
    let story = w.story("idle");
    assert!(story.contains(&"03-01T11:00:00 ada entered revoked".to_owned()), "{story:?}");

    // Days late: nothing but the whole history can say what it changes.
    w.until("2026-03-05T00:00:00Z");
    w.event("ada", "Purchase", "2026-03-01T12:30:00Z");
    assert_eq!(
        w.happened("hour")[2..],
        ["2026-03-01T12:30:00.000Z ada entered", "2026-03-01T13:30:00.000Z ada left"]
    );
    w.check();
    for past in ["2026-03-01T12:00:00Z", "2026-03-01T12:30:00Z", "2026-03-01T13:29:59.999Z"] {
        w.check_past(past);
    }
}

#[test]
fn what_is_stamped_ahead_takes_effect_when_its_time_comes() {
    let w = Watching::start("2026-03-01T09:00:00Z");
    w.segment("hour", "did \"Purchase\" in last 1h");
    w.segment("free", "plan = \"free\"");
    w.traits("bob", "2026-03-01T09:00:00Z", json!({"plan": "free"}));
    w.until("2026-03-01T10:00:00Z");
    w.event("ada", "Purchase", "2026-03-01T10:30:00Z");
    w.traits("bob", "2026-03-01T10:45:00Z", json!({"plan": "pro"}));
    for (instant, members) in [
        ("2026-03-01T10:00:00Z", [0, 1]),
        ("2026-03-01T10:29:59.999Z", [0, 1]),
        ("2026-03-01T10:30:00Z", [1, 1]),
        ("2026-03-01T10:45:00Z", [1, 0]),
        ("2026-03-01T11:30:00Z", [0, 0]),
    ] {
        w.until(instant);
        assert_eq!(["hour", "free"].map(|id| w.members(id)), members, "{instant}");
        w.check();
    }
    assert_eq!(w.story("hour"), ["03-01T10:30:00 ada entered", "03-01T11:30:00 ada left"]);
}

#[test]
fn r08_enter_and_leave_within_a_second_are_both_told() {
    let w = Watching::start("2026-03-01T09:00:00Z");
    w.segment("tapped", "did \"Tap\" in last 300ms");
    w.segment("trying", "plan = \"trial\"");
    w.until("2026-03-01T10:00:00Z");
    let mut heard = stream(&w.server, "?kind=transitions&watch=segment/tapped,segment/trying", "");
    // All of it is over before anybody hears of it.
    w.batch(&[
        track("ada", "Tap", "2026-03-01T09:59:00.100Z", &json!({})),
        identify("ada", "2026-03-01T09:59:30.100Z", &json!({"plan": "trial"})),
        identify("ada", "2026-03-01T09:59:30.500Z", &json!({"plan": "paid"})),
    ]);
    let tapped = ["03-01T09:59:00.100 ada entered", "03-01T09:59:00.400 ada left"];
    let trying = ["03-01T09:59:30.100 ada entered", "03-01T09:59:30.500 ada left"];
    assert_eq!(w.story("tapped"), tapped);
    assert_eq!(w.story("trying"), trying);
    w.check();
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let (_, _, told) = heard.next(&["transition"]);
        kinds.push(format!(
            "{} {}",
            told["watch"].as_str().unwrap(),
            told["kind"].as_str().unwrap()
        ));
    }
    kinds.sort_unstable();
    let expected = ["tapped entered", "tapped left", "trying entered", "trying left"];
    assert_eq!(kinds, expected.map(|kind| format!("segment/{kind}")));

    // In two deliveries, with the clock between them.
    w.until("2026-03-01T10:00:01Z");
    w.event("bob", "Tap", "2026-03-01T10:00:00.900Z");
    assert_eq!(w.members("tapped"), 1);
    w.until("2026-03-01T10:00:01.200Z");
    assert_eq!(w.members("tapped"), 0);
    assert_eq!(heard.next(&["transition"]).2["kind"], json!("entered"));
    let (_, _, left) = heard.next(&["transition"]);
    assert_eq!((&left["kind"], &left["at"]), (&json!("left"), &json!("2026-03-01T10:00:01.200Z")));
    w.check();
}

#[test]
fn r09_days_end_at_the_midnight_of_the_user() {
    let w = Watching::start_in_zone("2026-03-09T00:00:00Z", "Europe/Istanbul");
    w.segment("today", "did \"Visit\" in last 1 calendar day");
    w.segment("india", "did \"Visit\" in last 1 calendar day in zone \"Asia/Kolkata\"");
    w.segment("late", "did \"Visit\" in last 3d hours 22:00 to 02:00");
    w.segment("days", "days of \"Visit\" in last 3d >= 2");
    for (user, zone) in [("ada", "Asia/Tokyo"), ("cem", "America/Los_Angeles")] {
        w.traits(user, "2026-03-09T00:00:00Z", json!({"timezone": zone}));
    }
    w.until("2026-03-10T12:00:00Z");
    for user in ["ada", "bob", "cem"] {
        w.event(user, "Visit", "2026-03-10T12:00:00Z");
    }
    assert_eq!((w.members("today"), w.members("india"), w.members("late")), (3, 3, 0));
    w.check();
    let edges = [
        ("2026-03-10T14:59:59.999Z", 3, 3),
        ("2026-03-10T15:00:00Z", 2, 3),
        ("2026-03-10T18:30:00Z", 2, 0),
        ("2026-03-10T20:59:59.999Z", 2, 0),
    ];
    for (instant, today, india) in edges {
        w.until(instant);
        assert_eq!((w.members("today"), w.members("india")), (today, india), "{instant}");
        w.check();
    }
    // The last millisecond of bob's day, and his midnight.
    w.event("bob", "Visit", "2026-03-10T20:59:59.999Z");
    assert_eq!((w.members("today"), w.members("late"), w.members("days")), (2, 1, 0));
    w.check();
    w.until("2026-03-10T21:00:00Z");
    assert_eq!(w.members("today"), 1);
    w.event("bob", "Visit", "2026-03-10T21:00:00Z");
    assert_eq!((w.members("today"), w.members("days")), (2, 1));
    w.check();
    // Somebody who flies west lives a longer day, and begins it again.
    w.traits("ada", "2026-03-10T21:00:00Z", json!({"timezone": "America/Los_Angeles"}));
    assert_eq!(w.members("today"), 3);
    w.check();
    w.until("2026-03-11T06:59:59.999Z");
    assert_eq!(w.members("today"), 3);
    w.until("2026-03-11T07:00:00Z");
    assert_eq!(w.members("today"), 1, "of those in Los Angeles it is tomorrow");
    w.check();
    let today = w.story("today");
    assert!(today.contains(&"03-10T15:00:00 ada left".to_owned()), "{today:?}");
    assert!(today.contains(&"03-11T07:00:00 cem left".to_owned()), "{today:?}");
    w.until("2026-03-20T00:00:00Z");
    w.check();
}

#[test]
fn r09_a_day_of_twenty_three_hours_ends_an_hour_early() {
    let w = Watching::start_in_zone("2026-03-28T00:00:00Z", "Europe/Berlin");
    w.segment("today", "did \"Visit\" in last 1 calendar day");
    w.segment("two", "did \"Visit\" in last 2 calendar days");
    w.until("2026-03-28T23:00:00Z");
    w.event("ada", "Visit", "2026-03-28T23:00:00Z");
    for (instant, members) in [
        ("2026-03-29T21:59:59.999Z", [1, 1]),
        ("2026-03-29T22:00:00Z", [0, 1]),
        ("2026-03-30T21:59:59.999Z", [0, 1]),
        ("2026-03-30T22:00:00Z", [0, 0]),
    ] {
        w.until(instant);
        assert_eq!(["today", "two"].map(|id| w.members(id)), members, "{instant}");
        w.check();
    }
}

#[test]
fn r23_conditions_that_end_on_one_date_share_nothing() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("cart", "did \"Cart\" between 2026-03-01 and 2026-03-10");
    w.segment("order", "did \"Order\" between 2026-03-02 and 2026-03-10");
    w.segment("orders", "did \"Order\" at least 2 times between 2026-03-02 and 2026-03-10");
    w.segment("renewing", "renewal in next 5d");
    w.segment("trying", "trial_end in next 5d");
    w.segment("both", "renewal in next 5d and trial_end in next 5d");
    let dates = json!({"renewal": "2026-03-10T00:00:00Z", "trial_end": "2026-03-10T00:00:00Z"});
    w.traits("ada", "2026-03-01T00:00:00Z", dates);
    w.until("2026-03-04T00:00:00Z");
    w.event("ada", "Order", "2026-03-01T23:59:59.999Z");
    assert_eq!(["cart", "order", "orders"].map(|id| w.members(id)), [0, 0, 0]);
    w.check();
    w.event("ada", "Order", "2026-03-02T00:00:00Z");
    assert_eq!(["cart", "order", "orders"].map(|id| w.members(id)), [0, 1, 0]);
    w.event("bob", "Cart", "2026-03-03T00:00:00Z");
    assert_eq!(["cart", "order", "orders"].map(|id| w.members(id)), [1, 1, 0]);
    w.check();
    w.until("2026-03-05T00:00:00Z");
    assert_eq!(["renewing", "trying", "both"].map(|id| w.members(id)), [1, 1, 1]);
    w.traits("ada", "2026-03-05T00:00:00Z", json!({"renewal": "2026-04-01T00:00:00Z"}));
    assert_eq!(["renewing", "trying", "both"].map(|id| w.members(id)), [0, 1, 0]);
    w.check();
    // After the end nothing moves in, and those who were in stay.
    w.until("2026-03-12T00:00:00Z");
    w.event("cem", "Cart", "2026-03-10T00:00:00Z");
    w.event("cem", "Order", "2026-03-09T23:59:59.999Z");
    assert_eq!(["cart", "order", "orders"].map(|id| w.members(id)), [1, 2, 0]);
    assert_eq!(["renewing", "trying", "both"].map(|id| w.members(id)), [0, 0, 0]);
    w.check();
}

#[test]
fn r25_two_events_of_one_millisecond_both_count() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("twice", "did \"Tap\" at least 2 times in last 1d");
    w.segment("sum", "sum(n) of \"Tap\" in last 1d >= 3");
    w.segment("last", "last(n) of \"Tap\" = 2");
    w.segment("order", "did \"Tap\" then \"Pay\"");
    w.segment("reverse", "did \"Pay\" then \"Tap\"");
    w.until("2026-03-02T00:00:00Z");
    let time = "2026-03-01T23:00:00.777Z";
    // In one delivery, and in two.
    w.batch(&[
        track("ada", "Tap", time, &json!({"n": 1})),
        track("ada", "Tap", time, &json!({"n": 2})),
    ]);
    w.event_with("bob", "Tap", time, json!({"n": 1}));
    assert_eq!(w.members("twice"), 1);
    w.event_with("bob", "Tap", time, json!({"n": 2}));
    assert_eq!(["twice", "sum", "last"].map(|id| w.members(id)), [2, 2, 2]);
    w.event("ada", "Pay", time);
    assert_eq!(["order", "reverse"].map(|id| w.members(id)), [1, 0], "by arrival");
    w.check();
    w.until("2026-03-02T23:00:00.777Z");
    assert_eq!(["twice", "sum", "last"].map(|id| w.members(id)), [0, 0, 2]);
    w.check();
}
