//! Access tokens that a provider's token server gives out for a while (OAuth 2.0, RFC 6749).
//!
//! One sender asks while the others wait, and the token is kept until shortly before its end. Nothing
//! was handed over when asking fails, so that is always certain.

use std::fmt::Display;

use model::{Span, Timestamp};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::contract::{Code, Outcome};
use crate::http::{Client, Request};
use crate::secret::Secret;

/// How long before its end a token is renewed.
const RENEW_BEFORE: Span = Span(300_000);
/// The longest life of a token that is believed, in seconds: a day.
const LIFE_S_MAX: i64 = 86_400;

/// A token and its end.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) token: Secret,
    until: Timestamp,
}

/// The token of one account.
#[derive(Default)]
pub(crate) struct Tokens {
    kept: Mutex<Option<Access>>,
}

impl Tokens {
    /// The token; `request` asks for a new one if need be.
    pub(crate) async fn get<E: Display>(
        &self,
        client: &Client,
        request: impl FnOnce() -> Result<Request, E>,
        now: Timestamp,
    ) -> Result<Access, Outcome> {
        let mut kept = self.kept.lock().await;
        if let Some(access) = kept.as_ref().filter(|access| now < access.until) {
            return Ok(access.clone());
        }
        let request = request()
            .map_err(|e| Outcome::retry(Code::CredentialsMalformed, &e.to_string(), None))?;
        let access = ask(client, request, now).await?;
        *kept = Some(access.clone());
        Ok(access)
    }

    /// Forgets a token that was refused, unless another sender has renewed it already.
    pub(crate) async fn forget(&self, refused: &Access) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|access| access.token == refused.token) {
            *kept = None;
        }
    }
}

async fn ask(client: &Client, request: Request, now: Timestamp) -> Result<Access, Outcome> {
    let response = client.send(request).await.map_err(|e| certain(e.outcome()))?;
    if matches!(response.status, 400 | 401 | 403) {
        return Err(Outcome::retry(Code::CredentialsRefused, &response.text(), None));
    }
    if response.status != 200 {
        return Err(certain(response.otherwise(now)));
    }
    let answer = response.json().unwrap_or(Value::Null);
    let token = answer.get("access_token").and_then(Value::as_str).filter(|t| !t.is_empty());
    let Some(token) = token else {
        // The answer may hold a token, so it is not shown.
        let detail = "the token server's answer has no access_token";
        return Err(Outcome::retry(Code::ProviderGarbled, detail, None));
    };
    let lasts = answer.get("expires_in").and_then(Value::as_i64).unwrap_or(0);
    let until = now.plus(Span(lasts.clamp(0, LIFE_S_MAX) * 1_000)).minus(RENEW_BEFORE);
    Ok(Access { token: token.into(), until })
}

/// A failure before any message was handed over: to be tried again, and certain.
fn certain(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Retry { code, detail, after, .. } => {
            Outcome::Retry { code, detail, after, certain: true }
        }
        Outcome::Rejected { code, detail, .. } => {
            Outcome::Retry { code, detail, after: None, certain: true }
        }
        Outcome::Accepted { .. } => outcome,
    }
}
