//! What the fold asks of whoever owns histories, messages and the log.

use std::sync::Arc;

use experiment::assign::Arms;
use model::{Event, EventId, Operation, Text, Timestamp, UserIndex, Value, Zone};
use segment::Predicate;

use super::{Journey, Told};

/// A message that a step sends.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// To whom.
    pub user: UserIndex,
    /// Its id: the same however often the step is looked at.
    pub id: EventId,
    /// Id of the campaign as which it is sent.
    pub campaign: &'a Text,
    /// The run.
    pub run: EventId,
    /// When somebody came to the step.
    pub at: Timestamp,
    /// The event that templates see.
    pub event: Option<Arc<Event>>,
}

/// New values of attributes, and what is done to others.
pub type Changes<'a> = (&'a [(Text, Value)], &'a [(Text, Operation)]);

/// What became of a message for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way.
    Queued,
    /// It is not sent.
    Withheld,
    /// It is decided later: [`super::Journeys::decided`] is called then.
    Later,
}

/// Whatever the fold cannot know.
pub trait World {
    /// Who a user turned out to be. Whoever is asked about by the number that they had before is meant, too.
    fn merged_into(&self, _user: UserIndex) -> Option<UserIndex> {
        None
    }
    /// Whether a run was begun before, or held out.
    fn known(&mut self, run: EventId, user: UserIndex) -> bool;
    /// The control group that a user is in, as far as it is the journey's business.
    fn held_out(&mut self, journey: &Journey, user: UserIndex) -> Option<Text>;
    /// The seed of all draws.
    fn seed(&self) -> u64;
    /// The shares of a learning split, in the order of its paths, for somebody of a context; nothing: those that
    /// are written.
    fn shares(&mut self, journey: &Journey, step: &Text, context: Option<&Text>) -> Option<Arms>;
    /// Whether a definition holds for a user at an instant.
    fn holds(&mut self, user: UserIndex, predicate: &Predicate, at: Timestamp) -> bool;
    /// The place of a user in a watched definition now.
    fn place(&mut self, user: UserIndex, watch: &str) -> u8;
    /// The value of an attribute at an instant.
    fn attribute(&mut self, user: UserIndex, name: &str, at: Timestamp) -> Option<Value>;
    /// The zone of a user.
    fn zone(&mut self, user: UserIndex, at: Timestamp) -> Zone;
    /// An event of a user.
    fn event(&mut self, user: UserIndex, id: EventId) -> Option<Arc<Event>>;
    /// The first event of a user from one instant on and before another that fits.
    fn first(
        &mut self,
        user: UserIndex,
        between: (Timestamp, Timestamp),
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>>;
    /// The last event of a user before an instant that fits.
    fn last(
        &mut self,
        user: UserIndex,
        before: Timestamp,
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>>;
    /// When a user last opened or clicked a message on the channel of a campaign.
    fn engaged(&mut self, user: UserIndex, campaign: &Text, at: Timestamp) -> Option<Timestamp>;
    /// Whether a message of a campaign could reach a user at all.
    fn reaches(&mut self, user: UserIndex, campaign: &Text, at: Timestamp) -> bool;
    /// Sends a message; asked again about the same one, what became of it, and, if it had been planned, when.
    fn send(&mut self, message: Message) -> (Sent, Option<Timestamp>);
    /// Writes down what happened in a run.
    fn tell(&mut self, told: Told);
    /// Changes attributes; the id is that of the change.
    fn update(&mut self, user: UserIndex, id: EventId, at: Timestamp, changes: Changes<'_>);
    /// Writes an event.
    fn emit(&mut self, user: UserIndex, event: Event);
}
