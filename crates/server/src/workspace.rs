//! One data directory, open: its log, its history, its configuration, and the one thread that
//! writes.
//!
//! What it is: the way in for records ([`Workspace::submit`]) and the way to an immutable view for
//! questions ([`Workspace::snapshot`]). What it is not: it validates nothing but what the schema
//! registry says ([`Workspace::admit`]), and computes nothing.
//!
//! Invariants:
//! - a record is visible and acknowledged only after the log has synced it;
//! - a delivery that was counted before is acknowledged only when the first one is durable;
//! - an acknowledged record is in the next snapshot that is asked for;
//! - arrival numbers come from the frames of the log, so that a replay gives the same ones;
//! - after the log refused once, nothing is accepted until the directory is opened again.

mod alarm;
mod backup;
mod enrich;
pub(crate) mod erase;
mod error;
mod keep;
mod maintenance;
mod planned;
mod sealing;
mod suppress;
mod writer;

pub use backup::{Backup, BackupError, erase_in_backup, is_backup, restore};
pub use enrich::Enrichment;
pub use erase::EraseWish;
pub use error::{SubmitError, WorkspaceError};
pub use maintenance::Maintained;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use engine::{Fold, IdentityGraph};
use gateway::policy::Finding;
use history::{Cache, Checkpoint, Merging, Snapshot, Store, StoreStats};
use model::{Record, Span, Text, Timestamp, UserIndex};
use tokio::sync::{mpsc, oneshot};

use crate::catalogs::{self, Catalogs};
use crate::clock;
use crate::config::{Config, ConfigError};
use crate::errors::ErrorStream;
use crate::geo::Places;
use crate::live::Hub;
use crate::outbox::Handover;
use crate::outreach::{Outfit, compile};
use crate::privacy::Suppressed;
use crate::registry::Registry;
use crate::service::watched::{self, Definitions};
use enrich::Enriching;
pub use keep::{KeepLog, LogSizes};
use maintenance::{Errand, Maintenance};
pub use planned::Planned;
pub(crate) use writer::Entries;
pub(crate) use writer::{Again, Refused};
pub(crate) use writer::{
    Claim, Deed, Fetching, Offered, Qualified, Receipts, Told as ReceiptOf, address_of,
};
use writer::{Command, Entry, Past, Request, Writer};

/// Batches that wait for the writer; more wait in their senders.
const QUEUE_BATCHES: usize = 64;

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that count from now on.
    pub accepted: u64,
    /// Records whose delivery id had been counted before.
    pub duplicates: u64,
}

/// A batch on its way.
pub struct Receipt(oneshot::Receiver<Result<Counts, SubmitError>>);

/// What says the time of retention.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An open data directory.
pub struct Workspace {
    dir: PathBuf,
    config: Arc<Config>,
    catalogs: Arc<Catalogs>,
    registry: RwLock<Arc<Registry>>,
    enriching: Enriching,
    errors: ErrorStream,
    suppressed: RwLock<Arc<Suppressed>>,
    /// Held by whoever rewrites files for erasures.
    erasing: Mutex<()>,
    clock: Clock,
    queue: mpsc::Sender<Command>,
    reader: log::Reader,
    cache: Arc<Cache>,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<Result<(), WorkspaceError>>>>,
}

/// What the writer shows to everybody.
#[derive(Default)]
pub(crate) struct Shared {
    /// The latest view, as long as nothing was applied after it.
    latest: Mutex<Option<Arc<Snapshot>>>,
    /// What is told while it happens.
    pub(crate) hub: Arc<Hub>,
    /// For how long events of a name are kept.
    kept: Mutex<Vec<(Text, Span)>>,
    pub(crate) log_end: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) checkpoint_at: AtomicI64,
    pub(crate) read_only: AtomicBool,
    /// Nothing of the log is removed: [`KeepLog::All`].
    keep_all: AtomicBool,
}

/// What opening a data directory found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Records that were read from the log after the last checkpoint.
    pub replayed: u64,
    /// Bytes of an unfinished last write that were cut; none of it had been acknowledged.
    pub cut_bytes: u64,
}

impl Workspace {
    /// Opens a data directory, creating it if it is not there, and catches up with its log.
    pub fn open(dir: &Path) -> Result<(Workspace, Opened), WorkspaceError> {
        Workspace::open_with(dir, LogSizes::default())
    }

