//! The fold itself: what happens to people, one after the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use model::journey::{path, reason};
use model::outreach::{CAMPAIGN, MACHINE, MESSAGE};
use model::{Event, EventId, Text, Timestamp, UserIndex, Value};

use super::act::{from_when, message_id};
use super::occurred::{Arrival, Ended, Happened, Of};
use super::positions::{Positions, Waits};
use super::{
    Action, Book, Exit, Happening, Journey, Occurred, Position, Standing, Told, Wait, What, World,
};

/// Steps that one user takes in one go: a guard against what the checks of a definition overlook.
const STEPS_AT_ONCE: usize = 1_000;

/// Who is where in which journey.
#[derive(Debug, Default)]
pub struct Journeys {
    pub(super) book: Arc<Book>,
    pub(super) positions: Positions,
    /// Who goes on once what was written can be read.
    ready: Vec<(u32, EventId)>,
    /// Of whom one of these, or something that happened, waits.
    busy: HashSet<u32>,
    /// The last entry, where it decides about the next.
    pub(super) last: BTreeMap<Of, Timestamp>,
    pub(super) numbers: HashMap<Text, u32>,
    pub(super) ended: Ended,
    /// Events that wait to be seen, by their places and when they came: whoever had not seen them does not look them up
    /// before.
    pub(super) waiting: HashMap<EventId, (u64, Timestamp)>,
    /// Messages of which it waits to be seen what was decided.
    pub(super) undecided: HashSet<EventId>,
    /// The latest place of anything that was seen.
    pub(super) seen: u64,
    /// What happened to whoever goes on first.
    later: VecDeque<(Whose, Happened, Arrival)>,
    /// Of these, what is being looked at: whose, and its place.
    looks_at: Option<(UserIndex, u64)>,
}

/// A user, and who they were when it came: they may have turned out to be another one since. Of whom a run is says
/// the latter, so that it is the same run whenever it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) user: UserIndex,
    pub(super) origin: UserIndex,
}

impl Journeys {
    /// Nobody is in any.
    pub fn new(book: Arc<Book>) -> Journeys {
        Journeys { book, ..Journeys::default() }
    }

    /// People who are in a journey; who is in two counts twice.
    pub fn n_positions(&self) -> usize {
        self.positions.len()
    }

    /// All journeys.
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// The positions of a user with the journey, its version and the step.
    pub fn of(&self, user: UserIndex) -> impl Iterator<Item = (&Position, &Journey, &Text)> {
        self.positions.of(user).map(|slot| {
            let position = self.positions.get(slot);
            let journey = self.book.get(position.journey);
            (position, &**journey, &journey.steps[usize::from(position.step)].id)
        })
    }

    /// Whether something that happened may concern anybody: whoever asks need not hand over the rest.
    pub fn concerns(&self, user: UserIndex, name: &str) -> bool {
        self.book.lets_in(name) || self.book.listens_to(name) && self.positions.has(user)
    }

    /// When the next timer is due, or an instant before it.
    pub fn next(&self) -> Option<Timestamp> {
        self.positions.timers.next()
    }

    /// Whether somebody goes on as soon as what was written can be read.
    pub fn ready(&self) -> bool {
        !self.ready.is_empty() || !self.later.is_empty()
    }

    /// Whether somebody sees an event later, and does not look it up now.
    pub(super) fn sees_later(&self, slot: u32, event: EventId) -> bool {
        let position = self.positions.get(slot);
        let since = self.book.get(position.journey).since;
        let later =
            |(place, received): &(u64, Timestamp)| *place > position.after && *received >= since;
        self.waiting.get(&event).is_some_and(later)
    }

    /// Whether somebody has written what is to be read before anything else of theirs is done.
    pub(super) fn is_busy(&self, user: UserIndex) -> bool {
        self.busy.contains(&user.0)
    }

    /// Those go on who waited for what was written; it can be read now.
    pub fn go_on(&mut self, world: &mut dyn World) {
        self.busy.clear();
        for (slot, run) in std::mem::take(&mut self.ready) {
            if self.is(slot, run) && self.running(slot) {
                self.go(slot, world);
            }
        }
        for _ in 0..self.later.len() {
            if let Some((whose, what, of)) = self.later.pop_front() {
                self.looks_at = Some((whose.user, of.told));
                self.occurred_to(whose, what.what(), of, world);
            }
            self.looks_at = None;
        }
    }

    /// Somebody goes on when what was written can be read.
    pub(super) fn goes_on_later(&mut self, slot: u32) {
        let position = self.positions.get(slot);
        let (user, run) = (position.user, position.run());
        self.ready.push((slot, run));
        self.busy.insert(user.0);
    }

