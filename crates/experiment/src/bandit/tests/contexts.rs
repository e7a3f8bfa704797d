use super::super::*;
use crate::interval::Level;

fn rate(reward: Reward, contexts: &[&[Totals]], context: usize) -> Vec<f64> {
    let known = Evidence::pooled(reward, contexts, context).unwrap();
    (0..known.totals().len()).map(|arm| known.estimate(arm, Level::P95).value).collect()
}

#[test]
fn a_context_without_runs_learns_from_the_others() {
    let big = [Totals::rate(10_000, 500), Totals::rate(10_000, 900)];
    let none = [Totals::default(); 2];
    let known = Evidence::pooled(Reward::Rate, &[&big, &none], 1).unwrap();
    let best = best_probabilities(&known);
    // It borrows a hundred runs of each and no more: a hint, not a certainty.
    assert_eq!((known.borrowed(0), known.borrowed(1)), (BORROWED_RUNS_MAX, BORROWED_RUNS_MAX));
    assert!(best[1] > 0.75 && best[1] < 0.95, "{best:?}");
    assert!(best_probabilities(&Evidence::of(Reward::Rate, &none).unwrap())[1] == 0.5);
    // And what there is of others is not made more than it is.
    let few = [Totals::rate(20, 1), Totals::rate(0, 0)];
    let known = Evidence::pooled(Reward::Rate, &[&few, &none], 1).unwrap();
    assert_eq!((known.borrowed(0), known.borrowed(1)), (20.0, 0.0));
}

#[test]
fn a_context_with_many_runs_goes_its_own_way() {
    let others = [Totals::rate(50_000, 2_500), Totals::rate(50_000, 5_000)];
    let own = [Totals::rate(8_000, 640), Totals::rate(8_000, 400)];
    let found = best_probabilities(&Evidence::pooled(Reward::Rate, &[&own, &others], 0).unwrap());
    assert!(found[0] > 0.999, "{found:?}");
    let values = rate(Reward::Rate, &[&own, &others], 0);
    assert!((values[0] - 0.08).abs() < 0.001 && (values[1] - 0.05).abs() < 0.001, "{values:?}");
}

#[test]
fn what_is_borrowed_comes_at_the_level_of_the_context() {
    // Elsewhere people convert a tenth as often. Both arms are alike here and there, but one has
    // few runs here: it must not be judged by the others' low rate.
    let own = [Totals::rate(2_000, 400), Totals::rate(100, 20)];
    let others = [Totals::rate(90_000, 1_800), Totals::rate(90_000, 1_800)];
    let contexts: [&[Totals]; 2] = [&own, &others];
    let best = best_probabilities(&Evidence::pooled(Reward::Rate, &contexts, 0).unwrap());
    assert!((0.4..0.6).contains(&best[1]), "{best:?}");
    let values = rate(Reward::Rate, &contexts, 0);
    assert!((values[0] - 0.2).abs() < 0.005 && (values[1] - 0.2).abs() < 0.005, "{values:?}");
    // The same with amounts, which here are ten times as large.
    let amounts = |runs: u64, mean: f64| {
        let n = runs as f64;
        let rewarded = runs / 2;
        Totals { runs, rewarded, sum: n * mean, sum_squares: 3.0 * n * mean * mean }
    };
    let own = [amounts(2_000, 50.0), amounts(100, 50.0)];
    let others = [amounts(90_000, 5.0), amounts(90_000, 5.0)];
    let contexts: [&[Totals]; 2] = [&own, &others];
    let best = best_probabilities(&Evidence::pooled(Reward::Amount, &contexts, 0).unwrap());
    assert!((0.4..0.6).contains(&best[1]), "{best:?}");
    let values = rate(Reward::Amount, &contexts, 0);
    assert!(values.iter().all(|value| (value - 50.0).abs() < 0.5), "{values:?}");
}

#[test]
fn losses_elsewhere_say_nothing_about_the_level() {
    let of = |sum: f64| Totals { runs: 100, rewarded: 40, sum, sum_squares: 2e6 };
    let contexts: [&[Totals]; 2] = [&[of(900.0), of(950.0)], &[of(-500.0), of(-480.0)]];
    let values = rate(Reward::Amount, &contexts, 0);
    assert!(values.iter().all(|value| value.is_finite()), "{values:?}");
}

#[test]
fn contexts_must_have_the_same_arms() {
    let (two, three) = ([Totals::rate(5, 1); 2], [Totals::rate(5, 1); 3]);
    let of = |contexts: &[&[Totals]], at| Evidence::pooled(Reward::Rate, contexts, at).err();
    let uneven = Unusable::Uneven { context: 1, found: 3, expected: 2 };
    assert_eq!(of(&[&two, &three], 0), Some(uneven));
    assert_eq!(of(&[&two], 1), Some(Unusable::Context { context: 1, contexts: 1 }));
    assert_eq!(of(&[], 0), Some(Unusable::Context { context: 0, contexts: 0 }));
    let wrong = [Totals::rate(5, 1), Totals::rate(5, 9)];
    assert_eq!(of(&[&two, &wrong], 0), Some(Unusable::Impossible(1)));
}
