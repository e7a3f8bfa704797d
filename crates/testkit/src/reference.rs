//! The naive reference evaluator: a direct transcription of what each predicate means.
//!
//! Every question looks at every event; nothing is sorted, indexed, cached or shared with
//! `segment::evaluate`. Only values, calendars and exact sums of `model` are taken as given.

mod compare;
mod date;
mod derived;
mod events;
mod lifecycle;
mod rfm;
mod sequence;

use model::{Text, Timestamp, Value, Zone};
use segment::evaluate::{Population, RfmScore, UserEvent, UserHistory};
use segment::tree::{BaselinePredicate, EventMatch, Predicate, ProfilePredicate, RfmPredicate};
use segment::{Rules, bucket};

pub use compare::test_holds;
pub use derived::with_derived;
pub use lifecycle::{instants, state, state_changes};
pub use rfm::rfm;

/// Whether `user` (one of the population) exists and the predicate is true at `at`.
pub fn holds(
    predicate: &Predicate,
    user: &UserHistory,
    population: &[UserHistory],
    rules: &Rules,
    at: Timestamp,
) -> bool {
    let world = World { user, population, rules, at };
    world.exists() && world.truth(predicate)
}

/// The events of `user` that match and exist at `at`, in order. For analyses: what they are about.
pub fn matching<'a>(
    of: &EventMatch,
    user: &'a UserHistory,
    rules: &'a Rules,
    at: Timestamp,
) -> Vec<&'a UserEvent> {
    let world = World { user, population: std::slice::from_ref(user), rules, at };
    let mut events = world.events();
    events.retain(|event| world.matches(of, event, None));
    events.sort_by_key(|event| (event.time, event.arrival));
    events
}

/// The value of an event's property; nothing if it is missing.
pub fn property<'e>(event: &'e UserEvent, name: &str) -> Option<&'e Value> {
    events::property(event, name)
}

/// The value of a user's attribute at an instant; nothing if it is missing.
pub fn attribute<'a>(
    user: &'a UserHistory,
    name: &str,
    rules: &'a Rules,
    at: Timestamp,
) -> Option<&'a Value> {
    World { user, population: std::slice::from_ref(user), rules, at }.attribute(name, at)
}

/// Scores a population naively, for evaluators that ask for scores.
#[derive(Clone, Copy)]
pub struct NaivePopulation<'a> {
    /// Everybody.
    pub users: &'a [UserHistory],
    /// With the settings of RFM.
    pub rules: &'a Rules,
}

impl Population for NaivePopulation<'_> {
    fn rfm(&self, user: &str, at: Timestamp) -> Option<RfmScore> {
        rfm(user, self.users, self.rules, at)
    }
}

/// One user among all at an instant.
#[derive(Clone, Copy)]
struct World<'a> {
    user: &'a UserHistory,
    population: &'a [UserHistory],
    rules: &'a Rules,
    at: Timestamp,
}

impl<'a> World<'a> {
    fn truth(&self, predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(of) => of.iter().all(|p| self.truth(p)),
            Predicate::Any(of) => of.iter().any(|p| self.truth(p)),
            Predicate::Not(of) => !self.truth(of),
            Predicate::Event(p) => self.event(p, None),
            Predicate::Profile(p) => self.profile(p),
            Predicate::Sequence(p) => self.sequence(p),
            Predicate::Since(p) => self.since(p),
            Predicate::Absence(p) => self.absence(p),
            Predicate::Baseline(p) => self.baseline(p),
            Predicate::Affinity(p) => self.affinity(p),
            Predicate::Date(p) => self.date(p),
            Predicate::Segment(id) => self.rules.segments.get(id).is_some_and(|p| self.truth(p)),
            Predicate::Lifecycle(p) => self.lifecycle(p),
            Predicate::Rfm(p) => self.rfm(p),
            Predicate::Bucket(p) => {
                let own = bucket::bucket(self.rules.seed, p.salt.as_ref(), &self.user.id);
                p.from <= own && own < p.to
            }
            Predicate::Score(_)
            | Predicate::List(_)
            | Predicate::Reachable(_)
            | Predicate::Location(_) => false,
        }
    }

    fn exists(&self) -> bool {
        let changes = self.user.attributes.values().flatten();
        self.user.events.iter().any(|e| e.time <= self.at)
            || changes.into_iter().any(|(time, _)| *time <= self.at)
    }

    /// The events that exist at `T`.
    fn events(&self) -> Vec<&'a UserEvent> {
        self.user.events.iter().filter(|e| e.time <= self.at).collect()
    }

    fn attribute(&self, name: &str, at: Timestamp) -> Option<&'a Value> {
        let mut value = None;
        for (time, new) in self.user.attributes.get(name).into_iter().flatten() {
            if *time <= at {
                value = Some(new);
            }
        }
        value.filter(|value| !value.missing())
    }

    fn zone(&self) -> Zone {
        let named = match self.attribute("timezone", self.at) {
            Some(Value::Text(name)) => Zone::named(name),
            _ => None,
        };
        named.unwrap_or(self.rules.zone.clone())
    }

    fn profile(&self, p: &ProfilePredicate) -> bool {
        let at = |at| test_holds(&p.test, self.attribute(&p.attribute, at));
        let Some(span) = p.for_at_least else { return at(self.at) };
        let from = self.at - span;
        // A value is constant between changes: every instant means these.
        let changes = self.user.attributes.get(&p.attribute).into_iter().flatten();
        let mut instants: Vec<Timestamp> = changes.map(|(time, _)| *time).collect();
        instants.retain(|time| from <= *time && *time <= self.at);
        instants.push(from);
        instants.into_iter().all(at)
    }

    fn baseline(&self, p: &BaselinePredicate) -> bool {
        let (edge, far) = (self.at - p.window, self.at - p.window - p.against);
        let matching: Vec<_> =
            self.events().into_iter().filter(|e| self.matches(&p.of, e, None)).collect();
        let recent = matching.iter().filter(|e| e.time > edge).count();
        let before = matching.iter().filter(|e| far < e.time && e.time <= edge).count();
        if before == 0 {
            return false;
        }
        let expected = before as f64 * p.window.0 as f64 / p.against.0 as f64;
        test_holds(&p.test, Some(&Value::Float(recent as f64 / expected)))
    }

    fn rfm(&self, p: &RfmPredicate) -> bool {
        let Some(score) = rfm(&self.user.id, self.population, self.rules, self.at) else {
            return false;
        };
        let inside = |range: Option<(u8, u8)>, score: Option<u8>| match (range, score) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((low, high)), Some(score)) => low <= score && score <= high,
        };
        let in_group = |group: &Text| p.is.contains(group);
        (p.is.is_empty() || score.group.as_ref().is_some_and(in_group))
            && inside(p.r, Some(score.r))
            && inside(p.f, Some(score.f))
            && inside(p.m, score.m)
    }
}
