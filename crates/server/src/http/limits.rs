//! How many records a key may send: a bucket of tokens each, in memory.
//!
//! A bucket holds one second's worth. A batch is taken as long as there is a token at all and may
//! leave a debt, so that a batch larger than the bucket can pass; who comes while there is debt is
//! told when it will be paid. After a restart buckets are full.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::caller::Caller;
use crate::failure::Failure;

/// Seconds that a client is told to wait at most.
const WAIT_MAX: f64 = 3_600.0;

/// Buckets of all keys that have a limit. Keys are made by people, so there are few.
#[derive(Default)]
pub struct Limits {
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Limits {
    /// Takes tokens for records, or says when there will be some.
    pub fn admit(&self, caller: &Caller, n: usize, now: Instant) -> Result<(), Failure> {
        let Some(limit) = caller.events_per_second else { return Ok(()) };
        let rate = f64::from(limit.max(1));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Bucket { tokens: rate, filled: now };
        let bucket = buckets.entry(caller.id.clone()).or_insert_with(full);
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * rate).min(rate);
        bucket.filled = now;
        if bucket.tokens > 0.0 {
            bucket.tokens -= n as f64;
            return Ok(());
        }
        let wait = (1.0 - bucket.tokens) / rate;
        let message = format!("the key \"{}\" may send {limit} records a second", caller.name);
        Err(Failure::new(429, "request.rate_limited", message)
            .hint("send the same again after the time in Retry-After, or ask for a higher limit")
            .retry_after(wait.min(WAIT_MAX).ceil() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_key_sends_as_much_as_its_limit_says_and_debts_are_paid() {
        let (limits, start) = (Limits::default(), Instant::now());
        let caller = Caller { id: "a".into(), events_per_second: Some(100), ..Caller::open() };
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert_eq!(limits.admit(&caller, 60, at(0)), Ok(()));
        assert_eq!(limits.admit(&caller, 240, at(0)), Ok(()), "a batch larger than a second");
        let refused = limits.admit(&caller, 1, at(0)).unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (429, Some(3)));
        assert!(limits.admit(&caller, 1, at(1_900)).is_err());
        assert_eq!(limits.admit(&caller, 1, at(2_100)), Ok(()));
        let other = Caller { id: "b".into(), ..caller.clone() };
        assert_eq!(limits.admit(&other, 1, at(0)), Ok(()));
        let sent = (0..100_000).filter(|n| limits.admit(&other, 1, at(*n)).is_ok()).count();
        assert!((10_000..=10_200).contains(&sent), "{sent}");
        assert_eq!(limits.admit(&Caller::open(), 1_000_000, at(0)), Ok(()));
    }
}
