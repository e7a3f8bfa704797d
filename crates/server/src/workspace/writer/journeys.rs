//! The writer's part of journeys: what is accepted and told is seen by whoever is in one, in the order in which
//! it came, and what follows is a record like any other.
//!
//! What it is: the world of `engine::journey`: histories, messages and the log. What it is not: it knows no step.
//!
//! Invariants: no checkpoint is written while something waits to be seen, so that a crash finds it again in the
//! log; what a step writes is durable and can be read before whoever wrote it goes on.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::SEQUENCE_BITS;
use engine::journey::{
    Changes, Emitted, Entering, Journey, Journeys, Message, Occurred, Reading, Sent, Told, World,
};
use engine::live::Transition;
use engine::outreach::{Candidate, Person, places};
use experiment::assign::Arms;
use history::{Evaluator, Needs, outreach as history_of};
use model::outreach::{CHANNEL, CLICKED, MACHINE, OPENED, QUEUED, event_id};
use model::{AttributeChange, Event, EventId, Span, Text, Timestamp, Value, Zone, journey};
use segment::Predicate;
use segment::evaluate::{UserEvent, attribute_at};

use super::outreach::{AHEAD, DECISION, FRESH, Following, address_of, news, who};
use super::*;

/// What is seen between two groups of records.
const AT_ONCE: usize = 500;

/// How long the last engagement on a channel counts.
const ENGAGED: Span = engine::outreach::REMEMBERED;

/// How long after a run ended it is remembered: twice as long as an event may be late and let somebody in.
const ENDS: Span = Span(2 * FRESH.0);

/// Attributes that say a zone, the most telling first.
const ZONES: [&str; 3] = ["timezone", "device.timezone", "geo.timezone"];

/// What became of a request to let people in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entries {
    /// Came in.
    pub(crate) entered: u64,
    /// Control group.
    pub(crate) held_out: u64,
    /// Not let in.
    pub(crate) refused: u64,
}

/// People whom somebody names.
pub(crate) struct Entry {
    pub(crate) journey: Text,
    /// The same lets nobody in twice.
    pub(crate) cause: String,
    pub(crate) users: VecDeque<UserIndex>,
    pub(crate) reply: oneshot::Sender<Entries>,
    done: Entries,
}

impl Entry {
    pub(crate) fn new(
        journey: Text,
        cause: String,
        users: Vec<UserIndex>,
        reply: oneshot::Sender<Entries>,
    ) -> Entry {
        Entry { journey, cause, users: users.into(), reply, done: Entries::default() }
    }
}

/// In the order in which things are seen, moves that a frame brought about come after its records.
const MOVES: u64 = 1 << (SEQUENCE_BITS - 1);

/// Something to be seen. `place`: in the order in which things are seen, which follows from the log.
enum Input {
    Event { user: UserIndex, event: Arc<Event>, place: u64, fresh: bool },
    Moved { user: UserIndex, watch: Text, places: (u8, u8), at: Timestamp, place: u64 },
    Merge { from: UserIndex, into: UserIndex, at: Timestamp },
    Decided { user: UserIndex, campaign: Text, message: EventId, sent: Sent, at: Timestamp },
}

impl Input {
    fn user(&self) -> UserIndex {
        match self {
            Input::Event { user, .. } | Input::Moved { user, .. } | Input::Decided { user, .. } => {
                *user
            }
            Input::Merge { into, .. } => *into,
        }
    }

    fn at(&self) -> Timestamp {
        match self {
            Input::Event { event, .. } => event.time,
            Input::Moved { at, .. } | Input::Merge { at, .. } | Input::Decided { at, .. } => *at,
        }
    }
}

/// Who is where, and what is to be seen.
pub(crate) struct Going {
    journeys: Journeys,
    inputs: VecDeque<Input>,
    entries: VecDeque<Entry>,
    /// Everybody is where they were when the program ended.
    filled: bool,
    /// The log is read from the checkpoint on.
    replays: bool,
    /// Somebody is being moved just now, and asks for what follows.
    moving: bool,
}

impl Going {
    pub(super) fn new(outfit: &Outfit) -> Going {
        Going {
            journeys: Journeys::new(Arc::clone(&outfit.journeys)),
            inputs: VecDeque::new(),
            entries: VecDeque::new(),
            filled: false,
            replays: true,
            moving: false,
        }
    }

