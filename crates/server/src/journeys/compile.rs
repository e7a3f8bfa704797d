//! A journey, from how it is written to how it goes.
//!
//! What it is: everything that can be wrong with a journey is told here, once, whoever wrote it. What it is not:
//! it draws no picture of loops and steps that nobody comes to; the service does, before anything is published.

mod learning;
mod values;

pub use learning::{Learning, contexts, names};

use std::collections::BTreeMap;

use engine::journey::{
    Action, Again, Answered, Choose, Condition, Emitted, Exit, Goal as Reached, Happening, Journey,
    Moves, Path, Since, Standing, Step, To, Wait,
};
use engine::outreach::Trigger;
use engine::schedule::Minute;
use experiment::assign::{Arm, Arms, Share};
use model::{Day, Operation, Span, Text, Timestamp, Value, Weekday};
use segment::Predicate;
use segment::live::Matches;
use serde_json::Value as Json;
use wire::api::{
    self, CampaignInput, JourneyInput, JourneyStep, RandomPath, StepAction, StepMessage, StepMove,
    VariantInput,
};

use crate::failure::Failure;
use crate::outreach::compile::{self as campaigns, Surroundings};
use crate::outreach::policy::share;
use crate::outreach::schedule::Schedule;
use crate::outreach::{Asked, EntryRun, Ready};
use crate::sentences::{Said, check as says, hints};
use crate::service::{definitions, rules};
pub(crate) use values::{ANSWER_STATUS, answer_match, assumed_answer, value};
use values::{Property, property};

/// Steps of a journey at most.
pub const STEPS_MAX: usize = 200;
/// Ways out of a step at most.
pub const PATHS_MAX: usize = 20;
/// The longest that a step waits, and that anybody is in.
pub const WAIT_MAX: Span = Span::days(365);
/// How long anybody is in without a wish.
const TIMEOUT: Span = Span::days(90);
/// The longest that a step waits for an answer: it is about now.
pub const ANSWER_MAX: Span = Span::days(1);
/// The share of a control group without a wish.
const CONTROL: f64 = 0.1;
/// The priority without a wish.
const PRIORITY: u8 = 50;
/// The only variant of a step's message.
pub const VARIANT: &str = "message";

/// Which version of a journey is compiled, and where it stands.
#[derive(Clone, Debug)]
pub struct Version {
    /// Id of the journey.
    pub id: String,
    /// Its number.
    pub number: u32,
    /// Whoever comes in goes through it.
    pub current: bool,
    /// Whether people come in and go on.
    pub standing: Standing,
    /// When the journey was started first: its schedule begins then.
    pub since: Timestamp,
    /// What happened before lets nobody in.
    pub open_since: Timestamp,
    /// When it was published.
    pub published_at: Timestamp,
    /// Where those go who are in earlier versions.
    pub moves: BTreeMap<String, StepMove>,
}

impl Version {
    /// The first and only one, for trying it.
    pub fn trial(id: &str) -> Version {
        Version {
            id: id.to_owned(),
            number: 1,
            current: true,
            standing: Standing::Running,
            since: Timestamp::MIN,
            open_since: Timestamp::MIN,
            published_at: Timestamp::MIN,
            moves: BTreeMap::new(),
        }
    }
}

/// A journey that can go, with the messages that its steps send.
pub struct Compiled {
    /// What the fold goes by.
    pub journey: Journey,
    /// Campaigns as which its messages are sent.
    pub messages: Vec<Ready>,
    /// When people come in, if on a schedule.
    pub entry: Option<EntryRun>,
    /// What learning splits reward.
    pub learning: Vec<Learning>,
}

/// The campaign as which a step sends its message.
pub fn campaign_id(journey: &str, step: &str) -> String {
    format!("{journey}/{step}")
}

