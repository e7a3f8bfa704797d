//! Stops sending to a provider that fails, and finds out when it is back.
//!
//! Pure: time is an argument. *Closed* lets everything through and counts failures in a row;
//! *open* lets nothing through for a while; *half-open* lets one attempt through, which decides.

use std::time::Duration;

use model::{Span, Timestamp};

use crate::contract::{Code, Outcome};

#[cfg(test)]
mod tests;

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Failures in a row that open it; at least 1.
    pub failures: u32,
    /// How long it stays open at first; doubled each time that the probe fails.
    pub open: Duration,
    /// The longest it stays open.
    pub open_max: Duration,
    /// How long a probe may take before another one is let through, should its sender be gone.
    pub probe: Duration,
}

impl Default for Settings {
    /// Five failures open it for 10 s, at most for 5 minutes; a probe has a minute.
    fn default() -> Settings {
        Settings {
            failures: 5,
            open: Duration::from_secs(10),
            open_max: Duration::from_secs(300),
            probe: Duration::from_secs(60),
        }
    }
}

/// The breaker of one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    settings: Settings,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Timestamp, length: Duration },
    HalfOpen { probe_until: Timestamp, length: Duration },
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Go ahead.
    Go,
    /// Go ahead; this attempt decides whether the breaker closes.
    Probe,
    /// Not now: ask again at this instant.
    Wait(Timestamp),
}

/// What an outcome says about the health of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works, whatever it thinks of this message.
    Healthy,
    /// It does not work.
    Failing,
    /// It says nothing: slowing down is another matter, and so is a fault of our own.
    Nothing,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(settings: Settings) -> Breaker {
        Breaker { settings, state: State::Closed { failures: 0 } }
    }

    /// Asks whether an attempt may be made at `now`. After [`Permit::Probe`] everybody else waits
    /// until [`Breaker::tell`] or the end of the probe's time.
    pub fn ask(&mut self, now: Timestamp) -> Permit {
        let length = match self.state {
            State::Closed { .. } => return Permit::Go,
            State::Open { until, .. } if now < until => return Permit::Wait(until),
            State::HalfOpen { probe_until, .. } if now < probe_until => {
                return Permit::Wait(probe_until);
            }
            State::Open { length, .. } | State::HalfOpen { length, .. } => length,
        };
        self.state = State::HalfOpen { probe_until: later(now, self.settings.probe), length };
        Permit::Probe
    }

    /// Tells how an attempt went. What ends while the breaker is open was begun before, and only
    /// good news of it counts.
    pub fn tell(&mut self, verdict: Verdict, now: Timestamp) {
        self.state = match (verdict, self.state) {
            (Verdict::Nothing, state) => state,
            (Verdict::Healthy, _) => State::Closed { failures: 0 },
            (Verdict::Failing, State::Closed { failures }) => {
                let failures = failures.saturating_add(1);
                if failures >= self.settings.failures.max(1) {
                    self.opened(now, self.settings.open)
                } else {
                    State::Closed { failures }
                }
            }
            (Verdict::Failing, open @ State::Open { .. }) => open,
            (Verdict::Failing, State::HalfOpen { length, .. }) => {
                self.opened(now, length.saturating_mul(2))
            }
        };
    }

    /// Until when nothing is let through, if it is open at `now`.
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.state {
            State::Open { until, .. } if now < until => Some(until),
            _ => None,
        }
    }

    fn opened(&self, now: Timestamp, length: Duration) -> State {
        let length = length.min(self.settings.open_max);
        State::Open { until: later(now, length), length }
    }
}

/// What an outcome says about the provider's health.
pub fn verdict(outcome: &Outcome) -> Verdict {
    let code = match outcome {
        Outcome::Accepted { .. } => return Verdict::Healthy,
        Outcome::Rejected { code, .. } | Outcome::Retry { code, .. } => *code,
    };
    match code {
        Code::ProviderUnavailable
        | Code::ProviderFailed
        | Code::ProviderGarbled
        | Code::ProviderRedirected
        | Code::NetworkUnresolved
        | Code::NetworkUnreachable
        | Code::NetworkTimeout
        | Code::NetworkCut
        | Code::TlsFailed
        | Code::TlsUnavailable
        | Code::AnswerTimeout
        | Code::AnswerLost
        | Code::AnswerTooLarge
        | Code::CredentialsRefused
        | Code::CredentialsExpired
        | Code::CredentialsMalformed
        | Code::SenderSuspended
        | Code::QuotaExhausted
        | Code::BalanceExhausted => Verdict::Failing,
        Code::ProviderThrottled
        | Code::PayloadForeign
        | Code::MessageExpired
        | Code::DestinationForbidden
        | Code::DestinationMalformed => Verdict::Nothing,
        _ => Verdict::Healthy,
    }
}

/// `now` moved by `length`, at most to the end of time.
fn later(now: Timestamp, length: Duration) -> Timestamp {
    now.plus(Span(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)))
}
