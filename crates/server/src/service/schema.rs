//! The schema registry as people work with it: seen and declared side by side, changed, discarded.

mod declare;
mod names;
mod used;

use std::collections::{BTreeMap, BTreeSet};

use history::{EventFacts, SeenValues as Seen, Snapshot, ValueFacts};
use model::Text;
use wire::api::{
    AttributeDeclaration, Discarded, EventDeclaration, NameCount, NameKind, PropertyDeclaration,
    Schema, SchemaAttribute, SchemaChange, SchemaChanges, SchemaChangesQuery, SchemaDocument,
    SchemaEvent, SchemaProperty, SchemaSubject, SeenEvents, SeenValues, TypeShare, ValueType,
};

use super::sight::Sight;
use super::{Service, limit, share};
use crate::failure::Failure;
use crate::registry::{Registry, subject_of};
use used::Used;

/// Changes of a page without a wish, and at most.
const CHANGES: (u64, u64) = (100, 1_000);

/// What answers about the schema are made of.
struct Look {
    snapshot: std::sync::Arc<Snapshot>,
    registry: std::sync::Arc<Registry>,
    used: Used,
    sight: Sight,
}

impl Service {
    /// Everything that is seen and declared, and names that look like one.
    pub fn schema(&self) -> Result<Schema, Failure> {
        let look = self.look()?;
        let Look { snapshot, registry, .. } = &look;
        let facts = snapshot.events()?;
        let mut events = facts
            .iter()
            .map(|facts| look.event(&facts.name, Some(facts)))
            .collect::<Result<Vec<_>, _>>()?;
        let seen: BTreeSet<&str> = facts.iter().map(|facts| facts.name.as_str()).collect();
        let declared = registry.document.events.keys().chain(registry.discards.keys());
        let only: BTreeSet<&String> =
            declared.filter(|name| !seen.contains(name.as_str())).collect();
        for name in only {
            events.push(look.event(name, None)?);
        }
        let facts = snapshot.attribute_facts()?;
        let names = facts.iter().map(|facts| facts.name.as_str());
        let declared = registry.document.attributes.keys().map(String::as_str);
        let names: BTreeSet<&str> = names.chain(declared).collect();
        let fact = |name: &str| facts.iter().find(|facts| facts.name == name);
        let attributes = names.into_iter().map(|name| look.attribute(name, fact(name)));
        let attributes = attributes.collect::<Result<Vec<_>, Failure>>()?;
        Ok(Schema {
            version: registry.version,
            suggestions: suggestions(&events, &attributes),
            events,
            attributes,
            policies: registry.document.policies,
        })
    }

    /// One event, as seen and as declared.
    pub fn schema_event(&self, name: &str) -> Result<SchemaEvent, Failure> {
        let look = self.look()?;
        let facts = look.snapshot.events()?;
        let facts = facts.iter().find(|facts| facts.name == name);
        let Registry { document, discards, .. } = &*look.registry;
        if facts.is_none() && !document.events.contains_key(name) && !discards.contains_key(name) {
            return Err(Failure::not_found(
                "schema.unknown_event",
                format!("no event \"{name}\" was seen or declared"),
            )
            .hint("GET /api/schema lists them; PUT declares one"));
        }
        look.event(name, facts)
    }

    /// One attribute, as seen and as declared.
    pub fn schema_attribute(&self, name: &str) -> Result<SchemaAttribute, Failure> {
        let look = self.look()?;
        let facts = look.snapshot.attribute_facts()?;
        let facts = facts.iter().find(|facts| facts.name == name);
        if facts.is_none() && !look.registry.document.attributes.contains_key(name) {
            let message = format!("no attribute \"{name}\" was seen or declared");
            return Err(Failure::not_found("schema.unknown_attribute", message)
                .hint("GET /api/schema lists them; PUT declares one"));
        }
        look.attribute(name, facts)
    }

    /// Everything that is declared, as one document.
    pub fn schema_document(&self) -> Result<SchemaDocument, Failure> {
        let mut document = self.workspace.registry().document.clone();
        let sight = self.sight();
        for declared in document.events.values_mut() {
            for (name, of) in &mut declared.properties {
                clear_allowed(&sight, name, &mut of.allowed);
            }
        }
        for (name, of) in &mut document.attributes {
            clear_allowed(&sight, name, &mut of.allowed);
        }
        Ok(document)
    }

    /// Changes of the registry, newest first, one page.
    pub fn schema_changes(&self, query: &SchemaChangesQuery) -> Result<SchemaChanges, Failure> {
        let n = limit("limit", query.limit, CHANGES.0, CHANGES.1)?;
        let before = query.before.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
        let config = self.workspace.config();
        let mut rows = config.schema_changes(query.name.as_deref(), before, n + 1)?;
        let more = rows.len() > n;
        rows.truncate(n);
        let next = rows.last().filter(|_| more).and_then(|row| u64::try_from(row.version).ok());
        let sight = self.sight();
        let change = |row: crate::config::schema::SavedChange| {
            let body = row.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
            let hidden = |body: &serde_json::Value| {
                let properties = body["properties"].as_object().into_iter().flatten();
                sight.hides(&row.name) || properties.into_iter().any(|(name, _)| sight.hides(name))
            };
            Some(SchemaChange {
                version: u64::try_from(row.version).ok()?,
                at: row.at.to_string(),
                by: row.by,
                subject: subject_of(&row.subject)?,
                // What is allowed may be personal data.
                body: body.filter(|body| !hidden(body)),
                name: row.name,
            })
        };
        Ok(SchemaChanges { changes: rows.into_iter().filter_map(change).collect(), next })
    }

