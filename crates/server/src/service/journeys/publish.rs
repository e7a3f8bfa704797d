//! What is edited becomes what happens: reviewed and published, paused, gone on with, stopped.
//!
//! Invariant: for every step of an earlier version it is written down with the new one where those go who wait
//! there, also where nobody waited when it was published.

use std::collections::BTreeMap;

use wire::api::{
    ContentProblem, Journey, JourneyInput, JourneyReview, JourneyStatus, JourneyStep, Problem,
    PublishInput, StepAction, StepMove, StepReview,
};

use super::super::{Service, settings};
use super::{read, read_version, stored, version, word};
use crate::config::journeys::{SavedJourney, SavedVersion};
use crate::failure::Failure;
use crate::sentences::{Said, told};

/// The steps of all versions that were published: how each was last, in order.
pub(super) struct Earlier(pub(super) Vec<JourneyStep>);

impl Earlier {
    /// Of versions, oldest first; those of the newest come first.
    pub(super) fn of(versions: &[JourneyInput]) -> Earlier {
        let mut steps: Vec<JourneyStep> = Vec::new();
        for step in versions.iter().rev().flat_map(|version| &version.steps) {
            if !steps.iter().any(|own| own.id == step.id) {
                steps.push(step.clone());
            }
        }
        Earlier(steps)
    }

    fn step(&self, id: &str) -> Option<&JourneyStep> {
        self.0.iter().find(|step| step.id == id)
    }
}

impl Service {
    /// What would become of whoever is in if what is edited were published.
    pub fn review_journey(&self, id: &str) -> Result<JourneyReview, Failure> {
        let saved = self.saved_journey(id)?;
        let input = read(&saved)?;
        let versions = self.published_inputs(id)?;
        let earlier = Earlier::of(&versions);
        let waiting = self.waiting_by_step(id)?;
        let mut steps = Vec::new();
        for step in &earlier.0 {
            let Some(n) = waiting.get(step.id.as_str()).filter(|n| **n > 0) else { continue };
            let (proposed, why) = proposed(step, &input);
            let name = super::name_of(step);
            steps.push(StepReview {
                step: step.id.clone(),
                name,
                waiting: *n,
                proposed,
                why: why.text,
                why_code: why.code,
            });
        }
        let latest: &[JourneyStep] = versions.last().map_or(&[], |version| &version.steps);
        let ids = |steps: &[JourneyStep], not_in: &[JourneyStep]| -> Vec<String> {
            let new = |step: &&JourneyStep| !not_in.iter().any(|own| own.id == step.id);
            steps.iter().filter(new).map(|step| step.id.clone()).collect()
        };
        let normal =
            |step: &JourneyStep| self.normal_step(step.clone()).unwrap_or_else(|_| step.clone());
        let changed = input
            .steps
            .iter()
            .filter(|step| latest.iter().any(|own| own.id == step.id && *own != normal(step)));
        Ok(JourneyReview {
            version: version(&saved.definition),
            steps,
            added: ids(&input.steps, latest),
            removed: ids(latest, &input.steps),
            changed: changed.map(|step| step.id.clone()).collect(),
        })
    }

