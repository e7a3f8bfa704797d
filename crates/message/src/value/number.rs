//! Numbers of templates: how they are read from texts, calculated and written.
//!
//! Invariant: whole numbers stay whole as long as they fit into 64 bits, and no result is NaN or
//! infinite.

use std::fmt::Write;

use model::Timestamp;

use super::Value;

/// A number, for calculation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    /// The number of a value. A text counts as the number it begins with, as in `"3 items"`;
    /// everything that has none is zero.
    pub(crate) fn of(value: &Value) -> Number {
        match value {
            Value::Int(n) => Number::Int(*n),
            Value::Float(x) => Number::Float(*x),
            Value::Text(text) | Value::Markup(text) => Number::leading(text),
            Value::Time(at) | Value::Zoned(at, _) => Number::Int(at.0.div_euclid(1_000)),
            _ => Number::Int(0),
        }
    }

    fn leading(text: &str) -> Number {
        let text = text.trim();
        let bytes = text.as_bytes();
        let sign = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let whole = sign + digits(sign);
        if whole == sign {
            return Number::Int(0);
        }
        if bytes.get(whole) == Some(&b'.') {
            let fraction = digits(whole + 1);
            if fraction > 0 {
                return Number::float(text[..whole + 1 + fraction].parse().unwrap_or(0.0));
            }
        }
        match text[..whole].parse() {
            Ok(n) => Number::Int(n),
            Err(_) => Number::float(text[..whole].parse().unwrap_or(0.0)),
        }
    }

    fn float(x: f64) -> Number {
        Number::Float(if x.is_finite() { x } else { 0.0 })
    }

    /// As a float.
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Number::Int(n) => n as f64,
            Number::Float(x) => x,
        }
    }

    /// As a whole number, without its fraction, held inside 64 bits.
    pub(crate) fn as_i64(self) -> i64 {
        match self {
            Number::Int(n) => n,
            // A cast of a float saturates.
            Number::Float(x) => x as i64,
        }
    }

    /// Combines two numbers: whole ones exactly if the result fits, others as floats.
    pub(crate) fn with(
        self,
        other: Number,
        whole: fn(i64, i64) -> Option<i64>,
        float: fn(f64, f64) -> f64,
    ) -> Value {
        if let (Number::Int(a), Number::Int(b)) = (self, other) {
            let beyond = || from_float(float(a as f64, b as f64));
            return whole(a, b).map_or_else(beyond, Value::Int);
        }
        from_float(tidy(float(self.as_f64(), other.as_f64())))
    }
}

/// A float as a value; what is not finite is nothing.
pub(crate) fn from_float(x: f64) -> Value {
    if x.is_finite() { Value::Float(x) } else { Value::Nil }
}

/// The nearest float with 15 significant digits if that is written much shorter, so that 0.1 + 0.2
/// is 0.3: prices are decimal. What has that many digits of its own keeps them.
pub(crate) fn tidy(x: f64) -> f64 {
    const SHORTER_BY: usize = 4; // noise in the last bits adds more digits than that
    let rounded: f64 = format!("{x:.14e}").parse().unwrap_or(x);
    let shorter = rounded.to_string().len() + SHORTER_BY <= x.to_string().len();
    if shorter { rounded } else { x }
}

/// Appends a float in its shortest form, without an exponent; a whole one without a fraction.
pub(crate) fn write_float(x: f64, out: &mut String) {
    let x = if x == 0.0 { 0.0 } else { x };
    // Writing into a text cannot fail.
    let _ = write!(out, "{x}");
}

/// Appends an instant as RFC 3339 with an offset in seconds east of UTC.
pub(super) fn write_instant(at: Timestamp, offset_s: i32, out: &mut String) {
    let wall = Timestamp(at.0.saturating_add(i64::from(offset_s) * 1_000)).to_string();
    out.push_str(wall.trim_end_matches('Z'));
    let minutes = offset_s.unsigned_abs() / 60;
    let sign = if offset_s < 0 { '-' } else { '+' };
    let _ = write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
}
