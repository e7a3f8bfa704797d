//! Story tests of journeys: a user does this on Monday, three days pass, expect that.
//!
//! What it is: a file beside a journey's own, played with virtual time by the fold that is live
//! (`engine::journey::rehearsal`), in milliseconds and without a server. What it is not: it sends nothing, and
//! reads no history.
//!
//! Everything that a story does not say is as plain as can be: no caps, no quiet hours, no control group, and a
//! user who can be reached once they have an address or a device.

mod form;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::answer::{Answer, Unread};
use engine::Fold;
use engine::journey::Book;
use engine::journey::rehearsal::{Part, Rehearsal, Scene, Setting};
use engine::outreach::{Decision, Policy};
use engine::schedule::caps::Labels;
use engine::schedule::{Channel, Minute};
use experiment::assign::Share;
use model::outreach::{
    ANSWERED, CAMPAIGN, CHANNEL, CLICKED, CODE, FAILED, MESSAGE, OPENED, RUN, event_id,
};
use model::{
    About, AttributeChange, Day, Event, EventId, Facts, Record, Span, Text, Timestamp, UserIndex,
    Value, What, Who, Zone, facts,
};
use segment::evaluate::UserHistory;
use segment::live::{DEFAULT_LIFECYCLE, Program, Watched};
use segment::tree::EventMatch;
use segment::{Lifecycle, Predicate, RfmSettings, Rules, State};
use serde_json::Value as Json;
use wire::api::JourneyInput;

use crate::failure::Failure;
use crate::journeys::compile::{self, Compiled, Version, campaign_id};
use crate::outbox::told as became;
use crate::outreach::compile::Surroundings;
use crate::outreach::policy;
use crate::outreach::schedule::instant_of;
use crate::service::definitions;
use crate::workspace::address_of;

pub use form::{Device, Expect, Story, StoryAnswer, StoryFile, StoryStep, StoryUser};

/// Bytes of a file of stories or of a journey at most.
pub const BYTES_MAX: u64 = 4 << 20;
/// Stories of a file at most.
const STORIES_MAX: usize = 1_000;
/// Journeys of a file at most.
const JOURNEYS_MAX: usize = 20;
/// Steps of a story at most.
const STEPS_MAX: usize = 1_000;
/// The id of whoever a story is about, unless it says another.
const USER: &str = "user";
/// The seed of draws that are made in stories.
const SEED: u64 = 1;

/// The code of a webhook that fails in a story.
const STORY_CODE: &str = "story";

/// Why stories cannot be played: where, what, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct StoryError {
    /// The file, the story, and the step.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// What became of the stories of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Each in its place.
    pub stories: Vec<Outcome>,
}

/// What became of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// Expectations that were not met, in order; none: the story is as told.
    pub failures: Vec<String>,
    /// What happened, with local times.
    pub path: Vec<String>,
}

impl Report {
    /// Whether every story is as told.
    pub fn passed(&self) -> bool {
        self.stories.iter().all(|story| story.failures.is_empty())
    }
}

