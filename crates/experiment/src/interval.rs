//! Confidence levels, intervals and estimates: a number never goes without its interval.

use crate::special::{normal_quantile, student_quantile};

/// How sure an interval is: the share of repeated experiments in which it holds the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level(f64);

impl Level {
    /// 95 %, the level of every interval unless somebody chose another.
    pub const P95: Level = Level(0.95);

    /// A level strictly between 0.5 and 1, as in `0.9`; `None` for anything else (below one half an
    /// interval would rather miss than hold, and at 1 it is everything).
    pub fn new(confidence: f64) -> Option<Level> {
        (confidence > 0.5 && confidence < 1.0).then_some(Level(confidence))
    }

    /// The share of repeated experiments, as in 0.95.
    pub fn confidence(self) -> f64 {
        self.0
    }

    /// What is left: the error allowed on both sides together, as in 0.05.
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }

    /// The two-sided normal quantile, as in 1.96.
    pub(crate) fn z(self) -> f64 {
        -normal_quantile(0.5 * self.alpha())
    }

    /// The two-sided quantile of Student's distribution.
    pub(crate) fn t(self, df: f64) -> f64 {
        -student_quantile(0.5 * self.alpha(), df)
    }
}

/// From `low` to `high`, both ends included, in the unit of what it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Whether `x` lies in it, ends included.
    pub fn contains(self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    /// Its length.
    pub fn width(self) -> f64 {
        self.high - self.low
    }
}

/// A number and the interval it stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best single answer.
    pub value: f64,
    /// Where the truth lies at the level that was asked for.
    pub interval: Interval,
}
