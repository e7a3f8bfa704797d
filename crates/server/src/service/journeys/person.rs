//! The paths of one user through journeys, step by step, with what brought each about in words.
//!
//! What it is: reading what was told of runs. What it is not: it decides nothing anew; where something is gone
//! that was there then (an event, a version), the words say less.

use std::collections::BTreeMap;

use ::history::journeys::{property, runs_of};
use model::journey::{
    self, CAUSE, CONTEXT, ENTERED, EXITED, FROM, HELD_OUT, JOURNEY, PATH, STEP, VERSION,
};
use model::outreach::{
    ANSWERED, CAMPAIGN, FAILED, GROUP, QUEUED, REASON, STATUS, UNREAD, WITHHELD,
};
use model::{EventId, Span, Timestamp, Value};
use segment::evaluate::UserEvent;
use wire::api::{
    Happening, JourneyInput, JourneyRun, JourneyRunList, JourneyStep, RunExit, RunStep, Sentence,
    StepAction, Trigger,
};

use super::super::Service;
use super::{name_of, read_version};
use crate::config::journeys::SavedVersion;
use crate::failure::Failure;
use crate::sentences::{Phrase, Said, told};

/// Runs that are shown.
const RUNS_SHOWN: usize = 100;

/// What is known of a journey.
#[derive(Default)]
struct Known {
    name: Option<String>,
    versions: Vec<(SavedVersion, JourneyInput)>,
}

impl Known {
    fn version(&self, number: u32) -> Option<&JourneyInput> {
        let found = self.versions.iter().find(|(saved, _)| saved.number == number);
        found.map(|(_, input)| input)
    }

    /// The version that was published at an instant.
    fn published(&self, at: Timestamp) -> Option<&SavedVersion> {
        let saved = self.versions.iter().map(|(saved, _)| saved);
        saved.rev().find(|saved| saved.published_at <= at)
    }

    fn step(&self, number: u32, id: &str) -> Option<&JourneyStep> {
        self.version(number)?.steps.iter().find(|step| step.id == id)
    }
}

/// Everything that happened to a user, for looking up what brought something about.
struct Past {
    events: Vec<UserEvent>,
}

impl Past {
    /// The event of an id, in words.
    fn event(&self, id: EventId) -> Option<Said> {
        let found = self.events.iter().find(|event| event.id == id);
        found.map(|event| happened(&event.name, event.time))
    }

    /// What became of the latest message of a step up to an instant, in words.
    fn message(&self, journey: &str, step: &str, until: Timestamp) -> Option<Said> {
        let whole = format!("{journey}/{step}");
        let own = |event: &&UserEvent| {
            let names = [model::outreach::HELD_OUT, WITHHELD, QUEUED, FAILED];
            let campaign = text(event, CAMPAIGN).unwrap_or_default();
            let of_step = campaign.strip_prefix(&whole);
            event.time <= until
                && names.contains(&event.name.as_str())
                && of_step.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let event = self.events.iter().rev().find(own)?;
        let of = |name: &str| text(event, name).unwrap_or_default();
        Some(match event.name.as_str() {
            WITHHELD => told::WITHHELD.with([("reason", of(REASON).into())]),
            FAILED => told::FAILED.with([("reason", of(model::outreach::CODE).into())]),
            QUEUED => told::QUEUED.into(),
            _ => told::HELD_OUT.with([("group", of(GROUP).into())]),
        })
    }
}

impl Service {
    /// The runs of one user, newest first.
    pub fn user_journeys(&self, id: &str) -> Result<JourneyRunList, Failure> {
        let (user, _) = self.known(id)?;
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let runs = runs_of(&view.snapshot, user, view.at)?;
        let events = view.snapshot.events_of(user)?.into_iter().map(|stored| stored.event);
        let past = Past { events: events.filter(|event| event.time <= view.at).collect() };
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        let mut shown = Vec::new();
        for (run, events) in runs.into_iter().rev().take(RUNS_SHOWN) {
            let Some(journey) = events.iter().find_map(|event| text(event, JOURNEY)) else {
                continue;
            };
            if !known.contains_key(&journey) {
                known.insert(journey.clone(), self.known_journey(&journey)?);
            }
            let of = &known[&journey];
            let mut own = shown_run(run, &journey, &events, (of, &past));
            let seen = |text: String, code: &mut Option<Sentence>| {
                let seen = view.sight.said(text.clone());
                code.take_if(|_| seen != text);
                seen
            };
            own.steps.iter_mut().for_each(|step| {
                step.why = seen(std::mem::take(&mut step.why), &mut step.why_code);
            });
            if let Some(exit) = &mut own.exit {
                let detail = exit.detail.take();
                exit.detail = detail.map(|detail| seen(detail, &mut exit.detail_code));
            }
            shown.push(own);
        }
        Ok(JourneyRunList { runs: shown })
    }

