//! Journeys on their way: from how they are stored to what the writer goes by.
//!
//! What it is: the compiled form of a journey ([`compile`]), and all that were published ([`read`]). What it is not: it moves nobody; that is
//! `engine::journey`, asked by the writer ([`crate::workspace`]).

pub mod compile;
pub mod read;
pub mod story;
