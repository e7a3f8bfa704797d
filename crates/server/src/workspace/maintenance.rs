//! Checkpoints, merges of parts and retention, beside the writer.
//!
//! The writer takes a job from the store, which costs no reading and no writing, and a thread
//! carries it out while the writer goes on accepting. At most one job runs; what is asked for
//! meanwhile waits for its turn. What it is not: it decides nothing about parts; the history does.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use history::{Done, Job, Merging, Upkeep};
use log::{Offset, Reader};

use super::backup::Copying;
use super::sealing::Round;
use super::writer::{Command, Unsaved, Writer};
use super::*;

/// Rows that a checkpoint writes at once: bounds the time of a replay.
pub(super) const CHECKPOINT_ROWS: usize = 500_000;

/// How many times its duration nothing is written after a checkpoint, unless somebody asks. The
/// state of everybody is written whole each time, which may take longer than as many rows take to
/// arrive; then this bounds its share of the machine.
const REST: i64 = 3;

/// The longest rest: whatever the clock does.
const REST_MAX: Span = Span::MINUTE;

/// Fresh rows at which a rest is over: bounds the time of a replay.
const RESTED_ROWS_MAX: usize = 4 * CHECKPOINT_ROWS;

/// Rows that may wait for a checkpoint while another one is written, before the writer waits for
/// it: bounds memory when records come faster than the disk takes them.
const UNWRITTEN_ROWS_MAX: usize = 8 * CHECKPOINT_ROWS;

/// What maintenance did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// The log position that the checkpoint reflects.
    pub log_position: u64,
    /// Rows written, those of merged parts included.
    pub rows_written: u64,
    /// Events dropped because they are older than is kept.
    pub rows_forgotten: u64,
}

/// Something that is to be done with the next checkpoint.
pub(crate) struct Errand {
    pub(crate) merging: Merging,
    /// Copies the checkpoint, with the log after it, while nothing removes its files.
    pub(crate) copying: Option<Copying>,
    pub(crate) reply: oneshot::Sender<Result<Maintained, WorkspaceError>>,
}

/// Jobs of one writer.
pub(super) struct Maintenance {
    waiting: VecDeque<Errand>,
    running: Option<Running>,
    /// Fresh rows at which the next checkpoint is due.
    due: usize,
    /// When the last checkpoint began.
    began: Timestamp,
    /// Until when fewer rows than [`RESTED_ROWS_MAX`] make none due.
    rest_until: Timestamp,
    /// What is being sealed for it.
    round: Round,
    nudge: mpsc::WeakSender<Command>,
    clock: Clock,
    /// What the last job of this run told.
    last: Option<Done>,
}

/// A job under way.
struct Running {
    at: Offset,
    result: Receiver<Outcome>,
    reply: Option<oneshot::Sender<Result<Maintained, WorkspaceError>>>,
}

/// What became of a job, and of the copy of its checkpoint.
type Outcome = (Result<Done, history::Error>, Result<(), WorkspaceError>);

/// Wakes the writer when it is dropped, however the job ended.
pub(super) struct Nudge(pub(super) mpsc::WeakSender<Command>);

impl Drop for Nudge {
    fn drop(&mut self) {
        // If the queue is full, the writer is awake anyway.
        if let Some(queue) = self.0.upgrade() {
            let _ = queue.try_send(Command::Nudge);
        }
    }
}

impl Maintenance {
    pub(super) fn new(nudge: mpsc::WeakSender<Command>, clock: Clock) -> Maintenance {
        Maintenance::due_at(CHECKPOINT_ROWS, nudge, clock)
    }

    /// The first checkpoint is due at so many fresh rows.
    pub(super) fn due_at(
        due: usize,
        nudge: mpsc::WeakSender<Command>,
        clock: Clock,
    ) -> Maintenance {
        let waiting = VecDeque::new();
        let round = Round::default();
        let (began, rest_until) = (Timestamp::MIN, Timestamp::MIN);
        Maintenance {
            waiting,
            running: None,
            due,
            began,
            rest_until,
            round,
            nudge,
            clock,
            last: None,
        }
    }

    pub(super) fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// Whether a checkpoint is being written, or rows are sealed for it.
    pub(super) fn busy(&self) -> bool {
        self.running.is_some() || self.seals()
    }

    /// Whether rows are sealed for a checkpoint.
    pub(super) fn seals(&self) -> bool {
        self.round.begun()
    }

