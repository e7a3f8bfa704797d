//! All webhooks with their queues, shared by the task that sends and the API that shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::live::Correction;
use model::{Span, Timestamp};
use tokio::sync::Notify;
use wire::api::TransitionKind;

use super::message::message;
use super::queue::{GivenUp, Message, Outcome, Pace, Queue};
use crate::config::webhooks::{SavedWebhook, Secret};
use crate::live::{Told, kind_of};

/// Messages in a queue below which what did not fit is read again.
const ROOM_AT: usize = super::queue::MESSAGES_MAX / 2;

/// What became known so close together may be told in another order.
const MARGIN: Span = Span(10_000);

/// All webhooks.
#[derive(Default)]
pub struct Webhooks {
    /// Nothing until somebody sends.
    state: Mutex<Option<BTreeMap<String, Subscription>>>,
    /// Something is to be sent that was not before.
    pub(super) changed: Notify,
    pace: Mutex<Pace>,
}

/// How a webhook is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Messages that wait.
    pub waiting: u64,
    /// Messages delivered since the start.
    pub delivered: u64,
    /// Transitions that could neither be kept nor read again.
    pub missed: u64,
    /// Since when attempts fail.
    pub failing_since: Option<Timestamp>,
    /// Why the last one failed.
    pub last_error: Option<String>,
}

/// A message to be sent now.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub webhook: String,
    pub lane: usize,
    pub message: Message,
    pub url: String,
    pub secret: Secret,
}

/// From where a webhook reads again: an instant, and how many since it have been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub since: Timestamp,
    pub skip: usize,
    /// Transitions that did not fit, as far as they were counted.
    refused: u64,
}

struct Subscription {
    saved: SavedWebhook,
    watches: Option<BTreeSet<String>>,
    kinds: BTreeSet<TransitionKind>,
    queue: Queue,
    behind: Option<Behind>,
    settled_until: Timestamp,
    status: Status,
}

impl Webhooks {
    /// Another pace, for tests.
    pub fn set_pace(&self, pace: Pace) {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }

    /// Begins with what is stored. Each reads first what became known since it was settled.
    pub(super) fn load(&self, saved: Vec<SavedWebhook>) {
        let all = saved.into_iter().map(|saved| {
            let behind = Behind { since: saved.settled_until, skip: 0, refused: 0 };
            (saved.id.clone(), Subscription::new(saved, self.pace(), Some(behind)))
        });
        *self.lock() = Some(all.collect());
    }

    /// A webhook is new.
    pub fn add(&self, saved: SavedWebhook) {
        if let Some(all) = &mut *self.lock() {
            all.insert(saved.id.clone(), Subscription::new(saved, self.pace(), None));
        }
    }

    /// A webhook is gone.
    pub fn remove(&self, id: &str) {
        if let Some(all) = &mut *self.lock() {
            all.remove(id);
        }
    }

    /// How a webhook is doing; nothing: nobody sends here.
    pub fn status(&self, id: &str) -> Option<(Status, Timestamp)> {
        self.of(id, |webhook| {
            let waiting = webhook.queue.len() as u64;
            (Status { waiting, ..webhook.status.clone() }, webhook.settled_until)
        })
    }

    /// Takes messages that were given up; the ids of those that there is room for.
    pub fn again(&self, id: &str, messages: Vec<Message>) -> Vec<String> {
        let taken = self.of(id, |webhook| {
            let mut taken = Vec::new();
            for message in messages {
                let id = message.id.clone();
                if !webhook.queue.again(message) {
                    break;
                }
                taken.push(id);
            }
            taken
        });
        self.changed.notify_one();
        taken.unwrap_or_default()
    }

    /// Lets go of messages about users; how many.
    pub fn forget(&self, theirs: &dyn Fn(&str) -> bool) -> u64 {
        let mut n = 0;
        self.each(|webhook| n += webhook.queue.let_go(theirs));
        n
    }

    /// Takes what was told.
    pub(super) fn offer(&self, told: &[Told]) {
        self.each(|webhook| {
            for told in told {
                webhook.offer(told);
            }
        });
    }

    /// Something was told that nobody heard here: all read it again.
    pub(super) fn lagged(&self) {
        self.each(|webhook| {
            let since = webhook.oldest(webhook.settled_until);
            webhook.behind.get_or_insert(Behind { since, skip: 0, refused: 1 });
        });
    }

    /// Webhooks that have room to read what they did not take, and from where.
    pub(super) fn behind(&self) -> Vec<(String, Behind)> {
        let mut behind = Vec::new();
        self.each(|webhook| {
            if let Some(since) = webhook.behind.filter(|_| webhook.queue.len() <= ROOM_AT) {
                behind.push((webhook.saved.id.clone(), since));
            }
        });
        behind
    }

