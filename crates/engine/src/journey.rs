//! Journeys: who is at which step, and what happens next.
//!
//! What it is: the fold over what happens to people that are in journeys ([`Journeys`]): every step is taken the
//! moment that lets somebody go on, in the order of instants, and told once. What it is not: it reads no history,
//! sends no message and asks no clock; whoever owns these answers its questions ([`World`]), which makes the same
//! fold serve live, in a story test and over the past.
//!
//! **Time.** Everything has the instant at which it happened: an event its own time, a wait the instant at which
//! it is over, and what follows from them at once the same instant. Before something that happened is looked
//! at, whatever of its user was due until then is done, so that a batch that comes late leads to the same as one
//! that came at once. What comes later than that is seen by the step at which its user is by then, if it
//! happened after they came there.
//!
//! Invariants: a run is told as [`Told`] with numbers 0, 1, 2…; a replay of what was seen before changes
//! nothing; a user is in a journey once (per key); nobody is in none of: a step that waits, a timer that is due,
//! [`Journeys::ready`], a message that is planned.

mod act;
pub mod answer;
mod book;
mod define;
mod definition;
mod enter;
mod hear;
mod intake;
mod messages;
mod occurred;
mod positions;
pub mod rehearsal;
mod restore;
mod run;
mod told;
mod wait;
mod world;

#[cfg(test)]
mod tests;

pub use book::Book;
pub use define::{Moves, To};
pub use definition::{
    Action, Again, Answered, Choose, Condition, Context, Emitted, Exit, Goal, Happening, Journey,
    Path, Since, Standing, Step, Wait,
};
pub use enter::Entering;
pub use intake::{Intake, Naming};
pub use occurred::Occurred;
pub use positions::Position;
pub use restore::{Entry, Left, Reading, Restored};
pub use run::Journeys;
pub use told::{Told, What};
pub use world::{Changes, Message, Sent, World};
