//! Before a launch: which effect so many users can show, and how many users an effect needs.
//!
//! Everything here is about a control and one treated arm, a two-sided test, and a rise (a fall of
//! the same size needs about as many). It plans; what was found says [`crate::effect`].

use crate::interval::Level;
use crate::special::normal_quantile;

/// Users beyond which a plan is nonsense: a hundred times everybody.
const USERS_MAX: f64 = 1e12;

/// Steps of a bisection: enough to halve 1 down to the last bit of a double.
const STEPS_MAX: usize = 80;

/// How a comparison is planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The control's part of all users, above 0 and below 1.
    pub control_share: f64,
    /// The chance of finding an effect that is there, above 0 and below 1, as in 0.8.
    pub power: f64,
    /// The level of the test's interval.
    pub level: Level,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// A rate with this value in the control, above 0 and below 1.
    Rate(f64),
    /// A mean per user.
    Mean {
        /// Its value in the control, above 0.
        mean: f64,
        /// The standard deviation between users, above 0, the same in both arms.
        sd: f64,
    },
}

/// The smallest rise that a comparison finds with the planned power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detectable {
    /// In the unit of the measure.
    pub difference: f64,
    /// As a fraction of the control's value.
    pub lift: f64,
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoPlan {
    /// A number outside its range.
    #[error("{name} is {value}; write a number {range}")]
    Range {
        /// Which number.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// So few users find no effect, not even everybody converting.
    #[error("no effect is large enough for so few users; plan for more users")]
    Users,
}

/// The minimum detectable effect with `users` in both arms together.
///
/// Formula: for rates, the difference at which [`users_needed`] is `users` (bisection); for means,
/// (z₁₋α/₂ + z_power) · sd · √(1/n₀ + 1/n₁).
pub fn detectable(users: u64, measure: Measure, plan: Plan) -> Result<Detectable, NoPlan> {
    let (measure, plan) = (checked_measure(measure)?, checked(plan)?);
    let users = users as f64;
    let difference = match measure {
        Measure::Mean { sd, .. } => {
            if users * plan.control_share.min(1.0 - plan.control_share) < 1.0 {
                return Err(NoPlan::Users);
            }
            plan.z() * sd * (plan.unit_variance(1.0, 1.0) / users).sqrt()
        }
        Measure::Rate(base) => {
            let (mut low, mut high) = (0.0, 1.0 - base);
            if plan.users_for(measure, high) > users {
                return Err(NoPlan::Users);
            }
            for _ in 0..STEPS_MAX {
                let middle = 0.5 * (low + high);
                if plan.users_for(measure, middle) > users {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            high
        }
    };
    Ok(Detectable { difference, lift: difference / measure.base() })
}

/// How many users both arms together need to find a rise of `difference` with the planned power.
///
/// The control gets `control_share` of them; the number is rounded up.
/// Formula: for rates, (z₁₋α/₂ + z_power)² (p₀q₀/s + p₁q₁/(1−s)) / difference², unpooled, without
/// continuity correction (Fleiss, Levin and Paik 2003, section 4.2); for means the same with sd².
pub fn users_needed(difference: f64, measure: Measure, plan: Plan) -> Result<u64, NoPlan> {
    let (measure, plan) = (checked_measure(measure)?, checked(plan)?);
    let most = match measure {
        Measure::Rate(base) => 1.0 - base,
        Measure::Mean { .. } => f64::MAX,
    };
    if !(difference > 0.0 && difference <= most) {
        let range = "above 0 that keeps the rate at or below 1";
        return Err(NoPlan::Range { name: "difference", value: difference, range });
    }
    let users = plan.users_for(measure, difference).ceil();
    if users <= USERS_MAX {
        return Ok(users as u64);
    }
    let range = "large enough to need fewer than 1e12 users";
    Err(NoPlan::Range { name: "difference", value: difference, range })
}

impl Measure {
    fn base(self) -> f64 {
        match self {
            Measure::Rate(base) => base,
            Measure::Mean { mean, .. } => mean,
        }
    }
}

impl Plan {
    fn z(self) -> f64 {
        self.level.z() + normal_quantile(self.power)
    }

    /// Variance of a difference, times the number of all users.
    fn unit_variance(self, control: f64, treated: f64) -> f64 {
        control / self.control_share + treated / (1.0 - self.control_share)
    }

    fn users_for(self, measure: Measure, difference: f64) -> f64 {
        let variance = match measure {
            Measure::Rate(base) => {
                let treated = (base + difference).min(1.0);
                self.unit_variance(base * (1.0 - base), treated * (1.0 - treated))
            }
            Measure::Mean { sd, .. } => self.unit_variance(sd * sd, sd * sd),
        };
        (self.z() / difference).powi(2) * variance
    }
}

fn checked(plan: Plan) -> Result<Plan, NoPlan> {
    inside("control share", plan.control_share)?;
    // Below one half the test misses more often than not, and z could turn negative.
    if !(plan.power >= 0.5 && plan.power < 1.0) {
        let range = "from 0.5 to below 1";
        return Err(NoPlan::Range { name: "power", value: plan.power, range });
    }
    Ok(plan)
}

fn checked_measure(measure: Measure) -> Result<Measure, NoPlan> {
    match measure {
        Measure::Rate(base) => inside("base rate", base)?,
        Measure::Mean { mean, sd } => {
            for (name, value) in [("mean", mean), ("standard deviation", sd)] {
                if !(value > 0.0 && value.is_finite()) {
                    return Err(NoPlan::Range { name, value, range: "above 0" });
                }
            }
        }
    }
    Ok(measure)
}

fn inside(name: &'static str, value: f64) -> Result<(), NoPlan> {
    let range = "above 0 and below 1";
    if value > 0.0 && value < 1.0 { Ok(()) } else { Err(NoPlan::Range { name, value, range }) }
}

#[cfg(test)]
mod tests;
