//! The twelve questions, in our language where it can say them. All are as of
//! [`AS_OF_MS`], in UTC. `scripts/bench_history_peers.py` holds the same in SQL and expressions.

use crate::chance::Chance;
use crate::generate::{END_MS, Settings};

/// The instant of every question: everything that was generated lies at or before it.
pub const AS_OF_MS: i64 = END_MS - 1;
/// The earlier instant of the lifecycle question, in days before.
pub const EARLIER_DAYS: i64 = 30;
/// Weeks of the retention matrix.
pub const WEEKS: usize = 52;
/// Window of the RFM question, in days.
pub const RFM_DAYS: i64 = 365;
/// Random users whose whole history is read.
pub const POINT_USERS: usize = 1_000;

/// Every question's key and title, in order.
pub const TITLES: [(&str, &str); 12] = [
    ("q1", "did X at least 3 times in 30 d"),
    ("q2", "sum over 90 d with a property filter"),
    ("q3", "did A and not B in 30 d"),
    ("q4", "cart in 24 h and no purchase after it"),
    ("q5", "first signup in 30 d, at least 2 launches within 7 d after"),
    ("q6", "last seen 30-60 d ago, at least 5 purchases ever"),
    ("q7", "RFM over 365 d"),
    ("q8", "ordered 7-day funnel over 180 d"),
    ("q9", "52-week retention matrix"),
    ("q10", "lifecycle at two instants with transitions"),
    ("q11", "twenty segments in one refresh"),
    ("q12", "one user's whole history"),
];

/// The questions that are one segment each, from `q1` on.
pub const SEGMENTS: [&str; 6] = [
    r#"did "App Launched" at least 3 times in last 30d"#,
    r#"sum(amount) of "Purchase" in last 90d > 100 where category = "Shoes""#,
    r#"did "App Launched" in last 30d and not did "Purchase" in last 30d"#,
    r#"did "Add To Cart" in last 24h and not did "Purchase" after last "Add To Cart""#,
    r#"(did "Signed Up" in last 30d where first time) and did "App Launched" at least 2 times within 7d after first "Signed Up""#,
    r#"did any event from 60d ago to 30d ago and not did any event in last 30d and did "Purchase" at least 5 times"#,
];

/// The funnel's steps, each within 7 days of the first, of events of the last 180 days.
pub const FUNNEL: [&str; 3] = ["Product Viewed", "Add To Cart", "Purchase"];
/// Days within which a chain must end.
pub const FUNNEL_WITHIN_DAYS: i64 = 7;
/// Days whose events count.
pub const FUNNEL_LAST_DAYS: i64 = 180;

/// The lifecycle's states in order: key and definition.
pub const STATES: [(&str, &str); 6] = [
    ("new", "not did any event before last 7d"),
    ("loyal", "did any event at least 20 times in last 30d"),
    ("active", "did any event in last 14d"),
    ("at_risk", "did any event in last 30d"),
    ("dormant", "did any event in last 90d"),
    ("churned", "everyone"),
];

/// A dashboard's segments, with conditions in common.
pub const DASHBOARD: [&str; 20] = [
    r#"did "App Launched" in last 7d"#,
    r#"did "App Launched" at least 10 times in last 30d"#,
    r#"did "Purchase" in last 30d"#,
    r#"did "Purchase" at least 2 times in last 90d"#,
    r#"sum(amount) of "Purchase" in last 90d > 250"#,
    r#"sum(amount) of "Purchase" in last 365d >= 1000"#,
    r#"did "Purchase" in last 90d and not did "Purchase" in last 30d"#,
    r#"did "App Launched" in last 7d and not did "Purchase" in last 30d"#,
    r#"did "Add To Cart" in last 7d and not did "Purchase" in last 7d"#,
    r#"did "Search" at least 3 times in last 30d and not did "Purchase" in last 30d"#,
    r#"distinct(category) of "Product Viewed" in last 30d >= 3"#,
    r#"distinct(category) of "Purchase" in last 365d >= 4"#,
    r#"days of "App Launched" in last 30d >= 5"#,
    r#"did "Push Opened" in last 30d and not did "Push Received" in last 7d"#,
    r#"did "Search" then "Purchase" within 1d in last 30d"#,
    r#"did "Add To Cart" then "Purchase" within 7d in last 90d"#,
    r#"did "Checkout Started" and then not "Purchase" for 7d"#,
    r#"did any event at least 20 times in last 30d"#,
    r#"did "Purchase" in last 30d where category in ["Electronics", "Home"]"#,
    r#"did "Wishlist Added" in last 30d and not did "Purchase" after last "Wishlist Added""#,
];

/// The users whose histories are read, by seed; the same may come twice.
pub fn point_users(settings: &Settings) -> Vec<u32> {
    let mut chance = Chance::at(settings.seed, 0x9017);
    (0..POINT_USERS).map(|_| chance.below(u64::from(settings.users())) as u32).collect()
}
