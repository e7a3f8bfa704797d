//! Filters of numbers.

use super::{Arguments, Filter, Work, filter};
use crate::Value;
use crate::template::stop::Stop;
use crate::value::{Number, from_float, tidy};

/// Digits after the point that can be asked for: a float has no more.
const DIGITS_MAX: i64 = 15;

pub(super) const FILTERS: &[Filter] = &[
    filter("plus", (1, 1), |_, v, a| with(&v, a, i64::checked_add, |a, b| a + b)),
    filter("minus", (1, 1), |_, v, a| with(&v, a, i64::checked_sub, |a, b| a - b)),
    filter("times", (1, 1), |_, v, a| with(&v, a, i64::checked_mul, |a, b| a * b)),
    filter("divided_by", (1, 2), divided_by),
    filter("modulo", (1, 1), modulo),
    filter("abs", (0, 0), |_, v, _| {
        Ok(match Number::of(&v) {
            Number::Int(n) => n.checked_abs().map_or(Value::Float(-(n as f64)), Value::Int),
            Number::Float(x) => Value::Float(x.abs()),
        })
    }),
    filter("at_least", (1, 1), |_, v, a| Ok(nearer(&v, a.at(0), f64::ge))),
    filter("at_most", (1, 1), |_, v, a| Ok(nearer(&v, a.at(0), f64::le))),
    filter("ceil", (0, 0), |_, v, _| Ok(whole(Number::of(&v), f64::ceil))),
    filter("floor", (0, 0), |_, v, _| Ok(whole(Number::of(&v), f64::floor))),
    filter("to_integer", (0, 0), |_, v, _| Ok(whole(Number::of(&v), f64::trunc))),
    filter("round", (0, 1), round),
    filter("number_with_delimiter", (0, 1), |w, v, _| {
        let text = w.text(&v)?;
        Ok(Value::Text(delimited(&text).into()))
    }),
    filter("number", (0, 1), |w, v, a| {
        let digits = digits(a.at(0));
        Ok(Value::Text(w.context.locale.number(Number::of(&v).as_f64(), digits).into()))
    }),
    filter("money", (0, 1), money),
];

fn with(
    input: &Value,
    arguments: &Arguments<'_>,
    whole: fn(i64, i64) -> Option<i64>,
    float: fn(f64, f64) -> f64,
) -> Result<Value, Stop> {
    Ok(Number::of(input).with(Number::of(arguments.at(0)), whole, float))
}

/// Whole numbers give the next lower whole number; dividing by zero gives nothing.
fn divided_by(_: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let (a, b) = (Number::of(&input), Number::of(arguments.at(0)));
    if b.as_f64() == 0.0 {
        return Ok(Value::Nil);
    }
    Ok(a.with(b, floor_divide, |a, b| a / b))
}

fn floor_divide(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// What is left after dividing; it has the sign of the divisor.
fn modulo(_: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let (a, b) = (Number::of(&input), Number::of(arguments.at(0)));
    if b.as_f64() == 0.0 {
        return Ok(Value::Nil);
    }
    let whole = |a: i64, b: i64| a.checked_sub(b.checked_mul(floor_divide(a, b)?)?);
    Ok(a.with(b, whole, |a, b| a - b * (a / b).floor()))
}

/// The input if it passes, otherwise the bound.
fn nearer(input: &Value, bound: &Value, passes: fn(&f64, &f64) -> bool) -> Value {
    let (a, b) = (Number::of(input), Number::of(bound));
    let kept = if passes(&a.as_f64(), &b.as_f64()) { a } else { b };
    match kept {
        Number::Int(n) => Value::Int(n),
        Number::Float(x) => Value::Float(x),
    }
}

/// A whole number; floats beyond 64 bits stay floats.
fn whole(number: Number, round: fn(f64) -> f64) -> Value {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2⁶³
    match number {
        Number::Int(n) => Value::Int(n),
        Number::Float(x) if x.abs() < LIMIT => Value::Int(round(x) as i64),
        Number::Float(x) => Value::Float(x),
    }
}

/// To so many digits after the point (none if not written), halves away from zero.
fn round(_: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let number = Number::of(&input);
    let digits = Number::of(arguments.at(0)).as_i64().clamp(-DIGITS_MAX, DIGITS_MAX);
    if digits == 0 {
        return Ok(whole(number, f64::round));
    }
    if let (Number::Int(n), true) = (number, digits > 0) {
        return Ok(Value::Int(n));
    }
    let scale = 10f64.powi(digits as i32);
    let rounded = from_float(tidy((tidy(number.as_f64() * scale)).round() / scale));
    Ok(if digits < 0 { whole(Number::of(&rounded), f64::round) } else { rounded })
}

/// A number of digits after the point; `None` if it is not written.
fn digits(value: &Value) -> Option<usize> {
    match value {
        Value::Nil => None,
        value => Some(Number::of(value).as_i64().clamp(0, DIGITS_MAX) as usize),
    }
}

/// Commas between groups of three digits, in every language; what is no number stays as it is.
fn delimited(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.to_owned();
    }
    let grouped = crate::locale::group(digits, ",", 4);
    let sign = if digits.len() < whole.len() { "-" } else { "" };
    let point = if text.contains('.') { "." } else { "" };
    format!("{sign}{grouped}{point}{fraction}")
}

/// An amount in a currency (`"TRY"`), written as people of the locale do.
fn money(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    if input.is_nil() {
        return Ok(Value::Nil);
    }
    let currency = work.text(arguments.at(0))?;
    let written = work.context.locale.money(Number::of(&input).as_f64(), &currency);
    Ok(Value::Text(written.into()))
}
