//! The one thread that writes: it takes whole groups of batches from the queue, makes them durable
//! with one sync, applies them, and only then answers.

mod backfill;
mod counted;
mod erase;
mod journeys;
mod left;
mod live;
mod outreach;
mod resolve;
mod retry;
mod shelf;
mod told;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::Restoring;
use log::{Log, Offset};
use model::What;
use wire::record::{Encoder, decode_batch};

use super::alarm::Alarm;
use super::error::with_cause;
use super::maintenance::{Errand, Maintenance};
use super::sealing::Sealer;
use super::*;
use crate::clock;
use crate::service::watched::Definitions;
use counted::Counted;
pub(crate) use erase::{Durable, Erasing, Struck};
pub(crate) use journeys::{Entries, Entry};
pub(super) use live::Unsaved;
pub(crate) use live::Watching;
use outreach::Reaching;
pub(crate) use outreach::{Qualified, Request, address_of};
pub(crate) use retry::{Again, Refused};
pub(crate) use shelf::{Claim, Deed, Fetching, Offered, Receipts, Told};

/// Records of one group: bounds the memory of a group and the delay of its first batch.
const GROUP_RECORDS_MAX: usize = 8 * 1024;

/// Bytes of one log frame, and of frames between syncs within one group.
const FRAME_BYTES: usize = 4 * 1024 * 1024;

/// Records of one frame: what is due is told between frames, so that it waits for few milliseconds.
const FRAME_RECORDS: usize = 256;

/// What the writer is asked to do.
pub(crate) enum Command {
    Submit {
        records: Vec<Record>,
        reply: oneshot::Sender<Result<Counts, SubmitError>>,
    },
    Snapshot(oneshot::Sender<Result<Arc<Snapshot>, WorkspaceError>>),
    /// Public ids of users of whom any id is such.
    Where(Box<dyn Fn(&str) -> bool + Send>, oneshot::Sender<Vec<Text>>),
    /// A view with whoever is hidden.
    Whole(oneshot::Sender<Result<Arc<Snapshot>, WorkspaceError>>),
    Identity(String, oneshot::Sender<Option<(UserIndex, IdentityGraph)>>),
    /// What a record would do to the identity graph, with the public ids of whom it concerns.
    Plan(Box<Record>, oneshot::Sender<Planned>),
    Known(Vec<UserIndex>, oneshot::Sender<Vec<bool>>),
    /// Whatever the fold says, which has everything that is acknowledged.
    Fold(Box<dyn FnOnce(&Fold) + Send>),
    /// What would become of a batch.
    Try(Vec<Record>, oneshot::Sender<Result<Counts, SubmitError>>),
    /// Get ready to take records: somebody will soon send some.
    Prepare,
    Maintain(Errand),
    Stats(oneshot::Sender<history::StoreStats>),
    /// Drop the events of a name that were accepted up to an instant.
    Discard(Text, Timestamp, oneshot::Sender<Result<(), WorkspaceError>>),
    /// Erase somebody; nothing: nobody has the id.
    Erase(Box<Erasing>, oneshot::Sender<Result<Option<Struck>, WorkspaceError>>),
    /// Hide whoever is suppressed by now.
    Suppress(Arc<Suppressed>, oneshot::Sender<()>),
    /// Remove files that nobody needs; how many are still read.
    Sweep(oneshot::Sender<usize>),
    /// Watch these definitions from now on, and tell what time brings about.
    Watch(Box<crate::service::watched::Definitions>),
    /// Decide by these campaigns and this policy from now on.
    Outfit(Arc<Outfit>),
    /// Decide about candidates from now on, and hand over what is to be sent.
    Reach(
        tokio::sync::mpsc::UnboundedSender<Handover>,
        oneshot::Sender<Result<(), WorkspaceError>>,
    ),
    /// Decide about these.
    Qualify(Request),
    /// Let people into a journey.
    Enter(Entry),
    /// What a client gets of the messages that wait for it.
    Fetch(Box<Fetching>, oneshot::Sender<Vec<Offered>>),
    /// Whether one of these would get something that it was not handed yet.
    News(Vec<Claim>, oneshot::Sender<bool>),
    /// What a client did with messages: who, in which session.
    Receipts(Box<(Claim, Option<i64>, Vec<Told>)>, oneshot::Sender<Receipts>),
    /// Send messages again that failed; what became of each wish.
    Retry(Vec<Again>, oneshot::Sender<Vec<Result<(), Refused>>>),
    /// Tell everything that is due now, and finish what joins.
    Settle(oneshot::Sender<()>),
    /// Something has ended, or is due.
    Nudge,
    Stop,
}

