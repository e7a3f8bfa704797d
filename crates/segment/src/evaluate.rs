//! Evaluation of one user's history at an instant, with the reasons that decided.
//!
//! What it is: the meaning of [`crate::tree`] for one user, exact to the millisecond, as pure
//! functions. What it is not: it reads no storage, asks no clock, and does not evaluate all users
//! at once (that is `history`, which must give the same answers). Scores, lists, reachability and
//! locations are not yet available: they are false here, and [`crate`]'s check refuses them first.
//!
//! Invariant: an answer at `T` depends only on events and attribute changes with `time ≤ T`, on
//! the rules, and (for RFM) on what [`Population`] says.

mod affinity;
mod date;
mod explain;
mod instants;
mod lifecycle;
mod matching;
mod measure;
mod sequence;
mod since;
mod test;
mod window;

use std::collections::BTreeMap;

use model::{EventId, Text, Timestamp, Value, Zone};

use crate::rules::Rules;
use crate::tree::{BucketPredicate, EventPredicate, Predicate, ProfilePredicate, RfmPredicate};

pub(crate) use date::Date;
pub use date::date_holds;
pub use explain::{DecidingEvent, EVENTS_NAMED_MAX, Explanation, explain};
pub(crate) use instants::day_edges;
pub use lifecycle::{StateChange, state_changes};
pub use measure::baseline_ratio;
pub use test::{CompiledTest, test_holds};
pub use window::TIMEZONE;
pub use window::{in_hours, in_hours_and_weekdays, range_at, user_zone};

use matching::Matcher;

/// One event as an evaluator sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct UserEvent {
    /// What happened.
    pub name: Text,
    /// When it happened.
    pub time: Timestamp,
    /// Its place in the order of arrival, which orders events of one millisecond.
    pub arrival: u64,
    /// Which delivery it is.
    pub id: EventId,
    /// Properties sorted by name, each name once.
    pub properties: Vec<(Text, Value)>,
    /// Nobody sent it: [`crate::derived`].
    pub derived: bool,
}

impl UserEvent {
    /// Whether the user did it: it is one of "any event".
    pub fn is_activity(&self) -> bool {
        !self.derived && !model::outreach::is_outreach(&self.name)
    }
}

/// One user's history, each event id once.
#[derive(Clone, Debug, PartialEq)]
pub struct UserHistory {
    /// The public id, from which buckets are made.
    pub id: Text,
    /// Events ordered by (time, arrival).
    pub events: Vec<UserEvent>,
    /// Each attribute's changes ordered by (time, arrival); [`Value::Null`] unsets.
    pub attributes: BTreeMap<Text, Vec<(Timestamp, Value)>>,
}

/// A user's RFM scores at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RfmScore {
    /// Recency, 1..=5.
    pub r: u8,
    /// Frequency, 1..=5.
    pub f: u8,
    /// Monetary, 1..=5; nothing if the settings have no monetary side (then no `m` range of a
    /// predicate holds, and the `m` ranges of groups are not looked at).
    pub m: Option<u8>,
    /// Key of the first group whose ranges hold.
    pub group: Option<Text>,
}

/// What one user's answer may depend on beyond their own history.
pub trait Population {
    /// The user's scores at `at`; nothing for the inactive.
    fn rfm(&self, user: &str, at: Timestamp) -> Option<RfmScore>;
}

/// A population in which nobody is scored.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPopulation;

impl Population for NoPopulation {
    fn rfm(&self, _: &str, _: Timestamp) -> Option<RfmScore> {
        None
    }
}

/// What a definition and a user are evaluated in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Meaning of the names in a definition.
    pub rules: &'a Rules,
    /// The other users.
    pub population: &'a dyn Population,
}

/// Whether the user exists and the predicate is true at `at`. A user without any event or
/// attribute change at or before `at` is in no segment, whatever it says.
pub fn holds(predicate: &Predicate, user: &UserHistory, at: Timestamp, ctx: &Context) -> bool {
    exists(user, at) && Evaluation::new(user, at, *ctx).truth(predicate, None)
}

/// One predicate about one user, asked at many instants.
pub(crate) struct Deciding<'a> {
    predicate: &'a Predicate,
    user: &'a UserHistory,
    ctx: &'a Context<'a>,
}

impl<'a> Deciding<'a> {
    pub(crate) fn new(
        predicate: &'a Predicate,
        user: &'a UserHistory,
        ctx: &'a Context<'a>,
    ) -> Deciding<'a> {
        Deciding { predicate, user, ctx }
    }

    /// Whether it is true, whether or not the user exists.
    pub(crate) fn truth(&self, at: Timestamp) -> bool {
        Evaluation::new(self.user, at, *self.ctx).truth(self.predicate, None)
    }

    /// Instants in `from..=to` between which truth is constant, ascending.
    pub(crate) fn instants(&self, (from, to): (i64, i64)) -> Vec<Timestamp> {
        let evaluation = Evaluation::new(self.user, Timestamp(to), *self.ctx);
        let range = (Timestamp(from), Timestamp(to));
        instants::instants(std::iter::once(self.predicate), &evaluation, range)
    }
}

/// Whether there is any event or attribute change at or before `at`.
pub fn exists(user: &UserHistory, at: Timestamp) -> bool {
    first_seen_at(user).is_some_and(|first| first <= at)
}

/// The time of the user's first event or attribute change.
pub fn first_seen_at(user: &UserHistory) -> Option<Timestamp> {
    let changes = user.attributes.values().filter_map(|c| c.first()).map(|(time, _)| *time);
    user.events.first().map(|e| e.time).into_iter().chain(changes).min()
}

