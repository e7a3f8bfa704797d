//! Definitions in both of their forms, checked with the names that the workspace knows.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, Weak};

use history::{Snapshot, ValueFacts};
use model::Text;
use segment::catalogue::{Catalogue, Kind, Kinds};
use segment::check::{Subject, check_as};
use segment::derived;
use segment::problem::{Severity, fatal};
use segment::tree::EventMatch;
use segment::{Predicate, Problem, Rules};
use serde_json::{Value, json};
use wire::api::{self, Object};
use wire::definition;

use super::Service;
use crate::failure::Failure;

/// The names of the latest snapshot that was asked.
pub type KnownNames = (Weak<Snapshot>, Arc<Catalogue>);

impl Service {
    /// A definition that can be used; both forms are taken.
    pub fn definition(&self, written: &Value) -> Result<Predicate, Failure> {
        let (predicate, problems) = self.checked(written)?;
        if fatal(&problems) {
            return Err(invalid(problems));
        }
        self.sight().check(&predicate, &*self.rules()?)?;
        Ok(predicate)
    }

    /// The best effort at a definition, with everything that is wrong with it.
    pub(super) fn checked(&self, written: &Value) -> Result<(Predicate, Vec<Problem>), Failure> {
        let (names, rules) = (self.names()?, self.rules()?);
        if let Value::String(text) = written {
            return Ok(definition::read_and_check(text, &names, &rules));
        }
        let (predicate, mut problems) = definition::from_json(written);
        if !fatal(&problems) {
            problems.extend(segment::check(&predicate, &names, &rules));
        }
        Ok((predicate, problems))
    }

    /// Refuses what would make rules depend on themselves; `rules` are those after the change.
    pub(super) fn check_as(
        &self,
        subject: &Subject,
        predicate: &Predicate,
        rules: &Rules,
    ) -> Result<(), Failure> {
        let problems = check_as(subject, predicate, &*self.names()?, rules);
        if fatal(&problems) { Err(invalid(problems)) } else { Ok(()) }
    }

    /// All names that were seen, for checks and suggestions.
    pub(super) fn names(&self) -> Result<Arc<Catalogue>, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let same = Arc::downgrade(&snapshot);
        let mut known = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, names)) = &*known
            && of.ptr_eq(&same)
        {
            return Ok(Arc::clone(names));
        }
        let names = Arc::new(catalogue(&snapshot)?);
        *known = Some((same, Arc::clone(&names)));
        Ok(names)
    }
}

fn catalogue(snapshot: &Snapshot) -> Result<Catalogue, Failure> {
    let mut catalogue = Catalogue::default();
    for event in snapshot.events()? {
        catalogue.event(&event.name);
        for property in &event.properties {
            catalogue.property(&event.name, &property.name, kinds(property));
        }
    }
    if snapshot.span().is_some() {
        // Their names are known without deriving any.
        for derived in &derived::ALL {
            catalogue.event(derived.name);
            for (property, kind) in derived.properties {
                catalogue.property(derived.name, property, Kinds::default().with(*kind));
            }
        }
    }
    for attribute in snapshot.attribute_facts()? {
        catalogue.attribute(&attribute.name, kinds(&attribute));
    }
    Ok(catalogue)
}

fn kinds(facts: &ValueFacts) -> Kinds {
    let named = |name: &&str| Kind::ALL.into_iter().find(|kind| kind.name() == *name);
    facts.kinds.iter().filter_map(named).fold(Kinds::default(), Kinds::with)
}

/// A definition that was checked when it was stored.
pub fn stored(written: &Value) -> Result<Predicate, Failure> {
    let (predicate, problems) = definition::from_json(written);
    if fatal(&problems) { Err(invalid(problems)) } else { Ok(predicate) }
}

/// The JSON form.
pub fn json(predicate: &Predicate) -> Object {
    match definition::to_json(predicate) {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// An event with its conditions in the JSON form, as an `event` predicate has them.
pub fn event_match(written: &Value) -> Result<EventMatch, Failure> {
    let mut whole = json!({"type": "event", "op": "ge", "value": 1});
    for (name, value) in written.as_object().into_iter().flatten() {
        if name != "event" && name != "where" {
            let message = format!("\"{name}\" is not known here; an event has `event` and `where`");
            return Err(Failure::unprocessable("segment.unknown_field", message));
        }
        whole[name] = value.clone();
    }
    match definition::from_json(&whole) {
        (Predicate::Event(event), problems) if !fatal(&problems) => Ok(event.of),
        (_, problems) => Err(invalid(problems)),
    }
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
    let Problem { code, severity, message, hint, line, column, path, found, expected } = problem;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let (code, severity) = (code.into(), severity.into());
    api::Problem { code, severity, message, hint, line, column, path, found, expected }
}

fn invalid(problems: Vec<Problem>) -> Failure {
    let worst = problems.iter().find(|problem| problem.fatal());
    let message = worst.map_or_else(String::new, ToString::to_string);
    Failure::unprocessable("segment.invalid", format!("the definition cannot be used: {message}"))
        .problems(problems.into_iter().map(self::problem).collect())
}
