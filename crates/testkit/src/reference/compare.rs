//! Comparisons of one value.

use std::cmp::Ordering;

use model::{Text, Value};
use segment::tree::{Case, Op, Order, Test};

/// Whether a value satisfies a test; nothing and null are missing.
pub fn test_holds(test: &Test, value: Option<&Value>) -> bool {
    let Some(value) = value.filter(|v| !v.missing()) else {
        return matches!(test.op, Op::NotExists | Op::Ne(_) | Op::NotIn(_) | Op::NotContains(_));
    };
    let fold = |v: &Value| if test.case == Case::Insensitive { lower(v) } else { v.clone() };
    let ours = fold(value);
    let order = |v: &Value| ours.compare(&fold(v));
    let same = |v: &Value| ours.same(&fold(v));
    let text = |text: &Text| match fold(&Value::Text(text.clone())) {
        Value::Text(text) => text.to_string(),
        _ => String::new(),
    };
    match &test.op {
        Op::Eq(v) => same(v),
        Op::Ne(v) => !same(v),
        Op::Lt(v) => order(v) == Some(Ordering::Less),
        Op::Le(v) => matches!(order(v), Some(Ordering::Less | Ordering::Equal)),
        Op::Gt(v) => order(v) == Some(Ordering::Greater),
        Op::Ge(v) => matches!(order(v), Some(Ordering::Greater | Ordering::Equal)),
        Op::Between(low, high) => {
            matches!(order(low), Some(Ordering::Greater | Ordering::Equal))
                && matches!(order(high), Some(Ordering::Less | Ordering::Equal))
        }
        Op::In(values) => values.iter().any(same),
        Op::NotIn(values) => !values.iter().any(same),
        Op::Contains(part) => contains(&ours, &fold(part)),
        Op::NotContains(part) => !contains(&ours, &fold(part)),
        Op::StartsWith(start) => matches!(&ours, Value::Text(t) if t.starts_with(&text(start))),
        Op::EndsWith(end) => matches!(&ours, Value::Text(t) if t.ends_with(&text(end))),
        Op::Matches(pattern) => matches(value, pattern, test.case),
        Op::Exists => true,
        Op::NotExists => false,
        Op::Version(wanted, other) => version(value, other).is_some_and(|order| match wanted {
            Order::Lt => order == Ordering::Less,
            Order::Le => order != Ordering::Greater,
            Order::Eq => order == Ordering::Equal,
            Order::Ne => order != Ordering::Equal,
            Order::Ge => order != Ordering::Less,
            Order::Gt => order == Ordering::Greater,
        }),
    }
}

fn lower(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::text(&text.to_lowercase()),
        Value::List(items) => Value::List(items.iter().map(lower).collect()),
        other => other.clone(),
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match whole {
        Value::Text(text) => matches!(part, Value::Text(part) if text.contains(part.as_str())),
        Value::List(items) => items.iter().any(|item| item.same(part)),
        _ => false,
    }
}

fn matches(value: &Value, pattern: &str, case: Case) -> bool {
    let pattern = match case {
        Case::Sensitive => pattern.to_owned(),
        Case::Insensitive => format!("(?i){pattern}"),
    };
    let (Value::Text(text), Ok(regex)) = (value, regex::Regex::new(&pattern)) else {
        return false;
    };
    regex.is_match(text)
}

/// The version in a form whose order is that of versions, if it is one.
fn version(value: &Value, other: &str) -> Option<Ordering> {
    let ours = match value {
        Value::Text(text) => text.to_string(),
        Value::Int(n) => format!("{n}"),
        Value::Float(x) => format!("{x}"),
        _ => return None,
    };
    Some(read_version(&ours)?.cmp(&read_version(other)?))
}

/// Numbers, then a pre-release before none. Numbers come before words.
type Version = (Vec<u64>, bool, Vec<Result<u64, String>>);

fn read_version(text: &str) -> Option<Version> {
    let text = text.trim().split('+').next()?;
    let text = text.strip_prefix('v').or(text.strip_prefix('V')).unwrap_or(text);
    let (numbers, pre_release) = text.split_once('-').unwrap_or((text, ""));
    let number = |part: &str| match part.bytes().all(|c| c.is_ascii_digit()) {
        true => part.parse::<u64>().ok(),
        false => None,
    };
    let mut numbers: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    let words = pre_release.split('.').map(|part| number(part).ok_or(part.to_owned()));
    Some((numbers, !text.contains('-'), words.collect()))
}
