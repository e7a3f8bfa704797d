//! Imports on a schedule: a folder or a bucket is looked through again and again, and what is new or
//! changed is imported.
//!
//! What it is: what is remembered of a source between runs ([`Imports`]), the place its files are in
//! ([`place`]), one run ([`run`]) and the task that starts runs ([`schedule`]). What it is not: it
//! reads no row itself (`crate::import`).
//!
//! Invariants: a file counts as imported only when all of it is durable, so that a crash begins it
//! anew; the ids of its rows come from the file, so that nothing then counts twice; a file that
//! changed is read whole again, with the same effect for rows that did not change. A source's secret
//! is in no answer, log line or error.

pub mod place;
pub mod run;
mod s3;
pub mod schedule;
pub mod spool;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use model::Timestamp;
use tokio::sync::Notify;

/// What goes on with one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// It runs now.
    pub running: bool,
    /// Somebody asked for a run.
    pub asked: bool,
    /// The file that is read now, and its rows so far.
    pub reading: Option<(String, u64)>,
    /// When it is due.
    pub next_at: Option<Timestamp>,
}

/// What goes on with all sources of a workspace.
#[derive(Default)]
pub struct Imports {
    sources: Mutex<HashMap<String, Progress>>,
    root: OnceLock<PathBuf>,
    changed: Notify,
}

impl Imports {
    /// Folders may be imported that are below this one.
    pub fn allow(&self, root: &Path) -> std::io::Result<()> {
        let root = root.canonicalize()?;
        let _ = self.root.set(root);
        Ok(())
    }

    /// The folder below which folders may be imported.
    pub fn root(&self) -> Option<&Path> {
        self.root.get().map(PathBuf::as_path)
    }

    /// What goes on with a source.
    pub fn of(&self, id: &str) -> Progress {
        self.lock().get(id).cloned().unwrap_or_default()
    }

    /// Asks for a run as soon as may be; `false`: one is under way.
    pub fn ask(&self, id: &str) -> bool {
        let running = {
            let mut sources = self.lock();
            let progress = sources.entry(id.to_owned()).or_default();
            progress.asked |= !progress.running;
            progress.running
        };
        self.wake();
        !running
    }

    /// A source was made, changed or deleted.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    fn update(&self, id: &str, change: impl FnOnce(&mut Progress)) {
        change(self.lock().entry(id.to_owned()).or_default());
    }

    fn keep_only(&self, ids: &[&str]) {
        self.lock().retain(|id, progress| progress.running || ids.contains(&id.as_str()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Progress>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
