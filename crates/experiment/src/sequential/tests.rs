use super::*;
use crate::assign::Draw;

const PLAN: Plan = Plan { level: Level::P95, expected: 0.05, tie_margin: None };

fn rate(converted: u64, users: u64) -> Rate {
    Rate { users, converted }
}

#[test]
fn cookie_cats_as_recomputed() {
    // Day 7 of a public experiment, τ² = 1e-4.
    let arms = [rate(8_502, 44_700), rate(8_279, 45_489)];
    let plan = Plan { expected: 0.01, ..PLAN };
    let found = Standing::new(2).unwrap();
    let found = found.look(Totals::Rates(&arms), plan, Stage::Running).unwrap();
    let pair = found.pairs[0];
    assert!((pair.p - 0.036_594_6).abs() < 5e-8, "{}", pair.p);
    let difference = pair.difference.unwrap();
    assert!((difference.interval.width() / 2.0 - 0.007_923_73).abs() < 5e-9);
    assert_eq!(found.verdict, Verdict::Winner(0));
    let day_one = [rate(20_034, 44_700), rate(20_119, 45_489)];
    let found = Standing::new(2).unwrap();
    let found = found.look(Totals::Rates(&day_one), plan, Stage::Running).unwrap();
    assert!((found.pairs[0].p - 0.7583).abs() < 5e-5);
    assert_eq!(found.verdict, Verdict::Undecided);
}

#[test]
fn p_values_and_intervals_say_the_same() {
    for (variance, tau, alpha) in [(1e-6, 0.01, 0.05), (4.0, 0.5, 0.01), (0.3, 9.0, 0.2)] {
        let edge = half_width(variance, tau, alpha);
        assert!((always_valid_p(edge, variance, tau) / alpha - 1.0).abs() < 1e-9);
    }
    assert_eq!(always_valid_p(0.0, 0.0, 1.0), 1.0);
    assert_eq!(always_valid_p(0.0, 1.0, 1.0), 1.0);
}

/// Runs a comparison to its end with a look after every 40 users; `true`: the interval of some pair at
/// some look missed the truth.
fn run(name: &str, round: u64, rates: &[f64], users: u64, plan: Plan) -> (Standing, bool) {
    let mut missed = false;
    let mut arms = vec![rate(0, 0); rates.len()];
    let mut standing = Standing::new(rates.len()).unwrap();
    for user in 0..users {
        let draw = |salt: &str| Draw::of(5, salt, round * 1_000_000 + user);
        let arm = draw("arm").bucket(rates.len() as u32) as usize;
        arms[arm].users += 1;
        arms[arm].converted += u64::from(draw(name).unit() < rates[arm]);
        if user % 40 == 39 {
            let stage = if user + 1 == users { Stage::Ended } else { Stage::Running };
            let next = standing.look(Totals::Rates(&arms), plan, stage).unwrap();
            for (now, before) in next.pairs.iter().zip(&standing.pairs) {
                assert!(now.p <= before.p, "a p value never rises");
                let truth = rates[now.second] - rates[now.first];
                missed |= now.difference.is_some_and(|found| !found.interval.contains(truth));
            }
            standing = next;
        }
    }
    (standing, missed)
}

#[test]
fn equals_have_a_winner_less_often_than_alpha_whenever_one_stops() {
    let rounds = 100;
    for (name, rates) in [("two", vec![0.2; 2]), ("four", vec![0.2; 4])] {
        let mut winners = 0;
        for round in 0..rounds {
            // A verdict stays, so the last one tells whether there ever was a winner.
            let (found, _) = run(name, round, &rates, 2_500, PLAN);
            winners += u64::from(matches!(found.verdict, Verdict::Winner(_)));
        }
        // 5 expected at most; three standard errors above it are 11.
        assert!(winners <= 11, "{name}: {winners} of {rounds}");
    }
}

#[test]
fn the_better_arm_wins_and_intervals_hold_the_truth_at_every_look() {
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    let rounds = 60;
    for round in 0..rounds {
        let (found, miss) = run("better", round, &[0.2, 0.3, 0.2], 4_000, PLAN);
        right += u64::from(found.verdict == Verdict::Winner(1));
        wrong += u64::from(matches!(found.verdict, Verdict::Winner(0 | 2)));
        missed += u64::from(miss);
    }
    assert!(right >= 50, "{right} of {rounds}");
    assert_eq!(wrong, 0);
    // Three pairs at half of 5 % each: 4.5 expected at most.
    assert!(missed <= 8, "{missed} of {rounds}");
}

#[test]
fn more_arms_ask_for_more_of_each_pair() {
    let arms = [rate(1_000, 5_000), rate(1_150, 5_000), rate(1_010, 5_000)];
    let look = |arms: &[Rate]| {
        let before = Standing::new(arms.len()).unwrap();
        before.look(Totals::Rates(arms), PLAN, Stage::Running).unwrap().pairs[0]
    };
    let (two, three) = (look(&arms[..2]), look(&arms));
    assert!(two.p < 0.5 && (three.p / two.p - 2.0).abs() < 1e-9);
    let width = |pair: Pair| pair.difference.unwrap().interval.width();
    let variance = 0.2 * 0.8 / 5_000.0 + 0.23 * 0.77 / 5_000.0;
    assert!((width(two) / 2.0 - half_width(variance, 0.05, 0.05)).abs() < 1e-12);
    assert!((width(three) / 2.0 - half_width(variance, 0.05, 0.025)).abs() < 1e-12);
}

