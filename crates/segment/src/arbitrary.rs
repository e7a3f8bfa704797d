//! Strategies that generate every valid tree, for property tests here and in other crates.
//!
//! Valid means: what [`crate::text::print`] can write and a person could have written. Names and
//! segments need not exist.

use model::{Span, Text, Timestamp, Value, Weekday, Zone};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::tree::*;

/// Every predicate, up to five levels deep.
pub fn predicate() -> BoxedStrategy<Predicate> {
    leaf()
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Predicate::All),
                vec(inner.clone(), 0..4).prop_map(Predicate::Any),
                inner.prop_map(|of| Predicate::Not(Box::new(of))),
            ]
        })
        .boxed()
}

fn leaf() -> BoxedStrategy<Predicate> {
    prop_oneof![
        6 => event(window()).prop_map(Predicate::Event),
        3 => profile(),
        2 => sequence(),
        3 => since(),
        2 => absence(),
        2 => baseline(),
        3 => affinity(),
        2 => date(),
        1 => text().prop_map(Predicate::Segment),
        1 => lifecycle(),
        1 => rfm(),
        1 => score(),
        1 => text().prop_map(Predicate::List),
        1 => name().prop_map(Predicate::Reachable),
        1 => location(),
        1 => (0u16..5_000, 5_001u16..=10_000, option::of(text()))
            .prop_map(|(from, to, salt)| Predicate::Bucket(BucketPredicate { from, to, salt })),
    ]
    .boxed()
}

/// Names as people have them: plain, dotted, with blanks and marks, and words of the language.
pub fn name() -> BoxedStrategy<Text> {
    prop_oneof![
        4 => "[a-z_][a-z0-9_]{0,8}(\\.[a-z0-9_]{1,4})?",
        2 => proptest::sample::select(vec![
            "where", "first", "in", "Last", "hour", "true", "monday", "count", "sum", "did", "time",
            "same", "not", "share", "bucket", "*", "any", "never", "scored", "country", "of", "is",
        ])
        .prop_map(str::to_owned),
        1 => "\\PC{1,6}",
        1 => "[ `\"\\\\.a\n\t]{1,5}",
    ]
    .prop_map(Text::from)
    .boxed()
}

/// Texts with quotes, backslashes, line breaks, control characters and every script.
pub fn text() -> BoxedStrategy<Text> {
    prop_oneof![
        4 => "[A-Za-z][A-Za-z ]{0,10}",
        1 => "\\PC{0,8}",
        1 => "[\"\\\\`\n\r\t\u{0}\u{1b}\u{85}*a]{0,6}",
    ]
    .prop_map(Text::from)
    .boxed()
}

fn finite() -> BoxedStrategy<f64> {
    prop_oneof![
        (-100_000i64..100_000).prop_map(|cents| cents as f64 / 100.0),
        any::<f64>().prop_filter("finite", |x| x.is_finite()),
    ]
    .boxed()
}

/// Values of every kind but nothing.
pub fn value() -> BoxedStrategy<Value> {
    let flat = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![-10i64..1_000, any::<i64>()].prop_map(Value::Int),
        finite().prop_map(Value::Float),
        text().prop_map(Value::Text),
        instant().prop_map(Value::Time),
    ];
    flat.prop_recursive(2, 6, 3, |inner| {
        vec(inner, 0..3).prop_map(|list| Value::List(list.into_boxed_slice()))
    })
    .boxed()
}

fn instant() -> BoxedStrategy<Timestamp> {
    prop_oneof![
        (0i64..30_000).prop_map(|day| Timestamp(day * 86_400_000)),
        (Timestamp::MIN.0..=Timestamp::MAX.0).prop_map(Timestamp),
    ]
    .boxed()
}

fn span() -> BoxedStrategy<Span> {
    prop_oneof![
        (1i64..400).prop_map(Span::days),
        (1i64..100).prop_map(|h| Span(h * 3_600_000)),
        (1..=Span::MAX.0).prop_map(Span),
    ]
    .boxed()
}

fn days() -> BoxedStrategy<Span> {
    (1i64..400).prop_map(Span::days).boxed()
}

fn names() -> BoxedStrategy<EventNames> {
    prop_oneof![
        1 => Just(EventNames::Any),
        4 => text().prop_map(|name| EventNames::Of(vec![name])),
        1 => vec(text(), 2..4).prop_map(EventNames::Of),
    ]
    .boxed()
}

fn events(same: bool) -> BoxedStrategy<EventMatch> {
    let filter = prop_oneof![1 => Just(Where::ALWAYS), 1 => condition(same)];
    (names(), filter).prop_map(|(names, filter)| EventMatch { names, filter }).boxed()
}

fn condition(same: bool) -> BoxedStrategy<Where> {
    let property = (name(), test()).prop_map(|(property, test)| Where::Property { property, test });
    let leaf = if same {
        prop_oneof![
            6 => property,
            1 => Just(Where::FirstTime),
            1 => vec(name(), 1..3).prop_map(Where::Same),
        ]
        .boxed()
    } else {
        prop_oneof![6 => property, 1 => Just(Where::FirstTime)].boxed()
    };
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Where::All),
            vec(inner.clone(), 0..4).prop_map(Where::Any),
            inner.prop_map(|of| Where::Not(Box::new(of))),
        ]
    })
    .boxed()
}

