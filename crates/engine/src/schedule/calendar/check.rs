//! What can be wrong with a calendar.

use super::{Calendar, DATES_MAX, EVERY_MAX, End, MonthDay, Pattern, RUNS_MAX, TIMES_MAX};
use crate::schedule::holidays::{self, Weekdays};
use crate::schedule::local::Minute;

/// What is wrong with a calendar, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No dates, or too many; also of exceptions and own holidays.
    #[error("{0} {1}; write up to {DATES_MAX}, and at least one date to run on")]
    Dates(usize, &'static str),
    /// No times of day, or too many.
    #[error("{0} times of day; write 1 to {TIMES_MAX}")]
    Times(usize),
    /// The end of a day is not a time on it.
    #[error("24:00 is no time to run at; write 00:00 of the next day")]
    Midnight,
    /// A distance out of range.
    #[error("every {0}; write every 1 to every {EVERY_MAX}")]
    Every(u16),
    /// No days of the week or month to run on.
    #[error("no day of the week or month to run on; name at least one")]
    NoDays,
    /// A day that no month has.
    #[error("no month has day or week {0}; days are 1 to 31, weeks 1 to 5")]
    MonthDay(u8),
    /// A number of runs out of range.
    #[error("an end after {0} runs; write 1 to {RUNS_MAX}, or a date")]
    Runs(u32),
    /// An end before the start.
    #[error("it ends on {end}, before it starts on {start}; write a later end")]
    EndsBefore {
        /// The first day.
        start: String,
        /// The last day.
        end: String,
    },
    /// A country of which nothing is known.
    #[error("no holidays are known for country \"{0}\"; leave it out and list own dates")]
    Country(String),
}

pub(super) fn check(calendar: &Calendar) -> Result<(), CalendarError> {
    pattern(&calendar.pattern)?;
    for (list, name) in [(&calendar.except, "exceptions"), (&calendar.days.own, "own holidays")] {
        if list.len() > DATES_MAX {
            return Err(CalendarError::Dates(list.len(), name));
        }
    }
    match calendar.end {
        End::After(runs) if !(1..=RUNS_MAX).contains(&runs) => {
            return Err(CalendarError::Runs(runs));
        }
        End::On(end) if end < calendar.start => {
            let (start, end) = (calendar.start.to_string(), end.to_string());
            return Err(CalendarError::EndsBefore { start, end });
        }
        End::Never | End::On(_) | End::After(_) => {}
    }
    match &calendar.days.country {
        Some(code) if holidays::country(code).is_none() => {
            Err(CalendarError::Country(code.clone()))
        }
        _ => Ok(()),
    }
}

fn pattern(pattern: &Pattern) -> Result<(), CalendarError> {
    match pattern {
        Pattern::Dates(dates) => {
            if dates.is_empty() || dates.len() > DATES_MAX {
                return Err(CalendarError::Dates(dates.len(), "dates"));
            }
            dates.iter().try_for_each(|(_, at)| time(*at))
        }
        Pattern::Hours { every: n, from } => every(*n).and_then(|()| time(*from)),
        Pattern::Days { every: n, at } => every(*n).and_then(|()| times(at)),
        Pattern::Weeks { every: n, on, at } => {
            if *on == Weekdays::NONE {
                return Err(CalendarError::NoDays);
            }
            every(*n).and_then(|()| times(at))
        }
        Pattern::Months { every: n, on, at } => {
            if on.is_empty() {
                return Err(CalendarError::NoDays);
            }
            for day in on {
                match day {
                    MonthDay::Day(n) if !(1..=31).contains(n) => {
                        return Err(CalendarError::MonthDay(*n));
                    }
                    MonthDay::Nth(n, _) if !(1..=5).contains(n) => {
                        return Err(CalendarError::MonthDay(*n));
                    }
                    _ => {}
                }
            }
            every(*n).and_then(|()| times(at))
        }
    }
}

fn every(n: u16) -> Result<(), CalendarError> {
    if (1..=EVERY_MAX).contains(&n) { Ok(()) } else { Err(CalendarError::Every(n)) }
}

fn times(at: &[Minute]) -> Result<(), CalendarError> {
    if at.is_empty() || at.len() > TIMES_MAX {
        return Err(CalendarError::Times(at.len()));
    }
    at.iter().try_for_each(|at| time(*at))
}

fn time(at: Minute) -> Result<(), CalendarError> {
    if at == Minute::END { Err(CalendarError::Midnight) } else { Ok(()) }
}
