//! The distributions that intervals and p values need, from their special functions.
//!
//! What it is: a handful of functions of one to three numbers, each with its source, accurate to
//! 1e-10 (absolute, and relative in tails down to 1e-200) for parameters up to a
//! million (degrees of freedom: any).
//! What it is not: a library of statistics; nothing here knows arms or users.
//!
//! Outside its domain a function answers NaN and never panics; every series and continued fraction
//! stops after a fixed number of terms.

/// Terms of a series or continued fraction. They need a few times the square root of the largest
/// parameter, so this is enough for parameters up to [`PARAMETER_MAX`].
const TERMS_MAX: usize = 50_000;

/// The largest parameter of the incomplete functions for which they are evaluated.
const PARAMETER_MAX: f64 = 1e7;

/// Degrees of freedom up to which Student's distribution comes from the incomplete beta function,
/// whose continued fraction then keeps ten digits.
const DEGREES_MAX: f64 = 1e6;

/// Stands for zero in the denominators of continued fractions (Lentz's method).
const TINY: f64 = 1e-300;

/// Where Stirling's series with eight terms is exact to the last digit.
const STIRLING_FROM: f64 = 10.0;

/// ln √(2π).
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_7;

/// What Stirling's formula leaves out of ln Γ(x), for x at or above [`STIRLING_FROM`].
///
/// Formula: Abramowitz and Stegun (1964), 6.1.41: Σ B₂ₖ / (2k (2k−1) x²ᵏ⁻¹).
fn stirling_rest(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1_260.0,
        -1.0 / 1_680.0,
        1.0 / 1_188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
        -3_617.0 / 122_400.0,
    ];
    let square = 1.0 / (x * x);
    TERMS.iter().rev().fold(0.0, |sum, term| sum * square + term) / x
}

/// The natural logarithm of Γ(x) for x > 0.
///
/// Formula: Abramowitz and Stegun (1964), 6.1.41, after 6.1.15 moved x above 10.
pub fn ln_gamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let mut shifted = x;
    let mut product = 1.0;
    while shifted < STIRLING_FROM {
        product *= shifted;
        shifted += 1.0;
    }
    (shifted - 0.5) * shifted.ln() - shifted + LN_SQRT_2PI + stirling_rest(shifted) - product.ln()
}

/// The natural logarithm of the beta function B(a, b) for a, b > 0, without the cancellation that
/// three large values of [`ln_gamma`] would bring.
///
/// Formula: Didonato and Morris (1992), ACM TOMS 18, algorithm 708, section on ln B.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a <= b { (a, b) } else { (b, a) };
    if large < STIRLING_FROM {
        return ln_gamma(small) + ln_gamma(large) - ln_gamma(small + large);
    }
    let rest = stirling_rest(large) - stirling_rest(small + large);
    let ratio = small / (small + large);
    if small < STIRLING_FROM {
        return ln_gamma(small) + rest + small - small * (small + large).ln()
            + (large - 0.5) * (-ratio).ln_1p();
    }
    -0.5 * large.ln()
        + LN_SQRT_2PI
        + stirling_rest(small)
        + rest
        + (small - 0.5) * ratio.ln()
        + large * (-ratio).ln_1p()
}

