//! Derived events against the naive ones: random histories that come late and in any order, with
//! users that turn out to be one, asked of everybody at once, of one user, and by definitions.

use std::cell::Cell;

use engine::Fold;
use model::{Event, EventId, Record, Span, Text, Timestamp, UserIndex, Value, What, Who};
use proptest::prelude::*;
use proptest::sample::select;
use segment::derived::{ALL, SESSION_CONCLUDED, SESSION_STARTED, SessionSettings};
use segment::evaluate::{UserEvent, UserHistory};
use segment::tree::{EventMatch, EventPredicate, Measure};
use segment::{Lifecycle, Predicate, RfmSettings, Rules};
use testkit::cases::{report, runner};
use testkit::{generate, reference};

use crate::evaluate::tests::{deliver, delivery, find};
use crate::evaluate::{Evaluator, Needs};
use crate::gather::Gathering;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// What some events are given beside what they have: one line each.
const FACETS: [&[(&str, &str)]; 12] = [
    &[],
    &[],
    &[("context.app.version", "1.0"), ("context.device.id", "d1")],
    &[("context.app.version", "1.1"), ("context.device.id", "d1")],
    &[("$app_version", "1.0"), ("$device_id", "d2")],
    &[("context.app.version", "2.0")],
    &[("context.app.version", "9"), ("context.page.url", "https://shop.example/?utm_source=a")],
    &[("context.campaign.source", "a"), ("utm_medium", "mail")],
    &[("context.page.url", "https://shop.example/?utm_source=b&utm_campaign=spring%20sale")],
    &[("url", "/p?utm_source=a&utm_medium=mail")],
    &[("context.library.name", "analytics-node")],
    &[("$lib", "posthog-python"), ("context.app.version", "0.1")],
];

/// Names that events are sent under in place of the generator's.
const SENT: [(&str, &str); 4] = [
    ("view", "Session Started"),
    ("view", "Application Installed"),
    ("cart", "Session Concluded"),
    ("buy", "UTM Visited"),
];

/// What definitions ask for in place of what the generator says.
const ASKED: [(&str, &str); 5] = [
    ("\"cart\"", "\"Session Started\""),
    ("\"buy\"", "\"Session Concluded\""),
    ("\"view\"", "\"UTM Visited\""),
    ("amount", "length"),
    ("item", "events"),
];

/// Gives events facets, and some users events under derived names.
fn decorated(mut population: Vec<UserHistory>, choices: &[u8]) -> Vec<UserHistory> {
    let mut choices = choices.iter().copied().cycle().map(usize::from);
    let mut next = || choices.next().unwrap_or(0);
    for user in &mut population {
        let sent = SENT.get(next() % 12);
        for event in &mut user.events {
            for (name, value) in FACETS[next() % FACETS.len()] {
                event.properties.push((Text::new(name), Value::text(value)));
            }
            event.properties.sort_by(|a, b| a.0.cmp(&b.0));
            if let Some((_, name)) = sent.filter(|(from, _)| event.name == *from) {
                event.name = Text::new(name);
            }
            event.arrival += 1 << engine::SEQUENCE_BITS;
        }
    }
    population
}

fn settings() -> impl Strategy<Value = SessionSettings> {
    let timeout = prop_oneof![select(&generate::SPANS[..4]), Just(Span(20 * 60_000))];
    let except = prop_oneof![2 => Just(None), 1 => select(&generate::EVENTS[..]).prop_map(Some)];
    (timeout, except, any::<bool>()).prop_map(|(timeout, except, server_side)| SessionSettings {
        timeout,
        not_activity: except.into_iter().map(Text::new).collect(),
        server_side,
    })
}

/// A definition about derived events.
fn asking(predicate: &Predicate) -> Predicate {
    let mut text = segment::print(predicate);
    ASKED.iter().for_each(|(from, to)| text = text.replace(from, to));
    let (predicate, problems) = segment::parse(&text);
    assert!(!segment::problem::fatal(&problems), "{text}: {problems:?}");
    predicate
}

/// What is compared: ids are not, and the last place in the order of arrival is written in two ways.
fn told(events: impl IntoIterator<Item = UserEvent>) -> Vec<UserEvent> {
    let events = events.into_iter().filter(|event| event.derived);
    let last = u64::MAX << engine::SEQUENCE_BITS;
    let plain =
        |event: UserEvent| UserEvent { id: EventId(0), arrival: event.arrival.min(last), ..event };
    events.map(plain).collect()
}

