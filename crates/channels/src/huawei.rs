//! Push through Huawei's Push Kit, for devices without Google's services.
//!
//! An app's id and secret give an access token; each push names one device. Huawei answers with
//! status 200 and a code of its own, also for what it refuses.

use std::fmt;

use model::Timestamp;
use serde_json::{Map, Value, json};

use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload, clip,
};
use crate::form;
use crate::http::{Client, Request, Response};
use crate::oauth::Tokens;
use crate::secret::Secret;

pub mod receipts;
#[cfg(test)]
mod tests;

/// Largest message in bytes, the token not counted.
pub const PAYLOAD_BYTES_MAX: usize = 4_096;
/// Longest token of a device that is sent; real ones have about 130 bytes.
const TOKEN_BYTES_MAX: usize = 4_096;
/// Longest tag that Huawei repeats in its receipts, in bytes.
const TAG_BYTES_MAX: usize = 64;

/// One push.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// What the system shows; `None` sends data only, which the app handles itself.
    pub notification: Option<Notification>,
    /// What the app gets.
    pub data: Map<String, Value>,
    /// Wakes a sleeping device (needs a permission of Huawei's).
    pub high_priority: bool,
    /// How long Huawei keeps it for a device that is offline, in seconds, at most 15 days; `None` is
    /// one day.
    pub ttl_s: Option<u32>,
    /// A later push of this group, 0 to 100, replaces one that was not delivered yet.
    pub collapse_key: Option<u8>,
    /// Huawei checks it and does not deliver.
    pub validate_only: bool,
}

/// What the system shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notification {
    /// The first line; Huawei demands it.
    pub title: String,
    /// The text below; Huawei demands it.
    pub body: String,
    /// The address of a picture.
    pub image: Option<String>,
    /// The notification channel.
    pub channel_id: Option<String>,
    /// What kind of message it is (`MARKETING`, `IM`…), which decides about sound and limits.
    pub category: Option<String>,
    /// A shown notification of this tag is replaced.
    pub tag: Option<String>,
    /// The name of the icon within the app.
    pub icon: Option<String>,
    /// The colour of the icon, `#rrggbb`.
    pub color: Option<String>,
    /// The name of the sound within the app.
    pub sound: Option<String>,
    /// What a tap does.
    pub tap: Tap,
}

/// What a tap does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tap {
    /// Starts the app.
    #[default]
    App,
    /// Opens a page of the app, an intent as text.
    Intent(String),
    /// Opens an address, `https`.
    Url(String),
}

/// An app.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The app's id, digits.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: Secret,
    /// [`Huawei::ENDPOINT`] but in tests.
    pub endpoint: String,
    /// [`Huawei::TOKEN_SERVER`] but in tests.
    pub token_server: String,
}

/// The app's id is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no id of an app; it has digits only")]
pub struct Error(pub String);

/// Push to one app.
pub struct Huawei {
    settings: Settings,
    client: Client,
    tokens: Tokens,
}

impl fmt::Debug for Huawei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Huawei").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Huawei {
    /// Huawei's address.
    pub const ENDPOINT: &str = "https://push-api.cloud.huawei.com";
    /// Where access tokens are given out.
    pub const TOKEN_SERVER: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";

    /// A channel.
    pub fn new(settings: Settings, client: Client) -> Result<Huawei, Error> {
        let id = &settings.app_id;
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error(clip(id)));
        }
        Ok(Huawei { settings, client, tokens: Tokens::default() })
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::Huawei(message), Destination::Token(token)) =
            (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::Huawei, &outgoing);
        };
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            let detail = "the token is empty or far too long";
            return Outcome::rejected_for(Code::TokenMalformed, detail, Address::DEAD);
        }
        let mut content = content(message, &outgoing.key);
        let bytes = Value::Object(content.clone()).to_string().len();
        if bytes > PAYLOAD_BYTES_MAX {
            let detail = format!("the push has {bytes} bytes and {PAYLOAD_BYTES_MAX} are allowed");
            return Outcome::rejected(Code::PayloadTooLarge, &detail);
        }
        content.insert("token".to_owned(), json!([token]));
        let access = self.tokens.get(&self.client, || self.grant(), outgoing.now).await;
        let access = match access {
            Ok(access) => access,
            Err(outcome) => return outcome,
        };
        let endpoint = self.settings.endpoint.trim_end_matches('/');
        let url = format!("{endpoint}/v1/{}/messages:send", self.settings.app_id);
        let body = json!({"validate_only": message.validate_only, "message": content});
        let request = Request::post(url, "application/json", body.to_string())
            .with("authorization", format!("Bearer {}", access.token.reveal()));
        match self.client.send(request).await {
            Ok(response) => {
                let outcome = outcome(&response, outgoing.now).without(token);
                if matches!(
                    outcome.code(),
                    Some(Code::CredentialsExpired | Code::CredentialsRefused)
                ) {
                    self.tokens.forget(&access).await;
                }
                outcome
            }
            Err(error) => error.outcome(),
        }
    }

    /// The request for an access token.
    fn grant(&self) -> Result<Request, std::convert::Infallible> {
        let body = form::form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &self.settings.app_id),
            ("client_secret", self.settings.app_secret.reveal()),
        ]);
        let url = self.settings.token_server.clone();
        Ok(Request::post(url, "application/x-www-form-urlencoded", body))
    }
}

