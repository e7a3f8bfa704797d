//! Other journeys from now on: where everybody goes who is in one.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::journey::{path, reason};
use model::{Event, Text, Timestamp, UserIndex};

use super::positions::Waits;
use super::{Action, Book, Happening, Journey, Journeys, Standing, What, World};

/// Where somebody goes who comes to, or waits at, a step of an earlier version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// To this step of the current version.
    Step(Text),
    /// Out.
    Out,
}

/// By step of earlier versions. Whoever was at another step when the current version was published, and whoever
/// comes to a step later, goes on by their own version.
pub type Moves = BTreeMap<Text, To>;

impl Journeys {
    /// Other journeys, or other versions, from an instant on. Nobody is lost: whoever is in goes on by their own
    /// version, goes over to the current one where it says so, or is told to be out.
    pub fn define(&mut self, book: Arc<Book>, now: Timestamp, world: &mut dyn World) {
        let before = std::mem::replace(&mut self.book, Arc::clone(&book));
        let mut resumed = Vec::new();
        let slots: Vec<u32> = self.positions.all().collect();
        for slot in slots {
            let position = self.positions.get(slot);
            let old = before.get(position.journey);
            let number = book.version(&old.id, old.version);
            let number = number.or_else(|| book.current(&old.id));
            let step = &old.steps[usize::from(position.step)].id;
            let place = number.and_then(|number| Some((number, book.get(number).step(step)?)));
            let Some((number, step)) = place else {
                // Nothing is left of the journey that could be told: it, or the version, was taken away.
                self.positions.remove(slot);
                continue;
            };
            let (was, is) = (old.standing, book.get(number).standing);
            let position = self.positions.get_mut(slot);
            (position.journey, position.step) = (number, step);
            let when = now.max(position.arrived_at());
            match (was, is) {
                (_, Standing::Stopped) => {
                    self.exit(slot, (None, reason::STOPPED, None), (when, false), world);
                }
                (_, Standing::Paused) => {
                    self.positions.timers.clear(UserIndex(slot));
                }
                (Standing::Paused, Standing::Running) => resumed.push((slot, true)),
                _ => {
                    if self.moves(slot) {
                        resumed.push((slot, false));
                    }
                }
            }
        }
        resumed.sort_by_key(|(slot, _)| (self.positions.get(*slot).arrived_at(), *slot));
        for (slot, paused) in resumed {
            match paused {
                true => self.resume(slot, now, world),
                false => self.go(slot, world),
            }
        }
    }

    /// Whether somebody goes over to the current version.
    fn moves(&self, slot: u32) -> bool {
        let position = self.positions.get(slot);
        let own = self.book.get(position.journey);
        let step = &own.steps[usize::from(position.step)].id;
        let arrived = position.arrived_at();
        self.book.journey(&own.id).is_some_and(|of| {
            let other = of.version != own.version && arrived < of.published_at;
            other && of.moves.contains_key(step)
        })
    }

    /// Goes over to the current version if that says so; whether the user is still in.
    pub(super) fn follow(&mut self, slot: u32, world: &mut dyn World) -> bool {
        if !self.moves(slot) {
            return true;
        }
        self.go_over(slot, world)
    }

    /// Goes over when the current version was published, whenever that is noticed. What was seen before is not seen
    /// again by the new version.
    fn go_over(&mut self, slot: u32, world: &mut dyn World) -> bool {
        let position = self.positions.get(slot);
        let own = Arc::clone(self.book.get(position.journey));
        let from = own.steps[usize::from(position.step)].id.clone();
        let Some(number) = self.book.current(&own.id) else { return true };
        let current = Arc::clone(self.book.get(number));
        let at = current.published_at.max(position.arrived_at());
        let way = Text::const_new(path::PUBLISHED);
        let to = match current.moves.get(&from) {
            Some(To::Step(step)) => current.step(step).map(|at| (at, step)),
            Some(To::Out) => None,
            None => return true,
        };
        let Some((next, step)) = to else {
            self.exit(slot, (Some(way), reason::PUBLISHED, None), (at, false), world);
            return false;
        };
        let same = *step == from;
        let version = Some(current.version);
        let (step, event, context) = (step.clone(), None, None);
        let what = What::Moved { from, path: way, step, version, event, context };
        self.tell_of(slot, what, at, None, world);
        let position = self.positions.get_mut(slot);
        (position.journey, position.step) = (number, next);
        if !same {
            position.arrive(at);
        }
        true
    }

