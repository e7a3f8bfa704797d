//! Journeys as whoever asks may see them: without conditions that name what is masked, as these may say values.

use std::collections::BTreeMap;

use serde_json::Value;
use wire::api::{Happening, JourneyInput, JourneyStep, LearningContext, StepAction, Trigger};

use super::super::sight::Sight;
use crate::registry::MASK;

/// A journey without what is masked.
pub(super) fn seen(mut input: JourneyInput, sight: &Sight) -> JourneyInput {
    if !sight.masked() {
        return input;
    }
    if let Trigger::Event { event } = &mut input.entry {
        mask(event, sight);
    }
    input.audience.iter_mut().for_each(|audience| mask(audience, sight));
    input.goals.iter_mut().for_each(|goal| happening(&mut goal.when, sight));
    input.exits.iter_mut().for_each(|exit| happening(exit, sight));
    input.steps.iter_mut().for_each(|own| step(own, sight));
    input
}

fn mask(json: &mut Value, sight: &Sight) {
    if sight.names_in(json) {
        *json = Value::from(MASK);
    }
}

fn happening(when: &mut Happening, sight: &Sight) {
    if let Happening::Event { event } = when {
        mask(event, sight);
    }
}

fn step(step: &mut JourneyStep, sight: &Sight) {
    match &mut step.action {
        StepAction::WaitFor { any, .. } => {
            any.iter_mut().for_each(|path| happening(&mut path.when, sight));
        }
        StepAction::Split { paths, .. } => {
            for path in paths {
                path.segment.iter_mut().for_each(|segment| mask(segment, sight));
                path.event.iter_mut().for_each(|event| mask(event, sight));
                let answer = path.answer.as_mut().and_then(|answer| answer.filter.as_mut());
                answer.into_iter().for_each(|filter| mask(filter, sight));
            }
        }
        StepAction::Learn { goals, context, winners, .. } => {
            goals.iter_mut().for_each(|goal| mask(&mut goal.event, sight));
            // An attribute may have become personal after it was named.
            if let Some(LearningContext::Attribute { attribute, values }) = context
                && sight.hides(attribute)
            {
                *values = vec![Value::from(MASK)];
                winners.clear();
            }
        }
        StepAction::Webhook { assumed, .. } => {
            assumed.iter_mut().for_each(|answer| mask(answer, sight));
        }
        StepAction::Update { set, append, remove, .. } => {
            for (name, value) in set.iter_mut() {
                let personal = sight.hides(name) || sight.names_in(value);
                if personal {
                    *value = Value::from(MASK);
                }
            }
            for lists in [append, remove] {
                hide_lists(lists, sight);
            }
        }
        StepAction::Emit { properties, .. } => {
            for (name, value) in properties.iter_mut() {
                if sight.hides(name) || sight.names_in(value) {
                    *value = Value::from(MASK);
                }
            }
        }
        _ => {}
    }
}

fn hide_lists(lists: &mut BTreeMap<String, Vec<String>>, sight: &Sight) {
    for (name, items) in lists.iter_mut() {
        let personal = |item: &String| sight.names_in(&Value::from(item.as_str()));
        if sight.hides(name) || items.iter().any(personal) {
            *items = vec![MASK.to_owned()];
        }
    }
}
