//! When campaigns on a schedule are due.

use engine::schedule::{Minute, instant};
use model::{Day, Timestamp, Zone};
use wire::api::{CampaignInput, Trigger};

use super::compile::wrong;
use crate::failure::Failure;

/// Instants of one campaign at most.
const DATES_MAX: usize = 500;

/// When a campaign is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    zone: Zone,
    kind: Kind,
    /// The zone is each user's own: a run is due when it is the time in the first of them.
    pub user_zone: bool,
    /// Of users whose time has passed when a run begins: the next day, not never.
    pub next_day: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    /// When it is started.
    AtOnce(Timestamp),
    /// At these local times, ascending.
    Dates(Vec<(Day, Minute)>),
}

impl Schedule {
    /// The schedule of a campaign; nothing: it waits for triggers or requests.
    pub fn of(input: &CampaignInput, zone: &Zone) -> Result<Option<Schedule>, Failure> {
        let kind = match &input.trigger {
            Trigger::Once { at: None } => Kind::AtOnce(Timestamp::MIN),
            Trigger::Once { at: Some(at) } => Kind::Dates(vec![local("trigger.at", at)?]),
            Trigger::Dates { at } => {
                if at.is_empty() || at.len() > DATES_MAX {
                    let message = format!("there are {}; write 1 to {DATES_MAX}", at.len());
                    return Err(wrong("trigger.at", message));
                }
                let mut dates: Vec<_> =
                    at.iter().map(|at| local("trigger.at", at)).collect::<Result<_, _>>()?;
                dates.sort_by_key(|(day, minute)| (day.0, *minute));
                dates.dedup();
                Kind::Dates(dates)
            }
            _ => return Ok(None),
        };
        let delivery = &input.delivery;
        let next_day = match delivery.if_passed.as_deref() {
            None | Some("drop") => false,
            Some("next_day") => true,
            Some(other) => {
                return Err(wrong("delivery.if_passed", format!("\"{other}\" is not known"))
                    .hint("write drop or next_day"));
            }
        };
        let zone = zone.clone();
        Ok(Some(Schedule { zone, kind, user_zone: delivery.user_zone, next_day }))
    }

    /// What is due when a campaign starts is due then.
    pub fn starts_at(&mut self, at: Timestamp) {
        if let Kind::AtOnce(own) = &mut self.kind {
            *own = at;
        }
    }

    /// The first instant after another one, with the name of its run; nothing: none is left.
    pub fn next_after(&self, after: Timestamp) -> Option<(Timestamp, String)> {
        match &self.kind {
            Kind::AtOnce(at) => (*at > after).then(|| (*at, at.to_string())),
            Kind::Dates(dates) => dates
                .iter()
                .map(|(day, minute)| (instant(&self.zone, *day, *minute), named(*day, *minute)))
                .find(|(at, _)| *at > after),
        }
    }
}

/// A local time as its run is called.
fn named(day: Day, minute: Minute) -> String {
    format!("{day}T{minute}")
}

/// A local time, as in `2026-12-24T09:00`.
fn local(field: &str, text: &str) -> Result<(Day, Minute), Failure> {
    let read = text.split_once('T').and_then(|(day, time)| {
        Some((Day::parse(day)?, Minute::parse(time)?))
    });
    read.ok_or_else(|| {
        wrong(field, format!("\"{text}\" is no local time")).hint("write it like 2026-12-24T09:00")
    })
}
