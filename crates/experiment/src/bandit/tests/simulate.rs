use model::Span;

use super::super::simulate::*;
use super::super::*;
use crate::assign::Share;
use crate::interval::Level;

fn path(rate: f64, delay: Delay) -> Path {
    Path { rate, value: 1.0, delay }
}

/// Everybody is alike.
fn whole(paths: Vec<Path>) -> Vec<Crowd> {
    vec![Crowd { share: 1.0, paths }]
}

/// Paths that convert within some hours.
fn soon(rates: &[f64]) -> Vec<Path> {
    let delay = Delay::Exponential { mean: Span::HOUR };
    rates.iter().map(|rate| path(*rate, delay)).collect()
}

fn world(rates: &[f64]) -> World {
    World {
        crowds: whole(soon(rates)),
        telling: Telling::Together,
        reward: Reward::Rate,
        users: 6_000,
        length: Span::days(30),
        window: Span::DAY,
        floor: Share::percent(5.0).unwrap(),
        update: Update::Outcomes(100),
        counting: Counting::Matured,
        rule: None,
    }
}

fn last_share(outcome: &Outcome, arm: usize) -> f64 {
    outcome.crowds[0].shares.last().unwrap().shares[arm].fraction()
}

#[test]
fn learning_loses_less_than_dealing_evenly() {
    let spreads: [&[f64]; 5] = [
        &[0.05, 0.10],
        &[0.02, 0.03, 0.06],
        &[0.3, 0.35, 0.4, 0.5],
        &[0.10, 0.11, 0.12, 0.20],
        &[0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.12],
    ];
    for rates in spreads {
        let (mut learnt, mut uniform) = (0.0, 0.0);
        for seed in 0..6 {
            let outcome = run(&world(rates), seed).unwrap();
            assert_eq!(outcome.crowds[0].users.iter().sum::<u64>(), 6_000);
            assert!(outcome.regret() >= 0.0);
            assert!(
                outcome.regret() < outcome.regret_of_uniform(),
                "{rates:?} {seed}: {outcome:?}"
            );
            learnt += outcome.regret();
            uniform += outcome.regret_of_uniform();
        }
        assert!(learnt < 0.75 * uniform, "{rates:?}: {learnt} {uniform}");
    }
}

#[test]
fn amounts_are_learnt() {
    // The path that converts less brings more.
    let delay = Delay::Between(Span::MINUTE, Span::HOUR);
    let paths =
        vec![Path { rate: 0.30, value: 10.0, delay }, Path { rate: 0.15, value: 40.0, delay }];
    let amounts = World { reward: Reward::Amount, crowds: whole(paths), ..world(&[0.1, 0.1]) };
    let rates = World { reward: Reward::Rate, ..amounts.clone() };
    for seed in 0..4 {
        let outcome = run(&amounts, seed).unwrap();
        assert!(last_share(&outcome, 1) > 0.9, "{outcome:?}");
        assert!(outcome.regret() < 0.6 * outcome.regret_of_uniform(), "{outcome:?}");
        assert!(last_share(&run(&rates, seed).unwrap(), 0) > 0.9);
    }
}

/// A fast path that is worse and a slow one that is better.
fn fast_and_slow(counting: Counting) -> World {
    World {
        crowds: whole(vec![
            path(0.10, Delay::Exponential { mean: Span::HOUR }),
            path(0.16, Delay::Between(Span::days(4), Span::days(7))),
        ]),
        users: 9_000,
        length: Span::days(28),
        window: Span::days(7),
        update: Update::Every(Span(6 * 3_600_000)),
        counting,
        ..world(&[0.1, 0.1])
    }
}

#[test]
fn a_slow_path_that_is_better_gets_the_share_and_counting_as_they_come_misleads() {
    let (mut matured, mut naive) = (0.0, 0.0);
    for seed in 0..5 {
        let patient = run(&fast_and_slow(Counting::Matured), seed).unwrap();
        let hasty = run(&fast_and_slow(Counting::AsTheyCome), seed).unwrap();
        // After four days not one slow conversion has come: who counts as they come has all but
        // left the better path, who waits still deals evenly.
        let day_four = |outcome: &Outcome| {
            let at =
                outcome.crowds[0].shares.iter().find(|point| point.at >= Span::days(4)).unwrap();
            at.shares[1].fraction()
        };
        assert!((day_four(&patient) - 0.5).abs() < 1e-5, "{patient:?}");
        assert!(day_four(&hasty) < 0.06, "{hasty:?}");
        assert!(last_share(&patient, 1) > 0.9, "{patient:?}");
        assert!(patient.regret() < patient.regret_of_uniform(), "{patient:?}");
        matured += patient.regret();
        naive += hasty.regret();
    }
    assert!(matured < 0.7 * naive, "as they come {naive}, matured {matured}");
}

#[test]
fn only_what_comes_within_the_window_has_worth() {
    let late = World {
        crowds: whole(vec![
            path(0.5, Delay::Fixed(Span::days(2))),
            path(0.1, Delay::Fixed(Span::HOUR)),
            path(0.4, Delay::Between(Span(0), Span::days(4))),
            path(0.2, Delay::Exponential { mean: Span::DAY }),
        ]),
        ..world(&[0.1, 0.1])
    };
    let outcome = run(&late, 1).unwrap();
    let expected = [0.0, 0.1, 0.1, 0.2 * (1.0 - (-1.0_f64).exp())];
    for (found, exact) in outcome.crowds[0].worth.iter().zip(expected) {
        assert!((found - exact).abs() < 1e-6, "{:?}", outcome.crowds[0].worth);
    }
    assert_eq!(outcome.best_fixed, outcome.crowds[0].worth[3] * 6_000.0);
    let mean = outcome.crowds[0].worth.iter().sum::<f64>() / 4.0;
    assert!((outcome.uniform - 6_000.0 * mean).abs() < 1e-9);
}

