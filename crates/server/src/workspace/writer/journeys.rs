//! The writer's part of journeys: what is accepted and told is seen by whoever is in one, in the order in which
//! it came, and what follows is a record like any other.
//!
//! What it is: the world of `engine::journey`: histories, messages and the log. What it is not: it knows no step.
//!
//! Invariants: no checkpoint is written while something waits to be seen, so that a crash finds it again in the
//! log; what a step writes is durable and can be read before whoever wrote it goes on.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use engine::journey::{
    Changes, Entering, Intake, Journey, Message, Naming, Reading, Sent, Told, World,
};
use engine::live::Transition;
use engine::outreach::{Candidate, Person, places};
use experiment::assign::Arms;
use history::{Evaluator, Needs, outreach as history_of};
use model::outreach::{CHANNEL, CLICKED, MACHINE, MESSAGE, OPENED, PLANNED, QUEUED, event_id};
use model::{AttributeChange, Event, EventId, Span, Text, Timestamp, Value, Zone, journey};
use segment::Predicate;
use segment::evaluate::{UserEvent, attribute_at};

use super::outreach::{DECISION, Following, address_of, who};
use super::*;

/// What is seen between two groups of records.
const AT_ONCE: usize = 500;

/// How long the last engagement on a channel counts.
const ENGAGED: Span = engine::outreach::REMEMBERED;

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

/// Who is where, and what is to be seen.
pub(crate) struct Going {
    /// Nothing: somebody is being moved just now, and asks for what follows.
    intake: Option<Intake>,
    entries: VecDeque<Entry>,
}

impl Going {
    pub(super) fn new(outfit: &Outfit) -> Going {
        let intake = Some(Intake::new(Arc::clone(&outfit.journeys)));
        Going { intake, entries: VecDeque::new() }
    }

    /// The log was read to its end.
    pub(super) fn replayed(&mut self) {
        self.intake.iter_mut().for_each(Intake::replayed);
    }

    /// How much waits that a checkpoint must not leave behind.
    pub(super) fn unseen(&self) -> usize {
        self.intake.as_ref().map_or(0, Intake::unseen)
    }

    /// Whether there is something to do now.
    pub(super) fn busy(&self, now: Timestamp) -> bool {
        let busy = |of: &Intake| of.busy(now) || of.filled() && !self.entries.is_empty();
        self.intake.as_ref().is_some_and(busy)
    }

    /// When the next timer is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.intake.as_ref()?.next()
    }

    pub(super) fn forget(&mut self, users: &[UserIndex]) {
        self.intake.iter_mut().for_each(|intake| intake.forget(users));
        for entry in &mut self.entries {
            entry.users.retain(|user| !users.contains(user));
        }
    }

    /// Whether a message of a step that was planned for later is still to go: whoever is out by now, or went on,
    /// gets it no more.
    pub(super) fn awaits(&self, candidate: &Candidate) -> bool {
        let Candidate { user, campaign, message, .. } = candidate;
        let waits = |intake: &Intake| intake.awaits(*user, campaign, *message);
        !campaign.contains('/') || self.intake.as_ref().is_none_or(waits)
    }

    /// Whether a message that was planned may be decided now: one of a step comes in its turn.
    pub(super) fn may_decide(&self, campaign: &str, user: UserIndex) -> bool {
        let own = |intake: &Intake| intake.may_decide(user);
        !campaign.contains('/') || self.intake.as_ref().is_none_or(own)
    }

    /// Users that turned out to be one.
    pub(super) fn merged(&mut self, from: UserIndex, into: UserIndex, at: Timestamp) {
        self.intake.iter_mut().for_each(|intake| intake.merged(from, into, at));
    }
}

/// What is asked of the writer, and what is written together.
struct WriterWorld<'a> {
    writer: &'a mut Writer,
    now: Timestamp,
    following: Following,
    /// Messages that were planned before everybody was put where they were.
    waiting: HashSet<EventId>,
}

