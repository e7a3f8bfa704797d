//! What campaigns and journeys that go name, so that nobody takes it away from under them.
//!
//! What it is: a walk through their definitions. Drafts, and what was stopped or has ended, hold nothing: they are
//! checked again before they go. What it is not: what definitions of segments and lifecycles name of each other is
//! known to `segments`.

use std::collections::BTreeSet;

use ::history::journeys::{Wish, positions};
use model::Text;
use segment::Predicate;
use serde_json::Value as Json;
use wire::api::{
    CampaignInput, CampaignStatus, Happening, JourneyInput, JourneyStatus, LearningContext,
    StepAction, Trigger,
};

use super::journeys::check::step_campaign;
use super::{Service, campaigns, definitions, frameworks, journeys, rules};
use crate::failure::Failure;
use crate::outreach::content::Contents;

/// Names that a refusal lists.
const LISTED: usize = 10;

/// Something that is named, by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Segment(String),
    /// A lifecycle by its key.
    Lifecycle(String),
    /// A state of a lifecycle.
    State(String, String),
    Topic(String),
    Provider(String),
    Catalog(String),
    Journey(String),
}

/// What was found in a definition.
type Named = BTreeSet<Thing>;

impl Service {
    /// Refuses to take something away that somebody names: `others` as well as whatever goes and names one of
    /// `things`.
    pub(super) fn refuse_used(
        &self,
        (code, what): (&str, &str),
        things: &[Thing],
        others: Vec<String>,
    ) -> Result<(), Failure> {
        if things.is_empty() {
            return Ok(());
        }
        let mut users = others;
        users.extend(self.users_of(things)?);
        let more = users.len().saturating_sub(LISTED);
        users.truncate(LISTED);
        let mut listed = users.join(", ");
        if listed.is_empty() {
            return Ok(());
        }
        if more > 0 {
            listed.push_str(&format!(" and {more} more"));
        }
        Err(Failure::new(409, code, format!("{what} is used by {listed}"))
            .hint("change or stop what uses it first; drafts hold nothing"))
    }

    /// In words, the campaigns and journeys that go and name one of some things.
    fn users_of(&self, things: &[Thing]) -> Result<Vec<String>, Failure> {
        let names = |named: &Named| things.iter().any(|thing| named.contains(thing));
        let (config, mut users) = (self.workspace.config(), Vec::new());
        for saved in config.campaigns()? {
            use CampaignStatus::{Paused, Running, Scheduled};
            let goes = matches!(campaigns::status(&saved.status), Scheduled | Running | Paused);
            let input: Option<CampaignInput> = serde_json::from_str(&saved.definition).ok();
            if goes && input.is_some_and(|input| names(&of_campaign(&input))) {
                users.push(format!("the campaign \"{}\"", saved.name));
            }
        }
        for saved in config.journeys()? {
            let status = journeys::status(&saved.status);
            if !matches!(status, JourneyStatus::Running | JourneyStatus::Paused) {
                continue;
            }
            let mut naming: Vec<u32> = Vec::new();
            let versions = config.journey_versions(&saved.id)?;
            let latest = versions.last().map(|version| version.number);
            for version in &versions {
                let input = journeys::read_version(version)?;
                naming.extend(names(&of_journey(&input)).then_some(version.number));
            }
            // Whoever came in by an earlier version may still go on by it.
            let used = match naming.last() {
                None => false,
                last if last == latest.as_ref() => true,
                Some(_) => {
                    let view = self.view(Some(&self.workspace.now().to_string()), None)?;
                    let waiting = positions(&view.evaluator(), Wish::of(&saved.id), None)?;
                    waiting.iter().any(|own| naming.contains(&own.version))
                }
            };
            if used {
                users.push(format!("the journey \"{}\"", saved.name));
            }
        }
        Ok(users)
    }
}

/// States of a lifecycle that are there no more.
pub(super) fn states_gone<'a>(
    lifecycle: &str,
    before: impl Iterator<Item = &'a Text>,
    after: &[&str],
) -> Vec<Thing> {
    let gone = before.filter(|key| !after.contains(&key.as_str()));
    gone.map(|key| Thing::State(lifecycle.to_owned(), key.to_string())).collect()
}