/// The index of the first lifecycle state that holds at `at`, if one does.
pub fn state(user: &UserHistory, at: Timestamp, ctx: &Context) -> Option<usize> {
    lifecycle::state(user, at, *ctx)
}

/// The value of an attribute at `at`; nothing if it is missing or unset then.
pub fn attribute_at<'a>(user: &'a UserHistory, name: &str, at: Timestamp) -> Option<&'a Value> {
    let changes = user.attributes.get(name)?;
    let n = changes.partition_point(|(time, _)| *time <= at);
    changes[..n].last().map(|(_, value)| value).filter(|value| !value.missing())
}

impl UserEvent {
    /// A property's value; nothing if it is missing or null.
    pub fn property(&self, name: &str) -> Option<&Value> {
        let at = self.properties.binary_search_by(|(own, _)| own.as_str().cmp(name)).ok()?;
        Some(&self.properties[at].1).filter(|value| !value.missing())
    }
}

/// One question about one user at one instant.
#[derive(Clone, Copy)]
struct Evaluation<'a> {
    user: &'a UserHistory,
    at: Timestamp,
    ctx: Context<'a>,
    /// Events with `time ≤ at`.
    events: &'a [UserEvent],
    /// Whether a state of the lifecycle is being decided, in which no lifecycle predicate holds.
    in_lifecycle: bool,
}

/// The segments that are being decided, innermost first: one that comes again closes a cycle.
struct Path<'a> {
    id: &'a Text,
    before: Option<&'a Path<'a>>,
}

impl Path<'_> {
    fn contains(path: Option<&Path>, id: &Text) -> bool {
        path.is_some_and(|path| path.id == id || Path::contains(path.before, id))
    }
}

impl<'a> Evaluation<'a> {
    fn new(user: &'a UserHistory, at: Timestamp, ctx: Context<'a>) -> Evaluation<'a> {
        let n = user.events.partition_point(|e| e.time <= at);
        Evaluation { user, at, ctx, events: &user.events[..n], in_lifecycle: false }
    }

    fn truth(&self, predicate: &'a Predicate, path: Option<&Path>) -> bool {
        match predicate {
            Predicate::All(of) => of.iter().all(|p| self.truth(p, path)),
            Predicate::Any(of) => of.iter().any(|p| self.truth(p, path)),
            Predicate::Not(of) => !self.truth(of, path),
            Predicate::Event(p) => self.event(p),
            Predicate::Profile(p) => self.profile(p),
            Predicate::Sequence(p) => self.sequence(p).is_some(),
            Predicate::Since(p) => self.since(p).holds,
            Predicate::Absence(p) => self.absence(p).is_some(),
            Predicate::Baseline(p) => self.baseline(p).holds,
            Predicate::Affinity(p) => self.affinity(p).holds,
            Predicate::Date(p) => self.date(p).holds,
            Predicate::Segment(id) => self.segment(id, path),
            Predicate::Lifecycle(p) => !self.in_lifecycle && self.lifecycle(p).holds,
            Predicate::Rfm(p) => self.rfm(p),
            Predicate::Bucket(p) => self.bucket(p),
            Predicate::Score(_)
            | Predicate::List(_)
            | Predicate::Reachable(_)
            | Predicate::Location(_) => false,
        }
    }

    fn event(&self, p: &'a EventPredicate) -> bool {
        let matcher = Matcher::new(&p.of, self);
        let test = CompiledTest::new(&p.test);
        let measured = self.measure(&p.measure, self.matching(&matcher, &p.within));
        measured.is_some_and(|value| test.holds(Some(&value)))
    }

    fn profile(&self, p: &'a ProfilePredicate) -> bool {
        let test = CompiledTest::new(&p.test);
        let at = |at| test.holds(attribute_at(self.user, &p.attribute, at));
        let Some(span) = p.for_at_least else { return at(self.at) };
        let from = self.at.minus(span);
        let changes = self.user.attributes.get(&p.attribute).map_or(&[][..], |c| &c[..]);
        let first = changes.partition_point(|(time, _)| *time <= from);
        let later = changes[first..].iter().map(|(time, _)| *time);
        at(from) && later.take_while(|time| *time <= self.at).all(at)
    }

    fn segment(&self, id: &'a Text, path: Option<&Path>) -> bool {
        match self.ctx.rules.segments.get(id) {
            Some(other) if !Path::contains(path, id) => {
                self.truth(other, Some(&Path { id, before: path }))
            }
            _ => false,
        }
    }

    fn rfm(&self, p: &'a RfmPredicate) -> bool {
        self.ctx.population.rfm(&self.user.id, self.at).is_some_and(|score| rfm_holds(p, &score))
    }

    fn bucket(&self, p: &'a BucketPredicate) -> bool {
        (p.from..p.to).contains(&self.own_bucket(p))
    }

    fn own_bucket(&self, p: &'a BucketPredicate) -> u16 {
        crate::bucket::bucket(self.ctx.rules.seed, p.salt.as_ref(), &self.user.id)
    }

    fn zone(&self) -> Zone {
        user_zone(self.user, self.at, self.ctx.rules)
    }
}

/// Whether scores satisfy an RFM predicate.
pub fn rfm_holds(p: &RfmPredicate, score: &RfmScore) -> bool {
    let within = |range: Option<(u8, u8)>, score: Option<u8>| match range {
        Some((low, high)) => score.is_some_and(|s| (low..=high).contains(&s)),
        None => true,
    };
    let group = p.is.is_empty() || score.group.as_ref().is_some_and(|g| p.is.contains(g));
    group && within(p.r, Some(score.r)) && within(p.f, Some(score.f)) && within(p.m, score.m)
}

#[cfg(test)]
mod tests;
