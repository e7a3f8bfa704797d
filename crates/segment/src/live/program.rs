//! All watched definitions compiled together.
//!
//! What it is: equal conditions are one, an event's name says which sources it can touch, a source
//! which conditions, a condition which definitions. What it is not: it holds no user.
//!
//! Invariant: a program that grows from another ([`Program::compile`] with `before`) gives equal
//! sources, conditions and definitions the numbers that they had, so that users' bytes stay valid.

use hashbrown::HashMap;

use model::{Span, Text};

use super::compile::Compiler;
use super::condition::{Condition, Kind};
use super::moving::Tables;
use super::source::{self, Keep, Source};
use crate::rules::{Rules, State};
use crate::tree::Predicate;

/// What is watched: a segment, or a lifecycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Stable name: `segment/ID` or `lifecycle/KEY`.
    pub key: Text,
    /// What it says.
    pub what: What,
}

/// What a watched definition says.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a few hundred of them exist, and each is walked")]
pub enum What {
    /// Who is in: places 0 (out) and 1 (in).
    Segment(Predicate),
    /// Ordered states, the first that holds wins: places 0 (none) and 1 + index.
    Lifecycle(Vec<State>),
}

impl What {
    /// Everything that it says.
    pub fn predicates(&self) -> Vec<Predicate> {
        match self {
            What::Segment(predicate) => vec![predicate.clone()],
            What::Lifecycle(states) => states.iter().map(|s| s.predicate.clone()).collect(),
        }
    }
}

/// Why a definition cannot be watched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLive {
    /// It depends on other users, or on something that is computed elsewhere.
    #[error("{what} depends on more than the user's own history, so it is computed when asked")]
    Depends {
        /// Which condition.
        what: &'static str,
    },
    /// It names an event that nobody sends: [`crate::derived`].
    #[error(
        "\"{name}\" is derived from other events whenever a question is asked, so what names it is computed when asked"
    )]
    Derived {
        /// Which one.
        name: &'static str,
    },
    /// There are too many states.
    #[error("a lifecycle has {states} states; at most {max} can be watched")]
    States {
        /// How many.
        states: usize,
        /// The bound.
        max: usize,
    },
}

/// The key of the lifecycle that lifecycle conditions ask for.
pub const DEFAULT_LIFECYCLE: &str = "lifecycle/default";

/// States of a lifecycle that is watched.
pub const STATES_MAX: usize = 200;

/// How long after an instant a record of it may come and the past be put right from the user's own
/// bytes; later ones need the history.
pub const GRACE: Span = Span::HOUR;

/// Definitions, compiled.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) rules: Rules,
    pub(super) sources: Vec<Source>,
    pub(super) conditions: Vec<Condition>,
    pub(super) watches: Vec<Watch>,
    pub(super) by_event: HashMap<Text, Vec<u32>>,
    pub(super) any_event: Vec<u32>,
    pub(super) by_attribute: HashMap<Text, Vec<u32>>,
    /// Conditions by source.
    pub(super) dependents: Vec<Vec<u32>>,
    /// Conditions of which a source is the own one, by source: without its hits they are constant.
    pub(super) owners: Vec<Vec<u32>>,
    /// Watches by condition.
    pub(super) watchers: Vec<Vec<u32>>,
    /// Conditions about places in the lifecycle.
    pub(super) lived: Vec<u32>,
    /// Conditions about the public id.
    pub(super) named: Vec<u32>,
    /// Sources of places.
    pub(super) places: Vec<u32>,
    /// The watch of the default lifecycle.
    pub(super) lifecycle: Option<u32>,
    /// Which conditions hold for a user without any hit.
    pub(super) empty: Vec<u8>,
    /// Which sources are kept.
    pub(super) read: Vec<bool>,
}

/// One watched definition.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) watched: Watched,
    /// Nothing: it is watched no more.
    pub(super) states: Option<Vec<Expression>>,
}

/// How conditions make a definition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Condition(u32),
    Always(bool),
}

impl Program {
    /// Compiles definitions; those that cannot be watched are told with the reason. `before` is the
    /// program that users' bytes were made with, if there is one. What was watched before and is not
    /// any more keeps its number and is silent.
    pub fn compile(
        rules: &Rules,
        watched: &[Watched],
        before: Option<&Program>,
    ) -> (Program, Vec<(Text, NotLive)>) {
        Program::compile_with(rules, watched, (before, &[]))
    }

    /// The same for users' bytes that another run of the program made with these tables: what that
    /// kept is kept in the same way, as far as it is enough.
    pub fn compile_for(
        rules: &Rules,
        watched: &[Watched],
        tables: &Tables,
    ) -> (Program, Vec<(Text, NotLive)>) {
        Program::compile_with(rules, watched, (None, &tables.sources))
    }

