use model::Span;

use super::super::*;
use crate::assign::{Draw, Share};
use crate::interval::Level;

const RULE: Rule = Rule { level: Level::P95, runs_min: 100, time_min: None };

fn judged(arms: &[(u64, u64)]) -> Verdict {
    let arms: Vec<Totals> = arms.iter().map(|(runs, good)| Totals::rate(*runs, *good)).collect();
    judge(&Evidence::of(Reward::Rate, &arms).unwrap(), RULE, Span::DAY)
}

#[test]
fn a_clear_winner_wins_with_its_numbers() {
    let found = judged(&[(5_000, 250), (5_000, 400), (5_000, 240)]);
    assert!(found.won && found.missing.is_empty(), "{found:?}");
    assert_eq!(found.leader, 1);
    assert!(found.p < 0.001 && found.wrong < 1e-6, "{found:?}");
    assert_eq!(found.wrong, 1.0 - found.best);
    assert!(found.expected_loss >= 0.0 && found.expected_loss < 1e-9, "{found:?}");
}

#[test]
fn evidence_is_that_of_the_formula() {
    // The ratio of gamma functions as a product, and the infimum by going through all p.
    let ratio = |s: u64, f: u64, p: f64| {
        let rising = |n: u64, p: f64| (0..n).map(move |i| (1.0 + i as f64 / (100.0 * p)).ln());
        let all = (0..s + f).map(|i| (1.0 + i as f64 / 100.0).ln());
        rising(s, p).sum::<f64>() + rising(f, 1.0 - p).sum::<f64>() - all.sum::<f64>()
    };
    for ((n, high), (m, low)) in [((40, 30), (40, 6)), ((300, 9), (900, 4)), ((250, 250), (90, 60))]
    {
        let at = |p: f64| ratio(high, n - high, p) + ratio(low, m - low, p);
        let e =
            (1..20_000).map(|i| at(f64::from(i) / 20_000.0)).fold(f64::INFINITY, f64::min).exp();
        let found = judged(&[(n, high), (m, low)]);
        assert!((found.p * e.max(1.0) - 1.0).abs() < 1e-5, "{found:?} {e}");
        // With a third arm that is the same as the second, twice as much.
        let three = judged(&[(n, high), (m, low), (m, low)]);
        assert!((three.p - (2.0 / e).min(1.0)).abs() < 1e-5, "{three:?}");
    }
    // Whoever does not lead has no evidence.
    assert_eq!(judged(&[(10, 5), (10, 5)]).p, 1.0);
    assert_eq!(judged(&[(0, 0), (0, 0)]).p, 1.0);
}

#[test]
fn evidence_is_finite_for_any_counts() {
    let counts = [0, 1, 1_000, 10_000_000];
    for n in counts {
        for good in counts.into_iter().filter(|good| *good <= n) {
            for other in [(0, 0), (10_000_000, 0), (10_000_000, 10_000_000), (5, 2)] {
                let found = judged(&[(n, good), other]);
                assert!((0.0..=1.0).contains(&found.p), "{n} {good} {other:?}: {found:?}");
                assert!(found.expected_loss >= 0.0 && found.wrong >= 0.0);
            }
        }
    }
}

#[test]
fn what_is_missing_is_named() {
    let found = judged(&[(90, 3), (110, 9)]);
    assert!(!found.won && found.leader == 1);
    let said: Vec<String> = found.missing.iter().map(ToString::to_string).collect();
    assert_eq!(said[0], "arm 0 has 90 matured runs and needs 100");
    assert!(said[1].starts_with("the leader is the best with 9"), "{said:?}");
    assert!(said[2].starts_with("the always valid p value is") && said.len() == 3, "{said:?}");

    let clear = [Totals::rate(5_000, 250), Totals::rate(5_000, 400)];
    let known = Evidence::of(Reward::Rate, &clear).unwrap();
    let rule = Rule { time_min: Some(Span::days(14)), ..RULE };
    let early = judge(&known, rule, Span::days(13));
    let needed = Missing::Time { elapsed: Span::days(13), needed: Span::days(14) };
    assert_eq!((early.won, early.missing), (false, vec![needed]));
    assert!(judge(&known, rule, Span::days(14)).won);
}

#[test]
fn being_probably_the_best_is_not_enough() {
    // One planned look would do; for looking all the time it is too little.
    let found = judged(&[(2_000, 200), (2_000, 240)]);
    assert!(found.best > 0.97 && !found.won, "{found:?}");
    assert!(matches!(found.missing[..], [Missing::Shown { .. }]), "{found:?}");
}

