//! What of a history a journey or a campaign can ask about: only this is brought together.

use std::collections::BTreeMap;

use history::Needs;
use model::outreach::{CAMPAIGN, CHANNEL, LABELS, MACHINE};
use model::{Span, Text, Timestamp, journey};
use segment::Rules;
use segment::live::Watched;
use segment::tree::{
    EventMatch, EventNames, EventPredicate, Measure, Op, Predicate, Range, Test, Where, Window,
};
use serde_json::Value as Json;
use wire::api::{Happening, JourneyInput, StepAction, Trigger};

use super::super::{definitions, rules};
use crate::failure::Failure;
use crate::journeys::compile::Compiled;
use crate::outreach::Ready;

/// Events that the definition names, wherever.
fn events(input: &JourneyInput) -> Result<Vec<EventMatch>, Failure> {
    let mut written: Vec<&Json> = Vec::new();
    if let Trigger::Event { event } = &input.entry {
        written.push(event);
    }
    let goals = input.goals.iter().map(|goal| &goal.when);
    let mut happenings: Vec<&Happening> = goals.chain(&input.exits).collect();
    for step in &input.steps {
        match &step.action {
            StepAction::WaitFor { any, .. } => happenings.extend(any.iter().map(|path| &path.when)),
            StepAction::Split { paths, .. } => {
                written.extend(paths.iter().filter_map(|path| path.event.as_ref()));
            }
            _ => {}
        }
    }
    written.extend(happenings.into_iter().filter_map(|when| match when {
        Happening::Event { event } => Some(event),
        _ => None,
    }));
    let of = |written: &Json| match written {
        Json::String(name) => Ok(rules::event(name)),
        other => definitions::event_match(other),
    };
    written.into_iter().map(of).collect()
}

/// Events of one kind in the last of a span, as a condition that only says what is read.
fn did(of: EventMatch, last: Span) -> Predicate {
    let within = Window::range(Range::Last(last));
    Predicate::Event(EventPredicate {
        of,
        within,
        measure: Measure::Count,
        test: Test::at_least(1),
    })
}

/// A property of events, as a condition that only says what is read.
fn with_property(names: &EventNames, property: &str) -> EventMatch {
    let filter = Where::Property { property: Text::new(property), test: Test::of(Op::Exists) };
    EventMatch { names: names.clone(), filter }
}

/// What is asked of a user.
pub(super) struct Asked {
    /// Events that are named, wherever.
    events: Vec<EventMatch>,
    /// How long before an instant these may matter.
    before: Span,
    /// Their properties that are read.
    properties: Vec<Text>,
    /// Conditions.
    predicates: Vec<Predicate>,
    /// Attributes that are read.
    attributes: Vec<Text>,
}

/// What a journey and its messages ask.
pub(super) fn of_journey(input: &JourneyInput, compiled: &Compiled) -> Result<Asked, Failure> {
    let before = input.steps.iter().filter_map(|step| match &step.action {
        StepAction::WaitFor { since: Some(written), .. } => Span::parse(written).ok(),
        _ => None,
    });
    // Values of the event that let somebody in: its key, and what events that are written take over.
    let mut properties: Vec<Text> = input.key.iter().map(Text::new).collect();
    let mut attributes: Vec<Text> =
        compiled.messages.iter().flat_map(|of| of.needs.clone()).collect();
    for step in &input.steps {
        let of = |written: &BTreeMap<String, Json>, kind: &str| -> Vec<Text> {
            written.values().filter_map(|of| of.get(kind)?.as_str()).map(Text::new).collect()
        };
        match &step.action {
            StepAction::Wait { attribute: Some(name), .. } => attributes.push(Text::new(name)),
            StepAction::Update { set, add, append, remove } => {
                let names = add.keys().chain(append.keys()).chain(remove.keys());
                attributes.extend(names.map(Text::new));
                properties.extend(of(set, "event"));
                attributes.extend(of(set, "profile"));
            }
            StepAction::Emit { properties: written, .. } => {
                properties.extend(of(written, "event"));
                attributes.extend(of(written, "profile"));
            }
            _ => {}
        }
    }
    Ok(Asked {
        events: events(input)?,
        before: before.max().unwrap_or(Span(1)).max(Span(1)),
        properties,
        predicates: compiled.journey.predicates().cloned().collect(),
        attributes,
    })
}

/// What a campaign asks.
pub(super) fn of_campaign(ready: &Ready) -> Asked {
    let events = match &ready.campaign.trigger {
        engine::outreach::Trigger::Event(of) => vec![of.clone()],
        _ => Vec::new(),
    };
    Asked {
        events,
        before: Span(1),
        properties: Vec::new(),
        predicates: ready.audience.iter().cloned().collect(),
        attributes: ready.needs.clone(),
    }
}

/// All of it, with what is asked by what is watched, and of everybody.
pub(super) fn needs(asked: Asked, watched: &[Watched], rules: &Rules) -> Needs {
    let Asked { events, before, properties, predicates, mut attributes } = asked;
    let mut all: Vec<Predicate> = events.iter().map(|of| did(of.clone(), before)).collect();
    for property in &properties {
        all.extend(events.iter().map(|of| did(with_property(&of.names, property), before)));
    }
    // Messages of others count for caps; what a live run of the same told is left out.
    let named = |names: &[&str]| EventNames::Of(names.iter().map(|name| Text::new(name)).collect());
    let told = named(&model::outreach::NAMES);
    for property in [CAMPAIGN, CHANNEL, LABELS, MACHINE] {
        all.push(did(with_property(&told, property), engine::outreach::REMEMBERED));
    }
    let runs = named(&journey::NAMES);
    for property in [journey::JOURNEY, journey::RUN, journey::NUMBER] {
        all.push(did(with_property(&runs, property), Span(1)));
    }
    all.extend(predicates);
    all.extend(watched.iter().flat_map(|watched| watched.what.predicates()));
    let named: Vec<&Predicate> = all.iter().collect();
    let zones = ["timezone", "device.timezone", "geo.timezone"];
    attributes.extend(zones.map(Text::const_new));
    Needs::of(&named, rules).and(Needs::of_attributes(&attributes, rules))
}

/// Whoever does what lets people in, within a period; nothing: others, too.
pub(super) fn entrants(
    trigger: &Trigger,
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<Predicate>, Failure> {
    let Trigger::Event { event } = trigger else { return Ok(None) };
    let of = match event {
        Json::String(name) => rules::event(name),
        other => definitions::event_match(other)?,
    };
    let within = Window::range(Range::Between(from, to));
    let (measure, test) = (Measure::Count, Test::at_least(1));
    Ok(Some(Predicate::Event(EventPredicate { of, within, measure, test })))
}
