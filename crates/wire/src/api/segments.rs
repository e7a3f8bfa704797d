//! Segments: saved, checked, counted, explained.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Analysis, Object, Problem};

/// A definition as it was sent: a text in the text form, or an object in the JSON form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Definition(pub Value);

impl PartialSchema for Definition {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let anything = Schema::Object(
            ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::AnyValue).build(),
        );
        let object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(anything))));
        let either = OneOfBuilder::new().item(text).item(object);
        either.description(Some("Text form, or JSON form.")).into()
    }
}

impl ToSchema for Definition {
    fn name() -> std::borrow::Cow<'static, str> {
        "Definition".into()
    }
}

/// Where a segment is used, so that it cannot be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedIn {
    /// `segment`, `lifecycle` or `framework`.
    pub kind: UsedInKind,
    /// Id of the segment, or key of the state or framework.
    pub id: String,
    /// Name for people.
    pub name: String,
}

/// What uses a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsedInKind {
    /// Another segment.
    Segment,
    /// A lifecycle state.
    Lifecycle,
    /// A stage framework.
    Framework,
}

/// A saved segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Text form.
    pub definition: String,
    /// JSON form of the definition.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub json: Object,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// What else refers to it.
    pub used_in: Vec<UsedIn>,
    /// Members at the asked instant; nothing: not counted, as its definition is not available.
    #[schema(required = true)]
    pub count: Option<u64>,
}

/// All saved segments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SegmentList {
    /// By name.
    pub segments: Vec<Segment>,
}

/// A segment to save.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentInput {
    /// Letters a–z, digits, `_` and `-`; default: made from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Name for people.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// What it means.
    pub definition: Definition,
}

/// Members of a segment, one page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Members {
    /// Ids of users, in order of first sight.
    pub users: Vec<String>,
    /// All members.
    pub count: u64,
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Pass as `after`.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A definition whose users are asked for, one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembersInput {
    /// Who.
    pub definition: Definition,
    /// The instant; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
    /// At most so many; default 100, at most 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limit: Option<u64>,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub after: Option<String>,
}

/// Size of a segment day by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SegmentTrend {
    /// Oldest first.
    pub days: Vec<SegmentTrendDay>,
}

/// Size of a segment at the end of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SegmentTrendDay {
    /// Local day of the workspace.
    #[schema(format = Date)]
    pub day: String,
    /// Members.
    pub count: u64,
}

/// A definition to check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateInput {
    /// What to check.
    pub definition: Definition,
}

/// What is wrong with a definition, or both of its forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// Nothing prevents its use.
    pub valid: bool,
    /// All problems at once.
    pub problems: Vec<Problem>,
    /// The definition, printed canonically.
    #[schema(required = true)]
    pub text: Option<String>,
    /// JSON form.
    #[schema(required = true, value_type = Option<std::collections::BTreeMap<String, Value>>)]
    pub json: Option<Object>,
}

/// A definition to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewInput {
    /// What to count.
    pub definition: Definition,
    /// The instant; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
    /// How many user ids to return; default 10, at most 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sample: Option<u64>,
    /// Whether to say what each condition cost.
    #[serde(default)]
    #[schema(required = false)]
    pub analyze: bool,
}

/// How many users a definition holds for, and some of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// Users.
    pub count: u64,
    /// Some of them, in order of first sight.
    pub sample: Vec<String>,
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Of all users; 0 to 1.
    pub share: f64,
    /// Text form, printed canonically.
    pub text: String,
    /// JSON form.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub json: Object,
    /// Milliseconds of computing.
    pub took_ms: f64,
    /// What each condition cost, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub analysis: Option<Analysis>,
}

/// A definition, or a saved segment, to explain for one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainInput {
    /// What to explain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub definition: Option<Definition>,
    /// Id of a saved segment, instead of a definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub segment: Option<String>,
    /// For whom.
    pub user: String,
    /// The instant; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// An event that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationEvent {
    /// Name of the event.
    pub name: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub time: String,
    /// Its id.
    pub id: String,
}

/// One condition with what decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationNode {
    /// The condition, in text form.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// Why, in words.
    pub reason: String,
    /// The events that decided it.
    pub events: Vec<ExplanationEvent>,
    /// Its parts.
    #[schema(no_recursion)]
    pub children: Vec<ExplanationNode>,
}

/// Why a user is in a segment, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// For whom.
    pub user: String,
    /// Whether the user is in.
    pub holds: bool,
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The whole definition.
    pub tree: ExplanationNode,
}
