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
    Happening, JourneyInput, JourneyRun, JourneyRunList, JourneyStep, RunExit, RunStep, StepAction,
    Trigger,
};

use super::super::Service;
use super::{name_of, read_version};
use crate::config::journeys::SavedVersion;
use crate::failure::Failure;

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
    fn event(&self, id: EventId) -> Option<String> {
        let found = self.events.iter().find(|event| event.id == id);
        found.map(|event| format!("\"{}\" at {}", event.name, event.time))
    }

    /// What became of the latest message of a step up to an instant, in words.
    fn message(&self, journey: &str, step: &str, until: Timestamp) -> Option<String> {
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
            WITHHELD => format!("message withheld: {}", of(REASON)),
            FAILED => format!("message failed: {}", of(model::outreach::CODE)),
            QUEUED => "message queued".to_owned(),
            _ => format!("message held out: {}", of(GROUP)),
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
            own.steps.iter_mut().for_each(|step| {
                step.why = view.sight.said(std::mem::take(&mut step.why));
            });
            if let Some(exit) = &mut own.exit {
                exit.detail = exit.detail.take().map(|detail| view.sight.said(detail));
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
                own.exit = Some(RunExit {
                    at: event.time.to_string(),
                    reason: text(event, REASON).unwrap_or_default(),
                    detail: why.left(),
                });
            }
            name => {
                let entered = name == ENTERED;
                own.steps.push(RunStep {
                    step: text(event, STEP).unwrap_or_default(),
                    at: event.time.to_string(),
                    path: text(event, PATH).filter(|_| !entered),
                    why: if entered { why.came_in() } else { why.went() },
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
    fn cause(&self) -> Option<String> {
        self.past.event(EventId::of(&text(self.event, CAUSE)?))
    }

    /// How somebody came in.
    fn came_in(&self) -> String {
        if let Some(cause) = self.cause() {
            return cause;
        }
        let version = version(self.event).unwrap_or(self.version);
        match self.known.version(version).map(|input| &input.entry) {
            Some(Trigger::Event { .. }) => "an event that is not there any more".to_owned(),
            Some(Trigger::Enters { segment }) => format!("entered the segment \"{segment}\""),
            Some(Trigger::Leaves { segment }) => format!("left the segment \"{segment}\""),
            Some(Trigger::State { to, .. }) => format!("came into the state {}", to.join(" or ")),
            Some(Trigger::Api) => "let in by a request, a list or another journey".to_owned(),
            Some(_) => "its date came".to_owned(),
            None => "came in".to_owned(),
        }
    }

    /// Why somebody went on.
    fn went(&self) -> String {
        let path = text(self.event, PATH).unwrap_or_default();
        if path == journey::path::PUBLISHED {
            let number = version(self.event).unwrap_or(self.version);
            return format!("version {number} was published");
        }
        let from = text(self.event, FROM).unwrap_or_default();
        let Some(step) = self.known.step(self.version, &from) else {
            return self.cause().unwrap_or_else(|| format!("path: {path}"));
        };
        let waited = || format!("waited {}", words(Span(self.event.time.0 - self.since.0)));
        let other = [journey::path::OTHERWISE, journey::path::UNREACHABLE, journey::path::MISSING]
            .contains(&path.as_str());
        let name = super::report::path_name(step, &path);
        match &step.action {
            StepAction::Wait { attribute: Some(attribute), .. } if other => {
                format!("\"{attribute}\" is no instant")
            }
            StepAction::Wait { .. } => waited(),
            StepAction::WaitFor { within, .. } if other => format!("nothing of it within {within}"),
            StepAction::WaitFor { any, .. } => self.cause().unwrap_or_else(|| {
                any.iter().find(|own| own.id == path).map_or(name, |own| happened(&own.when))
            }),
            StepAction::Split { .. } if other => "no condition held".to_owned(),
            StepAction::Split { .. } => format!("its condition held: {name}"),
            StepAction::Random { .. } => format!("drawn: {name}"),
            StepAction::Learn { .. } => match text(self.event, CONTEXT) {
                None => format!("drawn by what was learned: {name}"),
                Some(of) => format!("drawn by what was learned of people in \"{of}\": {name}"),
            },
            StepAction::Message { .. } | StepAction::BestChannel { .. } => {
                let told = self.past.message(self.journey, &from, self.event.time);
                told.unwrap_or_else(|| match other {
                    true => "no message could be sent".to_owned(),
                    false => "message decided".to_owned(),
                })
            }
            StepAction::Webhook { within, .. } => self.answered(&from, within),
            StepAction::Update { .. } => "attributes changed".to_owned(),
            StepAction::Emit { event, .. } => format!("\"{event}\" written"),
            StepAction::Journey { journey } => format!("let into \"{journey}\""),
            StepAction::Exit { .. } => name,
        }
    }

    /// What became of a webhook.
    fn answered(&self, step: &str, within: &str) -> String {
        let cause = text(self.event, CAUSE).map(|id| EventId::of(&id));
        let found = cause.and_then(|id| self.past.events.iter().find(|event| event.id == id));
        match found {
            Some(event) if event.name == ANSWERED => {
                let status = match property(event, STATUS) {
                    Some(Value::Int(status)) => *status,
                    _ => 0,
                };
                match text(event, UNREAD) {
                    None => format!("answered {status}"),
                    Some(word) => {
                        format!("answered {status}, of which nothing can be used: {word}")
                    }
                }
            }
            Some(event) => {
                format!("failed: {}", text(event, model::outreach::CODE).unwrap_or_default())
            }
            None => match self.past.message(self.journey, step, self.event.time) {
                Some(told) if !told.ends_with("queued") => told,
                _ => format!("no answer within {within}"),
            },
        }
    }

    /// What else there is to say of an exit.
    fn left(&self) -> Option<String> {
        let reason = text(self.event, REASON).unwrap_or_default();
        let step = text(self.event, FROM);
        let step = step.and_then(|id| self.known.step(self.version, &id).map(name_of).or(Some(id)));
        match reason.as_str() {
            journey::reason::GOAL | journey::reason::EXIT => self.cause(),
            _ => step.map(|step| format!("at the step \"{step}\"")),
        }
    }
}

/// Something that happened, in words.
fn happened(when: &Happening) -> String {
    match when {
        Happening::Event { event } => match event {
            serde_json::Value::String(name) => format!("\"{name}\""),
            _ => "an event".to_owned(),
        },
        Happening::Enters { segment } => format!("entered the segment \"{segment}\""),
        Happening::Leaves { segment } => format!("left the segment \"{segment}\""),
        Happening::State { to, .. } => format!("came into the state {}", to.join(" or ")),
        Happening::Message { step, did } => format!("the message of \"{step}\" was {did}"),
    }
}

/// A length of time as people say it: in the two largest units that it has.
fn words(span: Span) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    let (mut left, mut said) = (span.0.max(0), Vec::new());
    for (unit, name) in units {
        if left >= unit && said.len() < 2 {
            said.push(format!("{} {name}", left / unit));
            left %= unit;
        }
    }
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_said_as_people_say_them() {
        let cases = [
            (0, "0 s"),
            (1, "1 ms"),
            (120_000, "2 min"),
            (86_400_000, "1 d"),
            (90_061_001, "1 d 1 h"),
        ];
        for (ms, said) in cases {
            assert_eq!(words(Span(ms)), said);
        }
    }
}
