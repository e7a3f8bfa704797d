//! Posterior distributions of one arm, and how they are integrated.
//!
//! A curve knows its density up to a factor, relative to its highest point, and a list of breaks
//! between which that density is so smooth that eight Gauss points have ten digits. Its mass follows
//! from the same points, so that no normalising constant is needed. Rates are integrated on the
//! scale of log odds, where each Beta density, also one that is steep at 0, has one rounded hump.

/// Gauss points of a panel.
pub(super) const POINTS: usize = 8;

/// Distances from the hump, in standard deviations of a normal one, at which panels end. At 9 the
/// density has fallen to 3e-18 of its height.
const DISTANCES: [f64; 10] = [0.75, 1.5, 2.25, 3.0, 3.75, 4.5, 5.5, 6.5, 7.75, 9.0];

/// The widest panel on the scale of log odds. The logistic function has a pole at ±πi, and eight points
/// see it from a panel of more than this.
const LOG_ODDS_MAX: f64 = 2.5;

/// Newton steps for one break: three or four are enough, and where it lies exactly means nothing.
const STEPS_MAX: usize = 20;

/// Panels on each side of a Student curve. With two degrees of freedom it takes sixty.
const TAIL_MAX: usize = 200;

/// How far tails are followed: until what is left is e^-36 of the whole.
const TAIL_LEFT: f64 = 36.0;

/// The posterior of what an arm is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Posterior {
    /// A rate.
    Beta(Beta),
    /// A mean, Student's distribution moved and stretched. A scale of 0 is a point.
    Student {
        /// What all arms have in common. Coordinates count from here, so that small differences of
        /// large amounts keep their digits.
        origin: f64,
        /// Where its middle lies from there.
        centre: f64,
        /// Its scale, at least 0.
        scale: f64,
        /// Its degrees of freedom, at least 2.
        df: f64,
    },
}

/// A Beta distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beta {
    a: f64,
    b: f64,
    /// The expected value a / (a + b), and 1 − that.
    p: f64,
    q: f64,
    /// The log odds of the expected value, where the hump is.
    middle: f64,
}

impl Beta {
    /// With the parameters of rewarded and other runs, both above 0.
    pub(super) fn new(a: f64, b: f64) -> Beta {
        assert!(a > 0.0 && b > 0.0, "Beta({a}, {b})");
        Beta { a, b, p: a / (a + b), q: b / (a + b), middle: (a / b).ln() }
    }

    /// See [`Posterior::ln_relative`]. With t the distance from the hump, a ln(σ(y)/p) + b ln(σ(−y)/q)
    /// is written so that two terms of the size of √n cancel and not two of the size of n.
    fn ln_relative(self, at: f64) -> f64 {
        let t = at - self.middle;
        let up = t.exp_m1();
        // e⁻ᵗ − 1 from eᵗ − 1, as long as what is left of the latter has its digits.
        let down = if t > -1.0 && t < 300.0 { -up / (1.0 + up) } else { (-t).exp_m1() };
        -self.a * (self.q * down).ln_1p() - self.b * (self.p * up).ln_1p()
    }
}

impl Posterior {
    /// The expected value.
    pub(super) fn mean(self) -> f64 {
        match self {
            Posterior::Beta(beta) => beta.p,
            Posterior::Student { origin, centre, .. } => origin + centre,
        }
    }

    /// The value that a coordinate stands for: log odds for rates, what exceeds the origin for means.
    pub(super) fn value(self, at: f64) -> f64 {
        match self {
            Posterior::Beta(_) => 1.0 / (1.0 + (-at).exp()),
            Posterior::Student { origin, .. } => origin + at,
        }
    }

    /// How fast the value grows with the coordinate.
    pub(super) fn speed(self, at: f64) -> f64 {
        match self {
            Posterior::Beta(_) => self.value(at) * self.value(-at),
            Posterior::Student { .. } => 1.0,
        }
    }

    /// The logarithm of the density at a coordinate, relative to the hump.
    fn ln_relative(self, at: f64) -> f64 {
        match self {
            Posterior::Beta(beta) => beta.ln_relative(at),
            Posterior::Student { centre, scale, df, .. } => {
                let t = (at - centre) / scale;
                -0.5 * (df + 1.0) * (t * t / df).ln_1p()
            }
        }
    }

