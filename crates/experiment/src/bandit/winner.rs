//! Whether an arm has won, by a rule that is fixed before the split starts.
//!
//! A split is looked at every few minutes. Whoever looks long enough finds P(best) above any level
//! now and then, also among equals, and shares that follow the data make it no better. So a winner
//! needs two things: it must be the best with a probability at the level, and that it beats each
//! other arm must be shown by evidence that stays valid however often one looks and however people
//! were dealt. A winner among equals is then declared with a chance of at most 1 − level, ever.

use model::Span;

use super::{Evidence, Reward, Totals};
use crate::interval::Level;
use crate::sequential::SUCCESSES_MIN;
use crate::special::ln_beta;

/// The size of difference, in standard deviations of one run's reward, that is found soonest. Any
/// number keeps the error.
const EXPECTED_DEVIATIONS: f64 = 0.1;

/// The same for rates: a Beta mixture of so many runs has that deviation, √(pq / 100).
const MIXTURE_RUNS: f64 = 1.0 / (EXPECTED_DEVIATIONS * EXPECTED_DEVIATIONS);

/// Golden sections of 0..=1 that come down to its last digit.
const SECTIONS: usize = 76;

/// When a winner is declared. Nothing of it may depend on the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// P(best) that a winner needs, and 1 − the chance of a winner among equals over all looks.
    pub level: Level,
    /// Matured runs that every arm needs.
    pub runs_min: u64,
    /// How long the split must have run, so that weekdays and paydays are in it; `None`: any time.
    pub time_min: Option<Span>,
}

impl Rule {
    /// The rule for each of so many contexts, each of which can have a winner: the error that is allowed is divided
    /// among them evenly, so that the chance of a wrong winner in any of them is that of one alone (Bonferroni;
    /// Dunn 1961, Journal of the American Statistical Association 56). It holds however they depend on each other.
    pub fn of(self, contexts: usize) -> Rule {
        let alpha = self.level.alpha() / contexts.max(1) as f64;
        Rule { level: Level::new(1.0 - alpha).unwrap_or(self.level), ..self }
    }
}

/// What is known about a winner at one look.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The arm that is the best with the highest probability; of equal ones the first.
    pub leader: usize,
    /// Whether it has won: nothing is missing.
    pub won: bool,
    /// The probability that it is the best.
    pub best: f64,
    /// The probability that another one is: 1 − `best`.
    pub wrong: f64,
    /// What choosing it loses in expectation, in rate points or amount per run.
    pub expected_loss: f64,
    /// The always valid p value of "some other arm is as good or better", adjusted for the number of
    /// arms.
    pub p: f64,
    /// What it still needs.
    pub missing: Vec<Missing>,
}

/// What a winner still needs.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Missing {
    /// Matured runs.
    #[error("arm {arm} has {runs} matured runs and needs {needed}")]
    Runs {
        /// Which arm.
        arm: usize,
        /// What it has.
        runs: u64,
        /// What it needs.
        needed: u64,
    },
    /// Rewarded runs, for amounts, whose means are not yet near normal.
    #[error(
        "arm {arm} has {rewarded} rewarded runs and a comparison of amounts needs {SUCCESSES_MIN}"
    )]
    Rewarded {
        /// Which arm.
        arm: usize,
        /// What it has.
        rewarded: u64,
    },
    /// Time.
    #[error("the split has run for {elapsed} and needs {needed}")]
    Time {
        /// So far.
        elapsed: Span,
        /// What is needed.
        needed: Span,
    },
    /// The leader is not sure enough to be the best.
    #[error("the leader is the best with {:.2} % and needs {:.2} %", 100.0 * best, 100.0 * needed)]
    Sure {
        /// With which probability it is.
        best: f64,
        /// The level.
        needed: f64,
    },
    /// The evidence does not yet stand up to repeated looks.
    #[error("the always valid p value is {p:.4} and must be {needed:.4} at most")]
    Shown {
        /// What it is.
        p: f64,
        /// 1 − level.
        needed: f64,
    },
}