/// A journey that can go, or everything that keeps it from it.
pub fn compile(
    input: &JourneyInput,
    version: &Version,
    around: &Surroundings,
) -> Result<Compiled, Failure> {
    if input.steps.is_empty() || input.steps.len() > STEPS_MAX {
        let what = format!("there are {} steps; write 1 to {STEPS_MAX}", input.steps.len());
        return Err(wrong("steps", what));
    }
    let mut numbers: BTreeMap<&str, u16> = BTreeMap::new();
    for (step, number) in input.steps.iter().zip(0u16..) {
        rules::check_key("steps.id", &step.id)?;
        if numbers.insert(&step.id, number).is_some() {
            return Err(wrong("steps", format!("the step \"{}\" is there twice", step.id)));
        }
    }
    let base = base(input);
    let compiling = Compiling { input, id: &version.id, around, numbers, base };
    let mut compiled = Parts::default();
    let mut steps = Vec::with_capacity(input.steps.len());
    for step in &input.steps {
        let action = compiling.action(step, &mut compiled)?;
        steps.push(Step { id: Text::new(&step.id), action });
    }
    let entry = match campaigns::trigger(&input.entry, around)? {
        (Trigger::Named, _) => None,
        (Trigger::Event(_), Some(matches)) => Some(Happening::Event(matches)),
        (Trigger::Event(_), None) => None,
        (Trigger::Moves { watch, from, to }, _) => Some(Happening::Moves { watch, from, to }),
    };
    if input.key.is_some() && !matches!(input.entry, api::Trigger::Event { .. }) {
        return Err(wrong("key", "only an event has properties to tell entries apart by".into())
            .hint("leave it out, or let people in by an event"));
    }
    let control = input.control.unwrap_or(CONTROL);
    let control = share(control)
        .filter(|_| (0.0..=0.99).contains(&control))
        .ok_or_else(|| wrong("control", format!("{control} is no share from 0 to 0.99")))?;
    let audience = input.audience.as_ref().map(|of| predicate(of, around)).transpose()?;
    let journey = Journey {
        id: Text::new(&version.id),
        version: version.number,
        current: version.current,
        entry,
        audience: audience.clone(),
        again: match &input.again {
            api::Again::Once => Again::Once,
            api::Again::Always => Again::Always,
            api::Again::After { pause } => {
                Again::After(span("again.pause", pause, engine::outreach::REMEMBERED)?)
            }
        },
        key: input.key.as_ref().map(Text::new),
        control: if input.transactional { Share::NONE } else { control },
        groups: campaigns::control_groups(&compiling.base, around.groups)?,
        transactional: input.transactional,
        goals: compiling.goals()?,
        exits: compiling.exits()?,
        timeout: match &input.timeout {
            None => TIMEOUT,
            Some(written) => span("timeout", written, WAIT_MAX)?,
        },
        priority: input.priority.unwrap_or(PRIORITY),
        steps,
        standing: version.standing,
        since: version.open_since,
        published_at: version.published_at,
        moves: moves(&version.moves),
    };
    let schedule = Schedule::of(&compiling.base, &around.rules.zone)?;
    let entry = schedule.filter(|_| version.current).map(|mut schedule| {
        schedule.starts_at(version.since);
        EntryRun {
            journey: journey.id.clone(),
            schedule,
            audience,
            standing: version.standing,
            since: version.since,
        }
    });
    let Parts { messages, learning } = compiled;
    Ok(Compiled { journey, messages, entry, learning })
}

/// What is made on the way.
#[derive(Default)]
struct Parts {
    messages: Vec<Ready>,
    learning: Vec<Learning>,
}

struct Compiling<'a> {
    input: &'a JourneyInput,
    id: &'a str,
    around: &'a Surroundings<'a>,
    numbers: BTreeMap<&'a str, u16>,
    /// What holds for all messages.
    base: CampaignInput,
}

/// A campaign with what a journey says for all its messages.
fn base(input: &JourneyInput) -> CampaignInput {
    CampaignInput {
        id: None,
        name: input.name.clone(),
        description: String::new(),
        channel: api::Channel::Webhook,
        provider: None,
        trigger: input.entry.clone(),
        audience: None,
        again: api::Again::Always,
        variants: Vec::new(),
        variant_by: None,
        labels: input.labels.clone(),
        topic: None,
        transactional: input.transactional,
        priority: input.priority,
        control: Some(0.0),
        goals: Vec::new(),
        decision: Default::default(),
        attribution: Default::default(),
        control_groups: input.control_groups.clone(),
        delivery: api::DeliveryInput {
            hours: input.hours.clone(),
            on_quiet: input.on_quiet,
            ..Default::default()
        },
    }
}

