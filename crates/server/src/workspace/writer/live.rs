//! The live part of the writer: what is due is told, new definitions join, and everything told
//! goes into the history and to the hub.
//!
//! What it is: the one place where the engine's transitions become rows and messages. What it is
//! not: it evaluates nothing, and reads histories only on threads of its own ([`super::backfill`])
//! or of one user for what came late.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use engine::live::{Folded, Histories, Live, PublicIds, Transition, WatchId};
use engine::{Fold, SEQUENCE_BITS, Step};
use history::{Needs, SavedPieces, Store};
use model::{Record, Text, Timestamp, UserIndex};
use segment::evaluate::UserHistory;
use segment::live::Program;

use super::Writer;
use super::backfill::{self, Chunk};
use crate::live::{Counted, NotLive, Published, Standing, Told, Watch, Watched};
use crate::service::watched::Definitions;

/// Users whose time is up that are looked at between two frames of records: one to two milliseconds.
const DUE_AT_ONCE: usize = 300;

/// The same between two groups of records: so many, or as many as this time allows.
const DUE_AT_MOST: (usize, i64) = (20_000, 10);

/// Users that join, or are put in place, between two groups of records.
const JOINING_AT_ONCE: usize = 1_000;

/// Users that are built anew in one go after an import.
const REBUILT_AT_ONCE: usize = 4_000_000;

/// Users of one frame for which another thread is woken.
const LOOKED_AT_BESIDE: usize = 48;

/// Threads beside the writer: what each finds is taken over by the writer alone.
const LOOKING_BESIDE_MAX: usize = 3;

/// Milliseconds without an old record after which an import counts as over.
const IMPORT_OVER_MS: i64 = 300;

/// What of the live state there is.
enum State {
    /// As the checkpoint has it; nobody needed it yet.
    Saved(SavedPieces),
    /// At work.
    Live(Box<Live>),
}

/// The live state of the writer with everything around it.
pub(crate) struct Watching {
    state: State,
    definitions: Definitions,
    /// What of users' histories the definitions need.
    needs: Needs,
    /// Time is told, and definitions join.
    pub(super) running: bool,
    /// The definitions are others than the engine has.
    undefined: bool,
    /// Names by watch.
    names: Vec<Arc<Watched>>,
    /// Keys that were last shown as joining.
    joining_shown: Vec<Text>,
    work: Option<Work>,
    /// Numbers what was told since the last frame.
    pub(super) sequence: u64,
    /// Something was told, or definitions joined, that the log alone would not bring back.
    unsaved: Unsaved,
    /// When the last users went stale.
    stale_at: Timestamp,
    n_stale: usize,
}

/// What of the live state a checkpoint would add to what the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::workspace) enum Unsaved {
    /// Nothing.
    Nothing,
    /// What time brought about: it would be told again.
    Told,
    /// Definitions joined, and told who is in: the log does not say when.
    Joined,
}

/// Users on their way from a thread.
struct Work {
    chunks: Receiver<Chunk>,
    ready: VecDeque<Chunk>,
    /// The thread ended.
    over: bool,
    failed: bool,
    joins: bool,
}

/// Public ids as they are after a frame: the fold may be frames ahead.
struct Names<'a> {
    of_frame: HashMap<UserIndex, &'a Text>,
    fold: &'a Fold,
}

impl PublicIds for Names<'_> {
    fn public_id(&self, user: UserIndex) -> &Text {
        self.of_frame.get(&user).copied().unwrap_or_else(|| &self.fold.person(user).public_id)
    }
}

/// Histories of single users as the store has them.
struct StoreHistories<'a> {
    store: &'a mut Store,
    needs: &'a Needs,
}

impl Histories for StoreHistories<'_> {
    fn of(&mut self, users: &[UserIndex]) -> Option<UserHistory> {
        let known = |user: &&UserIndex| user.at() < self.store.n_users();
        let users: Vec<UserIndex> = users.iter().filter(known).copied().collect();
        if users.is_empty() {
            // First seen in the very frame that is being folded.
            return Some(backfill::nothing(&Text::default()));
        }
        let ever = (Timestamp::MIN, Timestamp::MAX);
        match self.store.history_for(&users, self.needs, ever) {
            Ok(history) => Some(history),
            Err(error) => {
                tracing::error!(%error, "a history cannot be read; only the present of a user is put right");
                None
            }
        }
    }
}

