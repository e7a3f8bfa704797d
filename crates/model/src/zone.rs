//! Local calendars: what a day, a week, a month and an hour are in a time zone.
//!
//! The rules come from a database bundled with the program, so that the same question has the same
//! answer on every machine. All conversions are total: a local time that a daylight-saving change
//! skips is moved forward by the length of the gap; one that happens twice means the first.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::{civil_from_days, days_from_civil};
use crate::{Span, Timestamp};

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A day of the local calendar: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

/// A day of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// The English name in lower case.
    pub fn name(self) -> &'static str {
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
            [self as usize]
    }

    /// Reads an English name, whole or its first three letters, in any case.
    pub fn parse(text: &str) -> Option<Weekday> {
        let text = text.to_ascii_lowercase();
        Weekday::ALL.into_iter().find(|day| text == day.name() || text == day.name()[..3])
    }
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    /// The zone of an IANA name such as `Europe/Istanbul`; `None` if there is no such zone.
    pub fn named(name: &str) -> Option<Zone> {
        if name.eq_ignore_ascii_case("utc") {
            return Some(Zone::utc());
        }
        TimeZone::get(name).ok().map(Zone)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The local calendar day and the millisecond within the local wall clock's day.
    pub fn local(&self, at: Timestamp) -> (Day, i64) {
        let offset_s = match jiff::Timestamp::from_millisecond(at.0) {
            Ok(t) => i64::from(self.0.to_offset(t).seconds()),
            Err(_) => 0,
        };
        let wall = at.0 + offset_s * 1_000;
        (Day(wall.div_euclid(86_400_000)), wall.rem_euclid(86_400_000))
    }

    /// The local calendar day.
    pub fn day(&self, at: Timestamp) -> Day {
        self.local(at).0
    }

    /// The minute of the local wall clock's day, 0..1440.
    pub fn minute_of_day(&self, at: Timestamp) -> i64 {
        self.local(at).1 / 60_000
    }

    /// The first instant of a local calendar day.
    pub fn start_of_day(&self, day: Day) -> Timestamp {
        let midnight = Timestamp(day.0 * 86_400_000);
        let (year, month, of_month) = civil_from_days(day.0);
        let date =
            i16::try_from(year).ok().and_then(|y| Date::new(y, month as i8, of_month as i8).ok());
        match date.and_then(|d| self.0.to_timestamp(d.at(0, 0, 0, 0)).ok()) {
            Some(t) => Timestamp(t.as_millisecond()),
            None => midnight,
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Day {
    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        Weekday::ALL[(self.0 + 3).rem_euclid(7) as usize]
    }

    /// The Monday of its week.
    pub fn start_of_week(self) -> Day {
        Day(self.0 - (self.0 + 3).rem_euclid(7))
    }

    /// The first day of its month.
    pub fn start_of_month(self) -> Day {
        let (year, month, _) = civil_from_days(self.0);
        Day(days_from_civil(year, month, 1))
    }

    /// The first day of the month `n` months after its month (before, if negative).
    pub fn month_plus(self, n: i64) -> Day {
        let (year, month, _) = civil_from_days(self.0);
        let months = year * 12 + month - 1 + n;
        Day(days_from_civil(months.div_euclid(12), months.rem_euclid(12) + 1, 1))
    }

    /// Year, month (1..=12) and day of the month (1..=31).
    pub fn civil(self) -> (i64, i64, i64) {
        civil_from_days(self.0)
    }

    /// Reads `2026-03-01`.
    pub fn parse(text: &str) -> Option<Day> {
        let at = (text.len() == 10).then(|| Timestamp::parse(text).ok()).flatten()?;
        Some(Day(at.0.div_euclid(Span::DAY.0)))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn days_follow_daylight_saving() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let day = Day::parse("2026-03-29").unwrap(); // 23 hours long
        assert_eq!(berlin.start_of_day(day), at("2026-03-28T23:00:00Z"));
        assert_eq!(berlin.start_of_day(Day(day.0 + 1)), at("2026-03-29T22:00:00Z"));
        assert_eq!(berlin.day(at("2026-03-29T21:59:59.999Z")), day);
        assert_eq!(berlin.minute_of_day(at("2026-03-29T01:00:00Z")), 180);
    }

    #[test]
    fn a_skipped_midnight_starts_the_day_after_the_gap() {
        let beirut = Zone::named("Asia/Beirut").unwrap(); // clocks jump at 00:00
        let day = Day::parse("2024-03-31").unwrap();
        assert_eq!(beirut.start_of_day(day), at("2024-03-30T22:00:00Z"));
        assert_eq!(beirut.day(at("2024-03-30T22:00:00Z")), day);
    }

    #[test]
    fn weeks_start_on_monday_and_months_on_the_first() {
        let day = Day::parse("2026-11-25").unwrap();
        assert_eq!(day.weekday(), Weekday::Wednesday);
        assert_eq!(day.start_of_week().to_string(), "2026-11-23");
        assert_eq!(day.start_of_month().to_string(), "2026-11-01");
        assert_eq!(day.month_plus(-11).to_string(), "2025-12-01");
        assert_eq!(Day::parse("1969-12-31").unwrap().weekday(), Weekday::Wednesday);
    }

    #[test]
    fn unknown_zones_are_refused() {
        assert_eq!(Zone::named("Mars/Olympus"), None);
        assert_eq!(Zone::named("utc").unwrap().name(), "UTC");
    }
}
