//! What a treatment did: differences and relative lifts of arms against the control, each with its
//! interval and p value, or a refusal that says what is missing.
//!
//! It compares finished counts; who looks again and again while data arrives uses
//! [`crate::sequential`], whose error does not grow with the number of looks.

mod amount;
mod rate;

pub use amount::{Amount, compare_amounts};
pub use rate::{Rate, compare_rates};

use crate::interval::{Estimate, Interval};

/// Arms of one comparison. Beyond it the adjusted p values say nothing, and a mistake is likelier.
pub const ARMS_MAX: usize = 64;

/// Users that every arm needs. Below it the normal and Student approximations of means are poor
/// whatever the distribution, and an interval for a rate is wider than any effect of a message.
pub const USERS_MIN: u64 = 30;

/// Users who converted, in each arm, for a relative lift. The logarithm of a rate from fewer is
/// visibly skewed (its relative error is 1/√5 = 45 %), and from none it does not exist.
pub const CONVERTED_MIN: u64 = 5;

/// Users with an amount other than zero, in each arm, for a comparison of means. With fewer, the
/// mean and its standard error are the story of one or two buyers, and intervals miss too often.
pub const PAYERS_MIN: u64 = 10;

/// What one arm did against the control.
///
/// Units: `difference` in the unit of the arms (rate points as fractions, or money per user); `lift`
/// as a fraction of the control's value (0.12 is 12 % more).
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Which arm, as an index into the arms that were handed in; never 0.
    pub arm: usize,
    /// The control's rate or mean.
    pub control: Estimate,
    /// This arm's rate or mean.
    pub treated: Estimate,
    /// Treated − control.
    pub difference: Estimate,
    /// (Treated − control) / control, or why it cannot be said.
    pub lift: Result<Estimate, NoLift>,
    /// The two-sided p value of "no difference".
    pub p: f64,
    /// The same for all arms together: the chance of any false alarm among them is bounded (Holm).
    pub p_adjusted: f64,
}

impl Effect {
    /// What the treatment brought in total among so many treated users: conversions or money that
    /// would not have come without it, with the interval of the difference.
    pub fn incremental(&self, users: u64) -> Estimate {
        let n = users as f64;
        let Interval { low, high } = self.difference.interval;
        let interval = Interval { low: low * n, high: high * n };
        Estimate { value: self.difference.value * n, interval }
    }
}

/// Why arms cannot be compared, and what would mend it. Indices count the arms handed in from 0,
/// the control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooFew {
    /// There must be a control and at least one other arm.
    #[error("{found} arms; compare a control and 1 to {} others", ARMS_MAX - 1)]
    Arms {
        /// How many there were.
        found: usize,
    },
    /// An arm is too small.
    #[error("arm {arm} has {users} users and needs {USERS_MIN}; wait or give it a larger share")]
    Users {
        /// Which.
        arm: usize,
        /// Its users.
        users: u64,
    },
    /// Too few users of an arm have an amount that is not zero.
    #[error("arm {arm} has {payers} users with an amount and needs {PAYERS_MIN}; wait")]
    Payers {
        /// Which.
        arm: usize,
        /// Its users with an amount.
        payers: u64,
    },
    /// All users of an arm have the same amount, so nothing is known about how amounts vary.
    #[error("all users of arm {arm} have the same amount; compare a rate instead")]
    Spread {
        /// Which.
        arm: usize,
    },
    /// Counts that cannot be: more converted than users, sums that no amounts have.
    #[error("the counts of arm {arm} contradict each other; count them again")]
    Impossible {
        /// Which.
        arm: usize,
    },
}

impl TooFew {
    /// The same in words that name the arm, given what each is called, in the order handed in.
    pub fn said(&self, names: &[&str]) -> String {
        let arm = match self {
            TooFew::Arms { .. } => return self.to_string(),
            TooFew::Users { arm, .. }
            | TooFew::Payers { arm, .. }
            | TooFew::Spread { arm }
            | TooFew::Impossible { arm } => *arm,
        };
        match names.get(arm) {
            Some(name) => self.to_string().replacen(&format!("arm {arm}"), name, 1),
            None => self.to_string(),
        }
    }
}

/// Why there is a difference but no relative lift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLift {
    /// Too few conversions in an arm.
    #[error("arm {arm} has {converted} conversions and a lift needs {CONVERTED_MIN}; wait")]
    Converted {
        /// Which.
        arm: usize,
        /// Its users who converted.
        converted: u64,
    },
    /// The control's mean cannot be told from zero (or is below it), so that a ratio to it could
    /// be anything.
    #[error("the control's mean may be zero, so there is no lift; read the difference")]
    ControlNearZero,
}

/// Holm's adjustment: p values of several questions, so that the chance of one or more false alarms
/// among them stays at the level, whatever their dependence. Same order as handed in.
///
/// Source: Holm (1979), Scandinavian Journal of Statistics 6. NaN counts as 1. Cost: a sort.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let known: Vec<f64> = p.iter().map(|p| if p.is_nan() { 1.0 } else { *p }).collect();
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by(|a, b| known[*a].total_cmp(&known[*b]).then(a.cmp(b)));
    let mut adjusted = vec![1.0; known.len()];
    let mut floor: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        floor = floor.max(known[at] * (known.len() - rank) as f64).min(1.0);
        adjusted[at] = floor;
    }
    adjusted
}

/// Refuses a number of arms that cannot be compared.
fn check_arms(found: usize) -> Result<(), TooFew> {
    if (2..=ARMS_MAX).contains(&found) { Ok(()) } else { Err(TooFew::Arms { found }) }
}

/// Writes the adjusted p values of all effects.
fn adjust(mut effects: Vec<Effect>) -> Vec<Effect> {
    let p: Vec<f64> = effects.iter().map(|effect| effect.p).collect();
    for (effect, p) in effects.iter_mut().zip(holm(&p)) {
        assert!(p >= effect.p, "an adjustment never makes a p value smaller");
        effect.p_adjusted = p;
    }
    effects
}

#[cfg(test)]
mod tests;
