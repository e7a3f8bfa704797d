//! How the messages before a conversion share it.

use model::Span;

/// How the messages before a conversion share it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Split {
    /// The last one gets all of it.
    Last,
    /// The first one gets all of it.
    First,
    /// All get the same part.
    Linear,
    /// A message's weight halves with each `half_life` between it and the conversion.
    TimeDecay {
        /// Above 0; 0 and less mean the last one only.
        half_life: Span,
    },
    /// The first and the last get fixed parts, those between share the rest. With two, the rest is
    /// shared by both in proportion; a single one gets all.
    Position {
        /// Part of the first, 0 to 1, as in 0.4.
        first: f64,
        /// Part of the last, 0 to 1. Both together are at most 1; if they are not, or are no numbers
        /// in that range, all get the same.
        last: f64,
    },
    /// Each gets all of it. Counts under this rule overlap: they answer "how many converted after
    /// this message" for each message alone, and must not be added up.
    Every,
}

impl Split {
    /// The share of each of the messages, given how long before the conversion each was touched, the
    /// oldest first.
    pub(super) fn shares(self, ages: &[Span]) -> Vec<f64> {
        let n = ages.len();
        let alone = |at: usize| (0..n).map(|i| f64::from(u8::from(i == at))).collect();
        let shares: Vec<f64> = match self {
            Split::Every => return vec![1.0; n],
            Split::First => alone(0),
            Split::Last => alone(n.saturating_sub(1)),
            Split::Linear => vec![1.0 / n.max(1) as f64; n],
            Split::TimeDecay { half_life } if half_life.0 <= 0 => alone(n.saturating_sub(1)),
            Split::TimeDecay { half_life } => {
                // Against the latest, so that the largest weight is 1 however old all are.
                let least = ages.iter().map(|age| age.0).min().unwrap_or(0);
                let weight = |age: &Span| {
                    (-((age.0.saturating_sub(least)) as f64 / half_life.0 as f64)).exp2()
                };
                in_proportion(ages.iter().map(weight).collect())
            }
            Split::Position { first, last } => position(first, last, n),
        };
        debug_assert!(n == 0 || (shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        shares
    }
}

fn position(first: f64, last: f64, n: usize) -> Vec<f64> {
    let fractions = (0.0..=1.0).contains(&first) && (0.0..=1.0).contains(&last);
    if !fractions || first + last > 1.0 + 1e-12 {
        return vec![1.0 / n.max(1) as f64; n];
    }
    match n {
        0 => Vec::new(),
        1 => vec![1.0],
        2 => in_proportion(vec![first, last]),
        _ => {
            let between = (1.0 - first - last).max(0.0) / (n - 2) as f64;
            let mut shares = vec![between; n];
            shares[0] = first;
            shares[n - 1] = last;
            shares
        }
    }
}

/// Weights as parts of their sum; equal parts if all are zero.
fn in_proportion(weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    let n = weights.len().max(1) as f64;
    weights.into_iter().map(|weight| if sum > 0.0 { weight / sum } else { 1.0 / n }).collect()
}
