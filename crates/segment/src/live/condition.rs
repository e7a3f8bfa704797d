//! Conditions: each says whether it holds at an instant, and when that can next change if nothing
//! more arrives.
//!
//! What it is: truth and horizon of every leaf of a definition, from the hits of its sources alone.
//! What it is not: it combines nothing and remembers nothing.
//!
//! Invariant: between an instant and the horizon given for it, truth is constant. A horizon may
//! come too early, never too late.

use model::{Span, Text, Timestamp, Value, Zone};

use super::lists::Lists;
use super::recall::Recall;
use super::sliding;
use super::source::{Carry, Hit, Keep, Source, Taken, add};
use crate::evaluate::{CompiledTest, Date, date_holds, day_edges, in_hours_and_weekdays, range_at};
use crate::rules::Rules;
use crate::tree::{AffinityMode, DateOp, Pick, Range, Unit, Window};

/// Nothing changes any more.
pub(super) const NEVER: i64 = i64::MAX;

/// Instants that are tried for a change of truth; the one after them is looked at when it comes.
const TRIED: usize = 4;

/// A leaf of a definition.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) kind: Kind,
    /// The sources that it reads; the first is its own.
    pub(super) sources: Vec<u32>,
    /// The source of the user's zone, if it matters.
    pub(super) zone: Option<u32>,
    /// Equal conditions have equal keys.
    pub(super) key: Text,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// The user has done anything.
    Exists,
    /// At least so many hits in a window, or (`reverse`) fewer.
    Count { window: Count, at_least: u32, reverse: bool },
    /// A measure over hits in a window.
    Measured { window: Window, measure: Measured, test: CompiledTest },
    /// Recent hits relative to those before.
    Baseline { window: Span, against: Span, test: CompiledTest },
    /// An attribute's value, for a while.
    Profile { test: CompiledTest, span: Option<Span> },
    /// A date in an attribute, or in an event.
    Date { op: DateOp, pick: Pick },
    /// A bucket of the user's id.
    Bucket { from: u16, to: u16, salt: Option<Text> },
    /// Place in the lifecycle: one of these, for a while, after another.
    Lifecycle { is: Vec<u8>, span: Option<Span>, was: Option<Option<u8>> },
    /// What a user does most, least or in a certain share of cases.
    Affinity { mode: AffinityMode, min_events: u32, window: Window },
    /// What came in which order.
    Chain,
    /// Anything else, from whole events.
    Recall(Box<Recall>),
}

/// Windows whose counts need no search.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    /// (T − span, T].
    Last(i64),
    /// Up to T.
    Ever,
    /// Up to T − span.
    Before(i64),
}

/// What is measured over hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measured {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Distinct,
    Days,
    /// Whether the first hit passed its own test.
    First,
    Last,
}

/// A user at an instant.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) lists: &'a Lists,
    pub(super) rules: &'a Rules,
    pub(super) at: i64,
    pub(super) id: &'a str,
    pub(super) first_seen: i64,
    pub(super) sources: &'a [Source],
}

impl Condition {
    /// Whether it holds at the view's instant, and the earliest later instant at which that can
    /// change.
    pub(super) fn evaluate(&self, view: View) -> (bool, i64) {
        match &self.kind {
            Kind::Exists => {
                let truth = view.first_seen <= view.at;
                (truth, if truth { NEVER } else { view.first_seen })
            }
            Kind::Count { window, at_least, reverse } => {
                let (truth, horizon) =
                    count(view.hits(self.sources[0]), *window, *at_least, view.at);
                (truth != *reverse, horizon)
            }
            Kind::Bucket { from, to, salt } => {
                let bucket = crate::bucket::bucket(view.rules.seed, salt.as_ref(), view.id);
                ((*from..*to).contains(&bucket), NEVER)
            }
            Kind::Lifecycle { is, span, was } => {
                lived(view.hits(self.sources[0]), view.at, (is, *span, *was))
            }
            Kind::Recall(recall) => recall.evaluate(self, view),
            Kind::Chain => {
                let source = self.sources[0];
                let Taken::Chain(chain) = &view.sources[source as usize].taken else {
                    return (false, NEVER);
                };
                let (truth, horizon) = chain.evaluate(view.hits(source), view.at, &self.zone(view));
                (truth, horizon.min(self.next_zone(view)))
            }
            Kind::Measured { window, measure, test } if self.slides(view, window) => {
                let hits = view.hits(self.sources[0]);
                match window.range {
                    Range::Last(span) => {
                        let zone = &view.rules.zone;
                        sliding::measured(hits, (view.at, span.0), *measure, test, zone)
                    }
                    // What was in stays in.
                    _ => (self.truth(view), next_hit(hits, view.at)),
                }
            }
            Kind::Baseline { window, against, test } => {
                let hits = view.hits(self.sources[0]);
                sliding::baseline(hits, view.at, (*window, *against), test)
            }
            Kind::Affinity { mode, min_events, window } if self.slides(view, window) => {
                let hits = view.hits(self.sources[0]);
                match window.range {
                    Range::Last(span) => {
                        sliding::affinity(hits, (view.at, span.0), (mode, *min_events))
                    }
                    _ => (self.truth(view), next_hit(hits, view.at)),
                }
            }
            Kind::Measured { .. }
            | Kind::Affinity { .. }
            | Kind::Profile { .. }
            | Kind::Date { .. } => {
                let truth = self.truth(view);
                let mut moments = Vec::new();
                self.moments(view, &mut moments);
                let then = |at| self.truth(View { at, ..view });
                let horizon = first_change(truth, moments, view.at, then);
                // In another zone days begin at other moments.
                (truth, horizon.min(self.next_zone(view)))
            }
        }
    }