    /// The same with other sizes of the log's files.
    pub fn open_with(dir: &Path, sizes: LogSizes) -> Result<(Workspace, Opened), WorkspaceError> {
        Workspace::open_as(dir, sizes, Arc::new(clock::now))
    }

    /// The same with another clock for what is older than is kept.
    pub fn open_at(dir: &Path, clock: Clock) -> Result<(Workspace, Opened), WorkspaceError> {
        Workspace::open_as(dir, LogSizes::default(), clock)
    }

    fn open_as(
        dir: &Path,
        sizes: LogSizes,
        clock: Clock,
    ) -> Result<(Workspace, Opened), WorkspaceError> {
        let folder = |source| WorkspaceError::Directory { dir: dir.to_path_buf(), source };
        std::fs::create_dir_all(dir).map_err(folder)?;
        std::fs::create_dir_all(dir.join("log")).map_err(folder)?;
        std::fs::create_dir_all(dir.join("history")).map_err(folder)?;
        let options =
            log::Options { segment_bytes_max: sizes.segment_bytes, ..log::Options::default() };
        let opened = log::Log::open(&dir.join("log"), options);
        let (log, recovery) = opened.map_err(|error| match error {
            log::Error::Locked { .. } => WorkspaceError::InUse { dir: dir.to_path_buf() },
            other => other.into(),
        })?;
        let config = Arc::new(Config::open(&config_path(dir))?);
        let catalogs = Arc::new(Catalogs::open(&dir.join(catalogs::FILE))?);
        let registry = Registry::read(&config)?;
        let (queue, commands) = mpsc::channel(QUEUE_BATCHES);
        let reader = log.reader();
        let maintenance = Maintenance::new(queue.downgrade(), Arc::clone(&clock));
        let definitions = definitions(&config);
        let history = dir.join("history");
        let suppressed = Arc::new(Suppressed::read(&config, None)?);
        let past = Past {
            gone: registry.gone(),
            erasures: erase::pending(&config)?,
            suppressed: Arc::clone(&suppressed),
        };
        let outfit = outfit(&config, &definitions);
        let defined = (definitions, outfit);
        let (writer, replayed) =
            Writer::open(log, &history, sizes.kept_bytes, maintenance, defined, &past)?;
        let (shared, cache) = (writer.shared(), writer.store.shared_cache());
        shared.keep_all.store(KeepLog::of(&config)? == KeepLog::All, Ordering::Relaxed);
        shared.keep(crate::service::retention::kept(&config)?);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer.run(commands))
            .map_err(folder)?;
        let writer = Mutex::new(Some(thread));
        let errors = ErrorStream::start(Arc::clone(&config)).map_err(folder)?;
        let dir = dir.to_path_buf();
        let registry = RwLock::new(Arc::new(registry));
        let enriching = Enriching::default();
        enriching.set(crate::service::enrichment::stored(&config)?);
        let suppressed = RwLock::new(suppressed);
        let erasing = Mutex::default();
        let workspace = Workspace {
            dir,
            config,
            catalogs,
            registry,
            enriching,
            errors,
            suppressed,
            erasing,
            clock,
            queue,
            reader,
            cache,
            shared,
            writer,
        };
        Ok((workspace, Opened { replayed, cut_bytes: recovery.cut_bytes }))
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What bounds the memory of columns that were read.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Catalogs that messages look rows up in.
    pub fn catalogs(&self) -> &Arc<Catalogs> {
        &self.catalogs
    }

    /// What is declared, and what follows of it.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what is declared again: from now on that counts.
    pub fn registry_changed(&self) -> Result<(), ConfigError> {
        // Held while reading: a change meanwhile must not be followed by what was read before it.
        let mut registry = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        *registry = Arc::new(Registry::read(&self.config)?);
        Ok(())
    }

    /// What was sent and not accepted as it came.
    pub fn errors(&self) -> &ErrorStream {
        &self.errors
    }

    /// Records as suppressions and the schema let them in, in their order, and behind them what
    /// follows from them; what the schema finds is noted under `source`.
    pub fn admit(&self, source: &str, records: Vec<Record>) -> Vec<Record> {
        self.admit_from(source, records, None)
    }

