//! The text form of a definition, as people write it:
//! `did "Purchase" at least 3 times in last 30d where amount > 50`.
//!
//! What it is: [`parse`] and [`print`], inverse of one another for every valid tree, and the places
//! of a tree's parts in the text. What it is not: it knows no event, segment or state names;
//! [`crate::check`] does. Invariants: reading never panics and never recurses deeper than a
//! constant; every problem has a line and a column inside the text.
//!
//! Precedence, from tight to loose: `not`, `and`, `or`. The conditions after `where` go on over
//! `and` and `or` for as long as what follows can be a condition on the event; parentheses end them.

mod affinity;
mod chain;
mod condition;
mod cursor;
mod event;
mod event_names;
mod lexer;
mod logic;
mod place;
mod print;
mod print_event;
mod print_value;
mod profile;
mod test;
mod window;
mod words;

use model::bounds::DEFINITION_BYTES_MAX;

use crate::check;
use crate::problem::Problem;
use crate::tree::Predicate;

pub use place::Places;
pub use print::print;

/// What was read from a text.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The best effort. Where something could not be read stands `nobody`, so it must not be used
    /// when a problem is fatal.
    pub predicate: Predicate,
    /// Everything that is wrong with the text, in order of place.
    pub problems: Vec<Problem>,
    /// Where the parts of the tree stand in the text.
    pub places: Places,
}

/// Reads a definition: the best effort and all its problems. With a fatal problem the predicate
/// must not be used.
pub fn parse(text: &str) -> (Predicate, Vec<Problem>) {
    let reading = read(text);
    (reading.predicate, reading.problems)
}

/// Reads a definition and keeps the places of its parts, for problems that are found later.
pub fn read(text: &str) -> Reading {
    if text.len() > DEFINITION_BYTES_MAX {
        let problem = check::too_long(text.len()).at(1, 1);
        return Reading {
            predicate: cursor::NOBODY,
            problems: vec![problem],
            places: Places::default(),
        };
    }
    let mut cursor = cursor::Cursor::new(text);
    let predicate = cursor.definition();
    let (mut problems, places) = cursor.finish();
    problems.extend(check::too_large(&predicate).map(|problem| problem.at(1, 1)));
    Reading { predicate, problems, places }
}

#[cfg(test)]
mod tests;