    /// Publishes what is edited: from now on whoever comes in goes through it. A draft and a stopped journey
    /// are started by that; one that is paused stays so.
    pub fn publish_journey(&self, id: &str, wish: &PublishInput) -> Result<Journey, Failure> {
        let _changing = self.changing_campaigns();
        let mut saved = self.saved_journey(id)?;
        let input = read(&saved)?;
        let edited = version(&saved.definition);
        if wish.version.as_ref().is_some_and(|looked_at| *looked_at != edited) {
            let message = format!("the journey is another one now: version {edited}");
            return Err(Failure::new(409, "journey.changed", message)
                .hint("look at its review again, and publish the version that it says then"));
        }
        self.check_publish(&saved, &input, wish)?;
        let before = self.workspace.config().journey_versions(id)?;
        let was = super::status(&saved.status);
        let runs = matches!(was, JourneyStatus::Running | JourneyStatus::Paused);
        let same = before.last().is_some_and(|latest| latest.version == edited);
        if same && runs && wish.moves.is_empty() {
            return self.shown_journey(saved);
        }
        let moves = self.resolved_moves(id, &input, &wish.moves)?;
        let now = self.workspace.now();
        let published = SavedVersion {
            journey: id.to_owned(),
            number: before.last().map_or(1, |latest| latest.number + 1),
            definition: stored(&self.normal(input)?)?,
            version: edited,
            published_at: now,
            published_by: self.who(),
            moves: serde_json::to_string(&moves)
                .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?,
        };
        if was != JourneyStatus::Paused {
            saved.status = word(JourneyStatus::Running).to_owned();
        }
        saved.started_at = saved.started_at.or(Some(now));
        if !runs {
            saved.open_since = Some(now);
        }
        saved.updated_at = now;
        self.workspace.config().put_journey(&saved, Some(&published))?;
        self.outreach_changed()?;
        self.shown_journey(saved)
    }

    /// Nobody comes in, and whoever is in keeps their place.
    pub fn pause_journey(&self, id: &str) -> Result<Journey, Failure> {
        self.turn_journey(id, &[JourneyStatus::Running], JourneyStatus::Paused)
    }

    /// A paused journey goes on.
    pub fn resume_journey(&self, id: &str) -> Result<Journey, Failure> {
        self.turn_journey(id, &[JourneyStatus::Paused], JourneyStatus::Running)
    }

    /// Whoever is in is out.
    pub fn stop_journey(&self, id: &str) -> Result<Journey, Failure> {
        let from = [JourneyStatus::Running, JourneyStatus::Paused];
        self.turn_journey(id, &from, JourneyStatus::Stopped)
    }

    fn turn_journey(
        &self,
        id: &str,
        from: &[JourneyStatus],
        to: JourneyStatus,
    ) -> Result<Journey, Failure> {
        let _changing = self.changing_campaigns();
        let mut saved = self.saved_journey(id)?;
        if !from.contains(&super::status(&saved.status)) {
            let message = format!("a journey that is {} cannot become {}", saved.status, word(to));
            return Err(Failure::new(409, "journey.status", message).hint(
                "drafts and stopped ones are published; running ones paused or stopped; paused ones resumed \
                 or stopped",
            ));
        }
        saved.status = word(to).to_owned();
        saved.updated_at = self.workspace.now();
        if to == JourneyStatus::Running {
            saved.open_since = Some(saved.updated_at);
        }
        self.workspace.config().put_journey(&saved, None)?;
        self.outreach_changed()?;
        self.shown_journey(saved)
    }

    /// Refuses to publish what has errors, what cannot happen here, or what nobody else looked at where that is
    /// asked for.
    fn check_publish(
        &self,
        saved: &SavedJourney,
        input: &JourneyInput,
        wish: &PublishInput,
    ) -> Result<(), Failure> {
        let demo = self.workspace.config().setting(settings::NOW)?;
        if demo.as_deref() == Some(settings::NOW_LAST_EVENT) {
            let message = "nothing happens live here: now is the time of the last event";
            return Err(Failure::new(409, "journey.not_live", message)
                .hint("serve a directory whose now is the clock"));
        }
        let errors: Vec<ContentProblem> = self.journey_problems(input, Some(&saved.id))?;
        let errors: Vec<ContentProblem> = errors.into_iter().filter(|of| of.error).collect();
        if let Some(first) = errors.first() {
            let message = format!("{}: {}", first.place, first.message);
            let more = errors.len() - 1;
            let message = if more == 0 { message } else { format!("{message}, and {more} more") };
            return Err(Failure::unprocessable("journey.invalid", message)
                .hint(first.hint.clone())
                .problems(errors.into_iter().map(problem).collect()));
        }
        if !self.contact_policy()?.approval {
            return Ok(());
        }
        let who = self.who();
        let did = match (saved.created_by == who, saved.edited_by == who) {
            (true, _) => "made",
            (false, true) => "last changed",
            (false, false) if wish.version.is_none() => {
                let message =
                    "where messages need approval, the version that was looked at is named";
                return Err(Failure::new(409, "journey.approval_missing", message)
                    .hint("send its `version`, as its review says it"));
            }
            (false, false) => return Ok(()),
        };
        let message = format!("whoever {did} a journey cannot publish it, and you did");
        Err(Failure::new(403, "journey.own_publish", message).hint(format!(
            "somebody else publishes it, with an admin key of their own{}",
            self.keyless()
        )))
    }

