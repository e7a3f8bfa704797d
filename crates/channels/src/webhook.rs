//! Webhooks: signed HTTP requests to a server of the customer.
//!
//! Signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp` and `webhook-signature`, one
//! signature for each key, so that a key can be replaced while requests are under way. The id is the
//! delivery's key and the same on every attempt: receivers drop what they know.

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use model::Timestamp;
use ring::hmac;

use crate::answer::Answer;
use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload,
};
use crate::http::{Client, Request, Response};
use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// Most keys that sign one request: the old one, the new one, and some patience.
pub const SECRETS_MAX: usize = 5;
/// How far a signature's time may lie from the receiver's, in seconds, as the standard advises.
pub const TOLERANCE_S: i64 = 300;

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// How it is asked.
    pub method: Method,
    /// The body, as it is signed and sent.
    pub body: Vec<u8>,
    /// What the body is, such as `application/json`.
    pub content_type: String,
    /// Further headers. Those of HTTP itself and of the signature cannot be written here.
    pub headers: Vec<(String, String)>,
    /// The keys that sign, `whsec_` and base64; more than one while a key is being replaced. Without
    /// any the request is not signed.
    pub secrets: Vec<Secret>,
    /// What the server says is of interest.
    pub asks: bool,
}

/// How a server is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// What Standard Webhooks means.
    #[default]
    Post,
    /// Replaces something.
    Put,
    /// Changes something.
    Patch,
    /// Removes something.
    Delete,
    /// Reads something; the body is sent and signed nevertheless.
    Get,
}

impl Method {
    fn http(self) -> ::http::Method {
        match self {
            Method::Post => ::http::Method::POST,
            Method::Put => ::http::Method::PUT,
            Method::Patch => ::http::Method::PATCH,
            Method::Delete => ::http::Method::DELETE,
            Method::Get => ::http::Method::GET,
        }
    }
}

/// Headers that nobody but the client and the signature may set.
const RESERVED: &[&str] = &[
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "proxy-connection",
    "keep-alive",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

/// Why a request cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The key is not one.
    #[error("the key of the webhook is not `whsec_` and base64 of 24 to 64 bytes; make a new one")]
    Secret,
    /// There are too many keys.
    #[error("the webhook has {0} keys and {SECRETS_MAX} are allowed; remove old ones")]
    Secrets(usize),
}

/// Webhooks to any server that the client may reach.
#[derive(Clone, Debug)]
pub struct Webhooks {
    client: Client,
    limits: Limits,
}

impl Webhooks {
    /// A channel over a client; give it [`crate::net::Reach::Public`] unless addresses are trusted.
    pub fn new(client: Client, limits: Limits) -> Webhooks {
        Webhooks { client, limits }
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::Webhook(message), Destination::Url(url)) = (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::Webhook, &outgoing);
        };
        if message.body.len() > self.limits.payload_bytes {
            let (bytes, max) = (message.body.len(), self.limits.payload_bytes);
            let detail = format!("the body has {bytes} bytes and {max} are allowed");
            return Outcome::rejected(Code::PayloadTooLarge, &detail);
        }
        let request = match request(message, url, &outgoing.key, outgoing.now) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        match self.client.send(request).await {
            Ok(response) => outcome(&response, message.asks, outgoing.now),
            Err(error) => error.outcome(),
        }
    }
}

impl Channel for Webhooks {
    fn kind(&self) -> Kind {
        Kind::Webhook
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    /// Receivers know a request by its `webhook-id`.
    fn idempotent(&self) -> bool {
        true
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

/// The values of the three headers for one attempt: id, seconds since 1970, signatures.
pub fn sign(
    secrets: &[Secret],
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<(String, String, String), Error> {
    if secrets.len() > SECRETS_MAX {
        return Err(Error::Secrets(secrets.len()));
    }
    let id = usable_id(id);
    let seconds = now.0.div_euclid(1_000).to_string();
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let tag = hmac::sign(&key(secret)?, &signed_text(&id, &seconds, body));
        signatures.push(format!("v1,{}", BASE64_STANDARD.encode(tag)));
    }
    Ok((id, seconds, signatures.join(" ")))
}

/// Whether one of the signatures is by `secret` and its time within [`TOLERANCE_S`] of `now`: what
/// a receiver does, here for requests that come back to us.
pub fn verify(
    secret: &Secret,
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let key = key(secret)?;
    let Ok(seconds) = timestamp.parse::<i64>() else { return Ok(false) };
    if (now.0.div_euclid(1_000).saturating_sub(seconds)).saturating_abs() > TOLERANCE_S {
        return Ok(false);
    }
    let text = signed_text(id, timestamp, body);
    let candidates = signatures.split_ascii_whitespace().take(SECRETS_MAX);
    Ok(candidates.filter_map(|candidate| candidate.strip_prefix("v1,")).any(|candidate| {
        BASE64_STANDARD.decode(candidate).is_ok_and(|tag| hmac::verify(&key, &text, &tag).is_ok())
    }))
}

fn signed_text(id: &str, seconds: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", seconds.as_bytes(), b".", body].concat()
}

fn key(secret: &Secret) -> Result<hmac::Key, Error> {
    let text = secret.reveal();
    let text = text.strip_prefix("whsec_").unwrap_or(text);
    let bytes = BASE64_STANDARD.decode(text).map_err(|_| Error::Secret)?;
    if !(24..=64).contains(&bytes.len()) {
        return Err(Error::Secret);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

/// The delivery's key as it can stand in a header; a dot would blur what was signed.
fn usable_id(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':');
    id.chars().map(|c| if plain(c) { c } else { '_' }).collect()
}

fn request(message: &Message, url: &str, id: &str, now: Timestamp) -> Result<Request, Outcome> {
    let mut request = Request::post(url, &message.content_type, Bytes::new());
    for (name, value) in &message.headers {
        if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            let detail = format!("header \"{name}\" is set by the channel itself");
            return Err(Outcome::rejected(Code::PayloadRefused, &detail));
        }
        request = request.with(name, value);
    }
    let (id, seconds, signatures) = sign(&message.secrets, id, now, &message.body)
        .map_err(|e| Outcome::retry(Code::CredentialsMalformed, &e.to_string(), None))?;
    request = request.with("webhook-id", id).with("webhook-timestamp", seconds);
    if !signatures.is_empty() {
        request = request.with("webhook-signature", signatures);
    }
    request.method = message.method.http();
    request.body = Bytes::copy_from_slice(&message.body);
    Ok(request)
}

/// A receiver that is being set up or repaired answers 401, 404 or with a redirect for a while;
/// these are tried again. Only what says "this request is wrong" or "gone" is final.
fn outcome(response: &Response, asks: bool, now: Timestamp) -> Outcome {
    let detail = response.text();
    match response.status {
        200..=299 if asks => {
            let answer = Some(Box::new(Answer::of(response)));
            Outcome::Accepted { provider_id: None, answer }
        }
        200..=299 => Outcome::accepted(None),
        410 => Outcome::rejected_for(Code::AddressUnknown, &detail, Address::DEAD),
        404 => Outcome::retry(Code::ProviderUnavailable, &detail, response.retry_after(now)),
        400 | 405 | 406 | 411 | 414 | 415 | 422 | 431 => {
            Outcome::rejected(Code::PayloadRefused, &detail)
        }
        _ => response.otherwise(now),
    }
}