/// Equal paths: probability matching lets shares wander between the floors, but on average over seeds
/// both get the same, in four of five seeds each path is dealt a fifth or more of all people, and
/// nobody is named a winner more often than the level allows.
#[test]
fn equal_paths_stay_balanced() {
    let rule = Rule { level: Level::P95, runs_min: 100, time_min: None };
    let equal = World { users: 2_500, rule: Some(rule), ..world(&[0.2, 0.2]) };
    let seeds = 300;
    let (mut share, mut dealt, mut far, mut winners) = (0.0, 0.0, 0, 0);
    for seed in 0..seeds {
        let outcome = run(&equal, seed).unwrap();
        let floor = Share::percent(5.0).unwrap();
        let shares = || outcome.crowds[0].shares.iter().flat_map(|point| &point.shares);
        assert!(outcome.crowds[0].winner.is_some() || shares().all(|share| *share >= floor));
        share += last_share(&outcome, 0) / seeds as f64;
        let part = outcome.crowds[0].users[0] as f64 / 2_500.0;
        dealt += part / seeds as f64;
        far += u64::from(!(0.2..0.8).contains(&part));
        winners += u64::from(outcome.crowds[0].winner.is_some());
    }
    assert!((share - 0.5).abs() < 0.06, "{share}");
    assert!((dealt - 0.5).abs() < 0.04, "{dealt}");
    assert!(
        far <= seeds / 5,
        "{far} of {seeds} have dealt fewer than a fifth to one of two equals"
    );
    assert!(winners <= 15, "{winners} of {seeds}, 5 % are 15");
}

#[test]
fn a_winner_gets_everybody_from_then_on() {
    let rule = Rule { level: Level::P95, runs_min: 200, time_min: Some(Span::days(10)) };
    let clear = World { rule: Some(rule), ..world(&[0.1, 0.25]) };
    let outcome = run(&clear, 3).unwrap();
    let declared = outcome.crowds[0].winner.as_ref().unwrap();
    assert!(declared.at >= Span::days(10) && declared.verdict.won, "{declared:?}");
    assert_eq!(declared.verdict.leader, 1);
    assert_eq!(outcome.crowds[0].shares.last().unwrap().shares, [Share::NONE, Share::ALL]);
    let without = run(&World { rule: None, ..clear }, 3).unwrap();
    assert!(outcome.regret() < without.regret() && without.crowds[0].winner.is_none());
}

#[test]
fn shares_over_time_begin_equal_and_keep_the_floor() {
    let outcome = run(&world(&[0.05, 0.15, 0.05]), 2).unwrap();
    assert_eq!(outcome.crowds[0].shares.len() as u32, POINTS + 1);
    assert_eq!(
        (outcome.crowds[0].shares[0].at, outcome.crowds[0].shares[50].at),
        (Span(0), Span::days(30))
    );
    assert!(outcome.crowds[0].shares.is_sorted_by_key(|point| point.at));
    assert!((outcome.crowds[0].shares[0].shares[2].fraction() - 1.0 / 3.0).abs() < 1e-5);
    let floor = Share::percent(5.0).unwrap();
    assert!(
        outcome.crowds[0]
            .shares
            .iter()
            .flat_map(|point| &point.shares)
            .all(|share| *share >= floor)
    );
    assert!(last_share(&outcome, 1) > 0.85);
}

#[test]
fn equal_worlds_and_seeds_give_equal_outcomes() {
    let world = World { users: 1_500, ..world(&[0.1, 0.2]) };
    assert_eq!(run(&world, 5).unwrap(), run(&world, 5).unwrap());
    assert_ne!(run(&world, 5).unwrap().crowds, run(&world, 6).unwrap().crowds);
}

#[test]
fn worlds_that_cannot_be_are_refused() {
    let said = |world: World| run(&world, 1).unwrap_err().to_string();
    let fine = world(&[0.1, 0.2]);
    let of = |rates: &[f64]| said(world(rates));
    assert_eq!(of(&[0.1]), "the number of paths is 1; write 2 to 64");
    assert_eq!(of(&[0.1, 1.5]), "rate is 1.5; write 0 to 1");
    assert_eq!(of(&[0.1, f64::NAN]), "rate is NaN; write 0 to 1");
    assert!(said(World { users: 0, ..fine.clone() }).starts_with("users is 0; write 1 to"));
    assert!(said(World { length: Span(0), ..fine.clone() }).starts_with("length is 0"));
    assert!(said(World { window: Span(-5), ..fine.clone() }).starts_with("window is -5"));
    let update = Update::Every(Span(1));
    assert!(said(World { update, ..fine.clone() }).starts_with("updates is 2592000000"));
    let update = Update::Outcomes(0);
    assert!(said(World { update, ..fine.clone() }).starts_with("outcomes per update is 0"));
    let floor = Share::percent(60.0).unwrap();
    assert!(said(World { floor, ..fine.clone() }).contains("more than everybody"));
    let mut backwards = fine.clone();
    backwards.crowds[0].paths[0].delay = Delay::Between(Span(9), Span(3));
    assert!(said(backwards).starts_with("delay is 3"));
    let mut paid = fine;
    paid.crowds[0].paths[0].value = f64::INFINITY;
    assert!(said(paid).starts_with("value is inf"));
}
