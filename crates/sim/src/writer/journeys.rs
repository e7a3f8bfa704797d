//! Who is in journeys: what they see, and what follows from it.
//!
//! What it is: the world of `engine::journey` over the history in memory. Whether a message goes follows from its
//! id; one of the night is planned for the morning. What it is not: it has no provider, no caps and no addresses;
//! `engine::outreach` decides about these.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::journey::{
    Book, Changes, Intake, Journey, Message, Naming, Sent, Standing, Told, World,
};
use engine::live::{Live, Transition, WatchId};
use engine::{Fold, SEQUENCE_BITS};
use experiment::assign::{Arms, Share};
use history::Store;
use model::outreach::{self, event_id};
use model::{
    AttributeChange, Event, EventId, Record, Span, Text, Timestamp, UserIndex, Value, What, Who,
    Zone, journey,
};
use segment::evaluate::{Context, NoPopulation, UserHistory, attribute_at, holds};
use segment::{Predicate, Rules};

use super::{Taken, Writer};

/// The seed of draws.
const SEED: u64 = 7;

/// For the id of what is decided about a message.
const DECISION: &str = "decision";

/// A message that is decided later.
#[derive(Clone, Debug)]
struct Planned {
    user: UserIndex,
    run: EventId,
    campaign: Text,
}

/// Who is where, what is to be seen, and which messages wait.
#[derive(Debug)]
pub(super) struct Going {
    pub(super) intake: Intake,
    planned: BTreeMap<(Timestamp, EventId), Planned>,
    /// Transitions since the last frame.
    pub(super) sequence: u64,
}

/// What a slice brought about: of whom, and what is to be written.
pub(crate) type Written = Vec<(UserIndex, What)>;

/// What is asked of the history, and what is to be written.
struct Stage<'a> {
    store: &'a mut Store,
    live: &'a Live,
    rules: &'a Rules,
    /// Ids of what was written before.
    before: &'a dyn Fn(EventId) -> bool,
    now: Timestamp,
    written: Written,
    ids: BTreeSet<EventId>,
    planned: Vec<((Timestamp, EventId), Planned)>,
    /// Messages that were planned before everybody was put where they were.
    waiting: BTreeSet<EventId>,
}

impl Going {
    pub(super) fn new(book: &Arc<Book>) -> Going {
        let intake = Intake::new(Arc::clone(book));
        Going { intake, planned: BTreeMap::new(), sequence: 0 }
    }

    /// The next planned message that is decided when it is due: one of a journey that is paused waits for that.
    fn next_planned(&self) -> Option<(Timestamp, EventId)> {
        let book = self.intake.journeys().book();
        let paused = |planned: &Planned| {
            let journey = planned.campaign.split('/').next().unwrap_or_default();
            book.journey(journey).is_some_and(|of| of.standing == Standing::Paused)
        };
        let open = self.planned.iter().find(|(_, planned)| !paused(planned));
        open.map(|(key, _)| *key)
    }
}

impl Writer {
    /// What of a frame, and of what was told of it, whoever is in a journey may see.
    pub(super) fn see_frame(&mut self, taken: &[Taken], told: &[Transition]) {
        let records = taken.iter().map(|(step, _, record)| (step.user, record));
        let (live, hidden) = (&self.live, &|_: UserIndex| false);
        let naming = Naming { key: &|watch| live.key(watch), hidden };
        self.going.intake.frame(self.frames + 1, records, told, naming);
        self.going.sequence = told.len() as u64;
    }

    /// What time brought about after a frame.
    pub(super) fn see_moves(&mut self, told: &[Transition]) {
        let (live, hidden) = (&self.live, &|_: UserIndex| false);
        let naming = Naming { key: &|watch| live.key(watch), hidden };
        self.going.intake.moved(self.frames, self.going.sequence, told, naming);
        self.going.sequence += told.len() as u64;
        debug_assert!(self.going.sequence < 1 << SEQUENCE_BITS);
    }

    /// Users that turned out to be one.
    pub(super) fn see_merges(&mut self, taken: &[Taken]) {
        for (step, _, record) in taken {
            for merge in &step.merged {
                self.going.intake.merged(merge.from, merge.into, record.received_at);
            }
        }
    }

    /// Whether something waits that a checkpoint must not leave behind.
    pub(crate) fn unseen(&self) -> bool {
        self.going.intake.unseen() > 0
    }

    /// Whether somebody goes on now.
    pub(crate) fn journeys_busy(&self, now: Timestamp) -> bool {
        let planned = self.going.next_planned().is_some_and(|(due, _)| due <= now);
        planned || self.going.intake.busy(now)
    }

