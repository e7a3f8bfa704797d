//! Every phrase of the language, with the tree it means.

use model::{Span, Text, Timestamp, Value, Weekday, Zone};

use super::read;
use crate::text::print;
use crate::tree::*;

fn t(text: &str) -> Text {
    Text::new(text)
}

fn did(name: &str) -> EventPredicate {
    EventPredicate {
        of: EventMatch::named(name),
        within: Window::ALL,
        measure: Measure::Count,
        test: Test::at_least(1),
    }
}

fn last(days: i64) -> Window {
    Window::range(Range::Last(Span::days(days)))
}

fn property(name: &str, op: Op) -> Where {
    Where::Property { property: t(name), test: Test::of(op) }
}

fn profile(name: &str, op: Op) -> Predicate {
    Predicate::Profile(ProfilePredicate {
        attribute: t(name),
        test: Test::of(op),
        for_at_least: None,
    })
}

fn check(text: &str, tree: Predicate) {
    assert_eq!(read(text), tree, "{text}");
    let printed = print(&tree);
    assert_eq!(read(&printed), tree, "{printed}");
}

/// The text is also the canonical one.
fn canonical(text: &str, tree: Predicate) {
    check(text, tree.clone());
    assert_eq!(print(&tree), text);
}

#[test]
fn counts_and_windows() {
    canonical(
        "did \"Purchase\" at least 3 times in last 30d where amount > 50",
        Predicate::Event(EventPredicate {
            of: EventMatch {
                names: EventNames::Of(vec![t("Purchase")]),
                filter: property("amount", Op::Gt(Value::Int(50))),
            },
            within: last(30),
            test: Test::at_least(3),
            ..did("")
        }),
    );
    let launched = Predicate::Event(EventPredicate { within: last(30), ..did("App Launched") });
    let bought = Predicate::Event(EventPredicate { within: last(30), ..did("Purchase") });
    canonical(
        "did \"App Launched\" in last 30d and not did \"Purchase\" in last 30d",
        Predicate::All(vec![launched, Predicate::Not(Box::new(bought))]),
    );
    let n = Value::Int;
    for (words, op) in [
        ("at most 2 times", Op::Le(n(2))),
        ("exactly 1 time", Op::Eq(n(1))),
        ("not exactly 2 times", Op::Ne(n(2))),
        ("fewer than 3 times", Op::Lt(n(3))),
        ("more than 3 times", Op::Gt(n(3))),
        ("between 2 and 5 times", Op::Between(n(2), n(5))),
    ] {
        let tree = Predicate::Event(EventPredicate { test: Test::of(op), ..did("A") });
        canonical(&format!("did \"A\" {words}"), tree);
    }
    check("DID \"A\" != 2 Times", read("did \"A\" not exactly 2 times"));
    check("did \"A\" at least 1 times", read("did \"A\""));
}

#[test]
fn every_window() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let units = |n, unit, zone: Option<&str>| Range::LastUnits {
        n,
        unit,
        zone: zone.map(|z| Zone::named(z).unwrap()),
    };
    for (words, range) in [
        ("in last 7 calendar days", units(7, Unit::Day, None)),
        ("in last 1 calendar week", units(1, Unit::Week, None)),
        (
            "in last 2 calendar months in zone \"Europe/Istanbul\"",
            units(2, Unit::Month, Some("Europe/Istanbul")),
        ),
        ("between 2026-01-01 and 2026-02-01", Range::Between(at("2026-01-01"), at("2026-02-01"))),
        ("since 2026-01-01", Range::Since(at("2026-01-01"))),
        ("since 2026-01-01T10:30:00.000Z", Range::Since(at("2026-01-01T10:30:00Z"))),
        ("before last 1d", Range::BeforeLast(Span::DAY)),
        ("from 60d ago to 30d ago", Range::Ago { from: Span::days(60), to: Span::days(30) }),
    ] {
        let within = Window::range(range);
        let tree = Predicate::Event(EventPredicate { within, ..did("A") });
        canonical(&format!("did \"A\" {words}"), tree);
    }
    check("did \"A\" before last 24h", read("did \"A\" before last 1d"));
    check("did \"A\" in last 30 days", read("did \"A\" in last 30d"));
    canonical(
        "did \"A\" in last 30d hours 22:30 to 00:30 on monday, tuesday",
        Predicate::Event(EventPredicate {
            within: Window {
                range: Range::Last(Span::days(30)),
                hours: Some(Hours { from_minute: 1_350, to_minute: 30 }),
                weekdays: vec![Weekday::Monday, Weekday::Tuesday],
            },
            ..did("A")
        }),
    );
    check("did \"A\" hours 9 to 24", read("did \"A\" hours 09:00 to 24:00"));
}