/// Plays the stories of a file. `journey`: reads a file that it names.
pub fn run(
    file: &str,
    written: &str,
    journey: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Report, StoryError> {
    let at = |what: String| StoryError { place: file.to_owned(), what };
    let stories: StoryFile =
        serde_json::from_str(written).map_err(|error| at(error.to_string()))?;
    let files = &stories.journey.0;
    if files.len() > JOURNEYS_MAX {
        let n = files.len();
        return Err(at(format!("`journey`: there are {n} files; write {JOURNEYS_MAX} at most")));
    }
    let mut inputs: Vec<(&str, JourneyInput)> = Vec::with_capacity(files.len());
    for name in files {
        let text = journey(name).map_err(at)?;
        let input = read(&text, &inputs).map_err(|what| of_file(file, name, what))?;
        inputs.push((name, input));
    }
    if stories.stories.is_empty() || stories.stories.len() > STORIES_MAX {
        let n = stories.stories.len();
        return Err(at(format!("there are {n} stories; write 1 to {STORIES_MAX}")));
    }
    let house = House::new(&stories, &inputs).map_err(at)?;
    let compiled = inputs
        .iter()
        .map(|(name, input)| house.compile(input).map_err(|what| of_file(file, name, what)));
    let compiled: Vec<Compiled> = compiled.collect::<Result<_, _>>()?;
    let (program, refused) = Program::compile(&house.rules, &house.watched, None);
    if let Some((key, why)) = refused.first() {
        return Err(at(format!("`{key}` cannot be watched: {why}")));
    }
    let outcomes = stories.stories.iter().map(|story| {
        let place = format!("{file}: \"{}\"", story.name);
        play(&house, (&compiled, &program), story)
            .map_err(|what| StoryError { place: format!("{place}{}", what.0), what: what.1 })
    });
    Ok(Report { stories: outcomes.collect::<Result<_, _>>()? })
}

/// What is wrong with a file that a file of stories names.
fn of_file(file: &str, name: &str, what: String) -> StoryError {
    StoryError { place: format!("{file}: {name}"), what }
}

/// A journey, which is told by its id from others that are played with it.
fn read(text: &str, others: &[(&str, JourneyInput)]) -> Result<JourneyInput, String> {
    let input: JourneyInput = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if others.iter().any(|(_, other)| other.id == input.id) {
        let id = input.id.as_deref();
        return Err(id.map_or_else(
            || "it has no `id`; journeys that are played together need one".to_owned(),
            |id| format!("`id`: another journey of these has the id \"{id}\", too"),
        ));
    }
    Ok(input)
}

/// What holds for all stories of a file.
struct House {
    zone: Zone,
    starts: Timestamp,
    rules: Rules,
    watched: Vec<Watched>,
    policy: Policy,
    labels: Vec<Text>,
    topics: wire::api::SubscriptionTopics,
}

impl House {
    fn new(stories: &StoryFile, inputs: &[(&str, JourneyInput)]) -> Result<House, String> {
        let zone = stories.zone.as_deref().unwrap_or("UTC");
        let zone = Zone::named(zone)
            .ok_or_else(|| format!("`zone`: there is no zone \"{zone}\"; write Europe/Istanbul"))?;
        let starts = instant_of(&stories.starts, &zone).ok_or_else(|| {
            format!("`starts`: \"{}\" is no local time; write 2026-03-02T10:00", stories.starts)
        })?;
        let mut segments: BTreeMap<Text, Predicate> = BTreeMap::new();
        for (id, written) in &stories.segments {
            let of = predicate(written).map_err(|what| format!("`segments.{id}`: {what}"))?;
            segments.insert(Text::new(id), of);
        }
        let mut states = Vec::with_capacity(stories.lifecycle.len());
        for state in &stories.lifecycle {
            let of = predicate(&state.segment)
                .map_err(|what| format!("`lifecycle.{}`: {what}", state.key))?;
            let name = Text::new(state.name.as_deref().unwrap_or(&state.key));
            states.push(State { key: Text::new(&state.key), name, predicate: of });
        }
        let purchases = EventMatch::named("Purchase");
        let rules = Rules {
            zone: zone.clone(),
            seed: SEED,
            segments,
            composites: Default::default(),
            lifecycle: Lifecycle { states },
            rfm: RfmSettings::of(purchases, None),
        };
        let segment = |(id, of): (&Text, &Predicate)| Watched {
            key: Text::from(format!("segment/{id}")),
            what: segment::live::What::Segment(of.clone()),
        };
        let mut watched: Vec<Watched> = rules.segments.iter().map(segment).collect();
        watched.push(Watched {
            key: Text::new(DEFAULT_LIFECYCLE),
            what: segment::live::What::Lifecycle(rules.lifecycle.states.clone()),
        });
        let mut labels = policy::labels_of(&stories.policy);
        labels.extend(inputs.iter().flat_map(|(_, input)| &input.labels).map(Text::new));
        let labels: Vec<Text> = labels.into_iter().collect();
        let policy = policy::compile(&stories.policy, (SEED, &zone), &labels).map_err(said)?;
        let topics = stories.topics.clone();
        Ok(House { zone, starts, rules, watched, policy, labels, topics })
    }

    fn compile(&self, input: &JourneyInput) -> Result<Compiled, String> {
        let around = Surroundings {
            rules: &self.rules,
            watched: &self.watched,
            topics: &self.topics,
            labels: &self.labels,
            groups: &self.policy.groups,
        };
        let id = input.id.as_deref().unwrap_or("journey");
        // Whether somebody is held out is the story's to say.
        let input = JourneyInput { control: Some(0.0), ..input.clone() };
        compile::compile(&input, &Version::trial(id), &around).map_err(said)
    }
}

fn said(failure: Failure) -> String {
    match failure.detail.hint {
        None => failure.detail.message,
        Some(hint) => format!("{} ({hint})", failure.detail.message),
    }
}

/// A definition in the text form or the JSON form.
fn predicate(written: &Json) -> Result<Predicate, String> {
    let Json::String(text) = written else { return definitions::stored(written).map_err(said) };
    let (predicate, problems) = segment::parse(text);
    let worst = problems.iter().find(|of| of.severity == segment::Severity::Error);
    worst.map_or(Ok(predicate), |problem| Err(problem.message.clone()))
}

/// Where of a story, and what.
type Wrong = (String, String);

fn play(
    house: &House,
    (all, program): (&[Compiled], &Program),
    story: &Story,
) -> Result<Outcome, Wrong> {
    if story.steps.len() > STEPS_MAX {
        let n = story.steps.len();
        return Err((String::new(), format!("it has {n} steps; write {STEPS_MAX} at most")));
    }
    let nowhere = |what: String| (String::new(), what);
    let id = story.user.id.as_deref().unwrap_or(USER);
    let fold = known(id, &story.user, house.starts);
    let mut policy = house.policy.clone();
    if story.held_out {
        policy.control = Share::ALL;
    }
    let parts: BTreeMap<Text, Part> = all
        .iter()
        .flat_map(|compiled| &compiled.messages)
        .map(|ready| {
            let part =
                Part { campaign: &ready.campaign, matches: None, audience: None, answer: None };
            (ready.campaign.id.clone(), part)
        })
        .collect();
    let journeys = all.iter().map(|compiled| Arc::new(compiled.journey.clone()));
    let book = Arc::new(Book::new(journeys.collect()));
    let labels = |written: &str| {
        let written = written.split(',').filter(|label| !label.is_empty());
        crate::outreach::labels(&house.labels, written)
    };
    let labels: &(dyn Fn(&str) -> Labels + Sync) = &labels;
    let setting = Setting { policy: &policy, fold: &fold, address: &address_of, labels };
    let ever = (Timestamp::MIN, Timestamp::MAX);
    let scene = Scene::new(book, (program, &parts), setting, ever);
    let nothing =
        UserHistory { id: Text::new(id), events: Vec::new(), attributes: BTreeMap::new() };
    let mut stage = Stage {
        rehearsal: Rehearsal::new(&scene, UserIndex(0), &nothing),
        house,
        all,
        compiled: &all[0],
        now: house.starts,
        n: 0,
    };
    let attributes = values("user.attributes", &story.user.attributes).map_err(nowhere)?;
    stage.rehearsal.sets(house.starts, &attributes);
    let mut failures = Vec::new();
    for (step, number) in story.steps.iter().zip(1..) {
        let place = || format!(", step {number}");
        if let Some(unmet) = stage.step(step).map_err(|what| (place(), what))? {
            failures.push(format!("step {number}: {unmet}"));
        }
    }
    let path = told::path(stage.rehearsal.played(), (&house.zone, all.len()));
    Ok(Outcome { name: story.name.clone(), failures, path })
}

/// Whoever a story is about, with their devices.
fn known(id: &str, user: &StoryUser, at: Timestamp) -> Fold {
    let mut fold = Fold::new();
    let who = Who::of(Some(Text::new(id)), None);
    let change = AttributeChange::set(at, EventId(1), Vec::new());
    fold.step(&Record { received_at: at, who, what: What::Identify(change) });
    for (device, n) in user.devices.iter().zip(2u32..) {
        let token = match device {
            Device::Android => (facts::TOKEN_FCM, Value::text("token")),
            Device::Ios => (facts::TOKEN_APNS, Value::text("token")),
            Device::Huawei => (facts::TOKEN_HMS, Value::text("token")),
            Device::Web => (facts::TOKEN_WEB, Value::text("token")),
        };
        let who = Who::of(Some(Text::new(id)), Some(Text::from(format!("device-{n}"))));
        let of = Facts {
            time: at,
            id: EventId(u128::from(n)),
            about: About::Device,
            attributes: Vec::new(),
            facts: vec![(Text::const_new(token.0), token.1)],
        };
        fold.step(&Record { received_at: at, who, what: What::Facts(of) });
    }
    fold
}

/// Values as attributes and properties have them, sorted by name.
fn values(field: &str, written: &BTreeMap<String, Json>) -> Result<Vec<(Text, Value)>, String> {
    let mut values = Vec::with_capacity(written.len());
    for (name, written) in written {
        let value = compile::value(&format!("{field}.{name}"), written).map_err(said)?;
        values.push((Text::new(name), value));
    }
    Ok(values)
}

/// The properties of an answer of which nothing can be used.
fn unread_answer() -> Vec<(Text, Value)> {
    let (status, fields) = (compile::ANSWER_STATUS, Err(Unread::Empty));
    became::answer_properties(Answer { status, fields })
}

/// A story on its way.
struct Stage<'a> {
    rehearsal: Rehearsal<'a>,
    house: &'a House,
    /// Journeys that are played together, at least one.
    all: &'a [Compiled],
    /// The one that a step is about.
    compiled: &'a Compiled,
    now: Timestamp,
    n: u128,
}

