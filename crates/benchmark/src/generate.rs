//! The generator: events of an app with many users, by seed, in time order, batch by batch.
//!
//! Users are born over the whole period and numbered in order of their first event, which is
//! "Signed Up". Their activity and the lengths of their lives are heavy-tailed. Events come in
//! sessions. Memory: 24 bytes a user and 8 bytes for each event of one month. The pair (user, time)
//! is unique, so that no question depends on the order of arrival.

mod people;
mod rows;

use model::time::{civil_from_days, days_from_civil};

use crate::chance::{Chance, Shares};
use crate::dictionary::{APP_LAUNCHED, NAMES, SIGNED_UP};
use people::People;
use rows::Rows;

pub use rows::Batch;

/// The end of the generated period, exclusive: Monday 2026-11-23T00:00:00.000Z.
pub const END_MS: i64 = 1_795_392_000_000;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// Milliseconds of an hour.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// Events of a batch at the most.
pub const BATCH_EVENTS: usize = 256 * 1_024;
/// Events per user in the mean.
pub const EVENTS_PER_USER: u64 = 100;

/// Bits of the user and of the name in a sortable event; the time takes the 32 above them.
const USER_BITS: u32 = 27;
const NAME_BITS: u32 = 5;

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Events, at least [`EVENTS_PER_USER`].
    pub events: u64,
    /// Length of the period in years of 365 days.
    pub years: u32,
    /// Equal seeds give equal events.
    pub seed: u64,
}

impl Settings {
    /// Users: one per [`EVENTS_PER_USER`] events, at least one and fewer than 2^27.
    pub fn users(&self) -> u32 {
        (self.events / EVENTS_PER_USER).clamp(1, (1 << USER_BITS) - 1) as u32
    }

    /// Start of the period in milliseconds.
    pub fn start_ms(&self) -> i64 {
        END_MS - i64::from(self.years) * 365 * DAY_MS
    }
}

/// Batches in time order.
pub struct Generator {
    settings: Settings,
    people: People,
    rows: Rows,
    session: Session,
    /// Start of the next month to generate.
    next_ms: i64,
    month_ms: i64,
    /// Events of the month, sorted: time since its start, user, name.
    month: Vec<u64>,
    taken: usize,
}

/// How sessions are filled.
struct Session {
    /// Names after the first event of a session.
    others: Shares,
    times: Vec<i64>,
}

impl Generator {
    /// The events of these settings from the first.
    pub fn new(settings: Settings) -> Generator {
        Generator {
            settings,
            people: People::of(&settings),
            rows: Rows::of(&settings),
            session: Session { others: other_names(), times: Vec::new() },
            next_ms: settings.start_ms(),
            month_ms: 0,
            month: Vec::new(),
            taken: 0,
        }
    }

    fn fill_month(&mut self) {
        let (from, to) = (self.next_ms, next_month(self.next_ms).min(END_MS));
        (self.month_ms, self.next_ms, self.taken) = (from, to, 0);
        self.month.clear();
        self.people.advance(to);
        let seed = self.settings.seed;
        for user in &self.people.alive {
            let share = self.people.share(*user, from, to);
            if share.events > 0 {
                let mut chance = Chance::at(seed ^ 0x5e55, u64::from(*user) << 32 ^ from as u64);
                self.session.fill(&mut chance, &share, &mut |time, name| {
                    let offset = (time - from) as u64;
                    let event = (offset << USER_BITS | u64::from(*user)) << NAME_BITS;
                    self.month.push(event | u64::from(name));
                });
            }
        }
        self.people.bury(to);
        self.month.sort_unstable();
    }
}

