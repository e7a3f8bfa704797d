//! Which events: one name, several, or any, with or without conditions.

use super::cursor::{Cursor, Parsed};
use super::lexer::Kind;
use crate::tree::{EventMatch, EventNames, Where};

/// What an event looks like, for messages.
const WHAT: &str = "an event name in quotes";

impl Cursor<'_> {
    /// `"A"`, `any of ["A", "B"]` or `any event`.
    pub(super) fn event_names(&mut self) -> Parsed<EventNames> {
        self.place("event");
        if self.eat(&["any", "event"]) {
            return Ok(EventNames::Any);
        }
        let listed = self.eat(&["any", "of"]);
        if listed || self.is_symbol(0, "[") {
            return Ok(EventNames::Of(self.event_list()?));
        }
        let name = self.text(WHAT)?;
        Ok(if name == "*" { EventNames::Any } else { EventNames::Of(vec![name]) })
    }

    fn event_list(&mut self) -> Parsed<Vec<model::Text>> {
        self.symbol("[")?;
        let mut names = Vec::new();
        while !self.eat_symbol("]") {
            if !names.is_empty() {
                self.symbol(",")?;
            }
            self.place(&format!("event[{}]", names.len()));
            names.push(self.text(WHAT)?);
        }
        Ok(names)
    }

    /// Events without conditions, or in parentheses with them.
    pub(super) fn events_closed(&mut self) -> Parsed<EventMatch> {
        if *self.kind(0) == Kind::Symbol("(") {
            self.skip(1);
            let of = self.events_open()?;
            self.symbol(")")?;
            return Ok(of);
        }
        Ok(EventMatch { names: self.event_names()?, filter: Where::ALWAYS })
    }

    /// Events, and their conditions if any follow.
    pub(super) fn events_open(&mut self) -> Parsed<EventMatch> {
        let mut of = self.events_closed()?;
        if of.filter.always() && self.is(0, "where") {
            self.skip(1);
            of.filter = self.conditions()?;
        }
        Ok(of)
    }
}
