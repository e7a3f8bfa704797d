//! Which names anything uses: what is used by nothing need not be collected.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::{Service, definitions, frameworks, rfm};
use crate::failure::Failure;

/// Fields of definitions whose text is the name of a property.
const PROPERTY_FIELDS: [&str; 8] =
    ["property", "sum", "avg", "min", "max", "distinct", "first", "last"];

/// Fields of definitions whose texts are names of properties.
const PROPERTY_LISTS: [&str; 2] = ["same", "hold"];

/// Names that segments, the lifecycle, frameworks, composite events and RFM settings have.
#[derive(Default)]
pub struct Used {
    events: BTreeSet<String>,
    properties: BTreeSet<String>,
    attributes: BTreeSet<String>,
}

impl Service {
    /// Everything that any definition names. What webhooks watch are definitions.
    pub(super) fn used(&self) -> Result<Used, Failure> {
        let mut used = Used::default();
        let rules = self.rules()?;
        let states = rules.lifecycle.states.iter().map(|state| &state.predicate);
        for predicate in rules.segments.values().chain(states) {
            used.add(&Json::from(definitions::json(predicate)));
        }
        let config = self.workspace.config();
        for framework in frameworks::read(config)? {
            for state in &framework.lifecycle.states {
                used.add(&Json::from(definitions::json(&state.predicate)));
            }
        }
        for (name, members) in config.composites()? {
            used.add(&serde_json::from_str(&members).unwrap_or_default());
            used.events.insert(name);
        }
        used.add(&serde_json::to_value(rfm::written(&rules.rfm)).unwrap_or_default());
        Ok(used)
    }
}

impl Used {
    /// Whether anything names an event.
    pub fn event(&self, name: &str) -> bool {
        self.events.contains(name)
    }

    /// Whether anything names a property, of whatever event.
    pub fn property(&self, name: &str) -> bool {
        self.properties.contains(name)
    }

    /// Whether anything names an attribute.
    pub fn attribute(&self, name: &str) -> bool {
        self.attributes.contains(name)
    }

    fn add(&mut self, json: &Json) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| self.add(item)),
            Json::Object(fields) => {
                for (field, value) in fields {
                    let field = field.as_str();
                    match value {
                        Json::String(name) if field == "event" => {
                            self.events.insert(name.clone());
                        }
                        Json::Array(names) if field == "event" => {
                            self.events.extend(texts(names));
                        }
                        Json::String(name) if field == "attribute" => {
                            self.attributes.insert(name.clone());
                        }
                        Json::String(name) if PROPERTY_FIELDS.contains(&field) => {
                            self.properties.insert(name.clone());
                        }
                        Json::Array(names) if PROPERTY_LISTS.contains(&field) => {
                            self.properties.extend(texts(names));
                        }
                        other => self.add(other),
                    }
                }
            }
            _ => {}
        }
    }
}

fn texts(items: &[Json]) -> impl Iterator<Item = String> {
    items.iter().filter_map(|item| item.as_str().map(str::to_owned))
}
