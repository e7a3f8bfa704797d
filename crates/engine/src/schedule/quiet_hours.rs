//! Quiet hours: when a person must not be reached, in the person's own time.
//!
//! Several layers speak (the law of the country, the workspace, the campaign, the person); a message
//! may go when none of them objects. The wall clock decides: at every instant the question is what
//! the person's clock shows, so that on a night when clocks change nobody is woken and nobody waits
//! an hour longer than the clock says. An hour that happens twice is quiet twice; one that is skipped
//! is not waited for.

mod hours;
pub mod legal;

pub use hours::{Days, Hours, WINDOWS_MAX, Window};

use model::{Span, Timestamp, Zone};

use super::channel::Channel;
use super::holidays::{self, Country};
use super::local;

/// Layers of one question: the law's few rules, and one each of workspace, campaign and person.
pub const LAYERS_MAX: usize = 16;

/// How far ahead an open instant is looked for. No sensible rules are closed for a month.
pub const AHEAD_MAX: Span = Span::days(35);

/// Boundaries that are passed while looking: every window of every day of the way has two.
const STEPS_MAX: usize = 35 * 2 * hours::WINDOWS_MAX;

/// Who wants quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The law where the person lives.
    Legal,
    /// The workspace's own rule.
    Workspace,
    /// The campaign's or journey's delivery window.
    Campaign,
    /// What the person chose.
    User,
}

/// What to do with a message that meets a closed hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// It is not sent at all.
    Discard,
    /// It waits until the hours are open.
    Delay,
}

/// One question: whose clock, where, over which channel.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The person's zone.
    pub zone: &'a Zone,
    /// The channel of the message.
    pub channel: Channel,
    /// The country whose public holidays count, as an ISO 3166-1 alpha-2 code, if it is known.
    pub country: Option<&'a str>,
}

/// The answer for one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may go now.
    Open,
    /// It may not.
    Closed {
        /// The first layer, in the order handed in, that objects.
        layer: Layer,
        /// The first instant at which no layer objects; `None` if there is none within
        /// [`AHEAD_MAX`].
        until: Option<Timestamp>,
    },
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Send it now.
    Send,
    /// Ask again at this instant, which is open and before the cut-off.
    Wait {
        /// When.
        until: Timestamp,
        /// Because of which layer.
        layer: Layer,
    },
    /// Do not send it, and say why.
    Drop(Reason),
}

/// Why a message is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It met quiet hours and its policy is to discard.
    Quiet(Layer),
    /// The hours never open within [`AHEAD_MAX`].
    NeverOpen(Layer),
    /// The cut-off has passed, or passes before the hours open.
    CutOff,
}

/// Whether a message may go at `now`, and if not, from when on it may.
///
/// Layers are asked in order, and the first that objects is named; of more than [`LAYERS_MAX`] only
/// the first so many are asked, which is more than there are kinds of.
/// Cost: a few comparisons per window while open; while closed, the same for each boundary passed.
pub fn decide(now: Timestamp, place: Place<'_>, layers: &[(Layer, &Hours)]) -> Decision {
    let now = now.clamp(Timestamp::MIN, Timestamp::MAX);
    let layers = &layers[..layers.len().min(LAYERS_MAX)];
    let country = place.country.and_then(holidays::country);
    let Some((layer, _)) = closed(now, place, country, layers) else { return Decision::Open };
    let limit = now.plus(AHEAD_MAX);
    let mut at = now;
    for _ in 0..STEPS_MAX {
        let Some((_, end)) = closed(at, place, country, layers) else {
            assert!(at > now, "a closed instant is not its own end");
            return Decision::Closed { layer, until: Some(at) };
        };
        // The wall clock reaches the window's end after this long, unless it is changed before.
        let planned = at.plus(Span(end - local::wall(place.zone, at)));
        at = local::change(place.zone, at, planned).unwrap_or(planned);
        if at > limit {
            break;
        }
    }
    Decision::Closed { layer, until: None }
}

/// The first layer that is closed at an instant, and the furthest end, on the wall clock, of any
/// window that holds it.
fn closed(
    at: Timestamp,
    place: Place<'_>,
    country: Option<&Country>,
    layers: &[(Layer, &Hours)],
) -> Option<(Layer, i64)> {
    let wall = local::wall(place.zone, at);
    let mut found: Option<(Layer, i64)> = None;
    for (layer, hours) in layers {
        if let Some(end) = hours.closed_until(wall, place.channel, country) {
            found = Some(found.map_or((*layer, end), |(first, than)| (first, than.max(end))));
        }
    }
    found
}

/// What becomes of a message that is due at `now`: quiet hours, the policy when they are met, and
/// the cut-off, an instant from which on nothing is sent any more.
pub fn outcome(
    now: Timestamp,
    place: Place<'_>,
    layers: &[(Layer, &Hours)],
    policy: Policy,
    cut_off: Option<Timestamp>,
) -> Outcome {
    let late = |at: Timestamp| cut_off.is_some_and(|cut_off| at >= cut_off);
    if late(now) {
        return Outcome::Drop(Reason::CutOff);
    }
    match (decide(now, place, layers), policy) {
        (Decision::Open, _) => Outcome::Send,
        (Decision::Closed { layer, .. }, Policy::Discard) => Outcome::Drop(Reason::Quiet(layer)),
        (Decision::Closed { layer, until: None }, Policy::Delay) => {
            Outcome::Drop(Reason::NeverOpen(layer))
        }
        (Decision::Closed { layer, until: Some(until) }, Policy::Delay) => {
            if late(until) {
                Outcome::Drop(Reason::CutOff)
            } else {
                Outcome::Wait { until, layer }
            }
        }
    }
}

#[cfg(test)]
mod tests;
