//! Bodies of the HTTP API: what the dashboard, scripts and the command line send and receive.
//!
//! What it is: plain serialised types, and through `utoipa` the schemas of the API document. Field
//! comments become the document's descriptions. What it is not: it computes nothing, and it checks
//! nothing beyond the shape; the server does.
//!
//! Instants are texts in RFC 3339, UTC, with milliseconds. A field that may be nothing is always
//! present and then `null`.

pub mod activity;
pub mod analytics;
pub mod backtest;
pub mod campaign_decision;
pub mod campaign_report;
pub mod campaigns;
pub mod catalogs;
pub mod catalogue;
pub mod contact;
pub mod content;
pub mod deliveries;
pub mod devices;
pub mod errors;
pub mod evaluate;
pub mod flows;
pub mod frameworks;
pub mod funnels;
pub mod history;
pub mod identity;
pub mod imports;
pub mod journey_learning;
pub mod journey_lists;
pub mod journey_report;
pub mod journeys;
pub mod keys;
pub mod lifecycle;
pub mod lifecycle_journeys;
pub mod live;
pub mod onsite;
pub mod overview;
pub mod plays;
pub mod privacy;
pub mod provider_feedback;
pub mod providers;
pub mod queries;
pub mod retention;
pub mod rfm;
pub mod schema;
pub mod segments;
pub mod sentence;
pub mod session;
pub mod trends;
pub mod users;
pub mod webhooks;

pub use activity::*;
pub use analytics::*;
pub use backtest::*;
pub use campaign_decision::*;
pub use campaign_report::*;
pub use campaigns::*;
pub use catalogs::*;
pub use catalogue::*;
pub use contact::*;
pub use content::*;
pub use deliveries::*;
pub use devices::*;
pub use errors::*;
pub use evaluate::*;
pub use flows::*;
pub use frameworks::*;
pub use funnels::*;
pub use history::*;
pub use identity::*;
pub use imports::*;
pub use journey_learning::*;
pub use journey_lists::*;
pub use journey_report::*;
pub use journeys::*;
pub use keys::*;
pub use lifecycle::*;
pub use lifecycle_journeys::*;
pub use live::*;
pub use onsite::*;
pub use overview::*;
pub use plays::*;
pub use privacy::*;
pub use provider_feedback::*;
pub use providers::*;
pub use queries::*;
pub use retention::*;
pub use rfm::*;
pub use schema::*;
pub use segments::*;
pub use sentence::*;
pub use session::*;
pub use trends::*;
pub use users::*;
pub use webhooks::*;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A JSON object.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// A stable key with its name for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
}

/// One thing that is wrong with what was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable code, like `segment.unknown_event`.
    pub code: String,
    /// `error` (it cannot be used so), `warning` (it can, but hardly means that) or `note`.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    #[schema(required = true)]
    pub hint: Option<String>,
    /// First line is 1.
    #[schema(required = true)]
    pub line: Option<u32>,
    /// First column is 1, in characters.
    #[schema(required = true)]
    pub column: Option<u32>,
    /// JSON pointer into the definition.
    #[schema(required = true)]
    pub path: Option<String>,
    /// What stood there.
    #[schema(required = true)]
    pub found: Option<String>,
    /// What was expected.
    #[schema(required = true)]
    pub expected: Option<String>,
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Error {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorDetail {
    /// Stable code, like `auth.unknown_key`.
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// How to mend it.
    #[schema(required = true)]
    pub hint: Option<String>,
    /// All problems of what was sent, where there can be several.
    pub problems: Vec<Problem>,
}