#[test]
fn measures() {
    let sum = Predicate::Event(EventPredicate {
        within: last(90),
        measure: Measure::Sum(t("amount")),
        test: Test::of(Op::Gt(Value::Int(500))),
        ..did("Purchase")
    });
    let country = profile("country", Op::In(vec![Value::text("TR"), Value::text("ID")]));
    canonical(
        "sum(amount) of \"Purchase\" in last 90d > 500 and country in [\"TR\", \"ID\"]",
        Predicate::All(vec![sum, country]),
    );
    for (words, measure) in [
        ("avg(x) of", Measure::Avg(t("x"))),
        ("min(x) of", Measure::Min(t("x"))),
        ("max(x) of", Measure::Max(t("x"))),
        ("distinct(x) of", Measure::Distinct(t("x"))),
        ("days of", Measure::Days),
        ("first(x) of", Measure::First(t("x"))),
        ("last(x) of", Measure::Last(t("x"))),
    ] {
        let test = Test::of(Op::Between(Value::Int(1), Value::Float(2.0)));
        let tree = Predicate::Event(EventPredicate { measure, test, ..did("E") });
        canonical(&format!("{words} \"E\" is between 1 and 2.0"), tree);
    }
    let test = Test { op: Op::StartsWith(t("a")), case: Case::Insensitive };
    canonical(
        "last(x) of any event starts with \"a\" ignoring case",
        Predicate::Event(EventPredicate {
            of: EventMatch { names: EventNames::Any, filter: Where::ALWAYS },
            measure: Measure::Last(t("x")),
            test,
            ..did("")
        }),
    );
}

#[test]
fn conditions() {
    let filter = Where::All(vec![
        property("a", Op::Gt(Value::Int(5))),
        Where::Any(vec![
            property("b", Op::Eq(Value::text("x"))),
            Where::Not(Box::new(property("c", Op::Exists))),
        ]),
    ]);
    let of = EventMatch { names: EventNames::Of(vec![t("A"), t("B")]), filter };
    let event = Predicate::Event(EventPredicate { of, ..did("") });
    let text = "did any of [\"A\", \"B\"] where a > 5 and (b = \"x\" or not c exists)";
    canonical(text, event.clone());
    let other = profile("plan", Op::Eq(Value::text("annual")));
    canonical(
        &format!("({text}) and plan = \"annual\""),
        Predicate::All(vec![event.clone(), other]),
    );
    let second = Predicate::Event(did("C"));
    check(&format!("{text} and did \"C\""), Predicate::All(vec![event, second]));
    let first = EventMatch { filter: Where::FirstTime, ..EventMatch::named("A") };
    canonical(
        "did \"A\" where first time",
        Predicate::Event(EventPredicate { of: first, ..did("") }),
    );
    check("did [\"A\", \"B\"] at most 2 times", read("did any of [\"A\", \"B\"] at most 2 times"));
    check("did \"*\"", read("did any event"));
}

#[test]
fn every_operator() {
    let v = Value::text;
    for (words, op) in [
        ("= \"a\"", Op::Eq(v("a"))),
        ("!= true", Op::Ne(Value::Bool(true))),
        ("< 5", Op::Lt(Value::Int(5))),
        ("<= 5.5", Op::Le(Value::Float(5.5))),
        ("> 2026-01-01", Op::Gt(Value::Time(Timestamp::parse("2026-01-01").unwrap()))),
        (">= -1", Op::Ge(Value::Int(-1))),
        ("between 1 and 5", Op::Between(Value::Int(1), Value::Int(5))),
        ("in [1, \"a\"]", Op::In(vec![Value::Int(1), v("a")])),
        ("not in []", Op::NotIn(vec![])),
        ("contains \"a\"", Op::Contains(v("a"))),
        ("not contains \"a\"", Op::NotContains(v("a"))),
        ("starts with \"a\"", Op::StartsWith(t("a"))),
        ("ends with \"a\"", Op::EndsWith(t("a"))),
        ("matches \"^a\\\\d\"", Op::Matches(t("^a\\d"))),
        ("exists", Op::Exists),
        ("not exists", Op::NotExists),
        ("version >= \"2.10\"", Op::Version(Order::Ge, t("2.10"))),
    ] {
        canonical(&format!("x {words}"), profile("x", op));
    }
    check("x is \"a\"", profile("x", Op::Eq(v("a"))));
    check("x is not \"a\"", profile("x", Op::Ne(v("a"))));
    canonical("`first name` = \"a\\\"b\\\\\"", profile("first name", Op::Eq(v("a\"b\\"))));
    canonical("`count` > 5 and `in` exists", read("count > 5 and `in` exists"));
    let test = Test::of(Op::Eq(v("annual")));
    canonical(
        "plan = \"annual\" for at least 3d",
        Predicate::Profile(ProfilePredicate {
            attribute: t("plan"),
            test,
            for_at_least: Some(Span::days(3)),
        }),
    );
}

