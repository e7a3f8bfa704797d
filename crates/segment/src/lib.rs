//! The segment language: what can be said about a user, how it is written and what it means.
//!
//! What it is: the tree, its text form, typing with all problems at once, and the evaluation of
//! one user's history with the reasons that decided. What it is not: it reads no storage, knows no
//! HTTP and no serialisation (the JSON form stands in `wire`).

pub mod bucket;
pub mod evaluate;
pub mod rules;
pub mod tree;
pub mod version;

pub use rules::{Lifecycle, RfmGroup, RfmSettings, Rules, Scoring, State};
pub use tree::Predicate;
