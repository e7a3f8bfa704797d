//! Assignment to groups, and what a comparison of groups says.
//!
//! What it is: who is in which arm or control group (a pure function of seed, salt and person); what
//! an experiment may conclude from counts, always with intervals and with a refusal where there are
//! too few; how many users it needs; which message a conversion is credited to; how a split learns which
//! path is the best. What it is not: it stores nothing, knows no clock and no chance, and counts nobody
//! but the runs of a learning split. Whoever counts hands in numbers.
//!
//! ```
//! use experiment::assign::{Control, Holdout, Share};
//! use experiment::effect::{Rate, compare_rates};
//! use experiment::Level;
//!
//! let control = Holdout { control: Control::Workspace, share: Share::percent(5.0).unwrap() };
//! assert_eq!(control.holds(7, "ada"), control.holds(7, "ada"));
//!
//! let arms = [Rate { users: 5_000, converted: 200 }, Rate { users: 95_000, converted: 4_750 }];
//! let effect = &compare_rates(&arms, Level::P95).unwrap()[0];
//! assert!(effect.difference.interval.low > 0.0 && effect.lift.unwrap().value > 0.24);
//! ```

pub mod assign;
pub mod attribution;
pub mod bandit;
pub mod effect;
pub mod interval;
pub mod power;
pub mod sample_ratio;
pub mod sequential;
pub mod special;

pub use interval::{Estimate, Interval, Level};
