//! The JSON form of a segment definition: the same tree as the text form, for programs.
//!
//! What it is: [`from_json`] and [`to_json`], inverse of one another for every valid tree, and
//! [`read`] for a text in either form. What it is not: it knows no names; [`segment::check`] does.
//! Invariants: reading never panics, however deep the JSON; every problem says at which path it is
//! (`of[1].where[0].op`), and problems of a text also at which line and column.
//!
//! Beyond the table of the specification: an instant among values is `{"time": "2026-03-01…"}`; a
//! nested `{"all": […]}` may stand beside `any` and `not` in `where`; the names `hour` and `weekday`
//! of an affinity's property are written `{"name": "hour"}` when a property is meant.

mod locate;
mod read_chain;
mod read_event;
mod read_predicate;
mod read_value;
mod reader;
mod write;
mod write_event;
mod write_value;

use segment::problem::{Problem, code};
use segment::text::Reading;
use segment::{Catalogue, Predicate, Rules};
use serde_json::Value as Json;

pub use write::to_json;

/// Reads the JSON form: the best effort and all its problems, each with its path. With a fatal
/// problem the predicate must not be used.
pub fn from_json(json: &Json) -> (Predicate, Vec<Problem>) {
    let mut reader = reader::Reader::default();
    let predicate = reader.predicate(json);
    let mut problems = reader.problems;
    problems.extend(segment::check::too_large(&predicate).map(|p| p.path("")));
    (predicate, problems)
}

/// Reads a definition in either form: JSON if it begins with `{`, else text. Every problem has a
/// line and a column inside the text.
pub fn read(text: &str) -> (Predicate, Vec<Problem>) {
    if !text.trim_start().starts_with('{') {
        return segment::parse(text);
    }
    let (predicate, mut problems) = read_json(text);
    locate::locate(text, &mut problems);
    (predicate, problems)
}

/// Reads a definition in either form and checks it with the names that the workspace knows. Where
/// something could not be read, the rest is still looked through for unknown names. Every problem
/// has a line and a column inside the text.
pub fn read_and_check(
    text: &str,
    catalogue: &Catalogue,
    rules: &Rules,
) -> (Predicate, Vec<Problem>) {
    if !text.trim_start().starts_with('{') {
        let Reading { predicate, mut problems, places } = segment::text::read(text);
        check(&predicate, catalogue, rules, &mut problems);
        places.locate(&mut problems);
        return (predicate, problems);
    }
    let (predicate, mut problems) = read_json(text);
    check(&predicate, catalogue, rules, &mut problems);
    locate::locate(text, &mut problems);
    (predicate, problems)
}

/// Adds what checking finds; of a tree that has gaps, only names that nobody knows.
fn check(predicate: &Predicate, catalogue: &Catalogue, rules: &Rules, problems: &mut Vec<Problem>) {
    let gaps = segment::problem::fatal(problems);
    let unknown = [
        code::UNKNOWN_EVENT,
        code::UNKNOWN_PROPERTY,
        code::UNKNOWN_ATTRIBUTE,
        code::UNKNOWN_SEGMENT,
    ];
    let found = segment::check(predicate, catalogue, rules).into_iter();
    problems.extend(found.filter(|problem| !gaps || unknown.contains(&problem.code)));
}

fn read_json(text: &str) -> (Predicate, Vec<Problem>) {
    let nobody = Predicate::Any(Vec::new());
    if text.len() > model::bounds::DEFINITION_BYTES_MAX {
        return (nobody, vec![segment::check::too_long(text.len()).at(1, 1)]);
    }
    match serde_json::from_str::<Json>(text) {
        Ok(json) => from_json(&json),
        Err(error) => (nobody, vec![locate::syntax(text, &error)]),
    }
}

/// A problem of what stands at a path.
fn wrong(found: &str, expected: &str) -> Problem {
    Problem::error(code::SYNTAX, format!("expected {expected}, found {found}"))
        .found(found)
        .expected(expected)
}

#[cfg(test)]
mod tests;
