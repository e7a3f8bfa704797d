//! The hub: numbers of watched definitions, the latest of what was told, and everybody who listens.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::live::{Cause, Correction};
use model::{Text, Timestamp};
use tokio::sync::broadcast;

use super::tally::{Flows, Tally};
use super::told::{Accepted, NotLive, Published, Standing, Told, Watch, Watched};

/// Transitions and events that are kept to be shown and to go on from; what is older is in the
/// history.
pub const LATEST: usize = 1_000;

/// Events of one batch that are shown while somebody listens: more than anybody reads.
const EVENTS_OF_BATCH: usize = 1_000;

/// Events of one batch that are kept while nobody listens, so that the page does not begin empty.
const EVENTS_UNHEARD: usize = 10;

/// Transitions of one batch; a larger one is passed on in several.
const TRANSITIONS_OF_BATCH: usize = 4_096;

/// Batches that wait for a listener before it is let go. With the bounds above they take some tens
/// of megabytes at the very most, however many listeners there are.
const BATCHES_WAITING: usize = 128;

/// Listeners at once: each is a connection and a task.
pub const LISTENERS_MAX: usize = 64;

/// Where a listener stopped: the number of what it heard last, in one run of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Another one after every start.
    pub run: u32,
    /// Of a transition or an event.
    pub number: u64,
}

/// What is passed on at once. Transitions have the numbers from `first` on, events follow.
#[derive(Debug)]
pub struct Batch {
    /// The number of the first transition, or event.
    pub first: u64,
    /// Everything up to this instant is told.
    pub exact_as_of: Option<Timestamp>,
    /// In the order in which they were told.
    pub transitions: Arc<Vec<Told>>,
    /// In the order in which they were accepted.
    pub events: Arc<Vec<Accepted>>,
    /// Events that were accepted and are not here.
    pub events_skipped: u64,
}

/// What a listener wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    /// Events: only then are they put together.
    pub events: bool,
    /// Counts as one of the bounded number of listeners; the server's own do not.
    pub bounded: bool,
    /// Go on after this.
    pub after: Option<Position>,
}

/// What was told between the position of a listener and its subscription.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Batches have numbers above this one.
    pub position: Position,
    /// With their numbers.
    pub transitions: Vec<(u64, Told)>,
    /// With their numbers.
    pub events: Vec<(u64, Accepted)>,
    /// What cannot be brought back.
    pub missed: Option<Missed>,
}

/// What a position cannot bring back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The position is of an earlier run of the server.
    pub restarted: bool,
    /// Transitions may be missing.
    pub transitions: bool,
    /// Events may be missing.
    pub events: bool,
}

/// Why there is no next batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The listener was too slow; so many batches are gone.
    TooSlow(u64),
    /// The hub is closed.
    Closed,
}

/// One watched definition with its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchView {
    /// Its names.
    pub watched: Arc<Watched>,
    /// How far its numbers can be trusted.
    pub standing: Standing,
    /// By place; the first is outside; empty: not known.
    pub users: Vec<u64>,
    /// Of each place from 1 on.
    pub flows: Vec<Flows>,
}

/// Everything the hub knows at an instant.
#[derive(Clone, Debug)]
pub struct View {
    /// Everything up to this instant is told; nothing: nothing was told yet.
    pub exact_as_of: Option<Timestamp>,
    /// By key.
    pub watches: Rows,
    /// Newest first.
    pub transitions: Vec<Told>,
    /// Newest first.
    pub events: Vec<Accepted>,
    /// What a stream goes on from.
    pub position: Position,
}

/// See the [module](super).
pub struct Hub {
    state: Mutex<State>,
    /// Listeners that count.
    listeners: Arc<AtomicUsize>,
    /// Listeners that want events.
    for_events: Arc<AtomicUsize>,
}

struct State {
    run: u32,
    /// The number of what is told next.
    next: u64,
    exact_as_of: Option<Timestamp>,
    watches: HashMap<Text, WatchState>,
    /// Grows with every change of a number.
    version: u64,
    transitions: Ring<Told>,
    events: Ring<Accepted>,
    /// Nothing after the hub is closed.
    sender: Option<broadcast::Sender<Arc<Batch>>>,
    /// The numbers as they were last asked for.
    rows: Option<KnownRows>,
}

