//! Erasures with what they still need, suppressions by hashes, test users, and backups that were made.
//!
//! Invariants: the intent of an erasure is written with everything that it removes here, in one
//! transaction; it holds ids and so does not outlive the erasure ([`Config::erasure_done`], then
//! [`Config::rewrite`]). A suppression holds no id.

use rusqlite::{Transaction, params};

use super::{Config, ConfigError};
use crate::privacy::Hash;

/// An erasure as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedErasure {
    /// Stable id.
    pub id: String,
    /// The receipt so far, as JSON.
    pub receipt: String,
    /// What is still to be done, as JSON; nothing: it is done.
    pub intent: Option<String>,
    /// Delivery ids of the person's rows, 16 bytes each.
    pub deliveries: Vec<u8>,
}

/// A suppression as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSuppression {
    /// Stable id.
    pub id: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// By whom.
    pub who: String,
    /// Why.
    pub reason: String,
    /// Of which ids.
    pub hashes: Vec<Hash>,
}

/// What was removed here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Samples of the error stream.
    pub samples: u64,
    /// Messages to webhooks that were given up.
    pub letters: u64,
    /// Test users.
    pub test_users: u64,
}

/// What a person is known by here.
pub struct Known<'a> {
    /// Every id, identities as `label:value`.
    pub ids: &'a [String],
    /// Whether a text that was sent names the person.
    pub named: &'a dyn Fn(&str) -> bool,
}

