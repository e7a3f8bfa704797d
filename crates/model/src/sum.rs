//! Sums that do not depend on the order of their terms.
//!
//! A segment such as `sum(amount) > 500` must give one answer in every evaluator, and evaluators
//! meet the same events in different orders. Adding floating point numbers rounds at every step,
//! so the order would show. Here terms are added exactly and the result is rounded once.

/// An exact running sum of 64-bit floats and integers.
///
/// Terms keep all bits down to 2⁻⁸⁸; what is smaller is rounded term by term, which is also
/// independent of order. Terms beyond ±2⁹⁴ count as ±2⁹⁴. Up to 2³² terms cannot overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExactSum {
    whole: i128,
    fraction: i128,
}

const FRACTION_BITS: u32 = 88;
const TERM_MAX: f64 = 19_807_040_628_566_084_398_385_987_584.0; // 2⁹⁴

impl ExactSum {
    /// Adds a float. NaN is refused at ingest and counts as nothing here.
    pub fn add(&mut self, term: f64) {
        if term.is_nan() {
            return;
        }
        let term = term.clamp(-TERM_MAX, TERM_MAX);
        let whole = term.trunc();
        self.whole += whole as i128;
        self.fraction += ((term - whole) * (1u128 << FRACTION_BITS) as f64) as i128;
    }

    /// Adds an integer.
    pub fn add_int(&mut self, term: i64) {
        self.whole += i128::from(term);
    }

    /// Adds all terms of another sum.
    pub fn merge(&mut self, other: &ExactSum) {
        self.whole += other.whole;
        self.fraction += other.fraction;
    }

    /// The sum, rounded to a float. Equal terms in any order give equal bits.
    pub fn value(&self) -> f64 {
        let mut whole = self.whole + (self.fraction >> FRACTION_BITS);
        let mut fraction = self.fraction & ((1i128 << FRACTION_BITS) - 1);
        if whole < 0 && fraction > 0 {
            whole += 1;
            fraction -= 1i128 << FRACTION_BITS;
        }
        whole as f64 + fraction as f64 / (1u128 << FRACTION_BITS) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_never_shows() {
        let terms = [0.1, 1e15, -0.3, 2.55, 1e-9, -1e15, 7.0, 0.2, 1e300, -1e300];
        let mut forward = ExactSum::default();
        let mut backward = ExactSum::default();
        terms.iter().for_each(|t| forward.add(*t));
        terms.iter().rev().for_each(|t| backward.add(*t));
        assert_eq!(forward, backward);
        assert!((forward.value() - 9.550_000_001).abs() < 1e-12);
    }

    #[test]
    fn a_single_term_comes_back_unchanged() {
        for term in [0.0, 0.1, -0.1, 2.55, 1e-6, 123_456_789.123, -7.0, 4e15] {
            let mut sum = ExactSum::default();
            sum.add(term);
            assert_eq!(sum.value(), term);
        }
    }
}
