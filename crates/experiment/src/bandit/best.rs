//! The probability of each arm to be the best one, and what choosing it would lose.
//!
//! Deterministic: the integrals are computed by quadrature, not by drawing, so that the same counts
//! give the same shares on every machine and nobody has to ask how many draws were enough.

use super::density::{Curve, POINTS, Rule};
use super::evidence::Evidence;

/// Panels of one integral. Arms that are far apart have their own, at most 400 each.
const PANELS_MAX: usize = 64 * 400;

/// How far the probabilities may be from adding up to 1. Usually it is a billionth. Beyond it arms are
/// so much further apart than each is wide that a float cannot tell where the narrow ones lie.
const OFF_MAX: f64 = 1e-4;

/// The probability of each arm to have the highest true rate or mean, in the order handed in. They
/// add up to 1.
///
/// Formula: P(a) = ∫ fₐ(x) Π Fᵦ(x) dx over all other arms b, by Gauss quadrature in panels
/// as narrow as the narrowest density there asks for; see `density`. Accurate to about 1e-9 for counts from 0 to 1e7. Arms about which
/// nothing is uncertain share the probability if they tie.
/// Cost: arms × panels, which are some dozens if arms are alike and some dozens for each if not; a
/// fraction of a millisecond for seven arms.
/// They are computed once, with the evidence; asking costs nothing.
pub fn best_probabilities(known: &Evidence) -> Vec<f64> {
    known.best().to_vec()
}

/// What is lost, in expectation, by choosing an arm for good: E[max − this one], in rate points or
/// amount per run; at least 0, in the order handed in.
///
/// Formula: ∫ Fₐ(x) (1 − Π Fᵦ(x)) dx over all other arms b, on the same points.
pub fn expected_losses(known: &Evidence) -> Vec<f64> {
    known.losses().to_vec()
}

/// Probabilities and losses at once.
pub(super) fn integrate(curves: &[Curve]) -> (Vec<f64>, Vec<f64>) {
    if curves.iter().all(Curve::is_point) {
        return points(curves);
    }
    let rule = Rule::new();
    let mut sums = Sums::new(curves.len());
    let all = |end: fn(&Curve) -> f64, most: fn(f64, f64) -> f64| {
        curves.iter().map(end).reduce(most).expect("a split has arms")
    };
    let (mut start, high) = (all(Curve::low, f64::min), all(Curve::high, f64::max));
    for _ in 0..PANELS_MAX {
        if start >= high {
            break;
        }
        let end = curves.iter().map(|curve| curve.reach(start)).fold(high, f64::min);
        sums.panel(curves, start, end, &rule);
        start = end;
    }
    let Sums { mut best, mut loss, .. } = sums;
    let all: f64 = best.iter().sum();
    let resolved = (all - 1.0).abs() < OFF_MAX && loss.iter().all(|x| x.is_finite());
    if !resolved {
        return points(curves);
    }
    best.iter_mut().for_each(|p| *p = (*p / all).clamp(0.0, 1.0));
    loss.iter_mut().for_each(|x| *x = x.max(0.0));
    (best, loss)
}

/// Arms whose worth is as good as known exactly: the largest share it all.
fn points(curves: &[Curve]) -> (Vec<f64>, Vec<f64>) {
    let means: Vec<f64> = curves.iter().map(|curve| curve.posterior.mean()).collect();
    let most = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let n = means.iter().filter(|mean| **mean == most).count() as f64;
    let best = means.iter().map(|mean| if *mean == most { 1.0 / n } else { 0.0 }).collect();
    (best, means.iter().map(|mean| most - mean).collect())
}

/// Integrals up to a point that moves to the right, panel by panel.
struct Sums {
    best: Vec<f64>,
    loss: Vec<f64>,
    /// Each arm's distribution function at the start of the panel.
    below: Vec<f64>,
    density: Vec<[f64; POINTS]>,
    function: Vec<[f64; POINTS]>,
}

impl Sums {
    fn new(arms: usize) -> Sums {
        let (zero, points) = (vec![0.0; arms], vec![[0.0; POINTS]; arms]);
        Sums {
            best: zero.clone(),
            loss: zero.clone(),
            below: zero,
            density: points.clone(),
            function: points,
        }
    }

    fn panel(&mut self, curves: &[Curve], low: f64, high: f64, rule: &Rule) {
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        for (arm, curve) in curves.iter().enumerate() {
            if curve.high() <= low || high <= curve.low() {
                self.density[arm] = [0.0; POINTS];
                self.function[arm] = [f64::from(curve.high() <= low); POINTS];
            } else {
                self.evaluate(arm, curve, (middle, half), rule);
            }
        }
        let n = curves.len();
        // Products over all arms after each one; those before it are kept while going through them.
        let mut after = [1.0; crate::effect::ARMS_MAX + 1];
        for point in 0..POINTS {
            after[n] = 1.0;
            for arm in (0..n).rev() {
                after[arm] = after[arm + 1] * self.function[arm][point];
            }
            let weight = half * rule.weights[point];
            let speed = curves[0].posterior.speed(middle + half * rule.points[point]);
            let mut before = 1.0;
            for arm in 0..n {
                let others = before * after[arm + 1];
                let function = self.function[arm][point];
                self.best[arm] += weight * self.density[arm][point] * others;
                self.loss[arm] += weight * speed * function * (1.0 - others);
                before *= function;
            }
        }
    }

    /// Density and distribution function of one arm at the points of a panel.
    fn evaluate(&mut self, arm: usize, curve: &Curve, (middle, half): (f64, f64), rule: &Rule) {
        let density = rule.points.map(|x| curve.density(middle + half * x));
        let below = self.below[arm];
        let sum = |weights: &[f64; POINTS]| {
            half * weights.iter().zip(&density).map(|(w, f)| w * f).sum::<f64>()
        };
        self.function[arm] = rule.partial.each_ref().map(|row| (below + sum(row)).clamp(0.0, 1.0));
        self.below[arm] = below + sum(&rule.weights);
        self.density[arm] = density;
    }
}
