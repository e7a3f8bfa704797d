//! Comparing arms while data arrives: look as often as you like, stop when you like.
//!
//! The p values here are always valid: under "no difference" the chance that one ever falls to α, over
//! all looks together, is at most α (up to the normal approximation, for which it waits). So a winner
//! may be declared the moment it shows, and a dashboard may be reloaded at will. The price is wider
//! intervals than those of [`crate::effect`] at any single, planned look.
//!
//! Method: the mixture sequential probability ratio test of Robbins (1970) with a normal mixture, for
//! two streams as in Johari, Pekelis and Walsh (2015, "Always valid inference"). Its inversion is a
//! confidence sequence: intervals of which all, at all looks, hold the truth at the level.

use crate::effect::{ARMS_MAX, Amount, Rate};
use crate::interval::{Estimate, Interval, Level};

/// Users who converted, and users who did not, that an arm needs before it is compared. With fewer,
/// the estimated variance moves with the rate and the error is no longer kept; with 20, simulated
/// errors stay below the level for rates from 2 % to 50 % and shares from 5 % to 95 %.
pub const SUCCESSES_MIN: u64 = 20;

/// How the comparison is run. Nothing of it may depend on the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// 1 − α for the whole comparison, however many arms and looks it has.
    pub level: Level,
    /// The size of difference that is hoped for, above 0, in rate points or money per user. It decides
    /// how soon differences of which size are found, never whether the error is kept.
    pub expected: f64,
    /// Arms that differ by less than this are as good as each other; `None`: ties are declared only
    /// when the comparison ends.
    pub tie_margin: Option<f64>,
}

/// What each arm has so far: totals since the start, not since the last look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Totals<'a> {
    /// Users who converted.
    Rates(&'a [Rate]),
    /// Amounts per user.
    Amounts(&'a [Amount]),
}

/// Whether more data may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The comparison goes on.
    Running,
    /// This is the last look: what is not decided is a tie.
    Ended,
}

/// Two arms, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The earlier arm in the order handed in.
    pub first: usize,
    /// The later one.
    pub second: usize,
    /// Second − first at the latest look, with its part of the confidence sequence; `None` while
    /// either arm has too few.
    pub difference: Option<Estimate>,
    /// The smallest p value of any look, for all arms together. It never rises.
    pub p: f64,
    /// Which of the two is better, once that is shown; it stays.
    pub better: Option<usize>,
}

/// What can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Undecided,
    /// This arm is better than every other one.
    Winner(usize),
    /// These arms are as good as each other (within the margin), or could not be told apart until the
    /// end; no other arm is better. In ascending order.
    Tie(Vec<usize>),
}

/// Everything that is known after a look; the next look starts from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    arms: usize,
    /// All pairs: (0, 1), (0, 2) … (1, 2) …
    pub pairs: Vec<Pair>,
    /// The verdict. A winner or a tie within the margin stays.
    pub verdict: Verdict,
}

/// Why there is no comparison.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Unusable {
    /// Fewer than two arms, too many, or another number than before.
    #[error("{0} arms; compare 2 to {ARMS_MAX}, and the same ones at every look")]
    Arms(usize),
    /// The hoped-for difference is not above 0, or the margin is below 0.
    #[error("the plan's difference or margin is {0}; write a number above 0")]
    Plan(f64),
    /// Counts that cannot be.
    #[error("the counts of arm {0} contradict each other; count them again")]
    Impossible(usize),
}

impl Standing {
    /// Before the first look.
    pub fn new(arms: usize) -> Result<Standing, Unusable> {
        if !(2..=ARMS_MAX).contains(&arms) {
            return Err(Unusable::Arms(arms));
        }
        let pair = |first, second| Pair { first, second, difference: None, p: 1.0, better: None };
        let pairs = (0..arms).flat_map(|first| (first + 1..arms).map(move |b| pair(first, b)));
        Ok(Standing { arms, pairs: pairs.collect(), verdict: Verdict::Undecided })
    }

    /// What is known after one more look at the totals.
    ///
    /// Each pair is tested at α / (arms − 1). That suffices for the verdict: whoever wins has beaten
    /// all others, also the truly best arm (or one of several best), and that arm is in arms − 1
    /// pairs. So a wrong winner, or a winner among equals, has a chance of at most α.
    /// Cost: quadratic in arms.
    pub fn look(&self, totals: Totals<'_>, plan: Plan, stage: Stage) -> Result<Standing, Unusable> {
        let arms = means(totals)?;
        if arms.len() != self.arms {
            return Err(Unusable::Arms(arms.len()));
        }
        let margin = plan.tie_margin.unwrap_or(0.0);
        for number in [plan.expected, margin + f64::MIN_POSITIVE] {
            if !(number > 0.0 && number.is_finite()) {
                return Err(Unusable::Plan(number));
            }
        }
        let mut next = self.clone();
        for pair in &mut next.pairs {
            if let (Some(first), Some(second)) = (arms[pair.first], arms[pair.second]) {
                pair.observe(first, second, plan, self.arms);
            }
        }
        if self.verdict == Verdict::Undecided {
            next.verdict = next.decide(plan, stage);
        }
        assert!(next.pairs.iter().zip(&self.pairs).all(|(now, before)| now.p <= before.p));
        Ok(next)
    }

