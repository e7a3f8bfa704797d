//! What expressions are worth, and the filters they go through.

use std::borrow::Cow;

use super::Renderer;
use crate::Value;
use crate::template::filter::{Arguments, Work};
use crate::template::parse::{FORLOOP, TABLEROWLOOP};
use crate::template::stop::Stop;
use crate::template::tree::{Call, Chain, Expression, Key, Operator, Path, Symbol};
use crate::value::{DEPTH_MAX, Number};

/// Steps of a path that need no allocation.
const NAMES_INLINE: usize = 6;

impl<'a> Renderer<'a> {
    pub(super) fn chain(&mut self, chain: &'a Chain) -> Result<Value, Stop> {
        let mut value = self.value(&chain.start)?;
        for call in &chain.filters {
            value = self.call(call, value)?;
        }
        Ok(value)
    }

    fn call(&mut self, call: &'a Call, input: Value) -> Result<Value, Stop> {
        self.budget.steps(1)?;
        let start = self.arguments.len();
        for argument in &call.values {
            let value = self.value(argument)?;
            self.arguments.push(value);
        }
        let mut named = Vec::new();
        for (name, argument) in &call.named {
            named.push((name.as_str(), self.value(argument)?));
        }
        let arguments = Arguments { values: &self.arguments[start..], named: &named };
        let mut work = Work::new(self.context, self.escaping, &mut self.budget);
        let result = (call.filter.apply)(&mut work, input, &arguments)?;
        self.arguments.truncate(start);
        let bytes = match &result {
            Value::Text(text) | Value::Markup(text) => text.len(),
            Value::List(items) => std::mem::size_of_val(&**items),
            _ => 0,
        };
        self.budget.work(bytes)?;
        Ok(result)
    }

