//! Trends, against an evaluation of their own for each instant.

use model::Span;
use proptest::collection::vec;
use proptest::prelude::*;
use segment::tree::{EventPredicate, Measure, Range, Test, Window};
use testkit::cases::{report, runner};
use testkit::generate;

use super::*;
use crate::histories::stored;

/// Counts and active days in windows of every kind, which random segments seldom are.
fn counted() -> impl Strategy<Value = Predicate> {
    let span = (1..40i64).prop_map(Span::days);
    let range = prop_oneof![
        Just(Range::All),
        span.clone().prop_map(Range::Last),
        span.clone().prop_map(Range::BeforeLast),
        span.prop_map(|to| Range::Ago { from: Span(to.0 + Span::days(20).0), to }),
    ];
    let measure = prop_oneof![Just(Measure::Count), Just(Measure::Days)];
    let test = prop_oneof![
        (0..4i64).prop_map(Test::at_least),
        (0..4i64).prop_map(|n| Test::of(segment::tree::Op::Lt(model::Value::Int(n)))),
        (0..3i64).prop_map(|n| Test::of(segment::tree::Op::Eq(model::Value::Int(n)))),
    ];
    (generate::event_match(), range, measure, test).prop_map(|(of, range, measure, test)| {
        Predicate::Event(EventPredicate { of, within: Window::range(range), measure, test })
    })
}

fn predicate() -> impl Strategy<Value = Predicate> {
    prop_oneof![
        generate::segment(),
        counted(),
        vec(counted(), 1..4).prop_map(Predicate::All),
        vec(counted(), 1..4).prop_map(Predicate::Any),
    ]
}

#[test]
fn a_trend_is_one_evaluation_per_instant() {
    let days = (-60..60i64, 1..20i64, 1..9usize, any::<bool>());
    let case = (predicate(), generate::population(), generate::rules(), 1..20usize, days);
    report(runner(3_000).run(&case, |(predicate, population, rules, seal, days)| {
        let (_, snapshot) = stored(&population, seal);
        let (first, step, n, falling) = days;
        let instant = |n: i64| generate::CENTRE + Span::days(first + n * step);
        let mut instants: Vec<Timestamp> = (0..n as i64).map(instant).collect();
        if falling {
            instants.reverse();
        }
        let any = Evaluator::new(&snapshot, &rules, generate::CENTRE);
        let members = member_trend(&any, &predicate, &instants).unwrap();
        let states = trend(&any, &instants).unwrap();
        prop_assert_eq!((members.len(), states.len()), (n, n));
        for ((at, members), states) in instants.iter().zip(members).zip(states) {
            let evaluator = Evaluator::new(&snapshot, &rules, *at);
            prop_assert_eq!(members, evaluator.members(&predicate).unwrap().len(), "{}", at);
            prop_assert_eq!(states, evaluator.states().unwrap().counts(), "{}", at);
        }
        Ok(())
    }));
}

#[test]
fn a_question_that_is_cancelled_has_no_answer() {
    let case = (generate::segment(), generate::population(), generate::rules());
    report(runner(200).run(&case, |(predicate, population, rules)| {
        let (_, snapshot) = stored(&population, 3);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let evaluator = Evaluator::new(&snapshot, &rules, generate::CENTRE).cancelled_by(&stop);
        let both = Predicate::Any(vec![predicate.clone()]);
        evaluator.members(&both).unwrap();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let stopped = |answer: Option<QueryError>| matches!(answer, Some(QueryError::Cancelled));
        let nothing_asked = matches!(&predicate, Predicate::All(of) if of.is_empty());
        let again = evaluator.at(generate::CENTRE).members(&both);
        prop_assert!(stopped(again.err()) || nothing_asked || evaluator.everybody().is_empty());
        let instants = [generate::CENTRE];
        let states = trend(&evaluator, &instants);
        prop_assert!(stopped(states.err()) || rules.lifecycle.states.is_empty());
        Ok(())
    }));
}
