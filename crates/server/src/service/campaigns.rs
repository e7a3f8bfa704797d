//! Campaigns as people manage them: written, looked over, started, paused, ended.

mod approval;
mod credit;
mod preview;
mod reach;
pub(super) mod report;
mod verdict;

pub(super) use approval::version;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use engine::outreach::Candidate;
use message::links::LinkSigner;
use model::{Event, EventId, Text, Timestamp};
use segment::Predicate;
use serde_json::Value;
use wire::api::{
    Campaign, CampaignAction, CampaignInput, CampaignList, CampaignRun, CampaignSend,
    CampaignSendAccepted, CampaignStatus, CampaignSummary, ContentProblem, Trigger,
};

use super::sight::Sight;
use super::{Service, definitions, rules, settings, watched};
use crate::config::ConfigError;
use crate::config::campaigns::{SavedCampaign, SavedRun};
use crate::failure::Failure;
use crate::outbox::render::Links;
use crate::outbox::{Equipment, Outbox};
use crate::outreach::compile;
use crate::outreach::content::Contents;
use crate::outreach::{Outfit, Ready};
use crate::registry::MASK;
use crate::sentences::{self, Said, check as says, hints};

/// Campaigns at most: each is looked at with every event that it may be triggered by.
const CAMPAIGNS_MAX: usize = 2_000;

/// Bytes of a name and of a description at most.
const NAME_BYTES_MAX: usize = 200;
/// Bytes of a description at most.
const DESCRIPTION_BYTES_MAX: usize = 2_000;

/// Bytes of a definition at most: fifty variants of an e-mail in several languages.
const DEFINITION_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Runs that are shown of a campaign.
const RUNS_SHOWN: usize = 100;

/// Recipients of one request at most.
const RECIPIENTS_MAX: usize = 1_000;

/// Bytes of the random part of an id.
const ID_BYTES: usize = 8;

/// Where links of messages lead on this server.
pub const LINKS_PATH: &str = "/t/";

