//! Whatever happens, and wherever it is cut by a crash: the same is told, once.

use model::outreach::{ANSWERED, FAILED};
use proptest::prelude::*;

use super::*;

const USERS: u32 = 4;

/// Journeys with every kind of step that waits, writes, sends or draws.
fn journeys() -> Vec<Journey> {
    let arms = Arms::equal(["a", "b"].map(Text::new)).unwrap();
    let hour = Span(3_600_000);
    let mut first = journey(
        "first",
        "A",
        vec![
            step(
                "draw",
                Action::Random {
                    arms,
                    paths: vec![way("a", Some(1)), way("b", Some(7))],
                    anew: true,
                },
            ),
            step(
                "for b",
                Action::WaitFor {
                    any: vec![
                        (way("b", Some(2)), event_named("B")),
                        (way("c", Some(3)), event_named("C")),
                    ],
                    within: Span(2 * hour.0),
                    otherwise: Some(4),
                    since: Since::Before(Span(1_000)),
                },
            ),
            step("mail", message("first/mail", Some(3))),
            step("rest", wait(hour, Some(4))),
            step(
                "mark",
                Action::Update {
                    set: vec![
                        (Text::new("seen"), Emitted::Value(Value::Bool(true))),
                        (
                            Text::new("score"),
                            Emitted::Answer {
                                campaign: Text::new("first/ask"),
                                field: Text::new("score"),
                            },
                        ),
                    ],
                    operations: Vec::new(),
                    next: Some(5),
                },
            ),
            step("more", Action::Enter { journey: Text::new("second"), next: Some(6) }),
            step("late", message("first/late", None)),
            step("ask", webhook("first/ask", Span(1_800_000), (Some(3), Some(4)))),
        ],
    );
    first.exits = vec![event_named("D")];
    first.timeout = Span(5 * hour.0);
    let mut second = journey(
        "second",
        "B",
        vec![
            step(
                "for a",
                Action::WaitFor {
                    any: vec![(way("a", Some(1)), event_named("A"))],
                    within: hour,
                    otherwise: Some(0).filter(|_| false),
                    since: Since::Entry,
                },
            ),
            step(
                "for c",
                Action::WaitFor {
                    any: vec![(way("c", None), event_named("C"))],
                    within: hour,
                    otherwise: None,
                    since: Since::Step,
                },
            ),
        ],
    );
    second.again = Again::After(Span(90 * 60_000));
    vec![first, second]
}

/// Something that a user does, so many milliseconds after the last one, and how late it comes.
type Deed = (u32, usize, i64, i64);

/// What becomes of webhooks in the end, in the order of [`Deed`]s that name it: nothing of the third.
const BECOMES: [&str; 2] = [ANSWERED, FAILED];

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let gap = prop_oneof![Just(0i64), 1..5_000i64, 0..7_200_000i64];
    let late = prop_oneof![4 => Just(0i64), 1 => 0..3_600_000i64];
    prop::collection::vec((0..USERS, 0..6usize, gap, late), 1..60)
}

fn run(deeds: &[Deed], crashes: &[usize]) -> Bench {
    let mut bench = Bench::new(journeys());
    bench.world.fate.insert("first/late".into(), Sent::Withheld);
    let mut now = at("2026-03-01T00:00:00Z");
    let mut inputs: Vec<(UserIndex, Arc<Event>, u64)> = Vec::new();
    for (n, (user, name, gap, late)) in deeds.iter().enumerate() {
        now = now.plus(Span(*gap));
        let when = now.minus(Span(*late)).to_string();
        let user = UserIndex(*user);
        match ["A", "B", "C", "D"].get(*name) {
            Some(name) => _ = bench.does(user, name, &when),
            // Of the webhook that was asked last, as soon as it is known.
            None if !bench.becomes(user, "first/ask", (BECOMES[*name - 4], now)) => {
                bench.does(user, "E", &when);
            }
            None => {}
        }
        let event = bench.world.events[&user.0].last().unwrap().clone();
        inputs.push((user, event, n as u64 + 1));
        bench.settle(now);
        bench.journeys.forget_ends(now.minus(Span(2 * 3_600_000)));
        if crashes.contains(&n) {
            bench = restarted(bench, &inputs, now);
        }
    }
    bench.pass("2026-03-20T00:00:00Z");
    bench
}

/// A new fold from what was told, to which the latest that happened is handed in again.
fn restarted(bench: Bench, inputs: &[(UserIndex, Arc<Event>, u64)], now: Timestamp) -> Bench {
    let told = restored(&bench.world);
    let mut again = Bench { world: bench.world, arrivals: bench.arrivals, ..Bench::default() };
    again.define(journeys(), Timestamp(0));
    again.journeys.restore(told, now, &mut again.world);
    again.go_on();
    for (user, event, after) in inputs.iter().skip(inputs.len().saturating_sub(7)) {
        again.journeys.occurred(*user, Occurred::Event(event), (*after, true), &mut again.world);
        again.go_on();
    }
    again.settle(now);
    again
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_crash_anywhere_changes_nothing(
        deeds in deeds(),
        crashes in prop::collection::vec(0..60usize, 1..5),
    ) {
        let through = run(&deeds, &[]);
        let crashed = run(&deeds, &crashes);
        let all = |bench: &Bench| -> Vec<String> {
            let told = bench.world.told.values();
            let mut all: Vec<String> = told
                .map(|told| {
                    let (user, cause) = (told.user.0, told.cause.map(|id| id.to_string()));
                    let (run, line) = (told.run, line(told));
                    format!("{user} {} {run} {} {line} {cause:?} {}", told.journey, told.n, told.after)
                })
                .collect();
            all.sort();
            all
        };
        prop_assert_eq!(all(&through), all(&crashed));
        prop_assert_eq!(&through.world.sent, &crashed.world.sent);
        prop_assert_eq!(&through.world.updates, &crashed.world.updates);
        // Everybody who came in is out by now, and everybody who came to a step left it.
        prop_assert_eq!(through.journeys.n_positions(), 0);
        let mut at: BTreeMap<(String, String), i64> = BTreeMap::new();
        for told in through.world.told.values() {
            let mut count = |step: &Text, by: i64| {
                *at.entry((told.journey.to_string(), step.to_string())).or_default() += by;
            };
            match &told.what {
                What::Entered { step, .. } => count(step, 1),
                What::Moved { from, step, .. } => {
                    count(from, -1);
                    count(step, 1);
                }
                What::Exited { from, .. } => count(from, -1),
                What::HeldOut { .. } => {}
            }
        }
        prop_assert!(at.values().all(|n| *n == 0), "{:?}", at);
    }
}
