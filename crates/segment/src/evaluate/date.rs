//! Dates relative to `T`: "renewal in 5 days", "birthday this week".

use model::{Day, Span, Timestamp, Value, Zone, time::days_from_civil};

use super::matching::Matcher;
use super::{Evaluation, UserEvent, attribute_at};
use crate::tree::{DateOp, DatePredicate, DateSubject, Pick};

/// A date predicate with what it was computed from.
pub(super) struct Dated<'a> {
    pub(super) holds: bool,
    pub(super) value: Option<&'a Value>,
    pub(super) event: Option<&'a UserEvent>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn date(&self, p: &'a DatePredicate) -> Dated<'a> {
        let (event, value) = match &p.subject {
            DateSubject::Attribute(name) => (None, attribute_at(self.user, name, self.at)),
            DateSubject::Property { of, property, pick } => {
                let matcher = Matcher::new(of, self);
                let having = |e: &'a UserEvent| {
                    let value = e.property(property)?;
                    matcher.matches(e, None, self.events).then_some((e, value))
                };
                let found = match pick {
                    Pick::First => self.events.iter().find_map(having),
                    Pick::Last => self.events.iter().rev().find_map(having),
                };
                (found.map(|(e, _)| e), found.map(|(_, value)| value))
            }
        };
        let holds = value.is_some_and(|value| date_holds(p.op, value, self.at, &self.zone()));
        Dated { holds, value, event }
    }
}

/// Whether the date that a value holds lies so relative to `at`; false if it holds none.
///
/// Anniversaries look at month and day only, whatever the year, and 29 February falls on 28
/// February in other years than leap years. Days are those of `zone`.
pub fn date_holds(op: DateOp, value: &Value, at: Timestamp, zone: &Zone) -> bool {
    let Some(date) = Date::read(value) else { return false };
    let today = zone.day(at);
    let days = |span: Span| span.0 / Span::DAY.0;
    match op {
        DateOp::InNext(span) => {
            let date = date.instant(zone);
            at < date && date <= at.plus(span)
        }
        DateOp::InLast(span) => {
            let date = date.instant(zone);
            at.minus(span) < date && date <= at
        }
        DateOp::ExactlyIn(span) => date.day(zone).0 == today.0 + days(span),
        DateOp::ExactlyAgo(span) => date.day(zone).0 == today.0 - days(span),
        DateOp::AnniversaryIn(span) => {
            (0..=days(span)).contains(&(next_anniversary(date.day(zone), today).0 - today.0))
        }
    }
}

/// A date: an instant, or a local day.
#[derive(Clone, Copy)]
pub(crate) enum Date {
    Instant(Timestamp),
    Day(Day),
}

impl Date {
    pub(crate) fn read(value: &Value) -> Option<Date> {
        match value {
            Value::Time(at) => Some(Date::Instant(*at)),
            Value::Text(text) => match Day::parse(text) {
                Some(day) => Some(Date::Day(day)),
                None => Timestamp::parse(text).ok().map(Date::Instant),
            },
            _ => None,
        }
    }

    /// The instant, or the first one of the day.
    pub(crate) fn instant(self, zone: &Zone) -> Timestamp {
        match self {
            Date::Instant(at) => at,
            Date::Day(day) => zone.start_of_day(day),
        }
    }

    pub(crate) fn day(self, zone: &Zone) -> Day {
        match self {
            Date::Instant(at) => zone.day(at),
            Date::Day(day) => day,
        }
    }
}

/// The first day from `today` on with the month and day of `date`.
fn next_anniversary(date: Day, today: Day) -> Day {
    let (_, month, of_month) = date.civil();
    let (year, _, _) = today.civil();
    let in_year = |year: i64| {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let of_month = if (month, of_month) == (2, 29) && !leap { 28 } else { of_month };
        Day(days_from_civil(year, month, of_month))
    };
    if in_year(year) >= today { in_year(year) } else { in_year(year + 1) }
}