impl Config {
    /// Writes an erasure that begins, with a suppression if there is one, and removes what of the
    /// person stands here. All or nothing.
    pub fn begin_erasure(
        &self,
        (erasure, asked_at): (&SavedErasure, i64),
        suppression: Option<&SavedSuppression>,
        known: &Known<'_>,
    ) -> Result<Purged, ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let SavedErasure { id, receipt, intent, deliveries } = erasure;
        transaction.execute(
            "INSERT INTO erasure (id, asked_at, receipt, intent, deliveries)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, asked_at, receipt, intent, deliveries],
        )?;
        if let Some(suppression) = suppression {
            put_suppression(&transaction, suppression)?;
        }
        let purged = purge(&transaction, known)?;
        transaction.commit()?;
        Ok(purged)
    }

    /// Writes what a receipt says by now.
    pub fn put_receipt(&self, id: &str, receipt: &str) -> Result<(), ConfigError> {
        self.lock().execute("UPDATE erasure SET receipt = ?2 WHERE id = ?1", [id, receipt])?;
        Ok(())
    }

    /// Nothing more is to be done: the ids go.
    pub fn erasure_done(&self, id: &str, receipt: &str) -> Result<(), ConfigError> {
        self.lock().execute(
            "UPDATE erasure SET receipt = ?2, intent = NULL, deliveries = NULL WHERE id = ?1",
            [id, receipt],
        )?;
        Ok(())
    }

    /// All erasures, newest first.
    pub fn erasures(&self) -> Result<Vec<SavedErasure>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT id, receipt, intent, deliveries FROM erasure ORDER BY asked_at DESC, id",
        )?;
        let rows = select.query_map([], |row| {
            let deliveries: Option<Vec<u8>> = row.get(3)?;
            Ok(SavedErasure {
                id: row.get(0)?,
                receipt: row.get(1)?,
                intent: row.get(2)?,
                deliveries: deliveries.unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes the whole file anew and empties the file beside it, so that nothing that was deleted is
    /// left in either.
    pub fn rewrite(&self) -> Result<(), ConfigError> {
        let connection = self.lock();
        connection.execute_batch("VACUUM")?;
        // The first row says whether another process kept it from being emptied.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Writes a suppression.
    pub fn add_suppression(&self, suppression: &SavedSuppression) -> Result<(), ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        put_suppression(&transaction, suppression)?;
        transaction.commit()?;
        Ok(())
    }

    /// All suppressions, newest first.
    pub fn suppressions(&self) -> Result<Vec<SavedSuppression>, ConfigError> {
        let connection = self.lock();
        let mut select = connection
            .prepare_cached("SELECT id, at, who, reason FROM suppression ORDER BY at DESC, id")?;
        let rows = select.query_map([], |row| {
            let (id, at, who, reason) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(SavedSuppression { id, at, who, reason, hashes: Vec::new() })
        })?;
        let mut all: Vec<SavedSuppression> = rows.collect::<Result<_, _>>()?;
        let mut select =
            connection.prepare_cached("SELECT hash FROM suppressed WHERE suppression = ?1")?;
        for suppression in &mut all {
            let hashes = select.query_map([&suppression.id], |row| row.get(0))?;
            suppression.hashes = hashes.collect::<Result<_, _>>()?;
        }
        Ok(all)
    }

    /// Lifts a suppression; whether it was there.
    pub fn delete_suppression(&self, id: &str) -> Result<bool, ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM suppressed WHERE suppression = ?1", [id])?;
        let deleted = transaction.execute("DELETE FROM suppression WHERE id = ?1", [id])? > 0;
        transaction.commit()?;
        Ok(deleted)
    }

    /// Flags a test user under an id of theirs.
    pub fn add_test_user(&self, user: &str, at: i64, who: &str) -> Result<(), ConfigError> {
        self.lock().execute(
            "INSERT OR IGNORE INTO test_user (user, at, who) VALUES (?1, ?2, ?3)",
            params![user, at, who],
        )?;
        Ok(())
    }

    /// Takes flags away.
    pub fn remove_test_users(&self, users: &[String]) -> Result<(), ConfigError> {
        let connection = self.lock();
        for user in users {
            connection.execute("DELETE FROM test_user WHERE user = ?1", [user])?;
        }
        Ok(())
    }

    /// Test users by the ids under which they were flagged, with when and by whom, oldest first.
    pub fn test_users(&self) -> Result<Vec<(String, i64, String)>, ConfigError> {
        let connection = self.lock();
        let mut select =
            connection.prepare_cached("SELECT user, at, who FROM test_user ORDER BY at, user")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that a backup was made.
    pub fn add_backup(&self, folder: &str, made_at: i64) -> Result<(), ConfigError> {
        self.lock().execute(
            "INSERT OR REPLACE INTO backup (folder, made_at) VALUES (?1, ?2)",
            params![folder, made_at],
        )?;
        Ok(())
    }

    /// Backups that were made, with when, newest first.
    pub fn backups(&self) -> Result<Vec<(String, i64)>, ConfigError> {
        let connection = self.lock();
        let sql = "SELECT folder, made_at FROM backup ORDER BY made_at DESC, folder";
        let mut select = connection.prepare_cached(sql)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn put_suppression(
    transaction: &Transaction<'_>,
    suppression: &SavedSuppression,
) -> rusqlite::Result<()> {
    let SavedSuppression { id, at, who, reason, hashes } = suppression;
    transaction.execute(
        "INSERT INTO suppression (id, at, who, reason) VALUES (?1, ?2, ?3, ?4)",
        params![id, at, who, reason],
    )?;
    for hash in hashes {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO suppressed (hash, suppression) VALUES (?1, ?2)")?
            .execute(params![hash, id])?;
    }
    Ok(())
}

/// Removes samples and messages about a person.
fn purge(transaction: &Transaction<'_>, known: &Known<'_>) -> rusqlite::Result<Purged> {
    let mut purged = Purged::default();
    let samples: Vec<(i64, String, String)> = transaction
        .prepare_cached("SELECT id, message, record FROM error_sample")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (id, message, record) in samples {
        if (known.named)(&message) || (known.named)(&record) {
            purged.samples += 1;
            transaction.execute("DELETE FROM error_sample WHERE id = ?1", [id])?;
        }
    }
    let letters: Vec<(String, String, String, String)> = transaction
        .prepare_cached("SELECT webhook, id, user, body FROM dead_letter")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (webhook, id, user, body) in letters {
        if known.ids.contains(&user) || (known.named)(&body) {
            purged.letters += 1;
            transaction.execute(
                "DELETE FROM dead_letter WHERE webhook = ?1 AND id = ?2",
                [&webhook, &id],
            )?;
        }
    }
    for id in known.ids {
        let n = transaction.execute("DELETE FROM test_user WHERE user = ?1", [id])?;
        purged.test_users += n as u64;
    }
    Ok(purged)
}
