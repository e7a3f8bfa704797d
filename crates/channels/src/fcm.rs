//! Push through Firebase Cloud Messaging, HTTP v1.
//!
//! A service account signs an assertion, Google's token server gives an access token for it, and
//! that is kept until shortly before its end. A token of an app that was removed is answered with
//! `UNREGISTERED`, which is how uninstalls are noticed.

use std::fmt;
use std::time::Duration;

use model::Timestamp;
use serde_json::{Map, Value, json};

use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload,
};
use crate::form;
use crate::http::{Client, Request, Response};
use crate::jwt;
use crate::oauth::Tokens;
use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// Largest notification and data of one push in bytes, keys and values counted.
pub const PAYLOAD_BYTES_MAX: usize = 4_096;
/// Longest token of an app that is sent; real ones have about 160 to 250 bytes.
const TOKEN_BYTES_MAX: usize = 4_096;
/// Google's least wait after a throttled request that names none.
const THROTTLED_WAIT: Duration = Duration::from_secs(60);
/// How long an assertion is good for; Google allows an hour.
const ASSERTION_S: i64 = 3_600;
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const TOKEN_SERVER: &str = "https://oauth2.googleapis.com/token";
const WHAT: &str = "service account";

/// One push.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// What the system shows; `None` sends data only, which the app handles itself.
    pub notification: Option<Notification>,
    /// What the app gets. FCM takes text only.
    pub data: Vec<(String, String)>,
    /// How Android treats it.
    pub android: Android,
    /// What further parts of the request say (`apns`, `webpush`, `fcm_options`); laid over the rest.
    pub overrides: Map<String, Value>,
    /// FCM checks it and does not deliver.
    pub validate_only: bool,
}

/// What the system shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notification {
    /// The first line.
    pub title: Option<String>,
    /// The text below.
    pub body: Option<String>,
    /// The address of a picture.
    pub image: Option<String>,
}

/// How Android treats a push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Android {
    /// Wakes a sleeping device.
    pub high_priority: bool,
    /// How long FCM keeps it for a device that is offline, in seconds; `None` is four weeks.
    pub ttl_s: Option<u32>,
    /// A later push of this key replaces one that was not delivered yet.
    pub collapse_key: Option<String>,
    /// The notification channel (Android 8 and later).
    pub channel_id: Option<String>,
    /// A shown notification of this tag is replaced.
    pub tag: Option<String>,
    /// The name of the icon within the app.
    pub icon: Option<String>,
    /// The colour of the icon, `#rrggbb`.
    pub color: Option<String>,
    /// The name of the sound within the app.
    pub sound: Option<String>,
    /// The intent that a tap starts.
    pub click_action: Option<String>,
    /// The package that the token has to belong to.
    pub restricted_package_name: Option<String>,
}

/// Why a channel cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is not one of a service account.
    #[error(
        "this is no service account file of Google: {0}; download it from the Firebase console"
    )]
    ServiceAccount(String),
    /// Its key cannot be read.
    #[error(transparent)]
    Key(#[from] jwt::Error),
}

/// What a service account file says.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    /// The Firebase project.
    pub project_id: String,
    /// The account's name.
    pub client_email: String,
    /// Which of its keys this is.
    pub private_key_id: Option<String>,
    /// The key, PEM.
    pub private_key: Secret,
    /// Where access tokens are given out.
    pub token_uri: String,
}

impl ServiceAccount {
    /// Reads the file as Google gives it out.
    pub fn parse(file: &Secret) -> Result<ServiceAccount, Error> {
        // The parser's own words may quote the file, and so the key.
        let value: Value = serde_json::from_str(file.reveal())
            .map_err(|_| Error::ServiceAccount("it is not JSON".to_owned()))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let needed = |name: &str| {
            text(name).ok_or_else(|| Error::ServiceAccount(format!("it has no {name}")))
        };
        let project_id = needed("project_id")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.');
        if project_id.is_empty() || !project_id.chars().all(plain) {
            return Err(Error::ServiceAccount("its project_id is not one".to_owned()));
        }
        Ok(ServiceAccount {
            project_id,
            client_email: needed("client_email")?,
            private_key_id: text("private_key_id"),
            private_key: needed("private_key")?.into(),
            token_uri: text("token_uri").unwrap_or_else(|| TOKEN_SERVER.to_owned()),
        })
    }
}

