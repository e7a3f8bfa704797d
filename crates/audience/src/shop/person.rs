//! One simulated person: what they are like, and when they will come next.

use model::{Span, Text, Timestamp, Who};

use super::world::{CAMPAIGN_CHANNEL, CATEGORIES, CHANNELS, PLATFORMS, Place, World};
use crate::chance::Chance;

/// Between two sessions of a person: what the published sets call one session has gaps below it.
const PAUSE_MIN: Span = Span(31 * 60_000);
/// How far ahead a next session is looked for before the person is looked at again.
const LOOK_AHEAD: Span = Span::days(30);
/// A person who was not seen for so long is forgotten.
const FORGOTTEN_AFTER: Span = Span::days(540);
/// How much more often a person comes who is loyal by nature.
const LOYAL_SESSIONS: f64 = 3.0;
/// Their chance to become inactive, as a multiple of everybody's.
const LOYAL_DROPOUT: f64 = 0.1;
/// Their readiness to buy.
const LOYAL_QUALITY: f64 = 1.5;
/// Drift starts after a while: mean days.
const DRIFT_AFTER_DAYS: f64 = 60.0;
/// Shape of the gamma distribution of readiness to buy.
const READINESS_SHAPE: f64 = 1.3;

pub(super) struct Person {
    pub number: u32,
    pub chance: Chance,
    pub user_id: Text,
    /// Of the first device, or of the second if the person has changed to it.
    pub device: Text,
    pub signed_up: bool,
    pub place: u8,
    pub channel: u8,
    pub platform: u8,
    pub release: u16,
    pub first_at: Timestamp,
    pub last_end: Timestamp,
    pub n_sessions: u32,
    pub n_purchases: u32,
    pub n_records: u64,
    /// Readiness to buy, 1 on average.
    pub readiness: f64,
    /// Level of prices, as a deviation.
    pub taste: f64,
    pub favourite: u8,
    pub push: bool,
    pub email: bool,
    pub sms: bool,
    pub renewal_at: Option<Timestamp>,
    pub second_device: bool,
    /// A message brought them: in this session they are readier to buy.
    pub keen: bool,
    /// Sessions per day before drift.
    rate: f64,
    dropout: f64,
    drift: Option<Drift>,
}

#[derive(Clone, Copy)]
struct Drift {
    from: Timestamp,
    half_life: Span,
}

/// When something about a person is due next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Next {
    /// They use the app.
    Session(Timestamp),
    /// They did not come within the time looked ahead; look again.
    Look(Timestamp),
    /// They uninstall the app.
    Uninstall(Timestamp),
    /// They are gone.
    Never,
}

impl Person {
    pub fn new(world: &World, number: u32, day: Timestamp) -> Person {
        let mut chance = world.chance_of_person(number);
        let p = &world.parameters;
        let place = chance.pick(world.places.iter().map(|p| p.share));
        let first_at = world.instant(&mut chance, &world.places[place], day);
        let channel = channel(world, &mut chance, first_at);
        let loyal = chance.happens(p.loyal);
        let often = if loyal { LOYAL_SESSIONS } else { 1.0 };
        let quality = CHANNELS[channel].quality * if loyal { LOYAL_QUALITY } else { 1.0 };
        let drift = (!loyal && chance.happens(p.drift)).then(|| Drift {
            from: first_at + days(chance.exponential(DRIFT_AFTER_DAYS)),
            half_life: days(p.drift_half_life_days),
        });
        let stays = if loyal { LOYAL_DROPOUT } else { 1.0 };
        let (email, sms) = (chance.happens(0.6), chance.happens(0.2));
        Person {
            number,
            user_id: Text::from(format!("shopper-{number:06}")),
            device: Text::from(format!("device-{:012x}", chance.bits() >> 16)),
            signed_up: false,
            place: place as u8,
            channel: channel as u8,
            platform: chance.pick(PLATFORMS.iter().map(|p| p.1)) as u8,
            release: world.release(first_at),
            first_at,
            last_end: first_at,
            n_sessions: 0,
            n_purchases: 0,
            n_records: 0,
            readiness: quality * chance.gamma(READINESS_SHAPE) / READINESS_SHAPE,
            taste: p.taste_sigma * chance.normal(),
            favourite: chance.below(CATEGORIES.len()) as u8,
            push: chance.happens(0.65),
            email,
            sms,
            renewal_at: None,
            second_device: chance.happens(p.second_device),
            keen: false,
            rate: often * p.sessions_per_day * chance.gamma(p.sessions_shape) / p.sessions_shape,
            dropout: stays * chance.beta(p.dropout_a, p.dropout_b),
            drift,
            chance,
        }
    }

