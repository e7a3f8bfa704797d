use model::Text;

use super::super::*;
use crate::assign::Share;
use crate::special::chi_squared_tail;

fn share(percent: f64) -> Share {
    Share::percent(percent).unwrap()
}

fn known(arms: &[(u64, u64)]) -> Evidence {
    let arms: Vec<Totals> = arms.iter().map(|(runs, good)| Totals::rate(*runs, *good)).collect();
    Evidence::of(Reward::Rate, &arms).unwrap()
}

fn parts(allocation: &Allocation) -> Vec<u32> {
    let parts: Vec<u32> = allocation.shares().iter().map(|share| share.in_parts()).collect();
    assert_eq!(parts.iter().sum::<u32>(), 1_000_000);
    parts
}

#[test]
fn all_start_equal() {
    for floor in [0.0, 5.0, 14.0] {
        let found = allocate(&known(&[(0, 0); 7]), &Mode::Learn { floor: share(floor) }).unwrap();
        assert_eq!(found.why, Why::Start);
        let parts = parts(&found);
        assert!(parts.iter().all(|p| p.abs_diff(142_857) <= 1), "{parts:?}");
    }
}

#[test]
fn shares_are_the_floor_and_the_rest_by_probability() {
    let known = known(&[(500, 20), (500, 35), (500, 33)]);
    let best = best_probabilities(&known);
    let found = allocate(&known, &Mode::Learn { floor: share(10.0) }).unwrap();
    assert_eq!((found.why, found.floor), (Why::Learnt, share(10.0)));
    for (arm, p) in found.arms.iter().zip(&best) {
        let exact = 0.1 + 0.7 * p;
        assert!((arm.share.fraction() - exact).abs() <= 1e-6, "{arm:?}");
        assert_eq!((arm.best, arm.before_floor), (*p, *p));
        assert!(arm.value.interval.contains(arm.value.value));
        assert!(arm.value.interval.contains(arm.totals.rewarded as f64 / 500.0));
    }
    assert_eq!(found.arms[0].totals, Totals::rate(500, 20));
}

#[test]
fn a_hopeless_arm_keeps_the_floor_and_nobody_less() {
    let hopeless = known(&[(100_000, 10), (100_000, 9_000), (100_000, 20)]);
    let found = allocate(&hopeless, &Mode::Learn { floor: share(2.5) }).unwrap();
    assert_eq!(parts(&found), [25_000, 950_000, 25_000]);
    // A floor that leaves nothing to learn is an even split.
    let found = allocate(&known(&[(50, 1), (50, 9)]), &Mode::Learn { floor: share(50.0) }).unwrap();
    assert_eq!(parts(&found), [500_000, 500_000]);
}

#[test]
fn a_floor_of_more_than_everybody_is_refused() {
    let seven = known(&[(0, 0); 7]);
    let refused = allocate(&seven, &Mode::Learn { floor: share(15.0) }).unwrap_err();
    assert_eq!(refused, Refused::Floor { floor: 150_000, arms: 7, most: 142_857 });
    assert_eq!(
        refused.to_string(),
        "a floor of 150000 parts per million for each of 7 arms is more than everybody; \
         make it 142857 at most"
    );
    assert!(allocate(&seven, &Mode::Learn { floor: Share::parts(142_857).unwrap() }).is_ok());
}

#[test]
fn by_hand_and_by_winner() {
    let two = known(&[(100, 5), (100, 9)]);
    let found = allocate(&two, &Mode::Manual(vec![share(80.0), share(20.0)])).unwrap();
    assert_eq!((parts(&found), found.why), (vec![800_000, 200_000], Why::Manual));
    assert!(found.arms[1].best > 0.8, "what is known is shown all the same");
    let manual = |shares: &[f64]| {
        let shares = shares.iter().map(|percent| share(*percent)).collect();
        allocate(&two, &Mode::Manual(shares)).unwrap_err()
    };
    assert_eq!(manual(&[100.0]), Refused::Number { found: 1, arms: 2 });
    assert_eq!(manual(&[50.0, 49.0]), Refused::Sum(990_000));
    let found = allocate(&two, &Mode::Winner(1)).unwrap();
    assert_eq!((parts(&found), found.why), (vec![0, 1_000_000], Why::Winner));
    let refused = allocate(&two, &Mode::Winner(2)).unwrap_err();
    assert_eq!(refused.to_string(), "there is no arm 2; arms are 0 to 1");
}

