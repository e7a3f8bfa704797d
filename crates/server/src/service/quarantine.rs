//! What was sent and not accepted, for someone to look at.

use model::Timestamp;
use wire::api::{Quarantine, QuarantineQuery, RejectedCount, RejectedRecord};

use super::{Service, limit};
use crate::config::quarantine::Quarantined;
use crate::failure::Failure;

/// Records of an answer without a wish, and at most.
const RECORDS: (u64, u64) = (100, 1_000);

impl Service {
    /// The latest rejected records, and how many there ever were by reason.
    pub fn quarantine(&self, query: &QuarantineQuery) -> Result<Quarantine, Failure> {
        let config = self.workspace.config();
        let counts = config.rejected_by_code()?.into_iter();
        let records =
            config.quarantined(limit("limit", query.limit, RECORDS.0, RECORDS.1)?)?.into_iter();
        Ok(Quarantine {
            counts: counts.map(|(code, count)| RejectedCount { code, count }).collect(),
            records: records.map(record).collect(),
        })
    }
}

fn record(rejected: Quarantined) -> RejectedRecord {
    let Quarantined { at, source, code, message, record } = rejected;
    RejectedRecord { at: Timestamp(at).to_string(), source, code, message, raw: record }
}
