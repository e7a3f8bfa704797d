//! Rates: users who converted among users who could.

use super::{CONVERTED_MIN, Effect, NoLift, TooFew, USERS_MIN, adjust, check_arms};
use crate::interval::{Estimate, Interval, Level};
use crate::special::{ln_choose, normal_two_sided};

/// Expected users in the smallest of the four cells (arm × converted) below which the p value is
/// computed exactly (Cochran's rule for the normal approximation).
const EXPECTED_MIN: f64 = 5.0;

/// Terms of an exact p value. The smallest cell expects fewer than [`EXPECTED_MIN`] users, so the
/// probabilities vanish long before; this bounds the loop whatever is handed in.
const TERMS_MAX: u64 = 100_000;

/// A term that is this much less likely (as a natural logarithm) than the observed table is beyond
/// the last digit of the sum.
const NEGLIGIBLE: f64 = 45.0;

/// How many users of an arm converted. Each user counts once, however often they converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Users in the arm, converted or not.
    pub users: u64,
    /// Those who converted.
    pub converted: u64,
}

impl Rate {
    /// The share who converted, 0..=1; 0 of an arm without users.
    pub fn value(self) -> f64 {
        if self.users == 0 { 0.0 } else { self.converted as f64 / self.users as f64 }
    }

    /// The share with its interval. Valid for any count, also 0 or all.
    ///
    /// Formula: Wilson (1927), score interval without continuity correction. An arm without users
    /// answers 0..=1.
    pub fn estimate(self, level: Level) -> Estimate {
        if self.users == 0 {
            return Estimate { value: 0.0, interval: Interval { low: 0.0, high: 1.0 } };
        }
        let (n, p, z) = (self.users as f64, self.value(), level.z());
        let square = z * z;
        let centre = p + square / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
        let scale = 1.0 + square / n;
        // At 0 and 1 the bound is exact; rounding must not leave it beside.
        let low = if self.converted == 0 { 0.0 } else { ((centre - half) / scale).clamp(0.0, p) };
        let high = if self.converted == self.users {
            1.0
        } else {
            ((centre + half) / scale).clamp(p, 1.0)
        };
        Estimate { value: p, interval: Interval { low, high } }
    }
}

/// Difference in conversion between each treated arm and the control, with intervals.
///
/// Units: rates are fractions in 0..=1; the difference is in rate points (0.012 is 1.2 points).
/// Shape: `arms[0]` is the control; the result has one row per other arm, in order.
/// Formula: difference by Newcombe (1998), hybrid score interval without continuity correction,
/// method 10; lift by the logarithm of the ratio (Katz and others, 1978); p by the pooled z test, or
/// Fisher's exact test where a cell expects fewer than 5. The three may disagree by a hair at the edge.
/// Errors: [`TooFew`] below [`USERS_MIN`] users in an arm. Panics: never. Cost: linear in arms.
pub fn compare_rates(arms: &[Rate], level: Level) -> Result<Vec<Effect>, TooFew> {
    check_arms(arms.len())?;
    for (arm, rate) in arms.iter().enumerate() {
        if rate.converted > rate.users {
            return Err(TooFew::Impossible { arm });
        }
        if rate.users < USERS_MIN {
            return Err(TooFew::Users { arm, users: rate.users });
        }
    }
    let effects = (1..arms.len()).map(|arm| effect(arms, arm, level)).collect();
    Ok(adjust(effects))
}

fn effect(arms: &[Rate], arm: usize, level: Level) -> Effect {
    let (control, treated) = (arms[0], arms[arm]);
    let p = p_value(control, treated);
    let (c, t) = (control.estimate(level), treated.estimate(level));
    let difference = difference(control, treated, level);
    Effect {
        arm,
        control: c,
        treated: t,
        difference,
        lift: lift(arms, arm, level),
        p,
        p_adjusted: p,
    }
}

/// Newcombe's method 10: treated − control, valid for any counts.
pub(super) fn difference(control: Rate, treated: Rate, level: Level) -> Estimate {
    let (c, t) = (control.estimate(level), treated.estimate(level));
    let value = t.value - c.value;
    let below = (t.value - t.interval.low).hypot(c.interval.high - c.value);
    let above = (t.interval.high - t.value).hypot(c.value - c.interval.low);
    let interval = Interval { low: value - below, high: value + above };
    assert!(interval.contains(value), "a difference lies in its interval");
    Estimate { value, interval }
}

fn lift(arms: &[Rate], arm: usize, level: Level) -> Result<Estimate, NoLift> {
    for arm in [0, arm] {
        let converted = arms[arm].converted;
        if converted < CONVERTED_MIN {
            return Err(NoLift::Converted { arm, converted });
        }
    }
    let inverse = |rate: Rate| 1.0 / rate.converted as f64 - 1.0 / rate.users as f64;
    let ratio = arms[arm].value() / arms[0].value();
    let half = level.z() * (inverse(arms[0]) + inverse(arms[arm])).sqrt();
    let at = |shift: f64| ratio * shift.exp() - 1.0;
    Ok(Estimate { value: ratio - 1.0, interval: Interval { low: at(-half), high: at(half) } })
}

/// Two-sided p value of "both arms convert alike".
fn p_value(a: Rate, b: Rate) -> f64 {
    let (n_a, n_b) = (a.users as f64, b.users as f64);
    let pooled = (a.converted as f64 + b.converted as f64) / (n_a + n_b);
    if pooled == 0.0 || pooled == 1.0 {
        return 1.0;
    }
    if n_a.min(n_b) * pooled.min(1.0 - pooled) < EXPECTED_MIN {
        return fisher(a, b);
    }
    let error = (pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b)).sqrt();
    normal_two_sided((b.value() - a.value()) / error)
}

/// Fisher's exact test, two-sided: the probability of all tables with the same margins that are at
/// most as likely as this one (Fisher 1934; the usual two-sided rule).
fn fisher(a: Rate, b: Rate) -> f64 {
    // The rarer outcome and the smaller arm, so that the support starts at zero or near it.
    let (mut a, mut b) = (a, b);
    if a.converted.saturating_add(b.converted)
        > (a.users - a.converted).saturating_add(b.users - b.converted)
    {
        a.converted = a.users - a.converted;
        b.converted = b.users - b.converted;
    }
    if b.users < a.users {
        (a, b) = (b, a);
    }
    let hits = a.converted.saturating_add(b.converted);
    let all = ln_choose(a.users.saturating_add(b.users), hits);
    let ln_p = |x: u64| ln_choose(a.users, x) + ln_choose(b.users, hits - x) - all;
    let all_users = a.users as f64 + b.users as f64;
    let expected = a.users as f64 / all_users * hits as f64;
    // As likely, up to rounding of the logarithms.
    let bar = ln_p(a.converted) + 1e-7;
    let first = hits.saturating_sub(b.users);
    let last = a.users.min(hits).min(first.saturating_add(TERMS_MAX));
    let mut sum = 0.0;
    for x in first..=last {
        let ln = ln_p(x);
        if ln <= bar {
            sum += ln.exp();
        }
        // Past the mode the terms only fall, and these no longer change the sum.
        if x as f64 > expected + 1.0 && ln < bar - NEGLIGIBLE {
            break;
        }
    }
    sum.clamp(0.0, 1.0)
}
