//! The schema registry: events, properties and attributes as they are seen and as they are declared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// What becomes of data that is not as it was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataPolicy {
    /// It is accepted as it came, and noted.
    Allow,
    /// The value is left out, the rest is accepted. Of an event as a whole: the event is left out.
    DropProperty,
    /// The event, or the change of attributes, is left out.
    DropEvent,
}

/// How far a declaration has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredStatus {
    /// Planned: nothing is checked yet.
    Proposed,
    /// What is sent is checked against it.
    #[default]
    Live,
    /// What is sent under this name is left out.
    Blocked,
}

/// What values of a property or an attribute may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// Text.
    Text,
    /// A number, whole or not.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// An instant, or a text that writes one.
    Time,
    /// A list.
    List,
    /// Anything.
    #[default]
    Any,
}

/// A property of a declared event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyDeclaration {
    /// What it means.
    #[serde(default)]
    #[schema(required = false)]
    pub description: String,
    /// What its values may be.
    #[serde(default, rename = "type")]
    #[schema(required = false)]
    pub value_type: ValueType,
    /// Every event has it.
    #[serde(default)]
    #[schema(required = false)]
    pub required: bool,
    /// The only values it may have; empty: any of its type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub allowed: Vec<Value>,
    /// It says something of a person that not everybody may see: keys with scope `read` see `***`.
    #[serde(default)]
    #[schema(required = false)]
    pub pii: bool,
}

/// An event as it should be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventDeclaration {
    /// How far it has come.
    #[serde(default)]
    #[schema(required = false)]
    pub status: DeclaredStatus,
    /// What it means.
    #[serde(default)]
    #[schema(required = false)]
    pub description: String,
    /// Who answers for it.
    #[serde(default)]
    #[schema(required = false)]
    pub owner: String,
    /// Its properties by dotted name.
    #[serde(default)]
    #[schema(required = false)]
    pub properties: BTreeMap<String, PropertyDeclaration>,
    /// What becomes of its other properties; default: as for all events. What clients add under
    /// `context.` or with a `$` in front is never undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub undefined_properties: Option<DataPolicy>,
    /// What becomes of values that are not as declared; default: as for all events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mistyped: Option<DataPolicy>,
}

/// An attribute as it should be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeDeclaration {
    /// How far it has come.
    #[serde(default)]
    #[schema(required = false)]
    pub status: DeclaredStatus,
    /// What it means.
    #[serde(default)]
    #[schema(required = false)]
    pub description: String,
    /// Who answers for it.
    #[serde(default)]
    #[schema(required = false)]
    pub owner: String,
    /// What its values may be.
    #[serde(default, rename = "type")]
    #[schema(required = false)]
    pub value_type: ValueType,
    /// The only values it may have; empty: any of its type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub allowed: Vec<Value>,
    /// It says something of a person that not everybody may see: keys with scope `read` see `***`.
    #[serde(default)]
    #[schema(required = false)]
    pub pii: bool,
}

/// What becomes of what no declaration names, and of values that are not as declared. What is left
/// out is accepted without a word; `allow` is accepted and noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaPolicies {
    /// Events that are not declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub undefined_events: Option<DataPolicy>,
    /// Properties that the declaration of their event does not name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub undefined_properties: Option<DataPolicy>,
    /// Attributes that are not declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub undefined_attributes: Option<DataPolicy>,
    /// Values of another type, values that are not among those allowed, required properties that
    /// are missing; default: accepted, and noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mistyped: Option<DataPolicy>,
}

/// Everything that is declared, as one document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaDocument {
    /// Events by name.
    pub events: BTreeMap<String, EventDeclaration>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, AttributeDeclaration>,
    /// What becomes of everything else.
    pub policies: SchemaPolicies,
}

/// What an import of a document changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaApplied {
    /// The version of the registry after it.
    pub version: u64,
    /// Declarations that are new.
    pub added: u64,
    /// Declarations that changed.
    pub changed: u64,
    /// Declarations that the document does not have.
    pub removed: u64,
}

/// How often values are of one type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TypeShare {
    /// `text`, `number`, `integer`, `boolean`, `time` or `list`.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// Share of the values, in 0..=1.
    pub share: f64,
}

/// Values of one property or attribute as they are seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeenValues {
    /// How many.
    pub count: u64,
    /// Time of the first.
    #[schema(format = DateTime)]
    pub first_at: String,
    /// Time of the last.
    #[schema(format = DateTime)]
    pub last_at: String,
    /// Their types, most frequent first.
    pub types: Vec<TypeShare>,
    /// Some of them.
    pub samples: Vec<Value>,
}