impl Compiling<'_> {
    fn next(&self, field: &str, next: &Option<String>) -> Result<Option<u16>, Failure> {
        let Some(id) = next else { return Ok(None) };
        match self.numbers.get(id.as_str()) {
            Some(number) => Ok(Some(*number)),
            None => Err(wrong(field, format!("there is no step \"{id}\""))),
        }
    }

    fn path(&self, field: &str, id: &str, next: &Option<String>) -> Result<Path, Failure> {
        rules::check_key(field, id)?;
        Ok(Path { id: Text::new(id), next: self.next(field, next)? })
    }

    /// What a step does.
    fn action(&self, step: &JourneyStep, parts: &mut Parts) -> Result<Action, Failure> {
        let at = |field: &str| format!("steps.{}.{field}", step.id);
        let next = self.next(&at("next"), &step.next)?;
        Ok(match &step.action {
            StepAction::Wait { .. } => Action::Wait { wait: self.wait(step)?, next },
            StepAction::WaitFor { any, within, otherwise, since } => {
                limit(&at("any"), any.len(), 1)?;
                distinct(&at("any"), any.iter().map(|path| path.id.as_str()))?;
                let one = |path: &api::WaitPath| {
                    let field = at(&format!("any.{}", path.id));
                    let way = self.path(&field, &path.id, &path.next)?;
                    Ok((way, self.happening(&field, &path.when)?))
                };
                Action::WaitFor {
                    any: any.iter().map(one).collect::<Result<_, Failure>>()?,
                    within: span(&at("within"), within, WAIT_MAX)?,
                    otherwise: self.next(&at("otherwise"), otherwise)?,
                    since: match since.as_deref() {
                        None => Since::Step,
                        Some("entry") => Since::Entry,
                        Some(written) => Since::Before(span(&at("since"), written, WAIT_MAX)?),
                    },
                }
            }
            StepAction::Split { paths, otherwise } => {
                limit(&at("paths"), paths.len(), 1)?;
                distinct(&at("paths"), paths.iter().map(|path| path.id.as_str()))?;
                let one = |path: &api::SplitPath| {
                    let field = at(&format!("paths.{}", path.id));
                    Ok((self.path(&field, &path.id, &path.next)?, self.condition(&field, path)?))
                };
                Action::Split {
                    paths: paths.iter().map(one).collect::<Result<_, Failure>>()?,
                    otherwise: self.next(&at("otherwise"), otherwise)?,
                }
            }
            StepAction::Random { paths, anew } => {
                let (arms, paths) = self.arms(&at("paths"), paths)?;
                Action::Random { arms, paths, anew: *anew }
            }
            StepAction::Learn { paths, .. } => {
                let (arms, ways) = self.arms(&at("paths"), paths)?;
                let (learning, contexts) = self.learning(step, &ways)?;
                let winners = learning.winners.clone();
                parts.learning.push(learning);
                Action::Learn { arms, paths: ways, contexts, winners }
            }
            StepAction::Message { message, unreachable } => {
                let id = campaign_id(self.id, &step.id);
                parts.messages.push(self.message(&at("do.message"), message, &id)?);
                let unreachable = match unreachable {
                    None => next,
                    of => self.next(&at("unreachable"), of)?,
                };
                let (messages, choose) = (vec![Text::from(id)], Choose::First);
                Action::Message { messages, choose, next, unreachable }
            }
            StepAction::BestChannel { messages, choose, unreachable } => {
                limit(&at("messages"), messages.len(), 2)?;
                let mut ids = Vec::with_capacity(messages.len());
                for (n, message) in messages.iter().enumerate() {
                    let id = format!("{}/{n}", campaign_id(self.id, &step.id));
                    parts.messages.push(self.message(
                        &at(&format!("messages.{n}")),
                        message,
                        &id,
                    )?);
                    ids.push(Text::from(id));
                }
                let unreachable = match unreachable {
                    None => next,
                    of => self.next(&at("unreachable"), of)?,
                };
                let choose = match choose {
                    api::ChooseChannel::Engaged => Choose::Engaged,
                    api::ChooseChannel::First => Choose::First,
                };
                Action::Message { messages: ids, choose, next, unreachable }
            }
            StepAction::Webhook { message, within, failed, assumed } => {
                let id = campaign_id(self.id, &step.id);
                let within = span(&at("within"), within, ANSWER_MAX)?;
                let assumed = assumed.as_ref().map(|of| assumed_answer(&at("assumed"), of));
                let asked = Some(Asked { assumed: assumed.transpose()? });
                if message.channel != api::Channel::Webhook {
                    return Err(wrong(
                        &at("do.message.channel"),
                        "only webhooks are answered".into(),
                    )
                    .hint("write `webhook`, or a step `message`"));
                }
                let ready = self.message(&at("do.message"), message, &id)?;
                parts.messages.push(Ready { asked, expires: within, ..ready });
                let (campaign, failed) = (Text::from(id), self.next(&at("failed"), failed)?);
                Action::Webhook { campaign, within, next, failed }
            }
            StepAction::Update { .. } => self.update(step, next)?,
            StepAction::Emit { event, properties } => {
                if event.is_empty() || model::outreach::is_outreach(event) {
                    let what = format!("\"{event}\" is no name of an event of your own");
                    return Err(wrong(&at("event"), what));
                }
                let mut emitted = Vec::with_capacity(properties.len());
                for (name, written) in properties {
                    let field = at(&format!("properties.{name}"));
                    emitted.push((Text::new(name), self.property(&field, written)?));
                }
                Action::Emit { name: Text::new(event), properties: emitted, next }
            }
            StepAction::Journey { journey } => Action::Enter { journey: Text::new(journey), next },
            StepAction::Exit { reason } => {
                let reason = reason.as_deref().unwrap_or(model::journey::reason::COMPLETED);
                rules::check_key(&at("reason"), reason)?;
                Action::Exit { reason: Text::new(reason) }
            }
        })
    }

    fn wait(&self, step: &JourneyStep) -> Result<Wait, Failure> {
        let StepAction::Wait { how_long, until, weekdays, date, attribute, offset, missing } =
            &step.action
        else {
            return Err(wrong("steps", "no wait".into()));
        };
        let at = |field: &str| format!("steps.{}.{field}", step.id);
        let forms = [how_long.is_some() || until.is_some(), date.is_some(), attribute.is_some()];
        if forms.into_iter().filter(|there| *there).count() != 1 {
            let what = "it says not for what it waits, or several things".to_owned();
            return Err(wrong(&at("do"), what)
                .hint("write `for`, `until`, both, or one of `date` and `attribute`"));
        }
        if let Some(date) = date {
            let (day, minute) = date
                .split_once('T')
                .and_then(|(day, time)| Some((Day::parse(day)?, Minute::parse(time)?)))
                .ok_or_else(|| {
                    wrong(&at("date"), format!("\"{date}\" is no local time"))
                        .hint("write it as 2026-12-24T09:00")
                })?;
            return Ok(Wait::Date(day, minute));
        }
        if let Some(name) = attribute {
            let offset = offset.as_deref().unwrap_or("0s");
            let (sign, length) = match offset.strip_prefix('-') {
                Some(length) => (-1, length),
                None => (1, offset.strip_prefix('+').unwrap_or(offset)),
            };
            let length =
                Span::parse(length).ok().filter(|length| *length <= WAIT_MAX).ok_or_else(|| {
                    wrong(&at("offset"), format!("\"{offset}\" is no length of at most 365 days"))
                        .hint("write it as -2d or 3h")
                })?;
            let missing = match self.next(&at("missing"), missing)? {
                Some(step) => Exit::To(step),
                None => Exit::Out,
            };
            let (name, offset) = (Text::new(name), Span(sign * length.0));
            return Ok(Wait::Attribute { name, offset, missing });
        }
        let days = weekdays.iter().map(|day| {
            Weekday::parse(day).ok_or_else(|| {
                wrong(&at("weekdays"), format!("\"{day}\" is no day")).hint("write it as monday")
            })
        });
        let days: Vec<Weekday> = days.collect::<Result<_, _>>()?;
        let until = until.as_deref().map(|written| {
            let minute = Minute::parse(written).filter(|minute| *minute < Minute::END);
            minute.ok_or_else(|| {
                wrong(&at("until"), format!("\"{written}\" is no time of a day"))
                    .hint("write it as 09:00")
            })
        });
        let until = until.transpose()?.map(|minute| (minute, days));
        let span = match how_long {
            None => Span(0),
            Some(written) => span(&at("for"), written, WAIT_MAX)?,
        };
        Ok(Wait::For { span, until })
    }

    fn happening(&self, field: &str, written: &api::Happening) -> Result<Happening, Failure> {
        let trigger = match written {
            api::Happening::Message { step, did } => return self.of_message(field, step, did),
            api::Happening::Event { event } => api::Trigger::Event { event: event.clone() },
            api::Happening::Enters { segment } => api::Trigger::Enters { segment: segment.clone() },
            api::Happening::Leaves { segment } => api::Trigger::Leaves { segment: segment.clone() },
            api::Happening::State { lifecycle, from, to } => api::Trigger::State {
                lifecycle: lifecycle.clone(),
                from: from.clone(),
                to: to.clone(),
            },
        };
        match campaigns::trigger(&trigger, self.around)? {
            (Trigger::Moves { watch, from, to }, _) => Ok(Happening::Moves { watch, from, to }),
            (_, Some(matches)) => Ok(Happening::Event(matches)),
            _ => Err(wrong(field, "nothing that happens".into())),
        }
    }

    fn of_message(&self, field: &str, step: &str, did: &str) -> Result<Happening, Failure> {
        use model::outreach as of;
        let names = [
            ("sent", of::SENT),
            ("failed", of::FAILED),
            ("delivered", of::DELIVERED),
            ("opened", of::OPENED),
            ("clicked", of::CLICKED),
            ("bounced", of::BOUNCED),
            ("dismissed", of::DISMISSED),
        ];
        let Some((_, name)) = names.iter().find(|(word, _)| *word == did) else {
            let known: Vec<&str> = names.iter().map(|(word, _)| *word).collect();
            return Err(wrong(field, format!("a message was never \"{did}\""))
                .hint(format!("write {}", known.join(", "))));
        };
        let number = self.numbers.get(step).copied().filter(|number| {
            let action = &self.input.steps[usize::from(*number)].action;
            matches!(action, StepAction::Message { .. } | StepAction::BestChannel { .. })
        });
        match number {
            Some(step) => Ok(Happening::Message { step, name: Text::const_new(name) }),
            None => Err(wrong(field, format!("\"{step}\" is no step that sends a message"))),
        }
    }

    fn condition(&self, field: &str, path: &api::SplitPath) -> Result<Condition, Failure> {
        let user = path.segment.as_ref().map(|of| predicate(of, self.around)).transpose()?;
        let event = path.event.as_ref().map(|of| matches(field, of, self.around)).transpose()?;
        let answer = path.answer.as_ref().map(|of| self.answered(field, of)).transpose()?;
        if user.is_none() && event.is_none() && answer.is_none() {
            return Err(wrong(field, "it says not for whom it is".into())
                .hint("write `segment`, `event`, `answer`, or several of them"));
        }
        Ok(Condition { user: user.map(Box::new), event, answer })
    }

    fn answered(&self, field: &str, of: &api::AnswerCondition) -> Result<Answered, Failure> {
        let field = format!("{field}.answer");
        let campaign = self.asked(&field, &of.step)?;
        let written = of.filter.as_ref().map(answer_match);
        let matches = written.map(|of| matches(&field, &of, self.around)).transpose()?;
        Ok(Answered { campaign, matches })
    }

    /// The campaign as which a step asks a server.
    fn asked(&self, field: &str, step: &str) -> Result<Text, Failure> {
        let is = |number: &u16| {
            let action = &self.input.steps[usize::from(*number)].action;
            matches!(action, StepAction::Webhook { .. })
        };
        match self.numbers.get(step).filter(|number| is(number)) {
            Some(_) => Ok(Text::from(campaign_id(self.id, step))),
            None => Err(wrong(field, format!("\"{step}\" is no step that asks a server"))
                .hint("name one of the kind `webhook`")),
        }
    }

    fn property(&self, field: &str, written: &Json) -> Result<Emitted, Failure> {
        match property(field, written)? {
            Property::Emitted(emitted) => Ok(emitted),
            Property::Answer { step, field: of } => {
                Ok(Emitted::Answer { campaign: self.asked(field, step)?, field: Text::new(of) })
            }
        }
    }

    fn arms(&self, field: &str, paths: &[RandomPath]) -> Result<(Arms, Vec<Path>), Failure> {
        limit(field, paths.len(), 2)?;
        distinct(field, paths.iter().map(|path| path.id.as_str()))?;
        let ways: Vec<Path> = paths
            .iter()
            .map(|path| self.path(field, &path.id, &path.next))
            .collect::<Result<_, _>>()?;
        let shares: Vec<f64> = paths.iter().map(|path| path.share).collect();
        let shares = campaigns::parts(&shares).map_err(|what| wrong(field, what))?;
        let arms = ways.iter().zip(shares).map(|(way, share)| Arm { id: way.id.clone(), share });
        let arms = Arms::new(arms.collect()).map_err(|error| wrong(field, error.to_string()))?;
        Ok((arms, ways))
    }

    /// A campaign as which a step sends its message.
    fn message(&self, field: &str, message: &StepMessage, id: &str) -> Result<Ready, Failure> {
        let variant = VariantInput {
            id: VARIANT.to_owned(),
            name: None,
            share: 1.0,
            content: message.content.clone(),
        };
        let campaign = CampaignInput {
            channel: message.channel,
            provider: message.provider.clone(),
            topic: message.topic.clone(),
            trigger: api::Trigger::Api,
            variants: vec![variant],
            ..self.base.clone()
        };
        let ready = campaigns::compile(&campaign, id, self.around).map_err(|mut failure| {
            failure.detail.message = format!("`{field}`: {}", failure.detail.message);
            failure
        })?;
        ready.answers.iter().try_for_each(|step| self.asked(field, step).map(|_| ()))?;
        Ok(ready)
    }

    fn update(&self, step: &JourneyStep, next: Option<u16>) -> Result<Action, Failure> {
        let StepAction::Update { set, add, append, remove } = &step.action else {
            return Err(wrong("steps", "no update".into()));
        };
        let at = |field: &str| format!("steps.{}.{field}", step.id);
        let mut values = Vec::with_capacity(set.len());
        for (name, written) in set {
            values.push((Text::new(name), self.property(&at(&format!("set.{name}")), written)?));
        }
        let texts = |texts: &[String]| texts.iter().map(|text| Value::text(text)).collect();
        let mut operations: Vec<(Text, Operation)> = Vec::new();
        for (name, by) in add {
            if !by.is_finite() {
                return Err(wrong(&at(&format!("add.{name}")), "no number".into()));
            }
            let number = match by.fract() == 0.0 && by.abs() < 1e15 {
                true => Value::Int(*by as i64),
                false => Value::Float(*by),
            };
            operations.push((Text::new(name), Operation::Add(number)));
        }
        operations
            .extend(append.iter().map(|(name, of)| (Text::new(name), Operation::Union(texts(of)))));
        operations.extend(
            remove.iter().map(|(name, of)| (Text::new(name), Operation::Remove(texts(of)))),
        );
        if values.is_empty() && operations.is_empty() {
            return Err(wrong(&at("do"), "it changes nothing".into())
                .hint("write `set`, `add`, `append` or `remove`"));
        }
        Ok(Action::Update { set: values, operations, next })
    }

    fn goals(&self) -> Result<Vec<Reached>, Failure> {
        limit_most("goals", self.input.goals.len())?;
        distinct("goals", self.input.goals.iter().map(|goal| goal.id.as_str()))?;
        let goals = self.input.goals.iter().map(|goal| {
            let field = format!("goals.{}", goal.id);
            if matches!(goal.when, api::Happening::Message { .. }) {
                return Err(wrong(&field, "what becomes of a message is no goal".into()));
            }
            Ok(Reached {
                id: Text::new(&goal.id),
                when: self.happening(&field, &goal.when)?,
                within: span(&field, &goal.within, engine::outreach::REMEMBERED)?,
                exits: goal.exits,
            })
        });
        goals.collect()
    }

    fn exits(&self) -> Result<Vec<Happening>, Failure> {
        limit_most("exits", self.input.exits.len())?;
        let exits = self.input.exits.iter().enumerate();
        exits.map(|(n, when)| self.happening(&format!("exits.{n}"), when)).collect()
    }
}

