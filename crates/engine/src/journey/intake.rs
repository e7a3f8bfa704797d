//! What waits to be seen by whoever is in a journey, in the order in which it came.
//!
//! What it is: a queue in front of the fold. It takes what of each frame of the log may concern anybody, gives it a
//! place in an order that follows from the log alone, and hands it over a little at a time. What it is not: it keeps
//! nothing over a crash: whoever owns the log hands in again what it had not seen.
//!
//! Of one user, a move in a watched definition comes after the records of its frame that happened up to then, and
//! before those that happened later: what was sent together is seen as if it had come one by one. What time alone
//! brings about comes before what is received later, whether it is told before that or with it.
//!
//! Users who turn out to be one are two until that is seen, in the order in which it came: whoever looks again after a
//! crash, when it is known already, sees the same.
//!
//! Invariant: a frame that is read again gives the same things the same places.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use model::outreach::{CAMPAIGN, HELD_OUT, MESSAGE, QUEUED, WITHHELD};
use model::{Event, EventId, Record, Span, Text, Timestamp, UserIndex, Value, What};

use super::occurred::Arrival;
use super::run::Whose;
use super::{Book, Entering, Journeys, Occurred, Reading, Restored, Sent, World};
use crate::live::{Cause, Transition, WatchId, news};
use crate::outreach::{AHEAD, FRESH};

/// How long after a run ended it is remembered: twice as long as an event may be late and let somebody in.
const ENDS: Span = Span(2 * FRESH.0);

/// Places of a frame: what is numbered in it, and places between two of these, for moves. A signed number has room
/// for those of 34 thousand million frames.
const NUMBER_BITS: u32 = 20;
const BETWEEN_BITS: u32 = 8;
const FRAME_BITS: u32 = NUMBER_BITS + BETWEEN_BITS;
const BETWEEN: u64 = 1 << BETWEEN_BITS;

/// Moves that come after all records of a frame.
const MOVES: u64 = 1 << (FRAME_BITS - 1);

/// Something to be seen. `place`: in the order in which things are seen; 0: it has none.
#[derive(Debug)]
enum Input {
    Event {
        user: UserIndex,
        event: Arc<Event>,
        place: u64,
        received: Timestamp,
        fresh: bool,
    },
    Moved {
        user: UserIndex,
        watch: Text,
        places: (u8, u8),
        at: Timestamp,
        place: u64,
        told: u64,
    },
    Merge {
        from: UserIndex,
        into: UserIndex,
        at: Timestamp,
    },
    Decided {
        user: UserIndex,
        of: (Text, EventId),
        sent: Sent,
        at: Timestamp,
        told: (EventId, u64),
    },
}

impl Input {
    fn user(&self) -> UserIndex {
        match self {
            Input::Event { user, .. }
            | Input::Moved { user, .. }
            | Input::Merge { into: user, .. }
            | Input::Decided { user, .. } => *user,
        }
    }

    fn event(&self) -> Option<(EventId, (u64, Timestamp))> {
        match self {
            Input::Event { event, place, received, .. } => Some((event.id, (*place, *received))),
            _ => None,
        }
    }

    fn decided(&self) -> Option<EventId> {
        match self {
            Input::Decided { of: (_, message), .. } => Some(*message),
            _ => None,
        }
    }

    fn at(&self) -> Timestamp {
        match self {
            Input::Event { event, .. } => event.time,
            Input::Moved { at, .. } | Input::Merge { at, .. } | Input::Decided { at, .. } => *at,
        }
    }
}

/// What is known of the users and definitions of a frame.
#[derive(Clone, Copy)]
pub struct Naming<'a> {
    /// The key of a watched definition.
    pub key: &'a dyn Fn(WatchId) -> Option<Text>,
    /// Whoever this holds for is left alone: nothing of theirs is seen.
    pub hidden: &'a dyn Fn(UserIndex) -> bool,
}

/// Journeys, and what waits to be seen by whoever is in one.
#[derive(Debug, Default)]
pub struct Intake {
    journeys: Journeys,
    inputs: VecDeque<Input>,
    /// Users who turned out to be others, which waits to be seen: until then they are two.
    merging: HashSet<UserIndex>,
    /// The last place of the last frame.
    latest: u64,
    /// Everybody is where they were when the program ended.
    filled: bool,
    /// The log is read to its end.
    replayed: bool,
}

