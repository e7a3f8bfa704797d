//! The catalogue of names.

use history::ValueFacts;
use wire::api::{Catalogue, CatalogueEvent, CatalogueProperty, Object};

use super::{Service, values};
use crate::failure::Failure;

impl Service {
    /// Everything that a definition can name.
    pub fn catalogue(&self) -> Result<Catalogue, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let composites =
            self.workspace.config().composites()?.into_iter().map(|(name, members)| {
                let members = serde_json::from_str(&members).unwrap_or_default();
                Object::from_iter([("name".into(), name.into()), ("members".into(), members)])
            });
        let events = snapshot.events()?.into_iter().map(|facts| CatalogueEvent {
            name: facts.name.to_string(),
            count: facts.count,
            users: facts.users,
            first_at: facts.first_at.to_string(),
            last_at: facts.last_at.to_string(),
            properties: facts.properties.iter().map(property).collect(),
        });
        Ok(Catalogue {
            events: events.collect(),
            attributes: snapshot.attribute_facts()?.iter().map(property).collect(),
            composites: composites.collect(),
        })
    }
}

fn property(facts: &ValueFacts) -> CatalogueProperty {
    CatalogueProperty {
        name: facts.name.to_string(),
        kinds: facts.kinds.iter().map(|kind| kind.to_string()).collect(),
        examples: facts.examples.iter().map(values::json).collect(),
    }
}
