//! Paths of a few thousand users at a time.

use std::collections::BTreeSet;
use std::ops::Range;

use hashbrown::HashMap;
use model::{Span, Timestamp};

use super::{Direction, Question};
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::groups::{Ranking, UserGroups};
use crate::names::NameId;
use crate::ranges::pieces;

/// What can stand at a step, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Symbol {
    Anchor,
    Event(NameId),
    Other,
    End,
}

/// Users and paths, by step and stop, and by step and both stops.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) nodes: HashMap<(u8, Symbol), (u64, u64)>,
    pub(super) links: HashMap<(u8, Symbol, Symbol), (u64, u64)>,
}

pub(super) struct Paths<'q> {
    question: &'q Question,
    among: &'q UserGroups,
    anchors: Source,
    steps: Source,
}

/// An event, or several of one name where they are one.
#[derive(Clone, Copy)]
struct Event {
    user: u32,
    first: (i64, u64),
    last: (i64, u64),
    name: NameId,
    is_anchor: bool,
    is_step: bool,
}

impl<'q> Paths<'q> {
    pub(super) fn new(
        evaluator: &'q Evaluator,
        question: &'q Question,
        among: &'q UserGroups,
    ) -> Result<Paths<'q>, QueryError> {
        // Repetitions reach across the ends of the range: all events are needed to tell them.
        let (from, to) = match (question.collapse, question.direction) {
            (true, _) => (Timestamp::MIN, evaluator.at),
            (false, Direction::After) => (question.range.0, evaluator.at),
            (false, Direction::Before) => (Timestamp::MIN, question.range.1),
        };
        Ok(Paths {
            question,
            among,
            anchors: evaluator.source(&question.anchor, (from, to), &[])?,
            steps: evaluator.source(&question.steps, (from, to), &[])?,
        })
    }

    /// How often each name stands at each step.
    pub(super) fn frequencies(&self, users: Range<u32>) -> HashMap<(u8, Symbol), u64> {
        let mut counts = HashMap::new();
        for some in pieces(users) {
            for own in self.events(some).chunk_by(|a, b| a.user == b.user) {
                self.each_path(own, |path| {
                    for (step, symbol) in (1..).zip(path) {
                        if let Symbol::Event(_) = symbol {
                            *counts.entry((step, *symbol)).or_default() += 1;
                        }
                    }
                });
            }
        }
        counts
    }

    /// Users and paths of every node and link.
    pub(super) fn count(&self, users: Range<u32>, rankings: &[Ranking<Symbol>]) -> Counts {
        let mut counts = Counts::default();
        for some in pieces(users) {
            for own in self.events(some).chunk_by(|a, b| a.user == b.user) {
                let (mut nodes, mut links) = (BTreeSet::new(), BTreeSet::new());
                self.each_path(own, |path| {
                    let mut before = Symbol::Anchor;
                    counts.nodes.entry((0, before)).or_default().1 += 1;
                    nodes.insert((0, before));
                    for (step, symbol) in (1..).zip(path) {
                        let symbol = ranked(&rankings[usize::from(step)], *symbol);
                        counts.nodes.entry((step, symbol)).or_default().1 += 1;
                        counts.links.entry((step, before, symbol)).or_default().1 += 1;
                        nodes.insert((step, symbol));
                        links.insert((step, before, symbol));
                        before = symbol;
                    }
                });
                nodes.into_iter().for_each(|node| counts.nodes.entry(node).or_default().0 += 1);
                links.into_iter().for_each(|link| counts.links.entry(link).or_default().0 += 1);
            }
        }
        counts
    }

    /// Events of some users in order, repetitions as one if they are to be.
    fn events(&self, users: Range<u32>) -> Vec<Event> {
        let mut events = Vec::new();
        for (source, is_step) in [(&self.anchors, false), (&self.steps, true)] {
            source.each(users.clone(), |hit| {
                if self.among.of(hit.user).is_some() {
                    let place = (hit.time, hit.arrival());
                    let (user, name) = (hit.user, hit.name());
                    let is_anchor = !is_step && self.in_range(hit.time);
                    events.push(Event {
                        user,
                        first: place,
                        last: place,
                        name,
                        is_anchor,
                        is_step,
                    });
                }
            });
        }
        events.sort_by_key(|event| (event.user, event.first));
        events.dedup_by(|later, kept| {
            let one = later.user == kept.user && later.first == kept.first;
            let repeated = self.question.collapse
                && later.user == kept.user
                && later.name == kept.name
                && within(self.question.gap, later.first.0 - kept.last.0);
            if one || repeated {
                kept.last = later.last;
                kept.is_anchor |= later.is_anchor;
                kept.is_step |= later.is_step;
            }
            one || repeated
        });
        events
    }

    fn in_range(&self, time: i64) -> bool {
        let (from, to) = self.question.range;
        from.0 <= time && time <= to.0
    }

    /// Calls `visit` with the stops of every path of one user, without the anchor.
    fn each_path(&self, own: &[Event], mut visit: impl FnMut(&[Symbol])) {
        let depth = usize::from(self.question.depth);
        let mut path = Vec::with_capacity(depth);
        for (at, anchor) in own.iter().enumerate().filter(|(_, event)| event.is_anchor) {
            path.clear();
            match self.question.direction {
                Direction::After => self.walk(anchor, own[at + 1..].iter(), depth, &mut path),
                Direction::Before => self.walk(anchor, own[..at].iter().rev(), depth, &mut path),
            }
            if path.len() < depth {
                path.push(Symbol::End);
            }
            visit(&path);
        }
    }

    fn walk<'e>(
        &self,
        anchor: &'e Event,
        events: impl Iterator<Item = &'e Event>,
        depth: usize,
        path: &mut Vec<Symbol>,
    ) {
        // Between two events, whichever comes first, lies what is between the end of the one and
        // the begin of the other.
        let silence = |a: &Event, b: &Event| (a.first.0 - b.last.0).max(b.first.0 - a.last.0);
        let mut before = anchor;
        for event in events.filter(|event| event.is_step) {
            if path.len() == depth
                || !within(self.question.gap, silence(before, event))
                || !within(self.question.window, silence(anchor, event))
            {
                return;
            }
            path.push(Symbol::Event(event.name));
            before = event;
        }
    }
}

fn within(most: Option<Span>, ms: i64) -> bool {
    most.is_none_or(|most| ms <= most.0)
}

fn ranked(ranking: &Ranking<Symbol>, symbol: Symbol) -> Symbol {
    match symbol {
        Symbol::Event(_) if ranking.place(&symbol) == ranking.top().len() => Symbol::Other,
        symbol => symbol,
    }
}

impl Counts {
    pub(super) fn merge(&mut self, more: Counts) {
        for (node, (users, paths)) in more.nodes {
            let all = self.nodes.entry(node).or_default();
            *all = (all.0 + users, all.1 + paths);
        }
        for (link, (users, paths)) in more.links {
            let all = self.links.entry(link).or_default();
            *all = (all.0 + users, all.1 + paths);
        }
    }
}
