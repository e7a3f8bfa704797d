//! What everybody shares: countries, channels, products, hours, seasons and campaigns.

use model::{Day, Span, Text, Timestamp, Zone};

use super::Parameters;
use crate::chance::Chance;

/// A country that people come from.
pub(super) struct Place {
    pub country: &'static str,
    pub language: &'static str,
    pub zone_name: &'static str,
    pub zone: Zone,
    pub share: f64,
}

/// A way in which people find the app.
pub(super) struct Channel {
    pub name: &'static str,
    pub share: f64,
    /// Readiness to buy, as a multiple of the average.
    pub quality: f64,
}

/// A thing for sale.
pub(super) struct Product {
    pub id: Text,
    pub price: f64,
}

pub(super) struct World {
    pub seed: u64,
    pub parameters: Parameters,
    pub start: Timestamp,
    pub span: Span,
    pub places: Vec<Place>,
    /// By category, each sorted by price.
    pub products: Vec<Vec<Product>>,
}

/// Streams of chance that belong to nobody.
const CAMPAIGNS: u64 = 1;
const PRODUCTS: u64 = 2;
const ARRIVALS: u64 = 3;
const PEOPLE: u64 = 4;

pub(super) const CURRENCY: &str = "EUR";
pub(super) const CATEGORIES: [&str; 8] =
    ["Shoes", "Dresses", "Shirts", "Bags", "Home", "Beauty", "Toys", "Sport"];
const PRODUCTS_PER_CATEGORY: usize = 60;
/// Products of a category lie evenly between these deviations from its median price.
const PRICE_DEVIATIONS: f64 = 2.5;

/// Shares: sessions of the published clickstream by channel. Quality: their conversion divided by
/// the mean over all.
pub(super) const CHANNELS: [Channel; 5] = [
    Channel { name: "organic", share: 0.36, quality: 0.96 },
    Channel { name: "paid_search", share: 0.28, quality: 1.21 },
    Channel { name: "social", share: 0.16, quality: 0.76 },
    Channel { name: "email", share: 0.16, quality: 0.99 },
    Channel { name: "direct", share: 0.04, quality: 0.89 },
];
/// What a campaign's extra arrivals come from.
pub(super) const CAMPAIGN_CHANNEL: usize = 2;

pub(super) const PLATFORMS: [(&str, f64); 3] = [("android", 0.52), ("ios", 0.38), ("web", 0.10)];

const PLACES: [(&str, &str, &str, f64); 8] = [
    ("TR", "tr", "Europe/Istanbul", 0.24),
    ("ID", "id", "Asia/Jakarta", 0.18),
    ("DE", "de", "Europe/Berlin", 0.14),
    ("GB", "en", "Europe/London", 0.12),
    ("US", "en", "America/New_York", 0.10),
    ("SA", "ar", "Asia/Riyadh", 0.09),
    ("BR", "pt", "America/Sao_Paulo", 0.07),
    ("EG", "ar", "Africa/Cairo", 0.06),
];

/// Activity by local hour, as a multiple of the mean: asleep at four, most awake at nine in the
/// evening.
const HOURS: [f64; 24] = [
    0.55, 0.30, 0.17, 0.12, 0.10, 0.15, 0.35, 0.65, 0.90, 1.00, 1.05, 1.10, 1.25, 1.20, 1.10, 1.10,
    1.15, 1.25, 1.40, 1.65, 1.95, 2.05, 1.75, 1.71,
];
/// Activity by weekday, Monday first, as a multiple of the mean.
const WEEKDAYS: [f64; 7] = [0.97, 0.95, 0.95, 0.98, 1.03, 1.08, 1.04];
/// Activity of people who are already there, on a campaign's days.
const CAMPAIGN_SESSIONS: f64 = 1.25;
/// A new version of the app comes out so often.
const RELEASE: Span = Span::days(21);

impl World {
    pub fn new(seed: u64, parameters: Parameters, start: Timestamp, end: Timestamp) -> World {
        let parameters = parameters.within_bounds();
        let places = PLACES.map(|(country, language, zone_name, share)| {
            let zone = Zone::named(zone_name).unwrap_or_else(Zone::utc);
            Place { country, language, zone_name, zone, share }
        });
        let products = (0..CATEGORIES.len()).map(|c| assortment(seed, &parameters, c)).collect();
        let span = (end - start).max(Span::DAY);
        World { seed, parameters, start, span, places: places.into(), products }
    }

    /// The stream of a person.
    pub fn chance_of_person(&self, number: u32) -> Chance {
        Chance::at(self.seed, &[PEOPLE, u64::from(number)])
    }

    /// The stream of the arrivals of one day.
    pub fn chance_of_day(&self, day: Timestamp) -> Chance {
        Chance::at(self.seed, &[ARRIVALS, day.0 as u64])
    }

    /// Expected first opens in the 24 hours from `day` on.
    pub fn arrivals(&self, day: Timestamp) -> f64 {
        let days = self.span.0 as f64 / Span::DAY.0 as f64;
        let growth = self.parameters.growth;
        let elapsed = ((day - self.start).0 as f64 / self.span.0 as f64).clamp(0.0, 1.0);
        let trend = (1.0 + (growth - 1.0) * elapsed) / (0.5 * (1.0 + growth));
        // Weekdays, seasons and campaigns multiply a mean of 1, which keeps the total.
        let weekday = Day(day.0.div_euclid(Span::DAY.0)).weekday();
        let seasons = WEEKDAYS[weekday as usize] * self.season(day) / self.season_mean();
        f64::from(self.parameters.users) / days * trend * seasons * self.campaign_arrivals(day)
    }