impl<'a> Stage<'a> {
    /// Does a step, or says what of it was not met.
    fn step(&mut self, step: &StoryStep) -> Result<Option<String>, String> {
        let StoryStep { does, with, passes, until, sets, opens, clicks, enters, expect, .. } = step;
        let StoryStep { answers, fails, .. } = step;
        let named = [
            does.is_some(),
            passes.is_some(),
            until.is_some(),
            sets.is_some(),
            opens.is_some(),
            clicks.is_some(),
            answers.is_some(),
            fails.is_some(),
            enters.is_some(),
            expect.is_some(),
        ];
        let n = named.iter().filter(|is| **is).count();
        if n != 1 || with.is_some() && does.is_none() {
            return Err(format!(
                "it says {n} things; write one of `does` (perhaps `with`), `passes`, `until`, `sets`, `opens`, \
                 `clicks`, `answers`, `fails`, `enters` and `expect`"
            ));
        }
        let about = opens.is_some() || clicks.is_some() || enters.is_some() || expect.is_some();
        match (about, &step.journey) {
            (true, named) => self.compiled = self.named(named.as_deref())?,
            (false, None) => {}
            (false, Some(_)) => {
                return Err("`journey`: what is done here is about none; leave it out".to_owned());
            }
        }
        if let Some(name) = does {
            let properties = with.as_ref().map(|with| values("with", with)).transpose()?;
            self.does(name, properties.unwrap_or_default());
        } else if let Some(written) = passes {
            let span = Span::parse(written).map_err(|error| format!("`passes`: {error}"))?;
            if span.0 < 0 {
                return Err(format!("`passes`: {written} is before now"));
            }
            self.pass(self.now.plus(span));
        } else if let Some(written) = until {
            let until = self.until(written)?;
            self.pass(until);
        } else if let Some(of) = sets {
            let of = values("sets", of)?;
            self.rehearsal.sets(self.now, &of);
        } else if let Some(step) = opens {
            self.reacts(OPENED, step)?;
        } else if let Some(step) = clicks {
            self.reacts(CLICKED, step)?;
        } else if let Some(answer) = answers {
            let fields = match &answer.with {
                Some(with) => compile::assumed_answer("answers.with", with).map_err(said)?,
                None => unread_answer(),
            };
            self.hears(ANSWERED, &answer.step, fields)?;
        } else if let Some(step) = fails {
            let code = (Text::const_new(CODE), Value::text(STORY_CODE));
            self.hears(FAILED, step, vec![code])?;
        } else if enters.is_some() {
            self.n += 1;
            let (id, cause) = (self.compiled.journey.id.clone(), format!("story/{}", self.n));
            self.rehearsal.enter(&id, (&cause, self.now));
        } else if let Some(expect) = expect {
            return self.expect(expect);
        }
        Ok(None)
    }

