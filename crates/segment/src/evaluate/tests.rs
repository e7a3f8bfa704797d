//! Cases that the generated histories of `testkit` do not single out.

use std::collections::BTreeMap;

use model::{EventId, Span, Text, Timestamp, Value, Zone};

use super::*;
use crate::rules::{Lifecycle, RfmSettings, State};
use crate::tree::EventMatch;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn read(text: &str) -> Predicate {
    let (predicate, problems) = crate::text::parse(text);
    assert_eq!(problems, [], "{text}");
    predicate
}

fn rules(segments: &[(&str, &str)], states: &[(&str, &str)]) -> Rules {
    let segments = segments.iter().map(|(id, text)| (Text::new(id), read(text)));
    let states = states.iter().map(|(key, text)| State {
        key: Text::new(key),
        name: Text::new(key),
        predicate: read(text),
    });
    Rules {
        zone: Zone::utc(),
        seed: 0,
        segments: segments.collect(),
        composites: BTreeMap::new(),
        lifecycle: Lifecycle { states: states.collect() },
        rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
    }
}

/// A user with these events, in order.
fn user(events: &[(&str, &str)]) -> UserHistory {
    let events = (0..).zip(events).map(|(arrival, (time, name))| UserEvent {
        name: Text::new(name),
        time: at(time),
        arrival,
        id: EventId(u128::from(arrival)),
        properties: vec![(Text::new("n"), Value::Int(arrival as i64))],
        derived: false,
    });
    UserHistory { id: Text::new("ada"), events: events.collect(), attributes: BTreeMap::new() }
}

fn without(user: &UserHistory, event: &DecidingEvent) -> UserHistory {
    let mut user = user.clone();
    user.events.retain(|e| e.id != event.id);
    user
}

#[test]
fn removing_a_named_event_turns_a_count_that_is_just_met() {
    let ctx = Context { rules: &rules(&[], &[]), population: &NoPopulation };
    let predicate = read("did \"A\" at least 3 times in last 7d");
    let days = [("2026-03-01", "A"), ("2026-03-02", "A"), ("2026-03-02", "B"), ("2026-03-03", "A")];
    let (user, now) = (user(&days), at("2026-03-04"));
    let why = explain(&predicate, &user, now, &ctx);
    assert!(why.holds);
    assert_eq!((why.n_events, why.events.len()), (3, 3));
    assert_eq!(why.label, "did \"A\" at least 3 times in last 7d");
    let window = "from 2026-02-25T00:00:00.001Z to 2026-03-04T00:00:00.000Z";
    assert_eq!(why.reason, format!("count is 3 over 3 events {window}"));
    for event in &why.events {
        assert!(!holds(&predicate, &without(&user, event), now, &ctx));
    }
}

#[test]
fn removing_a_named_event_turns_chains_absences_and_extremes() {
    let ctx = Context { rules: &rules(&[], &[]), population: &NoPopulation };
    let user = user(&[("2026-03-01", "A"), ("2026-03-02", "B"), ("2026-03-03", "A")]);
    let now = at("2026-03-10");
    for text in
        ["did \"A\" then \"B\"", "did \"B\" and then not \"C\" for 1d", "max(n) of \"A\" = 2"]
    {
        let predicate = read(text);
        let why = explain(&predicate, &user, now, &ctx);
        assert!(why.holds, "{text}");
        assert!(!why.events.is_empty(), "{text}");
        for event in &why.events {
            assert!(!holds(&predicate, &without(&user, event), now, &ctx), "{text}");
        }
    }
    let spoiled = read("did \"A\" in last 7d and not did \"B\"");
    let why = explain(&spoiled, &user, at("2026-03-04"), &ctx);
    assert!(!why.holds);
    let spoiler = &why.children[1].children[0].events[0];
    assert!(holds(&spoiled, &without(&user, spoiler), at("2026-03-04"), &ctx));
}

#[test]
fn many_events_are_counted_and_the_latest_named() {
    let ctx = Context { rules: &rules(&[], &[]), population: &NoPopulation };
    let user = user(&[("2026-03-01", "A"); 50]);
    let why = explain(&read("did \"A\""), &user, at("2026-03-02"), &ctx);
    assert_eq!((why.n_events, why.events.len()), (50, EVENTS_NAMED_MAX));
    assert_eq!(why.events[EVENTS_NAMED_MAX - 1].id, EventId(49));
}

#[test]
fn cycles_end() {
    let both = "in segment \"b\" or in segment \"b\" or in segment \"a\"";
    let rules = rules(&[("a", both), ("b", &both.replace('b', "a"))], &[("x", both)]);
    let ctx = Context { rules: &rules, population: &NoPopulation };
    let user = user(&[("2026-03-01", "A")]);
    assert!(!holds(&read("in segment \"a\""), &user, at("2026-03-02"), &ctx));
    assert!(!explain(&read("in segment \"a\""), &user, at("2026-03-02"), &ctx).holds);
    assert_eq!(state_changes(&user, Timestamp::MIN, at("2026-04-01"), &ctx), []);
}

