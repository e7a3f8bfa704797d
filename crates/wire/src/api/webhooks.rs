//! Webhooks: transitions sent to an address of somebody else, with signatures.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::TransitionKind;

/// A webhook to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    /// Where to: `https://…`, or `http://…` in a network of your own. Redirects are not followed.
    pub url: String,
    /// Keys of watched definitions, as in `segment/loyal`; default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub watches: Option<Vec<String>>,
    /// Which transitions; default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kinds: Option<Vec<TransitionKind>>,
    /// Also those that change what was told before, because a record came late.
    #[serde(default)]
    #[schema(required = false)]
    pub corrections: bool,
    /// `whsec_` and 24 to 64 bytes in base64; default: a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
}

/// A webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// Stable id.
    pub id: String,
    /// Where to.
    pub url: String,
    /// Keys of watched definitions; nothing: all.
    #[schema(required = true)]
    pub watches: Option<Vec<String>>,
    /// Which transitions.
    pub kinds: Vec<TransitionKind>,
    /// Also those that change what was told before.
    pub corrections: bool,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Everything told before this instant was delivered or given up.
    #[schema(format = DateTime)]
    pub settled_until: String,
    /// Messages that wait.
    pub waiting: u64,
    /// Messages delivered since the server was started.
    pub delivered: u64,
    /// Transitions since the server was started that could neither be kept nor read again.
    pub missed: u64,
    /// Messages that were given up and are kept.
    pub dead: u64,
    /// When the last attempt failed; nothing: none did since the last success.
    #[schema(required = true, format = DateTime)]
    pub failing_since: Option<String>,
    /// Why the last attempt failed.
    #[schema(required = true)]
    pub last_error: Option<String>,
}

/// All webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookList {
    /// Oldest first.
    pub webhooks: Vec<Webhook>,
}

/// A webhook that was made. This is the only answer with its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookCreated {
    /// The webhook.
    pub webhook: Webhook,
    /// Signs its messages; keep it.
    pub secret: String,
}

/// What became of a test message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebhookTested {
    /// It was answered with a success.
    pub delivered: bool,
    /// HTTP status of the answer; nothing: there was none.
    #[schema(required = true)]
    pub status: Option<u16>,
    /// What went wrong.
    #[schema(required = true)]
    pub error: Option<String>,
    /// Milliseconds until the answer.
    pub took_ms: f64,
}

/// Which dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeadLettersQuery {
    /// How many of the latest, 1 to 1000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// Its `webhook-id`.
    pub id: String,
    /// When it was given up.
    #[schema(format = DateTime)]
    pub given_up_at: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: String,
    /// The message, as JSON.
    pub body: String,
}

/// Messages that were given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetters {
    /// Newest first.
    pub letters: Vec<DeadLetter>,
    /// All that are kept.
    pub total: u64,
}

/// Dead letters to send again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetryInput {
    /// Their ids; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ids: Option<Vec<String>>,
}

/// Dead letters that wait to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retried {
    /// How many.
    pub retried: u64,
}
