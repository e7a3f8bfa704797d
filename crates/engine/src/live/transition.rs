//! What is told of a user and a watched definition: that one became the other's member, or stopped
//! being it, or went from one lifecycle state to another.

use hashbrown::HashSet;
use model::{Timestamp, UserIndex};

use crate::outreach::FRESH;

/// A watched definition, by its place among all that were ever watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u32);

/// A user's place in a watched definition changed at an instant.
///
/// Places are numbers: of a segment 0 (out) and 1 (in); of a lifecycle 0 (in no state) and 1 + the
/// index of the state.
///
/// What is told of a watched definition are the changes after it had joined for everybody: whom it
/// found then is counted, and went nowhere. If it took the place of another one under its key, the
/// users whose place that changed are told, with [`Cause::Definition`]. What arrives late and is from
/// before then is told as of then. The same holds of a user who turned out to be two: what was told
/// of each before stays as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transition {
    /// Whose.
    pub user: UserIndex,
    /// In which definition.
    pub watch: WatchId,
    /// The first instant of the new place, exact to the millisecond: the time of an event, or the
    /// instant at which a window ended.
    pub at: Timestamp,
    /// When it was told: what the clock said when the record was folded, or `at` if nothing but time
    /// brought it about.
    pub recorded_at: Timestamp,
    /// The place one millisecond before.
    pub from: u8,
    /// The place from `at` on.
    pub to: u8,
    /// What brought it about.
    pub cause: Cause,
    /// Whether it changes what was told before.
    pub correction: Correction,
}

/// What brought a transition about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An event or attribute change at that instant.
    Record,
    /// Time alone: a window ended, a while passed.
    Time,
    /// The definition was edited.
    Definition,
    /// Two users turned out to be one.
    Merge,
}

/// Whether a transition changes what was told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Correction {
    /// It is new.
    None,
    /// It happened before something that was told already: a record came late.
    Added,
    /// It was told, and a record that came late says that it did not happen.
    Revoked,
}

/// What is new of what was told: not what an edited definition or a merge brought about, and of corrections those
/// moves that happened a short time ago and had not been told of another instant before. An event that is dated
/// before the last one of its user was received, as clocks and networks bring it about, moves somebody so.
pub fn news(told: &[Transition]) -> impl Iterator<Item = &Transition> {
    let revoked = told.iter().filter(|own| own.correction == Correction::Revoked);
    let revoked: HashSet<_> = revoked.map(|own| (own.user, own.watch, own.to)).collect();
    let shifted = move |own: &Transition| revoked.contains(&(own.user, own.watch, own.to));
    told.iter().filter(move |own| {
        let new = match own.correction {
            Correction::None => true,
            Correction::Added => own.recorded_at - own.at <= FRESH && !shifted(own),
            Correction::Revoked => false,
        };
        new && own.cause != Cause::Definition && own.cause != Cause::Merge
    })
}
