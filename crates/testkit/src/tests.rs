//! `segment::evaluate` against the reference.

mod live;

use model::{Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;
use segment::evaluate::{self, Context, UserHistory};
use segment::{Predicate, Rules};

use crate::cases::{report, runner};
use crate::generate;
use crate::reference::{self, NaivePopulation};
use crate::suite;

/// An instant a span after something that happened, or one millisecond beside it.
fn edge(population: &[UserHistory], event: Index, span: Index, near: i64) -> Option<Timestamp> {
    let times: Vec<Timestamp> =
        population.iter().flat_map(|u| u.events.iter().map(|e| e.time)).collect();
    let time = *times.get(event.index(times.len().max(1)))?;
    Some(time.plus(generate::SPANS[span.index(generate::SPANS.len())]).plus(Span(near)))
}

fn compare(
    predicate: &Predicate,
    population: &[UserHistory],
    rules: &Rules,
    at: Timestamp,
) -> Result<usize, TestCaseError> {
    let naive = NaivePopulation { users: population, rules };
    let ctx = Context { rules, population: &naive };
    let mut n_in = 0;
    for user in population {
        let ours = evaluate::holds(predicate, user, at, &ctx);
        let expected = reference::holds(predicate, user, population, rules, at);
        prop_assert_eq!(ours, expected, "{} at {}", user.id, at);
        n_in += usize::from(ours);
    }
    Ok(n_in)
}

#[test]
fn holds_as_the_reference_does() {
    let edges = (any::<Index>(), any::<Index>(), -1..=1i64);
    let case = (
        generate::segment(),
        generate::population(),
        generate::rules(),
        generate::instants(),
        edges,
    );
    let asked = std::cell::Cell::new((0usize, 0usize));
    let result =
        runner(10_000).run(&case, |(predicate, population, rules, mut instants, edges)| {
            instants.extend(edge(&population, edges.0, edges.1, edges.2));
            for at in instants {
                let n_in = compare(&predicate, &population, &rules, at)?;
                let (ins, all) = asked.get();
                asked.set((ins + n_in, all + population.len()));
            }
            Ok(())
        });
    report(result);
    let (n_in, n) = asked.get();
    assert!(n_in * 10 > n && n_in * 10 < n * 9, "answers are one-sided: {n_in} of {n} in");
}

#[test]
fn states_change_when_the_reference_says() {
    let case = (generate::population(), generate::rules());
    let found = std::cell::Cell::new(0usize);
    let result = runner(300).run(&case, |(population, rules)| {
        let naive = NaivePopulation { users: &population, rules: &rules };
        let ctx = Context { rules: &rules, population: &naive };
        let from = generate::CENTRE.minus(Span::days(80));
        let to = generate::CENTRE.plus(Span::days(35));
        for user in &population {
            let ours = evaluate::state_changes(user, from, to, &ctx);
            let expected = reference::state_changes(user, &population, &rules, (from, to));
            prop_assert_eq!(&ours, &expected, "{}", user.id);
            found.set(found.get() + ours.len());
        }
        Ok(())
    });
    report(result);
    assert!(found.get() > 300, "only {} changes of state", found.get());
}

#[test]
fn states_last_to_the_millisecond() {
    let case = (generate::population(), generate::rules(), generate::lasting_state());
    let result = runner(300).run(&case, |(population, rules, lasting)| {
        let naive = NaivePopulation { users: &population, rules: &rules };
        let ctx = Context { rules: &rules, population: &naive };
        let span = lasting.for_at_least.unwrap_or(Span(0));
        let predicate = Predicate::Lifecycle(lasting);
        let to = generate::CENTRE.plus(Span::days(31));
        for user in population.iter().take(2) {
            for change in evaluate::state_changes(user, Timestamp::MIN, to, &ctx) {
                for near in [-1, 0, 1] {
                    let at = change.at.plus(span).plus(Span(near));
                    let ours = evaluate::holds(&predicate, user, at, &ctx);
                    let expected = reference::holds(&predicate, user, &population, &rules, at);
                    prop_assert_eq!(ours, expected, "{} at {}", user.id, at);
                }
            }
        }
        Ok(())
    });
    report(result);
}

#[test]
fn an_explanation_says_what_holds_says() {
    let case =
        (generate::segment(), generate::population(), generate::rules(), generate::instants());
    let result = runner(1_000).run(&case, |(predicate, population, rules, instants)| {
        let naive = NaivePopulation { users: &population, rules: &rules };
        let ctx = Context { rules: &rules, population: &naive };
        for (user, at) in population.iter().zip(instants) {
            let explanation = evaluate::explain(&predicate, user, at, &ctx);
            prop_assert_eq!(explanation.holds, evaluate::holds(&predicate, user, at, &ctx));
            prop_assert!(!explanation.reason.is_empty());
        }
        Ok(())
    });
    report(result);
}

#[test]
fn evaluate_and_the_reference_pass_every_suite() {
    let cases = suite::all();
    let n: usize = cases.iter().map(|case| case.expectations.len()).sum();
    assert!(n > 100, "only {n} expectations were found");
    let user = |case: &suite::Case, id: &model::Text| -> UserHistory {
        case.population.iter().find(|user| user.id == *id).cloned().unwrap()
    };
    let ours = suite::differences(&cases, &|case, id, at| {
        let naive = NaivePopulation { users: &case.population, rules: &case.rules };
        let ctx = Context { rules: &case.rules, population: &naive };
        evaluate::holds(&case.segment, &user(case, id), at, &ctx)
    });
    assert!(ours.is_empty(), "segment::evaluate\n{}", ours.join("\n"));
    let naive = suite::differences(&cases, &|case, id, at| {
        reference::holds(&case.segment, &user(case, id), &case.population, &case.rules, at)
    });
    assert!(naive.is_empty(), "the reference\n{}", naive.join("\n"));
}
