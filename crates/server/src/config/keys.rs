//! Keys: made from 256 random bits, shown once, kept as hashes.
//!
//! A key reads `pk_` + id + `_` + secret. The id finds the row; the whole key is hashed and the
//! hashes are compared in constant time. A random key needs no slow hash.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::{Config, ConfigError};

const PREFIX: &str = "pk_";
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;
const COLUMNS: &str = "id, scope, label, created_at, events_per_second";

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Sending records.
    Ingest,
    /// Looking at everything, with personal data masked, and changing nothing.
    Read,
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
    /// Records a second at most; nothing: as many as come.
    pub events_per_second: Option<u32>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

impl Config {
    /// Makes a key without a limit. This is the only time it is seen.
    pub fn create_key(&self, scope: Scope, label: &str, now: i64) -> Result<String, ConfigError> {
        Ok(self.create_limited_key(scope, label, None, now)?.1)
    }

    /// Makes a key. This is the only time it is seen.
    pub fn create_limited_key(
        &self,
        scope: Scope,
        label: &str,
        events_per_second: Option<u32>,
        created_at: i64,
    ) -> Result<(KeyFacts, String), ConfigError> {
        let mut random = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut random).map_err(ConfigError::Random)?;
        let id: String = random[..ID_BYTES].iter().map(|b| format!("{b:02x}")).collect();
        let key = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(&random[ID_BYTES..]));
        self.lock().execute(
            "INSERT INTO key (id, scope, label, hash, created_at, events_per_second)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, scope.to_string(), label, hash(&key), created_at, events_per_second],
        )?;
        Ok((KeyFacts { id, scope, label: label.into(), events_per_second, created_at }, key))
    }

    /// What is known of a key; nothing: there is no such key.
    pub fn key(&self, key: &str) -> Result<Option<KeyFacts>, ConfigError> {
        let Some(id) = key.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()) else {
            return Ok(None);
        };
        let connection = self.lock();
        let mut select =
            connection.prepare_cached(&format!("SELECT {COLUMNS}, hash FROM key WHERE id = ?1"))?;
        let row: Option<(Option<KeyFacts>, Vec<u8>)> =
            select.query_row([id], |row| Ok((facts(row)?, row.get(5)?))).optional()?;
        Ok(row.filter(|(_, stored)| equal(stored, &hash(key))).and_then(|(facts, _)| facts))
    }

    /// All keys, oldest first.
    pub fn keys(&self) -> Result<Vec<KeyFacts>, ConfigError> {
        let connection = self.lock();
        let mut select = connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM key ORDER BY created_at, id"))?;
        let rows = select.query_map([], facts)?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().collect())
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
            Scope::Read => "read",
            Scope::Admin => "admin",
        })
    }
}

impl FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Scope, String> {
        match text {
            "ingest" => Ok(Scope::Ingest),
            "read" => Ok(Scope::Read),
            "admin" => Ok(Scope::Admin),
            _ => Err(format!("\"{text}\" is not a scope; write ingest, read or admin")),
        }
    }
}

/// What a row says, in the order of [`COLUMNS`]; nothing if its scope is of a later version.
fn facts(row: &Row<'_>) -> rusqlite::Result<Option<KeyFacts>> {
    let scope: String = row.get(1)?;
    let Ok(scope) = scope.parse() else { return Ok(None) };
    Ok(Some(KeyFacts {
        id: row.get(0)?,
        scope,
        label: row.get(2)?,
        created_at: row.get(3)?,
        events_per_second: row.get(4)?,
    }))
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// Compares without leaving early, so that the time taken says nothing about where they differ.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
