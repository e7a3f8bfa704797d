//! Adapters of the protocols by which providers deliver messages.
//!
//! What it is: one contract ([`contract`]) and one adapter for each protocol, with exact answers to
//! three questions: was it accepted, may it be tried again, is the address dead. Beside them stand
//! the small pure parts that a queue needs: [`backoff`], [`breaker`], [`pace`].
//!
//! What it is not: a queue (nothing is stored or retried here), a template engine, a judge of
//! consent. It reads no clock: the instant of an attempt comes in with the message, and only time
//! limits run on tokio's timer.

pub mod apns;
pub mod backoff;
pub mod breaker;
pub mod contract;
pub mod email;
pub mod fcm;
mod form;
mod hex;
pub mod http;
pub mod jwt;
pub mod net;
pub mod pace;
pub mod secret;
pub mod sms;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod web_push;
pub mod webhook;
pub mod whatsapp;

pub use contract::{Address, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload};
pub use secret::Secret;
