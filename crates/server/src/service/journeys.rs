//! Journeys as people manage them: written, looked over, published, paused, stopped.
//!
//! What is edited may have any problem; what is published has no error. Whoever is in goes on by what was
//! published, so that nothing that is edited changes what happens.

pub(crate) mod check;
mod enter;
mod learning;
mod lifecycle;
pub(in crate::service) mod person;
mod plays;
mod publish;
pub(in crate::service) mod report;
mod seen;

use std::collections::BTreeMap;

use ::history::journeys::{Wish, by_journey};
use model::Text;
use serde_json::Value;
use wire::api::{
    CampaignInput, ContentProblem, Journey, JourneyChecked, JourneyInput, JourneyList,
    JourneyStatus, JourneyStep, JourneySummary, JourneyVersion, JourneyVersionList, StepAction,
    Trigger,
};

use super::campaigns::{free_id, version};
use super::uses::Thing;
use super::watched::Definitions;
use super::{Service, rules, watched};
use crate::config::journeys::{SavedJourney, SavedVersion};
use crate::failure::Failure;
use crate::outreach::compile::Surroundings;

/// Journeys at most.
const JOURNEYS_MAX: usize = 2_000;

/// How long anybody is in at most without a wish.
const TIMEOUT: &str = "90d";

/// Bytes of a name at most.
const NAME_BYTES_MAX: usize = 200;
/// Bytes of a description at most.
const DESCRIPTION_BYTES_MAX: usize = 2_000;

/// Bytes of a definition at most: two hundred steps with e-mails in several languages.
const DEFINITION_BYTES_MAX: usize = 8 * 1024 * 1024;

impl Service {
    /// All journeys.
    pub fn journeys(&self) -> Result<JourneyList, Failure> {
        let saved = self.workspace.config().journeys()?;
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let mut counts = by_journey(&view.evaluator(), Wish::all())?;
        let summary = |saved: SavedJourney| {
            let own = counts.remove(saved.id.as_str()).unwrap_or_default();
            JourneySummary {
                name: saved.name,
                status: status(&saved.status),
                entered: own.users,
                waiting: own.waiting_users,
                held_out: own.held_out_users,
                updated_at: saved.updated_at.to_string(),
                id: saved.id,
            }
        };
        Ok(JourneyList { journeys: saved.into_iter().map(summary).collect() })
    }

    /// One journey.
    pub fn journey(&self, id: &str) -> Result<Journey, Failure> {
        self.shown_journey(self.saved_journey(id)?)
    }

    /// Makes a journey. It is a draft.
    pub fn create_journey(&self, input: &JourneyInput) -> Result<Journey, Failure> {
        let _changing = self.changing_campaigns();
        let config = self.workspace.config();
        let all = config.journeys()?;
        if all.len() >= JOURNEYS_MAX {
            let message = format!("there are {JOURNEYS_MAX} journeys already");
            return Err(Failure::unprocessable("journey.too_many", message)
                .hint("delete drafts that are not used"));
        }
        let taken = |id: &str| all.iter().any(|saved| saved.id == id);
        let id = match &input.id {
            Some(id) => {
                rules::check_key("id", id)?;
                if taken(id) {
                    let message = format!("there is a journey \"{id}\" already");
                    return Err(Failure::new(409, "journey.exists", message)
                        .hint("choose another id, or change that one with PUT"));
                }
                id.clone()
            }
            None => free_id(&input.name, "journey", &taken)?,
        };
        let now = self.workspace.now();
        let saved = SavedJourney {
            id,
            name: input.name.trim().to_owned(),
            status: word(JourneyStatus::Draft).to_owned(),
            definition: stored(input)?,
            created_at: now,
            updated_at: now,
            started_at: None,
            open_since: None,
            created_by: self.who(),
            edited_by: self.who(),
        };
        config.put_journey(&saved, None)?;
        self.shown_journey(saved)
    }

