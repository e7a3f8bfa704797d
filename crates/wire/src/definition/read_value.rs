//! Reading of comparisons and values.

use model::bounds::LIST_MAX;
use model::{Text, Timestamp, Value};
use segment::problem::{Problem, code};
use segment::tree::{Case, Op, Order, Test};
use serde_json::Value as Json;

use super::reader::{Fields, Reader, describe};
use super::wrong;

/// What an operator takes.
#[derive(Clone, Copy)]
enum Takes {
    Nothing(fn() -> Op),
    Value(fn(Value) -> Op),
    Two,
    List(fn(Vec<Value>) -> Op),
    Text(fn(Text) -> Op),
    Version(Order),
}

const OPERATORS: &[(&str, Takes)] = &[
    ("eq", Takes::Value(Op::Eq)),
    ("ne", Takes::Value(Op::Ne)),
    ("lt", Takes::Value(Op::Lt)),
    ("le", Takes::Value(Op::Le)),
    ("gt", Takes::Value(Op::Gt)),
    ("ge", Takes::Value(Op::Ge)),
    ("between", Takes::Two),
    ("in", Takes::List(Op::In)),
    ("not_in", Takes::List(Op::NotIn)),
    ("contains", Takes::Value(Op::Contains)),
    ("not_contains", Takes::Value(Op::NotContains)),
    ("starts_with", Takes::Text(Op::StartsWith)),
    ("ends_with", Takes::Text(Op::EndsWith)),
    ("matches", Takes::Text(Op::Matches)),
    ("exists", Takes::Nothing(|| Op::Exists)),
    ("not_exists", Takes::Nothing(|| Op::NotExists)),
    ("version_lt", Takes::Version(Order::Lt)),
    ("version_le", Takes::Version(Order::Le)),
    ("version_eq", Takes::Version(Order::Eq)),
    ("version_ne", Takes::Version(Order::Ne)),
    ("version_ge", Takes::Version(Order::Ge)),
    ("version_gt", Takes::Version(Order::Gt)),
];

impl Reader {
    /// The fields `op`, `value` and `case`.
    pub(super) fn test(&mut self, fields: &mut Fields) -> Option<Test> {
        let op = self.required(fields, "op", "an operator such as \"eq\"");
        let takes = op.and_then(|json| self.word("op", json, OPERATORS));
        let value = fields.get("value");
        let case = match fields.get("case") {
            Some(json) => {
                let words = &[("insensitive", Case::Insensitive), ("sensitive", Case::Sensitive)];
                self.word("case", json, words)
            }
            None => Some(Case::Sensitive),
        };
        let op = self.operator(takes?, value);
        Some(Test { op: op?, case: case? })
    }

    fn operator(&mut self, takes: Takes, value: Option<&Json>) -> Option<Op> {
        if let Takes::Nothing(make) = takes {
            if let Some(json) = value {
                self.expected("value", json, "no value for this operator");
            }
            return Some(make());
        }
        let Some(json) = value else {
            let problem = Problem::error(code::SYNTAX, "the field \"value\" is missing or null");
            let hint =
                "to ask whether there is a value use the operators `exists` and `not_exists`";
            self.report(problem.expected("what to compare with").hint(hint));
            return None;
        };
        match takes {
            Takes::Nothing(make) => Some(make()),
            Takes::Value(make) => self.at("value", |r| r.value(json)).map(make),
            Takes::List(make) => self.values("value", json).map(make),
            Takes::Two => {
                let mut two = self.values("value", json)?;
                if two.len() != 2 {
                    self.expected("value", json, "a list of two values");
                    return None;
                }
                let to = two.pop()?;
                Some(Op::Between(two.pop()?, to))
            }
            Takes::Text(make) => self.at("value", |r| r.text_here(json)).map(make),
            Takes::Version(order) => {
                let version = self.at("value", |r| r.text_here(json))?;
                Some(Op::Version(order, version))
            }
        }
    }

    fn values(&mut self, field: &str, json: &Json) -> Option<Vec<Value>> {
        if json.as_array().is_some_and(|items| items.len() > LIST_MAX) {
            let message = format!("a list has at most {LIST_MAX} values");
            self.at(field, |r| r.report(Problem::error(code::TOO_LARGE, message)));
            return None;
        }
        self.list(field, json, Self::value)
    }

    /// A value, or a list of values.
    pub(super) fn one_or_more_values(&mut self, field: &str, json: &Json) -> Option<Vec<Value>> {
        match json {
            Json::Array(_) => self.values(field, json),
            _ => self.at(field, |r| r.value(json)).map(|value| vec![value]),
        }
    }

    /// The value at the present path.
    pub(super) fn value(&mut self, json: &Json) -> Option<Value> {
        match json {
            Json::Null => {
                let problem = wrong("null", "a value");
                self.report(problem.hint("use the operators `exists` and `not_exists`"));
                None
            }
            Json::Bool(b) => Some(Value::Bool(*b)),
            Json::String(text) => Some(Value::Text(Text::new(text))),
            Json::Number(number) => self.number(number),
            Json::Array(items) if items.len() > LIST_MAX => {
                let message = format!("a list has at most {LIST_MAX} values");
                self.report(Problem::error(code::TOO_LARGE, message));
                None
            }
            Json::Array(items) => {
                let values: Option<Vec<Value>> = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| self.at(&format!("[{i}]"), |r| r.value(item)))
                    .collect();
                values.map(|values| Value::List(values.into_boxed_slice()))
            }
            Json::Object(map) => {
                let at = match (map.len(), map.get("time")) {
                    (1, Some(Json::String(text))) => Timestamp::parse(text).ok(),
                    _ => None,
                };
                if at.is_none() {
                    let what = "a value, or an instant as {\"time\": \"2026-03-01T09:00:00Z\"}";
                    self.report(wrong(&describe(json), what));
                }
                at.map(Value::Time)
            }
        }
    }

    fn number(&mut self, number: &serde_json::Number) -> Option<Value> {
        if let Some(n) = number.as_i64() {
            return Some(Value::Int(n));
        }
        if number.is_f64() {
            return number.as_f64().map(Value::Float);
        }
        let found = number.to_string();
        let problem =
            Problem::error(code::SYNTAX, format!("{found} is too large for a whole number"));
        self.report(problem.found(found).hint("write it with a point, as in 1.0e19"));
        None
    }
}