    fn look(&self) -> Result<Look, Failure> {
        Ok(Look {
            snapshot: self.workspace.snapshot()?,
            registry: self.workspace.registry(),
            used: self.used()?,
            sight: self.sight(),
        })
    }
}

impl Look {
    fn event(&self, name: &str, facts: Option<&EventFacts>) -> Result<SchemaEvent, Failure> {
        let declared = self.registry.document.events.get(name);
        let discarded = self.registry.discards.get(name).map(|discard| Discarded {
            at: discard.at.to_string(),
            by: discard.by.clone(),
            blocked: discard.blocked,
        });
        let seen = self.snapshot.seen_properties(name)?;
        let none = BTreeMap::new();
        let properties = declared.map_or(&none, |declared| &declared.properties);
        let names: BTreeSet<&str> =
            seen.keys().map(Text::as_str).chain(properties.keys().map(String::as_str)).collect();
        let facts_of = |name: &str| {
            let properties = facts.into_iter().flat_map(|facts| &facts.properties);
            properties.into_iter().find(|facts| facts.name == name)
        };
        let properties = names.into_iter().map(|property| SchemaProperty {
            name: property.to_owned(),
            seen: seen.get(property).map(|seen| self.values(property, seen, facts_of(property))),
            declared: properties.get(property).map(|of| self.property(property, of)),
            unused: !self.used.property(property),
        });
        Ok(SchemaEvent {
            name: name.to_owned(),
            seen: facts.map(|facts| SeenEvents {
                count: facts.count,
                users: facts.users,
                first_at: facts.first_at.to_string(),
                last_at: facts.last_at.to_string(),
            }),
            properties: properties.collect(),
            declared: declared.map(|declared| {
                let properties = declared.properties.iter();
                let properties =
                    properties.map(|(name, of)| (name.clone(), self.property(name, of))).collect();
                EventDeclaration { properties, ..declared.clone() }
            }),
            version: self.version(SchemaSubject::Event, name),
            discarded,
            unused: !self.used.event(name),
        })
    }

    fn attribute(
        &self,
        name: &str,
        facts: Option<&ValueFacts>,
    ) -> Result<SchemaAttribute, Failure> {
        let seen = self.snapshot.seen_attribute(name)?;
        let declared = self.registry.document.attributes.get(name).map(|declared| {
            let mut declared: AttributeDeclaration = declared.clone();
            clear_allowed(&self.sight, name, &mut declared.allowed);
            declared
        });
        Ok(SchemaAttribute {
            name: name.to_owned(),
            seen: seen.map(|seen| self.values(name, &seen, facts)),
            declared,
            version: self.version(SchemaSubject::Attribute, name),
            unused: !self.used.attribute(name),
        })
    }

    fn version(&self, subject: SchemaSubject, name: &str) -> Option<u64> {
        self.registry.versions.get(&(subject, name.to_owned())).copied()
    }

    fn property(&self, name: &str, of: &PropertyDeclaration) -> PropertyDeclaration {
        let mut of = of.clone();
        clear_allowed(&self.sight, name, &mut of.allowed);
        of
    }

    fn values(&self, name: &str, seen: &Seen, facts: Option<&ValueFacts>) -> SeenValues {
        let samples = facts.into_iter().flat_map(|facts| &facts.examples);
        let mut types: Vec<TypeShare> = seen
            .kinds
            .iter()
            .map(|(kind, n)| TypeShare { value_type: type_of(kind), share: share(*n, seen.count) })
            .collect();
        types.sort_by(|a, b| b.share.total_cmp(&a.share));
        let mut samples: Vec<_> = samples.map(|value| self.sight.json(name, value)).collect();
        samples.dedup();
        SeenValues {
            count: seen.count,
            first_at: seen.first_at.to_string(),
            last_at: seen.last_at.to_string(),
            types,
            samples,
        }
    }
}

/// Values that are allowed of what is masked are not shown either.
fn clear_allowed(sight: &Sight, name: &str, allowed: &mut Vec<serde_json::Value>) {
    if sight.hides(name) {
        allowed.clear();
    }
}

/// The type of a kind of values in the history.
fn type_of(kind: &str) -> ValueType {
    match kind {
        "bool" => ValueType::Boolean,
        "int" => ValueType::Integer,
        "float" => ValueType::Number,
        "time" => ValueType::Time,
        "list" => ValueType::List,
        _ => ValueType::Text,
    }
}

fn suggestions(
    events: &[SchemaEvent],
    attributes: &[SchemaAttribute],
) -> Vec<wire::api::NameSuggestion> {
    let count = |name: &str, count: u64| NameCount { name: name.to_owned(), count };
    let seen_events =
        events.iter().filter_map(|event| Some(count(&event.name, event.seen.as_ref()?.count)));
    let mut properties: BTreeMap<&str, u64> = BTreeMap::new();
    for property in events.iter().flat_map(|event| &event.properties) {
        if let Some(seen) = &property.seen {
            *properties.entry(&property.name).or_default() += seen.count;
        }
    }
    let properties = properties.into_iter().map(|(name, n)| count(name, n));
    let seen =
        |attribute: &SchemaAttribute| Some(count(&attribute.name, attribute.seen.as_ref()?.count));
    let attributes = attributes.iter().filter_map(seen);
    let mut found = names::alike(NameKind::Event, seen_events.collect());
    found.extend(names::alike(NameKind::Property, properties.collect()));
    found.extend(names::alike(NameKind::Attribute, attributes.collect()));
    found
}
