//! Changes of the registry: checked, written, in force at once.

use model::bounds::{NAME_BYTES_MAX, PROPERTIES_MAX};
use serde::Serialize;
use serde_json::Value as Json;
use wire::api::{
    AttributeDeclaration, EventDeclaration, SchemaApplied, SchemaAttribute, SchemaDocument,
    SchemaEvent, SchemaPolicies, SchemaSubject, ValueType,
};

use super::super::Service;
use crate::config::schema::NewChange;
use crate::failure::Failure;
use crate::registry::{StoredDiscard, subject_word, value};

/// Declarations at most: what a workspace may have names for.
const DECLARED_MAX: usize = 10_000;

/// Allowed values of one property at most: more is no list that people keep.
const ALLOWED_MAX: usize = 1_000;

/// Bytes of a description or an owner at most.
const WORDS_BYTES_MAX: usize = 2_000;

impl Service {
    /// Declares an event.
    pub fn declare_event(
        &self,
        name: &str,
        declared: &EventDeclaration,
    ) -> Result<SchemaEvent, Failure> {
        check_event(name, declared)?;
        self.room(self.workspace.registry().document.events.contains_key(name))?;
        self.change(vec![change(SchemaSubject::Event, name, Some(declared))?])?;
        self.schema_event(name)
    }

    /// Declares an attribute.
    pub fn declare_attribute(
        &self,
        name: &str,
        declared: &AttributeDeclaration,
    ) -> Result<SchemaAttribute, Failure> {
        check_attribute(name, declared)?;
        self.room(self.workspace.registry().document.attributes.contains_key(name))?;
        self.change(vec![change(SchemaSubject::Attribute, name, Some(declared))?])?;
        self.schema_attribute(name)
    }

    /// Removes the declaration of an event.
    pub fn undeclare_event(&self, name: &str) -> Result<(), Failure> {
        if !self.workspace.registry().document.events.contains_key(name) {
            return Err(Failure::not_found(
                "schema.not_declared",
                format!("the event \"{name}\" is not declared"),
            ));
        }
        self.change(vec![(subject_word(SchemaSubject::Event), name.into(), None)])
    }

    /// Removes the declaration of an attribute.
    pub fn undeclare_attribute(&self, name: &str) -> Result<(), Failure> {
        if !self.workspace.registry().document.attributes.contains_key(name) {
            return Err(Failure::not_found(
                "schema.not_declared",
                format!("the attribute \"{name}\" is not declared"),
            ));
        }
        self.change(vec![(subject_word(SchemaSubject::Attribute), name.into(), None)])
    }

    /// What becomes of what is not declared.
    pub fn schema_policies(&self) -> Result<SchemaPolicies, Failure> {
        Ok(self.workspace.registry().document.policies)
    }

    /// Replaces what becomes of what is not declared.
    pub fn set_schema_policies(
        &self,
        policies: &SchemaPolicies,
    ) -> Result<SchemaPolicies, Failure> {
        self.change(vec![change(SchemaSubject::Policies, "", Some(policies))?])?;
        self.schema_policies()
    }

    /// Replaces everything that is declared: what the document does not have is removed.
    pub fn apply_schema(&self, document: &SchemaDocument) -> Result<SchemaApplied, Failure> {
        let SchemaDocument { events, attributes, policies } = document;
        if events.len() + attributes.len() > DECLARED_MAX {
            return Err(too_many());
        }
        events.iter().try_for_each(|(name, declared)| check_event(name, declared))?;
        attributes.iter().try_for_each(|(name, declared)| check_attribute(name, declared))?;
        let registry = self.workspace.registry();
        let old = &registry.document;
        let (mut changes, mut applied) = (Vec::new(), SchemaApplied::default());
        for (name, declared) in events {
            let known = old.events.get(name);
            if count(known, declared, &mut applied) {
                changes.push(change(SchemaSubject::Event, name, Some(declared))?);
            }
        }
        for (name, declared) in attributes {
            let known = old.attributes.get(name);
            if count(known, declared, &mut applied) {
                changes.push(change(SchemaSubject::Attribute, name, Some(declared))?);
            }
        }
        let gone = old.events.keys().filter(|name| !events.contains_key(*name));
        let gone = gone.map(|name| (subject_word(SchemaSubject::Event), name.clone(), None));
        let gone: Vec<NewChange> = gone
            .chain(
                old.attributes
                    .keys()
                    .filter(|name| !attributes.contains_key(*name))
                    .map(|name| (subject_word(SchemaSubject::Attribute), name.clone(), None)),
            )
            .collect();
        applied.removed = gone.len() as u64;
        changes.extend(gone);
        if old.policies != *policies {
            applied.changed += 1;
            changes.push(change(SchemaSubject::Policies, "", Some(policies))?);
        }
        if !changes.is_empty() {
            self.change(changes)?;
        }
        Ok(SchemaApplied { version: self.workspace.registry().version, ..applied })
    }

