//! The program under test: log, fold, live state and history, in the order of steps of the server's
//! writer thread, on one thread.
//!
//! What it is: append and sync, then the live path, then the history, then the acknowledgement;
//! checkpoints, definitions that join, and what a start makes of all that after a crash. What it is
//! not: it decides nothing by chance and checks nothing.

mod faults;
mod journeys;
mod open;
mod rebuild;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use engine::live::{Base, Folded, FrozenLive, Histories, Live, PublicIds, Transition, WatchId};
use engine::{Fold, Frozen, Step};
use history::{Gathering, Needs, Snapshot, Store};
use log::disk::memory::MemoryDisk;
use log::{Log, Offset};
use model::{EventId, Record, Text, Timestamp, UserIndex, What};
use segment::evaluate::UserHistory;
use segment::live::Scratch;
use wire::record::{decode_batch, encode_batch};

use crate::definitions::Definitions;
use crate::told::ToldSoFar;

pub use faults::{Defect, Fault};
use journeys::Going;
pub(crate) use journeys::{Written, who};
use rebuild::Rebuilding;

/// The program under test.
pub struct Writer {
    /// Where the log is.
    pub disk: MemoryDisk,
    log: Log,
    /// Who is who.
    pub fold: Fold,
    /// What is followed.
    pub live: Live,
    store: Store,
    frames: u64,
    counted: HashSet<EventId>,
    /// All that was told, and is durable with the next checkpoint.
    pub told: ToldSoFar,
    /// What is to be watched: configuration, which is durable at once.
    pub wanted: Definitions,
    /// What was watched when the last join ended.
    pub joined: Definitions,
    joining: Option<Joining>,
    /// The last checkpoint.
    pub saved: Option<Saved>,
    saving: Option<Saving>,
    rebuilding: Option<Rebuilding>,
    going: Going,
    options: Options,
    n_folded: u64,
}

/// How the program is built.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Definitions join from what is gathered for them, else from whole histories.
    pub gathers: bool,
    /// A start takes up the definitions of the checkpoint and edits them then, else those of now.
    pub remembers: bool,
    /// Threads beside look at users, too.
    pub beside: bool,
    /// What is wrong on purpose.
    pub defect: Option<Defect>,
}

struct Joining {
    base: Base,
    snapshot: Arc<Snapshot>,
    at: Timestamp,
    done: u32,
}

/// A checkpoint on disk.
#[derive(Clone)]
pub struct Saved {
    fold: Vec<Vec<u8>>,
    live: Vec<Vec<u8>>,
    position: Offset,
    frames: u64,
    /// What was told until then.
    pub told: ToldSoFar,
    /// What was watched then.
    pub definitions: Definitions,
}

/// A checkpoint on its way.
struct Saving {
    fold: Frozen,
    live: FrozenLive,
    position: Offset,
    frames: u64,
    told: ToldSoFar,
    definitions: Definitions,
}

/// What became of batches.
pub struct Submitted {
    /// The frames that were to be written.
    pub frames: Vec<Vec<u8>>,
    /// Whether the senders were told that they are durable. Otherwise the process is gone.
    pub acknowledged: bool,
}

/// A record that counts, what the fold said of it, and the user's public id after it.
type Taken = (Step, Text, Record);

/// Public ids as they are after a frame.
struct Names<'a> {
    of_frame: HashMap<UserIndex, Text>,
    fold: &'a Fold,
}

impl PublicIds for Names<'_> {
    fn public_id(&self, user: UserIndex) -> &Text {
        self.of_frame.get(&user).unwrap_or_else(|| &self.fold.person(user).public_id)
    }
}

/// Histories as the store has them.
struct Stored<'a>(&'a mut Store);

impl Histories for Stored<'_> {
    /// Of those whom the store has heard of.
    fn of(&mut self, users: &[UserIndex]) -> Option<UserHistory> {
        let known: Vec<UserIndex> =
            users.iter().copied().filter(|user| user.at() < self.0.n_users()).collect();
        match known.is_empty() {
            true => Some(UserHistory {
                id: Text::default(),
                events: vec![],
                attributes: Default::default(),
            }),
            false => self.0.history_of_all(&known).ok(),
        }
    }
}