/// A move that is news, and how many records of its frame come before it.
struct News<'a> {
    moved: &'a Transition,
    watch: Text,
    sequence: u64,
    before: usize,
}

/// The last place of a frame.
fn end_of(frame: u64) -> u64 {
    ((frame + 1) << FRAME_BITS) - 1
}

impl Intake {
    /// Nobody is in any.
    pub fn new(book: Arc<Book>) -> Intake {
        Intake { journeys: Journeys::new(book), ..Intake::default() }
    }

    /// Who is where.
    pub fn journeys(&self) -> &Journeys {
        &self.journeys
    }

    /// The log was read to its end.
    pub fn replayed(&mut self) {
        self.replayed = true;
    }

    /// How much waits that a checkpoint must not leave behind.
    pub fn unseen(&self) -> usize {
        self.inputs.len() + usize::from(self.journeys.ready())
    }

    /// Whether there is something to do now.
    pub fn busy(&self, now: Timestamp) -> bool {
        let due = self.journeys.next().is_some_and(|next| next <= now);
        self.filled && (due || self.unseen() > 0)
    }

    /// Whether everybody is where they were.
    pub fn filled(&self) -> bool {
        self.filled
    }

    /// When the next timer is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.journeys.next().filter(|_| self.filled)
    }

    /// Nothing of these users is kept, nor of whoever is to turn out to be one of them.
    pub fn forget(&mut self, users: &[UserIndex]) {
        let mut gone: HashSet<UserIndex> = users.iter().copied().collect();
        for input in self.inputs.iter().rev() {
            if let Input::Merge { from, into, .. } = input
                && gone.contains(into)
            {
                gone.insert(*from);
            }
        }
        self.inputs.retain(|input| !gone.contains(&input.user()));
        self.merging.retain(|user| !gone.contains(user));
        gone.into_iter().for_each(|user| self.journeys.forget(user));
    }

    /// What of a frame, by its number, whoever is in a journey may see: its records, and what was told of them.
    pub fn frame<'a>(
        &mut self,
        number: u64,
        records: impl Iterator<Item = (UserIndex, &'a Record)> + Clone,
        told: &[Transition],
        naming: Naming,
    ) {
        self.latest = end_of(number);
        if self.journeys.book().is_empty() {
            return;
        }
        let mut moves = self.news(told, 0, naming);
        if !moves.is_empty() {
            for (n, (user, record)) in records.clone().enumerate() {
                let Some(at) = record.what.time() else { continue };
                let own = moves.get_mut(&user).into_iter().flatten();
                for own in own {
                    let by_time = own.moved.cause == Cause::Time;
                    let comes = if by_time { record.received_at } else { at };
                    if comes <= own.moved.at {
                        own.before = n + 1;
                    }
                }
            }
        }
        let base = number << FRAME_BITS;
        for (n, (user, record)) in records.enumerate() {
            let place = base + ((n as u64 + 1) * BETWEEN).min(MOVES - BETWEEN);
            let What::Event(event) = &record.what else { continue };
            self.push_decided(user, event, place);
            let age = record.received_at - event.time;
            let concerns = self.concerns(user, &event.name, age, moves.contains_key(&user));
            if !concerns || age.0 < -AHEAD.0 || (naming.hidden)(user) {
                continue;
            }
            if let Some(own) = moves.get_mut(&user) {
                let (now, later): (Vec<News>, Vec<News>) =
                    std::mem::take(own).into_iter().partition(|own| own.before <= n);
                *own = later;
                for (of, m) in now.into_iter().zip(BETWEEN / 2..) {
                    self.push_move(of, place - BETWEEN + m.min(BETWEEN - 1));
                }
            }
            let (event, fresh) = (Arc::new(event.clone()), age <= FRESH);
            let received = record.received_at;
            self.inputs.push_back(Input::Event { user, event, place, received, fresh });
        }
        self.push_moves(moves, base);
    }

    /// Moves that time, or an edit, brought about after a frame. `sequence`: the number of the first among all that
    /// were told since that frame.
    pub fn moved(&mut self, number: u64, sequence: u64, told: &[Transition], naming: Naming) {
        if !self.journeys.book().is_empty() {
            let moves = self.news(told, sequence, naming);
            self.push_moves(moves, number << FRAME_BITS);
        }
    }

    /// Whether an event is to be seen. `moves`: its user may come in by a move of the same frame.
    fn concerns(&self, user: UserIndex, name: &str, age: Span, moves: bool) -> bool {
        let book = self.journeys.book();
        match (self.filled, self.replayed) {
            // Whoever has come in by what waits already may see it.
            (true, _) => {
                let near = moves || !self.inputs.is_empty();
                self.journeys.concerns(user, name) || near && book.listens_to(name)
            }
            // Whoever takes records and sends nothing keeps no more for later than what is new.
            (false, true) if age > FRESH => false,
            (false, _) => book.lets_in(name) || book.listens_to(name),
        }
    }

    /// Moves that are news and concern somebody, by user.
    fn news<'a>(
        &self,
        told: &'a [Transition],
        sequence: u64,
        naming: Naming,
    ) -> HashMap<UserIndex, Vec<News<'a>>> {
        let mut moves: HashMap<UserIndex, Vec<News<'a>>> = HashMap::new();
        for (moved, sequence) in news(told).zip(sequence..) {
            let Some(watch) = (naming.key)(moved.watch) else { continue };
            if self.journeys.book().watches(&watch) && !(naming.hidden)(moved.user) {
                let own = News { moved, watch, sequence, before: 0 };
                moves.entry(moved.user).or_default().push(own);
            }
        }
        moves
    }

    fn push_moves(&mut self, moves: HashMap<UserIndex, Vec<News>>, base: u64) {
        let mut rest: Vec<News> = moves.into_values().flatten().collect();
        rest.sort_by_key(|own| own.sequence);
        for own in rest {
            let place = base + MOVES + own.sequence.min(MOVES - 1);
            self.push_move(own, place);
        }
    }

    fn push_move(&mut self, News { moved, watch, .. }: News, told: u64) {
        let (user, at, places) = (moved.user, moved.at, (moved.from, moved.to));
        // When time alone moves somebody is told sooner or later: its instant is its only place.
        let place = if moved.cause == Cause::Time { 0 } else { told };
        self.inputs.push_back(Input::Moved { user, watch, places, at, place, told });
    }

    /// Users that turned out to be one. What came before of either is seen as if they were two.
    pub fn merged(&mut self, from: UserIndex, into: UserIndex, at: Timestamp) {
        if !self.journeys.book().is_empty() {
            self.merging.insert(from);
            self.inputs.push_back(Input::Merge { from, into, at });
        }
    }

    /// Who a user is after what was seen so far.
    fn whose(&self, origin: UserIndex, world: &dyn World) -> Whose {
        let mut user = origin;
        while !self.merging.contains(&user)
            && let Some(into) = world.merged_into(user)
        {
            user = into;
        }
        Whose { user, origin }
    }

    /// Whether a message of a step that was planned for later is still to go.
    pub fn awaits(&self, user: UserIndex, campaign: &Text, message: EventId) -> bool {
        let others = self.merging.iter().copied();
        others.chain([user]).any(|user| self.journeys.awaits(user, campaign, message))
    }

    /// What was decided about a message of a step is seen in its turn by whoever waited for it. Who that is is known
    /// only once everybody is where they were.
    fn push_decided(&mut self, user: UserIndex, event: &Event, place: u64) {
        let sent = match event.name.as_str() {
            QUEUED => Sent::Queued,
            WITHHELD | HELD_OUT => Sent::Withheld,
            _ => return,
        };
        let of = |name: &str| {
            let found = event.properties.iter().find(|(own, _)| own == name);
            found.and_then(
                |(_, value)| if let Value::Text(text) = value { Some(text) } else { None },
            )
        };
        let (Some(campaign), Some(message)) = (of(CAMPAIGN), of(MESSAGE)) else { return };
        let message = EventId::of(message);
        if campaign.contains('/') && (!self.filled || self.awaits(user, campaign, message)) {
            let (of, at, told) = ((campaign.clone(), message), event.time, (event.id, place));
            self.inputs.push_back(Input::Decided { user, of, sent, at, told });
        }
    }

    /// Whether messages of steps may be decided that were planned of a user: there is nothing else for them to see, or
    /// to do, first. One is decided at a time: what follows from it comes before the next.
    pub fn may_decide(&self, user: UserIndex) -> bool {
        self.filled && self.inputs.is_empty() && !self.journeys.is_busy(user)
    }

    /// Other journeys from now on; the world is not asked as long as nobody was put where they were.
    pub fn define(&mut self, book: Arc<Book>, now: Timestamp, world: &mut dyn World) {
        self.all_seen();
        match self.filled {
            true => self.journeys.define(book, now, world),
            false => self.journeys = Journeys::new(book),
        }
    }

    /// Reads what was told, to put everybody where they were.
    pub fn reading(&self, now: Timestamp) -> Reading {
        let first = self.inputs.iter().map(Input::at).min();
        Reading::since(first.unwrap_or(now).min(now).minus(ENDS))
    }

    /// Puts everybody where they were.
    pub fn restore(&mut self, mut told: Restored, now: Timestamp, world: &mut dyn World) {
        self.filled = true;
        let users = told.left.iter_mut().map(|of| &mut of.user);
        let users = users.chain(told.entries.iter_mut().map(|of| &mut of.user));
        let users = users.chain(told.ended.iter_mut().map(|of| &mut of.0.user));
        users.for_each(|user| *user = self.whose(*user, world).user);
        self.journeys.waiting = self.inputs.iter().filter_map(Input::event).collect();
        self.journeys.undecided = self.inputs.iter().filter_map(Input::decided).collect();
        self.journeys.restore(told, now, world);
        self.journeys.waiting.clear();
        self.journeys.undecided.clear();
    }

    /// At most so much of what waits is seen; whether all of it is. What happened comes before what is due: it may
    /// have happened earlier.
    pub fn see(&mut self, most: usize, world: &mut dyn World) -> bool {
        self.all_seen();
        self.journeys.go_on(world);
        for _ in 0..most {
            let Some(input) = self.inputs.pop_front() else { break };
            if self.comes_too_early(&input, world) {
                self.inputs.push_front(input);
                break;
            }
            self.look_at(input, world);
        }
        self.inputs.is_empty()
    }

    /// Lets somebody in whom somebody names, after a frame by its number; the same cause lets them in once.
    pub fn enter(
        &mut self,
        (journey, user): (&str, UserIndex),
        (cause, at): (&str, Timestamp),
        frame: u64,
        world: &mut dyn World,
    ) -> Entering {
        let whose = self.whose(user, world);
        self.journeys.enter_after(journey, whose, (cause, at, end_of(frame)), world)
    }

    /// Does what is due until an instant, of at most so many people; whether more are due.
    pub fn due(&mut self, now: Timestamp, most: usize, world: &mut dyn World) -> bool {
        self.all_seen();
        self.journeys.forget_ends(now.minus(ENDS));
        self.journeys.due(now, most, world)
    }

    /// Where nothing waits, everything was seen that was handed in, also by whom it did not concern.
    fn all_seen(&mut self) {
        if self.filled && self.unseen() == 0 {
            self.journeys.seen = self.journeys.seen.max(self.latest);
        }
    }

    /// Whether something is about users of whom one has written what is to be read first.
    fn comes_too_early(&self, input: &Input, world: &dyn World) -> bool {
        let busy = |user: UserIndex| self.journeys.is_busy(self.whose(user, world).user);
        match input {
            Input::Event { .. } | Input::Moved { .. } => false,
            Input::Merge { from, into, .. } => busy(*from) || busy(*into),
            Input::Decided { user, .. } => busy(*user),
        }
    }

    fn look_at(&mut self, input: Input, world: &mut dyn World) {
        match input {
            Input::Event { user, event, place, received, fresh } => {
                let whose = self.whose(user, world);
                let arrival = Arrival { place, told: place, received, fresh };
                self.journeys.occurred_to(whose, Occurred::Event(&event), arrival, world);
            }
            Input::Moved { user, watch, places: (from, to), at, place, told } => {
                let whose = self.whose(user, world);
                let moved = Occurred::Moved { watch: &watch, from, to, at };
                let arrival = Arrival { place, told, received: at, fresh: true };
                self.journeys.occurred_to(whose, moved, arrival, world);
            }
            Input::Merge { from, into, at } => {
                self.merging.remove(&from);
                let into = self.whose(into, world).user;
                self.journeys.merge((from, into), at, world);
            }
            Input::Decided { user, of: (campaign, message), sent, at, told } => {
                let user = self.whose(user, world).user;
                let (of, sent) = ((&campaign, message), (sent, at));
                self.journeys.decided_by(user, of, sent, Some(told), world);
                self.journeys.seen = self.journeys.seen.max(told.1);
            }
        }
    }
}
