//! Conditions that are decided from whole events, by the evaluation of one user's history.
//!
//! What it is: the way for everything that has no smaller state: of each event it keeps what the
//! condition names, makes a history of that, and asks [`crate::evaluate`]. What it is not: quick.

use std::collections::BTreeMap;

use model::{EventId, Span, Text, Timestamp, Value};

use super::condition::{Condition, NEVER, View};
use crate::evaluate::{Context, Deciding, NoPopulation, UserEvent, UserHistory};
use crate::rules::Rules;
use crate::tree::Predicate;

/// How far ahead a change is searched for at first; it is looked at again when this has passed.
const AHEAD: Span = Span::days(40);

/// Instants that are tried for a change.
const TRIED: usize = 16;

/// A condition with what it needs of events.
#[derive(Clone, Debug)]
pub(super) struct Recall {
    pub(super) predicate: Predicate,
    /// Names of events, in the order in which hits count them; empty: the name stands before the
    /// properties.
    pub(super) names: Vec<Text>,
    pub(super) properties: Vec<Text>,
    /// What composite events meant, and the zone, when it was compiled.
    pub(super) rules: Box<Rules>,
}

impl Recall {
    pub(super) fn evaluate(&self, condition: &Condition, view: View) -> (bool, i64) {
        let history = self.history(condition, view);
        let ctx = Context { rules: &self.rules, population: &NoPopulation };
        let deciding = Deciding::new(&self.predicate, &history, &ctx);
        let truth = deciding.truth(Timestamp(view.at));
        let until = view.at.saturating_add(AHEAD.0);
        let instants = deciding.instants((view.at.saturating_add(1), until));
        for (tried, at) in instants.iter().enumerate() {
            if tried == TRIED || deciding.truth(*at) != truth {
                return (truth, at.0);
            }
        }
        match history.events.is_empty() {
            true => (truth, NEVER),
            false => (truth, until),
        }
    }

    fn history(&self, condition: &Condition, view: View) -> UserHistory {
        let hits = condition.sources.first().map_or(&[][..], |source| view.hits(*source));
        let events = hits.iter().zip(0..).filter_map(|(hit, arrival)| {
            let Value::List(values) = &hit.value else { return None };
            let (name, values) = match self.names.is_empty() {
                true => match values.split_first()? {
                    (Value::Text(name), rest) => (name, rest),
                    _ => return None,
                },
                false => (self.names.get(hit.name as usize)?, &values[..]),
            };
            let properties = self.properties.iter().cloned().zip(values.iter().cloned());
            let properties = properties.filter(|(_, value)| !value.missing()).collect();
            let time = Timestamp(hit.time);
            Some(UserEvent {
                name: name.clone(),
                time,
                arrival,
                id: EventId(arrival.into()),
                properties,
                derived: false,
            })
        });
        let mut attributes = BTreeMap::new();
        if let Some(zone) = condition.zone {
            let changes =
                view.hits(zone).iter().map(|hit| (Timestamp(hit.time), hit.value.clone()));
            attributes.insert(Text::const_new("timezone"), changes.collect());
        }
        UserHistory { id: Text::new(view.id), events: events.collect(), attributes }
    }
}
