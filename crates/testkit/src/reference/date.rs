//! Dates relative to `T`.

use model::{Day, Span, Timestamp, Value, Zone};
use segment::tree::{DateOp, DatePredicate, DateSubject, Pick};

use super::World;
use super::events::property;

impl World<'_> {
    pub(super) fn date(&self, p: &DatePredicate) -> bool {
        let value = match &p.subject {
            DateSubject::Attribute(name) => self.attribute(name, self.at),
            DateSubject::Property { of, property: name, pick } => {
                let mut events = self.events();
                events.retain(|e| self.matches(of, e, None) && property(e, name).is_some());
                let event = match pick {
                    Pick::First => events.first(),
                    Pick::Last => events.last(),
                };
                event.and_then(|e| property(e, name))
            }
        };
        value.is_some_and(|value| self.dated(p.op, value))
    }

    fn dated(&self, op: DateOp, value: &Value) -> bool {
        let zone = self.zone();
        let (Some(instant), Some(day)) = (instant(value, &zone), day(value, &zone)) else {
            return false;
        };
        let today = zone.day(self.at);
        match op {
            DateOp::InNext(span) => self.at < instant && instant <= self.at + span,
            DateOp::InLast(span) => self.at - span < instant && instant <= self.at,
            DateOp::ExactlyIn(span) => today.0 + days(span) == day.0,
            DateOp::ExactlyAgo(span) => today.0 - days(span) == day.0,
            DateOp::AnniversaryIn(span) => {
                (0..=days(span)).any(|n| anniversary(day, Day(today.0 + n)))
            }
        }
    }
}

fn days(span: Span) -> i64 {
    span.0 / 86_400_000
}

/// The instant that a value is, or the first one of the day that it is.
pub(super) fn instant(value: &Value, zone: &Zone) -> Option<Timestamp> {
    match value {
        Value::Time(at) => Some(*at),
        Value::Text(text) if Day::parse(text).is_some() => {
            Day::parse(text).map(|day| zone.start_of_day(day))
        }
        Value::Text(text) => Timestamp::parse(text).ok(),
        _ => None,
    }
}

fn day(value: &Value, zone: &Zone) -> Option<Day> {
    match value {
        Value::Text(text) if Day::parse(text).is_some() => Day::parse(text),
        _ => instant(value, zone).map(|at| zone.day(at)),
    }
}

fn anniversary(of: Day, on: Day) -> bool {
    let ((_, month, of_month), (_, on_month, on_day)) = (of.civil(), on.civil());
    let leap_day = (month, of_month) == (2, 29);
    // 28 February is the anniversary of a leap day if the next day is not the 29th.
    let stands_in = leap_day && (on_month, on_day) == (2, 28) && Day(on.0 + 1).civil().2 == 1;
    (month, of_month) == (on_month, on_day) || stands_in
}
