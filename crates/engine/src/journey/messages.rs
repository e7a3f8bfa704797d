//! Messages that steps send, and webhooks: who waits for the decision about one, and where they go by it.

use std::sync::Arc;

use model::journey::path;
use model::{EventId, Text, Timestamp, UserIndex};

use super::act::own_message;
use super::hear::waits_for_answer;
use super::positions::Waits;
use super::{Action, Book, Journey, Journeys, Message, Sent, World};

impl Journeys {
    /// Sends a message, and what became of it. Whoever had not seen yet what was decided about one that had been
    /// planned sees it when its turn comes.
    pub(super) fn send(
        &self,
        message: Message,
        world: &mut dyn World,
    ) -> (Sent, Option<Timestamp>) {
        let id = message.id;
        match world.send(message) {
            (_, Some(_)) if self.undecided.contains(&id) => (Sent::Later, None),
            sent => sent,
        }
    }

    /// Whether somebody still waits for the decision about a message.
    pub fn awaits(&self, user: UserIndex, campaign: &Text, message: EventId) -> bool {
        self.positions.of(user).any(|slot| {
            let position = self.positions.get(slot);
            let journey = self.book.get(position.journey);
            matches!(position.waits, Waits::Message | Waits::Pause)
                && Book::messages(journey, position.step).contains(campaign)
                && own_message(campaign, position) == message
        })
    }

    /// What was to be decided later about a message of a user is decided. Whoever's journey is paused learns it when
    /// that goes on.
    pub fn decided(
        &mut self,
        user: UserIndex,
        (campaign, message): (&Text, EventId),
        (sent, at): (Sent, Timestamp),
        world: &mut dyn World,
    ) {
        self.decided_by(user, (campaign, message), (sent, at), None, world);
    }

    /// The same by an event with a place in the order of arrival: what came before it is not seen again.
    pub(super) fn decided_by(
        &mut self,
        user: UserIndex,
        (campaign, message): (&Text, EventId),
        (sent, at): (Sent, Timestamp),
        told: Option<(EventId, u64)>,
        world: &mut dyn World,
    ) {
        let slots: Vec<u32> = self.positions.of(user).collect();
        for slot in slots {
            let position = self.positions.get(slot);
            let journey = Arc::clone(self.book.get(position.journey));
            let own = Book::messages(&journey, position.step).contains(campaign);
            let id = own_message(campaign, position);
            let waits = position.waits == Waits::Message && self.running(slot);
            if !own || !waits || id != message || sent == Sent::Later {
                continue;
            }
            let at = at.max(position.arrived_at());
            if let Some((cause, after)) = told {
                self.positions.get_mut(slot).caused(Some(cause), after);
            }
            let step = self.positions.get(slot).step;
            if sent == Sent::Queued && waits_for_answer(&journey, step) {
                // The timer is set already.
                self.positions.get_mut(slot).waits = Waits::Answer;
                return;
            }
            self.positions.timers.clear(UserIndex(slot));
            if self.leave_message(slot, &journey, sent, (at, told.is_some()), world) {
                self.go(slot, world);
            }
            return;
        }
    }

    pub(super) fn leave_message(
        &mut self,
        slot: u32,
        journey: &Journey,
        sent: Sent,
        at: (Timestamp, bool),
        world: &mut dyn World,
    ) -> bool {
        let step = usize::from(self.positions.get(slot).step);
        let (way, next) = match (&journey.steps[step].action, sent) {
            (Action::Message { next, .. }, Sent::Queued) => (path::NEXT, *next),
            (Action::Message { unreachable, .. }, _) => (path::UNREACHABLE, *unreachable),
            (Action::Webhook { failed, .. }, _) => (path::FAILED, *failed),
            _ => return false,
        };
        self.leave(slot, (&Text::const_new(way), next), at, world)
    }
}
