//! Campaigns, from how they are written to how they decide.
//!
//! What it is: everything that can be wrong with a campaign is told here, once, whoever wrote it. What it is
//! not: it checks no names against what was seen; the service does that before anything is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use engine::outreach::{Again, ByAttribute, Campaign, Delivery, Person, Policy, Standing, Trigger};
use engine::schedule::Channels;
use engine::schedule::caps::Labels;
use engine::schedule::quiet_hours::Hours;
use experiment::assign::{Arm, Arms, Groups, Share};
use history::outreach::Goal;
use model::{Span, Text, Timestamp};
use segment::Rules;
use segment::live::{DEFAULT_LIFECYCLE, Matches, What};
use wire::api::{
    self, CampaignInput, ContactPolicy, GoalInput, SubscriptionTopics, VariantByInput, VariantInput,
};

use super::content::Contents;
use super::policy::{self, channel, share, windows};
use super::schedule::Schedule;
use super::{LABELS_MAX, Outfit, Ready, decision};
use crate::config::Config;
use crate::config::campaigns::SavedCampaign;
use crate::failure::Failure;
use crate::outbox::render::is_pushed;
use crate::sentences::{Said, check as says, hints};
use crate::service::watched::Definitions;
use crate::service::{definitions, rules, settings};

/// Variants of a campaign at most.
const VARIANTS_MAX: usize = 50;
/// Values that `variant_by` may name.
const VALUES_MAX: usize = 200;
/// Bytes of the name of an attribute at most.
const ATTRIBUTE_BYTES_MAX: usize = 256;
/// Goals of a campaign at most.
const GOALS_MAX: usize = 20;
/// Labels of one campaign at most.
const OWN_LABELS_MAX: usize = 8;
/// Bytes of a label at most.
const LABEL_BYTES_MAX: usize = 40;
/// The longest window of a goal, and the longest pause: what was sent is known so long.
pub(super) const WINDOW_MAX: Span = engine::outreach::REMEMBERED;
/// How long a message may wait for its provider without a wish, and at most.
const EXPIRES: (Span, Span) = (Span::days(1), Span::days(28));
/// The same for whoever it is for to come and fetch it: as long as what was sent is known.
const FETCHED_EXPIRES: (Span, Span) = (Span::days(28), engine::outreach::REMEMBERED);
/// The element that opens CleverTap's inbox without a wish.
const INBOX_ELEMENT: &str = "inbox";
/// The share of a control group without a wish.
const CONTROL: f64 = 0.1;
/// The priority without a wish.
const PRIORITY: u8 = 50;
/// Messages in a second at most: more than any provider takes.
const PER_SECOND_MAX: u32 = 1_000_000;

/// What campaigns are compiled with.
pub struct Surroundings<'a> {
    /// What names mean.
    pub rules: &'a Rules,
    /// What is watched: triggers name these.
    pub watched: &'a [segment::live::Watched],
    /// The topics of the workspace.
    pub topics: &'a SubscriptionTopics,
    /// The labels of the workspace, numbered.
    pub labels: &'a [Text],
    /// The named control groups of the workspace.
    pub groups: &'a Groups,
}