    /// When the next planned message is due.
    pub(crate) fn next_planned(&self) -> Option<Timestamp> {
        self.going.next_planned().map(|(due, _)| due)
    }

    /// When somebody goes on by time alone.
    pub(crate) fn journeys_next(&self) -> Option<Timestamp> {
        let planned = self.going.next_planned().map(|(due, _)| due);
        planned.into_iter().chain(self.going.intake.next()).min()
    }

    /// People who are in a journey.
    pub(crate) fn positions(&self) -> usize {
        self.going.intake.journeys().n_positions()
    }

    /// Puts everybody where they were, from what is in the history.
    pub(crate) fn fill_journeys(
        &mut self,
        now: Timestamp,
        before: &dyn Fn(EventId) -> bool,
    ) -> Written {
        if self.going.intake.journeys().book().is_empty() {
            return Vec::new();
        }
        let mut reading = self.going.intake.reading(now);
        for user in (0..self.store.n_users() as u32).map(UserIndex) {
            if self.store.remaining(user) != user {
                continue;
            }
            for event in self.history_of(user).events {
                let of = |name: &str| event.property(name).cloned();
                match event.name.as_str() {
                    name if journey::NAMES.contains(&name) => {
                        reading.add(event.time, name, &of);
                    }
                    outreach::PLANNED => {
                        let text = |name: &str| match of(name) {
                            Some(Value::Text(text)) => text,
                            _ => Text::default(),
                        };
                        let (id, due) =
                            (EventId::of(&text(outreach::MESSAGE)), morning(event.time));
                        let run = EventId::of(&text(outreach::RUN));
                        let planned = Planned { user, run, campaign: text(outreach::CAMPAIGN) };
                        if !before(event_id(id, DECISION, 0)) {
                            self.going.planned.insert((due, id), planned);
                        }
                    }
                    _ => {}
                }
            }
        }
        let restored = reading.finish();
        self.with_journeys(now, before, |going, stage| going.intake.restore(restored, now, stage))
    }

    /// Other journeys from now on.
    pub(crate) fn define_journeys(
        &mut self,
        book: Arc<Book>,
        now: Timestamp,
        before: &dyn Fn(EventId) -> bool,
    ) -> Written {
        self.wanted.book = Arc::clone(&book);
        self.with_journeys(now, before, |going, stage| {
            stage.waiting = going.planned.keys().map(|(_, id)| *id).collect();
            going.intake.define(book, now, stage);
        })
    }

    /// Somebody is let in whom a request names.
    pub(crate) fn enter_journey(
        &mut self,
        (journey, user): (&str, UserIndex),
        (cause, now): (&str, Timestamp),
        before: &dyn Fn(EventId) -> bool,
    ) -> Written {
        let frames = self.frames;
        self.with_journeys(now, before, |going, stage| {
            going.intake.enter((journey, user), (cause, now), frames, stage);
        })
    }

    /// At most so much of what is to be seen, and of what is due. `decides`: whether something may be decided now, by
    /// the id of the decision.
    pub(crate) fn journeys_slice(
        &mut self,
        now: Timestamp,
        most: usize,
        before: &dyn Fn(EventId) -> bool,
        decides: &dyn Fn(EventId) -> bool,
    ) -> Written {
        // A move that is not told yet may have happened before what is due.
        let told = self.live.next().map_or(now, |next| now.min(next.minus(Span(1))));
        self.with_journeys(now, before, |going, stage| {
            if !going.intake.see(most, stage) {
                return;
            }
            // Messages that were planned come in the order of time, too.
            let planned = going.next_planned().map_or(told, |(due, _)| told.min(due));
            if going.intake.due(planned, most, stage) {
                return;
            }
            let mut users = BTreeSet::new();
            for _ in 0..most {
                let Some(key) = going.next_planned().filter(|key| key.0 <= planned) else { return };
                let planned = going.planned[&key].clone();
                let user = stage.store.remaining(planned.user);
                let in_turn = going.intake.may_decide(user) && users.insert(user);
                if !in_turn || !decides(event_id(key.1, DECISION, 0)) {
                    return;
                }
                going.planned.remove(&key);
                stage.decide(&going.intake, key.1, &planned);
            }
        })
    }

    fn with_journeys(
        &mut self,
        now: Timestamp,
        before: &dyn Fn(EventId) -> bool,
        act: impl FnOnce(&mut Going, &mut Stage),
    ) -> Written {
        let mut stage = Stage {
            store: &mut self.store,
            live: &self.live,
            rules: &self.wanted.rules,
            before,
            now,
            written: Vec::new(),
            ids: BTreeSet::new(),
            planned: Vec::new(),
            waiting: match self.going.intake.filled() {
                true => BTreeSet::new(),
                false => self.going.planned.keys().map(|(_, id)| *id).collect(),
            },
        };
        act(&mut self.going, &mut stage);
        let Stage { written, planned, .. } = stage;
        self.going.planned.extend(planned);
        written
    }