/// What a definition names.
pub(super) fn of_predicate(predicate: &Predicate) -> Named {
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => of.iter().flat_map(of_predicate).collect(),
        Predicate::Not(of) => of_predicate(of),
        Predicate::Segment(id) => Named::from([Thing::Segment(id.to_string())]),
        Predicate::Lifecycle(of) => {
            of.is.iter().chain(&of.was).map(|key| state(None, key)).collect()
        }
        _ => Named::new(),
    }
}

fn state(lifecycle: Option<&str>, key: &str) -> Thing {
    Thing::State(lifecycle.unwrap_or(frameworks::DEFAULT).to_owned(), key.to_owned())
}

/// A segment by its id, or a definition in either form.
fn of_segment(written: &Json) -> Named {
    match written {
        Json::String(id) if rules::check_key("segment", id).is_ok() => {
            Named::from([Thing::Segment(id.clone())])
        }
        Json::String(text) => of_predicate(&wire::definition::read(text).0),
        json => definitions::stored(json).map_or_else(|_| Named::new(), |of| of_predicate(&of)),
    }
}

fn of_states<'a>(
    lifecycle: Option<&str>,
    states: impl Iterator<Item = &'a String>,
    named: &mut Named,
) {
    named.insert(Thing::Lifecycle(lifecycle.unwrap_or(frameworks::DEFAULT).to_owned()));
    named.extend(states.map(|key| state(lifecycle, key)));
}

fn of_trigger(trigger: &Trigger, named: &mut Named) {
    match trigger {
        Trigger::Enters { segment } | Trigger::Leaves { segment } => {
            named.insert(Thing::Segment(segment.clone()));
        }
        Trigger::State { lifecycle, from, to } => {
            of_states(lifecycle.as_deref(), from.iter().chain(to), named);
        }
        _ => {}
    }
}

fn of_happening(when: &Happening, named: &mut Named) {
    match when {
        Happening::Enters { segment } | Happening::Leaves { segment } => {
            named.insert(Thing::Segment(segment.clone()));
        }
        Happening::State { lifecycle, from, to } => {
            of_states(lifecycle.as_deref(), from.iter().chain(to), named);
        }
        _ => {}
    }
}

fn of_campaign(input: &CampaignInput) -> Named {
    let mut named: Named = input.audience.iter().flat_map(of_segment).collect();
    of_trigger(&input.trigger, &mut named);
    named.extend(input.topic.clone().map(Thing::Topic));
    named.extend(input.provider.clone().map(Thing::Provider));
    let (contents, _) = Contents::compile(input);
    let segments = contents.segments().unwrap_or_default();
    named.extend(segments.iter().map(|id| Thing::Segment(id.to_string())));
    named.extend(contents.catalogs().iter().map(|name| Thing::Catalog(name.to_string())));
    named
}

fn of_journey(input: &JourneyInput) -> Named {
    let mut named: Named = input.audience.iter().flat_map(of_segment).collect();
    of_trigger(&input.entry, &mut named);
    let goals = input.goals.iter().map(|goal| &goal.when);
    goals.chain(&input.exits).for_each(|when| of_happening(when, &mut named));
    for step in &input.steps {
        match &step.action {
            StepAction::WaitFor { any, .. } => {
                any.iter().for_each(|path| of_happening(&path.when, &mut named));
            }
            StepAction::Split { paths, .. } => {
                named.extend(paths.iter().flat_map(|path| &path.segment).flat_map(of_segment));
            }
            StepAction::Learn { context: Some(context), .. } => match context {
                LearningContext::State { lifecycle, states } => {
                    of_states(lifecycle.as_deref(), states.iter(), &mut named);
                }
                LearningContext::Segments { segments } => {
                    named.extend(segments.iter().cloned().map(Thing::Segment));
                }
                LearningContext::Attribute { .. } => {}
            },
            StepAction::Message { message, .. } | StepAction::Webhook { message, .. } => {
                named.extend(of_campaign(&step_campaign(input, &step.id, message)));
            }
            StepAction::BestChannel { messages, .. } => {
                let campaign = |message| of_campaign(&step_campaign(input, &step.id, message));
                named.extend(messages.iter().flat_map(campaign));
            }
            StepAction::Journey { journey } => _ = named.insert(Thing::Journey(journey.clone())),
            _ => {}
        }
    }
    named
}