/// Reads the policy and all campaigns that are not drafts. A campaign that cannot be compiled any more, as
/// what it names is gone, is left out with a word in the log.
pub fn read(config: &Config, of: &Definitions) -> Result<Outfit, Failure> {
    let written = stored_policy(config)?;
    let saved = config.campaigns()?;
    let read: Vec<(SavedCampaign, CampaignInput)> = saved
        .into_iter()
        .filter(|saved| saved.status != "draft")
        .filter_map(|saved| Some((serde_json::from_str(&saved.definition).ok()?, saved)))
        .map(|(input, saved)| (saved, input))
        .collect();
    let mut labels = policy::labels_of(&written);
    labels.extend(read.iter().flat_map(|(_, input)| &input.labels).map(Text::new));
    labels.extend(crate::journeys::read::labels(config)?);
    let labels: Vec<Text> = labels.into_iter().collect();
    let topics = config.setting(settings::TOPICS)?;
    let topics: SubscriptionTopics =
        topics.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let policy = policy::compile(&written, (of.rules.seed, &of.rules.zone), &labels)?;
    let around = Surroundings {
        rules: &of.rules,
        watched: &of.watched,
        topics: &topics,
        labels: &labels,
        groups: &policy.groups,
    };
    let mut campaigns = BTreeMap::new();
    for (saved, input) in read {
        match compile(&input, &saved.id, &around) {
            Ok(mut ready) => {
                ready.campaign.standing = standing(&saved.status);
                ready.campaign.since = saved.started_at.unwrap_or(saved.updated_at);
                ready.campaign.winner = saved.winner.as_ref().map(|won| Text::new(&won.variant));
                if let Some(schedule) = &mut ready.schedule {
                    schedule.starts_at(ready.campaign.since);
                }
                campaigns.insert(ready.campaign.id.clone(), ready);
            }
            Err(failure) => {
                tracing::error!(campaign = saved.id, message = %failure.detail.message, "a campaign cannot be read");
            }
        }
    }
    let journeys = crate::journeys::read::read(config, &around)?;
    campaigns.extend(journeys.messages);
    let ContactPolicy { unproven, inbox_element, .. } = written;
    let inbox_element = inbox_element.unwrap_or_else(|| INBOX_ELEMENT.to_owned());
    Ok(Outfit {
        policy,
        campaigns,
        labels,
        unproven,
        inbox_element,
        journeys: journeys.book,
        entries: journeys.entries,
        learning: journeys.learning,
    })
}

/// The policy as it is stored.
pub fn stored_policy(config: &Config) -> Result<ContactPolicy, Failure> {
    let json = config.setting(settings::CONTACT_POLICY)?;
    Ok(match json {
        Some(json) => serde_json::from_str(&json).unwrap_or_else(|_| policy::default_policy()),
        None => policy::default_policy(),
    })
}

fn standing(status: &str) -> Standing {
    match status {
        "running" | "scheduled" => Standing::Running,
        "paused" => Standing::Paused,
        // Messages that a campaign planned before it had nothing left to do still go.
        "ended" => Standing::Running,
        _ => Standing::Stopped,
    }
}

/// A campaign that decides, or everything that keeps it from it.
pub fn compile(input: &CampaignInput, id: &str, around: &Surroundings) -> Result<Ready, Failure> {
    let channel = channel(input.channel);
    let (contents, problems) = Contents::compile(input);
    if problems.iter().any(|problem| problem.error) {
        let worst = problems.iter().find(|problem| problem.error);
        let words = worst.map_or(String::new(), |one| format!("{}: {}", one.place, one.message));
        let hint = worst.map_or(String::new(), |one| one.hint.clone());
        return Err(wrong("variants", words).hint(hint));
    }
    let topic = topic(input, around.topics)?;
    let (trigger, matches) = trigger(&input.trigger, around)?;
    let labels = super::labels(around.labels, input.labels.iter().map(String::as_str));
    check_labels(input, around.labels, labels)?;
    let hours = windows(&input.delivery.hours).map_err(|what| wrong("delivery.hours", what))?;
    let hours = (!hours.is_empty()).then(|| Hours::only(Channels::ALL, hours)).flatten();
    let control = input.control.unwrap_or(CONTROL);
    let control = share(control).filter(|_| (0.0..=0.99).contains(&control)).ok_or_else(|| {
        let share = control.to_string().into();
        wrong("control", says::NO_CONTROL_SHARE.with([("share", share)]))
    })?;
    let priority = input.priority.unwrap_or(PRIORITY);
    if priority > 100 {
        let what = says::PRIORITY.with([("priority", u64::from(priority).into())]);
        return Err(wrong("priority", what));
    }
    let reads = contents.reads();
    let own = Person::attributes(channel, topic.as_ref().map(|(topic, _)| topic.as_str()));
    let by = input.variant_by.iter().map(|by| Text::new(&by.attribute));
    let needs: BTreeSet<Text> =
        own.into_iter().map(Text::from).chain(reads.iter().cloned()).chain(by).collect();
    let delivery = delivery(input)?;
    let goals: Vec<Goal> =
        input.goals.iter().enumerate().map(|(n, of)| goal(n, of)).collect::<Result<_, _>>()?;
    let campaign = Campaign {
        id: Text::new(id),
        channel,
        trigger,
        again: again(input)?,
        arms: arms(&input.variants)?,
        control: if input.transactional { Share::NONE } else { control },
        groups: control_groups(input, around.groups)?,
        by: by_attribute(input)?,
        winner: None,
        labels,
        label_names: input.labels.iter().map(Text::new).collect(),
        topic,
        free_text: free_text(input),
        transactional: input.transactional,
        priority,
        hours,
        delivery,
        standing: Standing::Running,
        since: Timestamp::MIN,
    };
    Ok(Ready {
        campaign,
        schedule: Schedule::of(input, &around.rules.zone)?,
        audience: input.audience.as_ref().map(definitions::stored).transpose()?,
        matches,
        needs: needs.into_iter().collect(),
        reads,
        segments: segments(&contents, around.rules)?,
        answers: answers(&contents)?,
        asked: None,
        contents,
        provider: input.provider.clone(),
        expires: expires(input)?,
        per_second: per_second(input)?,
        safety_stop: input.delivery.safety_stop,
        decision: decision::decision(input, &goals)?,
        attribution: decision::attribution(&input.attribution)?,
        names: input.variants.iter().map(|of| (Text::new(&of.id), name_of(of))).collect(),
        looked: AtomicI64::new(i64::MIN),
        goals,
    })
}

