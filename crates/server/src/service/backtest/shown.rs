//! What was played of somebody, as the API shows it.

use engine::journey::rehearsal::Decided;
use engine::journey::{Told, What};
use engine::outreach::Decision;
use model::{EventId, Text, Timestamp, journey};
use segment::evaluate::UserHistory;
use wire::api::{
    BacktestDecision, BacktestFound, BacktestOutcome, BacktestRun, JourneyRun, RunExit, RunStep,
};

use super::super::journeys::person::happened;
use crate::sentences::{Said, told};

/// A run with its messages.
pub(super) fn run(told: &[&Told], messages: &[Decided], history: &UserHistory) -> BacktestRun {
    let run = path(told, history);
    let own = messages.iter().filter(|decided| *decided.run == *run.run);
    BacktestRun { user: history.id.to_string(), messages: own.map(decision).collect(), run }
}

/// A message of a campaign, with everything that was decided about it.
pub(super) fn found(decisions: &[&Decided], history: &UserHistory) -> Option<BacktestFound> {
    let first = decisions.first()?;
    let event = history.events.iter().find(|event| event.id.to_string() == *first.run);
    let why = match event {
        Some(event) => happened(&event.name, event.time),
        // A move in a watched definition says where and when, a run of a schedule its local time.
        None if first.run.contains('/') => told::PAST_CHANGE.into(),
        None => told::PAST_RUN.with([("run", first.run.as_str().into())]),
    };
    Some(BacktestFound {
        user: history.id.to_string(),
        at: first.at.to_string(),
        why: why.text,
        why_code: why.code,
        messages: decisions.iter().map(|decided| decision(decided)).collect(),
    })
}

fn decision(decided: &Decided) -> BacktestDecision {
    let Decided { campaign, message, at, decision, assumed, .. } = decided;
    let shown = BacktestDecision {
        message: message.to_string(),
        campaign: campaign.to_string(),
        at: at.to_string(),
        outcome: BacktestOutcome::Queued,
        reason: None,
        detail: None,
        variant: None,
        due: None,
        assumed: assumed.as_ref().map(|reason| reason.word().to_owned()),
    };
    let text = |of: &Option<Text>| of.as_ref().map(Text::to_string);
    match decision {
        Decision::Send { variant, .. } => {
            BacktestDecision { variant: Some(variant.to_string()), ..shown }
        }
        Decision::Later { due, reason, variant } => BacktestDecision {
            outcome: BacktestOutcome::Planned,
            reason: Some((*reason).to_owned()),
            variant: text(variant),
            due: Some(due.to_string()),
            ..shown
        },
        Decision::Withheld { reason, detail, variant } => BacktestDecision {
            outcome: BacktestOutcome::Withheld,
            reason: Some(reason.word().to_owned()),
            detail: Some(detail.clone()).filter(|detail| !detail.is_empty()),
            variant: text(variant),
            ..shown
        },
        Decision::HeldOut(group) => BacktestDecision {
            outcome: BacktestOutcome::HeldOut,
            reason: Some(group.to_string()),
            ..shown
        },
    }
}

fn path(all: &[&Told], history: &UserHistory) -> JourneyRun {
    let event = |id: EventId| {
        let found = history.events.iter().find(|event| event.id == id);
        found.map(|event| happened(&event.name, event.time))
    };
    let why = |one: &Told| match one.cause {
        Some(cause) => event(cause).unwrap_or_else(|| told::PAST_CHANGE.into()),
        None => told::PAST_TIME.into(),
    };
    let came = |step: &Text, at: String, path: Option<String>, why: Said| RunStep {
        step: step.to_string(),
        at,
        path,
        why: why.text,
        why_code: why.code,
    };
    let mut run = JourneyRun {
        journey: all.first().map_or(String::new(), |told| told.journey.to_string()),
        name: String::new(),
        run: all.first().map_or(String::new(), |told| told.run.to_string()),
        entered_at: all.first().map_or(Timestamp(0), |told| told.at).to_string(),
        version: 1,
        held_out: None,
        steps: Vec::new(),
        exit: None,
        due_at: None,
    };
    for one in all {
        let at = one.at.to_string();
        match &one.what {
            What::Entered { version, step, .. } => {
                run.version = *version;
                run.steps.push(came(step, at, None, why(one)));
            }
            What::HeldOut { version, group, .. } => {
                run.version = *version;
                run.held_out = Some(group.to_string());
            }
            What::Moved { path, step, context, .. } => {
                let why = match (path.as_str(), context) {
                    (journey::path::UNREACHABLE, _) => told::PAST_NOT_SENT.into(),
                    (journey::path::FAILED, _) => told::PAST_NO_ANSWER.into(),
                    (_, Some(of)) => told::PAST_CONTEXT.with([("context", of.as_str().into())]),
                    _ => why(one),
                };
                run.steps.push(came(step, at, Some(path.to_string()), why));
            }
            What::Exited { reason, detail, .. } => {
                let (reason, detail) = (reason.to_string(), detail.as_ref().map(Text::to_string));
                run.exit = Some(RunExit { at, reason, detail, detail_code: None });
            }
        }
    }
    run
}
