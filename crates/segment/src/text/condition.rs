//! Conditions on an event, after `where`.

use super::cursor::{Cursor, Parsed};
use super::lexer::Kind;
use crate::problem::{Problem, code};
use crate::tree::Where;

impl Cursor<'_> {
    /// All conditions after the word `where`.
    pub(super) fn conditions(&mut self) -> Parsed<Where> {
        let from = self.places.len();
        let read = self.any_of_conditions()?;
        let to = self.places.len();
        // The JSON form lists the parts of an outermost `all` themselves.
        match &read {
            Where::All(of) if of.len() != 1 => self.places.rename(from, "all", "where"),
            _ => self.places.nest(from, to, "where[0]"),
        }
        Ok(read)
    }

    fn any_of_conditions(&mut self) -> Parsed<Where> {
        self.deeper(|c| c.joined_conditions("or", "any", Where::Any, Self::all_of_conditions))
    }

    fn all_of_conditions(&mut self) -> Parsed<Where> {
        self.joined_conditions("and", "all", Where::All, |c| c.deeper(Self::condition))
    }

    fn joined_conditions(
        &mut self,
        word: &str,
        field: &str,
        join: fn(Vec<Where>) -> Where,
        operand: impl Fn(&mut Self) -> Parsed<Where>,
    ) -> Parsed<Where> {
        let mut parts = Vec::new();
        let mut marks = vec![self.places.len()];
        loop {
            parts.push(operand(self)?);
            marks.push(self.places.len());
            if !self.is(0, word) || !self.condition_goes_on(1) {
                break;
            }
            self.skip(1);
        }
        if parts.len() == 1 {
            return Ok(parts.swap_remove(0));
        }
        for i in 0..parts.len() {
            self.places.nest(marks[i], marks[i + 1], &format!("{field}[{i}]"));
        }
        Ok(join(parts))
    }

    /// Whether what follows `and` or `or` can be a condition rather than another predicate.
    fn condition_goes_on(&self, ahead: usize) -> bool {
        let mut at = ahead;
        loop {
            if self.is(at, "not") || self.is_symbol(at, "(") {
                at += 1;
            } else if self.is_any(at, &["all", "any"]) && self.is(at + 1, "of") {
                at += 2;
            } else {
                break;
            }
        }
        match self.kind(at) {
            Kind::Name(_) => true,
            Kind::Word => !self.is(at, "then") && !self.begins_predicate(at),
            _ => false,
        }
    }

    fn condition(&mut self) -> Parsed<Where> {
        self.place("");
        if self.eat(&["not"]) {
            let of = self.below("not", |c| c.deeper(Self::condition))?;
            return Ok(Where::Not(Box::new(of)));
        }
        if self.is_symbol(0, "(") {
            return self.parenthesised_condition();
        }
        for (word, join) in [
            ("all", Where::All as fn(Vec<Where>) -> Where),
            ("any", Where::Any as fn(Vec<Where>) -> Where),
        ] {
            if self.is(0, word) && self.is(1, "of") && self.is_symbol(2, "(") {
                self.skip(2);
                let path = format!("{word}[0]");
                let of = self.below(&path, Self::parenthesised_condition)?;
                return Ok(join(vec![of]));
            }
        }
        self.plain_condition()
    }

    fn parenthesised_condition(&mut self) -> Parsed<Where> {
        self.symbol("(")?;
        let of = self.any_of_conditions()?;
        if self.is_any(0, &["and", "or"]) {
            self.skip(1);
            let found = self.found();
            let message = format!("{found} cannot stand among the conditions of an event");
            self.report(
                Problem::error(code::SYNTAX, message)
                    .found(found)
                    .expected("a condition on the event")
                    .hint("put the event and its `where` in parentheses, and the rest after them"),
            );
            return Err(super::cursor::Stop);
        }
        self.symbol(")")?;
        Ok(of)
    }

    fn plain_condition(&mut self) -> Parsed<Where> {
        if self.eat(&["always"]) {
            return Ok(Where::All(vec![]));
        }
        if self.eat(&["never"]) {
            return Ok(Where::Any(vec![]));
        }
        if self.eat(&["first", "time"]) {
            return Ok(Where::FirstTime);
        }
        if self.is(0, "same") && matches!(self.kind(1), Kind::Word | Kind::Name(_)) {
            self.skip(1);
            self.place("same");
            return Ok(Where::Same(self.names("the name of a property")?));
        }
        self.place("property");
        let property = self.name("a condition such as `amount > 50`")?;
        let test = self.test()?;
        Ok(Where::Property { property, test })
    }
}
