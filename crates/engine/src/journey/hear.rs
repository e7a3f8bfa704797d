//! Steps that ask a server and wait for what becomes of it.
//!
//! A webhook is a message like others: decided once under an id that follows from the run, handed over by the outbox,
//! tried again until its time is up. What is told of it ([`ANSWERED`], [`FAILED`]) is an event of the user, which lets
//! whoever waits go on when it is seen, and is looked up when they are put where they were. An answer at the very
//! end of the wait is too late.

use std::sync::Arc;

use model::journey::path;
use model::outreach::{ANSWERED, FAILED, event_id};
use model::{Event, Text, Timestamp, UserIndex};

use super::act::own_message;
use super::positions::Waits;
use super::{Action, Journey, Journeys, Message, Sent, World};

/// Whether a step waits for an answer.
pub(super) fn waits_for_answer(journey: &Journey, step: u16) -> bool {
    let step = journey.steps.get(usize::from(step));
    step.is_some_and(|step| matches!(step.action, Action::Webhook { .. }))
}

/// The way out of a step for what became of its webhook.
fn way(action: &Action, event: &Event) -> (Text, Option<u16>) {
    match action {
        Action::Webhook { next, .. } if event.name == ANSWERED => {
            (Text::const_new(path::NEXT), *next)
        }
        Action::Webhook { failed, .. } => (Text::const_new(path::FAILED), *failed),
        _ => (Text::const_new(path::FAILED), None),
    }
}

impl Journeys {
    /// Asks the server that a step names, once; whether the user is at another step now that is to be done.
    pub(super) fn ask(&mut self, slot: u32, journey: &Arc<Journey>, world: &mut dyn World) -> bool {
        let position = self.positions.get(slot).clone();
        let Action::Webhook { campaign, within, .. } =
            &journey.steps[usize::from(position.step)].action
        else {
            return false;
        };
        let (user, at, run) = (position.user, position.arrived_at(), position.run());
        let event = position.event().and_then(|id| world.event(user, id));
        let id = own_message(campaign, &position);
        let (sent, decided_at) = self.send(Message { user, id, campaign, run, at, event }, world);
        if sent == Sent::Withheld {
            let when = decided_at.map_or(at, |decided| decided.max(at));
            return self.leave_message(slot, journey, sent, (when, false), world);
        }
        if sent == Sent::Queued
            && let Some(event) = self.became(slot, journey, world)
        {
            return self.heard(slot, journey, &event, world);
        }
        self.wait(slot, at.plus(*within));
        self.positions.get_mut(slot).waits = match sent {
            Sent::Later => Waits::Message,
            _ => Waits::Answer,
        };
        false
    }

    /// What became of the webhook of somebody who waits, as far as it came in time.
    fn became(&self, slot: u32, journey: &Journey, world: &mut dyn World) -> Option<Arc<Event>> {
        let position = self.positions.get(slot);
        let due = self.answer_due(slot, journey)?;
        world.first(position.user, (Timestamp::MIN, due), &mut |event| {
            self.is_of_webhook(slot, journey, event) && !self.sees_later(slot, event.id)
        })
    }

    /// Until when somebody waits for an answer; nothing: they do not.
    fn answer_due(&self, slot: u32, journey: &Journey) -> Option<Timestamp> {
        let position = self.positions.get(slot);
        match &journey.steps[usize::from(position.step)].action {
            Action::Webhook { within, .. } => Some(position.arrived_at().plus(*within)),
            _ => None,
        }
    }

    /// Whether an event tells what became of the webhook at which somebody is.
    fn is_of_webhook(&self, slot: u32, journey: &Journey, event: &Event) -> bool {
        if event.name != ANSWERED && event.name != FAILED {
            return false;
        }
        let position = self.positions.get(slot);
        match &journey.steps[usize::from(position.step)].action {
            Action::Webhook { campaign, .. } => {
                event.id == event_id(own_message(campaign, position), &event.name, 0)
            }
            _ => false,
        }
    }

    /// Somebody who waits for an answer sees an event; whether it was that.
    pub(super) fn hears(
        &mut self,
        slot: u32,
        event: &Arc<Event>,
        after: u64,
        world: &mut dyn World,
    ) -> bool {
        let position = self.positions.get(slot);
        let journey = Arc::clone(self.book.get(position.journey));
        let waits = matches!(position.waits, Waits::Answer | Waits::Message);
        let due = self.answer_due(slot, &journey);
        if !waits || due.is_none_or(|due| event.time >= due) {
            return false;
        }
        if !self.is_of_webhook(slot, &journey, event) {
            return false;
        }
        self.positions.get_mut(slot).caused(Some(event.id), after);
        self.positions.timers.clear(UserIndex(slot));
        if self.heard(slot, &journey, event, world) {
            self.go(slot, world);
        }
        true
    }

    /// Somebody goes on by what became of their webhook; whether they are at another step now.
    fn heard(
        &mut self,
        slot: u32,
        journey: &Journey,
        event: &Event,
        world: &mut dyn World,
    ) -> bool {
        let position = self.positions.get_mut(slot);
        let at = event.time.max(position.arrived_at());
        let (name, next) = way(&journey.steps[usize::from(position.step)].action, event);
        position.caused(Some(event.id), 0);
        self.leave(slot, (&name, next), (at, true), world)
    }
}
