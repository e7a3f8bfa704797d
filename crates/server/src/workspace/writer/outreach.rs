//! The writer's part of reaching people: candidates of campaigns are found in what is accepted and told, and
//! decided one after the other with everything in view that was accepted before.
//!
//! What it is: the one place where a message is decided. A decision is a record like any other: durable and
//! applied before the outbox hears of it, and by its id counted once, so that what is replayed after a crash
//! decides nothing twice. What it is not: it sends nothing.
//!
//! Invariants: no checkpoint is written while triggers wait, so that a crash finds them again in the log; caps
//! count what was decided, not what was sent, so that a slow provider cannot break them.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use engine::journey::Sent;
use engine::live::{Transition, news};
use engine::outreach::{
    AHEAD, Candidate, Contacts, Decision, FRESH, Known, Person, Reach, Standing, To, Trigger,
    decide, places,
};
use gateway::validate;
use history::{Evaluator, Needs};
use model::outreach::{self, event_id};
use model::{Day, Event, EventId, Identity, Text, Timestamp, UserIndex, Value, Who};
use segment::evaluate::attribute_at;
use tokio::sync::mpsc::UnboundedSender;

mod qualify;

use super::journeys::Going;
use super::shelf::Shelf;
use super::*;
use crate::outbox::render::is_pushed;
use crate::outbox::{Handover, Queued};
use crate::outreach::{Outfit, Ready};

/// Candidates that are decided between two groups of records: a few tens of milliseconds.
const AT_ONCE: usize = 500;

/// Planned messages that are looked at for that many that may be decided now.
const LOOKED_AT: usize = 4 * AT_ONCE;

/// What a decision's event is called, for its id: whatever it says, there is one.
pub(super) const DECISION: &str = "decision";

/// How many of a request became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Qualified {
    /// Decided now.
    pub(crate) decided: u64,
    /// Decided before.
    pub(crate) before: u64,
    /// Handed to the outbox.
    pub(crate) queued: u64,
}

/// Candidates that somebody waits for.
pub(crate) struct Request {
    pub(crate) candidates: VecDeque<Candidate>,
    pub(crate) reply: oneshot::Sender<Qualified>,
    done: Qualified,
}

impl Request {
    pub(crate) fn new(candidates: Vec<Candidate>, reply: oneshot::Sender<Qualified>) -> Request {
        Request { candidates: candidates.into(), reply, done: Qualified::default() }
    }
}

/// The state of reaching people.
pub(crate) struct Reaching {
    pub(super) outfit: Arc<Outfit>,
    /// What waits to be fetched.
    pub(super) shelf: Shelf,
    by_event: HashMap<Text, Vec<Text>>,
    any_event: Vec<Text>,
    by_watch: HashMap<Text, Vec<Text>>,
    pub(super) contacts: Contacts,
    /// By campaign: messages of the latest local day.
    today: HashMap<Text, (Day, u64)>,
    pub(super) waiting: VecDeque<Candidate>,
    pub(super) planned: BTreeMap<(Timestamp, EventId), Candidate>,
    paused: HashMap<Text, Vec<Candidate>>,
    requests: VecDeque<Request>,
    pub(super) outbox: Option<UnboundedSender<Handover>>,
    /// Who is in journeys.
    pub(super) going: Going,
}

/// What is written together, and what follows once it is durable.
#[derive(Default)]
pub(super) struct Following {
    pub(super) group: Group,
    queued: Vec<Queued>,
    later: Vec<(Timestamp, Candidate)>,
}

impl Reaching {
    pub(super) fn new(outfit: Arc<Outfit>) -> Reaching {
        let mut reaching = Reaching {
            outfit: Arc::clone(&outfit),
            shelf: Shelf::default(),
            by_event: HashMap::new(),
            any_event: Vec::new(),
            by_watch: HashMap::new(),
            contacts: Contacts::default(),
            today: HashMap::new(),
            waiting: VecDeque::new(),
            planned: BTreeMap::new(),
            paused: HashMap::new(),
            requests: VecDeque::new(),
            outbox: None,
            going: Going::new(&outfit),
        };
        reaching.define(outfit);
        reaching
    }