impl Watching {
    pub(super) fn new(saved: SavedPieces, definitions: Definitions) -> Watching {
        Watching {
            state: State::Saved(saved),
            needs: needs(&definitions),
            definitions,
            running: false,
            undefined: true,
            names: Vec::new(),
            joining_shown: Vec::new(),
            work: None,
            sequence: 0,
            unsaved: Unsaved::Nothing,
            stale_at: Timestamp::MIN,
            n_stale: 0,
        }
    }

    /// The live state, read from the checkpoint if nobody needed it before.
    pub(super) fn live(&mut self) -> &mut Live {
        if let State::Saved(saved) = &mut self.state {
            let Definitions { rules, watched } = &self.definitions;
            let mut failed = None;
            let pieces = std::mem::take(saved).map_while(|piece| match piece {
                Ok(piece) => Some(piece),
                Err(error) => {
                    failed = Some(error.to_string());
                    None
                }
            });
            let restored = Live::restore(pieces, rules, watched);
            let mut live = match (restored, failed) {
                (Ok(live), None) => live,
                (restored, failed) => {
                    let why = failed.or(restored.err().map(|error| error.to_string()));
                    tracing::warn!(?why, "the live state cannot be read and is built anew");
                    Live::new(Program::compile(rules, &[], None).0)
                }
            };
            if let Some(pool) = threads_beside() {
                live.look_beside(pool, LOOKED_AT_BESIDE);
            }
            self.state = State::Live(Box::new(live));
        }
        match &mut self.state {
            State::Live(live) => live,
            State::Saved(_) => unreachable!("it was read above"),
        }
    }

    /// What names mean.
    pub(super) fn rules(&self) -> &segment::Rules {
        &self.definitions.rules
    }

    /// The key of a watched definition.
    pub(super) fn key(&mut self, watch: WatchId) -> Option<Text> {
        self.live().key(watch)
    }

    /// When the next move by time alone is to be told; nothing: none ever, or nobody tells them.
    pub(super) fn next(&mut self) -> Option<model::Timestamp> {
        self.running.then(|| self.live().next()).flatten()
    }

    /// The live state for a checkpoint.
    pub(in crate::workspace) fn pieces(&mut self) -> history::Pieces {
        self.unsaved = Unsaved::Nothing;
        Box::new(self.live().freeze().pieces())
    }

    /// What of the live state a checkpoint would add.
    pub(in crate::workspace) fn unsaved(&self) -> Unsaved {
        self.unsaved
    }

    /// The checkpoint that was begun was not written.
    pub(in crate::workspace) fn not_saved(&mut self) {
        self.unsaved = self.unsaved.max(Unsaved::Told);
    }

    /// Whether definitions join, or users are built anew, or should be.
    pub(super) fn working(&mut self) -> bool {
        self.running && (self.undefined || self.work.is_some() || self.live().n_stale() > 0)
    }

    pub(super) fn define(&mut self, definitions: Definitions) {
        // What is watched goes on as it is until the new definitions have joined.
        let before = self.needs.clone();
        self.needs = needs(&definitions).and(before);
        self.undefined = true;
        self.definitions = definitions;
    }
}

/// Threads that look at users beside the writer: as many as the machine has processors to spare.
fn threads_beside() -> Option<Arc<rayon::ThreadPool>> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (processors - 1).min(LOOKING_BESIDE_MAX);
    if threads == 0 {
        return None;
    }
    let name = |_| "live".to_owned();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(name).build();
    match pool {
        Ok(pool) => Some(Arc::new(pool)),
        Err(error) => {
            tracing::warn!(%error, "one thread alone looks at users of live segments");
            None
        }
    }
}

fn needs(definitions: &Definitions) -> Needs {
    let predicates: Vec<_> =
        definitions.watched.iter().flat_map(|watched| watched.what.predicates()).collect();
    Needs::of(&predicates.iter().collect::<Vec<_>>(), &definitions.rules)
}

impl Writer {
    /// Folds the records of one frame, before the store has them. `now`: what the frame's records
    /// say.
    pub(super) fn live_frame(
        &mut self,
        frame: &[(Step, Text, Record)],
        transitions: &mut Vec<Transition>,
    ) {
        let received = frame.iter().map(|(.., record)| record.received_at).max();
        let Some(now) = received else { return };
        self.watching.live();
        let State::Live(live) = &mut self.watching.state else { return };
        let folded: Vec<Folded> =
            frame.iter().map(|(step, _, record)| Folded { step, record }).collect();
        let mut histories = StoreHistories { store: &mut self.store, needs: &self.watching.needs };
        let of_frame = match live.program().asks_id() {
            true => frame.iter().map(|(step, name, _)| (step.user, name)).collect(),
            false => HashMap::new(),
        };
        let names = Names { of_frame, fold: &self.fold };
        live.frame(now, &folded, (&names, &mut histories), transitions);
        let n_stale = live.n_stale();
        if n_stale != self.watching.n_stale {
            (self.watching.n_stale, self.watching.stale_at) = (n_stale, now);
        }
        self.watching.sequence = 0;
    }

