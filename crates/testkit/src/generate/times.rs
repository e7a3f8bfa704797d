//! Instants and spans that meet.

use model::{Span, Timestamp, Zone};
use proptest::prelude::*;
use proptest::sample::select;

/// Around this instant everything happens: 2026-03-30T00:00:00Z, the day after Berlin put its
/// clocks forward.
pub const CENTRE: Timestamp = Timestamp(1_774_828_800_000);

/// Every span that a generated definition can name.
pub const SPANS: [Span; 8] = [
    Span::HOUR,
    Span(12 * Span::HOUR.0),
    Span::DAY,
    Span::days(2),
    Span::days(3),
    Span::days(7),
    Span::days(14),
    Span::days(30),
];

/// Where times gather: the centre, the two daylight-saving changes near it (Berlin and Havana),
/// an ordinary noon, and local midnights of half-hour zones.
const ORIGINS: [&str; 7] = [
    "2026-03-30T00:00:00Z",
    "2026-03-29T01:00:00Z",
    "2026-03-28T23:00:00Z",
    "2026-03-08T05:00:00Z",
    "2026-03-01T00:00:00Z",
    "2026-03-27T12:00:00Z",
    "2026-03-26T18:30:00Z",
];

pub(super) fn span() -> impl Strategy<Value = Span> + Clone {
    select(&SPANS[..])
}

/// At most `days` whole days.
pub(super) fn whole_days(days: i64) -> impl Strategy<Value = Span> + Clone {
    (0..=days).prop_map(Span::days)
}

/// An origin, moved back by a span or two, give or take a millisecond.
pub(super) fn time() -> impl Strategy<Value = Timestamp> + Clone {
    let back = prop_oneof![3 => Just(Span(0)), 5 => span()];
    (origin(), back.clone(), back, select(&[0i64, 0, 1, -1][..]))
        .prop_map(|(origin, a, b, near)| origin.minus(a).minus(b).plus(Span(near)))
}

fn origin() -> impl Strategy<Value = Timestamp> + Clone {
    let origins: Vec<Timestamp> =
        ORIGINS.iter().map(|text| Timestamp::parse(text).unwrap_or(CENTRE)).collect();
    prop_oneof![5 => Just(CENTRE), 3 => select(origins)]
}

/// Instants at which to ask: the centre and its neighbours, and others after and before.
pub fn instants() -> impl Strategy<Value = Vec<Timestamp>> {
    let ahead = prop_oneof![2 => Just(Span(0)), 1 => span()];
    let near = (Just(CENTRE), ahead, select(&[0i64, 1, -1][..]))
        .prop_map(|(at, span, near)| at.plus(span).plus(Span(near)));
    proptest::collection::vec(prop_oneof![3 => near, 1 => time()], 1..4)
}

/// A zone of a window.
pub(super) fn zone() -> impl Strategy<Value = Zone> + Clone {
    let names = ["UTC", "Europe/Berlin", "America/Havana", "Asia/Kolkata", "Pacific/Auckland"];
    select(names.into_iter().filter_map(Zone::named).collect::<Vec<_>>())
}
