//! What whoever asks may see.
//!
//! What it is: the one place that decides which values are masked. Every answer with values of
//! properties or attributes writes them through it. What it is not: it does not look into texts that
//! people wrote; questions and definitions that name what is masked are refused or hidden as a whole.

use std::sync::Arc;

use model::{Text, Value};
use segment::{Predicate, Rules};
use serde_json::Value as Json;
use wire::api::Object;

use super::{Service, definitions, values};
use crate::caller::Caller;
use crate::failure::Failure;
use crate::live::Accepted;
use crate::registry::{MASK, Registry};

/// What one asker may see; by default, everything.
#[derive(Clone, Default)]
pub struct Sight {
    registry: Arc<Registry>,
    masked: bool,
}

impl Service {
    /// The same service for somebody.
    pub fn asked_by(&self, caller: Caller) -> Service {
        Service { caller: Arc::new(caller), ..self.clone() }
    }

    /// What whoever asks may see.
    pub fn sight(&self) -> Sight {
        let registry = self.workspace.registry();
        let masked = self.caller.masked() && !registry.masks.is_empty();
        Sight { registry, masked }
    }
}

impl Sight {
    /// Whether anything is masked.
    pub fn masked(&self) -> bool {
        self.masked
    }

    /// Whether values of a property or attribute are masked.
    pub fn hides(&self, name: &str) -> bool {
        self.masked && self.registry.masks.hide(name)
    }

    /// A value as it may be seen, as JSON.
    pub fn json(&self, name: &str, value: &Value) -> Json {
        if self.hides(name) { Json::from(MASK) } else { values::json(value) }
    }

    /// A value as it may be seen.
    pub fn value(&self, name: &str, value: Value) -> Value {
        if self.hides(name) { Value::text(MASK) } else { value }
    }

    /// Named values as an object.
    pub fn object<'a>(&self, values: impl IntoIterator<Item = (&'a Text, &'a Value)>) -> Object {
        let seen = |(name, value): (&Text, &Value)| (name.to_string(), self.json(name, value));
        values.into_iter().map(seen).collect()
    }

    /// Whether an event that was accepted is still there.
    pub fn shows(&self, event: &Accepted) -> bool {
        let discard = self.registry.discards.get(event.name.as_str());
        discard.is_none_or(|discard| event.received_at > discard.at)
    }

    /// The text of a definition, unless it names what is masked: it may say values, too.
    pub fn text(&self, predicate: &Predicate) -> String {
        if self.names(predicate) { MASK.to_owned() } else { segment::print(predicate) }
    }

    /// The JSON form of a definition, unless it names what is masked.
    pub fn definition(&self, predicate: &Predicate) -> Object {
        if self.names(predicate) { Object::new() } else { definitions::json(predicate) }
    }

    /// Refuses a definition that names what is masked, itself or through what it refers to: its
    /// answer would tell of values.
    pub fn check(&self, predicate: &Predicate, rules: &Rules) -> Result<(), Failure> {
        if self.reaches(predicate, rules) { Err(masked()) } else { Ok(()) }
    }

    fn reaches(&self, predicate: &Predicate, rules: &Rules) -> bool {
        let referred = definitions::references(predicate);
        let mut referred = referred.iter().filter_map(|id| rules.segments.get(id));
        self.masked
            && (self.names(predicate)
                || referred.any(|of| self.reaches(of, rules))
                || names_lifecycle(predicate)
                    && rules.lifecycle.states.iter().any(|s| self.reaches(&s.predicate, rules)))
    }

    fn names(&self, predicate: &Predicate) -> bool {
        self.masked && self.names_in(&Json::from(definitions::json(predicate)))
    }

    /// Whether any text in JSON is a name that is masked, or has one in it.
    pub fn names_in(&self, json: &Json) -> bool {
        self.masked
            && match json {
                Json::String(text) => self.registry.masks.named_in(text),
                Json::Array(items) => items.iter().any(|item| self.names_in(item)),
                Json::Object(fields) => fields.values().any(|value| self.names_in(value)),
                _ => false,
            }
    }
}

/// What a question about masked data is answered with.
pub fn masked() -> Failure {
    Failure::new(403, "auth.masked", "this asks about personal data that the key may not see")
        .hint("leave it out of the question, or ask with a key of scope admin")
}

fn names_lifecycle(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => of.iter().any(names_lifecycle),
        Predicate::Not(of) => names_lifecycle(of),
        Predicate::Lifecycle(_) => true,
        _ => false,
    }
}