    /// Something happened to a user. `place`: in the order of arrival, so that what was seen before a crash is not
    /// seen again, 0 if time alone brought it about; `fresh`: it may let somebody in.
    pub fn occurred(
        &mut self,
        user: UserIndex,
        what: Occurred,
        (place, fresh): (u64, bool),
        world: &mut dyn World,
    ) {
        let arrival = Arrival { place, told: place, received: Timestamp::MAX, fresh };
        self.occurred_to(Whose { user, origin: user }, what, arrival, world);
    }

    /// The same of somebody who may have been another user when it came.
    pub(super) fn occurred_to(
        &mut self,
        whose: Whose,
        what: Occurred,
        arrival: Arrival,
        world: &mut dyn World,
    ) {
        let (user, place) = (whose.user, arrival.place);
        // What everybody had seen before a crash makes nobody go on.
        if self.positions.of(user).any(|slot| self.has_not_seen(slot, place)) {
            self.due_of(user, (what.at(), place), world);
            // It is seen where the user is once everything is done that was due before.
            if self.busy.contains(&user.0) {
                return self.later.push_back((whose, Happened::of(what), arrival));
            }
        }
        let mut slots: Vec<u32> = self.positions.of(user).collect();
        self.in_order(&mut slots);
        for slot in slots {
            self.see(slot, what, (place, arrival.received), world);
        }
        if arrival.fresh {
            self.let_in(whose, what, arrival, world);
        }
        self.seen = self.seen.max(arrival.told);
    }

    /// Somebody who is in sees what happened to them.
    fn see(
        &mut self,
        slot: u32,
        what: Occurred,
        (place, received): (u64, Timestamp),
        world: &mut dyn World,
    ) {
        let at = what.at();
        if self.positions.get(slot).user == UserIndex::NOBODY {
            return;
        }
        let position = self.positions.get(slot);
        let seen = position.cause() == Some(what.id()) || place > 0 && place <= position.after;
        // What came in a pause was looked up when the journey went on.
        let journey = Arc::clone(self.book.get(position.journey));
        if seen || !self.running(slot) || received < journey.since {
            return;
        }
        // What time alone brings about has no place among what arrived: of the same instant, neither sees the other.
        let apart = place == 0 || position.by_time;
        if at < position.entered_at() || apart && at == position.entered_at() {
            return;
        }
        let when = at.max(position.arrived_at());
        if let Some((why, detail)) = self.ends(&journey, slot, what) {
            self.positions.get_mut(slot).caused(Some(what.id()), place);
            return self.exit(slot, (None, why, detail), (when, true), world);
        }
        if let Occurred::Event(event) = what
            && self.hears(slot, event, place, world)
        {
            return;
        }
        let position = self.positions.get(slot);
        let step = &journey.steps[usize::from(position.step)];
        let Action::WaitFor { any, since, .. } = &step.action else { return };
        // Whether they were moved before they came there was asked when they came.
        let from = match what {
            Occurred::Event(_) => from_when(position, *since),
            Occurred::Moved { .. } => position.arrived_at(),
        };
        // What time alone brings about comes before whoever comes to a step at that instant.
        let early = at < from || place == 0 && at == position.arrived_at();
        if position.waits != Waits::Step || early {
            return;
        }
        let found = any.iter().find(|(_, when)| self.happens(&journey, when, slot, what));
        let Some((way, _)) = found else { return };
        let position = self.positions.get_mut(slot);
        position.caused(Some(what.id()), place);
        if let Occurred::Event(event) = what {
            position.saw(event.id);
        }
        self.positions.timers.clear(UserIndex(slot));
        if self.leave(slot, (&way.id, way.next), (when, true), world) {
            self.go(slot, world);
        }
    }

    /// Why what happened ends the journey of somebody.
    fn ends(
        &self,
        journey: &Journey,
        slot: u32,
        what: Occurred,
    ) -> Option<(&'static str, Option<Text>)> {
        let entered = self.positions.get(slot).entered_at();
        let goal = journey.goals.iter().find(|goal| {
            let within = goal.exits && what.at() < entered.plus(goal.within);
            within && self.happens(journey, &goal.when, slot, what)
        });
        if let Some(goal) = goal {
            return Some((reason::GOAL, Some(goal.id.clone())));
        }
        let exit = journey.exits.iter().any(|exit| self.happens(journey, exit, slot, what));
        exit.then_some((reason::EXIT, None))
    }