#[test]
fn amounts_are_judged_by_means() {
    let arm = |salt: &str, mean: f64, n: u64| {
        Totals::of_amounts((0..n).map(|i| {
            let u = Draw::of(9, salt, i).unit();
            if u < 0.2 { -mean * (1.0 - u / 0.2).ln() } else { 0.0 }
        }))
    };
    let judged = |a: Totals, b: Totals| {
        judge(&Evidence::of(Reward::Amount, &[a, b]).unwrap(), RULE, Span::DAY)
    };
    let found = judged(arm("a", 20.0, 8_000), arm("b", 28.0, 8_000));
    assert!(found.won && found.leader == 1, "{found:?}");
    let found = judged(arm("a", 20.0, 8_000), arm("b", 20.0, 8_000));
    assert!(!found.won, "{found:?}");
    // Too few rewards for means to be near normal, however clear they look.
    let few = Totals::of_amounts((0..200).map(|i| f64::from(i < 10) * 40.0));
    let none = Totals::of_amounts((0..200).map(|i| f64::from(i < 19) * 4_000.0));
    let found = judged(few, none);
    let missing = |arm, rewarded| Missing::Rewarded { arm, rewarded };
    assert_eq!(found.missing[..2], [missing(0, 10), missing(1, 19)], "{found:?}");
}

#[test]
fn what_is_borrowed_never_declares_a_winner() {
    let others = [Totals::rate(90_000, 1_800), Totals::rate(90_000, 9_000)];
    let own = [Totals::rate(150, 3), Totals::rate(150, 9)];
    let contexts: [&[Totals]; 2] = [&own, &others];
    let pooled = judge(&Evidence::pooled(Reward::Rate, &contexts, 0).unwrap(), RULE, Span::DAY);
    let alone = judge(&Evidence::of(Reward::Rate, &own).unwrap(), RULE, Span::DAY);
    assert!(pooled.best > alone.best && !pooled.won, "{pooled:?}");
    assert_eq!(pooled.p, alone.p);
}

/// A split whose rewards come at once, looked at after every 25 people: whether P(best) alone ever
/// reached the level, and who won by the rule.
fn watched(
    seed: u64,
    worth: impl Fn(usize, u64) -> f64,
    reward: Reward,
    arms: usize,
    looks: u64,
) -> (bool, Option<usize>) {
    let mode = Mode::Learn { floor: Share::percent(10.0).unwrap() };
    let mut totals = vec![Totals::default(); arms];
    let mut sure = false;
    for look in 0..looks {
        let known = Evidence::of(reward, &totals).unwrap();
        let verdict = judge(&known, RULE, Span::DAY);
        let counted = totals.iter().all(|arm| arm.runs >= RULE.runs_min);
        sure |= counted && verdict.best >= RULE.level.confidence();
        if verdict.won {
            return (sure, Some(verdict.leader));
        }
        let allocation = allocate(&known, &mode).unwrap();
        for person in look * 25..(look + 1) * 25 {
            let arm = draw(&allocation, seed, "watched", person);
            let amount = worth(arm, person);
            let one = Totals::of_amounts([amount]);
            totals[arm].runs += 1;
            totals[arm].rewarded += one.rewarded;
            totals[arm].sum += one.sum;
            totals[arm].sum_squares += one.sum_squares;
        }
    }
    (sure, None)
}

/// Among equals, over all looks, a winner is declared with a chance of at most 1 − level, though
/// shares follow the data. P(best) alone would name one far more often: that is why there are two
/// conditions.
#[test]
fn equals_have_a_winner_less_often_than_the_level_however_often_one_looks() {
    let count = |name: &str, arms: usize, rate: f64, seeds: u64, looks: u64| {
        let worth = |seed, person| f64::from(Draw::of(seed, name, person).unit() < rate);
        let all = (0..seeds)
            .map(|seed| watched(seed, |_, person| worth(seed, person), Reward::Rate, arms, looks));
        let add = |(sure, won), found: (bool, Option<usize>)| {
            (sure + u64::from(found.0), won + u64::from(found.1.is_some()))
        };
        all.fold((0, 0), add)
    };
    let (sure, won) = count("two", 2, 0.2, 200, 60);
    assert!(won <= 10, "{won} of 200, 5 % are 10");
    assert!(sure > 40, "by P(best) alone {sure} of 200");
    let (_, won) = count("four", 4, 0.4, 60, 40);
    assert!(won <= 3, "{won} of 60, 5 % are 3");
}

#[test]
fn equal_amounts_have_a_winner_less_often_than_the_level() {
    let seeds = 200;
    let mut won = 0;
    for seed in 0..seeds {
        let worth = |_, person| {
            let u = Draw::of(seed, "amounts", person).unit();
            if u < 0.25 { -30.0 * (1.0 - u / 0.25).ln() } else { 0.0 }
        };
        won += u64::from(watched(seed, worth, Reward::Amount, 2, 60).1.is_some());
    }
    assert!(won <= 10, "{won} of {seeds}, 5 % are 10");
}

#[test]
fn the_better_arm_wins() {
    let seeds = 60;
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..seeds {
        let rates = [0.1, 0.1, 0.22];
        let worth = |arm: usize, p| f64::from(Draw::of(seed, "better", p).unit() < rates[arm]);
        match watched(seed, worth, Reward::Rate, 3, 160).1 {
            Some(2) => right += 1,
            Some(_) => wrong += 1,
            None => {}
        }
    }
    assert!(right >= 48 && wrong == 0, "{right} right and {wrong} wrong of {seeds}");
}
