//! When something of a list of hits may be due, in three bytes.
//!
//! What it is: an instant at or before the true one, so that time looks only at the lists in which
//! anything can have changed. What it is not: exact; the timer of a user is, once the list was looked
//! at.

/// From here times are counted: 2020-01-01.
const EPOCH: i64 = 1_577_836_800_000;

/// Milliseconds of a step as a power of two: four minutes.
const STEP_BITS: u32 = 18;

/// A time that is not after the true one: 0 before everything, then steps, the greatest never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due(u32);

impl Due {
    pub(super) const NEVER: Due = Due(0xff_ffff);

    /// Of an instant in milliseconds.
    pub(super) fn at(at: i64) -> Due {
        match at {
            i64::MAX => Due::NEVER,
            at if at < EPOCH => Due(0),
            at => Due(1 + ((at - EPOCH) >> STEP_BITS).min(0xff_fffd) as u32),
        }
    }

    /// The instant before which nothing is due.
    pub(super) fn earliest(self) -> i64 {
        match self {
            Due::NEVER => i64::MAX,
            Due(0) => i64::MIN,
            Due(n) => EPOCH + (i64::from(n - 1) << STEP_BITS),
        }
    }

    pub(super) fn bytes(self) -> [u8; 3] {
        let [a, b, c, _] = self.0.to_le_bytes();
        [a, b, c]
    }

    pub(super) fn of_bytes([a, b, c]: [u8; 3]) -> Due {
        Due(u32::from_le_bytes([a, b, c, 0]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_late_and_at_most_a_step_early() {
        for at in [EPOCH, EPOCH + 1, EPOCH + 262_143, EPOCH + 262_144, 1_790_000_000_123] {
            let due = Due::of_bytes(Due::at(at).bytes());
            let early = at - due.earliest();
            assert!((0..1 << STEP_BITS).contains(&early), "{at}: {early}");
        }
        assert_eq!(Due::at(i64::MAX).earliest(), i64::MAX);
        assert_eq!(Due::at(EPOCH - 1).earliest(), i64::MIN);
        assert!(Due::at(i64::MAX - 1) < Due::NEVER);
        assert!(Due::at(5) < Due::at(EPOCH) && Due::at(EPOCH) < Due::NEVER);
    }
}
