//! What the writer tells the hub of a group of records.

use engine::Fold;
use model::What;

use super::Taken;
use crate::live::{Accepted, Published};

/// The latest events of a group, at most so many, as people see them.
pub(super) fn accepted(fold: &Fold, taken: &[Taken], most: usize) -> Published {
    let event = |(.., record): &&Taken| matches!(record.what, What::Event(_));
    let n = taken.iter().filter(event).count();
    let events = taken.iter().filter(event).skip(n.saturating_sub(most));
    let events = events.filter_map(|(step, _, record)| match &record.what {
        What::Event(event) => {
            let user = &fold.person(step.user).public_id;
            Some(Accepted::of(user, event, record.received_at))
        }
        What::Identify(_) | What::Alias { .. } | What::Separate { .. } | What::Facts(_) => None,
    });
    Published {
        events: events.collect(),
        events_skipped: n.saturating_sub(most) as u64,
        ..Published::default()
    }
}
