//! What is kept per user beside their rows: the public id, and when they were first and last seen.
//!
//! Rows stand in chunks that snapshots share, so that a snapshot costs no copy of all users and a
//! change copies one chunk at the most. Each fact is an array of its own within a chunk, as
//! questions about all users read one of them.

use std::sync::Arc;

use model::{Text, UserIndex};

const CHUNK: usize = 1_024;

/// Facts of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The id under which the user is shown.
    pub public_id: Text,
    /// Time of the first event or attribute change, in milliseconds; `i64::MAX` if there is none.
    pub first_seen: i64,
    /// Time of the first event, in milliseconds; `i64::MAX` if there is none.
    pub first_event: i64,
    /// Time of the last event, in milliseconds; `i64::MIN` if there is none.
    pub last_seen: i64,
    /// Events.
    pub n_events: u32,
    /// The user that this one was merged into.
    pub merged_into: Option<u32>,
}

impl Default for UserFacts {
    fn default() -> UserFacts {
        UserFacts {
            public_id: Text::default(),
            first_seen: i64::MAX,
            first_event: i64::MAX,
            last_seen: i64::MIN,
            n_events: 0,
            merged_into: None,
        }
    }
}

/// Facts of all users by dense number.
#[derive(Clone, Debug)]
pub struct Users {
    chunks: Vec<Arc<Chunk>>,
    len: usize,
    forgotten_until: i64,
}

impl Default for Users {
    fn default() -> Users {
        Users { chunks: Vec::new(), len: 0, forgotten_until: i64::MIN }
    }
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    public_id: Vec<Text>,
    first_seen: Vec<i64>,
    first_event: Vec<i64>,
    last_seen: Vec<i64>,
    n_events: Vec<u32>,
    merged_into: Vec<u32>,
}

/// Instead of a user, in `merged_into`.
const NOBODY: u32 = u32::MAX;

impl Users {
    /// Users ever seen, merged ones included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Events at or before this time may have been dropped because of their age; the facts still
    /// count them. `i64::MIN`: none was ever dropped.
    pub fn forgotten_until(&self) -> i64 {
        self.forgotten_until
    }

    /// Events at or before this time may be dropped from now on.
    pub fn forget_until(&mut self, time: i64) {
        self.forgotten_until = self.forgotten_until.max(time);
    }

    /// Facts of one user.
    pub fn get(&self, user: UserIndex) -> UserFacts {
        let (chunk, at) = self.place(user);
        UserFacts {
            public_id: chunk.public_id[at].clone(),
            first_seen: chunk.first_seen[at],
            first_event: chunk.first_event[at],
            last_seen: chunk.last_seen[at],
            n_events: chunk.n_events[at],
            merged_into: Some(chunk.merged_into[at]).filter(|into| *into != NOBODY),
        }
    }

    /// The id under which a user is shown.
    pub fn public_id(&self, user: UserIndex) -> &Text {
        let (chunk, at) = self.place(user);
        &chunk.public_id[at]
    }

    /// Time of a user's first event.
    pub fn first_event(&self, user: UserIndex) -> i64 {
        let (chunk, at) = self.place(user);
        chunk.first_event[at]
    }

    /// Time of a user's first event or attribute change.
    pub fn first_seen_of(&self, user: UserIndex) -> i64 {
        let (chunk, at) = self.place(user);
        chunk.first_seen[at]
    }

    /// Times of the first event or attribute change of all users, a chunk at a time.
    pub fn first_seen(&self) -> impl Iterator<Item = &[i64]> {
        self.chunks.iter().map(|chunk| &chunk.first_seen[..])
    }

    /// Times of the first and the last event of all users, a chunk at a time.
    pub fn first_and_last_event(&self) -> impl Iterator<Item = (&[i64], &[i64])> {
        self.chunks.iter().map(|chunk| (&chunk.first_event[..], &chunk.last_seen[..]))
    }