impl Service {
    /// Messages on their way.
    pub fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.outbox)
    }

    /// Where people reach this server, if the policy says nothing else.
    pub fn reached_at(&self, address: &str) {
        let mut known = self.address.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(address.to_owned());
    }

    /// Where that is, as far as this server knows itself.
    pub(super) fn known_address(&self) -> Option<String> {
        self.address.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Campaigns, policy or providers are others than before: whoever decides and sends gets them anew.
    pub fn outreach_changed(&self) -> Result<(), Failure> {
        let definitions = watched::read(self.workspace.config())?;
        let outfit = Arc::new(compile::read(self.workspace.config(), &definitions)?);
        self.workspace.outfit(Arc::clone(&outfit))?;
        let (providers, links) = (self.sending()?, self.links()?);
        let catalogs = Arc::clone(self.workspace.catalogs());
        self.outbox.equip(Arc::new(Equipment { outfit, providers, catalogs, links }));
        self.schedule.notify_one();
        Ok(())
    }

    /// Told whenever campaigns may be due at other instants than before.
    pub(crate) fn schedule_changed(&self) -> Arc<tokio::sync::Notify> {
        Arc::clone(&self.schedule)
    }

    /// Campaigns with everything that they are decided and sent with.
    pub(super) fn outfit(&self) -> Result<Arc<Outfit>, Failure> {
        match self.outbox.equipment() {
            Some(equipment) => Ok(Arc::clone(&equipment.outfit)),
            None => {
                let definitions = watched::read(self.workspace.config())?;
                Ok(Arc::new(compile::read(self.workspace.config(), &definitions)?))
            }
        }
    }

    /// What links of messages are made with; nothing: nobody knows where this server is reached.
    pub fn links(&self) -> Result<Option<Links>, Failure> {
        let policy = self.contact_policy()?;
        let Some(base) = policy.public_url.or_else(|| self.known_address()) else {
            return Ok(None);
        };
        let base = format!("{}{LINKS_PATH}", base.trim_end_matches('/'));
        let key = self.workspace.config().secret()?.to_vec();
        let signer = LinkSigner::new(&base, vec![key])
            .map_err(|error| Failure::unprocessable("contact_policy.invalid", error.to_string()))?;
        Ok(Some(Links { signer, track: policy.track }))
    }

    /// All campaigns.
    pub fn campaigns(&self) -> Result<CampaignList, Failure> {
        let saved = self.workspace.config().campaigns()?;
        let sent = self.sent_by_campaign()?;
        let mut campaigns = Vec::with_capacity(saved.len());
        for saved in saved {
            let input = read(&saved)?;
            campaigns.push(CampaignSummary {
                name: input.name.clone(),
                channel: input.channel,
                status: status(&saved.status),
                trigger: trigger_word(&input.trigger).to_owned(),
                labels: input.labels.clone(),
                updated_at: saved.updated_at.to_string(),
                started_at: saved.started_at.map(|at| at.to_string()),
                next_at: self.next_of(&saved, &input)?.map(|at| at.to_string()),
                sent: sent.get(saved.id.as_str()).copied().unwrap_or(0),
                id: saved.id,
            });
        }
        Ok(CampaignList { campaigns })
    }

    /// One campaign.
    pub fn campaign(&self, id: &str) -> Result<Campaign, Failure> {
        self.shown_campaign(self.saved_campaign(id)?)
    }

    /// Makes a campaign. It is a draft.
    pub fn create_campaign(&self, input: &CampaignInput) -> Result<Campaign, Failure> {
        let _changing = self.changing_campaigns();
        let config = self.workspace.config();
        let all = config.campaigns()?;
        if all.len() >= CAMPAIGNS_MAX {
            let message = format!("there are {CAMPAIGNS_MAX} campaigns already");
            return Err(Failure::unprocessable("campaign.too_many", message)
                .hint("delete drafts that are not used"));
        }
        let taken = |id: &str| all.iter().any(|saved| saved.id == id);
        let id = match &input.id {
            Some(id) => {
                rules::check_key("id", id)?;
                if taken(id) {
                    let message = format!("there is a campaign \"{id}\" already");
                    return Err(Failure::new(409, "campaign.exists", message)
                        .hint("choose another id, or change that one with PUT"));
                }
                id.clone()
            }
            None => free_id(&input.name, "campaign", &taken)?,
        };
        let now = self.workspace.now();
        let definition = self.checked_campaign(input)?;
        let saved = SavedCampaign {
            id,
            name: input.name.trim().to_owned(),
            status: "draft".into(),
            definition,
            created_at: now,
            updated_at: now,
            started_at: None,
            ended_at: None,
            created_by: self.who(),
            edited_by: self.who(),
            approval: None,
            winner: None,
        };
        config.put_campaign(&saved)?;
        self.shown_campaign(saved)
    }

    /// Changes a campaign. One that was started keeps its trigger, channel and variants: who was drawn for
    /// what must not change under a comparison.
    /// Where campaigns need approval, one that sends is paused before it is changed, and goes on when the
    /// change is approved.
    pub fn update_campaign(&self, id: &str, input: &CampaignInput) -> Result<Campaign, Failure> {
        let _changing = self.changing_campaigns();
        let before = self.saved_campaign(id)?;
        if matches!(status(&before.status), CampaignStatus::Stopped | CampaignStatus::Ended) {
            return Err(Failure::new(409, "campaign.over", "the campaign is over")
                .hint("make another one of its definition"));
        }
        let old = read(&before)?;
        if status(&before.status) != CampaignStatus::Draft {
            let arms = |of: &CampaignInput| -> Vec<(String, f64)> {
                of.variants.iter().map(|variant| (variant.id.clone(), variant.share)).collect()
            };
            let fixed = old.channel == input.channel
                && old.trigger == input.trigger
                && old.control == input.control
                && old.control_groups == input.control_groups
                && old.variant_by == input.variant_by
                && old.decision == input.decision
                && (old.decision.is_default() || old.goals == input.goals)
                && arms(&old) == arms(input);
            if !fixed {
                let message = "channel, trigger, control groups, variants and the rule for a winner of a \
                               campaign that was started cannot change";
                return Err(Failure::new(409, "campaign.started", message)
                    .hint("stop it and make another one of its definition"));
            }
        }
        self.check_change(&before)?;
        let definition = self.checked_campaign(input)?;
        // An approval is of one version: of another one it says nothing.
        let approval = before.approval.clone().filter(|_| before.definition == definition);
        let edited_by = match before.definition == definition {
            true => before.edited_by.clone(),
            false => self.who(),
        };
        let saved = SavedCampaign {
            name: input.name.trim().to_owned(),
            definition,
            updated_at: self.workspace.now(),
            edited_by,
            approval,
            ..before
        };
        self.workspace.config().put_campaign(&saved)?;
        self.outreach_changed()?;
        self.shown_campaign(saved)
    }

    /// Deletes a campaign that never sent anything.
    pub fn delete_campaign(&self, id: &str) -> Result<(), Failure> {
        let saved = self.saved_campaign(id)?;
        if status(&saved.status) != CampaignStatus::Draft {
            return Err(Failure::new(409, "campaign.started", "the campaign was started")
                .hint("stop it instead; its report needs it"));
        }
        self.workspace.config().delete_campaign(id)?;
        Ok(())
    }

    /// Starts, pauses, resumes or ends a campaign.
    pub fn act_on_campaign(&self, id: &str, action: CampaignAction) -> Result<Campaign, Failure> {
        let _changing = self.changing_campaigns();
        let mut saved = self.saved_campaign(id)?;
        let now = self.workspace.now();
        let before = status(&saved.status);
        use CampaignStatus::{Draft, Ended, Paused, Running, Scheduled, Stopped};
        let after = match (action, before) {
            (CampaignAction::Start, Draft) => {
                self.check_start(&saved)?;
                self.check_approval(&saved)?;
                // A moment later, so that what is due at once is after every instant that was looked at.
                saved.started_at = Some(now);
                let ahead = self.next_of(&saved, &read(&saved)?)?.is_some_and(|next| next > now);
                if ahead { Scheduled } else { Running }
            }
            (CampaignAction::Pause, Running | Scheduled) => Paused,
            (CampaignAction::Resume, Paused) => {
                self.check_approval(&saved)?;
                Running
            }
            (CampaignAction::Stop, Running | Scheduled | Paused) => {
                saved.ended_at = Some(now);
                Stopped
            }
            (_, Stopped | Ended | Draft | Running | Scheduled | Paused) => {
                let message = format!("a campaign that is {} cannot do that", word(before));
                return Err(Failure::new(409, "campaign.status", message).hint(
                    "drafts are started; running ones paused or stopped; paused ones resumed",
                ));
            }
        };
        saved.status = word(after).to_owned();
        saved.updated_at = now;
        self.workspace.config().put_campaign(&saved)?;
        self.outreach_changed()?;
        self.shown_campaign(saved)
    }

    /// Sends a campaign that is triggered by requests; when this answers, it is decided durably.
    pub fn send_campaign(
        &self,
        id: &str,
        input: &CampaignSend,
    ) -> Result<CampaignSendAccepted, Failure> {
        let saved = self.saved_campaign(id)?;
        let outfit = self.outfit()?;
        let ready = outfit
            .campaigns
            .get(id)
            .filter(|_| matches!(read(&saved), Ok(CampaignInput { trigger: Trigger::Api, .. })));
        let Some(ready) = ready else {
            let message = format!("the campaign \"{id}\" is not sent by requests, or not started");
            return Err(Failure::new(409, "campaign.not_by_request", message)
                .hint("its trigger must be {\"kind\": \"api\"}, and it must be started"));
        };
        if input.users.len() > RECIPIENTS_MAX {
            let message = format!("there are more than {RECIPIENTS_MAX} recipients");
            return Err(Failure::unprocessable("campaign.recipients", message)
                .hint("send several requests"));
        }
        let now = self.workspace.now();
        let key = match &input.key {
            Some(key) => key.clone(),
            None => random_id("")?,
        };
        let event = request_event(&key, input, now)?;
        let (mut candidates, mut unknown) = (Vec::new(), Vec::new());
        for name in input.users.iter().collect::<BTreeSet<_>>() {
            match self.workspace.identity(name)? {
                Some((user, _)) => candidates.push(Candidate {
                    campaign: Text::new(id),
                    user,
                    message: Candidate::message(&ready.campaign, user, &key),
                    run: Text::new(&key),
                    at: now,
                    due: now,
                    missed: false,
                    event: Some(Arc::clone(&event)),
                }),
                None => unknown.push(name.clone()),
            }
        }
        let accepted = candidates.len() as u64;
        self.workspace.qualify(candidates)?;
        Ok(CampaignSendAccepted { accepted, unknown })
    }

    /// A campaign that can be decided, whatever its status.
    pub(super) fn ready(&self, input: &CampaignInput, id: &str) -> Result<Ready, Failure> {
        let definitions = watched::read(self.workspace.config())?;
        let input = self.with_audience(input)?;
        self.surrounded(&definitions, &input.labels, |around| compile::compile(&input, id, around))
    }

    fn check_start(&self, saved: &SavedCampaign) -> Result<(), Failure> {
        let input = read(saved)?;
        self.ready(&input, &saved.id)?;
        let pushed =
            crate::outbox::render::is_pushed(crate::outreach::policy::channel(input.channel));
        let of_channel = |provider: &&wire::api::Provider| provider.channel == input.channel;
        let providers = self.providers()?.providers;
        let found = match &input.provider {
            Some(id) => providers.iter().filter(of_channel).any(|provider| provider.id == *id),
            None => providers.iter().any(|provider| of_channel(&provider)),
        };
        if pushed && !found {
            let message = "there is no provider for the campaign's channel";
            return Err(Failure::new(409, "campaign.no_provider", message)
                .hint("make one with POST /api/providers, or under Settings"));
        }
        let demo = self.workspace.config().setting(settings::NOW)?;
        let triggered = matches!(
            input.trigger,
            Trigger::Event { .. }
                | Trigger::Enters { .. }
                | Trigger::Leaves { .. }
                | Trigger::State { .. }
        );
        if triggered && demo.as_deref() == Some(settings::NOW_LAST_EVENT) {
            let message = "nothing is watched live here: now is the time of the last event";
            return Err(
                Failure::new(409, "campaign.not_live", message).hint("use a trigger on a schedule")
            );
        }
        Ok(())
    }

    /// A definition that is right, as it is stored.
    fn checked_campaign(&self, input: &CampaignInput) -> Result<String, Failure> {
        let name = input.name.trim();
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(compile::wrong("name", format!("write 1 to {NAME_BYTES_MAX} bytes")));
        }
        if input.description.len() > DESCRIPTION_BYTES_MAX {
            let most = format!("write at most {DESCRIPTION_BYTES_MAX} bytes");
            return Err(compile::wrong("description", most));
        }
        let input = self.with_audience(input)?;
        // A draft may say what cannot be sent yet; everything else about it is right.
        let silent = CampaignInput { ..input.clone() };
        match self.ready(&silent, "draft") {
            Ok(_) => {}
            Err(failure) if failure.detail.message.starts_with("`variants`") => {}
            Err(failure) => return Err(failure),
        }
        let json = serde_json::to_string(&input)
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        if json.len() > DEFINITION_BYTES_MAX {
            return Err(compile::wrong("variants", "they are larger than 8 MiB together"));
        }
        Ok(json)
    }

    /// The same with its audience checked and in the JSON form.
    pub(super) fn with_audience(&self, input: &CampaignInput) -> Result<CampaignInput, Failure> {
        let Some(written) = &input.audience else { return Ok(input.clone()) };
        Ok(CampaignInput { audience: Some(self.segment_json(written)?), ..input.clone() })
    }

    /// A segment as it is written (its id, or a definition), checked and in the JSON form.
    pub(super) fn segment_json(&self, written: &Value) -> Result<Value, Failure> {
        let predicate = match written {
            Value::String(id) if rules::check_key("audience", id).is_ok() => {
                match self.rules()?.segments.contains_key(id.as_str()) {
                    true => Predicate::Segment(Text::new(id)),
                    false => return Err(super::segments::no_segment(id)),
                }
            }
            other => self.definition(other)?,
        };
        Ok(Value::Object(definitions::json(&predicate)))
    }

    pub(super) fn saved_campaign(&self, id: &str) -> Result<SavedCampaign, Failure> {
        self.workspace.config().campaign(id)?.ok_or_else(|| {
            Failure::not_found("campaign.not_found", format!("there is no campaign \"{id}\""))
                .hint("GET /api/campaigns lists them")
        })
    }

    fn shown_campaign(&self, saved: SavedCampaign) -> Result<Campaign, Failure> {
        let input = read(&saved)?;
        let mut runs = self.workspace.config().campaign_runs(&saved.id)?;
        runs.reverse();
        let next_at = self.next_of(&saved, &input)?;
        let runs = runs.into_iter().take(RUNS_SHOWN).map(|run| {
            let SavedRun { run, due_at, ended_at, n_users, note, .. } = run;
            CampaignRun {
                run,
                due_at: due_at.to_string(),
                ended_at: ended_at.map(|at| at.to_string()),
                audience: n_users,
                note,
            }
        });
        Ok(Campaign {
            status: status(&saved.status),
            created_at: saved.created_at.to_string(),
            updated_at: saved.updated_at.to_string(),
            started_at: saved.started_at.map(|at| at.to_string()),
            ended_at: saved.ended_at.map(|at| at.to_string()),
            next_at: next_at.map(|at| at.to_string()),
            runs: runs.collect(),
            problems: self.content_problems(&input)?,
            version: approval::version(&saved.definition),
            created_by: self.called(&saved.created_by)?,
            edited_by: self.called(&saved.edited_by)?,
            approval_needed: self.contact_policy()?.approval,
            approval: self.approval_of(&saved)?,
            definition: seen(CampaignInput { id: Some(saved.id.clone()), ..input }, &self.sight()),
            id: saved.id,
        })
    }

    /// What is wrong or unwise in what a campaign says, also for what it names and is not there yet.
    pub(super) fn content_problems(
        &self,
        input: &CampaignInput,
    ) -> Result<Vec<ContentProblem>, Failure> {
        let (contents, mut problems) = Contents::compile(input);
        let unknown = |said: (Said, Said)| sentences::problem(true, "segment.unknown", "", said);
        match contents.segments() {
            Ok(named) => {
                let rules = self.rules()?;
                let missing = named.iter().filter(|id| !rules.segments.contains_key(*id));
                problems.extend(missing.map(|id| {
                    let message = says::NO_SEGMENT.with([("segment", id.as_str().into())]);
                    unknown((message, hints::SAVE_SEGMENT.into()))
                }));
            }
            Err(written) => {
                let message = format!("`{written}` does not say which segment");
                problems.push(unknown((message.into(), "write its id as it is, in quotes".into())));
            }
        }
        let named = contents.catalogs();
        if !named.is_empty() {
            let known = self.workspace.catalogs().list()?;
            let missing = named.iter().filter(|name| !known.iter().any(|of| of.name == **name));
            problems.extend(missing.map(|name| {
                let message = says::NO_CATALOG.with([("catalog", name.as_str().into())]);
                sentences::problem(false, "catalog.unknown", "", (message, hints::UPLOAD.into()))
            }));
        }
        Ok(problems)
    }

    /// When a campaign on a schedule is due next.
    fn next_of(
        &self,
        saved: &SavedCampaign,
        input: &CampaignInput,
    ) -> Result<Option<Timestamp>, Failure> {
        let over = matches!(status(&saved.status), CampaignStatus::Stopped | CampaignStatus::Ended);
        let Some(started) = saved.started_at.filter(|_| !over) else { return Ok(None) };
        let zone = self.rules()?.zone.clone();
        let Some(mut schedule) = crate::outreach::schedule::Schedule::of(input, &zone)? else {
            return Ok(None);
        };
        schedule.starts_at(started);
        let runs = self.workspace.config().campaign_runs(&saved.id)?;
        let after = runs.last().map_or(started.minus(model::Span(1)), |run| run.due_at);
        Ok(schedule.next_after(after).map(|(at, _)| at))
    }
}

