//! Answers of servers that steps have asked: which is whose, and what they say.
//!
//! What it is: reading [`model::outreach::ANSWERED`], an event like others, found in the user's history by the step and
//! the run. What it is not: no position keeps an answer, and nothing here asks a server.

use std::sync::Arc;

use model::outreach::{ANSWERED, ANSWERED_FIELDS, CAMPAIGN, RUN};
use model::{Event, EventId, Text, Timestamp, UserIndex, Value};

use super::World;

/// Whether an event is the answer to a webhook of a step, by its campaign, in a run.
pub fn is_answer((name, properties): (&str, &[(Text, Value)]), campaign: &str, run: &str) -> bool {
    let is = |name: &str, value: &str| {
        let own = properties.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        matches!(own, Some(Value::Text(text)) if text == value)
    };
    name == ANSWERED && is(CAMPAIGN, campaign) && is(RUN, run)
}

/// The fields of an answer under their own names, sorted.
pub fn fields(answer: &Event) -> Vec<(Text, Value)> {
    let field = |(name, value): &(Text, Value)| {
        let name = name.strip_prefix(ANSWERED_FIELDS)?;
        Some((Text::new(name), value.clone()))
    };
    // All begin alike, so that their order is the same without the beginning.
    answer.properties.iter().filter_map(field).collect()
}

/// One field of an answer.
pub fn field(answer: &Event, name: &str) -> Option<Value> {
    let is = |own: &str| own.strip_prefix(ANSWERED_FIELDS) == Some(name);
    answer.properties.iter().find(|(own, _)| is(own)).map(|(_, value)| value.clone())
}

/// The latest answer to a step in a run that was there at an instant.
pub(super) fn latest(
    (user, run, at): (UserIndex, EventId, Timestamp),
    campaign: &Text,
    world: &mut dyn World,
) -> Option<Arc<Event>> {
    let run = run.to_string();
    let until = Timestamp(at.0.saturating_add(1));
    world
        .last(user, until, &mut |event| is_answer((&event.name, &event.properties), campaign, &run))
}
