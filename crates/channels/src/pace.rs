//! A token bucket: at most so many messages for each second on average, with short bursts.
//!
//! Pure: time is an argument. The bucket slows down when the provider throttles (the rate halves)
//! and comes back step by step, because the rate that a provider names is not always the one it
//! bears. Time that goes backwards counts as standing still.

use std::time::Duration;

use model::{Span, Timestamp};

#[cfg(test)]
mod tests;

/// The slowest rate that throttling leads to, as a share of the full rate: six halvings.
const SHARE_MIN: f64 = 1.0 / 64.0;
/// What one accepted message gives back of the full rate: after a halving, fifty messages do.
const SHARE_STEP: f64 = 0.01;
/// The longest pause in one step; whoever wants more asks again.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// The pace of one provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    per_second: f64,
    burst: f64,
    tokens: f64,
    share: f64,
    at: Timestamp,
    paused_until: Timestamp,
}

impl Pace {
    /// A full bucket. `per_second` is messages for each second (what is not a positive number
    /// counts as one an hour), `burst` how many may go at once after a silence, at least 1.
    pub fn new(per_second: f64, burst: u32, now: Timestamp) -> Pace {
        let slowest = 1.0 / 3_600.0;
        let usable = per_second.is_finite() && per_second > slowest;
        let per_second = if usable { per_second } else { slowest };
        let burst = f64::from(burst.max(1));
        Pace { per_second, burst, tokens: burst, share: 1.0, at: now, paused_until: Timestamp::MIN }
    }

    /// Takes the right to send one message at `now`, or says how long to wait before asking again.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        if now < self.paused_until {
            return Err(between(now, self.paused_until));
        }
        self.fill(now);
        // What fractions of a millisecond lose must not make the last token unreachable.
        if self.tokens >= 1.0 - 1e-9 {
            self.tokens = (self.tokens - 1.0).max(0.0);
            return Ok(());
        }
        let seconds = (1.0 - self.tokens) / self.rate();
        Err(Duration::from_millis((seconds * 1_000.0).ceil() as u64))
    }

    /// Gives a right back that was not used, for instance because a breaker said no.
    pub fn give_back(&mut self) {
        self.tokens = (self.tokens + 1.0).min(self.burst);
    }

    /// The provider throttled: nothing for `after` (if it said so), and half the rate from then on.
    pub fn throttled(&mut self, after: Option<Duration>, now: Timestamp) {
        self.fill(now);
        self.tokens = 0.0;
        self.share = (self.share / 2.0).max(SHARE_MIN);
        let pause = after.unwrap_or(Duration::ZERO).min(PAUSE_MAX);
        let until = now.plus(Span(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)));
        self.paused_until = self.paused_until.max(until);
        self.at = self.at.max(until);
    }

    /// The provider took a message: a little of the full rate comes back.
    pub fn accepted(&mut self) {
        self.share = (self.share + SHARE_STEP).min(1.0);
    }

    /// Messages for each second at present.
    pub fn rate(&self) -> f64 {
        self.per_second * self.share
    }

    fn fill(&mut self, now: Timestamp) {
        if now <= self.at {
            return;
        }
        let seconds = (now - self.at).0 as f64 / 1_000.0;
        self.tokens = (self.tokens + seconds * self.rate()).min(self.burst);
        self.at = now;
    }
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from((to - from).0).unwrap_or(0))
}