    /// Changes what is edited. What was published stays as it is.
    pub fn update_journey(&self, id: &str, input: &JourneyInput) -> Result<Journey, Failure> {
        let _changing = self.changing_campaigns();
        let before = self.saved_journey(id)?;
        let definition = stored(input)?;
        let edited_by = match before.definition == definition {
            true => before.edited_by.clone(),
            false => self.who(),
        };
        let saved = SavedJourney {
            name: input.name.trim().to_owned(),
            definition,
            edited_by,
            updated_at: self.workspace.now(),
            ..before
        };
        self.workspace.config().put_journey(&saved, None)?;
        self.shown_journey(saved)
    }

    /// Deletes a journey that nobody is in, with its versions.
    pub fn delete_journey(&self, id: &str) -> Result<(), Failure> {
        let _changing = self.changing_campaigns();
        let saved = self.saved_journey(id)?;
        if !matches!(status(&saved.status), JourneyStatus::Draft | JourneyStatus::Stopped) {
            let message = format!("a journey that is {} is not deleted", saved.status);
            return Err(Failure::new(409, "journey.status", message).hint("stop it first"));
        }
        let (what, used) = (format!("the journey \"{id}\""), [Thing::Journey(id.to_owned())]);
        self.refuse_used(("journey.used", &what), &used, Vec::new())?;
        self.workspace.config().delete_journey(id)?;
        self.outreach_changed()
    }

    /// What is wrong or unwise about a journey that need not be stored.
    pub fn check_journey(&self, input: &JourneyInput) -> Result<JourneyChecked, Failure> {
        Ok(JourneyChecked { problems: self.journey_problems(input, input.id.as_deref())? })
    }

    /// Versions of a journey that were published, newest first.
    pub fn journey_versions(&self, id: &str) -> Result<JourneyVersionList, Failure> {
        self.saved_journey(id)?;
        let sight = self.sight();
        let mut versions = Vec::new();
        for saved in self.workspace.config().journey_versions(id)?.into_iter().rev() {
            versions.push(JourneyVersion {
                number: saved.number,
                published_at: saved.published_at.to_string(),
                published_by: self.called(&saved.published_by)?,
                moves: moves(&saved)?,
                definition: seen::seen(read_version(&saved)?, &sight),
                version: saved.version,
            });
        }
        Ok(JourneyVersionList { versions })
    }

    pub(super) fn saved_journey(&self, id: &str) -> Result<SavedJourney, Failure> {
        self.workspace.config().journey(id)?.ok_or_else(|| {
            Failure::not_found("journey.not_found", format!("there is no journey \"{id}\""))
                .hint("GET /api/journeys lists them")
        })
    }

    fn shown_journey(&self, saved: SavedJourney) -> Result<Journey, Failure> {
        let input = read(&saved)?;
        let published = self.workspace.config().published_journey(&saved.id)?;
        let version = version(&saved.definition);
        let definition = JourneyInput { id: Some(saved.id.clone()), ..input };
        Ok(Journey {
            status: status(&saved.status),
            changed: published.as_ref().is_none_or(|of| of.version != version),
            published: published.map(|of| of.number),
            version,
            created_by: self.called(&saved.created_by)?,
            edited_by: self.called(&saved.edited_by)?,
            created_at: saved.created_at.to_string(),
            updated_at: saved.updated_at.to_string(),
            started_at: saved.started_at.map(|at| at.to_string()),
            problems: self.journey_problems(&definition, Some(&saved.id))?,
            definition: seen::seen(definition, &self.sight()),
            id: saved.id,
        })
    }

    /// Everything that is wrong or unwise about a journey.
    fn journey_problems(
        &self,
        input: &JourneyInput,
        id: Option<&str>,
    ) -> Result<Vec<ContentProblem>, Failure> {
        let definitions = watched::read(self.workspace.config())?;
        let mut journeys = BTreeMap::new();
        for other in self.workspace.config().journeys()? {
            let api = read(&other).is_ok_and(|input| input.entry == Trigger::Api);
            journeys.insert(other.id, api);
        }
        let providers = self.providers()?.providers;
        let providers: Vec<_> = providers.into_iter().map(|of| (of.id, of.channel)).collect();
        self.surrounded(&definitions, &input.labels, |around| {
            let registry = self.workspace.registry();
            let known = check::Known {
                around,
                journeys: &journeys,
                providers: &providers,
                personal: &|name: &str| registry.masks.hide(name),
                definition: &|written: &Value| self.segment_json(written).map(|_| ()),
                contents: &|campaign: &CampaignInput| self.content_problems(campaign),
            };
            check::problems(input, id, &known)
        })
    }

