//! Comparisons and values: `> 50`, `in ["TR"]`, `starts with "a" ignoring case`.

use model::bounds::LIST_MAX;
use model::{Text, Value};

use super::cursor::{Cursor, Parsed};
use super::lexer::{Kind, clip};
use crate::problem::{Problem, code};
use crate::tree::{Case, Op, Order, Test};

/// Words that begin a comparison, for suggestions.
const BEGINNINGS: &[&str] = &[
    "is",
    "in",
    "not",
    "contains",
    "starts",
    "ends",
    "matches",
    "exists",
    "between",
    "version",
    "above",
    "below",
    "exactly",
    "at",
    "more",
    "fewer",
    "less",
    "anniversary",
];

impl Cursor<'_> {
    /// A comparison.
    pub(super) fn test(&mut self) -> Parsed<Test> {
        self.place("op");
        let op = if self.eat(&["is"]) { self.operator_after_is()? } else { self.operator()? };
        let insensitive = self.eat(&["ignoring", "case"]);
        Ok(Test { op, case: if insensitive { Case::Insensitive } else { Case::Sensitive } })
    }

    /// Whether a comparison begins here. `between` and `in` also begin windows: with a date after
    /// `between` or anything but a list after `in` it is not one.
    pub(super) fn begins_test(&self) -> bool {
        match self.kind(0) {
            Kind::Symbol(s) => matches!(*s, "=" | "!=" | "<" | "<=" | ">" | ">="),
            Kind::Word => {
                let two =
                    |first: &str, second: &[&str]| self.is(0, first) && self.is_any(1, second);
                self.is_any(
                    0,
                    &["is", "contains", "matches", "exists", "version", "below", "above"],
                ) || self.is(0, "exactly")
                    || (self.is(0, "in") && self.is_symbol(1, "["))
                    || (self.is(0, "between") && !matches!(self.kind(1), Kind::Instant(_)))
                    || two("not", &["in", "contains", "exists", "exactly"])
                    || two("at", &["least", "most"])
                    || two("starts", &["with"])
                    || two("ends", &["with"])
                    || ["fewer", "less", "more"].iter().any(|w| two(w, &["than"]))
            }
            _ => false,
        }
    }

    fn operator_after_is(&mut self) -> Parsed<Op> {
        if self.begins_test() || self.is(0, "between") {
            return self.operator();
        }
        if self.eat(&["not"]) {
            return Ok(Op::Ne(self.value()?));
        }
        Ok(Op::Eq(self.value()?))
    }

    fn operator(&mut self) -> Parsed<Op> {
        if let Kind::Symbol(symbol) = *self.kind(0)
            && let Some(order) = order(symbol)
        {
            self.skip(1);
            return Ok(compare(order, self.value()?));
        }
        if self.eat(&["not"]) {
            return self.negated();
        }
        let phrases: [(&[&str], Order); 8] = [
            (&["at", "least"], Order::Ge),
            (&["at", "most"], Order::Le),
            (&["exactly"], Order::Eq),
            (&["fewer", "than"], Order::Lt),
            (&["less", "than"], Order::Lt),
            (&["more", "than"], Order::Gt),
            (&["below"], Order::Lt),
            (&["above"], Order::Gt),
        ];
        for (words, order) in phrases {
            if self.eat(words) {
                return Ok(compare(order, self.value()?));
            }
        }
        self.worded()
    }

    fn worded(&mut self) -> Parsed<Op> {
        if self.eat(&["between"]) {
            let from = self.value()?;
            self.word("and")?;
            return Ok(Op::Between(from, self.value()?));
        }
        if self.eat(&["in"]) {
            return Ok(Op::In(self.value_list()?));
        }
        if self.eat(&["contains"]) {
            return Ok(Op::Contains(self.value()?));
        }
        if self.eat(&["starts", "with"]) {
            return Ok(Op::StartsWith(self.text("a text in quotes")?));
        }
        if self.eat(&["ends", "with"]) {
            return Ok(Op::EndsWith(self.text("a text in quotes")?));
        }
        if self.eat(&["matches"]) {
            return Ok(Op::Matches(self.text("a regular expression in quotes")?));
        }
        if self.eat(&["exists"]) {
            return Ok(Op::Exists);
        }
        if self.eat(&["version"]) {
            return self.version();
        }
        Err(self.expected_word("a comparison such as `= \"x\"`, `> 5` or `exists`", BEGINNINGS))
    }

    fn negated(&mut self) -> Parsed<Op> {
        if self.eat(&["in"]) {
            return Ok(Op::NotIn(self.value_list()?));
        }
        if self.eat(&["contains"]) {
            return Ok(Op::NotContains(self.value()?));
        }
        if self.eat(&["exists"]) {
            return Ok(Op::NotExists);
        }
        if self.eat(&["exactly"]) {
            return Ok(Op::Ne(self.value()?));
        }
        let words = &["in", "contains", "exists", "exactly"];
        Err(self.expected_word("`in`, `contains`, `exists` or `exactly`", words))
    }

    fn version(&mut self) -> Parsed<Op> {
        let order = match self.kind(0) {
            Kind::Symbol(symbol) => order(symbol),
            _ => None,
        };
        let Some(order) = order else {
            return Err(self.expected("`=`, `!=`, `<`, `<=`, `>` or `>=`"));
        };
        self.skip(1);
        Ok(Op::Version(order, self.text("a version in quotes, as in \"2.10\"")?))
    }

    /// A value.
    pub(super) fn value(&mut self) -> Parsed<Value> {
        self.place("value");
        let value = match self.kind(0) {
            Kind::Int(n) => Value::Int(*n),
            Kind::Float(x) => Value::Float(*x),
            Kind::Str(text) => Value::Text(Text::new(text)),
            Kind::Instant(at) => Value::Time(*at),
            Kind::Symbol("[") => {
                return self.deeper(|c| Ok(Value::List(c.value_list()?.into_boxed_slice())));
            }
            Kind::Word => return self.word_value(),
            Kind::Span(_) => {
                let hint = "lengths of time are not values; a date is compared with `in last 30d`";
                return Err(self.expected_with("a value", Some(hint.to_owned())));
            }
            _ => return Err(self.expected("a value")),
        };
        self.skip(1);
        Ok(value)
    }

    fn word_value(&mut self) -> Parsed<Value> {
        if self.eat(&["true"]) {
            return Ok(Value::Bool(true));
        }
        if self.eat(&["false"]) {
            return Ok(Value::Bool(false));
        }
        let hint = match self.is(0, "null") {
            true => "write `exists` or `not exists`".to_owned(),
            false => format!("texts stand in quotes: \"{}\"", clip(self.token(0).raw)),
        };
        Err(self.expected_with("a value", Some(hint)))
    }

    /// Values in brackets, with commas between; perhaps none.
    pub(super) fn value_list(&mut self) -> Parsed<Vec<Value>> {
        self.place("value");
        self.symbol("[")?;
        let mut values = Vec::new();
        while !self.eat_symbol("]") {
            if !values.is_empty() && !self.eat_symbol(",") {
                return Err(self.expected("`,` or `]`"));
            }
            if values.len() == LIST_MAX {
                let message = format!("a list has at most {LIST_MAX} values");
                let hint = "use an uploaded list or several segments";
                self.report(Problem::error(code::TOO_LARGE, message).hint(hint));
                return Err(super::cursor::Stop);
            }
            values.push(self.value()?);
        }
        Ok(values)
    }
}

fn order(symbol: &str) -> Option<Order> {
    Some(match symbol {
        "=" => Order::Eq,
        "!=" => Order::Ne,
        "<" => Order::Lt,
        "<=" => Order::Le,
        ">" => Order::Gt,
        ">=" => Order::Ge,
        _ => return None,
    })
}

fn compare(order: Order, value: Value) -> Op {
    match order {
        Order::Eq => Op::Eq(value),
        Order::Ne => Op::Ne(value),
        Order::Lt => Op::Lt(value),
        Order::Le => Op::Le(value),
        Order::Gt => Op::Gt(value),
        Order::Ge => Op::Ge(value),
    }
}
