use std::io::Read;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::assign::Draw;
use crate::interval::Level;

fn rate(converted: u64, users: u64) -> Rate {
    Rate { users, converted }
}

/// The interval to four digits.
fn rounded(interval: Interval) -> (f64, f64) {
    let round = |x: f64| (x * 1e4).round() / 1e4;
    (round(interval.low), round(interval.high))
}

fn near(found: f64, printed: f64, tolerance: f64) {
    assert!((found - printed).abs() <= tolerance, "{found} is not {printed}");
}

#[test]
fn newcombe_1998_table_ii_method_10() {
    let cases = [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ];
    for (treated, control, expected) in cases {
        let (treated, control) = (rate(treated.0, treated.1), rate(control.0, control.1));
        let found = super::rate::difference(control, treated, Level::P95);
        assert_eq!(rounded(found.interval), expected, "{treated:?} {control:?}");
    }
    let effect = compare_rates(&[rate(48, 80), rate(56, 70)], Level::P95).unwrap().remove(0);
    assert_eq!(rounded(effect.difference.interval), (0.0524, 0.3339));
}

#[test]
fn newcombe_1998_single_rates_by_wilson() {
    let cases = [
        ((81, 263), (0.2553, 0.3662)),
        ((15, 148), (0.0624, 0.1605)),
        ((0, 20), (0.0, 0.1611)),
        ((1, 29), (0.0061, 0.1718)),
    ];
    for ((converted, users), expected) in cases {
        assert_eq!(rounded(rate(converted, users).estimate(Level::P95).interval), expected);
    }
}

#[test]
fn few_conversions_are_compared_exactly() {
    // Two-sided p values of Fisher's test as SciPy gives them.
    let cases = [
        ((3, 100), (9, 50), 0.002_666_926_280_131_95),
        ((1, 100), (7, 100), 0.064_859_402_104_265_07),
        ((2, 40), (0, 60), 0.157_575_757_575_757_56),
        ((98, 100), (40, 50), 0.000_317_273_763_005_754_6),
        ((2, 1_000), (9, 40), 3.757_718_343_048_976e-12),
    ];
    for (a, b, p) in cases {
        let arms = [rate(a.0, a.1), rate(b.0, b.1)];
        let found = compare_rates(&arms, Level::P95).unwrap()[0].p;
        assert!((found / p - 1.0).abs() < 1e-9, "{a:?} {b:?}: {found}");
        let turned = compare_rates(&[arms[1], arms[0]], Level::P95).unwrap()[0].p;
        assert!((turned / found - 1.0).abs() < 1e-9, "the order of arms does not matter");
    }
    let nobody = compare_rates(&[rate(0, 50), rate(0, 80)], Level::P95).unwrap().remove(0);
    assert_eq!(nobody.p, 1.0);
    assert_eq!(nobody.lift, Err(NoLift::Converted { arm: 0, converted: 0 }));
}

#[test]
fn too_little_is_refused_and_says_what_is_missing() {
    let level = Level::P95;
    assert_eq!(compare_rates(&[rate(1, 90)], level), Err(TooFew::Arms { found: 1 }));
    assert_eq!(compare_rates(&vec![rate(1, 90); 65], level), Err(TooFew::Arms { found: 65 }));
    let small = compare_rates(&[rate(9, 90), rate(9, 29)], level);
    assert_eq!(small, Err(TooFew::Users { arm: 1, users: 29 }));
    assert!(small.unwrap_err().to_string().contains("needs 30"));
    let wrong = compare_rates(&[rate(91, 90), rate(9, 90)], level);
    assert_eq!(wrong, Err(TooFew::Impossible { arm: 0 }));

    let many = Amount::of((0..100).map(f64::from));
    let refused = |other: Amount| compare_amounts(&[many, other], level).unwrap_err();
    assert_eq!(refused(Amount::of([0.0; 100])), TooFew::Payers { arm: 1, payers: 0 });
    assert_eq!(refused(Amount::of([2.1; 100])), TooFew::Spread { arm: 1 });
    assert_eq!(refused(Amount::of([f64::NAN; 100])), TooFew::Impossible { arm: 1 });
    let impossible = Amount { sum_squares: many.sum_squares / 9.0, ..many };
    assert_eq!(refused(impossible), TooFew::Impossible { arm: 1 });
}

