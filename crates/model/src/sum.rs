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
    /// The sum of nothing.
    pub const ZERO: ExactSum = ExactSum { whole: 0, fraction: 0 };

    /// Adds a float. NaN is refused at ingest and counts as nothing here.
    pub fn add(&mut self, term: f64) {
        if self.add_plain(term) || term.is_nan() {
            return;
        }
        let term = term.clamp(-TERM_MAX, TERM_MAX);
        let whole = term.trunc();
        self.whole += whole as i128;
        self.fraction += ((term - whole) * (1u128 << FRACTION_BITS) as f64) as i128;
    }

    /// Adds a float of ordinary size by its bits alone; false, and nothing added, for others.
    #[inline]
    fn add_plain(&mut self, term: f64) -> bool {
        const MANTISSA: u64 = (1 << 52) - 1;
        let bits = term.to_bits();
        // The term is the mantissa ÷ 2^scale; the smallest of these scales is that of 2⁵².
        let scale = 1_075 - (bits >> 52 & 0x7ff) as i64;
        if !(1..=FRACTION_BITS as i64).contains(&scale) {
            return false;
        }
        let mantissa = bits & MANTISSA | 1 << 52;
        let whole = if scale < 64 { mantissa >> scale } else { 0 };
        let rest = i128::from(mantissa) - (i128::from(whole) << scale);
        let fraction = rest << (i64::from(FRACTION_BITS) - scale);
        match bits >> 63 {
            0 => {
                self.whole += i128::from(whole);
                self.fraction += fraction;
            }
            _ => {
                self.whole -= i128::from(whole);
                self.fraction -= fraction;
            }
        }
        true
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

    /// Whole and fractional sums of the terms, from which [`ExactSum::of_parts`] makes it again.
    pub fn parts(&self) -> (i128, i128) {
        (self.whole, self.fraction)
    }

    /// What [`ExactSum::parts`] gave.
    pub fn of_parts(whole: i128, fraction: i128) -> ExactSum {
        ExactSum { whole, fraction }
    }

    /// The sum, rounded to a float. Equal terms in any order give equal bits.
    pub fn value(&self) -> f64 {
        let mut whole = self.whole + (self.fraction >> FRACTION_BITS);
        let mut fraction = self.fraction & ((1i128 << FRACTION_BITS) - 1);
        if whole < 0 && fraction > 0 {
            whole += 1;
            fraction -= 1i128 << FRACTION_BITS;
        }
        rounded(whole) + rounded(fraction) / (1u128 << FRACTION_BITS) as f64
    }
}

/// `number as f64`, quicker for what has at most 63 bits from its first to its last: multiplying by
/// a power of two does not round.
#[inline]
fn rounded(number: i128) -> f64 {
    let zeros = number.trailing_zeros();
    if zeros >= 64 {
        return number as f64;
    }
    match i64::try_from(number >> zeros) {
        Ok(short) => short as f64 * (1u64 << zeros) as f64,
        Err(_) => number as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_way_rounds_as_the_long_one() {
        for n in 0..20_000i128 {
            let mixed = n.wrapping_mul(0x1E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
            for number in [mixed >> (n % 127), mixed << (n % 127), -n, n << 70] {
                assert_eq!(rounded(number).to_bits(), (number as f64).to_bits(), "{number}");
            }
        }
    }

    #[test]
    fn bits_alone_give_the_same_sum() {
        let slow = |term: f64| {
            let whole = term.trunc();
            let fraction = ((term - whole) * (1u128 << FRACTION_BITS) as f64) as i128;
            ExactSum { whole: whole as i128, fraction }
        };
        for n in 0..4_000u64 {
            let term = f64::from_bits(
                n.wrapping_mul(0x9E37_79B9_7F4A_7C15) & !(0x7ff << 52) | (980 + n % 100) << 52,
            );
            let mut sum = ExactSum::default();
            if sum.add_plain(term) {
                assert_eq!(sum, slow(term), "{term}");
            }
        }
        let mut sum = ExactSum::default();
        assert!(sum.add_plain(19.99) && sum.add_plain(-0.25) && !sum.add_plain(f64::NAN));
        assert!(!sum.add_plain(0.0) && !sum.add_plain(1e300) && !sum.add_plain(1e-30));
        assert_eq!(sum.value(), 19.74);
    }

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
