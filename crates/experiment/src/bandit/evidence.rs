//! What is known of the arms of one split: counts, and the posterior of what each arm is worth.

use super::best::integrate;
use super::density::{Beta, Curve, Posterior, Rule};
use super::{Reward, Totals, Unusable};
use crate::effect::ARMS_MAX;
use crate::interval::{Estimate, Interval, Level};

/// Runs that a context borrows, at most, from the same arm in all other contexts together. So many
/// guide a context that has seen few people, and are soon outweighed where there are many.
pub const BORROWED_RUNS_MAX: f64 = 100.0;

/// How many rewarded runs the prior of an arm's variance is worth. How amounts vary is learnt from
/// rewarded runs alone: an arm with none yet would else seem to be surely worth nothing.
pub const PRIOR_REWARDS: f64 = 10.0;

/// Degrees of freedom below which a Student posterior has no variance.
const DEGREES_MIN: f64 = 2.0;

/// Variance, as a share of the mean square, below which what is left is rounding.
const SPREAD_MIN: f64 = 1e-13;

/// The largest sum of squares; no money is that much, and beyond it products overflow.
const SQUARES_MAX: f64 = 1e150;

/// Arms with what is known of each.
///
/// **Rates.** A uniform prior, Beta(1, 1): with s of n runs rewarded the posterior is
/// Beta(1 + s, 1 + n − s) (Bayes 1763).
///
/// **Amounts.** Normal with unknown mean and variance under the conjugate prior (Gelman and others,
/// Bayesian Data Analysis, 3rd edition, section 3.3) whose place comes from all arms together: one
/// run with their common mean, and their common variance as if it were known from as many runs as
/// hold [`PRIOR_REWARDS`] rewarded ones (but from no more than there are). The mean's posterior is
/// Student's. Without any run, or while all amounts are the same, all arms are taken as equal. Means
/// of skewed amounts are not normal before there are some dozens of rewarded runs; until then the
/// common prior, and the floor of [`super::Mode::Learn`], keep an unlucky arm alive.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    reward: Reward,
    own: Vec<Totals>,
    borrowed: Vec<f64>,
    curves: Vec<Curve>,
    best: Vec<f64>,
    losses: Vec<f64>,
}

/// Counts that need not be whole.
#[derive(Clone, Copy, Default)]
struct Weighted {
    runs: f64,
    rewarded: f64,
    sum: f64,
    sum_squares: f64,
}

impl Weighted {
    fn of(totals: &Totals) -> Weighted {
        let Totals { runs, rewarded, sum, sum_squares } = *totals;
        Weighted { runs: runs as f64, rewarded: rewarded as f64, sum, sum_squares }
    }

    fn plus(self, other: Weighted) -> Weighted {
        Weighted {
            runs: self.runs + other.runs,
            rewarded: self.rewarded + other.rewarded,
            sum: self.sum + other.sum,
            sum_squares: self.sum_squares + other.sum_squares,
        }
    }

    /// The same, weighing as much as `factor` times its runs, with amounts `level` times as large or
    /// rewards `level` times as frequent.
    fn scaled(self, factor: f64, level: f64, reward: Reward) -> Weighted {
        let runs = self.runs * factor;
        match reward {
            Reward::Rate => {
                let rewarded = (self.rewarded * factor * level).min(runs);
                Weighted { runs, rewarded, ..Weighted::default() }
            }
            Reward::Amount => Weighted {
                runs,
                rewarded: self.rewarded * factor,
                sum: self.sum * factor * level,
                sum_squares: self.sum_squares * factor * level * level,
            },
        }
    }

    fn worth(self, reward: Reward) -> f64 {
        match reward {
            Reward::Rate => self.rewarded,
            Reward::Amount => self.sum,
        }
    }
}

impl Evidence {
    /// From the totals of each arm. Errors: too few or too many arms, counts that cannot be.
    pub fn of(reward: Reward, arms: &[Totals]) -> Result<Evidence, Unusable> {
        Evidence::pooled(reward, &[arms], 0)
    }

    /// What is known in one context (a lifecycle state, say), learning from all contexts.
    ///
    /// Shape: `contexts[c][a]` are the totals of arm a in context c.
    /// Rule: an arm has its own runs of this context and, as a prior, those of the same arm in all
    /// other contexts together, weighed down to at most [`BORROWED_RUNS_MAX`] runs (a power prior:
    /// Ibrahim and Chen 2000, Statistical Science 15). What is borrowed is first brought to this
    /// context's level, so that a context whose people convert more does not judge an arm by people
    /// who convert less: it is multiplied by what this context's runs brought over what they would
    /// have brought elsewhere, arm by arm (indirect standardisation), with one average reward added
    /// to both.
    pub fn pooled(
        reward: Reward,
        contexts: &[&[Totals]],
        context: usize,
    ) -> Result<Evidence, Unusable> {
        let own = *contexts
            .get(context)
            .ok_or(Unusable::Context { context, contexts: contexts.len() })?;
        check(reward, contexts)?;
        let elsewhere: Vec<Weighted> = (0..own.len())
            .map(|arm| {
                let others = contexts.iter().enumerate().filter(|(at, _)| *at != context);
                others
                    .map(|(_, arms)| Weighted::of(&arms[arm]))
                    .fold(Weighted::default(), Weighted::plus)
            })
            .collect();
        let own_weighted: Vec<Weighted> = own.iter().map(Weighted::of).collect();
        let level = level(reward, &own_weighted, &elsewhere);
        let borrowed: Vec<Weighted> = elsewhere
            .iter()
            .map(|arm| match arm.runs {
                0.0 => *arm,
                runs => arm.scaled((BORROWED_RUNS_MAX / runs).min(1.0), level, reward),
            })
            .collect();
        let arms: Vec<Weighted> =
            own_weighted.iter().zip(&borrowed).map(|(own, more)| own.plus(*more)).collect();
        let rule = Rule::new();
        let posteriors = match reward {
            Reward::Rate => rates(&arms),
            Reward::Amount => amounts(&arms),
        };
        let curves: Vec<Curve> = posteriors.into_iter().map(|one| Curve::new(one, &rule)).collect();
        let (best, losses) = integrate(&curves);
        Ok(Evidence {
            reward,
            own: own.to_vec(),
            borrowed: borrowed.iter().map(|arm| arm.runs).collect(),
            curves,
            best,
            losses,
        })
    }

