//! What others send, turned into records: functions over bytes.
//!
//! What it is: readers of wire forms ([`segment`], [`mixpanel`], [`amplitude`], [`posthog`]: requests
//! of client libraries, and what these are answered; [`import`]: rows of files), what they share
//! ([`sniff`]: the JSON of a request however it is packed) and the one validation of all of them
//! ([`validate`]). One bad message or row is rejected with its place, a code and a hint; its
//! neighbours are not.
//! What it is not: it opens no socket and no file, asks no clock, and decides nothing about a record.

mod answer;
mod arrival;
mod body;
mod change;
mod consent;
mod cut;
mod decoded;
mod fields;
mod flatten;
mod group;
mod json;
mod lz_string;
mod nobody;
mod order;
mod scalar;

pub mod amplitude;
pub mod clevertap;
pub mod device;
pub mod import;
pub mod mixpanel;
pub mod mparticle;
pub mod policy;
pub mod posthog;
pub mod segment;
pub mod sniff;
pub mod validate;

pub use answer::Answer;
pub use arrival::Arrival;
pub use body::{Refusal, from_brotli, unpacked};
pub use decoded::{Decoded, REJECTED_BYTES, Rejection};
pub use validate::Problem;

#[cfg(test)]
mod tests;
