//! Whether a user is in a segment at the instant of a decision, by their own history as it is then.

use std::sync::Arc;

use engine::journey::answer::is_answer;
use engine::outreach::{Candidate, Trigger};
use history::Needs;
use model::{Event, Text, Timestamp, UserIndex};
use segment::Predicate;
use segment::evaluate::{Context, NoPopulation, UserEvent, holds};

use super::Writer;
use crate::journeys::compile::campaign_id;
use crate::outreach::Ready;

impl Writer {
    /// Whether a triggered candidate is in the audience at this instant, and whoever is sent a message by a step
    /// still waits there. Runs have asked before.
    pub(super) fn qualifies(
        &mut self,
        ready: &Ready,
        candidate: &Candidate,
        now: Timestamp,
    ) -> bool {
        if !self.reaching.going.awaits(candidate) {
            return false;
        }
        let triggered = !matches!(ready.campaign.trigger, Trigger::Named);
        let Some(audience) = ready.audience.as_ref().filter(|_| triggered) else { return true };
        self.is_in(audience, candidate.user, now).unwrap_or_else(|error| {
            tracing::error!(%error, "a history cannot be read; a message is not sent");
            false
        })
    }

    /// Which of the segments that a message names a user is in. One that is gone since, or cannot be read,
    /// is left out: the template finds nothing.
    pub(in crate::workspace::writer) fn memberships(
        &mut self,
        ready: &Ready,
        user: UserIndex,
        now: Timestamp,
    ) -> Vec<(Text, bool)> {
        let mut found = Vec::with_capacity(ready.segments.len());
        for id in &ready.segments {
            let Some(segment) = self.watching.rules().segments.get(id).cloned() else { continue };
            match self.is_in(&segment, user, now) {
                Ok(member) => found.push((id.clone(), member)),
                Err(error) => tracing::error!(%error, "a history cannot be read for a message"),
            }
        }
        found
    }

    /// The latest answers of a run, as of an instant, that its message names.
    pub(in crate::workspace::writer) fn answers(
        &mut self,
        ready: &Ready,
        candidate: &Candidate,
        at: Timestamp,
    ) -> Vec<(Text, Arc<Event>)> {
        let Some((journey, _)) = candidate.campaign.split_once('/') else { return Vec::new() };
        if ready.answers.is_empty() {
            return Vec::new();
        }
        let events = match self.store.history_of(candidate.user) {
            Ok(history) => history.events,
            Err(error) => {
                tracing::error!(%error, "a history cannot be read for a message");
                return Vec::new();
            }
        };
        let mut found = Vec::with_capacity(ready.answers.len());
        for step in &ready.answers {
            let campaign = campaign_id(journey, step);
            let own = |event: &&UserEvent| {
                let of = (event.name.as_str(), event.properties.as_slice());
                event.time <= at && is_answer(of, &campaign, &candidate.run)
            };
            found.extend(events.iter().rev().find(own).map(|event| {
                let UserEvent { name, time, id, properties, .. } = event.clone();
                (step.clone(), Arc::new(Event { name, time, id, properties }))
            }));
        }
        found
    }

    pub(in crate::workspace::writer) fn is_in(
        &mut self,
        predicate: &Predicate,
        user: UserIndex,
        now: Timestamp,
    ) -> Result<bool, history::Error> {
        let rules = self.watching.rules().clone();
        let needs = Needs::of(&[predicate], &rules);
        let history = self.store.history_for(&[user], &needs, (now, now))?;
        let context = Context { rules: &rules, population: &NoPopulation };
        Ok(holds(predicate, &history, now, &context))
    }
}
