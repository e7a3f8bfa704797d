//! Which events match, when they count, and what is measured over them.

use model::outreach::is_outreach;
use model::{Day, ExactSum, Span, Text, Timestamp, Value};
use segment::evaluate::UserEvent;
use segment::tree::{
    AbsencePredicate, AffinityMode, AffinityPredicate, AffinitySubject, EventMatch, EventNames,
    EventPredicate, Hours, Measure, Pick, Range, SincePredicate, Unit, Where, Window,
};

use super::{World, test_holds};

/// A property's value, unless it is missing.
pub(super) fn property<'e>(event: &'e UserEvent, name: &str) -> Option<&'e Value> {
    let found = event.properties.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value).filter(|value| !value.missing())
}

fn same(a: &UserEvent, b: &UserEvent, properties: &[Text]) -> bool {
    properties.iter().all(|p| match (property(a, p), property(b, p)) {
        (Some(a), Some(b)) => a.same(b),
        _ => false,
    })
}

/// The order of events.
pub(super) fn place(event: &UserEvent) -> (Timestamp, u64) {
    (event.time, event.arrival)
}

impl<'a> World<'a> {
    pub(super) fn matches(
        &self,
        of: &EventMatch,
        event: &UserEvent,
        before: Option<&UserEvent>,
    ) -> bool {
        let named = match &of.names {
            EventNames::Any => !event.derived && !is_outreach(&event.name),
            EventNames::Of(names) => names.iter().any(|name| self.named(name, event, before)),
        };
        named && self.passes(&of.filter, event, before)
    }

    fn named(&self, name: &Text, event: &UserEvent, before: Option<&UserEvent>) -> bool {
        let Some(members) = self.rules.composites.get(name) else { return *name == event.name };
        members.iter().any(|member| {
            let named = match &member.names {
                EventNames::Any => !event.derived && !is_outreach(&event.name),
                EventNames::Of(names) => names.contains(&event.name),
            };
            named && self.passes(&member.filter, event, before)
        })
    }

    fn passes(&self, filter: &Where, event: &UserEvent, before: Option<&UserEvent>) -> bool {
        match filter {
            Where::All(of) => of.iter().all(|w| self.passes(w, event, before)),
            Where::Any(of) => of.iter().any(|w| self.passes(w, event, before)),
            Where::Not(of) => !self.passes(of, event, before),
            Where::Property { property: name, test } => test_holds(test, property(event, name)),
            Where::FirstTime => {
                let earlier = |e: &&UserEvent| e.name == event.name && place(e) < place(event);
                !self.user.events.iter().any(|e| earlier(&e))
            }
            Where::Same(properties) => before.is_some_and(|b| same(b, event, properties)),
        }
    }

    /// Whether an instant is inside a window; `anchor` is that of `since`.
    pub(super) fn inside(&self, w: &Window, time: Timestamp, anchor: Option<Timestamp>) -> bool {
        let zone = self.zone();
        let minute = zone.minute_of_day(time);
        time <= self.at
            && self.in_range(&w.range, time, anchor)
            && w.hours.is_none_or(|hours| in_hours(hours, minute))
            && (w.weekdays.is_empty() || w.weekdays.contains(&zone.day(time).weekday()))
    }

    fn in_range(&self, range: &Range, time: Timestamp, anchor: Option<Timestamp>) -> bool {
        let at = self.at;
        match range {
            Range::All => true,
            Range::Last(span) => at - *span < time,
            Range::LastUnits { n, unit, zone } => {
                let zone = zone.clone().unwrap_or(self.zone());
                let mut day = first_of(*unit, zone.day(at));
                for _ in 1..*n {
                    day = first_of(*unit, Day(day.0 - 1));
                }
                zone.start_of_day(day) <= time
            }
            Range::Between(from, to) => *from <= time && time < *to,
            Range::Since(from) => *from <= time,
            Range::BeforeLast(span) => time <= at - *span,
            Range::Ago { from, to } => at - *from < time && time <= at - *to,
            Range::After(span) => anchor.is_some_and(|anchor| {
                anchor < time && span.is_none_or(|span| time <= anchor + span)
            }),
            Range::Before(span) => anchor.is_some_and(|anchor| {
                time < anchor && span.is_none_or(|span| anchor - span <= time)
            }),
        }
    }

    pub(super) fn event(&self, p: &EventPredicate, anchor: Option<&UserEvent>) -> bool {
        let mut events = self.events();
        events.retain(|e| self.matches(&p.of, e, anchor));
        events.retain(|e| self.inside(&p.within, e.time, anchor.map(|a| a.time)));
        self.measure(&p.measure, &events).is_some_and(|value| test_holds(&p.test, Some(&value)))
    }