#[test]
fn reasons_are_said_in_numbers() {
    let found = allocate(&known(&[(500, 20), (500, 60)]), &Mode::Learn { floor: share(5.0) });
    let said = found.unwrap().said(&["Push first"]);
    assert_eq!(said.len(), 2);
    let start = "Push first: 5.00 % of people, because it is the best with 0.00 %, above a floor of \
                 5.00 %; 20 of 500 matured runs rewarded, 4.1833 % (";
    assert!(said[0].starts_with(start), "{}", said[0]);
    assert!(said[1].starts_with("arm 1: 95.00 % of people"), "{}", said[1]);
    let found = allocate(&known(&[(0, 0), (0, 0)]), &Mode::Learn { floor: share(5.0) }).unwrap();
    assert!(found.said(&[])[0].contains("no run has matured and all start equal"));
}

#[test]
fn people_are_dealt_as_the_shares_say_and_stay() {
    let known = known(&[(500, 20), (500, 35), (500, 33)]);
    let found = allocate(&known, &Mode::Learn { floor: share(10.0) }).unwrap();
    let n = 30_000;
    let mut counts = [0_u64; 3];
    for person in 0..n {
        let arm = draw(&found, 7, "june", person);
        assert!(person % 100 != 0 || arm == draw(&found, 7, "june", person));
        counts[arm] += 1;
    }
    let terms = counts.iter().zip(&found.arms).map(|(count, arm)| {
        let expected = n as f64 * arm.share.fraction();
        (*count as f64 - expected).powi(2) / expected
    });
    assert!(chi_squared_tail(terms.sum(), 2.0) > 0.001, "{counts:?}");
    let moved =
        (0..1_000_u64).filter(|p| draw(&found, 7, "june", *p) != draw(&found, 7, "july", *p));
    assert!(moved.count() > 300, "another split deals anew");
}

#[test]
fn a_new_allocation_moves_only_whom_it_must() {
    let two = known(&[(100, 5), (100, 9)]);
    let at = |percent: f64| {
        allocate(&two, &Mode::Manual(vec![share(percent), share(100.0 - percent)])).unwrap()
    };
    let (before, after) = (at(50.0), at(60.0));
    let n = 20_000_u64;
    let moves: Vec<_> = (0..n)
        .map(|p| (draw(&before, 7, "june", p), draw(&after, 7, "june", p)))
        .filter(|(before, after)| before != after)
        .collect();
    assert!(moves.iter().all(|moved| *moved == (1, 0)));
    assert!((moves.len() as f64 / n as f64 - 0.1).abs() < 0.01, "{}", moves.len());
}

#[test]
fn dealing_is_that_of_arms() {
    let found = allocate(&known(&[(500, 20), (500, 35), (500, 33)]), &Mode::Winner(0)).unwrap();
    assert!((0..100_u64).all(|person| draw(&found, 7, "june", person) == 0));
    let learn = Mode::Learn { floor: share(10.0) };
    let found = allocate(&known(&[(500, 20), (500, 35), (500, 33)]), &learn).unwrap();
    let places = found.dealt(["0", "1", "2"].map(Text::from)).unwrap();
    assert!((0..500_u64).all(|p| draw(&found, 7, "june", p) == places.pick(7, "june", p)));
    assert!(found.dealt(["a", "b"].map(Text::from)).is_err());
    assert!(found.dealt(["a", "b", "b"].map(Text::from)).is_err());
}

/// 64 arms with every kind of evidence: shares add up and none is below the floor.
#[test]
fn many_arms_are_allocated() {
    let arms: Vec<(u64, u64)> = (0..64).map(|arm| (arm * 40, arm * arm / 40)).collect();
    let found = allocate(&known(&arms), &Mode::Learn { floor: share(0.5) }).unwrap();
    assert!(parts(&found).iter().all(|p| *p >= 5_000));
}