impl Writer {
    /// Takes batches as one group, in frames of so many records.
    pub(crate) fn submit(
        &mut self,
        batches: Vec<Vec<Record>>,
        frame_records: usize,
        fault: Option<Fault>,
    ) -> Submitted {
        let mut accepted = Vec::new();
        for record in batches.into_iter().flatten() {
            if delivery(&record).is_none_or(|id| self.counted.insert(id)) {
                accepted.push(self.step(record));
            }
        }
        let chunks = accepted.chunks(frame_records.max(1));
        let records = |chunk: &[Taken]| -> Vec<Record> {
            chunk.iter().map(|(.., record)| record.clone()).collect()
        };
        let frames: Vec<Vec<u8>> = chunks.map(|chunk| encode_batch(&records(chunk))).collect();
        let lost = |frames: Vec<Vec<u8>>| Submitted { frames, acknowledged: false };
        if fault == Some(Fault::BeforeAppend) {
            return lost(Vec::new());
        }
        if let Some(Fault::Disk(operation)) = fault {
            self.disk.fail_at(operation);
        }
        let written = frames.iter().try_for_each(|frame| self.log.append(frame).map(|_| ()));
        if fault == Some(Fault::BeforeSync) || written.is_err() {
            return lost(frames);
        }
        if self.log.waiting_bytes() > 0 && self.log.sync().is_err() {
            return lost(frames);
        }
        if let Some(Fault::Disk(_)) = fault {
            // It came too early or too late to hit this group.
            self.disk.fail_at(u64::MAX / 2);
        }
        if fault == Some(Fault::AfterSync) {
            return lost(frames);
        }
        let mut rest = accepted.into_iter();
        for n in 0..frames.len() {
            let mut taken: Vec<_> = rest.by_ref().take(frame_records.max(1)).collect();
            taken.retain(|(step, ..)| step.user != UserIndex::NOBODY);
            let last = n + 1 == frames.len();
            self.follow(&taken);
            if last && fault == Some(Fault::BeforeHistory) {
                return lost(frames);
            }
            self.apply(taken);
        }
        Submitted { frames, acknowledged: fault.is_none_or(|f| !f.kills()) }
    }

    /// Takes a frame that another one wrote.
    pub(crate) fn absorb(&mut self, frame: &[u8]) -> Result<(), String> {
        let records = decode_batch(frame).map_err(|e| e.to_string())?;
        self.counted.extend(records.iter().filter_map(delivery));
        let mut taken: Vec<_> = records.into_iter().map(|record| self.step(record)).collect();
        taken.retain(|(step, ..)| step.user != UserIndex::NOBODY);
        self.follow(&taken);
        self.apply(taken);
        Ok(())
    }

