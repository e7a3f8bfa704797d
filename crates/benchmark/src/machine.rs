//! What the machine can do, and what this process takes of it: read bandwidth, memory, sizes of
//! folders, and the median of repeated runs.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes that the bandwidth is measured over: far more than any cache holds.
const BANDWIDTH_BYTES: usize = 1 << 30;
/// Threads that read at once.
const BANDWIDTH_THREADS: usize = 2;
/// Runs of a question, unless they take longer than [`RUN_TIME`].
const RUNS: usize = 5;
/// After so long no further run begins.
const RUN_TIME: Duration = Duration::from_secs(2);

/// Bytes per second that two threads read from memory: the best of three sums over 1 GiB.
pub fn read_bandwidth() -> f64 {
    let words: Vec<u64> = (0..(BANDWIDTH_BYTES / 8) as u64).collect();
    let half = words.len() / BANDWIDTH_THREADS;
    let run = || {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for part in words.chunks(half) {
                scope.spawn(move || {
                    black_box(part.iter().fold(0u64, |sum, word| sum.wrapping_add(*word)));
                });
            }
        });
        began.elapsed().as_secs_f64()
    };
    let best = (0..3).map(|_| run()).fold(f64::INFINITY, f64::min);
    BANDWIDTH_BYTES as f64 / best
}

/// Times of repeated runs.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Milliseconds of the first run.
    pub cold_ms: f64,
    /// Median milliseconds of the runs after it.
    pub warm_ms: f64,
    /// Runs after the first.
    pub runs: usize,
}

/// Runs once, and then until there are five more runs or two seconds have passed (once more at
/// least). Also gives the first answer.
pub fn timed<T>(mut run: impl FnMut() -> T) -> (T, Timing) {
    let began = Instant::now();
    let answer = black_box(run());
    let cold_ms = milliseconds(began);
    let (all, mut times) = (Instant::now(), Vec::new());
    while times.is_empty() || (times.len() < RUNS && all.elapsed() < RUN_TIME) {
        let began = Instant::now();
        black_box(run());
        times.push(milliseconds(began));
    }
    let runs = times.len();
    (answer, Timing { cold_ms, warm_ms: quantile(&mut times, 0.5), runs })
}

/// Milliseconds since an instant.
pub fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1_000.0
}

/// The value at this share of the sorted values (the lower of two); 0 without any.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share) as usize).copied().unwrap_or(0.0)
}

/// A field of this process's memory in bytes, as in `VmHWM` (peak) or `RssAnon`; nothing where the
/// system does not tell.
pub fn memory(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024)
}

/// Lets `VmHWM` begin anew, where the system can.
pub fn forget_peak() {
    // Where it cannot, the peak includes what came before, which is more, not less.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Bytes of all files in a folder and the folders in it; 0 for what is not there.
pub fn folder_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.filter_map(|entry| {
        let facts = entry.metadata().ok()?;
        Some(if facts.is_dir() { folder_bytes(&entry.path()) } else { facts.len() })
    });
    bytes.sum()
}
