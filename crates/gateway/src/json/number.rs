//! Numbers: whole ones as they are, others as the nearest float.

use super::{Broken, Fault, Reader, Token};

/// A number as it is written.
struct Written {
    negative: bool,
    /// All digits before the exponent as one number, wrapped if they are more than
    /// [`EXACT_DIGITS_MAX`].
    digits: u64,
    n_digits: usize,
    /// How many of them stand after the point.
    n_decimals: usize,
    /// Without those that the decimals give.
    exponent: i32,
    whole: bool,
}

/// So many decimal digits always fit 64 bits.
const EXACT_DIGITS_MAX: usize = 19;

/// Powers of ten that a float holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Whole numbers up to here are floats exactly.
const EXACT_MAX: u64 = 1 << 53;

impl<'a> Reader<'a> {
    /// Reads a number. One beyond all floats is a fault, and 0.
    pub(super) fn number(&mut self) -> Result<Token<'a>, Broken> {
        let start = self.at;
        let written = self.scan_number()?;
        let exact = written.n_digits <= EXACT_DIGITS_MAX;
        if let Some(token) = written.whole_number().filter(|_| exact) {
            return Ok(token);
        }
        if let Some(x) = written.short_float().filter(|_| exact) {
            return Ok(Token::Float(x));
        }
        let text = self.since(start);
        if written.whole
            && let Ok(n) = text.parse::<u64>()
        {
            return Ok(Token::Unsigned(n));
        }
        let x = text.parse::<f64>().unwrap_or(f64::INFINITY);
        if !x.is_finite() {
            self.blame(Fault::Value);
            return Ok(Token::Float(0.0));
        }
        Ok(Token::Float(x))
    }

    /// Passes a number, whatever its value.
    pub(super) fn skip_number(&mut self) -> Result<(), Broken> {
        self.scan_number().map(|_| ())
    }

    fn scan_number(&mut self) -> Result<Written, Broken> {
        let bytes = self.text.as_bytes();
        let negative = bytes.get(self.at) == Some(&b'-');
        let start = self.at + usize::from(negative);
        let (mut digits, mut at) = (0, start);
        scan_digits(bytes, &mut at, &mut digits);
        let n_whole = at - start;
        if n_whole == 0 || (n_whole > 1 && bytes.get(start) == Some(&b'0')) {
            return Err(Broken);
        }
        let mut written = Written {
            negative,
            digits,
            n_digits: n_whole,
            n_decimals: 0,
            exponent: 0,
            whole: true,
        };
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            let start = at;
            scan_digits(bytes, &mut at, &mut written.digits);
            written.n_decimals = at - start;
            written.n_digits += written.n_decimals;
            written.whole = false;
            if written.n_decimals == 0 {
                return Err(Broken);
            }
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            at += 1;
            written.exponent = scan_exponent(bytes, &mut at)?;
            written.whole = false;
        }
        self.at = at;
        Ok(written)
    }
}

fn scan_digits(bytes: &[u8], at: &mut usize, digits: &mut u64) {
    while let Some(byte @ b'0'..=b'9') = bytes.get(*at) {
        *digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        *at += 1;
    }
}

/// An exponent, held within what makes any number zero or too large.
fn scan_exponent(bytes: &[u8], at: &mut usize) -> Result<i32, Broken> {
    let sign = bytes.get(*at);
    if let Some(b'+' | b'-') = sign {
        *at += 1;
    }
    let start = *at;
    let mut exponent: i32 = 0;
    while let Some(byte @ b'0'..=b'9') = bytes.get(*at) {
        exponent = exponent.saturating_mul(10).saturating_add(i32::from(byte - b'0'));
        *at += 1;
    }
    match *at == start {
        true => Err(Broken),
        false if sign == Some(&b'-') => Ok(-exponent),
        false => Ok(exponent),
    }
}

impl Written {
    /// The number, if it is written as a whole one. A negative zero is no whole number.
    fn whole_number<'a>(&self) -> Option<Token<'a>> {
        if !self.whole {
            return None;
        }
        match (self.negative, self.digits) {
            (false, n) => Some(i64::try_from(n).map_or(Token::Unsigned(n), Token::Int)),
            (true, 0) => Some(Token::Float(-0.0)),
            (true, n) => 0_i64.checked_sub_unsigned(n).map(Token::Int),
        }
    }

    /// The number, if one multiplication or division of exact floats gives it, which rounds once.
    fn short_float(&self) -> Option<f64> {
        let tens = i64::from(self.exponent) - i64::try_from(self.n_decimals).ok()?;
        let power = TENS.get(usize::try_from(tens.unsigned_abs()).ok()?)?;
        if self.digits > EXACT_MAX {
            return None;
        }
        let digits = self.digits as f64;
        let x = if tens < 0 { digits / power } else { digits * power };
        Some(if self.negative { -x } else { x })
    }
}
