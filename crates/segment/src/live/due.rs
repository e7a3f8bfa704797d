//! When something of a list of hits may be due, in a byte to three.
//!
//! What it is: an instant at or before the true one, so that time looks only at the lists in which
//! anything can have changed. What it is not: exact; the timer of a user is, once the list was looked
//! at.

/// From here times are counted: 2020-01-01.
const EPOCH: i64 = 1_577_836_800_000;

/// Milliseconds of a step as a power of two: four minutes.
const STEP_BITS: u32 = 18;

/// A time that is not after the true one: 0 never, 1 before everything, above that steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Due(pub(super) u64);

impl Due {
    pub(super) const NEVER: Due = Due(0);

    /// Of an instant in milliseconds.
    pub(super) fn at(at: i64) -> Due {
        match at {
            i64::MAX => Due::NEVER,
            at if at < EPOCH => Due(1),
            at => Due(2 + (at - EPOCH >> STEP_BITS) as u64),
        }
    }

    /// The instant before which nothing is due.
    pub(super) fn earliest(self) -> i64 {
        match self.0 {
            0 => i64::MAX,
            1 => i64::MIN,
            n => EPOCH.saturating_add(((n - 2).min(i64::MAX as u64 >> STEP_BITS) << STEP_BITS) as i64),
        }
    }

    /// The earlier one.
    pub(super) fn sooner(self, other: Due) -> Due {
        if self.earliest() <= other.earliest() { self } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_late_and_at_most_a_step_early() {
        for at in [EPOCH, EPOCH + 1, EPOCH + 262_143, EPOCH + 262_144, 1_790_000_000_123, 1 << 52] {
            let early = at - Due::at(at).earliest();
            assert!((0..1 << STEP_BITS).contains(&early), "{at}: {early}");
        }
        assert_eq!(Due::at(i64::MAX).earliest(), i64::MAX);
        assert_eq!(Due::at(EPOCH - 1).earliest(), i64::MIN);
        assert!(Due::at(i64::MAX - 1).earliest() < i64::MAX);
        assert_eq!(Due::at(5).sooner(Due::NEVER), Due::at(5));
    }
}
