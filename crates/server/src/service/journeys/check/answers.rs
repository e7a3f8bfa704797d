//! Rules of what asks servers, and of what uses their answers: a step that is asked about is there, asks a server, and
//! can come before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wire::api::{Channel, JourneyInput, JourneyStep, StepAction, StepMessage};

use super::graph::ways;
use super::{Check, step_campaign};
use crate::failure::Failure;
use crate::journeys::compile::{ANSWER_MAX, assumed_answer};
use crate::outreach::content::Contents;
use crate::sentences::{check as says, hints};

/// Where an answer is used, and that of which step.
struct Use {
    place: String,
    of: String,
}

impl Check<'_> {
    /// A step that asks a server.
    pub(super) fn webhook(&mut self, step: &JourneyStep) -> Result<(), Failure> {
        let StepAction::Webhook { message, within, assumed, .. } = &step.action else {
            return Ok(());
        };
        let at = |field: &str| format!("{} do.{field}", step.id);
        if message.channel != Channel::Webhook {
            let place = at("message.channel");
            self.error("no_webhook", &place, says::ONLY_WEBHOOKS, hints::WEBHOOK_OR);
        }
        self.span(&at("within"), within, ANSWER_MAX);
        if let Some(Err(failure)) = assumed.as_ref().map(|of| assumed_answer("assumed", of)) {
            self.refused(&at("assumed"), &failure);
        }
        self.message(step, "do.message", message)
    }

    /// Everything that uses an answer.
    pub(super) fn answers(&mut self) {
        let (input, mut uses) = (self.input, Vec::new());
        for step in &input.steps {
            used_by(input, step, &mut uses);
        }
        if uses.is_empty() {
            return;
        }
        let after = after(input);
        for (user, Use { place, of }) in uses {
            let found = input.steps.iter().find(|own| own.id == of);
            match found.map(|own| &own.action) {
                None => {
                    let message = says::NO_STEP.with([("step", of.into())]);
                    self.error("no_step", &place, message, hints::NAME_ASKER);
                }
                Some(StepAction::Webhook { .. }) => {
                    let before = after.get(of.as_str()).is_some_and(|after| after.contains(user));
                    if !before {
                        let message = says::NOT_BEFORE.with([("step", of.into())]);
                        self.error("no_answer", &place, message, hints::NAME_ASKER);
                    }
                }
                Some(_) => {
                    let message = says::ASKS_NONE.with([("step", of.into())]);
                    self.error("no_answer", &place, message, hints::NAME_ASKER);
                }
            }
        }
    }
}

/// By step that asks: those to which somebody can come from it.
fn after(input: &JourneyInput) -> BTreeMap<&str, BTreeSet<&str>> {
    let of = |id: &str| input.steps.iter().find(|step| step.id == id);
    let asks = |step: &&JourneyStep| matches!(step.action, StepAction::Webhook { .. });
    let steps = input.steps.iter().filter(asks);
    let reached = steps.map(|step| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&JourneyStep> = vec![step];
        while let Some(step) = open.pop() {
            for to in ways(step).into_iter().filter_map(|way| way.to) {
                if seen.insert(to) {
                    open.extend(of(to));
                }
            }
        }
        (step.id.as_str(), seen)
    });
    reached.collect()
}

/// Every place of a step that uses an answer.
fn used_by<'s>(input: &JourneyInput, step: &'s JourneyStep, uses: &mut Vec<(&'s str, Use)>) {
    let at = |field: String| format!("{} {field}", step.id);
    let mut used = |place: String, of: &str| {
        uses.push((step.id.as_str(), Use { place: at(place), of: of.to_owned() }));
    };
    let mut in_message = |field: String, message: &StepMessage| {
        let campaign = step_campaign(input, &step.id, message);
        // What is wrong with the content is told already.
        let named = Contents::compile(&campaign).0.answers().unwrap_or_default();
        named.iter().for_each(|of| used(format!("{field}.content"), of));
    };
    match &step.action {
        StepAction::Message { message, .. } | StepAction::Webhook { message, .. } => {
            in_message("do.message".to_owned(), message);
        }
        StepAction::BestChannel { messages, .. } => {
            for (n, message) in messages.iter().enumerate() {
                in_message(format!("do.messages.{n}"), message);
            }
        }
        StepAction::Split { paths, .. } => {
            for (n, path) in paths.iter().enumerate() {
                if let Some(answer) = &path.answer {
                    used(format!("do.paths.{n}.answer"), &answer.step);
                }
            }
        }
        StepAction::Update { set, .. } => {
            for (name, of) in set.iter().filter_map(|(name, of)| Some((name, named(of)?))) {
                used(format!("do.set.{name}"), of);
            }
        }
        StepAction::Emit { properties, .. } => {
            for (name, of) in properties.iter().filter_map(|(n, of)| Some((n, named(of)?))) {
                used(format!("do.properties.{name}"), of);
            }
        }
        _ => {}
    }
}

/// The step whose answer a value is a field of.
fn named(value: &Value) -> Option<&str> {
    let (step, field) = value.get("answer")?.as_str()?.split_once('.')?;
    (!field.is_empty()).then_some(step)
}

/// Whether an object names a value of the user's, of an event, or of an answer.
pub(super) fn names_value(fields: &serde_json::Map<String, Value>, bytes_max: usize) -> bool {
    let only = fields.iter().next().filter(|_| fields.len() == 1);
    only.is_some_and(|(of, named)| {
        let named = named.as_str().unwrap_or_default();
        let known = match of.as_str() {
            "profile" | "event" => true,
            "answer" => named
                .split_once('.')
                .is_some_and(|(step, field)| !step.is_empty() && !field.is_empty()),
            _ => false,
        };
        known && !named.is_empty() && named.len() <= bytes_max
    })
}