/// Owner of everything that changes.
pub(crate) struct Writer {
    pub(super) log: Log,
    pub(super) fold: Fold,
    pub(super) store: Store,
    counted: Counted,
    /// Frames of the log so far.
    pub(super) frames: u64,
    pub(super) shared: Arc<Shared>,
    /// The log position of the last checkpoint.
    pub(super) checkpointed: Offset,
    /// Bytes of the log that are kept whatever the checkpoint says.
    kept_bytes: u64,
    pub(super) refused: Option<Arc<str>>,
    /// Users who are kept and not shown.
    hidden: std::collections::BTreeSet<UserIndex>,
    /// Files have events that were discarded, or somebody who was erased; the next checkpoint lets them go.
    pub(super) discarded: bool,
    pub(super) maintenance: Maintenance,
    pub(super) sealer: Sealer,
    pub(super) watching: Watching,
    pub(super) reaching: Reaching,
    clock: Clock,
    alarm: Alarm,
    /// Who waits until all is told.
    settling: Vec<oneshot::Sender<()>>,
}

/// What happened beside the log, and what a replay must know of it.
#[derive(Default)]
pub(crate) struct Past {
    /// Names of events, with the acceptance up to which they are dropped.
    pub(crate) gone: Vec<(Text, Timestamp)>,
    /// Erasures that have not come to their end, in the order of the log.
    pub(crate) erasures: Vec<super::erase::Intent>,
    /// Who is hidden.
    pub(crate) suppressed: Arc<Suppressed>,
}

/// A record that counts, what the fold said of it, and the user's public id after it.
type Taken = (engine::Step, Text, Record);

/// The fold of a checkpoint, read piece by piece.
fn restored(pieces: history::SavedPieces) -> Result<Fold, WorkspaceError> {
    let mut restoring = Restoring::default();
    for piece in pieces {
        restoring.take(&piece?)?;
    }
    Ok(restoring.finish()?)
}

/// Records on their way into the log.
#[derive(Default)]
struct Group {
    accepted: Vec<Taken>,
    replies: Vec<(oneshot::Sender<Result<Counts, SubmitError>>, Counts)>,
}

impl Writer {
    /// Restores the last checkpoint and replays the log after it, without what of `gone` was accepted
    /// up to an instant, and without whom was erased meanwhile; the number of records replayed.
    pub fn open(
        log: Log,
        history: &Path,
        kept_bytes: u64,
        maintenance: Maintenance,
        (definitions, outfit): (Definitions, Arc<Outfit>),
        past: &Past,
    ) -> Result<(Writer, u64), WorkspaceError> {
        let (mut store, checkpoint) = Store::open(history)?;
        // The checkpoint may be older than what was discarded, and so is the log.
        for (name, until) in &past.gone {
            store.discard(name, *until)?;
        }
        let fold = restored(checkpoint.fold)?;
        let clock = maintenance.clock();
        let mut writer = Writer {
            log,
            fold,
            store,
            counted: Counted::new(),
            frames: checkpoint.arrivals,
            shared: Arc::default(),
            checkpointed: Offset(checkpoint.log_position),
            kept_bytes,
            refused: None,
            hidden: std::collections::BTreeSet::new(),
            discarded: !past.gone.is_empty(),
            sealer: Sealer::new(maintenance.nudge()),
            maintenance,
            watching: Watching::new(checkpoint.live, definitions),
            reaching: Reaching::new(outfit),
            clock,
            alarm: Alarm::default(),
            settling: Vec::new(),
        };
        let replayed = writer.replay(&past.erasures)?;
        writer.reaching.going.replayed();
        writer.suppress(&past.suppressed);
        writer.doubt_bereft();
        writer.shared.log_end.store(writer.log.end().0, Ordering::Release);
        writer.shared.checkpoint_at.store(clock::now().0, Ordering::Relaxed);
        Ok((writer, replayed))
    }

    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    fn replay(&mut self, erasures: &[super::erase::Intent]) -> Result<u64, WorkspaceError> {
        let reader = self.log.reader();
        let (from, end) = (self.checkpointed, reader.end());
        if from > end {
            return Err(WorkspaceError::Ahead { checkpoint: from.0, end: end.0 });
        }
        if from < reader.first() {
            return Err(WorkspaceError::Gap { checkpoint: from.0, first: reader.first().0 });
        }
        // What lies before the checkpoint is in it; a mark behind each tells which that is.
        let pending: Vec<_> = erasures.iter().filter(|of| of.position >= from.0).cloned().collect();
        let last = pending.last().map(|intent| intent.position);
        let mut pending = pending.into_iter();
        let mut frames = reader.read_from(from)?;
        let mut replayed = 0;
        while let Some((offset, payload)) = frames.next_frame()? {
            self.strike_until(&mut pending, offset)?;
            let records = decode_batch(payload)
                .map_err(|source| WorkspaceError::Record { offset: offset.0, source })?;
            replayed += records.len() as u64;
            let taken: Vec<Taken> = records.into_iter().map(|record| self.step(record)).collect();
            let mut transitions = Vec::new();
            if let Some(now) = taken.iter().map(|(.., record)| record.received_at).max() {
                self.live_catch_up(now, &mut transitions);
                self.journeys_see_moves(&transitions);
                self.store_transitions(&transitions);
            }
            self.apply_frame(taken, &mut Vec::new());
            self.seal_aside();
        }
        self.strike_until(&mut pending, end)?;
        self.mark_last(last)?;
        Ok(replayed)
    }

