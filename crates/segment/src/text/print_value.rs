//! Printing of comparisons, values and names.

use model::{Text, Timestamp, Value};

use super::print::Printer;
use super::words::plain;
use crate::tree::{Case, Op, Order, Test};

impl Printer {
    /// A comparison, after a blank.
    pub(super) fn test(&mut self, test: &Test) {
        match &test.op {
            Op::Eq(value) => self.value_after(" = ", value),
            Op::Ne(value) => self.value_after(" != ", value),
            Op::Lt(value) => self.value_after(" < ", value),
            Op::Le(value) => self.value_after(" <= ", value),
            Op::Gt(value) => self.value_after(" > ", value),
            Op::Ge(value) => self.value_after(" >= ", value),
            Op::Between(from, to) => {
                self.value_after(" between ", from);
                self.value_after(" and ", to);
            }
            Op::In(values) => {
                self.add(" in ");
                self.values(values);
            }
            Op::NotIn(values) => {
                self.add(" not in ");
                self.values(values);
            }
            Op::Contains(value) => self.value_after(" contains ", value),
            Op::NotContains(value) => self.value_after(" not contains ", value),
            Op::StartsWith(text) => self.quoted_after(" starts with ", text),
            Op::EndsWith(text) => self.quoted_after(" ends with ", text),
            Op::Matches(pattern) => self.quoted_after(" matches ", pattern),
            Op::Exists => self.add(" exists"),
            Op::NotExists => self.add(" not exists"),
            Op::Version(order, version) => {
                self.quoted_after(&format!(" version {} ", sign(*order)), version);
            }
        }
        if test.case == Case::Insensitive {
            self.add(" ignoring case");
        }
    }

    fn value_after(&mut self, words: &str, value: &Value) {
        self.add(words);
        self.value(value);
    }

    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.add("null"),
            Value::Bool(b) => self.add(if *b { "true" } else { "false" }),
            Value::Int(n) => self.add(&n.to_string()),
            // `Debug` is the shortest form that reads back as the same float, never as an integer.
            Value::Float(x) => self.add(&format!("{x:?}")),
            Value::Text(text) => self.quoted_after("", text),
            Value::Time(at) => self.add(&instant(*at)),
            Value::List(values) => self.values(values),
        }
    }

    pub(super) fn values(&mut self, values: &[Value]) {
        self.add("[");
        for (i, value) in values.iter().enumerate() {
            self.value_after(if i == 0 { "" } else { ", " }, value);
        }
        self.add("]");
    }

    /// ` is "a"` or ` in ["a", "b"]`.
    pub(super) fn is_texts(&mut self, texts: &[Text]) {
        match texts {
            [only] => self.quoted_after(" is ", only),
            _ => {
                self.add(" in ");
                self.texts(texts);
            }
        }
    }

    pub(super) fn texts(&mut self, texts: &[Text]) {
        self.add("[");
        for (i, text) in texts.iter().enumerate() {
            self.quoted_after(if i == 0 { "" } else { ", " }, text);
        }
        self.add("]");
    }

    pub(super) fn quoted_after(&mut self, words: &str, text: &str) {
        self.add(words);
        let quoted = quote(text, '"');
        self.add(&quoted);
    }

    /// A name of a property or attribute, in backticks where it is no plain word.
    pub(super) fn name(&mut self, name: &str) {
        match plain(name) {
            true => self.add(name),
            false => self.add(&quote(name, '`')),
        }
    }

    pub(super) fn names(&mut self, names: &[Text]) {
        for (i, name) in names.iter().enumerate() {
            self.add(if i == 0 { "" } else { ", " });
            self.name(name);
        }
    }
}

/// An instant as the text form writes it: a date where it is midnight in UTC.
pub(super) fn instant(at: Timestamp) -> String {
    let long = at.to_string();
    long.strip_suffix("T00:00:00.000Z").unwrap_or(&long).to_owned()
}

fn quote(text: &str, mark: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            _ if c == mark => {
                quoted.push('\\');
                quoted.push(c);
            }
            _ if c.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted.push(mark);
    quoted
}

fn sign(order: Order) -> &'static str {
    match order {
        Order::Lt => "<",
        Order::Le => "<=",
        Order::Eq => "=",
        Order::Ne => "!=",
        Order::Ge => ">=",
        Order::Gt => ">",
    }
}
