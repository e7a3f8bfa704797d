//! Example segments of the simulated shop, in the text form of the segment language.

/// Segments that say something about the shop's audience: a name and a definition in text form.
pub fn example_segments() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "Abandoned cart, last 3 days",
            "did \"Add To Cart\" in last 3d and not did \"Purchase\" after last \"Add To Cart\"",
        ),
        ("Loyal buyers", "did \"Purchase\" at least 3 times in last 180d"),
        (
            "Big spender, lapsed",
            "sum(amount) of \"Purchase\" > 300 and not did any event in last 60d",
        ),
        ("Signed up, never bought", "did \"Signed Up\" in last 30d and not did \"Purchase\""),
        ("Slowing down", "count of \"App Launched\" in last 14d below 0.5 of own 60d baseline"),
        ("Shoe lovers", "mostly category is \"Shoes\" in \"Product Viewed\" in last 90d"),
        ("Plus renews within 30 days", "plan = \"plus\" and renewal_date in next 30d"),
        (
            "Turkey and Indonesia, reachable by push",
            "country in [\"TR\", \"ID\"] and push_opt_in = true and did \"App Launched\" in last 30d",
        ),
        (
            "Straight to the till",
            "did \"Product Viewed\" then \"Add To Cart\" then \"Purchase\" within 1h in last 90d",
        ),
    ]
}
