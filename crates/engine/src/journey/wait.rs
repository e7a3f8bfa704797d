//! Until when a step waits.

use model::{Span, Timestamp, UserIndex, Value, Weekday, Zone};

use super::{Wait, World};
use crate::schedule::{Minute, instant};

/// Days after which a local time of a weekday has come in any zone.
const DAYS: i64 = 8;

impl Wait {
    /// The instant at which it is over for a user who came there at an instant; nothing: there is no date.
    pub(super) fn until(
        &self,
        user: UserIndex,
        arrived: Timestamp,
        world: &mut dyn World,
    ) -> Option<Timestamp> {
        match self {
            Wait::For { span, until: None } => Some(arrived.plus(*span)),
            Wait::For { span, until: Some((minute, weekdays)) } => {
                // Whoever comes at that very time waits for the next one: a circle of such steps takes time.
                let least = if span.0 == 0 { Span(1) } else { *span };
                Some(next(arrived.plus(least), *minute, weekdays, &world.zone(user, arrived)))
            }
            Wait::Date(day, minute) => Some(instant(&world.zone(user, arrived), *day, *minute)),
            Wait::Attribute { name, offset, .. } => {
                let date = match world.attribute(user, name, arrived)? {
                    Value::Time(at) => at,
                    Value::Text(text) => Timestamp::parse(&text).ok()?,
                    _ => return None,
                };
                Some(date.plus(*offset))
            }
        }
    }
}

/// The first instant from one on at which the wall clock shows a time, on one of these days (none: any).
fn next(from: Timestamp, minute: Minute, weekdays: &[Weekday], zone: &Zone) -> Timestamp {
    let today = zone.day(from);
    let days = (0..=DAYS).map(|n| model::Day(today.0 + n));
    let fits = |day: &model::Day| weekdays.is_empty() || weekdays.contains(&day.weekday());
    let at = days.filter(fits).map(|day| instant(zone, day, minute)).find(|at| *at >= from);
    at.unwrap_or_else(|| from.plus(Span::days(DAYS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_local_time_is_the_next_one_also_where_clocks_change() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let nine = Minute::at(9, 0).unwrap();
        let of = |from: &str| next(at(from), nine, &[], &berlin);
        assert_eq!(of("2026-03-28T08:00:00Z"), at("2026-03-28T08:00:00Z"));
        assert_eq!(of("2026-03-28T08:00:00.001Z"), at("2026-03-29T07:00:00Z"));
        assert_eq!(of("2026-10-24T07:00:01Z"), at("2026-10-25T08:00:00Z"));
        // 02:30 is skipped on that night: the clock shows 03:30 then.
        let half_past_two = Minute::at(2, 30).unwrap();
        let found = next(at("2026-03-28T12:00:00Z"), half_past_two, &[], &berlin);
        assert_eq!(found, at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn a_weekday_is_waited_for() {
        let utc = Zone::utc();
        let nine = Minute::at(9, 0).unwrap();
        let monday = [Weekday::Monday];
        assert_eq!(
            next(at("2026-03-02T09:00:00Z"), nine, &monday, &utc),
            at("2026-03-02T09:00:00Z")
        );
        assert_eq!(
            next(at("2026-03-02T09:00:01Z"), nine, &monday, &utc),
            at("2026-03-09T09:00:00Z")
        );
    }
}
