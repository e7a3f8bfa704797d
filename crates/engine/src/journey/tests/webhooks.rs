//! Steps that ask a server, and what uses the answers.

use super::*;

const HOUR: Span = Span(3_600_000);

fn at_ten(rest: &str) -> Timestamp {
    at(&format!("2026-03-01T10:{rest}Z"))
}

/// Asks, and sends one of two messages.
fn asks() -> Journey {
    let steps = vec![
        step("score", webhook("c/score", Span(30_000), (Some(1), Some(2)))),
        step("offer", message("c/offer", None)),
        step("other", message("c/other", None)),
    ];
    journey("c", "Start", steps)
}

fn begun(journey: Journey) -> Bench {
    let mut bench = Bench::new(vec![journey]);
    bench.does(ADA, "Start", "2026-03-01T10:00:00Z");
    bench
}

fn limit(limit: i64) -> Vec<(Text, Value)> {
    vec![(Text::new("answered.limit"), Value::Int(limit))]
}

#[test]
fn who_is_answered_goes_on_at_that_instant() {
    let mut bench = begun(asks());
    assert_eq!(bench.story(ADA), ["2026-03-01T10:00 in to score"]);
    assert!(bench.becomes(ADA, "c/score", (ANSWERED, at_ten("00:01.5"))));
    assert_eq!(
        bench.story(ADA)[1..],
        [
            "2026-03-01T10:00:01.500 score -next-> offer",
            "2026-03-01T10:00:01.500 offer -next-> out: completed"
        ]
    );
    // What brought it about is told: the event of the answer.
    let told: Vec<&Told> = bench.world.told.values().collect();
    let answer = bench.world.events[&ADA.0].last().unwrap().id;
    assert_eq!(told[1].cause, Some(answer));
    bench.pass("2026-03-02T00:00:00Z");
    assert_eq!(bench.journeys.n_positions(), 0);
}

#[test]
fn who_has_no_answer_takes_the_other_way() {
    let other = |when: &str| format!("2026-03-01T10:00{when} score -failed-> other");
    // Refused for good, by the provider or before.
    let mut bench = begun(asks());
    bench.becomes(ADA, "c/score", (FAILED, at_ten("00:02")));
    assert_eq!(bench.story(ADA)[1], other(":02.000"));
    let mut bench = Bench::new(vec![asks()]);
    bench.world.fate.insert("c/score".into(), Sent::Withheld);
    bench.does(ADA, "Start", "2026-03-01T10:00:00Z");
    assert_eq!(bench.story(ADA)[1], other(""));
    // Not in time: at the very end is too late.
    let mut bench = begun(asks());
    bench.pass("2026-03-01T10:00:29.999Z");
    assert_eq!(bench.journeys.n_positions(), 1);
    bench.becomes(ADA, "c/score", (ANSWERED, at_ten("00:30")));
    assert_eq!(bench.story(ADA)[1], other(":30.000"));
    // That it fails afterwards concerns nobody.
    let mut bench = begun(asks());
    bench.pass("2026-03-01T10:01:00Z");
    assert!(bench.becomes(ADA, "c/score", (FAILED, at_ten("02:00"))));
    assert_eq!(bench.story(ADA).len(), 3);
}

#[test]
fn what_becomes_of_another_message_is_not_heard() {
    let mut bench = begun(asks());
    let (message, run) = bench.world.asked[&(ADA.0, "c/score".to_owned())];
    let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
    // Of the same step and run by its properties, but of another visit by its id.
    let properties = vec![
        text(CAMPAIGN, "c/score"),
        text(MESSAGE, &message.to_string()),
        text(RUN, &run.to_string()),
    ];
    bench.does_with(ADA, ANSWERED, "2026-03-01T10:00:05Z", properties);
    assert_eq!(bench.journeys.n_positions(), 1);
    assert_eq!(bench.story(ADA).len(), 1);
}