/// The event that a request is for templates.
fn request_event(key: &str, input: &CampaignSend, now: Timestamp) -> Result<Arc<Event>, Failure> {
    let mut properties = Vec::new();
    for (name, value) in &input.properties {
        flatten(name, value, &mut properties);
    }
    model::record::sort_properties(&mut properties);
    let name = Text::const_new("API request");
    Ok(Arc::new(Event { name, time: now, id: EventId::of(key), properties }))
}

/// Objects inside objects become dotted names, and lists of objects a list for each of their names, as
/// everywhere.
fn flatten(name: &str, written: &Value, into: &mut Vec<(Text, model::Value)>) {
    match written {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let mut columns: BTreeMap<Text, Vec<model::Value>> = BTreeMap::new();
            let objects = items.iter().filter(|item| item.is_object());
            let mut n_objects = 0;
            for (place, object) in objects.enumerate() {
                let mut own = Vec::new();
                flatten(name, object, &mut own);
                for (name, value) in own {
                    let column = columns.entry(name).or_default();
                    column.resize(place, model::Value::Null);
                    column.push(value);
                }
                n_objects = place + 1;
            }
            for (name, mut column) in columns {
                column.resize(n_objects, model::Value::Null);
                into.push((name, model::Value::List(column.into())));
            }
        }
        Value::Object(inner) => {
            inner.iter().for_each(|(own, value)| flatten(&format!("{name}.{own}"), value, into));
        }
        other => {
            into.push((Text::new(name), plain(other)));
        }
    }
}

