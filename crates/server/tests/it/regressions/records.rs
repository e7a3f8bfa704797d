//! Records: late, repeated, changed, in any batches, of people who turn out to be one.

use serde_json::{Value, json};

use crate::watching::{Watching, alias, identify, track};

#[test]
fn r02_a_late_other_value_after_a_repeated_one() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("pro", "plan = \"pro\"");
    w.segment("steady", "plan = \"free\" for at least 3d");
    w.segment("large", "last(amount) of \"Purchase\" > 50");
    for day in [2, 4, 6] {
        w.until(&format!("2026-03-0{day}T00:00:00Z"));
        w.traits("ada", &format!("2026-03-0{day}T00:00:00Z"), json!({"plan": "free"}));
        let time = format!("2026-03-0{day}T00:00:00Z");
        w.event_with("ada", "Purchase", &time, json!({"amount": 10, "day": day}));
    }
    assert_eq!(["pro", "steady", "large"].map(|id| w.members(id)), [0, 1, 0]);
    w.check();
    // Between two equal values: it held for a while, and holds no more.
    w.traits("ada", "2026-03-05T00:00:00Z", json!({"plan": "pro"}));
    w.event_with("ada", "Purchase", "2026-03-05T00:00:00Z", json!({"amount": 99}));
    assert_eq!(["pro", "steady", "large"].map(|id| w.members(id)), [0, 0, 0]);
    let held = ["2026-03-05T00:00:00.000Z ada entered", "2026-03-06T00:00:00.000Z ada left"];
    assert_eq!(w.happened("pro"), held);
    assert_eq!(w.happened("large"), held);
    assert!(w.happened("steady").is_empty(), "three days since the 2nd would be the 5th");
    w.check();
    w.until("2026-03-09T00:00:00Z");
    assert_eq!(w.members("steady"), 1);
    // The same within the hour, from the user's own state.
    for (minute, plan) in [("00", "free"), ("20", "free"), ("10", "pro")] {
        w.traits("ada", &format!("2026-03-08T23:{minute}:00Z"), json!({"plan": plan}));
        w.check();
    }
    assert_eq!(["pro", "steady"].map(|id| w.members(id)), [0, 0]);
    // After the last of the equal values it is the value from then on.
    w.traits("ada", "2026-03-08T23:30:00Z", json!({"plan": "pro"}));
    assert_eq!(w.members("pro"), 1);
    w.check();
}

/// Records of a few people over three weeks, in no order, with people who turn out to be one.
fn wild(seed: u64) -> Vec<Value> {
    let mut state = seed;
    let mut draw = |n: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let mut records: Vec<Value> = (0..140)
        .map(|n| {
            let user = format!("u{}", draw(8));
            let (day, hour, minute) = (2 + draw(17), draw(24), draw(2) * 30);
            let time = format!("2026-03-{day:02}T{hour:02}:{minute:02}:00Z");
            match draw(7) {
                0 => {
                    let plan = if draw(2) == 0 { "free" } else { "pro" };
                    identify(&user, &time, &json!({"plan": plan}))
                }
                1..=3 => track(&user, "Purchase", &time, &json!({"amount": draw(9), "n": n})),
                _ => track(&user, "Visit", &time, &json!({"n": n})),
            }
        })
        .collect();
    for (place, previous, user) in [(70, "u6", "u1"), (100, "u7", "u2"), (101, "u2", "u1")] {
        records.insert(place, alias(previous, user, "2026-03-20T00:00:00Z"));
    }
    records
}