    fn does(&mut self, name: &str, properties: Vec<(Text, Value)>) {
        self.n += 1;
        let id = EventId(self.n << 64 | 1 << 127);
        let event = Event { name: Text::new(name), time: self.now, id, properties };
        self.rehearsal.does(event);
    }

    fn pass(&mut self, until: Timestamp) {
        self.now = until;
        self.rehearsal.pass(until);
    }

    /// A local time: of a day, or the next of its hour.
    fn until(&self, written: &str) -> Result<Timestamp, String> {
        let zone = &self.house.zone;
        let found = instant_of(written, zone).or_else(|| {
            let minute = Minute::parse(written)?;
            let today = zone.day(self.now);
            let mut days = (0..=2).map(|n| Day(today.0 + n));
            days.find_map(|day| {
                Some(engine::schedule::instant(zone, day, minute)).filter(|at| *at > self.now)
            })
        });
        let found = found.ok_or_else(|| {
            format!("`until`: \"{written}\" is no local time; write 09:00 or 2026-03-03T09:00")
        })?;
        match found >= self.now {
            true => Ok(found),
            false => Err(format!("`until`: {written} has passed")),
        }
    }

    /// Opens or clicks the latest message of a step.
    fn reacts(&mut self, name: &'static str, step: &str) -> Result<(), String> {
        let messages = &self.rehearsal.played().messages;
        let sent = messages.iter().rev().find(|of| {
            matches!(of.decision, Decision::Send { .. }) && self.is_of(&of.campaign, step)
        });
        let Some(sent) = sent else {
            self.known_step(step)?;
            return Err(format!("no message of the step \"{step}\" was sent that could be opened"));
        };
        let (campaign, message) = (sent.campaign.clone(), sent.message);
        let ready = self.compiled.messages.iter().find(|ready| ready.campaign.id == campaign);
        let channel = ready.map_or("", |ready| ready.campaign.channel.name());
        let mut properties = vec![
            (Text::const_new(CAMPAIGN), Value::Text(campaign)),
            (Text::const_new(CHANNEL), Value::text(channel)),
            (Text::const_new(MESSAGE), Value::text(&message.to_string())),
        ];
        model::record::sort_properties(&mut properties);
        self.does(name, properties);
        Ok(())
    }

