//! `for`, `tablerow`, and what `forloop` says inside them.

use std::fmt::Write;
use std::sync::Arc;

use super::values::length;
use super::{Flow, Frame, Renderer};
use crate::Value;
use crate::template::parse::TABLEROWLOOP;
use crate::template::stop::Stop;
use crate::template::tree::{Expression, For, Key, Offset, Path};
use crate::value::{Number, int};

/// What a loop goes over.
enum Items {
    Range(i64, i64),
    List(Arc<[Value]>),
}

impl Items {
    fn length(&self) -> usize {
        match self {
            Items::Range(from, to) => length(*from, *to),
            Items::List(items) => items.len(),
        }
    }

    fn at(&self, index: usize) -> Value {
        match self {
            Items::Range(from, _) => Value::Int(from.saturating_add(index as i64)),
            Items::List(items) => items.get(index).cloned().unwrap_or_default(),
        }
    }
}

/// The part of the items that a loop goes over: first index and length.
struct Part {
    items: Items,
    first: usize,
    length: usize,
}

impl<'a> Renderer<'a> {
    pub(super) fn for_loop(&mut self, node: &'a For, out: &mut String) -> Result<Flow, Stop> {
        let part = self.part(node)?;
        let symbol = node.variable.0 as usize;
        if part.length == 0 {
            return match &node.otherwise {
                Some(block) => self.block(block, out),
                None => Ok(Flow::Next),
            };
        }
        let outer = self.inner[symbol].take();
        self.frames.push(Frame { length: part.length, index: 0, columns: None });
        for index in 0..part.length {
            self.budget.iteration()?;
            self.at(index);
            let place = if node.reversed { part.length - 1 - index } else { index };
            self.inner[symbol] = Some(part.items.at(part.first + place));
            if self.block(&node.body, out)? == Flow::Break {
                break;
            }
        }
        self.frames.pop();
        self.inner[symbol] = outer;
        Ok(Flow::Next)
    }

    pub(super) fn table(&mut self, node: &'a For, out: &mut String) -> Result<Flow, Stop> {
        let part = self.part(node)?;
        let columns = match &node.columns {
            Some(columns) => count(&self.value(columns)?).filter(|n| *n > 0),
            None => None,
        };
        let columns = columns.unwrap_or(part.length.max(1));
        let symbol = node.variable.0 as usize;
        let outer = self.inner[symbol].take();
        self.frames.push(Frame { length: part.length, index: 0, columns: Some(columns) });
        for index in 0..part.length {
            self.budget.iteration()?;
            self.at(index);
            let (row, column) = (index / columns + 1, index % columns + 1);
            if column == 1 {
                let end = if row > 1 { "</tr>" } else { "" };
                // Writing into a text cannot fail.
                let _ = write!(out, "{end}<tr class=\"row{row}\">");
            }
            let _ = write!(out, "<td class=\"col{column}\">");
            let place = if node.reversed { part.length - 1 - index } else { index };
            self.inner[symbol] = Some(part.items.at(part.first + place));
            let flow = self.block(&node.body, out)?;
            out.push_str("</td>");
            if flow == Flow::Break {
                break;
            }
        }
        if part.length > 0 {
            out.push_str("</tr>");
        }
        self.check(out)?;
        self.frames.pop();
        self.inner[symbol] = outer;
        Ok(Flow::Next)
    }

    fn at(&mut self, index: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.index = index;
        }
    }

    fn part(&mut self, node: &'a For) -> Result<Part, Stop> {
        let items = self.items(&node.list)?;
        let n = items.length();
        let first = match &node.offset {
            Offset::Start => 0,
            Offset::At(offset) => count(&self.value(offset)?).unwrap_or(0),
            Offset::Continue => self.ended.get(&node.name).copied().unwrap_or(0),
        };
        let limit = match &node.limit {
            Some(limit) => count(&self.value(limit)?).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let first = first.min(n);
        let length = (n - first).min(limit);
        self.ended.insert(node.name.clone(), first + length);
        Ok(Part { items, first, length })
    }

    fn items(&mut self, list: &'a Expression) -> Result<Items, Stop> {
        if let Expression::Range(bounds) = list {
            let (from, to) = self.bounds(bounds)?;
            return Ok(Items::Range(from, to));
        }
        Ok(Items::List(match self.value(list)? {
            Value::List(items) => items,
            Value::Map(map) => {
                self.budget.steps(map.entries().len())?;
                let pair = |(name, value): &(model::Text, Value)| {
                    Value::list(vec![Value::Text(name.clone()), value.clone()])
                };
                map.entries().iter().map(pair).collect()
            }
            value @ (Value::Text(_) | Value::Markup(_)) if !value.empty() => [value].into(),
            _ => [].into(),
        }))
    }

    /// What `forloop.…` or `tablerowloop.…` says; `None` outside a loop of that kind.
    pub(super) fn of_loop(&self, path: &Path) -> Option<Value> {
        let table = path.symbol == TABLEROWLOOP;
        let of_kind = |frame: &&Frame| frame.columns.is_some() == table;
        let mut frames = self.frames.iter().rev().filter(of_kind);
        let mut frame = frames.next()?;
        let mut keys = path.keys.iter();
        let mut name = "";
        for key in keys.by_ref() {
            name = match key {
                Key::Name(name) => name,
                Key::Index(_) => return Some(Value::Nil),
            };
            if name != "parentloop" {
                break;
            }
            match frames.next() {
                Some(outer) => frame = outer,
                None => return Some(Value::Nil),
            }
            name = "";
        }
        if keys.next().is_some() {
            return Some(Value::Nil);
        }
        Some(if name.is_empty() { whole(frame) } else { field(frame, name) })
    }
}

/// Everything that a loop says, as a map.
fn whole(frame: &Frame) -> Value {
    let mut names = vec!["length", "index", "index0", "rindex", "rindex0", "first", "last"];
    if frame.columns.is_some() {
        names.extend(["col", "col0", "col_first", "col_last", "row"]);
    }
    Value::map(names.into_iter().map(|name| (name, field(frame, name))))
}

fn field(frame: &Frame, name: &str) -> Value {
    let Frame { length, index, columns } = *frame;
    let columns = columns.unwrap_or(1).max(1);
    let column = index % columns;
    match name {
        "length" => int(length),
        "index" => int(index + 1),
        "index0" => int(index),
        "rindex" => int(length - index),
        "rindex0" => int(length - index - 1),
        "first" => Value::Bool(index == 0),
        "last" => Value::Bool(index + 1 == length),
        "col" => int(column + 1),
        "col0" => int(column),
        "col_first" => Value::Bool(column == 0),
        "col_last" => Value::Bool(column + 1 == columns),
        "row" => int(index / columns + 1),
        _ => Value::Nil,
    }
}

/// A count that an option of a loop gives; below zero is zero. `None`: not given.
fn count(value: &Value) -> Option<usize> {
    match value {
        Value::Nil => None,
        value => Some(usize::try_from(Number::of(value).as_i64()).unwrap_or(0)),
    }
}