    fn happens(&self, journey: &Journey, when: &Happening, slot: u32, what: Occurred) -> bool {
        match (when, what) {
            (Happening::Event(_), Occurred::Event(event)) => when.is(event),
            (Happening::Moves { .. }, Occurred::Moved { watch, from, to, .. }) => {
                when.is_move(watch, (from, to))
            }
            (Happening::Message { step, name }, Occurred::Event(event)) => {
                event.name == *name && self.is_own_message(journey, *step, slot, event)
            }
            _ => false,
        }
    }

    /// Whether an event tells of a message that a step sent in the run of a position.
    pub(super) fn is_own_message(
        &self,
        journey: &Journey,
        step: u16,
        slot: u32,
        event: &Event,
    ) -> bool {
        let of = |name: &str| {
            event.properties.iter().find(|(own, _)| own == name).map(|(_, value)| value)
        };
        let (Some(Value::Text(campaign)), Some(Value::Text(message))) = (of(CAMPAIGN), of(MESSAGE))
        else {
            return false;
        };
        if of(MACHINE) == Some(&Value::Bool(true))
            || !Book::messages(journey, step).contains(campaign)
        {
            return false;
        }
        let (position, message) = (self.positions.get(slot), EventId::of(message));
        let run = position.run();
        (0..position.n).any(|n| message_id(campaign, run, n) == message)
    }

    /// Does what is due until an instant, of at most so many people; whether more are due.
    pub fn due(&mut self, now: Timestamp, most: usize, world: &mut dyn World) -> bool {
        for _ in 0..most {
            let Some((at, slot)) = self.positions.timers.due(now) else { return false };
            let user = self.positions.get(slot.0).user;
            if self.busy.contains(&user.0) {
                // What is written is read before anything else of this user is done.
                self.positions.timers.set(slot, at);
                return true;
            }
            if self.positions.of(user).nth(1).is_none() {
                self.fire(slot.0, at, world);
                continue;
            }
            self.positions.timers.set(slot, at);
            self.due_of(user, (at, 0), world);
        }
        self.positions.timers.next().is_some_and(|next| next <= now)
    }

    /// Whether what has a place in the order of arrival, if it has one, came after all that somebody saw.
    fn has_not_seen(&self, slot: u32, place: u64) -> bool {
        place == 0 || self.positions.get(slot).after < place
    }

    /// Does what is due of one user until an instant, of those who had not seen a place then. What is due at the same
    /// instant goes by priority, and then by journey and run, so that it makes no difference who came in first.
    fn due_of(&mut self, user: UserIndex, (now, place): (Timestamp, u64), world: &mut dyn World) {
        while !self.busy.contains(&user.0) {
            let horizon = |slot: u32| self.positions.timers.horizon(UserIndex(slot));
            let slots = self.positions.of(user).filter(|slot| self.has_not_seen(*slot, place));
            let dues = slots.filter_map(|slot| Some((horizon(slot)?, slot)));
            let dues: Vec<(Timestamp, u32)> = dues.filter(|(due, _)| *due <= now).collect();
            let Some(at) = dues.iter().map(|(due, _)| *due).min() else { return };
            let mut slots: Vec<u32> =
                dues.into_iter().filter(|(due, _)| *due == at).map(|(_, slot)| slot).collect();
            self.in_order(&mut slots);
            let runs: Vec<(u32, EventId)> =
                slots.iter().map(|slot| (*slot, self.positions.get(*slot).run())).collect();
            for (slot, run) in runs {
                if self.is(slot, run) {
                    self.fire(slot, at, world);
                }
            }
        }
    }

    /// Positions of one user in the order in which they are looked at.
    fn in_order(&self, slots: &mut [u32]) {
        if slots.len() > 1 {
            slots.sort_by_cached_key(|slot| {
                let position = self.positions.get(*slot);
                let journey = self.book.get(position.journey);
                (Reverse(journey.priority), journey.id.clone(), position.run().0)
            });
        }
    }

