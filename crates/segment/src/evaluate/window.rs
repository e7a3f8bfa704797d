//! Windows: which instants a window covers at `T`, and in which zone its local hours are read.

use model::{Day, Span, Timestamp, Value, Zone};

use super::{UserHistory, attribute_at};
use crate::rules::Rules;
use crate::tree::{Hours, Range, Unit, Window};

/// The attribute that names a user's time zone.
pub const TIMEZONE: &str = "timezone";

/// The zone of a user's local hours and days: attribute `timezone` at `at` if it names a zone,
/// else the workspace's.
pub fn user_zone(user: &UserHistory, at: Timestamp, rules: &Rules) -> Zone {
    match attribute_at(user, TIMEZONE, at) {
        Some(Value::Text(name)) => Zone::named(name).unwrap_or_else(|| rules.zone.clone()),
        _ => rules.zone.clone(),
    }
}

/// The first and the last instant, both included, that the range of a window covers at `at`, never
/// later than `at`. `zone` is the user's, for local units that name none. Nothing if the range is
/// empty, or relative to an anchor ([`Range::After`], [`Range::Before`]).
pub fn range_at(window: &Window, at: Timestamp, zone: &Zone) -> Option<(Timestamp, Timestamp)> {
    let (from, to) = match &window.range {
        Range::All => (Timestamp::MIN, at),
        Range::Last(span) => (next(at.minus(*span)), at),
        Range::LastUnits { n, unit, zone: own } => {
            (units_start(*n, *unit, at, own.as_ref().unwrap_or(zone)), at)
        }
        Range::Between(from, to) => (*from, previous(*to)),
        Range::Since(from) => (*from, at),
        Range::BeforeLast(span) => (Timestamp::MIN, at.minus(*span)),
        Range::Ago { from, to } => (next(at.minus(*from)), at.minus(*to)),
        Range::After(_) | Range::Before(_) => return None,
    };
    let to = to.min(at);
    (from <= to).then_some((from, to))
}

/// The same for a range that may be relative to an anchor.
pub(super) fn range_around(
    window: &Window,
    anchor: Timestamp,
    at: Timestamp,
    zone: &Zone,
) -> Option<(Timestamp, Timestamp)> {
    let (from, to) = match &window.range {
        Range::After(None) => (next(anchor), at),
        Range::After(Some(span)) => (next(anchor), anchor.plus(*span)),
        Range::Before(None) => (Timestamp::MIN, previous(anchor)),
        Range::Before(Some(span)) => (anchor.minus(*span), previous(anchor)),
        _ => return range_at(window, at, zone),
    };
    let to = to.min(at);
    (from <= to).then_some((from, to))
}

/// Whether an instant is at the hours and on the weekdays of a window, in the user's zone.
pub fn in_hours_and_weekdays(window: &Window, time: Timestamp, zone: &Zone) -> bool {
    if window.hours.is_none() && window.weekdays.is_empty() {
        return true;
    }
    let (day, ms) = zone.local(time);
    window.hours.is_none_or(|hours| in_hours(hours, ms / 60_000))
        && (window.weekdays.is_empty() || window.weekdays.contains(&day.weekday()))
}

/// Whether a minute of the local day, 0..1440, is inside; from inclusive, to exclusive.
pub fn in_hours(hours: Hours, minute: i64) -> bool {
    let (from, to) = (i64::from(hours.from_minute), i64::from(hours.to_minute));
    match from <= to {
        true => from <= minute && minute < to,
        false => from <= minute || minute < to,
    }
}

fn units_start(n: u32, unit: Unit, at: Timestamp, zone: &Zone) -> Timestamp {
    let today = zone.day(at);
    let back = i64::from(n.max(1)) - 1;
    let first = match unit {
        Unit::Day => Day(today.0 - back),
        Unit::Week => Day(today.start_of_week().0 - 7 * back),
        Unit::Month => today.month_plus(-back),
    };
    let earliest = Day(Timestamp::MIN.0 / Span::DAY.0);
    zone.start_of_day(first.max(earliest)).max(Timestamp::MIN)
}

fn next(at: Timestamp) -> Timestamp {
    at.plus(Span(1))
}

fn previous(at: Timestamp) -> Timestamp {
    at.minus(Span(1))
}