    /// Somebody goes on who was stopped: what happened to them meanwhile is looked up.
    pub(super) fn resume(&mut self, slot: u32, now: Timestamp, world: &mut dyn World) {
        if self.moves(slot) && !self.go_over(slot, world) {
            return;
        }
        let position = self.positions.get(slot);
        let journey = Arc::clone(self.book.get(position.journey));
        if journey.standing != Standing::Running {
            self.positions.get_mut(slot).waits = Waits::Pause;
            return;
        }
        let (user, entered) = (position.user, position.entered_at());
        let arrived = position.arrived_at();
        let after_entry = Timestamp(entered.0.saturating_add(1));
        let goals = journey.goals.iter().filter(|goal| goal.exits).map(|goal| {
            (&goal.when, entered.plus(goal.within).min(now), reason::GOAL, Some(goal.id.clone()))
        });
        let exits = journey.exits.iter().map(|when| (when, now, reason::EXIT, None));
        for (when, until, why, detail) in goals.chain(exits) {
            let Happening::Event(matches) = when else { continue };
            let mut fits = |event: &Event| {
                matches.holds(&event.name, &event.properties) && !self.sees_later(slot, event.id)
            };
            if let Some(event) = world.first(user, (after_entry, until), &mut fits) {
                let position = self.positions.get_mut(slot);
                position.caused(Some(event.id), 0);
                let at = event.time.max(arrived);
                return self.exit(slot, (None, why, detail), (at, true), world);
            }
        }
        let action = &journey.steps[usize::from(self.positions.get(slot).step)].action;
        if let Action::WaitFor { any, within, since, .. } = action {
            let due = arrived.plus(*within);
            if let Some(way) = self.happened(&journey, slot, (any, *since), world) {
                return self.went(slot, (&way.id, way.next), (arrived, false), world);
            }
            if let Some((way, event)) =
                first_of(&journey, slot, self, (any, (arrived, due.min(now))), world)
            {
                let position = self.positions.get_mut(slot);
                position.caused(Some(event.id), 0);
                position.saw(event.id);
                return self.went(slot, (&way.id, way.next), (event.time, true), world);
            }
            self.wait(slot, due);
            return;
        }
        self.go(slot, world);
    }

    fn went(
        &mut self,
        slot: u32,
        way: (&Text, Option<u16>),
        at: (Timestamp, bool),
        world: &mut dyn World,
    ) {
        if self.leave(slot, way, at, world) {
            self.go(slot, world);
        }
    }
}

/// What lets somebody go first of what happened in a while.
fn first_of<'a>(
    journey: &Journey,
    slot: u32,
    journeys: &Journeys,
    (any, between): (&'a [(super::Path, Happening)], (Timestamp, Timestamp)),
    world: &mut dyn World,
) -> Option<(&'a super::Path, Arc<Event>)> {
    let user = journeys.positions.get(slot).user;
    let mut found: Option<(&super::Path, Arc<Event>)> = None;
    for (way, when) in any {
        let fits = |event: &Event| match when {
            Happening::Message { step, name } => {
                event.name == *name && journeys.is_own_message(journey, *step, slot, event)
            }
            _ => when.is(event),
        };
        let mut seen = |event: &Event| fits(event) && !journeys.sees_later(slot, event.id);
        let Some(event) = world.first(user, between, &mut seen) else { continue };
        if found.as_ref().is_none_or(|(_, than)| event.time < than.time) {
            found = Some((way, event));
        }
    }
    found
}
