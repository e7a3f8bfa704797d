//! Values, comparisons, filters and windows.

use model::{Text, Timestamp, Value, Weekday};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use segment::tree::{
    Case, EventMatch, EventNames, Hours, Op, Order, Range, Test, Unit, Where, Window,
};

use super::times::{CENTRE, span, time, zone};
use super::{EVENTS, PROPERTIES};

/// A value that is easily confused with another one. Never null.
pub fn value() -> BoxedStrategy<Value> {
    let numbers = vec![
        Value::Int(1),
        Value::Int(2),
        Value::Float(1.0),
        Value::Float(2.5),
        Value::Float(0.1),
        Value::Int(-3),
    ];
    let texts = ["a", "A", "ab", "1", "2.9", "2.10", "2.10.0", "ä", "Ä"].map(Value::text).to_vec();
    let dates = vec![
        Value::Time(CENTRE),
        Value::text("2026-03-30"),
        Value::text("2026-03-30T00:00:00Z"),
        Value::text("2024-02-29"),
        Value::text("1990-04-01"),
    ];
    let items = select([numbers.clone(), texts.clone()].concat());
    let list = vec(items, 0..3).prop_map(|items| Value::List(items.into()));
    prop_oneof![
        6 => select(numbers),
        5 => select(texts),
        2 => select(dates),
        1 => time().prop_map(Value::Time),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => list,
    ]
    .boxed()
}

/// A value or null.
pub(super) fn value_or_null() -> impl Strategy<Value = Value> {
    prop_oneof![9 => value(), 1 => Just(Value::Null)]
}

/// A comparison of any value.
pub(super) fn test() -> impl Strategy<Value = Test> {
    let case = prop_oneof![3 => Just(Case::Sensitive), 1 => Just(Case::Insensitive)];
    (op(), case).prop_map(|(op, case)| Test { op, case })
}

fn op() -> BoxedStrategy<Op> {
    let text = || select(&["a", "A", "b", "1", "2.", "Ä"][..]).prop_map(Text::new);
    let pattern = select(&["^a", "[0-9]\\.", "b$", "a|ä", "^.$"][..]).prop_map(Text::new);
    let version = select(&["2.9", "2.10", "2", "2.10.1", "1"][..]).prop_map(Text::new);
    prop_oneof![
        3 => value().prop_map(Op::Eq),
        2 => value().prop_map(Op::Ne),
        1 => value().prop_map(Op::Lt),
        1 => value().prop_map(Op::Le),
        2 => value().prop_map(Op::Gt),
        2 => value().prop_map(Op::Ge),
        1 => (value(), value()).prop_map(|(low, high)| Op::Between(low, high)),
        2 => vec(value(), 1..3).prop_map(Op::In),
        1 => vec(value(), 1..3).prop_map(Op::NotIn),
        1 => value().prop_map(Op::Contains),
        1 => value().prop_map(Op::NotContains),
        1 => text().prop_map(Op::StartsWith),
        1 => text().prop_map(Op::EndsWith),
        1 => pattern.prop_map(Op::Matches),
        1 => Just(Op::Exists),
        1 => Just(Op::NotExists),
        1 => (order(), version).prop_map(|(order, version)| Op::Version(order, version)),
    ]
    .boxed()
}

fn order() -> impl Strategy<Value = Order> {
    use Order::{Eq, Ge, Gt, Le, Lt, Ne};
    select(&[Lt, Le, Eq, Ne, Ge, Gt][..])
}

/// A comparison of a count or another small number.
pub(super) fn number_test() -> BoxedStrategy<Test> {
    let number = || {
        let float = select(&[0.0, 0.5, 1.0, 1.5, 2.6, 3.6][..]).prop_map(Value::Float);
        prop_oneof![4 => (0..4i64).prop_map(Value::Int), 1 => float]
    };
    prop_oneof![
        4 => number().prop_map(Op::Ge),
        2 => number().prop_map(Op::Lt),
        2 => number().prop_map(Op::Eq),
        1 => number().prop_map(Op::Gt),
        1 => number().prop_map(Op::Le),
        1 => number().prop_map(Op::Ne),
        1 => (number(), number()).prop_map(|(low, high)| Op::Between(low, high)),
    ]
    .prop_map(Test::of)
    .boxed()
}

