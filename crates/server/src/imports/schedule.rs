//! The task that starts runs when they are due or asked for, one of each source and a few in all.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::Imports;
use super::run::{Source, run};
use crate::service::Service;

/// Runs at once: more only wait for the one writer.
const AT_ONCE: usize = 2;

/// Between two looks for what is due, where nobody calls earlier.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A running task.
pub struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts to run the imports of a workspace.
pub fn start(service: &Arc<Service>) -> Running {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(work(Arc::clone(service), stopped));
    Running { stop, task }
}

impl Running {
    /// Starts nothing any more; what is under way ends at its next rows, and begins anew with the
    /// next start.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

async fn work(service: Arc<Service>, mut stopped: oneshot::Receiver<()>) {
    let imports = service.imports();
    let ending = Arc::new(AtomicBool::new(false));
    let mut runs: JoinSet<String> = JoinSet::new();
    let mut running: HashSet<String> = HashSet::new();
    loop {
        let look = Arc::clone(&service);
        let sources = spawn_blocking(move || due(&look)).await.unwrap_or_default();
        for source in sources {
            if runs.len() >= AT_ONCE {
                break;
            }
            if !running.insert(source.saved.id.clone()) {
                continue;
            }
            let (service, ending) = (Arc::clone(&service), Arc::clone(&ending));
            runs.spawn_blocking(move || run_one(&service, &source, &ending));
        }
        tokio::select! {
            _ = &mut stopped => break,
            () = imports.changed.notified() => {}
            () = sleep(LOOK_EVERY) => {}
            Some(ended) = runs.join_next() => {
                running.retain(|id| ended.as_ref().is_ok_and(|ended| ended != id));
            }
        }
    }
    ending.store(true, Ordering::Relaxed);
    while runs.join_next().await.is_some() {}
}

/// Sources that are due or asked for; when the others are due is noted.
fn due(service: &Service) -> Vec<Source> {
    let (workspace, imports) = (service.workspace(), service.imports());
    let saved = match workspace.config().imports() {
        Ok(saved) => saved,
        Err(error) => {
            tracing::error!(%error, "imports cannot be read; none is run");
            return Vec::new();
        }
    };
    let ids: Vec<&str> = saved.iter().map(|import| import.id.as_str()).collect();
    imports.keep_only(&ids);
    let now = workspace.now();
    let mut ready = Vec::new();
    for import in saved {
        let (id, paused) = (import.id.clone(), import.paused);
        let source = match Source::of(import) {
            Ok(source) => source,
            Err(failure) => {
                tracing::error!(%failure, id, "an import cannot be read");
                continue;
            }
        };
        let next_at = (!paused).then(|| source.due(now));
        imports.update(&id, |progress| progress.next_at = next_at);
        let progress = imports.of(&id);
        if !progress.running && (progress.asked || next_at.is_some_and(|at| at <= now)) {
            ready.push(source);
        }
    }
    ready
}

fn run_one(service: &Service, source: &Source, ending: &AtomicBool) -> String {
    let (workspace, imports) = (service.workspace(), service.imports());
    let id = source.saved.id.clone();
    imports.update(&id, |progress| (progress.running, progress.asked) = (true, false));
    let ran = run(&workspace, &imports, source, &|| ending.load(Ordering::Relaxed));
    if let Some(error) = &ran.error {
        tracing::warn!(id, name = source.saved.name, error, "an import failed");
    }
    // A run that the end of the server cut is none: the next start looks at once.
    if !ending.load(Ordering::Relaxed) {
        let text = serde_json::to_string(&ran).unwrap_or_default();
        if let Err(error) = workspace.config().import_ran(&id, &text) {
            tracing::error!(%error, id, "it cannot be noted how an import went");
        }
    }
    imports.update(&id, |progress| (progress.running, progress.reading) = (false, None));
    id
}

/// Runs a source now on this thread, as the command line does where no server runs.
pub fn run_here(service: &Service, source: &Source) -> wire::api::ImportRun {
    let (workspace, imports): (_, Arc<Imports>) = (service.workspace(), service.imports());
    let ran = run(&workspace, &imports, source, &|| false);
    let text = serde_json::to_string(&ran).unwrap_or_default();
    if let Err(error) = workspace.config().import_ran(&source.saved.id, &text) {
        tracing::error!(%error, "it cannot be noted how an import went");
    }
    ran
}
