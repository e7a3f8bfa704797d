//! Why a predicate holds or does not: a tree of reasons with the events that decided.

use model::{EventId, Text, Timestamp, Value};

use super::matching::Matcher;
use super::measure::picked;
use super::window::range_at;
use super::{Context, Evaluation, Path, UserEvent, UserHistory, attribute_at, exists};
use crate::tree::{
    AbsencePredicate, AffinityPredicate, BaselinePredicate, BucketPredicate, DatePredicate,
    EventPredicate, LifecyclePredicate, Measure, Predicate, ProfilePredicate, RfmPredicate,
    SequencePredicate, SincePredicate, Window,
};

/// How many deciding events are named; the rest are only counted.
pub const EVENTS_NAMED_MAX: usize = 20;

/// Why a predicate holds or does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The predicate as people write it.
    pub label: String,
    /// Whether it is true.
    pub holds: bool,
    /// A sentence with what was measured and the instants between which it was.
    pub reason: String,
    /// The events that made a leaf true, or that spoiled it: the latest [`EVENTS_NAMED_MAX`],
    /// ordered by (time, arrival).
    pub events: Vec<DecidingEvent>,
    /// How many such events there are.
    pub n_events: usize,
    /// One for each part, in the order in which they are written.
    pub children: Vec<Explanation>,
}

/// An event that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingEvent {
    /// What happened.
    pub name: Text,
    /// When.
    pub time: Timestamp,
    /// Which delivery it was.
    pub id: EventId,
}

/// Explains the answer of [`super::holds`]; the root's `holds` equals it. Every part is evaluated,
/// also where one alone decides.
pub fn explain(
    predicate: &Predicate,
    user: &UserHistory,
    at: Timestamp,
    ctx: &Context,
) -> Explanation {
    let mut whole = Evaluation::new(user, at, *ctx).explain(predicate, None);
    if !exists(user, at) {
        whole.holds = false;
        whole.reason = format!("the user has no event and no attribute at or before {at}");
    }
    whole
}

fn leaf(holds: bool, reason: String, events: &[&UserEvent]) -> Explanation {
    let named = &events[events.len().saturating_sub(EVENTS_NAMED_MAX)..];
    let named =
        named.iter().map(|e| DecidingEvent { name: e.name.clone(), time: e.time, id: e.id });
    Explanation {
        label: String::new(),
        holds,
        reason,
        events: named.collect(),
        n_events: events.len(),
        children: Vec::new(),
    }
}

fn branch(holds: bool, reason: String, children: Vec<Explanation>) -> Explanation {
    Explanation { children, ..leaf(holds, reason, &[]) }
}

impl<'a> Evaluation<'a> {
    fn explain(&self, predicate: &'a Predicate, path: Option<&Path>) -> Explanation {
        let each =
            |of: &'a [Predicate]| -> Vec<_> { of.iter().map(|p| self.explain(p, path)).collect() };
        let explanation = match predicate {
            Predicate::All(of) => explain_all(each(of)),
            Predicate::Any(of) => explain_any(each(of)),
            Predicate::Not(of) => {
                let inner = self.explain(of, path);
                let reason = format!("what is negated is {}", inner.holds);
                branch(!inner.holds, reason, vec![inner])
            }
            Predicate::Event(p) => self.explain_event(p),
            Predicate::Profile(p) => self.explain_profile(p),
            Predicate::Sequence(p) => self.explain_sequence(p),
            Predicate::Since(p) => self.explain_since(p),
            Predicate::Absence(p) => self.explain_absence(p),
            Predicate::Baseline(p) => self.explain_baseline(p),
            Predicate::Affinity(p) => self.explain_affinity(p),
            Predicate::Date(p) => self.explain_date(p),
            Predicate::Segment(id) => self.explain_segment(id, path),
            Predicate::Lifecycle(p) => self.explain_lifecycle(p),
            Predicate::Rfm(p) => self.explain_rfm(p),
            Predicate::Bucket(p) => self.explain_bucket(p),
            Predicate::Score(_)
            | Predicate::List(_)
            | Predicate::Reachable(_)
            | Predicate::Location(_) => leaf(false, "this is not yet available".to_owned(), &[]),
        };
        Explanation { label: crate::text::print(predicate), ..explanation }
    }

    fn explain_event(&self, p: &'a EventPredicate) -> Explanation {
        let matcher = Matcher::new(&p.of, self);
        let matching: Vec<_> = self.matching(&matcher, &p.within).collect();
        let measured = self.measure(&p.measure, matching.iter().copied());
        let reason = format!(
            "{} over {} {}",
            measured_text(&p.measure, measured.as_ref()),
            events_text(matching.len()),
            self.window_text(&p.within)
        );
        leaf(self.event(p), reason, &deciding(&p.measure, &matching))
    }