/// Comparisons with every operator.
pub fn test() -> BoxedStrategy<Test> {
    let order = proptest::sample::select(vec![
        Order::Lt,
        Order::Le,
        Order::Eq,
        Order::Ne,
        Order::Ge,
        Order::Gt,
    ]);
    let op = prop_oneof![
        value().prop_map(Op::Eq),
        value().prop_map(Op::Ne),
        value().prop_map(Op::Lt),
        value().prop_map(Op::Le),
        value().prop_map(Op::Gt),
        value().prop_map(Op::Ge),
        (value(), value()).prop_map(|(a, b)| Op::Between(a, b)),
        vec(value(), 0..4).prop_map(Op::In),
        vec(value(), 0..4).prop_map(Op::NotIn),
        value().prop_map(Op::Contains),
        value().prop_map(Op::NotContains),
        text().prop_map(Op::StartsWith),
        text().prop_map(Op::EndsWith),
        text().prop_map(Op::Matches),
        Just(Op::Exists),
        Just(Op::NotExists),
        (order, text()).prop_map(|(order, version)| Op::Version(order, version)),
    ];
    let case = prop_oneof![4 => Just(Case::Sensitive), 1 => Just(Case::Insensitive)];
    (op, case).prop_map(|(op, case)| Test { op, case }).boxed()
}

fn count() -> BoxedStrategy<Test> {
    let n = || (0i64..20).prop_map(Value::Int);
    prop_oneof![
        n().prop_map(Op::Eq),
        n().prop_map(Op::Ne),
        n().prop_map(Op::Lt),
        n().prop_map(Op::Le),
        n().prop_map(Op::Gt),
        n().prop_map(Op::Ge),
        (n(), n()).prop_map(|(a, b)| Op::Between(a, b)),
    ]
    .prop_map(Test::of)
    .boxed()
}

fn window() -> BoxedStrategy<Window> {
    let unit = proptest::sample::select(vec![Unit::Day, Unit::Week, Unit::Month]);
    let zone = proptest::sample::select(vec!["Europe/Istanbul", "UTC", "Asia/Jakarta"])
        .prop_map(|name| Zone::named(name).unwrap_or_else(Zone::utc));
    let range = prop_oneof![
        3 => Just(Range::All),
        2 => span().prop_map(Range::Last),
        1 => (1u32..60, unit, option::of(zone))
            .prop_map(|(n, unit, zone)| Range::LastUnits { n, unit, zone }),
        1 => (instant(), instant()).prop_map(|(a, b)| Range::Between(a, b)),
        1 => instant().prop_map(Range::Since),
        1 => span().prop_map(Range::BeforeLast),
        1 => (span(), span()).prop_map(|(from, to)| Range::Ago { from, to }),
    ];
    narrowed(range.boxed())
}

fn narrowed(range: BoxedStrategy<Range>) -> BoxedStrategy<Window> {
    let hours = (0u16..1_440, 0u16..=1_440)
        .prop_map(|(from_minute, to_minute)| Hours { from_minute, to_minute });
    let weekdays = vec(proptest::sample::select(Weekday::ALL.to_vec()), 0..3);
    (range, prop_oneof![3 => Just(None), 1 => hours.prop_map(Some)], weekdays)
        .prop_map(|(range, hours, weekdays)| Window { range, hours, weekdays })
        .boxed()
}

fn event(window: BoxedStrategy<Window>) -> BoxedStrategy<EventPredicate> {
    event_of(events(false), window)
}

fn event_of(
    of: BoxedStrategy<EventMatch>,
    window: BoxedStrategy<Window>,
) -> BoxedStrategy<EventPredicate> {
    let measure = prop_oneof![
        4 => Just(Measure::Count),
        1 => name().prop_map(Measure::Sum),
        1 => name().prop_map(Measure::Avg),
        1 => name().prop_map(Measure::Min),
        1 => name().prop_map(Measure::Max),
        1 => name().prop_map(Measure::Distinct),
        1 => Just(Measure::Days),
        1 => name().prop_map(Measure::First),
        1 => name().prop_map(Measure::Last),
    ];
    let test = prop_oneof![1 => Just(Test::at_least(1)), 2 => count(), 2 => test()];
    (of, window, measure, test)
        .prop_map(|(of, within, measure, test)| EventPredicate { of, within, measure, test })
        .boxed()
}

fn profile() -> BoxedStrategy<Predicate> {
    (name(), test(), option::of(span()))
        .prop_map(|(attribute, test, for_at_least)| {
            Predicate::Profile(ProfilePredicate { attribute, test, for_at_least })
        })
        .boxed()
}