#[test]
fn too_few_are_not_compared_yet() {
    let look = |converted, users| {
        let arms = [rate(converted, users), rate(500, 1_000)];
        let before = Standing::new(2).unwrap();
        before.look(Totals::Rates(&arms), PLAN, Stage::Running).unwrap().pairs[0].difference
    };
    assert!(look(19, 1_000).is_none() && look(20, 1_000).is_some());
    assert!(look(981, 1_000).is_none() && look(980, 1_000).is_some());
    assert!(look(0, 0).is_none());
}

#[test]
fn a_tie_stays_whatever_comes() {
    let plan = Plan { tie_margin: Some(0.02), ..PLAN };
    let first = Standing::new(2).unwrap();
    let close = [rate(10_000, 50_000), rate(10_050, 50_000)];
    let first = first.look(Totals::Rates(&close), plan, Stage::Running).unwrap();
    let clear = [rate(20_000, 100_000), rate(26_000, 100_000)];
    let second = first.look(Totals::Rates(&clear), plan, Stage::Running).unwrap();
    assert_eq!(second.verdict, Verdict::Tie(vec![0, 1]));
    assert_eq!(second.pairs[0].better, Some(1), "the pair still says what it found");
}

#[test]
fn ties_are_declared_within_the_margin_or_at_the_end() {
    let margin = Plan { tie_margin: Some(0.02), ..PLAN };
    let look = |arms: &[Rate], plan, stage| {
        let before = Standing::new(arms.len()).unwrap();
        before.look(Totals::Rates(arms), plan, stage).unwrap().verdict
    };
    let close = [rate(10_000, 50_000), rate(10_050, 50_000), rate(8_000, 50_000)];
    assert_eq!(look(&close, margin, Stage::Running), Verdict::Tie(vec![0, 1]));
    assert_eq!(look(&close, PLAN, Stage::Running), Verdict::Undecided);
    assert_eq!(look(&close, PLAN, Stage::Ended), Verdict::Tie(vec![0, 1]));
    let few = [rate(3, 10), rate(2, 10)];
    assert_eq!(look(&few, margin, Stage::Running), Verdict::Undecided);
    assert_eq!(look(&few, margin, Stage::Ended), Verdict::Tie(vec![0, 1]));
    let clear = [rate(10_000, 50_000), rate(12_000, 50_000), rate(8_000, 50_000)];
    assert_eq!(look(&clear, margin, Stage::Running), Verdict::Winner(1));
}

#[test]
fn a_verdict_stays_when_the_data_turns() {
    let before = [rate(10_000, 50_000), rate(11_000, 50_000)];
    let after = [rate(30_000, 90_000), rate(11_500, 90_000)];
    let first = Standing::new(2).unwrap();
    let first = first.look(Totals::Rates(&before), PLAN, Stage::Running).unwrap();
    let second = first.look(Totals::Rates(&after), PLAN, Stage::Ended).unwrap();
    assert_eq!((&first.verdict, &second.verdict), (&Verdict::Winner(1), &Verdict::Winner(1)));
    assert!(second.pairs[0].difference.unwrap().value < 0.0, "the interval shows that it turned");
}

#[test]
fn amounts_are_compared_by_their_means() {
    let plan = Plan { expected: 1.0, ..PLAN };
    let amounts = |round: u64, name: &str, mean: f64, n: u64| {
        Amount::of((0..n).map(|i| {
            let draw = Draw::of(6, name, round * 100_000 + i).unit();
            if draw < 0.4 { -(1.0 - draw / 0.4).ln() * mean } else { 0.0 }
        }))
    };
    let (mut alarms, mut found) = (0, 0);
    for round in 0..60 {
        let mut same = Standing::new(2).unwrap();
        let mut other = Standing::new(2).unwrap();
        for n in [100, 200, 400, 800, 1_600] {
            let control = amounts(round, "control", 10.0, n);
            let arms = [control, amounts(round, "same", 10.0, n)];
            same = same.look(Totals::Amounts(&arms), plan, Stage::Running).unwrap();
            let arms = [control, amounts(round, "treated", 15.0, n)];
            other = other.look(Totals::Amounts(&arms), plan, Stage::Running).unwrap();
        }
        alarms += u64::from(same.verdict != Verdict::Undecided);
        found += u64::from(other.verdict == Verdict::Winner(1));
    }
    assert!(alarms <= 7, "3 of 60 expected at most: {alarms}");
    assert!(found >= 45, "{found} of 60");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    assert_eq!(Standing::new(1), Err(Unusable::Arms(1)));
    assert_eq!(Standing::new(65), Err(Unusable::Arms(65)));
    let two = Standing::new(2).unwrap();
    let look = |arms: &[Rate], plan| two.look(Totals::Rates(arms), plan, Stage::Running);
    let arms = [rate(50, 100), rate(50, 100)];
    assert_eq!(look(&arms[..1], PLAN), Err(Unusable::Arms(1)));
    assert_eq!(look(&[rate(5, 4), rate(5, 9)], PLAN), Err(Unusable::Impossible(0)));
    let zero = Plan { expected: 0.0, ..PLAN };
    assert_eq!(look(&arms, zero), Err(Unusable::Plan(0.0)));
    let negative = Plan { tie_margin: Some(-1.0), ..PLAN };
    assert_eq!(look(&arms, negative), Err(Unusable::Plan(-1.0)));
    let nan = Plan { expected: f64::NAN, ..PLAN };
    assert!(look(&arms, nan).is_err());
}
