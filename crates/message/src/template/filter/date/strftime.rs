//! Patterns of dates: `%Y`, `%-d`, `%^B` and the rest of POSIX and Ruby.

use std::fmt::Write;

use model::Day;

use super::Moment;
use crate::Locale;

/// Columns to which a field can be padded: wider ones are not meant.
const WIDTH_MAX: usize = 64;
/// Patterns inside patterns (`%c` has `%X`): no more than two levels exist.
const DEPTH_MAX: usize = 3;

/// Appends a moment by a pattern. What is no field is copied.
pub(super) fn write(moment: &Moment, pattern: &str, locale: &Locale, out: &mut String) {
    let wall = moment.at.0.saturating_add(moment.offset_s.saturating_mul(1_000));
    let day = Day(wall.div_euclid(86_400_000));
    let (year, month, of_month) = day.civil();
    let ms = wall.rem_euclid(86_400_000);
    let fields = Fields { moment, locale, day, year, month, of_month, ms };
    fields.pattern(pattern, out, DEPTH_MAX);
}

struct Fields<'a> {
    moment: &'a Moment,
    locale: &'a Locale,
    day: Day,
    year: i64,
    month: i64,
    of_month: i64,
    /// Milliseconds of the day.
    ms: i64,
}

/// How a field is padded and cased.
#[derive(Clone, Copy, Default)]
struct Flags {
    /// `-`: not padded. `0`, `_`: with what.
    pad: Option<char>,
    upper: bool,
    swap: bool,
    colons: usize,
    width: Option<usize>,
}

impl Fields<'_> {
    fn pattern(&self, pattern: &str, out: &mut String, depth: usize) {
        let mut rest = pattern;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let (flags, sign, length) = flags(&rest[at..]);
            let whole = &rest[at..at + length];
            rest = &rest[at + length..];
            match sign {
                Some(sign) if depth > 0 => {
                    if !self.field(sign, flags, out, depth) {
                        out.push_str(whole);
                    }
                }
                _ => out.push_str(whole),
            }
        }
        out.push_str(rest);
    }

    /// Appends a field; false if there is no such field.
    fn field(&self, sign: char, flags: Flags, out: &mut String, depth: usize) -> bool {
        let (hour, minute, second) =
            (self.ms / 3_600_000, self.ms / 60_000 % 60, self.ms / 1_000 % 60);
        let hour12 = (hour + 11) % 12 + 1;
        let of_year = self.day.0 - model::time::days_from_civil(self.year, 1, 1) + 1;
        let weekday = self.day.weekday() as i64; // Monday is 0
        let from_sunday = (weekday + 1) % 7;
        let (iso_year, iso_week) = iso_week(self.day);
        let (n, width, pad) = match sign {
            'Y' => (self.year, 4, '0'),
            'C' => (self.year.div_euclid(100), 2, '0'),
            'y' => (self.year.rem_euclid(100), 2, '0'),
            'm' => (self.month, 2, '0'),
            'd' => (self.of_month, 2, '0'),
            'e' => (self.of_month, 2, ' '),
            'j' => (of_year, 3, '0'),
            'H' => (hour, 2, '0'),
            'k' => (hour, 2, ' '),
            'I' => (hour12, 2, '0'),
            'l' => (hour12, 2, ' '),
            'M' => (minute, 2, '0'),
            'S' => (second, 2, '0'),
            's' => (self.moment.at.0.div_euclid(1_000), 1, '0'),
            'u' => (weekday + 1, 1, '0'),
            'w' => (from_sunday, 1, '0'),
            'G' => (iso_year, 4, '0'),
            'g' => (iso_year.rem_euclid(100), 2, '0'),
            'V' => (iso_week, 2, '0'),
            'U' => ((of_year + 6 - from_sunday) / 7, 2, '0'),
            'W' => ((of_year + 6 - weekday) / 7, 2, '0'),
            _ => return self.text(sign, flags, out, depth),
        };
        number(n, width, pad, flags, out);
        true
    }

    fn text(&self, sign: char, flags: Flags, out: &mut String, depth: usize) -> bool {
        let names = self.locale.names();
        let weekday = self.day.weekday() as usize;
        let month = (self.month.clamp(1, 12) - 1) as usize;
        let half = if self.ms < 43_200_000 { names.halves[0] } else { names.halves[1] };
        let mut text = String::new();
        let inner = |pattern: &str, text: &mut String| self.pattern(pattern, text, depth - 1);
        match sign {
            'A' => text.push_str(names.days[weekday]),
            'a' => text.push_str(names.days_short[weekday]),
            'B' => text.push_str(names.months[month]),
            'b' | 'h' => text.push_str(names.months_short[month]),
            'p' if flags.swap => text.push_str(&half.to_lowercase()),
            'p' => text.push_str(half),
            'P' => text.push_str(&half.to_lowercase()),
            'L' => self.fraction(flags.width.unwrap_or(3), &mut text),
            'N' => self.fraction(flags.width.unwrap_or(9), &mut text),
            'z' => offset(self.moment.offset_s, flags.colons, &mut text),
            'Z' => self.zone(&mut text),
            'c' => inner("%a %b %e %H:%M:%S %Y", &mut text),
            'D' | 'x' => inner("%m/%d/%y", &mut text),
            'F' => inner("%Y-%m-%d", &mut text),
            'T' | 'X' => inner("%H:%M:%S", &mut text),
            'R' => inner("%H:%M", &mut text),
            'r' => inner("%I:%M:%S %p", &mut text),
            'v' => inner("%e-%^b-%Y", &mut text),
            '+' => inner("%a %b %e %H:%M:%S %Z %Y", &mut text),
            'q' => text.push_str(ordinal(self.of_month)),
            'n' => text.push('\n'),
            't' => text.push('\t'),
            '%' => text.push('%'),
            _ => return false,
        }
        if flags.upper || (flags.swap && sign != 'p') {
            text = self.locale.upper(&text);
        }
        if let (Some(width), false) = (flags.width, matches!(sign, 'L' | 'N')) {
            let pad = if flags.pad == Some('0') { '0' } else { ' ' };
            out.extend(std::iter::repeat_n(pad, width.saturating_sub(text.chars().count())));
        }
        out.push_str(&text);
        true
    }

    /// Digits of the second after the point.
    fn fraction(&self, digits: usize, out: &mut String) {
        let ms = format!("{:03}", self.ms % 1_000);
        out.extend(ms.chars().chain(std::iter::repeat('0')).take(digits));
    }

    /// The abbreviation of the time zone, or the offset if it has none.
    fn zone(&self, out: &mut String) {
        let info = self.moment.zone.as_ref().and_then(|zone| {
            let zone = jiff::tz::TimeZone::get(zone.name()).ok()?;
            let at = jiff::Timestamp::from_millisecond(self.moment.at.0).ok()?;
            Some(zone.to_offset_info(at).abbreviation().to_owned())
        });
        match info {
            Some(name) => out.push_str(&name),
            None if self.moment.offset_s == 0 => out.push_str("UTC"),
            None => offset(self.moment.offset_s, 0, out),
        }
    }
}