    /// Where panels end, in ascending order; the density outside is taken as 0.
    fn breaks(self) -> Vec<f64> {
        let (middle, sides) = match self {
            Posterior::Beta(beta) => (beta.middle, [-1.0, 1.0].map(|side| beta_side(beta, side))),
            Posterior::Student { centre, scale, df, .. } => {
                let side: Vec<f64> = student_side(df).iter().map(|z| z * scale).collect();
                (centre, [side.clone(), side])
            }
        };
        let below = sides[0].iter().rev().map(|u| middle - u);
        below.chain([middle]).chain(sides[1].iter().map(|u| middle + u)).collect()
    }
}

/// Distances from a Beta hump to one side at which the density has fallen as a normal one's would at
/// [`DISTANCES`], and more where these lie far apart: Newton's method on a convex function, each from the one before.
fn beta_side(beta: Beta, side: f64) -> Vec<f64> {
    let Beta { a, b, p, .. } = beta;
    let curve = Posterior::Beta(beta);
    let mut at = DISTANCES[0] / (b * p).sqrt();
    let distance = |z: &f64| {
        for _ in 0..STEPS_MAX {
            let y = beta.middle + side * at;
            let gap = -beta.ln_relative(y) - 0.5 * z * z;
            let slope = side * (b * curve.value(y) - a * curve.value(-y));
            let step = gap / slope;
            at -= step;
            if step.abs() <= 1e-6 * at {
                break;
            }
        }
        at
    };
    let mut side: Vec<f64> = Vec::new();
    for end in DISTANCES.iter().map(distance) {
        let start = side.last().copied().unwrap_or(0.0);
        let n = ((end - start) / LOG_ODDS_MAX).ceil().clamp(1.0, TAIL_MAX as f64);
        side.extend((1..=n as usize).map(|i| start + (end - start) * i as f64 / n));
    }
    side
}

/// The same for Student's distribution: even steps at first, then a third more each time.
fn student_side(df: f64) -> Vec<f64> {
    let mut side = Vec::new();
    let mut z: f64 = 0.0;
    for _ in 0..TAIL_MAX {
        z += f64::max(0.75, 0.35 * z);
        side.push(z);
        if 0.5 * (df + 1.0) * (z * z / df).ln_1p() - z.ln() > TAIL_LEFT {
            break;
        }
    }
    side
}

/// Gauss and Legendre's rule with the matrix that integrates from a panel's start to each point.
pub(super) struct Rule {
    pub(super) points: [f64; POINTS],
    pub(super) weights: [f64; POINTS],
    /// `partial[i][j]`: what the density at point j adds to the integral up to point i.
    pub(super) partial: [[f64; POINTS]; POINTS],
}

impl Rule {
    /// Formula: points and weights from Abramowitz and Stegun (1964), table 25.4; the matrix is that
    /// of the polynomial through the points, by Legendre's ∫₋₁ˣ Pₖ = (Pₖ₊₁(x) − Pₖ₋₁(x)) / (2k + 1).
    pub(super) fn new() -> Rule {
        const HALF: [(f64, f64); POINTS / 2] = [
            (0.183_434_642_495_649_8, 0.362_683_783_378_362),
            (0.525_532_409_916_329, 0.313_706_645_877_887_3),
            (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
            (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
        ];
        let (mut points, mut weights) = ([0.0; POINTS], [0.0; POINTS]);
        for (at, (x, w)) in HALF.into_iter().enumerate() {
            let (left, right) = (POINTS / 2 - 1 - at, POINTS / 2 + at);
            (points[left], points[right]) = (-x, x);
            (weights[left], weights[right]) = (w, w);
        }
        let legendre = points.map(polynomials);
        let mut partial = [[0.0; POINTS]; POINTS];
        for (i, row) in partial.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                let first = 0.5 * (legendre[i][1] + 1.0);
                let rest = (1..POINTS)
                    .map(|k| 0.5 * legendre[j][k] * (legendre[i][k + 1] - legendre[i][k - 1]));
                *cell = weights[j] * (first + rest.sum::<f64>());
            }
        }
        Rule { points, weights, partial }
    }