/// Which events, without an event before.
pub fn event_match() -> BoxedStrategy<EventMatch> {
    matching(filter(false).boxed())
}

/// Which events, with an event before that `same` compares with.
pub(super) fn event_match_after() -> BoxedStrategy<EventMatch> {
    matching(filter(true).boxed())
}

fn matching(filter: BoxedStrategy<Where>) -> BoxedStrategy<EventMatch> {
    let composites = ["anything bought", "cheap or viewed"];
    let name = prop_oneof![6 => select(&EVENTS[..]), 1 => select(composites.to_vec())];
    let names = vec(name.prop_map(Text::new), 1..3).prop_map(EventNames::Of);
    let names = prop_oneof![7 => names, 1 => Just(EventNames::Any)];
    let filter = prop_oneof![3 => Just(Where::ALWAYS), 2 => filter];
    (names, filter).prop_map(|(names, filter)| EventMatch { names, filter }).boxed()
}

pub(super) fn property_where() -> BoxedStrategy<Where> {
    (property(), test()).prop_map(|(property, test)| Where::Property { property, test }).boxed()
}

fn filter(after: bool) -> impl Strategy<Value = Where> {
    let same = vec(property(), 1..3).prop_map(Where::Same);
    let same_weight = if after { 5 } else { 0 };
    let leaf = if after {
        prop_oneof![
            5 => property_where(),
            1 => Just(Where::FirstTime),
            same_weight => same,
        ]
        .boxed()
    } else {
        prop_oneof![5 => property_where(), 1 => Just(Where::FirstTime)].boxed()
    };
    prop_oneof![
        5 => leaf.clone(),
        1 => leaf.clone().prop_map(|w| Where::Not(Box::new(w))),
        1 => vec(leaf.clone(), 2..3).prop_map(Where::All),
        1 => vec(leaf, 1..3).prop_map(Where::Any),
    ]
}

/// The name of a property.
pub(super) fn property() -> impl Strategy<Value = Text> {
    select(&PROPERTIES[..]).prop_map(Text::new)
}

/// A window that is not relative to an anchor.
pub(super) fn window() -> BoxedStrategy<Window> {
    let unit = select(&[Unit::Day, Unit::Week, Unit::Month][..]);
    let units = (1..4u32, unit, weighted(0.3, zone()))
        .prop_map(|(n, unit, zone)| Range::LastUnits { n, unit, zone });
    let ago = (span(), span()).prop_filter_map("from is farther than to", |(from, to)| {
        (from > to).then_some(Range::Ago { from, to })
    });
    let range = prop_oneof![
        2 => Just(Range::All),
        5 => span().prop_map(Range::Last),
        2 => units,
        1 => (time(), time()).prop_filter_map("begins before it ends", between),
        1 => time().prop_map(Range::Since),
        1 => span().prop_map(Range::BeforeLast),
        1 => ago,
    ];
    narrowed(range.boxed())
}

fn between((from, to): (Timestamp, Timestamp)) -> Option<Range> {
    (from < to).then_some(Range::Between(from, to))
}

/// A window around an anchor.
pub(super) fn anchored_window() -> BoxedStrategy<Window> {
    let range = prop_oneof![
        2 => weighted(0.7, span()).prop_map(Range::After),
        1 => weighted(0.7, span()).prop_map(Range::Before),
    ];
    narrowed(range.boxed())
}

fn narrowed(range: BoxedStrategy<Range>) -> BoxedStrategy<Window> {
    const MINUTES: &[u16] = &[0, 30, 60, 90, 330, 720, 1_350, 1_439];
    let hours = (select(MINUTES), select(MINUTES).prop_map(|m| if m == 0 { 1_440 } else { m }))
        .prop_filter_map("an hour range is not empty", |(from_minute, to_minute)| {
            (from_minute != to_minute).then_some(Hours { from_minute, to_minute })
        });
    let weekdays = prop_oneof![6 => Just(Vec::new()), 1 => vec(select(&Weekday::ALL[..]), 1..5)];
    (range, weighted(0.15, hours), weekdays)
        .prop_map(|(range, hours, weekdays)| Window { range, hours, weekdays })
        .boxed()
}