    fn define(&mut self, outfit: Arc<Outfit>) {
        (self.by_event, self.by_watch, self.any_event) = Default::default();
        for (id, ready) in &outfit.campaigns {
            match &ready.campaign.trigger {
                Trigger::Named => {}
                Trigger::Event(_) => match ready.matches.as_ref().and_then(|of| of.names()) {
                    Some(names) => names
                        .into_iter()
                        .for_each(|name| self.by_event.entry(name).or_default().push(id.clone())),
                    None => self.any_event.push(id.clone()),
                },
                Trigger::Moves { watch, .. } => {
                    self.by_watch.entry(watch.clone()).or_default().push(id.clone());
                }
            }
        }
        // Whoever waited for a campaign to go on, or to end, is decided again.
        let standing = |id: &Text| outfit.campaigns.get(id).map(|of| of.campaign.standing);
        let ids: Vec<Text> = self.paused.keys().cloned().collect();
        for id in ids.into_iter().filter(|id| standing(id) != Some(Standing::Paused)) {
            self.waiting.extend(self.paused.remove(&id).unwrap_or_default());
        }
        self.outfit = outfit;
    }

    /// Whether triggers wait that a checkpoint must not leave behind.
    pub(in crate::workspace) fn undecided(&self) -> bool {
        !self.waiting.is_empty() || self.going.unseen() > 0
    }

    /// Messages that are decided later.
    pub(super) fn undecided_messages(&self) -> HashSet<EventId> {
        let planned = self.planned.keys().map(|(_, id)| *id);
        let others = self.paused.values().flatten().chain(&self.waiting);
        planned.chain(others.map(|candidate| candidate.message)).collect()
    }

    fn due(&self, now: Timestamp) -> bool {
        let planned = self.planned.keys().next().is_some_and(|(due, _)| *due <= now);
        let expired = self.shelf.next().is_some_and(|at| at <= now);
        let going = self.going.busy(now);
        planned || expired || going || !self.waiting.is_empty() || !self.requests.is_empty()
    }

    /// Whether so few triggers wait that it costs little to look through them.
    pub(super) fn waits_at_most(&self, most: usize) -> bool {
        self.waiting.len() <= most
    }

    /// `whose`: who a user is by now.
    fn next_batch(
        &mut self,
        now: Timestamp,
        whose: &dyn Fn(UserIndex) -> UserIndex,
    ) -> Vec<Candidate> {
        let mut users = HashSet::new();
        let mut comes = |(key, candidate): (&(Timestamp, EventId), &Candidate)| {
            let (campaign, user) = (&candidate.campaign, whose(candidate.user));
            // Of the messages of steps, one user's come one after the other.
            let own = !campaign.contains('/') || users.insert(user);
            (own && self.going.may_decide(campaign, user)).then_some(*key)
        };
        let due = self.planned.iter().take_while(|((due, _), _)| *due <= now);
        let due = due.take(LOOKED_AT).filter_map(&mut comes).take(AT_ONCE);
        let keys: Vec<(Timestamp, EventId)> = due.collect();
        let mut batch: Vec<Candidate> =
            keys.iter().filter_map(|key| self.planned.remove(key)).collect();
        let n = self.waiting.len().min(AT_ONCE - batch.len());
        batch.extend(self.waiting.drain(..n));
        batch
    }

    fn forget(&mut self, gone: &dyn Fn(UserIndex) -> bool) {
        self.waiting.retain(|candidate| !gone(candidate.user));
        self.planned.retain(|_, candidate| !gone(candidate.user));
        self.paused.values_mut().for_each(|of| of.retain(|candidate| !gone(candidate.user)));
    }

    pub(super) fn count_today(&mut self, campaign: &Text, day: Day) {
        let own = self.today.entry(campaign.clone()).or_insert((day, 0));
        if own.0 != day {
            *own = (day, 0);
        }
        own.1 += 1;
    }
}

/// What a decision leads to.
struct Outcome {
    record: Record,
    queued: Option<Queued>,
    later: Option<Timestamp>,
}

impl Writer {
    /// Other campaigns, or another policy, from now on.
    pub(super) fn outfit(&mut self, outfit: Arc<Outfit>) {
        self.reaching.define(outfit);
        self.journeys_defined();
        self.shelf_after_outfit();
    }