    /// The time of a position has come.
    fn fire(&mut self, slot: u32, at: Timestamp, world: &mut dyn World) {
        self.positions.timers.clear(UserIndex(slot));
        if !self.running(slot) {
            return;
        }
        let position = self.positions.get(slot);
        let journey = Arc::clone(self.book.get(position.journey));
        let limit = position.entered_at().plus(journey.timeout);
        let step = &journey.steps[usize::from(position.step)];
        let arrived = position.arrived_at();
        let (due, way, next) = match &step.action {
            Action::Wait { wait, next } if position.waits == Waits::Step => {
                match wait.until(position.user, arrived, world) {
                    Some(due) => (due, path::NEXT, *next),
                    None => return self.missing(slot, wait, at, world),
                }
            }
            Action::WaitFor { within, otherwise, .. } if position.waits == Waits::Step => {
                (arrived.plus(*within), path::OTHERWISE, *otherwise)
            }
            Action::Webhook { within, failed, .. }
                if matches!(position.waits, Waits::Answer | Waits::Message) =>
            {
                (arrived.plus(*within), path::FAILED, *failed)
            }
            _ => (Timestamp::MAX, path::NEXT, None),
        };
        if due > at && at < limit {
            // The date in an attribute is a later one by now.
            return self.positions.timers.set(UserIndex(slot), due.min(limit));
        }
        if due > limit {
            return self.exit(slot, (None, reason::TIMEOUT, None), (limit, false), world);
        }
        if self.leave(slot, (&Text::const_new(way), next), (at, false), world) {
            self.go(slot, world);
        }
    }

    /// There is no date to wait for.
    pub(super) fn missing(&mut self, slot: u32, wait: &Wait, at: Timestamp, world: &mut dyn World) {
        let way = Text::const_new(path::MISSING);
        let Wait::Attribute { missing: Exit::To(step), .. } = wait else {
            let why = (Some(way), reason::MISSING_DATE, None);
            return self.exit(slot, why, (at, false), world);
        };
        if self.leave(slot, (&way, Some(*step)), (at, false), world) {
            self.go(slot, world);
        }
    }

    /// Takes steps until one waits, or there is none.
    pub(super) fn go(&mut self, slot: u32, world: &mut dyn World) {
        self.positions.get_mut(slot).waits = Waits::Nothing;
        for _ in 0..STEPS_AT_ONCE {
            if !self.follow(slot, world) || !self.act(slot, world) {
                return;
            }
        }
        self.goes_on_later(slot);
    }

    /// Waits, for as long as anybody may be in.
    pub(super) fn wait(&mut self, slot: u32, due: Timestamp) -> bool {
        let position = self.positions.get_mut(slot);
        position.waits = Waits::Step;
        let limit = position.entered_at().plus(self.book.get(position.journey).timeout);
        self.positions.timers.set(UserIndex(slot), due.min(limit));
        false
    }

    /// Goes to the next step, or out if there is none; whether there is. `by_cause`: what the position names
    /// as its cause brought it about, and not time alone.
    pub(super) fn leave(
        &mut self,
        slot: u32,
        way: (&Text, Option<u16>),
        at: (Timestamp, bool),
        world: &mut dyn World,
    ) -> bool {
        self.leave_from(slot, way, None, at, world)
    }

    /// The same of somebody whom a learning split found in a context.
    pub(super) fn leave_from(
        &mut self,
        slot: u32,
        (way, next): (&Text, Option<u16>),
        context: Option<Text>,
        (at, by_cause): (Timestamp, bool),
        world: &mut dyn World,
    ) -> bool {
        let Some(next) = next else {
            let (path, reason) = (Some(way.clone()), Text::const_new(reason::COMPLETED));
            let from = self.step_of(slot);
            let what = What::Exited { from, path, reason, detail: None, context };
            self.end(slot, what, (at, by_cause), world);
            return false;
        };
        let position = self.positions.get(slot);
        let journey = self.book.get(position.journey);
        let id = |step: u16| journey.steps[usize::from(step)].id.clone();
        let (from, step) = (id(position.step), id(next));
        let event = position.event().filter(|own| by_cause && position.cause() == Some(*own));
        let what = What::Moved { from, path: way.clone(), step, version: None, event, context };
        self.tell(slot, what, (at, by_cause), world);
        let position = self.positions.get_mut(slot);
        position.step = next;
        position.waits = Waits::Nothing;
        position.arrive(at);
        true
    }

