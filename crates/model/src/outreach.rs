//! Events of what was done to reach people: messages, and what became of them. Events of journeys
//! ([`crate::journey`]) are told apart from what people do in the same way.
//!
//! What it is: the names of these events and of their properties, which every part must agree on. They are
//! events like others (segments, funnels and trends may name them), but nothing that a person does: "any
//! event", first and last activity and lifecycle states take no notice of them, or a message to somebody
//! dormant would make them active. What it is not: it decides nothing about messages.
//!
//! Every message has an id of 128 bits ([`MESSAGE`]), made of what caused it, so that it is decided once
//! however often its cause is looked at; the id of each of its events follows from it ([`event_id`]).

use crate::{EventId, journey};

/// It is to be decided again at a later instant ([`DUE`]).
pub const PLANNED: &str = "Message Planned";
/// Nothing is sent, so that the difference it makes can be told.
pub const HELD_OUT: &str = "Message Held Out";
/// Nothing is sent, for a reason ([`REASON`]).
pub const WITHHELD: &str = "Message Withheld";
/// It is sent as soon as its channel takes it.
pub const QUEUED: &str = "Message Queued";
/// The provider took it.
pub const SENT: &str = "Message Sent";
/// It could not be sent ([`CODE`]).
pub const FAILED: &str = "Message Failed";
/// Somebody asked for it to be sent again after it had failed ([`BY`]).
pub const RETRIED: &str = "Message Retried";
/// It arrived.
pub const DELIVERED: &str = "Message Delivered";
/// It was opened, or shown.
pub const OPENED: &str = "Message Opened";
/// A link or button in it was used.
pub const CLICKED: &str = "Message Clicked";
/// It came back after it had been taken.
pub const BOUNCED: &str = "Message Bounced";
/// It was reported as unwanted.
pub const COMPLAINED: &str = "Message Complained";

/// It was closed, or thrown out of an inbox, by whoever it was for.
pub const DISMISSED: &str = "Message Dismissed";

/// The server that a step of a journey asked has answered ([`STATUS`], [`ANSWERED_FIELDS`]).
pub const ANSWERED: &str = "Message Answered";

/// All of them.
pub const NAMES: [&str; 14] = [
    PLANNED, HELD_OUT, WITHHELD, QUEUED, SENT, FAILED, RETRIED, DELIVERED, OPENED, CLICKED,
    BOUNCED, COMPLAINED, DISMISSED, ANSWERED,
];

/// What all names begin with: tells most other names apart at a glance.
const PREFIX: &str = "Message ";

/// The property with the id of the message.
pub const MESSAGE: &str = "message";
/// The property with the id of the campaign.
pub const CAMPAIGN: &str = "campaign";
/// The property with the run of a campaign that repeats, or the occasion of one that is triggered.
pub const RUN: &str = "run";
/// The property with the channel.
pub const CHANNEL: &str = "channel";
/// The property with the variant that was drawn. Without it nothing had been drawn yet.
pub const VARIANT: &str = "variant";
/// The property of [`HELD_OUT`] with the control group: `workspace`, `campaign`, or the id of a named one.
pub const GROUP: &str = "group";
/// The property of [`WITHHELD`] and [`PLANNED`] with the reason.
pub const REASON: &str = "reason";
/// The property with what else is to be said of a reason or a failure.
pub const DETAIL: &str = "detail";
/// The property of [`PLANNED`] with the instant of the next decision, in milliseconds since 1970.
pub const DUE: &str = "due";
/// The property with the labels of the campaign, separated by commas.
pub const LABELS: &str = "labels";
/// The property with the id of the event, or the transition, that triggered it.
pub const TRIGGER: &str = "trigger";
/// The property of [`FAILED`] with a code that stays the same.
pub const CODE: &str = "code";
/// The property of [`BOUNCED`] with whether its address is gone for good: `hard` or `soft`.
pub const BOUNCE: &str = "bounce";
/// The property of [`RETRIED`] with who asked for it.
pub const BY: &str = "by";
/// The property with the id that the provider gave.
pub const PROVIDER_ID: &str = "provider_id";
/// The property of [`CLICKED`] with the address of the link.
pub const URL: &str = "url";
/// The property of [`CLICKED`] with the id of the button.
pub const BUTTON: &str = "button";
/// The property of [`OPENED`] with a number that stands for the session in which it was shown.
pub const SESSION: &str = "session";
/// The property of [`OPENED`] and [`CLICKED`] that says that a machine did it.
pub const MACHINE: &str = "machine";

/// The property of [`ANSWERED`] with the status of the answer.
pub const STATUS: &str = "status";
/// The property of [`ANSWERED`] with why nothing of the answer can be used; nothing: it can be.
pub const UNREAD: &str = "unread";
/// What names of the properties of [`ANSWERED`] begin with that are fields of the answer.
pub const ANSWERED_FIELDS: &str = "answered.";

/// Whether events of this name tell of messages or journeys: only the server writes them, and they are nothing
/// that a person does.
pub fn is_outreach(name: &str) -> bool {
    name.starts_with(PREFIX) && NAMES.contains(&name)
        || name.starts_with(journey::PREFIX) && journey::NAMES.contains(&name)
}

/// The delivery id of an event of a message. `n` tells several of one name apart.
pub fn event_id(message: EventId, name: &str, n: u64) -> EventId {
    EventId::of(&format!("{message}/{name}/{n}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_names_tell_of_messages() {
        assert!(NAMES.iter().chain(&journey::NAMES).all(|name| is_outreach(name)));
        let others = [
            "Journey",
            "Journey Begun",
            "Message",
            "Message ",
            "Message Read",
            "message sent",
            "Purchase",
            "",
        ];
        assert!(others.iter().all(|name| !is_outreach(name)));
    }

    #[test]
    fn events_of_one_message_have_ids_of_their_own() {
        let of = |name, n| event_id(EventId(7), name, n);
        let mut ids: Vec<_> = NAMES.iter().flat_map(|name| [of(name, 0), of(name, 1)]).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 2 * NAMES.len());
        assert_eq!(of(SENT, 0), of(SENT, 0));
    }
}
