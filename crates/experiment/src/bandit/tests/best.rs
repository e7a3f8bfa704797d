use proptest::prelude::*;

use super::super::*;
use crate::assign::{Draw, Share};
use crate::interval::Level;
use crate::special::{incomplete_beta, ln_beta, normal_cdf, student_cdf};

fn known(arms: &[(u64, u64)]) -> Evidence {
    let arms: Vec<Totals> = arms.iter().map(|(runs, good)| Totals::rate(*runs, *good)).collect();
    Evidence::of(Reward::Rate, &arms).unwrap()
}

fn best(arms: &[(u64, u64)]) -> Vec<f64> {
    let best = best_probabilities(&known(arms));
    assert!((best.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{best:?}");
    assert!(best.iter().all(|p| (0.0..=1.0).contains(p)), "{best:?}");
    best
}

/// P(second > first) of two Beta posteriors with whole parameters, as a finite sum.
///
/// Formula: Miller (2015), "Formulas for Bayesian A/B testing": Σ over i below α₂ of
/// B(α₁ + i, β₁ + β₂) / ((β₂ + i) B(1 + i, β₂) B(α₁, β₁)).
fn closed_form(first: (u64, u64), second: (u64, u64)) -> f64 {
    let parameters = |(runs, good): (u64, u64)| (1.0 + good as f64, 1.0 + (runs - good) as f64);
    let ((a1, b1), (a2, b2)) = (parameters(first), parameters(second));
    let term = |i: u64| {
        let i = i as f64;
        let ln = ln_beta(a1 + i, b1 + b2) - ln_beta(1.0 + i, b2) - ln_beta(a1, b1);
        ln.exp() / (b2 + i)
    };
    // Terms rise and fall once; far past the largest they no longer change the sum.
    let (mut sum, mut most) = (0.0, 0.0_f64);
    for term in (0..a2 as u64).map(term) {
        sum += term;
        most = most.max(term);
        if term < most * 1e-22 {
            break;
        }
    }
    sum
}

#[test]
fn two_rates_meet_the_closed_form() {
    let pairs = [
        ((0, 0), (0, 0)),
        ((0, 0), (1, 1)),
        ((1, 0), (1, 1)),
        ((10, 0), (10, 10)),
        ((30, 3), (25, 4)),
        ((1_000, 50), (1_000, 70)),
        ((1_000, 50), (20, 0)),
        ((20_000, 400), (300, 9)),
        ((100_000, 1_000), (100_000, 1_060)),
        ((1_000_000, 500), (1_000_000, 520)),
        ((10_000_000, 3_000), (10_000_000, 3_100)),
        ((10_000_000, 700_000), (5_000, 320)),
        ((10_000_000, 3_000), (0, 0)),
        ((10_000_000, 0), (10_000_000, 1)),
    ];
    for (first, second) in pairs {
        let found = best(&[first, second]);
        // The sum runs over the second arm's rewards, so the rarer one goes there.
        let swap = first.1 < second.1;
        let exact =
            if swap { 1.0 - closed_form(second, first) } else { closed_form(first, second) };
        assert!((found[1] - exact).abs() < 2e-9, "{first:?} {second:?}: {} {exact}", found[1]);
        // Failures for successes: the arms change places.
        let turned = |(runs, good): (u64, u64)| (runs, runs - good);
        let found = best(&[turned(first), turned(second)]);
        assert!((found[0] - exact).abs() < 2e-9, "turned {first:?} {second:?}: {found:?} {exact}");
    }
}

#[test]
fn large_counts_meet_the_normal_distribution() {
    let (n, a, b) = (10_000_000, 5_000_000, 5_001_500);
    let found = best(&[(n, a), (n, b)]);
    let z = 1_500.0 / (2.0 * n as f64 * 0.25).sqrt();
    assert!((found[1] - normal_cdf(z)).abs() < 1e-6, "{}", found[1]);
}

/// A Beta or Student draw by inverting its distribution function.
fn inverse(cdf: impl Fn(f64) -> f64, u: f64, (mut low, mut high): (f64, f64)) -> f64 {
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if cdf(middle) < u {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[test]
fn many_rates_meet_monte_carlo() {
    let arms =
        [(200, 20), (150, 20), (40, 5), (0, 0), (500, 30), (90, 14), (3, 1), (120, 10), (60, 9)];
    let (found, losses) = (best(&arms), expected_losses(&known(&arms)));
    let (mut wins, mut lost) = (vec![0.0; arms.len()], vec![0.0; arms.len()]);
    let n = 3_000;
    for round in 0..n {
        let draw = |(at, (runs, good)): (usize, &(u64, u64))| {
            let (a, b) = (1.0 + *good as f64, 1.0 + (runs - good) as f64);
            let u = Draw::of(at as u64, "monte carlo", round).unit();
            inverse(|x| incomplete_beta(a, b, x, 1.0 - x), u, (0.0, 1.0))
        };
        let drawn: Vec<f64> = arms.iter().enumerate().map(draw).collect();
        let most = drawn.iter().copied().fold(0.0, f64::max);
        for (arm, x) in drawn.iter().enumerate() {
            wins[arm] += f64::from(*x == most) / n as f64;
            lost[arm] += (most - x) / n as f64;
        }
    }
    for arm in 0..arms.len() {
        let error = (found[arm] * (1.0 - found[arm]) / n as f64).sqrt();
        assert!((wins[arm] - found[arm]).abs() < 4.0 * error + 1e-3, "{arm}: {wins:?} {found:?}");
        assert!((lost[arm] - losses[arm]).abs() < 0.02, "{arm}: {lost:?} {losses:?}");
    }
}

#[test]
fn equal_arms_share_and_order_means_nothing() {
    for (n, counts) in [(2, (0, 0)), (7, (0, 0)), (7, (10_000_000, 12)), (64, (800, 40))] {
        let found = best(&vec![counts; n]);
        assert!(found.iter().all(|p| (p - 1.0 / n as f64).abs() < 1e-9), "{n} {counts:?}");
    }
    let found = best(&[(100, 9), (200, 30), (50, 6), (100, 9)]);
    let turned = best(&[(50, 6), (100, 9), (100, 9), (200, 30)]);
    assert!((found[1] - turned[3]).abs() < 1e-12 && (found[2] - turned[0]).abs() < 1e-12);
    assert!((found[0] - found[3]).abs() < 1e-12);
}

#[test]
fn any_counts_are_integrated() {
    let counts = [0, 1, 10, 1_000, 100_000, 10_000_000];
    for runs in counts {
        for good in counts.into_iter().filter(|good| *good <= runs) {
            for other in [(0, 0), (10_000_000, 5), (10_000_000, 9_999_990), (77, 30)] {
                let found = best(&[(runs, good), other, (3, 1)]);
                assert!(found.iter().all(|p| p.is_finite()));
            }
        }
    }
    assert_eq!(best(&[(10_000_000, 100_000), (10_000_000, 9_000_000)])[0], 0.0);
}

#[test]
fn losses_are_those_of_two_normals() {
    // E[(X − Y)⁺] of independent normals with difference d and deviation s is s φ(d/s) + d Φ(d/s).
    let found = expected_losses(&known(&[(1_000_000, 500_000), (1_000_000, 500_300)]));
    let (d, s) = (0.000_3, (2.0 * 0.25 / 1e6_f64).sqrt());
    let z: f64 = d / s;
    let gain = s * crate::special::normal_density(z) + d * normal_cdf(z);
    assert!((found[0] / gain - 1.0).abs() < 1e-4, "{found:?} {gain}");
    assert!(
        (found[0] - found[1] - d).abs() < 1e-8,
        "the losses differ by the difference: {found:?}"
    );
}

#[test]
fn intervals_of_rates_hold_their_share() {
    for (runs, good) in [(0, 0), (5, 0), (5, 5), (200, 13), (100_000, 60_000), (1_000_000, 3)] {
        let (a, b) = (1.0 + good as f64, 1.0 + (runs - good) as f64);
        let found = known(&[(runs, good), (0, 0)]).estimate(0, Level::P95);
        let below = |x: f64| incomplete_beta(a, b, x, 1.0 - x);
        assert!((below(found.interval.low) - 0.025).abs() < 1e-8, "{runs} {good}: {found:?}");
        assert!((below(found.interval.high) - 0.975).abs() < 1e-8, "{runs} {good}: {found:?}");
        assert!((found.value - a / (a + b)).abs() < 1e-15);
    }
}

fn amounts(arms: &[Totals]) -> Evidence {
    Evidence::of(Reward::Amount, arms).unwrap()
}

/// So many runs with this mean and standard deviation, all of them rewarded.
fn normal(runs: u64, mean: f64, sd: f64) -> Totals {
    let n = runs as f64;
    let sum_squares = n * mean * mean + (n - 1.0).max(0.0) * sd * sd;
    Totals { runs, rewarded: runs, sum: n * mean, sum_squares }
}

#[test]
fn two_means_meet_the_difference_of_students() {
    // Large samples: normal. The pooled prior is then one run of a hundred thousand.
    let found =
        best_probabilities(&amounts(&[normal(100_000, 10.0, 4.0), normal(100_000, 10.03, 4.0)]));
    let z = 0.03 / (2.0 * 16.0 / 1e5_f64).sqrt();
    assert!((found[1] - normal_cdf(z)).abs() < 1e-4, "{found:?}");
    // Against a mean that is as good as known, what is left is one Student distribution.
    let small = normal(8, 11.0, 4.0);
    let both = amounts(&[small, normal(50_000_000, 10.0, 4.0)]);
    let found = best_probabilities(&both);
    let estimate = both.estimate(0, Level::P95);
    // Prior: as if from 10 runs (all are rewarded), so 18 degrees of freedom.
    let scale = 0.5 * estimate.interval.width() / Level::P95.t(18.0);
    let exact = student_cdf((estimate.value - 10.0) / scale, 18.0);
    assert!((found[0] - exact).abs() < 1e-4, "{found:?} {exact}");
}

#[test]
fn many_means_meet_monte_carlo() {
    let arms =
        [normal(4, 10.0, 5.0), normal(30, 11.0, 4.0), normal(0, 0.0, 0.0), normal(9, 12.0, 6.0)];
    let all = amounts(&arms);
    let found = best_probabilities(&all);
    // Prior: 43 runs, so 10 degrees of freedom, and so many more as an arm has runs.
    let estimates: Vec<_> = (0..arms.len()).map(|arm| all.estimate(arm, Level::P95)).collect();
    let mut wins = vec![0.0; arms.len()];
    let n = 3_000;
    for round in 0..n {
        let draw = |arm: usize| {
            let df = 10.0 + arms[arm].runs as f64;
            let scale = 0.5 * estimates[arm].interval.width() / Level::P95.t(df);
            let u = Draw::of(arm as u64, "means", round).unit();
            estimates[arm].value + scale * inverse(|t| student_cdf(t, df), u, (-60.0, 60.0))
        };
        let drawn: Vec<f64> = (0..arms.len()).map(draw).collect();
        let most = drawn.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (arm, x) in drawn.iter().enumerate() {
            wins[arm] += f64::from(*x == most) / n as f64;
        }
    }
    for arm in 0..arms.len() {
        let error = (found[arm] * (1.0 - found[arm]) / n as f64).sqrt();
        assert!((wins[arm] - found[arm]).abs() < 4.0 * error + 1e-3, "{arm}: {wins:?} {found:?}");
    }
}

#[test]
fn amounts_behave_with_nothing_one_and_no_variance() {
    let equal = |arms: &[Totals]| {
        let found = best_probabilities(&amounts(arms));
        let each = 1.0 / arms.len() as f64;
        assert!(found.iter().all(|p| (p - each).abs() < 1e-12), "{arms:?}: {found:?}");
    };
    let (none, same) = (Totals::default(), |n| normal(n, 4.99, 0.0));
    equal(&[none, none, none]);
    equal(&[normal(1, 7.0, 0.0), none]);
    equal(&[same(3), same(70), none]);
    equal(&[Totals::rate(1_000, 0), Totals::rate(5, 0)]);
    // Each arm has its own amount and never another: there is something to learn.
    let found = best_probabilities(&amounts(&[normal(40, 5.0, 0.0), normal(40, 6.0, 0.0)]));
    assert!(found[1] > 0.999, "{found:?}");
    let found = best_probabilities(&amounts(&[normal(1, 5.0, 0.0), normal(1, 6.0, 0.0), none]));
    assert!(found[1] > found[0] && found[0] > 0.1, "{found:?}");
    // Units do not matter, however small or large.
    for unit in [1e-9, 1.0, 1e9] {
        let arms = [normal(50, 5.0 * unit, 3.0 * unit), normal(50, 6.0 * unit, 3.0 * unit)];
        let found = best_probabilities(&amounts(&arms));
        assert!((found[1] - 0.951).abs() < 0.01, "{found:?}");
    }
}

#[test]
fn an_arm_without_a_reward_yet_is_not_given_up() {
    // 1 % of runs bring 50: nothing in the first 60 runs is the rule (55 %), and says little.
    let buyers = |n: u64, payers: u64| Totals {
        runs: n,
        rewarded: payers,
        sum: 50.0 * payers as f64,
        sum_squares: 2_500.0 * payers as f64,
    };
    let found = best_probabilities(&amounts(&[buyers(3_000, 30), buyers(60, 0)]));
    assert!(found[1] > 0.15, "{found:?}");
    let found = best_probabilities(&amounts(&[buyers(3_000, 30), buyers(3_000, 0)]));
    assert!(found[1] < 1e-4, "{found:?}");
}

#[test]
fn amounts_cover_the_truth_as_often_as_they_say() {
    // Zero for most, exponential for some: the interval of each arm, over many repetitions.
    let (mut held, rounds) = (0, 400);
    for round in 0..rounds {
        let arm = |salt: &str| {
            Totals::of_amounts((0..400).map(|i| {
                let u = Draw::of(round, salt, i as u64).unit();
                if u < 0.1 { -20.0 * (1.0 - u / 0.1).ln() } else { 0.0 }
            }))
        };
        let found = amounts(&[arm("one"), arm("two")]).estimate(0, Level::P95);
        held += u64::from(found.interval.contains(2.0));
    }
    // 380 expected; skewness costs a little.
    assert!((368..=394).contains(&held), "{held} of {rounds}");
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let of = |reward, arms: &[Totals]| Evidence::of(reward, arms).err();
    let fine = Totals::rate(10, 2);
    assert_eq!(of(Reward::Rate, &[fine]), Some(Unusable::Arms(1)));
    assert_eq!(of(Reward::Rate, &[fine; 65]), Some(Unusable::Arms(65)));
    assert_eq!(of(Reward::Rate, &[fine, Totals::rate(1, 2)]), Some(Unusable::Impossible(1)));
    for (sum, sum_squares) in [(f64::NAN, 1.0), (1.0, f64::INFINITY), (1.0, -1.0), (9.0, 8.0)] {
        let wrong = Totals { runs: 10, rewarded: 2, sum, sum_squares };
        assert_eq!(of(Reward::Amount, &[fine, wrong]), Some(Unusable::Impossible(1)), "{wrong:?}");
    }
}

#[test]
fn small_differences_of_large_amounts_are_seen() {
    let arms = [normal(100_000, 1e9, 1.0), normal(100_000, 1e9 + 0.01, 1.0)];
    let found = best_probabilities(&amounts(&arms));
    // Sums of squares keep sixteen digits, so the variance is lost, and the arms are taken as equal.
    assert_eq!(found, [0.5, 0.5]);
    let arms = [normal(100_000, 1e5, 1.0), normal(100_000, 1e5 + 0.01, 1.0)];
    let found = best_probabilities(&amounts(&arms));
    let z = 0.01 / (2.0 / 1e5_f64).sqrt();
    assert!((found[1] - normal_cdf(z)).abs() < 1e-3, "{found:?}");
}

/// Runs of any number, from none to ten million, of any amounts.
fn any_totals() -> impl Strategy<Value = Totals> {
    let size = prop_oneof![Just(0.0), -9.0..9.0_f64];
    (0.0..7.0_f64, 0.0..=1.0_f64, size, any::<bool>(), 0.0..3.0_f64).prop_map(
        |(runs, part, size, negative, spread)| {
            let runs = 10.0_f64.powf(runs).floor() - 1.0;
            let rewarded = (runs * part).floor();
            let mean = if size == 0.0 { 0.0 } else { 10.0_f64.powf(size) };
            let mean = if negative { -mean } else { mean };
            let sum_squares = rewarded * mean * mean * (1.0 + spread);
            Totals {
                runs: runs as u64,
                rewarded: rewarded as u64,
                sum: rewarded * mean,
                sum_squares,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the counts: probabilities add up, shares add up and keep the floor, losses and
    /// intervals are numbers.
    #[test]
    fn any_totals_are_answered(arms in prop::collection::vec(any_totals(), 2..9)) {
        for reward in [Reward::Rate, Reward::Amount] {
            let known = Evidence::of(reward, &arms).unwrap();
            let floor = Share::percent(2.0).unwrap();
            let found = allocate(&known, &Mode::Learn { floor }).unwrap();
            let all: f64 = found.arms.iter().map(|arm| arm.best).sum();
            prop_assert!((all - 1.0).abs() < 1e-9, "{all}");
            let parts: u32 = found.shares().iter().map(|share| share.in_parts()).sum();
            prop_assert_eq!(parts, 1_000_000);
            for arm in &found.arms {
                prop_assert!(arm.share >= floor && (0.0..=1.0).contains(&arm.best));
                let interval = arm.value.interval;
                prop_assert!(interval.low.is_finite() && interval.high.is_finite());
                prop_assert!(interval.low <= interval.high, "{:?}", arm);
            }
            prop_assert!(expected_losses(&known).iter().all(|loss| loss.is_finite() && *loss >= 0.0));
        }
    }

    /// More rewards never make an arm less probable to be the best.
    #[test]
    fn a_reward_more_is_no_disadvantage(runs in 1_u64..3_000, good in 0.0..1.0_f64, other in 0_u64..900) {
        let good = ((runs - 1) as f64 * good) as u64;
        let one = |good| best(&[(runs, good), (900, other), (40, 3)])[0];
        prop_assert!(one(good + 1) >= one(good) - 1e-9);
    }
}