#[test]
fn a_control_that_may_be_zero_gives_no_lift() {
    let swings = Amount::of((0..100).map(|n| if n % 2 == 0 { 10.0 } else { -9.9 }));
    let effects = compare_amounts(&[swings, swings], Level::P95).unwrap();
    assert_eq!(effects[0].lift, Err(NoLift::ControlNearZero));
    assert!(effects[0].difference.interval.contains(0.0));
}

#[test]
fn holm_as_in_the_definition() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
    let expected = [0.03, 0.06, 0.06, 0.02];
    assert!(adjusted.iter().zip(expected).all(|(found, p)| (found - p).abs() < 1e-15));
    assert_eq!(holm(&[0.9, f64::NAN, 0.8]), vec![1.0; 3]);
    assert!(holm(&[]).is_empty());
}

#[test]
fn numbers_up_to_everybody_do_not_overflow() {
    let arms = [rate(u64::MAX / 3, u64::MAX), rate(u64::MAX / 3 + 1, u64::MAX), rate(1, u64::MAX)];
    let effects = compare_rates(&arms, Level::P95).unwrap();
    assert!(effects.iter().all(|effect| effect.p.is_finite() && effect.p_adjusted <= 1.0));
}

proptest! {
    /// Whatever is counted: an answer or a refusal, and an answer is made of ordered numbers that
    /// agree with each other.
    #[test]
    fn any_counts_are_answered_or_refused(
        counts in prop::collection::vec((counts(), counts()), 0..5),
        confidence in 0.51_f64..0.9999,
    ) {
        let level = Level::new(confidence).unwrap();
        let arms: Vec<Rate> = counts.iter().map(|(a, b)| rate(*a.min(b), *a.max(b))).collect();
        for effect in compare_rates(&arms, level).unwrap_or_default() {
            check_effect(&effect)?;
            prop_assert!((0.0..=1.0).contains(&effect.treated.interval.low));
            prop_assert!((0.0..=1.0).contains(&effect.treated.interval.high));
            prop_assert!(effect.difference.interval.low >= -1.0 - 1e-9);
        }
    }

    #[test]
    fn any_amounts_are_answered_or_refused(
        arms in prop::collection::vec((counts(), counts(), any::<f64>(), any::<f64>()), 2..4),
        scale in -200_i32..140,
    ) {
        let arm = |(users, payers, sum, sum_squares): &(u64, u64, f64, f64)| Amount {
            users: *users, payers: *payers, sum: *sum, sum_squares: *sum_squares,
        };
        let wild: Vec<Amount> = arms.iter().map(arm).collect();
        for effect in compare_amounts(&wild, Level::P95).unwrap_or_default() {
            check_effect(&effect)?;
        }
        // In any unit of money the answer is the same.
        let unit = 10_f64.powi(scale);
        let amount = |of: u64| Amount::of((0..90).map(|n| ((n * of) % 17) as f64 * unit));
        let effect = compare_amounts(&[amount(3), amount(5)], Level::P95);
        if let Ok(effects) = effect {
            check_effect(&effects[0])?;
            let plain = |of: u64| Amount::of((0..90).map(|n| ((n * of) % 17) as f64));
            let one = compare_amounts(&[plain(3), plain(5)], Level::P95).unwrap();
            prop_assert!((one[0].p - effects[0].p).abs() < 1e-9);
        } else {
            prop_assert!(!(-120..=70).contains(&scale));
        }
    }
}

/// Counts of all magnitudes.
fn counts() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..40, 0_u64..100_000, any::<u64>()]
}

