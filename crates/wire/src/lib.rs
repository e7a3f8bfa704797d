//! Serialised forms: everything that leaves the process has its own type here, so that the working
//! types of the pure crates stay free to change and carry no serialisation.
//!
//! What it is not: it decides nothing; it has no behaviour but reading and printing.

pub mod api;
pub mod definition;
pub mod record;
