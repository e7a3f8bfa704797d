//! The messages of one provider: which goes next, when, and what becomes of those that could not go.
//!
//! What it is: a state machine; time and chance are arguments. What it is not: it sends nothing and writes
//! nothing down.
//!
//! Invariants: never more messages under way than the provider bears; a message that may have reached somebody
//! is tried again only where the provider says once for the same key, or where its owner prefers twice to
//! never; every message that was pushed comes to an end, at the latest when it expires.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use channels::answer::Answer;
use channels::backoff::Backoff;
use channels::breaker::{self, Breaker, Permit};
use channels::contract::{Limits, Outcome};
use channels::pace::Pace;
use engine::outreach::To;
use model::{Span, Text, Timestamp};

use super::queued::Queued;

/// Waits between attempts: from two seconds to a quarter of an hour.
const BACKOFF: Backoff = Backoff { base: Duration::from_secs(2), cap: Duration::from_secs(900) };

/// Messages that may go at once after a silence, for each that may go in a second.
const BURST: u32 = 1;

/// A message in the lane.
#[derive(Clone, Debug)]
pub struct Item {
    /// The message.
    pub queued: Arc<Queued>,
    /// Places that have not taken it yet.
    pub places: Vec<To>,
    /// One of the places took it.
    pub taken: bool,
    /// Attempts so far.
    pub attempts: u32,
    /// After this instant it is not tried again.
    pub expires: Timestamp,
}

/// What a lane does with a message in doubt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doubt {
    /// It counts as failed.
    #[default]
    NeverTwice,
    /// It is tried again.
    NeverLost,
}

/// How a provider is to be treated.
#[derive(Clone, Debug)]
pub struct Treatment {
    /// What it bears.
    pub limits: Limits,
    /// It says once for the same key.
    pub idempotent: bool,
    /// What becomes of messages in doubt.
    pub doubt: Doubt,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// The provider took it.
    Sent {
        /// Its id there.
        provider_id: Option<String>,
        /// What a server said to a webhook, if it was asked for.
        answer: Option<Box<Answer>>,
    },
    /// It is given up.
    Failed {
        /// A stable code.
        code: String,
        /// What else is known.
        detail: String,
    },
    /// It is tried again.
    Again {
        /// It certainly did not reach anybody.
        certain: bool,
    },
}

/// How a lane is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Messages that wait.
    pub waiting: u64,
    /// Messages under way.
    pub sending: u64,
    /// Messages taken.
    pub sent: u64,
    /// Messages given up.
    pub failed: u64,
    /// Nothing is sent until then.
    pub paused_until: Option<Timestamp>,
    /// What the last failure said.
    pub last_error: Option<String>,
    /// When the oldest of those that wait was decided.
    pub oldest: Option<Timestamp>,
}

/// Orders what may go: priority first, then age.
#[derive(Debug)]
struct Ready {
    priority: u8,
    order: Reverse<u64>,
    item: Item,
}

impl PartialEq for Ready {
    fn eq(&self, other: &Ready) -> bool {
        (self.priority, self.order) == (other.priority, other.order)
    }
}

impl Eq for Ready {}

impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Ready) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ready {
    fn cmp(&self, other: &Ready) -> std::cmp::Ordering {
        (self.priority, self.order).cmp(&(other.priority, other.order))
    }
}

/// See the [module](self).
pub struct Lane {
    treatment: Treatment,
    ready: BinaryHeap<Ready>,
    later: BTreeMap<(Timestamp, u64), Item>,
    next: u64,
    sending: usize,
    breaker: Breaker,
    pace: Option<Pace>,
    /// By campaign with a pace of its own: when its next message may go.
    slots: HashMap<Text, i64>,
    sent: u64,
    failed: u64,
    last_error: Option<String>,
}

