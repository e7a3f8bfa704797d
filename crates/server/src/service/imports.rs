//! Imports on a schedule as people manage them: made, listed, changed, run, deleted.

use std::sync::Arc;

use wire::api::{ImportPlace, ImportRun, ImportSource, ImportSourceInput, ImportSourceList};

use super::Service;
use crate::config::ConfigError;
use crate::config::imports::{SavedImport, SecretKey};
use crate::failure::Failure;
use crate::imports::Imports;
use crate::imports::place::Place;
use crate::imports::run::Source;
use crate::imports::schedule;

/// Imports at most.
const IMPORTS_MAX: usize = 100;

/// Bytes of a name at most.
const NAME_BYTES_MAX: usize = 100;

/// The longest interval, in minutes: 31 days.
const EVERY_MAX: u32 = 44_640;

/// Bytes of the random part of an id.
const ID_BYTES: usize = 8;

impl Service {
    /// What goes on with all imports.
    pub fn imports(&self) -> Arc<Imports> {
        Arc::clone(&self.imports)
    }

    /// All imports on a schedule, without their secrets.
    pub fn import_sources(&self) -> Result<ImportSourceList, Failure> {
        let saved = self.workspace.config().imports()?;
        let sources = saved.into_iter().map(|saved| self.shown_import(saved));
        let directory = self.imports.root().is_some();
        Ok(ImportSourceList { sources: sources.collect::<Result<_, _>>()?, directory })
    }

    /// One of them.
    pub fn import_source(&self, id: &str) -> Result<ImportSource, Failure> {
        self.shown_import(self.saved_import(id)?)
    }

    /// Makes an import. It runs for the first time at once, unless it is paused.
    pub fn create_import_source(&self, input: &ImportSourceInput) -> Result<ImportSource, Failure> {
        let all = self.workspace.config().imports()?;
        if all.len() >= IMPORTS_MAX {
            let message = format!("there are {IMPORTS_MAX} imports already");
            return Err(Failure::unprocessable("import.too_many", message)
                .hint("delete one that is not used"));
        }
        let mut bytes = [0; ID_BYTES];
        getrandom::fill(&mut bytes).map_err(ConfigError::Random)?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let saved = self.checked_import(format!("im_{digits}"), input, None)?;
        self.put_import(&saved)
    }

    /// Changes an import. With another place, format or mapping, every file is read again.
    pub fn update_import_source(
        &self,
        id: &str,
        input: &ImportSourceInput,
    ) -> Result<ImportSource, Failure> {
        let before = self.saved_import(id)?;
        let after = self.checked_import(id.to_owned(), input, Some(&before))?;
        let other = |saved: &SavedImport| {
            (saved.place.clone(), saved.format.clone(), saved.mapping.clone())
        };
        if other(&before) != other(&after) {
            self.workspace.config().forget_import_files(id)?;
        }
        self.put_import(&after)
    }

    /// Deletes an import. What was imported stays.
    pub fn delete_import_source(&self, id: &str) -> Result<(), Failure> {
        if !self.workspace.config().delete_import(id)? {
            return Err(unknown(id));
        }
        self.imports.wake();
        Ok(())
    }

    /// Asks for a run as soon as may be; the import as it is then.
    pub fn run_import_source(&self, id: &str) -> Result<ImportSource, Failure> {
        self.saved_import(id)?;
        if !self.imports.ask(id) {
            return Err(Failure::new(409, "import.running", "the import runs already")
                .hint("wait until it is done; GET /api/imports/ID shows how far it is"));
        }
        self.import_source(id)
    }

    /// Runs an import on this thread.
    pub fn run_import_here(&self, id: &str) -> Result<ImportRun, Failure> {
        let source = Source::of(self.saved_import(id)?)?;
        Ok(schedule::run_here(self, &source))
    }