#[test]
fn a_webhook_that_is_decided_later_is_answered_later() {
    let mut bench = Bench::new(vec![asks()]);
    bench.world.fate.insert("c/score".into(), Sent::Later);
    bench.does(ADA, "Start", "2026-03-01T10:00:00Z");
    let campaign = Text::new("c/score");
    let (message, _) = bench.world.asked[&(ADA.0, "c/score".to_owned())];
    assert!(bench.journeys.awaits(ADA, &campaign, message));
    let decided = (Sent::Queued, at_ten("00:10"));
    bench.journeys.decided(ADA, (&campaign, message), decided, &mut bench.world);
    assert_eq!(bench.story(ADA).len(), 1);
    bench.becomes(ADA, "c/score", (ANSWERED, at_ten("00:12")));
    assert_eq!(bench.story(ADA)[1], "2026-03-01T10:00:12.000 score -next-> offer");

    // What is withheld then has no answer, and whoever waits too long does not wait for it.
    for (decided, until, when) in [
        (Some(Sent::Withheld), "2026-03-01T10:00:10Z", ":10.000"),
        (None, "2026-03-01T11:00:00Z", ":30.000"),
    ] {
        let mut bench = Bench::new(vec![asks()]);
        bench.world.fate.insert("c/score".into(), Sent::Later);
        bench.does(ADA, "Start", "2026-03-01T10:00:00Z");
        let (message, _) = bench.world.asked[&(ADA.0, "c/score".to_owned())];
        if let Some(sent) = decided {
            let decided = (sent, at(until));
            bench.journeys.decided(ADA, (&campaign, message), decided, &mut bench.world);
        }
        bench.pass(until);
        assert_eq!(bench.story(ADA)[1], format!("2026-03-01T10:00{when} score -failed-> other"));
    }
}

#[test]
fn an_answer_that_came_in_a_pause_counts_when_it_goes_on() {
    let mut bench = begun(asks());
    let paused = Journey { standing: Standing::Paused, ..asks() };
    bench.define(vec![paused], at_ten("00:05"));
    bench.becomes(ADA, "c/score", (ANSWERED, at_ten("00:10")));
    bench.pass("2026-03-01T11:00:00Z");
    assert_eq!(bench.story(ADA).len(), 1);
    bench.define(vec![asks()], at("2026-03-01T12:00:00Z"));
    bench.pass("2026-03-01T12:00:00Z");
    assert_eq!(bench.story(ADA)[1], "2026-03-01T10:00:10.000 score -next-> offer");
}

#[test]
fn another_version_asks_nobody_again() {
    let mut bench = begun(asks());
    let mut second = asks();
    second.version = 2;
    second.published_at = at_ten("00:05");
    second.moves = Moves::from([(Text::new("score"), To::Step(Text::new("score")))]);
    let first = Journey { current: false, ..asks() };
    bench.define(vec![first, second], at_ten("00:05"));
    assert_eq!(bench.world.sent.len(), 1);
    bench.becomes(ADA, "c/score", (ANSWERED, at_ten("00:10")));
    let last = bench.story(ADA);
    assert_eq!(last[last.len() - 2], "2026-03-01T10:00:10.000 score -next-> offer");
    assert_eq!(bench.world.sent.len(), 2);
}

#[test]
fn whoever_turns_out_to_be_another_is_still_answered_once() {
    let mut bench = begun(asks());
    let (message, run) = bench.world.asked[&(ADA.0, "c/score".to_owned())];
    bench.journeys.merge((ADA, BEN), at_ten("00:02"), &mut bench.world);
    // A restart looks at the step again, as that of the other user.
    let pause = Journey { standing: Standing::Paused, ..asks() };
    bench.define(vec![pause], at_ten("00:03"));
    bench.define(vec![asks()], at_ten("00:04"));
    assert_eq!(bench.world.sent.len(), 1);
    bench.world.asked.insert((BEN.0, "c/score".to_owned()), (message, run));
    bench.becomes(BEN, "c/score", (ANSWERED, at_ten("00:05")));
    assert_eq!(bench.story(BEN)[0], "2026-03-01T10:00:05.000 score -next-> offer");
}

