//! Runs the compiled form.
//!
//! Invariants: every operation takes a step from the budget before it does anything; the output
//! never passes its bound by more than one value, and then rendering has stopped.

mod linked;
mod loops;
mod values;

use std::collections::HashMap;

use model::Text;

use super::context::{Budget, Context, Escaping, Scope};
use super::escape::{escape, escape_bare, runs};
use super::stop::Stop;
use super::tree::{Block, Case, Condition, Cycle, Node, Output};
use super::{Template, filter};
use crate::Value;
use crate::value::{DEPTH_MAX, write_float};

/// Renders a template at the end of `out`.
pub(super) fn render(
    template: &Template,
    scope: &dyn Scope,
    context: &Context<'_>,
    escaping: Escaping,
    out: &mut String,
) -> Result<(), Stop> {
    let mut renderer = Renderer {
        source: &template.source,
        scope,
        context,
        escaping,
        budget: Budget::new(context.limits),
        start: out.len(),
        inner: vec![None; template.names],
        assigned: vec![None; template.names],
        counters: HashMap::new(),
        frames: Vec::new(),
        cycles: HashMap::new(),
        ended: HashMap::new(),
        arguments: Vec::new(),
        n_requests: 0,
    };
    renderer.block(&template.block, out).map(|_| ())
}

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// One round of a loop.
#[derive(Clone, Copy)]
struct Frame {
    length: usize,
    index: usize,
    /// Columns of a table; `None` for a plain loop.
    columns: Option<usize>,
}

struct Renderer<'a> {
    source: &'a str,
    scope: &'a dyn Scope,
    context: &'a Context<'a>,
    escaping: Escaping,
    budget: Budget,
    /// Where the current text begins in its buffer.
    start: usize,
    /// Variables of open loops, by symbol.
    inner: Vec<Option<Value>>,
    /// Variables of the template, by symbol.
    assigned: Vec<Option<Value>>,
    /// Counters, by symbol.
    counters: HashMap<u32, i64>,
    frames: Vec<Frame>,
    /// The next place of every cycle.
    cycles: HashMap<Text, usize>,
    /// Where loops over the same list ended.
    ended: HashMap<Text, usize>,
    /// Arguments of the filters that are being called.
    arguments: Vec<Value>,
    n_requests: u64,
}