/// Flags and sign of a field, and its length in bytes with the `%`.
fn flags(text: &str) -> (Flags, Option<char>, usize) {
    let mut flags = Flags::default();
    let mut width = 0usize;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            '-' | '_' => flags.pad = Some(c),
            '0' if width == 0 => flags.pad = Some('0'),
            '^' => flags.upper = true,
            '#' => flags.swap = true,
            ':' => flags.colons += 1,
            '0'..='9' => {
                width = (width * 10 + (c as usize - '0' as usize)).min(WIDTH_MAX);
                flags.width = Some(width);
            }
            c => return (flags, Some(c), i + c.len_utf8()),
        }
    }
    (flags, None, text.len())
}

fn number(n: i64, width: usize, pad: char, flags: Flags, out: &mut String) {
    let pad = match flags.pad {
        Some('-') => None,
        Some('_') => Some(' '),
        Some(pad) => Some(pad),
        None => Some(pad),
    };
    let digits = n.unsigned_abs().to_string();
    let width = flags.width.unwrap_or(width);
    if n < 0 {
        out.push('-');
    }
    if let Some(pad) = pad {
        out.extend(std::iter::repeat_n(pad, width.saturating_sub(digits.len())));
    }
    out.push_str(&digits);
}

/// `+0300`, with one colon `+03:00`, with two `+03:00:00`.
fn offset(offset_s: i64, colons: usize, out: &mut String) {
    let sign = if offset_s < 0 { '-' } else { '+' };
    let s = offset_s.abs();
    let colon = if colons > 0 { ":" } else { "" };
    // Writing into a text cannot fail.
    let _ = write!(out, "{sign}{:02}{colon}{:02}", s / 3_600, s / 60 % 60);
    if colons > 1 {
        let _ = write!(out, ":{:02}", s % 60);
    }
}

/// What English writes behind the number of a day: `st` as in 1st.
fn ordinal(day: i64) -> &'static str {
    match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// Year and number of the ISO week: the year that its Thursday lies in.
fn iso_week(day: Day) -> (i64, i64) {
    let thursday = Day(day.start_of_week().0 + 3);
    let (year, ..) = thursday.civil();
    (year, (thursday.0 - model::time::days_from_civil(year, 1, 1)) / 7 + 1)
}
