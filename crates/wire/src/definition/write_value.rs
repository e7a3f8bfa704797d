//! Printing of comparisons and values.

use model::Value;
use segment::tree::{Case, Op, Order, Test};
use serde_json::{Map, Value as Json, json};

use super::write::put;

/// The fields `op`, `value` and `case`.
pub(super) fn test(map: &mut Map<String, Json>, test: &Test) {
    let (op, operand) = operator(&test.op);
    put(map, "op", op);
    if let Some(operand) = operand {
        put(map, "value", operand);
    }
    if test.case == Case::Insensitive {
        put(map, "case", "insensitive");
    }
}

fn operator(op: &Op) -> (&'static str, Option<Json>) {
    let list = |values: &[Value]| Some(values.iter().map(value).collect());
    match op {
        Op::Eq(operand) => ("eq", Some(value(operand))),
        Op::Ne(operand) => ("ne", Some(value(operand))),
        Op::Lt(operand) => ("lt", Some(value(operand))),
        Op::Le(operand) => ("le", Some(value(operand))),
        Op::Gt(operand) => ("gt", Some(value(operand))),
        Op::Ge(operand) => ("ge", Some(value(operand))),
        Op::Between(from, to) => ("between", Some(json!([value(from), value(to)]))),
        Op::In(values) => ("in", list(values)),
        Op::NotIn(values) => ("not_in", list(values)),
        Op::Contains(operand) => ("contains", Some(value(operand))),
        Op::NotContains(operand) => ("not_contains", Some(value(operand))),
        Op::StartsWith(text) => ("starts_with", Some(Json::from(text.as_str()))),
        Op::EndsWith(text) => ("ends_with", Some(Json::from(text.as_str()))),
        Op::Matches(pattern) => ("matches", Some(Json::from(pattern.as_str()))),
        Op::Exists => ("exists", None),
        Op::NotExists => ("not_exists", None),
        Op::Version(order, version) => (version_name(*order), Some(Json::from(version.as_str()))),
    }
}

fn version_name(order: Order) -> &'static str {
    match order {
        Order::Lt => "version_lt",
        Order::Le => "version_le",
        Order::Eq => "version_eq",
        Order::Ne => "version_ne",
        Order::Ge => "version_ge",
        Order::Gt => "version_gt",
    }
}

/// A value; an instant as an object, because JSON has no instants.
pub(super) fn value(of: &Value) -> Json {
    match of {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => Json::from(*n),
        Value::Float(x) => Json::from(*x),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Time(at) => json!({"time": at.to_string()}),
        Value::List(values) => values.iter().map(value).collect(),
    }
}
