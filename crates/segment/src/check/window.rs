//! Checks of windows.

use model::Timestamp;

use super::Checker;
use crate::problem::{Problem, code};
use crate::tree::*;

/// Calendar units that are looked back over: a hundred years of days.
const UNITS_MAX: u32 = 36_500;

impl Checker<'_> {
    /// Checks the window of a predicate. `anchored`: it stands inside `since`.
    pub(super) fn window(&mut self, window: &Window, anchored: bool) {
        self.at("within", |c| {
            c.range(&window.range, anchored);
            if let Some(hours) = window.hours {
                c.at("hours", |c| c.hours(hours));
            }
        });
    }

    fn range(&mut self, range: &Range, anchored: bool) {
        let relative = matches!(range, Range::After(_) | Range::Before(_));
        if relative != anchored {
            let message = match anchored {
                true => "the predicate of an anchor needs the window `after` or `before`",
                false => "`after` and `before` need an anchor",
            };
            self.report(
                Problem::error(code::MISPLACED, message)
                    .hint("write `did \"A\" within 7d after first \"B\"`"),
            );
        }
        match range {
            Range::All | Range::After(None) | Range::Before(None) => {}
            Range::Last(span) => self.at("last", |c| c.positive(*span)),
            Range::BeforeLast(span) => self.at("before_last", |c| c.positive(*span)),
            Range::After(Some(span)) => self.at("after", |c| c.positive(*span)),
            Range::Before(Some(span)) => self.at("before", |c| c.positive(*span)),
            Range::LastUnits { n, .. } => {
                if !(1..=UNITS_MAX).contains(n) {
                    let problem = backwards(&n.to_string(), &format!("1 to {UNITS_MAX} units"));
                    self.at("last", |c| c.report(problem));
                }
            }
            Range::Between(from, to) => {
                self.instant(*from);
                self.instant(*to);
                if from >= to {
                    let problem =
                        backwards(&format!("{from} to {to}"), "the earlier instant first");
                    self.at("between", |c| c.report(problem));
                }
            }
            Range::Since(from) => self.instant(*from),
            Range::Ago { from, to } => {
                let inside = to.0 >= 0 && *from <= model::Span::MAX;
                if from <= to || !inside {
                    let found = format!("{from} ago to {to} ago");
                    let problem = backwards(&found, "the longer time ago first");
                    self.at("from_ago", |c| c.report(problem));
                }
            }
        }
    }

    fn instant(&mut self, at: Timestamp) {
        if !(Timestamp::MIN..=Timestamp::MAX).contains(&at) {
            self.report(backwards(&format!("{} ms", at.0), "an instant of the years 1 to 9999"));
        }
    }

    fn hours(&mut self, hours: Hours) {
        let Hours { from_minute, to_minute } = hours;
        let inside = from_minute < 1_440 && to_minute <= 1_440;
        if !inside || from_minute == to_minute {
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let found = format!("{} to {}", clock(from_minute), clock(to_minute));
            self.report(backwards(&found, "two different times of day, 00:00 to 24:00"));
        }
    }
}

/// A range that holds nothing.
fn backwards(found: &str, expected: &str) -> Problem {
    Problem::error(code::WRONG_RANGE, format!("{found} is not a range that can be"))
        .found(found)
        .expected(expected)
        .hint(format!("write {expected}"))
}
