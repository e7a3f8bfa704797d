//! Push through Apple's service over HTTP/2.
//!
//! Authorised by a token that a team's key signs, renewed every [`TOKEN_AGE`]: Apple refuses tokens
//! older than an hour and senders who renew more often than every 20 minutes. A removed app shows as
//! 410 with the instant since when its token is dead.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use model::{Span, Timestamp};
use ring::digest;
use serde_json::{Map, Value, json};

use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload,
};
use crate::hex;
use crate::http::{Client, Request, Response};
use crate::jwt;
use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// Largest body of one push in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 4_096;
/// Age at which the token is renewed.
pub const TOKEN_AGE: Span = Span(50 * 60_000);
/// Age before which a token is never renewed, whatever Apple says of it.
const TOKEN_AGE_MIN: Span = Span(20 * 60_000);
/// Longest device token in bytes; they have 64 digits, and Apple says that this may change.
const DEVICE_TOKEN_BYTES_MAX: usize = 200;
/// Longest collapse id in bytes.
const COLLAPSE_ID_BYTES_MAX: usize = 64;

/// One push.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// The app's bundle id, if not the one of the channel.
    pub topic: Option<String>,
    /// What kind of push it is.
    pub push_type: PushType,
    /// How urgent it is.
    pub priority: Priority,
    /// Until when Apple keeps it for a device that is offline; `None` tries once.
    pub expires_at: Option<Timestamp>,
    /// A shown push of this id is replaced; at most 64 bytes.
    pub collapse_id: Option<String>,
    /// What the system shows.
    pub alert: Option<Alert>,
    /// The number at the app's icon; 0 removes it.
    pub badge: Option<u32>,
    /// The name of the sound within the app, or `default`.
    pub sound: Option<String>,
    /// The category, which decides about the buttons.
    pub category: Option<String>,
    /// What is shown together.
    pub thread_id: Option<String>,
    /// `passive`, `active`, `time-sensitive` or `critical`.
    pub interruption_level: Option<String>,
    /// Where it stands in the summary, 0 to 1.
    pub relevance: Option<f64>,
    /// An extension of the app may change it first (pictures need that).
    pub mutable_content: bool,
    /// Wakes the app in the background.
    pub content_available: bool,
    /// What the app gets beside `aps`.
    pub data: Map<String, Value>,
}

/// What the system shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// The first line.
    pub title: Option<String>,
    /// The second line.
    pub subtitle: Option<String>,
    /// The text below.
    pub body: Option<String>,
}

/// The kinds of push that Apple tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushType {
    /// Shows, plays or counts something.
    #[default]
    Alert,
    /// Wakes the app and shows nothing; always sent with [`Priority::Considerate`].
    Background,
}

/// How urgent a push is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// At once (10).
    #[default]
    Immediate,
    /// When it suits the battery (5); the only one allowed for background pushes.
    Considerate,
    /// Never wakes the device (1).
    Low,
}

/// The account and the app.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The team's id, ten characters.
    pub team_id: String,
    /// The key's id, ten characters.
    pub key_id: String,
    /// The key, the text of the `.p8` file.
    pub key: Secret,
    /// The app's bundle id.
    pub topic: String,
    /// [`Apns::PRODUCTION`] or [`Apns::SANDBOX`].
    pub endpoint: String,
}

/// Push to one app.
pub struct Apns {
    settings: Settings,
    key: jwt::Key,
    client: Client,
    token: Mutex<Option<(Secret, Timestamp)>>,
}