    /// Whether the hits of a window of this kind are all that is in it, and it loses them by their age
    /// or not at all.
    fn slides(&self, view: View, window: &Window) -> bool {
        let plain = window.hours.is_none() && window.weekdays.is_empty();
        let ranges = matches!(
            window.range,
            Range::Last(_) | Range::All | Range::Since(_) | Range::Between(..)
        );
        plain && ranges && !view.sources[self.sources[0] as usize].asks_first()
    }

    fn truth(&self, view: View) -> bool {
        let Some(source) = self.sources.first() else { return false };
        let hits = view.hits(*source);
        match &self.kind {
            Kind::Measured { window, measure, test } => {
                let zone = self.zone(view);
                measured(view, *source, (window, *measure), &zone).is_some_and(
                    |value| match value {
                        Found::Value(value) => test.holds(Some(&value)),
                        Found::Truth(truth) => truth,
                    },
                )
            }
            Kind::Affinity { mode, min_events, window } => {
                affinity(hits, (view.at, &self.zone(view)), (mode, *min_events, window))
            }
            Kind::Profile { test, span } => {
                let at = |at: i64| test.holds(value_at(hits, at));
                let Some(span) = span else { return at(view.at) };
                let from = view.at.saturating_sub(span.0);
                let first = hits.partition_point(|hit| hit.time <= from);
                let later = hits[first..].iter().map(|hit| hit.time);
                at(from) && later.take_while(|time| *time <= view.at).all(at)
            }
            Kind::Date { op, pick } => {
                let value = picked_value(hits, view.at, *pick);
                value.is_some_and(|value| {
                    date_holds(*op, value, Timestamp(view.at), &self.zone(view))
                })
            }
            _ => false,
        }
    }

    /// Every instant after the view's at which truth may change, in no order.
    fn moments(&self, view: View, moments: &mut Vec<i64>) {
        let Some(source) = self.sources.first() else { return };
        let hits = view.hits(*source);
        moments.extend(hits.iter().map(|hit| hit.time));
        match &self.kind {
            Kind::Measured { window, .. } | Kind::Affinity { window, .. } => {
                window_moments(&self.zone(view), hits, window, moments);
            }
            Kind::Profile { span: Some(span), .. } => after(hits, span.0, moments),
            Kind::Date { op, .. } => {
                let zone = self.zone(view);
                for hit in hits {
                    if let Some(date) = Date::read(&hit.value) {
                        date_moments(*op, date, view.at, &zone, moments);
                    }
                }
            }
            _ => {}
        }
    }

    /// When the user's zone changes next.
    fn next_zone(&self, view: View) -> i64 {
        let changes = self.zone.map_or(&[][..], |zone| view.hits(zone));
        changes.iter().map(|hit| hit.time).find(|time| *time > view.at).unwrap_or(NEVER)
    }

    /// The user's zone at the view's instant, else the workspace's.
    pub(super) fn zone(&self, view: View) -> Zone {
        let named = self.zone.and_then(|source| match value_at(view.hits(source), view.at) {
            Some(Value::Text(name)) => Zone::named(name),
            _ => None,
        });
        named.unwrap_or_else(|| view.rules.zone.clone())
    }
}

/// Moments at which hits enter or leave a window. `zone`: the user's.
pub(super) fn window_moments(zone: &Zone, hits: &[Hit], window: &Window, moments: &mut Vec<i64>) {
    match &window.range {
        Range::Last(span) | Range::BeforeLast(span) => after(hits, span.0, moments),
        Range::Ago { from, to } => {
            after(hits, from.0, moments);
            after(hits, to.0, moments);
        }
        Range::LastUnits { n, unit, zone: own } => {
            let zone = own.as_ref().unwrap_or(zone);
            for hit in hits {
                let day = leaves_on(zone.day(Timestamp(hit.time)), *n, *unit);
                day_edges(zone, day, &mut |at| moments.push(at));
            }
        }
        Range::All | Range::Between(..) | Range::Since(_) | Range::After(_) | Range::Before(_) => {}
    }
}

