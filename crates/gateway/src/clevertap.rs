//! CleverTap's wire forms: the web client ([`web`], answered by [`answer`]), servers ([`upload`]) and
//! mobile clients ([`mobile`]).
//!
//! Who: the guid (`gc`, `g`, `objectId`), which the server issues, is the anonymous id; `Identity` is
//! the user id. What a profile's reserved keys become stands in `profile`.
//!
//! What becomes what: an event keeps its name and its `evtData`, flattened as everywhere (`Items` of
//! `Charged` become one list for each key); facts of the application stand under `context.app.`; a
//! page load is `Page Viewed` with `url`, `referrer`, `utm_source`, `utm_medium`, `utm_campaign`, a
//! screen `Screen Viewed`; a push token is `Push Token Added` or `Push Token Removed`. Pings, and the
//! event `wzrk_fetch`, which asks for variables, say nothing about anybody. `Notification Viewed` and
//! `Notification Clicked` of messages that are ours are receipts ([`web::Call::receipt`]), and no events.

pub mod answer;
pub(crate) mod export;
mod message;
pub mod mobile;
pub mod notices;
mod profile;
mod query;
mod transit;
pub mod upload;
mod values;
pub mod web;

#[cfg(test)]
mod tests;

pub use answer::Answer;