/// The numbers of all watched definitions, by key.
pub type Rows = Arc<BTreeMap<Text, WatchView>>;

struct KnownRows {
    version: u64,
    second: i64,
    exact_as_of: Option<Timestamp>,
    rows: Rows,
}

struct WatchState {
    watched: Arc<Watched>,
    standing: Standing,
    users: Vec<u64>,
    tallies: Vec<Tally>,
}

/// The latest things of one kind, in the pieces in which they came.
struct Ring<T> {
    pieces: VecDeque<(u64, Arc<Vec<T>>)>,
    len: usize,
    /// Everything before this number has left.
    from: u64,
}

/// A listener. Dropping it ends it.
pub struct Subscription {
    receiver: broadcast::Receiver<Arc<Batch>>,
    counted: Vec<Arc<AtomicUsize>>,
}

impl Hub {
    /// Nothing is known yet.
    pub fn new() -> Hub {
        let (sender, _) = broadcast::channel(BATCHES_WAITING);
        // The keys of the standard library's hash maps come from the operating system's randomness.
        let run = RandomState::new().build_hasher().finish() as u32;
        let state = State {
            run,
            next: 1,
            exact_as_of: None,
            watches: HashMap::new(),
            version: 0,
            transitions: Ring::new(),
            events: Ring::new(),
            sender: Some(sender),
            rows: None,
        };
        Hub { state: Mutex::new(state), listeners: Arc::default(), for_events: Arc::default() }
    }

    /// Takes in what was told, and passes it on. Cost: three counters for each place that a
    /// transition touches, and one send, whoever listens.
    pub fn publish(&self, mut published: Published) {
        let mut state = self.lock();
        state.exact_as_of = published.exact_as_of.or(state.exact_as_of);
        state.version += 1;
        published.watches.drain(..).for_each(|watch| state.watch(watch));
        for key in &published.gone {
            state.watches.remove(key);
        }
        state.tally(&published.transitions);
        for counted in published.counts {
            state.known(&counted.watched).users = counted.users;
        }
        while published.transitions.len() > TRANSITIONS_OF_BATCH {
            let rest = published.transitions.split_off(TRANSITIONS_OF_BATCH);
            let piece = std::mem::replace(&mut published.transitions, rest);
            state.pass_on(piece, Vec::new(), 0);
        }
        let Published { transitions, events, events_skipped, .. } = published;
        if !(transitions.is_empty() && events.is_empty() && events_skipped == 0) {
            state.pass_on(transitions, events, events_skipped);
        }
    }

    /// Takes in transitions of the last day that were told before this start, oldest first, so that
    /// the numbers of the last day are right and the latest are shown. Nobody is told again.
    pub fn recall(&self, told: Vec<Told>) {
        let mut state = self.lock();
        state.version += 1;
        state.tally(&told);
        let first = state.next;
        state.next += told.len() as u64;
        state.transitions.push(first, Arc::new(told));
    }

    /// Lets go of what was told of users; whoever asks for the latest does not get it any more.
    pub fn forget(&self, theirs: &dyn Fn(&str) -> bool) {
        let mut state = self.lock();
        state.transitions.forget(&|told| theirs(&told.user));
        state.events.forget(&|event| theirs(&event.user));
    }

    /// How many events of a batch are worth putting together.
    pub fn events_wanted(&self) -> usize {
        match self.for_events.load(Ordering::Relaxed) {
            0 => EVENTS_UNHEARD,
            _ => EVENTS_OF_BATCH,
        }
    }

    /// Everything at an instant; of transitions and events the latest few.
    pub fn view(&self, now: Timestamp, latest: usize) -> View {
        let mut state = self.lock();
        let watches = state.rows(now);
        View {
            exact_as_of: state.exact_as_of,
            watches,
            transitions: state.transitions.newest().take(latest.min(LATEST)).cloned().collect(),
            events: state.events.newest().take(latest.min(LATEST)).cloned().collect(),
            position: state.position(),
        }
    }

    /// The numbers alone as they were in this second, with the instant up to which they are exact.
    /// All who ask in one second get the same.
    pub fn counts(&self, now: Timestamp) -> (Option<Timestamp>, Rows) {
        let mut state = self.lock();
        match &state.rows {
            Some(known) if known.second == second(now) => {}
            _ => _ = state.rows(now),
        }
        let known = state.rows.as_ref();
        known.map(|known| (known.exact_as_of, Arc::clone(&known.rows))).unwrap_or_default()
    }

