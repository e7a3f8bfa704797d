//! Deterministic simulation of the whole engine: log, fold, live segments and history on one
//! thread, with a clock, a disk and senders that one seed governs.
//!
//! What it is: for development, and the command `perennial simulate`. It finds what is wrong with
//! the live path under crashes, late records, merges and definitions that join meanwhile, by
//! comparing it with the naive reference at every step; and, where a workspace has journeys, what is
//! wrong with these, by comparing it with a process that never ends. What it is not: a measure of speed.
//!
//! Invariant: a seed decides everything; two runs of it are equal to the byte.

mod check;
mod definitions;
mod dice;
mod journeys;
mod laws;
mod naive;
mod report;
mod told;
mod traffic;
mod twin;
mod world;
mod writer;

pub use definitions::Source;
pub use report::{Failure, Numbers};
pub use world::{Settings, run};
pub use writer::Defect;

#[cfg(test)]
mod tests;
