//! Ids that are known by their hashes alone, and which of them are refused.
//!
//! What it is: the salted hash by which a receipt and a suppression name an id without holding it,
//! the set of what is suppressed, and the words by which a text names somebody. What it is not: it
//! keeps nothing; the configuration does.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Record, What};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::config::privacy::SavedSuppression;
use crate::config::{Config, ConfigError};

/// The hash of an id.
pub type Hash = [u8; 32];

/// The setting that holds the salt.
const SALT: &str = "privacy_salt";

/// Bytes of the salt: nobody has a table of hashes made with it.
const SALT_BYTES: usize = 16;

/// Ids of fewer bytes are found everywhere by chance, and are looked for as whole texts only.
pub const WORD_BYTES_MIN: usize = 4;

/// What the hashes of a workspace begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salt(String);

impl Salt {
    /// The workspace's own, made when it is first asked for.
    pub fn of(config: &Config) -> Result<Salt, ConfigError> {
        if let Some(salt) = config.setting(SALT)? {
            return Ok(Salt(salt));
        }
        let mut bytes = [0; SALT_BYTES];
        getrandom::fill(&mut bytes).map_err(ConfigError::Random)?;
        config.set(SALT, &hex(&bytes))?;
        Ok(Salt(config.setting(SALT)?.unwrap_or_default()))
    }

    /// The salt that a receipt says.
    pub fn said(text: &str) -> Salt {
        Salt(text.to_owned())
    }

    /// As a receipt says it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The hash of an id.
    pub fn hash(&self, id: &str) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(self.0.as_bytes());
        hasher.update([0]);
        hasher.update(id.as_bytes());
        hasher.finalize().into()
    }
}

/// Bytes as people write them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is suppressed.
#[derive(Debug, Default)]
pub struct Suppressed {
    salt: Salt,
    /// Of which suppression each hash is.
    hashes: HashMap<Hash, String>,
    /// How often each suppression refused a record since the start.
    refused: HashMap<String, AtomicU64>,
}

impl Suppressed {
    /// Reads the configuration; what `before` refused stays counted.
    pub fn read(config: &Config, before: Option<&Suppressed>) -> Result<Suppressed, ConfigError> {
        let mut suppressed = Suppressed { salt: Salt::of(config)?, ..Suppressed::default() };
        for SavedSuppression { id, hashes, .. } in config.suppressions()? {
            let n = before.map_or(0, |before| before.refused(&id));
            suppressed.refused.insert(id.clone(), AtomicU64::new(n));
            suppressed.hashes.extend(hashes.into_iter().map(|hash| (hash, id.clone())));
        }
        Ok(suppressed)
    }

    /// What the hashes of the workspace begin with.
    pub fn salt(&self) -> &Salt {
        &self.salt
    }

    /// Whether nothing is suppressed: then a record need not be looked at.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The suppression that an id, written as people write it, is part of.
    pub fn of(&self, id: &str) -> Option<&str> {
        if self.hashes.is_empty() {
            return None;
        }
        self.hashes.get(&self.salt.hash(id)).map(String::as_str)
    }

