//! Chains of events: sequences, and one thing without another after it.

use super::cursor::{Cursor, Parsed};
use crate::problem::{Problem, code};
use crate::tree::{AbsencePredicate, EventMatch, Predicate, SequencePredicate, Without};

impl Cursor<'_> {
    /// The steps after the first, and what narrows the chain.
    pub(super) fn sequence(&mut self, first: EventMatch) -> Parsed<Predicate> {
        let mut steps = vec![first];
        while self.is(0, "then") && !self.is(1, "not") {
            self.skip(1);
            let path = format!("steps[{}]", steps.len());
            steps.push(self.below(&path, Self::events_open)?);
        }
        let mut clauses = self.clauses(false)?;
        if clauses.filter.is_some() {
            self.misplaced("`where` follows the event it is about: `did \"A\" where … then \"B\"`");
        }
        if clauses.test.is_some() {
            self.misplaced("a sequence is not counted; it was followed or not");
        }
        if clauses.has_relation() {
            self.misplaced("a sequence has no anchor; make the anchor its first step");
        }
        if self.is(0, "then") {
            return Err(self.misplaced_then());
        }
        Ok(Predicate::Sequence(SequencePredicate {
            steps,
            complete_within: clauses.within.take(),
            without: std::mem::take(&mut clauses.without),
            within: clauses.window(),
        }))
    }

    fn misplaced_then(&mut self) -> super::cursor::Stop {
        let hint = match self.is(1, "not") {
            true => "what must not come between is written `without \"X\" after step 1`",
            false => "put windows after the last step",
        };
        self.report(
            Problem::error(code::SYNTAX, "`then` cannot follow here").found("then").hint(hint),
        );
        super::cursor::Stop
    }

    /// What follows the word `without`.
    pub(super) fn without(&mut self, index: usize) -> Parsed<Without> {
        let of = self.below(&format!("without[{index}]"), Self::events_open)?;
        self.word("after")?;
        self.word("step")?;
        let after_step = self.whole("the number of a step", u32::MAX)?;
        Ok(Without { of, after_step })
    }

    /// What follows `did "A"`: `then not "B" for 24h with same x`.
    pub(super) fn absence(&mut self, did: EventMatch) -> Parsed<Predicate> {
        self.skip(2);
        let then_not = self.below("then_not", Self::events_open)?;
        if !self.eat(&["for"]) {
            let hint = "say for how long it did not follow, as in `for 24h`".to_owned();
            return Err(self.expected_with("`for` and a length of time", Some(hint)));
        }
        self.place("for");
        let span = self.span()?;
        let mut hold = Vec::new();
        if self.eat(&["with", "same"]) {
            self.place("hold");
            hold = self.names("the name of a property")?;
        }
        Ok(Predicate::Absence(AbsencePredicate { did, then_not, span, hold }))
    }
}