/// The segments that a content names.
fn segments(contents: &Contents, rules: &Rules) -> Result<Vec<Text>, Failure> {
    let named = contents.segments().map_err(|written| {
        wrong("variants", format!("`{written}` does not say which segment"))
            .hint("write the id as it is: {% if segment.at_risk %} or segment[\"at-risk\"]")
    })?;
    match named.iter().find(|id| !rules.segments.contains_key(*id)) {
        Some(id) => {
            let what = format!("a message asks for the segment \"{id}\", which does not exist");
            Err(wrong("variants", what).hint(hints::SAVE_SEGMENT))
        }
        None => Ok(named),
    }
}

/// The steps whose answers a content names.
fn answers(contents: &Contents) -> Result<Vec<Text>, Failure> {
    contents.answers().map_err(|written| {
        wrong("variants", format!("`{written}` does not say the answer to which step"))
            .hint("write the step as it is: {{ answer.score.limit }}")
    })
}

/// Variants that say something of their own on WhatsApp, in any language.
fn free_text(input: &CampaignInput) -> Vec<Text> {
    let own = |content: &api::ContentInput| {
        matches!(content, api::ContentInput::Whatsapp { template: None, .. })
    };
    let free = input.variants.iter().filter(|variant| variant.content.values().any(own));
    free.map(|variant| Text::new(&variant.id)).collect()
}

/// What people call a variant.
fn name_of(variant: &VariantInput) -> String {
    let name = variant.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    name.unwrap_or(&variant.id).to_owned()
}

/// Which variant goes to whom, if not by chance.
fn by_attribute(input: &CampaignInput) -> Result<Option<ByAttribute>, Failure> {
    let Some(VariantByInput { attribute, values, default }) = &input.variant_by else {
        return Ok(None);
    };
    if attribute.is_empty() || attribute.len() > ATTRIBUTE_BYTES_MAX {
        let what = format!("\"{attribute}\" is no name of an attribute");
        return Err(wrong("variant_by.attribute", what));
    }
    if values.is_empty() || values.len() > VALUES_MAX {
        let what = format!("there are {} values; write 1 to {VALUES_MAX}", values.len());
        return Err(wrong("variant_by.values", what));
    }
    let known = |id: &String| input.variants.iter().any(|variant| variant.id == *id);
    let named = values.iter().map(|(value, id)| (format!("variant_by.values.{value}"), id));
    for (field, id) in named.chain([("variant_by.default".to_owned(), default)]) {
        if !known(id) {
            let ids: Vec<&str> = input.variants.iter().map(|of| of.id.as_str()).collect();
            return Err(wrong(&field, format!("there is no variant \"{id}\""))
                .hint(format!("use {}", ids.join(", "))));
        }
    }
    if input.decision.on_winner == api::OnWinner::SendWinner {
        let what = "variants that go by what people are have no winner".to_owned();
        return Err(wrong("decision.on_winner", what).hint("write keep, or leave out `variant_by`"));
    }
    let contents = values.iter().map(|(value, id)| (Text::new(value), Text::new(id))).collect();
    let (attribute, default) = (Text::new(attribute), Text::new(default));
    Ok(Some(ByAttribute { attribute, contents, default }))
}

