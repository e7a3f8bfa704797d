//! What is told of a user and a watched definition: that one became the other's member, or stopped
//! being it, or went from one lifecycle state to another.

use model::{Timestamp, UserIndex};

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
