//! Whether one event, by itself, is one of those that a match names.

use model::{Text, Value};

use super::filter::Filter;
use crate::rules::Rules;
use crate::tree::EventMatch;

/// An [`EventMatch`] for events that are looked at one by one, as they come.
#[derive(Clone, Debug)]
pub struct Matches(Filter);

impl Matches {
    /// Nothing if the answer depends on other events: on being the first of its name. Nothing is the same as
    /// an event before, as there is none.
    pub fn of(of: &EventMatch, rules: &Rules) -> Option<Matches> {
        let filter = Filter::new(of, rules);
        (!filter.asks_first()).then_some(Matches(filter))
    }

    /// Every name that can match, sorted; nothing: any.
    pub fn names(&self) -> Option<Vec<Text>> {
        self.0.names().map(|names| names.into_iter().cloned().collect())
    }

    /// Whether an event of this name with these properties (sorted by name) matches.
    pub fn holds(&self, name: &str, properties: &[(Text, Value)]) -> bool {
        self.0.passes(name, properties).later
    }
}
