//! Speed and size of the history, measured on generated data that any other engine can be given too.
//!
//! What it is: a generator of an app's events (by seed, in time order, batch by batch), the same
//! events as a Parquet file, twelve questions, and our answers with their times. What it is not:
//! it ships no other engine; `scripts/bench_history_peers.py` asks the same of them and compares.
//! Everything that touches the history is in [`ours`]. Beside it: how fast wire forms
//! are decoded ([`ingest`]), live segments ([`live`]) and journeys ([`journeys`]).

pub mod chance;
pub mod dictionary;
pub mod file;
pub mod generate;
pub mod ingest;
pub mod journeys;
pub mod live;
pub mod machine;
pub mod ndjson;
pub mod ours;
pub mod questions;
pub mod report;
pub mod run;
