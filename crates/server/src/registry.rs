//! The schema registry as the server works with it: read once, used for every record.
//!
//! What it is: the declarations of the configuration, the policy compiled of them for records, and
//! the names that are masked. What it is not: it knows nothing of what is seen, and changes nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use gateway::policy::{Choice, EventRule, Policy, Type, ValueRule};
use model::{Text, Timestamp, Value};
use serde::{Deserialize, Serialize};
use wire::api::{
    DataPolicy, DeclaredStatus, PropertyDeclaration, SchemaDocument, SchemaPolicies, SchemaSubject,
    ValueType,
};

use crate::config::schema::SavedChange;
use crate::config::{Config, ConfigError};

/// What is shown in the place of a masked value.
pub const MASK: &str = "***";

/// An event that was discarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discard {
    /// Everything accepted up to this instant is gone.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What still comes is left out.
    pub blocked: bool,
}

/// A discarded event as it is stored.
#[derive(Serialize, Deserialize)]
pub struct StoredDiscard {
    /// Milliseconds since 1970.
    pub at: i64,
    /// By whom.
    pub by: String,
    /// What still comes is left out.
    pub blocked: bool,
}

/// Names of properties and attributes whose values not everybody may see.
#[derive(Debug, Default)]
pub struct Masks {
    names: HashSet<Text>,
}

/// The registry at one version.
#[derive(Debug, Default)]
pub struct Registry {
    /// Counts every change.
    pub version: u64,
    /// What is declared.
    pub document: SchemaDocument,
    /// The version that said so, by subject and name.
    pub versions: BTreeMap<(SchemaSubject, String), u64>,
    /// Events that were discarded.
    pub discards: BTreeMap<String, Discard>,
    /// The declarations for records.
    pub policy: Policy,
    /// What is masked.
    pub masks: Masks,
}

