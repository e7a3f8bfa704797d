//! Imports on a schedule as they are stored, and what was imported of each.

use model::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Config, ConfigError};

/// The secret of a bucket's key.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub Option<String>);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// An import as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedImport {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The place as JSON, without the secret.
    pub place: String,
    /// The secret, where the place has one.
    pub secret: SecretKey,
    /// The format, as in the API.
    pub format: String,
    /// Entries of the mapping, one a line.
    pub mapping: String,
    /// Minutes between two looks.
    pub every_minutes: u32,
    /// It does not run by itself.
    pub paused: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The latest run, as JSON.
    pub last_run: Option<String>,
}

/// A file that was imported whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFile {
    /// Its name.
    pub name: String,
    /// Which version of it.
    pub version: String,
}

impl Config {
    /// All imports, by name.
    pub fn imports(&self) -> Result<Vec<SavedImport>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT id, name, place, secret, format, mapping, every_minutes, paused, created_at,
             last_run FROM import ORDER BY name, id",
        )?;
        let rows = select.query_map([], import)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes an import, replacing the one of the same id but for when it was made and its latest run.
    pub fn put_import(&self, import: &SavedImport) -> Result<(), ConfigError> {
        let SavedImport { id, name, place, secret, format, mapping, .. } = import;
        let SavedImport { every_minutes, paused, created_at, .. } = import;
        self.lock().execute(
            "INSERT INTO import
             (id, name, place, secret, format, mapping, every_minutes, paused, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, place = excluded.place,
                secret = excluded.secret, format = excluded.format, mapping = excluded.mapping,
                every_minutes = excluded.every_minutes, paused = excluded.paused",
            params![
                id,
                name,
                place,
                secret.0,
                format,
                mapping,
                every_minutes,
                paused,
                created_at.0
            ],
        )?;
        Ok(())
    }

    /// Deletes an import and what is remembered of its files; whether it was there.
    pub fn delete_import(&self, id: &str) -> Result<bool, ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM import_file WHERE import = ?1", [id])?;
        let deleted = transaction.execute("DELETE FROM import WHERE id = ?1", [id])? > 0;
        transaction.commit()?;
        Ok(deleted)
    }

    /// Forgets which files of an import are in: all are read again.
    pub fn forget_import_files(&self, id: &str) -> Result<(), ConfigError> {
        self.lock().execute("DELETE FROM import_file WHERE import = ?1", [id])?;
        Ok(())
    }

    /// The files of an import that are in.
    pub fn import_files(&self, id: &str) -> Result<Vec<SavedFile>, ConfigError> {
        let connection = self.lock();
        let mut select =
            connection.prepare_cached("SELECT name, version FROM import_file WHERE import = ?1")?;
        let rows = select
            .query_map([id], |row| Ok(SavedFile { name: row.get(0)?, version: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many files of an import are in.
    pub fn n_import_files(&self, id: &str) -> Result<u64, ConfigError> {
        let sql = "SELECT count(*) FROM import_file WHERE import = ?1";
        let n: Option<i64> = self.lock().query_row(sql, [id], |row| row.get(0)).optional()?;
        Ok(n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    }

    /// Notes that a file is in; of an import that is gone meanwhile, nothing.
    pub fn add_import_file(&self, id: &str, file: &SavedFile) -> Result<(), ConfigError> {
        self.lock().execute(
            "INSERT OR REPLACE INTO import_file (import, name, version)
             SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM import WHERE id = ?1)",
            params![id, file.name, file.version],
        )?;
        Ok(())
    }

    /// Notes how a run went.
    pub fn import_ran(&self, id: &str, run: &str) -> Result<(), ConfigError> {
        self.lock().execute("UPDATE import SET last_run = ?2 WHERE id = ?1", params![id, run])?;
        Ok(())
    }
}

fn import(row: &Row<'_>) -> rusqlite::Result<SavedImport> {
    Ok(SavedImport {
        id: row.get(0)?,
        name: row.get(1)?,
        place: row.get(2)?,
        secret: SecretKey(row.get(3)?),
        format: row.get(4)?,
        mapping: row.get(5)?,
        every_minutes: row.get(6)?,
        paused: row.get(7)?,
        created_at: Timestamp(row.get(8)?),
        last_run: row.get(9)?,
    })
}
