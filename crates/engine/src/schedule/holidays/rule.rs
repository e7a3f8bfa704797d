//! One holiday's rule, and the days of it in a year.

use model::time::days_from_civil;
use model::{Day, Weekday};

/// When a holiday is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Month and day.
    Fixed(i64, i64),
    /// The n-th weekday of a month (1..=4); 0 is the last one.
    Nth(i64, Weekday, i64),
    /// Days after Easter Sunday.
    Easter(Church, i64),
    /// Days from a list, each with some days after it.
    Table(Vec<i64>, i64, i64),
}

/// Whose Easter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Church {
    Western,
    Orthodox,
}

/// What happens to it on a weekend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    /// Nothing.
    Stays,
    /// Saturday: the Friday before is free too; Sunday: the Monday after.
    Nearest,
    /// The next working day is free too.
    Next,
    /// The same, for Sundays only.
    SundayNext,
    /// From a Sunday it moves to the Saturday.
    SundayBefore,
}

/// The days of a holiday in a year, before any shift.
pub(super) fn days(when: &When, year: i64) -> Vec<i64> {
    match when {
        When::Fixed(month, day) => vec![days_from_civil(year, *month, *day)],
        When::Nth(0, weekday, month) => {
            let next = Day(days_from_civil(year, *month, 1)).month_plus(1);
            let last = Day(next.0 - 1);
            vec![last.0 - (last.weekday() as i64 - *weekday as i64).rem_euclid(7)]
        }
        When::Nth(n, weekday, month) => {
            let first = Day(days_from_civil(year, *month, 1));
            let ahead = (*weekday as i64 - first.weekday() as i64).rem_euclid(7);
            vec![first.0 + ahead + (n - 1) * 7]
        }
        When::Easter(church, after) => vec![easter(*church, year) + after],
        When::Table(list, first, last) => {
            let of_year = list.iter().filter(|day| Day(**day).civil().0 == year);
            of_year.flat_map(|day| (*first..=*last).map(move |after| day + after)).collect()
        }
    }
}

/// Easter Sunday as a day of the Gregorian calendar.
///
/// Source: Meeus, Astronomical Algorithms (1991), chapter 8: the Gregorian computus in its nameless
/// form of 1876, and the Julian one. The Julian date is moved by 13 days, right for 1900 to 2099.
pub(super) fn easter(church: Church, year: i64) -> i64 {
    match church {
        Church::Western => {
            let (a, b, c) = (year % 19, year / 100, year % 100);
            let (d, e) = (b / 4, b % 4);
            let g = (b - (b + 8) / 25 + 1) / 3;
            let h = (19 * a + b - d - g + 15) % 30;
            let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
            let m = (a + 11 * h + 22 * l) / 451;
            let sum = h + l - 7 * m + 114;
            days_from_civil(year, sum / 31, sum % 31 + 1)
        }
        Church::Orthodox => {
            let d = (19 * (year % 19) + 15) % 30;
            let e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7;
            let sum = d + e + 114;
            days_from_civil(year, sum / 31, sum % 31 + 1) + 13
        }
    }
}