fn plain(written: &Value) -> model::Value {
    match written {
        Value::Bool(b) => model::Value::Bool(*b),
        Value::Number(n) => match n.as_i64() {
            Some(n) => model::Value::Int(n),
            None => n.as_f64().map_or(model::Value::Null, model::Value::Float),
        },
        Value::String(text) => model::Value::text(text),
        Value::Array(items) => model::Value::List(items.iter().map(plain).collect()),
        Value::Null | Value::Object(_) => model::Value::Null,
    }
}

/// A campaign without those of its conditions that name what is masked: they may say values, too.
fn seen(mut input: CampaignInput, sight: &Sight) -> CampaignInput {
    let mask = |json: &mut Value| {
        if sight.names_in(json) {
            *json = Value::from(MASK);
        }
    };
    if let Some(audience) = &mut input.audience {
        mask(audience);
    }
    if let Trigger::Event { event } = &mut input.trigger {
        mask(event);
    }
    input.goals.iter_mut().for_each(|goal| mask(&mut goal.event));
    // Values of an attribute that is masked say something of people, too.
    if let Some(by) = &mut input.variant_by
        && sight.hides(&by.attribute)
    {
        by.values = BTreeMap::new();
        by.attribute = MASK.to_owned();
    }
    input
}

/// A stored definition.
pub fn read(saved: &SavedCampaign) -> Result<CampaignInput, Failure> {
    serde_json::from_str(&saved.definition).map_err(|error| {
        let message = format!("the campaign \"{}\" cannot be read: {error}", saved.id);
        Failure::new(500, "server.campaign", message)
    })
}

