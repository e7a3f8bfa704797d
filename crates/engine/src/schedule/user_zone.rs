//! A local hour for everybody: the same wall-clock time on the same calendar day, each in the zone of
//! the person.
//!
//! The day reaches the first people 14 hours before it begins in UTC and leaves the last 12 hours
//! after it ends there. Whoever's time has already passed when the campaign starts is left out, or
//! gets it at that time of the next day.

use model::{Day, Span, Timestamp, Zone};

use super::local::{Minute, instant};

/// What happens to people whose time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// They do not get it.
    Drop,
    /// They get it at the same time of the next day that has not passed.
    NextDay,
}

/// When one person is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At this instant, at or after the start.
    At(Timestamp),
    /// Not at all, the time had passed.
    Passed,
}

/// When a person of a zone is due, in a campaign of a day and a local time that starts at `started`.
///
/// A time that is exactly `started` has not passed. A time that a change of clocks skips is moved
/// forward by the length of the gap; one that happens twice means the first.
pub fn due(day: Day, at: Minute, zone: &Zone, started: Timestamp, passed: Passed) -> Due {
    let planned = instant(zone, day, at);
    if planned >= started {
        return Due::At(planned);
    }
    if passed == Passed::Drop {
        return Due::Passed;
    }
    // The time may be today's or tomorrow's; a skipped calendar day needs one more.
    let today = zone.day(started);
    let next = (0..=2).map(|days| instant(zone, Day(today.0 + days), at)).find(|at| *at >= started);
    assert!(next.is_none_or(|at| at > planned), "a later day is later");
    next.map_or(Due::Passed, Due::At)
}

/// The first and the last instant at which anybody on earth can be due for a day and a local time:
/// from UTC+14 to UTC−12, with an hour more for times that a change of clocks moves.
pub fn span(day: Day, at: Minute) -> (Timestamp, Timestamp) {
    let wall = instant(&Zone::utc(), day, at);
    (wall.minus(Span(14 * Span::HOUR.0)), wall.plus(Span(13 * Span::HOUR.0)))
}

#[cfg(test)]
mod tests;