impl Writer {
    /// What of a frame, and of what was told of it, whoever is in a journey may see.
    pub(super) fn journeys_see(&mut self, taken: &[Taken], told: &[Transition]) {
        let (number, hidden) = (self.frames + 1, &self.hidden);
        let Some(intake) = self.reaching.going.intake.as_mut() else { return };
        let live = self.watching.live();
        let records = taken.iter().map(|(step, _, record)| (step.user, record));
        let naming =
            Naming { key: &|watch| live.key(watch), hidden: &|user| hidden.contains(&user) };
        intake.frame(number, records, told, naming);
    }

    /// Moves in watched definitions after a frame that whoever is in a journey may see.
    pub(super) fn journeys_see_moves(&mut self, told: &[Transition]) {
        let (number, sequence, hidden) = (self.frames, self.watching.sequence, &self.hidden);
        let Some(intake) = self.reaching.going.intake.as_mut() else { return };
        let live = self.watching.live();
        let naming =
            Naming { key: &|watch| live.key(watch), hidden: &|user| hidden.contains(&user) };
        intake.moved(number, sequence, told, naming);
    }

    /// People are to come in.
    pub(super) fn journeys_enter(&mut self, entry: Entry) {
        self.reaching.going.entries.push_back(entry);
    }

    /// Other journeys from now on.
    pub(super) fn journeys_defined(&mut self) {
        let book = Arc::clone(&self.reaching.outfit.journeys);
        let now = (self.clock)();
        // What happened before is seen by those who were there then.
        while self.reaching.going.busy(now)
            && self.reaching.going.unseen() > 0
            && self.refused.is_none()
        {
            self.journeys_slice(now);
        }
        self.with_journeys(now, |intake, world| {
            // Whoever goes on waits for what was planned before the pause.
            world.waiting = world.writer.reaching.undecided_messages();
            intake.define(book, now, world);
        });
    }

    /// Puts everybody where they were, from what was told.
    pub(super) fn fill_journeys(
        &mut self,
        evaluator: &Evaluator,
        now: Timestamp,
    ) -> Result<(), history::QueryError> {
        let Some(intake) = &self.reaching.going.intake else { return Ok(()) };
        let mut reading = intake.reading(now);
        let properties = Reading::PROPERTIES;
        history_of::scan(
            evaluator,
            &journey::NAMES,
            Timestamp::MIN,
            &properties,
            &mut |_, at, name, values| {
                let of = |name: &str| {
                    let place = properties.iter().position(|own| *own == name)?;
                    values.get(place + 2)?.clone()
                };
                reading.add(at, name, &of);
            },
        )?;
        let restored = reading.finish();
        self.with_journeys(now, |intake, world| intake.restore(restored, now, world));
        Ok(())
    }

    /// A little of what is to be seen, and of what is due.
    pub(super) fn journeys_slice(&mut self, now: Timestamp) {
        if !self.reaching.going.busy(now) {
            return;
        }
        let mut entry = self.reaching.going.entries.pop_front();
        // A move that is not told yet may have happened before what is due.
        let untold = self.watching.next().filter(|next| *next <= now);
        let told = untold.map_or(now, |next| next.minus(Span(1)));
        self.with_journeys(now, |intake, world| {
            let all = intake.see(AT_ONCE, world);
            if let Some(entry) = &mut entry {
                let n = entry.users.len().min(AT_ONCE);
                for user in entry.users.drain(..n) {
                    let of = (entry.cause.as_str(), world.now);
                    let frame = world.writer.frames;
                    match intake.enter((&entry.journey, user), of, frame, world) {
                        Entering::Entered => entry.done.entered += 1,
                        Entering::HeldOut => entry.done.held_out += 1,
                        _ => entry.done.refused += 1,
                    }
                }
            }
            if all {
                intake.due(told, AT_ONCE, world);
            }
        });
        if let Some(entry) = entry {
            match entry.users.is_empty() || self.refused.is_some() {
                true => _ = entry.reply.send(entry.done),
                false => self.reaching.going.entries.push_front(entry),
            }
        }
    }

