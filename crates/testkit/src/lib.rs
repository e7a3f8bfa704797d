//! What tests of evaluators share: a naive reference evaluator and generators.
//!
//! What it is: for development only, the measure of every evaluator. [`reference`] says what a
//! segment means, one user at a time and without any cleverness; [`generate`] makes histories and
//! segments that meet at the edges where evaluators go wrong; [`suite`] reads cases written in
//! Markdown. What it is not: nothing here answers a question of the program, which has it for
//! `perennial simulate` alone, and [`reference`] shares no code with `segment::evaluate`.

pub mod cases;
pub mod generate;
pub mod reference;
pub mod suite;

#[cfg(test)]
mod tests;