    fn explain_profile(&self, p: &'a ProfilePredicate) -> Explanation {
        let value = attribute_at(self.user, &p.attribute, self.at);
        let changes = self.user.attributes.get(&p.attribute).into_iter().flatten();
        let since = changes.map(|(time, _)| *time).take_while(|time| *time <= self.at).last();
        let mut reason = format!("{} is {} at {}", p.attribute, value_text(value), self.at);
        match since {
            Some(since) => reason += &format!(", last changed at {since}"),
            None => reason += ", and was never set",
        }
        if let Some(span) = p.for_at_least {
            reason += &format!("; asked about every instant since {}", self.at.minus(span));
        }
        leaf(self.profile(p), reason, &[])
    }

    fn explain_sequence(&self, p: &'a SequencePredicate) -> Explanation {
        let window = self.window_text(&p.within);
        match self.sequence(p) {
            Some(chain) => {
                let (first, last) = (chain.first().map(|e| e.time), chain.last().map(|e| e.time));
                let span = first.zip(last).map_or(model::Span(0), |(first, last)| last - first);
                leaf(true, format!("a chain took {span} {window}"), &chain)
            }
            None => leaf(false, format!("no such chain of events {window}"), &[]),
        }
    }

    fn explain_since(&self, p: &'a SincePredicate) -> Explanation {
        let since = self.since(p);
        let Some(anchor) = since.anchor else {
            let reason = format!("there is no anchor event at or before {}", self.at);
            return leaf(false, reason, &[]);
        };
        let reason = format!(
            "{} over {} around the anchor \"{}\" of {}",
            measured_text(&p.predicate.measure, since.measured.as_ref()),
            events_text(since.matching.len()),
            anchor.name,
            anchor.time
        );
        let mut events = deciding(&p.predicate.measure, &since.matching);
        events.push(anchor);
        events.sort_by_key(|e| (e.time, e.arrival));
        leaf(since.holds, reason, &events)
    }

    fn explain_absence(&self, p: &'a AbsencePredicate) -> Explanation {
        if let Some(did) = self.absence(p) {
            let until = did.time.plus(p.span);
            let reason = format!("\"{}\" of {} was not followed until {until}", did.name, did.time);
            return leaf(true, reason, &[did]);
        }
        let (did, then_not) = (Matcher::new(&p.did, self), Matcher::new(&p.then_not, self));
        let latest = self.at.minus(p.span);
        let done =
            self.events.iter().filter(|e| e.time <= latest && did.matches(e, None, self.events));
        let mut spoilers: Vec<_> = done.filter_map(|e| self.follower(e, &then_not, p)).collect();
        spoilers.sort_by_key(|e| (e.time, e.arrival));
        spoilers.dedup_by(|a, b| std::ptr::eq(*a, *b));
        let reason = match spoilers.is_empty() {
            true => format!("it was not done at or before {latest}"),
            false => format!("each time until {latest} it was followed within {}", p.span),
        };
        leaf(false, reason, &spoilers)
    }

    fn explain_baseline(&self, p: &'a BaselinePredicate) -> Explanation {
        let found = self.baseline(p);
        let edge = self.at.minus(p.window);
        let ratio = match found.ratio {
            Some(ratio) => format!("the ratio is {ratio}"),
            None => "there is no baseline".to_owned(),
        };
        let reason = format!(
            "{} after {edge} until {}, {} in the {} before: {ratio}",
            events_text(found.recent.len()),
            self.at,
            events_text(found.before as usize),
            p.against
        );
        leaf(found.holds, reason, &found.recent)
    }

    fn explain_affinity(&self, p: &'a AffinityPredicate) -> Explanation {
        let found = self.affinity(p);
        let reason = format!(
            "{} of {} have one of these values {}",
            found.hits.len(),
            events_text(found.total),
            self.window_text(&p.within)
        );
        leaf(found.holds, reason, &found.hits)
    }

    fn explain_date(&self, p: &'a DatePredicate) -> Explanation {
        let found = self.date(p);
        let zone = self.zone();
        let reason = format!(
            "the date is {}; it is {} in {zone}",
            value_text(found.value),
            zone.day(self.at)
        );
        leaf(found.holds, reason, found.event.as_slice())
    }

