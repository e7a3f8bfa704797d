//! What others send, turned into records: functions over bytes.
//!
//! What it is: readers of wire forms ([`segment`]: requests of the Segment family of client
//! libraries; [`import`]: rows of files) and the one validation that all of them share
//! ([`validate`]). One bad message or row is rejected with its place, a code and a hint; its
//! neighbours are not.
//! What it is not: it opens no socket and no file, asks no clock, and decides nothing about a record.

mod body;
mod decoded;
mod flatten;
mod scalar;

pub mod import;
pub mod segment;
pub mod validate;

pub use body::Refusal;
pub use decoded::{Decoded, REJECTED_BYTES, Rejection};
pub use validate::Problem;