/// The named control groups that a campaign respects.
pub fn control_groups(input: &CampaignInput, known: &Groups) -> Result<Vec<Text>, Failure> {
    let groups = &input.control_groups;
    let mut distinct = BTreeSet::new();
    for id in groups {
        if known.named(id).is_none() {
            let ids: Vec<&str> = known.all().iter().map(|group| group.id.as_str()).collect();
            let hint = match ids.is_empty() {
                true => hints::MAKE_GROUP.into(),
                false => hints::USE.with([("names", ids.into())]),
            };
            let what = says::NO_GROUP.with([("group", id.as_str().into())]);
            return Err(wrong("control_groups", what).hint(hint));
        }
        if !distinct.insert(id) {
            let what = says::TWICE.with([("id", id.as_str().into())]);
            return Err(wrong("control_groups", what));
        }
    }
    if input.transactional && !groups.is_empty() {
        return Err(wrong("control_groups", says::GROUP_TRANSACTIONAL).hint(hints::GROUPS_OUT));
    }
    Ok(groups.iter().map(Text::new).collect())
}

fn topic(
    input: &CampaignInput,
    topics: &SubscriptionTopics,
) -> Result<Option<(Text, bool)>, Failure> {
    let Some(id) = &input.topic else { return Ok(None) };
    let name = channel(input.channel).name();
    let found = topics.topics.iter().find(|topic| topic.id == *id);
    match found {
        Some(topic) if topic.channel == name => {
            Ok(Some((Text::new(id), topic.subscribed_by_default)))
        }
        Some(topic) => {
            let channel = topic.channel.as_str().into();
            let what =
                says::TOPIC_CHANNEL.with([("topic", id.as_str().into()), ("channel", channel)]);
            Err(wrong("topic", what))
        }
        None => Err(wrong("topic", says::NO_TOPIC.with([("topic", id.as_str().into())]))
            .hint(hints::LIST_TOPICS)),
    }
}

