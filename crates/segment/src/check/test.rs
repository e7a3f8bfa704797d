//! Checks of comparisons: the kinds of operands, patterns, versions, and what can never be.

use std::cmp::Ordering;

use model::Value;
use model::bounds::{LIST_MAX, TEXT_BYTES_MAX};

use super::Checker;
use crate::catalogue::{Kind, Kinds};
use crate::problem::{Problem, code};
use crate::tree::*;

/// All values that an operator compares with.
pub(super) fn operands(op: &Op) -> Vec<&Value> {
    match op {
        Op::Eq(v) | Op::Ne(v) | Op::Lt(v) | Op::Le(v) | Op::Gt(v) | Op::Ge(v) => vec![v],
        Op::Contains(v) | Op::NotContains(v) => vec![v],
        Op::Between(from, to) => vec![from, to],
        Op::In(values) | Op::NotIn(values) => values.iter().collect(),
        Op::StartsWith(_)
        | Op::EndsWith(_)
        | Op::Matches(_)
        | Op::Exists
        | Op::NotExists
        | Op::Version(..) => vec![],
    }
}

impl Checker<'_> {
    /// Checks a comparison of something of these kinds, if they are known. `what` and `name` say
    /// of what, as in `property` and `amount`.
    pub(super) fn test(&mut self, test: &Test, kinds: Option<Kinds>, what: &str, name: &str) {
        for value in operands(&test.op) {
            self.at("value", |c| c.operand(value));
        }
        self.operator(&test.op);
        if test.case == Case::Insensitive && !takes_text(&test.op) {
            let problem =
                Problem::warning(code::WRONG_TYPE, "letter case only matters among texts");
            self.at("case", |c| c.report(problem.hint("remove `ignoring case`")));
        }
        if let Some(kinds) = kinds {
            self.kinds(&test.op, kinds, what, name);
        }
    }

    fn operand(&mut self, value: &Value) {
        match value {
            Value::Null => {
                let problem = Problem::error(code::WRONG_TYPE, "nothing equals null");
                self.report(problem.found("null").hint("use `exists` or `not exists`"));
            }
            Value::Float(x) if !x.is_finite() => {
                let problem = Problem::error(code::WRONG_TYPE, format!("{x} is not a number"));
                self.report(problem.found(x.to_string()).expected("a finite number"));
            }
            Value::Text(text) if text.len() > TEXT_BYTES_MAX => {
                let message =
                    format!("a text has {} bytes, more than {TEXT_BYTES_MAX}", text.len());
                self.report(Problem::error(code::TOO_LARGE, message));
            }
            Value::List(items) => items.iter().for_each(|item| self.operand(item)),
            _ => {}
        }
    }

    fn operator(&mut self, op: &Op) {
        match op {
            Op::Lt(value) | Op::Le(value) | Op::Gt(value) | Op::Ge(value) => self.ordered(value),
            Op::Between(from, to) => {
                self.ordered(from);
                self.ordered(to);
                let message = match from.compare(to) {
                    Some(Ordering::Less | Ordering::Equal) => return,
                    Some(Ordering::Greater) => "the first value is greater than the second",
                    None => "the two values have no order between them",
                };
                let problem = Problem::error(code::WRONG_RANGE, message)
                    .expected("two values of one kind, the lower one first");
                self.at("value", |c| c.report(problem));
            }
            Op::In(values) | Op::NotIn(values) => {
                if values.is_empty() {
                    self.at("value", |c| c.empty("the list has no values"));
                } else if values.len() > LIST_MAX {
                    let message =
                        format!("a list has {} values, more than {LIST_MAX}", values.len());
                    self.at("value", |c| c.report(Problem::error(code::TOO_LARGE, message)));
                }
            }
            Op::Matches(pattern) => self.pattern(pattern),
            Op::Version(_, version) if !crate::version::valid(version) => {
                let problem =
                    Problem::error(code::WRONG_TYPE, format!("\"{version}\" is not a version"))
                        .found(version.as_str())
                        .expected("whole numbers joined by dots, as in \"2.10\"");
                self.at("value", |c| c.report(problem));
            }
            _ => {}
        }
    }

    fn ordered(&mut self, value: &Value) {
        if let Value::List(_) = value {
            let problem = Problem::error(code::WRONG_TYPE, "a list is not less or greater")
                .found("a list")
                .expected("a number, a text or a time")
                .hint("use `contains` or `in`");
            self.at("value", |c| c.report(problem));
        }
    }

    fn pattern(&mut self, pattern: &str) {
        if let Err(error) = regex::Regex::new(pattern) {
            let whole = error.to_string();
            let reason = whole.lines().last().unwrap_or(&whole).trim_start_matches("error: ");
            let problem = Problem::error(
                code::WRONG_PATTERN,
                format!("the regular expression \"{pattern}\" cannot be read: {reason}"),
            )
            .found(pattern)
            .expected("a regular expression without look-around and back-references")
            .hint("for a plain part of a text use `contains`");
            self.at("value", |c| c.report(problem));
        }
    }

    /// Warns when no value that was seen can satisfy the comparison.
    fn kinds(&mut self, op: &Op, kinds: Kinds, what: &str, name: &str) {
        let fits = match op {
            Op::Exists | Op::NotExists => true,
            Op::StartsWith(_) | Op::EndsWith(_) | Op::Matches(_) => kinds.has(Kind::Text),
            Op::Version(..) => {
                [Kind::Text, Kind::Int, Kind::Float].into_iter().any(|kind| kinds.has(kind))
            }
            Op::Contains(_) | Op::NotContains(_) => kinds.has(Kind::Text) || kinds.has(Kind::List),
            _ => {
                let operands = operands(op);
                operands.is_empty() || operands.into_iter().any(|value| comparable(value, kinds))
            }
        };
        if !fits {
            let seen = kinds.names();
            let problem = Problem::warning(
                code::WRONG_TYPE,
                format!("{what} \"{name}\" is {seen} so far, which never compares so"),
            )
            .found(operands(op).first().and_then(|v| Kind::of(v)).map_or("a text", Kind::name))
            .expected(seen);
            self.at("value", |c| c.report(problem));
        }
    }

    /// Checks that a measured number is compared with numbers.
    pub(super) fn number_test(&mut self, test: &Test, measure: &str) {
        let number = |value: &Value| value.number().is_some();
        let fits = match &test.op {
            Op::Exists | Op::NotExists => true,
            Op::Contains(_) | Op::NotContains(_) => false,
            Op::StartsWith(_) | Op::EndsWith(_) | Op::Matches(_) | Op::Version(..) => false,
            op => operands(op).into_iter().all(number),
        };
        if !fits {
            let problem =
                Problem::error(code::WRONG_TYPE, format!("{measure} is a number, not a text"))
                    .expected("a comparison with a number");
            self.at("value", |c| c.report(problem));
        }
    }
}

fn comparable(value: &Value, kinds: Kinds) -> bool {
    match Kind::of(value) {
        Some(Kind::Int | Kind::Float) => kinds.has(Kind::Int) || kinds.has(Kind::Float),
        Some(Kind::Time) => kinds.has(Kind::Time) || kinds.has(Kind::Text),
        Some(Kind::Text) => kinds.has(Kind::Text) || kinds.has(Kind::Time),
        Some(kind) => kinds.has(kind),
        None => true,
    }
}

fn takes_text(op: &Op) -> bool {
    match op {
        Op::StartsWith(_) | Op::EndsWith(_) | Op::Matches(_) => true,
        Op::Exists | Op::NotExists | Op::Version(..) => false,
        _ => operands(op).into_iter().any(|v| matches!(v, Value::Text(_) | Value::List(_))),
    }
}
