//! Encryption in transit: AES-256-GCM under a key that travels along, so that it hides what is sent
//! from whoever reads addresses in a log, and from nobody else.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// The key of one request, for its answer.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Transit([u8; 32]);

/// Bytes of the number that is used once.
pub(super) const NONCE_BYTES: usize = 12;

impl Transit {
    /// Decrypts base64 with a key and a nonce in base64; the plain text and the key.
    pub fn open(payload: &str, key: &str, nonce: &str) -> Option<(String, Transit)> {
        let key: [u8; 32] = STANDARD.decode(key).ok()?.try_into().ok()?;
        let nonce: [u8; NONCE_BYTES] = STANDARD.decode(nonce).ok()?.try_into().ok()?;
        let mut bytes = STANDARD.decode(payload).ok()?;
        let transit = Transit(key);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = transit.cipher()?.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?;
        Some((String::from_utf8(plain.to_vec()).ok()?, transit))
    }

    /// Encrypts an answer: the payload in base64, and the nonce.
    pub fn seal(&self, answer: &str, nonce: [u8; NONCE_BYTES]) -> Option<(String, String)> {
        let mut bytes = answer.as_bytes().to_vec();
        let once = Nonce::assume_unique_for_key(nonce);
        self.cipher()?.seal_in_place_append_tag(once, Aad::empty(), &mut bytes).ok()?;
        Some((STANDARD.encode(bytes), STANDARD.encode(nonce)))
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.0).ok().map(LessSafeKey::new)
    }
}

/// Without the key.
impl fmt::Debug for Transit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_and_what_was_changed_does_not() {
        let (key, nonce) = ([7; 32], [9; NONCE_BYTES]);
        let (payload, once) = Transit(key).seal("{\"a\":1}", nonce).unwrap();
        let key = STANDARD.encode(key);
        let (plain, transit) = Transit::open(&payload, &key, &once).unwrap();
        assert_eq!((plain.as_str(), transit), ("{\"a\":1}", Transit([7; 32])));
        let other = STANDARD.encode([8; 32]);
        for (payload, key, nonce) in [
            (payload.as_str(), other.as_str(), once.as_str()),
            ("AAAA", &key, &once),
            (&payload, "short", &once),
            (&payload, &key, ""),
            ("", &key, &once),
        ] {
            assert_eq!(Transit::open(payload, key, nonce), None);
        }
    }

    /// Made with the same functions that the client library calls (Web Crypto of Node 20).
    #[test]
    fn what_a_browser_encrypts_opens() {
        let payload = "fsgurJzx0rxu0gIgdTGXXUvVfUtSyQ4oXf4AlzNdZQ==";
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let (plain, _) = Transit::open(payload, key, "AQIDBAUGBwgJCgsM").unwrap();
        assert_eq!(plain, r#"{"type":"page"}"#);
    }
}