    /// Something becomes of the latest webhook of a step.
    fn hears(
        &mut self,
        name: &'static str,
        step: &str,
        more: Vec<(Text, Value)>,
    ) -> Result<(), String> {
        self.known_step(step)?;
        let campaign = Text::from(campaign_id(&self.compiled.journey.id, step));
        let ready = self.compiled.messages.iter().find(|ready| ready.campaign.id == campaign);
        if ready.is_none_or(|ready| ready.asked.is_none()) {
            return Err(format!("the step \"{step}\" asks no server"));
        }
        let messages = &self.rehearsal.played().messages;
        let asked = messages
            .iter()
            .rev()
            .find(|of| matches!(of.decision, Decision::Send { .. }) && of.campaign == campaign);
        let Some(asked) = asked else {
            return Err(format!(
                "no webhook of the step \"{step}\" was sent that could be answered"
            ));
        };
        let (message, run) = (asked.message, asked.run.clone());
        let mut properties = vec![
            (Text::const_new(CAMPAIGN), Value::Text(campaign)),
            (Text::const_new(CHANNEL), Value::text(Channel::Webhook.name())),
            (Text::const_new(MESSAGE), Value::text(&message.to_string())),
            (Text::const_new(RUN), Value::Text(run)),
        ];
        properties.extend(more);
        model::record::sort_properties(&mut properties);
        let id = event_id(message, name, 0);
        let event = Event { name: Text::const_new(name), time: self.now, id, properties };
        self.rehearsal.does(event);
        Ok(())
    }

    /// The journey that a step is about.
    fn named(&self, named: Option<&str>) -> Result<&'a Compiled, String> {
        let ids: Vec<&str> = self.all.iter().map(|of| of.journey.id.as_str()).collect();
        match (named, self.all) {
            (None, [one]) => Ok(one),
            (None, _) => Err(format!(
                "it does not say about which `journey` it is; write {}",
                ids.join(", ")
            )),
            (Some(id), all) => all.iter().find(|of| of.journey.id == *id).ok_or_else(|| {
                format!("`journey`: there is no \"{id}\" here; write {}", ids.join(", "))
            }),
        }
    }

    /// Whether a campaign sends messages of the journey.
    fn is_own(&self, campaign: &str) -> bool {
        let rest = campaign.strip_prefix(self.compiled.journey.id.as_str());
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether a campaign is the one of a step's messages, or one of several.
    fn is_of(&self, campaign: &str, step: &str) -> bool {
        let own = campaign_id(&self.compiled.journey.id, step);
        campaign.strip_prefix(own.as_str()).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('/').is_some_and(|n| n.parse::<u32>().is_ok())
        })
    }

    /// The step whose message a campaign is.
    fn step_of<'s>(&self, campaign: &'s str) -> &'s str {
        let prefix = self.compiled.journey.id.len() + 1;
        let rest = campaign.get(prefix..).unwrap_or(campaign);
        rest.split_once('/').map_or(rest, |(step, _)| step)
    }

    fn known_step(&self, step: &str) -> Result<(), String> {
        match self.compiled.journey.step(step) {
            Some(_) => Ok(()),
            None => Err(format!("the journey has no step \"{step}\"")),
        }
    }
}
