//! Beginnings and ends of sessions.

use model::Timestamp;
use segment::derived::{SESSION_CONCLUDED, SESSION_STARTED, SessionSettings, named};

use super::Reading;
use super::rows::{Cell, Made, Row};
use crate::evaluate::{Matching, QueryError, Source, Wanted};
use crate::groups::UserGroups;
use crate::sessions::{SessionRule, of_users};
use crate::snapshot::{FoundPart, Snapshot};

/// Events within a range of time that are activity, of the parts that `keep` wants.
pub(crate) fn activity(
    snapshot: &Snapshot,
    settings: &SessionSettings,
    range: (Timestamp, Timestamp),
    wanted: &Wanted,
    keep: &dyn Fn(&FoundPart) -> Result<bool, QueryError>,
) -> Result<Source, QueryError> {
    let matching = Matching::every(&settings.activity().filter);
    let Some(matching) = matching else { return Ok(Source::empty()) };
    let excluded = settings.excluded().filter_map(|name| snapshot.names.number(name));
    let excluded: Vec<_> = excluded.collect();
    let keep = |found: &FoundPart| Ok(!excluded.contains(&found.name) && keep(found)?);
    Source::of(snapshot, &matching, range, wanted, &keep)
}

/// Times of activity, and nothing else.
pub(super) const TIMES: Wanted<'static> = Wanted { times: true, order: false, properties: &[] };

pub(super) fn derive(reading: &Reading) -> Result<Vec<Made>, QueryError> {
    let source = reading.source(&TIMES, &[])?;
    let (started, concluded) =
        (reading.wanted(SESSION_STARTED)?, reading.wanted(SESSION_CONCLUDED)?);
    let (Some(start), Some(end)) = (named(SESSION_STARTED), named(SESSION_CONCLUDED)) else {
        return Ok(Vec::new());
    };
    let timeout = reading.settings.timeout;
    let (rule, everybody) = (SessionRule::Gap(timeout), UserGroups::one(None));
    Ok(reading.rows(|users, made| {
        for session in of_users(&source, &rule, users, &everybody) {
            let (user, from, to) = (session.user, session.start.0, session.end.0);
            if started(user) {
                made.push(start, Row { user, time: from, received: from, cells: [] });
            }
            if concluded(user) {
                // Silence of exactly the timeout still goes on.
                let received = to.saturating_add(timeout.0).saturating_add(1);
                let cells = [
                    Cell::Float((session.end - session.start).0 as f64 / 1_000.0),
                    Cell::Int(session.events as i64),
                    Cell::Time(from),
                ];
                made.push(end, Row { user, time: to, received, cells });
            }
        }
    }))
}
