//! The instants at which a predicate can change its truth while a user's history stays as it is.
//!
//! Between two neighbouring instants of the set, truth is constant. The set may be too large, never
//! too small, except for RFM: scores also depend on other users, and are looked at whenever this
//! user does something and at every midnight of the workspace's zone.

use std::collections::BTreeSet;

use model::{Day, Span, Text, Timestamp, Value, Zone};

use super::date::Date;
use super::matching::Matcher;
use super::window::TIMEZONE;
use super::{Context, Evaluation, UserHistory};
use crate::tree::{
    DateOp, DatePredicate, DateSubject, EventMatch, Predicate, ProfilePredicate, Range, Window,
};

/// All instants in `from..=to` at which one of the predicates may change, ascending.
pub(super) fn instants<'a>(
    predicates: impl Iterator<Item = &'a Predicate>,
    evaluation: &Evaluation<'a>,
    (from, to): (Timestamp, Timestamp),
) -> Vec<Timestamp> {
    let mut found = Instants {
        evaluation,
        from,
        to,
        zones: zones(evaluation.user, evaluation.ctx),
        at: BTreeSet::new(),
        day_zones: Vec::new(),
        segments: BTreeSet::new(),
    };
    found.everything_that_happened();
    predicates.for_each(|p| found.predicate(p));
    found.midnights();
    found.at.into_iter().collect()
}

struct Instants<'s, 'a> {
    evaluation: &'s Evaluation<'a>,
    from: Timestamp,
    to: Timestamp,
    /// Every zone that the user was ever in, and the workspace's.
    zones: Vec<Zone>,
    at: BTreeSet<Timestamp>,
    /// Zones whose midnights matter.
    day_zones: Vec<Zone>,
    /// Segments that were looked into.
    segments: BTreeSet<&'a Text>,
}