impl Lane {
    /// An empty lane.
    pub fn new(treatment: Treatment, now: Timestamp) -> Lane {
        let per_second = treatment.limits.per_second;
        let burst = |rate: f64| (rate.ceil() as u32).saturating_mul(BURST).max(1);
        let pace = per_second.map(|rate| Pace::new(rate, burst(rate), now));
        Lane {
            treatment,
            ready: BinaryHeap::new(),
            later: BTreeMap::new(),
            next: 0,
            sending: 0,
            breaker: Breaker::new(breaker::Settings::default()),
            pace,
            slots: HashMap::new(),
            sent: 0,
            failed: 0,
            last_error: None,
        }
    }

    /// The provider is another one, or has other settings, from now on. What waits stays.
    pub fn treat(&mut self, treatment: Treatment, now: Timestamp) {
        let before = std::mem::replace(self, Lane::new(treatment, now));
        let Lane { ready, later, next, sending, slots, sent, failed, .. } = before;
        *self = Lane {
            ready,
            later,
            next,
            sending,
            slots,
            sent,
            failed,
            treatment: self.treatment.clone(),
            breaker: self.breaker.clone(),
            pace: self.pace.clone(),
            last_error: None,
        };
    }

    /// A message to be sent; with a pace of its campaign, not before its turn.
    pub fn push(&mut self, item: Item, per_second: Option<u32>, now: Timestamp) {
        let slot = per_second.filter(|n| *n > 0).map(|n| {
            // In microseconds, so that a thousand in a second are told apart.
            let next = self.slots.entry(item.queued.campaign.clone()).or_insert(i64::MIN);
            let slot = (*next).max(now.0 * 1_000);
            *next = slot + 1_000_000 / i64::from(n);
            Timestamp(slot / 1_000)
        });
        match slot.filter(|slot| *slot > now) {
            Some(slot) => self.wait_until(slot, item),
            None => self.make_ready(item),
        }
    }

    fn make_ready(&mut self, item: Item) {
        let order = Reverse(self.numbered());
        self.ready.push(Ready { priority: item.queued.priority, order, item });
    }

    fn wait_until(&mut self, at: Timestamp, item: Item) {
        let number = self.numbered();
        self.later.insert((at, number), item);
    }

