//! A server that ends, cleanly or not, and another one that goes on in its directory.

use serde_json::{Value, json};
use server::service::Service;

use crate::watching::{End, Watching, alias, identify, track};

const DEFINITIONS: [(&str, &str); 6] = [
    ("keen", "did \"Purchase\" at least 2 times in last 3d"),
    ("lapsed", "did \"Visit\" and not did \"Visit\" in last 5d"),
    ("spent", "sum(amount) of \"Purchase\" > 20"),
    ("steady", "plan = \"free\" for at least 2d"),
    ("order", "did \"Visit\" then \"Purchase\" within 1d in last 10d"),
    ("half", "bucket 0 to 5000"),
];

fn filled() -> Watching {
    let w = Watching::start("2026-03-01T00:00:00Z");
    for (id, definition) in DEFINITIONS {
        w.segment(id, definition);
    }
    w.until("2026-03-05T00:00:00Z");
    w.batch(&some(0, 4));
    w
}

/// Records of ten people around a day of March.
fn some(from: usize, day: usize) -> Vec<Value> {
    let record = |n: usize| {
        let user = format!("u{}", n * 7 % 10);
        let time = format!("2026-03-{:02}T{:02}:00:00Z", day - n % 3, n * 5 % 24);
        match n % 4 {
            0 => {
                let plan = if n.is_multiple_of(8) { "free" } else { "pro" };
                identify(&user, &time, &json!({"plan": plan, "n": n}))
            }
            1 => track(&user, "Visit", &time, &json!({"n": n})),
            _ => track(&user, "Purchase", &time, &json!({"amount": n % 9, "n": n})),
        }
    };
    (from..from + 60).map(record).collect()
}

fn stories(w: &Watching) -> Vec<Vec<String>> {
    DEFINITIONS.iter().map(|(id, _)| w.story(id)).collect()
}

#[test]
fn a_clean_end_changes_nothing() {
    let w = filled();
    let before = stories(&w);
    let w = w.restart(End::Closed);
    assert_eq!(stories(&w), before);
    w.check();
    w.batch(&some(60, 5));
    w.check();
    w.until("2026-04-01T00:00:00Z");
    w.check();
}

#[test]
fn after_a_crash_the_log_tells_the_same_again() {
    let w = filled();
    w.server.service.workspace().checkpoint().unwrap();
    w.batch(&some(60, 5));
    w.until("2026-03-07T12:00:00Z");
    w.batch(&some(120, 7));
    w.batch(&[alias("u3", "u4", "2026-03-07T12:00:00Z")]);
    w.check();
    let before = stories(&w);
    let w = w.restart(End::Killed);
    let mut after = stories(&w);
    let mut expected = before;
    // What was told of one instant may be told in another order.
    after.iter_mut().chain(&mut expected).for_each(|story| story.sort());
    assert_eq!(after, expected);
    w.check();
    w.until("2026-04-01T00:00:00Z");
    w.check();
}

#[test]
fn a_crash_without_any_checkpoint_ends_with_the_same_numbers() {
    let w = filled();
    w.until("2026-03-06T00:00:00Z");
    w.batch(&some(60, 5));
    let before = DEFINITIONS.map(|(id, _)| w.members(id));
    let w = w.restart(End::Killed);
    assert_eq!(DEFINITIONS.map(|(id, _)| w.members(id)), before);
    w.check();
    w.until("2026-04-01T00:00:00Z");
    w.check();
}

#[test]
fn what_came_due_while_nothing_ran_is_told_with_its_instant() {
    for end in [End::Closed, End::Killed] {
        let w = Watching::start("2026-03-01T00:00:00Z");
        w.segment("day", "did \"Visit\" in last 1d");
        w.segment("idle", "did \"Visit\" and not did \"Visit\" in last 2d");
        w.server.service.workspace().checkpoint().unwrap();
        w.until("2026-03-02T00:00:00Z");
        w.event("ada", "Visit", "2026-03-02T00:00:00Z");
        w.event("bob", "Visit", "2026-03-01T12:00:00.001Z");
        w.unnoticed("2026-03-10T00:00:00Z");
        let w = w.restart(end);
        assert_eq!(
            w.story("day"),
            [
                "03-01T12:00:00.001 bob entered",
                "03-02T00:00:00 ada entered",
                "03-02T12:00:00.001 bob left",
                "03-03T00:00:00 ada left",
            ],
            "{end:?}"
        );
        assert_eq!(
            w.story("idle"),
            ["03-03T12:00:00.001 bob entered", "03-04T00:00:00 ada entered"],
            "{end:?}"
        );
        w.check();
    }
}

fn edit(service: &Service, id: &str, definition: &str) {
    let input = json!({"name": id, "definition": definition});
    service.update_segment(id, &serde_json::from_value(input).unwrap()).unwrap();
}

#[test]
fn definitions_that_were_edited_while_nothing_ran_are_taken_up() {
    for end in [End::Closed, End::Killed] {
        let w = filled();
        w.server.service.workspace().checkpoint().unwrap();
        w.until("2026-03-06T00:00:00Z");
        w.batch(&some(60, 5));
        let w = w.restart_after(end, |service| {
            // Conditions that were never watched, and some that another definition watches.
            edit(service, "keen", "did \"Visit\" at least 2 times in last 4d");
            edit(service, "lapsed", "sum(amount) of \"Purchase\" > 20");
            edit(service, "steady", "plan = \"free\" for at least 2d and not bucket 0 to 5000");
            service.delete_segment("order").unwrap();
            let new = json!({"id": "new", "name": "New", "definition": "did \"Visit\" in last 3d"});
            service.create_segment(&serde_json::from_value(new).unwrap()).unwrap();
        });
        w.check();
        w.batch(&some(120, 6));
        w.check();
        w.until("2026-04-01T00:00:00Z");
        w.check();
        let w = w.restart(End::Closed);
        w.check();
    }
}

#[test]
fn an_import_that_was_cut_short_is_put_right_after_the_start() {
    for end in [End::Closed, End::Killed] {
        let w = filled();
        w.server.service.workspace().checkpoint().unwrap();
        w.until("2026-03-20T00:00:00Z");
        let old = |n: usize| {
            let time = format!("2026-03-{:02}T00:00:00Z", 2 + n % 15);
            track(&format!("u{}", n % 50), "Visit", &time, &json!({"bulk": n}))
        };
        w.batch(&(0..700).map(old).collect::<Vec<_>>());
        w.unnoticed("2026-03-20T00:00:01Z");
        let w = w.restart(end);
        w.check();
        w.check_past("2026-03-10T00:00:00Z");
        w.until("2026-04-20T00:00:00Z");
        w.check();
    }
}
