//! Columns of a batch: what an event has beyond its user, name and time follows from these three.

use super::Settings;
use crate::chance::{Shares, mixed, unit};
use crate::dictionary::{
    ABSENT, CATEGORIES, CITIES, NAMES, PLATFORMS, WITH_AMOUNT, WITH_CATEGORY, WITH_DURATION,
};

/// Events as columns, in order of (time, user). Codes are places in the lists of
/// [`crate::dictionary`], [`ABSENT`] if the event has no such property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Dense numbers in order of first event.
    pub user: Vec<u32>,
    /// Codes of names.
    pub name: Vec<u8>,
    /// Milliseconds since 1970 in UTC.
    pub time: Vec<i64>,
    /// Random delivery ids.
    pub id: Vec<u64>,
    /// Codes of cities, one per user.
    pub city: Vec<u8>,
    /// Codes of platforms, one per user.
    pub platform: Vec<u8>,
    /// Codes of categories.
    pub category: Vec<u8>,
    /// Seconds; −1 if the event has none.
    pub duration: Vec<i32>,
    /// Hundredths, always a multiple of 25, so that sums of the amounts as floats are exact in any
    /// order and in every engine; −1 if the event has none.
    pub amount_cents: Vec<i32>,
}

impl Batch {
    /// Adds all rows of another.
    pub fn append(&mut self, other: &Batch) {
        let Batch { user, name, time, id, city, platform, category, duration, amount_cents } =
            other;
        self.user.extend_from_slice(user);
        self.name.extend_from_slice(name);
        self.time.extend_from_slice(time);
        self.id.extend_from_slice(id);
        self.city.extend_from_slice(city);
        self.platform.extend_from_slice(platform);
        self.category.extend_from_slice(category);
        self.duration.extend_from_slice(duration);
        self.amount_cents.extend_from_slice(amount_cents);
    }

    /// Events.
    pub fn len(&self) -> usize {
        self.user.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.user.is_empty()
    }
}

/// What the columns are drawn from.
pub(super) struct Rows {
    seed: u64,
    cities: Shares,
    platforms: Shares,
    categories: Shares,
    category: [bool; NAMES.len()],
    duration: [bool; NAMES.len()],
    amount: [bool; NAMES.len()],
}

impl Rows {
    pub(super) fn of(settings: &Settings) -> Rows {
        let among = |codes: &[u8]| std::array::from_fn(|code| codes.contains(&(code as u8)));
        let platforms: [f64; PLATFORMS.len()] = [0.55, 0.35, 0.1];
        Rows {
            seed: mixed(settings.seed ^ 0x4015),
            cities: Shares::zipf(CITIES.len()),
            platforms: Shares::of(&platforms),
            categories: Shares::zipf(CATEGORIES.len()),
            category: among(&WITH_CATEGORY),
            duration: among(&WITH_DURATION),
            amount: among(&WITH_AMOUNT),
        }
    }

    pub(super) fn batch(&self, events: impl ExactSizeIterator<Item = (u32, u8, i64)>) -> Batch {
        let mut batch = Batch::default();
        batch.reserve(events.len());
        for (user, name, time) in events {
            self.push(&mut batch, user, name, time);
        }
        batch
    }

    #[inline]
    fn push(&self, batch: &mut Batch, user: u32, name: u8, time: i64) {
        let person = mixed(self.seed ^ u64::from(user));
        // (user, time) is unique, so ids are as good as random ones.
        let id = mixed(mixed(self.seed ^ time as u64) ^ u64::from(user) << 20);
        let draw = mixed(id);
        let has = usize::from(name);
        batch.user.push(user);
        batch.name.push(name);
        batch.time.push(time);
        batch.id.push(id);
        batch.city.push(self.cities.pick(person));
        batch.platform.push(self.platforms.pick(person << 12));
        batch.category.push(if self.category[has] { self.categories.pick(draw) } else { ABSENT });
        batch.duration.push(if self.duration[has] { duration(draw) } else { -1 });
        batch.amount_cents.push(if self.amount[has] { amount_cents(draw) } else { -1 });
    }
}

/// Seconds, exponential.
fn duration(draw: u64) -> i32 {
    1 + (-90.0 * (1.0 - unit(mixed(draw ^ 1))).ln()) as i32
}

/// Pareto with exponent 1.8 from 4.00, at most 5,000.00.
fn amount_cents(draw: u64) -> i32 {
    let amount = 4.0 * (1.0 - unit(mixed(draw ^ 2))).powf(-1.0 / 1.8);
    25 * (amount.min(5_000.0) * 4.0) as i32
}

impl Batch {
    fn reserve(&mut self, n: usize) {
        self.user.reserve_exact(n);
        self.name.reserve_exact(n);
        self.time.reserve_exact(n);
        self.id.reserve_exact(n);
        self.city.reserve_exact(n);
        self.platform.reserve_exact(n);
        self.category.reserve_exact(n);
        self.duration.reserve_exact(n);
        self.amount_cents.reserve_exact(n);
    }
}