/// Push through one Firebase project.
pub struct Fcm {
    account: ServiceAccount,
    key: jwt::Key,
    client: Client,
    endpoint: String,
    tokens: Tokens,
}

impl fmt::Debug for Fcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fcm").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Fcm {
    /// Google's address.
    pub const ENDPOINT: &str = "https://fcm.googleapis.com";

    /// A channel; `endpoint` is [`Fcm::ENDPOINT`] but in tests.
    pub fn new(account: ServiceAccount, client: Client, endpoint: &str) -> Result<Fcm, Error> {
        let key = jwt::Key::rs256(WHAT, &account.private_key)?;
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Fcm { account, key, client, endpoint, tokens: Tokens::default() })
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::Fcm(message), Destination::Token(token)) = (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::Fcm, &outgoing);
        };
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            let detail = "the token is empty or far too long";
            return Outcome::rejected_for(Code::TokenMalformed, detail, Address::DEAD);
        }
        let bytes = payload_bytes(message);
        if bytes > PAYLOAD_BYTES_MAX {
            let detail = format!("the push has {bytes} bytes and {PAYLOAD_BYTES_MAX} are allowed");
            return Outcome::rejected(Code::PayloadTooLarge, &detail);
        }
        let request = || self.assertion(outgoing.now);
        let access = match self.tokens.get(&self.client, request, outgoing.now).await {
            Ok(access) => access,
            Err(outcome) => return outcome,
        };
        let url =
            format!("{}/v1/projects/{}/messages:send", self.endpoint, self.account.project_id);
        let body = request_body(message, token).to_string();
        let request = Request::post(url, "application/json", body)
            .with("authorization", format!("Bearer {}", access.token.reveal()));
        match self.client.send(request).await {
            Ok(response) => {
                if response.status == 401 {
                    self.tokens.forget(&access).await;
                }
                outcome(&response, outgoing.now).without(token)
            }
            Err(error) => error.outcome(),
        }
    }

    /// The request for an access token.
    fn assertion(&self, now: Timestamp) -> Result<Request, jwt::Error> {
        let seconds = now.0.div_euclid(1_000);
        let claims = json!({
            "iss": self.account.client_email,
            "scope": SCOPE,
            "aud": self.account.token_uri,
            "iat": seconds,
            "exp": seconds.saturating_add(ASSERTION_S),
        });
        let header = match &self.account.private_key_id {
            Some(id) => json!({"typ": "JWT", "kid": id}),
            None => json!({"typ": "JWT"}),
        };
        let assertion = self.key.token(header, &claims)?;
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let body = form::form(&[("grant_type", grant), ("assertion", &assertion)]);
        let form = "application/x-www-form-urlencoded";
        Ok(Request::post(self.account.token_uri.clone(), form, body))
    }
}

impl Channel for Fcm {
    fn kind(&self) -> Kind {
        Kind::Fcm
    }

