//! Comparisons of one value, and the rules for what is missing.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use model::{Text, Value};
use regex::{Regex, RegexBuilder};

use crate::tree::{Case, Op, Order, Test};

/// Whether a value satisfies a test. Nothing and null are missing, and satisfy only `not_exists`,
/// `ne`, `not_in` and `not_contains`. For many values, use [`CompiledTest`].
pub fn test_holds(test: &Test, value: Option<&Value>) -> bool {
    CompiledTest::new(test).holds(value)
}

/// A test whose regular expression and folded operands are made once.
#[derive(Clone, Debug)]
pub struct CompiledTest {
    op: Op,
    folds: bool,
    /// Of [`Op::Matches`]; nothing if the expression is not valid, then nothing matches.
    regex: Option<Regex>,
}

impl CompiledTest {
    /// Compiles a test. With [`Case::Insensitive`] a regular expression ignores case by its own
    /// rules (simple case folding), everything else by lower-casing both sides.
    pub fn new(test: &Test) -> CompiledTest {
        let folds = test.case == Case::Insensitive;
        let op = if folds { fold_op(&test.op) } else { test.op.clone() };
        let regex = match &op {
            Op::Matches(pattern) => compile(pattern, folds),
            _ => None,
        };
        CompiledTest { op, folds, regex }
    }

    /// Whether a value satisfies the test; nothing and null are missing.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value.filter(|value| !value.missing()) else {
            return matches!(
                self.op,
                Op::NotExists | Op::Ne(_) | Op::NotIn(_) | Op::NotContains(_)
            );
        };
        match self.folds && !matches!(self.op, Op::Matches(_)) {
            true => self.present(&fold(value)),
            false => self.present(value),
        }
    }

    /// Whether a float satisfies the test: what [`CompiledTest::holds`] says of it, without the
    /// detour where a test compares with one number.
    #[inline]
    pub fn holds_float(&self, value: f64) -> bool {
        // Beyond this a whole number may not be a float.
        const EXACT: i64 = 1 << 53;
        let number = |than: &Value| match than {
            Value::Float(x) => Some(*x),
            Value::Int(n) if (-EXACT..=EXACT).contains(n) => Some(*n as f64),
            _ => None,
        };
        let compared = match &self.op {
            Op::Lt(than) => number(than).map(|than| value < than),
            Op::Le(than) => number(than).map(|than| value <= than),
            Op::Gt(than) => number(than).map(|than| value > than),
            Op::Ge(than) => number(than).map(|than| value >= than),
            _ => None,
        };
        compared.unwrap_or_else(|| self.holds(Some(&Value::Float(value))))
    }

    fn present(&self, value: &Value) -> bool {
        let ordered = |than: &Value, wanted: &[Ordering]| {
            value.compare(than).is_some_and(|order| wanted.contains(&order))
        };
        match &self.op {
            Op::Eq(other) => value.same(other),
            Op::Ne(other) => !value.same(other),
            Op::Lt(other) => ordered(other, &[Ordering::Less]),
            Op::Le(other) => ordered(other, &[Ordering::Less, Ordering::Equal]),
            Op::Gt(other) => ordered(other, &[Ordering::Greater]),
            Op::Ge(other) => ordered(other, &[Ordering::Greater, Ordering::Equal]),
            Op::Between(low, high) => {
                ordered(low, &[Ordering::Greater, Ordering::Equal])
                    && ordered(high, &[Ordering::Less, Ordering::Equal])
            }
            Op::In(others) => others.iter().any(|other| value.same(other)),
            Op::NotIn(others) => !others.iter().any(|other| value.same(other)),
            Op::Contains(part) => contains(value, part),
            Op::NotContains(part) => !contains(value, part),
            Op::StartsWith(start) => text(value).is_some_and(|t| t.starts_with(start.as_str())),
            Op::EndsWith(end) => text(value).is_some_and(|t| t.ends_with(end.as_str())),
            Op::Matches(_) => {
                text(value).zip(self.regex.as_ref()).is_some_and(|(t, regex)| regex.is_match(t))
            }
            Op::Exists => true,
            Op::NotExists => false,
            Op::Version(order, other) => version_holds(value, *order, other),
        }
    }
}

/// Expressions that a thread keeps; of more, it begins anew.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<(Text, bool), Option<Regex>>> = RefCell::default();
}

/// Compiles an expression, once for many questions: that takes longer than most of these.
fn compile(pattern: &Text, folds: bool) -> Option<Regex> {
    let build = || RegexBuilder::new(pattern).case_insensitive(folds).build().ok();
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.entry((pattern.clone(), folds)).or_insert_with(build).clone()
    })
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Text(text), Value::Text(part)) => text.contains(part.as_str()),
        (Value::List(items), part) => items.iter().any(|item| item.same(part)),
        _ => false,
    }
}

fn version_holds(value: &Value, wanted: Order, other: &str) -> bool {
    let order = match value {
        Value::Text(text) => crate::version::compare(text, other),
        Value::Int(n) => crate::version::compare(&n.to_string(), other),
        Value::Float(x) => crate::version::compare(&x.to_string(), other),
        _ => None,
    };
    order.is_some_and(|order| match wanted {
        Order::Lt => order.is_lt(),
        Order::Le => order.is_le(),
        Order::Eq => order.is_eq(),
        Order::Ne => order.is_ne(),
        Order::Ge => order.is_ge(),
        Order::Gt => order.is_gt(),
    })
}

fn fold(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(fold_text(text)),
        Value::List(items) => Value::List(items.iter().map(fold).collect()),
        other => other.clone(),
    }
}

fn fold_text(text: &Text) -> Text {
    Text::from(text.as_str().to_lowercase())
}

fn fold_op(op: &Op) -> Op {
    match op {
        Op::Eq(v) => Op::Eq(fold(v)),
        Op::Ne(v) => Op::Ne(fold(v)),
        Op::Lt(v) => Op::Lt(fold(v)),
        Op::Le(v) => Op::Le(fold(v)),
        Op::Gt(v) => Op::Gt(fold(v)),
        Op::Ge(v) => Op::Ge(fold(v)),
        Op::Between(low, high) => Op::Between(fold(low), fold(high)),
        Op::In(values) => Op::In(values.iter().map(fold).collect()),
        Op::NotIn(values) => Op::NotIn(values.iter().map(fold).collect()),
        Op::Contains(v) => Op::Contains(fold(v)),
        Op::NotContains(v) => Op::NotContains(fold(v)),
        Op::StartsWith(text) => Op::StartsWith(fold_text(text)),
        Op::EndsWith(text) => Op::EndsWith(fold_text(text)),
        Op::Matches(_) | Op::Exists | Op::NotExists | Op::Version(..) => op.clone(),
    }
}
