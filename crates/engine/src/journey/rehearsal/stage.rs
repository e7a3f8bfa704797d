//! What one user's rehearsal knows, and what journeys ask of it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use experiment::assign::Arms;
use model::outreach::{self, CAMPAIGN, CHANNEL, LABELS, MACHINE};
use model::{Day, Event, EventId, Span, Text, Timestamp, UserIndex, Value, Zone};
use segment::Predicate;
use segment::evaluate::{
    Context, NoPopulation, UserEvent, UserHistory, attribute_at, holds, user_zone,
};
use segment::live::{Arrived, ArrivedWhat, Correction, Scratch, Step as UserStep, Told as Moved};

use super::{Decided, Played, Scene};
use crate::journey::{Changes, Journey, Message, Sent, Told, What, World};
use crate::live::NEVER;
use crate::outreach::{
    Campaign, Candidate, Contacts, Decision, Known, Person, Reach, Reason, Trigger, decide,
    unreachable,
};
use crate::schedule::{Channel, caps};

/// How long what somebody opened or clicked says which channel they like.
const ENGAGED: Span = crate::outreach::REMEMBERED;

/// What was written, and is to be seen by everything that listens.
#[derive(Clone, Debug)]
pub(super) enum Written {
    Event(Arc<Event>),
    Attributes(Timestamp, Vec<(Text, Value)>),
}

/// A message that counts for caps.
struct Contact {
    campaign: Text,
    message: caps::Candidate,
    at: Timestamp,
}

/// What makes a campaign find somebody.
pub(super) struct Cause<'e> {
    pub(super) cause: &'e str,
    pub(super) at: Timestamp,
    /// Not before then; nothing: their local time had passed.
    pub(super) due: Option<Timestamp>,
    pub(super) event: Option<&'e Arc<Event>>,
}