    /// Works until it is told to stop or nobody is left who could.
    pub fn run(mut self, mut commands: mpsc::Receiver<Command>) -> Result<(), WorkspaceError> {
        let alarm = self.alarm.clone();
        if let Err(error) = alarm.start(Arc::clone(&self.clock), self.maintenance.nudge()) {
            tracing::error!(%error, "no alarm: what is due is told with the next record");
        }
        let ended = self.work(&mut commands);
        alarm.stop();
        ended
    }

    fn work(&mut self, commands: &mut mpsc::Receiver<Command>) -> Result<(), WorkspaceError> {
        loop {
            // What is due is told in slices between groups of records, so that neither waits.
            let mut next = match self.live_busy() || self.reach_busy() {
                true => commands.try_recv().ok(),
                false => {
                    self.settled();
                    let checkpoint = self.maintenance.next(self.store.n_fresh());
                    let next = [self.live_next(), self.reach_next(), checkpoint];
                    let next = next.into_iter().flatten().min();
                    self.alarm.set(next);
                    match commands.blocking_recv() {
                        Some(command) => Some(command),
                        None => break,
                    }
                }
            };
            let mut group = Group::default();
            let mut others = Vec::new();
            let mut stop = false;
            while let Some(command) = next {
                match command {
                    Command::Submit { records, reply } => self.take(records, reply, &mut group),
                    Command::Stop => stop = true,
                    other => others.push(other),
                }
                let full = group.accepted.len() >= GROUP_RECORDS_MAX;
                next = if full { None } else { commands.try_recv().ok() };
            }
            self.commit(group);
            others.into_iter().for_each(|command| self.answer(command));
            if stop {
                self.show_now();
                return self.finish_maintenance();
            }
            self.live_slice();
            self.reach_slice();
            self.maintain();
        }
        self.abandon_maintenance();
        Ok(())
    }

    /// Answers whoever waits until nothing is due, nothing joins, and what joined is in a checkpoint.
    fn settled(&mut self) {
        let working = self.watching.working() || self.maintenance.busy();
        let waits = working && self.refused.is_none();
        if !waits {
            for reply in self.settling.drain(..) {
                let _ = reply.send(());
            }
        }
    }

    /// Decides which records of a batch count, and what they do.
    fn take(
        &mut self,
        records: Vec<Record>,
        reply: oneshot::Sender<Result<Counts, SubmitError>>,
        group: &mut Group,
    ) {
        if let Some(why) = &self.refused {
            let _ = reply.send(Err(SubmitError::ReadOnly(Arc::clone(why))));
            return;
        }
        let held = match self.counted.held(&self.store, &self.fold, &records) {
            Ok(held) => held,
            Err(error) => {
                tracing::error!(%error, "the history cannot be read; a batch is not accepted");
                let _ = reply.send(Err(SubmitError::History(error.to_string().into())));
                return;
            }
        };
        let mut counts = Counts::default();
        for record in records {
            // It was let in before its person was suppressed.
            if self.of_hidden(&record) {
                continue;
            }
            let id = record.delivery();
            // What follows from an event is not another one for whoever sent it.
            let sent = u64::from(!matches!(record.what, What::Facts(_)));
            if id.is_some_and(|id| held.contains(&id) || !self.counted.take(id)) {
                counts.duplicates += sent;
                continue;
            }
            counts.accepted += sent;
            group.accepted.push(self.step(record));
        }
        group.replies.push((reply, counts));
    }