    pub(super) fn measure(&self, measure: &Measure, events: &[&UserEvent]) -> Option<Value> {
        let values = |name: &Text| -> Vec<Value> {
            events.iter().filter_map(|e| property(e, name)).cloned().collect()
        };
        let numbers = |name: &Text| -> Vec<Value> {
            values(name).into_iter().filter(|v| v.number().is_some()).collect()
        };
        match measure {
            Measure::Count => Some(Value::Int(events.len() as i64)),
            Measure::Sum(name) => Some(Value::Float(sum(&numbers(name)))),
            Measure::Avg(name) => {
                let numbers = numbers(name);
                (!numbers.is_empty()).then(|| Value::Float(sum(&numbers) / numbers.len() as f64))
            }
            Measure::Min(name) => extreme(numbers(name), std::cmp::Ordering::Less),
            Measure::Max(name) => extreme(numbers(name), std::cmp::Ordering::Greater),
            Measure::Distinct(name) => Some(Value::Int(distinct(values(name)).len() as i64)),
            Measure::Days => {
                let days = events.iter().map(|e| Value::Int(self.rules.zone.day(e.time).0));
                Some(Value::Int(distinct(days.collect()).len() as i64))
            }
            Measure::First(name) => values(name).first().cloned(),
            Measure::Last(name) => values(name).last().cloned(),
        }
    }

    pub(super) fn since(&self, p: &SincePredicate) -> bool {
        let mut anchors = self.events();
        anchors.retain(|e| self.matches(&p.anchor, e, None));
        anchors.sort_by_key(|e| place(e));
        let anchor = match p.pick {
            Pick::First => anchors.first(),
            Pick::Last => anchors.last(),
        };
        anchor.is_some_and(|anchor| self.event(&p.predicate, Some(anchor)))
    }

    pub(super) fn absence(&self, p: &AbsencePredicate) -> bool {
        self.events().into_iter().any(|did| {
            did.time <= self.at - p.span
                && self.matches(&p.did, did, None)
                && !self.events().into_iter().any(|then| {
                    did.time < then.time
                        && then.time <= did.time + p.span
                        && self.matches(&p.then_not, then, Some(did))
                        && same(did, then, &p.hold)
                })
        })
    }

    pub(super) fn affinity(&self, p: &AffinityPredicate) -> bool {
        let mut events = self.events();
        events.retain(|e| self.matches(&p.of, e, None) && self.inside(&p.within, e.time, None));
        let values: Vec<Value> =
            events.into_iter().filter_map(|e| self.subject(&p.subject, e)).collect();
        if values.is_empty() || values.len() < p.min_events as usize {
            return false;
        }
        let asked = |value: &Value| p.is.iter().any(|wanted| wanted.same(value));
        let count = |value: &Value| values.iter().filter(|other| *other == value).count();
        let others = || values.iter().map(count);
        match &p.mode {
            AffinityMode::Most => {
                values.iter().any(|v| asked(v) && others().all(|n| n <= count(v)))
            }
            AffinityMode::Least => {
                values.iter().any(|v| asked(v) && others().all(|n| n >= count(v)))
            }
            AffinityMode::Share(test) => {
                let hits = values.iter().filter(|v| asked(v)).count();
                test_holds(test, Some(&Value::Float(hits as f64 / values.len() as f64)))
            }
        }
    }

    fn subject(&self, subject: &AffinitySubject, event: &UserEvent) -> Option<Value> {
        let zone = self.zone();
        match subject {
            AffinitySubject::Property(name) => property(event, name).cloned(),
            AffinitySubject::Hour => Some(Value::Int(zone.minute_of_day(event.time) / 60)),
            AffinitySubject::Weekday => Some(Value::text(zone.day(event.time).weekday().name())),
        }
    }
}

fn first_of(unit: Unit, day: Day) -> Day {
    match unit {
        Unit::Day => day,
        Unit::Week => day.start_of_week(),
        Unit::Month => day.start_of_month(),
    }
}

fn in_hours(hours: Hours, minute: i64) -> bool {
    // Walk the hours minute by minute, around midnight if need be.
    let mut inside = i64::from(hours.from_minute);
    while inside != i64::from(hours.to_minute) {
        if inside == minute {
            return true;
        }
        inside += 1;
        if inside == 1440 && hours.to_minute != 1440 {
            inside = 0;
        }
    }
    false
}

fn sum(numbers: &[Value]) -> f64 {
    let mut sum = ExactSum::default();
    for number in numbers {
        match number {
            Value::Int(n) => sum.add_int(*n),
            other => sum.add(other.number().unwrap_or(0.0)),
        }
    }
    sum.value()
}

fn extreme(numbers: Vec<Value>, wanted: std::cmp::Ordering) -> Option<Value> {
    let beaten = |a: &Value| numbers.iter().any(|b| b.compare(a) == Some(wanted));
    numbers.iter().find(|a| !beaten(a)).cloned()
}

/// Distinct by key, which is how values are structurally equal.
fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut distinct: Vec<Value> = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}

/// Every span in a window.
pub(super) fn spans(window: &Window) -> Vec<Span> {
    match window.range {
        Range::Last(span) | Range::BeforeLast(span) => vec![span],
        Range::Ago { from, to } => vec![from, to],
        Range::After(span) | Range::Before(span) => span.into_iter().collect(),
        Range::All | Range::LastUnits { .. } | Range::Between(..) | Range::Since(_) => Vec::new(),
    }
}