    /// The log was read to its end.
    pub(super) fn replayed(&mut self) {
        self.replays = false;
    }

    /// Whether something waits that a checkpoint must not leave behind.
    pub(super) fn unseen(&self) -> bool {
        !self.inputs.is_empty() || self.journeys.ready()
    }

    /// How much of it.
    pub(super) fn left(&self) -> usize {
        self.inputs.len() + usize::from(self.journeys.ready())
    }

    /// Whether there is something to do now.
    pub(super) fn busy(&self, now: Timestamp) -> bool {
        let due = self.journeys.next().is_some_and(|next| next <= now);
        self.filled && (due || self.unseen() || !self.entries.is_empty())
    }

    /// When the next timer is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.journeys.next().filter(|_| self.filled)
    }

    pub(super) fn forget(&mut self, users: &[UserIndex]) {
        self.inputs.retain(|input| !users.contains(&input.user()));
        users.iter().for_each(|user| self.journeys.forget(*user));
        for entry in &mut self.entries {
            entry.users.retain(|user| !users.contains(user));
        }
    }

    /// Whether a message of a step that was planned for later is still to go: whoever is out by now, or went on,
    /// gets it no more.
    pub(super) fn awaits(&self, candidate: &Candidate) -> bool {
        let Candidate { user, campaign, message, .. } = candidate;
        self.moving || !campaign.contains('/') || self.journeys.awaits(*user, campaign, *message)
    }

    /// Something was decided about a message that had been planned.
    pub(super) fn decided(&mut self, candidate: &Candidate, sent: Sent, at: Timestamp) {
        if candidate.campaign.contains('/') {
            self.inputs.push_back(Input::Decided {
                user: candidate.user,
                campaign: candidate.campaign.clone(),
                message: candidate.message,
                sent,
                at,
            });
        }
    }

    /// Users that turned out to be one.
    pub(super) fn merged(&mut self, from: UserIndex, into: UserIndex, at: Timestamp) {
        if !self.journeys.book().is_empty() {
            self.inputs.push_back(Input::Merge { from, into, at });
        }
    }
}

/// What is asked of the writer, and what is written together.
struct WriterWorld<'a> {
    writer: &'a mut Writer,
    now: Timestamp,
    following: Following,
}

impl Writer {
    /// What of a frame whoever is in a journey may see.
    pub(super) fn journeys_see(&mut self, taken: &[Taken]) {
        let going = &mut self.reaching.going;
        if going.journeys.book().is_empty() {
            return;
        }
        let base = (self.frames + 1) << SEQUENCE_BITS;
        for ((step, _, record), place) in taken.iter().zip(base..) {
            let What::Event(event) = &record.what else { continue };
            let book = going.journeys.book();
            let age = record.received_at - event.time;
            let concerns = match going.filled {
                true => going.journeys.concerns(step.user, &event.name),
                // Whoever takes records and sends nothing keeps no more for later than what is new.
                false if !going.replays && age > FRESH => false,
                false => book.lets_in(&event.name) || book.listens_to(&event.name),
            };
            if !concerns || age.0 < -AHEAD.0 || self.hidden.contains(&step.user) {
                continue;
            }
            going.inputs.push_back(Input::Event {
                user: step.user,
                event: Arc::new(event.clone()),
                place,
                fresh: age <= FRESH,
            });
        }
    }

    /// Moves in watched definitions that whoever is in a journey may see.
    pub(super) fn journeys_see_moves(&mut self, told: &[Transition]) {
        if self.reaching.going.journeys.book().is_empty() {
            return;
        }
        let base = self.frames << SEQUENCE_BITS | MOVES;
        for (transition, place) in news(told).zip(base + self.watching.sequence..) {
            let Some(key) = self.watching.key(transition.watch) else { continue };
            let going = &mut self.reaching.going;
            if !going.journeys.book().watches(&key) || self.hidden.contains(&transition.user) {
                continue;
            }
            going.inputs.push_back(Input::Moved {
                user: transition.user,
                watch: key,
                places: (transition.from, transition.to),
                at: transition.at,
                place,
            });
        }
    }

    /// People are to come in.
    pub(super) fn journeys_enter(&mut self, entry: Entry) {
        self.reaching.going.entries.push_back(entry);
    }