/// Whether an arm has won after `elapsed` time.
///
/// Formula: for the leader a and each other arm b, E = inf over p of Λₐ(p) Λᵦ(p), where a's rate or mean
/// is the higher one (else E = 1). Λ(p) is the likelihood of an arm's runs under a mixture around p
/// over that under p itself. Whatever common value p the two arms have, Λₐ(p) Λᵦ(p) is a martingale
/// with mean 1, also if who takes which arm depends on everything seen before, because each run
/// moves only one factor and by its own arm's law. So E exceeds 1/α ever with a chance of at most α
/// (Ville 1939; Robbins 1970; Kaufmann and Koolen 2021, JMLR 22, for several adaptively sampled arms).
/// For rates Λ is exact: B(κp + s, κq + f) / (B(κp, κq) pˢ qᶠ) with s runs rewarded and f not, and
/// κ = 100. Its logarithm is convex in p, so that the infimum is found by golden section. For amounts
/// the mixture is normal with a tenth of a run's standard deviation, and variances are taken as known;
/// that holds approximately once there are some rewarded runs.
/// p = (arms − 1) / the smallest E: whoever wins has beaten all others, also an arm that is as good as
/// any, and that arm is in arms − 1 pairs.
/// What is borrowed from other contexts counts for P(best) and never for E.
pub fn judge(known: &Evidence, rule: Rule, elapsed: Span) -> Verdict {
    let (best, losses) = (known.best(), known.losses());
    let leader = (0..best.len()).rev().max_by(|a, b| best[*a].total_cmp(&best[*b])).unwrap_or(0);
    let others = (0..best.len()).filter(|arm| *arm != leader);
    let ln_least =
        others.map(|other| ln_evidence(known, leader, other)).fold(f64::INFINITY, f64::min);
    let p = ((best.len() - 1) as f64 * (-ln_least).exp()).min(1.0);
    let missing = missing(known, rule, elapsed, best[leader], p);
    Verdict {
        leader,
        won: missing.is_empty(),
        best: best[leader],
        wrong: 1.0 - best[leader],
        expected_loss: losses[leader],
        p,
        missing,
    }
}

fn missing(known: &Evidence, rule: Rule, elapsed: Span, best: f64, p: f64) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (arm, totals) in known.totals().iter().enumerate() {
        let Totals { runs, rewarded, .. } = *totals;
        if runs < rule.runs_min {
            missing.push(Missing::Runs { arm, runs, needed: rule.runs_min });
        }
        if known.reward() == Reward::Amount && rewarded < SUCCESSES_MIN {
            missing.push(Missing::Rewarded { arm, rewarded });
        }
    }
    if let Some(needed) = rule.time_min.filter(|needed| elapsed < *needed) {
        missing.push(Missing::Time { elapsed, needed });
    }
    let (needed, alpha) = (rule.level.confidence(), rule.level.alpha());
    if best < needed {
        missing.push(Missing::Sure { best, needed });
    }
    if p > alpha {
        missing.push(Missing::Shown { p, needed: alpha });
    }
    missing
}

/// ln E of "the leader is no better than the other".
fn ln_evidence(known: &Evidence, leader: usize, other: usize) -> f64 {
    let (a, b) = (known.totals()[leader], known.totals()[other]);
    let ln = match known.reward() {
        Reward::Rate => ln_rates(a, b),
        Reward::Amount => ln_amounts(a, b),
    };
    ln.unwrap_or(0.0)
}

fn ln_rates(a: Totals, b: Totals) -> Option<f64> {
    let counts = |arm: Totals| (arm.rewarded as f64, (arm.runs - arm.rewarded) as f64);
    let ((s_a, f_a), (s_b, f_b)) = (counts(a), counts(b));
    if s_a * (s_b + f_b) <= s_b * (s_a + f_a) {
        return None;
    }
    let k = MIXTURE_RUNS;
    let ln_ratio = |s: f64, f: f64, p: f64| {
        let q = 1.0 - p;
        ln_beta(k * p + s, k * q + f) - ln_beta(k * p, k * q) - s * p.ln() - f * q.ln()
    };
    Some(least(|p| ln_ratio(s_a, f_a, p) + ln_ratio(s_b, f_b, p)))
}

/// The least value of a convex function between 0 and 1.
fn least(f: impl Fn(f64) -> f64) -> f64 {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = (0.0, 1.0);
    let (mut left, mut right) = (1.0 - golden, golden);
    let (mut at_left, mut at_right) = (f(left), f(right));
    for _ in 0..SECTIONS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = f(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = f(right);
        }
    }
    at_left.min(at_right)
}

fn ln_amounts(a: Totals, b: Totals) -> Option<f64> {
    let (mean_a, variance_a) = moments(a)?;
    let (mean_b, variance_b) = moments(b)?;
    if mean_a <= mean_b {
        return None;
    }
    let mixture = EXPECTED_DEVIATIONS * EXPECTED_DEVIATIONS * 0.5 * (variance_a + variance_b);
    let (v_a, v_b) = (variance_a / a.runs as f64, variance_b / b.runs as f64);
    let weight = |v: f64| mixture / (2.0 * v * (v + mixture));
    let ln_width = |v: f64| 0.5 * (v / (v + mixture)).ln();
    let (c_a, c_b) = (weight(v_a), weight(v_b));
    let square = (mean_a - mean_b) * (mean_a - mean_b);
    let ln = ln_width(v_a) + ln_width(v_b) + square / (1.0 / c_a + 1.0 / c_b);
    ln.is_finite().then_some(ln)
}

/// Mean and variance of one run's amount; `None` if it does not vary.
fn moments(arm: Totals) -> Option<(f64, f64)> {
    if arm.runs < 2 {
        return None;
    }
    let n = arm.runs as f64;
    let mean = arm.sum / n;
    let variance = (arm.sum_squares - arm.sum * mean) / (n - 1.0);
    (variance > 1e-13 * arm.sum_squares / n).then_some((mean, variance))
}