/// Derived events of a user, from the parts that questions about everybody read.
fn of_everybody(snapshot: &Snapshot, user: UserIndex) -> Vec<UserEvent> {
    let rules = rules();
    let asked = |name: &str, measure| {
        let whole = segment::parse("did any event").0;
        let Predicate::Event(event) = whole else { panic!("{whole:?}") };
        Predicate::Event(EventPredicate { of: EventMatch::named(name), measure, ..event })
    };
    let mut predicates = Vec::new();
    for derived in &ALL {
        predicates.push(asked(derived.name, Measure::Count));
        let properties = derived.properties.iter().map(|(name, _)| Measure::Last((*name).into()));
        predicates.extend(properties.map(|measure| asked(derived.name, measure)));
    }
    let needs = Needs::of(&predicates.iter().collect::<Vec<_>>(), &rules);
    let gathering = Gathering::new(snapshot, &needs, (Timestamp::MAX, Timestamp::MAX)).unwrap();
    let own = gathering.users(user.0..user.0 + 1).unwrap();
    own.into_iter().flat_map(|(_, history)| history.events).collect()
}

fn rules() -> Rules {
    Rules {
        zone: model::Zone::utc(),
        seed: 0,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: Lifecycle { states: Vec::new() },
        rfm: RfmSettings::of(EventMatch::named(""), None),
    }
}

#[test]
fn what_is_derived_is_what_the_naive_reading_says() {
    let decoration = prop::collection::vec(any::<u8>(), 1..60);
    let case = (generate::population(), decoration, settings(), generate::instants(), delivery());
    let found = Cell::new([0usize; ALL.len()]);
    report(runner(800).run(&case, |(population, choices, settings, instants, delivery)| {
        let population = decorated(population, &choices);
        let (fold, mut store, _dir) = deliver(&population, &delivery);
        let snapshot = store.snapshot().unwrap();
        for now in instants.into_iter().chain([Timestamp::MAX]) {
            let view = snapshot.deriving(&settings, now);
            for user in &population {
                let Some(index) = find(&view, &fold, &user.id) else { continue };
                let naive = reference::with_derived(user, &settings, &rules(), now);
                let expected = told(naive.events);
                let one = view.history_with_derived(index).unwrap();
                prop_assert_eq!(told(one.events), expected.clone(), "one: {}", &user.id);
                prop_assert_eq!(told(of_everybody(&view, index)), expected.clone(), "{}", &user.id);
                let mut counts = found.get();
                for event in &expected {
                    let place = ALL.iter().position(|derived| event.name == derived.name).unwrap();
                    counts[place] += 1;
                }
                found.set(counts);
            }
        }
        Ok(())
    }));
    assert!(found.get().iter().all(|n| *n > 300), "rarely derived: {:?}", found.get());
}

#[test]
fn definitions_mean_the_same_of_derived_events_as_of_any() {
    let decoration = prop::collection::vec(any::<u8>(), 1..60);
    let case = (
        (generate::segment(), generate::population(), decoration, generate::rules()),
        (settings(), generate::instants(), delivery()),
    );
    let asked = Cell::new((0usize, 0usize));
    report(runner(2_000).run(&case, |((predicate, population, choices, rules), rest)| {
        let (settings, instants, delivery) = rest;
        let (predicate, population) = (asking(&predicate), decorated(population, &choices));
        let (fold, mut store, _dir) = deliver(&population, &delivery);
        let now = instants[0];
        let view = store.snapshot().unwrap().deriving(&settings, now);
        let naive = population.iter();
        let naive = naive.map(|user| reference::with_derived(user, &settings, &rules, now));
        let naive: Vec<UserHistory> = naive.collect();
        for at in instants {
            let members = Evaluator::new(&view, &rules, at).members(&predicate).unwrap();
            for user in &naive {
                let ours = find(&view, &fold, &user.id).is_some_and(|user| members.contains(user));
                let expected = reference::holds(&predicate, user, &naive, &rules, at);
                prop_assert_eq!(ours, expected, "{} at {}", user.id, at);
                let (ins, all) = asked.get();
                asked.set((ins + usize::from(ours), all + 1));
            }
        }
        Ok(())
    }));
    let (n_in, n) = asked.get();
    assert!(n_in * 10 > n && n_in * 10 < n * 9, "answers are one-sided: {n_in} of {n} in");
}

/// A store with one user's events named `Page Viewed`.
fn store_of(times: &[&str]) -> Store {
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    times.iter().for_each(|time| add(&mut fold, &mut store, time));
    store
}

fn add(fold: &mut Fold, store: &mut Store, time: &str) {
    let at = Timestamp::parse(time).unwrap();
    let event =
        Event { name: "Page Viewed".into(), time: at, id: EventId::of(time), properties: vec![] };
    let record = Record { received_at: at, who: Who::user("ada"), what: What::Event(event) };
    let step = fold.step(&record);
    store.apply(&step, record, &"ada".into(), 1 << engine::SEQUENCE_BITS);
}

/// Derived events as (name, time, length).
fn sessions_of(store: &mut Store, now: &str) -> Vec<(String, String, Option<Value>)> {
    let now = Timestamp::parse(now).unwrap();
    let view = store.snapshot().unwrap().deriving(&SessionSettings::default(), now);
    let events = view.events_with_derived(UserIndex(0)).unwrap().into_iter();
    let derived = events.map(|stored| stored.event).filter(|event| event.derived);
    let told = derived.map(|event| {
        let length = event.property("length").cloned();
        (event.name.to_string(), event.time.to_string(), length)
    });
    told.collect()
}