    pub(super) fn value(&mut self, expression: &'a Expression) -> Result<Value, Stop> {
        Ok(match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Empty | Expression::Blank => Value::text(""),
            Expression::Path(path) => {
                let value = self.path(path)?;
                self.charge(&value)?;
                value
            }
            Expression::Range(bounds) => {
                let (from, to) = self.bounds(bounds)?;
                let n = length(from, to);
                self.budget.range(n as u64)?;
                self.budget.work(n.saturating_mul(size_of::<Value>()))?;
                Value::List((from..=to).map(Value::Int).collect())
            }
            Expression::Compare(compared) => {
                let (left, operator, right) = &**compared;
                Value::Bool(self.compare(left, *operator, right)?)
            }
            Expression::And(both) => {
                let left = self.value(&both.0)?.truthy();
                Value::Bool(left && self.value(&both.1)?.truthy())
            }
            Expression::Or(both) => {
                let left = self.value(&both.0)?.truthy();
                Value::Bool(left || self.value(&both.1)?.truthy())
            }
            Expression::Not(inner) => Value::Bool(!self.value(inner)?.truthy()),
        })
    }

    /// First and last number of a range.
    pub(super) fn bounds(
        &mut self,
        bounds: &'a (Expression, Expression),
    ) -> Result<(i64, i64), Stop> {
        let from = Number::of(&self.value(&bounds.0)?).as_i64();
        let to = Number::of(&self.value(&bounds.1)?).as_i64();
        Ok((from, to))
    }

    fn compare(
        &mut self,
        left: &'a Expression,
        operator: Operator,
        right: &'a Expression,
    ) -> Result<bool, Stop> {
        if matches!(left, Expression::Empty | Expression::Blank) {
            let value = self.value(right)?;
            return self.compare_value(value, operator, left);
        }
        let value = self.value(left)?;
        self.compare_value(value, operator, right)
    }

    fn compare_value(
        &mut self,
        left: Value,
        operator: Operator,
        right: &'a Expression,
    ) -> Result<bool, Stop> {
        match operator {
            Operator::Equal => return self.equals(&left, right),
            Operator::Unequal => return Ok(!self.equals(&left, right)?),
            _ => {}
        }
        let right = self.value(right)?;
        self.charge(&left)?;
        let order = left.order(&right);
        Ok(match operator {
            Operator::Less => order.is_some_and(|o| o.is_lt()),
            Operator::LessOrEqual => order.is_some_and(|o| o.is_le()),
            Operator::Greater => order.is_some_and(|o| o.is_gt()),
            Operator::GreaterOrEqual => order.is_some_and(|o| o.is_ge()),
            _ => left.contains(&right),
        })
    }

    /// Whether a value equals an expression, which may be `empty` or `blank`.
    pub(super) fn equals(&mut self, left: &Value, right: &'a Expression) -> Result<bool, Stop> {
        Ok(match right {
            Expression::Empty => left.empty(),
            Expression::Blank => left.blank(),
            _ => {
                self.charge(left)?;
                left.same(&self.value(right)?)
            }
        })
    }

    /// Takes from the budget what looking at a large value costs.
    fn charge(&mut self, value: &Value) -> Result<(), Stop> {
        const SMALL_BYTES: usize = 256; // looking at less costs no more than a step
        let bytes = value.weight(self.budget.work_left(), DEPTH_MAX);
        if bytes > SMALL_BYTES { self.budget.work(bytes) } else { Ok(()) }
    }

    fn path(&mut self, path: &'a Path) -> Result<Value, Stop> {
        if !self.frames.is_empty()
            && (path.symbol == FORLOOP || path.symbol == TABLEROWLOOP)
            && let Some(value) = self.of_loop(path)
        {
            return Ok(value);
        }
        if let Some(value) = self.local(path.symbol) {
            return self.inside(value, &path.keys);
        }
        if path.plain && path.keys.len() < NAMES_INLINE {
            let mut names = [path.head.as_str(); NAMES_INLINE];
            for (name, key) in names[1..].iter_mut().zip(&path.keys) {
                if let Key::Name(text) = key {
                    *name = text;
                }
            }
            return Ok(self.ask(&names[..=path.keys.len()]));
        }
        self.computed(path)
    }

    /// A path with computed parts, or a very long one.
    fn computed(&mut self, path: &'a Path) -> Result<Value, Stop> {
        let mut keys = Vec::with_capacity(path.keys.len());
        for key in &path.keys {
            keys.push(match key {
                Key::Name(name) => Value::Text(name.clone()),
                Key::Index(index) => self.value(index)?,
            });
        }
        // Whole numbers name things too: rows of a catalog have numbers as ids.
        let texts: Vec<Cow<'_, str>> = keys
            .iter()
            .map_while(|key| match key {
                Value::Int(n) => Some(Cow::Owned(n.to_string())),
                other => other.as_text().map(Cow::Borrowed),
            })
            .collect();
        let names: Vec<&str> =
            std::iter::once(path.head.as_str()).chain(texts.iter().map(|text| &**text)).collect();
        let Some((mut value, used)) = self.scope.find(&names) else { return Ok(Value::Nil) };
        for key in keys.iter().skip(used.saturating_sub(1)) {
            value = value.inside(key);
        }
        Ok(value)
    }

    fn ask(&self, names: &[&str]) -> Value {
        let Some((mut value, used)) = self.scope.find(names) else { return Value::Nil };
        for name in names.iter().skip(used.max(1)) {
            value = value.child(name);
        }
        value
    }

    /// A variable of the template.
    fn local(&self, symbol: Symbol) -> Option<Value> {
        let at = symbol.0 as usize;
        if let Some(value) = self.inner.get(at).and_then(Option::as_ref) {
            return Some(value.clone());
        }
        if let Some(value) = self.assigned.get(at).and_then(Option::as_ref) {
            return Some(value.clone());
        }
        self.counters.get(&symbol.0).map(|n| Value::Int(*n))
    }

    fn inside(&mut self, mut value: Value, keys: &'a [Key]) -> Result<Value, Stop> {
        for key in keys {
            value = match key {
                Key::Name(name) => value.child(name),
                Key::Index(index) => {
                    let index = self.value(index)?;
                    value.inside(&index)
                }
            };
        }
        Ok(value)
    }
}

/// How many whole numbers there are from one to another, both included.
pub(super) fn length(from: i64, to: i64) -> usize {
    let n = i128::from(to) - i128::from(from) + 1;
    usize::try_from(n.max(0)).unwrap_or(usize::MAX)
}
