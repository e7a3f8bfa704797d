//! What a user does most, least, or in a certain share of cases.

use std::collections::HashMap;

use model::{Value, Zone, value::ValueKey};

use super::matching::Matcher;
use super::test::CompiledTest;
use super::{Evaluation, UserEvent};
use crate::tree::{AffinityMode, AffinityPredicate, AffinitySubject};

/// An affinity with what it was computed from.
pub(super) struct Affinity<'a> {
    pub(super) holds: bool,
    /// Events with one of the values.
    pub(super) hits: Vec<&'a UserEvent>,
    /// Events with any value.
    pub(super) total: usize,
}

/// How often one value occurs, and whether it is one of those asked for.
struct Occurrence {
    count: u64,
    asked: bool,
}

impl<'a> Evaluation<'a> {
    pub(super) fn affinity(&self, p: &'a AffinityPredicate) -> Affinity<'a> {
        let (matcher, zone) = (Matcher::new(&p.of, self), self.zone());
        let mut counts: HashMap<ValueKey, Occurrence> = HashMap::new();
        let (mut hits, mut total) = (Vec::new(), 0);
        for event in self.matching(&matcher, &p.within) {
            let Some(value) = subject(&p.subject, event, &zone) else { continue };
            let Some(key) = value.key() else { continue };
            let asked = p.is.iter().any(|wanted| wanted.same(&value));
            counts.entry(key).or_insert(Occurrence { count: 0, asked }).count += 1;
            total += 1;
            if asked {
                hits.push(event);
            }
        }
        let enough = total > 0 && total >= p.min_events as usize;
        let holds = enough && self.affinity_holds(&p.mode, &counts, hits.len(), total);
        Affinity { holds, hits, total }
    }

    fn affinity_holds(
        &self,
        mode: &AffinityMode,
        counts: &HashMap<ValueKey, Occurrence>,
        hits: usize,
        total: usize,
    ) -> bool {
        let all = counts.values().map(|o| o.count);
        let asked = |count| counts.values().any(|o| o.asked && Some(o.count) == count);
        match mode {
            AffinityMode::Most => asked(all.max()),
            AffinityMode::Least => asked(all.min()),
            AffinityMode::Share(test) => {
                let share = Value::Float(hits as f64 / total as f64);
                CompiledTest::new(test).holds(Some(&share))
            }
        }
    }
}

/// What an event counts as.
fn subject(subject: &AffinitySubject, event: &UserEvent, zone: &Zone) -> Option<Value> {
    match subject {
        AffinitySubject::Property(name) => event.property(name).cloned(),
        AffinitySubject::Hour => Some(Value::Int(zone.minute_of_day(event.time) / 60)),
        AffinitySubject::Weekday => Some(Value::text(zone.day(event.time).weekday().name())),
    }
}