fn moves(written: &BTreeMap<String, StepMove>) -> Moves {
    let to = |(from, to): (&String, &StepMove)| {
        let to = match to {
            StepMove::Finish => return None,
            StepMove::To { step } => To::Step(Text::new(step)),
            StepMove::Exit => To::Out,
        };
        Some((Text::new(from), to))
    };
    written.iter().filter_map(to).collect()
}

/// A segment by its id, or a definition in either form.
fn predicate(written: &Json, around: &Surroundings) -> Result<Predicate, Failure> {
    match written {
        Json::String(id) if around.rules.segments.contains_key(id.as_str()) => {
            Ok(Predicate::Segment(Text::new(id)))
        }
        Json::String(id) if rules::check_key("segment", id).is_ok() => {
            let what = says::NO_SEGMENT.with([("segment", id.as_str().into())]);
            Err(wrong_as("segment", what).hint(hints::SAVE_SEGMENT))
        }
        Json::String(text) => {
            let (predicate, problems) = wire::definition::read(text);
            match problems
                .iter()
                .find(|problem| problem.severity == segment::problem::Severity::Error)
            {
                None => Ok(predicate),
                Some(problem) => Err(wrong("segment", problem.message.clone())),
            }
        }
        json => definitions::stored(json),
    }
}

fn matches(field: &str, written: &Json, around: &Surroundings) -> Result<Matches, Failure> {
    let of = match written {
        Json::String(name) => rules::event(name),
        other => definitions::event_match(other)?,
    };
    Matches::of(&of, around.rules)
        .ok_or_else(|| wrong_as(field, says::FIRST_EVENT).hint("make a segment of it"))
}