#[test]
fn the_latest_answer_of_the_run_decides_later() {
    let of = EventMatch {
        names: segment::tree::EventNames::Of(vec![Text::const_new(ANSWERED)]),
        filter: segment::tree::Where::Property {
            property: Text::new("limit"),
            test: segment::tree::Test::at_least(500),
        },
    };
    let asked = |matches| Condition {
        answer: Some(Answered { campaign: Text::new("s/score"), matches }),
        ..Condition::default()
    };
    let enough = asked(Some(Matches::of(&of, &rules()).unwrap()));
    let field =
        |name: &str| Emitted::Answer { campaign: Text::new("s/score"), field: Text::new(name) };
    let steps = vec![
        step("score", webhook("s/score", HOUR, (Some(1), Some(1)))),
        step(
            "split",
            Action::Split {
                paths: vec![(way("enough", Some(2)), enough), (way("some", None), asked(None))],
                otherwise: None,
            },
        ),
        step(
            "mark",
            Action::Update {
                set: vec![(Text::new("limit"), field("limit")), (Text::new("none"), field("none"))],
                operations: Vec::new(),
                next: Some(3),
            },
        ),
        step(
            "tell",
            Action::Emit {
                name: Text::new("Limit Set"),
                properties: vec![
                    (Text::new("limit"), field("limit")),
                    (Text::new("none"), field("none")),
                    (Text::new("by"), Emitted::Value(Value::text("us"))),
                ],
                next: Some(4),
            },
        ),
        step("rest", wait(HOUR, Some(0))),
    ];
    let with = |answers: &[i64]| {
        let mut bench = begun(journey("s", "Start", steps.clone()));
        for (n, own) in answers.iter().enumerate() {
            // An hour after the last answer the server is asked again.
            let when = at(&format!("2026-03-01T{}:00:0{}Z", 10 + n, 1 + n));
            bench.settle(when.minus(Span(1)));
            bench.answered(ADA, ("s/score", ANSWERED), when, limit(*own));
        }
        bench
    };
    let bench = with(&[500]);
    assert_eq!(bench.world.attributes[&(ADA.0, "limit".into())], Value::Int(500));
    assert!(!bench.world.attributes.contains_key(&(ADA.0, "none".into())));
    let Event { name, properties, .. } = bench.world.emitted.values().next().unwrap();
    assert_eq!(name, "Limit Set");
    let expected =
        vec![(Text::new("by"), Value::text("us")), (Text::new("limit"), Value::Int(500))];
    assert_eq!(*properties, expected);
    // The next time round, what was answered then.
    let told = with(&[700, 400]).story(ADA);
    assert_eq!(told.last().unwrap(), "2026-03-01T11:00:02.000 split -some-> out: completed");
    // Of another run, or without any, nothing.
    let mut bench = with(&[400]);
    bench.does(ADA, "Start", "2026-03-01T20:00:00Z");
    bench.pass("2026-03-01T22:00:00Z");
    let told = bench.story(ADA);
    assert_eq!(told.last().unwrap(), "2026-03-01T21:00 split -otherwise-> out: completed");
}

#[test]
fn nothing_that_is_not_there_is_written() {
    let set = vec![(
        Text::new("limit"),
        Emitted::Answer { campaign: Text::new("u/none"), field: Text::new("limit") },
    )];
    let steps = vec![step("mark", Action::Update { set, operations: Vec::new(), next: None })];
    let bench = begun(journey("u", "Start", steps));
    assert!(bench.world.updates.is_empty());
    assert_eq!(bench.story(ADA)[1], "2026-03-01T10:00 mark -next-> out: completed");
}
