use super::*;
use crate::assign::Draw;

fn shares(percents: &[f64]) -> Vec<Share> {
    percents.iter().map(|percent| Share::percent(*percent).unwrap()).collect()
}

#[test]
fn cookie_cats_as_published() {
    let found = check(&[44_700, 45_489], &shares(&[50.0, 50.0])).unwrap();
    assert!((found.chi_squared - 6.9024).abs() < 5e-5);
    assert!((found.p - 0.008_607_99).abs() < 5e-9);
    assert_eq!((found.df, found.verdict), (1, Verdict::Matches));
}

#[test]
fn a_mismatch_is_told_plainly() {
    let found = check(&[50_000, 51_200, 9_000], &shares(&[45.0, 45.0, 10.0])).unwrap();
    assert_eq!(found.verdict, Verdict::Mismatch);
    let nobody = check(&[500, 500, 1], &shares(&[50.0, 50.0, 0.0])).unwrap();
    assert_eq!((nobody.p, nobody.verdict), (0.0, Verdict::Mismatch));
    let empty = check(&[500, 500, 0], &shares(&[50.0, 50.0, 0.0])).unwrap();
    assert_eq!((empty.p, empty.df), (1.0, 1));
}

#[test]
fn shares_of_a_part_count_in_proportion() {
    let part = check(&[100, 200], &shares(&[10.0, 20.0])).unwrap();
    assert!(part.p > 0.999_999, "{part:?}");
}

#[test]
fn too_little_is_refused() {
    assert_eq!(check(&[9, 200], &shares(&[2.0, 98.0])), Err(Unchecked::TooFew { arm: 0 }));
    assert_eq!(check(&[9], &shares(&[100.0])), Err(Unchecked::Arms { counts: 1, shares: 1 }));
    let unequal = check(&[9, 8], &shares(&[100.0]));
    assert_eq!(unequal, Err(Unchecked::Arms { counts: 2, shares: 1 }));
    assert_eq!(check(&[0, 0], &shares(&[50.0, 50.0])), Err(Unchecked::TooFew { arm: 0 }));
}

#[test]
fn false_alarms_are_as_rare_as_the_threshold() {
    let mut alarms = [0; 2];
    for round in 0..2_000 {
        let draw = |i: u64| Draw::of(3, "ratio", round * 1_000 + i).bucket(10);
        let first = (0..200).filter(|i| draw(*i) < 3).count() as u64;
        let found = check(&[first, 200 - first], &shares(&[30.0, 70.0])).unwrap();
        alarms[0] += u32::from(found.verdict == Verdict::Mismatch);
        alarms[1] += u32::from(found.p < 0.05);
    }
    assert!(alarms[0] <= 8, "2 of 2000 expected: {}", alarms[0]);
    assert!((60..=145).contains(&alarms[1]), "100 of 2000 expected: {}", alarms[1]);
}