    /// Tells everything that was due until an instant: while the log is replayed.
    pub(super) fn live_catch_up(&mut self, now: Timestamp, transitions: &mut Vec<Transition>) {
        let fold = &self.fold;
        let live = self.watching.live();
        while live.fire(now, usize::MAX, fold, transitions) {}
    }

    /// Stores transitions, and gives them with names. The users are in the store.
    pub(super) fn store_transitions(&mut self, transitions: &[Transition]) {
        if !transitions.is_empty() {
            self.watching.unsaved = self.watching.unsaved.max(Unsaved::Told);
        }
        self.triggers_among(transitions);
        for transition in transitions {
            let key = self.watching.live().program().key(transition.watch.0).cloned();
            let Some(key) = key else { continue };
            let arrival = self.frames << SEQUENCE_BITS | self.watching.sequence;
            self.watching.sequence += 1;
            self.store.apply_transition(&key, transition, arrival);
        }
    }

    /// Whether there is more to do at once.
    pub(super) fn live_busy(&mut self) -> bool {
        if !self.watching.running || self.refused.is_some() {
            return false;
        }
        let now = (self.clock)();
        let due = self.watching.live().next().is_some_and(|next| next <= now);
        due || self.watching.work.as_ref().is_some_and(|work| !work.ready.is_empty() || work.over)
    }

    /// When to look again if nothing arrives.
    pub(super) fn live_next(&mut self) -> Option<Timestamp> {
        if !self.watching.running || self.refused.is_some() {
            return None;
        }
        let waits = self.watching.undefined || self.watching.live().n_stale() > 0;
        let next = self.watching.live().next();
        match waits {
            // Imports end by silence.
            true => {
                let again = (self.clock)().plus(model::Span(IMPORT_OVER_MS));
                Some(next.map_or(again, |next| next.min(again)))
            }
            false => next,
        }
    }

    /// A little of what is due, between two frames of records.
    pub(super) fn live_due(&mut self, transitions: &mut Vec<Transition>) {
        if !self.watching.running {
            return;
        }
        let (now, n) = ((self.clock)(), transitions.len());
        let fold = &self.fold;
        self.watching.live().fire(now, DUE_AT_ONCE, fold, transitions);
        self.journeys_see_moves(&transitions[n..]);
        self.store_transitions(&transitions[n..]);
    }

    /// The same before the first frame of a group, and told at once.
    pub(super) fn tell_due(&mut self) {
        let now = (self.clock)();
        if self.watching.next().is_none_or(|next| next > now) {
            return;
        }
        let mut told = Vec::new();
        self.live_due(&mut told);
        let mut published = Published::default();
        self.published(&told, &mut published);
        self.shared.hub.publish(published);
    }

    /// A slice of what is due, of users that join, and of users that are built anew.
    pub(super) fn live_slice(&mut self) {
        if !self.watching.running || self.refused.is_some() {
            return;
        }
        let now = (self.clock)();
        let mut told = Vec::new();
        let fold = &self.fold;
        let live = self.watching.live();
        // Nothing due means that the state is exact up to this very instant.
        let (users, ms) = DUE_AT_MOST;
        for _ in 0..users / DUE_AT_ONCE {
            let more = live.fire(now, DUE_AT_ONCE, fold, &mut told);
            if !more || ((self.clock)() - now).0 >= ms {
                break;
            }
        }
        self.work_slice(&mut told);
        // Whoever is built anew from here on must find what was told before.
        self.journeys_see_moves(&told);
        self.store_transitions(&told);
        let changed = self.begin_work(now);
        if !told.is_empty() || changed {
            self.shared.show(None);
        }
        let mut published = Published::default();
        self.published(&told, &mut published);
        self.shared.hub.publish(published);
    }