    /// Whether a campaign runs on this UTC day, and which.
    pub fn campaign(&self, at: Timestamp) -> Option<u64> {
        let length = 365 / i64::from(self.parameters.campaigns_per_year).max(1);
        let day = at.0.div_euclid(Span::DAY.0);
        let number = day.div_euclid(length.max(14));
        let mut chance = Chance::at(self.seed, &[CAMPAIGNS, number as u64]);
        let lasts = 3 + chance.below(5) as i64;
        let first =
            number * length.max(14) + chance.below((length.max(14) - lasts) as usize) as i64;
        let runs = self.parameters.campaigns_per_year > 0 && (first..first + lasts).contains(&day);
        runs.then_some(number as u64)
    }

    /// Activity of a person in this place at this instant, as a multiple of the mean.
    pub fn activity(&self, place: &Place, at: Timestamp) -> f64 {
        let (day, of_day) = place.zone.local(at);
        let hour = (of_day / Span::HOUR.0) as usize % 24;
        let campaign = if self.campaign(at).is_some() { CAMPAIGN_SESSIONS } else { 1.0 };
        HOURS[hour] * WEEKDAYS[day.weekday() as usize] * self.season(at) * campaign
    }

    /// The most that [`World::activity`] can be.
    pub fn activity_max(&self) -> f64 {
        let most = |of: &[f64]| of.iter().fold(0.0, |a: f64, b| a.max(*b));
        most(&HOURS) * most(&WEEKDAYS) * (1.0 + self.parameters.holiday_peak) * CAMPAIGN_SESSIONS
    }

    /// An instant of the 24 hours from `day` on, more likely when people there are awake.
    pub fn instant(&self, chance: &mut Chance, place: &Place, day: Timestamp) -> Timestamp {
        let peak = HOURS.iter().fold(0.0, |a: f64, b| a.max(*b));
        loop {
            let at = day + Span((chance.unit() * Span::DAY.0 as f64) as i64);
            let hour = (place.zone.local(at).1 / Span::HOUR.0) as usize % 24;
            if chance.happens(HOURS[hour] / peak) {
                return at;
            }
        }
    }

    /// The version of the app that is current at an instant: its number counts releases.
    pub fn release(&self, at: Timestamp) -> u16 {
        ((at - self.start).0 / RELEASE.0).clamp(0, 9_999) as u16
    }

    /// Activity by season: rising from mid-October to a peak on 10 December, low until February
    /// and in August.
    fn season(&self, at: Timestamp) -> f64 {
        let (_, month, day) = Day(at.0.div_euclid(Span::DAY.0)).civil();
        match (month, day) {
            (10, 15..) | (11, _) | (12, ..=10) => {
                let days = match month {
                    10 => day - 15,
                    11 => day + 16,
                    _ => day + 46,
                };
                1.0 + self.parameters.holiday_peak * days as f64 / 56.0
            }
            (12, ..=24) => 1.0 + self.parameters.holiday_peak * (24 - day) as f64 / 14.0,
            (1, _) | (8, _) => 0.9,
            _ => 1.0,
        }
    }

    /// Mean of a year's seasons: 56 rising and 14 falling days at half the peak, 62 low days.
    fn season_mean(&self) -> f64 {
        1.0 + (70.0 * 0.5 * self.parameters.holiday_peak - 6.2) / 365.0
    }

    /// Multiple of ordinary arrivals, so scaled that a year's mean is 1 (a campaign lasts five days
    /// on average).
    fn campaign_arrivals(&self, day: Timestamp) -> f64 {
        let extra = self.parameters.campaign_arrivals - 1.0;
        let mean = 1.0 + extra * 5.0 * f64::from(self.parameters.campaigns_per_year) / 365.0;
        (if self.campaign(day).is_some() { 1.0 + extra } else { 1.0 }) / mean
    }
}

/// The products of one category. Prices are log-normal around the category's own median.
fn assortment(seed: u64, parameters: &Parameters, category: usize) -> Vec<Product> {
    let mut chance = Chance::at(seed, &[PRODUCTS, category as u64]);
    let median = chance.log_normal(parameters.price, 0.3);
    let n = PRODUCTS_PER_CATEGORY;
    let product = |i: usize| {
        let deviation = (2.0 * i as f64 / (n - 1) as f64 - 1.0) * PRICE_DEVIATIONS;
        let price = median * (parameters.price_sigma * deviation).exp();
        let id = Text::from(format!("{}-{i:02}", CATEGORIES[category].to_lowercase()));
        Product { id, price: cents(price) }
    };
    (0..n).map(product).collect()
}

/// The position of a product in its category, for a deviation from its median price.
pub(super) fn nearest_product(deviation: f64) -> usize {
    let last = (PRODUCTS_PER_CATEGORY - 1) as f64;
    let place = (deviation / PRICE_DEVIATIONS + 1.0) / 2.0 * last;
    place.round().clamp(0.0, last) as usize
}

/// Rounded to the smallest coin.
pub(super) fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
