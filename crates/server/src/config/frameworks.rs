//! Stage frameworks as they are stored.

use rusqlite::params;

use super::{Config, ConfigError};

/// A stage framework as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFramework {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Its states with their definitions, as JSON.
    pub states: String,
}

impl Config {
    /// All stage frameworks, by key.
    pub fn frameworks(&self) -> Result<Vec<SavedFramework>, ConfigError> {
        let connection = self.lock();
        let mut select =
            connection.prepare_cached("SELECT key, name, states FROM framework ORDER BY key")?;
        let rows = select.query_map([], |row| {
            Ok(SavedFramework { key: row.get(0)?, name: row.get(1)?, states: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a stage framework.
    pub fn put_framework(&self, framework: &SavedFramework) -> Result<(), ConfigError> {
        let SavedFramework { key, name, states } = framework;
        self.lock().execute(
            "INSERT INTO framework (key, name, states) VALUES (?1, ?2, ?3)
             ON CONFLICT (key) DO UPDATE SET name = excluded.name, states = excluded.states",
            params![key, name, states],
        )?;
        Ok(())
    }

    /// Deletes a stage framework; whether it was there.
    pub fn delete_framework(&self, key: &str) -> Result<bool, ConfigError> {
        Ok(self.lock().execute("DELETE FROM framework WHERE key = ?1", [key])? > 0)
    }
}
