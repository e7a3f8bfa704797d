//! Webhooks: what is told, sent to addresses of other people, until they have it.
//!
//! What it is: one task takes what the hub passes on, puts it into a queue for each webhook, and
//! sends it with signatures in the form of Standard Webhooks. What it is not: it decides nothing
//! about users, and keeps no copy of what the history holds.
//!
//! Invariants:
//! - at least once: a message has the same `webhook-id` however often it is sent;
//! - messages about one user are sent in order, the next only when the one before has arrived or was
//!   given up;
//! - queues are bounded; what does not fit is read again later, or counted as missed;
//! - secrets are never logged, and no answer but the one that makes a webhook holds one.

mod client;
pub mod deliver;
mod message;
pub mod queue;
pub mod sign;
mod subscription;

pub use client::{Attempt, Client};
pub use message::test_message;
pub use subscription::{Status, Webhooks};