    /// Who a user is by now.
    pub(crate) fn remaining(&self, user: UserIndex) -> UserIndex {
        self.store.remaining(user)
    }

    /// Everything of a user.
    pub(crate) fn history_of(&mut self, user: UserIndex) -> UserHistory {
        history_of(&mut self.store, user)
    }

    /// What was brought about as records, in order.
    pub(crate) fn records_of(&self, written: Written, now: Timestamp) -> Vec<Record> {
        let records = written.into_iter().filter_map(|(user, what)| {
            let who = who(&self.fold, self.store.remaining(user))?;
            Some(Record { received_at: now, who, what })
        });
        records.collect()
    }

    /// Does something that asks what was written before: what is durable, or on its way there.
    pub(crate) fn asking<T>(
        &mut self,
        act: impl FnOnce(&mut Writer, &dyn Fn(EventId) -> bool) -> T,
    ) -> T {
        let counted = std::mem::take(&mut self.counted);
        let done = act(self, &|id| counted.contains(&id));
        self.counted = counted;
        done
    }
}

fn history_of(store: &mut Store, user: UserIndex) -> UserHistory {
    let user = store.remaining(user);
    store.history_of_all(&[user]).expect("a history in memory can be read")
}

/// A user as a record names them.
pub(crate) fn who(fold: &Fold, user: UserIndex) -> Option<Who> {
    let graph = fold.graph(user);
    if let Some(id) = graph.user_ids().next() {
        return Some(Who::of(Some(id.clone()), None));
    }
    graph.anonymous_ids().next().map(|id| Who::of(None, Some(id.clone())))
}

/// Whether it is night.
fn night(at: Timestamp) -> bool {
    at.0.rem_euclid(Span::days(1).0) < 6 * Span::HOUR.0
}

/// When the night is over.
fn morning(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - at.0.rem_euclid(Span::days(1).0) + 6 * Span::HOUR.0)
}

/// Whether a message goes, if it is decided now.
fn goes(message: EventId) -> bool {
    !(message.0 >> 64).is_multiple_of(4)
}

impl Stage<'_> {
    fn was(&self, id: EventId) -> bool {
        self.ids.contains(&id) || (self.before)(id)
    }

    fn write(&mut self, user: UserIndex, id: EventId, what: What) {
        if !self.was(id) {
            self.ids.insert(id);
            self.written.push((user, what));
        }
    }

    fn history(&mut self, user: UserIndex) -> UserHistory {
        history_of(self.store, user)
    }

    fn tell_message(
        &mut self,
        name: &'static str,
        Planned { user, run, campaign }: &Planned,
        of: EventId,
    ) {
        let id = match name {
            outreach::PLANNED => event_id(of, name, morning(self.now).0 as u64),
            _ => event_id(of, DECISION, 0),
        };
        let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
        let mut properties = vec![
            text(outreach::MESSAGE, &of.to_string()),
            text(outreach::RUN, &run.to_string()),
            text(outreach::CAMPAIGN, campaign),
        ];
        model::record::sort_properties(&mut properties);
        let event = Event { name: Text::const_new(name), time: self.now, id, properties };
        self.write(*user, id, What::Event(event));
    }

    /// What became of a message that was decided before, and when, if it had been planned.
    fn became(&mut self, user: UserIndex, message: EventId) -> (Sent, Option<Timestamp>) {
        let id = event_id(message, DECISION, 0);
        let text = Value::text(&message.to_string());
        let events = self.history(user).events;
        let decided = events.iter().find(|event| event.id == id);
        let planned = events.iter().any(|event| {
            event.name == outreach::PLANNED && event.property(outreach::MESSAGE) == Some(&text)
        });
        let queued = decided.is_some_and(|event| event.name == outreach::QUEUED);
        let sent = if queued { Sent::Queued } else { Sent::Withheld };
        (sent, decided.filter(|_| planned).map(|event| event.time))
    }

    /// The time of a planned message has come.
    fn decide(&mut self, intake: &Intake, message: EventId, planned: &Planned) {
        let Planned { user, campaign, .. } = planned;
        let user = self.store.remaining(*user);
        if self.was(event_id(message, DECISION, 0)) {
            return;
        }
        let sent = match intake.awaits(user, campaign, message) && goes(message) {
            true => Sent::Queued,
            false => Sent::Withheld,
        };
        self.tell_message(told(sent), planned, message);
    }
}

