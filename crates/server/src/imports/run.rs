//! One run: what is new or has changed since it was last imported is imported, file by file.
//!
//! A file that cannot be read does not keep the others from being imported; the run has failed all
//! the same and is tried again. A file is remembered after all of it is durable.

use std::collections::HashMap;

use gateway::import::Rejected;
use model::{Span, Timestamp};
use wire::api::{FileForm, ImportPlace, ImportRun};

use super::Imports;
use super::place::{Found, Place};
use crate::config::imports::{SavedFile, SavedImport};
use crate::failure::Failure;
use crate::import::{self, How, Job};
use crate::workspace::Workspace;

/// Rows between two looks of whoever watches.
const TOLD_EVERY: u64 = 1_000;

/// The pause after the first failure; each further one doubles it, up to the source's own interval
/// where that is longer than a minute.
const BACKOFF_FIRST: Span = Span(60_000);

/// Doublings of it at most: a quarter of a day.
const BACKOFF_DOUBLINGS: u32 = 8;

/// What a stored import means.
pub struct Source {
    /// As it is stored.
    pub saved: SavedImport,
    /// The place, with the secret.
    pub place: ImportPlace,
    /// The format.
    pub format: FileForm,
    /// Entries of the mapping.
    pub mapping: Vec<String>,
}

impl Source {
    /// Reads a stored import.
    pub fn of(saved: SavedImport) -> Result<Source, Failure> {
        let damaged = |error: serde_json::Error| Failure::internal("server.configuration", &error);
        let mut place: ImportPlace = serde_json::from_str(&saved.place).map_err(damaged)?;
        if let ImportPlace::Bucket { secret_key, .. } = &mut place {
            secret_key.clone_from(&saved.secret.0);
        }
        let format = serde_json::from_value(saved.format.clone().into()).map_err(damaged)?;
        let mapping = saved.mapping.lines().map(str::to_owned).collect();
        Ok(Source { saved, place, format, mapping })
    }

    /// How its files are read.
    pub fn how(&self) -> Result<How, Failure> {
        let entries: Vec<&str> = self.mapping.iter().map(String::as_str).collect();
        How::new(self.format, &entries).map_err(|problems| import::wrong_mapping(&problems))
    }

    /// The latest run, if there was one.
    pub fn last_run(&self) -> Option<ImportRun> {
        self.saved.last_run.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }

    /// When it is due by itself.
    pub fn due(&self, now: Timestamp) -> Timestamp {
        let Some(last) = self.last_run() else { return now };
        let ended = Timestamp::parse(&last.ended_at).unwrap_or(now);
        let every = Span(i64::from(self.saved.every_minutes) * 60_000);
        if last.failures == 0 {
            return ended + every;
        }
        let doublings = (last.failures - 1).min(BACKOFF_DOUBLINGS);
        ended + Span(BACKOFF_FIRST.0 << doublings).min(every.max(BACKOFF_FIRST))
    }
}

/// Runs a source. Blocks its thread. `stop` is asked between rows.
pub fn run(
    workspace: &Workspace,
    imports: &Imports,
    source: &Source,
    stop: &dyn Fn() -> bool,
) -> ImportRun {
    let mut run = ImportRun {
        started_at: workspace.now().to_string(),
        ended_at: String::new(),
        files: 0,
        rows: 0,
        accepted: 0,
        duplicates: 0,
        rejected: 0,
        error: None,
        failures: 0,
    };
    let opened = source.how().and_then(|how| {
        let place = Place::open(&source.place, imports.root())?;
        Ok(Work { workspace, imports, source, stop, place, how })
    });
    if let Err(failure) = opened.and_then(|work| work.files(&mut run)) {
        run.error = Some(failure.to_string());
    }
    if run.error.is_some() {
        run.failures = source.last_run().map_or(0, |last| last.failures).saturating_add(1);
    }
    run.ended_at = workspace.now().to_string();
    run
}

/// What one run needs.
struct Work<'a> {
    workspace: &'a Workspace,
    imports: &'a Imports,
    source: &'a Source,
    stop: &'a dyn Fn() -> bool,
    place: Place,
    how: How,
}

impl Work<'_> {
    fn files(&self, run: &mut ImportRun) -> Result<(), Failure> {
        let (config, id) = (self.workspace.config(), self.source.saved.id.as_str());
        let known = config.import_files(id)?;
        let known: HashMap<&str, &str> =
            known.iter().map(|file| (file.name.as_str(), file.version.as_str())).collect();
        for found in self.place.list()? {
            if known.get(found.name.as_str()) == Some(&found.version.as_str()) {
                continue;
            }
            match self.file(&found, run) {
                Ok(()) => {
                    let Found { name, version, .. } = found;
                    config.add_import_file(id, &SavedFile { name, version })?;
                    run.files += 1;
                }
                // What holds for every file, and not for this one alone.
                Err(failure) if failure.status >= 500 => return Err(failure),
                Err(failure) => {
                    run.error.get_or_insert_with(|| format!("{}: {failure}", found.name));
                }
            }
        }
        Ok(())
    }

    fn file(&self, found: &Found, run: &mut ImportRun) -> Result<(), Failure> {
        let Work { workspace, imports, source, .. } = *self;
        let reading = |rows| {
            let reading = Some((found.name.clone(), rows));
            imports.update(&source.saved.id, |progress| progress.reading = reading);
        };
        reading(0);
        let file = self.place.fetch(found, workspace.dir())?;
        let how = self.how.clone().of_version(version_number(found));
        let rows = import::rows(file, &how, workspace.now())?;
        let name = format!("{}/{}", source.saved.name, found.name);
        let job = Job { workspace, source: &name, dry_run: false };
        let mut watch = |row: u64, _: Option<&Rejected>| {
            if row.is_multiple_of(TOLD_EVERY) {
                reading(row);
                if (self.stop)() {
                    return Err(stopped());
                }
            }
            Ok(())
        };
        let report = import::run(&job, rows, &mut watch)?;
        run.rows += report.rows;
        run.accepted += report.accepted;
        run.duplicates += report.duplicates;
        run.rejected += report.rejected;
        Ok(())
    }
}

fn stopped() -> Failure {
    Failure::new(503, "import.stopped", "the import was stopped")
        .hint("it is begun anew with the next run; nothing counts twice")
}

/// A number for a version of a file, never zero.
fn version_number(found: &Found) -> u64 {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(format!("{}\0{}", found.name, found.version).as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(bytes).max(1)
}