    /// Makes a group durable, applies it and answers. After a failure the fold is ahead of the log,
    /// which nobody sees: no checkpoint is written any more, users that only the fold has are not
    /// found, and the next start begins from the log.
    fn commit(&mut self, group: Group) {
        if self.refused.is_some() {
            return;
        }
        let frames = match self.write(&group) {
            Ok(frames) => frames,
            Err(error) => return self.refuse(error, group),
        };
        if !group.accepted.is_empty() {
            self.shared.show(None);
            // Taking and syncing took a while.
            self.tell_due();
        }
        let wanted = self.shared.hub.events_wanted();
        let mut published = told::accepted(&self.fold, &group.accepted, wanted);
        let mut accepted = group.accepted.into_iter();
        let mut transitions = Vec::new();
        for n in frames {
            transitions.clear();
            self.apply_frame(accepted.by_ref().take(n).collect(), &mut transitions);
            self.live_due(&mut transitions);
            self.published(&transitions, &mut published);
            self.shared.hub.publish(std::mem::take(&mut published));
        }
        self.counted.applied();
        self.shared.log_end.store(self.log.end().0, Ordering::Release);
        for (reply, counts) in group.replies {
            self.shared.accepted.fetch_add(counts.accepted, Ordering::Relaxed);
            self.shared.duplicates.fetch_add(counts.duplicates, Ordering::Relaxed);
            let _ = reply.send(Ok(counts));
        }
    }

    /// Accepts nothing any more.
    fn stop_accepting(&mut self, why: Arc<str>) {
        tracing::error!(%why, "nothing is accepted from now on");
        self.shared.read_only.store(true, Ordering::Release);
        self.refused = Some(why);
    }

    /// The log refused to write.
    fn refuse(&mut self, error: log::Error, group: Group) {
        let why: Arc<str> = with_cause(&error).into();
        self.stop_accepting(Arc::clone(&why));
        for (reply, _) in group.replies {
            let _ = reply.send(Err(SubmitError::ReadOnly(Arc::clone(&why))));
        }
    }

    /// Makes a group durable; how many records each frame of it has.
    fn write(&mut self, group: &Group) -> Result<Vec<usize>, log::Error> {
        let mut frames = Vec::new();
        let mut encoder = Encoder::new();
        let mut n = 0;
        for (_, _, record) in &group.accepted {
            encoder.push(record);
            n += 1;
            if encoder.bytes() >= FRAME_BYTES || n == FRAME_RECORDS {
                let full = std::mem::replace(&mut encoder, Encoder::new());
                self.append(&full.finish())?;
                frames.push(std::mem::take(&mut n));
            }
        }
        if n > 0 {
            self.append(&encoder.finish())?;
            frames.push(n);
        }
        if self.log.waiting_bytes() > 0 {
            self.log.sync()?;
            self.shared.syncs.fetch_add(1, Ordering::Relaxed);
        }
        Ok(frames)
    }

    fn append(&mut self, payload: &[u8]) -> Result<(), log::Error> {
        match self.log.append(payload) {
            Err(error) if error.remedy() == log::Remedy::SyncFirst => {
                self.log.sync()?;
                self.log.append(payload).map(|_| ())
            }
            other => other.map(|_| ()),
        }
    }

    /// Folds a record that counts.
    fn step(&mut self, record: Record) -> Taken {
        let step = self.fold.step(&record);
        let name = match step.user {
            UserIndex::NOBODY => Text::default(),
            user => self.fold.person(user).public_id.clone(),
        };
        (step, name, record)
    }

    /// Applies the records of one frame of the log; what it tells is added.
    fn apply_frame(&mut self, mut taken: Vec<Taken>, told: &mut Vec<engine::live::Transition>) {
        let n = told.len();
        // What is told of an address is in the fold and in the log, and nobody's.
        taken.retain(|(step, ..)| step.user != UserIndex::NOBODY);
        let taken = self.resolved(taken);
        self.reach_merged(&taken);
        self.live_frame(&taken, told);
        self.triggers_of(&taken);
        self.follow_shelf(&taken);
        self.journeys_see(&taken, &told[n..]);
        let arrivals = engine::arrivals(self.frames, taken.iter().map(|(.., record)| record));
        self.frames += 1;
        for ((step, name, record), arrival) in taken.into_iter().zip(arrivals) {
            self.store.apply(&step, record, &name, arrival);
        }
        self.store_transitions(&told[n..]);
    }

