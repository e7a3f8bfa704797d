//! Definitions of mixed kinds over the events of [`crate::dictionary`], as people write them.

use crate::dictionary::{CATEGORIES, NAMES};

/// Windows, from an hour to two years.
const WINDOWS: [&str; 10] = ["1h", "6h", "24h", "3d", "7d", "14d", "30d", "60d", "90d", "365d"];

/// So many definitions, all different: counts, inaction, sums, distinct values and days, extremes,
/// sequences, absences, what followed an anchor, baselines, habits, first times, calendar windows,
/// attributes, buckets and combinations, in turn.
pub fn definitions(n: usize) -> Vec<String> {
    (0..n).map(definition).collect()
}

/// The states of a lifecycle over the same events: key and definition, in order.
pub fn states() -> [(&'static str, &'static str); 6] {
    [
        ("new", "did \"Signed Up\" in last 7d"),
        ("loyal", "did \"Purchase\" at least 3 times in last 60d"),
        ("active", "did any event in last 7d"),
        ("at_risk", "did any event in last 30d"),
        ("dormant", "did any event in last 90d"),
        ("churned", "everyone"),
    ]
}

fn definition(n: usize) -> String {
    let turn = n / 20;
    // Names meet kinds in an order in which frequent and rare ones alternate.
    let name = NAMES[(n * 7 + turn * 3) % NAMES.len()];
    let other = NAMES[(n * 11 + turn * 5 + 1) % NAMES.len()];
    let window = WINDOWS[(n * 3 + turn) % WINDOWS.len()];
    let long = ["30d", "60d", "90d", "365d"][turn % 4];
    let times = 2 + turn % 6;
    let category = CATEGORIES[turn % CATEGORIES.len()];
    match n % 20 {
        0 => format!("did \"{name}\" at least {times} times in last {window}"),
        1 => format!("not did \"{name}\" in last {window}"),
        2 => format!("did \"{name}\" in last {long} and not did \"{other}\" in last {long}"),
        3 => format!("sum(amount) of \"Purchase\" in last {long} > {}", 40 * times),
        4 => format!(
            "did \"Add To Cart\" in last {window} and not did \"Purchase\" after last \"Add To Cart\""
        ),
        5 => format!("did \"{name}\" then \"{other}\" within 2d in last {long}"),
        6 => format!("did \"{name}\" and then not \"{other}\" for {window}"),
        7 => format!("distinct(category) of \"Product Viewed\" in last {long} >= {times}"),
        8 => format!("days of \"App Launched\" in last {long} >= {times}"),
        9 => format!(
            "did \"Product Viewed\" at least {times} times in last {window} where category = \"{category}\""
        ),
        10 => format!("count of \"{name}\" in last 14d below 0.5 of own {long} baseline"),
        11 => format!(
            "did \"Purchase\" at least {times} times and not did \"Purchase\" in last {long}"
        ),
        12 => format!("did \"{name}\" in last {window} where first time"),
        13 => format!("max(amount) of \"Purchase\" in last {long} > {}", 30 * times),
        14 => format!("did \"{name}\" in last {times} calendar days"),
        15 => format!(
            "did \"Add To Cart\" then \"Checkout Started\" then \"Purchase\" within {times}d in last {long}"
        ),
        16 => format!("mostly category is \"{category}\" in \"Product Viewed\" in last {long}"),
        17 => format!("did \"{name}\" at least 1 time within 7d after first \"Signed Up\""),
        18 => format!(
            "did \"{name}\" in last {window} and plan = \"plus\" and bucket 0 to {}",
            500 * times
        ),
        _ => format!(
            "(did \"{name}\" in last {window} or did \"{other}\" in last {window}) and did any event at least {times} times in last {long}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn definitions_are_different_and_can_be_read() {
        let definitions = super::definitions(200);
        assert_eq!(definitions.iter().collect::<BTreeSet<_>>().len(), 200);
        for text in definitions.iter().map(String::as_str).chain(super::states().map(|s| s.1)) {
            let (_, problems) = segment::parse(text);
            assert!(problems.is_empty(), "{text}: {problems:?}");
        }
    }
}
