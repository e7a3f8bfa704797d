//! The real executable, as scripts drive it: fixed shapes, bad input, crashes, stops.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod analyses;
mod api;
mod backtests;
mod bad_input;
mod bulk;
mod commands;
mod crash;
mod demo;
mod full_disk;
mod history;
mod hostile;
mod outreach_crash;
mod parquet;
mod regressions;
mod run;
mod schema;
