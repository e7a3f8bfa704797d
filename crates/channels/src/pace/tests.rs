use super::*;
use proptest::prelude::*;

fn ms(ms: i64) -> Timestamp {
    Timestamp(ms)
}

#[test]
fn a_burst_then_the_rate() {
    let mut pace = Pace::new(10.0, 3, ms(0));
    for _ in 0..3 {
        assert_eq!(pace.take(ms(0)), Ok(()));
    }
    assert_eq!(pace.take(ms(0)), Err(Duration::from_millis(100)));
    assert_eq!(pace.take(ms(60)), Err(Duration::from_millis(40)));
    assert_eq!(pace.take(ms(100)), Ok(()));
    assert!(pace.take(ms(100)).is_err());
}

#[test]
fn a_silence_saves_no_more_than_the_burst() {
    let mut pace = Pace::new(100.0, 2, ms(0));
    let taken = (0..10).filter(|_| pace.take(ms(60_000)).is_ok()).count();
    assert_eq!(taken, 2);
}

#[test]
fn throttling_pauses_halves_and_comes_back() {
    let mut pace = Pace::new(8.0, 8, ms(0));
    pace.throttled(Some(Duration::from_secs(2)), ms(0));
    assert_eq!(pace.take(ms(500)), Err(Duration::from_millis(1_500)));
    assert_eq!(pace.rate(), 4.0);
    assert_eq!(pace.take(ms(2_000)), Err(Duration::from_millis(250)));
    assert_eq!(pace.take(ms(2_250)), Ok(()));
    for _ in 0..100 {
        pace.throttled(None, ms(3_000));
    }
    assert_eq!(pace.rate(), 8.0 / 64.0);
    for _ in 0..100 {
        pace.accepted();
    }
    assert_eq!(pace.rate(), 8.0);
}

#[test]
fn a_right_that_was_not_used_comes_back() {
    let mut pace = Pace::new(1.0, 1, ms(0));
    assert_eq!(pace.take(ms(0)), Ok(()));
    pace.give_back();
    assert_eq!(pace.take(ms(0)), Ok(()));
}

#[test]
fn senseless_rates_and_clocks_that_go_back_are_survived() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut pace = Pace::new(rate, 0, ms(0));
        assert_eq!(pace.take(ms(0)), Ok(()));
        assert_eq!(pace.take(ms(-5_000)), Err(Duration::from_secs(3_600)));
    }
}

proptest! {
    /// Whatever the times of asking, no span holds more than the burst and what the rate adds.
    #[test]
    fn the_average_is_kept(steps in prop::collection::vec(0i64..300, 1..200), rate in 1u32..200) {
        let mut pace = Pace::new(f64::from(rate), 5, ms(0));
        let (mut now, mut taken) = (0, 0u32);
        for step in steps {
            now += step;
            while pace.take(ms(now)).is_ok() {
                taken += 1;
            }
        }
        let bound = 5.0 + f64::from(rate) * now as f64 / 1_000.0;
        prop_assert!(f64::from(taken) <= bound + 1e-6);
    }
}
