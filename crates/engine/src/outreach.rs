//! Reaching people: whom a campaign may write to, when, and why not.
//!
//! What it is: pure decisions. A [`Candidate`] is somebody whom a campaign qualified; [`decide`] says what
//! becomes of it from what is known of the person ([`Person`]), what they were sent before ([`Contacts`]) and
//! the rules ([`Policy`], [`Campaign`]). What it is not: it renders nothing, sends nothing and keeps no queue;
//! it does not know the clock.
//!
//! Invariants: a message has an id made of what caused it ([`Candidate::message`]), so that the same cause is
//! decided once; draws depend on the workspace's seed, the campaign and the user alone; nobody of a control
//! group is ever sent anything by a campaign that the group is for.

mod campaign;
mod contacts;
mod decide;
mod person;
#[cfg(test)]
mod tests;

use model::Span;

/// An event that is older when it arrives triggers nothing and lets nobody in: it tells of the past.
pub const FRESH: Span = Span::HOUR;

/// An event that is dated later than this after its arrival triggers nothing: its clock is wrong.
pub const AHEAD: Span = Span(5 * 60 * 1_000);

pub use campaign::{
    Again, ByAttribute, CAMPAIGN, Campaign, Delivery, Policy, Standing, Trigger, WORKSPACE,
};
pub use contacts::{Contacts, REMEMBERED};
pub use decide::{Candidate, Decision, Known, PAUSED, Reach, Reason, decide, unreachable};
pub use person::{LAST_WROTE, Person, Place, To, places};
