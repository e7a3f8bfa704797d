//! What was told, in the form of the API.

use engine::live::{Cause, Correction, Transition};
use model::EventId;
use wire::api::{TransitionCause, TransitionCorrection, TransitionKind, WatchTransition};

use super::told::Told;

/// What happened.
pub fn kind_of(transition: &Transition) -> TransitionKind {
    match (transition.from, transition.to) {
        (0, _) => TransitionKind::Entered,
        (_, 0) => TransitionKind::Left,
        _ => TransitionKind::Changed,
    }
}

/// An id that is the same however often a transition is told, in this run of the server or another.
/// What is told, revoked and told again has three ids: they became known at other instants.
pub fn transition_id(told: &Told) -> String {
    let Told { user, watched, transition } = told;
    let Transition { at, recorded_at, from, to, correction, .. } = transition;
    let correction = match correction {
        Correction::None => 'n',
        Correction::Added => 'a',
        Correction::Revoked => 'r',
    };
    let name = |place| watched.place(place).map_or("", |key| key.as_str());
    let (from, to) = (name(*from), name(*to));
    // Keys hold no line breaks, and the id of the user comes last.
    let whole =
        format!("{}\n{}\n{}\n{from}\n{to}\n{correction}\n{user}", watched.key, at.0, recorded_at.0);
    format!("msg_{:032x}", EventId::of(&whole).0)
}

/// A transition as the API shows it.
pub fn transition(told: &Told) -> WatchTransition {
    let Told { user, watched, transition } = told;
    let place = |place| watched.place(place).map(ToString::to_string);
    WatchTransition {
        id: transition_id(told),
        watch: watched.key.to_string(),
        user: user.to_string(),
        at: transition.at.to_string(),
        recorded_at: transition.recorded_at.to_string(),
        kind: kind_of(transition),
        from: place(transition.from),
        to: place(transition.to),
        cause: match transition.cause {
            Cause::Record => TransitionCause::Record,
            Cause::Time => TransitionCause::Time,
            Cause::Definition => TransitionCause::Definition,
            Cause::Merge => TransitionCause::Merge,
        },
        correction: match transition.correction {
            Correction::None => TransitionCorrection::None,
            Correction::Added => TransitionCorrection::Added,
            Correction::Revoked => TransitionCorrection::Revoked,
        },
    }
}