impl fmt::Debug for Apns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apns").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Apns {
    /// Apple's address for apps from the store.
    pub const PRODUCTION: &str = "https://api.push.apple.com";
    /// Apple's address for apps under development.
    pub const SANDBOX: &str = "https://api.sandbox.push.apple.com";

    /// A channel; the client speaks HTTP/2 only.
    pub fn new(settings: Settings, client: Client) -> Result<Apns, jwt::Error> {
        let key = jwt::Key::es256("Apple team", &settings.key)?;
        Ok(Apns { settings, key, client, token: Mutex::new(None) })
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::Apns(message), Destination::Token(device)) =
            (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::Apns, &outgoing);
        };
        let request = match self.request(message, device, &outgoing) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        match self.client.send(request).await {
            Ok(response) => {
                let answer = response.json().unwrap_or(Value::Null);
                let reason = answer.get("reason").and_then(Value::as_str).unwrap_or_default();
                if reason == "ExpiredProviderToken" {
                    self.renew(outgoing.now);
                }
                outcome(&response, reason, &answer, outgoing.now).without(device)
            }
            Err(error) => error.outcome(),
        }
    }

    fn request(
        &self,
        message: &Message,
        device: &str,
        outgoing: &Outgoing,
    ) -> Result<Request, Outcome> {
        let digits = device.bytes().all(|b| b.is_ascii_hexdigit());
        if device.is_empty() || device.len() > DEVICE_TOKEN_BYTES_MAX || !digits {
            let detail = "the device token is not a text of hexadecimal digits";
            return Err(Outcome::rejected_for(Code::TokenMalformed, detail, Address::DEAD));
        }
        let body = body(message).to_string();
        if body.len() > PAYLOAD_BYTES_MAX {
            let n = body.len();
            let detail = format!("the push has {n} bytes and {PAYLOAD_BYTES_MAX} are allowed");
            return Err(Outcome::rejected(Code::PayloadTooLarge, &detail));
        }
        if message.collapse_id.as_ref().is_some_and(|id| id.len() > COLLAPSE_ID_BYTES_MAX) {
            let detail = "the collapse id has more than 64 bytes";
            return Err(Outcome::rejected(Code::PayloadRefused, detail));
        }
        let token = self.provider_token(outgoing.now);
        let token =
            token.map_err(|e| Outcome::retry(Code::CredentialsMalformed, &e.to_string(), None))?;
        let endpoint = self.settings.endpoint.trim_end_matches('/');
        let (push_type, priority) = match (message.push_type, message.priority) {
            (PushType::Background, _) => ("background", "5"),
            (PushType::Alert, Priority::Immediate) => ("alert", "10"),
            (PushType::Alert, Priority::Considerate) => ("alert", "5"),
            (PushType::Alert, Priority::Low) => ("alert", "1"),
        };
        let expires = message.expires_at.map_or(0, |at| at.0.div_euclid(1_000));
        let topic = message.topic.as_ref().unwrap_or(&self.settings.topic);
        let url = format!("{endpoint}/3/device/{device}");
        let mut request = Request::post(url, "application/json", body)
            .with("authorization", format!("bearer {}", token.reveal()))
            .with("apns-id", message_id(&outgoing.key))
            .with("apns-topic", topic)
            .with("apns-push-type", push_type)
            .with("apns-priority", priority)
            .with("apns-expiration", expires.to_string());
        if let Some(id) = &message.collapse_id {
            request = request.with("apns-collapse-id", id);
        }
        Ok(request)
    }

    /// The token of this hour.
    fn provider_token(&self, now: Timestamp) -> Result<Secret, jwt::Error> {
        let mut kept = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, made_at)) = kept.as_ref() {
            // A clock that went back by minutes is no reason for a new one either.
            if now - *made_at < TOKEN_AGE && *made_at - now < TOKEN_AGE_MIN {
                return Ok(token.clone());
            }
        }
        let header = json!({"kid": self.settings.key_id});
        let claims = json!({"iss": self.settings.team_id, "iat": now.0.div_euclid(1_000)});
        let token = Secret::new(self.key.token(header, &claims)?);
        *kept = Some((token.clone(), now));
        Ok(token)
    }

    /// Makes the next push sign anew, unless the token is too young for that.
    fn renew(&self, now: Timestamp) {
        let mut kept = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|(_, made_at)| now - *made_at >= TOKEN_AGE_MIN) {
            *kept = None;
        }
    }
}

impl Channel for Apns {
    fn kind(&self) -> Kind {
        Kind::Apns
    }

    /// Apple names no rate; one connection carries about a thousand requests at a time.
    fn limits(&self) -> Limits {
        Limits { concurrency: 500, per_second: None, payload_bytes: PAYLOAD_BYTES_MAX }
    }

