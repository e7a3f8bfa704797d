//! Public holidays and weekends by country.
//!
//! The data is the text file beside this one, which also says how it is written and what it leaves
//! out (regions, bridge days, moons that are looked for). It is read once and compiled into sorted
//! lists of days, for the years [`YEARS`]; outside them no day is a holiday.

mod read;
mod rule;

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use model::{Day, Weekday};

/// Years for which holidays are computed. Dates from tables (the Islamic and other moons) are known
/// for 2024 to 2035 only.
pub const YEARS: RangeInclusive<i64> = 2020..=2050;

/// The data itself.
const TEXT: &str = include_str!("holidays.txt");

/// Some weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

/// One country: its weekend and its public holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2 code in upper case.
    pub code: String,
    /// The days on which most people do not work.
    pub weekend: Weekdays,
    /// Day and index into `names`, sorted; a day that has two names is there twice.
    days: Vec<(i64, u16)>,
    names: Vec<String>,
}

impl Weekdays {
    /// No day.
    pub const NONE: Weekdays = Weekdays(0);
    /// All seven.
    pub const ALL: Weekdays = Weekdays(0x7f);
    /// Saturday and Sunday.
    pub const SATURDAY_SUNDAY: Weekdays = Weekdays(0x60);

    /// The set of a list.
    pub fn of(days: &[Weekday]) -> Weekdays {
        Weekdays(days.iter().fold(0, |set, day| set | 1 << *day as u8))
    }

    /// From the first to the last, both included, over the end of the week if need be.
    pub fn from_to(first: Weekday, last: Weekday) -> Weekdays {
        let n = (last as u8 + 7 - first as u8) % 7;
        Weekdays((0..=n).fold(0, |set, i| set | 1 << ((first as u8 + i) % 7)))
    }

    /// Whether a weekday is in it.
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> day as u8 & 1 == 1
    }

    /// The days that are in either.
    pub fn and(self, other: Weekdays) -> Weekdays {
        Weekdays(self.0 | other.0)
    }

    /// All days that are not in it.
    pub fn others(self) -> Weekdays {
        Weekdays(!self.0 & 0x7f)
    }
}

impl Country {
    /// The name of the public holiday on a day, in the country's own language; of several the first
    /// in the order of the file.
    pub fn holiday(&self, day: Day) -> Option<&str> {
        let at = self.days.partition_point(|(other, _)| *other < day.0);
        self.days
            .get(at)
            .filter(|(found, _)| *found == day.0)
            .and_then(|(_, name)| self.name(*name))
    }

    /// All holidays of a year, in order; a day with two names comes twice.
    pub fn year(&self, year: i64) -> impl Iterator<Item = (Day, &str)> {
        let days = self.days.iter().map(|(day, name)| (Day(*day), *name));
        days.filter(move |(day, _)| day.civil().0 == year)
            .filter_map(|(day, name)| self.name(name).map(|name| (day, name)))
    }

    /// The names of all its holidays.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The days of one holiday, also those that are free because it is on a weekend; none if the
    /// country has no holiday of that name. With them as own dates, a calendar follows named
    /// holidays only.
    pub fn named(&self, name: &str) -> impl Iterator<Item = Day> {
        let number = self.names.iter().position(|known| known == name);
        let days = self.days.iter().filter(move |(_, of)| Some(usize::from(*of)) == number);
        days.map(|(day, _)| Day(*day))
    }

    fn name(&self, number: u16) -> Option<&str> {
        self.names.get(usize::from(number)).map(String::as_str)
    }
}

/// The country of an ISO 3166-1 alpha-2 code, in any case; `None` if nothing is known of it.
pub fn country(code: &str) -> Option<&'static Country> {
    static COUNTRIES: LazyLock<Vec<Country>> =
        LazyLock::new(|| read::read(TEXT).unwrap_or_default());
    COUNTRIES.iter().find(|country| country.code.eq_ignore_ascii_case(code))
}

/// The weekend of a country; Saturday and Sunday where nothing else is known.
pub fn weekend(code: Option<&str>) -> Weekdays {
    code.and_then(country).map_or(Weekdays::SATURDAY_SUNDAY, |country| country.weekend)
}

#[cfg(test)]
mod tests;
