//! Operations on attributes become values before a frame is folded, in the order of its records.

use std::collections::HashSet;

use engine::{Merge, Step};
use history::Earlier;
use model::{AttributeChange, Facts, Record, Text, UserIndex, What};

use super::{Taken, Writer};

impl Writer {
    /// The records of a frame with the values that follow from others, and, behind a change that came
    /// late, the changes after it whose values are others now.
    ///
    /// If what a user has cannot be read, nothing is accepted from now on: the next start begins from
    /// the log, which has the operation.
    pub(super) fn resolved(&mut self, taken: Vec<Taken>) -> Vec<Taken> {
        let change = |record: &Record| match &record.what {
            What::Identify(change) => Some(change.clone()),
            What::Facts(facts) => Some(of_facts(facts)),
            _ => None,
        };
        let wants = |taken: &Taken| match &taken.2.what {
            What::Identify(change) => self.store.wants_resolving(change),
            What::Facts(facts) => self.store.wants_resolving(&of_facts(facts)),
            _ => false,
        };
        if !taken.iter().any(wants) {
            return taken;
        }
        let mut operated: HashSet<Text> = HashSet::new();
        let mut merges: Vec<Merge> = Vec::new();
        let mut done: Vec<Taken> = Vec::with_capacity(taken.len());
        for (step, name, record) in taken {
            merges.extend(&step.merged);
            let change = change(&record).filter(|change| {
                let touched = change.attributes.iter().any(|(name, _)| operated.contains(name));
                touched || self.store.wants_resolving(change)
            });
            let Some(change) = change else {
                done.push((step, name, record));
                continue;
            };
            operated.extend(change.operations.iter().map(|(name, _)| name.clone()));
            let changes = done.iter().filter_map(changed).collect();
            let earlier = Earlier { merges: merges.clone(), changes };
            let resolved = self.store.resolve(step.user, &change, &earlier);
            let resolved = resolved.unwrap_or_else(|error| {
                self.stop_accepting(format!("what a user has cannot be read: {error}").into());
                vec![AttributeChange { operations: Vec::new(), ..change }]
            });
            let received_at = record.received_at;
            let again = Step { origin: step.origin, ..Step::of(step.user) };
            let mut next = Some(step);
            for change in resolved {
                let step = next.take().unwrap_or_else(|| again.clone());
                let who = record.who.clone();
                let record = Record { received_at, who, what: What::Identify(change) };
                done.push((step, name.clone(), record));
            }
        }
        done
    }
}

/// What facts of a device say of its person.
fn of_facts(facts: &Facts) -> AttributeChange {
    AttributeChange::set(facts.time, facts.id, facts.attributes.clone())
}

fn changed(taken: &Taken) -> Option<(UserIndex, &AttributeChange)> {
    match &taken.2.what {
        What::Identify(change) => Some((taken.0.user, change)),
        _ => None,
    }
}