    fn work_slice(&mut self, told: &mut Vec<Transition>) {
        let Some(mut work) = self.watching.work.take() else { return };
        while work.ready.len() < 2 && !work.over {
            match work.chunks.try_recv() {
                Ok(Chunk::Failed) => (work.failed, work.over) = (true, true),
                Ok(chunk) => work.ready.push_back(chunk),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => work.over = true,
            }
        }
        let mut joined = false;
        match work.ready.pop_front() {
            Some(Chunk::Base { from, mut users }) => {
                let rest = users.split_off(users.len().min(JOINING_AT_ONCE));
                self.watching.live();
                if let State::Live(live) = &mut self.watching.state {
                    let needs = &self.watching.needs;
                    let mut histories = StoreHistories { store: &mut self.store, needs };
                    joined = live.join((from, &users), (&self.fold, &mut histories), told);
                }
                if !rest.is_empty() {
                    let from = from + users.len() as u32;
                    work.ready.push_front(Chunk::Base { from, users: rest });
                }
            }
            Some(Chunk::Rebuilt { mut users }) => {
                let rest = users.split_off(users.len().min(JOINING_AT_ONCE));
                let live = self.watching.live();
                users.into_iter().for_each(|user| live.install(user, told));
                if !rest.is_empty() {
                    work.ready.push_front(Chunk::Rebuilt { users: rest });
                }
            }
            Some(Chunk::Failed) | None => {}
        }
        if joined {
            self.watching.unsaved = Unsaved::Joined;
        }
        if joined && !self.watching.undefined {
            self.watching.needs = needs(&self.watching.definitions);
        }
        let done = joined || work.over && work.ready.is_empty();
        if !done {
            self.watching.work = Some(work);
            return;
        }
        if work.failed || !joined && work.joins {
            self.watching.live().abandon();
            self.watching.undefined = true;
        } else if !work.joins {
            self.watching.live().abandon_rebuild();
        }
    }

