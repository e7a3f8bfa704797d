//! Which variables are put out without a word for those who do not have them.
//!
//! A path is guarded by `default`, by a condition that mentions it, and behind a condition that
//! mentions it and stops the message.

use std::collections::HashMap;

use model::Text;

use super::Read;
use super::tree::{Chain, Condition, Expression, Key, Node, Path};

/// Paths of the scope that are put out without a fallback, with their places in the source.
pub(super) fn unguarded(block: &[Node]) -> Vec<(Read, usize)> {
    let mut walk = Walk { guards: Vec::new(), n_guards: HashMap::new(), found: Vec::new() };
    walk.block(block);
    walk.found
}

struct Walk {
    /// Paths that a condition around here mentions.
    guards: Vec<Vec<Text>>,
    /// How often each of them stands in the list.
    n_guards: HashMap<Vec<Text>, usize>,
    found: Vec<(Read, usize)>,
}

impl Walk {
    fn block(&mut self, block: &[Node]) {
        let before = self.guards.len();
        for node in block {
            self.node(node);
        }
        self.forget(before);
    }

    fn guard(&mut self, expression: &Expression) {
        let before = self.guards.len();
        mentioned(expression, &mut self.guards);
        for path in &self.guards[before..] {
            *self.n_guards.entry(path.clone()).or_insert(0) += 1;
        }
    }

    /// Takes guards away until so many are left.
    fn forget(&mut self, left: usize) {
        while self.guards.len() > left
            && let Some(path) = self.guards.pop()
        {
            if let Some(n) = self.n_guards.get_mut(&path) {
                *n -= 1;
            }
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Output(output) => self.output(&output.chain, output.place),
            Node::If(branches) => {
                let before = self.guards.len();
                for (condition, _) in branches {
                    if let Condition::If(chain) | Condition::Unless(chain) = condition {
                        self.guard(&chain.start);
                    }
                }
                let stops = branches.iter().any(|(_, block)| stops(block));
                branches.iter().for_each(|(_, block)| self.block(block));
                if !stops {
                    self.forget(before);
                }
            }
            Node::Case(case) => {
                let before = self.guards.len();
                self.guard(&case.subject.start);
                case.branches.iter().for_each(|(_, block)| self.block(block));
                case.otherwise.iter().for_each(|block| self.block(block));
                self.forget(before);
            }
            Node::For(node) | Node::TableRow(node) => {
                self.block(&node.body);
                node.otherwise.iter().for_each(|block| self.block(block));
            }
            Node::Capture(_, block) => self.block(block),
            _ => {}
        }
    }

    fn output(&mut self, chain: &Chain, place: usize) {
        let Expression::Path(path) = &chain.start else { return };
        if path.local || chain.filters.iter().any(|call| call.filter.name == "default") {
            return;
        }
        let names = names(path);
        if self.n_guards.get(&names).is_none_or(|n| *n == 0) {
            self.found.push((Read(names), place));
        }
    }
}

fn names(path: &Path) -> Vec<Text> {
    let keys = path.keys.iter().map_while(|key| match key {
        Key::Name(name) => Some(name.clone()),
        Key::Index(_) => None,
    });
    std::iter::once(path.head.clone()).chain(keys).collect()
}

/// Whether a block always stops the message.
fn stops(block: &[Node]) -> bool {
    block.iter().any(|node| matches!(node, Node::Abort(_)))
}

fn mentioned(expression: &Expression, into: &mut Vec<Vec<Text>>) {
    match expression {
        Expression::Path(path) => into.push(names(path)),
        Expression::Not(inner) => mentioned(inner, into),
        Expression::And(both) | Expression::Or(both) => {
            mentioned(&both.0, into);
            mentioned(&both.1, into);
        }
        Expression::Compare(compared) => {
            mentioned(&compared.0, into);
            mentioned(&compared.2, into);
        }
        Expression::Literal(_) | Expression::Empty | Expression::Blank | Expression::Range(_) => {}
    }
}
