//! What is watched in a simulation, and how it is edited.
//!
//! What it is: random definitions from the generators of [`testkit`], and some of every kind that
//! are always the same. What it is not: it evaluates nothing.

use std::sync::Arc;

use engine::journey::Book;
use model::{Text, Timestamp, Value};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use segment::live::{DEFAULT_LIFECYCLE, Program, Watched, What};
use segment::{Predicate, Rules};
use testkit::generate;

use crate::dice::Dice;
use crate::journeys::{self, Known};

/// The key of a stage framework beside the lifecycle.
const FRAMEWORK: &str = "lifecycle/stages";

/// Definitions of every kind, over the events and properties of [`testkit::generate`].
const FIXED: [&str; 20] = [
    "did \"buy\" at least 2 times in last 7d",
    "did \"view\" in last 1d and not did \"buy\" in last 2d",
    "not did \"cart\" in last 3d",
    "sum(amount) of \"buy\" in last 14d > 3",
    "avg(amount) of \"buy\" >= 1.5",
    "distinct(item) of \"view\" in last 7d >= 2",
    "days of \"view\" in last 7d >= 2",
    "last(item) of \"view\" = \"a\"",
    "did \"view\" then \"cart\" then \"buy\" within 2d in last 14d",
    "did \"cart\" and then not \"buy\" for 12h with same item",
    "not did \"buy\" after last \"cart\"",
    "count of \"view\" in last 2d below 0.5 of own 7d baseline",
    "mostly item is \"a\" in \"view\" in last 30d",
    "plan = \"a\"",
    "plan = 1 for at least 2d",
    "renewal in next 7d",
    "did \"view\" in last 2 calendar days",
    "lifecycle is \"active\" for at least 1d",
    "lifecycle is \"gone\"",
    "in segment \"first\" or in segment \"third\"",
];

/// Where random definitions come from; made once, used for many seeds.
pub struct Source {
    segments: BoxedStrategy<Predicate>,
    rules: BoxedStrategy<Rules>,
    values: BoxedStrategy<Value>,
    fixed: Vec<Predicate>,
}

/// What is watched, and the rules of the workspace.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// What definitions refer to.
    pub rules: Rules,
    /// What is watched; the lifecycle always is.
    pub watched: Vec<Watched>,
    /// Journeys.
    pub book: Arc<Book>,
    /// Another one after each edit.
    pub version: u32,
    next: u32,
}

impl Definitions {
    /// What of them is followed by a program; another version, if that is not everything.
    pub(crate) fn live_in(&self, program: &Program) -> Definitions {
        let mut of = self.clone();
        of.watched.retain(|watched| program.watch(&watched.key).is_some());
        let (everything, _) = Program::compile(&self.rules, &self.watched, None);
        if everything.live().count() != program.live().count() {
            of.version = u32::MAX;
        }
        of
    }
}

impl Default for Source {
    fn default() -> Source {
        let fixed = FIXED.iter().map(|text| segment::parse(text)).filter(|(_, p)| p.is_empty());
        Source {
            segments: generate::segment(),
            rules: generate::rules(),
            values: generate::value(),
            fixed: fixed.map(|(predicate, _)| predicate).collect(),
        }
    }
}

impl Source {
    /// Fixed definitions that can be read: all of them, or the language has changed.
    #[cfg(test)]
    pub(crate) fn all_fixed_can_be_read(&self) -> bool {
        self.fixed.len() == FIXED.len()
    }

    /// Random values.
    pub(crate) fn values(&self, dice: &mut Dice, n: usize) -> Vec<Value> {
        (0..n).map(|_| sample(&self.values, dice)).collect()
    }

    /// The definitions with which a workspace begins.
    pub(crate) fn first(&self, dice: &mut Dice) -> Definitions {
        let rules = sample(&self.rules, dice);
        let lifecycle = lifecycle(DEFAULT_LIFECYCLE, &rules);
        let (watched, book) = (vec![lifecycle], Arc::default());
        let mut first = Definitions { rules, watched, book, version: 0, next: 0 };
        for _ in 0..dice.between(1, 4) {
            self.add(&mut first, dice);
        }
        if dice.once_in(2) {
            self.stages(&mut first, dice);
        }
        first
    }