#[test]
fn r03_batches_and_looks_make_no_difference() {
    let definitions = [
        ("keen", "did \"Purchase\" at least 2 times in last 3d"),
        ("lapsed", "did \"Visit\" and not did \"Visit\" in last 5d"),
        ("spent", "sum(amount) of \"Purchase\" in last 7d > 6"),
        ("pro", "plan = \"pro\""),
        ("steady", "plan = \"free\" for at least 2d"),
        ("order", "did \"Visit\" then \"Purchase\" within 1d in last 10d"),
        ("left", "did \"Visit\" and then not \"Purchase\" for 24h"),
        ("first", "first(amount) of \"Purchase\" > 4"),
        ("last", "last(amount) of \"Purchase\" > 4"),
        ("days", "days of \"Visit\" in last 7d >= 2"),
        ("nobody", "not did any event in last 2d"),
        ("half", "bucket 0 to 5000"),
    ];
    for seed in 1..=3 {
        let mut first: Option<Vec<Vec<String>>> = None;
        for batch in [1, 7, 1_000] {
            let w = Watching::start("2026-03-01T00:00:00Z");
            for (id, definition) in definitions {
                w.segment(id, definition);
            }
            w.until("2026-03-20T00:00:00Z");
            for records in wild(seed).chunks(batch) {
                w.batch(records);
                if batch == 7 {
                    w.check();
                }
            }
            // Many old records at once are an import, which ends by silence.
            w.settle();
            w.check();
            for instant in ["2026-03-05T12:00:00Z", "2026-03-10T00:00:00Z"] {
                check_unmerged_past(&w, instant, batch);
            }
            w.until("2026-04-05T00:00:00Z");
            w.check();
            let numbers = definitions.map(|(id, _)| w.history(id, "2026-03-25T00:00:00Z"));
            let told = definitions.map(|(id, _)| w.after(id, "2026-03-20T00:00:00.001Z"));
            let result: Vec<Vec<String>> =
                numbers.into_iter().map(|of| of.into_iter().collect()).chain(told).collect();
            match &first {
                None => first = Some(result),
                Some(first) => assert_eq!(result, *first, "seed {seed}, batches of {batch}"),
            }
        }
    }
}

/// What was told of the past is exact for those who were never two.
fn check_unmerged_past(w: &Watching, instant: &str, batch: usize) {
    let merged = ["u1", "u2", "u6", "u7"];
    for id in ["keen", "lapsed", "spent", "pro", "steady", "order", "left", "first", "last", "days"]
    {
        let mut told = w.told_members(id, &crate::watching::at(instant).to_string());
        let mut members = w.history(id, instant);
        for user in merged {
            told.remove(user);
            members.remove(user);
        }
        assert_eq!(told, members, "{id} at {instant}, batches of {batch}");
    }
}

#[test]
fn r04_a_value_that_moves_out_of_a_date_window_is_gone_at_once() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("soon", "renewal in next 5d");
    w.segment("booked", "date last(start) of \"Booked\" in next 2d");
    w.until("2026-03-02T00:00:00Z");
    w.traits("ada", "2026-03-02T00:00:00Z", json!({"renewal": "2026-03-05T00:00:00Z"}));
    w.event_with("ada", "Booked", "2026-03-02T00:00:00Z", json!({"start": "2026-03-03T00:00:00Z"}));
    assert_eq!(["soon", "booked"].map(|id| w.members(id)), [1, 1]);
    w.until("2026-03-02T01:00:00Z");
    w.traits("ada", "2026-03-02T01:00:00Z", json!({"renewal": "2026-06-01T00:00:00Z"}));
    w.event_with("ada", "Booked", "2026-03-02T01:00:00Z", json!({"start": "2026-05-01T00:00:00Z"}));
    assert_eq!(["soon", "booked"].map(|id| w.members(id)), [0, 0]);
    w.check();
    // Unset, and set again.
    w.until("2026-03-02T02:00:00Z");
    w.traits("ada", "2026-03-02T01:30:00Z", json!({"renewal": "2026-03-07T00:00:00Z"}));
    assert_eq!(w.members("soon"), 1);
    w.traits("ada", "2026-03-02T02:00:00Z", json!({"renewal": null}));
    assert_eq!(w.members("soon"), 0);
    w.check();
    w.until("2026-05-31T00:00:00Z");
    w.check();
    assert_eq!(
        w.happened("booked")[2..],
        ["2026-04-29T00:00:00.000Z ada entered", "2026-05-01T00:00:00.000Z ada left"]
    );
}

#[test]
fn r16_an_event_that_fails_a_filter_removes_nobody() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("large", "did \"Purchase\" in last 7d where amount > 50");
    w.segment(
        "all",
        "did \"Purchase\" at least 2 times in last 7d where amount > 50 and kind = \"a\"",
    );
    w.until("2026-03-03T00:00:00Z");
    for (n, kind) in [(60, "a"), (61, "a")] {
        w.event_with("ada", "Purchase", "2026-03-02T00:00:00Z", json!({"amount": n, "kind": kind}));
    }
    assert_eq!(["large", "all"].map(|id| w.members(id)), [1, 1]);
    let before = (w.story("large"), w.story("all"));
    for (time, properties) in [
        ("2026-03-03T00:00:00Z", json!({"amount": 10, "kind": "a"})),
        ("2026-03-02T12:00:00Z", json!({"amount": "60", "kind": "a"})),
        ("2026-03-01T00:00:00Z", json!({"kind": "b"})),
        ("2026-03-02T00:00:00Z", json!({"amount": null})),
    ] {
        w.event_with("ada", "Purchase", time, properties);
        assert_eq!(["large", "all"].map(|id| w.members(id)), [1, 1]);
    }
    assert_eq!((w.story("large"), w.story("all")), before);
    w.check();
    w.until("2026-03-09T00:00:00Z");
    assert_eq!(["large", "all"].map(|id| w.members(id)), [0, 0]);
    w.check();
}

