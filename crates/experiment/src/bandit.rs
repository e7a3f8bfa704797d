//! A learning split: which path the next person takes, given how the paths did so far.
//!
//! What it is: the arithmetic of a multi-armed bandit whose rewards come late. [`Ledger`] says which
//! runs count and what they brought; [`Evidence`] is what is known of each path; [`allocate`] turns
//! it into shares that can be explained; [`judge`] says whether a path has won; [`draw`] deals a
//! person; [`simulate`] shows what all of it would have gained. What it is not: it keeps no clock, no
//! chance and no files, and it compares nothing with a control group ([`crate::effect`] does).
//!
//! Method: Thompson sampling (Thompson 1933, Biometrika 25; Chapelle and Li 2011, NIPS 24) in its
//! form as probability matching: a path's share is the probability that it is the best one (Scott
//! 2010, Applied Stochastic Models in Business and Industry 26), computed by integration, so that it
//! can be shown and computed again. Every path keeps a floor, because worlds change.
//!
//! Rewards are delayed. A conversion that is not there yet is not a failure, so a run counts only
//! when its whole window has passed, with what it brought within it: all paths are then judged at the
//! same age, and a path whose people convert sooner has no advantage. Waiting costs no more than what
//! is dealt meanwhile (Joulani, György and Szepesvári 2013, ICML 30: delays add to regret and do not
//! multiply it).
//!
//! ```
//! use experiment::assign::Share;
//! use experiment::bandit::{Evidence, Mode, Reward, Totals, allocate, draw};
//!
//! let arms = [Totals::rate(1_000, 50), Totals::rate(1_000, 70)];
//! let known = Evidence::of(Reward::Rate, &arms).unwrap();
//! let mode = Mode::Learn { floor: Share::percent(5.0).unwrap() };
//! let found = allocate(&known, &mode).unwrap();
//! assert!(found.arms[1].best > 0.95 && found.arms[0].share >= Share::percent(5.0).unwrap());
//! assert_eq!(draw(&found, 7, "welcome", "ada"), draw(&found, 7, "welcome", "ada"));
//! ```

mod allocation;
mod best;
mod density;
mod evidence;
mod ledger;
pub mod simulate;
mod winner;

pub use allocation::{Allocation, Mode, Reason, Refused, Why, allocate, draw};
pub use best::{best_probabilities, expected_losses};
pub use evidence::{BORROWED_RUNS_MAX, Evidence, PRIOR_REWARDS};
pub use ledger::{
    AMOUNT_MAX, CONTEXTS_MAX, Entered, Erased, Ledger, LedgerError, PENDING_MAX, Pending, Place,
    Rewarded, Settings, Tally, UNITS,
};
pub use winner::{Missing, Rule, Verdict, judge};

use crate::effect::ARMS_MAX;

/// What a path is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reward {
    /// The share of runs that reached a goal at least once.
    Rate,
    /// The mean amount per run, runs without any included.
    Amount,
}

/// What the matured runs of an arm came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Runs whose whole window has passed.
    pub runs: u64,
    /// Those of them that reached a goal, each once.
    pub rewarded: u64,
    /// The sum of all amounts; only for [`Reward::Amount`].
    pub sum: f64,
    /// The sum of the squares of what each run brought; only for [`Reward::Amount`].
    pub sum_squares: f64,
}

impl Totals {
    /// Runs and those that reached a goal, where amounts do not matter.
    pub fn rate(runs: u64, rewarded: u64) -> Totals {
        Totals { runs, rewarded, ..Totals::default() }
    }

    /// What each of some runs brought; whatever is not zero counts as reaching a goal.
    pub fn of_amounts(amounts: impl IntoIterator<Item = f64>) -> Totals {
        let crate::effect::Amount { users, payers, sum, sum_squares } =
            crate::effect::Amount::of(amounts);
        Totals { runs: users, rewarded: payers, sum, sum_squares }
    }
}

/// Why counts say nothing. Indices count arms and contexts from 0, as handed in.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Unusable {
    /// Fewer than two arms, or too many.
    #[error("{0} arms; a split learns between 2 and {ARMS_MAX}")]
    Arms(usize),
    /// More rewarded runs than runs, or sums that no amounts have.
    #[error("the counts of arm {0} contradict each other; count them again")]
    Impossible(usize),
    /// A context with another number of arms than the first.
    #[error("context {context} has {found} arms and the first has {expected}; give each the same")]
    Uneven {
        /// Which.
        context: usize,
        /// Its arms.
        found: usize,
        /// Those of the first.
        expected: usize,
    },
    /// A context that is not there.
    #[error("there is no context {context}; there are {contexts}")]
    Context {
        /// Which was asked for.
        context: usize,
        /// How many there are.
        contexts: usize,
    },
}

#[cfg(test)]
mod tests;