    /// Apple repeats `apns-id` in its answer and delivers twice what it is told twice.
    fn idempotent(&self) -> bool {
        false
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

/// A UUID that follows from the delivery's key (RFC 9562, version 8).
fn message_id(key: &str) -> String {
    let hash = digest::digest(&digest::SHA256, key.as_bytes());
    let mut bytes: Vec<u8> = hash.as_ref().iter().copied().take(16).collect();
    if let [_, _, _, _, _, _, version, _, variant, ..] = bytes.as_mut_slice() {
        *version = *version & 0x0f | 0x80;
        *variant = *variant & 0x3f | 0x80;
    }
    let text = hex::encode(&bytes);
    let mut id = String::with_capacity(36);
    for (index, digit) in text.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id
}

/// The JSON of a push.
fn body(message: &Message) -> Value {
    let mut aps = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            aps.insert(name.to_owned(), value);
        }
    };
    put("alert", message.alert.as_ref().map(alert));
    put("badge", message.badge.map(Value::from));
    put("sound", message.sound.clone().map(Value::from));
    put("category", message.category.clone().map(Value::from));
    put("thread-id", message.thread_id.clone().map(Value::from));
    put("interruption-level", message.interruption_level.clone().map(Value::from));
    put("relevance-score", message.relevance.map(Value::from));
    put("mutable-content", message.mutable_content.then(|| 1.into()));
    let background = message.content_available || message.push_type == PushType::Background;
    put("content-available", background.then(|| 1.into()));
    let mut body = message.data.clone();
    body.insert("aps".to_owned(), aps.into());
    body.into()
}

fn alert(alert: &Alert) -> Value {
    let Alert { title, subtitle, body } = alert;
    let fields = [("title", title), ("subtitle", subtitle), ("body", body)];
    let there = fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    Value::Object(there.map(|(name, value)| (name.to_owned(), value.into())).collect())
}

fn outcome(response: &Response, reason: &str, answer: &Value, now: Timestamp) -> Outcome {
    if response.status == 200 {
        return Outcome::accepted(response.header("apns-id").map(str::to_owned));
    }
    let detail =
        if reason.is_empty() { response.text() } else { format!("{}: {reason}", response.status) };
    let after = response.retry_after(now);
    let later = |code| Outcome::retry(code, &detail, after);
    match reason {
        "Unregistered" | "ExpiredToken" => {
            let since = answer.get("timestamp").and_then(Value::as_i64).map(Timestamp);
            let since = since.filter(|at| (Timestamp(0)..=Timestamp::MAX).contains(at));
            Outcome::rejected_for(Code::TokenUnregistered, &detail, Address::Dead { since })
        }
        // Each of these is also what every token gets when the channel is set up for the wrong
        // environment or app: no token is killed for it.
        "BadDeviceToken" | "MissingDeviceToken" => Outcome::rejected(Code::TokenMalformed, &detail),
        "DeviceTokenNotForTopic" => Outcome::rejected(Code::TokenForeign, &detail),
        "BadTopic"
        | "MissingTopic"
        | "TopicDisallowed"
        | "BadCertificateEnvironment"
        | "BadPath"
        | "MethodNotAllowed" => later(Code::ConfigurationInvalid),
        "ExpiredProviderToken" => later(Code::CredentialsExpired),
        "InvalidProviderToken" | "MissingProviderToken" | "BadCertificate" => {
            later(Code::CredentialsRefused)
        }
        "Forbidden" => later(Code::PermissionDenied),
        "PayloadTooLarge" => Outcome::rejected(Code::PayloadTooLarge, &detail),
        "TooManyProviderTokenUpdates" => later(Code::ProviderThrottled),
        "TooManyRequests" => later(Code::AddressThrottled),
        "IdleTimeout" | "Shutdown" | "ServiceUnavailable" => later(Code::ProviderUnavailable),
        _ if response.status == 410 => {
            Outcome::rejected_for(Code::TokenUnregistered, &detail, Address::DEAD)
        }
        _ if response.status == 400 => Outcome::rejected(Code::PayloadRefused, &detail),
        _ => response.otherwise(now),
    }
}