    /// FCM takes 600,000 messages a minute for each project.
    fn limits(&self) -> Limits {
        let per_second = Some(10_000.0);
        Limits { concurrency: 100, per_second, payload_bytes: PAYLOAD_BYTES_MAX }
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

fn payload_bytes(message: &Message) -> usize {
    let shown = message.notification.as_ref().map_or(0, |shown| {
        [&shown.title, &shown.body, &shown.image].into_iter().flatten().map(String::len).sum()
    });
    message.data.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() + shown
}

/// The JSON of a request.
fn request_body(message: &Message, token: &str) -> Value {
    let Android {
        high_priority,
        ttl_s,
        collapse_key,
        channel_id,
        tag,
        icon,
        color,
        sound,
        click_action,
        restricted_package_name,
    } = &message.android;
    let ttl = ttl_s.map(|seconds| format!("{seconds}s"));
    let shown = object([
        ("channel_id", channel_id),
        ("tag", tag),
        ("icon", icon),
        ("color", color),
        ("sound", sound),
        ("click_action", click_action),
    ]);
    let mut android = object([
        ("ttl", &ttl),
        ("collapse_key", collapse_key),
        ("restricted_package_name", restricted_package_name),
    ]);
    let priority = if *high_priority { "HIGH" } else { "NORMAL" };
    android.insert("priority".to_owned(), priority.into());
    if !shown.is_empty() {
        android.insert("notification".to_owned(), shown.into());
    }
    let mut inner = Map::new();
    inner.insert("android".to_owned(), android.into());
    if let Some(Notification { title, body, image }) = &message.notification {
        let shown = object([("title", title), ("body", body), ("image", image)]);
        inner.insert("notification".to_owned(), shown.into());
    }
    if !message.data.is_empty() {
        let data = message.data.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        inner.insert("data".to_owned(), Value::Object(data.collect()));
    }
    for (name, value) in &message.overrides {
        lay_over(inner.entry(name.clone()).or_insert(Value::Null), value);
    }
    // Last, so that nothing above sends the message elsewhere.
    for elsewhere in ["topic", "condition"] {
        inner.remove(elsewhere);
    }
    inner.insert("token".to_owned(), token.into());
    json!({"validate_only": message.validate_only, "message": inner})
}

fn object<const N: usize>(fields: [(&str, &Option<String>); N]) -> Map<String, Value> {
    let there = fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    there.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// Objects field by field, everything else as a whole. JSON that was parsed is at most 128 deep.
fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                lay_over(below.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}

fn outcome(response: &Response, now: Timestamp) -> Outcome {
    let answer = response.json().unwrap_or(Value::Null);
    if response.status == 200 {
        let name = answer.get("name").and_then(Value::as_str).map(str::to_owned);
        return Outcome::accepted(name);
    }
    let error = answer.get("error").unwrap_or(&Value::Null);
    let words = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let detail = if words.is_empty() { response.text() } else { words.to_owned() };
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let own = details.filter_map(|detail| detail.get("errorCode").and_then(Value::as_str)).next();
    let status = error.get("status").and_then(Value::as_str);
    let lower = words.to_ascii_lowercase();
    let after = response.retry_after(now);
    match own.or(status).unwrap_or_default() {
        "UNREGISTERED" => Outcome::rejected_for(Code::TokenUnregistered, &detail, Address::DEAD),
        "INVALID_ARGUMENT" if lower.contains("registration token") => {
            Outcome::rejected_for(Code::TokenMalformed, &detail, Address::DEAD)
        }
        "INVALID_ARGUMENT" if lower.contains("too big") || lower.contains("too large") => {
            Outcome::rejected(Code::PayloadTooLarge, &detail)
        }
        "INVALID_ARGUMENT" => Outcome::rejected(Code::PayloadRefused, &detail),
        // Another project's credentials would make every token look like this: none is killed.
        "SENDER_ID_MISMATCH" => Outcome::rejected(Code::TokenForeign, &detail),
        "QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED" => {
            Outcome::retry(Code::ProviderThrottled, &detail, after.or(Some(THROTTLED_WAIT)))
        }
        "UNAVAILABLE" => Outcome::retry(Code::ProviderUnavailable, &detail, after),
        "THIRD_PARTY_AUTH_ERROR" => Outcome::retry(Code::ConfigurationInvalid, &detail, None),
        "UNAUTHENTICATED" => Outcome::retry(Code::CredentialsExpired, &detail, None),
        "PERMISSION_DENIED" => Outcome::retry(Code::PermissionDenied, &detail, None),
        "NOT_FOUND" => Outcome::retry(Code::ConfigurationInvalid, &detail, None),
        _ => response.otherwise(now),
    }
}
