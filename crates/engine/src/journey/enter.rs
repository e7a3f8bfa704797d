//! Who comes in: by what happened to them, by name, or from another journey; once, again, and by what key.

use std::cmp::Reverse;
use std::sync::Arc;

use model::{EventId, Text, Timestamp, UserIndex, journey};
use xxhash_rust::xxh3::xxh3_64;

use super::act::key_of;
use super::occurred::{Arrival, Occasion};
use super::run::Whose;
use super::{Again, Journey, Journeys, Occurred, Position, Standing, Told, What, World};

/// What became of somebody who was to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entering {
    /// They are in.
    Entered,
    /// They are in a control group.
    HeldOut,
    /// They are in already, or were when it happened.
    Inside,
    /// They were in too short a time ago, or once.
    Again,
    /// It was decided before.
    Known,
    /// They are not in the audience.
    Audience,
    /// There is no such journey, or nobody comes in now.
    Closed,
}

impl Journeys {
    pub(super) fn let_in(
        &mut self,
        whose: Whose,
        what: Occurred,
        arrival: Arrival,
        world: &mut dyn World,
    ) {
        let book = Arc::clone(&self.book);
        let mut numbers: Vec<u32> = match what {
            Occurred::Event(event) => book.entries(&event.name).collect(),
            Occurred::Moved { watch, .. } => book.watched_entries(watch).to_vec(),
        };
        let fits = |number: &u32| match (&book.get(*number).entry, what) {
            (Some(entry), Occurred::Event(event)) => entry.is(event),
            (Some(entry), Occurred::Moved { watch, from, to, .. }) => {
                entry.is_move(watch, (from, to))
            }
            (None, _) => false,
        };
        numbers.retain(|number| fits(number) && what.at() >= book.get(*number).since);
        numbers.sort_by_key(|number| (Reverse(book.get(*number).priority), *number));
        let cause = what.cause();
        let event = match what {
            Occurred::Event(event) => Some(event),
            Occurred::Moved { .. } => None,
        };
        for number in numbers {
            let (at, after, by_time) = (what.at(), arrival.told, arrival.place == 0);
            let arrived = true;
            let occasion = Occasion { cause: &cause, at, after, arrived, event, by_time };
            self.enter_by(number, whose, occasion, world);
        }
    }

    /// Lets a user in whom somebody names; the same cause lets them in once.
    pub fn enter(
        &mut self,
        journey: &str,
        user: UserIndex,
        (cause, at): (&str, Timestamp),
        world: &mut dyn World,
    ) -> Entering {
        self.enter_after(journey, Whose { user, origin: user }, (cause, at, 0), world)
    }

    pub(super) fn enter_after(
        &mut self,
        journey: &str,
        whose: Whose,
        (cause, at, after): (&str, Timestamp, u64),
        world: &mut dyn World,
    ) -> Entering {
        match self.book.current(journey) {
            None => Entering::Closed,
            Some(number) => {
                let (arrived, event, by_time) = (false, None, false);
                let occasion = Occasion { cause, at, after, arrived, event, by_time };
                self.enter_by(number, whose, occasion, world)
            }
        }
    }

    fn enter_by(
        &mut self,
        number: u32,
        Whose { user, origin }: Whose,
        occasion: Occasion,
        world: &mut dyn World,
    ) -> Entering {
        let journey = Arc::clone(self.book.get(number));
        if journey.standing != Standing::Running {
            return Entering::Closed;
        }
        let key = journey.key.as_ref().map(|name| key_of(name, occasion.event));
        let hash = key.as_ref().map_or(0, |key| xxh3_64(key.as_bytes()));
        let own = |slot: u32| {
            let position = self.positions.get(slot);
            position.key == hash && self.book.get(position.journey).id == journey.id
        };
        if self.positions.of(user).any(own) {
            return Entering::Inside;
        }
        let of = (user.0, self.number(&journey.id), hash);
        let place = if occasion.by_time { 0 } else { occasion.after };
        if occasion.arrived && self.ended.covers(of, (occasion.at, place)) {
            return Entering::Inside;
        }
        match (journey.again, self.last.get(&of).copied()) {
            (Again::Once, Some(_)) => return Entering::Again,
            (Again::After(pause), Some(last)) if occasion.at < last.plus(pause) => {
                return Entering::Again;
            }
            _ => {}
        }
        let cause = match (journey.again, &key) {
            (Again::Once, None) => "once".to_owned(),
            (Again::Once, Some(key)) => format!("once/{key}"),
            _ => occasion.cause.to_owned(),
        };
        let run = journey::run(&journey.id, origin, &cause);
        if world.known(run, user) {
            return Entering::Known;
        }
        if let Some(audience) = &journey.audience
            && !world.holds(user, audience, occasion.at)
        {
            return Entering::Audience;
        }
        self.entered(&journey, user, hash, occasion.at);
        let id = EventId::of(occasion.cause);
        let told = |what: What| Told {
            user,
            journey: journey.id.clone(),
            run,
            n: 0,
            at: occasion.at,
            cause: Some(id),
            after: occasion.after,
            what,
        };
        if let Some(group) = world.held_out(&journey, user) {
            world.tell(told(What::HeldOut { version: journey.version, group, key }));
            return Entering::HeldOut;
        }
        let event = occasion.event.map(|event| event.id);
        let step = journey.steps[0].id.clone();
        let (version, by_time) = (journey.version, occasion.by_time);
        world.tell(told(What::Entered { version, step, key, event, by_time }));
        let mut position = Position::new((user, number), (run, event, Some(id)), occasion.at);
        (position.key, position.after, position.by_time) = (hash, occasion.after, by_time);
        (position.n, position.came) = (1, 1);
        let slot = self.positions.put(position);
        self.go(slot, world);
        Entering::Entered
    }

    /// Nothing is handed in again that happened before an instant, and what comes late and is older lets nobody
    /// in: when runs ended before is not needed any more.
    pub fn forget_ends(&mut self, before: Timestamp) {
        self.ended.forget(before);
    }

    /// A run ended: see [`Entering::Inside`].
    pub(super) fn has_ended(
        &mut self,
        (journey, user, key): (&Text, UserIndex, u64),
        end: (Timestamp, u64),
    ) {
        let of = (user.0, self.number(journey), key);
        self.ended.add(of, end);
    }

    fn number(&mut self, id: &Text) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(id.clone()).or_insert(next)
    }

    /// Somebody came in: what decides about their next entry.
    pub(super) fn entered(&mut self, journey: &Journey, user: UserIndex, key: u64, at: Timestamp) {
        if journey.again != Again::Always {
            let number = self.number(&journey.id);
            let last = self.last.entry((user.0, number, key)).or_insert(at);
            *last = at.max(*last);
        }
    }
}