    /// Starts what waits: new definitions first, then users that went stale. Whether anything about
    /// the definitions changed.
    fn begin_work(&mut self, now: Timestamp) -> bool {
        if self.watching.work.is_some() {
            return false;
        }
        let changed = std::mem::take(&mut self.watching.undefined);
        if changed {
            self.begin_join();
        }
        // Whoever waits until all is told does not wait for more of an import.
        let silent = (now - self.watching.stale_at).0 >= IMPORT_OVER_MS;
        let over = silent || !self.settling.is_empty();
        if self.watching.work.is_some() || self.watching.live().n_stale() == 0 || !over {
            return changed;
        }
        let snapshot = match self.store.snapshot() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::error!(%error, "the history cannot be read; old records are not told yet");
                return changed;
            }
        };
        if let Some(rebuild) = self.watching.live().begin_rebuild(REBUILT_AT_ONCE) {
            let needs = self.watching.needs.clone();
            let chunks = backfill::rebuild(snapshot, rebuild, needs, self.maintenance.nudge());
            self.start_work(chunks, false);
        }
        changed
    }

    fn begin_join(&mut self) {
        let n_users = self.fold.n_users();
        let Definitions { rules, watched } = self.watching.definitions.clone();
        let defined = self.watching.live().define(&rules, &watched, n_users);
        let mut published = Published::default();
        let live = self.watching.live();
        let keys: BTreeSet<Text> = live.program().live().map(|(_, w)| w.key.clone()).collect();
        let joining: BTreeSet<Text> = live.joining_keys().into_iter().collect();
        for own in &watched {
            let names = Arc::new(Watched::of(own));
            let refused = defined.refused.iter().find(|(key, _)| *key == own.key);
            let standing = match (refused, joining.contains(&own.key)) {
                (Some((_, segment::live::NotLive::Derived { .. })), _) => {
                    Standing::NotLive(NotLive::Derived)
                }
                (Some(_), _) => Standing::NotLive(NotLive::DependsOnOthers),
                (None, true) => Standing::Joining { done: 0, total: n_users as u64 },
                (None, false) => Standing::Live,
            };
            published.watches.push(Watch { watched: names, standing });
        }
        let known = |name: &Arc<Watched>| watched.iter().any(|own| own.key == name.key);
        published.gone =
            self.watching.names.iter().filter(|n| !known(n)).map(|n| n.key.clone()).collect();
        self.name_watches();
        self.all_counts(&keys, &mut published);
        self.shared.hub.publish(published);
        let Some(base) = defined.base else {
            self.watching.needs = needs(&self.watching.definitions);
            return;
        };
        match self.store.snapshot() {
            Ok(snapshot) => {
                let chunks = backfill::base(snapshot, base, rules, self.maintenance.nudge());
                self.start_work(chunks, true);
            }
            Err(error) => {
                tracing::error!(%error, "the history cannot be read; new definitions wait");
                self.watching.live().abandon();
                self.watching.undefined = true;
            }
        }
    }

    fn start_work(&mut self, chunks: std::io::Result<Receiver<Chunk>>, joins: bool) {
        match chunks {
            Ok(chunks) => {
                let (ready, over, failed) = (VecDeque::new(), false, false);
                self.watching.work = Some(Work { chunks, ready, over, failed, joins });
            }
            Err(error) => {
                tracing::error!(%error, "no thread to read the history with");
                self.watching.live().abandon();
                self.watching.live().abandon_rebuild();
                self.watching.undefined |= joins;
            }
        }
    }

    /// Names by number of watch, for everything that was ever watched in this run.
    fn name_watches(&mut self) {
        let live = self.watching.live();
        let n = live.n_watches();
        let keys: Vec<Option<Text>> = (0..n as u32).map(|watch| live.key(WatchId(watch))).collect();
        for key in keys.into_iter().skip(self.watching.names.len()) {
            let key = key.unwrap_or_default();
            let own = self.watching.definitions.watched.iter().find(|own| own.key == key);
            let name = own.map_or_else(|| Watched { key, places: Vec::new() }, Watched::of);
            self.watching.names.push(Arc::new(name));
        }
    }

    /// How many are in every place of everything that is watched.
    pub(super) fn all_counted(&mut self, published: &mut Published) {
        self.name_watches();
        let live = self.watching.live();
        let keys: BTreeSet<Text> = live.program().live().map(|(_, w)| w.key.clone()).collect();
        self.all_counts(&keys, published);
    }

    fn all_counts(&mut self, keys: &BTreeSet<Text>, published: &mut Published) {
        let live = self.watching.live();
        let live: Vec<(u32, Vec<u64>)> = live
            .program()
            .live()
            .filter(|(_, watched)| keys.contains(&watched.key))
            .map(|(watch, _)| (watch, counted(live, watch)))
            .collect();
        for (watch, users) in live {
            if let Some(watched) = self.watching.names.get(watch as usize) {
                published.counts.push(Counted { watched: Arc::clone(watched), users });
            }
        }
    }

    /// What was told, with names, counts and how far it is exact.
    pub(super) fn published(&mut self, told: &[Transition], published: &mut Published) {
        if !self.watching.running {
            return;
        }
        self.name_watches();
        let now = (self.clock)();
        let mut touched: Vec<u32> = told.iter().map(|transition| transition.watch.0).collect();
        touched.sort_unstable();
        touched.dedup();
        let live = self.watching.live();
        let next = live.next().filter(|next| *next <= now);
        published.exact_as_of = Some(next.map_or(now, |next| next.minus(model::Span(1))));
        let joining = live.joining();
        let counts: Vec<(u32, Vec<u64>)> =
            touched.into_iter().map(|watch| (watch, counted(live, watch))).collect();
        let joining_keys = match joining {
            Some(_) => live.joining_keys(),
            None => Vec::new(),
        };
        let names = &self.watching.names;
        for (watch, users) in counts {
            if let Some(watched) = names.get(watch as usize) {
                published.counts.push(Counted { watched: Arc::clone(watched), users });
            }
        }
        // What has joined since the last time is live.
        let standing = |key: &Text| match joining {
            Some((done, total)) if joining_keys.contains(key) => {
                Standing::Joining { done: u64::from(done), total: u64::from(total) }
            }
            _ => Standing::Live,
        };
        let moved: Vec<Text> =
            self.watching.joining_shown.iter().chain(&joining_keys).cloned().collect();
        let mut shown = BTreeSet::new();
        for key in moved {
            let own = self.watching.definitions.watched.iter().find(|own| own.key == key);
            if let Some(own) = own.filter(|_| shown.insert(key.clone())) {
                let watched = Arc::new(Watched::of(own));
                published.watches.push(Watch { watched, standing: standing(&key) });
            }
        }
        let ended: BTreeSet<Text> = self
            .watching
            .joining_shown
            .iter()
            .filter(|key| !joining_keys.contains(key))
            .cloned()
            .collect();
        self.watching.joining_shown = joining_keys;
        if !ended.is_empty() {
            self.all_counts(&ended, published);
        }
        let names = &self.watching.names;
        published.transitions.extend(told.iter().filter_map(|transition| {
            let watched = Arc::clone(names.get(transition.watch.0 as usize)?);
            let user = self.fold.person(transition.user).public_id.clone();
            Some(Told { user, watched, transition: *transition })
        }));
    }
}

fn counted(live: &Live, watch: u32) -> Vec<u64> {
    live.counts(WatchId(watch)).iter().map(|n| u64::try_from(*n).unwrap_or(0)).collect()
}
