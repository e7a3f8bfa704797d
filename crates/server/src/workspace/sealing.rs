//! The thread that sorts and encodes rows, so that the writer goes on meanwhile.
//!
//! What it is: rows that the history set aside go to it, and whoever waits for them (a view, a
//! checkpoint) waits without the writer. What it is not: it decides nothing; without it, the history
//! seals rows itself when it needs them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use history::{Sealing, Spent};

use super::maintenance::Nudge;
use super::writer::{Command, Writer};
use super::*;

/// That many fresh rows are not sealed by the writer, unless it must.
const UNSEALED_ROWS_MAX: usize = 2_000;

/// Families with fewer are all the same.
const FAMILY_ROWS_MIN: usize = 32;

/// How often that is done before a checkpoint, or a view: more arrive meanwhile, and the last ones
/// must not put it off.
const ROUNDS_MAX: u32 = 3;

/// Where a view goes.
type View = oneshot::Sender<Result<Arc<Snapshot>, WorkspaceError>>;

/// What the thread does.
enum Task {
    Seal(Sealing),
    Drop(Spent),
}

/// The writer's end of the thread.
pub(super) struct Sealer {
    nudge: mpsc::WeakSender<Command>,
    /// The way to the thread, which begins with the first task.
    queue: Option<Sender<Task>>,
    /// Rows that were handed over, and those that are sealed.
    handed: u64,
    done: Arc<AtomicU64>,
    /// Who waits to see what is there, and until when.
    viewing: Vec<View>,
    view: Round,
}

/// Somebody waits until what was there is sealed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    n: u32,
    /// So many are to be sealed.
    until: u64,
}

impl Round {
    pub(super) fn begun(&self) -> bool {
        self.n > 0
    }
}

impl Sealer {
    pub(super) fn new(nudge: mpsc::WeakSender<Command>) -> Sealer {
        let (done, viewing, view) = (Arc::default(), Vec::new(), Round::default());
        Sealer { nudge, queue: None, handed: 0, done, viewing, view }
    }

    /// What cannot be handed over is sealed by whoever needs it.
    fn give(&mut self, task: Task) {
        if self.queue.is_none() {
            let (queue, tasks) = channel();
            let (nudge, done) = (self.nudge.clone(), Arc::clone(&self.done));
            let work = move || work(&tasks, &nudge, &done);
            match thread::Builder::new().name("sealer".into()).spawn(work) {
                Ok(_) => self.queue = Some(queue),
                Err(error) => tracing::warn!(%error, "the writer seals rows itself"),
            }
        }
        let seals = matches!(task, Task::Seal(_));
        if self.queue.as_ref().is_some_and(|queue| queue.send(task).is_ok()) && seals {
            self.handed += 1;
        }
    }

    fn sealed(&self, until: u64) -> bool {
        self.done.load(Ordering::Acquire) >= until
    }
}

fn work(tasks: &Receiver<Task>, nudge: &mpsc::WeakSender<Command>, done: &AtomicU64) {
    for task in tasks {
        carry_out(task, nudge, done);
    }
}

fn carry_out(task: Task, nudge: &mpsc::WeakSender<Command>, done: &AtomicU64) {
    match task {
        Task::Seal(sealing) => {
            // Rows of which no part can be made stay where they are, and nobody waits for them here.
            let _ = catch_unwind(AssertUnwindSafe(|| sealing.run()));
            done.fetch_add(1, Ordering::AcqRel);
            drop(Nudge(nudge.clone()));
        }
        Task::Drop(spent) => drop(spent),
    }
}

impl Writer {
    /// Takes over what was sealed, and has sealed what was set aside. Never waits.
    pub(super) fn seal_aside(&mut self) {
        let spent = self.store.take_sealed();
        if !spent.is_empty() {
            self.sealer.give(Task::Drop(spent));
        }
        for sealing in self.store.to_seal() {
            self.sealer.give(Task::Seal(sealing));
        }
    }

    /// Whether rows are being sealed for something that would have to wait for it.
    pub(super) fn seals_for(&mut self, round: &mut Round) -> bool {
        self.seal_aside();
        if !self.sealer.sealed(round.until) {
            return true;
        }
        if round.n == ROUNDS_MAX
            || self.store.n_unsealed() < UNSEALED_ROWS_MAX
            || self.store.set_aside(FAMILY_ROWS_MIN) == 0
        {
            return false;
        }
        self.seal_aside();
        *round = Round { n: round.n + 1, until: self.sealer.handed };
        !self.sealer.sealed(round.until)
    }

    /// Somebody wants to see everything up to now.
    pub(super) fn show_to(&mut self, reply: View) {
        self.sealer.viewing.push(reply);
        self.show_waiting();
    }

    /// Shows what is there to whoever waits for it, as soon as it is sealed.
    pub(super) fn show_waiting(&mut self) {
        if self.sealer.viewing.is_empty() {
            return;
        }
        let mut round = self.sealer.view;
        if self.seals_for(&mut round) {
            self.sealer.view = round;
            return;
        }
        self.show_now();
    }

    /// Shows it at once.
    pub(super) fn show_now(&mut self) {
        self.sealer.view = Round::default();
        for reply in std::mem::take(&mut self.sealer.viewing) {
            let snapshot = self.store.snapshot();
            self.shared.show(snapshot.as_ref().ok().cloned());
            let _ = reply.send(snapshot.map_err(WorkspaceError::from));
        }
    }
}

#[cfg(test)]
mod tests;
