//! Configuration of a workspace: one small SQLite file beside the log and the history.
//!
//! What it is: name, zone and seed, keys, saved segments, lifecycle, stage frameworks, RFM settings,
//! composite events, webhooks, the schema registry, the error stream, imports on a schedule, providers,
//! campaigns and journeys. What it is not: it reads no definition (they are stored in the JSON
//! form and given their meaning by the service), and it holds no event.
//!
//! Invariants: every write is one transaction, synced before it returns (WAL with full
//! synchronisation); several processes may have the file open (`key create` works beside a running
//! server); a key is never stored, only the SHA-256 hash of it. Secrets of webhooks
//! and of buckets are stored, because requests are signed with them.

pub mod campaigns;
pub mod errors;
pub mod frameworks;
pub mod imports;
pub mod journeys;
pub mod keys;
pub mod privacy;
pub mod providers;
pub mod schema;
pub mod webhooks;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, OptionalExtension, params};

/// Layout of the file that this version writes. A file of a later version is refused.
const VERSION: i64 = 8;

/// The setting that holds [`Config::secret`].
const SECRET: &str = "id_secret";

/// How long a writer waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS key (
    id TEXT PRIMARY KEY, scope TEXT NOT NULL, label TEXT NOT NULL, hash BLOB NOT NULL,
    created_at INTEGER NOT NULL, events_per_second INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS segment (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, definition TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS composite (name TEXT PRIMARY KEY, members TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS schema_change (
    version INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL,
    subject TEXT NOT NULL, name TEXT NOT NULL, body TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS schema_change_of ON schema_change (subject, name, version);
CREATE TABLE IF NOT EXISTS error_kind (
    code TEXT NOT NULL, source TEXT NOT NULL, event TEXT NOT NULL, outcome TEXT NOT NULL,
    n INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, hint TEXT NOT NULL,
    PRIMARY KEY (code, source, event, outcome)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS error_hour (
    hour INTEGER NOT NULL, code TEXT NOT NULL, source TEXT NOT NULL, event TEXT NOT NULL,
    outcome TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (hour, code, source, event, outcome)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS error_sample (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, code TEXT NOT NULL,
    source TEXT NOT NULL, event TEXT NOT NULL, outcome TEXT NOT NULL, message TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS error_sample_of ON error_sample (code, source, event, outcome, id);
CREATE TABLE IF NOT EXISTS framework (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, states TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS webhook (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, watches TEXT, kinds TEXT NOT NULL,
    corrections INTEGER NOT NULL, secret TEXT NOT NULL, created_at INTEGER NOT NULL,
    settled_until INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS dead_letter (
    webhook TEXT NOT NULL, id TEXT NOT NULL, given_up_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL, error TEXT NOT NULL, body TEXT NOT NULL, user TEXT NOT NULL,
    PRIMARY KEY (webhook, id)
) STRICT;
CREATE TABLE IF NOT EXISTS erasure (
    id TEXT PRIMARY KEY, asked_at INTEGER NOT NULL, receipt TEXT NOT NULL, intent TEXT,
    deliveries BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS suppression (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS suppressed (
    hash BLOB NOT NULL, suppression TEXT NOT NULL, PRIMARY KEY (hash, suppression)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS test_user (
    user TEXT PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS backup (
    folder TEXT PRIMARY KEY, made_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS import (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, place TEXT NOT NULL, secret TEXT,
    format TEXT NOT NULL, mapping TEXT NOT NULL, every_minutes INTEGER NOT NULL,
    paused INTEGER NOT NULL, created_at INTEGER NOT NULL, last_run TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS provider (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, channel TEXT NOT NULL, settings TEXT NOT NULL,
    secrets TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS campaign (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, definition TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER,
    ended_at INTEGER, approved_by TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS campaign_run (
    campaign TEXT NOT NULL, run TEXT NOT NULL, due_at INTEGER NOT NULL, begun_at INTEGER NOT NULL,
    ended_at INTEGER, n_users INTEGER NOT NULL, next_user INTEGER NOT NULL, note TEXT,
    PRIMARY KEY (campaign, run)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journey (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, definition TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER,
    created_by TEXT NOT NULL, edited_by TEXT NOT NULL, open_since INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS journey_version (
    journey TEXT NOT NULL, number INTEGER NOT NULL, definition TEXT NOT NULL, version TEXT NOT NULL,
    published_at INTEGER NOT NULL, published_by TEXT NOT NULL, moves TEXT NOT NULL,
    PRIMARY KEY (journey, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journey_learning (
    journey TEXT NOT NULL, step TEXT NOT NULL, at INTEGER NOT NULL, allocation TEXT NOT NULL,
    PRIMARY KEY (journey, step, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS import_file (
    import TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (import, name)
) STRICT, WITHOUT ROWID;
";

/// What layouts before the third had otherwise: keys without a limit, and a quarantine that the error
/// stream takes the place of.
const BEFORE_3: &str = "
ALTER TABLE key ADD COLUMN events_per_second INTEGER;
DROP TABLE IF EXISTS quarantine;
DROP TABLE IF EXISTS rejected;
";

/// What went wrong with the configuration file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// SQLite refused.
    #[error("configuration file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system: {0}")]
    Random(getrandom::Error),
    /// The file comes from a later version.
    #[error(
        "configuration file has layout {found}, this version reads up to {VERSION}; use a newer perennial"
    )]
    Newer {
        /// Its layout.
        found: i64,
    },
}

/// A saved segment as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSegment {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON form.
    pub definition: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// The open configuration file.
pub struct Config {
    connection: Mutex<Connection>,
}

/// Adds the columns that a table of an earlier layout lacks.
fn add_columns(connection: &Connection, table: &str, columns: &[&str]) -> Result<(), ConfigError> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let known: Vec<String> =
        select.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for column in columns {
        let name = column.split(' ').next().unwrap_or_default();
        if !known.iter().any(|known| known == name) {
            connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column}"))?;
        }
    }
    Ok(())
}

impl Config {
    /// Opens the file, creating it with a random seed if it is not there.
    pub fn open(path: &Path) -> Result<Config, ConfigError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // What is deleted is overwritten: an erased person must not stay in free pages.
        connection.pragma_update(None, "secure_delete", "ON")?;
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > VERSION {
            return Err(ConfigError::Newer { found });
        }
        if found < VERSION {
            if (1..3).contains(&found) {
                connection.execute_batch(BEFORE_3)?;
            }
            connection.execute_batch(SCHEMA)?;
            campaigns::add_columns(&connection)?;
            add_columns(&connection, "journey", journeys::COLUMNS)?;
            connection.pragma_update(None, "user_version", VERSION)?;
        }
        let config = Config { connection: Mutex::new(connection) };
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(ConfigError::Random)?;
        config.set_default("seed", &u64::from_le_bytes(seed).to_string())?;
        Ok(config)
    }

    /// A setting by name.
    pub fn setting(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let sql = "SELECT value FROM setting WHERE name = ?1";
        let connection = self.lock();
        Ok(connection.query_row(sql, [name], |row| row.get(0)).optional()?)
    }

    /// Writes a setting.
    pub fn set(&self, name: &str, value: &str) -> Result<(), ConfigError> {
        let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.lock().execute(sql, [name, value])?;
        Ok(())
    }

    /// The secret of this workspace that ids are made with, made when it is first asked for.
    pub fn secret(&self) -> Result<[u8; 32], ConfigError> {
        let read = |config: &Config| -> Result<Option<[u8; 32]>, ConfigError> {
            let text = config.setting(SECRET)?;
            let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            Ok(bytes.and_then(|bytes| bytes.try_into().ok()))
        };
        if let Some(secret) = read(self)? {
            return Ok(secret);
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(ConfigError::Random)?;
        self.set_default(SECRET, &URL_SAFE_NO_PAD.encode(secret))?;
        // Another process may have been first.
        Ok(read(self)?.unwrap_or(secret))
    }

    /// Writes a setting unless it is there.
    pub fn set_default(&self, name: &str, value: &str) -> Result<(), ConfigError> {
        let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.lock().execute(sql, [name, value])?;
        Ok(())
    }

    /// All saved segments, by name.
    pub fn segments(&self) -> Result<Vec<SavedSegment>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT id, name, description, definition, created_at, updated_at
             FROM segment ORDER BY name, id",
        )?;
        let rows = select.query_map([], |row| {
            Ok(SavedSegment {
                id: row.get(0)?,
                name: row.get(1)?,
                description: row.get(2)?,
                definition: row.get(3)?,
                created_at: row.get(4)?,
                updated_at: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a segment, replacing the one of the same id but for its creation time.
    pub fn put_segment(&self, segment: &SavedSegment) -> Result<(), ConfigError> {
        let SavedSegment { id, name, description, definition, created_at, updated_at } = segment;
        self.lock().execute(
            "INSERT INTO segment (id, name, description, definition, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                description = excluded.description, definition = excluded.definition,
                updated_at = excluded.updated_at",
            params![id, name, description, definition, created_at, updated_at],
        )?;
        Ok(())
    }

    /// Deletes a segment; whether it was there.
    pub fn delete_segment(&self, id: &str) -> Result<bool, ConfigError> {
        Ok(self.lock().execute("DELETE FROM segment WHERE id = ?1", [id])? > 0)
    }

    /// Composite events: names with the JSON form of their members.
    pub fn composites(&self) -> Result<Vec<(String, String)>, ConfigError> {
        let connection = self.lock();
        let mut select =
            connection.prepare_cached("SELECT name, members FROM composite ORDER BY name")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a composite event.
    pub fn put_composite(&self, name: &str, members: &str) -> Result<(), ConfigError> {
        let sql = "INSERT INTO composite (name, members) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET members = excluded.members";
        self.lock().execute(sql, [name, members])?;
        Ok(())
    }

    /// Deletes a composite event; whether it was there.
    pub fn delete_composite(&self, name: &str) -> Result<bool, ConfigError> {
        Ok(self.lock().execute("DELETE FROM composite WHERE name = ?1", [name])? > 0)
    }

    /// Writes a copy of the file, as it is at this moment, to a path where there is none.
    pub fn copy_to(&self, path: &Path) -> Result<(), ConfigError> {
        self.lock().execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
