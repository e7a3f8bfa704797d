//! Catalogs: what a shop sells or where it has branches, as rows that messages look up by id.
//!
//! What it is: one SQLite file beside the configuration, because a catalog may have millions of rows and is
//! replaced often; a row is a JSON object under its id. What it is not: history. A row has no past, and
//! segments do not ask for rows; whoever needs the price of a day sends it with the event.
//!
//! Invariants: one upload is one transaction; a row is read with one search of a tree, whatever the size of
//! the catalog, on a connection that no upload blocks (write-ahead log).

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use crate::config::ConfigError;

mod rows;
#[cfg(test)]
mod tests;

pub use rows::{Form, Problem, rows};

/// The file in a data directory.
pub const FILE: &str = "catalogs.db";

/// Catalogs of a workspace.
pub const CATALOGS_MAX: usize = 50;

/// Characters of the name of a catalog.
pub const NAME_LENGTH_MAX: usize = 64;

/// How long a writer waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// Connections that read: as many as threads render at once.
const READERS: usize = 4;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS catalog (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n_rows INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS item (
    catalog INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (catalog, id)
) STRICT, WITHOUT ROWID;
";

/// A catalog without its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// When it was changed last, in milliseconds since 1970.
    pub updated_at: i64,
}

/// A row: its id, and a JSON object of all its columns, the id among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// A JSON object.
    pub body: String,
}

/// What an upload did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Rows written.
    pub written: u64,
    /// Rows that the catalog has now.
    pub rows: u64,
}

/// Why a catalog cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are enough.
    #[error("there are {CATALOGS_MAX} catalogs already; delete one that is not used")]
    TooMany,
    /// The name cannot stand in a template.
    #[error(
        "\"{0}\" cannot name a catalog; use up to {NAME_LENGTH_MAX} of a-z, 0-9 and _, a letter first"
    )]
    Name(String),
    /// The file.
    #[error(transparent)]
    Storage(#[from] ConfigError),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        Error::Storage(error.into())
    }
}

/// All catalogs of a workspace.
pub struct Catalogs {
    writer: Mutex<Connection>,
    readers: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Catalogs {
    /// Opens the file, creating it if it is not there.
    pub fn open(path: &Path) -> Result<Catalogs, ConfigError> {
        let connect = || -> Result<Connection, ConfigError> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            Ok(connection)
        };
        let writer = connect()?;
        writer.execute_batch(SCHEMA)?;
        let readers = (0..READERS).map(|_| connect().map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Catalogs { writer: Mutex::new(writer), readers, next: AtomicUsize::new(0) })
    }

