//! Who there is: births, lengths of lives, and how many events each user has in each month.

use super::{END_MS, HOUR_MS, Settings, Share};
use crate::chance::Chance;

/// One user of this many never leaves.
const STAYS_ONE_IN: u64 = 8;
/// Median life of the others, in days, and the standard deviation of its logarithm.
const LIFE_DAYS: (f64, f64) = (45.0, 1.9);
/// Standard deviation of the logarithm of activity.
const ACTIVITY_SIGMA: f64 = 1.2;
/// Longer lives have more events, but fewer per day.
const LIFE_EXPONENT: f64 = 0.6;

struct Person {
    birth: i64,
    /// Exclusive.
    end: i64,
    events: u32,
    session: u32,
}

/// All users, and those who are alive in the month under way.
pub(super) struct People {
    people: Vec<Person>,
    pub(super) alive: Vec<u32>,
    born: usize,
}

impl People {
    pub(super) fn of(settings: &Settings) -> People {
        let n = u64::from(settings.users());
        let mut people: Vec<Person> = Vec::with_capacity(n as usize);
        let mut weights: Vec<f32> = Vec::with_capacity(n as usize);
        for user in 0..n {
            let mut chance = Chance::at(settings.seed ^ 0x9e09, user);
            let span = (END_MS - settings.start_ms() - HOUR_MS) as f64;
            let place = (user as f64 + chance.unit()) / n as f64;
            let birth = settings.start_ms() + (span * place.powf(0.85)) as i64;
            let life = life_ms(&mut chance);
            let end = birth.saturating_add(life).min(END_MS);
            let days = (end - birth) as f64 / (24.0 * HOUR_MS as f64);
            let activity = (ACTIVITY_SIGMA * chance.normal()).exp();
            weights.push((activity * days.powf(LIFE_EXPONENT)) as f32);
            people.push(Person { birth, end, events: 0, session: 2 + chance.below(8) as u32 });
        }
        apportion(&mut people, &weights, settings.events);
        People { people, alive: Vec::new(), born: 0 }
    }

    /// Lets those live who are born before `to`.
    pub(super) fn advance(&mut self, to: i64) {
        while let Some(person) = self.people.get(self.born)
            && person.birth < to
        {
            self.alive.push(self.born as u32);
            self.born += 1;
        }
    }

    /// Forgets those whose last month ended at `to`.
    pub(super) fn bury(&mut self, to: i64) {
        let people = &self.people;
        self.alive.retain(|user| last_instant(&people[*user as usize]) > to);
    }

    /// What a living user does in [from, to).
    pub(super) fn share(&self, user: u32, from: i64, to: i64) -> Share {
        let person = &self.people[user as usize];
        let before = done(person, from);
        Share {
            events: done(person, to) - before,
            born: person.birth >= from,
            session: person.session,
            from: person.birth.max(from),
            to: last_instant(person).min(to),
        }
    }
}

/// The end of a life. Every life lasts two hours at least (one, at the very end of the period), so
/// that the part of it that lies in a month with several events has place for all of them.
fn last_instant(person: &Person) -> i64 {
    (person.end + HOUR_MS).min(END_MS)
}

/// Events before `to`, a month's end: the birth, and sessions in proportion to the life so far. All
/// if less than an hour is left; none but the birth if less than an hour has passed.
fn done(person: &Person, to: i64) -> u32 {
    if to <= person.birth {
        return 0;
    }
    if last_instant(person) - to < HOUR_MS {
        return person.events;
    }
    if to - person.birth < HOUR_MS {
        return 1;
    }
    let lived = (to - person.birth) as f64 / (last_instant(person) - person.birth) as f64;
    let sessions = (f64::from(person.events / person.session) * lived) as u32 + 1;
    (sessions * person.session).min(person.events)
}

fn life_ms(chance: &mut Chance) -> i64 {
    let stays = chance.below(STAYS_ONE_IN) == 0;
    let (median, sigma) = LIFE_DAYS;
    let days = median * (sigma * chance.normal()).exp();
    match stays {
        true => i64::MAX / 2,
        false => HOUR_MS + (days * 24.0 * HOUR_MS as f64) as i64,
    }
}

/// One event for everybody, the rest in proportion to the weights, exactly `events` in all.
fn apportion(people: &mut [Person], weights: &[f32], events: u64) {
    let rest = events.saturating_sub(people.len() as u64) as f64;
    let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    let (mut sum, mut given) = (0.0, 0u64);
    let last = people.len().saturating_sub(1);
    for (index, (person, weight)) in people.iter_mut().zip(weights).enumerate() {
        sum += f64::from(*weight);
        let until = if index == last { rest as u64 } else { (rest * (sum / total)) as u64 };
        let until = until.clamp(given, rest as u64);
        person.events = 1 + (until - given) as u32;
        given = until;
    }
}
