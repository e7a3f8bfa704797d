//! What is kept per user beside their rows: the public id, and when they were first and last seen.
//!
//! Rows stand in chunks that snapshots share, so that a snapshot costs no copy of all users and a
//! change copies one chunk at the most.

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
            last_seen: i64::MIN,
            n_events: 0,
            merged_into: None,
        }
    }
}

/// Facts of all users by dense number.
#[derive(Clone, Debug, Default)]
pub struct Users {
    chunks: Vec<Arc<Vec<UserFacts>>>,
    len: usize,
}

impl Users {
    /// Users ever seen, merged ones included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Facts of one user.
    pub fn get(&self, user: UserIndex) -> &UserFacts {
        &self.chunks[user.at() / CHUNK][user.at() % CHUNK]
    }

    /// Facts of one user, to be changed; users up to it come into being.
    pub fn get_mut(&mut self, user: UserIndex) -> &mut UserFacts {
        while self.len <= user.at() {
            self.push(UserFacts::default());
        }
        &mut Arc::make_mut(&mut self.chunks[user.at() / CHUNK])[user.at() % CHUNK]
    }

    /// Adds the next user.
    pub fn push(&mut self, facts: UserFacts) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        Arc::make_mut(self.chunks.last_mut().expect("a chunk was just made")).push(facts);
        self.len += 1;
    }

    /// All users in order.
    pub fn iter(&self) -> impl Iterator<Item = &UserFacts> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
}
