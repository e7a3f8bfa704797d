//! The server: one data directory, one writer, the HTTP API and the dashboard.
//!
//! What it is: the rim. It owns the files, the clock, the threads and the sockets, and carries
//! records to the log and questions to the history. What it is not: it decides nothing about users;
//! segments, lifecycle and RFM have their meaning in the pure crates.

pub mod caller;
pub mod catalogs;
pub mod clock;
pub mod config;
pub mod errors;
pub mod failure;
pub mod fill;
pub mod geo;
pub mod http;
pub mod import;
pub mod imports;
pub mod journeys;
pub mod live;
pub mod metrics;
pub mod outbox;
pub mod outreach;
pub mod privacy;
pub mod registry;
pub mod sentences;
pub mod service;
pub mod start;
pub mod webhooks;
pub mod workspace;

pub use failure::Failure;
pub use service::Service;
pub use workspace::Workspace;
