//! The error stream as it is stored: counts by kind, counts by kind and hour, and the latest samples
//! of each kind.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, ToSql, Transaction, params, params_from_iter};

use super::{Config, ConfigError};

/// Kinds that are kept apart; of further ones the event is forgotten.
pub const KINDS_MAX: usize = 2_000;

/// Hours of counts that are kept: thirty days.
pub const HOURS_KEPT: i64 = 720;

/// Samples that are kept of each kind.
pub const SAMPLES_OF_KIND: i64 = 20;

/// Samples that are kept in all.
pub const SAMPLES_KEPT: i64 = 10_000;

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// What makes errors one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Stable code.
    pub code: String,
    /// Through what it came.
    pub source: String,
    /// The name of the event; empty: unknown.
    pub event: String,
    /// What became of it, in a word.
    pub outcome: String,
}

/// One thing that went wrong, shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it came, in milliseconds since 1970.
    pub at: i64,
    /// What is wrong.
    pub message: String,
    /// What was sent.
    pub record: String,
}

/// What is new of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    /// How often, by hour since 1970.
    pub hours: Vec<(i64, u64)>,
    /// When the first came.
    pub first_at: i64,
    /// When the last came.
    pub last_at: i64,
    /// How to mend it.
    pub hint: String,
    /// Some of them, oldest first.
    pub samples: Vec<Sample>,
}

/// A kind with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The kind.
    pub kind: Kind,
    /// How often, ever.
    pub count: u64,
    /// When the first came.
    pub first_at: i64,
    /// When the last came.
    pub last_at: i64,
    /// How to mend it.
    pub hint: String,
}

/// Which errors: nothing is any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Of this code.
    pub code: Option<&'a str>,
    /// That came through this.
    pub source: Option<&'a str>,
    /// Of events of this name.
    pub event: Option<&'a str>,
}

const FILTER: &str = "(?1 IS NULL OR code = ?1) AND (?2 IS NULL OR source = ?2)
                      AND (?3 IS NULL OR event = ?3)";

const SAME: &str = "code = ?1 AND source = ?2 AND event = ?3 AND outcome = ?4";