    /// The same, and how many of those that were handed in are among them.
    pub fn admit_counted(&self, source: &str, records: Vec<Record>) -> (Vec<Record>, usize) {
        let mut records = self.let_in(source, records);
        let let_in = records.len();
        self.enriching.enrich(&mut records, None);
        (records, let_in)
    }

    /// The same for records that came through a connection with another end.
    pub fn admit_from(
        &self,
        source: &str,
        records: Vec<Record>,
        peer: Option<IpAddr>,
    ) -> Vec<Record> {
        let mut records = self.let_in(source, records);
        self.enriching.enrich(&mut records, peer);
        records
    }

    /// From now on this follows from events.
    pub fn enrich(&self, settings: Enrichment) {
        self.enriching.set(settings);
    }

    /// Where addresses are.
    pub fn places(&self) -> &Places {
        &self.enriching.places
    }

    /// Records as suppressions and the schema let them in, in their order.
    fn let_in(&self, source: &str, records: Vec<Record>) -> Vec<Record> {
        let records = self.unsuppressed(source, records);
        let registry = self.registry();
        if registry.policy.idle() {
            return records;
        }
        let at = self.now();
        let mut note = |finding: Finding<'_>| self.errors.found(at, source, &finding);
        registry.policy.apply(records, &mut note)
    }

    /// The same without a word to the error stream.
    pub fn would_admit(&self, records: Vec<Record>) -> Vec<Record> {
        self.registry().policy.apply(records, &mut |_| {})
    }

    /// What would become of a batch that was handed in now. Nothing is stored. Blocks its thread.
    pub fn would_count(&self, records: Vec<Record>) -> Result<Counts, SubmitError> {
        let asked = self.ask(|reply| Command::Try(records, reply));
        asked.map_err(|_| SubmitError::Closing)?
    }

    /// Drops every event of a name that was accepted up to an instant, from answers at once and from
    /// the disk before it returns. Blocks its thread.
    pub fn discard(&self, name: &str, until: Timestamp) -> Result<Maintained, WorkspaceError> {
        self.ask(|reply| Command::Discard(name.into(), until, reply))??;
        self.checkpoint()
    }

