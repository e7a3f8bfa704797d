//! The history on published data sets: every figure that their pages state.
//!
//! The files lie beside the project and are read in place; where they are absent the tests say so
//! and pass.

mod real;

mod clickstream;
mod online_retail;
mod orders;
mod suites;