    /// Other journeys from now on.
    pub(super) fn journeys_defined(&mut self) {
        let book = Arc::clone(&self.reaching.outfit.journeys);
        let now = (self.clock)();
        if !self.reaching.going.filled {
            self.reaching.going.journeys = Journeys::new(book);
            return;
        }
        // What happened before is seen by those who were there then.
        while self.reaching.going.unseen() && self.refused.is_none() {
            self.journeys_slice(now);
        }
        self.with_journeys(now, |journeys, world| journeys.define(book, now, world));
    }

    /// Puts everybody where they were, from what was told.
    pub(super) fn fill_journeys(
        &mut self,
        evaluator: &Evaluator,
        now: Timestamp,
    ) -> Result<(), history::QueryError> {
        let first = self.reaching.going.inputs.iter().map(Input::at).min();
        let mut reading = Reading::since(first.unwrap_or(now).min(now).minus(ENDS));
        let properties = Reading::PROPERTIES;
        history_of::scan(
            evaluator,
            &journey::NAMES,
            Timestamp::MIN,
            &properties,
            &mut |user, at, name, values| {
                let of = |name: &str| {
                    let place = properties.iter().position(|own| *own == name)?;
                    values.get(place + 2)?.clone()
                };
                reading.add((self.store.remaining(user), at), name, &of);
            },
        )?;
        self.reaching.going.filled = true;
        let restored = reading.finish();
        self.with_journeys(now, |journeys, world| journeys.restore(restored, now, world));
        Ok(())
    }

    /// A little of what is to be seen, and of what is due.
    pub(super) fn journeys_slice(&mut self, now: Timestamp) {
        if !self.reaching.going.busy(now) {
            return;
        }
        let n = self.reaching.going.inputs.len().min(AT_ONCE);
        let inputs: Vec<Input> = self.reaching.going.inputs.drain(..n).collect();
        let quiet = self.reaching.going.inputs.is_empty();
        let mut entry = self.reaching.going.entries.pop_front();
        self.with_journeys(now, |journeys, world| {
            journeys.go_on(world);
            for input in inputs {
                see(journeys, input, world);
            }
            if let Some(entry) = &mut entry {
                let n = entry.users.len().min(AT_ONCE);
                for user in entry.users.drain(..n) {
                    let user = world.writer.store.remaining(user);
                    let of = (entry.cause.as_str(), world.now);
                    match journeys.enter(&entry.journey, user, of, world) {
                        Entering::Entered => entry.done.entered += 1,
                        Entering::HeldOut => entry.done.held_out += 1,
                        _ => entry.done.refused += 1,
                    }
                }
            }
            // What happened comes before what is due: it may have happened earlier.
            if quiet {
                journeys.due(now, AT_ONCE, world);
                journeys.forget_ends(now.minus(ENDS));
            }
        });
        if let Some(entry) = entry {
            match entry.users.is_empty() || self.refused.is_some() {
                true => _ = entry.reply.send(entry.done),
                false => self.reaching.going.entries.push_front(entry),
            }
        }
    }

    fn with_journeys(&mut self, now: Timestamp, act: impl FnOnce(&mut Journeys, &mut WriterWorld)) {
        let mut journeys = std::mem::take(&mut self.reaching.going.journeys);
        self.reaching.going.moving = true;
        let mut world = WriterWorld { writer: self, now, following: Following::default() };
        act(&mut journeys, &mut world);
        let following = world.following;
        self.reaching.going.journeys = journeys;
        self.reaching.going.moving = false;
        self.conclude(following);
    }

    /// A record of a user; nothing: nobody has an id of theirs any more.
    fn record_of(&self, user: UserIndex, now: Timestamp, what: What) -> Option<Record> {
        Some(Record { received_at: now, who: who(&self.fold, user)?, what })
    }
}

fn see(journeys: &mut Journeys, input: Input, world: &mut WriterWorld) {
    let store = &world.writer.store;
    match input {
        Input::Event { user, event, place, fresh } => {
            let user = store.remaining(user);
            journeys.occurred(user, Occurred::Event(&event), (place, fresh), world);
        }
        Input::Moved { user, watch, places: (from, to), at, place } => {
            let user = store.remaining(user);
            let moved = Occurred::Moved { watch: &watch, from, to, at };
            journeys.occurred(user, moved, (place, true), world);
        }
        Input::Merge { from, into, at } => {
            journeys.merge((from, store.remaining(into)), at, world);
        }
        Input::Decided { user, campaign, message, sent, at } => {
            let user = store.remaining(user);
            journeys.decided(user, (&campaign, message), (sent, at), world);
        }
    }
}