    fn answer(&mut self, command: Command) {
        match command {
            Command::Snapshot(reply) => self.show_to(reply),
            Command::Where(holds, reply) => {
                let mut found = std::collections::BTreeSet::new();
                self.fold.each_id(&mut |user, id| {
                    if holds(id) {
                        found.insert(user);
                    }
                });
                let id = |user: UserIndex| self.fold.person(user).public_id.clone();
                let _ = reply.send(found.into_iter().map(id).collect());
            }
            Command::Whole(reply) => {
                let _ = reply.send(self.store.whole_snapshot().map_err(WorkspaceError::from));
            }
            Command::Identity(id, reply) => {
                // What the log refused is in the fold all the same, and nowhere else.
                let shown = match self.refused {
                    Some(_) => self.store.n_users(),
                    None => usize::MAX,
                };
                let found = self.fold.find(&id).filter(|user| user.at() < shown);
                let _ = reply.send(found.map(|user| (user, self.fold.graph(user))));
            }
            Command::Known(users, reply) => {
                let known = |user: &UserIndex| self.fold.has_user_id(*user);
                let _ = reply.send(users.iter().map(known).collect());
            }
            Command::Fold(read) => read(&self.fold),
            Command::Try(records, reply) => {
                let _ = reply.send(self.would_count(&records));
            }
            Command::Maintain(errand) => self.ask_maintenance(errand),
            Command::Plan(record, reply) => {
                let _ = reply.send(Planned::of(&self.fold, &record));
            }
            Command::Stats(reply) => {
                let _ = reply.send(self.store.stats());
            }
            Command::Prepare => {
                // The first submission tries again and says what is wrong.
                if let Err(error) = self.counted.prepare(&self.store, 0) {
                    tracing::error!(%error, "the delivery ids of the history cannot be read");
                }
            }
            Command::Watch(definitions) => {
                self.watching.define(*definitions);
                self.watching.running = true;
            }
            Command::Outfit(outfit) => self.outfit(outfit),
            Command::Reach(outbox, reply) => {
                let _ = reply.send(self.reach_from_now(outbox));
            }
            Command::Qualify(request) => self.requested(request),
            Command::Enter(entry) => self.journeys_enter(entry),
            Command::Fetch(asked, reply) => {
                let _ = reply.send(self.fetch(&asked));
            }
            Command::News(claims, reply) => {
                let _ = reply.send(self.news(&claims));
            }
            Command::Receipts(told, reply) => {
                let (claim, session, receipts) = &*told;
                let _ = reply.send(self.receipts(claim, *session, receipts));
            }
            Command::Retry(wishes, reply) => {
                let _ = reply.send(self.retry(wishes));
            }
            Command::Discard(name, until, reply) => {
                let _ = reply.send(self.discard(&name, until));
            }
            Command::Erase(erasing, reply) => {
                let _ = reply.send(self.erase(*erasing));
            }
            Command::Suppress(suppressed, reply) => {
                self.suppress(&suppressed);
                let _ = reply.send(());
            }
            Command::Sweep(reply) => {
                let _ = reply.send(self.sweep());
            }
            Command::Settle(reply) => self.settling.push(reply),
            Command::Submit { .. } | Command::Stop | Command::Nudge => {}
        }
    }

    /// Which records of a batch would count. Nothing waits here: groups are committed before.
    fn would_count(&mut self, records: &[Record]) -> Result<Counts, SubmitError> {
        if let Some(why) = &self.refused {
            return Err(SubmitError::ReadOnly(Arc::clone(why)));
        }
        let held = self.counted.held(&self.store, &self.fold, records);
        let mut seen = held.map_err(|error| SubmitError::History(error.to_string().into()))?;
        let mut counts = Counts::default();
        for record in records.iter().filter(|record| !matches!(record.what, What::Facts(_))) {
            match record.delivery().is_none_or(|id| seen.insert(id)) {
                true => counts.accepted += 1,
                false => counts.duplicates += 1,
            }
        }
        Ok(counts)
    }

    /// Drops the events of a name, and has everybody who had any evaluated anew.
    fn discard(&mut self, name: &Text, until: Timestamp) -> Result<(), WorkspaceError> {
        let discarded = self.store.discard(name, until);
        self.shared.show(None);
        self.discarded = true;
        self.doubt_bereft();
        Ok(discarded?)
    }

    /// What was told of whoever lost events may be otherwise without them.
    fn doubt_bereft(&mut self) {
        let bereft = self.store.take_bereft();
        if !bereft.is_empty() {
            self.watching.live().doubt(&bereft);
        }
    }

    /// Removes what of the log the checkpoint has made unnecessary. A failure costs room on the
    /// disk and nothing else; the next checkpoint tries again.
    pub(super) fn trim_log(&mut self) {
        if self.shared.keep_all.load(Ordering::Relaxed) {
            return;
        }
        let floor = Offset(self.log.end().0.saturating_sub(self.kept_bytes));
        if let Err(error) = self.log.remove_before(self.checkpointed.min(floor)) {
            tracing::warn!(error = %with_cause(&error), "old files of the log cannot be removed");
        }
    }
}