impl Masks {
    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether values of a property or attribute are masked: those declared so, wherever they stand,
    /// as in `context.traits.email`.
    pub fn hide(&self, name: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut rest = name;
        loop {
            if self.names.contains(rest) {
                return true;
            }
            match rest.split_once('.') {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
    }

    /// Whether a text names anything that is masked, as a word of its own.
    pub fn named_in(&self, text: &str) -> bool {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        self.names.iter().any(|name| {
            text.match_indices(name.as_str()).any(|(at, found)| {
                let before = text[..at].chars().next_back().is_some_and(part);
                let after = text[at + found.len()..].chars().next().is_some_and(part);
                !before && !after
            })
        })
    }
}

impl Registry {
    /// Reads the configuration.
    pub fn read(config: &Config) -> Result<Registry, ConfigError> {
        let version = u64::try_from(config.schema_version()?).unwrap_or(0);
        let mut registry = Registry { version, ..Registry::default() };
        for change in config.schema()? {
            if let Err(error) = registry.take(&change) {
                tracing::error!(%error, name = change.name, "a declaration cannot be read");
            }
        }
        registry.policy = registry.compiled();
        registry.masks = registry.masked();
        Ok(registry)
    }

    /// Names with the acceptance up to which they are gone.
    pub fn gone(&self) -> Vec<(Text, Timestamp)> {
        self.discards.iter().map(|(name, discard)| (Text::new(name), discard.at)).collect()
    }

    fn take(&mut self, change: &SavedChange) -> Result<(), serde_json::Error> {
        let SavedChange { version, subject, name, body: Some(body), .. } = change else {
            return Ok(());
        };
        // The word of a later version says nothing here.
        let Some(subject) = subject_of(subject) else { return Ok(()) };
        match subject {
            SchemaSubject::Event => {
                self.document.events.insert(name.clone(), serde_json::from_str(body)?);
            }
            SchemaSubject::Attribute => {
                self.document.attributes.insert(name.clone(), serde_json::from_str(body)?);
            }
            SchemaSubject::Policies => self.document.policies = serde_json::from_str(body)?,
            SchemaSubject::Discard => {
                let StoredDiscard { at, by, blocked } = serde_json::from_str(body)?;
                let discard = Discard { at: Timestamp(at), by, blocked };
                self.discards.insert(name.clone(), discard);
            }
        }
        self.versions.insert((subject, name.clone()), u64::try_from(*version).unwrap_or(0));
        Ok(())
    }

    fn compiled(&self) -> Policy {
        let SchemaDocument { events, attributes, policies } = &self.document;
        let SchemaPolicies {
            undefined_events,
            undefined_properties,
            undefined_attributes,
            mistyped,
        } = policies;
        let mut rules: HashMap<Text, EventRule> = HashMap::new();
        for (name, declared) in events {
            let checked = declared.status == DeclaredStatus::Live;
            let undefined = declared.undefined_properties.or(*undefined_properties);
            let properties = declared.properties.iter().filter(|_| checked);
            let required = properties.clone().filter(|(_, of)| of.required);
            let rule = EventRule {
                blocked: declared.status == DeclaredStatus::Blocked,
                required: required.map(|(name, _)| Text::new(name)).collect(),
                properties: properties
                    .map(|(name, of)| (Text::new(name), value_rule(of)))
                    .collect(),
                undefined: undefined.filter(|_| checked).map(choice),
                mistyped: declared.mistyped.or(*mistyped).map(choice),
            };
            rules.insert(Text::new(name), rule);
        }
        for (name, _) in self.discards.iter().filter(|(_, discard)| discard.blocked) {
            rules.entry(Text::new(name)).or_default().blocked = true;
        }
        let attributes = attributes.iter().map(|(name, declared)| {
            let of = match declared.status {
                DeclaredStatus::Live => value_rule_of(declared.value_type, &declared.allowed),
                DeclaredStatus::Proposed | DeclaredStatus::Blocked => ValueRule::of(Type::Any),
            };
            let blocked = declared.status == DeclaredStatus::Blocked;
            (Text::new(name), ValueRule { blocked, ..of })
        });
        Policy {
            events: rules,
            attributes: attributes.collect(),
            undefined_events: undefined_events.map(choice),
            undefined_attributes: undefined_attributes.map(choice),
            mistyped: mistyped.map(choice),
        }
    }

    fn masked(&self) -> Masks {
        let SchemaDocument { events, attributes, .. } = &self.document;
        let properties = events.values().flat_map(|event| &event.properties);
        let properties = properties.filter(|(_, of)| of.pii).map(|(name, _)| name);
        let attributes = attributes.iter().filter(|(_, of)| of.pii).map(|(name, _)| name);
        let mut masks = Masks { names: properties.chain(attributes).map(Text::new).collect() };
        // What is derived of masked values is masked, too.
        let derived = segment::derived::sources().filter(|(_, source)| masks.hide(source));
        let derived: Vec<Text> = derived.map(|(name, _)| Text::new(name)).collect();
        masks.names.extend(derived);
        masks
    }
}

/// The word for a subject in the configuration.
pub fn subject_word(subject: SchemaSubject) -> &'static str {
    match subject {
        SchemaSubject::Event => "event",
        SchemaSubject::Attribute => "attribute",
        SchemaSubject::Policies => "policies",
        SchemaSubject::Discard => "discard",
    }
}

/// The subject of a word.
pub fn subject_of(word: &str) -> Option<SchemaSubject> {
    let all = [
        SchemaSubject::Event,
        SchemaSubject::Attribute,
        SchemaSubject::Policies,
        SchemaSubject::Discard,
    ];
    all.into_iter().find(|subject| subject_word(*subject) == word)
}

/// A value of JSON as records have it; nothing of an object.
pub fn value(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => match n.as_i64() {
            Some(n) => Value::Int(n),
            None => Value::Float(n.as_f64()?),
        },
        serde_json::Value::String(text) => Value::text(text),
        serde_json::Value::Array(items) => {
            Value::List(items.iter().map(value).collect::<Option<_>>()?)
        }
        serde_json::Value::Object(_) => return None,
    })
}

fn value_rule(of: &PropertyDeclaration) -> ValueRule {
    value_rule_of(of.value_type, &of.allowed)
}

fn value_rule_of(of: ValueType, allowed: &[serde_json::Value]) -> ValueRule {
    let of = match of {
        ValueType::Text => Type::Text,
        ValueType::Number => Type::Number,
        ValueType::Integer => Type::Integer,
        ValueType::Boolean => Type::Boolean,
        ValueType::Time => Type::Time,
        ValueType::List => Type::List,
        ValueType::Any => Type::Any,
    };
    let allowed = allowed.iter().filter_map(|json| value(json)?.key()).collect();
    ValueRule { of, blocked: false, allowed }
}

fn choice(policy: DataPolicy) -> Choice {
    match policy {
        DataPolicy::Allow => Choice::Allow,
        DataPolicy::DropProperty => Choice::DropProperty,
        DataPolicy::DropEvent => Choice::DropEvent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_wherever_they_stand() {
        let masks = Masks { names: HashSet::from(["email".into(), "home.city".into()]) };
        for name in ["email", "traits.email", "context.traits.email", "home.city", "x.home.city"] {
            assert!(masks.hide(name), "{name}");
        }
        for name in ["emails", "email.verified", "city", "my_email", ""] {
            assert!(!masks.hide(name), "{name}");
        }
        for text in ["email", "email = \"a\"", "did \"Buy\" where traits.email is x"] {
            assert!(masks.named_in(text), "{text}");
        }
        for text in ["emails", "my_email", "did \"Buy\"", "été"] {
            assert!(!masks.named_in(text), "{text}");
        }
        assert!(!Masks::default().hide("email"));
    }
}