/// One user.
pub(super) struct Stage<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) user: UserIndex,
    /// Everything that happened, what is written by the way included.
    pub(super) history: Cow<'a, UserHistory>,
    /// Their state in the program.
    bytes: Vec<u8>,
    pub(super) horizon: i64,
    scratch: Scratch,
    told: Vec<Moved>,
    contacts: Contacts,
    /// Real messages of others at the instant that is played, which do not count yet.
    pending: Vec<Contact>,
    today: HashMap<Text, (Day, u64)>,
    pub(super) planned: BTreeMap<(Timestamp, EventId), Candidate>,
    pub(super) decided: HashSet<EventId>,
    runs: HashSet<EventId>,
    pub(super) written: VecDeque<Written>,
    pub(super) played: Played,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        scene: &'a Scene<'a>,
        user: UserIndex,
        history: Cow<'a, UserHistory>,
    ) -> Stage<'a> {
        Stage {
            scene,
            user,
            history,
            bytes: Vec::new(),
            horizon: NEVER,
            scratch: Scratch::default(),
            told: Vec::new(),
            contacts: Contacts::default(),
            pending: Vec::new(),
            today: HashMap::new(),
            planned: BTreeMap::new(),
            decided: HashSet::new(),
            runs: HashSet::new(),
            written: VecDeque::new(),
            played: Played::default(),
        }
    }

    /// The program takes what happened, and tells up to an instant: moves, in the order of their instants.
    pub(super) fn arrive(&mut self, arrived: &[Arrived], now: Timestamp) -> Vec<Moved> {
        let Stage { scene, history, bytes, scratch, told, horizon, .. } = self;
        told.clear();
        if scene.program.idle() || arrived.is_empty() && *horizon > now.0 {
            return Vec::new();
        }
        // What came before is there already, with everything that arrives now.
        let step = UserStep {
            id: &history.id,
            renamed: false,
            now,
            horizon: *horizon,
            since: &[],
            history: &mut || None,
        };
        let stepped = match arrived.is_empty() {
            true => scene.program.advance(scratch, bytes, step, told),
            false => scene.program.arrive(scratch, bytes, arrived, step, told),
        };
        // Its own bytes: nothing else writes them.
        let stepped = stepped.unwrap_or_else(|damaged| panic!("user {}: {damaged}", self.user.0));
        if stepped.changed {
            bytes.clear();
            bytes.extend_from_slice(&scratch.bytes);
        }
        *horizon = stepped.horizon;
        // What steps write at an instant comes after what happened then, and is new all the same.
        let new = |moved: &&Moved| moved.correction != Correction::Revoked;
        let mut moves: Vec<Moved> = told.iter().filter(new).copied().collect();
        moves.sort_by_key(|moved| (moved.at, moved.watch));
        moves
    }

    /// Nothing has arrived in the program yet.
    pub(super) fn begin_anew(&mut self) {
        self.bytes.clear();
        self.horizon = NEVER;
    }

    /// Puts an event into the history.
    pub(super) fn record(&mut self, event: &Event) {
        let history = self.history.to_mut();
        let at = history.events.partition_point(|other| other.time <= event.time);
        let own = UserEvent {
            name: event.name.clone(),
            time: event.time,
            arrival: u64::MAX,
            id: event.id,
            properties: event.properties.clone(),
            derived: false,
        };
        history.events.insert(at, own);
    }

    /// Puts values of attributes into the history.
    pub(super) fn record_attributes(&mut self, at: Timestamp, values: &[(Text, Value)]) {
        let history = self.history.to_mut();
        for (name, value) in values {
            let own = history.attributes.entry(name.clone()).or_default();
            let place = own.partition_point(|(other, _)| *other <= at);
            own.insert(place, (at, value.clone()));
        }
    }

    /// A real message of another campaign, at an instant that has not been played. Of what is decided at one instant
    /// the higher priority comes first, and of equals the id decides.
    pub(super) fn counts(&mut self, event: &UserEvent) {
        let of = |name: &str| match event.property(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let channel = of(CHANNEL).and_then(|channel| Channel::parse(&channel));
        let (Some(campaign), Some(channel)) = (of(CAMPAIGN), channel) else { return };
        let labels = of(LABELS).map(|labels| (self.scene.labels)(&labels)).unwrap_or_default();
        let priority = (self.scene.priority)(&campaign).unwrap_or(u8::MAX);
        let message = caps::Candidate { channel, labels, priority };
        self.pending.push(Contact { campaign, message, at: event.time });
    }

    /// Real messages count from now on: of the instant of a decision those that came before it; nothing: all.
    pub(super) fn count_until(&mut self, decision: Option<(&Campaign, Timestamp)>) {
        let Stage { pending, contacts, user, .. } = self;
        let before = |of: &Contact| match decision {
            None => true,
            Some((campaign, now)) => {
                let own = (Reverse(campaign.priority), &campaign.id);
                of.at < now || (Reverse(of.message.priority), &of.campaign) < own
            }
        };
        pending.retain(|of| {
            let counts = before(of);
            if counts {
                contacts.add(*user, &of.campaign, of.message, of.at);
            }
            !counts
        });
    }

    /// Somebody is found by a campaign that does not wait for a step.
    pub(super) fn qualify(&mut self, campaign: &Text, of: Cause) {
        let Some(part) = self.scene.campaigns.get(campaign) else { return };
        let Cause { cause, at, due, event } = of;
        let message = Candidate::message(part.campaign, self.user, cause);
        if self.decided.contains(&message) {
            return;
        }
        let candidate = Candidate {
            campaign: campaign.clone(),
            user: self.user,
            message,
            run: Text::new(cause),
            at,
            due: due.unwrap_or(at),
            missed: due.is_none(),
            event: event.cloned(),
        };
        self.decide((candidate, true), at);
    }

    /// What becomes of a message at an instant, and whether whoever it is for still waits for it.
    pub(super) fn decide(
        &mut self,
        (candidate, awaited): (Candidate, bool),
        now: Timestamp,
    ) -> Sent {
        let Some(part) = self.scene.campaigns.get(&candidate.campaign) else {
            return Sent::Withheld;
        };
        let campaign = part.campaign;
        self.count_until(Some((campaign, now)));
        let triggered = !matches!(campaign.trigger, Trigger::Named);
        let audience = part.audience.filter(|_| triggered);
        let qualifies = awaited && audience.is_none_or(|audience| self.is_member(audience, now));
        let day = self.scene.policy.zone.day(now);
        let today = self.today.get(&campaign.id).filter(|(of, _)| *of == day);
        let known = Known {
            policy: self.scene.policy,
            contacts: &self.contacts,
            today: today.map_or(0, |(_, n)| *n),
            now,
            reach: self.scene.reach,
        };
        let decision = match qualifies {
            false => Decision::Withheld {
                reason: crate::outreach::Reason::NotQualified,
                detail: String::new(),
                variant: None,
            },
            true => self.with_person(now, |person| decide(campaign, &candidate, person, &known)),
        };
        if let Decision::Later { due, .. } = decision
            && self.planned.contains_key(&(due, candidate.message))
        {
            // It waits for that already.
            return Sent::Later;
        }
        let assumed = self.assumed(&decision, campaign, now);
        let Candidate { campaign: id, message, run, .. } = candidate.clone();
        self.tell_decision(&decision, &candidate, now);
        self.played.messages.push(Decided {
            campaign: id,
            message,
            run,
            at: now,
            decision: decision.clone(),
            assumed,
        });
        match decision {
            Decision::Later { due, .. } => {
                self.planned.insert((due, message), Candidate { due, ..candidate });
                return Sent::Later;
            }
            Decision::Send { .. } => {
                self.contacts.add(self.user, &campaign.id, campaign.message(), now);
                let own = self.today.entry(campaign.id.clone()).or_insert((day, 0));
                *own = if own.0 == day { (day, own.1 + 1) } else { (day, 1) };
            }
            Decision::HeldOut(_) | Decision::Withheld { .. } => {}
        }
        self.decided.insert(message);
        match decision {
            Decision::Send { .. } => Sent::Queued,
            _ => Sent::Withheld,
        }
    }

    /// Why it would not have gone, if everybody had not been taken to be reachable.
    fn assumed(&self, decision: &Decision, campaign: &Campaign, at: Timestamp) -> Option<Reason> {
        match decision {
            Decision::Send { .. } if self.scene.reach == Reach::Assumed => {
                self.with_person(at, |person| unreachable(campaign, person))
            }
            _ => None,
        }
    }

    /// Writes down what became of a message, if anything asks about it.
    fn tell_decision(&mut self, decision: &Decision, candidate: &Candidate, now: Timestamp) {
        let name = match decision {
            Decision::HeldOut(_) => outreach::HELD_OUT,
            Decision::Withheld { .. } => outreach::WITHHELD,
            Decision::Later { .. } => outreach::PLANNED,
            Decision::Send { .. } => outreach::QUEUED,
        };
        let Some(part) = self.scene.campaigns.get(&candidate.campaign) else { return };
        if !self.scene.heeds(name) {
            return;
        }
        let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
        let mut properties = vec![
            text(outreach::MESSAGE, &candidate.message.to_string()),
            text(CAMPAIGN, &candidate.campaign),
            text(outreach::RUN, &candidate.run),
            text(CHANNEL, part.campaign.channel.name()),
        ];
        match decision {
            Decision::HeldOut(group) => properties.push(text(outreach::GROUP, group)),
            Decision::Withheld { reason, .. } => {
                properties.push(text(outreach::REASON, reason.word()));
            }
            Decision::Later { reason, .. } => properties.push(text(outreach::REASON, reason)),
            Decision::Send { variant, .. } => properties.push(text(outreach::VARIANT, variant)),
        }
        model::record::sort_properties(&mut properties);
        let id = outreach::event_id(candidate.message, name, now.0 as u64);
        self.write(Event { name: Text::const_new(name), time: now, id, properties });
    }

    /// Nobody is asked here: the answer that the scene takes for granted, if there is one.
    fn assume(&mut self, (campaign, id): (&Text, EventId), run: EventId, at: Timestamp) {
        let Some(part) = self.scene.campaigns.get(campaign) else { return };
        let Some(assumed) = part.answer else { return };
        let mut properties = vec![
            (Text::const_new(outreach::MESSAGE), Value::text(&id.to_string())),
            (Text::const_new(CAMPAIGN), Value::Text(campaign.clone())),
            (Text::const_new(outreach::RUN), Value::text(&run.to_string())),
            (Text::const_new(CHANNEL), Value::text(part.campaign.channel.name())),
        ];
        properties.extend(assumed.iter().cloned());
        model::record::sort_properties(&mut properties);
        let name = Text::const_new(outreach::ANSWERED);
        let id = outreach::event_id(id, outreach::ANSWERED, 0);
        self.played.assumed += 1;
        self.write(Event { name, time: at, id, properties });
    }

    fn write(&mut self, event: Event) {
        self.record(&event);
        self.written.push_back(Written::Event(Arc::new(event)));
    }

    pub(super) fn is_member(&self, predicate: &Predicate, at: Timestamp) -> bool {
        let context = Context { rules: self.scene.program.rules(), population: &NoPopulation };
        holds(predicate, &self.history, at, &context)
    }

    /// The zone of the user, else the workspace's.
    pub(super) fn own_zone(&self, at: Timestamp) -> Zone {
        let named = self.with_person(at, |person| person.zone());
        let named = named.and_then(|name| Zone::named(&name));
        named.unwrap_or_else(|| self.scene.policy.zone.clone())
    }

    fn with_person<T>(&self, at: Timestamp, of: impl FnOnce(&Person) -> T) -> T {
        let attribute = |name: &str| attribute_at(&self.history, name, at).cloned();
        let address = |label: &str, written: &str| (self.scene.address)(label, written);
        let (user, fold) = (self.user, self.scene.fold);
        of(&Person { user, fold, attribute: &attribute, address: &address })
    }
}

