use model::{Span, Timestamp};
use proptest::prelude::*;

use super::super::*;

const SETTINGS: Settings =
    Settings { arms: 2, contexts: 1, window: Span(1_000), grace: Span(0), pending_max: 1_000 };

fn at(ms: i64) -> Timestamp {
    Timestamp(ms)
}

fn ledger() -> Ledger {
    Ledger::new(SETTINGS).unwrap()
}

fn totals(ledger: &Ledger) -> Vec<(u64, u64, f64)> {
    ledger.totals(0).iter().map(|arm| (arm.runs, arm.rewarded, arm.sum)).collect()
}

#[test]
fn runs_count_when_their_window_has_passed() {
    let mut ledger = ledger();
    assert_eq!(ledger.enter(Place::arm(0), 1, at(0)), Entered::Waits);
    assert_eq!(ledger.enter(Place::arm(1), 2, at(500)), Entered::Waits);
    assert_eq!(ledger.reward(1, 5.0, at(10)), Rewarded::Counted);
    assert_eq!(ledger.reward(2, 3.0, at(600)), Rewarded::Counted);
    assert_eq!(ledger.reward(2, 4.0, at(700)), Rewarded::Counted);
    assert_eq!((ledger.mature(at(999)), ledger.next()), (0, Some(at(1_000))));
    assert_eq!(
        totals(&ledger),
        [(0, 0, 0.0), (0, 0, 0.0)],
        "an early conversion does not count yet"
    );
    assert_eq!(ledger.mature(at(1_000)), 1);
    assert_eq!(totals(&ledger), [(1, 1, 5.0), (0, 0, 0.0)]);
    assert_eq!((ledger.mature(at(9_000)), ledger.waiting(), ledger.next()), (1, 0, None));
    assert_eq!(totals(&ledger), [(1, 1, 5.0), (1, 1, 7.0)]);
    assert_eq!(ledger.totals(0)[1].sum_squares, 49.0, "what the run brought, squared");
}

#[test]
fn rewards_outside_the_window_are_ignored() {
    let mut ledger = ledger();
    ledger.enter(Place::arm(0), 1, at(100));
    assert_eq!(ledger.reward(1, 1.0, at(99)), Rewarded::Before);
    assert_eq!(ledger.reward(1, 1.0, at(100)), Rewarded::Before);
    assert_eq!(ledger.reward(1, 1.0, at(1_100)), Rewarded::After);
    assert_eq!(ledger.reward(9, 1.0, at(200)), Rewarded::Unknown);
    assert_eq!(ledger.reward(1, f64::NAN, at(200)), Rewarded::Amount);
    assert_eq!(ledger.reward(1, -2.0 * AMOUNT_MAX, at(200)), Rewarded::Amount);
    ledger.mature(at(1_100));
    assert_eq!(ledger.reward(1, 1.0, at(500)), Rewarded::Unknown, "it has matured");
    assert_eq!(totals(&ledger)[0], (1, 0, 0.0));
}

#[test]
fn a_refund_takes_back_the_amount_and_not_the_goal() {
    let mut ledger = ledger();
    for run in [1, 2, 3] {
        ledger.enter(Place::arm(0), run, at(0));
    }
    ledger.reward(1, 10.0, at(5));
    ledger.reward(1, -10.0, at(6));
    ledger.reward(2, -4.0, at(6));
    ledger.reward(3, 0.0, at(6));
    ledger.mature(at(1_000));
    assert_eq!(totals(&ledger)[0], (3, 2, -4.0));
}

#[test]
fn what_a_run_brings_is_bounded_and_can_be_reckoned_with() {
    let mut ledger = ledger();
    for run in [1, 2] {
        ledger.enter(Place::arm(run as u16 - 1), run, at(0));
        for _ in 0..1_000 {
            assert_eq!(ledger.reward(run, AMOUNT_MAX, at(1)), Rewarded::Counted);
        }
    }
    ledger.mature(at(1_000));
    assert_eq!(ledger.totals(0)[1].sum, AMOUNT_MAX);
    assert!(Evidence::of(Reward::Amount, &ledger.totals(0)).is_ok());
}

#[test]
fn grace_waits_for_what_arrives_late() {
    let settings = Settings { grace: Span(50), ..SETTINGS };
    let mut ledger = Ledger::new(settings).unwrap();
    ledger.enter(Place::arm(0), 1, at(0));
    assert_eq!(ledger.mature(at(1_049)), 0);
    assert_eq!(ledger.reward(1, 1.0, at(999)), Rewarded::Counted);
    assert_eq!(ledger.reward(1, 1.0, at(1_000)), Rewarded::After, "grace is no longer window");
    assert_eq!(ledger.mature(at(1_050)), 1);
}