    fn numbered(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// The messages that may go now, at most so many, and when to ask again if nothing else happens.
    pub fn take(&mut self, now: Timestamp, most: usize) -> (Vec<Item>, Option<Timestamp>) {
        while let Some(entry) = self.later.first_entry().filter(|entry| entry.key().0 <= now) {
            let item = entry.remove();
            self.make_ready(item);
        }
        let mut taken = Vec::new();
        let mut again = self.later.keys().next().map(|(at, _)| *at);
        while taken.len() < most && self.sending < self.treatment.limits.concurrency {
            let Some(next) = self.ready.peek() else { break };
            // What expired needs nobody's permission to be given up.
            if next.item.expires >= now {
                match self.permitted(now) {
                    Ok(()) => {}
                    Err(at) => {
                        again = Some(again.map_or(at, |again| again.min(at)));
                        break;
                    }
                }
            }
            let Some(Ready { item, .. }) = self.ready.pop() else { break };
            self.sending += 1;
            taken.push(item);
        }
        (taken, again)
    }

    fn permitted(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        if let Some(pace) = &mut self.pace
            && let Err(wait) = pace.take(now)
        {
            return Err(after(now, wait));
        }
        match self.breaker.ask(now) {
            Permit::Go | Permit::Probe => Ok(()),
            Permit::Wait(until) => {
                if let Some(pace) = &mut self.pace {
                    pace.give_back();
                }
                Err(until)
            }
        }
    }

    /// What becomes of a message that was taken, after the provider's answers, one for each place that was
    /// tried. `chance`: from 0 to 1.
    pub fn settle(
        &mut self,
        mut item: Item,
        outcomes: &[(To, Outcome)],
        now: Timestamp,
        chance: f64,
    ) -> Settled {
        self.sending = self.sending.saturating_sub(1);
        item.attempts += 1;
        let (mut provider_id, mut answer, mut refused, mut again) = (None, None, None, None);
        for (to, outcome) in outcomes {
            self.breaker.tell(breaker::verdict(outcome), now);
            match outcome {
                Outcome::Accepted { provider_id: id, answer: said } => {
                    item.taken = true;
                    item.places.retain(|place| place != to);
                    provider_id = provider_id.or(id.clone());
                    answer = answer.or(said.clone());
                    if let Some(pace) = &mut self.pace {
                        pace.accepted();
                    }
                }
                Outcome::Rejected { code, detail, .. } => {
                    item.places.retain(|place| place != to);
                    refused = Some((code.name().to_owned(), detail.clone()));
                }
                Outcome::Retry { code, detail, after, certain } => {
                    if let Some(after) = after
                        && let Some(pace) = &mut self.pace
                    {
                        pace.throttled(Some(*after), now);
                    }
                    self.last_error = Some(format!("{}: {detail}", code.name()));
                    let may = *certain
                        || self.treatment.idempotent
                        || self.treatment.doubt == Doubt::NeverLost;
                    if may {
                        again = Some((code.name().to_owned(), detail.clone(), *after, *certain));
                    } else {
                        item.places.retain(|place| place != to);
                        refused =
                            Some(("in_doubt".to_owned(), format!("{}: {detail}", code.name())));
                    }
                }
            }
        }
        // A message that reached one place has reached its user.
        if item.taken {
            self.sent += 1;
            return Settled::Sent { provider_id, answer };
        }
        if let Some((code, detail, wait, certain)) = again.filter(|_| !item.places.is_empty()) {
            let due = super::lane::after(now, BACKOFF.wait(item.attempts, wait, chance));
            if due <= item.expires {
                self.wait_until(due, item);
                return Settled::Again { certain };
            }
            refused = Some((code, format!("given up after {} attempts: {detail}", item.attempts)));
        }
        let (code, detail) = refused.unwrap_or_else(|| ("no_place".to_owned(), String::new()));
        self.give_up(&code, &detail);
        Settled::Failed { code, detail }
    }

    /// A message that was taken never got as far as its provider.
    pub fn give_up_unsent(&mut self, code: &str, detail: &str) {
        self.sending = self.sending.saturating_sub(1);
        self.give_up(code, detail);
    }

    fn give_up(&mut self, code: &str, detail: &str) {
        self.failed += 1;
        self.last_error = Some(format!("{code}: {detail}"));
    }

    /// A message that was taken goes back as it was: it could not be written down that it goes.
    pub fn put_back(&mut self, item: Item, until: Timestamp) {
        self.sending = self.sending.saturating_sub(1);
        self.wait_until(until, item);
    }

    /// Lets go of the messages of a user, or of a campaign.
    pub fn remove(&mut self, gone: &dyn Fn(&Queued) -> bool) -> Vec<Arc<Queued>> {
        let mut removed = Vec::new();
        self.later.retain(|_, item| {
            let gone = gone(&item.queued);
            if gone {
                removed.push(Arc::clone(&item.queued));
            }
            !gone
        });
        let ready = std::mem::take(&mut self.ready).into_vec();
        for ready in ready {
            match gone(&ready.item.queued) {
                true => removed.push(ready.item.queued),
                false => self.ready.push(ready),
            }
        }
        removed
    }

    /// Messages that wait.
    pub fn waiting(&self) -> usize {
        self.ready.len() + self.later.len()
    }

    /// How the lane is doing.
    pub fn status(&self, now: Timestamp) -> Status {
        let all = self.ready.iter().map(|ready| &ready.item).chain(self.later.values());
        Status {
            waiting: self.waiting() as u64,
            sending: self.sending as u64,
            sent: self.sent,
            failed: self.failed,
            paused_until: self.breaker.open_until(now),
            last_error: self.last_error.clone(),
            oldest: all.map(|item| item.queued.at).min(),
        }
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.plus(Span(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
}