fn told(sent: Sent) -> &'static str {
    match sent {
        Sent::Queued => outreach::QUEUED,
        Sent::Withheld => outreach::WITHHELD,
        Sent::Later => outreach::PLANNED,
    }
}

impl World for Stage<'_> {
    fn merged_into(&self, user: UserIndex) -> Option<UserIndex> {
        self.store.merged_into(user)
    }

    fn known(&mut self, run: EventId, _: UserIndex) -> bool {
        self.was(journey::event_id(run, 0))
    }

    fn held_out(&mut self, journey: &Journey, user: UserIndex) -> Option<Text> {
        let held_out = journey.control != Share::NONE && user.0.is_multiple_of(4);
        held_out.then(|| Text::const_new(engine::outreach::CAMPAIGN))
    }

    fn seed(&self) -> u64 {
        SEED
    }

    fn shares(&mut self, _: &Journey, _: &Text, _: Option<&Text>) -> Option<Arms> {
        None
    }

    fn holds(&mut self, user: UserIndex, predicate: &Predicate, at: Timestamp) -> bool {
        let history = self.history(user);
        holds(predicate, &history, at, &Context { rules: self.rules, population: &NoPopulation })
    }

    fn place(&mut self, user: UserIndex, watch: &str) -> u8 {
        let (user, number) = (self.store.remaining(user), self.live.program().watch(watch));
        number.map_or(0, |watch| self.live.place(user, WatchId(watch)))
    }

    fn attribute(&mut self, user: UserIndex, name: &str, at: Timestamp) -> Option<Value> {
        attribute_at(&self.history(user), name, at).cloned()
    }

    fn zone(&mut self, _: UserIndex, _: Timestamp) -> Zone {
        Zone::named("Europe/Istanbul").unwrap_or_else(Zone::utc)
    }

    fn event(&mut self, user: UserIndex, id: EventId) -> Option<Arc<Event>> {
        let found = self.history(user).events.into_iter().find(|event| event.id == id)?;
        let (name, time, properties) = (found.name, found.time, found.properties);
        Some(Arc::new(Event { name, time, id, properties }))
    }

    fn first(
        &mut self,
        user: UserIndex,
        (from, to): (Timestamp, Timestamp),
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        let events = self.history(user).events.into_iter();
        let within = events.filter(|event| event.time >= from && event.time < to);
        let mut events = within.map(|event| {
            let (name, time, id, properties) = (event.name, event.time, event.id, event.properties);
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
        let events = self.history(user).events.into_iter().rev();
        let mut events = events.filter(|event| event.time < before).map(|event| {
            let (name, time, id, properties) = (event.name, event.time, event.id, event.properties);
            Event { name, time, id, properties }
        });
        events.find(|event| fits(event)).map(Arc::new)
    }

    fn engaged(&mut self, _: UserIndex, campaign: &Text, _: Timestamp) -> Option<Timestamp> {
        campaign.ends_with('1').then_some(Timestamp(1))
    }

    fn reaches(&mut self, user: UserIndex, campaign: &Text, _: Timestamp) -> bool {
        !(u64::from(user.0) + campaign.len() as u64).is_multiple_of(5)
    }

    fn send(&mut self, message: Message) -> (Sent, Option<Timestamp>) {
        let id = message.id;
        let sent = match self.was(event_id(id, DECISION, 0)) {
            true => return self.became(message.user, id),
            false if self.waiting.contains(&id) => return (Sent::Later, None),
            false if night(self.now) => Sent::Later,
            false if goes(id) => Sent::Queued,
            false => Sent::Withheld,
        };
        let (user, run, campaign) = (message.user, message.run, message.campaign.clone());
        let own = Planned { user, run, campaign };
        self.tell_message(told(sent), &own, id);
        if sent == Sent::Later {
            self.planned.push(((morning(self.now), id), own));
        }
        (sent, None)
    }

    fn tell(&mut self, told: Told) {
        let event = told.event();
        self.write(told.user, event.id, What::Event(event));
    }

    fn update(&mut self, user: UserIndex, id: EventId, at: Timestamp, changes: Changes<'_>) {
        let (set, operations) = changes;
        let change = AttributeChange {
            time: at,
            id,
            attributes: set.to_vec(),
            operations: operations.to_vec(),
            clear: false,
        };
        self.write(user, id, What::Identify(change));
    }

    fn emit(&mut self, user: UserIndex, event: Event) {
        self.write(user, event.id, What::Event(event));
    }
}