fn check_effect(effect: &Effect) -> Result<(), TestCaseError> {
    prop_assert!((0.0..=1.0).contains(&effect.p), "{:?}", effect);
    prop_assert!((effect.p..=1.0).contains(&effect.p_adjusted));
    let lift = effect.lift.ok();
    for estimate in [effect.control, effect.treated, effect.difference].into_iter().chain(lift) {
        prop_assert!(estimate.interval.contains(estimate.value), "{:?}", effect);
    }
    Ok(())
}

/// A binomial count from fixed draws.
fn binomial(name: &str, at: u64, n: u64, p: f64) -> u64 {
    (0..n).filter(|i| Draw::of(1, name, at * 1_000_003 + i).unit() < p).count() as u64
}

#[test]
fn intervals_of_rates_hold_the_truth_as_often_as_they_say() {
    let (n, control, treated) = (150, 0.12, 0.2);
    let (mut difference, mut lift, mut alarms) = (0, 0, 0);
    let rounds = 1_000;
    for round in 0..rounds {
        let c = rate(binomial("control", round, n, control), n);
        let t = rate(binomial("treated", round, n, treated), n);
        let same = rate(binomial("same", round, n, control), n);
        let effects = compare_rates(&[c, t, same], Level::P95).unwrap();
        difference += u64::from(effects[0].difference.interval.contains(treated - control));
        let holds = |lift: &Result<Estimate, NoLift>, truth: f64| match lift {
            Ok(lift) => lift.interval.contains(truth),
            Err(_) => true,
        };
        lift += u64::from(holds(&effects[0].lift, treated / control - 1.0));
        // An A/A comparison covers no effect (F111).
        alarms += u64::from(!holds(&effects[1].lift, 0.0));
    }
    // Four standard errors of 95 % over so many rounds are 2.8 points.
    for (name, held) in [("difference", difference), ("lift", lift), ("a/a", rounds - alarms)] {
        let share = held as f64 / rounds as f64;
        assert!((share - 0.95).abs() < 0.028, "{name}: {share}");
    }
}

#[test]
fn intervals_of_revenue_hold_the_truth_as_often_as_they_say() {
    // 30 % buy; amounts are exponential: mean 20 in the control and 26 with the treatment.
    let amounts = |name: &str, round: u64, mean: f64| {
        Amount::of((0..300).map(|i| {
            let draw = Draw::of(2, name, round * 1_000 + i).unit();
            // Below 0.3 the person buys, and the draw within it says for how much.
            if draw < 0.3 { -(1.0 - draw / 0.3).ln() * mean } else { 0.0 }
        }))
    };
    let (mut difference, mut lift, mut alarms) = (0, 0, 0);
    let rounds = 800;
    for round in 0..rounds {
        let control = amounts("control", round, 20.0);
        let arms = [control, amounts("treated", round, 26.0), amounts("same", round, 20.0)];
        let effects = compare_amounts(&arms, Level::P95).unwrap();
        difference += u64::from(effects[0].difference.interval.contains(0.3 * 6.0));
        lift += u64::from(effects[0].lift.unwrap().interval.contains(0.3));
        alarms += u64::from(effects[1].p < 0.05);
    }
    // Four standard errors of 95 % over so many rounds are 3.1 points.
    for (name, held) in [("difference", difference), ("lift", lift), ("a/a", rounds - alarms)] {
        let share = held as f64 / rounds as f64;
        assert!((share - 0.95).abs() < 0.031, "{name}: {share}");
    }
}

/// Rows of a public data set that lies beside the project, or `None`, said aloud, if it does not.
fn rows(file: &str) -> Option<Vec<csv::StringRecord>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(file);
    let Ok(packed) = std::fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    Some(csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.unwrap()).collect())
}

