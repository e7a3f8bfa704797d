//! What is measured over matching events.

use std::collections::HashSet;

use model::{ExactSum, Span, Timestamp, Value};

use super::test::CompiledTest;
use super::{Evaluation, UserEvent};
use crate::evaluate::matching::Matcher;
use crate::tree::{BaselinePredicate, Measure};

/// A baseline with what it was computed from.
pub(super) struct Baseline<'a> {
    pub(super) holds: bool,
    pub(super) recent: Vec<&'a UserEvent>,
    pub(super) before: u64,
    pub(super) ratio: Option<f64>,
}

/// `recent ÷ (before × window ÷ against)` in this order of floating point operations; nothing
/// without events before.
pub fn baseline_ratio(recent: u64, before: u64, window: Span, against: Span) -> Option<f64> {
    let expected = before as f64 * window.0 as f64 / against.0 as f64;
    (before > 0).then(|| recent as f64 / expected)
}

impl<'a> Evaluation<'a> {
    /// The measured value; nothing where the predicate is false whatever the comparison.
    pub(super) fn measure(
        &self,
        measure: &'a Measure,
        events: impl Iterator<Item = &'a UserEvent>,
    ) -> Option<Value> {
        match measure {
            Measure::Count => Some(Value::Int(events.count() as i64)),
            Measure::Sum(property) => {
                Some(Value::Float(sum(events.filter_map(|e| e.property(property))).0.value()))
            }
            Measure::Avg(property) => {
                let (total, n) = sum(events.filter_map(|e| e.property(property)));
                (n > 0).then(|| Value::Float(total.value() / n as f64))
            }
            Measure::Min(_) | Measure::Max(_) | Measure::First(_) | Measure::Last(_) => {
                picked(measure, events).map(|(_, value)| value.clone())
            }
            Measure::Distinct(property) => {
                let keys: HashSet<_> =
                    events.filter_map(|e| e.property(property)).filter_map(Value::key).collect();
                Some(Value::Int(keys.len() as i64))
            }
            Measure::Days => {
                let zone = &self.ctx.rules.zone;
                let days: HashSet<_> = events.map(|e| zone.day(e.time)).collect();
                Some(Value::Int(days.len() as i64))
            }
        }
    }

    pub(super) fn baseline(&self, p: &'a BaselinePredicate) -> Baseline<'a> {
        let matcher = Matcher::new(&p.of, self);
        let edge = self.at.minus(p.window);
        let far = edge.minus(p.against);
        let matching = |from: Timestamp, to| {
            let events = self.between(from.plus(Span(1)), to);
            events.iter().filter(|e| matcher.matches(e, None, self.events))
        };
        let recent: Vec<_> = matching(edge, self.at).collect();
        let before = matching(far, edge).count() as u64;
        let ratio = baseline_ratio(recent.len() as u64, before, p.window, p.against);
        let test = CompiledTest::new(&p.test);
        let holds = ratio.is_some_and(|ratio| test.holds(Some(&Value::Float(ratio))));
        Baseline { holds, recent, before, ratio }
    }
}

/// The one event that gives the value of `min`, `max`, `first` or `last` (the first of equals),
/// and the value.
pub(super) fn picked<'a>(
    measure: &Measure,
    events: impl Iterator<Item = &'a UserEvent>,
) -> Option<(&'a UserEvent, &'a Value)> {
    let (Measure::Min(property)
    | Measure::Max(property)
    | Measure::First(property)
    | Measure::Last(property)) = measure
    else {
        return None;
    };
    let mut having = events.filter_map(|e| e.property(property).map(|value| (e, value)));
    let wanted = match measure {
        Measure::First(_) => return having.next(),
        Measure::Last(_) => return having.last(),
        Measure::Min(_) => std::cmp::Ordering::Less,
        _ => std::cmp::Ordering::Greater,
    };
    having
        .filter(|(_, value)| value.number().is_some())
        .reduce(|best, next| if next.1.compare(best.1) == Some(wanted) { next } else { best })
}

/// Exact sum of the numbers among values, and how many they are.
fn sum<'a>(values: impl Iterator<Item = &'a Value>) -> (ExactSum, u64) {
    let (mut total, mut n) = (ExactSum::default(), 0);
    for value in values {
        match value {
            Value::Int(term) => total.add_int(*term),
            Value::Float(term) => total.add(*term),
            _ => continue,
        }
        n += 1;
    }
    (total, n)
}
