//! Push to browsers: RFC 8030, encrypted as in RFC 8291, with the server's key of RFC 8292.
//!
//! The push service is whichever the browser names, so its address comes from a stranger: the client
//! of this channel reaches public addresses only (see [`crate::net::Reach`]).

use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use model::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use ring::{aead, agreement, hkdf};
use serde_json::json;

use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload,
};
use crate::http::{Client, Request, Response, check_url};
use crate::jwt;
use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// Largest body of one push in bytes: what is left of 4,096 after header, border and tag.
pub const PAYLOAD_BYTES_MAX: usize = RECORD_BYTES - HEADER_BYTES - TAG_BYTES - 1;
/// The one record of a push; services must take 4,096 bytes (RFC 8030, 7.2).
const RECORD_BYTES: usize = 4_096;
/// Salt, record size, key length and key.
const HEADER_BYTES: usize = 16 + 4 + 1 + POINT_BYTES;
const TAG_BYTES: usize = 16;
/// A public key, uncompressed.
const POINT_BYTES: usize = 65;
const AUTH_BYTES: usize = 16;
/// How long the server's token is good for; RFC 8292 allows 24 hours.
const TOKEN_S: i64 = 12 * 3_600;
/// Longest topic in characters (RFC 8030, 5.4).
const TOPIC_BYTES_MAX: usize = 32;

/// One push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What the service worker gets, usually JSON; at most [`PAYLOAD_BYTES_MAX`] bytes.
    pub body: Vec<u8>,
    /// How long the push service keeps it for a browser that is offline, in seconds.
    pub ttl_s: u32,
    /// How much it matters, for devices that save power.
    pub urgency: Urgency,
    /// A waiting push of this topic is replaced; at most 32 characters of base64url.
    pub topic: Option<String>,
}

/// How much a push matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// On power and Wi-Fi.
    VeryLow,
    /// On either power or Wi-Fi.
    Low,
    /// On neither.
    #[default]
    Normal,
    /// With a low battery too.
    High,
}

/// Why a push or a channel is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server's keys do not fit.
    #[error("the keys of the server are not a pair in base64url; make new ones")]
    Keys,
    /// The contact is none.
    #[error("\"{0}\" is no contact for push services; write mailto: or https://")]
    Contact(String),
    /// The browser's keys cannot be read.
    #[error("the keys of the subscription cannot be read")]
    Subscription,
    /// The cryptographic library failed.
    #[error("encrypting the push failed")]
    Failed,
}

/// The server's key pair. Browsers subscribe with the public half, so it is kept for good.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The public key, base64url, as browsers want it.
    pub public: String,
    /// The private key, base64url.
    pub private: Secret,
}

impl Keys {
    /// A fresh pair.
    pub fn generate() -> Result<Keys, Error> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| Error::Failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random);
        let public = pair.map_err(|_| Error::Failed)?.public_key().as_ref().to_vec();
        // In the one form that ring writes, the private number stands right after its tag and length
        // at 34; `pair` below refuses anything else.
        let private = made.as_ref().get(36..68).ok_or(Error::Failed)?;
        let keys = Keys {
            public: BASE64_URL_SAFE_NO_PAD.encode(public),
            private: BASE64_URL_SAFE_NO_PAD.encode(private).into(),
        };
        keys.pair().map(|_| keys)
    }

    fn pair(&self) -> Result<EcdsaKeyPair, Error> {
        let private = decode(self.private.reveal()).ok_or(Error::Keys)?;
        let public = decode(&self.public).ok_or(Error::Keys)?;
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &private,
            &public,
            &SystemRandom::new(),
        )
        .map_err(|_| Error::Keys)
    }
}

/// Push to browsers with one pair of keys.
pub struct WebPush {
    key: jwt::Key,
    public: String,
    contact: String,
    client: Client,
}

impl fmt::Debug for WebPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebPush").field("public", &self.public).finish_non_exhaustive()
    }
}

impl WebPush {
    /// A channel. `contact` is where a push service writes if there is trouble.
    pub fn new(keys: &Keys, contact: &str, client: Client) -> Result<WebPush, Error> {
        if !contact.starts_with("mailto:") && !contact.starts_with("https://") {
            return Err(Error::Contact(crate::contract::clip(contact)));
        }
        let key = jwt::Key::Es256(Box::new(keys.pair()?));
        let public = keys.public.trim_end_matches('=').to_owned();
        Ok(WebPush { key, public, contact: contact.to_owned(), client })
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let Payload::WebPush(message) = &outgoing.payload else {
            return Outcome::foreign(Kind::WebPush, &outgoing);
        };
        let Destination::Subscription { endpoint, p256dh, auth } = &outgoing.to else {
            return Outcome::foreign(Kind::WebPush, &outgoing);
        };
        let request = match self.request(message, endpoint, p256dh, auth, outgoing.now) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        match self.client.send(request).await {
            Ok(response) => outcome(&response, outgoing.now).without(endpoint),
            Err(error) => error.outcome(),
        }
    }

