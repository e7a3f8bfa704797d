//! Amounts per user, zeros included: revenue, orders, minutes.

use super::{Effect, NoLift, PAYERS_MIN, TooFew, USERS_MIN, adjust, check_arms};
use crate::interval::{Estimate, Interval, Level};
use crate::special::student_two_sided;

/// Variance, as a share of the mean square, below which the sums of squares have cancelled and what
/// is left is rounding.
const SPREAD_MIN: f64 = 1e-13;

/// The largest sum of squares. Beyond it variances of variances overflow, and no money is that much.
const SQUARES_MAX: f64 = 1e150;

/// The smallest sum of squares of anybody who has an amount. Below it squares lose their digits.
const SQUARES_MIN: f64 = 1e-250;

/// What the users of an arm amount to. All users of the arm count, also those with nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// Users in the arm.
    pub users: u64,
    /// Those of them whose amount is not zero.
    pub payers: u64,
    /// The sum of all amounts.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_squares: f64,
}

/// Mean, variance of the mean and degrees of freedom of one arm.
#[derive(Clone, Copy)]
pub(crate) struct Mean {
    pub(crate) value: f64,
    pub(crate) variance: f64,
    df: f64,
}

impl Amount {
    /// Collects single amounts, one per user.
    pub fn of(amounts: impl IntoIterator<Item = f64>) -> Amount {
        let mut all = Amount { users: 0, payers: 0, sum: 0.0, sum_squares: 0.0 };
        for amount in amounts {
            all.users += 1;
            all.payers += u64::from(amount != 0.0);
            all.sum += amount;
            all.sum_squares += amount * amount;
        }
        all
    }

    /// The mean per user; 0 of an arm without users.
    pub fn value(self) -> f64 {
        if self.users == 0 { 0.0 } else { self.sum / self.users as f64 }
    }

    /// Mean and the variance of the mean, or why `arm` cannot be compared.
    pub(crate) fn mean(self, arm: usize) -> Result<Mean, TooFew> {
        let known = self.sum.is_finite() && (0.0..=SQUARES_MAX).contains(&self.sum_squares);
        let lost = self.payers > 0 && self.sum_squares < SQUARES_MIN;
        if !known || lost || self.payers > self.users {
            return Err(TooFew::Impossible { arm });
        }
        if self.users < USERS_MIN {
            return Err(TooFew::Users { arm, users: self.users });
        }
        if self.payers < PAYERS_MIN {
            return Err(TooFew::Payers { arm, payers: self.payers });
        }
        let n = self.users as f64;
        let value = self.sum / n;
        let mean_square = self.sum_squares / n;
        let spread = mean_square - value * value;
        if spread < -1e-9 * mean_square {
            return Err(TooFew::Impossible { arm });
        }
        if spread <= SPREAD_MIN * mean_square {
            return Err(TooFew::Spread { arm });
        }
        Ok(Mean { value, variance: spread / (n - 1.0), df: n - 1.0 })
    }
}

/// Difference in the mean per user between each treated arm and the control, with intervals.
///
/// Units: those of the amounts, per user. Shape: as [`super::compare_rates`].
/// Formula: Welch (1947) with Student quantiles for the difference; Fieller (1954) with the same
/// quantile for the lift; an arm's own interval by Student.
/// Errors: [`TooFew`] below [`USERS_MIN`] users or [`PAYERS_MIN`] payers in an arm, or if all its
/// amounts are equal. Panics: never. Cost: linear in arms.
pub fn compare_amounts(arms: &[Amount], level: Level) -> Result<Vec<Effect>, TooFew> {
    check_arms(arms.len())?;
    let means: Result<Vec<Mean>, TooFew> =
        arms.iter().enumerate().map(|(arm, amount)| amount.mean(arm)).collect();
    let means = means?;
    let effects = (1..means.len()).map(|arm| effect(means[0], means[arm], arm, level)).collect();
    Ok(adjust(effects))
}

fn effect(control: Mean, treated: Mean, arm: usize, level: Level) -> Effect {
    let variance = control.variance + treated.variance;
    // Satterthwaite's degrees of freedom, from the parts of the variance so that no unit is too small.
    let squares = |mean: Mean| (mean.variance / variance).powi(2) / mean.df;
    let df = 1.0 / (squares(control) + squares(treated));
    let value = treated.value - control.value;
    let p = student_two_sided(value / variance.sqrt(), df);
    Effect {
        arm,
        control: around(control.value, control.variance, level.t(control.df)),
        treated: around(treated.value, treated.variance, level.t(treated.df)),
        difference: around(value, variance, level.t(df)),
        lift: lift(control, treated, level.t(df)),
        p,
        p_adjusted: p,
    }
}

fn around(value: f64, variance: f64, t: f64) -> Estimate {
    let half = t * variance.sqrt();
    Estimate { value, interval: Interval { low: value - half, high: value + half } }
}

/// Fieller's interval for the ratio of two independent means, minus 1. It is bounded only if the
/// control's mean differs from zero at the same level.
fn lift(control: Mean, treated: Mean, t: f64) -> Result<Estimate, NoLift> {
    if control.value <= 0.0 {
        return Err(NoLift::ControlNearZero);
    }
    // In units of the control's mean, so that no currency is too small.
    let ratio = treated.value / control.value;
    let (control, treated) = (
        control.variance / control.value / control.value,
        treated.variance / control.value / control.value,
    );
    let bottom = 1.0 - t * t * control;
    if bottom <= 0.0 {
        return Err(NoLift::ControlNearZero);
    }
    let root = t * (treated * bottom + control * ratio * ratio).sqrt();
    let at = |side: f64| (ratio + side * root) / bottom - 1.0;
    Ok(Estimate { value: ratio - 1.0, interval: Interval { low: at(-1.0), high: at(1.0) } })
}
