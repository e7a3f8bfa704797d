//! Providers of channels as they are stored. Secrets stand in a column of their own and are never printed.

use model::Timestamp;
use rusqlite::{Row, params};

use super::webhooks::Secret;
use super::{Config, ConfigError};

/// A provider as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedProvider {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The channel.
    pub channel: String,
    /// Settings without secrets, as JSON.
    pub settings: String,
    /// Secrets by name, as JSON.
    pub secrets: Secret,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Config {
    /// All providers, oldest first.
    pub fn providers(&self) -> Result<Vec<SavedProvider>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT id, name, channel, settings, secrets, created_at, updated_at FROM provider
             ORDER BY created_at, id",
        )?;
        let rows = select.query_map([], provider)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a provider, replacing the one of the same id.
    pub fn put_provider(&self, provider: &SavedProvider) -> Result<(), ConfigError> {
        let SavedProvider { id, name, channel, settings, secrets, created_at, updated_at } =
            provider;
        self.lock().execute(
            "INSERT INTO provider (id, name, channel, settings, secrets, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, channel = excluded.channel,
                settings = excluded.settings, secrets = excluded.secrets,
                updated_at = excluded.updated_at",
            params![id, name, channel, settings, secrets.0, created_at.0, updated_at.0],
        )?;
        Ok(())
    }

    /// Deletes a provider; whether it was there.
    pub fn delete_provider(&self, id: &str) -> Result<bool, ConfigError> {
        Ok(self.lock().execute("DELETE FROM provider WHERE id = ?1", [id])? > 0)
    }
}

fn provider(row: &Row<'_>) -> rusqlite::Result<SavedProvider> {
    Ok(SavedProvider {
        id: row.get(0)?,
        name: row.get(1)?,
        channel: row.get(2)?,
        settings: row.get(3)?,
        secrets: Secret(row.get(4)?),
        created_at: Timestamp(row.get(5)?),
        updated_at: Timestamp(row.get(6)?),
    })
}