    /// The integral of a function over one panel.
    fn panel(&self, low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        let terms = self.points.iter().zip(&self.weights);
        half * terms.map(|(x, w)| w * f(middle + half * x)).sum::<f64>()
    }
}

/// Legendre's polynomials P₀ to P₈ at x.
fn polynomials(x: f64) -> [f64; POINTS + 1] {
    let mut p = [1.0; POINTS + 1];
    p[1] = x;
    for k in 1..POINTS {
        let n = k as f64;
        p[k + 1] = ((2.0 * n + 1.0) * x * p[k] - n * p[k - 1]) / (n + 1.0);
    }
    p
}

/// A posterior, ready to be integrated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pub(super) posterior: Posterior,
    /// Where panels end, ascending, two or more; all the same for a point.
    pub(super) breaks: Vec<f64>,
    /// The mass up to each break, before it is made 1.
    masses: Vec<f64>,
}

impl Curve {
    pub(super) fn new(posterior: Posterior, rule: &Rule) -> Curve {
        let breaks = posterior.breaks();
        let panel = |ends: &[f64]| rule.panel(ends[0], ends[1], |y| posterior.ln_relative(y).exp());
        let mut masses = vec![0.0; breaks.len()];
        for (at, ends) in breaks.windows(2).enumerate() {
            masses[at + 1] = masses[at] + panel(ends);
        }
        Curve { posterior, breaks, masses }
    }

    /// Whether nothing is uncertain.
    pub(super) fn is_point(&self) -> bool {
        matches!(self.posterior, Posterior::Student { scale: 0.0, .. })
    }

    /// Where the density begins.
    pub(super) fn low(&self) -> f64 {
        self.breaks[0]
    }

    /// Where it ends.
    pub(super) fn high(&self) -> f64 {
        self.breaks[self.breaks.len() - 1]
    }

    fn mass(&self) -> f64 {
        self.masses[self.masses.len() - 1]
    }

    /// How far a panel may reach that starts here: as far as the curve's own panels do hereabouts, and
    /// over the emptiness before the first of them.
    pub(super) fn reach(&self, start: f64) -> f64 {
        let next = self.breaks.partition_point(|end| *end <= start);
        match (next, self.breaks.get(next..)) {
            (0, Some([_, end, ..])) => *end,
            (_, Some([end, after, ..])) => start + (end - self.breaks[next - 1]).min(after - end),
            (_, Some([end])) => *end,
            _ => f64::INFINITY,
        }
    }

    /// The density per coordinate.
    pub(super) fn density(&self, at: f64) -> f64 {
        self.posterior.ln_relative(at).exp() / self.mass()
    }

    /// The value below which a share `p` of the distribution lies, 0 < p < 1.
    pub(super) fn quantile(&self, p: f64, rule: &Rule) -> f64 {
        if self.is_point() {
            return self.posterior.mean();
        }
        let target = p * self.mass();
        let panel = self.masses.partition_point(|mass| *mass < target);
        let panel = panel.clamp(1, self.breaks.len() - 1);
        let ends = (self.breaks[panel - 1], self.breaks[panel]);
        let at = self.inside(ends, (target - self.masses[panel - 1]) / self.mass(), rule);
        self.posterior.value(at)
    }

    /// Where, in one panel, as much lies to the left: Newton's method that stays in its bracket.
    fn inside(&self, (start, end): (f64, f64), mass: f64, rule: &Rule) -> f64 {
        let (mut low, mut high) = (start, end);
        let mut at = 0.5 * (low + high);
        for _ in 0..STEPS_MAX {
            let gap = rule.panel(start, at, |y| self.density(y)) - mass;
            if gap > 0.0 {
                high = at;
            } else {
                low = at;
            }
            let newton = at - gap / self.density(at);
            let next = if newton >= low && newton <= high { newton } else { 0.5 * (low + high) };
            let done = (next - at).abs() <= 1e-12 * (end - start);
            at = next;
            if done {
                break;
            }
        }
        at
    }
}