/// Hits are of values with their hash, of which the lowest bit says whether it is asked for.
fn affinity(
    hits: &[Hit],
    (at, zone): (i64, &Zone),
    (mode, min_events, window): (&AffinityMode, u32, &Window),
) -> bool {
    let Some((from, to)) = range_at(window, Timestamp(at), zone) else { return false };
    let start = hits.partition_point(|hit| hit.time < from.0);
    let end = hits.partition_point(|hit| hit.time <= to.0).max(start);
    let mut keys: Vec<u64> = hits[start..end].iter().map(|hit| hit.key).collect();
    let total = keys.len();
    if total == 0 || total < min_events as usize {
        return false;
    }
    keys.sort_unstable();
    let counts = || keys.chunk_by(|a, b| a == b).map(|of| (of.len(), of[0] & 1 != 0));
    let asked = |n: Option<usize>| counts().any(|(count, asked)| asked && Some(count) == n);
    match mode {
        AffinityMode::Most => asked(counts().map(|(n, _)| n).max()),
        AffinityMode::Least => asked(counts().map(|(n, _)| n).min()),
        AffinityMode::Share(test) => {
            let hits: usize = counts().filter(|(_, asked)| *asked).map(|(n, _)| n).sum();
            CompiledTest::new(test).holds_float(hits as f64 / total as f64)
        }
    }
}

impl<'a> View<'a> {
    pub(super) fn hits(&self, source: u32) -> &'a [Hit] {
        self.lists.hits(source)
    }
}

/// The earliest of the moments at which truth is another one, among those tried; the first of the
/// rest if there are more.
pub(super) fn first_change(
    truth: bool,
    mut moments: Vec<i64>,
    at: i64,
    then: impl Fn(i64) -> bool,
) -> i64 {
    let mut last = at;
    for tried in 0..=TRIED {
        moments.retain(|moment| *moment > last);
        let Some(moment) = moments.iter().copied().min() else { return NEVER };
        if tried == TRIED || then(moment) != truth {
            return moment;
        }
        last = moment;
    }
    NEVER
}

/// At least so many hits in a window, and when that changes.
fn count(hits: &[Hit], window: Count, at_least: u32, at: i64) -> (bool, i64) {
    let at_least = at_least as usize;
    let now = hits.partition_point(|hit| hit.time <= at);
    let next = hits.get(now).map_or(NEVER, |hit| hit.time);
    match window {
        Count::Ever => (now >= at_least, next),
        Count::Last(span) => {
            let Some(decides) = now.checked_sub(at_least).map(|n| &hits[n]) else {
                return (false, next);
            };
            let ends = decides.time.saturating_add(span);
            if ends > at { (true, ends.min(next)) } else { (false, next) }
        }
        Count::Before(span) => match at_least.checked_sub(1).and_then(|n| hits.get(n)) {
            None => (false, NEVER),
            Some(decides) => {
                let begins = decides.time.saturating_add(span);
                // One that comes late can only bring it forward, and is looked at when it comes.
                if begins <= at { (true, NEVER) } else { (false, begins) }
            }
        },
    }
}

fn lived(
    places: &[Hit],
    at: i64,
    (is, span, was): (&[u8], Option<Span>, Option<Option<u8>>),
) -> (bool, i64) {
    let now = places.partition_point(|hit| hit.time <= at);
    let next = places.get(now).map_or(NEVER, |hit| hit.time);
    let Some(last) = now.checked_sub(1).map(|n| &places[n]) else { return (false, next) };
    let from = now.checked_sub(2).map_or(0, |n| places[n].key);
    let came = match was {
        None => true,
        Some(None) => false,
        Some(Some(was)) => from == u64::from(was),
    };
    if !is.iter().any(|place| u64::from(*place) == last.key) || !came {
        return (false, next);
    }
    let lasts = last.time.saturating_add(span.map_or(0, |span| span.0));
    if lasts <= at { (true, next) } else { (false, lasts.min(next)) }
}

/// When the next hit enters.
fn next_hit(hits: &[Hit], at: i64) -> i64 {
    hits.get(hits.partition_point(|hit| hit.time <= at)).map_or(NEVER, |hit| hit.time)
}

/// A value, or the truth of one.
enum Found {
    Value(Value),
    Truth(bool),
}

