//! Filters: what they are called, how many arguments they take, and what they do.
//!
//! A filter is a function of its input, its arguments and the context. It never fails on a value:
//! what makes no sense gives nothing, or the input as it was. What it makes is charged to the
//! budget, while it is made if it can be much larger than its input.

mod coding;
mod date;
mod hash;
mod html;
mod list;
mod number;
mod search;
mod text;

use std::borrow::Cow;

use super::context::{Budget, Context, Escaping};
use super::stop::Stop;
use crate::Value;
use crate::value::DEPTH_MAX;

pub(crate) use html::unescape;

/// A filter.
#[derive(Debug)]
pub(crate) struct Filter {
    pub name: &'static str,
    /// The least and the most arguments, without named ones.
    pub arguments: (usize, usize),
    pub apply: fn(&mut Work<'_>, Value, &Arguments<'_>) -> Result<Value, Stop>,
}

const fn filter(
    name: &'static str,
    arguments: (usize, usize),
    apply: fn(&mut Work<'_>, Value, &Arguments<'_>) -> Result<Value, Stop>,
) -> Filter {
    Filter { name, arguments, apply }
}

/// All filters, by subject.
const TABLES: &[&[Filter]] = &[
    text::FILTERS,
    html::FILTERS,
    list::FILTERS,
    search::FILTERS,
    number::FILTERS,
    coding::FILTERS,
    hash::FILTERS,
    date::FILTERS,
];

/// The filter of a name.
pub(super) fn find(name: &str) -> Option<&'static Filter> {
    TABLES.iter().flat_map(|table| table.iter()).find(|filter| filter.name == name)
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|table| table.iter()).map(|filter| filter.name)
}

/// What a filter is called with.
pub(crate) struct Arguments<'a> {
    pub values: &'a [Value],
    pub named: &'a [(&'a str, Value)],
}

impl<'a> Arguments<'a> {
    /// An argument; nothing if it is not written.
    fn at(&self, index: usize) -> &'a Value {
        self.values.get(index).unwrap_or(&Value::Nil)
    }

    /// An argument by its name.
    fn named(&self, name: &str) -> Option<&'a Value> {
        self.named.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// What filters work with.
pub(crate) struct Work<'a> {
    pub context: &'a Context<'a>,
    pub escaping: Escaping,
    pub budget: &'a mut Budget,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        escaping: Escaping,
        budget: &'a mut Budget,
    ) -> Work<'a> {
        Work { context, escaping, budget }
    }

    /// The text of a value; instants in the time zone of the context.
    pub(super) fn text<'v>(&mut self, value: &'v Value) -> Result<Cow<'v, str>, Stop> {
        if let Value::Text(text) | Value::Markup(text) = value {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::new();
        match value {
            Value::Time(_) | Value::Zoned(..) => date::write_default(self.context, value, &mut out),
            Value::List(items) => {
                for item in &**items {
                    let text = self.item_text(item);
                    out.push_str(&text);
                    self.fits(out.len())?;
                }
            }
            value => value.write_text(&mut out, self.budget.work_left(), DEPTH_MAX),
        }
        self.budget.work(out.len())?;
        Ok(Cow::Owned(out))
    }

    /// The text of an element, bounded.
    fn item_text<'v>(&mut self, item: &'v Value) -> Cow<'v, str> {
        match item {
            Value::Text(text) | Value::Markup(text) => Cow::Borrowed(text),
            Value::Time(_) | Value::Zoned(..) => {
                let mut out = String::new();
                date::write_default(self.context, item, &mut out);
                Cow::Owned(out)
            }
            item => {
                let mut out = String::new();
                item.write_text(&mut out, self.budget.work_left(), DEPTH_MAX);
                Cow::Owned(out)
            }
        }
    }

    /// Checks that a text that is being made may have so many bytes.
    fn fits(&mut self, bytes: usize) -> Result<(), Stop> {
        if bytes > self.budget.work_left() { self.budget.work(bytes) } else { Ok(()) }
    }

    /// A text that is in the form of the output if that form is `form`.
    fn form(&self, text: String, form: Escaping) -> Value {
        if self.escaping == form { Value::Markup(text.into()) } else { Value::Text(text.into()) }
    }
}

/// A text made of `input`, which stays in the form of the output if it was.
fn like(input: &Value, text: impl Into<model::Text>) -> Value {
    match input {
        Value::Markup(_) => Value::Markup(text.into()),
        _ => Value::Text(text.into()),
    }
}