    fn decide(&self, plan: Plan, stage: Stage) -> Verdict {
        let beats = |a: usize, b: usize| self.pair(a, b).is_some_and(|p| p.better == Some(a));
        let others = |of: usize| (0..self.arms).filter(move |arm| *arm != of);
        if let Some(arm) = (0..self.arms).find(|arm| others(*arm).all(|other| beats(*arm, other))) {
            return Verdict::Winner(arm);
        }
        let leaders: Vec<usize> =
            (0..self.arms).filter(|arm| !others(*arm).any(|other| beats(other, *arm))).collect();
        let close = |a: usize, b: usize| {
            let difference = self.pair(a, b).and_then(|pair| pair.difference);
            difference.zip(plan.tie_margin).is_some_and(|(difference, margin)| {
                -margin <= difference.interval.low && difference.interval.high <= margin
            })
        };
        let tied = leaders.len() > 1
            && leaders.iter().all(|a| leaders.iter().all(|b| a == b || close(*a, *b)));
        if tied {
            return Verdict::Tie(leaders);
        }
        match (stage, leaders.as_slice()) {
            (Stage::Running, _) => Verdict::Undecided,
            // One is ahead of all, but not directly of each: those it did not beat are its equals.
            (Stage::Ended, [one]) => {
                Verdict::Tie((0..self.arms).filter(|arm| !beats(*one, *arm)).collect())
            }
            // Differences that go in a circle rule out nobody.
            (Stage::Ended, []) => Verdict::Tie((0..self.arms).collect()),
            (Stage::Ended, _) => Verdict::Tie(leaders),
        }
    }

    /// The pair of two different arms, by its place in the list.
    fn pair(&self, a: usize, b: usize) -> Option<&Pair> {
        let (first, second) = (a.min(b), a.max(b));
        let before = first * (2 * self.arms - first - 1) / 2;
        let pair = self.pairs.get(before + second.checked_sub(first + 1)?);
        debug_assert!(pair.is_none_or(|pair| (pair.first, pair.second) == (first, second)));
        pair
    }
}

impl Pair {
    fn observe(&mut self, first: Mean, second: Mean, plan: Plan, arms: usize) {
        let comparisons = (arms - 1) as f64;
        let variance = first.variance + second.variance;
        let value = second.value - first.value;
        let alpha = plan.level.alpha() / comparisons;
        let half = half_width(variance, plan.expected, alpha);
        let interval = Interval { low: value - half, high: value + half };
        self.difference = Some(Estimate { value, interval });
        let p = (always_valid_p(value, variance, plan.expected) * comparisons).min(1.0);
        self.p = self.p.min(p);
        if self.better.is_none() && p <= plan.level.alpha() {
            self.better = Some(if value > 0.0 { self.second } else { self.first });
        }
    }
}

/// The p value of one look at a difference, valid at any stopping time: 1 / Λ, at most 1, with
/// Λ = √(V / (V + τ²)) · exp(τ² d² / (2 V (V + τ²))).
pub fn always_valid_p(difference: f64, variance: f64, tau: f64) -> f64 {
    let (v, tau) = (variance, tau * tau);
    let ln = 0.5 * (v / (v + tau)).ln() + tau * difference * difference / (2.0 * v * (v + tau));
    if ln.is_nan() { 1.0 } else { (-ln).exp().min(1.0) }
}

/// Half of the confidence sequence's width at one look: the differences d with Λ(d) below 1 / α.
pub fn half_width(variance: f64, tau: f64, alpha: f64) -> f64 {
    let (v, tau) = (variance, tau * tau);
    (v * (v + tau) / tau * (((v + tau) / v).ln() - 2.0 * alpha.ln())).sqrt()
}

#[derive(Clone, Copy)]
struct Mean {
    value: f64,
    variance: f64,
}

/// Each arm's mean and its variance; `None` for arms that have too few yet.
fn means(totals: Totals<'_>) -> Result<Vec<Option<Mean>>, Unusable> {
    let rate = |(arm, rate): (usize, &Rate)| {
        if rate.converted > rate.users {
            return Err(Unusable::Impossible(arm));
        }
        let rest = rate.users - rate.converted;
        let value = rate.value();
        let variance = value * (1.0 - value) / rate.users as f64;
        let enough = rate.converted.min(rest) >= SUCCESSES_MIN;
        Ok(enough.then_some(Mean { value, variance }))
    };
    let amount = |(arm, amount): (usize, &Amount)| match amount.mean(arm) {
        Ok(mean) => {
            let enough = amount.payers >= SUCCESSES_MIN;
            Ok(enough.then_some(Mean { value: mean.value, variance: mean.variance }))
        }
        Err(crate::effect::TooFew::Impossible { arm }) => Err(Unusable::Impossible(arm)),
        Err(_) => Ok(None),
    };
    match totals {
        Totals::Rates(rates) => rates.iter().enumerate().map(rate).collect(),
        Totals::Amounts(amounts) => amounts.iter().enumerate().map(amount).collect(),
    }
}

#[cfg(test)]
mod tests;
