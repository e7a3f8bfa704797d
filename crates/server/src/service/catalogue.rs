//! The catalogue of names.

use history::{EventFacts, ValueFacts};
use wire::api::{Catalogue, CatalogueEvent, CatalogueProperty, Composite, Object};

use super::Service;
use super::sight::Sight;
use crate::failure::Failure;

impl Service {
    /// Everything that a definition can name.
    pub fn catalogue(&self) -> Result<Catalogue, Failure> {
        let (snapshot, sight) = (self.snapshot(None, None)?, self.sight());
        let composites = self.composites()?.composites.into_iter().map(|composite| {
            let Composite { name, members } = composite;
            Object::from_iter([("name".into(), name.into()), ("members".into(), members.into())])
        });
        let mut events: Vec<CatalogueEvent> =
            snapshot.events()?.iter().map(|facts| event(&sight, facts, false)).collect();
        for facts in snapshot.derived_events()? {
            let derived = event(&sight, &facts, true);
            match events.iter_mut().find(|sent| sent.name == derived.name) {
                Some(sent) => also(sent, derived),
                None => events.push(derived),
            }
        }
        let attributes = snapshot.attribute_facts()?;
        Ok(Catalogue {
            events,
            attributes: attributes.iter().map(|facts| property(&sight, facts)).collect(),
            composites: composites.collect(),
        })
    }
}

fn event(sight: &Sight, facts: &EventFacts, derived: bool) -> CatalogueEvent {
    CatalogueEvent {
        name: facts.name.to_string(),
        count: facts.count,
        users: facts.users,
        first_at: facts.first_at.to_string(),
        last_at: facts.last_at.to_string(),
        derived,
        properties: facts.properties.iter().map(|facts| property(sight, facts)).collect(),
    }
}

/// Some users sent events of the name, for others they are derived: nobody has both.
fn also(sent: &mut CatalogueEvent, derived: CatalogueEvent) {
    sent.count += derived.count;
    sent.users += derived.users;
    sent.first_at = std::mem::take(&mut sent.first_at).min(derived.first_at);
    sent.last_at = std::mem::take(&mut sent.last_at).max(derived.last_at);
    sent.derived = true;
    for property in derived.properties {
        match sent.properties.iter_mut().find(|own| own.name == property.name) {
            Some(own) => {
                own.kinds.extend(property.kinds);
                own.kinds.sort_unstable();
                own.kinds.dedup();
            }
            None => sent.properties.push(property),
        }
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
