//! The history itself: figures, checks, merging, backups.

use std::path::Path;

use history::{CacheUse, FamilyStats, SectionSize, StoreStats};
use wire::api::{
    Backup, BackupInput, HistoryCheck, HistoryCompacted, HistoryFamily, HistoryMemory,
    HistoryProblem, HistorySection, HistoryStats,
};

use super::Service;
use crate::failure::Failure;
use crate::workspace::{self, BackupError, WorkspaceError};

/// Characters of the name of a backup at most.
const BACKUP_NAME_MAX: usize = 100;

impl Service {
    /// What the history holds.
    pub fn history_stats(&self) -> Result<HistoryStats, Failure> {
        let stats = self.workspace.stats()?;
        let sum = |field: fn(&FamilyStats) -> u64| stats.families.iter().map(field).sum::<u64>();
        let (rows, unwritten_rows) = (sum(|of| of.rows), sum(|of| of.unwritten_rows));
        let (bytes, written) = (sum(|of| of.bytes), rows - unwritten_rows);
        let events = stats.families.iter().filter(|family| family.month.is_some());
        Ok(HistoryStats {
            events: events.map(|family| family.rows).sum(),
            rows,
            unwritten_rows,
            parts: sum(|of| of.parts),
            bytes,
            bytes_per_row: if written == 0 { 0.0 } else { bytes as f64 / written as f64 },
            log_bytes: log_bytes(&self.workspace.dir().join("log")),
            log_position: self.workspace.log_position(),
            users: stats.users,
            names: stats.names,
            sections: stats.sections.iter().map(section).collect(),
            memory: memory(self.workspace.cache().in_use()),
            families: written_families(stats),
        })
    }

    /// Reads every file of the history and every frame of the log, and says what is wrong.
    pub fn check_history(&self) -> Result<HistoryCheck, Failure> {
        Ok(checked(self.workspace.dir(), self.workspace.verify_log())?)
    }

    /// Merges the parts of every month and name as far as they fit into one.
    pub fn compact_history(&self) -> Result<HistoryCompacted, Failure> {
        let done = self.workspace.compact()?;
        let stats = self.history_stats()?;
        Ok(HistoryCompacted {
            log_position: done.log_position,
            rows_written: done.rows_written,
            rows_forgotten: done.rows_forgotten,
            parts: stats.parts,
            bytes: stats.bytes,
        })
    }

    /// Makes a backup below the data directory.
    pub fn create_backup(&self, input: &BackupInput) -> Result<Backup, Failure> {
        let name = &input.name;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let plain = name.chars().all(allowed) && !name.starts_with('.');
        if name.is_empty() || name.len() > BACKUP_NAME_MAX || !plain {
            let message = format!(
                "a backup cannot be named \"{name}\"; use 1 to {BACKUP_NAME_MAX} of a-z, A-Z, 0-9, \
                 -, _ and ., the first one no dot"
            );
            return Err(Failure::unprocessable("backup.name", message));
        }
        self.backup_to(&self.workspace.dir().join("backups").join(name))
    }

    /// Makes a backup in any folder.
    pub fn backup_to(&self, folder: &Path) -> Result<Backup, Failure> {
        match self.workspace.backup(folder) {
            Ok(backup) => Ok(written(backup)),
            Err(WorkspaceError::Backup(error @ BackupError::NotEmpty { .. })) => {
                Err(Failure::new(409, "backup.exists", error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Checks a data directory that nobody has open, however damaged it is.
///
/// Errors: it is in use; the folder cannot be read.
pub fn check_directory(dir: &Path) -> Result<HistoryCheck, WorkspaceError> {
    let opened = log::Log::open(&dir.join("log"), log::Options::default());
    if let Err(log::Error::Locked { .. }) = opened {
        return Err(WorkspaceError::InUse { dir: dir.to_path_buf() });
    }
    checked(dir, opened.and_then(|(log, _)| log.reader().verify()))
}

fn checked(dir: &Path, frames: Result<u64, log::Error>) -> Result<HistoryCheck, WorkspaceError> {
    let report = history::check(&dir.join("history"))?;
    let mut problems: Vec<HistoryProblem> = report.problems.iter().map(problem).collect();
    problems.extend(frames.as_ref().err().map(log_problem));
    let history::CheckReport { files, bytes, rows, .. } = report;
    Ok(HistoryCheck { files, bytes, rows, log_frames: frames.unwrap_or(0), problems })
}

/// A backup as the API shows it.
pub fn written(backup: workspace::Backup) -> Backup {
    let workspace::Backup { dir, log_position, files, bytes } = backup;
    Backup { folder: dir.display().to_string(), log_position, files, bytes }
}

fn section(size: &SectionSize) -> HistorySection {
    HistorySection { kind: size.kind.into(), bytes: size.bytes }
}

fn memory(of: CacheUse) -> HistoryMemory {
    HistoryMemory { used: of.used as u64, limit: of.limit as u64, read: of.read }
}

fn written_families(stats: StoreStats) -> Vec<HistoryFamily> {
    let families = stats.families.into_iter().map(|family| {
        let FamilyStats { name, month, parts, rows, unwritten_rows, bytes } = family;
        let month = month.map(|(year, month)| format!("{year:04}-{month:02}"));
        HistoryFamily { name: name.to_string(), month, parts, rows, unwritten_rows, bytes }
    });
    let mut families: Vec<HistoryFamily> = families.collect();
    families.sort_by(|a, b| {
        (a.month.is_none(), &a.name, &a.month).cmp(&(b.month.is_none(), &b.name, &b.month))
    });
    families
}

fn problem(error: &history::Error) -> HistoryProblem {
    let (path, at) = match error {
        history::Error::Damaged { path, at, .. } => (path, Some(*at)),
        history::Error::Io { path, .. } => (path, None),
    };
    HistoryProblem { file: path.display().to_string(), at, message: error.to_string() }
}

fn log_problem(error: &log::Error) -> HistoryProblem {
    let (file, at) = match error {
        log::Error::Damaged { file, position, .. } => (file.display().to_string(), Some(*position)),
        log::Error::Io { path, .. } => (path.display().to_string(), None),
        _ => ("log".into(), None),
    };
    HistoryProblem { file, at, message: error.to_string() }
}

/// Bytes of the files of the log; those that cannot be measured count nothing.
fn log_bytes(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}