impl Config {
    /// Adds what is new, in one transaction.
    pub fn add_errors(&self, fresh: &[(Kind, Fresh)]) -> Result<(), ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let mut kinds = n_kinds(&transaction)?;
        for (kind, fresh) in fresh {
            let mut kind = kind.clone();
            if kinds >= KINDS_MAX && !known(&transaction, &kind)? {
                kind.event = String::new();
            }
            kinds += usize::from(add_kind(&transaction, &kind, fresh)?);
            add_hours(&transaction, &kind, fresh)?;
            add_samples(&transaction, &kind, fresh)?;
        }
        let newest = fresh.iter().map(|(_, fresh)| fresh.last_at / HOUR_MS).max().unwrap_or(0);
        transaction.execute("DELETE FROM error_hour WHERE hour <= ?1", [newest - HOURS_KEPT])?;
        transaction.execute(
            "DELETE FROM error_sample WHERE id <= (SELECT max(id) FROM error_sample) - ?1",
            [SAMPLES_KEPT],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Kinds with their counts, last seen first.
    pub fn error_kinds(&self, filter: Filter<'_>) -> Result<Vec<Counted>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT code, source, event, outcome, n, first_at, last_at, hint FROM error_kind
             WHERE {FILTER} ORDER BY last_at DESC, code, source, event"
        ))?;
        let rows = select.query_map(filter.parameters(), |row| {
            let n: i64 = row.get(4)?;
            Ok(Counted {
                kind: kind_of(row, 0)?,
                count: u64::try_from(n).unwrap_or(0),
                first_at: row.get(5)?,
                last_at: row.get(6)?,
                hint: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Counts by kind and hour since 1970, from an hour on.
    pub fn error_hours(
        &self,
        filter: Filter<'_>,
        from: i64,
    ) -> Result<Vec<(Kind, i64, u64)>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT code, source, event, outcome, hour, n FROM error_hour
             WHERE {FILTER} AND hour >= ?4 ORDER BY hour"
        ))?;
        let parameters = filter.parameters().into_iter().chain([Value::from(from)]);
        let rows = select.query_map(params_from_iter(parameters), |row| {
            let n: i64 = row.get(5)?;
            Ok((kind_of(row, 0)?, row.get(4)?, u64::try_from(n).unwrap_or(0)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Samples with a number below `before`, newest first: number, kind, hint, sample.
    pub fn error_samples(
        &self,
        filter: Filter<'_>,
        before: i64,
        limit: usize,
    ) -> Result<Vec<(i64, Kind, Sample)>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT code, source, event, outcome, id, at, message, record FROM error_sample
             WHERE {FILTER} AND id < ?4 ORDER BY id DESC LIMIT ?5"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(SAMPLES_KEPT);
        let own = [Value::from(before), Value::from(limit)];
        let parameters = filter.parameters().into_iter().chain(own);
        let rows = select.query_map(params_from_iter(parameters), |row| {
            let sample = Sample { at: row.get(5)?, message: row.get(6)?, record: row.get(7)? };
            Ok((row.get(4)?, kind_of(row, 0)?, sample))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Filter<'_> {
    fn parameters(&self) -> [Value; 3] {
        [self.code, self.source, self.event]
            .map(|text| text.map_or(Value::Null, |text| Value::from(text.to_owned())))
    }
}

impl Kind {
    fn parameters(&self) -> [&dyn ToSql; 4] {
        [&self.code, &self.source, &self.event, &self.outcome]
    }
}

fn kind_of(row: &Row<'_>, from: usize) -> rusqlite::Result<Kind> {
    Ok(Kind {
        code: row.get(from)?,
        source: row.get(from + 1)?,
        event: row.get(from + 2)?,
        outcome: row.get(from + 3)?,
    })
}

fn n_kinds(connection: &Connection) -> rusqlite::Result<usize> {
    let n: i64 = connection.query_row("SELECT count(*) FROM error_kind", [], |row| row.get(0))?;
    Ok(usize::try_from(n).unwrap_or(usize::MAX))
}

fn known(connection: &Connection, kind: &Kind) -> rusqlite::Result<bool> {
    let sql = format!("SELECT 1 FROM error_kind WHERE {SAME}");
    connection.prepare_cached(&sql)?.exists(&kind.parameters()[..])
}

/// Whether the kind is new.
fn add_kind(transaction: &Transaction<'_>, kind: &Kind, fresh: &Fresh) -> rusqlite::Result<bool> {
    let new = !known(transaction, kind)?;
    let n: u64 = fresh.hours.iter().map(|(_, n)| n).sum();
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let Kind { code, source, event, outcome } = kind;
    transaction
        .prepare_cached(
            "INSERT INTO error_kind (code, source, event, outcome, n, first_at, last_at, hint)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET n = n + excluded.n, hint = excluded.hint,
                first_at = min(first_at, excluded.first_at),
                last_at = max(last_at, excluded.last_at)",
        )?
        .execute(params![
            code,
            source,
            event,
            outcome,
            n,
            fresh.first_at,
            fresh.last_at,
            fresh.hint
        ])?;
    Ok(new)
}

fn add_hours(transaction: &Transaction<'_>, kind: &Kind, fresh: &Fresh) -> rusqlite::Result<()> {
    let Kind { code, source, event, outcome } = kind;
    for (hour, n) in &fresh.hours {
        let n = i64::try_from(*n).unwrap_or(i64::MAX);
        transaction
            .prepare_cached(
                "INSERT INTO error_hour (hour, code, source, event, outcome, n)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            )?
            .execute(params![hour, code, source, event, outcome, n])?;
    }
    Ok(())
}

fn add_samples(transaction: &Transaction<'_>, kind: &Kind, fresh: &Fresh) -> rusqlite::Result<()> {
    if fresh.samples.is_empty() {
        return Ok(());
    }
    let Kind { code, source, event, outcome } = kind;
    for Sample { at, message, record } in &fresh.samples {
        transaction
            .prepare_cached(
                "INSERT INTO error_sample (at, code, source, event, outcome, message, record)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![at, code, source, event, outcome, message, record])?;
    }
    let sql = format!(
        "DELETE FROM error_sample WHERE {SAME} AND id <= (SELECT id FROM error_sample
         WHERE {SAME} ORDER BY id DESC LIMIT 1 OFFSET {SAMPLES_OF_KIND})"
    );
    transaction.prepare_cached(&sql)?.execute(&kind.parameters()[..])?;
    Ok(())
}
