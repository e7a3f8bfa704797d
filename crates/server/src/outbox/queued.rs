//! Messages that were decided and are to be handed over.

use std::sync::Arc;

use engine::outreach::To;
use engine::schedule::Channel;
use model::{Event, EventId, Text, Timestamp, Value, Who};

/// A message as the writer hands it to the outbox: with everything that its template and its provider need,
/// as it was at the instant of the decision.
#[derive(Clone, Debug)]
pub struct Queued {
    /// Its id.
    pub message: EventId,
    /// Of which campaign.
    pub campaign: Text,
    /// Which content.
    pub variant: Text,
    /// How it goes.
    pub channel: Channel,
    /// Of several that wait, the greater goes first.
    pub priority: u8,
    /// The id under which its user is shown.
    pub user: Text,
    /// The user as a record names them.
    pub who: Who,
    /// When it was decided, or when somebody asked for it to be sent again: it expires by this.
    pub at: Timestamp,
    /// How often somebody asked for it to be sent again after it had failed.
    pub retried: u64,
    /// Where to: at least one place.
    pub places: Vec<To>,
    /// Attributes that the content may name.
    pub attributes: Vec<(Text, Value)>,
    /// Which of the segments that the content names the user was in.
    pub memberships: Vec<(Text, bool)>,
    /// The event that triggered it.
    pub event: Option<Arc<Event>>,
    /// The run of its campaign, or of its journey.
    pub run: Text,
    /// Answers of servers that earlier steps asked, by step, as far as the content names them.
    pub answers: Vec<(Text, Arc<Event>)>,
    /// The user's language, as they or their device say it.
    pub locale: Option<Text>,
    /// The name of the user's time zone.
    pub zone: Option<Text>,
    /// Labels of the campaign, separated by commas.
    pub labels: Text,
}
