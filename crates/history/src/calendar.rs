//! Periods of the local calendar as instants, so that finding the period of an event is a shift
//! and a comparison, not a question to the time zone.
//!
//! A period begins at the first instant of its first local day; an hour counts from the start of
//! its day, so hours that a clock change repeats are two.

use model::{Day, Span, Timestamp, Zone};
use segment::tree::Unit;

/// How long periods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodUnit {
    /// Hours from local midnight.
    Hour,
    /// Local days.
    Day,
    /// Local weeks, from Monday.
    Week,
    /// Local months.
    Month,
    /// One period for everything.
    Whole,
}

/// Consecutive periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Periods {
    /// The first instant of each, and the first one after the last; ascending.
    starts: Vec<i64>,
    /// For each stretch of 2^`shift` ms from the first start: the period in which it begins.
    cells: Vec<u32>,
    shift: u32,
}

impl From<Unit> for PeriodUnit {
    fn from(unit: Unit) -> PeriodUnit {
        match unit {
            Unit::Day => PeriodUnit::Day,
            Unit::Week => PeriodUnit::Week,
            Unit::Month => PeriodUnit::Month,
        }
    }
}

impl Periods {
    /// From the period that contains `from` to the one that contains `to`; one period if `to` is
    /// earlier. Memory grows with their number.
    pub fn new(unit: PeriodUnit, zone: &Zone, from: Timestamp, to: Timestamp) -> Periods {
        let to = to.max(from);
        let starts = match unit {
            PeriodUnit::Whole => vec![from.0, to.0 + 1],
            PeriodUnit::Hour => hours(zone, from, to),
            _ => days(unit, zone, from, to),
        };
        let gaps = starts.windows(2).map(|pair| pair[1] - pair[0]);
        // Days that a change of the date line skips are empty.
        let shortest = gaps.filter(|gap| *gap > 0).min().unwrap_or(1);
        let shift = shortest.ilog2();
        let (first, end) = (starts[0], starts[starts.len() - 1]);
        let n_cells = ((end - first) >> shift) + 1;
        let mut period = 0;
        let cells = (0..n_cells).map(|cell| {
            let begins = first + (cell << shift);
            while period + 2 < starts.len() && starts[period + 1] <= begins {
                period += 1;
            }
            period as u32
        });
        Periods { cells: cells.collect(), shift, starts }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Never: there is at least one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The period of an instant in milliseconds; nothing outside.
    #[inline]
    pub fn of(&self, time: i64) -> Option<usize> {
        let since = time.wrapping_sub(self.starts[0]) as u64;
        let mut period = *self.cells.get((since >> self.shift) as usize)? as usize;
        while time >= self.starts[period + 1] {
            period += 1;
            if period + 1 == self.starts.len() {
                return None;
            }
        }
        Some(period)
    }

    /// The first instant of a period; of the number after the last, the end.
    pub fn start(&self, period: usize) -> Timestamp {
        Timestamp(self.starts[period.min(self.len())])
    }

    /// How many, from the first on, have passed entirely at an instant.
    pub fn complete(&self, at: Timestamp) -> usize {
        self.starts[1..].partition_point(|end| *end <= at.0.saturating_add(1))
    }
}

/// Starts of days, weeks or months, and the end.
fn days(unit: PeriodUnit, zone: &Zone, from: Timestamp, to: Timestamp) -> Vec<i64> {
    let first = |day: Day| match unit {
        PeriodUnit::Week => day.start_of_week(),
        PeriodUnit::Month => day.start_of_month(),
        _ => day,
    };
    let next = |day: Day| match unit {
        PeriodUnit::Week => Day(day.0 + 7),
        PeriodUnit::Month => day.month_plus(1),
        _ => Day(day.0 + 1),
    };
    let mut day = first(zone.day(from));
    let mut starts = vec![zone.start_of_day(day).0];
    while starts[starts.len() - 1] <= to.0 {
        day = next(day);
        starts.push(zone.start_of_day(day).0);
    }
    starts
}

/// Starts of hours, and the end.
fn hours(zone: &Zone, from: Timestamp, to: Timestamp) -> Vec<i64> {
    let mut starts = Vec::new();
    let mut day = zone.day(from);
    loop {
        let end = zone.start_of_day(Day(day.0 + 1)).0;
        let mut hour = zone.start_of_day(day).0;
        while hour < end {
            if hour > to.0 {
                starts.push(hour);
                return starts;
            }
            if end.min(hour + Span::HOUR.0) > from.0 {
                starts.push(hour);
            }
            hour += Span::HOUR.0;
        }
        day = Day(day.0 + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn every_instant_lies_in_the_period_of_its_local_day() {
        let from = at("2025-10-20T07:00:00Z");
        for zone in ["UTC", "Europe/Berlin", "America/Havana", "Asia/Kolkata", "Pacific/Auckland"] {
            let zone = Zone::named(zone).unwrap();
            for unit in [PeriodUnit::Day, PeriodUnit::Week, PeriodUnit::Month] {
                let to = at("2026-05-02T11:00:00Z");
                let periods = Periods::new(unit, &zone, from, to);
                for step in 0..(to - from).0 / 1_700_000 {
                    let time = from.0 + step * 1_700_000;
                    let found = periods.start(periods.of(time).unwrap());
                    let day = zone.day(Timestamp(time));
                    let expected = match unit {
                        PeriodUnit::Week => day.start_of_week(),
                        PeriodUnit::Month => day.start_of_month(),
                        _ => day,
                    };
                    assert_eq!(found, zone.start_of_day(expected), "{time} {unit:?} {zone}");
                }
                assert_eq!(periods.of(periods.start(0).0 - 1), None);
                assert_eq!(periods.of(periods.start(usize::MAX).0), None);
                assert_eq!(periods.of(periods.start(usize::MAX).0 - 1), Some(periods.len() - 1));
            }
        }
    }

    #[test]
    fn hours_are_an_hour_long_on_days_of_any_length() {
        for name in ["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"] {
            let zone = Zone::named(name).unwrap();
            let (from, to) = (at("2026-03-27T12:34:00Z"), at("2026-04-07T00:00:00Z"));
            let periods = Periods::new(PeriodUnit::Hour, &zone, from, to);
            assert_eq!(periods.of(from.0), Some(0), "{name}");
            assert_eq!(periods.of(to.0), Some(periods.len() - 1), "{name}");
            for period in 0..periods.len() {
                let (start, end) = (periods.start(period), periods.start(period + 1));
                assert!(end - start <= Span::HOUR && end > start, "{name} {start}");
                assert_eq!(periods.of(start.0), Some(period));
                assert_eq!(periods.of(end.0 - 1), Some(period));
            }
        }
    }

    #[test]
    fn a_day_that_never_was_is_empty() {
        let apia = Zone::named("Pacific/Apia").unwrap(); // had no 2011-12-30
        let (from, to) = (at("2011-12-29T00:00:00Z"), at("2012-01-02T00:00:00Z"));
        let periods = Periods::new(PeriodUnit::Day, &apia, from, to);
        let mut time = from.0;
        while time < to.0 {
            let period = periods.of(time).unwrap();
            assert!(periods.start(period).0 <= time && time < periods.start(period + 1).0);
            time += Span::HOUR.0 / 2;
        }
    }

    #[test]
    fn a_period_is_complete_with_its_last_millisecond() {
        let (from, to) = (at("2026-03-01"), at("2026-03-03T12:00:00Z"));
        let days = Periods::new(PeriodUnit::Day, &Zone::utc(), from, to);
        assert_eq!(days.len(), 3);
        assert_eq!(days.complete(at("2026-03-02T23:59:59.998Z")), 1);
        assert_eq!(days.complete(at("2026-03-02T23:59:59.999Z")), 2);
        assert_eq!(days.complete(to), 2);
    }
}
