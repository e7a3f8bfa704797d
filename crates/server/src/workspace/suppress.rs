//! Whom nothing is taken of any more, and who is shown to nobody.

use std::sync::PoisonError;

use gateway::Rejection;
use wire::api::ErrorOutcome;

use super::*;
use crate::errors::Noted;
use crate::privacy::Suppressed;

/// The code under which refused records are counted.
const CODE: &str = "record.suppressed";

/// What the error stream says of it.
const HINT: &str = "the person asked for it: nothing is kept of what was sent; stop sending it, or lift \
                    the suppression";

impl Workspace {
    /// What is suppressed.
    pub fn suppressed(&self) -> Arc<Suppressed> {
        Arc::clone(&self.suppressed.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads again what is suppressed: from now on that counts. When this returns, nobody who is
    /// suppressed is in any answer. Blocks its thread.
    pub fn suppressions_changed(&self) -> Result<(), WorkspaceError> {
        let now = {
            // Held while reading: a change meanwhile must not be followed by what was read before.
            let mut known = self.suppressed.write().unwrap_or_else(PoisonError::into_inner);
            let now = Arc::new(Suppressed::read(&self.config, Some(&**known))?);
            *known = Arc::clone(&now);
            now
        };
        self.ask(|reply| Command::Suppress(now, reply))
    }

    /// Records of nobody who is suppressed. The others are counted, and nothing of them is kept.
    pub(super) fn unsuppressed(&self, source: &str, mut records: Vec<Record>) -> Vec<Record> {
        let suppressed = self.suppressed();
        if suppressed.is_empty() {
            return records;
        }
        let before = records.len();
        records.retain(|record| !suppressed.refuses(record));
        let n = (before - records.len()) as u64;
        if n > 0 {
            self.count_suppressed(source, n);
        }
        records
    }

    /// Notes a message that could not be read; of somebody who is suppressed, only that there was one.
    pub fn rejected(&self, source: &str, rejection: &Rejection) {
        if self.suppressed().named_in(&rejection.written) {
            return self.count_suppressed(source, 1);
        }
        self.errors.rejected(self.now(), source, rejection);
    }

    fn count_suppressed(&self, source: &str, n: u64) {
        let (at, outcome) = (self.now(), ErrorOutcome::EventDropped);
        self.errors.count(&Noted { at, source, code: CODE, event: "", outcome, hint: HINT, n });
    }
}
