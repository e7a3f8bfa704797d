//! What a person said about being tracked, where a client library passes it on.

use model::{AttributeChange, EventId, Record, Text, Timestamp, Value, What, Who};

/// The attribute that holds it: true or false.
pub(crate) const TRACKING: &str = "consent.tracking";

/// The change that remembers the answer.
pub(crate) fn given(
    received_at: Timestamp,
    who: &Who,
    time: Timestamp,
    id: EventId,
    tracking: bool,
) -> Record {
    let attributes = vec![(Text::const_new(TRACKING), Value::Bool(tracking))];
    let what = What::Identify(AttributeChange::set(time, id, attributes));
    Record { received_at, who: who.clone(), what }
}
