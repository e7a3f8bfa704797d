//! Live evaluation against the reference: at every instant, and all of the past that was told.

use std::collections::BTreeMap;

use model::{EventId, Span, Text, Timestamp, Value};
use proptest::prelude::*;
use segment::evaluate::{UserEvent, UserHistory};
use segment::live::{
    Arrived, ArrivedWhat, Correction, DEFAULT_LIFECYCLE, Program, Scratch, Step, Told, Watched,
    What,
};
use segment::{Predicate, Rules};

use crate::cases::{report, runner};
use crate::generate;
use crate::reference;

/// Something about a user, with when it arrives.
#[derive(Clone, Debug)]
enum Delivered {
    Event(UserEvent),
    Change(Text, Timestamp, Value),
}

impl Delivered {
    fn time(&self) -> Timestamp {
        match self {
            Delivered::Event(event) => event.time,
            Delivered::Change(_, time, _) => *time,
        }
    }
}

/// How much later than it happened something arrives.
const DELAYS: [Span; 8] = [
    Span(0),
    Span(0),
    Span(1),
    Span(700),
    Span(30 * 60_000),
    Span::days(2),
    Span::days(9),
    Span(-2_000),
];

/// Everything of a user in the order of arrival.
fn deliveries(user: &UserHistory, delays: &[u8]) -> Vec<(Timestamp, Delivered)> {
    let events = user.events.iter().map(|event| Delivered::Event(event.clone()));
    let changes = user.attributes.iter().flat_map(|(name, changes)| {
        changes.iter().map(|(time, value)| Delivered::Change(name.clone(), *time, value.clone()))
    });
    let mut all: Vec<(Timestamp, Delivered)> = events
        .chain(changes)
        .zip(delays.iter().cycle())
        .map(|(what, delay)| (what.time().plus(DELAYS[*delay as usize % DELAYS.len()]), what))
        .collect();
    all.sort_by_key(|(at, _)| *at);
    all
}

/// The history of what has arrived.
fn history(id: &Text, arrived: &[Delivered]) -> UserHistory {
    let mut user = UserHistory { id: id.clone(), events: Vec::new(), attributes: BTreeMap::new() };
    for (what, arrival) in arrived.iter().zip(0..) {
        match what {
            Delivered::Event(event) => {
                let id = EventId(u128::from(arrival));
                user.events.push(UserEvent { arrival, id, ..event.clone() });
            }
            Delivered::Change(name, time, value) => {
                user.attributes.entry(name.clone()).or_default().push((*time, value.clone()));
            }
        }
    }
    user.events.sort_by_key(|event| (event.time, event.arrival));
    user.attributes.values_mut().for_each(|changes| changes.sort_by_key(|(time, _)| *time));
    user
}

/// The place in a watch at an instant, by what was told.
fn told_place(told: &[Told], watch: u32, at: i64) -> u8 {
    let mut real: Vec<&Told> = Vec::new();
    for one in told.iter().filter(|told| told.watch == watch) {
        match one.correction {
            Correction::Revoked => {
                let same = |t: &&Told| (t.at, t.from, t.to) == (one.at, one.from, one.to);
                let known = real.iter().position(same);
                real.remove(known.expect("only what was told is revoked"));
            }
            Correction::None | Correction::Added => real.push(one),
        }
    }
    real.sort_by_key(|told| told.at);
    let mut place = 0;
    for one in real.iter().filter(|told| told.at <= at) {
        assert_eq!(one.from, place, "what is told joins up: {real:?}");
        place = one.to;
    }
    place
}

/// A user who is followed.
struct Followed<'a> {
    program: &'a Program,
    scratch: Scratch,
    id: Text,
    bytes: Vec<u8>,
    horizon: i64,
    arrived: Vec<Delivered>,
    told: Vec<Told>,
}

impl Followed<'_> {
    fn step(&mut self, new: &[Delivered], now: Timestamp) {
        let before = history(&self.id, &self.arrived);
        let mut given = || Some(before.clone());
        let step = Step {
            id: &self.id,
            renamed: false,
            now,
            horizon: self.horizon,
            since: &[],
            history: &mut given,
        };
        let attributes: Vec<[(Text, Value); 1]> = new
            .iter()
            .map(|what| match what {
                Delivered::Change(name, _, value) => [(name.clone(), value.clone())],
                Delivered::Event(_) => [(Text::default(), Value::Null)],
            })
            .collect();
        let inputs: Vec<Arrived> = new
            .iter()
            .zip(&attributes)
            .map(|(what, attribute)| Arrived {
                time: what.time(),
                what: match what {
                    Delivered::Event(event) => ArrivedWhat::Event(&event.name, &event.properties),
                    Delivered::Change(..) => ArrivedWhat::Attributes(attribute),
                },
            })
            .collect();
        let stepped = match new.is_empty() {
            true => self.program.advance(&mut self.scratch, &self.bytes, step, &mut self.told),
            false => {
                self.program.arrive(&mut self.scratch, &self.bytes, &inputs, step, &mut self.told)
            }
        };
        let stepped = stepped.expect("its own bytes are whole");
        if stepped.changed {
            self.bytes.clone_from(&self.scratch.bytes);
        }
        self.horizon = stepped.horizon;
        self.arrived.extend_from_slice(new);
    }
}