    /// Where those go who wait at any step of an earlier version.
    fn resolved_moves(
        &self,
        id: &str,
        input: &JourneyInput,
        wished: &BTreeMap<String, StepMove>,
    ) -> Result<BTreeMap<String, StepMove>, Failure> {
        let earlier = Earlier::of(&self.published_inputs(id)?);
        let there = |id: &str| input.steps.iter().any(|step| step.id == id);
        for (step, to) in wished {
            if earlier.step(step).is_none() {
                let message = format!("`moves`: no earlier version has a step \"{step}\"");
                return Err(Failure::unprocessable("journey.moves", message)
                    .hint("its review names the steps at which somebody waits"));
            }
            if let StepMove::To { step: to } = to
                && !there(to)
            {
                let message = format!("`moves.{step}`: the new version has no step \"{to}\"");
                return Err(Failure::unprocessable("journey.moves", message)
                    .hint("name a step of it, or write finish or exit"));
            }
        }
        let chosen = |step: &JourneyStep| {
            let own = wished.get(&step.id).cloned();
            (step.id.clone(), own.unwrap_or_else(|| proposed(step, input).0))
        };
        Ok(earlier.0.iter().map(chosen).collect())
    }

    /// All versions that were published, oldest first.
    pub(super) fn published_inputs(&self, id: &str) -> Result<Vec<JourneyInput>, Failure> {
        self.workspace.config().journey_versions(id)?.iter().map(read_version).collect()
    }

    /// The same with its conditions in the JSON form.
    fn normal(&self, input: JourneyInput) -> Result<JourneyInput, Failure> {
        let audience = input.audience.as_ref().map(|of| self.segment_json(of)).transpose()?;
        let steps = input.steps.into_iter().map(|step| self.normal_step(step));
        let steps = steps.collect::<Result<_, _>>()?;
        Ok(JourneyInput { audience, steps, ..input })
    }

    fn normal_step(&self, mut step: JourneyStep) -> Result<JourneyStep, Failure> {
        if let StepAction::Split { paths, .. } = &mut step.action {
            for path in paths {
                if let Some(segment) = &mut path.segment {
                    *segment = self.segment_json(segment)?;
                }
            }
        }
        Ok(step)
    }
}

/// Where those go who wait at a step of an earlier version unless something else is chosen, and why.
fn proposed(step: &JourneyStep, input: &JourneyInput) -> (StepMove, Said) {
    match input.steps.iter().find(|own| own.id == step.id) {
        Some(own) => {
            let same = own.action == step.action;
            let why = match same {
                true => told::SAME_STEP,
                false => told::CHANGED_STEP,
            };
            (StepMove::To { step: step.id.clone() }, why.into())
        }
        None => (StepMove::Finish, told::GONE_STEP.into()),
    }
}

fn problem(of: ContentProblem) -> Problem {
    Problem {
        code: of.code,
        severity: "error".to_owned(),
        message: of.message,
        hint: Some(of.hint).filter(|hint| !hint.is_empty()),
        path: Some(of.place),
        ..Problem::default()
    }
}