/// Both regularised incomplete gamma functions (P, Q) of a > 0 at x ≥ 0; P + Q = 1, and the smaller
/// one is computed directly.
///
/// Formula: Abramowitz and Stegun (1964), 6.5.29 below a + 1 and the continued fraction 6.5.31
/// above it.
fn incomplete_gamma(a: f64, x: f64) -> (f64, f64) {
    if !(a > 0.0 && a <= PARAMETER_MAX && x >= 0.0) {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..TERMS_MAX {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * f64::EPSILON * 0.1 {
                break;
            }
        }
        let p = (front * sum).clamp(0.0, 1.0);
        return (p, 1.0 - p);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for n in 1..TERMS_MAX {
        let n = n as f64;
        let numerator = -n * (n - a);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    let q = (front * fraction).clamp(0.0, 1.0);
    (1.0 - q, q)
}

/// The regularised incomplete beta function I of a, b > 0, at `x` with `y` = 1 − x (both handed in,
/// because near 1 the difference would lose what is left).
///
/// Formula: the continued fraction of the Digital Library of Mathematical Functions, 8.17.22, on the
/// side where it converges fast, and 8.17.4 for the other.
pub fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let inside = a > 0.0 && b > 0.0 && a.max(b) <= PARAMETER_MAX;
    if !(inside && (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)) {
        return f64::NAN;
    }
    if x == 0.0 || y == 0.0 {
        return x;
    }
    let ln_x = if x > 0.5 { (-y).ln_1p() } else { x.ln() };
    let ln_y = if y > 0.5 { (-x).ln_1p() } else { y.ln() };
    let front = (a * ln_x + b * ln_y - ln_beta(a, b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        (front * beta_fraction(a, b, x) / a).clamp(0.0, 1.0)
    } else {
        (1.0 - front * beta_fraction(b, a, y) / b).clamp(0.0, 1.0)
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..TERMS_MAX {
        let m = m as f64;
        let at = a + 2.0 * m;
        let even = m * (b - m) * x / ((at - 1.0) * at);
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        fraction *= c * d;
        let odd = -(a + m) * (a + b + m) * x / (at * (at + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

fn nonzero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// The density of the standard normal distribution.
pub fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z - LN_SQRT_2PI).exp()
}

/// The share of the standard normal distribution below z.
///
/// Formula: Abramowitz and Stegun (1964), 7.1.2 and 6.5.17: Φ(−z) = Q(½, z²/2) / 2 for z ≥ 0.
pub fn normal_cdf(z: f64) -> f64 {
    let (p, q) = incomplete_gamma(0.5, 0.5 * z * z);
    if z < 0.0 { 0.5 * q } else { 0.5 + 0.5 * p }
}

/// The two-sided tail of the standard normal distribution beyond ±z: the p value of a z test.
pub fn normal_two_sided(z: f64) -> f64 {
    incomplete_gamma(0.5, 0.5 * z * z).1
}

/// The z below which a share `p` (0 < p < 1) of the standard normal distribution lies.
///
/// Formula: Abramowitz and Stegun (1964), 26.2.23, made exact by Halley steps on [`normal_cdf`].
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || p <= 0.0 || p >= 1.0 {
        return match p {
            0.0 => f64::NEG_INFINITY,
            1.0 => f64::INFINITY,
            _ => f64::NAN,
        };
    }
    let tail = p.min(1.0 - p);
    let t = (-2.0 * tail.ln()).sqrt();
    let start = t
        - (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    // In the lower tail, where the distribution keeps its relative accuracy.
    let mut z = -start;
    for _ in 0..4 {
        let u = (normal_cdf(z) - tail) / normal_density(z);
        z -= u / (1.0 + 0.5 * z * u);
    }
    if p < 0.5 { z } else { -z }
}

/// The share of Student's distribution with `df` > 0 degrees of freedom below t.
///
/// Formula: Abramowitz and Stegun (1964), 26.7.1, through the incomplete beta function; beyond
/// a million degrees by an expansion around the normal distribution.
pub fn student_cdf(t: f64, df: f64) -> f64 {
    let tail = 0.5 * student_two_sided(t, df);
    if t < 0.0 { tail } else { 1.0 - tail }
}

/// The two-sided tail of Student's distribution beyond ±t: the p value of a t test.
pub fn student_two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if df > DEGREES_MAX {
        // Fisher's expansion (Abramowitz and Stegun, 26.7.8): the third term is below 1e-15.
        let t = t.abs();
        let square = t * t;
        let first = t * (square + 1.0) / (4.0 * df);
        let second = t * (((3.0 * square - 7.0) * square - 5.0) * square - 3.0);
        let terms = first + second / (96.0 * df * df);
        let density = normal_density(t);
        let rest = if density == 0.0 { 0.0 } else { 2.0 * density * terms };
        return (normal_two_sided(t) + rest).clamp(0.0, 1.0);
    }
    let square = t * t;
    if square.is_infinite() {
        return 0.0;
    }
    incomplete_beta(0.5 * df, 0.5, df / (df + square), square / (df + square))
}

/// The t below which a share `p` (0 < p < 1) of Student's distribution lies.
///
/// Formula: bisection on [`student_two_sided`] sped up by Newton steps that stay inside the bracket.
pub fn student_quantile(p: f64, df: f64) -> f64 {
    if p.is_nan() || df.is_nan() || df <= 0.0 || p <= 0.0 || p >= 1.0 {
        return f64::NAN;
    }
    let two_tails = 2.0 * p.min(1.0 - p);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..1_024 {
        if student_two_sided(high, df) <= two_tails || high > f64::MAX / 4.0 {
            break;
        }
        (low, high) = (high, high * 2.0);
    }
    let ln_norm = -ln_beta(0.5 * df, 0.5) - 0.5 * df.ln();
    let mut t = 0.5 * (low + high);
    for _ in 0..200 {
        let gap = student_two_sided(t, df) - two_tails;
        if gap > 0.0 {
            low = t;
        } else {
            high = t;
        }
        let density = (ln_norm - 0.5 * (df + 1.0) * (t * t / df).ln_1p()).exp();
        let newton = t + gap / (2.0 * density);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        let done = (next - t).abs() <= 4.0 * f64::EPSILON * t;
        t = next;
        if done {
            break;
        }
    }
    if p < 0.5 { -t } else { t }
}

/// The share of the χ² distribution with `df` > 0 degrees of freedom below x.
///
/// Formula: Abramowitz and Stegun (1964), 26.4.19.
pub fn chi_squared_cdf(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x).0
}

/// The share of the χ² distribution above x: the p value of a χ² test.
pub fn chi_squared_tail(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x).1
}

/// The natural logarithm of "n choose k"; −∞ where k > n.
pub fn ln_choose(n: u64, k: u64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    let (n, k) = (n as f64, k as f64);
    -(n + 1.0).ln() - ln_beta(n - k + 1.0, k + 1.0)
}

#[cfg(test)]
mod tests;