fn measured(
    view: View,
    source: u32,
    (window, measure): (&Window, Measured),
    zone: &Zone,
) -> Option<Found> {
    let hits = view.hits(source);
    let (from, to) = match range_at(window, Timestamp(view.at), zone) {
        Some((from, to)) => (from.0, to.0),
        None => (0, -1),
    };
    let start = hits.partition_point(|hit| hit.time < from);
    let end = hits.partition_point(|hit| hit.time <= to).max(start);
    let first_of_name = |n: usize| hits[..n].iter().all(|hit| hit.name != hits[n].name);
    let matching = (start..end).filter(|n| {
        let hit = &hits[*n];
        let passes = match hit.passes.first == hit.passes.later {
            true => hit.passes.first,
            false => {
                if first_of_name(*n) {
                    hit.passes.first
                } else {
                    hit.passes.later
                }
            }
        };
        passes && in_hours_and_weekdays(window, Timestamp(hit.time), zone)
    });
    let mut matching = matching.map(|n| &hits[n]);
    let number = |n: u64| Some(Found::Value(Value::Int(n as i64)));
    match measure {
        Measured::Count => number(matching.count() as u64),
        Measured::Sum | Measured::Avg => {
            let mut total: Carry = match view.sources[source as usize].keep {
                Keep::Sum => *view.lists.carry(source),
                _ => Carry::default(),
            };
            matching.for_each(|hit| add(&mut total, hit));
            let sum = total.sum.value();
            match measure {
                Measured::Sum => Some(Found::Value(Value::Float(sum))),
                _ => (total.n > 0).then(|| Found::Value(Value::Float(sum / total.n as f64))),
            }
        }
        Measured::Min | Measured::Max => {
            let wanted = match measure {
                Measured::Min => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            let best = matching
                .map(|hit| &hit.value)
                .reduce(|best, next| if next.compare(best) == Some(wanted) { next } else { best });
            best.map(|value| Found::Value(value.clone()))
        }
        Measured::Distinct => {
            let mut keys: Vec<u64> = matching.map(|hit| hit.key).collect();
            keys.sort_unstable();
            keys.dedup();
            number(keys.len() as u64)
        }
        Measured::Days => {
            let zone = &view.rules.zone;
            let mut days: Vec<i64> = matching.map(|hit| zone.day(Timestamp(hit.time)).0).collect();
            days.dedup();
            days.sort_unstable();
            days.dedup();
            number(days.len() as u64)
        }
        Measured::First => matching.next().map(|hit| Found::Truth(hit.key != 0)),
        Measured::Last => matching.next_back().map(|hit| Found::Truth(hit.key != 0)),
    }
}

/// The value of the last change at an instant; nothing if it is missing or unset.
pub(super) fn value_at(hits: &[Hit], at: i64) -> Option<&Value> {
    let n = hits.partition_point(|hit| hit.time <= at);
    hits[..n].last().map(|hit| &hit.value).filter(|value| !value.missing())
}

/// The value of the first or last hit at an instant.
fn picked_value(hits: &[Hit], at: i64, pick: Pick) -> Option<&Value> {
    match pick {
        Pick::First => hits.first().filter(|hit| hit.time <= at).map(|hit| &hit.value),
        Pick::Last => value_at(hits, at),
    }
}

fn after(hits: &[Hit], span: i64, moments: &mut Vec<i64>) {
    moments.extend(hits.iter().map(|hit| hit.time.saturating_add(span)));
}

/// The day on which a day is no longer within the last `n` units.
fn leaves_on(day: model::Day, n: u32, unit: Unit) -> model::Day {
    let n = i64::from(n.max(1));
    match unit {
        Unit::Day => model::Day(day.0.saturating_add(n)),
        Unit::Week => model::Day(day.start_of_week().0.saturating_add(n.saturating_mul(7))),
        Unit::Month => day.month_plus(n),
    }
}

fn date_moments(op: DateOp, date: Date, at: i64, zone: &Zone, moments: &mut Vec<i64>) {
    let mut day_and_next = |day: i64| {
        for day in [day, day + 1] {
            day_edges(zone, model::Day(day), &mut |at| moments.push(at));
        }
    };
    let days = |span: Span| span.0 / Span::DAY.0;
    match op {
        DateOp::InNext(span) => {
            let instant = date.instant(zone).0;
            moments.extend([instant, instant.saturating_sub(span.0)]);
        }
        DateOp::InLast(span) => {
            let instant = date.instant(zone).0;
            moments.extend([instant, instant.saturating_add(span.0)]);
        }
        DateOp::ExactlyIn(span) => day_and_next(date.day(zone).0 - days(span)),
        DateOp::ExactlyAgo(span) => day_and_next(date.day(zone).0 + days(span)),
        DateOp::AnniversaryIn(span) => {
            let (_, month, of_month) = date.day(zone).civil();
            let (year, _, _) = zone.day(Timestamp(at)).civil();
            for year in year - 1..=year + 2 {
                // 29 February falls on the 28th in other years: both are tried.
                for of_month in [of_month, of_month.min(28)] {
                    let day = model::time::days_from_civil(year, month, of_month);
                    day_and_next(day - days(span));
                    day_and_next(day);
                }
            }
        }
    }
}
