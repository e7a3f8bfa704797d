//! When campaigns on a schedule are due.

use engine::schedule::calendar::{Calendar, DayRules, End, MonthDay, Pattern, Sense};
use engine::schedule::holidays::{self, Weekdays};
use engine::schedule::user_zone::{self, Due, Passed};
use engine::schedule::{Minute, instant};
use model::{Day, Timestamp, Weekday, Zone};
use wire::api::{CampaignInput, Recurrence, Trigger};

use super::compile::wrong;
use crate::failure::Failure;
use crate::sentences::{check as says, hints};

/// When a campaign is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    zone: Zone,
    /// Nothing: when it is started.
    calendar: Option<Calendar>,
    started: Timestamp,
    /// Times are those of each user's own zone.
    user_zone: bool,
    passed: Passed,
}

impl Schedule {
    /// The schedule of a campaign; nothing: it waits for triggers or requests.
    pub fn of(input: &CampaignInput, zone: &Zone) -> Result<Option<Schedule>, Failure> {
        let calendar = match &input.trigger {
            Trigger::Once { at: None } => None,
            Trigger::Once { at: Some(at) } => Some(dates(std::slice::from_ref(at))?),
            Trigger::Dates { at } => Some(dates(at)?),
            Trigger::Recurring(written) => Some(recurring(written)?),
            _ => return Ok(None),
        };
        if let Some(calendar) = &calendar {
            calendar.check().map_err(|error| wrong("trigger", error.to_string()))?;
        }
        let delivery = &input.delivery;
        let passed = match delivery.if_passed.as_deref() {
            None | Some("drop") => Passed::Drop,
            Some("next_day") => Passed::NextDay,
            Some(other) => {
                return Err(wrong("delivery.if_passed", format!("\"{other}\" is not known"))
                    .hint("write drop or next_day"));
            }
        };
        let (zone, user_zone) = (zone.clone(), delivery.user_zone && calendar.is_some());
        Ok(Some(Schedule { zone, calendar, started: Timestamp::MIN, user_zone, passed }))
    }

    /// The campaign was started then: what is due at its start is due then, and what repeats without a first
    /// day counts from then.
    pub fn starts_at(&mut self, at: Timestamp) {
        self.started = at;
        if let Some(calendar) = &mut self.calendar
            && calendar.start == Day(i64::MIN)
        {
            calendar.start = self.zone.day(at);
        }
    }

    /// The first instant after another one, with the name of its run; nothing: none is left. With times of
    /// each user's own zone, a run begins with the first of them on earth.
    pub fn next_after(&self, after: Timestamp) -> Option<(Timestamp, String)> {
        let Some(calendar) = &self.calendar else {
            return (self.started > after).then(|| (self.started, self.started.to_string()));
        };
        let mut from = after;
        loop {
            let local = calendar.next_after(from, &self.zone)?;
            let (day, minute) = self.local(local);
            let begins = match self.user_zone {
                true => user_zone::span(day, minute).0.max(self.started),
                false => local,
            };
            if begins > after {
                return Some((begins, format!("{day}T{minute}")));
            }
            from = local;
        }
    }

    /// When a user of a run is due; nothing: not at all, as their time had passed. `run`: its name.
    pub fn due(&self, run: &str, zone: Option<&Zone>, begun: Timestamp) -> Option<Timestamp> {
        let Some((day, minute, passed)) = self.own_time(run) else { return Some(begun) };
        match user_zone::due(day, minute, zone.unwrap_or(&self.zone), begun, passed) {
            Due::At(at) => Some(at),
            Due::Passed => None,
        }
    }

    /// The local time of a run, and what becomes of those whose time had passed; nothing: it is not each user's own.
    pub fn own_time(&self, run: &str) -> Option<(Day, Minute, Passed)> {
        let (day, at) = run.split_once('T').filter(|_| self.user_zone)?;
        Some((Day::parse(day)?, Minute::parse(at)?, self.passed))
    }

    /// Whether it has more than one run.
    pub fn repeats(&self) -> bool {
        match self.calendar.as_ref().map(|calendar| &calendar.pattern) {
            None => false,
            Some(Pattern::Dates(dates)) => dates.len() > 1,
            Some(_) => true,
        }
    }

    /// Whether each user is due at a time of their own.
    pub fn by_user(&self) -> bool {
        self.user_zone
    }

    fn local(&self, at: Timestamp) -> (Day, Minute) {
        let (day, ms) = self.zone.local(at);
        let minute = (ms / 60_000).clamp(0, 1_439) as u16;
        (day, Minute::at(minute / 60, minute % 60).unwrap_or(Minute::START))
    }
}

