//! How long to wait before the next attempt: exponential with full jitter.
//!
//! Pure: the random draw is an argument. Full jitter (a uniform draw between nothing and the
//! exponential bound) spreads the senders that one outage has lined up better than a fixed wait with
//! a little noise, at the same mean load.

use std::time::Duration;

#[cfg(test)]
mod tests;

/// The longest wait that a provider may ask for; beyond it a header is taken for a mistake.
pub const AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);

/// Doublings after which the bound surely stands at its cap: 2³¹ ms are 24 days.
const DOUBLINGS_MAX: u32 = 31;

/// The two ends of the exponential bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Bound of the wait after the first failure.
    pub base: Duration,
    /// Bound that is never passed.
    pub cap: Duration,
}

impl Backoff {
    /// The wait after `attempt` failures (1 is the first), uniform in 0 ..= base · 2^(attempt-1),
    /// at most `cap`. `unit` is a draw from 0..1; what lies outside is moved inside.
    pub fn delay(&self, attempt: u32, unit: f64) -> Duration {
        self.bound(attempt).mul_f64(clamp(unit))
    }

    /// The wait where a provider may have said how long to stay away: at least that long (at most
    /// [`AFTER_MAX`]), and a draw on top so that not everybody comes back at the same instant.
    pub fn wait(&self, attempt: u32, after: Option<Duration>, unit: f64) -> Duration {
        match after {
            Some(after) => after.min(AFTER_MAX) + self.base.min(self.cap).mul_f64(clamp(unit)),
            None => self.delay(attempt, unit),
        }
    }

    fn bound(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(DOUBLINGS_MAX);
        self.base.checked_mul(1 << doublings).unwrap_or(self.cap).min(self.cap)
    }
}

/// A draw moved into 0..=1; what is no number counts as 1, the longest wait.
fn clamp(unit: f64) -> f64 {
    if unit.is_nan() { 1.0 } else { unit.clamp(0.0, 1.0) }
}