    /// What is told while it happens.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.shared.hub
    }

    /// The present instant, by the clock of this workspace.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// From now on what is configured is watched live, and time is told as it passes. Called again
    /// after every change of a definition. Does not wait.
    pub fn watch(&self) -> Result<(), WorkspaceError> {
        let definitions = Box::new(definitions(&self.config));
        self.queue.blocking_send(Command::Watch(definitions)).map_err(|_| WorkspaceError::Writer)
    }

    /// From now on these campaigns and this policy decide. Does not wait.
    pub fn outfit(&self, outfit: Arc<Outfit>) -> Result<(), WorkspaceError> {
        self.queue.blocking_send(Command::Outfit(outfit)).map_err(|_| WorkspaceError::Writer)
    }

    /// From now on candidates are decided, and what is to be sent is handed over; first what an earlier run
    /// left. Blocks its thread.
    pub fn reach(
        &self,
        outbox: tokio::sync::mpsc::UnboundedSender<Handover>,
    ) -> Result<(), WorkspaceError> {
        self.ask(|reply| Command::Reach(outbox, reply))?
    }

    /// Decides about candidates; when it returns, all decisions are durable. Blocks its thread.
    pub(crate) fn qualify(
        &self,
        candidates: Vec<engine::outreach::Candidate>,
    ) -> Result<Qualified, WorkspaceError> {
        self.ask(|reply| Command::Qualify(Request::new(candidates, reply)))
    }

    /// Lets users into a journey, once for the same cause; when it returns, that is durable. Blocks its thread.
    pub(crate) fn enter(
        &self,
        journey: model::Text,
        cause: String,
        users: Vec<UserIndex>,
    ) -> Result<Entries, WorkspaceError> {
        self.ask(|reply| Command::Enter(Entry::new(journey, cause, users, reply)))
    }

    /// What a client gets of the messages that wait for it. What was acknowledged before is decided.
    pub(crate) async fn fetch(&self, asked: Fetching) -> Result<Vec<Offered>, WorkspaceError> {
        self.ask_async(|reply| Command::Fetch(Box::new(asked), reply)).await
    }

    /// Whether one of these clients would get something that was handed to none yet.
    pub(crate) async fn news(&self, claims: Vec<Claim>) -> Result<bool, WorkspaceError> {
        self.ask_async(|reply| Command::News(claims, reply)).await
    }

    /// Takes in what a client did with messages in a session; durable when it returns.
    pub(crate) async fn receipts(
        &self,
        claim: Claim,
        session: Option<i64>,
        receipts: Vec<ReceiptOf>,
    ) -> Result<Receipts, WorkspaceError> {
        let told = Box::new((claim, session, receipts));
        self.ask_async(|reply| Command::Receipts(told, reply)).await
    }

    /// Sends messages again that failed; what became of each wish, durably. Blocks its thread.
    pub(crate) fn retry(
        &self,
        wishes: Vec<Again>,
    ) -> Result<Vec<Result<(), Refused>>, WorkspaceError> {
        self.ask(|reply| Command::Retry(wishes, reply))
    }

    /// Waits until everything that is due is told, and every definition has joined. Blocks its
    /// thread.
    pub fn settle_live(&self) -> Result<(), WorkspaceError> {
        self.ask(Command::Settle)
    }

    /// How much of the log is kept from now on, in every process that opens the directory.
    pub fn keep_log(&self, keep: KeepLog) -> Result<(), ConfigError> {
        self.shared.keep_all.store(keep == KeepLog::All, Ordering::Relaxed);
        keep.store(&self.config)
    }

    /// Hands in records and waits until those that count are durable and visible.
    pub async fn submit(&self, records: Vec<Record>) -> Result<Counts, SubmitError> {
        let (command, receipt) = submission(records);
        self.queue.send(command).await.map_err(|_| SubmitError::Closing)?;
        receipt.0.await.unwrap_or(Err(SubmitError::Closing))
    }

    /// Hands in records from a thread that may block, without waiting for what becomes of them.
    pub fn enqueue(&self, records: Vec<Record>) -> Result<Receipt, SubmitError> {
        let (command, receipt) = submission(records);
        self.queue.blocking_send(command).map_err(|_| SubmitError::Closing)?;
        Ok(receipt)
    }

    /// Gets ready to take records, which otherwise the first submission does: reads the ids of all
    /// deliveries. Does not wait for it.
    pub fn prepare(&self) {
        // A writer that is gone answers the first submission.
        let _ = self.queue.blocking_send(Command::Prepare);
    }

    /// A view that holds everything acknowledged before the call. Blocks its thread.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, WorkspaceError> {
        if let Some(latest) = self.shared.latest() {
            return Ok(latest);
        }
        self.ask(Command::Snapshot)?
    }

    /// The same with whoever is hidden because they are suppressed: for what a person may know of
    /// themselves. Blocks its thread.
    pub fn whole_snapshot(&self) -> Result<Arc<Snapshot>, WorkspaceError> {
        self.ask(Command::Whole)?
    }

    /// The user that an id stands for, with all of their ids. Blocks its thread.
    pub fn identity(&self, id: &str) -> Result<Option<(UserIndex, IdentityGraph)>, WorkspaceError> {
        self.ask(|reply| Command::Identity(id.into(), reply))
    }

    /// What the fold answers, which has everything that was acknowledged. Blocks its thread.
    pub fn fold<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Fold) -> T + Send + 'static,
    ) -> Result<T, WorkspaceError> {
        self.ask(|reply| {
            Command::Fold(Box::new(move |fold| {
                let _ = reply.send(read(fold));
            }))
        })
    }

    /// The public ids of users of whom `holds` is true for any id, as people write it. Blocks its
    /// thread. Cost: all ids.
    pub fn users_where(
        &self,
        holds: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Vec<Text>, WorkspaceError> {
        self.ask(|reply| Command::Where(Box::new(holds), reply))
    }

    /// What a record would do to the identity graph. Blocks its thread.
    pub fn plan(&self, record: Record) -> Result<Planned, WorkspaceError> {
        self.ask(|reply| Command::Plan(Box::new(record), reply))
    }

    /// Which of these users have a known id, not only anonymous ones. Blocks its thread.
    pub fn known(&self, users: Vec<UserIndex>) -> Result<Vec<bool>, WorkspaceError> {
        self.ask(|reply| Command::Known(users, reply))
    }

    /// Writes a checkpoint now, and drops events that are older than is kept. Blocks its thread.
    pub fn checkpoint(&self) -> Result<Maintained, WorkspaceError> {
        self.maintain(Merging::Tiered, None)
    }

    /// The same, and merges the parts of every month and name as far as they fit into one. Blocks
    /// its thread.
    pub fn compact(&self) -> Result<Maintained, WorkspaceError> {
        self.maintain(Merging::Full, None)
    }

    /// Reads every frame of the log and checks it; how many there are.
    pub fn verify_log(&self) -> Result<u64, log::Error> {
        self.reader.verify()
    }

    /// What the history holds. Blocks its thread.
    pub fn stats(&self) -> Result<StoreStats, WorkspaceError> {
        self.ask(Command::Stats)
    }

    /// Events of these names are dropped at the next checkpoint when they are older than that.
    pub fn keep(&self, kept: Vec<(Text, Span)>) {
        self.shared.keep(kept);
    }

    fn maintain(
        &self,
        merging: Merging,
        copying: Option<backup::Copying>,
    ) -> Result<Maintained, WorkspaceError> {
        self.ask(|reply| Command::Maintain(Errand { merging, copying, reply }))?
    }

    /// Writes what waits, makes a checkpoint and closes the files. Submitting afterwards fails.
    pub fn close(&self) -> Result<(), WorkspaceError> {
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.errors.stop();
        let Some(thread) = thread else { return Ok(()) };
        let _ = self.queue.blocking_send(Command::Stop);
        thread.join().map_err(|_| WorkspaceError::Writer)?
    }

    /// Everything before this position of the log is durable and visible.
    pub fn log_position(&self) -> u64 {
        self.shared.log_end.load(Ordering::Acquire)
    }

    /// Whether the log refused to write.
    pub fn read_only(&self) -> bool {
        self.shared.read_only.load(Ordering::Acquire)
    }

    /// Records that counted since it was opened.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// How often the log was made durable since it was opened.
    pub fn syncs(&self) -> u64 {
        self.shared.syncs.load(Ordering::Relaxed)
    }

    /// Batches that wait for the writer.
    pub fn queue_depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    async fn ask_async<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, WorkspaceError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(question(reply)).await.map_err(|_| WorkspaceError::Writer)?;
        answer.await.map_err(|_| WorkspaceError::Writer)
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, WorkspaceError> {
        let (reply, answer) = oneshot::channel();
        self.queue.blocking_send(question(reply)).map_err(|_| WorkspaceError::Writer)?;
        answer.blocking_recv().map_err(|_| WorkspaceError::Writer)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // Without a checkpoint nothing is lost: the next start reads the log instead.
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (closed, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.queue, closed));
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Receipt {
    /// Waits until the records that count are durable and visible.
    pub fn wait(self) -> Result<Counts, SubmitError> {
        self.0.blocking_recv().unwrap_or(Err(SubmitError::Closing))
    }
}

impl Shared {
    fn keep(&self, kept: Vec<(Text, Span)>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    fn kept(&self) -> Vec<(Text, Span)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The instants at and before which events are not kept any more.
    fn forgotten(&self, now: Timestamp) -> Vec<(Text, Timestamp)> {
        self.kept().into_iter().map(|(name, span)| (name, now - span)).collect()
    }

    fn latest(&self) -> Option<Arc<Snapshot>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

/// What is to be watched; nothing if it cannot be read, which the service says too.
fn definitions(config: &Config) -> Definitions {
    watched::read(config).unwrap_or_else(|failure| {
        tracing::error!(%failure, "the definitions cannot be read; nothing is watched");
        Definitions::none()
    })
}

/// Campaigns and policy; none if they cannot be read, which the service says too.
fn outfit(config: &Config, definitions: &Definitions) -> Arc<Outfit> {
    match compile::read(config, definitions) {
        Ok(outfit) => Arc::new(outfit),
        Err(failure) => {
            tracing::error!(%failure, "the campaigns cannot be read; nothing is sent");
            compile::nothing(definitions)
        }
    }
}

/// Where the configuration of a data directory stands.
pub fn config_path(dir: &Path) -> PathBuf {
    dir.join("config.db")
}

fn submission(records: Vec<Record>) -> (Command, Receipt) {
    let (reply, receipt) = oneshot::channel();
    (Command::Submit { records, reply }, Receipt(receipt))
}