    fn compile_with(
        rules: &Rules,
        watched: &[Watched],
        (before, kept): (Option<&Program>, &[Text]),
    ) -> (Program, Vec<(Text, NotLive)>) {
        let mut compiler = Compiler::new(rules, before, kept);
        let known = |watched: &Watched| {
            let mut live = before.into_iter().flat_map(Program::live);
            live.any(|(_, other)| other == watched)
        };
        compiler.gather(watched.iter().filter(|watched| !known(watched)).map(|w| &w.what));
        let mut refused = Vec::new();
        let mut watches: Vec<Watch> = before.map_or(Vec::new(), |before| before.watches.clone());
        let n_before = watches.len();
        let mut live = vec![false; n_before];
        for watched in watched {
            match compiler.states(&watched.what) {
                Err(reason) => refused.push((watched.key.clone(), reason)),
                Ok(states) => {
                    // What means something else now is another watch under the same key.
                    let same = |w: &Watch| {
                        w.watched.key == watched.key && w.states.as_ref() == Some(&states)
                    };
                    match watches[..n_before].iter().position(same) {
                        Some(known) => live[known] = true,
                        None => {
                            let watched = watched.clone();
                            watches.push(Watch { watched, states: Some(states) });
                        }
                    }
                }
            }
        }
        for (watch, live) in watches.iter_mut().zip(live) {
            if !live {
                watch.states = None;
            }
        }
        (Program::assemble(rules, compiler.finish(), watches, &[]), refused)
    }

    /// The program for users who have not joined this one yet: what was watched before and is not
    /// gone is watched as it was, and what the new definitions need is collected.
    pub fn collecting(&self, before: &Program) -> Program {
        let mut collected = Vec::new();
        let mut watches = self.watches.clone();
        for (n, watch) in watches.iter_mut().enumerate() {
            let old = before.watches.get(n).and_then(|watch| watch.states.clone());
            let own = watch.states.take();
            match (old, own) {
                (Some(old), Some(_)) => watch.states = Some(old),
                (Some(old), None) => {
                    // Edited ones go on until the new one has joined.
                    let edited = self.watch(&watch.watched.key).is_some();
                    watch.states = edited.then_some(old);
                }
                (None, own) => {
                    own.iter().flatten().for_each(|state| state.conditions(&mut collected));
                }
            }
        }
        let mut sources = self.sources.clone();
        for source in self.new_sources(before) {
            let source = &mut sources[source as usize];
            // Without what was before, nobody can say what decides nothing more.
            if source.keep == Keep::Chain {
                source.keep = Keep::All;
            }
        }
        let tables = (sources, self.conditions.clone());
        Program::assemble(&self.rules, tables, watches, &collected)
    }

    fn assemble(
        rules: &Rules,
        (sources, conditions): (Vec<Source>, Vec<Condition>),
        watches: Vec<Watch>,
        collected: &[u32],
    ) -> Program {
        let mut program = Program {
            rules: rules.clone(),
            dependents: vec![Vec::new(); sources.len()],
            owners: vec![Vec::new(); sources.len()],
            watchers: vec![Vec::new(); conditions.len()],
            read: vec![false; sources.len()],
            sources,
            conditions,
            watches,
            by_event: HashMap::new(),
            any_event: Vec::new(),
            by_attribute: HashMap::new(),
            lived: Vec::new(),
            named: Vec::new(),
            places: Vec::new(),
            lifecycle: None,
            empty: Vec::new(),
        };
        program.index(collected);
        program.empty = program.truths_of_nobody();
        program
    }

    /// `collected`: conditions that are not evaluated yet and whose sources are.
    fn index(&mut self, collected: &[u32]) {
        for (watch, n) in self.watches.iter().zip(0..) {
            let Some(states) = &watch.states else { continue };
            if watch.watched.key == DEFAULT_LIFECYCLE {
                self.lifecycle = Some(n);
            }
            let mut used = vec![0];
            states.iter().for_each(|state| state.conditions(&mut used));
            used.sort_unstable();
            used.dedup();
            used.into_iter().for_each(|condition| self.watchers[condition as usize].push(n));
        }
        for condition in collected {
            let condition = &self.conditions[*condition as usize];
            for source in condition.sources.iter().chain(&condition.zone) {
                self.read[*source as usize] = true;
            }
        }
        for (condition, n) in self.conditions.iter().zip(0..) {
            // What nobody watches any more is not evaluated.
            if n > 0 && self.watchers[n as usize].is_empty() {
                continue;
            }
            if let Some(own) = condition.sources.first() {
                self.owners[*own as usize].push(n);
            }
            for source in condition.sources.iter().chain(&condition.zone) {
                self.dependents[*source as usize].push(n);
                self.read[*source as usize] = true;
            }
            match condition.kind {
                Kind::Lifecycle { .. } => self.lived.push(n),
                Kind::Bucket { .. } => self.named.push(n),
                _ => {}
            }
        }
        for (source, n) in self.sources.iter().zip(0..) {
            if !self.read[n as usize] {
                continue;
            }
            match &source.kind {
                source::Kind::Events(filter, _) => match filter.names() {
                    None => self.any_event.push(n),
                    Some(names) => names.into_iter().for_each(|name| {
                        self.by_event.entry(name.clone()).or_default().push(n);
                    }),
                },
                source::Kind::Attribute(name) => {
                    self.by_attribute.entry(name.clone()).or_default().push(n);
                }
                source::Kind::Lifecycle => self.places.push(n),
            }
        }
    }

