//! Webhooks as they are stored, and the messages that were given up.
//!
//! A secret has to be stored as it is: messages are signed with it. It is never printed.

use model::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Config, ConfigError};

/// Messages that were given up and are kept for one webhook; older ones leave.
pub const DEAD_LETTERS_KEPT: i64 = 1_000;

/// What signs the messages of a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A webhook as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedWebhook {
    /// Stable id.
    pub id: String,
    /// Where to.
    pub url: String,
    /// Keys of watched definitions, as JSON; nothing: all.
    pub watches: Option<String>,
    /// Which transitions, as JSON.
    pub kinds: String,
    /// Also those that change what was told before.
    pub corrections: bool,
    /// What signs its messages.
    pub secret: Secret,
    /// When it was made.
    pub created_at: Timestamp,
    /// Everything told before this instant was delivered or given up.
    pub settled_until: Timestamp,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedLetter {
    /// Its `webhook-id`.
    pub id: String,
    /// When it was given up.
    pub given_up_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: String,
    /// The message.
    pub body: String,
    /// Whom it is about: messages about one user stay in order.
    pub user: String,
}

impl Config {
    /// All webhooks, oldest first.
    pub fn webhooks(&self) -> Result<Vec<SavedWebhook>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT id, url, watches, kinds, corrections, secret, created_at, settled_until
             FROM webhook ORDER BY created_at, id",
        )?;
        let rows = select.query_map([], webhook)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a new webhook.
    pub fn add_webhook(&self, webhook: &SavedWebhook) -> Result<(), ConfigError> {
        let SavedWebhook { id, url, watches, kinds, corrections, secret, .. } = webhook;
        let (created, settled) = (webhook.created_at.0, webhook.settled_until.0);
        self.lock().execute(
            "INSERT INTO webhook
             (id, url, watches, kinds, corrections, secret, created_at, settled_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![id, url, watches, kinds, corrections, secret.0, created, settled],
        )?;
        Ok(())
    }

    /// Deletes a webhook with its dead letters; whether it was there.
    pub fn delete_webhook(&self, id: &str) -> Result<bool, ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM dead_letter WHERE webhook = ?1", [id])?;
        let deleted = transaction.execute("DELETE FROM webhook WHERE id = ?1", [id])? > 0;
        transaction.commit()?;
        Ok(deleted)
    }

    /// Notes how far webhooks have come, in one transaction.
    pub fn webhooks_settled(&self, until: &[(String, Timestamp)]) -> Result<(), ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for (id, until) in until {
            transaction
                .prepare_cached("UPDATE webhook SET settled_until = ?2 WHERE id = ?1")?
                .execute(params![id, until.0])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Keeps messages that were given up; of webhooks that are gone meanwhile, nothing.
    pub fn add_dead_letters(
        &self,
        webhook: &str,
        letters: &[SavedLetter],
    ) -> Result<(), ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for letter in letters {
            let SavedLetter { id, given_up_at, attempts, error, body, user } = letter;
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO dead_letter
                     (webhook, id, given_up_at, attempts, error, body, user)
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
                     WHERE EXISTS (SELECT 1 FROM webhook WHERE id = ?1)",
                )?
                .execute(params![webhook, id, given_up_at.0, attempts, error, body, user])?;
        }
        transaction.execute(
            "DELETE FROM dead_letter WHERE webhook = ?1 AND rowid NOT IN
             (SELECT rowid FROM dead_letter WHERE webhook = ?1 ORDER BY rowid DESC LIMIT ?2)",
            params![webhook, DEAD_LETTERS_KEPT],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Messages that were given up, newest first.
    pub fn dead_letters(
        &self,
        webhook: &str,
        limit: usize,
    ) -> Result<Vec<SavedLetter>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT id, given_up_at, attempts, error, body, user FROM dead_letter
             WHERE webhook = ?1 ORDER BY rowid DESC LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(DEAD_LETTERS_KEPT);
        let rows = select.query_map(params![webhook, limit], |row| {
            Ok(SavedLetter {
                id: row.get(0)?,
                given_up_at: Timestamp(row.get(1)?),
                attempts: row.get(2)?,
                error: row.get(3)?,
                body: row.get(4)?,
                user: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many messages of a webhook were given up and are kept.
    pub fn n_dead_letters(&self, webhook: &str) -> Result<u64, ConfigError> {
        let sql = "SELECT count(*) FROM dead_letter WHERE webhook = ?1";
        let n: Option<i64> = self.lock().query_row(sql, [webhook], |row| row.get(0)).optional()?;
        Ok(n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    }

    /// Forgets messages that were given up.
    pub fn remove_dead_letters(&self, webhook: &str, ids: &[&str]) -> Result<(), ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for id in ids {
            transaction
                .prepare_cached("DELETE FROM dead_letter WHERE webhook = ?1 AND id = ?2")?
                .execute(params![webhook, id])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

fn webhook(row: &Row<'_>) -> rusqlite::Result<SavedWebhook> {
    Ok(SavedWebhook {
        id: row.get(0)?,
        url: row.get(1)?,
        watches: row.get(2)?,
        kinds: row.get(3)?,
        corrections: row.get(4)?,
        secret: Secret(row.get(5)?),
        created_at: Timestamp(row.get(6)?),
        settled_until: Timestamp(row.get(7)?),
    })
}
