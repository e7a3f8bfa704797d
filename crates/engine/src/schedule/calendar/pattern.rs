//! Which days a calendar runs on, and at which times.

use model::{Day, Timestamp, Weekday, Zone};

use super::week;
use crate::schedule::holidays::Weekdays;
use crate::schedule::local::{Minute, instant};

const HOUR_MS: i64 = 3_600_000;

/// On which days and at which times. Every `every` is 1 to [`super::EVERY_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// On these days, each at a time; one of them is "once".
    Dates(Vec<(Day, Minute)>),
    /// Every n hours from a time of the first day on. Hours are hours that pass: after a change of
    /// clocks the wall clock shows another minute of the day.
    Hours {
        /// How many hours apart.
        every: u16,
        /// The time of the first run on the first day.
        from: Minute,
    },
    /// Every n days.
    Days {
        /// How many days apart.
        every: u16,
        /// At these times.
        at: Vec<Minute>,
    },
    /// Every n weeks (Monday to Sunday; the week of the start is the first).
    Weeks {
        /// How many weeks apart.
        every: u16,
        /// On these days of it.
        on: Weekdays,
        /// At these times.
        at: Vec<Minute>,
    },
    /// Every n months (the month of the start is the first).
    Months {
        /// How many months apart.
        every: u16,
        /// On these days of it.
        on: Vec<MonthDay>,
        /// At these times.
        at: Vec<Minute>,
    },
}

/// A day of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthDay {
    /// The n-th, 1 to 31; months that have no such day are left out.
    Day(u8),
    /// The last one.
    Last,
    /// The n-th weekday, 1 to 5; months without a fifth are left out.
    Nth(u8, Weekday),
    /// The last such weekday.
    LastOf(Weekday),
}

impl Pattern {
    /// Whether it runs on a local day, counting from the start.
    pub(super) fn on(&self, day: Day, start: Day) -> bool {
        match self {
            Pattern::Dates(dates) => dates.iter().any(|(date, _)| *date == day),
            Pattern::Hours { .. } => true,
            Pattern::Days { every, .. } => multiple(day.0 - start.0, *every),
            Pattern::Weeks { every, on, .. } => {
                on.has(day.weekday()) && multiple(week(day) - week(start), *every)
            }
            Pattern::Months { every, on, .. } => {
                let month = |day: Day| {
                    let (year, month, _) = day.civil();
                    year * 12 + month
                };
                multiple(month(day) - month(start), *every) && on.iter().any(|of| of.is(day))
            }
        }
    }

    /// The instants of a local day, in order and each once.
    pub(super) fn instants(&self, day: Day, start: Day, zone: &Zone) -> Vec<Timestamp> {
        let mut instants: Vec<Timestamp> = match self {
            Pattern::Dates(dates) => {
                let of_day = dates.iter().filter(|(date, _)| *date == day);
                of_day.map(|(date, at)| instant(zone, *date, *at)).collect()
            }
            Pattern::Hours { every, from } => hours(*every, instant(zone, start, *from), day, zone),
            Pattern::Days { at, .. } | Pattern::Weeks { at, .. } | Pattern::Months { at, .. } => {
                at.iter().map(|at| instant(zone, day, *at)).collect()
            }
        };
        instants.sort();
        instants.dedup();
        instants
    }

    /// The last day on which it can run, if its days are listed.
    pub(super) fn last(&self) -> Option<Day> {
        match self {
            Pattern::Dates(dates) => {
                Some(dates.iter().map(|(day, _)| *day).max().unwrap_or(Day(i64::MIN)))
            }
            _ => None,
        }
    }
}

impl MonthDay {
    fn is(self, day: Day) -> bool {
        let (_, _, of_month) = day.civil();
        let last = day.month_plus(1).0 - day.start_of_month().0;
        match self {
            MonthDay::Day(n) => of_month == i64::from(n),
            MonthDay::Last => of_month == last,
            MonthDay::Nth(n, weekday) => {
                day.weekday() == weekday && (of_month - 1) / 7 + 1 == i64::from(n)
            }
            MonthDay::LastOf(weekday) => day.weekday() == weekday && of_month + 7 > last,
        }
    }
}

fn multiple(distance: i64, every: u16) -> bool {
    distance >= 0 && distance % i64::from(every.max(1)) == 0
}

/// Every so many hours from `first` on, those on the local day: at most 25 of them.
fn hours(every: u16, first: Timestamp, day: Day, zone: &Zone) -> Vec<Timestamp> {
    let step = i64::from(every.max(1)) * HOUR_MS;
    let (from, to) = (zone.start_of_day(day), zone.start_of_day(Day(day.0 + 1)));
    let n = ((from.0 - first.0).max(0) + step - 1) / step;
    let runs = (n..).map(|n| Timestamp(first.0.saturating_add(n.saturating_mul(step))));
    runs.take(26).take_while(|at| *at < to).filter(|at| *at >= from).collect()
}