    /// What a webhook read; `last`: there is no more. Nothing: it cannot be read any more.
    pub(super) fn caught_up(&self, id: &str, told: Option<&[Told]>, last: bool) {
        self.of(id, |webhook| {
            let Some(mut behind) = webhook.behind.take() else { return };
            let Some(told) = told else {
                webhook.status.missed += behind.refused;
                return;
            };
            let fits = |told: &&Told| !webhook.wants(told) || webhook.queue.offer(message(told));
            let taken = told.iter().take_while(fits).count();
            behind.advance(&told[..taken]);
            if taken < told.len() || !last {
                webhook.behind = Some(behind);
            }
        });
    }

    /// Messages to be sent now.
    pub(super) fn due(&self, now: Timestamp) -> Vec<Job> {
        let mut jobs = Vec::new();
        self.each(|webhook| {
            for (lane, message) in webhook.queue.due(now) {
                let SavedWebhook { id, url, secret, .. } = webhook.saved.clone();
                jobs.push(Job { webhook: id, lane, message, url, secret });
            }
        });
        jobs
    }

    /// When the next message is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let mut due = Vec::new();
        self.each(|webhook| due.extend(webhook.queue.next_due()));
        due.into_iter().min()
    }

    /// Notes what became of a message; the message if it is given up.
    pub(super) fn settle(
        &self,
        job: &Job,
        outcome: Outcome,
        now: Timestamp,
        chance: f64,
    ) -> Option<GivenUp> {
        self.of(&job.webhook, |webhook| {
            match &outcome {
                Outcome::Delivered => {
                    webhook.status.delivered += 1;
                    (webhook.status.failing_since, webhook.status.last_error) = (None, None);
                }
                Outcome::Failed { why, .. } => {
                    webhook.status.failing_since.get_or_insert(now);
                    webhook.status.last_error = Some(why.clone());
                }
            }
            webhook.queue.settle(job.lane, outcome, now, chance)
        })
        .flatten()
    }

    /// How far each webhook has come, of those that came further. Everything up to `told_until` was
    /// offered.
    pub(super) fn settled(&self, told_until: Option<Timestamp>) -> Vec<(String, Timestamp)> {
        let mut settled = Vec::new();
        self.each(|webhook| {
            let until = told_until.unwrap_or(webhook.settled_until);
            let until = webhook.oldest(until).max(webhook.settled_until);
            if until > webhook.settled_until {
                webhook.settled_until = until;
                settled.push((webhook.saved.id.clone(), until));
            }
        });
        settled
    }

    fn of<T>(&self, id: &str, act: impl FnOnce(&mut Subscription) -> T) -> Option<T> {
        self.lock().as_mut()?.get_mut(id).map(act)
    }

    fn each(&self, act: impl FnMut(&mut Subscription)) {
        self.lock().iter_mut().flat_map(BTreeMap::values_mut).for_each(act);
    }

    fn lock(&self) -> MutexGuard<'_, Option<BTreeMap<String, Subscription>>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> Pace {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behind {
    /// Goes on after what was read, in the order in which it became known. It goes back a little: what
    /// became known at nearly the same time may be told in another order, and what was taken already
    /// is not taken again.
    fn advance(&mut self, read: &[Told]) {
        let Some(last) = read.last().map(|told| told.transition.recorded_at - MARGIN) else {
            return;
        };
        if last <= self.since {
            self.skip += read.len();
            return;
        }
        let rest = read.iter().rev().take_while(|told| told.transition.recorded_at >= last).count();
        if rest == read.len() {
            // Going back would read all of it again.
            self.skip += read.len();
        } else {
            (self.since, self.skip) = (last, 0);
        }
    }
}

impl Subscription {
    fn new(saved: SavedWebhook, pace: Pace, behind: Option<Behind>) -> Subscription {
        // Both were written by us; what cannot be read wants nothing, which shows at once.
        let read = |json: &String| serde_json::from_str(json).unwrap_or_default();
        Subscription {
            watches: saved.watches.as_ref().map(read),
            kinds: serde_json::from_str(&saved.kinds).unwrap_or_default(),
            queue: Queue::new(pace),
            behind,
            settled_until: saved.settled_until,
            status: Status::default(),
            saved,
        }
    }

    fn offer(&mut self, told: &Told) {
        if !self.wants(told) {
            return;
        }
        let known_at = told.transition.recorded_at;
        if let Some(behind) = &mut self.behind {
            // It is read again with what came before it.
            behind.refused += 1;
        } else if !self.queue.offer(message(told)) {
            self.behind = Some(Behind { since: known_at, skip: 0, refused: 1 });
        }
    }

    fn wants(&self, told: &Told) -> bool {
        let watched =
            self.watches.as_ref().is_none_or(|watches| watches.contains(told.watched.key.as_str()));
        watched
            && self.kinds.contains(&kind_of(&told.transition))
            && (self.saved.corrections || told.transition.correction == Correction::None)
    }

    /// The earliest instant of what is not settled, else `until`.
    fn oldest(&self, until: Timestamp) -> Timestamp {
        let behind = self.behind.map(|behind| behind.since);
        [self.queue.oldest(), behind].into_iter().flatten().fold(until, Timestamp::min)
    }
}

#[cfg(test)]
mod tests;