    /// Everything up to this instant is told; nothing: nothing was told yet.
    pub fn exact_as_of(&self) -> Option<Timestamp> {
        self.lock().exact_as_of
    }

    /// The latest transitions that are kept, newest first, each with its number; and whether they
    /// are all there ever were in this run.
    pub fn latest_transitions(&self) -> (Vec<(u64, Told)>, bool) {
        let state = self.lock();
        let mut told: Vec<_> = state.transitions.after(0).collect();
        told.reverse();
        (told, state.transitions.from <= 1)
    }

    /// Listens from now on; nothing: there are too many listeners, or the hub is closed.
    pub fn subscribe(&self, listen: Listen) -> Option<(Subscription, Replay)> {
        let mut counted = Vec::new();
        if listen.bounded {
            let before = self.listeners.fetch_add(1, Ordering::Relaxed);
            counted.push(Arc::clone(&self.listeners));
            if before >= LISTENERS_MAX {
                release(&counted);
                return None;
            }
        }
        if listen.events {
            self.for_events.fetch_add(1, Ordering::Relaxed);
            counted.push(Arc::clone(&self.for_events));
        }
        // Under one lock, so that nothing falls between what is brought back and what comes.
        let state = self.lock();
        let Some(sender) = &state.sender else {
            release(&counted);
            return None;
        };
        let subscription = Subscription { receiver: sender.subscribe(), counted };
        let replay = state.replay(listen.after.unwrap_or(state.position()));
        Some((subscription, replay))
    }

    /// Everything told so far.
    pub fn position(&self) -> Position {
        self.lock().position()
    }

