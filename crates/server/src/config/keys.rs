//! Keys: made from 256 random bits, shown once, kept as hashes.
//!
//! A key reads `pk_` + id + `_` + secret. The id finds the row; the whole key is hashed and the
//! hashes are compared in constant time. A random key needs no slow hash.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Config, ConfigError};

const PREFIX: &str = "pk_";
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Sending records.
    Ingest,
    /// Everything.
    Admin,
}

/// A key as it is listed: never the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// The part of the key that may be shown.
    pub id: String,
    /// What it may be used for.
    pub scope: Scope,
    /// What it is for, in the words of whoever made it.
    pub label: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

impl Config {
    /// Makes a key. This is the only time it is seen.
    pub fn create_key(&self, scope: Scope, label: &str, now: i64) -> Result<String, ConfigError> {
        let mut random = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut random).map_err(ConfigError::Random)?;
        let id: String = random[..ID_BYTES].iter().map(|b| format!("{b:02x}")).collect();
        let key = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(&random[ID_BYTES..]));
        self.lock().execute(
            "INSERT INTO key (id, scope, label, hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, scope.to_string(), label, hash(&key), now],
        )?;
        Ok(key)
    }

    /// The scope of a key; nothing: there is no such key.
    pub fn scope_of(&self, key: &str) -> Result<Option<Scope>, ConfigError> {
        let Some(id) = key.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()) else {
            return Ok(None);
        };
        let connection = self.lock();
        let mut select = connection.prepare_cached("SELECT scope, hash FROM key WHERE id = ?1")?;
        let row: Option<(String, Vec<u8>)> =
            select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(row
            .filter(|(_, stored)| equal(stored, &hash(key)))
            .and_then(|(scope, _)| scope.parse().ok()))
    }

    /// All keys, oldest first.
    pub fn keys(&self) -> Result<Vec<KeyFacts>, ConfigError> {
        let connection = self.lock();
        let mut select = connection
            .prepare_cached("SELECT id, scope, label, created_at FROM key ORDER BY created_at")?;
        let rows = select.query_map([], |row| {
            let scope: String = row.get(1)?;
            Ok(KeyFacts {
                id: row.get(0)?,
                scope: scope.parse().unwrap_or(Scope::Ingest),
                label: row.get(2)?,
                created_at: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends the life of a key, by its id or the key itself; whether it was there.
    pub fn revoke_key(&self, id: &str) -> Result<bool, ConfigError> {
        let id = id.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()).unwrap_or(id);
        Ok(self.lock().execute("DELETE FROM key WHERE id = ?1", [id])? > 0)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Ingest => "ingest",
            Scope::Admin => "admin",
        })
    }
}

impl FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Scope, String> {
        match text {
            "ingest" => Ok(Scope::Ingest),
            "admin" => Ok(Scope::Admin),
            _ => Err(format!("\"{text}\" is not a scope; write ingest or admin")),
        }
    }
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// Compares without leaving early, so that the time taken says nothing about where they differ.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
