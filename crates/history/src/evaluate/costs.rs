//! What each condition of a question cost: recorded by an evaluator that was asked to, with a
//! clock that its caller hands in.

use std::cell::{Cell, RefCell};

use segment::Predicate;

use super::{Evaluator, QueryError, Reads};
use crate::gather::Gathering;
use crate::names::NameId;
use crate::set::UserSet;

/// How a condition was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// For everybody.
    Fresh,
    /// It had been answered before, for another place of the question.
    Remembered,
    /// For these many users only: all others were decided by other conditions.
    Among(u64),
}

/// What one condition cost. What a segment or a lifecycle condition cost includes what the
/// conditions below it did.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionCost {
    /// The condition.
    pub condition: Predicate,
    /// How many segments and lifecycle conditions it stands below.
    pub depth: u32,
    /// How it was answered.
    pub answered: Answered,
    /// What was read.
    pub reads: Reads,
    /// Microseconds, as the caller's clock tells.
    pub micros: u64,
    /// Users for whom it holds; where it was answered for some, of those.
    pub users: u64,
}

/// See [`Evaluator::recording`].
pub(super) struct Recorder<'a> {
    clock: &'a dyn Fn() -> u64,
    depth: Cell<u32>,
    costs: RefCell<Vec<ConditionCost>>,
}

impl<'a> Evaluator<'a> {
    /// The same evaluator, which records what each condition costs. `clock` tells microseconds.
    pub fn recording(self, clock: &'a dyn Fn() -> u64) -> Evaluator<'a> {
        let recorder = Recorder { clock, depth: Cell::new(0), costs: RefCell::default() };
        Evaluator { recorder: Some(recorder), ..self }
    }

    /// What was recorded, in the order in which conditions were begun.
    pub fn costs(&self) -> Vec<ConditionCost> {
        self.recorder.as_ref().map(|recorder| recorder.costs.borrow().clone()).unwrap_or_default()
    }

    /// A leaf, recorded if it is to be.
    pub(super) fn leaf(
        &self,
        leaf: &Predicate,
        among: Option<&UserSet>,
    ) -> Result<UserSet, QueryError> {
        let Some(recorder) = &self.recorder else { return Ok(self.answered(leaf, among)?.0) };
        let (before, started) = (self.reads(), (recorder.clock)());
        let (place, depth) = (recorder.costs.borrow().len(), recorder.depth.get());
        recorder.costs.borrow_mut().push(ConditionCost {
            condition: leaf.clone(),
            depth,
            answered: Answered::Fresh,
            reads: Reads::default(),
            micros: 0,
            users: 0,
        });
        recorder.depth.set(depth + 1);
        let answer = self.answered(leaf, among);
        recorder.depth.set(depth);
        let (mut set, answered) = answer?;
        let micros = (recorder.clock)().saturating_sub(started);
        let answer = set.clone();
        if let (Answered::Among(_), Some(among)) = (answered, among) {
            set.and(among);
        }
        let cost = &mut recorder.costs.borrow_mut()[place];
        cost.answered = answered;
        cost.reads = self.reads().since(before);
        cost.micros = micros;
        cost.users = set.len();
        Ok(answer)
    }

    /// Notes what an evaluation user by user reads.
    pub(super) fn note_sources(&self, sources: &Gathering) {
        for source in sources.parts() {
            let columns = source.columns.iter().map(|(_, column)| column.bytes());
            let bytes = source.runs.bytes() + source.times.len() * 4 + columns.sum::<usize>();
            self.note_part(source.part.len(), bytes);
        }
    }

    /// Notes what looking up an attribute reads.
    pub(super) fn note_attribute(&self, attribute: &str) -> Result<(), QueryError> {
        for part in self.snapshot.attribute_parts(attribute) {
            if part.facts().time_min <= self.at.0 {
                let column = part.column(NameId::VALUE)?.map_or(0, |column| column.bytes());
                self.note_part(part.len(), part.runs()?.bytes() + part.len() * 4 + column);
            }
        }
        Ok(())
    }

    fn note_part(&self, rows: usize, bytes: usize) {
        let Reads { parts, rows: rows_before, bytes: bytes_before } = self.reads();
        self.reads.set(Reads {
            parts: parts + 1,
            rows: rows_before + rows as u64,
            bytes: bytes_before + bytes as u64,
        });
    }
}

impl Reads {
    /// What was read since there was less.
    fn since(self, before: Reads) -> Reads {
        Reads {
            parts: self.parts - before.parts,
            rows: self.rows - before.rows,
            bytes: self.bytes - before.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use proptest::prelude::*;
    use testkit::cases::{report, runner};
    use testkit::generate;

    use super::*;
    use crate::histories::stored;

    #[test]
    fn recording_changes_no_answer_and_adds_up() {
        let case = (generate::segment(), generate::population(), generate::rules());
        report(runner(1_000).run(&case, |(predicate, population, rules)| {
            let (_, snapshot) = stored(&population, 4);
            let ticks = Cell::new(0);
            let clock = || ticks.replace(ticks.get() + 1);
            let plain = Evaluator::new(&snapshot, &rules, generate::CENTRE);
            let recording = Evaluator::new(&snapshot, &rules, generate::CENTRE).recording(&clock);
            let expected = plain.members(&predicate).unwrap();
            prop_assert_eq!(&recording.members(&predicate).unwrap(), &expected);
            prop_assert_eq!(recording.reads(), plain.reads());
            let costs = recording.costs();
            let top = || costs.iter().filter(|cost| cost.depth == 0);
            let rows: u64 = top().map(|cost| cost.reads.rows).sum();
            prop_assert_eq!(rows, recording.reads().rows);
            prop_assert_eq!(2 * costs.len() as u64, ticks.get(), "each begun and ended");
            if !matches!(predicate, Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_)) {
                prop_assert_eq!(costs[0].users, expected.len());
            }
            // All of it once more: nothing that can be remembered is read again.
            recording.members(&predicate).unwrap();
            let again = &recording.costs()[costs.len()..];
            let fresh = again.iter().filter(|cost| cost.answered == Answered::Fresh);
            let depends = |cost: &ConditionCost| {
                matches!(cost.condition, Predicate::Segment(_) | Predicate::Lifecycle(_))
            };
            for cost in fresh {
                let before = costs.iter().filter(|c| c.condition == cost.condition);
                let before: Vec<Answered> = before.map(|c| c.answered).collect();
                prop_assert!(
                    depends(cost) || !before.contains(&Answered::Fresh),
                    "{:?}",
                    cost.condition
                );
            }
            Ok(())
        }));
    }

    #[test]
    fn conditions_for_some_users_say_for_how_many() {
        let case = (generate::segment(), generate::population(), generate::rules());
        report(runner(300).run(&case, |(predicate, population, rules)| {
            let (_, snapshot) = stored(&population, 4);
            let clock = || 0;
            let both = Predicate::All(vec![predicate.clone(), predicate]);
            let at: Timestamp = generate::CENTRE;
            let evaluator = Evaluator::new(&snapshot, &rules, at).recording(&clock);
            evaluator.members(&both).unwrap();
            for cost in evaluator.costs() {
                if let Answered::Among(users) = cost.answered {
                    prop_assert!(cost.users <= users && users <= evaluator.everybody().len());
                }
            }
            Ok(())
        }));
    }
}
