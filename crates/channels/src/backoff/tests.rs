use super::*;
use proptest::prelude::*;

const BACKOFF: Backoff = Backoff { base: Duration::from_secs(2), cap: Duration::from_secs(60) };

#[test]
fn the_bound_doubles_up_to_the_cap() {
    let bounds = [1, 2, 3, 5, 6, 7, u32::MAX].map(|n| BACKOFF.delay(n, 1.0).as_secs());
    assert_eq!(bounds, [2, 4, 8, 32, 60, 60, 60]);
    assert_eq!(BACKOFF.delay(0, 1.0).as_secs(), 2);
}

#[test]
fn the_draw_scales_from_nothing_to_the_bound() {
    assert_eq!(BACKOFF.delay(3, 0.0), Duration::ZERO);
    assert_eq!(BACKOFF.delay(3, 0.5), Duration::from_secs(4));
    assert_eq!(BACKOFF.delay(3, f64::NAN), Duration::from_secs(8));
    assert_eq!(BACKOFF.delay(3, 7.0), Duration::from_secs(8));
}

#[test]
fn a_provider_that_names_a_wait_is_obeyed_within_reason() {
    assert_eq!(BACKOFF.wait(9, Some(Duration::from_secs(30)), 0.0), Duration::from_secs(30));
    assert_eq!(BACKOFF.wait(9, Some(Duration::from_secs(30)), 0.5), Duration::from_secs(31));
    assert_eq!(BACKOFF.wait(1, Some(Duration::MAX), 0.0), AFTER_MAX);
}

proptest! {
    #[test]
    fn never_beyond_the_cap_and_never_a_panic(
        base in any::<u64>(), cap in any::<u64>(), attempt in any::<u32>(), unit in any::<f64>(),
    ) {
        let backoff = Backoff { base: Duration::from_millis(base), cap: Duration::from_millis(cap) };
        // Scaling by a float may be off by its precision, 2⁻⁵³ of the whole.
        let slack = Duration::from_millis(cap / (1 << 52)) + Duration::from_millis(1);
        prop_assert!(backoff.delay(attempt, unit) <= backoff.cap + slack);
    }
}