#[test]
fn a_session_is_concluded_at_its_last_activity_once_the_silence_is_long_enough() {
    let mut store = store_of(&["2026-03-01T10:00:00Z", "2026-03-01T10:10:00Z"]);
    let started = (SESSION_STARTED.to_owned(), "2026-03-01T10:00:00.000Z".to_owned(), None);
    let at_10_30 = sessions_of(&mut store, "2026-03-01T10:30:00Z");
    assert_eq!(at_10_30, std::slice::from_ref(&started), "the next millisecond could go on");
    let length = Some(Value::Float(600.0));
    let concluded = (SESSION_CONCLUDED.to_owned(), "2026-03-01T10:10:00.000Z".to_owned(), length);
    let later = sessions_of(&mut store, "2026-03-01T10:30:00.001Z");
    assert_eq!(later, [started, concluded]);
}

#[test]
fn a_late_event_joins_two_sessions() {
    let times = ["2026-03-01T10:00:00Z", "2026-03-01T10:30:00Z"];
    let now = "2026-03-02T00:00:00Z";
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    times.iter().for_each(|time| add(&mut fold, &mut store, time));
    assert_eq!(sessions_of(&mut store, now).len(), 4, "two sessions");
    add(&mut fold, &mut store, "2026-03-01T10:15:00Z");
    let joined = sessions_of(&mut store, now);
    assert_eq!(joined.len(), 2);
    assert_eq!(joined[1].1, "2026-03-01T10:30:00.000Z");
    assert_eq!(joined[1].2, Some(Value::Float(1_800.0)));
}

#[test]
fn what_was_known_earlier_has_no_session_that_was_not_over() {
    let mut store = store_of(&["2026-03-01T10:00:00Z", "2026-03-01T10:10:00Z"]);
    let snapshot = store.snapshot().unwrap();
    let count = |known: &str| {
        let known = Timestamp::parse(known).unwrap();
        let view = snapshot.known_at(known).unwrap().deriving(&SessionSettings::default(), known);
        let facts = view.derived_events().unwrap().into_iter();
        facts.map(|facts| (facts.name.to_string(), facts.count)).collect::<Vec<_>>()
    };
    let started = (SESSION_STARTED.to_owned(), 1);
    assert_eq!(count("2026-03-01T09:00:00Z"), []);
    assert_eq!(count("2026-03-01T10:05:00Z"), std::slice::from_ref(&started));
    assert_eq!(count("2026-03-01T10:31:00Z"), [(SESSION_CONCLUDED.to_owned(), 1), started]);
}

#[test]
fn a_question_that_names_none_derives_nothing() {
    let mut store = store_of(&["2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z"]);
    let view = store.snapshot().unwrap().deriving(&SessionSettings::default(), Timestamp::MAX);
    let rules = rules();
    let members = |text: &str| {
        let predicate = segment::parse(text).0;
        Evaluator::new(&view, &rules, Timestamp::MAX).members(&predicate).unwrap().len()
    };
    assert_eq!(members("did any event at least 2 times"), 1);
    assert_eq!(members("did any event at least 3 times"), 0, "derived events are none of any");
    assert_eq!(members("did \"Page Viewed\""), 1);
    let derived = view.derived.as_ref().unwrap();
    assert!(derived.base().groups.iter().all(|group| group.get().is_none()), "nothing was named");
    assert_eq!(members("did \"Session Started\" at least 2 times"), 1);
    let made: Vec<bool> = derived.base().groups.iter().map(|group| group.get().is_some()).collect();
    assert_eq!(made, [true, false, false], "only what was named");
    assert_eq!(members("did any event, \"Session Started\" at least 4 times"), 1);
}

#[test]
fn questions_of_many_threads_wait_for_what_is_derived_once() {
    let times: Vec<String> = (10..24).map(|hour| format!("2026-03-01T{hour}:00:00Z")).collect();
    let mut store = store_of(&times.iter().map(String::as_str).collect::<Vec<_>>());
    let (snapshot, rules) = (store.snapshot().unwrap(), rules());
    let started = segment::parse("did \"Session Started\"").0;
    let instants: Vec<Timestamp> =
        times.iter().map(|time| Timestamp::parse(time).unwrap()).collect();
    for round in 0..50 {
        // Another timeout each time: nothing is known yet.
        let settings = SessionSettings { timeout: Span(60_000 + round), ..Default::default() };
        let view = snapshot.deriving(&settings, Timestamp::MAX);
        let ask = || {
            let evaluator = Evaluator::new(&view, &rules, Timestamp::MAX);
            crate::lifecycle::member_trend(&evaluator, &started, &instants).unwrap()
        };
        std::thread::scope(|scope| {
            let asking: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            for asked in asking {
                assert_eq!(asked.join().unwrap(), vec![1; instants.len()]);
            }
        });
    }
}