impl WriterWorld<'_> {
    /// Writes a record together with the others, unless it was written before.
    fn write(&mut self, user: UserIndex, what: What) {
        let Some(record) = self.writer.record_of(user, self.now, what) else { return };
        if self.was_written(&record) {
            return;
        }
        if record.delivery().is_some_and(|id| self.writer.counted.take(id)) {
            let taken = self.writer.step(record);
            self.following.group.accepted.push(taken);
        }
    }

    fn was_written(&mut self, record: &Record) -> bool {
        let writer = &mut *self.writer;
        let asked = std::slice::from_ref(record);
        let held = writer.counted.held(&writer.store, &writer.fold, asked);
        held.is_ok_and(|held| !held.is_empty())
            || record.delivery().is_some_and(|id| writer.counted.waits(id))
    }

    fn was_told(&mut self, user: UserIndex, id: EventId) -> bool {
        let (name, properties) = (Text::const_new(journey::ENTERED), Vec::new());
        let event = Event { name, time: self.now, id, properties };
        let probe = self.writer.record_of(user, self.now, What::Event(event));
        probe.is_some_and(|probe| self.was_written(&probe))
    }

    /// A user's events; none if they cannot be read.
    fn events_of(&mut self, user: UserIndex) -> Vec<UserEvent> {
        match self.writer.store.history_of(user) {
            Ok(history) => history.events,
            Err(error) => {
                tracing::error!(%error, "a history cannot be read for a journey");
                Vec::new()
            }
        }
    }
}

