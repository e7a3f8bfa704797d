//! The catalogue: which events, properties and attributes a workspace has.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Object;

/// A property or an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogueProperty {
    /// Dotted name.
    pub name: String,
    /// `bool`, `int`, `float`, `text`, `time` or `list`.
    pub kinds: Vec<String>,
    /// Some values.
    pub examples: Vec<Value>,
}

/// Events of one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogueEvent {
    /// Name.
    pub name: String,
    /// How many.
    pub count: u64,
    /// Of how many users.
    pub users: u64,
    /// Time of the first.
    #[schema(format = DateTime)]
    pub first_at: String,
    /// Time of the last.
    #[schema(format = DateTime)]
    pub last_at: String,
    /// Nobody sent them, or only some of them: they follow from the other events.
    pub derived: bool,
    /// Properties by name.
    pub properties: Vec<CatalogueProperty>,
}

/// Everything that a definition can name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Catalogue {
    /// Events that were sent, most frequent first; then those that are only derived.
    pub events: Vec<CatalogueEvent>,
    /// Attributes by name.
    pub attributes: Vec<CatalogueProperty>,
    /// Composite events: `name` and `members`.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, Value>>)]
    pub composites: Vec<Object>,
}

/// A composite event: its name stands for all events that match any member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Composite {
    /// Name, as definitions use it.
    pub name: String,
    /// Events with conditions: `event` and `where`, as in an `event` predicate.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, Value>>)]
    pub members: Vec<Object>,
}

/// Composite events by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CompositeList {
    /// All of them.
    pub composites: Vec<Composite>,
}

/// What a composite event is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositeInput {
    /// Events with conditions: `event` and `where`, as in an `event` predicate.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, Value>>)]
    pub members: Vec<Object>,
}