    /// The checkpoint that was begun last is over.
    fn rest(&mut self) {
        let now = (self.clock)();
        let rest = (now - self.began).0.saturating_mul(REST).clamp(0, REST_MAX.0);
        self.rest_until = now.plus(Span(rest));
    }

    /// Whether so many fresh rows make a checkpoint due.
    fn is_due(&self, fresh: usize) -> bool {
        fresh >= self.due && (fresh >= RESTED_ROWS_MAX || (self.clock)() >= self.rest_until)
    }

    /// When so many fresh rows make one due that are too few as yet; nothing: no time does.
    pub(super) fn next(&self, fresh: usize) -> Option<Timestamp> {
        let rests = fresh >= self.due && (self.clock)() < self.rest_until;
        rests.then_some(self.rest_until)
    }

    /// Wakes the writer.
    pub(super) fn nudge(&self) -> mpsc::WeakSender<Command> {
        self.nudge.clone()
    }
}

impl Writer {
    pub(super) fn ask_maintenance(&mut self, errand: Errand) {
        self.maintenance.waiting.push_back(errand);
    }

    /// Takes over what has ended, and starts what is asked for or due. Never waits, unless far too
    /// many rows wait for a checkpoint.
    pub(super) fn maintain(&mut self) {
        let crowded = self.store.n_fresh() >= UNWRITTEN_ROWS_MAX;
        self.collect(crowded);
        self.seal_aside();
        self.show_waiting();
        while self.maintenance.running.is_none() {
            let wanted = !self.maintenance.waiting.is_empty();
            let due = self.maintenance.is_due(self.store.n_fresh()) && self.refused.is_none();
            if !wanted && !due || !crowded && self.seals_for_checkpoint() {
                break;
            }
            match self.maintenance.waiting.pop_front() {
                Some(errand) => self.start(errand.merging, errand.copying, Some(errand.reply)),
                None => self.start(Merging::Tiered, None, None),
            }
        }
        let joined = self.watching.unsaved() == Unsaved::Joined;
        if joined && self.maintenance.running.is_none() && !self.seals_for_checkpoint() {
            self.start(Merging::Tiered, None, None);
        }
    }

    /// Whether rows are being sealed for the next checkpoint, with what is due and what arrives in
    /// between.
    fn seals_for_checkpoint(&mut self) -> bool {
        let mut round = self.maintenance.round;
        let seals = self.seals_for(&mut round);
        self.maintenance.round = round;
        seals
    }