    /// Decides what waits to be decided of one user, before anything else.
    pub(super) fn decide_of(&mut self, user: UserIndex) {
        if self.reaching.outbox.is_none() || self.refused.is_some() {
            return;
        }
        let store = &self.store;
        let own = |of: &mut Candidate| store.remaining(of.user) == user;
        let batch: Vec<Candidate> = extract(&mut self.reaching.waiting, own);
        if !batch.is_empty() {
            let now = (self.clock)();
            self.decide_all(batch, now);
        }
    }

    /// Messages go from now on: what was sent of late and what waits is read from the history.
    pub(super) fn reach_from_now(
        &mut self,
        outbox: UnboundedSender<Handover>,
    ) -> Result<(), WorkspaceError> {
        let snapshot = self.store.snapshot()?;
        let rules = self.watching.rules().clone();
        let now = (self.clock)();
        let evaluator = Evaluator::new(&snapshot, &rules, Timestamp::MAX);
        let read = self.read_messages(&evaluator, now);
        let pending = read.map_err(|error| WorkspaceError::Outreach(error.to_string()))?;
        let filled = self.fill_shelf(&evaluator, now);
        filled.map_err(|error| WorkspaceError::Outreach(error.to_string()))?;
        let mut queued = Vec::new();
        let outfit = Arc::clone(&self.reaching.outfit);
        let pushed = |campaign: &Text| {
            let ready = outfit.campaigns.get(campaign);
            ready.is_none_or(|ready| is_pushed(ready.campaign.channel))
        };
        for (candidate, variant, at, retried) in pending {
            if !pushed(&candidate.campaign) {
                continue;
            }
            queued.extend(self.queued_again(&candidate, variant, at, retried));
        }
        let _ = outbox.send(Handover::Left(queued));
        self.reaching.outbox = Some(outbox);
        let filled = self.fill_journeys(&evaluator, now);
        filled.map_err(|error| WorkspaceError::Outreach(error.to_string()))
    }

    /// Candidates among the records of a frame that was folded.
    pub(super) fn triggers_of(&mut self, taken: &[Taken]) {
        if self.reaching.by_event.is_empty() && self.reaching.any_event.is_empty() {
            return;
        }
        for (step, _, record) in taken {
            let What::Event(event) = &record.what else { continue };
            let of_name = self.reaching.by_event.get(&event.name).into_iter().flatten();
            let any = self.reaching.any_event.iter();
            let campaigns: Vec<Text> = of_name.chain(any).cloned().collect();
            let age = record.received_at - event.time;
            if campaigns.is_empty() || age > FRESH || age.0 < -AHEAD.0 {
                continue;
            }
            let mut shared = None;
            for id in campaigns {
                let Some(ready) = self.reaching.outfit.campaigns.get(&id) else { continue };
                let matches = ready.matches.as_ref();
                let fits = matches.is_some_and(|of| of.holds(&event.name, &event.properties));
                if !fits || event.time < ready.campaign.since || self.hidden.contains(&step.user) {
                    continue;
                }
                let event = shared.get_or_insert_with(|| Arc::new(event.clone()));
                let cause = event.id.to_string();
                let candidate = Candidate {
                    campaign: id.clone(),
                    user: step.user,
                    message: Candidate::message(&ready.campaign, step.user, &cause),
                    run: Text::from(cause),
                    at: event.time,
                    due: event.time,
                    missed: false,
                    event: Some(Arc::clone(event)),
                };
                self.reaching.waiting.push_back(candidate);
            }
        }
    }

    /// Candidates among what was told.
    pub(super) fn triggers_among(&mut self, told: &[Transition]) {
        if self.reaching.by_watch.is_empty() {
            return;
        }
        for transition in news(told) {
            if self.hidden.contains(&transition.user) {
                continue;
            }
            let Some(key) = self.watching.key(transition.watch) else { continue };
            for id in self.reaching.by_watch.get(&key).cloned().unwrap_or_default() {
                let Some(ready) = self.reaching.outfit.campaigns.get(&id) else { continue };
                let Trigger::Moves { from, to, .. } = &ready.campaign.trigger else { continue };
                let fits = to.contains(&transition.to)
                    && (from.is_empty() || from.contains(&transition.from));
                if !fits || transition.at < ready.campaign.since {
                    continue;
                }
                let cause = format!("{key}/{}/{}", transition.at.0, transition.to);
                let candidate = Candidate {
                    campaign: id.clone(),
                    user: transition.user,
                    message: Candidate::message(&ready.campaign, transition.user, &cause),
                    run: Text::from(cause),
                    at: transition.at,
                    due: transition.at,
                    missed: false,
                    event: None,
                };
                self.reaching.waiting.push_back(candidate);
            }
        }
    }