    fn known_journey(&self, id: &str) -> Result<Known, Failure> {
        let config = self.workspace.config();
        let name = config.journey(id)?.map(|saved| saved.name);
        let versions = config.journey_versions(id)?.into_iter();
        let versions = versions.map(|saved| Ok((read_version(&saved)?, saved)));
        let versions =
            versions.map(|both: Result<_, Failure>| both.map(|(input, saved)| (saved, input)));
        Ok(Known { name, versions: versions.collect::<Result<_, _>>()? })
    }
}

fn shown_run(
    run: EventId,
    journey: &str,
    events: &[UserEvent],
    (known, past): (&Known, &Past),
) -> JourneyRun {
    let began = events.first().map_or(Timestamp::MIN, |event| event.time);
    let published = || known.published(began).map_or(0, |saved| saved.number);
    let mut own = JourneyRun {
        journey: journey.to_owned(),
        name: known.name.clone().unwrap_or_else(|| journey.to_owned()),
        run: run.to_string(),
        entered_at: began.to_string(),
        version: events.first().and_then(version).unwrap_or_else(published),
        held_out: None,
        steps: Vec::new(),
        exit: None,
        due_at: None,
    };
    // When they came to the step at which they are.
    let mut since = began;
    for event in events {
        let why = Why { journey, event, known, past, since, version: own.version };
        match event.name.as_str() {
            HELD_OUT => own.held_out = Some(text(event, GROUP).unwrap_or_default()),
            EXITED => {
                let left = why.left();
                own.exit = Some(RunExit {
                    at: event.time.to_string(),
                    reason: text(event, REASON).unwrap_or_default(),
                    detail: left.as_ref().map(|said| said.text.clone()),
                    detail_code: left.and_then(|said| said.code),
                });
            }
            name => {
                let entered = name == ENTERED;
                let said = if entered { why.came_in() } else { why.went() };
                own.steps.push(RunStep {
                    step: text(event, STEP).unwrap_or_default(),
                    at: event.time.to_string(),
                    path: text(event, PATH).filter(|_| !entered),
                    why: said.text,
                    why_code: said.code,
                });
            }
        }
        own.version = version(event).unwrap_or(own.version);
        since = event.time;
    }
    if own.exit.is_none()
        && let Some(last) = own.steps.last()
    {
        own.due_at = due(known, own.version, &last.step, (began, since)).map(|at| at.to_string());
    }
    own
}

/// Until when somebody waits at a step at most, as far as that follows from the step alone: not of local times,
/// dates and attributes.
fn due(
    known: &Known,
    version: u32,
    step: &str,
    (began, since): (Timestamp, Timestamp),
) -> Option<Timestamp> {
    let input = known.version(version)?;
    let at = match &known.step(version, step)?.action {
        StepAction::Wait { how_long: Some(text), until: None, .. } => {
            since.plus(Span::parse(text).ok()?)
        }
        StepAction::WaitFor { within, .. } | StepAction::Webhook { within, .. } => {
            since.plus(Span::parse(within).ok()?)
        }
        _ => return None,
    };
    let timeout = input.timeout.as_deref().unwrap_or(super::TIMEOUT);
    Some(at.min(began.plus(Span::parse(timeout).ok()?)))
}

/// What brought one event of a run about.
struct Why<'a> {
    journey: &'a str,
    event: &'a UserEvent,
    known: &'a Known,
    past: &'a Past,
    since: Timestamp,
    version: u32,
}