impl Channel for Huawei {
    fn kind(&self) -> Kind {
        Kind::Huawei
    }

    /// Huawei's rate depends on the app and is told by throttling.
    fn limits(&self) -> Limits {
        Limits { concurrency: 50, per_second: None, payload_bytes: PAYLOAD_BYTES_MAX }
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

/// The message as JSON, without its recipient.
fn content(message: &Message, key: &str) -> Map<String, Value> {
    let Message { notification, data, high_priority, ttl_s, collapse_key, validate_only: _ } =
        message;
    let mut android = Map::new();
    let urgency = if *high_priority { "HIGH" } else { "NORMAL" };
    android.insert("urgency".to_owned(), urgency.into());
    if let Some(seconds) = ttl_s {
        android.insert("ttl".to_owned(), format!("{seconds}s").into());
    }
    if let Some(group) = collapse_key {
        android.insert("collapse_key".to_owned(), (*group).into());
    }
    if key.len() <= TAG_BYTES_MAX {
        android.insert("bi_tag".to_owned(), key.into());
    }
    let mut content = Map::new();
    if !data.is_empty() {
        // Huawei wants the JSON as text.
        content.insert("data".to_owned(), Value::Object(data.clone()).to_string().into());
    }
    if let Some(shown) = notification {
        if let Some(category) = &shown.category {
            android.insert("category".to_owned(), category.clone().into());
        }
        android.insert("notification".to_owned(), shown_on_android(shown).into());
        let mut common = Map::new();
        common.insert("title".to_owned(), shown.title.clone().into());
        common.insert("body".to_owned(), shown.body.clone().into());
        if let Some(image) = &shown.image {
            common.insert("image".to_owned(), image.clone().into());
        }
        content.insert("notification".to_owned(), common.into());
    }
    content.insert("android".to_owned(), android.into());
    content
}

fn shown_on_android(shown: &Notification) -> Map<String, Value> {
    let fields = [
        ("channel_id", &shown.channel_id),
        ("tag", &shown.tag),
        ("icon", &shown.icon),
        ("color", &shown.color),
        ("sound", &shown.sound),
    ];
    let there = fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let mut android: Map<String, Value> =
        there.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let tap = match &shown.tap {
        Tap::App => json!({"type": 3}),
        Tap::Intent(intent) => json!({"type": 1, "intent": intent}),
        Tap::Url(url) => json!({"type": 2, "url": url}),
    };
    android.insert("click_action".to_owned(), tap);
    android
}

fn outcome(response: &Response, now: Timestamp) -> Outcome {
    let answer = response.json().unwrap_or(Value::Null);
    let code = answer.get("code").and_then(Value::as_str).unwrap_or_default();
    let words = answer.get("msg").and_then(Value::as_str).unwrap_or_default();
    let detail = format!("{code}: {words}");
    let later = |code| Outcome::retry(code, &detail, response.retry_after(now));
    match code {
        "80000000" => {
            let id = answer.get("requestId").and_then(Value::as_str);
            Outcome::accepted(id.map(str::to_owned))
        }
        // Of one token, "some are wrong" and "all are wrong" are the same.
        "80100000" | "80300007" => {
            Outcome::rejected_for(Code::TokenUnregistered, &detail, Address::DEAD)
        }
        "80100017" => Outcome::rejected(Code::PayloadContent, &detail),
        "80300008" => Outcome::rejected(Code::PayloadTooLarge, &detail),
        "80200001" => later(Code::CredentialsRefused),
        "80200003" => later(Code::CredentialsExpired),
        "80300002" | "80300011" => later(Code::PermissionDenied),
        "80600003" => later(Code::ProviderUnavailable),
        "81000001" => later(Code::ProviderFailed),
        _ if code.starts_with("801") => Outcome::rejected(Code::PayloadRefused, &detail),
        // A 200 without a code of Huawei's says nothing about the push.
        "" if (200..300).contains(&response.status) => {
            Outcome::doubt(Code::ProviderGarbled, &response.text())
        }
        "" => response.otherwise(now),
        _ => Outcome::rejected(Code::ProviderRefused, &detail),
    }
}