    /// Users that turned out to be one keep all their caps.
    pub(super) fn reach_merged(&mut self, taken: &[Taken]) {
        for (step, _, record) in taken {
            for merge in &step.merged {
                self.reaching.contacts.merge(merge.from, merge.into);
                self.reaching.shelf.merge(merge.from, merge.into);
                self.reaching.going.merged(merge.from, merge.into, record.received_at);
            }
        }
    }

    /// Nothing of a user is kept, and nothing is sent any more.
    pub(super) fn reach_forget(&mut self, users: &[UserIndex], names: &[Text]) {
        self.reaching.forget(&|user| users.contains(&user));
        self.reaching.shelf.forget(users);
        self.reaching.going.forget(users);
        users.iter().for_each(|user| self.reaching.contacts.forget(*user));
        if let Some(outbox) = &self.reaching.outbox {
            let _ = outbox.send(Handover::Forget(names.to_vec()));
        }
    }

    pub(super) fn requested(&mut self, request: Request) {
        self.reaching.requests.push_back(request);
    }

    /// Whether candidates wait to be decided now.
    pub(super) fn reach_busy(&mut self) -> bool {
        let running = self.reaching.outbox.is_some() && self.refused.is_none();
        running && self.reaching.due((self.clock)())
    }

    /// Decides all triggers that wait, before a checkpoint leaves them behind.
    pub(in crate::workspace) fn decide_waiting(&mut self) {
        while self.reaching.undecided() && self.reaching.outbox.is_some() && self.refused.is_none()
        {
            let left = |reaching: &Reaching| reaching.waiting.len() + reaching.going.unseen();
            let before = left(&self.reaching);
            self.reach_slice();
            if left(&self.reaching) >= before {
                return;
            }
        }
    }

    /// When the next planned message is due.
    pub(super) fn reach_next(&self) -> Option<Timestamp> {
        self.reaching.outbox.as_ref()?;
        let planned = self.reaching.planned.keys().next().map(|(due, _)| *due);
        let going = self.reaching.going.next();
        planned.into_iter().chain(self.reaching.shelf.next()).chain(going).min()
    }

    /// Decides a few candidates.
    pub(super) fn reach_slice(&mut self) {
        if self.reaching.outbox.is_none() || self.refused.is_some() {
            return;
        }
        let now = (self.clock)();
        self.shelf_slice(now);
        self.journeys_slice(now);
        let store = &self.store;
        let batch = self.reaching.next_batch(now, &|user| store.remaining(user));
        if !batch.is_empty() {
            self.decide_all(batch, now);
        }
        if let Some(mut request) = self.reaching.requests.pop_front() {
            let n = request.candidates.len().min(AT_ONCE);
            let batch: Vec<Candidate> = request.candidates.drain(..n).collect();
            let done = self.decide_all(batch, now);
            request.done.decided += done.decided;
            request.done.before += done.before;
            request.done.queued += done.queued;
            match request.candidates.is_empty() || self.refused.is_some() {
                true => _ = request.reply.send(request.done),
                false => self.reaching.requests.push_front(request),
            }
        }
    }

    fn decide_all(&mut self, mut batch: Vec<Candidate>, now: Timestamp) -> Qualified {
        let mut done = Qualified::default();
        let outfit = Arc::clone(&self.reaching.outfit);
        let priority = |candidate: &Candidate| {
            outfit.campaigns.get(&candidate.campaign).map_or(0, |ready| ready.campaign.priority)
        };
        // The better message takes the cap; of equals, the campaign's id decides.
        batch.sort_by(|a, b| {
            let own = |c: &Candidate| (c.user, std::cmp::Reverse(priority(c)));
            own(a).cmp(&own(b)).then_with(|| a.campaign.cmp(&b.campaign)).then(a.at.cmp(&b.at))
        });
        let probes: Vec<Record> = batch.iter().map(|candidate| probe(candidate, now)).collect();
        let held = match self.counted.held(&self.store, &self.fold, &probes) {
            Ok(held) => held,
            Err(error) => {
                tracing::error!(%error, "the history cannot be read; nothing is decided");
                self.reaching.waiting.extend(batch);
                return done;
            }
        };
        let mut following = Following::default();
        for candidate in batch {
            let Some(ready) = outfit.campaigns.get(&candidate.campaign) else { continue };
            let user = self.store.remaining(candidate.user);
            let candidate = Candidate { user, ..candidate };
            let id = event_id(candidate.message, DECISION, 0);
            if held.contains(&id) || self.counted.waits(id) {
                done.before += 1;
                continue;
            }
            if self.hidden.contains(&user) {
                continue;
            }
            let n = following.queued.len();
            if self.decide_one(ready, candidate, now, &mut following).is_none() {
                continue;
            }
            done.decided += 1;
            done.queued += (following.queued.len() - n) as u64;
        }
        self.conclude(following);
        done
    }