    /// Whether a delivery is durable, or on its way there.
    pub(crate) fn counts(&self, id: EventId) -> bool {
        self.counted.contains(&id)
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

    /// Public ids of whom a frame is about, as they are after it: the fold may be frames ahead.
    fn names(&self, taken: &[Taken]) -> HashMap<UserIndex, Text> {
        let mut names = HashMap::new();
        let merged = taken.iter().flat_map(|(step, ..)| &step.merged).map(|merge| merge.from);
        for from in merged.filter(|from| from.at() < self.store.n_users()) {
            names.insert(from, self.store.facts_of(from).public_id);
        }
        names.extend(taken.iter().map(|(step, name, _)| (step.user, name.clone())));
        names
    }

    /// The live path of a frame.
    fn follow(&mut self, taken: &[Taken]) {
        let Some(now) = taken.iter().map(|(.., record)| record.received_at).max() else { return };
        self.see_merges(taken);
        let mut folded: Vec<Folded> =
            taken.iter().map(|(step, _, record)| Folded { step, record }).collect();
        self.n_folded += 1;
        if self.options.defect == Some(Defect::SkipRecord) && self.n_folded.is_multiple_of(7) {
            let plain = |f: &Folded| {
                f.step.merged.is_empty() && f.step.separated.is_none() && !f.step.renamed
            };
            if let Some(n) = folded.iter().position(plain) {
                folded.remove(n);
            }
        }
        let mut transitions = Vec::new();
        let of_frame = self.names(taken);
        let names = Names { of_frame, fold: &self.fold };
        let histories = &mut Stored(&mut self.store);
        self.live.frame(now, &folded, (&names, histories), &mut transitions);
        self.see_frame(taken, &transitions);
        self.tell(transitions);
    }

    /// The history of a frame.
    fn apply(&mut self, taken: Vec<Taken>) {
        let arrivals = engine::arrivals(self.frames, taken.iter().map(|(.., record)| record));
        self.frames += 1;
        for ((step, name, record), arrival) in taken.into_iter().zip(arrivals) {
            self.store.apply(&step, record, &name, arrival);
        }
    }

    fn tell(&mut self, transitions: Vec<Transition>) {
        for transition in transitions {
            let key = self.live.program().key(transition.watch.0).cloned().unwrap_or_default();
            self.told.all.push((key, transition));
        }
    }

    /// Tells what time changed, of at most so many users; whether more are due.
    pub(crate) fn fire(&mut self, now: Timestamp, users_max: usize) -> bool {
        let mut transitions = Vec::new();
        let more = self.live.fire(now, users_max, &self.fold, &mut transitions);
        self.see_moves(&transitions);
        self.tell(transitions);
        more
    }

    /// Whether definitions are joining.
    pub(crate) fn joining(&self) -> bool {
        self.joining.is_some()
    }

    /// Watches what is wanted from now on. Nothing may be joining.
    pub(crate) fn define(&mut self) {
        let n_users = self.fold.n_users();
        let wanted = self.wanted.clone();
        let defined = self.live.define(&wanted.rules, &wanted.watched, n_users);
        match defined.base {
            None => self.all_joined(),
            Some(base) => {
                let snapshot = self.store.snapshot().expect("a history in memory can be read");
                let at = self.live.now();
                self.joining = Some(Joining { base, snapshot, at, done: 0 });
            }
        }
    }

    fn all_joined(&mut self) {
        self.joined = self.wanted.clone();
        let now = self.live.now();
        let keys: Vec<Text> = self.live.program().live().map(|(_, w)| w.key.clone()).collect();
        let what = |key: &Text| {
            let watched = self.live.program().live().find(|(_, w)| w.key == *key);
            watched.map(|(n, _)| n)
        };
        let numbered = keys.iter().filter_map(|key| Some((key.clone(), what(key)?))).collect();
        let live = &self.live;
        self.told.joined(numbered, now, |watch| {
            let users = (0..live.n_users() as u32).map(UserIndex);
            users.map(|user| live.place(user, WatchId(watch))).collect()
        });
    }

    /// Brings in the next so many users of what joins.
    pub(crate) fn join(&mut self, n: u32) {
        let Some(mut joining) = self.joining.take() else { return };
        let users = joining.done..joining.base.users().end.min(joining.done + n);
        let base = self.base(&joining, users.clone());
        let mut transitions = Vec::new();
        let of = (&self.fold as _, &mut Stored(&mut self.store) as _);
        let done = self.live.join((users.start, &base), of, &mut transitions);
        self.see_moves(&transitions);
        self.tell(transitions);
        joining.done = users.end;
        match done {
            true => self.all_joined(),
            false => self.joining = Some(joining),
        }
    }

    fn base(&self, joining: &Joining, users: std::ops::Range<u32>) -> Vec<Box<[u8]>> {
        let Joining { base, snapshot, at, .. } = joining;
        let predicates: Vec<_> = base.predicates().iter().collect();
        let needs = Needs::of(&predicates, &self.wanted.rules);
        let gathered = Gathering::new(snapshot, &needs, (*at, Timestamp::MAX));
        let gathered = gathered.and_then(|gathered| gathered.users(users.clone()));
        let gathered = gathered.expect("a history in memory can be read");
        let mut gathered = gathered.into_iter().peekable();
        let mut scratch = Scratch::default();
        let mut bytes = Vec::new();
        for user in users.map(UserIndex) {
            let facts = snapshot.facts_of(user);
            let of_user = gathered.next_if(|(of, _)| *of == user).map(|(_, history)| history);
            if facts.merged_into.is_some() || facts.first_seen == i64::MAX {
                bytes.push(Box::default());
                continue;
            }
            let nothing = || UserHistory {
                id: facts.public_id.clone(),
                events: vec![],
                attributes: Default::default(),
            };
            let history = match self.options.gathers {
                true => of_user.unwrap_or_else(nothing),
                false => snapshot.history_of(user).expect("a history in memory can be read"),
            };
            bytes.push(base.of(&mut scratch, &history, Timestamp(facts.first_seen)));
        }
        bytes
    }

    /// Begins a checkpoint: everything is frozen as it is.
    pub(crate) fn freeze(&mut self) {
        self.saving = Some(Saving {
            fold: self.fold.freeze(),
            live: self.live.freeze(),
            position: self.log.end(),
            frames: self.frames,
            told: self.told.clone(),
            definitions: self.joined.clone(),
        });
    }

    /// Whether a checkpoint is on its way.
    pub(crate) fn saving(&self) -> bool {
        self.saving.is_some()
    }

    /// Ends a checkpoint: it replaces the last one.
    pub(crate) fn save(&mut self) {
        let Some(Saving { fold, live, position, frames, told, definitions }) = self.saving.take()
        else {
            return;
        };
        let (fold, live) = (fold.pieces().collect(), live.pieces().collect());
        self.saved = Some(Saved { fold, live, position, frames, told, definitions });
    }

    /// The live state as bytes.
    pub(crate) fn live_bytes(&self) -> Vec<Vec<u8>> {
        self.live.freeze().pieces().collect()
    }

    /// What an interested test spoils.
    pub(crate) fn spoil(&mut self) {
        if self.options.defect == Some(Defect::DropTimer) && !self.joining() {
            self.drop_timer();
        }
    }
}

/// The delivery id by which a record counts once.
fn delivery(record: &Record) -> Option<EventId> {
    match &record.what {
        What::Event(event) => Some(event.id),
        What::Identify(change) => Some(change.id),
        What::Facts(facts) => (!record.concerns_nobody()).then_some(facts.id),
        What::Alias { .. } | What::Separate { .. } => None,
    }
}
