//! What came while nothing could be accepted: kept in memory, within a bound, and tried again.
//!
//! Only for clients that send once: the web client of CleverTap takes any answer with a guid for
//! success, and must get one. Nothing of this is promised: it is lost with the process, and what does
//! not fit is dropped and counted (`perennial_records_dropped_total`).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::Record;

use crate::http::App;

/// Records that are kept. Their texts are bounded by what a request may have.
const RECORDS_MAX: usize = 10_000;

/// How often it is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(2);

/// Records of one try.
const BATCH: usize = 500;

/// See the module.
#[derive(Default)]
pub struct Held(Mutex<VecDeque<Record>>);

impl Held {
    /// Keeps records; how many there was no room for.
    pub fn keep(&self, records: Vec<Record>) -> usize {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = RECORDS_MAX.saturating_sub(held.len());
        let dropped = records.len().saturating_sub(room);
        held.extend(records.into_iter().take(room));
        dropped
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn first(&self) -> Vec<Record> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().take(BATCH).cloned().collect()
    }

    fn drop_first(&self, n: usize) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = n.min(held.len());
        held.drain(..n);
    }
}

/// Tries again for as long as it is polled.
pub async fn retry(app: App) {
    loop {
        tokio::time::sleep(RETRY_EVERY).await;
        loop {
            let records = app.held.first();
            let n = records.len();
            if n == 0 || app.workspace.submit(records).await.is_err() {
                break;
            }
            app.held.drop_first(n);
        }
    }
}