impl<'a> Instants<'_, 'a> {
    fn add(&mut self, at: Timestamp) {
        if self.from <= at && at <= self.to {
            self.at.insert(at);
        }
    }

    /// Events and attribute changes themselves.
    fn everything_that_happened(&mut self) {
        let user = self.evaluation.user;
        let changes = user.attributes.values().flatten().map(|(time, _)| *time);
        user.events.iter().map(|e| e.time).chain(changes).for_each(|at| self.add(at));
    }

    fn predicate(&mut self, p: &'a Predicate) {
        match p {
            Predicate::All(of) | Predicate::Any(of) => {
                of.iter().for_each(|p| self.predicate(p));
            }
            Predicate::Not(of) => self.predicate(of),
            Predicate::Event(p) => self.window(&[&p.of], &p.within),
            Predicate::Profile(p) => self.profile(p),
            Predicate::Sequence(p) => {
                self.window(&p.steps.iter().collect::<Vec<_>>(), &p.within);
            }
            Predicate::Absence(p) => self.after_events(&[&p.did], &[p.span]),
            Predicate::Baseline(p) => {
                self.after_events(&[&p.of], &[p.window, Span(p.window.0 + p.against.0)]);
            }
            Predicate::Affinity(p) => self.window(&[&p.of], &p.within),
            Predicate::Date(p) => self.date(p),
            Predicate::Segment(id) => self.segment(id),
            Predicate::Rfm(_) => self.day_zones.push(self.evaluation.ctx.rules.zone.clone()),
            Predicate::Since(_)
            | Predicate::Lifecycle(_)
            | Predicate::Bucket(_)
            | Predicate::Score(_)
            | Predicate::List(_)
            | Predicate::Reachable(_)
            | Predicate::Location(_) => {}
        }
    }

    /// Each segment is looked into once, so that cycles end.
    fn segment(&mut self, id: &'a Text) {
        if self.segments.insert(id)
            && let Some(p) = self.evaluation.ctx.rules.segments.get(id)
        {
            self.predicate(p);
        }
    }

    fn window(&mut self, of: &[&'a EventMatch], window: &'a Window) {
        match &window.range {
            Range::Last(span) | Range::BeforeLast(span) => self.after_events(of, &[*span]),
            Range::Ago { from, to } => self.after_events(of, &[*from, *to]),
            Range::LastUnits { zone: Some(zone), .. } => self.day_zones.push(zone.clone()),
            Range::LastUnits { zone: None, .. } => self.user_days(),
            Range::All
            | Range::Between(..)
            | Range::Since(_)
            | Range::After(_)
            | Range::Before(_) => {}
        }
    }

    /// Each matching event's time plus each span. Whether an event matches never depends on `T`.
    fn after_events(&mut self, of: &[&'a EventMatch], spans: &[Span]) {
        let evaluation = self.evaluation;
        for matcher in of.iter().map(|of| Matcher::new(of, evaluation)) {
            for event in &evaluation.user.events {
                if matcher.names(event) {
                    spans.iter().for_each(|span| self.add(event.time.plus(*span)));
                }
            }
        }
    }

    fn profile(&mut self, p: &ProfilePredicate) {
        let Some(span) = p.for_at_least else { return };
        let changes = self.evaluation.user.attributes.get(&p.attribute);
        for (time, _) in changes.into_iter().flatten() {
            self.add(time.plus(span));
        }
    }

    fn date(&mut self, p: &'a DatePredicate) {
        let spans = match p.op {
            DateOp::InNext(span) => [Span(-span.0), Span(0)],
            DateOp::InLast(span) => [Span(0), span],
            DateOp::ExactlyIn(_) | DateOp::ExactlyAgo(_) | DateOp::AnniversaryIn(_) => {
                return self.user_days();
            }
        };
        let dates: Vec<Date> = self.values(&p.subject).filter_map(Date::read).collect();
        for date in dates {
            for zone in self.zones.clone() {
                let instant = date.instant(&zone);
                spans.iter().for_each(|span| self.add(instant.plus(*span)));
            }
        }
    }

    /// Every value that the subject of a date ever had.
    fn values(&self, subject: &'a DateSubject) -> Box<dyn Iterator<Item = &'a Value> + 'a> {
        let user = self.evaluation.user;
        match subject {
            DateSubject::Attribute(name) => {
                Box::new(user.attributes.get(name).into_iter().flatten().map(|(_, value)| value))
            }
            DateSubject::Property { property, .. } => {
                Box::new(user.events.iter().filter_map(|e| e.property(property)))
            }
        }
    }

    fn user_days(&mut self) {
        self.day_zones.extend_from_slice(&self.zones.clone());
    }

    /// All beginnings of local days.
    fn midnights(&mut self) {
        let mut zones: Vec<Zone> = Vec::new();
        for zone in std::mem::take(&mut self.day_zones) {
            if !zones.contains(&zone) {
                zones.push(zone);
            }
        }
        for zone in zones {
            for day in zone.day(self.from).0 - 1..=zone.day(self.to).0 + 1 {
                day_edges(&zone, Day(day), &mut |at| self.add(Timestamp(at)));
            }
        }
    }
}

/// Every instant at which the local day may become, or stop being, this one. Where clocks are put
/// back over midnight a day begins twice, and ends in between.
pub(crate) fn day_edges(zone: &Zone, day: Day, add: &mut dyn FnMut(i64)) {
    let midnight = day.0.saturating_mul(Span::DAY.0);
    let before = midnight.saturating_sub(26 * Span::HOUR.0);
    let after = midnight.saturating_add(26 * Span::HOUR.0);
    let (first, second) = (offset(zone, before), offset(zone, after));
    add(midnight.saturating_sub(first));
    if first != second {
        add(midnight - second);
        add(transition(zone, before, after));
    }
}

/// Milliseconds that the local clock is ahead of UTC.
fn offset(zone: &Zone, at: i64) -> i64 {
    let (day, ms) = zone.local(Timestamp(at));
    day.0 * Span::DAY.0 + ms - at
}

/// The instant between two at which the offset becomes that of the second.
fn transition(zone: &Zone, mut before: i64, mut after: i64) -> i64 {
    let old = offset(zone, before);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        match offset(zone, middle) == old {
            true => before = middle,
            false => after = middle,
        }
    }
    after
}

fn zones(user: &UserHistory, ctx: Context) -> Vec<Zone> {
    let names = user.attributes.get(TIMEZONE).into_iter().flatten();
    let mut zones = vec![ctx.rules.zone.clone()];
    for (_, value) in names {
        let Value::Text(name) = value else { continue };
        match Zone::named(name) {
            Some(zone) if !zones.contains(&zone) => zones.push(zone),
            _ => {}
        }
    }
    zones
}