    /// The definitions after an edit of one or two things.
    pub(crate) fn edited(&self, of: &Definitions, dice: &mut Dice) -> Definitions {
        let mut next = of.clone();
        next.version += 1;
        for _ in 0..dice.between(1, 2) {
            match dice.below(12) {
                0..=2 => self.add(&mut next, dice),
                3..=5 => self.edit(&mut next, dice),
                6 | 7 => remove(&mut next, dice),
                8 => {
                    let other = sample(&self.rules, dice);
                    let id = Text::new(dice.pick(&generate::SEGMENTS));
                    if let Some(predicate) = other.segments.get(&id) {
                        next.rules.segments.insert(id, predicate.clone());
                    }
                }
                9 => next.rules.composites = sample(&self.rules, dice).composites,
                10 => {
                    next.rules.lifecycle = sample(&self.rules, dice).lifecycle;
                    let lifecycle = lifecycle(DEFAULT_LIFECYCLE, &next.rules);
                    replace(&mut next.watched, lifecycle);
                }
                _ => self.stages(&mut next, dice),
            }
        }
        next
    }

    /// Journeys of a workspace that watches these.
    pub(crate) fn journeys(&self, of: &Definitions, dice: &mut Dice) -> Arc<Book> {
        self.with_known(of, |known| journeys::random(known, dice))
    }

    /// Other journeys from an instant on.
    pub(crate) fn edited_journeys(
        &self,
        of: &Definitions,
        now: Timestamp,
        dice: &mut Dice,
    ) -> Arc<Book> {
        self.with_known(of, |known| journeys::edited(&of.book, known, now, dice))
    }

    fn with_known<T>(&self, of: &Definitions, act: impl FnOnce(&Known) -> T) -> T {
        let segments = of.watched.iter().filter(|own| matches!(own.what, What::Segment(_)));
        let segments: Vec<Text> = segments.map(|own| own.key.clone()).collect();
        act(&Known { rules: &of.rules, segments: &segments, predicates: &self.fixed })
    }

    fn predicate(&self, dice: &mut Dice) -> Predicate {
        match dice.once_in(3) {
            true => dice.pick(&self.fixed).clone(),
            false => sample(&self.segments, dice),
        }
    }

    fn add(&self, to: &mut Definitions, dice: &mut Dice) {
        let key = Text::from(format!("segment/{}", to.next));
        to.next += 1;
        to.watched.push(Watched { key, what: What::Segment(self.predicate(dice)) });
    }

    /// Another definition, or the same conditions combined in another way.
    fn edit(&self, of: &mut Definitions, dice: &mut Dice) {
        let new = self.predicate(dice);
        let n = dice.below(of.watched.len());
        if let What::Segment(predicate) = &mut of.watched[n].what {
            let old = predicate.clone();
            *predicate = match dice.below(4) {
                0 => Predicate::Not(Box::new(old)),
                1 => Predicate::Any(vec![old, new]),
                2 => Predicate::All(vec![old, new]),
                _ => new,
            };
        }
    }

    /// A stage framework comes, changes or goes.
    fn stages(&self, of: &mut Definitions, dice: &mut Dice) {
        if dice.once_in(4) {
            of.watched.retain(|watched| watched.key != FRAMEWORK);
        } else {
            replace(&mut of.watched, lifecycle(FRAMEWORK, &sample(&self.rules, dice)));
        }
    }
}

fn lifecycle(key: &str, rules: &Rules) -> Watched {
    Watched { key: Text::new(key), what: What::Lifecycle(rules.lifecycle.states.clone()) }
}

fn replace(watched: &mut Vec<Watched>, new: Watched) {
    match watched.iter_mut().find(|watched| watched.key == new.key) {
        Some(old) => *old = new,
        None => watched.push(new),
    }
}

fn remove(of: &mut Definitions, dice: &mut Dice) {
    let n = dice.below(of.watched.len());
    if of.watched[n].key != DEFAULT_LIFECYCLE {
        of.watched.remove(n);
    }
}

fn sample<T: std::fmt::Debug>(strategy: &BoxedStrategy<T>, dice: &mut Dice) -> T {
    let seed: Vec<u8> = (0..4).flat_map(|_| dice.number().to_le_bytes()).collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    loop {
        if let Ok(tree) = strategy.new_tree(&mut runner) {
            return tree.current();
        }
    }
}