impl Why<'_> {
    /// What is known of the cause: an event of the user.
    fn cause(&self) -> Option<Said> {
        self.past.event(EventId::of(&text(self.event, CAUSE)?))
    }

    /// How somebody came in.
    fn came_in(&self) -> Said {
        if let Some(cause) = self.cause() {
            return cause;
        }
        let version = version(self.event).unwrap_or(self.version);
        match self.known.version(version).map(|input| &input.entry) {
            Some(Trigger::Event { .. }) => told::EVENT_GONE.into(),
            Some(Trigger::Enters { segment }) => entered(segment),
            Some(Trigger::Leaves { segment }) => left(segment),
            Some(Trigger::State { to, .. }) => state(to),
            Some(Trigger::Api) => told::LET_IN.into(),
            Some(_) => told::DATE.into(),
            None => told::CAME_IN.into(),
        }
    }

    /// Why somebody went on.
    fn went(&self) -> Said {
        let path = text(self.event, PATH).unwrap_or_default();
        if path == journey::path::PUBLISHED {
            let number = version(self.event).unwrap_or(self.version);
            return told::PUBLISHED.with([("version", number.into())]);
        }
        let from = text(self.event, FROM).unwrap_or_default();
        let Some(step) = self.known.step(self.version, &from) else {
            return self.cause().unwrap_or_else(|| told::BY.with([("path", path.into())]));
        };
        let waited = || told::WAITED.with([("time", (self.event.time.0 - self.since.0).into())]);
        let other = [journey::path::OTHERWISE, journey::path::UNREACHABLE, journey::path::MISSING]
            .contains(&path.as_str());
        let name = super::report::path_name(step, &path);
        match &step.action {
            StepAction::Wait { attribute: Some(attribute), .. } if other => {
                told::NO_INSTANT.with([("attribute", attribute.as_str().into())])
            }
            StepAction::Wait { .. } => waited(),
            StepAction::WaitFor { within, .. } if other => {
                told::NOTHING_WITHIN.with([("within", within.as_str().into())])
            }
            StepAction::WaitFor { any, .. } => self.cause().unwrap_or_else(|| {
                let own = any.iter().find(|own| own.id == path);
                own.map_or_else(|| by(told::NAMED, name), |own| waited_for(&own.when))
            }),
            StepAction::Split { .. } if other => told::NO_CONDITION.into(),
            StepAction::Split { .. } => by(told::CONDITION, name),
            StepAction::Random { .. } => by(told::DRAWN, name),
            StepAction::Learn { .. } => match text(self.event, CONTEXT) {
                None => by(told::DRAWN_LEARNED, name),
                Some(of) => {
                    told::DRAWN_CONTEXT.with([("context", of.into()), ("path", name.into())])
                }
            },
            StepAction::Message { .. } | StepAction::BestChannel { .. } => {
                let told = self.past.message(self.journey, &from, self.event.time);
                told.unwrap_or_else(|| match other {
                    true => told::NO_MESSAGE.into(),
                    false => told::DECIDED.into(),
                })
            }
            StepAction::Webhook { within, .. } => self.answered(&from, within),
            StepAction::Update { .. } => told::CHANGED.into(),
            StepAction::Emit { event, .. } => {
                told::WRITTEN.with([("event", event.as_str().into())])
            }
            StepAction::Journey { journey } => {
                told::LET_INTO.with([("journey", journey.as_str().into())])
            }
            StepAction::Exit { .. } => by(told::NAMED, name),
        }
    }

    /// What became of a webhook.
    fn answered(&self, step: &str, within: &str) -> Said {
        let cause = text(self.event, CAUSE).map(|id| EventId::of(&id));
        let found = cause.and_then(|id| self.past.events.iter().find(|event| event.id == id));
        match found {
            Some(event) if event.name == ANSWERED => {
                let status = match property(event, STATUS) {
                    Some(Value::Int(status)) => *status,
                    _ => 0,
                };
                match text(event, UNREAD) {
                    None => told::ANSWERED.with([("status", status.into())]),
                    Some(word) => told::ANSWERED_UNREAD
                        .with([("status", status.into()), ("why", word.into())]),
                }
            }
            Some(event) => {
                let code = text(event, model::outreach::CODE).unwrap_or_default();
                told::NOT_ANSWERED.with([("reason", code.into())])
            }
            None => match self.past.message(self.journey, step, self.event.time) {
                Some(said) if !said.is(told::QUEUED) => said,
                _ => told::NO_ANSWER.with([("within", within.into())]),
            },
        }
    }

    /// What else there is to say of an exit.
    fn left(&self) -> Option<Said> {
        let reason = text(self.event, REASON).unwrap_or_default();
        let step = text(self.event, FROM);
        let step = step.and_then(|id| self.known.step(self.version, &id).map(name_of).or(Some(id)));
        match reason.as_str() {
            journey::reason::GOAL | journey::reason::EXIT => self.cause(),
            _ => step.map(|step| told::AT_STEP.with([("step", step.into())])),
        }
    }
}

/// Something that was waited for, in words.
fn waited_for(when: &Happening) -> Said {
    match when {
        Happening::Event { event } => match event {
            serde_json::Value::String(name) => {
                told::EVENT_NAMED.with([("event", name.as_str().into())])
            }
            _ => told::EVENT_SOME.into(),
        },
        Happening::Enters { segment } => entered(segment),
        Happening::Leaves { segment } => left(segment),
        Happening::State { to, .. } => state(to),
        Happening::Message { step, did } => {
            told::BECAME.with([("step", step.as_str().into()), ("did", did.as_str().into())])
        }
    }
}

/// An event that happened, in words.
pub(in crate::service) fn happened(event: &str, at: Timestamp) -> Said {
    told::EVENT.with([("event", event.into()), ("at", at.to_string().into())])
}

fn entered(segment: &str) -> Said {
    told::ENTERED.with([("segment", segment.into())])
}

fn left(segment: &str) -> Said {
    told::LEFT.with([("segment", segment.into())])
}

fn state(to: &[String]) -> Said {
    told::STATE.with([("states", to.to_vec().into())])
}

/// A sentence about nothing but a path.
fn by(phrase: Phrase, path: String) -> Said {
    phrase.with([("path", path.into())])
}

fn version(event: &UserEvent) -> Option<u32> {
    match property(event, VERSION) {
        Some(Value::Int(n)) => u32::try_from(*n).ok(),
        _ => None,
    }
}

fn text(event: &UserEvent, name: &str) -> Option<String> {
    match property(event, name) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    }
}