#[test]
fn what_comes_twice_late_or_too_much_counts_once_or_not() {
    let mut ledger = Ledger::new(Settings { pending_max: 2, ..SETTINGS }).unwrap();
    assert_eq!(ledger.enter(Place::arm(0), 1, at(100)), Entered::Waits);
    assert_eq!(ledger.enter(Place::arm(0), 1, at(100)), Entered::Again);
    assert_eq!(ledger.enter(Place::arm(1), 1, at(90)), Entered::Again, "the earlier one is kept");
    assert_eq!(ledger.enter(Place::arm(1), 2, at(100)), Entered::Waits);
    assert_eq!(ledger.enter(Place::arm(1), 3, at(100)), Entered::Full);
    assert_eq!(ledger.enter(Place::arm(2), 4, at(100)), Entered::NoPlace);
    assert_eq!(ledger.enter(Place { context: 1, arm: 0 }, 4, at(100)), Entered::NoPlace);
    assert_eq!(ledger.mature(at(1_090)), 1);
    assert_eq!(ledger.mature(at(2_000)), 1);
    assert_eq!(ledger.enter(Place::arm(0), 5, at(1_000)), Entered::Late);
    assert_eq!(ledger.enter(Place::arm(0), 5, at(1_001)), Entered::Waits);
    assert_eq!(totals(&ledger), [(0, 0, 0.0), (2, 0, 0.0)]);
}

#[test]
fn merged_users_have_one_run_and_erased_ones_none() {
    let mut ledger = ledger();
    ledger.enter(Place::arm(0), 1, at(0));
    ledger.enter(Place::arm(1), 2, at(10));
    ledger.reward(2, 1.0, at(20));
    ledger.enter(Place::arm(1), 3, at(30));
    // Nobody has the new key yet: the run goes on under it.
    assert!(ledger.rekey(3, 33) && !ledger.rekey(3, 33));
    assert_eq!(ledger.reward(33, 2.0, at(40)), Rewarded::Counted);
    assert_eq!(ledger.reward(3, 2.0, at(40)), Rewarded::Unknown);
    // Both were in the split: whoever came first stays, whichever key is kept.
    let (mut into_first, mut into_second) = (ledger.clone(), ledger.clone());
    assert!(into_first.rekey(2, 1) && into_second.rekey(1, 2));
    for (mut ledger, key) in [(into_first, 1), (into_second, 2)] {
        assert_eq!(ledger.waiting(), 2);
        assert_eq!(ledger.reward(key, 5.0, at(50)), Rewarded::Counted);
        assert_eq!(ledger.mature(at(5_000)), 2);
        assert_eq!(totals(&ledger), [(1, 1, 5.0), (1, 1, 2.0)]);
    }
    assert!(ledger.rekey(1, 1), "the same key is no change");
    assert_eq!((ledger.forget(1), ledger.forget(1)), (Erased::Gone, Erased::Unknown));
    assert_eq!(ledger.mature(at(5_000)), 2);
    assert_eq!(totals(&ledger)[0].0, 0);
}

#[test]
fn runs_that_are_gone_take_no_room() {
    let mut ledger = ledger();
    for run in 0..5_000 {
        ledger.enter(Place::arm(0), run, at(run as i64 / 10));
        ledger.forget(run);
    }
    assert!(ledger.queued() < 200, "{}", ledger.queued());
    // A key that comes again at another time matures once, and at its time.
    ledger.enter(Place::arm(0), 4_999, at(600));
    assert_eq!((ledger.mature(at(1_599)), ledger.mature(at(1_600))), (0, 1));
}

#[test]
fn contexts_are_counted_apart() {
    let mut ledger = Ledger::new(Settings { contexts: 3, ..SETTINGS }).unwrap();
    ledger.enter(Place { context: 2, arm: 1 }, 1, at(0));
    ledger.reward(1, 8.0, at(1));
    ledger.mature(at(2_000));
    assert_eq!(ledger.totals(0), [Totals::default(); 2]);
    let one = Totals { runs: 1, rewarded: 1, sum: 8.0, sum_squares: 64.0 };
    assert_eq!(ledger.totals(2), [Totals::default(), one]);
    assert!(ledger.totals(3).is_empty());
}