fn dates(written: &[String]) -> Result<Calendar, Failure> {
    let dates: Vec<(Day, Minute)> =
        written.iter().map(|at| local("trigger.at", at)).collect::<Result<_, _>>()?;
    let start = dates.iter().map(|(day, _)| *day).min();
    let start = start.ok_or_else(|| wrong("trigger.at", says::INSTANTS_NONE))?;
    Ok(Calendar {
        pattern: Pattern::Dates(dates),
        start,
        end: End::Never,
        except: Vec::new(),
        days: DayRules::default(),
    })
}

fn recurring(written: &Recurrence) -> Result<Calendar, Failure> {
    let every = u16::try_from(written.interval)
        .map_err(|_| wrong("trigger.interval", format!("{} is too many", written.interval)))?;
    let at: Vec<Minute> = written.at.iter().map(|at| minute(at)).collect::<Result<_, _>>()?;
    let weekday = |text: &String| {
        Weekday::parse(text).ok_or_else(|| {
            let what = says::NO_WEEKDAY.with([("day", text.as_str().into())]);
            wrong("trigger.weekdays", what).hint(hints::WEEKDAY)
        })
    };
    let weekdays: Vec<Weekday> = written.weekdays.iter().map(weekday).collect::<Result<_, _>>()?;
    let pattern = match written.every.as_str() {
        "hour" => Pattern::Hours { every, from: at.first().copied().unwrap_or(Minute::START) },
        "day" => Pattern::Days { every, at },
        "week" => Pattern::Weeks { every, on: Weekdays::of(&weekdays), at },
        "month" => {
            let on = written.days_of_month.iter().map(|day| match day {
                -1 => Ok(MonthDay::Last),
                1..=31 => Ok(MonthDay::Day(*day as u8)),
                other => {
                    Err(wrong("trigger.days_of_month", format!("{other} is no day of a month"))
                        .hint("write 1 to 31, or -1 for the last"))
                }
            });
            Pattern::Months { every, on: on.collect::<Result<_, _>>()?, at }
        }
        other => {
            return Err(wrong("trigger.every", format!("\"{other}\" is not known"))
                .hint("write hour, day, week or month"));
        }
    };
    let end = match (&written.end, written.count) {
        (Some(_), Some(_)) => {
            return Err(wrong("trigger.end", says::END_TWICE).hint(hints::LEAVE_ONE_OUT));
        }
        (Some(day), None) => End::On(date("trigger.end", day)?),
        (None, Some(count)) => End::After(count),
        (None, None) => End::Never,
    };
    // Without a first day it counts from its start.
    let start = written.start.as_deref().map(|day| date("trigger.start", day)).transpose()?;
    let except: Vec<Day> =
        written.except.iter().map(|day| date("trigger.except", day)).collect::<Result<_, _>>()?;
    if let Some(country) = &written.country
        && holidays::country(country).is_none()
    {
        return Err(wrong(
            "trigger.country",
            format!("the holidays of \"{country}\" are not known"),
        ));
    }
    let days = DayRules {
        weekends: sense("trigger.weekends", written.weekends.as_deref())?,
        holidays: sense("trigger.holidays", written.holidays.as_deref())?,
        country: written.country.clone(),
        own: Vec::new(),
    };
    Ok(Calendar { pattern, start: start.unwrap_or(Day(i64::MIN)), end, except, days })
}

fn sense(field: &str, written: Option<&str>) -> Result<Sense, Failure> {
    Ok(match written {
        None | Some("any") => Sense::Any,
        Some("never") => Sense::Never,
        Some("only") => Sense::Only,
        Some(other) => {
            return Err(
                wrong(field, format!("\"{other}\" is not known")).hint("write any, never or only")
            );
        }
    })
}

fn minute(text: &str) -> Result<Minute, Failure> {
    Minute::parse(text).ok_or_else(|| {
        let what = says::NO_TIME_OF_DAY.with([("text", text.into())]);
        wrong("trigger.at", what).hint(hints::TIME_OF_DAY)
    })
}

fn date(field: &str, text: &str) -> Result<Day, Failure> {
    Day::parse(text).ok_or_else(|| {
        wrong(field, format!("\"{text}\" is no day")).hint("write it like 2026-12-24")
    })
}

/// A local time, as in `2026-12-24T09:00`.
fn local(field: &str, text: &str) -> Result<(Day, Minute), Failure> {
    let read =
        text.split_once('T').and_then(|(day, time)| Some((Day::parse(day)?, Minute::parse(time)?)));
    read.ok_or_else(|| {
        let what = says::NO_LOCAL_TIME.with([("text", text.into())]);
        wrong(field, what).hint(hints::LOCAL_TIME)
    })
}

/// The instant of a run's name in a zone, for whoever shows it.
pub fn instant_of(run: &str, zone: &Zone) -> Option<Timestamp> {
    let (day, at) = run.split_once('T')?;
    Some(instant(zone, Day::parse(day)?, Minute::parse(at)?))
}
