//! The catalogue of names.

use history::ValueFacts;
use wire::api::{Catalogue, CatalogueEvent, CatalogueProperty, Composite, Object};

use super::Service;
use super::sight::Sight;
use crate::failure::Failure;

impl Service {
    /// Everything that a definition can name.
    pub fn catalogue(&self) -> Result<Catalogue, Failure> {
        let (snapshot, sight) = (self.workspace.snapshot()?, self.sight());
        let composites = self.composites()?.composites.into_iter().map(|composite| {
            let Composite { name, members } = composite;
            Object::from_iter([("name".into(), name.into()), ("members".into(), members.into())])
        });
        let events = snapshot.events()?.into_iter().map(|facts| CatalogueEvent {
            name: facts.name.to_string(),
            count: facts.count,
            users: facts.users,
            first_at: facts.first_at.to_string(),
            last_at: facts.last_at.to_string(),
            properties: facts.properties.iter().map(|facts| property(&sight, facts)).collect(),
        });
        let attributes = snapshot.attribute_facts()?;
        Ok(Catalogue {
            events: events.collect(),
            attributes: attributes.iter().map(|facts| property(&sight, facts)).collect(),
            composites: composites.collect(),
        })
    }
}

fn property(sight: &Sight, facts: &ValueFacts) -> CatalogueProperty {
    let mut examples: Vec<_> =
        facts.examples.iter().map(|value| sight.json(&facts.name, value)).collect();
    examples.dedup();
    CatalogueProperty {
        name: facts.name.to_string(),
        kinds: facts.kinds.iter().map(|kind| kind.to_string()).collect(),
        examples,
    }
}