#[test]
fn settings_and_what_is_restored_are_checked() {
    let refused = |settings| Ledger::new(settings).unwrap_err().to_string();
    assert_eq!(refused(Settings { arms: 1, ..SETTINGS }), "arms is 1; write 2 to 64");
    assert_eq!(refused(Settings { contexts: 0, ..SETTINGS }), "contexts is 0; write 1 to 64");
    assert!(refused(Settings { window: Span(0), ..SETTINGS }).starts_with("window (ms) is 0"));
    assert!(refused(Settings { grace: Span(-1), ..SETTINGS }).starts_with("grace (ms) is -1"));
    assert!(refused(Settings { pending_max: 0, ..SETTINGS }).starts_with("pending_max is 0"));
    let restore = |tallies, pending: Vec<Pending>| {
        Ledger::restore(SETTINGS, vec![Tally::default(); tallies], None, pending).err()
    };
    assert_eq!(restore(3, vec![]), Some(LedgerError::Tallies { found: 3, expected: 2 }));
    let run = Pending { run: 7, entered: at(0), place: Place::arm(0), rewarded: false, units: 0 };
    assert_eq!(restore(2, vec![run, run]), Some(LedgerError::Pending(7)));
    let nowhere = Pending { place: Place::arm(2), ..run };
    assert_eq!(restore(2, vec![nowhere]), Some(LedgerError::Pending(7)));
}

/// What happens to a ledger.
#[derive(Clone, Copy, Debug)]
enum Call {
    Enter(u16, u128),
    Reward(u128, f64),
    Rekey(u128, u128),
    Forget(u128),
}

fn call() -> impl Strategy<Value = Call> {
    let run = 0_u128..12;
    prop_oneof![
        4 => (0_u16..2, run.clone()).prop_map(|(arm, run)| Call::Enter(arm, run)),
        4 => (run.clone(), -50.0..100.0).prop_map(|(run, amount)| Call::Reward(run, amount)),
        1 => (run.clone(), run.clone()).prop_map(|(from, to)| Call::Rekey(from, to)),
        1 => run.prop_map(Call::Forget),
    ]
}

fn apply(ledger: &mut Ledger, call: Call, now: Timestamp) {
    match call {
        Call::Enter(arm, run) => drop(ledger.enter(Place::arm(arm), run, now)),
        Call::Reward(run, amount) => drop(ledger.reward(run, amount, now)),
        Call::Rekey(from, to) => drop(ledger.rekey(from, to)),
        Call::Forget(run) => drop(ledger.forget(run)),
    }
}

fn saved(ledger: &Ledger) -> (Vec<Tally>, Option<Timestamp>, Vec<Pending>) {
    (ledger.tallies().to_vec(), ledger.matured(), ledger.pending().collect())
}

proptest! {
    /// Entries and rewards of one instant in any order, and each delivered twice where that is the
    /// same (entries), give the same.
    #[test]
    fn order_within_an_instant_does_not_show(
        instants in prop::collection::vec(prop::collection::vec(call(), 0..8), 1..20),
        seed in any::<u64>(),
    ) {
        let (mut straight, mut shuffled) = (ledger(), ledger());
        for (n, calls) in instants.iter().enumerate() {
            let now = at(n as i64 * 90);
            let mut calls: Vec<Call> = calls
                .iter()
                .copied()
                .filter(|call| matches!(call, Call::Enter(..) | Call::Reward(..)))
                .collect();
            calls.iter().for_each(|call| apply(&mut straight, *call, now));
            let place = |at: usize| crate::assign::Draw::of(seed, "order", (n * 100 + at) as u64);
            let order: Vec<_> = (0..calls.len()).map(place).collect();
            let mut places: Vec<usize> = (0..calls.len()).collect();
            places.sort_by_key(|at| order[*at]);
            calls = places.into_iter().map(|at| calls[at]).collect();
            let again: Vec<Call> =
                calls.iter().copied().filter(|call| matches!(call, Call::Enter(..))).collect();
            calls.iter().chain(&again).for_each(|call| apply(&mut shuffled, *call, now));
            prop_assert_eq!(straight.mature(now), shuffled.mature(now));
            prop_assert_eq!(saved(&straight), saved(&shuffled));
        }
    }

    /// Saved and restored anywhere, a ledger goes on as if nothing had been.
    #[test]
    fn saving_changes_nothing(
        calls in prop::collection::vec(call(), 1..120),
        turn in 0_usize..120,
    ) {
        let mut kept = ledger();
        let mut moved = ledger();
        for (n, call) in calls.iter().enumerate() {
            let now = at(n as i64 * 37);
            apply(&mut kept, *call, now);
            apply(&mut moved, *call, now);
            if n == turn {
                let (tallies, matured, pending) = saved(&moved);
                let backwards = pending.into_iter().rev();
                moved = Ledger::restore(SETTINGS, tallies, matured, backwards).unwrap();
            }
            if n % 3 == 0 {
                prop_assert_eq!(kept.mature(now), moved.mature(now));
            }
            prop_assert_eq!(saved(&kept), saved(&moved));
        }
    }
}
