//! Signatures as in Standard Webhooks: HMAC-SHA256 over id, time and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::Timestamp;
use sha2::Sha256;

use crate::config::ConfigError;
use crate::config::webhooks::Secret;

/// What a secret begins with.
pub const PREFIX: &str = "whsec_";

/// Bytes of a secret that is made here.
const SECRET_BYTES: usize = 32;

/// Bytes that a secret may have.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The headers of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
}

/// Signs a message that is sent now.
pub fn sign(secret: &Secret, id: &str, now: Timestamp, body: &str) -> Signed {
    let timestamp = now.0.div_euclid(1_000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key(secret).unwrap_or_default())
        .expect("HMAC takes keys of any length");
    for part in [id, ".", &timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    Signed { id: id.into(), timestamp, signature }
}

/// A new secret, from the operating system's randomness.
pub fn new_secret() -> Result<Secret, ConfigError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(ConfigError::Random)?;
    Ok(Secret(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// A secret that somebody wrote; nothing: it is none.
pub fn read_secret(text: &str) -> Option<Secret> {
    let secret = Secret(text.to_owned());
    key(&secret).filter(|key| BYTES.contains(&key.len())).map(|_| secret)
}

fn key(secret: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.0.strip_prefix(PREFIX)?).ok()
}

#[cfg(test)]
mod tests;
