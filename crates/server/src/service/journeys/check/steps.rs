//! Rules of each kind of step.

use std::collections::BTreeMap;

use engine::schedule::Minute;
use model::{Day, Span, Text, Weekday};
use serde_json::Value;
use wire::api::{
    JourneyStep, LearningContext, LearningGoal, LearningMode, RandomPath, SplitPath, StepAction,
    StepMessage, WaitPath,
};

use super::answers::names_value;
use super::{
    Check, GOALS_MAX, NAME_BYTES_MAX, NOTE_BYTES_MAX, STAY_MAX, WINDOW_MAX, compile, step_campaign,
};
use crate::failure::Failure;
use crate::journeys::compile::{self as journeys, answer_match};
use crate::outbox::render::is_pushed;
use crate::outreach::policy;
use crate::sentences::{check as says, hints};

/// Paths out of a step at most.
const PATHS_MAX: usize = 20;
/// Changes of one step at most.
const CHANGES_MAX: usize = 50;
/// How a field of an answer is written.
const OF_ANSWER: &str = r#"{"answer": "STEP.FIELD"}"#;
/// The floor of a learning split without a wish, and at least.
const FLOOR: (f64, f64) = (0.05, 0.01);

impl Check<'_> {
    pub(super) fn step(
        &mut self,
        step: &JourneyStep,
        journey: Option<&str>,
    ) -> Result<(), Failure> {
        let at = |field: &str| format!("{} {field}", step.id);
        self.id(&at("id"), &step.id);
        self.title(&at("name"), step.name.as_ref());
        if step.note.as_ref().is_some_and(|note| note.len() > NOTE_BYTES_MAX) {
            let hint = hints::BYTES_MOST.with([("most", NOTE_BYTES_MAX.into())]);
            self.error("too_long", &at("note"), says::NOTE_LONG, hint);
        }
        match &step.action {
            StepAction::Wait { .. } => self.wait(step),
            StepAction::WaitFor { any, within, since, .. } => {
                self.wait_for(step, any, within, since.as_deref());
            }
            StepAction::Split { paths, .. } => self.split(step, paths),
            StepAction::Random { paths, .. } => self.random(step, paths),
            StepAction::Learn { paths, goals, mode, floor, winner, context, winners } => {
                self.random(step, paths);
                self.learning_goals(step, goals);
                if *mode == LearningMode::Automatic {
                    self.floor(step, *floor, paths.len());
                }
                if let Some(winner) = winner.as_ref()
                    && !paths.iter().any(|path| path.id == *winner)
                {
                    let message = says::NO_PATH.with([("path", winner.as_str().into())]);
                    self.error("winner", &at("do.winner"), message, hints::NAME_PATH);
                }
                let named = self.contexts(step, context.as_ref());
                self.winners(step, winners, (paths, named.as_deref()));
            }
            StepAction::Message { message, .. } => self.message(step, "do.message", message)?,
            StepAction::BestChannel { messages, .. } => {
                if messages.len() < 2 || messages.len() > PATHS_MAX {
                    let message = says::MESSAGES.with([("n", messages.len().into())]);
                    let hint = hints::MESSAGES.with([("most", PATHS_MAX.into())]);
                    self.error("messages", &at("do.messages"), message, hint);
                }
                for (n, message) in messages.iter().enumerate() {
                    self.message(step, &format!("do.messages.{n}"), message)?;
                    if messages[..n].iter().any(|other| other.channel == message.channel) {
                        let place = at(&format!("do.messages.{n}.channel"));
                        let message = says::CHANNEL_TWICE;
                        self.error("channel_twice", &place, message, hints::OWN_CHANNEL);
                    }
                }
            }
            StepAction::Webhook { .. } => self.webhook(step)?,
            StepAction::Update { .. } => self.update(step),
            StepAction::Emit { event, properties } => self.emit(step, event, properties),
            StepAction::Journey { journey: other } => self.journey(step, other, journey),
            StepAction::Exit { reason } => {
                if let Some(reason) = reason {
                    self.id(&at("do.reason"), reason);
                }
            }
        }
        Ok(())
    }

    fn wait(&mut self, step: &JourneyStep) {
        let StepAction::Wait { how_long, until, weekdays, date, attribute, offset, missing } =
            &step.action
        else {
            return;
        };
        let at = |field: &str| format!("{} do.{field}", step.id);
        let forms = [how_long.is_some() || until.is_some(), date.is_some(), attribute.is_some()];
        if forms.into_iter().filter(|has| *has).count() != 1 {
            let place = format!("{} do", step.id);
            return self.error("wait", &place, says::WAIT_FORM, hints::WAIT_FORMS);
        }
        if let Some(text) = how_long {
            self.span(&at("for"), text, STAY_MAX);
        }
        if let Some(text) = until.as_ref().filter(|text| Minute::parse(text).is_none()) {
            let message = says::NO_TIME_OF_DAY.with([("text", text.as_str().into())]);
            self.error("time", &at("until"), message, hints::TIME_OF_DAY);
        }
        for day in weekdays.iter().filter(|day| Weekday::parse(day).is_none()) {
            let message = says::NO_WEEKDAY.with([("day", day.as_str().into())]);
            self.error("weekday", &at("weekdays"), message, hints::WEEKDAY);
        }
        if let Some(text) = date {
            let local = text.split_once('T');
            let right = |(day, time): (&str, &str)| Day::parse(day).zip(Minute::parse(time));
            if local.and_then(right).is_none() {
                let message = says::NO_LOCAL_TIME.with([("text", text.as_str().into())]);
                self.error("time", &at("date"), message, hints::LOCAL_TIME);
            }
        }
        if let Some(name) = attribute {
            self.name(&at("attribute"), name);
        }
        if let Some(text) = offset {
            self.span(&at("offset"), text.strip_prefix(['-', '+']).unwrap_or(text), STAY_MAX);
        }
        let lone = [
            (!weekdays.is_empty() && until.is_none(), "weekdays", "until"),
            (offset.is_some() && attribute.is_none(), "offset", "attribute"),
            (missing.is_some() && attribute.is_none(), "missing", "attribute"),
        ];
        for (_, field, of) in lone.into_iter().filter(|(wrong, ..)| *wrong) {
            let message = says::LONE_FIELD.with([("field", field.into()), ("of", of.into())]);
            self.error("wait", &at(field), message, hints::LEAVE_OUT);
        }
    }

    fn wait_for(
        &mut self,
        step: &JourneyStep,
        any: &[WaitPath],
        within: &str,
        since: Option<&str>,
    ) {
        let at = |field: &str| format!("{} do.{field}", step.id);
        self.paths(step, "do.any", any.len(), 1, any.iter().map(|path| path.id.as_str()));
        for (n, path) in any.iter().enumerate() {
            self.title(&at(&format!("any.{n}.name")), path.name.as_ref());
            self.happening(&at(&format!("any.{n}.when")), &path.when, true);
        }
        self.span(&at("within"), within, STAY_MAX);
        match since {
            None | Some("entry") => {}
            Some(text) if Span::parse(text).is_err() => {
                let message = says::NO_SPAN_BEFORE.with([("text", text.into())]);
                self.error("span", &at("since"), message, hints::SINCE);
            }
            Some(text) => _ = self.span(&at("since"), text, STAY_MAX),
        }
    }

    fn split(&mut self, step: &JourneyStep, paths: &[SplitPath]) {
        self.paths(step, "do.paths", paths.len(), 1, paths.iter().map(|path| path.id.as_str()));
        for (n, path) in paths.iter().enumerate() {
            let at = |field: &str| format!("{} do.paths.{n}.{field}", step.id);
            self.title(&at("name"), path.name.as_ref());
            if let Some(segment) = &path.segment {
                self.segment(&at("segment"), segment);
            }
            if let Some(event) = &path.event {
                self.event(&at("event"), event);
            }
            if let Some(filter) = path.answer.as_ref().and_then(|of| of.filter.as_ref()) {
                self.event(&at("answer.where"), &answer_match(filter));
            }
            if path.segment.is_none() && path.event.is_none() && path.answer.is_none() {
                let (place, message) = (at("segment"), says::NO_CONDITION);
                self.error("no_condition", &place, message, hints::CONDITION);
            }
        }
    }

    fn random(&mut self, step: &JourneyStep, paths: &[RandomPath]) {
        self.paths(step, "do.paths", paths.len(), 2, paths.iter().map(|path| path.id.as_str()));
        for (n, path) in paths.iter().enumerate() {
            let at = |field: &str| format!("{} do.paths.{n}.{field}", step.id);
            self.title(&at("name"), path.name.as_ref());
            if !path.share.is_finite() || path.share < 0.0 {
                let message = says::NO_SHARE.with([("share", plain(path.share))]);
                self.error("share", &at("share"), message, hints::NOT_NEGATIVE);
            }
        }
        if !paths.is_empty() && paths.iter().all(|path| path.share <= 0.0) {
            let place = format!("{} do.paths", step.id);
            self.error("share", &place, says::NO_SHARES, hints::SOME_SHARE);
        }
    }

    /// How many paths there are, and their ids.
    fn paths<'i>(
        &mut self,
        step: &JourneyStep,
        field: &str,
        n: usize,
        least: usize,
        ids: impl Iterator<Item = &'i str> + Clone,
    ) {
        let place = format!("{} {field}", step.id);
        if n < least || n > PATHS_MAX {
            let hint = hints::FROM_TO.with([("least", least.into()), ("most", PATHS_MAX.into())]);
            self.error("paths", &place, says::PATHS.with([("n", n.into())]), hint);
        }
        ids.clone().for_each(|id| self.id(&place, id));
        self.unique(&place, ids.clone());
        // These are told of every step where it goes on without a path of its own.
        let own = [
            model::journey::path::NEXT,
            model::journey::path::OTHERWISE,
            model::journey::path::UNREACHABLE,
            model::journey::path::MISSING,
            model::journey::path::PUBLISHED,
        ];
        for id in ids.filter(|id| own.contains(id)) {
            let message = says::ID_TAKEN.with([("id", id.into())]);
            self.error("id", &place, message, hints::OTHER_PATH_ID);
        }
    }

    fn learning_goals(&mut self, step: &JourneyStep, goals: &[LearningGoal]) {
        if goals.is_empty() || goals.len() > GOALS_MAX {
            let message = says::GOALS_MORE.with([("n", goals.len().into())]);
            let place = format!("{} do.goals", step.id);
            let hint = hints::FROM_TO.with([("least", 1.into()), ("most", GOALS_MAX.into())]);
            self.error("goals", &place, message, hint);
        }
        for (n, goal) in goals.iter().enumerate() {
            let at = |field: &str| format!("{} do.goals.{n}.{field}", step.id);
            self.event(&at("event"), &goal.event);
            self.span(&at("within"), &goal.within, WINDOW_MAX);
            if let Some(revenue) = &goal.revenue {
                self.name(&at("revenue"), revenue);
            }
            if !goal.value.is_finite() || goal.value <= 0.0 {
                let message = says::NO_VALUE_OF_GOAL.with([("value", plain(goal.value))]);
                self.error("value", &at("value"), message, hints::POSITIVE);
            }
        }
    }

    /// What is told of the contexts of a learning split; nothing: something is wrong with them, which is told.
    fn contexts(
        &mut self,
        step: &JourneyStep,
        written: Option<&LearningContext>,
    ) -> Option<Vec<Text>> {
        let Some(written) = written else { return Some(Vec::new()) };
        let place = format!("{} do.context", step.id);
        if let LearningContext::Attribute { attribute, .. } = written {
            self.name(&format!("{place}.attribute"), attribute);
            if (self.known.personal)(attribute) {
                let values = [("attribute", attribute.as_str().into())];
                let (place, message) = (format!("{place}.attribute"), says::CONTEXT_PERSONAL);
                self.error("context", &place, message.with(values), hints::SEGMENTS_OF);
            }
        }
        match journeys::contexts(&place, written, self.known.around) {
            Ok(contexts) => Some(journeys::names(&contexts)),
            Err(failure) => {
                self.refused(&place, &failure);
                None
            }
        }
    }

    fn winners(
        &mut self,
        step: &JourneyStep,
        written: &BTreeMap<String, String>,
        (paths, contexts): (&[RandomPath], Option<&[Text]>),
    ) {
        for (context, path) in written {
            let place = format!("{} do.winners.{context}", step.id);
            if !paths.iter().any(|own| own.id == *path) {
                let message = says::NO_PATH.with([("path", path.as_str().into())]);
                self.error("winner", &place, message, hints::NAME_PATH);
            }
            let Some(known) = contexts else { continue };
            if !known.iter().any(|own| own.as_str() == context) {
                let message = says::NO_CONTEXT.with([("context", context.as_str().into())]);
                let names: Vec<&str> = known.iter().map(Text::as_str).collect();
                let hint = match names.is_empty() {
                    true => hints::WINNER.into(),
                    false => hints::USE.with([("names", names.into())]),
                };
                self.error("winner", &place, message, hint);
            }
        }
    }

    fn floor(&mut self, step: &JourneyStep, written: Option<f64>, n_paths: usize) {
        let floor = written.unwrap_or(FLOOR.0);
        let most = 1.0 / n_paths.max(1) as f64;
        // Twenty times a twentieth is everything, whatever rounding says.
        if !(FLOOR.1..=most * (1.0 + f64::EPSILON)).contains(&floor) {
            let message = says::FLOOR.with([("n", n_paths.into()), ("floor", plain(floor))]);
            let hint = hints::FROM_TO.with([("least", plain(FLOOR.1)), ("most", plain(most))]);
            self.error("floor", &format!("{} do.floor", step.id), message, hint);
        }
    }

    pub(super) fn message(
        &mut self,
        step: &JourneyStep,
        field: &str,
        message: &StepMessage,
    ) -> Result<(), Failure> {
        let at = |own: &str| format!("{} {field}.{own}", step.id);
        let campaign = step_campaign(self.input, &step.id, message);
        let found = (self.known.contents)(&campaign)?;
        let broken = found.iter().any(|problem| problem.error);
        for problem in found {
            let own = problem.place.strip_prefix(&step.id).unwrap_or(&problem.place).trim();
            let place = at("content");
            let place = if own.is_empty() { place } else { format!("{place} {own}") };
            self.problems.push(wire::api::ContentProblem { place, ..problem });
        }
        // What is wrong with the content is told already.
        if !broken && let Err(failure) = compile::compile(&campaign, "plain", self.known.around) {
            let topic = failure.detail.message.starts_with("`topic`");
            self.refused(&at(if topic { "topic" } else { "content" }), &failure);
        }
        let mut of_channel = self.known.providers.iter().filter(|of| of.1 == message.channel);
        match &message.provider {
            Some(id) => {
                if !of_channel.any(|(own, _)| own == id) {
                    let message = says::NO_SUCH_PROVIDER.with([("provider", id.as_str().into())]);
                    self.error("no_provider", &at("provider"), message, hints::NAME_PROVIDER);
                }
            }
            None => {
                let pushed = is_pushed(policy::channel(message.channel));
                if pushed && of_channel.next().is_none() {
                    let (place, message) = (at("channel"), says::NO_PROVIDER);
                    self.error("no_provider", &place, message, hints::MAKE_PROVIDER);
                }
            }
        }
        Ok(())
    }

    fn update(&mut self, step: &JourneyStep) {
        let StepAction::Update { set, add, append, remove } = &step.action else { return };
        let at = |field: &str| format!("{} do.{field}", step.id);
        let n = set.len() + add.len() + append.len() + remove.len();
        if n == 0 || n > CHANGES_MAX {
            let message = says::CHANGES.with([("n", n.into())]);
            let place = format!("{} do", step.id);
            let hint = hints::FROM_TO.with([("least", 1.into()), ("most", CHANGES_MAX.into())]);
            self.error("changes", &place, message, hint);
        }
        for (name, value) in set {
            self.name(&at("set"), name);
            let named = value.as_object().is_some_and(|of| names_value(of, NAME_BYTES_MAX));
            if !named && !is_plain(value) {
                let message = says::VALUE_OBJECT.with([("name", name.as_str().into())]);
                let hint = hints::DOTTED.with([("answer", OF_ANSWER.into())]);
                self.error("value", &at(&format!("set.{name}")), message, hint);
            }
        }
        for (name, value) in add {
            self.name(&at("add"), name);
            if !value.is_finite() {
                let message = says::NOT_ADDED.with([("value", plain(*value))]);
                self.error("value", &at(&format!("add.{name}")), message, hints::NUMBER);
            }
        }
        for (field, lists) in [("append", append), ("remove", remove)] {
            lists.keys().for_each(|name| self.name(&at(field), name));
        }
        let named = |name: &&String| {
            let in_one = [set.contains_key(*name), add.contains_key(*name)];
            let in_lists = [append.contains_key(*name), remove.contains_key(*name)];
            in_one.into_iter().chain(in_lists).filter(|has| *has).count() > 1
        };
        let names = set.keys().chain(add.keys()).chain(append.keys());
        if let Some(name) = names.into_iter().find(named) {
            let message = says::TWO_WAYS.with([("name", name.as_str().into())]);
            self.error("changes", &format!("{} do", step.id), message, hints::OWN_STEP);
        }
    }

    fn emit(&mut self, step: &JourneyStep, event: &str, properties: &BTreeMap<String, Value>) {
        let at = |field: &str| format!("{} do.{field}", step.id);
        self.name(&at("event"), event);
        if model::outreach::is_outreach(event) {
            let message = says::SERVER_EVENT.with([("event", event.into())]);
            self.error("event", &at("event"), message, hints::OTHER_NAME);
        }
        if properties.len() > CHANGES_MAX {
            let message = says::PROPERTIES.with([("n", properties.len().into())]);
            let hint = hints::AT_MOST.with([("most", CHANGES_MAX.into())]);
            self.error("changes", &at("properties"), message, hint);
        }
        for (name, value) in properties {
            self.name(&at("properties"), name);
            let place = at(&format!("properties.{name}"));
            if let Value::Object(fields) = value {
                if !names_value(fields, NAME_BYTES_MAX) {
                    let (profile, event) = (r#"{"profile": "NAME"}"#, r#"{"event": "NAME"}"#);
                    let hint = hints::VALUE.with([
                        ("profile", profile.into()),
                        ("event", event.into()),
                        ("answer", OF_ANSWER.into()),
                    ]);
                    self.error("value", &place, says::NO_VALUE, hint);
                }
            } else if !is_plain(value) {
                let message = says::VALUE_OBJECTS.with([("name", name.as_str().into())]);
                self.error("value", &place, message, hints::PLAIN);
            }
        }
    }

    fn journey(&mut self, step: &JourneyStep, other: &str, own: Option<&str>) {
        let place = format!("{} do.journey", step.id);
        if own == Some(other) {
            return self.error("itself", &place, says::ITSELF, hints::LEAD_BACK);
        }
        match self.known.journeys.get(other) {
            None => {
                let message = says::NO_JOURNEY.with([("journey", other.into())]);
                self.error("no_journey", &place, message, hints::LIST_JOURNEYS);
            }
            Some(false) => {
                let message = says::OTHER_ENTRY.with([("journey", other.into())]);
                let hint = hints::ENTRY_API.with([("entry", r#"{"kind": "api"}"#.into())]);
                self.warn("entry", &place, message, hint);
            }
            Some(true) => {}
        }
    }
}

/// A number as people write it: without a point where there is nothing behind it.
fn plain(number: f64) -> Value {
    number.to_string().into()
}

/// Whether a value is none that has others with names in it.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => items.iter().all(|item| !item.is_array() && is_plain(item)),
        _ => true,
    }
}
