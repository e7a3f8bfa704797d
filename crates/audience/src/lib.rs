//! Audiences to work with before there is one of one's own.
//!
//! What it is: published data sets as records ([`data_set`]), and a simulated shop app whose
//! audience behaves like a real one ([`shop`]).
//! What it is not: it opens no files, asks no clock and sends nothing. Readers, seeds and bounds
//! come in, [`model::Record`]s come out.
//!
//! ```
//! use audience::shop::{Parameters, Shop};
//! use model::Timestamp;
//! let day = |text| Timestamp::parse(text).unwrap();
//! let shop = Shop::new(7, Parameters::with_users(50), day("2025-01-01"), day("2025-03-01"));
//! let mut live = shop.live();
//! let history = live.records_until(day("2025-03-01"));
//! let today = live.records_until(day("2025-03-02"));
//! assert!(history.len() > today.len());
//! ```
//!
//! # The simulated shop
//! One run is about two years of 20,000 people and 1.2 million records. Everybody's behaviour is
//! drawn from their own stream of chance. Where the defaults come from (OR: Online Retail, CD:
//! CDNOW, EC: the clickstream of [`data_set`]; figures of OR count lines of known customers that
//! are purchases):
//!
//! | parameter | default | source or reason |
//! |---|---|---|
//! | `users` | 20,000 | enough for rare paths, and loads in seconds |
//! | `growth` | 1.6 | a shop that grows by a quarter a year; makes cohorts unequal |
//! | `holiday_peak` | 0.6 | OR: 1,664 customers in November 2011, 1,037 in a mean month |
//! | `campaigns_per_year`, `campaign_arrivals` | 8, 2.5 | a burst every six weeks; what is won by them buys less (EC: social converts at 0.76 of the mean) |
//! | channels | see `shop/world.rs` | EC: share of sessions and conversion by channel |
//! | `sign_up`, `sign_up_later` | 0.55, 0.15 | some sign up at once, some when they come again, all who buy |
//! | `second_device` | 0.08 | so that merging people matters |
//! | `sessions_per_day`, `sessions_shape` | 0.03, 0.7 | gamma-distributed rates as in the NBD; with dropout gives 28 to 34 days between purchases (OR, CD) |
//! | `dropout_a`, `dropout_b` | 0.8, 4.5 | beta-distributed chance to go after a session, as in BG/NBD (CD, fitted to purchases: 0.79, 2.43; sessions are more frequent, so each is less final) |
//! | `win_back`, `away_days` | 0.25, 70 | some come back after months: what win-back campaigns are measured against |
//! | `drift`, `drift_half_life_days` | 0.25, 60 | rates that decay: the people whom "at risk" must find |
//! | `uninstall` | 0.35 | of phones that are gone for good; the others just stay silent |
//! | `loyal` | 0.06 | a minority that comes three times as often and hardly leaves |
//! | `views` | 6 | EC: 8.6 events a session, carts and checkouts included |
//! | `cart`, `checkout`, `purchase` | 0.33, 0.55, 0.7 | EC: 0.61 of carts are abandoned, 0.13 of sessions convert |
//! | readiness by age | 0.65, 1, 1.4 | EC: new 0.084, returning 0.131, loyal 0.185 |
//! | `price`, `price_sigma`, `taste_sigma` | 18, 0.8, 0.8 | log-normal; mean order 1.4 to 1.6 medians, top tenth of buyers 0.51 to 0.61 of revenue (CD, OR) |
//! | `refund` | 0.05 | between OR's 2 % of lines and fashion's two digits |
//! | `review`, `support` | 0.12, 0.03 | rare enough to be news |
//! | `opt_out` | 0.006 | per session: one in fourteen of those who come monthly, in a year |
//! | `offline` | 0.05 | phones without network deliver hours to days late |
//!
//! Hours follow the person's own time zone: quiet at four, busiest at nine in the evening.
//! The tests of [`shop`] hold the resulting audience between the published ones.

mod chance;
pub mod data_set;
pub mod shop;

#[cfg(test)]
mod tests;
