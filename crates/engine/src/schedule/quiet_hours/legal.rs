//! Hours that the law of a country closes for marketing: data with its sources, and no legal advice.
//!
//! The data is the text file beside this one, which says what it covers. Messages that the law does
//! not mean (a receipt, a code for a log-in) are asked without these layers.

use std::sync::LazyLock;

use model::Weekday;

use super::hours::{Days, Hours, Window};
use crate::schedule::channel::{Channel, Channels};
use crate::schedule::holidays::Weekdays;
use crate::schedule::local::Minute;

const TEXT: &str = include_str!("legal.txt");

/// One rule of a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// ISO 3166-1 alpha-2 code in upper case.
    pub country: String,
    /// The hours that it closes.
    pub hours: Hours,
    /// Where it stands, in words that can be shown.
    pub source: String,
}

/// One line of the file.
struct Line<'a> {
    country: &'a str,
    channels: Channels,
    sense: &'a str,
    window: Window,
    source: &'a str,
}

/// The rules of a country, by its code in any case; none where we know of none.
pub fn rules(country: &str) -> impl Iterator<Item = &'static Rule> {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| read(TEXT).unwrap_or_default());
    RULES.iter().filter(move |rule| rule.country.eq_ignore_ascii_case(country))
}

/// All rules; `Err` has the number of the line that is not understood.
fn read(text: &str) -> Result<Vec<Rule>, usize> {
    let mut lines = Vec::new();
    for (at, text) in text.lines().enumerate() {
        if !(text.trim().is_empty() || text.starts_with('#')) {
            lines.push((at + 1, line(text).ok_or(at + 1)?));
        }
    }
    let mut rules = Vec::new();
    for group in lines.chunk_by(|(_, a), (_, b)| a.continues(b)) {
        let (at, first) = &group[0];
        let windows = group.iter().map(|(_, line)| line.window).collect();
        let hours = match first.sense {
            "quiet" => Hours::quiet(first.channels, windows),
            _ => Hours::only(first.channels, windows),
        };
        let (country, source) = (first.country.to_string(), first.source.to_string());
        rules.push(Rule { country, hours: hours.ok_or(*at)?, source });
    }
    Ok(rules)
}

impl Line<'_> {
    fn continues(&self, next: &Line<'_>) -> bool {
        let same = |line: &Line<'_>| line.sense == "only";
        self.country == next.country
            && self.channels == next.channels
            && self.source == next.source
            && same(self)
            && same(next)
    }
}

fn line(text: &str) -> Option<Line<'_>> {
    let fields: Vec<&str> = text.split('|').map(str::trim).collect();
    let [country, channels, sense @ ("quiet" | "only"), days, hours, source] = fields[..] else {
        return None;
    };
    let channels: Option<Vec<Channel>> = channels.split_whitespace().map(Channel::parse).collect();
    let (from, to) = hours.split_once('-')?;
    let window =
        Window { days: read_days(days)?, from: Minute::parse(from)?, to: Minute::parse(to)? };
    Some(Line { country, channels: Channels::of(&channels?), sense, window, source })
}

fn read_days(text: &str) -> Option<Days> {
    let mut days = Days { weekdays: Weekdays::NONE, holidays: false };
    for word in text.split_whitespace() {
        if word == "holidays" {
            days.holidays = true;
            continue;
        }
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let range = Weekdays::from_to(Weekday::parse(first)?, Weekday::parse(last)?);
        days.weekdays = days.weekdays.and(range);
    }
    Some(days)
}

#[cfg(test)]
mod tests;
