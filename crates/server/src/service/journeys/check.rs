//! What is wrong or unwise about a journey: everything at once, each with its place and how to mend it.
//!
//! What it is: rules of the graph ([`graph`]), of each step ([`steps`]), and of what holds for all of them. What
//! it is not: it keeps nothing from being saved; what is published has no error.
//!
//! Events, triggers, topics, labels, hours, control groups and contents mean the same as in campaigns, so they
//! are asked of what compiles these, with a campaign that says nothing else.

mod answers;
mod graph;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use model::Span;
use serde_json::Value;
use wire::api::{
    self, CampaignInput, Channel, ContentInput, ContentProblem, Happening, JourneyInput,
    StepAction, StepMessage, Trigger, VariantInput,
};

use crate::failure::Failure;
use crate::outreach::compile::{self, Surroundings};
use crate::sentences::{self, Said, check as says, hints};

/// Goals of a journey at most.
const GOALS_MAX: usize = 20;
/// Happenings that end a journey at most.
const EXITS_MAX: usize = 20;
/// How long anybody is in at most, and waits at most.
pub(super) const STAY_MAX: Span = Span::days(365);
/// The longest window of a goal: what was sent is known so long.
const WINDOW_MAX: Span = engine::outreach::REMEMBERED;
/// Bytes of the name of an event, a property or an attribute at most.
const NAME_BYTES_MAX: usize = 256;
/// Bytes of a name for people at most.
const TITLE_BYTES_MAX: usize = 200;
/// Bytes of a note at most.
const NOTE_BYTES_MAX: usize = 2_000;
/// Bytes of an id at most.
const ID_BYTES_MAX: usize = 64;
/// What can become of a message that a step waits for.
const DID: [&str; 7] = ["sent", "failed", "delivered", "opened", "clicked", "bounced", "dismissed"];

/// What a journey may name.
pub(super) struct Known<'a> {
    /// Segments, lifecycles, topics, labels, control groups.
    pub around: &'a Surroundings<'a>,
    /// Journeys, and whether others may let people in.
    pub journeys: &'a BTreeMap<String, bool>,
    /// Ids and channels of providers.
    pub providers: &'a [(String, Channel)],
    /// Whether an attribute is personal, so that its values are not shown to everybody.
    pub personal: &'a dyn Fn(&str) -> bool,
    /// Whether a definition of a segment is right.
    pub definition: &'a dyn Fn(&Value) -> Result<(), Failure>,
    /// What is wrong with what a campaign says.
    pub contents: &'a dyn Fn(&CampaignInput) -> Result<Vec<ContentProblem>, Failure>,
}

/// Problems as they are found.
pub(super) struct Check<'a> {
    input: &'a JourneyInput,
    known: &'a Known<'a>,
    problems: Vec<ContentProblem>,
}

/// Everything that is wrong with a journey of an id; nothing: it has none yet. Errors: of operation.
pub(super) fn problems(
    input: &JourneyInput,
    id: Option<&str>,
    known: &Known,
) -> Result<Vec<ContentProblem>, Failure> {
    let mut check = Check { input, known, problems: Vec::new() };
    check.whole();
    check.goals();
    check.exits();
    check.graph();
    for step in &input.steps {
        check.step(step, id)?;
    }
    check.answers();
    Ok(check.problems)
}

/// A campaign that goes out when it is asked to, with one content.
fn campaign(channel: Channel, content: BTreeMap<String, ContentInput>, id: &str) -> CampaignInput {
    CampaignInput {
        id: None,
        name: id.to_owned(),
        description: String::new(),
        channel,
        provider: None,
        trigger: Trigger::Api,
        audience: None,
        again: api::Again::Always,
        variants: vec![VariantInput { id: id.to_owned(), name: None, share: 1.0, content }],
        variant_by: None,
        labels: Vec::new(),
        topic: None,
        transactional: false,
        priority: None,
        control: None,
        goals: Vec::new(),
        decision: api::DecisionInput::default(),
        attribution: api::AttributionInput::default(),
        control_groups: Vec::new(),
        delivery: api::DeliveryInput::default(),
    }
}

/// The campaign that a message of a step goes out as.
pub(in crate::service) fn step_campaign(
    journey: &JourneyInput,
    step: &str,
    message: &StepMessage,
) -> CampaignInput {
    CampaignInput {
        provider: message.provider.clone(),
        topic: message.topic.clone(),
        transactional: journey.transactional,
        ..campaign(message.channel, message.content.clone(), step)
    }
}

/// A campaign with which one field is tried.
pub(super) fn plain() -> CampaignInput {
    let content = ContentInput::Webhook {
        method: None,
        url: "https://example.com/".to_owned(),
        headers: BTreeMap::new(),
        body: String::new(),
    };
    campaign(Channel::Webhook, BTreeMap::from([("default".to_owned(), content)]), "plain")
}