impl World for Stage<'_> {
    fn known(&mut self, run: EventId, _: UserIndex) -> bool {
        self.runs.contains(&run)
    }

    fn held_out(&mut self, journey: &Journey, user: UserIndex) -> Option<Text> {
        journey.held_out(self.scene.policy, user)
    }

    fn seed(&self) -> u64 {
        self.scene.policy.seed
    }

    fn shares(&mut self, _: &Journey, _: &Text, _: Option<&Text>) -> Option<Arms> {
        None
    }

    fn holds(&mut self, _: UserIndex, predicate: &Predicate, at: Timestamp) -> bool {
        self.is_member(predicate, at)
    }

    fn place(&mut self, _: UserIndex, watch: &str) -> u8 {
        let Some(watch) = self.scene.program.watch(watch) else { return 0 };
        self.scene.program.places(&self.bytes).get(watch as usize).copied().unwrap_or(0)
    }

    fn attribute(&mut self, _: UserIndex, name: &str, at: Timestamp) -> Option<Value> {
        attribute_at(&self.history, name, at).cloned()
    }

    fn zone(&mut self, _: UserIndex, at: Timestamp) -> Zone {
        let named = self.with_person(at, |person| person.zone());
        let named = named.and_then(|name| Zone::named(&name));
        named.unwrap_or_else(|| user_zone(&self.history, at, self.scene.program.rules()))
    }

    fn event(&mut self, _: UserIndex, id: EventId) -> Option<Arc<Event>> {
        self.history.events.iter().rev().find(|event| event.id == id).map(shared)
    }

    fn first(
        &mut self,
        _: UserIndex,
        (from, to): (Timestamp, Timestamp),
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        let events = &self.history.events;
        let first = events.partition_point(|event| event.time < from);
        let within = events[first..].iter().take_while(|event| event.time < to);
        within.map(shared).find(|event| fits(event))
    }

    fn last(
        &mut self,
        _: UserIndex,
        before: Timestamp,
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        let events = &self.history.events;
        let n = events.partition_point(|event| event.time < before);
        events[..n].iter().rev().map(shared).find(|event| fits(event))
    }

    fn engaged(&mut self, _: UserIndex, campaign: &Text, at: Timestamp) -> Option<Timestamp> {
        let channel = self.scene.campaigns.get(campaign)?.campaign.channel.name();
        let events = &self.history.events;
        let n = events.partition_point(|event| event.time <= at);
        let recent = events[..n].iter().rev().take_while(|event| event.time > at.minus(ENGAGED));
        let mut did = recent.filter(|event| {
            matches!(event.name.as_str(), outreach::OPENED | outreach::CLICKED)
                && event.property(MACHINE) != Some(&Value::Bool(true))
                && event.property(CHANNEL).is_some_and(|own| *own == Value::text(channel))
        });
        did.next().map(|event| event.time)
    }

    fn reaches(&mut self, _: UserIndex, campaign: &Text, at: Timestamp) -> bool {
        let Some(part) = self.scene.campaigns.get(campaign) else { return false };
        self.scene.reach == Reach::Assumed
            || self.with_person(at, |person| unreachable(part.campaign, person)).is_none()
    }

    fn send(&mut self, message: Message) -> (Sent, Option<Timestamp>) {
        let candidate = Candidate {
            campaign: message.campaign.clone(),
            user: message.user,
            message: message.id,
            run: Text::from(message.run.to_string()),
            at: message.at,
            due: message.at,
            missed: false,
            event: message.event,
        };
        let (id, campaign, run) = (message.id, message.campaign, message.run);
        let sent = self.decide((candidate, true), message.at);
        if sent == Sent::Queued {
            self.assume((campaign, id), run, message.at);
        }
        (sent, None)
    }

    fn tell(&mut self, told: Told) {
        if matches!(told.what, What::Entered { .. } | What::HeldOut { .. }) {
            self.runs.insert(told.run);
        }
        let event = told.event();
        if self.scene.heeds(&event.name) {
            self.write(event);
        }
        self.played.told.push(told);
    }

    fn update(&mut self, _: UserIndex, _: EventId, at: Timestamp, (set, done): Changes<'_>) {
        let mut values: Vec<(Text, Value)> = set.to_vec();
        for (name, operation) in done {
            let own = values.iter().find(|(other, _)| other == name).map(|(_, value)| value);
            let before = own.cloned().or_else(|| attribute_at(&self.history, name, at).cloned());
            let after = operation.apply(before.unwrap_or(Value::Null));
            values.retain(|(other, _)| other != name);
            values.push((name.clone(), after));
        }
        self.record_attributes(at, &values);
        self.played.updated.push((at, values.clone()));
        self.written.push_back(Written::Attributes(at, values));
    }

    fn emit(&mut self, _: UserIndex, event: Event) {
        self.played.emitted.push(Arc::new(event.clone()));
        self.write(event);
    }
}

/// An event as the program takes it.
pub(super) fn arrived(event: &UserEvent) -> Arrived<'_> {
    Arrived { time: event.time, what: ArrivedWhat::Event(&event.name, &event.properties) }
}

pub(super) fn shared(event: &UserEvent) -> Arc<Event> {
    let UserEvent { name, time, id, properties, .. } = event;
    let (name, properties) = (name.clone(), properties.clone());
    Arc::new(Event { name, time: *time, id: *id, properties })
}