    fn with_journeys(&mut self, now: Timestamp, act: impl FnOnce(&mut Intake, &mut WriterWorld)) {
        let Some(mut intake) = self.reaching.going.intake.take() else { return };
        let waiting = match intake.filled() {
            true => HashSet::new(),
            false => self.reaching.undecided_messages(),
        };
        let following = Following::default();
        let mut world = WriterWorld { writer: self, now, following, waiting };
        act(&mut intake, &mut world);
        let following = world.following;
        self.reaching.going.intake = Some(intake);
        self.conclude(following);
    }

    /// A record of a user; nothing: nobody has an id of theirs any more.
    fn record_of(&self, user: UserIndex, now: Timestamp, what: What) -> Option<Record> {
        Some(Record { received_at: now, who: who(&self.fold, user)?, what })
    }
}

impl WriterWorld<'_> {
    /// Writes a record together with the others, unless it was written before.
    fn write(&mut self, user: UserIndex, what: What) {
        let user = self.remaining(user);
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
        let user = self.remaining(user);
        let probe = self.writer.record_of(user, self.now, What::Event(event));
        probe.is_some_and(|probe| self.was_written(&probe))
    }

    /// Who a user is by now.
    fn remaining(&self, user: UserIndex) -> UserIndex {
        self.writer.store.remaining(user)
    }

    /// What became of a message that was decided before, and when, if it had been planned.
    fn became(&mut self, user: UserIndex, message: EventId) -> (Sent, Option<Timestamp>) {
        let id = event_id(message, DECISION, 0);
        let text = Value::text(&message.to_string());
        let events = self.events_of(user);
        let decided = events.iter().find(|event| event.id == id);
        let planned = events
            .iter()
            .any(|event| event.name == PLANNED && event.property(MESSAGE) == Some(&text));
        let sent = match decided {
            Some(event) if event.name == QUEUED => Sent::Queued,
            _ => Sent::Withheld,
        };
        (sent, decided.filter(|_| planned).map(|event| event.time))
    }

    /// A user's events; none if they cannot be read.
    fn events_of(&mut self, user: UserIndex) -> Vec<UserEvent> {
        let user = self.remaining(user);
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
    fn merged_into(&self, user: UserIndex) -> Option<UserIndex> {
        self.writer.store.merged_into(user)
    }

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
        let user = self.remaining(user);
        self.writer.is_in(predicate, user, at).unwrap_or_else(|error| {
            tracing::error!(%error, "a history cannot be read; a condition does not hold");
            false
        })
    }

    fn place(&mut self, user: UserIndex, watch: &str) -> u8 {
        let user = self.remaining(user);
        let live = self.writer.watching.live();
        let number = live.program().watch(watch);
        number.map_or(0, |watch| live.place(user, engine::live::WatchId(watch)))
    }

    fn attribute(&mut self, user: UserIndex, name: &str, at: Timestamp) -> Option<Value> {
        let user = self.remaining(user);
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
        let user = self.remaining(user);
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

    fn last(
        &mut self,
        user: UserIndex,
        before: Timestamp,
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        let events = self.events_of(user).into_iter().rev();
        let mut events = events.filter(|event| event.time < before).map(|event| {
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
        let user = self.remaining(user);
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

    fn send(&mut self, message: Message) -> (Sent, Option<Timestamp>) {
        let outfit = Arc::clone(&self.writer.reaching.outfit);
        let Some(ready) = outfit.campaigns.get(message.campaign) else {
            return (Sent::Withheld, None);
        };
        let (user, id) = (self.remaining(message.user), message.id);
        if self.was_told(user, event_id(id, DECISION, 0)) {
            return self.became(user, id);
        }
        if self.writer.hidden.contains(&user) {
            return (Sent::Withheld, None);
        }
        if self.waiting.contains(&id) {
            return (Sent::Later, None);
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
        let sent = writer.decide_one(ready, candidate, now, &mut self.following);
        (sent.unwrap_or(Sent::Withheld), None)
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

    fn emit(&mut self, user: UserIndex, event: Event) {
        self.write(user, What::Event(event));
    }
}