    /// As whom the app knows the person now.
    pub fn who(&self) -> Who {
        if self.signed_up { Who::user(&self.user_id) } else { Who::anonymous(&self.device) }
    }

    pub fn place<'w>(&self, world: &'w World) -> &'w Place {
        &world.places[usize::from(self.place)]
    }

    /// After a session: they come again, go for a while, or go for good.
    pub fn after_session(&mut self, world: &World) -> Next {
        let p = &world.parameters;
        if !self.chance.happens(self.dropout) {
            return self.next_session(world, self.last_end + PAUSE_MIN);
        }
        if self.chance.happens(p.win_back) {
            let away = days(self.chance.log_normal(p.away_days, 0.6));
            self.recover(self.last_end + away);
            return self.next_session(world, self.last_end + away);
        }
        if self.platform < 2 && self.chance.happens(p.uninstall) {
            return Next::Uninstall(self.last_end + days(0.05 + self.chance.exponential(15.0)));
        }
        Next::Never
    }

    /// A message brings them back. Not while they are there, or before they first were.
    pub fn come_back(&mut self, at: Timestamp) -> bool {
        if self.n_sessions == 0 || at < self.last_end + PAUSE_MIN {
            return false;
        }
        self.keen = true;
        self.recover(at);
        true
    }

    /// After a time in which they did not come.
    pub fn look(&mut self, world: &World, at: Timestamp) -> Next {
        if at - self.last_end > FORGOTTEN_AFTER {
            return Next::Never;
        }
        // Some who drifted are won back: each month one in twelve of them.
        if self.drift.is_some_and(|d| d.from < at) && self.chance.happens(1.0 / 12.0) {
            self.recover(at);
        }
        self.next_session(world, at)
    }

    /// The next session after `from`: an inhomogeneous Poisson process by thinning (Lewis &
    /// Shedler 1979), whose rate is the person's own times the activity of hour, day and season.
    fn next_session(&mut self, world: &World, from: Timestamp) -> Next {
        let rate_max = self.rate_at(from) * world.activity_max();
        let (mut at, end) = (from, from + LOOK_AHEAD);
        if rate_max <= 0.0 {
            return Next::Look(end);
        }
        loop {
            at = at + days(self.chance.exponential(1.0 / rate_max));
            if at >= end {
                return Next::Look(end);
            }
            let rate = self.rate_at(at) * world.activity(self.place(world), at);
            if self.chance.happens(rate / rate_max) {
                return Next::Session(at);
            }
        }
    }

    /// Sessions per day, after drift; never rising between recoveries.
    fn rate_at(&self, at: Timestamp) -> f64 {
        match self.drift {
            Some(drift) if at > drift.from => {
                let halvings = (at - drift.from).0 as f64 / drift.half_life.0.max(1) as f64;
                self.rate * (-halvings * std::f64::consts::LN_2).exp()
            }
            _ => self.rate,
        }
    }

    /// Drift starts over some time after a return.
    fn recover(&mut self, at: Timestamp) {
        if let Some(drift) = &mut self.drift {
            drift.from = at + days(self.chance.exponential(DRIFT_AFTER_DAYS / 2.0));
        }
    }
}

/// How they found the app; on a campaign's days most often through the campaign's channel.
fn channel(world: &World, chance: &mut Chance, at: Timestamp) -> usize {
    let extra = 1.0 - 1.0 / world.parameters.campaign_arrivals.max(1.0);
    if world.campaign(at).is_some() && chance.happens(extra) {
        return CAMPAIGN_CHANNEL;
    }
    chance.pick(CHANNELS.iter().map(|c| c.share))
}

pub(super) fn days(n: f64) -> Span {
    Span((n.clamp(0.0, 36_500.0) * Span::DAY.0 as f64) as i64)
}
