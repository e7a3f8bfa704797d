//! Lifecycle states, by looking at every instant at which anything could change.

use std::collections::BTreeSet;

use model::{Span, Text, Timestamp, Value, Zone};
use segment::Rules;
use segment::evaluate::{StateChange, UserHistory};
use segment::tree::{DateOp, LifecyclePredicate, Predicate, Range, Window};

use super::World;
use super::date::instant;
use super::events::spans as window_spans;

/// The index of the first state that holds at `at`, if one does.
pub fn state(
    user: &UserHistory,
    population: &[UserHistory],
    rules: &Rules,
    at: Timestamp,
) -> Option<usize> {
    let world = World { user, population, rules, at };
    rules.lifecycle.states.iter().position(|s| world.exists() && world.truth(&s.predicate))
}

/// Every change of state at an instant in (`from`, `to`].
pub fn state_changes(
    user: &UserHistory,
    population: &[UserHistory],
    rules: &Rules,
    (from, to): (Timestamp, Timestamp),
) -> Vec<StateChange> {
    let mut before = state(user, population, rules, from);
    let mut changes = Vec::new();
    for at in instants(user, rules, (from, to)) {
        let now = state(user, population, rules, at);
        if at > from && now != before {
            changes.push(StateChange { at, from: before, to: now });
        }
        before = now;
    }
    changes
}

/// Every instant in `from..=to` at which a lifecycle state could change while the population stays
/// as it is: whatever happened, moved by every span and pair of spans that is written anywhere, and
/// every local midnight, each with its neighbours.
pub fn instants(
    user: &UserHistory,
    rules: &Rules,
    (from, to): (Timestamp, Timestamp),
) -> BTreeSet<Timestamp> {
    let written = Written::of(rules);
    let mut zones = written.zones;
    zones.push(rules.zone.clone());
    for (_, value) in user.attributes.get("timezone").into_iter().flatten() {
        if let Value::Text(name) = value {
            zones.extend(Zone::named(name));
        }
    }
    let mut at: BTreeSet<Timestamp> = BTreeSet::from([from, to]);
    for origin in origins(user, &zones) {
        for span in &written.spans {
            at.extend([origin - *span, origin + *span]);
        }
    }
    if written.days {
        for zone in &zones {
            let days = zone.day(from).0..=zone.day(to).0 + 1;
            at.extend(days.map(|day| zone.start_of_day(model::Day(day))));
        }
    }
    let near = at.iter().flat_map(|at| [*at - Span(1), *at, *at + Span(1)]);
    near.filter(|at| from <= *at && *at <= to).collect()
}

/// Times of events and attribute changes, and every date among values.
fn origins(user: &UserHistory, zones: &[Zone]) -> BTreeSet<Timestamp> {
    let events = user.events.iter();
    let mut times: BTreeSet<Timestamp> = events.clone().map(|e| e.time).collect();
    let values = events.flat_map(|e| e.properties.iter().map(|(_, value)| value));
    let changes = user.attributes.values().flatten();
    times.extend(changes.clone().map(|(time, _)| *time));
    for value in values.chain(changes.map(|(_, value)| value)) {
        times.extend(zones.iter().filter_map(|zone| instant(value, zone)));
    }
    times
}

/// What is written in the lifecycle and the segments.
struct Written {
    spans: BTreeSet<Span>,
    zones: Vec<Zone>,
    /// Whether local days matter.
    days: bool,
}

impl Written {
    fn of(rules: &Rules) -> Written {
        let spans = BTreeSet::from([Span(0)]);
        let mut written = Written { spans, zones: Vec::new(), days: false };
        rules.segments.values().for_each(|p| written.predicate(p));
        rules.lifecycle.states.iter().for_each(|s| written.predicate(&s.predicate));
        written
    }

    fn window(&mut self, window: &Window) {
        self.spans.extend(window_spans(window));
        if let Range::LastUnits { zone, .. } = &window.range {
            self.days = true;
            self.zones.extend(zone.clone());
        }
    }

    fn predicate(&mut self, p: &Predicate) {
        match p {
            Predicate::All(of) | Predicate::Any(of) => of.iter().for_each(|p| self.predicate(p)),
            Predicate::Not(of) => self.predicate(of),
            Predicate::Event(p) => self.window(&p.within),
            Predicate::Profile(p) => self.spans.extend(p.for_at_least),
            Predicate::Sequence(p) => self.window(&p.within),
            Predicate::Since(p) => self.window(&p.predicate.within),
            Predicate::Absence(p) => self.spans.extend([p.span]),
            Predicate::Baseline(p) => {
                self.spans.extend([p.window, p.against, Span(p.window.0 + p.against.0)]);
            }
            Predicate::Affinity(p) => self.window(&p.within),
            Predicate::Date(p) => match p.op {
                DateOp::InNext(span) | DateOp::InLast(span) => self.spans.extend([span]),
                DateOp::ExactlyIn(_) | DateOp::ExactlyAgo(_) | DateOp::AnniversaryIn(_) => {
                    self.days = true;
                }
            },
            _ => {}
        }
    }
}

impl World<'_> {
    pub(super) fn lifecycle(&self, p: &LifecyclePredicate) -> bool {
        let key = |state: Option<usize>| -> Option<&Text> {
            self.rules.lifecycle.states.get(state?).map(|s| &s.key)
        };
        let at = |at| state(self.user, self.population, self.rules, at);
        let now = at(self.at);
        let is = key(now).is_some_and(|key| p.is.contains(key));
        let lasted = || {
            p.for_at_least.is_none_or(|span| {
                let every = instants(self.user, self.rules, (self.at - span, self.at));
                every.into_iter().all(|t| at(t) == now)
            })
        };
        let came = || {
            p.was.as_ref().is_none_or(|was| {
                let first = origins(self.user, &[]).first().copied().unwrap_or(self.at);
                let every = instants(self.user, self.rules, (first - Span(1), self.at));
                let different = every.into_iter().rev().map(at).find(|state| *state != now);
                different.is_some_and(|state| key(state) == Some(was))
            })
        };
        is && lasted() && came()
    }
}
