//! The schema registry as it is stored: every change is a row, the last row of a subject counts.

use model::Timestamp;
use rusqlite::{Row, params};

use super::{Config, ConfigError};

/// Changes that are kept beside those that count.
pub const CHANGES_KEPT: i64 = 10_000;

/// A change of the registry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedChange {
    /// The version that it made; ascends.
    pub version: i64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What it is about, in a word.
    pub subject: String,
    /// The name of the event or attribute.
    pub name: String,
    /// What it says, as JSON; nothing: it was removed.
    pub body: Option<String>,
}

/// A change to be made: subject, name, body.
pub type NewChange = (&'static str, String, Option<String>);

const COLUMNS: &str = "version, at, who, subject, name, body";

impl Config {
    /// What counts: the last change of each subject and name, unless it removed it.
    pub fn schema(&self) -> Result<Vec<SavedChange>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM schema_change WHERE body IS NOT NULL AND version IN
             (SELECT max(version) FROM schema_change GROUP BY subject, name)
             ORDER BY subject, name"
        ))?;
        let rows = select.query_map([], change)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The version of the registry: 0 before the first change.
    pub fn schema_version(&self) -> Result<i64, ConfigError> {
        let sql = "SELECT coalesce(max(version), 0) FROM schema_change";
        Ok(self.lock().query_row(sql, [], |row| row.get(0))?)
    }

    /// Makes changes, all or none; the version after them.
    pub fn change_schema(
        &self,
        changes: &[NewChange],
        by: &str,
        at: Timestamp,
    ) -> Result<i64, ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for (subject, name, body) in changes {
            transaction
                .prepare_cached(
                    "INSERT INTO schema_change (at, who, subject, name, body)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![at.0, by, subject, name, body])?;
        }
        transaction.execute(
            "DELETE FROM schema_change
             WHERE version <= (SELECT max(version) FROM schema_change) - ?1
             AND version NOT IN (SELECT max(version) FROM schema_change GROUP BY subject, name)",
            [CHANGES_KEPT],
        )?;
        let sql = "SELECT coalesce(max(version), 0) FROM schema_change";
        let version = transaction.query_row(sql, [], |row| row.get(0))?;
        transaction.commit()?;
        Ok(version)
    }

    /// Changes before a version, newest first; of one name if there is one.
    pub fn schema_changes(
        &self,
        name: Option<&str>,
        before: i64,
        limit: usize,
    ) -> Result<Vec<SavedChange>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM schema_change
             WHERE version < ?1 AND (?2 IS NULL OR name = ?2) ORDER BY version DESC LIMIT ?3"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(CHANGES_KEPT);
        let rows = select.query_map(params![before, name, limit], change)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn change(row: &Row<'_>) -> rusqlite::Result<SavedChange> {
    Ok(SavedChange {
        version: row.get(0)?,
        at: Timestamp(row.get(1)?),
        by: row.get(2)?,
        subject: row.get(3)?,
        name: row.get(4)?,
        body: row.get(5)?,
    })
}