/// What makes somebody a candidate, and which events do.
pub fn trigger(
    written: &api::Trigger,
    around: &Surroundings,
) -> Result<(Trigger, Option<Matches>), Failure> {
    let watched = |key: &str| around.watched.iter().find(|watched| watched.key == key);
    let segment = |id: &String, from: Vec<u8>, to: Vec<u8>| {
        let watch = Text::from(format!("segment/{id}"));
        match watched(&watch) {
            Some(_) => Ok((Trigger::Moves { watch, from, to }, None)),
            None => {
                let what = says::NO_SEGMENT.with([("segment", id.as_str().into())]);
                Err(wrong("trigger.segment", what).hint(hints::SAVE_SEGMENT))
            }
        }
    };
    match written {
        api::Trigger::Once { .. }
        | api::Trigger::Dates { .. }
        | api::Trigger::Recurring(_)
        | api::Trigger::Api => Ok((Trigger::Named, None)),
        api::Trigger::Event { event } => {
            let of = match event {
                serde_json::Value::String(name) => rules::event(name),
                other => definitions::event_match(other)?,
            };
            let matches = Matches::of(&of, around.rules).ok_or_else(|| {
                wrong("trigger.event", says::FIRST_EVENT).hint(hints::SEGMENT_OF_FIRST)
            })?;
            Ok((Trigger::Event(of), Some(matches)))
        }
        api::Trigger::Enters { segment: id } => segment(id, vec![], vec![1]),
        api::Trigger::Leaves { segment: id } => segment(id, vec![1], vec![0]),
        api::Trigger::State { lifecycle, from, to } => {
            let key = match lifecycle {
                None => DEFAULT_LIFECYCLE.to_owned(),
                Some(key) => format!("lifecycle/{key}"),
            };
            let found = watched(&key).ok_or_else(|| {
                let what = says::NO_LIFECYCLE.with([("lifecycle", key.as_str().into())]);
                wrong("trigger.lifecycle", what)
            })?;
            let What::Lifecycle(states) = &found.what else {
                return Err(wrong("trigger.lifecycle", format!("\"{key}\" is no lifecycle")));
            };
            let place = |state: &String| {
                let at = states.iter().position(|own| own.key == state.as_str());
                at.and_then(|at| u8::try_from(at + 1).ok()).ok_or_else(|| {
                    let known: Vec<&str> = states.iter().map(|own| own.key.as_str()).collect();
                    let what = says::NO_STATE.with([("state", state.as_str().into())]);
                    wrong("trigger.to", what).hint(hints::USE.with([("names", known.into())]))
                })
            };
            let places = |states: &[String]| states.iter().map(place).collect::<Result<_, _>>();
            if to.is_empty() {
                return Err(wrong("trigger.to", says::STATES_NONE));
            }
            Ok((
                Trigger::Moves { watch: Text::from(key), from: places(from)?, to: places(to)? },
                None,
            ))
        }
    }
}

fn check_labels(input: &CampaignInput, known: &[Text], own: Labels) -> Result<(), Failure> {
    if input.labels.len() > OWN_LABELS_MAX {
        return Err(wrong("labels", says::LABELS_MORE.with([("most", OWN_LABELS_MAX.into())])));
    }
    let right = |label: &&String| {
        !label.trim().is_empty() && label.len() <= LABEL_BYTES_MAX && !label.contains(',')
    };
    if let Some(label) = input.labels.iter().find(|label| !right(label)) {
        let values = [("label", label.as_str().into()), ("most", LABEL_BYTES_MAX.into())];
        return Err(wrong("labels", says::NO_LABEL.with(values)));
    }
    let distinct: BTreeSet<&String> = input.labels.iter().collect();
    if known.len() > LABELS_MAX && (own.0.count_ones() as usize) < distinct.len() {
        let message = format!("there are more than {LABELS_MAX} labels in the workspace");
        return Err(wrong("labels", message).hint("use one that other campaigns have"));
    }
    Ok(())
}

fn arms(variants: &[VariantInput]) -> Result<Arms, Failure> {
    if variants.is_empty() || variants.len() > VARIANTS_MAX {
        return Err(wrong(
            "variants",
            format!("there are {}; write 1 to {VARIANTS_MAX}", variants.len()),
        ));
    }
    for variant in variants {
        rules::check_key("variants.id", &variant.id)?;
    }
    let shares: Vec<f64> = variants.iter().map(|variant| variant.share).collect();
    let parts = parts(&shares).map_err(|what| wrong("variants", what))?;
    let arm = |(variant, share): (&VariantInput, Share)| Arm { id: Text::new(&variant.id), share };
    Arms::new(variants.iter().zip(parts).map(arm).collect())
        .map_err(|error| wrong("variants", error.to_string()))
}

/// Shares that add up to everybody, from parts of any sum. Errors: which are no parts.
pub fn parts(written: &[f64]) -> Result<Vec<Share>, String> {
    if let Some(other) = written.iter().find(|part| !part.is_finite() || **part < 0.0) {
        return Err(format!("the share {other} is no part"));
    }
    let sum: f64 = written.iter().sum();
    if sum <= 0.0 {
        return Err("all shares are 0".into());
    }
    // In whole millionths; what rounding leaves over is the largest one's.
    let all = Share::ALL.in_parts();
    let part = |part: &f64| (part / sum * f64::from(all)).floor() as u32;
    let mut parts: Vec<u32> = written.iter().map(part).collect();
    let left = all - parts.iter().sum::<u32>().min(all);
    if let Some(largest) = parts.iter_mut().max() {
        *largest += left;
    }
    Ok(parts.into_iter().map(|parts| Share::parts(parts).unwrap_or(Share::NONE)).collect())
}

