//! Campaigns as they are stored, and how far their runs have come.

use model::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Config, ConfigError};

/// A campaign as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCampaign {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// `draft`, `scheduled`, `running`, `paused`, `stopped`, `ended`.
    pub status: String,
    /// JSON form.
    pub definition: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// When it was started first.
    pub started_at: Option<Timestamp>,
    /// When it was stopped, or had nothing left to do.
    pub ended_at: Option<Timestamp>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// One run of a campaign on a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRun {
    /// Whose.
    pub campaign: String,
    /// Which: the local instant it was due.
    pub run: String,
    /// When it was due. Its audience is that of this instant, whenever it is read.
    pub due_at: Timestamp,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// When everybody of it had been decided; nothing: it goes on.
    pub ended_at: Option<Timestamp>,
    /// Members of the audience.
    pub n_users: u64,
    /// Everybody with a lower dense number has been decided, durably.
    pub next_user: u32,
    /// Why it ended otherwise than planned.
    pub note: Option<String>,
}

const CAMPAIGN: &str = "id, name, status, definition, created_at, updated_at, started_at, ended_at,
     approved_by";

impl Config {
    /// All campaigns, newest first.
    pub fn campaigns(&self) -> Result<Vec<SavedCampaign>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {CAMPAIGN} FROM campaign ORDER BY created_at DESC, id"
        ))?;
        let rows = select.query_map([], campaign)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One campaign.
    pub fn campaign(&self, id: &str) -> Result<Option<SavedCampaign>, ConfigError> {
        let connection = self.lock();
        let sql = format!("SELECT {CAMPAIGN} FROM campaign WHERE id = ?1");
        Ok(connection.query_row(&sql, [id], campaign).optional()?)
    }

    /// Writes a campaign, replacing the one of the same id.
    pub fn put_campaign(&self, campaign: &SavedCampaign) -> Result<(), ConfigError> {
        let SavedCampaign { id, name, status, definition, .. } = campaign;
        let (created, updated) = (campaign.created_at.0, campaign.updated_at.0);
        let instant = |at: Option<Timestamp>| at.map(|at| at.0);
        let (started, ended) = (instant(campaign.started_at), instant(campaign.ended_at));
        self.lock().execute(
            "INSERT INTO campaign (id, name, status, definition, created_at, updated_at, started_at,
                ended_at, approved_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status,
                definition = excluded.definition, updated_at = excluded.updated_at,
                started_at = excluded.started_at, ended_at = excluded.ended_at,
                approved_by = excluded.approved_by",
            params![id, name, status, definition, created, updated, started, ended, campaign.approved_by],
        )?;
        Ok(())
    }

    /// Deletes a campaign with its runs; whether it was there.
    pub fn delete_campaign(&self, id: &str) -> Result<bool, ConfigError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM campaign_run WHERE campaign = ?1", [id])?;
        let n = transaction.execute("DELETE FROM campaign WHERE id = ?1", [id])?;
        transaction.commit()?;
        Ok(n > 0)
    }

    /// Runs of a campaign, oldest first.
    pub fn campaign_runs(&self, id: &str) -> Result<Vec<SavedRun>, ConfigError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached(
            "SELECT campaign, run, due_at, begun_at, ended_at, n_users, next_user, note
             FROM campaign_run WHERE campaign = ?1 ORDER BY due_at, run",
        )?;
        let rows = select.query_map([id], |row| {
            Ok(SavedRun {
                campaign: row.get(0)?,
                run: row.get(1)?,
                due_at: Timestamp(row.get(2)?),
                begun_at: Timestamp(row.get(3)?),
                ended_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
                n_users: u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
                next_user: row.get(6)?,
                note: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a run, replacing the one of the same campaign and name.
    pub fn put_run(&self, run: &SavedRun) -> Result<(), ConfigError> {
        let SavedRun { campaign, run: name, due_at, begun_at, ended_at, n_users, next_user, note } =
            run;
        let n_users = i64::try_from(*n_users).unwrap_or(i64::MAX);
        let ended = ended_at.map(|at| at.0);
        self.lock().execute(
            "INSERT INTO campaign_run
                (campaign, run, due_at, begun_at, ended_at, n_users, next_user, note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (campaign, run) DO UPDATE SET ended_at = excluded.ended_at,
                n_users = excluded.n_users, next_user = excluded.next_user, note = excluded.note",
            params![campaign, name, due_at.0, begun_at.0, ended, n_users, next_user, note],
        )?;
        Ok(())
    }
}

fn campaign(row: &Row<'_>) -> rusqlite::Result<SavedCampaign> {
    let instant = |at: Option<i64>| at.map(Timestamp);
    Ok(SavedCampaign {
        id: row.get(0)?,
        name: row.get(1)?,
        status: row.get(2)?,
        definition: row.get(3)?,
        created_at: Timestamp(row.get(4)?),
        updated_at: Timestamp(row.get(5)?),
        started_at: instant(row.get(6)?),
        ended_at: instant(row.get(7)?),
        approved_by: row.get(8)?,
    })
}
