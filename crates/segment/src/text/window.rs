//! When events must have happened: `in last 30d`, `hours 22:00 to 06:00`, `on saturday, sunday`.

use model::{Timestamp, Weekday, Zone};

use super::cursor::{Cursor, Parsed};
use super::lexer::Kind;
use crate::problem::{Problem, code, nearest};
use crate::tree::{Hours, Range, Unit};

impl Cursor<'_> {
    /// Whether a range of instants begins here.
    pub(super) fn begins_range(&self) -> bool {
        let instant = |ahead| matches!(self.kind(ahead), Kind::Instant(_));
        self.is_any(0, &["since", "from"])
            || (self.is(0, "in") && self.is(1, "last"))
            || (self.is(0, "between") && instant(1))
            || (self.is(0, "before") && self.is(1, "last") && !self.names_events(2))
    }

    /// Whether the token `ahead` can begin the events of an anchor.
    pub(super) fn names_events(&self, ahead: usize) -> bool {
        matches!(self.kind(ahead), Kind::Str(_) | Kind::Symbol("(" | "[")) || self.is(ahead, "any")
    }

    /// A range of instants.
    pub(super) fn range(&mut self) -> Parsed<Range> {
        self.place("within");
        if self.eat(&["in", "last"]) {
            return self.last();
        }
        if self.eat(&["between"]) {
            let from = self.instant()?;
            self.word("and")?;
            return Ok(Range::Between(from, self.instant()?));
        }
        if self.eat(&["since"]) {
            return Ok(Range::Since(self.instant()?));
        }
        if self.eat(&["before", "last"]) {
            return Ok(Range::BeforeLast(self.span()?));
        }
        self.word("from")?;
        let from = self.span()?;
        self.word("ago")?;
        self.word("to")?;
        let to = self.span()?;
        self.word("ago")?;
        Ok(Range::Ago { from, to })
    }

    /// What follows `in last`.
    fn last(&mut self) -> Parsed<Range> {
        if !self.is(1, "calendar") {
            return Ok(Range::Last(self.span()?));
        }
        let n = self.whole("a number of calendar units", u32::MAX)?;
        self.skip(1);
        let unit = if self.is_any(0, &["day", "days"]) {
            Unit::Day
        } else if self.is_any(0, &["week", "weeks"]) {
            Unit::Week
        } else if self.is_any(0, &["month", "months"]) {
            Unit::Month
        } else {
            let words = &["days", "weeks", "months"];
            return Err(self.expected_word("`days`, `weeks` or `months`", words));
        };
        self.skip(1);
        let zone = if self.eat(&["in", "zone"]) { self.zone()? } else { None };
        Ok(Range::LastUnits { n, unit, zone })
    }

    fn zone(&mut self) -> Parsed<Option<Zone>> {
        let index = self.index();
        let name = self.text("a time zone in quotes, as in \"Europe/Istanbul\"")?;
        let zone = Zone::named(&name);
        if zone.is_none() {
            self.report_taken(index, unknown_zone(&name));
        }
        Ok(zone)
    }

    fn instant(&mut self) -> Parsed<Timestamp> {
        match *self.kind(0) {
            Kind::Instant(at) => {
                self.skip(1);
                Ok(at)
            }
            _ => Err(self.expected("a date such as 2026-03-01")),
        }
    }

    /// What follows `hours`.
    pub(super) fn hours(&mut self) -> Parsed<Hours> {
        let from_minute = self.clock()?;
        self.word("to")?;
        Ok(Hours { from_minute, to_minute: self.clock()? })
    }

    fn clock(&mut self) -> Parsed<u16> {
        let minutes = match *self.kind(0) {
            Kind::Clock(minutes) => u16::try_from(minutes).ok(),
            Kind::Int(hour) => u16::try_from(hour).ok().filter(|h| *h <= 24).map(|h| h * 60),
            _ => None,
        };
        match minutes {
            Some(minutes) => {
                self.skip(1);
                Ok(minutes)
            }
            None => Err(self.expected("a time of day such as 22:30")),
        }
    }

    /// What follows `on`.
    pub(super) fn weekdays(&mut self) -> Parsed<Vec<Weekday>> {
        let mut days = vec![self.weekday()?];
        while self.eat_symbol(",") {
            days.push(self.weekday()?);
        }
        Ok(days)
    }

    fn weekday(&mut self) -> Parsed<Weekday> {
        match Weekday::parse(self.token(0).raw) {
            Some(day) => {
                self.skip(1);
                Ok(day)
            }
            None => {
                let names = Weekday::ALL.map(Weekday::name);
                Err(self.expected_word("a weekday such as `monday`", &names))
            }
        }
    }
}

/// The problem of a zone that the database does not know.
pub(super) fn unknown_zone(name: &str) -> Problem {
    const FREQUENT: &[&str] = &[
        "UTC",
        "Europe/Istanbul",
        "Europe/London",
        "Europe/Berlin",
        "Europe/Paris",
        "Asia/Jakarta",
        "Asia/Dubai",
        "Asia/Riyadh",
        "Asia/Kolkata",
        "America/New_York",
        "America/Los_Angeles",
    ];
    let problem = Problem::error(code::UNKNOWN_ZONE, format!("there is no time zone \"{name}\""))
        .found(name)
        .expected("an IANA name such as Europe/Istanbul");
    problem.suggest(nearest(name, FREQUENT.iter().copied()))
}
