//! Flows: what happens after an event, or before it, step by step.
//!
//! Every anchor event begins a path of the same user's events, in order of (time, arrival). A path
//! ends where the user is silent for longer than the gap, where the window around the anchor is
//! over, or at the wanted depth. With `collapse`, events of one name that follow one another
//! without a silence between them are one: it takes place from its first to its last.

mod paths;
#[cfg(test)]
mod tests;

use hashbrown::HashMap;
use model::{Span, Text, Timestamp};
use segment::tree::EventMatch;

use crate::evaluate::{Evaluator, QueryError};
use crate::groups::{Ranking, UserGroups, add_counts};
use crate::ranges::add_up;

use paths::{Counts, Paths, Symbol};

/// Steps of a path at most.
pub const DEPTH_MAX: u8 = 10;

/// Which way paths go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What happened after the anchor.
    After,
    /// What happened before it, nearest first.
    Before,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Where paths begin.
    pub anchor: EventMatch,
    /// First and last instant of anchors.
    pub range: (Timestamp, Timestamp),
    /// Which events are steps.
    pub steps: EventMatch,
    /// Which way.
    pub direction: Direction,
    /// Steps beside the anchor, at most [`DEPTH_MAX`].
    pub depth: u8,
    /// From one event to the next at the most.
    pub gap: Option<Span>,
    /// From the anchor to any event at the most.
    pub window: Option<Span>,
    /// Whether repetitions are one event.
    pub collapse: bool,
    /// Names with a node of their own at each step.
    pub top: usize,
}

/// What can stand at a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// The anchor: step 0.
    Anchor,
    /// An event of this name.
    Event(Text),
    /// An event of one of the less frequent names.
    Other,
    /// Nothing: the path ended with the step before.
    End,
}

/// One stop at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// 0 is the anchor.
    pub step: u8,
    /// What.
    pub stop: Stop,
    /// Distinct users.
    pub users: u64,
    /// Paths.
    pub paths: u64,
}

/// From a stop to the stop at the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Step of the second.
    pub step: u8,
    /// Where from.
    pub from: Stop,
    /// Where to.
    pub to: Stop,
    /// Distinct users.
    pub users: u64,
    /// Paths.
    pub paths: u64,
}

/// All paths, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// By step, most frequent first.
    pub nodes: Vec<Node>,
    /// The same.
    pub links: Vec<Link>,
}

/// Paths of the users in any group. Cost: one pass over the anchors and one over the steps, twice:
/// first to rank names, then to count.
pub fn flows(
    evaluator: &Evaluator,
    question: &Question,
    among: &UserGroups,
) -> Result<Flows, QueryError> {
    let paths = Paths::new(evaluator, question, among)?;
    let frequent = add_up(evaluator, HashMap::new(), |users| paths.frequencies(users), add_counts);
    let rankings = rankings(frequent, question);
    let count = |users| paths.count(users, &rankings);
    let all = add_up(evaluator, Counts::default(), count, Counts::merge);
    let stop = |symbol: Symbol| match symbol {
        Symbol::Anchor => Stop::Anchor,
        Symbol::Event(name) => Stop::Event(evaluator.snapshot.names.name(name).clone()),
        Symbol::Other => Stop::Other,
        Symbol::End => Stop::End,
    };
    let nodes = all.nodes.into_iter().map(|((step, symbol), (users, paths))| Node {
        step,
        stop: stop(symbol),
        users,
        paths,
    });
    let links = all.links.into_iter().map(|((step, from, to), (users, paths))| Link {
        step,
        from: stop(from),
        to: stop(to),
        users,
        paths,
    });
    let mut flows = Flows { nodes: nodes.collect(), links: links.collect() };
    let order = |step, paths, stops| (step, std::cmp::Reverse(paths), stops);
    flows.nodes.sort_by_key(|node| order(node.step, node.paths, vec![node.stop.clone()]));
    flows
        .links
        .sort_by_key(|link| order(link.step, link.paths, vec![link.from.clone(), link.to.clone()]));
    Ok(flows)
}

/// For each step the names that have a node of their own.
fn rankings(frequent: HashMap<(u8, Symbol), u64>, question: &Question) -> Vec<Ranking<Symbol>> {
    let mut by_step: Vec<HashMap<Symbol, u64>> =
        vec![HashMap::new(); usize::from(question.depth) + 1];
    for ((step, symbol), count) in frequent {
        by_step[usize::from(step)].insert(symbol, count);
    }
    by_step.into_iter().map(|counts| Ranking::of(counts, question.top)).collect()
}
