//! Example segments of each data set, in the text form of the segment language.

use super::DataSet;

pub(super) fn of(set: DataSet) -> Vec<(&'static str, &'static str)> {
    match set {
        DataSet::OnlineRetail => vec![
            ("Bought on three days in 90", "days of \"Purchase\" in last 90d >= 3"),
            (
                "Big spender, lapsed",
                "sum(amount) of \"Purchase\" > 2000 and not did \"Purchase\" in last 90d",
            ),
            (
                "New and came back",
                "did \"Purchase\" in last 60d and not did \"Purchase\" before last 60d \
                 and distinct(invoice) of \"Purchase\" >= 2",
            ),
            ("One invoice only", "distinct(invoice) of \"Purchase\" = 1"),
            ("Returned more than 100 in 180 days", "sum(amount) of \"Refund\" in last 180d < -100"),
            ("Abroad and active", "country != \"United Kingdom\" and did \"Purchase\" in last 90d"),
            ("Slowing down", "count of \"Purchase\" in last 60d below 0.5 of own 120d baseline"),
        ],
        DataSet::Cdnow => vec![
            ("Never came back", "days of \"Purchase\" = 1"),
            ("Repeat buyers", "days of \"Purchase\" >= 2"),
            ("Bought in the last 12 weeks", "did \"Purchase\" in last 84d"),
            (
                "Big spender, lapsed",
                "sum(amount) of \"Purchase\" > 150 and not did \"Purchase\" in last 180d",
            ),
            ("Buys many at a time", "avg(cds) of \"Purchase\" >= 4"),
        ],
        DataSet::RfmOrders => vec![
            ("Five orders or more", "did \"Purchase\" at least 5 times"),
            ("Ordered in the last 120 days", "did \"Purchase\" in last 120d"),
            (
                "Big spender, lapsed",
                "sum(amount) of \"Purchase\" > 500 and not did \"Purchase\" in last 180d",
            ),
            ("Large orders", "avg(amount) of \"Purchase\" > 120"),
            (
                "Gone quiet",
                "did \"Purchase\" at least 3 times and not did \"Purchase\" in last 300d",
            ),
        ],
        DataSet::EcomClickstream => vec![
            (
                "Left a cart in the last week",
                "did \"add_to_cart\" in last 7d and not did \"purchase\" after last \"add_to_cart\"",
            ),
            ("Buyers", "did \"purchase\""),
            (
                "Looks, never buys",
                "did \"product_view\" at least 10 times and not did \"purchase\"",
            ),
            (
                "Gave up after a payment error",
                "did \"payment_error\" in last 30d \
                 and not did \"purchase\" after last \"payment_error\"",
            ),
            ("Mostly on a phone", "mostly platform is \"mobile\" in any event in last 90d"),
            (
                "Straight through checkout",
                "did \"add_to_cart\" then \"shipping_details\" then \"purchase\" within 1h",
            ),
        ],
        DataSet::SnowplowMobile => vec![
            ("More than one session", "distinct(session_id) of any event >= 2"),
            ("Read ten screens", "did \"screen_view\" at least 10 times"),
            ("Active in the last 7 days", "did any event in last 7d"),
            (
                "Read, then left within the hour",
                "did \"screen_view\" then \"application_background\" within 1h",
            ),
            ("Went quiet", "did any event and not did any event in last 14d"),
        ],
    }
}