#[test]
fn hillstrom_as_recomputed() {
    let Some(rows) = rows("hillstrom/hillstrom.csv.gz") else { return };
    let column = |segment: &str, at: usize| -> Vec<f64> {
        let of = rows.iter().filter(|row| &row[8] == segment);
        of.map(|row| row[at].parse().unwrap()).collect()
    };
    let rates = |at: usize| -> Vec<Rate> {
        let all = ["No E-Mail", "Mens E-Mail", "Womens E-Mail"].map(|name| column(name, at));
        all.iter()
            .map(|values| rate(values.iter().sum::<f64>() as u64, values.len() as u64))
            .collect()
    };
    let visits = compare_rates(&rates(9), Level::P95).unwrap();
    near(visits[0].difference.value, 0.076_589_6, 5e-8);
    near(visits[0].difference.interval.low, 0.069_953_3, 5e-8);
    near(visits[0].difference.interval.high, 0.083_226_7, 5e-8);
    near(visits[0].lift.unwrap().interval.low, 0.6404, 5e-5);
    near(visits[0].lift.unwrap().interval.high, 0.8064, 5e-5);
    near(visits[0].p / 5.685_17e-112, 1.0, 1e-5);
    near(visits[0].control.interval.low, 0.1021, 5e-5);
    let extra = visits[0].incremental(21_307);
    near(extra.value, 1_631.893_8, 5e-3);
    assert!(extra.interval.low > 1_490.0 && extra.interval.high < 1_774.0);
    let conversions = compare_rates(&rates(10), Level::P95).unwrap();
    near(conversions[1].difference.interval.low, 0.001_501_66, 5e-9);
    near(conversions[1].difference.interval.high, 0.004_745_47, 5e-9);
    near(conversions[1].lift.unwrap().value, 0.5433, 5e-5);
    near(conversions[1].p, 0.000_157_105, 5e-10);

    let spend =
        ["No E-Mail", "Mens E-Mail", "Womens E-Mail"].map(|name| Amount::of(column(name, 11)));
    let spend = compare_amounts(&spend, Level::P95).unwrap();
    near(spend[0].difference.interval.low, 0.4851, 5e-5);
    near(spend[0].difference.interval.high, 1.0545, 5e-5);
    near(spend[0].p, 1.163_81e-7, 1e-12);
    near(spend[1].p, 0.001_129_4, 5e-8);
    near(spend[1].p_adjusted, 0.001_129_4, 5e-8);
    near(spend[0].p_adjusted, 2.327_62e-7, 1e-12);
    assert!(spend[0].lift.unwrap().interval.low > 0.5);
}

#[test]
fn cookie_cats_as_recomputed() {
    let Some(rows) = rows("cookie_cats/cookie_cats.csv.gz") else { return };
    let arm = |version: &'static str| rows.iter().filter(move |row| &row[1] == version);
    let rates = |at: usize| {
        ["gate_30", "gate_40"].map(|version| {
            let back = arm(version).filter(|row| row[at].eq_ignore_ascii_case("true")).count();
            rate(back as u64, arm(version).count() as u64)
        })
    };
    let second = &compare_rates(&rates(3), Level::P95).unwrap()[0];
    near(second.p, 0.074_409_7, 5e-8);
    near(second.difference.interval.low, -0.012_391_9, 5e-8);
    near(second.difference.interval.high, 0.000_582_095, 5e-10);
    let eighth = &compare_rates(&rates(4), Level::P95).unwrap()[0];
    near(eighth.p, 0.001_554_25, 5e-9);
    near(eighth.lift.unwrap().interval.low, -0.068_891_2, 5e-8);
    near(eighth.lift.unwrap().interval.high, -0.016_633_6, 5e-8);
    let rounds = ["gate_30", "gate_40"]
        .map(|version| Amount::of(arm(version).map(|row| row[2].parse().unwrap())));
    let rounds = &compare_amounts(&rounds, Level::P95).unwrap()[0];
    near(rounds.p, 0.3759, 5e-5);
    near(rounds.difference.interval.low, -3.7197, 5e-5);
    near(rounds.difference.interval.high, 1.4047, 5e-5);
}
