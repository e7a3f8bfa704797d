//! Instants and lengths of time. Both count whole milliseconds; instants are UTC.
//!
//! Nothing here asks the clock: instants come in with records, questions and timers.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A length of time in milliseconds. `d` is 24 hours and `w` is 7 `d`, whatever the calendar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

/// What could not be read as a time, and how to write it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is not an instant.
    #[error("\"{0}\" is not an instant; write it like 2026-03-01T09:00:00Z or 2026-03-01")]
    Instant(String),
    /// The text is not a length of time.
    #[error("\"{0}\" is not a duration; write a whole number and a unit: ms, s, m, h, d or w")]
    Span(String),
}

impl Timestamp {
    /// The earliest instant that any part of the system accepts: 0001-01-01T00:00:00Z.
    pub const MIN: Timestamp = Timestamp(-62_135_596_800_000);
    /// The latest instant that any part of the system accepts: 9999-12-31T00:00:00Z.
    pub const MAX: Timestamp = Timestamp(253_402_214_400_000);

    /// Reads an RFC 3339 instant, or a date and time without zone (taken as UTC), or a plain date
    /// (its midnight in UTC). A blank or a `T` separates date and time.
    pub fn parse(text: &str) -> Result<Timestamp, TimeError> {
        parse_instant(text.as_bytes()).ok_or_else(|| TimeError::Instant(clip(text)))
    }

    /// The instant moved by `span`, held inside [`Timestamp::MIN`] and [`Timestamp::MAX`].
    pub fn plus(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0)).clamp(Self::MIN, Self::MAX)
    }

    /// The instant moved back by `span`, held inside the same bounds.
    pub fn minus(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0)).clamp(Self::MIN, Self::MAX)
    }
}

impl Span {
    /// One second.
    pub const SECOND: Span = Span(1_000);
    /// One minute.
    pub const MINUTE: Span = Span(60_000);
    /// One hour.
    pub const HOUR: Span = Span(3_600_000);
    /// 24 hours.
    pub const DAY: Span = Span(86_400_000);
    /// The longest span that any part of the system accepts: 100 years of 365 days.
    pub const MAX: Span = Span(100 * 365 * 86_400_000);

    /// `n` times 24 hours.
    pub const fn days(n: i64) -> Span {
        Span(n * 86_400_000)
    }

    /// Reads a whole number and a unit, as in `30d`; the units are `ms s m h d w`.
    pub fn parse(text: &str) -> Result<Span, TimeError> {
        let wrong = || TimeError::Span(clip(text));
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let n: i64 = text[..digits].parse().map_err(|_| wrong())?;
        let unit = match &text[digits..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(wrong()),
        };
        let span = n.checked_mul(unit).map(Span).filter(|s| *s <= Span::MAX);
        span.ok_or_else(wrong)
    }
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        self.plus(span)
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Span) -> Timestamp {
        self.minus(span)
    }
}

impl Sub<Timestamp> for Timestamp {
    type Output = Span;
    fn sub(self, other: Timestamp) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Timestamp, TimeError> {
        Timestamp::parse(text)
    }
}

impl FromStr for Span {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Span, TimeError> {
        Span::parse(text)
    }
}

/// RFC 3339 in UTC with milliseconds, as in `2026-03-01T09:00:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil_from_days(days);
        let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
    }
}

/// The largest unit that divides the span, as in `30d`, `90m` or `1500ms`; weeks print as days.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        match units.into_iter().find(|(unit, _)| self.0 % unit == 0 && self.0 != 0) {
            Some((unit, name)) => write!(f, "{}{}", self.0 / unit, name),
            None => write!(f, "{}ms", self.0),
        }
    }
}

/// Days since 1970-01-01 of a civil date in the proleptic Gregorian calendar.
/// Formula: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// Year, month (1..=12) and day (1..=31) of a number of days since 1970-01-01.
/// Formula: Howard Hinnant, as above, civil_from_days.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

fn parse_instant(b: &[u8]) -> Option<Timestamp> {
    if b.len() < 10 || b.len() > 40 || b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&b[..4])?, number(&b[5..7])?, number(&b[8..10])?);
    if year < 1 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    if civil_from_days(days) != (year, month, day) {
        return None;
    }
    let rest = &b[10..];
    if rest.is_empty() {
        return Some(Timestamp(days * 86_400_000));
    }
    if !matches!(rest[0], b'T' | b't' | b' ') || rest.len() < 6 || rest[3] != b':' {
        return None;
    }
    let (hour, minute) = (number(&rest[1..3])?, number(&rest[4..6])?);
    let (second, ms, zone) = parse_seconds(&rest[6..])?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset_ms = parse_offset(zone)?;
    let of_day = hour * 3_600_000 + minute * 60_000 + second.min(59) * 1_000 + ms;
    Some(Timestamp(days * 86_400_000 + of_day - offset_ms))
        .filter(|t| (Timestamp::MIN..=Timestamp::MAX).contains(t))
}

/// Seconds, milliseconds (further digits are cut) and what follows them.
fn parse_seconds(b: &[u8]) -> Option<(i64, i64, &[u8])> {
    if b.first() != Some(&b':') {
        return Some((0, 0, b));
    }
    let second = number(b.get(1..3)?)?;
    let rest = &b[3..];
    if rest.first() != Some(&b'.') {
        return Some((second, 0, rest));
    }
    let digits = rest[1..].iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let mut ms = 0;
    for i in 0..3 {
        ms = ms * 10 + if i < digits { i64::from(rest[1 + i] - b'0') } else { 0 };
    }
    Some((second, ms, &rest[1 + digits..]))
}

fn parse_offset(b: &[u8]) -> Option<i64> {
    match b {
        [] | [b'Z'] | [b'z'] => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (h, m) = match rest {
                [a, b, b':', c, d] | [a, b, c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
                [a, b] => (number(&[*a, *b])?, 0),
                _ => return None,
            };
            let ms = h * 3_600_000 + m * 60_000;
            (h <= 23 && m <= 59).then_some(if *sign == b'-' { -ms } else { ms })
        }
        _ => None,
    }
}

fn number(b: &[u8]) -> Option<i64> {
    b.iter().try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
}

/// At most 60 characters of a text from outside, for an error message.
fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests;
