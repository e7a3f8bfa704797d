//! Campaigns as they are stored, and how far their runs have come.

use model::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

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
    /// Who made it: the id of a key, or whoever acts without one.
    pub created_by: String,
    /// Who changed it last.
    pub edited_by: String,
    /// The approval that it has.
    pub approval: Option<SavedApproval>,
    /// The variant that has won and is sent alone since.
    pub winner: Option<SavedWinner>,
}

/// Somebody approved a version of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedApproval {
    /// Which version.
    pub version: String,
    /// Who: the id of a key, or whoever acts without one.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A variant has won, and later messages draw it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedWinner {
    /// Its id.
    pub variant: String,
    /// Since when. Whoever was drawn before stays in their arm.
    pub since: Timestamp,
    /// The verdict with its numbers, as the report says it, in JSON.
    pub evidence: String,
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
     created_by, edited_by, approved_version, approved_by, approved_at, winner, winner_since,
     winner_evidence";

/// Columns that layouts before the sixth do not have.
const COLUMNS_6: &[&str] = &[
    "created_by TEXT NOT NULL DEFAULT ''",
    "edited_by TEXT NOT NULL DEFAULT ''",
    "approved_version TEXT",
    "approved_at INTEGER",
    "winner TEXT",
    "winner_since INTEGER",
    "winner_evidence TEXT",
];

/// Adds the columns that a file of an earlier layout lacks.
pub(super) fn add_columns(connection: &Connection) -> Result<(), ConfigError> {
    super::add_columns(connection, "campaign", COLUMNS_6)
}

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
        let SavedCampaign { id, name, status, definition, created_by, edited_by, .. } = campaign;
        let (created, updated) = (campaign.created_at.0, campaign.updated_at.0);
        let instant = |at: Option<Timestamp>| at.map(|at| at.0);
        let (started, ended) = (instant(campaign.started_at), instant(campaign.ended_at));
        let approval = campaign.approval.as_ref();
        let winner = campaign.winner.as_ref();
        self.lock().execute(
            "INSERT INTO campaign (id, name, status, definition, created_at, updated_at, started_at,
                ended_at, created_by, edited_by, approved_version, approved_by, approved_at, winner,
                winner_since, winner_evidence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status,
                definition = excluded.definition, updated_at = excluded.updated_at,
                started_at = excluded.started_at, ended_at = excluded.ended_at,
                created_by = excluded.created_by, edited_by = excluded.edited_by,
                approved_version = excluded.approved_version,
                approved_by = excluded.approved_by, approved_at = excluded.approved_at,
                winner = excluded.winner, winner_since = excluded.winner_since,
                winner_evidence = excluded.winner_evidence",
            params![
                id,
                name,
                status,
                definition,
                created,
                updated,
                started,
                ended,
                created_by,
                edited_by,
                approval.map(|of| &of.version),
                approval.map(|of| &of.by),
                approval.map(|of| of.at.0),
                winner.map(|of| &of.variant),
                winner.map(|of| of.since.0),
                winner.map(|of| &of.evidence),
            ],
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
        created_by: row.get(8)?,
        edited_by: row.get(9)?,
        approval: approval(row)?,
        winner: winner(row)?,
    })
}

/// Nothing if it never had one, or had one that said no version (layouts before the sixth).
fn approval(row: &Row<'_>) -> rusqlite::Result<Option<SavedApproval>> {
    let version: Option<String> = row.get(10)?;
    let by: Option<String> = row.get(11)?;
    let at: Option<i64> = row.get(12)?;
    let all = version.zip(by).zip(at);
    Ok(all.map(|((version, by), at)| SavedApproval { version, by, at: Timestamp(at) }))
}

fn winner(row: &Row<'_>) -> rusqlite::Result<Option<SavedWinner>> {
    let variant: Option<String> = row.get(13)?;
    let since: Option<i64> = row.get(14)?;
    let evidence: Option<String> = row.get(15)?;
    let all = variant.zip(since).zip(evidence);
    Ok(all.map(|((variant, since), evidence)| SavedWinner {
        variant,
        since: Timestamp(since),
        evidence,
    }))
}