    /// Decides about one candidate that was not decided before; what follows is added to the rest.
    pub(super) fn decide_one(
        &mut self,
        ready: &Ready,
        candidate: Candidate,
        now: Timestamp,
        following: &mut Following,
    ) -> Option<Sent> {
        let outcome = self.decided(ready, &candidate, now)?;
        let sent = match (&outcome.queued, outcome.later) {
            (Some(_), _) => Sent::Queued,
            (None, Some(_)) => Sent::Later,
            (None, None) => Sent::Withheld,
        };
        following.queued.extend(outcome.queued);
        // A campaign that goes on decides by what was due before it was paused.
        following.later.extend(outcome.later.map(|due| match due {
            Timestamp::MAX => (due, candidate),
            due => (due, Candidate { due, ..candidate }),
        }));
        // What is planned again for the same instant may have been written down before.
        let again = outcome.later.is_some() && self.is_held(&outcome.record);
        if !again && outcome.record.delivery().is_some_and(|id| self.counted.take(id)) {
            following.group.accepted.push(self.step(outcome.record));
        }
        Some(sent)
    }

    /// Makes durable what was decided, and hands over what is to be sent.
    pub(super) fn conclude(&mut self, following: Following) {
        let Following { group, queued, later } = following;
        self.commit(group);
        if self.refused.is_some() {
            return;
        }
        for (due, candidate) in later {
            match due == Timestamp::MAX {
                true => {
                    self.reaching
                        .paused
                        .entry(candidate.campaign.clone())
                        .or_default()
                        .push(candidate);
                }
                false => {
                    self.reaching.planned.insert((candidate.due, candidate.message), candidate);
                }
            }
        }
        let (queued, fetched): (Vec<Queued>, Vec<Queued>) =
            queued.into_iter().partition(|queued| is_pushed(queued.channel));
        if let Some(outbox) = self.reaching.outbox.as_ref().filter(|_| !queued.is_empty()) {
            let _ = outbox.send(Handover::Queued(queued));
        }
        self.shelve(fetched);
    }

    fn is_held(&mut self, record: &Record) -> bool {
        let held = self.counted.held(&self.store, &self.fold, std::slice::from_ref(record));
        held.is_ok_and(|held| !held.is_empty())
    }

