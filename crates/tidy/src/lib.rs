//! Rules of the repository as tests, for development only.
//!
//! What it is: the table of allowed dependencies between crates, and limits on files. What it is
//! not: a linter of code; that is clippy's work.

#[cfg(test)]
mod tests;
