//! Sample ratio: whether as many people are in each arm as its share says.
//!
//! If not, something chose people by other means than chance (a crash, a filter, a late join), and
//! every comparison of the arms is in doubt. This says that it happened, not why.

use crate::assign::Share;
use crate::effect::ARMS_MAX;
use crate::special::chi_squared_tail;

/// The p value below which a mismatch is declared. Far below 0.05, because the check runs again and
/// again over many experiments; a real defect soon has a p value far below this one.
pub const THRESHOLD: f64 = 0.001;

/// Users that an arm must expect for the χ² distribution to be a fair approximation (Cochran).
pub const EXPECTED_MIN: f64 = 5.0;

/// What the check found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleRatio {
    /// Pearson's χ² over the arms.
    pub chi_squared: f64,
    /// Its degrees of freedom: arms with a share, less one.
    pub df: u32,
    /// The chance of a mismatch as large if only chance dealt.
    pub p: f64,
    /// What that means.
    pub verdict: Verdict,
}

/// The plain answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The counts are what chance gives.
    Matches,
    /// They are not: do not read the comparison before the cause is found.
    Mismatch,
}

/// Why the check cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unchecked {
    /// Lists of different length, fewer than two arms with a share, or too many arms.
    #[error("{counts} counts for {shares} shares; hand in one count per share, 2 to {ARMS_MAX}")]
    Arms {
        /// How many counts.
        counts: usize,
        /// How many shares.
        shares: usize,
    },
    /// Too few users to tell.
    #[error("arm {arm} expects fewer than {EXPECTED_MIN} users; wait")]
    TooFew {
        /// The arm that expects the fewest.
        arm: usize,
    },
}

/// Compares how many users each arm has with its share.
///
/// Shares may add up to less than everybody (the rest is elsewhere); they count in proportion. An
/// arm without a share must be empty: anybody in it is a mismatch with p = 0.
/// Formula: Pearson's χ² test of goodness of fit. Cost: linear in arms.
pub fn check(counts: &[u64], shares: &[Share]) -> Result<SampleRatio, Unchecked> {
    let arms = shares.iter().filter(|share| **share > Share::NONE).count();
    if counts.len() != shares.len() || arms < 2 || shares.len() > ARMS_MAX {
        return Err(Unchecked::Arms { counts: counts.len(), shares: shares.len() });
    }
    let users: f64 = counts.iter().map(|n| *n as f64).sum();
    let whole: f64 = shares.iter().map(|share| share.fraction()).sum();
    let mut chi_squared = 0.0;
    for (arm, (n, share)) in counts.iter().zip(shares).enumerate() {
        let expected = users * share.fraction() / whole;
        if *share == Share::NONE {
            chi_squared += if *n > 0 { f64::INFINITY } else { 0.0 };
            continue;
        }
        if expected < EXPECTED_MIN {
            return Err(Unchecked::TooFew { arm });
        }
        chi_squared += (*n as f64 - expected).powi(2) / expected;
    }
    let df = arms as u32 - 1;
    let p = chi_squared_tail(chi_squared, f64::from(df));
    let verdict = if p < THRESHOLD { Verdict::Mismatch } else { Verdict::Matches };
    Ok(SampleRatio { chi_squared, df, p, verdict })
}

#[cfg(test)]
mod tests;
