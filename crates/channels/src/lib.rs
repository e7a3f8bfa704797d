//! Adapters of the protocols by which providers deliver messages.
//!
//! What it is: one contract ([`contract`]) and one adapter for each protocol, with exact answers to
//! three questions: was it accepted, may it be tried again, is the address dead. Beside them stand
//! the small pure parts that a queue needs: [`backoff`], [`breaker`], [`pace`].
//!
//! What it is not: a queue (nothing is stored or retried here), a template engine, a judge of
//! consent. It reads no clock: the instant of an attempt comes in with the message, and only time
//! limits run on tokio's timer.
//!
//! One email to a server that is not there: nothing arrived for certain, so the queue waits as long as
//! its backoff says and tries again.
//!
//! ```
//! use std::time::Duration;
//!
//! use channels::backoff::Backoff;
//! use channels::email::{Mailbox, Message, Smtp, smtp::Settings, verp};
//! use channels::{Channel, Code, Destination, Outcome, Outgoing, Payload};
//! use model::Timestamp;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
//! // Port 1 of this machine: nobody listens there.
//! let settings = Settings { port: 1, ..Settings::new("127.0.0.1", "shop.example") };
//! let channel: Box<dyn Channel> = Box::new(Smtp::new(settings, Vec::new())?);
//! let message = Message {
//!     from: Mailbox::named("hello@shop.example", "Shop"),
//!     reply_to: None,
//!     return_path: verp("bounces", "d-17", "shop.example"),
//!     subject: "Grüße".to_owned(),
//!     text: Some("Your order is on its way.".to_owned()),
//!     amp: None,
//!     html: None,
//!     message_id: "d-17@shop.example".to_owned(),
//!     unsubscribe: None,
//!     headers: Vec::new(),
//! };
//! let outgoing = Outgoing {
//!     key: "d-17".to_owned(),
//!     to: Destination::Mailbox { address: "ada@example.org".to_owned(), name: None },
//!     payload: Payload::Email(Box::new(message)),
//!     now: Timestamp::parse("2026-09-21T14:13:20Z")?,
//! };
//! let outcome = runtime.block_on(channel.send(outgoing));
//! let Outcome::Retry { code, certain, after, .. } = outcome else { panic!("{outcome:?}") };
//! assert_eq!((code, certain), (Code::NetworkUnreachable, true));
//! let backoff = Backoff { base: Duration::from_secs(2), cap: Duration::from_secs(600) };
//! assert_eq!(backoff.wait(3, after, 0.5), Duration::from_secs(4));
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod apns;
pub mod backoff;
pub mod breaker;
pub mod contract;
pub mod email;
pub mod fcm;
mod form;
mod hex;
pub mod http;
pub mod huawei;
pub mod jwt;
pub mod net;
mod oauth;
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
