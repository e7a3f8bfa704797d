//! What is told while it happens: the hub between the writer and everybody who listens.
//!
//! What it is: the writer hands in what it told ([`Hub::publish`]); the hub keeps the numbers of
//! every watched definition and the latest transitions and events, and passes each batch on to
//! streams and webhooks. What it is not: it decides nothing about users, and asks no clock.
//!
//! Invariants:
//! - publishing takes one send however many listen, and copies nothing per transition;
//! - everything has a bound; who does not keep up is let go, never waited for;
//! - what is told has a number that only grows, so that a listener can go on where it stopped.

mod hub;
mod message;
mod tally;
mod told;

pub use hub::{
    Batch, Ended, Hub, Listen, Missed, Position, Replay, Rows, Subscription, View, WatchView,
};
pub use message::{kind_of, transition, transition_id};
pub use tally::{Flow, Flows};
pub use told::{Accepted, Counted, NotLive, Published, Standing, Told, Watch, Watched};