fn again(input: &CampaignInput) -> Result<Again, Failure> {
    Ok(match &input.again {
        api::Again::Once => Again::Once,
        api::Again::Always => Again::Always,
        api::Again::After { pause } => Again::After(span("again.pause", pause, WINDOW_MAX)?),
    })
}

fn delivery(input: &CampaignInput) -> Result<Delivery, Failure> {
    let written = &input.delivery;
    let until = written.until.as_deref().map(|text| {
        Timestamp::parse(text).map_err(|error| wrong("delivery.until", error.to_string()))
    });
    Ok(Delivery {
        on_quiet: Some(policy::policy(written.on_quiet)),
        until: until.transpose()?,
        most: written.most,
        most_per_day: written.most_per_day,
        all_devices: written.all_devices,
    })
}

fn expires(input: &CampaignInput) -> Result<Span, Failure> {
    let (usual, most) = match is_pushed(channel(input.channel)) {
        true => EXPIRES,
        false => FETCHED_EXPIRES,
    };
    match &input.delivery.expires {
        None => Ok(usual),
        Some(text) => span("delivery.expires", text, most),
    }
}

fn per_second(input: &CampaignInput) -> Result<Option<u32>, Failure> {
    match input.delivery.per_second {
        Some(n) if n == 0 || n > PER_SECOND_MAX => {
            Err(wrong("delivery.per_second", format!("{n} is not 1 to {PER_SECOND_MAX}")))
        }
        other => Ok(other),
    }
}

fn goal(n: usize, written: &GoalInput) -> Result<Goal, Failure> {
    if n >= GOALS_MAX {
        return Err(wrong("goals", format!("there are more than {GOALS_MAX}")));
    }
    let of = match &written.event {
        serde_json::Value::String(name) => rules::event(name),
        other => definitions::event_match(other)?,
    };
    let within = span(&format!("goals.{n}.within"), &written.within, WINDOW_MAX)?;
    Ok(Goal { of, within, revenue: written.revenue.as_ref().map(Text::new) })
}

pub(super) fn span(field: &str, text: &str, most: Span) -> Result<Span, Failure> {
    let span = Span::parse(text).map_err(|error| wrong(field, error.to_string()))?;
    match span.0 > 0 && span <= most {
        true => Ok(span),
        false => {
            let values = [("text", text.into()), ("most", most.to_string().into())];
            Err(wrong(field, says::SPAN_RANGE.with(values)).hint(hints::SPAN))
        }
    }
}

/// What is wrong with a field of a campaign.
pub fn wrong(field: &str, what: impl Into<Said>) -> Failure {
    let Said { text, code } = what.into();
    let mut failure = Failure::unprocessable("campaign.invalid", format!("`{field}`: {text}"));
    failure.said.message = code;
    failure
}

/// An outfit without campaigns, for whoever sends nothing.
pub fn nothing(of: &Definitions) -> Arc<Outfit> {
    let policy = Policy {
        seed: of.rules.seed,
        control: Share::NONE,
        groups: Groups::default(),
        caps: Vec::new(),
        caps_in_words: Vec::new(),
        quiet: None,
        on_quiet: policy::policy(api::OnQuiet::Delay),
        legal_hours: false,
        zone: of.rules.zone.clone(),
    };
    let (campaigns, labels) = (BTreeMap::new(), Vec::new());
    let (unproven, inbox_element) = (api::Unproven::default(), INBOX_ELEMENT.to_owned());
    Arc::new(Outfit {
        policy,
        campaigns,
        labels,
        unproven,
        inbox_element,
        journeys: Arc::default(),
        entries: Vec::new(),
        learning: BTreeMap::new(),
    })
}