/// A status of its word.
pub fn status(word: &str) -> CampaignStatus {
    match word {
        "scheduled" => CampaignStatus::Scheduled,
        "running" => CampaignStatus::Running,
        "paused" => CampaignStatus::Paused,
        "stopped" => CampaignStatus::Stopped,
        "ended" => CampaignStatus::Ended,
        _ => CampaignStatus::Draft,
    }
}

/// The word of a status.
pub fn word(status: CampaignStatus) -> &'static str {
    match status {
        CampaignStatus::Draft => "draft",
        CampaignStatus::Scheduled => "scheduled",
        CampaignStatus::Running => "running",
        CampaignStatus::Paused => "paused",
        CampaignStatus::Stopped => "stopped",
        CampaignStatus::Ended => "ended",
    }
}

fn trigger_word(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Once { .. } => "once",
        Trigger::Dates { .. } => "dates",
        Trigger::Recurring(_) => "recurring",
        Trigger::Event { .. } => "event",
        Trigger::Enters { .. } => "enters",
        Trigger::Leaves { .. } => "leaves",
        Trigger::State { .. } => "state",
        Trigger::Api => "api",
    }
}

/// An id made of a name that nobody has yet. `kind`: what stands for a name without letters.
pub(super) fn free_id(
    name: &str,
    kind: &str,
    taken: &dyn Fn(&str) -> bool,
) -> Result<String, Failure> {
    let mut id = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => id.push(character),
            _ if !id.is_empty() && !id.ends_with('-') => id.push('-'),
            _ => {}
        }
    }
    let id = id.trim_matches('-').chars().take(40).collect::<String>();
    let id = if id.is_empty() { kind.to_owned() } else { id };
    if !taken(&id) {
        return Ok(id);
    }
    random_id(&format!("{id}-"))
}

/// A random id.
pub fn random_id(prefix: &str) -> Result<String, Failure> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(ConfigError::Random)?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{prefix}{digits}"))
}