    /// All catalogs, by name.
    pub fn list(&self) -> Result<Vec<Facts>, ConfigError> {
        let reader = self.reader();
        let mut select =
            reader.prepare_cached("SELECT name, n_rows, updated_at FROM catalog ORDER BY name")?;
        let rows = select.query_map([], |row| {
            let rows = row.get::<_, i64>(1)?.unsigned_abs();
            Ok(Facts { name: row.get(0)?, rows, updated_at: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A row as a JSON object; nothing: there is no such catalog, or no such row in it.
    pub fn item(&self, catalog: &str, id: &str) -> Result<Option<String>, ConfigError> {
        let reader = self.reader();
        let mut select = reader.prepare_cached(
            "SELECT body FROM item
             WHERE catalog = (SELECT number FROM catalog WHERE name = ?1) AND id = ?2",
        )?;
        Ok(select.query_row([catalog, id], |row| row.get(0)).optional()?)
    }

    /// Rows after an id, in the order of ids; nothing: there is no such catalog.
    pub fn items(
        &self,
        catalog: &str,
        after: &str,
        limit: usize,
    ) -> Result<Option<Vec<Row>>, ConfigError> {
        let reader = self.reader();
        let mut number = reader.prepare_cached("SELECT number FROM catalog WHERE name = ?1")?;
        let Some(number) = number.query_row([catalog], |row| row.get::<_, i64>(0)).optional()?
        else {
            return Ok(None);
        };
        let mut select = reader.prepare_cached(
            "SELECT id, body FROM item WHERE catalog = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        )?;
        let rows = select.query_map(params![number, after, limit as i64], |row| {
            Ok(Row { id: row.get(0)?, body: row.get(1)? })
        })?;
        Ok(Some(rows.collect::<Result<_, _>>()?))
    }

    /// Writes rows into a catalog, which is made if it is not there; rows of the same ids are replaced. With
    /// `replace`, rows that are not among them go. Of equal ids the last counts.
    pub fn upload(
        &self,
        catalog: &str,
        rows: &[Row],
        replace: bool,
        now: i64,
    ) -> Result<Uploaded, Error> {
        let first = catalog.starts_with(|c: char| c.is_ascii_lowercase());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !first || !catalog.chars().all(plain) || catalog.len() > NAME_LENGTH_MAX {
            return Err(Error::Name(catalog.chars().take(NAME_LENGTH_MAX).collect()));
        }
        let mut writer = self.writer();
        let transaction = writer.transaction()?;
        let find = "SELECT number FROM catalog WHERE name = ?1";
        let found: Option<i64> =
            transaction.query_row(find, [catalog], |row| row.get(0)).optional()?;
        let number = match found {
            Some(number) => number,
            None => {
                let n: i64 =
                    transaction.query_row("SELECT count(*) FROM catalog", [], |row| row.get(0))?;
                if n >= CATALOGS_MAX as i64 {
                    return Err(Error::TooMany);
                }
                transaction.execute(
                    "INSERT INTO catalog (name, n_rows, updated_at) VALUES (?1, 0, ?2)",
                    params![catalog, now],
                )?;
                transaction.last_insert_rowid()
            }
        };
        if replace {
            transaction.execute("DELETE FROM item WHERE catalog = ?1", [number])?;
        }
        let mut new = 0;
        {
            let mut there =
                transaction.prepare_cached("SELECT 1 FROM item WHERE catalog = ?1 AND id = ?2")?;
            let mut write = transaction.prepare_cached(
                "INSERT INTO item (catalog, id, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT (catalog, id) DO UPDATE SET body = excluded.body",
            )?;
            for row in rows {
                new += i64::from(!there.exists(params![number, row.id])?);
                write.execute(params![number, row.id, row.body])?;
            }
        }
        // Counting millions of rows after each upload would cost more than the upload.
        let rows_before = if replace { "0" } else { "n_rows" };
        transaction.execute(
            &format!(
                "UPDATE catalog SET n_rows = {rows_before} + ?2, updated_at = ?3 WHERE number = ?1"
            ),
            params![number, new, now],
        )?;
        let sql = "SELECT n_rows FROM catalog WHERE number = ?1";
        let total: i64 = transaction.query_row(sql, [number], |row| row.get(0))?;
        transaction.commit()?;
        Ok(Uploaded { written: rows.len() as u64, rows: total.unsigned_abs() })
    }

    /// Deletes a row; whether it was there.
    pub fn delete_item(&self, catalog: &str, id: &str, now: i64) -> Result<bool, ConfigError> {
        let mut writer = self.writer();
        let transaction = writer.transaction()?;
        let deleted = transaction.execute(
            "DELETE FROM item
             WHERE catalog = (SELECT number FROM catalog WHERE name = ?1) AND id = ?2",
            [catalog, id],
        )?;
        if deleted > 0 {
            transaction.execute(
                "UPDATE catalog SET n_rows = n_rows - 1, updated_at = ?2 WHERE name = ?1",
                params![catalog, now],
            )?;
        }
        transaction.commit()?;
        Ok(deleted > 0)
    }

    /// Deletes a catalog with all its rows; whether it was there.
    pub fn delete(&self, catalog: &str) -> Result<bool, ConfigError> {
        let mut writer = self.writer();
        let transaction = writer.transaction()?;
        transaction.execute(
            "DELETE FROM item WHERE catalog = (SELECT number FROM catalog WHERE name = ?1)",
            [catalog],
        )?;
        let deleted = transaction.execute("DELETE FROM catalog WHERE name = ?1", [catalog])?;
        transaction.commit()?;
        Ok(deleted > 0)
    }

    /// Writes a copy of the file, as it is at this moment, to a path where there is none.
    pub fn copy_to(&self, path: &Path) -> Result<(), ConfigError> {
        self.reader().execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(())
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        let n = self.next.fetch_add(1, Ordering::Relaxed) % READERS;
        self.readers[n].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