#[test]
fn chains() {
    let steps = ["Add To Cart", "Checkout", "Purchase"].map(EventMatch::named).to_vec();
    canonical(
        "did \"Add To Cart\" then \"Checkout\" then \"Purchase\" within 7d in last 180d",
        Predicate::Sequence(SequencePredicate {
            steps,
            complete_within: Some(Span::days(7)),
            within: last(180),
            without: vec![],
        }),
    );
    let filter = Where::Same(vec![t("product_id")]);
    let steps = vec![EventMatch::named("A"), EventMatch { filter, ..EventMatch::named("B") }];
    let of = EventMatch { filter: property("y", Op::Exists), ..EventMatch::named("X") };
    canonical(
        "did \"A\" then \"B\" where same product_id without \"X\" where y exists after step 1",
        Predicate::Sequence(SequencePredicate {
            steps,
            complete_within: None,
            within: Window::ALL,
            without: vec![Without { of, after_step: 1 }],
        }),
    );
    canonical(
        "did \"Add To Cart\" and then not \"Purchase\" for 24h with same product_id"
            .replace("24h", "1d")
            .as_str(),
        Predicate::Absence(AbsencePredicate {
            did: EventMatch::named("Add To Cart"),
            then_not: EventMatch::named("Purchase"),
            span: Span::DAY,
            hold: vec![t("product_id")],
        }),
    );
    check("did \"A\" then not \"B\" for 24h", read("did \"A\" and then not \"B\" for 1d"));
}

#[test]
fn anchors() {
    let since = |predicate, pick, range| {
        Predicate::Since(SincePredicate {
            anchor: EventMatch::named("B"),
            pick,
            predicate: EventPredicate { within: Window::range(range), ..predicate },
        })
    };
    let twice = EventPredicate { test: Test::at_least(2), ..did("A") };
    canonical(
        "did \"A\" at least 2 times within 7d after first \"B\"",
        since(twice, Pick::First, Range::After(Some(Span::days(7)))),
    );
    let not = |p| Predicate::Not(Box::new(p));
    canonical(
        "did \"B\" in last 1d and not did \"A\" after last \"B\"",
        Predicate::All(vec![
            Predicate::Event(EventPredicate { within: last(1), ..did("B") }),
            not(since(did("A"), Pick::Last, Range::After(None))),
        ]),
    );
    canonical("did \"A\" before first \"B\"", since(did("A"), Pick::First, Range::Before(None)));
    let sum = EventPredicate {
        measure: Measure::Sum(t("x")),
        test: Test::of(Op::Gt(Value::Int(5))),
        ..did("A")
    };
    canonical(
        "sum(x) of \"A\" within 1h before last \"B\" > 5",
        since(sum, Pick::Last, Range::Before(Some(Span::HOUR))),
    );
    let text = "did \"A\" where same x hours 09:00 to 17:00 after last (\"B\" where y = 1)";
    assert_eq!(print(&read(text)), text);
}

#[test]
fn comparisons_with_oneself() {
    canonical(
        "count of \"Watched\" in last 14d below 0.5 of own 60d baseline",
        Predicate::Baseline(BaselinePredicate {
            of: EventMatch::named("Watched"),
            window: Span::days(14),
            against: Span::days(60),
            test: Test::of(Op::Lt(Value::Float(0.5))),
        }),
    );
    let affinity = |mode, min_events| {
        Predicate::Affinity(AffinityPredicate {
            of: EventMatch::named("Viewed Product"),
            subject: AffinitySubject::Property(t("category")),
            is: vec![Value::text("Shoes")],
            mode,
            min_events,
            within: last(90),
        })
    };
    canonical(
        "mostly category is \"Shoes\" in \"Viewed Product\" in last 90d",
        affinity(AffinityMode::Most, 1),
    );
    canonical(
        "least category is \"Shoes\" in \"Viewed Product\" in last 90d min 5 events",
        affinity(AffinityMode::Least, 5),
    );
    let half = AffinityMode::Share(Test::of(Op::Ge(Value::Float(0.5))));
    check(
        "share of category in [\"Shoes\"] in \"Viewed Product\" >= 0.5 in last 90d",
        affinity(half, 1),
    );
    for text in ["mostly hour in [9, 10] in any event", "least weekday is \"monday\" in \"A\""] {
        assert_eq!(print(&read(text)), text);
    }
}

