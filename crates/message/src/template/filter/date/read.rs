//! Instants out of texts and numbers.
//!
//! A text without a time zone is a wall clock's: it means the zone it is written out in, so that a
//! birthday keeps its day everywhere.

use model::{Timestamp, Zone};

use crate::Value;

/// Bytes of a text that can be an instant.
const BYTES_MAX: usize = 64;
/// From so many seconds on a number counts milliseconds: as seconds it would lie after the year
/// 5000.
const SECONDS_MAX: i64 = 100_000_000_000;

/// The instant that a value means, if it means one.
pub(super) fn instant(value: &Value, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
    match value {
        Value::Time(at) | Value::Zoned(at, _) => inside(*at),
        Value::Int(n) => epoch(*n),
        Value::Float(x) if x.abs() < SECONDS_MAX as f64 => inside(Timestamp((x * 1e3) as i64)),
        Value::Float(x) => epoch(*x as i64),
        Value::Text(text) | Value::Markup(text) => of_text(text.trim(), now, zone),
        _ => None,
    }
}

fn epoch(n: i64) -> Option<Timestamp> {
    let ms = if n.unsigned_abs() < SECONDS_MAX.unsigned_abs() { n.checked_mul(1_000)? } else { n };
    inside(Timestamp(ms))
}

fn inside(at: Timestamp) -> Option<Timestamp> {
    (Timestamp::MIN..=Timestamp::MAX).contains(&at).then_some(at)
}

fn of_text(text: &str, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
    if text.is_empty() || text.len() > BYTES_MAX {
        return None;
    }
    if ["now", "today"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(now);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().and_then(epoch);
    }
    if let Some(at) = iso(text, zone) {
        return Some(at);
    }
    spelled(text, zone)
}

/// `2026-03-01`, `2026-03-01T09:00:00Z`, `2026-03-01 09:00:00 +0300`.
fn iso(text: &str, zone: &Zone) -> Option<Timestamp> {
    let joined;
    let text = match text.rsplit_once(' ') {
        Some((rest, tail)) if tail == "UTC" || tail == "GMT" => {
            joined = format!("{rest}Z");
            &joined
        }
        Some((rest, tail)) if tail.starts_with(['+', '-']) => {
            joined = format!("{rest}{tail}");
            &joined
        }
        _ => text,
    };
    let at = Timestamp::parse(text).ok()?;
    let time = text.get(10..).unwrap_or("");
    let zoned = time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
    if zoned { Some(at) } else { inside(wall(at.0, zone)) }
}

/// The instant at which the clocks of a zone show so many milliseconds since 1970.
fn wall(ms: i64, zone: &Zone) -> Timestamp {
    let offset = |at: i64| {
        let (day, of_day) = zone.local(Timestamp(at));
        day.0.saturating_mul(86_400_000).saturating_add(of_day).saturating_sub(at)
    };
    let near = ms.saturating_sub(offset(ms));
    Timestamp(ms.saturating_sub(offset(near)))
}

/// `March 14, 2016`, `14 Mar 2016 10:05 PM`, `Fri, 20 Nov 2026 10:00:00 GMT`, `2016/03/14`,
/// `03/14/2016`, `14.03.2016`.
fn spelled(text: &str, zone: &Zone) -> Option<Timestamp> {
    let mut found = Spelled::default();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        found.word(word)?;
    }
    let (year, month, day) = (found.year?, found.month?, found.day.unwrap_or(1));
    let date = Timestamp::parse(&format!("{year:04}-{month:02}-{day:02}")).ok()?;
    let mut of_day = found.clock_ms.unwrap_or(0);
    const HALF_DAY: i64 = 43_200_000;
    match found.afternoon {
        Some(true) if of_day < HALF_DAY => of_day += HALF_DAY,
        Some(false) if of_day >= HALF_DAY => of_day -= HALF_DAY,
        _ => {}
    }
    let ms = date.0 + of_day;
    match found.offset_ms {
        Some(offset) => inside(Timestamp(ms - offset)),
        None => inside(wall(ms, zone)),
    }
}

#[derive(Default)]
struct Spelled {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    clock_ms: Option<i64>,
    afternoon: Option<bool>,
    offset_ms: Option<i64>,
}

impl Spelled {
    /// Takes one word; `None` if it is not part of an instant.
    fn word(&mut self, word: &str) -> Option<()> {
        let lower = word.to_ascii_lowercase();
        if lower.contains(':') && lower.starts_with(|c: char| c.is_ascii_digit()) {
            return self.clock(&lower);
        }
        if let Some(month) = month(&lower) {
            self.month = Some(month);
            return Some(());
        }
        if weekday(&lower) {
            return Some(());
        }
        match lower.as_str() {
            "am" | "a.m." => self.afternoon = Some(false),
            "pm" | "p.m." => self.afternoon = Some(true),
            "utc" | "gmt" | "z" => self.offset_ms = Some(0),
            "at" | "of" => {}
            _ if lower.starts_with(['+', '-']) && self.clock_ms.is_some() => {
                let zoned = Timestamp::parse(&format!("1970-01-01T00:00{lower}")).ok()?;
                self.offset_ms = Some(-zoned.0);
            }
            _ => return self.number(&lower),
        }
        Some(())
    }

    fn clock(&mut self, word: &str) -> Option<()> {
        let bare = word.trim_end_matches(['a', 'p', 'm']);
        match &word[bare.len()..] {
            "am" => self.afternoon = Some(false),
            "pm" => self.afternoon = Some(true),
            "" => {}
            _ => return None,
        }
        let padded = if bare.find(':') == Some(1) { format!("0{bare}") } else { bare.to_owned() };
        self.clock_ms = Some(Timestamp::parse(&format!("1970-01-01T{padded}")).ok()?.0);
        Some(())
    }

    fn number(&mut self, word: &str) -> Option<()> {
        let parts: Vec<&str> = word.split(['/', '.', '-']).collect();
        if let [a, b, c] = parts[..] {
            let (a_n, b_n, c_n) = (small(a)?, small(b)?, small(c)?);
            let (year, month, day) = match word.contains('/') {
                _ if a.len() == 4 => (a_n, b_n, c_n),
                // With strokes the month comes first, with dots the day.
                true => (c_n, a_n, b_n),
                false => (c_n, b_n, a_n),
            };
            (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
            return Some(());
        }
        let bare = ["st", "nd", "rd", "th", "."].iter().find_map(|end| word.strip_suffix(end));
        let n = small(bare.unwrap_or(word))?;
        if word.len() == 4 {
            self.year = Some(n);
        } else if self.day.is_none() {
            self.day = Some(n);
        } else {
            return None;
        }
        Some(())
    }
}

fn small(word: &str) -> Option<i64> {
    let digits = (1..=4).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| word.parse().ok()).flatten()
}

fn month(word: &str) -> Option<i64> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = NAMES.iter().position(|name| begins(word, name))?;
    i64::try_from(at + 1).ok()
}

fn weekday(word: &str) -> bool {
    const NAMES: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    NAMES.iter().any(|name| begins(word, name))
}

/// Whether a word is a name or its first three letters or more.
fn begins(word: &str, name: &str) -> bool {
    let word = word.trim_end_matches('.');
    word.len() >= 3 && name.starts_with(word)
}
