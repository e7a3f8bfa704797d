//! Clickstreams: sessions, funnels and activity of `ecom_clickstream`, sessions of
//! `snowplow_mobile`.

use audience::data_set::DataSet;
use history::funnel::{Funnel, funnel};
use history::sessions::{SessionRule, figures, sessions};
use history::{Evaluator, activity};
use model::{Span, Timestamp};

use crate::real::{at, load, named};

#[test]
fn sessions_are_the_published_ones() {
    let Some(loaded) = load(DataSet::EcomClickstream, "ecom_clickstream") else { return };
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2024-07-01"));
    let by_id = sessions(&evaluator, &SessionRule::Property("session_id".into())).unwrap();
    let found = figures(&by_id);
    assert_eq!((found.sessions, found.users, found.one_event), (3_605, 600, 231));
    assert_eq!((found.median_events, found.median_seconds), (8.0, 869.0));
    assert!((found.mean_events - 8.6286).abs() < 1e-4, "{}", found.mean_events);
    assert!((found.mean_seconds - 1039.5545).abs() < 1e-4, "{}", found.mean_seconds);
    for (gap_s, n) in [(1_800, 3_605), (3_600, 3_605), (300, 6_725)] {
        let by_gap = sessions(&evaluator, &SessionRule::Gap(Span(gap_s * 1_000))).unwrap();
        assert_eq!(by_gap.len(), n, "gap of {gap_s} s");
        let same = by_gap.iter().zip(&by_id).all(|(a, b)| (a.start, a.end) == (b.start, b.end));
        assert_eq!(same && by_gap.len() == by_id.len(), gap_s >= 1_800);
    }
}

#[test]
fn funnels_are_the_published_ones() {
    let Some(loaded) = load(DataSet::EcomClickstream, "ecom_clickstream") else { return };
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2024-07-01"));
    let names =
        ["product_view", "add_to_cart", "cart", "shipping_details", "payment_details", "purchase"];
    let count = |window: Option<Span>, per: Option<&str>| {
        let steps = names.map(named).to_vec();
        let held = per.map(Into::into).into_iter().collect();
        let asked = Funnel { window, held, per_value: per.is_some(), ..Funnel::of(steps) };
        funnel(&evaluator, &asked).unwrap()
    };
    assert_eq!(count(None, Some("session_id")), [2_868, 944, 477, 194, 72, 15]);
    assert_eq!(count(None, None), [598, 517, 429, 329, 222, 114]);
    assert_eq!(count(Some(Span::DAY), None), [598, 482, 324, 169, 69, 16]);
    assert_eq!(count(Some(Span::HOUR), None), [598, 480, 321, 167, 68, 15]);
}

#[test]
fn daily_activity_is_the_published_one() {
    let Some(loaded) = load(DataSet::EcomClickstream, "ecom_clickstream") else { return };
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2024-06-29T23:59:59.999Z"));
    let days = activity::activity(&evaluator, 178).unwrap().days;
    let peak = days.iter().max_by_key(|day| day.active).unwrap();
    assert_eq!((peak.day.to_string().as_str(), peak.active), ("2024-06-18", 46));
    let active: Vec<u64> = days.iter().map(|day| day.active).filter(|n| *n > 0).collect();
    let total: u64 = active.iter().sum();
    let mean = total as f64 / active.len() as f64;
    assert!((mean - 20.3672).abs() < 1e-4, "mean daily active {mean} over {} days", active.len());
    assert_eq!(days.iter().map(|day| day.events).sum::<u64>(), 31_106);
}

#[test]
fn mobile_sessions_last_as_published() {
    let Some(loaded) = load(DataSet::SnowplowMobile, "snowplow_mobile") else { return };
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2022-01-01"));
    let found = sessions(&evaluator, &SessionRule::Property("session_id".into())).unwrap();
    let spans: Vec<(Timestamp, Timestamp)> = found.iter().map(|s| (s.start, s.end)).collect();
    // Sessions of one id by several users (an edge case of that set) are not told apart there.
    assert!(
        spans.iter().any(|(start, end)| (*end - *start).0 / 1_000 == 172_819),
        "the 48-hour session is one"
    );
    assert_eq!(loaded.snapshot.n_users(at("2022-01-01")), loaded.fold.n_users() as u64);
}