#[test]
fn r17_the_other_branch_of_an_or_keeps_a_member() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment(
        "either",
        "did \"Visit\" in last 1d or did \"Purchase\" in last 7d or plan = \"pro\"",
    );
    w.until("2026-03-02T00:00:00Z");
    w.event("ada", "Purchase", "2026-03-02T00:00:00Z");
    w.event("ada", "Visit", "2026-03-02T00:00:00Z");
    w.until("2026-03-05T00:00:00Z");
    w.traits("ada", "2026-03-05T00:00:00Z", json!({"plan": "pro"}));
    w.until("2026-03-12T00:00:00Z");
    assert_eq!(w.members("either"), 1);
    assert_eq!(w.story("either"), ["03-02T00:00:00 ada entered"]);
    w.check();
    w.event("ada", "Visit", "2026-03-12T00:00:00Z");
    w.traits("ada", "2026-03-12T00:00:00Z", json!({"plan": "free"}));
    assert_eq!(w.members("either"), 1);
    w.until("2026-03-13T00:00:00Z");
    assert_eq!(w.story("either"), ["03-02T00:00:00 ada entered", "03-13T00:00:00 ada left"]);
    w.check();
}

#[test]
fn r21_an_attribute_moves_segments_at_once() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("turkey", "country = \"TR\"");
    w.segment("adult", "age >= 18");
    w.segment("both", "in segment \"turkey\" and in segment \"adult\"");
    w.segment("other", "not in segment \"turkey\"");
    w.until("2026-03-02T00:00:00Z");
    w.traits("ada", "2026-03-02T00:00:00Z", json!({"country": "TR", "age": 17}));
    assert_eq!(["turkey", "adult", "both", "other"].map(|id| w.members(id)), [1, 0, 0, 0]);
    w.until("2026-03-03T00:00:00Z");
    w.traits("ada", "2026-03-03T00:00:00Z", json!({"age": 18}));
    assert_eq!(["turkey", "adult", "both", "other"].map(|id| w.members(id)), [1, 1, 1, 0]);
    w.check();
    w.until("2026-03-04T00:00:00Z");
    w.traits("ada", "2026-03-04T00:00:00Z", json!({"country": "DE"}));
    assert_eq!(["turkey", "adult", "both", "other"].map(|id| w.members(id)), [0, 1, 0, 1]);
    w.check();
    assert_eq!(w.story("both"), ["03-03T00:00:00 ada entered", "03-04T00:00:00 ada left"]);
}

#[test]
fn r27_negation_alone_is_exact() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("never", "not did \"Purchase\"");
    w.segment("quiet", "not did \"Purchase\" in last 7d");
    w.segment("few", "did \"Purchase\" fewer than 2 times");
    w.until("2026-03-02T00:00:00Z");
    w.traits("ada", "2026-03-02T00:00:00Z", json!({"plan": "free"}));
    w.event("bob", "Visit", "2026-03-02T00:00:00Z");
    w.event("cem", "Purchase", "2026-03-02T00:00:00Z");
    assert_eq!(["never", "quiet", "few"].map(|id| w.members(id)), [2, 2, 3]);
    w.check();
    w.until("2026-03-05T00:00:00Z");
    w.event("bob", "Purchase", "2026-03-05T00:00:00Z");
    w.event("cem", "Purchase", "2026-03-05T00:00:00Z");
    assert_eq!(["never", "quiet", "few"].map(|id| w.members(id)), [1, 1, 2]);
    w.check();
    w.until("2026-03-12T00:00:00Z");
    assert_eq!(["never", "quiet", "few"].map(|id| w.members(id)), [1, 3, 2]);
    w.check();
    w.segment("late", "not did \"Visit\"");
    assert_eq!(w.members("late"), 2);
    w.event("ada", "Visit", "2026-03-04T00:00:00Z");
    assert_eq!(w.members("late"), 1);
    w.check();
}

