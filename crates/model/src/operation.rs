//! What can be done to one attribute, whose new value follows from the one that it has.

use crate::Value;
use crate::bounds::LIST_MAX;

/// What is done to one attribute.
///
/// An attribute without a value counts as 0 where a number is added and as an empty list elsewhere; a
/// plain value counts as a list of one. A list that grows beyond [`LIST_MAX`] loses values at its
/// other end.
///
/// ```
/// use model::{Operation, Value};
/// let score = Operation::Add(Value::Int(-2)).apply(Value::Int(5));
/// assert_eq!(score, Value::Int(3));
/// let tags = Operation::Union(vec![Value::text("a"), Value::text("b")]).apply(Value::text("a"));
/// assert_eq!(tags, Value::List(Box::new([Value::text("a"), Value::text("b")])));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Sets a value unless the attribute has one.
    SetOnce(Value),
    /// Adds a number, whole or with a fraction; what is no number is replaced by it.
    Add(Value),
    /// Adds values at the end of a list.
    Append(Vec<Value>),
    /// Adds values at the beginning of a list.
    Prepend(Vec<Value>),
    /// Adds those values at the end of a list that it does not have.
    Union(Vec<Value>),
    /// Takes every occurrence of values out of a list.
    Remove(Vec<Value>),
}

impl Operation {
    /// The value after the operation; [`Value::Null`] is none.
    pub fn apply(&self, before: Value) -> Value {
        match self {
            Operation::SetOnce(value) if before.missing() => value.clone(),
            Operation::SetOnce(_) => before,
            Operation::Add(number) => sum(&before, number),
            Operation::Append(values) => {
                let mut list = list(before);
                list.extend(values.iter().cloned());
                latest(list)
            }
            Operation::Prepend(values) => {
                let mut all = values.clone();
                all.extend(list(before));
                all.truncate(LIST_MAX);
                Value::List(all.into())
            }
            Operation::Union(values) => {
                let mut list = list(before);
                for value in values {
                    if !list.contains(value) {
                        list.push(value.clone());
                    }
                }
                latest(list)
            }
            Operation::Remove(values) => {
                let mut list = list(before);
                list.retain(|value| !values.contains(value));
                Value::List(list.into())
            }
        }
    }
}

/// Whole numbers stay whole as long as 64 bits hold them; nothing becomes infinite.
fn sum(before: &Value, number: &Value) -> Value {
    if let (Value::Int(a), Value::Int(b)) = (before, number)
        && let Some(sum) = a.checked_add(*b)
    {
        return Value::Int(sum);
    }
    match (before.number(), number.number()) {
        (Some(a), Some(b)) => Value::Float((a + b).clamp(f64::MIN, f64::MAX)),
        (_, Some(_)) => number.clone(),
        (_, None) => before.clone(),
    }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::List(values) => values.into(),
        plain => vec![plain],
    }
}

fn latest(mut list: Vec<Value>) -> Value {
    let surplus = list.len().saturating_sub(LIST_MAX);
    list.drain(..surplus);
    Value::List(list.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list_of(values: &[i64]) -> Value {
        Value::List(values.iter().map(|n| Value::Int(*n)).collect())
    }

    fn ints(values: &[i64]) -> Vec<Value> {
        values.iter().map(|n| Value::Int(*n)).collect()
    }

    #[test]
    fn numbers_are_added_and_stay_whole_while_they_can() {
        let add = |before: Value, number: Value| Operation::Add(number).apply(before);
        assert!(matches!(add(Value::Null, Value::Int(3)), Value::Int(3)));
        assert!(matches!(add(Value::Int(3), Value::Int(-5)), Value::Int(-2)));
        assert!(matches!(add(Value::Int(1), Value::Float(0.5)), Value::Float(x) if x == 1.5));
        assert!(matches!(add(Value::Int(i64::MAX), Value::Int(1)), Value::Float(x) if x > 9e18));
        let most = add(Value::Float(f64::MAX), Value::Float(f64::MAX));
        assert!(matches!(most, Value::Float(x) if x == f64::MAX));
        assert_eq!(add(Value::text("x"), Value::Int(1)), Value::Int(1));
    }

    #[test]
    fn lists_grow_shrink_and_keep_their_order() {
        assert_eq!(Operation::Append(ints(&[2, 2])).apply(Value::Int(1)), list_of(&[1, 2, 2]));
        assert_eq!(Operation::Prepend(ints(&[3, 4])).apply(list_of(&[1])), list_of(&[3, 4, 1]));
        assert_eq!(Operation::Union(ints(&[1, 2, 2])).apply(list_of(&[1])), list_of(&[1, 2]));
        assert_eq!(Operation::Remove(ints(&[1])).apply(list_of(&[1, 2, 1])), list_of(&[2]));
        assert_eq!(Operation::Remove(ints(&[1])).apply(Value::Null), list_of(&[]));
        assert_eq!(Operation::SetOnce(Value::Int(1)).apply(Value::Int(2)), Value::Int(2));
        assert_eq!(Operation::SetOnce(Value::Int(1)).apply(Value::Null), Value::Int(1));
    }

    #[test]
    fn a_full_list_loses_values_at_its_other_end() {
        let full: Vec<i64> = (0..LIST_MAX as i64).collect();
        let at = |value: &Value, n: usize| match value {
            Value::List(values) => (values.len(), values[n].clone()),
            other => panic!("{other:?}"),
        };
        let appended = Operation::Append(ints(&[-1])).apply(list_of(&full));
        assert_eq!(at(&appended, 0), (LIST_MAX, Value::Int(1)));
        let prepended = Operation::Prepend(ints(&[-1])).apply(list_of(&full));
        assert_eq!(at(&prepended, LIST_MAX - 1), (LIST_MAX, Value::Int(LIST_MAX as i64 - 2)));
    }
}