    /// How many definitions were ever watched: their numbers are below.
    pub fn n_watches(&self) -> usize {
        self.watches.len()
    }

    /// What the number of a watch stands for; nothing if it is watched no more.
    pub fn watched(&self, watch: u32) -> Option<&Watched> {
        let watch = self.watches.get(watch as usize)?;
        watch.states.as_ref().map(|_| &watch.watched)
    }

    /// The key of a watch, also of one that is watched no more.
    pub fn key(&self, watch: u32) -> Option<&Text> {
        self.watches.get(watch as usize).map(|watch| &watch.watched.key)
    }

    /// Places of a watch: 2 for a segment, one more than the states of a lifecycle.
    pub fn n_places(&self, watch: u32) -> usize {
        let states = self.watches.get(watch as usize).and_then(|watch| watch.states.as_ref());
        states.map_or(2, |states| states.len() + 1)
    }

    /// Whether nothing is watched and nothing collected.
    pub fn idle(&self) -> bool {
        self.live().next().is_none() && !self.read.iter().any(|read| *read)
    }

    /// Whether anything watched depends on users' ids.
    pub fn asks_id(&self) -> bool {
        !self.named.is_empty()
    }

    /// What the program was made from.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The number of the live watch of a key.
    pub fn watch(&self, key: &str) -> Option<u32> {
        let live = |watch: &Watch| watch.states.is_some() && watch.watched.key == key;
        self.watches.iter().position(live).map(|n| n as u32)
    }

    /// What is watched now, by number.
    pub fn live(&self) -> impl Iterator<Item = (u32, &Watched)> {
        (0..).zip(&self.watches).filter(|(_, w)| w.states.is_some()).map(|(n, w)| (n, &w.watched))
    }

    /// Sources that this program keeps and another one does not: their hits must be brought in from
    /// the history.
    pub fn new_sources(&self, before: &Program) -> Vec<u32> {
        let kept = |n: u32| before.read.get(n as usize).copied().unwrap_or(false);
        (0..self.sources.len() as u32).filter(|n| self.read[*n as usize] && !kept(*n)).collect()
    }

    /// A user's place in a watch, by which conditions hold.
    pub(super) fn place(&self, watch: u32, bits: &[u8]) -> u8 {
        let Some(states) = &self.watches[watch as usize].states else { return 0 };
        if !bit(bits, 0) {
            return 0;
        }
        let state = states.iter().position(|state| state.holds(bits));
        state.map_or(0, |n| n as u8 + 1)
    }
}

impl Expression {
    /// The same with other numbers of conditions.
    pub(super) fn renumbered(&self, number: &dyn Fn(u32) -> u32) -> Expression {
        let each = |of: &[Expression]| of.iter().map(|part| part.renumbered(number)).collect();
        match self {
            Expression::All(of) => Expression::All(each(of)),
            Expression::Any(of) => Expression::Any(each(of)),
            Expression::Not(of) => Expression::Not(Box::new(of.renumbered(number))),
            Expression::Condition(n) => Expression::Condition(number(*n)),
            Expression::Always(truth) => Expression::Always(*truth),
        }
    }

    pub(super) fn conditions(&self, into: &mut Vec<u32>) {
        match self {
            Expression::All(of) | Expression::Any(of) => {
                of.iter().for_each(|part| part.conditions(into));
            }
            Expression::Not(of) => of.conditions(into),
            Expression::Condition(n) => into.push(*n),
            Expression::Always(_) => {}
        }
    }

    pub(super) fn holds(&self, bits: &[u8]) -> bool {
        match self {
            Expression::All(of) => of.iter().all(|part| part.holds(bits)),
            Expression::Any(of) => of.iter().any(|part| part.holds(bits)),
            Expression::Not(of) => !of.holds(bits),
            Expression::Condition(n) => bit(bits, *n),
            Expression::Always(truth) => *truth,
        }
    }
}

pub(super) fn bit(bits: &[u8], n: u32) -> bool {
    bits.get(n as usize / 8).is_some_and(|byte| byte >> (n % 8) & 1 != 0)
}

pub(super) fn set_bit(bits: &mut [u8], n: u32, to: bool) {
    let mask = 1 << (n % 8);
    match to {
        true => bits[n as usize / 8] |= mask,
        false => bits[n as usize / 8] &= !mask,
    }
}