impl<'a> Renderer<'a> {
    fn block(&mut self, block: &'a Block, out: &mut String) -> Result<Flow, Stop> {
        for node in block {
            self.budget.steps(1)?;
            let flow = self.node(node, out)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, node: &'a Node, out: &mut String) -> Result<Flow, Stop> {
        match node {
            Node::Literal(range) => {
                out.push_str(&self.source[range.clone()]);
                self.check(out)?;
            }
            Node::Output(output) => self.output(output, out)?,
            Node::If(branches) => return self.branches(branches, out),
            Node::Case(case) => return self.case(case, out),
            Node::For(node) => return self.for_loop(node, out),
            Node::TableRow(node) => return self.table(node, out),
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
            Node::Assign(symbol, chain) => {
                let value = self.chain(chain)?;
                self.assigned[symbol.0 as usize] = Some(value);
            }
            Node::Capture(symbol, block) => {
                let (text, flow) = self.apart(block, self.escaping)?;
                let value = self.finished(text);
                self.assigned[symbol.0 as usize] = Some(value);
                return Ok(flow);
            }
            Node::Increment(symbol) => {
                let n = self.count(*symbol, 1);
                self.put(&Value::Int(n), false, out)?;
            }
            Node::Decrement(symbol) => {
                let n = self.count(*symbol, -1).saturating_sub(1);
                self.put(&Value::Int(n), false, out)?;
            }
            Node::Cycle(cycle) => self.cycle(cycle, out)?,
            Node::Abort(block) => {
                let (text, _) = self.apart(block, Escaping::Plain)?;
                return Err(Stop::Abort { reason: text.trim().to_owned() });
            }
            Node::Linked(linked) => self.linked(linked, out)?,
        }
        Ok(Flow::Next)
    }

    /// Renders a block into a text of its own.
    fn apart(&mut self, block: &'a Block, escaping: Escaping) -> Result<(String, Flow), Stop> {
        let mut text = String::new();
        let outer = std::mem::replace(&mut self.escaping, escaping);
        let start = std::mem::replace(&mut self.start, 0);
        let flow = self.block(block, &mut text)?;
        self.escaping = outer;
        self.start = start;
        self.budget.work(text.len())?;
        Ok((text, flow))
    }

    /// A text that is already in the form of the output.
    fn finished(&self, text: String) -> Value {
        match self.escaping {
            Escaping::Plain => Value::Text(text.into()),
            _ => Value::Markup(text.into()),
        }
    }

    fn branches(
        &mut self,
        branches: &'a [(Condition, Block)],
        out: &mut String,
    ) -> Result<Flow, Stop> {
        for (condition, block) in branches {
            let holds = match condition {
                Condition::Always => true,
                Condition::If(chain) => self.chain(chain)?.truthy(),
                Condition::Unless(chain) => !self.chain(chain)?.truthy(),
            };
            if holds {
                return self.block(block, out);
            }
        }
        Ok(Flow::Next)
    }

    fn case(&mut self, case: &'a Case, out: &mut String) -> Result<Flow, Stop> {
        let subject = self.chain(&case.subject)?;
        let mut found = false;
        for (values, block) in &case.branches {
            let mut equal = false;
            for value in values {
                equal = equal || self.equals(&subject, value)?;
            }
            if equal {
                found = true;
                let flow = self.block(block, out)?;
                if flow != Flow::Next {
                    return Ok(flow);
                }
            }
        }
        match &case.otherwise {
            Some(block) if !found => self.block(block, out),
            _ => Ok(Flow::Next),
        }
    }

    fn cycle(&mut self, cycle: &'a Cycle, out: &mut String) -> Result<(), Stop> {
        let group = match &cycle.group {
            Some(group) => self.value(group)?,
            None => Value::Nil,
        };
        let name: Text = format!("{}:{}", group.to_text(), cycle.name).into();
        self.budget.work(name.len())?;
        let at = self.cycles.entry(name).or_insert(0);
        let place = *at % cycle.values.len().max(1);
        *at = place + 1;
        match cycle.values.get(place) {
            Some(chain) => {
                let value = self.chain(chain)?;
                self.put(&value, false, out)
            }
            None => Ok(()),
        }
    }

    /// The counter before it changes by `by`. It starts from 0.
    fn count(&mut self, symbol: super::tree::Symbol, by: i64) -> i64 {
        let counter = self.counters.entry(symbol.0).or_insert(0);
        let before = *counter;
        *counter = before.saturating_add(by);
        before
    }

    fn output(&mut self, output: &'a Output, out: &mut String) -> Result<(), Stop> {
        let value = self.chain(&output.chain)?;
        let before = out.len();
        self.put(&value, output.address, out)?;
        if output.bare && self.escaping == Escaping::Html && !matches!(value, Value::Markup(_)) {
            escape_bare(before, out);
        }
        Ok(())
    }

    /// Puts out a value in the form of the output.
    fn put(&mut self, value: &Value, address: bool, out: &mut String) -> Result<(), Stop> {
        self.put_within(value, address, out, DEPTH_MAX)?;
        self.check(out)
    }

    fn put_within(
        &mut self,
        value: &Value,
        address: bool,
        out: &mut String,
        depth: usize,
    ) -> Result<(), Stop> {
        match value {
            Value::Nil => {}
            Value::Markup(text) => out.push_str(text),
            Value::Int(_) | Value::Bool(_) => value.write_text(out, usize::MAX, 1),
            Value::Float(x) => write_float(*x, out),
            Value::List(_) if depth == 0 => {}
            Value::List(items) => {
                for item in &**items {
                    self.budget.steps(1)?;
                    self.put_within(item, address, out, depth - 1)?;
                    self.check(out)?;
                }
            }
            Value::Text(text) => {
                let first = out.len() == self.start;
                let begins = match self.escaping {
                    Escaping::Html => address,
                    Escaping::Url => first,
                    Escaping::Plain | Escaping::Json => false,
                };
                // An address that a user brought must not run as a program where it is opened.
                let text = if begins && runs(text) { "#" } else { text };
                escape(text, self.escaping, first, out);
            }
            Value::Time(_) | Value::Zoned(..) | Value::Map(_) => {
                let mut work = filter::Work::new(self.context, self.escaping, &mut self.budget);
                let text = work.text(value)?;
                escape(&text, self.escaping, out.len() == self.start, out);
            }
        }
        Ok(())
    }

    fn check(&self, out: &str) -> Result<(), Stop> {
        self.budget.output(out.len() - self.start)
    }
}