    /// Ends all listeners: the server stops.
    pub fn close(&self) {
        self.lock().sender = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Hub {
    fn default() -> Hub {
        Hub::new()
    }
}

impl State {
    fn watch(&mut self, watch: Watch) {
        let known = self.known(&watch.watched);
        known.standing = watch.standing;
    }

    fn known(&mut self, watched: &Arc<Watched>) -> &mut WatchState {
        let new = || WatchState {
            watched: Arc::clone(watched),
            standing: Standing::NotLive(NotLive::NotWatched),
            users: Vec::new(),
            tallies: Vec::new(),
        };
        let known = self.watches.entry(watched.key.clone()).or_insert_with(new);
        if known.watched.places != watched.places {
            // Other states than before: what was counted was counted of something else.
            *known = WatchState { standing: known.standing, ..new() };
        }
        known.tallies.resize_with(watched.places.len(), Tally::default);
        known
    }

    fn tally(&mut self, transitions: &[Told]) {
        // Transitions of one definition often follow each other.
        for group in transitions.chunk_by(|a, b| Arc::ptr_eq(&a.watched, &b.watched)) {
            let Some(Told { watched, .. }) = group.first() else { continue };
            let known = self.known(watched);
            // Whom a new or edited definition found neither came nor went.
            let moved = |told: &&Told| told.transition.cause != Cause::Definition;
            for Told { transition, .. } in group.iter().filter(moved) {
                known.count(transition.from, transition.to, transition.at, transition.correction);
            }
        }
    }

    /// Numbers and keeps what was told, and sends it to everybody.
    fn pass_on(&mut self, transitions: Vec<Told>, events: Vec<Accepted>, events_skipped: u64) {
        let (first, n) = (self.next, transitions.len() as u64);
        self.next += n + events.len() as u64;
        let (transitions, events) = (Arc::new(transitions), Arc::new(events));
        self.transitions.push(first, Arc::clone(&transitions));
        self.events.push(first + n, Arc::clone(&events));
        if let Some(sender) = self.sender.as_ref().filter(|sender| sender.receiver_count() > 0) {
            let exact_as_of = self.exact_as_of;
            let batch = Batch { first, exact_as_of, transitions, events, events_skipped };
            // Whoever left meanwhile does not matter.
            let _ = sender.send(Arc::new(batch));
        }
    }

    fn rows(&mut self, now: Timestamp) -> Rows {
        let (version, second, exact_as_of) = (self.version, second(now), self.exact_as_of);
        if let Some(known) = &self.rows
            && (known.version, known.second) == (version, second)
        {
            return Arc::clone(&known.rows);
        }
        let row = |(key, known): (&Text, &WatchState)| (key.clone(), known.view(now));
        let rows: Rows = Arc::new(self.watches.iter().map(row).collect());
        self.rows = Some(KnownRows { version, second, exact_as_of, rows: Arc::clone(&rows) });
        rows
    }

    fn position(&self) -> Position {
        Position { run: self.run, number: self.next - 1 }
    }

    fn replay(&self, after: Position) -> Replay {
        // Without a common past everything that is kept is news.
        let restarted = after.run != self.run;
        let number = if restarted { 0 } else { after.number };
        let (transitions, events) =
            (self.transitions.from > number + 1, self.events.from > number + 1);
        let missed = (restarted || transitions || events).then_some(Missed {
            restarted,
            transitions: restarted || transitions,
            events: restarted || events,
        });
        Replay {
            position: self.position(),
            transitions: self.transitions.after(number).collect(),
            events: self.events.after(number).collect(),
            missed,
        }
    }
}

impl WatchState {
    fn count(&mut self, from: u8, to: u8, at: Timestamp, correction: Correction) {
        let place = |place: u8| usize::from(place).checked_sub(1);
        if let Some(tally) = place(from).and_then(|place| self.tallies.get_mut(place)) {
            tally.left(at, correction);
        }
        if let Some(tally) = place(to).and_then(|place| self.tallies.get_mut(place)) {
            tally.entered(at, correction);
        }
    }

    fn view(&self, now: Timestamp) -> WatchView {
        WatchView {
            watched: Arc::clone(&self.watched),
            standing: self.standing,
            users: self.users.clone(),
            flows: self.tallies.iter().map(|tally| tally.flows(now)).collect(),
        }
    }
}

impl<T: Clone> Ring<T> {
    fn new() -> Ring<T> {
        Ring { pieces: VecDeque::new(), len: 0, from: 1 }
    }

    fn push(&mut self, first: u64, piece: Arc<Vec<T>>) {
        if piece.is_empty() {
            return;
        }
        self.len += piece.len();
        self.pieces.push_back((first, piece));
        while let Some((first, oldest)) = self.pieces.front()
            && self.len - oldest.len() >= LATEST
        {
            self.len -= oldest.len();
            self.from = first + oldest.len() as u64;
            self.pieces.pop_front();
        }
    }

    /// Lets go of some things; the numbers of the others stay.
    fn forget(&mut self, theirs: &dyn Fn(&T) -> bool) {
        let mut pieces = VecDeque::new();
        for (first, piece) in std::mem::take(&mut self.pieces) {
            if !piece.iter().any(theirs) {
                pieces.push_back((first, piece));
                continue;
            }
            let mut start = 0;
            for own in piece.chunk_by(|a, b| theirs(a) == theirs(b)) {
                if !theirs(&own[0]) {
                    pieces.push_back((first + start, Arc::new(own.to_vec())));
                }
                start += own.len() as u64;
            }
        }
        self.len = pieces.iter().map(|(_, piece)| piece.len()).sum();
        self.pieces = pieces;
    }

    fn newest(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().rev().flat_map(|(_, piece)| piece.iter().rev())
    }

    /// What has a number above this one, with its number, oldest first.
    fn after(&self, number: u64) -> impl Iterator<Item = (u64, T)> {
        let numbered = |(first, piece): &(u64, Arc<Vec<T>>)| {
            (*first..).zip(piece.iter().cloned()).collect::<Vec<_>>()
        };
        let pieces = self
            .pieces
            .iter()
            .skip_while(move |(first, piece)| first + piece.len() as u64 <= number);
        pieces.flat_map(numbered).filter(move |(n, _)| *n > number)
    }
}

impl Subscription {
    /// The next batch.
    pub async fn next(&mut self) -> Result<Arc<Batch>, Ended> {
        self.receiver.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(batches) => Ended::TooSlow(batches),
            broadcast::error::RecvError::Closed => Ended::Closed,
        })
    }

    /// Everything that was passed on so far has been taken.
    pub fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        release(&self.counted);
    }
}

fn second(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000)
}

fn release(counted: &[Arc<AtomicUsize>]) {
    for counter in counted {
        counter.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