/// Whether a text can be an id of a step, a path or a goal.
fn is_id(id: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(allowed)
}

impl Check<'_> {
    fn error(&mut self, code: &str, place: &str, message: impl Into<Said>, hint: impl Into<Said>) {
        let (code, said) = (format!("journey.{code}"), (message.into(), hint.into()));
        self.problems.push(sentences::problem(true, &code, place, said));
    }

    fn warn(&mut self, code: &str, place: &str, message: impl Into<Said>, hint: impl Into<Said>) {
        let (code, said) = (format!("journey.{code}"), (message.into(), hint.into()));
        self.problems.push(sentences::problem(false, &code, place, said));
    }

    /// Tries a field with the rules of campaigns. Whatever place these tell is where it is written here.
    fn tried(&mut self, place: &str, input: &CampaignInput) {
        if let Err(failure) = compile::compile(input, "plain", self.known.around) {
            self.refused(place, &failure);
        }
    }

    fn refused(&mut self, place: &str, failure: &Failure) {
        let message = &failure.detail.message;
        let own = message.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
        let text = own.map_or(message.as_str(), |(_, said)| said).to_owned();
        let message = Said { text, code: failure.said.message.clone() };
        let text = failure.detail.hint.clone().unwrap_or_default();
        let hint = Said { text, code: failure.said.hint.clone() };
        self.error("invalid", place, message, hint);
    }

    /// A length of time above 0; nothing: it is wrong, which is told.
    fn span(&mut self, place: &str, text: &str, most: Span) -> Option<Span> {
        match Span::parse(text) {
            Ok(span) if span.0 > 0 && span <= most => Some(span),
            Ok(_) => {
                let values = [("text", text.into()), ("most", most.to_string().into())];
                self.error("span", place, says::SPAN_RANGE.with(values), hints::SPAN);
                None
            }
            Err(_) => {
                let message = says::NO_SPAN.with([("text", text.into())]);
                self.error("span", place, message, hints::SPAN);
                None
            }
        }
    }

    fn id(&mut self, place: &str, id: &str) {
        if !is_id(id) {
            self.error("id", place, says::NO_ID.with([("id", id.into())]), hints::ID);
        }
    }

    fn unique<'i>(&mut self, place: &str, ids: impl Iterator<Item = &'i str>) {
        let mut seen = BTreeSet::new();
        for id in ids.filter(|id| !seen.insert(*id)).collect::<BTreeSet<_>>() {
            let message = says::ID_TWICE.with([("id", id.into())]);
            self.error("id_twice", place, message, hints::OTHER_ID);
        }
    }

    fn title(&mut self, place: &str, name: Option<&String>) {
        if name.is_some_and(|name| name.len() > TITLE_BYTES_MAX) {
            let hint = hints::BYTES_MOST.with([("most", TITLE_BYTES_MAX.into())]);
            self.error("too_long", place, says::NAME_LONG, hint);
        }
    }

    /// The name of something that is collected.
    fn name(&mut self, place: &str, name: &str) {
        if name.trim().is_empty() || name.len() > NAME_BYTES_MAX {
            let hint = hints::BYTES.with([("most", NAME_BYTES_MAX.into())]);
            self.error("name", place, says::NO_NAME.with([("name", name.into())]), hint);
        }
    }

    /// An event as it is written: a name, or an object.
    fn event(&mut self, place: &str, event: &Value) {
        match event {
            Value::String(name) if name.trim().is_empty() => self.name(place, name),
            Value::String(_) | Value::Object(_) => {
                let trigger = Trigger::Event { event: event.clone() };
                self.tried(place, &CampaignInput { trigger, ..plain() });
            }
            _ => {
                self.error("event", place, says::NO_EVENT, hints::EVENT);
            }
        }
    }

    /// A segment as it is written: an id, or a definition.
    fn segment(&mut self, place: &str, written: &Value) {
        if let Err(failure) = (self.known.definition)(written) {
            self.refused(place, &failure);
        }
    }

    /// Something that can happen. `message`: whether that may be what became of a message.
    fn happening(&mut self, place: &str, when: &Happening, message: bool) {
        let trigger = match when.clone() {
            Happening::Event { event } => return self.event(&format!("{place}.event"), &event),
            Happening::Enters { segment } => Trigger::Enters { segment },
            Happening::Leaves { segment } => Trigger::Leaves { segment },
            Happening::State { lifecycle, from, to } => Trigger::State { lifecycle, from, to },
            Happening::Message { step, did } => {
                return self.message_happening(place, &step, &did, message);
            }
        };
        let field = match &trigger {
            Trigger::State { .. } => "state",
            _ => "segment",
        };
        self.tried(&format!("{place}.{field}"), &CampaignInput { trigger, ..plain() });
    }

    fn message_happening(&mut self, place: &str, step: &str, did: &str, allowed: bool) {
        if !allowed {
            return self.error("no_message", place, says::GOAL_MESSAGE, hints::NAME_HAPPENING);
        }
        let found = self.input.steps.iter().find(|own| own.id == step);
        let place_of_step = format!("{place}.step");
        match found.map(|own| &own.action) {
            None => self.no_step(&place_of_step, step),
            Some(StepAction::Message { .. } | StepAction::BestChannel { .. }) => {}
            Some(_) => {
                let message = says::SENDS_NONE.with([("step", step.into())]);
                self.error("no_message", &place_of_step, message, hints::NAME_SENDER);
            }
        }
        if !DID.contains(&did) {
            let hint = hints::ONE_OF.with([("words", DID.to_vec().into())]);
            let message = says::NOT_DONE.with([("did", did.into())]);
            self.error("no_message", &format!("{place}.did"), message, hint);
        }
    }

    fn no_step(&mut self, place: &str, id: &str) {
        let message = says::NO_STEP.with([("step", id.into())]);
        self.error("no_step", place, message, hints::NAME_STEP);
    }

    /// What holds for all steps.
    fn whole(&mut self) {
        let input = self.input;
        let place = match &input.entry {
            Trigger::Event { event } => {
                self.event("entry.event", event);
                None
            }
            Trigger::Enters { .. } | Trigger::Leaves { .. } => Some("entry.segment"),
            Trigger::State { .. } => Some("entry.state"),
            _ => Some("entry"),
        };
        if let Some(place) = place {
            self.tried(place, &CampaignInput { trigger: input.entry.clone(), ..plain() });
        }
        if let Some(audience) = &input.audience {
            self.segment("audience", audience);
        }
        self.tried("again", &CampaignInput { again: input.again.clone(), ..plain() });
        self.tried("labels", &CampaignInput { labels: input.labels.clone(), ..plain() });
        self.tried("priority", &CampaignInput { priority: input.priority, ..plain() });
        self.tried("control", &CampaignInput { control: input.control, ..plain() });
        let (control_groups, transactional) = (input.control_groups.clone(), input.transactional);
        self.tried("control_groups", &CampaignInput { control_groups, transactional, ..plain() });
        let hours = input.hours.clone();
        let delivery = api::DeliveryInput { hours, ..api::DeliveryInput::default() };
        self.tried("hours", &CampaignInput { delivery, ..plain() });
        if let Some(key) = &input.key {
            self.name("key", key);
            if !matches!(input.entry, Trigger::Event { .. }) {
                self.error("key", "key", says::KEY_EVENT, hints::KEY_OUT);
            }
        }
        if let Some(timeout) = &input.timeout {
            self.span("timeout", timeout, STAY_MAX);
        }
    }

    fn goals(&mut self) {
        let goals = &self.input.goals;
        if goals.len() > GOALS_MAX {
            let message = says::GOALS_MORE.with([("n", goals.len().into())]);
            let hint = hints::AT_MOST.with([("most", GOALS_MAX.into())]);
            self.error("too_many", "goals", message, hint);
        }
        self.unique("goals", goals.iter().map(|goal| goal.id.as_str()));
        for (n, goal) in goals.iter().enumerate() {
            self.id(&format!("goals.{n}.id"), &goal.id);
            self.title(&format!("goals.{n}.name"), goal.name.as_ref());
            self.happening(&format!("goals.{n}.when"), &goal.when, false);
            self.span(&format!("goals.{n}.within"), &goal.within, WINDOW_MAX);
            if let Some(revenue) = &goal.revenue {
                let place = format!("goals.{n}.revenue");
                self.name(&place, revenue);
                if !matches!(goal.when, Happening::Event { .. }) {
                    self.error("revenue", &place, says::REVENUE_EVENT, hints::REVENUE_OUT);
                }
            }
        }
        if goals.is_empty() {
            self.warn("no_goal", "goals", says::GOAL_NONE, hints::NAME_GOAL);
        }
    }

    fn exits(&mut self) {
        let exits = &self.input.exits;
        if exits.len() > EXITS_MAX {
            let message = says::EXITS_MORE.with([("n", exits.len().into())]);
            let hint = hints::AT_MOST.with([("most", EXITS_MAX.into())]);
            self.error("too_many", "exits", message, hint);
        }
        for (n, exit) in exits.iter().enumerate() {
            self.happening(&format!("exits.{n}"), exit, true);
        }
    }
}