#[test]
fn a_lifecycle_that_asks_for_itself_is_false() {
    let rules = rules(&[], &[("x", "lifecycle is \"x\""), ("y", "not lifecycle is \"x\"")]);
    let ctx = Context { rules: &rules, population: &NoPopulation };
    let user = user(&[("2026-03-01", "A")]);
    assert_eq!(state(&user, at("2026-03-02"), &ctx), Some(1));
    assert_eq!(state(&user, at("2026-02-28"), &ctx), None);
}

/// Scored, and in its group, from an instant on.
struct From(Timestamp);

impl Population for From {
    fn rfm(&self, _: &str, at: Timestamp) -> Option<RfmScore> {
        let group = Some(Text::new("loyal"));
        (at >= self.0).then_some(RfmScore { r: 3, f: 4, m: None, group })
    }
}

#[test]
fn scores_in_a_lifecycle_are_looked_at_every_midnight() {
    let rules = rules(&[], &[("loyal", "rfm is \"loyal\""), ("other", "everyone")]);
    let ctx = Context { rules: &rules, population: &From(at("2026-03-05T10:00:00Z")) };
    let user = user(&[("2026-03-01T12:00:00Z", "A")]);
    let changes = state_changes(&user, Timestamp::MIN, at("2026-04-01"), &ctx);
    let expected = [
        StateChange { at: at("2026-03-01T12:00:00Z"), from: None, to: Some(1) },
        StateChange { at: at("2026-03-06"), from: Some(1), to: Some(0) },
    ];
    assert_eq!(changes, expected);
    let rfm = |text| holds(&read(text), &user, at("2026-03-06"), &ctx);
    assert!(rfm("rfm r 3 to 5 f 4") && !rfm("rfm m 1 to 5") && !rfm("rfm is \"new\""));
}

#[test]
fn a_day_that_begins_twice_is_seen_twice() {
    // St. John's put its clocks back at 00:01 until 2011: 7 November 2010 began, was taken back
    // for an hour, and began again.
    let mut rules = rules(&[], &[("there", "day exactly in 0d"), ("elsewhere", "everyone")]);
    rules.zone = Zone::named("America/St_Johns").unwrap();
    let ctx = Context { rules: &rules, population: &NoPopulation };
    let mut user = user(&[("2010-11-01", "A")]);
    user.attributes.insert(Text::new("day"), vec![(at("2010-11-01"), Value::text("2010-11-07"))]);
    let changes = state_changes(&user, at("2010-11-02"), at("2010-11-20"), &ctx);
    let times: Vec<String> = changes.iter().map(|change| change.at.to_string()).collect();
    let expected = [
        "2010-11-07T02:30:00.000Z",
        "2010-11-07T02:31:00.000Z",
        "2010-11-07T03:30:00.000Z",
        "2010-11-08T03:30:00.000Z",
    ];
    assert_eq!(times, expected);
}

#[test]
fn ranges_end_at_the_question_and_can_be_empty() {
    let now = at("2026-03-10");
    let range = |range| range_at(&crate::tree::Window::range(range), now, &Zone::utc());
    use crate::tree::Range;
    assert_eq!(range(Range::Last(Span::DAY)), Some((at("2026-03-09T00:00:00.001Z"), now)));
    assert_eq!(range(Range::Between(at("2026-03-11"), at("2026-03-12"))), None);
    assert_eq!(
        range(Range::Between(at("2026-03-01"), at("2026-03-12"))),
        Some((at("2026-03-01"), now))
    );
    assert_eq!(range(Range::Between(now, now)), None);
    assert_eq!(range(Range::After(None)), None);
    let many = Range::LastUnits { n: u32::MAX, unit: crate::tree::Unit::Month, zone: None };
    assert_eq!(range(many), Some((Timestamp::MIN, now)));
}

#[test]
fn long_histories_are_searched_once() {
    // Twenty steps over 2,000 equal events: trying every chain would never end.
    let events: Vec<(&str, &str)> = vec![("2026-03-01", "A"); 2_000];
    let steps = vec!["\"A\""; 19].join(" then ");
    let ctx = Context { rules: &rules(&[], &[]), population: &NoPopulation };
    let never = read(&format!("did {steps} then \"B\" within 1d"));
    assert!(!holds(&never, &user(&events), at("2026-03-02"), &ctx));
}

#[test]
fn the_short_way_for_floats_says_the_same() {
    use crate::tree::{Op, Test};
    let numbers = [0.0, -0.0, 1.5, 100.0, 9_007_199_254_740_992.0, f64::INFINITY];
    let mut operands: Vec<Value> = numbers.iter().map(|x| Value::Float(*x)).collect();
    operands.extend([0, 100, i64::MAX, (1 << 53) + 1].map(Value::Int));
    operands.extend([Value::text("100"), Value::Null]);
    for operand in operands {
        for op in [Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Eq, Op::Ne] {
            let test = CompiledTest::new(&Test::of(op(operand.clone())));
            for x in numbers {
                assert_eq!(test.holds_float(x), test.holds(Some(&Value::Float(x))), "{test:?} {x}");
            }
        }
    }
}