    /// Does something with everything that campaigns, and so steps, are compiled with.
    pub(super) fn surrounded<T>(
        &self,
        definitions: &Definitions,
        labels: &[String],
        work: impl FnOnce(&Surroundings) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let topics = self.topics()?;
        let written = self.contact_policy()?;
        let mut all = self.labels(&written)?;
        all.extend(labels.iter().map(Text::new));
        let labels: Vec<Text> = all.into_iter().collect();
        work(&Surroundings {
            rules: &definitions.rules,
            watched: &definitions.watched,
            topics: &topics,
            labels: &labels,
            groups: &crate::outreach::policy::groups(&written.groups)?,
        })
    }
}

/// What of a journey is stored. Errors: what keeps it from being saved at all.
fn stored(input: &JourneyInput) -> Result<String, Failure> {
    let name = input.name.trim();
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(wrong("name", format!("write 1 to {NAME_BYTES_MAX} bytes")));
    }
    if input.description.len() > DESCRIPTION_BYTES_MAX {
        let most = format!("write at most {DESCRIPTION_BYTES_MAX} bytes");
        return Err(wrong("description", most));
    }
    let json = serde_json::to_string(&JourneyInput { id: None, ..input.clone() })
        .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
    if json.len() > DEFINITION_BYTES_MAX {
        return Err(wrong("steps", "they are larger than 8 MiB together".into()));
    }
    Ok(json)
}

fn wrong(field: &str, what: String) -> Failure {
    Failure::unprocessable("journey.invalid", format!("`{field}`: {what}"))
}

/// What is edited of a journey.
pub(crate) fn read(saved: &SavedJourney) -> Result<JourneyInput, Failure> {
    parse(&saved.id, &saved.definition)
}

/// A version that was published. Its conditions are in their JSON form.
pub(crate) fn read_version(saved: &SavedVersion) -> Result<JourneyInput, Failure> {
    parse(&saved.journey, &saved.definition)
}

/// By step of an earlier version: where those go who wait there when a version is published.
pub(crate) fn moves(
    saved: &SavedVersion,
) -> Result<BTreeMap<String, wire::api::StepMove>, Failure> {
    serde_json::from_str(&saved.moves).map_err(|error| unreadable(&saved.journey, &error))
}

fn parse(id: &str, definition: &str) -> Result<JourneyInput, Failure> {
    serde_json::from_str(definition).map_err(|error| unreadable(id, &error))
}

fn unreadable(id: &str, error: &serde_json::Error) -> Failure {
    Failure::new(500, "server.journey", format!("the journey \"{id}\" cannot be read: {error}"))
}

/// A status of its word.
pub(crate) fn status(word: &str) -> JourneyStatus {
    match word {
        "running" => JourneyStatus::Running,
        "paused" => JourneyStatus::Paused,
        "stopped" => JourneyStatus::Stopped,
        _ => JourneyStatus::Draft,
    }
}

/// The word of a status.
fn word(status: JourneyStatus) -> &'static str {
    match status {
        JourneyStatus::Draft => "draft",
        JourneyStatus::Running => "running",
        JourneyStatus::Paused => "paused",
        JourneyStatus::Stopped => "stopped",
    }
}

/// What people call a step.
pub(super) fn name_of(step: &JourneyStep) -> String {
    let name = step.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    name.map_or_else(|| kind(&step.action).replace('_', " "), str::to_owned)
}

/// The word of what a step does.
fn kind(action: &StepAction) -> &'static str {
    match action {
        StepAction::Wait { .. } => "wait",
        StepAction::WaitFor { .. } => "wait_for",
        StepAction::Split { .. } => "split",
        StepAction::Random { .. } => "random",
        StepAction::Learn { .. } => "learn",
        StepAction::Message { .. } => "message",
        StepAction::BestChannel { .. } => "best_channel",
        StepAction::Webhook { .. } => "webhook",
        StepAction::Update { .. } => "update",
        StepAction::Emit { .. } => "emit",
        StepAction::Journey { .. } => "journey",
        StepAction::Exit { .. } => "exit",
    }
}
