//! What a predicate reads of a user's history: names of events, properties and attributes.
//!
//! What it is not: it says nothing of times.

use std::collections::BTreeSet;

use crate::rules::Rules;
use crate::tree::{
    AffinitySubject, DateSubject, EventMatch, EventNames, Measure, Predicate, Where,
};
use model::Text;

/// Names of events, properties and attributes that a condition looks at.
#[derive(Default, Debug)]
pub struct Needs {
    /// Events of every name.
    pub any_event: bool,
    /// Events of these names.
    pub events: BTreeSet<Text>,
    /// Properties of events.
    pub properties: BTreeSet<Text>,
    /// Attributes.
    pub attributes: BTreeSet<Text>,
    /// Whether it asks for a first event, which may be of any age.
    pub first_time: bool,
    seen_segments: BTreeSet<Text>,
    seen_lifecycle: bool,
}

impl Needs {
    /// What a predicate looks at, through segments and the lifecycle too.
    pub fn of(predicate: &Predicate, rules: &Rules) -> Needs {
        let mut needs = Needs::default();
        needs.attributes.insert(Text::const_new("timezone"));
        needs.predicate(predicate, rules);
        needs
    }

    /// Segments that were looked into.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &Text> {
        self.seen_segments.iter()
    }

    pub(crate) fn predicate(&mut self, predicate: &Predicate, rules: &Rules) {
        match predicate {
            Predicate::All(of) | Predicate::Any(of) => {
                of.iter().for_each(|part| self.predicate(part, rules));
            }
            Predicate::Not(of) => self.predicate(of, rules),
            Predicate::Event(p) => {
                self.event(&p.of, rules);
                self.measure(&p.measure);
            }
            Predicate::Profile(p) => {
                self.attributes.insert(p.attribute.clone());
            }
            Predicate::Sequence(p) => {
                p.steps.iter().for_each(|step| self.event(step, rules));
                p.without.iter().for_each(|without| self.event(&without.of, rules));
            }
            Predicate::Since(p) => {
                self.event(&p.anchor, rules);
                self.event(&p.predicate.of, rules);
                self.measure(&p.predicate.measure);
            }
            Predicate::Absence(p) => {
                self.event(&p.did, rules);
                self.event(&p.then_not, rules);
                self.properties.extend(p.hold.iter().cloned());
            }
            Predicate::Baseline(p) => self.event(&p.of, rules),
            Predicate::Affinity(p) => {
                self.event(&p.of, rules);
                if let AffinitySubject::Property(property) = &p.subject {
                    self.properties.insert(property.clone());
                }
            }
            Predicate::Date(p) => match &p.subject {
                DateSubject::Attribute(attribute) => {
                    self.attributes.insert(attribute.clone());
                }
                DateSubject::Property { of, property, .. } => {
                    self.event(of, rules);
                    self.properties.insert(property.clone());
                }
            },
            Predicate::Segment(id) => self.segment(id, rules),
            Predicate::Lifecycle(_) => {
                if !std::mem::replace(&mut self.seen_lifecycle, true) {
                    let states = &rules.lifecycle.states;
                    states.iter().for_each(|state| self.predicate(&state.predicate, rules));
                }
            }
            Predicate::Rfm(_)
            | Predicate::Bucket(_)
            | Predicate::Score(_)
            | Predicate::List(_)
            | Predicate::Reachable(_)
            | Predicate::Location(_) => {}
        }
    }

    fn segment(&mut self, id: &Text, rules: &Rules) {
        if self.seen_segments.insert(id.clone())
            && let Some(predicate) = rules.segments.get(id)
        {
            self.predicate(predicate, rules);
        }
    }

    fn event(&mut self, of: &EventMatch, rules: &Rules) {
        self.filter(&of.filter);
        match &of.names {
            EventNames::Any => self.any_event = true,
            EventNames::Of(names) => {
                for name in names {
                    self.events.insert(name.clone());
                    rules.composites.get(name).into_iter().flatten().for_each(|member| {
                        self.filter(&member.filter);
                        match &member.names {
                            EventNames::Any => self.any_event = true,
                            EventNames::Of(names) => self.events.extend(names.iter().cloned()),
                        }
                    });
                }
            }
        }
    }

    fn filter(&mut self, filter: &Where) {
        match filter {
            Where::All(of) | Where::Any(of) => of.iter().for_each(|part| self.filter(part)),
            Where::Not(of) => self.filter(of),
            Where::Property { property, .. } => {
                self.properties.insert(property.clone());
            }
            Where::FirstTime => self.first_time = true,
            Where::Same(properties) => self.properties.extend(properties.iter().cloned()),
        }
    }

    fn measure(&mut self, measure: &Measure) {
        match measure {
            Measure::Count | Measure::Days => {}
            Measure::Sum(property)
            | Measure::Avg(property)
            | Measure::Min(property)
            | Measure::Max(property)
            | Measure::Distinct(property)
            | Measure::First(property)
            | Measure::Last(property) => {
                self.properties.insert(property.clone());
            }
        }
    }
}
