//! What conditions read of a user's history: only this is brought together.

use std::collections::BTreeSet;

use model::{Span, Text, Timestamp, Zone};
use segment::Rules;
use segment::evaluate::range_at;
use segment::tree::{
    AffinitySubject, DateSubject, EventMatch, EventNames, Measure, Predicate, Where, Window,
};

use crate::names::{NameId, Names};
use crate::snapshot::AskedNames;

/// Names of events, properties and attributes that conditions look at, and how far back: of what
/// the segments and lifecycle states that they refer to need, too.
#[derive(Clone, Debug)]
pub struct Needs {
    /// Events of every name.
    any_event: bool,
    events: BTreeSet<Text>,
    properties: BTreeSet<Text>,
    attributes: BTreeSet<Text>,
    /// Whether events of any age may matter.
    ever: bool,
    /// Else those in these windows do.
    windows: Vec<Window>,
    /// Or in the last of these spans.
    spans: Vec<(Span, Span)>,
    zone: Zone,
    seen_segments: BTreeSet<Text>,
    seen_lifecycle: bool,
}

impl Needs {
    /// What some conditions need together.
    pub fn of(predicates: &[&Predicate], rules: &Rules) -> Needs {
        let mut needs = Needs {
            any_event: false,
            events: BTreeSet::new(),
            properties: BTreeSet::new(),
            attributes: BTreeSet::from([Text::const_new("timezone")]),
            ever: false,
            windows: Vec::new(),
            spans: Vec::new(),
            zone: rules.zone.clone(),
            seen_segments: BTreeSet::new(),
            seen_lifecycle: false,
        };
        predicates.iter().for_each(|predicate| needs.predicate(predicate, rules));
        needs
    }

    /// These attributes, and no events.
    pub fn of_attributes(names: &[Text], rules: &Rules) -> Needs {
        let mut needs = Needs::of(&[], rules);
        needs.attributes.extend(names.iter().cloned());
        needs
    }

    /// What these and others need.
    pub fn and(mut self, other: Needs) -> Needs {
        let Needs { any_event, events, properties, attributes, ever, windows, spans, .. } = other;
        self.any_event |= any_event;
        self.events.extend(events);
        self.properties.extend(properties);
        self.attributes.extend(attributes);
        self.ever |= ever;
        self.windows.extend(windows);
        self.spans.extend(spans);
        self
    }

    /// Names of the events.
    pub(crate) fn names(&self, names: &Names) -> AskedNames {
        let named = self.events.iter().filter_map(|name| names.number(name));
        AskedNames::of(self.any_event, named.collect())
    }

    /// Numbers of the properties, by name.
    pub(crate) fn properties(&self, names: &Names) -> Vec<NameId> {
        self.properties.iter().filter_map(|name| names.number(name)).collect()
    }

    /// Numbers of the attributes, by name.
    pub(crate) fn attributes(&self, names: &Names) -> Vec<NameId> {
        self.attributes.iter().filter_map(|name| names.number(name)).collect()
    }

    /// An instant before which no event can matter to an answer at `at` or later. Local days of users
    /// differ from the workspace's by less than two days, and so may their first.
    pub fn earliest(&self, at: Timestamp) -> Timestamp {
        if self.ever {
            return Timestamp::MIN;
        }
        let slack = Span::days(2);
        let window = |window: &Window| {
            let range = range_at(window, at.minus(slack), &self.zone);
            range.map_or(Timestamp::MIN, |(from, _)| from.minus(slack))
        };
        let windows = self.windows.iter().map(window);
        let spans = self.spans.iter().map(|(one, other)| at.minus(*one).minus(*other));
        windows.chain(spans).min().unwrap_or(Timestamp::MIN)
    }

    fn predicate(&mut self, predicate: &Predicate, rules: &Rules) {
        match predicate {
            Predicate::All(of) | Predicate::Any(of) => {
                of.iter().for_each(|part| self.predicate(part, rules));
            }
            Predicate::Not(of) => self.predicate(of, rules),
            Predicate::Event(p) => {
                self.event(&p.of, rules);
                self.measure(&p.measure);
                self.windows.push(p.within.clone());
            }
            Predicate::Profile(p) => {
                self.attributes.insert(p.attribute.clone());
            }
            Predicate::Sequence(p) => {
                p.steps.iter().for_each(|step| self.event(step, rules));
                p.without.iter().for_each(|without| self.event(&without.of, rules));
                self.windows.push(p.within.clone());
            }
            Predicate::Since(p) => {
                self.event(&p.anchor, rules);
                self.event(&p.predicate.of, rules);
                self.measure(&p.predicate.measure);
                self.ever = true;
            }
            Predicate::Absence(p) => {
                self.event(&p.did, rules);
                self.event(&p.then_not, rules);
                self.properties.extend(p.hold.iter().cloned());
                self.ever = true;
            }
            Predicate::Baseline(p) => {
                self.event(&p.of, rules);
                self.spans.push((p.window, p.against));
            }
            Predicate::Affinity(p) => {
                self.event(&p.of, rules);
                if let AffinitySubject::Property(property) = &p.subject {
                    self.properties.insert(property.clone());
                }
                self.windows.push(p.within.clone());
            }
            Predicate::Date(p) => match &p.subject {
                DateSubject::Attribute(attribute) => {
                    self.attributes.insert(attribute.clone());
                }
                DateSubject::Property { of, property, .. } => {
                    self.event(of, rules);
                    self.properties.insert(property.clone());
                    self.ever = true;
                }
            },
            Predicate::Segment(id) => self.segment(id, rules),
            Predicate::Lifecycle(p) => {
                // Earlier states are those of earlier instants.
                self.ever |= p.for_at_least.is_some() || p.was.is_some();
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
            Where::FirstTime => self.ever = true,
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