    /// Drops every event of a name, for good, and lets none in any more.
    pub fn discard_event(&self, name: &str) -> Result<SchemaEvent, Failure> {
        check_name("event", name)?;
        self.schema_event(name)?;
        let by = self.caller.name.clone();
        let known = self.workspace.registry().discards.get(name).map_or(0, |discard| discard.at.0);
        let before = StoredDiscard { at: known, by: by.clone(), blocked: true };
        // The door is shut before the room is emptied.
        self.change(vec![change(SchemaSubject::Discard, name, Some(&before))?])?;
        let at = self.workspace.now();
        let discard = StoredDiscard { at: at.0, by, blocked: true };
        self.change(vec![change(SchemaSubject::Discard, name, Some(&discard))?])?;
        self.workspace.discard(name, at)?;
        self.schema_event(name)
    }

    /// Lets events of a discarded name in again. What was dropped stays so.
    pub fn lift_discard(&self, name: &str) -> Result<SchemaEvent, Failure> {
        let registry = self.workspace.registry();
        let Some(discard) = registry.discards.get(name) else {
            let message = format!("the event \"{name}\" was not discarded");
            return Err(Failure::not_found("schema.not_discarded", message));
        };
        let (at, by) = (discard.at.0, discard.by.clone());
        let lifted = StoredDiscard { at, by, blocked: false };
        self.change(vec![change(SchemaSubject::Discard, name, Some(&lifted))?])?;
        self.schema_event(name)
    }

    fn change(&self, changes: Vec<NewChange>) -> Result<(), Failure> {
        let config = self.workspace.config();
        config.change_schema(&changes, &self.caller.name, self.workspace.now())?;
        Ok(self.workspace.registry_changed()?)
    }

    fn room(&self, known: bool) -> Result<(), Failure> {
        let registry = self.workspace.registry();
        let SchemaDocument { events, attributes, .. } = &registry.document;
        let full = events.len() + attributes.len() >= DECLARED_MAX;
        if full && !known { Err(too_many()) } else { Ok(()) }
    }
}

/// Whether a declaration is another than before, counted.
fn count<T: PartialEq>(known: Option<&T>, declared: &T, applied: &mut SchemaApplied) -> bool {
    match known {
        None => applied.added += 1,
        Some(known) if known == declared => return false,
        Some(_) => applied.changed += 1,
    }
    true
}

fn change(
    subject: SchemaSubject,
    name: &str,
    body: Option<&impl Serialize>,
) -> Result<NewChange, Failure> {
    let body = body.map(serde_json::to_string).transpose();
    let body = body.map_err(|error| Failure::internal("server.configuration", &error))?;
    Ok((subject_word(subject), name.to_owned(), body))
}

fn check_event(name: &str, declared: &EventDeclaration) -> Result<(), Failure> {
    check_name("event", name)?;
    check_words(name, &[&declared.description, &declared.owner])?;
    if declared.properties.len() > PROPERTIES_MAX {
        let message = format!("\"{name}\" declares more than {PROPERTIES_MAX} properties");
        return Err(Failure::unprocessable("schema.too_many", message));
    }
    for (property, of) in &declared.properties {
        check_name("property", property)?;
        check_words(property, &[&of.description])?;
        check_allowed(property, of.value_type, &of.allowed)?;
    }
    Ok(())
}

fn check_attribute(name: &str, declared: &AttributeDeclaration) -> Result<(), Failure> {
    check_name("attribute", name)?;
    check_words(name, &[&declared.description, &declared.owner])?;
    check_allowed(name, declared.value_type, &declared.allowed)
}

fn check_name(kind: &str, name: &str) -> Result<(), Failure> {
    if name.is_empty() || name.trim() != name || name == "*" || name.len() > NAME_BYTES_MAX {
        let message = format!("\"{name}\" cannot be the name of an {kind}");
        return Err(Failure::unprocessable("schema.name", message)
            .hint("names have 1 to 255 bytes, no blanks around them, and are not *"));
    }
    Ok(())
}

fn check_words(name: &str, words: &[&String]) -> Result<(), Failure> {
    if words.iter().any(|words| words.len() > WORDS_BYTES_MAX) {
        let message = format!("a text about \"{name}\" has more than {WORDS_BYTES_MAX} bytes");
        return Err(Failure::unprocessable("schema.too_long", message)
            .hint("write a sentence, and a link to the rest"));
    }
    Ok(())
}

/// Allowed values are of the type that is declared.
fn check_allowed(name: &str, of: ValueType, allowed: &[Json]) -> Result<(), Failure> {
    if allowed.len() > ALLOWED_MAX {
        let message = format!("\"{name}\" allows more than {ALLOWED_MAX} values");
        return Err(Failure::unprocessable("schema.too_many", message)
            .hint("leave `allowed` out and keep the type"));
    }
    let fits = |json: &Json| match of {
        ValueType::Text | ValueType::Time => json.is_string(),
        ValueType::Number => json.is_number(),
        ValueType::Integer => json.is_i64() || json.is_u64(),
        ValueType::Boolean => json.is_boolean(),
        ValueType::List | ValueType::Any => value(json).is_some_and(|value| !value.missing()),
    };
    match allowed.iter().find(|json| !fits(json)) {
        None => Ok(()),
        Some(other) => {
            let message = format!("{other} is allowed of \"{name}\" and is of another type");
            Err(Failure::unprocessable("schema.allowed", message)
                .hint("allow values of the declared type; of a list, its elements"))
        }
    }
}

fn too_many() -> Failure {
    let message = format!("more than {DECLARED_MAX} events and attributes are declared");
    Failure::unprocessable("schema.too_many", message)
        .hint("put what varies into properties, not into names")
}