fn span(field: &str, written: &str, most: Span) -> Result<Span, Failure> {
    let span = Span::parse(written).map_err(|error| wrong(field, error.to_string()))?;
    match span.0 > 0 && span <= most {
        true => Ok(span),
        false => Err(wrong(field, format!("{written} is not above 0 and at most {most}"))),
    }
}

fn limit(field: &str, n: usize, least: usize) -> Result<(), Failure> {
    match (least..=PATHS_MAX).contains(&n) {
        true => Ok(()),
        false => Err(wrong(field, format!("there are {n}; write {least} to {PATHS_MAX}"))),
    }
}

fn limit_most(field: &str, n: usize) -> Result<(), Failure> {
    limit(field, n, 0)
}

fn distinct<'a>(field: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let mut known = std::collections::BTreeSet::new();
    for id in ids {
        if !known.insert(id) {
            return Err(wrong_as(field, says::TWICE.with([("id", id.into())])));
        }
    }
    Ok(())
}

/// What is wrong with a field of a journey.
pub fn wrong(field: &str, what: String) -> Failure {
    Failure::unprocessable("journey.invalid", format!("`{field}`: {what}"))
}

/// The same, with a sentence that has a code.
pub fn wrong_as(field: &str, what: impl Into<Said>) -> Failure {
    let Said { text, code } = what.into();
    let mut failure = wrong(field, text);
    failure.said.message = code;
    failure
}
