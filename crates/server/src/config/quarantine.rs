//! The quarantine: what was sent and not accepted, with the reason, for someone to look at.

use rusqlite::params;

use super::{Config, ConfigError};

/// How many rejected records are kept; older ones leave, their counts stay.
pub const KEPT: i64 = 10_000;

/// Bytes of a rejected record that are kept: enough to see what it is.
pub const RECORD_BYTES: usize = 4_096;

/// A rejected record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// When it came, in milliseconds since 1970.
    pub at: i64,
    /// Through what it came, as in `http` or the name of a file.
    pub source: String,
    /// Stable code.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
    /// The record as it was sent, clipped to [`RECORD_BYTES`].
    pub record: String,
}

impl Config {
    /// Puts records into quarantine, in one transaction.
    pub fn quarantine(&self, rejected: &[Quarantined]) -> Result<(), ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for one in rejected {
            let Quarantined { at, source, code, message, record } = one;
            let record = clip(record);
            transaction.prepare_cached(
                "INSERT INTO quarantine (at, source, code, message, record) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?.execute(params![at, source, code, message, record])?;
            transaction
                .prepare_cached(
                    "INSERT INTO rejected (code, n) VALUES (?1, 1)
                     ON CONFLICT (code) DO UPDATE SET n = n + 1",
                )?
                .execute([code])?;
        }
        transaction.execute(
            "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?1",
            [KEPT],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// The latest rejected records, newest first.
    pub fn quarantined(&self, limit: usize) -> Result<Vec<Quarantined>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT at, source, code, message, record FROM quarantine ORDER BY id DESC LIMIT ?1",
        )?;
        let limit = i64::try_from(limit).unwrap_or(KEPT);
        let rows = select.query_map([limit], |row| {
            Ok(Quarantined {
                at: row.get(0)?,
                source: row.get(1)?,
                code: row.get(2)?,
                message: row.get(3)?,
                record: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many records were ever rejected, by code.
    pub fn rejected_by_code(&self) -> Result<Vec<(String, u64)>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached("SELECT code, n FROM rejected ORDER BY code")?;
        let rows = select.query_map([], |row| {
            let n: i64 = row.get(1)?;
            Ok((row.get(0)?, u64::try_from(n).unwrap_or(0)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn clip(record: &str) -> &str {
    let end = (0..=RECORD_BYTES.min(record.len())).rev().find(|at| record.is_char_boundary(*at));
    &record[..end.unwrap_or(0)]
}