    fn explain_segment(&self, id: &'a Text, path: Option<&Path>) -> Explanation {
        let Some(other) = self.ctx.rules.segments.get(id) else {
            return leaf(false, format!("there is no segment \"{id}\""), &[]);
        };
        if Path::contains(path, id) {
            return leaf(false, format!("segment \"{id}\" refers to itself"), &[]);
        }
        let inner = self.explain(other, Some(&Path { id, before: path }));
        let word = if inner.holds { "in" } else { "not in" };
        branch(inner.holds, format!("the user is {word} segment \"{id}\""), vec![inner])
    }

    fn explain_lifecycle(&self, p: &'a LifecyclePredicate) -> Explanation {
        let lived = self.lifecycle(p);
        let key = |state| self.state_key(state).map_or("none", |key| key.as_str());
        let mut reason = format!("the state at {} is {}", self.at, key(lived.state));
        if let Some(change) = lived.change {
            reason += &format!(" since {}, before it {}", change.at, key(change.from));
        }
        leaf(!self.in_lifecycle && lived.holds, reason, &[])
    }

    fn explain_rfm(&self, p: &'a RfmPredicate) -> Explanation {
        let reason = match self.ctx.population.rfm(&self.user.id, self.at) {
            Some(score) => {
                let m = score.m.map_or(String::new(), |m| format!(", monetary {m}"));
                let group = score.group.as_ref().map_or("none", |g| g.as_str());
                format!("recency {}, frequency {}{m}, group {group}", score.r, score.f)
            }
            None => format!("the user is not scored at {}", self.at),
        };
        leaf(self.rfm(p), reason, &[])
    }

    fn explain_bucket(&self, p: &'a BucketPredicate) -> Explanation {
        let reason = format!("the user's bucket is {}", self.own_bucket(p));
        leaf(self.bucket(p), reason, &[])
    }

    fn window_text(&self, window: &Window) -> String {
        let text = match range_at(window, self.at, &self.zone()) {
            Some((Timestamp::MIN, to)) => format!("until {to}"),
            Some((from, to)) => format!("from {from} to {to}"),
            None => "in an empty window".to_owned(),
        };
        match window.hours.is_some() || !window.weekdays.is_empty() {
            true => format!("{text}, at these hours and weekdays in {}", self.zone()),
            false => text,
        }
    }
}

fn explain_all(children: Vec<Explanation>) -> Explanation {
    let n = children.iter().filter(|c| !c.holds).count();
    let reason = match n {
        0 => "every part is true".to_owned(),
        n => format!("{n} of {} parts are false", children.len()),
    };
    branch(n == 0, reason, children)
}

fn explain_any(children: Vec<Explanation>) -> Explanation {
    let n = children.iter().filter(|c| c.holds).count();
    let reason = match n {
        0 => "no part is true".to_owned(),
        n => format!("{n} of {} parts are true", children.len()),
    };
    branch(n > 0, reason, children)
}

/// Of the matching events, those that the measured value comes from.
fn deciding<'a>(measure: &Measure, matching: &[&'a UserEvent]) -> Vec<&'a UserEvent> {
    match measure {
        Measure::Count | Measure::Days => matching.to_vec(),
        Measure::Sum(property) | Measure::Avg(property) | Measure::Distinct(property) => {
            matching.iter().copied().filter(|e| e.property(property).is_some()).collect()
        }
        Measure::Min(_) | Measure::Max(_) | Measure::First(_) | Measure::Last(_) => {
            picked(measure, matching.iter().copied()).into_iter().map(|(e, _)| e).collect()
        }
    }
}

fn measured_text(measure: &Measure, value: Option<&Value>) -> String {
    let of = match measure {
        Measure::Count => "count".to_owned(),
        Measure::Days => "days".to_owned(),
        Measure::Sum(p) => format!("sum({p})"),
        Measure::Avg(p) => format!("avg({p})"),
        Measure::Min(p) => format!("min({p})"),
        Measure::Max(p) => format!("max({p})"),
        Measure::Distinct(p) => format!("distinct({p})"),
        Measure::First(p) => format!("first({p})"),
        Measure::Last(p) => format!("last({p})"),
    };
    format!("{of} is {}", value_text(value))
}

fn events_text(n: usize) -> String {
    if n == 1 { "1 event".to_owned() } else { format!("{n} events") }
}

fn value_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "missing".to_owned(),
        Some(Value::Bool(b)) => b.to_string(),
        Some(Value::Int(n)) => n.to_string(),
        Some(Value::Float(x)) => x.to_string(),
        Some(Value::Text(text)) => format!("{text:?}"),
        Some(Value::Time(at)) => at.to_string(),
        Some(Value::List(items)) => {
            let items: Vec<String> = items.iter().map(|v| value_text(Some(v))).collect();
            format!("[{}]", items.join(", "))
        }
    }
}