impl Iterator for Generator {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        while self.taken == self.month.len() {
            if self.next_ms >= END_MS {
                return None;
            }
            self.fill_month();
        }
        let end = (self.taken + BATCH_EVENTS).min(self.month.len());
        let events = self.month[self.taken..end].iter().map(|event| {
            let name = event & ((1 << NAME_BITS) - 1);
            let user = event >> NAME_BITS & ((1 << USER_BITS) - 1);
            let offset = event >> (USER_BITS + NAME_BITS);
            (user as u32, name as u8, self.month_ms + offset as i64)
        });
        let batch = self.rows.batch(events);
        self.taken = end;
        Some(batch)
    }
}

/// What one user does in one month.
pub(crate) struct Share {
    /// Events, the birth included.
    pub(crate) events: u32,
    /// Whether the first event is the birth, at `from`.
    pub(crate) born: bool,
    /// Events of a session.
    pub(crate) session: u32,
    /// The part of the month that the user lives through, with at least `events` milliseconds.
    pub(crate) from: i64,
    /// Its end, exclusive.
    pub(crate) to: i64,
}

impl Session {
    /// Gives the (time, name) of each event of a share, in order of time, each time once.
    fn fill(&mut self, chance: &mut Chance, share: &Share, give: &mut impl FnMut(i64, u8)) {
        let times = &mut self.times;
        times.clear();
        if share.born {
            times.push(share.from << 1);
        }
        while times.len() < share.events as usize {
            let left = share.events as usize - times.len();
            let at_birth = share.born && times.len() == 1;
            let mut time = if at_birth { share.from } else { session_start(chance, share) };
            for index in 0..left.min(share.session as usize) {
                let first = index == 0 && !at_birth;
                if !first {
                    time += gap_ms(chance);
                }
                if time >= share.to {
                    time = share.from + chance.below((share.to - share.from) as u64) as i64;
                }
                // The lowest bit says that a session begins: it opens the app.
                times.push(time << 1 | i64::from(first));
            }
        }
        times.sort_unstable();
        spread(times, share.from, share.to);
        for (index, time) in times.iter().enumerate() {
            let bits = chance.bits();
            let name = match () {
                () if share.born && index == 0 => SIGNED_UP,
                () if time & 1 == 1 && bits & 7 != 0 => APP_LAUNCHED,
                () => self.others.pick(bits),
            };
            give(time >> 1, name);
        }
    }
}

/// Makes sorted times differ, inside [from, to).
fn spread(times: &mut [i64], from: i64, to: i64) {
    let (mut least, mut most) = (from, to - 1);
    for time in times.iter_mut() {
        *time = (*time >> 1).max(least) << 1 | *time & 1;
        least = (*time >> 1) + 1;
    }
    for time in times.iter_mut().rev() {
        *time = (*time >> 1).min(most) << 1 | *time & 1;
        most = (*time >> 1) - 1;
    }
}

/// Seconds to minutes, and long enough that events of one session seldom meet.
fn gap_ms(chance: &mut Chance) -> i64 {
    1_500 + chance.exponential(55_000.0) as i64
}

/// Any day that the user lives through, more often at noon than at night.
fn session_start(chance: &mut Chance, share: &Share) -> i64 {
    let time = share.from + chance.below((share.to - share.from) as u64) as i64;
    let hour = 4.0 + 10.0 * (chance.unit() + chance.unit());
    let moved = time.div_euclid(DAY_MS) * DAY_MS + (hour * HOUR_MS as f64) as i64;
    if (share.from..share.to).contains(&moved) { moved } else { time }
}

/// Shares of names among the events that open no session, such that all together follow Zipf.
fn other_names() -> Shares {
    let mut weights: Vec<f64> = (1..=NAMES.len()).map(|rank| 1.0 / rank as f64).collect();
    weights[usize::from(APP_LAUNCHED)] = 0.22;
    weights[usize::from(SIGNED_UP)] = 0.002;
    Shares::of(&weights)
}

/// The first instant of the month after the one of `time`.
fn next_month(time: i64) -> i64 {
    let (year, month, _) = civil_from_days(time.div_euclid(DAY_MS));
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_civil(year, month, 1) * DAY_MS
}

#[cfg(test)]
mod tests;