    /// Replaces the facts of one user; users up to it come into being.
    pub fn set(&mut self, user: UserIndex, facts: UserFacts) {
        let UserFacts { public_id, first_seen, first_event, last_seen, n_events, merged_into } =
            facts;
        let (chunk, at) = self.place_mut(user);
        chunk.public_id[at] = public_id;
        chunk.first_seen[at] = first_seen;
        chunk.first_event[at] = first_event;
        chunk.last_seen[at] = last_seen;
        chunk.n_events[at] = n_events;
        chunk.merged_into[at] = merged_into.unwrap_or(NOBODY);
    }

    /// The user is shown under this id from now on.
    pub fn rename(&mut self, user: UserIndex, public_id: Text) {
        let (chunk, at) = self.place_mut(user);
        chunk.public_id[at] = public_id;
    }

    /// The user has one more event.
    pub fn add_event(&mut self, user: UserIndex, time: i64) {
        let (chunk, at) = self.place_mut(user);
        chunk.first_seen[at] = chunk.first_seen[at].min(time);
        chunk.first_event[at] = chunk.first_event[at].min(time);
        chunk.last_seen[at] = chunk.last_seen[at].max(time);
        chunk.n_events[at] = chunk.n_events[at].saturating_add(1);
    }

    /// Something other than an event tells that the user was there.
    pub fn saw(&mut self, user: UserIndex, time: i64) {
        let (chunk, at) = self.place_mut(user);
        chunk.first_seen[at] = chunk.first_seen[at].min(time);
    }

    /// Two users are one from now on; what was known of the one that vanishes.
    pub fn merge(&mut self, from: UserIndex, into: UserIndex) -> UserFacts {
        self.place_mut(UserIndex(from.0.max(into.0)));
        let (gone, mut facts) = (self.get(from), self.get(into));
        facts.first_seen = facts.first_seen.min(gone.first_seen);
        facts.first_event = facts.first_event.min(gone.first_event);
        facts.last_seen = facts.last_seen.max(gone.last_seen);
        facts.n_events = facts.n_events.saturating_add(gone.n_events);
        self.set(into, facts);
        self.set(from, UserFacts { merged_into: Some(into.0), ..UserFacts::default() });
        gone
    }

    /// The user that a number stands for now.
    pub fn remaining(&self, user: u32) -> u32 {
        let mut user = user;
        loop {
            let (chunk, at) = self.place(UserIndex(user));
            match chunk.merged_into[at] {
                NOBODY => return user,
                into => user = into,
            }
        }
    }

    /// Adds the next user.
    pub fn push(&mut self, facts: UserFacts) {
        self.set(UserIndex(self.len as u32), facts);
    }

    /// All users in order.
    pub fn iter(&self) -> impl Iterator<Item = UserFacts> {
        (0..self.len as u32).map(|user| self.get(UserIndex(user)))
    }

    fn place(&self, user: UserIndex) -> (&Chunk, usize) {
        (&self.chunks[user.at() / CHUNK], user.at() % CHUNK)
    }

    /// Users up to it come into being.
    fn place_mut(&mut self, user: UserIndex) -> (&mut Chunk, usize) {
        while self.len <= user.at() {
            if self.len.is_multiple_of(CHUNK) {
                self.chunks.push(Arc::default());
            }
            Arc::make_mut(&mut self.chunks[self.len / CHUNK]).grow();
            self.len += 1;
        }
        (Arc::make_mut(&mut self.chunks[user.at() / CHUNK]), user.at() % CHUNK)
    }
}

impl Chunk {
    fn grow(&mut self) {
        let UserFacts { public_id, first_seen, first_event, last_seen, n_events, .. } =
            UserFacts::default();
        self.public_id.push(public_id);
        self.first_seen.push(first_seen);
        self.first_event.push(first_event);
        self.last_seen.push(last_seen);
        self.n_events.push(n_events);
        self.merged_into.push(NOBODY);
    }
}