#[test]
fn r31_an_older_attribute_does_not_replace_a_newer_one() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("pro", "plan = \"pro\"");
    w.segment("free", "plan = \"free\"");
    w.until("2026-03-10T00:00:00Z");
    w.traits("ada", "2026-03-10T00:00:00Z", json!({"plan": "pro"}));
    for time in ["2026-03-09T23:59:59.999Z", "2026-03-09T23:30:00Z", "2026-03-05T00:00:00Z"] {
        w.traits("ada", time, json!({"plan": "free"}));
        assert_eq!(["pro", "free"].map(|id| w.members(id)), [1, 0], "{time}");
        w.check();
    }
    assert_eq!(
        w.happened("free"),
        ["2026-03-05T00:00:00.000Z ada entered", "2026-03-10T00:00:00.000Z ada left"]
    );
    assert_eq!(w.happened("pro"), ["2026-03-10T00:00:00.000Z ada entered"]);
}

#[test]
fn two_who_turn_out_to_be_one_count_as_one() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("any", "did \"Purchase\"");
    w.segment("twice", "did \"Purchase\" at least 2 times in last 7d");
    w.segment("never", "not did \"Purchase\"");
    w.segment("order", "did \"Visit\" then \"Purchase\"");
    w.segment("half", "bucket 0 to 5000");
    w.until("2026-03-02T00:00:00Z");
    let time = "2026-03-02T00:00:00Z";
    for user in ["phone", "ada", "tablet", "watch"] {
        w.event(user, "Purchase", time);
    }
    w.event("laptop", "Visit", time);
    assert_eq!(["any", "twice", "never"].map(|id| w.members(id)), [4, 0, 1]);
    w.check();
    w.until("2026-03-03T00:00:00Z");
    w.batch(&[alias("phone", "ada", "2026-03-03T00:00:00Z")]);
    assert_eq!(["any", "twice", "never"].map(|id| w.members(id)), [3, 1, 1]);
    w.check();
    w.batch(&[alias("laptop", "tablet", "2026-03-03T00:00:00Z")]);
    assert_eq!(["any", "twice", "never"].map(|id| w.members(id)), [3, 1, 0]);
    w.check();
    // The one that vanished has no time left, the one that remains has all of it.
    w.until("2026-03-04T00:00:00Z");
    w.event("phone", "Purchase", "2026-03-04T00:00:00Z");
    w.until("2026-03-09T00:00:00Z");
    assert_eq!(w.members("twice"), 0);
    w.check();
    // In one batch with what each did, in the same milliseconds.
    let time = "2026-03-09T00:00:00Z";
    w.batch(&[
        track("n1", "Visit", time, &json!({})),
        track("n2", "Purchase", time, &json!({})),
        track("ada", "Purchase", "2026-03-08T00:00:00Z", &json!({"n": 1})),
        track("watch", "Purchase", "2026-03-08T00:00:00Z", &json!({"n": 2})),
        alias("watch", "ada", time),
        alias("n1", "n2", time),
        track("n1", "Purchase", time, &json!({"n": 2})),
        track("ada", "Purchase", "2026-03-01T12:00:00Z", &json!({"n": 3})),
    ]);
    w.check();
    w.until("2026-03-20T00:00:00Z");
    w.check();
}

#[test]
fn an_anonymous_visitor_who_signs_up_takes_the_past_along() {
    let w = Watching::start("2026-03-01T00:00:00Z");
    w.segment("signed", "did \"Visit\" and plan exists");
    w.segment("keen", "did \"Visit\" at least 2 times in last 3d");
    w.until("2026-03-02T00:00:00Z");
    let visit = |n: u32| {
        json!({"type": "track", "messageId": format!("v{n}"), "anonymousId": "cookie",
               "event": "Visit", "timestamp": "2026-03-02T00:00:00Z", "properties": {"n": n}})
    };
    w.batch(&[visit(1)]);
    w.traits("ada", "2026-03-02T00:00:00Z", json!({"plan": "free"}));
    w.event("ada", "Visit", "2026-03-02T00:00:00Z");
    assert_eq!(["signed", "keen"].map(|id| w.members(id)), [1, 0]);
    w.until("2026-03-03T00:00:00Z");
    let both = json!({"type": "identify", "messageId": "both", "anonymousId": "cookie",
                      "userId": "ada", "traits": {"plan": "pro"},
                      "timestamp": "2026-03-03T00:00:00Z"});
    w.batch(&[both]);
    assert_eq!(["signed", "keen"].map(|id| w.members(id)), [1, 1]);
    w.check();
    w.until("2026-03-05T00:00:00Z");
    assert_eq!(w.members("keen"), 0);
    w.check();
}
