//! The segment language: what can be said about a user, how it is written and what it means.
//!
//! What it is: the tree, its text form, typing with all problems at once, and the evaluation of
//! one user's history with the reasons that decided. What it is not: it reads no storage, knows no
//! HTTP and no serialisation (the JSON form stands in `wire`).

#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
pub mod bucket;
pub mod catalogue;
pub mod check;
pub mod derived;
pub mod evaluate;
pub mod live;
pub mod needs;
pub mod problem;
pub mod rules;
pub mod text;
pub mod tree;
pub mod version;

pub use catalogue::Catalogue;
pub use check::check;
pub use problem::{Problem, Severity};
pub use rules::{Lifecycle, RfmGroup, RfmSettings, Rules, Scoring, State};
pub use text::{parse, print};
pub use tree::Predicate;
