//! Journeys as they are stored: what is edited, and every version that was published of it.
//!
//! Invariant: versions of one journey have the numbers from 1 on without gaps, and never change.

use model::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Config, ConfigError};

/// Columns of journeys that came after the first layout.
pub(super) const COLUMNS: &[&str] = &["open_since INTEGER"];

/// A journey as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedJourney {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// `draft`, `running`, `paused`, `stopped`.
    pub status: String,
    /// What is edited, as JSON.
    pub definition: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// When it was started first.
    pub started_at: Option<Timestamp>,
    /// Since when people come in without a break: when it was published, or went on after a pause.
    pub open_since: Option<Timestamp>,
    /// Who made it: the id of a key, or whoever acts without one.
    pub created_by: String,
    /// Who changed it last.
    pub edited_by: String,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedVersion {
    /// Of which journey.
    pub journey: String,
    /// From 1.
    pub number: u32,
    /// What whoever comes in goes through, as JSON; conditions are in their JSON form.
    pub definition: String,
    /// The version of what was edited when it was published, as the API tells it.
    pub version: String,
    /// When.
    pub published_at: Timestamp,
    /// Who: the id of a key, or whoever acts without one.
    pub published_by: String,
    /// By step of any earlier version, where those go who wait there, as JSON.
    pub moves: String,
}

const JOURNEY: &str = "id, name, status, definition, created_at, updated_at, started_at,
     created_by, edited_by, open_since";

const VERSION: &str = "journey, number, definition, version, published_at, published_by, moves";

impl Config {
    /// All journeys, those that were changed last first.
    pub fn journeys(&self) -> Result<Vec<SavedJourney>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {JOURNEY} FROM journey ORDER BY updated_at DESC, id"
        ))?;
        let rows = select.query_map([], journey)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One journey.
    pub fn journey(&self, id: &str) -> Result<Option<SavedJourney>, ConfigError> {
        let connection = self.lock();
        let sql = format!("SELECT {JOURNEY} FROM journey WHERE id = ?1");
        Ok(connection.query_row(&sql, [id], journey).optional()?)
    }

    /// Writes a journey, replacing the one of the same id; with a version, both at once.
    pub fn put_journey(
        &self,
        journey: &SavedJourney,
        version: Option<&SavedVersion>,
    ) -> Result<(), ConfigError> {
        let SavedJourney { id, name, status, definition, created_by, edited_by, .. } = journey;
        let (created, updated) = (journey.created_at.0, journey.updated_at.0);
        let started = journey.started_at.map(|at| at.0);
        let open = journey.open_since.map(|at| at.0);
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO journey (id, name, status, definition, created_at, updated_at, started_at,
                created_by, edited_by, open_since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status,
                definition = excluded.definition, updated_at = excluded.updated_at,
                started_at = excluded.started_at, created_by = excluded.created_by,
                edited_by = excluded.edited_by, open_since = excluded.open_since",
            params![
                id, name, status, definition, created, updated, started, created_by, edited_by,
                open
            ],
        )?;
        if let Some(version) = version {
            let SavedVersion { journey, number, definition, published_by, moves, .. } = version;
            let (hash, at) = (&version.version, version.published_at.0);
            transaction.execute(
                "INSERT INTO journey_version
                    (journey, number, definition, version, published_at, published_by, moves)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![journey, number, definition, hash, at, published_by, moves],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// Deletes a journey with its versions; whether it was there.
    pub fn delete_journey(&self, id: &str) -> Result<bool, ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM journey_version WHERE journey = ?1", [id])?;
        transaction.execute("DELETE FROM journey_learning WHERE journey = ?1", [id])?;
        let n = transaction.execute("DELETE FROM journey WHERE id = ?1", [id])?;
        transaction.commit()?;
        Ok(n > 0)
    }

    /// How a learning split has divided people, newest first, as JSON; at most so many.
    pub fn learning(
        &self,
        journey: &str,
        step: &str,
        most: u32,
    ) -> Result<Vec<(Timestamp, String)>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT at, allocation FROM journey_learning WHERE journey = ?1 AND step = ?2
             ORDER BY at DESC LIMIT ?3",
        )?;
        let row = |row: &Row<'_>| Ok((Timestamp(row.get(0)?), row.get(1)?));
        let rows = select.query_map(params![journey, step, most], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes down how a learning split divides people from an instant on; of each the newest so many are kept.
    pub fn put_learning(
        &self,
        (journey, step): (&str, &str),
        at: Timestamp,
        allocation: &str,
        kept: u32,
    ) -> Result<(), ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT OR REPLACE INTO journey_learning (journey, step, at, allocation)
             VALUES (?1, ?2, ?3, ?4)",
            params![journey, step, at.0, allocation],
        )?;
        transaction.execute(
            "DELETE FROM journey_learning WHERE journey = ?1 AND step = ?2 AND at NOT IN (
                SELECT at FROM journey_learning WHERE journey = ?1 AND step = ?2
                ORDER BY at DESC LIMIT ?3)",
            params![journey, step, kept],
        )?;
        Ok(transaction.commit()?)
    }

    /// Versions of a journey that were published, oldest first.
    pub fn journey_versions(&self, id: &str) -> Result<Vec<SavedVersion>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {VERSION} FROM journey_version WHERE journey = ?1 ORDER BY number"
        ))?;
        let rows = select.query_map([id], version)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The version of a journey that was published last.
    pub fn published_journey(&self, id: &str) -> Result<Option<SavedVersion>, ConfigError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {VERSION} FROM journey_version WHERE journey = ?1 ORDER BY number DESC LIMIT 1"
        );
        Ok(connection.query_row(&sql, [id], version).optional()?)
    }
}

fn journey(row: &Row<'_>) -> rusqlite::Result<SavedJourney> {
    Ok(SavedJourney {
        id: row.get(0)?,
        name: row.get(1)?,
        status: row.get(2)?,
        definition: row.get(3)?,
        created_at: Timestamp(row.get(4)?),
        updated_at: Timestamp(row.get(5)?),
        started_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        created_by: row.get(7)?,
        edited_by: row.get(8)?,
        open_since: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}

fn version(row: &Row<'_>) -> rusqlite::Result<SavedVersion> {
    Ok(SavedVersion {
        journey: row.get(0)?,
        number: row.get(1)?,
        definition: row.get(2)?,
        version: row.get(3)?,
        published_at: Timestamp(row.get(4)?),
        published_by: row.get(5)?,
        moves: row.get(6)?,
    })
}