/// The reference's place in a watch.
fn expected(what: &What, user: &UserHistory, rules: &Rules, at: Timestamp) -> u8 {
    let alone = std::slice::from_ref(user);
    match what {
        What::Segment(predicate) => u8::from(reference::holds(predicate, user, alone, rules, at)),
        What::Lifecycle(_) => {
            reference::state(user, alone, rules, at).map_or(0, |state| state as u8 + 1)
        }
    }
}

fn watched(predicates: &[Predicate], rules: &Rules) -> Vec<Watched> {
    let segments = predicates.iter().zip(0..).map(|(predicate, n)| Watched {
        key: Text::from(format!("segment/{n}")),
        what: What::Segment(predicate.clone()),
    });
    let lifecycle = Watched {
        key: Text::new(DEFAULT_LIFECYCLE),
        what: What::Lifecycle(rules.lifecycle.states.clone()),
    };
    segments.chain([lifecycle]).collect()
}

#[test]
fn live_places_are_those_of_the_reference_at_every_instant() {
    let case = (
        proptest::collection::vec(generate::segment(), 1..4),
        generate::population(),
        generate::rules(),
        proptest::collection::vec(any::<u8>(), 16),
        any::<bool>(),
    );
    let seen = std::cell::Cell::new((0usize, 0usize));
    let result = runner(1_500).run(&case, |(predicates, population, rules, delays, ticks)| {
        let watched = watched(&predicates, &rules);
        let (program, refused) = Program::compile(&rules, &watched, None);
        if refused.iter().any(|(key, _)| key == DEFAULT_LIFECYCLE) {
            return Ok(());
        }
        for user in population.iter().take(3) {
            let mut followed = Followed {
                program: &program,
                scratch: Scratch::default(),
                id: user.id.clone(),
                bytes: Vec::new(),
                horizon: i64::MAX,
                arrived: Vec::new(),
                told: Vec::new(),
            };
            let mut instants: Vec<Timestamp> = Vec::new();
            let all = deliveries(user, &delays);
            let end = all.last().map_or(generate::CENTRE, |(at, _)| at.plus(Span::days(70)));
            let mut next = all.into_iter().peekable();
            while let Some((now, what)) = next.next() {
                let mut batch = vec![what];
                // Now and then several at once.
                while ticks && next.peek().is_some_and(|(at, _)| at.0 - now.0 < 500) {
                    batch.extend(next.next().map(|(_, what)| what));
                }
                while !ticks && followed.horizon < now.0 {
                    let due = Timestamp(followed.horizon);
                    followed.step(&[], due);
                    instants.push(due);
                    check(&followed, &watched, &rules, due)?;
                }
                followed.step(&batch, now);
                instants.push(now);
                check(&followed, &watched, &rules, now)?;
            }
            let mut steps = 0;
            while followed.horizon < end.0 && steps < 300 {
                let due = Timestamp(followed.horizon);
                followed.step(&[], due);
                instants.push(due);
                check(&followed, &watched, &rules, due)?;
                steps += 1;
            }
            let known = history(&user.id, &followed.arrived);
            let last = instants.last().copied().unwrap_or(end);
            instants.extend(user.events.iter().map(|event| event.time));
            for at in instants {
                for at in [at, at.minus(Span(1))] {
                    if at > last {
                        continue;
                    }
                    for n in 0..program.n_watches() as u32 {
                        let Some(watch) = program.watched(n) else { continue };
                        let ours = told_place(&followed.told, n, at.0);
                        let theirs = expected(&watch.what, &known, &rules, at);
                        prop_assert_eq!(
                            ours,
                            theirs,
                            "told of {} at {}: {:?}",
                            user.id,
                            at,
                            followed.told
                        );
                    }
                }
            }
            let (told, corrected) = seen.get();
            let corrections =
                followed.told.iter().filter(|t| t.correction != Correction::None).count();
            seen.set((told + followed.told.len(), corrected + corrections));
        }
        Ok(())
    });
    report(result);
    let (told, corrected) = seen.get();
    assert!(told > 5_000 && corrected > 300, "only {told} told, {corrected} of them corrections");
}

fn check(
    followed: &Followed,
    watched: &[Watched],
    rules: &Rules,
    at: Timestamp,
) -> Result<(), TestCaseError> {
    let known = history(&followed.id, &followed.arrived);
    let places = followed.program.places(&followed.bytes);
    for n in 0..followed.program.n_watches() as u32 {
        let Some(own) = followed.program.watched(n) else { continue };
        prop_assert!(watched.contains(own));
        let theirs = expected(&own.what, &known, rules, at);
        prop_assert_eq!(places[n as usize], theirs, "{} in {} at {}", followed.id, own.key, at);
    }
    Ok(())
}
