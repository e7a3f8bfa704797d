//! The runs of a calendar, one after another.

use std::collections::VecDeque;

use model::{Day, Timestamp, Zone};

use super::{Calendar, End, RUNS_MAX};

/// Days without a run after which the search ends. The rarest pattern that is allowed to be written
/// and still happens, 29 February on one weekday, comes every 28 years (40 over a skipped leap year).
const DAYS_MAX: u32 = 40 * 366 + 1;

/// The earliest local day on which anything runs, whatever a calendar's start says.
const FIRST: Day = Day(Timestamp::MIN.0 / 86_400_000 + 1);

/// The latest local day on which anything runs, 9999-12-30: no instants are known beyond.
const LAST: Day = Day(Timestamp::MAX.0 / 86_400_000 - 1);

/// The runs of a calendar in one zone, in order. It ends with the calendar, after [`RUNS_MAX`] runs,
/// or when 40 years have none.
#[derive(Clone, Debug)]
pub struct Occurrences<'a> {
    calendar: &'a Calendar,
    zone: &'a Zone,
    start: Day,
    day: Day,
    /// Instants of days that were passed.
    found: VecDeque<Timestamp>,
    latest: Timestamp,
    left: u32,
}

impl<'a> Occurrences<'a> {
    /// Runs on and after the day before `day`: a time that was moved over midnight is not missed.
    pub(super) fn from(calendar: &'a Calendar, zone: &'a Zone, day: Day) -> Occurrences<'a> {
        let left = match calendar.end {
            End::After(runs) => runs.min(RUNS_MAX),
            End::Never | End::On(_) => RUNS_MAX,
        };
        let start = calendar.start.clamp(FIRST, LAST);
        let day = Day(day.0.saturating_sub(1)).max(start);
        let latest = Timestamp(i64::MIN);
        Occurrences { calendar, zone, start, day, found: VecDeque::new(), latest, left }
    }

    /// Looks for the next day with a run and keeps its instants.
    fn fill(&mut self) {
        let calendar = self.calendar;
        let last = calendar.pattern.last().unwrap_or(LAST).min(LAST);
        let last = if let End::On(end) = calendar.end { last.min(end) } else { last };
        for _ in 0..DAYS_MAX {
            if !self.found.is_empty() || self.day > last {
                return;
            }
            let day = self.day;
            self.day = Day(day.0 + 1);
            if calendar.pattern.on(day, self.start) && calendar.allows(day) {
                let instants = calendar.pattern.instants(day, self.start, self.zone);
                // A time that was moved over midnight may meet one of the day after.
                self.found.extend(instants.into_iter().filter(|at| *at > self.latest));
            }
        }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        if self.left == 0 {
            return None;
        }
        if self.found.is_empty() {
            self.fill();
        }
        let next = self.found.pop_front()?;
        debug_assert!(next > self.latest, "runs are in order");
        self.latest = next;
        self.left -= 1;
        Some(next)
    }
}
