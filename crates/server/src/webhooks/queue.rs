//! The queue of one webhook: which message is sent when, and when it is given up.
//!
//! What it is: pure; instants and chance are handed in. Messages wait in lanes, by user, so that those
//! of one user stay in order and one that fails holds up a fraction of the others only. What it is
//! not: it sends nothing.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use model::{Span, Timestamp};

/// Messages that wait, over all lanes.
pub const MESSAGES_MAX: usize = 10_000;

/// Ids that are remembered, so that what is read again is not sent again.
const REMEMBERED: usize = 2 * MESSAGES_MAX;

/// Messages of one webhook that are on their way at once.
pub const LANES: usize = 4;

/// How a message is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// After the first failure; doubled after each further one.
    pub first: Span,
    /// At most.
    pub longest: Span,
    /// Attempts after which a message is given up.
    pub attempts: u32,
    /// The same, where the receiver answers that the message is wrong.
    pub attempts_refused: u32,
}

impl Default for Pace {
    /// A second, doubled up to five minutes, fifteen times: about half an hour.
    fn default() -> Pace {
        Pace { first: Span::SECOND, longest: Span(300_000), attempts: 15, attempts_refused: 4 }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its `webhook-id`.
    pub id: String,
    /// JSON.
    pub body: String,
    /// Whom it is about.
    pub user: String,
    /// When what it says became known.
    pub known_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered with a success.
    Delivered,
    /// It was not.
    Failed {
        /// What went wrong.
        why: String,
        /// The receiver says that the message itself is wrong: trying again hardly helps.
        refused: bool,
        /// The receiver asks to be left alone for so long.
        pause: Option<Span>,
    },
}

/// A message that is given up, and why.
pub type GivenUp = (Message, String);

/// See the [module](self).
#[derive(Debug)]
pub struct Queue {
    lanes: [Lane; LANES],
    pace: Pace,
    remembered: HashSet<String>,
    order: VecDeque<String>,
}

#[derive(Debug)]
struct Lane {
    waiting: VecDeque<Message>,
    busy: bool,
    /// The first message is not sent before.
    due: Timestamp,
}

impl Queue {
    /// An empty queue.
    pub fn new(pace: Pace) -> Queue {
        let lane = || Lane { waiting: VecDeque::new(), busy: false, due: Timestamp::MIN };
        Queue {
            lanes: std::array::from_fn(|_| lane()),
            pace,
            remembered: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Takes a message, unless it is known already; `false`: there is no room.
    pub fn offer(&mut self, message: Message) -> bool {
        if self.remembered.contains(&message.id) {
            return true;
        }
        if self.len() >= MESSAGES_MAX {
            return false;
        }
        self.remember(message.id.clone());
        self.lanes[lane_of(&message.user)].waiting.push_back(message);
        true
    }

    /// Takes a message that was given up before, for a new round of attempts; `false`: there is no
    /// room.
    pub fn again(&mut self, message: Message) -> bool {
        self.forget(&message.id);
        self.offer(Message { attempts: 0, ..message })
    }

    /// Messages that are to be sent now, each with its lane, which is busy until it is settled.
    pub fn due(&mut self, now: Timestamp) -> Vec<(usize, Message)> {
        let mut due = Vec::new();
        for (n, lane) in self.lanes.iter_mut().enumerate() {
            if !lane.busy
                && lane.due <= now
                && let Some(first) = lane.waiting.front()
            {
                lane.busy = true;
                due.push((n, first.clone()));
            }
        }
        due
    }

    /// When the next message is due; nothing: none waits that is not on its way.
    pub fn next_due(&self) -> Option<Timestamp> {
        let waiting = self.lanes.iter().filter(|lane| !lane.busy && !lane.waiting.is_empty());
        waiting.map(|lane| lane.due).min()
    }

    /// Notes what became of the first message of a lane; `chance` is 0 to 1.
    pub fn settle(
        &mut self,
        lane: usize,
        outcome: Outcome,
        now: Timestamp,
        chance: f64,
    ) -> Option<GivenUp> {
        let pace = self.pace;
        let lane = self.lanes.get_mut(lane)?;
        lane.busy = false;
        let message = lane.waiting.front_mut()?;
        message.attempts += 1;
        let Outcome::Failed { why, refused, pause } = outcome else {
            lane.waiting.pop_front();
            lane.due = Timestamp::MIN;
            return None;
        };
        let most = if refused { pace.attempts_refused } else { pace.attempts };
        if message.attempts >= most {
            lane.due = Timestamp::MIN;
            return lane.waiting.pop_front().map(|message| (message, why));
        }
        let wait = pace.after(message.attempts, chance);
        lane.due = now + pause.map_or(wait, |pause| wait.max(pause.min(pace.longest)));
        None
    }

    /// Lets go of messages about users; how many. One that is on its way says nothing any more when it
    /// comes back, and is not tried again.
    pub fn let_go(&mut self, theirs: &dyn Fn(&str) -> bool) -> u64 {
        let mut n = 0;
        for lane in &mut self.lanes {
            if let Some(first) = lane.waiting.front_mut().filter(|_| lane.busy)
                && theirs(&first.user)
            {
                (first.user, first.body) = (String::new(), String::new());
                first.attempts = self.pace.attempts;
                n += 1;
            }
            let before = lane.waiting.len();
            lane.waiting.retain(|message| !theirs(&message.user));
            n += (before - lane.waiting.len()) as u64;
        }
        n
    }

    /// When what the oldest waiting message says became known; nothing: none waits.
    pub fn oldest(&self) -> Option<Timestamp> {
        let waiting = self.lanes.iter().flat_map(|lane| &lane.waiting);
        waiting.map(|message| message.known_at).min()
    }

    /// Messages that wait or are on their way.
    pub fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.waiting.len()).sum()
    }

    /// Nothing waits and nothing is on its way.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn remember(&mut self, id: String) {
        if self.order.len() >= REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.remembered.remove(&oldest);
        }
        self.order.push_back(id.clone());
        self.remembered.insert(id);
    }

    fn forget(&mut self, id: &str) {
        if self.remembered.remove(id) {
            self.order.retain(|known| known != id);
        }
    }
}

impl Pace {
    /// How long after the n-th failure: at least half of the full time, so that many who failed at
    /// once do not come back at once.
    fn after(self, failures: u32, chance: f64) -> Span {
        let doubled = self.first.0.saturating_mul(1_i64 << failures.saturating_sub(1).min(30));
        let full = doubled.min(self.longest.0);
        let half = full / 2;
        Span(half + ((full - half) as f64 * chance.clamp(0.0, 1.0)) as i64)
    }
}

fn lane_of(user: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    user.hash(&mut hasher);
    (hasher.finish() % LANES as u64) as usize
}

#[cfg(test)]
mod tests;