impl World for WriterWorld<'_> {
    fn known(&mut self, run: EventId, user: UserIndex) -> bool {
        self.was_told(user, journey::event_id(run, 0))
    }

    fn held_out(&mut self, journey: &Journey, user: UserIndex) -> Option<Text> {
        journey.held_out(&self.writer.reaching.outfit.policy, user)
    }

    fn seed(&self) -> u64 {
        self.writer.reaching.outfit.policy.seed
    }

    fn shares(&mut self, journey: &Journey, step: &Text, context: Option<&Text>) -> Option<Arms> {
        let all = self.writer.reaching.outfit.learning.get(&journey.id)?;
        all.iter().find(|own| own.step == *step)?.shares_of(context).cloned()
    }

    fn holds(&mut self, user: UserIndex, predicate: &Predicate, at: Timestamp) -> bool {
        self.writer.is_in(predicate, user, at).unwrap_or_else(|error| {
            tracing::error!(%error, "a history cannot be read; a condition does not hold");
            false
        })
    }

    fn place(&mut self, user: UserIndex, watch: &str) -> u8 {
        let live = self.writer.watching.live();
        let number = live.program().watch(watch);
        number.map_or(0, |watch| live.place(user, engine::live::WatchId(watch)))
    }

    fn attribute(&mut self, user: UserIndex, name: &str, at: Timestamp) -> Option<Value> {
        let needs = Needs::of_attributes(&[Text::new(name)], self.writer.watching.rules());
        let history = self.writer.store.history_for(&[user], &needs, (at, at)).ok()?;
        attribute_at(&history, name, at).cloned()
    }

    fn zone(&mut self, user: UserIndex, at: Timestamp) -> Zone {
        let own = ZONES.into_iter().find_map(|name| match self.attribute(user, name, at) {
            Some(Value::Text(name)) => Zone::named(&name),
            _ => None,
        });
        own.unwrap_or_else(|| self.writer.reaching.outfit.policy.zone.clone())
    }

    fn event(&mut self, user: UserIndex, id: EventId) -> Option<Arc<Event>> {
        self.writer.event_of(user, id)
    }

    fn first(
        &mut self,
        user: UserIndex,
        (from, to): (Timestamp, Timestamp),
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        let events = self.events_of(user).into_iter();
        let within = events.filter(|event| event.time >= from && event.time < to);
        let mut events = within.map(|event| {
            let UserEvent { name, time, id, properties, .. } = event;
            Event { name, time, id, properties }
        });
        events.find(|event| fits(event)).map(Arc::new)
    }

    fn engaged(&mut self, user: UserIndex, campaign: &Text, at: Timestamp) -> Option<Timestamp> {
        let outfit = Arc::clone(&self.writer.reaching.outfit);
        let channel = outfit.campaigns.get(campaign)?.campaign.channel.name();
        let since = at.minus(ENGAGED);
        let did = |event: &UserEvent| {
            let of = |name: &str| {
                event.properties.iter().find(|(own, _)| own == name).map(|(_, value)| value)
            };
            matches!(event.name.as_str(), OPENED | CLICKED)
                && event.time >= since
                && event.time <= at
                && of(CHANNEL) == Some(&Value::text(channel))
                && of(MACHINE) != Some(&Value::Bool(true))
        };
        let events = self.events_of(user);
        events.iter().filter(|event| did(event)).map(|event| event.time).max()
    }

    fn reaches(&mut self, user: UserIndex, campaign: &Text, at: Timestamp) -> bool {
        let outfit = Arc::clone(&self.writer.reaching.outfit);
        let Some(ready) = outfit.campaigns.get(campaign) else { return false };
        let needs = Needs::of_attributes(&ready.needs, self.writer.watching.rules());
        let Ok(history) = self.writer.store.history_for(&[user], &needs, (at, at)) else {
            return false;
        };
        let attribute = |name: &str| attribute_at(&history, name, at).cloned();
        let fold = &self.writer.fold;
        let person = Person { user, fold, attribute: &attribute, address: &address_of };
        let topic = ready.campaign.topic.as_ref().map(|(topic, own)| (topic.as_str(), *own));
        places(&person, ready.campaign.channel, topic).iter().any(|place| place.blocked.is_none())
    }

    fn send(&mut self, message: Message) -> Sent {
        let outfit = Arc::clone(&self.writer.reaching.outfit);
        let Some(ready) = outfit.campaigns.get(message.campaign) else { return Sent::Withheld };
        let user = message.user;
        let id = Candidate::message_of(message.campaign, user, &message.cause);
        let decision = event_id(id, DECISION, 0);
        if self.was_told(user, decision) {
            let told = self.events_of(user).into_iter().find(|event| event.id == decision);
            return match told {
                Some(event) if event.name == QUEUED => Sent::Queued,
                _ => Sent::Withheld,
            };
        }
        if self.writer.hidden.contains(&user) {
            return Sent::Withheld;
        }
        let candidate = Candidate {
            campaign: message.campaign.clone(),
            user,
            message: id,
            run: Text::from(message.run.to_string()),
            at: message.at,
            due: message.at,
            missed: false,
            event: message.event,
        };
        let (now, writer) = (self.now, &mut *self.writer);
        writer.decide_one(ready, candidate, now, &mut self.following).unwrap_or(Sent::Withheld)
    }

    fn tell(&mut self, told: Told) {
        self.write(told.user, What::Event(told.event()));
    }

    fn update(&mut self, user: UserIndex, id: EventId, at: Timestamp, changes: Changes) {
        let (set, operations) = changes;
        let change = AttributeChange {
            time: at,
            id,
            attributes: set.to_vec(),
            operations: operations.to_vec(),
            clear: false,
        };
        self.write(user, What::Identify(change));
    }

    fn emit(
        &mut self,
        user: UserIndex,
        id: EventId,
        at: Timestamp,
        (name, properties, event): (&Text, &[(Text, Emitted)], Option<&Event>),
    ) {
        let mut values = Vec::with_capacity(properties.len());
        for (property, emitted) in properties {
            let value = match emitted {
                Emitted::Value(value) => Some(value.clone()),
                Emitted::Profile(attribute) => self.attribute(user, attribute, at),
                Emitted::Event(of) => event.and_then(|event| {
                    let found = event.properties.iter().find(|(own, _)| own == of);
                    found.map(|(_, value)| value.clone())
                }),
            };
            values.extend(value.map(|value| (property.clone(), value)));
        }
        model::record::sort_properties(&mut values);
        let event = Event { name: name.clone(), time: at, id, properties: values };
        self.write(user, What::Event(event));
    }
}