#[test]
fn dates() {
    for (words, op) in [
        ("in next 5d", DateOp::InNext(Span::days(5))),
        ("in last 5d", DateOp::InLast(Span::days(5))),
        ("exactly in 5d", DateOp::ExactlyIn(Span::days(5))),
        ("exactly 5d ago", DateOp::ExactlyAgo(Span::days(5))),
        ("anniversary in 7d", DateOp::AnniversaryIn(Span::days(7))),
    ] {
        let subject = DateSubject::Attribute(t("renewal_date"));
        let date = Predicate::Date(DatePredicate { subject, op });
        let plan = profile("plan", Op::Eq(Value::text("annual")));
        canonical(
            &format!("renewal_date {words} and plan = \"annual\""),
            Predicate::All(vec![date, plan]),
        );
        let of = EventMatch { filter: property("x", Op::Exists), ..EventMatch::named("S") };
        let subject = DateSubject::Property { of, property: t("ends_at"), pick: Pick::Last };
        let date = Predicate::Date(DatePredicate { subject, op });
        canonical(&format!("date last(ends_at) of \"S\" {words} where x exists"), date);
    }
}

#[test]
fn states_scores_and_places() {
    let lifecycle = |was, days: Option<i64>| LifecyclePredicate {
        is: vec![t("at_risk")],
        for_at_least: days.map(Span::days),
        was,
    };
    canonical(
        "in segment \"loyal\" and lifecycle is \"at_risk\" for at least 3d",
        Predicate::All(vec![
            Predicate::Segment(t("loyal")),
            Predicate::Lifecycle(lifecycle(None, Some(3))),
        ]),
    );
    canonical(
        "lifecycle is \"at_risk\" was \"loyal\"",
        Predicate::Lifecycle(lifecycle(Some(t("loyal")), None)),
    );
    let churn = |test| ScorePredicate { model: t("churn_30d"), test };
    canonical(
        "score \"churn_30d\" is most_likely and reachable by push",
        Predicate::All(vec![
            Predicate::Score(churn(ScoreTest::Band(Band::MostLikely))),
            Predicate::Reachable(t("push")),
        ]),
    );
    for text in [
        "score \"churn_30d\" > 0.5",
        "rfm is \"champions\"",
        "rfm in [\"loyal\", \"new\"] r 4 to 5 m 3",
        "rfm scored",
        "bucket 0 to 1000 salt \"x\"",
        "in list \"vip\"",
        "location within 500 metres of 41.01, 28.97",
        "location in country \"TR\" city \"Bursa\"",
        "everyone",
        "nobody",
        "not (a = 1 or b = 2)",
        "(a = 1 and b = 2) or c = 3",
        "all of (a = 1)",
        "lifecycle in [\"new\", \"active\"]",
    ] {
        assert_eq!(print(&read(text)), text);
    }
    check("a = 1 and b = 2 or c = 3", read("(a = 1 and b = 2) or c = 3"));
    check("not a = 1 and b = 2", read("(not a = 1) and b = 2"));
}

#[test]
fn the_examples_of_the_specification_are_read_as_written() {
    for text in [
        "did \"Purchase\" at least 3 times in last 30d where amount > 50",
        "did \"App Launched\" in last 30d and not did \"Purchase\" in last 30d",
        "sum(amount) of \"Purchase\" in last 90d > 500 and country in [\"TR\", \"ID\"]",
        "did \"Add To Cart\" then \"Checkout\" then \"Purchase\" within 7d in last 180d",
        "did \"Add To Cart\" in last 24h and not did \"Purchase\" after last \"Add To Cart\"",
        "did \"Add To Cart\" and then not \"Purchase\" for 24h with same product_id",
        "count of \"Watched\" in last 14d below 0.5 of own 60d baseline",
        "mostly category is \"Shoes\" in \"Viewed Product\" in last 90d",
        "renewal_date in next 5d and plan = \"annual\"",
        "in segment \"loyal\" and lifecycle is \"at_risk\" for at least 3d",
        "score \"churn_30d\" is most_likely and reachable by push",
    ] {
        // A day prints as a day, however it was written.
        assert_eq!(print(&read(text)), text.replace("24h", "1d"));
    }
}
