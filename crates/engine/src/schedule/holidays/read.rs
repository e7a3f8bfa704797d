//! Reads the text file and compiles each country's days.

use std::collections::{BTreeMap, BTreeSet};

use model::{Day, Weekday};

use super::rule::{Church, Shift, When, days};
use super::{Country, Weekdays, YEARS};

/// Days that a substitute may move on before it is given up: a week of holidays does not exist.
const MOVES_MAX: usize = 14;

/// Lines of one country that are read; more is a mistake in the file.
const RULES_MAX: usize = 100;

/// A line that could not be read, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the holidays is not understood: \"{text}\"; its first lines say the form")]
pub(super) struct NotUnderstood {
    line: usize,
    text: String,
}

struct Rule {
    name: u16,
    when: When,
    shift: Shift,
    since: i64,
    only: Vec<i64>,
}

/// Reads all countries.
pub(super) fn read(text: &str) -> Result<Vec<Country>, NotUnderstood> {
    let mut tables: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut countries: Vec<(Country, Vec<Rule>)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let wrong = || NotUnderstood { line: at + 1, text: line.trim().to_string() };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix("table ") {
            let (name, dates) = rest.split_once(' ').ok_or_else(wrong)?;
            let list = tables.entry(name).or_default();
            for date in dates.split_whitespace() {
                list.push(Day::parse(date).ok_or_else(wrong)?.0);
            }
        } else if let Some(rest) = line.strip_prefix("country ") {
            countries.push((country(rest).ok_or_else(wrong)?, Vec::new()));
        } else {
            let (country, rules) = countries.last_mut().ok_or_else(wrong)?;
            let name = country.names.len() as u16;
            let (words, rule) = rule(line, name, &tables).ok_or_else(wrong)?;
            if rules.len() >= RULES_MAX {
                return Err(wrong());
            }
            country.names.push(words);
            rules.push(rule);
        }
    }
    Ok(countries.into_iter().map(|(country, rules)| compile(country, &rules)).collect())
}

/// `US weekend sat-sun`
fn country(rest: &str) -> Option<Country> {
    let mut words = rest.split_whitespace();
    let (code, keyword, weekend) = (words.next()?, words.next()?, words.next()?);
    let (first, last) = weekend.split_once('-')?;
    let weekend = Weekdays::from_to(Weekday::parse(first)?, Weekday::parse(last)?);
    (keyword == "weekend" && code.len() == 2).then(|| Country {
        code: code.to_string(),
        weekend,
        days: Vec::new(),
        names: Vec::new(),
    })
}

/// `NAME | WHEN [| CHANGES]`
fn rule(line: &str, name: u16, tables: &BTreeMap<&str, Vec<i64>>) -> Option<(String, Rule)> {
    let mut fields = line.split('|').map(str::trim);
    let words = fields.next()?.to_string();
    let when = when(fields.next()?, tables)?;
    let mut rule = Rule { name, when, shift: Shift::Stays, since: 0, only: Vec::new() };
    for change in fields.next().unwrap_or("").split(',').map(str::trim).filter(|c| !c.is_empty()) {
        match change {
            "nearest" => rule.shift = Shift::Nearest,
            "next" => rule.shift = Shift::Next,
            "sunday next" => rule.shift = Shift::SundayNext,
            "sunday before" => rule.shift = Shift::SundayBefore,
            _ => match change.split_once(' ')? {
                ("since", year) => rule.since = year.parse().ok()?,
                ("only", years) => {
                    let years = years.split_whitespace().map(|year| year.parse().ok());
                    rule.only = years.collect::<Option<_>>()?;
                }
                _ => return None,
            },
        }
    }
    Some((words, rule))
}

fn when(text: &str, tables: &BTreeMap<&str, Vec<i64>>) -> Option<When> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["easter", after] => Some(When::Easter(Church::Western, after.parse().ok()?)),
        ["orthodox", after] => Some(When::Easter(Church::Orthodox, after.parse().ok()?)),
        ["table", name, after] => {
            let (first, last) = after.split_once("..").unwrap_or((after, after));
            let list = tables.get(name)?.clone();
            Some(When::Table(list, first.parse().ok()?, last.parse().ok()?))
        }
        [nth, weekday, month] => {
            let nth = ["last", "1st", "2nd", "3rd", "4th"].iter().position(|word| word == nth)?;
            Some(When::Nth(nth as i64, Weekday::parse(weekday)?, month_named(month)?))
        }
        [date] => {
            let (month, day) = date.split_once('-')?;
            let (month, day): (i64, i64) = (month.parse().ok()?, day.parse().ok()?);
            let right = (1..=12).contains(&month) && (1..=31).contains(&day);
            right.then_some(When::Fixed(month, day))
        }
        _ => None,
    }
}

fn month_named(name: &str) -> Option<i64> {
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    NAMES.iter().position(|month| *month == name).map(|at| at as i64 + 1)
}

/// All days of all years: first the holidays themselves, then what they free beside them.
fn compile(mut country: Country, rules: &[Rule]) -> Country {
    let mut taken: BTreeSet<(i64, u16)> = BTreeSet::new();
    let mut beside: Vec<(i64, &Rule)> = Vec::new();
    for year in YEARS {
        for rule in rules {
            if year < rule.since || !(rule.only.is_empty() || rule.only.contains(&year)) {
                continue;
            }
            for day in days(&rule.when, year) {
                let sunday = Day(day).weekday() == Weekday::Sunday;
                let moved = rule.shift == Shift::SundayBefore && sunday;
                let day = if moved { day - 1 } else { day };
                taken.insert((day, rule.name));
                beside.push((day, rule));
            }
        }
    }
    beside.sort_by_key(|(day, _)| *day);
    for (day, rule) in beside {
        if let Some(free) = substitute(day, rule.shift, country.weekend, &taken) {
            taken.insert((free, rule.name));
        }
    }
    country.days = taken.into_iter().collect();
    country
}

/// The other day that is free because a holiday is on a weekend.
fn substitute(
    day: i64,
    shift: Shift,
    weekend: Weekdays,
    taken: &BTreeSet<(i64, u16)>,
) -> Option<i64> {
    let weekday = Day(day).weekday();
    let holiday = |day: i64| taken.range((day, 0)..=(day, u16::MAX)).next().is_some();
    let moves = match shift {
        Shift::Stays | Shift::SundayBefore => false,
        Shift::Nearest => {
            return match weekday {
                Weekday::Saturday => Some(day - 1),
                Weekday::Sunday => Some(day + 1),
                _ => None,
            }
            .filter(|day| !holiday(*day));
        }
        Shift::Next => weekend.has(weekday),
        Shift::SundayNext => weekday == Weekday::Sunday,
    };
    let free = |day: &i64| !holiday(*day) && !weekend.has(Day(*day).weekday());
    moves.then(|| (day + 1..).take(MOVES_MAX).find(free)).flatten()
}
