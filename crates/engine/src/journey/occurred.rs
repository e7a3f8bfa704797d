//! What happens to users, as the fold takes it, and what it remembers of runs that ended of late.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use model::{Event, EventId, Text, Timestamp, UserIndex};

use super::run::take_of;

/// Something that happened to a user.
#[derive(Clone, Copy, Debug)]
pub enum Occurred<'a> {
    /// An event.
    Event(&'a Arc<Event>),
    /// A move in a watched definition.
    Moved {
        /// Key of the definition.
        watch: &'a Text,
        /// From this place.
        from: u8,
        /// Into this one.
        to: u8,
        /// When.
        at: Timestamp,
    },
}

/// Something that happened, kept.
#[derive(Clone, Debug)]
pub(super) enum Happened {
    Event(Arc<Event>),
    Moved { watch: Text, from: u8, to: u8, at: Timestamp },
}

/// What lets somebody in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion<'a> {
    pub(super) cause: &'a str,
    pub(super) at: Timestamp,
    pub(super) after: u64,
    /// It has a place of its own in the order of arrival, and may be handed in again after a crash.
    pub(super) arrived: bool,
    pub(super) event: Option<&'a Arc<Event>>,
    /// Time alone brings it about: `after` says after what.
    pub(super) by_time: bool,
}

/// Where in the order of arrival something that happened comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Its place; 0: time alone brought it about.
    pub(super) place: u64,
    /// The place after which it was told.
    pub(super) told: u64,
    /// When it came.
    pub(super) received: Timestamp,
    /// It may let somebody in.
    pub(super) fresh: bool,
}

impl Happened {
    pub(super) fn of(what: Occurred) -> Happened {
        match what {
            Occurred::Event(event) => Happened::Event(Arc::clone(event)),
            Occurred::Moved { watch, from, to, at } => {
                Happened::Moved { watch: watch.clone(), from, to, at }
            }
        }
    }

    pub(super) fn what(&self) -> Occurred<'_> {
        match self {
            Happened::Event(event) => Occurred::Event(event),
            Happened::Moved { watch, from, to, at } => {
                Occurred::Moved { watch, from: *from, to: *to, at: *at }
            }
        }
    }
}

impl Occurred<'_> {
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Occurred::Event(event) => event.time,
            Occurred::Moved { at, .. } => *at,
        }
    }

    /// What an entry that it brings about is told apart by.
    pub(super) fn cause(&self) -> String {
        match self {
            Occurred::Event(event) => event.id.to_string(),
            Occurred::Moved { watch, to, at, .. } => format!("{watch}/{}/{to}", at.0),
        }
    }

    pub(super) fn id(&self) -> EventId {
        match self {
            Occurred::Event(event) => event.id,
            Occurred::Moved { .. } => EventId::of(&self.cause()),
        }
    }
}

/// User, journey and key.
pub(super) type Of = (u32, u32, u64);

/// When runs of late ended, and the latest that they saw: what happened while somebody was in does not let them
/// in when it is looked at again later.
#[derive(Debug, Default)]
pub(super) struct Ended {
    of: BTreeMap<Of, (Timestamp, u64)>,
    order: BinaryHeap<Reverse<(Timestamp, Of)>>,
}

impl Ended {
    pub(super) fn add(&mut self, of: Of, end: (Timestamp, u64)) {
        let own = self.of.entry(of).or_insert(end);
        // What came before the latest place was seen, whatever time it is of.
        *own = (own.0.max(end.0), own.1.max(end.1));
        self.order.push(Reverse((end.0, of)));
    }

    /// What one user saw, another one has seen.
    pub(super) fn join(&mut self, from: UserIndex, into: UserIndex) {
        for ((_, journey, key), end) in take_of(&mut self.of, from) {
            self.add((into.0, journey, key), end);
        }
    }

    pub(super) fn forget(&mut self, before: Timestamp) {
        while let Some(Reverse((at, of))) = self.order.peek().copied()
            && at < before
        {
            self.order.pop();
            if self.of.get(&of).is_some_and(|end| end.0 <= at) {
                self.of.remove(&of);
            }
        }
    }

    /// Whether what happened then, or arrived then if it has a place in the order of arrival, was seen while
    /// somebody was in.
    pub(super) fn covers(&self, of: Of, (at, after): (Timestamp, u64)) -> bool {
        let seen = |end: &(Timestamp, u64)| match after {
            0 => at <= end.0,
            _ => after <= end.1,
        };
        self.of.get(&of).is_some_and(seen)
    }
}