/// A property, as seen and as declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SchemaProperty {
    /// Dotted name.
    pub name: String,
    /// As it is seen; nothing: not yet.
    #[schema(required = true)]
    pub seen: Option<SeenValues>,
    /// As it should be; nothing: that is not said.
    #[schema(required = true)]
    pub declared: Option<PropertyDeclaration>,
    /// No segment, lifecycle, framework, composite event or RFM setting names it.
    pub unused: bool,
}

/// Events of one name as they are seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeenEvents {
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
}

/// That a name was discarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Discarded {
    /// Everything accepted up to this instant is gone for good.
    #[schema(format = DateTime)]
    pub at: String,
    /// By whom.
    pub by: String,
    /// What is sent under the name is still left out.
    pub blocked: bool,
}

/// An event, as seen and as declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SchemaEvent {
    /// Name.
    pub name: String,
    /// As it is seen; nothing: not yet, or not any more.
    #[schema(required = true)]
    pub seen: Option<SeenEvents>,
    /// As it should be; nothing: that is not said.
    #[schema(required = true)]
    pub declared: Option<EventDeclaration>,
    /// The version of the registry that declared it so.
    #[schema(required = true)]
    pub version: Option<u64>,
    /// When it was discarded, if it was.
    #[schema(required = true)]
    pub discarded: Option<Discarded>,
    /// No segment, lifecycle, framework, composite event or RFM setting names it.
    pub unused: bool,
    /// Its properties by name.
    pub properties: Vec<SchemaProperty>,
}

/// An attribute, as seen and as declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SchemaAttribute {
    /// Dotted name.
    pub name: String,
    /// As it is seen; nothing: not yet.
    #[schema(required = true)]
    pub seen: Option<SeenValues>,
    /// As it should be; nothing: that is not said.
    #[schema(required = true)]
    pub declared: Option<AttributeDeclaration>,
    /// The version of the registry that declared it so.
    #[schema(required = true)]
    pub version: Option<u64>,
    /// No segment, lifecycle, framework or composite event names it.
    pub unused: bool,
}

/// What names are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// Events.
    Event,
    /// Properties of events.
    Property,
    /// Attributes of users.
    Attribute,
}

/// Why names look like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameReason {
    /// They differ in case, blanks, underscores and the like.
    Spelling,
    /// One is the plural of the other.
    Plural,
    /// They differ in one letter.
    Letter,
}

/// A name with how often it is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameCount {
    /// The name.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// Names that look like one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameSuggestion {
    /// What they are names of.
    pub kind: NameKind,
    /// Why they look like one.
    pub reason: NameReason,
    /// The names, most frequent first: the first is the one to keep.
    pub names: Vec<NameCount>,
}

/// Everything that is seen and declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Schema {
    /// Counts every change of what is declared.
    pub version: u64,
    /// Most frequent first, then those that are only declared.
    pub events: Vec<SchemaEvent>,
    /// By name.
    pub attributes: Vec<SchemaAttribute>,
    /// What becomes of what is not declared.
    pub policies: SchemaPolicies,
    /// Names that look like one.
    pub suggestions: Vec<NameSuggestion>,
}

/// Which changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SchemaChangesQuery {
    /// Of this event or attribute only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub name: Option<String>,
    /// Only before this version: `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub before: Option<u64>,
    /// 1 to 1000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
}

/// What a change of the registry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaSubject {
    /// The declaration of an event.
    Event,
    /// The declaration of an attribute.
    Attribute,
    /// The policies.
    Policies,
    /// An event that is discarded, or no longer blocked.
    Discard,
}

/// One change of the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SchemaChange {
    /// The version that it made.
    pub version: u64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// By whom: the label or id of a key, `open` on a server that asks for none, `command line`.
    pub by: String,
    /// What it is about.
    pub subject: SchemaSubject,
    /// The name of the event or attribute; empty for policies.
    pub name: String,
    /// What it says from then on; nothing: it was removed.
    #[schema(required = true, value_type = Option<std::collections::BTreeMap<String, Value>>)]
    pub body: Option<Value>,
}

/// Changes of the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SchemaChanges {
    /// Newest first.
    pub changes: Vec<SchemaChange>,
    /// `before` of the next page; nothing: there is none.
    #[schema(required = true)]
    pub next: Option<u64>,
}
