//! Events of journeys: who came in, which way they went, and how they went out.
//!
//! What it is: the names of these events and of their properties, which every part must agree on. Like events
//! of messages ([`crate::outreach`]) they are nothing that a person does. What it is not: it decides nothing.
//!
//! Every time that somebody comes in is a *run* with an id of 128 bits, made of what caused it; events of a run
//! are numbered from 0, and the id of each follows from run and number ([`event_id`]), so that whatever is
//! looked at twice is told once. A run is [`HELD_OUT`] alone, or [`ENTERED`], any number of [`MOVED`], and at last
//! [`EXITED`].

use crate::{EventId, UserIndex};

/// Somebody came in, and to the first step ([`STEP`]).
pub const ENTERED: &str = "Journey Entered";
/// Somebody would have come in and is in a control group ([`crate::outreach::GROUP`]).
pub const HELD_OUT: &str = "Journey Held Out";
/// Somebody went from a step ([`FROM`]) to a step ([`STEP`]).
pub const MOVED: &str = "Journey Moved";
/// Somebody went out of a step ([`FROM`]) and of the journey ([`crate::outreach::REASON`]).
pub const EXITED: &str = "Journey Exited";

/// All of them.
pub const NAMES: [&str; 4] = [ENTERED, HELD_OUT, MOVED, EXITED];

/// What all names begin with.
pub(crate) const PREFIX: &str = "Journey ";

/// The property with the id of the journey.
pub const JOURNEY: &str = "journey";
/// The property with the id of the run.
pub const RUN: &str = "run";
/// The property with the number of the version, of [`ENTERED`] and of a [`MOVED`] that changes it.
pub const VERSION: &str = "version";
/// The property with the step that somebody came to.
pub const STEP: &str = "step";
/// The property with the step that somebody left.
pub const FROM: &str = "from";
/// The property with the way out of the step: the id of a path, or [`path`].
pub const PATH: &str = "path";
/// The property with the number of the event in its run.
pub const NUMBER: &str = "n";
/// The property with the id of the event, or the transition, that brought it about; nothing: time did.
pub const CAUSE: &str = "cause";
/// The property with the place of that in the order of arrival; negative: time alone did, after that place.
pub const SEEN: &str = "seen";
/// The property of [`ENTERED`] with the value by which one user is in several times.
pub const KEY: &str = "key";
/// The property of [`ENTERED`] with the id of the event that templates and splits see.
pub const EVENT: &str = "event";
/// The property of what a learning split told with the context in which it found somebody ([`OTHERS`] is one).
pub const CONTEXT: &str = "context";

/// The context of everybody who is in none of those that a learning split names.
pub const OTHERS: &str = "others";

/// Ways out of a step that are no path of somebody's.
pub mod path {
    /// The only way.
    pub const NEXT: &str = "next";
    /// The time was up, or no condition held.
    pub const OTHERWISE: &str = "otherwise";
    /// The message could not be sent.
    pub const UNREACHABLE: &str = "unreachable";
    /// The webhook was not answered: it could not be sent, was refused for good, or had no answer in time.
    pub const FAILED: &str = "failed";
    /// The date was missing.
    pub const MISSING: &str = "missing";
    /// Another version was published.
    pub const PUBLISHED: &str = "published";
}

/// Why somebody went out.
pub mod reason {
    /// There is no next step.
    pub const COMPLETED: &str = "completed";
    /// A goal was reached that ends the journey.
    pub const GOAL: &str = "goal";
    /// Something happened that ends the journey.
    pub const EXIT: &str = "exit";
    /// They were in for as long as anybody may be.
    pub const TIMEOUT: &str = "timeout";
    /// The journey was stopped.
    pub const STOPPED: &str = "stopped";
    /// The user turned out to be another one, who is in, too.
    pub const MERGED: &str = "merged";
    /// The date for which a step waits was missing.
    pub const MISSING_DATE: &str = "missing_date";
    /// Another version was published without their step.
    pub const PUBLISHED: &str = "published";

    /// All of them.
    pub const ALL: [&str; 8] =
        [COMPLETED, GOAL, EXIT, TIMEOUT, STOPPED, MERGED, MISSING_DATE, PUBLISHED];
}

/// Bits of a run's id that hold the user's number.
const USER_BITS: u32 = 32;

/// The id of the run that a cause leads to: 96 bits of a hash, and the user's number.
pub fn run(journey: &str, user: UserIndex, cause: &str) -> EventId {
    let hash = EventId::of(&format!("journey/{journey}/{}/{cause}", user.0));
    // Never 64 bits alone: ids of these are written in another length.
    EventId(hash.0 << USER_BITS | 1 << 127 | u128::from(user.0))
}

/// The user who began a run; another one may have taken their place since.
pub fn user_of(run: EventId) -> UserIndex {
    UserIndex(run.0 as u32)
}

/// The delivery id of the `n`-th event of a run. The first is [`ENTERED`] or [`HELD_OUT`]: there is one of both.
pub fn event_id(run: EventId, n: u64) -> EventId {
    EventId::of(&format!("{run}/journey/{n}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_different_causes_users_and_journeys_are_different() {
        let ids = [
            run("a", UserIndex(1), "x"),
            run("a", UserIndex(1), "y"),
            run("a", UserIndex(2), "x"),
            run("b", UserIndex(1), "x"),
        ];
        let distinct: std::collections::BTreeSet<EventId> = ids.into_iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(ids.map(user_of), [1, 1, 2, 1].map(UserIndex));
        assert_eq!(EventId::of(&ids[0].to_string()), ids[0]);
        assert_ne!(event_id(ids[0], 0), event_id(ids[0], 1));
    }
}