    pub(super) fn exit(
        &mut self,
        slot: u32,
        (way, why, detail): (Option<Text>, &'static str, Option<Text>),
        at: (Timestamp, bool),
        world: &mut dyn World,
    ) {
        self.out(slot, (way, Text::const_new(why), detail), at, world);
    }

    pub(super) fn out(
        &mut self,
        slot: u32,
        (path, reason, detail): (Option<Text>, Text, Option<Text>),
        at: (Timestamp, bool),
        world: &mut dyn World,
    ) {
        let from = self.step_of(slot);
        self.end(slot, What::Exited { from, path, reason, detail, context: None }, at, world);
    }

    /// The id of the step at which somebody is.
    fn step_of(&self, slot: u32) -> Text {
        let position = self.positions.get(slot);
        self.book.get(position.journey).steps[usize::from(position.step)].id.clone()
    }

    /// Somebody is out, which is told.
    fn end(&mut self, slot: u32, what: What, at: (Timestamp, bool), world: &mut dyn World) {
        self.tell(slot, what, at, world);
        let position = self.positions.get(slot);
        let journey = self.book.get(position.journey).id.clone();
        let (user, key, end) = (position.user, position.key, (at.0, position.after));
        self.has_ended((&journey, user, key), end);
        self.positions.remove(slot);
    }

    pub(super) fn tell(
        &mut self,
        slot: u32,
        what: What,
        (at, by_cause): (Timestamp, bool),
        world: &mut dyn World,
    ) {
        let position = self.positions.get(slot);
        let cause = position.cause().filter(|_| by_cause);
        self.tell_of(slot, what, at, cause, world);
    }

    pub(super) fn tell_of(
        &mut self,
        slot: u32,
        what: What,
        at: Timestamp,
        cause: Option<EventId>,
        world: &mut dyn World,
    ) {
        // What waits for this user was not seen by them, whatever others have seen since.
        let user = self.positions.get(slot).user;
        let later = self.later.iter().map(|(whose, _, arrival)| (whose.user, arrival.told));
        let own = later.chain(self.looks_at).filter(|(of, _)| *of == user);
        let first = own.map(|(_, place)| place).min().unwrap_or(u64::MAX);
        let seen = self.seen.min(first.saturating_sub(1));
        let position = self.positions.get_mut(slot);
        position.after = position.after.max(seen);
        let (n, after) = (position.n, position.after);
        position.n += 1;
        let journey = self.book.get(position.journey).id.clone();
        let (user, run) = (position.user, position.run());
        world.tell(Told { user, journey, run, n, at, cause, after, what });
    }

    /// Whether a place still holds a run.
    pub(super) fn is(&self, slot: u32, run: EventId) -> bool {
        let position = self.positions.get(slot);
        position.user != UserIndex::NOBODY && position.run() == run
    }

    pub(super) fn running(&self, slot: u32) -> bool {
        self.book.get(self.positions.get(slot).journey).standing == Standing::Running
    }

    /// Two users turned out to be one: in each journey, whoever came in first stays.
    pub fn merge(
        &mut self,
        (from, into): (UserIndex, UserIndex),
        at: Timestamp,
        world: &mut dyn World,
    ) {
        self.join(from, into);
        self.part(into, at, world);
    }

    /// Everything of one user is another one's from now on.
    pub(super) fn join(&mut self, from: UserIndex, into: UserIndex) {
        let own = self.later.iter_mut().filter(|of| of.0.user == from);
        own.for_each(|of| of.0.user = into);
        if self.busy.remove(&from.0) {
            self.busy.insert(into.0);
        }
        let slots: Vec<u32> = self.positions.of(from).collect();
        slots.into_iter().for_each(|slot| self.positions.give(slot, into));
        for ((_, journey, key), at) in take_of(&mut self.last, from) {
            let last = self.last.entry((into.0, journey, key)).or_insert(at);
            *last = at.max(*last);
        }
        self.ended.join(from, into);
    }

    /// In each journey whoever came in first stays, of those who turned out to be one user.
    pub(super) fn part(&mut self, user: UserIndex, at: Timestamp, world: &mut dyn World) {
        let mut slots: Vec<u32> = self.positions.of(user).collect();
        slots.sort_by_key(|slot| {
            let position = self.positions.get(*slot);
            (position.entered_at(), position.run())
        });
        let mut first: HashSet<(Text, u64)> = HashSet::new();
        for slot in slots {
            let position = self.positions.get(slot);
            let journey = self.book.get(position.journey).id.clone();
            if !first.insert((journey, position.key)) {
                let when = at.max(position.arrived_at());
                self.exit(slot, (None, reason::MERGED, None), (when, false), world);
            }
        }
    }

    /// Nothing of a user is kept.
    pub fn forget(&mut self, user: UserIndex) {
        let slots: Vec<u32> = self.positions.of(user).collect();
        slots.into_iter().for_each(|slot| self.positions.remove(slot));
        self.later.retain(|(own, ..)| own.user != user);
        take_of(&mut self.last, user);
    }
}

/// Takes everything of a user out.
pub(super) fn take_of<T>(map: &mut BTreeMap<Of, T>, user: UserIndex) -> Vec<(Of, T)> {
    let own = map.range((user.0, 0, 0)..=(user.0, u32::MAX, u64::MAX));
    let keys: Vec<Of> = own.map(|(of, _)| *of).collect();
    keys.into_iter().filter_map(|of| map.remove_entry(&of)).collect()
}
