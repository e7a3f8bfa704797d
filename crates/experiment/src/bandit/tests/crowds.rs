//! Crowds that a split tells apart: those that differ are separated, and those that do not lose little.

use model::Span;

use super::super::simulate::*;
use super::super::*;
use crate::assign::Share;
use crate::interval::Level;

const RULE: Rule = Rule { level: Level::P95, runs_min: 100, time_min: None };

fn crowd(share: f64, rates: &[f64]) -> Crowd {
    let delay = Delay::Exponential { mean: Span::HOUR };
    let paths = rates.iter().map(|rate| Path { rate: *rate, value: 1.0, delay }).collect();
    Crowd { share, paths }
}

fn world(crowds: Vec<Crowd>, telling: Telling, users: u64) -> World {
    World {
        crowds,
        telling,
        reward: Reward::Rate,
        users,
        length: Span::days(30),
        window: Span::DAY,
        floor: Share::percent(5.0).unwrap(),
        update: Update::Outcomes(100),
        counting: Counting::Matured,
        rule: None,
    }
}

/// Mean regret over seeds, by how crowds are told apart.
fn regrets(crowds: &[Crowd], users: u64, seeds: u64) -> [f64; 3] {
    [Telling::Together, Telling::Apart, Telling::Alone].map(|telling| {
        let world = world(crowds.to_vec(), telling, users);
        (0..seeds).map(|seed| run(&world, seed).unwrap().regret()).sum::<f64>() / seeds as f64
    })
}

#[test]
fn crowds_that_differ_each_get_their_own_path() {
    let crowds = vec![crowd(2.0, &[0.10, 0.16]), crowd(1.0, &[0.30, 0.20])];
    for seed in 0..6 {
        let outcome = run(&world(crowds.clone(), Telling::Apart, 12_000), seed).unwrap();
        let last = |of: &Came, arm: usize| of.shares.last().unwrap().shares[arm].fraction();
        assert!(last(&outcome.crowds[0], 1) > 0.85, "{seed} {outcome:?}");
        assert!(last(&outcome.crowds[1], 0) > 0.85, "{seed} {outcome:?}");
        assert!(outcome.regret() < outcome.regret_of_fixed(), "{seed} {outcome:?}");
        assert!(outcome.best_fixed < outcome.best_apart && outcome.regret() > 0.0);
    }
    let [together, apart, _] = regrets(&crowds, 12_000, 6);
    assert!(apart < 0.7 * together, "apart {apart}, together {together}");
}

#[test]
fn crowds_that_do_not_differ_lose_little_by_being_told_apart() {
    for (n, rates) in [(3, [0.10, 0.16]), (5, [0.05, 0.08]), (8, [0.2, 0.3])] {
        let crowds = vec![crowd(1.0, &rates); n];
        let [together, apart, alone] = regrets(&crowds, 16_000, 8);
        assert!(apart < 2.0 * together, "{n}: apart {apart}, together {together}");
        assert!(apart < alone, "{n}: apart {apart}, alone {alone}");
    }
}

#[test]
fn levels_that_differ_do_not_make_paths_differ() {
    // One crowd converts five times as often; the same path is the best by the same factor.
    let crowds = vec![crowd(1.0, &[0.05, 0.08]), crowd(1.0, &[0.25, 0.40])];
    let [_, apart, alone] = regrets(&crowds, 8_000, 8);
    assert!(apart < 1.05 * alone, "apart {apart}, alone {alone}");
}

/// Equal paths in five crowds: on average over seeds each crowd deals them evenly, and a winner is declared in any
/// of them less often than the level allows.
#[test]
fn equal_paths_stay_balanced_in_each_crowd() {
    let crowds: Vec<Crowd> = (1..=5).map(|n| crowd(1.0, &[0.06 * f64::from(n); 2])).collect();
    let equal = World { rule: Some(RULE), ..world(crowds, Telling::Apart, 6_000) };
    let seeds = 100;
    let (mut dealt, mut winners) = ([0.0; 5], 0);
    for seed in 0..seeds {
        let outcome = run(&equal, seed).unwrap();
        for (sum, of) in dealt.iter_mut().zip(&outcome.crowds) {
            let all: u64 = of.users.iter().sum();
            *sum += of.users[0] as f64 / all as f64 / seeds as f64;
        }
        winners += u64::from(outcome.crowds.iter().any(|of| of.winner.is_some()));
    }
    assert!(dealt.iter().all(|part| (part - 0.5).abs() < 0.08), "{dealt:?}");
    assert!(winners <= 5, "{winners} of {seeds}, 5 % are 5");
}

/// Without dividing the error among them, eight contexts would name a wrong winner more often than one.
#[test]
fn more_contexts_make_no_wrong_winner_more_likely() {
    let rule = RULE.of(8);
    assert!((rule.level.alpha() - 0.05 / 8.0).abs() < 1e-12);
    assert_eq!(RULE.of(1), RULE);
    assert_eq!(RULE.of(0), RULE);
    // What wins alone may not be enough among eight.
    let known =
        Evidence::of(Reward::Rate, &[Totals::rate(900, 90), Totals::rate(900, 147)]).unwrap();
    let (alone, among) = (judge(&known, RULE, Span::DAY), judge(&known, rule, Span::DAY));
    assert!(alone.won && !among.won, "{} {:?}", alone.p, among.missing);
}

#[test]
fn crowds_that_cannot_be_are_refused() {
    let said =
        |crowds: Vec<Crowd>| run(&world(crowds, Telling::Apart, 10), 1).unwrap_err().to_string();
    let pair = [0.1, 0.2];
    assert_eq!(said(vec![crowd(0.0, &pair)]), "share is 0; write above 0");
    let uneven = said(vec![crowd(1.0, &pair), crowd(1.0, &[0.1])]);
    assert_eq!(uneven, "the number of paths is 1; write the same for each crowd");
    assert_eq!(said(vec![]), "the number of paths is 0; write 2 to 64");
    assert_eq!(said(vec![crowd(1.0, &pair); 65]), "crowds is 65; write 64 at most");
}