    /// What arms are judged by.
    pub fn reward(&self) -> Reward {
        self.reward
    }

    /// The totals of each arm in this context.
    pub fn totals(&self) -> &[Totals] {
        &self.own
    }

    /// Runs that an arm borrows from other contexts; 0 without contexts.
    pub fn borrowed(&self, arm: usize) -> f64 {
        self.borrowed[arm]
    }

    /// The expected rate or amount per run of an arm, with the interval in which it lies with this
    /// probability, as much left out above as below.
    pub fn estimate(&self, arm: usize, level: Level) -> Estimate {
        let (rule, curve) = (Rule::new(), &self.curves[arm]);
        let tail = 0.5 * level.alpha();
        let [low, high] = [tail, 1.0 - tail].map(|p| curve.quantile(p, &rule));
        Estimate { value: curve.posterior.mean(), interval: Interval { low, high } }
    }

    pub(super) fn best(&self) -> &[f64] {
        &self.best
    }

    pub(super) fn losses(&self) -> &[f64] {
        &self.losses
    }
}

fn check(reward: Reward, contexts: &[&[Totals]]) -> Result<(), Unusable> {
    let expected = contexts[0].len();
    if !(2..=ARMS_MAX).contains(&expected) {
        return Err(Unusable::Arms(expected));
    }
    for (context, arms) in contexts.iter().enumerate() {
        if arms.len() != expected {
            return Err(Unusable::Uneven { context, found: arms.len(), expected });
        }
        let wrong = |totals: &Totals| !possible(reward, totals);
        if let Some(arm) = arms.iter().position(wrong) {
            return Err(Unusable::Impossible(arm));
        }
    }
    Ok(())
}

/// Whether there can be runs with these totals.
fn possible(reward: Reward, totals: &Totals) -> bool {
    let Totals { runs, rewarded, sum, sum_squares } = *totals;
    let counts = rewarded <= runs;
    match reward {
        Reward::Rate => counts,
        Reward::Amount => {
            let known = sum.is_finite() && (0.0..=SQUARES_MAX).contains(&sum_squares);
            // Cauchy and Schwarz, up to rounding.
            counts && known && sum * sum <= runs as f64 * sum_squares * (1.0 + 1e-9)
        }
    }
}

/// What runs of this context bring, relative to what they would bring elsewhere.
fn level(reward: Reward, own: &[Weighted], elsewhere: &[Weighted]) -> f64 {
    let all = elsewhere.iter().copied().fold(Weighted::default(), Weighted::plus);
    let one = match reward {
        Reward::Rate => 1.0,
        Reward::Amount => all.sum / all.rewarded.max(1.0),
    };
    let pairs = || own.iter().zip(elsewhere).filter(|(_, other)| other.runs > 0.0);
    let found: f64 = pairs().map(|(own, _)| own.worth(reward)).sum();
    let expected: f64 =
        pairs().map(|(own, other)| own.runs * (other.worth(reward) / other.runs)).sum();
    let level = (found + one) / (expected + one);
    // Amounts that do not add up to a gain have no level to speak of.
    let usable = level.is_finite() && level > 0.0 && found + one > 0.0;
    if usable { level } else { 1.0 }
}

fn rates(arms: &[Weighted]) -> Vec<Posterior> {
    let rest = |arm: &Weighted| (arm.runs - arm.rewarded).max(0.0);
    let beta = |arm: &Weighted| Posterior::Beta(Beta::new(1.0 + arm.rewarded, 1.0 + rest(arm)));
    arms.iter().map(beta).collect()
}

fn amounts(arms: &[Weighted]) -> Vec<Posterior> {
    let all = arms.iter().copied().fold(Weighted::default(), Weighted::plus);
    let mean = if all.runs > 0.0 { all.sum / all.runs } else { 0.0 };
    let squares = (all.sum_squares - all.sum * mean).max(0.0);
    let same = all.runs <= 1.0 || squares <= SPREAD_MIN * all.sum_squares;
    if same {
        let point = Posterior::Student { origin: mean, centre: 0.0, scale: 0.0, df: DEGREES_MIN };
        return vec![point; arms.len()];
    }
    let variance = squares / (all.runs - 1.0);
    let degrees = (PRIOR_REWARDS * all.runs / all.rewarded.max(1.0)).min(all.runs - 1.0);
    let degrees = degrees.max(DEGREES_MIN);
    let student = |arm: &Weighted| {
        let n = arm.runs;
        let own = if n > 0.0 { arm.sum / n } else { mean };
        let around = (arm.sum_squares - arm.sum * own).max(0.0);
        let centre = n / (1.0 + n) * (own - mean);
        let away = centre * (own - mean);
        let df = degrees + n;
        let spread = (degrees * variance + around + away) / df;
        Posterior::Student { origin: mean, centre, scale: (spread / (1.0 + n)).sqrt(), df }
    };
    arms.iter().map(student).collect()
}
