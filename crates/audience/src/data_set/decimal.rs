//! Exact decimal numbers as money is written: no sum of prices depends on binary rounding.

use std::fmt;
use std::ops::{AddAssign, Mul};

/// Decimal places that an amount keeps.
const PLACES: u32 = 4;
/// Digits of a number from outside: above any price, below overflow of 128 bits when multiplied
/// by a 64-bit quantity.
const DIGITS_MAX: usize = 18;

/// A written decimal: `mantissa ÷ 10^places`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: i128,
    places: u32,
}

/// Money in ten-thousandths of the currency's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Amount(i128);

impl Decimal {
    /// Reads `-12.50`; at most 18 digits, no exponent.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let n_digits = whole.len() + fraction.len();
        if whole.is_empty() || n_digits > DIGITS_MAX {
            return None;
        }
        let mut mantissa = 0i128;
        for c in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa * 10 + i128::from(c.is_ascii_digit().then(|| c - b'0')?);
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Some(Decimal { mantissa, places: fraction.len() as u32 })
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i128 {
        self.mantissa.signum()
    }

    /// Rounded to four places, halves away from zero.
    pub fn amount(self) -> Amount {
        if self.places <= PLACES {
            return Amount(self.mantissa * 10i128.pow(PLACES - self.places));
        }
        let unit = 10i128.pow(self.places - PLACES);
        let magnitude = (self.mantissa.abs() + unit / 2) / unit;
        Amount(self.mantissa.signum() * magnitude)
    }

    /// The nearest float.
    pub fn float(self) -> f64 {
        self.mantissa as f64 / 10f64.powi(self.places as i32)
    }
}

impl Mul<i64> for Decimal {
    type Output = Decimal;
    fn mul(self, n: i64) -> Decimal {
        Decimal { mantissa: self.mantissa * i128::from(n), places: self.places }
    }
}

impl Amount {
    /// The nearest float.
    pub fn float(self) -> f64 {
        self.0 as f64 / 10_000.0
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.0 += other.0;
    }
}

/// With all four places.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.abs() / 10_000, self.0.abs() % 10_000);
        write!(f, "{sign}{whole}.{fraction:04}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(price: &str, n: i64, expected: &str) {
        assert_eq!((Decimal::parse(price).unwrap() * n).amount().to_string(), expected);
    }

    #[test]
    fn products_are_exact_and_rounded_once() {
        check("2.55", 6, "15.3000");
        check("0.001", 3, "0.0030");
        check("11062.06", -1, "-11062.0600");
        check("0.00005", 1, "0.0001");
        check("-0.00005", 1, "-0.0001");
        check("0.00004", 1, "0.0000");
        check("7", 2, "14.0000");
        assert_eq!(Decimal::parse("0.1").unwrap().float(), 0.1);
    }

    #[test]
    fn what_is_not_a_decimal_is_refused() {
        for text in ["", "-", ".5", "1e5", "1,5", "12345678901234567890", "NaN", "+1", "1.2.3"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
