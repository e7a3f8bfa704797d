//! The laws of the text form, its examples, and what it says of wrong texts.

mod examples;
mod laws;
mod wrong;

use crate::problem::Problem;
use crate::tree::Predicate;

/// Reads a text that must have no problem.
fn read(text: &str) -> Predicate {
    let (predicate, problems) = super::parse(text);
    assert!(problems.is_empty(), "{text}\n{}", list(&problems));
    predicate
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("  {p}\n")).collect()
}