    /// Whether a record names anybody who is suppressed; it is counted then.
    pub fn refuses(&self, record: &Record) -> bool {
        let who = &record.who;
        let mut ids = who.user_id.iter().chain(&who.anonymous_id).map(|id| self.of(id));
        let identity = |identity: &model::Identity| {
            let written = format!("{}:{}", identity.label, identity.value);
            self.of(&written).or_else(|| self.of(&identity.value))
        };
        let found = ids.find_map(|found| found);
        let found = found.or_else(|| who.identities.iter().find_map(identity));
        let found = found.or_else(|| match &record.what {
            What::Alias { previous: other } | What::Separate { separated: other } => self.of(other),
            What::Event(_) | What::Identify(_) | What::Facts(_) => None,
        });
        if let Some(count) = found.and_then(|suppression| self.refused.get(suppression)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        found.is_some()
    }

    /// Whether any text of a message in JSON is an id that is suppressed.
    pub fn named_in(&self, written: &str) -> bool {
        !self.is_empty()
            && serde_json::from_str::<Json>(written).is_ok_and(|json| self.names(&json))
    }

    fn names(&self, json: &Json) -> bool {
        match json {
            Json::String(text) => self.of(text).is_some(),
            Json::Number(number) => self.of(&number.to_string()).is_some(),
            Json::Array(items) => items.iter().any(|item| self.names(item)),
            Json::Object(fields) => fields.values().any(|value| self.names(value)),
            Json::Null | Json::Bool(_) => false,
        }
    }

    /// How many records a suppression refused since the start.
    pub fn refused(&self, suppression: &str) -> u64 {
        self.refused.get(suppression).map_or(0, |n| n.load(Ordering::Relaxed))
    }
}

/// Whether a text that was sent names one of these ids: a text of it in JSON is one, or one stands in
/// it as a word of its own.
pub fn names(text: &str, ids: &HashSet<String>) -> bool {
    let within = || {
        let long = ids.iter().filter(|id| id.len() >= WORD_BYTES_MIN);
        long.map(|id| words(text.as_bytes(), id.as_bytes())).any(|n| n > 0)
    };
    match serde_json::from_str::<Json>(text) {
        Ok(json) => texts_of(&json, ids) || within(),
        Err(_) => within(),
    }
}

fn texts_of(json: &Json, ids: &HashSet<String>) -> bool {
    match json {
        Json::String(text) => ids.contains(text),
        Json::Number(number) => ids.contains(&number.to_string()),
        Json::Array(items) => items.iter().any(|item| texts_of(item, ids)),
        Json::Object(fields) => fields.values().any(|value| texts_of(value, ids)),
        Json::Null | Json::Bool(_) => false,
    }
}

/// How often an id stands in bytes as a word of its own: `ann` is not in `hannah`. What stands before
/// it may be its length, as the log writes it.
pub fn words(bytes: &[u8], id: &[u8]) -> u64 {
    words_from(bytes, id, 0..bytes.len())
}

/// The same of those that begin within a part of the bytes; what stands around it is looked at.
pub fn words_from(bytes: &[u8], id: &[u8], starts: std::ops::Range<usize>) -> u64 {
    let Some((first, rest)) = id.split_first() else { return 0 };
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.@+".contains(byte) || *byte >= 0x80;
    let length = |byte: u8| usize::from(byte) == id.len() || usize::from(byte) == id.len() + 16;
    let (mut n, mut at) = (0, starts.start);
    while let Some(found) = bytes[at..starts.end].iter().position(|byte| byte == first) {
        let start = at + found;
        at = start + 1;
        let end = start + id.len();
        if bytes.get(start + 1..end) != Some(rest) {
            continue;
        }
        let before = start.checked_sub(1).map(|before| bytes[before]);
        let measured = before.is_some_and(length);
        let begins = before.is_none_or(|byte| !part(&byte));
        let ends = bytes.get(end).is_none_or(|byte| !part(byte));
        n += u64::from(measured || begins && ends);
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_as_a_word_and_not_within_another() {
        for (text, n) in [
            ("ada", 1),
            ("\"ada\"", 1),
            ("\u{3}ada\u{3}bob", 1),
            ("\u{3}adax", 1),
            ("canada", 0),
            ("ada-2", 0),
            ("xada", 0),
            ("ada ada", 2),
            ("email\u{1f}ada", 1),
            ("", 0),
        ] {
            assert_eq!(words(text.as_bytes(), b"ada"), n, "{text:?}");
        }
    }

    #[test]
    fn a_sample_names_an_id_by_its_texts() {
        let ids = HashSet::from(["u1".to_owned(), "ada@example.com".to_owned()]);
        assert!(names(r#"{"user": "u1", "properties": {}}"#, &ids));
        assert!(names(r#"{"userId": "ada@example.com", "cut of"#, &ids));
        assert!(!names(r#"{"user": "u12", "text": "u1 and more"}"#, &ids));
        assert!(!names("not json, u1", &ids), "too short to be told from chance");
    }
}