    /// Waits for the job under way, does what waits, and writes a last checkpoint.
    pub(super) fn finish_maintenance(&mut self) -> Result<(), WorkspaceError> {
        self.collect(true);
        while let Some(errand) = self.maintenance.waiting.pop_front() {
            self.start(errand.merging, errand.copying, Some(errand.reply));
            self.collect(true);
        }
        self.decide_waiting();
        if self.reaching.undecided() {
            // Whoever opens the directory to send finds the triggers in the log again.
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        self.start(Merging::Tiered, None, Some(reply));
        self.collect(true);
        if let Some(done) = self.maintenance.last.take() {
            self.store.sweep(&done);
        }
        match answer.blocking_recv().map_err(|_| WorkspaceError::Writer)? {
            // That was said when it happened; the log has all that was acknowledged.
            Ok(_) | Err(WorkspaceError::ReadOnly(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes files that neither the last checkpoint names nor anybody reads; how many are still read.
    pub(super) fn sweep(&mut self) -> usize {
        self.shared.show(None);
        if let Some(done) = &self.maintenance.last {
            self.store.sweep(done);
        }
        match self.maintenance.busy() {
            true => usize::MAX,
            false => self.store.n_obsolete(),
        }
    }

    /// Waits until no job writes into the folder any more.
    pub(super) fn abandon_maintenance(&mut self) {
        self.collect(true);
    }

    fn start(
        &mut self,
        merging: Merging,
        copying: Option<Copying>,
        reply: Option<oneshot::Sender<Result<Maintained, WorkspaceError>>>,
    ) {
        self.maintenance.round = Round::default();
        self.maintenance.began = (self.maintenance.clock)();
        self.decide_waiting();
        let at = self.log.end();
        let same = at == self.checkpointed && self.watching.unsaved() == Unsaved::Nothing;
        let nothing_new = same && merging == Merging::Tiered;
        let forgets = !self.shared.kept().is_empty() || self.discarded;
        // After the log refused, the fold is ahead of it: no checkpoint may say so.
        if self.refused.is_some() || nothing_new && copying.is_none() && !forgets {
            let log_position = self.checkpointed.0;
            let refused = self.refused.clone().filter(|_| !nothing_new || copying.is_some());
            let answer = match refused {
                Some(why) => Err(WorkspaceError::ReadOnly(why)),
                None => Ok(Maintained { log_position, ..Maintained::default() }),
            };
            reply.map(|reply| reply.send(answer));
            return;
        }
        let live = self.watching.pieces();
        let checkpoint = Checkpoint { live, ..Checkpoint::of(at.0, self.frames, &self.fold) };
        let upkeep = Upkeep { merging, forget: self.shared.forgotten((self.maintenance.clock)()) };
        let job = match self.store.begin(checkpoint, &upkeep) {
            Ok(Some(job)) => {
                self.discarded = false;
                job
            }
            Ok(None) => return,
            Err(error) => return self.ended(Err(error.into()), reply),
        };
        match self.spawn(job, copying) {
            Ok(result) => self.maintenance.running = Some(Running { at, result, reply }),
            Err(source) => {
                self.store.abandon();
                let dir = PathBuf::from("maintenance thread");
                self.ended(Err(WorkspaceError::Directory { dir, source }), reply);
            }
        }
    }

    fn spawn(&self, job: Job, copying: Option<Copying>) -> io::Result<Receiver<Outcome>> {
        let (sender, result) = channel();
        let nudge = Nudge(self.maintenance.nudge.clone());
        let reader = self.log.reader();
        thread::Builder::new().name("maintenance".into()).spawn(move || {
            let _nudge = nudge;
            let sender = sender;
            let _ = sender.send(carry_out(job, copying, &reader));
        })?;
        Ok(result)
    }

    /// Takes over the job under way if it has ended, or waits for it.
    fn collect(&mut self, wait: bool) {
        let Some(running) = self.maintenance.running.take() else { return };
        let received = match wait {
            true => running.result.recv().map_err(|_| TryRecvError::Disconnected),
            false => running.result.try_recv(),
        };
        let result = match received {
            Err(TryRecvError::Empty) => {
                self.maintenance.running = Some(running);
                return;
            }
            Err(TryRecvError::Disconnected) => {
                self.store.abandon();
                Err(WorkspaceError::Writer)
            }
            Ok((done, copied)) => self.take_over(done, running.at).and_then(|maintained| {
                copied?;
                Ok(maintained)
            }),
        };
        self.ended(result, running.reply);
    }

    fn take_over(
        &mut self,
        done: Result<Done, history::Error>,
        at: Offset,
    ) -> Result<Maintained, WorkspaceError> {
        let done = self.store.finish(done)?;
        self.checkpointed = at;
        self.trim_log();
        self.shared.checkpoint_at.store((self.maintenance.clock)().0, Ordering::Relaxed);
        // The view before holds parts in memory that files hold now, or events that are gone.
        self.shared.show(None);
        let Done { log_position, rows_written, rows_forgotten, .. } = done;
        self.maintenance.last = Some(done);
        Ok(Maintained { log_position, rows_written, rows_forgotten })
    }

    /// A checkpoint that fails loses nothing, as the log has everything; it is tried again later.
    fn ended(
        &mut self,
        result: Result<Maintained, WorkspaceError>,
        reply: Option<oneshot::Sender<Result<Maintained, WorkspaceError>>>,
    ) {
        let waiting = if result.is_ok() { 0 } else { self.store.n_fresh() };
        if result.is_err() {
            self.watching.not_saved();
        }
        self.maintenance.due = waiting + CHECKPOINT_ROWS;
        self.maintenance.rest();
        if let Err(error) = &result {
            tracing::error!(%error, "no checkpoint; the next start will read more of the log");
        }
        reply.map(|reply| reply.send(result));
    }
}

#[cfg(test)]
mod tests;

fn carry_out(job: Job, copying: Option<Copying>, reader: &Reader) -> Outcome {
    let done = job.run();
    let copied = match (&done, copying) {
        (Ok(done), Some(copying)) => copying.copy(done, reader).map_err(WorkspaceError::from),
        _ => Ok(()),
    };
    (done, copied)
}