    fn put_import(&self, saved: &SavedImport) -> Result<ImportSource, Failure> {
        self.workspace.config().put_import(saved)?;
        self.imports.wake();
        self.import_source(&saved.id)
    }

    fn saved_import(&self, id: &str) -> Result<SavedImport, Failure> {
        let all = self.workspace.config().imports()?;
        all.into_iter().find(|import| import.id == id).ok_or_else(|| unknown(id))
    }

    /// An import as it is to be stored, if everything about it is right: the mapping can be read, and
    /// the place can be opened and looked through now.
    fn checked_import(
        &self,
        id: String,
        input: &ImportSourceInput,
        before: Option<&SavedImport>,
    ) -> Result<SavedImport, Failure> {
        let ImportSourceInput { name, place, format, mapping, every_minutes, paused } = input;
        let name = name.trim();
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
            let message = format!("the name is empty or longer than {NAME_BYTES_MAX} bytes");
            return Err(Failure::unprocessable("import.name", message)
                .hint("give it a short name by which people know it"));
        }
        if !(1..=EVERY_MAX).contains(every_minutes) {
            let message = format!("`every_minutes` is {every_minutes}");
            return Err(Failure::unprocessable("import.interval", message)
                .hint("look at least every 31 days (44640 minutes) and at most every minute"));
        }
        let mut place = place.clone();
        let mut secret = None;
        if let ImportPlace::Bucket { secret_key, .. } = &mut place {
            secret = secret_key.take().or_else(|| before.and_then(|b| kept_secret(b, &place)));
        }
        let entries = mapping.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty());
        let text = |json: serde_json::Value| json.as_str().map(str::to_owned).unwrap_or_default();
        let saved = SavedImport {
            id,
            name: name.to_owned(),
            place: serde_json::to_string(&place).unwrap_or_default(),
            secret: SecretKey(secret),
            format: text(serde_json::to_value(format).unwrap_or_default()),
            mapping: entries.collect::<Vec<_>>().join("\n"),
            every_minutes: *every_minutes,
            paused: *paused,
            created_at: before.map_or_else(|| self.workspace.now(), |before| before.created_at),
            last_run: None,
        };
        let source = Source::of(saved)?;
        source.how()?;
        Place::open(&source.place, self.imports.root())?.list()?;
        Ok(source.saved)
    }

    fn shown_import(&self, saved: SavedImport) -> Result<ImportSource, Failure> {
        let files = self.workspace.config().n_import_files(&saved.id)?;
        let progress = self.imports.of(&saved.id);
        let source = Source::of(saved)?;
        let last_run = source.last_run();
        let Source { saved, mut place, format, mapping } = source;
        if let ImportPlace::Bucket { secret_key, .. } = &mut place {
            *secret_key = None;
        }
        let (reading, rows_read) = progress.reading.map_or((None, 0), |(name, n)| (Some(name), n));
        Ok(ImportSource {
            id: saved.id,
            name: saved.name,
            place,
            format,
            mapping,
            every_minutes: saved.every_minutes,
            paused: saved.paused,
            running: progress.running,
            reading,
            rows_read,
            next_at: progress.next_at.map(|at| at.to_string()),
            files,
            last_run,
        })
    }
}

/// The secret that stays where a change leaves it out: only for the same endpoint and key, so that
/// nobody has it sent to an address of their own.
fn kept_secret(before: &SavedImport, place: &ImportPlace) -> Option<String> {
    let known: ImportPlace = serde_json::from_str(&before.place).ok()?;
    let of = |place: &ImportPlace| match place {
        ImportPlace::Bucket { endpoint, access_key, .. } => {
            Some((endpoint.clone(), access_key.clone()))
        }
        ImportPlace::Directory { .. } => None,
    };
    before.secret.0.clone().filter(|_| of(&known) == of(place))
}

fn unknown(id: &str) -> Failure {
    Failure::not_found("import.unknown", format!("there is no import \"{id}\""))
        .hint("GET /api/imports lists them")
}
