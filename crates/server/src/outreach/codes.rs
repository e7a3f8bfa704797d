//! All codes that say why a message was not sent, waits, or was not taken: one list, which the documentation and the
//! dashboard are checked against.
//!
//! What it is: words with what they mean and what to do. What it is not: the place where they are made; reasons
//! are those of `engine::outreach` and `engine::subscription`, failures those of [`channels::contract::Code`] and of
//! the outbox. A test reads the sources of the outbox for codes that are not here.

use channels::contract::Code;
use engine::outreach::{CAMPAIGN, PAUSED, Reason, WORKSPACE};
use engine::subscription::Blocked;

/// When a code is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Of `Message Held Out`: nothing is sent, so that the effect can be told.
    HeldOut,
    /// Of `Message Withheld`: nothing is sent.
    Withheld,
    /// Of `Message Planned`: it is decided again later.
    Planned,
    /// Of `Message Failed`: it was decided, and not taken.
    Failed,
}

/// A code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The word that stays the same.
    pub code: &'static str,
    /// When it is said.
    pub said: Said,
    /// What happened.
    pub means: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Of control groups that nobody named; the others say their own ids.
const HELD_OUT: [(&str, &str, &str); 2] = [
    (
        WORKSPACE,
        "the user is in the workspace's control group",
        "nothing: the effect is told by them",
    ),
    (
        CAMPAIGN,
        "the user is in the campaign's control group",
        "nothing: the effect is told by them",
    ),
];

/// Why a message waits for a later decision.
const PLANNED: [(&str, &str, &str); 5] = [
    ("delivery_hours", "it is outside the campaign's hours", "nothing: it goes when they begin"),
    (
        "legal_hours",
        "the law of the user's country lets nothing through now",
        "nothing: it goes later",
    ),
    ("quiet_hours", "it is a quiet hour of the user", "nothing: it goes when the hours end"),
    ("local_time", "the user's own hour has not come yet", "nothing: it goes then"),
    (PAUSED, "the campaign is paused", "resume the campaign"),
];

/// What the outbox says itself, beside the codes of channels.
const OUTBOX: [(&str, &str, &str); 10] = [
    ("campaign_stopped", "the campaign was stopped before it was sent", "make another campaign"),
    (
        "in_doubt",
        "it may have arrived: the provider had it when the connection or the server ended",
        "look with the provider; `in_doubt` of the provider's settings decides what becomes of others",
    ),
    (
        "no_address",
        "where it was to go is gone or not wanted any more",
        "nothing, or use another channel",
    ),
    ("no_provider", "no provider takes messages of this channel", "make one under Settings"),
    (
        "shelf_full",
        "too many messages wait for the user to fetch them",
        "send fewer, or let them expire sooner",
    ),
    ("template.aborted", "the template stopped it", "nothing, if that was meant"),
    ("template.limit", "the template needs too much time or room", "write it simpler"),
    (
        "template.linked",
        "linked content of another server was not there in time",
        "give it a fallback",
    ),
    ("content.gone", "the campaign, or this variant of it, is not there any more", "nothing"),
    (
        "content.foreign",
        "the content is of another channel",
        "write content of the campaign's channel",
    ),
];

/// All codes, by when they are said and in the order in which they are decided.
pub fn all() -> Vec<Explained> {
    let of = |said| move |(code, means, remedy)| Explained { code, said, means, remedy };
    let mut all: Vec<Explained> = HELD_OUT.into_iter().map(of(Said::HeldOut)).collect();
    all.extend(Reason::ALL.iter().map(|reason| {
        let (means, remedy) = withheld(reason);
        Explained { code: reason.word(), said: Said::Withheld, means, remedy }
    }));
    all.extend(PLANNED.into_iter().map(of(Said::Planned)));
    all.extend(OUTBOX.into_iter().map(of(Said::Failed)));
    // What a user does not want any more when they come to fetch it.
    all.extend(Reason::ALL.iter().filter(|reason| matches!(reason, Reason::Blocked(_))).map(
        |reason| {
            let (means, remedy) = withheld(reason);
            Explained { code: reason.word(), said: Said::Failed, means, remedy }
        },
    ));
    all.extend(Code::ALL.iter().map(|code| Explained {
        code: code.name(),
        said: Said::Failed,
        means: code.explanation(),
        remedy: code.remedy(),
    }));
    all
}

/// What a reason means, and what to do about it.
fn withheld(reason: &Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::CampaignStopped => ("the campaign was stopped", "make another campaign"),
        Reason::CutOff => ("its end (`delivery.until`) has passed", "choose a later end next time"),
        Reason::Limit => ("the campaign has sent as many as it may", "raise `delivery.most`"),
        Reason::DailyLimit => {
            ("the campaign has sent as many as it may in a day", "raise `delivery.most_per_day`")
        }
        Reason::LocalTimePassed => (
            "the user's local hour had passed when the run began",
            "set `delivery.if_passed` to next_day",
        ),
        Reason::Again => {
            ("the user had a message of it too short a time ago", "shorten `again.pause`")
        }
        Reason::NoAddress => {
            ("the user has no address, number or device for the channel", "use another channel too")
        }
        Reason::Blocked(Blocked::Address) => {
            ("nothing is sent to this address: it bounced, complained or was blocked", "nothing")
        }
        Reason::Blocked(Blocked::Channel) => ("the user wants nothing on this channel", "nothing"),
        Reason::Blocked(Blocked::Device) => ("nothing is wanted on this device", "nothing"),
        Reason::Blocked(Blocked::System) => {
            ("messages are switched off in the device's own settings", "nothing")
        }
        Reason::Blocked(Blocked::Pending) => (
            "the user asked for the topic and has not confirmed it",
            "nothing: the confirmation is theirs to give",
        ),
        Reason::WindowClosed => (
            "the user has not written for a day, and WhatsApp takes nothing but templates then",
            "use a template, or answer within a day",
        ),
        Reason::Blocked(Blocked::Topic) => ("the user is not subscribed to the topic", "nothing"),
        Reason::Capped => {
            ("a cap or a gap of the contact policy is reached", "raise its priority, or the cap")
        }
        Reason::QuietHours => {
            ("it is a quiet hour, and the message may not wait", "set `on_quiet` to delay")
        }
        Reason::NotQualified => ("the user is not in the audience any more", "nothing"),
    }
}

#[cfg(test)]
pub(crate) mod tests;
