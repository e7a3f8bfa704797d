//! When a campaign is due: on single dates or again and again, with an end, exceptions and rules for
//! weekends and public holidays.
//!
//! A calendar is written in local time and asked with a zone: the workspace's, or each person's. A
//! day on which it must not run is skipped, not made up for. A local time that a change of clocks
//! skips runs later by the length of the gap, one that happens twice runs once, the first time; two
//! times that fall on the same instant run once.

mod check;
mod occurrences;
mod pattern;

pub use check::CalendarError;
pub use occurrences::Occurrences;
pub use pattern::{MonthDay, Pattern};

use model::{Day, Timestamp, Weekday, Zone};

use super::holidays::{self, Weekdays};

/// Dates that one calendar lists: a date a day for more than two years.
pub const DATES_MAX: usize = 1_000;

/// Local times on one day: every half hour.
pub const TIMES_MAX: usize = 48;

/// Times that a calendar runs at most, if it ends after a number of them. All of them are counted
/// from the start each time it is asked.
pub const RUNS_MAX: u32 = 10_000;

/// Units of a pattern's distance: every 1,000 hours, days, weeks or months.
pub const EVERY_MAX: u16 = 1_000;

/// A plan of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// On which days and at which times.
    pub pattern: Pattern,
    /// The first local day on which it may run; "every n" counts from it.
    pub start: Day,
    /// When it is over.
    pub end: End,
    /// Local days on which it does not run.
    pub except: Vec<Day>,
    /// What it does on weekends and holidays.
    pub days: DayRules,
}

/// When a calendar is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Not before the horizon of the search, 40 years after it is asked.
    Never,
    /// After this local day, which still counts.
    On(Day),
    /// After so many runs, 1 to [`RUNS_MAX`]; days that are skipped do not count.
    After(u32),
}

/// Whether it runs on some kind of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sense {
    /// As on any other day.
    #[default]
    Any,
    /// Only on such days. If both weekends and holidays say so, either is enough.
    Only,
    /// Never on such days; stronger than any "only".
    Never,
}

/// Rules for weekends and public holidays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayRules {
    /// Weekends of the country (Saturday and Sunday without a country).
    pub weekends: Sense,
    /// Public holidays of the country, and the own dates.
    pub holidays: Sense,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// Dates that are holidays too, whatever the country says.
    pub own: Vec<Day>,
}

impl Calendar {
    /// A single run.
    pub fn once(day: Day, at: super::Minute) -> Calendar {
        Calendar {
            pattern: Pattern::Dates(vec![(day, at)]),
            start: day,
            end: End::Never,
            except: Vec::new(),
            days: DayRules::default(),
        }
    }

    /// The first run after an instant (not at it), `None` if it is over.
    ///
    /// Cost: a few nanoseconds per day passed over; with [`End::After`], per day since the start.
    pub fn next_after(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let mut runs = match self.end {
            End::After(_) => self.occurrences(zone),
            End::Never | End::On(_) => Occurrences::from(self, zone, zone.day(after)),
        };
        let next = runs.find(|at| *at > after);
        assert!(next.is_none_or(|at| at > after), "a run is after the instant that was asked for");
        next
    }

    /// All runs in order, at most [`RUNS_MAX`].
    pub fn occurrences<'a>(&'a self, zone: &'a Zone) -> Occurrences<'a> {
        Occurrences::from(self, zone, self.start)
    }

    /// What is wrong with it, and how to mend it. Asked all the same, a wrong calendar answers
    /// something, without panic: a distance of 0 counts as 1, what is impossible never is.
    pub fn check(&self) -> Result<(), CalendarError> {
        check::check(self)
    }

    /// Whether it may run on a local day at all.
    fn allows(&self, day: Day) -> bool {
        let inside = day >= self.start && !matches!(self.end, End::On(last) if day > last);
        inside && !self.except.contains(&day) && self.days.allow(day)
    }
}

impl DayRules {
    /// Whether these rules let something happen on a local day.
    pub fn allow(&self, day: Day) -> bool {
        if self.weekends == Sense::Any && self.holidays == Sense::Any {
            return true;
        }
        let weekend = self.weekend().has(day.weekday());
        let holiday = self.holiday(day);
        let never =
            self.weekends == Sense::Never && weekend || self.holidays == Sense::Never && holiday;
        let only = match (self.weekends == Sense::Only, self.holidays == Sense::Only) {
            (false, false) => true,
            (weekends, holidays) => weekends && weekend || holidays && holiday,
        };
        only && !never
    }

    fn weekend(&self) -> Weekdays {
        holidays::weekend(self.country.as_deref())
    }

    fn holiday(&self, day: Day) -> bool {
        let country = self.country.as_deref().and_then(holidays::country);
        self.own.contains(&day) || country.is_some_and(|country| country.holiday(day).is_some())
    }
}

/// Monday of the week of a day, for patterns that count weeks.
fn week(day: Day) -> i64 {
    debug_assert!(day.start_of_week().weekday() == Weekday::Monday);
    day.start_of_week().0.div_euclid(7)
}

#[cfg(test)]
mod tests;
