//! Rules of the graph of a journey: every way leads to a step that is there, every step can be come to, and
//! nobody runs in a circle without time going by.

use std::collections::{BTreeMap, BTreeSet};

use model::Span;
use wire::api::{JourneyStep, StepAction};

use super::Check;
use crate::sentences::{check as says, hints};

/// Steps of a journey at most.
pub(super) const STEPS_MAX: usize = 200;

/// A way out of a step.
pub(in crate::service::journeys) struct Way<'a> {
    /// The field that says where it leads, with its place in the step.
    pub field: String,
    /// The step that it leads to; nothing: the journey is completed.
    pub to: Option<&'a str>,
    /// Nobody goes it without time going by, or something new happening.
    pub takes_time: bool,
}

/// All ways out of a step.
pub(in crate::service::journeys) fn ways(step: &JourneyStep) -> Vec<Way<'_>> {
    fn way<'a>(field: &str, to: Option<&'a String>, takes_time: bool) -> Way<'a> {
        Way { field: field.to_owned(), to: to.map(String::as_str), takes_time }
    }
    let next = |takes_time| way("next", step.next.as_ref(), takes_time);
    match &step.action {
        StepAction::Wait { how_long, until, missing, .. } => {
            let long = how_long.as_deref().and_then(|text| Span::parse(text).ok());
            // A date may have passed, also one in an attribute.
            let takes_time = long.is_some_and(|span| span.0 > 0) || until.is_some();
            vec![next(takes_time), way("do.missing", missing.as_ref(), false)]
        }
        StepAction::WaitFor { any, otherwise, since, .. } => {
            // With `since`, what happened before lets people go at once.
            let new = since.is_none();
            let paths = any.iter().enumerate();
            let paths =
                paths.map(|(n, path)| way(&format!("do.any.{n}.next"), path.next.as_ref(), new));
            paths.chain([way("do.otherwise", otherwise.as_ref(), true)]).collect()
        }
        StepAction::Split { paths, otherwise } => {
            let paths = paths.iter().enumerate();
            let paths = paths
                .map(|(n, path)| way(&format!("do.paths.{n}.next"), path.next.as_ref(), false));
            paths.chain([way("do.otherwise", otherwise.as_ref(), false)]).collect()
        }
        StepAction::Random { paths, .. } | StepAction::Learn { paths, .. } => {
            let paths = paths.iter().enumerate();
            let paths = paths
                .map(|(n, path)| way(&format!("do.paths.{n}.next"), path.next.as_ref(), false));
            paths.collect()
        }
        StepAction::Message { unreachable, .. } | StepAction::BestChannel { unreachable, .. } => {
            vec![next(false), way("do.unreachable", unreachable.as_ref(), false)]
        }
        StepAction::Webhook { failed, .. } => {
            // A server that answers at once lets people round a circle as fast as it can.
            vec![next(false), way("do.failed", failed.as_ref(), false)]
        }
        StepAction::Update { .. } | StepAction::Emit { .. } | StepAction::Journey { .. } => {
            vec![next(false)]
        }
        StepAction::Exit { .. } => Vec::new(),
    }
}

/// Whether the step goes on by `next`.
fn has_next(action: &StepAction) -> bool {
    !matches!(
        action,
        StepAction::WaitFor { .. }
            | StepAction::Split { .. }
            | StepAction::Random { .. }
            | StepAction::Learn { .. }
            | StepAction::Exit { .. }
    )
}

impl Check<'_> {
    pub(super) fn graph(&mut self) {
        let steps = &self.input.steps;
        if steps.is_empty() || steps.len() > STEPS_MAX {
            let message = says::STEPS.with([("n", steps.len().into())]);
            let hint = hints::FROM_TO.with([("least", 1.into()), ("most", STEPS_MAX.into())]);
            self.error("steps", "steps", message, hint);
            return;
        }
        self.unique("steps", steps.iter().map(|step| step.id.as_str()));
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (n, step) in steps.iter().enumerate() {
            known.entry(step.id.as_str()).or_insert(n);
        }
        let mut all: Vec<Vec<(usize, bool)>> = Vec::with_capacity(steps.len());
        for step in steps {
            let mut own = Vec::new();
            for way in ways(step) {
                let Some(to) = way.to else { continue };
                match known.get(to) {
                    Some(at) => own.push((*at, way.takes_time)),
                    None => self.no_step(&format!("{} {}", step.id, way.field), to),
                }
            }
            if step.next.is_some() && !has_next(&step.action) {
                let place = format!("{} next", step.id);
                self.error("next", &place, says::OWN_PATHS, hints::LEAVE_OUT);
            }
            all.push(own);
        }
        self.reached(&all);
        self.circles(&all);
    }

    /// Steps that nobody comes to.
    fn reached(&mut self, all: &[Vec<(usize, bool)>]) {
        let (mut seen, mut open) = (vec![false; all.len()], vec![0]);
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                open.extend(all[at].iter().map(|(to, _)| *to));
            }
        }
        for (step, _) in self.input.steps.iter().zip(seen).filter(|(_, seen)| !seen) {
            self.warn("unreached", &step.id, says::UNREACHED, hints::LEAD_TO);
        }
    }

    /// Circles of ways that take no time: whoever is in one would go round for ever in one instant.
    fn circles(&mut self, all: &[Vec<(usize, bool)>]) {
        let quick = |at: usize| all[at].iter().filter(|(_, time)| !time).map(|(to, _)| *to);
        // Steps from which nothing quick leads on, or only to such steps, are in no circle.
        let mut left: BTreeSet<usize> = (0..all.len()).collect();
        loop {
            let out = |at: &usize| !quick(*at).any(|to| left.contains(&to));
            let done: Vec<usize> = left.iter().copied().filter(out).collect();
            if done.is_empty() {
                break;
            }
            done.iter().for_each(|at| _ = left.remove(at));
        }
        // Of the rest, each circle once: following any way that stays, one comes round.
        while let Some(start) = left.first().copied() {
            let (mut path, mut at) = (Vec::new(), start);
            while !path.contains(&at) {
                path.push(at);
                match quick(at).find(|to| left.contains(to)) {
                    Some(to) => at = to,
                    None => break,
                }
            }
            let from = path.iter().position(|own| *own == at).unwrap_or(0);
            let closes = quick(path[path.len() - 1]).any(|to| to == at);
            if closes {
                let ids: Vec<&str> =
                    path[from..].iter().map(|at| self.input.steps[*at].id.as_str()).collect();
                let message = says::CIRCLE.with([("steps", ids.join(" → ").into())]);
                let place = ids[0].to_owned();
                self.error("circle", &place, message, hints::PUT_WAIT);
            }
            path.iter().for_each(|at| _ = left.remove(at));
        }
    }
}
