//! What a run found out, as it is written to JSON for the comparison with other engines.

use serde::Serialize;

/// A whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Events.
    pub events: u64,
    /// Years of the period.
    pub years: u32,
    /// Seed of the generator.
    pub seed: u64,
    /// Users.
    pub users: u32,
    /// The instant of every question, in milliseconds since 1970.
    pub as_of_ms: i64,
    /// Bytes per second that two threads read from memory.
    pub read_bytes_per_second: f64,
    /// Events per second that the generator makes on one thread.
    pub generated_per_second: f64,
    /// Loading into the history, the checkpoint included.
    pub load: Load,
    /// Sizes on disk.
    pub size: Size,
    /// The users that question 12 reads: random ones and then the largest.
    pub point_users: Vec<u32>,
    /// Answers and times, in order.
    pub questions: Vec<Question>,
}

/// How loading went.
#[derive(Clone, Debug, Serialize)]
pub struct Load {
    /// Seconds, without the generator.
    pub seconds: f64,
    /// Events per second.
    pub events_per_second: f64,
    /// Peak resident memory in bytes, the generator included; nothing where the system does not
    /// tell.
    pub peak_bytes: Option<u64>,
    /// Anonymous resident memory in bytes after all questions were asked.
    pub serving_bytes: Option<u64>,
}

/// Sizes on disk.
#[derive(Clone, Debug, Serialize)]
pub struct Size {
    /// Bytes of the history's folder.
    pub total_bytes: u64,
    /// Bytes of its delivery ids; nothing if they are not known apart.
    pub id_bytes: Option<u64>,
    /// Bytes of the Parquet file, if one was written.
    pub parquet_bytes: Option<u64>,
    /// Bytes of the events as NDJSON through gzip level 6, scaled from the sample.
    pub ndjson_gzip_bytes: u64,
    /// The share of events that the figure above was measured on.
    pub ndjson_share: f64,
}

/// One question's answer and times.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// As in `q1`.
    pub key: &'static str,
    /// For people.
    pub title: &'static str,
    /// Milliseconds of the first run.
    pub cold_ms: f64,
    /// Median milliseconds of the runs after it.
    pub warm_ms: f64,
    /// Only for single users: the 99th percentile.
    pub p99_ms: Option<f64>,
    /// Only for single users: the largest user, median.
    pub largest_ms: Option<f64>,
    /// Runs that the median is of.
    pub runs: usize,
    /// Bytes that one run read, if the history tells.
    pub bytes: Option<u64>,
    /// The answer, in an order that the question fixes.
    pub answer: Vec<u64>,
}