    /// What becomes of one candidate.
    fn decided(&mut self, ready: &Ready, candidate: &Candidate, now: Timestamp) -> Option<Outcome> {
        let campaign = &ready.campaign;
        let qualifies = self.qualifies(ready, candidate, now);
        let needs = Needs::of_attributes(&ready.needs, self.watching.rules());
        let history = match self.store.history_for(&[candidate.user], &needs, (now, now)) {
            Ok(history) => history,
            Err(error) => {
                tracing::error!(%error, "a profile cannot be read; a message is not decided");
                return None;
            }
        };
        let attribute = |name: &str| attribute_at(&history, name, now).cloned();
        let person = Person {
            user: candidate.user,
            fold: &self.fold,
            attribute: &attribute,
            address: &address_of,
        };
        let day = self.reaching.outfit.policy.zone.day(now);
        let today = self.reaching.today.get(&campaign.id).filter(|(of, _)| *of == day);
        let decision = match qualifies {
            false => Decision::Withheld {
                reason: engine::outreach::Reason::NotQualified,
                detail: String::new(),
                variant: None,
            },
            true => {
                let known = Known {
                    policy: &self.reaching.outfit.policy,
                    contacts: &self.reaching.contacts,
                    today: today.map_or(0, |(_, n)| *n),
                    now,
                    reach: Reach::Known,
                };
                decide(campaign, candidate, &person, &known)
            }
        };
        let who = who(&self.fold, candidate.user)?;
        let (name, id, properties, variant) = told(&decision, candidate, campaign);
        let mut later = None;
        let mut queued = None;
        match &decision {
            Decision::Later { due, .. } => later = Some(*due),
            Decision::Send { places, .. } => {
                let places = places.iter().map(|place| place.to.clone()).collect();
                let of = (&person, &attribute as &Attribute<'_>);
                let handed = handed(ready, candidate, (variant, places, now), of, &who);
                let memberships = self.memberships(ready, candidate.user, now);
                let answers = self.answers(ready, candidate, now);
                queued = Some(Queued { memberships, answers, ..handed });
            }
            Decision::HeldOut(_) | Decision::Withheld { .. } => {}
        }
        if queued.is_some() {
            self.reaching.contacts.add(candidate.user, &campaign.id, campaign.message(), now);
            self.reaching.count_today(&campaign.id, day);
        }
        let event = Event { name: Text::const_new(name), time: now, id, properties };
        let record = Record { received_at: now, who, what: What::Event(event) };
        Some(Outcome { record, queued, later })
    }

    /// A message of an earlier run that has no outcome; nothing: it cannot be sent any more.
    pub(super) fn queued_again(
        &mut self,
        candidate: &Candidate,
        variant: Text,
        at: Timestamp,
        retried: u64,
    ) -> Option<Queued> {
        let outfit = Arc::clone(&self.reaching.outfit);
        let ready = outfit.campaigns.get(&candidate.campaign)?;
        let user = self.store.remaining(candidate.user);
        let now = (self.clock)();
        let needs = Needs::of_attributes(&ready.needs, self.watching.rules());
        let history = self.store.history_for(&[user], &needs, (now, now)).ok()?;
        let event = match &candidate.event {
            Some(named) => self.event_of(user, named.id),
            None => None,
        };
        let attribute = |name: &str| attribute_at(&history, name, now).cloned();
        let person = Person { user, fold: &self.fold, attribute: &attribute, address: &address_of };
        let topic = ready.campaign.topic.as_ref().map(|(topic, own)| (topic.as_str(), *own));
        let open = places(&person, ready.campaign.channel, topic);
        let mut open: Vec<To> = open
            .into_iter()
            .filter(|place| place.blocked.is_none())
            .map(|place| place.to)
            .collect();
        if !ready.campaign.delivery.all_devices {
            open.truncate(1);
        }
        let who = who(&self.fold, user)?;
        let candidate = Candidate { user, event, ..candidate.clone() };
        let of = (&person, &attribute as &Attribute<'_>);
        let handed = handed(ready, &candidate, (variant, open, at), of, &who);
        let memberships = self.memberships(ready, user, now);
        let answers = self.answers(ready, &candidate, at);
        Some(Queued { memberships, answers, retried, ..handed })
    }

    /// An event of a user by its id.
    pub(super) fn event_of(&mut self, user: UserIndex, id: EventId) -> Option<Arc<Event>> {
        let history = self.store.history_of(user).ok()?;
        let found = history.events.into_iter().find(|event| event.id == id)?;
        let segment::evaluate::UserEvent { name, time, id, properties, .. } = found;
        Some(Arc::new(Event { name, time, id, properties }))
    }
}

/// Takes what fits out of a queue; the rest keeps its order.
fn extract<T>(queue: &mut VecDeque<T>, mut fits: impl FnMut(&mut T) -> bool) -> Vec<T> {
    let (mut taken, mut rest) = (Vec::new(), VecDeque::with_capacity(queue.len()));
    for mut item in queue.drain(..) {
        match fits(&mut item) {
            true => taken.push(item),
            false => rest.push_back(item),
        }
    }
    *queue = rest;
    taken
}

/// A record with the id of a candidate's decision, to ask whether it was made.
fn probe(candidate: &Candidate, now: Timestamp) -> Record {
    let id = event_id(candidate.message, DECISION, 0);
    let name = Text::const_new(outreach::QUEUED);
    let event = Event { name, time: now, id, properties: Vec::new() };
    Record { received_at: now, who: Who::default(), what: What::Event(event) }
}

/// An event of which only the id is known yet.
pub(super) fn trigger(id: &str) -> Option<Arc<Event>> {
    if id.is_empty() {
        return None;
    }
    let (name, time, properties) = (Text::default(), Timestamp(0), Vec::new());
    Some(Arc::new(Event { name, time, id: EventId::of(id), properties }))
}

/// Name, id and properties of the event that tells a decision.
fn told(
    decision: &Decision,
    candidate: &Candidate,
    campaign: &engine::outreach::Campaign,
) -> (&'static str, EventId, Vec<(Text, Value)>, Text) {
    let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
    let mut properties = vec![
        text(outreach::MESSAGE, &candidate.message.to_string()),
        text(outreach::CAMPAIGN, &campaign.id),
        text(outreach::RUN, &candidate.run),
        text(outreach::CHANNEL, campaign.channel.name()),
    ];
    if !campaign.label_names.is_empty() {
        properties.push(text(outreach::LABELS, &campaign.label_names.join(",")));
    }
    if let Some(event) = &candidate.event {
        properties.push(text(outreach::TRIGGER, &event.id.to_string()));
    }
    let mut own = |variant: &Option<Text>| {
        properties.extend(variant.as_ref().map(|variant| text(outreach::VARIANT, variant)));
    };
    let mut id = event_id(candidate.message, DECISION, 0);
    let mut drawn = Text::default();
    let name = match decision {
        Decision::HeldOut(group) => {
            properties.push(text(outreach::GROUP, group));
            outreach::HELD_OUT
        }
        Decision::Withheld { reason, detail, variant } => {
            own(variant);
            properties.push(text(outreach::REASON, reason.word()));
            if !detail.is_empty() {
                properties.push(text(outreach::DETAIL, detail));
            }
            outreach::WITHHELD
        }
        Decision::Later { due, reason, variant } => {
            own(variant);
            properties.push(text(outreach::REASON, reason));
            properties.push((Text::const_new(outreach::DUE), Value::Int(due.0)));
            id = event_id(candidate.message, outreach::PLANNED, due.0 as u64);
            outreach::PLANNED
        }
        Decision::Send { variant, .. } => {
            own(&Some(variant.clone()));
            drawn = variant.clone();
            outreach::QUEUED
        }
    };
    model::record::sort_properties(&mut properties);
    (name, id, properties, drawn)
}

/// What a person's attribute is.
pub(super) type Attribute<'a> = dyn Fn(&str) -> Option<Value> + 'a;

/// A message as the outbox needs it.
pub(super) fn handed(
    ready: &Ready,
    candidate: &Candidate,
    (variant, places, at): (Text, Vec<To>, Timestamp),
    (person, attribute): (&Person, &Attribute<'_>),
    who: &Who,
) -> Queued {
    let campaign = &ready.campaign;
    let attributes =
        ready.reads.iter().filter_map(|name| Some((name.clone(), attribute(name)?))).collect();
    Queued {
        message: candidate.message,
        campaign: campaign.id.clone(),
        variant,
        channel: campaign.channel,
        priority: campaign.priority,
        user: person.fold.person(candidate.user).public_id.clone(),
        who: who.clone(),
        at,
        retried: 0,
        places,
        attributes,
        memberships: Vec::new(),
        event: candidate.event.clone(),
        run: candidate.run.clone(),
        answers: Vec::new(),
        locale: person.locale(),
        zone: person.zone(),
        labels: Text::from(campaign.label_names.join(",")),
    }
}

/// A user as a record names them.
pub(super) fn who(fold: &Fold, user: UserIndex) -> Option<Who> {
    let graph = fold.graph(user);
    if let Some(id) = graph.user_ids().next() {
        return Some(Who::of(Some(id.clone()), None));
    }
    if let Some(identity) = graph.identities().next() {
        return Some(Who { identities: vec![identity.clone()], ..Who::default() });
    }
    graph.anonymous_ids().next().map(|id| Who::of(None, Some(id.clone())))
}

/// An address that stands in an attribute, as its channel writes it.
pub(crate) fn address_of(label: &str, written: &str) -> Option<Text> {
    let read = if label == Identity::EMAIL { validate::email } else { validate::phone };
    read(written).map(|identity| identity.value)
}
