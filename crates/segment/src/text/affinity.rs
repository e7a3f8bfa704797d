//! What the user does most, least, or in a share of cases.

use model::Value;

use super::cursor::{Cursor, Parsed};
use super::lexer::Kind;
use crate::tree::{AffinityMode, AffinityPredicate, AffinitySubject, Predicate};

impl Cursor<'_> {
    /// `mostly category is "Shoes" in "Viewed Product"`, `share of category in ["Shoes"] in … > 0.5`.
    pub(super) fn affinity(&mut self) -> Parsed<Predicate> {
        let word = self.token(0).raw.to_ascii_lowercase();
        self.skip(if word == "share" { 2 } else { 1 });
        let subject = self.affinity_subject()?;
        self.place("is");
        let is = self.one_or_more_values()?;
        self.word("in")?;
        let mut of = self.events_open()?;
        let mut clauses = self.clauses(!of.filter.always())?;
        if let Some(filter) = clauses.filter.take() {
            of.filter = filter;
        }
        let mode = match (word.as_str(), clauses.test.take()) {
            ("share", Some(test)) => AffinityMode::Share(test),
            ("share", None) => {
                return Err(self.expected("a comparison of the share such as `>= 0.5`"));
            }
            (_, Some(_)) => {
                return Err(self.misplaced("only `share of` is compared with a number"));
            }
            ("mostly", None) => AffinityMode::Most,
            (_, None) => AffinityMode::Least,
        };
        if clauses.within.is_some() || clauses.has_relation() || !clauses.without.is_empty() {
            self.misplaced("an affinity has a window such as `in last 90d` and nothing else");
        }
        let min_events = clauses.min_events.take().unwrap_or(1);
        let within = clauses.window();
        Ok(Predicate::Affinity(AffinityPredicate { of, subject, is, mode, min_events, within }))
    }

    fn affinity_subject(&mut self) -> Parsed<AffinitySubject> {
        self.place("property");
        if self.eat(&["hour"]) {
            return Ok(AffinitySubject::Hour);
        }
        if self.eat(&["weekday"]) {
            return Ok(AffinitySubject::Weekday);
        }
        Ok(AffinitySubject::Property(self.name("the name of a property, `hour` or `weekday`")?))
    }

    fn one_or_more_values(&mut self) -> Parsed<Vec<Value>> {
        if self.eat(&["is", "in"]) || self.eat(&["in"]) {
            return self.value_list();
        }
        if !self.eat(&["is"]) && !self.eat_symbol("=") {
            return Err(self.expected("`is` or `in`"));
        }
        if *self.kind(0) == Kind::Word && model::Weekday::parse(self.token(0).raw).is_some() {
            let day = self.token(0).raw.to_ascii_lowercase();
            let hint = format!("put it in quotes: \"{day}\"");
            return Err(self.expected_with("a value", Some(hint)));
        }
        Ok(vec![self.value()?])
    }
}