    fn request(
        &self,
        message: &Message,
        endpoint: &str,
        p256dh: &str,
        auth: &str,
        now: Timestamp,
    ) -> Result<Request, Outcome> {
        let malformed =
            |detail: &str| Outcome::rejected_for(Code::TokenMalformed, detail, Address::DEAD);
        let uri = check_url(endpoint, false).map_err(|e| malformed(&e.to_string()))?;
        let authority = uri.authority().map(|a| a.as_str().to_ascii_lowercase());
        let origin = format!("https://{}", authority.unwrap_or_default());
        if message.body.len() > PAYLOAD_BYTES_MAX {
            let n = message.body.len();
            let detail = format!("the push has {n} bytes and {PAYLOAD_BYTES_MAX} are allowed");
            return Err(Outcome::rejected(Code::PayloadTooLarge, &detail));
        }
        let body = encrypt(&message.body, p256dh, auth).map_err(|e| match e {
            Error::Subscription => malformed(&e.to_string()),
            other => Outcome::retry(Code::ConfigurationInvalid, &other.to_string(), None),
        })?;
        let exp = now.0.div_euclid(1_000).saturating_add(TOKEN_S);
        let claims = json!({"aud": origin, "exp": exp, "sub": self.contact});
        let token = self.key.token(json!({"typ": "JWT"}), &claims);
        let token =
            token.map_err(|e| Outcome::retry(Code::CredentialsMalformed, &e.to_string(), None))?;
        let urgency = match message.urgency {
            Urgency::VeryLow => "very-low",
            Urgency::Low => "low",
            Urgency::Normal => "normal",
            Urgency::High => "high",
        };
        let mut request = Request::post(endpoint, "application/octet-stream", body)
            .with("content-encoding", "aes128gcm")
            .with("authorization", format!("vapid t={token}, k={}", self.public))
            .with("ttl", message.ttl_s.to_string())
            .with("urgency", urgency);
        if let Some(topic) = &message.topic {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if topic.is_empty() || topic.len() > TOPIC_BYTES_MAX || !topic.bytes().all(plain) {
                let detail = "the topic is not 1 to 32 letters, digits, hyphens or underscores";
                return Err(Outcome::rejected(Code::PayloadRefused, detail));
            }
            request = request.with("topic", topic);
        }
        Ok(request)
    }
}

impl Channel for WebPush {
    fn kind(&self) -> Kind {
        Kind::WebPush
    }

    /// Services name no rates and throttle single subscriptions.
    fn limits(&self) -> Limits {
        Limits { concurrency: 100, per_second: None, payload_bytes: PAYLOAD_BYTES_MAX }
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

fn outcome(response: &Response, now: Timestamp) -> Outcome {
    let detail = response.text();
    match response.status {
        200..=299 => Outcome::accepted(response.header("location").map(str::to_owned)),
        404 | 410 => Outcome::rejected_for(Code::SubscriptionGone, &detail, Address::DEAD),
        400 => Outcome::rejected(Code::PayloadRefused, &detail),
        // The subscription was made with another key than ours; a key that was entered wrongly looks
        // the same for everybody, so the address stays.
        403 => Outcome::rejected(Code::SubscriptionForeign, &detail),
        _ => response.otherwise(now),
    }
}

/// Encrypts for one subscription with a fresh key and salt.
fn encrypt(plain: &[u8], p256dh: &str, auth: &str) -> Result<Vec<u8>, Error> {
    let browser =
        decode(p256dh).filter(|key| key.len() == POINT_BYTES).ok_or(Error::Subscription)?;
    let auth = decode(auth).filter(|auth| auth.len() == AUTH_BYTES).ok_or(Error::Subscription)?;
    let random = SystemRandom::new();
    let mut salt = [0; 16];
    random.fill(&mut salt).map_err(|_| Error::Failed)?;
    let own = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &random);
    let own = own.map_err(|_| Error::Failed)?;
    let public = own.compute_public_key().map_err(|_| Error::Failed)?;
    let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, &browser);
    // The only way to fail here is a key of the browser that is not on the curve.
    agreement::agree_ephemeral(own, &peer, |shared| {
        seal(plain, shared, &auth, &browser, public.as_ref(), &salt)
    })
    .map_err(|_| Error::Subscription)?
}

/// RFC 8291, 3.4, and RFC 8188 with a single record, given everything that is random.
fn seal(
    plain: &[u8],
    shared: &[u8],
    auth: &[u8],
    browser: &[u8],
    own: &[u8],
    salt: &[u8; 16],
) -> Result<Vec<u8>, Error> {
    let info = [b"WebPush: info\0", browser, own].concat();
    let mut secret = [0; 32];
    derive(auth, shared, &info, &mut secret)?;
    let mut key = [0; 16];
    derive(salt, &secret, b"Content-Encoding: aes128gcm\0", &mut key)?;
    let mut nonce = [0; 12];
    derive(salt, &secret, b"Content-Encoding: nonce\0", &mut nonce)?;
    let key = aead::UnboundKey::new(&aead::AES_128_GCM, &key).map_err(|_| Error::Failed)?;
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    // 2 marks the last record.
    let mut record = [plain, &[2]].concat();
    aead::LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut record)
        .map_err(|_| Error::Failed)?;
    let size = u32::try_from(RECORD_BYTES).unwrap_or(u32::MAX).to_be_bytes();
    let length = [u8::try_from(own.len()).map_err(|_| Error::Failed)?];
    Ok([salt, &size[..], &length, own, &record].concat())
}

/// HKDF (RFC 5869) with SHA-256.
fn derive(salt: &[u8], secret: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), Error> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let expanded = extracted.expand(&[info], Length(out.len())).and_then(|okm| okm.fill(out));
    expanded.map_err(|_| Error::Failed)
}

/// Base64url with or without its padding, as browsers and servers write it.
fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