fn sequence() -> BoxedStrategy<Predicate> {
    let without = (events(true), 1u32..4).prop_map(|(of, after_step)| Without { of, after_step });
    (events(false), vec(events(true), 1..4), option::of(span()), window(), vec(without, 0..3))
        .prop_map(|(first, more, complete_within, within, without)| {
            let steps = std::iter::once(first).chain(more).collect();
            Predicate::Sequence(SequencePredicate { steps, complete_within, within, without })
        })
        .boxed()
}

fn since() -> BoxedStrategy<Predicate> {
    let range = prop_oneof![
        option::of(span()).prop_map(Range::After),
        option::of(span()).prop_map(Range::Before),
    ];
    let predicate = event_of(events(true), narrowed(range.boxed()));
    (events(false), pick(), predicate)
        .prop_map(|(anchor, pick, predicate)| {
            Predicate::Since(SincePredicate { anchor, pick, predicate })
        })
        .boxed()
}

fn pick() -> BoxedStrategy<Pick> {
    prop_oneof![Just(Pick::First), Just(Pick::Last)].boxed()
}

fn absence() -> BoxedStrategy<Predicate> {
    (events(false), events(true), span(), vec(name(), 0..3))
        .prop_map(|(did, then_not, span, hold)| {
            Predicate::Absence(AbsencePredicate { did, then_not, span, hold })
        })
        .boxed()
}

fn baseline() -> BoxedStrategy<Predicate> {
    let number = || prop_oneof![(0i64..9).prop_map(Value::Int), finite().prop_map(Value::Float)];
    let op = prop_oneof![
        number().prop_map(Op::Eq),
        number().prop_map(Op::Ne),
        number().prop_map(Op::Lt),
        number().prop_map(Op::Le),
        number().prop_map(Op::Gt),
        number().prop_map(Op::Ge),
        (number(), number()).prop_map(|(a, b)| Op::Between(a, b)),
    ];
    (events(false), span(), span(), op.prop_map(Test::of))
        .prop_map(|(of, window, against, test)| {
            Predicate::Baseline(BaselinePredicate { of, window, against, test })
        })
        .boxed()
}

fn affinity() -> BoxedStrategy<Predicate> {
    let subject = prop_oneof![
        3 => name().prop_map(AffinitySubject::Property),
        1 => Just(AffinitySubject::Hour),
        1 => Just(AffinitySubject::Weekday),
    ];
    let mode = prop_oneof![
        Just(AffinityMode::Most),
        Just(AffinityMode::Least),
        test().prop_map(AffinityMode::Share),
    ];
    (events(false), subject, vec(value(), 1..4), mode, 1u32..6, window())
        .prop_map(|(of, subject, is, mode, min_events, within)| {
            Predicate::Affinity(AffinityPredicate { of, subject, is, mode, min_events, within })
        })
        .boxed()
}

fn date() -> BoxedStrategy<Predicate> {
    let subject =
        prop_oneof![
            name().prop_map(DateSubject::Attribute),
            (events(false), name(), pick())
                .prop_map(|(of, property, pick)| DateSubject::Property { of, property, pick }),
        ];
    let op = prop_oneof![
        span().prop_map(DateOp::InNext),
        span().prop_map(DateOp::InLast),
        days().prop_map(DateOp::ExactlyIn),
        days().prop_map(DateOp::ExactlyAgo),
        days().prop_map(DateOp::AnniversaryIn),
    ];
    (subject, op).prop_map(|(subject, op)| Predicate::Date(DatePredicate { subject, op })).boxed()
}

fn lifecycle() -> BoxedStrategy<Predicate> {
    (vec(text(), 1..3), option::of(span()), option::of(text()))
        .prop_map(|(is, for_at_least, was)| {
            Predicate::Lifecycle(LifecyclePredicate { is, for_at_least, was })
        })
        .boxed()
}

fn rfm() -> BoxedStrategy<Predicate> {
    let range = || option::of((1u8..=3, 3u8..=5));
    (vec(text(), 0..3), range(), range(), range())
        .prop_map(|(is, r, f, m)| Predicate::Rfm(RfmPredicate { is, r, f, m }))
        .boxed()
}

fn score() -> BoxedStrategy<Predicate> {
    let test = prop_oneof![
        test().prop_map(ScoreTest::Value),
        Just(ScoreTest::Band(Band::MostLikely)),
        Just(ScoreTest::Band(Band::Moderately)),
        Just(ScoreTest::Band(Band::LeastLikely)),
    ];
    (text(), test)
        .prop_map(|(model, test)| Predicate::Score(ScorePredicate { model, test }))
        .boxed()
}

fn location() -> BoxedStrategy<Predicate> {
    let place = (option::of(text()), option::of(text()), option::of(text()))
        .prop_filter("at least one", |(a, b, c)| a.is_some() || b.is_some() || c.is_some());
    prop_oneof![
        (finite(), finite(), finite())
            .prop_map(|(lat, lon, radius_m)| { LocationPredicate::Circle { lat, lon, radius_m } }),
        place.prop_map(|(country, region, city)| LocationPredicate::Place {
            country,
            region,
            city
        }),
    ]
    .prop_map(Predicate::Location)
    .boxed()
}
